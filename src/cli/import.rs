//! `citekeep import`.

use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

use clap::Args;
use serde_json::json;

use super::person::change_or_make;
use super::print::{Printable, Printer};
use super::{Global, worst};
use crate::bundle::verify;
use crate::capture::import::{Report, import};
use crate::capture::merge;
use crate::error::{Error, ExitCode, Result};
use crate::store::Store;

/// Arguments of `citekeep import`.
#[derive(Debug, Args)]
pub struct Arguments {
    /// Web archives of others (WARC, plain or in gzip members, or WACZ), archives of another citekeep, and its bundles (folder or ZIP)
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
            match take(store, path, printer).await {
                Ok(code) => codes.push(code),
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

/// Takes in whatever this is.
async fn take(store: &Store, path: &Path, printer: &Printer) -> Result<ExitCode> {
    let name = path.display().to_string();
    if begins_with(path, b"SQLite format 3\0")? {
        return Ok(tell_merged(&name, &merge::archive(store, path).await?, printer));
    }
    let is_zip = begins_with(path, b"PK")?;
    let unpacked = match is_zip && verify::is_bundle(path)? {
        true => Some(verify::unpacked(path)?),
        false => None,
    };
    let folder = unpacked.as_ref().map(|(_, folder)| folder.as_path());
    let Some(folder) = folder.or(path.is_dir().then_some(path)) else {
        let mut report = import(store, path).await?;
        if is_zip {
            report.problems.extend(contradiction(path)?);
        }
        return Ok(tell(&name, &report, printer));
    };
    let report = verify::verify(folder, &verify::Trust::default())?;
    if let Some(problem) = report.problems.first() {
        return Err(Error::BadInput {
            input: name,
            why: format!("not taken in: {}: {}", problem.item, problem.what),
            hint: Some("`citekeep verify --all` of it names everything that is wrong"),
        });
    }
    let stamps = verify::confirmed(folder)?;
    Ok(tell_merged(
        &name,
        &merge::bundle(store, folder, stamps).await?,
        printer,
    ))
}

/// The first thing in which a WACZ is not as its own lists say. Its records were taken in all the same: they are somebody's word,
/// and each stands as it stood there.
fn contradiction(path: &Path) -> Result<Option<String>> {
    let found = verify::verify_wacz(path, &verify::Trust::default())?;
    Ok(found.problems.first().map(|first| {
        let more = match found.problem_count {
            1 => String::new(),
            count => format!("; and {} more, which `citekeep verify --all` names", count - 1),
        };
        format!("{}: {}{more}", first.item, first.what)
    }))
}

fn begins_with(path: &Path, magic: &[u8]) -> Result<bool> {
    if path.is_dir() {
        return Ok(false);
    }
    let mut start = Vec::new();
    File::open(path)
        .and_then(|file| file.take(magic.len() as u64).read_to_end(&mut start))
        .map_err(|source| Error::Input {
            input: path.display().to_string(),
            source,
        })?;
    Ok(start == magic)
}

fn tell_merged(name: &str, report: &merge::Report, printer: &Printer) -> ExitCode {
    if printer.json() {
        printer.object(&json!({"file": name, "archive": report}));
    }
    let mut what = match report.known {
        true => "here already, nothing added".to_owned(),
        false => format!(
            "{} readings, {} citations and {} captures of another archive taken in, {} bodies were not here, {} it does not hold",
            report.readings, report.citations, report.captures, report.bodies, report.missing
        ),
    };
    if report.stamps > 0 {
        what += &format!("; {} time stamps of its ledger taken in", report.stamps);
    }
    if report.tags > 0 {
        what += &format!("; {} case tags", report.tags);
    }
    if report.unsealed > 0 {
        what += &format!(
            "; of {} readings and captures the line of its ledger is withheld, so that nothing shows that it says the same",
            report.unsealed
        );
    }
    printer.line(format_args!("{}: {what}", Printable(name)));
    if report.stamps_wrong > 0 {
        printer.warn(format_args!(
            "{}: {} time stamps of its ledger do not hold, and are not taken in",
            Printable(name),
            report.stamps_wrong
        ));
    }
    ExitCode::Done
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
