//! Where names are left out of a bundle, none of its files may hold one: each is looked through when it is written, what is in
//! a WACZ also as it is inflated, and the slim archive value by value.

use std::io::{self, Read};
use std::path::Path;

use super::secrets::first_in;
use super::{failed, slim};
use crate::error::{Error, Result};
use crate::store::export::{Extract, Pseudonyms};

/// Bytes that are looked through at once.
const WINDOW: usize = 1 << 20;
/// Bytes that two windows share: no name has as many.
const SHARED: usize = 1 << 13;

/// Refuses the file if the name of somebody who is not to be named stands in it; `name` is what the file is called then.
pub(super) fn refuse(path: &Path, name: &str, extract: &Extract<'_>) -> Result<()> {
    let Some(unnamed) = &extract.unnamed else {
        return Ok(());
    };
    let held = match name.strip_prefix("data/") {
        Some(slim::NAME) => {
            extract.first_text(path, |text| Some(unnamed.found_in(text).next()?.as_str().to_owned()))?
        }
        _ => first_in(path, |source| look(source, unnamed)).map_err(failed("cannot read", path))?,
    };
    held.map_or(Ok(()), |held| {
        Err(Error::BadInput {
            input: name.to_owned(),
            why: format!("the bundle would hold `{held}`, which names somebody in the selection"),
            hint: Some("where it is also a usual word, `--keep-handle` keeps it"),
        })
    })
}

fn look(source: &mut dyn Read, unnamed: &Pseudonyms) -> io::Result<Option<String>> {
    let (mut window, mut is_first) = (Vec::new(), true);
    loop {
        let read = source.take(WINDOW as u64).read_to_end(&mut window)?;
        let is_last = read == 0;
        let text = String::from_utf8_lossy(&window);
        // Where a window begins and ends, no word does; two windows share more than a name.
        let found = unnamed
            .found_in(&text)
            .find(|found| (is_first || found.start() > 0) && (is_last || found.end() < text.len()));
        if let Some(found) = found {
            return Ok(Some(found.as_str().to_owned()));
        }
        if is_last {
            return Ok(None);
        }
        let shared = window.len().saturating_sub(SHARED);
        is_first &= shared == 0;
        window.drain(..shared);
    }
}
