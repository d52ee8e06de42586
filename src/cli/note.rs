//! `citekeep note`, `citekeep attach`: what a person adds.

use std::path::PathBuf;

use clap::Args;
use serde_json::json;

use super::Global;
use super::person::{Person, change, named, named_target};
use super::print::{Printable, Printer};
use crate::capture::stage;
use crate::error::{Error, ExitCode, Result};
use crate::store::hex;
use crate::store::record::{About, NewNote};

/// Arguments of `citekeep note`.
#[derive(Debug, Args)]
pub struct NoteArguments {
    /// What it is about: an address, article:N or target:N
    #[arg(value_name = "WHAT")]
    about: String,
    /// The remark
    text: String,
    #[command(flatten)]
    person: Person,
}

/// Arguments of `citekeep attach`.
#[derive(Debug, Args)]
pub struct AttachArguments {
    /// The post or page that it shows: an address or target:N
    target: String,
    /// The file, e.g. a screenshot
    file: PathBuf,
    /// How it was obtained
    #[arg(long, value_name = "TEXT")]
    note: String,
    #[command(flatten)]
    person: Person,
}

/// Keeps a remark.
pub fn note(global: &Global, arguments: &NoteArguments, printer: &Printer) -> Result<ExitCode> {
    let id = change(global, arguments.person.wait, async |store| {
        let note = NewNote {
            about: named(global, &arguments.about)?,
            by: arguments.person.by.clone(),
            text: arguments.text.clone(),
            file: None,
        };
        store.add_note(note).await
    })?;
    printer.line(format_args!("note {id} is kept"));
    if printer.json() {
        printer.object(&json!({"note": id}));
    }
    Ok(ExitCode::Done)
}

/// Keeps a file that a person supplies.
pub fn attach(global: &Global, arguments: &AttachArguments, printer: &Printer) -> Result<ExitCode> {
    let unreadable = |source| Error::Io {
        what: "cannot read",
        path: arguments.file.clone(),
        source,
    };
    let mut file = std::fs::File::open(&arguments.file).map_err(unreadable)?;
    let name = arguments
        .file
        .file_name()
        .unwrap_or_default()
        .to_string_lossy()
        .into_owned();
    let (id, sha256) = change(global, arguments.person.wait, async |store| {
        let target = named_target(global, &arguments.target)?;
        let file = stage(store, &name, &mut file).await?.map_err(unreadable)?;
        let sha256 = hex(&file.sha256);
        let note = NewNote {
            about: About::Target(target),
            by: arguments.person.by.clone(),
            text: arguments.note.clone(),
            file: Some(file),
        };
        Ok((store.add_note(note).await?, sha256))
    })?;
    printer.line(format_args!(
        "note {id} is kept with {} (sha256 {sha256})",
        Printable(&name)
    ));
    if printer.json() {
        printer.object(&json!({"note": id, "sha256": sha256}));
    }
    Ok(ExitCode::Done)
}
