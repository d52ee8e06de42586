//! Lists of articles that are followed: feeds and sitemaps, their new and changed articles, and what fails.

use rusqlite::Connection;
use serde_json::Value;

use crate::run::running;
use crate::scene::{POST, Scene, article, text};
use crate::web::Reply;

const FEED: &str = "http://paper.example/feed";

fn rss(items: &[(&str, &str)]) -> Reply {
    let items: String = items
        .iter()
        .map(|(path, date)| {
            format!("<item><title>x</title><link>http://paper.example{path}</link><pubDate>{date}</pubDate></item>")
        })
        .collect();
    let feed = format!("<rss version='2.0'><channel><title>Paper</title>{items}</channel></rss>");
    Reply::ok("application/rss+xml", feed)
}

const MONDAY: &str = "Mon, 06 May 2024 08:00:00 GMT";
const TUESDAY: &str = "Tue, 07 May 2024 08:00:00 GMT";

/// A paper with one story that cites a post.
fn paper() -> Scene {
    let scene = Scene::new();
    scene.has_post(POST, "ada_b", "The bridge is standing.");
    scene.web.on(
        "river.example",
        "/report",
        [Reply::page("<title>Report</title><p>Old.")],
    );
    scene.web.on("paper.example", "/a", [Reply::page(article(POST))]);
    scene.web.on(
        "paper.example",
        "/b",
        [Reply::page(
            "<title>B</title><article><p>Nothing is cited here, they say.</p></article>",
        )],
    );
    scene
}

/// `citekeep run` with every list due.
fn run(scene: &Scene, code: i32) -> Value {
    let archive = Connection::open(scene.archive()).unwrap();
    archive
        .execute_batch(
            "UPDATE follow SET due = '2020-01-01T00:00:00.000Z' WHERE due IS NOT NULL; DELETE FROM host_penalty",
        )
        .unwrap();
    drop(archive);
    let output = running(scene).arg("--json").output().unwrap();
    assert_eq!(output.status.code(), Some(code), "{output:?}");
    serde_json::from_slice(&output.stdout).unwrap()
}

fn articles(scene: &Scene) -> i64 {
    scene.value("SELECT count(*) FROM article")
}

#[test]
fn new_articles_of_a_feed_are_read_with_its_tags_and_what_they_cite_is_captured() {
    let scene = paper();
    scene.web.on("paper.example", "/feed", [rss(&[("/a", MONDAY)])]);
    scene.does(0, &["follow", FEED, "--tag", "flood"]);
    let summary = run(&scene, 0);
    assert_eq!(
        (&summary["lists"], &summary["articles"]),
        (&1.into(), &1.into()),
        "{summary}"
    );
    assert_eq!(scene.value::<String>("SELECT group_concat(name) FROM tag"), "flood");
    assert_eq!(
        scene.value::<String>("SELECT state FROM citations WHERE platform = 'x'"),
        "captured"
    );
    scene
        .web
        .on("paper.example", "/feed", [rss(&[("/b", TUESDAY), ("/a", MONDAY)])]);
    assert_eq!(run(&scene, 0)["articles"], 1, "only the new one");
    assert_eq!((articles(&scene), scene.web.asked("paper.example", "/a")), (2, 1));
    let story = scene.file(
        "other.html",
        "<title>Other</title><article><p>Nobody follows this one.</p></article>",
    );
    scene.archives(0, &[&story]);
    scene.does(0, &["export", "--follow", FEED, "-o", "followed"]);
    scene.does(0, &["verify", "followed"]);
    let rows = std::fs::read_to_string(scene.path("followed/data/articles.jsonl")).unwrap();
    assert_eq!(rows.lines().count(), 2, "{rows}");
    scene.does(
        65,
        &["export", "--follow", "http://paper.example/other", "-o", "unknown"],
    );
    // The looks are captures of the list.
    assert_eq!(
        scene.value::<i64>(&format!("SELECT count(*) FROM captures WHERE url = '{FEED}'")),
        2
    );
    let told = scene.does(0, &["changes", "--json"]).0;
    assert_eq!(
        told, "",
        "a list that names another article is no change of something cited"
    );
    scene.is_sound();
}

#[test]
fn the_articles_of_a_list_are_read_and_a_bad_line_costs_only_itself() {
    let scene = paper();
    let list = scene.file(
        "articles.csv",
        "title,url\nA,http://paper.example/a\nB,nowhere\nC,http://paper.example/b\n",
    );
    let output = scene.run(&["--list", &list, "-q"]);
    assert_eq!(output.status.code(), Some(65), "{output:?}");
    assert!(
        text(&output.stderr).contains("articles.csv, line 3: `nowhere` is no address"),
        "{output:?}"
    );
    assert_eq!(articles(&scene), 2);
    let good = scene.file("articles.txt", "# ours\nhttp://paper.example/b\n");
    scene.archives(0, &["--list", &good]);
    scene.archives(66, &["--list", "missing.txt"]);
    scene.is_sound();
}

#[test]
fn the_posts_of_an_auto_archiver_table_are_captured_by_themselves() {
    let scene = Scene::new();
    scene.has_post(POST, "ada_b", "The bridge is standing.");
    let list = scene.file(
        "sheet.csv",
        format!("Link,Archive Status,Archive Location\nhttps://twitter.com/ada_b/status/{POST},twitter: success,s3://ours/1\n,,\n"),
    );
    let output = scene.run(&["--target-list", &list, "-q"]);
    assert!(text(&output.stderr).contains("sheet.csv, line 3"), "{output:?}");
    assert_eq!(
        scene.value::<String>("SELECT native_id || ' ' || text FROM posts"),
        format!("{POST} The bridge is standing.")
    );
    assert_eq!(articles(&scene), 0);
    scene.is_sound();
}

#[test]
fn the_headlines_of_a_page_are_its_articles_where_that_is_said_and_a_page_without_them_is_told() {
    let scene = paper();
    scene.web.on(
        "paper.example",
        "/c",
        [Reply::page(
            "<title>C</title><article><p>Nothing is cited here either.</p></article>",
        )],
    );
    let page = "http://paper.example/city/";
    let front = |paths: &[&str]| {
        let headlines: String = paths
            .iter()
            .map(|path| format!("<h2><a href='{path}'>What happened at {path} today</a></h2>"))
            .collect();
        Reply::page(format!(
            "<nav><a href='/d'>Another part of the paper</a></nav><main>{headlines}</main>"
        ))
    };
    scene.web.on("paper.example", "/city/", [front(&["/a", "/b", "/c"])]);
    scene.does(0, &["follow", page]);
    assert_eq!(run(&scene, 3)["lists_failed"], 1, "it is no feed");
    scene.does(0, &["follow", page, "--page", "--max-articles", "2", "--tag", "flood"]);
    assert_eq!(run(&scene, 0)["articles"], 2);
    assert_eq!(
        (run(&scene, 0)["articles"].clone(), articles(&scene)),
        (1.into(), 3),
        "the third waited"
    );
    assert_eq!(scene.web.asked("paper.example", "/d"), 0);
    let follows: Value = serde_json::from_str(&scene.does(0, &["follows", "--json"]).0).unwrap();
    assert_eq!((&follows["page"], &follows["entries"]), (&true.into(), &3.into()));
    scene.web.on(
        "paper.example",
        "/city/",
        [Reply::page("<h1>We will be back soon</h1>")],
    );
    assert_eq!(run(&scene, 3)["lists_failed"], 1);
    scene.is_sound();
}

#[test]
fn an_article_that_the_feed_says_was_changed_is_read_again() {
    let scene = paper();
    scene.web.on("paper.example", "/feed", [rss(&[("/b", MONDAY)])]);
    scene.does(0, &["follow", FEED]);
    run(&scene, 0);
    scene.web.on("paper.example", "/feed", [rss(&[("/b", TUESDAY)])]);
    scene.web.on(
        "paper.example",
        "/b",
        [Reply::page(
            "<title>B</title><article><p>Something else is said here now.</p></article>",
        )],
    );
    assert_eq!(run(&scene, 0)["articles"], 1);
    assert_eq!(run(&scene, 0)["articles"], 0);
    assert_eq!(scene.value::<i64>("SELECT count(*) FROM reading"), 2);
    assert_eq!(articles(&scene), 1);
    scene.is_sound();
}

#[test]
fn a_list_that_did_not_change_is_asked_for_by_its_validator_and_nothing_is_read() {
    let scene = paper();
    let first = rss(&[("/b", MONDAY)])
        .with("etag", "\"one\"")
        .with("last-modified", MONDAY);
    scene.web.on("paper.example", "/feed", [first, Reply::status(304)]);
    scene.does(0, &["follow", FEED]);
    run(&scene, 0);
    let summary = run(&scene, 0);
    assert_eq!((&summary["lists"], &summary["lists_failed"]), (&1.into(), &0.into()));
    let asked = scene
        .web
        .log()
        .into_iter()
        .rfind(|asked| asked.path == "/feed")
        .unwrap();
    let header = |name: &str| asked.headers.iter().find(|(n, _)| n == name).map(|(_, v)| v.as_str());
    assert_eq!(
        (header("if-none-match"), header("if-modified-since")),
        (Some("\"one\""), Some(MONDAY))
    );
    assert_eq!(
        scene.value::<String>(&format!(
            "SELECT outcome || ' ' || reason FROM captures WHERE url = '{FEED}' ORDER BY capture DESC LIMIT 1"
        )),
        "captured not_modified"
    );
    scene.is_sound();
}

#[test]
fn what_waits_of_a_list_is_read_when_it_did_not_change_and_when_it_names_it_no_more() {
    let scene = paper();
    let named = rss(&[("/late", MONDAY), ("/a", MONDAY), ("/b", MONDAY)]).with("etag", "\"one\"");
    let other = rss(&[("/c", TUESDAY)]);
    scene
        .web
        .on("paper.example", "/feed", [named, Reply::status(304), other]);
    scene.does(0, &["follow", FEED, "--max-articles", "2", "--tag", "flood"]);
    let listed = || scene.does(0, &["follows"]).0;
    assert!(listed().contains("never looked at"), "{}", listed());
    let summary = run(&scene, 3);
    assert!(
        listed().ends_with(", tag flood, at most 2 articles a look\n"),
        "{}",
        listed()
    );
    assert_eq!(
        (&summary["articles"], &summary["articles_unread"]),
        (&1.into(), &1.into()),
        "{summary}"
    );
    // The list says that it is the same: what failed and what was left for later is had now.
    let summary = run(&scene, 3);
    assert_eq!(summary["articles"], 1, "{summary}");
    assert_eq!(scene.web.asked("paper.example", "/b"), 1);
    let page = "<title>Late</title><article><p>This one came late, as its paper says.</p></article>";
    scene.web.on("paper.example", "/late", [Reply::page(page)]);
    let page = "<title>C</title><article><p>This is the third one, and it is short.</p></article>";
    scene.web.on("paper.example", "/c", [Reply::page(page)]);
    assert_eq!(
        run(&scene, 0)["articles"],
        2,
        "what it names now, and what it named before"
    );
    assert_eq!(articles(&scene), 4);
    scene.is_sound();
}

#[test]
fn a_list_that_says_of_everything_that_it_was_changed_keeps_nothing_from_its_turn() {
    let scene = paper();
    let names = ["/one", "/two", "/three", "/four"];
    for name in names {
        let page =
            format!("<title>{name}</title><article><p>This is what stands at {name} of the paper.</p></article>");
        scene.web.on("paper.example", name, [Reply::page(page)]);
    }
    scene.does(0, &["follow", "http://paper.example/map", "--max-articles", "2"]);
    for (look, asked) in [[1, 1, 0, 0], [1, 1, 1, 1], [2, 2, 1, 1], [2, 2, 2, 2]]
        .into_iter()
        .enumerate()
    {
        let urls: String = names
            .iter()
            .map(|name| format!("<url><loc>{name}</loc><lastmod>2024-05-01T00:00:0{look}Z</lastmod></url>"))
            .collect();
        let map = Reply::ok("text/xml", format!("<urlset>{urls}</urlset>"));
        scene.web.on("paper.example", "/map", [map]);
        assert_eq!(run(&scene, 0)["articles"], 2);
        assert_eq!(
            names.map(|name| scene.web.asked("paper.example", name)),
            asked,
            "look {look}"
        );
    }
    // What is new comes before what waits.
    let map = "<urlset><url><loc>/one</loc><lastmod>2024-06-01</lastmod></url><url><loc>/two</loc><lastmod>2024-06-01</lastmod></url>\
               <url><loc>/three</loc><lastmod>2024-06-01</lastmod></url><url><loc>/b</loc></url></urlset>";
    scene.web.on("paper.example", "/map", [Reply::ok("text/xml", map)]);
    run(&scene, 0);
    assert_eq!(scene.web.asked("paper.example", "/b"), 1);
    scene.is_sound();
}

#[test]
fn an_index_that_did_not_change_still_leads_to_its_sitemaps_and_a_broken_one_is_told() {
    let scene = paper();
    let index =
        "<sitemapindex><sitemap><loc>/news.xml</loc></sitemap><sitemap><loc>/none.xml</loc></sitemap></sitemapindex>";
    let index = Reply::ok("text/xml", index).with("etag", "\"index\"");
    scene.web.on("paper.example", "/index.xml", [index, Reply::status(304)]);
    let sitemap = |urls: &str, tag: &str| Reply::ok("text/xml", format!("<urlset>{urls}</urlset>")).with("etag", tag);
    let a = "<url><loc>/a</loc></url>";
    let b = "<url><loc>/b</loc></url>";
    let states = [
        sitemap(a, "\"1\""),
        sitemap(&format!("{b}{a}"), "\"2\""),
        Reply::status(304),
    ];
    scene.web.on("paper.example", "/news.xml", states);
    scene.does(0, &["follow", "http://paper.example/index.xml"]);
    let summary = run(&scene, 3);
    assert_eq!(
        (&summary["lists"], &summary["lists_failed"], &summary["articles"]),
        (&3.into(), &1.into(), &1.into()),
        "{summary}"
    );
    let told = summary["warnings"][0].as_str().unwrap();
    assert!(told.starts_with("http://paper.example/none.xml: "), "{told}");
    let empty = Reply::ok("text/xml", "<urlset></urlset>");
    scene.web.on("paper.example", "/none.xml", [empty]);
    assert_eq!(run(&scene, 0)["articles"], 1);
    run(&scene, 0);
    let asked = scene.web.sent("paper.example", "/news.xml", "if-none-match");
    let tags: Vec<_> = asked.iter().map(Option::as_deref).collect();
    assert_eq!(tags, [None, Some("\"1\""), Some("\"2\"")]);
    assert_eq!(articles(&scene), 2);
    scene.is_sound();
}

#[test]
fn a_list_that_is_none_is_told_also_when_it_did_not_change() {
    let scene = paper();
    let page = Reply::page("<p>No feed here").with("etag", "\"page\"");
    scene.web.on("paper.example", "/feed", [page, Reply::status(304)]);
    scene.does(0, &["follow", FEED]);
    for _ in 0..2 {
        assert_eq!(run(&scene, 3)["lists_failed"], 1);
    }
    scene.is_sound();
}

#[test]
fn only_new_takes_what_is_there_as_read_and_an_unfollowed_list_is_left_alone() {
    let scene = paper();
    scene.web.on("paper.example", "/feed", [rss(&[("/a", MONDAY)])]);
    scene.does(0, &["follow", FEED, "--only-new", "--every", "600"]);
    assert_eq!(run(&scene, 0)["articles"], 0);
    scene
        .web
        .on("paper.example", "/feed", [rss(&[("/b", TUESDAY), ("/a", MONDAY)])]);
    assert_eq!(run(&scene, 0)["articles"], 1);
    let listed: Value = serde_json::from_str(&scene.does(0, &["follows", "--json"]).0).unwrap();
    assert_eq!(
        (&listed["entries"], &listed["every"], &listed["waiting"]),
        (&2.into(), &600.into(), &0.into())
    );
    scene.does(0, &["unfollow", FEED]);
    scene.does(65, &["unfollow", FEED]);
    let asked = scene.web.asked("paper.example", "/feed");
    assert_eq!(run(&scene, 0)["lists"], 0);
    assert_eq!(scene.web.asked("paper.example", "/feed"), asked);
    scene.is_sound();
}

#[test]
fn what_fails_is_told_tried_again_and_loses_nothing_of_the_rest() {
    let scene = paper();
    scene
        .web
        .on("paper.example", "/feed", [rss(&[("/missing", MONDAY), ("/b", MONDAY)])]);
    scene
        .web
        .on("broken.example", "/feed", [Reply::page("<p>No feed here")]);
    scene.does(0, &["follow", FEED, "http://broken.example/feed"]);
    let summary = run(&scene, 3);
    assert_eq!(
        (&summary["lists"], &summary["lists_failed"]),
        (&2.into(), &1.into()),
        "{summary}"
    );
    assert_eq!(
        (&summary["articles"], &summary["articles_unread"]),
        (&1.into(), &1.into()),
        "{summary}"
    );
    scene.web.on("paper.example", "/missing", [Reply::page(article(POST))]);
    scene.web.on("broken.example", "/feed", [rss(&[])]);
    let summary = run(&scene, 0);
    assert_eq!(
        (&summary["articles"], &summary["lists_failed"]),
        (&1.into(), &0.into()),
        "{summary}"
    );
    scene.is_sound();
}

#[test]
fn sitemaps_of_an_index_and_feeds_of_an_opml_file_are_followed() {
    let scene = paper();
    let sitemap = "<urlset><url><loc>http://paper.example/b</loc><lastmod>2024-05-06</lastmod></url></urlset>";
    scene.web.on(
        "paper.example",
        "/index.xml",
        [Reply::ok("text/xml", "<sitemapindex><sitemap><loc>/news.xml</loc></sitemap><sitemap><loc>/none.xml</loc></sitemap></sitemapindex>")],
    );
    scene
        .web
        .on("paper.example", "/news.xml", [Reply::ok("text/xml", sitemap)]);
    let opml = scene.file(
        "papers.opml",
        "<opml version='2.0'><body><outline text='P' xmlUrl='http://paper.example/index.xml'/></body></opml>",
    );
    scene.does(0, &["follow", &opml]);
    assert_eq!(run(&scene, 3)["articles"], 1, "one of its sitemaps is not there");
    assert_eq!(articles(&scene), 1);
    let empty = scene.file("empty.opml", "<opml version='2.0'><body/></opml>");
    scene.does(65, &["follow", &empty]);
    scene.does(66, &["follow", "missing.opml"]);
    scene.is_sound();
}

#[test]
fn a_fetched_article_is_read_again_when_it_is_due_until_it_is_paused() {
    let scene = paper();
    scene.archives(0, &["http://paper.example/b"]);
    let run_all = |code: i32| {
        let archive = Connection::open(scene.archive()).unwrap();
        archive
            .execute(
                "UPDATE reread SET due = '2020-01-01T00:00:00.000Z' WHERE due IS NOT NULL",
                [],
            )
            .unwrap();
        drop(archive);
        run(&scene, code)
    };
    assert_eq!(run(&scene, 0)["articles_again"], 0, "not due yet");
    assert_eq!(run_all(0)["articles_again"], 1);
    assert_eq!(scene.value::<i64>("SELECT count(*) FROM reading"), 1, "it is as it was");
    scene.web.on("paper.example", "/b", [Reply::page(article(POST))]);
    let summary = run_all(0);
    assert_eq!(
        (&summary["articles_again"], &summary["changes"]["revised"]),
        (&1.into(), &1.into()),
        "{summary}"
    );
    assert_eq!(
        scene.value::<String>("SELECT state FROM citations WHERE platform = 'x'"),
        "captured"
    );
    scene.web.on("paper.example", "/b", [Reply::status(404)]);
    let summary = run_all(3);
    assert_eq!(summary["articles_unread"], 1, "{summary}");
    assert_eq!(
        scene.value::<String>("SELECT outcome FROM captures WHERE url = 'http://paper.example/b'"),
        "not_found",
        "that it is gone is kept"
    );
    scene.does(0, &["pause", "article:1"]);
    assert_eq!(run_all(0)["articles_again"], 0);
    scene.does(0, &["resume", "article:1"]);
    assert_eq!(run(&scene, 3)["articles_again"], 1);
    scene.is_sound();
}

#[test]
fn the_articles_of_a_list_are_captured_as_often_as_it_is_said_of_the_list() {
    let scene = paper();
    scene.web.on("paper.example", "/feed", [rss(&[("/a", MONDAY)])]);
    scene.does(0, &["follow", FEED, "--schedule", "1d:2h 30d"]);
    let listed = scene.does(0, &["follows", "--json"]).0;
    assert!(listed.contains("\"curve\":\"1d:2h 30d\""), "{listed}");
    run(&scene, 0);
    let hours = |table: &str| -> String {
        scene.value(&format!(
            "SELECT group_concat(DISTINCT CAST(round((julianday(due) - julianday('now')) * 24) AS INTEGER)) FROM {table}"
        ))
    };
    assert_eq!((hours("recheck"), hours("reread")), ("2".to_owned(), "2".to_owned()));
    // What a person says of one article stays, though the list names it again.
    scene.does(0, &["schedule", "article:1", "5h"]);
    scene.web.on("paper.example", "/feed", [rss(&[("/a", TUESDAY)])]);
    run(&scene, 0);
    assert_eq!(hours("reread"), "5");
    assert_eq!(scene.value::<String>("SELECT group_concat(curve) FROM schedule"), "5h");
    scene.does(64, &["follow", FEED, "--schedule", "often"]);
}
