//! `citekeep verify`.

use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use clap::Args;
use indicatif::ProgressBar;
use rustls::pki_types::CertificateDer;

use super::Global;
use super::print::{Printable, Printer};
use crate::bundle;
use crate::bundle::verify::{Depth, Trust};
use crate::error::{Error, ExitCode, Result};
use crate::key::PublicKey;
use crate::stamp::rfc3161;
use crate::store::verify::{self, Extent, Place};

/// Arguments of `citekeep verify`.
#[derive(Debug, Args)]
pub struct Arguments {
    /// The archive, a bundle (folder or ZIP), or a WACZ (default: the archive of --archive)
    path: Option<PathBuf>,
    /// A bundle or WACZ must be signed by this key (PEM, as `key export-public` writes it)
    #[arg(long, value_name = "FILE")]
    signer: Option<PathBuf>,
    /// A bundle must have a time stamp that leads to a certificate of this file (PEM)
    #[arg(long, value_name = "FILE")]
    tsa_root: Option<PathBuf>,
    /// Name everything that is wrong, not only the first
    #[arg(long)]
    all: bool,
    /// Leave out what takes long. Of an archive: no body is hashed, and no line of the ledger is derived again from its rows.
    /// Of a bundle: its files are as they were sealed, the chain, signatures and time stamps hold, and no file is looked into
    #[arg(long, conflicts_with = "full")]
    quick: bool,
    /// Check everything (the default)
    #[arg(long)]
    full: bool,
    /// Of an archive, stop after this time (exit code 3) and tell where to go on
    #[arg(long, value_name = "SECONDS")]
    max_duration: Option<u64>,
    /// Of an archive, go on where an earlier check stopped
    #[arg(long, value_name = "PLACE", default_value_t = Place::Beginning, hide_default_value = true)]
    from: Place,
}

/// Checks the archive; what is wrong is named, and the exit code tells.
pub fn run(global: &Global, arguments: &Arguments, printer: &Printer) -> Result<ExitCode> {
    let path = arguments.path.as_ref().unwrap_or(&global.archive);
    let trust = Trust {
        signer: arguments.signer.as_deref().map(PublicKey::read).transpose()?,
        roots: arguments
            .tsa_root
            .as_deref()
            .map(certificates)
            .transpose()?
            .unwrap_or_default(),
    };
    let depth = match arguments.quick {
        true => Depth::Seal,
        false => Depth::Content,
    };
    if path.is_dir() {
        let report = bundle::verify::verify_to(depth, path, &trust)?;
        return Ok(files(&report, path, arguments.all, printer));
    }
    if is_zip(path) {
        let report = bundle::verify::verify_zip(depth, path, &trust)?;
        return Ok(files(&report, path, arguments.all, printer));
    }
    if trust.signer.is_some() || !trust.roots.is_empty() {
        return Err(Error::BadInput {
            input: path.display().to_string(),
            why: "signers and roots are asked of bundles, and this is an archive".to_owned(),
            hint: None,
        });
    }
    let bar = printer.progress().then(|| ProgressBar::new(0));
    let extent = Extent {
        quick: arguments.quick,
        from: arguments.from,
        until: arguments
            .max_duration
            .map(|seconds| Instant::now() + Duration::from_secs(seconds)),
    };
    let report = verify::verify(path, &extent, |progress| {
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
    problems(
        report.problems.iter().map(|problem| (&*problem.item, &*problem.what)),
        report.problem_count,
        arguments.all,
        printer,
    );
    let verdict = match (report.is_sound(), report.next) {
        (false, _) => "NOT sound",
        (true, None) => "sound",
        (true, Some(_)) => "sound so far",
    };
    printer.line(format_args!(
        "{}: {verdict}; {} ledger entries and {} bodies ({} bytes) checked, {} redacted, head {}",
        Printable(&path.display().to_string()),
        report.entries,
        report.bodies,
        report.bytes,
        report.redacted,
        report.head.as_deref().unwrap_or("none")
    ));
    if let Some(next) = report.next {
        printer.line(format_args!("not all is checked yet: go on with --from {next}"));
    }
    Ok(match report.next {
        _ if !report.is_sound() => ExitCode::BadInput,
        Some(_) => ExitCode::SomeFailed,
        None => ExitCode::Done,
    })
}

/// A bundle, or a WACZ.
fn files(report: &bundle::verify::Report, path: &Path, all: bool, printer: &Printer) -> ExitCode {
    if printer.json() {
        printer.object(report);
    }
    for note in &report.notes {
        printer.remark(format_args!("{}: {}", Printable(&note.item), Printable(&note.what)));
    }
    problems(
        report.problems.iter().map(|problem| (&*problem.item, &*problem.what)),
        report.problem_count,
        all,
        printer,
    );
    let sound = report.problems.is_empty();
    printer.line(format_args!(
        "{}: {}; {} files ({} bytes), {} WARC records and {} ledger entries checked, head {}",
        Printable(&path.display().to_string()),
        if sound { "sound" } else { "NOT sound" },
        report.files,
        report.bytes,
        report.records,
        report.entries,
        report.head.as_deref().unwrap_or("none")
    ));
    if report.left_out > 0 {
        printer.line(format_args!(
            "bodies left out of it: {}; only their digests are there",
            report.left_out
        ));
    }
    let mut keys: Vec<&str> = report.signatures.iter().map(|signature| &*signature.key).collect();
    keys.dedup();
    for key in keys {
        printer.line(format_args!("signed by the holder of key {key}"));
    }
    for stamp in &report.stamps {
        printer.line(format_args!(
            "{} existed at {}, says {} ({})",
            covered(stamp.entry),
            stamp.time,
            Printable(&stamp.authority),
            match stamp.trusted {
                true => "trusted",
                false => "nothing but their own word; --tsa-root tells whom to trust",
            }
        ));
    }
    for anchor in &report.anchors {
        let covered = covered(anchor.entry);
        match &anchor.block {
            Some((height, root)) => printer.line(format_args!(
                "{covered} existed when Bitcoin block {height} was made, if that has the \
                 Merkle root {root} (not looked up)"
            )),
            None => printer.line(format_args!(
                "{covered}: an anchor is promised, which proves nothing yet"
            )),
        }
    }
    if sound { ExitCode::Done } else { ExitCode::BadInput }
}

/// What a proof covers: all up to an entry of the ledger, or all that is sealed.
fn covered(entry: Option<u64>) -> String {
    match entry {
        Some(entry) => format!("ledger entry {entry} and all before it"),
        None => "the bundle as it was sealed".to_owned(),
    }
}

/// The certificates in a file.
fn certificates(path: &Path) -> Result<Vec<CertificateDer<'static>>> {
    let pem = std::fs::read(path).map_err(|source| Error::Io {
        what: "cannot read the certificates",
        path: path.to_owned(),
        source,
    })?;
    let found = rfc3161::certificates(&pem);
    match found.is_empty() {
        false => Ok(found),
        true => Err(Error::BadInput {
            input: path.display().to_string(),
            why: "no certificate in PEM".to_owned(),
            hint: None,
        }),
    }
}

/// Says the first that is wrong, or all that is listed, and how much more there is.
fn problems<'p>(found: impl Iterator<Item = (&'p str, &'p str)>, count: u64, all: bool, printer: &Printer) {
    let mut said = 0;
    for (item, what) in found.take(if all { usize::MAX } else { 1 }) {
        printer.warn(format_args!("{}: {}", Printable(item), Printable(what)));
        said += 1;
    }
    match (count - said, all) {
        (0, _) => {}
        (more, true) => printer.warn(format_args!("and {more} more")),
        (more, false) => printer.warn(format_args!("and {more} more; --all names them")),
    }
}

/// Whether the file begins as every ZIP does; an archive begins with SQLite's words.
fn is_zip(path: &Path) -> bool {
    let mut begin = [0; 4];
    let read = File::open(path).and_then(|mut file| file.read_exact(&mut begin));
    read.is_ok() && matches!(&begin, b"PK\x03\x04" | b"PK\x05\x06")
}
