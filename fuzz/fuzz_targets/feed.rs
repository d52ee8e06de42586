#![no_main]
//! A list of articles: feed, sitemap or OPML, or a page with headlines.

use citekeep::article::{Hints, feed, index};
use citekeep_fuzz::run;
use libfuzzer_sys::{Corpus, fuzz_target};
use url::Url;

fuzz_target!(|data: &[u8]| -> Corpus {
    let base = Url::parse("https://paper.example/feed").expect("an address");
    let hints = Hints {
        url: Some(base.clone()),
        content_type: None,
    };
    run(
        data,
        |bytes| (feed::read(bytes, &base), index::of_page(bytes, &hints)),
        |_, (read, headlines)| {
            for entry in read.iter().flat_map(|listing| &listing.entries).chain(headlines.iter()) {
                assert!(matches!(entry.url.scheme(), "http" | "https"));
            }
        },
    )
});
