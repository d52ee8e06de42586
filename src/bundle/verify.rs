//! The check of a bundle folder, offline and in bounded memory: the bag, the chain, the tables. A bundle is foreign input:
//! links and odd names are refused, nothing outside the folder is read.

mod proofs;
mod slim;
mod stored;
mod wacz;
pub(super) mod zipped;

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::fs::{self, File};
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};

use rustls::pki_types::CertificateDer;
use serde::Serialize;
use serde_json::Value;
use sha2::{Digest, Sha256};

use super::bag::{DECLARATION, Sums, TAG_MANIFEST, TAG_MANIFEST_512};
use super::proofs::FOLDER;
use super::{failed, others, report, rocrate};
use crate::clock::Timestamp;
use crate::error::{Error, Result};
use crate::key::PublicKey;
use crate::store::export::TABLES;
use crate::store::other::stamps::Confirmed;
use crate::store::{FIRST_HEAD, head, hex, leaf, other, unhex};

/// Most bytes of a tag file, or of a line of a table.
const TEXT_LIMIT: u64 = 64 << 20;
/// Most files of a bundle.
pub(super) const FILES_LIMIT: usize = 1_000_000;
/// Deepest folder.
const DEPTH_LIMIT: usize = 8;
/// Files whose digests are held at once.
const SUMS_AT_ONCE: usize = 4096;
/// Most problems that are listed.
const PROBLEMS_LIMIT: usize = 1000;

/// Describes the tables.
const PACKAGE: &str = "data/datapackage.json";
/// Names what the bundle leaves out.
const LEFT_OUT: &str = "data/left-out.jsonl";

/// One thing that is wrong.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Problem {
    /// Which item.
    pub item: String,
    /// What is wrong with it.
    pub what: String,
}

/// A signature that holds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Signature {
    /// The file that it stands in.
    pub item: String,
    /// Fingerprint of the key: `sha256:` and the digest of its SubjectPublicKeyInfo.
    pub key: String,
}

/// A time stamp that holds: what it is over existed at that time, if its authority is to be trusted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Stamp {
    /// The file that it stands in.
    pub item: String,
    /// The last entry of the chain that it covers; `None`: it is over the tag manifest, and so over all that is sealed.
    pub entry: Option<u64>,
    /// The time that it states.
    pub time: Timestamp,
    /// Who says so, as the certificate has it.
    pub authority: String,
    /// Whether its certificate leads to one that the one who checks trusts.
    pub trusted: bool,
}

/// A proof of OpenTimestamps whose operations hold. That the block has this root was not looked up.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Anchor {
    /// The file that it stands in.
    pub item: String,
    /// The last entry of the chain that it covers; `None`: it is over the tag manifest, and so over all that is sealed.
    pub entry: Option<u64>,
    /// The height of the Bitcoin block, and the Merkle root that it must have; `None`: only promised as yet.
    pub block: Option<(u64, String)>,
}

/// Whom the one who checks trusts; without, it is only checked that what is there fits together.
#[derive(Debug, Clone, Default)]
pub struct Trust {
    /// The key that must have signed.
    pub signer: Option<PublicKey>,
    /// Certificates of time stamping authorities, of which one at least must have stamped.
    pub roots: Vec<CertificateDer<'static>>,
}

/// What was checked and found.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Report {
    /// Files whose digests were computed.
    pub files: u64,
    /// Their bytes.
    pub bytes: u64,
    /// Records of WARCs.
    pub records: u64,
    /// Entries of the chain.
    pub entries: u64,
    /// Bodies of which the bundle says that it leaves them out; only their digests are there.
    pub left_out: u64,
    /// Head of the chain.
    pub head: Option<String>,
    /// Signatures that hold. Whose keys these are must be known from elsewhere.
    pub signatures: Vec<Signature>,
    /// Time stamps that hold.
    pub stamps: Vec<Stamp>,
    /// Proofs of OpenTimestamps.
    pub anchors: Vec<Anchor>,
    /// What is wrong, at most the first thousand.
    pub problems: Vec<Problem>,
    /// How much is wrong in all.
    pub problem_count: u64,
    /// What was not checked, or may be missed; at most the first thousand.
    pub notes: Vec<Problem>,
}

impl Report {
    fn problem(&mut self, item: &str, what: impl Into<String>) {
        self.problem_count += 1;
        if self.problems.len() < PROBLEMS_LIMIT {
            self.problems.push(Problem {
                item: item.to_owned(),
                what: what.into(),
            });
        }
    }

    /// Takes in what was found beside it.
    fn append(&mut self, other: Report) {
        self.records += other.records;
        self.problem_count += other.problem_count;
        let room = PROBLEMS_LIMIT.saturating_sub(self.problems.len());
        self.problems.extend(other.problems.into_iter().take(room));
        for note in other.notes {
            self.note(&note.item, &note.what);
        }
    }

    fn note(&mut self, item: &str, what: &str) {
        let note = Problem {
            item: item.to_owned(),
            what: what.to_owned(),
        };
        if self.notes.len() < PROBLEMS_LIMIT && self.notes.last() != Some(&note) {
            self.notes.push(note);
        }
    }
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
    verify_with(&BTreeMap::new(), depth, folder, trust)
}

/// Checks a bundle of ours that was sealed just now, when these digests were taken of its files on the disk: they are not taken
/// once more.
pub(super) fn verify_new(folder: &Path, sealed: &BTreeMap<String, Sums>) -> Result<Report> {
    verify_with(sealed, Depth::Content, folder, &Trust::default())
}

fn verify_with(sealed: &BTreeMap<String, Sums>, depth: Depth, folder: &Path, trust: &Trust) -> Result<Report> {
    let mut report = Report::default();
    let files = list(folder, &mut report)?;
    let payload = check_bag(folder, &files, sealed, &mut report)?;
    let tables = stated_tables(folder, &files)?;
    check_parts(&files, &tables, &mut report);
    if report.problems.is_empty() {
        let (named, records) = check_ledger(folder, &mut report)?;
        if depth == Depth::Seal {
            proofs::check(folder, &files, trust, &mut report)?;
            return Ok(report);
        }
        let mut bodies = Bodies {
            named,
            all: !files.contains("data/ledger/withheld.txt"),
            kept: HashSet::new(),
        };
        // Where there is nothing else to open, the report stands in the WACZ as well.
        bodies.named.extend(payload.get(report::FILE).cloned());
        for name in files.iter().filter(|name| name.ends_with(".wacz")) {
            let held = wacz::check(&folder.join(name), name, true, &mut report)?;
            for body in held.payloads {
                bodies.check_named(&body, name, &mut report);
                bodies.kept.insert(body);
            }
            for record in held.records.iter().filter(|record| !records.contains(*record)) {
                bodies.unnamed("its record of others", record, name, &mut report);
            }
            bodies.kept.extend(held.of_others);
        }
        for (name, sha256) in payload.iter().filter(|(name, _)| name.starts_with("data/supplied/")) {
            bodies.check_named(sha256, name, &mut report);
            bodies.kept.insert(sha256.clone());
        }
        check_others(folder, &files, &payload, &bodies, &mut report)?;
        if files.contains(LEFT_OUT) {
            check_left_out(folder, &mut bodies, &mut report)?;
        }
        check_tables(folder, &tables, &bodies, &mut report)?;
        slim::check(folder, &mut report)?;
        check_crate(folder, payload, &mut report)?;
        proofs::check(folder, &files, trust, &mut report)?;
    }
    Ok(report)
}

/// Checks a ZIP: a bundle in one, as far as `depth`, or a WACZ, ours or anybody's.
///
/// # Errors
/// If it cannot be read, or a bundle not be unpacked where temporary files stand; what is wrong with it is in the report.
pub fn verify_zip(depth: Depth, path: &Path, trust: &Trust) -> Result<Report> {
    match zipped::is_bag(path)? {
        true => verify_zip_beside(depth, path, &std::env::temp_dir(), trust),
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
    let room = std::env::temp_dir();
    let folder = tempfile::Builder::new()
        .prefix(".citekeep-verify-")
        .tempdir_in(&room)
        .map_err(failed("cannot write a folder in", &room))?;
    let mut report = Report::default();
    match zipped::unpack(path, folder.path(), &mut report)? {
        Some(top) => {
            let bundle = folder.path().join(top);
            Ok((folder, bundle))
        }
        None => Err(Error::BadInput {
            input: path.display().to_string(),
            why: report
                .problems
                .first()
                .map_or_else(String::new, |first| format!("{}: {}", first.item, first.what)),
            hint: None,
        }),
    }
}

/// What witnesses said of heads of the ledger that a bundle in a folder, which was checked before, is of.
///
/// # Errors
/// If it cannot be read.
pub fn confirmed(folder: &Path) -> Result<impl Iterator<Item = Result<Confirmed>>> {
    proofs::confirmed(folder, list(folder, &mut Report::default())?)
}

/// Checks a bundle in one ZIP, which is unpacked for that in a folder inside `room` that is gone afterwards.
pub(super) fn verify_zip_beside(depth: Depth, path: &Path, room: &Path, trust: &Trust) -> Result<Report> {
    let folder = tempfile::Builder::new()
        .prefix(".citekeep-verify-")
        .tempdir_in(room)
        .map_err(failed("cannot write a folder in", room))?;
    let mut report = Report::default();
    match zipped::unpack(path, folder.path(), &mut report)? {
        Some(top) => verify_to(depth, &folder.path().join(top), trust),
        None => Ok(report),
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

/// Every plain file by its path inside the folder; links and odd names are problems.
fn list(folder: &Path, report: &mut Report) -> Result<BTreeSet<String>> {
    let mut files = BTreeSet::new();
    let mut open = vec![(folder.to_owned(), String::new(), 0)];
    while let Some((path, prefix, depth)) = open.pop() {
        for entry in fs::read_dir(&path).map_err(failed("cannot read", &path))? {
            let entry = entry.map_err(failed("cannot read", &path))?;
            let name = entry.file_name();
            let kind = entry.file_type().map_err(failed("cannot read", &path))?;
            let plain = name.to_str().filter(|name| is_plain(name));
            let shown = format!("{prefix}{}", name.to_string_lossy());
            if plain.is_none() {
                report.problem(&shown, "a name that no bundle of ours has");
            } else if kind.is_dir() && depth < DEPTH_LIMIT {
                open.push((entry.path(), format!("{shown}/"), depth + 1));
            } else if !kind.is_file() {
                report.problem(&shown, "neither file nor folder, or too deep");
            } else if files.len() < FILES_LIMIT {
                files.insert(shown);
            } else {
                report.problem(&shown, "too many files");
                return Ok(files);
            }
        }
    }
    Ok(files)
}

fn is_plain(name: &str) -> bool {
    let ok = |b: u8| b.is_ascii_alphanumeric() || b"._+=@-".contains(&b);
    name.len() <= 180 && !name.starts_with('.') && name.bytes().all(ok)
}

/// The bag, of whose files some digests are known; gives what its manifest says of the payload.
fn check_bag(
    folder: &Path,
    files: &BTreeSet<String>,
    known: &BTreeMap<String, Sums>,
    report: &mut Report,
) -> Result<BTreeMap<String, String>> {
    if text(folder, "bagit.txt", files, report)?.is_some_and(|text| text != DECLARATION) {
        report.problem("bagit.txt", "not the declaration of BagIt 1.0");
    }
    let is_payload = |name: &str| name.starts_with("data/");
    // What is about the manifests can be in none of them.
    let is_listed = |name: &str| ![TAG_MANIFEST, TAG_MANIFEST_512].contains(&name) && !name.starts_with(FOLDER);
    let (mut octets, mut count) = (0, 0);
    let mut manifests = BTreeMap::new();
    for name in [
        "manifest-sha256.txt",
        "manifest-sha512.txt",
        TAG_MANIFEST,
        TAG_MANIFEST_512,
    ] {
        let rows = manifest(&text(folder, name, files, report)?.unwrap_or_default(), name, report);
        for (file, _) in rows.iter().filter(|(file, _)| !files.contains(*file)) {
            report.problem(file, format!("missing; {name} names it"));
        }
        manifests.insert(name, rows);
    }
    let listed: Vec<&str> = files
        .iter()
        .map(String::as_str)
        .filter(|file| is_listed(file))
        .collect();
    for some in listed.chunks(SUMS_AT_ONCE) {
        let unknown: Vec<&str> = some.iter().copied().filter(|file| !known.contains_key(*file)).collect();
        let taken: BTreeMap<&str, Sums> = unknown.iter().copied().zip(Sums::of_all(folder, &unknown)?).collect();
        for file in some {
            let sums = known.get(*file).unwrap_or_else(|| &taken[file]);
            report.files += 1;
            report.bytes += sums.length;
            if is_payload(file) {
                octets += sums.length;
                count += 1;
            }
            let prefix = if is_payload(file) { "" } else { "tag" };
            for (algorithm, digest) in [("sha256", &sums.sha256), ("sha512", &sums.sha512)] {
                let name = format!("{prefix}manifest-{algorithm}.txt");
                match manifests[name.as_str()].get(*file) {
                    None => report.problem(file, format!("added: not in {name}")),
                    Some(stated) if stated != digest => {
                        report.problem(file, format!("changed: not the {algorithm} of {name}"))
                    }
                    Some(_) => {}
                }
            }
        }
    }
    let oxum = format!("Payload-Oxum: {octets}.{count}");
    if text(folder, "bag-info.txt", files, report)?.is_some_and(|info| !info.lines().any(|line| line == oxum)) {
        report.problem("bag-info.txt", format!("does not say {oxum}"));
    }
    Ok(manifests.remove("manifest-sha256.txt").unwrap_or_default())
}

/// The text of a row has the digest that stands beside it; every body of it is named by the ledger and in the bundle.
fn check_digests(row: &Value, item: &str, bodies: &Bodies, report: &mut Report) {
    for column in ["body_sha256", "exchange_sha256", "sha256"] {
        if let Some(sha256) = row[column].as_str() {
            bodies.check_named(sha256, item, report);
            if !bodies.kept.contains(sha256) {
                report.problem(item, format!("the bundle does not hold its body {sha256}"));
            }
        }
    }
    if let Some(sha256) = row["text_sha256"].as_str() {
        bodies.check_named(sha256, item, report);
    }
    if let (Some(text), Some(stated)) = (row["text"].as_str(), row["text_sha256"].as_str())
        && hex(&Sha256::digest(text)) != stated
    {
        report.problem(item, "a text is not that of its text_sha256");
    }
}

/// A table of the bundle: its name and its columns.
#[derive(PartialEq)]
struct Stated {
    name: String,
    columns: Vec<String>,
}

/// The tables that a bundle must have: those of this program, or where its archive is of another schema, those that it describes
/// itself. That it is of another is said when the archive is opened.
fn stated_tables(folder: &Path, files: &BTreeSet<String>) -> Result<Vec<Stated>> {
    let archive = format!("data/{}", super::slim::NAME);
    let version = match files.contains(&archive) {
        true => slim::schema_version(&folder.join(archive))?,
        false => None,
    };
    if version.is_none_or(|version| version == crate::store::SCHEMA_VERSION) {
        let own = TABLES.iter().map(|table| Stated {
            name: table.name.to_owned(),
            columns: table.columns.iter().map(|column| column.0.to_owned()).collect(),
        });
        return Ok(own.collect());
    }
    let package = match files.contains(PACKAGE) {
        true => fs::read(folder.join(PACKAGE)).map_err(failed("cannot read", &folder.join(PACKAGE)))?,
        false => Vec::new(),
    };
    let mut described = described(&serde_json::from_slice(&package).unwrap_or_default());
    described.retain(|table| is_plain(&table.name));
    Ok(described)
}

/// The tables that a data package describes.
fn described(package: &Value) -> Vec<Stated> {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let resources = package["resources"].as_array().into_iter().flatten();
    resources
        .map(|resource| Stated {
            name: text(&resource["name"]),
            columns: resource["schema"]["fields"]
                .as_array()
                .into_iter()
                .flatten()
                .map(|field| text(&field["name"]))
                .collect(),
        })
        .collect()
}

/// Nothing that every bundle has is missing, whatever the manifests say.
fn check_parts(files: &BTreeSet<String>, tables: &[Stated], report: &mut Report) {
    // Every program that wrote bundles wrote these.
    for name in ["articles", "captures", "citations", "media", "notes", "posts"] {
        if !tables.iter().any(|table| table.name == name) {
            report.problem(PACKAGE, format!("does not describe the table {name}"));
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

fn manifest(text: &str, name: &str, report: &mut Report) -> BTreeMap<String, String> {
    let mut rows = BTreeMap::new();
    for line in text.lines() {
        match line.split_once("  ") {
            Some((digest, file)) if rows.insert(file.to_owned(), digest.to_owned()).is_none() => {}
            _ => report.problem(name, "a line that is no digest of a file, or of one named before"),
        }
    }
    rows
}

fn text(folder: &Path, name: &str, files: &BTreeSet<String>, report: &mut Report) -> Result<Option<String>> {
    let path = folder.join(name);
    if !files.contains(name) {
        report.problem(name, "missing");
        return Ok(None);
    }
    if fs::metadata(&path).map_err(failed("cannot read", &path))?.len() > TEXT_LIMIT {
        report.problem(name, "absurdly large");
        return Ok(None);
    }
    let bytes = fs::read(&path).map_err(failed("cannot read", &path))?;
    let text = String::from_utf8(bytes).ok();
    if text.is_none() {
        report.problem(name, "not UTF-8");
    }
    Ok(text)
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

/// CSV and JSON lines must say the same, and every digest in them must be the ledger's.
fn check_tables(folder: &Path, tables: &[Stated], bodies: &Bodies, report: &mut Report) -> Result<()> {
    let path = folder.join(PACKAGE);
    let package = fs::read_to_string(&path).map_err(failed("cannot read", &path))?;
    let package: Value = serde_json::from_str(&package).unwrap_or_default();
    let raw = package["csvGuard"] == false;
    let described = described(&package);
    for table in tables {
        if !described.contains(table) {
            report.problem(PACKAGE, format!("does not describe the columns of {}", table.name));
        }
        let name = format!("data/{}.csv", table.name);
        let path = folder.join(&name);
        let file = File::open(&path).map_err(failed("cannot read", &path))?;
        let mut cells = csv::ReaderBuilder::new()
            .has_headers(false)
            .from_reader(BufReader::new(file))
            .into_records();
        let header = cells.next().and_then(std::result::Result::ok);
        if header.is_none_or(|header| !header.iter().eq(&table.columns)) {
            report.problem(&name, "its first line does not name the columns");
        }
        let of_lines = format!("data/{}.jsonl", table.name);
        for (number, line) in lines(folder, &of_lines)?.enumerate() {
            let line = line?;
            let row: Value = serde_json::from_str(&line).unwrap_or_default();
            // Another name for what is unknown, or one name twice, would mean something else to others.
            let written = super::tables::line(
                table
                    .columns
                    .iter()
                    .map(|column| (column.as_str(), &row[column.as_str()])),
            );
            if line != written && line != super::json_lines::line(&written) {
                report.problem(
                    &of_lines,
                    format!("row {} does not have each column once, in its order", number + 1),
                );
                break;
            }
            let agrees = cells.next().and_then(std::result::Result::ok).is_some_and(|record| {
                record.len() == table.columns.len()
                    && table
                        .columns
                        .iter()
                        .zip(record.iter())
                        .all(|(column, cell)| super::tables::expected(&row[column.as_str()], raw) == cell)
            });
            check_digests(&row, &of_lines, bodies, report);
            if !agrees {
                report.problem(&name, format!("row {} is not that of the .jsonl file", number + 1));
                break;
            }
        }
        if cells.next().is_some() {
            report.problem(&name, "has rows that the .jsonl file lacks");
        }
    }
    Ok(())
}
