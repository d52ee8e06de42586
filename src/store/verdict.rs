//! Verdicts: read from the captures, judged by [`crate::verdict`], and kept where they changed.

use rusqlite::{Connection, OptionalExtension, params};
use url::Url;

use super::failure::Fault;
use super::row::time;
use super::session::{PROGRAM, Session};
use crate::outcome::Outcome;
use crate::platform::{SourceKind, source_kind};
use crate::verdict::{Said, Seen, Subject, judge};

/// Captures looked at in one go.
const BATCH: usize = 500;

impl Session {
    /// Judges anew every target with captures that no verdict considered yet. A page that was seen at its first capture has
    /// no verdict: nothing is to be concluded from one.
    pub(super) fn judge(&mut self) -> Result<(), Fault> {
        loop {
            let upto: i64 = self
                .connection
                .prepare_cached("SELECT capture FROM judged")?
                .query_row([], |row| row.get(0))
                .optional()?
                .unwrap_or(0);
            let fresh: Vec<(i64, i64, bool)> = self
                .connection
                .prepare_cached(
                    "SELECT c.id, c.target, t.kind = 'post' OR c.fence > 1 OR c.outcome <> 'captured'
                     FROM capture c JOIN target t ON t.id = c.target WHERE c.id > ?1 ORDER BY c.id LIMIT ?2",
                )?
                .query_map(params![upto, BATCH as i64], |row| {
                    Ok((row.get(0)?, row.get(1)?, row.get(2)?))
                })?
                .collect::<rusqlite::Result<_>>()?;
            let Some((last, ..)) = fresh.last() else { return Ok(()) };
            let last = *last;
            let mut targets: Vec<i64> = fresh
                .iter()
                .filter(|(.., tells)| *tells)
                .map(|(_, target, _)| *target)
                .collect();
            targets.sort_unstable();
            targets.dedup();
            for target in targets {
                self.judge_target(target)?;
            }
            self.connection
                .prepare_cached(
                    "INSERT INTO judged (one, capture) VALUES (1, ?1) ON CONFLICT DO UPDATE SET capture = ?1",
                )?
                .execute([last])?;
        }
    }

    fn judge_target(&mut self, target: i64) -> Result<(), Fault> {
        let (subject, history) = history(&self.connection, target)?;
        let Some(newest) = history.last() else { return Ok(()) };
        let verdict = judge(subject, &history, self.spacing);
        let (state, last_live) = (verdict.state.word(), verdict.last_live.map(|at| at.to_string()));
        let evidence = serde_json::Value::from(verdict.evidence).to_string();
        let before: Option<(String, String, String)> = self
            .connection
            .prepare_cached("SELECT state, reason, evidence FROM verdict WHERE target = ?1 ORDER BY id DESC LIMIT 1")?
            .query_row([target], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))
            .optional()?;
        if before.is_some_and(|before| (before.0.as_str(), &before.1, &before.2) == (state, &verdict.reason, &evidence))
        {
            return Ok(());
        }
        self.connection
            .prepare_cached(
                "INSERT INTO verdict (target, capture, state, reason, evidence, last_live, program)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
            )?
            .execute(params![
                target,
                newest.capture,
                state,
                verdict.reason,
                evidence,
                last_live,
                PROGRAM
            ])?;
        Ok(())
    }
}

/// What a target is and every capture of it, oldest first, as far as a verdict needs that.
pub(super) fn history(connection: &Connection, target: i64) -> rusqlite::Result<(Subject, Vec<Seen>)> {
    let (kind, url): (String, Option<String>) = connection
        .prepare_cached("SELECT kind, url FROM target WHERE id = ?1")?
        .query_row([target], |row| Ok((row.get(0)?, row.get(1)?)))?;
    let subject = if kind == "post" { Subject::Post } else { Subject::Link };
    let host = url
        .as_deref()
        .and_then(|url| Some(Url::parse(url).ok()?.host_str()?.to_owned()));
    let mut statement = connection.prepare_cached(
        "SELECT c.id, c.ended, a.source, a.outcome, a.reason, CASE WHEN p.text_cut IS NOT 1 THEN p.text END,
                    d.edited_at IS NOT NULL OR json_array_length(p.edit_ids) > 1
             FROM capture c JOIN answer a ON a.capture = c.id
             LEFT JOIN post p ON p.id = (SELECT max(q.id) FROM post q WHERE q.answer = a.id)
             LEFT JOIN post_detail d ON d.post = p.id
             WHERE c.target = ?1 AND NOT EXISTS (SELECT 1 FROM canary y WHERE y.answer = a.id)
               -- what others recorded, and what they lack, is no ground for a verdict of ours
               AND NOT EXISTS (SELECT 1 FROM answer n JOIN exchange x ON x.answer = n.id
                               WHERE n.capture = c.id AND (x.failure_reason = 'not_in_web_archive'
                                 OR x.id IN (SELECT r.exchange FROM exchange_record r)))
             ORDER BY c.fence, a.ordinal",
    )?;
    let mut rows = statement.query([target])?;
    let mut history: Vec<Seen> = Vec::new();
    while let Some(row) = rows.next()? {
        let capture: i64 = row.get(0)?;
        let source: String = row.get(2)?;
        let outcome = Outcome::from_word(row.get_ref(3)?.as_str().unwrap_or_default()).unwrap_or(Outcome::Unreadable);
        let kind = match subject {
            // A page is its server's own word; only a copy of it is not.
            Subject::Link if source_kind(&source) != Some(SourceKind::Archive) => SourceKind::Live,
            Subject::Link | Subject::Post => source_kind(&source).unwrap_or(SourceKind::Archive),
        };
        let canary = match outcome {
            Outcome::Captured => None,
            _ => canary(connection, capture, &source, host.as_deref())?,
        };
        if history.last().is_none_or(|seen| seen.capture != capture) {
            history.push(Seen {
                capture,
                at: time(row.get_ref(1)?.as_str().unwrap_or_default()),
                answers: Vec::new(),
            });
        }
        if let Some(seen) = history.last_mut() {
            seen.answers.push(Said {
                source,
                kind,
                outcome,
                reason: row.get(4)?,
                canary,
                text: row.get(5)?,
                edited: row.get::<_, Option<bool>>(6)?.unwrap_or(false),
            });
        }
    }
    Ok((subject, history))
}

/// Whether `source` gave another post of the same host in the run of `capture`, within a quarter of an hour of it; `None`:
/// none was asked for.
fn canary(connection: &Connection, capture: i64, source: &str, host: Option<&str>) -> rusqlite::Result<Option<bool>> {
    let mut statement = connection.prepare_cached(
        "SELECT y.url, a.outcome = 'captured'
             FROM capture c
             JOIN canary y ON y.asked BETWEEN strftime('%Y-%m-%dT%H:%M:%fZ', c.started, '-15 minutes')
                                          AND strftime('%Y-%m-%dT%H:%M:%fZ', c.ended, '+15 minutes')
             JOIN answer a ON a.id = y.answer AND a.source = ?2
             JOIN capture k ON k.id = a.capture AND k.run = c.run
             WHERE c.id = ?1",
    )?;
    let mut rows = statement.query(params![capture, source])?;
    let mut told = None;
    while let Some(row) = rows.next()? {
        let url = row.get_ref(0)?.as_str().unwrap_or_default();
        if Url::parse(url).is_ok_and(|url| url.host_str() == host) {
            told = Some(told == Some(true) || row.get(1)?);
        }
    }
    Ok(told)
}
