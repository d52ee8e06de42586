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

-- Posts that belong to a captured one, as they were named in its capture: those that it quotes, answers or repeats, and those of
-- its author's own thread. Each is a target of its own and captured as one, within the bounds of the settings (`context`).
CREATE TABLE context (
  capture   INTEGER NOT NULL REFERENCES capture (id),
  ordinal   INTEGER NOT NULL,           -- in the order named, from 0
  relation  TEXT NOT NULL CHECK (relation IN ('quotes', 'replies_to', 'reposts', 'thread')),
                                        -- what the captured post does; thread: both are parts of one author's thread
  target    INTEGER NOT NULL REFERENCES target (id),
  depth     INTEGER NOT NULL CHECK (depth > 0),  -- steps from the nearest cited post as known then; within a thread there are none
  PRIMARY KEY (capture, ordinal)
) STRICT, WITHOUT ROWID;
CREATE INDEX context_target ON context (target);
CREATE INDEX context_depth ON context (depth) WHERE depth > 1;
CREATE TRIGGER context_no_update BEFORE UPDATE ON context BEGIN SELECT RAISE(ABORT, 'evidence is append-only'); END;
CREATE TRIGGER context_no_delete BEFORE DELETE ON context BEGIN SELECT RAISE(ABORT, 'evidence is append-only'); END;

-- Targets that are captured only because they belong to a cited post; a row goes when somebody cites its target.
CREATE TABLE context_of (
  target  INTEGER PRIMARY KEY REFERENCES target (id),
  root    INTEGER NOT NULL REFERENCES target (id),  -- the cited post that it was found from; counts for how many are captured
  depth   INTEGER NOT NULL              -- as in context
) STRICT;
CREATE INDEX context_of_root ON context_of (root);

-- Every post that belongs to a captured one (`of_target`), and what became of it.
CREATE VIEW contexts AS
SELECT c.target AS of_target, o.url AS of_url, x.relation, t.target, t.platform, t.native_id, t.url, min(x.depth) AS depth,
       min(x.capture) AS named_by, t.state, t.reason, t.source, t.captured_at, p.author_handle AS post_author, p.posted_at,
       p.text AS post_text
FROM context x
JOIN capture c ON c.id = x.capture
JOIN target o ON o.id = c.target
JOIN targets t ON t.target = x.target
LEFT JOIN post p ON p.id = t.post
GROUP BY c.target, x.relation, x.target;
