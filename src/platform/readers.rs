//! The readers of saved answers, by the name of their source, and what has been shown of each.

use serde::Serialize;

use super::post::{Completeness, Post};
use super::{Answer, bluesky, fediverse, oembed, telegram, wayback, x, youtube};
use crate::exchange::Exchange;
use crate::outcome::Outcome;

/// How answers of one source are read.
pub struct Reader {
    /// `platform/source`.
    pub name: &'static str,
    /// What it yields.
    pub yields: &'static str,
    /// Whether a capture asks it, or only saved answers are read.
    pub asked: bool,
    read: fn(&[Exchange]) -> Told,
}

/// What a saved answer says.
#[derive(Debug, Serialize)]
pub struct Told {
    /// What it amounts to.
    pub outcome: Outcome,
    /// Reason code.
    pub reason: String,
    /// The post, if it gives one.
    pub post: Option<Post>,
    /// How complete that is; `None` without a post.
    pub completeness: Option<Completeness>,
    /// When an archive kept it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub archived_at: Option<String>,
    /// The address that an archive kept.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub original: Option<String>,
    /// Captures that an archive's index lists.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub captures: Option<Vec<wayback::Row>>,
}

impl From<Answer> for Told {
    fn from(answer: Answer) -> Told {
        Told {
            outcome: answer.outcome,
            reason: answer.reason,
            completeness: answer.post.as_ref().map(Post::completeness),
            post: answer.post,
            archived_at: answer.archived_at,
            original: None,
            captures: None,
        }
    }
}

impl Reader {
    /// Reads saved exchanges, oldest first.
    #[must_use]
    pub fn read(&self, exchanges: &[Exchange]) -> Told {
        (self.read)(exchanges)
    }
}

/// The reader of this name.
#[must_use]
pub fn by_name(name: &str) -> Option<&'static Reader> {
    READERS.iter().find(|reader| reader.name == name)
}

fn last(exchanges: &[Exchange], read: impl Fn(&Exchange) -> Answer) -> Told {
    match exchanges.last() {
        Some(exchange) => read(exchange).into(),
        None => Answer::without_post(Outcome::Unreadable, "no_exchange").into(),
    }
}

macro_rules! readers {
    ($($name:literal, $asked:literal, $yields:literal, $read:expr;)+) => {
        /// Every reader, by platform.
        pub static READERS: &[Reader] = &[$(Reader { name: $name, yields: $yields, asked: $asked, read: $read }),+];
    };
}

readers! {
    "x/syndication", true, "post, media, edits, quoted and answered post", |e| last(e, |x| x::syndication::read(x, None));
    "x/graphql", false, "post, long text, media, all counts, quoted and repeated post", |e| last(e, |x| x::graphql::read(x, None));
    "x/oembed", true, "text and author, from a cache", |e| last(e, |x| x::oembed::read(x, None));
    "x/v1", false, "post, media, quoted and repeated post", |e| last(e, x::archived::saved);
    "x/page", false, "post of an archived status page", |e| last(e, x::archived::saved);
    "bluesky/thread", true, "post, media, quoted and answered post, labels", |e| last(e, |x| bluesky::thread::read(x, None));
    "mastodon/api", true, "post, media, poll, edit time, quoted and boosted post", |e| last(e, |x| fediverse::status::read(x, None));
    "telegram/embed", true, "post, media, poll, forward, answer", |e| last(e, |x| telegram::embed::read(x, None));
    "youtube/oembed", true, "title, author, still", |e| last(e, |x| oembed::read(x, "youtube", None));
    "youtube/page", true, "title, description, author, time, counts, still", |e| last(e, |x| youtube::page::read(x, None));
    "reddit/oembed", true, "title and author", |e| last(e, |x| oembed::read(x, "reddit", None));
    "tiktok/oembed", true, "caption, author, still", |e| last(e, |x| oembed::read(x, "tiktok", None));
    "vimeo/oembed", false, "title, description, author, still", |e| last(e, |x| oembed::read(x, "vimeo", None));
    "dailymotion/oembed", false, "title, author, still", |e| last(e, |x| oembed::read(x, "dailymotion", None));
    "wayback/cdx", true, "captures of an address", wayback::saved_listing;
    "wayback/memento", true, "when an address was archived", wayback::saved_memento;
}
