use super::*;
use crate::exchange::testing::answered;
use crate::outcome::Outcome;

fn at(address: &str) -> (&'static Platform, PostRef) {
    match crate::platform::recognise(&Url::parse(address).unwrap()) {
        Some((platform, Recognised::Post(post))) => (platform, post),
        other => panic!("{address}: {:?}", other.map(|(_, found)| found)),
    }
}

fn related(relation: Relation, id: Option<&str>, url: Option<&str>, author: &str) -> Related {
    Related {
        id: id.map(str::to_owned),
        url: url.map(str::to_owned),
        author_id: Some(author.to_owned()),
        ..Related::new(relation)
    }
}

fn names(address: &str, related: Vec<Related>) -> Vec<(Tie, String)> {
    let (platform, at) = at(address);
    let post = Post {
        id: at.id.clone(),
        author_id: Some("7".into()),
        related,
        ..Post::default()
    };
    let found = named(platform, &at, &post).into_iter();
    found.map(|around| (around.tie, around.post.url.into())).collect()
}

#[test]
fn what_a_post_names_is_a_post_of_its_platform_by_address_or_by_id() {
    use Relation::{Parent, Quoted, Reposted};
    const X: &str = "https://x.com/ada/status/20";
    const BLUESKY: &str = "https://bsky.app/profile/did:plc:z72i7hdynmk6r22z27h6tvur/post/3kabc2xyz7k2a";
    const MASTODON: &str = "https://social.example/@ada/113000000000000001";
    const MISSKEY: &str = "https://note.example/notes/9abcdefghi";
    const LEMMY: &str = "https://lemmy.example/comment/5";
    const REDDIT: &str = "https://www.reddit.com/r/birds/comments/1abcd2/comment/kx9z8y7/";
    let twitter = Some("https://twitter.com/bob/status/30?s=20");
    let did = "did:plc:z72i7hdynmk6r22z27h6tvur/3kabc2xyz7k2b";
    for (address, named, found) in [
        (
            X,
            related(Quoted, Some("30"), None, "8"),
            Some((Tie::Quotes, "https://x.com/i/status/30")),
        ),
        (
            X,
            related(Parent, Some("30"), twitter, "8"),
            Some((Tie::RepliesTo, "https://x.com/bob/status/30")),
        ),
        (
            X,
            related(Parent, Some("30"), None, "7"),
            Some((Tie::Thread, "https://x.com/i/status/30")),
        ),
        (
            X,
            related(Reposted, Some("30"), None, "8"),
            Some((Tie::Reposts, "https://x.com/i/status/30")),
        ),
        (X, related(Quoted, None, None, "8"), None),
        (X, related(Quoted, Some("20"), None, "8"), None),
        (X, related(Quoted, Some("../intent/30"), None, "8"), None),
        (X, related(Quoted, None, Some(REDDIT), "8"), None),
        (
            X,
            related(Quoted, Some("30"), Some("https://t.co/abc"), "8"),
            Some((Tie::Quotes, "https://x.com/i/status/30")),
        ),
        (X, related(Quoted, None, Some("http://127.0.0.1/status/30"), "8"), None),
        (
            BLUESKY,
            related(Quoted, Some(did), None, "8"),
            Some((
                Tie::Quotes,
                "https://bsky.app/profile/did:plc:z72i7hdynmk6r22z27h6tvur/post/3kabc2xyz7k2b",
            )),
        ),
        (
            MASTODON,
            related(Parent, Some("113000000000000002"), None, "8"),
            Some((Tie::RepliesTo, "https://social.example/statuses/113000000000000002")),
        ),
        (
            MASTODON,
            related(Quoted, None, Some(MISSKEY), "8"),
            Some((Tie::Quotes, MISSKEY)),
        ),
        (MASTODON, related(Quoted, None, Some(X), "8"), None),
        (
            MISSKEY,
            related(Parent, Some("9abcdefghj"), None, "8"),
            Some((Tie::RepliesTo, "https://note.example/notes/9abcdefghj")),
        ),
        (
            LEMMY,
            related(Parent, Some("comment/4"), None, "8"),
            Some((Tie::RepliesTo, "https://lemmy.example/comment/4")),
        ),
        (
            LEMMY,
            related(Parent, Some("3"), None, "8"),
            Some((Tie::RepliesTo, "https://lemmy.example/post/3")),
        ),
        (
            REDDIT,
            related(Parent, Some("1abcd2/kx9z8y6"), None, "8"),
            Some((
                Tie::RepliesTo,
                "https://www.reddit.com/comments/1abcd2/comment/kx9z8y6/",
            )),
        ),
        (
            REDDIT,
            related(Parent, Some("1abcd2"), None, "8"),
            Some((Tie::RepliesTo, "https://www.reddit.com/comments/1abcd2/")),
        ),
    ] {
        let expected: Vec<(Tie, String)> = found.into_iter().map(|(tie, url)| (tie, url.to_owned())).collect();
        assert_eq!(names(address, vec![named.clone()]), expected, "{address} {named:?}");
    }
    let long = format!("https://x.com/bob/status/30?{}", "x".repeat(LONGEST));
    assert_eq!(names(X, vec![related(Quoted, None, Some(&long), "8")]), []);
}

/// What the platform of an address reads of a thread around it.
fn thread(address: &str, post: &Post, status: u16, body: &str) -> Result<Vec<String>, (Outcome, String)> {
    let (platform, at) = at(address);
    match platform
        .thread
        .unwrap()
        .read(&at, post, &answered(status, body.as_bytes()))
    {
        Ok(parts) => Ok(parts.into_iter().map(|part| part.url.into()).collect()),
        Err(answer) => Err((answer.outcome, answer.reason)),
    }
}

#[test]
fn of_a_conversation_on_bluesky_only_the_authors_own_unbroken_thread_is_taken() {
    const DID: &str = "did:plc:aaaaaaaaaaaaaaaaaaaaaaaa";
    const OTHER: &str = "did:plc:bbbbbbbbbbbbbbbbbbbbbbbb";
    let address = format!("https://bsky.app/profile/{DID}/post/3kabc2xyz7k2c");
    let view = |did: &str, key: char| format!(r#""post":{{"uri":"at://{did}/app.bsky.feed.post/3kabc2xyz7k2{key}"}}"#);
    let above = format!(
        "{{{},\"parent\":{{{},\"parent\":{{{}}}}}}}",
        view(DID, 'b'),
        view(OTHER, 'a'),
        view(DID, '7')
    );
    let strangers = format!("{{{},\"replies\":[{{{}}}]}}", view(OTHER, 'd'), view(DID, 'e'));
    let own = format!(
        "{{{},\"replies\":[{{{}}},{{\"notFound\":true}}]}}",
        view(DID, 'f'),
        view(DID, 'g')
    );
    let body = format!(
        "{{\"thread\":{{{},\"parent\":{above},\"replies\":[{strangers},{own}]}}}}",
        view(DID, 'c')
    );
    let post = Post {
        id: format!("{DID}/3kabc2xyz7k2c"),
        ..Post::default()
    };
    let parts = ["b", "f", "g"].map(|last| format!("https://bsky.app/profile/{DID}/post/3kabc2xyz7k2{last}"));
    assert_eq!(thread(&address, &post, 200, &body), Ok(parts.to_vec()));
    for (status, body, outcome, reason) in [
        (200, body.replace("7k2c", "7k2z"), Outcome::Unreadable, "wrong_id"),
        (
            400,
            r#"{"error":"NotFound"}"#.into(),
            Outcome::NotFound,
            "error_not_found",
        ),
        (429, String::new(), Outcome::RateLimited, "http_429"),
        (200, "<html>".into(), Outcome::Unreadable, "not_json"),
    ] {
        assert_eq!(
            thread(&address, &post, status, &body),
            Err((outcome, reason.to_owned()))
        );
    }
}

#[test]
fn of_a_conversation_on_mastodon_only_the_authors_own_unbroken_thread_is_taken() {
    let status = |number: u32, author: u32, answers: u32| {
        format!(
            r#"{{"id":"11300000000000000{number}","in_reply_to_id":"11300000000000000{answers}",
            "url":"https://social.example/@a{author}/11300000000000000{number}","account":{{"id":"{author}"}}}}"#
        )
    };
    let body = format!(
        r#"{{"ancestors":[{},{},{}],"descendants":[{},{},{},{}]}}"#,
        status(1, 7, 0),
        status(2, 8, 1),
        status(3, 7, 2),
        status(5, 7, 4),
        status(6, 8, 4),
        status(7, 7, 6),
        status(8, 7, 5),
    );
    let post = Post {
        author_id: Some("7".into()),
        parent_id: Some("113000000000000003".into()),
        ..Post::default()
    };
    let address = "https://social.example/@a7/113000000000000004";
    let parts = [3, 5, 8].map(|number| format!("https://social.example/@a7/11300000000000000{number}"));
    assert_eq!(thread(address, &post, 200, &body), Ok(parts.to_vec()));
    for (status, body, outcome, reason) in [
        (200, "{}", Outcome::Unreadable, "unknown_shape"),
        (404, "{}", Outcome::NotFound, "http_404"),
        (401, "{}", Outcome::LoginRequired, "http_401"),
    ] {
        assert_eq!(thread(address, &post, status, body), Err((outcome, reason.to_owned())));
    }
}

#[test]
fn a_thread_is_looked_for_only_where_there_may_be_one() {
    let mut post = Post {
        author_handle: Some("Ada".into()),
        ..Post::default()
    };
    assert!(!may_have_thread(&post));
    post.count("replies", Some(0));
    assert!(!may_have_thread(&post));
    let mut own = Related::new(Relation::Parent);
    own.author_handle = Some("ada".into());
    post.relate(own);
    assert!(may_have_thread(&post));
}

proptest::proptest! {
    #![proptest_config(proptest::prelude::ProptestConfig::with_cases(200))]
    #[test]
    fn whatever_is_answered_a_thread_is_read_without_panic(
        body in "(\\{\"(thread|ancestors|descendants|parent|replies|post|uri|id|url|account)\":|\\[|\\]|\\}|,|\"at://did:plc:a/app.bsky.feed.post/b\"|\"7\"|null|[a-z]){0,24}",
        status in 100_u16..600,
    ) {
        let post = Post { id: "did:plc:a/b".into(), author_id: Some("7".into()), ..Post::default() };
        for address in ["https://bsky.app/profile/did:plc:a/post/b", "https://social.example/@a7/113000000000000004"] {
            let _ = thread(address, &post, status, &body);
        }
    }
}
