//! The signature of a flattened post: a dash, the author's name, `(@handle)`, and mostly a date.

use std::ops::Range;

use url::Url;

use super::date_first;
use crate::citation::date::DateFound;
use crate::platform::link::addresses;
use crate::platform::part::LONGEST_HOST;
use crate::platform::{PostRef, Recognised, recognise, x};

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
        .take(LONGEST_HOST + 1)
        .take_while(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'.' | b'-'))
        .count();
    let close = at + 2 + length;
    if !is_handle(&text[at + 2..close]) || !text[close..block.end].starts_with(')') {
        return None;
    }
    let (dash, name) = dash_before(text, from, at)?;
    let end = close + 1;

    let date = date_of(text, blocks, index, end, language);
    if date.is_none() && !stands_without_date(text, block, from, &dash, end, name) {
        return None;
    }
    let after = date.as_ref().map_or(end, |date| date.span.end);
    let (post, length) = trail(rest_of(text, &blocks[index..], after));
    Some(Signature {
        span: dash.start..after + length,
        name: plain_name(name),
        handle: text[at + 2..close].to_owned(),
        date,
        post,
    })
}

/// Whether this is a handle of X (one word), or of Bluesky (a host name).
fn is_handle(handle: &str) -> bool {
    let is_word = handle.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_');
    let is_host = handle.contains('.') && !handle.contains('_') && handle.split('.').all(|label| !label.is_empty());
    is_word && (1..=20).contains(&handle.len()) || is_host && handle.len() <= LONGEST_HOST
}

/// The date after the handle, which ends at byte `end` of block `index`; it may stand alone on the next line.
fn date_of(text: &str, blocks: &[Range<usize>], index: usize, end: usize, language: Option<&str>) -> Option<DateFound> {
    let rest = &text[end..blocks[index].end];
    if let Some(date) = date_first(rest, language) {
        return Some(moved(date, end));
    }
    let next = blocks.get(index + 1).filter(|_| rest.trim_start().is_empty())?;
    let date = moved(date_first(&text[next.clone()], language)?, next.start);
    let rest = &text[date.span.end..next.end];
    let alone = rest.chars().filter(|c| c.is_alphabetic()).nth(2).is_none();
    (alone || trail(rest).0.is_some()).then_some(date)
}

/// What follows byte `after` in its block, which is one of the first two; with the next line, if a link of Markdown
/// was broken there.
fn rest_of<'a>(text: &'a str, blocks: &[Range<usize>], after: usize) -> &'a str {
    let Some(own) = blocks.iter().take(2).position(|block| block.contains(&(after - 1))) else {
        return "";
    };
    let rest = &text[after..blocks[own].end];
    match blocks.get(own + 1) {
        Some(next) if text[next.clone()].starts_with("](") && rest.trim_start().is_empty() => &text[after..next.end],
        _ => rest,
    }
}

/// What belongs to a signature after its date: the post's address (` (https://…)`, `](https://…)`, or bare), the mark
/// of a reference (`][25]`), or the name of a program (` · Some App`). The post, and how many bytes it takes.
fn trail(rest: &str) -> (Option<PostRef>, usize) {
    if let Some((post, length)) = address_first(rest) {
        return (Some(post), length);
    }
    if let Some(mark) = rest.strip_prefix("][") {
        let digits = mark.bytes().take(5).take_while(u8::is_ascii_digit).count();
        return (None, if mark[digits..].starts_with(']') { digits + 3 } else { 0 });
    }
    let program = rest.len() <= 60 && rest.trim_start().starts_with('·');
    (None, if program { rest.trim_end().len() } else { 0 })
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
            let begin = if near[..offset].ends_with('-') {
                offset - 1
            } else {
                offset
            };
            (
                from + start + begin..from + start + offset + length,
                &near[offset + length..],
            )
        })
}

/// Dashes that went through a wrong encoding or were never decoded.
const BROKEN_DASHES: &[&str] = &[
    "â€”",
    "â€“",
    "â€\u{201d}",
    "â€\u{201c}",
    "â€\"",
    "â\u{80}\u{94}",
    "â\u{80}\u{93}",
    "&mdash;",
    "&mdash ;",
    "&ndash;",
    "&#8212;",
    "&#8211;",
    "&#x2014;",
    "&#x2013;",
];

/// The length of the dash at byte `at`.
fn dash_at(text: &str, at: usize) -> Option<usize> {
    let rest = &text[at..];
    match rest.chars().next()? {
        dash @ ('—' | '–' | '―' | '‒' | '−') => Some(dash.len_utf8()),
        '-' if rest.starts_with("--") => Some(2),
        '-' => Some(1),
        'â' | '&' => BROKEN_DASHES
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
    let near = text.ceil_char_boundary(from.max(dash.start.saturating_sub(100)));
    let tail = text[near.min(dash.start)..dash.start]
        .split_whitespace()
        .next_back()
        .unwrap_or_default();
    let linked = addresses(tail)
        .iter()
        .any(|(_, url)| matches!(recognise(url), Some((of, Recognised::Leads)) if of.name == x::PLATFORM.name));
    let last = text[end..block.end].trim_start().is_empty() || trail(&text[end..block.end]).0.is_some();
    linked || last && !text[dash.clone()].starts_with('-')
}

/// The address of a post right at the beginning of `text`, and where it ends.
fn address_first(text: &str) -> Option<(PostRef, usize)> {
    let window = &text[..text.floor_char_boundary(300)];
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
        .trim_matches(
            |c| matches!(c, '*' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}'),
        )
        .trim()
        .to_owned()
}
