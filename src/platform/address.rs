//! What the grammars of platforms ask of an address: its host, its path in parts, its query, and how a post of
//! it is told. Nothing here knows a platform.

use std::borrow::Cow;
use std::cell::OnceCell;
use std::ops::Deref;

use url::Url;

use super::{PostRef, Recognised};

/// How many parts of a path are looked at; no platform names a post further in.
const PARTS: usize = 16;

/// Whether `host` is `domain` or lies below it.
pub(super) fn is_under(host: &str, domain: &str) -> bool {
    host.strip_suffix(domain)
        .is_some_and(|sub| sub.is_empty() || sub.ends_with('.'))
}

/// The path of an address, to be matched in its parts: `match Path::of(url).parts()[..] { ["post", id] => … }`. It is cut
/// only once it is looked at: of most addresses the host alone says that they are none of a platform's.
pub(super) struct Path<'u> {
    path: &'u str,
    parts: OnceCell<Vec<Cow<'u, str>>>,
}

impl<'u> Path<'u> {
    /// The path of `url`.
    pub(super) fn of(url: &'u Url) -> Path<'u> {
        Path {
            path: url.path(),
            parts: OnceCell::new(),
        }
    }

    /// Its parts between slashes, with `%xx` undone within each; empty parts are left out.
    pub(super) fn parts(&self) -> Parts<'_, 'u> {
        Parts {
            path: self,
            parts: OnceCell::new(),
        }
    }
}

/// The parts of a path.
pub(super) struct Parts<'p, 'u> {
    path: &'p Path<'u>,
    parts: OnceCell<Vec<&'p str>>,
}

impl<'p> Deref for Parts<'p, '_> {
    type Target = [&'p str];

    fn deref(&self) -> &[&'p str] {
        self.parts.get_or_init(|| {
            let cut = || {
                let parts = self.path.path.split('/').filter(|part| !part.is_empty());
                parts.take(PARTS).map(decoded).collect()
            };
            self.path.parts.get_or_init(cut).iter().map(AsRef::as_ref).collect()
        })
    }
}

/// Host that leads to whichever program its path names.
const REDIRECTOR: &str = "farside.link";

/// Whether the host of `url` means something only with its path.
pub(super) fn is_redirector(url: &Url) -> bool {
    url.host_str() == Some(REDIRECTOR)
}

/// The parts of the path on a host that runs one of these `programs`, each of which shows a platform under the
/// platform's own paths. Who runs one names the host after it; `farside.link/PROGRAM/…` leads to any of them.
pub(super) fn mirrored<'p, 'u>(host: &str, parts: &'p [&'u str], programs: &[&str]) -> Option<&'p [&'u str]> {
    if host == REDIRECTOR {
        let (program, rest) = parts.split_first()?;
        return programs.contains(program).then_some(rest);
    }
    host.split('.').any(|label| programs.contains(&label)).then_some(parts)
}

/// Words that sites keep for themselves where the name of a user or post could stand first in a path, and what
/// such a page is.
const RESERVED: &[(&str, &[&str])] = &[
    (
        "login",
        &[
            "account",
            "accounts",
            "auth",
            "authwall",
            "forgot",
            "join",
            "login",
            "login.php",
            "logout",
            "oauth",
            "password",
            "register",
            "reset",
            "settings",
            "sign-in",
            "sign-up",
            "signin",
            "signout",
            "signup",
        ],
    ),
    ("search", &["browse", "discover", "explore", "results", "search"]),
    ("share", &["compose", "intent", "submit"]),
    ("hashtag", &["hashtag", "tag", "tags", "topic", "topics"]),
    ("widget", &["embed", "player", "widget", "widgets"]),
    (
        "list",
        &[
            "category",
            "categories",
            "channels",
            "charts",
            "playlist",
            "playlists",
            "trending",
        ],
    ),
    (
        "other",
        &[
            "about",
            "abuse",
            "advertise",
            "api",
            "apps",
            "blog",
            "business",
            "careers",
            "contact",
            "cookies",
            "copyright",
            "dashboard",
            "developers",
            "dmca",
            "docs",
            "documentation",
            "download",
            "enterprise",
            "faq",
            "features",
            "feed",
            "guidelines",
            "help",
            "home",
            "jobs",
            "legal",
            "pages",
            "partners",
            "plans",
            "policies",
            "policy",
            "press",
            "pricing",
            "privacy",
            "pro",
            "rules",
            "security",
            "store",
            "support",
            "teams",
            "terms",
            "terms-of-service",
            "terms-of-use",
            "tools",
            "tos",
            "upload",
            "videos",
        ],
    ),
];

/// What a page is whose path begins with a word that sites keep for themselves: `login`, `search`, `share` …
pub(super) fn reserved(first: &str) -> Option<&'static str> {
    if first.starts_with("share") {
        return Some("share");
    }
    RESERVED
        .iter()
        .find(|(_, words)| words.contains(&first))
        .map(|(reason, _)| *reason)
}

/// The first value of this name in the query, decoded.
pub(super) fn query(url: &Url, name: &str) -> Option<String> {
    url.query_pairs()
        .find(|(key, _)| key == name)
        .map(|(_, value)| value.into_owned())
}

/// A post of this id and canonical address; `None` if that is no address.
pub(super) fn post(platform: &'static str, id: String, url: String, handle: Option<String>) -> Option<Recognised> {
    let url = Url::parse(&url).ok()?;
    Some(Recognised::Post(PostRef {
        platform,
        id,
        url,
        handle,
    }))
}

/// `part` with `%xx` undone once; what is no such escape stays.
fn decoded(part: &str) -> Cow<'_, str> {
    if !part.contains('%') {
        return Cow::Borrowed(part);
    }
    let bytes = part.as_bytes();
    let mut out = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while at < bytes.len() {
        let digit = |at: usize| bytes.get(at).and_then(|b| char::from(*b).to_digit(16));
        match (bytes[at], digit(at + 1), digit(at + 2)) {
            (b'%', Some(high), Some(low)) => {
                out.extend(u8::try_from(high * 16 + low));
                at += 3;
            }
            (byte, ..) => {
                out.push(byte);
                at += 1;
            }
        }
    }
    Cow::Owned(String::from_utf8_lossy(&out).into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_host_is_compared_by_whole_labels() {
        for (host, domain, expected) in [
            ("t.me", "t.me", true),
            ("ada.t.me", "t.me", true),
            ("at.me", "t.me", false),
            ("t.me.example.org", "t.me", false),
        ] {
            assert_eq!(is_under(host, domain), expected, "{host}");
        }
    }

    #[test]
    fn parts_are_decoded_and_bad_escapes_stay() {
        let url = Url::parse("https://example.org//a%20b/%zz/%/%C3%A9/%2F/").unwrap();
        assert_eq!(*Path::of(&url).parts(), ["a b", "%zz", "%", "é", "/"]);
    }

    #[test]
    fn a_program_is_told_by_a_whole_label_of_its_host_or_by_what_stands_behind_the_redirector() {
        let parts = ["redlib", "r", "birds"];
        for (host, expected) in [
            ("redlib.example.org", Some(&parts[..])),
            ("farside.link", Some(&parts[1..])),
            ("myredlib.example.org", None),
        ] {
            assert_eq!(mirrored(host, &parts, &["redlib"]), expected, "{host}");
        }
        assert_eq!(mirrored("farside.link", &["scribe"], &["redlib"]), None);
    }
}
