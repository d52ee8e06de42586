//! `citekeep sources`: which sources there are, and what a saved answer of one of them says.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use serde_json::json;

use super::print::Printer;
use crate::capture::input::{self, Input};
use crate::error::{Error, ExitCode, Result};
use crate::exchange::saved;
use crate::outcome::Outcome;
use crate::platform::readers::{self, READERS, THREADS};

/// Most bytes of a saved answer.
const LONGEST: u64 = 256 << 20;

/// Arguments of `citekeep sources`.
#[derive(Debug, Args)]
pub struct Arguments {
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Read a saved answer: a body, or an exchange (YAML or JSON cassette) with status and headers
    Parse {
        /// The source, e.g. x/syndication
        #[arg(value_name = "PLATFORM/SOURCE")]
        source: String,
        /// The file
        file: PathBuf,
        /// The HTTP status that a bare body came with
        #[arg(long, value_name = "N", default_value = "200")]
        status: u16,
    },
}

/// Prints the table of sources, or reads one saved answer.
pub fn run(arguments: &Arguments, printer: &Printer) -> Result<ExitCode> {
    match &arguments.command {
        None => {
            table(printer);
            Ok(ExitCode::Done)
        }
        Some(Command::Parse { source, file, status }) => parse(source, &file.to_string_lossy(), *status, printer),
    }
}

fn table(printer: &Printer) {
    printer.line(format_args!(
        "{:<20} {:<19} {:<27} {}",
        "source", "used", "exercised with", "yields"
    ));
    let row = |name: &str, is_asked: bool, exercised: &[&str], yields: &str| {
        let asked = match is_asked {
            true => "asked by captures",
            false => "saved answers only",
        };
        let with = exercised.join(", ");
        printer.line(format_args!("{name:<20} {asked:<19} {with:<27} {yields}"));
        if printer.json() {
            printer.object(&json!({
                "source": name, "yields": yields, "asked": is_asked, "exercised": exercised, "live": false,
            }));
        }
    };
    for reader in READERS {
        row(reader.name, reader.asked, reader.exercised, reader.yields);
    }
    for question in THREADS {
        row(question.name, true, question.exercised, question.yields);
    }
    printer.line("None of them has been exercised against the live services.");
}

fn parse(source: &str, file: &str, status: u16, printer: &Printer) -> Result<ExitCode> {
    let bad = |why: String, hint| Error::BadInput {
        input: file.to_owned(),
        why,
        hint,
    };
    if THREADS.iter().any(|question| question.name == source) {
        return Err(Error::BadInput {
            input: source.to_owned(),
            why: "is asked about the thread of a post, and read together with that".into(),
            hint: None,
        });
    }
    let reader = readers::by_name(source).ok_or_else(|| Error::BadInput {
        input: source.to_owned(),
        why: "is no source".into(),
        hint: Some("`citekeep sources` lists them"),
    })?;
    let bytes = input::read(&Input::parse(file), LONGEST)?;
    let exchanges = saved::read(&bytes, file, Some(status)).map_err(|why| bad(why, None))?;
    let told = reader.read(&exchanges);
    printer.object(&told);
    Ok(match told.outcome {
        Outcome::Unreadable => ExitCode::BadInput,
        _ => ExitCode::Done,
    })
}
