//! How much of a page may be parsed: HTML's tree construction is quadratic in open elements and in the attributes of a
//! tag, and makes formatting elements anew in every paragraph, so a page that a stranger wrote is cut where any of these
//! passes what real pages have. The tree itself is measured while it grows: only the parser knows what is open.

use ego_tree::{NodeId, Tree};
use html5ever::tree_builder::{TreeBuilder, TreeBuilderOpts, TreeSink, create_element};
use html5ever::{QualName, local_name, ns};
use memchr::memchr;
use scraper::{Html, HtmlTreeSink, Node};

use super::tokens::Tokens;

/// Most bytes of a page that are parsed.
pub const PARSED: usize = 8 << 20;

/// Most elements open at once. Browsers stop nesting at 512; real pages leave some thousand unclosed at worst.
const OPEN: usize = 3_000;

/// Most attributes of one tag.
const ATTRIBUTES: usize = 1_000;

/// Most looks at open elements, were there one at each of them for every tag.
const LOOKS: usize = 1 << 28;

/// Nodes that a page may have besides two a byte.
const NODES: usize = 20_000;

/// Bytes parsed between two measurements, at least.
const CHUNK: usize = 1 << 10;

/// Parses as much of a page as is safe; the notice says if that is not all.
pub fn document(html: &str) -> (Html, Option<&'static str>) {
    let mut document = Html::new_document();
    document.tree = Tree::with_capacity(Node::Document, room(html));
    let sink = HtmlTreeSink::new(document);
    grow(TreeBuilder::new(sink, TreeBuilderOpts::default()), html)
}

/// Parses as much of a piece of markup as is safe.
pub fn fragment(html: &str) -> Html {
    let sink = HtmlTreeSink::new(Html::new_fragment());
    let body = create_element(&sink, QualName::new(None, ns!(html), local_name!("body")), Vec::new());
    let options = TreeBuilderOpts::default();
    grow(TreeBuilder::new_for_fragment(sink, body, None, options), html).0
}

/// Nodes that a page will have, about: each tag mostly makes one, or has text behind it.
fn room(html: &str) -> usize {
    memchr::memchr_iter(b'<', html.as_bytes()).count().min(NODES)
}

type Builder = TreeBuilder<NodeId, HtmlTreeSink>;

fn grow(builder: Builder, html: &str) -> (Html, Option<&'static str>) {
    let (end, mut notice) = within_attributes(html);
    let mut tokens = Tokens::of(&html[..end], builder);
    let (mut measured, mut looks) = (0, 0);
    while tokens.step() {
        let taken = tokens.taken().as_bytes();
        if taken.len() < measured + CHUNK {
            continue;
        }
        let (nodes, depth) = measure(&tokens.sink.sink);
        looks += depth * memchr::memchr_iter(b'<', &taken[measured..]).count();
        measured = taken.len();
        if depth > OPEN || looks > LOOKS || nodes > NODES + 2 * measured {
            notice = Some("nesting_cut");
            break;
        }
    }
    (tokens.finish().sink.finish(), notice)
}

/// How many nodes there are, and how deep the newest lies.
fn measure(sink: &HtmlTreeSink) -> (usize, usize) {
    let html = sink.0.borrow();
    let nodes = html.tree.nodes();
    let count = nodes.len();
    // A node that was made but put nowhere has no ancestors.
    let depth = nodes.rev().take(4).map(|node| node.ancestors().count()).max();
    (count, depth.unwrap_or(0))
}

/// The length of the page's beginning without a tag of too many attributes, and the notice if that is not all of it.
pub fn within_attributes(html: &str) -> (usize, Option<&'static str>) {
    let end = html.floor_char_boundary(PARSED);
    let bytes = &html.as_bytes()[..end];
    let mut at = 0;
    while let Some(tag) = memchr(b'<', &bytes[at..]).map(|found| at + found) {
        let rest = &bytes[tag + 1..];
        at = match rest.first() {
            Some(b'!') if rest.starts_with(b"!--") => tag + 2 + end_of_comment(&rest[1..]),
            Some(first) if first.is_ascii_alphabetic() => {
                let name = name(rest);
                let Some(close) = end_of_tag(bytes, tag + 1 + name.len()) else {
                    return (tag, Some("attributes_cut"));
                };
                // The text of these is not markup.
                let raw = ["script", "style", "textarea", "title"]
                    .iter()
                    .find(|raw| name.eq_ignore_ascii_case(raw.as_bytes()));
                raw.map_or(close, |raw| end_of_raw(bytes, close, raw.as_bytes()))
            }
            _ => tag + 1,
        };
    }
    (end, (end < html.len()).then_some("input_cut"))
}

fn name(rest: &[u8]) -> &[u8] {
    let length = rest
        .iter()
        .position(|b| b.is_ascii_whitespace() || matches!(b, b'/' | b'>'))
        .unwrap_or(rest.len());
    &rest[..length]
}

/// Where the comment ends whose `--` stands at the beginning: after `-->` (which `<!-->` has, too) or `--!>`.
fn end_of_comment(bytes: &[u8]) -> usize {
    let mut at = 0;
    while let Some(found) = memchr::memmem::find(&bytes[at..], b"--") {
        let rest = &bytes[at + found + 2..];
        if rest.starts_with(b">") {
            return at + found + 3;
        }
        if at + found > 0 && rest.starts_with(b"!>") {
            return at + found + 4;
        }
        at += found + 1;
    }
    bytes.len()
}

/// One past the tag's `>`; `None` if the tag has too many attributes. A tag that never ends reaches to the end.
fn end_of_tag(bytes: &[u8], from: usize) -> Option<usize> {
    let (mut at, mut attributes, mut before) = (from, 0, b' ');
    while let Some(byte) = bytes.get(at).copied() {
        match byte {
            b'>' => return Some(at + 1),
            b'"' | b'\'' if before == b'=' => {
                at = memchr(byte, &bytes[at + 1..]).map_or(bytes.len(), |close| at + 2 + close);
                before = b' ';
                continue;
            }
            // White space between `=` and the value means nothing.
            _ if byte.is_ascii_whitespace() => {
                if before != b'=' {
                    before = b' ';
                }
            }
            b'/' if before != b'=' => before = b' ',
            _ => {
                attributes += usize::from(before == b' ' && byte != b'=');
                before = byte;
            }
        }
        if attributes > ATTRIBUTES {
            return None;
        }
        at += 1;
    }
    Some(bytes.len())
}

/// Where the text of a raw element ends: at its end tag, or nowhere.
fn end_of_raw(bytes: &[u8], from: usize, name: &[u8]) -> usize {
    let mut at = from;
    while let Some(found) = memchr::memmem::find(&bytes[at..], b"</") {
        let tag = at + found;
        if bytes[tag + 2..]
            .get(..name.len())
            .is_some_and(|n| n.eq_ignore_ascii_case(name))
        {
            return tag;
        }
        at = tag + 2;
    }
    bytes.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// How many nodes are made, and the notice.
    fn made(html: &str) -> (usize, Option<&'static str>) {
        let (tree, notice) = document(html);
        (tree.tree.nodes().len(), notice)
    }

    #[test]
    fn pages_as_people_write_them_are_parsed_whole() {
        for page in [
            format!(
                "<html><body>{}</body></html>",
                "<div><p>one<p>two<li>three</li><br><img src='a'/></div>".repeat(9_000)
            ),
            format!("<div data-x='{}'>x</div>", "{\"a\": \"b c d e f\"} ".repeat(9_000)),
            format!("<script>{}</script><p>x", "'<div><div>'".repeat(9_000)),
            format!("<table>{}</table>", "<tr><td><font size=2>a<td><b>b".repeat(9_000)),
        ] {
            assert_eq!(document(&page).1, None, "{}", &page[..60]);
        }
    }

    #[test]
    fn nesting_that_no_page_has_is_cut_however_it_is_written() {
        for piece in [
            "<div>",
            "<a>x<i>",
            "<div/>",
            "<div></x>",
            "<span><div></span>",
            "<div \">",
            "<!--><div>",
            "<div><!</div>",
            "<div><xmp></div></xmp>",
            "<form><div></form>",
            "<svg><title><div>",
        ] {
            let (nodes, notice) = made(&piece.repeat(100_000));
            assert_eq!(notice, Some("nesting_cut"), "{piece}");
            assert!(nodes < 100_000, "{piece}: {nodes}");
        }
    }

    #[test]
    fn formatting_that_each_paragraph_repeats_is_cut() {
        let formatting: String = (0..900).map(|i| format!("<b id={i}>")).collect();
        let (nodes, notice) = made(&format!("<p>{formatting}</p>{}", "<p>x</p>".repeat(100_000)));
        assert_eq!(notice, Some("nesting_cut"));
        assert!(nodes < 1_000_000, "{nodes}");
    }

    #[test]
    fn attributes_that_no_tag_has_are_cut() {
        let attributes: String = (0..60_000).map(|i| format!(" a{i}=1")).collect();
        for before in ["<p>before</p>", "<!-->", "<!-- --!>", "<i \">"] {
            assert_eq!(
                within_attributes(&format!("{before}<div{attributes}>")),
                (before.len(), Some("attributes_cut")),
                "{before}"
            );
        }
    }

    #[test]
    fn a_page_over_the_limit_is_cut_at_a_character() {
        let page = "é".repeat(PARSED);
        let (length, notice) = within_attributes(&page);
        assert!(length <= PARSED && page.is_char_boundary(length));
        assert_eq!(notice, Some("input_cut"));
    }
}
