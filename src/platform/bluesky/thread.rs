//! Bluesky's AppView: `app.bsky.feed.getPostThread` and `getPosts`, and the look-up of the DID behind a handle.

use serde_json::Value;
use url::form_urlencoded::byte_serialize;

use super::card;
use crate::exchange::{Exchange, Purpose, Request};
use crate::outcome::Outcome;
use crate::platform::post::{Entity, Media, Post, Related, Relation};
use crate::platform::status::from_status;
use crate::platform::value::{first, list, number, pixels, string, time};
use crate::platform::{Answer, Hops, PostRef, Recognised, Source, Step, Upstreams, value};

/// The source.
pub struct Thread;

impl Source for Thread {
    fn name(&self) -> &'static str {
        "bluesky.thread"
    }

    fn next(&self, post: &PostRef, upstreams: &Upstreams, so_far: &[Hops]) -> Step {
        let answer = |outcome, reason: &str| Step::Answer(Box::new(Answer::without_post(outcome, reason)));
        let Some((repository, key)) = post.id.split_once('/') else {
            return answer(Outcome::Unreadable, "address_unreadable");
        };
        let ask = |path: String| Step::Ask(Request::new(upstreams.join("bluesky.appview", &path), Purpose::Api));
        let mut answers = so_far.iter().filter_map(|hops| hops.last());
        let did = if repository.starts_with("did:") {
            repository.to_owned()
        } else {
            match answers.next() {
                None => {
                    let handle: String = byte_serialize(repository.as_bytes()).collect();
                    return ask(format!("xrpc/com.atproto.identity.resolveHandle?handle={handle}"));
                }
                Some(exchange) => match resolved(exchange) {
                    Ok(did) => did,
                    Err(failed) => return Step::Answer(failed),
                },
            }
        };
        match answers.next() {
            None => {
                let uri = format!("at://{did}/app.bsky.feed.post/{key}");
                let uri: String = byte_serialize(uri.as_bytes()).collect();
                ask(format!(
                    "xrpc/app.bsky.feed.getPostThread?uri={uri}&depth=0&parentHeight=1"
                ))
            }
            Some(exchange) => Step::Answer(Box::new(read(exchange, Some(&format!("{did}/{key}"))))),
        }
    }
}

/// How far a thread is asked for, up and down.
const REACH: usize = 20;

/// Most parts of a thread.
const PARTS: usize = 100;

/// The author's own thread around a post.
pub struct Around;

impl crate::platform::Thread for Around {
    fn name(&self) -> &'static str {
        "bluesky.context"
    }

    fn ask(&self, _: &PostRef, post: &Post, upstreams: &Upstreams) -> Option<Request> {
        let (did, key) = post.id.split_once('/').filter(|(did, _)| did.starts_with("did:"))?;
        let uri = format!("at://{did}/app.bsky.feed.post/{key}");
        let uri: String = byte_serialize(uri.as_bytes()).collect();
        let path = format!("xrpc/app.bsky.feed.getPostThread?uri={uri}&depth={REACH}&parentHeight={REACH}");
        Some(Request::new(upstreams.join("bluesky.appview", &path), Purpose::Api))
    }

    fn read(&self, _: &PostRef, post: &Post, exchange: &Exchange) -> Result<Vec<PostRef>, Box<Answer>> {
        if let Some(failed) = from_status(exchange) {
            return Err(Box::new(
                value::json(exchange)
                    .ok()
                    .and_then(|json| error(&json))
                    .unwrap_or(failed),
            ));
        }
        let json = value::json(exchange)?;
        let thread = &json["thread"];
        if thread["post"]["uri"].as_str().and_then(native).as_ref() != Some(&post.id) {
            return Err(Box::new(Answer::without_post(Outcome::Unreadable, "wrong_id")));
        }
        let own = |view: &Value| -> Option<PostRef> {
            let id = native(view["post"]["uri"].as_str()?)?;
            (id.split('/').next() == post.id.split('/').next()).then_some(())?;
            match super::recognise(&address(&id)?.parse().ok()?)? {
                Recognised::Post(part) => Some(part),
                _ => None,
            }
        };
        let mut parts = Vec::new();
        let mut above = &thread["parent"];
        while let Some(part) = own(above).filter(|_| parts.len() < PARTS) {
            parts.push(part);
            above = &above["parent"];
        }
        let mut open: Vec<&Value> = list(&thread["replies"]).rev().collect();
        while let Some(view) = open.pop().filter(|_| parts.len() < PARTS) {
            if let Some(part) = own(view) {
                parts.push(part);
                open.extend(list(&view["replies"]).rev());
            }
        }
        Ok(parts)
    }
}

/// The DID that a handle means.
pub(super) fn resolved(exchange: &Exchange) -> Result<String, Box<Answer>> {
    if let Some(failed) = from_status(exchange) {
        return Err(Box::new(match exchange.status {
            // A handle that leads nowhere: renamed or gone, which of them is not said.
            Some(400) => Answer::without_post(Outcome::NotFound, "handle_unresolved"),
            _ => failed,
        }));
    }
    let did = string(&value::json(exchange)?["did"]).filter(|did| did.starts_with("did:"));
    did.ok_or_else(|| Box::new(Answer::without_post(Outcome::Unreadable, "unknown_shape")))
}

/// Reads an answer, to the question for the post of this id (`DID/key`) if one is given.
#[must_use]
pub fn read(exchange: &Exchange, asked: Option<&str>) -> Answer {
    let json = match (value::json(exchange), from_status(exchange)) {
        (Ok(json), None) => json,
        (Ok(json), Some(failed)) => return error(&json).unwrap_or(failed),
        (Err(_), Some(failed)) => return failed,
        (Err(unreadable), None) => return *unreadable,
    };
    let thread = &json["thread"];
    if thread["notFound"] == true || kind(thread).contains("notFoundPost") {
        return Answer::without_post(Outcome::NotFound, "not_found_post");
    }
    if thread["blocked"] == true || kind(thread).contains("blockedPost") {
        return Answer::without_post(Outcome::Walled, "blocked_post");
    }
    let view = if thread["post"].is_object() {
        &thread["post"]
    } else if let Some(posts) = json["posts"].as_array() {
        match posts.first() {
            Some(first) => first,
            // Missing posts are left out without a word.
            None => return Answer::without_post(Outcome::NotFound, "not_listed"),
        }
    } else if let Some(refused) = error(&json) {
        return refused;
    } else {
        return Answer::without_post(Outcome::Unreadable, "unknown_shape");
    };
    let Some(mut post) = self::post(view) else {
        return Answer::without_post(Outcome::Unreadable, "no_id");
    };
    if asked.is_some_and(|id| id != post.id) {
        return Answer::without_post(Outcome::Unreadable, "wrong_id");
    }
    let parent = &thread["parent"];
    if parent.is_object() {
        let told = match self::post(&parent["post"]) {
            Some(parent) => Related::of(Relation::Parent, &parent),
            None => absent(Relation::Parent, parent),
        };
        post.related.retain(|r| r.relation != Relation::Parent);
        post.relate(told);
    }
    Answer::with_post("post", post)
}

/// What an error of the protocol says; its word counts more than its status.
pub(super) fn error(json: &Value) -> Option<Answer> {
    let (outcome, reason) = match json["error"].as_str()? {
        "NotFound" => (Outcome::NotFound, "error_not_found"),
        "RecordNotFound" => (Outcome::NotFound, "error_record_not_found"),
        "RepoNotFound" => (Outcome::NotFound, "error_repository_not_found"),
        "AccountTakedown" | "RepoTakendown" => (Outcome::Suspended, "error_account_takedown"),
        "AccountDeactivated" | "RepoDeactivated" => (Outcome::AccountGone, "error_account_deactivated"),
        "BlockedActor" | "BlockedByActor" => (Outcome::Walled, "error_blocked"),
        "AuthMissing" | "AuthenticationRequired" | "ExpiredToken" | "InvalidToken" => {
            (Outcome::LoginRequired, "error_login")
        }
        "RateLimitExceeded" => (Outcome::RateLimited, "error_rate_limit"),
        "InternalServerError" | "UpstreamFailure" => (Outcome::ServerError, "error_server"),
        "InvalidRequest" => (Outcome::NotFound, "error_invalid_request"),
        _ => return None,
    };
    Some(Answer::without_post(outcome, reason))
}

pub(super) fn kind(value: &Value) -> &str {
    value["$type"].as_str().unwrap_or("")
}

/// `at://DID/app.bsky.feed.post/KEY` as our id.
pub(super) fn native(uri: &str) -> Option<String> {
    let (did, key) = uri.strip_prefix("at://")?.split_once("/app.bsky.feed.post/")?;
    (!did.is_empty() && !key.is_empty()).then(|| format!("{did}/{key}"))
}

pub(super) fn address(id: &str) -> Option<String> {
    let (did, key) = id.split_once('/')?;
    Some(format!("https://bsky.app/profile/{did}/post/{key}"))
}

fn absent(relation: Relation, view: &Value) -> Related {
    let kind = kind(view);
    let says = |key: &str, word: &str| view[key] == true || kind.contains(word);
    let reason = if says("notFound", "otFound") {
        Some("not_found")
    } else if says("blocked", "locked") {
        Some("blocked")
    } else if says("detached", "etached") {
        Some("detached")
    } else {
        None
    };
    let id = view["uri"].as_str().and_then(native);
    Related {
        url: id.as_deref().and_then(address),
        author_id: string(&view["author"]["did"]).or_else(|| id.as_deref()?.split('/').next().map(str::to_owned)),
        id,
        reason: reason.map(str::to_owned),
        ..Related::new(relation)
    }
}

/// Reads a view of a post, or of a quoted record.
pub(super) fn post(view: &Value) -> Option<Post> {
    let id = native(view["uri"].as_str()?)?;
    let author = &view["author"];
    // A quoted record calls its content `value` and its embeds `embeds`.
    let record = match view["record"].is_object() {
        true => &view["record"],
        false => &view["value"],
    };
    record["text"].as_str()?;
    let mut post = Post {
        url: address(&id),
        id,
        author_id: string(&author["did"]),
        author_handle: string(&author["handle"]).filter(|h| h != "handle.invalid"),
        author_name: string(&author["displayName"]),
        author_avatar: string(&author["avatar"]),
        posted_at: time(&record["createdAt"]),
        text: record["text"].as_str().map(str::to_owned),
        text_cut: Some(false),
        language: string(&record["langs"][0]),
        entities: facets(record),
        media_expected: Some(0),
        labels: list(&view["labels"])
            .filter(|l| l["neg"] != true)
            .filter_map(|l| string(&l["val"]))
            .chain(list(&record["labels"]["values"]).filter_map(|l| string(&l["val"])))
            .collect(),
        ..Post::default()
    };
    post.labels.dedup();
    if post
        .labels
        .iter()
        .any(|l| matches!(l.as_str(), "porn" | "sexual" | "nudity" | "graphic-media" | "gore"))
    {
        post.sensitive = Some(true);
    }
    for (name, key) in [
        ("likes", "likeCount"),
        ("reposts", "repostCount"),
        ("replies", "replyCount"),
        ("quotes", "quoteCount"),
        ("bookmarks", "bookmarkCount"),
    ] {
        post.count(name, number(&view[key]));
    }
    let reply = &record["reply"];
    if let Some(parent) = reply["parent"]["uri"].as_str().and_then(native) {
        let mut related = Related::new(Relation::Parent);
        related.url = address(&parent);
        related.author_id = parent.split('/').next().map(str::to_owned);
        related.id = Some(parent);
        post.relate(related);
        post.conversation_id = reply["root"]["uri"].as_str().and_then(native);
    }
    let embed = if view["embed"].is_object() {
        &view["embed"]
    } else {
        &view["embeds"][0]
    };
    let quoted = if embed["media"].is_object() {
        media(&mut post, &embed["media"]);
        &embed["record"]["record"]
    } else {
        media(&mut post, embed);
        &embed["record"]
    };
    if quoted.is_object() {
        let uri = quoted["uri"].as_str().unwrap_or("");
        // A list, a feed or a starter pack can stand there too.
        if uri.is_empty() || uri.contains("/app.bsky.feed.post/") {
            let is_seen = !(quoted["notFound"] == true || quoted["blocked"] == true || quoted["detached"] == true);
            let told = match is_seen.then(|| self::quoted(quoted)).flatten() {
                Some(other) => Related::of(Relation::Quoted, &other),
                None => absent(Relation::Quoted, quoted),
            };
            post.relate(told);
        }
    }
    Some(post)
}

/// A quoted record is read without what it quotes itself.
fn quoted(view: &Value) -> Option<Post> {
    Some(Post {
        id: native(view["uri"].as_str()?)?,
        url: address(&native(view["uri"].as_str()?)?),
        author_id: string(&view["author"]["did"]),
        author_handle: string(&view["author"]["handle"]),
        author_name: string(&view["author"]["displayName"]),
        posted_at: time(&view["value"]["createdAt"]),
        text: Some(view["value"]["text"].as_str()?.to_owned()),
        ..Post::default()
    })
}

fn media(post: &mut Post, embed: &Value) {
    let size = &embed["aspectRatio"];
    let images: Vec<&Value> = list(&embed["images"]).chain(list(&embed["items"])).collect();
    post.media_expected = Some(images.len());
    for image in images {
        let Some(url) = first(&[&image["fullsize"], &image["thumb"], &image["thumbnail"]]) else {
            continue;
        };
        post.media.push(Media {
            kind: "photo".into(),
            url,
            alt: string(&image["alt"]),
            width: pixels(&image["aspectRatio"]["width"]),
            height: pixels(&image["aspectRatio"]["height"]),
            ..Media::default()
        });
    }
    if let Some(playlist) = string(&embed["playlist"]) {
        post.media_expected = Some(1);
        post.media.push(Media {
            kind: "video".into(),
            url: playlist,
            alt: string(&embed["alt"]),
            width: pixels(&size["width"]),
            height: pixels(&size["height"]),
            preview: string(&embed["thumbnail"]),
            ..Media::default()
        });
    }
    let external = &embed["external"];
    if external.is_object() {
        post.card = Some(card(external, string(&external["thumb"])));
    }
}

/// Facets count bytes of UTF-8.
fn facets(record: &Value) -> Vec<Entity> {
    let text = record["text"].as_str().unwrap_or("");
    let shown = |facet: &Value| {
        let at = |key: &str| usize::try_from(facet["index"][key].as_u64()?).ok();
        text.get(at("byteStart")?..at("byteEnd")?)
            .map(|t| t.trim_start_matches(['#', '@']).to_owned())
    };
    let mut found: Vec<(u64, Entity)> = Vec::new();
    for facet in list(&record["facets"]) {
        let at = facet["index"]["byteStart"].as_u64().unwrap_or(u64::MAX);
        for feature in list(&facet["features"]) {
            let kind = self::kind(feature);
            let entity = if kind.ends_with("#link") {
                Entity {
                    kind: "link".into(),
                    text: shown(facet),
                    url: string(&feature["uri"]),
                    id: None,
                }
            } else if kind.ends_with("#mention") {
                Entity {
                    kind: "mention".into(),
                    text: shown(facet),
                    url: None,
                    id: string(&feature["did"]),
                }
            } else if kind.ends_with("#tag") {
                Entity {
                    kind: "hashtag".into(),
                    text: string(&feature["tag"]),
                    url: None,
                    id: None,
                }
            } else {
                continue;
            };
            found.push((at, entity));
        }
    }
    found.sort_by_key(|(at, _)| *at);
    let tags = value::hashtags(&record["tags"]);
    found.into_iter().map(|(_, entity)| entity).chain(tags).collect()
}
