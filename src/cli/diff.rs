//! `citekeep diff`.

use clap::Args;

use super::Global;
use super::print::{Printable, Printer};
use super::words::Style;
use crate::config::seconds;
use crate::error::{Error, ExitCode, Result};
use crate::store::Reader;
use crate::store::change::Span;

/// Arguments of `citekeep diff`.
#[derive(Debug, Args)]
pub struct Arguments {
    /// The address of a post or page that is cited, or an article: its number in `citekeep list`, or its address
    #[arg(value_name = "TARGET|ARTICLE")]
    name: String,
    /// As it was at this ledger entry (default: at first)
    #[arg(long, value_name = "SEQ")]
    from: Option<i64>,
    /// As it was at this ledger entry (default: now)
    #[arg(long, value_name = "SEQ")]
    to: Option<i64>,
}

/// Prints what differs between two states of a post, page or article.
pub fn run(global: &Global, arguments: &Arguments, printer: &Printer) -> Result<ExitCode> {
    let reader = Reader::open(&global.archive)?;
    let span = Span {
        from: arguments.from,
        to: arguments.to,
    };
    let compared = if let Some(article) = reader.find_article(&arguments.name)? {
        reader.compare_article(article, span)?
    } else if let Some(target) = reader.target_by_url(&arguments.name)? {
        reader.compare_target(target.means, span, seconds(global.settings()?.verdict.spacing))?
    } else {
        return Err(Error::BadInput {
            input: arguments.name.clone(),
            why: "is no article or target of this archive".into(),
            hint: Some("`citekeep list` numbers the articles"),
        });
    };
    let Some(compared) = compared else {
        return Err(Error::BadInput {
            input: arguments.name.clone(),
            why: "was not seen twice in that span, so there is nothing to compare".into(),
            hint: Some("`citekeep show` lists its captures with their ledger entries"),
        });
    };
    if printer.json() {
        printer.object(&compared);
        return Ok(ExitCode::Done);
    }
    printer.line(format_args!(
        "{}: {} (entry {}) → {} (entry {})",
        Printable(compared.url.as_deref().unwrap_or(&compared.key)),
        compared.from.at,
        compared.from.seq,
        compared.to.at,
        compared.to.seq
    ));
    if compared.difference.is_empty() {
        printer.line("  no difference");
    }
    for line in Style::new(printer, true).lines(&compared.difference) {
        printer.line(format_args!("  {line}"));
    }
    for happened in &compared.events {
        printer.line(format_args!(
            "{}: {} (entry {})",
            happened.event.word(),
            happened.place.at,
            happened.place.seq
        ));
    }
    Ok(ExitCode::Done)
}
