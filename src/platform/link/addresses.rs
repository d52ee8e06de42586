//! Bare addresses printed in text. Knows no platform's paths; it asks the platforms whether a name without a
//! scheme (`x.com/…`) is the address of a post.

use std::ops::Range;
use std::sync::LazyLock;

use memchr::memmem::Finder;
use url::Url;

use crate::platform::{Recognised, recognise};

/// Longest printed address that is taken for one, in bytes.
const LONGEST: usize = 8192;

/// How a printed address begins, what is put before it, and what may stand before it.
const BEGINNINGS: &[(&str, &str, Before)] = &[
    ("https://", "", Before::Anything),
    ("http://", "", Before::Anything),
    ("pic.twitter.com/", "https://", Before::Anything),
    ("pic.x.com/", "https://", Before::Anything),
    ("www.", "http://", Before::Boundary),
    ("t.co/", "https://", Before::Boundary),
    ("twitter.com/", "https://", Before::Boundary),
    ("mobile.twitter.com/", "https://", Before::Boundary),
    ("x.com/", "https://", Before::Boundary),
    ("bsky.app/", "https://", Before::Boundary),
    ("facebook.com/", "https://", Before::Boundary),
    ("instagram.com/", "https://", Before::Boundary),
    ("reddit.com/", "https://", Before::Boundary),
    ("t.me/", "https://", Before::Boundary),
    ("threads.com/", "https://", Before::Boundary),
    ("threads.net/", "https://", Before::Boundary),
    ("tiktok.com/", "https://", Before::Boundary),
    ("vk.com/", "https://", Before::Boundary),
    ("youtu.be/", "https://", Before::Boundary),
    ("youtube.com/", "https://", Before::Boundary),
];

/// Bytes of the longest beginning.
const LONGEST_BEGINNING: usize = 19;

/// What may stand before the beginning of a printed address.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Before {
    /// Anything: text is often glued to it.
    Anything,
    /// No letter, digit or part of another address.
    Boundary,
}

/// Bare addresses printed in `text`, in order: with a scheme, `www.…`, picture and short links, and post addresses
/// without a scheme. Two glued together are two; closing punctuation belongs to the text. One pass.
#[must_use]
pub fn addresses(text: &str) -> Vec<(Range<usize>, Url)> {
    let mut found = Vec::new();
    let mut places = Places::of(text);
    let mut at = 0;
    while let Some(place) = places.next(at) {
        at = place;
        let Some((prefix, scheme)) = beginning(text, at) else {
            at += 1;
            continue;
        };
        let mut end = extent(text, at, prefix.len());
        if let Some((printed_end, url)) = address(text, at..end, scheme) {
            end = printed_end;
            found.push((at..end, url));
        }
        at = end;
    }
    found
}

/// Where addresses can begin at all: each begins with `www.` or has a slash soon. Both are looked for far faster than
/// every byte is compared with every beginning.
struct Places<'a> {
    bytes: &'a [u8],
    /// The next slash, and the next `www.` or `WWW.`; the length of the text if there is none.
    slash: usize,
    www: usize,
}

impl Places<'_> {
    fn of(text: &str) -> Places<'_> {
        let bytes = text.as_bytes();
        let mut places = Places {
            bytes,
            slash: 0,
            www: 0,
        };
        places.find_slash(0);
        places.find_www(0);
        places
    }

    fn find_slash(&mut self, from: usize) {
        self.slash = memchr::memchr(b'/', &self.bytes[from..]).map_or(self.bytes.len(), |at| from + at);
    }

    fn find_www(&mut self, from: usize) {
        static NAMES: LazyLock<[Finder<'_>; 2]> = LazyLock::new(|| ["www.", "WWW."].map(Finder::new));
        let found = NAMES.each_ref().map(|name| name.find(&self.bytes[from..]));
        self.www = found
            .into_iter()
            .flatten()
            .min()
            .map_or(self.bytes.len(), |at| from + at);
    }

    /// The first place from `at` on.
    fn next(&mut self, at: usize) -> Option<usize> {
        if self.slash < at {
            self.find_slash(at);
        }
        if self.www < at {
            self.find_www(at);
        }
        let end = self.bytes.len();
        let before_slash = if self.slash < end {
            self.slash.saturating_sub(LONGEST_BEGINNING)
        } else {
            end
        };
        let place = before_slash.min(self.www).max(at);
        (place < end).then_some(place)
    }
}

/// The beginning of an address at byte `at`: as listed, and what to put before it.
fn beginning(text: &str, at: usize) -> Option<(&'static str, &'static str)> {
    let bytes = &text.as_bytes()[at..];
    if !matches!(
        bytes[0] | 0x20,
        b'b' | b'f' | b'h' | b'i' | b'm' | b'p' | b'r' | b't' | b'v' | b'w' | b'x' | b'y'
    ) {
        return None;
    }
    let (prefix, scheme, before) = BEGINNINGS.iter().find(|(prefix, ..)| {
        bytes
            .get(..prefix.len())
            .is_some_and(|b| b.eq_ignore_ascii_case(prefix.as_bytes()))
    })?;
    let previous = text[..at].chars().next_back();
    let free = match before {
        Before::Anything => true,
        Before::Boundary => {
            previous.is_none_or(|c| !c.is_alphanumeric() && !matches!(c, '.' | '/' | '@' | '-' | '_' | '%' | '=' | ':'))
        }
    };
    free.then_some((*prefix, *scheme))
}

/// Where the run of address characters that begins at `start` ends.
fn extent(text: &str, start: usize, prefix: usize) -> usize {
    let mut open = [0_usize; 2];
    let mut previous = '/';
    for (offset, c) in text[start + prefix..].char_indices() {
        let at = start + prefix + offset;
        let stays = match c {
            '(' | '[' => {
                open[usize::from(c == '[')] += 1;
                true
            }
            ')' | ']' => {
                let open = &mut open[usize::from(c == ']')];
                let balanced = *open > 0;
                *open = open.saturating_sub(1);
                balanced
            }
            'h' | 'H' | 'p' | 'P' if !matches!(previous, '/' | '=' | ':' | '?' | '&' | '%' | '#') => {
                !matches!(beginning(text, at), Some((prefix, _)) if prefix != "x.com/")
            }
            '!'..='~' => !matches!(c, '"' | '<' | '>' | '`' | '\\' | '^' | '{' | '|' | '}'),
            _ if is_unspaced(c) => matches!(previous, '/' | '=' | '_') || is_unspaced(previous),
            _ => c.is_alphanumeric() && !('\u{ff00}'..='\u{ffef}').contains(&c),
        };
        if !stays {
            return at;
        }
        previous = c;
    }
    text.len()
}

/// Letters of scripts that are written without spaces, where an address and the text after it touch.
fn is_unspaced(c: char) -> bool {
    c.is_alphanumeric()
        && matches!(c, '\u{0e00}'..='\u{0eff}' | '\u{3005}'..='\u{9fff}' | '\u{ac00}'..='\u{d7a3}' | '\u{20000}'..='\u{3ffff}')
}

/// The address in `run` without closing punctuation, and where it ends.
fn address(text: &str, run: Range<usize>, scheme: &str) -> Option<(usize, Url)> {
    let mut printed = text[run.clone()].trim_end_matches(['.', ',', ';', ':', '\'', '!', '?', '*', '(', '[', '&']);
    if printed.len() > LONGEST {
        return None;
    }
    let parse = |printed: &str| Url::parse(&format!("{scheme}{printed}")).ok();
    let mut url = parse(printed)?;
    let host = url.host_str()?;
    if matches!(host, "t.co" | "pic.twitter.com" | "pic.x.com") {
        // A short link's name has at most ten characters; what follows is text glued to it.
        let slash = printed.rfind('/')?;
        let slug = printed[slash + 1..]
            .bytes()
            .take(10)
            .take_while(u8::is_ascii_alphanumeric)
            .count();
        if slug == 0 || url.path().len() < 2 {
            return None;
        }
        printed = &printed[..slash + 1 + slug];
        url = parse(printed)?;
    }
    let complete = match scheme {
        "" => url.host_str().is_some_and(|host| !host.is_empty()),
        "http://" => url
            .host_str()
            .is_some_and(|host| host.split('.').filter(|label| !label.is_empty()).count() > 2),
        _ => matches!(recognise(&url), Some((_, Recognised::Post(_) | Recognised::Leads))),
    };
    complete.then_some((run.start + printed.len(), url))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn addresses_printed_in_text_are_found_without_the_text_around_them() {
        for (text, expected) in [
            ("See https://example.org/a.", &["https://example.org/a"][..]),
            ("(https://example.org/a_(b)), and", &["https://example.org/a_(b)"]),
            ("“https://example.org/a”…", &["https://example.org/a"]),
            ("<https://example.org/a>", &["https://example.org/a"]),
            ("https://example.org/a\u{200b} b", &["https://example.org/a"]),
            ("at www.example.org/x; or www.example", &["http://www.example.org/x"]),
            (
                "Look! pic.twitter.com/AbCdEf0123— Ada",
                &["https://pic.twitter.com/AbCdEf0123"],
            ),
            ("pic.x.com/AbCdEf0123The next", &["https://pic.x.com/AbCdEf0123"]),
            (
                "https://t.co/AbCdEf0123pic.twitter.com/GhIjKl4567",
                &["https://t.co/AbCdEf0123", "https://pic.twitter.com/GhIjKl4567"],
            ),
            (
                "https://t.co/AbCdEf0123https://t.co/GhIjKl4567",
                &["https://t.co/AbCdEf0123", "https://t.co/GhIjKl4567"],
            ),
            ("求めるhttps://t.co/AbCdEf0123 と", &["https://t.co/AbCdEf0123"]),
            (
                "詳細はhttps://example.jp/a.htmlを参照。",
                &["https://example.jp/a.html"],
            ),
            (
                "https://ja.example.org/wiki/日本 の",
                &["https://ja.example.org/wiki/%E6%97%A5%E6%9C%AC"],
            ),
            ("t.co/AbCdEf0123", &["https://t.co/AbCdEf0123"]),
            ("at.co/AbCdEf0123 and ttt.co/x", &[]),
            ("(t.me/river_watch/321)", &["https://t.me/river_watch/321"]),
            ("t.me/river_watch and vk.com/ada, reddit.com/r/birds", &[]),
            ("see youtu.be/a1B2c3D4-_e.", &["https://youtu.be/a1B2c3D4-_e"]),
            (
                "twitter.com/ada/status/1234567890 is gone",
                &["https://twitter.com/ada/status/1234567890"],
            ),
            (
                "x.com/ada/status/1234567890, x.com/ada and netflix.com/ada/status/1234567890",
                &["https://x.com/ada/status/1234567890"],
            ),
            (
                "[a](https://example.org/a),[b](https://example.org/b)",
                &["https://example.org/a", "https://example.org/b"],
            ),
            (
                "https://web.archive.org/web/2021/https://example.org/a",
                &["https://web.archive.org/web/2021/https://example.org/a"],
            ),
            ("http:// https://", &[]),
        ] {
            let found: Vec<String> = addresses(text).into_iter().map(|(_, url)| url.into()).collect();
            assert_eq!(found, expected, "{text}");
        }
    }

    proptest! {
        #[test]
        fn any_text_is_searched_without_panic_and_ranges_are_in_order(
            text in "(http://|https://|www\\.|pic\\.twitter\\.com/|t\\.co/|x\\.com/|[a-z]{0,3}|[()\\[\\]./:=?#%é…»日🦀 ]){0,30}"
        ) {
            let mut last = 0;
            for (range, _) in addresses(&text) {
                prop_assert!(last <= range.start && range.start < range.end);
                prop_assert!(text.get(range.clone()).is_some());
                last = range.end;
            }
        }
    }
}
