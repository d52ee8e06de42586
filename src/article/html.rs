//! An HTML page as a reader meets it: one walk over the tree, without recursion, that keeps blocks of text with their
//! links, and every place where something may be embedded, in order.

use std::sync::LazyLock;

use ego_tree::NodeId;
use ego_tree::iter::Edge;
use regex::Regex;
use scraper::{ElementRef, Html, Node};

use super::BlockKind;
use super::page::{Anchor, Item, Mark, Page, PageBlock, Provenance};

mod body;
pub(super) mod bound;
mod tokens;
mod vocabulary;

pub(super) use bound::within_attributes;
use vocabulary::attribute;

pub use bound::{document as parse, fragment as parse_fragment};

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

/// Reads a parsed page.
pub fn read(document: &Html) -> Page {
    let mut walk = Walk::default();
    walk.walk(document);
    let mut page = Page {
        items: walk.items,
        notices: Vec::new(),
    };
    body::choose(&mut page, &walk.elements);
    page
}

/// What is known of an element for choosing the story.
#[derive(Debug)]
pub struct Place {
    parent: usize,
    /// Number of the last element inside it.
    last: usize,
    /// Whether it says that it is the story.
    is_story: bool,
    /// Whether it is a headline of the first level.
    is_headline: bool,
    /// Why it is not of the story, if its name, role or class says so.
    verdict: Option<&'static str>,
}

#[derive(Default)]
struct Walk {
    items: Vec<Item>,
    elements: Vec<Place>,
    /// Numbers of the open elements.
    open: Vec<Open>,
    block: Building,
    depth: usize,
    /// What classes and ids say of their element: a page repeats them a thousand times.
    names: vocabulary::Names,
}

struct Open {
    number: usize,
    kind: Option<BlockKind>,
    in_story: bool,
}

/// A block while its text comes in.
#[derive(Default)]
struct Building {
    text: String,
    links: Vec<Anchor>,
    /// The link that is open.
    anchor: Option<Anchor>,
    space: bool,
}

impl Walk {
    fn walk(&mut self, document: &Html) {
        let mut skipped: Option<NodeId> = None;
        for edge in document.tree.root().traverse() {
            match edge {
                Edge::Open(node) if skipped.is_none() => match node.value() {
                    Node::Text(text) => self.text(text),
                    Node::Comment(comment) => self.comment(comment),
                    Node::Element(_) => {
                        if let Some(element) = ElementRef::wrap(node)
                            && self.enter(element)
                        {
                            skipped = Some(node.id());
                        }
                    }
                    _ => {}
                },
                Edge::Close(node) => {
                    if skipped == Some(node.id()) {
                        skipped = None;
                    } else if skipped.is_none()
                        && let Node::Element(element) = node.value()
                    {
                        self.leave(element.name());
                    }
                }
                Edge::Open(_) => {}
            }
        }
        self.flush();
    }

    /// Number of the innermost open element, and whether it stands inside an article element.
    fn current(&self) -> (usize, bool) {
        self.open.last().map_or((0, false), |open| (open.number, open.in_story))
    }

    /// Enters an element; true if what is inside was dealt with and is to be skipped.
    fn enter(&mut self, node: ElementRef<'_>) -> bool {
        let element = node.value();
        let name = element.name();
        let (parent, in_story) = self.current();
        let is_card = || vocabulary::card_address(element).is_some_and(looks_like_post);
        if vocabulary::is_embed(element) || is_card() || is_bare_embed(node) {
            self.flush();
            self.mark(node, Provenance::Container);
            return true;
        }
        match name {
            "iframe" | "object" | "embed" => {
                match attribute(element, "srcdoc") {
                    Some(inner) => self.frame_with_its_page(node, inner),
                    None => self.mark(node, Provenance::Frame),
                }
                return true;
            }
            "script" => {
                self.script(node);
                return true;
            }
            "noscript" | "textarea" => {
                let inner: String = node.text().collect();
                self.markup(&inner, Provenance::Container);
                self.inner_marks(node);
                return true;
            }
            "template" => {
                self.inner_marks(node);
                return true;
            }
            "br" => {
                self.flush();
                return true;
            }
            "img" => {
                if looks_like_post(attribute(element, "data-src").unwrap_or("")) {
                    self.mark(node, Provenance::Attribute);
                }
                return true;
            }
            _ => {}
        }
        if name != "a"
            && name != "link"
            && name != "meta"
            && element
                .attrs()
                .any(|(n, v)| vocabulary::is_post_id(n) || looks_like_post(v))
        {
            self.mark(node, Provenance::Attribute);
        }
        for (_, value) in element.attrs() {
            // Markup in base64 begins with `<` and a letter.
            if value.len() > 40
                && value.starts_with(['P'])
                && let Some(markup) = base64(value)
            {
                self.markup(&markup, Provenance::Container);
            }
        }
        if vocabulary::is_silent(name) {
            if name == "head" {
                self.inner_scripts(node);
            }
            return true;
        }
        let kind = vocabulary::block_kind(name).map(|kind| vocabulary::narrowed(kind, element));
        if kind.is_some() {
            self.flush();
        }
        if name == "a"
            && let Some(href) = attribute(element, "href")
        {
            self.close_anchor();
            let start = self.block.text.len() + usize::from(self.block.space && !self.block.text.is_empty());
            let chrome = vocabulary::not_a_citation(element);
            self.block.anchor = Some(Anchor {
                range: start..start,
                href: href.trim().to_owned(),
                chrome,
                goes_on: false,
            });
        }
        let is_story = name == "article" || attribute(element, "itemprop").is_some_and(|p| p.contains("articleBody"));
        let number = self.elements.len();
        self.elements.push(Place {
            parent,
            last: number,
            is_story,
            is_headline: name == "h1",
            verdict: self.names.chrome(element, in_story),
        });
        self.open.push(Open {
            number,
            kind,
            in_story: in_story || is_story,
        });
        false
    }

    fn leave(&mut self, name: &str) {
        if name == "a" {
            self.link_around_nothing();
            self.close_anchor();
        }
        if self.open.last().is_some_and(|open| open.kind.is_some()) {
            self.flush();
        }
        if let Some(open) = self.open.pop() {
            self.elements[open.number].last = self.elements.len() - 1;
        }
    }

    /// Adds text to the block, white space folded.
    fn text(&mut self, text: &str) {
        if memchr::memchr(b'<', text.as_bytes()).is_some() && (text.contains("<blockquote") || text.contains("<iframe"))
        {
            self.markup(text, Provenance::Container);
            return;
        }
        let mut rest = text;
        while let Some(first) = rest.bytes().next() {
            let skipped = invisible(rest);
            if is_space(first) || skipped > 0 {
                self.block.space |= skipped == 0;
                rest = &rest[skipped.max(1)..];
                continue;
            }
            let run = run_of_words(rest);
            if self.block.space && !self.block.text.is_empty() {
                self.block.text.push(' ');
            }
            self.block.space = false;
            self.block.text.push_str(&rest[..run]);
            rest = &rest[run..];
        }
    }

    /// Markup that was commented out, or what WordPress notes of an embed that it has not drawn: `wp:embed {"url":…}`.
    fn comment(&mut self, comment: &str) {
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
    fn link_around_nothing(&mut self) {
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

    fn close_anchor(&mut self) {
        if let Some(mut anchor) = self.block.anchor.take() {
            let end = self.block.text.len();
            anchor.range = anchor.range.start.min(end)..end;
            self.block.links.push(anchor);
        }
    }

    /// Ends the block, if there is any text or link in it.
    fn flush(&mut self) {
        let reopened = self.block.anchor.as_ref().map(|anchor| Anchor {
            range: 0..0,
            href: anchor.href.clone(),
            goes_on: anchor.goes_on || self.block.text.len() > anchor.range.start,
            ..*anchor
        });
        self.close_anchor();
        let block = std::mem::take(&mut self.block);
        // A link around several blocks goes on in the next one.
        self.block.anchor = reopened;
        let links = block.links.into_iter();
        // A picture in running text may lead to a post.
        let links: Vec<Anchor> = links
            .filter(|l| !l.range.is_empty() || !l.goes_on && looks_like_post(&l.href))
            .collect();
        if block.text.is_empty() {
            return;
        }
        let (element, _) = self.current();
        let kind = self
            .open
            .iter()
            .rev()
            .find_map(|open| open.kind.filter(|k| *k != BlockKind::Paragraph));
        let kind = kind.unwrap_or(BlockKind::Paragraph);
        self.items.push(Item::Block(PageBlock {
            kind,
            text: block.text,
            links,
            element,
            chrome: None,
        }));
    }

    /// Keeps an element with all that is in it as a mark.
    fn mark(&mut self, node: ElementRef<'_>, provenance: Provenance) {
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
    fn inner_marks(&mut self, node: ElementRef<'_>) {
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

    fn inner_scripts(&mut self, head: ElementRef<'_>) {
        for child in head
            .children()
            .filter_map(ElementRef::wrap)
            .filter(|c| c.value().name() == "script")
        {
            self.script(child);
        }
    }

    /// A script is a place where posts are named: an embed by its attributes, markup in a template, or data.
    fn script(&mut self, node: ElementRef<'_>) {
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
    fn frame_with_its_page(&mut self, node: ElementRef<'_>, inner: &str) {
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
    fn markup(&mut self, text: &str, provenance: Provenance) {
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
fn looks_like_post(value: &str) -> bool {
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
fn is_bare_embed(node: ElementRef<'_>) -> bool {
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

fn is_space(byte: u8) -> bool {
    matches!(byte, b' ' | b'\n' | b'\r' | b'\t' | b'\x0c')
}

/// The length of the character that `text` begins with, if it is one that nobody sees; else 0.
fn invisible(text: &str) -> usize {
    ["\u{200b}", "\u{feff}", "\u{ad}"]
        .iter()
        .find(|c| text.starts_with(**c))
        .map_or(0, |c| c.len())
}

/// How much of `text`, which begins with a word, is words with single blanks between: it can be taken over as it is.
fn run_of_words(text: &str) -> usize {
    let bytes = text.as_bytes();
    let mut at = 0;
    loop {
        at += bytes[at..].iter().take_while(|b| IN_WORD[usize::from(**b)]).count();
        let ends = match bytes.get(at) {
            Some(b' ') => bytes
                .get(at + 1)
                .is_none_or(|next| !IN_WORD[usize::from(*next)] && (is_space(*next) || invisible(&text[at + 1..]) > 0)),
            Some(0xc2 | 0xe2 | 0xef) => invisible(&text[at..]) > 0,
            _ => true,
        };
        if ends {
            return at;
        }
        at += 1;
    }
}

/// Bytes that are neither white space nor the first of a character that nobody sees.
static IN_WORD: [bool; 256] = {
    let mut table = [true; 256];
    let others = [b' ', b'\n', b'\r', b'\t', b'\x0c', 0xc2, 0xe2, 0xef];
    let mut at = 0;
    while at < others.len() {
        table[others[at] as usize] = false;
        at += 1;
    }
    table
};

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

/// Decodes base64 (RFC 4648 §4) that consent tools hide markup in; `None` if it is not that, or no text.
fn base64(text: &str) -> Option<String> {
    let (mut bytes, mut bits, mut held) = (Vec::with_capacity(text.len() / 4 * 3), 0_u32, 0_u32);
    for b in text.trim().bytes().filter(|b| !b.is_ascii_whitespace()) {
        let value = match b {
            b'A'..=b'Z' => b - b'A',
            b'a'..=b'z' => b - b'a' + 26,
            b'0'..=b'9' => b - b'0' + 52,
            b'+' => 62,
            b'/' => 63,
            b'=' => continue,
            _ => return None,
        };
        held = held << 6 | u32::from(value);
        bits += 6;
        if bits >= 8 {
            bits -= 8;
            bytes.push((held >> bits & 0xff) as u8);
        }
    }
    String::from_utf8(bytes).ok().filter(|t| t.contains('<'))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn page(html: &str) -> Page {
        read(&parse(html).0)
    }

    fn blocks(page: &Page) -> Vec<(&str, Option<&'static str>)> {
        page.items
            .iter()
            .filter_map(|i| match i {
                Item::Block(b) => Some((b.text.as_str(), b.chrome)),
                Item::Mark(_) => None,
            })
            .collect()
    }

    fn marks(page: &Page) -> Vec<&Mark> {
        page.items
            .iter()
            .filter_map(|i| match i {
                Item::Mark(m) => Some(m),
                Item::Block(_) => None,
            })
            .collect()
    }

    #[test]
    fn text_is_folded_into_blocks_and_links_keep_their_words() {
        let page = page("<body><p>One  <b>two</b>\n<a href=' /x '>three\n four</a>.</p><ul><li>five</ul>");
        assert_eq!(blocks(&page), [("One two three four.", None), ("five", None)]);
        let Item::Block(block) = &page.items[0] else { panic!() };
        assert_eq!(&block.text[block.links[0].range.clone()], "three four");
        assert_eq!(block.links[0].href, "/x");
    }

    #[test]
    fn embeds_are_marks_and_their_text_is_no_block() {
        let page = page(
            "<p>Before.</p><blockquote class='twitter-tweet'><p>Post<br>text</p>— N (@n) <a href='https://twitter.com/n/status/20'>May 1, 2024</a></blockquote><p>After.</p>",
        );
        assert_eq!(blocks(&page), [("Before.", None), ("After.", None)]);
        let marks = marks(&page);
        assert_eq!(marks.len(), 1);
        assert_eq!(marks[0].links[0].0, "https://twitter.com/n/status/20");
        assert!(marks[0].text.contains("Post\ntext"));
    }

    #[test]
    fn markup_in_noscript_templates_text_comments_and_base64_is_found() {
        for html in [
            "<noscript><iframe src='https://platform.twitter.com/embed/Tweet.html?id=20'></iframe></noscript>",
            "<template><blockquote class='twitter-tweet'><a href='https://twitter.com/n/status/20'>x</a></blockquote></template>",
            "<div>&lt;blockquote class='twitter-tweet'&gt;&lt;a href='https://twitter.com/n/status/20'&gt;x&lt;/a&gt;&lt;/blockquote&gt;</div>",
            "<script type='text/template'><blockquote class='twitter-tweet'><a href='https://twitter.com/n/status/20'>x</a></blockquote></script>",
            "<iframe srcdoc=\"<blockquote class='twitter-tweet'><a href='https://twitter.com/n/status/20'>x</a></blockquote>\"></iframe>",
            "<iframe srcdoc=\"<p>Text</p><a href='https://twitter.com/n/status/20'>May 1</a>\"></iframe>",
            "<iframe srcdoc='<p>Text</p>' data-tweet-id='20'></iframe>",
            "<script type='text/template'>PGJsb2NrcXVvdGUgY2xhc3M9InR3aXR0ZXItdHdlZXQiPjxhIGhyZWY9Imh0dHBzOi8vdHdpdHRlci5jb20vbi9zdGF0dXMvMjAiPng8L2E+PC9ibG9ja3F1b3RlPg==</script>",
        ] {
            let page = page(&format!("<body><p>Before.</p>{html}</body>"));
            assert_eq!(marks(&page).len(), 1, "{html}");
        }
    }

    #[test]
    fn nesting_to_any_depth_is_read_in_bounded_time() {
        let page = page(&format!("<p>first</p>{}", "<div><b><a>".repeat(100_000)));
        assert_eq!(blocks(&page)[0].0, "first");
    }
}
