#![no_main]
//! A configuration file: what is accepted prints as a file that means the same.

use citekeep::config::Config;
use citekeep_fuzz::run;
use libfuzzer_sys::{Corpus, fuzz_target};

fuzz_target!(|data: &[u8]| -> Corpus {
    run(
        data,
        |bytes| String::from_utf8_lossy(bytes).parse::<Config>().ok(),
        |_, config| {
            if let Some(config) = config {
                let printed = config.render();
                match printed.parse::<Config>() {
                    Ok(again) => assert_eq!(again, config, "{printed}"),
                    Err(error) => panic!("{error}\n{printed}"),
                }
            }
        },
    )
});
