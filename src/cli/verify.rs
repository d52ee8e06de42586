//! `citekeep verify`.

use clap::Args;
use indicatif::ProgressBar;

use super::Global;
use super::print::{Printable, Printer};
use crate::bundle;
use crate::error::{ExitCode, Result};
use crate::store::verify;

/// Arguments of `citekeep verify`.
#[derive(Debug, Args)]
pub struct Arguments {
    /// The archive, or the folder of a bundle (default: that of --archive)
    path: Option<std::path::PathBuf>,
}

/// Checks the archive; what is wrong is named, and the exit code tells.
pub fn run(global: &Global, arguments: &Arguments, printer: &Printer) -> Result<ExitCode> {
    let path = arguments.path.as_ref().unwrap_or(&global.archive);
    if path.is_dir() {
        return bundle_folder(path, printer);
    }
    let bar = printer.progress().then(|| ProgressBar::new(0));
    let report = verify::verify(path, |progress| {
        if let Some(bar) = &bar {
            bar.set_length(progress.all);
            bar.set_position(progress.done);
        }
    });
    if let Some(bar) = bar {
        bar.finish_and_clear();
    }
    let report = report?;
    if printer.json() {
        printer.object(&report);
    }
    for problem in &report.problems {
        printer.warn(format_args!(
            "{}: {}",
            Printable(&problem.item),
            Printable(&problem.what)
        ));
    }
    let unsaid = report.problem_count - report.problems.len() as u64;
    if unsaid > 0 {
        printer.warn(format_args!("and {unsaid} more"));
    }
    let verdict = if report.is_sound() { "sound" } else { "NOT sound" };
    printer.line(format_args!(
        "{}: {verdict}; {} ledger entries and {} bodies ({} bytes) checked, {} redacted, head {}",
        Printable(&path.display().to_string()),
        report.entries,
        report.bodies,
        report.bytes,
        report.redacted,
        report.head.as_deref().unwrap_or("none")
    ));
    Ok(if report.is_sound() {
        ExitCode::Done
    } else {
        ExitCode::BadInput
    })
}

fn bundle_folder(path: &std::path::Path, printer: &Printer) -> Result<ExitCode> {
    let report = bundle::verify::verify(path)?;
    if printer.json() {
        printer.object(&report);
    }
    for problem in &report.problems {
        printer.warn(format_args!(
            "{}: {}",
            Printable(&problem.item),
            Printable(&problem.what)
        ));
    }
    let sound = report.problems.is_empty();
    printer.line(format_args!(
        "{}: {}; {} files ({} bytes) and {} ledger entries checked, head {}",
        Printable(&path.display().to_string()),
        if sound { "sound" } else { "NOT sound" },
        report.files,
        report.bytes,
        report.entries,
        report.head.as_deref().unwrap_or("none")
    ));
    Ok(if sound { ExitCode::Done } else { ExitCode::BadInput })
}
