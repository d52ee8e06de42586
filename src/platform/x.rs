//! X (Twitter).

use super::Platform;

mod grammar;

/// X.
pub static PLATFORM: Platform = Platform {
    name: "x",
    recognise: grammar::recognise,
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
