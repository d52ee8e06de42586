//! The API of Lemmy: `/api/v3/post?id=N` and `/api/v3/comment?id=N` on the host of the post.

use serde_json::Value;

use crate::exchange::{Exchange, Purpose, Request};
use crate::outcome::Outcome;
use crate::platform::post::{Card, Media, Post, Related, Relation};
use crate::platform::status::from_status;
use crate::platform::value::{first, id, number, string, utc};
use crate::platform::{Answer, Hops, PostRef, Source, Step, Upstreams, value};

/// The source.
pub struct View;

impl Source for View {
    fn name(&self) -> &'static str {
        "lemmy.api"
    }

    fn next(&self, post: &PostRef, upstreams: &Upstreams, so_far: &[Hops]) -> Step {
        let number = post.id.rsplit('/').next().unwrap_or_default();
        let kind = if is_comment(&post.id) { "comment" } else { "post" };
        let Ok(url) = post.url.join(&format!("/api/v3/{kind}?id={number}")) else {
            return Step::without_post(Outcome::Unreadable, "address_unreadable");
        };
        Step::once(
            so_far,
            || Request::new(upstreams.on_server(post.platform, &url), Purpose::Api),
            |exchange| read(exchange, Some(&post.id)),
        )
    }
}

/// Whether an id (`host/N`, `host/comment/N`) is that of a comment.
fn is_comment(id: &str) -> bool {
    id.split('/').nth(1) == Some("comment")
}

/// Reads an answer, to the question for the post of this id if one is given.
#[must_use]
pub fn read(exchange: &Exchange, asked: Option<&str>) -> Answer {
    let json = match (value::json(exchange), from_status(exchange)) {
        (Ok(json), None) => json,
        (Ok(json), Some(failed)) => {
            return match json["error"].as_str() {
                Some(said) if said.starts_with("couldnt_find") || said == "not_found" => {
                    Answer::without_post(Outcome::NotFound, "error_not_found")
                }
                Some("not_logged_in" | "instance_is_private") => {
                    Answer::without_post(Outcome::LoginRequired, "error_login")
                }
                Some(said) if said.starts_with("rate_limit") => {
                    Answer::without_post(Outcome::RateLimited, "error_rate_limit")
                }
                _ => failed,
            };
        }
        (Err(_), _) if super::is_foreign(exchange) => return Answer::without_post(Outcome::Refused, "no_api"),
        (Err(_), Some(failed)) => return failed,
        (Err(unreadable), None) => return *unreadable,
    };
    let (view, item) = match json["comment_view"].is_object() {
        true => (&json["comment_view"], "comment"),
        false => (&json["post_view"], "post"),
    };
    let Some(mut post) = post(view, &view[item]) else {
        return Answer::without_post(Outcome::Unreadable, "unknown_shape");
    };
    if let Some(asked) = asked {
        if asked.rsplit('/').next() != Some(&post.id) || is_comment(asked) != (item == "comment") {
            return Answer::without_post(Outcome::Unreadable, "wrong_id");
        }
        asked.clone_into(&mut post.id);
    }
    let is = |mark: &str| view[item][mark] == true;
    match () {
        () if is("deleted") => Answer::without_post(Outcome::Deleted, "marked_deleted"),
        () if is("removed") => Answer::without_post(Outcome::Withheld, "marked_removed"),
        () => Answer::with_post("post", post),
    }
}

fn post(view: &Value, item: &Value) -> Option<Post> {
    let native = id(&item["id"])?;
    let creator = &view["creator"];
    let text = first(&[&item["body"], &item["content"]]);
    let mut post = Post {
        id: native,
        url: string(&item["ap_id"]),
        author_id: string(&creator["actor_id"]).or_else(|| id(&creator["id"])),
        author_handle: string(&creator["name"]),
        author_name: string(&creator["display_name"]),
        posted_at: moment(&item["published"]),
        edited_at: moment(&item["updated"]),
        title: string(&item["name"]),
        text_cut: text.as_ref().map(|_| false),
        text,
        sensitive: item["nsfw"].as_bool(),
        ..Post::default()
    };
    for (name, key) in [
        ("likes", "upvotes"),
        ("replies", "comments"),
        ("replies", "child_count"),
    ] {
        post.count(name, number(&view["counts"][key]));
    }
    let linked = string(&item["url"]);
    let picture = view["image_details"].is_object() || linked.as_deref().is_some_and(is_picture);
    post.media_expected = item["name"].is_string().then_some(usize::from(picture));
    match linked {
        Some(url) if picture => post.media.push(Media {
            kind: "photo".into(),
            url,
            alt: string(&item["alt_text"]),
            ..Media::default()
        }),
        Some(url) => {
            post.card = Some(Card {
                url: Some(url),
                title: string(&item["embed_title"]),
                description: string(&item["embed_description"]),
                image: string(&item["thumbnail_url"]),
            });
        }
        None => {}
    }
    // The comments above one, from the post (0) down to itself.
    if let Some(path) = item["path"].as_str() {
        let thread = id(&item["post_id"]);
        let above = path.rsplit('.').nth(1).filter(|above| *above != "0");
        post.conversation_id.clone_from(&thread);
        post.relate(Related {
            id: above.map(|above| format!("comment/{above}")).or(thread),
            ..Related::new(Relation::Parent)
        });
    }
    Some(post)
}

fn is_picture(address: &str) -> bool {
    let path = address
        .split(['?', '#'])
        .next()
        .unwrap_or_default()
        .to_ascii_lowercase();
    [".jpg", ".jpeg", ".png", ".webp", ".gif", ".avif"]
        .iter()
        .any(|end| path.ends_with(end))
}

/// Older versions leave out that their times are UTC.
fn moment(value: &Value) -> Option<String> {
    let text = value.as_str()?;
    utc(text).or_else(|| utc(&format!("{text}Z")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::exchange::testing::answered;

    const POST: &str = r#"{"post_view":{"post":{"id":12345,"name":"The weir","body":"It holds","url":"https://river.example/a.jpg?x=1","alt_text":"A weir","published":"2024-05-01T10:00:00.123456",
        "nsfw":false,"deleted":false,"removed":false,"ap_id":"https://lemmy.example/post/12345"},"creator":{"id":7,"name":"ada","actor_id":"https://lemmy.example/u/ada"},"counts":{"upvotes":5,"comments":2}}}"#;

    #[test]
    fn a_post_and_a_comment_are_read() {
        let post = read(&answered(200, POST.as_bytes()), Some("lemmy.example/12345"))
            .post
            .unwrap();
        assert_eq!(
            (post.title.as_deref(), post.text.as_deref()),
            (Some("The weir"), Some("It holds"))
        );
        assert_eq!(post.posted_at.as_deref(), Some("2024-05-01T10:00:00.123456Z"));
        assert_eq!(
            (post.media[0].alt.as_deref(), post.media_expected),
            (Some("A weir"), Some(1))
        );
        assert_eq!(post.counts.len(), 2);
        let comment = br#"{"comment_view":{"comment":{"id":678,"content":"So it does","path":"0.34.678","post_id":12345,"published":"2024-05-01T10:00:00Z"},"creator":{"name":"bo"}}}"#;
        let comment = read(&answered(200, comment), Some("lemmy.example/comment/678"))
            .post
            .unwrap();
        assert_eq!(
            (comment.parent_id.as_deref(), comment.conversation_id.as_deref()),
            (Some("comment/34"), Some("12345"))
        );
        assert_eq!(
            read(&answered(200, POST.as_bytes()), Some("lemmy.example/comment/12345")).reason,
            "wrong_id"
        );
        assert_eq!(
            read(&answered(200, POST.as_bytes()), Some("lemmy.example/1")).reason,
            "wrong_id"
        );
    }

    #[test]
    fn what_it_says_in_place_of_a_post_is_told_apart() {
        for (status, body, outcome) in [
            (404, r#"{"error":"couldnt_find_post"}"#.to_owned(), Outcome::NotFound),
            (400, r#"{"error":"couldnt_find_comment"}"#.to_owned(), Outcome::NotFound),
            (
                400,
                r#"{"error":"instance_is_private"}"#.to_owned(),
                Outcome::LoginRequired,
            ),
            (404, "<html>".to_owned(), Outcome::Refused),
            (
                200,
                POST.replace(r#""deleted":false"#, r#""deleted":true"#),
                Outcome::Deleted,
            ),
            (
                200,
                POST.replace(r#""removed":false"#, r#""removed":true"#),
                Outcome::Withheld,
            ),
            (200, "{}".to_owned(), Outcome::Unreadable),
        ] {
            assert_eq!(
                read(&answered(status, body.as_bytes()), None).outcome,
                outcome,
                "{body}"
            );
        }
    }
}
