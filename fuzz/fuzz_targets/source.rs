#![no_main]
//! Answers of upstreams to every source of every platform: raw bytes, and the input as the part that a stranger wrote.

use citekeep::outcome::Outcome;
use citekeep::platform::{Answer, PLATFORMS, PostRef, Source, SourceKind, Step, Upstreams};
use citekeep_fuzz::exchange::{Answers, STEPS};
use citekeep_fuzz::run_with_choice;
use libfuzzer_sys::{Corpus, fuzz_target};
use serde_json::json;

const ID: &str = "1785600110366674944";

fuzz_target!(|data: &[u8]| -> Corpus {
    run_with_choice(
        data,
        4,
        |shape, input| {
            let input = match shape {
                0 => input.to_vec(),
                1 => post_with(&String::from_utf8_lossy(input)),
                2 => embed_with(&String::from_utf8_lossy(input)),
                _ => archived_page_with(input),
            };
            let answers = Answers::of(&input);
            for source in PLATFORMS.iter().flat_map(|platform| platform.sources) {
                ask(*source, &answers);
            }
        },
        |_, ()| (),
    )
});

fn ask(source: &dyn Source, answers: &Answers<'_>) {
    let upstreams = Upstreams::defaults();
    let post = PostRef {
        platform: "x",
        id: ID.to_owned(),
        url: format!("https://x.com/ada_b/status/{ID}").parse().expect("an address"),
        handle: Some("ada_b".to_owned()),
    };
    let mut so_far = Vec::new();
    loop {
        match source.next(&post, &upstreams, &so_far) {
            Step::Answer(answer) => return answer_holds(source, &answer),
            Step::Ask(request) => so_far.push(vec![answers.to(so_far.len(), &request)]),
        }
        assert!(so_far.len() <= STEPS, "{} never answers", source.name());
    }
}

fn answer_holds(source: &dyn Source, answer: &Answer) {
    assert!(!answer.reason.is_empty());
    assert_eq!(answer.outcome == Outcome::Captured, answer.post.is_some(), "{answer:?}");
    assert!(answer.archived_at.is_none() || source.kind() == SourceKind::Archive);
    if let Some(post) = &answer.post {
        assert!(post.id == ID || post.edit_ids.iter().any(|id| id == ID), "{post:?}");
        assert!(post.media.iter().all(|media| !media.url.is_empty()), "{post:?}");
    }
}

/// A post with this text, whose links and range lie.
fn post_with(text: &str) -> Vec<u8> {
    let links: Vec<_> = (0..40)
        .map(|at| json!({"indices": [at * 3, at * 3 + 2], "expanded_url": text.get(..8)}))
        .collect();
    let post = json!({
        "__typename": "Tweet", "id_str": ID, "full_text": text, "text": text, "user": {"screen_name": text},
        "display_text_range": [text.len() % 7, text.chars().count().wrapping_sub(text.len() % 5)],
        "entities": {"urls": links},
    });
    post.to_string().into_bytes()
}

fn embed_with(markup: &str) -> Vec<u8> {
    let embed = json!({"url": format!("https://twitter.com/ada_b/status/{ID}"), "author_name": "Ada", "html": markup});
    embed.to_string().into_bytes()
}

fn archived_page_with(markup: &[u8]) -> Vec<u8> {
    let list = json!([
        ["timestamp", "original", "mimetype", "statuscode"],
        [
            "20180101000000",
            format!("https://twitter.com/ada_b/status/{ID}"),
            "text/html",
            "200"
        ],
    ]);
    let start = format!("<div class=tweet data-tweet-id={ID}><p class=tweet-text>");
    [list.to_string().as_bytes(), b"\n--\n[]\n--\n", start.as_bytes(), markup].concat()
}
