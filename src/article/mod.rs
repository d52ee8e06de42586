//! Bytes to reading: charset, HTML or plain text, body text in blocks and reading order, title, byline,
//! dates, language, sentences. Pure: no clock, no network, no database.

use url::Url;

pub mod anchor;
mod decode;
pub mod feed;
pub mod list;
pub(crate) use anchor::fold;
mod html;
pub mod index;
pub(crate) mod language;
mod markdown;
mod meta;
pub(crate) mod offsets;
pub(crate) mod page;
mod plain;
pub mod requisites;
mod sentence;

pub use decode::Unreadable;
pub(crate) use html::{parse, parse_fragment};
pub(crate) use sentence::Splitter;
pub use sentence::split;

use page::Page;

/// What the caller knows about the bytes besides the bytes.
#[derive(Debug, Clone, Default)]
pub struct Hints {
    /// The address they came from, or that the user says they came from; relative links are resolved against it.
    pub url: Option<Url>,
    /// The `Content-Type` header they came with.
    pub content_type: Option<String>,
}

/// A span of a reading's text: byte offsets for slicing, code-point offsets for everyone else
/// (SQLite's `substr`, the W3C TextPositionSelector). Half open.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Hash, PartialOrd, Ord)]
pub struct Span {
    /// First byte (UTF-8).
    pub start_byte: usize,
    /// One past the last byte (UTF-8).
    pub end_byte: usize,
    /// First code point.
    pub start: usize,
    /// One past the last code point.
    pub end: usize,
}

/// Whether the bytes were a page or running text, told by their content.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// An HTML page.
    Html,
    /// Plain text: a block is a line, a paragraph where lines were broken at a width, or what its Markdown stands for.
    Text,
}

/// What a block is to its reader.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum BlockKind {
    /// A paragraph, or a line of plain text.
    Paragraph,
    /// A heading of any level.
    Heading,
    /// An item of a list.
    ListItem,
    /// A quotation set apart (not an embedded post).
    Quote,
    /// Caption or credit of a picture.
    Caption,
    /// A cell of a table.
    Cell,
    /// Preformatted text.
    Preformatted,
}

impl BlockKind {
    /// The word that stands in the archive.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            BlockKind::Paragraph => "paragraph",
            BlockKind::Heading => "heading",
            BlockKind::ListItem => "list_item",
            BlockKind::Quote => "quote",
            BlockKind::Caption => "caption",
            BlockKind::Cell => "cell",
            BlockKind::Preformatted => "preformatted",
        }
    }
}

/// A paragraph, heading, list item, caption or quote, in reading order. Sentences never cross a block.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Block {
    /// What it is.
    pub kind: BlockKind,
    /// Where it stands in the reading's text.
    pub span: Span,
}

/// A sentence of a reading.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sentence {
    /// Index of its block.
    pub block: usize,
    /// Where it stands in the reading's text, without outer white space.
    pub span: Span,
}

/// A value and where in the input it was found (`json-ld`, `og`, `meta`, `html-lang`, `link-canonical`, `base`,
/// `saved-from`, `title`, `text`, `hint` …).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found<T> {
    /// The value.
    pub value: T,
    /// Where it stood.
    pub source: &'static str,
}

/// One article as its bytes tell it.
#[derive(Debug, Clone)]
pub struct Reading {
    /// Page or text.
    pub format: Format,
    /// Name of the encoding the bytes were read by (WHATWG label) and how it was chosen: `bom`, `header`, `meta`, `guess`, `utf-8`.
    pub charset: Found<&'static str>,
    /// Title of the work.
    pub title: Option<Found<String>>,
    /// Who wrote it, as printed.
    pub byline: Option<Found<String>>,
    /// When it says it was published, as printed (no time zone is invented).
    pub published: Option<Found<String>>,
    /// The canonical address that the page itself declares, else the address it was found to come from.
    pub url: Option<Found<Url>>,
    /// ISO 639-1 code (or 639-3 where there is none).
    pub language: Option<Found<String>>,
    /// The body's text: blocks joined by one line feed each.
    pub text: String,
    /// Its blocks.
    pub blocks: Vec<Block>,
    /// Its sentences in reading order; text of embedded posts is not among them.
    pub sentences: Vec<Sentence>,
    /// What went wrong but lost nothing else: `nesting_cut`, `input_cut`, `charset_mismatch` …
    pub notices: Vec<String>,
}

impl Reading {
    /// The text of `span`.
    #[must_use]
    pub fn slice(&self, span: Span) -> &str {
        &self.text[span.start_byte..span.end_byte]
    }
}

/// The title of a page in its own words.
pub(crate) fn title(bytes: &[u8], hints: &Hints) -> Option<String> {
    let decoded = decode::decode(bytes, hints).ok()?;
    match decoded.format {
        Format::Html => meta::read(&html::parse(&decoded.text).0, hints)
            .title
            .map(|title| title.value),
        Format::Text => None,
    }
}

/// What was read of an input before its body is put together: text and marks, what it says about itself, its encoding.
pub(crate) struct Source {
    pub format: Format,
    pub charset: Found<&'static str>,
    pub title: Option<Found<String>>,
    pub byline: Option<Found<String>>,
    pub published: Option<Found<String>>,
    pub url: Option<Found<Url>>,
    pub base: Option<Url>,
    pub language: Option<Found<String>>,
    pub page: Page,
}

/// Reads bytes as a page or a text.
///
/// # Errors
/// If they are neither.
pub(crate) fn read(bytes: &[u8], hints: &Hints) -> Result<Source, Unreadable> {
    let decoded = decode::decode(bytes, hints)?;
    let (meta, mut page) = match decoded.format {
        Format::Html => {
            let (document, notice) = html::parse(&decoded.text);
            let mut page = html::read(&document);
            page.notices.extend(notice.map(str::to_owned));
            (meta::read(&document, hints), page)
        }
        Format::Text => {
            let meta = meta::Meta {
                url: hints.url.clone().map(|value| Found { value, source: "hint" }),
                base: hints.url.clone(),
                ..meta::Meta::default()
            };
            (meta, plain::read(&decoded.text))
        }
    };
    page.notices.splice(0..0, decoded.notices);
    Ok(Source {
        format: decoded.format,
        charset: decoded.charset,
        title: meta.title,
        byline: meta.byline,
        published: meta.published,
        url: meta.url,
        base: meta.base,
        language: meta.language,
        page,
    })
}
