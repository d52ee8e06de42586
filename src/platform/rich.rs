//! Text that a platform gives as HTML: what a reader sees, line breaks kept, links written out; without recursion.

use ego_tree::iter::Edge;
use scraper::{ElementRef, Node};

use super::post::Entity;

/// The text below `element` and its links, mentions and tags.
pub(super) fn read(element: ElementRef<'_>) -> (String, Vec<Entity>) {
    let (mut text, mut entities) = (String::new(), Vec::new());
    // Start of the link that is open, in bytes of `text`.
    let mut link: Option<usize> = None;
    for edge in element.traverse() {
        match edge {
            Edge::Open(node) => match node.value() {
                Node::Text(piece) => text.push_str(piece),
                Node::Element(e) => match e.name() {
                    "br" => text.push('\n'),
                    "p" | "div" | "li" | "blockquote" | "pre"
                        if !text.is_empty() && !text.ends_with('\n') && node.id() != element.id() =>
                    {
                        text.push_str(if e.name() == "p" { "\n\n" } else { "\n" });
                    }
                    "a" => link = Some(text.len()),
                    _ => {}
                },
                _ => {}
            },
            Edge::Close(node) => {
                if let Node::Element(e) = node.value()
                    && e.name() == "a"
                    && let Some(start) = link.take()
                    && let Some(url) = e.attr("href")
                {
                    let shown = text[start..].trim().to_owned();
                    let class = e.attr("class").unwrap_or("");
                    let kind = match shown.chars().next() {
                        Some('#') => "hashtag",
                        Some('@') => "mention",
                        _ if class.contains("mention") && class.contains("hashtag") => "hashtag",
                        _ => "link",
                    };
                    entities.push(Entity {
                        kind: kind.into(),
                        text: Some(shown.trim_start_matches(['#', '@']).to_owned()).filter(|t| !t.is_empty()),
                        url: Some(url.to_owned()),
                        id: None,
                    });
                }
            }
        }
    }
    (text.trim().to_owned(), entities)
}

/// The same of a piece of markup.
pub(super) fn of_markup(html: &str) -> (String, Vec<Entity>) {
    read(crate::article::parse_fragment(html).root_element())
}
