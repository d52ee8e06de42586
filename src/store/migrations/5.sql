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
