//! What callers rely on, whatever the input was.

use std::ops::Range;

use citekeep::article::{Reading, Span};
use citekeep::citation::{Cited, Claim, Document, Findings, flattened::Flattened};
use citekeep::platform::link::{clean, unwrap};
use citekeep::platform::{PostRef, Recognised, recognise};
use url::Url;

/// Most that a citation keeps of its place.
const LONGEST_RAW: usize = 64 << 10;

/// `range` lies inside `text`, in order, on code points.
pub fn lies_in(text: &str, range: &Range<usize>) {
    assert!(
        text.get(range.clone()).is_some(),
        "{range:?} is no range of a text of {} bytes",
        text.len()
    );
}

/// `ranges` are in order and do not overlap.
pub fn are_ordered<'a>(ranges: impl IntoIterator<Item = &'a Range<usize>>) {
    let mut end = 0;
    for range in ranges {
        assert!(
            end <= range.start && range.start <= range.end,
            "{range:?} after byte {end}"
        );
        end = range.end;
    }
}

/// Sentences are in order, trimmed, and leave out nothing but white space.
pub fn are_sentences(text: &str, sentences: &[Range<usize>]) {
    are_ordered(sentences);
    let mut at = 0;
    for range in sentences {
        lies_in(text, range);
        let sentence = &text[range.clone()];
        assert!(
            !sentence.is_empty() && sentence.trim() == sentence,
            "{sentence:?} has outer space"
        );
        assert_eq!(text[at..range.start].trim(), "", "words between two sentences");
        at = range.end;
    }
    assert_eq!(text[at..].trim(), "", "words after the last sentence");
}

/// A post's canonical address names this very post.
pub fn is_canonical(post: &PostRef) {
    match recognise(&post.url) {
        Some((platform, Recognised::Post(again))) => {
            assert_eq!(platform.name, post.platform);
            assert_eq!((&again.id, &again.url), (&post.id, &post.url));
        }
        other => panic!("{} is not recognised: {:?}", post.url, other.map(|o| o.1)),
    }
}

/// Recognising, opening and cleaning an address gives addresses that stay what they are.
pub fn address_holds(url: &Url) {
    if let Some((_, Recognised::Post(post))) = recognise(url) {
        is_canonical(&post);
        assert!(!post.id.is_empty() && post.id.len() < 1024, "{}", post.id);
    }
    let (target, wrapper) = unwrap(url);
    match wrapper {
        Some(wrapper) => {
            assert!(
                matches!(target.scheme(), "http" | "https") && target.has_host(),
                "{target}"
            );
            if let Some(stamp) = wrapper.timestamp {
                assert!(
                    (4..=14).contains(&stamp.len()) && stamp.bytes().all(|b| b.is_ascii_digit()),
                    "{stamp}"
                );
            }
        }
        None => assert_eq!(&target, url),
    }
    let cleaned = clean(&target);
    assert_eq!(clean(&cleaned), cleaned, "cleaned twice");
    assert_eq!(
        Url::parse(cleaned.as_str()).as_ref(),
        Ok(&cleaned),
        "an address reads back as itself"
    );
}

/// A claim's parts are what they say.
pub fn claim_holds(claim: &Claim) {
    if let Some(date) = &claim.date {
        assert!(date.len() == 10 && claim.date_text.is_some(), "{claim:?}");
    }
    if let Some(handle) = &claim.author_handle {
        assert!(!handle.is_empty() && !handle.starts_with('@'), "{handle}");
    }
}

/// Places of flattened posts lie in the text, in order, and hold their parts.
pub fn flattened_holds(text: &str, found: &[Flattened]) {
    are_ordered(found.iter().map(|f| &f.place));
    for post in found {
        lies_in(text, &post.place);
        lies_in(text, &post.body);
        let holds = |part: &Range<usize>| post.place.start <= part.start && part.end <= post.place.end;
        assert!(post.body.is_empty() || holds(&post.body), "{post:?}");
        if let Some(signature) = &post.signature {
            lies_in(text, signature);
            assert!(holds(signature), "{post:?}");
        }
        assert!(post.raw.len() <= LONGEST_RAW);
        post.post.iter().for_each(is_canonical);
        claim_holds(&post.claim);
    }
}

/// Everything that an article's reader promises.
pub fn findings_hold(findings: &Findings) {
    let reading = &findings.reading;
    let spans = Spans::of(&reading.text);
    let mut end = 0;
    for block in &reading.blocks {
        spans.check(&block.span);
        assert!(end <= block.span.start_byte, "blocks are in order");
        end = block.span.end_byte;
    }
    sentences_hold(reading, &spans);
    let mut last = (0, 0);
    for citation in &findings.citations {
        spans.check(&citation.place);
        let place = (citation.place.start_byte, citation.place.end_byte);
        assert!(last <= place, "citations are in reading order");
        last = place;
        assert!(citation.raw.len() <= LONGEST_RAW, "{} bytes of raw", citation.raw.len());
        for reference in &citation.references {
            assert!(reference.sentence < reading.sentences.len());
            assert!(reference.confidence <= 1000 && !reference.reason.is_empty());
        }
        match &citation.cited {
            Cited::Post(post) => is_canonical(post),
            Cited::Link(url) => assert_eq!(&clean(url), url, "a link's identity is clean"),
            Cited::UnidentifiedPost { .. } => {}
        }
        claim_holds(&citation.claim);
        assert!(!citation.label().is_empty());
    }
    let line = serde_json::to_string(&Document::new("input", findings)).expect("findings can be printed");
    assert!(!line.contains('\n'));
}

fn sentences_hold(reading: &Reading, spans: &Spans) {
    let mut end = 0;
    for sentence in &reading.sentences {
        spans.check(&sentence.span);
        assert!(end <= sentence.span.start_byte, "sentences are in order");
        end = sentence.span.end_byte;
        let block = reading.blocks[sentence.block].span;
        assert!(
            block.start_byte <= sentence.span.start_byte && end <= block.end_byte,
            "a sentence lies in its block"
        );
        let words = reading.slice(sentence.span);
        assert!(!words.is_empty() && words.trim() == words, "{words:?} has outer space");
    }
}

/// Code points before each byte of a text; `None` inside a code point.
struct Spans(Vec<Option<usize>>);

impl Spans {
    fn of(text: &str) -> Spans {
        let mut before = vec![None; text.len() + 1];
        let mut count = 0;
        for (at, _) in text.char_indices() {
            before[at] = Some(count);
            count += 1;
        }
        before[text.len()] = Some(count);
        Spans(before)
    }

    /// Both pairs of offsets mean the same place of the text.
    fn check(&self, span: &Span) {
        assert!(span.start_byte <= span.end_byte, "{span:?}");
        assert_eq!(self.0.get(span.start_byte), Some(&Some(span.start)), "{span:?}");
        assert_eq!(self.0.get(span.end_byte), Some(&Some(span.end)), "{span:?}");
    }
}
