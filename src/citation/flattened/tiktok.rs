//! What an embed of TikTok leaves: `@user the caption #tag ♬ original sound - Ada`, in one line or several.

use std::ops::Range;

use super::body::trimmed;
use super::{Flattened, media_of, raw, words_of};
use crate::citation::{Claim, Form};

/// The sign before the name of the sound.
const NOTE: char = '♬';

/// Lines between handle and sound.
const LINES: usize = 8;

/// Longest caption, in bytes.
const LONGEST: usize = 4_000;

/// Longest name of a sound that ends its line, in characters; of a longer line a few words are the name.
const LONGEST_SOUND: usize = 100;

/// Words of an artist's name.
const ARTIST: usize = 3;

/// Whether any such embed may be in `text`.
pub(super) fn may_be_in(text: &str) -> bool {
    text.contains(NOTE)
}

/// The posts whose sounds stand in block `index`; nothing before byte `taken` is looked at.
pub(super) fn all(text: &str, blocks: &[Range<usize>], index: usize, taken: usize) -> Vec<Flattened> {
    let block = blocks[index].clone();
    let mut found: Vec<Flattened> = Vec::new();
    for (at, _) in text[block.clone()].match_indices(NOTE) {
        let taken = found.last().map_or(taken, |post| post.place.end.max(taken));
        let at = block.start + at;
        if at >= taken {
            found.extend(post(text, blocks, index, taken, at));
        }
    }
    found
}

fn post(text: &str, blocks: &[Range<usize>], index: usize, taken: usize, note: usize) -> Option<Flattened> {
    let end = end_of_sound(text, note, blocks[index].end)?;
    let (start, handle) = handle_before(text, blocks, index, taken, note)?;
    let body = trimmed(text, start + 1 + handle.len()..note);
    let place = start..end;
    Some(Flattened {
        platform: "tiktok",
        form: Form::Flattened,
        claim: Claim {
            author_handle: Some(handle.to_owned()),
            text: words_of(&text[body.clone()]),
            media: media_of(&text[body.clone()]),
            ..Claim::default()
        },
        post: None,
        raw: raw(text, place.clone()),
        body,
        signature: Some(note..end),
        place,
    })
}

/// Where `♬ title - artist` ends.
fn end_of_sound(text: &str, note: usize, end: usize) -> Option<usize> {
    let sound = text[note..end].trim_end();
    let near = sound
        .char_indices()
        .nth(LONGEST_SOUND)
        .map_or(sound, |(at, _)| &sound[..at]);
    let dash = [" - ", " – ", " — "]
        .iter()
        .filter_map(|dash| Some(near.find(dash)? + dash.len()))
        .min()?;
    if near.len() == sound.len() {
        return Some(note + sound.len());
    }
    let artist = near[dash..].split_inclusive(' ').take(ARTIST);
    Some(note + dash + artist.collect::<String>().trim_end().len())
}

/// The handle that begins the caption which ends at byte `note`: at the beginning of a line, or behind the end of a
/// sentence.
fn handle_before<'a>(
    text: &'a str,
    blocks: &[Range<usize>],
    index: usize,
    taken: usize,
    note: usize,
) -> Option<(usize, &'a str)> {
    let from = blocks[index].start.max(taken);
    let near = text.ceil_char_boundary(from.max(note.saturating_sub(LONGEST)));
    let own = text[near..note].match_indices('@').find_map(|(at, _)| {
        let at = near + at;
        let before = text[from..at].trim_end();
        let begins = before.is_empty() || before.ends_with(['.', '!', '?', ':', '…', '”', '"', '»', '。']);
        let parted = before.len() < at - from || before.is_empty();
        begins.then(|| handle(text, at, note)).flatten().filter(|_| parted)
    });
    if own.is_some() {
        return own;
    }
    blocks[..index].iter().rev().take(LINES).find_map(|line| {
        let start = trimmed(text, line.clone()).start;
        let is_near = start >= taken && note - start <= LONGEST;
        is_near.then(|| handle(text, start, line.end)).flatten()
    })
}

/// The handle at byte `at`, and where it begins.
fn handle(text: &str, at: usize, end: usize) -> Option<(usize, &str)> {
    let rest = text.get(at..end)?.strip_prefix('@')?;
    let length = rest
        .bytes()
        .take_while(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'.'))
        .count();
    let ends = rest[length..].chars().next().is_none_or(char::is_whitespace);
    ((2..=24).contains(&length) && ends).then_some((at, &rest[..length]))
}
