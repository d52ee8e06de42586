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

-- Files of others (WARC, WACZ) that records were taken from.
CREATE TABLE web_archive (
  id      INTEGER PRIMARY KEY,
  sha256  BLOB NOT NULL UNIQUE CHECK (length(sha256) = 32),  -- of the whole file
  length  INTEGER NOT NULL,             -- in bytes
  name    TEXT NOT NULL                 -- its name when it was first given, without folders
) STRICT;

-- A record of such a file, as it stood: what somebody else received, at the time that they say. None of it was fetched by
-- us, and only its digests vouch for it. header, head and body in a row are the record without compression.
CREATE TABLE record (
  id           INTEGER PRIMARY KEY,
  entry        INTEGER NOT NULL REFERENCES ledger (seq) DEFERRABLE INITIALLY DEFERRED,  -- the entry that it was added with
  web_archive  INTEGER NOT NULL REFERENCES web_archive (id),
  warc         TEXT,                    -- name of the WARC inside a WACZ
  place        INTEGER NOT NULL,        -- bytes before it in the WARC, as stored there
  sha256       BLOB NOT NULL UNIQUE CHECK (length(sha256) = 32),  -- of header, head and body
  kind         TEXT NOT NULL,           -- WARC-Type: response, resource, revisit, request …
  record_id    TEXT,                    -- WARC-Record-ID
  url          TEXT,                    -- WARC-Target-URI; never followed
  date         TEXT,                    -- WARC-Date, as said there
  payload      TEXT,                    -- WARC-Payload-Digest, as said there
  digests      TEXT NOT NULL CHECK (digests IN ('none', 'unchecked', 'agree', 'differ')),
                                        -- whether the digests that it states are those of its bytes
  status       INTEGER,                 -- status of the HTTP response in it
  media_type   TEXT,                    -- what that says its body is, else the record
  header       BLOB NOT NULL,           -- the record's own header with the empty line
  head         BLOB NOT NULL,           -- head of the HTTP message in it with the empty line; empty if there is none
  body         INTEGER REFERENCES blob (id),  -- the rest of it, with chunks and codings as they stood; NULL if there is none
  revisits     INTEGER REFERENCES record (id)  -- revisit: the record whose body it names, where that was found
) STRICT;
CREATE INDEX record_url ON record (url);
CREATE INDEX record_entry ON record (entry);
CREATE INDEX record_payload ON record (payload) WHERE kind IN ('response', 'resource') AND digests = 'agree';

-- Readings whose bytes were taken from a record (`origin` is given).
CREATE TABLE reading_record (
  reading  INTEGER PRIMARY KEY REFERENCES reading (id) DEFERRABLE INITIALLY DEFERRED,
  record   INTEGER NOT NULL REFERENCES record (id)
) STRICT;

-- Exchanges that we did not make: they stand in a record (`--replay`), their times are its date, and no request headers are known.
CREATE TABLE exchange_record (
  exchange  INTEGER PRIMARY KEY REFERENCES exchange (id),
  record    INTEGER NOT NULL REFERENCES record (id)
) STRICT;
CREATE INDEX exchange_record_record ON exchange_record (record);

-- Some records that were taken in from a web archive (`citekeep import`); those that were here already are not taken again.
CREATE TABLE import (
  id           INTEGER PRIMARY KEY REFERENCES ledger (seq) DEFERRABLE INITIALLY DEFERRED,
  run          INTEGER NOT NULL REFERENCES run (id),
  at           TEXT NOT NULL,
  web_archive  INTEGER NOT NULL REFERENCES web_archive (id)
) STRICT;

CREATE TRIGGER web_archive_no_update BEFORE UPDATE ON web_archive
  BEGIN SELECT RAISE(ABORT, 'evidence is append-only'); END;
CREATE TRIGGER web_archive_no_delete BEFORE DELETE ON web_archive
  BEGIN SELECT RAISE(ABORT, 'evidence is append-only'); END;
CREATE TRIGGER record_no_update BEFORE UPDATE ON record
  BEGIN SELECT RAISE(ABORT, 'evidence is append-only'); END;
CREATE TRIGGER record_no_delete BEFORE DELETE ON record
  BEGIN SELECT RAISE(ABORT, 'evidence is append-only'); END;
CREATE TRIGGER reading_record_no_update BEFORE UPDATE ON reading_record
  BEGIN SELECT RAISE(ABORT, 'evidence is append-only'); END;
CREATE TRIGGER reading_record_no_delete BEFORE DELETE ON reading_record
  BEGIN SELECT RAISE(ABORT, 'evidence is append-only'); END;
CREATE TRIGGER exchange_record_no_update BEFORE UPDATE ON exchange_record
  BEGIN SELECT RAISE(ABORT, 'evidence is append-only'); END;
CREATE TRIGGER exchange_record_no_delete BEFORE DELETE ON exchange_record
  BEGIN SELECT RAISE(ABORT, 'evidence is append-only'); END;
CREATE TRIGGER import_no_update BEFORE UPDATE ON import
  BEGIN SELECT RAISE(ABORT, 'evidence is append-only'); END;
CREATE TRIGGER import_no_delete BEFORE DELETE ON import
  BEGIN SELECT RAISE(ABORT, 'evidence is append-only'); END;

-- What was taken from web archives of others, and what it was used for.
CREATE VIEW records AS
SELECT r.id AS record, r.kind, r.url, r.date, r.status, r.media_type, r.digests, lower(hex(r.sha256)) AS record_sha256,
       CASE WHEN b.id IS NOT NULL THEN lower(hex(b.sha256)) END AS body_sha256, b.length AS body_length, w.name AS web_archive,
       lower(hex(w.sha256)) AS web_archive_sha256, r.warc, r.place, r.entry,
       (SELECT json_group_array(n.reading) FROM reading_record n WHERE n.record = r.id) AS readings,
       (SELECT json_group_array(DISTINCT coalesce(a.capture, a.resolution, m.capture))
        FROM exchange_record n JOIN exchange x ON x.id = n.exchange LEFT JOIN answer a ON a.id = x.answer
        LEFT JOIN post_media m ON m.id = x.media WHERE n.record = r.id) AS events
FROM record r JOIN web_archive w ON w.id = r.web_archive LEFT JOIN blob b ON b.id = r.body;
