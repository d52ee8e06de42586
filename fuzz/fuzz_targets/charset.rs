#![no_main]
//! Bytes in an encoding that a header declares, rightly or not.

use citekeep::article::Hints;
use citekeep_fuzz::{promises, run_with_choice};
use libfuzzer_sys::{Corpus, fuzz_target};

const DECLARED: [Option<&str>; 12] = [
    None,
    Some("text/plain; charset=utf-8"),
    Some("text/html; charset=windows-1252"),
    Some("text/html; charset=utf-16le"),
    Some("text/html;charset=\"shift_jis\""),
    Some("text/html; charset=gb18030"),
    Some("text/html; charset=big5"),
    Some("text/html; charset=euc-kr"),
    Some("text/html; charset=iso-2022-jp"),
    Some("text/html; charset=koi8-r"),
    Some("text/html; charset=no-such"),
    Some("charset"),
];

fuzz_target!(|data: &[u8]| -> Corpus {
    run_with_choice(
        data,
        DECLARED.len(),
        |declared, bytes| {
            let hints = Hints {
                url: None,
                content_type: DECLARED[declared].map(str::to_owned),
            };
            citekeep::find(bytes, &hints).ok()
        },
        |_, findings| findings.iter().for_each(promises::findings_hold),
    )
});
