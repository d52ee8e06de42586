-- From schema 4 to 5.

-- A sealed blob refuses pieces without SQLite keeping copies of the pages that a new piece touches.
DROP TRIGGER blob_chunk_no_insert;
CREATE TRIGGER blob_chunk_no_insert BEFORE INSERT ON blob_chunk
  WHEN EXISTS (SELECT 1 FROM blob WHERE id = NEW.id >> 16)
  BEGIN SELECT RAISE(FAIL, 'evidence is append-only: this blob is sealed'); END;

-- To SQLite before 3.41 NULL is no valid JSON: its integrity check would call each row wrong. Only the text of the checks changes, as
-- https://sqlite.org/lang_altertable.html#otheralter describes.
PRAGMA writable_schema = ON;
UPDATE sqlite_schema SET sql = replace(sql, 'CHECK (json_valid(claim))', 'CHECK (claim IS NULL OR json_valid(claim))')
  WHERE type = 'table' AND name = 'target';
UPDATE sqlite_schema SET sql = replace(replace(sql, 'CHECK (json_valid(poll))', 'CHECK (poll IS NULL OR json_valid(poll))'),
                                       'CHECK (json_valid(card))', 'CHECK (card IS NULL OR json_valid(card))')
  WHERE type = 'table' AND name = 'post_detail';
PRAGMA writable_schema = RESET;

-- Archives of others that were taken in (`citekeep import`), each as it stood at the last entry of its own ledger then. Nothing of
-- them is numbered anew or passes for ours: their rows and the lines of their ledger stay in a file of their own, under their own
-- numbers. Their bodies stand in blob, each once, whoever received it.
CREATE TABLE other_archive (
  id       INTEGER PRIMARY KEY REFERENCES ledger (seq) DEFERRABLE INITIALLY DEFERRED,
  run      INTEGER NOT NULL REFERENCES run (id),
  at       TEXT NOT NULL,
  name     TEXT NOT NULL,               -- name of the file or folder, without folders
  origin   TEXT NOT NULL CHECK (length(origin) = 64),  -- head of its entry 0, which no other archive has
  entries  INTEGER NOT NULL,            -- entries of its ledger
  head     TEXT NOT NULL CHECK (length(head) = 64),    -- the last head
  content  INTEGER NOT NULL REFERENCES blob (id),      -- its rows and lines: an SQLite file as archive.db of a bundle
  chain    INTEGER NOT NULL REFERENCES blob (id)       -- number, leaf and head of every entry, a line each
) STRICT;

-- Readings, citations and captures of these archives under their own numbers: derived from `content`, therefore not covered by the
-- ledger, and another's word, on which no verdict rests. Targets and articles are named by their key, which is the same in every archive.
CREATE TABLE other_reading (
  other_archive  INTEGER NOT NULL REFERENCES other_archive (id),
  seq            INTEGER NOT NULL,      -- number of the entry there
  article        TEXT NOT NULL,         -- article.key
  url            TEXT,
  title          TEXT,
  byline         TEXT,
  published      TEXT,
  language       TEXT,
  read_at        TEXT NOT NULL,
  body_sha256    TEXT NOT NULL,         -- of its bytes, 64 hex digits
  PRIMARY KEY (other_archive, seq)
) STRICT, WITHOUT ROWID;
CREATE TABLE other_citation (
  other_archive   INTEGER NOT NULL REFERENCES other_archive (id),
  seq             INTEGER NOT NULL,     -- of the reading
  ordinal         INTEGER NOT NULL,     -- from 0, in reading order
  target          TEXT NOT NULL,        -- target.key; of the post that it turned out to be, where that was found
  form            TEXT NOT NULL,
  sentence        TEXT,                 -- the main sentence that refers to it
  raw_url         TEXT,
  claimed_author  TEXT,
  claimed_handle  TEXT,
  claimed_date    TEXT,
  claimed_text    TEXT,
  PRIMARY KEY (other_archive, seq, ordinal)
) STRICT, WITHOUT ROWID;
CREATE TABLE other_capture (
  other_archive  INTEGER NOT NULL REFERENCES other_archive (id),
  seq            INTEGER NOT NULL,
  target         TEXT NOT NULL,         -- target.key
  url            TEXT,
  started        TEXT NOT NULL,
  ended          TEXT NOT NULL,
  outcome        TEXT NOT NULL,
  reason         TEXT NOT NULL,
  source         TEXT NOT NULL,
  body_sha256    TEXT,                  -- of the best answer's last body
  author_handle  TEXT,
  author_name    TEXT,
  posted_at      TEXT,
  text           TEXT,                  -- of the post, as that answer told it
  PRIMARY KEY (other_archive, seq)
) STRICT, WITHOUT ROWID;
CREATE INDEX other_capture_target ON other_capture (target);

CREATE TRIGGER other_archive_no_update BEFORE UPDATE ON other_archive
  BEGIN SELECT RAISE(ABORT, 'evidence is append-only'); END;
CREATE TRIGGER other_archive_no_delete BEFORE DELETE ON other_archive
  BEGIN SELECT RAISE(ABORT, 'evidence is append-only'); END;
CREATE TRIGGER other_reading_no_update BEFORE UPDATE ON other_reading
  BEGIN SELECT RAISE(ABORT, 'evidence is append-only'); END;
CREATE TRIGGER other_reading_no_delete BEFORE DELETE ON other_reading
  BEGIN SELECT RAISE(ABORT, 'evidence is append-only'); END;
CREATE TRIGGER other_citation_no_update BEFORE UPDATE ON other_citation
  BEGIN SELECT RAISE(ABORT, 'evidence is append-only'); END;
CREATE TRIGGER other_citation_no_delete BEFORE DELETE ON other_citation
  BEGIN SELECT RAISE(ABORT, 'evidence is append-only'); END;
CREATE TRIGGER other_capture_no_update BEFORE UPDATE ON other_capture
  BEGIN SELECT RAISE(ABORT, 'evidence is append-only'); END;
CREATE TRIGGER other_capture_no_delete BEFORE DELETE ON other_capture
  BEGIN SELECT RAISE(ABORT, 'evidence is append-only'); END;

-- What other archives say that they captured, each entry once, beside the target that it is here (NULL: none).
CREATE VIEW others AS
SELECT t.id AS target, c.target AS target_key, c.url, c.started, c.ended, c.outcome, c.reason, c.source, c.author_handle, c.author_name,
       c.posted_at, c.text, c.body_sha256, a.name, a.origin, c.seq, max(c.other_archive) AS other_archive
FROM other_capture c
JOIN other_archive a ON a.id = c.other_archive
LEFT JOIN target t ON t.key = c.target
GROUP BY a.origin, c.seq;
