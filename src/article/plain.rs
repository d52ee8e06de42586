//! Plain text: every line a block.

use super::BlockKind;
use super::page::{Item, Page, PageBlock};

/// Reads plain text; white space inside a line stays as it is, so that offsets are those of the line.
pub fn read(text: &str) -> Page {
    let lines = text
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
    Page {
        items,
        notices: Vec::new(),
    }
}
