//! Verification: every byte of every body, every link of the chain, and every ledger line derived again from the rows that
//! it covers, so that a change of any piece of evidence is found. Reads only, in bounded memory.

use std::fmt;
use std::path::Path;
use std::str::FromStr;
use std::time::Instant;

use rusqlite::{Connection, OptionalExtension};
use serde::Serialize;
use sha2::{Digest, Sha256};

use super::blob::each_chunk;
use super::failure::{sql_error, unreadable};
use super::file::{SCHEMA, io_error};
use super::known;
use super::ledger::{self, FIRST_HEAD, Field};
use super::other;
use super::query::Reader;
use super::row::{Evidence, hex};
use super::session::complete_line;
use super::words::TABLES;
use crate::error::Result;

mod derivation;

use derivation::{Derivation, EVENTS, digest};

/// What kind of thing is wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ProblemKind {
    /// SQLite finds the file damaged.
    File,
    /// A table, index, trigger or view is not as this program made it.
    Schema,
    /// A row names another that is not there.
    Reference,
    /// A body's bytes are missing or not those of its digest.
    Body,
    /// The hash chain is broken.
    Chain,
    /// A ledger line does not say what the rows say: one of them was changed, added or taken out.
    Evidence,
}

/// One thing that is wrong.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Problem {
    /// What kind of thing.
    pub kind: ProblemKind,
    /// Which item.
    pub item: String,
    /// What is wrong with it.
    pub what: String,
}

/// What was checked and what was found.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Report {
    /// Ledger entries looked at; unless it was a quick check, each line was derived again.
    pub entries: u64,
    /// Bodies whose bytes were hashed again.
    pub bodies: u64,
    /// Bytes hashed.
    pub bytes: u64,
    /// Items that were redacted, so that only their digest is left.
    pub redacted: u64,
    /// Head of the chain.
    pub head: Option<String>,
    /// The first [`PROBLEMS_LIMIT`] problems.
    pub problems: Vec<Problem>,
    /// Number of all problems.
    pub problem_count: u64,
    /// Where to go on, if time was over before all was checked.
    pub next: Option<Place>,
}

/// How much is checked.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Extent {
    /// Leaves out what takes long: no body is hashed, no line derived again, and of the file only its form is looked at.
    pub quick: bool,
    /// Where an earlier check stopped; what stands before it is not looked at again.
    pub from: Place,
    /// When to stop; what is left is told.
    pub until: Option<Instant>,
}

/// Where a check is. What is checked comes in this order.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Place {
    /// The file as SQLite sees it, and its schema.
    #[default]
    Beginning,
    /// A body, by its row, and all after it.
    Body(i64),
    /// A ledger entry, by its number, and all after it.
    Entry(i64),
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Place::Beginning => f.write_str("beginning"),
            Place::Body(row) => write!(f, "body:{row}"),
            Place::Entry(seq) => write!(f, "entry:{seq}"),
        }
    }
}

impl FromStr for Place {
    type Err = &'static str;

    fn from_str(text: &str) -> std::result::Result<Place, &'static str> {
        let number = |prefix: &str| text.strip_prefix(prefix).and_then(|number| number.parse().ok());
        let place = number("body:").map(Place::Body);
        place
            .or_else(|| number("entry:").map(Place::Entry))
            .or_else(|| (text == "beginning").then_some(Place::Beginning))
            .ok_or("is no place such as body:17 or entry:4711")
    }
}

impl Serialize for Place {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl Extent {
    fn is_over(&self) -> bool {
        self.until.is_some_and(|until| Instant::now() >= until)
    }
}

/// How far verification is: items done of all.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Progress {
    /// Bodies and ledger entries checked.
    pub done: u64,
    /// Bodies and ledger entries there are.
    pub all: u64,
}

/// Most problems that a report lists.
pub const PROBLEMS_LIMIT: usize = 1000;

/// Checks the archive at `path`.
///
/// # Errors
/// If it cannot be opened or read; what is wrong inside is in the report.
pub fn verify(path: &Path, extent: &Extent, mut progress: impl FnMut(Progress)) -> Result<Report> {
    let reader = Reader::open(path)?;
    let report = check(reader.connection(), extent, &mut progress).map_err(|error| sql_error(reader.path(), &error))?;
    if report.problems.iter().any(|problem| problem.kind == ProblemKind::File)
        && let Some(source) = unreadable(reader.path())
    {
        return Err(io_error("cannot read", reader.path(), source));
    }
    Ok(report)
}

type Sql<T> = rusqlite::Result<T>;

fn check(connection: &Connection, extent: &Extent, progress: &mut dyn FnMut(Progress)) -> Sql<Report> {
    let transaction = connection.unchecked_transaction()?;
    let mut report = Report::default();
    if extent.from == Place::Beginning {
        check_file(&transaction, extent.quick, &mut report)?;
        check_schema(&transaction, &mut report)?;
    }
    let bodies = match extent.from {
        _ if extent.quick => None,
        Place::Beginning => Some(0),
        Place::Body(row) => Some(row),
        Place::Entry(_) => None,
    };
    let entries = if let Place::Entry(seq) = extent.from { seq } else { 0 };
    let count = |sql: &str, from: i64| number(&transaction, sql, [from]);
    let all = count("SELECT count(*) FROM ledger WHERE seq >= ?1", entries)?
        + bodies.map_or(Ok(0), |row| count("SELECT count(*) FROM blob WHERE id >= ?1", row))?;
    let mut at = Progress {
        done: 0,
        all: all.unsigned_abs(),
    };
    let mut step = || {
        at.done += 1;
        progress(at);
    };
    if let Some(row) = bodies {
        if row == 0 {
            check_known(&transaction, &mut report)?;
        }
        check_bodies(&transaction, row, extent, &mut report, &mut step)?;
        if report.next.is_none() {
            check_records(&transaction, &mut report)?;
            check_others(&transaction, &mut report)?;
        }
    }
    if report.next.is_none() {
        check_ledger(&transaction, entries, extent, &mut report, &mut step)?;
    }
    Ok(report)
}

impl Report {
    /// Whether nothing is wrong.
    #[must_use]
    pub fn is_sound(&self) -> bool {
        self.problem_count == 0
    }

    fn problem(&mut self, kind: ProblemKind, item: impl Into<String>, what: impl Into<String>) {
        self.problem_count += 1;
        if self.problems.len() < PROBLEMS_LIMIT {
            self.problems.push(Problem {
                kind,
                item: item.into(),
                what: what.into(),
            });
        }
    }
}

fn number(connection: &Connection, sql: &str, params: impl rusqlite::Params) -> Sql<i64> {
    connection.prepare_cached(sql)?.query_row(params, |row| row.get(0))
}

fn check_file(connection: &Connection, quick: bool, report: &mut Report) -> Sql<()> {
    // The quick one does not compare indexes with their tables.
    let mut statement = connection.prepare(if quick {
        "PRAGMA quick_check"
    } else {
        "PRAGMA integrity_check"
    })?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        let what: String = row.get(0)?;
        if what != "ok" {
            report.problem(ProblemKind::File, "file", what);
        }
    }
    let mut statement = connection.prepare("PRAGMA foreign_key_check")?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        let (table, id, parent): (String, Option<i64>, String) = (row.get(0)?, row.get(1)?, row.get(2)?);
        let id = id.map_or_else(|| "?".to_owned(), |id| id.to_string());
        report.problem(
            ProblemKind::Reference,
            format!("{table} {id}"),
            format!("names a row of {parent} that is not there"),
        );
    }
    Ok(())
}

/// Compares with the schema of a fresh archive: whoever edits evidence drops the triggers first, and may forget to put them back.
fn check_schema(connection: &Connection, report: &mut Report) -> Sql<()> {
    // The index of words is derived, and no part of the schema.
    let list = |connection: &Connection| -> Sql<Vec<(String, String)>> {
        let mut objects: Vec<(String, String)> = connection
            .prepare(
                "SELECT type || ' ' || name, coalesce(sql, '') FROM sqlite_schema
                 WHERE name NOT LIKE 'sqlite\\_stat%' ESCAPE '\\' ORDER BY 1",
            )?
            .query_map([], |row| Ok((row.get(0)?, without_comments(&row.get::<_, String>(1)?))))?
            .collect::<Sql<_>>()?;
        objects.retain(|(object, _)| object.strip_prefix("table ").is_none_or(|name| !TABLES.contains(&name)));
        Ok(objects)
    };
    let fresh = Connection::open_in_memory()?;
    fresh.execute_batch(SCHEMA)?;
    let (expected, found) = (list(&fresh)?, list(connection)?);
    for (name, sql) in &expected {
        match found.binary_search_by(|(other, _)| other.cmp(name)) {
            Err(_) => report.problem(ProblemKind::Schema, name, "missing"),
            Ok(index) if found[index].1 != *sql => report.problem(ProblemKind::Schema, name, "changed"),
            Ok(_) => {}
        }
    }
    for (name, _) in &found {
        if expected.binary_search_by(|(other, _)| other.cmp(name)).is_err() {
            report.problem(ProblemKind::Schema, name, "not of this schema");
        }
    }
    let words = |connection: &Connection| -> Sql<Vec<(String, String)>> {
        connection
            .prepare("SELECT word, meaning FROM outcome ORDER BY word")?
            .query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?
            .collect()
    };
    if words(&fresh)? != words(connection)? {
        report.problem(
            ProblemKind::Schema,
            "table outcome",
            "its words are not those of this schema",
        );
    }
    Ok(())
}

/// SQL without comments and with white space folded: a better explanation of a column is no change of the schema.
fn without_comments(sql: &str) -> String {
    let words = sql
        .lines()
        .flat_map(|line| line.split("--").next().unwrap_or_default().split_whitespace());
    words.collect::<Vec<_>>().join(" ")
}

/// That each body and each target is here once, and is found.
fn check_known(connection: &Connection, report: &mut Report) -> Sql<()> {
    for (name, family) in [("blob", known::BLOBS), ("target", known::TARGETS)] {
        let (mut pairs, mut denied) = (Vec::new(), Vec::new());
        known::check(
            connection,
            family,
            |first, second| pairs.push((first, second)),
            |generation| denied.push(generation),
        )?;
        for (first, second) in pairs {
            report.problem(
                ProblemKind::Evidence,
                format!("{name} {second}"),
                format!("is the same as {name} {first}"),
            );
        }
        for generation in denied {
            let item = format!("known {name} {generation}");
            report.problem(ProblemKind::Evidence, item, "denies a row of its generation");
        }
    }
    Ok(())
}

fn check_bodies(
    connection: &Connection,
    from: i64,
    extent: &Extent,
    report: &mut Report,
    step: &mut dyn FnMut(),
) -> Sql<()> {
    let mut statement = connection.prepare("SELECT id, sha256, length, chunks FROM blob WHERE id >= ?1 ORDER BY id")?;
    let mut rows = statement.query([from])?;
    while let Some(row) = rows.next()? {
        if extent.is_over() && report.bodies > 0 {
            report.next = Some(Place::Body(row.get(0)?));
            return Ok(());
        }
        let (id, sha256, length, chunks): (i64, [u8; 32], i64, i64) =
            (row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?);
        let mut hasher = Sha256::new();
        let mut bytes = 0_i64;
        let found = each_chunk(connection, id, |chunk| {
            hasher.update(chunk);
            bytes += i64::try_from(chunk.len()).unwrap_or(i64::MAX);
            Sql::Ok(())
        })?;
        report.bodies += 1;
        report.bytes += bytes.unsigned_abs();
        let item = || format!("body {}", hex(&sha256));
        if found == 0 && chunks > 0 && is_redacted(connection, "blob", id, &hex(&sha256))? {
            report.redacted += 1;
        } else if (found, bytes) != (chunks, length) {
            report.problem(
                ProblemKind::Body,
                item(),
                format!("{bytes} bytes in {found} pieces, {length} in {chunks} expected"),
            );
        } else if hasher.finalize()[..] != sha256 {
            report.problem(ProblemKind::Body, item(), "its bytes have another digest");
        }
        step();
    }
    let stray = number(
        connection,
        "SELECT count(*) FROM blob_chunk WHERE NOT EXISTS (SELECT 1 FROM blob WHERE blob.id = blob_chunk.id >> 16)
         AND NOT EXISTS (SELECT 1 FROM upload WHERE upload.id = blob_chunk.id >> 16)
         OR (blob_chunk.id & 65535) >= (SELECT chunks FROM blob WHERE blob.id = blob_chunk.id >> 16)",
        [],
    )?;
    if stray > 0 {
        report.problem(
            ProblemKind::Body,
            "blob_chunk",
            format!("{stray} pieces belong to nothing"),
        );
    }
    Ok(())
}

fn is_redacted(connection: &Connection, kind: &str, item: i64, sha256: &str) -> Sql<bool> {
    connection
        .prepare_cached("SELECT 1 FROM redaction WHERE kind = ?1 AND item = ?2 AND sha256 = ?3")?
        .exists((kind, item, sha256))
}

fn check_ledger(
    connection: &Connection,
    from: i64,
    extent: &Extent,
    report: &mut Report,
    step: &mut dyn FnMut(),
) -> Sql<()> {
    let mut head = connection
        .query_row("SELECT head FROM ledger WHERE seq = ?1 - 1", [from], |row| row.get(0))
        .optional()?
        .unwrap_or_else(|| FIRST_HEAD.to_owned());
    let mut expected = from;
    let mut statement = connection.prepare("SELECT seq, body, leaf, head FROM ledger WHERE seq >= ?1 ORDER BY seq")?;
    let mut rows = statement.query([from])?;
    while let Some(row) = rows.next()? {
        if extent.is_over() && expected > from {
            report.next = Some(Place::Entry(expected));
            return Ok(());
        }
        let (seq, body, leaf, stored): (i64, Option<String>, String, String) =
            (row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?);
        let item = format!("ledger entry {seq}");
        if seq != expected {
            report.problem(
                ProblemKind::Chain,
                &item,
                format!("entry {expected} is missing before it"),
            );
        }
        expected = seq + 1;
        head = ledger::head(&head, &leaf);
        if head != stored {
            report.problem(
                ProblemKind::Chain,
                &item,
                "its head does not follow from the one before and its leaf",
            );
            head = stored;
        }
        match body {
            Some(body) => {
                if ledger::leaf(&body) != leaf {
                    report.problem(ProblemKind::Chain, &item, "its line has another leaf");
                }
                report.entries += 1;
                if !extent.quick {
                    check_line(connection, report, seq, &body)?;
                }
            }
            None if is_redacted(connection, "ledger_line", seq, &leaf)? => report.redacted += 1,
            None => report.problem(
                ProblemKind::Chain,
                &item,
                "its line is missing, and no redaction says so",
            ),
        }
        step();
    }
    report.head = (expected > 0).then_some(head);
    check_covered(connection, report)
}

/// Derives the line of every entry that has one from the rows; gives each item that differs, and how (the first thousand).
pub(super) fn differences(connection: &Connection) -> Sql<Vec<(String, String)>> {
    let mut report = Report::default();
    let mut statement = connection.prepare("SELECT seq, body FROM ledger WHERE body IS NOT NULL ORDER BY seq")?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        check_line(connection, &mut report, row.get(0)?, &row.get::<_, String>(1)?)?;
    }
    check_covered(connection, &mut report)?;
    Ok(report
        .problems
        .into_iter()
        .map(|problem| (problem.item, problem.what))
        .collect())
}

/// Derives the line of an entry from the rows and compares.
fn check_line(connection: &Connection, report: &mut Report, seq: i64, body: &str) -> Sql<()> {
    let line: serde_json::Value = serde_json::from_str(body).unwrap_or_default();
    let member = |key: &str| line[key].as_str().unwrap_or_default().to_owned();
    let event = member("event");
    let Some((event, derive)) = EVENTS.iter().copied().find(|(word, _)| *word == event) else {
        report.problem(
            ProblemKind::Evidence,
            format!("ledger entry {seq}"),
            "names no event that is known",
        );
        return Ok(());
    };
    let item = format!("{event} {seq}");
    let mut derivation = Derivation {
        connection,
        report,
        evidence: Evidence::default(),
        item: item.clone(),
        line: &line,
    };
    let fields = derive(&mut derivation, seq)?;
    let rows = derivation.evidence.take_digest();
    let Some(mut fields) = fields else {
        report.problem(ProblemKind::Evidence, item, "its row is missing");
        return Ok(());
    };
    fields.push(("rows", Field::Digest(rows)));
    complete_line(&mut fields, event, seq, member("at"), member("nonce"));
    let derived = ledger::line(fields);
    if derived != body {
        let derived: serde_json::Value = serde_json::from_str(&derived).unwrap_or_default();
        let differing: Vec<&str> = line
            .as_object()
            .into_iter()
            .chain(derived.as_object())
            .flatten()
            .map(|(key, _)| key.as_str())
            .filter(|key| line[*key] != derived[*key])
            .collect();
        let mut differing = differing;
        differing.sort_unstable();
        differing.dedup();
        let what = if differing.is_empty() {
            "its form".to_owned()
        } else {
            differing.join(", ")
        };
        report.problem(
            ProblemKind::Evidence,
            item,
            format!("the rows say otherwise than the ledger: {what}"),
        );
    }
    Ok(())
}

/// Every row of an event's table, and every row that hangs on one, must be covered by an entry.
fn check_covered(connection: &Connection, report: &mut Report) -> Sql<()> {
    // The entry of a row must be of the row's own kind (or redacted), or the row was slipped in under another's.
    for (event, _) in EVENTS {
        let sql = format!(
            "SELECT {event}.id FROM {event} LEFT JOIN ledger ON ledger.seq = {event}.id
             WHERE ledger.seq IS NULL OR (ledger.body IS NOT NULL AND json_valid(ledger.body)
                                          AND ledger.body ->> '$.event' <> '{event}') LIMIT {PROBLEMS_LIMIT}"
        );
        let mut statement = connection.prepare(&sql)?;
        let mut rows = statement.query([])?;
        while let Some(row) = rows.next()? {
            let id: i64 = row.get(0)?;
            report.problem(
                ProblemKind::Evidence,
                format!("{event} {id}"),
                "no ledger entry is its own",
            );
        }
    }
    let stray = number(
        connection,
        "SELECT count(*) FROM post WHERE NOT EXISTS (SELECT 1 FROM capture WHERE capture.id = post.entry)
         AND NOT EXISTS (SELECT 1 FROM resolution WHERE resolution.id = post.entry)
         AND NOT EXISTS (SELECT 1 FROM reparse JOIN answer ON answer.capture = reparse.capture
                         WHERE reparse.id = post.entry AND answer.id = post.answer)",
        [],
    )?;
    if stray > 0 {
        report.problem(
            ProblemKind::Evidence,
            "post",
            format!("{stray} rows are covered by no ledger entry"),
        );
    }
    Ok(())
}

/// What was kept of the archives of others must be sound by itself, and what is derived from it just that.
fn check_others(connection: &Connection, report: &mut Report) -> Sql<()> {
    let ids: Vec<i64> = connection
        .prepare("SELECT id FROM other_archive ORDER BY id")?
        .query_map([], |row| row.get(0))?
        .collect::<Sql<_>>()?;
    for id in ids {
        for what in other::faults(connection, id)? {
            report.problem(ProblemKind::Evidence, format!("other_archive {id}"), what);
        }
    }
    Ok(())
}

/// Checks an archive of somebody else that is open: first that its tables are tables, so that nothing of its own runs.
pub(super) fn of_foreign(connection: &Connection) -> Sql<Report> {
    let mut report = Report::default();
    check_schema(connection, &mut report)?;
    match report.is_sound() {
        true => check(connection, &Extent::default(), &mut |_| {}),
        false => Ok(report),
    }
}

/// Header, head and body of each record taken from others must be those of its digest, and each record must be covered.
fn check_records(connection: &Connection, report: &mut Report) -> Sql<()> {
    let mut statement = connection.prepare(
        "SELECT r.id, r.sha256, r.header, r.head, r.body, coalesce(b.chunks, 0),
                EXISTS (SELECT 1 FROM import i WHERE i.id = r.entry) OR EXISTS (SELECT 1 FROM reading_record n WHERE n.record = r.id)
                OR EXISTS (SELECT 1 FROM exchange_record n WHERE n.record = r.id) OR EXISTS (SELECT 1 FROM record n WHERE n.revisits = r.id)
         FROM record r LEFT JOIN blob b ON b.id = r.body ORDER BY r.id",
    )?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        let (id, body, chunks): (i64, Option<i64>, i64) = (row.get(0)?, row.get(4)?, row.get(5)?);
        let mut hasher = Sha256::new();
        hasher.update(row.get_ref(2)?.as_bytes()?);
        hasher.update(row.get_ref(3)?.as_bytes()?);
        let mut shown = 0;
        if let Some(blob) = body {
            shown = each_chunk(connection, blob, |chunk| {
                hasher.update(chunk);
                Sql::Ok(())
            })?;
        }
        let item = || format!("record {id}");
        // Without its pieces a body is redacted, or missing, which the check of the bodies tells.
        if shown == chunks && hasher.finalize()[..] != digest(row, 1)? {
            report.problem(ProblemKind::Evidence, item(), "is not that of its digest");
        }
        if !row.get::<_, bool>(6)? {
            report.problem(ProblemKind::Evidence, item(), "no ledger entry names it");
        }
    }
    Ok(())
}
