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
  relation  TEXT NOT NULL CHECK (relation = 'quotes' OR relation = 'replies_to' OR relation = 'reposts' OR relation = 'thread'),
                                        -- what the captured post does; thread: both are parts of one author's thread
  target    INTEGER NOT NULL REFERENCES target (id),
  depth     INTEGER NOT NULL CHECK (depth > 0),  -- steps from the nearest cited post as known then; within a thread there are none
  reparse   INTEGER REFERENCES reparse (id) DEFERRABLE INITIALLY DEFERRED,  -- what found it in the stored answers later; NULL: the capture itself
  PRIMARY KEY (capture, ordinal)
) STRICT, WITHOUT ROWID;
CREATE INDEX context_target ON context (target);
CREATE INDEX context_depth ON context (depth) WHERE depth > 1;
CREATE INDEX context_reparse ON context (reparse) WHERE reparse IS NOT NULL;
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
CREATE INDEX page_exchange ON page (exchange);

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

-- What outside witnesses said of when a head of the chain of such an archive existed, as that archive or a bundle of it had it: each once,
-- and another's word like the rest. Whether an authority is to be trusted is not looked at: its bytes are kept for who wants to.
CREATE TABLE other_stamp (
  id             INTEGER PRIMARY KEY REFERENCES ledger (seq) DEFERRABLE INITIALLY DEFERRED,
  run            INTEGER NOT NULL REFERENCES run (id),
  at             TEXT NOT NULL,         -- when it was taken in
  other_archive  INTEGER NOT NULL REFERENCES other_archive (id),  -- in whose chain the head stands
  kind           TEXT NOT NULL CHECK (kind = 'rfc3161' OR kind = 'opentimestamps'),  -- as in stamp
  authority      TEXT,                  -- its name in the settings there; NULL: a proof that names its calendars by itself
  entry          INTEGER NOT NULL,      -- number of the entry there
  head           TEXT NOT NULL CHECK (length(head) = 64),  -- the head that it is about
  time           TEXT,                  -- rfc3161: the time that it states
  block          INTEGER,               -- opentimestamps: the height of the Bitcoin block that must have it; NULL: only promised
  query          INTEGER REFERENCES blob (id),           -- the body that was sent, if it was kept there
  reply          INTEGER NOT NULL REFERENCES blob (id),  -- the body that was received; of a file .ots the operations behind its digest
  completed      INTEGER REFERENCES blob (id),           -- opentimestamps: the later answer that completes the promise
  roots          INTEGER REFERENCES blob (id)            -- certificates (PEM) that were trusted for it there
) STRICT;
CREATE INDEX other_stamp_entry ON other_stamp (other_archive, entry);

-- Readings, citations, captures and tags of these archives under their own numbers: derived from `content`, therefore not covered by the
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
  sealed         INTEGER NOT NULL CHECK (sealed = 0 OR sealed = 1),  -- 1: a line of that ledger covers it; 0: the line was withheld
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
  sealed         INTEGER NOT NULL CHECK (sealed = 0 OR sealed = 1),  -- as in other_reading
  PRIMARY KEY (other_archive, seq)
) STRICT, WITHOUT ROWID;
CREATE INDEX other_capture_target ON other_capture (target);
-- Case tags that such an archive had, which its ledger does not cover; bundles have none.
CREATE TABLE other_tag (
  other_archive  INTEGER NOT NULL REFERENCES other_archive (id),
  article        TEXT NOT NULL,         -- article.key
  name           TEXT NOT NULL,
  added          TEXT NOT NULL,
  PRIMARY KEY (other_archive, article, name)
) STRICT, WITHOUT ROWID;

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
CREATE TRIGGER other_stamp_no_update BEFORE UPDATE ON other_stamp
  BEGIN SELECT RAISE(ABORT, 'evidence is append-only'); END;
CREATE TRIGGER other_stamp_no_delete BEFORE DELETE ON other_stamp
  BEGIN SELECT RAISE(ABORT, 'evidence is append-only'); END;
CREATE TRIGGER other_tag_no_update BEFORE UPDATE ON other_tag
  BEGIN SELECT RAISE(ABORT, 'evidence is append-only'); END;
CREATE TRIGGER other_tag_no_delete BEFORE DELETE ON other_tag
  BEGIN SELECT RAISE(ABORT, 'evidence is append-only'); END;

-- What other archives say that they captured, each entry once, beside the target that it is here (NULL: none): as a line of their ledger
-- covers it, if one is here, and then as it was taken in last (of `best` nothing else is to be read). `stamped_at` is the time of the first time
-- stamp behind the entry: it existed by then, if that authority is to be trusted.
CREATE VIEW others AS
SELECT t.id AS target, c.target AS target_key, c.url, c.started, c.ended, c.outcome, c.reason, c.source, c.author_handle, c.author_name,
       c.posted_at, c.text, c.body_sha256, c.sealed, a.name, a.origin, c.seq, c.other_archive,
       max(c.sealed << 60 | c.other_archive) AS best,
       (SELECT min((SELECT s.time FROM other_stamp s WHERE s.other_archive = o.id AND s.entry >= c.seq AND s.time IS NOT NULL
                    ORDER BY s.entry LIMIT 1)) FROM other_archive o WHERE o.origin = a.origin) AS stamped_at
FROM other_capture c
JOIN other_archive a ON a.id = c.other_archive
LEFT JOIN target t ON t.key = c.target
GROUP BY a.origin, c.seq;

-- One evidence bundle that was made of this archive (`citekeep export`): written once the bundle had its name, so that it is not in there
-- itself, and the entries of such a run are passed over where a bundle is made as of the last entry. Who could not write to the archive
-- made one without a row here. The run says who and how. See the view exports.
CREATE TABLE export (
  id          INTEGER PRIMARY KEY REFERENCES ledger (seq) DEFERRABLE INITIALLY DEFERRED,
  run         INTEGER NOT NULL UNIQUE REFERENCES run (id),
  at          TEXT NOT NULL,
  selection   TEXT NOT NULL CHECK (json_valid(selection)),  -- JSON under the names of the options and settings: what was asked for, how
                                        -- it was written (csv_raw, wacz, wacz_bytes, keep_handle), who answers for it
                                        -- (export.organization …), and `key`: the fingerprint of what signed it; what has no name
                                        -- here was as it is by itself
  left_out    TEXT NOT NULL CHECK (json_valid(left_out)),   -- JSON list: what was left out: media, handles, counts
  as_of       INTEGER NOT NULL REFERENCES ledger (seq),     -- the entry that the bundle shows the archive as of
  name        TEXT NOT NULL,            -- name of the folder or file, without folders
  format      TEXT NOT NULL CHECK (format = 'folder' OR format = 'zip' OR format = 'wacz'),
  identifier  TEXT NOT NULL,            -- urn:uuid: of the selection as of that entry, as the bundle has it
  sha256      TEXT NOT NULL CHECK (length(sha256) = 64)     -- of the bundle's tagmanifest-sha256.txt, which names all that is sealed in
                                        -- it; of a WACZ by itself: of its datapackage.json
) STRICT;
CREATE TRIGGER export_no_update BEFORE UPDATE ON export BEGIN SELECT RAISE(ABORT, 'evidence is append-only'); END;
CREATE TRIGGER export_no_delete BEFORE DELETE ON export BEGIN SELECT RAISE(ABORT, 'evidence is append-only'); END;

-- Every bundle that was made of this archive, what of it, by which run, and the digest that tells whether a bundle is that one.
CREATE VIEW exports AS
SELECT e.id AS entry, e.at, e.name, e.format, e.selection, e.left_out, e.as_of, l.head AS as_of_head, e.identifier,
       e.sha256, e.run, r.host, r.command, r.version
FROM export e
JOIN run r ON r.id = e.run
JOIN ledger l ON l.seq = e.as_of;

-- What is said of how a list is followed, where it is not the usual.
CREATE TABLE follow_option (
  follow  INTEGER PRIMARY KEY REFERENCES follow (id),
  page    INTEGER NOT NULL CHECK (page IN (0, 1)),  -- 1: its headlines are its articles; it is no feed
  most    INTEGER NOT NULL,             -- articles that are taken in after one look at most; the others wait for the next
  curve   TEXT                          -- for `schedule` of each article that it names from now on; NULL: as the settings say
) STRICT;

-- The pictures of authors, each asked for once from its address.
CREATE INDEX post_media_avatar ON post_media (url) WHERE kind = 'avatar';

-- Bodies and targets are indexed by generation. The index of each table's UNIQUE becomes one that has a name, and is made anew.
PRAGMA writable_schema = ON;
UPDATE sqlite_schema SET sql = replace(sql, '  sha256  BLOB NOT NULL UNIQUE CHECK (length(sha256) = 32),
', '  sha256  BLOB NOT NULL CHECK (length(sha256) = 32),    -- each once, see known
') WHERE type = 'table' AND name = 'blob';
UPDATE sqlite_schema SET sql = replace(sql, '  key        TEXT NOT NULL UNIQUE,      -- its identity: `<platform>:<native id>`, `<platform>?<digest of the claim>`, or the address
', '  key        TEXT NOT NULL,             -- its identity: `<platform>:<native id>`, `<platform>?<digest of the claim>`, or the address;
                                        -- each once, see known
') WHERE type = 'table' AND name = 'target';
UPDATE sqlite_schema SET name = 'blob_sha256', sql = 'CREATE UNIQUE INDEX blob_sha256 ON blob (id >> 13, sha256)'
  WHERE type = 'index' AND name = 'sqlite_autoindex_blob_1';
UPDATE sqlite_schema SET name = 'target_key', sql = 'CREATE UNIQUE INDEX target_key ON target (id >> 13, key)'
  WHERE type = 'index' AND name = 'sqlite_autoindex_target_1';
-- An article that goes back to an earlier state makes a reading again.
UPDATE sqlite_schema SET sql = replace(sql, '  text               TEXT,              -- the body''s text, blocks joined by one line feed; NULL once redacted
  UNIQUE (article, body, findings_sha256)
', '  text               TEXT               -- the body''s text, blocks joined by one line feed; NULL once redacted
') WHERE type = 'table' AND name = 'reading';
UPDATE sqlite_schema SET name = 'reading_findings', sql = 'CREATE INDEX reading_findings ON reading (article, body, findings_sha256)'
  WHERE type = 'index' AND name = 'sqlite_autoindex_reading_1';
PRAGMA writable_schema = RESET;
REINDEX blob_sha256;
REINDEX target_key;
DROP INDEX target_url;

-- Bodies and targets are each here once, although no index over all rows says so: it would be changed in another place by each new digest,
-- and cost the more the larger the archive is. They are indexed in generations of 8,192 ids (`id >> 13`), and each generation that is
-- over has a filter here, derived from its digests: of 131,072 bits those are set that the first six little-endian 32-bit numbers of each
-- digest (of a target: the SHA-256 of its key) name, modulo 131,072. Bit n is the bit of value 1 << n % 8 of byte n / 8. To look something
-- up by the index, ask each generation: `WHERE id >> 13 = :n AND sha256 = :digest` for n from 0 to (SELECT max(id) >> 13 FROM blob).
CREATE TABLE known (
  what        TEXT NOT NULL CHECK (what IN ('blob', 'target')),
  generation  INTEGER NOT NULL,
  filter      BLOB NOT NULL,
  PRIMARY KEY (what, generation)
) STRICT;
