//! Quotations and parentheses of one piece of text, found in one pass: which of them carry their sentence on
//! after they close, and which are sentences of their own.

use std::ops::Range;

/// A quotation that continues into its own clause (`», a-t-elle dit`) is part of one sentence; boundaries inside
/// are none.
pub(super) struct Quotations {
    /// Outer quotations that continue, as byte ranges between the marks, in order.
    continuing: Vec<(usize, usize)>,
    /// Quotations of several sentences, each of which counts.
    long: Vec<Range<usize>>,
    /// Where the text after a quotation or parenthesis that is a sentence of its own begins.
    closed: Vec<usize>,
}

/// Marks that open and close differently; a mark that opens in one language and closes in another is decided by
/// what surrounds it.
const PAIRS: &[(char, &[char])] = &[
    ('«', &['»']),
    ('»', &['«', '»']),
    ('“', &['”']),
    ('„', &['“', '”', '„']),
    ('”', &['”']),
    ('「', &['」']),
    ('『', &['』']),
    ('《', &['》']),
    ('(', &[')']),
    ('"', &['"']),
];

/// A quotation is one sentence, or a part of one, up to this length, in characters: a longer one is a speech.
const LONG: usize = 300;

/// Longest quotation that is looked at, in bytes: one that never closes must not swallow the text.
const LONGEST: usize = 1_500;

/// Letters and digits of ASCII, and the blank.
static IS_OF_WORDS: [bool; 256] = {
    let mut table = [false; 256];
    let mut byte = 0_u8;
    while byte < 0x80 {
        table[byte as usize] = byte.is_ascii_alphanumeric() || byte == b' ';
        byte += 1;
    }
    table
};

impl Quotations {
    pub(super) fn of(text: &str) -> Quotations {
        let mut found = Quotations {
            continuing: Vec::new(),
            long: Vec::new(),
            closed: Vec::new(),
        };
        // Most blocks hold none of the marks, nor any letter of the rows of Unicode in which the others stand.
        let bytes = text.as_bytes();
        if memchr::memchr3(b'"', b'(', 0xe2, bytes).is_none() && memchr::memchr2(0xc2, 0xe3, bytes).is_none() {
            return found;
        }
        let mut open: Option<(usize, char, &[char])> = None;
        let mut previous = ' ';
        let mut last_solid = ' ';
        // Whether only marks and white space stand between the last end of a sentence and here.
        let mut fresh = true;
        let mut began_fresh = false;
        let mut at = 0;
        while at < bytes.len() {
            if let Some((start, ..)) = open
                && at - start > LONGEST
            {
                found.long.push(start..at);
                open = None;
            }
            // Of letters, digits and blanks, which are most of a text, nothing else is to be known.
            let furthest = open.as_ref().map_or(bytes.len(), |(start, ..)| start + LONGEST + 1);
            let run = &bytes[at..furthest.min(bytes.len())];
            let length = run
                .iter()
                .position(|byte| !IS_OF_WORDS[usize::from(*byte)])
                .unwrap_or(run.len());
            if let Some(last) = run[..length].last().copied() {
                at += length;
                previous = char::from(last);
                if let Some(solid) = run[..length].iter().rfind(|byte| **byte != b' ') {
                    fresh = false;
                    last_solid = char::from(*solid);
                }
                continue;
            }
            let Some(c) = text[at..].chars().next() else { break };
            let after = at + c.len_utf8();
            match open {
                Some((start, _, closers)) if closers.contains(&c) && closes(text, c, previous, after) => {
                    found.close(text, start, after, last_solid, began_fresh);
                    open = None;
                }
                // A straight mark before a word after white space opens: the one before it had no partner.
                Some(_) if c == '"' && previous.is_whitespace() => open = Some((at, c, &['"'])),
                Some(_) => {}
                None if !is_mark(c) => {}
                None => {
                    let opens = PAIRS.iter().find(|(mark, _)| *mark == c).filter(|_| {
                        let next = text[after..].chars().next().unwrap_or(' ');
                        // Scripts without blanks between words open and close with marks of their own.
                        matches!(c, '「' | '『' | '《')
                            || !previous.is_alphanumeric() && (!next.is_whitespace() || c == '«')
                    });
                    if let Some((mark, closers)) = opens {
                        open = Some((at, *mark, closers));
                        began_fresh = fresh;
                    }
                }
            }
            if matches!(c, '.' | '!' | '?' | '…' | '。' | '！' | '？' | '\n') {
                fresh = true;
            } else if fresh && !c.is_whitespace() && open.is_none_or(|(start, ..)| start != at) && !is_mark(c) {
                fresh = false;
            }
            previous = c;
            if !c.is_whitespace() {
                last_solid = c;
            }
            at = after;
        }
        found
    }

    fn close(&mut self, text: &str, start: usize, end: usize, previous: char, began_fresh: bool) {
        if end - start > LONG && text[start..end].chars().count() > LONG {
            self.long.push(start..end);
            return;
        }
        let rest = &text[end..];
        let next = rest.trim_start();
        let gap = rest.len() - next.len();
        let mut letters = next.chars();
        let first = letters.next().unwrap_or_default();
        let parenthesis = text[start..].starts_with('(');
        let title = text[start..].starts_with('《');
        // Particles follow a quotation without a blank.
        let particle = gap == 0 && matches!(first, '\u{3040}'..='\u{309f}' | '\u{ac00}'..='\u{d7a3}');
        let attributed = matches!(first, '–' | '—' | '-') && letters.next().is_some_and(char::is_whitespace);
        if first.is_lowercase() && gap > 0
            || matches!(first, ',' | '.' | ';' | '،' | '，')
            || attributed
            || particle
            || title
        {
            self.continuing.push((start, end + gap));
        } else if began_fresh
            && gap > 0
            && matches!(previous, '.' | '!' | '?' | '…')
            && (first.is_uppercase() || is_mark(first))
            || parenthesis && began_fresh && gap > 0 && first.is_uppercase() && matches!(previous, '.' | '!' | '?')
        {
            self.closed.push(end + gap);
        }
    }

    /// Quotations that are too long to be one sentence, in order.
    pub(super) fn long(&self) -> impl Iterator<Item = &Range<usize>> {
        self.long.iter()
    }

    /// Whether a quotation that carries its sentence on lies over byte `at`.
    pub(super) fn continues_over(&self, at: usize) -> bool {
        let before = self.continuing.partition_point(|(start, _)| *start < at);
        before.checked_sub(1).is_some_and(|i| at <= self.continuing[i].1)
    }

    /// Where sentences begin because a quotation or parenthesis before them was one of its own.
    pub(super) fn closed_sentences(&self) -> impl Iterator<Item = usize> {
        self.closed.iter().copied()
    }
}

fn is_mark(c: char) -> bool {
    if c.is_ascii() {
        // Nearly all characters of most texts are told here.
        return matches!(c, '(' | ')' | '"' | '\'');
    }
    PAIRS.iter().any(|(mark, closers)| *mark == c || closers.contains(&c)) || matches!(c, '‘' | '’' | '\'')
}

/// A mark closes unless a word touches it on both sides (`ארה"ב`) or only on the right.
fn closes(text: &str, mark: char, previous: char, after: usize) -> bool {
    if mark != '"' {
        return true;
    }
    let next = text[after..].chars().next().unwrap_or(' ');
    !next.is_alphanumeric() || (!previous.is_whitespace() && ('\u{ac00}'..='\u{d7a3}').contains(&next))
}
