#![no_main]
//! Posts that a text holds without markup; each line is a block.

use std::ops::Range;

use citekeep::citation::flattened;
use citekeep_fuzz::{promises, run_in_language};
use libfuzzer_sys::{Corpus, fuzz_target};

fuzz_target!(|data: &[u8]| -> Corpus {
    run_in_language(
        data,
        |language, text| {
            let mut at = 0;
            let blocks: Vec<Range<usize>> = text
                .split('\n')
                .map(|line| {
                    let start = at;
                    at += line.len() + 1;
                    start..start + line.len()
                })
                .filter(|block| !block.is_empty())
                .collect();
            flattened::find(text, &blocks, language)
        },
        |text, found| promises::flattened_holds(text, &found),
    )
});
