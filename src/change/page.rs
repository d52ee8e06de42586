//! Two readings of an article, or two captures of a linked page: title and sentences, and of an article what it cites.

use std::collections::{BTreeMap, HashSet};

use serde::Serialize;

use super::Difference;
use super::words::differing;
use crate::article::anchor::{Anchor, How, Reanchored, find_again};
use crate::article::{Reading, Span};
use crate::citation::{Citation, Cited, Findings};

/// Bytes of text that may be searched for sentences that are not there any more as they were; where there are more of
/// them, the rest counts as removed.
const SEARCHED: usize = 8 << 20;

/// A linked page as one capture has it.
#[derive(Debug)]
pub struct Page {
    /// Status of its answer.
    pub status: Option<u16>,
    /// Where it stood, after redirects.
    pub url: String,
    /// Digest of its body.
    pub sha256: String,
    /// What was read in its body; `None` if that is neither page nor text.
    pub findings: Option<Findings>,
}

/// What became of a sentence.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "change", rename_all = "snake_case")]
pub enum SentenceChange {
    /// It was not there before.
    Added {
        /// The sentence.
        after: String,
    },
    /// It is not there any more.
    Removed {
        /// The sentence.
        before: String,
    },
    /// It says so in other words.
    Reworded {
        /// The sentence as it was.
        before: String,
        /// The sentence as it is.
        after: String,
        /// Likeness in thousandths.
        likeness: u16,
    },
}

/// A citation that came or went.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct CitationChange {
    /// `added` or `dropped`.
    pub change: &'static str,
    /// What it cites: `<platform>:<id>`, an address, or what is claimed of a post that is not identified.
    pub cites: String,
    /// Its main sentence.
    pub sentence: Option<String>,
}

/// A citation whose main sentence was reworded or removed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Moved {
    /// What it cites.
    pub cites: String,
    /// Its main sentence as it was.
    pub before: String,
    /// That sentence as it is; `None` if it is gone.
    pub after: Option<String>,
    /// Likeness of the two in thousandths.
    pub likeness: Option<u16>,
}

/// What differs between two captures of a page.
#[must_use]
pub fn compare_pages(before: &Page, after: &Page) -> Difference {
    let mut difference = Difference::default();
    let status = |page: &Page| page.status.map(|status| status.to_string());
    difference.field("status", status(before).as_deref(), status(after).as_deref());
    difference.field("url", Some(&before.url), Some(&after.url));
    match (&before.findings, &after.findings) {
        (Some(old), Some(new)) => compare_text(&old.reading, &new.reading, &mut difference),
        // A file that is no text: its bytes are all there is to compare.
        _ => difference.field("sha256", Some(&before.sha256), Some(&after.sha256)),
    }
    difference
}

/// Whether no sentence of a page stayed and one of the two texts is a fraction of the other: that may be the page, or a wall
/// that was put before it and answered like a page.
#[must_use]
pub fn is_replaced(before: &Page, after: &Page) -> bool {
    const FRACTION: usize = 4;
    let (Some(old), Some(new)) = (&before.findings, &after.findings) else {
        return false;
    };
    let (old, new) = (&old.reading, &new.reading);
    let (short, long) = (old.text.len().min(new.text.len()), old.text.len().max(new.text.len()));
    let stood: HashSet<&str> = old.sentences.iter().map(|s| old.slice(s.span)).collect();
    short * FRACTION < long && !new.sentences.iter().any(|s| stood.contains(new.slice(s.span)))
}

/// What differs between two readings of an article.
#[must_use]
pub fn compare_articles(before: &Findings, after: &Findings) -> Difference {
    let mut difference = Difference::default();
    let (old, new) = (&before.reading, &after.reading);
    for (name, old, new) in [
        ("byline", &old.byline, &new.byline),
        ("published", &old.published, &new.published),
    ] {
        let value = |found: &Option<crate::article::Found<String>>| found.as_ref().map(|found| found.value.clone());
        difference.field(name, value(old).as_deref(), value(new).as_deref());
    }
    compare_text(old, new, &mut difference);
    let (cited_before, cited_after) = (cited(before), cited(after));
    let missing = |these: &BTreeMap<String, &Citation>, those: &BTreeMap<String, &Citation>, all: &Findings, change| {
        let gone = these.iter().filter(|(key, _)| !those.contains_key(*key));
        gone.map(|(key, citation)| CitationChange {
            change,
            cites: key.clone(),
            sentence: all.sentence(citation).map(str::to_owned),
        })
        .collect::<Vec<_>>()
    };
    difference.citations = missing(&cited_before, &cited_after, before, "dropped");
    difference
        .citations
        .extend(missing(&cited_after, &cited_before, after, "added"));
    difference.anchors = moved(before, new, &cited_before, &cited_after);
    difference
}

/// What a reading cites, each once, at its first place.
fn cited(findings: &Findings) -> BTreeMap<String, &Citation> {
    let mut cited = BTreeMap::new();
    for citation in &findings.citations {
        let key = match &citation.cited {
            Cited::Post(post) => format!("{}:{}", post.platform, post.id),
            Cited::Link(url) => url.to_string(),
            Cited::UnidentifiedPost { platform } => {
                let claim = &citation.claim;
                let words = [&claim.author_handle, &claim.date, &claim.text].map(|word| word.as_deref().unwrap_or(""));
                format!("{platform}? {}", words.join(" "))
            }
        };
        cited.entry(key).or_insert(citation);
    }
    cited
}

/// Citations that stayed, but whose main sentence was reworded or is gone.
fn moved(
    before: &Findings,
    new: &Reading,
    cited_before: &BTreeMap<String, &Citation>,
    cited_after: &BTreeMap<String, &Citation>,
) -> Vec<Moved> {
    let old = &before.reading;
    let standing: HashSet<&str> = new.sentences.iter().map(|s| new.slice(s.span)).collect();
    let mut budget = SEARCHED;
    let mut moved = Vec::new();
    for (key, citation) in cited_before.iter().filter(|(key, _)| cited_after.contains_key(*key)) {
        let Some(reference) = citation.references.first() else {
            continue;
        };
        let span = old.sentences[reference.sentence].span;
        if standing.contains(old.slice(span)) {
            continue;
        }
        let (after, likeness) = match search(old, span, new, &mut budget) {
            Some(Reanchored::Found {
                how: How::Approximate,
                span,
                score,
            }) => (Some(new.slice(span).to_owned()), Some(score)),
            Some(Reanchored::Found { .. }) => continue,
            Some(Reanchored::Removed { best }) => (None, best),
            None => (None, None),
        };
        moved.push(Moved {
            cites: key.clone(),
            before: old.slice(span).to_owned(),
            after,
            likeness,
        });
    }
    moved
}

/// The place of a sentence of `old` in `new`; `None` where too much was searched already.
fn search(old: &Reading, span: Span, new: &Reading, budget: &mut usize) -> Option<Reanchored> {
    *budget = budget.checked_sub(new.text.len())?;
    Some(find_again(&Anchor::of(old, span), new))
}

fn compare_text(old: &Reading, new: &Reading, difference: &mut Difference) {
    let title = |reading: &Reading| reading.title.as_ref().map(|found| found.value.clone());
    difference.field("title", title(old).as_deref(), title(new).as_deref());
    difference.sentences = compare_sentences(old, new);
}

/// Sentences that differ, in the order of the new text; what was removed stands where it stood. A sentence that only moved
/// is no change.
fn compare_sentences(old: &Reading, new: &Reading) -> Vec<SentenceChange> {
    if old.text == new.text {
        return Vec::new();
    }
    let texts = |reading: &Reading| -> Vec<String> {
        let fold = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
        reading.sentences.iter().map(|s| fold(reading.slice(s.span))).collect()
    };
    let (before, after) = (texts(old), texts(new));
    let hunks = differing(before.iter(), after.iter());
    // Sentences of one side only; the others among those that differ have moved.
    let (in_old, in_new): (HashSet<&String>, HashSet<&String>) = (before.iter().collect(), after.iter().collect());
    let mut reworded: BTreeMap<usize, (usize, u16)> = BTreeMap::new();
    let mut gone = Vec::new();
    let mut budget = SEARCHED;
    for (removed, _) in &hunks {
        for index in removed.clone().filter(|index| !in_new.contains(&before[*index])) {
            let found = search(old, old.sentences[index].span, new, &mut budget);
            let partner = match found {
                Some(Reanchored::Found { span, score, .. }) => new
                    .sentences
                    .iter()
                    .position(|s| s.span.start < span.end && span.start < s.span.end)
                    .filter(|at| !in_old.contains(&after[*at]) && !reworded.contains_key(at))
                    .map(|at| (at, score)),
                _ => None,
            };
            match partner {
                Some((at, score)) => {
                    reworded.insert(at, (index, score));
                }
                None => gone.push(index),
            }
        }
    }
    let mut changes = Vec::new();
    let mut gone = gone.into_iter().peekable();
    for (removed, added) in hunks {
        while let Some(index) = gone.next_if(|index| *index < removed.end) {
            changes.push(SentenceChange::Removed {
                before: before[index].clone(),
            });
        }
        for index in added.filter(|index| !in_old.contains(&after[*index])) {
            changes.push(match reworded.get(&index) {
                Some((was, likeness)) => SentenceChange::Reworded {
                    before: before[*was].clone(),
                    after: after[index].clone(),
                    likeness: *likeness,
                },
                None => SentenceChange::Added {
                    after: after[index].clone(),
                },
            });
        }
    }
    changes
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::article::Hints;

    fn read(body: &str) -> Findings {
        let page = format!("<!DOCTYPE html><html lang='en'><title>The bridge</title><body><article>{body}</article>");
        crate::find(page.as_bytes(), &Hints::default()).unwrap()
    }

    const BEFORE: &str = "<p>The old barrage above Saint-Orme gave way on Wednesday morning. Nobody was hurt, the district says.</p>
        <p>Mayor Odalys Brenninkmeijer wrote that <a href='https://x.com/odalys/status/1785600110366674944'>the bridge was still standing</a>.
        She asked people to stay away from it.</p>";

    #[test]
    fn sentences_added_removed_and_reworded_are_told_and_moved_ones_are_not() {
        let after = "<p>Mayor Odalys Brenninkmeijer wrote on Friday that <a href='https://x.com/odalys/status/1785600110366674944'>the bridge was still standing</a>.
            She asked people to stay away from it.</p>
            <p>The old barrage above Saint-Orme gave way on Wednesday morning. Trains run again from Thursday on.</p>";
        let difference = compare_articles(&read(BEFORE), &read(after));
        let told: Vec<String> = difference
            .sentences
            .iter()
            .map(|change| match change {
                SentenceChange::Added { after } => format!("+{after}"),
                SentenceChange::Removed { before } => format!("-{before}"),
                SentenceChange::Reworded { before, after, .. } => format!("{before} → {after}"),
            })
            .collect();
        assert_eq!(told.len(), 3, "{told:#?}");
        assert!(
            told.contains(&"+Trains run again from Thursday on.".to_owned()),
            "{told:#?}"
        );
        assert!(
            told.contains(&"-Nobody was hurt, the district says.".to_owned()),
            "{told:#?}"
        );
        assert_eq!(difference.citations, []);
        assert_eq!(difference.anchors.len(), 1);
        assert!(difference.anchors[0].after.as_deref().unwrap().contains("on Friday"));
    }

    #[test]
    fn a_citation_dropped_and_one_added_are_told_with_their_sentences() {
        let after = BEFORE.replace("1785600110366674944", "1785600110366674999");
        let difference = compare_articles(&read(BEFORE), &read(&after));
        assert_eq!(difference.sentences, []);
        let told: Vec<(&str, &str)> = difference.citations.iter().map(|c| (c.change, &*c.cites)).collect();
        assert_eq!(
            told,
            [("dropped", "x:1785600110366674944"), ("added", "x:1785600110366674999")]
        );
        assert!(
            difference.citations[0]
                .sentence
                .as_deref()
                .unwrap()
                .contains("Brenninkmeijer")
        );
    }

    #[test]
    fn the_same_text_in_another_page_around_it_is_no_change() {
        let after = format!("<div class='ad' id='{}'></div>{BEFORE}", 7);
        assert!(compare_articles(&read(BEFORE), &read(&after)).is_empty());
    }

    #[test]
    fn a_wholly_rewritten_page_of_many_sentences_takes_bounded_time() {
        let text = |word: &str| -> String {
            (0..1_500)
                .map(|n| format!("<p>{word} number {n} is {word} so.</p>"))
                .collect()
        };
        let difference = compare_articles(&read(&text("alpha")), &read(&text("omega")));
        assert!(difference.is_of_content());
    }
}
