//! What the grammars of platforms ask of an address: its host, its path in parts, its query, and how a post of
//! it is told. Nothing here knows a platform.

use url::Url;

use super::{PostRef, Recognised};

/// How many parts of a path are looked at; no platform names a post further in.
const PARTS: usize = 16;

/// Whether `host` is `domain` or lies below it.
pub(super) fn is_under(host: &str, domain: &str) -> bool {
    host.strip_suffix(domain)
        .is_some_and(|sub| sub.is_empty() || sub.ends_with('.'))
}

/// The parts of the path, percent-decoded, without empty ones.
pub(super) fn segments(url: &Url) -> Vec<String> {
    url.path()
        .split('/')
        .filter(|part| !part.is_empty())
        .take(PARTS)
        .map(decoded)
        .collect()
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
fn decoded(part: &str) -> String {
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
    String::from_utf8_lossy(&out).into_owned()
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
        assert_eq!(segments(&url), ["a b", "%zz", "%", "é", "/"]);
    }
}
