//! Posts of X in a web archive: captures are found by their address under both of X's names, the machine-readable
//! ones first, and read from the archive's raw bytes.

use serde_json::Value;

use super::{api, graphql, page, tweet};
use crate::article;
use crate::exchange::Exchange;
use crate::outcome::Outcome;
use crate::platform::status::from_status;
use crate::platform::value::id;
use crate::platform::wayback::{self, Row};
use crate::platform::{Answer, Hops, Post, PostRef, Recognised, Source, SourceKind, Step, Upstreams};

/// The source.
pub struct Archived;

/// Names under which the archive may hold a post, the old one first: most captures are older than the new one; each with what X
/// itself puts in the place of a handle that is not known.
const HOSTS: [(&str, &str); 2] = [("twitter.com", "i/web"), ("x.com", "i")];

/// Most captures read for one post.
const CAPTURES_READ: usize = 4;

/// Most rows of the index looked at for one post.
const ROWS: usize = 40;

impl Source for Archived {
    fn name(&self) -> &'static str {
        "wayback"
    }

    fn kind(&self) -> SourceKind {
        SourceKind::Archive
    }

    fn next(&self, post: &PostRef, upstreams: &Upstreams, so_far: &[Hops]) -> Step {
        if let Some((host, nobody)) = HOSTS.get(so_far.len()) {
            let handle = post.handle.as_deref().unwrap_or(nobody);
            return Step::Ask(wayback::list(
                upstreams,
                &format!("{host}/{handle}/status/{}", post.id),
                ROWS,
            ));
        }
        let (listings, captures) = so_far.split_at(HOSTS.len());
        let (rows, failure) = listed(listings);
        let rows = best_first(rows, &post.id);
        let newest = captures
            .last()
            .and_then(|hops| hops.last())
            .zip(rows.get(captures.len().wrapping_sub(1)));
        if let Some((exchange, row)) = newest
            && let Some(found) = read(exchange, &post.id)
        {
            return Step::Answer(Box::new(Answer {
                outcome: Outcome::Captured,
                reason: "archived".into(),
                post: Some(found),
                archived_at: wayback::archived_at(exchange).or_else(|| row.archived_at()),
            }));
        }
        match rows.get(captures.len()) {
            Some(row) if captures.len() < CAPTURES_READ => Step::Ask(row.raw(upstreams)),
            Some(_) => answer(Outcome::Unreadable, "captures_unreadable"),
            None if rows.is_empty() => match failure {
                Some(failed) => Step::Answer(Box::new(failed)),
                None => answer(Outcome::NotFound, "not_archived"),
            },
            None => answer(Outcome::Unreadable, "captures_unreadable"),
        }
    }
}

fn answer(outcome: Outcome, reason: &str) -> Step {
    Step::Answer(Box::new(Answer::without_post(outcome, reason)))
}

/// The rows of several answers of the index, and why one of them could not be read.
pub(super) fn listed(listings: &[Hops]) -> (Vec<Row>, Option<Answer>) {
    let (mut rows, mut failure) = (Vec::new(), None);
    for exchange in listings.iter().filter_map(|hops| hops.last()) {
        match from_status(exchange) {
            Some(answer) => failure = failure.or(Some(answer)),
            None => match wayback::rows(exchange) {
                Some(more) => rows.extend(more),
                None => failure = failure.or(Some(Answer::without_post(Outcome::Unreadable, "cdx_unreadable"))),
            },
        }
    }
    (rows, failure)
}

/// The rows that really are of this post (the index is asked by prefix, and its addresses are dirty),
/// machine-readable captures first, then the newest.
fn best_first(mut rows: Vec<Row>, id: &str) -> Vec<Row> {
    rows.retain(|row| post_of(row).is_some_and(|post| post.id == id));
    rows.sort_by(|a, b| (b.mimetype.contains("json"), &b.timestamp).cmp(&(a.mimetype.contains("json"), &a.timestamp)));
    rows
}

/// The post whose capture a row is.
pub(super) fn post_of(row: &Row) -> Option<PostRef> {
    match super::recognise(&row.original.parse().ok()?)? {
        Recognised::Post(post) => Some(post),
        _ => None,
    }
}

/// Reads an archived capture of the post `id`: JSON of the v1.1 or v2 API, or a status page of the years when pages
/// held their text. `None` if it is neither, or of another post.
#[must_use]
pub fn read(exchange: &Exchange, id: &str) -> Option<Post> {
    if from_status(exchange).is_some() {
        return None;
    }
    let body = exchange.decoded().ok()?;
    match body.iter().find(|b| !b.is_ascii_whitespace()) {
        Some(b'{') => json(&serde_json::from_slice(&body).ok()?, id),
        _ => page::read(&String::from_utf8_lossy(&body), id),
    }
}

/// Reads a saved capture of whatever post it is.
#[must_use]
pub fn saved(exchange: &Exchange) -> Answer {
    let failed = from_status(exchange);
    let Ok(body) = exchange.decoded() else {
        return failed.unwrap_or_else(|| Answer::without_post(Outcome::Unreadable, "coding"));
    };
    let text = String::from_utf8_lossy(&body);
    let found = match serde_json::from_str::<Value>(&text) {
        Ok(told) => saved_json(&told),
        Err(_) => saved_page(&text),
    };
    match (found, failed) {
        // What an answer says of the post counts more than the status that it came with.
        (Some(said), failed) if failed.is_none() || said.post.is_none() => said,
        (_, Some(failed)) => failed,
        (None, None) | (Some(_), None) => Answer::without_post(Outcome::Unreadable, "unknown_shape"),
    }
}

/// The post in JSON, of several the first; or what stands there in the place of one.
fn saved_json(told: &Value) -> Option<Answer> {
    let (one, reason) = match told.as_array() {
        Some(posts) if posts.len() > 1 => (posts.first()?, "first_of_several"),
        Some(posts) => (posts.first()?, "post"),
        None => (told, "post"),
    };
    // An account's own export has each post in a frame of this name.
    let one = match one["tweet"].is_object() {
        true => &one["tweet"],
        false => one,
    };
    let ids = [&one["id_str"], &one["data"]["id"], &one["id"]];
    match ids.into_iter().find_map(id).and_then(|id| json(one, &id)) {
        Some(post) => Some(Answer::with_post(reason, post)),
        None => graphql::errors(one).or_else(|| api::error(one)),
    }
}

/// The post that a page is about, by the address that it gives itself; or what the page says in the place of one.
fn saved_page(html: &str) -> Option<Answer> {
    let (document, _) = article::parse(html);
    let post = page::own_id(&document).and_then(|id| page::of_document(&document, &id));
    post.map(|post| Answer::with_post("post", post))
        .or_else(|| page::statement(&document))
}

fn json(json: &Value, id: &str) -> Option<Post> {
    if json["data"].is_object() {
        version_2(json, id)
    } else {
        version_1(json, id)
    }
}

/// The shape of the v1.1 API.
fn version_1(json: &Value, id: &str) -> Option<Post> {
    tweet::read(json).filter(|post| post.id == id && post.text.is_some())
}

/// The shape of the v2 API.
fn version_2(json: &Value, id: &str) -> Option<Post> {
    api::post(&json["data"], &json["includes"]).filter(|post| post.id == id)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::exchange::testing::answered;

    fn told(body: &str) -> Answer {
        saved(&answered(200, body.as_bytes()))
    }

    fn post(id: &str) -> PostRef {
        PostRef {
            platform: "x",
            id: id.into(),
            url: format!("https://x.com/ada_b/status/{id}").parse().unwrap(),
            handle: Some("ada_b".into()),
        }
    }

    fn asked(step: Step) -> String {
        match step {
            Step::Ask(request) => request.url.to_string(),
            Step::Answer(answer) => panic!("{answer:?}"),
        }
    }

    #[test]
    fn captures_are_listed_under_both_names_and_json_is_read_first() {
        let upstreams = Upstreams::defaults();
        let post = post("890659426796945408");
        let first = asked(Archived.next(&post, &upstreams, &[]));
        assert!(first.starts_with("https://web.archive.org/cdx/search/cdx?url=twitter.com%2Fada_b%2Fstatus%2F890659426796945408&matchType=prefix"), "{first}");
        let old = answered(200, br#"[["timestamp","original","mimetype","statuscode"],["20180101000000","https://twitter.com/ada_b/status/890659426796945408","text/html","200"],["20170801000000","https://twitter.com/ada_b/status/890659426796945408?s=20","application/json","200"],["20170801000000","https://twitter.com/ada_b/status/8906594267969454080","application/json","200"]]"#);
        let new = answered(200, b"[]");
        let listings = vec![vec![old], vec![new]];
        let third = asked(Archived.next(&post, &upstreams, &listings));
        assert_eq!(
            third,
            "https://web.archive.org/web/20170801000000id_/https://twitter.com/ada_b/status/890659426796945408?s=20"
        );
        let body = br#"{"created_at":"Thu Jul 27 19:45:29 +0000 2017","id_str":"890659426796945408","text":"Bridge &amp; boat","truncated":false,"user":{"screen_name":"ada_b","name":"Ada","id_str":"7"},"lang":"en"}"#;
        let so_far = [listings, vec![vec![answered(200, body)]]].concat();
        let Step::Answer(answer) = Archived.next(&post, &upstreams, &so_far) else {
            panic!()
        };
        let found = answer.post.unwrap();
        assert_eq!(found.text.as_deref(), Some("Bridge & boat"));
        assert_eq!(answer.archived_at.as_deref(), Some("2017-08-01T00:00:00Z"));
        assert_eq!(found.posted_at.as_deref(), Some("2017-07-27T19:45:29Z"));
    }

    #[test]
    fn a_post_of_which_only_the_id_is_known_is_listed_as_x_links_to_such() {
        let upstreams = Upstreams::defaults();
        let nobody = PostRef {
            handle: None,
            ..post("1785600110366674944")
        };
        let first = asked(Archived.next(&nobody, &upstreams, &[]));
        assert!(
            first.contains("twitter.com%2Fi%2Fweb%2Fstatus%2F1785600110366674944"),
            "{first}"
        );
        for address in [
            "https://twitter.com/i/web/status/1785600110366674944",
            "https://x.com/i/status/1785600110366674944",
        ] {
            let row = Row {
                timestamp: "20240502080000".into(),
                original: address.into(),
                mimetype: "text/html".into(),
                ..Row::default()
            };
            assert_eq!(post_of(&row).unwrap().id, nobody.id);
        }
    }

    #[test]
    fn an_index_that_cannot_be_read_is_not_an_empty_one() {
        let upstreams = Upstreams::defaults();
        let listings = vec![vec![answered(503, b"")], vec![answered(200, b"[]")]];
        let Step::Answer(answer) = Archived.next(&post("5"), &upstreams, &listings) else {
            panic!()
        };
        assert_eq!(answer.outcome, Outcome::ServerError);
        let listings = vec![vec![answered(200, b"")], vec![answered(200, b"[]")]];
        let Step::Answer(answer) = Archived.next(&post("5"), &upstreams, &listings) else {
            panic!()
        };
        assert_eq!(answer.reason, "not_archived");
    }

    #[test]
    fn an_old_status_page_gives_the_post_of_the_id_asked_and_no_other() {
        let html = br#"<div class="tweet permalink-tweet" data-tweet-id="55" data-screen-name="ada_b" data-name="Ada B." data-user-id="7">
          <span data-time-ms="1501184729000">27 Jul</span><p class="tweet-text" lang="en">The <b>bridge</b><br>is open</p></div>
          <div class="tweet" data-tweet-id="56" data-screen-name="other"><p class="tweet-text">Answer</p></div>"#;
        let found = read(&answered(200, html), "55").unwrap();
        assert_eq!(found.text.as_deref(), Some("The bridge\nis open"));
        assert_eq!(found.posted_at.as_deref(), Some("2017-07-27T19:45:29Z"));
        assert_eq!(found.author_handle.as_deref(), Some("ada_b"));
        assert_eq!(read(&answered(200, html), "57"), None);
    }

    #[test]
    fn a_status_page_nested_like_no_page_is_read_as_far_as_is_safe() {
        let post = r#"<div class="tweet" data-tweet-id="55"><p class="tweet-text">Open"#;
        let html = format!("{post}{}", "<div>x".repeat(50_000));
        let text = read(&answered(200, html.as_bytes()), "55").unwrap().text.unwrap();
        assert!(text.starts_with("Open") && text.len() < 10_000, "{}", text.len());
    }

    #[test]
    fn posts_of_the_older_interface_of_x_are_read_in_the_forms_in_which_they_are_kept() {
        let short = r#"{"id_str":"5","created_at":"Thu Jul 27 19:45:29 +0000 2017","text":"The weir… https://t.co/x","truncated":true,"user":{"id_str":"7","screen_name":"ada_b","name":"Ada"},
            "extended_tweet":{"full_text":"The weir holds &amp; more https://t.co/p","display_text_range":[0,25],"entities":{"hashtags":[]},
            "extended_entities":{"media":[{"type":"animated_gif","media_url_https":"https://pbs.twimg.com/g.jpg","ext_alt_text":"Water","video_info":{"variants":[{"bitrate":0,"content_type":"video/mp4","url":"https://video.twimg.com/g.mp4"}]}}]}}}"#;
        let post = told(short).post.unwrap();
        assert_eq!(
            (post.text.as_deref(), post.text_cut),
            (Some("The weir holds & more"), Some(false))
        );
        assert_eq!(
            (post.media[0].kind.as_str(), post.media[0].alt.as_deref()),
            ("gif", Some("Water"))
        );
        let in_frame = told(&format!(r#"[{{"tweet":{short}}}]"#));
        assert_eq!(
            (in_frame.reason.as_str(), in_frame.post.as_ref()),
            ("post", Some(&post))
        );
        let listed = told(&format!("[{short},{short}]"));
        assert_eq!((listed.reason.as_str(), listed.post), ("first_of_several", Some(post)));
    }
}
