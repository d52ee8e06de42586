//! Citations to sentences: which sentences refer to a cited post or page, how, how surely and why.
//!
//! A link belongs to the sentence it stands in. A post between two blocks belongs to the sentence right before it,
//! unless an earlier one plainly introduces it or repeats its words. Every answer is a sum of reasons from one table,
//! so that a reader can check it by hand. No model, no rule for a single site; no reference at all is a valid answer.

use std::collections::HashSet;

use crate::article::{Reading, Span};
use crate::citation::{Citation, Cited, Form, Reference, Relation};

mod claim;
mod index;
pub(super) mod vocabulary;
mod words;

use claim::Claim;
use index::{Index, Role};
use words::fold;

/// References below this confidence, in thousandths, are not kept.
const THRESHOLD: u16 = 300;
/// References kept for one citation.
const KEPT: usize = 4;
/// Full sentences before a post that are looked at as introductions.
const BEFORE: usize = 4;
/// Sentences walked over in search of them.
const WALKED: usize = 48;
/// Sentences before a post among which its words count in full though nobody is named.
const NEAR: usize = 6;
/// Sentences either way among which a post's words are looked for.
const REACH: usize = 60;
/// Words of a post that are compared.
const CLAIM_WORDS: usize = 120;
/// Sentences compared word for word with one post.
const COMPARED: usize = 12;

/// One sign that a sentence refers to a citation.
#[derive(Debug, Clone, Copy)]
struct Reason {
    code: &'static str,
    weight: f64,
}

const fn reason(code: &'static str, weight: f64) -> Reason {
    Reason { code, weight }
}

// A confidence is 1 − Π(1 − weight) over its reasons. The weights say what outweighs what; they are no probabilities.
const INSIDE: Reason = reason("inside", 0.98);
const HANDLE: Reason = reason("handle", 0.70);
const QUOTED: Reason = reason("quoted_words", 0.85);
const NUMBERS: Reason = reason("shared_numbers", 0.45);
const AUTHOR: Reason = reason("author", 0.30);
const NAMES: Reason = reason("shared_names", 0.30);
const RARE: Reason = reason("rare_words", 0.30);
const LAST_BEFORE: Reason = reason("last_before", 0.45);
const HEADING: Reason = reason("heading", 0.40);
const LABEL: Reason = reason("label", 0.30);
const COLON: Reason = reason("colon", 0.45);
const POST_WORD: Reason = reason("post_word", 0.35);
const POINTER: Reason = reason("pointer", 0.35);
const FIRST_AFTER: Reason = reason("first_after", 0.10);
/// Says that the posts before this one, with no text between, have the same sentence.
const SHARED: Reason = reason("shared_by_posts", 0.0);
/// Says that another post lies between; what stands beyond it counts [`BEYOND`] of its worth.
const BEYOND_POST: Reason = reason("beyond_post", 0.0);
/// Says that a sentence before leads in both these words and the post; they count [`BEYOND`] of their worth.
const LED_IN: Reason = reason("led_in", 0.0);
/// Says that likeness was found far from the post, without its author's name; it counts [`BEYOND`] of its worth.
const FAR: Reason = reason("far", 0.0);

/// Worth of a sentence that another post separates from this one: even a quotation yields to the
/// nearest sentence, since 0.45 is what that one has at least.
const BEYOND: f64 = 0.45;
/// Worth of likeness in a sentence after the post: most articles go on with the post's matter.
const AFTER: f64 = 0.45;
/// Worth of a sentence that refers back: less than one that leads in.
const FOLLOWING: f64 = 0.85;

/// Fills each citation's references, best first. What they held before is replaced.
pub fn link(reading: &Reading, citations: &mut [Citation]) {
    let index = Index::new(reading, citations);
    let runs = runs(&index, citations);
    for (citation, run) in citations.iter_mut().zip(runs) {
        citation.references = match run {
            None => containing(&index, citation.place),
            Some(run) => around(&index, citation, run),
        };
    }
}

/// Where a post stands among its neighbours: posts with no article text between them are one run.
#[derive(Debug, Clone, Copy)]
struct Run {
    /// Sentences before this index stand before the run's first post.
    before: usize,
    /// Sentences from this index on stand after the post.
    after: usize,
    /// Sentences before this index stand before an earlier run.
    previous: usize,
    /// Whether posts of the run stand before this one.
    shared: bool,
}

/// The run of each citation; `None` for a link in running text.
fn runs(index: &Index, citations: &[Citation]) -> Vec<Option<Run>> {
    let mut posts: Vec<usize> = (0..citations.len())
        .filter(|&at| stands_apart(index, &citations[at]))
        .collect();
    posts.sort_by_key(|&at| (citations[at].place.start_byte, citations[at].place.end_byte));
    let mut runs = vec![None; citations.len()];
    let mut last: Option<Run> = None;
    for at in posts {
        let place = citations[at].place;
        let here = index.before(place.start_byte);
        let after = index.after(place.end_byte).max(here);
        let run = match last {
            Some(last) if !index.text_between(last.after, here) => Run {
                after,
                shared: true,
                ..last
            },
            Some(last) => Run {
                before: here,
                after,
                previous: last.after,
                shared: false,
            },
            None => Run {
                before: here,
                after,
                previous: 0,
                shared: false,
            },
        };
        runs[at] = Some(run);
        last = Some(run);
    }
    runs
}

/// Whether a citation stands between sentences instead of in one: embedded and flattened posts, and posts whose
/// address is all there is in its block.
fn stands_apart(index: &Index, citation: &Citation) -> bool {
    match citation.form {
        Form::Flattened => true,
        Form::Embed | Form::Frame | Form::MediaLink => index.overlapping(citation.place).is_empty(),
        Form::Link => {
            !matches!(citation.cited, Cited::Link(_))
                && index
                    .overlapping(citation.place)
                    .all(|at| match index.sentences[at].role {
                        Role::Address => true,
                        // A caption or credit that links a post contains it.
                        Role::Aside => citation.anchor.is_none() || index.fills(citation.place, at),
                        _ => false,
                    })
        }
    }
}

/// The sentences a place lies in, the one with most of it first.
fn containing(index: &Index, place: Span) -> Vec<Reference> {
    let mut found: Vec<(usize, usize)> = index
        .overlapping(place)
        .take(KEPT)
        .map(|at| {
            let span = index.reading.sentences[at].span;
            (
                span.end_byte
                    .min(place.end_byte)
                    .saturating_sub(span.start_byte.max(place.start_byte)),
                at,
            )
        })
        .collect();
    found.sort_by_key(|&(shared, at)| (std::cmp::Reverse(shared), at));
    found
        .into_iter()
        .filter_map(|(_, at)| reference(at, Relation::Contains, &[INSIDE], 1.0))
        .collect()
}

/// The sentences around a post that refer to it.
fn around(index: &Index, citation: &Citation, run: Run) -> Vec<Reference> {
    let claim = Claim::new(index, citation, CLAIM_WORDS);
    let mut found = Vec::new();
    let mut seen = HashSet::new();

    let mut before = before(index, run);
    // A quotation after a colon is led in by the sentence that leads in the post: mostly they are the same words.
    let quotations = before.iter().take_while(|&&at| index.in_quotation(at)).count();
    let is_led_in = before.get(quotations).is_some_and(|&at| index.sentences[at].colon);
    let led_in: Vec<usize> = before.drain(..if is_led_in { quotations } else { 0 }).collect();
    if before.first().is_some_and(|&at| index.sentences[at].colon) {
        // A colon right before the post settles which sentence leads in.
        before.truncate(1);
    }
    for (rank, at) in before.into_iter().enumerate() {
        seen.insert(at);
        found.extend(introduction(index, &claim, run, at, rank == 0));
    }
    for at in claim.sharing(index, run.before.saturating_sub(REACH)..run.after + REACH, COMPARED) {
        if index.sentences[at].role == Role::Prose && index.same_section(at, run.before) && seen.insert(at) {
            let mut reasons = likeness(index, &claim, at);
            if quotes(&reasons) {
                let named = author(index, &claim, at);
                reasons.extend(named);
                let beyond = at < run.previous;
                reasons.extend(beyond.then_some(BEYOND_POST));
                // Far away, a post's words are as often the article's subject, unless their author is named.
                let far = at + NEAR < run.before && named.is_none();
                reasons.extend(far.then_some(FAR));
                let led_in = led_in.contains(&at);
                reasons.extend(led_in.then_some(LED_IN));
                let worth = if at >= run.after {
                    AFTER
                } else if beyond || far || led_in {
                    BEYOND
                } else {
                    1.0
                };
                found.extend(reference(at, Relation::Quotes, &reasons, worth));
            }
        }
    }
    found.extend(label(index, run));
    if let Some(at) = index.first_text(run.after).filter(|at| !seen.contains(at)) {
        found.extend(follow_up(index, &claim, at));
    }
    // Of equals the later one wins: it is nearer to the post, or refers back to it.
    found.sort_by_key(|reference| {
        (
            std::cmp::Reverse(reference.confidence),
            std::cmp::Reverse(reference.sentence),
        )
    });
    found.truncate(KEPT);
    found
}

/// Sentences that may introduce a post, nearest first: the last ones before it, up to the heading of its section.
fn before(index: &Index, run: Run) -> Vec<usize> {
    let mut found = Vec::new();
    for at in (run.before.saturating_sub(WALKED)..run.before).rev() {
        match index.sentences[at].role {
            Role::Prose => found.push(at),
            Role::Heading if found.is_empty() => {
                // A colon at the end says that what follows the heading is announced before it.
                let ahead = index.last_text(at).filter(|&ahead| {
                    ahead >= run.previous && index.sentences[ahead].role == Role::Prose && index.sentences[ahead].colon
                });
                found.extend(ahead);
                found.push(at);
                break;
            }
            Role::Heading => break,
            Role::Aside | Role::Label | Role::Address | Role::Post => {}
        }
        if found.len() == BEFORE {
            break;
        }
    }
    found
}

/// What a sentence before the post is to it. The nearest one is kept for its place alone.
fn introduction(index: &Index, claim: &Claim, run: Run, at: usize, nearest: bool) -> Option<Reference> {
    let sentence = &index.sentences[at];
    let likeness = likeness(index, claim, at);
    let relation = if quotes(&likeness) {
        Relation::Quotes
    } else {
        Relation::Introduces
    };
    let mut signs: Vec<Reason> = author(index, claim, at).into_iter().collect();
    let named = !signs.is_empty();
    signs.extend(sentence.colon.then_some(COLON));
    // Without these its words decide nothing.
    if !nearest && relation != Relation::Quotes && !named && !sentence.colon {
        return None;
    }
    let words = index.signs(at);
    signs.extend(words.post_word.then_some(POST_WORD));
    let plain = signs.len() >= 2 && (named || sentence.colon);
    if !nearest && !plain && relation != Relation::Quotes {
        return None;
    }
    let mut reasons = Vec::new();
    if nearest {
        reasons.push(if sentence.role == Role::Heading {
            HEADING
        } else {
            LAST_BEFORE
        });
        reasons.extend(run.shared.then_some(SHARED));
    }
    reasons.extend(signs);
    reasons.extend(words.pointer.then_some(POINTER));
    reasons.extend(likeness);
    let beyond = at < run.previous && !nearest;
    reasons.extend(beyond.then_some(BEYOND_POST));
    reference(at, relation, &reasons, if beyond { BEYOND } else { 1.0 })
}

/// A label with a colon right before the post (`Watch:`) leads in, but says nothing by itself.
fn label(index: &Index, run: Run) -> Option<Reference> {
    let at = run.before.checked_sub(1)?;
    let sentence = &index.sentences[at];
    if sentence.role == Role::Label && sentence.colon {
        reference(at, Relation::Introduces, &[LABEL], 1.0)
    } else {
        None
    }
}

/// The first sentence after a post, if it refers back.
fn follow_up(index: &Index, claim: &Claim, at: usize) -> Option<Reference> {
    let sentence = &index.sentences[at];
    if sentence.role != Role::Prose {
        return None;
    }
    let words = index.signs(at);
    let mut reasons = vec![FIRST_AFTER];
    reasons.extend(author(index, claim, at));
    reasons.extend(
        (words.post_word && words.pointer)
            .then_some([POST_WORD, POINTER])
            .into_iter()
            .flatten(),
    );
    if reasons.len() == 1 {
        None
    } else {
        reference(at, Relation::Follows, &reasons, FOLLOWING)
    }
}

/// The sign that the sentence names the post's author.
fn author(index: &Index, claim: &Claim, at: usize) -> Option<Reason> {
    if claim.handle_in(index, at) {
        Some(HANDLE)
    } else {
        claim.author_in(index, at).then_some(AUTHOR)
    }
}

/// The signs that the sentence has words, names or numbers of the post.
fn likeness(index: &Index, claim: &Claim, at: usize) -> Vec<Reason> {
    let shared = claim.shared(index, at);
    let mut reasons = Vec::new();
    reasons.extend(shared.quoted.then_some(QUOTED));
    reasons.extend((shared.numbers >= 2).then_some(NUMBERS));
    reasons.extend((shared.names >= 1).then_some(NAMES));
    reasons.extend((shared.rare >= 3 && shared.share > 0.3).then_some(RARE));
    reasons
}

/// Whether signs of likeness are enough to say that the sentence repeats the post.
fn quotes(likeness: &[Reason]) -> bool {
    let has = |sign: Reason| likeness.iter().any(|reason| reason.code == sign.code);
    has(QUOTED) || (has(NUMBERS) && likeness.len() >= 2)
}

/// A reference with its confidence, where that is enough to keep it.
fn reference(sentence: usize, relation: Relation, reasons: &[Reason], worth: f64) -> Option<Reference> {
    let doubt: f64 = reasons.iter().map(|reason| 1.0 - reason.weight).product();
    // Between 0 and 990: nothing here is certain.
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "bounded to 0..=990"
    )]
    let confidence = ((1.0 - doubt) * worth * 1000.0).round().clamp(0.0, 990.0) as u16;
    (confidence >= THRESHOLD).then(|| Reference {
        sentence,
        relation,
        confidence,
        reason: reasons.iter().map(|reason| reason.code).collect::<Vec<_>>().join("+"),
    })
}

/// A name without case, for comparison.
fn folded_handle(handle: &str) -> String {
    fold(handle).chars().filter(|c| c.is_alphanumeric()).collect()
}

#[cfg(test)]
mod tests;
