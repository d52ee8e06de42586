//! The further sources of a platform, against a web on loopback: when they are asked, and what is made of what they say.

use crate::scene::{POST, Scene, article, text};
use crate::web::Reply;

/// A post in the shape of X's GraphQL interface.
fn graphql_post(id: &str, words: &str) -> Reply {
    Reply::json(format!(
        r#"{{"data":{{"tweetResult":{{"result":{{"__typename":"Tweet","rest_id":"{id}","core":{{"user_results":{{"result":{{"rest_id":"7","core":{{"screen_name":"ada_b","name":"Ada"}}}}}}}},
        "legacy":{{"id_str":"{id}","full_text":"Cut"}},"note_tweet":{{"note_tweet_results":{{"result":{{"text":"{words}","entity_set":{{}}}}}}}}}}}}}}}}"#
    ))
}

/// A post in the shape of FxTwitter.
fn fx_post(id: &str, words: &str) -> Reply {
    Reply::json(format!(
        r#"{{"code":200,"status":{{"type":"status","id":"{id}","text":"{words}","author":{{"screen_name":"ada_b","name":"Ada"}}}}}}"#
    ))
}

/// Lets syndication give a post whose text is cut.
fn cut_post(scene: &Scene) {
    scene.syndication(
        POST,
        Reply::json(format!(
            r#"{{"__typename":"Tweet","id_str":"{POST}","text":"Cut","user":{{"id_str":"7","screen_name":"ada_b"}},"note_tweet":{{"id":"1"}}}}"#
        )),
    );
}

/// What the sources said, in the order asked.
fn answers(scene: &Scene) -> String {
    scene.value(
        "SELECT group_concat(source || ' ' || outcome || ' ' || reason, ', ')
         FROM (SELECT a.* FROM answer a JOIN capture c ON c.id = a.capture JOIN target t ON t.id = c.target
               WHERE t.platform IS NOT NULL ORDER BY a.id)",
    )
}

#[test]
fn a_text_that_is_cut_is_had_whole_from_xs_graphql_as_a_guest() {
    let scene = Scene::new();
    cut_post(&scene);
    scene.web.on(
        "graphql.test",
        "/1.1/guest/activate.json",
        [Reply::json(r#"{"guest_token":"1785600110"}"#)],
    );
    scene.web.on(
        "graphql.test",
        "/graphql/*",
        [graphql_post(POST, "The whole of a long text")],
    );
    let input = scene.file("story.html", article(POST));
    scene.archives(0, &["--set", "skip=[]", &input]);
    assert_eq!(answers(&scene), "x.syndication captured post, x.graphql captured post");
    assert_eq!(
        scene.value::<String>("SELECT source || ' ' || post_text FROM citations WHERE platform = 'x'"),
        "x.graphql The whole of a long text"
    );
    let asked = scene.web.log();
    let activation = asked.iter().find(|asked| asked.path.contains("activate")).unwrap();
    assert_eq!((activation.method.as_str(), activation.body.len()), ("POST", 0));
    assert_eq!(
        scene.web.sent("graphql.test", "/graphql/", "x-guest-token"),
        [Some("1785600110".to_owned())]
    );
    let kept: String = scene.value("SELECT request_headers FROM exchange WHERE url LIKE '%activate%'");
    assert!(
        kept.starts_with(":method: POST\r\n") && !kept.contains("AAAA"),
        "{kept}"
    );
    scene.is_sound();
}

#[test]
fn a_post_that_syndication_gives_whole_costs_one_question() {
    let scene = Scene::new();
    scene.has_post(POST, "ada_b", "The bridge is open");
    let input = scene.file("story.html", article(POST));
    scene.archives(0, &["--set", "skip=[]", &input]);
    assert_eq!(answers(&scene), "x.syndication captured post");
    for host in [
        "graphql.test",
        "oembed.test",
        "fx.test",
        "vx.test",
        "api.test",
        "session.test",
    ] {
        assert_eq!(scene.web.asked(host, "/"), 0, "{host}");
    }
}

#[test]
fn mirrors_and_graphql_are_not_asked_unless_the_settings_say_so() {
    let scene = Scene::new();
    cut_post(&scene);
    let input = scene.file("story.html", article(POST));
    scene.archives(0, &[&input]);
    assert_eq!(answers(&scene), "x.syndication captured post");
    let other = Scene::new();
    let input = other.file("story.html", article(POST));
    let output = other.run(&["--set", "skip=['x.fxx']", &input]);
    assert_eq!(output.status.code(), Some(78));
    assert!(text(&output.stderr).contains("x.fxx"));
}

#[test]
fn no_guest_token_and_a_query_that_x_no_longer_knows_say_nothing_of_a_post() {
    for (activation, answer, said) in [
        (Reply::status(404), Reply::status(404), "walled no_guest_token"),
        (Reply::json("{}"), Reply::status(404), "walled no_guest_token"),
        (Reply::status(429), Reply::status(404), "rate_limited http_429"),
        (
            Reply::json(r#"{"guest_token":"5"}"#),
            Reply::status(404),
            "unreadable query_unknown",
        ),
        (
            Reply::json(r#"{"guest_token":"5"}"#),
            Reply::json(
                r#"{"data":{"tweetResult":{"result":{"__typename":"TweetUnavailable","reason":"Protected"}}}}"#,
            ),
            "protected unavailable_protected",
        ),
    ] {
        let scene = Scene::new();
        scene.web.on("graphql.test", "/1.1/guest/activate.json", [activation]);
        scene.web.on("graphql.test", "/graphql/*", [answer]);
        let input = scene.file("story.html", article(POST));
        scene.run(&["--set", "skip=['x.fx', 'x.vx']", &input]);
        assert!(
            answers(&scene).contains(&format!("x.graphql {said}")),
            "{}",
            answers(&scene)
        );
    }
}

#[test]
fn a_file_of_queries_takes_the_place_of_those_built_in() {
    let scene = Scene::new();
    scene.web.on(
        "graphql.test",
        "/1.1/guest/activate.json",
        [Reply::json(r#"{"guest_token":"5"}"#)],
    );
    scene.web.on(
        "graphql.test",
        "/graphql/n3w/*",
        [graphql_post(POST, "The bridge is open")],
    );
    let queries = scene.file(
        "queries.toml",
        "bearer = 'b'\nid = 'n3w'\n[variables]\n[features]\n[toggles]\n",
    );
    let input = scene.file("story.html", article(POST));
    scene.archives(
        0,
        &["--set", "skip=[]", "--set", &format!("x_queries={queries}"), &input],
    );
    assert_eq!(
        scene.value::<String>("SELECT source || ' ' || post_text FROM citations WHERE platform = 'x'"),
        "x.graphql The bridge is open"
    );
    let wrong = scene.file("wrong.toml", "id = 'n3w'\n");
    let output = scene.run(&["--set", &format!("x_queries={wrong}"), &input]);
    assert_eq!(output.status.code(), Some(78));
}

#[test]
fn what_a_mirror_says_is_kept_and_is_no_ground_for_a_verdict() {
    let scene = Scene::new();
    scene
        .web
        .on("fx.test", "/2/status/*", [fx_post(POST, "The bridge is open")]);
    let input = scene.file("story.html", article(POST));
    scene.archives(0, &["--set", "skip=['x.graphql', 'x.vx']", &input]);
    assert_eq!(
        scene.value::<String>("SELECT source || ' ' || post_text FROM citations WHERE platform = 'x'"),
        "x.fx The bridge is open"
    );
    assert_eq!(
        scene.value::<String>(
            "SELECT v.state || ' ' || v.reason FROM verdict v JOIN target t ON t.id = v.target WHERE t.platform = 'x'"
        ),
        "unknown not_found_without_canary"
    );
    scene.is_sound();
    // That it says a post was deleted is no statement of the platform's.
    let scene = Scene::new();
    scene.syndication(POST, Reply::json("{}"));
    scene.web.on(
        "fx.test",
        "/2/status/*",
        [Reply::json(
            r#"{"code":404,"status":{"type":"tombstone","reason":"deleted"}}"#,
        )],
    );
    scene.archives(
        0,
        &[
            "--set",
            "skip=['x.graphql', 'x.vx']",
            &scene.file("story.html", article(POST)),
        ],
    );
    assert!(
        answers(&scene).contains("x.fx not_found witness_deleted"),
        "{}",
        answers(&scene)
    );
    assert_eq!(
        scene.value::<String>("SELECT state FROM citations WHERE platform = 'x'"),
        "withheld"
    );
}

#[test]
fn a_mirror_is_not_asked_once_x_has_said_that_a_post_is_gone() {
    let scene = Scene::new();
    scene.syndication(
        POST,
        Reply::json(
            r#"{"__typename":"TweetTombstone","tombstone":{"text":{"text":"This Post was deleted by the Post author. Learn more"}}}"#,
        ),
    );
    scene
        .web
        .on("fx.test", "/2/status/*", [fx_post(POST, "The bridge is open")]);
    let input = scene.file("story.html", article(POST));
    scene.archives(0, &["--set", "skip=[]", &input]);
    assert_eq!(
        scene.value::<String>("SELECT state FROM citations WHERE platform = 'x'"),
        "deleted"
    );
    assert_eq!(
        scene.web.asked("fx.test", "/") + scene.web.asked("graphql.test", "/"),
        0
    );
}

#[test]
fn the_flat_answer_of_the_other_mirror_is_read() {
    let scene = Scene::new();
    scene.web.on(
        "vx.test",
        "/i/status/*",
        [Reply::json(format!(
            r#"{{"tweetID":"{POST}","text":"The bridge is open","user_screen_name":"ada_b","user_name":"Ada","date_epoch":1714557600}}"#
        ))],
    );
    let input = scene.file("story.html", article(POST));
    scene.archives(0, &["--set", "skip=['x.graphql', 'x.fx']", &input]);
    assert_eq!(
        scene.value::<String>("SELECT source || ' ' || post_text FROM citations WHERE platform = 'x'"),
        "x.vx The bridge is open"
    );
}
