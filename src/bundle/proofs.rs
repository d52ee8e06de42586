//! `proofs/`: what shows who sealed the bag, and when it existed. It is over the tag manifest and the ledger's heads and so
//! lies outside of the manifests: it may be added to, and nothing else of the bundle changes.

use super::Options;
use super::bag::{Bag, TAG_MANIFEST};
use crate::error::Result;

/// The folder.
pub(super) const FOLDER: &str = "proofs/";
/// The signature of the tag manifest, in DER.
pub(super) const SIGNATURE: &str = "proofs/tagmanifest-sha256.txt.sig";
/// The public key that it is checked with.
pub(super) const SIGNER: &str = "proofs/signer.pem";

/// Writes the proofs over the sealed bag.
pub(super) fn write(bag: &mut Bag, options: &Options) -> Result<()> {
    if let Some(key) = &options.key {
        let sealed = bag.read(TAG_MANIFEST)?;
        bag.proof(SIGNATURE, &key.sign_der(&sealed))?;
        bag.proof(SIGNER, key.public().pem()?.as_bytes())?;
    }
    Ok(())
}
