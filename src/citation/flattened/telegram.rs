//! What a widget of Telegram leaves: the text, then `t.me/channel/321 1.2K views May 1, 2024 at 12:00`.

use std::ops::Range;
use std::sync::LazyLock;

use regex::Regex;

use super::body::trimmed;
use super::{Flattened, date_first, raw, words_of};
use crate::citation::{Claim, Form};
use crate::platform::link::addresses;
use crate::platform::{Recognised, recognise};

/// Longest text that is taken from the line above, in bytes.
const LONGEST: usize = 2_000;

static VIEWS: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"^[ \u{a0}]*[0-9][0-9.,]{0,8} ?[KM]? views?(?-u:\b)").expect("a pattern of our own"));

/// Whether any such widget may be in `text`.
pub(super) fn may_be_in(text: &str) -> bool {
    memchr::memmem::find(text.as_bytes(), b"t.me/").is_some()
}

/// The post whose address and count of views stand in block `index`; nothing before byte `taken` is looked at.
pub(super) fn read(
    text: &str,
    blocks: &[Range<usize>],
    index: usize,
    taken: usize,
    language: Option<&str>,
) -> Option<Flattened> {
    let block = blocks[index].clone();
    let line = &text[block.clone()];
    memchr::memmem::find(line.as_bytes(), b"t.me/")?;
    let (at, post, views) = addresses(line).into_iter().find_map(|(at, url)| {
        let Some((_, Recognised::Post(post))) = recognise(&url) else {
            return None;
        };
        let views = VIEWS.find(&line[at.end..])?.end();
        (post.platform == "telegram").then_some((at.clone(), post, at.end + views))
    })?;
    let start = block.start + at.start;
    if start < taken {
        return None;
    }
    let date = date_first(&line[views..], language);
    let end = block.start + views + date.as_ref().map_or(0, |date| date.span.end);
    let own = trimmed(text, block.start.max(taken)..start);
    let above = || {
        let line = trimmed(text, blocks[index.checked_sub(1)?].clone());
        (line.start >= taken && line.len() <= LONGEST).then_some(line)
    };
    let body = if own.is_empty() { above().unwrap_or(own) } else { own };
    let place = body.start.min(start)..end;
    Some(Flattened {
        platform: "telegram",
        form: Form::Flattened,
        claim: Claim {
            author_handle: post.handle.clone(),
            date_text: date
                .as_ref()
                .map(|date| line[views + date.span.start..views + date.span.end].to_owned()),
            date: date.map(|date| date.date.to_string()),
            text: words_of(&text[body.clone()]),
            ..Claim::default()
        },
        post: Some(post),
        raw: raw(text, place.clone()),
        body,
        signature: Some(start..end),
        place,
    })
}
