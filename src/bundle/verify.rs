//! The check of a bundle folder, offline and in bounded memory: the bag, the chain, the tables. A bundle is foreign input:
//! links and odd names are refused, nothing outside the folder is read.

mod bag;
mod found;
mod proofs;
mod slim;
mod stored;
mod tables;
mod wacz;
pub(super) mod zipped;

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::fs::{self, File};
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};

use rustls::pki_types::CertificateDer;
use serde_json::Value;
use sha2::{Digest, Sha256};

use super::draft::Stop;
use super::proofs::FOLDER;
use super::sums::Sums;
use super::{failed, others, report, rocrate};
use crate::error::{Error, Result};
use crate::key::PublicKey;
use crate::store::other::stamps::Confirmed;
use crate::store::{FIRST_HEAD, head, hex, leaf, other, unhex};
pub use found::{Anchor, Problem, Report, Signature, Stamp};

/// Most bytes of a tag file, or of a line of a table.
const TEXT_LIMIT: u64 = 64 << 20;
/// Most files of a bundle.
pub(super) const FILES_LIMIT: usize = 1_000_000;
/// Deepest folder.
const DEPTH_LIMIT: usize = 8;

/// Names what the bundle leaves out.
const LEFT_OUT: &str = "data/left-out.jsonl";

/// Whom the one who checks trusts; without, it is only checked that what is there fits together.
#[derive(Debug, Clone, Default)]
pub struct Trust {
    /// The key that must have signed.
    pub signer: Option<PublicKey>,
    /// Certificates of time stamping authorities, of which one at least must have stamped.
    pub roots: Vec<CertificateDer<'static>>,
}

/// Checks the bundle in this folder.
///
/// # Errors
/// If it cannot be read; what is wrong with it is in the report.
pub fn verify(folder: &Path, trust: &Trust) -> Result<Report> {
    verify_to(Depth::Content, folder, trust)
}

/// How far a bundle is looked into.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Depth {
    /// That its files are as they were sealed, by whom and when, and that the chain holds.
    Seal,
    /// That what they say fits together as well.
    Content,
}

/// Checks the bundle in this folder as far as `depth`.
///
/// # Errors
/// If it cannot be read; what is wrong with it is in the report.
pub fn verify_to(depth: Depth, folder: &Path, trust: &Trust) -> Result<Report> {
    verify_with(&BTreeMap::new(), depth, folder, trust, &Stop::default())
}

/// Checks a bundle of ours that was sealed just now, when these digests were taken of its files on the disk: they are not taken
/// once more.
pub(super) fn verify_new(folder: &Path, sealed: &BTreeMap<String, Sums>, stop: &Stop) -> Result<Report> {
    verify_with(sealed, Depth::Content, folder, &Trust::default(), stop)
}

fn verify_with(
    sealed: &BTreeMap<String, Sums>,
    depth: Depth,
    folder: &Path,
    trust: &Trust,
    stop: &Stop,
) -> Result<Report> {
    let mut report = Report::until(stop);
    let (files, empty) = bag::list(folder, &mut report)?;
    let payload = bag::check(folder, &files, sealed, &mut report)?;
    let tables = tables::stated(folder, &files)?;
    check_parts(&files, &tables, &mut report);
    if report.problems.is_empty() {
        let (named, records) = check_ledger(folder, &mut report)?;
        if depth == Depth::Content {
            check_content(folder, &files, payload, &tables, named, &records, &mut report)?;
        }
        proofs::check(folder, &files, trust, &mut report)?;
    }
    // Where a file is missing, that is told first.
    for name in empty {
        report.problem(&name, "an empty folder, which no bundle of ours has");
    }
    Ok(report)
}

/// That captures, tables, SQLite file, crate and ledger say the same: of the entries that the bundle has, these are the bodies and
/// texts that they name, and the records of others.
fn check_content(
    folder: &Path,
    files: &BTreeSet<String>,
    payload: BTreeMap<String, String>,
    tables: &[tables::Stated],
    named: HashSet<String>,
    records: &HashSet<String>,
    report: &mut Report,
) -> Result<()> {
    let mut bodies = Bodies {
        named,
        all: !files.contains("data/ledger/withheld.txt"),
        kept: HashSet::new(),
    };
    // Where there is nothing else to open, the report stands in the WACZ as well.
    bodies.named.extend(payload.get(report::FILE).cloned());
    for name in files.iter().filter(|name| name.ends_with(".wacz")) {
        let held = wacz::check(&folder.join(name), name, true, report)?;
        for body in held.payloads {
            bodies.check_named(&body, name, report);
            bodies.kept.insert(body);
        }
        for record in held.records.iter().filter(|record| !records.contains(*record)) {
            bodies.unnamed("its record of others", record, name, report);
        }
        bodies.kept.extend(held.of_others);
    }
    for (name, sha256) in payload.iter().filter(|(name, _)| name.starts_with("data/supplied/")) {
        bodies.check_named(sha256, name, report);
        bodies.kept.insert(sha256.clone());
    }
    check_others(folder, files, &payload, &bodies, report)?;
    if files.contains(LEFT_OUT) {
        check_left_out(folder, &mut bodies, report)?;
    }
    tables::check(folder, tables, &bodies, report)?;
    slim::check(folder, report)?;
    check_crate(folder, payload, report)
}

/// Checks a ZIP: a bundle in one, as far as `depth`, or a WACZ, ours or anybody's.
///
/// # Errors
/// If it cannot be read, or a bundle not be unpacked where temporary files stand; what is wrong with it is in the report.
pub fn verify_zip(depth: Depth, path: &Path, trust: &Trust) -> Result<Report> {
    match zipped::is_bag(path)? {
        true => verify_zip_beside(depth, path, &std::env::temp_dir(), trust, &Stop::default()),
        false => verify_wacz(path, trust),
    }
}

/// Whether this ZIP holds a bundle.
///
/// # Errors
/// If it cannot be read.
pub fn is_bundle(path: &Path) -> Result<bool> {
    zipped::is_bag(path)
}

/// Unpacks a bundle in one ZIP into a temporary folder; gives that and the bundle's folder in it.
///
/// # Errors
/// If it cannot be read, or is not sound as a ZIP.
pub fn unpacked(path: &Path) -> Result<(tempfile::TempDir, PathBuf)> {
    unpacked_beside(path, &std::env::temp_dir(), &Stop::default())?.map_err(|report| Error::BadInput {
        input: path.display().to_string(),
        why: report
            .problems
            .first()
            .map_or_else(String::new, |first| format!("{}: {}", first.item, first.what)),
        hint: None,
    })
}

/// The same in a folder inside `room`; where it is not sound, what is wrong with it.
fn unpacked_beside(
    path: &Path,
    room: &Path,
    stop: &Stop,
) -> Result<std::result::Result<(tempfile::TempDir, PathBuf), Report>> {
    let folder = tempfile::Builder::new()
        .prefix(".citekeep-verify-")
        .tempdir_in(room)
        .map_err(failed("cannot write a folder in", room))?;
    let mut report = Report::until(stop);
    Ok(match zipped::unpack(path, folder.path(), &mut report)? {
        Some(top) => {
            let bundle = folder.path().join(top);
            Ok((folder, bundle))
        }
        None => Err(report),
    })
}

/// What witnesses said of heads of the ledger that a bundle in a folder, which was checked before, is of.
///
/// # Errors
/// If it cannot be read.
pub fn confirmed(folder: &Path) -> Result<impl Iterator<Item = Result<Confirmed>>> {
    proofs::confirmed(folder, bag::list(folder, &mut Report::default())?.0)
}

/// Checks a bundle in one ZIP, which is unpacked for that in a folder inside `room` that is gone afterwards.
pub(super) fn verify_zip_beside(depth: Depth, path: &Path, room: &Path, trust: &Trust, stop: &Stop) -> Result<Report> {
    match unpacked_beside(path, room, stop)? {
        Ok((_folder, bundle)) => verify_with(&BTreeMap::new(), depth, &bundle, trust, stop),
        Err(report) => Ok(report),
    }
}

/// Checks a WACZ, ours or anybody's.
///
/// # Errors
/// If it cannot be read; what is wrong with it is in the report.
pub fn verify_wacz(path: &Path, trust: &Trust) -> Result<Report> {
    let mut report = Report {
        files: 1,
        bytes: fs::metadata(path).map_err(failed("cannot read", path))?.len(),
        ..Report::default()
    };
    wacz::check(path, "", false, &mut report)?;
    if let Some(signer) = &trust.signer
        && !report
            .signatures
            .iter()
            .any(|signature| signature.key == signer.to_string())
    {
        report.problem(wacz::DIGEST, format!("not signed by the key asked for ({signer})"));
    }
    if !trust.roots.is_empty() {
        report.problem(
            FOLDER,
            "a WACZ by itself has no time stamp; the bundle that it is from may",
        );
    }
    Ok(report)
}

/// The bodies of the bundle, by SHA-256.
struct Bodies {
    /// Those that the ledger's lines name.
    named: HashSet<String>,
    /// Whether every line is there.
    all: bool,
    /// Those that the web archive holds, or says that they were redacted.
    kept: HashSet<String>,
}

impl Bodies {
    /// The ledger must name the body, or the text.
    fn check_named(&self, sha256: &str, item: &str, report: &mut Report) {
        if !self.named.contains(sha256) {
            self.unnamed("its body", sha256, item, report);
        }
    }

    /// No line of the ledger names it; without every line that proves nothing.
    fn unnamed(&self, what: &str, sha256: &str, item: &str, report: &mut Report) {
        match self.all {
            true => report.problem(item, format!("no ledger entry names {what} {sha256}")),
            false => report.note(
                item,
                &format!("no ledger entry names {what}; lines of the ledger are withheld"),
            ),
        }
    }
}

/// Nothing that every bundle has is missing, whatever the manifests say.
fn check_parts(files: &BTreeSet<String>, tables: &[tables::Stated], report: &mut Report) {
    // Every program that wrote bundles wrote these.
    for name in ["articles", "captures", "citations", "media", "notes", "posts"] {
        if !tables.iter().any(|table| table.name == name) {
            report.problem(tables::PACKAGE, format!("does not describe the table {name}"));
        }
    }
    let tables = tables
        .iter()
        .flat_map(|table| [format!("{}.csv", table.name), format!("{}.jsonl", table.name)]);
    let others = [
        rocrate::NAME,
        super::slim::NAME,
        "datapackage.json",
        "ledger/chain.txt",
        "ledger/lines.jsonl",
    ];
    for name in tables.chain(others.map(str::to_owned)) {
        let name = format!("data/{name}");
        if !files.contains(&name) {
            report.problem(&name, "missing");
        }
    }
    if !files
        .iter()
        .any(|name| name.starts_with("data/captures/") && name.ends_with(".wacz"))
    {
        report.problem("data/captures/captures.wacz", "missing");
    }
}

fn lines(folder: &Path, name: &str) -> Result<impl Iterator<Item = Result<String>>> {
    let path = folder.join(name);
    let mut file = BufReader::new(File::open(&path).map_err(failed("cannot read", &path))?);
    Ok(std::iter::from_fn(move || {
        let mut line = String::new();
        match std::io::Read::take(&mut file, TEXT_LIMIT).read_line(&mut line) {
            Ok(0) => None,
            Ok(_) => Some(Ok(line.trim_end_matches('\n').to_owned())),
            Err(source) => Some(Err(failed("cannot read", &path)(source))),
        }
    }))
}

/// The chain, and the entries that the bundle has of it; gives the digests of the bodies and texts that these name, and those
/// of the records of others.
fn check_ledger(folder: &Path, report: &mut Report) -> Result<(HashSet<String>, HashSet<String>)> {
    let (mut previous, mut leaves) = (FIRST_HEAD.to_owned(), HashSet::new());
    // An answer without a body is one with an empty body.
    let mut bodies = HashSet::from([hex(&Sha256::digest(b""))]);
    for (number, line) in lines(folder, "data/ledger/chain.txt")?.enumerate() {
        report.stop.check()?;
        let line = line?;
        let parts: Vec<&str> = line.split(' ').collect();
        match parts[..] {
            [seq, leaf, stated] if seq == number.to_string() && stated == head(&previous, leaf) => {
                previous = stated.to_owned();
                leaves.insert(leaf.to_owned());
                report.entries += 1;
            }
            _ => {
                report.problem("data/ledger/chain.txt", format!("entry {number} breaks the chain"));
                return Ok((bodies, HashSet::new()));
            }
        }
    }
    report.head = Some(previous);
    let mut records = HashSet::new();
    for (number, line) in lines(folder, "data/ledger/lines.jsonl")?.enumerate() {
        report.stop.check()?;
        let line = line?;
        if !leaves.contains(&leaf(&line)) {
            report.problem(
                "data/ledger/lines.jsonl",
                format!("line {} is not in the chain", number + 1),
            );
        }
        let entry: Value = serde_json::from_str(&line).unwrap_or_default();
        let exchanges = entry["exchanges"].as_array().into_iter().flatten();
        let named = exchanges
            .clone()
            .chain([&entry])
            .flat_map(|item| [&item["record"], &item["revisits"]])
            .filter_map(Value::as_str);
        let imported = entry["records"]
            .as_array()
            .into_iter()
            .flatten()
            .filter_map(Value::as_str);
        records.extend(named.chain(imported).map(str::to_owned));
        let named = exchanges.chain([&entry]).filter_map(|item| item["body"].as_str());
        let files = entry["files"]
            .as_array()
            .into_iter()
            .flatten()
            .filter_map(Value::as_str);
        let more = ["text", "content", "chain", "query", "reply", "completed", "roots"]
            .into_iter()
            .filter_map(|name| entry[name].as_str());
        bodies.extend(named.chain(files).chain(more).map(str::to_owned));
    }
    Ok((bodies, records))
}

/// Archives of others: the ledger names their two files, each is sound by itself, the bodies beside them are those that their
/// rows name, and what witnesses said is about heads of their chains.
fn check_others(
    folder: &Path,
    files: &BTreeSet<String>,
    payload: &BTreeMap<String, String>,
    bodies: &Bodies,
    report: &mut Report,
) -> Result<()> {
    let prefix = format!("data/{}", others::FOLDER);
    let mut named = HashSet::new();
    // Their rows come before their bodies, by name.
    for (item, sha256) in payload.iter().filter(|(item, _)| item.starts_with(&prefix)) {
        let name = &item[prefix.len()..];
        if let Some(body) = name.strip_prefix("bodies/") {
            if body != sha256 {
                report.problem(item, "is not that of its name");
            } else if unhex(body).is_none_or(|body| !named.contains(&body)) {
                report.problem(item, "no other archive here names this body");
            }
            continue;
        }
        // A text shows by the chain what it is, and a proof of calendars by itself; all else the ledger names.
        if !name.contains("-heads/") || [".tsq", ".tsr", ".pem"].iter().any(|end| name.ends_with(end)) {
            bodies.check_named(sha256, item, report);
        }
        if let Some((number, _)) = name.split_once("-heads/")
            && !files.contains(&format!("{prefix}{number}.db"))
        {
            report.problem(item, "the archive that it is about is not here");
        }
        let Some(number) = name.strip_suffix(".db") else {
            continue;
        };
        let chain = folder.join(format!("{prefix}{number}-chain.txt"));
        let copy = tempfile::NamedTempFile::new().map_err(failed("cannot copy", folder))?;
        fs::copy(folder.join(item), copy.path()).map_err(failed("cannot copy", folder))?;
        if !chain.is_file() {
            report.problem(item, "its chain is missing");
        } else {
            match other::check_files(copy.path(), &chain)? {
                Ok(bodies) => named.extend(bodies),
                Err(what) => report.problem(item, what),
            }
            let (heads, chain) = (others::heads(number), format!("{prefix}{number}-chain.txt"));
            proofs::check_of_other(folder, files, &heads, &chain, report)?;
        }
    }
    Ok(())
}

/// What the bundle says that it leaves out: bodies that the ledger names.
fn check_left_out(folder: &Path, bodies: &mut Bodies, report: &mut Report) -> Result<()> {
    for line in lines(folder, LEFT_OUT)? {
        let row: Value = serde_json::from_str(&line?).unwrap_or_default();
        match (row["sha256"].as_str(), row["length"].as_u64(), row["why"].as_str()) {
            (Some(sha256), Some(_), Some(_)) => {
                bodies.check_named(sha256, LEFT_OUT, report);
                bodies.kept.insert(sha256.to_owned());
                report.left_out += 1;
            }
            _ => report.problem(LEFT_OUT, "a line that names no body"),
        }
    }
    Ok(())
}

/// The crate must describe every file of the payload as it is. Each entity stands on a line of its own.
fn check_crate(folder: &Path, mut payload: BTreeMap<String, String>, report: &mut Report) -> Result<()> {
    let item = format!("data/{}", rocrate::NAME);
    if payload.remove(&item).is_none() {
        report.problem(&item, "missing");
        return Ok(());
    }
    for line in lines(folder, &item)? {
        let line = line?;
        let entity: Value = serde_json::from_str(line.trim_end_matches(',')).unwrap_or_default();
        if entity["@type"] != "File" {
            continue;
        }
        let name = format!("data/{}", entity["@id"].as_str().unwrap_or_default());
        match payload.remove(&name) {
            Some(sha256) if entity["sha256"] == sha256.as_str() => {}
            _ => report.problem(&item, format!("does not describe {name} as it is")),
        }
    }
    for name in payload.keys() {
        report.problem(&item, format!("does not describe {name}"));
    }
    Ok(())
}
