//! How alike two renderings of one text are: a post's, or a sentence's.

use std::collections::HashMap;

use unicode_normalization::UnicodeNormalization;
use unicode_segmentation::UnicodeSegmentation;

/// Longest text compared, in code points: a post's text, with room for long ones.
const COMPARED: usize = 4_000;

/// Likeness of two texts in thousandths: the mean of the overlaps (Dice) of their words and of their
/// three-letter sequences, after folding case, width and white space and dropping links. `None` where a side has
/// nothing to compare.
#[must_use]
pub fn likeness(a: &str, b: &str) -> Option<u16> {
    let (a, b) = (fold(a), fold(b));
    if a.is_empty() || b.is_empty() {
        return None;
    }
    // Where words are not parted by spaces, UAX #29 takes letters for words, so that one changed letter is not all.
    let words = dice(a.unicode_words(), b.unicode_words());
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
    let letters = dice(a.windows(3), b.windows(3));
    // A text of under three letters has no sequences; its words alone decide.
    let score = if a.len() < 3 || b.len() < 3 {
        words
    } else {
        (words + letters) / 2.0
    };
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
    Some((score * 1000.0).round() as u16)
}

/// Folds a text to what two renderings of it share.
fn fold(text: &str) -> String {
    let mut folded = String::new();
    for word in text.split_whitespace().filter(|w| !is_link(w)) {
        let word: String = word
            .nfkc()
            .flat_map(char::to_lowercase)
            .filter(|c| c.is_alphanumeric() || matches!(c, '#' | '@'))
            .take(COMPARED)
            .collect();
        if !word.is_empty() && folded.len() < COMPARED {
            if !folded.is_empty() {
                folded.push(' ');
            }
            folded.push_str(&word);
        }
    }
    folded
}

fn is_link(word: &str) -> bool {
    ["http://", "https://", "pic.twitter.com/", "pic.x.com/", "t.co/"]
        .iter()
        .any(|start| word.starts_with(start))
}

/// Twice what two multisets share, divided by what they have together.
fn dice<T: std::hash::Hash + Eq>(a: impl Iterator<Item = T>, b: impl Iterator<Item = T>) -> f64 {
    let mut counts: HashMap<T, i32> = HashMap::new();
    let (mut total, mut shared) = (0, 0);
    for item in a {
        *counts.entry(item).or_default() += 1;
        total += 1;
    }
    for item in b {
        total += 1;
        if let Some(count) = counts.get_mut(&item).filter(|c| **c > 0) {
            *count -= 1;
            shared += 1;
        }
    }
    if total == 0 {
        0.0
    } else {
        2.0 * f64::from(shared) / f64::from(total)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_text_with_other_links_quotes_and_spaces_is_the_same() {
        assert_eq!(
            likeness("“Hello”  world https://t.co/a", "\"Hello\" world pic.twitter.com/b"),
            Some(1000)
        );
    }

    #[test]
    fn another_text_is_far_and_no_text_is_no_score() {
        assert!(likeness("The bridge at Orsay is closed", "Nothing to see here, move along").unwrap() < 300);
        assert_eq!(likeness("https://t.co/a", "words"), None);
    }

    #[test]
    fn a_changed_word_in_a_script_without_spaces_leaves_the_rest_alike() {
        let score = likeness(
            "橋はまだ無事だと町長は水曜日に述べた。",
            "橋はまだ無事だと市長は水曜日に述べた。",
        )
        .unwrap();
        assert!((750..1000).contains(&score), "{score}");
    }

    #[test]
    fn a_cut_text_is_near_but_not_the_same() {
        let whole = "Our crews reached the village at dawn and found the bridge standing";
        let score = likeness(whole, "Our crews reached the village at dawn and found the").unwrap();
        assert!((750..1000).contains(&score), "{score}");
    }
}
