//! Where a sentence stands, so that others find it: the W3C selectors of a span, the address that a browser opens at
//! it, and its place in a later reading of the same article. Pure; nothing here changes a reading.

use serde::{Deserialize, Serialize};

use super::{Reading, Span};

mod again;
pub(crate) mod fold;
mod fragment;
mod words;

pub use again::{How, Reanchored, find_again};
pub use fragment::{Fragments, fragment_url, text_fragment};

/// Most code points of context kept on either side.
const CONTEXT: usize = 32;

/// A span's text with what stands around it, and its offsets. In JSON, the two selectors of the W3C Web Annotation
/// Data Model, §4.2.4 and §4.2.5: `[{"type": "TextQuoteSelector", …}, {"type": "TextPositionSelector", …}]`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(into = "[Selector; 2]", try_from = "[Selector; 2]")]
pub struct Anchor {
    /// The text.
    pub exact: String,
    /// What stands before it: at most 32 code points, over the ends of blocks.
    pub prefix: String,
    /// What stands after it, likewise.
    pub suffix: String,
    /// First code point in the reading's text.
    pub start: usize,
    /// One past the last code point.
    pub end: usize,
}

impl Anchor {
    /// The anchor of a span of `reading`.
    #[must_use]
    pub fn of(reading: &Reading, span: Span) -> Anchor {
        Anchor::in_text(&reading.text, span)
    }

    /// The anchor of a span of a reading's text.
    #[must_use]
    pub fn in_text(text: &str, span: Span) -> Anchor {
        let (before, after) = (&text[..span.start_byte], &text[span.end_byte..]);
        let prefix = before.char_indices().rev().take(CONTEXT).last();
        let suffix = after.char_indices().nth(CONTEXT);
        Anchor {
            exact: text[span.start_byte..span.end_byte].to_owned(),
            prefix: before[prefix.map_or(before.len(), |(at, _)| at)..].to_owned(),
            suffix: after[..suffix.map_or(after.len(), |(at, _)| at)].to_owned(),
            start: span.start,
            end: span.end,
        }
    }
}

/// One selector as it stands in JSON.
#[derive(Serialize, Deserialize)]
#[serde(tag = "type")]
enum Selector {
    TextQuoteSelector {
        exact: String,
        prefix: String,
        suffix: String,
    },
    TextPositionSelector {
        start: usize,
        end: usize,
    },
}

impl From<Anchor> for [Selector; 2] {
    fn from(anchor: Anchor) -> [Selector; 2] {
        let Anchor {
            exact,
            prefix,
            suffix,
            start,
            end,
        } = anchor;
        [
            Selector::TextQuoteSelector { exact, prefix, suffix },
            Selector::TextPositionSelector { start, end },
        ]
    }
}

impl TryFrom<[Selector; 2]> for Anchor {
    type Error = &'static str;

    fn try_from(selectors: [Selector; 2]) -> Result<Anchor, &'static str> {
        match selectors {
            [
                Selector::TextQuoteSelector { exact, prefix, suffix },
                Selector::TextPositionSelector { start, end },
            ] => Ok(Anchor {
                exact,
                prefix,
                suffix,
                start,
                end,
            }),
            _ => Err("not a quote and a position"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Block, BlockKind, Format, Found, Sentence, split};
    use super::*;

    /// A reading of these blocks.
    pub(super) fn reading(language: &str, blocks: &[&str]) -> Reading {
        let text = blocks.join("\n");
        let span = |from: usize, to: usize| Span {
            start_byte: from,
            end_byte: to,
            start: text[..from].chars().count(),
            end: text[..to].chars().count(),
        };
        let (mut places, mut sentences, mut at) = (Vec::new(), Vec::new(), 0);
        for (number, block) in blocks.iter().enumerate() {
            sentences.extend(split(block, Some(language)).into_iter().map(|range| Sentence {
                block: number,
                span: span(at + range.start, at + range.end),
            }));
            places.push(Block {
                kind: BlockKind::Paragraph,
                span: span(at, at + block.len()),
            });
            at += block.len() + 1;
        }
        Reading {
            format: Format::Text,
            charset: Found {
                value: "UTF-8",
                source: "utf-8",
            },
            title: None,
            byline: None,
            published: None,
            url: None,
            language: None,
            text,
            blocks: places,
            sentences,
            notices: Vec::new(),
        }
    }

    #[test]
    fn an_anchor_has_at_most_thirty_two_code_points_on_either_side_and_goes_over_blocks() {
        let reading = reading(
            "ja",
            &[
                "洪水のあと、町は静かだった。",
                "橋は無事だと町長は述べた。列車は木曜日から走る。",
            ],
        );
        let anchor = Anchor::of(&reading, reading.sentences[1].span);
        assert_eq!(anchor.exact, "橋は無事だと町長は述べた。");
        assert_eq!(
            (&*anchor.prefix, &*anchor.suffix),
            ("洪水のあと、町は静かだった。\n", "列車は木曜日から走る。")
        );
        assert_eq!((anchor.start, anchor.end), (15, 28));
        let long = "é".repeat(50);
        let reading = super::tests::reading("fr", &[&long, "Le pont tient.", &long]);
        let anchor = Anchor::of(&reading, reading.sentences[1].span);
        assert_eq!((anchor.prefix.chars().count(), anchor.suffix.chars().count()), (32, 32));
    }

    #[test]
    fn an_anchor_is_written_as_the_two_selectors_of_the_w3c_and_read_back() {
        let reading = reading("en", &["It rained. The bridge stands."]);
        let anchor = Anchor::of(&reading, reading.sentences[1].span);
        let json = serde_json::to_value(&anchor).unwrap();
        assert_eq!(
            json,
            serde_json::json!([
                {"type": "TextQuoteSelector", "exact": "The bridge stands.", "prefix": "It rained. ", "suffix": ""},
                {"type": "TextPositionSelector", "start": 11, "end": 29},
            ])
        );
        assert_eq!(serde_json::from_value::<Anchor>(json).unwrap(), anchor);
        let swapped =
            r#"[{"type":"TextPositionSelector","start":1,"end":2},{"type":"TextPositionSelector","start":1,"end":2}]"#;
        assert!(serde_json::from_str::<Anchor>(swapped).is_err());
    }
}
