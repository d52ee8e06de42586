//! The context of cited posts: what they quote, answer or repeat, and their authors' own threads.

use std::fs;

use rusqlite::Connection;

use crate::run::running;
use crate::scene::{POST, Scene, article, text};
use crate::web::Reply;

const QUOTED: &str = "1785500000000000001";
const PARENT: &str = "1785500000000000002";
const ABOVE: &str = "1785500000000000003";
const FURTHER: &str = "1785500000000000004";

/// Lets X's syndication answer with a post of `handle` that names others by further members of its JSON.
fn has(scene: &Scene, id: &str, handle: &str, words: &str, more: &str) {
    let body = format!(
        r#"{{"__typename":"Tweet","id_str":"{id}","created_at":"2024-05-01T10:00:00.000Z","text":"{words}",
        "user":{{"id_str":"7{handle}","name":"Name of {handle}","screen_name":"{handle}"}},"edit_control":{{"edit_tweet_ids":["{id}"]}}{more}}}"#
    );
    scene.syndication(id, Reply::json(body));
}

fn quoting(id: &str, handle: &str) -> String {
    format!(
        r#","quoted_tweet":{{"__typename":"Tweet","id_str":"{id}","text":"Quoted words","user":{{"id_str":"7{handle}","screen_name":"{handle}"}}}}"#
    )
}

fn answering(id: &str, handle: &str) -> String {
    format!(
        r#","in_reply_to_status_id_str":"{id}","in_reply_to_user_id_str":"7{handle}","in_reply_to_screen_name":"{handle}""#
    )
}

/// An archived article that cites a post which quotes one and answers another, which answers a third, and so on.
fn archived(settings: &[&str]) -> Scene {
    let scene = Scene::new();
    has(
        &scene,
        POST,
        "ada_b",
        "The bridge is standing.",
        &(quoting(QUOTED, "bob") + &answering(PARENT, "cleo")),
    );
    has(&scene, QUOTED, "bob", "Is it standing?", "");
    has(&scene, PARENT, "cleo", "What of the bridge?", &answering(ABOVE, "dan"));
    has(&scene, ABOVE, "dan", "The water rises.", &answering(FURTHER, "eve"));
    has(&scene, FURTHER, "eve", "Rain.", "");
    scene.file("story.html", article(POST));
    let mut arguments = vec!["story.html", "--url", "http://news.example/bridge"];
    for setting in settings {
        arguments.extend(["--set", setting]);
    }
    scene.archives(0, &arguments);
    scene
}

/// What belongs to what, as the archive has it.
fn ties(scene: &Scene) -> String {
    scene.value(
        "SELECT coalesce(group_concat(line, char(10)), '') FROM (
           SELECT replace(o.url, rtrim(o.url, '0123456789'), '') || ' ' || x.relation || ' ' || t.native_id || ' ' || x.depth AS line
           FROM context x JOIN capture c ON c.id = x.capture JOIN target o ON o.id = c.target JOIN target t ON t.id = x.target
           ORDER BY x.depth, x.capture, x.ordinal)",
    )
}

fn captures(scene: &Scene, id: &str) -> i64 {
    scene.value(&format!(
        "SELECT count(*) FROM capture c JOIN target t ON t.id = c.target WHERE t.native_id = '{id}'"
    ))
}

#[test]
fn what_a_cited_post_quotes_and_answers_is_captured_with_it_two_steps_far() {
    let scene = archived(&[]);
    assert_eq!(
        ties(&scene),
        format!("{POST} quotes {QUOTED} 1\n{POST} replies_to {PARENT} 1\n{PARENT} replies_to {ABOVE} 2")
    );
    for (id, times) in [(POST, 1), (QUOTED, 1), (PARENT, 1), (ABOVE, 1), (FURTHER, 0)] {
        assert_eq!(captures(&scene, id), times, "{id}");
    }
    let known: i64 = scene.value("SELECT count(*) FROM target WHERE kind = 'post'");
    assert_eq!(known, 4, "what is further away is only named");
    assert_eq!(
        scene.value::<String>("SELECT post_text || ' ' || state FROM contexts WHERE relation = 'quotes'"),
        "Is it standing? captured"
    );
    scene.is_sound();
    let shown = scene
        .bare()
        .args(["show", "http://news.example/bridge"])
        .output()
        .unwrap();
    let shown = text(&shown.stdout);
    for line in [
        &format!("└ quotes https://x.com/bob/status/{QUOTED}: captured from x.syndication (post)")[..],
        &format!("└ answers https://x.com/cleo/status/{PARENT}: captured"),
        &format!("└ https://x.com/cleo/status/{PARENT} answers https://x.com/dan/status/{ABOVE}: captured"),
        "1 captured",
    ] {
        assert!(shown.contains(line), "{line}\n{shown}");
    }
    let shown = scene
        .bare()
        .args(["show", "--json", &format!("https://x.com/ada_b/status/{POST}")])
        .output()
        .unwrap();
    let target: serde_json::Value = serde_json::from_str(text(&shown.stdout).lines().next().unwrap()).unwrap();
    assert_eq!(target["context"][0]["relation"], "quotes");
    assert_eq!(target["context"][2]["of"], target["context"][1]["target"]);
    assert_eq!(target["context"][2]["post_text"], "The water rises.");
}

#[test]
fn the_parts_of_an_authors_own_thread_above_a_cited_one_are_one_step_away_and_still_bounded_in_number() {
    for (posts, captured) in [(20, 6), (3, 4)] {
        let scene = Scene::new();
        let ids = [POST, "1785500000000000005", ABOVE, PARENT, QUOTED, FURTHER];
        for (number, id) in ids.iter().enumerate() {
            let above = ids.get(number + 1).map(|above| answering(above, "ada_b"));
            has(
                &scene,
                id,
                "ada_b",
                &format!("Part {number}"),
                &above.unwrap_or_default(),
            );
        }
        let input = scene.file("story.html", article(POST));
        let posts = format!("context.posts={posts}");
        scene.archives(0, &["--set", "context.depth=1", "--set", &posts, &input]);
        let all: i64 =
            scene.value("SELECT count(*) FROM capture c JOIN target t ON t.id = c.target WHERE t.kind = 'post'");
        assert_eq!(all, captured);
        assert_eq!(
            scene.value::<String>("SELECT group_concat(DISTINCT relation || ' ' || depth) FROM context"),
            "thread 1"
        );
        scene.is_sound();
    }
}

#[test]
fn the_settings_bound_how_far_and_how_many() {
    for (settings, expected) in [
        (&["context.depth=0"][..], String::new()),
        (&["context.posts=0"], String::new()),
        (&["context.posts=1"], format!("{POST} quotes {QUOTED} 1")),
        (
            &["context.depth=1"],
            format!("{POST} quotes {QUOTED} 1\n{POST} replies_to {PARENT} 1"),
        ),
        (
            &["context.depth=3"],
            format!(
                "{POST} quotes {QUOTED} 1\n{POST} replies_to {PARENT} 1\n{PARENT} replies_to {ABOVE} 2\n{ABOVE} replies_to {FURTHER} 3"
            ),
        ),
    ] {
        let scene = archived(settings);
        assert_eq!(ties(&scene), expected, "{settings:?}");
        let captured: i64 =
            scene.value("SELECT count(*) FROM capture c JOIN target t ON t.id = c.target WHERE t.kind = 'post'");
        assert_eq!(captured, 1 + expected.lines().count() as i64, "{settings:?}");
    }
    let scene = Scene::new();
    let output = scene.run(&["--set", "context.depth=11", "story.html"]);
    assert_eq!(output.status.code(), Some(78));
}

#[test]
fn posts_that_quote_each_other_and_themselves_are_captured_once_each() {
    let scene = Scene::new();
    has(
        &scene,
        POST,
        "ada_b",
        "A",
        &(quoting(QUOTED, "bob") + &answering(POST, "ada_b")),
    );
    has(&scene, QUOTED, "bob", "B", &quoting(POST, "ada_b"));
    let input = scene.file("story.html", article(POST));
    scene.archives(0, &[&input]);
    assert_eq!(
        ties(&scene),
        format!("{POST} quotes {QUOTED} 1\n{QUOTED} quotes {POST} 2")
    );
    assert_eq!((captures(&scene, POST), captures(&scene, QUOTED)), (1, 1));
    scene.is_sound();
    // Without an article both belong to each other, and the report must still hold both.
    let alone = Scene::new();
    has(&alone, POST, "ada_b", "Words of A", &quoting(QUOTED, "bob"));
    has(&alone, QUOTED, "bob", "Words of B", &quoting(POST, "ada_b"));
    alone.archives(0, &["--target", &format!("https://x.com/ada_b/status/{POST}")]);
    let exported = alone.bare().args(["export", "--all", "-o", "bundle"]).output().unwrap();
    assert_eq!(exported.status.code(), Some(0), "{}", text(&exported.stderr));
    let report = fs::read_to_string(alone.path("bundle/data/report.html")).unwrap();
    for words in ["Words of A", "Words of B"] {
        assert!(report.contains(words), "{words}");
    }
}

#[test]
fn what_an_answer_names_in_a_form_that_is_no_id_is_not_followed() {
    for id in [
        "../../1785500000000000001",
        "1785500000000000001?x=1&y=2",
        "javascript:alert(1)",
        "99999999999999999999999999",
        "",
        "\\u0000",
        "http://127.0.0.1/status/1",
    ] {
        let scene = Scene::new();
        has(&scene, POST, "ada_b", "A", &answering(id, "bob/../.."));
        let input = scene.file("story.html", article(POST));
        scene.archives(0, &[&input]);
        let ids: String =
            scene.value("SELECT coalesce(group_concat(native_id), '') FROM target WHERE kind = 'post' ORDER BY id");
        assert!(ids == POST || ids == format!("{POST},{QUOTED}"), "{id}: {ids}");
        scene.is_sound();
    }
}

#[test]
fn context_that_many_posts_share_is_captured_once() {
    const OTHER: &str = "1785500000000000009";
    let scene = Scene::new();
    has(&scene, POST, "ada_b", "A", &quoting(QUOTED, "bob"));
    has(&scene, OTHER, "fay", "F", &quoting(QUOTED, "bob"));
    has(&scene, QUOTED, "bob", "B", "");
    let one = scene.file("one.html", article(POST));
    let two = scene.file("two.html", article(OTHER).replace("Orsay", "Evry"));
    scene.archives(0, &[&one, &two]);
    assert_eq!(captures(&scene, QUOTED), 1);
    scene.archives(0, &[&one, &two]);
    assert_eq!(captures(&scene, QUOTED), 1);
    assert_eq!(scene.value::<i64>("SELECT count(*) FROM context"), 2);
}

#[test]
fn context_is_captured_again_each_quarter_and_once_it_is_cited_like_anything_cited() {
    let scene = archived(&[]);
    let days = |id: &str| -> f64 {
        scene.value(&format!(
            "SELECT julianday(r.due) - julianday('now') FROM recheck r JOIN target t ON t.id = r.target WHERE t.native_id = '{id}'"
        ))
    };
    assert!(days(POST) < 0.3, "{}", days(POST));
    assert!((89.0..91.0).contains(&days(PARENT)), "{}", days(PARENT));
    // Cited now, it is due, and the next run follows its context from there.
    let input = scene.file("later.html", article(PARENT).replace("ada_b", "cleo"));
    scene.archives(0, &[&input]);
    assert_eq!(captures(&scene, PARENT), 1, "it has its answer");
    assert!(days(PARENT) < 0.1);
    let output = running(&scene).output().unwrap();
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    assert_eq!((captures(&scene, PARENT), captures(&scene, POST)), (2, 1));
    assert!(days(PARENT) < 0.3);
    // What stood two steps away is one step away now: due, and what it answers belongs to the newly cited post.
    let output = running(&scene).output().unwrap();
    assert_eq!(output.status.code(), Some(0));
    assert_eq!((captures(&scene, ABOVE), captures(&scene, FURTHER)), (2, 1));
    scene.is_sound();
}

#[test]
fn context_that_is_gone_or_cannot_be_had_is_a_capture_with_that_outcome() {
    let scene = Scene::new();
    has(
        &scene,
        POST,
        "ada_b",
        "A",
        &(quoting(QUOTED, "bob") + &answering(PARENT, "cleo")),
    );
    scene.syndication(
        QUOTED,
        Reply::json(r#"{"__typename":"TweetTombstone","tombstone":{"text":{"text":"This Post was deleted by the Post author. Learn more"}}}"#),
    );
    scene.syndication(PARENT, Reply::status(503));
    scene.web.on("oembed.test", "/*", [Reply::status(503)]);
    let input = scene.file("story.html", article(POST));
    scene.archives(3, &[&input]);
    assert_eq!(
        scene.value::<String>(
            "SELECT group_concat(relation || ' ' || state, ', ') FROM (SELECT * FROM contexts ORDER BY relation)"
        ),
        "quotes deleted, replies_to server_error"
    );
    // What failed for a reason that passes is tried again like anything else.
    assert_eq!(scene.value::<i64>("SELECT count(*) FROM job WHERE done = 0"), 1);
}

#[test]
fn an_article_is_exported_with_the_context_of_what_it_cites_and_the_bundle_verifies() {
    let scene = archived(&[]);
    let other = scene.file("other.html", "<title>Other</title><article><p>Nothing but <a href='http://river.example/x'>this page</a> is cited here.</p></article>");
    scene.archives(0, &[&other, "--url", "http://news.example/other"]);
    for (selection, posts) in [
        (&["--article", "http://news.example/bridge"][..], 4),
        (&["--article", "http://news.example/other"], 0),
        (&["--target", &format!("https://x.com/cleo/status/{PARENT}")], 2),
        (&["--all"], 4),
    ] {
        let folder = scene.path("bundle");
        let _ = fs::remove_dir_all(&folder);
        let exported = scene
            .bare()
            .arg("export")
            .args(selection)
            .args(["-o", "bundle"])
            .output()
            .unwrap();
        assert_eq!(exported.status.code(), Some(0), "{}", text(&exported.stderr));
        let verified = scene.bare().args(["verify", "bundle"]).output().unwrap();
        assert_eq!(verified.status.code(), Some(0), "{}", text(&verified.stderr));
        let lines = fs::read_to_string(folder.join("data/posts.jsonl")).unwrap();
        assert_eq!(lines.lines().count(), posts, "{selection:?}");
        let slim = Connection::open(folder.join("data/archive.db")).unwrap();
        let rows: i64 = slim
            .query_row("SELECT count(*) FROM contexts", [], |row| row.get(0))
            .unwrap();
        let lines = fs::read_to_string(folder.join("data/context.jsonl")).unwrap();
        assert_eq!(lines.lines().count() as i64, rows);
    }
    let _ = fs::remove_dir_all(scene.path("bundle"));
    let exported = scene
        .bare()
        .args(["export", "--article", "http://news.example/bridge", "-o", "bundle"])
        .output()
        .unwrap();
    assert_eq!(exported.status.code(), Some(0));
    let report = fs::read_to_string(scene.path("bundle/data/report.html")).unwrap();
    for words in [
        "Quoted by this post",
        "Answered by this post",
        "The water rises.",
        "quoted post captured; answered post captured",
    ] {
        assert!(report.contains(words), "{words}");
    }
    for place in report
        .split("href=\"#")
        .skip(1)
        .filter_map(|rest| rest.split('"').next())
    {
        assert_eq!(report.matches(&format!(" id={place}>")).count(), 1, "{place}");
    }
    assert!(!report.contains("Kept without an article"));
    let package = fs::read_to_string(scene.path("bundle/data/datapackage.json")).unwrap();
    assert!(package.contains("\"context\""));
    let dump = scene.dump("archive.db");
    assert_eq!(
        dump.lines().filter(|line| line.contains(r#""line":"context""#)).count(),
        3
    );
}

/// A post of Bluesky in a thread as the AppView shows it, without its end.
fn bluesky_view(did: &str, number: u32, answers: Option<u32>) -> String {
    let uri = |number: u32| format!("at://{did}/app.bsky.feed.post/3kabc2xyz7k2{number}");
    let reply = answers.map(|parent| {
        format!(
            r#","reply":{{"parent":{{"uri":"{}"}},"root":{{"uri":"{}"}}}}"#,
            uri(parent),
            uri(2)
        )
    });
    format!(
        r#"{{"post":{{"uri":"{}","cid":"bafy","author":{{"did":"{did}","handle":"ada.example.org"}},
        "record":{{"text":"Part {number}","createdAt":"2024-05-01T10:00:00.000Z"{}}},"replyCount":1}}"#,
        uri(number),
        reply.unwrap_or_default()
    )
}

#[test]
fn an_authors_own_thread_on_bluesky_is_captured_around_the_part_that_is_cited() {
    const DID: &str = "did:plc:aaaaaaaaaaaaaaaaaaaaaaaa";
    const OTHER: &str = "did:plc:bbbbbbbbbbbbbbbbbbbbbbbb";
    let path = |number: u32, reach: &str| {
        format!(
            "/xrpc/app.bsky.feed.getPostThread?uri=at%3A%2F%2F{}%2Fapp.bsky.feed.post%2F3kabc2xyz7k2{number}&{reach}",
            DID.replace(':', "%3A")
        )
    };
    let (alone, around) = ("depth=0&parentHeight=1", "depth=20&parentHeight=20");
    let part = |number: u32| bluesky_view(DID, number, (number > 2).then(|| number - 1));
    let scene = Scene::new();
    for number in 2..=5 {
        let body = format!("{{\"thread\":{}}}}}", part(number));
        scene.web.on("bluesky.test", &path(number, alone), [Reply::json(body)]);
    }
    // The third part is cited; the second stands above it, the fourth and fifth below, beside what others answered.
    let below = format!("{},\"replies\":[{}}}]}}", part(4), part(5));
    let body = format!(
        "{{\"thread\":{},\"parent\":{}}},\"replies\":[{}}},{below}]}}}}",
        part(3),
        part(2),
        bluesky_view(OTHER, 7, None)
    );
    let whole = body;
    scene
        .web
        .on("bluesky.test", &path(3, around), [Reply::json(whole.clone())]);
    let page = format!(
        "<title>Herons</title><article><p>The warden wrote <a href='https://bsky.app/profile/{DID}/post/3kabc2xyz7k23'>of the herons</a> this week.</p></article>"
    );
    let input = scene.file("story.html", &page);
    scene.archives(0, &[&input]);
    assert_eq!(
        scene.value::<String>(
            "SELECT group_concat(relation || ' ' || state || ' ' || post_text, ', ')
             FROM (SELECT c.* FROM contexts c WHERE of_url LIKE '%7k23' ORDER BY post_text)"
        ),
        "thread captured Part 2, thread captured Part 4, thread captured Part 5"
    );
    let captured: i64 =
        scene.value("SELECT count(*) FROM capture c JOIN target t ON t.id = c.target WHERE t.platform = 'bluesky'");
    assert_eq!(captured, 4);
    assert_eq!(
        scene.value::<String>(
            "SELECT group_concat(source || ' ' || outcome || ' ' || reason) FROM answer WHERE source LIKE '%.context'"
        ),
        "bluesky.context captured thread",
        "a thread is asked for around what is cited alone"
    );
    scene.is_sound();
    // Cited by a handle, it is the same post that the other parts name by the number of its account.
    let by_handle = Scene::new();
    let page = page.replace(DID, "ada.example.org");
    for number in 2..=5 {
        let body = format!("{{\"thread\":{}}}}}", part(number));
        by_handle
            .web
            .on("bluesky.test", &path(number, alone), [Reply::json(body)]);
    }
    by_handle.web.on("bluesky.test", &path(3, around), [Reply::json(whole)]);
    by_handle.web.on(
        "bluesky.test",
        "/xrpc/com.atproto.identity.resolveHandle?handle=ada.example.org",
        [Reply::json(format!("{{\"did\":\"{DID}\"}}"))],
    );
    let input = by_handle.file("story.html", page);
    by_handle.archives(0, &[&input]);
    assert_eq!(by_handle.value::<i64>("SELECT count(*) FROM target"), 4);
    by_handle.is_sound();
    // A thread that cannot be had costs nothing else, and nothing is concluded from it.
    let other = Scene::new();
    let body = format!("{{\"thread\":{}}}}}", part(2));
    other.web.on("bluesky.test", &path(2, alone), [Reply::json(body)]);
    other.archives(
        0,
        &[
            "--target",
            &format!("https://bsky.app/profile/{DID}/post/3kabc2xyz7k22"),
        ],
    );
    assert_eq!(
        other.value::<String>(
            "SELECT group_concat(source || ' ' || outcome, ', ') FROM (SELECT * FROM answer ORDER BY id)"
        ),
        "bluesky.thread captured, bluesky.context not_found"
    );
    assert_eq!(other.value::<String>("SELECT state FROM verdicts"), "live");
}

#[test]
fn an_authors_own_thread_on_mastodon_is_captured_and_what_is_skipped_is_not_asked() {
    let status = |number: u32, replies: u32, answers: &str| {
        format!(
            r#"{{"id":"11300000000000000{number}","url":"https://social.example/@ada/11300000000000000{number}","created_at":"2024-05-01T10:00:00.000Z",
            "content":"<p>Part {number}</p>","account":{{"id":"7","acct":"ada"}},"replies_count":{replies},"in_reply_to_id":{answers},
            "in_reply_to_account_id":"7"}}"#
        )
    };
    let first = "\"113000000000000001\"";
    for skip in [false, true] {
        let scene = Scene::new();
        let at = "/social.example/api/v1/statuses/11300000000000000";
        scene
            .web
            .on("mastodon.test", &format!("{at}1"), [Reply::json(status(1, 1, "null"))]);
        scene
            .web
            .on("mastodon.test", &format!("{at}2"), [Reply::json(status(2, 0, first))]);
        let body = format!(r#"{{"ancestors":[],"descendants":[{}]}}"#, status(2, 0, first));
        let around = format!("{at}1/context");
        scene.web.on("mastodon.test", &around, [Reply::json(body)]);
        let skipped = if skip { "skip=['mastodon.context']" } else { "skip=[]" };
        scene.archives(
            0,
            &[
                "--set",
                skipped,
                "--target",
                "https://social.example/@ada/113000000000000001",
            ],
        );
        let found: String = scene.value(
            "SELECT coalesce(group_concat(relation || ' ' || post_text, ', '), '') FROM (SELECT * FROM contexts ORDER BY named_by)",
        );
        assert_eq!(found, if skip { "" } else { "thread Part 2, thread Part 1" });
        assert_eq!(scene.web.asked("mastodon.test", &around), usize::from(!skip));
    }
}

#[test]
fn what_a_better_reader_finds_to_belong_to_a_post_is_tied_to_its_capture_and_captured_by_the_next_run() {
    // The first reader followed nothing, as one did that did not know these relations.
    let scene = archived(&["context.depth=0"]);
    assert_eq!(ties(&scene), "");
    let reparse = |more: &[&str]| {
        let output = scene
            .bare()
            .args([&["reparse", "--json"], more].concat())
            .output()
            .unwrap();
        assert_eq!(output.status.code(), Some(0), "{output:?}");
        serde_json::from_slice::<serde_json::Value>(&output.stdout).unwrap()
    };
    assert_eq!(reparse(&["--dry-run"])["context"], 2);
    assert_eq!(ties(&scene), "", "only told");
    let told = reparse(&[]);
    assert_eq!((&told["context"], &told["added"]), (&2.into(), &0.into()), "{told}");
    assert_eq!(
        ties(&scene),
        format!("{POST} quotes {QUOTED} 1\n{POST} replies_to {PARENT} 1")
    );
    assert_eq!(reparse(&[])["context"], 0, "it is known by now");
    scene.is_sound();
    let run = running(&scene).output().unwrap();
    assert_eq!(run.status.code(), Some(0), "{run:?}");
    assert_eq!(
        ties(&scene),
        format!("{POST} quotes {QUOTED} 1\n{POST} replies_to {PARENT} 1\n{PARENT} replies_to {ABOVE} 2"),
        "as if it had been followed at once"
    );
    for (id, times) in [(POST, 1), (QUOTED, 1), (PARENT, 1), (ABOVE, 1), (FURTHER, 0)] {
        assert_eq!(captures(&scene, id), times, "{id}");
    }
    scene.is_sound();
    let export = scene.bare().args(["export", "--all", "-o", "bundle"]).output().unwrap();
    assert_eq!(export.status.code(), Some(0), "{export:?}");
    let verified = scene.bare().args(["verify", "bundle"]).output().unwrap();
    assert_eq!(verified.status.code(), Some(0), "{verified:?}");
}

#[test]
fn changes_tell_to_which_cited_post_and_article_a_post_of_the_context_belongs() {
    let scene = archived(&[]);
    let gone =
        r#"{"__typename":"TweetTombstone","tombstone":{"text":{"text":"This Post was deleted by the Post author."}}}"#;
    for (id, handle) in [(QUOTED, "bob"), (ABOVE, "dan")] {
        scene.syndication(id, Reply::json(gone.to_owned()));
        scene.archives(
            0,
            &["--again", "--target", &format!("https://x.com/{handle}/status/{id}")],
        );
    }
    let changes = scene.bare().args(["changes", "--json"]).output().unwrap();
    let told: Vec<serde_json::Value> = text(&changes.stdout)
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    let belongs: Vec<String> = told
        .iter()
        .map(|change| {
            assert_eq!(change["cited_by"].as_array().unwrap().len(), 0, "{change}");
            let of = &change["context_of"][0];
            format!(
                "{} {} {} {} {}",
                change["key"], of["url"], of["relation"], of["steps"], of["cited_by"]
            )
        })
        .collect();
    assert_eq!(
        belongs,
        [
            format!(r#""x:{QUOTED}" "https://x.com/ada_b/status/{POST}" "quotes" 1 ["http://news.example/bridge"]"#),
            format!(r#""x:{ABOVE}" "https://x.com/ada_b/status/{POST}" "replies_to" 2 ["http://news.example/bridge"]"#),
        ]
    );
    let plain = scene.bare().arg("changes").output().unwrap();
    let line = format!("belongs to https://x.com/ada_b/status/{POST} (quotes), cited by http://news.example/bridge");
    assert!(text(&plain.stdout).contains(&line), "{plain:?}");
}
