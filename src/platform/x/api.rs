//! X's official API, version 2 (`/2/tweets`): asked with a bearer token, which its owner pays for by the post.

use serde_json::{Value, json};

use super::tweet::PLAYLIST;
use super::{text, tweet};
use crate::exchange::{Exchange, Purpose, Request};
use crate::outcome::Outcome;
use crate::platform::post::{Entity, Media, Poll, PollOption, Post, Related, Relation};
use crate::platform::status::from_status;
use crate::platform::value::{first, id, list, number, pixels, string, strings, time};
use crate::platform::{Answer, Hops, PostRef, Source, Step, Upstreams, value};
use url::Url;

/// What is asked for besides the text.
const FIELDS: &str = "tweet.fields=attachments,author_id,conversation_id,created_at,edit_history_tweet_ids,entities,in_reply_to_user_id,lang,\
note_tweet,possibly_sensitive,public_metrics,referenced_tweets,withheld\
&expansions=attachments.media_keys,attachments.poll_ids,author_id,referenced_tweets.id,referenced_tweets.id.author_id\
&media.fields=alt_text,duration_ms,height,preview_image_url,type,url,variants,width\
&poll.fields=end_datetime,options,voting_status&user.fields=name,username";

/// Most files and related posts of one post that are looked for in what is included.
const MOST: usize = 20;

/// The source.
pub struct Api;

impl Source for Api {
    fn name(&self) -> &'static str {
        "x.api"
    }

    fn needs_credential(&self, upstreams: &Upstreams) -> Option<Url> {
        Some(upstreams.join("x.api", ""))
    }

    fn gives_whole_text(&self) -> bool {
        true
    }

    fn next(&self, post: &PostRef, upstreams: &Upstreams, so_far: &[Hops]) -> Step {
        Step::once(
            so_far,
            || {
                let url = upstreams.join("x.api", &format!("2/tweets?ids={}&{FIELDS}", post.id));
                Request::new(url, Purpose::Api)
            },
            |exchange| read(exchange, Some(&post.id)),
        )
    }
}

/// Reads an answer, to the question for the post of this id if one is given.
#[must_use]
pub fn read(exchange: &Exchange, asked: Option<&str>) -> Answer {
    if let Some(failed) = from_status(exchange) {
        return match failed.outcome {
            // Its statuses are about the question; what it says of a post stands in an answer.
            Outcome::NotFound => Answer::without_post(Outcome::Unreadable, "no_such_endpoint"),
            _ => failed,
        };
    }
    let json = match value::json(exchange) {
        Ok(json) => json,
        Err(answer) => return *answer,
    };
    let data = match &json["data"] {
        Value::Array(posts) => posts.first().unwrap_or(&Value::Null),
        single => single,
    };
    match post(data, &json["includes"]) {
        Some(post) if asked.is_some_and(|id| post.id != id && !post.edit_ids.iter().any(|e| e == id)) => {
            Answer::without_post(Outcome::Unreadable, "wrong_id")
        }
        Some(post) => Answer::with_post("post", post),
        None => error(&json).unwrap_or_else(|| Answer::without_post(Outcome::Unreadable, "unknown_shape")),
    }
}

/// What the list of errors says about the post.
pub(super) fn error(json: &Value) -> Option<Answer> {
    let error = list(&json["errors"]).next()?;
    let said = string(&error["detail"]).unwrap_or_default().to_lowercase();
    let kind = string(&error["type"]).unwrap_or_default();
    let (outcome, reason) = if said.contains("suspended") {
        (Outcome::Suspended, "error_suspended")
    } else if kind.ends_with("/resource-not-found") {
        (Outcome::NotFound, "error_not_found")
    } else if kind.ends_with("/not-authorized-for-resource") {
        // Of a protected account, or not for our token: which of them is not said.
        (Outcome::Walled, "error_not_authorized")
    } else {
        return None;
    };
    Some(Answer::without_post(outcome, reason))
}

/// A post with what the answer includes beside it. `None` if it has no id or text.
pub(super) fn post(data: &Value, includes: &Value) -> Option<Post> {
    let mut post = bare(data, includes)?;
    let keys = &data["attachments"]["media_keys"];
    if keys.is_array() {
        let wanted: Vec<String> = strings(keys).into_iter().take(MOST).collect();
        let files = list(&includes["media"]).filter(|m| wanted.iter().any(|key| m["media_key"] == **key));
        post.media = files.filter_map(file).collect();
        post.media_expected = Some(wanted.len());
    } else if includes["media"].is_array() {
        post.media = list(&includes["media"]).filter_map(file).collect();
        post.media_expected = Some(list(&includes["media"]).count());
    }
    post.poll = list(&includes["polls"]).find_map(poll);
    for reference in list(&data["referenced_tweets"]).take(MOST) {
        let relation = match reference["type"].as_str() {
            Some("quoted") => Relation::Quoted,
            Some("replied_to") => Relation::Parent,
            Some("retweeted") => Relation::Reposted,
            _ => continue,
        };
        let named = id(&reference["id"]);
        let included = list(&includes["tweets"]).find(|t| named.is_some() && id(&t["id"]) == named);
        post.relate(match included.and_then(|other| bare(other, includes)) {
            Some(other) => Related::of(relation, &other),
            None => Related {
                id: named,
                ..Related::new(relation)
            },
        });
    }
    Some(post)
}

/// What a post says of itself.
fn bare(data: &Value, includes: &Value) -> Option<Post> {
    let id = id(&data["id"])?;
    let note = &data["note_tweet"];
    let (source, whole) = match note["text"].is_string() {
        true => (note, true),
        false => (data, false),
    };
    let author = value::id(&data["author_id"]);
    let user = list(&includes["users"]).find(|u| author.is_some() && value::id(&u["id"]) == author);
    let handle = user.and_then(|u| string(&u["username"]));
    let mut post = Post {
        url: tweet::address(handle.as_deref(), &id),
        id,
        author_id: author,
        author_handle: handle,
        author_name: user.and_then(|u| string(&u["name"])),
        posted_at: time(&data["created_at"]),
        text: Some(words(source["text"].as_str()?, &source["entities"]["urls"])),
        // That a long text is there is only said by giving it.
        text_cut: whole.then_some(false),
        language: string(&data["lang"]),
        entities: entities(&source["entities"]),
        conversation_id: value::id(&data["conversation_id"]),
        edit_ids: strings(&data["edit_history_tweet_ids"]),
        sensitive: data["possibly_sensitive"].as_bool(),
        withheld_in: strings(&data["withheld"]["country_codes"]),
        ..Post::default()
    };
    let metrics = &data["public_metrics"];
    for (name, key) in [
        ("likes", "like_count"),
        ("replies", "reply_count"),
        ("reposts", "retweet_count"),
        ("quotes", "quote_count"),
        ("bookmarks", "bookmark_count"),
        ("views", "impression_count"),
    ] {
        post.count(name, number(&metrics[key]));
    }
    Some(post)
}

/// The text with its links expanded, and without those at its end that stand for its media.
fn words(told: &str, urls: &Value) -> String {
    let indices = |url: &Value| json!([url["start"], url["end"]]);
    let expanded: Vec<Value> = list(urls)
        .filter(|url| url["media_key"].is_null())
        .map(|url| json!({"indices": indices(url), "expanded_url": url["expanded_url"]}))
        .collect();
    let length = told.chars().count();
    let end = list(urls)
        .filter(|url| !url["media_key"].is_null() && url["end"].as_u64() == u64::try_from(length).ok())
        .filter_map(|url| url["start"].as_u64())
        .min();
    let range = end.map_or(Value::Null, |end| json!([0, end]));
    text::plain(told, &range, &Value::Array(expanded))
}

/// Links, mentions and tags in the order of the text.
fn entities(json: &Value) -> Vec<Entity> {
    let mut found: Vec<(i64, Entity)> = Vec::new();
    for (key, kind) in [
        ("urls", "link"),
        ("mentions", "mention"),
        ("hashtags", "hashtag"),
        ("cashtags", "cashtag"),
    ] {
        for value in list(&json[key]).filter(|value| value["media_key"].is_null()) {
            let entity = Entity {
                kind: kind.to_owned(),
                text: first(&[&value["display_url"], &value["username"], &value["tag"]]),
                url: first(&[&value["expanded_url"], &value["url"]]),
                id: id(&value["id"]),
            };
            found.push((number(&value["start"]).unwrap_or(i64::MAX), entity));
        }
    }
    found.sort_by_key(|(at, _)| *at);
    found.into_iter().map(|(_, entity)| entity).collect()
}

/// A photo, or a video at the highest bit rate that is one file, else as a playlist, else its still.
fn file(media: &Value) -> Option<Media> {
    let best = list(&media["variants"])
        .filter(|v| v["content_type"] == "video/mp4")
        .max_by_key(|v| number(&v["bit_rate"]).unwrap_or(0))
        .or_else(|| list(&media["variants"]).find(|v| v["content_type"] == PLAYLIST))
        .and_then(|v| string(&v["url"]));
    let kind = match media["type"].as_str() {
        Some("animated_gif") => "gif",
        Some(kind @ ("photo" | "video")) => kind,
        _ => "file",
    };
    let still = string(&media["preview_image_url"]);
    let (kind, url) = Media::or_still(kind, best.or_else(|| string(&media["url"])), still.as_ref())?;
    Some(Media {
        kind,
        url,
        alt: string(&media["alt_text"]),
        width: pixels(&media["width"]),
        height: pixels(&media["height"]),
        duration_ms: media["duration_ms"].as_u64(),
        preview: still,
    })
}

fn poll(json: &Value) -> Option<Poll> {
    let options: Vec<PollOption> = list(&json["options"])
        .filter_map(|option| PollOption::of(string(&option["label"]), number(&option["votes"])))
        .collect();
    (!options.is_empty()).then(|| Poll {
        votes: PollOption::sum(&options),
        options,
        ends_at: time(&json["end_datetime"]),
        closed: json["voting_status"].as_str().map(|status| status == "closed"),
        multiple: Some(false),
        ..Poll::default()
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::exchange::testing::answered;

    #[test]
    fn a_post_is_read_with_its_long_text_media_poll_and_quoted_post() {
        let body = r#"{"data":[{"id":"55","text":"Long … https://t.co/a","author_id":"7","created_at":"2024-05-01T10:00:00.000Z","lang":"en",
            "note_tweet":{"text":"Long &amp; whole https://t.co/a","entities":{"urls":[{"start":17,"end":31,"url":"https://t.co/a","expanded_url":"https://r.example/a"}],
            "mentions":[{"start":0,"end":4,"username":"bo","id":"8"}]}},"edit_history_tweet_ids":["54","55"],
            "attachments":{"media_keys":["3_1"],"poll_ids":["1"]},"referenced_tweets":[{"type":"quoted","id":"44"},{"type":"replied_to","id":"33"}],
            "public_metrics":{"like_count":3,"impression_count":9},"withheld":{"country_codes":["DE"]}}],
            "includes":{"users":[{"id":"7","name":"Ada","username":"ada_b"},{"id":"8","name":"Bo","username":"bo"}],
            "media":[{"media_key":"3_1","type":"video","preview_image_url":"https://v.example/1.jpg","duration_ms":900,"variants":[
            {"content_type":"application/x-mpegURL","url":"https://v.example/1.m3u8"},{"bit_rate":5,"content_type":"video/mp4","url":"https://v.example/1.mp4"}]}],
            "polls":[{"id":"1","options":[{"position":1,"label":"yes","votes":2}],"voting_status":"closed"}],
            "tweets":[{"id":"44","text":"Quoted","author_id":"8"}]}}"#;
        let post = read(&answered(200, body.as_bytes()), Some("55")).post.unwrap();
        assert_eq!(post.text.as_deref(), Some("Long & whole https://r.example/a"));
        assert_eq!(
            (post.text_cut, post.author_handle.as_deref()),
            (Some(false), Some("ada_b"))
        );
        assert_eq!(
            post.entities.iter().map(|e| e.kind.as_str()).collect::<Vec<_>>(),
            ["mention", "link"]
        );
        assert_eq!(
            (post.media[0].url.as_str(), post.media_expected),
            ("https://v.example/1.mp4", Some(1))
        );
        assert_eq!(post.poll.unwrap().votes, Some(2));
        assert_eq!(post.related[0].text.as_deref(), Some("Quoted"));
        assert_eq!((post.parent_id.as_deref(), post.withheld_in.len()), (Some("33"), 1));
        assert_eq!(
            read(&answered(200, body.as_bytes()), Some("54")).outcome,
            Outcome::Captured,
            "an edited one"
        );
        assert_eq!(read(&answered(200, body.as_bytes()), Some("9")).reason, "wrong_id");
    }

    #[test]
    fn the_link_that_stands_for_a_picture_is_no_part_of_the_text() {
        let urls =
            json!([{"start": 6, "end": 20, "expanded_url": "https://x.com/a/status/5/photo/1", "media_key": "3_1"}]);
        assert_eq!(words("Hello https://t.co/b", &urls), "Hello");
        assert_eq!(
            words("Hello https://t.co/b and more", &urls),
            "Hello https://t.co/b and more"
        );
    }

    #[test]
    fn what_it_says_in_place_of_a_post_is_told_apart() {
        let error = |kind: &str, detail: &str| {
            format!(r#"{{"errors":[{{"type":"https://api.twitter.com/2/problems/{kind}","detail":"{detail}"}}]}}"#)
        };
        for (status, body, outcome) in [
            (
                200,
                error("resource-not-found", "Could not find tweet"),
                Outcome::NotFound,
            ),
            (
                200,
                error("not-authorized-for-resource", "Sorry, you are not authorized"),
                Outcome::Walled,
            ),
            (
                200,
                error("resource-not-found", "User has been suspended: [bo]."),
                Outcome::Suspended,
            ),
            (200, "{}".into(), Outcome::Unreadable),
            (401, r#"{"title":"Unauthorized"}"#.into(), Outcome::LoginRequired),
            (404, String::new(), Outcome::Unreadable),
            (429, String::new(), Outcome::RateLimited),
        ] {
            assert_eq!(
                read(&answered(status, body.as_bytes()), Some("55")).outcome,
                outcome,
                "{status} {body}"
            );
        }
    }
}
