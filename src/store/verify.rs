//! Verification: every byte of every body, every link of the chain, and every ledger line derived again from the rows that
//! it covers, so that a change of any piece of evidence is found. Reads only, in bounded memory.

use std::path::Path;

use rusqlite::{Connection, OptionalExtension, Row};
use serde::Serialize;
use sha2::{Digest, Sha256};

use super::blob::each_chunk;
use super::exchange::head_digest;
use super::failure::{sql_error, unreadable};
use super::file::{SCHEMA, io_error};

use super::ledger::{self, ExchangeSeal, FIRST_HEAD, Field};
use super::post::stored_digest;
use super::query::Reader;
use super::row::{
    ANSWER, ARTICLE, BLOCK, CANARY, CAPTURE, CITATION, CITATION_SENTENCE, EXCHANGE, EXCHANGE_RECORD, Evidence, IMPORT,
    NOTE, POST_MEDIA, READING, READING_RECORD, REDACTION, REPARSE, RESOLUTION, RESOLUTION_CANDIDATE, RUN, RUN_END,
    SENTENCE, STAMP, TARGET, Table, WEB_ARCHIVE, hex, unhex,
};
use super::session::complete_line;
use super::taken::{Named, encode_record};
use crate::error::Result;
use crate::stamp::Kind;
use crate::stamp::opentimestamps;
use crate::stamp::rfc3161::Token;

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
    /// Ledger entries whose line was derived again.
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
pub fn verify(path: &Path, mut progress: impl FnMut(Progress)) -> Result<Report> {
    let reader = Reader::open(path)?;
    let report = check(reader.connection(), &mut progress).map_err(|error| sql_error(reader.path(), &error))?;
    if report.problems.iter().any(|problem| problem.kind == ProblemKind::File)
        && let Some(source) = unreadable(reader.path())
    {
        return Err(io_error("cannot read", reader.path(), source));
    }
    Ok(report)
}

type Sql<T> = rusqlite::Result<T>;

fn check(connection: &Connection, progress: &mut dyn FnMut(Progress)) -> Sql<Report> {
    let transaction = connection.unchecked_transaction()?;
    let mut report = Report::default();
    check_file(&transaction, &mut report)?;
    check_schema(&transaction, &mut report)?;
    let all = number(
        &transaction,
        "SELECT (SELECT count(*) FROM blob) + (SELECT count(*) FROM ledger)",
        [],
    )?;
    let mut at = Progress {
        done: 0,
        all: all.unsigned_abs(),
    };
    let mut step = || {
        at.done += 1;
        progress(at);
    };
    check_bodies(&transaction, &mut report, &mut step)?;
    check_records(&transaction, &mut report)?;
    check_ledger(&transaction, &mut report, &mut step)?;
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

fn check_file(connection: &Connection, report: &mut Report) -> Sql<()> {
    let mut statement = connection.prepare("PRAGMA integrity_check")?;
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
    let list = |connection: &Connection| -> Sql<Vec<(String, String)>> {
        connection
            .prepare(
                "SELECT type || ' ' || name, coalesce(sql, '') FROM sqlite_schema
                 WHERE name NOT LIKE 'sqlite\\_stat%' ESCAPE '\\' ORDER BY 1",
            )?
            .query_map([], |row| Ok((row.get(0)?, without_comments(&row.get::<_, String>(1)?))))?
            .collect()
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

fn check_bodies(connection: &Connection, report: &mut Report, step: &mut dyn FnMut()) -> Sql<()> {
    let mut statement = connection.prepare("SELECT id, sha256, length, chunks FROM blob ORDER BY id")?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
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

/// Tables whose rows are ledger events, and the word of the event.
const EVENTS: &[&str] = &[
    "run",
    "run_end",
    "reading",
    "capture",
    "resolution",
    "reparse",
    "note",
    "stamp",
    "import",
    "redaction",
];

fn check_ledger(connection: &Connection, report: &mut Report, step: &mut dyn FnMut()) -> Sql<()> {
    let mut head = FIRST_HEAD.to_owned();
    let mut expected = 0;
    let mut statement = connection.prepare("SELECT seq, body, leaf, head FROM ledger ORDER BY seq")?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
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
                check_line(connection, report, seq, &body)?;
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
    let Some(event) = EVENTS.iter().copied().find(|word| *word == event) else {
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
    let fields = match event {
        "run" => derivation.run(seq)?,
        "run_end" => derivation.run_end(seq)?,
        "reading" => derivation.reading(seq)?,
        "capture" => derivation.capture(seq)?,
        "resolution" => derivation.resolution(seq)?,
        "reparse" => derivation.reparse(seq)?,
        "note" => derivation.note(seq)?,
        "stamp" => derivation.stamp(seq)?,
        "import" => derivation.import(seq)?,
        _ => derivation.redaction(seq)?,
    };
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
    for event in EVENTS {
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

type Fields = Option<Vec<(&'static str, Field<'static>)>>;

/// The rows of one event, read in the order in which they were written.
struct Derivation<'a> {
    connection: &'a Connection,
    report: &'a mut Report,
    evidence: Evidence,
    item: String,
    /// The line as the ledger has it.
    line: &'a serde_json::Value,
}

impl Derivation<'_> {
    fn run(&mut self, seq: i64) -> Sql<Fields> {
        let mut fields = None;
        RUN.encode_rows(self.connection, "id = ?1", seq, &mut self.evidence, |row, _| {
            fields = Some(vec![("command", string(row, 2)?), ("version", string(row, 3)?)]);
            Sql::Ok(())
        })?;
        Ok(fields)
    }

    fn run_end(&mut self, seq: i64) -> Sql<Fields> {
        let mut fields = None;
        RUN_END.encode_rows(self.connection, "id = ?1", seq, &mut self.evidence, |row, _| {
            fields = Some(vec![
                ("exit", Field::Integer(row.get(3)?)),
                ("run", Field::Integer(row.get(1)?)),
            ]);
            Sql::Ok(())
        })?;
        Ok(fields)
    }

    fn redaction(&mut self, seq: i64) -> Sql<Fields> {
        let mut fields = None;
        REDACTION.encode_rows(self.connection, "id = ?1", seq, &mut self.evidence, |row, _| {
            fields = Some(vec![
                ("kind", string(row, 5)?),
                ("run", Field::Integer(row.get(1)?)),
                ("sha256", string(row, 7)?),
            ]);
            Sql::Ok(())
        })?;
        Ok(fields)
    }

    fn stamp(&mut self, seq: i64) -> Sql<Fields> {
        let mut found = None;
        STAMP.encode_rows(self.connection, "id = ?1", seq, &mut self.evidence, |row, _| {
            let fields = vec![
                ("authority", string(row, 3)?),
                ("entry", Field::Integer(row.get(4)?)),
                ("head", string(row, 5)?),
                ("kind", string(row, 2)?),
                ("outcome", string(row, 7)?),
                ("run", Field::Integer(row.get(1)?)),
                ("url", string(row, 11)?),
            ];
            let blobs: [Option<i64>; 2] = [row.get(13)?, row.get(22)?];
            let is_first = row.get::<_, Option<i64>>(6)?.is_none() && row.get::<_, String>(7)? == "captured";
            let kind = is_first.then(|| row.get::<_, String>(2)).transpose()?;
            found = Some((fields, blobs, (row.get::<_, i64>(4)?, row.get::<_, String>(5)?, kind)));
            Sql::Ok(())
        })?;
        let Some((mut fields, blobs, (entry, head, kind))) = found else {
            return Ok(None);
        };
        for (name, blob) in ["query", "reply"].into_iter().zip(blobs) {
            if let Some(blob) = blob {
                fields.push((name, Field::Digest(self.blob_digest(blob)?)));
            }
        }
        let is_there = self
            .connection
            .prepare_cached("SELECT 1 FROM ledger WHERE seq = ?1 AND head = ?2")?
            .exists((entry, &head))?;
        if !is_there {
            let what = format!("the head that it is about is not that of entry {entry}");
            self.report.problem(ProblemKind::Evidence, &self.item, what);
        }
        if let ([_, Some(reply)], Some(kind)) = (blobs, kind) {
            let mut bytes = Vec::new();
            each_chunk(self.connection, reply, |chunk| {
                bytes.extend_from_slice(chunk);
                Sql::Ok(())
            })?;
            let digest = unhex(&head).unwrap_or_default();
            let held = match kind == Kind::Rfc3161.word() {
                true => Token::read(&bytes).and_then(|token| token.is_about(&digest)),
                false => opentimestamps::promise(&bytes, &digest).map(drop),
            };
            // One that was redacted is counted with the bodies.
            if let (Err(what), false) = (held, bytes.is_empty()) {
                let what = format!("what was said does not hold: {what}");
                self.report.problem(ProblemKind::Evidence, &self.item, what);
            }
        }
        Ok(Some(fields))
    }

    /// Digest of a body; of one that is not there, none that could match.
    fn blob_digest(&self, blob: i64) -> Sql<[u8; 32]> {
        let sha256 = self
            .connection
            .prepare_cached("SELECT sha256 FROM blob WHERE id = ?1")?
            .query_row([blob], |row| digest(row, 0))
            .optional()?;
        Ok(sha256.unwrap_or_default())
    }

    fn note(&mut self, seq: i64) -> Sql<Fields> {
        let mut found = None;
        NOTE.encode_rows(self.connection, "id = ?1", seq, &mut self.evidence, |row, _| {
            let about: (Option<i64>, Option<i64>, Option<i64>) = (row.get(4)?, row.get(5)?, row.get(8)?);
            found = Some((about, string(row, 3)?, row.get(1)?));
            Sql::Ok(())
        })?;
        let Some(((target, article, body), by, run)) = found else {
            return Ok(None);
        };
        let (table, row) = target.map_or((ARTICLE, article.unwrap_or_default()), |target| (TARGET, target));
        let mut about = String::new();
        table.encode_rows(self.connection, "id = ?1", row, &mut self.evidence, |row, _| {
            about = row.get(1)?;
            Sql::Ok(())
        })?;
        let mut fields = vec![
            ("about", Field::Text(about.into())),
            ("by", by),
            ("run", Field::Integer(run)),
        ];
        if let Some(blob) = body {
            fields.push(("body", Field::Digest(self.blob_digest(blob)?)));
        }
        Ok(Some(fields))
    }

    fn reading(&mut self, seq: i64) -> Sql<Fields> {
        let mut exchanges = Vec::new();
        self.exchanges("reading = ?1 ORDER BY id", seq, &mut exchanges)?;
        let found = self
            .connection
            .prepare_cached(
                "SELECT article, run, findings_sha256, text_sha256, text, blob.sha256 FROM reading
                 LEFT JOIN blob ON blob.id = reading.body WHERE reading.id = ?1",
            )?
            .query_row([seq], |row| {
                let text: Option<String> = row.get(4)?;
                Ok((
                    row.get(0)?,
                    row.get(1)?,
                    digest(row, 2)?,
                    digest(row, 3)?,
                    text,
                    digest(row, 5)?,
                ))
            })
            .optional()?;
        let Some((article, run, findings, text_sha256, text, body)) = found else {
            return Ok(None);
        };
        let article: i64 = article;
        let mut key = String::new();
        ARTICLE.encode_rows(self.connection, "id = ?1", article, &mut self.evidence, |row, _| {
            key = row.get(1)?;
            Sql::Ok(())
        })?;
        READING.encode_rows(self.connection, "id = ?1", seq, &mut self.evidence, |_, _| Sql::Ok(()))?;
        let named = linked_record(
            self.connection,
            &READING_RECORD,
            "reading = ?1",
            seq,
            &mut self.evidence,
        )?;
        match text {
            Some(text) if Sha256::digest(&text)[..] != text_sha256 => {
                self.report
                    .problem(ProblemKind::Evidence, &self.item, "its text has another digest");
            }
            None if is_redacted(self.connection, "reading_text", seq, &hex(&text_sha256))? => self.report.redacted += 1,
            None => self.report.problem(
                ProblemKind::Evidence,
                &self.item,
                "its text is missing, and no redaction says so",
            ),
            Some(_) => {}
        }
        let derived = findings_digest(self.connection, seq)?;
        if derived != findings {
            self.report.problem(
                ProblemKind::Evidence,
                &self.item,
                "its blocks, sentences or citations were changed",
            );
        }
        let mut fields = vec![
            ("article", Field::Text(key.into())),
            ("body", Field::Digest(body)),
            ("exchanges", Field::Exchanges(exchanges)),
            ("findings", Field::Digest(findings)),
            ("run", Field::Integer(run)),
            ("text", Field::Digest(text_sha256)),
        ];
        fields.extend(named.record.map(|record| ("record", Field::Digest(record))));
        fields.extend(named.revisits.map(|record| ("revisits", Field::Digest(record))));
        Ok(Some(fields))
    }

    fn capture(&mut self, seq: i64) -> Sql<Fields> {
        let mut found = None;
        CAPTURE.encode_rows(self.connection, "id = ?1", seq, &mut self.evidence, |row, _| {
            found = Some((row.get(1)?, row.get::<_, i64>(3)?, string(row, 6)?, string(row, 8)?));
            Sql::Ok(())
        })?;
        let Some((target, run, outcome, source)) = found else {
            return Ok(None);
        };
        let target = self.target(target)?;
        let mut exchanges = Vec::new();
        self.answers(
            "SELECT id FROM answer WHERE capture = ?1 ORDER BY ordinal",
            seq,
            &mut exchanges,
        )?;
        for id in self.ids("SELECT id FROM post_media WHERE capture = ?1 ORDER BY id", seq)? {
            POST_MEDIA.encode_rows(self.connection, "id = ?1", id, &mut self.evidence, |_, _| Sql::Ok(()))?;
            self.exchanges("media = ?1 ORDER BY id", id, &mut exchanges)?;
        }
        let posts = self.posts(seq)?;
        Ok(Some(vec![
            ("exchanges", Field::Exchanges(exchanges)),
            ("outcome", outcome),
            ("posts", Field::Digests(posts)),
            ("run", Field::Integer(run)),
            ("source", source),
            ("target", Field::Text(target.into())),
        ]))
    }

    fn resolution(&mut self, seq: i64) -> Sql<Fields> {
        let mut found = None;
        RESOLUTION.encode_rows(self.connection, "id = ?1", seq, &mut self.evidence, |row, _| {
            found = Some((
                row.get(1)?,
                row.get::<_, i64>(3)?,
                string(row, 6)?,
                row.get::<_, Option<i64>>(8)?,
            ));
            Sql::Ok(())
        })?;
        let Some((target, run, outcome, identified)) = found else {
            return Ok(None);
        };
        let target = self.target(target)?;
        let identified = identified.map(|id| self.target(id)).transpose()?;
        RESOLUTION_CANDIDATE.encode_rows(
            self.connection,
            "resolution = ?1 ORDER BY rank",
            seq,
            &mut self.evidence,
            |_, _| Sql::Ok(()),
        )?;
        let mut exchanges = Vec::new();
        self.answers(
            "SELECT id FROM answer WHERE resolution = ?1 ORDER BY ordinal",
            seq,
            &mut exchanges,
        )?;
        let posts = self.posts(seq)?;
        let mut fields = vec![
            ("exchanges", Field::Exchanges(exchanges)),
            ("outcome", outcome),
            ("posts", Field::Digests(posts)),
            ("run", Field::Integer(run)),
            ("target", Field::Text(target.into())),
        ];
        if let Some(key) = identified {
            fields.push(("identified", Field::Text(key.into())));
        }
        Ok(Some(fields))
    }

    fn reparse(&mut self, seq: i64) -> Sql<Fields> {
        let mut found = None;
        REPARSE.encode_rows(self.connection, "id = ?1", seq, &mut self.evidence, |row, _| {
            found = Some((row.get(1)?, row.get(3)?));
            Sql::Ok(())
        })?;
        let Some((run, capture)) = found else {
            return Ok(None);
        };
        let posts = self.posts(seq)?;
        Ok(Some(vec![
            ("capture", Field::Integer(capture)),
            ("posts", Field::Digests(posts)),
            ("run", Field::Integer(run)),
        ]))
    }

    fn ids(&self, sql: &str, key: i64) -> Sql<Vec<i64>> {
        self.connection
            .prepare_cached(sql)?
            .query_map([key], |row| row.get(0))?
            .collect()
    }

    /// Reads a target's row and gives its key.
    fn target(&mut self, target: i64) -> Sql<String> {
        let mut key = String::new();
        TARGET.encode_rows(self.connection, "id = ?1", target, &mut self.evidence, |row, _| {
            key = row.get(1)?;
            Sql::Ok(())
        })?;
        Ok(key)
    }

    fn answers(&mut self, ids: &str, key: i64, exchanges: &mut Vec<ExchangeSeal<'static>>) -> Sql<()> {
        for id in self.ids(ids, key)? {
            ANSWER.encode_rows(self.connection, "id = ?1", id, &mut self.evidence, |_, _| Sql::Ok(()))?;
            self.exchanges("answer = ?1 ORDER BY id", id, exchanges)?;
            CANARY.encode_rows(self.connection, "answer = ?1", id, &mut self.evidence, |_, _| {
                Sql::Ok(())
            })?;
        }
        Ok(())
    }

    fn exchanges(&mut self, condition: &str, key: i64, seals: &mut Vec<ExchangeSeal<'static>>) -> Sql<()> {
        let connection = self.connection;
        EXCHANGE.encode_rows(connection, condition, key, &mut self.evidence, |row, evidence| {
            let named = linked_record(connection, &EXCHANGE_RECORD, "exchange = ?1", row.get(0)?, evidence)?;
            let request: String = row.get(7)?;
            let response: Option<String> = row.get(13)?;
            let body = match row.get::<_, Option<i64>>(16)? {
                None => None,
                Some(blob) => connection
                    .prepare_cached("SELECT sha256 FROM blob WHERE id = ?1")?
                    .query_row([blob], |row| row.get(0))
                    .optional()?,
            };
            seals.push(ExchangeSeal {
                body,
                head: head_digest(&request, response.as_deref()),
                status: row.get(12)?,
                url: row.get::<_, String>(5)?.into(),
                record: named.record,
                revisits: named.revisits,
            });
            Sql::Ok(())
        })?;
        Ok(())
    }

    fn import(&mut self, seq: i64) -> Sql<Fields> {
        let connection = self.connection;
        let mut found = None;
        IMPORT.encode_rows(connection, "id = ?1", seq, &mut self.evidence, |row, evidence| {
            let run = row.get(1)?;
            WEB_ARCHIVE.encode_rows(connection, "id = ?1", row.get(3)?, evidence, |row, _| {
                found = Some(vec![
                    ("file", Field::Digest(digest(row, 1)?)),
                    ("name", string(row, 3)?),
                    ("run", Field::Integer(run)),
                ]);
                Sql::Ok(())
            })?;
            Sql::Ok(())
        })?;
        let mut records = Vec::new();
        for id in self.ids("SELECT id FROM record WHERE entry = ?1 ORDER BY id", seq)? {
            encode_record(connection, id, &mut self.evidence)?;
            records.extend(Named::of(connection, id)?.record);
        }
        Ok(found.map(|mut fields| {
            fields.push(("records", Field::Digests(records)));
            fields
        }))
    }

    /// Digests of the posts of this entry. One that was redacted is known by its tombstone, at its place in the line.
    fn posts(&mut self, seq: i64) -> Sql<Vec<[u8; 32]>> {
        let mut present = Vec::new();
        for id in self.ids("SELECT id FROM post WHERE entry = ?1 ORDER BY id", seq)? {
            present.extend(stored_digest(self.connection, id)?);
        }
        let mut present = present.into_iter().peekable();
        let mut posts = Vec::new();
        for sealed in self.line["posts"]
            .as_array()
            .into_iter()
            .flatten()
            .filter_map(|hex| unhex(hex.as_str()?))
        {
            let redacted = present.peek() != Some(&sealed)
                && self
                    .connection
                    .prepare_cached("SELECT 1 FROM redaction WHERE kind = 'post' AND sha256 = ?1")?
                    .exists([hex(&sealed)])?;
            if redacted {
                self.report.redacted += 1;
                posts.push(sealed);
            } else {
                posts.extend(present.next());
            }
        }
        posts.extend(present);
        Ok(posts)
    }
}

/// Reads the record that a reading or exchange was taken from, if it was, and gives what the line names of it.
fn linked_record(
    connection: &Connection,
    table: &Table,
    condition: &str,
    key: i64,
    evidence: &mut Evidence,
) -> Sql<Named> {
    let mut named = Named::default();
    table.encode_rows(connection, condition, key, evidence, |row, evidence| {
        let id = row.get(1)?;
        encode_record(connection, id, evidence)?;
        named = Named::of(connection, id)?;
        Sql::Ok(())
    })?;
    Ok(named)
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

/// Digest of a reading's blocks, sentences and citations, as they were written.
fn findings_digest(connection: &Connection, reading: i64) -> Sql<[u8; 32]> {
    let mut evidence = Evidence::default();
    let by_reading = "reading = ?1 ORDER BY ordinal";
    BLOCK.encode_rows(connection, by_reading, reading, &mut evidence, |_, _| Sql::Ok(()))?;
    SENTENCE.encode_rows(connection, by_reading, reading, &mut evidence, |_, _| Sql::Ok(()))?;
    CITATION.encode_rows(connection, by_reading, reading, &mut evidence, |row, evidence| {
        let (id, target): (i64, i64) = (row.get(0)?, row.get(3)?);
        TARGET.encode_rows(connection, "id = ?1", target, evidence, |_, _| Sql::Ok(()))?;
        CITATION_SENTENCE.encode_rows(connection, "citation = ?1 ORDER BY rank", id, evidence, |_, _| {
            Sql::Ok(())
        })?;
        Sql::Ok(())
    })?;
    Ok(evidence.take_digest())
}

/// A text column as a field of a line.
fn string(row: &Row<'_>, index: usize) -> Sql<Field<'static>> {
    Ok(Field::Text(row.get::<_, String>(index)?.into()))
}

/// A digest column; one of another length is none that could match.
fn digest(row: &Row<'_>, index: usize) -> Sql<[u8; 32]> {
    Ok(row.get::<_, Option<[u8; 32]>>(index).ok().flatten().unwrap_or_default())
}
