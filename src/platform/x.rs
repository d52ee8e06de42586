//! X (Twitter).

use url::Url;

use super::{Platform, Recognised};

/// X.
pub static PLATFORM: Platform = Platform {
    name: "x",
    recognise,
    sources: &[],
    resolvers: &[],
    upstreams: UPSTREAMS,
};

const UPSTREAMS: &[(&str, &str)] = &[
    ("syndication", "https://cdn.syndication.twimg.com"),
    ("oembed", "https://publish.twitter.com"),
    ("short", "https://t.co"),
    ("images", "https://pbs.twimg.com"),
    ("videos", "https://video.twimg.com"),
];

fn recognise(_url: &Url) -> Option<Recognised> {
    None
}
