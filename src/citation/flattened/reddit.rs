//! What an embed of Reddit leaves: the title, then `by u/ada in birds`, of a comment `by u/ada from discussion in birds`,
//! in one line or several.

use std::ops::Range;
use std::sync::LazyLock;

use regex::Regex;

use super::body::trimmed;
use super::{Flattened, raw, words_of};
use crate::citation::{Claim, Form};

/// Longest title, in bytes (Reddit: 300 characters).
const LONGEST: usize = 1_200;

static BY: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"(?:^|[ \u{a0}])by ?u/([A-Za-z0-9_-]{3,20})(?: from discussion)?(?: ?in ?(?:r/)?[A-Za-z0-9_]{2,21})?[ \u{a0}]*$")
        .expect("a pattern of our own")
});

/// The line after it, where there is one.
static IN: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"^ *in ?(?:r/)?[A-Za-z0-9_]{2,21} *$").expect("a pattern of our own"));

/// Whether any such embed may be in `text`.
pub(super) fn may_be_in(text: &str) -> bool {
    memchr::memmem::find(text.as_bytes(), b"by u/").is_some()
        || memchr::memmem::find(text.as_bytes(), b"byu/").is_some()
}

/// The post whose author ends block `index`; nothing before byte `taken` is looked at.
pub(super) fn read(text: &str, blocks: &[Range<usize>], index: usize, taken: usize) -> Option<Flattened> {
    let block = blocks[index].clone();
    let line = &text[block.clone()];
    if line.len() > LONGEST {
        return None;
    }
    let words = BY.captures(line)?;
    let author = words.get(1)?;
    let by = trimmed(text, block.start + words.get(0)?.start()..block.end);
    let next = blocks.get(index + 1).filter(|next| IN.is_match(&text[(*next).clone()]));
    // Where it was posted tells an embed from words about one.
    if !text[by.clone()].contains("in") && next.is_none() || by.start < taken {
        return None;
    }
    let own = trimmed(text, block.start.max(taken)..by.start);
    let above = || {
        let line = trimmed(text, blocks[index.checked_sub(1)?].clone());
        let content = &text[line.clone()];
        (line.start >= taken && content.len() <= LONGEST / 3 && !content.ends_with([':', '：'])).then_some(line)
    };
    let body = if own.is_empty() { above().unwrap_or(own) } else { own };
    let signature = by.start..next.map_or(by.end, |next| trimmed(text, next.clone()).end);
    let place = body.start.min(signature.start)..signature.end;
    Some(Flattened {
        platform: "reddit",
        form: Form::Flattened,
        claim: Claim {
            author_handle: Some(author.as_str().to_owned()),
            text: words_of(&text[body.clone()]).filter(|text| text != "Comment"),
            ..Claim::default()
        },
        post: None,
        raw: raw(text, place.clone()),
        body,
        signature: Some(signature),
        place,
    })
}
