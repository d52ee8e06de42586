//! Places of a page where something may be embedded: elements, scripts, frames, comments, and markup that stands as text.

use std::sync::LazyLock;

use base64::Engine;
use base64::alphabet::STANDARD;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use ego_tree::NodeId;
use regex::Regex;
use scraper::{ElementRef, Node};

use super::{Walk, bound, vocabulary};
use crate::article::page::{Anchor, Item, Mark, Provenance};

/// Markup inside markup (escaped, in `noscript`, in templates) is read so deep and no deeper.
const MAX_DEPTH: usize = 3;

/// Most that is kept of a place's markup, in bytes.
const LONGEST_RAW: usize = 64 << 10;

/// Longest text of an element that is looked through for markup, in bytes.
const LONGEST_INNER: usize = 1 << 20;

/// Longest text of an embed that is told by what is in it, in bytes.
const LONGEST_POST: usize = 3_000;

/// Longest words of the link at its end, in characters.
const LONGEST_DATE: usize = 60;

/// Most links and attributes kept of one mark.
const MAX_OF_MARK: usize = 200;

impl Walk {
    /// Markup that was commented out, or what WordPress notes of an embed that it has not drawn: `wp:embed {"url":…}`.
    pub(super) fn comment(&mut self, comment: &str) {
        let embed = comment.trim_start().strip_prefix("wp:").filter(|block| {
            let name = block.split_ascii_whitespace().next();
            name.is_some_and(|name| name.contains("embed"))
        });
        let attributes = embed.and_then(|block| Some(block.split_once('{')?.1.rsplit_once('}')?.0));
        let address = attributes
            .and_then(|json| serde_json::from_str::<serde_json::Value>(&format!("{{{json}}}")).ok())
            .and_then(|json| Some(json["url"].as_str()?.to_owned()));
        let Some(address) = address else {
            return self.markup(comment, Provenance::Container);
        };
        self.flush();
        let (element, _) = self.current();
        self.items.push(Item::Mark(Mark {
            provenance: Provenance::Attribute,
            name: "wp:embed".to_owned(),
            attributes: vec![("data-url".to_owned(), address)],
            text: String::new(),
            links: Vec::new(),
            raw: cut(format!("<!--{comment}-->"), LONGEST_RAW),
            element,
            chrome: None,
        }));
    }

    /// A link to a post around a picture, or around nothing, is a mark: no words lead to it.
    pub(super) fn link_around_nothing(&mut self) {
        let is_around_nothing =
            |anchor: &mut Anchor| !anchor.goes_on && anchor.chrome.is_none() && looks_like_post(&anchor.href);
        let is_first = self.block.text.is_empty();
        let Some(Anchor { href, .. }) = self
            .block
            .anchor
            .take_if(|anchor| is_first && is_around_nothing(anchor))
        else {
            return;
        };
        let (element, _) = self.current();
        self.items.push(Item::Mark(Mark {
            provenance: Provenance::Attribute,
            name: "a".to_owned(),
            raw: cut(format!("<a href=\"{}\">", href.replace('"', "&quot;")), LONGEST_RAW),
            attributes: vec![("href".to_owned(), href)],
            text: String::new(),
            links: Vec::new(),
            element,
            chrome: None,
        }));
    }

    /// Keeps an element with all that is in it as a mark.
    pub(super) fn mark(&mut self, node: ElementRef<'_>, provenance: Provenance) {
        let (element, in_story) = self.current();
        // What an embed is called says nothing about where it stands.
        let own = provenance == Provenance::Attribute;
        let chrome = own.then(|| self.names.chrome(node.value(), in_story)).flatten();
        let mut attributes: Vec<(String, String)> = node
            .value()
            .attrs()
            .map(|(n, v)| (n.to_owned(), v.trim().to_owned()))
            .collect();
        let (mut text, mut links) = (String::new(), Vec::new());
        if provenance == Provenance::Container {
            for inner in node.descendants().skip(1) {
                match inner.value() {
                    Node::Text(piece) if !is_in_silent(inner) => push_folded(&mut text, piece),
                    Node::Element(e) => {
                        if matches!(e.name(), "br" | "p" | "div" | "blockquote") && !text.ends_with('\n') {
                            text.push('\n');
                        }
                        if let Some(link) =
                            ElementRef::wrap(inner).filter(|_| e.name() == "a" && links.len() < MAX_OF_MARK)
                            && let Some(href) = e.attr("href")
                        {
                            links.push((
                                href.trim().to_owned(),
                                link.text().collect::<String>().trim().to_owned(),
                            ));
                        }
                        if attributes.len() < MAX_OF_MARK {
                            let carried = e
                                .attrs()
                                .filter(|(n, v)| *n != "href" && (vocabulary::is_post_id(n) || looks_like_post(v)));
                            attributes.extend(carried.map(|(n, v)| (n.to_owned(), v.trim().to_owned())));
                        }
                    }
                    _ => {}
                }
            }
        }
        let raw = if provenance == Provenance::Attribute {
            opening_tag(node)
        } else {
            cut(node.html(), LONGEST_RAW)
        };
        let name = node.value().name().to_owned();
        self.items.push(Item::Mark(Mark {
            provenance,
            name,
            attributes,
            text,
            links,
            raw,
            element,
            chrome,
        }));
    }

    /// Marks in what is not shown: a template's or noscript's elements.
    pub(super) fn inner_marks(&mut self, node: ElementRef<'_>) {
        let mut last: Option<NodeId> = None;
        for inner in node.descendants().skip(1) {
            if last.is_some_and(|id| inner.ancestors().take(MAX_OF_MARK).any(|a| a.id() == id)) {
                continue;
            }
            if let Some(element) = ElementRef::wrap(inner) {
                if vocabulary::is_embed(element.value()) {
                    self.mark(element, Provenance::Container);
                    last = Some(inner.id());
                } else if element.value().name() == "iframe" {
                    self.mark(element, Provenance::Frame);
                } else if element.value().name() == "script" {
                    self.script(element);
                }
            }
        }
    }

    pub(super) fn inner_scripts(&mut self, head: ElementRef<'_>) {
        for child in head
            .children()
            .filter_map(ElementRef::wrap)
            .filter(|c| c.value().name() == "script")
        {
            self.script(child);
        }
    }

    /// A script is a place where posts are named: an embed by its attributes, markup in a template, or data.
    pub(super) fn script(&mut self, node: ElementRef<'_>) {
        if node.value().attrs().any(|(name, _)| name == "data-telegram-post") {
            self.mark(node, Provenance::Container);
            return;
        }
        let inner: String = node.text().collect();
        let kind = node.value().attr("type").unwrap_or("");
        if kind.contains("template") || kind == "text/plain" || kind == "text/html" {
            let decoded = base64(&inner);
            self.markup(decoded.as_deref().unwrap_or(&inner), Provenance::Container);
            return;
        }
        if inner.len() <= bound::PARSED && looks_like_post(&inner) {
            let (element, _) = self.current();
            self.items.push(Item::Mark(Mark {
                provenance: Provenance::Script,
                name: kind.to_owned(),
                attributes: Vec::new(),
                text: inner,
                links: Vec::new(),
                raw: String::new(),
                element,
                chrome: None,
            }));
        }
    }

    /// A frame that holds its page, as programs that save pages write them: what it was called says most, else what is
    /// embedded in it, else where it leads.
    pub(super) fn frame_with_its_page(&mut self, node: ElementRef<'_>, inner: &str) {
        let mut attributes = node.value().attrs().filter(|(name, _)| *name != "srcdoc");
        if attributes.any(|(name, value)| vocabulary::is_post_id(name) || looks_like_post(value)) {
            return self.mark(node, Provenance::Frame);
        }
        let before = self.items.len();
        self.markup(inner, Provenance::Container);
        if self.items.len() == before && inner.len() <= LONGEST_INNER && looks_like_post(inner) {
            self.mark(bound::fragment(inner).root_element(), Provenance::Container);
        }
    }

    /// Reads markup that stands as text, and keeps its marks here.
    pub(super) fn markup(&mut self, text: &str, provenance: Provenance) {
        let worth = text.len() <= LONGEST_INNER
            && self.depth < MAX_DEPTH
            && text.contains('<')
            && (looks_like_post(text) || text.contains("<iframe"));
        if !worth {
            return;
        }
        let (element, _) = self.current();
        let mut inner = Walk {
            depth: self.depth + 1,
            ..Walk::default()
        };
        inner.walk(&bound::fragment(text));
        for item in inner.items {
            if let Item::Mark(mark) = item
                && mark.provenance != Provenance::Script
            {
                let provenance = if mark.provenance == Provenance::Frame {
                    mark.provenance
                } else {
                    provenance
                };
                self.items.push(Item::Mark(Mark {
                    element,
                    provenance,
                    ..mark
                }));
            }
        }
    }
}

/// Whether a value may name a post: one of the names under which posts of known platforms stand.
pub(super) fn looks_like_post(value: &str) -> bool {
    // So many names are told sooner by one automaton than by a search for how each of them begins.
    static NAMES: LazyLock<regex_automata::meta::Regex> = LazyLock::new(|| {
        let config = regex_automata::meta::Config::new().auto_prefilter(false);
        regex_automata::meta::Builder::new().configure(config).build(
            r"twitter\.com|x\.com(?:/|%2F|\\/)|instagram\.com|facebook\.com|fb\.watch|tiktok\.com|youtu|bsky\.|threads\.(?:net|com)|t\.me(?:/|%2F|\\/)|reddit|vimeo\.com|dailymotion\.com|truthsocial\.com|linkedin\.com|vk\.(?:com|ru)|tumblr\.com|pinterest\.|weibo\.c|twitch\.tv|rumble\.com|soundcloud\.com|imgur\.com|streamable\.com|//ok\.ru|bilibili\.com|odysee\.com|bitchute\.com|gettr\.com|gab\.com|substack\.com/|/videos/(?:embed|watch)/|(?:/|%2F)@|<amp-|<lite-youtube",
        )
        .expect("a pattern of our own")
    });
    // Most values are too plain for any of them.
    let may = |value: &str| {
        memchr::memchr3(b'.', b'/', b'%', value.as_bytes()).is_some()
            || ["youtu", "reddit", "<amp-", "<lite-"]
                .iter()
                .any(|name| value.contains(name))
    };
    value.len() > 8 && may(value) && NAMES.is_match(value)
}

/// Whether an element is an embed although no class says so: a quotation that ends in the link of a post, signed with a
/// handle; or a card that bears the id of a post, with the post's words in it.
pub(super) fn is_bare_embed(node: ElementRef<'_>) -> bool {
    static POST: LazyLock<Regex> = LazyLock::new(|| {
        Regex::new(r"/status(?:es)?/[0-9]|/posts?/|/p/|/reel/|/video/[0-9]|/comments/|/@[A-Za-z0-9_.@-]+/[0-9]|//t\.me/[A-Za-z0-9_]+/[0-9]")
            .expect("a pattern of our own")
    });
    let element = node.value();
    let is_card = matches!(element.name(), "div" | "figure" | "section")
        && element.attrs().any(|(name, value)| {
            vocabulary::is_post_id(name) && value.len() > 5 && value.bytes().all(|b| b.is_ascii_digit())
        });
    if element.name() != "blockquote" && !is_card {
        return false;
    }
    let (mut text, mut last) = (String::new(), None);
    for inner in node.descendants().skip(1) {
        match inner.value() {
            Node::Text(piece) => text.push_str(piece),
            Node::Element(link) if link.name() == "a" => last = link.attr("href").map(|href| (href, text.len())),
            _ => {}
        }
        if text.len() > LONGEST_POST {
            return false;
        }
    }
    let signed = |(href, at): (&str, usize)| {
        text.contains("(@")
            && looks_like_post(href)
            && POST.is_match(href)
            && text[at..].trim().chars().count() <= LONGEST_DATE
    };
    is_card || last.is_some_and(signed)
}

/// Appends text as a browser shows it: line ends of the source are white space like any other.
fn push_folded(text: &mut String, piece: &str) {
    for c in piece.chars() {
        match c {
            ' ' | '\n' | '\r' | '\t' | '\x0c' if text.ends_with([' ', '\n']) => {}
            ' ' | '\n' | '\r' | '\t' | '\x0c' => text.push(' '),
            c => text.push(c),
        }
    }
}

fn is_in_silent(node: ego_tree::NodeRef<'_, Node>) -> bool {
    node.parent()
        .and_then(|p| p.value().as_element())
        .is_some_and(|e| matches!(e.name(), "script" | "style" | "noscript" | "template"))
}

fn opening_tag(node: ElementRef<'_>) -> String {
    let attributes: String = node
        .value()
        .attrs()
        .map(|(n, v)| format!(" {n}=\"{}\"", v.replace('"', "&quot;")))
        .collect();
    cut(format!("<{}{attributes}>", node.value().name()), LONGEST_RAW)
}

fn cut(mut text: String, limit: usize) -> String {
    text.truncate(text.floor_char_boundary(limit));
    text
}

/// Decodes base64 (RFC 4648 §4) that consent tools hide markup in, padded or not and in lines or not; `None` if it is not that, or
/// no text.
pub(super) fn base64(text: &str) -> Option<String> {
    const AS_IT_COMES: GeneralPurposeConfig = GeneralPurposeConfig::new()
        .with_decode_allow_trailing_bits(true)
        .with_decode_padding_mode(DecodePaddingMode::Indifferent);
    let is_digit = |byte: &u8| !byte.is_ascii_whitespace() && *byte != b'=';
    let digits: Vec<u8> = text.bytes().filter(is_digit).collect();
    let bytes = GeneralPurpose::new(&STANDARD, AS_IT_COMES).decode(digits).ok()?;
    String::from_utf8(bytes).ok().filter(|t| t.contains('<'))
}
