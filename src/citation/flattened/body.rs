//! Which text before a signature is the post's: read backwards from the signature, by the length a post can have,
//! by signs that only posts have (picture and short links, tags, handles, thread counts, emoji), by its script where
//! the article is in another, and by what leads it in.

use std::ops::Range;

use whatlang::Script;

use super::signature::Signature;
use crate::citation::linking::vocabulary::is_post_word;

/// How long a post's text can be.
#[derive(Clone, Copy)]
pub(super) enum Limit {
    /// 140 characters, until November 2017.
    Early,
    /// 280 characters.
    Late,
}

impl Limit {
    fn characters(self) -> usize {
        match self {
            Limit::Early => 140,
            Limit::Late => 280,
        }
    }

    /// What a translation may grow a post to that stands on lines of its own.
    fn translated(self) -> usize {
        self.characters() * 8 / 5
    }
}

/// Most blocks that one post's text may have.
const MOST_BLOCKS: usize = 24;

/// A line that ends in a colon and is not longer than this introduces the post.
const LONGEST_LABEL: usize = 60;

/// What a post of Bluesky says of its picture.
pub(super) const IMAGE: &str = "[image or embed]";

/// Words that a post's text must have before the search stops at the first line without a sign of a post.
const ENOUGH_WORDS: usize = 3;

/// The script most of `text` is in, apart from addresses and handles; those of Chinese and Japanese are one.
pub(super) fn script(text: &str) -> Option<Script> {
    let words: String = text
        .split_whitespace()
        .filter(|word| !word.contains(['/', '@']))
        .collect();
    match whatlang::detect_script(&words)? {
        Script::Hiragana | Script::Katakana => Some(Script::Mandarin),
        script => Some(script),
    }
}

/// The text of the post that `signature` in block `index` of an article in `script` signs; nothing before byte `taken`
/// is looked at.
pub(super) fn before(
    text: &str,
    blocks: &[Range<usize>],
    index: usize,
    taken: usize,
    signature: &Signature,
    script: Option<Script>,
) -> Range<usize> {
    let limit = match &signature.date {
        Some(date) if date.date < chrono::NaiveDate::from_ymd_opt(2017, 11, 8).unwrap_or_default() => Limit::Early,
        _ => Limit::Late,
    };
    let own = trimmed(text, blocks[index].start.max(taken)..signature.span.start);
    let body = tail(text, own.clone(), limit);
    if body.start > own.start || blocks[index].start < taken {
        return body;
    }
    // A post found before may end inside a block.
    let above: Vec<Range<usize>> = blocks[..index]
        .iter()
        .rev()
        .take(MOST_BLOCKS)
        .take_while(|block| block.end > taken)
        .map(|block| trimmed(text, block.start.max(taken)..block.end))
        .filter(|line| !line.is_empty())
        .collect();
    let body = lines_above(text, &above, body, limit, script);
    led_in(text, &above, &body, limit, signature).unwrap_or(body)
}

/// Takes the lines `above`, nearest first, into `body` as far as they belong to the post.
fn lines_above(
    text: &str,
    above: &[Range<usize>],
    mut body: Range<usize>,
    limit: Limit,
    article: Option<Script>,
) -> Range<usize> {
    let mut enough = words(&text[body.clone()]);
    for line in above.iter().cloned() {
        let content = &text[line.clone()];
        let end = if body.is_empty() { line.end } else { body.end };
        if length(&text[line.start..end]) > limit.translated() {
            if body.is_empty() {
                body = tail(text, line, limit);
            }
            break;
        }
        let own = script(&text[body.clone()]).filter(|own| Some(*own) != article);
        let is_foreign = own.is_some() && script(content) == own;
        let is_head = heads(content, &text[body.clone()]);
        let is_own = has_sign(content) || is_foreign || is_head;
        if is_label(content) && !is_head || enough >= ENOUGH_WORDS && !is_own {
            break;
        }
        body = line.start..end;
        enough += words(content);
    }
    body
}

/// The lines that stand between what plainly leads the post in and its signature, if a post can be as long: a line
/// that ends in a colon and names the author, or speaks of a post.
fn led_in(
    text: &str,
    above: &[Range<usize>],
    body: &Range<usize>,
    limit: Limit,
    signature: &Signature,
) -> Option<Range<usize>> {
    let mut start = body.start;
    for line in above.iter().filter(|line| line.end <= body.start) {
        let content = &text[line.clone()];
        if content.ends_with([':', '：']) {
            let named = [&*signature.name, &*signature.handle]
                .iter()
                .any(|name| name.chars().count() >= 3 && content.contains(name));
            return (named || leads_in(content)).then_some(start..body.end);
        }
        if length(&text[line.start..body.end]) > limit.characters() {
            return None;
        }
        start = line.start;
    }
    None
}

/// Whether a line is a short announcement of what follows.
fn is_label(content: &str) -> bool {
    content.ends_with([':', '：']) && content.chars().take(LONGEST_LABEL + 1).count() <= LONGEST_LABEL
}

/// Whether a line speaks of a post.
fn leads_in(content: &str) -> bool {
    content
        .split(|c: char| !c.is_alphanumeric())
        .any(|word| is_post_word(&word.to_lowercase()))
}

/// The mark that begins an item of a list: a bullet or an emoji.
fn item(content: &str) -> Option<char> {
    let first = content.chars().next()?;
    (is_emoji(first)
        || matches!(
            first,
            '•' | '·' | '・' | '▪' | '▫' | '‣' | '◦' | '-' | '–' | '*' | '→' | '✓'
        ))
    .then_some(first)
}

/// Whether a line announces the items of a list that `body` begins with, two at least, and does not speak of a post.
fn heads(content: &str, body: &str) -> bool {
    let mut lines = body.lines().filter(|line| !line.trim().is_empty());
    let first = lines.next().and_then(item);
    first.is_some() && first == lines.next().and_then(item) && is_label(content) && !leads_in(content)
}

/// The end of `range` that can be a post: all of it, if it is short enough; else from the first end of a sentence
/// that leaves a length that a post can have.
pub(super) fn tail(text: &str, range: Range<usize>, limit: Limit) -> Range<usize> {
    let range = trimmed(text, range);
    let content = &text[range.clone()];
    if length(content) <= limit.characters() * 5 / 4 {
        return range;
    }
    // Only the end can matter; look at no more than that.
    let window = content
        .char_indices()
        .rev()
        .take(limit.characters() * 2)
        .last()
        .map_or(0, |(at, _)| at);
    let ends = content[window..].char_indices().filter(|(at, c)| {
        let next = content[window + at + c.len_utf8()..].chars().next();
        matches!(c, '。' | '！' | '？')
            || matches!(c, '.' | '!' | '?' | '…' | ':' | '”' | '"' | '»') && next.is_some_and(char::is_whitespace)
    });
    for (at, c) in ends {
        let start = window + at + c.len_utf8();
        let rest = trimmed(text, range.start + start..range.end);
        if length(&text[rest.clone()]) <= limit.characters() + 10 {
            let closes_quotation = matches!(c, '”' | '"' | '»' | ':');
            if rest.is_empty() || closes_quotation && words(&text[rest.clone()]) == 0 {
                continue;
            }
            return rest;
        }
    }
    range
}

/// The length as the platform counts it: a picture link is nothing, any other link 23. Stops counting at 4,000.
fn length(content: &str) -> usize {
    content
        .split_whitespace()
        .map(|word| {
            if word.contains("pic.twitter.com/") || word.contains("pic.x.com/") {
                0
            } else if word.starts_with("http") {
                24
            } else {
                word.chars().count() + 1
            }
        })
        .scan(0, |sum, word| {
            *sum += word;
            Some(*sum)
        })
        .take_while(|sum| *sum < 4_000)
        .last()
        .map_or(if content.is_empty() { 0 } else { 4_000 }, |sum| {
            if sum >= 3_900 { 4_000 } else { sum }
        })
}

/// How many words stand in `content` apart from links, tags, handles and thread counts; four letters of a script
/// without spaces count as one.
fn words(content: &str) -> usize {
    if content == IMAGE {
        return 0;
    }
    content
        .split_whitespace()
        .take(200)
        .filter(|word| !is_sign(word) && word.contains(char::is_alphanumeric))
        .map(|word| match word.chars().filter(is_unspaced).take(400).count() {
            0 => 1,
            letters => letters.div_ceil(4),
        })
        .sum()
}

/// Whether a letter is of a script without spaces: Thai, Lao, Burmese, Khmer, Japanese, Chinese.
fn is_unspaced(c: &char) -> bool {
    matches!(c, '\u{0e00}'..='\u{0eff}' | '\u{1000}'..='\u{109f}' | '\u{1780}'..='\u{17ff}' | '\u{3040}'..='\u{9fff}')
}

/// Whether `content` has what only posts have: a short link or thread count anywhere, or a tag, handle or emoji at
/// its beginning or end (within prose an article names tags and handles, too).
fn has_sign(content: &str) -> bool {
    let mut words = content.split_whitespace();
    let edges = [words.next(), words.next_back()];
    let marked = |word: &str| {
        is_sign(word) || word.starts_with(is_emoji) || word.trim_end_matches('\u{fe0f}').ends_with(is_emoji)
    };
    content == IMAGE || edges.into_iter().flatten().any(marked) || content.split_whitespace().take(400).any(is_link)
}

fn is_sign(word: &str) -> bool {
    let word =
        word.trim_matches(|c: char| matches!(c, '(' | ')' | ',' | '.' | '!' | '?' | ':' | ';' | '"' | '“' | '”'));
    is_link(word)
        || is_thread_count(word)
        || word
            .strip_prefix(['#', '＃', '@'])
            .is_some_and(|name| name.starts_with(|c: char| c.is_alphanumeric() || c == '_'))
}

fn is_link(word: &str) -> bool {
    word.contains("pic.twitter.com/") || word.contains("pic.x.com/") || word.contains("//t.co/")
}

/// `1/2`, `3/`, `1/n`.
fn is_thread_count(word: &str) -> bool {
    let Some((part, of)) = word.split_once('/') else {
        return false;
    };
    let number = |text: &str| (1..=2).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_digit());
    number(part) && (number(of) || of.is_empty() || of.eq_ignore_ascii_case("n"))
}

fn is_emoji(c: char) -> bool {
    matches!(c, '\u{1f000}'..='\u{1faff}' | '\u{2600}'..='\u{27bf}' | '\u{2b00}'..='\u{2bff}' | '\u{203c}' | '\u{2049}')
}

/// `range` of `text` without outer white space and quote marks of text mail.
pub(super) fn trimmed(text: &str, range: Range<usize>) -> Range<usize> {
    if range.start >= range.end {
        return range.start..range.start;
    }
    let slice = &text[range.clone()];
    let kept = slice
        .trim_start_matches(|c: char| c.is_whitespace() || c == '>')
        .trim_end();
    let start = range.start + (slice.trim_end().len() - kept.len());
    start..start + kept.len()
}
