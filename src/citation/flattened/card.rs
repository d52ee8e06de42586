//! The layout of a copied card: `Follow`, `Name @handle`, the text, `11:22 PM - 19 Oct 2016`, counts; each on
//! lines of its own.

use std::ops::Range;

use super::body::trimmed;
use super::{Flattened, media_of, raw, words_of};
use crate::citation::date::{self, Precision};
use crate::citation::{Claim, Form};
use crate::platform::x;

/// A line with the time of a card is not longer than this, in bytes.
const LONGEST_TIME: usize = 120;

/// Lines between the author and the time.
const MOST_LINES: usize = 16;

/// The card whose line with the time is block `index`; nothing before byte `taken` is looked at.
pub(super) fn read(
    text: &str,
    blocks: &[Range<usize>],
    index: usize,
    taken: usize,
    language: Option<&str>,
) -> Option<Flattened> {
    let time = trimmed(text, blocks[index].clone());
    let line = &text[time.clone()];
    if line.len() > LONGEST_TIME || !line.contains(':') || time.start < taken {
        return None;
    }
    let found =
        date::read(line, language).filter(|found| found.precision == Precision::Minute && found.span.start == 0)?;
    let (author, handle, named) = author_above(text, blocks, index, taken)?;
    let body = trimmed(text, blocks[author].end..time.start);
    if body.is_empty() {
        return None;
    }
    let name = named.or_else(|| name_above(text, blocks, author, taken));
    let signature = time.start..time.start + found.span.end;
    Some(Flattened {
        platform: x::PLATFORM.name,
        form: Form::Flattened,
        claim: Claim {
            author_name: name,
            author_handle: Some(handle),
            date_text: Some(line[found.span.clone()].to_owned()),
            date: Some(found.date.to_string()),
            text: words_of(&text[body.clone()]),
            media: media_of(&text[body.clone()]),
        },
        post: None,
        raw: raw(text, blocks[author].start..signature.end),
        body,
        signature: Some(signature),
    })
}

/// The line `@handle`, `Name @handle` or `Name ✔ @handle` above block `index`: its block, the handle, the name.
fn author_above(
    text: &str,
    blocks: &[Range<usize>],
    index: usize,
    taken: usize,
) -> Option<(usize, String, Option<String>)> {
    let lines = blocks[..index]
        .iter()
        .enumerate()
        .rev()
        .take(MOST_LINES)
        .take_while(|(_, block)| block.start >= taken);
    for (at, block) in lines {
        let line = &text[trimmed(text, block.clone())];
        if line.len() > 200 {
            continue;
        }
        let Some((before, handle)) = line.rsplit_once('@') else {
            continue;
        };
        let formed = (1..=20).contains(&handle.len()) && handle.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_');
        let name = plain(before);
        if formed
            && name.chars().count() <= 60
            && !name.contains(['#', '@', '/', '(', '“', '"'])
            && before.split_whitespace().count() <= 8
        {
            return Some((at, handle.to_owned(), (!name.is_empty()).then_some(name)));
        }
    }
    None
}

/// A name on the line above the handle.
fn name_above(text: &str, blocks: &[Range<usize>], author: usize, taken: usize) -> Option<String> {
    let above = blocks
        .get(author.checked_sub(1)?)
        .filter(|block| block.start >= taken)?;
    let name = plain(&text[above.clone()]);
    (!name.is_empty() && name.chars().count() <= 60 && !name.ends_with(['.', ':', '?', '!'])).then_some(name)
}

/// A name without the words and marks of the card.
fn plain(name: &str) -> String {
    let words: Vec<&str> = name
        .split_whitespace()
        .filter(|word| !matches!(*word, "✔" | "✔\u{fe0f}" | "✓" | "Follow" | "Verified" | "account" | "·"))
        .collect();
    words.join(" ")
}
