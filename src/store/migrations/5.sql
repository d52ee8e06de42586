-- From schema 4 to 5.

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
