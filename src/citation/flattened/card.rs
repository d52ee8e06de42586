//! The layout of a copied card: `Follow`, `Name @handle`, the text, `11:22 PM - 19 Oct 2016`, counts; each on lines
//! of its own, or all run together after the word `Follow`.

use std::ops::Range;

use super::body::trimmed;
use super::{Flattened, media_of, raw, words_of};
use crate::citation::date::{self, DateFound, Precision};
use crate::citation::{Claim, Form};
use crate::platform::x;

/// A line with the time of a card is not longer than this, in bytes.
const LONGEST_TIME: usize = 120;

/// How far a card that is run together may go, in characters.
const LONGEST_CARD: usize = 700;

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
    let found = time_first(line, language)?;
    let (author, handle, named) = author_above(text, blocks, index, taken)?;
    let body = trimmed(text, blocks[author].end..time.start);
    if body.is_empty() {
        return None;
    }
    let name = named.or_else(|| name_above(text, blocks, author, taken));
    let end = match blocks.get(index + 1) {
        Some(next) if is_counts(&text[next.clone()]) => next.end,
        _ => time.end,
    };
    let date = DateFound {
        span: time.start + found.span.start..time.start + found.span.end,
        ..found
    };
    Some(card(text, name, handle, &date, body, blocks[author].start..end))
}

/// The cards that are run together in one block.
pub(super) fn inline(text: &str, block: &Range<usize>, taken: usize, language: Option<&str>) -> Vec<Flattened> {
    let from = block.start.max(taken).min(block.end);
    let starts: Vec<usize> = text[from..block.end]
        .match_indices("Follow ")
        .map(|(at, _)| from + at)
        .collect();
    let ends = starts.iter().skip(1).copied().chain([block.end]);
    starts
        .iter()
        .zip(ends)
        .filter_map(|(start, end)| one_line(text, *start..end, language))
        .collect()
}

/// The card in `range`, which begins with `Follow`.
fn one_line(text: &str, range: Range<usize>, language: Option<&str>) -> Option<Flattened> {
    let window = &text[range.clone()];
    let window = window
        .char_indices()
        .nth(LONGEST_CARD)
        .map_or(window, |(end, _)| &window[..end]);
    let mark = window.find('@')?;
    let name = plain(&window[..mark]);
    if name.is_empty()
        || name.chars().count() > 60
        || name.contains(['.', '!', '?', '#', ':']) && name.split_whitespace().count() > 5
    {
        return None;
    }
    let length = window[mark + 1..]
        .bytes()
        .take_while(|b| b.is_ascii_alphanumeric() || *b == b'_')
        .count();
    let after = mark + 1 + length;
    if !(1..=20).contains(&length) || !window[after..].starts_with(char::is_whitespace) {
        return None;
    }
    let (at, found) = window[after..].match_indices(':').take(20).find_map(|(colon, _)| {
        let colon = after + colon;
        let digits = window[..colon]
            .bytes()
            .rev()
            .take(2)
            .take_while(u8::is_ascii_digit)
            .count();
        let at = colon - digits;
        (digits > 0).then(|| time_first(&window[at..], language).map(|found| (at, found)))?
    })?;
    let body = trimmed(text, range.start + after..range.start + at);
    let start = range.start + at;
    let date = DateFound {
        span: start + found.span.start..start + found.span.end,
        ..found
    };
    let end = date.span.end;
    let handle = window[mark + 1..after].to_owned();
    (!body.is_empty()).then(|| card(text, Some(name), handle, &date, body, range.start..end))
}

fn card(
    text: &str,
    name: Option<String>,
    handle: String,
    date: &DateFound,
    body: Range<usize>,
    place: Range<usize>,
) -> Flattened {
    Flattened {
        platform: x::PLATFORM.name,
        form: Form::Flattened,
        claim: Claim {
            author_name: name,
            author_handle: Some(handle),
            date_text: Some(text[date.span.clone()].to_owned()),
            date: Some(date.date.to_string()),
            text: words_of(&text[body.clone()]),
            media: media_of(&text[body.clone()]),
        },
        post: None,
        raw: raw(text, place.clone()),
        body,
        signature: Some(date.span.clone()),
        place,
    }
}

/// A time of a card at the beginning of `text`: clock time, a dash or dot, the day.
fn time_first(text: &str, language: Option<&str>) -> Option<DateFound> {
    date::read(text, language).filter(|found| {
        let printed = &text[found.span.clone()];
        found.precision == Precision::Minute
            && found.span.start == 0
            && [" - ", " – ", " — ", " · "].iter().any(|dash| printed.contains(dash))
    })
}

/// `12 Retweets 30 likes`.
fn is_counts(line: &str) -> bool {
    line.len() <= 100
        && line.contains(|c: char| c.is_ascii_digit())
        && ["etweet", "like", "Like", "repl", "Repl"]
            .iter()
            .any(|word| line.contains(word))
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
