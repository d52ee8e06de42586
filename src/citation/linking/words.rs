//! Words of texts as linking compares them: cut by UAX #29, folded, and numbered where a citation claims them.

use foldhash::{HashMap, HashMapExt};
use unicode_segmentation::UnicodeSegmentation;

use crate::citation::{Citation, Cited, Form};

/// The words that citations claim, numbered: only these are ever compared, and most words of an article are none.
#[derive(Debug)]
pub(super) struct Claimed {
    pub numbers: HashMap<Vec<u8>, u32>,
    /// How many of these words have each shape, so that most others are told without a look at the map.
    pub shapes: Shapes,
}

/// Counts of words by length and outer letters; those beyond 254 of one shape are not told apart any more.
#[derive(Debug, Clone)]
pub(super) struct Shapes(Box<[u8; SHAPES]>);

/// How many shapes are told apart.
const SHAPES: usize = 1 << 12;

impl Shapes {
    fn new() -> Shapes {
        Shapes(Box::new([0; SHAPES]))
    }

    /// The shape of a word of ASCII, the same in upper and lower case.
    fn of(word: &[u8]) -> usize {
        let [first, .., last] = word else {
            return word.first().map_or(0, |only| usize::from(only & 31) << 7);
        };
        usize::from(first & 31) << 7 | usize::from(last & 31) << 2 | word.len() & 3
    }

    pub fn has(&self, word: &str) -> bool {
        self.0[Shapes::of(word.as_bytes())] > 0
    }

    fn add(&mut self, folded: &str) {
        let count = &mut self.0[Shapes::of(folded.as_bytes())];
        *count = count.saturating_add(1);
    }

    pub fn remove(&mut self, word: &str) {
        let count = &mut self.0[Shapes::of(word.as_bytes())];
        if *count < u8::MAX {
            *count -= 1;
        }
    }
}

impl Claimed {
    /// The words of the texts and authors that stand apart from the article's sentences.
    pub fn of(citations: &[Citation]) -> Self {
        let mut claimed = Claimed {
            numbers: HashMap::new(),
            shapes: Shapes::new(),
        };
        for claim in citations.iter().filter(|c| may_stand_apart(c)).map(|c| &c.claim) {
            let text = claim.text.as_deref().unwrap_or_default();
            let name = claim.author_name.as_deref().unwrap_or_default();
            each_word(text, super::CLAIM_WORDS, |_, word| claimed.add(word));
            author_words(name).for_each(|word| claimed.add(word));
        }
        claimed
    }

    fn add(&mut self, word: &str) {
        if self.number(word).is_none() {
            let folded = fold(word);
            let next = u32::try_from(self.numbers.len()).unwrap_or(u32::MAX);
            self.shapes.add(&folded);
            self.numbers.insert(folded.into_bytes(), next);
        }
    }

    /// The number of `word`, if any citation claims it.
    pub fn number(&self, word: &str) -> Option<u32> {
        if word.is_ascii() && !self.shapes.has(word) {
            return None;
        }
        self.known(word)
    }

    pub fn known(&self, word: &str) -> Option<u32> {
        with_folded(word, |folded| self.numbers.get(folded).copied())
    }
}

/// What `read` says of the bytes of a word, folded; most words are short, and need no room on the heap.
fn with_folded<T>(word: &str, read: impl FnOnce(&[u8]) -> T) -> T {
    const SHORT: usize = 48;
    let mut room = [0; SHORT];
    if word.is_ascii()
        && let Some(folded) = room.get_mut(..word.len())
    {
        folded.copy_from_slice(word.as_bytes());
        folded.make_ascii_lowercase();
        return read(folded);
    }
    let mut end = 0;
    for c in folded(word) {
        let Some(room) = room.get_mut(end..end + c.len_utf8()) else {
            return read(fold(word).as_bytes());
        };
        end += c.encode_utf8(room).len();
    }
    read(&room[..end])
}

/// The same for what reads text.
pub(super) fn with_folded_text<T>(word: &str, read: impl FnOnce(&str) -> T) -> T {
    with_folded(word, |folded| read(std::str::from_utf8(folded).unwrap_or_default()))
}

/// Whether a citation may stand between sentences; only then are its words compared.
fn may_stand_apart(citation: &Citation) -> bool {
    citation.form != Form::Link || !matches!(citation.cited, Cited::Link(_))
}

/// The words of an author's name that are long enough to tell somebody by.
pub(super) fn author_words(name: &str) -> impl Iterator<Item = &str> {
    name.unicode_words()
        .filter(|part| part.chars().nth(2).is_some())
        .take(6)
}

/// Lower case, and one form for what is written in two.
pub(super) fn fold(text: &str) -> String {
    folded(text).collect()
}

fn folded(text: &str) -> impl Iterator<Item = char> {
    let lower = text.chars().flat_map(char::to_lowercase);
    lower.map(|c| if c == '’' { '\'' } else { c })
}

/// Tells `take` the first words of UAX #29 in a text, `most` of them, and where they begin. Words never cross a space, and
/// what stands between two is nearly always letters and digits of ASCII with punctuation around: the rules are needed
/// only for the rest.
pub(super) fn each_word<'t>(text: &'t str, most: usize, mut take: impl FnMut(usize, &'t str)) {
    let bytes = text.as_bytes();
    let past = |mut at: usize, kind: Kind| {
        while bytes.get(at).is_some_and(|byte| KINDS[usize::from(*byte)] == kind) {
            at += 1;
        }
        at
    };
    let (mut at, mut left) = (0, most);
    while at < bytes.len() && left > 0 {
        let start = at;
        let word = past(start, Kind::Mark);
        let end = past(word, Kind::Letter);
        let after = past(end, Kind::Mark);
        if bytes.get(after).is_none_or(|b| *b == b' ') {
            at = after + 1;
            if word < end {
                left -= 1;
                take(word, &text[word..end]);
            }
        } else {
            let stop = memchr::memchr(b' ', &bytes[after..]).map_or(bytes.len(), |length| after + length);
            for (at, word) in text[start..stop].unicode_word_indices().take(left) {
                left -= 1;
                take(start + at, word);
            }
            at = stop + 1;
        }
    }
}

/// What a byte is to the words of plain text.
#[derive(Clone, Copy, PartialEq)]
enum Kind {
    Mark,
    Letter,
    Other,
}

static KINDS: [Kind; 256] = {
    let mut kinds = [Kind::Other; 256];
    let marks = b"\"'(),.:;!?-";
    let mut at = 0;
    while at < marks.len() {
        kinds[marks[at] as usize] = Kind::Mark;
        at += 1;
    }
    let mut byte = 0_u8;
    while byte < 0x80 {
        if byte.is_ascii_alphanumeric() {
            kinds[byte as usize] = Kind::Letter;
        }
        byte += 1;
    }
    kinds
};

/// Whether any quotation mark may stand in `text`: one of the bytes that they begin with does.
pub(super) fn may_have_mark(text: &str) -> bool {
    memchr::memchr3(b'"', 0xe2, 0xe3, text.as_bytes()).is_some() || memchr::memchr(0xc2, text.as_bytes()).is_some()
}

/// Whether the marks in what stands between two words open or close a quotation.
pub(super) fn toggles(between: &str) -> bool {
    between != " " && between.chars().filter(|&c| is_quotation_mark(c)).count() % 2 == 1
}

pub(super) fn is_quotation_mark(c: char) -> bool {
    matches!(c, '"' | '“' | '”' | '„' | '‟' | '«' | '»' | '「' | '」' | '『' | '』')
}

pub(super) fn is_name(word: &str) -> bool {
    word.chars().next().is_some_and(char::is_uppercase) && word.chars().nth(2).is_some()
}

/// A number that says something: not a single digit, not a year.
pub(super) fn is_number(word: &str) -> bool {
    let digits = word.chars().filter(char::is_ascii_digit).count();
    let year = digits == 4 && word.len() == 4 && (word.starts_with("19") || word.starts_with("20"));
    digits >= 2
        && !year
        && word
            .chars()
            .all(|c| c.is_ascii_digit() || matches!(c, '.' | ',' | '\''))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn words_are_those_of_the_rules(
            text in "([A-Za-z0-9]{1,5}|[ .,:;'\"()!?_-]|[’“”–…]|[éß日한ة\u{301}\u{200d}\u{ad}🇫🌉]|\n|1,5|a.b){0,30}",
            most in 0..20_usize,
        ) {
            let mut words = Vec::new();
            each_word(&text, most, |at, word| words.push((at, word)));
            prop_assert!(words.into_iter().eq(text.unicode_word_indices().take(most)), "{:?}", text);
        }

        #[test]
        fn a_word_is_found_by_its_folded_form_or_not_at_all(words in prop::collection::vec("[A-Za-zÀ-ÿ]{1,40}", 1..8), other in "[A-Za-z]{1,6}") {
            let mut claimed = Claimed { numbers: HashMap::new(), shapes: Shapes::new() };
            words.iter().for_each(|word| claimed.add(word));
            for word in words.iter().chain([&other]) {
                let known = claimed.numbers.get(fold(word).as_bytes()).copied();
                prop_assert_eq!(claimed.number(word), known);
                prop_assert_eq!(claimed.number(&word.to_uppercase()), claimed.numbers.get(fold(&word.to_uppercase()).as_bytes()).copied());
            }
        }
    }
}
