//! The bag: its files, each with the digests that its manifests state.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use super::{DEPTH_LIMIT, FILES_LIMIT, Report, TEXT_LIMIT};
use crate::bundle::bag::{DECLARATION, TAG_MANIFEST, TAG_MANIFEST_512};
use crate::bundle::failed;
use crate::bundle::proofs::FOLDER;
use crate::bundle::sums::Sums;
use crate::error::Result;

/// Files whose digests are held at once.
const SUMS_AT_ONCE: usize = 4096;

/// Every plain file by its path inside the folder, and the folders that have nothing in them; links and odd names are problems.
pub(super) fn list(folder: &Path, report: &mut Report) -> Result<(BTreeSet<String>, Vec<String>)> {
    let (mut files, mut empty) = (BTreeSet::new(), Vec::new());
    let mut open = vec![(folder.to_owned(), String::new(), 0)];
    while let Some((path, prefix, depth)) = open.pop() {
        let mut is_empty = true;
        for entry in fs::read_dir(&path).map_err(failed("cannot read", &path))? {
            let entry = entry.map_err(failed("cannot read", &path))?;
            is_empty = false;
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
                return Ok((files, empty));
            }
        }
        if is_empty && depth > 0 {
            empty.push(prefix);
        }
    }
    Ok((files, empty))
}

pub(super) fn is_plain(name: &str) -> bool {
    let ok = |b: u8| b.is_ascii_alphanumeric() || b"._+=@-".contains(&b);
    name.len() <= 180 && !name.starts_with('.') && name.bytes().all(ok)
}

/// The bag, of whose files some digests are known; gives what its manifest says of the payload.
pub(super) fn check(
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
        report.stop.check()?;
        let unknown: Vec<&str> = some.iter().copied().filter(|file| !known.contains_key(*file)).collect();
        let taken = Sums::of_all(folder, &unknown, &report.stop)?;
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

fn manifest(text: &str, name: &str, report: &mut Report) -> BTreeMap<String, String> {
    let mut rows = BTreeMap::new();
    if !text.is_empty() && !text.ends_with('\n') {
        report.problem(name, "its last line does not end");
    }
    for line in text.split_terminator('\n') {
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
