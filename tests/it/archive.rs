//! The main job, end to end.

use crate::scene::{POST, Scene, article, text};
use crate::web::Reply;

const GONE: &str = r#"{"__typename":"TweetTombstone","tombstone":{"text":{"text":"This Post was deleted by the Post author. Learn more"}}}"#;

#[test]
fn an_article_is_kept_with_its_post_its_page_and_their_sentences() {
    let scene = Scene::new();
    scene.has_post(POST, "ada_b", "The bridge is standing.");
    scene.web.on(
        "river.example",
        "/report",
        [Reply::redirect(301, "http://river.example/reports/2023")],
    );
    scene.web.on(
        "river.example",
        "/reports/2023",
        [Reply::page("<title>Report</title><p>Old.")],
    );
    let input = scene.file("story.html", article(POST));
    let printed = scene.archives(
        0,
        &[
            &input,
            "--url",
            "https://news.example/bridge",
            "--retrieved",
            "2024-05-02T08:00:00Z",
            "--tag",
            "flood",
        ],
    );
    assert!(printed.contains("2 citations: 2 captured"), "{printed}");
    scene.is_sound();
    let post =
        "SELECT sentence || '|' || relation || '|' || state || '|' || post_text FROM citations WHERE kind = 'post'";
    assert_eq!(
        scene.value::<String>(post),
        "The mayor of Orsay wrote that the bridge was standing after the flood:|introduces|captured|The bridge is standing."
    );
    let link = "SELECT sentence || '|' || relation || '|' || state FROM citations WHERE kind = 'link'";
    assert_eq!(
        scene.value::<String>(link),
        "The river authority had warned in its report of the year before that it was old.|contains|captured"
    );
    assert_eq!(
        scene.value::<String>("SELECT claimed_url || ' ' || claimed_retrieved FROM reading"),
        "https://news.example/bridge 2024-05-02T08:00:00.000Z"
    );
    // Both hops of the redirect, and the robots.txt that was asked first.
    assert_eq!(
        scene.value::<String>("SELECT group_concat(status, ' ') FROM exchange WHERE purpose IN ('page', 'robots')"),
        "404 301 200"
    );
    assert_eq!(
        scene.value::<i64>("SELECT count(*) FROM post_media WHERE outcome = 'captured'"),
        1
    );
    assert_eq!(
        scene.value::<Vec<u8>>("SELECT bytes FROM bodies WHERE role = 'media'"),
        b"\xff\xd8\xff a picture"
    );
    assert_eq!(scene.value::<String>("SELECT name FROM tag"), "flood");
}

#[test]
fn the_same_input_again_captures_nothing_twice_and_again_captures_once_more() {
    let scene = Scene::new();
    scene.has_post(POST, "ada_b", "The bridge is standing.");
    let input = scene.file("story.html", article(POST));
    scene.archives(0, &[&input]);
    scene.archives(0, &[&input]);
    assert_eq!(scene.value::<i64>("SELECT count(*) FROM capture"), 2);
    assert_eq!(scene.value::<i64>("SELECT count(*) FROM reading"), 1);
    scene.syndication(POST, Reply::json(GONE));
    let printed = scene.archives(0, &[&input, "--again"]);
    assert!(
        printed.contains("deleted (x.syndication: tombstone_deleted)"),
        "{printed}"
    );
    assert_eq!(
        scene.value::<String>("SELECT text FROM gone"),
        "The bridge is standing.",
        "the text of the first capture is still there"
    );
    scene.is_sound();
}

#[test]
fn the_verdict_that_archive_prints_is_of_what_it_has_just_captured() {
    let scene = Scene::new();
    let post = format!("https://x.com/ada_b/status/{POST}");
    let of_post = |said: &str| said.lines().find(|line| line.contains("verdict:")).map(str::to_owned);
    scene.syndication(POST, Reply::json(GONE));
    for state in ["deleted", "restored"] {
        let printed = of_post(&scene.archives(0, &["--target", &post, "--again"])).unwrap();
        assert!(printed.contains(state), "{printed}");
        let shown = scene.bare().args(["show", &post]).output().unwrap();
        assert_eq!(Some(printed), of_post(&text(&shown.stdout)));
        scene.has_post(POST, "ada_b", "The bridge is standing.");
    }
}

#[test]
fn a_post_cited_by_two_articles_is_captured_once() {
    let scene = Scene::new();
    scene.has_post(POST, "ada_b", "The bridge is standing.");
    let first = scene.file("first.html", article(POST));
    let second = scene.file("second.html", article(POST).replace("Orsay", "Bures"));
    scene.archives(0, &[&first, &second]);
    assert_eq!(scene.web.asked("syndication.test", "/"), 1);
    assert_eq!(
        scene.value::<i64>("SELECT count(DISTINCT article) FROM citations WHERE kind = 'post'"),
        2
    );
}

#[test]
fn a_deleted_post_is_taken_from_the_web_archive_and_still_called_deleted() {
    let scene = Scene::new();
    scene.syndication(POST, Reply::json(GONE));
    let rows = format!(
        r#"[["timestamp","original","mimetype","statuscode"],["20240502000000","https://twitter.com/ada_b/status/{POST}","application/json","200"]]"#
    );
    scene.web.on("index.test", "/cdx?url=twitter.com*", [Reply::json(rows)]);
    scene.web.on("index.test", "/cdx?url=x.com*", [Reply::json("[]")]);
    let kept = format!(r#"{{"id_str":"{POST}","text":"The bridge is standing.","user":{{"screen_name":"ada_b"}}}}"#);
    scene
        .web
        .on("playback.test", "/web/20240502000000id_/*", [Reply::json(kept)]);
    let input = scene.file("story.html", article(POST));
    let printed = scene.archives(0, &[&input]);
    assert!(printed.contains("1 gone"), "{printed}");
    assert!(
        printed.contains("deleted, says the platform; captured from wayback"),
        "{printed}"
    );
    assert_eq!(
        scene.web.asked("oembed.test", "/"),
        0,
        "a cache is not asked about the dead"
    );
    assert_eq!(
        scene.value::<String>("SELECT outcome || ' ' || text || ' ' || text_from FROM gone"),
        "deleted The bridge is standing. wayback"
    );
    scene.is_sound();
}

#[test]
fn what_a_platform_says_and_what_only_hides_the_post_are_told_apart() {
    let tombstone =
        |words: &str| format!(r#"{{"__typename":"TweetTombstone","tombstone":{{"text":{{"text":"{words}"}}}}}}"#);
    for (reply, state, code) in [
        (
            Reply::json(tombstone("This Post is from a suspended account.")),
            "suspended",
            0,
        ),
        (
            Reply::json(tombstone("This Post is from an account that no longer exists.")),
            "account_gone",
            0,
        ),
        (
            Reply::json(tombstone(
                "You’re unable to view this Post because this account owner limits who can view their Posts.",
            )),
            "protected",
            0,
        ),
        (Reply::json("{}"), "withheld", 0),
        (Reply::status(404), "not_found", 0),
        (Reply::status(429), "not_found", 0),
        (Reply::page("<html>Something went wrong"), "not_found", 0),
    ] {
        let scene = Scene::new();
        scene.syndication(POST, reply.clone());
        let input = scene.file("story.html", article(POST));
        scene.archives(code, &[&input]);
        assert_eq!(
            scene.value::<String>("SELECT state FROM targets WHERE kind = 'post'"),
            state,
            "{reply:?}"
        );
        scene.is_sound();
    }
}

#[test]
fn a_host_that_asks_for_rest_gets_it_across_runs() {
    let scene = Scene::new();
    scene.syndication(POST, Reply::status(429).with("retry-after", "600"));
    scene.web.on("oembed.test", "/oembed*", [Reply::status(503)]);
    let input = scene.file("story.html", article(POST));
    scene.archives(3, &[&input]);
    scene.has_post(POST, "ada_b", "The bridge is standing.");
    let printed = scene.archives(3, &[&input]);
    assert_eq!(scene.web.asked("syndication.test", "/"), 1, "{printed}");
    assert_eq!(
        scene.value::<i64>("SELECT count(*) FROM answer WHERE reason = 'host_paused'"),
        1
    );
    scene.is_sound();
}

#[test]
fn an_answer_about_another_post_is_no_capture_and_a_cut_text_is_known() {
    let scene = Scene::new();
    let body = format!(
        r#"{{"__typename":"Tweet","id_str":"{POST}","text":"cut","note_tweet":{{"id":"n"}},"user":{{"screen_name":"ada_b"}}}}"#
    );
    scene.syndication(POST, Reply::json(body.replace(POST, "17")));
    let input = scene.file("story.html", article(POST));
    scene.archives(0, &[&input]);
    assert_eq!(
        scene.value::<String>("SELECT reason FROM answer WHERE source = 'x.syndication'"),
        "wrong_id"
    );
    scene.syndication(POST, Reply::json(body));
    scene.archives(0, &[&input, "--again"]);
    assert_eq!(scene.value::<i64>("SELECT text_cut FROM posts"), 1);
}

#[test]
fn a_file_over_the_limit_is_recorded_and_costs_nothing_else() {
    let scene = Scene::new();
    scene.has_post(POST, "ada_b", "The bridge is standing.");
    let path = format!("/media/{POST}.jpg?name=orig");
    scene
        .web
        .on("images.test", &path, [Reply::ok("image/jpeg", vec![7; 100_000])]);
    let input = scene.file("story.html", article(POST));
    scene.archives(0, &[&input, "--set", "limit.media=50000"]);
    assert_eq!(
        scene.value::<String>("SELECT outcome || ' ' || reason FROM post_media"),
        "too_large limit"
    );
    assert_eq!(
        scene.value::<String>("SELECT state FROM targets WHERE kind = 'post'"),
        "captured"
    );
    scene.is_sound();
}

#[test]
fn a_large_video_is_stored_in_pieces_with_its_digest() {
    let scene = Scene::new();
    scene.has_post(POST, "ada_b", "The bridge is standing.");
    let path = format!("/media/{POST}.jpg?name=orig");
    let video: Vec<u8> = (0..5_000_000_u32).map(|i| (i % 251) as u8).collect();
    scene.web.on("images.test", &path, [Reply::ok("video/mp4", video)]);
    let input = scene.file("story.html", article(POST));
    scene.archives(0, &[&input]);
    assert_eq!(
        scene.value::<i64>("SELECT length FROM bodies WHERE role = 'media'"),
        5_000_000
    );
    scene.is_sound();
}

const FLAT: &str = "Le vieux pont d’Orsay a tenu toute la nuit, disent les voisins.\n\
La maire a écrit que le pont tenait encore et a remercié les équipes :\n\
Le pont tient encore. Merci aux 12 équipes qui ont travaillé toute la nuit. #Orsay pic.twitter.com/Q7sVeyle01\n\
– Ada Bridgewater (@ada_b) 1er mai 2024\n\
Les trains circulent de nouveau.\n";

/// Two posts of @ada_b of 1 May 2024 in the index, the first with the cited words.
fn listing(scene: &Scene, other: &str) {
    let rows = format!(
        r#"[["timestamp","original","mimetype","statuscode"],["20240502000000","https://twitter.com/Ada_B/status/{POST}","application/json","200"],["20240502000000","https://twitter.com/Ada_B/status/1785600110366674999","application/json","200"]]"#
    );
    scene
        .web
        .on("index.test", "/cdx?url=*", [Reply::json(rows), Reply::json("[]")]);
    let kept = |id: &str, words: &str| {
        Reply::json(format!(
            r#"{{"id_str":"{id}","text":"{words}","user":{{"screen_name":"Ada_B"}}}}"#
        ))
    };
    let words =
        "Le pont tient encore. Merci aux 12 équipes qui ont travaillé toute la nuit. #Orsay https://t.co/Q7sVeyle01";
    scene.web.on(
        "playback.test",
        &format!("/web/20240502000000id_/https://twitter.com/Ada_B/status/{POST}"),
        [kept(POST, words)],
    );
    let second = "1785600110366674999";
    scene.web.on(
        "playback.test",
        &format!("/web/20240502000000id_/https://twitter.com/Ada_B/status/{second}"),
        [kept(second, other)],
    );
}

#[test]
fn a_flattened_post_is_identified_by_its_picture_link() {
    let scene = Scene::new();
    scene.web.on(
        "short.test",
        "/Q7sVeyle01",
        [Reply::redirect(
            301,
            &format!("https://twitter.com/Ada_B/status/{POST}/photo/1"),
        )],
    );
    scene.has_post(POST, "ada_b", "Le pont tient encore.");
    let input = scene.file("story.txt", FLAT);
    let printed = scene.archives(0, &[&input]);
    assert!(printed.contains("1 captured"), "{printed}");
    let row = "SELECT sentence || '|' || claimed_handle || '|' || claimed_date || '|' || native_id || '|' || state FROM citations";
    assert_eq!(
        scene.value::<String>(row),
        format!(
            "La maire a écrit que le pont tenait encore et a remercié les équipes :|ada_b|2024-05-01|{POST}|captured"
        )
    );
    assert_eq!(
        scene.value::<String>("SELECT reason FROM resolution"),
        "short_link_redirect"
    );
    scene.is_sound();
}

#[test]
fn with_the_picture_link_dead_the_days_listing_identifies_it_or_leaves_candidates() {
    let scene = Scene::new();
    listing(&scene, "Bonjour de la rivière, il fait beau.");
    scene.has_post(POST, "ada_b", "Le pont tient encore.");
    let input = scene.file("story.txt", FLAT);
    scene.archives(0, &[&input]);
    assert_eq!(
        scene.value::<String>("SELECT reason FROM resolution"),
        "listing_likeness"
    );
    assert_eq!(scene.value::<String>("SELECT native_id FROM citations"), POST);

    let scene = Scene::new();
    listing(
        &scene,
        "Le pont tient encore. Merci aux 12 équipes qui ont travaillé toute la nuit. #Orsay",
    );
    let input = scene.file("story.txt", FLAT);
    let printed = scene.archives(0, &[&input]);
    assert!(printed.contains("1 unresolved"), "{printed}");
    assert_eq!(
        scene.value::<String>("SELECT reason || ' ' || candidates FROM unresolved"),
        "tie 2"
    );
    scene.is_sound();
}

#[test]
fn without_a_network_the_article_is_kept_and_a_later_run_completes_it() {
    let scene = Scene::new();
    let input = scene.file("story.txt", FLAT);
    let offline = scene
        .bare()
        .args([
            "archive",
            &input,
            "--set",
            "hosts.*=127.0.0.1:9",
            "--allow-net",
            "127.0.0.0/8",
            "--set",
            "pace.delay=0",
        ])
        .output()
        .unwrap();
    assert_eq!(offline.status.code(), Some(69));
    assert!(scene.value::<i64>("SELECT count(*) FROM sentences") > 2);
    assert_eq!(scene.value::<String>("SELECT state FROM targets"), "unreachable");
    scene.is_sound();
    scene.web.on(
        "short.test",
        "/Q7sVeyle01",
        [Reply::redirect(
            301,
            &format!("https://twitter.com/Ada_B/status/{POST}/photo/1"),
        )],
    );
    scene.has_post(POST, "ada_b", "Le pont tient encore.");
    scene.archives(0, &[&input]);
    assert_eq!(scene.value::<String>("SELECT state FROM citations"), "captured");
    assert_eq!(scene.value::<i64>("SELECT count(*) FROM reading"), 1);
    scene.is_sound();
}

#[test]
fn an_address_is_read_like_a_file_and_a_target_needs_no_article() {
    let scene = Scene::new();
    scene.has_post(POST, "ada_b", "The bridge is standing.");
    scene.web.on("news.example", "/bridge", [Reply::page(article(POST))]);
    scene.archives(0, &["http://news.example/bridge"]);
    assert_eq!(
        scene.value::<String>("SELECT origin || ' ' || url FROM reading"),
        "fetched http://news.example/bridge"
    );
    assert_eq!(
        scene.value::<i64>("SELECT count(*) FROM exchange WHERE reading IS NOT NULL"),
        1
    );
    let printed = scene.archives(
        0,
        &[
            "--target",
            &format!("https://mobile.twitter.com/ada_b/status/{POST}?s=20"),
        ],
    );
    assert!(printed.contains("captured"), "{printed}");
    assert_eq!(
        scene.web.asked("syndication.test", "/"),
        1,
        "it had been captured already"
    );
    scene.is_sound();
}

#[test]
fn robots_txt_keeps_us_from_a_linked_page_and_is_asked_once() {
    let scene = Scene::new();
    scene.web.on(
        "river.example",
        "/robots.txt",
        [Reply::ok("text/plain", "User-agent: *\nDisallow: /report\n")],
    );
    let page = "<article><p>It is told in <a href='http://river.example/report'>the report</a> and in <a href='http://river.example/other'>another one</a> of that year.</p></article>";
    let input = scene.file("story.html", format!("<!DOCTYPE html><body>{page}"));
    scene.web.on("river.example", "/other", [Reply::page("here")]);
    scene.archives(0, &[&input]);
    assert_eq!(
        scene.value::<String>("SELECT state || ' ' || reason FROM targets WHERE url LIKE '%report'"),
        "refused robots"
    );
    assert_eq!(
        scene.value::<String>("SELECT state FROM targets WHERE url LIKE '%other'"),
        "captured"
    );
    assert_eq!(
        (
            scene.web.asked("river.example", "/robots.txt"),
            scene.web.asked("river.example", "/report")
        ),
        (1, 0)
    );
    scene.is_sound();
}

#[test]
fn headers_that_could_carry_a_secret_never_go_to_another_host() {
    let scene = Scene::new();
    let page = "<article><p>It is told in <a href='http://river.example/report'>the report</a> of that year, they say.</p></article>";
    scene.web.on(
        "river.example",
        "/report",
        [Reply::redirect(302, "http://other.example/x").with("set-cookie", "a=b")],
    );
    scene.web.on("other.example", "/x", [Reply::page("here")]);
    let input = scene.file("story.html", format!("<!DOCTYPE html><body>{page}"));
    scene.archives(0, &[&input]);
    let asked = scene
        .web
        .log()
        .into_iter()
        .find(|a| a.host == "other.example" && a.path == "/x")
        .unwrap();
    let names: Vec<&str> = asked.headers.iter().map(|(n, _)| n.as_str()).collect();
    for name in names {
        assert!(
            ["host", "accept", "accept-encoding", "user-agent"].contains(&name),
            "{name}"
        );
    }
}

#[test]
fn a_post_of_a_platform_without_sources_is_tried_as_its_page() {
    let scene = Scene::new();
    let input = scene.file(
        "story.html",
        "<article><p>The keeper of the weir wrote about it on the evening of that day.</p>\
         <p>There is <a href='https://gab.com/herons/posts/109876543210987654'>her note</a> of that evening.</p></article>",
    );
    // The web of the tests speaks no TLS, which platforms' canonical addresses demand.
    scene.archives(3, &[&input]);
    assert_eq!(
        scene.value::<String>("SELECT platform || ' ' || state || ' ' || source FROM citations"),
        "gab unreachable web"
    );
    scene.is_sound();
}

#[test]
fn a_page_that_only_looks_like_a_post_of_the_fediverse_is_tried_as_a_page() {
    let scene = Scene::new();
    let input = scene.file(
        "story.html",
        "<article><p>The keeper of the weir wrote about it on the evening of that day.</p>\
         <p>There is <a href='https://herons.example/notes/9f3k2m1n0p'>her note</a> of that evening.</p></article>",
    );
    scene.archives(3, &[&input]);
    assert_eq!(
        scene.value::<String>(
            "SELECT group_concat(source || ' ' || outcome) FROM (SELECT * FROM answer ORDER BY ordinal)"
        ),
        "misskey.api refused,misskey.object refused,web unreachable"
    );
    assert_eq!(
        scene.value::<String>("SELECT platform || ' ' || state || ' ' || source FROM citations"),
        "misskey unreachable web"
    );
}

#[test]
fn one_host_that_does_not_answer_may_be_away_itself_and_several_are_the_network() {
    for (targets, code) in [
        (&["http://one.example/a", "http://one.example/b"][..], 3),
        (&["http://one.example/a", "http://two.example/b"], 69),
    ] {
        let scene = Scene::new();
        let mut command = scene.bare();
        command.args(["archive", "--set", "hosts.*=127.0.0.1:9", "--allow-net", "127.0.0.0/8"]);
        command.args(["--set", "pace.delay=0"]);
        for target in targets {
            command.args(["--target", target]);
        }
        let output = command.output().unwrap();
        assert_eq!(output.status.code(), Some(code), "{targets:?}: {output:?}");
        assert_eq!(
            scene.value::<i64>("SELECT count(*) FROM targets WHERE state = 'unreachable'"),
            2
        );
    }
}
