//! `others/`: the archives of others that were taken in, each as it stands, and the bodies that they name.

use std::collections::HashSet;
use std::fs;

use super::bag::Bag;
use super::{Options, failed};
use crate::error::Result;
use crate::store::export::Extract;
use crate::store::{hex, other};

/// The folder, inside `data/`.
pub(super) const FOLDER: &str = "others/";

/// Writes every archive as `NUMBER.db` and `NUMBER-chain.txt`, after its entry here, and its bodies under their digests. Where
/// something is to be left out no body of them is written: what they are, only the rows there tell.
pub(super) fn write(bag: &mut Bag, extract: &Extract<'_>, _options: &Options) -> Result<()> {
    let mut written = HashSet::new();
    extract.others(|entry, content, chain| {
        for (name, blob) in [(format!("{entry}.db"), content), (format!("{entry}-chain.txt"), chain)] {
            let mut file = bag.payload(&format!("{FOLDER}{name}"))?;
            extract.body(&blob, |piece| file.write(piece))?;
            file.close()?;
        }
        if !extract.without.is_empty() {
            return Ok(());
        }
        let path = bag.folder().join(format!("data/{FOLDER}{entry}.db"));
        // To be opened it may be brought up to date.
        let copy = tempfile::NamedTempFile::new().map_err(failed("cannot copy", &path))?;
        fs::copy(&path, copy.path()).map_err(failed("cannot copy", &path))?;
        let mut bodies: Vec<[u8; 32]> = other::bodies(copy.path())?.into_iter().collect();
        bodies.sort_unstable();
        for sha256 in bodies {
            if let Some(blob) = extract.blob(&sha256)?
                && written.insert(sha256)
            {
                let mut file = bag.payload(&format!("{FOLDER}bodies/{}", hex(&sha256)))?;
                extract.body(&blob, |piece| file.write(piece))?;
                file.close()?;
            }
        }
        Ok(())
    })
}
