//! A page in reading order, before anything is decided about citations: blocks of text with their links, and the places
//! where something may be embedded. What surrounds the story (chrome) is still there, and says why it is chrome.

use std::ops::Range;

use super::BlockKind;

/// One item of a page, in reading order.
#[derive(Debug)]
pub enum Item {
    /// A block of text.
    Block(PageBlock),
    /// A place where something may be embedded.
    Mark(Mark),
}

/// A block of text.
#[derive(Debug)]
pub struct PageBlock {
    /// What it is.
    pub kind: BlockKind,
    /// Its text, white space folded.
    pub text: String,
    /// Its links.
    pub links: Vec<Anchor>,
    /// Number of the element that it stands in.
    pub element: usize,
    /// Why it is not of the story, if it is not.
    pub chrome: Option<&'static str>,
}

/// A link in a block.
#[derive(Debug)]
pub struct Anchor {
    /// Where its words stand in the block's text (bytes); may be empty.
    pub range: Range<usize>,
    /// Its address as written.
    pub href: String,
    /// Why it is none of the story's, if its relation says so.
    pub chrome: Option<&'static str>,
    /// Whether it goes on from the block before: one link around several blocks.
    pub goes_on: bool,
}

/// Where a mark was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Provenance {
    /// Markup that shows an embedded post or frame.
    Container,
    /// A frame.
    Frame,
    /// An attribute of some other element.
    Attribute,
    /// A string in a script or data island.
    Script,
}

/// A place where something may be embedded.
#[derive(Debug)]
pub struct Mark {
    /// Where it was found.
    pub provenance: Provenance,
    /// Name of the element.
    pub name: String,
    /// Its attributes, and those of the elements in it that carry data.
    pub attributes: Vec<(String, String)>,
    /// The text in it, a line a paragraph.
    pub text: String,
    /// Links in it: address and words.
    pub links: Vec<(String, String)>,
    /// The markup as it stood.
    pub raw: String,
    /// Number of the element that it stands in.
    pub element: usize,
    /// Why it is not of the story, if it is not.
    pub chrome: Option<&'static str>,
}

/// A page.
#[derive(Debug, Default)]
pub struct Page {
    /// Its items, in reading order.
    pub items: Vec<Item>,
    /// What went wrong but lost nothing else.
    pub notices: Vec<String>,
}
