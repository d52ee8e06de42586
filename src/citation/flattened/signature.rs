//! The signature of a flattened post: a dash, the author's name, `(@handle)`, and mostly a date.

use std::ops::Range;

use url::Url;

use super::date_first;
use crate::citation::date::DateFound;
use crate::platform::link::addresses;
use crate::platform::{PostRef, Recognised, recognise};

/// How far before the handle the dash may stand, in characters: names have at most 50, plus decoration.
const LONGEST_NAME: usize = 90;

/// A signature.
pub(super) struct Signature {
    /// From the dash to the end of date or address (bytes of the article's text).
    pub(super) span: Range<usize>,
    pub(super) name: String,
    pub(super) handle: String,
    /// The date, its span in the article's text.
    pub(super) date: Option<DateFound>,
    pub(super) post: Option<PostRef>,
}

impl Signature {
    /// The day, `YYYY-MM-DD`.
    pub(super) fn day(&self) -> Option<String> {
        self.date.as_ref().map(|date| date.date.to_string())
    }
}

/// The signatures in a block, in order.
pub(super) fn all(text: &str, blocks: &[Range<usize>], index: usize, language: Option<&str>) -> Vec<Signature> {
    let block = &blocks[index];
    let mut found: Vec<Signature> = Vec::new();
    for (at, _) in text[block.clone()].match_indices("(@") {
        let at = block.start + at;
        let from = found.last().map_or(block.start, |last| last.span.end);
        if at >= from
            && let Some(signature) = read(text, blocks, index, from, at, language)
        {
            found.push(signature);
        }
    }
    found
}

/// The signature whose `(@` stands at byte `at`; it begins at `from` or later.
fn read(
    text: &str,
    blocks: &[Range<usize>],
    index: usize,
    from: usize,
    at: usize,
    language: Option<&str>,
) -> Option<Signature> {
    let block = &blocks[index];
    let length = text[at + 2..block.end]
        .bytes()
        .take(21)
        .take_while(|b| b.is_ascii_alphanumeric() || *b == b'_')
        .count();
    let close = at + 2 + length;
    if !(1..=20).contains(&length) || !text[close..block.end].starts_with(')') {
        return None;
    }
    let (dash, name) = dash_before(text, from, at)?;
    let end = close + 1;

    let mut date = date_first(&text[end..block.end], language).map(|date| moved(date, end));
    // The date may stand on the next line, alone.
    if date.is_none()
        && text[end..block.end].trim_start().is_empty()
        && let Some(next) = blocks.get(index + 1)
    {
        date = date_first(&text[next.clone()], language)
            .map(|date| moved(date, next.start))
            .filter(|date| {
                text[date.span.end..next.end]
                    .chars()
                    .filter(|c| c.is_alphabetic())
                    .take(40)
                    .count()
                    < 3
                    || names_post(&text[date.span.end..next.end])
            });
    }
    if date.is_none() && !stands_without_date(text, block, from, &dash, end, name) {
        return None;
    }
    let after = date.as_ref().map_or(end, |date| date.span.end);
    let limit = blocks
        .iter()
        .skip(index)
        .take(2)
        .find(|block| block.contains(&(after - 1)))
        .map_or(block.end, |block| block.end);
    let (post, end) = match address_after(&text[after..limit]) {
        Some((post, length)) => (Some(post), after + length),
        None => (None, after + program_after(&text[after..limit])),
    };
    Some(Signature {
        span: dash.start..end,
        name: plain_name(name),
        handle: text[at + 2..close].to_owned(),
        date,
        post,
    })
}

fn moved(date: DateFound, by: usize) -> DateFound {
    DateFound {
        span: date.span.start + by..date.span.end + by,
        ..date
    }
}

/// The dash before the name, and the name, in `text[from..at]`.
fn dash_before(text: &str, from: usize, at: usize) -> Option<(Range<usize>, &str)> {
    let window = &text[from..at];
    let start = window
        .char_indices()
        .rev()
        .take(LONGEST_NAME + 4)
        .last()
        .map_or(0, |(start, _)| start);
    let near = &window[start..];
    // A line that begins with a dash is a signature from there, however many dashes the name has.
    let whole_line = start == 0 && (from == 0 || text[..from].ends_with('\n') || window.len() == near.len());
    let lead = near.len() - near.trim_start_matches(|c: char| c.is_whitespace() || c == '>').len();
    if whole_line && let Some(length) = dash_at(near, lead) {
        return Some((
            from + start + lead..from + start + lead + length,
            &near[lead + length..],
        ));
    }
    near.char_indices()
        .rev()
        .filter_map(|(offset, _)| Some((offset, dash_at(near, offset)?)))
        .find(|(offset, length)| stands_alone(near, *offset, *length))
        .map(|(offset, length)| {
            // Of a double hyphen take both.
            let begin = if near[..offset].ends_with('-') { offset - 1 } else { offset };
            (
                from + start + begin..from + start + offset + length,
                &near[offset + length..],
            )
        })
}

/// The length of the dash at byte `at`, UTF-8 read as Windows-1252 included.
fn dash_at(text: &str, at: usize) -> Option<usize> {
    let rest = &text[at..];
    let c = rest.chars().next()?;
    match c {
        '—' | '–' | '―' | '‒' | '−' => {
            // "— —" and "——" are ornaments.
            Some(c.len_utf8())
        }
        '-' if rest.starts_with("--") => Some(2),
        '-' => Some(1),
        'â' => [
            "â€”",
            "â€“",
            "â€\u{201d}",
            "â€\u{201c}",
            "â€\"",
            "â\u{80}\u{94}",
            "â\u{80}\u{93}",
        ]
        .iter()
        .find(|dash| rest.starts_with(**dash))
        .map(|dash| dash.len()),
        _ => None,
    }
}

/// A hyphen between letters is part of a name; a true dash is not.
fn stands_alone(text: &str, at: usize, length: usize) -> bool {
    if length > 1 {
        return true;
    }
    let before = text[..at].chars().next_back();
    let after = text[at + length..].chars().next();
    after.is_some_and(char::is_whitespace) || before.is_none_or(char::is_whitespace)
}

/// Whether a signature without a date is one: at the end of its block after a true dash, or after a picture link.
fn stands_without_date(
    text: &str,
    block: &Range<usize>,
    from: usize,
    dash: &Range<usize>,
    end: usize,
    name: &str,
) -> bool {
    let name = name.trim();
    if name.is_empty() || name.contains(['>', '<']) || name.chars().count() > 60 || dash_at(name, 0).is_some() {
        return false;
    }
    // A short link is short: the last hundred bytes are enough.
    let near = (from.max(dash.start.saturating_sub(100))..dash.start)
        .find(|at| text.is_char_boundary(*at))
        .unwrap_or(dash.start);
    let tail = text[near..dash.start]
        .split_whitespace()
        .next_back()
        .unwrap_or_default();
    let linked = addresses(tail)
        .iter()
        .any(|(_, url)| matches!(recognise(url), Some((_, Recognised::Leads))));
    let last = text[end..block.end].trim_start().is_empty() || names_post(&text[end..block.end]);
    linked || last && !text[dash.clone()].starts_with('-')
}

/// How many bytes the name of the program takes that follows a date: ` · Some App` up to the end of the line.
pub(super) fn program_after(rest: &str) -> usize {
    let named = rest.len() <= 60 && rest.trim_start().starts_with('·');
    if named { rest.trim_end().len() } else { 0 }
}

fn names_post(text: &str) -> bool {
    address_after(text).is_some()
}

/// The address of a post right after a date: ` (https://…)`, `](https://…)`, or bare; and where it ends.
fn address_after(text: &str) -> Option<(PostRef, usize)> {
    let window = &text[..(0..=text.len().min(300))
        .rev()
        .find(|end| text.is_char_boundary(*end))
        .unwrap_or(0)];
    let lead = window.len()
        - window
            .trim_start_matches(|c: char| c.is_whitespace() || matches!(c, '(' | ']' | '[' | '<' | '>'))
            .len();
    if lead > 12 {
        return None;
    }
    let (range, url): (Range<usize>, Url) = addresses(&window[lead..])
        .into_iter()
        .next()
        .filter(|(range, _)| range.start == 0)?;
    let Some((_, Recognised::Post(post))) = recognise(&url) else {
        return None;
    };
    let mut end = lead + range.end;
    if window[end..].starts_with([')', '>']) {
        end += 1;
    }
    Some((post, end))
}

/// The name without what a copy left around it.
fn plain_name(name: &str) -> String {
    let words: Vec<&str> = name.split_whitespace().collect();
    words
        .join(" ")
        .trim_matches(|c| matches!(c, '*' | '\u{200e}' | '\u{200f}'))
        .trim()
        .to_owned()
}
