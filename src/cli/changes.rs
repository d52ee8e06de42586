//! `citekeep changes`.

use std::path::PathBuf;

use clap::Args;

use super::Global;
use super::print::{Printable, Printer};
use super::words::Style;
use crate::bundle::atom;
use crate::clock::{Clock, Timestamp};
use crate::config::seconds;
use crate::error::{ExitCode, Result};
use crate::schedule;
use crate::store::Reader;
use crate::store::change::Change;

/// Arguments of `citekeep changes`.
#[derive(Debug, Args)]
pub struct Arguments {
    /// Only what was found after this: a time such as 2024-05-02T08:00:00Z, a day, the last 7d or 24h, or the number of a ledger entry
    #[arg(long, value_name = "TIME|AGE|SEQ", value_parser = since)]
    since: Option<Since>,
    /// Also where only counts (likes, replies …) changed
    #[arg(long)]
    counts: bool,
    /// Write them to this file as an Atom feed, newest first, instead
    #[arg(long, value_name = "FILE")]
    feed: Option<PathBuf>,
}

/// From when on.
#[derive(Debug, Clone, Copy)]
enum Since {
    Entry(i64),
    Time(Timestamp),
}

fn since(text: &str) -> std::result::Result<Since, String> {
    if let Ok(entry) = text.parse() {
        return Ok(Since::Entry(entry));
    }
    Timestamp::parse(text)
        .or_else(|| Timestamp::parse(&format!("{text}T00:00:00Z")))
        .or_else(|| Some(Clock::System.now().plus_millis(-schedule::time(text)?)))
        .map(Since::Time)
        .ok_or_else(|| {
            "is neither a time such as 2024-05-02T08:00:00Z, nor a day, nor an age such as 7d or 24h, nor a ledger entry".into()
        })
}

/// Lists what changed or vanished, newest last.
pub fn run(global: &Global, arguments: &Arguments, printer: &Printer) -> Result<ExitCode> {
    let reader = Reader::open(&global.archive)?;
    let (after, since) = match arguments.since {
        None => (-1, None),
        Some(Since::Entry(entry)) => (entry, None),
        Some(Since::Time(time)) => (-1, Some(time)),
    };
    let changes = reader.changes(
        after,
        since,
        arguments.counts,
        seconds(global.settings()?.verdict.spacing),
    )?;
    if let Some(path) = &arguments.feed {
        atom::write(&reader, &changes, path, |change| {
            Style::plain().lines(&change.difference)
        })?;
        return Ok(ExitCode::Done);
    }
    for change in &changes {
        print(change, printer);
    }
    Ok(ExitCode::Done)
}

fn print(change: &Change, printer: &Printer) {
    if printer.json() {
        printer.object(change);
        return;
    }
    let told = match (&change.source, &change.reason) {
        (Some(source), Some(reason)) => format!(" ({source}: {reason})"),
        _ => String::new(),
    };
    printer.line(format_args!(
        "{}  {:>6}  {:<12} {}{}",
        change.at,
        change.seq,
        change.event.word(),
        Printable(change.url.as_deref().unwrap_or(&change.key)),
        Printable(&told)
    ));
    for line in Style::new(printer, false).lines(&change.difference) {
        printer.line(format_args!("    {line}"));
    }
    for article in &change.cited_by {
        printer.line(format_args!("    cited by {}", Printable(article)));
    }
    for of in &change.context_of {
        printer.line(format_args!(
            "    belongs to {} ({}), cited by {}",
            Printable(of.url.as_deref().unwrap_or(&of.key)),
            of.relation,
            Printable(&of.cited_by.join(", "))
        ));
    }
}
