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
    scene.archives(0, &[&story]);
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
    scene.archives(0, &[&story, "--set", "requisites.count=0"]);
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
    scene.archives(0, &[&story]);
    let kept = kept(&scene);
    assert_eq!(kept[0], "style /main.css not_found http_404");
    assert_eq!(kept.last().unwrap(), "icon /icon.png walled html_instead_of_media");
    let outcome: String = scene.value("SELECT outcome FROM capture");
    assert_eq!(outcome, "captured");
    scene.is_sound();
}
