//! The check of a bundle in one ZIP: it is unpacked into a folder of its own that is gone afterwards, under bounds that hold
//! whatever the ZIP says of itself, and then checked as a folder. A name with anything odd is not written at all.

use std::cell::Cell;
use std::collections::{BTreeSet, HashSet};
use std::fs::{self, File};
use std::io;
use std::path::Path;

use zip::ZipArchive;

use super::bag::is_plain;
use super::{DEPTH_LIMIT, Report};
use crate::bundle::failed;
use crate::error::Result;
use crate::warc::is_content;
use crate::warc::zipped::{Inflated, Metered, ends_with_its_list, wrong_form};

/// Most bytes of a ZIP's list of contents: some 100,000 names as ours are. What is read of it takes up to ten times as much in memory.
pub(in crate::bundle) const DIRECTORY_LIMIT: u64 = 16 << 20;
/// What is read of a ZIP to find its list of contents, besides that.
const AROUND: u64 = 128 << 10;
/// What may come out, in all, besides 64 times the size of the file.
const INFLATED_LIMIT: u64 = 256 << 20;

type Zip<'z> = ZipArchive<Metered<'z>>;

/// Whether the ZIP has a bag in a folder, as no WACZ has.
pub(super) fn is_bag(path: &Path) -> Result<bool> {
    let file = File::open(path).map_err(failed("cannot read", path))?;
    let left = Cell::new(DIRECTORY_LIMIT + AROUND);
    Ok(ZipArchive::new(Metered { file, left: &left }).is_ok_and(|mut zip| {
        left.set(u64::MAX);
        (0..zip.len()).any(|index| {
            zip.by_index_raw(index).is_ok_and(|entry| {
                let name = String::from_utf8_lossy(entry.name_raw());
                name.split_once('/').is_some_and(|(_, name)| name == "bagit.txt")
            })
        })
    }))
}

/// Unpacks the ZIP into the folder; gives the name of its one folder, or says in the report why it was not.
pub(super) fn unpack(path: &Path, into: &Path, report: &mut Report) -> Result<Option<String>> {
    unpack_within(DIRECTORY_LIMIT, path, into, report)
}

/// The same where its list of contents has at most so many bytes.
pub(in crate::bundle) fn unpack_within(
    limit: u64,
    path: &Path,
    into: &Path,
    report: &mut Report,
) -> Result<Option<String>> {
    let file = File::open(path).map_err(failed("cannot read", path))?;
    let length = file.metadata().map_err(failed("cannot read", path))?.len();
    let directory = Cell::new(limit + AROUND);
    let left = Cell::new(INFLATED_LIMIT.saturating_add(length.saturating_mul(64)));
    let unpacked = match ZipArchive::new(Metered { file, left: &directory }) {
        Err(error) => Err(error.into()),
        Ok(mut zip) => {
            directory.set(u64::MAX);
            zip.validate_header_consistency()
                .map_err(io::Error::from)
                .and_then(|()| write(path, &mut zip, into, &left, report))
        }
    };
    match unpacked {
        Ok(top) => Ok(top),
        Err(error) if is_content(&error) => {
            report.problem(&path.display().to_string(), format!("not a sound ZIP: {error}"));
            Ok(None)
        }
        Err(error) => Err(failed("cannot unpack", path)(error)),
    }
}

fn write(
    path: &Path,
    zip: &mut Zip<'_>,
    into: &Path,
    left: &Cell<u64>,
    report: &mut Report,
) -> io::Result<Option<String>> {
    let before = report.problem_count;
    if zip.offset() != 0 {
        report.problem("the ZIP", "begins with bytes that belong to no entry");
    }
    if !zip.comment().is_empty() || !ends_with_its_list(path, &[])? {
        report.problem("the ZIP", "ends with bytes that belong to no entry");
    }
    let (mut names, mut tops, mut folded) = (Vec::new(), BTreeSet::new(), HashSet::new());
    for index in 0..zip.len() {
        let entry = zip.by_index_raw(index)?;
        let name = String::from_utf8_lossy(entry.name_raw()).into_owned();
        let parts: Vec<&str> = name.trim_end_matches('/').split('/').collect();
        let wrong = match wrong_form(&entry, &name, &mut folded) {
            None if !parts.iter().all(|part| is_plain(part)) => Some("a name that no bundle of ours has"),
            None if parts.len() > DEPTH_LIMIT + 1 => Some("too deep"),
            None if parts.len() < 2 && !entry.is_dir() => Some("stands beside the folder of the bundle"),
            wrong => wrong,
        };
        match wrong {
            Some(wrong) => report.problem(&name, wrong),
            None => {
                tops.insert(parts[0].to_owned());
                if !entry.is_dir() {
                    names.push((index, name));
                }
            }
        }
    }
    let files: HashSet<&str> = names.iter().map(|(_, name)| name.as_str()).collect();
    for (_, name) in &names {
        if name.match_indices('/').any(|(end, _)| files.contains(&name[..end])) {
            report.problem(name, "lies in what is a file");
        }
    }
    if tops.len() > 1 {
        report.problem("the ZIP", "holds more than the one folder of a bundle");
    }
    if report.problem_count > before {
        return Ok(None);
    }
    for (index, name) in names {
        let target = into.join(&name);
        if let Some(parent) = target.parent() {
            fs::create_dir_all(parent)?;
        }
        let mut source = Inflated {
            source: report.stop.over(zip.by_index(index)?),
            left,
        };
        let mut file = File::create_new(&target)?;
        if let Err(error) = io::copy(&mut source, &mut file) {
            if !is_content(&error) {
                return Err(error);
            }
            report.problem(&name, error.to_string());
            return Ok(None);
        }
    }
    Ok(tops.pop_first())
}
