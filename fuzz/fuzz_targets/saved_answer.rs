#![no_main]
//! A saved answer of each source: a body as it came, or a cassette with status and headers.

use citekeep::exchange::saved;
use citekeep::platform::readers::READERS;
use citekeep_fuzz::run_with_choice;
use libfuzzer_sys::{Corpus, fuzz_target};

fuzz_target!(|data: &[u8]| -> Corpus {
    run_with_choice(
        data,
        READERS.len(),
        |reader, rest| {
            if let Ok(exchanges) = saved::read(rest, "answer", Some(200)) {
                assert!(!READERS[reader].read(&exchanges).reason.is_empty());
            }
        },
        |_, ()| (),
    )
});
