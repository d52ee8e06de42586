//! What was found as the JSON line that `citekeep find --json` prints for a document.

use serde::Serialize;
use url::Url;

use super::{Citation, Cited, Findings};
use crate::article::anchor::{Anchor, Fragments, fragment_url};
use crate::platform::link;

/// One document. Its shape is documented and stable.
#[derive(Debug, Serialize)]
pub struct Document<'a> {
    doc: &'a str,
    url: Option<&'a str>,
    title: Option<&'a str>,
    lang: Option<&'a str>,
    citations: Vec<Post<'a>>,
    links: Vec<Link<'a>>,
    refused: Vec<Refused<'a>>,
    notices: &'a [String],
}

#[derive(Debug, Serialize)]
struct Post<'a> {
    platform: &'a str,
    url: Option<&'a str>,
    id: Option<&'a str>,
    form: &'static str,
    cited_as: Option<&'a str>,
    author_name: Option<&'a str>,
    author_handle: Option<&'a str>,
    date: Option<&'a str>,
    date_text: Option<&'a str>,
    text: Option<&'a str>,
    media: &'a [String],
    anchor: Option<&'a str>,
    sentence: Option<&'a str>,
    /// The main sentence as W3C selectors.
    anchor_selectors: Option<Anchor>,
    /// The article's address with a text directive that a browser opens at the main sentence.
    sentence_url: Option<Url>,
    sentences: Vec<Sentence<'a>>,
}

#[derive(Debug, Serialize)]
struct Link<'a> {
    /// The address as cited, made absolute.
    url: Url,
    /// The address that is captured: wrappers opened, tracking parameters dropped.
    target: &'a str,
    form: &'static str,
    cited_as: Option<&'a str>,
    anchor: Option<&'a str>,
    sentence: Option<&'a str>,
    /// The main sentence as W3C selectors.
    anchor_selectors: Option<Anchor>,
    /// The article's address with a text directive that a browser opens at the main sentence.
    sentence_url: Option<Url>,
    sentences: Vec<Sentence<'a>>,
}

#[derive(Debug, Serialize)]
struct Sentence<'a> {
    text: &'a str,
    start: usize,
    end: usize,
    relation: &'static str,
    confidence: f64,
    reason: &'a str,
}

#[derive(Debug, Serialize)]
struct Refused<'a> {
    url: &'a str,
    reason: &'a str,
}

impl<'a> Document<'a> {
    /// The document `name` with its findings.
    #[must_use]
    pub fn new(name: &'a str, findings: &'a Findings) -> Document<'a> {
        let reading = &findings.reading;
        let mut document = Document {
            doc: name,
            url: reading.url.as_ref().map(|u| u.value.as_str()),
            title: reading.title.as_ref().map(|t| t.value.as_str()),
            lang: reading.language.as_ref().map(|l| l.value.as_str()),
            citations: Vec::new(),
            links: Vec::new(),
            refused: findings
                .refused
                .iter()
                .map(|r| Refused {
                    url: &r.url,
                    reason: r.reason,
                })
                .collect(),
            notices: &reading.notices,
        };
        let mut fragments = Fragments::of(reading);
        for citation in &findings.citations {
            let main = citation.references.first().map(|r| reading.sentences[r.sentence].span);
            let anchor_selectors = main.map(|span| Anchor::of(reading, span));
            let sentence_url = main.zip(reading.url.as_ref()).and_then(|(span, url)| {
                let directive = fragments.directive(span)?;
                Some(fragment_url(&url.value, &directive))
            });
            let sentences = sentences(findings, citation);
            let sentence = findings.sentence(citation);
            let (form, cited_as, anchor) = (
                citation.form.word(),
                citation.raw_url.as_deref(),
                citation.anchor.as_deref(),
            );
            let (platform, url, id, handle) = match &citation.cited {
                Cited::Link(url) => {
                    document.links.push(Link {
                        url: absolute(findings, citation, url),
                        target: url.as_str(),
                        form,
                        cited_as,
                        anchor,
                        sentence,
                        anchor_selectors,
                        sentence_url,
                        sentences,
                    });
                    continue;
                }
                Cited::Post(post) => (
                    post.platform,
                    Some(post.url.as_str()),
                    Some(post.id.as_str()),
                    post.handle.as_deref(),
                ),
                Cited::UnidentifiedPost { platform } => (*platform, None, None, None),
            };
            let claim = &citation.claim;
            document.citations.push(Post {
                platform,
                url,
                id,
                form,
                cited_as,
                author_name: claim.author_name.as_deref(),
                author_handle: claim.author_handle.as_deref().or(handle),
                date: claim.date.as_deref(),
                date_text: claim.date_text.as_deref(),
                text: claim.text.as_deref(),
                media: &claim.media,
                anchor,
                sentence,
                anchor_selectors,
                sentence_url,
                sentences,
            });
        }
        document
    }
}

/// A link's address as it stood, made absolute; the target's where that cannot be told.
fn absolute(findings: &Findings, citation: &Citation, target: &Url) -> Url {
    let raw = citation.raw_url.as_deref().unwrap_or_default();
    let base = findings.reading.url.as_ref().map(|found| &found.value);
    let url = Url::parse(raw).ok().or_else(|| base?.join(raw).ok());
    url.filter(|url| link::clean(&link::unwrap(url).0) == *target)
        .unwrap_or_else(|| target.clone())
}

fn sentences<'a>(findings: &'a Findings, citation: &'a Citation) -> Vec<Sentence<'a>> {
    citation
        .references
        .iter()
        .map(|reference| {
            let span = findings.reading.sentences[reference.sentence].span;
            Sentence {
                text: findings.reading.slice(span),
                start: span.start,
                end: span.end,
                relation: reference.relation.word(),
                confidence: f64::from(reference.confidence) / 1000.0,
                reason: &reference.reason,
            }
        })
        .collect()
}

impl Citation {
    /// One line for people: the address, else what the place claims.
    #[must_use]
    pub fn label(&self) -> String {
        match &self.cited {
            Cited::Post(post) => post.url.to_string(),
            Cited::Link(url) => url.to_string(),
            Cited::UnidentifiedPost { platform } => {
                let claim = &self.claim;
                let words: String = claim.text.iter().flat_map(|t| t.chars().take(60)).collect();
                let handle = claim
                    .author_handle
                    .as_ref()
                    .map(|h| format!(" @{h}"))
                    .unwrap_or_default();
                let date = claim.date.as_ref().map(|d| format!(" {d}")).unwrap_or_default();
                format!("{platform}{handle}{date} “{words}…”")
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::article::Hints;

    fn document(head: &str) -> serde_json::Value {
        let page = format!(
            "<!DOCTYPE html><html lang='en'><head>{head}</head><body><article><h1>The bridge</h1>\
             <p>The trains run again, says the <a href='https://rail.example/notice'>company</a>. It rains.</p>\
             <p>The trains run again, says the <a href='https://town.example/notice'>company</a>. It snows.</p></article></body></html>"
        );
        let findings = crate::find(page.as_bytes(), &Hints::default()).unwrap();
        serde_json::to_value(Document::new("page", &findings)).unwrap()
    }

    #[test]
    fn a_citation_with_a_sentence_has_its_selectors_and_an_address_that_means_this_one() {
        let document = document("<link rel='canonical' href='https://news.example/bridge'>");
        let (first, second) = (&document["links"][0], &document["links"][1]);
        assert_eq!(first["sentence"], second["sentence"]);
        assert_eq!(first["anchor"], "company");
        assert_eq!(first["anchor_selectors"][0]["exact"], first["sentence"]);
        assert_eq!(second["anchor_selectors"][1]["start"], second["sentences"][0]["start"]);
        assert_eq!(
            first["sentence_url"],
            "https://news.example/bridge#:~:text=The%20trains%20run%20again%2C%20says%20the%20company."
        );
        assert_eq!(
            second["sentence_url"],
            "https://news.example/bridge#:~:text=The%20trains%20run%20again%2C%20says%20the%20company.,-It%20snows."
        );
    }

    #[test]
    fn an_article_without_an_address_has_selectors_only() {
        let document = document("");
        assert!(document["links"][0]["anchor_selectors"].is_array());
        assert!(document["links"][0]["sentence_url"].is_null());
    }
}
