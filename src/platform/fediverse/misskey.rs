//! The API of Misskey and its forks: `POST /api/notes/show` on the host of the note.

use serde_json::{Value, json};

use crate::exchange::{Exchange, Purpose, Request};
use crate::outcome::Outcome;
use crate::platform::post::{Media, Poll, PollOption, Post, Related, Relation};
use crate::platform::status::from_status;
use crate::platform::value::{id, list, number, pixels, string, time};
use crate::platform::{Answer, Hops, PostRef, Source, Step, Upstreams, value};

/// The source.
pub struct Note;

impl Source for Note {
    fn name(&self) -> &'static str {
        "misskey.api"
    }

    fn next(&self, post: &PostRef, upstreams: &Upstreams, so_far: &[Hops]) -> Step {
        let (Some((_, note)), Ok(url)) = (post.id.rsplit_once('/'), post.url.join("/api/notes/show")) else {
            return Step::without_post(Outcome::Unreadable, "address_unreadable");
        };
        Step::once(
            so_far,
            || {
                Request::new(upstreams.on_server(post.platform, &url), Purpose::Api)
                    .with("content-type", "application/json")
                    .posting(json!({"noteId": note}).to_string())
            },
            |exchange| read(exchange, Some(&post.id)),
        )
    }
}

/// Reads an answer, to the question for the note of this id (`host/id`) if one is given.
#[must_use]
pub fn read(exchange: &Exchange, asked: Option<&str>) -> Answer {
    let json = match (value::json(exchange), from_status(exchange)) {
        (Ok(json), None) => json,
        (Ok(json), Some(failed)) => return error(&json).unwrap_or(failed),
        (Err(_), _) if super::is_foreign(exchange) => return Answer::without_post(Outcome::Refused, "no_api"),
        (Err(_), Some(failed)) => return failed,
        (Err(unreadable), None) => return *unreadable,
    };
    let Some(mut post) = note(&json, true) else {
        return error(&json).unwrap_or_else(|| Answer::without_post(Outcome::Unreadable, "unknown_shape"));
    };
    if let Some(asked) = asked {
        if asked.rsplit('/').next() != Some(&post.id) {
            return Answer::without_post(Outcome::Unreadable, "wrong_id");
        }
        asked.clone_into(&mut post.id);
    }
    // Its text is hidden from us, which is said only so.
    if json["isHidden"] == true {
        return Answer::without_post(Outcome::LoginRequired, "hidden");
    }
    Answer::with_post("post", post)
}

fn error(json: &Value) -> Option<Answer> {
    let (outcome, reason) = match json["error"]["code"].as_str()? {
        "NO_SUCH_NOTE" => (Outcome::NotFound, "error_no_such_note"),
        "SIGNIN_REQUIRED" | "CREDENTIAL_REQUIRED" | "AUTHENTICATION_REQUIRED" => {
            (Outcome::LoginRequired, "error_login")
        }
        "RATE_LIMIT_EXCEEDED" => (Outcome::RateLimited, "error_rate_limit"),
        "INTERNAL_ERROR" => (Outcome::ServerError, "error_server"),
        _ => return None,
    };
    Some(Answer::without_post(outcome, reason))
}

/// The note; its relatives are read where `whole`.
fn note(json: &Value, whole: bool) -> Option<Post> {
    let native = id(&json["id"])?;
    let user = &json["user"];
    user["username"].as_str()?;
    let mut post = Post {
        id: native,
        url: string(&json["url"]).or_else(|| string(&json["uri"])),
        author_id: id(&json["userId"]).or_else(|| id(&user["id"])),
        author_handle: string(&user["username"]).map(|name| match string(&user["host"]) {
            Some(host) => format!("{name}@{host}"),
            None => name,
        }),
        author_name: string(&user["name"]),
        posted_at: time(&json["createdAt"]),
        edited_at: time(&json["updatedAt"]),
        text: string(&json["text"]),
        text_cut: json["text"].as_str().map(|_| false),
        entities: value::hashtags(&json["tags"]),
        content_warning: string(&json["cw"]),
        visibility: string(&json["visibility"]),
        poll: poll(&json["poll"]),
        ..Post::default()
    };
    if let Some(files) = json["files"].as_array() {
        post.media_expected = Some(files.len());
        post.media = files.iter().filter_map(file).collect();
        let is_sensitive = files.iter().any(|file| file["isSensitive"] == true);
        post.sensitive = is_sensitive.then_some(true);
    }
    post.count("reposts", number(&json["renoteCount"]));
    post.count("replies", number(&json["repliesCount"]));
    let reactions = json["reactions"].as_object().and_then(|reactions| {
        let mut numbers = reactions.values().map(number);
        numbers.try_fold(0_i64, |sum, number| sum.checked_add(number?))
    });
    post.count("likes", reactions);
    // A renote with words of its own is a quote.
    let says = !json["text"].is_null() || post.media_expected > Some(0) || post.poll.is_some();
    let renoted = if says { Relation::Quoted } else { Relation::Reposted };
    for (relation, name, inside) in [(Relation::Parent, "replyId", "reply"), (renoted, "renoteId", "renote")] {
        let Some(named) = id(&json[name]) else { continue };
        let other = if whole { note(&json[inside], false) } else { None };
        post.relate(match other {
            Some(other) => Related::of(relation, &other),
            None => Related {
                id: Some(named),
                ..Related::new(relation)
            },
        });
    }
    Some(post)
}

fn file(json: &Value) -> Option<Media> {
    let kind = json["type"].as_str().unwrap_or("");
    Some(Media {
        kind: match kind.split('/').next() {
            Some("image") => "photo",
            Some(kind @ ("video" | "audio")) => kind,
            _ => "file",
        }
        .to_owned(),
        url: string(&json["url"])?,
        alt: string(&json["comment"]),
        width: pixels(&json["properties"]["width"]),
        height: pixels(&json["properties"]["height"]),
        preview: string(&json["thumbnailUrl"]),
        ..Media::default()
    })
}

fn poll(json: &Value) -> Option<Poll> {
    json.is_object().then(|| Poll {
        options: list(&json["choices"])
            .filter_map(|choice| PollOption::of(string(&choice["text"]), number(&choice["votes"])))
            .collect(),
        ends_at: time(&json["expiresAt"]),
        multiple: json["multiple"].as_bool(),
        ..Poll::default()
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::exchange::testing::answered;

    #[test]
    fn a_note_is_read_with_its_files_poll_and_what_it_quotes() {
        let body = r#"{"id":"9abc12xyz0","createdAt":"2024-05-01T10:00:00.000Z","userId":"9u","user":{"id":"9u","username":"ada","name":"Ada","host":null},"text":"It holds","cw":null,
            "visibility":"public","files":[{"type":"image/webp","url":"https://f.example/1.webp","comment":"A weir","properties":{"width":4,"height":3},"isSensitive":true}],
            "poll":{"multiple":false,"expiresAt":null,"choices":[{"text":"yes","votes":2}]},"reactions":{":heron:":3},"renoteId":"9q","renote":{"id":"9q","user":{"username":"bo"},"text":"Quoted"}}"#;
        let post = read(&answered(200, body.as_bytes()), Some("mi.example/9abc12xyz0"))
            .post
            .unwrap();
        assert_eq!(
            (post.id.as_str(), post.text.as_deref()),
            ("mi.example/9abc12xyz0", Some("It holds"))
        );
        assert_eq!(
            (post.media[0].alt.as_deref(), post.sensitive),
            (Some("A weir"), Some(true))
        );
        assert_eq!(
            (post.related[0].text.as_deref(), post.quoted_id.as_deref()),
            (Some("Quoted"), Some("9q"))
        );
        assert_eq!(post.counts, [("likes".into(), 3)]);
        assert_eq!(
            read(&answered(200, body.as_bytes()), Some("mi.example/other")).reason,
            "wrong_id"
        );
    }

    #[test]
    fn what_it_says_in_place_of_a_note_is_told_apart() {
        for (status, body, outcome) in [
            (400, r#"{"error":{"code":"NO_SUCH_NOTE"}}"#, Outcome::NotFound),
            (400, r#"{"error":{"code":"SIGNIN_REQUIRED"}}"#, Outcome::LoginRequired),
            (429, r#"{"error":{"code":"RATE_LIMIT_EXCEEDED"}}"#, Outcome::RateLimited),
            (404, "<html>", Outcome::Refused),
            (
                200,
                r#"{"id":"9a","user":{"username":"ada"},"text":null,"isHidden":true}"#,
                Outcome::LoginRequired,
            ),
            (200, "{}", Outcome::Unreadable),
        ] {
            assert_eq!(
                read(&answered(status, body.as_bytes()), None).outcome,
                outcome,
                "{body}"
            );
        }
    }
}
