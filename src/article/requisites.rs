//! What a page needs to look right besides its own bytes: style sheets, pictures, fonts, icons. Scripts are none of it.
//! One pass of HTML's tokenizer and no tree, so any nesting costs the same.

use std::cell::RefCell;
use std::collections::HashSet;

use html5ever::buffer_queue::BufferQueue;
use html5ever::tendril::StrTendril;
use html5ever::tokenizer::states::RawKind::{Rawtext, Rcdata, ScriptData};
use html5ever::tokenizer::{Tag, TagKind, Token, TokenSink, TokenSinkResult, Tokenizer, TokenizerOpts};
use url::Url;

use super::decode::decode;
use super::html::within_attributes;
use super::{Format, Hints};

mod choice;
mod style;

pub use style::of_style;

/// Most files named by one page or style sheet that are looked at.
const MOST: usize = 1_000;

/// Longest address of one, in bytes.
const LONGEST: usize = 8 << 10;

/// Most bytes of one `style` element that are read.
const STYLE: usize = 1 << 20;

/// What a file is to its page; what it looks worst without comes first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Kind {
    /// A style sheet.
    Style,
    /// A picture of the page itself.
    Image,
    /// A font.
    Font,
    /// A picture that a style sheet shows.
    Background,
    /// The page's small picture in a browser's tab.
    Icon,
}

impl Kind {
    /// The word that stands in the archive.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Kind::Style => "style",
            Kind::Image | Kind::Background => "image",
            Kind::Font => "font",
            Kind::Icon => "icon",
        }
    }
}

/// A file that a page or a style sheet names.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Requisite {
    /// What it is to the page.
    pub kind: Kind,
    /// Its address, without fragment.
    pub url: Url,
}

/// What the page in `bytes` names, each address once, in its order; nothing of what is no page.
#[must_use]
pub fn of_page(bytes: &[u8], hints: &Hints) -> Vec<Requisite> {
    let (Ok(decoded), Some(url)) = (decode(bytes, hints), &hints.url) else {
        return Vec::new();
    };
    if decoded.format != Format::Html {
        return Vec::new();
    }
    let (end, _) = within_attributes(&decoded.text);
    let sink = Sink(RefCell::new(Page {
        found: List::at(url.clone()),
        has_base: false,
        chosen: None,
        style: None,
    }));
    let tokenizer = Tokenizer::new(sink, TokenizerOpts::default());
    let input = BufferQueue::default();
    input.push_back(StrTendril::from(&decoded.text[..end]));
    // It stops at each script's end and at each declared encoding, and goes on when called again.
    while !input.is_empty() {
        let _ = tokenizer.feed(&input);
    }
    tokenizer.end();
    tokenizer.sink.0.into_inner().found.files
}

/// Files found so far, each address once.
pub(super) struct List {
    base: Url,
    files: Vec<Requisite>,
    seen: HashSet<Url>,
}

impl List {
    fn at(base: Url) -> List {
        List {
            base,
            files: Vec::new(),
            seen: HashSet::new(),
        }
    }

    /// Adds what stands at this address, as written, if it is one of the web.
    fn add(&mut self, kind: Kind, address: &str) {
        let address = address.trim();
        if address.is_empty() || address.starts_with('#') || address.len() > LONGEST || self.files.len() >= MOST {
            return;
        }
        let Ok(mut url) = self.base.join(address) else { return };
        url.set_fragment(None);
        if matches!(url.scheme(), "http" | "https") && self.seen.insert(url.clone()) {
            self.files.push(Requisite { kind, url });
        }
    }
}

struct Sink(RefCell<Page>);

struct Page {
    found: List,
    has_base: bool,
    /// Within a `picture`: whether one of its sources was chosen.
    chosen: Option<bool>,
    /// The text so far of the `style` that is open.
    style: Option<String>,
}

impl TokenSink for Sink {
    type Handle = ();

    fn process_token(&self, token: Token, _line: u64) -> TokenSinkResult<()> {
        let mut page = self.0.borrow_mut();
        match token {
            Token::TagToken(tag) if tag.kind == TagKind::StartTag => {
                page.begin(&tag);
                match &*tag.name {
                    "title" | "textarea" => TokenSinkResult::RawData(Rcdata),
                    "style" | "xmp" | "iframe" | "noembed" | "noframes" => TokenSinkResult::RawData(Rawtext),
                    "script" => TokenSinkResult::RawData(ScriptData),
                    _ => TokenSinkResult::Continue,
                }
            }
            Token::TagToken(tag) => {
                page.end(&tag.name);
                TokenSinkResult::Continue
            }
            Token::CharacterTokens(text) => {
                if let Some(style) = page.style.as_mut().filter(|style| style.len() < STYLE) {
                    style.push_str(&text);
                }
                TokenSinkResult::Continue
            }
            _ => TokenSinkResult::Continue,
        }
    }
}

impl Page {
    fn begin(&mut self, tag: &Tag) {
        let value = |name: &str| attribute(tag, name);
        match &*tag.name {
            "base" => {
                let base = value("href").and_then(|href| self.found.base.join(href.trim()).ok());
                if let (false, Some(base)) = (self.has_base, base) {
                    self.has_base = true;
                    if matches!(base.scheme(), "http" | "https") {
                        self.found.base = base;
                    }
                }
            }
            "link" => {
                if let (Some(kind), Some(href)) = (link_kind(tag), value("href")) {
                    self.found.add(kind, href);
                }
            }
            "style" => self.style = Some(String::new()),
            "picture" => self.chosen = Some(false),
            "source" if self.chosen == Some(false) => {
                if value("media").is_none_or(choice::holds)
                    && let Some(srcset) = value("srcset").or_else(|| value("data-srcset"))
                {
                    self.chosen = Some(true);
                    self.pick(srcset, value("sizes"));
                }
            }
            "img" => {
                for srcset in [value("srcset"), value("data-srcset")].into_iter().flatten() {
                    if self.chosen != Some(true) {
                        self.pick(srcset, value("sizes"));
                    }
                }
                for src in [value("src"), value("data-src")].into_iter().flatten() {
                    self.found.add(Kind::Image, src);
                }
            }
            "video" => self.image(value("poster")),
            "input" => self.image(value("src")),
            "image" => self.image(value("href").or_else(|| value("xlink:href"))),
            "body" | "table" | "td" => self.image(value("background")),
            _ => {}
        }
        if let Some(style) = value("style").filter(|style| style.contains("url(")) {
            style::read(style, &mut self.found);
        }
    }

    fn end(&mut self, name: &str) {
        match name {
            "picture" => self.chosen = None,
            "style" => {
                if let Some(style) = self.style.take() {
                    style::read(&style, &mut self.found);
                }
            }
            _ => {}
        }
    }

    fn image(&mut self, address: Option<&str>) {
        if let Some(address) = address {
            self.found.add(Kind::Image, address);
        }
    }

    fn pick(&mut self, srcset: &str, sizes: Option<&str>) {
        self.image(choice::of(srcset, sizes));
    }
}

/// What a `link` element leads to, if a browser shows or uses it.
fn link_kind(tag: &Tag) -> Option<Kind> {
    let rel = attribute(tag, "rel")?.to_ascii_lowercase();
    let is = |word: &str| rel.split_ascii_whitespace().any(|part| part == word);
    match attribute(tag, "as") {
        _ if is("stylesheet") && attribute(tag, "media").is_none_or(choice::holds) => Some(Kind::Style),
        _ if is("icon") => Some(Kind::Icon),
        Some("style") if is("preload") => Some(Kind::Style),
        Some("font") if is("preload") => Some(Kind::Font),
        Some("image") if is("preload") => Some(Kind::Image),
        _ => None,
    }
}

fn attribute<'a>(tag: &'a Tag, name: &str) -> Option<&'a str> {
    tag.attrs
        .iter()
        .find(|attribute| &*attribute.name.local == name)
        .map(|attribute| &*attribute.value)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn told(html: &str) -> Vec<String> {
        let hints = Hints {
            url: Url::parse("https://paper.example/2024/story.html").ok(),
            content_type: Some("text/html; charset=utf-8".to_owned()),
        };
        let files = of_page(format!("<!doctype html><html>{html}").as_bytes(), &hints);
        let kind = |file: &Requisite| format!("{:?}", file.kind).to_lowercase();
        files
            .iter()
            .map(|file| format!("{} {}", kind(file), file.url))
            .collect()
    }

    #[test]
    fn a_page_names_its_files_in_all_the_ways_of_html() {
        for (html, expected) in [
            (
                "<link rel='StyleSheet' href=a.css>",
                &["style https://paper.example/2024/a.css"][..],
            ),
            ("<link rel=stylesheet media=print href=a.css>", &[]),
            (
                "<link rel='shortcut icon' href='/i.ico'>",
                &["icon https://paper.example/i.ico"],
            ),
            (
                "<link rel=preload as=font href=f.woff2>",
                &["font https://paper.example/2024/f.woff2"],
            ),
            (
                "<link rel=canonical href=/x><link rel=preload as=script href=s.js>",
                &[],
            ),
            (
                "<base href=//cdn.example/><img src='a.png#x'>",
                &["image https://cdn.example/a.png"],
            ),
            (
                "<base href='javascript:1'><img src=a.png>",
                &["image https://paper.example/2024/a.png"],
            ),
            (
                "<img src=a.png srcset='a-640.png 640w, a-1280.png 1280w, a-2560.png 2560w'>",
                &[
                    "image https://paper.example/2024/a-1280.png",
                    "image https://paper.example/2024/a.png",
                ],
            ),
            (
                "<picture><source media='(max-width: 600px)' srcset=s.webp><source srcset=b.webp><source srcset=c.webp><img src=d.jpg srcset=e.jpg></picture>",
                &[
                    "image https://paper.example/2024/b.webp",
                    "image https://paper.example/2024/d.jpg",
                ],
            ),
            (
                "<noscript><img src=lazy.png></noscript>",
                &["image https://paper.example/2024/lazy.png"],
            ),
            (
                "<p style='background: url(\"b.png\")'>",
                &["background https://paper.example/2024/b.png"],
            ),
            (
                "<style>@import 'c.css'; p { background: url(p.png) }</style>",
                &[
                    "style https://paper.example/2024/c.css",
                    "background https://paper.example/2024/p.png",
                ],
            ),
            (
                "<script>document.write('<img src=no.png>')</script><textarea><img src=no.png></textarea>",
                &[],
            ),
            (
                "<!-- <img src=no.png> --><img src='data:image/png;base64,AA'><img src='#x'><img src=''>",
                &[],
            ),
            (
                "<script>1</script><img src=a.png><img src=a.png>",
                &["image https://paper.example/2024/a.png"],
            ),
            (
                "<video poster=p.jpg></video>",
                &["image https://paper.example/2024/p.jpg"],
            ),
        ] {
            assert_eq!(told(html), expected, "{html}");
        }
    }

    #[test]
    fn a_page_that_names_no_end_of_files_names_a_thousand() {
        let html: String = (0..5_000).map(|n| format!("<img src={n}.png>")).collect();
        assert_eq!(told(&html).len(), MOST);
    }

    #[test]
    fn text_that_is_no_page_names_nothing() {
        let hints = Hints {
            url: Url::parse("https://paper.example/a.txt").ok(),
            content_type: Some("text/plain".to_owned()),
        };
        assert_eq!(of_page(b"Just words, and more of them.", &hints), []);
    }

    proptest! {
        #[test]
        fn any_page_and_any_style_sheet_is_read_without_panic(
            text in "(<link rel=stylesheet href=|<img srcset=|<style>|</style>|<picture>|<source |<script>|<!--|@import |@font-face|url\\(|image-set\\(|format\\(|[{}();,'\"<>=é \\\\]|[a-z0-9]{1,3}){0,40}"
        ) {
            let hints = Hints { url: Url::parse("https://paper.example/").ok(), content_type: Some("text/html".to_owned()) };
            for file in of_page(text.as_bytes(), &hints).iter().chain(&of_style(text.as_bytes(), hints.url.as_ref().unwrap())) {
                prop_assert!(matches!(file.url.scheme(), "http" | "https") && file.url.fragment().is_none());
            }
        }
    }
}
