//! Reddit's API as JSON (`/comments/ID`, a pair of listings): with a user's token only, since nobody else gets it.

use chrono::{DateTime, SecondsFormat};
use serde_json::Value;
use url::Url;

use crate::exchange::{Exchange, Purpose, Request};
use crate::outcome::Outcome;
use crate::platform::post::{Card, Media, Post, Related, Relation};
use crate::platform::status::from_status;
use crate::platform::value::{id, list, number, pixels, string};
use crate::platform::{Answer, Hops, PostRef, Source, Step, Upstreams, value};

/// The source.
pub struct Listing;

impl Source for Listing {
    fn name(&self) -> &'static str {
        "reddit.json"
    }

    fn needs_credential(&self, upstreams: &Upstreams) -> Option<Url> {
        Some(upstreams.join("reddit.json", ""))
    }

    fn next(&self, post: &PostRef, upstreams: &Upstreams, so_far: &[Hops]) -> Step {
        Step::once(
            so_far,
            || {
                let path = match post.id.split_once('/') {
                    None => format!("comments/{}?limit=1&raw_json=1", post.id),
                    Some((id, comment)) => format!("comments/{id}?comment={comment}&context=0&limit=1&raw_json=1"),
                };
                Request::new(upstreams.join("reddit.json", &path), Purpose::Api)
            },
            |exchange| read(exchange, Some(&post.id)),
        )
    }
}

/// What the words that Reddit puts in the place of a text say of it.
pub(super) fn taken_away(title: Option<&str>, text: &str) -> Option<(Outcome, &'static str)> {
    if title == Some("[deleted by user]") || text == "[deleted]" || text == "[deleted by user]" {
        return Some((Outcome::Deleted, "marked_deleted"));
    }
    (text == "[removed]").then_some((Outcome::Withheld, "marked_removed"))
}

/// Reads an answer, to the question for the post or comment (`POST/COMMENT`) of this id if one is given.
#[must_use]
pub fn read(exchange: &Exchange, asked: Option<&str>) -> Answer {
    if let Some(failed) = from_status(exchange) {
        return failed;
    }
    let json = match value::json(exchange) {
        Ok(json) => json,
        Err(answer) => return *answer,
    };
    let things = match json.as_array() {
        Some(listings) => listings.iter().flat_map(|l| list(&l["data"]["children"])).collect(),
        None => list(&json["data"]["children"]).collect::<Vec<_>>(),
    };
    let kind = match asked {
        Some(id) if id.contains('/') => "t1",
        _ => "t3",
    };
    let Some(thing) = things.into_iter().find(|thing| thing["kind"] == kind) else {
        return Answer::without_post(Outcome::Unreadable, "unknown_shape");
    };
    let data = &thing["data"];
    let words = data["selftext"].as_str().or(data["body"].as_str()).unwrap_or("");
    let gone = match data["removed_by_category"].as_str() {
        Some("deleted") => Some((Outcome::Deleted, "marked_deleted")),
        Some(_) => Some((Outcome::Withheld, "marked_removed")),
        None => taken_away(data["title"].as_str(), words),
    };
    match (post(data), gone) {
        (None, _) => Answer::without_post(Outcome::Unreadable, "no_id"),
        (Some(post), _) if asked.is_some_and(|id| id != post.id) => {
            Answer::without_post(Outcome::Unreadable, "wrong_id")
        }
        (Some(_), Some((outcome, reason))) => Answer::without_post(outcome, reason),
        (Some(post), None) => Answer::with_post("post", post),
    }
}

fn post(data: &Value) -> Option<Post> {
    let native = id(&data["id"])?;
    let thread = data["link_id"].as_str().and_then(|link| link.strip_prefix("t3_"));
    let text = string(&data["selftext"]).or_else(|| string(&data["body"]));
    let mut post = Post {
        id: match thread {
            Some(thread) => format!("{thread}/{native}"),
            None => native,
        },
        url: string(&data["permalink"]).map(|path| format!("https://www.reddit.com{path}")),
        author_id: string(&data["author_fullname"]),
        author_handle: string(&data["author"]).filter(|name| name != "[deleted]"),
        posted_at: seconds(&data["created_utc"]),
        // `false` where it was not edited.
        edited_at: seconds(&data["edited"]),
        title: string(&data["title"]),
        text_cut: text.as_ref().map(|_| false),
        text,
        sensitive: data["over_18"].as_bool(),
        conversation_id: thread.map(str::to_owned),
        ..Post::default()
    };
    post.count("likes", number(&data["score"]));
    post.count("replies", number(&data["num_comments"]));
    files(&mut post, data);
    let linked = string(&data["url_overridden_by_dest"]);
    if post.media.is_empty() && linked.is_some() {
        post.card = Some(Card {
            url: linked,
            ..Card::default()
        });
    }
    if let Some(parent) = data["parent_id"].as_str() {
        // A post by its number, a comment beside that of its post.
        let parent = match (parent.strip_prefix("t1_"), thread) {
            (Some(comment), Some(thread)) => Some(format!("{thread}/{comment}")),
            _ => parent.strip_prefix("t3_").map(str::to_owned),
        };
        post.relate(Related {
            id: parent,
            ..Related::new(Relation::Parent)
        });
    }
    if let Some(original) = list(&data["crosspost_parent_list"])
        .next()
        .and_then(self::post_without_origin)
    {
        post.relate(Related::of(Relation::Reposted, &original));
    }
    Some(post)
}

/// A post that another one repeats, without what it repeats itself.
fn post_without_origin(data: &Value) -> Option<Post> {
    let mut data = data.clone();
    data.as_object_mut()?.remove("crosspost_parent_list");
    post(&data)
}

/// The files: of a gallery in its order, a picture, or a video as one file.
fn files(post: &mut Post, data: &Value) {
    let items: Vec<&Value> = list(&data["gallery_data"]["items"]).collect();
    for item in &items {
        let best = &data["media_metadata"][item["media_id"].as_str().unwrap_or("")]["s"];
        if let Some(url) = string(&best["u"]).or_else(|| string(&best["mp4"])) {
            post.media.push(Media {
                kind: "photo".into(),
                url,
                alt: string(&item["caption"]),
                width: pixels(&best["x"]),
                height: pixels(&best["y"]),
                ..Media::default()
            });
        }
    }
    let video = &data["media"]["reddit_video"];
    // The one file has no sound; the manifest names both.
    let with_sound = string(&video["dash_url"]).filter(|_| video["has_audio"] == true);
    if let Some(url) = with_sound.or_else(|| string(&video["fallback_url"])) {
        post.media.push(Media {
            kind: "video".into(),
            url,
            width: pixels(&video["width"]),
            height: pixels(&video["height"]),
            duration_ms: number(&video["duration"]).and_then(|s| u64::try_from(s).ok()?.checked_mul(1000)),
            ..Media::default()
        });
    } else if data["post_hint"] == "image"
        && let Some(url) = string(&data["url"])
    {
        post.media.push(Media {
            kind: "photo".into(),
            url,
            ..Media::default()
        });
    }
    post.media_expected = Some(items.len().max(post.media.len()));
}

/// Seconds since 1970, with or without a fraction.
#[allow(clippy::cast_possible_truncation)]
fn seconds(value: &Value) -> Option<String> {
    let seconds = value.as_f64().filter(|seconds| (1.0..1e11).contains(seconds))?;
    Some(DateTime::from_timestamp(seconds as i64, 0)?.to_rfc3339_opts(SecondsFormat::Secs, true))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::exchange::testing::answered;

    fn pair(post: &str, comment: &str) -> String {
        format!(
            r#"[{{"kind":"Listing","data":{{"children":[{{"kind":"t3","data":{post}}}]}}}},{{"kind":"Listing","data":{{"children":[{{"kind":"t1","data":{comment}}}]}}}}]"#
        )
    }

    const POST: &str = r#"{"id":"7abcde","title":"The weir","selftext":"It holds","author":"weirkeeper","created_utc":1714557600.0,"edited":1714561200.0,
        "score":12,"num_comments":3,"over_18":false,"permalink":"/r/rivers/comments/7abcde/the_weir/","gallery_data":{"items":[{"media_id":"m1","caption":"A weir"},{"media_id":"m2"}]},
        "media_metadata":{"m1":{"s":{"u":"https://i.example/1.jpg","x":4,"y":3}}}}"#;
    const COMMENT: &str = r#"{"id":"kxyz","link_id":"t3_7abcde","parent_id":"t1_kabc","body":"So it does","author":"bo","created_utc":1714557700,"edited":false}"#;

    #[test]
    fn a_video_with_sound_is_its_manifest_and_one_without_is_its_file() {
        let best = |has_audio: bool| {
            let post = format!(
                r#"{{"id":"7abcde","title":"The weir","media":{{"reddit_video":{{"fallback_url":"https://v.example/720.mp4",
                "dash_url":"https://v.example/all.mpd","has_audio":{has_audio},"duration":8}}}}}}"#
            );
            let answer = read(&answered(200, pair(&post, COMMENT).as_bytes()), Some("7abcde"));
            answer.post.unwrap().media[0].url.clone()
        };
        assert_eq!(best(true), "https://v.example/all.mpd");
        assert_eq!(best(false), "https://v.example/720.mp4");
    }

    #[test]
    fn a_post_and_a_comment_are_read_from_the_pair_of_listings() {
        let body = pair(POST, COMMENT);
        let read = |id| super::read(&answered(200, body.as_bytes()), Some(id));
        let post = read("7abcde").post.unwrap();
        assert_eq!(
            (post.title.as_deref(), post.text.as_deref()),
            (Some("The weir"), Some("It holds"))
        );
        assert_eq!(post.posted_at.as_deref(), Some("2024-05-01T10:00:00Z"));
        assert_eq!(post.edited_at.as_deref(), Some("2024-05-01T11:00:00Z"));
        assert_eq!((post.media.len(), post.media_expected), (1, Some(2)));
        let comment = read("7abcde/kxyz").post.unwrap();
        assert_eq!(
            (comment.parent_id.as_deref(), comment.edited_at),
            (Some("7abcde/kabc"), None)
        );
        assert_eq!(read("other").reason, "wrong_id");
    }

    #[test]
    fn what_was_taken_away_is_told_by_whom() {
        for (field, outcome) in [
            (r#""removed_by_category":"deleted""#, Outcome::Deleted),
            (r#""removed_by_category":"moderator""#, Outcome::Withheld),
            (r#""removed_by_category":null"#, Outcome::Captured),
        ] {
            let body = pair(&POST.replace(r#""over_18":false"#, field), COMMENT);
            assert_eq!(
                read(&answered(200, body.as_bytes()), Some("7abcde")).outcome,
                outcome,
                "{field}"
            );
        }
        assert_eq!(read(&answered(401, b"{}"), None).outcome, Outcome::LoginRequired);
        assert_eq!(read(&answered(200, b"{}"), None).outcome, Outcome::Unreadable);
    }
}
