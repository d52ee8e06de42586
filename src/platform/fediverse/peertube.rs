//! The API of PeerTube: `/api/v1/videos/ID` on the host of the video.

use serde_json::Value;
use url::Url;

use crate::exchange::{Exchange, Purpose, Request};
use crate::outcome::Outcome;
use crate::platform::post::{Media, Post};
use crate::platform::status::from_status;
use crate::platform::value::{list, number, pixels, string, time};
use crate::platform::{Answer, Hops, PostRef, Source, Step, Upstreams, value};

/// The source.
pub struct Video;

impl Source for Video {
    fn name(&self) -> &'static str {
        "peertube.api"
    }

    fn next(&self, post: &PostRef, upstreams: &Upstreams, so_far: &[Hops]) -> Step {
        let native = post.id.rsplit('/').next().unwrap_or_default();
        let Ok(url) = post.url.join(&format!("/api/v1/videos/{native}")) else {
            return Step::without_post(Outcome::Unreadable, "address_unreadable");
        };
        Step::once(
            so_far,
            || Request::new(upstreams.on_server(post.platform, &url), Purpose::Api),
            |exchange| read(exchange, Some(&post.id)),
        )
    }
}

/// Reads an answer, to the question for the video of this id (`host/UUID`) if one is given.
#[must_use]
pub fn read(exchange: &Exchange, asked: Option<&str>) -> Answer {
    let json = match (value::json(exchange), from_status(exchange)) {
        (Ok(json), None) => json,
        (Ok(json), Some(failed)) => {
            let said = string(&json["detail"]).unwrap_or_default().to_lowercase();
            return match exchange.status {
                Some(403) if said.contains("block") || said.contains("blacklist") => {
                    Answer::without_post(Outcome::Withheld, "video_blocked")
                }
                _ => failed,
            };
        }
        (Err(_), _) if super::is_foreign(exchange) => return Answer::without_post(Outcome::Refused, "no_api"),
        (Err(_), Some(failed)) => return failed,
        (Err(unreadable), None) => return *unreadable,
    };
    let Some(mut post) = post(&json, &exchange.url) else {
        return Answer::without_post(Outcome::Unreadable, "unknown_shape");
    };
    if let Some(asked) = asked {
        if asked.rsplit('/').next() != Some(&post.id) {
            return Answer::without_post(Outcome::Unreadable, "wrong_id");
        }
        asked.clone_into(&mut post.id);
    }
    Answer::with_post("post", post)
}

fn post(json: &Value, asked: &Url) -> Option<Post> {
    let account = &json["account"];
    json["name"].as_str()?;
    let mut post = Post {
        id: string(&json["uuid"])?,
        url: string(&json["url"]),
        author_id: string(&account["url"]),
        author_handle: string(&account["name"]),
        author_name: string(&account["displayName"]),
        posted_at: time(&json["publishedAt"]),
        title: string(&json["name"]),
        text: string(&json["description"]),
        // Where it is cut, a mark says so.
        text_cut: json["description"]
            .as_str()
            .map(|text| text.chars().count() == 250 && text.ends_with("...")),
        language: string(&json["language"]["id"]),
        entities: value::hashtags(&json["tags"]),
        sensitive: json["nsfw"].as_bool(),
        visibility: string(&json["privacy"]["label"]),
        media_expected: Some(1),
        ..Post::default()
    };
    for name in ["likes", "dislikes", "views"] {
        post.count(name, number(&json[name]));
    }
    post.count("replies", number(&json["comments"]));
    // Files stand by themselves, or below a playlist.
    let playlists = list(&json["streamingPlaylists"]).flat_map(|playlist| list(&playlist["files"]));
    let best = list(&json["files"])
        .chain(playlists)
        .filter(|file| file["fileUrl"].is_string())
        .max_by_key(|file| number(&file["resolution"]["id"]).unwrap_or(0));
    let still = string(&json["previewPath"])
        .and_then(|path| asked.join(&path).ok())
        .map(String::from);
    let Some((kind, url)) = Media::or_still("video", best.and_then(|file| string(&file["fileUrl"])), still.as_ref())
    else {
        return Some(post);
    };
    post.media.push(Media {
        kind,
        url,
        height: best.and_then(|file| pixels(&file["resolution"]["id"])),
        duration_ms: number(&json["duration"]).and_then(|s| u64::try_from(s).ok()?.checked_mul(1000)),
        preview: still,
        ..Media::default()
    });
    Some(post)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::exchange::testing::answered;

    const ID: &str = "9c9de5e8-0a1e-484a-b099-e80766180a6d";

    #[test]
    fn a_video_is_read_with_its_largest_file() {
        let body = format!(
            r#"{{"id":5,"uuid":"{ID}","name":"The weir","description":"It holds","publishedAt":"2024-05-01T10:00:00.000Z","duration":90,"views":7,"likes":2,"nsfw":false,
            "account":{{"name":"ada","displayName":"Ada","url":"https://tube.example/accounts/ada"}},"previewPath":"/lazy/1.jpg","tags":["river"],
            "files":[],"streamingPlaylists":[{{"files":[{{"fileUrl":"https://tube.example/480.mp4","resolution":{{"id":480}}}},{{"fileUrl":"https://tube.example/720.mp4","resolution":{{"id":720}}}}]}}]}}"#
        );
        let post = read(&answered(200, body.as_bytes()), Some(&format!("tube.example/{ID}")))
            .post
            .unwrap();
        assert_eq!(
            (post.title.as_deref(), post.text.as_deref()),
            (Some("The weir"), Some("It holds"))
        );
        assert_eq!(
            (post.media[0].url.as_str(), post.media[0].duration_ms),
            ("https://tube.example/720.mp4", Some(90_000))
        );
        assert_eq!(
            post.media[0].preview.as_deref(),
            Some("https://upstream.example/lazy/1.jpg")
        );
        assert_eq!(
            read(&answered(200, body.as_bytes()), Some("tube.example/other")).reason,
            "wrong_id"
        );
    }

    #[test]
    fn what_it_says_in_place_of_a_video_is_told_apart() {
        for (status, body, outcome) in [
            (404, r#"{"status":404,"detail":"Video not found"}"#, Outcome::NotFound),
            (401, r#"{"status":401}"#, Outcome::LoginRequired),
            (403, r#"{"detail":"This video is blocked"}"#, Outcome::Withheld),
            (403, r#"{"detail":"Cannot get this video"}"#, Outcome::Walled),
            (404, "<html>", Outcome::Refused),
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
