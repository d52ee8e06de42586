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
use crate::bundle::proofs::{CHAIN, FOLDER, HEADS, LIST, LISTED, SIGNATURE, SIGNER, entry_of};
use crate::error::Result;
use crate::key::PublicKey;
use crate::stamp::opentimestamps::{self, By};
use crate::stamp::rfc3161::{self, Token};
use crate::stamp::{Kind, Testimony};
use crate::store::other::stamps::Confirmed;
use crate::store::{head, hex, unhex};

/// Most bytes of one proof.
const PROOF_LIMIT: u64 = rfc3161::REPLY_LIMIT + 1;
/// What is wrong with the name of a proof.
const NO_ENTRY: &str = "its name tells of no entry of the chain";
/// What the bag says of itself.
const INFO: &str = "bag-info.txt";
/// The bundle's chain.
const LEDGER: &str = "data/ledger/chain.txt";
/// The lines of the entries that the bundle is about, in their order.
const LINES: &str = "data/ledger/lines.jsonl";

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
#[derive(Debug, Clone, Copy)]
struct Proof<'f> {
    kind: Kind,
    /// Its name.
    name: &'f str,
    /// Its name without the end.
    stem: &'f str,
    /// The name of the file that it is over; `None`: it is by a program that gave the text of a head no file, and named the proof
    /// by witness and entry.
    over: Option<&'f str>,
    subject: Option<Subject>,
}

impl<'f> Proof<'f> {
    /// By its name, which is that of what it is over, the name of a witness and its end; one of calendars has no witness in its name. `None`:
    /// it is none.
    fn of(name: &'f str) -> Option<Proof<'f>> {
        let (kind, stem) = Proof::kind(name)?;
        let over = match kind {
            Kind::Rfc3161 => stem.rsplit_once('.').map_or(stem, |(over, _)| over),
            Kind::OpenTimestamps => stem,
        };
        let subject = match over.strip_prefix(FOLDER) {
            Some(TAG_MANIFEST) => Some(Subject::Seal),
            _ => entry_of(HEADS, over).map(Subject::Head),
        };
        let number = || stem.rsplit_once('-').and_then(|(_, number)| number.parse().ok());
        Some(Proof {
            kind,
            name,
            stem,
            over: subject.map(|_| over),
            subject: subject.or_else(|| number().map(Subject::Head)),
        })
    }

    /// One about the ledger of another, in this folder: its name has the number of its entry here before the end.
    fn of_other(folder: &str, name: &'f str) -> Option<Proof<'f>> {
        let (kind, stem) = Proof::kind(name)?;
        let (over, _) = stem.rsplit_once('.')?;
        Some(Proof {
            kind,
            name,
            stem,
            over: Some(over),
            subject: entry_of(folder, over).map(Subject::Head),
        })
    }

    fn kind(name: &str) -> Option<(Kind, &str)> {
        let token = name.strip_suffix(".tsr").map(|stem| (Kind::Rfc3161, stem));
        token.or_else(|| name.strip_suffix(".ots").map(|stem| (Kind::OpenTimestamps, stem)))
    }
}

/// Names what stands in the folder and neither is a proof, nor belongs to one, nor is the text that one is over.
fn check_names(names: &[&str], proofs: &[Proof<'_>], files: &BTreeSet<String>, report: &mut Report) {
    let is_of_head = |proof: &&Proof<'_>| matches!(proof.subject, Some(Subject::Head(_)));
    let texts: BTreeSet<&str> = proofs
        .iter()
        .filter(is_of_head)
        .filter_map(|proof| proof.over)
        .collect();
    for name in names {
        let belongs = |end: &str| {
            name.strip_suffix(end)
                .is_some_and(|stem| files.contains(&format!("{stem}.tsr")))
        };
        let is_proof = Proof::kind(name).is_some() || belongs(".tsq") || belongs(".pem");
        if !is_proof && !texts.contains(name) && ![SIGNATURE, SIGNER, CHAIN, LIST].contains(name) {
            report.problem(name, "added: no proof of a kind that is known");
        }
    }
}

/// What was there when the bundle was made must be there still; more may have come since.
fn check_list(folder: &Path, files: &BTreeSet<String>, report: &mut Report) -> Result<()> {
    if !files.contains(LIST) {
        let info = read(folder, INFO, TEXT_LIMIT)?;
        if String::from_utf8_lossy(&info).lines().any(|line| line == LISTED) {
            report.problem(LIST, format!("missing; {INFO} names it"));
        }
        return Ok(());
    }
    for name in lines(folder, LIST)? {
        let name = name?;
        if !name.starts_with(FOLDER) {
            report.problem(LIST, "a line that names no proof");
        } else if !files.contains(&name) {
            report.problem(&name, format!("missing; {LIST} names it"));
        }
    }
    Ok(())
}

/// The files in a folder of the bundle.
fn inside<'f>(folder: &'f str, files: &'f BTreeSet<String>) -> Vec<&'f str> {
    files
        .range(folder.to_owned()..)
        .take_while(|name| name.starts_with(folder))
        .map(String::as_str)
        .collect()
}

/// Checks every file in the folder of proofs, and that there is what is asked for.
pub(super) fn check(folder: &Path, files: &BTreeSet<String>, trust: &Trust, report: &mut Report) -> Result<()> {
    let names = inside(FOLDER, files);
    let proofs: Vec<Proof<'_>> = names.iter().filter_map(|name| Proof::of(name)).collect();
    check_names(&names, &proofs, files, report);
    signature(folder, files, report)?;
    if let Some(signer) = &trust.signer
        && !report
            .signatures
            .iter()
            .any(|signature| signature.key == signer.to_string())
    {
        report.problem(SIGNATURE, format!("not there, or not by the key asked for ({signer})"));
    }
    check_chain_behind(folder, files, report)?;
    let digests = Digests {
        heads: heads(folder, files, &[LEDGER, CHAIN], &proofs)?,
        seal: Some(Sha256::digest(read(folder, TAG_MANIFEST, TEXT_LIMIT)?).into()),
    };
    let (stamps, anchors) = check_proofs(folder, files, &proofs, &digests, trust, report)?;
    report.stamps.extend(stamps);
    report.anchors.extend(anchors);
    uncovered(folder, report)?;
    if !trust.roots.is_empty() && !report.stamps.iter().any(|stamp| stamp.trusted) {
        report.problem(FOLDER, "no time stamp by an authority of the certificates asked for");
    }
    check_list(folder, files, report)
}

/// Checks what witnesses said of the ledger of another, in this folder, by the chain of that.
pub(super) fn check_of_other(
    folder: &Path,
    files: &BTreeSet<String>,
    heads_folder: &str,
    chain: &str,
    report: &mut Report,
) -> Result<()> {
    let names = inside(heads_folder, files);
    let proofs: Vec<Proof<'_>> = names
        .iter()
        .filter_map(|name| Proof::of_other(heads_folder, name))
        .collect();
    check_names(&names, &proofs, files, report);
    let digests = Digests {
        heads: heads(folder, files, &[chain], &proofs)?,
        seal: None,
    };
    check_proofs(folder, files, &proofs, &digests, &Trust::default(), report).map(drop)
}

/// Checks proofs and the texts that they are over; gives those that hold.
fn check_proofs(
    folder: &Path,
    files: &BTreeSet<String>,
    proofs: &[Proof<'_>],
    digests: &Digests,
    trust: &Trust,
    report: &mut Report,
) -> Result<(Vec<Stamp>, Vec<Anchor>)> {
    let texts: BTreeSet<&str> = proofs.iter().filter_map(|proof| proof.over).collect();
    for name in texts {
        if let Some(why) = digests.wrong_text(folder, files, name, proofs)? {
            report.problem(name, why);
        }
    }
    let (mut stamps, mut anchors) = (Vec::new(), Vec::new());
    for proof in proofs {
        let held = match proof.kind {
            Kind::Rfc3161 => time_stamp(folder, files, proof, digests, trust)?.map(|stamp| stamps.push(stamp)),
            Kind::OpenTimestamps => anchor(folder, proof, digests)?
                .map(|anchor| anchors.push(anchor))
                .map_err(|why| (proof.name.to_owned(), why)),
        };
        if let Err((item, why)) = held {
            report.problem(&item, why);
        }
    }
    Ok((stamps, anchors))
}

/// What witnesses said of heads by the proofs of a bundle that was checked before.
pub(super) fn confirmed(folder: &Path, files: BTreeSet<String>) -> Result<impl Iterator<Item = Result<Confirmed>>> {
    let names: Vec<String> = inside(FOLDER, &files).into_iter().map(str::to_owned).collect();
    let proofs: Vec<Proof<'_>> = names.iter().filter_map(|name| Proof::of(name)).collect();
    let heads = heads(folder, &files, &[LEDGER, CHAIN], &proofs)?;
    let folder = folder.to_owned();
    Ok(names.into_iter().filter_map(move |name| {
        let proof = Proof::of(&name)?;
        let entry = proof.subject?.entry()?;
        let digest = heads.get(&entry)?;
        let by = testimony(&folder, &files, &proof, digest).transpose()?;
        Some(by.map(|by| Confirmed {
            entry: i64::try_from(entry).unwrap_or(i64::MAX),
            head: hex(digest),
            by,
        }))
    }))
}

/// What a proof says; `None`: it is not about the digest.
fn testimony(
    folder: &Path,
    files: &BTreeSet<String>,
    proof: &Proof<'_>,
    digest: &[u8; 32],
) -> Result<Option<Testimony>> {
    let whole = read(folder, proof.name, PROOF_LIMIT)?;
    if proof.kind == Kind::OpenTimestamps {
        let operations = opentimestamps::operations(&whole, digest).ok();
        return Ok(operations.map(|operations| Testimony {
            kind: proof.kind,
            authority: String::new(),
            query: None,
            reply: operations.to_vec(),
            roots: None,
            completed: None,
        }));
    }
    let authority = proof
        .over
        .and_then(|over| proof.stem.strip_prefix(over)?.strip_prefix('.'));
    Ok(Some(Testimony {
        kind: proof.kind,
        authority: authority.unwrap_or_default().to_owned(),
        query: beside(folder, files, proof, "tsq")?,
        reply: whole,
        roots: beside(folder, files, proof, "pem")?,
        completed: None,
    }))
}

/// The file beside a proof that has this end, if there is one.
fn beside(folder: &Path, files: &BTreeSet<String>, proof: &Proof<'_>, end: &str) -> Result<Option<Vec<u8>>> {
    let name = format!("{}.{end}", proof.stem);
    files
        .contains(&name)
        .then(|| read(folder, &name, PROOF_LIMIT))
        .transpose()
}

/// What proofs may be about.
struct Digests {
    heads: BTreeMap<u64, [u8; 32]>,
    /// Of the tag manifest, where one may be about that.
    seal: Option<[u8; 32]>,
}

impl Digests {
    /// The digest that a proof must be about.
    fn of(&self, proof: &Proof<'_>) -> std::result::Result<(Subject, &[u8; 32]), String> {
        let digest = proof.subject.and_then(|subject| match subject {
            Subject::Head(entry) => Some((subject, self.heads.get(&entry)?)),
            Subject::Seal => Some((subject, self.seal.as_ref()?)),
        });
        digest.ok_or_else(|| NO_ENTRY.to_owned())
    }

    /// What is wrong with the text of a head that these proofs are over.
    fn wrong_text(
        &self,
        folder: &Path,
        files: &BTreeSet<String>,
        name: &str,
        proofs: &[Proof<'_>],
    ) -> Result<Option<&'static str>> {
        let subject = proofs
            .iter()
            .find(|proof| proof.over == Some(name))
            .and_then(|proof| proof.subject);
        let entry = match subject {
            Some(Subject::Seal) => return Ok(None),
            Some(Subject::Head(entry)) => entry,
            None => return Ok(Some(NO_ENTRY)),
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
    if key.pem()? != pem {
        report.problem(SIGNER, "not the key alone, as it is written");
    }
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

/// The heads that the proofs are about, from these files, as far as they are there.
fn heads(
    folder: &Path,
    files: &BTreeSet<String>,
    chains: &[&str],
    proofs: &[Proof<'_>],
) -> Result<BTreeMap<u64, [u8; 32]>> {
    let wanted: BTreeSet<u64> = proofs.iter().filter_map(|proof| proof.subject?.entry()).collect();
    let mut heads = BTreeMap::new();
    for chain in chains
        .iter()
        .filter(|chain| !wanted.is_empty() && files.contains(**chain))
    {
        for line in lines(folder, chain)? {
            let line = line?;
            let mut parts = line.split(' ');
            let number = parts.next().and_then(|number| number.parse().ok());
            let digest = parts.nth(1).and_then(unhex);
            if let (Some(number), Some(digest)) = (number.filter(|number| wanted.contains(number)), digest) {
                heads.insert(number, digest);
            }
        }
    }
    Ok(heads)
}

/// The chain behind the bundle's must go on from that.
fn check_chain_behind(folder: &Path, files: &BTreeSet<String>, report: &mut Report) -> Result<()> {
    if !files.contains(CHAIN) {
        return Ok(());
    }
    let (mut number, mut previous) = (report.entries, report.head.clone().unwrap_or_default());
    for line in lines(folder, CHAIN)? {
        let line = line?;
        match line.split(' ').collect::<Vec<_>>()[..] {
            [seq, leaf, stated] if seq == number.to_string() && stated == head(&previous, leaf) => {
                previous = stated.to_owned();
                number += 1;
            }
            _ => {
                report.problem(CHAIN, format!("entry {number} breaks the chain"));
                break;
            }
        }
    }
    Ok(())
}

/// Checks one time stamp with what stands beside it; the inner error says of which of these files what is wrong.
fn time_stamp(
    folder: &Path,
    files: &BTreeSet<String>,
    proof: &Proof<'_>,
    digests: &Digests,
    trust: &Trust,
) -> Result<std::result::Result<Stamp, (String, String)>> {
    let of = |end: &str| {
        let item = format!("{}.{end}", proof.stem);
        move |why: String| (item, why)
    };
    let (subject, digest) = match digests.of(proof) {
        Ok(known) => known,
        Err(why) => return Ok(Err(of("tsr")(why))),
    };
    let reply = read(folder, proof.name, PROOF_LIMIT)?;
    let (query, roots) = (
        beside(folder, files, proof, "tsq")?,
        beside(folder, files, proof, "pem")?,
    );
    let checked = || -> std::result::Result<Stamp, (String, String)> {
        let token = Token::read(&reply).map_err(of("tsr"))?;
        token.is_about(digest).map_err(of("tsr"))?;
        match query {
            Some(query) => token.answers(&query).map_err(of("tsr"))?,
            // Whoever names a proof by what it is over writes its query as well.
            None if proof.over.is_some() => return Err(of("tsq")(format!("missing; {} answers it", proof.name))),
            None => {}
        }
        if let Some(roots) = roots {
            let roots = rfc3161::roots(&roots).map_err(of("pem"))?;
            token.leads_to(&roots).map_err(of("tsr"))?;
        }
        Ok(Stamp {
            entry: subject.entry(),
            time: token.time,
            trusted: !trust.roots.is_empty() && token.leads_to(&trust.roots).is_ok(),
            authority: token.authority,
            item: proof.name.to_owned(),
        })
    };
    Ok(checked())
}

/// Checks one proof of OpenTimestamps; the inner error says what is wrong with it.
fn anchor(folder: &Path, proof: &Proof<'_>, digests: &Digests) -> Result<std::result::Result<Anchor, String>> {
    let (subject, digest) = match digests.of(proof) {
        Ok(known) => known,
        Err(why) => return Ok(Err(why)),
    };
    let file = read(folder, proof.name, PROOF_LIMIT)?;
    Ok(opentimestamps::read(&file, digest).map(|attestations| {
        let blocks = attestations.iter().filter_map(|attestation| match attestation.by {
            By::Bitcoin(height) => Some((height, attestation.root())),
            By::Calendar(_) | By::Other => None,
        });
        Anchor {
            item: proof.name.to_owned(),
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
