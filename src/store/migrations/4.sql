-- From schema 3 to 4.

-- Posts read again from the stored answers of a capture.
CREATE TABLE reparse (
  id       INTEGER PRIMARY KEY REFERENCES ledger (seq) DEFERRABLE INITIALLY DEFERRED,
  run      INTEGER NOT NULL REFERENCES run (id),
  at       TEXT NOT NULL,
  capture  INTEGER NOT NULL REFERENCES capture (id)  -- whose answers were read again
) STRICT;
CREATE INDEX reparse_capture ON reparse (capture);
CREATE TRIGGER reparse_no_update BEFORE UPDATE ON reparse BEGIN SELECT RAISE(ABORT, 'evidence is append-only'); END;
CREATE TRIGGER reparse_no_delete BEFORE DELETE ON reparse BEGIN SELECT RAISE(ABORT, 'evidence is append-only'); END;
-- One asking of an outside witness for its word on when a head of the ledger existed, and so all entries up to it: one request and
-- its response, as in exchange. A failure is a row as well.
CREATE TABLE stamp (
  id                INTEGER PRIMARY KEY REFERENCES ledger (seq) DEFERRABLE INITIALLY DEFERRED,
  run               INTEGER NOT NULL REFERENCES run (id),
  kind              TEXT NOT NULL CHECK (kind IN ('rfc3161', 'opentimestamps')),  -- time stamping authority, or calendar
  authority         TEXT NOT NULL,      -- its name in the settings
  entry             INTEGER NOT NULL REFERENCES ledger (seq),  -- the entry whose head it is about
  head              TEXT NOT NULL CHECK (length(head) = 64),   -- that head: the SHA-256 that was sent
  of                INTEGER REFERENCES stamp (id),  -- opentimestamps: the promise that this asking is to complete
  outcome           TEXT NOT NULL REFERENCES outcome (word),   -- captured: its word was given, and held when it was checked
  reason            TEXT NOT NULL,      -- reason code: granted, promised, anchored, pending, rejected, token_invalid …
  detail            TEXT,               -- one line for a person
  time              TEXT,               -- the time that it states
  url               TEXT NOT NULL,
  request_headers   TEXT NOT NULL,
  query             INTEGER REFERENCES blob (id),   -- the body that was sent
  started           TEXT NOT NULL,
  ended             TEXT NOT NULL,
  remote            TEXT,
  http_version      TEXT,
  status            INTEGER,
  response_headers  TEXT,
  server_date       TEXT,
  certificate       INTEGER REFERENCES blob (id),   -- of the server
  reply             INTEGER REFERENCES blob (id),   -- the body as received
  roots             INTEGER REFERENCES blob (id)    -- certificates (PEM) that the settings trusted for it then
) STRICT;
CREATE INDEX stamp_of ON stamp (of) WHERE of IS NOT NULL;
CREATE INDEX stamp_entry ON stamp (kind, authority, entry);

CREATE TRIGGER stamp_no_update BEFORE UPDATE ON stamp BEGIN SELECT RAISE(ABORT, 'evidence is append-only'); END;
CREATE TRIGGER stamp_no_delete BEFORE DELETE ON stamp BEGIN SELECT RAISE(ABORT, 'evidence is append-only'); END;
