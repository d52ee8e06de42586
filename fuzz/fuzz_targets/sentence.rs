#![no_main]
//! Sentences of one block in any language.

use citekeep_fuzz::{promises, run_in_language};
use libfuzzer_sys::{Corpus, fuzz_target};

fuzz_target!(|data: &[u8]| -> Corpus {
    run_in_language(
        data,
        |language, text| citekeep::article::split(text, language),
        |text, sentences| promises::are_sentences(text, &sentences),
    )
});
