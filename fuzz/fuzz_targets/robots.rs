#![no_main]
//! A robots.txt and a path; and one rule against the plainest reading of its stars.

use std::borrow::Cow;

use citekeep::fetch::robots::Robots;
use citekeep_fuzz::run;
use libfuzzer_sys::{Corpus, fuzz_target};

fuzz_target!(|data: &[u8]| -> Corpus {
    run(
        data,
        |bytes| {
            let (rules, path) = parts(bytes);
            Robots::parse(rules).allows(&path)
        },
        |bytes, _| {
            let (_, path) = parts(bytes);
            let pattern = String::from_utf8_lossy(bytes.split(|b| *b == b'\n').next().unwrap_or_default());
            let pattern = pattern.split(['#', '\r']).next().unwrap_or_default().trim();
            if !pattern.is_empty() && pattern.len() < 64 && path.len() < 256 {
                let rule = format!("User-agent: *\nDisallow: {pattern}\n");
                let allowed = Robots::parse(rule.as_bytes()).allows(&path);
                assert_eq!(!allowed, covers(pattern, &path), "{pattern:?} {path:?}");
            }
        },
    )
});

/// The last line is the path.
fn parts(bytes: &[u8]) -> (&[u8], Cow<'_, str>) {
    let at = bytes.iter().rposition(|b| *b == b'\n').map_or(0, |at| at + 1);
    (&bytes[..at], String::from_utf8_lossy(&bytes[at..]))
}

/// Whether the rule covers the path: every way of reading the stars is tried.
fn covers(pattern: &str, path: &str) -> bool {
    let (pattern, anchored) = pattern.strip_suffix('$').map_or((pattern, false), |rest| (rest, true));
    // Whether the pattern so far can end before each byte of the path.
    let mut ends = vec![false; path.len() + 1];
    ends[0] = true;
    for wanted in pattern.bytes() {
        let mut next = vec![false; path.len() + 1];
        for at in 0..=path.len() {
            next[at] = if wanted == b'*' {
                ends[at] || (at > 0 && next[at - 1])
            } else {
                at > 0 && ends[at - 1] && path.as_bytes()[at - 1] == wanted
            };
        }
        ends = next;
    }
    if anchored {
        ends[path.len()]
    } else {
        ends.contains(&true)
    }
}
