//! What a run says of itself: one summary, which is printed with `--json`, appended to the log and kept in the archive; and on
//! standard error what failed.

use std::collections::BTreeMap;
use std::fmt;
use std::fs::OpenOptions;
use std::io::{self, Write};
use std::path::Path;

use serde::Serialize;

use super::print::{Printable, Printer, escape_json};
use crate::capture::Done;
use crate::clock::Timestamp;
use crate::error::ExitCode;
use crate::store::Due;

/// Most lines on standard error about what failed: a mail of cron is to be read.
const TOLD: usize = 20;

/// Most of them that the summary holds.
const KEPT: usize = 200;

/// What a run says about itself.
#[derive(Debug, Serialize)]
pub(super) struct Summary {
    version: u32,
    pub run: i64,
    started: Timestamp,
    pub ended: Timestamp,
    /// How it ended, in a word; `exit` is the code of that.
    status: ExitCode,
    /// Targets that were due at the start, and since when the oldest.
    pub due: i64,
    oldest_due: Option<String>,
    /// Followed lists that were due at the start; those looked at, with the sitemaps of an index, and of them those that failed.
    pub lists_due: i64,
    /// Articles that were due to be read again at the start, and those read again or tried to.
    pub articles_due: i64,
    pub articles_again: usize,
    pub lists: usize,
    pub lists_failed: usize,
    /// Articles taken in from them, and those that could not be had or read.
    pub articles: usize,
    pub articles_unread: usize,
    pub attempts: usize,
    /// Attempts by outcome.
    outcomes: BTreeMap<&'static str, u64>,
    /// Hosts that rest, because they asked for it or failed too often, and until when.
    pub hosts_waiting: BTreeMap<String, Timestamp>,
    /// Witnesses that confirmed the ledger's head at the end, and those that were asked in vain.
    pub stamps: usize,
    pub stamps_failed: usize,
    /// Targets that the Internet Archive was asked for its copies of, and those that it has.
    pub copies_asked: usize,
    pub copies_found: usize,
    /// Targets that the Internet Archive was asked to capture, and those that it says it has or could not capture.
    pub submitted: usize,
    pub submitted_archived: usize,
    pub submitted_failed: usize,
    /// Bytes of bodies received.
    pub bytes: u64,
    /// Bytes that are left on the archive's file system; `None` if it does not say.
    pub free: Option<u64>,
    /// What changed or vanished, by event.
    pub changes: BTreeMap<&'static str, u64>,
    /// What came of the command of `--on-change`: `done`, or why it failed; `None` if it was not run.
    pub on_change: Option<String>,
    /// The same of the address of `--on-change-url`.
    pub on_change_url: Option<String>,
    /// Why the clock is doubted, in words; empty where it is not.
    pub clock: Vec<String>,
    /// What failed, in words, as far as there is room.
    warnings: Vec<String>,
    /// How much failed.
    failures: usize,
    /// Which limit or signal stopped it, if one did.
    pub stopped_by: Option<&'static str>,
    exit: u8,
}

impl Summary {
    pub(super) fn new(run: i64, now: Timestamp, due: Due) -> Summary {
        Summary {
            version: 1,
            run,
            started: now,
            ended: now,
            status: ExitCode::Done,
            due: due.targets,
            oldest_due: due.oldest,
            lists_due: due.lists,
            articles_due: due.articles,
            articles_again: 0,
            lists: 0,
            lists_failed: 0,
            articles: 0,
            articles_unread: 0,
            attempts: 0,
            outcomes: BTreeMap::new(),
            hosts_waiting: BTreeMap::new(),
            stamps: 0,
            stamps_failed: 0,
            copies_asked: 0,
            copies_found: 0,
            submitted: 0,
            submitted_archived: 0,
            submitted_failed: 0,
            bytes: 0,
            free: None,
            changes: BTreeMap::new(),
            on_change: None,
            on_change_url: None,
            clock: Vec::new(),
            warnings: Vec::new(),
            failures: 0,
            stopped_by: None,
            exit: 0,
        }
    }

    /// Counts an attempt; one that failed for now is told.
    pub(super) fn count(&mut self, done: &Done, printer: &Printer) {
        self.attempts += 1;
        self.bytes = self.bytes.saturating_add(done.bytes);
        *self.outcomes.entry(done.outcome.word()).or_default() += 1;
        if done.outcome.is_transient() {
            let what = match done.url.as_str() {
                "" => "a post to identify",
                url => url,
            };
            self.failed(
                format_args!("{what}: {} ({})", done.outcome.word(), done.reason),
                printer,
            );
        }
    }

    /// Something failed that a later run tries again.
    pub(super) fn failed(&mut self, what: impl fmt::Display, printer: &Printer) {
        let what = what.to_string();
        if self.failures < TOLD {
            printer.warn(format_args!("{}; it is tried again", Printable(&what)));
        }
        self.failures += 1;
        if self.warnings.len() < KEPT {
            self.warnings.push(what);
        }
    }

    /// How it ended.
    pub(super) fn end(&mut self, now: Timestamp, code: ExitCode) {
        (self.ended, self.status, self.exit) = (now, code, code as u8);
    }

    /// Appends it to the log, and prints it where that is wanted.
    pub(super) fn tell(&self, log: Option<&Path>, printer: &Printer) {
        if self.failures > TOLD {
            let more = self.failures - TOLD;
            printer.warn(format_args!("and {more} more (`citekeep status` names them)"));
        }
        if let Some(path) = log
            && let Err(error) = append(path, self)
        {
            let path = path.display().to_string();
            printer.warn(format_args!("cannot write the log {}: {error}", Printable(&path)));
        }
        if printer.json() {
            printer.object(self);
        }
    }
}

fn append(path: &Path, summary: &Summary) -> io::Result<()> {
    let line = escape_json(&serde_json::to_string(summary)?) + "\n";
    // In one piece, so that the lines of several programs do not mix.
    OpenOptions::new()
        .create(true)
        .append(true)
        .open(path)?
        .write_all(line.as_bytes())
}
