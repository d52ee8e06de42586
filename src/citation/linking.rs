//! Ties each citation to the sentences that refer to it, with a relation, a confidence and the reasons. No model: every
//! reason is a row of one table, so that a reader can check any link by hand.

use std::collections::{HashMap, HashSet};

use super::{Citation, Cited, Form, Reference, Relation};
use crate::article::{BlockKind, Reading};

mod words;

/// Reasons and their weights in thousandths; a link's confidence is 1 − Π(1 − weight).
mod weight {
    pub const INSIDE: u16 = 980;
    pub const HANDLE: u16 = 700;
    pub const QUOTED: u16 = 850;
    pub const NUMBERS: u16 = 450;
    pub const NAME: u16 = 300;
    pub const RARE_WORDS: u16 = 300;
    pub const BEFORE: u16 = 350;
    pub const COLON: u16 = 450;
    pub const POST_WORD: u16 = 350;
    pub const POINTS: u16 = 350;
    pub const AFTER: u16 = 100;
}

/// Links below this confidence are not kept.
const LEAST: u16 = 300;

/// How much a sentence counts by its distance before an embed, in thousandths: each sentence between makes it less
/// likely that this one leads in.
const BEFORE: [u16; 6] = [1000, 800, 650, 500, 450, 400];

/// Sentences looked at after an embed, and how much they count, in thousandths.
const AFTER: usize = 2;
const AFTER_FACTOR: u16 = 500;

/// How much a sentence elsewhere in the article counts that repeats the post's words, in thousandths. It may just as
/// well speak of the same thing.
const ELSEWHERE_FACTOR: u16 = 400;

/// Words in a row, shared with the post, that make a quotation: beside the embed, and elsewhere in the article.
const RUN: usize = 5;
const RUN_ELSEWHERE: usize = 8;

/// Sentences compared with one post's words.
const COMPARED: usize = 400;

/// Words of a post that are compared.
const POST_WORDS: usize = 200;

/// Sentences kept for one citation.
const KEPT: usize = 3;

/// Fills in the references of each citation, best first.
pub fn link(reading: &Reading, citations: &mut [Citation]) {
    let sentences = Sentences::new(reading);
    let mut previous_embed: Option<(usize, usize)> = None;
    for index in 0..citations.len() {
        let citation = &citations[index];
        let references = if citation.form == Form::Link {
            sentences.containing(citation)
        } else {
            let at = citation.place.start_byte;
            // In a row of embeds without text between, all follow the sentence before the first.
            let anchor = match previous_embed {
                Some((end, first)) if !sentences.any_between(end, at) => first,
                _ => at,
            };
            previous_embed = Some((citation.place.end_byte.max(at), anchor));
            sentences.around(citation, anchor)
        };
        citations[index].references = references;
    }
}

/// The sentences of a reading as linking sees them.
struct Sentences<'a> {
    reading: &'a Reading,
    /// Lower-case words of each sentence.
    words: Vec<Vec<String>>,
    /// In how many sentences a word stands.
    frequency: HashMap<String, usize>,
    /// Whether a sentence is noise between a story and its embeds.
    noise: Vec<bool>,
    /// First byte of each sentence.
    starts: Vec<usize>,
}

impl<'a> Sentences<'a> {
    fn new(reading: &'a Reading) -> Sentences<'a> {
        let words: Vec<Vec<String>> = reading
            .sentences
            .iter()
            .map(|s| words::of(reading.slice(s.span)))
            .collect();
        let mut frequency: HashMap<String, usize> = HashMap::new();
        for sentence in &words {
            for word in sentence.iter().collect::<HashSet<_>>() {
                *frequency.entry(word.clone()).or_default() += 1;
            }
        }
        let noise = reading
            .sentences
            .iter()
            .zip(&words)
            .map(|(s, w)| words::is_noise(reading.slice(s.span), w, reading.blocks[s.block].kind))
            .collect();
        let starts = reading.sentences.iter().map(|s| s.span.start_byte).collect();
        Sentences {
            reading,
            words,
            frequency,
            noise,
            starts,
        }
    }

    fn text(&self, sentence: usize) -> &'a str {
        self.reading.slice(self.reading.sentences[sentence].span)
    }

    fn kind(&self, sentence: usize) -> BlockKind {
        self.reading.blocks[self.reading.sentences[sentence].block].kind
    }

    /// The sentences that a link stands in.
    fn containing(&self, citation: &Citation) -> Vec<Reference> {
        let place = citation.place;
        let first = self
            .starts
            .partition_point(|start| *start <= place.start_byte)
            .saturating_sub(1);
        let overlapping = (first..self.reading.sentences.len())
            .take_while(|&s| self.starts[s] < place.end_byte.max(place.start_byte + 1))
            .filter(|&s| self.reading.sentences[s].span.end_byte > place.start_byte);
        let reference = |sentence| Reference {
            sentence,
            relation: Relation::Contains,
            confidence: weight::INSIDE,
            reason: "link_inside".into(),
        };
        let mut references: Vec<Reference> = overlapping.take(KEPT).map(reference).collect();
        // A link over several sentences is of the one that holds most of it.
        references.sort_by_key(|r| {
            let span = self.reading.sentences[r.sentence].span;
            std::cmp::Reverse(
                span.end_byte
                    .min(place.end_byte)
                    .saturating_sub(span.start_byte.max(place.start_byte)),
            )
        });
        references
    }

    /// Whether the article says anything between two bytes.
    fn any_between(&self, from: usize, to: usize) -> bool {
        let first = self.starts.partition_point(|start| *start < from);
        (first..self.starts.partition_point(|start| *start < to))
            .any(|s| !self.noise[s] || self.kind(s) == BlockKind::Heading)
    }

    /// The sentences around an embed or flattened post that refer to it.
    fn around(&self, citation: &Citation, anchor: usize) -> Vec<Reference> {
        let next = self.starts.partition_point(|start| *start < anchor);
        let mut evidence: HashMap<usize, Evidence> = HashMap::new();
        self.before(next, &mut evidence);
        self.after(citation, &mut evidence);
        let post = PostWords::new(citation);
        self.quoting(&post, next, &mut evidence);
        for (sentence, found) in &mut evidence {
            self.signs(*sentence, &post, found);
        }
        let mut references: Vec<Reference> = evidence
            .into_iter()
            .filter_map(|(sentence, found)| found.reference(sentence))
            .collect();
        references.sort_by_key(|r| (std::cmp::Reverse(r.confidence), std::cmp::Reverse(r.sentence)));
        references.truncate(KEPT);
        references
    }

    /// The last sentences before, noise skipped; a heading where nothing else stands between it and the embed.
    fn before(&self, next: usize, evidence: &mut HashMap<usize, Evidence>) {
        let mut found = 0;
        let mut heading = None;
        for sentence in (0..next).rev().take(30) {
            if self.kind(sentence) == BlockKind::Heading {
                // A heading ends the section; it introduces what follows only if no sentence does.
                heading = Some(sentence);
                break;
            }
            if self.noise[sentence] {
                continue;
            }
            let entry = evidence.entry(sentence).or_default();
            entry.distance = Some(found);
            if found == 0 {
                entry.add("before", weight::BEFORE);
            }
            found += 1;
            if found == BEFORE.len() {
                break;
            }
        }
        if let Some(heading) = heading.filter(|_| found == 0) {
            let entry = evidence.entry(heading).or_default();
            entry.distance = Some(0);
            entry.add("heading_before", weight::BEFORE);
        }
    }

    /// The first sentences after.
    fn after(&self, citation: &Citation, evidence: &mut HashMap<usize, Evidence>) {
        let end = citation.place.end_byte;
        let from = self
            .starts
            .partition_point(|start| *start < end.max(citation.place.start_byte));
        for (n, sentence) in (from..self.reading.sentences.len()).take(AFTER).enumerate() {
            if self.kind(sentence) == BlockKind::Heading {
                break;
            }
            let entry = evidence.entry(sentence).or_default();
            entry.is_after = true;
            if n == 0 {
                entry.add("after", weight::AFTER);
            }
        }
    }

    /// Sentences anywhere that share the post's words.
    fn quoting(&self, post: &PostWords, next: usize, evidence: &mut HashMap<usize, Evidence>) {
        if post.words.len() < 4 {
            return;
        }
        let from = next.saturating_sub(COMPARED / 2);
        for sentence in (from..self.words.len()).take(COMPARED) {
            if self.words[sentence].len() < 4 || self.noise[sentence] {
                continue;
            }
            let run = if evidence.contains_key(&sentence) {
                RUN
            } else {
                RUN_ELSEWHERE
            };
            if post.longest_run(&self.words[sentence]) >= run {
                let entry = evidence.entry(sentence).or_default();
                entry.quotes = true;
                entry.add("quoted_words", weight::QUOTED);
                continue;
            }
            let numbers = post.shared_numbers(&self.words[sentence]);
            let overlap = self.overlap(post, sentence);
            if numbers >= 2 && overlap > 0.15 {
                let entry = evidence.entry(sentence).or_default();
                entry.quotes = true;
                entry.add("shared_numbers", weight::NUMBERS);
            }
            if overlap > 0.3 {
                let entry = evidence.entry(sentence).or_default();
                entry.quotes |= overlap > 0.4;
                entry.add("rare_words", weight::RARE_WORDS);
            }
        }
    }

    /// Share of the sentence's words, weighted by their rarity in the article, that the post has too.
    #[allow(clippy::cast_precision_loss)]
    fn overlap(&self, post: &PostWords, sentence: usize) -> f64 {
        let (mut shared, mut all) = (0.0, 0.0);
        for word in &self.words[sentence] {
            if word.chars().count() < 4 && !word.chars().all(|c| c.is_ascii_digit()) {
                continue;
            }
            let rarity = 1.0 / self.frequency.get(word).copied().unwrap_or(1).max(1) as f64;
            all += rarity;
            if post.set.contains(word.as_str()) {
                shared += rarity;
            }
        }
        if all == 0.0 { 0.0 } else { shared / all }
    }

    /// What the sentence itself says that points to the post.
    fn signs(&self, sentence: usize, post: &PostWords, found: &mut Evidence) {
        if found.distance.is_none() && !found.is_after && !found.quotes {
            return;
        }
        let text = self.text(sentence);
        let words = &self.words[sentence];
        if let Some(handle) = &post.handle
            && words.iter().any(|w| w == handle)
        {
            found.add("handle", weight::HANDLE);
        }
        if post.names.iter().filter(|name| words.contains(name)).count() >= 1 {
            found.add("name", weight::NAME);
        }
        if text.trim_end().ends_with([':', '：']) && !found.is_after {
            found.add("colon", weight::COLON);
        }
        if words.iter().any(|w| words::is_post_word(w)) {
            found.add("post_word", weight::POST_WORD);
        }
        if words.iter().any(|w| words::points(w)) {
            found.add("points", weight::POINTS);
        }
    }
}

/// What speaks for a sentence.
#[derive(Default)]
struct Evidence {
    reasons: Vec<(&'static str, u16)>,
    /// How many sentences stand between it and the embed that it precedes.
    distance: Option<usize>,
    is_after: bool,
    quotes: bool,
}

impl Evidence {
    fn add(&mut self, reason: &'static str, weight: u16) {
        if !self.reasons.iter().any(|(r, _)| *r == reason) {
            self.reasons.push((reason, weight));
        }
    }

    fn reference(mut self, sentence: usize) -> Option<Reference> {
        let positional = self
            .reasons
            .iter()
            .any(|(r, _)| matches!(*r, "before" | "heading_before"));
        if !positional && !self.quotes {
            // Away from the embed, or after it, a word for a post alone means any post.
            let signs = self.reasons.iter().filter(|(r, _)| *r != "after").count();
            if signs < 2 && !self.reasons.iter().any(|(r, _)| *r == "handle") {
                return None;
            }
        }
        let factor = match (self.distance, self.is_after) {
            (Some(distance), _) => BEFORE[distance.min(BEFORE.len() - 1)],
            (None, true) => AFTER_FACTOR,
            (None, false) => ELSEWHERE_FACTOR,
        };
        let doubt: f64 = self.reasons.iter().map(|(_, w)| 1.0 - f64::from(*w) / 1000.0).product();
        #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
        let confidence = ((1.0 - doubt) * f64::from(factor)).round() as u16;
        if confidence < LEAST {
            return None;
        }
        let relation = match (self.quotes, self.is_after) {
            (true, _) => Relation::Quotes,
            (false, true) => Relation::Follows,
            (false, false) => Relation::Introduces,
        };
        self.reasons.sort_by_key(|(_, w)| std::cmp::Reverse(*w));
        let reason = self.reasons.iter().map(|(r, _)| *r).collect::<Vec<_>>().join("+");
        Some(Reference {
            sentence,
            relation,
            confidence: confidence.min(1000),
            reason,
        })
    }
}

/// The words of a post, its author's handle and names.
struct PostWords {
    words: Vec<String>,
    set: HashSet<String>,
    /// Where each run of three words begins.
    runs: HashMap<[String; 3], Vec<usize>>,
    handle: Option<String>,
    names: Vec<String>,
}

impl PostWords {
    fn new(citation: &Citation) -> PostWords {
        let claim = &citation.claim;
        let mut words = claim.text.as_deref().map(words::of).unwrap_or_default();
        words.truncate(POST_WORDS);
        let mut runs: HashMap<[String; 3], Vec<usize>> = HashMap::new();
        for (at, run) in words.windows(3).enumerate() {
            if let [a, b, c] = run {
                runs.entry([a.clone(), b.clone(), c.clone()]).or_default().push(at);
            }
        }
        let named = match &citation.cited {
            Cited::Post(post) => post.handle.clone(),
            _ => None,
        };
        let handle = claim.author_handle.clone().or(named).map(|h| h.to_lowercase());
        // First and last names; short words and titles tell nobody apart.
        let names = claim.author_name.as_deref().map(words::of).unwrap_or_default();
        let names = names.into_iter().filter(|n| n.chars().count() >= 4).take(4).collect();
        let set = words.iter().cloned().collect();
        PostWords {
            words,
            set,
            runs,
            handle,
            names,
        }
    }

    /// Longest run of words that the sentence shares with the post.
    fn longest_run(&self, sentence: &[String]) -> usize {
        let mut longest = 0;
        for (at, run) in sentence.windows(3).enumerate() {
            let [a, b, c] = run else { continue };
            let Some(places) = self.runs.get(&[a.clone(), b.clone(), c.clone()]) else {
                continue;
            };
            for place in places.iter().take(8) {
                let length = sentence[at..]
                    .iter()
                    .zip(&self.words[*place..])
                    .take_while(|(x, y)| x == y)
                    .take(40)
                    .count();
                longest = longest.max(length);
            }
        }
        longest
    }

    /// Numbers in both that are no years.
    fn shared_numbers(&self, sentence: &[String]) -> usize {
        let is_number = |w: &&String| w.chars().all(|c| c.is_ascii_digit()) && w.len() <= 12;
        let is_year = |w: &String| w.len() == 4 && (w.starts_with("19") || w.starts_with("20"));
        sentence
            .iter()
            .filter(is_number)
            .filter(|w| !is_year(w) && self.set.contains(*w))
            .collect::<HashSet<_>>()
            .len()
    }
}
