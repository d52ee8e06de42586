//! X's GraphQL interface, as its own pages ask it: `TweetResultByRestId` is asked for, as a guest or with the session of a user;
//! `TweetDetail` and account look-ups that others saved are read as well. The query changes now and then (`queries.rs`).

use serde_json::Value;
use url::Url;

use super::{text, tombstone, tweet};
use crate::exchange::{Exchange, Purpose, Request};
use crate::outcome::Outcome;
use crate::platform::post::{Card, Post, Related, Relation};
use crate::platform::status::from_status;
use crate::platform::value::{first, id, list, number, string, strings};
use crate::platform::{Answer, Hops, PostRef, Source, Step, Upstreams, value};

/// Most posts within posts that are read.
const NESTING: usize = 3;

/// As a guest: a token for guests first, then the post.
pub struct Guest;

impl Source for Guest {
    fn name(&self) -> &'static str {
        "x.graphql"
    }

    fn gives_whole_text(&self) -> bool {
        true
    }

    fn next(&self, post: &PostRef, upstreams: &Upstreams, so_far: &[Hops]) -> Step {
        let mut answers = so_far.iter().filter_map(|hops| hops.last());
        let ask = |path: &str| {
            let request = Request::new(upstreams.join("x.graphql", path), Purpose::Api);
            request.with("authorization", format!("Bearer {}", upstreams.queries.bearer))
        };
        let Some(activated) = answers.next() else {
            return Step::Ask(ask("1.1/guest/activate.json").posting(""));
        };
        match (guest_token(activated), answers.next()) {
            (Err(failed), _) => Step::Answer(failed),
            (Ok(token), None) => Step::Ask(ask(&upstreams.queries.path(&post.id)).with("x-guest-token", token)),
            (Ok(_), Some(exchange)) => Step::Answer(Box::new(told(exchange, &post.id))),
        }
    }
}

/// With the cookies of a user, who sees what a guest does not.
pub struct Session;

impl Source for Session {
    fn name(&self) -> &'static str {
        "x.session"
    }

    fn needs_credential(&self, upstreams: &Upstreams) -> Option<Url> {
        Some(upstreams.join("x.session", ""))
    }

    fn gives_whole_text(&self) -> bool {
        true
    }

    fn next(&self, post: &PostRef, upstreams: &Upstreams, so_far: &[Hops]) -> Step {
        Step::once(
            so_far,
            || {
                let url = upstreams.join("x.session", &upstreams.queries.path(&post.id));
                let bearer = format!("Bearer {}", upstreams.queries.bearer);
                Request::new(url, Purpose::Api).with("authorization", bearer)
            },
            |exchange| told(exchange, &post.id),
        )
    }
}

/// The token that X gives a guest. That it gives none says nothing about the post.
fn guest_token(exchange: &Exchange) -> Result<String, Box<Answer>> {
    if let Some(failed) = from_status(exchange) {
        return Err(Box::new(
            match failed.outcome.is_transient() || exchange.failure.is_some() {
                true => failed,
                false => Answer::without_post(Outcome::Walled, "no_guest_token"),
            },
        ));
    }
    let token = id(&value::json(exchange)?["guest_token"]).filter(|token| token.bytes().all(|b| b.is_ascii_digit()));
    token.ok_or_else(|| Box::new(Answer::without_post(Outcome::Walled, "no_guest_token")))
}

/// What a live answer says: a query that X no longer knows is not found either, which says nothing about the post.
fn told(exchange: &Exchange, asked: &str) -> Answer {
    let answer = read(exchange, Some(asked));
    match answer.reason.as_str() {
        "http_404" => Answer::without_post(Outcome::Unreadable, "query_unknown"),
        _ => answer,
    }
}

/// Reads an answer, to the question for the post of this id if one is given.
#[must_use]
pub fn read(exchange: &Exchange, asked: Option<&str>) -> Answer {
    let json = value::json(exchange);
    let failed = from_status(exchange);
    let json = match (json, failed) {
        (Ok(json), None) => json,
        // The errors of an API say more than the status they come with.
        (Ok(json), Some(failed)) => return errors(&json).unwrap_or(failed),
        (Err(_), Some(failed)) => return failed,
        (Err(unreadable), None) => return *unreadable,
    };
    let data = &json["data"];
    let user = [
        &data["user"]["result"],
        &data["user_result"]["result"],
        &data["user_result_by_screen_name"]["result"],
    ]
    .into_iter()
    .find(|u| u.is_object());
    if let Some((outcome, reason)) = user.and_then(tombstone::read) {
        return Answer::without_post(outcome, reason.replace("unavailable_", "account_"));
    }
    let single = ["tweetResult", "tweet_result", "tweet", "tweet_results"]
        .into_iter()
        .map(|key| match &data[key] {
            Value::Array(several) => several.first().unwrap_or(&Value::Null),
            single => single,
        })
        .find(|r| r.is_object());
    let found = match single {
        Some(single) if single["result"].is_object() => Some(&single["result"]),
        Some(_) => return errors(&json).unwrap_or_else(|| Answer::without_post(Outcome::NotFound, "empty_result")),
        None => focal(data, asked),
    };
    let Some(found) = found else {
        return errors(&json).unwrap_or_else(|| Answer::without_post(Outcome::Unreadable, "unknown_shape"));
    };
    if let Some((outcome, reason)) = tombstone::read(found) {
        return Answer::without_post(outcome, reason);
    }
    match post(found, 0) {
        None => Answer::without_post(Outcome::Unreadable, "no_id"),
        Some(post) if asked.is_some_and(|id| post.id != id && !post.edit_ids.iter().any(|e| e == id)) => {
            Answer::without_post(Outcome::Unreadable, "wrong_id")
        }
        Some(post) => Answer::with_post("post", post),
    }
}

/// What X sets before a post that it shows with limits, in its own words.
fn limits(result: &Value) -> Vec<String> {
    let tweet = unwrapped(result);
    let notices = [
        &result["tweetInterstitial"]["text"]["text"],
        &result["softInterventionPivot"]["text"]["text"],
        &tweet["softInterventionPivot"]["text"]["text"],
        &result["mediaVisibilityResults"]["blurred_image_interstitial"]["title"]["text"],
        &tweet["mediaVisibilityResults"]["blurred_image_interstitial"]["title"]["text"],
    ];
    notices.into_iter().filter_map(string).collect()
}

/// What an API's list of errors says.
pub(super) fn errors(json: &Value) -> Option<Answer> {
    let error = list(&json["errors"]).next()?;
    let (outcome, reason) = match number(&error["code"]) {
        Some(88) => (Outcome::RateLimited, "error_rate_limit"),
        Some(144 | 34 | 8) => (Outcome::NotFound, "error_not_found"),
        Some(179) => (Outcome::Protected, "error_protected"),
        Some(63) => (Outcome::Suspended, "error_suspended"),
        Some(32 | 89 | 135 | 215 | 239 | 353) => (Outcome::LoginRequired, "error_login"),
        Some(29 | 130 | 131) => (Outcome::ServerError, "error_server"),
        _ => return None,
    };
    Some(Answer::without_post(outcome, reason))
}

/// The post that a conversation was asked for: the one of that id, else the last before the answers to it, which stand
/// in modules of their own.
fn focal<'a>(data: &'a Value, asked: Option<&str>) -> Option<&'a Value> {
    let thread = [
        "threaded_conversation_with_injections_v2",
        "threaded_conversation_with_injections",
    ]
    .into_iter()
    .map(|key| &data[key])
    .find(|t| t.is_object())?;
    let entries = list(&thread["instructions"]).flat_map(|i| list(&i["entries"]));
    let posts = entries.filter(|e| e["entryId"].as_str().is_some_and(|id| id.starts_with("tweet-")));
    let posts: Vec<&Value> = posts
        .map(|e| &e["content"]["itemContent"]["tweet_results"]["result"])
        .filter(|r| r.is_object())
        .collect();
    let is_asked = |result: &&&Value| asked.is_some() && id(&unwrapped(result)["rest_id"]).as_deref() == asked;
    posts.iter().find(is_asked).or(posts.last()).copied()
}

/// A post that is shown with limits stands inside what says so.
fn unwrapped(result: &Value) -> &Value {
    match result["tweet"].is_object() {
        true => &result["tweet"],
        false => result,
    }
}

fn post(result: &Value, depth: usize) -> Option<Post> {
    let tweet = unwrapped(result);
    let legacy = &tweet["legacy"];
    let id = id(&tweet["rest_id"]).or_else(|| id(&legacy["id_str"]))?;
    let mut post = tweet::legacy(legacy, id);
    author(&mut post, &tweet["core"], &legacy["user_id_str"]);
    let note = &tweet["note_tweet"]["note_tweet_results"]["result"];
    if let Some(whole) = note["text"].as_str() {
        post.text = Some(text::plain(whole, &Value::Null, &note["entity_set"]["urls"]));
        post.text_cut = Some(false);
        post.entities = tweet::entities_of(&note["entity_set"]);
    } else if tweet["note_tweet"].is_object() {
        post.text_cut = Some(true);
    }
    let edits = &tweet["edit_control"];
    post.edit_ids = strings(&edits["edit_tweet_ids"]);
    if post.edit_ids.is_empty() {
        post.edit_ids = strings(&edits["edit_control_initial"]["edit_tweet_ids"]);
    }
    post.count("views", number(&tweet["views"]["count"]));
    post.poll = post.poll.or_else(|| tweet::poll(&tweet["card"]));
    post.card = post
        .card
        .or_else(|| tweet::card(&tweet["card"], &legacy["entities"]["urls"]));
    let article = &tweet["article"]["article_results"]["result"];
    post.title = string(&article["title"]);
    if article.is_object() && post.card.is_none() {
        post.card = Some(Card {
            url: value::id(&article["rest_id"]).map(|id| format!("https://x.com/i/article/{id}")),
            title: post.title.clone(),
            description: string(&article["preview_text"]),
            image: string(&article["cover_media"]["media_info"]["original_img_url"]),
        });
    }
    post.labels.extend(limits(result));
    if depth < NESTING {
        for (relation, other) in [
            (Relation::Quoted, &tweet["quoted_status_result"]["result"]),
            (Relation::Quoted, &tweet["quotedRefResult"]["result"]),
            (Relation::Reposted, &legacy["retweeted_status_result"]["result"]),
            (Relation::Reposted, &tweet["retweeted_status_result"]["result"]),
        ] {
            if other.is_object() {
                relate(&mut post, relation, other, depth);
            }
        }
    }
    tweet::named_relatives(&mut post, legacy);
    if tweet::is_cut_repeat(&post) {
        post.text_cut = Some(true);
    }
    post.url = tweet::address(post.author_handle.as_deref(), &post.id);
    Some(post)
}

fn relate(post: &mut Post, relation: Relation, other: &Value, depth: usize) {
    let related = match (tombstone::reason(other), self::post(other, depth + 1)) {
        (None, Some(other)) => Related::of(relation, &other),
        (reason, _) => Related {
            reason,
            id: id(&unwrapped(other)["rest_id"]),
            ..Related::new(relation)
        },
    };
    post.relate(related);
}

/// Names stood in `legacy` until 2025, in `core` since.
fn author(post: &mut Post, core: &Value, user_id: &Value) {
    let user = [
        &core["user_results"]["result"],
        &core["user_result"]["result"],
        &core["user"],
    ]
    .into_iter()
    .find(|u| u.is_object())
    .unwrap_or(&Value::Null);
    post.author_id = id(&user["rest_id"]).or_else(|| id(user_id));
    post.author_handle = first(&[&user["core"]["screen_name"], &user["legacy"]["screen_name"]]);
    post.author_name = first(&[&user["core"]["name"], &user["legacy"]["name"]]);
    let pictures = [&user["avatar"]["image_url"], &user["legacy"]["profile_image_url_https"]];
    post.author_avatar = tweet::avatar(&pictures);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::exchange::testing::answered;

    fn told(body: &str) -> Answer {
        read(&answered(200, body.as_bytes()), None)
    }

    #[test]
    fn a_post_that_x_shows_with_limits_repeats_quotes_or_withholds_is_read_whole() {
        let user = |handle: &str| serde_json::json!({"user_results": {"result": {"__typename": "User", "rest_id": "7", "core": {"name": "Ada B.", "screen_name": handle}}}});
        let plain = |id: &str, text: &str| {
            serde_json::json!({"__typename": "Tweet", "rest_id": id, "core": user("ada_b"), "legacy": {"id_str": id, "full_text": text,
            "created_at": "Thu Jul 27 19:45:29 +0000 2017", "lang": "en", "entities": {}}})
        };
        let read = |result: Value| {
            let body = serde_json::json!({"data": {"tweetResult": {"result": result}}}).to_string();
            told(&body).post.unwrap()
        };
        let mut limited = plain("5", "The weir holds");
        limited["legacy"]["withheld_in_countries"] = serde_json::json!(["DE", "FR"]);
        limited["note_tweet"] = serde_json::json!({"note_tweet_results": {"result": {"text": "The weir holds, all of it &amp; more", "entity_set": {"urls": []}}}});
        let post = read(
            serde_json::json!({"__typename": "TweetWithVisibilityResults", "tweet": limited,
            "tweetInterstitial": {"text": {"text": "The following media includes potentially sensitive content."}},
            "limitedActionResults": {"limited_actions": [{"action": "Reply"}]}}),
        );
        assert_eq!(post.text.as_deref(), Some("The weir holds, all of it & more"));
        assert_eq!(
            (post.text_cut, post.withheld_in.len(), post.labels.len()),
            (Some(false), 2, 1)
        );
        let mut repeat = plain("6", "RT @ben: The weir holds and this goes on…");
        repeat["legacy"]["retweeted_status_result"] =
            serde_json::json!({"result": plain("4", "The weir holds and this goes on and on")});
        let post = read(repeat);
        assert_eq!((post.reposted_id.as_deref(), post.text_cut), (Some("4"), Some(true)));
        let mut quote = plain("7", "See");
        quote["legacy"]["is_quote_status"] = true.into();
        quote["legacy"]["quoted_status_id_str"] = "3".into();
        quote["quoted_status_result"] = serde_json::json!({"result": {"__typename": "TweetTombstone", "tombstone": {"text": {"text": "This Post is from a suspended account."}}}});
        let post = read(quote);
        let quoted = post.related(crate::platform::post::Relation::Quoted).unwrap();
        assert_eq!((quoted.id.as_deref(), quoted.present), (Some("3"), false));
        assert_eq!(quoted.reason.as_deref(), Some("tombstone_suspended"));
    }
}
