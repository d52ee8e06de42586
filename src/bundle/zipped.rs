//! The same bag as one ZIP, for sending: one folder with all in it (RFC 8493 §4), entries in the order of their names and with
//! the time of the ledger entry. What is compressed already stands as it is.

#[cfg(unix)]
use std::fs::Permissions;
use std::fs::{self, File};
use std::io;
#[cfg(unix)]
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use zip::CompressionMethod;

use super::bag::{Bag, kept, parent, sync, uuid};
use super::draft::{Stop, Zip};
use super::{failed, refuse_beyond, verify, wacz};
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

/// Bytes of an entry in the list of contents of a ZIP besides its name (APPNOTE §4.3.12), with lengths of eight bytes.
const ENTRY: usize = 46 + 32;

/// Bytes at most of the list of contents of a ZIP of these files in one folder.
fn directory<'n>(top: &str, names: impl IntoIterator<Item = &'n str>) -> u64 {
    let entries = names.into_iter().map(|name| ENTRY + top.len() + 1 + name.len());
    entries.sum::<usize>() as u64
}

/// Packs the sealed bag, checks the ZIP, and gives it its name.
pub(super) fn finish(bag: Bag, path: &Path, extract: &Extract<'_>, stop: &Stop) -> Result<()> {
    let top = top(extract);
    refuse_beyond(
        verify::zipped::DIRECTORY_LIMIT,
        directory(&top, bag.names()),
        "ZIP",
        path,
    )?;
    let mut draft = tempfile::Builder::new();
    draft.prefix(".citekeep-export-").suffix(".zip");
    // As open to others as what else the user writes; by itself it would be open to nobody.
    #[cfg(unix)]
    draft.permissions(Permissions::from_mode(0o666));
    let file = draft
        .tempfile_in(parent(path))
        .map_err(failed("cannot write a file in", parent(path)))?;
    pack(&bag, file.as_file(), file.path(), &top, extract, stop)?;
    // Its room is needed for the check.
    drop(bag);
    kept(
        || sync(file.path()),
        || {
            let (depth, trust) = (verify::Depth::Content, verify::Trust::default());
            super::sound(&verify::verify_zip_beside(
                depth,
                file.path(),
                parent(path),
                &trust,
                stop,
            )?)
        },
    )?;
    stop.check()?;
    file.persist_noclobber(path).map_err(|error| Error::Io {
        what: "cannot name",
        path: path.to_owned(),
        source: error.error,
    })?;
    sync(parent(path))
}

/// Name of the one folder in it.
fn top(extract: &Extract<'_>) -> String {
    format!(
        "citekeep-{}-{}",
        extract.at.get(..10).unwrap_or_default(),
        &uuid(extract)[..8]
    )
}

fn pack(bag: &Bag, file: &File, path: &Path, top: &str, extract: &Extract<'_>, stop: &Stop) -> Result<()> {
    let failed_here = || failed("cannot write", path);
    let mut zip = Zip::new(io::BufWriter::new(file));
    for name in bag.names() {
        stop.check()?;
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
        .map(drop)
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use zip::ZipWriter;
    use zip::write::SimpleFileOptions;

    use super::*;

    #[test]
    fn what_is_packed_up_to_the_limit_is_unpacked_within_it_and_more_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("x.zip");
        let names: Vec<String> = (0..4000)
            .map(|number| format!("data/others/bodies/{number:064}"))
            .collect();
        let mut zip = ZipWriter::new(File::create(&path).unwrap());
        for name in &names {
            let options = SimpleFileOptions::default().large_file(true).unix_permissions(0o644);
            zip.start_file(format!("top/{name}"), options).unwrap();
            zip.write_all(b"x").unwrap();
        }
        zip.finish().unwrap();
        let size = directory("top", names.iter().map(String::as_str));
        for (limit, expected) in [(size, 0), (size / 4, 1)] {
            let into = tempfile::tempdir().unwrap();
            let mut report = verify::Report::default();
            verify::zipped::unpack_within(limit, &path, into.path(), &mut report).unwrap();
            assert_eq!(report.problem_count, expected, "{report:?}");
            assert_eq!(refuse_beyond(limit, size, "ZIP", &path).is_err(), expected == 1);
        }
    }
}
