//! Where names are left out of a bundle, none may stand in it. All that is written of the archive is written of copies in which
//! pseudonyms stand, and `archive.db` has every value of these: it is looked through, value by value, and so is what the settings
//! add. What else a file holds are words of this program, of which some are names as well.

use super::bag::Bag;
use super::{Options, slim};
use crate::error::{Error, Result};
use crate::store::export::Extract;

/// Refuses the bundle if the name of somebody who is not to be named comes from the archive or the settings.
pub(super) fn refuse(bag: &Bag, extract: &Extract<'_>, options: &Options) -> Result<()> {
    let Some(unnamed) = &extract.unnamed else {
        return Ok(());
    };
    let who = &options.who;
    for (setting, value) in [
        ("export.organization", &who.organization),
        ("export.collector", &who.collector),
        ("export.email", &who.email),
    ] {
        refuse_one(setting, unnamed.first_in(value))?;
    }
    let archive = format!("data/{}", slim::NAME);
    let held = extract.first_name(&bag.folder().join(&archive))?;
    refuse_one(&archive, held)
}

fn refuse_one(item: &str, held: Option<String>) -> Result<()> {
    held.map_or(Ok(()), |held| {
        Err(Error::BadInput {
            input: item.to_owned(),
            why: format!("the bundle would hold `{held}`, which names somebody in the selection"),
            hint: Some("`--keep-handle` keeps the name"),
        })
    })
}
