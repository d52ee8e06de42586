//! `citekeep reparse`: what a program of today reads in answers that an older one stored.

use std::fs::File;

use flate2::read::GzDecoder;
use serde_json::Value;

use crate::scene::{POST, Scene, article};

fn reparse(scene: &Scene, more: &[&str]) -> Value {
    let (told, _) = scene.does(0, &[&["reparse", "--json"], more].concat());
    serde_json::from_str(&told).unwrap()
}

/// An archive that citekeep wrote before it read the details of posts.
fn old() -> Scene {
    let scene = Scene::new();
    let kept = &include_bytes!("../archives/schema-1.db.gz")[..];
    let mut archive = File::create(scene.archive()).unwrap();
    std::io::copy(&mut GzDecoder::new(kept), &mut archive).unwrap();
    scene
}

#[test]
fn posts_are_read_again_from_stored_answers_beside_what_was_read_before() {
    let scene = old();
    let details = "SELECT count(*) FROM post_detail";
    // Whoever only reads refuses an archive of an older schema; a run brings it up to date.
    scene.does(0, &["note", "target:1", "Brought up to date.", "--by", "Ada"]);
    assert_eq!(scene.value::<i64>(details), 0);
    let told = reparse(&scene, &["--dry-run"]);
    assert_eq!((&told["added"], &told["same"]), (&1.into(), &0.into()), "{told}");
    assert_eq!(scene.value::<i64>(details), 0);
    let told = reparse(&scene, &["--target", "target:1"]);
    assert_eq!(told["added"], 1, "{told}");
    assert_eq!(
        scene.value::<String>(
            "SELECT count(*) || ' ' || count(DISTINCT answer) || ' ' || count(DISTINCT exchange) || ' ' || max(text) FROM post"
        ),
        "2 1 1 The weir at Veyle holds."
    );
    assert_eq!(
        scene.value::<i64>("SELECT count(*) FROM posts p JOIN reparse r ON r.capture = p.capture JOIN post q ON q.id = p.post AND q.entry = r.id"),
        1,
        "the newest counts"
    );
    let entries = "SELECT count(*) FROM reparse";
    let told = reparse(&scene, &[]);
    assert_eq!((&told["added"], &told["same"]), (&0.into(), &1.into()), "{told}");
    assert_eq!(scene.value::<i64>(entries), 1);
    scene.is_sound();
    scene.does(0, &["export", "--all", "-o", "bundle"]);
    scene.does(0, &["verify", "bundle"]);
    assert_eq!(
        std::fs::read_to_string(scene.path("bundle/data/posts.jsonl"))
            .unwrap()
            .lines()
            .count(),
        2
    );
    let changes = scene.does(0, &["changes", "--json"]).0;
    assert_eq!(changes, "", "a better reader is no change of the post");
}

#[test]
fn what_a_reader_of_today_reads_alike_is_not_added_and_what_was_redacted_stays_so() {
    let scene = Scene::new();
    scene.has_post(POST, "ada_b", "The bridge is standing.");
    let story = scene.file("story.html", article(POST));
    scene.archives(0, &[&story]);
    let told = reparse(&scene, &[]);
    assert_eq!(
        (&told["added"], &told["same"], &told["lost"]),
        (&0.into(), &1.into(), &0.into()),
        "{told}"
    );
    let post: i64 = scene.value("SELECT id FROM post");
    scene.does(
        0,
        &["redact", &format!("post:{post}"), "--why", "A minor.", "--by", "Ada"],
    );
    let told = reparse(&scene, &[]);
    assert_eq!((&told["added"], &told["same"]), (&0.into(), &0.into()), "{told}");
    assert_eq!(scene.value::<i64>("SELECT count(*) FROM post"), 0);
    scene.is_sound();
}
