//! The address that a browser opens at a sentence: a text directive of the URL Fragment Text Directives
//! (<https://wicg.github.io/scroll-to-text-fragment/>), `:~:text=[prefix-,]start[,end][,-suffix]`. A browser takes the
//! first match; a directive is given only if the first match in the reading's text is the wanted one.

use std::fmt::Write as _;
use std::ops::Range;

use memchr::memmem;
use url::Url;

use super::fold::{Folded, fold};
use crate::article::{Reading, Span};

/// Most code points that are given whole; longer text is given by its first and last words.
const WHOLE: usize = 300;

/// Words at either end of a longer text, tried in turn.
const ENDS: [usize; 3] = [5, 10, 20];

/// Words of context, tried in turn.
const CONTEXTS: [usize; 3] = [3, 8, 20];

/// A part of a directive is looked for within so many bytes; a page whose words are longer gets no directive.
const PART: usize = 2_000;

/// Bytes compared for one reading; a hostile one with many citations runs out of them and gets no more directives.
const COMPARED: usize = 2 << 30;

/// Punctuation beside which a word ends without a space.
const STOPS: &str = "。、，．：；！？…‥・「」『』（）【】《》〈〉“”„«»।॥؟،؛።";

/// Marks that may stand inside a word.
const JOINERS: &str = "'’.:·_,;-‐‑\u{202f}\u{2060}\u{200d}\u{200c}";

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
        let parts = bodies(self.reading.slice(span).trim());
        let around = Around::of(self.reading, span);
        let plain = parts.iter().map(|(start, end)| (*start, *end, None, None));
        // Words of the same block first: between blocks the page may hold what the reading leaves out.
        let first = parts.first().map(|(start, end)| (*start, *end));
        let in_context = first.into_iter().flat_map(|(start, end)| {
            around
                .contexts()
                .map(move |(prefix, suffix)| (start, end, prefix, suffix))
        });
        let candidates: Vec<_> = plain.chain(in_context).collect();
        candidates
            .into_iter()
            .map(|(start, end, prefix, suffix)| Directive {
                prefix,
                start,
                end,
                suffix,
            })
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
fn bodies(text: &str) -> Vec<(&str, Option<&str>)> {
    let (Some(first), Some(last)) = (text.lines().next(), text.lines().next_back()) else {
        return Vec::new();
    };
    let one_line = !text.contains('\n');
    let whole = (one_line && text.len() <= PART).then_some((text, None));
    if whole.is_some() && text.chars().nth(WHOLE).is_none() {
        return whole.into_iter().collect();
    }
    let (head, tail) = (Words::at_start(first), Words::at_end(last));
    let mut bodies: Vec<_> = ENDS
        .iter()
        .filter_map(|&count| Some((head.first(count)?, tail.last(count)?)))
        .filter(|(start, end)| !one_line || start.len() + end.len() <= text.len())
        .map(|(start, end)| (start, Some(end)))
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

/// Whether a word may start or end at a byte of `text`, for certain: dictionaries that browsers use for scripts
/// without spaces are not known here.
fn is_word_edge(text: &str, at: usize) -> bool {
    let (before, after) = (text[..at].chars().next_back(), text[at..].chars().next());
    let (Some(before), Some(after)) = (before, after) else {
        return true;
    };
    let inside =
        |c: char| c.is_alphanumeric() || JOINERS.contains(c) || unicode_normalization::char::is_combining_mark(c);
    let breaks = |c: char| is_space(c) || STOPS.contains(c);
    breaks(before) || breaks(after) || !(inside(before) && inside(after))
}

/// Whether words part here: the narrow no-break space, for UAX #29, is part of a word.
fn is_space(character: char) -> bool {
    character.is_whitespace() && character != '\u{202f}'
}

/// As much of the start of `text` as is looked at.
fn window_after(text: &str) -> &str {
    &text[..text.floor_char_boundary(PART)]
}

/// As much of its end.
fn window_before(text: &str) -> &str {
    &text[text.ceil_char_boundary(text.len().saturating_sub(PART))..]
}

/// The words of a line, or of its start or end where it is long, as browsers certainly part them: at spaces, and after
/// the stops of scripts without spaces.
struct Words<'a> {
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
    fn at_start(line: &'a str) -> Words<'a> {
        let window = window_after(line);
        let mut words = Words::of(window);
        if window.len() < line.len() {
            words.words.pop();
        }
        words
    }

    /// The words at the end of a line.
    fn at_end(line: &'a str) -> Words<'a> {
        let window = window_before(line);
        let mut words = Words::of(window);
        if window.len() < line.len() && !words.words.is_empty() {
            words.words.remove(0);
        }
        words
    }

    /// The text of the first `count` words, or of fewer if they are long.
    fn first(&self, count: usize) -> Option<&'a str> {
        let last = self.enough(self.words.iter(), count)?;
        Some(&self.line[self.words.first()?.start..last.end])
    }

    /// The text of the last `count` words, or of fewer if they are long.
    fn last(&self, count: usize) -> Option<&'a str> {
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

#[cfg(test)]
mod tests {
    use percent::decode;
    use proptest::prelude::*;

    use super::super::tests::reading;
    use super::*;

    mod percent {
        pub fn decode(text: &str) -> String {
            let mut bytes = Vec::new();
            let mut rest = text.as_bytes();
            while let [first, tail @ ..] = rest {
                if *first == b'%' {
                    bytes.push(u8::from_str_radix(std::str::from_utf8(&tail[..2]).unwrap(), 16).unwrap());
                    rest = &tail[2..];
                } else {
                    bytes.push(*first);
                    rest = tail;
                }
            }
            String::from_utf8(bytes).unwrap()
        }
    }

    /// Reads a directive as a browser does.
    fn parse(directive: &str) -> [Option<String>; 4] {
        let mut parts: Vec<&str> = directive.strip_prefix(":~:text=").unwrap().split(',').collect();
        assert!(directive.is_ascii() && !directive.contains('&'), "{directive}");
        let prefix = parts[0].strip_suffix('-').map(decode);
        if prefix.is_some() {
            parts.remove(0);
        }
        let suffix = parts.last().unwrap().strip_prefix('-').map(decode);
        if suffix.is_some() {
            parts.pop();
        }
        assert!(matches!(parts.len(), 1 | 2), "{directive}");
        [prefix, Some(decode(parts[0])), parts.get(1).map(|p| decode(p)), suffix]
    }

    /// What a plain browser would take for the range: parts to the letter but for case, each within one block, edges at
    /// word edges where the specification wants them. Written after the specification's steps, without the fold.
    fn matched(text: &str, directive: &str) -> Option<(usize, usize)> {
        let [prefix, start, end, suffix] = parse(directive);
        let start = start?;
        // Lower case that keeps offsets.
        let text: String = text
            .chars()
            .map(|c| {
                c.to_lowercase()
                    .next()
                    .filter(|l| l.len_utf8() == c.len_utf8())
                    .unwrap_or(c)
            })
            .collect();
        let low = |part: String| -> String {
            part.chars()
                .map(|c| {
                    c.to_lowercase()
                        .next()
                        .filter(|l| l.len_utf8() == c.len_utf8())
                        .unwrap_or(c)
                })
                .collect()
        };
        let (prefix, start, end, suffix) = (prefix.map(low), low(start), end.map(low), suffix.map(low));
        let edge = |at: usize| is_word_edge(&text, at);
        let find = |needle: &str, from: usize, starts: bool, ends: bool| {
            assert!(!needle.contains('\n'));
            (from..text.len())
                .filter(|at| text.is_char_boundary(*at))
                .find(|at| {
                    text[*at..].starts_with(needle) && (!starts || edge(*at)) && (!ends || edge(at + needle.len()))
                })
                .map(|at| (at, at + needle.len()))
        };
        let skip = |at: usize| at + (text[at..].len() - text[at..].trim_start().len());
        let mut from = 0;
        loop {
            let must_end = end.is_some() || suffix.is_none();
            let (first, last) = match &prefix {
                Some(prefix) => {
                    let (at, after) = find(prefix, from, true, false)?;
                    from = at + text[at..].chars().next()?.len_utf8();
                    let after = skip(after);
                    let found = find(&start, after, false, must_end)?;
                    if found.0 != after {
                        continue;
                    }
                    found
                }
                None => {
                    let found = find(&start, from, true, must_end)?;
                    from = found.0 + text[found.0..].chars().next()?.len_utf8();
                    found
                }
            };
            let mut search = last;
            loop {
                let last = match &end {
                    Some(end) => find(end, search, true, suffix.is_none())?.1,
                    None => last,
                };
                let Some(suffix) = &suffix else {
                    return Some((first, last));
                };
                let after = skip(last);
                if find(suffix, after, false, true)?.0 == after {
                    return Some((first, last));
                }
                if end.is_none() {
                    break;
                }
                search = last;
            }
        }
    }

    fn check(reading: &Reading, span: Span) -> Option<String> {
        let directive = text_fragment(reading, span)?;
        let found = matched(&reading.text, &directive);
        assert_eq!(found, Some((span.start_byte, span.end_byte)), "{directive}");
        Some(directive)
    }

    #[test]
    fn short_sentences_are_given_whole_and_escaped() {
        for (language, blocks, sentence, expected) in [
            (
                "en",
                &["It rained. The bridge stands."][..],
                1,
                "The%20bridge%20stands.",
            ),
            (
                "en",
                &["Well-known, they say; 100% of A & B = C."],
                0,
                "Well%2Dknown%2C%20they%20say%3B%20100%25%20of%20A%20%26%20B%20%3D%20C.",
            ),
            ("de", &["Die Brücke steht."], 0, "Die%20Br%C3%BCcke%20steht."),
            (
                "ja",
                &["雨。", "橋は無事。"],
                1,
                "%E6%A9%8B%E3%81%AF%E7%84%A1%E4%BA%8B%E3%80%82",
            ),
            (
                "ar",
                &["الجسر قائم، نعم."],
                0,
                "%D8%A7%D9%84%D8%AC%D8%B3%D8%B1%20%D9%82%D8%A7%D8%A6%D9%85%D8%8C%20%D9%86%D8%B9%D9%85.",
            ),
        ] {
            let reading = reading(language, blocks);
            let directive = check(&reading, reading.sentences[sentence].span).unwrap();
            assert_eq!(directive, format!(":~:text={expected}"));
        }
    }

    #[test]
    fn a_sentence_that_stands_twice_is_told_by_its_surroundings() {
        let blocks = [
            "The gate broke. Nobody was hurt. Rain went on.",
            "Trains run again. Nobody was hurt. Schools stay closed.",
            "Nobody was hurt.",
            "NOBODY was hurt! And so it ends.",
        ];
        let reading = reading("en", &blocks);
        let given: Vec<_> = reading
            .sentences
            .iter()
            .filter(|s| reading.slice(s.span).to_lowercase().starts_with("nobody"))
            .map(|s| check(&reading, s.span).unwrap())
            .collect();
        assert_eq!(
            given,
            [
                ":~:text=Nobody%20was%20hurt.",
                ":~:text=Trains%20run%20again.-,Nobody%20was%20hurt.",
                ":~:text=Schools%20stay%20closed.-,Nobody%20was%20hurt.",
                ":~:text=NOBODY%20was%20hurt%21,-And%20so%20it",
            ]
        );
    }

    #[test]
    fn a_narrow_space_parts_no_words_in_a_prefix() {
        let reading = reading(
            "fr",
            &["Vrai. On dit à «\u{202f}la\u{202f}Veyle\u{202f}» oui. Vrai. Bien sûr."],
        );
        let directive = check(&reading, reading.sentences[2].span).unwrap();
        assert_eq!(
            parse(&directive)[0].as_deref(),
            Some("à «\u{202f}la\u{202f}Veyle\u{202f}» oui.")
        );
    }

    #[test]
    fn long_sentences_are_given_by_their_ends() {
        let long = |last: &str| {
            format!(
                "The river authority had warned, again and again, {}that {last}.",
                "for years and for years, ".repeat(20)
            )
        };
        let (first, second) = (
            long("the north gate was beyond repair"),
            long("the south gate was beyond repair"),
        );
        let reading = reading("en", &[&format!("It broke. {first} So it went."), &second]);
        let directive = check(&reading, reading.sentences[1].span).unwrap();
        assert_eq!(
            directive,
            ":~:text=The%20river%20authority%20had%20warned%2C,north%20gate%20was%20beyond%20repair."
        );
        // The same first words: the other one needs more, here the words before it.
        let directive = check(&reading, reading.sentences[3].span).unwrap();
        assert!(directive.contains("-,The%20river"), "{directive}");
        let ja = "洪水のあと、町の人びとは、".repeat(30) + "橋へ向かった。";
        let reading = super::super::tests::reading("ja", &[&ja, "橋は無事だった。"]);
        assert!(check(&reading, reading.sentences[0].span).unwrap().contains(','));
    }

    #[test]
    fn a_span_over_several_blocks_is_given_by_its_ends() {
        let reading = reading("en", &["It rained.", "The gate broke.", "The bridge stands. Good."]);
        let (first, last) = (reading.sentences[1].span, reading.sentences[2].span);
        let span = Span {
            end_byte: last.end_byte,
            end: last.end,
            ..first
        };
        assert_eq!(
            check(&reading, span).unwrap(),
            ":~:text=The%20gate%20broke.,The%20bridge%20stands."
        );
    }

    #[test]
    fn an_edge_inside_a_word_gets_its_neighbours() {
        let reading = reading("en", &["It broke.Then the rain came"]);
        let span = Span {
            start_byte: 9,
            end_byte: 27,
            start: 9,
            end: 27,
        };
        // A full stop between letters parts no words for a browser.
        assert_eq!(
            text_fragment(&reading, span).unwrap(),
            ":~:text=It%20broke.-,Then%20the%20rain%20came"
        );
    }

    #[test]
    fn what_cannot_be_told_apart_gets_no_directive() {
        let same = vec!["Rain."; 100];
        let same = reading("en", &same);
        assert_eq!(text_fragment(&same, same.sentences[50].span), None);
        let dots = reading("en", &["It rained.", "…", "🌊"]);
        assert_eq!(text_fragment(&dots, dots.blocks[1].span), None);
        assert_eq!(text_fragment(&dots, dots.blocks[2].span), None);
        assert_eq!(text_fragment(&dots, Span::default()), None);
        let endless = "x".repeat(10_000);
        let endless = reading("en", &[&endless]);
        assert_eq!(text_fragment(&endless, endless.blocks[0].span), None);
    }

    #[test]
    fn an_address_keeps_its_own_fragment_and_loses_an_old_directive() {
        for (url, expected) in [
            (
                "https://news.example/a?b=1",
                "https://news.example/a?b=1#:~:text=It%2Dis",
            ),
            (
                "https://news.example/a#part",
                "https://news.example/a#part:~:text=It%2Dis",
            ),
            ("https://news.example/a#", "https://news.example/a#:~:text=It%2Dis"),
            (
                "https://news.example/a#:~:text=old",
                "https://news.example/a#:~:text=It%2Dis",
            ),
            (
                "https://news.example/a#p:~:text=old",
                "https://news.example/a#p:~:text=It%2Dis",
            ),
        ] {
            let url = Url::parse(url).unwrap();
            assert_eq!(fragment_url(&url, ":~:text=It%2Dis").as_str(), expected);
        }
    }

    proptest! {
        #[test]
        fn any_directive_leads_a_browser_to_the_span(
            blocks in prop::collection::vec("([A-Ca-cäß橋はع1١]{1,4}[ ,.&%“”–-]{1,2}){1,30}", 1..6),
            from in any::<prop::sample::Index>(),
            to in any::<prop::sample::Index>(),
        ) {
            let blocks: Vec<&str> = blocks.iter().map(|b| b.trim()).collect();
            let reading = reading("en", &blocks);
            let mut fragments = Fragments::of(&reading);
            for sentence in &reading.sentences {
                if let Some(directive) = fragments.directive(sentence.span) {
                    let span = sentence.span;
                    prop_assert_eq!(matched(&reading.text, &directive), Some((span.start_byte, span.end_byte)), "{}", directive);
                    let url = fragment_url(&Url::parse("https://news.example/").unwrap(), &directive);
                    prop_assert_eq!(url.fragment(), Some(&*directive));
                }
            }
            // Any span of sentences.
            let (a, b) = (from.get(&reading.sentences).span, to.get(&reading.sentences).span);
            if a <= b {
                let span = Span { end_byte: b.end_byte, end: b.end, ..a };
                if let Some(directive) = fragments.directive(span) {
                    prop_assert_eq!(matched(&reading.text, &directive), Some((span.start_byte, span.end_byte)), "{}", directive);
                }
            }
        }
    }
}
