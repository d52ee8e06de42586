//! X (Twitter): its addresses, its sources, and how a flattened citation of it is identified.

use super::Platform;

pub(super) mod api;
pub(super) mod archived;
mod grammar;
pub(super) mod graphql;
mod identify;
pub(super) mod oembed;
mod page;
mod queries;
pub(super) mod syndication;
mod text;
mod tombstone;
pub(super) mod tweet;
pub(super) mod witness;

use grammar::recognise;
pub use queries::Queries;

/// X.
pub static PLATFORM: Platform = Platform {
    name: "x",
    recognise,
    sources: &[
        &syndication::Syndication,
        &graphql::Guest,
        &oembed::OEmbed,
        &graphql::Session,
        &api::Api,
        &witness::Mirror {
            name: "x.fx",
            path: "2/status/",
            read: witness::read_fx,
        },
        &witness::Mirror {
            name: "x.vx",
            path: "i/status/",
            read: witness::read_vx,
        },
        &archived::Archived,
    ],
    // Its pages show nothing without its script and a login.
    page: false,
    resolvers: &[&identify::ShortLink, &identify::Listing],
    beside: |_, id| Some(format!("https://x.com/i/status/{id}")),
    thread: None,
    upstreams: &[
        ("syndication", "https://cdn.syndication.twimg.com"),
        ("graphql", "https://api.x.com"),
        ("session", "https://x.com/i/api"),
        ("api", "https://api.x.com"),
        ("fx", "https://api.fxtwitter.com"),
        ("vx", "https://api.vxtwitter.com"),
        ("oembed", "https://publish.twitter.com"),
        ("short", "https://t.co"),
        ("images", "https://pbs.twimg.com"),
        ("videos", "https://video.twimg.com"),
    ],
};
