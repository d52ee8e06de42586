//! What the writer's thread works with: the write connection, the end of the hash chain, and the next free row ids.
//! Every event of the ledger goes through [`Session::seal`].

use std::path::PathBuf;

use rusqlite::{Connection, OptionalExtension, params};

use super::failure::Fault;
use super::known::{BLOBS, Known, TARGETS};
use super::ledger::{self, FIRST_HEAD, Field};
use super::row::{Evidence, RUN, RUN_END, hex, integer, text, text_or_null};
use crate::clock::{Clock, Timestamp, doubt};
use crate::error::Error;

/// The program and its version, as rows name it.
pub(super) const PROGRAM: &str = concat!("citekeep ", env!("CARGO_PKG_VERSION"));

/// The writer's state. Whatever is not in the file is derived from it by [`Session::reload`].
pub(super) struct Session {
    pub connection: Connection,
    pub path: PathBuf,
    pub clock: Clock,
    /// Row of the run.
    pub run: i64,
    /// Why the clock was doubted when the run began.
    pub clock_doubt: Option<String>,
    /// Seq of the next ledger entry, which is the id of the next event.
    pub next_entry: i64,
    head: String,
    /// Next free ids of the tables that count their own.
    pub next: NextIds,
    /// Which bodies and targets are here already.
    pub blobs: Known,
    pub targets: Known,
    /// Milliseconds between captures that together make a verdict.
    pub spacing: i64,
    /// Where the last look for hosts with due jobs ended.
    pub last_host: String,
    /// Rows of the event being written.
    pub evidence: Evidence,
    /// Whether something was redacted whose bytes still stand in the write-ahead log.
    pub scrub: bool,
}

/// Next free ids.
#[derive(Debug, Default)]
pub(super) struct NextIds {
    pub blob: i64,
    pub article: i64,
    pub target: i64,
    pub citation: i64,
    pub answer: i64,
    pub exchange: i64,
    pub post_media: i64,
    pub helper: i64,
    pub post: i64,
    pub web_archive: i64,
    pub record: i64,
}

/// The id, and counts one up.
pub(super) fn take(next: &mut i64) -> i64 {
    let id = *next;
    *next += 1;
    id
}

impl Session {
    /// A session over an archive just opened; no run has begun. Before it writes more than how a run went it needs
    /// [`Session::reload`].
    pub(super) fn new(connection: Connection, path: PathBuf, clock: Clock, spacing: i64) -> rusqlite::Result<Session> {
        let mut session = Session {
            connection,
            path,
            clock,
            run: 0,
            clock_doubt: None,
            next_entry: 0,
            head: String::new(),
            next: NextIds::default(),
            blobs: Known::of(BLOBS),
            targets: Known::of(TARGETS),
            spacing,
            last_host: String::new(),
            evidence: Evidence::default(),
            scrub: false,
        };
        session.read_end()?;
        Ok(session)
    }

    /// Reads the end of the chain from the file.
    fn read_end(&mut self) -> rusqlite::Result<()> {
        (self.next_entry, self.head) = self.connection.query_row(
            "SELECT coalesce(max(seq) + 1, 0), coalesce((SELECT head FROM ledger ORDER BY seq DESC LIMIT 1), ?1) FROM ledger",
            [FIRST_HEAD],
            |row| Ok((row.get(0)?, row.get(1)?)),
        )?;
        Ok(())
    }

    /// Reads the end of the chain, the next free ids and what is known from the file, e.g. after a roll-back.
    pub(super) fn reload(&mut self) -> rusqlite::Result<()> {
        self.evidence = Evidence::default();
        self.read_end()?;
        let next = |table: &str| {
            let sql = format!("SELECT coalesce(max(id), 0) + 1 FROM {table}");
            self.connection.query_row(&sql, [], |row| row.get::<_, i64>(0))
        };
        self.next = NextIds {
            // Pieces of an upload stand under the id that becomes the blob's.
            blob: next("blob")?.max(next("upload")?),
            article: next("article")?,
            target: next("target")?,
            citation: next("citation")?,
            answer: next("answer")?,
            exchange: next("exchange")?,
            post_media: next("post_media")?,
            helper: next("helper")?,
            post: next("post")?,
            web_archive: next("web_archive")?,
            record: next("record")?,
        };
        self.blobs.reload(&self.connection)?;
        self.targets.reload(&self.connection)
    }

    /// Runs a statement without parameters and rows.
    pub(super) fn execute(&self, sql: &str) -> rusqlite::Result<()> {
        self.connection.prepare_cached(sql)?.execute([]).map(drop)
    }

    /// Head of the chain.
    pub(super) fn head(&self) -> &str {
        &self.head
    }

    /// Our clock's time as the archive writes it.
    pub(super) fn now(&self) -> String {
        self.clock.now().to_string()
    }

    /// Writes the ledger entry of the event whose rows were just written: `fields` and what every line has.
    pub(super) fn seal(
        &mut self,
        event: &'static str,
        mut fields: Vec<(&'static str, Field<'_>)>,
    ) -> Result<(), Fault> {
        let seq = self.next_entry;
        let nonce = self.clock.nonce(seq.cast_unsigned());
        fields.push(("rows", Field::Digest(self.evidence.take_digest())));
        complete_line(&mut fields, event, seq, self.now(), hex(&nonce));
        let line = ledger::line(fields);
        let leaf = ledger::leaf(&line);
        let head = ledger::head(&self.head, &leaf);
        self.connection
            .prepare_cached("INSERT INTO ledger (seq, body, leaf, head) VALUES (?1, ?2, ?3, ?4)")?
            .execute(params![seq, line, leaf, head])?;
        self.head = head;
        self.next_entry += 1;
        Ok(())
    }

    /// Begins the run: its row, and the leases of runs that were killed are free again (the lock says that none lives).
    pub(super) fn begin_run(&mut self, command: &str) -> Result<(), Fault> {
        self.execute("UPDATE job SET leased_until = NULL, leased_by = NULL WHERE leased_until IS NOT NULL")?;
        self.pull_in()?;
        self.put_run(command)
    }

    /// Ledger entry with which the last run ended that was not killed; -1 if there was none.
    pub(super) fn last_end(&self) -> rusqlite::Result<i64> {
        let sql = "SELECT coalesce(max(id), -1) FROM run_end";
        self.connection.query_row(sql, [], |row| row.get(0))
    }

    /// Where the last run ended in order and nothing waits for anything: keeps a run that found that, its beginning and its end in one
    /// transaction, and gives its row. `None` if there is something to do, with `promises` also where a calendar has promised something.
    pub(super) fn idle_run(
        &mut self,
        command: &str,
        promises: bool,
        summary: impl FnOnce(i64, Option<&str>) -> Result<String, Error>,
    ) -> Result<Option<i64>, Fault> {
        if self.last_end()? + 1 != self.next_entry || !self.is_idle()? || (promises && self.has_promise()?) {
            return Ok(None);
        }
        self.connection.execute_batch("BEGIN IMMEDIATE")?;
        self.put_run(command)?;
        let summary = summary(self.run, self.clock_doubt.as_deref())?;
        self.end_run(0, Some(&summary))?;
        self.connection.execute_batch("COMMIT")?;
        Ok(Some(self.run))
    }

    /// The row of the run.
    pub(super) fn put_run(&mut self, command: &str) -> Result<(), Fault> {
        self.clock_doubt = doubt(self.clock.now(), last_entry(&self.connection)?);
        self.run = self.next_entry;
        let started = self.now();
        let host = std::fs::read_to_string("/proc/sys/kernel/hostname").ok();
        let host = host.as_deref().map(str::trim).filter(|name| !name.is_empty());
        let source = match self.clock {
            Clock::System => "system",
            Clock::Fixed(_) => "fixed",
        };
        let clock = match &self.clock_doubt {
            Some(doubt) => format!("{source}; {doubt}"),
            None => source.to_owned(),
        };
        let values = [
            integer(self.run),
            text(&started),
            text(command),
            text(PROGRAM),
            text_or_null(host),
            integer(i64::from(std::process::id())),
            text(&clock),
        ];
        RUN.insert(&self.connection, &values)?;
        RUN.encode(&values, &mut self.evidence);
        self.seal(
            "run",
            vec![
                ("command", Field::Text(command.into())),
                ("version", Field::Text(PROGRAM.into())),
            ],
        )
    }

    /// Ends the run.
    pub(super) fn end_run(&mut self, exit: i64, summary: Option<&str>) -> Result<(), Fault> {
        let ended = self.now();
        let values = [
            integer(self.next_entry),
            integer(self.run),
            text(&ended),
            integer(exit),
            text_or_null(summary),
        ];
        RUN_END.insert(&self.connection, &values)?;
        RUN_END.encode(&values, &mut self.evidence);
        self.seal(
            "run_end",
            vec![("exit", Field::Integer(exit)), ("run", Field::Integer(self.run))],
        )
    }
}

/// When the ledger's last entry was written, as it says.
pub(super) fn last_entry(connection: &Connection) -> rusqlite::Result<Option<Timestamp>> {
    let sql =
        "SELECT json_extract(CAST(body AS TEXT), '$.at') FROM ledger WHERE body IS NOT NULL ORDER BY seq DESC LIMIT 1";
    let at: Option<String> = connection.query_row(sql, [], |row| row.get(0)).optional()?;
    Ok(at.as_deref().and_then(Timestamp::parse))
}

/// Adds what every line has.
pub(super) fn complete_line(
    fields: &mut Vec<(&'static str, Field<'_>)>,
    event: &'static str,
    seq: i64,
    at: String,
    nonce: String,
) {
    fields.push(("at", Field::Text(at.into())));
    fields.push(("event", Field::Text(event.into())));
    fields.push(("nonce", Field::Text(nonce.into())));
    fields.push(("seq", Field::Integer(seq)));
}
