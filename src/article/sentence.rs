//! Text of one block to sentence spans: a base segmenter chosen by language, then a layer that joins what it
//! tore and parts what it glued. Line ends are hard boundaries; addresses, handles and tags are atoms.

use std::collections::{HashMap, HashSet};
use std::ops::Range;
use std::sync::LazyLock;

use unicode_segmentation::UnicodeSegmentation;

mod quotation;
mod thai;

use quotation::Quotations;

/// Blocks longer than this many bytes are cut at white space first: the base is not linear on hostile text.
const LONGEST: usize = 20_000;

/// Most that the length of a piece, times the quotation marks in it that may open, comes to: the base looks for the end
/// of each quotation as far as the piece goes. Running text of [`LONGEST`] bytes has a hundred such marks at most.
const QUOTED: usize = LONGEST * 200;

/// Most that the length of a piece, times the full stops in it, comes to: at each the base may search all that stands
/// before it for what a name or an abbreviation ends with. Running text of half of [`LONGEST`] bytes has as many.
const STOPPED: usize = LONGEST * 50;

/// Languages in which the plain rules of UAX #29 with our joins do better than the base with abbreviations, as
/// measured on treebanks.
const PLAIN: &[&str] = &[
    "bs", "da", "fi", "he", "hr", "it", "ja", "km", "mk", "pt", "ro", "sl", "sr", "yi", "zh",
];

/// Languages in which a number with a stop is "first", "second" …
const ORDINALS: &[&str] = &[
    "bs", "cs", "da", "de", "et", "fi", "fo", "hr", "hu", "is", "lb", "lv", "mk", "nb", "nn", "no", "sk", "sl", "sr",
    "tr",
];

/// Words before a number with a stop that make it an ordinal even before a capital letter: articles and
/// prepositions of German and Danish, and `und`, `bis` between two ordinals.
const BEFORE_ORDINAL: &[&str] = &[
    "ab", "am", "beim", "bis", "das", "dem", "den", "der", "des", "die", "i", "im", "jede", "jeden", "jeder", "jedes",
    "seit", "til", "und", "vom", "zum", "zur",
];

/// Months that are written with a capital letter in languages with ordinals.
const CAPITAL_MONTHS: &[&str] = &[
    "Januar",
    "Jänner",
    "Februar",
    "März",
    "April",
    "Mai",
    "Juni",
    "Juli",
    "August",
    "September",
    "Oktober",
    "November",
    "Dezember",
    "Jahrhundert",
    "Ocak",
    "Şubat",
    "Mart",
    "Nisan",
    "Mayıs",
    "Haziran",
    "Temmuz",
    "Ağustos",
    "Eylül",
    "Ekim",
    "Kasım",
    "Aralık",
];

static ABBREVIATIONS: LazyLock<HashMap<&str, HashSet<&str>>> = LazyLock::new(|| {
    include_str!("sentence/abbreviations.tsv")
        .lines()
        .filter(|line| !line.starts_with('#'))
        .filter_map(|line| line.split_once('\t'))
        .map(|(language, words)| (language, words.split(' ').collect()))
        .collect()
});

/// Byte ranges of the sentences of one block, in order and without outer white space. `language` is an ISO 639
/// code; without one the rules of English are used.
#[must_use]
pub fn split(block: &str, language: Option<&str>) -> Vec<Range<usize>> {
    Splitter::of(language).split(block)
}

/// The rules of one language, for many blocks.
pub(crate) struct Splitter(Rules);

impl Splitter {
    /// The rules for an ISO 639 code; without one, those of English.
    pub(crate) fn of(language: Option<&str>) -> Splitter {
        let code = language.unwrap_or("en").split(['-', '_']).next().unwrap_or("en");
        Splitter(Rules::of(code))
    }

    /// Byte ranges of the sentences of one block, in order and without outer white space.
    pub(crate) fn split(&self, block: &str) -> Vec<Range<usize>> {
        const ENDS: [char; 3] = ['\n', '\u{2028}', '\u{2029}'];
        let mut sentences = Vec::new();
        let mut start = 0;
        // Most blocks are one line, which is told sooner than every character is looked at.
        let is_line =
            memchr::memchr2(b'\n', 0xe2, block.as_bytes()).is_none() || !ENDS.iter().any(|end| block.contains(*end));
        let lines = is_line.then_some(block).into_iter();
        for line in lines.chain((!is_line).then(|| block.split_inclusive(ENDS)).into_iter().flatten()) {
            for piece in pieces(line) {
                self.0
                    .split(block, start + piece.start..start + piece.end, &mut sentences);
            }
            start += line.len();
        }
        sentences
    }
}

/// `line` in pieces of bounded length, cut at white space (after a full stop if one is near).
fn pieces(line: &str) -> Vec<Range<usize>> {
    let mut pieces = Vec::new();
    let mut start = 0;
    while let Some(length) = too_long(&line[start..]) {
        let limit = line.floor_char_boundary(start + length);
        let near = &line[line.floor_char_boundary(start + length / 2)..limit];
        let cut = near
            .rfind(". ")
            .map(|at| at + 2)
            .or_else(|| near.rfind(char::is_whitespace))
            .map_or(limit, |at| limit - near.len() + at);
        pieces.push(start..cut);
        start = cut;
    }
    pieces.push(start..line.len());
    pieces
}

/// How much of `line` the base may be given at once, if that is not all of it.
fn too_long(line: &str) -> Option<usize> {
    let bytes = &line.as_bytes()[..line.len().min(LONGEST)];
    // Even if all were marks, a short line would do.
    if line.len() <= LONGEST && line.len() * line.len() <= QUOTED {
        return None;
    }
    let (mut marks, mut stops) = (0, 0);
    for (at, byte) in bytes.iter().copied().enumerate() {
        let may_open = match (byte, bytes.get(at + 1), bytes.get(at + 2)) {
            (b'\'' | b'"' | b'`', ..) => at == 0 || !bytes[at - 1].is_ascii_alphanumeric(),
            // `«`, `“` and its kind, `‹`, `《`, `「`, `『`.
            (0xc2, Some(0xab), _)
            | (0xe2, Some(0x80), Some(0x98..=0x9f | 0xb9))
            | (0xe3, Some(0x80), Some(0x8a | 0x8c | 0x8e)) => true,
            _ => false,
        };
        marks += usize::from(may_open);
        // Before a small letter or a digit nothing ends, and nothing is searched.
        let may_end = byte == b'.' && !matches!(bytes.get(at + 1), Some(b'a'..=b'z' | b'0'..=b'9'));
        stops += usize::from(may_end);
        if may_open && marks * at > QUOTED || may_end && stops * at > STOPPED {
            return Some(at);
        }
    }
    (line.len() > LONGEST).then_some(LONGEST)
}

/// A stop of plain text.
struct Stop {
    at: usize,
    /// Where the quotation ends in which it stands, if it does.
    quotation: Option<usize>,
}

/// Bytes of plain text that say nothing of where its sentences end.
static SILENT: [bool; 256] = {
    let mut table = [false; 256];
    let mut byte = 0_u8;
    while byte < 0x80 {
        table[byte as usize] = !matches!(
            byte,
            b'.' | b'!'
                | b'?'
                | b'\''
                | b'"'
                | b'`'
                | b'('
                | b')'
                | b'['
                | b']'
                | b'{'
                | b'}'
                | b'<'
                | b'>'
                | b'@'
                | b'\n'
                | b'\r'
        );
        byte += 1;
    }
    table
};

/// The stops of a text that is plain: letters of Latin and Cyrillic that begin with a capital, without brackets,
/// addresses and line ends, in which no stop follows another and each quotation is closed.
fn plain_stops(text: &str) -> Option<Vec<Stop>> {
    let bytes = text.as_bytes();
    // The number of an item of a list would stand first.
    let first = text.trim_start_matches('“').split_ascii_whitespace().next()?;
    if !first.starts_with(|c: char| c.is_ascii_uppercase()) || first.contains('.') {
        return None;
    }
    let mut stops: Vec<Stop> = Vec::new();
    let is_letter = |at: usize| bytes.get(at).is_some_and(u8::is_ascii_alphanumeric);
    // How many stops stood before the quotation that is open.
    let mut quoted: Option<usize> = None;
    let mut at = 0;
    loop {
        while bytes.get(at).is_some_and(|byte| SILENT[usize::from(*byte)]) {
            at += 1;
        }
        let Some(byte) = bytes.get(at) else { break };
        let length = match byte {
            b'.' | b'!' | b'?' => {
                let next = bytes[at + 1..].iter().find(|b| !matches!(b, b' ' | b'\t'));
                if matches!(next, Some(b'.' | b'!' | b'?')) {
                    return None;
                }
                stops.push(Stop { at, quotation: None });
                1
            }
            b'\'' if at > 0 && is_letter(at - 1) && is_letter(at + 1) => 1,
            ..0x80 => return None,
            // À to ɏ and Ѐ to ѿ.
            0xc3..=0xc9 | 0xd0 | 0xd1 => 2,
            _ => {
                match &text[at..].chars().next()? {
                    '–' | '—' => {}
                    '’' if at > 0 && is_letter(at - 1) && is_letter(at + 3) => {}
                    '“' if quoted.is_none() => quoted = Some(stops.len()),
                    '”' => {
                        for stop in &mut stops[quoted.take()?..] {
                            stop.quotation = Some(at + 3);
                        }
                    }
                    _ => return None,
                }
                3
            }
        };
        at += length;
    }
    quoted.is_none().then_some(stops)
}

/// `range` of `text` without outer white space.
fn trimmed(text: &str, range: Range<usize>) -> Range<usize> {
    let slice = &text[range.clone()];
    let kept = slice.trim();
    let start = range.start + (slice.len() - slice.trim_start().len());
    start..start + kept.len()
}

/// What is particular to a language.
struct Rules {
    base: Box<dyn sentencex::languages::Language>,
    code: String,
    plain: bool,
    ordinals: bool,
    own: Option<&'static HashSet<&'static str>>,
    any: &'static HashSet<&'static str>,
    /// Whether sentences end with the stops of English, which the base looks for unless a language says otherwise.
    usual_stops: bool,
}

impl Rules {
    fn of(code: &str) -> Rules {
        let code = code.to_ascii_lowercase();
        let base = sentencex::language_factory(&code);
        Rules {
            plain: PLAIN.contains(&code.as_str()),
            ordinals: ORDINALS.contains(&code.as_str()),
            own: ABBREVIATIONS.get(code.as_str()),
            any: &ABBREVIATIONS["*"],
            usual_stops: base.get_sentence_break_regex().as_str()
                == sentencex::language_factory("en").get_sentence_break_regex().as_str(),
            base,
            code,
        }
    }

    /// Where the base begins sentences in `text`, as [`sentencex::get_sentence_boundaries`] says. Of plain text it is
    /// asked about the stops alone: it looks for quotations, lists and addresses several times over.
    fn starts(&self, text: &str) -> Vec<usize> {
        let Some(stops) = plain_stops(text).filter(|_| self.usual_stops) else {
            let boundaries = self.base.get_sentence_boundaries(text);
            return boundaries.iter().map(|boundary| boundary.start_byte).collect();
        };
        let mut starts = vec![0];
        for Stop { at, quotation } in stops {
            let start = self
                .base
                .find_boundary(text, at, at + 1)
                .and_then(|start| match quotation {
                    // A stop within a quotation ends nothing, unless it ends that as well and nothing goes on behind it.
                    Some(end) if start < end => {
                        let rest = self.base.get_next_word_approx(text, end);
                        let after = self
                            .base
                            .get_boundary_extend(rest)
                            .filter(|_| start + '”'.len_utf8() == end)?;
                        Some(end + after)
                    }
                    _ => Some(start),
                });
            starts.extend(start.filter(|start| starts.last() < Some(start) && *start < text.len()));
        }
        starts
    }

    /// Adds the sentences of `block[range]`.
    fn split(&self, block: &str, range: Range<usize>, sentences: &mut Vec<Range<usize>>) {
        let text = &block[range.clone()];
        let quotations = Quotations::of(text);
        let mut cuts: Vec<usize> = if self.code == "th" {
            thai::beginnings(text)
        } else if self.plain {
            let bounds = text.split_sentence_bound_indices().map(|(at, _)| at);
            bounds.chain(dashes(text)).collect()
        } else {
            self.starts(text)
        };
        for quotation in quotations.long() {
            let inner = text[quotation.clone()].split_sentence_bound_indices().skip(1);
            let inner = inner.map(|(at, _)| quotation.start + at).filter(|cut| {
                let word = last_word(text[..*cut].trim_end()).trim_end_matches('.').to_lowercase();
                !self.base.get_abbreviations().contains(word.as_str())
            });
            cuts.extend(inner);
        }
        for cut in &mut cuts {
            *cut = settled(text, *cut);
        }
        cuts.extend(quotations.closed_sentences());
        cuts.sort_unstable();
        cuts.dedup();

        let mut start = 0;
        for cut in cuts {
            if cut > start && !quotations.continues_over(cut) && !self.joins(text, start, cut) {
                sentences.push(trimmed(block, range.start + start..range.start + cut));
                start = cut;
            }
        }
        let last = trimmed(block, range.start + start..range.end);
        if !last.is_empty() {
            sentences.push(last);
        }
    }

    /// Whether no sentence ends at `cut` after all; the present one begins at `start`.
    fn joins(&self, text: &str, start: usize, cut: usize) -> bool {
        let left = text[start..cut].trim_end();
        let right = text[cut..].trim_start();
        if left.is_empty() || right.is_empty() {
            return true;
        }
        let spaced = left.len() < cut - start || right.len() < text.len() - cut;
        if !spaced && (inside_atom(text, cut) || right.starts_with('-') || begins_a_word(left)) {
            return true;
        }
        if starts_with_address(right) {
            return true;
        }
        let next = right.chars().next().unwrap_or_default();
        let word = last_word(left);
        if is_small(next) && spaced && (is_latin(next) || may_be_short(word)) {
            return true;
        }
        // The number of a list item belongs to the item.
        if left.len() <= 4
            && left.trim_end_matches(['.', ')']).bytes().all(|b| b.is_ascii_digit())
            && left.ends_with(['.', ')'])
        {
            return true;
        }
        let Some(word) = word.strip_suffix('.') else {
            return false;
        };
        let is_letter = |part: &str| part.chars().count() == 1 && part.starts_with(char::is_alphabetic);
        if !spaced && is_letter(word.rsplit('.').next().unwrap_or_default()) {
            return true;
        }
        let word = word.trim_start_matches(['(', '[', '"', '“', '„', '«', '»', '\'', '’', '‘', '¿', '¡']);
        let lower = word.to_lowercase();
        if self.own.is_some_and(|own| own.contains(lower.as_str()))
            || self.any.contains(lower.as_str()) && word.starts_with(char::is_uppercase)
            || self.plain && self.base.get_abbreviations().contains(lower.as_str())
        {
            return true;
        }
        if self.code != "en" && is_initial(word) && next.is_uppercase() {
            return true;
        }
        self.ordinals && self.is_ordinal(left, word, right)
    }

    /// `…am 2.` before `Weltkrieg`, `1.` before `Eylül`.
    fn is_ordinal(&self, left: &str, word: &str, right: &str) -> bool {
        if !(1..=2).contains(&word.len()) || !word.bytes().all(|b| b.is_ascii_digit()) {
            return false;
        }
        let before = left[..left.len() - word.len() - 1]
            .trim_end()
            .rsplit(char::is_whitespace)
            .next()
            .unwrap_or_default();
        let digits = right.bytes().take_while(u8::is_ascii_digit).count();
        if digits > 0 {
            return digits < 3 && right[digits..].starts_with('.');
        }
        CAPITAL_MONTHS.iter().any(|month| right.starts_with(month))
            || BEFORE_ORDINAL.contains(&before.to_lowercase().as_str())
            || before.is_empty()
    }
}

/// Where sentences begin with a dash, as speech and items of lists do: UAX #29 lets no sentence begin so.
fn dashes(text: &str) -> impl Iterator<Item = usize> {
    let dashes = text.match_indices(['-', '–', '—']);
    let begin = dashes.filter(|(at, dash)| {
        let before = text[..*at].trim_end();
        let ended = before.len() < *at && before.ends_with(['.', '!', '?', '…']);
        ended && text[at + dash.len()..].trim_start().starts_with(char::is_uppercase)
    });
    begin.map(|(at, _)| at)
}

/// Where the sentence after `cut` begins. What no sentence begins with belongs to the one before: the number of a note
/// (`[13]`), a remark in parentheses, a closing bracket, a smiley, an emoji that touches it. A bracket that opens belongs
/// to the one after.
fn settled(text: &str, cut: usize) -> usize {
    let opens = |c: &char| matches!(c, '[' | '(' | '（' | '「' | '『' | '《' | '“' | '‘');
    let opening = text[..cut].chars().next_back().filter(opens);
    let start = cut - opening.map_or(0, char::len_utf8);
    let touches = !text[..start].ends_with(char::is_whitespace);
    let mut rest = &text[start..];
    loop {
        let face = [":)", ";)", ":-)", ";-)", ")", "]"]
            .into_iter()
            .find_map(|face| rest.strip_prefix(face));
        let emoji = || rest.strip_prefix(is_emoji).filter(|_| touches);
        let Some(after) = face
            .or_else(|| after_note(rest))
            .or_else(|| after_remark(rest))
            .or_else(emoji)
        else {
            break;
        };
        rest = after;
    }
    if rest.len() == text.len() - start {
        start
    } else {
        text.len() - rest.trim_start().len()
    }
}

/// What follows the number of a note that `text` begins with.
fn after_note(text: &str) -> Option<&str> {
    let inner = text.strip_prefix('[')?;
    let digits = inner.bytes().take(4).take_while(u8::is_ascii_digit).count();
    inner[digits..].strip_prefix(']').filter(|_| digits > 0)
}

/// What follows a short remark in parentheses that `text` begins with and that is no sentence of its own: a source, a
/// credit.
fn after_remark(text: &str) -> Option<&str> {
    const LONGEST: usize = 60;
    let near = &text[..text.floor_char_boundary(LONGEST)];
    let (remark, _) = near.strip_prefix('(')?.split_once(')')?;
    let after = &text[remark.len() + 2..];
    let after = after.strip_prefix('.').unwrap_or(after);
    // One word alone before a sentence is its label: `(DE) Mr President`.
    let is_label = !remark.contains(' ') && after.starts_with(' ');
    let goes_on = after.trim_start().starts_with(char::is_lowercase);
    (!is_label && !goes_on && !remark.contains(['.', '!', '?', '…'])).then_some(after)
}

fn is_emoji(c: char) -> bool {
    matches!(c, '\u{1f000}'..='\u{1faff}' | '\u{2600}'..='\u{27bf}' | '\u{fe0f}' | '\u{200d}')
}

/// The last word of `text`; at most 40 characters are looked at.
fn last_word(text: &str) -> &str {
    let start = text
        .char_indices()
        .rev()
        .take(40)
        .take_while(|(_, c)| !c.is_whitespace() && *c != '/')
        .last()
        .map_or(text.len(), |(at, _)| at);
    &text[start..]
}

/// Whether the mark at the end of `text` stands at the beginning of a word (`.@name`, `!Xun`).
fn begins_a_word(text: &str) -> bool {
    let mut marks = text.chars().rev();
    matches!(marks.next(), Some('.' | '!' | '?')) && marks.next().is_none_or(char::is_whitespace)
}

/// Whether a letter is small where there are capital ones: Georgian has none in running text.
fn is_small(letter: char) -> bool {
    letter.is_lowercase() && !('\u{10d0}'..='\u{10ff}').contains(&letter)
}

fn is_latin(letter: char) -> bool {
    letter < '\u{250}'
}

/// Whether a word with a stop may be a short form; what is longer ends its sentence, even before a small letter.
fn may_be_short(word: &str) -> bool {
    let letters = word.trim_end_matches('.');
    !word.ends_with('.') || letters.contains('.') || letters.chars().count() <= 5
}

/// One capital letter, or several with stops or hyphens between (`J`, `J.-C`).
fn is_initial(word: &str) -> bool {
    word.split(['.', '-']).all(|part| {
        let mut letters = part.chars();
        matches!((letters.next(), letters.next()), (Some(letter), None) if letter.is_uppercase()) || part.is_empty()
    }) && word.starts_with(char::is_uppercase)
}

fn starts_with_address(text: &str) -> bool {
    ["http://", "https://", "pic.twitter.com/", "pic.x.com/"]
        .iter()
        .any(|start| text.starts_with(start))
}

/// Whether `at` lies inside an address, handle, tag or e-mail address. Looks at most 200 bytes back.
fn inside_atom(text: &str, at: usize) -> bool {
    let bytes = text.as_bytes();
    let from = bytes[at.saturating_sub(200)..at]
        .iter()
        .rposition(|b| !b.is_ascii_graphic());
    let token = &bytes[from.map_or(at.saturating_sub(200), |back| at.saturating_sub(200) + back + 1)..at];
    let graphic_after = bytes.get(at).is_some_and(u8::is_ascii_graphic);
    graphic_after
        && (token.windows(3).any(|w| w == b"://")
            || token.starts_with(b"www.")
            || token.starts_with(b"pic.")
            || token.contains(&b'@')
            || token.starts_with(b"#"))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn parts(text: &str, language: &str) -> Vec<String> {
        split(text, Some(language))
            .into_iter()
            .map(|range| text[range].to_owned())
            .collect()
    }

    #[test]
    fn sentences_end_where_a_reader_ends_them() {
        for (language, text) in [
            ("fr", "M. Petit est élu. ‖Mme Roux lui succède."),
            ("fr", "« Jamais. Et nulle part », a-t-elle dit. ‖Fin."),
            ("fr", "« Peut-être… » ‖Elle sort."),
            ("fr", "Le col de Nord. dernières heures, rien. ‖Puis la nuit."),
            ("fr", "Bienvenue au #Nord pic.twitter.com/AbCdEf0123"),
            ("fr", "Que faire ? ‖Rien !"),
            ("en", "Mr. Low lives in the U.S. and in St. Ives. ‖He left on Jan. 5."),
            ("en", "It was deleted. ‖(It has been restored.) ‖Nobody spoke."),
            ("en", "Yahoo! shares rose. ‖A user named .@ann replied."),
            ("en", "Look! https://t.co/AbCdEf0123"),
            ("en", "1. Call her.\n‖2. Wait."),
            ("de", "Der 2. Versuch endete am 8. Mai. ‖Seite 12. ‖Dort steht es."),
            ("de", "Am 11. 9. war es so. ‖Lt. Bericht ist z. B. nichts bekannt."),
            ("da", "Den 1. september lukkede broen. ‖Det skriver bl.a. avisen."),
            ("tr", "Okullar 1. Eylül’de açıldı. ‖Bkz. resmî duyuru."),
            ("pl", "„Nie wrócę. Nigdy” – napisała. ‖Wpis zniknął."),
            ("it", "Il dott. Neri abita in via G. Bianchi. ‖È vero."),
            ("he", "ארה\"ב שותקת. ‖הציוץ נמחק."),
            ("ja", "何もない。‖詳細はhttps://example.jp/a.htmlを参照。"),
            ("ko", "그는 \"안 간다. 절대로.\"라고 썼다. ‖글은 삭제됐다."),
            ("ar", "كتب: «لن نتراجع. أبداً». ‖ثم حذف."),
            ("hi", "वह चुप रहा। ‖किसी ने नहीं कहा।"),
            ("ja", "堰は無事だ。‖「来る。必ず来る」と町長は言った。‖夜が明けた。"),
            ("zh", "水坝没事。‖“我们会来的”，他说。‖我们看《走吧！爸爸》。"),
            ("el", "Ήρθε αμέσως. ‖ρωτάει ο Σίμος για τη σελ. τρία και τα λοιπά."),
            ("ru", "Дождь кончился. ‖потом и др. дела, 5 тыс. дел!))) ‖Конец!🌹 ‖Да."),
            ("ka", "მან მოკლედ უპასუხა. ‖ხუთშაბათს არავინ მოვიდა."),
            ("km", "គាត់បានឆ្លើយតប។ ‖គ្មាននរណានិយាយទេ។"),
            ("pt", "Foi em 1875.[35][36] ‖Depois nada."),
            ("fr", "Une rue du port. (Photo Agence Nord) ‖Rien ne bouge."),
            ("fi", "Kuului ääni. ‖– Tule tänne. ‖(FI) Arvoisa herra, ei."),
            ("ar", "عاش عام 512 ق.م في المدينة. ‖ثم رحل."),
            (
                "th",
                "ผู้ดูแลฝายตอบกลับในเย็นวันเดียวกันว่า “ฝายยังอยู่ ไม่ต้องกลัว” ‖ไม่มีใครในศาลากลางอยากพูดอะไรเพิ่มเติม",
            ),
            ("th", "ฝายสร้างเมื่อปี 2560 และยังแข็งแรง ‖นายกฯ กล่าวเมื่อวานนี้ว่า ไม่มีอะไรน่ากังวล"),
        ] {
            let expected: Vec<&str> = text.split('‖').map(str::trim).collect();
            assert_eq!(parts(&text.replace('‖', ""), language), expected, "{language}: {text}");
        }
    }

    #[test]
    fn a_speech_in_quotation_marks_is_cut_into_its_sentences_and_a_short_quotation_is_not() {
        let speech = |times: usize| {
            format!(
                "She said: “{}It holds.” Then she left.",
                "We looked at every wall of the weir. ".repeat(times)
            )
        };
        assert_eq!(parts(&speech(2), "en").len(), 2);
        let cut = parts(&speech(12), "en");
        assert_eq!(cut.len(), 14, "{cut:?}");
        assert_eq!(cut[0], "She said: “We looked at every wall of the weir.");
        assert_eq!(cut[12], "It holds.”");
    }

    #[test]
    fn white_space_alone_is_no_sentence() {
        assert!(split("", None).is_empty());
        assert!(split(" \n\u{a0}\n ", None).is_empty());
        assert_eq!(split("  a  ", None).first(), Some(&(2..3)));
    }

    #[test]
    fn running_text_is_given_to_the_base_in_long_pieces_and_a_heap_of_quotation_marks_in_short_ones() {
        let lengths = |text: &str| pieces(text).iter().map(Range::len).max();
        let running = "“We don't know,” she said, “who's to pay for the weir's repair – or when.” ".repeat(100);
        assert_eq!(
            lengths(&running[..running.floor_char_boundary(LONGEST)]),
            Some(running.len())
        );
        assert_eq!(
            lengths(&"橋は「まだ」無事だと町長は水曜日に述べた。".repeat(100)),
            Some(6_300)
        );
        assert!(lengths(&"`a ".repeat(LONGEST)).is_some_and(|longest| longest < 4_000));
        assert!(lengths(&"A.D. ".repeat(LONGEST)).is_some_and(|longest| longest < 3_000));
        assert!(lengths(&"a.example/b.html ".repeat(LONGEST)).is_some_and(|longest| longest > LONGEST / 2));
    }

    #[test]
    fn a_block_of_any_length_is_cut_without_losing_text() {
        for text in [
            "a. ".repeat(30_000),
            "\u{201c}x ".repeat(20_000),
            "é".repeat(50_000),
            "(\"«".repeat(10_000),
            "`".repeat(50_000),
            "“a 'b ".repeat(10_000),
            "[1]. ".repeat(10_000),
            ". - A".repeat(10_000),
            " ".repeat(50_000),
        ] {
            for language in ["fr", "it", "th"] {
                let sentences = split(&text, Some(language));
                let kept: usize = sentences
                    .iter()
                    .map(|range| text[range.clone()].split_whitespace().map(str::len).sum::<usize>())
                    .sum();
                assert_eq!(kept, text.split_whitespace().map(str::len).sum::<usize>());
            }
        }
    }

    proptest! {
        #[test]
        fn plain_text_is_cut_as_the_base_cuts_it(
            text in "( )?“?(A|The|Dr|IV|I'm|É|No)([a-z]{1,6}|[A-Z]{1,2}|[0-9]{1,3}|[.!?]|“|[,:;'*’–—éÑшЯ×-]| |[ ]{2}|\\. |\\. [A-Z]|Mr|St|Jan|etc|Kung|U\\.S|p\\.m|n't|e’s|\t|a/b|“[a-zA-Z ,]{0,9}”|[ ]“[A-Z][a-z]{0,5}[,.]”( said)?|[.!?]”( [A-Z]|, |\\.)?|\\. “|”){0,40}",
            language in prop::sample::select(vec!["en", "fr", "de", "es", "nl", "pl", "ru", "sv", "el", "hy", "my", "kk", "am", "xx"]),
        ) {
            let rules = Rules::of(language);
            let base: Vec<usize> = rules.base.get_sentence_boundaries(&text).iter().map(|b| b.start_byte).collect();
            prop_assert_eq!(rules.starts(&text), base, "{:?}", text);
        }

        #[test]
        fn any_block_splits_into_ordered_trimmed_spans(
            text in "([A-Za-z]{1,4}|[.!?…。:,;]|[\"'«»“”„‘’()\\[\\]《》「」]|[ \n\u{a0}]|[0-9]|@a|#b|https://t\\.co/x|pic\\.twitter\\.com/x|[éßŁا日한ğ🦀\u{200f}]){0,40}",
            language in prop::sample::select(vec!["en", "fr", "de", "da", "ja", "he", "th", "ar", "xx", "no", "sr"]),
        ) {
            let mut last = 0;
            for range in split(&text, Some(language)) {
                prop_assert!(range.start >= last && range.start < range.end);
                let sentence = text.get(range.clone());
                prop_assert!(sentence.is_some_and(|s| s.trim() == s));
                prop_assert!(text[last..range.start].trim().is_empty());
                last = range.end;
            }
            prop_assert!(text[last..].trim().is_empty());
        }
    }
}
