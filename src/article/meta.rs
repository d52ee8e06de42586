//! What a page says about itself: title, byline, date, address, language; each with the place where it says so.

use scraper::{ElementRef, Html, Node};
use serde_json::Value;
use url::Url;

use super::{Found, Hints};

/// Most bytes of one JSON-LD block.
const JSON_LD: usize = 1 << 20;

/// Most JSON values looked at in one block.
const VALUES: usize = 10_000;

/// What a page says about itself.
#[derive(Debug, Default)]
pub struct Meta {
    pub title: Option<Found<String>>,
    pub byline: Option<Found<String>>,
    pub published: Option<Found<String>>,
    pub url: Option<Found<Url>>,
    /// Against what relative links are resolved.
    pub base: Option<Url>,
    pub language: Option<Found<String>>,
}

/// Reads what the page says about itself.
pub fn read(document: &Html, hints: &Hints) -> Meta {
    let mut meta = Meta::default();
    let mut base = None;
    let mut tags = Tags::default();
    let mut ld = JsonLd::default();
    let (mut headline, mut time, mut html_lang) = (None, None, None);
    for element in document.tree.nodes().filter_map(ElementRef::wrap) {
        let is_in_page = || element.parent().is_some();
        match element.value().name() {
            "base" if element.attr("href").is_none() => {}
            "meta" | "link" | "base" | "title" if is_in_page() => tags.take(element, &mut base),
            "script" if is_in_page() => ld.take_script(element),
            "h1" if headline.is_none() && is_in_page() => {
                headline = Some(fold(&element.text().collect::<String>())).filter(|text| !text.is_empty());
            }
            "time" if time.is_none() && is_in_page() => time = element.attr("datetime").map(str::to_owned),
            "html" if html_lang.is_none() && is_in_page() => {
                html_lang = Some(element.attr("lang").or(element.attr("xml:lang")).map(str::to_owned));
            }
            _ => {}
        }
    }
    let saved = saved_from(document);
    let from = hints.url.clone().or_else(|| saved.clone());
    let absolute = |text: &str| match (Url::parse(text.trim()), &from) {
        (Ok(url), _) => Some(url),
        (Err(_), Some(from)) => from.join(text.trim()).ok(),
        (Err(_), None) => None,
    };
    let is_web = |url: &Url| matches!(url.scheme(), "http" | "https") && url.host().is_some();
    let found = |value: &Option<String>, source: &'static str| {
        value
            .as_deref()
            .map(fold)
            .filter(|v| !v.is_empty())
            .map(|value| Found { value, source })
    };
    meta.title = found(&ld.headline, "json-ld")
        .or_else(|| found(&tags.og_title, "og"))
        .or_else(|| headline.map(|value| Found { value, source: "h1" }))
        .or_else(|| found(&tags.title, "title"));
    meta.byline = found(&ld.author, "json-ld").or_else(|| found(&tags.author, "meta"));
    meta.published = found(&ld.published, "json-ld")
        .or_else(|| found(&tags.published, "meta"))
        .or_else(|| found(&time, "time"));
    let address = |text: &Option<String>, source: &'static str| {
        text.as_deref()
            .and_then(&absolute)
            .filter(is_web)
            .map(|value| Found { value, source })
    };
    meta.url = address(&tags.canonical, "link-canonical")
        .or_else(|| address(&tags.og_url, "og"))
        .or_else(|| address(&ld.url, "json-ld"))
        .or_else(|| hints.url.clone().map(|value| Found { value, source: "hint" }))
        .or_else(|| {
            saved.clone().map(|value| Found {
                value,
                source: "saved-from",
            })
        })
        .or_else(|| address(&base, "base"));
    let declared_base = base.as_deref().and_then(&absolute).filter(is_web);
    meta.base = declared_base
        .or(from)
        .or_else(|| meta.url.as_ref().map(|u| u.value.clone()));
    meta.language = [
        (html_lang.flatten(), "html-lang"),
        (tags.locale, "og"),
        (tags.language, "meta"),
        (ld.language, "json-ld"),
    ]
    .into_iter()
    .find_map(|(tag, source)| {
        Some(Found {
            value: language(&tag?)?,
            source,
        })
    });
    meta
}

/// The language of a language tag (BCP 47) or locale: its first subtag.
fn language(tag: &str) -> Option<String> {
    let first = tag.trim().split(['-', '_', ',', ' ']).next()?.to_ascii_lowercase();
    let first = match first.as_str() {
        // Codes that were withdrawn long ago and still stand in pages.
        "iw" => "he".to_owned(),
        "in" => "id".to_owned(),
        "no" => "nb".to_owned(),
        "" | "und" | "zxx" | "mul" => return None,
        _ => first,
    };
    ((2..=3).contains(&first.len()) && first.bytes().all(|b| b.is_ascii_lowercase())).then_some(first)
}

/// Values of the head's elements; of several the first counts.
#[derive(Default)]
struct Tags {
    title: Option<String>,
    og_title: Option<String>,
    og_url: Option<String>,
    author: Option<String>,
    published: Option<String>,
    canonical: Option<String>,
    locale: Option<String>,
    language: Option<String>,
}

impl Tags {
    fn take(&mut self, element: ElementRef<'_>, base: &mut Option<String>) {
        let attribute = |name: &str| element.attr(name).map(str::to_owned).filter(|v| !v.trim().is_empty());
        let slot = match element.value().name() {
            "base" => {
                base.get_or_insert_with(|| attribute("href").unwrap_or_default());
                return;
            }
            // Pictures in SVG have titles too, but those come later.
            "title" => {
                self.title.get_or_insert_with(|| element.text().collect());
                return;
            }
            "link" => {
                if element.attr("rel").is_some_and(|rel| {
                    rel.split_ascii_whitespace()
                        .any(|r| r.eq_ignore_ascii_case("canonical"))
                }) {
                    let href = attribute("href");
                    self.canonical = self.canonical.take().or(href);
                }
                return;
            }
            _ => match element
                .attr("property")
                .or(element.attr("name"))
                .or(element.attr("itemprop"))
                .or(element.attr("http-equiv"))
            {
                Some("og:title") => &mut self.og_title,
                Some("og:url") => &mut self.og_url,
                Some("author" | "byl" | "dc.creator" | "DC.creator" | "parsely-author" | "sailthru.author") => {
                    &mut self.author
                }
                Some(
                    "article:published_time"
                    | "datePublished"
                    | "dc.date"
                    | "DC.date"
                    | "DC.date.issued"
                    | "parsely-pub-date"
                    | "pubdate"
                    | "date",
                ) => &mut self.published,
                Some("og:locale") => &mut self.locale,
                Some("content-language" | "Content-Language" | "language" | "dc.language" | "DC.language") => {
                    &mut self.language
                }
                _ => return,
            },
        };
        if slot.is_none() {
            *slot = attribute("content");
        }
    }
}

/// What schema.org data say of the article.
#[derive(Default)]
struct JsonLd {
    headline: Option<String>,
    author: Option<String>,
    published: Option<String>,
    url: Option<String>,
    language: Option<String>,
}

impl JsonLd {
    fn take_script(&mut self, script: ElementRef<'_>) {
        let kind = script.attr("type").unwrap_or_default();
        if !kind.eq_ignore_ascii_case("application/ld+json") {
            return;
        }
        let text: String = script.text().collect();
        if text.len() <= JSON_LD
            && let Ok(json) = serde_json::from_str::<Value>(text.trim())
        {
            self.take(&json);
        }
    }

    /// Looks for articles at the top, in lists and in `@graph`.
    fn take(&mut self, json: &Value) {
        let mut waiting = vec![json];
        let mut seen = 0;
        while let Some(value) = waiting.pop() {
            seen += 1;
            if seen > VALUES {
                return;
            }
            match value {
                Value::Array(items) => waiting.extend(items.iter().rev()),
                Value::Object(object) => {
                    if is_article(&value["@type"]) {
                        self.headline = self.headline.take().or_else(|| text(&value["headline"]));
                        self.author = self.author.take().or_else(|| author(&value["author"]));
                        self.published = self.published.take().or_else(|| text(&value["datePublished"]));
                        self.url = self.url.take().or_else(|| text(&value["url"]));
                        self.language = self.language.take().or_else(|| text(&value["inLanguage"]));
                    }
                    waiting.extend(object.get("@graph"));
                }
                _ => {}
            }
        }
    }
}

fn is_article(kind: &Value) -> bool {
    let is = |v: &Value| {
        v.as_str()
            .is_some_and(|t| t.ends_with("Article") || matches!(t, "BlogPosting" | "LiveBlogPosting" | "Report"))
    };
    is(kind) || kind.as_array().is_some_and(|kinds| kinds.iter().any(is))
}

fn text(value: &Value) -> Option<String> {
    value.as_str().map(str::to_owned)
}

/// One or several authors, as names or as persons.
fn author(value: &Value) -> Option<String> {
    let name = |v: &Value| text(v).or_else(|| text(&v["name"]));
    match value {
        Value::Array(authors) => {
            let names: Vec<String> = authors.iter().take(20).filter_map(name).collect();
            (!names.is_empty()).then(|| names.join(", "))
        }
        one => name(one),
    }
}

fn fold(text: &str) -> String {
    let mut folded = String::new();
    for word in text.split_whitespace() {
        if !folded.is_empty() {
            folded.push(' ');
        }
        folded.push_str(word);
        if folded.len() > 2000 {
            break;
        }
    }
    folded
}

/// The address in the comment that browsers write into saved pages: `saved from url=(0042)https://…`.
fn saved_from(document: &Html) -> Option<Url> {
    document
        .tree
        .root()
        .children()
        .take(20)
        .chain(document.root_element().children().take(20))
        .find_map(|node| match node.value() {
            Node::Comment(comment) => {
                let (_, rest) = comment.split_once("saved from url=(")?;
                Url::parse(rest.split_once(')')?.1.split_whitespace().next()?).ok()
            }
            _ => None,
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read_page(html: &str) -> Meta {
        read(&Html::parse_document(html), &Hints::default())
    }

    #[test]
    fn the_page_names_its_title_author_date_address_and_language() {
        let meta = read_page(
            r#"<html lang="fr-FR"><head><title>Site</title><meta property="og:title" content="Le pont"><link rel="canonical" href="https://news.example/pont">
            <script type="application/ld+json">{"@graph":[{"@type":"WebPage","headline":"no"},{"@type":["NewsArticle"],"headline":"Le pont  tient","author":[{"name":"Imke S."},{"name":"Tam O."}],"datePublished":"2024-05-01"}]}</script></head></html>"#,
        );
        assert_eq!(
            meta.title.unwrap(),
            Found {
                value: "Le pont tient".into(),
                source: "json-ld"
            }
        );
        assert_eq!(meta.byline.unwrap().value, "Imke S., Tam O.");
        assert_eq!(meta.published.unwrap().value, "2024-05-01");
        assert_eq!(meta.url.unwrap().value.as_str(), "https://news.example/pont");
        assert_eq!(meta.language.unwrap().value, "fr");
    }

    #[test]
    fn a_saved_page_tells_where_it_came_from() {
        let meta = read_page("<!-- saved from url=(0025)https://news.example/pont --><html><body><a href='/x'>x</a>");
        let url = meta.url.unwrap();
        assert_eq!(
            (url.value.as_str(), url.source),
            ("https://news.example/pont", "saved-from")
        );
        assert_eq!(meta.base.unwrap().as_str(), "https://news.example/pont");
    }

    #[test]
    fn a_base_that_is_no_web_address_is_not_used() {
        let meta = read_page("<base href='javascript:alert(1)'><link rel=canonical href='https://news.example/a'>");
        assert_eq!(meta.base.unwrap().as_str(), "https://news.example/a");
    }
}
