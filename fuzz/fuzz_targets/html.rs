#![no_main]
//! A page: bytes after a doctype, so that they are read as HTML; with and without an address they came from.

use citekeep::article::Hints;
use citekeep_fuzz::{promises, run_with_choice};
use libfuzzer_sys::{Corpus, fuzz_target};

fuzz_target!(|data: &[u8]| -> Corpus {
    run_with_choice(
        data,
        2,
        |with_address, markup| {
            let hints = Hints {
                url: (with_address == 1)
                    .then(|| "https://courier.example/2024/05/01/story".parse().expect("an address")),
                content_type: None,
            };
            citekeep::find(&[b"<!doctype html>", markup].concat(), &hints).ok()
        },
        |_, findings| findings.iter().for_each(promises::findings_hold),
    )
});
