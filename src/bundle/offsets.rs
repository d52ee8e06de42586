//! Slices of a text by code points, as the archive counts: the wanted offsets are translated to bytes in one pass, however
//! many there are.

use crate::article::Span;

/// A text and the places in it that will be asked for.
pub(super) struct Offsets<'a> {
    text: &'a str,
    known: Vec<(usize, usize)>,
}

impl<'a> Offsets<'a> {
    /// Walks the text once; an offset past its end counts as its end.
    pub(super) fn of(text: &'a str, wanted: impl Iterator<Item = usize>) -> Offsets<'a> {
        let mut wanted: Vec<usize> = wanted.collect();
        wanted.sort_unstable();
        wanted.dedup();
        let (mut characters, mut at) = (text.char_indices(), 0);
        let known = wanted
            .into_iter()
            .map(|offset| {
                if let Some(last) = offset.checked_sub(at + 1) {
                    characters.nth(last);
                    at = offset;
                }
                (offset, characters.offset())
            })
            .collect();
        Offsets { text, known }
    }

    /// The span between two of the wanted offsets; `None` if they were not wanted, or stand in the wrong order.
    pub(super) fn span(&self, start: usize, end: usize) -> Option<Span> {
        let byte = |offset| {
            let place = self.known.binary_search_by_key(&offset, |known| known.0).ok()?;
            Some(self.known[place].1)
        };
        let (start_byte, end_byte) = (byte(start)?, byte(end)?);
        (start <= end).then_some(Span {
            start_byte,
            end_byte,
            start,
            end,
        })
    }

    /// The text between two of the wanted offsets; empty where there is no such span.
    pub(super) fn slice(&self, start: usize, end: usize) -> &'a str {
        self.span(start, end)
            .map_or("", |span| &self.text[span.start_byte..span.end_byte])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn code_points_are_counted_whatever_their_bytes() {
        let text = "aé漢🌉b\nc";
        let offsets = Offsets::of(text, [7, 0, 1, 3, 4, 4, 99].into_iter());
        for (start, stop, slice) in [
            (0, 1, "a"),
            (1, 3, "é漢"),
            (3, 4, "🌉"),
            (4, 7, "b\nc"),
            (4, 99, "b\nc"),
            (0, 0, ""),
            (4, 1, ""),
            (2, 3, ""),
        ] {
            assert_eq!(offsets.slice(start, stop), slice, "{start}..{stop}");
        }
    }
}
