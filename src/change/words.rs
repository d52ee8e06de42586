//! Which words of a text stayed, went and came. The pieces put together are the two texts, to the letter.

use std::ops::Range;

use imara_diff::{Algorithm, Diff, InternedInput, Interner};
use serde::Serialize;
use unicode_segmentation::UnicodeSegmentation;

/// A piece of two texts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(tag = "is", content = "text", rename_all = "snake_case")]
pub enum Piece<'a> {
    /// It stands in both.
    Same(&'a str),
    /// It stood in the one before.
    Removed(&'a str),
    /// It stands in the one after.
    Added(&'a str),
}

/// The pieces of two texts, word by word (UAX #29), in reading order; of a place that differs, first what was removed.
#[must_use]
pub fn words<'a>(before: &'a str, after: &'a str) -> Vec<Piece<'a>> {
    let old: Vec<(usize, &str)> = before.split_word_bound_indices().collect();
    let new: Vec<(usize, &str)> = after.split_word_bound_indices().collect();
    let mut pieces = Vec::new();
    let (mut old_at, mut new_at) = (0, 0);
    let mut push = |kind: fn(&'a str) -> Piece<'a>, text: &'a str| {
        if !text.is_empty() {
            pieces.push(kind(text));
        }
    };
    for (removed, added) in hunks(&old, &new) {
        let (removed, added) = (bytes(&old, before, &removed), bytes(&new, after, &added));
        push(Piece::Same, &after[new_at..added.start]);
        debug_assert_eq!(&before[old_at..removed.start], &after[new_at..added.start]);
        push(Piece::Removed, &before[removed.clone()]);
        push(Piece::Added, &after[added.clone()]);
        (old_at, new_at) = (removed.end, added.end);
    }
    push(Piece::Same, &after[new_at..]);
    pieces
}

/// Token ranges that differ. Places parted by nothing but white space are one place: so it reads.
fn hunks(old: &[(usize, &str)], new: &[(usize, &str)]) -> Vec<(Range<usize>, Range<usize>)> {
    let mut found: Vec<(Range<usize>, Range<usize>)> = Vec::new();
    for hunk in differing(old.iter().map(|(_, word)| *word), new.iter().map(|(_, word)| *word)) {
        if let Some((removed, added)) = found.last_mut()
            && old[removed.end..hunk.0.start]
                .iter()
                .all(|(_, word)| word.trim().is_empty())
        {
            removed.end = hunk.0.end;
            added.end = hunk.1.end;
        } else {
            found.push(hunk);
        }
    }
    found
}

/// Most that is compared one by one on either side; measured, time grows with the square where little is said again and again.
const COMPARED: usize = 20_000;

/// Ranges of two sequences that differ, in order. Of what is longer than can be compared, all between the common beginning
/// and the common end differs.
pub(super) fn differing<T: Eq + std::hash::Hash>(
    old: impl Iterator<Item = T>,
    new: impl Iterator<Item = T>,
) -> Vec<(Range<usize>, Range<usize>)> {
    let mut input = InternedInput {
        before: Vec::new(),
        after: Vec::new(),
        interner: Interner::new(0),
    };
    input.update_before(old);
    input.update_after(new);
    let (old, new) = (&input.before, &input.after);
    let same_start = old.iter().zip(new).take_while(|(a, b)| a == b).count();
    let rest = old[same_start..].iter().rev().zip(new[same_start..].iter().rev());
    let same_end = rest.take_while(|(a, b)| a == b).count();
    let (old_end, new_end) = (old.len() - same_end, new.len() - same_end);
    if old_end.max(new_end) - same_start > COMPARED {
        return vec![(same_start..old_end, same_start..new_end)];
    }
    let mut diff = Diff::compute(Algorithm::Histogram, &input);
    diff.postprocess_no_heuristic(&input);
    let range = |range: Range<u32>| range.start as usize..range.end as usize;
    diff.hunks()
        .map(|hunk| (range(hunk.before), range(hunk.after)))
        .collect()
}

/// The bytes of a text in which these of its words stand.
fn bytes(words: &[(usize, &str)], text: &str, range: &Range<usize>) -> Range<usize> {
    let at = |index: usize| words.get(index).map_or(text.len(), |(at, _)| *at);
    at(range.start)..at(range.end)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::Piece::{Added, Removed, Same};
    use super::*;

    #[test]
    fn a_reworded_text_is_told_word_by_word_in_any_script() {
        for (before, after, expected) in [
            (
                "The bridge is standing.",
                "The old bridge is not standing.",
                &[
                    Same("The "),
                    Added("old "),
                    Same("bridge is "),
                    Added("not "),
                    Same("standing."),
                ][..],
            ),
            (
                "Nobody was hurt at all.",
                "Two people died at all.",
                &[Removed("Nobody was hurt"), Added("Two people died"), Same(" at all.")],
            ),
            (
                "橋はまだ無事だ。",
                "橋はもう無事だ。",
                &[Same("橋は"), Removed("まだ"), Added("もう"), Same("無事だ。")],
            ),
            ("", "new", &[Added("new")]),
            ("gone", "", &[Removed("gone")]),
            ("same", "same", &[Same("same")]),
            ("", "", &[]),
        ] {
            assert_eq!(words(before, after), expected, "{before} → {after}");
        }
    }

    #[test]
    fn of_texts_too_long_to_be_compared_all_between_beginning_and_end_differs() {
        let text =
            |first: &str, second: &str| format!("Here. {} There.", format!("{first} {second} ").repeat(COMPARED));
        let (before, after) = (text("a", "b"), text("b", "a"));
        let pieces = words(&before, &after);
        assert!(
            matches!(pieces[..], [Same("Here. "), Removed(_), Added(_), Same("  There.")]),
            "{} pieces",
            pieces.len()
        );
    }

    proptest! {
        #[test]
        fn the_pieces_put_together_are_the_two_texts(before in "[ab \\n🌊é]{0,40}", after in "[ab \\n🌊é]{0,40}") {
            let (mut old, mut new) = (String::new(), String::new());
            for piece in words(&before, &after) {
                if let Same(text) | Removed(text) = piece {
                    old += text;
                }
                if let Same(text) | Added(text) = piece {
                    new += text;
                }
            }
            prop_assert_eq!((old, new), (before, after));
        }
    }
}
