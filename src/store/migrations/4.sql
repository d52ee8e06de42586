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
