-- From schema 4 to 5.

-- What web archives of others are asked about targets.
-- One asking of a web archive of others about a target: which copies it has (service wayback.cdx), to make one (wayback.save), what
-- came of that. One request and its response, as in exchange; a failure is a row as well. See the view inquiries.
CREATE TABLE inquiry (
  id                INTEGER PRIMARY KEY REFERENCES ledger (seq) DEFERRABLE INITIALLY DEFERRED,
  run               INTEGER NOT NULL REFERENCES run (id),
  target            INTEGER NOT NULL REFERENCES target (id),
  service           TEXT NOT NULL,      -- who was asked: wayback.cdx, wayback.save (Save Page Now)
  of                INTEGER REFERENCES inquiry (id),  -- the row that this goes on with; NULL: it is the first of its inquiry
  job               TEXT,               -- the service's name of the job that it took on
  outcome           TEXT REFERENCES outcome (word),  -- captured: it says that it has the target; NULL: it works on it
  reason            TEXT NOT NULL,      -- reason code: copies, not_archived, accepted, pending, archived, archived_before, http_429, blocked_url …
  detail            TEXT,               -- its words for a person
  archived_at       TEXT,               -- when it archived the target, as it says; of several copies a late one
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
CREATE INDEX inquiry_of ON inquiry (of) WHERE of IS NOT NULL;
CREATE INDEX inquiry_target ON inquiry (target, started) WHERE of IS NULL;

-- Targets that web archives of others are to be asked about.
CREATE TABLE inquire (
  target   INTEGER NOT NULL REFERENCES target (id),
  service  TEXT NOT NULL,               -- as in inquiry
  due      TEXT NOT NULL,               -- not to be asked earlier
  inquiry  INTEGER REFERENCES inquiry (id),  -- whose job is to be asked about; NULL: nothing was asked yet
  PRIMARY KEY (target, service)
) STRICT, WITHOUT ROWID;
CREATE INDEX inquire_due ON inquire (service, due);

CREATE TRIGGER inquiry_no_update BEFORE UPDATE ON inquiry BEGIN SELECT RAISE(ABORT, 'evidence is append-only'); END;
CREATE TRIGGER inquiry_no_delete BEFORE DELETE ON inquiry BEGIN SELECT RAISE(ABORT, 'evidence is append-only'); END;

-- Targets that web archives of others were asked about, and what they said last.
CREATE VIEW inquiries AS
SELECT s.id AS inquiry, s.target, t.kind, t.platform, t.native_id, t.url, s.service, s.started AS asked_at, l.outcome, l.reason,
       l.detail, l.archived_at, l.archived_url, l.id AS told_by, l.ended AS told_at
FROM inquiry s
JOIN target t ON t.id = s.target
JOIN inquiry l ON l.id = coalesce((SELECT max(n.id) FROM inquiry n WHERE n.of = s.id), s.id)
WHERE s.of IS NULL;

-- Helpers.
-- One call of a program of others (yt-dlp, gallery-dl) that was to get files of a captured post which no source gave. It made
-- connections of its own, of which nothing is known: no exchange of ours stands behind its files.
CREATE TABLE helper (
  id         INTEGER PRIMARY KEY,
  capture    INTEGER NOT NULL REFERENCES capture (id),
  program    TEXT NOT NULL,             -- yt-dlp or gallery-dl
  version    TEXT,                      -- as it says itself
  arguments  TEXT NOT NULL CHECK (json_valid(arguments)),  -- JSON list: how it was called, its path first
  started    TEXT NOT NULL,
  ended      TEXT NOT NULL,
  exit       INTEGER,                   -- its exit code; NULL: it was ended, or did not begin
  reason     TEXT NOT NULL,             -- done, nothing, failed, over_time, over_bytes, stopped, not_started
  detail     TEXT                       -- the end of what it printed, where it did not do its work
) STRICT;
CREATE INDEX helper_capture ON helper (capture);

-- A file that a helper got.
CREATE TABLE helper_file (
  media   INTEGER PRIMARY KEY REFERENCES post_media (id),
  helper  INTEGER NOT NULL REFERENCES helper (id),
  name    TEXT NOT NULL,                -- as the helper named it
  body    INTEGER NOT NULL REFERENCES blob (id)
) STRICT;

CREATE TRIGGER helper_no_update BEFORE UPDATE ON helper BEGIN SELECT RAISE(ABORT, 'evidence is append-only'); END;
CREATE TRIGGER helper_no_delete BEFORE DELETE ON helper BEGIN SELECT RAISE(ABORT, 'evidence is append-only'); END;
CREATE TRIGGER helper_file_no_update BEFORE UPDATE ON helper_file BEGIN SELECT RAISE(ABORT, 'evidence is append-only'); END;
CREATE TRIGGER helper_file_no_delete BEFORE DELETE ON helper_file BEGIN SELECT RAISE(ABORT, 'evidence is append-only'); END;

DROP VIEW bodies;
-- Every body that was received or given: where it came from, its digest and its length. `bytes` is the body itself where it
-- is in one piece (at most 1 MiB); else see blob_chunk.
CREATE VIEW bodies AS
SELECT lower(hex(b.sha256)) AS sha256, b.length, s.role, s.url, s.at, s.reading, s.capture, s.resolution, s.exchange, b.id AS blob,
       CASE WHEN b.chunks = 1 THEN (SELECT k.bytes FROM blob_chunk k WHERE k.id = b.id * 65536) END AS bytes
FROM (
  SELECT 'article' AS role, x.body, x.url, x.ended AS at, x.reading, NULL AS capture, NULL AS resolution, x.id AS exchange
  FROM exchange x WHERE x.reading IS NOT NULL
  UNION ALL
  SELECT CASE WHEN a.capture IS NULL THEN 'resolution' ELSE 'capture' END, x.body, x.url, x.ended, NULL, a.capture, a.resolution, x.id
  FROM exchange x JOIN answer a ON a.id = x.answer
  UNION ALL
  SELECT 'media', x.body, x.url, x.ended, NULL, m.capture, NULL, x.id
  FROM exchange x JOIN post_media m ON m.id = x.media
  UNION ALL
  SELECT 'helper', f.body, m.url, h.ended, NULL, m.capture, NULL, NULL
  FROM helper_file f JOIN post_media m ON m.id = f.media JOIN helper h ON h.id = f.helper
  UNION ALL
  SELECT 'given', r.body, r.claimed_url, r.read_at, r.id, NULL, NULL, NULL FROM reading r WHERE r.origin = 'given'
) s
JOIN blob b ON b.id = s.body;

-- What pages say of themselves.
-- What captured pages say of themselves, read from their bytes after they were kept, the same bytes at the same address once.
-- Derived, therefore not covered by the ledger; the newest row of an address and body counts. It goes with its body when that is redacted.
CREATE TABLE page (
  id                INTEGER PRIMARY KEY,
  entry             INTEGER NOT NULL,   -- number of the ledger entry that was the next when it was read
  exchange          INTEGER NOT NULL REFERENCES exchange (id),  -- the exchange that it was read from
  body              INTEGER NOT NULL REFERENCES blob (id),      -- its body
  url               TEXT NOT NULL,      -- its address
  reader            TEXT NOT NULL,      -- program and version that read it
  title             TEXT,
  title_source      TEXT,               -- where that stood: json-ld, og, h1 …
  byline            TEXT,               -- who wrote it, as printed
  byline_source     TEXT,
  published         TEXT,               -- when it says it was published, as printed
  published_source  TEXT,
  canonical         TEXT,               -- the canonical address that it names
  canonical_source  TEXT,
  language          TEXT,               -- ISO 639 code
  text              TEXT NOT NULL       -- the text of its story, blocks joined by one line feed
) STRICT;
CREATE INDEX page_body ON page (body, url);

-- Up to which capture pages are read; one row.
CREATE TABLE pages_read (
  one      INTEGER PRIMARY KEY CHECK (one = 1),
  capture  INTEGER NOT NULL
) STRICT;

CREATE TRIGGER page_no_update BEFORE UPDATE ON page BEGIN SELECT RAISE(ABORT, 'evidence is append-only'); END;
CREATE TRIGGER page_no_delete BEFORE DELETE ON page
  WHEN NOT EXISTS (SELECT 1 FROM redaction WHERE kind = 'blob' AND item = OLD.body)
  BEGIN SELECT RAISE(ABORT, 'evidence is append-only'); END;

-- What the newest captured page of each target says of itself.
CREATE VIEW pages AS
SELECT t.id AS target, t.kind, t.url, c.id AS capture, c.ended AS captured_at, a.source, x.url AS final_url, p.title, p.byline,
       p.published, p.canonical, p.language, p.text, p.id AS page, x.id AS exchange, p.reader
FROM target t
JOIN capture c ON c.id = (SELECT n.id FROM capture n WHERE n.target = t.id AND n.outcome = 'captured' ORDER BY n.fence DESC LIMIT 1)
JOIN answer a ON a.capture = c.id AND a.ordinal = c.best
JOIN exchange x ON x.id = (SELECT max(n.id) FROM exchange n WHERE n.answer = a.id)
JOIN page p ON p.id = (SELECT max(n.id) FROM page n WHERE n.body = x.body AND n.url = x.url);
