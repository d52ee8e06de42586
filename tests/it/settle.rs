//! Citations whose post could not be identified, settled by a person.

use crate::scene::{POST, Scene};
use crate::web::Reply;

/// A story that quotes a post as plain text, of whose picture link nothing is left.
const FLAT: &str = "Le vieux pont d’Orsay a tenu toute la nuit, disent les voisins.\n\
La maire a écrit que le pont tenait encore et a remercié les équipes :\n\
Le pont tient encore. Merci aux 12 équipes qui ont travaillé toute la nuit. #Orsay pic.twitter.com/Q7sVeyle01\n\
– Ada Bridgewater (@ada_b) 1er mai 2024\n\
Les trains circulent de nouveau.\n";

const OTHER: &str = "1785600110366674999";

/// An archive with one citation that fits two posts alike.
fn tied() -> (Scene, String) {
    let scene = Scene::new();
    let row =
        |id: &str| format!(r#"["20240502000000","https://twitter.com/Ada_B/status/{id}","application/json","200"]"#);
    let rows = format!(
        r#"[["timestamp","original","mimetype","statuscode"],{},{}]"#,
        row(POST),
        row(OTHER)
    );
    scene
        .web
        .on("index.test", "/cdx?url=*", [Reply::json(rows), Reply::json("[]")]);
    for id in [POST, OTHER] {
        let kept = format!(
            r#"{{"id_str":"{id}","text":"Le pont tient encore. Merci aux 12 équipes qui ont travaillé toute la nuit. #Orsay","user":{{"screen_name":"Ada_B"}}}}"#
        );
        scene.web.on(
            "playback.test",
            &format!("/web/20240502000000id_/https://twitter.com/Ada_B/status/{id}"),
            [Reply::json(kept)],
        );
    }
    let input = scene.file("story.txt", FLAT);
    scene.archives(0, &[&input]);
    let target: i64 = scene.value("SELECT target FROM unresolved");
    (scene, format!("target:{target}"))
}

fn url(id: &str) -> String {
    format!("https://twitter.com/Ada_B/status/{id}?s=20")
}

#[test]
fn what_could_not_be_identified_is_listed_with_its_candidates() {
    let (scene, target) = tied();
    let listed = scene.does(0, &["resolve"]).0;
    for part in [
        target.as_str(),
        "unresolved (tie)",
        "handle: ada_b",
        POST,
        OTHER,
        "/1000",
    ] {
        assert!(listed.contains(part), "{part}: {listed}");
    }
    let line: serde_json::Value = serde_json::from_str(&scene.does(0, &["resolve", "--json"]).0).unwrap();
    assert_eq!(line["reason"], "tie");
    assert_eq!(line["candidates"].as_array().unwrap().len(), 2);
    assert!(line["candidates"][0]["evidence"].is_string());
    assert_eq!(scene.value::<i64>("SELECT count(*) FROM run"), 1, "a look is no run");
}

#[test]
fn a_person_settles_a_citation_and_its_post_is_captured_with_the_next_run() {
    let (scene, target) = tied();
    let (settled, _) = scene.does(
        0,
        &[
            "resolve",
            &target,
            &url(POST),
            "--by",
            "Bo",
            "--why",
            "The author told me.",
            "--json",
        ],
    );
    let line: serde_json::Value = serde_json::from_str(&settled).unwrap();
    assert!(line["url"].as_str().unwrap().ends_with(POST), "{line}");
    assert_eq!(
        scene.value::<String>("SELECT outcome || ' ' || reason FROM resolution ORDER BY fence DESC LIMIT 1"),
        "captured settled_by_person"
    );
    let note: String = scene.value("SELECT by || '|' || text FROM note");
    assert!(
        note.starts_with("Bo|") && note.ends_with(": The author told me."),
        "{note}"
    );
    assert_eq!(scene.value::<i64>("SELECT count(*) FROM unresolved"), 0);
    assert_eq!(
        scene.value::<i64>("SELECT count(*) FROM job JOIN target t ON t.id = target WHERE done = 0 AND kind = 'post'"),
        1
    );
    scene.is_sound();
    assert!(scene.does(0, &["resolve"]).0.contains("nothing is unresolved"));
    scene.has_post(POST, "ada_b", "Le pont tient encore.");
    let input = scene.path("story.txt");
    scene.archives(0, &[input.to_str().unwrap()]);
    assert_eq!(
        scene.value::<String>("SELECT native_id || ' ' || state FROM citations"),
        format!("{POST} captured")
    );
    let post: String = scene.value("SELECT url FROM target WHERE kind = 'post'");
    let shown = scene.does(0, &["show", &post]).0;
    assert!(shown.contains("The author told me."), "{shown}");
    scene.does(0, &["export", "--all", "-o", "bundle"]);
    let notes = std::fs::read_to_string(scene.path("bundle/data/notes.csv")).unwrap();
    assert!(notes.contains("The author told me."), "{notes}");
    let report = std::fs::read_to_string(scene.path("bundle/data/report.html")).unwrap();
    assert!(report.contains("settled_by_person"));
    scene.does(0, &["verify", "bundle"]);
    scene.is_sound();
}

#[test]
fn a_later_decision_counts_and_the_earlier_ones_stay() {
    let (scene, target) = tied();
    scene.does(
        0,
        &[
            "resolve",
            &target,
            "--none",
            "--by",
            "Ada",
            "--why",
            "Both are deleted.",
        ],
    );
    assert_eq!(
        scene.value::<String>("SELECT outcome || ' ' || reason || ' ' || tries FROM unresolved"),
        "unresolved settled_by_person 2"
    );
    assert_eq!(scene.value::<i64>("SELECT count(*) FROM job WHERE done = 0"), 0);
    let input = scene.path("story.txt");
    let input = input.to_str().unwrap();
    let attempts = "SELECT count(*) FROM resolution";
    scene.archives(0, &[input]);
    assert_eq!(scene.value::<i64>(attempts), 2, "it is not tried again");
    scene.archives(0, &[input, "--again"]);
    assert_eq!(scene.value::<i64>(attempts), 3, "unless somebody asks for it");
    for (id, by) in [(POST, "Ada"), (OTHER, "Bo")] {
        scene.does(0, &["resolve", &target, &url(id), "--by", by, "--why", "I asked."]);
        assert_eq!(scene.value::<String>("SELECT native_id FROM citations"), id);
    }
    assert_eq!(scene.value::<i64>(attempts), 5);
    scene.does(65, &["resolve", &target, "--none", "--by", "Ada", "--why", "Neither."]);
    scene.is_sound();
}

#[test]
fn what_is_no_post_of_that_platform_or_not_open_settles_nothing() {
    let (scene, target) = tied();
    let by = ["--by", "Bo", "--why", "I know."];
    for (code, arguments) in [
        (65, [target.as_str(), "https://twitter.com/Ada_B"]),
        (65, [&target, "https://bsky.app/profile/ada.example/post/3kabcdefgh22a"]),
        (65, [&target, "https://news.example/story"]),
        (65, ["target:999", &url(POST)]),
        (64, ["story", &url(POST)]),
        (64, [&target, "not an address"]),
    ] {
        scene.does(code, &[&["resolve"], &arguments[..], &by].concat());
    }
    scene.does(64, &["resolve", &target, "--by", "Bo", "--why", "I know."]);
    scene.does(64, &["resolve", &target, &url(POST), "--by", "Bo"]);
    scene.does(64, &["resolve", &target, &url(POST), "--why", "I know."]);
    scene.does(64, &[&["resolve", &target, &url(POST), "--none"], &by[..]].concat());
    scene.does(65, &["resolve", &target, &url(POST), "--by", "Bo", "--why", " "]);
    assert_eq!(scene.value::<i64>("SELECT count(*) FROM resolution"), 1);
    assert_eq!(scene.value::<i64>("SELECT count(*) FROM note"), 0);
    scene.is_sound();
}

#[test]
fn a_person_corrects_what_the_program_identified_and_both_stay_in_the_archive() {
    let scene = Scene::new();
    let led_to = format!("https://twitter.com/Ada_B/status/{POST}/photo/1");
    scene
        .web
        .on("short.test", "/Q7sVeyle01", [Reply::redirect(301, &led_to)]);
    scene.has_post(POST, "ada_b", "Le pont tient encore.");
    let input = scene.file("story.txt", FLAT);
    scene.archives(0, &[&input]);
    let target: i64 = scene.value("SELECT target FROM citations");
    let target = format!("target:{target}");
    let why = "The picture was used twice; this is the first post with it.";
    scene.does(0, &["resolve", &target, &url(OTHER), "--by", "Bo", "--why", why]);
    scene.has_post(OTHER, "ada_b", "Le pont tient encore !");
    scene.archives(0, &[&input]);
    assert_eq!(
        scene.value::<String>("SELECT native_id || ' ' || state || ' ' || post_text FROM citations"),
        format!("{OTHER} captured Le pont tient encore !")
    );
    assert_eq!(
        scene.value::<String>("SELECT group_concat(reason, ' ') FROM (SELECT reason FROM resolution ORDER BY fence)"),
        "short_link_redirect settled_by_person"
    );
    scene.is_sound();
    scene.does(0, &["export", "--all", "-o", "bundle"]);
    scene.does(0, &["verify", "bundle"]);
}
