#![no_main]
//! The first date of a text.

use citekeep::citation::date;
use citekeep_fuzz::{promises, run_in_language};
use libfuzzer_sys::{Corpus, fuzz_target};

fuzz_target!(|data: &[u8]| -> Corpus {
    run_in_language(
        data,
        |language, text| date::read(text, language),
        |text, found| {
            if let Some(found) = found {
                promises::lies_in(text, &found.span);
                assert!(!found.span.is_empty());
                let year: u32 = found.date.to_string()[..4].parse().expect("a year of four digits");
                assert!((2006..=2100).contains(&year), "{year}");
            }
        },
    )
});
