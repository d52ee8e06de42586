//! Evidence that stands without this program: a selection of the archive as a BagIt bag of plain files, and its check.
//!
//! A bundle is written under a temporary name, checked as a stranger would check it (but for the digests of its files, which are
//! not taken twice: its manifests are made of what is read back from the disk), and only then gets its name. The same
//! selection at the same ledger entry, signed by the same key, gives the same bytes; only `proofs/` may gain some.

mod annotations;
pub mod atom;
mod bag;
mod digests;
mod draft;
mod flusher;
mod gzip;
mod json_lines;
mod ledger;
mod left_out;
mod names;
mod offsets;
mod others;
mod proofs;
mod references;
mod report;
mod rocrate;
mod secrets;
mod slim;
mod steps;
mod sums;
mod supplied;
mod surt;
mod tables;
pub mod verify;
mod wacz;
mod warc;
pub mod zipped;

use std::io;
use std::path::Path;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest, Sha256};

use crate::error::{Error, Result};
use crate::exchange::SecretForm;
use crate::key::Key;
use crate::stamp::Testimony;
use crate::store::export::Extract;
use crate::store::hex;
use bag::Bag;
pub use draft::Stop;

/// Bytes of a file that are read at once.
const BUFFER: usize = 1 << 16;

/// Asks witnesses about the SHA-256 of a bundle's tag manifest, which is that of everything sealed in it; gives the words of those
/// who gave theirs.
pub type Ask<'a> = dyn FnMut(&[u8; 32]) -> Result<Vec<Testimony>> + 'a;

type Format = fn(&mut Bag, &Extract<'_>, &Options) -> Result<()>;

/// What goes into `data/`, in this order. A new format is a file beside this one and a line here, before the last: that
/// describes all files before it. The WACZ may hold the report.
const FORMATS: [Format; 13] = [
    tables::write,
    ledger::write,
    supplied::write,
    others::write,
    report::write,
    wacz::write,
    annotations::write,
    references::bibtex::write,
    references::ris::write,
    references::csl::write,
    slim::write,
    left_out::write,
    rocrate::write,
];

/// How a bundle is written.
#[derive(Debug, Clone)]
pub struct Options {
    /// CSV cells exactly as they are, without the guard against spreadsheet formulas.
    pub csv_raw: bool,
    /// Who made the captures and answers for the bundle.
    pub who: Who,
    /// How the captures are parted.
    pub parting: Parting,
    /// What it is signed with; `None`: not at all.
    pub key: Option<Key>,
    /// Bytes of WARC beyond which another WACZ begins; a single larger body has one of its own.
    pub wacz_bytes: u64,
    /// What must stand in none of its files.
    pub secrets: Vec<SecretForm>,
    /// Asked to stop, it leaves nothing behind.
    pub stop: Stop,
}

/// How the captures of a bundle are parted into WACZ files.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Parting {
    /// One for the whole selection, another where that would be too large.
    #[default]
    Selection,
    /// One for each capture and each reading.
    Capture,
}

impl Default for Options {
    fn default() -> Options {
        Options {
            csv_raw: false,
            who: Who::default(),
            parting: Parting::default(),
            key: None,
            wacz_bytes: 1 << 30,
            secrets: Vec::new(),
            stop: Stop::default(),
        }
    }
}

/// Who made the captures and answers for a bundle; one line each, empty: not named.
#[derive(Debug, Clone, Default)]
pub struct Who {
    /// The organisation.
    pub organization: String,
    /// The person who collected, or who can be asked.
    pub collector: String,
    /// Where that person is reached.
    pub email: String,
}

/// A bundle that has its name.
#[derive(Debug, Clone)]
pub struct Made {
    /// `folder`, `zip` or `wacz`.
    pub format: &'static str,
    /// `urn:uuid:` of the selection at the ledger entry.
    pub identifier: String,
    /// Digest of its tag manifest; of a WACZ by itself, of its `datapackage.json`.
    pub sha256: String,
}

/// Writes the bundle of `extract` as the new folder `path`, or as one ZIP where the name ends so; nothing but the captures
/// where it ends in `.wacz`. Where there is somebody to `ask`, that is done once, about the sealed bundle before it gets its name.
///
/// # Errors
/// If `path` exists, the archive cannot be read, the folder cannot be written, what was written does not verify, a secret
/// stands in it, `ask` fails, the captures alone are to be asked about, or it was to stop.
pub fn write(path: &Path, extract: &Extract<'_>, options: &Options, ask: Option<&mut Ask<'_>>) -> Result<Made> {
    // However the request came up where it was written, it is none of the disk's failures.
    make(path, extract, options, ask).map_err(|error| options.stop.check().err().unwrap_or(error))
}

fn make(path: &Path, extract: &Extract<'_>, options: &Options, ask: Option<&mut Ask<'_>>) -> Result<Made> {
    if path.symlink_metadata().is_ok() {
        return Err(Error::BadInput {
            input: path.display().to_string(),
            why: "there is something of this name already".to_owned(),
            hint: Some("an export overwrites nothing; give a new name"),
        });
    }
    if wacz::is_wanted(path) {
        if !extract.received {
            return Err(Error::BadInput {
                input: path.display().to_string(),
                why: "nothing that was received is to be told, so a WACZ has nothing in it".to_owned(),
                hint: Some("give a folder or a .zip"),
            });
        }
        if ask.is_some() {
            return Err(Error::BadInput {
                input: path.display().to_string(),
                why: "a WACZ by itself has no place for time stamps".to_owned(),
                hint: Some("give a folder or a .zip"),
            });
        }
        let sha256 = wacz::alone(path, extract, options)?;
        return Ok(made("wacz", extract, sha256));
    }
    let mut bag = Bag::begin(path, &options.stop)?;
    bag.sum_meanwhile();
    for format in FORMATS {
        format(&mut bag, extract, options)?;
    }
    steps::write(&mut bag, extract)?;
    bag.seal(extract, options)?;
    proofs::write(&mut bag, extract, options, ask)?;
    let sha256 = hex(&Sha256::digest(bag.read(bag::TAG_MANIFEST)?));
    for name in bag.names() {
        options.stop.check()?;
        let file = bag.folder().join(name);
        secrets::refuse(&file, name, &options.secrets)?;
    }
    names::refuse(&bag, extract, options)?;
    refuse_beyond(verify::FILES_LIMIT as u64, bag.names().len() as u64, "folder", path)?;
    if zipped::is_wanted(path) {
        zipped::finish(bag, path, extract, &options.stop)?;
        return Ok(made("zip", extract, sha256));
    }
    bag::kept(
        || bag.sync_all(),
        || sound(&verify::verify_new(bag.folder(), bag.sealed(), &options.stop)?),
    )?;
    options.stop.check()?;
    bag.finish(path)?;
    Ok(made("folder", extract, sha256))
}

fn made(format: &'static str, extract: &Extract<'_>, sha256: String) -> Made {
    let identifier = format!("urn:uuid:{}", bag::uuid(extract));
    Made {
        format,
        identifier,
        sha256,
    }
}

/// Nothing is written that the check would not take.
fn refuse_beyond(most: u64, size: u64, what: &str, path: &Path) -> Result<()> {
    match size > most {
        false => Ok(()),
        true => Err(Error::BadInput {
            input: path.display().to_string(),
            why: format!("the bundle has more files than are taken from one {what}"),
            hint: Some("choose less; a folder takes more files than a ZIP"),
        }),
    }
}

/// What was just written must be sound.
fn sound(report: &verify::Report) -> Result<()> {
    match report.problems.first() {
        None => Ok(()),
        Some(problem) => Err(Error::Internal(format!(
            "the new bundle does not verify: {}: {}",
            problem.item, problem.what
        ))),
    }
}

/// The address that names bytes by their SHA-256 (RFC 6920). Unlike `urn:sha256:` it is one that has a path.
fn named_information(sha256: &[u8]) -> String {
    format!("ni:///sha-256;{}", URL_SAFE_NO_PAD.encode(sha256))
}

fn failed(what: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Error {
    let path = path.to_owned();
    move |source| Error::Io { what, path, source }
}
