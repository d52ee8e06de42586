//! `archive.db`: the selection as a slim SQLite archive, for whoever asks it in SQL.

use super::Options;
use super::bag::Bag;
use crate::error::Result;
use crate::store::export::Extract;

/// Its name inside `data/`.
pub(super) const NAME: &str = "archive.db";

/// Writes it.
pub(super) fn write(bag: &mut Bag, extract: &Extract<'_>, _options: &Options) -> Result<()> {
    let file = bag.payload(NAME)?;
    extract.slim(file.path())?;
    file.close()
}
