//! Plain text: every line a block.

use super::BlockKind;
use super::page::{Item, Page, PageBlock};

/// Most bytes of a text that are read; a longer one is no article.
const READ: usize = 8 << 20;

/// Reads plain text; white space inside a line stays as it is, so that offsets are those of the line.
pub fn read(text: &str) -> Page {
    let end = text.floor_char_boundary(READ);
    let notices = if end < text.len() {
        vec!["input_cut".to_owned()]
    } else {
        Vec::new()
    };
    let lines = text[..end]
        .trim_start_matches('\u{feff}')
        .lines()
        .map(str::trim)
        .filter(|line| !line.is_empty());
    let items = lines
        .map(|line| {
            Item::Block(PageBlock {
                kind: BlockKind::Paragraph,
                text: line.to_owned(),
                links: Vec::new(),
                element: 0,
                chrome: None,
            })
        })
        .collect();
    Page { items, notices }
}
