#![no_main]
//! One address: what it is to a platform, what it wraps, its identity.

use citekeep_fuzz::{promises, run_with_choice};
use libfuzzer_sys::{Corpus, fuzz_target};
use url::Url;

/// What is put before the input, so that not every run has to find these names anew.
const BEGINNINGS: [&str; 16] = [
    "",
    "https://x.com/",
    "https://twitter.com/#!",
    "https://nitter.example.org/",
    "https://platform.twitter.com/embed/Tweet.html?",
    "https://publish.twitter.com/?query=",
    "https://pic.twitter.com/",
    "https://web.archive.org/",
    "https://archive.ph/",
    "https://example.org/",
    "https://a-b.cdn.ampproject.org/",
    "https://www.google.com/",
    "https://translate.google.com/",
    "https://l.facebook.com/l.php?u=",
    "https://farside.link/",
    "https://",
];

fuzz_target!(|data: &[u8]| -> Corpus {
    run_with_choice(
        data,
        BEGINNINGS.len(),
        |beginning, rest| {
            let text = format!("{}{}", BEGINNINGS[beginning], String::from_utf8_lossy(rest));
            if let Ok(url) = Url::parse(&text) {
                promises::address_holds(&url);
            }
        },
        |_, ()| (),
    )
});
