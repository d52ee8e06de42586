//! Addresses as such: opening wrappers that only lead to another address, and the identity of a link target.
//! Knows no platform.

use url::Url;

use super::address::is_under;

mod addresses;

pub use addresses::addresses;

/// How many wrappers inside each other are opened.
const DEPTH: usize = 4;

/// What an address was wrapped in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wrapper {
    /// What it is.
    pub kind: Wrapping,
    /// The wrapping address as it stood.
    pub url: Url,
    /// A web archive's own time of the copy, 4 to 14 digits `YYYYMMDDhhmmss`, as it stood there.
    pub timestamp: Option<String>,
}

/// What a wrapper does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wrapping {
    /// A click counter or a warning page before the target.
    Redirect,
    /// A copy of the target in a web archive.
    WebArchive,
    /// The target's pages for telephones, served by somebody else.
    Amp,
    /// A machine translation of the target.
    Translation,
}

/// Click counters and warning pages: host (or end of host after a dot), beginning of the path, names of the
/// query parameter that holds the target.
const REDIRECTS: &[(&str, &str, &[&str])] = &[
    ("facebook.com", "/l.php", &["u"]),
    ("facebook.com", "/flx/warn", &["u"]),
    ("l.instagram.com", "/", &["u"]),
    ("l.messenger.com", "/l.php", &["u"]),
    ("l.threads.com", "/", &["u"]),
    ("l.threads.net", "/", &["u"]),
    ("l.wl.co", "/l", &["u"]),
    ("safelinks.protection.outlook.com", "/", &["url"]),
    ("out.reddit.com", "/", &["url"]),
    ("t.umblr.com", "/redirect", &["z"]),
    ("youtube.com", "/redirect", &["q"]),
    ("steamcommunity.com", "/linkfilter", &["u", "url"]),
    ("t.me", "/iv", &["url"]),
    ("vk.com", "/away.php", &["to"]),
    ("vk.ru", "/away.php", &["to"]),
    ("ok.ru", "/dk", &["st.link"]),
    ("linkedin.com", "/redir/redirect", &["url"]),
    ("linkedin.com", "/safety/go", &["url"]),
    ("slack-redir.net", "/link", &["url"]),
    ("duckduckgo.com", "/l/", &["uddg"]),
    ("medium.com", "/r/", &["url"]),
    ("gate.sc", "/", &["url"]),
    ("exit.sc", "/", &["url"]),
    ("disq.us", "/", &["url"]),
    ("link.zhihu.com", "/", &["target"]),
    ("redirectingat.com", "/", &["url"]),
    ("linksynergy.com", "/", &["murl"]),
];

/// Web archives that accept a short time stamp, a star or none before the address.
const ARCHIVES: &[&str] = &[
    "web.archive.org",
    "wayback.archive.org",
    "archive.today",
    "archive.fo",
    "archive.is",
    "archive.li",
    "archive.md",
    "archive.ph",
    "archive.vn",
];

/// Query parameters that tell a publisher where a reader came from and change nothing of the page.
const TRACKING: &[&str] = &[
    "__s",
    "__twitter_impression",
    "_ga",
    "_gl",
    "_hsenc",
    "_hsmi",
    "at_campaign",
    "at_custom1",
    "at_custom2",
    "at_custom3",
    "at_custom4",
    "at_medium",
    "dclid",
    "fb_action_ids",
    "fb_action_types",
    "fb_ref",
    "fb_source",
    "fbclid",
    "gbraid",
    "gclid",
    "gclsrc",
    "guccounter",
    "guce_referrer",
    "guce_referrer_sig",
    "igsh",
    "igshid",
    "mc_cid",
    "mc_eid",
    "mkt_tok",
    "msclkid",
    "ns_campaign",
    "ns_mchannel",
    "ns_source",
    "oly_anon_id",
    "oly_enc_id",
    "ref_src",
    "ref_url",
    "s_kwcid",
    "ttclid",
    "twclid",
    "vero_id",
    "wbraid",
    "wickedid",
    "wt.mc_id",
    "xtor",
    "yclid",
];

/// Opens wrappers, at most four deep. The wrapper is the outermost one, but a web archive goes before any other,
/// because it says that a copy exists.
#[must_use]
pub fn unwrap(url: &Url) -> (Url, Option<Wrapper>) {
    let mut current = url.clone();
    let mut kept: Option<Wrapper> = None;
    for _ in 0..DEPTH {
        let Some((target, kind, timestamp)) = open(&current) else {
            break;
        };
        let better = match &kept {
            None => true,
            Some(kept) => kept.kind != Wrapping::WebArchive && kind == Wrapping::WebArchive,
        };
        if better {
            kept = Some(Wrapper {
                kind,
                url: current,
                timestamp,
            });
        }
        current = target;
    }
    (current, kept)
}

/// What an address leads to once its wrappers are opened; `None` if it is in none.
pub(crate) fn opened(url: &Url) -> Option<Url> {
    let mut current = open(url)?.0;
    for _ in 1..DEPTH {
        match open(&current) {
            Some((target, ..)) => current = target,
            None => break,
        }
    }
    Some(current)
}

type Opened = (Url, Wrapping, Option<String>);

fn open(url: &Url) -> Option<Opened> {
    if !matches!(url.scheme(), "http" | "https") {
        return None;
    }
    let host = url.host_str()?;
    archived(url, host)
        .or_else(|| amp(url, host))
        .or_else(|| translated(url, host))
        .or_else(|| redirect(url, host))
}

/// `google.TLD` or `www.google.TLD`, two-part top levels included.
fn is_google(host: &str) -> bool {
    let mut labels = host.strip_prefix("www.").unwrap_or(host).split('.');
    labels.next() == Some("google") && matches!(labels.count(), 1 | 2)
}

fn parameter(url: &Url, names: &[&str]) -> Option<Url> {
    let value = url.query_pairs().find(|(key, _)| names.contains(&key.as_ref()))?.1;
    whole(&value)
}

/// An address written inside another: whole, with one slash lost, or without its scheme.
fn whole(text: &str) -> Option<Url> {
    let text = text.trim();
    let start = text.get(..8).unwrap_or(text).to_ascii_lowercase();
    let url = if start.starts_with("http:/") || start.starts_with("https:/") {
        // The URL standard reads one, two or three slashes alike.
        Url::parse(text)
    } else if text.split(['/', '?', '#']).next().is_some_and(is_host_name) {
        Url::parse(&format!("http://{text}"))
    } else {
        return None;
    };
    url.ok()
        .filter(|url| matches!(url.scheme(), "http" | "https") && url.has_host())
}

fn is_host_name(text: &str) -> bool {
    text.contains('.')
        && !text.starts_with('.')
        && text
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-' | b':'))
}

/// Path, query and fragment of `url` as they stand.
fn tail(url: &Url) -> &str {
    &url[url::Position::BeforePath..]
}

/// A web archive's copy: `…/<14 digits><modifier>/<address>` on any host (the form of all Wayback software), and
/// the looser forms of the largest archives.
fn archived(url: &Url, host: &str) -> Option<Opened> {
    let tail = tail(url);
    let lower = memchr::memmem::find(tail.as_bytes(), b":/")
        .and_then(|_| tail.find("/http:/").into_iter().chain(tail.find("/https:/")).min());
    if let Some(at) = lower {
        let before = tail[..at].rsplit('/').next().unwrap_or_default();
        let stamp = timestamp(before);
        let known = ARCHIVES.contains(&host);
        if stamp.as_ref().is_some_and(|stamp| stamp.len() == 14) || known {
            return Some((whole(&tail[at + 1..])?, Wrapping::WebArchive, stamp));
        }
        return None;
    }
    if !ARCHIVES.contains(&host) {
        return None;
    }
    let (first, rest) = tail.trim_start_matches('/').split_once('/')?;
    let (stamp, rest) = match timestamp(first) {
        Some(stamp) => (stamp, rest),
        None => {
            let (second, rest) = rest.split_once('/')?;
            (timestamp(second)?, rest)
        }
    };
    Some((whole(rest)?, Wrapping::WebArchive, Some(stamp)))
}

/// The digits of a time stamp: `20210901`, `20210901101112if_`, `2021.09.01-101112`.
fn timestamp(part: &str) -> Option<String> {
    let (stamp, modifier) = match part.strip_suffix('_') {
        Some(part) if part.len() > 2 && part.is_char_boundary(part.len() - 2) => part.split_at(part.len() - 2),
        _ => (part, ""),
    };
    let formed = modifier.bytes().all(|b| b.is_ascii_lowercase())
        && stamp.bytes().all(|b| b.is_ascii_digit() || matches!(b, b'.' | b'-'));
    let digits: String = stamp.chars().filter(char::is_ascii_digit).collect();
    (formed && (4..=14).contains(&digits.len()) && digits.starts_with(['1', '2'])).then_some(digits)
}

/// `…cdn.ampproject.org/c/s/HOST/PATH` and `google.TLD/amp/s/HOST/PATH`; `s` stands for https.
fn amp(url: &Url, host: &str) -> Option<Opened> {
    let rest = if is_under(host, "cdn.ampproject.org") {
        tail(url)
            .strip_prefix("/c/")
            .or_else(|| tail(url).strip_prefix("/v/"))?
    } else if is_google(host) {
        tail(url).strip_prefix("/amp/")?
    } else {
        return None;
    };
    let target = match rest.strip_prefix("s/") {
        Some(rest) => whole(&format!("https://{rest}"))?,
        None => whole(rest)?,
    };
    Some((target, Wrapping::Amp, None))
}

/// `HOST-WITH-HYPHENS.translate.goog` (`-` for a dot, `--` for a hyphen) and `translate.google.TLD/translate?u=`.
fn translated(url: &Url, host: &str) -> Option<Opened> {
    if let Some(folded) = host.strip_suffix(".translate.goog") {
        let name = folded.replace("--", "\u{0}").replace('-', ".").replace('\u{0}', "-");
        let mut target = whole(&format!("https://{name}{}", tail(url)))?;
        keep_query(&mut target, |name| !name.starts_with("_x_tr_"));
        return Some((target, Wrapping::Translation, None));
    }
    if host.strip_prefix("translate.").is_some_and(is_google) {
        return Some((parameter(url, &["u"])?, Wrapping::Translation, None));
    }
    None
}

fn redirect(url: &Url, host: &str) -> Option<Opened> {
    if is_google(host) && url.path() == "/url" {
        return Some((parameter(url, &["q", "url"])?, Wrapping::Redirect, None));
    }
    REDIRECTS
        .iter()
        .find(|(name, path, _)| is_under(host, name) && url.path().starts_with(path))
        .and_then(|(_, _, names)| parameter(url, names))
        .map(|target| (target, Wrapping::Redirect, None))
}

/// The identity of a link target: fragment and tracking parameters dropped, host in lower case, default port
/// dropped; nothing else changes. A fragment that begins with `!` is a path and stays.
#[must_use]
pub fn clean(url: &Url) -> Url {
    let mut url = url.clone();
    if !url.fragment().is_some_and(|fragment| fragment.starts_with('!')) {
        url.set_fragment(None);
    }
    keep_query(&mut url, |name| {
        let name = name.to_ascii_lowercase();
        !name.starts_with("utm_") && TRACKING.binary_search(&name.as_str()).is_err()
    });
    url
}

/// Keeps the parameters whose name passes, as they are written.
fn keep_query(url: &mut Url, keep: impl Fn(&str) -> bool) {
    let Some(query) = url.query() else { return };
    let all = query.split('&').count();
    let kept: Vec<&str> = query
        .split('&')
        .filter(|part| keep(part.split('=').next().unwrap_or_default()))
        .collect();
    if kept.len() < all {
        let kept = kept.join("&");
        url.set_query((!kept.is_empty()).then_some(&kept));
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn wrappers_are_opened_and_kept() {
        use Wrapping::{Amp, Redirect, Translation, WebArchive};
        for (wrapped, target, kind, timestamp) in [
            (
                "https://l.facebook.com/l.php?u=https%3A%2F%2Fexample.org%2Fa&h=AT0",
                "https://example.org/a",
                Redirect,
                None,
            ),
            (
                "https://www.facebook.com/flx/warn/?u=https%3A%2F%2Fexample.org%2Fa",
                "https://example.org/a",
                Redirect,
                None,
            ),
            (
                "https://www.google.com/url?q=https://example.org/a&sa=D",
                "https://example.org/a",
                Redirect,
                None,
            ),
            (
                "https://www.google.co.uk/url?sa=t&url=https%3A%2F%2Fexample.org%2Fa",
                "https://example.org/a",
                Redirect,
                None,
            ),
            (
                "https://web.archive.org/web/20210901101112/http://twitter.com/ada_l/status/1234567890?s=20",
                "http://twitter.com/ada_l/status/1234567890?s=20",
                WebArchive,
                Some("20210901101112"),
            ),
            (
                "https://web.archive.org/web/20210901101112if_/https://example.org/a",
                "https://example.org/a",
                WebArchive,
                Some("20210901101112"),
            ),
            (
                "https://web.archive.org/web/2021/example.org/a",
                "http://example.org/a",
                WebArchive,
                Some("2021"),
            ),
            (
                "https://web.archive.org/web/*/https://example.org/a",
                "https://example.org/a",
                WebArchive,
                None,
            ),
            (
                "https://archive.ph/2021.09.01-101112/https://example.org/a",
                "https://example.org/a",
                WebArchive,
                Some("20210901101112"),
            ),
            (
                "https://arquivo.pt/wayback/20210901101112/https://example.org/a",
                "https://example.org/a",
                WebArchive,
                Some("20210901101112"),
            ),
            (
                "https://www-example-org.cdn.ampproject.org/c/s/www.example.org/a.amp",
                "https://www.example.org/a.amp",
                Amp,
                None,
            ),
            (
                "https://www.google.com/amp/s/www.example.org/a",
                "https://www.example.org/a",
                Amp,
                None,
            ),
            (
                "https://www-daily--news-org.translate.goog/a?x=1&_x_tr_sl=fr&_x_tr_tl=en",
                "https://www.daily-news.org/a?x=1",
                Translation,
                None,
            ),
            (
                "https://eur01.safelinks.protection.outlook.com/?url=https%3A%2F%2Fexample.org%2Fa&data=04",
                "https://example.org/a",
                Redirect,
                None,
            ),
            (
                "https://out.reddit.com/t3_x?url=https%3A%2F%2Fexample.org%2Fa",
                "https://example.org/a",
                Redirect,
                None,
            ),
            (
                "https://t.umblr.com/redirect?z=https%3A%2F%2Fexample.org%2Fa&t=Y",
                "https://example.org/a",
                Redirect,
                None,
            ),
            (
                "https://www.youtube.com/redirect?q=https%3A%2F%2Fexample.org%2Fa",
                "https://example.org/a",
                Redirect,
                None,
            ),
            (
                "https://t.me/iv?url=https%3A%2F%2Fexample.org%2Fa&rhash=ab12",
                "https://example.org/a",
                Redirect,
                None,
            ),
            (
                "https://vk.com/away.php?to=https%3A%2F%2Fexample.org%2Fa",
                "https://example.org/a",
                Redirect,
                None,
            ),
            (
                "https://l.facebook.com/l.php?u=https%3A%2F%2Fweb.archive.org%2Fweb%2F20210901101112%2Fhttps%3A%2F%2Fexample.org%2Fa",
                "https://example.org/a",
                WebArchive,
                Some("20210901101112"),
            ),
        ] {
            let (url, wrapper) = unwrap(&Url::parse(wrapped).unwrap());
            let wrapper = wrapper.unwrap_or_else(|| panic!("{wrapped} is not opened"));
            assert_eq!(url.as_str(), target, "{wrapped}");
            assert_eq!(
                (wrapper.kind, wrapper.timestamp.as_deref()),
                (kind, timestamp),
                "{wrapped}"
            );
        }
    }

    #[test]
    fn what_only_looks_like_a_wrapper_stays_shut() {
        for address in [
            "https://example.org/url?q=https://example.com/",
            "https://notgoogle.com/url?q=https://example.com/",
            "https://google.evil.example.org/url?q=https://example.com/",
            "https://www.facebook.com/sharer.php?u=https://example.com/",
            "https://l.facebook.com/l.php?u=javascript:alert(1)",
            "https://example.org/2021/http://example.com/",
            "https://archive.ph/AbCdE",
            "mailto:a@example.org",
        ] {
            let url = Url::parse(address).unwrap();
            assert_eq!(unwrap(&url), (url, None));
        }
    }

    #[test]
    fn an_archive_address_that_ends_with_its_time_stamp_is_no_wrapper() {
        for address in [
            "https://archive.ph/20210901",
            "https://archive.ph/2021?x",
            "https://web.archive.org//2021",
            "https://web.archive.org/web/2021",
            "https://archive.ph/2021/",
        ] {
            let url = Url::parse(address).unwrap();
            assert_eq!(unwrap(&url), (url, None), "{address}");
        }
    }

    #[test]
    fn the_identity_of_a_target_is_without_tracking_and_fragment() {
        for (address, expected) in [
            (
                "HTTPS://Example.ORG:443/A?utm_source=x&id=1&fbclid=z#top",
                "https://example.org/A?id=1",
            ),
            ("https://example.org/a?utm_medium=x", "https://example.org/a"),
            ("https://example.org/a?b=%20&&c", "https://example.org/a?b=%20&&c"),
            ("https://example.org/#!/a", "https://example.org/#!/a"),
            ("https://example.org/a#:~:text=b", "https://example.org/a"),
            ("http://example.org:8080/a/", "http://example.org:8080/a/"),
        ] {
            assert_eq!(clean(&Url::parse(address).unwrap()).as_str(), expected, "{address}");
        }
        assert!(TRACKING.is_sorted());
    }

    proptest! {
        #[test]
        fn any_address_is_opened_and_cleaned_without_panic(path in "[a-zé0-9/:._?=&%#*-]{0,60}") {
            for host in ["web.archive.org", "archive.ph", "l.facebook.com", "a-b.translate.goog", "www.google.com", "example.org"] {
                if let Ok(url) = Url::parse(&format!("https://{host}/{path}")) {
                    let _ = clean(&unwrap(&url).0);
                }
            }
        }
    }
}
