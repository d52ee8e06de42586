//! The address that a browser opens at a sentence: a text directive of the URL Fragment Text Directives
//! (<https://wicg.github.io/scroll-to-text-fragment/>), `:~:text=[prefix-,]start[,end][,-suffix]`. A browser takes the
//! first match; a directive is given only if the first match in the reading's text is the wanted one.

use std::fmt::Write as _;

use memchr::memmem;
use url::Url;

use super::fold::{Folded, fold};
use super::words::{PART, Words, is_word_edge, window_after, window_before};
use crate::article::{Reading, Span};

/// Most code points that are given whole; longer text is given by its first and last words.
const WHOLE: usize = 300;

/// Words at either end of a longer text, tried in turn.
const ENDS: [usize; 3] = [5, 10, 20];

/// Words of context, tried in turn.
const CONTEXTS: [usize; 3] = [3, 8, 20];

/// Bytes compared for one reading; a hostile one with many citations runs out of them and gets no more directives.
const COMPARED: usize = 2 << 30;

/// The directives of a reading's spans.
#[derive(Debug)]
pub struct Fragments<'a> {
    reading: &'a Reading,
    folded: Folded<'a>,
    left: usize,
}

/// What a directive says, not yet escaped.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
struct Directive<'a> {
    prefix: Option<&'a str>,
    start: &'a str,
    end: Option<&'a str>,
    suffix: Option<&'a str>,
}

impl<'a> Fragments<'a> {
    /// Folds the reading's text, once for all its spans.
    #[must_use]
    pub fn of(reading: &'a Reading) -> Fragments<'a> {
        Fragments {
            reading,
            folded: Folded::of(&reading.text),
            left: COMPARED,
        }
    }

    /// The fragment directive of a span, `:~:text=…`, escaped; `None` if no directive certainly means this span and no
    /// other: it has no letters, or stands twice in the same surroundings, or between words without end.
    #[must_use]
    pub fn directive(&mut self, span: Span) -> Option<String> {
        let reading = self.reading;
        let bodies = bodies(reading.slice(span).trim());
        let around = Around::of(reading, span);
        // Words of the same block first: between blocks the page may hold what the reading leaves out.
        let in_context = bodies.first().into_iter().flat_map(|body| {
            around.contexts().map(|(prefix, suffix)| Directive {
                prefix,
                suffix,
                ..*body
            })
        });
        bodies
            .iter()
            .copied()
            .chain(in_context)
            .filter(|d| (d.prefix.is_some() || around.starts_word) && (d.suffix.is_some() || around.ends_word))
            .find(|directive| self.is_first(directive, span))
            .map(|directive| directive.escaped())
    }

    /// Whether a browser's first match is the span. Whatever matches for a browser matches in the folded text too, so a
    /// first match there is the browser's.
    fn is_first(&mut self, directive: &Directive<'_>, span: Span) -> bool {
        let [prefix, start, end, suffix] = [
            directive.prefix.unwrap_or(""),
            directive.start,
            directive.end.unwrap_or(""),
            directive.suffix.unwrap_or(""),
        ]
        .map(fold);
        let (from, to) = (self.folded.offset(span.start_byte), self.folded.offset(span.end_byte));
        if start.is_empty() || (directive.end.is_some() && end.is_empty()) {
            return false;
        }
        let Some(before) = from.checked_sub(prefix.len()) else {
            return false;
        };
        if directive.end.is_none() {
            return self.find(0, &(prefix + &start + &suffix)) == Some(before);
        }
        let (first, last) = (prefix + &start, end.clone() + &suffix);
        self.find(0, &first) == Some(before) && self.find(from + start.len(), &last) == to.checked_sub(end.len())
    }

    /// Where `needle` stands first in the letters from `from` on; `None` too when no more may be compared.
    fn find(&mut self, from: usize, needle: &str) -> Option<usize> {
        let letters = &self.folded.letters.as_bytes()[from..];
        let found = memmem::find(&letters[..letters.len().min(self.left)], needle.as_bytes());
        self.left -= found.map_or(letters.len(), |at| at + needle.len()).min(self.left);
        found.map(|at| from + at)
    }
}

/// The fragment directive of one span of `reading`; see [`Fragments::directive`], which serves many.
#[must_use]
pub fn text_fragment(reading: &Reading, span: Span) -> Option<String> {
    Fragments::of(reading).directive(span)
}

/// `url` with a fragment directive; a fragment of its own stays before it, a directive of its own goes.
#[must_use]
pub fn fragment_url(url: &Url, directive: &str) -> Url {
    let own = url.fragment().unwrap_or("");
    let own = own.split_once(":~:").map_or(own, |(own, _)| own);
    let fragment = format!("{own}{directive}");
    let mut url = url.clone();
    url.set_fragment(Some(&fragment));
    url
}

impl Directive<'_> {
    fn escaped(&self) -> String {
        let mut written = String::from(":~:text=");
        if let Some(prefix) = self.prefix {
            escape(prefix, &mut written);
            written.push_str("-,");
        }
        escape(self.start, &mut written);
        if let Some(end) = self.end {
            written.push(',');
            escape(end, &mut written);
        }
        if let Some(suffix) = self.suffix {
            written.push_str(",-");
            escape(suffix, &mut written);
        }
        written
    }
}

/// Percent-encodes all but the unreserved characters of RFC 3986, and the hyphen too, which is syntax here.
fn escape(text: &str, written: &mut String) {
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'~') {
            written.push(char::from(byte));
        } else {
            // Writing to a string cannot fail.
            let _ = write!(written, "%{byte:02X}");
        }
    }
}

/// Ways to say a text without its surroundings, shortest first: whole, or by words of its first and last line. A
/// browser looks for each part within one block.
fn bodies(text: &str) -> Vec<Directive<'_>> {
    let (Some(first), Some(last)) = (text.lines().next(), text.lines().next_back()) else {
        return Vec::new();
    };
    let one_line = !text.contains('\n');
    let whole = (one_line && text.len() <= PART).then_some(Directive {
        start: text,
        ..Directive::default()
    });
    if whole.is_some() && text.chars().nth(WHOLE).is_none() {
        return whole.into_iter().collect();
    }
    let (head, tail) = (Words::at_start(first), Words::at_end(last));
    let mut bodies: Vec<_> = ENDS
        .iter()
        .filter_map(|&count| Some((head.first(count)?, tail.last(count)?)))
        .filter(|(start, end)| !one_line || start.len() + end.len() <= text.len())
        .map(|(start, end)| Directive {
            start,
            end: Some(end),
            ..Directive::default()
        })
        .collect();
    if bodies.is_empty() {
        bodies.extend(whole);
    }
    bodies
}

/// What stands around a span.
struct Around<'a> {
    /// Words before it in its block, or else in the block before.
    before: Words<'a>,
    /// Words after it in its block, or else in the block after.
    after: Words<'a>,
    /// Whether the words before are of the same block.
    before_is_near: bool,
    after_is_near: bool,
    /// Whether the span starts and ends where a word may.
    starts_word: bool,
    ends_word: bool,
}

impl<'a> Around<'a> {
    fn of(reading: &'a Reading, span: Span) -> Around<'a> {
        let (before, after) = (&reading.text[..span.start_byte], &reading.text[span.end_byte..]);
        let near_before = window_before(before).rsplit('\n').next().unwrap_or("");
        let near_after = window_after(after).split('\n').next().unwrap_or("");
        let far_before = window_before(before).trim_end().rsplit('\n').next().unwrap_or("");
        let far_after = window_after(after).trim_start().split('\n').next().unwrap_or("");
        let before_is_near = !near_before.trim().is_empty();
        let after_is_near = !near_after.trim().is_empty();
        Around {
            before: Words::at_end(if before_is_near { near_before } else { far_before }),
            after: Words::at_start(if after_is_near { near_after } else { far_after }),
            before_is_near,
            after_is_near,
            starts_word: is_word_edge(&reading.text, span.start_byte),
            ends_word: is_word_edge(&reading.text, span.end_byte),
        }
    }

    /// Prefixes and suffixes to try, those of the same block first.
    fn contexts(&self) -> impl Iterator<Item = (Option<&'a str>, Option<&'a str>)> + '_ {
        let pairs = CONTEXTS.into_iter().flat_map(|count| {
            let (prefix, suffix) = (self.before.last(count), self.after.first(count));
            [(prefix, None), (None, suffix), (prefix, suffix)]
        });
        let (near, far): (Vec<_>, Vec<_>) = pairs
            .filter(|pair| *pair != (None, None))
            .partition(|(prefix, suffix)| {
                (prefix.is_none() || self.before_is_near) && (suffix.is_none() || self.after_is_near)
            });
        near.into_iter().chain(far)
    }
}

#[cfg(test)]
mod tests;
