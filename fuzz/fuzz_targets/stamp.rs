#![no_main]
//! What a witness answers: a time stamp, or a proof of OpenTimestamps.

use citekeep::stamp::opentimestamps;
use citekeep::stamp::rfc3161::Token;
use citekeep_fuzz::run_with_choice;
use libfuzzer_sys::{Corpus, fuzz_target};

const DIGEST: [u8; 32] = [7; 32];

fuzz_target!(|data: &[u8]| -> Corpus {
    run_with_choice(
        data,
        2,
        |kind, rest| match kind {
            0 => (Token::read(rest).ok(), None),
            _ => (None, opentimestamps::attestations(rest, &DIGEST).ok()),
        },
        |rest, (token, attested)| {
            if let Some(token) = token {
                assert!(token.leads_to(&[]).is_err());
            }
            if let Some(attested) = attested {
                let file = opentimestamps::file(&DIGEST, &[(rest, None)]).expect("it was read before");
                assert_eq!(opentimestamps::read(&file, &DIGEST).expect("it was read before"), attested);
                if let Ok((commitment, _)) = opentimestamps::promise(rest, &DIGEST) {
                    // A way on from there is one from the digest as well.
                    let on = b"\x08\x00\x05\x88\x96\x0d\x73\xd7\x19\x01\x01\x05";
                    assert_eq!(opentimestamps::block(on, &commitment), Ok(5));
                    let file = opentimestamps::file(&DIGEST, &[(rest, Some(&on[..]))]).expect("there is room for it");
                    let whole = opentimestamps::read(&file, &DIGEST).expect("it was read before");
                    assert_eq!(whole.len(), attested.len() + 1);
                }
            }
        },
    )
});
