#![no_main]
//! A WARC of anybody's, plain or in gzip members.

use std::cell::Cell;

use citekeep::warc::record;
use citekeep_fuzz::run_with_choice;
use libfuzzer_sys::{Corpus, fuzz_target};

fuzz_target!(|data: &[u8]| -> Corpus {
    run_with_choice(
        data,
        2,
        |gzip, rest| {
            let (mut end, mut records) = (0, 0);
            let read = record::read(rest, gzip == 1, &Cell::new(1 << 24), |offset, record| {
                if let Ok(record) = record {
                    assert_eq!(offset, end);
                    end = offset + record.length;
                    records += 1;
                }
            });
            (read.expect("memory can be read"), end, records)
        },
        |rest, (stopped, end, _)| {
            let whole = rest.len() as u64;
            assert_eq!(stopped.unwrap_or(whole), end);
        },
    )
});
