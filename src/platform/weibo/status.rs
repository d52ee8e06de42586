//! Weibo's mobile site (`m.weibo.cn/statuses/show`), and the answer of its other one (`weibo.com/ajax/statuses/show`) where
//! somebody saved it. That a post is not there and that it may not be seen are one word.

use chrono::{DateTime, SecondsFormat, Utc};
use serde_json::Value;

use crate::exchange::{Exchange, Purpose, Request};
use crate::outcome::Outcome;
use crate::platform::post::{Media, Post, Related, Relation};
use crate::platform::status::from_status;
use crate::platform::value::{first, id, list, number, pixels, string};
use crate::platform::{Answer, Hops, PostRef, Source, Step, Upstreams, rich, value};

/// The source.
pub struct Status;

impl Source for Status {
    fn name(&self) -> &'static str {
        "weibo.status"
    }

    fn next(&self, post: &PostRef, upstreams: &Upstreams, so_far: &[Hops]) -> Step {
        if !post.id.bytes().all(|b| b.is_ascii_digit()) {
            return Step::without_post(Outcome::Refused, "only_posts");
        }
        Step::once(
            so_far,
            || {
                let url = upstreams.join("weibo.status", &format!("statuses/show?id={}", post.id));
                Request::new(url, Purpose::Api)
            },
            |exchange| read(exchange, Some(&post.id)),
        )
    }
}

/// Reads an answer, to the question for the post of this id if one is given.
#[must_use]
pub fn read(exchange: &Exchange, asked: Option<&str>) -> Answer {
    if let Some(failed) = from_status(exchange) {
        return failed;
    }
    let json = match value::json(exchange) {
        Ok(json) => json,
        // The visitor's page, or a login, in its place.
        Err(_) if exchange.is_html() => return Answer::without_post(Outcome::Walled, "html_instead_of_json"),
        Err(answer) => return *answer,
    };
    let data = match json["data"].is_object() {
        true => &json["data"],
        false => &json,
    };
    match post(data, true) {
        Some(post) if asked.is_some_and(|id| id != post.id) => Answer::without_post(Outcome::Unreadable, "wrong_id"),
        Some(post) => Answer::with_post("post", post),
        None => match number(&json["ok"]) {
            Some(-100) => Answer::without_post(Outcome::LoginRequired, "ok_-100"),
            Some(0) => Answer::without_post(Outcome::NotFound, "ok_0"),
            _ => Answer::without_post(Outcome::Unreadable, "unknown_shape"),
        },
    }
}

/// The post; what it repeats is read where `whole`.
fn post(data: &Value, whole: bool) -> Option<Post> {
    let native = [&data["mid"], &data["idstr"], &data["id"]].into_iter().find_map(id)?;
    let long = string(&data["longText"]["longTextContent"]);
    let is_long = data["isLongText"].as_bool();
    let (text, entities) = match (&long, data["text_raw"].as_str()) {
        (None, Some(raw)) => (raw.to_owned(), Vec::new()),
        (long, _) => rich::of_markup(long.as_deref().or(data["text"].as_str())?),
    };
    let user = &data["user"];
    let author = id(&user["id"]);
    let mut post = Post {
        url: author
            .as_deref()
            .map(|author| format!("https://weibo.com/{author}/{native}")),
        id: native,
        author_id: author,
        author_name: string(&user["screen_name"]),
        posted_at: moment(&data["created_at"]),
        edited_at: moment(&data["edit_at"]),
        text: Some(text),
        // What is long and not given whole is cut.
        text_cut: is_long.map(|is_long| is_long && long.is_none()),
        entities,
        ..Post::default()
    };
    for (name, key) in [
        ("likes", "attitudes_count"),
        ("reposts", "reposts_count"),
        ("replies", "comments_count"),
    ] {
        post.count(name, number(&data[key]));
    }
    files(&mut post, data);
    let repeated = &data["retweeted_status"];
    if whole && repeated.is_object() {
        post.relate(match self::post(repeated, false) {
            Some(other) => Related::of(Relation::Reposted, &other),
            None => Related::new(Relation::Reposted),
        });
    }
    Some(post)
}

/// The pictures at their largest: a list on the mobile site, an object by number on the other.
fn files(post: &mut Post, data: &Value) {
    let infos = data["pic_infos"]
        .as_object()
        .into_iter()
        .flat_map(|infos| infos.values());
    let pictures: Vec<&Value> = list(&data["pics"]).chain(infos).collect();
    post.media_expected = number(&data["pic_num"])
        .and_then(|n| usize::try_from(n).ok())
        .or(Some(pictures.len()));
    post.media = pictures
        .into_iter()
        .filter_map(|picture| {
            let size = &picture["large"]["geo"];
            Some(Media {
                kind: "photo".into(),
                url: first(&[&picture["largest"]["url"], &picture["large"]["url"], &picture["url"]])?,
                width: pixels(&size["width"]),
                height: pixels(&size["height"]),
                ..Media::default()
            })
        })
        .collect();
}

/// `Wed May 01 18:00:00 +0800 2024`.
fn moment(value: &Value) -> Option<String> {
    let time = DateTime::parse_from_str(value.as_str()?, "%a %b %d %H:%M:%S %z %Y").ok()?;
    Some(time.with_timezone(&Utc).to_rfc3339_opts(SecondsFormat::Secs, true))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::exchange::testing::answered;

    #[test]
    fn a_post_of_either_site_is_read() {
        let mobile = r#"{"ok":1,"data":{"id":"5028000000000001","mid":"5028000000000001","created_at":"Wed May 01 18:00:00 +0800 2024","text":"堤坝还在<br />看<a href=\"https://m.weibo.cn/s\">#河#</a>","isLongText":false,
            "user":{"id":7,"screen_name":"守堤人"},"pic_num":2,"pics":[{"large":{"url":"https://p.example/1.jpg","geo":{"width":"4","height":3}}}],"attitudes_count":3,
            "retweeted_status":{"id":"5028000000000000","text":"原文","user":{"id":8}}}}"#;
        let post = read(&answered(200, mobile.as_bytes()), Some("5028000000000001"))
            .post
            .unwrap();
        assert_eq!(
            (post.text.as_deref(), post.text_cut),
            (Some("堤坝还在\n看#河#"), Some(false))
        );
        assert_eq!(post.posted_at.as_deref(), Some("2024-05-01T10:00:00Z"));
        assert_eq!((post.media.len(), post.media_expected), (1, Some(2)));
        assert_eq!(post.reposted_id.as_deref(), Some("5028000000000000"));
        let other = r#"{"id":5028000000000001,"text_raw":"堤坝还在……","isLongText":true,"user":{"id":7},"pic_infos":{"a":{"largest":{"url":"https://p.example/1.jpg"}}}}"#;
        let post = read(&answered(200, other.as_bytes()), Some("5028000000000001"))
            .post
            .unwrap();
        assert_eq!((post.text_cut, post.media.len()), (Some(true), 1));
        assert_eq!(read(&answered(200, mobile.as_bytes()), Some("5")).reason, "wrong_id");
    }

    #[test]
    fn what_it_says_in_place_of_a_post_is_told_apart() {
        for (body, outcome) in [
            (r#"{"ok":0,"msg":"no"}"#, Outcome::NotFound),
            (
                r#"{"ok":-100,"url":"https://passport.weibo.com"}"#,
                Outcome::LoginRequired,
            ),
            ("{}", Outcome::Unreadable),
            ("<html>", Outcome::Unreadable),
        ] {
            assert_eq!(read(&answered(200, body.as_bytes()), None).outcome, outcome, "{body}");
        }
        let mut page = answered(200, b"<html>");
        page.response_headers.push(("content-type".into(), "text/html".into()));
        assert_eq!(read(&page, None).outcome, Outcome::Walled);
    }
}
