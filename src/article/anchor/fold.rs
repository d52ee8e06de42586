//! A text folded to its base letters. Browsers look for the text of a fragment by collation of primary strength: case,
//! accents, width, kind of digit and of quotation mark do not count. The fold drops at least all of that, and spaces and
//! punctuation too: what is first and alone in the folded text is so for every browser.

use unicode_normalization::char::{decompose_compatible, is_combining_mark};

/// Bytes between two places whose folded offset is known.
const STEP: usize = 1024;

/// The zeros of the scripts whose digits are compared by value.
const ZEROS: [char; 18] = [
    '٠', '۰', '߀', '०', '০', '੦', '૦', '୦', '௦', '౦', '೦', '൦', '๐', '໐', '༠', '၀', '០', '᠐',
];

/// Gives the base letters of a character to `push`.
pub fn letters(character: char, mut push: impl FnMut(char)) {
    if character.is_ascii() {
        if character.is_ascii_alphanumeric() {
            push(character.to_ascii_lowercase());
        }
        return;
    }
    for lower in character.to_lowercase() {
        decompose_compatible(lower, |part| {
            for part in part.to_lowercase() {
                base(part, &mut push);
            }
        });
    }
}

fn base(letter: char, push: &mut impl FnMut(char)) {
    let plain = match letter {
        'ß' => return "ss".chars().for_each(push),
        'æ' => return "ae".chars().for_each(push),
        'œ' => return "oe".chars().for_each(push),
        'ø' => 'o',
        'đ' | 'ð' => 'd',
        'ħ' => 'h',
        'ı' => 'i',
        'ł' => 'l',
        'ŧ' => 't',
        'ς' => 'σ',
        // Tatweel, and the mark that lengthens a vowel, have no weight of their own.
        'ـ' | 'ー' => return,
        // Katakana, and small kana, are the plain hiragana.
        'ァ'..='ヶ' => small(char::from_u32(letter as u32 - 0x60).unwrap_or(letter)),
        'ぁ'..='ゖ' => small(letter),
        letter => ZEROS
            .iter()
            .filter_map(|zero| (letter as u32).checked_sub(*zero as u32))
            .find(|value| *value < 10)
            .and_then(|value| char::from_digit(value, 10))
            .unwrap_or(letter),
    };
    if plain.is_alphanumeric() && !is_combining_mark(plain) {
        push(plain);
    }
}

/// The full-sized hiragana of a small one.
fn small(kana: char) -> char {
    match kana {
        'ぁ' => 'あ',
        'ぃ' => 'い',
        'ぅ' => 'う',
        'ぇ' => 'え',
        'ぉ' => 'お',
        'っ' => 'つ',
        'ゃ' => 'や',
        'ゅ' => 'ゆ',
        'ょ' => 'よ',
        'ゎ' => 'わ',
        'ゕ' => 'か',
        'ゖ' => 'け',
        kana => kana,
    }
}

/// The base letters of a text.
pub fn fold(text: &str) -> String {
    let mut folded = String::with_capacity(text.len());
    for character in text.chars() {
        letters(character, |letter| folded.push(letter));
    }
    folded
}

/// A text with its base letters.
#[derive(Debug)]
pub struct Folded<'a> {
    text: &'a str,
    /// The base letters of the text.
    pub letters: String,
    /// Offsets in the text and in the letters, every so many bytes of the text.
    known: Vec<(usize, usize)>,
}

impl<'a> Folded<'a> {
    /// Folds `text`.
    pub fn of(text: &'a str) -> Folded<'a> {
        let mut folded = String::with_capacity(text.len());
        let mut known = Vec::with_capacity(text.len() / STEP + 1);
        for (at, character) in text.char_indices() {
            if at >= known.len() * STEP {
                known.push((at, folded.len()));
            }
            letters(character, |letter| folded.push(letter));
        }
        Folded {
            text,
            letters: folded,
            known,
        }
    }

    /// Offset in the letters of a byte of the text.
    pub fn offset(&self, byte: usize) -> usize {
        let next = self.known.partition_point(|(at, _)| *at <= byte);
        let (at, offset) = next.checked_sub(1).map_or((0, 0), |last| self.known[last]);
        offset + fold(&self.text[at..byte]).len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_browser_takes_for_the_same_is_the_same() {
        for (a, b) in [
            ("Élan vital", "elan-VITAL"),
            ("Straße", "STRASSE"),
            ("ＷＩＤＥ 12", "wide १२"),
            ("مُحَمَّد", "محمد"),
            ("ガッコウ", "かつこう"),
            ("Ødegård", "odegard"),
            ("“don’t”", "\"don't\""),
            ("ﬁn", "fin"),
            ("Ἀθῆναι ΤΗΣ", "αθηναι της"),
        ] {
            assert_eq!(fold(a), fold(b), "{a} and {b}");
        }
        assert_ne!(fold("the bridge"), fold("the ridge"));
    }

    #[test]
    fn offsets_agree_with_the_fold_of_what_stands_before() {
        let text = "Die Brücke – „sie steht“ – 橋は無事。 Straße & ﬁn! ".repeat(60);
        let folded = Folded::of(&text);
        assert_eq!(folded.letters, fold(&text));
        for (at, _) in text.char_indices().step_by(7) {
            assert_eq!(folded.offset(at), fold(&text[..at]).len());
        }
        assert_eq!(folded.offset(text.len()), folded.letters.len());
    }
}
