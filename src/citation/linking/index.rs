//! A reading prepared for linking, once: what role each sentence plays and which words it has.

use std::cell::OnceCell;
use std::ops::Range;

use unicode_segmentation::UnicodeSegmentation;

use super::vocabulary;
use super::words::{
    Claimed, each_word, fold, is_name, is_number, is_quotation_mark, may_have_mark, toggles, with_folded_text,
};
use crate::article::{BlockKind, Reading, Span};
use crate::citation::{Citation, Cited, Form};

/// Sentences that may share a word before it is too common to say anything.
pub(super) const RARE_IN: usize = 12;
/// Words of one sentence that are looked at; nobody writes longer ones.
pub(super) const SENTENCE_WORDS: usize = 400;
/// Most words of a line that is no sentence of the text: credits, teasers, time stamps.
const LINE_WORDS: usize = 14;

/// Most words of a label before a link.
const LABEL_WORDS: usize = 4;

/// What a sentence is to the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Role {
    /// Running text.
    Prose,
    /// A heading.
    Heading,
    /// A block of one or two words.
    Label,
    /// Advertisement, caption, byline, time stamp, teaser, button.
    Aside,
    /// A block that is only a post's address.
    Address,
    /// Words of a flattened post.
    Post,
}

/// A sentence with what linking needs of it.
#[derive(Debug)]
pub(super) struct Prepared {
    /// What it is to the text.
    pub role: Role,
    /// Headings before it.
    section: usize,
    /// Whether it ends its block with a colon.
    pub colon: bool,
    /// Whether a quotation mark may stand in its block before it.
    after_mark: bool,
    /// Its words and whether they stand in quotation marks. Few sentences are ever asked for theirs.
    words: OnceCell<Vec<(Option<u32>, bool)>>,
}

/// What the words of a sentence say of a post beside it.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Signs {
    /// Whether it speaks of a post or of posting.
    pub post_word: bool,
    /// Whether it points up or down the page.
    pub pointer: bool,
}

/// A reading prepared for linking.
pub(super) struct Index<'a> {
    pub reading: &'a Reading,
    /// One for each sentence of the reading.
    pub sentences: Vec<Prepared>,
    claimed: Claimed,
    /// By number of a claimed word: what it is, and the sentences that have it, up to one more than [`RARE_IN`].
    pub words: Vec<Word>,
    /// By sentence: the last one of the text (prose or heading) before it, and the first one from it on.
    last: Vec<Option<usize>>,
    first: Vec<Option<usize>>,
}

#[derive(Debug, Default)]
pub(super) struct Word {
    pub length: usize,
    pub number: bool,
    pub name: bool,
    pub sentences: Vec<usize>,
}

impl<'a> Index<'a> {
    pub fn new(reading: &'a Reading, citations: &[Citation]) -> Self {
        let claimed = Claimed::of(citations);
        let mut index = Index {
            reading,
            sentences: Vec::with_capacity(reading.sentences.len()),
            words: std::iter::repeat_with(Word::default)
                .take(claimed.numbers.len())
                .collect(),
            claimed,
            last: Vec::new(),
            first: Vec::new(),
        };
        let mut section = 0;
        let mut after_mark = false;
        for (at, sentence) in reading.sentences.iter().enumerate() {
            let first_of_block = at == 0 || reading.sentences[at - 1].block != sentence.block;
            let last_of_block = reading
                .sentences
                .get(at + 1)
                .is_none_or(|next| next.block != sentence.block);
            after_mark &= !first_of_block;
            let text = reading.slice(sentence.span);
            let kind = reading
                .blocks
                .get(sentence.block)
                .map_or(BlockKind::Paragraph, |block| block.kind);
            let role = role(
                kind,
                text,
                first_of_block && last_of_block,
                reading.byline.as_ref().map(|b| b.value.as_str()),
            );
            section += usize::from(role == Role::Heading);
            index.sentences.push(Prepared {
                role,
                section,
                colon: last_of_block && text.trim_end().ends_with([':', '：']),
                after_mark,
                words: OnceCell::new(),
            });
            after_mark = after_mark || may_have_mark(text);
        }
        index.count_words();
        index.mark(citations);
        index.mark_text();
        index
    }

    /// Notes in which sentences the claimed words stand. A word that stands in too many is looked for no more.
    fn count_words(&mut self) {
        let mut looked_for = self.claimed.shapes.clone();
        let mut left = self.words.len();
        for (at, sentence) in self.reading.sentences.iter().enumerate() {
            if left == 0 {
                return;
            }
            each_word(self.reading.slice(sentence.span), SENTENCE_WORDS, |start, word| {
                let is_ascii = word.is_ascii();
                if is_ascii && !looked_for.has(word) {
                    return;
                }
                let number = self.claimed.known(word);
                let entry = number.and_then(|number| self.words.get_mut(number as usize));
                let Some(entry) = entry.filter(|entry| entry.sentences.len() <= RARE_IN) else {
                    return;
                };
                if entry.sentences.is_empty() {
                    entry.length = word.chars().count();
                    entry.number = is_number(word);
                }
                entry.name |= start > 0 && is_name(word);
                if entry.sentences.last() != Some(&at) {
                    entry.sentences.push(at);
                }
                if entry.sentences.len() > RARE_IN {
                    left -= 1;
                    if is_ascii {
                        looked_for.remove(word);
                    }
                }
            });
        }
    }

    /// The words of a sentence by their numbers, and whether they stand in quotation marks.
    pub fn words_at(&self, at: usize) -> &[(Option<u32>, bool)] {
        if let Some(words) = self.sentences[at].words.get() {
            return words;
        }
        let sentences = &self.reading.sentences;
        // A quotation goes on over the sentences of its block.
        let from = if self.sentences[at].after_mark {
            sentences.partition_point(|sentence| sentence.block < sentences[at].block)
        } else {
            at
        };
        let mut quoted = false;
        for (at, sentence) in sentences.iter().enumerate().take(at + 1).skip(from) {
            let words = self.numbered(self.reading.slice(sentence.span), &mut quoted);
            self.sentences[at].words.get_or_init(|| words);
        }
        self.sentences[at].words.get().map_or(&[], Vec::as_slice)
    }

    fn numbered(&self, text: &str, quoted: &mut bool) -> Vec<(Option<u32>, bool)> {
        let mut words = Vec::with_capacity(text.len() / 6);
        let mut end = 0;
        each_word(text, SENTENCE_WORDS, |start, word| {
            *quoted ^= toggles(&text[end..start]);
            end = start + word.len();
            words.push((self.claimed.number(word), *quoted));
        });
        *quoted ^= toggles(&text[end..]);
        words
    }

    /// The number of a word that a citation claims and the reading has.
    pub fn number(&self, word: &str) -> Option<u32> {
        let number = self.claimed.number(word)?;
        (!self.words[number as usize].sentences.is_empty()).then_some(number)
    }

    /// Whether a sentence stands in a block that is a quotation and nothing else.
    pub fn in_quotation(&self, at: usize) -> bool {
        let Some(block) = self.reading.blocks.get(self.reading.sentences[at].block) else {
            return false;
        };
        let text = self.reading.slice(block.span).trim_end_matches(['.', ' ']);
        block.kind == BlockKind::Quote
            || text.starts_with(is_quotation_mark)
                && text.ends_with(is_quotation_mark)
                && text.chars().filter(|&c| is_quotation_mark(c)).count() == 2
    }

    /// What the words of a sentence are apart from any post. Asked only of the few sentences around posts.
    pub fn signs(&self, at: usize) -> Signs {
        let mut signs = Signs::default();
        let text = self.reading.slice(self.reading.sentences[at].span);
        each_word(text, SENTENCE_WORDS, |_, word| {
            with_folded_text(word, |word| {
                signs.post_word = signs.post_word || vocabulary::is_post_word(word);
                signs.pointer = signs.pointer || vocabulary::is_pointer(word);
            });
        });
        signs
    }

    /// Marks sentences that are words of a flattened post, or nothing but an address or a link.
    fn mark(&mut self, citations: &[Citation]) {
        // The furthest end of flattened places by their start, so that overlapping places cost nothing.
        let mut posts: Vec<Span> = citations
            .iter()
            .filter(|c| c.form == Form::Flattened)
            .map(|c| c.place)
            .collect();
        posts.sort_by_key(|place| (place.start_byte, place.end_byte));
        let mut next = 0;
        let mut reached = 0;
        for (at, sentence) in self.reading.sentences.iter().enumerate() {
            while posts
                .get(next)
                .is_some_and(|place| place.start_byte < sentence.span.end_byte)
            {
                reached = reached.max(posts[next].end_byte);
                next += 1;
            }
            if reached > sentence.span.start_byte {
                self.sentences[at].role = Role::Post;
            }
        }
        for citation in citations.iter().filter(|c| c.form == Form::Link) {
            let Some(at) = self.overlapping(citation.place).next() else {
                continue;
            };
            let span = self.reading.sentences[at].span;
            let ends = citation.place.end_byte >= span.end_byte;
            let whole = citation.place.start_byte <= span.start_byte && ends;
            // `Read also: a headline`, in whatever language.
            let is_teaser = || {
                let label = self.reading.text.get(span.start_byte..citation.place.start_byte);
                let label = label.map(str::trim).filter(|label| label.ends_with([':', '：']));
                matches!(citation.cited, Cited::Link(_))
                    && label.is_some_and(|label| label.split_whitespace().count() <= LABEL_WORDS)
            };
            if (whole || ends && is_teaser()) && self.sentences[at].role == Role::Prose {
                let text = self.reading.slice(span).trim();
                if text.starts_with("http") || text.starts_with("www.") {
                    self.sentences[at].role = Role::Address;
                } else if !ends_sentence(text) && text.unicode_words().count() <= LINE_WORDS && self.alone(at) {
                    self.sentences[at].role = Role::Aside;
                }
            }
        }
    }

    fn mark_text(&mut self) {
        let is_text = |prepared: &Prepared| matches!(prepared.role, Role::Prose | Role::Heading);
        let mut last = None;
        self.last.push(None);
        for (at, sentence) in self.sentences.iter().enumerate() {
            last = if is_text(sentence) { Some(at) } else { last };
            self.last.push(last);
        }
        self.first = vec![None; self.sentences.len() + 1];
        for (at, sentence) in self.sentences.iter().enumerate().rev() {
            self.first[at] = if is_text(sentence) {
                Some(at)
            } else {
                self.first[at + 1]
            };
        }
    }

    /// Whether a sentence has its block for itself.
    fn alone(&self, at: usize) -> bool {
        let block = |at: usize| self.reading.sentences.get(at).map(|s| s.block);
        (at == 0 || block(at - 1) != block(at)) && block(at + 1) != block(at)
    }

    /// Whether a sentence is hardly more than what stands at `place`.
    pub fn fills(&self, place: Span, at: usize) -> bool {
        let span = self.reading.sentences[at].span;
        let rest = span.start_byte..place.start_byte.clamp(span.start_byte, span.end_byte);
        let after = place.end_byte.clamp(span.start_byte, span.end_byte)..span.end_byte;
        [rest, after]
            .into_iter()
            .all(|rest| !self.reading.text[rest].contains(char::is_alphanumeric))
    }

    /// How many sentences start before this byte.
    pub fn before(&self, byte: usize) -> usize {
        self.reading.sentences.partition_point(|s| s.span.start_byte < byte)
    }

    /// The first sentence that starts at or after this byte.
    pub fn after(&self, byte: usize) -> usize {
        self.before(byte)
    }

    /// Sentences that share a byte with `place`, or that an empty `place` lies inside.
    pub fn overlapping(&self, place: Span) -> Range<usize> {
        let start = self
            .reading
            .sentences
            .partition_point(|s| s.span.end_byte <= place.start_byte);
        let end = self.before(place.end_byte);
        start..end.max(start)
    }

    /// The last sentence of the text before sentence `at`.
    pub fn last_text(&self, at: usize) -> Option<usize> {
        self.last.get(at).copied().flatten()
    }

    /// The first sentence of the text from sentence `at` on.
    pub fn first_text(&self, at: usize) -> Option<usize> {
        self.first.get(at).copied().flatten()
    }

    /// Whether the text goes on between two sentences.
    pub fn text_between(&self, from: usize, to: usize) -> bool {
        self.first_text(from).is_some_and(|at| at < to)
    }

    /// Whether a sentence stands in the section of a post before which `before` sentences stand.
    pub fn same_section(&self, at: usize, before: usize) -> bool {
        before.checked_sub(1).map_or(0, |last| self.sentences[last].section) == self.sentences[at].section
    }
}

/// What a sentence is by its block, its shape and its first words.
fn role(kind: BlockKind, text: &str, alone: bool, byline: Option<&str>) -> Role {
    match kind {
        BlockKind::Heading => return Role::Heading,
        BlockKind::Caption => return Role::Aside,
        _ => {}
    }
    if !text.chars().any(char::is_alphabetic) {
        return Role::Aside;
    }
    if !alone {
        return Role::Prose;
    }
    if text.split_whitespace().nth(1).is_none() && (text.starts_with("http") || text.starts_with("www.")) {
        return Role::Address;
    }
    let mut words = Vec::with_capacity(LINE_WORDS + 1);
    each_word(text, LINE_WORDS + 1, |_, word| words.push(word));
    if words.len() > LINE_WORDS {
        return Role::Prose;
    }
    let folded = fold(text);
    if words.len() <= 2 {
        return if vocabulary::begins_aside(&folded) {
            Role::Aside
        } else {
            Role::Label
        };
    }
    if text.trim_end().ends_with([':', '：']) {
        return Role::Prose;
    }
    let open = !ends_sentence(text);
    let digits = text.chars().filter(char::is_ascii_digit).count();
    let letters = text.chars().filter(|c| c.is_alphabetic()).count();
    let stamp = open && words.len() <= 10 && digits >= 3 && digits * 3 >= letters;
    let signed = open && words.len() <= 6 && vocabulary::begins_byline(&fold(words[0]));
    let byline = byline.is_some_and(|byline| open && folded.contains(&fold(byline)));
    if stamp || signed || byline || vocabulary::begins_aside(&folded) {
        Role::Aside
    } else {
        Role::Prose
    }
}

/// Whether a text ends as sentences do.
fn ends_sentence(text: &str) -> bool {
    text.trim_end_matches(|c: char| c.is_whitespace() || is_quotation_mark(c) || matches!(c, ')' | ']' | '’' | '\''))
        .ends_with([
            '.', '!', '?', '…', ':', '。', '！', '？', '．', '؟', '۔', '।', '：', ';',
        ])
}
