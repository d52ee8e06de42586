//! X's public syndication endpoint (`cdn.syndication.twimg.com/tweet-result`), which feeds embedded posts.
//!
//! Its answers were learned from recordings: a post, a tombstone whose text says why there is none, or an empty
//! object, which says nothing about deletion.

use serde_json::Value;

use super::{tombstone, tweet};
use crate::exchange::{Exchange, Purpose, Request};
use crate::outcome::Outcome;
use crate::platform::status::from_status;
use crate::platform::{Answer, Hops, PostRef, Source, Step, Upstreams, value};

/// The source.
pub struct Syndication;

impl Source for Syndication {
    fn name(&self) -> &'static str {
        "x.syndication"
    }

    fn next(&self, post: &PostRef, upstreams: &Upstreams, so_far: &[Hops]) -> Step {
        Step::once(
            so_far,
            || {
                let path = format!("tweet-result?id={}&lang=en&token={}", post.id, token(&post.id));
                Request::new(upstreams.join("x.syndication", &path), Purpose::Api)
            },
            |exchange| read(exchange, Some(&post.id)),
        )
    }
}

/// Reads an answer to the question for the post of this id, or for whatever post it is.
#[must_use]
pub fn read(exchange: &Exchange, asked: Option<&str>) -> Answer {
    if exchange.status == Some(400) && exchange.failure.is_none() {
        return Answer::without_post(Outcome::NotFound, "http_400");
    }
    if let Some(answer) = from_status(exchange) {
        return answer;
    }
    let json = match value::json(exchange) {
        Ok(json) => json,
        Err(answer) => return *answer,
    };
    match json["__typename"].as_str() {
        Some("Tweet") => tweet(&json, asked),
        None if json.as_object().is_some_and(serde_json::Map::is_empty) => {
            // Withheld from viewers who are not logged in, or our token was not accepted: never "deleted".
            Answer::without_post(Outcome::Withheld, "empty_answer")
        }
        _ => match tombstone::read(&json) {
            Some((outcome, reason)) => Answer::without_post(outcome, reason),
            None => Answer::without_post(Outcome::Unreadable, "unknown_shape"),
        },
    }
}

fn tweet(json: &Value, asked: Option<&str>) -> Answer {
    let Some(post) = tweet::read(json) else {
        return Answer::without_post(Outcome::Unreadable, "no_id");
    };
    // The newest version of an edited post is a right answer to the question for an older one.
    if asked.is_some_and(|id| post.id != id && !post.edit_ids.iter().any(|e| e == id)) {
        return Answer::without_post(Outcome::Unreadable, "wrong_id");
    }
    if !json["user"].is_object() {
        return Answer::without_post(Outcome::NotFound, "post_without_author");
    }
    Answer::with_post("post", post)
}

/// The token that the endpoint wants to see: `(id / 1e15 * π)` in base 36 without zeros and point, as the embed
/// script computes it. Missing, the endpoint answers an empty object.
#[must_use]
pub fn token(id: &str) -> String {
    let value = id.parse::<f64>().unwrap_or(0.0) / 1e15 * std::f64::consts::PI;
    base36(value).chars().filter(|c| !matches!(c, '0' | '.')).collect()
}

/// A non-negative number in base 36 as ECMAScript's `Number.prototype.toString(36)` prints it: as many fraction
/// digits as tell it from its neighbours.
#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
fn base36(value: f64) -> String {
    const DIGITS: &[u8; 36] = b"0123456789abcdefghijklmnopqrstuvwxyz";
    let mut integer = value.floor();
    let mut fraction = value - integer;
    let mut delta = (0.5 * (value.next_up() - value)).max(f64::from_bits(1));
    let mut digits: Vec<usize> = Vec::new();
    while fraction >= delta {
        fraction *= 36.0;
        delta *= 36.0;
        let digit = fraction as usize;
        digits.push(digit);
        fraction -= digit as f64;
        if (fraction > 0.5 || (fraction == 0.5 && digit % 2 == 1)) && fraction + delta > 1.0 {
            loop {
                match digits.pop() {
                    None => integer += 1.0,
                    Some(35) => continue,
                    Some(digit) => digits.push(digit + 1),
                }
                break;
            }
            break;
        }
    }
    let mut whole = Vec::new();
    loop {
        whole.push(DIGITS[(integer % 36.0) as usize]);
        integer = (integer / 36.0).floor();
        if integer < 1.0 {
            break;
        }
    }
    whole.reverse();
    let mut out = String::from_utf8_lossy(&whole).into_owned();
    if !digits.is_empty() {
        out.push('.');
        out.extend(digits.iter().map(|d| char::from(DIGITS[*d])));
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::exchange::testing::answered;

    fn told(body: &str) -> Answer {
        read(&answered(200, body.as_bytes()), None)
    }

    #[test]
    fn the_token_is_that_of_the_embed_script() {
        for (id, expected) in [
            ("20", "6dq1a2xwd93"),
            ("643211948184596480", "1k4pk2jnx8j"),
            ("861627479294746624", "236vrsocvda"),
            ("1212451523655065605", "2xt11bo6kgy"),
            ("1349794411333394432", "39si5g9b29u"),
            ("2023357708301455483", "4wkkd5uwebk"),
        ] {
            assert_eq!(token(id), expected, "{id}");
        }
    }

    #[test]
    fn each_tombstone_has_its_own_outcome_and_an_empty_one_is_never_deleted() {
        let tombstone =
            |text: &str| format!(r#"{{"__typename":"TweetTombstone","tombstone":{{"text":{{"text":"{text}"}}}}}}"#);
        for (body, outcome, reason) in [
            (
                tombstone("This Post was deleted by the Post author. Learn more"),
                Outcome::Deleted,
                "tombstone_deleted",
            ),
            (
                tombstone("This Tweet was deleted by the Tweet author."),
                Outcome::Deleted,
                "tombstone_deleted",
            ),
            (
                tombstone("This Post is from an account that no longer exists."),
                Outcome::AccountGone,
                "tombstone_account_gone",
            ),
            (
                tombstone("This Post is from a suspended account."),
                Outcome::Suspended,
                "tombstone_suspended",
            ),
            (
                tombstone(
                    "You’re unable to view this Post because this account owner limits who can view their Posts.",
                ),
                Outcome::Protected,
                "tombstone_protected",
            ),
            (
                tombstone("Age-restricted adult content."),
                Outcome::AgeGated,
                "tombstone_age",
            ),
            (
                tombstone("This Post is unavailable."),
                Outcome::NotFound,
                "tombstone_unavailable",
            ),
            (
                tombstone("Something nobody has seen yet."),
                Outcome::Unreadable,
                "tombstone_unknown",
            ),
            (
                r#"{"__typename":"TweetTombstone","tombstone":{}}"#.into(),
                Outcome::Withheld,
                "tombstone_empty",
            ),
            (
                r#"{"__typename":"TweetTombstone"}"#.into(),
                Outcome::Withheld,
                "tombstone_empty",
            ),
            ("{}".into(), Outcome::Withheld, "empty_answer"),
            ("<html>".into(), Outcome::Unreadable, "not_json"),
            ("[]".into(), Outcome::Unreadable, "unknown_shape"),
        ] {
            let answer = read(&answered(200, body.as_bytes()), Some("1"));
            assert_eq!((answer.outcome, answer.reason.as_str()), (outcome, reason), "{body}");
        }
    }

    #[test]
    fn a_status_code_is_not_a_state_of_the_post() {
        for (status, outcome) in [
            (404, Outcome::NotFound),
            (400, Outcome::NotFound),
            (403, Outcome::Walled),
            (429, Outcome::RateLimited),
            (503, Outcome::ServerError),
        ] {
            assert_eq!(
                read(&answered(status, b"<html>"), Some("1")).outcome,
                outcome,
                "{status}"
            );
        }
    }

    #[test]
    fn a_post_is_read_with_its_media_links_edits_and_relatives() {
        let body = br##"{"__typename":"Tweet","lang":"en","favorite_count":3,"conversation_count":1,"created_at":"2024-05-01T10:00:00.000Z",
          "display_text_range":[0,44],"entities":{"urls":[{"url":"https://t.co/abc","expanded_url":"https://example.org/report","indices":[28,44]}],"user_mentions":{}},
          "id_str":"1785610110366674944","text":"Caf\u00e9 &amp; bridge are open: https://t.co/abc https://t.co/pic","note_tweet":{"id":"x"},
          "user":{"id_str":"1","name":"Ada Bridgewater","screen_name":"ada_b"},"edit_control":{"edit_tweet_ids":["1785610110366674900","1785610110366674944"]},
          "in_reply_to_status_id_str":"17","quoted_tweet":{"id_str":"18"},
          "mediaDetails":[{"type":"photo","media_url_https":"https://pbs.twimg.com/media/A.jpg","ext_alt_text":"A bridge"},
            {"type":"video","media_url_https":"https://pbs.twimg.com/v.jpg","video_info":{"variants":[{"content_type":"application/x-mpegURL","url":"https://video.twimg.com/a.m3u8"},
              {"bitrate":256000,"content_type":"video/mp4","url":"https://video.twimg.com/low.mp4"},{"bitrate":832000,"content_type":"video/mp4","url":"https://video.twimg.com/high.mp4"}]}}]}"##;
        let answer = read(&answered(200, body), Some("1785610110366674900"));
        let post = answer.post.unwrap();
        assert_eq!(answer.outcome, Outcome::Captured);
        assert_eq!(post.id, "1785610110366674944");
        assert_eq!(post.author_handle.as_deref(), Some("ada_b"));
        assert_eq!(
            post.text.as_deref(),
            Some("Café & bridge are open: https://example.org/report")
        );
        assert_eq!(post.text_cut, Some(true));
        assert_eq!(
            (post.quoted_id.as_deref(), post.parent_id.as_deref()),
            (Some("18"), Some("17"))
        );
        assert_eq!(post.edit_ids.len(), 2);
        assert_eq!(post.counts, [("likes".to_owned(), 3), ("replies".to_owned(), 1)]);
        let urls: Vec<_> = post.media.iter().map(|m| (m.kind.as_str(), m.url.as_str())).collect();
        assert_eq!(
            urls,
            [
                ("photo", "https://pbs.twimg.com/media/A.jpg?name=orig"),
                ("video", "https://video.twimg.com/high.mp4")
            ]
        );
        assert_eq!(post.media[0].alt.as_deref(), Some("A bridge"));
    }

    #[test]
    fn an_answer_about_another_post_is_unreadable_and_one_without_author_is_no_capture() {
        let body = br#"{"__typename":"Tweet","id_str":"5","text":"x","user":{"screen_name":"a"}}"#;
        assert_eq!(read(&answered(200, body), Some("6")).reason, "wrong_id");
        let body = br#"{"__typename":"Tweet","id_str":"5","text":"x"}"#;
        assert_eq!(read(&answered(200, body), Some("5")).outcome, Outcome::NotFound);
    }

    #[test]
    fn cards_polls_spaces_and_warnings_of_x_are_read() {
        let with_card = |card: Value| {
            let body = serde_json::json!({"__typename": "Tweet", "id_str": "5", "text": "See https://t.co/a", "user": {"screen_name": "ada_b"},
                "entities": {"urls": [{"url": "https://t.co/a", "expanded_url": "https://river.example/report", "indices": [4, 18]}],
                    "media": [{"media_url_https": "https://pbs.twimg.com/media/A.jpg", "type": "photo"}]},
                "extended_entities": {"media": [{"media_url_https": "https://pbs.twimg.com/media/A.jpg", "type": "photo",
                    "ext_sensitive_media_warning": {"adult_content": false, "graphic_violence": true, "other": false}}]}, "card": card});
            told(&body.to_string()).post.unwrap()
        };
        let text = |value: &str| serde_json::json!({"type": "STRING", "string_value": value});
        let post = with_card(
            serde_json::json!({"name": "summary_large_image", "url": "https://t.co/a", "binding_values": {
            "card_url": text("https://t.co/a"), "title": text("Report"), "description": text("On the weir")}}),
        );
        let card = post.card.unwrap();
        assert_eq!(
            card.url.as_deref(),
            Some("https://river.example/report"),
            "where it leads"
        );
        assert_eq!(
            (card.title.as_deref(), card.description.as_deref()),
            (Some("Report"), Some("On the weir"))
        );
        assert_eq!(post.labels, ["graphic_violence"]);
        let post = with_card(serde_json::json!({"name": "poll3choice_text_only", "binding_values": {
            "choice1_label": text("Yes"), "choice1_count": text("7"), "choice2_label": text("No"), "choice2_count": text("2"),
            "choice3_label": text("Perhaps"), "choice3_count": text("0"),
            "end_datetime_utc": text("2024-05-02T10:00:00Z"), "counts_are_final": {"type": "BOOLEAN", "boolean_value": true}}}));
        let poll = post.poll.unwrap();
        assert_eq!((poll.options.len(), poll.votes, poll.closed), (3, Some(9), Some(true)));
        assert_eq!(poll.ends_at.as_deref(), Some("2024-05-02T10:00:00Z"));
        assert_eq!(post.card, None);
        let space = with_card(
            serde_json::json!({"name": "3691233323:audiospace", "binding_values": {"id": text("1vAxRkVexample")}}),
        );
        assert_eq!(
            space.card.unwrap().url.as_deref(),
            Some("https://x.com/i/spaces/1vAxRkVexample")
        );
        let parts = serde_json::json!({"component_objects": {"details_1": {"type": "details", "data": {"title": {"content": "Report", "is_rtl": false},
            "subtitle": {"content": "river.example"}}}}, "destination_objects": {"browser_1": {"data": {"url_data": {"url": "https://river.example/report"}}}},
            "media_entities": {"9": {"media_url_https": "https://pbs.twimg.com/media/B.jpg"}}});
        let unified = with_card(
            serde_json::json!({"legacy": {"name": "unified_card", "binding_values": [{"key": "unified_card", "value": text(&parts.to_string())}]}}),
        );
        let card = unified.card.unwrap();
        assert_eq!(
            (card.title.as_deref(), card.url.as_deref()),
            (Some("Report"), Some("https://river.example/report"))
        );
        assert_eq!(card.image.as_deref(), Some("https://pbs.twimg.com/media/B.jpg"));
    }
}
