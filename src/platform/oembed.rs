//! oEmbed answers (<https://oembed.com>) of platforms whose posts can be had that way. They hold a title or caption and
//! the author, no time and no counts.

use scraper::Selector;
use serde_json::Value;
use url::Url;
use url::form_urlencoded::byte_serialize;

use super::post::{Media, Post};
use super::status::from_status;
use super::value::{id, number, pixels, string};
use super::{Answer, Hops, PostRef, Recognised, Source, Step, Upstreams, rich, value};
use crate::exchange::{Exchange, Purpose, Request};
use crate::outcome::Outcome;

/// An oEmbed endpoint.
pub struct OEmbed {
    /// Name of the source, which is that of its upstream too.
    pub name: &'static str,
    /// Path below the upstream, with what precedes the address in the query.
    pub path: &'static str,
    /// Name of the platform.
    pub platform: &'static str,
    /// Whether the source before it asks the same server.
    pub asks_again: bool,
}

impl Source for OEmbed {
    fn name(&self) -> &'static str {
        self.name
    }

    fn asks_again(&self) -> bool {
        self.asks_again
    }

    fn next(&self, post: &PostRef, upstreams: &Upstreams, so_far: &[Hops]) -> Step {
        Step::once(
            so_far,
            || {
                let address: String = byte_serialize(post.url.as_str().as_bytes()).collect();
                let url = upstreams.join(self.name, &format!("{}{address}", self.path));
                Request::new(url, Purpose::Api)
            },
            |exchange| read(exchange, self.platform, Some(&post.id)),
        )
    }
}

/// Reads an answer, to the question for the post of this id if one is given.
#[must_use]
pub fn read(exchange: &Exchange, platform: &str, asked: Option<&str>) -> Answer {
    if exchange.failure.is_none() && platform == "youtube" {
        // YouTube's statuses are about the video: 401 is one that may not be embedded, 403 a private one.
        match exchange.status {
            Some(401) => return Answer::without_post(Outcome::Walled, "embedding_disabled"),
            Some(403) => return Answer::without_post(Outcome::Protected, "http_403_private"),
            Some(400) => return Answer::without_post(Outcome::NotFound, "http_400"),
            _ => {}
        }
    }
    let json = match (value::json(exchange), from_status(exchange)) {
        (Ok(json), None) => json,
        (Ok(json), Some(failed)) => return refusal(&json).unwrap_or(failed),
        (Err(_), Some(failed)) => return failed,
        (Err(unreadable), None) => return *unreadable,
    };
    if !json["version"].is_string() && !json["version"].is_number() && !json["html"].is_string() {
        return refusal(&json).unwrap_or_else(|| Answer::without_post(Outcome::Unreadable, "unknown_shape"));
    }
    let html = json["html"].as_str().unwrap_or("");
    let told = identity(&json, html, platform);
    let native = match (&told, asked) {
        (Some((id, _)), Some(asked)) if id != asked => return Answer::without_post(Outcome::Unreadable, "wrong_id"),
        (Some((id, _)), _) => id.clone(),
        (None, Some(asked)) => asked.to_owned(),
        // A playlist or profile has an embed too, but names no post.
        (None, None) => match playlist(html) {
            Some(list) => list,
            None => return Answer::without_post(Outcome::Unreadable, "no_id"),
        },
    };
    let author_url = string(&json["author_url"]);
    let handle = author_url
        .as_deref()
        .and_then(|u| u.rsplit_once("/@"))
        .map(|(_, h)| h.to_owned());
    let mut post = Post {
        id: native,
        url: told.map(|(_, url)| url).or_else(|| string(&json["url"])),
        author_handle: string(&json["author_unique_id"]).or(handle),
        author_name: string(&json["author_name"]),
        posted_at: string(&json["upload_date"]).and_then(|t| value::utc(&t)),
        title: string(&json["title"]),
        ..Post::default()
    };
    match platform {
        // The title is the caption, and the markup holds it with its links.
        "tiktok" => {
            post.text = post.title.take();
            post.entities = caption(html);
        }
        "reddit" => {
            let told = post.author_name.take().or_else(|| account_in(html));
            // So it calls the author of a post whose account or post is gone.
            post.author_handle = told.filter(|name| name != "[deleted]");
        }
        "vimeo" => post.text = string(&json["description"]),
        _ => {}
    }
    if let Some(still) = string(&json["thumbnail_url"]) {
        post.media_expected = Some(1);
        post.media.push(Media {
            kind: "still".into(),
            url: still,
            width: pixels(&json["thumbnail_width"]),
            height: pixels(&json["thumbnail_height"]),
            duration_ms: number(&json["duration"]).and_then(|s| u64::try_from(s).ok()?.checked_mul(1000)),
            ..Media::default()
        });
    }
    Answer::with_post("oembed", post)
}

/// What a body says that stands in the place of an embed, in the words of the platforms that give a reason. None of them says
/// whether a post was deleted.
fn refusal(json: &Value) -> Option<Answer> {
    let reason = json["reason"].as_str().unwrap_or("");
    let said = json["message"]
        .as_str()
        .or(json["error"].as_str())
        .or(json["status_msg"].as_str());
    let said = said.unwrap_or("").to_lowercase();
    let (outcome, reason) = match reason {
        "private" => (Outcome::Protected, "community_private"),
        "banned" => (Outcome::Withheld, "community_banned"),
        "quarantined" | "gated" => (Outcome::LoginRequired, "community_quarantined"),
        _ if said.contains("something went wrong") => (Outcome::Walled, "something_went_wrong"),
        _ => return None,
    };
    Some(Answer::without_post(outcome, reason))
}

/// The name of the account that Reddit's embed links to.
fn account_in(html: &str) -> Option<String> {
    let fragment = crate::article::parse_fragment(html);
    let links = Selector::parse("a[href]").ok()?;
    fragment.select(&links).take(50).find_map(|link| {
        let url = Url::parse(link.attr("href")?).ok()?;
        let mut parts = url.path_segments()?;
        let is_account = matches!(parts.next(), Some("user" | "u"));
        parts
            .next()
            .filter(|name| is_account && !name.is_empty())
            .map(str::to_owned)
    })
}

/// The post that the answer is about, by the addresses in it.
fn identity(json: &Value, html: &str, platform: &str) -> Option<(String, String)> {
    let named = |address: &str| match super::recognise(&Url::parse(address).ok()?)? {
        (found, Recognised::Post(post)) if found.name == platform => Some((post.id, post.url.into())),
        _ => None,
    };
    if let Some(found) = json["url"].as_str().and_then(named) {
        return Some(found);
    }
    if !html.is_empty() {
        let fragment = crate::article::parse_fragment(html);
        let places = Selector::parse("iframe[src], blockquote[cite], a[href]").ok()?;
        for element in fragment.select(&places).take(50) {
            let address = ["src", "cite", "href"].into_iter().find_map(|name| element.attr(name));
            if let Some(found) = address.and_then(named) {
                return Some(found);
            }
        }
    }
    let direct = match platform {
        "tiktok" => {
            let id = id(&json["embed_product_id"])?;
            format!(
                "https://www.tiktok.com/@{}/video/{id}",
                json["author_unique_id"].as_str().unwrap_or("")
            )
        }
        "vimeo" => format!("https://vimeo.com/{}", id(&json["video_id"])?),
        _ => return None,
    };
    named(&direct)
}

/// Id of the playlist that a player shows instead of one video.
fn playlist(html: &str) -> Option<String> {
    let fragment = crate::article::parse_fragment(html);
    let frame = fragment.select(&Selector::parse("iframe[src]").ok()?).next()?;
    super::address::query(&Url::parse(frame.attr("src")?).ok()?, "list")
}

/// Tags and mentions of the caption.
fn caption(html: &str) -> Vec<super::Entity> {
    let fragment = crate::article::parse_fragment(html);
    let Ok(places) = Selector::parse("blockquote p") else {
        return Vec::new();
    };
    fragment
        .select(&places)
        .next()
        .map(|p| rich::read(p).1)
        .unwrap_or_default()
}
