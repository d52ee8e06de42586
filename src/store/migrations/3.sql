-- From schema 2 to 3: other posts asked as a test of the sources, verdicts, notes, pauses.
-- Answers that are not about the capture's own target but about another post, known to be live (`canary` in the settings):
-- where a source does not know it either, the source is at fault, and says nothing about the target.
CREATE TABLE canary (
  answer  INTEGER PRIMARY KEY REFERENCES answer (id),
  url     TEXT NOT NULL,                -- address of that post
  asked   TEXT NOT NULL                 -- when; counts for captures within a quarter of an hour
) STRICT;
CREATE INDEX canary_asked ON canary (asked);

-- What all captures of a target together say, judged at the end of each run: a row for each time that this changed. Derived from
-- the rows above, therefore not covered by the ledger; the newest row counts.
CREATE TABLE verdict (
  id         INTEGER PRIMARY KEY,
  target     INTEGER NOT NULL REFERENCES target (id),
  capture    INTEGER NOT NULL REFERENCES capture (id),  -- the newest capture that it considers
  state      TEXT NOT NULL CHECK (state IN ('live', 'edited', 'deleted', 'suspended', 'protected', 'age_gated', 'withheld', 'gone',
                                            'restored', 'unknown')),
  reason     TEXT NOT NULL,             -- reason code: stated, not_found_by_two_sources, canary_failed …
  evidence   TEXT NOT NULL CHECK (json_valid(evidence)),  -- JSON list of the captures that it rests on
  last_live  TEXT,                      -- when the target was seen last
  program    TEXT NOT NULL              -- program and version that judged
) STRICT;
CREATE INDEX verdict_target ON verdict (target, id);

-- Up to which capture the verdicts are judged; one row.
CREATE TABLE judged (
  one      INTEGER PRIMARY KEY CHECK (one = 1),
  capture  INTEGER NOT NULL
) STRICT;

-- What a person added about a target or an article: a remark, perhaps with a file that only they could get (a screenshot behind a
-- login). It is their word, and no capture.
CREATE TABLE note (
  id         INTEGER PRIMARY KEY REFERENCES ledger (seq) DEFERRABLE INITIALLY DEFERRED,
  run        INTEGER NOT NULL REFERENCES run (id),
  at         TEXT NOT NULL,
  by         TEXT NOT NULL,             -- who says so; not checked
  target     INTEGER REFERENCES target (id),
  article    INTEGER REFERENCES article (id),
  text       TEXT NOT NULL,
  file_name  TEXT,                      -- name of the file as given
  body       INTEGER REFERENCES blob (id),  -- the file
  CHECK ((target IS NULL) <> (article IS NULL)),
  CHECK ((file_name IS NULL) = (body IS NULL))
) STRICT;
CREATE INDEX note_target ON note (target) WHERE target IS NOT NULL;
CREATE INDEX note_article ON note (article) WHERE article IS NOT NULL;

-- Targets that are not captured of their own accord any more.
CREATE TABLE pause (
  target  INTEGER PRIMARY KEY REFERENCES target (id),
  since   TEXT NOT NULL,
  why     TEXT
) STRICT;

-- When articles that were fetched are to be read again.
CREATE TABLE reread (
  article  INTEGER PRIMARY KEY REFERENCES article (id),
  url      TEXT NOT NULL,               -- the address that is asked
  due      TEXT                         -- NULL: paused
) STRICT;
CREATE INDEX reread_due ON reread (due) WHERE due IS NOT NULL;

-- Lists of articles (feeds, sitemaps) that a run looks at. The looks are captures of their target.
CREATE TABLE follow (
  id        INTEGER PRIMARY KEY,
  url       TEXT NOT NULL UNIQUE,       -- as it was given
  target    INTEGER NOT NULL REFERENCES target (id),
  added     TEXT NOT NULL,
  every     INTEGER NOT NULL,           -- seconds between two looks
  tags      TEXT NOT NULL CHECK (json_valid(tags)),  -- JSON list: case tags of its articles
  only_new  INTEGER NOT NULL CHECK (only_new IN (0, 1)),  -- 1: what it named at the first look counts as read
  looked    TEXT,                       -- when it was looked at last
  due       TEXT                        -- when the next look is due; NULL: it is not followed any more
) STRICT;
CREATE INDEX follow_due ON follow (due) WHERE due IS NOT NULL;

-- Articles that these lists named.
CREATE TABLE follow_entry (
  follow   INTEGER NOT NULL REFERENCES follow (id),
  url      TEXT NOT NULL,
  updated  TEXT,                        -- when it was changed, as the list has it; a later time makes it be read again
  seen     TEXT NOT NULL,               -- when the list first named it
  done     INTEGER NOT NULL CHECK (done IN (0, 1)),  -- 1: read
  tries    INTEGER NOT NULL,
  PRIMARY KEY (follow, url)
) STRICT, WITHOUT ROWID;

CREATE TRIGGER note_no_update BEFORE UPDATE ON note BEGIN SELECT RAISE(ABORT, 'evidence is append-only'); END;
CREATE TRIGGER note_no_delete BEFORE DELETE ON note BEGIN SELECT RAISE(ABORT, 'evidence is append-only'); END;
CREATE TRIGGER canary_no_update BEFORE UPDATE ON canary BEGIN SELECT RAISE(ABORT, 'evidence is append-only'); END;
CREATE TRIGGER canary_no_delete BEFORE DELETE ON canary BEGIN SELECT RAISE(ABORT, 'evidence is append-only'); END;
CREATE TRIGGER verdict_no_update BEFORE UPDATE ON verdict BEGIN SELECT RAISE(ABORT, 'evidence is append-only'); END;
CREATE TRIGGER verdict_no_delete BEFORE DELETE ON verdict BEGIN SELECT RAISE(ABORT, 'evidence is append-only'); END;
DROP VIEW targets;
CREATE VIEW targets AS
WITH meaning AS (
  SELECT t.id AS target, coalesce(
    (SELECT r.identified FROM resolution r WHERE r.target = t.id AND r.identified IS NOT NULL ORDER BY r.fence DESC LIMIT 1),
    t.id) AS means
  FROM target t
)
SELECT t.id AS target, m.means, t.kind, p.platform, p.native_id, p.url, t.claim,
       -- identified, but not captured yet: NULL
       CASE WHEN c.id IS NOT NULL THEN c.outcome WHEN m.means = t.id THEN r.outcome END AS state,
       c.id AS capture, coalesce(c.reason, r.reason) AS reason, c.source, c.ended AS captured_at,
       -- what the platform itself said at that capture, where it said that the post is not to be had
       (SELECT a.outcome FROM answer a WHERE a.capture = c.id
          AND a.outcome IN ('deleted', 'account_gone', 'suspended', 'protected', 'withheld', 'age_gated')
          AND a.id NOT IN (SELECT y.answer FROM canary y)
        ORDER BY a.ordinal LIMIT 1) AS platform_says,
       (SELECT count(*) FROM capture n WHERE n.target = m.means) AS captures,
       (SELECT min(n.ended) FROM capture n WHERE n.target = m.means AND n.outcome = 'captured') AS first_captured_at,
       (SELECT max(n.ended) FROM capture n WHERE n.target = m.means AND n.outcome = 'captured') AS last_captured_at,
       (SELECT q.id FROM capture k JOIN answer b ON b.capture = k.id JOIN post q ON q.answer = b.id
        WHERE k.target = m.means ORDER BY k.fence DESC, b.ordinal = k.best DESC, q.id DESC LIMIT 1) AS post
FROM target t
JOIN meaning m ON m.target = t.id
JOIN target p ON p.id = m.means
LEFT JOIN capture c ON c.id = (SELECT n.id FROM capture n WHERE n.target = m.means ORDER BY n.fence DESC LIMIT 1)
LEFT JOIN resolution r ON r.id = (SELECT n.id FROM resolution n WHERE n.target = t.id ORDER BY n.fence DESC LIMIT 1);
DROP VIEW gone;
CREATE VIEW gone AS
SELECT t.id AS target, t.platform, t.native_id, t.url, a.outcome, a.reason, a.source AS said_by, c.ended AS said_at,
       c.id AS capture, p.author_handle, p.posted_at, p.text, pa.source AS text_from, pc.ended AS text_captured_at,
       (SELECT count(DISTINCT r.article) FROM citation k JOIN reading r ON r.id = k.reading WHERE k.target = t.id) AS articles
FROM target t
JOIN capture c ON c.id = (SELECT n.id FROM capture n WHERE n.target = t.id ORDER BY n.fence DESC LIMIT 1)
JOIN answer a ON a.id = (
  SELECT b.id FROM answer b WHERE b.capture = c.id AND b.outcome IN ('deleted', 'account_gone', 'suspended')
    AND b.id NOT IN (SELECT y.answer FROM canary y)
  ORDER BY b.ordinal LIMIT 1)
LEFT JOIN post p ON p.id = (
  SELECT q.id FROM capture k JOIN answer b ON b.capture = k.id JOIN post q ON q.answer = b.id
  WHERE k.target = t.id ORDER BY k.fence DESC, b.ordinal = k.best DESC, q.id DESC LIMIT 1)
LEFT JOIN answer pa ON pa.id = p.answer
LEFT JOIN capture pc ON pc.id = pa.capture;

-- What all captures of each target together say now.
CREATE VIEW verdicts AS
SELECT v.target, t.kind, t.platform, t.native_id, t.url, v.state, v.reason, v.evidence, v.last_live, v.capture, c.ended AS judged_by
FROM verdict v
JOIN target t ON t.id = v.target
JOIN capture c ON c.id = v.capture
WHERE v.id = (SELECT max(n.id) FROM verdict n WHERE n.target = v.target);

-- Bodies on their way in can be taken up again; what an older version left unfinished cannot.
DELETE FROM blob_chunk WHERE id >> 16 IN (SELECT id FROM upload);
DROP TABLE upload;
CREATE TABLE upload (
  id         INTEGER PRIMARY KEY,
  url        TEXT NOT NULL,
  validator  TEXT,                      -- strong ETag or Last-Modified, for going on after a break
  started    TEXT NOT NULL,
  length     INTEGER NOT NULL,          -- bytes received so far
  chunks     INTEGER NOT NULL,          -- pieces received so far
  total      INTEGER,                   -- bytes of the whole as the server announced them
  run        INTEGER                    -- the run that receives it; NULL: it broke off. Any other run may go on with it
) STRICT;
