//! The readers of saved answers, by the name of their source, and what has been shown of each.

use serde::Serialize;

use super::post::{Completeness, Post};
use super::{Answer, bluesky, fediverse, linkedin, oembed, reddit, telegram, tiktok, wayback, weibo, x, youtube};
use crate::exchange::Exchange;
use crate::outcome::Outcome;

/// How answers of one source are read.
pub struct Reader {
    /// `platform/source`.
    pub name: &'static str,
    /// What it yields.
    pub yields: &'static str,
    /// Whether a capture asks it, or only saved answers are read.
    pub asked: bool,
    /// What it has been exercised with; none of them with the live service.
    pub exercised: &'static [&'static str],
    read: fn(&[Exchange]) -> Told,
}

/// A question for the other parts of an author's own thread. Its answer is read together with the post around which it was
/// asked, and has no reader by itself.
pub struct ThreadQuestion {
    /// `platform/source`.
    pub name: &'static str,
    /// What it yields.
    pub yields: &'static str,
    /// What it has been exercised with.
    pub exercised: &'static [&'static str],
}

/// Every such question.
pub static THREADS: &[ThreadQuestion] = &[
    ThreadQuestion {
        name: "bluesky/context",
        yields: "the other parts of the author's own thread around a cited post",
        exercised: &[LOOPBACK],
    },
    ThreadQuestion {
        name: "mastodon/context",
        yields: "the other parts of the author's own thread around a cited post",
        exercised: &[LOOPBACK],
    },
];

/// Real answers that others recorded.
const RECORDED: &str = "recorded answers";

/// A server on loopback, in a whole run.
const LOOPBACK: &str = "loopback";

/// What a saved answer says.
#[derive(Debug, Serialize)]
pub struct Told {
    /// What it amounts to.
    pub outcome: Outcome,
    /// Reason code.
    pub reason: String,
    /// The post, if it gives one.
    pub post: Option<Post>,
    /// How complete that is; `None` without a post.
    pub completeness: Option<Completeness>,
    /// When an archive kept it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub archived_at: Option<String>,
    /// The address that an archive kept.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub original: Option<String>,
    /// Captures that an archive's index lists.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub captures: Option<Vec<wayback::Row>>,
}

impl From<Answer> for Told {
    fn from(answer: Answer) -> Told {
        Told {
            outcome: answer.outcome,
            reason: answer.reason,
            completeness: answer.post.as_ref().map(Post::completeness),
            post: answer.post,
            archived_at: answer.archived_at,
            original: None,
            captures: None,
        }
    }
}

impl Reader {
    /// Reads saved exchanges, oldest first.
    #[must_use]
    pub fn read(&self, exchanges: &[Exchange]) -> Told {
        (self.read)(exchanges)
    }
}

/// The reader of this name.
#[must_use]
pub fn by_name(name: &str) -> Option<&'static Reader> {
    READERS.iter().find(|reader| reader.name == name)
}

fn last(exchanges: &[Exchange], read: impl Fn(&Exchange) -> Answer) -> Told {
    match exchanges.last() {
        Some(exchange) => read(exchange).into(),
        None => Answer::without_post(Outcome::Unreadable, "no_exchange").into(),
    }
}

macro_rules! readers {
    ($($name:literal, $asked:literal, $exercised:expr, $yields:literal, $read:expr;)+) => {
        /// Every reader, by platform.
        pub static READERS: &[Reader] = &[$(Reader { name: $name, yields: $yields, asked: $asked, exercised: $exercised, read: $read }),+];
    };
}

readers! {
    "x/syndication", true, &[RECORDED, LOOPBACK], "post, media, edits, quoted and answered post", |e| last(e, |x| x::syndication::read(x, None));
    "x/graphql", true, &[RECORDED, LOOPBACK], "post, long text, media, all counts, quoted and repeated post", |e| last(e, |x| x::graphql::read(x, None));
    "x/oembed", true, &[RECORDED, LOOPBACK], "text and author, from a cache", |e| last(e, |x| x::oembed::read(x, None));
    "x/session", true, &[LOOPBACK], "as x/graphql, with your session; wants cookies", |e| last(e, |x| x::graphql::read(x, None));
    "x/api", true, &[LOOPBACK], "post, long text, media, poll, counts, edits, quoted and answered post; wants a token", |e| last(e, |x| x::api::read(x, None));
    "x/fx", true, &[LOOPBACK], "post, long text, media, poll, counts, as a third party tells", |e| last(e, |x| x::witness::read_fx(x, None));
    "x/vx", true, &[LOOPBACK], "post, media, counts, as a third party tells", |e| last(e, |x| x::witness::read_vx(x, None));
    "x/v1", false, &[RECORDED], "post, media, quoted and repeated post", |e| last(e, x::archived::saved);
    "x/page", false, &[RECORDED], "post of an archived status page", |e| last(e, x::archived::saved);
    "bluesky/thread", true, &[RECORDED, LOOPBACK], "post, media, quoted and answered post, labels", |e| last(e, |x| bluesky::thread::read(x, None));
    "bluesky/record", true, &[LOOPBACK], "post from the author's own server, files as uploaded; its content identifier is checked", |e| last(e, |x| bluesky::record::read(x, None));
    "mastodon/api", true, &[RECORDED, LOOPBACK], "post, media, poll, edit time, quoted and boosted post", |e| last(e, |x| fediverse::status::read(x, None));
    "mastodon/object", true, &[LOOPBACK], "post of any fediverse server as its ActivityPub object: text, media, poll, quoted and answered post", |e| last(e, |x| fediverse::object::read(x, None));
    "misskey/api", true, &[LOOPBACK], "post, media, poll, counts, quoted and answered post", |e| last(e, |x| fediverse::misskey::read(x, None));
    "misskey/object", true, &[LOOPBACK], "as mastodon/object", |e| last(e, |x| fediverse::object::read(x, None));
    "pixelfed/object", true, &[LOOPBACK], "as mastodon/object", |e| last(e, |x| fediverse::object::read(x, None));
    "lemmy/api", true, &[LOOPBACK], "post or comment, link, picture, counts", |e| last(e, |x| fediverse::lemmy::read(x, None));
    "lemmy/object", true, &[LOOPBACK], "as mastodon/object", |e| last(e, |x| fediverse::object::read(x, None));
    "peertube/api", true, &[LOOPBACK], "title, description, author, largest file, counts", |e| last(e, |x| fediverse::peertube::read(x, None));
    "peertube/object", true, &[LOOPBACK], "as mastodon/object", |e| last(e, |x| fediverse::object::read(x, None));
    "telegram/embed", true, &[RECORDED, LOOPBACK], "post, media, poll, forward, answer", |e| last(e, |x| telegram::embed::read(x, None));
    "youtube/page", true, &[RECORDED, LOOPBACK], "title, description, author, time, counts, still", |e| last(e, |x| youtube::page::read(x, None));
    "youtube/oembed", true, &[RECORDED, LOOPBACK], "title, author, still", |e| last(e, |x| oembed::read(x, "youtube", None));
    "reddit/json", true, &[LOOPBACK], "post or comment, files, counts, edit time; wants a token", |e| last(e, |x| reddit::listing::read(x, None));
    "reddit/rss", true, &[LOOPBACK], "post or comment, text, author, time", |e| last(e, |x| reddit::rss::read(x, None));
    "reddit/oembed", true, &[RECORDED, LOOPBACK], "title and author", |e| last(e, |x| oembed::read(x, "reddit", None));
    "tiktok/oembed", true, &[RECORDED, LOOPBACK], "caption, author, still", |e| last(e, |x| oembed::read(x, "tiktok", None));
    "tiktok/page", true, &[LOOPBACK], "caption, author, time, counts, file; why a post is not shown", |e| last(e, |x| tiktok::page::read(x, None));
    "linkedin/page", true, &[LOOPBACK], "text, author, time, counts", |e| last(e, |x| linkedin::page::read(x, None));
    "weibo/status", true, &[LOOPBACK], "post, pictures, counts, repeated post", |e| last(e, |x| weibo::status::read(x, None));
    "vimeo/oembed", true, &[LOOPBACK], "title, description, author, still", |e| last(e, |x| oembed::read(x, "vimeo", None));
    "dailymotion/oembed", false, &[], "title, author, still", |e| last(e, |x| oembed::read(x, "dailymotion", None));
    "wayback/cdx", true, &[RECORDED, LOOPBACK], "captures of an address", wayback::saved_listing;
    "wayback/memento", true, &[RECORDED, LOOPBACK], "when an address was archived", wayback::saved_memento;
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::exchange::saved;
    use crate::exchange::testing::answered;

    fn told(source: &str, status: u16, body: &str) -> Told {
        by_name(source).unwrap().read(&[answered(status, body.as_bytes())])
    }

    #[test]
    fn the_readme_lists_every_source_as_the_program_does() {
        let readme = include_str!("../../README.md");
        for reader in READERS {
            let row = format!("| `{}` | {} |", reader.name, reader.yields);
            assert!(readme.contains(&row), "{row}");
        }
        for question in THREADS {
            let row = format!("| `{}` | {} |", question.name, question.yields);
            assert!(readme.contains(&row), "{row}");
        }
    }

    #[test]
    fn every_question_for_a_thread_is_listed() {
        let threads = crate::platform::PLATFORMS.iter().filter_map(|platform| platform.thread);
        let asked: std::collections::BTreeSet<_> = threads.map(|t| t.name().replacen('.', "/", 1)).collect();
        let listed: std::collections::BTreeSet<_> = THREADS.iter().map(|t| t.name.to_owned()).collect();
        assert_eq!(asked, listed);
    }

    #[test]
    fn every_source_that_is_asked_has_a_reader_of_its_name() {
        for source in crate::platform::PLATFORMS.iter().flat_map(|platform| platform.sources) {
            let name = source.name().replacen('.', "/", 1);
            let is_read = by_name(&name).is_some_and(|reader| reader.asked);
            // Of web archives each answer has a reader; Truth Social's server is one of Mastodon's kin.
            assert!(
                is_read || name == "wayback" || name.starts_with("truth_social"),
                "{name}"
            );
        }
    }

    #[test]
    fn what_a_platform_says_in_place_of_a_post_is_told_apart() {
        for (source, status, body, outcome, reason) in [
            (
                "x/graphql",
                200,
                r#"{"data":{"tweetResult":{}}}"#,
                Outcome::NotFound,
                "empty_result",
            ),
            (
                "x/graphql",
                200,
                r#"{"data":{"tweetResult":{"result":{"__typename":"TweetUnavailable","reason":"Suspended"}}}}"#,
                Outcome::Suspended,
                "unavailable_suspended",
            ),
            (
                "x/graphql",
                200,
                r#"{"data":{"tweetResult":{"result":{"__typename":"TweetUnavailable","reason":"NsfwLoggedOut"}}}}"#,
                Outcome::AgeGated,
                "unavailable_age",
            ),
            (
                "mastodon/api",
                404,
                r#"{"error":"Record not found"}"#,
                Outcome::NotFound,
                "record_not_found",
            ),
            (
                "mastodon/api",
                401,
                r#"{"error":"This API requires an authenticated user"}"#,
                Outcome::LoginRequired,
                "authenticated_users_only",
            ),
            (
                "bluesky/thread",
                400,
                r#"{"error":"NotFound","message":"Post not found"}"#,
                Outcome::NotFound,
                "error_not_found",
            ),
            (
                "bluesky/thread",
                400,
                r#"{"error":"AccountTakedown"}"#,
                Outcome::Suspended,
                "error_account_takedown",
            ),
            (
                "bluesky/thread",
                200,
                r#"{"posts":[]}"#,
                Outcome::NotFound,
                "not_listed",
            ),
            (
                "youtube/oembed",
                403,
                "Forbidden",
                Outcome::Protected,
                "http_403_private",
            ),
            ("youtube/oembed", 404, "Not Found", Outcome::NotFound, "http_404"),
            (
                "telegram/embed",
                200,
                r#"<div class="tgme_widget_message"><div class="tgme_widget_message_error">Post not found</div></div>"#,
                Outcome::NotFound,
                "post_not_found",
            ),
            (
                "youtube/page",
                200,
                "<html><title>Before you continue</title>",
                Outcome::Walled,
                "not_a_video_page",
            ),
            (
                "youtube/oembed",
                401,
                "Unauthorized",
                Outcome::Walled,
                "embedding_disabled",
            ),
            ("youtube/oembed", 400, "Bad Request", Outcome::NotFound, "http_400"),
            (
                "reddit/oembed",
                403,
                r#"{"reason":"private","message":"Forbidden","error":403}"#,
                Outcome::Protected,
                "community_private",
            ),
            (
                "reddit/oembed",
                404,
                r#"{"reason":"banned","message":"Not Found","error":404}"#,
                Outcome::Withheld,
                "community_banned",
            ),
            (
                "reddit/oembed",
                404,
                r#"{"message":"Not Found","error":404}"#,
                Outcome::NotFound,
                "http_404",
            ),
            (
                "tiktok/oembed",
                400,
                r#"{"code":400,"message":"Something went wrong"}"#,
                Outcome::Walled,
                "something_went_wrong",
            ),
            (
                "tiktok/oembed",
                200,
                r#"{"message":"Something went wrong","code":400}"#,
                Outcome::Walled,
                "something_went_wrong",
            ),
            (
                "x/v1",
                404,
                r#"{"errors":[{"code":144,"message":"No status found with that ID."}]}"#,
                Outcome::NotFound,
                "error_not_found",
            ),
            (
                "x/v1",
                403,
                r#"{"errors":[{"code":63,"message":"User has been suspended."}]}"#,
                Outcome::Suspended,
                "error_suspended",
            ),
            (
                "x/v1",
                403,
                r#"{"errors":[{"code":179,"message":"Sorry, you are not authorized to see this status."}]}"#,
                Outcome::Protected,
                "error_protected",
            ),
            (
                "x/v1",
                429,
                r#"{"errors":[{"code":88,"message":"Rate limit exceeded"}]}"#,
                Outcome::RateLimited,
                "error_rate_limit",
            ),
            (
                "x/graphql",
                200,
                r#"{"data":{"tweetResult":{"result":{"__typename":"TweetTombstone","tombstone":{"__typename":"TextTombstone","text":{"rtl":false,"text":"This Post is from an account that no longer exists. Learn more","entities":[]}}}}}}"#,
                Outcome::AccountGone,
                "tombstone_account_gone",
            ),
            (
                "mastodon/api",
                403,
                r#"{"error":"This action is not allowed"}"#,
                Outcome::LoginRequired,
                "not_allowed",
            ),
            ("mastodon/api", 410, "{}", Outcome::NotFound, "http_410"),
            (
                "mastodon/api",
                200,
                r#"{"type":"Tombstone"}"#,
                Outcome::Deleted,
                "tombstone",
            ),
            (
                "bluesky/thread",
                200,
                r##"{"thread":{"$type":"app.bsky.feed.defs#notFoundPost","uri":"at://did:plc:ada/app.bsky.feed.post/1","notFound":true}}"##,
                Outcome::NotFound,
                "not_found_post",
            ),
            (
                "bluesky/thread",
                200,
                r##"{"thread":{"$type":"app.bsky.feed.defs#blockedPost","uri":"at://did:plc:ada/app.bsky.feed.post/1","blocked":true,"author":{"did":"did:plc:ada"}}}"##,
                Outcome::Walled,
                "blocked_post",
            ),
            (
                "telegram/embed",
                200,
                r#"<div class="tgme_widget_message_error">Channel with username <b>@river</b> not found</div>"#,
                Outcome::NotFound,
                "channel_not_found",
            ),
            (
                "telegram/embed",
                200,
                r#"<div class="tgme_widget_message_error">This channel can’t be displayed because it violated Telegram's Terms of Service.</div>"#,
                Outcome::Withheld,
                "channel_withheld",
            ),
            (
                "telegram/embed",
                200,
                r#"<div class="tgme_widget_message" data-post="river/5"><div class="message_media_not_supported_label">Please open Telegram to view this post</div></div>"#,
                Outcome::LoginRequired,
                "only_in_application",
            ),
            (
                "reddit/oembed",
                429,
                "Too Many Requests",
                Outcome::RateLimited,
                "http_429",
            ),
        ] {
            let told = told(source, status, body);
            assert_eq!(
                (told.outcome, told.reason.as_str()),
                (outcome, reason),
                "{source} {body}"
            );
        }
    }

    #[test]
    fn a_cassette_gives_the_last_exchange_with_its_status() {
        let cassette = "interactions:\n- response:\n    status: {code: 404, message: gone}\n    headers: {}\n    body:\n      string: !!binary |\n        eyJlcnJvciI6IlJlY29yZCBub3QgZm91bmQifQ==\n";
        let exchanges = saved::read(cassette.as_bytes(), "a.yaml", None).unwrap();
        let told = by_name("mastodon/api").unwrap().read(&exchanges);
        assert_eq!(told.reason, "record_not_found");
        assert!(saved::read(b"a: [", "a.yaml", None).is_err());
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]
        #[test]
        fn whatever_the_bytes_every_reader_answers(body in proptest::collection::vec(any::<u8>(), 0..300), status in 100_u16..600) {
            for reader in READERS {
                let told = reader.read(&[answered(status, &body)]);
                prop_assert!(!told.reason.is_empty());
            }
            let _ = saved::read(&body, "a.yaml", None);
        }
    }
}
