//! LinkedIn's public page of a post: what it tells search engines (JSON-LD, `SocialMediaPosting`). Most visitors without a login
//! are sent to a wall instead.

use scraper::Selector;
use serde_json::Value;

use crate::article;
use crate::exchange::{Exchange, Purpose, Request};
use crate::outcome::Outcome;
use crate::platform::post::{Media, Post};
use crate::platform::value::{first, list, number, string, utc};
use crate::platform::{Answer, Hops, PostRef, Recognised, Source, Step, Upstreams, value};

/// Most bytes of one JSON-LD block, and most blocks.
const LONGEST: usize = 1 << 20;
const BLOCKS: usize = 20;

/// The source.
pub struct Page;

impl Source for Page {
    fn name(&self) -> &'static str {
        "linkedin.page"
    }

    fn next(&self, post: &PostRef, upstreams: &Upstreams, so_far: &[Hops]) -> Step {
        Step::once(
            so_far,
            || {
                let path = &post.url[url::Position::BeforePath..];
                Request::new(upstreams.join("linkedin.page", path), Purpose::Page)
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
    if exchange.url.path().contains("authwall") || exchange.url.path().contains("/login") {
        return Answer::without_post(Outcome::LoginRequired, "authwall");
    }
    let (page, _) = article::parse(&text);
    let Ok(css) = Selector::parse(r#"script[type="application/ld+json"]"#) else {
        return Answer::without_post(Outcome::Unreadable, "unknown_shape");
    };
    let blocks = page.select(&css).take(BLOCKS).filter_map(|script| {
        let text: String = script.text().collect();
        let is_short = text.len() <= LONGEST;
        is_short.then(|| serde_json::from_str::<Value>(&text).ok())?
    });
    let is_posting = |value: &&Value| {
        let kinds = ["SocialMediaPosting", "DiscussionForumPosting", "Article", "VideoObject"];
        kinds.iter().any(|kind| value["@type"] == *kind)
    };
    let found = blocks.into_iter().find_map(|block| {
        let all = list(&block["@graph"]).chain([&block]);
        all.into_iter()
            .find(is_posting)
            .and_then(|posting| post(posting, asked))
    });
    match found {
        Some(post) if asked.is_some_and(|id| id != post.id) => Answer::without_post(Outcome::Unreadable, "wrong_id"),
        Some(post) => Answer::with_post("post", post),
        // A page without it is not the post's.
        None => Answer::without_post(Outcome::Walled, "no_posting"),
    }
}

fn post(json: &Value, asked: Option<&str>) -> Option<Post> {
    let address = first(&[
        &json["@id"],
        &json["url"],
        &json["mainEntityOfPage"],
        &json["mainEntityOfPage"]["@id"],
    ]);
    let named = address
        .as_deref()
        .and_then(|address| match super::recognise(&address.parse().ok()?)? {
            Recognised::Post(post) => Some(post.id),
            _ => None,
        });
    let author = &json["author"];
    let text = first(&[&json["articleBody"], &json["text"]]);
    let mut post = Post {
        id: named.or_else(|| asked.map(str::to_owned))?,
        url: address,
        author_id: string(&author["url"]),
        author_name: string(&author["name"]),
        posted_at: string(&json["datePublished"]).and_then(|time| utc(&time)),
        edited_at: string(&json["dateModified"])
            .filter(|_| json["dateModified"] != json["datePublished"])
            .and_then(|time| utc(&time)),
        title: string(&json["headline"]).filter(|title| Some(title) != text.as_ref()),
        text_cut: text.as_ref().map(|text| text.ends_with('…')),
        text,
        language: string(&json["inLanguage"]),
        ..Post::default()
    };
    post.text.as_ref().or(post.title.as_ref())?;
    let picture = first(&[
        &json["image"],
        &json["image"]["url"],
        &json["image"][0]["url"],
        &json["image"][0],
    ]);
    if let Some(url) = picture {
        post.media.push(Media {
            kind: "photo".into(),
            url,
            ..Media::default()
        });
    }
    post.count("replies", number(&json["commentCount"]));
    for statistic in list(&json["interactionStatistic"]) {
        let kind = first(&[&statistic["interactionType"], &statistic["interactionType"]["@type"]]).unwrap_or_default();
        if kind.ends_with("LikeAction") {
            post.count("likes", number(&statistic["userInteractionCount"]));
        }
    }
    Some(post)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::exchange::testing::answered;

    fn page(json: &str) -> Exchange {
        let body = format!(r#"<html><script type="application/ld+json">{json}</script><p>Page</p>"#);
        answered(200, body.as_bytes())
    }

    #[test]
    fn a_post_is_read_from_what_the_page_tells_search_engines() {
        let page = page(
            r#"{"@context":"http://schema.org","@type":"SocialMediaPosting","@id":"https://www.linkedin.com/posts/ada-b_the-weir-activity-7190000000000000000-Ab1c","articleBody":"The weir holds",
            "author":{"@type":"Person","name":"Ada","url":"https://www.linkedin.com/in/ada-b"},"datePublished":"2024-05-01T10:00:00.000Z","commentCount":2,
            "interactionStatistic":[{"interactionType":"http://schema.org/LikeAction","userInteractionCount":5}]}"#,
        );
        let post = read(&page, None).post.unwrap();
        assert_eq!(
            (post.text.as_deref(), post.author_name.as_deref()),
            (Some("The weir holds"), Some("Ada"))
        );
        assert_eq!(
            (post.posted_at.as_deref(), post.counts.len()),
            (Some("2024-05-01T10:00:00.000Z"), 2)
        );
        assert_eq!(read(&page, Some(&post.id)).outcome, Outcome::Captured);
        assert_eq!(read(&page, Some("activity:5")).reason, "wrong_id");
    }

    #[test]
    fn a_wall_is_no_post() {
        assert_eq!(read(&answered(999, b""), None).outcome, Outcome::Walled);
        assert_eq!(read(&answered(200, b"<html>Join"), None).reason, "no_posting");
        let mut wall = answered(200, b"<html>Join");
        wall.url = "https://www.linkedin.com/authwall?trk=x".parse().unwrap();
        assert_eq!(read(&wall, None).outcome, Outcome::LoginRequired);
    }
}
