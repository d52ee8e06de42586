#![no_main]
//! Plain text, or whatever the bytes are taken for.

use citekeep::article::Hints;
use citekeep_fuzz::{promises, run};
use libfuzzer_sys::{Corpus, fuzz_target};

fuzz_target!(|data: &[u8]| -> Corpus {
    run(data, |bytes| {
        if let Ok(findings) = citekeep::find(bytes, &Hints::default()) {
            promises::findings_hold(&findings);
        }
    })
});
