//! Bluesky: a post is known by its repository (a DID, or a handle that may change) and its record key. `at://`
//! addresses name the same.

use serde_json::Value;
use url::Url;

use super::address::{Path, is_under, post};
use super::post::Card;
use super::value::string;
use super::{Platform, Recognised, part};

mod content_id;
pub(super) mod record;
pub(super) mod thread;

/// Bluesky.
pub static PLATFORM: Platform = Platform {
    name: "bluesky",
    recognise,
    sources: &[&thread::Thread, &record::Record],
    page: true,
    resolvers: &[],
    beside: |_, id| thread::address(id),
    thread: Some(&thread::Around),
    upstreams: &[
        ("appview", "https://public.api.bsky.app"),
        ("plc", "https://plc.directory"),
    ],
};

const HOSTS: &[&str] = &[
    "bsky.app",
    "main.bsky.dev",
    "fxbsky.app",
    "vxbsky.app",
    "cbsky.app",
    "bskye.app",
    "bskyx.app",
    "bsyy.app",
];

fn recognise(url: &Url) -> Option<Recognised> {
    if url.scheme() == "at" {
        return Some(match (url.host_str(), &Path::of(url).parts()[..]) {
            (Some(repository), ["app.bsky.feed.post", key]) => named(repository, key),
            _ => Recognised::NotAPost("other"),
        });
    }
    let host = part::host(url)?;
    let is_frame = host == "embed.bsky.app";
    if !is_frame && !HOSTS.iter().any(|home| is_under(host, home)) {
        return None;
    }
    if is_frame {
        return Some(match Path::of(url).parts()[..] {
            ["embed", repository, "app.bsky.feed.post", key, ..] => named(repository, key),
            _ => Recognised::NotAPost("widget"),
        });
    }
    Some(match Path::of(url).parts()[..] {
        [] => Recognised::NotAPost("home"),
        ["profile", repository, "post", key, ..] => named(repository, key),
        ["profile", _, "feed" | "lists", ..] => Recognised::NotAPost("list"),
        ["profile", ..] => Recognised::NotAPost("profile"),
        ["intent", ..] => Recognised::NotAPost("intent"),
        ["hashtag", ..] => Recognised::NotAPost("hashtag"),
        ["search", ..] => Recognised::NotAPost("search"),
        ["starter-pack" | "starter-pack-short" | "lists" | "feeds", ..] => Recognised::NotAPost("list"),
        _ => Recognised::NotAPost("other"),
    })
}

/// A handle is a host name, a DID has its own syntax (<https://atproto.com/specs/handle>, <https://atproto.com/specs/did>).
fn named(repository: &str, key: &str) -> Recognised {
    let is_did = repository.starts_with("did:plc:") || repository.starts_with("did:web:");
    let formed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | ':' | '_' | '%');
    let repository = part::run(repository.trim_start_matches('@'), formed);
    let key = part::run(key, |c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '~'));
    let (Some(repository), Some(key)) = (repository, key) else {
        return Recognised::NotAPost("malformed");
    };
    if !is_did && (!repository.contains('.') || repository.contains(':')) {
        return Recognised::NotAPost("malformed");
    }
    // Handles are the same in either case; DIDs are not.
    let repository = if is_did {
        repository.to_owned()
    } else {
        repository.to_ascii_lowercase()
    };
    let url = format!("https://bsky.app/profile/{repository}/post/{key}");
    let handle = (!is_did).then(|| repository.clone());
    post(PLATFORM.name, format!("{repository}/{key}"), url, handle).unwrap_or(Recognised::NotAPost("malformed"))
}

/// The preview of a link, with its image.
fn card(external: &Value, image: Option<String>) -> Card {
    Card {
        url: string(&external["uri"]),
        title: string(&external["title"]),
        description: string(&external["description"]),
        image,
    }
}

#[cfg(test)]
mod tests {
    use super::super::cases::{mean_no_posts, mean_posts, names_handle};
    use super::PLATFORM;

    #[test]
    fn every_form_of_a_post_address_has_one_canonical_form() {
        let by_handle = (
            "ada.example.org/3kabc2xyz7k2a",
            "https://bsky.app/profile/ada.example.org/post/3kabc2xyz7k2a",
        );
        let did = "did:plc:z72i7hdynmk6r22z27h6tvur";
        let by_did = (
            "did:plc:z72i7hdynmk6r22z27h6tvur/3kabc2xyz7k2a",
            "https://bsky.app/profile/did:plc:z72i7hdynmk6r22z27h6tvur/post/3kabc2xyz7k2a",
        );
        let embed = format!("https://embed.bsky.app/embed/{did}/app.bsky.feed.post/3kabc2xyz7k2a?id=1&ref_url=x");
        mean_posts(
            &PLATFORM,
            &[
                (
                    "https://bsky.app/profile/ada.example.org/post/3kabc2xyz7k2a",
                    by_handle.0,
                    by_handle.1,
                ),
                (
                    "https://bsky.app/profile/Ada.Example.org/post/3kabc2xyz7k2a?ref_src=embed",
                    by_handle.0,
                    by_handle.1,
                ),
                (
                    "https://fxbsky.app/profile/ada.example.org/post/3kabc2xyz7k2a",
                    by_handle.0,
                    by_handle.1,
                ),
                (
                    "https://main.bsky.dev/profile/ada.example.org/post/3kabc2xyz7k2a/liked-by",
                    by_handle.0,
                    by_handle.1,
                ),
                (
                    "https://bsky.app/profile/did:plc:z72i7hdynmk6r22z27h6tvur/post/3kabc2xyz7k2a",
                    by_did.0,
                    by_did.1,
                ),
                (
                    "https://bsky.app/profile/did%3Aplc%3Az72i7hdynmk6r22z27h6tvur/post/3kabc2xyz7k2a",
                    by_did.0,
                    by_did.1,
                ),
                (&embed, by_did.0, by_did.1),
                (
                    "at://ada.example.org/app.bsky.feed.post/3kabc2xyz7k2a",
                    by_handle.0,
                    by_handle.1,
                ),
            ],
        );
        names_handle(&PLATFORM, by_handle.1, Some("ada.example.org"));
        names_handle(&PLATFORM, by_did.1, None);
    }

    #[test]
    fn what_names_no_post_is_told_apart_with_its_reason() {
        mean_no_posts(
            &PLATFORM,
            &[
                ("https://bsky.app/profile/ada.example.org", "profile"),
                ("https://bsky.app/profile/ada.example.org/feed/abc", "list"),
                ("https://bsky.app/profile/ada.example.org/lists/abc", "list"),
                ("https://bsky.app/intent/compose?text=a", "intent"),
                ("https://bsky.app/hashtag/herons", "hashtag"),
                ("https://bsky.app/search?q=a", "search"),
                ("https://bsky.app/", "home"),
                ("https://embed.bsky.app/static/embed.js", "widget"),
                ("https://bsky.app/profile/ada/post/3kabc", "malformed"),
                ("https://notbsky.app/profile/ada.example.org/post/3kabc", "none"),
            ],
        );
    }
}
