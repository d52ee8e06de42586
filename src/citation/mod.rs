//! Reading to citations: where an article cites a post or a page, in which form, what that place itself
//! claims, and which sentences refer to it. Pure.

use url::Url;

use crate::article::{Reading, Span};
use crate::platform::{self, PostRef, Recognised, link};

mod boilerplate;
pub mod date;
mod find;
pub mod flattened;
mod gather;
mod linking;
mod markup;
mod prescan;
mod report;

pub use find::find;
pub use prescan::may_cite_post;
pub use report::Document;

/// How a citation stands in the article.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Form {
    /// The platform's embed markup, or a publishing system's, however lazy, gated or escaped.
    Embed,
    /// A frame that shows the post.
    Frame,
    /// A link, or an address printed in the text.
    Link,
    /// The post's text and signature as plain text.
    Flattened,
    /// Only a link to the post's picture (`pic.twitter.com/…`).
    MediaLink,
}

impl Form {
    /// The word that stands in the archive.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Form::Embed => "embed",
            Form::Frame => "frame",
            Form::Link => "link",
            Form::Flattened => "flattened",
            Form::MediaLink => "media_link",
        }
    }
}

/// What is cited.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Cited {
    /// A post with its identity.
    Post(PostRef),
    /// A post of this platform that the article does not identify; the claim is all there is.
    UnidentifiedPost {
        /// Name of the platform.
        platform: &'static str,
    },
    /// Any other address.
    Link(Url),
}

impl Cited {
    /// What an address is when it is cited: a post, or a link.
    #[must_use]
    pub fn of(url: &Url) -> Cited {
        let (unwrapped, _) = link::unwrap(url);
        match platform::recognise(&unwrapped) {
            Some((_, Recognised::Post(post))) => Cited::Post(post),
            _ => Cited::Link(link::clean(&unwrapped)),
        }
    }
}

/// What the place itself says about the post; nothing of it is checked.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Claim {
    /// Display name of the author.
    pub author_name: Option<String>,
    /// Handle without `@`, upper and lower case as printed.
    pub author_handle: Option<String>,
    /// The date as printed.
    pub date_text: Option<String>,
    /// The date, `YYYY-MM-DD`, where it could be read without guessing.
    pub date: Option<String>,
    /// The post's text, white space folded.
    pub text: Option<String>,
    /// Picture links in it, as `https://pic.twitter.com/…`.
    pub media: Vec<String>,
}

/// How a sentence refers to a citation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Relation {
    /// The link, handle or embed stands inside the sentence.
    Contains,
    /// The sentence repeats the post's words.
    Quotes,
    /// The sentence leads in.
    Introduces,
    /// The sentence after refers back.
    Follows,
}

impl Relation {
    /// The word that stands in the archive.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Relation::Contains => "contains",
            Relation::Quotes => "quotes",
            Relation::Introduces => "introduces",
            Relation::Follows => "follows",
        }
    }
}

/// One citation–sentence pair.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reference {
    /// Index into the reading's sentences.
    pub sentence: usize,
    /// How it refers.
    pub relation: Relation,
    /// Confidence in thousandths.
    pub confidence: u16,
    /// Reason codes, joined by `+`.
    pub reason: String,
}

/// One place where a reading cites a target.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Citation {
    /// What is cited.
    pub cited: Cited,
    /// How it stands there.
    pub form: Form,
    /// The address as it stood, before anything was unwrapped or cleaned; `None` for flattened text without one.
    pub raw_url: Option<String>,
    /// The markup or text of the place, as it stood (at most 64 KiB).
    pub raw: String,
    /// Words that carry the link.
    pub anchor: Option<String>,
    /// What the place claims.
    pub claim: Claim,
    /// Where in the reading's text it stands: a link's anchor or flattened text; for an embed, an empty span at its place.
    pub place: Span,
    /// Sentences that refer to it, best first. None is a valid answer.
    pub references: Vec<Reference>,
}

/// An address that looks like a citation but is not one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// The address as it stood.
    pub url: String,
    /// Reason code: `profile`, `share`, `chrome`, `feed`, `related` …
    pub reason: &'static str,
}

/// A reading with all it cites.
#[derive(Debug, Clone)]
pub struct Findings {
    /// The article.
    pub reading: Reading,
    /// Posts and links, in reading order.
    pub citations: Vec<Citation>,
    /// What was not taken for a citation, with the reason.
    pub refused: Vec<Refusal>,
}

impl Findings {
    /// The main referring sentence of a citation.
    #[must_use]
    pub fn sentence(&self, citation: &Citation) -> Option<&str> {
        citation
            .references
            .first()
            .map(|r| self.reading.slice(self.reading.sentences[r.sentence].span))
    }
}
