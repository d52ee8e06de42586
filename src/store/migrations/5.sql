-- From schema 4 to 5.

-- A sealed blob refuses pieces without SQLite keeping copies of the pages that a new piece touches.
DROP TRIGGER blob_chunk_no_insert;
CREATE TRIGGER blob_chunk_no_insert BEFORE INSERT ON blob_chunk
  WHEN EXISTS (SELECT 1 FROM blob WHERE id = NEW.id >> 16)
  BEGIN SELECT RAISE(FAIL, 'evidence is append-only: this blob is sealed'); END;

-- To SQLite before 3.41 NULL is no valid JSON: its integrity check would call each row wrong. And a list of more than two words costs
-- a temporary table at each insertion; they are compared one by one. Only the text of the checks changes, as
-- https://sqlite.org/lang_altertable.html#otheralter describes.
PRAGMA writable_schema = ON;
UPDATE sqlite_schema SET sql = replace(sql, 'CHECK (json_valid(claim))', 'CHECK (claim IS NULL OR json_valid(claim))')
  WHERE type = 'table' AND name = 'target';
UPDATE sqlite_schema SET sql = replace(replace(sql, 'CHECK (json_valid(poll))', 'CHECK (poll IS NULL OR json_valid(poll))'),
                                       'CHECK (json_valid(card))', 'CHECK (card IS NULL OR json_valid(card))')
  WHERE type = 'table' AND name = 'post_detail';
UPDATE sqlite_schema SET sql = replace(sql,
  'CHECK (kind IN (''paragraph'', ''heading'', ''list_item'', ''quote'', ''caption'', ''cell'', ''preformatted''))',
  'CHECK (kind = ''paragraph'' OR kind = ''heading'' OR kind = ''list_item'' OR kind = ''quote'' OR
                                kind = ''caption'' OR kind = ''cell'' OR kind = ''preformatted'')')
  WHERE type = 'table' AND name = 'block';
UPDATE sqlite_schema SET sql = replace(sql,
  'CHECK (kind IN (''post'', ''unidentified'', ''link''))',
  'CHECK (kind = ''post'' OR kind = ''unidentified'' OR kind = ''link'')')
  WHERE type = 'table' AND name = 'target';
UPDATE sqlite_schema SET sql = replace(sql,
  'CHECK (form IN (''embed'', ''frame'', ''link'', ''flattened'', ''media_link''))',
  'CHECK (form = ''embed'' OR form = ''frame'' OR form = ''link'' OR form = ''flattened'' OR
                                      form = ''media_link'')')
  WHERE type = 'table' AND name = 'citation';
UPDATE sqlite_schema SET sql = replace(sql,
  'CHECK (relation IN (''contains'', ''quotes'', ''introduces'', ''follows''))',
  'CHECK (relation = ''contains'' OR relation = ''quotes'' OR relation = ''introduces'' OR
                                   relation = ''follows'')')
  WHERE type = 'table' AND name = 'citation_sentence';
UPDATE sqlite_schema SET sql = replace(replace(sql,
  'CHECK (purpose IN (''article'', ''page'', ''api'', ''media'', ''robots''))',
  'CHECK (purpose = ''article'' OR purpose = ''page'' OR purpose = ''api'' OR
                                         purpose = ''media'' OR purpose = ''robots'')'),
  'CHECK (truncated IN (''length'', ''time'', ''disconnect''))',
  'CHECK (truncated = ''length'' OR truncated = ''time'' OR truncated = ''disconnect'')')
  WHERE type = 'table' AND name = 'exchange';
UPDATE sqlite_schema SET sql = replace(sql,
  'CHECK (state IN (''live'', ''edited'', ''deleted'', ''suspended'', ''protected'', ''age_gated'', ''withheld'', ''gone'',
                                            ''restored'', ''unknown''))',
  'CHECK (state = ''live'' OR state = ''edited'' OR state = ''deleted'' OR state = ''suspended'' OR
                                  state = ''protected'' OR state = ''age_gated'' OR state = ''withheld'' OR
                                  state = ''gone'' OR state = ''restored'' OR state = ''unknown'')')
  WHERE type = 'table' AND name = 'verdict';
UPDATE sqlite_schema SET sql = replace(sql,
  'CHECK (digests IN (''none'', ''unchecked'', ''agree'', ''differ''))',
  'CHECK (digests = ''none'' OR digests = ''unchecked'' OR digests = ''agree'' OR
                                    digests = ''differ'')')
  WHERE type = 'table' AND name = 'record';
PRAGMA writable_schema = RESET;

-- Jobs name their host, so that hosts take turns; what failed too often is left alone across runs.
CREATE TEMP TABLE job_before AS SELECT * FROM main.job;
DROP TABLE main.job;
CREATE TABLE job (
  target        INTEGER PRIMARY KEY REFERENCES target (id),
  slot          INTEGER NOT NULL,       -- counts the occasions on which the target was due, from 1
  fence         INTEGER NOT NULL,       -- counts its leases; a result under an older fence is refused
  attempts      INTEGER NOT NULL,       -- tries within this slot that settled nothing
  not_before    TEXT NOT NULL,          -- not to be tried earlier
  leased_until  TEXT,                   -- somebody works on it until then at most
  leased_by     TEXT,                   -- who
  done          INTEGER NOT NULL CHECK (done IN (0, 1)),
  host          TEXT NOT NULL           -- of the target's address, with its port where one is named; of what is not identified its
                                        -- platform. Hosts take turns, so that none waits for the backlog of another
) STRICT;
CREATE INDEX job_ready ON job (not_before) WHERE done = 0 AND leased_until IS NULL;
CREATE INDEX job_host ON job (host, not_before) WHERE done = 0 AND leased_until IS NULL;
CREATE INDEX job_leased ON job (leased_until) WHERE leased_until IS NOT NULL;
INSERT INTO job
SELECT j.target, j.slot, j.fence, j.attempts, j.not_before, j.leased_until, j.leased_by, j.done,
       CASE t.kind WHEN 'unidentified' THEN t.platform
       ELSE substr(t.url, instr(t.url, '://') + 3, instr(substr(t.url, instr(t.url, '://') + 3) || '/', '/') - 1) END
FROM job_before j JOIN target t ON t.id = j.target;
DROP TABLE job_before;
CREATE TEMP TABLE penalty_before AS SELECT * FROM main.host_penalty;
DROP TABLE main.host_penalty;
CREATE TABLE host_penalty (
  host      TEXT PRIMARY KEY,
  until     TEXT NOT NULL,
  failures  INTEGER NOT NULL            -- 0, or how often it failed in a row: after `until` one more failure is enough
) STRICT, WITHOUT ROWID;
INSERT INTO host_penalty SELECT host, until, 0 FROM penalty_before;
DROP TABLE penalty_before;

-- How often persons want a target, or an article and what it cites, captured again.
CREATE TABLE schedule (
  target   INTEGER UNIQUE REFERENCES target (id),
  article  INTEGER UNIQUE REFERENCES article (id),
  curve    TEXT NOT NULL,               -- AGE:TIME …, e.g. `1d:6h 7d:1d 30d`: every 6 hours in the first day, and so on
  CHECK ((target IS NULL) <> (article IS NULL))
) STRICT;
CREATE INDEX resolution_identified ON resolution (identified) WHERE identified IS NOT NULL;

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
