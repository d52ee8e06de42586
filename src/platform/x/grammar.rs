//! What an address of X, or of one of its mirrors, names. The key of a post is its number; the handle in the
//! path is decoration that X itself ignores. Hosts are compared whole or by label, never by substring.

use std::borrow::Cow;

use url::Url;

use crate::platform::address::{is_under, query};
use crate::platform::{PostRef, Recognised};

/// Hosts that serve posts under X's own paths without being X. Any host with a label `nitter` is one, too.
const MIRRORS: &[&str] = &[
    "fixupx.com",
    "fixvx.com",
    "fxtwitter.com",
    "lightbrd.com",
    "twiiit.com",
    "twitter3e4tixl4xyajtrzo62zg5vztmjuricljdp2c5kshju4avyoid.onion",
    "twittpr.com",
    "vxtwitter.com",
    "xcancel.com",
];

/// Hosts that show threads on one page, under the number of their first post: `/thread/1785…`, `/t/1785…`.
const UNROLLERS: &[&str] = &[
    "pingthread.com",
    "rattibha.com",
    "threadreaderapp.com",
    "twitter-thread.com",
    "unrollthread.com",
];

/// Leads to any host that runs the program its path begins with; only those below `/nitter/` show X.
const REDIRECTOR: &str = "farside.link";

/// First path parts of X that stand where a handle could stand.
const NOT_HANDLES: &[&str] = &[
    "about",
    "account",
    "anyuser",
    "compose",
    "download",
    "explore",
    "hashtag",
    "home",
    "i",
    "intent",
    "jobs",
    "login",
    "logout",
    "messages",
    "notifications",
    "oauth",
    "privacy",
    "search",
    "search-advanced",
    "search-home",
    "settings",
    "share",
    "signup",
    "status",
    "statuses",
    "tos",
    "web",
    "who_to_follow",
    "widgets",
    "x",
];

/// How deep an address in the query of another is followed.
const NESTING: usize = 4;

/// What a host is to X.
enum Host {
    /// X itself or a mirror with the same paths.
    Site,
    /// The frame that shows one post.
    Frame,
    /// A whole thread on one page.
    Unroller,
    /// The page that makes embed code for an address in its query.
    Publish,
    /// Short links.
    Short,
    /// Pictures, videos, scripts.
    Files,
}

/// What `url` is to X; `None` if it is not an address of X or a mirror.
pub(super) fn recognise(url: &Url) -> Option<Recognised> {
    let mut url = Cow::Borrowed(url);
    for _ in 0..NESTING {
        if !matches!(url.scheme(), "http" | "https") {
            return None;
        }
        let name = url.host_str()?;
        if name == REDIRECTOR && !url.path().starts_with("/nitter/") {
            return None;
        }
        match host(name)? {
            Host::Site => return Some(site(&url)),
            Host::Frame => {
                let named = query(&url, "id").and_then(|id| post(None, &id));
                return Some(named.unwrap_or(Recognised::NotAPost("widget")));
            }
            Host::Unroller => {
                let mut parts = url.path().trim_matches('/').split('/');
                let is_thread = matches!(parts.next(), Some("thread" | "t"));
                let id = parts
                    .next()
                    .map(|id| id.trim_end_matches(".html"))
                    .filter(|_| is_thread);
                return Some(
                    id.and_then(|id| post(None, id))
                        .unwrap_or(Recognised::NotAPost("other")),
                );
            }
            Host::Short => {
                let slug = url.path().trim_matches('/');
                let leads = slug.starts_with(|c: char| c.is_ascii_alphanumeric()) && !slug.contains('/');
                return Some(if leads {
                    Recognised::Leads
                } else {
                    Recognised::NotAPost("other")
                });
            }
            Host::Files => return Some(Recognised::NotAPost("media")),
            Host::Publish => {
                let inner = query(&url, "query").or_else(|| query(&url, "url"));
                match inner.and_then(|inner| Url::parse(&inner).ok()) {
                    Some(inner) => url = Cow::Owned(inner),
                    None => return Some(Recognised::NotAPost("widget")),
                }
            }
        }
    }
    Some(Recognised::NotAPost("other"))
}

fn host(host: &str) -> Option<Host> {
    let host = host.trim_end_matches('.');
    if host == "t.co" {
        return Some(Host::Short);
    }
    if host == REDIRECTOR {
        return Some(Host::Site);
    }
    if UNROLLERS.iter().any(|unroller| is_under(host, unroller)) {
        return Some(Host::Unroller);
    }
    if is_under(host, "twimg.com") {
        return Some(Host::Files);
    }
    for home in ["twitter.com", "x.com"] {
        let Some(sub) = host.strip_suffix(home) else { continue };
        match sub {
            "" | "www." | "mobile." | "m." | "web." | "ww." | "wwww." => return Some(Host::Site),
            "platform." => return Some(Host::Frame),
            "publish." => return Some(Host::Publish),
            "pic." => return Some(Host::Short),
            "ton." => return Some(Host::Files),
            // Languages had hosts of their own once: `de.twitter.com`.
            _ if sub.len() == 3 && sub.ends_with('.') => return Some(Host::Site),
            _ => {}
        }
    }
    let mirror = MIRRORS.iter().any(|mirror| is_under(host, mirror)) || host.split('.').any(|label| label == "nitter");
    mirror.then_some(Host::Site)
}

/// Reads a path of X, or the old form with the path in the fragment.
fn site(url: &Url) -> Recognised {
    let hash_bang = url.fragment().and_then(|fragment| fragment.strip_prefix('!'));
    let path = match hash_bang {
        Some(path) if url.path() == "/" => path.split(['?', '#']).next().unwrap_or_default(),
        _ => url.path(),
    };
    let mut parts: Vec<&str> = path.split('/').filter(|part| !part.is_empty()).take(8).collect();
    if url.host_str() == Some(REDIRECTOR) {
        parts.remove(0);
    }
    let status = |part: &str| part.eq_ignore_ascii_case("status") || part.eq_ignore_ascii_case("statuses");
    let malformed = || Recognised::NotAPost("malformed");
    match parts[..] {
        [] => Recognised::NotAPost("home"),
        ["i", "web", word, id, ..] | ["i", word, id, ..] if status(word) => post(None, id).unwrap_or_else(malformed),
        ["i", "videos", "tweet", id, ..] | ["i", "videos", id, ..] | ["i", "cards", "tfw", "v1", id, ..] => {
            post(None, id).unwrap_or_else(malformed)
        }
        [word, id, ..] if status(word) => post(None, id).unwrap_or_else(malformed),
        [name, word, id, ..] if status(word) => post(Some(name), id).unwrap_or_else(malformed),
        [_, word] if status(word) => malformed(),
        ["intent", ..] => Recognised::NotAPost("intent"),
        ["share", ..] => Recognised::NotAPost("share"),
        ["home", ..] if query(url, "status").is_some() => Recognised::NotAPost("share"),
        ["hashtag", ..] => Recognised::NotAPost("hashtag"),
        ["search" | "search-home" | "search-advanced", ..] => Recognised::NotAPost("search"),
        ["i", kind, ..] => Recognised::NotAPost(match kind {
            "article" => "article",
            "broadcasts" => "broadcast",
            "communities" => "community",
            "events" | "moments" => "event",
            "lists" => "list",
            "spaces" => "space",
            _ => "other",
        }),
        ["pic", ..] => Recognised::NotAPost("media"),
        [name, ..] if is_handle(name).is_none() => Recognised::NotAPost("other"),
        [_, "article", ..] => Recognised::NotAPost("article"),
        [_, "lists", _, ..] => Recognised::NotAPost("list"),
        [_, "timelines", ..] => Recognised::NotAPost("timeline"),
        [_]
        | [
            _,
            "media" | "likes" | "favorites" | "with_replies" | "followers" | "following" | "lists" | "photo"
            | "header_photo" | "highlights" | "articles",
            ..,
        ] => Recognised::NotAPost("profile"),
        _ => Recognised::NotAPost("other"),
    }
}

/// The post of this number, if `part` begins with one. What copying left behind it (`)`, `%22`, `.mp4`) is passed over.
fn post(name: Option<&str>, part: &str) -> Option<Recognised> {
    let digits = part.bytes().take_while(u8::is_ascii_digit).count();
    if part[digits..].starts_with(char::is_alphanumeric) {
        return None;
    }
    if !(2..=20).contains(&digits) {
        return None;
    }
    let id: u64 = part[..digits]
        .parse()
        .ok()
        .filter(|id| i64::try_from(*id).is_ok() && *id >= 10)?;
    let handle = name.and_then(is_handle);
    let url = format!("https://x.com/{}/status/{id}", handle.unwrap_or("i"));
    Some(Recognised::Post(PostRef {
        platform: super::PLATFORM.name,
        id: id.to_string(),
        url: Url::parse(&url).ok()?,
        handle: handle.map(str::to_owned),
    }))
}

/// `name` without `@`, if it can be a handle: up to 15 of `A–Z a–z 0–9 _`, 20 on old accounts.
fn is_handle(name: &str) -> Option<&str> {
    let name = name
        .strip_prefix('@')
        .or_else(|| name.strip_prefix("%40"))
        .unwrap_or(name);
    let formed = (1..=20).contains(&name.len()) && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_');
    (formed && !NOT_HANDLES.iter().any(|word| name.eq_ignore_ascii_case(word))).then_some(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(address: &str) -> String {
        match recognise(&Url::parse(address).unwrap()) {
            None => "none".into(),
            Some(Recognised::Leads) => "leads".into(),
            Some(Recognised::NotAPost(reason)) => format!("not: {reason}"),
            Some(Recognised::Post(post)) => {
                assert!(post.url.path().ends_with(&post.id));
                post.url.to_string()
            }
        }
    }

    #[test]
    fn every_form_of_a_post_address_has_one_canonical_form() {
        for (address, expected) in [
            (
                "https://twitter.com/ada_l/status/1234567890123",
                "https://x.com/ada_l/status/1234567890123",
            ),
            (
                "http://www.twitter.com/Ada_L/statuses/1234567890123/",
                "https://x.com/Ada_L/status/1234567890123",
            ),
            (
                "https://mobile.x.com/ada_l/status/1234567890123?s=20&t=Zz",
                "https://x.com/ada_l/status/1234567890123",
            ),
            (
                "https://m.twitter.com/ada_l/Status/1234567890123#m",
                "https://x.com/ada_l/status/1234567890123",
            ),
            (
                "https://de.twitter.com/ada_l/status/1234567890123",
                "https://x.com/ada_l/status/1234567890123",
            ),
            (
                "https://X.COM/ada_l/status/1234567890123/photo/2",
                "https://x.com/ada_l/status/1234567890123",
            ),
            (
                "https://x.com/ada_l/status/1234567890123/video/1",
                "https://x.com/ada_l/status/1234567890123",
            ),
            (
                "https://x.com/ada_l/status/1234567890123/quotes",
                "https://x.com/ada_l/status/1234567890123",
            ),
            (
                "https://twitter.com/#!/ada_l/status/1234567890123",
                "https://x.com/ada_l/status/1234567890123",
            ),
            (
                "https://twitter.com/#!/ada_l/status/1234567890123?s=1",
                "https://x.com/ada_l/status/1234567890123",
            ),
            ("https://twitter.com/jack/status/20", "https://x.com/jack/status/20"),
            (
                "https://x.com/@ada_l/status/1234567890123",
                "https://x.com/ada_l/status/1234567890123",
            ),
            (
                "https://x.com/i/web/status/1234567890123",
                "https://x.com/i/status/1234567890123",
            ),
            (
                "https://x.com/i/status/1234567890123",
                "https://x.com/i/status/1234567890123",
            ),
            (
                "https://x.com/X/status/1234567890123",
                "https://x.com/i/status/1234567890123",
            ),
            (
                "https://twitter.com/statuses/1234567890123",
                "https://x.com/i/status/1234567890123",
            ),
            (
                "https://twitter.com/i/videos/tweet/1234567890123",
                "https://x.com/i/status/1234567890123",
            ),
            (
                "https://twitter.com/i/videos/1234567890123",
                "https://x.com/i/status/1234567890123",
            ),
            (
                "https://twitter.com/i/cards/tfw/v1/1234567890123",
                "https://x.com/i/status/1234567890123",
            ),
            (
                "https://platform.twitter.com/embed/Tweet.html?dnt=1&id=1234567890123&lang=en",
                "https://x.com/i/status/1234567890123",
            ),
            (
                "https://platform.x.com/embed/index.html?id=1234567890123",
                "https://x.com/i/status/1234567890123",
            ),
            (
                "https://publish.twitter.com/?query=https%3A%2F%2Ftwitter.com%2Fada_l%2Fstatus%2F1234567890123&widget=Tweet",
                "https://x.com/ada_l/status/1234567890123",
            ),
            (
                "https://publish.x.com/oembed?url=https%3A%2F%2Fx.com%2Fada_l%2Fstatus%2F1234567890123",
                "https://x.com/ada_l/status/1234567890123",
            ),
            (
                "https://nitter.net/ada_l/status/1234567890123#m",
                "https://x.com/ada_l/status/1234567890123",
            ),
            (
                "https://nitter.example.org/ada_l/status/1234567890123",
                "https://x.com/ada_l/status/1234567890123",
            ),
            (
                "https://xcancel.com/ada_l/status/1234567890123",
                "https://x.com/ada_l/status/1234567890123",
            ),
            (
                "https://fxtwitter.com/ada_l/status/1234567890123/en",
                "https://x.com/ada_l/status/1234567890123",
            ),
            (
                "https://d.fxtwitter.com/ada_l/status/1234567890123.mp4",
                "https://x.com/ada_l/status/1234567890123",
            ),
            (
                "https://farside.link/nitter/ada_l/status/1234567890123",
                "https://x.com/ada_l/status/1234567890123",
            ),
            (
                "https://threadreaderapp.com/thread/1234567890123.html",
                "https://x.com/i/status/1234567890123",
            ),
            (
                "https://en.rattibha.com/thread/1234567890123?lang=en",
                "https://x.com/i/status/1234567890123",
            ),
            (
                "https://x.com/ada_l/status/1234567890123%22",
                "https://x.com/ada_l/status/1234567890123",
            ),
            (
                "https://x.com/ada_l/status/1234567890123)",
                "https://x.com/ada_l/status/1234567890123",
            ),
            (
                "https://x.com/ada_l/status/1234567890123&quot;",
                "https://x.com/ada_l/status/1234567890123",
            ),
        ] {
            assert_eq!(told(address), expected, "{address}");
        }
    }

    #[test]
    fn what_names_no_post_is_told_apart_with_its_reason() {
        for (address, expected) in [
            ("https://t.co/AbCdEf0123", "leads"),
            ("https://t.co/", "not: other"),
            ("https://pic.twitter.com/AbCdEf0123", "leads"),
            ("https://pic.x.com/AbCdEf0123", "leads"),
            ("https://twitter.com/ada_l", "not: profile"),
            ("https://x.com/ada_l/with_replies", "not: profile"),
            ("https://x.com/ada_l/lists/birds", "not: list"),
            ("https://x.com/i/lists/123456", "not: list"),
            ("https://x.com/i/spaces/1abcDEF", "not: space"),
            ("https://x.com/i/article/1234567890123", "not: article"),
            ("https://x.com/ada_l/article/1234567890123", "not: article"),
            (
                "https://twitter.com/intent/tweet?in_reply_to=1234567890123",
                "not: intent",
            ),
            (
                "https://twitter.com/share?url=https://x.com/a/status/1234567890123",
                "not: share",
            ),
            ("https://twitter.com/home?status=hello", "not: share"),
            ("https://twitter.com/hashtag/rivers?src=hash", "not: hashtag"),
            ("https://twitter.com/search?q=rivers", "not: search"),
            ("https://twitter.com/", "not: home"),
            ("https://twitter.com/settings/profile", "not: other"),
            ("https://twitter.com/ada_l/status/undefined", "not: malformed"),
            ("https://twitter.com/ada_l/status/", "not: malformed"),
            ("https://twitter.com/ada_l/status/12345abc", "not: malformed"),
            (
                "https://twitter.com/ada_l/status/99999999999999999999",
                "not: malformed",
            ),
            ("https://platform.twitter.com/widgets.js", "not: widget"),
            ("https://publish.twitter.com/", "not: widget"),
            ("https://pbs.twimg.com/media/AbC.jpg", "not: media"),
            (
                "https://video.twimg.com/ext_tw_video/1234567890123/pu/vid/a.mp4",
                "not: media",
            ),
            ("https://netflix.com/ada_l/status/1234567890123", "none"),
            ("https://theordinaryknitter.net/ada_l/status/1234567890123", "none"),
            ("https://notx.com/ada_l/status/1234567890123", "none"),
            ("https://threadreaderapp.com/user/ada_l", "not: other"),
            ("https://twitter.com.example.org/ada_l/status/1234567890123", "none"),
            ("https://blog.x.com/news", "none"),
            ("https://farside.link/redlib/r/birds/comments/1abcd2/", "none"),
            ("ftp://x.com/ada_l/status/1234567890123", "none"),
        ] {
            assert_eq!(told(address), expected, "{address}");
        }
    }
}
