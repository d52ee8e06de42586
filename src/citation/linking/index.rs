//! A reading prepared for linking, once: what role each sentence plays and which words it has; and a claim prepared
//! for comparison with it.

use std::cell::OnceCell;
use std::ops::Range;

use foldhash::{HashMap, HashMapExt, HashSet, HashSetExt};
use unicode_segmentation::UnicodeSegmentation;

use super::vocabulary;
use crate::article::{BlockKind, Reading, Span};
use crate::citation::{Citation, Cited, Form};

/// Sentences that may share a word before it is too common to say anything.
const RARE_IN: usize = 12;
/// Words of one sentence that are looked at; nobody writes longer ones.
const SENTENCE_WORDS: usize = 400;
/// Words in a row that make a quotation.
const QUOTED_WORDS: usize = 4;
/// Words in a row that make a quotation without quotation marks.
const VERBATIM_WORDS: usize = 7;
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
    words: Vec<Word>,
    /// By sentence: the last one of the text (prose or heading) before it, and the first one from it on.
    last: Vec<Option<usize>>,
    first: Vec<Option<usize>>,
}

/// The words that citations claim, numbered: only these are ever compared, and most words of an article are none.
#[derive(Debug)]
struct Claimed {
    numbers: HashMap<Vec<u8>, u32>,
    /// How many of these words have each shape, so that most others are told without a look at the map.
    shapes: Shapes,
}

/// Counts of words by length and outer letters; those beyond 254 of one shape are not told apart any more.
#[derive(Debug, Clone)]
struct Shapes(Box<[u8; SHAPES]>);

/// How many shapes are told apart.
const SHAPES: usize = 1 << 12;

impl Shapes {
    fn new() -> Shapes {
        Shapes(Box::new([0; SHAPES]))
    }

    /// The shape of a word of ASCII, the same in upper and lower case.
    fn of(word: &[u8]) -> usize {
        let [first, .., last] = word else {
            return word.first().map_or(0, |only| usize::from(only & 31) << 7);
        };
        usize::from(first & 31) << 7 | usize::from(last & 31) << 2 | word.len() & 3
    }

    fn has(&self, word: &str) -> bool {
        self.0[Shapes::of(word.as_bytes())] > 0
    }

    fn add(&mut self, folded: &str) {
        let count = &mut self.0[Shapes::of(folded.as_bytes())];
        *count = count.saturating_add(1);
    }

    fn remove(&mut self, word: &str) {
        let count = &mut self.0[Shapes::of(word.as_bytes())];
        if *count < u8::MAX {
            *count -= 1;
        }
    }
}

#[derive(Debug, Default)]
struct Word {
    length: usize,
    number: bool,
    name: bool,
    sentences: Vec<usize>,
}

impl Claimed {
    /// The words of the texts and authors that stand apart from the article's sentences.
    fn of(citations: &[Citation]) -> Self {
        let mut claimed = Claimed {
            numbers: HashMap::new(),
            shapes: Shapes::new(),
        };
        for claim in citations.iter().filter(|c| may_stand_apart(c)).map(|c| &c.claim) {
            let text = claim.text.as_deref().unwrap_or_default();
            let name = claim.author_name.as_deref().unwrap_or_default();
            each_word(text, super::CLAIM_WORDS, |_, word| claimed.add(word));
            author_words(name).for_each(|word| claimed.add(word));
        }
        claimed
    }

    fn add(&mut self, word: &str) {
        if self.number(word).is_none() {
            let folded = fold(word);
            let next = u32::try_from(self.numbers.len()).unwrap_or(u32::MAX);
            self.shapes.add(&folded);
            self.numbers.insert(folded.into_bytes(), next);
        }
    }

    /// The number of `word`, if any citation claims it.
    fn number(&self, word: &str) -> Option<u32> {
        if word.is_ascii() && !self.shapes.has(word) {
            return None;
        }
        self.known(word)
    }

    fn known(&self, word: &str) -> Option<u32> {
        with_folded(word, |folded| self.numbers.get(folded).copied())
    }
}

/// What `read` says of the bytes of a word, folded; most words are short, and need no room on the heap.
fn with_folded<T>(word: &str, read: impl FnOnce(&[u8]) -> T) -> T {
    const SHORT: usize = 48;
    let mut room = [0; SHORT];
    if word.is_ascii()
        && let Some(folded) = room.get_mut(..word.len())
    {
        folded.copy_from_slice(word.as_bytes());
        folded.make_ascii_lowercase();
        return read(folded);
    }
    let mut end = 0;
    for c in folded(word) {
        let Some(room) = room.get_mut(end..end + c.len_utf8()) else {
            return read(fold(word).as_bytes());
        };
        end += c.encode_utf8(room).len();
    }
    read(&room[..end])
}

/// The same for what reads text.
fn with_folded_text<T>(word: &str, read: impl FnOnce(&str) -> T) -> T {
    with_folded(word, |folded| read(std::str::from_utf8(folded).unwrap_or_default()))
}

/// Whether a citation may stand between sentences; only then are its words compared.
pub(super) fn may_stand_apart(citation: &Citation) -> bool {
    citation.form != Form::Link || !matches!(citation.cited, Cited::Link(_))
}

/// The words of an author's name that are long enough to tell somebody by.
fn author_words(name: &str) -> impl Iterator<Item = &str> {
    name.unicode_words()
        .filter(|part| part.chars().nth(2).is_some())
        .take(6)
}

/// Lower case, and one form for what is written in two.
pub(super) fn fold(text: &str) -> String {
    folded(text).collect()
}

fn folded(text: &str) -> impl Iterator<Item = char> {
    let lower = text.chars().flat_map(char::to_lowercase);
    lower.map(|c| if c == '’' { '\'' } else { c })
}

/// Tells `take` the first words of UAX #29 in a text, `most` of them, and where they begin. Words never cross a space, and
/// what stands between two is nearly always letters and digits of ASCII with punctuation around: the rules are needed
/// only for the rest.
fn each_word<'t>(text: &'t str, most: usize, mut take: impl FnMut(usize, &'t str)) {
    let bytes = text.as_bytes();
    let past = |mut at: usize, kind: Kind| {
        while bytes.get(at).is_some_and(|byte| KINDS[usize::from(*byte)] == kind) {
            at += 1;
        }
        at
    };
    let (mut at, mut left) = (0, most);
    while at < bytes.len() && left > 0 {
        let start = at;
        let word = past(start, Kind::Mark);
        let end = past(word, Kind::Letter);
        let after = past(end, Kind::Mark);
        if bytes.get(after).is_none_or(|b| *b == b' ') {
            at = after + 1;
            if word < end {
                left -= 1;
                take(word, &text[word..end]);
            }
        } else {
            let stop = memchr::memchr(b' ', &bytes[after..]).map_or(bytes.len(), |length| after + length);
            for (at, word) in text[start..stop].unicode_word_indices().take(left) {
                left -= 1;
                take(start + at, word);
            }
            at = stop + 1;
        }
    }
}

/// What a byte is to the words of plain text.
#[derive(Clone, Copy, PartialEq)]
enum Kind {
    Mark,
    Letter,
    Other,
}

static KINDS: [Kind; 256] = {
    let mut kinds = [Kind::Other; 256];
    let marks = b"\"'(),.:;!?-";
    let mut at = 0;
    while at < marks.len() {
        kinds[marks[at] as usize] = Kind::Mark;
        at += 1;
    }
    let mut byte = 0_u8;
    while byte < 0x80 {
        if byte.is_ascii_alphanumeric() {
            kinds[byte as usize] = Kind::Letter;
        }
        byte += 1;
    }
    kinds
};

/// Whether any quotation mark may stand in `text`: one of the bytes that they begin with does.
fn may_have_mark(text: &str) -> bool {
    memchr::memchr3(b'"', 0xe2, 0xe3, text.as_bytes()).is_some() || memchr::memchr(0xc2, text.as_bytes()).is_some()
}

/// Whether the marks in what stands between two words open or close a quotation.
fn toggles(between: &str) -> bool {
    between != " " && between.chars().filter(|&c| is_quotation_mark(c)).count() % 2 == 1
}

fn is_quotation_mark(c: char) -> bool {
    matches!(c, '"' | '“' | '”' | '„' | '‟' | '«' | '»' | '「' | '」' | '『' | '』')
}

fn is_name(word: &str) -> bool {
    word.chars().next().is_some_and(char::is_uppercase) && word.chars().nth(2).is_some()
}

/// A number that says something: not a single digit, not a year.
fn is_number(word: &str) -> bool {
    let digits = word.chars().filter(char::is_ascii_digit).count();
    let year = digits == 4 && word.len() == 4 && (word.starts_with("19") || word.starts_with("20"));
    digits >= 2
        && !year
        && word
            .chars()
            .all(|c| c.is_ascii_digit() || matches!(c, '.' | ',' | '\''))
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
    fn words_at(&self, at: usize) -> &[(Option<u32>, bool)] {
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
    fn number(&self, word: &str) -> Option<u32> {
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

/// What a citation's place claims, prepared for comparison with sentences.
pub(super) struct Claim {
    /// Numbers of the words of the post's text that the reading has too, in order; `None` for the others.
    words: Vec<Option<u32>>,
    /// The same, without order.
    set: HashSet<u32>,
    /// Runs of [`QUOTED_WORDS`] words.
    runs: HashSet<[u32; QUOTED_WORDS]>,
    long_runs: HashSet<[u32; VERBATIM_WORDS]>,
    /// Words written as names.
    names: HashSet<u32>,
    /// Words of the text that could be rare ones.
    weighty: usize,
    handle: String,
    author: Vec<u32>,
    /// How many words of the author's name must be there.
    author_needed: usize,
}

/// What a sentence shares with a claim.
#[derive(Debug, Default)]
pub(super) struct Shared {
    /// A run of words, long enough to be a quotation.
    pub quoted: bool,
    /// Different numbers.
    pub numbers: usize,
    /// Different names.
    pub names: usize,
    /// Different words that are rare in the article.
    pub rare: usize,
    /// Rare words shared, of the post's words that could be rare.
    pub share: f64,
}

impl Claim {
    pub fn new(index: &Index, citation: &Citation, limit: usize) -> Self {
        let claimed = &citation.claim;
        let in_address = match &citation.cited {
            Cited::Post(post) => post.handle.as_deref(),
            _ => None,
        };
        let text = claimed.text.as_deref().unwrap_or_default();
        let mut claim = Claim {
            words: Vec::new(),
            set: HashSet::new(),
            runs: HashSet::new(),
            long_runs: HashSet::new(),
            names: HashSet::new(),
            weighty: 0,
            handle: claimed
                .author_handle
                .as_deref()
                .or(in_address)
                .map(super::folded_handle)
                .unwrap_or_default(),
            author: Vec::new(),
            author_needed: 0,
        };
        each_word(text, limit, |_, word| {
            let number = index.number(word);
            claim.words.push(number);
            claim.set.extend(number);
            claim.weighty += usize::from(word.chars().nth(3).is_some());
            if is_name(word) {
                claim.names.extend(number);
            }
        });
        claim.runs = claim.words.windows(QUOTED_WORDS).filter_map(run).collect();
        claim.long_runs = claim.words.windows(VERBATIM_WORDS).filter_map(run).collect();
        let name = claimed.author_name.as_deref().unwrap_or_default();
        let parts: Vec<&str> = author_words(name).collect();
        claim.author_needed = parts.len().min(2);
        claim.author = parts.iter().filter_map(|part| index.number(part)).collect();
        claim
    }

    /// Whether the sentence has the post's handle as a word of its own.
    pub fn handle_in(&self, index: &Index, at: usize) -> bool {
        if self.handle.chars().count() < 3 {
            return false;
        }
        let text = index.reading.slice(index.reading.sentences[at].span);
        text.split('@').skip(1).any(|rest| {
            let named = rest
                .split(|c: char| !c.is_alphanumeric() && c != '_')
                .next()
                .unwrap_or_default();
            super::folded_handle(named) == self.handle
        })
    }

    /// Whether the sentence names the author: by the name, or by a name of which the handle is made.
    pub fn author_in(&self, index: &Index, at: usize) -> bool {
        let words = index.words_at(at);
        let has = |number: &&u32| words.iter().any(|(word, _)| *word == Some(**number));
        if self.author_needed > 0 && self.author.iter().filter(has).count() >= self.author_needed {
            return true;
        }
        let text = index.reading.slice(index.reading.sentences[at].span);
        let mut is_named = false;
        if self.handle.chars().count() >= 5 {
            each_word(text, SENTENCE_WORDS, |_, word| {
                let may_be = !is_named && is_name(word) && word.chars().nth(4).is_some();
                is_named |= may_be && with_folded_text(word, |word| self.handle.contains(word));
            });
        }
        is_named
    }

    /// Sentences of `range` with the most rare words and numbers of the post, best first.
    pub fn sharing(&self, index: &Index, range: Range<usize>, most: usize) -> Vec<usize> {
        let mut counts: HashMap<usize, usize> = HashMap::new();
        for &number in &self.set {
            let word = &index.words[number as usize];
            if word.sentences.len() <= RARE_IN && (word.length > 3 || word.number) {
                for &at in word.sentences.iter().filter(|at| range.contains(at)) {
                    *counts.entry(at).or_default() += 1;
                }
            }
        }
        let mut found: Vec<(usize, usize)> = counts.into_iter().filter(|&(_, count)| count >= 2).collect();
        found.sort_by_key(|&(at, count)| (std::cmp::Reverse(count), std::cmp::Reverse(at)));
        found.into_iter().take(most).map(|(at, _)| at).collect()
    }

    /// What the sentence shares with the post's text.
    pub fn shared(&self, index: &Index, at: usize) -> Shared {
        if self.set.is_empty() {
            return Shared::default();
        }
        let words = index.words_at(at);
        let said: Vec<Option<u32>> = words.iter().map(|&(word, _)| word).collect();
        let in_quotes: Vec<Option<u32>> = words.iter().map(|&(word, quoted)| word.filter(|_| quoted)).collect();
        // Four short words in a row are an idiom, not a quotation.
        let weighty = |run: &[u32]| run.iter().map(|&w| index.words[w as usize].length).sum::<usize>() >= 16;
        let quoted = in_quotes
            .windows(QUOTED_WORDS)
            .filter_map(run)
            .any(|run| weighty(&run) && self.runs.contains(&run))
            || (!self.long_runs.is_empty()
                && said
                    .windows(VERBATIM_WORDS)
                    .filter_map(run)
                    .any(|run| self.long_runs.contains(&run)));
        let mut shared = Shared {
            quoted,
            ..Shared::default()
        };
        let both: HashSet<u32> = words
            .iter()
            .filter_map(|&(word, _)| word)
            .filter(|word| self.set.contains(word))
            .collect();
        for number in both {
            let word = &index.words[number as usize];
            let rare = word.sentences.len() <= RARE_IN;
            shared.numbers += usize::from(word.number);
            shared.names += usize::from(rare && word.name && self.names.contains(&number));
            shared.rare += usize::from(rare && word.length > 3);
        }
        #[expect(clippy::cast_precision_loss, reason = "counts of words, small")]
        let share = shared.rare as f64 / self.weighty.max(1) as f64;
        shared.share = share;
        shared
    }
}

/// A window of words, if the reading has them all.
fn run<const N: usize>(window: &[Option<u32>]) -> Option<[u32; N]> {
    let mut words = [0; N];
    for (word, number) in words.iter_mut().zip(window) {
        *word = (*number)?;
    }
    Some(words)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn words_are_those_of_the_rules(
            text in "([A-Za-z0-9]{1,5}|[ .,:;'\"()!?_-]|[’“”–…]|[éß日한ة\u{301}\u{200d}\u{ad}🇫🌉]|\n|1,5|a.b){0,30}",
            most in 0..20_usize,
        ) {
            let mut words = Vec::new();
            each_word(&text, most, |at, word| words.push((at, word)));
            prop_assert!(words.into_iter().eq(text.unicode_word_indices().take(most)), "{:?}", text);
        }

        #[test]
        fn a_word_is_found_by_its_folded_form_or_not_at_all(words in prop::collection::vec("[A-Za-zÀ-ÿ]{1,40}", 1..8), other in "[A-Za-z]{1,6}") {
            let mut claimed = Claimed { numbers: HashMap::new(), shapes: Shapes::new() };
            words.iter().for_each(|word| claimed.add(word));
            for word in words.iter().chain([&other]) {
                let known = claimed.numbers.get(fold(word).as_bytes()).copied();
                prop_assert_eq!(claimed.number(word), known);
                prop_assert_eq!(claimed.number(&word.to_uppercase()), claimed.numbers.get(fold(&word.to_uppercase()).as_bytes()).copied());
            }
        }
    }
}
