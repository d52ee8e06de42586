#![no_main]
//! Plain text, or whatever the bytes are taken for.

use citekeep::article::Hints;
use citekeep_fuzz::{promises, run};
use libfuzzer_sys::{Corpus, fuzz_target};

fuzz_target!(|data: &[u8]| -> Corpus {
    run(
        data,
        |bytes| citekeep::find(bytes, &Hints::default()).ok(),
        |_, findings| findings.iter().for_each(promises::findings_hold),
    )
});
