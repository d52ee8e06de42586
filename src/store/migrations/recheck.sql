-- From schema 1 to 2: captured targets are captured again. Those of an archive that had no schedule are spread over a week.
CREATE TABLE recheck (
  target  INTEGER PRIMARY KEY REFERENCES target (id),
  due     TEXT NOT NULL                 -- from then on it gets a new slot in job
) STRICT;
CREATE INDEX recheck_due ON recheck (due);

INSERT INTO recheck (target, due)
SELECT target, strftime('%Y-%m-%dT%H:%M:%fZ', 'now', (target % 168) || ' hours') FROM job
WHERE done = 1 AND target IN (SELECT target FROM capture);
