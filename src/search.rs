//! Finding words in any script: case, accents, width and punctuation do not count. A word is found at the beginning of a word;
//! in scripts that do not part words, anywhere.

use crate::article::fold;

/// What is looked for: every phrase must be found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Query(Vec<String>);

impl Query {
    /// A query of phrases; `None` if none of them has a letter or digit.
    pub fn new<'a>(phrases: impl IntoIterator<Item = &'a str>) -> Option<Query> {
        let folded = phrases.into_iter().map(|phrase| folded(phrase).trim().to_owned());
        let folded: Vec<String> = folded.filter(|phrase| !phrase.is_empty()).collect();
        (!folded.is_empty()).then_some(Query(folded))
    }

    /// Whether `text` has all of the phrases.
    #[must_use]
    pub fn is_in(&self, text: &str) -> bool {
        let text = folded(text);
        self.0.iter().all(|phrase| has(&text, phrase))
    }

    /// What FTS5 is to look for among [`tokens`]: it finds every text that has all of the phrases, and few others.
    pub(crate) fn expression(&self) -> String {
        let phrases = self.0.iter().map(|phrase| format!("\"{}\" *", parted(phrase).trim()));
        phrases.collect::<Vec<_>>().join(" AND ")
    }

    /// Whether `text` has any of them.
    #[must_use]
    pub fn touches(&self, text: &str) -> bool {
        let text = folded(text);
        self.0.iter().any(|phrase| has(&text, phrase))
    }
}

/// The words of a text as an index keeps them, parted by spaces: each letter of a script that does not part words by itself.
pub(crate) fn tokens(text: &str) -> String {
    parted(&folded(text))
}

fn parted(folded: &str) -> String {
    let mut out = String::with_capacity(folded.len() + folded.len() / 4);
    for letter in folded.chars() {
        if parts_no_words(letter) {
            out.extend([' ', letter, ' ']);
        } else {
            out.push(letter);
        }
    }
    out
}

/// Base letters and digits, with one space for all that stands between words, and around the whole.
fn folded(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    out.push(' ');
    for character in text.chars() {
        let before = out.len();
        fold::letters(character, |letter| out.push(letter));
        // A mark that has no base letter belongs to the letter before.
        if out.len() == before
            && !out.ends_with(' ')
            && (character.is_whitespace() || character.is_ascii_punctuation() || is_mark(character))
        {
            out.push(' ');
        }
    }
    if !out.ends_with(' ') {
        out.push(' ');
    }
    out
}

/// Punctuation beyond ASCII that parts words.
fn is_mark(character: char) -> bool {
    matches!(u32::from(character), 0xa0..=0xbf | 0x2010..=0x206f | 0x3000..=0x303f | 0xff00..=0xff0f | 0x060c | 0x061b | 0x061f | 0x06d4 | 0x0964..=0x0965)
}

/// Whether folded `text` has folded `phrase`.
fn has(text: &str, phrase: &str) -> bool {
    let unparted = phrase.chars().next().is_some_and(parts_no_words);
    text.match_indices(phrase).any(|(at, _)| {
        unparted
            || text[..at]
                .chars()
                .next_back()
                .is_none_or(|before| before == ' ' || parts_no_words(before))
    })
}

/// Whether a letter's script is written without spaces: Chinese, Japanese, Thai, Lao, Burmese, Khmer.
fn parts_no_words(letter: char) -> bool {
    matches!(u32::from(letter), 0x0e00..=0x0eff | 0x1000..=0x109f | 0x1780..=0x17ff | 0x3040..=0x30ff | 0x3400..=0x9fff | 0xf900..=0xfaff | 0x2_0000..=0x3_ffff)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_found_in_any_script_whatever_their_case_accents_and_width() {
        for (phrases, text, found) in [
            (&["bridge"][..], "The Bridges of Orsay", true),
            (&["ridge"], "The Bridges of Orsay", false),
            (&["bridges of"], "The “Bridges” – of Orsay", true),
            (&["orsay", "bridge"], "The Bridges of Orsay", true),
            (&["orsay", "tunnel"], "The Bridges of Orsay", false),
            (&["chateau"], "Le CHÂTEAU d’eau", true),
            (&["eau"], "Le château d’eau", true),
            (&["strasse"], "An der Straße", true),
            (&["мост"], "Мосты Орсе", true),
            (&["вечер"], "ВЕЧЕРНИЙ мост", true),
            (&["大桥"], "奥赛大桥仍然矗立", true),
            (&["สะพาน"], "เขาบอกว่าสะพานยังอยู่", true),
            (&["ブリッジ"], "オルセーﾌﾞﾘｯｼﾞ", true),
            (&["جسر"], "انهار جِسْر أورسيه", true),
            (&["12"], "١٢ مايو", true),
        ] {
            let query = Query::new(phrases.iter().copied()).unwrap();
            assert_eq!(query.is_in(text), found, "{phrases:?} in {text}");
        }
        assert_eq!(Query::new(["…", ""]), None);
    }

    proptest::proptest! {
        #[test]
        fn a_text_has_each_of_its_own_words(text in "\\PC{0,60}") {
            for word in text.split_whitespace() {
                if let Some(query) = Query::new([word]) {
                    proptest::prop_assert!(query.is_in(&text), "{:?} {:?}", word, query);
                }
            }
        }
    }
}
