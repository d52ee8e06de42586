//! `supplied/`: the files that persons added to the archive, each under its digest; `notes` says whose they are.

use super::Options;
use super::bag::Bag;
use crate::error::Result;
use crate::store::export::Extract;
use crate::store::hex;

/// Writes every file.
pub(super) fn write(bag: &mut Bag, extract: &Extract<'_>, _options: &Options) -> Result<()> {
    for sha256 in extract.supplied()? {
        let mut file = bag.payload(&format!("supplied/{}", hex(&sha256)))?;
        extract.body(&sha256, |piece| file.write(piece))?;
        file.close()?;
    }
    Ok(())
}
