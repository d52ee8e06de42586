//! `left-out.jsonl`: the bodies that this bundle leaves out though the archive had them, each by digest and length.

use serde_json::json;

use super::Options;
use super::bag::Bag;
use crate::error::Result;
use crate::store::export::Extract;
use crate::store::hex;

/// Its name inside `data/`.
pub(super) const NAME: &str = "left-out.jsonl";

/// Writes it where something is left out.
pub(super) fn write(bag: &mut Bag, extract: &Extract<'_>, _options: &Options) -> Result<()> {
    if extract.without.is_empty() {
        return Ok(());
    }
    let mut file = bag.payload(NAME)?;
    extract.left_out(|sha256, length, why| {
        let line = json!({"sha256": hex(&sha256), "length": length, "why": why});
        file.write(format!("{line}\n").as_bytes())
    })?;
    file.close()
}

/// What is left out, as the end of a sentence about the bundle.
pub(super) fn told(extract: &Extract<'_>) -> String {
    let words: Vec<&str> = extract.without.iter().map(|profile| profile.word()).collect();
    match words.is_empty() {
        true => String::new(),
        false => format!(", without {}", words.join(", ")),
    }
}
