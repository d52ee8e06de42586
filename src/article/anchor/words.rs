//! Where browsers certainly part words: at spaces and beside stops. The dictionaries that they use for scripts without
//! spaces are not known here, so nothing relies on them.

use std::ops::Range;

use unicode_normalization::char::is_combining_mark;

/// A part of a directive is looked for within so many bytes; a page whose words are longer gets no directive.
pub const PART: usize = 2_000;

/// Punctuation beside which a word ends without a space.
const STOPS: &str = "。、，．：；！？…‥・「」『』（）【】《》〈〉“”„«»।॥؟،؛።";

/// Marks that may stand inside a word.
const JOINERS: &str = "'’.:·_,;-‐‑\u{202f}\u{2060}\u{200d}\u{200c}";

/// Whether a word may start or end at a byte of `text`, for certain: dictionaries that browsers use for scripts
/// without spaces are not known here.
pub fn is_word_edge(text: &str, at: usize) -> bool {
    let (before, after) = (text[..at].chars().next_back(), text[at..].chars().next());
    let (Some(before), Some(after)) = (before, after) else {
        return true;
    };
    let inside = |c: char| c.is_alphanumeric() || JOINERS.contains(c) || is_combining_mark(c);
    let breaks = |c: char| is_space(c) || STOPS.contains(c);
    breaks(before) || breaks(after) || !(inside(before) && inside(after))
}

/// Whether words part here: the narrow no-break space, for UAX #29, is part of a word.
fn is_space(character: char) -> bool {
    character.is_whitespace() && character != '\u{202f}'
}

/// As much of the start of `text` as is looked at.
pub fn window_after(text: &str) -> &str {
    &text[..text.floor_char_boundary(PART)]
}

/// As much of its end.
pub fn window_before(text: &str) -> &str {
    &text[text.ceil_char_boundary(text.len().saturating_sub(PART))..]
}

/// The words of a line, or of its start or end where it is long, as browsers certainly part them: at spaces, and after
/// the stops of scripts without spaces.
pub struct Words<'a> {
    line: &'a str,
    words: Vec<Range<usize>>,
}

impl<'a> Words<'a> {
    fn of(line: &'a str) -> Words<'a> {
        let words = line
            .split(is_space)
            .filter(|run| !run.is_empty())
            .flat_map(|run| run.split_inclusive(|c| "。、，；：！？".contains(c)))
            .map(|word| {
                let start = word.as_ptr().addr() - line.as_ptr().addr();
                start..start + word.len()
            })
            .collect();
        Words { line, words }
    }

    /// The words at the start of a line.
    pub fn at_start(line: &'a str) -> Words<'a> {
        let window = window_after(line);
        let mut words = Words::of(window);
        if window.len() < line.len() {
            words.words.pop();
        }
        words
    }

    /// The words at the end of a line.
    pub fn at_end(line: &'a str) -> Words<'a> {
        let window = window_before(line);
        let mut words = Words::of(window);
        if window.len() < line.len() && !words.words.is_empty() {
            words.words.remove(0);
        }
        words
    }

    /// The text of the first `count` words, or of fewer if they are long.
    pub fn first(&self, count: usize) -> Option<&'a str> {
        let last = self.enough(self.words.iter(), count)?;
        Some(&self.line[self.words.first()?.start..last.end])
    }

    /// The text of the last `count` words, or of fewer if they are long.
    pub fn last(&self, count: usize) -> Option<&'a str> {
        let first = self.enough(self.words.iter().rev(), count)?;
        Some(&self.line[first.start..self.words.last()?.end])
    }

    /// The word at which `count` words, or eight times as many code points, are full.
    fn enough<'r>(&self, words: impl Iterator<Item = &'r Range<usize>>, count: usize) -> Option<&'r Range<usize>> {
        let mut characters = 0;
        let mut reached = None;
        for word in words.take(count) {
            reached = Some(word);
            characters += self.line[word.clone()].chars().count();
            if characters >= 8 * count {
                break;
            }
        }
        reached
    }
}
