#![no_main]
//! A playlist of a film, and what a web archive says of an inquiry.

use std::collections::HashSet;

use citekeep::exchange::saved;
use citekeep::platform::stream::named_by;
use citekeep::platform::wayback::{copies, save};
use citekeep_fuzz::run;
use libfuzzer_sys::{Corpus, fuzz_target};

fuzz_target!(|data: &[u8]| -> Corpus {
    run(
        data,
        |bytes| {
            let answers = saved::read(bytes, "answer", Some(200)).unwrap_or_default();
            assert!(!copies::heard(&answers).reason.is_empty());
            for answer in &answers {
                for word in [save::submitted(answer), save::became(answer)] {
                    assert!(!word.reason.is_empty());
                }
            }
            answers.last().map_or(Vec::new(), named_by)
        },
        |_, pieces| {
            let addresses: HashSet<_> = pieces.iter().map(|piece| &piece.url).collect();
            assert_eq!(addresses.len(), pieces.len());
        },
    )
});
