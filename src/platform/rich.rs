//! Text that a platform gives as HTML: what a reader sees, line breaks kept, links written out; without recursion.

use ego_tree::iter::Edge;
use scraper::{ElementRef, Node};

use super::post::Entity;

/// The text below `element` and its links, mentions and tags.
pub(super) fn read(element: ElementRef<'_>) -> (String, Vec<Entity>) {
    let (mut text, mut entities) = (String::new(), Vec::new());
    // Start of the link that is open, in bytes of `text`.
    let mut link: Option<usize> = None;
    // A block has ended, and what comes next begins a line.
    let mut ended = false;
    for edge in element.traverse() {
        match edge {
            Edge::Open(node) => match node.value() {
                Node::Text(piece) => {
                    if std::mem::take(&mut ended) && !text.is_empty() && !text.ends_with('\n') {
                        text.push('\n');
                    }
                    text.push_str(piece);
                }
                Node::Element(e) => match e.name() {
                    "br" => text.push('\n'),
                    name if is_block(name) && node.id() != element.id() => {
                        ended = false;
                        if !text.is_empty() && !text.ends_with('\n') {
                            text.push_str(if name == "p" { "\n\n" } else { "\n" });
                        }
                    }
                    "a" => link = Some(text.len()),
                    _ => {}
                },
                _ => {}
            },
            Edge::Close(node) => {
                ended |= matches!(node.value(), Node::Element(e) if is_block(e.name()));
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

/// Whether an element stands on lines of its own.
fn is_block(name: &str) -> bool {
    matches!(name, "p" | "div" | "li" | "blockquote" | "pre")
}

/// The same of a piece of markup.
pub(super) fn of_markup(html: &str) -> (String, Vec<Entity>) {
    read(crate::article::parse_fragment(html).root_element())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_stand_on_lines_of_their_own_and_links_are_written_out() {
        for (html, text) in [
            ("<p>One<br>two</p><p>three</p>", "One\ntwo\n\nthree"),
            ("<blockquote>Said</blockquote>and more", "Said\nand more"),
            ("<ul><li>a</li><li>b</li></ul>after", "a\nb\nafter"),
            ("a<pre>b\nc</pre> <b>d</b>", "a\nb\nc\n d"),
            (
                "<p>see <a href=x><span>https://</span><span>river.example</span></a></p>",
                "see https://river.example",
            ),
        ] {
            assert_eq!(of_markup(html).0, text, "{html}");
        }
    }
}
