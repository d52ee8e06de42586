//! The check of `proofs/`: the signature over the tag manifest.

use std::collections::BTreeSet;
use std::fs::File;
use std::io::Read;
use std::path::Path;

use super::{Report, Signature, TEXT_LIMIT, Trust};
use crate::bundle::bag::TAG_MANIFEST;
use crate::bundle::failed;
use crate::bundle::proofs::{FOLDER, SIGNATURE, SIGNER};
use crate::error::Result;
use crate::key::PublicKey;

/// Most bytes of one proof.
const PROOF_LIMIT: u64 = 1 << 20;

/// Checks every file in the folder of proofs, and that there is the signature that is asked for.
pub(super) fn check(folder: &Path, files: &BTreeSet<String>, trust: &Trust, report: &mut Report) -> Result<()> {
    let known = [SIGNATURE, SIGNER];
    for name in files.iter().filter(|name| name.starts_with(FOLDER)) {
        if !known.contains(&name.as_str()) {
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

/// The first bytes of a file, at most so many.
fn read(folder: &Path, name: &str, most: u64) -> Result<Vec<u8>> {
    let path = folder.join(name);
    let mut bytes = Vec::new();
    File::open(&path)
        .and_then(|file| file.take(most).read_to_end(&mut bytes))
        .map_err(failed("cannot read", &path))?;
    Ok(bytes)
}
