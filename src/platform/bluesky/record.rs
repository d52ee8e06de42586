//! The record itself, from the author's own server (PDS): the DID's document names the server, the server gives the record with
//! its content identifier, and that is computed again here. No counts, but nothing that the AppView left out or hid.

use serde_json::{Value, json};
use url::Url;
use url::form_urlencoded::byte_serialize;

use super::{card, content_id, thread};
use crate::exchange::{Exchange, Purpose, Request};
use crate::outcome::Outcome;
use crate::platform::post::{Media, Post, Related, Relation};
use crate::platform::status::from_status;
use crate::platform::value::{list, pixels, string};
use crate::platform::{Answer, Hops, PostRef, Source, Step, Upstreams, value};

/// The source.
pub struct Record;

impl Source for Record {
    fn name(&self) -> &'static str {
        "bluesky.record"
    }

    fn next(&self, post: &PostRef, upstreams: &Upstreams, so_far: &[Hops]) -> Step {
        let Some((repository, key)) = post.id.split_once('/') else {
            return Step::without_post(Outcome::Unreadable, "address_unreadable");
        };
        let mut answers = so_far.iter().filter_map(|hops| hops.last());
        let did = if repository.starts_with("did:") {
            repository.to_owned()
        } else {
            let handle: String = byte_serialize(repository.as_bytes()).collect();
            let path = format!("xrpc/com.atproto.identity.resolveHandle?handle={handle}");
            match answers.next() {
                None => return Step::Ask(Request::new(upstreams.join("bluesky.appview", &path), Purpose::Api)),
                Some(exchange) => match thread::resolved(exchange) {
                    Ok(did) => did,
                    Err(failed) => return Step::Answer(failed),
                },
            }
        };
        let home = match answers.next() {
            None => {
                return match document_of(&did, upstreams) {
                    Some(url) => Step::Ask(Request::new(url, Purpose::Api)),
                    None => Step::without_post(Outcome::Unreadable, "did_unreadable"),
                };
            }
            Some(exchange) => match home(exchange, &did) {
                Ok(home) => home,
                Err(failed) => return Step::Answer(failed),
            },
        };
        match answers.next() {
            None => {
                let query = format!("repo={did}&collection=app.bsky.feed.post&rkey={key}");
                match home.server.join(&format!("/xrpc/com.atproto.repo.getRecord?{query}")) {
                    Ok(url) => Step::Ask(Request::new(upstreams.route(&url), Purpose::Api)),
                    Err(_) => Step::without_post(Outcome::Unreadable, "did_unreadable"),
                }
            }
            Some(exchange) => {
                let mut answer = read(exchange, Some(&format!("{did}/{key}")));
                if let Some(post) = &mut answer.post {
                    post.author_handle = home.handle;
                }
                Step::Answer(Box::new(answer))
            }
        }
    }
}

/// Where the document of a DID is (<https://atproto.com/specs/did>).
fn document_of(did: &str, upstreams: &Upstreams) -> Option<Url> {
    match did.strip_prefix("did:web:") {
        Some(host) => {
            let is_host = host.contains('.')
                && host
                    .bytes()
                    .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-'));
            let url = Url::parse(&format!("https://{host}/.well-known/did.json")).ok()?;
            is_host.then(|| upstreams.route(&url))
        }
        None => did.starts_with("did:plc:").then(|| upstreams.join("bluesky.plc", did)),
    }
}

/// What a DID's document says.
struct Home {
    server: Url,
    handle: Option<String>,
}

fn home(exchange: &Exchange, did: &str) -> Result<Home, Box<Answer>> {
    let failed = |outcome, reason: &str| Box::new(Answer::without_post(outcome, reason));
    if exchange.failure.is_none() {
        match exchange.status {
            // Of a post that says nothing.
            Some(404) => return Err(failed(Outcome::Unreadable, "did_unknown")),
            // The directory says so of identities whose owner ended them.
            Some(410) if did.starts_with("did:plc:") => return Err(failed(Outcome::AccountGone, "did_ended")),
            _ => {}
        }
    }
    if let Some(answer) = from_status(exchange) {
        return Err(Box::new(answer));
    }
    let json = value::json(exchange)?;
    if json["id"] != did {
        return Err(failed(Outcome::Unreadable, "wrong_did"));
    }
    let is_server = |service: &&Value| service["id"].as_str().is_some_and(|id| id.ends_with("#atproto_pds"));
    let server = list(&json["service"])
        .find(is_server)
        .and_then(|service| Url::parse(service["serviceEndpoint"].as_str()?).ok())
        .filter(|url| matches!(url.scheme(), "http" | "https"));
    Ok(Home {
        server: server.ok_or_else(|| failed(Outcome::Unreadable, "no_server_named"))?,
        handle: list(&json["alsoKnownAs"]).find_map(|name| Some(name.as_str()?.strip_prefix("at://")?.to_owned())),
    })
}

/// Reads an answer, to the question for the post of this id (`DID/key`) if one is given.
#[must_use]
pub fn read(exchange: &Exchange, asked: Option<&str>) -> Answer {
    let json = match (value::json(exchange), from_status(exchange)) {
        (Ok(json), None) => json,
        (Ok(json), Some(failed)) => return thread::error(&json).unwrap_or(failed),
        (Err(_), Some(failed)) => return failed,
        (Err(unreadable), None) => return *unreadable,
    };
    let record = &json["value"];
    let Some(id) = json["uri"]
        .as_str()
        .and_then(thread::native)
        .filter(|_| record.is_object())
    else {
        return Answer::without_post(Outcome::Unreadable, "unknown_shape");
    };
    if asked.is_some_and(|asked| asked != id) {
        return Answer::without_post(Outcome::Unreadable, "wrong_id");
    }
    match (json["cid"].as_str(), content_id::of(record)) {
        (Some(told), Some(computed)) if told == computed => {}
        (None, _) => return Answer::without_post(Outcome::Unreadable, "no_content_id"),
        _ => return Answer::without_post(Outcome::Unreadable, "wrong_content_id"),
    }
    let did = id.split('/').next().unwrap_or_default().to_owned();
    let view = json!({"uri": json["uri"], "author": {"did": did}, "record": record});
    let Some(mut post) = thread::post(&view) else {
        return Answer::without_post(Outcome::Unreadable, "no_text");
    };
    let server = &exchange.url;
    let embed = &record["embed"];
    let (media, quoted) = match embed["media"].is_object() {
        true => (&embed["media"], &embed["record"]["record"]),
        false => (embed, &embed["record"]),
    };
    files(&mut post, media, &did, server);
    if let Some(quoted) = quoted["uri"].as_str().and_then(thread::native) {
        post.relate(Related {
            url: thread::address(&quoted),
            author_id: quoted.split('/').next().map(str::to_owned),
            id: Some(quoted),
            ..Related::new(Relation::Quoted)
        });
    }
    Answer::with_post("record", post)
}

/// The files of a record lie on the server that gave it, as they were uploaded.
fn files(post: &mut Post, embed: &Value, did: &str, server: &Url) {
    let blob = |blob: &Value| {
        let cid = blob["ref"]["$link"].as_str()?;
        let path = format!("/xrpc/com.atproto.sync.getBlob?did={did}&cid={cid}");
        server.join(&path).ok().map(String::from)
    };
    let file = |kind: &str, of: &Value, place: &Value| {
        Some(Media {
            kind: kind.to_owned(),
            url: blob(of)?,
            alt: string(&place["alt"]),
            width: pixels(&place["aspectRatio"]["width"]),
            height: pixels(&place["aspectRatio"]["height"]),
            ..Media::default()
        })
    };
    let images: Vec<&Value> = list(&embed["images"]).collect();
    post.media_expected = Some(images.len());
    post.media = images
        .iter()
        .filter_map(|image| file("photo", &image["image"], image))
        .collect();
    if embed["video"].is_object() {
        post.media_expected = Some(1);
        post.media.extend(file("video", &embed["video"], embed));
    }
    let external = &embed["external"];
    if external.is_object() {
        post.card = Some(card(external, blob(&external["thumb"])));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::exchange::testing::answered;

    fn answer(record: &Value, cid: Option<String>) -> Answer {
        let body = json!({"uri": "at://did:plc:ada/app.bsky.feed.post/3kabc", "cid": cid, "value": record});
        read(&answered(200, body.to_string().as_bytes()), Some("did:plc:ada/3kabc"))
    }

    #[test]
    fn a_record_is_read_with_its_files_and_what_it_quotes_and_only_if_it_is_the_one_named() {
        let image = "bafkreigh2akiscaildcqabsyg3dfr6chu3fgpregiymsck7e7aqa4s52zy";
        let record = json!({"$type": "app.bsky.feed.post", "text": "The weir holds", "createdAt": "2024-05-01T10:00:00.000Z", "langs": ["en"],
            "embed": {"$type": "app.bsky.embed.recordWithMedia", "record": {"record": {"uri": "at://did:plc:bo/app.bsky.feed.post/3kxyz", "cid": image}},
            "media": {"images": [{"alt": "A weir", "image": {"$type": "blob", "ref": {"$link": image}, "mimeType": "image/jpeg", "size": 9}, "aspectRatio": {"width": 4, "height": 3}}]}}});
        let cid = content_id::of(&record);
        let post = answer(&record, cid.clone()).post.unwrap();
        assert_eq!(
            (post.text.as_deref(), post.quoted_id.as_deref()),
            (Some("The weir holds"), Some("did:plc:bo/3kxyz"))
        );
        assert_eq!(
            (
                post.media[0].url.as_str(),
                post.media[0].alt.as_deref(),
                post.media_expected
            ),
            (
                &*format!("https://upstream.example/xrpc/com.atproto.sync.getBlob?did=did:plc:ada&cid={image}"),
                Some("A weir"),
                Some(1)
            )
        );
        let mut other = record.clone();
        other["text"] = "The weir broke".into();
        assert_eq!(answer(&other, cid).reason, "wrong_content_id");
        assert_eq!(answer(&record, None).reason, "no_content_id");
    }

    #[test]
    fn what_a_server_says_in_place_of_a_record_is_told_apart() {
        for (status, body, outcome) in [
            (400, r#"{"error":"RecordNotFound"}"#, Outcome::NotFound),
            (
                400,
                r#"{"error":"InvalidRequest","message":"Could not locate record"}"#,
                Outcome::NotFound,
            ),
            (400, r#"{"error":"RepoTakendown"}"#, Outcome::Suspended),
            (400, r#"{"error":"RepoDeactivated"}"#, Outcome::AccountGone),
            (502, "down", Outcome::ServerError),
            (200, "{}", Outcome::Unreadable),
        ] {
            assert_eq!(
                read(&answered(status, body.as_bytes()), None).outcome,
                outcome,
                "{body}"
            );
        }
        let document = |status, body: &str| {
            home(&answered(status, body.as_bytes()), "did:plc:ada")
                .err()
                .map(|a| a.reason)
        };
        assert_eq!(document(404, "").as_deref(), Some("did_unknown"));
        assert_eq!(document(410, "").as_deref(), Some("did_ended"));
        assert_eq!(document(200, r#"{"id":"did:plc:bo"}"#).as_deref(), Some("wrong_did"));
        assert_eq!(
            document(200, r#"{"id":"did:plc:ada","service":[]}"#).as_deref(),
            Some("no_server_named")
        );
    }
}
