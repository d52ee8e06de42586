//! What every fuzz target shares: how an input is run, and the promises that are checked besides "no panic".
//! A target is one small file in `fuzz_targets/`; `scripts/fuzz.sh` runs them.

pub mod exchange;
mod linear;
pub mod promises;

use libfuzzer_sys::Corpus;

/// Languages that an input's first byte chooses from; one a base segmenter, a plain one, one with ordinals, scripts
/// without spaces, right to left.
const LANGUAGES: [Option<&str>; 16] = [
    None,
    Some("en"),
    Some("de"),
    Some("fr"),
    Some("ja"),
    Some("zh"),
    Some("th"),
    Some("ar"),
    Some("he"),
    Some("ru"),
    Some("tr"),
    Some("vi"),
    Some("fi"),
    Some("hi"),
    Some("ko"),
    Some("xx-unknown"),
];

/// Reads an input and checks what came of it, or on every so manieth one asks whether reading takes linear time. Those
/// are kept out of the corpus: what they cover is an effect of the repetition.
pub fn run<T>(data: &[u8], read: impl Fn(&[u8]) -> T, check: impl Fn(&[u8], T)) -> Corpus {
    if linear::is_due(data) {
        linear::demand(data, |data| drop(read(data)));
        return Corpus::Reject;
    }
    check(data, read(data));
    Corpus::Keep
}

/// A choice by the input's first byte (`A` is 0), and the rest.
#[must_use]
pub fn choice(data: &[u8], of: usize) -> (usize, &[u8]) {
    match data.split_first() {
        Some((first, rest)) => (usize::from(first.wrapping_sub(b'A')) % of, rest),
        None => (0, data),
    }
}

/// [`run`] for a target whose input begins with a byte of [`choice`], which is not repeated with the rest.
pub fn run_with_choice<T>(
    data: &[u8],
    of: usize,
    read: impl Fn(usize, &[u8]) -> T,
    check: impl Fn(&[u8], T),
) -> Corpus {
    let (chosen, rest) = choice(data, of);
    run(rest, |rest| read(chosen, rest), check)
}

/// [`run_with_choice`] for a target that reads text in some language.
pub fn run_in_language<T>(data: &[u8], read: impl Fn(Option<&str>, &str) -> T, check: impl Fn(&str, T)) -> Corpus {
    run_with_choice(
        data,
        LANGUAGES.len(),
        |chosen, rest| read(LANGUAGES[chosen], &String::from_utf8_lossy(rest)),
        |rest, found| check(&String::from_utf8_lossy(rest), found),
    )
}
