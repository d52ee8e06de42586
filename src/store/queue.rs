//! The queue: which targets are to be worked on, who works on them, and which hosts are to be left alone.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap, HashMap, HashSet};

use rusqlite::{Connection, OptionalExtension, params};

use super::failure::Fault;
use super::record::{About, Job, Reread};
use super::row::{count, time};
use super::session::Session;
use super::target::{kind, meaning};
use crate::clock::Timestamp;
use crate::penalty::Penalty;
use crate::schedule::Curve;

const DAY: i64 = 86_400_000;

/// What nobody puts off for longer, in milliseconds: a re-check or a further look at an article (the schedule itself stays far
/// below); a retry or a host's pause, with a day more, so that a clock that is a little off changes nothing.
const LONGEST: i64 = 400 * DAY;
const LONGEST_PAUSE: i64 = 2 * DAY;

/// What may be put off: the table, the column that says until when, which rows are put off beyond the time ?2, and how much later than
/// now, the time ?1, that is at the most.
const PUT_OFF: [(&str, &str, &str, i64); 6] = [
    ("recheck", "due", "due > ?2", LONGEST),
    ("reread", "due", "due > ?2", LONGEST),
    // The interval of a list is its owner's, so it is asked for row by row; there are few.
    (
        "follow",
        "due",
        "due > ?2 AND julianday(due) - julianday(?1) > every / 86400.0 + 1",
        DAY,
    ),
    (
        "job",
        "not_before",
        "done = 0 AND leased_until IS NULL AND not_before > ?2",
        LONGEST_PAUSE,
    ),
    ("inquire", "due", "due > ?2", LONGEST_PAUSE),
    ("host_penalty", "until", "until > ?2", LONGEST_PAUSE),
];

/// How long it is remembered, in milliseconds, that a host failed too often.
const FAILURES_KEPT: i64 = 7 * DAY;

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
        for (table, column, which, longest) in PUT_OFF {
            self.connection
                .prepare_cached(&format!("UPDATE {table} SET {column} = ?1 WHERE {which}"))?
                .execute([now, now.plus_millis(longest)].map(|time| time.to_string()))?;
        }
        Ok(())
    }

    /// Whether nothing is due, no run left a lease, and nothing was put off for longer than anything is ([`Session::pull_in`]).
    pub(super) fn is_idle(&self) -> rusqlite::Result<bool> {
        let now = self.clock.now();
        let leased = "SELECT EXISTS (SELECT 1 FROM job WHERE leased_until IS NOT NULL)";
        if due(&self.connection, &now.to_string())? != Due::default()
            || self.connection.query_row(leased, [], |row| row.get(0))?
        {
            return Ok(false);
        }
        for (table, _, which, longest) in PUT_OFF {
            let sql = format!("SELECT EXISTS (SELECT 1 FROM {table} WHERE {which})");
            let times = [now, now.plus_millis(longest)].map(|time| time.to_string());
            if self.connection.query_row(&sql, times, |row| row.get(0))? {
                return Ok(false);
            }
        }
        Ok(true)
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
            if done.is_some() {
                self.is_cited(target)?;
            }
            let sql = match done {
                None => {
                    let host = self.host_of(target)?;
                    self.connection
                        .prepare_cached(
                            "INSERT INTO job (target, slot, fence, attempts, not_before, done, host) VALUES (?1, 1, 0, 0, ?2, 0, ?3)",
                        )?
                        .execute(params![target, now, host])?;
                    result.queued += 1;
                    continue;
                }
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

    /// The host that a job of this target asks: of its address, with the port where one is named; of what is not identified the
    /// platform.
    pub(super) fn host_of(&self, target: i64) -> rusqlite::Result<String> {
        self.connection
            .prepare_cached(
                "SELECT CASE kind WHEN 'unidentified' THEN platform
                 ELSE substr(url, instr(url, '://') + 3, instr(substr(url, instr(url, '://') + 3) || '/', '/') - 1) END
                 FROM target WHERE id = ?1",
            )?
            .query_row([target], |row| row.get(0))
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

    /// Leases at most `limit` jobs of `targets`, due or not, until `ttl_millis` from now.
    pub(super) fn lease(
        &mut self,
        worker: &str,
        limit: usize,
        ttl_millis: i64,
        targets: &[i64],
    ) -> Result<Vec<Job>, Fault> {
        let (now, until) = self.term(ttl_millis);
        let mut jobs = Vec::with_capacity(limit.min(targets.len()));
        for target in targets {
            if jobs.len() == limit {
                break;
            }
            let target = meaning(&self.connection, *target)?;
            let leased: Option<(i64, i64)> = self
                .connection
                .prepare_cached(
                    "UPDATE OR FAIL job SET fence = fence + 1, leased_until = ?2, leased_by = ?3
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

    /// Leases at most `limit` of the jobs that are due. Hosts take turns: the next job is always one of the host with the fewest
    /// under way, and of several such hosts of that whose oldest is longest overdue. `resting` hosts get no turn.
    pub(super) fn lease_due(
        &mut self,
        worker: &str,
        limit: usize,
        ttl_millis: i64,
        resting: &HashSet<String>,
    ) -> Result<Vec<Job>, Fault> {
        let (now, until) = self.term(ttl_millis);
        self.connection
            .prepare_cached("UPDATE job SET leased_until = NULL, leased_by = NULL WHERE leased_until <= ?1")?
            .execute([&now])?;
        self.begin_slots(&now)?;
        let under_way: HashMap<String, i64> = self
            .connection
            .prepare_cached("SELECT host, count(*) FROM job WHERE leased_until IS NOT NULL GROUP BY host")?
            .query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?
            .collect::<rusqlite::Result<_>>()?;
        let mut turns: BinaryHeap<_> = (0..)
            .zip(self.waiting_hosts(&now, limit, &under_way, resting)?)
            .map(|(rank, host): (usize, String)| Reverse((under_way.get(&host).copied().unwrap_or(0), rank, host)))
            .collect();
        let mut jobs = Vec::new();
        while jobs.len() < limit
            && let Some(Reverse((under_way, rank, host))) = turns.pop()
        {
            let leased: Option<(i64, i64, i64)> = self
                .connection
                .prepare_cached(
                    "UPDATE OR FAIL job SET fence = fence + 1, leased_until = ?1, leased_by = ?2
                     WHERE target = (SELECT target FROM job WHERE host = ?3 AND done = 0 AND leased_until IS NULL
                                     AND not_before <= ?4 ORDER BY not_before LIMIT 1)
                     RETURNING target, fence, attempts",
                )?
                .query_row(params![until, worker, host, now], |row| {
                    Ok((row.get(0)?, row.get(1)?, row.get(2)?))
                })
                .optional()?;
            if let Some((target, fence, attempts)) = leased {
                jobs.push(self.job(target, fence, attempts)?);
                turns.push(Reverse((under_way + 1, rank, host)));
            }
        }
        Ok(jobs)
    }

    /// Hosts with jobs that are due: those of the longest overdue, in that order; where these are the backlog of few hosts, others as
    /// well, each time further on, until there are as many with nothing under way as there may be turns.
    fn waiting_hosts(
        &mut self,
        now: &str,
        limit: usize,
        under_way: &HashMap<String, i64>,
        resting: &HashSet<String>,
    ) -> rusqlite::Result<Vec<String>> {
        const WALKED: usize = 1024;
        let oldest: Vec<String> = self
            .connection
            .prepare_cached(
                "SELECT host FROM job WHERE done = 0 AND leased_until IS NULL AND not_before <= ?1 ORDER BY not_before LIMIT ?2",
            )?
            .query_map(params![now, count(WALKED)], |row| row.get(0))?
            .collect::<rusqlite::Result<_>>()?;
        let is_all = oldest.len() < WALKED;
        let mut known = HashSet::new();
        let mut hosts = Vec::new();
        let mut idle = 0;
        let mut take = |host: String| {
            if known.insert(host.clone()) && !resting.contains(&host) {
                idle += usize::from(!under_way.contains_key(&host));
                hosts.push(host);
            }
            idle >= limit
        };
        let mut enough = false;
        for host in oldest {
            enough = take(host);
        }
        let mut after = self.last_host.clone();
        let mut has_wrapped = false;
        while !is_all && !enough {
            let next: Option<String> = self
                .connection
                .prepare_cached(
                    "SELECT host FROM job WHERE done = 0 AND leased_until IS NULL AND host > ?1 AND not_before <= ?2
                     ORDER BY host LIMIT 1",
                )?
                .query_row(params![after, now], |row| row.get(0))
                .optional()?;
            match next {
                Some(host) if has_wrapped && host > self.last_host => break,
                Some(host) => {
                    after.clone_from(&host);
                    enough = take(host);
                }
                None if has_wrapped => break,
                None => {
                    has_wrapped = true;
                    after.clear();
                }
            }
        }
        self.last_host = after;
        Ok(hosts)
    }

    /// Now, and when a lease of so many milliseconds ends.
    fn term(&self, ttl_millis: i64) -> (String, String) {
        let now = self.clock.now();
        (now.to_string(), now.plus_millis(ttl_millis).to_string())
    }

    /// Gives targets whose re-check is due their next slot, the longest overdue first: so many at a time that the hosts of a large
    /// backlog are soon all seen.
    fn begin_slots(&mut self, now: &str) -> Result<(), Fault> {
        const AT_A_TIME: i64 = 10_000;
        self.connection
            .prepare_cached(
                "UPDATE job SET slot = slot + 1, attempts = 0, not_before = due, done = 0
                 FROM (SELECT target AS turn, due FROM recheck WHERE due <= ?1 ORDER BY due, target LIMIT ?2)
                 WHERE target = turn AND done = 1",
            )?
            .execute(params![now, AT_A_TIME])?;
        self.connection
            .prepare_cached(
                "DELETE FROM recheck WHERE target IN (SELECT target FROM recheck WHERE due <= ?1 ORDER BY due, target LIMIT ?2)",
            )?
            .execute(params![now, AT_A_TIME])?;
        Ok(())
    }

    /// Notes when a target is to be captured again, unless it is paused; takes the place of what was noted before.
    pub(super) fn recheck(&mut self, target: i64, due: Timestamp) -> Result<(), Fault> {
        let is_paused: bool = self
            .connection
            .prepare_cached("SELECT EXISTS (SELECT 1 FROM pause WHERE target = ?1)")?
            .query_row([target], |row| row.get(0))?;
        if is_paused {
            return Ok(());
        }
        // Simple statements: for one that both inserts and changes, SQLite keeps a copy of each page that it touches.
        let values = params![target, due.to_string()];
        let changed = self
            .connection
            .prepare_cached("UPDATE OR FAIL recheck SET due = ?2 WHERE target = ?1")?
            .execute(values)?;
        if changed == 0 {
            self.connection
                .prepare_cached("INSERT INTO recheck (target, due) VALUES (?1, ?2)")?
                .execute(values)?;
        }
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
        let curves = self.curves_of_target(target)?;
        self.connection
            .prepare_cached(
                "SELECT coalesce(url, ''), kind, platform, native_id, handle, claim,
                        (SELECT started FROM capture WHERE target = target.id ORDER BY fence LIMIT 1),
                        EXISTS (SELECT 1 FROM context_of WHERE target = target.id)
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
                    curves,
                    is_context: row.get(7)?,
                    first_captured: row.get::<_, Option<String>>(6)?.map(|at| time(&at)),
                })
            })
    }

    /// How often persons want a target captured: as they said of it, else of the articles that cite it, also where they cite it as a post
    /// that was identified later.
    fn curves_of_target(&self, target: i64) -> rusqlite::Result<Vec<Curve>> {
        self.curves(
            "SELECT curve FROM schedule WHERE target = ?1
             UNION
             SELECT s.curve FROM schedule s JOIN reading r ON r.article = s.article JOIN citation c ON c.reading = r.id
             WHERE (c.target = ?1 OR c.target IN (SELECT target FROM resolution WHERE identified = ?1))
               AND NOT EXISTS (SELECT 1 FROM schedule WHERE target = ?1)",
            target,
        )
    }

    /// How often persons want an article read, if they said so.
    pub(super) fn curves_of_article(&self, article: i64) -> rusqlite::Result<Vec<Curve>> {
        self.curves("SELECT curve FROM schedule WHERE article = ?1", article)
    }

    fn curves(&self, sql: &str, id: i64) -> rusqlite::Result<Vec<Curve>> {
        let is_any = self.connection.prepare_cached("SELECT 1 FROM schedule")?.exists([])?;
        if !is_any {
            return Ok(Vec::new());
        }
        let mut statement = self.connection.prepare_cached(sql)?;
        let curves = statement.query_map([id], |row| row.get::<_, String>(0))?;
        // One that is not understood is none: it was changed by other hands.
        curves
            .filter_map(|curve| curve.map(|curve| curve.parse().ok()).transpose())
            .collect()
    }

    /// Sets how often an article and what it cites is captured, unless that is set already. Nothing is due for that.
    pub(super) fn propose_schedule(&mut self, article: i64, curve: &Curve) -> rusqlite::Result<()> {
        self.connection
            .prepare_cached("INSERT INTO schedule (article, curve) VALUES (?1, ?2) ON CONFLICT DO NOTHING")?
            .execute(params![article, curve.to_string()])
            .map(drop)
    }

    /// Sets how often a target, or an article and what it cites, is captured, from now on; `None`: as the settings say.
    pub(super) fn set_schedule(&mut self, what: About, curve: Option<&Curve>) -> Result<(), Fault> {
        let now = self.now();
        let (target, article) = match what {
            About::Target(target) => (Some(target), None),
            About::Article(article) => (None, Some(article)),
        };
        for sql in [
            "DELETE FROM schedule WHERE target = ?1 OR article = ?2",
            "INSERT INTO schedule (target, article, curve) SELECT ?1, ?2, ?3 WHERE ?3 IS NOT NULL",
            "UPDATE recheck SET due = ?4 WHERE target = ?1 OR target IN (
               SELECT coalesce((SELECT identified FROM resolution n WHERE n.target = c.target AND identified IS NOT NULL
                                ORDER BY n.fence DESC LIMIT 1), c.target)
               FROM reading r JOIN citation c ON c.reading = r.id WHERE r.article = ?2)",
            "UPDATE reread SET due = ?4 WHERE article = ?2 AND due IS NOT NULL",
        ] {
            let mut statement = self.connection.prepare_cached(sql)?;
            let curve = curve.map(ToString::to_string);
            let values: [&dyn rusqlite::ToSql; 4] = [&target, &article, &curve, &now];
            let named = statement.parameter_count();
            statement.execute(&values[..named])?;
        }
        Ok(())
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
                "UPDATE OR FAIL job SET done = ?3 IS NULL, attempts = attempts + (?3 IS NOT NULL),
                        not_before = coalesce(?3, not_before), leased_until = NULL, leased_by = NULL
                 WHERE target = ?1 AND fence = ?2 AND leased_until IS NOT NULL AND done = 0",
            )?
            .execute(params![job, fence, retry_at.map(|time| time.to_string())])
            .map(|changed| changed == 1)
    }

    /// Notes that a host is to be left alone; an earlier, longer penalty stays, unless it is lifted.
    pub(super) fn host_penalty(&mut self, host: &str, penalty: Penalty) -> Result<(), Fault> {
        self.connection
            .prepare_cached(
                "INSERT INTO host_penalty (host, until, failures) VALUES (?1, ?2, ?3)
                 ON CONFLICT (host) DO UPDATE SET until = max(until, excluded.until), failures = excluded.failures",
            )?
            .execute(params![host, penalty.until.to_string(), penalty.failures])?;
        Ok(())
    }

    /// Hosts that are left alone, and those that failed too often and were not found to work since; what is over is forgotten.
    pub(super) fn host_penalties(&mut self) -> Result<Vec<(String, Penalty)>, Fault> {
        let now = self.clock.now();
        self.connection
            .prepare_cached("DELETE FROM host_penalty WHERE until <= ?1 AND (failures = 0 OR until <= ?2)")?
            .execute([now.to_string(), now.plus_millis(-FAILURES_KEPT).to_string()])?;
        Ok(penalties(&self.connection)?)
    }
}

/// Each host that is noted as to be left alone, or as one that failed too often.
pub(super) fn penalties(connection: &Connection) -> rusqlite::Result<Vec<(String, Penalty)>> {
    connection
        .prepare_cached("SELECT host, until, failures FROM host_penalty ORDER BY host")?
        .query_map([], |row| {
            let until = time(&row.get::<_, String>(1)?);
            let failures = row.get(2)?;
            Ok((row.get(0)?, Penalty { until, failures }))
        })?
        .collect()
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
