//! `citekeep import`.

use std::path::PathBuf;

use clap::Args;
use serde_json::json;

use super::person::change_or_make;
use super::print::{Printable, Printer};
use super::{Global, worst};
use crate::capture::import::{Report, import};
use crate::error::{ExitCode, Result};

/// Arguments of `citekeep import`.
#[derive(Debug, Args)]
pub struct Arguments {
    /// Web archives of others: WARC (plain or in gzip members) or WACZ
    #[arg(value_name = "FILE", required = true)]
    files: Vec<PathBuf>,
    /// Wait for another run to end
    #[arg(long, value_name = "SECONDS", default_value_t = 0)]
    wait: u64,
}

/// Takes the records of each file in; what cannot be read is told, and the exit code tells.
pub fn run(global: &Global, arguments: &Arguments, printer: &Printer) -> Result<ExitCode> {
    change_or_make(global, arguments.wait, async |store| {
        let mut codes = Vec::new();
        for path in &arguments.files {
            match import(store, path).await {
                Ok(report) => codes.push(tell(&path.display().to_string(), &report, printer)),
                // A file that cannot be read loses nothing of the rest; an archive that cannot be written does.
                Err(error) if error.is_about_input() => {
                    printer.error(&error);
                    codes.push(error.exit_code());
                }
                Err(error) => return Err(error),
            }
        }
        Ok(worst(codes))
    })
}

fn tell(name: &str, report: &Report, printer: &Printer) -> ExitCode {
    for problem in &report.problems {
        printer.warn(format_args!("{}: {}", Printable(name), Printable(problem)));
    }
    if printer.json() {
        printer.object(&json!({"file": name, "report": report}));
    }
    printer.line(format_args!(
        "{}: {} records taken in, {} here already, {} that state something wrongly, {} places that could not be read",
        Printable(name),
        report.new,
        report.known,
        report.wrong,
        report.unreadable
    ));
    match report.unreadable {
        0 => ExitCode::Done,
        _ => ExitCode::BadInput,
    }
}
