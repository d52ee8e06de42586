//! Posts that a copy of an article holds as plain text only: the post's text and its signature
//! `— Name (@handle) September 1, 2021`, on lines of their own or run together with the article; the layout of a
//! copied card; just the link of its picture; or the footer of another platform's embed. Nothing here is proof that a
//! post exists: it is what the text claims.

use std::borrow::Cow;
use std::cell::OnceCell;
use std::ops::Range;
use std::sync::LazyLock;

use regex::Regex;

use super::date::{self, DateFound};
use super::{Claim, Form};
use crate::platform::link::addresses;
use crate::platform::{PostRef, x};

mod body;
mod card;
mod footer;
mod reddit;
mod signature;
mod telegram;
mod tiktok;

pub(super) use footer::after_view;

use signature::Signature;

/// Most that is kept of a place as it stood, in bytes.
const LONGEST_RAW: usize = 64 * 1024;

/// A post found as plain text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Flattened {
    /// Name of the platform.
    pub platform: &'static str,
    /// [`Form::Flattened`], or [`Form::MediaLink`] where only the link of a picture betrays the post.
    pub form: Form,
    /// What the place claims.
    pub claim: Claim,
    /// The post, if its address survives at the signature.
    pub post: Option<PostRef>,
    /// The post's text in the article's text (bytes); may span several blocks; empty if only a signature is left.
    pub body: Range<usize>,
    /// The signature, or the time of a card (bytes).
    pub signature: Option<Range<usize>>,
    /// The whole place (bytes): body, signature, and what else a card prints around them. No article text.
    pub place: Range<usize>,
    /// The place as it stood.
    pub raw: String,
}

/// Finds flattened posts in `text`, whose `blocks` (bytes, in order) are paragraphs or lines. Reading order; linear.
#[must_use]
pub fn find(text: &str, blocks: &[Range<usize>], language: Option<&str>) -> Vec<Flattened> {
    find_within(text, blocks, &[], language)
}

/// The same, where some blocks are quotations, runs of which (bytes, in order) are given: a post signed in one begins in
/// it.
#[must_use]
pub fn find_within(
    text: &str,
    blocks: &[Range<usize>],
    quotations: &[Range<usize>],
    language: Option<&str>,
) -> Vec<Flattened> {
    let blocks: Vec<Range<usize>> = blocks
        .iter()
        .filter(|block| text.get((*block).clone()).is_some())
        .cloned()
        .collect();
    // Every card and signature has a handle: most articles hold no such sign at all.
    let handles = memchr::memchr(b'@', text.as_bytes()).is_some();
    let footers = footer::may_be_in(text);
    let script = OnceCell::new();
    let mut found: Vec<Flattened> = Vec::new();
    // Everything before this byte belongs to a post that was found already.
    let mut taken = 0;
    let (reddit, telegram) = (reddit::may_be_in(text), telegram::may_be_in(text));
    let tiktok = handles && tiktok::may_be_in(text);
    let looked_through = if handles || footers || reddit || telegram {
        blocks.len()
    } else {
        0
    };
    for index in 0..looked_through {
        let before = quotations.partition_point(|quotation| quotation.end <= blocks[index].start);
        if let Some(quotation) = quotations.get(before).filter(|q| q.start <= blocks[index].start) {
            taken = taken.max(quotation.start);
        }
        if let Some(card) = card::read(text, &blocks, index, taken, language) {
            taken = card.place.end;
            found.push(card);
            continue;
        }
        for card in card::inline(text, &blocks[index], taken, language) {
            taken = card.place.end;
            found.push(card);
        }
        for post in footer::all(text, &blocks, index, taken, language) {
            taken = post.place.end;
            found.push(post);
        }
        let others = tiktok.then(|| tiktok::all(text, &blocks, index, taken));
        let reddit = reddit.then(|| reddit::read(text, &blocks, index, taken)).flatten();
        let telegram = telegram
            .then(|| telegram::read(text, &blocks, index, taken, language))
            .flatten();
        for post in others.into_iter().flatten().chain(reddit).chain(telegram) {
            taken = post.place.end;
            found.push(post);
        }
        for signature in signature::all(text, &blocks, index, language) {
            if signature.span.start < taken {
                continue;
            }
            let body = body::before(
                text,
                &blocks,
                index,
                taken,
                &signature,
                *script.get_or_init(|| body::script(text)),
            );
            taken = signature.span.end;
            let repeated = body.is_empty()
                && found.last().is_some_and(|last| {
                    last.claim.author_handle.as_deref() == Some(&signature.handle) && last.claim.date == signature.day()
                });
            if !repeated {
                found.push(signed(text, body, signature));
            }
        }
    }
    let lone = media_links(text, &blocks, &found);
    found.extend(lone);
    found.sort_by_key(|post| {
        post.body
            .start
            .min(post.signature.as_ref().map_or(usize::MAX, |signature| signature.start))
    });
    found
}

fn signed(text: &str, body: Range<usize>, signature: Signature) -> Flattened {
    let date = signature.date.as_ref();
    let claim = Claim {
        author_name: (!signature.name.is_empty()).then(|| signature.name.clone()),
        author_handle: Some(signature.handle.clone()),
        date_text: date.map(|date| text[date.span.clone()].to_owned()),
        date: signature.day(),
        text: words_of(&text[body.clone()]),
        media: media_of(&text[body.clone()]),
    };
    let place = body.start.min(signature.span.start)..signature.span.end;
    Flattened {
        // Handles of X are one word; those of Bluesky are host names.
        platform: if signature.handle.contains('.') {
            "bluesky"
        } else {
            x::PLATFORM.name
        },
        form: Form::Flattened,
        claim,
        raw: raw(text, place.clone()),
        place,
        post: signature.post,
        body,
        signature: Some(signature.span),
    }
}

/// Posts of which only text and picture link are left. A picture that a found post claims, or whose link stands in its
/// place, is not told again.
fn media_links(text: &str, blocks: &[Range<usize>], found: &[Flattened]) -> Vec<Flattened> {
    let mut known: std::collections::HashSet<String> = found.iter().flat_map(|post| post.claim.media.clone()).collect();
    let mut lone = Vec::new();
    let mut places = found.iter().map(|post| &post.place).peekable();
    for block in blocks {
        let mut start = block.start;
        for (range, url) in addresses(&text[block.clone()]) {
            let Some(media) = media_url(&url) else { continue };
            let end = block.start + range.end;
            // The text of a found post that ends before this link is not this link's.
            while places.peek().is_some_and(|place| place.end < end) {
                start = places.next().map_or(start, |place| start.max(place.end));
            }
            if places.peek().is_some_and(|place| place.start < end) {
                continue;
            }
            let body = body::tail(text, start..end, body::Limit::Late);
            start = end;
            if known.insert(media.clone()) {
                lone.push(Flattened {
                    platform: x::PLATFORM.name,
                    form: Form::MediaLink,
                    claim: Claim {
                        text: words_of(&text[body.clone()]),
                        media: vec![media],
                        ..Claim::default()
                    },
                    post: None,
                    raw: raw(text, body.clone()),
                    place: body.clone(),
                    body,
                    signature: None,
                });
            }
        }
    }
    lone
}

fn raw(text: &str, range: Range<usize>) -> String {
    let slice = &text[range];
    slice[..slice.floor_char_boundary(LONGEST_RAW)].to_owned()
}

/// `https://pic.twitter.com/SLUG`, if `url` is the link of a picture.
fn media_url(url: &url::Url) -> Option<String> {
    matches!(url.host_str()?, "pic.twitter.com" | "pic.x.com").then(|| format!("https://pic.twitter.com{}", url.path()))
}

fn media_of(body: &str) -> Vec<String> {
    let mut media: Vec<String> = addresses(body).iter().filter_map(|(_, url)| media_url(url)).collect();
    media.dedup();
    media
}

/// The words of a post: white space folded, quote marks of text mail and leftovers of Markdown undone, picture
/// links dropped.
fn words_of(body: &str) -> Option<String> {
    static MARKDOWN: LazyLock<Regex> = LazyLock::new(|| {
        Regex::new(r"\[([^\[\]]{0,500})\](?:\([^()\s]{0,500}\)|\[\d+\])|\(https?://[^()\s]{0,500}\)")
            .expect("a pattern of our own")
    });
    let lines: Vec<&str> = body
        .lines()
        .map(|line| line.trim_start().trim_start_matches("> "))
        .collect();
    let joined = lines.join(" ").replace(body::IMAGE, " ");
    // Few posts hold any, and the pattern takes long to be made.
    let may_hold_links = ["](", "][", "(http"].iter().any(|sign| joined.contains(sign));
    let plain = if may_hold_links {
        MARKDOWN.replace_all(&joined, "$1")
    } else {
        Cow::Borrowed(joined.as_str())
    };
    let mut kept = String::with_capacity(plain.len());
    let mut from = 0;
    for (range, url) in addresses(&plain) {
        if media_url(&url).is_some() {
            kept.push_str(&plain[from..range.start]);
            kept.push(' ');
            from = range.end;
        }
    }
    kept.push_str(&plain[from..]);
    let words: Vec<&str> = kept.split_whitespace().collect();
    (!words.is_empty()).then(|| words.join(" "))
}

/// Reads a date at the beginning of `text`; nothing but white space and Markdown may stand before it.
fn date_first(text: &str, language: Option<&str>) -> Option<DateFound> {
    let window = &text[..text.floor_char_boundary(240)];
    // Most handles in a text are followed by none: see whether there is a number at all before reading closely.
    if !window.chars().take(60).any(char::is_numeric) {
        return None;
    }
    date::read(window, language).filter(|found| {
        let before = window[..found.span.start].trim_start();
        // Vietnamese has a word before the time.
        let before = before.strip_prefix("lúc ").unwrap_or(before);
        before.chars().count() <= 8
            && before.chars().all(|c| {
                c.is_whitespace()
                    || matches!(
                        c,
                        '[' | '>' | '·' | '|' | ',' | '-' | '–' | '—' | ':' | '\u{200e}' | '\u{200f}' | '\u{202a}'
                            ..='\u{202e}'
                    )
            })
    })
}

#[cfg(test)]
mod tests;
