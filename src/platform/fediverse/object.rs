//! The ActivityPub object of a post (`Accept: application/activity+json` at its own address), which servers of every kind in
//! the fediverse give: text, files, poll, times; a `Tombstone` is the server's own word that it was deleted.
//! <https://www.w3.org/TR/activitystreams-vocabulary/>

use serde_json::Value;
use url::Url;

use crate::exchange::{Exchange, Purpose, Request};
use crate::outcome::Outcome;
use crate::platform::post::{Entity, Media, Poll, PollOption, Post, Related, Relation};
use crate::platform::status::from_status;
use crate::platform::value::{first, list, number, pixels, string, time};
use crate::platform::{Answer, Hops, PostRef, Source, Step, Upstreams, rich, value};

/// The source.
pub struct Object {
    /// Name of the source.
    pub name: &'static str,
    /// Whether the server's API is asked before.
    pub asks_again: bool,
}

/// What is asked for.
const ACCEPT: &str =
    r#"application/activity+json, application/ld+json; profile="https://www.w3.org/ns/activitystreams""#;

/// The collection of everybody: who addresses it publishes.
const PUBLIC: &[&str] = &["https://www.w3.org/ns/activitystreams#Public", "as:Public", "Public"];

impl Source for Object {
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
                let request = Request::new(upstreams.on_server(post.platform, &post.url), Purpose::Api);
                request.with("accept", ACCEPT)
            },
            |exchange| read(exchange, Some(&post.id)),
        )
    }
}

/// Reads an answer, to the question for the post of this id (`host/id`) if one is given.
#[must_use]
pub fn read(exchange: &Exchange, asked: Option<&str>) -> Answer {
    let json = match (value::json(exchange), from_status(exchange)) {
        // A tombstone comes with the status of what is gone.
        (Ok(json), _) if json["type"] == "Tombstone" => return Answer::without_post(Outcome::Deleted, "tombstone"),
        (Ok(json), None) => json,
        (Err(_), _) if super::is_foreign(exchange) => return Answer::without_post(Outcome::Refused, "no_object"),
        (_, Some(failed)) => return failed,
        (Err(unreadable), None) => return *unreadable,
    };
    let object = match json["object"].is_object() {
        true => &json["object"],
        false => &json,
    };
    let known = ["Note", "Question", "Article", "Page", "Video", "Image", "Audio"];
    if !known.iter().any(|kind| object["type"] == *kind) {
        return Answer::without_post(Outcome::Unreadable, "unknown_shape");
    }
    match post(object) {
        None => Answer::without_post(Outcome::Unreadable, "no_id"),
        Some(post) => match asked {
            Some(asked) if !is_of(object, asked) => Answer::without_post(Outcome::Unreadable, "wrong_id"),
            Some(asked) => Answer::with_post(
                "object",
                Post {
                    id: asked.to_owned(),
                    ..post
                },
            ),
            None => Answer::with_post("object", post),
        },
    }
}

/// Whether an object is the one asked for (`host/id`): one of its addresses on that host ends with the id.
fn is_of(object: &Value, asked: &str) -> bool {
    let (Some((host, _)), Some((_, id))) = (asked.split_once('/'), asked.rsplit_once('/')) else {
        return false;
    };
    addresses(object).any(|address| {
        let is_there = super::server(&address).is_some_and(|server| server == host);
        is_there && address.path_segments().and_then(|mut s| s.next_back()) == Some(id)
    })
}

/// The id and the addresses of an object.
fn addresses(object: &Value) -> impl Iterator<Item = Url> {
    let urls = list(&object["url"]).chain([&object["url"], &object["id"]]);
    let texts = urls.filter_map(|url| url.as_str().or(url["href"].as_str()));
    texts.filter_map(|text| Url::parse(text).ok())
}

fn post(object: &Value) -> Option<Post> {
    let id = Url::parse(object["id"].as_str()?).ok()?;
    let native = id.path_segments()?.next_back()?.to_owned();
    let author = author(&object["attributedTo"]);
    let content = object["content"].as_str();
    // PeerTube writes plain Markdown.
    let (text, entities) = match (content, object["mediaType"].as_str()) {
        (Some(text), Some("text/markdown" | "text/plain")) => (text.to_owned(), tags(object)),
        (Some(html), _) => rich::of_markup(html),
        (None, _) => (String::new(), tags(object)),
    };
    let languages = object["contentMap"].as_object().filter(|map| map.len() == 1);
    let mut post = Post {
        id: format!("{}/{native}", super::server(&id)?),
        url: page(object).or_else(|| string(&object["id"])),
        author_handle: author.as_deref().and_then(handle),
        author_id: author,
        posted_at: time(&object["published"]),
        edited_at: time(&object["updated"]).filter(|_| object["updated"] != object["published"]),
        title: string(&object["name"]),
        text: content.map(|_| text),
        text_cut: content.map(|_| false),
        language: languages
            .and_then(|map| map.keys().next().cloned())
            .or_else(|| string(&object["language"]["identifier"])),
        entities,
        sensitive: object["sensitive"].as_bool(),
        content_warning: string(&object["summary"])
            .filter(|_| object["type"] == "Note" || object["type"] == "Question"),
        visibility: visibility(object),
        poll: poll(object),
        ..Post::default()
    };
    files(&mut post, object);
    for (name, key) in [("likes", "likes"), ("reposts", "shares"), ("replies", "replies")] {
        post.count(name, number(&object[key]["totalItems"]));
    }
    post.count("views", number(&object["views"]));
    for (relation, address) in [
        (
            Relation::Parent,
            first(&[&object["inReplyTo"], &object["inReplyTo"]["id"]]),
        ),
        (
            Relation::Quoted,
            first(&[
                &object["quote"],
                &object["quoteUrl"],
                &object["_misskey_quote"],
                &object["quoteUri"],
            ]),
        ),
    ] {
        if let Some(address) = address {
            post.relate(Related {
                id: Url::parse(&address).ok().and_then(|url| named(&url)),
                url: Some(address),
                ..Related::new(relation)
            });
        }
    }
    Some(post)
}

/// `host/id` of an object's address.
fn named(url: &Url) -> Option<String> {
    let id = url.path_segments()?.next_back().filter(|id| !id.is_empty())?;
    Some(format!("{}/{id}", super::server(url)?))
}

/// The first author that is a person, else the first.
fn author(value: &Value) -> Option<String> {
    let all: Vec<&Value> = match value {
        Value::Array(all) => all.iter().collect(),
        single => vec![single],
    };
    let person = all.iter().find(|author| author["type"] == "Person").or(all.first())?;
    first(&[person, &person["id"]])
}

/// The handle in the address of an author, for those servers that put it there.
fn handle(author: &str) -> Option<String> {
    let url = Url::parse(author).ok()?;
    let parts: Vec<&str> = url.path_segments()?.collect();
    match parts[..] {
        // Misskey has the account's id there, not its name: letters and digits that begin with the time.
        ["users", name] if !(name.len() >= 10 && name.starts_with(['7', '8', '9', 'a', 'b'])) => Some(name.to_owned()),
        ["accounts" | "u" | "profile", name] => Some(name.to_owned()),
        [name] => name.strip_prefix('@').map(str::to_owned),
        _ => None,
    }
}

/// The address of an object's page, among those of its files.
fn page(object: &Value) -> Option<String> {
    let page = list(&object["url"]).find(|link| link["mediaType"] == "text/html");
    string(&object["url"]).or_else(|| string(&page?["href"]))
}

fn visibility(object: &Value) -> Option<String> {
    let names = |key: &str| {
        let of = &object[key];
        list(of)
            .chain([of])
            .any(|to| to.as_str().is_some_and(|to| PUBLIC.contains(&to)))
    };
    match (names("to"), names("cc")) {
        (true, _) => Some("public".into()),
        (false, true) => Some("unlisted".into()),
        (false, false) => None,
    }
}

/// Tags and mentions that stand beside the text.
fn tags(object: &Value) -> Vec<Entity> {
    let read = |tag: &Value| {
        let kind = match tag["type"].as_str()? {
            "Hashtag" => "hashtag",
            "Mention" => "mention",
            _ => return None,
        };
        Some(Entity {
            kind: kind.into(),
            text: string(&tag["name"]).map(|name| name.trim_start_matches(['#', '@']).to_owned()),
            url: string(&tag["href"]),
            id: None,
        })
    };
    list(&object["tag"]).filter_map(read).collect()
}

fn poll(object: &Value) -> Option<Poll> {
    let multiple = object["anyOf"].is_array();
    let options: Vec<PollOption> = list(&object["oneOf"])
        .chain(list(&object["anyOf"]))
        .filter_map(|option| PollOption::of(string(&option["name"]), number(&option["replies"]["totalItems"])))
        .collect();
    (!options.is_empty()).then(|| Poll {
        votes: PollOption::sum(&options),
        options,
        voters: number(&object["votersCount"]),
        ends_at: time(&object["endTime"]).or_else(|| time(&object["closed"])),
        closed: object["closed"].as_str().map(|_| true),
        multiple: Some(multiple),
        ..Poll::default()
    })
}

fn files(post: &mut Post, object: &Value) {
    if object["type"] == "Video" {
        return films(post, object);
    }
    let attached = &object["attachment"];
    let all = list(attached).chain(attached.is_object().then_some(attached));
    // What is linked to is no file.
    let files: Vec<&Value> = all
        .filter(|file| file["type"] != "Link" && file["type"] != "PropertyValue")
        .collect();
    post.media_expected = Some(files.len());
    post.media = files
        .into_iter()
        .filter_map(|file| {
            let kind = file["mediaType"].as_str().unwrap_or("");
            Some(Media {
                kind: match (kind.split('/').next(), file["type"].as_str()) {
                    (Some("image"), _) | (_, Some("Image")) => "photo",
                    (Some("video"), _) | (_, Some("Video")) => "video",
                    (Some("audio"), _) | (_, Some("Audio")) => "audio",
                    _ => "file",
                }
                .to_owned(),
                url: first(&[&file["url"], &file["url"][0]["href"], &file["href"]])?,
                alt: string(&file["name"]),
                width: pixels(&file["width"]),
                height: pixels(&file["height"]),
                ..Media::default()
            })
        })
        .collect();
    if let Some(link) = list(attached).find(|file| file["type"] == "Link") {
        post.card = string(&link["href"]).map(|url| crate::platform::Card {
            url: Some(url),
            ..crate::platform::Card::default()
        });
    }
}

/// A video lists its files among its addresses: the largest of those that are one file.
fn films(post: &mut Post, object: &Value) {
    let best = list(&object["url"])
        .filter(|link| link["mediaType"] == "video/mp4")
        .max_by_key(|link| number(&link["height"]).unwrap_or(0));
    let still = string(&object["icon"][0]["url"]);
    let length = object["duration"].as_str().and_then(|text| {
        // PeerTube writes seconds only.
        let seconds = text.strip_prefix("PT")?.strip_suffix('S')?;
        seconds.parse::<u64>().ok()?.checked_mul(1000)
    });
    post.media_expected = Some(1);
    let Some((kind, url)) = Media::or_still("video", best.and_then(|link| string(&link["href"])), still.as_ref())
    else {
        return;
    };
    post.media.push(Media {
        kind,
        url,
        height: best.and_then(|link| pixels(&link["height"])),
        duration_ms: length,
        preview: still,
        ..Media::default()
    });
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::exchange::testing::answered;

    #[test]
    fn a_note_is_read_with_its_poll_files_and_what_it_answers() {
        let body = br#"{"type":"Question","id":"https://herons.example/users/ada/statuses/109876543210987654","url":"https://herons.example/@ada/109876543210987654",
            "attributedTo":"https://herons.example/users/ada","published":"2024-05-01T10:00:00Z","updated":"2024-05-01T11:00:00Z","summary":"water","sensitive":true,
            "content":"<p>Does it hold?</p>","contentMap":{"en":"<p>Does it hold?</p>"},"to":["https://herons.example/users/ada/followers"],"cc":"as:Public",
            "inReplyTo":"https://other.example/users/bo/statuses/109876543210987000","attachment":[{"type":"Document","mediaType":"image/png","url":"https://f.example/1.png","name":"A weir","width":4}],
            "oneOf":[{"name":"yes","replies":{"totalItems":2}},{"name":"no","replies":{"totalItems":1}}],"votersCount":3,"endTime":"2024-05-02T10:00:00Z","likes":{"totalItems":5}}"#;
        let answer = read(&answered(200, body), Some("herons.example/109876543210987654"));
        let post = answer.post.unwrap();
        assert_eq!(
            (post.text.as_deref(), post.language.as_deref()),
            (Some("Does it hold?"), Some("en"))
        );
        assert_eq!(
            (post.author_handle.as_deref(), post.visibility.as_deref()),
            (Some("ada"), Some("unlisted"))
        );
        assert_eq!(post.edited_at.as_deref(), Some("2024-05-01T11:00:00Z"));
        assert_eq!((post.poll.as_ref().unwrap().votes, post.counts.len()), (Some(3), 1));
        assert_eq!(
            (post.media[0].alt.as_deref(), post.media[0].kind.as_str()),
            (Some("A weir"), "photo")
        );
        assert_eq!(post.parent_id.as_deref(), Some("other.example/109876543210987000"));
        assert_eq!(read(&answered(200, body), Some("herons.example/5")).reason, "wrong_id");
        assert_eq!(
            read(&answered(200, body), Some("evil.example/109876543210987654")).reason,
            "wrong_id"
        );
    }

    #[test]
    fn a_video_is_read_with_its_largest_file() {
        let body = br#"{"type":"Video","id":"https://tube.example/videos/watch/9c9de5e8-0a1e-484a-b099-e80766180a6d","name":"The weir","duration":"PT90S","mediaType":"text/markdown",
            "content":"It *holds*","attributedTo":[{"type":"Group","id":"https://tube.example/video-channels/c"},{"type":"Person","id":"https://tube.example/accounts/ada"}],
            "url":[{"mediaType":"text/html","href":"https://tube.example/w/x"},{"mediaType":"video/mp4","href":"https://tube.example/480.mp4","height":480},{"mediaType":"video/mp4","href":"https://tube.example/720.mp4","height":720}],
            "icon":[{"url":"https://tube.example/1.jpg"}],"views":7,"to":["https://www.w3.org/ns/activitystreams#Public"]}"#;
        let post = read(
            &answered(200, body),
            Some("tube.example/9c9de5e8-0a1e-484a-b099-e80766180a6d"),
        )
        .post
        .unwrap();
        assert_eq!(
            (post.title.as_deref(), post.text.as_deref()),
            (Some("The weir"), Some("It *holds*"))
        );
        assert_eq!(
            (post.media[0].url.as_str(), post.media[0].duration_ms),
            ("https://tube.example/720.mp4", Some(90_000))
        );
        assert_eq!((post.author_handle.as_deref(), post.counts.len()), (Some("ada"), 1));
    }

    #[test]
    fn only_a_tombstone_says_that_something_was_deleted() {
        for (status, body, outcome) in [
            (
                410,
                r#"{"type":"Tombstone","id":"https://a.example/1"}"#,
                Outcome::Deleted,
            ),
            (404, r#"{"error":"Record not found"}"#, Outcome::NotFound),
            (410, "gone", Outcome::Refused),
            (404, "<html>Not found", Outcome::Refused),
            (401, r#"{"error":"Request not signed"}"#, Outcome::LoginRequired),
            (200, "<html>A page", Outcome::Unreadable),
            (
                200,
                r#"{"type":"Person","id":"https://a.example/1"}"#,
                Outcome::Unreadable,
            ),
        ] {
            assert_eq!(
                read(&answered(status, body.as_bytes()), None).outcome,
                outcome,
                "{status} {body}"
            );
        }
    }
}
