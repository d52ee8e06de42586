//! X's oEmbed endpoint (`publish.twitter.com/oembed`). Its answers are cached upstream for years: they hold the
//! text, but do not prove that the post is still up.

use chrono::NaiveDate;
use scraper::Selector;
use serde_json::Value;
use url::form_urlencoded::byte_serialize;

use crate::article;
use crate::exchange::{Exchange, Purpose, Request};
use crate::outcome::Outcome;
use crate::platform::status::from_status;
use crate::platform::value::string;
use crate::platform::{Answer, Hops, Post, PostRef, Recognised, Source, Step, Upstreams, rich};

/// The source.
pub struct OEmbed;

impl Source for OEmbed {
    fn name(&self) -> &'static str {
        "x.oembed"
    }

    fn next(&self, post: &PostRef, upstreams: &Upstreams, so_far: &[Hops]) -> Step {
        Step::once(
            so_far,
            || {
                // The endpoint knows posts by their old address only.
                let address = format!(
                    "https://twitter.com/{}/status/{}",
                    post.handle.as_deref().unwrap_or("i"),
                    post.id
                );
                let address: String = byte_serialize(address.as_bytes()).collect();
                let path = format!("oembed?url={address}&omit_script=1&dnt=1&hide_thread=1&lang=en");
                Request::new(upstreams.join("x.oembed", &path), Purpose::Api)
            },
            |exchange| read(exchange, Some(&post.id)),
        )
    }
}

/// Reads an answer to the question for the post `id`.
#[must_use]
pub fn read(exchange: &Exchange, asked: Option<&str>) -> Answer {
    if exchange.status == Some(403) && exchange.failure.is_none() {
        let said = exchange
            .decoded()
            .map(|b| String::from_utf8_lossy(&b).to_lowercase())
            .unwrap_or_default();
        return if said.contains("suspended") {
            Answer::without_post(Outcome::Suspended, "http_403_suspended")
        } else if said.contains("not authorized to see") {
            // It is there, of a protected account or only for adults: which of them is not said.
            Answer::without_post(Outcome::LoginRequired, "http_403_not_authorized")
        } else {
            Answer::without_post(Outcome::Walled, "http_403")
        };
    }
    if let Some(answer) = from_status(exchange) {
        return answer;
    }
    let Some(json) = exchange
        .decoded()
        .ok()
        .and_then(|b| serde_json::from_slice::<Value>(&b).ok())
    else {
        return Answer::without_post(Outcome::Unreadable, "not_json");
    };
    let Some(html) = json["html"].as_str() else {
        return Answer::without_post(Outcome::Unreadable, "unknown_shape");
    };
    let named = json["url"]
        .as_str()
        .and_then(|u| url::Url::parse(u).ok())
        .and_then(|u| super::recognise(&u));
    match named {
        Some(Recognised::Post(named)) if asked.is_none_or(|id| named.id == id) => {
            let post = Post {
                id: named.id,
                url: Some(named.url.into()),
                author_handle: named.handle.or_else(|| handle(&json)),
                author_name: string(&json["author_name"]),
                ..quoted(html)
            };
            Answer {
                outcome: Outcome::Captured,
                reason: "oembed_may_be_cached".into(),
                post: Some(post),
                archived_at: None,
            }
        }
        Some(Recognised::Post(_)) => Answer::without_post(Outcome::Unreadable, "wrong_id"),
        _ => Answer::without_post(Outcome::Unreadable, "unknown_shape"),
    }
}

/// The author's handle, as the address of the author's page names it.
fn handle(json: &Value) -> Option<String> {
    let url = url::Url::parse(json["author_url"].as_str()?).ok()?;
    url.path_segments()?.next().filter(|h| !h.is_empty()).map(str::to_owned)
}

/// What the embed markup says: the quote's first paragraph is the text, its last link the day in English, as asked for.
fn quoted(html: &str) -> Post {
    let fragment = article::parse_fragment(html);
    let select = |css: &str| Selector::parse(css).ok();
    let paragraph = select("blockquote p").and_then(|p| fragment.select(&p).next());
    let (text, entities) = paragraph.map(rich::read).unwrap_or_default();
    let day = select("blockquote > a").and_then(|a| fragment.select(&a).next_back());
    Post {
        text: Some(text).filter(|t| !t.is_empty()),
        entities,
        language: paragraph
            .and_then(|p| p.attr("lang"))
            .filter(|l| !l.is_empty())
            .map(str::to_owned),
        posted_at: day
            .and_then(|a| NaiveDate::parse_from_str(a.text().collect::<String>().trim(), "%B %d, %Y").ok())
            .map(|day| day.to_string()),
        ..Post::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::exchange::testing::answered;

    #[test]
    fn the_text_and_author_are_read_from_the_embed_markup() {
        let body = br#"{"url":"https:\/\/twitter.com\/ada_b\/status\/1785610110366674944","author_name":"Ada B.","html":"\u003Cblockquote class=\"twitter-tweet\"\u003E\u003Cp lang=\"en\"\u003EThe bridge\u003Cbr\u003Eis open \u003Ca href=\"https:\/\/t.co\/x\"\u003Ehttps:\/\/t.co\/x\u003C\/a\u003E\u003C\/p\u003E&mdash; Ada B. (@ada_b) \u003Ca href=\"https:\/\/twitter.com\/ada_b\/status\/1785610110366674944\"\u003EMay 1, 2024\u003C\/a\u003E\u003C\/blockquote\u003E"}"#;
        let answer = read(&answered(200, body), Some("1785610110366674944"));
        let post = answer.post.unwrap();
        assert_eq!(post.text.as_deref(), Some("The bridge\nis open https://t.co/x"));
        assert_eq!(
            (post.author_handle.as_deref(), post.author_name.as_deref()),
            (Some("ada_b"), Some("Ada B."))
        );
        assert_eq!(
            post.posted_at.as_deref(),
            Some("2024-05-01"),
            "the footer tells no more than the day"
        );
        assert_eq!(read(&answered(200, body), Some("5")).reason, "wrong_id");
    }

    #[test]
    fn embed_markup_nested_like_no_embed_is_read_as_far_as_is_safe() {
        let html = format!("<blockquote><p>Open{}", "<b>x".repeat(50_000));
        let body = serde_json::json!({"url": "https://twitter.com/ada_b/status/55", "html": html}).to_string();
        let text = read(&answered(200, body.as_bytes()), Some("55"))
            .post
            .unwrap()
            .text
            .unwrap();
        assert!(text.starts_with("Open") && text.len() < 10_000, "{}", text.len());
    }

    #[test]
    fn a_refusal_is_a_suspension_only_if_it_says_so() {
        assert_eq!(
            read(&answered(403, b"User has been suspended"), Some("5")).outcome,
            Outcome::Suspended
        );
        assert_eq!(read(&answered(403, b"Forbidden"), Some("5")).outcome, Outcome::Walled);
        let hidden = br#"{"error":"Sorry, you are not authorized to see this status."}"#;
        assert_eq!(read(&answered(403, hidden), Some("5")).outcome, Outcome::LoginRequired);
        assert_eq!(read(&answered(404, b""), Some("5")).outcome, Outcome::NotFound);
    }
}
