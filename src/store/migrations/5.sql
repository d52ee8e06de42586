-- From schema 4 to 5.

-- Submissions to web archives of others.
-- One asking of a web archive of others to capture a target as well, or of what came of that: one request and its response, as in
-- exchange. A failure is a row as well. See the view submissions.
CREATE TABLE submission (
  id                INTEGER PRIMARY KEY REFERENCES ledger (seq) DEFERRABLE INITIALLY DEFERRED,
  run               INTEGER NOT NULL REFERENCES run (id),
  target            INTEGER NOT NULL REFERENCES target (id),
  service           TEXT NOT NULL,      -- who was asked: wayback.save (Save Page Now)
  of                INTEGER REFERENCES submission (id),  -- the submission that this asks about; NULL: it is one
  job               TEXT,               -- the service's name of the job that it took on
  outcome           TEXT REFERENCES outcome (word),  -- captured: it says that it has the target; NULL: it works on it
  reason            TEXT NOT NULL,      -- reason code: accepted, pending, archived, archived_before, http_429, blocked_url …
  detail            TEXT,               -- its words for a person
  archived_at       TEXT,               -- when it archived the target, as it says
  archived_url      TEXT,               -- which address it archived, as it says
  url               TEXT NOT NULL,
  request_headers   TEXT NOT NULL,
  started           TEXT NOT NULL,
  ended             TEXT NOT NULL,
  remote            TEXT,
  http_version      TEXT,
  status            INTEGER,
  response_headers  TEXT,
  server_date       TEXT,
  certificate       INTEGER REFERENCES blob (id),
  reply             INTEGER REFERENCES blob (id)    -- the body as received
) STRICT;
CREATE INDEX submission_of ON submission (of) WHERE of IS NOT NULL;
CREATE INDEX submission_target ON submission (target, started) WHERE of IS NULL;

-- Targets that a web archive of others is to be asked to capture as well, or whose job there is to be asked about.
CREATE TABLE submit (
  target      INTEGER PRIMARY KEY REFERENCES target (id),
  due         TEXT NOT NULL,            -- not to be asked earlier
  submission  INTEGER REFERENCES submission (id)  -- whose job is to be asked about; NULL: it is to be submitted
) STRICT;
CREATE INDEX submit_due ON submit (due);

CREATE TRIGGER submission_no_update BEFORE UPDATE ON submission BEGIN SELECT RAISE(ABORT, 'evidence is append-only'); END;
CREATE TRIGGER submission_no_delete BEFORE DELETE ON submission BEGIN SELECT RAISE(ABORT, 'evidence is append-only'); END;

-- Targets that a web archive of others was asked to capture as well, and what it said last.
CREATE VIEW submissions AS
SELECT s.id AS submission, s.target, t.kind, t.platform, t.native_id, t.url, s.service, s.started AS submitted_at, l.outcome, l.reason,
       l.detail, l.archived_at, l.archived_url, l.id AS told_by, l.ended AS told_at
FROM submission s
JOIN target t ON t.id = s.target
JOIN submission l ON l.id = coalesce((SELECT max(n.id) FROM submission n WHERE n.of = s.id), s.id)
WHERE s.of IS NULL;
