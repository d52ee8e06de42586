//! `proofs/`: what shows who sealed the bag, and when it existed. It is over the tag manifest and the ledger's heads and so
//! lies outside of the manifests: it may be added to, and nothing else of the bundle changes. A proof is over the file whose name its
//! own begins with, as others' programs take it: beside it, or of the bag's own folder where it stands in `proofs/` itself.

use std::collections::BTreeMap;
use std::fmt::Display;

use sha2::{Digest, Sha256};

use super::bag::{Bag, TAG_MANIFEST};
use super::{Ask, Options};
use crate::error::{Error, Result};
use crate::stamp::{Kind, Testimony, opentimestamps};
use crate::store::export::Extract;
use crate::store::export::proofs::Proof;

/// The folder.
pub(super) const FOLDER: &str = "proofs/";
/// The folder of the texts of heads, each with what is over it.
pub(super) const HEADS: &str = "proofs/heads/";
/// The signature of the tag manifest, in DER.
pub(super) const SIGNATURE: &str = "proofs/tagmanifest-sha256.txt.sig";
/// The public key that it is checked with.
pub(super) const SIGNER: &str = "proofs/signer.pem";
/// How the chain goes on behind the bundle's last entry, up to the last head that a witness confirmed.
pub(super) const CHAIN: &str = "proofs/chain.txt";
/// The names of all that was in the folder when the bundle was made, so that what is missing since is found. It stands there even
/// where there is nothing else: a folder that is gone altogether is found as well.
pub(super) const LIST: &str = "proofs/list.txt";
/// How `bag-info.txt`, which is sealed, says that there is a list; earlier programs wrote none.
pub(super) const LISTED: &str = "Proofs-List: proofs/list.txt";

/// The text whose SHA-256 the head at an entry is, so that a proof about the head is one over a file; in this folder.
pub(super) fn head_text(folder: &str, entry: impl Display) -> String {
    format!("{folder}entry-{entry}.txt")
}

/// The entry of the head whose text in this folder has this name.
pub(super) fn entry_of(folder: &str, name: &str) -> Option<u64> {
    let entry = name
        .strip_prefix(folder)?
        .strip_prefix("entry-")?
        .strip_suffix(".txt")?;
    entry.parse().ok().filter(|entry| head_text(folder, entry) == name)
}

/// Writes the proofs over the sealed bag: the signature, what witnesses said of heads before, what they say now of the seal.
pub(super) fn write(bag: &mut Bag, extract: &Extract<'_>, options: &Options, ask: Option<&mut Ask<'_>>) -> Result<()> {
    let sealed = bag.read(TAG_MANIFEST)?;
    if let Some(key) = &options.key {
        bag.proof(SIGNATURE, &key.sign_der(&sealed))?;
        bag.proof(SIGNER, key.public().pem()?.as_bytes())?;
    }
    let mut heads = BTreeMap::<i64, Vec<Proof>>::new();
    extract.proofs(|proof| {
        heads.entry(proof.entry).or_default().push(proof);
        Ok(())
    })?;
    for (entry, proofs) in &heads {
        let mut said = Vec::new();
        for proof in proofs {
            said.extend(testimony(extract, proof)?);
        }
        if let Some(proof) = proofs.first().filter(|_| !said.is_empty()) {
            let name = head_text(HEADS, entry);
            bag.proof(&name, proof.text.as_bytes())?;
            over(bag, &name, &Sha256::digest(&proof.text).into(), &said)?;
        }
    }
    if let Some((last, _)) = heads.last_key_value().filter(|(last, _)| **last > extract.seq) {
        let mut chain = String::new();
        extract.chain_behind(*last, |seq, leaf, head| {
            chain += &format!("{seq} {leaf} {head}\n");
            Ok(())
        })?;
        bag.proof(CHAIN, chain.as_bytes())?;
    }
    if let Some(ask) = ask {
        let digest = Sha256::digest(&sealed).into();
        over(bag, &format!("{FOLDER}{TAG_MANIFEST}"), &digest, &ask(&digest)?)?;
    }
    let list: String = bag.proofs().iter().map(|name| format!("{name}\n")).collect();
    bag.proof(LIST, list.as_bytes())
}

/// What witnesses said of a file: of each authority query, reply and trusted certificates under its name behind the file's, and
/// what calendars promised, with the way from there to a block where that is known, in one file as their own client names it.
fn over(bag: &mut Bag, name: &str, digest: &[u8; 32], said: &[Testimony]) -> Result<()> {
    let (tokens, promises): (Vec<_>, Vec<_>) = said.iter().partition(|said| said.kind == Kind::Rfc3161);
    for token in tokens {
        let parts = [
            ("tsq", token.query.as_deref()),
            ("tsr", Some(&*token.reply)),
            ("pem", token.roots.as_deref()),
        ];
        for (end, bytes) in parts {
            if let Some(bytes) = bytes {
                bag.proof(&format!("{name}.{}.{end}", token.authority), bytes)?;
            }
        }
    }
    if promises.is_empty() {
        return Ok(());
    }
    let promises: Vec<_> = promises
        .iter()
        .map(|promise| (&*promise.reply, promise.completed.as_deref()))
        .collect();
    let file = opentimestamps::file(digest, &promises)
        .map_err(|why| Error::Internal(format!("a calendar's proof over {name} does not hold: {why}")))?;
    bag.proof(&format!("{name}.ots"), &file)
}

/// What a witness said of a head, unless its answer was redacted.
fn testimony(extract: &Extract<'_>, proof: &Proof) -> Result<Option<Testimony>> {
    let Some(reply) = kept(extract, proof.reply)? else {
        return Ok(None);
    };
    Ok(Some(Testimony {
        kind: Kind::of_word(&proof.kind).unwrap_or(Kind::OpenTimestamps),
        authority: proof.authority.clone(),
        query: kept(extract, proof.query)?,
        reply,
        roots: kept(extract, proof.roots)?,
        completed: kept(extract, proof.completed)?,
    }))
}

/// The bytes of this digest, unless they were redacted.
fn kept(extract: &Extract<'_>, sha256: Option<[u8; 32]>) -> Result<Option<Vec<u8>>> {
    let blob = sha256.map(|sha256| extract.blob(&sha256)).transpose()?.flatten();
    blob.map(|blob| extract.whole(&blob)).transpose()
}
