//! Linked pages: the files that they show.

use crate::scene::{Scene, text};
use crate::web::Reply;

const PAGE: &str = "<!doctype html><title>The weir of Lindow</title>
    <link rel=stylesheet href=/main.css><link rel=icon href=/icon.png>
    <h1>The weir of Lindow</h1><p>It was built in 1911, and again after the flood of 1953.</p>
    <img src=weir.png srcset='weir-640.png 640w, weir-1280.png 1280w'><script src=/never.js></script>";

/// A page of a site, its files, and a file that cites it.
fn cited() -> (Scene, String) {
    let scene = Scene::new();
    let picture = || Reply::ok("image/png", b"\x89PNG of our own".as_slice());
    scene.web.on("weir.test", "/history/lindow", [Reply::page(PAGE)]);
    scene.web.on(
        "weir.test",
        "/main.css",
        [Reply::ok(
            "text/css",
            "@import 'more.css'; body { background: url(paper.png) }",
        )],
    );
    scene.web.on(
        "weir.test",
        "/more.css",
        [Reply::ok(
            "text/css",
            "@font-face { font-family: W; src: url(http://fonts.test/w.woff2) }",
        )],
    );
    scene
        .web
        .on("fonts.test", "/w.woff2", [Reply::ok("font/woff2", "wOF2")]);
    for path in ["/paper.png", "/icon.png", "/history/weir-1280.png", "/history/weir.png"] {
        scene.web.on("weir.test", path, [picture()]);
    }
    let story = scene.file(
        "story.html",
        "<!doctype html><article><p>The weir is <a href='http://weir.test/history/lindow'>older than that</a>.</p></article>",
    );
    (scene, story)
}

/// The kept files of the one page, `kind path outcome reason`, in the order in which they were asked for.
fn kept(scene: &Scene) -> Vec<String> {
    let lines: String = scene.value(
        "SELECT coalesce(group_concat(line, char(10)), '') FROM (SELECT kind || ' ' || substr(url, instr(url, '.test') + 5) || ' '
             || outcome || ' ' || reason AS line FROM post_media ORDER BY position)",
    );
    lines.lines().map(str::to_owned).collect()
}

#[test]
fn a_linked_page_is_kept_with_what_it_shows_and_goes_out_in_the_web_archive() {
    let (scene, story) = cited();
    scene.archives(0, &[&story, "--set", "requisites.count=60"]);
    assert_eq!(
        kept(&scene),
        [
            "style /main.css captured http_200",
            "style /more.css captured http_200",
            "image /history/weir-1280.png captured http_200",
            "image /history/weir.png captured http_200",
            "font /w.woff2 captured http_200",
            "image /paper.png captured http_200",
            "icon /icon.png captured http_200",
        ]
    );
    assert_eq!(scene.web.asked("weir.test", "/never.js"), 0);
    // Four equal pictures are one body.
    let bodies: i64 = scene.value(
        "SELECT count(DISTINCT body) FROM exchange WHERE media IS NOT NULL AND purpose = 'page' AND status = 200",
    );
    assert_eq!(bodies, 4);
    scene.is_sound();
    let output = scene.bare().args(["export", "--all", "-o", "bundle"]).output().unwrap();
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    let output = scene.bare().args(["verify", "bundle"]).output().unwrap();
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
}

#[test]
fn files_beyond_the_bounds_are_named_and_not_asked_for() {
    let (scene, story) = cited();
    scene.archives(0, &[&story, "--set", "requisites.count=2"]);
    assert_eq!(
        kept(&scene),
        [
            "style /main.css captured http_200",
            "style /more.css captured http_200",
            "image /history/weir-1280.png refused over_count",
            "image /history/weir.png refused over_count",
            "font /w.woff2 refused over_count",
            "image /paper.png refused over_count",
            "icon /icon.png refused over_count",
        ]
    );
    assert_eq!(scene.web.asked("weir.test", "/icon.png"), 0);
    let detail: String = scene.value("SELECT detail FROM answer");
    assert_eq!(detail, "5 files of the page were left out");
    scene.is_sound();
}

#[test]
fn a_page_is_kept_alone_where_no_files_are_wanted() {
    let (scene, story) = cited();
    scene.archives(0, &[&story, "--set", "pace.delay=0"]);
    assert_eq!(kept(&scene), <[&str; 0]>::default());
    assert_eq!(scene.web.asked("weir.test", "/main.css"), 0);
    scene.is_sound();
}

#[test]
fn a_file_that_cannot_be_had_costs_the_page_nothing() {
    let (scene, story) = cited();
    scene.web.on("weir.test", "/main.css", [Reply::status(404)]);
    scene.web.on(
        "weir.test",
        "/icon.png",
        [Reply::page("<!doctype html><title>No icon here</title>")],
    );
    scene.archives(0, &[&story, "--set", "requisites.count=60"]);
    let kept = kept(&scene);
    assert_eq!(kept[0], "style /main.css not_found http_404");
    assert_eq!(kept.last().unwrap(), "icon /icon.png walled html_instead_of_media");
    let outcome: String = scene.value("SELECT outcome FROM capture");
    assert_eq!(outcome, "captured");
    scene.is_sound();
}

#[test]
fn a_page_that_its_server_does_not_give_is_looked_for_in_the_web_archive_and_stays_gone() {
    let (scene, story) = cited();
    scene.web.on("weir.test", "/history/lindow", [Reply::status(404)]);
    let index = "/cdx?url=http%3A%2F%2Fweir.test%2Fhistory%2Flindow&output=json&fl=timestamp,original,mimetype,statuscode\
                 &filter=statuscode:200&limit=-1";
    let rows = r#"[["timestamp","original","mimetype","statuscode"],["20230405060708","http://weir.test/history/lindow","text/html","200"]]"#;
    scene.web.on("index.test", index, [Reply::json(rows)]);
    scene.web.on(
        "playback.test",
        "/web/20230405060708id_/http://weir.test/history/lindow",
        [Reply::page(PAGE).with("memento-datetime", "Wed, 05 Apr 2023 06:07:08 GMT")],
    );
    scene.archives(0, &[&story, "--set", "requisites.count=60"]);
    let answers: String = scene.value(
        "SELECT group_concat(line, '; ') FROM (SELECT source || ' ' || outcome || coalesce(' ' || detail, '') AS line FROM answer ORDER BY ordinal)",
    );
    assert_eq!(
        answers,
        "web not_found; wayback captured as archived at 2023-04-05T06:07:08Z"
    );
    let said: String = scene.value("SELECT outcome || ' ' || source FROM capture");
    assert_eq!(said, "captured wayback");
    scene.archives(0, &[&story, "--again", "--set", "requisites.count=60"]);
    let state: String = scene.value("SELECT state FROM verdict ORDER BY id DESC LIMIT 1");
    assert_eq!(state, "gone");
    scene.is_sound();
}

#[test]
fn the_web_archive_is_not_told_of_a_page_that_was_not_asked_for() {
    let (scene, story) = cited();
    scene.web.on(
        "weir.test",
        "/robots.txt",
        [Reply::ok("text/plain", "User-agent: *\nDisallow: /")],
    );
    scene.archives(0, &[&story, "--set", "requisites.count=60"]);
    let asked = scene
        .web
        .log()
        .iter()
        .filter(|asked| asked.host == "index.test")
        .count();
    assert_eq!(asked, 0);
}

#[test]
fn the_words_of_linked_pages_are_found() {
    let (scene, story) = cited();
    scene.archives(0, &[&story, "--set", "requisites.count=60"]);
    let output = scene
        .bare()
        .args(["search", "--json", "flood of 1953"])
        .output()
        .unwrap();
    let hit: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(hit["kind"], "page");
    assert_eq!(hit["by"], "The weir of Lindow");
    assert_eq!(
        hit["text"][0],
        "It was built in 1911, and again after the flood of 1953."
    );
}

const REPORT: &str = r#"<!doctype html><html lang=en><head><title>Report - River Office</title><link rel=canonical href=/reports/7>
    <script type="application/ld+json">{"@type":"NewsArticle","headline":"The weir report","author":{"name":"Ida Weir"},
    "datePublished":"2024-04-30"}</script></head><body><nav><a href=/>Home</a></nav><article><h1>The weir report</h1>
    <p>The weir is older than anybody in the office had thought it was.</p><p>It will be mended in the spring of next year.</p></article>"#;

/// A page with all that it may say of itself, captured.
fn captured() -> Scene {
    let scene = Scene::new();
    scene.web.on("river.test", "/r", [Reply::page(REPORT)]);
    let story = scene.file(
        "story.html",
        "<!doctype html><article><p>The weir is old, says <a href='http://river.test/r'>the report</a> of the office.</p></article>",
    );
    scene.archives(0, &[&story]);
    scene.is_sound();
    scene
}

#[test]
fn what_a_page_says_of_itself_stands_in_sql_in_show_and_in_a_bundle() {
    let scene = captured();
    assert_eq!(
        scene.value::<String>("SELECT title || '|' || byline || '|' || published || '|' || canonical || '|' || language || '|' || text FROM pages"),
        "The weir report|Ida Weir|2024-04-30|http://river.test/reports/7|en|The weir report\n\
         The weir is older than anybody in the office had thought it was.\nIt will be mended in the spring of next year."
    );
    let shown = scene.does(0, &["show", "http://river.test/r"]).0;
    for line in [
        "title: The weir report",
        "author: Ida Weir",
        "published: 2024-04-30",
        "canonical: http://river.test/reports/7",
    ] {
        assert!(shown.contains(line), "{shown}");
    }
    assert!(scene.does(0, &["show", "1"]).0.contains("title: The weir report"));
    let lines = scene.does(0, &["show", "--json", "http://river.test/r"]).0;
    assert!(
        lines
            .lines()
            .any(|line| line.starts_with(r#"{"page":{"#) && line.contains("Ida Weir")),
        "{lines}"
    );

    // The same bytes are not read again, other ones are.
    scene.archives(0, &["--target", "http://river.test/r", "--again"]);
    assert_eq!(scene.value::<i64>("SELECT count(*) FROM page"), 1);
    scene
        .web
        .on("river.test", "/r", [Reply::page(REPORT.replace("spring", "autumn"))]);
    scene.archives(0, &["--target", "http://river.test/r", "--again"]);
    assert_eq!(scene.value::<i64>("SELECT count(*) FROM page"), 2);
    assert!(scene.value::<String>("SELECT text FROM pages").contains("autumn"));

    scene.does(0, &["export", "--all", "-o", "bundle"]);
    scene.does(0, &["verify", "bundle"]);
    let bundle = |name: &str| std::fs::read_to_string(scene.path("bundle/data").join(name)).unwrap();
    assert_eq!(bundle("pages.jsonl").lines().count(), 2);
    let report = bundle("report.html");
    assert!(
        report.contains("The weir report") && report.contains("Ida Weir"),
        "{report}"
    );
}

#[test]
fn what_a_page_says_of_itself_is_read_again_by_reparse_and_goes_with_its_redacted_bytes() {
    let scene = captured();
    // A reader of an earlier program read less.
    let connection = rusqlite::Connection::open(scene.archive()).unwrap();
    connection
        .execute_batch(
            "DROP TRIGGER page_no_update; UPDATE page SET byline = NULL, byline_source = NULL, reader = 'older'",
        )
        .unwrap();
    drop(connection);
    let told: serde_json::Value = serde_json::from_str(&scene.does(0, &["reparse", "--json"]).0).unwrap();
    assert_eq!((&told["pages"], &told["pages_added"]), (&1.into(), &1.into()), "{told}");
    assert_eq!(scene.value::<String>("SELECT byline FROM pages"), "Ida Weir");
    let told: serde_json::Value = serde_json::from_str(&scene.does(0, &["reparse", "--json"]).0).unwrap();
    assert_eq!(told["pages_added"], 0, "{told}");
    assert_eq!(scene.value::<i64>("SELECT count(*) FROM page"), 2);

    let digest: String = scene.value("SELECT b.sha256 FROM bodies b JOIN page p ON p.exchange = b.exchange");
    scene.does(
        0,
        &[
            "redact",
            &format!("sha256:{digest}"),
            "--why",
            "Court order 8",
            "--by",
            "Ada",
        ],
    );
    assert_eq!(scene.value::<i64>("SELECT count(*) FROM page"), 0);
    scene.does(0, &["reparse"]);
    assert_eq!(scene.value::<i64>("SELECT count(*) FROM page"), 0);
    let bytes = std::fs::read(scene.archive()).unwrap();
    assert!(!bytes.windows(8).any(|window| window == b"Ida Weir"));
}

#[test]
fn of_many_pages_the_next_run_reads_what_they_say_of_themselves() {
    let scene = Scene::new();
    let input = crate::run::story_of(&scene, 101);
    scene.archives(0, &[&input]);
    assert_eq!(scene.value::<i64>("SELECT count(*) FROM page"), 0);
    let output = crate::run::running(&scene).output().unwrap();
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    assert_eq!(scene.value::<i64>("SELECT count(*) FROM page"), 101);
    scene.is_sound();
}
