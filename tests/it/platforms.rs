//! Sources of platforms other than X, against a web on loopback.

use crate::scene::{Scene, text};
use crate::web::Reply;

fn story(address: &str) -> String {
    format!(
        "<!DOCTYPE html><article><p>The keeper of the weir <a href='{address}'>wrote about it</a> that evening, they say.</p></article>"
    )
}

/// Archives a story that cites `address`, and gives state, reason, source and text of the post.
fn told(scene: &Scene, code: i32, address: &str) -> String {
    let input = scene.file("story.html", story(address));
    scene.archives(code, &[&input]);
    scene.is_sound();
    scene.value::<String>(
        "SELECT state || ' ' || reason || ' ' || source || ' ' || coalesce(post_text, '-') FROM citations",
    )
}

#[test]
fn a_post_of_bluesky_is_found_by_the_did_behind_its_handle() {
    let scene = Scene::new();
    scene.web.on(
        "bluesky.test",
        "/xrpc/com.atproto.identity.resolveHandle*",
        [Reply::json(r#"{"did":"did:plc:ada"}"#)],
    );
    scene.web.on(
        "bluesky.test",
        "/xrpc/app.bsky.feed.getPostThread*",
        [Reply::json(
            r#"{"thread":{"post":{"uri":"at://did:plc:ada/app.bsky.feed.post/3kabc2xyz7k2a","author":{"did":"did:plc:ada","handle":"ada.example.org"},"record":{"text":"The weir holds","createdAt":"2024-05-01T10:00:00.000Z"}}}}"#,
        )],
    );
    assert_eq!(
        told(&scene, 0, "https://bsky.app/profile/ada.example.org/post/3kabc2xyz7k2a"),
        "captured post bluesky.thread The weir holds"
    );
}

#[test]
fn an_answer_about_another_post_of_bluesky_is_no_capture() {
    let scene = Scene::new();
    scene.web.on(
        "bluesky.test",
        "/xrpc/app.bsky.feed.getPostThread*",
        [Reply::json(
            r#"{"thread":{"post":{"uri":"at://did:plc:ada/app.bsky.feed.post/3kabc2xyz7k2b","author":{},"record":{"text":"x"}}}}"#,
        )],
    );
    assert_eq!(
        told(&scene, 0, "https://bsky.app/profile/did:plc:ada/post/3kabc2xyz7k2a"),
        "unreadable wrong_id bluesky.thread -"
    );
}

#[test]
fn telegram_that_does_not_find_a_post_is_not_taken_to_have_deleted_it() {
    let scene = Scene::new();
    scene.web.on(
        "telegram.test",
        "/weirkeeper/7*",
        [Reply::page(
            "<div class=tgme_widget_message><div class=tgme_widget_message_error>Post not found</div></div>",
        )],
    );
    assert_eq!(
        told(&scene, 0, "https://t.me/weirkeeper/7"),
        "not_found post_not_found telegram.embed -"
    );
}

#[test]
fn a_rate_limit_of_reddit_is_tried_again_later() {
    let scene = Scene::new();
    scene.web.on("reddit.test", "/comments/*", [Reply::status(429)]);
    scene.web.on("reddit.test", "/oembed*", [Reply::status(429)]);
    let input = scene.file("story.html", story("https://www.reddit.com/r/rivers/comments/7abcde/"));
    scene.archives(3, &[&input]);
    assert_eq!(scene.value::<String>("SELECT state FROM citations"), "rate_limited");
}

#[test]
fn a_post_that_is_gone_is_kept_from_the_web_archive_and_the_platforms_word_with_it() {
    let scene = Scene::new();
    scene.web.on(
        "telegram.test",
        "/weirkeeper/7?embed*",
        [Reply::page(
            "<div class=tgme_widget_message><div class=tgme_widget_message_error>Post not found</div></div>",
        )],
    );
    scene.web.on(
        "index.test",
        "/cdx*",
        [Reply::json(
            r#"[["timestamp","original","mimetype","statuscode"],["20240502080000","https://t.me/weirkeeper/7","text/html","200"]]"#,
        )],
    );
    scene.web.on(
        "playback.test",
        "/web/20240502080000id_/https://t.me/weirkeeper/7",
        [Reply::page("<p>The weir holds").with("memento-datetime", "Thu, 02 May 2024 08:00:00 GMT")],
    );
    assert_eq!(
        told(&scene, 0, "https://t.me/weirkeeper/7"),
        "captured archived_page wayback -"
    );
    assert_eq!(
        scene.value::<String>(
            "SELECT group_concat(source || ' ' || outcome || ' ' || coalesce(detail, '-'), ', ')
             FROM (SELECT * FROM answer ORDER BY ordinal)"
        ),
        "telegram.embed not_found -, wayback captured as archived at 2024-05-02T08:00:00Z"
    );
}

#[test]
fn doctor_tells_which_sources_work_from_here() {
    let scene = Scene::new();
    scene.has_post("1785600110366674944", "ada", "Still here");
    let settings: Vec<_> = scene
        .archiving()
        .get_args()
        .skip_while(|argument| *argument != "archive")
        .skip(1)
        .map(ToOwned::to_owned)
        .collect();
    let output = scene
        .bare()
        .args(["doctor", "--json"])
        .args(settings)
        .args(["--set", "canary.x=['https://x.com/ada/status/1785600110366674944']"])
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(3), "{output:?}");
    let lines: Vec<serde_json::Value> = text(&output.stdout)
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    let said = |source: &str| lines.iter().find(|line| line["source"] == source).unwrap();
    assert_eq!(
        (&said("x.syndication")["works"], &said("x.oembed")["outcome"]),
        (&true.into(), &"not_found".into())
    );
    assert_eq!(said("bluesky.thread")["outcome"], serde_json::Value::Null);
    for (source, reason) in [
        ("bluesky.thread", "no_canary"),
        ("x.fx", "skipped"),
        ("x.api", "no_credential"),
    ] {
        assert_eq!(said(source)["reason"], reason);
    }
    assert_eq!(scene.web.asked("fx.test", "/") + scene.web.asked("api.test", "/"), 0);
    assert!(!scene.archive().exists());
}

#[test]
fn doctor_tells_what_would_keep_a_run_from_working_here() {
    let scene = Scene::new();
    let checks = |code: i32, settings: &[&str]| -> Vec<(String, bool, String)> {
        let output = scene.bare().args(["doctor", "--json"]).args(settings).output().unwrap();
        assert_eq!(output.status.code(), Some(code), "{output:?}");
        let lines = text(&output.stdout);
        let lines = lines
            .lines()
            .map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap());
        let word = |value: &serde_json::Value| value.as_str().unwrap().to_owned();
        lines
            .filter(|line| line["check"].is_string())
            .map(|line| (word(&line["check"]), line["ok"].as_bool().unwrap(), word(&line["said"])))
            .collect()
    };
    let room = ["--set", "limit.free=0"];
    let names: Vec<_> = checks(0, &room).into_iter().map(|(name, _, _)| name).collect();
    assert_eq!(names, ["sqlite", "schema", "write access", "space", "clock"]);
    scene.archives(
        0,
        &[&scene.file("story.html", "<article><p>Nothing is cited in this one.</p></article>")],
    );
    assert!(checks(0, &room).iter().all(|(_, ok, _)| *ok));
    let wrong = |code: i32, settings: &[&str]| -> Vec<(String, String)> {
        let checks = checks(code, settings).into_iter();
        checks
            .filter(|(_, ok, _)| !ok)
            .map(|(name, _, said)| (name, said))
            .collect()
    };
    let space = wrong(3, &["--set", "limit.free=1000000000000000"]);
    assert!(space.len() == 1 && space[0].1.contains("limit.free"), "{space:?}");
    let archive = rusqlite::Connection::open(scene.archive()).unwrap();
    archive.execute_batch("PRAGMA user_version = 99").unwrap();
    drop(archive);
    let schema = wrong(3, &room);
    assert!(schema.len() == 1 && schema[0].1.contains("schema 99"), "{schema:?}");
    std::fs::write(scene.archive(), "something else").unwrap();
    let schema = wrong(3, &room);
    assert!(schema.len() == 1 && schema[0].0 == "schema", "{schema:?}");
}
