//! `supplied/`: the files that persons added to the archive, each under its digest; `notes` says whose they are.

use super::Options;
use super::bag::Bag;
use crate::error::Result;
use crate::store::export::Extract;
use crate::store::hex;

/// Writes every file.
pub(super) fn write(bag: &mut Bag, extract: &Extract<'_>, _options: &Options) -> Result<()> {
    for blob in extract.supplied()? {
        let mut file = bag.payload(&format!("supplied/{}", hex(&blob.sha256)))?;
        extract.body(&blob, |piece| file.write(piece))?;
        file.close()?;
    }
    Ok(())
}
