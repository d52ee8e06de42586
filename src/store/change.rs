//! What changed in the archive and when, derived from the evidence in the order of the ledger. Nothing of it is stored, so a
//! better comparison applies to everything that was ever captured.

use std::collections::{HashSet, VecDeque};
use std::time::Duration;

use rusqlite::{Connection, OptionalExtension, params};
use serde::Serialize;

use super::query::Reader;
use crate::change::{Difference, Event, compare_articles, turn};
use crate::citation::Findings;
use crate::clock::Timestamp;
use crate::error::Result;
use crate::outcome::Outcome;
use crate::platform::{self, SourceKind};
use crate::verdict::{Judge, State};

mod contents;

use contents::{Contents, Wanted, compare, is_comparable, readings};
pub(super) use contents::{body_of, page_of};

/// Something that changed or vanished.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Change {
    /// The ledger entry that shows it: row of the capture or reading.
    pub seq: i64,
    /// When that was made.
    pub at: String,
    /// `post`, `link` or `article`.
    pub of: &'static str,
    /// Key of the target or article.
    pub key: String,
    /// Its address.
    pub url: Option<String>,
    /// What happened.
    pub event: Event,
    /// The source that showed it; `None` of an article.
    pub source: Option<String>,
    /// Its reason code.
    pub reason: Option<String>,
    /// The capture or reading that it is compared with.
    pub before: Option<Before>,
    /// What differs.
    #[serde(flatten)]
    pub difference: Difference,
    /// Keys of the articles that cite it, oldest first.
    pub cited_by: Vec<String>,
    /// The cited posts to whose context it belongs, where no article cites it itself; the nearest first.
    pub context_of: Vec<ContextOf>,
}

/// A cited post to whose context another belongs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ContextOf {
    /// Key of its target.
    pub key: String,
    /// Its address.
    pub url: Option<String>,
    /// What the other is named for by the post next to it: `quotes`, `replies_to`, `reposts`; or `thread`.
    pub relation: String,
    /// Steps between the two.
    pub steps: usize,
    /// Keys of the articles that cite it, oldest first.
    pub cited_by: Vec<String>,
}

/// A capture or reading.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Before {
    /// Its ledger entry.
    pub seq: i64,
    /// When it was made.
    pub at: String,
}

/// Two states of one thing, compared.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Comparison {
    /// `post`, `link` or `article`.
    pub of: &'static str,
    /// Key of the target or article.
    pub key: String,
    /// Its address.
    pub url: Option<String>,
    /// The earlier state.
    pub from: Before,
    /// The later state.
    pub to: Before,
    /// What differs.
    #[serde(flatten)]
    pub difference: Difference,
    /// When it vanished or was restored since the earlier state.
    pub events: Vec<Happened>,
}

/// An event of a target's life.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Happened {
    /// What happened.
    pub event: Event,
    /// The capture that shows it.
    #[serde(flatten)]
    pub place: Before,
}

/// What is to be compared, and which of its states.
#[derive(Debug, Clone, Copy, Default)]
pub struct Span {
    /// The state as it was at this ledger entry; default: the first.
    pub from: Option<i64>,
    /// The state as it was at this one; default: the newest.
    pub to: Option<i64>,
}

impl Reader {
    /// What changed or vanished after ledger entry `after`, by captures and readings made at `since` or later, in the order
    /// of the ledger. With `counts` also where only counts did. `spacing`: see [`crate::verdict::judge`].
    ///
    /// # Errors
    /// If the archive cannot be read.
    pub fn changes(
        &self,
        after: i64,
        since: Option<Timestamp>,
        counts: bool,
        spacing: Duration,
    ) -> Result<Vec<Change>> {
        let since = since.map(|time| time.to_string()).unwrap_or_default();
        let mut changes = self.ask(|connection| {
            let mut changes = changes_of_articles(connection, after)?;
            for target in captured_since(connection, after, &since)? {
                changes.extend(changes_of_target(connection, target, after, counts, spacing)?);
            }
            Ok(changes)
        })?;
        changes.retain(|change| change.at >= since);
        changes.sort_by_key(|change| change.seq);
        Ok(changes)
    }

    /// Targets, but for followed lists, with a capture after ledger entry `after`.
    ///
    /// # Errors
    /// If the archive cannot be read.
    pub fn captured_since(&self, after: i64) -> Result<Vec<i64>> {
        self.ask(|connection| captured_since(connection, after, ""))
    }

    /// What changed of one target after ledger entry `after`, oldest first; with `counts` also where only counts did.
    ///
    /// # Errors
    /// If the archive cannot be read.
    pub fn changes_of_target(&self, target: i64, after: i64, counts: bool, spacing: Duration) -> Result<Vec<Change>> {
        self.ask(|connection| changes_of_target(connection, target, after, counts, spacing))
    }

    /// What changed in articles by readings after ledger entry `after`.
    ///
    /// # Errors
    /// If the archive cannot be read.
    pub fn changes_of_articles(&self, after: i64) -> Result<Vec<Change>> {
        self.ask(|connection| changes_of_articles(connection, after))
    }

    /// The digest that the ledger names an entry by, of the first entry that is not before `seq`.
    ///
    /// # Errors
    /// If the archive cannot be read.
    pub fn leaf(&self, seq: i64) -> Result<Option<String>> {
        self.ask(|connection| {
            connection
                .prepare_cached("SELECT leaf FROM ledger WHERE seq >= ?1 ORDER BY seq LIMIT 1")?
                .query_row([seq], |row| row.get(0))
                .optional()
        })
    }

    /// When the archive's first run began.
    ///
    /// # Errors
    /// If the archive cannot be read.
    pub fn began(&self) -> Result<Option<String>> {
        self.ask(|connection| {
            connection
                .prepare_cached("SELECT started FROM run ORDER BY id LIMIT 1")?
                .query_row([], |row| row.get(0))
                .optional()
        })
    }

    /// Compares two states of a target's content; `None` where fewer than two were seen in that span.
    ///
    /// # Errors
    /// If the archive cannot be read.
    pub fn compare_target(&self, target: i64, span: Span, spacing: Duration) -> Result<Option<Comparison>> {
        self.ask(|connection| {
            let subject = Subject::of_target(connection, target)?;
            let attempts = attempts(connection, target)?;
            let contents: Vec<(&Attempt, Content)> = attempts
                .iter()
                .filter_map(|attempt| Some((attempt, attempt.content(subject.of)?)))
                .collect();
            let Some((to, later)) = contents
                .iter()
                .rfind(|(attempt, _)| span.to.is_none_or(|to| attempt.seq <= to))
            else {
                return Ok(None);
            };
            let mut earlier = contents
                .iter()
                .filter(|(attempt, content)| attempt.seq < to.seq && content.source == later.source);
            let from = match span.from {
                Some(from) => earlier.rfind(|(attempt, _)| attempt.seq <= from),
                None => earlier.next(),
            };
            let Some((from, earlier)) = from else {
                return Ok(None);
            };
            let difference = compare(connection, subject.of, earlier, later)?.unwrap_or_default();
            let events = changes_of_target(connection, target, from.seq, false, spacing)?
                .into_iter()
                .filter(|change| matches!(change.event, Event::Gone(_) | Event::Restored))
                .map(|change| Happened {
                    event: change.event,
                    place: Before {
                        seq: change.seq,
                        at: change.at,
                    },
                })
                .collect();
            Ok(Some(Comparison {
                of: subject.of,
                key: subject.key,
                url: subject.url,
                from: from.place(),
                to: to.place(),
                difference,
                events,
            }))
        })
    }

    /// Compares two readings of an article; `None` where there were fewer than two in that span.
    ///
    /// # Errors
    /// If the archive cannot be read.
    pub fn compare_article(&self, article: i64, span: Span) -> Result<Option<Comparison>> {
        self.ask(|connection| {
            let readings = readings(connection, article)?;
            let Some(to) = readings.iter().rfind(|r| span.to.is_none_or(|to| r.seq <= to)) else {
                return Ok(None);
            };
            let mut earlier = readings.iter().filter(|r| r.seq < to.seq);
            let from = match span.from {
                Some(from) => earlier.rfind(|r| r.seq <= from),
                None => earlier.next(),
            };
            let Some(from) = from else { return Ok(None) };
            let (key, url) = article_name(connection, article)?;
            let difference = match (from.findings(connection)?, to.findings(connection)?) {
                (Some(before), Some(after)) => compare_articles(&before, &after),
                _ => Difference::default(),
            };
            Ok(Some(Comparison {
                of: "article",
                key,
                url,
                from: from.place(),
                to: to.place(),
                difference,
                events: Vec::new(),
            }))
        })
    }
}

type Sql<T> = rusqlite::Result<T>;

/// Without the hint these walk all that was ever captured or read, in the order of an index.
const CAPTURED_SINCE: &str = "SELECT DISTINCT target FROM capture NOT INDEXED
    WHERE id > ?1 AND ended >= ?2 AND target NOT IN (SELECT f.target FROM follow f) ORDER BY target";
const READ_SINCE: &str = "SELECT DISTINCT article FROM reading NOT INDEXED WHERE id > ?1 ORDER BY article";

fn captured_since(connection: &Connection, after: i64, since: &str) -> Sql<Vec<i64>> {
    connection
        .prepare_cached(CAPTURED_SINCE)?
        .query_map(params![after, since], |row| row.get(0))?
        .collect()
}

fn changes_of_articles(connection: &Connection, after: i64) -> Sql<Vec<Change>> {
    let articles: Vec<i64> = connection
        .prepare_cached(READ_SINCE)?
        .query_map([after], |row| row.get(0))?
        .collect::<Sql<_>>()?;
    let mut changes = Vec::new();
    for article in articles {
        changes.extend(changes_of_article(connection, article, after)?);
    }
    Ok(changes)
}

/// A target, or an article.
struct Subject {
    of: &'static str,
    key: String,
    url: Option<String>,
}

impl Subject {
    fn of_target(connection: &Connection, target: i64) -> Sql<Subject> {
        connection
            .prepare_cached("SELECT kind, key, url FROM target WHERE id = ?1")?
            .query_row([target], |row| {
                let of = if row.get::<_, String>(0)? == "link" {
                    "link"
                } else {
                    "post"
                };
                Ok(Subject {
                    of,
                    key: row.get(1)?,
                    url: row.get(2)?,
                })
            })
    }
}

/// One capture, as far as changes are concerned.
struct Attempt {
    seq: i64,
    at: String,
    answers: Vec<Told>,
}

/// What one source said.
struct Told {
    source: String,
    outcome: Outcome,
    reason: String,
    post: Option<i64>,
    exchange: Option<i64>,
}

/// Content that a source gave: the post's row, or the row of the exchange that brought the page.
#[derive(Clone, PartialEq, Eq)]
struct Content {
    source: String,
    seq: i64,
    at: String,
    row: i64,
}

impl Attempt {
    fn place(&self) -> Before {
        Before {
            seq: self.seq,
            at: self.at.clone(),
        }
    }

    /// What living sources said, and whether it was the content: of a post what was read of it, of a link its page.
    fn living(&self, of: &str) -> impl Iterator<Item = (&Told, Option<i64>)> {
        let is_link = of == "link";
        self.answers
            .iter()
            .filter(|told| {
                let kind = platform::source_kind(&told.source);
                !matches!(kind, Some(SourceKind::Archive | SourceKind::Witness))
            })
            .map(move |told| {
                let row = if is_link { told.exchange } else { told.post };
                (told, row.filter(|_| told.outcome == Outcome::Captured))
            })
    }

    fn content(&self, of: &str) -> Option<Content> {
        self.living(of).find_map(|(told, row)| {
            Some(Content {
                source: told.source.clone(),
                seq: self.seq,
                at: self.at.clone(),
                row: row?,
            })
        })
    }
}

/// Every capture of a target, oldest first.
fn attempts(connection: &Connection, target: i64) -> Sql<Vec<Attempt>> {
    let mut statement = connection.prepare_cached(
        "SELECT c.id, c.ended, a.source, a.outcome, a.reason, (SELECT max(p.id) FROM post p WHERE p.answer = a.id),
                (SELECT max(x.id) FROM exchange x WHERE x.answer = a.id)
         FROM capture c JOIN answer a ON a.capture = c.id AND a.id NOT IN (SELECT y.answer FROM canary y)
         WHERE c.target = ?1 ORDER BY c.id, a.ordinal",
    )?;
    let mut rows = statement.query([target])?;
    let mut attempts: Vec<Attempt> = Vec::new();
    while let Some(row) = rows.next()? {
        let seq = row.get(0)?;
        if attempts.last().is_none_or(|last| last.seq != seq) {
            attempts.push(Attempt {
                seq,
                at: row.get(1)?,
                answers: Vec::new(),
            });
        }
        let outcome: String = row.get(3)?;
        // A word of a newer program says nothing to this one.
        let Some(outcome) = Outcome::from_word(&outcome) else {
            continue;
        };
        if let Some(last) = attempts.last_mut() {
            last.answers.push(Told {
                source: row.get(2)?,
                outcome,
                reason: row.get(4)?,
                post: row.get(5)?,
                exchange: row.get(6)?,
            });
        }
    }
    Ok(attempts)
}

fn changes_of_target(
    connection: &Connection,
    target: i64,
    after: i64,
    counts: bool,
    spacing: Duration,
) -> Sql<Vec<Change>> {
    let subject = Subject::of_target(connection, target)?;
    let (kind, history) = super::verdict::history(connection, target)?;
    let mut judge = Judge::new(kind, i64::try_from(spacing.as_millis()).unwrap_or(i64::MAX));
    let mut history = history.iter().peekable();
    let mut decided: Option<State> = None;
    let mut contents = Contents::default();
    let wanted = |seq| match seq > after {
        false => Wanted::Nothing,
        true if counts => Wanted::All,
        true => Wanted::Content,
    };
    let mut before: Option<Before> = None;
    let mut changes = Vec::new();
    for attempt in attempts(connection, target)? {
        let mut became = None;
        while let Some(seen) = history.next_if(|seen| seen.capture <= attempt.seq) {
            judge.consider(seen);
        }
        let state = judge.verdict().state;
        if state != State::Unknown {
            became = turn(decided, state);
            decided = Some(state);
        }
        let change = |event, told: Option<&Told>, before: Option<Before>, difference| Change {
            seq: attempt.seq,
            at: attempt.at.clone(),
            of: subject.of,
            key: subject.key.clone(),
            url: subject.url.clone(),
            event,
            source: told.map(|told| told.source.clone()),
            reason: told.map(|told| told.reason.clone()),
            before,
            difference,
            cited_by: Vec::new(),
            context_of: Vec::new(),
        };
        if let Some(event) = became.filter(|_| attempt.seq > after) {
            let told = attempt.living(subject.of).map(|(told, _)| told);
            let mut told = told.filter(|told| match event {
                Event::Gone(_) => told.outcome != Outcome::Captured,
                _ => told.outcome == Outcome::Captured,
            });
            changes.push(change(event, told.next(), before.clone(), Difference::default()));
        }
        if let Some(content) = attempt.content(subject.of)
            && is_comparable(connection, subject.of, &content)?
            && let Some((last, compared)) = contents.follow(connection, subject.of, content, wanted(attempt.seq))?
            && (compared.is_of_content() || (counts && !compared.is_empty()))
        {
            let event = match (compared.is_of_content(), subject.of) {
                (false, _) => Event::Counted,
                (true, "link") => Event::Changed,
                (true, _) => Event::Edited,
            };
            let told = attempt.answers.iter().find(|told| told.source == last.source);
            let place = Before {
                seq: last.seq,
                at: last.at,
            };
            changes.push(change(event, told, Some(place), compared));
        }
        if became.is_some() || attempt.content(subject.of).is_some() {
            before = Some(attempt.place());
        }
    }
    if !changes.is_empty() {
        let citing = citing(connection, target)?;
        let context_of = match citing.is_empty() {
            true => context_of(connection, target)?,
            false => Vec::new(),
        };
        for change in &mut changes {
            change.cited_by.clone_from(&citing);
            change.context_of.clone_from(&context_of);
        }
    }
    Ok(changes)
}

/// Keys of the articles that cite a target, also where the target was found to be what they mean.
fn citing(connection: &Connection, target: i64) -> Sql<Vec<String>> {
    connection
        .prepare_cached(
            "SELECT a.key FROM article a WHERE a.id IN (
               SELECT r.article FROM citation c JOIN reading r ON r.id = c.reading
               WHERE c.target = ?1 OR c.target IN (SELECT target FROM resolution WHERE identified = ?1))
             ORDER BY a.id",
        )?
        .query_map([target], |row| row.get(0))?
        .collect()
}

/// Most posts on the way to cited ones that are looked at.
const MOST_ON_THE_WAY: usize = 200;

/// The cited posts to whose context a target belongs, the nearest first.
fn context_of(connection: &Connection, target: i64) -> Sql<Vec<ContextOf>> {
    let mut statement = connection.prepare_cached(
        "SELECT c.target, x.relation, t.key, t.url FROM context x JOIN capture c ON c.id = x.capture JOIN target t ON t.id = c.target
         WHERE x.target = ?1 GROUP BY c.target ORDER BY min(x.capture)",
    )?;
    let mut found = Vec::new();
    let mut seen = HashSet::from([target]);
    let mut open: VecDeque<(i64, usize, Option<String>)> = VecDeque::from([(target, 1, None)]);
    while let Some((at, steps, relation)) = open.pop_front().filter(|_| seen.len() < MOST_ON_THE_WAY) {
        let mut rows = statement.query([at])?;
        while let Some(row) = rows.next()? {
            let of: i64 = row.get(0)?;
            if !seen.insert(of) {
                continue;
            }
            let named: String = row.get(1)?;
            let relation = relation.clone().unwrap_or(named);
            let cited_by = citing(connection, of)?;
            if cited_by.is_empty() {
                open.push_back((of, steps + 1, Some(relation)));
            } else {
                let (key, url) = (row.get(2)?, row.get(3)?);
                found.push(ContextOf {
                    key,
                    url,
                    relation,
                    steps,
                    cited_by,
                });
            }
        }
    }
    Ok(found)
}

fn article_name(connection: &Connection, article: i64) -> Sql<(String, Option<String>)> {
    connection
        .prepare_cached(
            "SELECT key, (SELECT url FROM reading WHERE article = article.id ORDER BY id DESC LIMIT 1)
             FROM article WHERE id = ?1",
        )?
        .query_row([article], |row| Ok((row.get(0)?, row.get(1)?)))
}

fn changes_of_article(connection: &Connection, article: i64, after: i64) -> Sql<Vec<Change>> {
    let readings = readings(connection, article)?;
    let mut changes = Vec::new();
    let mut last: Option<Findings> = None;
    for pair in readings.windows(2) {
        let [old, new] = pair else { continue };
        // The same bytes, read by another version of the program.
        if new.seq <= after || old.body == new.body {
            last = None;
            continue;
        }
        let before = match last.take() {
            Some(findings) => Some(findings),
            None => old.findings(connection)?,
        };
        let found = new.findings(connection)?;
        if let (Some(before), Some(found)) = (&before, &found) {
            let difference = compare_articles(before, found);
            if !difference.is_empty() {
                let (key, url) = article_name(connection, article)?;
                changes.push(Change {
                    seq: new.seq,
                    at: new.at.clone(),
                    of: "article",
                    key,
                    url,
                    event: Event::Revised,
                    source: None,
                    reason: None,
                    before: Some(old.place()),
                    difference,
                    cited_by: Vec::new(),
                    context_of: Vec::new(),
                });
            }
        }
        last = found;
    }
    Ok(changes)
}

#[cfg(test)]
mod tests {
    use super::{CAPTURED_SINCE, READ_SINCE};
    use crate::store::tests::fixtures::plan;

    #[test]
    fn what_a_run_captured_or_read_is_not_looked_for_among_all_there_is() {
        for sql in [CAPTURED_SINCE, READ_SINCE] {
            let plan = plan(sql);
            assert!(plan.ends_with("USING INTEGER PRIMARY KEY (rowid>?)"), "{plan}");
        }
    }
}
