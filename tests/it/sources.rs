//! The further sources of a platform, against a web on loopback: when they are asked, and what is made of what they say.

use std::collections::BTreeMap;

use ipld_core::cid::Cid;
use ipld_core::cid::multihash::Multihash;
use sha2::{Digest, Sha256};

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

/// Archives a story that cites `address`, and gives state, reason, source and text of the post.
fn told(scene: &Scene, address: &str, settings: &[&str]) -> String {
    let input = scene.file(
        "story.html",
        format!("<!DOCTYPE html><article><p>The keeper of the weir <a href='{address}'>wrote about it</a> that evening, they say.</p></article>"),
    );
    scene.archives(0, &[settings, &[&input]].concat());
    scene.is_sound();
    scene.value("SELECT state || ' ' || reason || ' ' || source || ' ' || coalesce(post_text, '-') FROM citations")
}

#[test]
fn a_record_comes_from_its_authors_server_where_the_appview_fails_and_must_be_the_one_named() {
    let members = |words: &str| {
        [
            ("$type", "app.bsky.feed.post"),
            ("text", words),
            ("createdAt", "2024-05-01T10:00:00.000Z"),
        ]
        .map(|(key, value)| (key.to_owned(), value.to_owned()))
    };
    let record = BTreeMap::from(members("The weir holds"));
    let hash = Multihash::wrap(0x12, &Sha256::digest(serde_ipld_dagcbor::to_vec(&record).unwrap())).unwrap();
    let cid = Cid::new_v1(0x71, hash).to_string();
    for (words, said, captured) in [
        ("The weir holds", "bluesky.record captured record", 1),
        ("The weir broke", "bluesky.record unreadable wrong_content_id", 0),
    ] {
        let scene = Scene::new();
        scene.web.on(
            "bluesky.test",
            "/xrpc/app.bsky.feed.getPostThread*",
            [Reply::json("{}")],
        );
        scene.web.on(
            "plc.test",
            "/did:plc:ada",
            [Reply::json(
                r##"{"id":"did:plc:ada","alsoKnownAs":["at://ada.example.org"],"service":[{"id":"#atproto_pds","serviceEndpoint":"http://pds.test"}]}"##,
            )],
        );
        let answer = serde_json::json!({"uri": "at://did:plc:ada/app.bsky.feed.post/3kabc2xyz7k2a", "cid": cid, "value": BTreeMap::from(members(words))});
        scene.web.on(
            "pds.test",
            "/xrpc/com.atproto.repo.getRecord*",
            [Reply::json(answer.to_string())],
        );
        let told = told(&scene, "https://bsky.app/profile/did:plc:ada/post/3kabc2xyz7k2a", &[]);
        assert!(answers(&scene).contains(said), "{}", answers(&scene));
        assert_eq!(
            usize::from(told == "captured record bluesky.record The weir holds"),
            captured,
            "{told}"
        );
    }
}

#[test]
fn an_authors_server_in_a_private_network_is_not_asked() {
    let scene = Scene::new();
    scene.web.on(
        "bluesky.test",
        "/xrpc/app.bsky.feed.getPostThread*",
        [Reply::json("{}")],
    );
    scene.web.on(
        "plc.test",
        "/did:plc:ada",
        [Reply::json(
            r##"{"id":"did:plc:ada","service":[{"id":"#atproto_pds","serviceEndpoint":"http://10.0.0.1"}]}"##,
        )],
    );
    told(&scene, "https://bsky.app/profile/did:plc:ada/post/3kabc2xyz7k2a", &[]);
    assert!(
        answers(&scene).contains("bluesky.record refused refused_address"),
        "{}",
        answers(&scene)
    );
}

#[test]
fn a_post_of_reddit_is_had_with_its_text_from_its_feed_by_one_question() {
    let scene = Scene::new();
    scene.web.on(
        "reddit.test",
        "/comments/7abcde/.rss*",
        [Reply::ok(
            "application/atom+xml",
            r#"<feed xmlns="http://www.w3.org/2005/Atom"><id>f</id><title>t</title><updated>2024-05-01T10:00:00+00:00</updated><entry><author><name>/u/weirkeeper</name></author>
            <content type="html">&lt;div class="md"&gt;&lt;p&gt;The weir holds&lt;/p&gt;&lt;/div&gt;</content><id>t3_7abcde</id><link href="https://www.reddit.com/r/rivers/comments/7abcde/the_weir/"/>
            <updated>2024-05-01T10:00:00+00:00</updated><title>The weir</title></entry></feed>"#,
        )],
    );
    assert_eq!(
        told(&scene, "https://www.reddit.com/r/rivers/comments/7abcde/", &[]),
        "captured post reddit.rss The weir holds"
    );
    assert_eq!(
        scene.web.asked("reddit.test", "/") + scene.web.asked("reddit-api.test", "/"),
        1
    );
}

#[test]
fn reddits_json_is_asked_with_a_token_only() {
    let scene = Scene::new();
    scene.web.on(
        "reddit-api.test",
        "/comments/7abcde*",
        [Reply::json(
            r#"[{"data":{"children":[{"kind":"t3","data":{"id":"7abcde","title":"The weir","selftext":"The weir holds","author":"weirkeeper"}}]}}]"#,
        )],
    );
    let input = scene.file(
        "story.html",
        "<!DOCTYPE html><article><p>They <a href='https://www.reddit.com/r/rivers/comments/7abcde/'>wrote about the weir</a> that evening.</p></article>",
    );
    let output = scene
        .archiving()
        .env(
            "CITEKEEP_CREDENTIAL_REDDIT",
            "http://reddit-api.test authorization: Bearer MTIzNDU2Nzg5MGFi",
        )
        .arg(&input)
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    assert_eq!(answers(&scene), "reddit.json captured post");
    assert_eq!(
        scene.web.sent("reddit-api.test", "/comments", "authorization"),
        [Some("Bearer MTIzNDU2Nzg5MGFi".to_owned())]
    );
}

/// A note as an ActivityPub object.
fn object(id: &str, words: &str) -> Reply {
    Reply::ok(
        "application/activity+json",
        format!(
            r#"{{"type":"Note","id":"{id}","content":"<p>{words}</p>","attributedTo":"https://herons.example/users/ada","published":"2024-05-01T10:00:00Z"}}"#
        ),
    )
}

#[test]
fn posts_of_the_fediverse_are_asked_of_their_own_servers_in_their_own_way() {
    let tube = "9c9de5e8-0a1e-484a-b099-e80766180a6d";
    for (address, host, path, reply, said) in [
        (
            "https://herons.example/@ada/109876543210987654",
            "mastodon.test",
            "/herons.example/api/v1/statuses/109876543210987654",
            Reply::json(
                r#"{"id":"109876543210987654","url":"https://herons.example/@ada/109876543210987654","content":"<p>The weir holds</p>","account":{}}"#,
            ),
            "captured post mastodon.api The weir holds",
        ),
        (
            "https://mi.example/notes/9abc12xyz0",
            "misskey.test",
            "/mi.example/api/notes/show",
            Reply::json(r#"{"id":"9abc12xyz0","user":{"username":"ada"},"text":"The weir holds"}"#),
            "captured post misskey.api The weir holds",
        ),
        (
            "https://pix.example/p/ada/512345678901234567",
            "pixelfed.test",
            "/pix.example/p/ada/512345678901234567",
            object("https://pix.example/p/ada/512345678901234567", "The weir holds"),
            "captured object pixelfed.object The weir holds",
        ),
        (
            "https://lemmy.example/post/12345",
            "lemmy.test",
            "/lemmy.example/api/v3/post?id=12345",
            Reply::json(r#"{"post_view":{"post":{"id":12345,"name":"The weir","body":"The weir holds"}}}"#),
            "captured post lemmy.api The weir holds",
        ),
        (
            "https://tube.example/w/9c9de5e8-0a1e-484a-b099-e80766180a6d",
            "peertube.test",
            "/tube.example/api/v1/videos/9c9de5e8-0a1e-484a-b099-e80766180a6d",
            Reply::json(format!(
                r#"{{"uuid":"{tube}","name":"The weir","description":"The weir holds"}}"#
            )),
            "captured post peertube.api The weir holds",
        ),
    ] {
        let scene = Scene::new();
        scene.web.on(host, path, [reply]);
        assert_eq!(told(&scene, address, &[]), said);
        assert_eq!(scene.web.log().len(), 1, "a post that is live costs one question");
    }
}

#[test]
fn a_note_is_asked_for_by_a_post_whose_body_is_kept() {
    let scene = Scene::new();
    scene.web.on(
        "misskey.test",
        "/mi.example/api/notes/show",
        [Reply::json(
            r#"{"id":"9abc12xyz0","user":{"username":"ada"},"text":"The weir holds"}"#,
        )],
    );
    told(&scene, "https://mi.example/notes/9abc12xyz0", &[]);
    let asked = &scene.web.log()[0];
    assert_eq!(
        (asked.method.as_str(), asked.body.as_slice()),
        ("POST", &br#"{"noteId":"9abc12xyz0"}"#[..])
    );
    assert!(
        scene
            .value::<String>("SELECT request_headers FROM exchange")
            .starts_with(":method: POST\r\n:body: {\"noteId\":\"9abc12xyz0\"}\r\n")
    );
}

#[test]
fn an_api_for_members_only_is_gone_round_by_the_object_and_what_it_does_not_find_is_not_asked_again() {
    let scene = Scene::new();
    let at = "/herons.example/@ada/109876543210987654";
    let id = "https://herons.example/users/ada/statuses/109876543210987654";
    scene.web.on(
        "mastodon.test",
        "/herons.example/api/v1/statuses/*",
        [Reply::Answer(
            401,
            Vec::new(),
            br#"{"error":"This API requires an authenticated user"}"#.to_vec(),
        )],
    );
    scene.web.on("mastodon.test", at, [object(id, "The weir holds")]);
    assert_eq!(
        told(&scene, "https://herons.example/@ada/109876543210987654", &[]),
        "captured object mastodon.object The weir holds"
    );
    let accept = &scene.web.sent("mastodon.test", at, "accept")[0];
    assert!(accept.as_ref().unwrap().starts_with("application/activity+json"));
    let scene = Scene::new();
    scene.web.on(
        "mastodon.test",
        "/herons.example/api/v1/statuses/*",
        [Reply::Answer(
            404,
            Vec::new(),
            br#"{"error":"Record not found"}"#.to_vec(),
        )],
    );
    scene.web.on("mastodon.test", at, [object(id, "The weir holds")]);
    told(&scene, "https://herons.example/@ada/109876543210987654", &[]);
    assert_eq!(scene.web.asked("mastodon.test", at), 0);
}

#[test]
fn a_tombstone_is_the_servers_own_word_and_a_page_in_its_place_is_none() {
    let at = "/pix.example/p/ada/512345678901234567";
    for (reply, said) in [
        (
            Reply::Answer(
                410,
                Vec::new(),
                br#"{"type":"Tombstone","id":"https://pix.example/p/ada/512345678901234567"}"#.to_vec(),
            ),
            "pixelfed.object deleted tombstone",
        ),
        (
            Reply::Answer(404, Vec::new(), b"<html>Not found".to_vec()),
            "pixelfed.object refused no_object",
        ),
        (
            object("https://other.example/p/ada/512345678901234567", "Of another server"),
            "pixelfed.object unreadable wrong_id",
        ),
    ] {
        let scene = Scene::new();
        scene.web.on("pixelfed.test", at, [reply]);
        let input = scene.file(
            "story.html",
            "<!DOCTYPE html><article><p>They <a href='https://pix.example/p/ada/512345678901234567'>wrote about the weir</a> that evening.</p></article>",
        );
        scene.run(&[&input]);
        assert!(answers(&scene).contains(said), "{}", answers(&scene));
    }
}

#[test]
fn public_pages_and_embeds_of_further_platforms_are_read() {
    let tiktok = r#"<script id="__UNIVERSAL_DATA_FOR_REHYDRATION__" type="application/json">{"__DEFAULT_SCOPE__":{"webapp.video-detail":DETAIL}}</script>"#;
    for (address, host, path, reply, said) in [
        (
            "https://www.tiktok.com/@ada/video/7106594312292453675",
            "tiktok.test",
            "/@ada/video/7106594312292453675",
            Reply::page(tiktok.replace(
                "DETAIL",
                r#"{"statusCode":0,"itemInfo":{"itemStruct":{"id":"7106594312292453675","desc":"The weir holds"}}}"#,
            )),
            "captured post tiktok.page The weir holds",
        ),
        (
            "https://www.tiktok.com/@ada/video/7106594312292453675",
            "tiktok.test",
            "/@ada/video/7106594312292453675",
            Reply::page(tiktok.replace("DETAIL", r#"{"statusCode":10216}"#)),
            "protected status_10216_private_post tiktok.page -",
        ),
        (
            "https://vimeo.com/123456789",
            "vimeo.test",
            "/api/oembed.json*",
            Reply::json(
                r#"{"version":"1.0","title":"The weir","description":"The weir holds","author_name":"Ada","video_id":123456789}"#,
            ),
            "captured oembed vimeo.oembed The weir holds",
        ),
        (
            "https://weibo.com/1234567890/5028000000000001",
            "weibo.test",
            "/statuses/show?id=5028000000000001",
            Reply::json(
                r#"{"ok":1,"data":{"id":"5028000000000001","text":"The weir holds","user":{"id":1234567890}}}"#,
            ),
            "captured post weibo.status The weir holds",
        ),
        (
            "https://www.linkedin.com/feed/update/urn:li:activity:7190000000000000000",
            "linkedin.test",
            "/*",
            Reply::page(
                r#"<script type="application/ld+json">{"@type":"SocialMediaPosting","articleBody":"The weir holds","author":{"name":"Ada"}}</script>"#,
            ),
            "captured post linkedin.page The weir holds",
        ),
    ] {
        let scene = Scene::new();
        scene.web.on(host, "/robots.txt", [Reply::status(404)]);
        scene.web.on(host, path, [reply]);
        assert_eq!(told(&scene, address, &[]), said);
    }
}

#[test]
fn where_a_server_has_no_api_of_its_kind_the_object_is_asked_for() {
    for (address, host, path) in [
        (
            "https://mi.example/notes/9abc12xyz0",
            "misskey.test",
            "/mi.example/notes/9abc12xyz0",
        ),
        (
            "https://lemmy.example/post/12345",
            "lemmy.test",
            "/lemmy.example/post/12345",
        ),
        (
            "https://tube.example/w/9c9de5e8-0a1e-484a-b099-e80766180a6d",
            "peertube.test",
            "/tube.example/w/9c9de5e8-0a1e-484a-b099-e80766180a6d",
        ),
    ] {
        let scene = Scene::new();
        scene.web.on(host, path, [object(address, "The weir holds")]);
        let platform = host.trim_end_matches(".test");
        assert_eq!(
            told(&scene, address, &[]),
            format!("captured object {platform}.object The weir holds")
        );
    }
}

#[test]
fn a_users_session_on_x_shows_what_guests_do_not_see() {
    let scene = Scene::new();
    scene.syndication(POST, Reply::json("{}"));
    scene
        .web
        .on("session.test", "/graphql/*", [graphql_post(POST, "For members")]);
    let input = scene.file("story.html", article(POST));
    let output = scene
        .archiving()
        .env(
            "CITEKEEP_CREDENTIAL_1",
            "http://session.test cookie: auth_token=MTIzNDU2Nzg5MGFi; ct0=YWJjZGVmZ2hpamts",
        )
        .env(
            "CITEKEEP_CREDENTIAL_2",
            "http://session.test x-csrf-token: YWJjZGVmZ2hpamts",
        )
        .arg(&input)
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    assert!(
        answers(&scene).ends_with("x.session captured post"),
        "{}",
        answers(&scene)
    );
    assert_eq!(
        scene.web.sent("session.test", "/graphql/", "x-csrf-token"),
        [Some("YWJjZGVmZ2hpamts".to_owned())]
    );
    let kept: String = scene.value("SELECT request_headers FROM exchange WHERE url LIKE '%session.test%'");
    assert!(!kept.contains("YWJjZGVm") && !kept.contains("MTIzNDU2"), "{kept}");
}

/// What a platform's own sources said of the post of a story, in the order asked, and the state that follows.
fn said_by_sources(scene: &Scene, address: &str) -> String {
    let input = scene.file(
        "story.html",
        format!("<!DOCTYPE html><article><p>The keeper of the weir <a href='{address}'>filmed it</a> that evening, they say.</p></article>"),
    );
    scene.run(&["--set", "pace.patience=0", &input]);
    scene.is_sound();
    scene.value(
        "SELECT group_concat(source || ' ' || outcome || ' ' || reason, ', ')
                || ': ' || (SELECT state || ' ' || coalesce(post_text, '-') FROM citations)
         FROM (SELECT * FROM answer WHERE source NOT IN ('web', 'wayback') ORDER BY id)",
    )
}

#[test]
fn what_youtube_says_of_a_video_on_its_page_and_by_oembed_is_told_apart() {
    const ID: &str = "aBcDeFgHiJk";
    let player = |json: &str| {
        Reply::page(format!(
            "<!DOCTYPE html><title>Video</title><script>var ytInitialPlayerResponse = {json};var meta = 1;</script>"
        ))
    };
    let video = |id: &str| {
        player(&format!(
            r#"{{"playabilityStatus":{{"status":"OK"}},"videoDetails":{{"videoId":"{id}","title":"The weir","author":"Ada","shortDescription":"It holds","viewCount":"7"}}}}"#
        ))
    };
    let unplayable = |status: &str, reason: &str| {
        player(&format!(
            r#"{{"playabilityStatus":{{"status":"{status}","reason":"{reason}"}}}}"#
        ))
    };
    let embed = |id: &str| {
        Reply::json(format!(
            r#"{{"version":"1.0","type":"video","title":"The weir","author_name":"Ada","author_url":"https://www.youtube.com/@ada",
            "html":"<iframe src=\"https://www.youtube.com/embed/{id}?feature=oembed\"></iframe>"}}"#
        ))
    };
    let wall = || {
        Reply::page(
            "<!DOCTYPE html><title>Before you continue to YouTube</title><form action='https://consent.youtube.com/save'><button>Accept all</button></form>",
        )
    };
    for (page, oembed, said) in [
        (
            video(ID),
            Reply::status(500),
            "youtube.page captured video: captured It holds",
        ),
        // A wall, a refusal or an error of the page says nothing, and the other source is asked.
        (
            wall(),
            embed(ID),
            "youtube.page walled consent, youtube.oembed captured oembed: captured -",
        ),
        (
            Reply::status(403),
            embed(ID),
            "youtube.page walled http_403, youtube.oembed captured oembed: captured -",
        ),
        (
            Reply::page("<title>Something went wrong</title><h1>Oops</h1>"),
            Reply::status(404),
            "youtube.page walled not_a_video_page, youtube.oembed not_found http_404: not_found -",
        ),
        (
            unplayable("LOGIN_REQUIRED", "Sign in to confirm you’re not a bot"),
            Reply::status(401),
            "youtube.page walled bot_check, youtube.oembed walled embedding_disabled: walled -",
        ),
        (
            Reply::status(429),
            Reply::status(429),
            "youtube.page rate_limited http_429, youtube.oembed rate_limited host_paused: rate_limited -",
        ),
        (
            video("zzzzzzzzzzz"),
            embed("zzzzzzzzzzz"),
            "youtube.page unreadable wrong_id, youtube.oembed unreadable wrong_id: unreadable -",
        ),
        // Its own word; after it nobody else is asked.
        (
            unplayable("ERROR", "This video has been removed by the uploader"),
            embed(ID),
            "youtube.page deleted removed_by_uploader: deleted -",
        ),
        (
            unplayable(
                "ERROR",
                "This video is no longer available because the YouTube account associated with this video has been terminated.",
            ),
            embed(ID),
            "youtube.page suspended account_terminated: suspended -",
        ),
        (
            unplayable("LOGIN_REQUIRED", "Private video"),
            embed(ID),
            "youtube.page protected private_video: protected -",
        ),
        (
            unplayable("ERROR", "Video unavailable"),
            Reply::status(403),
            "youtube.page not_found unavailable, youtube.oembed protected http_403_private: protected -",
        ),
        (
            unplayable("LOGIN_REQUIRED", "Sign in to confirm your age"),
            Reply::page("<title>Error</title>"),
            "youtube.page age_gated age_check, youtube.oembed unreadable not_json: age_gated -",
        ),
        (
            unplayable(
                "UNPLAYABLE",
                "The uploader has not made this video available in your country",
            ),
            Reply::json(r#"{"error":"Not Found"}"#),
            "youtube.page withheld country, youtube.oembed unreadable unknown_shape: withheld -",
        ),
    ] {
        let scene = Scene::new();
        scene.web.on("youtube.test", &format!("/watch?v={ID}&hl=en"), [page]);
        scene.web.on("youtube.test", "/oembed?format=json&url=*", [oembed]);
        assert_eq!(
            said_by_sources(&scene, &format!("https://www.youtube.com/watch?v={ID}")),
            said
        );
    }
}

#[test]
fn what_tiktok_says_of_a_video_by_oembed_and_on_its_page_is_told_apart() {
    const ID: &str = "7106594312292453675";
    let embed = |id: &str| {
        Reply::json(format!(
            r#"{{"version":"1.0","type":"video","title":"The weir holds","author_name":"Ada","author_unique_id":"ada","embed_product_id":"{id}",
            "html":"<blockquote cite=\"https://www.tiktok.com/@ada/video/{id}\"><p>The weir holds</p></blockquote>"}}"#
        ))
    };
    let page = |detail: &str| {
        Reply::page(format!(
            r#"<title>TikTok</title><script id="__UNIVERSAL_DATA_FOR_REHYDRATION__" type="application/json">{{"__DEFAULT_SCOPE__":{{"webapp.video-detail":{detail}}}}}</script>"#
        ))
    };
    let shown = |id: &str| {
        page(&format!(
            r#"{{"statusCode":0,"itemInfo":{{"itemStruct":{{"id":"{id}","desc":"It holds"}}}}}}"#
        ))
    };
    for (oembed, page, said) in [
        (
            embed(ID),
            Reply::status(500),
            "tiktok.oembed captured oembed: captured The weir holds",
        ),
        // What oEmbed does not say, the page may.
        (
            Reply::status(404),
            page(r#"{"statusCode":10222}"#),
            "tiktok.oembed not_found http_404, tiktok.page protected status_10222_private_account: protected -",
        ),
        (
            Reply::status(400),
            page(r#"{"statusCode":10204}"#),
            "tiktok.oembed walled http_400, tiktok.page walled status_10204: walled -",
        ),
        (
            Reply::json(r#"{"code":400,"message":"Something went wrong"}"#),
            shown(ID),
            "tiktok.oembed walled something_went_wrong, tiktok.page captured post: captured It holds",
        ),
        (
            Reply::status(403),
            Reply::page("<title>Log in | TikTok</title><h1>Log in to TikTok</h1>"),
            "tiktok.oembed walled http_403, tiktok.page walled no_page_state: walled -",
        ),
        (
            Reply::status(401),
            Reply::page("<title>Please wait</title><p>Verifying that you are human"),
            "tiktok.oembed login_required http_401, tiktok.page walled no_page_state: login_required -",
        ),
        (
            Reply::status(429),
            Reply::status(429),
            "tiktok.oembed rate_limited http_429, tiktok.page rate_limited host_paused: rate_limited -",
        ),
        (
            embed("7106594312292453999"),
            shown("7106594312292453999"),
            "tiktok.oembed unreadable wrong_id, tiktok.page unreadable wrong_id: unreadable -",
        ),
        (
            Reply::page("<title>TikTok</title><h1>Oops</h1>"),
            Reply::status(503),
            "tiktok.oembed unreadable not_json, tiktok.page server_error http_503: unreadable -",
        ),
    ] {
        let scene = Scene::new();
        scene.web.on("tiktok.test", "/oembed?url=*", [oembed]);
        scene.web.on("tiktok.test", &format!("/@ada/video/{ID}"), [page]);
        assert_eq!(
            said_by_sources(&scene, &format!("https://www.tiktok.com/@ada/video/{ID}")),
            said
        );
    }
}
