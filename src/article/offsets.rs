//! Places in a text in code points, as others count them, of places in bytes.

use std::ops::Range;

use super::Span;

/// Code-point offsets of byte offsets, by a count every so many bytes.
pub(crate) struct Offsets<'a> {
    text: &'a str,
    counts: Vec<usize>,
}

/// Bytes between two counts.
const STEP: usize = 64;

impl<'a> Offsets<'a> {
    pub(crate) fn new(text: &'a str) -> Offsets<'a> {
        let mut counts = Vec::with_capacity(text.len() / STEP + 1);
        let mut count = 0;
        for bytes in text.as_bytes().chunks(STEP) {
            counts.push(count);
            count += characters_in(bytes);
        }
        counts.push(count);
        Offsets { text, counts }
    }

    fn characters(&self, byte: usize) -> usize {
        let from = byte / STEP;
        let bytes = &self.text.as_bytes()[(from * STEP).min(byte)..byte];
        self.counts[from.min(self.counts.len() - 1)] + characters_in(bytes)
    }

    pub(crate) fn span(&self, range: &Range<usize>) -> Span {
        Span {
            start_byte: range.start,
            end_byte: range.end,
            start: self.characters(range.start),
            end: self.characters(range.end),
        }
    }
}

/// How many code points begin in bytes of UTF-8.
fn characters_in(bytes: &[u8]) -> usize {
    // Counts of so few bytes need one byte each, of which a processor adds many at once.
    let counts = bytes
        .chunks(STEP)
        .map(|bytes| bytes.iter().map(|byte| u8::from(*byte & 0xc0 != 0x80)).sum::<u8>());
    counts.map(usize::from).sum()
}
