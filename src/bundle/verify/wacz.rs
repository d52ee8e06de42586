//! The check of a WACZ, ours or anybody's: the ZIP's form, the digests of the data package, every record of every WARC,
//! the index against the records, the pages against the index. Nothing is unpacked to the disk, no name is followed, and
//! what a hostile file may cost is bounded.

use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::fs::File;
use std::io::{self, BufRead, BufReader, Read, Seek, SeekFrom};
use std::path::Path;

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use flate2::bufread::MultiGzDecoder;
use serde_json::Value;
use sha2::{Digest, Sha256};
use zip::{CompressionMethod, ZipArchive};

use super::stored::{Stored, Tap};
use super::{Report, Signature, TEXT_LIMIT};
use crate::bundle::draft::Stoppable;
use crate::bundle::wacz::OTHERS;
use crate::bundle::{BUFFER, failed};
use crate::error::Result;
use crate::key::PublicKey;
use crate::store::hex;
use crate::warc::is_content;
use crate::warc::message::Dechunk;
use crate::warc::record::{self, Record, Take};
use crate::warc::zipped::{Inflated, Metered, ends_with_its_list, wrong_form};

/// Most bytes of a ZIP's list of contents: tens of thousands of names.
const DIRECTORY_LIMIT: u64 = 4 << 20;
/// What may come out of what is compressed, in all, besides 256 times the size of the file.
const INFLATED_LIMIT: u64 = 4 << 30;
/// Most bytes of a line of an index.
const LINE_LIMIT: u64 = 1 << 20;

/// What is wrong with a line of an index that points to nothing.
const NOWHERE: &str = "points where no record begins";

const PACKAGE: &str = "datapackage.json";
pub(super) const DIGEST: &str = "datapackage-digest.json";

/// Checks the file. `item` stands before the names of what is in it; of a bundle's own every page and record must be
/// where the index says, of others' it may be that not all is listed.
///
/// Of a bundle's own, gives what it holds.
pub(super) fn check(path: &Path, item: &str, own: bool, report: &mut Report) -> Result<Held> {
    check_within(INFLATED_LIMIT, path, item, own, report)
}

fn check_within(inflated: u64, path: &Path, item: &str, own: bool, report: &mut Report) -> Result<Held> {
    let mut file = File::open(path).map_err(failed("cannot read", path))?;
    let length = file.seek(SeekFrom::End(0)).map_err(failed("cannot read", path))?;
    let directory = Cell::new(DIRECTORY_LIMIT);
    let left = Cell::new(inflated.saturating_add(length.saturating_mul(256)));
    let whole = if item.is_empty() {
        path.display().to_string()
    } else {
        item.to_owned()
    };
    let mut check = Check {
        item: if item.is_empty() {
            String::new()
        } else {
            format!("{item}!")
        },
        own,
        report,
        left: &left,
        warcs: BTreeMap::new(),
        stored: Vec::new(),
        urls: HashSet::new(),
        held: HashSet::new(),
        revisits: Vec::new(),
        of_bundle: Held::default(),
    };
    let source = Metered { file, left: &directory };
    let outcome = match ZipArchive::new(source) {
        Ok(mut zip) => {
            directory.set(u64::MAX);
            zip.validate_header_consistency()
                .map_err(io::Error::from)
                .and_then(|()| check.all(path, &mut zip))
        }
        Err(error) => Err(error.into()),
    };
    match outcome {
        Err(error) if is_content(&error) => check.report.problem(&whole, format!("not a sound ZIP: {error}")),
        Err(error) => return Err(failed("cannot read", path)(error)),
        Ok(()) => {}
    }
    Ok(check.of_bundle)
}

/// What a WACZ of a bundle holds, by SHA-256.
#[derive(Debug, Default)]
pub(super) struct Held {
    /// Bodies that we received or were given, those redacted since included.
    pub payloads: BTreeSet<String>,
    /// Bodies in records of others, with their chunks and without.
    pub of_others: BTreeSet<String>,
    /// Records of others.
    pub records: BTreeSet<String>,
}

/// A WARC that was read.
#[derive(Default)]
struct Warc {
    /// In the order in which they stand.
    places: Vec<Place>,
    /// Where it could not be read on.
    stopped: Option<u64>,
}

impl Warc {
    /// The record that begins there.
    fn place(&mut self, offset: u64) -> Option<&mut Place> {
        let number = self.places.binary_search_by_key(&offset, |place| place.offset).ok()?;
        Some(&mut self.places[number])
    }
}

/// What the index must agree with.
struct Place {
    offset: u64,
    length: u64,
    /// Address and second of the date.
    identity: [u8; 32],
    /// Of the payload digest as stated.
    payload: Option<[u8; 32]>,
    /// Number of its digest as stored.
    stored: usize,
    /// Whether a player would miss it.
    wanted: bool,
    listed: bool,
}

struct Check<'c> {
    item: String,
    own: bool,
    report: &'c mut Report,
    left: &'c Cell<u64>,
    /// By name.
    warcs: BTreeMap<String, Warc>,
    /// Digests of the records as stored.
    stored: Vec<[u8; 32]>,
    /// Addresses that the index lists.
    urls: HashSet<[u8; 32]>,
    /// Payload digests of what is there, each as the digest of its text.
    held: HashSet<[u8; 32]>,
    /// Revisits: file, place, payload.
    revisits: Vec<(String, u64, Option<[u8; 32]>)>,
    of_bundle: Held,
}

type Zip<'z> = ZipArchive<Metered<'z>>;

impl<'c> Check<'c> {
    fn problem(&mut self, name: &str, what: impl Into<String>) {
        let item = format!("{}{name}", self.item);
        self.report.problem(&item, what);
    }

    fn all(&mut self, path: &Path, zip: &mut Zip<'_>) -> io::Result<()> {
        let before = self.report.problem_count;
        if zip.offset() != 0 {
            self.problem("archive/", "begins with bytes that belong to no entry");
        }
        if !ends_with_its_list(path, zip.comment())? {
            self.problem("archive/", "ends with bytes that belong to no entry");
        }
        let names = self.names(zip)?;
        if self.report.problem_count > before {
            return Ok(());
        }
        let listed = |folder: &str, ends: &[&str]| -> Vec<&String> {
            let inside = |name: &&String| name.starts_with(folder) && ends.iter().any(|end| name.ends_with(end));
            names.keys().filter(inside).collect()
        };
        let warcs = listed("archive/", &[".warc", ".warc.gz"]);
        let indexes = listed("indexes/", &[".cdx", ".cdxj", ".cdx.gz", ".cdxj.gz"]);
        let pages = listed("pages/", &[".jsonl"]);
        // The records are read while the digests of the same bytes are computed; of the files is told first.
        let of_records = Report::until(&self.report.stop);
        let of_files = std::mem::replace(self.report, of_records);
        let stored = RefCell::new(Stored::begin());
        let walked = warcs.iter().try_for_each(|name| self.warc(zip, name, &stored));
        let of_records = std::mem::replace(self.report, of_files);
        walked?;
        let (mut sums, of_members) = stored.into_inner().finish();
        self.stored = of_members;
        for (name, index) in names.iter().filter(|(name, _)| !warcs.contains(name)) {
            let (sum, outcome) = Sum::read(self.bounded(zip.by_index(*index)?));
            self.or_problem(name, outcome)?;
            sums.insert(name.clone(), sum);
        }
        self.package(zip, &sums)?;
        if warcs.is_empty() {
            self.problem("archive/", "no WARC in it");
        }
        if indexes.is_empty() {
            self.problem("indexes/", "no index in it");
        }
        if !names.contains_key("pages/pages.jsonl") {
            self.fault("pages/pages.jsonl", "missing".to_owned());
        }
        self.report.append(of_records);
        for (file, offset, payload) in std::mem::take(&mut self.revisits) {
            if payload.is_none_or(|payload| !self.held.contains(&payload)) {
                let name = format!("archive/{file}");
                let what = format!("record at {offset}: revisits a body that is not here");
                match file == OTHERS {
                    true => self.report.note(&format!("{}{name}", self.item), &what),
                    false => self.fault(&name, what),
                }
            }
        }
        for name in indexes {
            self.index(zip, name)?;
        }
        self.unlisted();
        for name in pages {
            self.pages(zip, name)?;
        }
        Ok(())
    }

    /// Names and forms of the entries; with anything odd the rest is not looked at.
    fn names(&mut self, zip: &mut Zip<'_>) -> io::Result<BTreeMap<String, usize>> {
        let mut names = BTreeMap::new();
        let mut folded = HashSet::new();
        for index in 0..zip.len() {
            let entry = zip.by_index_raw(index)?;
            let name = String::from_utf8_lossy(entry.name_raw()).into_owned();
            let method = entry.compression();
            let twice =
                method != CompressionMethod::Stored && (name.ends_with(".warc.gz") || name.ends_with(".cdx.gz"));
            let wrong = match wrong_form(&entry, &name, &mut folded) {
                None if twice => Some("compressed twice, which no player opens"),
                wrong => wrong,
            };
            match wrong {
                Some(wrong) => self.problem(&name, wrong),
                None if entry.is_dir() => {}
                None => drop(names.insert(name, index)),
            }
        }
        Ok(names)
    }

    /// Every file is in the data package with its digest, and none that is not there.
    fn package(&mut self, zip: &mut Zip<'_>, sums: &BTreeMap<String, Sum>) -> io::Result<()> {
        let Some(package) = self.json(zip, PACKAGE, sums)? else {
            return Ok(());
        };
        let empty = Vec::new();
        let resources = package["resources"].as_array().unwrap_or(&empty);
        let mut named = HashSet::new();
        for resource in resources {
            let Some(name) = resource["path"].as_str() else {
                self.problem(PACKAGE, "a resource without a path");
                continue;
            };
            if !named.insert(name) {
                self.problem(name, format!("named twice in {PACKAGE}"));
            }
            match sums.get(name) {
                None => self.problem(name, format!("missing; {PACKAGE} names it")),
                Some(sum) if resource["bytes"].as_u64() != Some(sum.length) || resource["hash"] != *sum.hash => {
                    self.problem(name, format!("changed: not the digest or length of {PACKAGE}"));
                }
                Some(_) => {}
            }
        }
        for name in sums.keys().filter(|name| ![PACKAGE, DIGEST].contains(&name.as_str())) {
            if !named.contains(name.as_str()) {
                self.problem(name, format!("added: not in {PACKAGE}"));
            }
        }
        let Some(digest) = self.json(zip, DIGEST, sums)? else {
            return Ok(());
        };
        if digest["path"] != PACKAGE || digest["hash"] != *sums[PACKAGE].hash {
            self.problem(PACKAGE, format!("changed: not the digest of {DIGEST}"));
        }
        if !digest["signedData"].is_null() {
            self.signature(&digest["signedData"], &package, &sums[PACKAGE].hash);
        }
        Ok(())
    }

    /// The anonymous signature of wacz-auth 0.1.0, by a P-384 key that stands beside it; others are left to others.
    fn signature(&mut self, signed: &Value, package: &Value, hash: &str) {
        let bytes = |name: &str| STANDARD.decode(signed[name].as_str()?).ok();
        let Some(key) = bytes("publicKey").and_then(|der| PublicKey::from_spki(&der)) else {
            let item = format!("{}{DIGEST}", self.item);
            self.report
                .note(&item, "its signature is of a kind that was not checked");
            return;
        };
        if signed["hash"] != hash || signed["created"] != package["created"] {
            self.problem(DIGEST, format!("what is signed is not {PACKAGE}"));
        } else if !bytes("signature").is_some_and(|signature| key.verifies(hash.as_bytes(), &signature)) {
            self.problem(DIGEST, "its signature is not by the key that it names");
        } else {
            self.report.signatures.push(Signature {
                item: format!("{}{DIGEST}", self.item),
                key: key.to_string(),
            });
        }
    }

    fn json(&mut self, zip: &mut Zip<'_>, name: &str, sums: &BTreeMap<String, Sum>) -> io::Result<Option<Value>> {
        let Some(sum) = sums.get(name) else {
            self.problem(name, "missing");
            return Ok(None);
        };
        if sum.length > TEXT_LIMIT {
            self.problem(name, "absurdly large");
            return Ok(None);
        }
        let value = serde_json::from_reader(BufReader::new(self.bounded(zip.by_name(name)?)));
        match value {
            Ok(value) => Ok(Some(value)),
            Err(error) => {
                self.problem(name, format!("no JSON: {error}"));
                Ok(None)
            }
        }
    }

    fn warc(&mut self, zip: &mut Zip<'_>, name: &str, stored: &RefCell<Stored>) -> io::Result<()> {
        let left = self.left;
        let mut source = Tap {
            source: BufReader::with_capacity(BUFFER, self.bounded(zip.by_name(name)?)),
            stored,
        };
        let (file, gzip) = (name.strip_prefix("archive/").unwrap_or(name), name.ends_with(".gz"));
        // The records of others stand as they stood: what they state wrongly is theirs, and only that they are these records
        // is ours to say.
        let outcome = if self.own && file == OTHERS {
            let mut others = Others::of(self, name, file, stored);
            record::read_into(&mut source, 0, gzip, left, &mut others)
        } else {
            record::read(&mut source, gzip, left, |offset, record| match record {
                Err(what) => self.problem(name, format!("record at {offset}: {what}")),
                Ok(record) => self.place(file, record, stored),
            })
        };
        // What is behind a record that cannot be read is of the file all the same.
        let outcome = outcome.and_then(|stopped| {
            self.warcs.entry(file.to_owned()).or_default().stopped = stopped;
            io::copy(&mut source, &mut io::sink()).map(drop)
        });
        stored.borrow_mut().end_file(name)?;
        self.or_problem(name, outcome)
    }

    fn place(&mut self, file: &str, record: Record, stored: &RefCell<Stored>) {
        let number = stored.borrow_mut().end_record();
        self.report.records += 1;
        if record.unchecked > 0 {
            let item = format!("{}archive/{file}", self.item);
            self.report.note(&item, "has digests of a kind that was not checked");
        }
        let Some(number) = number else {
            self.problem(file, "too many records");
            return;
        };
        let wanted = ["response", "resource", "revisit"].contains(&record.kind.as_str());
        // Of a certificate the ledger keeps no digest of its own.
        let payload = record.payload.as_deref().map(|payload| Sha256::digest(payload).into());
        if wanted && self.own && file != OTHERS && names_others(&record.url, record.payload.as_deref()) {
            let what = format!("record at {}: its address is the digest of other bytes", record.offset);
            self.problem(&format!("archive/{file}"), what);
        }
        if record.kind == "revisit" {
            self.revisits.push((file.to_owned(), record.offset, payload));
        } else {
            self.held.extend(payload);
            if wanted && self.own && file != OTHERS && record.media != "application/pkix-cert" {
                let body = record.payload.as_deref().unwrap_or_default();
                self.of_bundle
                    .payloads
                    .insert(body.trim_start_matches("sha256:").to_owned());
            }
            self.of_bundle.payloads.extend(record.redacted);
        }
        let place = Place {
            offset: record.offset,
            length: record.length,
            identity: identity(&record.url, &digits(&record.date)),
            payload,
            stored: number,
            wanted,
            listed: false,
        };
        match self.warcs.get_mut(file) {
            Some(warc) => warc.places.push(place),
            None => self.warcs.entry(file.to_owned()).or_default().places.push(place),
        }
    }

    fn index(&mut self, zip: &mut Zip<'_>, name: &str) -> io::Result<()> {
        let left = self.left;
        let entry = BufReader::new(self.bounded(zip.by_name(name)?));
        let outcome = if name.ends_with(".gz") {
            let source = MultiGzDecoder::new(entry);
            self.lines(BufReader::new(Inflated { source, left }), name)
        } else {
            self.lines(entry, name)
        };
        self.or_problem(name, outcome)
    }

    fn lines(&mut self, mut source: impl BufRead, name: &str) -> io::Result<()> {
        let mut previous = String::new();
        for number in 1.. {
            let Some(line) = next_line(&mut source, LINE_LIMIT)? else {
                break;
            };
            if line < previous {
                self.problem(name, format!("line {number} is out of order"));
            }
            if let Err(what) = self.entry(&line) {
                self.problem(name, format!("line {number}: {what}"));
            }
            previous = line;
        }
        Ok(())
    }

    /// One line of an index: it must describe the record that stands where it points.
    fn entry(&mut self, line: &str) -> std::result::Result<(), &'static str> {
        let mut parts = line.splitn(3, ' ');
        let (Some(_), Some(time), Some(json)) = (parts.next(), parts.next(), parts.next()) else {
            return Err("is no entry of an index");
        };
        let entry: Value = serde_json::from_str(json).map_err(|_| "is no entry of an index")?;
        let number = |name: &str| {
            let value = &entry[name];
            value.as_u64().or_else(|| value.as_str()?.parse().ok())
        };
        let text = |name: &str| entry[name].as_str().unwrap_or_default();
        let (url, file) = (text("url"), text("filename"));
        let file = file.strip_prefix("archive/").unwrap_or(file);
        let offset = number("offset").ok_or("is no entry of an index")?;
        self.urls.insert(Sha256::digest(url).into());
        let warc = self.warcs.get_mut(file).ok_or(NOWHERE)?;
        if warc.stopped.is_some_and(|stopped| offset >= stopped) {
            return Ok(());
        }
        let place = warc.place(offset).ok_or(NOWHERE)?;
        place.listed = true;
        if number("length") != Some(place.length) {
            return Err("does not state the length of its record");
        }
        if identity(url, &digits(time)) != place.identity {
            return Err("does not state the address and time of its record");
        }
        let digest = Sha256::digest(text("digest"));
        if !text("digest").is_empty() && place.payload.is_some_and(|payload| payload != *digest) {
            return Err("does not state the digest of its record");
        }
        let stored = text("recordDigest");
        if !stored.is_empty() && stored != format!("sha256:{}", hex(&self.stored[place.stored])) {
            return Err("does not state the digest of its record as stored");
        }
        Ok(())
    }

    /// Records that a player would miss.
    fn unlisted(&mut self) {
        for (file, warc) in std::mem::take(&mut self.warcs) {
            for place in warc.places.iter().filter(|place| place.wanted && !place.listed) {
                let what = format!("record at {}: no index lists it", place.offset);
                self.fault(&format!("archive/{file}"), what);
            }
        }
    }

    /// A problem of our own WACZ, a note of others'.
    fn fault(&mut self, name: &str, what: String) {
        match self.own {
            true => self.problem(name, what),
            false => self.report.note(&format!("{}{name}", self.item), &what),
        }
    }

    fn pages(&mut self, zip: &mut Zip<'_>, name: &str) -> io::Result<()> {
        let mut source = BufReader::new(self.bounded(zip.by_name(name)?));
        let outcome = loop {
            match next_line(&mut source, TEXT_LIMIT) {
                Ok(None) => break Ok(()),
                Ok(Some(line)) => self.page(name, &line),
                Err(error) => break Err(error),
            }
        };
        self.or_problem(name, outcome)
    }

    fn page(&mut self, name: &str, line: &str) {
        let page: Value = serde_json::from_str(line).unwrap_or_default();
        if page["format"].is_string() {
            return;
        }
        match (page["url"].as_str(), page["ts"].as_str()) {
            (Some(url), Some(_)) => {
                if !self.urls.contains(&<[u8; 32]>::from(Sha256::digest(url))) {
                    self.fault(name, format!("the page {url} is in no index"));
                }
            }
            _ => self.problem(name, "a line that is no page"),
        }
    }

    fn bounded<R: Read>(&self, source: R) -> Inflated<'c, Stoppable<R>> {
        Inflated {
            source: self.report.stop.over(source),
            left: self.left,
        }
    }

    /// What is wrong with the bytes is a problem; what is wrong with the disk stops the check.
    fn or_problem(&mut self, name: &str, outcome: io::Result<()>) -> io::Result<()> {
        match outcome {
            Err(error) if is_content(&error) => {
                self.problem(name, error.to_string());
                Ok(())
            }
            outcome => outcome,
        }
    }
}

/// Takes in the records of others.
struct Others<'o, 'c> {
    check: &'o mut Check<'c>,
    name: &'o str,
    file: &'o str,
    stored: &'o RefCell<Stored>,
    body: Sha256,
    content: Sha256,
    dechunk: Dechunk,
    first: bool,
}

impl<'o, 'c> Others<'o, 'c> {
    fn of(check: &'o mut Check<'c>, name: &'o str, file: &'o str, stored: &'o RefCell<Stored>) -> Others<'o, 'c> {
        Others {
            check,
            name,
            file,
            stored,
            body: Sha256::new(),
            content: Sha256::new(),
            dechunk: Dechunk::default(),
            first: true,
        }
    }
}

impl Take for Others<'_, '_> {
    const WHOLE_DIGEST: bool = true;

    fn body(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.body.update(bytes);
        let content = &mut self.content;
        self.dechunk.push(bytes, |piece| content.update(piece));
        Ok(())
    }

    fn record(&mut self, record: Record) -> io::Result<()> {
        let content = &mut self.content;
        std::mem::take(&mut self.dechunk).end(|piece| content.update(piece));
        let sums = [std::mem::take(&mut self.body), std::mem::take(&mut self.content)];
        let held = &mut self.check.of_bundle;
        held.of_others.extend(sums.map(|digest| hex(&digest.finalize())));
        held.payloads.extend(record.redacted.clone());
        // Ours are the first, which says what the file is, and what stands for one that was redacted.
        let ours = std::mem::replace(&mut self.first, false) || record.redacted.is_some();
        held.records
            .extend(record.sha256.filter(|_| !ours).map(|sha256| hex(&sha256)));
        self.check.place(self.file, record, self.stored);
        Ok(())
    }

    fn problem(&mut self, offset: u64, what: &str) {
        let what = format!("record at {offset}: {what}; what follows was not read");
        self.check.problem(self.name, what);
    }
}

/// Length and digest of an entry as they were found.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Sum {
    length: u64,
    /// `sha256:` and the digest.
    hash: String,
}

impl Sum {
    pub(super) fn of(length: u64, sha256: &[u8]) -> Sum {
        Sum {
            length,
            hash: format!("sha256:{}", hex(sha256)),
        }
    }

    /// Of the bytes that come out of an entry, and what is wrong with them.
    fn read(mut entry: impl Read) -> (Sum, io::Result<()>) {
        let (mut digest, mut length) = (Sha256::new(), 0);
        let mut buffer = vec![0; BUFFER];
        let outcome = loop {
            match entry.read(&mut buffer) {
                Ok(0) => break Ok(()),
                Ok(read) => {
                    digest.update(&buffer[..read]);
                    length += read as u64;
                }
                Err(error) => break Err(error),
            }
        };
        (Sum::of(length, &digest.finalize()), outcome)
    }
}

/// Whether the address names bytes by a SHA-256 that is not that of this payload.
fn names_others(url: &str, payload: Option<&str>) -> bool {
    let payload = payload.and_then(|payload| payload.strip_prefix("sha256:"));
    match (url.strip_prefix("urn:sha256:"), url.strip_prefix("ni:///sha-256;")) {
        (Some(named), _) => Some(named) != payload,
        (None, Some(named)) => {
            let named = URL_SAFE_NO_PAD.decode(named).map(|bytes| hex(&bytes));
            named.ok().as_deref() != payload
        }
        (None, None) => false,
    }
}

fn identity(url: &str, time: &str) -> [u8; 32] {
    Sha256::new_with_prefix(url)
        .chain_update(b"\n")
        .chain_update(time)
        .finalize()
        .into()
}

/// A time to the second as fourteen digits.
fn digits(time: &str) -> String {
    time.bytes()
        .filter(u8::is_ascii_digit)
        .map(char::from)
        .take(14)
        .collect()
}

fn next_line(source: &mut impl BufRead, limit: u64) -> io::Result<Option<String>> {
    let mut bytes = Vec::new();
    source.take(limit).read_until(b'\n', &mut bytes)?;
    match bytes.pop() {
        None => Ok(None),
        Some(b'\n') => Ok(Some(String::from_utf8_lossy(&bytes).into_owned())),
        Some(_) if bytes.len() as u64 + 1 >= limit => {
            Err(io::Error::new(io::ErrorKind::InvalidData, "an absurdly long line"))
        }
        Some(last) => {
            bytes.push(last);
            Ok(Some(String::from_utf8_lossy(&bytes).into_owned()))
        }
    }
}

#[cfg(test)]
mod tests;
