//! `citekeep redact`: the one way to take something out.

use clap::Args;

use super::Global;
use super::person::{Person, change};
use super::print::{Printable, Printer};
use crate::error::{Error, ExitCode, Result};
use crate::store::{Redactable, unhex};

/// Arguments of `citekeep redact`.
#[derive(Debug, Args)]
pub struct Arguments {
    /// What to take out: sha256:DIGEST (a body), reading:N (the text of a reading), post:N (what was read of a post), or
    /// ledger:N (the line of a ledger entry)
    #[arg(value_name = "ITEM", value_parser = item)]
    item: Redactable,
    /// Why; stands in the archive for good
    #[arg(long, value_name = "TEXT")]
    why: String,
    #[command(flatten)]
    person: Person,
}

fn item(text: &str) -> std::result::Result<Redactable, String> {
    let wrong = || "is not sha256:DIGEST, reading:N, post:N or ledger:N".to_owned();
    let (kind, name) = text.split_once(':').ok_or_else(wrong)?;
    let row = || name.parse::<i64>().map_err(|_| wrong());
    match kind {
        "sha256" => unhex(name).map(Redactable::Blob).ok_or_else(wrong),
        "reading" => row().map(Redactable::ReadingText),
        "post" => row().map(Redactable::Post),
        "ledger" => row().map(Redactable::LedgerLine),
        _ => Err(wrong()),
    }
}

/// Takes it out and leaves a tombstone.
pub fn run(global: &Global, arguments: &Arguments, printer: &Printer) -> Result<ExitCode> {
    if arguments.why.trim().is_empty() {
        return Err(Error::BadInput {
            input: "--why".into(),
            why: "is empty".into(),
            hint: Some("say why it is taken out: nobody can ask the archive later"),
        });
    }
    let (item, by, why) = (
        arguments.item.clone(),
        arguments.person.by.clone(),
        arguments.why.clone(),
    );
    let id = change(global, arguments.person.wait, async |store| {
        store.redact(item, by, why).await
    })?;
    printer.line(format_args!(
        "taken out; redaction {id} says so, by {}",
        Printable(&arguments.person.by)
    ));
    if printer.json() {
        printer.object(&serde_json::json!({"redaction": id}));
    }
    Ok(ExitCode::Done)
}
