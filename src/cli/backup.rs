//! `citekeep backup`.

use std::path::PathBuf;

use clap::Args;
use indicatif::ProgressBar;

use super::Global;
use super::print::{Printable, Printer};
use crate::error::{ExitCode, Result};
use crate::store::backup::{self, Options};

/// Arguments of `citekeep backup`.
#[derive(Debug, Args)]
pub struct Arguments {
    /// The file to write the copy to
    #[arg(value_name = "PATH")]
    path: PathBuf,
    /// Write the copy anew, without unused room
    #[arg(long)]
    compact: bool,
    /// Put the copy in the place of a file that is there
    #[arg(long)]
    force: bool,
}

/// Copies the archive, also during a run, and checks the copy.
pub fn run(global: &Global, arguments: &Arguments, printer: &Printer) -> Result<ExitCode> {
    let bar = (printer.progress() && !arguments.compact).then(|| ProgressBar::new(0));
    let options = Options {
        compact: arguments.compact,
        force: arguments.force,
    };
    let copied = backup::backup(&global.archive, &arguments.path, options, |done, all| {
        if let Some(bar) = &bar {
            bar.set_length(all);
            bar.set_position(done);
        }
    });
    if let Some(bar) = bar {
        bar.finish_and_clear();
    }
    let copied = copied?;
    if printer.json() {
        printer.object(&copied);
    }
    printer.line(format_args!(
        "{}: a copy of {} bytes, checked; {} ledger entries, head {}",
        Printable(&copied.path.display().to_string()),
        copied.bytes,
        copied.entries,
        copied.head.as_deref().unwrap_or("none")
    ));
    Ok(ExitCode::Done)
}
