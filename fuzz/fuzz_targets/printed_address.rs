#![no_main]
//! Addresses printed in text.

use citekeep::platform::link::addresses;
use citekeep_fuzz::{promises, run};
use libfuzzer_sys::{Corpus, fuzz_target};

fuzz_target!(|data: &[u8]| -> Corpus {
    run(
        data,
        |bytes| addresses(&String::from_utf8_lossy(bytes)),
        |bytes, found| {
            let text = String::from_utf8_lossy(bytes);
            promises::are_ordered(found.iter().map(|(place, _)| place));
            for (place, url) in &found {
                promises::lies_in(&text, place);
                assert!(!place.is_empty() && matches!(url.scheme(), "http" | "https") && url.has_host());
                promises::address_holds(url);
            }
        },
    )
});
