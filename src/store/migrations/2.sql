-- From schema 1 to 2: more is kept of a post, and captured targets are captured again. Those of an archive that had no schedule are spread over a week.
CREATE TABLE post_detail (
  post             INTEGER PRIMARY KEY REFERENCES post (id) ON DELETE CASCADE,
  url              TEXT,                -- the address that the answer gives the post
  title            TEXT,                -- where the platform's posts have one (videos, links)
  edited_at        TEXT,                -- when it was last edited
  reposted_id      TEXT,                -- native id of the post that it repeats
  conversation_id  TEXT,                -- native id of the post that began the thread
  media_expected   INTEGER,             -- how many files the answer says it has; post_media tells which were saved
  sensitive        INTEGER CHECK (sensitive IN (0, 1)),  -- 1: marked so by the platform
  content_warning  TEXT,                -- what its author set before it
  visibility       TEXT,                -- as the platform names it: public, unlisted …
  labels           TEXT NOT NULL CHECK (json_valid(labels)),       -- JSON list of labels put on it
  withheld_in      TEXT NOT NULL CHECK (json_valid(withheld_in)),  -- JSON list of country codes
  entities         TEXT NOT NULL CHECK (json_valid(entities)),     -- JSON list of {kind, text, url, id}: links, mentions, tags
  poll             TEXT CHECK (json_valid(poll)),  -- JSON {question, options: [{text, votes, percent}], votes, voters, …}
  card             TEXT CHECK (json_valid(card)),  -- JSON {url, title, description, image}: the preview of a link in it
  related          TEXT NOT NULL CHECK (json_valid(related))       -- JSON list: what the answer says of the posts that it quotes,
                                        -- answers or repeats; present: whether the answer holds their content
) STRICT;
CREATE TRIGGER post_detail_no_update BEFORE UPDATE ON post_detail
  BEGIN SELECT RAISE(ABORT, 'evidence is append-only'); END;
CREATE TRIGGER post_detail_no_delete BEFORE DELETE ON post_detail
  WHEN NOT EXISTS (
    SELECT 1 FROM redaction WHERE kind = 'post' AND item = OLD.post AND id > (SELECT max(seq) FROM ledger))
  BEGIN SELECT RAISE(ABORT, 'evidence is append-only'); END;
DROP VIEW posts;
CREATE VIEW posts AS
SELECT t.id AS target, t.platform, t.native_id, t.url, p.author_id, p.author_handle, p.author_name, p.posted_at, p.text,
       p.text_cut, p.language, p.quoted_id, p.parent_id, d.reposted_id, d.title, d.edited_at, p.media, p.edit_ids, p.counts, a.source, c.id AS capture,
       c.ended AS captured_at, p.id AS post, p.exchange, p.parser
FROM target t
JOIN post p ON p.id = (
  SELECT q.id FROM capture k JOIN answer b ON b.capture = k.id JOIN post q ON q.answer = b.id
  WHERE k.target = t.id ORDER BY k.fence DESC, b.ordinal = k.best DESC, q.id DESC LIMIT 1)
LEFT JOIN post_detail d ON d.post = p.id
JOIN answer a ON a.id = p.answer
JOIN capture c ON c.id = a.capture;

CREATE TABLE recheck (
  target  INTEGER PRIMARY KEY REFERENCES target (id),
  due     TEXT NOT NULL                 -- from then on it gets a new slot in job
) STRICT;
CREATE INDEX recheck_due ON recheck (due);

INSERT INTO recheck (target, due)
SELECT target, strftime('%Y-%m-%dT%H:%M:%fZ', 'now', (target % 168) || ' hours') FROM job
WHERE done = 1 AND target IN (SELECT target FROM capture);
