//! An anchor's place in another reading of the same article: by its text, among several by what stands around it, else
//! the sentence most like it, else none. That a sentence is gone is a finding, so likeness alone is said as such.

use std::cmp::Reverse;
use std::collections::HashSet;
use std::hash::{DefaultHasher, Hash, Hasher};

use memchr::memmem;
use unicode_segmentation::UnicodeSegmentation;

use super::fold::letters;
use super::{Anchor, CONTEXT};
use crate::article::{Reading, Span};
use crate::likeness::likeness;

/// Likeness, in thousandths, from which a sentence is taken for the same one in other words.
const ACCEPTED: u16 = 600;

/// Score of the same text, to the letter.
const EXACT: u16 = 1000;

/// Most places of the same text that are weighed; more are those of no sentence.
const PLACES: usize = 100_000;

/// Sentences compared in full; the others share fewer words with the anchor.
const COMPARED: usize = 24;

/// How a place was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum How {
    /// The text stands there, and nowhere else.
    Exact,
    /// The text stands at several places; what stands around this one is most like what stood around it.
    Context,
    /// The text stands at several places with the same around them; this is the nearest to the old offset.
    Position,
    /// The text has changed.
    Approximate,
}

/// What became of an anchor.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reanchored {
    /// It has a place.
    Found {
        /// Where, in the changed reading.
        span: Span,
        /// How it was found.
        how: How,
        /// Likeness of the text in thousandths; 1000 is the same text to the letter, and only that.
        score: u16,
    },
    /// No sentence of the changed reading is like it.
    Removed {
        /// The best likeness seen, in thousandths; `None` where there was nothing to compare.
        best: Option<u16>,
    },
}

/// The anchor's place in `changed`. Linear in the two texts.
#[must_use]
pub fn find_again(anchor: &Anchor, changed: &Reading) -> Reanchored {
    if anchor.exact.trim().is_empty() {
        return Reanchored::Removed { best: None };
    }
    exactly(anchor, changed).unwrap_or_else(|| approximately(anchor, changed))
}

/// How well a place fits: code points around it that are the same, then how near it is to the old offset.
type Fit = (usize, Reverse<usize>);

fn fit(anchor: &Anchor, changed: &Reading, span: Span) -> Fit {
    let before = changed.text[..span.start_byte].chars().rev();
    let after = changed.text[span.end_byte..].chars();
    let same = before
        .zip(anchor.prefix.chars().rev())
        .take(CONTEXT)
        .take_while(|(a, b)| a == b)
        .count()
        + after
            .zip(anchor.suffix.chars())
            .take(CONTEXT)
            .take_while(|(a, b)| a == b)
            .count();
    (same, Reverse(span.start.abs_diff(anchor.start)))
}

/// Places of one kind while they come in: the best, and the next best for comparison.
#[derive(Default)]
struct Best {
    first: Option<(Fit, Span)>,
    second: Option<Fit>,
}

impl Best {
    fn add(&mut self, fit: Fit, span: Span) {
        if self.first.is_none_or(|(best, _)| fit > best) {
            self.second = self.first.map(|(fit, _)| fit);
            self.first = Some((fit, span));
        } else {
            self.second = self.second.max(Some(fit));
        }
    }

    fn found(&self) -> Option<Reanchored> {
        let ((same, _), span) = self.first?;
        let how = match self.second {
            None => How::Exact,
            Some((next, _)) if next < same => How::Context,
            Some(_) => How::Position,
        };
        Some(Reanchored::Found {
            span,
            how,
            score: EXACT,
        })
    }
}

/// Looks for the text to the letter. Where it stands as a sentence of its own, places inside other sentences do not count.
fn exactly(anchor: &Anchor, changed: &Reading) -> Option<Reanchored> {
    let (mut sentences, mut anywhere) = (Best::default(), Best::default());
    let length = anchor.exact.chars().count();
    let (mut counted, mut start) = (0, 0);
    for at in memmem::find_iter(changed.text.as_bytes(), anchor.exact.as_bytes()).take(PLACES) {
        start += changed.text[counted..at].chars().count();
        counted = at;
        let span = Span {
            start_byte: at,
            end_byte: at + anchor.exact.len(),
            start,
            end: start + length,
        };
        let fit = fit(anchor, changed, span);
        anywhere.add(fit, span);
        if changed.sentences.binary_search_by(|s| s.span.cmp(&span)).is_ok() {
            sentences.add(fit, span);
        }
    }
    sentences.found().or_else(|| anywhere.found())
}

/// Looks for the sentence, or two that follow each other in a block, most like the text.
fn approximately(anchor: &Anchor, changed: &Reading) -> Reanchored {
    let mut best: Option<(u16, Fit, Span)> = None;
    for index in worth_comparing(anchor, changed) {
        let after = changed.sentences[index..].iter().take(2);
        let before = index.checked_sub(1).map(|before| &changed.sentences[before]);
        let sentence = changed.sentences[index];
        let pairs = before
            .into_iter()
            .chain(after.skip(1))
            .filter(|s| s.block == sentence.block);
        let spans = pairs.map(|other| joined(other.span, sentence.span));
        for span in std::iter::once(sentence.span).chain(spans) {
            let Some(score) = likeness(&anchor.exact, changed.slice(span)) else {
                continue;
            };
            let candidate = (score.min(EXACT - 1), fit(anchor, changed, span), span);
            if best.is_none_or(|(score, fit, _)| (candidate.0, candidate.1) > (score, fit)) {
                best = Some(candidate);
            }
        }
    }
    match best {
        Some((score, _, span)) if score >= ACCEPTED => Reanchored::Found {
            span,
            how: How::Approximate,
            score,
        },
        best => Reanchored::Removed {
            best: best.map(|(score, ..)| score),
        },
    }
}

/// From the start of one span to the end of the other.
fn joined(a: Span, b: Span) -> Span {
    Span {
        start_byte: a.start_byte.min(b.start_byte),
        end_byte: a.end_byte.max(b.end_byte),
        start: a.start.min(b.start),
        end: a.end.max(b.end),
    }
}

/// The sentences that share most words, and pairs of words, with the anchor, for their length.
fn worth_comparing(anchor: &Anchor, changed: &Reading) -> Vec<usize> {
    let wanted: HashSet<u64> = grams(&anchor.exact).collect();
    let mut ranked: Vec<(usize, usize)> = Vec::new();
    for (index, sentence) in changed.sentences.iter().enumerate() {
        let (mut shared, mut all) = (0, 0);
        for gram in grams(changed.slice(sentence.span)) {
            all += 1;
            shared += usize::from(wanted.contains(&gram));
        }
        let rank = 2_000 * shared.min(wanted.len()) / (all + wanted.len()).max(1);
        ranked.push((rank, index));
        if ranked.len() >= 16 * COMPARED {
            keep_best(&mut ranked);
        }
    }
    keep_best(&mut ranked);
    ranked.into_iter().map(|(_, index)| index).collect()
}

fn keep_best(ranked: &mut Vec<(usize, usize)>) {
    ranked.sort_unstable_by_key(|&(rank, index)| (Reverse(rank), index));
    ranked.truncate(COMPARED);
}

/// Digests of the words of a text, and of each two that follow each other, by their base letters.
fn grams(text: &str) -> impl Iterator<Item = u64> {
    let mut last = None;
    text.unicode_words().flat_map(move |word| {
        let mut hasher = DefaultHasher::new();
        for character in word.chars() {
            letters(character, |letter| letter.hash(&mut hasher));
        }
        let word = hasher.finish();
        let pair = last.replace(word).map(|last: u64| last.rotate_left(1) ^ word);
        std::iter::once(word).chain(pair)
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::tests::reading;
    use super::*;

    const OLD: &[&str] = &[
        "The old barrage above Saint-Orme gave way on Wednesday morning. Nobody was hurt, the district says.",
        "Mayor Odalys Brenninkmeijer wrote that the bridge was still standing. She asked people to stay away from it.",
        "Trains run again from Thursday. Nobody was hurt, the district says. Schools stay closed until Monday.",
    ];

    fn again(language: &str, old: &[&str], index: usize, new: &[&str]) -> (String, Option<How>, Option<u16>) {
        let (old, new) = (reading(language, old), reading(language, new));
        match find_again(&Anchor::of(&old, old.sentences[index].span), &new) {
            Reanchored::Found { span, how, score } => {
                assert_eq!(span.start, new.text[..span.start_byte].chars().count());
                assert_eq!(span.end, new.text[..span.end_byte].chars().count());
                (new.slice(span).to_owned(), Some(how), Some(score))
            }
            Reanchored::Removed { best } => (String::new(), None, best),
        }
    }

    #[test]
    fn the_same_text_is_found_exactly_wherever_it_has_moved() {
        let moved = [OLD[2], "A new lead: é 橋 🌊.", OLD[1], OLD[0]];
        for index in [0, 2, 3, 4, 6] {
            let old = reading("en", OLD);
            let text = old.slice(old.sentences[index].span).to_owned();
            assert_eq!(again("en", OLD, index, &moved), (text, Some(How::Exact), Some(1000)));
        }
    }

    #[test]
    fn a_text_that_stands_twice_is_found_by_what_stands_around_it_else_by_its_place() {
        let (old, new) = (
            reading("en", OLD),
            reading("en", &["New lead.", OLD[0], OLD[1], OLD[2]]),
        );
        let twice: Vec<usize> = (0..old.sentences.len())
            .filter(|i| old.slice(old.sentences[*i].span).starts_with("Nobody"))
            .collect();
        assert_eq!(twice, [1, 5]);
        for index in twice {
            let found = find_again(&Anchor::of(&old, old.sentences[index].span), &new);
            assert_eq!(
                found,
                Reanchored::Found {
                    span: new.sentences[index + 1].span,
                    how: How::Context,
                    score: 1000
                }
            );
        }
        let blocks = ["It rained.", "It rained.", "It rained.", "It rained.", "It rained."];
        let long = reading("en", &["It rained."; 9]);
        let anchor = Anchor::of(&long, long.sentences[4].span);
        let Reanchored::Found { span, how, .. } = find_again(&anchor, &reading("en", &blocks)) else {
            panic!("it is there");
        };
        // Only one has as much rain on both sides as is remembered; of none with more, the nearest is taken.
        assert!(
            matches!(how, How::Context | How::Position) && span.start <= 44,
            "{span:?}"
        );
    }

    #[test]
    fn a_sentence_of_its_own_is_preferred_to_the_same_words_in_another() {
        let new = [
            "He said that nobody was hurt. Yes. Oh Yes. He said so.",
            "Nothing else.",
        ];
        let (text, how, _) = again("en", &["Is it safe?", "Yes.", "Good."], 1, &new);
        assert_eq!((&*text, how), ("Yes.", Some(How::Exact)));
    }

    #[test]
    fn a_changed_sentence_is_found_with_a_score_and_a_removed_one_is_said_to_be_removed() {
        // Language, old text, number of its sentence, new text, what is found.
        type Case<'a> = (&'a str, &'a [&'a str], usize, &'a [&'a str], Option<&'a str>);
        let cases: &[Case<'_>] = &[
            (
                "en",
                OLD,
                2,
                &[
                    OLD[0],
                    "Mayor Odalys Brenninkmeijer wrote on Wednesday that the bridge is still standing. She asked people to stay away.",
                    OLD[2],
                ],
                Some("Mayor Odalys Brenninkmeijer wrote on Wednesday that the bridge is still standing."),
            ),
            (
                "en",
                OLD,
                2,
                &[
                    OLD[0],
                    "Mayor Odalys Brenninkmeijer spoke. She wrote that the bridge was still standing. Rain goes on.",
                ],
                Some("Mayor Odalys Brenninkmeijer spoke. She wrote that the bridge was still standing."),
            ),
            ("en", OLD, 2, &[OLD[0], OLD[2]], None),
            (
                "de",
                &["Die Brücke über die Veyle steht nach Angaben der Bürgermeisterin noch. Züge fahren ab Donnerstag."],
                0,
                &["Die Brücke über die Veyle steht laut Bürgermeisterin noch immer. Züge fahren ab Freitag wieder."],
                Some("Die Brücke über die Veyle steht laut Bürgermeisterin noch immer."),
            ),
            (
                "de",
                &["Die Brücke über die Veyle steht nach Angaben der Bürgermeisterin noch. Züge fahren ab Donnerstag."],
                0,
                &["Züge fahren ab Freitag wieder. Die Schulen bleiben bis Montag geschlossen."],
                None,
            ),
            (
                "ja",
                &["町長は水曜日、橋はまだ無事だと書いた。列車は木曜日から再び走る。"],
                0,
                &["列車は金曜日から再び走る。町長は水曜日の朝、橋はまだ無事だと述べた。"],
                Some("町長は水曜日の朝、橋はまだ無事だと述べた。"),
            ),
            (
                "ja",
                &["町長は水曜日、橋はまだ無事だと書いた。列車は木曜日から再び走る。"],
                0,
                &["学校は月曜日まで休みになる。けが人はいなかった。"],
                None,
            ),
            (
                "ar",
                &["كتبت رئيسة البلدية أن الجسر ما زال قائما بعد الفيضان. ستعود القطارات يوم الخميس."],
                0,
                &["ستعود القطارات يوم الجمعة. كتبت رئيسة البلدية أمس أن الجسر ما زال قائما بعد الفيضان."],
                Some("كتبت رئيسة البلدية أمس أن الجسر ما زال قائما بعد الفيضان."),
            ),
            (
                "ar",
                &["كتبت رئيسة البلدية أن الجسر ما زال قائما بعد الفيضان. ستعود القطارات يوم الخميس."],
                0,
                &["تبقى المدارس مغلقة حتى يوم الاثنين. لم يصب أحد بأذى."],
                None,
            ),
        ];
        for (language, old, index, new, expected) in cases {
            let (text, how, score) = again(language, old, *index, new);
            match expected {
                Some(expected) => {
                    assert_eq!((&*text, how), (*expected, Some(How::Approximate)), "{score:?}");
                    assert!(
                        score.is_some_and(|s| (ACCEPTED..EXACT).contains(&s)),
                        "{text} {score:?}"
                    );
                }
                None => {
                    assert_eq!(how, None, "{text} {score:?}");
                    assert!(score.is_some_and(|s| s < ACCEPTED), "{score:?}");
                }
            }
        }
    }

    #[test]
    fn a_change_of_punctuation_alone_is_not_called_exact() {
        let (_, how, score) = again("en", OLD, 1, &["Nobody was hurt – the district says."]);
        assert_eq!((how, score), (Some(How::Approximate), Some(999)));
    }

    #[test]
    fn nothing_to_compare_is_no_score() {
        let empty = reading("en", &[]);
        let old = reading("en", OLD);
        let anchor = Anchor::of(&old, old.sentences[0].span);
        assert_eq!(find_again(&anchor, &empty), Reanchored::Removed { best: None });
        let nothing = Anchor::of(&old, Span::default());
        assert_eq!(find_again(&nothing, &old), Reanchored::Removed { best: None });
    }

    proptest! {
        #[test]
        fn any_anchor_is_found_in_its_own_reading_and_no_offset_leaves_another(
            blocks in prop::collection::vec("([a-cä橋ع]{1,4}[ ,.-]{1,2}){1,12}", 1..5),
            other in prop::collection::vec("([a-cä橋ع]{1,4}[ ,.-]{1,2}){1,12}", 0..5),
        ) {
            let blocks: Vec<&str> = blocks.iter().map(|b| b.trim()).collect();
            let other: Vec<&str> = other.iter().map(|b| b.trim()).collect();
            let (old, new) = (reading("en", &blocks), reading("en", &other));
            for sentence in &old.sentences {
                let anchor = Anchor::of(&old, sentence.span);
                let Reanchored::Found { span, score, .. } = find_again(&anchor, &old) else {
                    panic!("{anchor:?} is there");
                };
                prop_assert_eq!((old.slice(span), score), (&*anchor.exact, 1000));
                if let Reanchored::Found { span, .. } = find_again(&anchor, &new) {
                    prop_assert!(new.text.get(span.start_byte..span.end_byte).is_some());
                    prop_assert_eq!(span.end, new.text[..span.end_byte].chars().count());
                }
            }
        }
    }
}
