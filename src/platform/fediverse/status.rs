//! The API of Mastodon and its kin (Pleroma, GoToSocial, Pixelfed, Truth Social): `/api/v1/statuses/ID` on the host of
//! the post. "Record not found" means deleted or private, which of them is not said.

use std::collections::HashSet;

use serde_json::Value;
use url::Url;

use crate::exchange::{Exchange, Purpose, Request};
use crate::outcome::Outcome;
use crate::platform::post::{Card, Entity, Media, Poll, PollOption, Post, Related, Relation};
use crate::platform::status::from_status;
use crate::platform::value::{first, id, list, milliseconds, number, pixels, string, time};
use crate::platform::{Answer, Hops, PostRef, Recognised, Source, Step, Upstreams, rich, value};

/// The source.
pub struct Status;

impl Source for Status {
    fn name(&self) -> &'static str {
        "mastodon.api"
    }

    fn next(&self, post: &PostRef, upstreams: &Upstreams, so_far: &[Hops]) -> Step {
        let unreadable = || Step::without_post(Outcome::Unreadable, "address_unreadable");
        let Some((_, native)) = post.id.rsplit_once('/') else {
            return unreadable();
        };
        // The UUID of an object or a display page is no id of the API.
        if native.contains('-') {
            return Step::without_post(Outcome::Refused, "no_id_of_the_api");
        }
        let Ok(url) = post.url.join(&format!("/api/v1/statuses/{native}")) else {
            return unreadable();
        };
        Step::once(
            so_far,
            || Request::new(upstreams.on_server(post.platform, &url), Purpose::Api),
            |exchange| read(exchange, Some(&post.id)),
        )
    }
}

/// Most posts before and after one that are looked through.
const MOST: usize = 500;

/// The author's own thread around a post: `/api/v1/statuses/ID/context`, what stands before and after it in its conversation.
pub struct Context;

impl crate::platform::Thread for Context {
    fn name(&self) -> &'static str {
        "mastodon.context"
    }

    fn ask(&self, at: &PostRef, _: &Post, upstreams: &Upstreams) -> Option<Request> {
        let (_, native) = at.id.rsplit_once('/').filter(|(_, native)| !native.contains('-'))?;
        let url = at.url.join(&format!("/api/v1/statuses/{native}/context")).ok()?;
        Some(Request::new(upstreams.on_server(at.platform, &url), Purpose::Api))
    }

    fn read(&self, at: &PostRef, post: &Post, exchange: &Exchange) -> Result<Vec<PostRef>, Box<Answer>> {
        if let Some(failed) = from_status(exchange) {
            return Err(Box::new(failed));
        }
        let json = value::json(exchange)?;
        if !json["ancestors"].is_array() || !json["descendants"].is_array() {
            return Err(Box::new(Answer::without_post(Outcome::Unreadable, "unknown_shape")));
        }
        let is_own = |status: &Value| post.author_id.is_some() && id(&status["account"]["id"]) == post.author_id;
        let part = |status: &Value| {
            let url = first(&[&status["url"], &status["uri"]])?.parse().ok()?;
            match crate::platform::recognise(&url)? {
                (of, Recognised::Post(part)) if super::is_kind(of.name) => Some(part),
                _ => None,
            }
        };
        let mut parts = Vec::new();
        let mut above = post.parent_id.clone();
        for status in list(&json["ancestors"]).rev().take(MOST) {
            if !is_own(status) || id(&status["id"]) != above {
                break;
            }
            parts.extend(part(status));
            above = id(&status["in_reply_to_id"]);
        }
        let mut thread: HashSet<String> = at.id.rsplit('/').next().map(str::to_owned).into_iter().collect();
        for status in list(&json["descendants"]).take(MOST) {
            let answers_own = id(&status["in_reply_to_id"]).is_some_and(|parent| thread.contains(&parent));
            if is_own(status) && answers_own {
                thread.extend(id(&status["id"]));
                parts.extend(part(status));
            }
        }
        Ok(parts)
    }
}

/// Reads an answer, to the question for the post of this id (`host/id`) if one is given.
#[must_use]
pub fn read(exchange: &Exchange, asked: Option<&str>) -> Answer {
    let failed = from_status(exchange);
    let json = match (value::json(exchange), failed) {
        (Ok(json), None) => json,
        (Ok(json), Some(failed)) => {
            let said = json["error"].as_str().unwrap_or("").to_lowercase();
            return match exchange.status {
                Some(404) if said.contains("record not found") => {
                    Answer::without_post(Outcome::NotFound, "record_not_found")
                }
                Some(401 | 403 | 422) if said.contains("authenticated") => {
                    Answer::without_post(Outcome::LoginRequired, "authenticated_users_only")
                }
                Some(401 | 403) if said.contains("not allowed") || said.contains("not authorized") => {
                    Answer::without_post(Outcome::LoginRequired, "not_allowed")
                }
                _ => failed,
            };
        }
        (Err(_), Some(failed)) => return failed,
        (Err(unreadable), None) => return *unreadable,
    };
    if json["type"] == "Tombstone" {
        return Answer::without_post(Outcome::Deleted, "tombstone");
    }
    let Some(post) = post(&json, true) else {
        return Answer::without_post(Outcome::Unreadable, "unknown_shape");
    };
    // On the host that was asked a post may be a copy, whose address is that of its origin: its id there counts.
    let is_other = |asked: &str| asked.rsplit('/').next() != id(&json["id"]).as_deref();
    if asked.is_some_and(is_other) {
        return Answer::without_post(Outcome::Unreadable, "wrong_id");
    }
    let post = match asked {
        Some(asked) => Post {
            id: asked.to_owned(),
            ..post
        },
        None => post,
    };
    Answer::with_post("post", post)
}

/// The post; its relatives are read where `whole`.
fn post(json: &Value, whole: bool) -> Option<Post> {
    let native = id(&json["id"])?;
    let content = json["content"].as_str()?;
    let account = &json["account"];
    let url = first(&[&json["url"], &json["uri"]]);
    let host = url
        .as_deref()
        .and_then(|u| Url::parse(u).ok())
        .and_then(|u| u.host_str().map(str::to_owned));
    let (text, entities) = rich::of_markup(content);
    let mut post = Post {
        id: host.map_or_else(|| native.clone(), |host| format!("{host}/{native}")),
        url,
        author_id: id(&account["id"]),
        author_handle: string(&account["acct"]),
        author_name: string(&account["display_name"]),
        author_avatar: first(&[&account["avatar"], &account["avatar_static"]]),
        posted_at: time(&json["created_at"]),
        edited_at: time(&json["edited_at"]),
        text: Some(text),
        text_cut: Some(false),
        language: string(&json["language"]),
        entities,
        sensitive: json["sensitive"].as_bool(),
        content_warning: string(&json["spoiler_text"]),
        visibility: string(&json["visibility"]),
        poll: poll(&json["poll"]),
        card: card(&json["card"]),
        ..Post::default()
    };
    for entity in post.entities.iter_mut().filter(|e| e.kind == "mention") {
        let of = |m: &&Value| m["url"].as_str() == entity.url.as_deref();
        entity.id = list(&json["mentions"]).find(of).and_then(|m| id(&m["id"]));
    }
    add_unseen(&mut post.entities, json);
    if let Some(files) = json["media_attachments"].as_array() {
        post.media_expected = Some(files.len());
        post.media = files.iter().filter_map(file).collect();
    }
    for (name, key) in [
        ("likes", "favourites_count"),
        ("reposts", "reblogs_count"),
        ("replies", "replies_count"),
        ("quotes", "quotes_count"),
    ] {
        post.count(name, number(&json[key]));
    }
    if let Some(parent) = id(&json["in_reply_to_id"]) {
        post.relate(Related {
            id: Some(parent),
            author_id: id(&json["in_reply_to_account_id"]),
            ..Related::new(Relation::Parent)
        });
    }
    if whole {
        if let Some(other) = self::post(&json["reblog"], false) {
            post.relate(Related::of(Relation::Reposted, &other));
        }
        let quote = &json["quote"];
        if quote.is_object() {
            // Since Mastodon 4.4 the quoted post stands beside its state; its forks give it bare.
            let quoted = self::post(&quote["quoted_status"], false).or_else(|| self::post(quote, false));
            post.relate(match quoted {
                Some(other) => Related::of(Relation::Quoted, &other),
                None => Related {
                    id: id(&quote["quoted_status_id"]),
                    reason: string(&quote["state"]),
                    ..Related::new(Relation::Quoted)
                },
            });
        }
    }
    Some(post)
}

/// Adds the tags and mentions that the answer lists and the text does not show as links: some servers leave them out of it.
fn add_unseen(entities: &mut Vec<Entity>, json: &Value) {
    let listed = list(&json["tags"]).map(|tag| ("hashtag", first(&[&tag["name"]]), tag));
    let mentioned = list(&json["mentions"]).map(|who| ("mention", first(&[&who["acct"], &who["username"]]), who));
    for (kind, text, value) in listed.chain(mentioned).take(MOST) {
        let Some(text) = text else { continue };
        let url = string(&value["url"]);
        let id = (kind == "mention").then(|| id(&value["id"])).flatten();
        // A server may write a tag in another case, or lead to its own list of it.
        let is_it = |known: &Entity| {
            let same = known
                .text
                .as_deref()
                .is_some_and(|t| t.to_lowercase() == text.to_lowercase());
            known.kind == kind && (same || url.is_some() && known.url == url || id.is_some() && known.id == id)
        };
        if !entities.iter().any(is_it) {
            entities.push(Entity {
                kind: kind.into(),
                text: Some(text),
                url,
                id,
            });
        }
    }
}

fn file(json: &Value) -> Option<Media> {
    let kind = match json["type"].as_str() {
        Some("image") => "photo",
        Some("gifv") => "gif",
        Some(kind @ ("video" | "audio")) => kind,
        _ => "file",
    };
    let original = &json["meta"]["original"];
    Some(Media {
        kind: kind.into(),
        url: first(&[&json["url"], &json["remote_url"], &json["preview_url"]])?,
        alt: string(&json["description"]),
        width: pixels(&original["width"]),
        height: pixels(&original["height"]),
        duration_ms: milliseconds(&original["duration"]),
        preview: string(&json["preview_url"]),
    })
}

fn poll(json: &Value) -> Option<Poll> {
    json.is_object().then(|| Poll {
        question: None,
        options: list(&json["options"])
            .filter_map(|o| PollOption::of(string(&o["title"]), number(&o["votes_count"])))
            .collect(),
        votes: number(&json["votes_count"]),
        voters: number(&json["voters_count"]),
        ends_at: time(&json["expires_at"]),
        closed: json["expired"].as_bool(),
        multiple: json["multiple"].as_bool(),
    })
}

fn card(json: &Value) -> Option<Card> {
    json.is_object().then(|| Card {
        url: string(&json["url"]),
        title: string(&json["title"]),
        description: string(&json["description"]),
        image: string(&json["image"]),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::exchange::testing::answered;

    fn told(body: &str) -> Answer {
        read(&answered(200, body.as_bytes()), None)
    }

    #[test]
    fn a_post_of_the_fediverse_is_read_with_its_poll_media_and_boost() {
        let body = r#"{"id":"113000000000000001","url":"https://social.example/@ada/113000000000000001",
            "created_at":"2024-08-01T10:00:00.000Z","edited_at":"2024-08-01T11:00:00.000Z","content":"<p>One<br>two</p><p><a href=\"https://social.example/tags/flood\" class=\"mention hashtag\">#<span>flood</span></a></p>",
            "spoiler_text":"water","sensitive":true,"account":{"id":"7","acct":"ada","display_name":"Ada"},
            "media_attachments":[{"type":"image","url":"https://files.example/1.jpg","description":"A river","meta":{"original":{"width":4,"height":3}}}],
            "poll":{"options":[{"title":"yes","votes_count":2}],"votes_count":2,"expired":true,"multiple":false},
            "in_reply_to_id":"5","favourites_count":1}"#;
        let post = told(body).post.unwrap();
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
    fn what_servers_of_the_fediverse_list_beside_the_text_is_not_lost() {
        let body = r#"{"id":"5","url":"https://social.example/@ada/5","content":"<p>High <a href=\"https://social.example/tags/Water\" class=\"mention hashtag\">#<span>Water</span></a></p>",
            "account":{"id":"7","acct":"ada"},"tags":[{"name":"water","url":"https://social.example/tags/water"},{"name":"weir","url":"https://social.example/tags/weir"}],
            "mentions":[{"id":"9","acct":"ben@other.example","url":"https://other.example/@ben"}],
            "media_attachments":[{"type":"audio","url":"https://files.example/a.mp3","meta":{"original":{"duration":12.5}}},{"type":"unknown","url":null,"remote_url":"https://other.example/x.bin"}],
            "quote":{"state":"accepted","quoted_status":{"id":"3","url":"https://social.example/@ben/3","content":"<p>Low</p>","account":{"id":"9","acct":"ben"}}},
            "reblog":null,"sensitive":true,"visibility":"unlisted"}"#;
        let post = told(body).post.unwrap();
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
}
