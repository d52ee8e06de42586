#![no_main]
//! A body and the codings it is said to have.

use citekeep::exchange::decode;
use citekeep_fuzz::run_with_choice;
use libfuzzer_sys::{Corpus, fuzz_target};

const CODINGS: [&str; 8] = [
    "gzip",
    "deflate",
    "br",
    "gzip, br",
    "deflate, gzip",
    "identity",
    "x-gzip,,",
    "zstd",
];
const LIMIT: usize = 2 << 20;

fuzz_target!(|data: &[u8]| -> Corpus {
    run_with_choice(
        data,
        CODINGS.len(),
        |coding, body| decode(body, CODINGS[coding], LIMIT).ok(),
        |body, decoded| assert!(decoded.is_none_or(|decoded| decoded.len() <= LIMIT.max(body.len()))),
    )
});
