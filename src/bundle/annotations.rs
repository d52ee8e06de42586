//! `annotations.jsonld`: each sentence that refers to something, tied to what it refers to, as W3C Web Annotations
//! (<https://www.w3.org/TR/annotation-model/>). The sentence is the target, by quote and position; what is cited is the body.

use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::Options;
use super::bag::{Bag, BagFile, uuid_of};
use super::offsets::Offsets;
use crate::article::anchor::Anchor;
use crate::error::{Error, Result};
use crate::store::export::Extract;
use crate::store::export::story::{Mention, Place, Story};

/// Writes `annotations.jsonld`.
pub(super) fn write(bag: &mut Bag, extract: &Extract<'_>, _options: &Options) -> Result<()> {
    let mut file = bag.payload("annotations.jsonld")?;
    let id = identifier(extract, "annotations");
    file.write(
        format!(
            "{{\"@context\":\"http://www.w3.org/ns/anno.jsonld\",\"id\":\"{id}\",\"type\":\"AnnotationCollection\",\
             \"label\":\"Sentences and what they cite, as of ledger entry {}\",\"first\":{{\"id\":\"{id}#first\",\
             \"type\":\"AnnotationPage\",\"partOf\":\"{id}\",\"startIndex\":0,\"items\":[",
            extract.seq
        )
        .as_bytes(),
    )?;
    let mut total = 0;
    let mut articles = Vec::new();
    extract.headings(|heading| {
        articles.push(heading.article);
        Ok(())
    })?;
    for article in articles {
        extract.stories(article, |story| annotate(&mut file, extract, &story, &mut total))?;
    }
    file.write(format!("\n]}},\"total\":{total}}}\n").as_bytes())?;
    file.close()
}

fn annotate(file: &mut BagFile, extract: &Extract<'_>, story: &Story, total: &mut u64) -> Result<()> {
    let Some(text) = &story.text else {
        return Ok(());
    };
    let mentions = story.places.iter().flat_map(|place| &place.mentions);
    let offsets = Offsets::of(text, mentions.flat_map(|mention| [mention.start, mention.stop]));
    for place in &story.places {
        let body = body(extract, place)?;
        for mention in &place.mentions {
            let Some(span) = offsets.span(mention.start, mention.stop) else {
                continue;
            };
            let annotation = annotation(extract, story, place, mention, &Anchor::in_text(text, span), &body)?;
            let comma = if *total == 0 { "\n" } else { ",\n" };
            file.write(format!("{comma}{annotation}").as_bytes())?;
            *total += 1;
        }
    }
    Ok(())
}

fn annotation(
    extract: &Extract<'_>,
    story: &Story,
    place: &Place,
    mention: &Mention,
    anchor: &Anchor,
    body: &[Value],
) -> Result<Value> {
    let mut body = body.to_vec();
    body.push(json!({"type": "TextualBody", "purpose": "classifying", "value": mention.relation}));
    let source = story
        .url
        .clone()
        .unwrap_or_else(|| format!("urn:sha256:{}", story.body_sha256));
    Ok(json!({
        "id": identifier(extract, &format!("annotation {} {}", place.citation, mention.start)),
        "type": "Annotation",
        "motivation": "linking",
        "created": story.read_at,
        "generator": {"type": "Software", "name": story.reader},
        "body": body,
        "target": {
            "type": "SpecificResource",
            "source": source,
            "selector": serde_json::to_value(anchor).map_err(|error| Error::Internal(error.to_string()))?,
            // Positions count in the text of this reading, see articles.jsonl.
            "state": {"type": "TimeState", "sourceDate": story.read_at, "cached": "articles.jsonl"},
        },
    }))
}

/// What is cited: its address, and its words as they were kept or, if it was never identified, as the article shows them.
fn body(extract: &Extract<'_>, place: &Place) -> Result<Vec<Value>> {
    let mut body = Vec::new();
    let Some(subject) = extract.subject(place.means)? else {
        return Ok(body);
    };
    if let Some(url) = &subject.url {
        body.push(json!({"type": "SpecificResource", "purpose": "linking", "source": url}));
    }
    let kept = match subject.kind.as_str() {
        "link" => None,
        _ => extract.kept(place.means)?,
    };
    let claimed = || {
        let claim: Value = serde_json::from_str(subject.claim.as_deref()?).ok()?;
        Some((claim["text"].as_str()?.to_owned(), None))
    };
    let words = match kept {
        Some(kept) => kept.text.map(|text| (text, kept.language)),
        None => claimed(),
    };
    if let Some((text, language)) = words.filter(|(text, _)| !text.is_empty()) {
        let mut words = json!({"type": "TextualBody", "purpose": "describing", "value": text, "format": "text/plain"});
        if let Some(language) = language {
            words["language"] = json!(language);
        }
        body.push(words);
    }
    Ok(body)
}

/// The name of a part of this selection, the same each time.
fn identifier(extract: &Extract<'_>, part: &str) -> String {
    let seed = Sha256::new().chain_update(extract.digest).chain_update(part).finalize();
    format!("urn:uuid:{}", uuid_of(&seed))
}
