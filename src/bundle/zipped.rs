//! The same bag as one ZIP, for sending: one folder with all in it (RFC 8493 §4), entries in the order of their names and with
//! the time of the ledger entry. What is compressed already stands as it is.

use std::fs::{self, File};
use std::io;
use std::path::Path;

use tempfile::NamedTempFile;
use zip::{CompressionMethod, ZipWriter};

use super::bag::{Bag, kept, parent, sync, uuid};
use super::{failed, verify, wacz};
use crate::error::{Error, Result};
use crate::store::export::Extract;

/// Ends of the names of files that become smaller.
const DEFLATED: [&str; 10] = [
    ".bib", ".csv", ".db", ".html", ".json", ".jsonl", ".jsonld", ".md", ".ris", ".txt",
];

/// Whether an export to this path is one ZIP.
#[must_use]
pub fn is_wanted(path: &Path) -> bool {
    path.extension().is_some_and(|end| end.eq_ignore_ascii_case("zip"))
}

/// Packs the sealed bag, checks the ZIP, and gives it its name.
pub(super) fn finish(bag: Bag, path: &Path, extract: &Extract<'_>) -> Result<()> {
    let file = tempfile::Builder::new()
        .prefix(".citekeep-export-")
        .suffix(".zip")
        .tempfile_in(parent(path))
        .map_err(failed("cannot write a file in", parent(path)))?;
    let file = pack(&bag, file, extract)?;
    // Its room is needed for the check.
    drop(bag);
    kept(
        || sync(file.path()),
        || {
            let (depth, trust) = (verify::Depth::Content, verify::Trust::default());
            super::sound(&verify::verify_zip_beside(depth, file.path(), parent(path), &trust)?)
        },
    )?;
    file.persist_noclobber(path).map_err(|error| Error::Io {
        what: "cannot name",
        path: path.to_owned(),
        source: error.error,
    })?;
    sync(parent(path))
}

fn pack(bag: &Bag, file: NamedTempFile, extract: &Extract<'_>) -> Result<NamedTempFile> {
    let top = format!(
        "citekeep-{}-{}",
        extract.at.get(..10).unwrap_or_default(),
        &uuid(extract)[..8]
    );
    let path = file.path().to_owned();
    let failed_here = || failed("cannot write", &path);
    let mut zip = ZipWriter::new(io::BufWriter::new(file));
    for name in bag.names() {
        let source = bag.folder().join(name);
        let mut content = File::open(&source).map_err(failed("cannot read", &source))?;
        let length = fs::metadata(&source).map_err(failed("cannot read", &source))?.len();
        let method = match DEFLATED.iter().any(|end| name.ends_with(end)) {
            true => CompressionMethod::Deflated,
            false => CompressionMethod::Stored,
        };
        let options = wacz::options(extract, method).large_file(length > 3 << 30);
        zip.start_file(format!("{top}/{name}"), options)
            .map_err(io::Error::from)
            .map_err(failed_here())?;
        io::copy(&mut content, &mut zip).map_err(failed_here())?;
    }
    zip.finish()
        .map_err(io::Error::from)
        .map_err(failed_here())?
        .into_inner()
        .map_err(|error| failed_here()(error.into_error()))
}
