//! TikTok's page of a video: the state that it hands to its own script holds the post, or a number that says why there is none.

use chrono::{DateTime, SecondsFormat};
use scraper::Selector;
use serde_json::Value;

use crate::article;
use crate::exchange::{Exchange, Purpose, Request};
use crate::outcome::Outcome;
use crate::platform::post::{Entity, Media, Post};
use crate::platform::value::{id, list, milliseconds, number, pixels, string};
use crate::platform::{Answer, Hops, PostRef, Source, Step, Upstreams, value};

/// The source.
pub struct Page;

impl Source for Page {
    fn name(&self) -> &'static str {
        "tiktok.page"
    }

    fn next(&self, post: &PostRef, upstreams: &Upstreams, so_far: &[Hops]) -> Step {
        Step::once(
            so_far,
            || {
                let path = format!("@{}/video/{}", post.handle.as_deref().unwrap_or(""), post.id);
                Request::new(upstreams.join("tiktok.page", &path), Purpose::Api)
            },
            |exchange| read(exchange, Some(&post.id)),
        )
    }
}

/// Reads a page, asked for the post of this id if one is given.
#[must_use]
pub fn read(exchange: &Exchange, asked: Option<&str>) -> Answer {
    let text = match value::page(exchange) {
        Ok(text) => text,
        Err(answer) => return *answer,
    };
    let (page, _) = article::parse(&text);
    let state = Selector::parse("script#__UNIVERSAL_DATA_FOR_REHYDRATION__")
        .ok()
        .and_then(|css| page.select(&css).next().map(|script| script.text().collect::<String>()));
    let Some(state) = state else {
        // A challenge or login in its place.
        return Answer::without_post(Outcome::Walled, "no_page_state");
    };
    let state: Value = serde_json::from_str(&state).unwrap_or_default();
    let detail = &state["__DEFAULT_SCOPE__"]["webapp.video-detail"];
    let reason = |outcome, reason: &str| Answer::without_post(outcome, reason);
    match number(&detail["statusCode"]) {
        Some(0) => {}
        // Gone, under review or withheld from where we are: which of them is not said.
        Some(10204) => return reason(Outcome::Walled, "status_10204"),
        Some(10216) => return reason(Outcome::Protected, "status_10216_private_post"),
        Some(10222) => return reason(Outcome::Protected, "status_10222_private_account"),
        Some(code) => return reason(Outcome::Walled, &format!("status_{code}")),
        None => return reason(Outcome::Walled, "no_page_state"),
    }
    match post(&detail["itemInfo"]["itemStruct"]) {
        None => reason(Outcome::Unreadable, "unknown_shape"),
        Some(post) if asked.is_some_and(|id| id != post.id) => reason(Outcome::Unreadable, "wrong_id"),
        Some(post) => Answer::with_post("post", post),
    }
}

fn post(item: &Value) -> Option<Post> {
    let author = &item["author"];
    let handle = string(&author["uniqueId"]);
    let id = id(&item["id"])?;
    let mut post = Post {
        url: handle
            .as_deref()
            .map(|handle| format!("https://www.tiktok.com/@{handle}/video/{id}")),
        id,
        author_id: self::id(&author["id"]),
        author_name: string(&author["nickname"]),
        author_handle: handle,
        posted_at: number(&item["createTime"])
            .and_then(|seconds| DateTime::from_timestamp(seconds, 0))
            .map(|time| time.to_rfc3339_opts(SecondsFormat::Secs, true)),
        text: item["desc"].as_str().map(str::to_owned),
        text_cut: item["desc"].as_str().map(|_| false),
        language: string(&item["textLanguage"]).filter(|language| language != "un"),
        entities: list(&item["textExtra"])
            .filter_map(|extra| {
                let (kind, text) = match string(&extra["hashtagName"]) {
                    Some(tag) => ("hashtag", tag),
                    None => ("mention", string(&extra["userUniqueId"])?),
                };
                Some(Entity {
                    kind: kind.into(),
                    text: Some(text),
                    id: self::id(&extra["userId"]).filter(|_| kind == "mention"),
                    url: None,
                })
            })
            .collect(),
        ..Post::default()
    };
    for (name, key) in [
        ("likes", "diggCount"),
        ("reposts", "shareCount"),
        ("replies", "commentCount"),
        ("views", "playCount"),
    ] {
        post.count(name, number(&item["stats"][key]));
    }
    files(&mut post, item);
    Some(post)
}

/// The pictures of a photo post, or the video's file; without its session that is refused to others, and kept as such.
fn files(post: &mut Post, item: &Value) {
    let pictures: Vec<&Value> = list(&item["imagePost"]["images"]).collect();
    if !pictures.is_empty() {
        post.media_expected = Some(pictures.len());
        post.media = pictures
            .into_iter()
            .filter_map(|picture| {
                Some(Media {
                    kind: "photo".into(),
                    url: string(&picture["imageURL"]["urlList"][0])?,
                    width: pixels(&picture["imageWidth"]),
                    height: pixels(&picture["imageHeight"]),
                    ..Media::default()
                })
            })
            .collect();
        return;
    }
    let video = &item["video"];
    if !video.is_object() {
        return;
    }
    post.media_expected = Some(1);
    let still = string(&video["originCover"]).or_else(|| string(&video["cover"]));
    let Some((kind, url)) = Media::or_still("video", string(&video["playAddr"]), still.as_ref()) else {
        return;
    };
    post.media.push(Media {
        kind,
        url,
        width: pixels(&video["width"]),
        height: pixels(&video["height"]),
        duration_ms: milliseconds(&video["duration"]),
        preview: still,
        ..Media::default()
    });
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::exchange::testing::answered;

    fn page(detail: &str) -> Exchange {
        let body = format!(
            r#"<html><script id="__UNIVERSAL_DATA_FOR_REHYDRATION__" type="application/json">{{"__DEFAULT_SCOPE__":{{"webapp.video-detail":{detail}}}}}</script>"#
        );
        answered(200, body.as_bytes())
    }

    #[test]
    fn a_video_is_read_from_the_state_of_its_page() {
        let page = page(
            r#"{"statusCode":0,"itemInfo":{"itemStruct":{"id":"7106594312292453675","desc":"The weir #river","createTime":"1714557600","author":{"id":"7","uniqueId":"ada","nickname":"Ada"},
            "stats":{"diggCount":3,"playCount":9},"textExtra":[{"hashtagName":"river"}],"video":{"playAddr":"https://v.example/1.mp4","cover":"https://v.example/1.jpg","width":4,"height":3,"duration":12}}}}"#,
        );
        let post = read(&page, Some("7106594312292453675")).post.unwrap();
        assert_eq!(
            (post.text.as_deref(), post.author_handle.as_deref()),
            (Some("The weir #river"), Some("ada"))
        );
        assert_eq!(post.posted_at.as_deref(), Some("2024-05-01T10:00:00Z"));
        assert_eq!(
            (post.media[0].duration_ms, post.counts.len(), post.entities.len()),
            (Some(12_000), 2, 1)
        );
        assert_eq!(read(&page, Some("5")).reason, "wrong_id");
    }

    #[test]
    fn the_numbers_that_stand_for_a_post_are_told_apart() {
        for (code, outcome) in [
            (10204, Outcome::Walled),
            (10216, Outcome::Protected),
            (10222, Outcome::Protected),
            (10000, Outcome::Walled),
        ] {
            assert_eq!(
                read(&page(&format!(r#"{{"statusCode":{code}}}"#)), None).outcome,
                outcome,
                "{code}"
            );
        }
        assert_eq!(read(&answered(200, b"<html>Verify"), None).reason, "no_page_state");
    }
}
