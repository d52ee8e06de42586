#![no_main]
//! Answers of upstreams to the resolvers that look for the post of a flattened citation, and the citation's own words.

use citekeep::citation::Claim;
use citekeep::outcome::Outcome;
use citekeep::platform::{PLATFORMS, ResolveStep, Resolver, Upstreams};
use citekeep_fuzz::exchange::{Answers, STEPS};
use citekeep_fuzz::{promises, run};
use libfuzzer_sys::{Corpus, fuzz_target};

fuzz_target!(|data: &[u8]| -> Corpus {
    run(
        data,
        |input| {
            // The first line is what the article quotes.
            let at = input.iter().position(|b| *b == b'\n').unwrap_or(input.len());
            let words = String::from_utf8_lossy(&input[..at]);
            let claim = Claim {
                author_name: None,
                author_handle: Some("ada_b".to_owned()),
                date_text: Some("May 1, 2024".to_owned()),
                // The ids of every third day begin with two different prefixes.
                date: Some(
                    if words.len() % 2 == 0 {
                        "2024-05-01"
                    } else {
                        "2024-05-02"
                    }
                    .to_owned(),
                ),
                text: Some(words.clone().into_owned()),
                media: vec![format!(
                    "https://pic.twitter.com/{}",
                    words.get(..6).unwrap_or("Ab12Cd")
                )],
            };
            let answers = Answers::of(input.get(at + 1..).unwrap_or_default());
            for resolver in PLATFORMS.iter().flat_map(|platform| platform.resolvers) {
                ask(*resolver, &claim, &answers);
            }
        },
        |_, ()| (),
    )
});

fn ask(resolver: &dyn Resolver, claim: &Claim, answers: &Answers<'_>) {
    let upstreams = Upstreams::defaults();
    let mut so_far = Vec::new();
    loop {
        match resolver.next(claim, &upstreams, &so_far) {
            ResolveStep::Answer(resolution) => {
                assert!(!resolution.reason.is_empty());
                assert_eq!(
                    resolution.outcome == Outcome::Captured,
                    resolution.post.is_some(),
                    "{resolution:?}"
                );
                resolution.post.iter().for_each(promises::is_canonical);
                for candidate in &resolution.candidates {
                    promises::is_canonical(&candidate.post);
                    assert!(candidate.score.is_none_or(|score| score <= 1000));
                }
                assert!(resolution.candidates.is_sorted_by_key(|c| std::cmp::Reverse(c.score)));
                return;
            }
            ResolveStep::Ask(request) => so_far.push(vec![answers.to(so_far.len(), &request)]),
        }
        assert!(so_far.len() <= STEPS, "{} never answers", resolver.name());
    }
}
