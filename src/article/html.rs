//! An HTML page as a reader meets it: one walk over the tree, without recursion, that keeps blocks of text with their
//! links, and every place where something may be embedded, in order.

use ego_tree::NodeId;
use ego_tree::iter::Edge;
use scraper::{ElementRef, Html, Node};

use super::BlockKind;
use super::page::{Anchor, Item, Page, PageBlock, Provenance};

mod body;
pub(super) mod bound;
mod marks;
mod tokens;
mod vocabulary;

pub(super) use bound::within_attributes;
use marks::{base64, is_bare_embed, looks_like_post};
use vocabulary::attribute;

pub use bound::{document as parse, fragment as parse_fragment};

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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::article::page::Mark;

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
