//! X (Twitter): its addresses, its sources, and how a flattened citation of it is identified.

use super::Platform;

pub(super) mod archived;
mod grammar;
pub(super) mod graphql;
mod identify;
pub(super) mod oembed;
mod page;
pub(super) mod syndication;
mod text;
mod tombstone;
pub(super) mod tweet;

use grammar::recognise;

/// X.
pub static PLATFORM: Platform = Platform {
    name: "x",
    recognise,
    sources: &[&syndication::Syndication, &oembed::OEmbed, &archived::Archived],
    // Its pages show nothing without its script and a login.
    page: false,
    resolvers: &[&identify::ShortLink, &identify::Listing],
    upstreams: &[
        ("syndication", "https://cdn.syndication.twimg.com"),
        ("oembed", "https://publish.twitter.com"),
        ("short", "https://t.co"),
        ("images", "https://pbs.twimg.com"),
        ("videos", "https://video.twimg.com"),
    ],
};
