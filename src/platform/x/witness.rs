//! Mirrors of X that others run (FxTwitter, vxTwitter): they tell again what X told them. What they say is kept as a third
//! party's word; that they do not know a post says nothing about it.

use chrono::{DateTime, SecondsFormat};
use serde_json::Value;

use super::tweet;
use crate::exchange::{Exchange, Purpose, Request};
use crate::outcome::Outcome;
use crate::platform::post::{Media, Poll, PollOption, Post, Related, Relation};
use crate::platform::status::from_status;
use crate::platform::value::{first, id, list, milliseconds, number, pixels, string};
use crate::platform::{Answer, Hops, PostRef, Recognised, Source, SourceKind, Step, Upstreams, value};

/// A mirror.
pub struct Mirror {
    /// Name of the source, which is that of its upstream too.
    pub name: &'static str,
    /// Path below the upstream before the id.
    pub path: &'static str,
    /// How its answers are read.
    pub read: fn(&Exchange, Option<&str>) -> Answer,
}

impl Source for Mirror {
    fn name(&self) -> &'static str {
        self.name
    }

    fn kind(&self) -> SourceKind {
        SourceKind::Witness
    }

    fn gives_whole_text(&self) -> bool {
        true
    }

    fn next(&self, post: &PostRef, upstreams: &Upstreams, so_far: &[Hops]) -> Step {
        Step::once(
            so_far,
            || {
                let url = upstreams.join(self.name, &format!("{}{}", self.path, post.id));
                Request::new(url, Purpose::Api)
            },
            |exchange| (self.read)(exchange, Some(&post.id)),
        )
    }
}

/// Reads an answer of FxTwitter, of either version of its API.
#[must_use]
pub fn read_fx(exchange: &Exchange, asked: Option<&str>) -> Answer {
    let json = match json(exchange) {
        Ok(json) => json,
        Err(answer) => return *answer,
    };
    let status = match json["status"].is_object() {
        true => &json["status"],
        false => &json["tweet"],
    };
    if status["type"] == "tombstone" {
        return Answer::without_post(Outcome::NotFound, tombstone(status));
    }
    match number(&json["code"]) {
        _ if status.is_object() => told(fx(status), asked),
        Some(401) => Answer::without_post(Outcome::NotFound, "witness_private"),
        Some(404) => Answer::without_post(Outcome::NotFound, "witness_not_found"),
        Some(429) => Answer::without_post(Outcome::RateLimited, "witness_rate_limited"),
        Some(500..=599) => Answer::without_post(Outcome::ServerError, "witness_failed"),
        _ => Answer::without_post(Outcome::Unreadable, "unknown_shape"),
    }
}

/// Reads an answer of vxTwitter.
#[must_use]
pub fn read_vx(exchange: &Exchange, asked: Option<&str>) -> Answer {
    match json(exchange) {
        Ok(json) if json["tweetID"].is_null() => Answer::without_post(Outcome::Unreadable, "unknown_shape"),
        Ok(json) => told(vx(&json), asked),
        Err(answer) => *answer,
    }
}

/// The JSON of an answer, whose own code may say more than its status; what a mirror does not find may be there all the same.
fn json(exchange: &Exchange) -> Result<Value, Box<Answer>> {
    match (value::json(exchange), from_status(exchange)) {
        (Ok(json), Some(_)) if json["code"].is_number() => Ok(json),
        (_, Some(failed)) if failed.outcome == Outcome::NotFound => {
            Err(Box::new(Answer::without_post(Outcome::NotFound, "witness_not_found")))
        }
        (_, Some(failed)) => Err(Box::new(failed)),
        (json, None) => json,
    }
}

fn told(post: Option<Post>, asked: Option<&str>) -> Answer {
    match post {
        None => Answer::without_post(Outcome::Unreadable, "no_id"),
        Some(post) if asked.is_some_and(|id| id != post.id) => Answer::without_post(Outcome::Unreadable, "wrong_id"),
        Some(post) => Answer::with_post("told_by_witness", post),
    }
}

/// Why FxTwitter says that a post is not shown.
fn tombstone(json: &Value) -> &'static str {
    match json["reason"].as_str() {
        Some("deleted") => "witness_deleted",
        Some("suspended") => "witness_suspended",
        Some("private") => "witness_private",
        Some("blocked") => "witness_blocked",
        _ => "witness_unavailable",
    }
}

fn fx(status: &Value) -> Option<Post> {
    let id = id(&status["id"])?;
    let author = &status["author"];
    let mut post = Post {
        author_id: value::id(&author["id"]),
        author_handle: string(&author["screen_name"]),
        author_name: string(&author["name"]),
        posted_at: status["created_at"].as_str().and_then(tweet::posted_at),
        text: status["text"].as_str().map(str::to_owned),
        text_cut: status["text"].as_str().map(|_| false),
        language: string(&status["lang"]),
        sensitive: status["possibly_sensitive"].as_bool(),
        poll: fx_poll(&status["poll"]),
        id,
        ..Post::default()
    };
    let media = &status["media"];
    let files: Vec<&Value> = match media["all"].is_array() {
        true => list(&media["all"]).collect(),
        false => list(&media["photos"]).chain(list(&media["videos"])).collect(),
    };
    post.media_expected = Some(files.len());
    post.media = files.into_iter().filter_map(fx_file).collect();
    for (name, keys) in [
        ("likes", ["likes", ""]),
        ("replies", ["replies", ""]),
        ("reposts", ["reposts", "retweets"]),
        ("quotes", ["quotes", ""]),
        ("views", ["views", ""]),
    ] {
        post.count(name, keys.into_iter().find_map(|key| number(&status[key])));
    }
    let quote = &status["quote"];
    if quote.is_object() {
        let quoted = match quote["type"] == "tombstone" {
            true => Related {
                id: value::id(&quote["id"]),
                reason: Some(tombstone(quote).to_owned()),
                ..Related::new(Relation::Quoted)
            },
            false => Related {
                id: value::id(&quote["id"]),
                author_handle: string(&quote["author"]["screen_name"]),
                author_name: string(&quote["author"]["name"]),
                posted_at: quote["created_at"].as_str().and_then(tweet::posted_at),
                text: string(&quote["text"]),
                url: string(&quote["url"]),
                present: quote["text"].is_string(),
                ..Related::new(Relation::Quoted)
            },
        };
        post.relate(quoted);
    }
    // The second version names the answered post in an object, the first beside the handle.
    let answered = &status["replying_to"];
    if let Some(parent) = value::id(&answered["post"]).or_else(|| value::id(&status["replying_to_status"])) {
        let handle = first(&[&answered["screen_name"], answered]);
        post.relate(Related {
            url: tweet::address(handle.as_deref(), &parent),
            id: Some(parent),
            author_handle: handle,
            ..Related::new(Relation::Parent)
        });
    }
    post.url = tweet::address(post.author_handle.as_deref(), &post.id);
    Some(post)
}

fn fx_file(file: &Value) -> Option<Media> {
    Some(Media {
        kind: file["type"]
            .as_str()
            .filter(|kind| matches!(*kind, "photo" | "video" | "gif"))
            .unwrap_or("file")
            .to_owned(),
        url: string(&file["url"])?,
        alt: string(&file["altText"]),
        width: pixels(&file["width"]),
        height: pixels(&file["height"]),
        duration_ms: milliseconds(&file["duration"]),
        preview: string(&file["thumbnail_url"]),
    })
}

fn fx_poll(json: &Value) -> Option<Poll> {
    json.is_object().then(|| Poll {
        options: list(&json["choices"])
            .filter_map(|choice| PollOption::of(string(&choice["label"]), number(&choice["count"])))
            .collect(),
        votes: number(&json["total_votes"]),
        ends_at: json["ends_at"].as_str().and_then(tweet::posted_at),
        multiple: Some(false),
        ..Poll::default()
    })
}

fn vx(json: &Value) -> Option<Post> {
    let files: Vec<&Value> = list(&json["media_extended"]).collect();
    let mut post = Post {
        id: id(&json["tweetID"])?,
        author_handle: string(&json["user_screen_name"]),
        author_name: string(&json["user_name"]),
        posted_at: number(&json["date_epoch"])
            .and_then(|seconds| DateTime::from_timestamp(seconds, 0))
            .map(|time| time.to_rfc3339_opts(SecondsFormat::Secs, true)),
        text: json["text"].as_str().map(str::to_owned),
        language: string(&json["lang"]),
        sensitive: json["possibly_sensitive"].as_bool(),
        conversation_id: id(&json["conversationID"]),
        media_expected: json["media_extended"].is_array().then_some(files.len()),
        entities: value::hashtags(&json["hashtags"]),
        ..Post::default()
    };
    post.media = files
        .into_iter()
        .filter_map(|file| {
            Some(Media {
                kind: match file["type"].as_str() {
                    Some("image") => "photo",
                    Some(kind @ ("video" | "gif")) => kind,
                    _ => "file",
                }
                .to_owned(),
                url: string(&file["url"])?,
                alt: string(&file["altText"]),
                width: pixels(&file["size"]["width"]),
                height: pixels(&file["size"]["height"]),
                duration_ms: file["duration_millis"].as_u64().filter(|length| *length > 0),
                preview: string(&file["thumbnail_url"]).filter(|_| file["type"] != "image"),
            })
        })
        .collect();
    for (name, key) in [("likes", "likes"), ("reposts", "retweets"), ("replies", "replies")] {
        post.count(name, number(&json[key]));
    }
    if let Some(address) = string(&json["qrtURL"]) {
        let named = address.parse().ok().and_then(|url| super::recognise(&url));
        post.relate(Related {
            id: match named {
                Some(Recognised::Post(named)) => Some(named.id),
                _ => None,
            },
            url: Some(address),
            ..Related::new(Relation::Quoted)
        });
    }
    if let Some(parent) = id(&json["replyingToID"]) {
        post.relate(Related {
            id: Some(parent),
            author_handle: string(&json["replyingTo"]),
            ..Related::new(Relation::Parent)
        });
    }
    post.url = tweet::address(post.author_handle.as_deref(), &post.id);
    Some(post)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::exchange::testing::answered;

    #[test]
    fn either_version_of_fxtwitter_is_read() {
        let inner = r#"{"type":"status","id":"1785610110366674944","text":"The bridge is open","created_at":"Wed May 01 10:00:00 +0000 2024",
            "author":{"id":"7","name":"Ada","screen_name":"ada_b"},"likes":3,"REPOSTS":2,"lang":"en",
            "media":{"all":[{"type":"video","url":"https://v.example/1.mp4","thumbnail_url":"https://v.example/1.jpg","duration":2.5,"width":4,"height":3}]},
            "poll":{"choices":[{"label":"yes","count":2,"percentage":100}],"total_votes":2,"ends_at":"2024-05-02T10:00:00Z"},
            "quote":{"type":"tombstone","reason":"deleted","id":"5"},REPLY}"#;
        for (wrapper, reposts, reply) in [
            ("status", "reposts", r#""replying_to":{"screen_name":"bo","post":"9"}"#),
            ("tweet", "retweets", r#""replying_to":"bo","replying_to_status":"9""#),
        ] {
            let inner = inner.replace("REPOSTS", reposts).replace("REPLY", reply);
            let body = format!(r#"{{"code":200,"message":"OK","{wrapper}":{inner}}}"#);
            let answer = read_fx(&answered(200, body.as_bytes()), Some("1785610110366674944"));
            let post = answer.post.unwrap();
            assert_eq!(post.text.as_deref(), Some("The bridge is open"));
            assert_eq!(post.posted_at.as_deref(), Some("2024-05-01T10:00:00Z"));
            assert_eq!(post.counts, [("likes".into(), 3), ("reposts".into(), 2)]);
            assert_eq!(
                (post.media[0].kind.as_str(), post.media[0].duration_ms),
                ("video", Some(2500))
            );
            assert_eq!(post.poll.unwrap().ends_at.as_deref(), Some("2024-05-02T10:00:00Z"));
            assert_eq!(
                (post.quoted_id.as_deref(), post.parent_id.as_deref()),
                (Some("5"), Some("9"))
            );
            assert_eq!(read_fx(&answered(200, body.as_bytes()), Some("5")).reason, "wrong_id");
        }
    }

    #[test]
    fn a_mirror_never_says_that_a_post_is_gone() {
        for (status, body, reason) in [
            (404, r#"{"code":404,"message":"NOT_FOUND"}"#, "witness_not_found"),
            (401, r#"{"code":401,"message":"PRIVATE_TWEET"}"#, "witness_private"),
            (
                200,
                r#"{"code":404,"status":{"type":"tombstone","reason":"deleted"}}"#,
                "witness_deleted",
            ),
            (
                200,
                r#"{"code":404,"status":{"type":"tombstone","reason":"suspended"}}"#,
                "witness_suspended",
            ),
            (404, "<html>gone", "witness_not_found"),
        ] {
            let answer = read_fx(&answered(status, body.as_bytes()), None);
            assert_eq!(
                (answer.outcome, answer.reason.as_str()),
                (Outcome::NotFound, reason),
                "{body}"
            );
        }
        assert_eq!(
            read_fx(&answered(500, br#"{"code":500}"#), None).outcome,
            Outcome::ServerError
        );
        assert_eq!(read_vx(&answered(500, b"down"), None).outcome, Outcome::ServerError);
        assert_eq!(read_vx(&answered(404, b"none"), None).reason, "witness_not_found");
    }

    #[test]
    fn the_flat_answer_of_vxtwitter_is_read() {
        let body = br#"{"tweetID":"55","tweetURL":"https://twitter.com/ada_b/status/55","text":"Open","date_epoch":1714557600,"user_name":"Ada",
            "user_screen_name":"ada_b","likes":3,"hashtags":["bridge"],"qrtURL":"https://twitter.com/bo/status/44","conversationID":"50",
            "media_extended":[{"type":"image","url":"https://p.example/1.jpg","thumbnail_url":"https://p.example/1.jpg","altText":"A bridge","size":{"width":4,"height":3}}]}"#;
        let post = read_vx(&answered(200, body), Some("55")).post.unwrap();
        assert_eq!(post.posted_at.as_deref(), Some("2024-05-01T10:00:00Z"));
        assert_eq!(
            (post.quoted_id.as_deref(), post.media[0].alt.as_deref()),
            (Some("44"), Some("A bridge"))
        );
        assert_eq!((post.text_cut, post.entities.len()), (None, 1));
    }
}
