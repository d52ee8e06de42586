//! What the place of a citation claims, prepared for comparison with sentences of the reading.

use std::ops::Range;

use foldhash::{HashMap, HashMapExt, HashSet, HashSetExt};

use super::index::{Index, RARE_IN, SENTENCE_WORDS};
use super::words::{author_words, each_word, is_name, with_folded_text};
use crate::citation::{Citation, Cited};

/// Words in a row that make a quotation.
const QUOTED_WORDS: usize = 4;

/// Words in a row that make a quotation without quotation marks.
const VERBATIM_WORDS: usize = 7;

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
