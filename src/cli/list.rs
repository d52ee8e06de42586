//! `citekeep list`.

use clap::Args;

use super::Global;
use super::print::{Printable, Printer};
use crate::error::{ExitCode, Result};
use crate::store::Reader;

/// Arguments of `citekeep list`.
#[derive(Debug, Args)]
pub struct Arguments {
    /// Only the articles of a case
    #[arg(long, value_name = "CASE")]
    tag: Option<String>,
}

/// Prints one line an article: its row, when it was read, what became of the posts and links that it cites.
pub fn run(global: &Global, arguments: &Arguments, printer: &Printer) -> Result<ExitCode> {
    let reader = Reader::open(&global.archive)?;
    for article in reader.articles(arguments.tag.as_deref())? {
        if printer.json() {
            printer.object(&article);
            continue;
        }
        let title = article.title.as_deref().unwrap_or("(no title)");
        let day = article.read_at.get(..10).unwrap_or_default();
        printer.line(format_args!(
            "{:>5}  {day}  {}  {}",
            article.article,
            Printable(title),
            Printable(&article.key)
        ));
        for (what, counts) in [("posts", &article.posts), ("links", &article.links)] {
            if !counts.is_empty() {
                let counts: Vec<String> = counts.iter().map(|(state, n)| format!("{n} {state}")).collect();
                printer.line(format_args!("       {what}: {}", counts.join(", ")));
            }
        }
    }
    if printer.verbose() {
        let totals = reader.totals()?;
        printer.line(format_args!(
            "{} articles, {} readings, {} citations, {} targets, {} captures, {} bodies of {} bytes, {} targets waiting",
            totals.articles, totals.readings, totals.citations, totals.targets, totals.captures, totals.blobs, totals.bytes, totals.pending
        ));
    }
    Ok(ExitCode::Done)
}
