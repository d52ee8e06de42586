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
    use serde_json::Value;

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
    fn a_post_of_the_fediverse_is_read_with_its_poll_media_and_boost() {
        let body = r#"{"id":"113000000000000001","url":"https://social.example/@ada/113000000000000001",
            "created_at":"2024-08-01T10:00:00.000Z","edited_at":"2024-08-01T11:00:00.000Z","content":"<p>One<br>two</p><p><a href=\"https://social.example/tags/flood\" class=\"mention hashtag\">#<span>flood</span></a></p>",
            "spoiler_text":"water","sensitive":true,"account":{"id":"7","acct":"ada","display_name":"Ada"},
            "media_attachments":[{"type":"image","url":"https://files.example/1.jpg","description":"A river","meta":{"original":{"width":4,"height":3}}}],
            "poll":{"options":[{"title":"yes","votes_count":2}],"votes_count":2,"expired":true,"multiple":false},
            "in_reply_to_id":"5","favourites_count":1}"#;
        let post = told("mastodon/api", 200, body).post.unwrap();
        assert_eq!(post.text.as_deref(), Some("One\ntwo\n\n#flood"));
        assert_eq!(post.edited_at.as_deref(), Some("2024-08-01T11:00:00.000Z"));
        assert_eq!(post.content_warning.as_deref(), Some("water"));
        assert_eq!(
            (post.media[0].alt.as_deref(), post.media[0].width),
            (Some("A river"), Some(4))
        );
        assert_eq!(post.poll.unwrap().options[0].votes, Some(2));
        assert_eq!(post.parent_id.as_deref(), Some("5"));
    }

    #[test]
    fn what_a_video_page_says_in_the_place_of_a_video_is_told_apart() {
        for (status, said, more, outcome, reason) in [
            (
                "LOGIN_REQUIRED",
                "Private video",
                "",
                Outcome::Protected,
                "private_video",
            ),
            (
                "LOGIN_REQUIRED",
                "Sign in to confirm your age",
                "",
                Outcome::AgeGated,
                "age_check",
            ),
            (
                "LOGIN_REQUIRED",
                "Sign in to confirm you’re not a bot",
                "",
                Outcome::Walled,
                "bot_check",
            ),
            (
                "ERROR",
                "Video unavailable",
                "This video has been removed by the uploader",
                Outcome::Deleted,
                "removed_by_uploader",
            ),
            (
                "ERROR",
                "Video unavailable",
                "This video is no longer available because the YouTube account associated with this video has been terminated.",
                Outcome::Suspended,
                "account_terminated",
            ),
            (
                "ERROR",
                "Video unavailable",
                "This video is no longer available because the uploader has closed their YouTube account.",
                Outcome::AccountGone,
                "account_closed",
            ),
            (
                "ERROR",
                "This video has been removed for violating YouTube's Terms of Service",
                "",
                Outcome::Withheld,
                "rules",
            ),
            (
                "UNPLAYABLE",
                "Video unavailable",
                "The uploader has not made this video available in your country",
                Outcome::Withheld,
                "country",
            ),
            (
                "UNPLAYABLE",
                "Join this channel to get access to members-only content like this video, and other exclusive perks.",
                "",
                Outcome::LoginRequired,
                "members_only",
            ),
            (
                "UNPLAYABLE",
                "This video requires payment to watch",
                "",
                Outcome::LoginRequired,
                "payment",
            ),
            (
                "UNPLAYABLE",
                "Video unavailable",
                "This content isn’t available, try again later.",
                Outcome::Walled,
                "try_again_later",
            ),
            (
                "LIVE_STREAM_OFFLINE",
                "Premieres in 3 hours",
                "",
                Outcome::NotFound,
                "not_broadcast_yet",
            ),
            ("ERROR", "Video unavailable", "", Outcome::NotFound, "unavailable"),
        ] {
            let player = serde_json::json!({"playabilityStatus": {"status": status, "reason": said,
                "errorScreen": {"playerErrorMessageRenderer": {"subreason": {"simpleText": more}}}}});
            let told = told(
                "youtube/page",
                200,
                &format!("<script>var ytInitialPlayerResponse = {player};</script>"),
            );
            assert_eq!((told.outcome, told.reason.as_str()), (outcome, reason), "{said} {more}");
        }
    }

    #[test]
    fn a_video_page_is_read_in_its_older_and_in_its_reduced_forms() {
        let details = serde_json::json!({"videoDetails": {"videoId": "aaaaaaaaaaa", "title": "The weir", "author": "Ada",
            "channelId": "UC1", "viewCount": "12", "lengthSeconds": "60", "shortDescription": "It holds."}});
        let config = serde_json::json!({"args": {"player_response": details.to_string()}});
        let older =
            format!("<script>var ytplayer = ytplayer || {{}};ytplayer.config = {config};ytplayer.load();</script>");
        let post = told("youtube/page", 200, &older).post.unwrap();
        assert_eq!(
            (post.title.as_deref(), post.text.as_deref()),
            (Some("The weir"), Some("It holds."))
        );
        let reduced = r#"<link rel="canonical" href="https://www.youtube.com/watch?v=aaaaaaaaaaa"><meta property="og:title" content="The weir">
            <div><meta itemprop="datePublished" content="2019-05-01"><meta itemprop="interactionCount" content="12">
            <span itemprop="author"><link itemprop="url" href="http://www.youtube.com/@ada"><link itemprop="name" content="Ada"></span></div>"#;
        let told = told("youtube/page", 200, reduced);
        let post = told.post.unwrap();
        assert_eq!(told.reason, "video_without_player");
        assert_eq!(
            (
                post.author_name.as_deref(),
                post.author_handle.as_deref(),
                post.posted_at.as_deref()
            ),
            (Some("Ada"), Some("ada"), Some("2019-05-01"))
        );
        assert_eq!((post.counts[0].1, post.text_cut), (12, None));
    }

    #[test]
    fn cards_polls_spaces_and_warnings_of_x_are_read() {
        let with_card = |card: Value| {
            let body = serde_json::json!({"__typename": "Tweet", "id_str": "5", "text": "See https://t.co/a", "user": {"screen_name": "ada_b"},
                "entities": {"urls": [{"url": "https://t.co/a", "expanded_url": "https://river.example/report", "indices": [4, 18]}],
                    "media": [{"media_url_https": "https://pbs.twimg.com/media/A.jpg", "type": "photo"}]},
                "extended_entities": {"media": [{"media_url_https": "https://pbs.twimg.com/media/A.jpg", "type": "photo",
                    "ext_sensitive_media_warning": {"adult_content": false, "graphic_violence": true, "other": false}}]}, "card": card});
            told("x/syndication", 200, &body.to_string()).post.unwrap()
        };
        let text = |value: &str| serde_json::json!({"type": "STRING", "string_value": value});
        let post = with_card(
            serde_json::json!({"name": "summary_large_image", "url": "https://t.co/a", "binding_values": {
            "card_url": text("https://t.co/a"), "title": text("Report"), "description": text("On the weir")}}),
        );
        let card = post.card.unwrap();
        assert_eq!(
            card.url.as_deref(),
            Some("https://river.example/report"),
            "where it leads"
        );
        assert_eq!(
            (card.title.as_deref(), card.description.as_deref()),
            (Some("Report"), Some("On the weir"))
        );
        assert_eq!(post.labels, ["graphic_violence"]);
        let post = with_card(serde_json::json!({"name": "poll3choice_text_only", "binding_values": {
            "choice1_label": text("Yes"), "choice1_count": text("7"), "choice2_label": text("No"), "choice2_count": text("2"),
            "choice3_label": text("Perhaps"), "choice3_count": text("0"),
            "end_datetime_utc": text("2024-05-02T10:00:00Z"), "counts_are_final": {"type": "BOOLEAN", "boolean_value": true}}}));
        let poll = post.poll.unwrap();
        assert_eq!((poll.options.len(), poll.votes, poll.closed), (3, Some(9), Some(true)));
        assert_eq!(poll.ends_at.as_deref(), Some("2024-05-02T10:00:00Z"));
        assert_eq!(post.card, None);
        let space = with_card(
            serde_json::json!({"name": "3691233323:audiospace", "binding_values": {"id": text("1vAxRkVexample")}}),
        );
        assert_eq!(
            space.card.unwrap().url.as_deref(),
            Some("https://x.com/i/spaces/1vAxRkVexample")
        );
        let parts = serde_json::json!({"component_objects": {"details_1": {"type": "details", "data": {"title": {"content": "Report", "is_rtl": false},
            "subtitle": {"content": "river.example"}}}}, "destination_objects": {"browser_1": {"data": {"url_data": {"url": "https://river.example/report"}}}},
            "media_entities": {"9": {"media_url_https": "https://pbs.twimg.com/media/B.jpg"}}});
        let unified = with_card(
            serde_json::json!({"legacy": {"name": "unified_card", "binding_values": [{"key": "unified_card", "value": text(&parts.to_string())}]}}),
        );
        let card = unified.card.unwrap();
        assert_eq!(
            (card.title.as_deref(), card.url.as_deref()),
            (Some("Report"), Some("https://river.example/report"))
        );
        assert_eq!(card.image.as_deref(), Some("https://pbs.twimg.com/media/B.jpg"));
    }

    #[test]
    fn a_post_that_x_shows_with_limits_repeats_quotes_or_withholds_is_read_whole() {
        let user = |handle: &str| serde_json::json!({"user_results": {"result": {"__typename": "User", "rest_id": "7", "core": {"name": "Ada B.", "screen_name": handle}}}});
        let plain = |id: &str, text: &str| {
            serde_json::json!({"__typename": "Tweet", "rest_id": id, "core": user("ada_b"), "legacy": {"id_str": id, "full_text": text,
            "created_at": "Thu Jul 27 19:45:29 +0000 2017", "lang": "en", "entities": {}}})
        };
        let read = |result: Value| {
            let body = serde_json::json!({"data": {"tweetResult": {"result": result}}}).to_string();
            told("x/graphql", 200, &body).post.unwrap()
        };
        let mut limited = plain("5", "The weir holds");
        limited["legacy"]["withheld_in_countries"] = serde_json::json!(["DE", "FR"]);
        limited["note_tweet"] = serde_json::json!({"note_tweet_results": {"result": {"text": "The weir holds, all of it &amp; more", "entity_set": {"urls": []}}}});
        let post = read(
            serde_json::json!({"__typename": "TweetWithVisibilityResults", "tweet": limited,
            "tweetInterstitial": {"text": {"text": "The following media includes potentially sensitive content."}},
            "limitedActionResults": {"limited_actions": [{"action": "Reply"}]}}),
        );
        assert_eq!(post.text.as_deref(), Some("The weir holds, all of it & more"));
        assert_eq!(
            (post.text_cut, post.withheld_in.len(), post.labels.len()),
            (Some(false), 2, 1)
        );
        let mut repeat = plain("6", "RT @ben: The weir holds and this goes on…");
        repeat["legacy"]["retweeted_status_result"] =
            serde_json::json!({"result": plain("4", "The weir holds and this goes on and on")});
        let post = read(repeat);
        assert_eq!((post.reposted_id.as_deref(), post.text_cut), (Some("4"), Some(true)));
        let mut quote = plain("7", "See");
        quote["legacy"]["is_quote_status"] = true.into();
        quote["legacy"]["quoted_status_id_str"] = "3".into();
        quote["quoted_status_result"] = serde_json::json!({"result": {"__typename": "TweetTombstone", "tombstone": {"text": {"text": "This Post is from a suspended account."}}}});
        let post = read(quote);
        let quoted = post.related(crate::platform::post::Relation::Quoted).unwrap();
        assert_eq!((quoted.id.as_deref(), quoted.present), (Some("3"), false));
        assert_eq!(quoted.reason.as_deref(), Some("tombstone_suspended"));
    }

    #[test]
    fn posts_of_the_older_interface_of_x_are_read_in_the_forms_in_which_they_are_kept() {
        let short = r#"{"id_str":"5","created_at":"Thu Jul 27 19:45:29 +0000 2017","text":"The weir… https://t.co/x","truncated":true,"user":{"id_str":"7","screen_name":"ada_b","name":"Ada"},
            "extended_tweet":{"full_text":"The weir holds &amp; more https://t.co/p","display_text_range":[0,25],"entities":{"hashtags":[]},
            "extended_entities":{"media":[{"type":"animated_gif","media_url_https":"https://pbs.twimg.com/g.jpg","ext_alt_text":"Water","video_info":{"variants":[{"bitrate":0,"content_type":"video/mp4","url":"https://video.twimg.com/g.mp4"}]}}]}}}"#;
        let post = told("x/v1", 200, short).post.unwrap();
        assert_eq!(
            (post.text.as_deref(), post.text_cut),
            (Some("The weir holds & more"), Some(false))
        );
        assert_eq!(
            (post.media[0].kind.as_str(), post.media[0].alt.as_deref()),
            ("gif", Some("Water"))
        );
        let in_frame = told("x/v1", 200, &format!(r#"[{{"tweet":{short}}}]"#));
        assert_eq!(
            (in_frame.reason.as_str(), in_frame.post.as_ref()),
            ("post", Some(&post))
        );
        let listed = told("x/v1", 200, &format!("[{short},{short}]"));
        assert_eq!((listed.reason.as_str(), listed.post), ("first_of_several", Some(post)));
    }

    #[test]
    fn what_servers_of_the_fediverse_list_beside_the_text_is_not_lost() {
        let body = r#"{"id":"5","url":"https://social.example/@ada/5","content":"<p>High <a href=\"https://social.example/tags/Water\" class=\"mention hashtag\">#<span>Water</span></a></p>",
            "account":{"id":"7","acct":"ada"},"tags":[{"name":"water","url":"https://social.example/tags/water"},{"name":"weir","url":"https://social.example/tags/weir"}],
            "mentions":[{"id":"9","acct":"ben@other.example","url":"https://other.example/@ben"}],
            "media_attachments":[{"type":"audio","url":"https://files.example/a.mp3","meta":{"original":{"duration":12.5}}},{"type":"unknown","url":null,"remote_url":"https://other.example/x.bin"}],
            "quote":{"state":"accepted","quoted_status":{"id":"3","url":"https://social.example/@ben/3","content":"<p>Low</p>","account":{"id":"9","acct":"ben"}}},
            "reblog":null,"sensitive":true,"visibility":"unlisted"}"#;
        let post = told("mastodon/api", 200, body).post.unwrap();
        let entities: Vec<_> = post
            .entities
            .iter()
            .map(|e| (e.kind.as_str(), e.text.as_deref().unwrap()))
            .collect();
        assert_eq!(
            entities,
            [
                ("hashtag", "Water"),
                ("hashtag", "weir"),
                ("mention", "ben@other.example")
            ]
        );
        assert_eq!(
            (post.media[0].kind.as_str(), post.media[0].duration_ms),
            ("audio", Some(12_500))
        );
        assert_eq!(post.media[1].url, "https://other.example/x.bin");
        assert_eq!(post.quoted_id.as_deref(), Some("social.example/3"));
    }

    #[test]
    fn every_kind_of_file_and_mark_of_a_telegram_post_is_read() {
        let html = r#"<div class="tgme_widget_message" data-post="river/5"><a class="tgme_widget_message_owner_name"><span>River watch</span></a>
          <div class="tgme_widget_message_forwarded_from">Forwarded from <a class="tgme_widget_message_forwarded_from_name" href="https://t.me/weir/9">Weir</a></div>
          <div class="tgme_widget_message_grouped_wrap"><a class="tgme_widget_message_photo_wrap grouped_media_wrap" style="width:10px;background-image:url('https://cdn.example/1.jpg')"></a>
          <a class="tgme_widget_message_photo_wrap grouped_media_wrap" style="background-image:url('https://cdn.example/2.jpg')"></a></div>
          <a class="tgme_widget_message_video_player"><i class="tgme_widget_message_video_thumb" style="background-image:url('https://cdn.example/v.jpg')"></i><video src="https://cdn.example/v.mp4"></video><time class="message_video_duration">1:05</time></a>
          <a class="tgme_widget_message_video_player not_supported"><i class="tgme_widget_message_video_thumb" style="background-image:url('https://cdn.example/w.jpg')"></i></a>
          <div class="tgme_widget_message_voice_player"><audio class="tgme_widget_message_voice" src="https://cdn.example/a.ogg"></audio><time class="tgme_widget_message_voice_duration">0:07</time></div>
          <div class="tgme_widget_message_videosticker"><video src="https://cdn.example/s.webm"></video></div>
          <a class="tgme_widget_message_document_wrap"><div class="tgme_widget_message_document_title">plan.pdf</div></a>
          <div class="tgme_widget_message_text">High <b>water</b><blockquote>says Ada</blockquote>now <a href="?q=%23weir">#weir</a></div>
          <div class="tgme_widget_message_reactions"><span class="tgme_reaction"><i class="emoji"><b>👍</b></i>1.2K</span><span class="tgme_reaction"><i class="emoji"><b>🔥</b></i>3</span></div>
          <div class="tgme_widget_message_poll"><div class="tgme_widget_message_poll_question">Flood?</div><div class="tgme_widget_message_poll_type">Final Results</div>
          <div class="tgme_widget_message_poll_option"><div class="tgme_widget_message_poll_option_percent">75%</div><div class="tgme_widget_message_poll_option_text">Yes</div></div></div>
          <span class="tgme_widget_message_views">1.2M</span><span class="tgme_widget_message_meta">edited <a class="tgme_widget_message_date" href="https://t.me/river/5"><time datetime="2024-05-01T12:00:00+02:00">12:00</time></a></span></div>"#;
        let post = told("telegram/embed", 200, html).post.unwrap();
        assert_eq!(post.text.as_deref(), Some("High water\nsays Ada\nnow #weir"));
        let files: Vec<_> = post
            .media
            .iter()
            .map(|m| (m.kind.as_str(), m.url.rsplit('/').next().unwrap()))
            .collect();
        assert_eq!(
            files,
            [
                ("photo", "1.jpg"),
                ("photo", "2.jpg"),
                ("video", "v.mp4"),
                ("still", "w.jpg"),
                ("audio", "a.ogg"),
                ("gif", "s.webm")
            ]
        );
        assert_eq!((post.media_expected, post.media[4].duration_ms), (Some(7), Some(7_000)));
        assert_eq!(
            post.counts,
            [
                ("views".to_owned(), 1_200_000),
                ("reaction 👍".to_owned(), 1_200),
                ("reaction 🔥".to_owned(), 3)
            ]
        );
        let poll = post.poll.unwrap();
        assert_eq!((poll.closed, poll.options[0].percent), (Some(true), Some(75)));
        assert_eq!(
            (post.reposted_id.as_deref(), post.posted_at.as_deref()),
            (Some("weir/9"), Some("2024-05-01T10:00:00Z"))
        );
        assert_eq!(post.labels, ["edited"]);
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
