//! `citekeep status`: how the last run went, which bundles were made, and what is due; what room the archive takes.

use clap::Args;
use serde::Serialize;
use serde_json::{Map, Value};

use super::print::{Printable, Printer};
use super::{Global, internal};
use crate::clock::Clock;
use crate::error::{ExitCode, Result};
use crate::store::Reader;
use crate::store::query::{ExportView, RunView};

/// Most bundles that are named.
const EXPORTS: usize = 10;

/// Arguments of `citekeep status`.
#[derive(Debug, Args)]
pub struct Arguments {
    /// Tell what room the archive takes, and how much is left
    #[arg(long)]
    space: bool,
}

/// What `--json` prints.
#[derive(Serialize)]
struct Status {
    last_run: Option<RunView>,
    summary: Option<serde_json::Value>,
    /// The newest ten, newest first.
    exports: Vec<ExportView>,
    due: i64,
    lists_due: i64,
    articles_due: i64,
    oldest_due: Option<String>,
}

/// Prints the newest run that captured or read, its summary if it left one, the newest bundle, and what is due now; or what room the
/// archive takes.
pub fn run(global: &Global, arguments: &Arguments, printer: &Printer) -> Result<ExitCode> {
    let reader = Reader::open(&global.archive)?;
    if arguments.space {
        return space(global, &reader, printer);
    }
    let last = reader.last_run()?;
    let exports = reader.exports(EXPORTS)?;
    let due = reader.due(Clock::System.now())?;
    if printer.json() {
        let summary = last.as_ref().and_then(|run| run.summary.as_deref());
        let summary = summary.map(serde_json::from_str).transpose().map_err(internal)?;
        printer.object(&Status {
            last_run: last,
            summary,
            exports,
            due: due.targets,
            lists_due: due.lists,
            articles_due: due.articles,
            oldest_due: due.oldest,
        });
        return Ok(ExitCode::Done);
    }
    match last {
        None => printer.line("no run yet"),
        Some(run) => {
            let end = match (&run.ended, run.exit) {
                (Some(ended), Some(exit)) => format!("ended {ended} with exit code {exit}"),
                _ => "goes on, or was killed".to_owned(),
            };
            printer.line(format_args!("run {} began {}, {end}", run.run, run.started));
            printer.line(format_args!("  {}", Printable(&run.command)));
            if let Some((_, doubt)) = run.clock.split_once("; ") {
                printer.line(format_args!("  {}", Printable(doubt)));
            }
            if let Some(summary) = &run.summary {
                tell(&serde_json::from_str(summary).map_err(internal)?, printer);
            }
        }
    }
    if let Some(export) = exports.first() {
        printer.line(format_args!(
            "bundle {} made {}, as of ledger entry {}",
            Printable(&export.name),
            export.at,
            export.as_of
        ));
    }
    match due.oldest {
        Some(oldest) => printer.line(format_args!("{} due, the oldest since {oldest}", due.targets)),
        None => printer.line(format_args!("{} due", due.targets)),
    }
    if due.lists + due.articles > 0 {
        let (lists, articles) = (due.lists, due.articles);
        printer.line(format_args!(
            "{lists} lists to look at, {articles} articles to read again"
        ));
    }
    Ok(ExitCode::Done)
}

/// What of a run's summary says something: numbers that are not nothing, and words.
fn tell(summary: &Map<String, Value>, printer: &Printer) {
    // Told above, or below.
    const APART: [&str; 9] = [
        "version", "run", "started", "ended", "status", "exit", "clock", "warnings", "failures",
    ];
    for (name, value) in summary.iter().filter(|(name, _)| !APART.contains(&name.as_str())) {
        let told = match value {
            Value::Object(counts) => {
                let counts = counts.iter().map(|(what, count)| format!("{what} {}", plain(count)));
                counts.collect::<Vec<_>>().join(", ")
            }
            value => plain(value),
        };
        if !matches!(told.as_str(), "" | "0") {
            printer.line(format_args!("  {:<17} {}", name.replace('_', " "), Printable(&told)));
        }
    }
    let warnings = summary.get("warnings").and_then(Value::as_array).into_iter().flatten();
    for warning in warnings.clone() {
        printer.line(format_args!("  failed            {}", Printable(&plain(warning))));
    }
    let failures = summary.get("failures").and_then(Value::as_u64).unwrap_or(0);
    match failures.saturating_sub(warnings.count() as u64) {
        0 => {}
        more => printer.line(format_args!("  and {more} more failed")),
    }
}

/// A value without the quotes of JSON; nothing of what is nothing.
fn plain(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        value => value.to_string(),
    }
}

fn space(global: &Global, reader: &Reader, printer: &Printer) -> Result<ExitCode> {
    let space = reader.space()?;
    if printer.json() {
        printer.object(&space);
        return Ok(ExitCode::Done);
    }
    let floor = global.settings()?.limit.free;
    let free = space.free.map_or_else(|| "unknown".to_owned(), |free| free.to_string());
    for (what, bytes, remark) in [
        ("file", space.file.to_string(), String::new()),
        ("log", space.log.to_string(), String::new()),
        (
            "bodies",
            space.body_bytes.to_string(),
            format!("{} of them", space.bodies),
        ),
        (
            "unfinished",
            space.unfinished.to_string(),
            "bodies that broke off".to_owned(),
        ),
        ("unused", space.unused.to_string(), "written again first".to_owned()),
        ("free", free, format!("a run stops below {floor}")),
    ] {
        printer.line(format_args!("{what:<11}{bytes:>16} bytes  {remark}"));
    }
    Ok(ExitCode::Done)
}
