//! The check of `proofs/`: the signature over the tag manifest, and what witnesses say of heads of the chain.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::io::Read;
use std::path::Path;

use serde_json::Value;

use super::{Anchor, Report, Signature, Stamp, TEXT_LIMIT, Trust, lines};
use crate::bundle::bag::TAG_MANIFEST;
use crate::bundle::failed;
use crate::bundle::proofs::{CHAIN, FOLDER, SIGNATURE, SIGNER};
use crate::error::Result;
use crate::key::PublicKey;
use crate::stamp::opentimestamps::{self, By};
use crate::stamp::rfc3161::{self, Token};
use crate::store::{head, unhex};

/// Most bytes of one proof.
const PROOF_LIMIT: u64 = rfc3161::REPLY_LIMIT + 1;
/// What is wrong with the name of a proof.
const NO_ENTRY: &str = "its name tells of no entry of the chain";
/// The lines of the entries that the bundle is about, in their order.
const LINES: &str = "data/ledger/lines.jsonl";
/// Most proofs of one bundle.
const PROOFS_LIMIT: usize = 20_000;

/// Checks every file in the folder of proofs, and that there is what is asked for.
pub(super) fn check(folder: &Path, files: &BTreeSet<String>, trust: &Trust, report: &mut Report) -> Result<()> {
    let proofs: Vec<&str> = files
        .range(FOLDER.to_owned()..)
        .take_while(|name| name.starts_with(FOLDER))
        .map(String::as_str)
        .collect();
    if proofs.len() > PROOFS_LIMIT {
        report.problem(FOLDER, "too many proofs");
        return Ok(());
    }
    let (mut stamps, mut anchors) = (Vec::new(), Vec::new());
    for name in proofs {
        let belongs = |end: &str| {
            name.strip_suffix(end)
                .is_some_and(|stem| files.contains(&format!("{stem}.tsr")))
        };
        match (name.strip_suffix(".tsr"), name.strip_suffix(".ots")) {
            (Some(stem), _) => stamps.push(stem),
            (_, Some(stem)) => anchors.push(stem),
            _ if [SIGNATURE, SIGNER, CHAIN].contains(&name) || belongs(".tsq") || belongs(".pem") => {}
            _ => report.problem(name, "added: no proof of a kind that is known"),
        }
    }
    signature(folder, files, report)?;
    if let Some(signer) = &trust.signer
        && !report
            .signatures
            .iter()
            .any(|signature| signature.key == signer.to_string())
    {
        report.problem(SIGNATURE, format!("not there, or not by the key asked for ({signer})"));
    }
    let stems: Vec<&str> = stamps.iter().chain(&anchors).copied().collect();
    let heads = heads(folder, files, &stems, report)?;
    for stem in stamps {
        let name = format!("{stem}.tsr");
        match time_stamp(folder, files, stem, &heads, trust)? {
            Ok(stamp) => report.stamps.push(stamp),
            Err(why) => report.problem(&name, why),
        }
    }
    for stem in anchors {
        match anchor(folder, stem, &heads)? {
            Ok(anchor) => report.anchors.push(anchor),
            Err(why) => report.problem(&format!("{stem}.ots"), why),
        }
    }
    uncovered(folder, report)?;
    if !trust.roots.is_empty() && !report.stamps.iter().any(|stamp| stamp.trusted) {
        report.problem(FOLDER, "no time stamp by an authority of the certificates asked for");
    }
    Ok(())
}

fn signature(folder: &Path, files: &BTreeSet<String>, report: &mut Report) -> Result<()> {
    match (files.contains(SIGNATURE), files.contains(SIGNER)) {
        (true, true) => {}
        (false, false) => return Ok(()),
        (true, false) => {
            report.problem(SIGNER, format!("missing; {SIGNATURE} needs it"));
            return Ok(());
        }
        (false, true) => {
            report.problem(SIGNATURE, format!("missing; {SIGNER} is there"));
            return Ok(());
        }
    }
    let pem = String::from_utf8(read(folder, SIGNER, PROOF_LIMIT)?).unwrap_or_default();
    let Some(key) = PublicKey::from_pem(&pem) else {
        report.problem(SIGNER, "no public P-384 key in PEM");
        return Ok(());
    };
    let sealed = read(folder, TAG_MANIFEST, TEXT_LIMIT)?;
    if !key.verifies_der(&sealed, &read(folder, SIGNATURE, PROOF_LIMIT)?) {
        report.problem(SIGNATURE, format!("not the signature of {TAG_MANIFEST} by {SIGNER}"));
        return Ok(());
    }
    // Who signed the bag signed what is in it.
    let key = key.to_string();
    let others: Vec<String> = report
        .signatures
        .iter()
        .filter(|other| other.key != key)
        .map(|other| other.item.clone())
        .collect();
    for item in others {
        report.problem(&item, format!("signed by another key than {SIGNATURE}"));
    }
    report.signatures.push(Signature {
        item: SIGNATURE.to_owned(),
        key,
    });
    Ok(())
}

/// The entry that a proof of this name is about: the number behind its last `-`.
fn entry(stem: &str) -> Option<u64> {
    stem.rsplit_once('-').and_then(|(_, number)| number.parse().ok())
}

/// The heads that the time stamps are about, from the bundle's chain and how it goes on behind that.
fn heads(
    folder: &Path,
    files: &BTreeSet<String>,
    stems: &[&str],
    report: &mut Report,
) -> Result<BTreeMap<u64, [u8; 32]>> {
    let wanted: BTreeSet<u64> = stems.iter().filter_map(|stem| entry(stem)).collect();
    let mut heads = BTreeMap::new();
    let mut keep = |line: &str| {
        let mut parts = line.split(' ');
        let number = parts.next().and_then(|number| number.parse().ok());
        let digest = parts.nth(1).and_then(unhex);
        if let (Some(number), Some(digest)) = (number.filter(|number| wanted.contains(number)), digest) {
            heads.insert(number, digest);
        }
    };
    if !wanted.is_empty() {
        for line in lines(folder, "data/ledger/chain.txt")? {
            keep(&line?);
        }
    }
    if !files.contains(CHAIN) {
        return Ok(heads);
    }
    let (mut number, mut previous) = (report.entries, report.head.clone().unwrap_or_default());
    for line in lines(folder, CHAIN)? {
        let line = line?;
        let parts: Vec<&str> = line.split(' ').collect();
        match parts[..] {
            [seq, leaf, stated] if seq == number.to_string() && stated == head(&previous, leaf) => {
                previous = stated.to_owned();
                number += 1;
                keep(&line);
            }
            _ => {
                report.problem(CHAIN, format!("entry {number} breaks the chain"));
                break;
            }
        }
    }
    Ok(heads)
}

/// Checks one time stamp; the inner error says what is wrong with it.
fn time_stamp(
    folder: &Path,
    files: &BTreeSet<String>,
    stem: &str,
    heads: &BTreeMap<u64, [u8; 32]>,
    trust: &Trust,
) -> Result<std::result::Result<Stamp, String>> {
    let item = format!("{stem}.tsr");
    let named = entry(stem).and_then(|entry| heads.get(&entry).map(|head| (entry, head)));
    let Some((entry, head)) = named else {
        return Ok(Err(NO_ENTRY.to_owned()));
    };
    let reply = read(folder, &item, PROOF_LIMIT)?;
    let beside = |end: &str| -> Result<Option<Vec<u8>>> {
        let name = format!("{stem}.{end}");
        files
            .contains(&name)
            .then(|| read(folder, &name, PROOF_LIMIT))
            .transpose()
    };
    let (query, roots) = (beside("tsq")?, beside("pem")?);
    Ok(Token::read(&reply).and_then(|token| {
        token.is_about(head)?;
        if let Some(query) = query {
            token.answers(&query)?;
        }
        if let Some(roots) = roots {
            token.leads_to(&rfc3161::certificates(&roots))?;
        }
        Ok(Stamp {
            entry,
            time: token.time,
            trusted: !trust.roots.is_empty() && token.leads_to(&trust.roots).is_ok(),
            authority: token.authority,
            item,
        })
    }))
}

/// Checks one proof of OpenTimestamps; the inner error says what is wrong with it.
fn anchor(folder: &Path, stem: &str, heads: &BTreeMap<u64, [u8; 32]>) -> Result<std::result::Result<Anchor, String>> {
    let item = format!("{stem}.ots");
    let named = entry(stem).and_then(|entry| heads.get(&entry).map(|head| (entry, head)));
    let Some((entry, head)) = named else {
        return Ok(Err(NO_ENTRY.to_owned()));
    };
    let file = read(folder, &item, PROOF_LIMIT)?;
    Ok(opentimestamps::read(&file, head).map(|attestations| {
        let blocks = attestations.iter().filter_map(|attestation| match attestation.by {
            By::Bitcoin(height) => Some((height, attestation.root())),
            By::Calendar(_) | By::Other => None,
        });
        Anchor {
            item,
            entry,
            block: blocks.min(),
        }
    }))
}

/// Says where the last entry of the bundle is younger than what witnesses confirmed.
fn uncovered(folder: &Path, report: &mut Report) -> Result<()> {
    let Some(covered) = report.stamps.iter().map(|stamp| stamp.entry).max() else {
        return Ok(());
    };
    let mut last = String::new();
    for line in lines(folder, LINES)? {
        last = line?;
    }
    let last: Value = serde_json::from_str(&last).unwrap_or_default();
    if last["seq"].as_u64().is_some_and(|last| last > covered) {
        report.note(LINES, &format!("no time stamp covers what is behind entry {covered}"));
    }
    Ok(())
}

/// The first bytes of a file, at most so many.
fn read(folder: &Path, name: &str, most: u64) -> Result<Vec<u8>> {
    let path = folder.join(name);
    let mut bytes = Vec::new();
    File::open(&path)
        .and_then(|file| file.take(most).read_to_end(&mut bytes))
        .map_err(failed("cannot read", &path))?;
    Ok(bytes)
}
