//! The queue: which targets are to be worked on, who works on them, and which hosts are to be left alone.

use std::collections::BTreeMap;

use rusqlite::{Connection, OptionalExtension, params};

use super::failure::Fault;
use super::record::{Job, Reread};
use super::row::{count, time};
use super::session::Session;
use super::target::{kind, meaning};
use crate::clock::Timestamp;

const DAY: i64 = 86_400_000;

/// What nobody puts off for longer, in milliseconds: a re-check or a further look at an article (the schedule itself stays far
/// below); a retry or a host's pause, with a day more, so that a clock that is a little off changes nothing.
const LONGEST: i64 = 400 * DAY;
const LONGEST_PAUSE: i64 = 2 * DAY;

/// What became of targets that were asked for.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Enqueued {
    /// Queued now.
    pub queued: usize,
    /// Were in the queue already, perhaps for later.
    pub pending: usize,
    /// Have their answer already.
    pub settled: usize,
}

/// What is due at one moment.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Due {
    /// How many targets.
    pub targets: i64,
    /// When the longest overdue of them was due.
    pub oldest: Option<String>,
    /// How many lists of articles.
    pub lists: i64,
    /// How many articles are to be read again.
    pub articles: i64,
    /// Whether there are captured pages that were not read yet.
    pub pages: bool,
    /// By service, how many targets web archives of others are to be asked about.
    pub inquiries: BTreeMap<String, i64>,
}

impl Session {
    /// Brings back what a clock that was ahead put off for longer than anything is: it is due now. Nothing is changed where
    /// this clock itself cannot be right.
    pub(super) fn pull_in(&mut self) -> Result<(), Fault> {
        let now = self.clock.now();
        if now.is_impossible() {
            return Ok(());
        }
        let beyond = |longest| now.plus_millis(longest).to_string();
        for (sql, beyond) in [
            ("UPDATE recheck SET due = ?1 WHERE due > ?2", beyond(LONGEST)),
            ("UPDATE reread SET due = ?1 WHERE due > ?2", beyond(LONGEST)),
            // The interval of a list is its owner's, so it is asked for row by row; there are few.
            (
                "UPDATE follow SET due = ?1 WHERE due > ?2 AND julianday(due) - julianday(?1) > every / 86400.0 + 1",
                beyond(DAY),
            ),
            (
                "UPDATE job SET not_before = ?1 WHERE done = 0 AND leased_until IS NULL AND not_before > ?2",
                beyond(LONGEST_PAUSE),
            ),
            ("UPDATE inquire SET due = ?1 WHERE due > ?2", beyond(LONGEST_PAUSE)),
            (
                "UPDATE host_penalty SET until = ?1 WHERE until > ?2",
                beyond(LONGEST_PAUSE),
            ),
        ] {
            self.connection
                .prepare_cached(sql)?
                .execute(params![now.to_string(), beyond])?;
        }
        Ok(())
    }

    /// What is due now, by the index over what waits.
    pub(super) fn due(&mut self) -> Result<Due, Fault> {
        let now = self.now();
        Ok(due(&self.connection, &now)?)
    }

    /// Queues targets that have no answer yet; with `again` those that have one as well. A target that turned out to be
    /// another is queued as that one.
    pub(super) fn enqueue(&mut self, targets: &[i64], again: bool) -> Result<Enqueued, Fault> {
        let now = self.now();
        let mut result = Enqueued::default();
        for target in targets {
            let target = meaning(&self.connection, *target)?;
            let done: Option<bool> = self
                .connection
                .prepare_cached("SELECT done FROM job WHERE target = ?1")?
                .query_row([target], |row| row.get(0))
                .optional()?;
            let sql = match done {
                None => "INSERT INTO job (target, slot, fence, attempts, not_before, done) VALUES (?1, 1, 0, 0, ?2, 0)",
                Some(true) if again => {
                    "UPDATE job SET slot = slot + 1, attempts = 0, not_before = ?2, done = 0 WHERE target = ?1"
                }
                Some(true) => {
                    result.settled += 1;
                    continue;
                }
                Some(false) => {
                    result.pending += 1;
                    continue;
                }
            };
            self.connection.prepare_cached(sql)?.execute(params![target, now])?;
            result.queued += 1;
        }
        Ok(result)
    }

    /// Whether this run has asked for a target already.
    pub(super) fn was_asked_in_this_run(&self, target: i64) -> rusqlite::Result<bool> {
        self.connection
            .prepare_cached(
                "SELECT EXISTS (SELECT 1 FROM capture WHERE target = ?1 AND run = ?2)
                     OR EXISTS (SELECT 1 FROM resolution WHERE target = ?1 AND run = ?2)",
            )?
            .query_row([target, self.run], |row| row.get(0))
    }

    /// Leases at most `limit` jobs until `ttl_millis` from now: those of `only` whenever they are due, or any that are due.
    pub(super) fn lease(
        &mut self,
        worker: &str,
        limit: usize,
        ttl_millis: i64,
        only: Option<&[i64]>,
    ) -> Result<Vec<Job>, Fault> {
        let now = self.now();
        let until = self.clock.now().plus_millis(ttl_millis).to_string();
        if only.is_none() {
            self.begin_slots(&now, limit)?;
        }
        let targets: Vec<i64> = match only {
            Some(only) => only
                .iter()
                .map(|target| meaning(&self.connection, *target))
                .collect::<rusqlite::Result<_>>()?,
            None => self
                .connection
                .prepare_cached(
                    "SELECT target FROM (SELECT target FROM job WHERE leased_until <= ?1 ORDER BY leased_until LIMIT ?2)
                     UNION ALL
                     SELECT target FROM (SELECT target FROM job WHERE done = 0 AND leased_until IS NULL AND not_before <= ?1
                                         ORDER BY not_before LIMIT ?2)
                     LIMIT ?2",
                )?
                .query_map(params![now, count(limit)], |row| row.get(0))?
                .collect::<rusqlite::Result<_>>()?,
        };
        let mut jobs = Vec::with_capacity(limit.min(targets.len()));
        for target in targets {
            if jobs.len() == limit {
                break;
            }
            let leased: Option<(i64, i64)> = self
                .connection
                .prepare_cached(
                    "UPDATE job SET fence = fence + 1, leased_until = ?2, leased_by = ?3
                     WHERE target = ?1 AND done = 0 AND (leased_until IS NULL OR leased_until <= ?4)
                     RETURNING fence, attempts",
                )?
                .query_row(params![target, until, worker, now], |row| {
                    Ok((row.get(0)?, row.get(1)?))
                })
                .optional()?;
            if let Some((fence, attempts)) = leased {
                jobs.push(self.job(target, fence, attempts)?);
            }
        }
        Ok(jobs)
    }

    /// Gives targets whose re-check is due their next slot, the longest overdue first.
    fn begin_slots(&mut self, now: &str, limit: usize) -> Result<(), Fault> {
        let due: Vec<(i64, String)> = self
            .connection
            .prepare_cached("SELECT target, due FROM recheck WHERE due <= ?1 ORDER BY due LIMIT ?2")?
            .query_map(params![now, count(limit)], |row| Ok((row.get(0)?, row.get(1)?)))?
            .collect::<rusqlite::Result<_>>()?;
        for (target, due) in due {
            self.connection
                .prepare_cached(
                    "UPDATE job SET slot = slot + 1, attempts = 0, not_before = ?2, done = 0 WHERE target = ?1 AND done = 1",
                )?
                .execute(params![target, due])?;
            self.connection
                .prepare_cached("DELETE FROM recheck WHERE target = ?1")?
                .execute([target])?;
        }
        Ok(())
    }

    /// Notes when a target is to be captured again, unless it is paused; takes the place of what was noted before.
    pub(super) fn recheck(&mut self, target: i64, due: Timestamp) -> Result<(), Fault> {
        self.connection
            .prepare_cached(
                "INSERT INTO recheck (target, due) SELECT ?1, ?2 WHERE NOT EXISTS (SELECT 1 FROM pause WHERE target = ?1)
                 ON CONFLICT (target) DO UPDATE SET due = excluded.due",
            )?
            .execute(params![target, due.to_string()])?;
        Ok(())
    }

    /// Notes when an article is to be read again, unless it is paused.
    pub(super) fn set_reread(&mut self, article: i64, url: &str, due: Timestamp) -> Result<(), Fault> {
        self.connection
            .prepare_cached(
                "INSERT INTO reread (article, url, due) VALUES (?1, ?2, ?3)
                 ON CONFLICT (article) DO UPDATE SET url = excluded.url, due = excluded.due WHERE reread.due IS NOT NULL",
            )?
            .execute(params![article, url, due.to_string()])?;
        Ok(())
    }

    /// The articles that are to be read again, the longest overdue first.
    pub(super) fn rereads_due(&mut self) -> Result<Vec<Reread>, Fault> {
        let now = self.now();
        let mut statement = self.connection.prepare_cached(
            "SELECT article, url, (SELECT min(read_at) FROM reading r WHERE r.article = reread.article)
             FROM reread WHERE due <= ?1 ORDER BY due",
        )?;
        let rereads = statement
            .query_map([now], |row| {
                Ok(Reread {
                    article: row.get(0)?,
                    url: row.get(1)?,
                    first_read: time(&row.get::<_, String>(2)?),
                })
            })?
            .collect::<rusqlite::Result<_>>()?;
        Ok(rereads)
    }

    fn job(&self, target: i64, fence: i64, attempts: i64) -> rusqlite::Result<Job> {
        self.connection
            .prepare_cached(
                "SELECT coalesce(url, ''), kind, platform, native_id, handle, claim,
                        (SELECT started FROM capture WHERE target = target.id ORDER BY fence LIMIT 1)
                 FROM target WHERE id = ?1",
            )?
            .query_row([target], |row| {
                Ok(Job {
                    id: target,
                    fence,
                    target,
                    url: row.get(0)?,
                    kind: kind(row, 1)?,
                    attempts,
                    first_captured: row.get::<_, Option<String>>(6)?.map(|at| time(&at)),
                })
            })
    }

    /// Prolongs a lease; false if it is somebody else's by now.
    pub(super) fn renew(&mut self, job: i64, fence: i64, ttl_millis: i64) -> Result<bool, Fault> {
        let until = self.clock.now().plus_millis(ttl_millis).to_string();
        let changed = self
            .connection
            .prepare_cached(
                "UPDATE job SET leased_until = ?3
                 WHERE target = ?1 AND fence = ?2 AND leased_until IS NOT NULL AND done = 0",
            )?
            .execute(params![job, fence, until])?;
        Ok(changed == 1)
    }

    /// Gives a lease back without a result; false if it is somebody else's by now.
    pub(super) fn give_back(&mut self, job: i64, fence: i64, not_before: Option<Timestamp>) -> Result<bool, Fault> {
        let changed = self
            .connection
            .prepare_cached(
                "UPDATE job SET leased_until = NULL, leased_by = NULL, not_before = coalesce(?3, not_before)
                 WHERE target = ?1 AND fence = ?2 AND leased_until IS NOT NULL AND done = 0",
            )?
            .execute(params![job, fence, not_before.map(|time| time.to_string())])?;
        Ok(changed == 1)
    }

    /// Ends a job's lease together with its result: done, or due again at `retry_at`. False if the lease of this fence is
    /// not the job's any more, and then nothing is changed.
    pub(super) fn settle(&mut self, job: i64, fence: i64, retry_at: Option<Timestamp>) -> rusqlite::Result<bool> {
        self.connection
            .prepare_cached(
                "UPDATE job SET done = ?3 IS NULL, attempts = attempts + (?3 IS NOT NULL),
                        not_before = coalesce(?3, not_before), leased_until = NULL, leased_by = NULL
                 WHERE target = ?1 AND fence = ?2 AND leased_until IS NOT NULL AND done = 0",
            )?
            .execute(params![job, fence, retry_at.map(|time| time.to_string())])
            .map(|changed| changed == 1)
    }

    /// Notes that a host is to be left alone until then; an earlier, longer penalty stays.
    pub(super) fn host_penalty(&mut self, host: &str, until: Timestamp) -> Result<(), Fault> {
        self.connection
            .prepare_cached(
                "INSERT INTO host_penalty (host, until) VALUES (?1, ?2)
                 ON CONFLICT (host) DO UPDATE SET until = max(until, excluded.until)",
            )?
            .execute(params![host, until.to_string()])?;
        Ok(())
    }

    /// Hosts to be left alone, and until when; penalties that are over are forgotten.
    pub(super) fn host_penalties(&mut self) -> Result<Vec<(String, Timestamp)>, Fault> {
        self.connection
            .prepare_cached("DELETE FROM host_penalty WHERE until <= ?1")?
            .execute([self.now()])?;
        let penalties = self
            .connection
            .prepare_cached("SELECT host, until FROM host_penalty ORDER BY host")?
            .query_map([], |row| Ok((row.get(0)?, time(&row.get::<_, String>(1)?))))?
            .collect::<rusqlite::Result<_>>()?;
        Ok(penalties)
    }
}

/// What is due at `now`: what waits for its time, leases that ran out, re-checks.
pub(super) fn due(connection: &Connection, now: &str) -> rusqlite::Result<Due> {
    connection
        .prepare_cached(
            "SELECT count(*), min(due), (SELECT count(*) FROM follow WHERE due <= ?1),
                    (SELECT count(*) FROM reread WHERE due <= ?1), (SELECT json_group_object(service, n) FROM (SELECT service, count(*) AS n FROM inquire WHERE due <= ?1 GROUP BY service)),
                    coalesce((SELECT max(id) FROM capture) > (SELECT capture FROM pages_read), (SELECT count(*) FROM capture) > 0)
             FROM (
               SELECT leased_until AS due FROM job WHERE leased_until <= ?1
               UNION ALL SELECT not_before FROM job WHERE done = 0 AND leased_until IS NULL AND not_before <= ?1
               UNION ALL SELECT due FROM recheck WHERE due <= ?1)",
        )?
        .query_row([now], |row| {
            Ok(Due {
                targets: row.get(0)?,
                oldest: row.get(1)?,
                lists: row.get(2)?,
                articles: row.get(3)?,
                inquiries: serde_json::from_str(&row.get::<_, String>(4)?).unwrap_or_default(),
                pages: row.get(5)?,
            })
        })
}
