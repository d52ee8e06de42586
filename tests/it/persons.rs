//! What persons add to an archive, and what they take out.

use crate::scene::{POST, Scene, article};
use crate::web::Reply;

/// An archive of one story that cites a post and a page.
fn archived() -> (Scene, String) {
    let scene = Scene::new();
    scene.has_post(POST, "ada_b", "The bridge is standing.");
    scene.web.on(
        "river.example",
        "/report",
        [Reply::page("<title>Report</title><p>Old.")],
    );
    let input = scene.file("story.html", article(POST));
    scene.archives(0, &[&input]);
    (scene, format!("https://x.com/i/status/{POST}"))
}

fn post_url(scene: &Scene) -> String {
    scene.value("SELECT url FROM target WHERE kind = 'post'")
}

#[test]
fn a_note_and_a_supplied_file_stand_beside_the_captures_and_are_none() {
    let (scene, _) = archived();
    let post = post_url(&scene);
    let captures: i64 = scene.value("SELECT count(*) FROM capture");
    let picture = scene.file("screenshot.png", b"\x89PNG what only I could see");
    scene.does(0, &["note", &post, "Seen with an account.", "--by", "Ada"]);
    scene.does(0, &["note", "article:1", "Called the paper.", "--by", "Ada"]);
    scene.does(
        0,
        &[
            "attach",
            &post,
            &picture,
            "--note",
            "Screenshot behind the login",
            "--by",
            "Bo",
        ],
    );
    assert_eq!(scene.value::<i64>("SELECT count(*) FROM capture"), captures);
    assert_eq!(
        scene.value::<String>(
            "SELECT group_concat(by || ': ' || text || coalesce(' ' || file_name, ''), '; ') FROM note"
        ),
        "Ada: Seen with an account.; Ada: Called the paper.; Bo: Screenshot behind the login screenshot.png"
    );
    let shown = scene.does(0, &["show", &post]).0;
    assert!(
        shown.contains("note by Bo: Screenshot behind the login [screenshot.png, sha256 "),
        "{shown}"
    );
    scene.is_sound();
    scene.does(0, &["export", "--all", "-o", "bundle"]);
    let digest: String = scene.value("SELECT lower(hex(b.sha256)) FROM note JOIN blob b ON b.id = body");
    let supplied = std::fs::read(scene.path(&format!("bundle/data/supplied/{digest}"))).unwrap();
    assert_eq!(supplied, b"\x89PNG what only I could see");
    let notes = std::fs::read_to_string(scene.path("bundle/data/notes.csv")).unwrap();
    assert_eq!(notes.lines().count(), 4, "{notes}");
    let report = std::fs::read_to_string(scene.path("bundle/data/report.html")).unwrap();
    for shown in [
        "Called the paper.",
        "Screenshot behind the login",
        &format!("supplied/{digest}"),
        "All captures together: <b>live</b>",
    ] {
        assert!(report.contains(shown), "{shown}");
    }
    scene.does(0, &["verify", "bundle"]);
    let item = format!("sha256:{digest}");
    scene.does(0, &["redact", &item, "--why", "Shows a private person", "--by", "Bo"]);
    scene.does(0, &["export", "--all", "-o", "without"]);
    let report = std::fs::read_to_string(scene.path("without/data/report.html")).unwrap();
    assert!(report.contains("(redacted or left out of this bundle)") && !report.contains("supplied/"));
    scene.does(0, &["verify", "without"]);
    scene.does(66, &["attach", &post, "nothing.png", "--note", "x", "--by", "Bo"]);
    scene.does(65, &["note", "https://nobody.example/", "x", "--by", "Bo"]);
    scene.does(65, &["attach", "article:1", &picture, "--note", "x", "--by", "Bo"]);
    scene.is_sound();
}

#[test]
fn a_paused_target_is_captured_by_name_only_until_it_is_resumed() {
    let (scene, _) = archived();
    let post = post_url(&scene);
    let due = "SELECT count(*) FROM recheck JOIN target t ON t.id = target WHERE t.kind = 'post'";
    assert_eq!(scene.value::<i64>(due), 1);
    scene.does(0, &["pause", &post, "--why", "The author asked us"]);
    assert_eq!(scene.value::<i64>(due), 0);
    let input = scene.path("story.html");
    scene.archives(0, &[input.to_str().unwrap(), "--again"]);
    assert_eq!(
        scene.value::<i64>("SELECT count(*) FROM capture JOIN target t ON t.id = target WHERE t.kind = 'post'"),
        2
    );
    assert_eq!(scene.value::<i64>(due), 0, "it stays paused");
    scene.does(0, &["resume", &post]);
    assert_eq!(scene.value::<i64>(due), 1);
    scene.does(0, &["resume", &post]);
    scene.is_sound();
}

#[test]
fn what_is_redacted_is_gone_and_its_digest_still_verifies() {
    let (scene, _) = archived();
    let digest: String = scene.value("SELECT sha256 FROM bodies WHERE role = 'media'");
    scene.does(
        0,
        &[
            "redact",
            &format!("sha256:{digest}"),
            "--why",
            "Court order 7",
            "--by",
            "Ada",
        ],
    );
    assert_eq!(
        scene.value::<i64>("SELECT count(*) FROM redaction WHERE why = 'Court order 7'"),
        1
    );
    scene.is_sound();
    let archive = std::fs::read(scene.archive()).unwrap();
    assert!(
        !archive.windows(9).any(|w| w == b"a picture"),
        "no trace of it stays in the file"
    );
    scene.does(
        65,
        &["redact", &format!("sha256:{digest}"), "--why", "again", "--by", "Ada"],
    );
    scene.does(64, &["redact", "post:x", "--why", "again", "--by", "Ada"]);
    scene.does(65, &["redact", "post:1", "--why", " ", "--by", "Ada"]);
}

#[test]
fn a_page_that_stands_in_the_way_is_walled_and_no_capture() {
    let scene = Scene::new();
    let walls = [
        (
            "/challenge",
            Reply::page("<title>Just a moment...</title><p>Checking your browser."),
            "challenge",
        ),
        (
            "/missing",
            Reply::page("<title>Page not found - River</title>"),
            "soft_404",
        ),
        ("/paid", Reply::redirect(302, "/login?next=/paid"), "login_page"),
        ("/2024/05/moved", Reply::redirect(301, "/"), "soft_404"),
    ];
    let mut story = String::from("<!DOCTYPE html><article>");
    for (path, reply, _) in &walls {
        scene.web.on("river.example", path, [reply.clone()]);
        story += &format!(
            "<p>The authority tells more about the river <a href='http://river.example{path}'>in its report</a> of May.</p>"
        );
    }
    scene
        .web
        .on("river.example", "/login*", [Reply::page("<title>River</title><form>")]);
    scene
        .web
        .on("river.example", "/", [Reply::page("<title>River</title><p>Welcome.")]);
    let input = scene.file("story.html", story + "</article>");
    scene.archives(0, &[&input]);
    for (path, _, wall) in walls {
        assert_eq!(
            scene.value::<String>(&format!(
                "SELECT outcome || ' ' || reason FROM captures WHERE url LIKE '%{path}'"
            )),
            format!("walled {wall}"),
            "{path}"
        );
    }
    scene.is_sound();
}

#[test]
fn words_are_found_in_articles_posts_and_notes() {
    let (scene, _) = archived();
    scene.does(0, &["note", "article:1", "Der Brücke wegen angerufen", "--by", "Bo"]);
    let found = |words: &[&str]| {
        let (lines, _) = scene.does(0, &[&["search", "--json"], words].concat());
        let kinds = lines.lines().map(|line| {
            let hit: serde_json::Value = serde_json::from_str(line).unwrap();
            format!(
                "{}: {}",
                hit["kind"].as_str().unwrap(),
                hit["text"][0].as_str().unwrap_or_default()
            )
        });
        kinds.collect::<Vec<_>>()
    };
    assert_eq!(
        found(&["mayor", "bridge was"]),
        ["article: The mayor of Orsay wrote that the bridge was standing after the flood:"]
    );
    assert_eq!(found(&["STANDING"]).len(), 2, "the article and the post");
    assert_eq!(found(&["brucke"]), ["note: Der Brücke wegen angerufen"]);
    assert_eq!(found(&["tunnel"]), Vec::<String>::new());
    scene.does(65, &["search", "…"]);
}

#[test]
fn a_search_of_much_makes_an_index_once_and_finds_the_same_with_and_without() {
    let (scene, _) = archived();
    scene.does(0, &["note", "article:1", "A heron over the weir", "--by", "Bo"]);
    let search = |words: &str| scene.does(0, &["search", words]).0;
    let before = ["heron", "standing", "tunnel"].map(search);
    let tables = "SELECT count(*) FROM sqlite_schema WHERE name LIKE 'words%'";
    assert_eq!(scene.value::<i64>(tables), 0, "little is looked through as it is");
    let archive = rusqlite::Connection::open(scene.archive()).unwrap();
    archive
        .execute_batch(
            "PRAGMA foreign_keys = OFF;
             INSERT INTO note (id, run, at, by, article, text)
             WITH RECURSIVE n (i) AS (VALUES (1) UNION ALL SELECT i + 1 FROM n WHERE i < 25000)
             SELECT 1000000 + i, 0, '2026-11-01T00:00:00.000Z', 'Cy', 1, 'remark ' || i FROM n",
        )
        .unwrap();
    drop(archive);
    assert_eq!(["heron", "standing", "tunnel"].map(search), before);
    assert!(scene.value::<i64>(tables) > 3);
    assert_eq!(["heron", "standing", "tunnel"].map(search), before);
    assert!(!scene.path("archive.db-wal").exists());
    assert_eq!(search("remark 24999").lines().count(), 2);
}
