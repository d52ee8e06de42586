//! The check of `proofs/`: the signature over the tag manifest, and what witnesses say of that and of heads of the chain.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::io::Read;
use std::path::Path;

use serde_json::Value;
use sha2::{Digest, Sha256};

use super::{Anchor, Report, Signature, Stamp, TEXT_LIMIT, Trust, lines};
use crate::bundle::bag::TAG_MANIFEST;
use crate::bundle::failed;
use crate::bundle::proofs::{CHAIN, FOLDER, SIGNATURE, SIGNER, entry_of};
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
const PROOFS_LIMIT: usize = 60_000;

/// What a proof is about.
#[derive(Debug, Clone, Copy)]
enum Subject {
    /// The head at an entry.
    Head(u64),
    /// The tag manifest.
    Seal,
}

impl Subject {
    /// The entry of the head.
    fn entry(self) -> Option<u64> {
        match self {
            Subject::Head(entry) => Some(entry),
            Subject::Seal => None,
        }
    }
}

/// A file that holds the word of a witness.
#[derive(Debug)]
struct Proof<'f> {
    /// Its name without the end.
    stem: &'f str,
    /// The name of the file that it is over; `None`: it is by a program that gave the text of a head no file, and named the proof
    /// by witness and entry.
    over: Option<&'f str>,
    subject: Option<Subject>,
}

impl<'f> Proof<'f> {
    /// By its name, without its end and without the name of a witness before that.
    fn new(stem: &'f str, over: &'f str) -> Proof<'f> {
        let subject = match over.strip_prefix(FOLDER) {
            Some(TAG_MANIFEST) => Some(Subject::Seal),
            _ => entry_of(over).map(Subject::Head),
        };
        let number = || stem.rsplit_once('-').and_then(|(_, number)| number.parse().ok());
        Proof {
            stem,
            over: subject.map(|_| over),
            subject: subject.or_else(|| number().map(Subject::Head)),
        }
    }
}

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
    for name in &proofs {
        if let Some(stem) = name.strip_suffix(".tsr") {
            stamps.push(Proof::new(stem, stem.rsplit_once('.').map_or(stem, |(over, _)| over)));
        } else if let Some(stem) = name.strip_suffix(".ots") {
            anchors.push(Proof::new(stem, stem));
        }
    }
    let texts: BTreeSet<&str> = stamps.iter().chain(&anchors).filter_map(|proof| proof.over).collect();
    for name in proofs {
        let belongs = |end: &str| {
            name.strip_suffix(end)
                .is_some_and(|stem| files.contains(&format!("{stem}.tsr")))
        };
        let is_proof = name.ends_with(".tsr") || name.ends_with(".ots") || belongs(".tsq") || belongs(".pem");
        let is_text = entry_of(name).is_some() && texts.contains(name);
        if !is_proof && !is_text && ![SIGNATURE, SIGNER, CHAIN].contains(&name) {
            report.problem(name, "added: no proof of a kind that is known");
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
    let wanted = stamps.iter().chain(&anchors).filter_map(|proof| proof.subject?.entry());
    let digests = Digests {
        heads: heads(folder, files, &wanted.collect(), report)?,
        seal: Sha256::digest(read(folder, TAG_MANIFEST, TEXT_LIMIT)?).into(),
    };
    for name in texts {
        if let Some(why) = digests.wrong_text(folder, files, name)? {
            report.problem(name, why);
        }
    }
    for proof in stamps {
        match time_stamp(folder, files, &proof, &digests, trust)? {
            Ok(stamp) => report.stamps.push(stamp),
            Err(why) => report.problem(&format!("{}.tsr", proof.stem), why),
        }
    }
    for proof in anchors {
        match anchor(folder, &proof, &digests)? {
            Ok(anchor) => report.anchors.push(anchor),
            Err(why) => report.problem(&format!("{}.ots", proof.stem), why),
        }
    }
    uncovered(folder, report)?;
    if !trust.roots.is_empty() && !report.stamps.iter().any(|stamp| stamp.trusted) {
        report.problem(FOLDER, "no time stamp by an authority of the certificates asked for");
    }
    Ok(())
}

/// What proofs may be about.
struct Digests {
    heads: BTreeMap<u64, [u8; 32]>,
    /// Of the tag manifest.
    seal: [u8; 32],
}

impl Digests {
    /// The digest that a proof must be about.
    fn of(&self, proof: &Proof<'_>) -> std::result::Result<(Subject, &[u8; 32]), String> {
        let digest = proof.subject.and_then(|subject| match subject {
            Subject::Head(entry) => Some((subject, self.heads.get(&entry)?)),
            Subject::Seal => Some((subject, &self.seal)),
        });
        digest.ok_or_else(|| NO_ENTRY.to_owned())
    }

    /// What is wrong with the text of a head that proofs are over.
    fn wrong_text(&self, folder: &Path, files: &BTreeSet<String>, name: &str) -> Result<Option<&'static str>> {
        let Some(entry) = entry_of(name) else {
            return Ok(None);
        };
        if !files.contains(name) {
            return Ok(Some("missing; there are proofs over it"));
        }
        let digest: [u8; 32] = Sha256::digest(read(folder, name, PROOF_LIMIT)?).into();
        Ok(match self.heads.get(&entry) {
            Some(head) if *head == digest => None,
            Some(_) => Some("not the text that the head at this entry is the SHA-256 of"),
            None => Some(NO_ENTRY),
        })
    }
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

/// The heads that the time stamps are about, from the bundle's chain and how it goes on behind that.
fn heads(
    folder: &Path,
    files: &BTreeSet<String>,
    wanted: &BTreeSet<u64>,
    report: &mut Report,
) -> Result<BTreeMap<u64, [u8; 32]>> {
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
    proof: &Proof<'_>,
    digests: &Digests,
    trust: &Trust,
) -> Result<std::result::Result<Stamp, String>> {
    let stem = proof.stem;
    let item = format!("{stem}.tsr");
    let (subject, digest) = match digests.of(proof) {
        Ok(known) => known,
        Err(why) => return Ok(Err(why)),
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
        token.is_about(digest)?;
        if let Some(query) = query {
            token.answers(&query)?;
        }
        if let Some(roots) = roots {
            token.leads_to(&rfc3161::certificates(&roots))?;
        }
        Ok(Stamp {
            entry: subject.entry(),
            time: token.time,
            trusted: !trust.roots.is_empty() && token.leads_to(&trust.roots).is_ok(),
            authority: token.authority,
            item,
        })
    }))
}

/// Checks one proof of OpenTimestamps; the inner error says what is wrong with it.
fn anchor(folder: &Path, proof: &Proof<'_>, digests: &Digests) -> Result<std::result::Result<Anchor, String>> {
    let item = format!("{}.ots", proof.stem);
    let (subject, digest) = match digests.of(proof) {
        Ok(known) => known,
        Err(why) => return Ok(Err(why)),
    };
    let file = read(folder, &item, PROOF_LIMIT)?;
    Ok(opentimestamps::read(&file, digest).map(|attestations| {
        let blocks = attestations.iter().filter_map(|attestation| match attestation.by {
            By::Bitcoin(height) => Some((height, attestation.root())),
            By::Calendar(_) | By::Other => None,
        });
        Anchor {
            item,
            entry: subject.entry(),
            block: blocks.min(),
        }
    }))
}

/// Says where the last entry of the bundle is younger than what witnesses confirmed.
fn uncovered(folder: &Path, report: &mut Report) -> Result<()> {
    let entries: Option<Vec<u64>> = report.stamps.iter().map(|stamp| stamp.entry).collect();
    // One over the seal covers all.
    let Some(covered) = entries.and_then(|entries| entries.into_iter().max()) else {
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
