-- citekeep: the archive, schema version 5.
--
-- An archive is one SQLite file. This file is its public interface: every table, column and word is explained here, and
-- `SELECT sql FROM sqlite_schema` shows the same text inside any archive. It needs nothing newer than SQLite 3.37, so the
-- `sqlite3` program of a current distribution opens it. Start with the views at the end of this file:
--
--   citations   every citation with its sentence, article, target and what became of it
--   captures    every attempt to preserve a target, and what changed since the attempt before
--   posts       the newest text of every post that was obtained
--   pages       what the newest captured page of each target says of itself: title, author, date, main text
--   verdicts    what all captures of a target together say: live, edited, deleted, restored … or unknown, and why
--   bodies      everything received, byte for byte: digest, length and where it came from
--   contexts    posts that captured posts quote, answer or repeat, and their authors' own threads
--   gone        posts that a source says were deleted, or whose account is gone or suspended
--   unresolved  citations of posts that could not be identified yet, with the best guess
--   records     what was taken from web archives of others, and what it was used for
--   inquiries   targets that web archives of others were asked about (for copies, to capture them as well), and what they said
--   others      what archives of others that were taken in say of a target
--   exports     bundles that were made of this archive, and the digests that they are known by
--
-- Conventions
--   Times are UTC, RFC 3339 with milliseconds: 2026-11-23T07:23:15.042Z. They sort as text.
--   NULL means unknown; no value is ever invented.
--   Digests are SHA-256: 32 bytes where the column is a BLOB (`lower(hex(sha256))` prints them), 64 hex digits in text.
--   Offsets count Unicode code points from 0, and `stop` is one past the last, so the text of a sentence is
--     substr(reading.text, start + 1, stop - start).
--   Lists inside one column are JSON.
--   Evidence (all tables but the last group) is only ever added to: triggers refuse UPDATE and DELETE. The one way to take
--   something out is a redaction, which says who, when and why, and leaves the digest (see `redaction`).
--
-- Where `citekeep search` has much to look through it makes tables `words…` (FTS5, without texts of its own): an index that can be
-- dropped at any time, and is at every redaction.
--
-- How the ledger covers the evidence
--   Every run, reading, capture, resolution, reparse, note, stamp, inquiry, import, other_archive, other_stamp, export and
--   redaction is one entry of `ledger`, and its id is the entry's seq. The entry's line names digests of everything that was
--   added with it: bodies, request and response headers, and `rows`, which is the SHA-256 over all other rows of the event.
--   Each row goes into that digest as its table's name and its columns in the order of this file, each written as
--     NULL  n,      integer  i<decimal>,      text  t<length in bytes>:<UTF-8>,      blob  b<length>:<bytes>,
--   (the name written as a text). Left out are only reading.text (its digest stands in text_sha256), and the columns that say
--   in which row a finding stands: `reading`, citation.id and citation_sentence.citation.
--     run, run_end, stamp, export, redaction   the row itself
--     reparse      each context that it found followed by its target, then the row itself; `posts` as of a capture
--     note         the note, then its target or article
--     inquiry      the inquiry, then its target
--     reading      its exchanges, then the article and the reading; `findings` covers its blocks, then its sentences, then
--                  each citation followed by the target and by its sentences
--     capture      the capture and its target, each answer followed by its exchanges and its canary, each helper, each post_media
--                  followed by its exchanges and its helper_file, each context that it found followed by its target; `files` has the digest of
--                  each file of a helper; `posts` has one digest for each post row followed by its post_detail
--     resolution   the resolution and its target, the identified target if any, its candidates each followed by the
--                  target, each step's answer followed by its exchanges
--     other_archive, other_stamp  the row itself
--     import       the import and its web archive, then each record followed by its web archive and by the record that it revisits
--   A reading, or an exchange, that was taken from a record is followed by reading_record or exchange_record and that record in
--   the same way, and the line names the record's digest.
--   `citekeep verify` derives every line again from the rows, so a change of any of them is found.

PRAGMA application_id = 1668574064;   -- the letters "ctkp": tells `file` and citekeep that this is an archive
PRAGMA user_version = 5;              -- version of this schema

-- ---------------------------------------------------------------------------------------------------------------------
-- Words
-- ---------------------------------------------------------------------------------------------------------------------

-- How an answer, a capture or a resolution ended. Only what a source actually said counts as deleted, account_gone,
-- suspended, protected or withheld; all else means "we could not see it".
CREATE TABLE outcome (
  word     TEXT PRIMARY KEY,            -- the word that stands in every column named outcome
  meaning  TEXT NOT NULL                -- what it says
) STRICT, WITHOUT ROWID;

INSERT INTO outcome (word, meaning) VALUES
  ('captured',       'The content was obtained (of a resolution: the post was identified).'),
  ('deleted',        'The platform says that the post was deleted.'),
  ('account_gone',   'The platform says that the account no longer exists.'),
  ('suspended',      'The platform says that the account is suspended.'),
  ('protected',      'The platform says that only followers may see it.'),
  ('withheld',       'The platform withholds it from us: legal demand, country, logged-out viewers.'),
  ('age_gated',      'Shown only to viewers of a stated age.'),
  ('not_found',      'The source does not know it; alone that is no proof of deletion.'),
  ('login_required', 'Shown only to logged-in viewers.'),
  ('walled',         'HTTP said yes, but the content is a consent wall, CAPTCHA, soft 404 or error page; or a 403 that names no cause.'),
  ('rate_limited',   'The source asked us to come back later.'),
  ('refused',        'We did not ask: address guard, robots.txt, a disabled source.'),
  ('unreachable',    'No answer: DNS, connect, TLS, time-out, broken transfer.'),
  ('server_error',   'The source answered with an error of its own (HTTP 5xx).'),
  ('too_large',      'The answer passed one of our limits of size.'),
  ('unreadable',     'The answer has a shape that we do not know.'),
  ('unresolved',     'A flattened citation whose post could not be identified.');

-- ---------------------------------------------------------------------------------------------------------------------
-- Ledger and runs
-- ---------------------------------------------------------------------------------------------------------------------

-- The hash chain over all evidence. leaf = SHA-256(0x00 || body); head = SHA-256 of the text "<head before> <leaf>\n", both
-- in lower-case hex; the head before entry 0 is 64 zeros. `SELECT seq, leaf, head FROM ledger ORDER BY seq` is a chain file
-- that is checked with nothing but a shell:
--   prev=$(printf '%064d' 0); sqlite3 -separator ' ' FILE 'SELECT seq, leaf, head FROM ledger ORDER BY seq' |
--   while read n leaf head; do
--     [ "$(printf '%s %s\n' "$prev" "$leaf" | sha256sum | cut -c1-64)" = "$head" ] || echo BAD $n; prev=$head
--   done
CREATE TABLE ledger (
  seq   INTEGER PRIMARY KEY CHECK (seq >= 0),   -- 0, 1, 2 … without gaps; the id of the event's own row
  body  TEXT,                                   -- the line: one event as canonical JSON (RFC 8785), with seq and a random nonce;
                                                -- NULL once redacted
  leaf  TEXT NOT NULL CHECK (length(leaf) = 64),
  head  TEXT NOT NULL CHECK (length(head) = 64)
) STRICT;

-- One execution of the program that could write to the archive.
-- Where the clock could not be right when the run began (before the archive's last entry, years after it), `clock` says so in
-- words after `system; `.
CREATE TABLE run (
  id       INTEGER PRIMARY KEY REFERENCES ledger (seq) DEFERRABLE INITIALLY DEFERRED,
  started  TEXT NOT NULL,               -- our clock
  command  TEXT NOT NULL,               -- what was asked of the program, without secrets
  version  TEXT NOT NULL,               -- program and version, e.g. `citekeep 0.1.0`
  host     TEXT,                        -- name of the machine
  pid      INTEGER NOT NULL,            -- process id
  clock    TEXT NOT NULL                -- where the time came from: `system`, or `fixed` in tests
) STRICT;

-- How a run ended. A run without this row is still going on, or was killed.
CREATE TABLE run_end (
  id       INTEGER PRIMARY KEY REFERENCES ledger (seq) DEFERRABLE INITIALLY DEFERRED,
  run      INTEGER NOT NULL UNIQUE REFERENCES run (id),
  ended    TEXT NOT NULL,
  exit     INTEGER NOT NULL,            -- exit code of the program
  summary  TEXT                         -- JSON: what the run printed about itself
) STRICT;

-- ---------------------------------------------------------------------------------------------------------------------
-- Bodies
-- ---------------------------------------------------------------------------------------------------------------------

-- Bytes, each stored once, as they were received (what came compressed stays compressed).
CREATE TABLE blob (
  id      INTEGER PRIMARY KEY,
  sha256  BLOB NOT NULL CHECK (length(sha256) = 32),    -- each once, see known
  length  INTEGER NOT NULL CHECK (length >= 0),         -- in bytes
  chunks  INTEGER NOT NULL CHECK (chunks BETWEEN 0 AND 65535)  -- number of its rows in blob_chunk
) STRICT;
CREATE UNIQUE INDEX blob_sha256 ON blob (id >> 13, sha256);

-- The bytes of a blob in pieces of at most 1 MiB. Piece n (from 0) of blob b has id b * 65536 + n:
--   SELECT bytes FROM blob_chunk WHERE id BETWEEN :b * 65536 AND :b * 65536 + 65535 ORDER BY id
-- Pieces without a blob belong to an unfinished upload.
CREATE TABLE blob_chunk (
  id     INTEGER PRIMARY KEY,
  bytes  BLOB NOT NULL CHECK (length(bytes) BETWEEN 1 AND 1048576)
) STRICT;

-- ---------------------------------------------------------------------------------------------------------------------
-- Articles: what was read and what it cites
-- ---------------------------------------------------------------------------------------------------------------------

-- One work.
CREATE TABLE article (
  id   INTEGER PRIMARY KEY,
  key  TEXT NOT NULL UNIQUE             -- canonical address, or `sha256:` and the digest of the text where there is none
) STRICT;

-- One article as it stood at one time. A page that was fetched makes a new one where it is not as it was at the fetch before, also where
-- it goes back to an earlier state; bytes that were given make one once.
CREATE TABLE reading (
  id                 INTEGER PRIMARY KEY REFERENCES ledger (seq) DEFERRABLE INITIALLY DEFERRED,
  article            INTEGER NOT NULL REFERENCES article (id),
  run                INTEGER NOT NULL REFERENCES run (id),
  read_at            TEXT NOT NULL,
  origin             TEXT NOT NULL CHECK (origin IN ('fetched', 'given')),  -- fetched by us, or given as a file or stream
  body               INTEGER NOT NULL REFERENCES blob (id),  -- the bytes
  given_name         TEXT,              -- given: file name, or `-`
  claimed_url        TEXT,              -- given: the address that the user says they come from
  claimed_retrieved  TEXT,              -- given: when the user says they were retrieved
  url                TEXT,              -- the canonical address found in the page, or that it was found to come from
  url_source         TEXT,              -- where that stood: json-ld, og, link-canonical, hint …
  format             TEXT NOT NULL CHECK (format IN ('html', 'text')),
  charset            TEXT NOT NULL,     -- encoding by which the bytes were read
  charset_source     TEXT NOT NULL,     -- how it was chosen: bom, header, meta, guess, utf-8
  title              TEXT,
  title_source       TEXT,
  byline             TEXT,              -- who wrote it, as printed
  byline_source      TEXT,
  published          TEXT,              -- when it says it was published, as printed
  published_source   TEXT,
  language           TEXT,              -- ISO 639 code
  language_source    TEXT,
  notices            TEXT NOT NULL CHECK (json_valid(notices)),  -- JSON list: what went wrong while reading but lost nothing else
  reader             TEXT NOT NULL,     -- program and version that read the bytes
  findings_sha256    BLOB NOT NULL CHECK (length(findings_sha256) = 32),  -- over blocks, sentences, citations (see above)
  text_sha256        BLOB NOT NULL CHECK (length(text_sha256) = 32),      -- of the text
  text               TEXT               -- the body's text, blocks joined by one line feed; NULL once redacted
) STRICT;
CREATE INDEX reading_findings ON reading (article, body, findings_sha256);

-- A paragraph, heading, list item, caption or quote of a reading, in reading order.
CREATE TABLE block (
  reading  INTEGER NOT NULL REFERENCES reading (id),
  ordinal  INTEGER NOT NULL,            -- from 0
  kind     TEXT NOT NULL CHECK (kind = 'paragraph' OR kind = 'heading' OR kind = 'list_item' OR kind = 'quote' OR
                                kind = 'caption' OR kind = 'cell' OR kind = 'preformatted'),
  start    INTEGER NOT NULL,
  stop     INTEGER NOT NULL CHECK (stop >= start),
  PRIMARY KEY (reading, ordinal)
) STRICT, WITHOUT ROWID;

-- A sentence of a reading. Its text is in the view `sentences`.
CREATE TABLE sentence (
  reading  INTEGER NOT NULL,
  ordinal  INTEGER NOT NULL,            -- from 0
  block    INTEGER NOT NULL,            -- ordinal of its block
  start    INTEGER NOT NULL,
  stop     INTEGER NOT NULL CHECK (stop >= start),
  PRIMARY KEY (reading, ordinal),
  FOREIGN KEY (reading, block) REFERENCES block (reading, ordinal)
) STRICT, WITHOUT ROWID;

-- What is cited. Many citations, one target.
CREATE TABLE target (
  id         INTEGER PRIMARY KEY,
  key        TEXT NOT NULL,             -- its identity: `<platform>:<native id>`, `<platform>?<digest of the claim>`, or the address;
                                        -- each once, see known
  kind       TEXT NOT NULL CHECK (kind = 'post' OR kind = 'unidentified' OR kind = 'link'),
                                        -- post: known by platform and native id; unidentified: a post that is only claimed
                                        -- (handle, date, text, picture link); link: any other address
  platform   TEXT,                      -- name of the platform, e.g. `x`
  native_id  TEXT,                      -- the platform's own id
  handle     TEXT,                      -- author's handle where the first address seen named it
  url        TEXT,                      -- canonical address
  claim      TEXT CHECK (claim IS NULL OR json_valid(claim)),  -- unidentified: JSON of what the article claims (author_name, author_handle,
                                              -- date_text, date, text, media)
  CHECK (CASE kind
    WHEN 'post' THEN platform IS NOT NULL AND native_id IS NOT NULL AND url IS NOT NULL AND claim IS NULL
    WHEN 'unidentified' THEN platform IS NOT NULL AND native_id IS NULL AND url IS NULL AND claim IS NOT NULL
    ELSE platform IS NULL AND native_id IS NULL AND url IS NOT NULL AND claim IS NULL END)
) STRICT;
CREATE UNIQUE INDEX target_key ON target (id >> 13, key);

-- One place where a reading cites a target.
CREATE TABLE citation (
  id             INTEGER PRIMARY KEY,
  reading        INTEGER NOT NULL REFERENCES reading (id),
  ordinal        INTEGER NOT NULL,      -- from 0, in reading order
  target         INTEGER NOT NULL REFERENCES target (id),
  form           TEXT NOT NULL CHECK (form = 'embed' OR form = 'frame' OR form = 'link' OR form = 'flattened' OR
                                      form = 'media_link'),
                                        -- embed: embed markup; frame: a frame that shows the post; link: a link or printed
                                        -- address; flattened: the post as plain text; media_link: only its picture link
  raw_url        TEXT,                  -- the address as it stood
  raw            TEXT NOT NULL,         -- markup or text of the place, as it stood
  anchor         TEXT,                  -- words that carry the link
  author_name    TEXT,                  -- what the place itself claims about the post; nothing of it is checked:
  author_handle  TEXT,                  --   handle without @, as printed
  date_text      TEXT,                  --   the date as printed
  date           TEXT,                  --   the date as YYYY-MM-DD, where it could be read without guessing
  text           TEXT,                  --   the post's text, white space folded
  media          TEXT NOT NULL CHECK (json_valid(media)),  -- JSON list of picture links in it
  start          INTEGER NOT NULL,      -- where it stands in the reading's text (start = stop: a point, e.g. of an embed)
  stop           INTEGER NOT NULL CHECK (stop >= start),
  UNIQUE (reading, ordinal)
) STRICT;
CREATE INDEX citation_target ON citation (target);

-- A sentence that refers to a citation.
CREATE TABLE citation_sentence (
  citation    INTEGER NOT NULL REFERENCES citation (id),
  rank        INTEGER NOT NULL,         -- 0 is the main one
  sentence    INTEGER NOT NULL,         -- ordinal of the sentence in the citation's reading
  relation    TEXT NOT NULL CHECK (relation = 'contains' OR relation = 'quotes' OR relation = 'introduces' OR
                                   relation = 'follows'),
                                        -- contains: the link or embed stands in it; quotes: it repeats the post's words;
                                        -- introduces: it leads in; follows: it refers back
  confidence  INTEGER NOT NULL CHECK (confidence BETWEEN 0 AND 1000),  -- thousandths
  reason      TEXT NOT NULL,            -- reason codes joined by +
  PRIMARY KEY (citation, rank)
) STRICT, WITHOUT ROWID;

-- ---------------------------------------------------------------------------------------------------------------------
-- Captures: what became of the targets
-- ---------------------------------------------------------------------------------------------------------------------

-- One attempt to preserve one target at one time. Failed attempts are captures too. Its times are of our clock; those of a capture
-- from a web archive of others (see exchange_record) are the dates of its records.
CREATE TABLE capture (
  id       INTEGER PRIMARY KEY REFERENCES ledger (seq) DEFERRABLE INITIALLY DEFERRED,
  target   INTEGER NOT NULL REFERENCES target (id),
  fence    INTEGER NOT NULL,            -- number of the lease under which it was made: grows with each attempt
  run      INTEGER NOT NULL REFERENCES run (id),
  started  TEXT NOT NULL,
  ended    TEXT NOT NULL,
  outcome  TEXT NOT NULL REFERENCES outcome (word),  -- that of the best answer
  reason   TEXT NOT NULL,               -- reason code of the best answer
  source   TEXT NOT NULL,               -- source of the best answer
  best     INTEGER NOT NULL,            -- ordinal of the best answer
  UNIQUE (target, fence)
) STRICT;

-- One attempt to find out which post an unidentified target means.
CREATE TABLE resolution (
  id          INTEGER PRIMARY KEY REFERENCES ledger (seq) DEFERRABLE INITIALLY DEFERRED,
  target      INTEGER NOT NULL REFERENCES target (id),  -- the unidentified one
  fence       INTEGER NOT NULL,
  run         INTEGER NOT NULL REFERENCES run (id),
  started     TEXT NOT NULL,
  ended       TEXT NOT NULL,
  outcome     TEXT NOT NULL REFERENCES outcome (word),
  reason      TEXT NOT NULL,            -- reason code of the step that decided
  identified  INTEGER REFERENCES target (id),  -- the post that it is
  CHECK ((outcome = 'captured') = (identified IS NOT NULL)),
  UNIQUE (target, fence)
) STRICT;
CREATE INDEX resolution_identified ON resolution (identified) WHERE identified IS NOT NULL;

-- A post that an unidentified target may mean.
CREATE TABLE resolution_candidate (
  resolution  INTEGER NOT NULL REFERENCES resolution (id),
  rank        INTEGER NOT NULL,         -- 0 is the best
  platform    TEXT NOT NULL,
  native_id   TEXT NOT NULL,
  url         TEXT NOT NULL,
  score       INTEGER CHECK (score BETWEEN 0 AND 1000),  -- likeness in thousandths
  evidence    TEXT NOT NULL,            -- where it was listed
  PRIMARY KEY (resolution, rank)
) STRICT, WITHOUT ROWID;

-- What one source said, within a capture or as a step of a resolution.
CREATE TABLE answer (
  id          INTEGER PRIMARY KEY,
  capture     INTEGER REFERENCES capture (id),
  resolution  INTEGER REFERENCES resolution (id),
  ordinal     INTEGER NOT NULL,         -- in the order asked, from 0
  source      TEXT NOT NULL,            -- name of the source, e.g. x.syndication, web, wayback
  outcome     TEXT NOT NULL REFERENCES outcome (word),
  reason      TEXT NOT NULL,            -- reason code
  detail      TEXT,                     -- one line for a person
  CHECK ((capture IS NULL) <> (resolution IS NULL))
) STRICT;
CREATE UNIQUE INDEX answer_capture ON answer (capture, ordinal) WHERE capture IS NOT NULL;
CREATE UNIQUE INDEX answer_resolution ON answer (resolution, ordinal) WHERE resolution IS NOT NULL;

-- Answers that are not about the capture's own target but about another post, known to be live (`canary` in the settings):
-- where a source does not know it either, the source is at fault, and says nothing about the target.
CREATE TABLE canary (
  answer  INTEGER PRIMARY KEY REFERENCES answer (id),
  url     TEXT NOT NULL,                -- address of that post
  asked   TEXT NOT NULL                 -- when; counts for captures within a quarter of an hour
) STRICT;
CREATE INDEX canary_asked ON canary (asked);

-- A photo, video or other file of a captured post, the picture of its author (kind avatar, after the files, once from each address), a piece of a video that is no file by itself (kind playlist, segment or key, after
-- the files); or a file that a captured page shows (kind style, image, font or icon), in the order in which they were asked for.
CREATE TABLE post_media (
  id        INTEGER PRIMARY KEY,
  capture   INTEGER NOT NULL REFERENCES capture (id),
  position  INTEGER NOT NULL,           -- in the post, from 0
  kind      TEXT NOT NULL,              -- photo, video, gif, audio
  url       TEXT NOT NULL,              -- its address as the source gave it
  alt       TEXT,                       -- description given by the author
  outcome   TEXT NOT NULL REFERENCES outcome (word),
  reason    TEXT NOT NULL,
  UNIQUE (capture, position)
) STRICT;
CREATE INDEX post_media_avatar ON post_media (url) WHERE kind = 'avatar';

-- One HTTP request (always a GET) and its response as they crossed the wire. It belongs to exactly one of: a reading (the
-- article's own bytes), an answer, a media file. Redirects are an exchange each, in the order of the ids.
CREATE TABLE exchange (
  id                INTEGER PRIMARY KEY,
  reading           INTEGER REFERENCES reading (id) DEFERRABLE INITIALLY DEFERRED,
  answer            INTEGER REFERENCES answer (id),
  media             INTEGER REFERENCES post_media (id),
  ordinal           INTEGER NOT NULL,   -- oldest first, from 0
  url               TEXT NOT NULL,      -- the address asked, without credentials and fragment
  purpose           TEXT NOT NULL CHECK (purpose = 'article' OR purpose = 'page' OR purpose = 'api' OR
                                         purpose = 'media' OR purpose = 'robots'),
  request_headers   TEXT NOT NULL,      -- as sent, one `name: value` line each; secrets are replaced by a marker
  started           TEXT NOT NULL,      -- our clock when the request was sent
  ended             TEXT NOT NULL,      -- our clock when the last byte came, or we gave up
  remote            TEXT,               -- address and port of the connected peer
  http_version      TEXT,               -- HTTP/1.1 or HTTP/2.0
  status            INTEGER,            -- status code; NULL if there was no response
  response_headers  TEXT,               -- as received, one `name: value` line each
  server_date       TEXT,               -- the server's clock: its Date header as sent
  certificate       INTEGER REFERENCES blob (id),  -- the server's certificate (DER)
  body              INTEGER REFERENCES blob (id),  -- the body as received
  body_length       INTEGER NOT NULL CHECK (body_length >= 0),
  truncated         TEXT CHECK (truncated = 'length' OR truncated = 'time' OR truncated = 'disconnect'),
                                        -- why the body is not whole: our limit of size, our limit of time, connection broke
  failure_outcome   TEXT REFERENCES outcome (word),  -- why there is no response, or no whole one
  failure_reason    TEXT,               -- reason code
  failure_detail    TEXT,               -- one line for a person
  CHECK ((reading IS NOT NULL) + (answer IS NOT NULL) + (media IS NOT NULL) = 1)
) STRICT;
-- A media transfer that broke off and could be taken up again has no body, and body_length says how much came. The exchange that
-- brought the rest (status 206) names the whole file, put together; it brought itself the body_length bytes from the first of
-- its Content-Range on, and those before it came in the broken ones, or in a run that was killed and left no exchanges: the
-- same file by its ETag or Last-Modified (If-Range). The digest is of the whole.
-- The request headers of a POST begin with the line `:method: POST` and, if what was sent is one line of text, `:body:` with it. In
-- the place of a header that carries a secret stands `[credential, not kept]` if it was one of ours, else `[not kept]`; in the place
-- of a cookie that a server set `(cookie not kept)`.
CREATE INDEX exchange_reading ON exchange (reading) WHERE reading IS NOT NULL;
CREATE INDEX exchange_answer ON exchange (answer) WHERE answer IS NOT NULL;
CREATE INDEX exchange_media ON exchange (media) WHERE media IS NOT NULL;

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

-- A post as one answer told it: derived from an exchange by a parser, and can be derived again by a better one.
CREATE TABLE post (
  id             INTEGER PRIMARY KEY,
  entry          INTEGER NOT NULL REFERENCES ledger (seq) DEFERRABLE INITIALLY DEFERRED,  -- the entry that it was added with
  answer         INTEGER NOT NULL REFERENCES answer (id),
  exchange       INTEGER NOT NULL REFERENCES exchange (id),  -- the exchange that it was read from
  parser         TEXT NOT NULL,         -- program and version that read it
  native_id      TEXT NOT NULL,
  author_id      TEXT,
  author_handle  TEXT,                  -- without @
  author_name    TEXT,
  posted_at      TEXT,
  text           TEXT,
  text_cut       INTEGER CHECK (text_cut IN (0, 1)),  -- 1: the source cut the text; NULL: it does not say
  language       TEXT,
  quoted_id      TEXT,                  -- native id of the post that it quotes
  parent_id      TEXT,                  -- native id of the post that it answers
  media          TEXT NOT NULL CHECK (json_valid(media)),     -- JSON list of {kind, url, alt}
  edit_ids       TEXT NOT NULL CHECK (json_valid(edit_ids)),  -- JSON list of the ids of all versions, oldest first
  counts         TEXT NOT NULL CHECK (json_valid(counts))     -- JSON list of [name, number]: likes, replies … as seen
) STRICT;
CREATE INDEX post_answer ON post (answer);
CREATE INDEX post_entry ON post (entry);

-- What else the answer says of a post; posts read by citekeep before schema 2 have none.
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
  poll             TEXT CHECK (poll IS NULL OR json_valid(poll)),  -- JSON {question, options: [{text, votes, percent}], votes, voters, …}
  card             TEXT CHECK (card IS NULL OR json_valid(card)),  -- JSON {url, title, description, image}: the preview of a link in it
  related          TEXT NOT NULL CHECK (json_valid(related))       -- JSON list: what the answer says of the posts that it quotes,
                                        -- answers or repeats; present: whether the answer holds their content
) STRICT;

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

-- The answers of a capture were read again by a better reader: its `entry` is that of the posts that were read then, which stand
-- beside those that were read before. Only what differs from the newest is added.
CREATE TABLE reparse (
  id       INTEGER PRIMARY KEY REFERENCES ledger (seq) DEFERRABLE INITIALLY DEFERRED,
  run      INTEGER NOT NULL REFERENCES run (id),
  at       TEXT NOT NULL,
  capture  INTEGER NOT NULL REFERENCES capture (id)  -- whose answers were read again
) STRICT;
CREATE INDEX reparse_capture ON reparse (capture);

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

-- What all captures of a target together say, judged at the end of each run: a row for each time that this changed. Derived from
-- the rows above, therefore not covered by the ledger; the newest row counts.
CREATE TABLE verdict (
  id         INTEGER PRIMARY KEY,
  target     INTEGER NOT NULL REFERENCES target (id),
  capture    INTEGER NOT NULL REFERENCES capture (id),  -- the newest capture that it considers
  state      TEXT NOT NULL CHECK (state = 'live' OR state = 'edited' OR state = 'deleted' OR state = 'suspended' OR
                                  state = 'protected' OR state = 'age_gated' OR state = 'withheld' OR
                                  state = 'gone' OR state = 'restored' OR state = 'unknown'),
  reason     TEXT NOT NULL,             -- reason code: stated, not_found_by_two_sources, canary_failed …
  evidence   TEXT NOT NULL CHECK (json_valid(evidence)),  -- JSON list of the captures that it rests on
  last_live  TEXT,                      -- when the target was seen last
  program    TEXT NOT NULL              -- program and version that judged
) STRICT;
CREATE INDEX verdict_target ON verdict (target, id);

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

-- ---------------------------------------------------------------------------------------------------------------------
-- Web archives and archives of others
-- ---------------------------------------------------------------------------------------------------------------------

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
  digests      TEXT NOT NULL CHECK (digests = 'none' OR digests = 'unchecked' OR digests = 'agree' OR
                                    digests = 'differ'),
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

-- ---------------------------------------------------------------------------------------------------------------------
-- Bundles that were made of it
-- ---------------------------------------------------------------------------------------------------------------------

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

-- ---------------------------------------------------------------------------------------------------------------------
-- Redaction: the one way to take something out
-- ---------------------------------------------------------------------------------------------------------------------

-- A tombstone. While its ledger entry is not yet written, that is within its own transaction, the triggers let exactly the
-- named item go: the pieces of a blob, the text of a reading, a post row, or the line of a ledger entry. What stays is
-- the digest, here and in the ledger.
CREATE TABLE redaction (
  id      INTEGER PRIMARY KEY REFERENCES ledger (seq) DEFERRABLE INITIALLY DEFERRED,
  run     INTEGER NOT NULL REFERENCES run (id),
  at      TEXT NOT NULL,
  by      TEXT NOT NULL,                -- who decided
  why     TEXT NOT NULL,
  kind    TEXT NOT NULL CHECK (kind IN ('blob', 'reading_text', 'post', 'ledger_line')),
  item    INTEGER NOT NULL,             -- id of the row (ledger: seq)
  sha256  TEXT NOT NULL CHECK (length(sha256) = 64),  -- digest of what was taken out (ledger line: its leaf; post: see the top)
  UNIQUE (kind, item)
) STRICT;

-- ---------------------------------------------------------------------------------------------------------------------
-- Working tables: not evidence, and the only ones that change
-- ---------------------------------------------------------------------------------------------------------------------

-- Case tags of an article.
CREATE TABLE tag (
  article  INTEGER NOT NULL REFERENCES article (id),
  name     TEXT NOT NULL,
  added    TEXT NOT NULL,
  PRIMARY KEY (article, name)
) STRICT, WITHOUT ROWID;

-- What is to be captured or resolved: one row for each target that was ever asked for.
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

-- When targets that have their answer are to be captured again; a target whose turn has come moves to job.
CREATE TABLE recheck (
  target  INTEGER PRIMARY KEY REFERENCES target (id),
  due     TEXT NOT NULL                 -- from then on it gets a new slot in job
) STRICT;
CREATE INDEX recheck_due ON recheck (due);

-- Targets that are captured only because they belong to a cited post; a row goes when somebody cites its target.
CREATE TABLE context_of (
  target  INTEGER PRIMARY KEY REFERENCES target (id),
  root    INTEGER NOT NULL REFERENCES target (id),  -- the cited post that it was found from; counts for how many are captured
  depth   INTEGER NOT NULL              -- as in context
) STRICT;
CREATE INDEX context_of_root ON context_of (root);

-- Up to which capture the verdicts are judged; one row.
CREATE TABLE judged (
  one      INTEGER PRIMARY KEY CHECK (one = 1),
  capture  INTEGER NOT NULL
) STRICT;

-- How often persons want a target, or an article and what it cites, captured again.
CREATE TABLE schedule (
  target   INTEGER UNIQUE REFERENCES target (id),
  article  INTEGER UNIQUE REFERENCES article (id),
  curve    TEXT NOT NULL,               -- AGE:TIME …, e.g. `1d:6h 7d:1d 30d`: every 6 hours in the first day, and so on
  CHECK ((target IS NULL) <> (article IS NULL))
) STRICT;

-- Up to which capture pages are read; one row.
CREATE TABLE pages_read (
  one      INTEGER PRIMARY KEY CHECK (one = 1),
  capture  INTEGER NOT NULL
) STRICT;

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

-- What is said of how a list is followed, where it is not the usual.
CREATE TABLE follow_option (
  follow  INTEGER PRIMARY KEY REFERENCES follow (id),
  page    INTEGER NOT NULL CHECK (page IN (0, 1)),  -- 1: its headlines are its articles; it is no feed
  most    INTEGER NOT NULL,             -- articles that are taken in after one look at most; the others wait for the next
  curve   TEXT                          -- for `schedule` of each article that it names from now on; NULL: as the settings say
) STRICT;

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

-- Targets that web archives of others are to be asked about.
CREATE TABLE inquire (
  target   INTEGER NOT NULL REFERENCES target (id),
  service  TEXT NOT NULL,               -- as in inquiry
  due      TEXT NOT NULL,               -- not to be asked earlier
  inquiry  INTEGER REFERENCES inquiry (id),  -- whose job is to be asked about; NULL: nothing was asked yet
  PRIMARY KEY (target, service)
) STRICT, WITHOUT ROWID;
CREATE INDEX inquire_due ON inquire (service, due);

-- Hosts that are left alone: they asked for it, or failed several times in a row.
CREATE TABLE host_penalty (
  host      TEXT PRIMARY KEY,
  until     TEXT NOT NULL,
  failures  INTEGER NOT NULL            -- 0, or how often it failed in a row: after `until` one more failure is enough
) STRICT, WITHOUT ROWID;

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

-- Large bodies on their way in. Its pieces stand in blob_chunk under the id that becomes the blob's; a capture seals it.
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

-- ---------------------------------------------------------------------------------------------------------------------
-- Append-only
-- ---------------------------------------------------------------------------------------------------------------------

CREATE TRIGGER outcome_no_update BEFORE UPDATE ON outcome BEGIN SELECT RAISE(ABORT, 'evidence is append-only'); END;
CREATE TRIGGER outcome_no_delete BEFORE DELETE ON outcome BEGIN SELECT RAISE(ABORT, 'evidence is append-only'); END;
CREATE TRIGGER ledger_no_update BEFORE UPDATE ON ledger
  WHEN NOT (NEW.body IS NULL AND NEW.seq = OLD.seq AND NEW.leaf = OLD.leaf AND NEW.head = OLD.head AND EXISTS (
    SELECT 1 FROM redaction WHERE kind = 'ledger_line' AND item = OLD.seq AND id > (SELECT max(seq) FROM ledger)))
  BEGIN SELECT RAISE(ABORT, 'evidence is append-only'); END;
CREATE TRIGGER ledger_no_delete BEFORE DELETE ON ledger BEGIN SELECT RAISE(ABORT, 'evidence is append-only'); END;
CREATE TRIGGER run_no_update BEFORE UPDATE ON run BEGIN SELECT RAISE(ABORT, 'evidence is append-only'); END;
CREATE TRIGGER run_no_delete BEFORE DELETE ON run BEGIN SELECT RAISE(ABORT, 'evidence is append-only'); END;
CREATE TRIGGER run_end_no_update BEFORE UPDATE ON run_end BEGIN SELECT RAISE(ABORT, 'evidence is append-only'); END;
CREATE TRIGGER run_end_no_delete BEFORE DELETE ON run_end BEGIN SELECT RAISE(ABORT, 'evidence is append-only'); END;
CREATE TRIGGER blob_no_update BEFORE UPDATE ON blob BEGIN SELECT RAISE(ABORT, 'evidence is append-only'); END;
CREATE TRIGGER blob_no_delete BEFORE DELETE ON blob BEGIN SELECT RAISE(ABORT, 'evidence is append-only'); END;
CREATE TRIGGER blob_chunk_no_insert BEFORE INSERT ON blob_chunk
  WHEN EXISTS (SELECT 1 FROM blob WHERE id = NEW.id >> 16)
  BEGIN SELECT RAISE(FAIL, 'evidence is append-only: this blob is sealed'); END;
CREATE TRIGGER blob_chunk_no_update BEFORE UPDATE ON blob_chunk
  BEGIN SELECT RAISE(ABORT, 'evidence is append-only'); END;
CREATE TRIGGER blob_chunk_no_delete BEFORE DELETE ON blob_chunk
  WHEN EXISTS (SELECT 1 FROM blob WHERE id = OLD.id >> 16) AND NOT EXISTS (
    SELECT 1 FROM redaction WHERE kind = 'blob' AND item = OLD.id >> 16 AND id > (SELECT max(seq) FROM ledger))
  BEGIN SELECT RAISE(ABORT, 'evidence is append-only'); END;
CREATE TRIGGER article_no_update BEFORE UPDATE ON article BEGIN SELECT RAISE(ABORT, 'evidence is append-only'); END;
CREATE TRIGGER article_no_delete BEFORE DELETE ON article BEGIN SELECT RAISE(ABORT, 'evidence is append-only'); END;
CREATE TRIGGER reading_no_update BEFORE UPDATE OF
  id, article, run, read_at, origin, body, given_name, claimed_url, claimed_retrieved, url, url_source, format, charset,
  charset_source, title, title_source, byline, byline_source, published, published_source, language, language_source,
  notices, reader, findings_sha256, text_sha256 ON reading BEGIN SELECT RAISE(ABORT, 'evidence is append-only'); END;
CREATE TRIGGER reading_text_no_update BEFORE UPDATE OF text ON reading
  WHEN NEW.text IS NOT NULL OR NOT EXISTS (
    SELECT 1 FROM redaction WHERE kind = 'reading_text' AND item = OLD.id AND id > (SELECT max(seq) FROM ledger))
  BEGIN SELECT RAISE(ABORT, 'evidence is append-only'); END;
CREATE TRIGGER reading_no_delete BEFORE DELETE ON reading BEGIN SELECT RAISE(ABORT, 'evidence is append-only'); END;
CREATE TRIGGER block_no_update BEFORE UPDATE ON block BEGIN SELECT RAISE(ABORT, 'evidence is append-only'); END;
CREATE TRIGGER block_no_delete BEFORE DELETE ON block BEGIN SELECT RAISE(ABORT, 'evidence is append-only'); END;
CREATE TRIGGER sentence_no_update BEFORE UPDATE ON sentence BEGIN SELECT RAISE(ABORT, 'evidence is append-only'); END;
CREATE TRIGGER sentence_no_delete BEFORE DELETE ON sentence BEGIN SELECT RAISE(ABORT, 'evidence is append-only'); END;
CREATE TRIGGER target_no_update BEFORE UPDATE ON target BEGIN SELECT RAISE(ABORT, 'evidence is append-only'); END;
CREATE TRIGGER target_no_delete BEFORE DELETE ON target BEGIN SELECT RAISE(ABORT, 'evidence is append-only'); END;
CREATE TRIGGER citation_no_update BEFORE UPDATE ON citation BEGIN SELECT RAISE(ABORT, 'evidence is append-only'); END;
CREATE TRIGGER citation_no_delete BEFORE DELETE ON citation BEGIN SELECT RAISE(ABORT, 'evidence is append-only'); END;
CREATE TRIGGER citation_sentence_no_update BEFORE UPDATE ON citation_sentence
  BEGIN SELECT RAISE(ABORT, 'evidence is append-only'); END;
CREATE TRIGGER citation_sentence_no_delete BEFORE DELETE ON citation_sentence
  BEGIN SELECT RAISE(ABORT, 'evidence is append-only'); END;
CREATE TRIGGER capture_no_update BEFORE UPDATE ON capture BEGIN SELECT RAISE(ABORT, 'evidence is append-only'); END;
CREATE TRIGGER capture_no_delete BEFORE DELETE ON capture BEGIN SELECT RAISE(ABORT, 'evidence is append-only'); END;
CREATE TRIGGER resolution_no_update BEFORE UPDATE ON resolution
  BEGIN SELECT RAISE(ABORT, 'evidence is append-only'); END;
CREATE TRIGGER resolution_no_delete BEFORE DELETE ON resolution
  BEGIN SELECT RAISE(ABORT, 'evidence is append-only'); END;
CREATE TRIGGER resolution_candidate_no_update BEFORE UPDATE ON resolution_candidate
  BEGIN SELECT RAISE(ABORT, 'evidence is append-only'); END;
CREATE TRIGGER resolution_candidate_no_delete BEFORE DELETE ON resolution_candidate
  BEGIN SELECT RAISE(ABORT, 'evidence is append-only'); END;
CREATE TRIGGER answer_no_update BEFORE UPDATE ON answer BEGIN SELECT RAISE(ABORT, 'evidence is append-only'); END;
CREATE TRIGGER answer_no_delete BEFORE DELETE ON answer BEGIN SELECT RAISE(ABORT, 'evidence is append-only'); END;
CREATE TRIGGER reparse_no_update BEFORE UPDATE ON reparse BEGIN SELECT RAISE(ABORT, 'evidence is append-only'); END;
CREATE TRIGGER reparse_no_delete BEFORE DELETE ON reparse BEGIN SELECT RAISE(ABORT, 'evidence is append-only'); END;
CREATE TRIGGER context_no_update BEFORE UPDATE ON context BEGIN SELECT RAISE(ABORT, 'evidence is append-only'); END;
CREATE TRIGGER context_no_delete BEFORE DELETE ON context BEGIN SELECT RAISE(ABORT, 'evidence is append-only'); END;
CREATE TRIGGER canary_no_update BEFORE UPDATE ON canary BEGIN SELECT RAISE(ABORT, 'evidence is append-only'); END;
CREATE TRIGGER canary_no_delete BEFORE DELETE ON canary BEGIN SELECT RAISE(ABORT, 'evidence is append-only'); END;
CREATE TRIGGER page_no_update BEFORE UPDATE ON page BEGIN SELECT RAISE(ABORT, 'evidence is append-only'); END;
CREATE TRIGGER page_no_delete BEFORE DELETE ON page
  WHEN NOT EXISTS (SELECT 1 FROM redaction WHERE kind = 'blob' AND item = OLD.body)
  BEGIN SELECT RAISE(ABORT, 'evidence is append-only'); END;
CREATE TRIGGER verdict_no_update BEFORE UPDATE ON verdict BEGIN SELECT RAISE(ABORT, 'evidence is append-only'); END;
CREATE TRIGGER verdict_no_delete BEFORE DELETE ON verdict BEGIN SELECT RAISE(ABORT, 'evidence is append-only'); END;
CREATE TRIGGER note_no_update BEFORE UPDATE ON note BEGIN SELECT RAISE(ABORT, 'evidence is append-only'); END;
CREATE TRIGGER note_no_delete BEFORE DELETE ON note BEGIN SELECT RAISE(ABORT, 'evidence is append-only'); END;
CREATE TRIGGER stamp_no_update BEFORE UPDATE ON stamp BEGIN SELECT RAISE(ABORT, 'evidence is append-only'); END;
CREATE TRIGGER stamp_no_delete BEFORE DELETE ON stamp BEGIN SELECT RAISE(ABORT, 'evidence is append-only'); END;
CREATE TRIGGER inquiry_no_update BEFORE UPDATE ON inquiry BEGIN SELECT RAISE(ABORT, 'evidence is append-only'); END;
CREATE TRIGGER inquiry_no_delete BEFORE DELETE ON inquiry BEGIN SELECT RAISE(ABORT, 'evidence is append-only'); END;
CREATE TRIGGER post_media_no_update BEFORE UPDATE ON post_media
  BEGIN SELECT RAISE(ABORT, 'evidence is append-only'); END;
CREATE TRIGGER post_media_no_delete BEFORE DELETE ON post_media
  BEGIN SELECT RAISE(ABORT, 'evidence is append-only'); END;
CREATE TRIGGER helper_no_update BEFORE UPDATE ON helper BEGIN SELECT RAISE(ABORT, 'evidence is append-only'); END;
CREATE TRIGGER helper_no_delete BEFORE DELETE ON helper BEGIN SELECT RAISE(ABORT, 'evidence is append-only'); END;
CREATE TRIGGER helper_file_no_update BEFORE UPDATE ON helper_file BEGIN SELECT RAISE(ABORT, 'evidence is append-only'); END;
CREATE TRIGGER helper_file_no_delete BEFORE DELETE ON helper_file BEGIN SELECT RAISE(ABORT, 'evidence is append-only'); END;
CREATE TRIGGER exchange_no_update BEFORE UPDATE ON exchange BEGIN SELECT RAISE(ABORT, 'evidence is append-only'); END;
CREATE TRIGGER exchange_no_delete BEFORE DELETE ON exchange BEGIN SELECT RAISE(ABORT, 'evidence is append-only'); END;
CREATE TRIGGER post_no_update BEFORE UPDATE ON post BEGIN SELECT RAISE(ABORT, 'evidence is append-only'); END;
CREATE TRIGGER post_no_delete BEFORE DELETE ON post
  WHEN NOT EXISTS (
    SELECT 1 FROM redaction WHERE kind = 'post' AND item = OLD.id AND id > (SELECT max(seq) FROM ledger))
  BEGIN SELECT RAISE(ABORT, 'evidence is append-only'); END;
CREATE TRIGGER post_detail_no_update BEFORE UPDATE ON post_detail
  BEGIN SELECT RAISE(ABORT, 'evidence is append-only'); END;
CREATE TRIGGER post_detail_no_delete BEFORE DELETE ON post_detail
  WHEN NOT EXISTS (
    SELECT 1 FROM redaction WHERE kind = 'post' AND item = OLD.post AND id > (SELECT max(seq) FROM ledger))
  BEGIN SELECT RAISE(ABORT, 'evidence is append-only'); END;
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
CREATE TRIGGER export_no_update BEFORE UPDATE ON export BEGIN SELECT RAISE(ABORT, 'evidence is append-only'); END;
CREATE TRIGGER export_no_delete BEFORE DELETE ON export BEGIN SELECT RAISE(ABORT, 'evidence is append-only'); END;
CREATE TRIGGER redaction_no_update BEFORE UPDATE ON redaction
  BEGIN SELECT RAISE(ABORT, 'evidence is append-only'); END;
CREATE TRIGGER redaction_no_delete BEFORE DELETE ON redaction
  BEGIN SELECT RAISE(ABORT, 'evidence is append-only'); END;

-- ---------------------------------------------------------------------------------------------------------------------
-- Views: one line for each question of a researcher
-- ---------------------------------------------------------------------------------------------------------------------

-- Every sentence with its text.
CREATE VIEW sentences AS
SELECT s.reading, s.ordinal, s.block, b.kind AS block_kind, s.start, s.stop,
       substr(r.text, s.start + 1, s.stop - s.start) AS text
FROM sentence s
JOIN reading r ON r.id = s.reading
JOIN block b ON b.reading = s.reading AND b.ordinal = s.block;

-- Every target, with the post that it turned out to be where it was unidentified: `means` is the target whose captures
-- count. `state` is the outcome of the newest capture (of an unidentified target: of its newest resolution), `post` the row
-- of the newest text that was obtained.
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

-- The newest text of every post that was obtained, and the capture that it comes from.
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

-- Every citation: the article, its main sentence, what is cited, and what became of that.
CREATE VIEW citations AS
SELECT c.id AS citation, r.article, w.key AS article_key, r.id AS reading, r.url AS article_url, r.title, r.byline, r.published,
       r.read_at, c.ordinal, c.form,
       substr(r.text, s.start + 1, s.stop - s.start) AS sentence, cs.relation, cs.confidence, cs.reason AS sentence_reason,
       c.raw_url, c.anchor, c.author_name AS claimed_author, c.author_handle AS claimed_handle, c.date AS claimed_date,
       c.text AS claimed_text,
       t.target, t.means, t.kind, t.platform, t.native_id, t.url, t.state, t.reason, t.source, t.captured_at, t.captures,
       t.first_captured_at, t.last_captured_at,
       p.author_handle AS post_author, p.posted_at, p.text AS post_text
FROM citation c
JOIN reading r ON r.id = c.reading
JOIN article w ON w.id = r.article
JOIN targets t ON t.target = c.target
LEFT JOIN citation_sentence cs ON cs.citation = c.id AND cs.rank = 0
LEFT JOIN sentence s ON s.reading = c.reading AND s.ordinal = cs.sentence
LEFT JOIN post p ON p.id = t.post;

-- Every capture with its last answer's status, body and text, and what differs from the capture of the same target before it:
-- `first`, `same`, or the first that changed of `outcome`, `text`, `body`.
CREATE VIEW captures AS
SELECT c.id AS capture, c.target, t.kind, t.platform, t.native_id, t.url, c.started, c.ended, c.outcome, c.reason, c.source,
       x.status, x.url AS final_url, x.truncated, CASE WHEN b.id IS NOT NULL THEN lower(hex(b.sha256)) END AS body_sha256, x.body_length, p.text,
       CASE WHEN o.id IS NULL THEN 'first' WHEN o.outcome <> c.outcome THEN 'outcome' WHEN op.text IS NOT p.text THEN 'text'
            WHEN ox.body IS NOT x.body THEN 'body' ELSE 'same' END AS changed,
       o.id AS capture_before, o.outcome AS outcome_before, op.text AS text_before,
       (SELECT count(*) FROM post_media m WHERE m.capture = c.id) AS media,
       (SELECT count(*) FROM post_media m WHERE m.capture = c.id AND m.outcome = 'captured') AS media_captured,
       x.id AS exchange, c.run
FROM capture c
JOIN target t ON t.id = c.target
JOIN answer a ON a.capture = c.id AND a.ordinal = c.best
LEFT JOIN exchange x ON x.id = (SELECT max(n.id) FROM exchange n WHERE n.answer = a.id)
LEFT JOIN blob b ON b.id = x.body
LEFT JOIN post p ON p.id = (SELECT max(n.id) FROM post n WHERE n.answer = a.id)
LEFT JOIN capture o ON o.target = c.target
                   AND o.fence = (SELECT max(n.fence) FROM capture n WHERE n.target = c.target AND n.fence < c.fence)
LEFT JOIN answer oa ON oa.capture = o.id AND oa.ordinal = o.best
LEFT JOIN exchange ox ON ox.id = (SELECT max(n.id) FROM exchange n WHERE n.answer = oa.id)
LEFT JOIN post op ON op.id = (SELECT max(n.id) FROM post n WHERE n.answer = oa.id);

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

-- Targets that web archives of others were asked about, and what they said last.
CREATE VIEW inquiries AS
SELECT s.id AS inquiry, s.target, t.kind, t.platform, t.native_id, t.url, s.service, s.started AS asked_at, l.outcome, l.reason,
       l.detail, l.archived_at, l.archived_url, l.id AS told_by, l.ended AS told_at
FROM inquiry s
JOIN target t ON t.id = s.target
JOIN inquiry l ON l.id = coalesce((SELECT max(n.id) FROM inquiry n WHERE n.of = s.id), s.id)
WHERE s.of IS NULL;

-- What the newest captured page of each target says of itself.
CREATE VIEW pages AS
SELECT t.id AS target, t.kind, t.url, c.id AS capture, c.ended AS captured_at, a.source, x.url AS final_url, p.title, p.byline,
       p.published, p.canonical, p.language, p.text, p.id AS page, x.id AS exchange, p.reader
FROM target t
JOIN capture c ON c.id = (SELECT n.id FROM capture n WHERE n.target = t.id AND n.outcome = 'captured' ORDER BY n.fence DESC LIMIT 1)
JOIN answer a ON a.capture = c.id AND a.ordinal = c.best
JOIN exchange x ON x.id = (SELECT max(n.id) FROM exchange n WHERE n.answer = a.id)
JOIN page p ON p.id = (SELECT max(n.id) FROM page n WHERE n.body = x.body AND n.url = x.url);

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

-- What all captures of each target together say now.
CREATE VIEW verdicts AS
SELECT v.target, t.kind, t.platform, t.native_id, t.url, v.state, v.reason, v.evidence, v.last_live, v.capture, c.ended AS judged_by
FROM verdict v
JOIN target t ON t.id = v.target
JOIN capture c ON c.id = v.capture
WHERE v.id = (SELECT max(n.id) FROM verdict n WHERE n.target = v.target);

-- Posts that a source, asked at the newest capture, says are gone; with what the archive still has of them.
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

-- Every bundle that was made of this archive, what of it, by which run, and the digest that tells whether a bundle is that one.
CREATE VIEW exports AS
SELECT e.id AS entry, e.at, e.name, e.format, e.selection, e.left_out, e.as_of, l.head AS as_of_head, e.identifier,
       e.sha256, e.run, r.host, r.command, r.version
FROM export e
JOIN run r ON r.id = e.run
JOIN ledger l ON l.seq = e.as_of;

-- Citations of posts that could not be identified yet, with the best guess.
CREATE VIEW unresolved AS
SELECT c.citation, c.article_key, c.title, c.sentence, c.target, c.platform, c.claimed_author, c.claimed_handle, c.claimed_date,
       c.claimed_text, r.outcome, r.reason, r.ended AS tried_at,
       (SELECT count(*) FROM resolution n WHERE n.target = c.target) AS tries,
       (SELECT count(*) FROM resolution_candidate k WHERE k.resolution = r.id) AS candidates,
       k.url AS best_guess, k.score AS best_score
FROM citations c
LEFT JOIN resolution r ON r.id = (SELECT n.id FROM resolution n WHERE n.target = c.target ORDER BY n.fence DESC LIMIT 1)
LEFT JOIN resolution_candidate k ON k.resolution = r.id AND k.rank = 0
WHERE c.kind = 'unidentified' AND c.means = c.target;
