//! The index of words.

use std::path::Path;

use super::fixtures::*;
use crate::error::ExitCode;
use crate::store::record::{About, Queueing};
use crate::store::*;

/// What a search finds, in the order found.
fn found(path: &Path, words: &[&str]) -> Vec<(&'static str, i64)> {
    let query = crate::search::Query::new(words.iter().copied()).unwrap();
    let mut found = Vec::new();
    let reader = Reader::open(path).unwrap();
    reader.search(&query, |hit| found.push((hit.kind, hit.row))).unwrap();
    found
}

#[tokio::test]
async fn the_index_of_words_finds_what_looking_through_everything_finds_and_what_came_after_it() {
    let (_folder, path) = scratch();
    let receipt = full_archive(&path).await;
    add_a_note(&path, About::Target(receipt.targets[0])).await;
    let queries: [&[&str]; 7] = [
        &["größe"],
        &["wrote it", "second"],
        &["it works"],
        &["a page"],
        &["seen with"],
        &["desk"],
        &["nowhere"],
    ];
    let before: Vec<_> = queries.iter().map(|words| found(&path, words)).collect();
    assert!(before.iter().take(6).all(|found| !found.is_empty()), "{before:?}");
    {
        let _run = open(&path);
        assert_eq!(add_words(&path).unwrap_err().exit_code(), ExitCode::Locked);
        assert_eq!(found(&path, &["größe"]), before[0]);
    }
    add_words(&path).unwrap();
    for (words, before) in queries.iter().zip(&before) {
        assert_eq!(found(&path, words), *before, "{words:?}");
    }
    assert_eq!(value::<i64>(&path, "SELECT count(*) FROM words_until"), 4);
    sound(&path);
    // What is newer than the index is looked through, and a text that was read otherwise takes the place of the one before.
    add_a_post_read_again(&path).await;
    add_a_note(&path, About::Article(receipt.article)).await;
    for _ in 0..2 {
        assert_eq!(found(&path, &["works again"]), [("post", receipt.targets[0])]);
        assert_eq!(found(&path, &["seen"]).len(), 2);
        add_words(&path).unwrap();
    }
    // An index of another version of the program counts for nothing, and is made anew.
    tamper(
        &path,
        "UPDATE words_until SET program = 'citekeep 0.0.1'; DELETE FROM words_until WHERE kind = 0",
    );
    assert_eq!(found(&path, &["größe"]), before[0]);
    add_words(&path).unwrap();
    assert_eq!(found(&path, &["größe"]), before[0]);
    assert_eq!(
        value::<i64>(
            &path,
            "SELECT count(*) FROM words_until WHERE program = 'citekeep 0.0.1'"
        ),
        0
    );
}

#[tokio::test]
async fn what_is_redacted_stands_nowhere_in_the_file_nor_in_the_index_of_words() {
    let (_folder, path) = scratch();
    let has = || {
        let bytes = std::fs::read(&path).unwrap().to_ascii_lowercase();
        bytes.windows(9).any(|part| part == b"quagmires")
    };
    let store = open(&path);
    let receipt = store
        .add_reading(new_reading(b"story"), Queueing::default())
        .await
        .unwrap();
    let job = lease_one(&store, receipt.targets[0]).await;
    let record = post_capture("Quagmires");
    let body = record.answers[0].exchanges[0].body_sha256.unwrap();
    store.complete(job.id, job.fence, record, None).await.unwrap();
    store.close(0, None).await.unwrap();
    add_words(&path).unwrap();
    assert!(has());
    assert_eq!(found(&path, &["quagmires"]).len(), 1);
    let store = open(&path);
    for item in [
        Redactable::Blob(body),
        Redactable::Post(value(&path, "SELECT max(id) FROM post")),
    ] {
        store.redact(item, "desk".into(), "a name".into()).await.unwrap();
    }
    store.close(0, None).await.unwrap();
    assert!(!has());
    assert_eq!(found(&path, &["quagmires"]), []);
    add_words(&path).unwrap();
    assert!(!has());
    assert_eq!(found(&path, &["größe"]).len(), 1);
    sound(&path);
}
