//! `proofs/`: what shows who sealed the bag, and when it existed. It is over the tag manifest and the ledger's heads and so
//! lies outside of the manifests: it may be added to, and nothing else of the bundle changes.

use super::Options;
use super::bag::{Bag, TAG_MANIFEST};
use crate::error::{Error, Result};
use crate::stamp::{Kind, opentimestamps};
use crate::store::export::Extract;
use crate::store::export::proofs::Proof;
use crate::store::unhex;

/// The folder.
pub(super) const FOLDER: &str = "proofs/";
/// The signature of the tag manifest, in DER.
pub(super) const SIGNATURE: &str = "proofs/tagmanifest-sha256.txt.sig";
/// The public key that it is checked with.
pub(super) const SIGNER: &str = "proofs/signer.pem";
/// How the chain goes on behind the bundle's last entry, up to the last head that a witness confirmed.
pub(super) const CHAIN: &str = "proofs/chain.txt";

/// Writes the proofs over the sealed bag.
pub(super) fn write(bag: &mut Bag, extract: &Extract<'_>, options: &Options) -> Result<()> {
    if let Some(key) = &options.key {
        let sealed = bag.read(TAG_MANIFEST)?;
        bag.proof(SIGNATURE, &key.sign_der(&sealed))?;
        bag.proof(SIGNER, key.public().pem()?.as_bytes())?;
    }
    let mut last = extract.seq;
    extract.proofs(|proof| {
        last = last.max(proof.entry);
        match proof.kind == Kind::Rfc3161.word() {
            true => time_stamp(bag, extract, &proof),
            false => anchor(bag, extract, &proof),
        }
    })?;
    if last > extract.seq {
        let mut chain = String::new();
        extract.chain_behind(last, |seq, leaf, head| {
            chain += &format!("{seq} {leaf} {head}\n");
            Ok(())
        })?;
        bag.proof(CHAIN, chain.as_bytes())?;
    }
    Ok(())
}

/// The promise of a calendar, with the way from there to a block where that is known, as one file.
fn anchor(bag: &mut Bag, extract: &Extract<'_>, proof: &Proof) -> Result<()> {
    let (Some(promise), Some(head)) = (kept(extract, proof.reply)?, unhex(&proof.head)) else {
        return Ok(());
    };
    let completed = kept(extract, proof.completed)?;
    let file = opentimestamps::file(&head, &promise, completed.as_deref())
        .map_err(|why| Error::Internal(format!("a proof of {} does not hold: {why}", proof.authority)))?;
    bag.proof(&format!("{FOLDER}{}-{}.ots", proof.authority, proof.entry), &file)
}

/// Query, reply and trusted certificates, under the name of the authority and the number of the entry.
fn time_stamp(bag: &mut Bag, extract: &Extract<'_>, proof: &Proof) -> Result<()> {
    let Some(reply) = kept(extract, proof.reply)? else {
        return Ok(());
    };
    let (query, roots) = (kept(extract, proof.query)?, kept(extract, proof.roots)?);
    for (end, bytes) in [("tsq", query), ("tsr", Some(reply)), ("pem", roots)] {
        if let Some(bytes) = bytes {
            bag.proof(&format!("{FOLDER}{}-{}.{end}", proof.authority, proof.entry), &bytes)?;
        }
    }
    Ok(())
}

/// The bytes of this digest, unless they were redacted.
fn kept(extract: &Extract<'_>, sha256: Option<[u8; 32]>) -> Result<Option<Vec<u8>>> {
    match sha256 {
        Some(sha256) if extract.length(&sha256)?.is_some() => extract.whole(&sha256).map(Some),
        _ => Ok(None),
    }
}
