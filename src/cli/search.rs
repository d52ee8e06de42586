//! `citekeep search`.

use clap::Args;

use super::Global;
use super::print::{Printable, Printer};
use crate::error::{Error, ExitCode, Result};
use crate::search::Query;
use crate::store::{Reader, add_words};

/// Arguments of `citekeep search`.
#[derive(Debug, Args)]
pub struct Arguments {
    /// Words, or phrases in quotes; all of them must be found
    #[arg(required = true, value_name = "WORDS")]
    words: Vec<String>,
}

/// Prints what has the words.
pub fn run(global: &Global, arguments: &Arguments, printer: &Printer) -> Result<ExitCode> {
    let query = Query::new(arguments.words.iter().map(String::as_str)).ok_or_else(|| Error::BadInput {
        input: arguments.words.join(" "),
        why: "has no letter or digit to look for".into(),
        hint: None,
    })?;
    let mut found = 0_u64;
    if Reader::open(&global.archive)?.lacks_words()? {
        if printer.progress() {
            printer.warn("making an index of words; later searches are quick");
        }
        // Where somebody else writes, or nobody may, the search takes longer and finds the same.
        if let Err(error) = add_words(&global.archive) {
            printer.remark(format_args!("the index of words was not brought up to date: {error}"));
        }
    }
    Reader::open(&global.archive)?.search(&query, |hit| {
        found += 1;
        if printer.json() {
            return printer.object(&hit);
        }
        printer.line(format_args!(
            "{:<8}{}  {}  {}",
            hit.kind,
            hit.at.as_deref().unwrap_or("-"),
            Printable(hit.url.as_deref().unwrap_or("-")),
            Printable(hit.by.as_deref().unwrap_or_default())
        ));
        for text in &hit.text {
            printer.line(format_args!("        “{}”", Printable(text)));
        }
    })?;
    if found == 0 {
        printer.line("nothing found");
    }
    Ok(ExitCode::Done)
}
