#![no_main]
//! A list of articles: feed, sitemap or OPML.

use citekeep::article::feed;
use citekeep_fuzz::run;
use libfuzzer_sys::{Corpus, fuzz_target};
use url::Url;

fuzz_target!(|data: &[u8]| -> Corpus {
    let base = Url::parse("https://paper.example/feed").expect("an address");
    run(
        data,
        |bytes| feed::read(bytes, &base),
        |_, read| {
            for entry in read.iter().flat_map(|listing| &listing.entries) {
                assert!(matches!(entry.url.scheme(), "http" | "https"));
            }
        },
    )
});
