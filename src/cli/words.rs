//! Differences as a person reads them: in colour on a terminal, else with the marks of `git diff --word-diff`.

use std::fmt::Write as _;

use super::print::{Printable, Printer};
use crate::change::{Difference, Piece, SentenceChange, words};

/// Code points of unchanged text shown beside a change where only the change matters.
const BESIDE: usize = 60;

/// How differences are shown.
#[derive(Clone, Copy)]
pub struct Style {
    colour: bool,
    /// Whether unchanged text is shown whole.
    whole: bool,
}

impl Style {
    /// As the printer's standard output can show it.
    pub fn new(printer: &Printer, whole: bool) -> Style {
        Style {
            colour: printer.colour(),
            whole,
        }
    }

    /// Without colour, and only what is near a change.
    pub fn plain() -> Style {
        Style {
            colour: false,
            whole: false,
        }
    }

    fn removed(self, text: &str) -> String {
        let text = Printable(text);
        if self.colour {
            format!("\u{1b}[31;9m{text}\u{1b}[0m")
        } else {
            format!("[-{text}-]")
        }
    }

    fn added(self, text: &str) -> String {
        let text = Printable(text);
        if self.colour {
            format!("\u{1b}[32m{text}\u{1b}[0m")
        } else {
            format!("{{+{text}+}}")
        }
    }

    /// Two texts in one, word by word.
    fn text(self, before: &str, after: &str) -> String {
        let pieces = words(before, after);
        let last = pieces.len().saturating_sub(1);
        let mut shown = String::new();
        for (index, piece) in pieces.iter().enumerate() {
            match piece {
                Piece::Same(text) => self.same(text, index == 0, index == last, &mut shown),
                Piece::Removed(text) => shown += &self.removed(text),
                Piece::Added(text) => shown += &self.added(text),
            }
        }
        shown
    }

    /// Unchanged text, of which what is far from a change may be left out.
    fn same(self, text: &str, first: bool, last: bool, shown: &mut String) {
        let length = text.chars().count();
        let kept = BESIDE * (usize::from(!first) + usize::from(!last));
        if self.whole || length <= kept + 1 {
            let _ = write!(shown, "{}", Printable(text));
            return;
        }
        let head = if first { 0 } else { BESIDE };
        let tail = if last { length } else { length - BESIDE };
        let at = |n: usize| text.char_indices().nth(n).map_or(text.len(), |(at, _)| at);
        let _ = write!(
            shown,
            "{}…{}",
            Printable(&text[..at(head)]),
            Printable(&text[at(tail)..])
        );
    }

    /// A difference, one line for each thing that differs.
    pub fn lines(self, difference: &Difference) -> Vec<String> {
        let mut lines = Vec::new();
        for field in &difference.fields {
            lines.push(format!("{}: {}", field.field, self.text(&field.before, &field.after)));
        }
        for change in &difference.sentences {
            lines.push(match change {
                SentenceChange::Added { after } => format!("+ {}", self.added(after)),
                SentenceChange::Removed { before } => format!("- {}", self.removed(before)),
                SentenceChange::Reworded { before, after, .. } => format!("~ {}", self.text(before, after)),
            });
        }
        for citation in &difference.citations {
            let sentence = citation
                .sentence
                .as_deref()
                .map(|s| format!(" (“{s}”)"))
                .unwrap_or_default();
            lines.push(format!(
                "citation {}: {}{}",
                citation.change,
                Printable(&citation.cites),
                Printable(&sentence)
            ));
        }
        for moved in &difference.anchors {
            let cites = Printable(&moved.cites);
            lines.push(match &moved.after {
                Some(after) => format!("sentence that cites {cites}: {}", self.text(&moved.before, after)),
                None => format!("sentence that cites {cites} is gone: {}", self.removed(&moved.before)),
            });
        }
        for count in &difference.counts {
            lines.push(format!(
                "{}: {} → {}",
                Printable(&count.name),
                count.before,
                count.after
            ));
        }
        lines
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const COLOUR: Style = Style {
        colour: true,
        whole: true,
    };

    #[test]
    fn changed_words_are_marked_and_nothing_foreign_reaches_the_terminal() {
        assert_eq!(
            Style::plain().text("The bridge is standing.", "The bridge is \u{1b}[2Jclosed."),
            "The bridge is [-standing-]{+\\u{1b}[2Jclosed+}."
        );
        assert_eq!(
            COLOUR.text("It stands.", "It fell."),
            "It \u{1b}[31;9mstands\u{1b}[0m\u{1b}[32mfell\u{1b}[0m."
        );
    }

    #[test]
    fn of_a_long_text_only_what_is_near_a_change_is_shown_where_that_is_enough() {
        let long = "word ".repeat(100);
        let shown = Style::plain().text(&format!("{long}old{long}"), &format!("{long}new{long}"));
        assert!(shown.chars().count() < 200, "{shown}");
        assert!(shown.contains("…"), "{shown}");
    }
}
