//! Reddit's feed of a post and its comments (`/comments/ID/.rss`, Atom): text, author and time, no counts.

use feed_rs::model::Entry;
use scraper::Selector;
use url::Url;

use crate::article;
use crate::exchange::{Exchange, Purpose, Request};
use crate::outcome::Outcome;
use crate::platform::post::{Card, Post, Related, Relation};
use crate::platform::status::from_status;
use crate::platform::{Answer, Hops, PostRef, Recognised, Source, Step, Upstreams, rich};

/// The source.
pub struct Rss;

impl Source for Rss {
    fn name(&self) -> &'static str {
        "reddit.rss"
    }

    fn next(&self, post: &PostRef, upstreams: &Upstreams, so_far: &[Hops]) -> Step {
        Step::once(
            so_far,
            || {
                let path = match post.id.split_once('/') {
                    None => format!("comments/{}/.rss?limit=1", post.id),
                    Some((id, comment)) => format!("comments/{id}/_/{comment}/.rss?limit=1"),
                };
                Request::new(upstreams.join("reddit.rss", &path), Purpose::Api)
            },
            |exchange| read(exchange, Some(&post.id)),
        )
    }
}

/// Reads an answer, to the question for the post or comment (`POST/COMMENT`) of this id if one is given.
#[must_use]
pub fn read(exchange: &Exchange, asked: Option<&str>) -> Answer {
    if let Some(failed) = from_status(exchange) {
        return match exchange.status {
            // Private, banned or quarantined: which of them the feed does not say.
            Some(403) if exchange.failure.is_none() => Answer::without_post(Outcome::Walled, "http_403"),
            _ => failed,
        };
    }
    let Ok(body) = exchange.decoded() else {
        return Answer::without_post(Outcome::Unreadable, "coding");
    };
    if body.len() > article::feed::LONGEST {
        return Answer::without_post(Outcome::Unreadable, "no_feed");
    }
    let Ok(feed) = article::feed::parse(&body) else {
        return Answer::without_post(Outcome::Unreadable, "no_feed");
    };
    let full_name = asked.map(|id| match id.split_once('/') {
        None => format!("t3_{id}"),
        Some((_, comment)) => format!("t1_{comment}"),
    });
    let is_asked = |entry: &&Entry| match &full_name {
        Some(name) => entry.id == *name,
        None => entry.id.starts_with("t3_") || entry.id.starts_with("t1_"),
    };
    match feed.entries.iter().find(is_asked) {
        Some(entry) => told(entry),
        None if feed.entries.is_empty() => Answer::without_post(Outcome::Unreadable, "empty_feed"),
        None => Answer::without_post(Outcome::Unreadable, "wrong_id"),
    }
}

/// What an entry says: where its text was taken away, Reddit puts a word of its own there.
fn told(entry: &Entry) -> Answer {
    let Some(named) = entry.links.iter().find_map(|link| named(&link.href)) else {
        return Answer::without_post(Outcome::Unreadable, "no_id");
    };
    let title = entry.title.as_ref().map(|title| title.content.clone());
    let html = entry
        .content
        .as_ref()
        .and_then(|content| content.body.clone())
        .unwrap_or_default();
    let fragment = article::parse_fragment(&html);
    let select = |css: &str| Selector::parse(css).ok();
    let (text, entities) = select("div.md")
        .and_then(|md| fragment.select(&md).next())
        .map(rich::read)
        .unwrap_or_default();
    if let Some((outcome, reason)) = super::listing::taken_away(title.as_deref(), &text) {
        return Answer::without_post(outcome, reason);
    }
    let is_comment = named.id.contains('/');
    let author = entry.authors.first().and_then(|author| author.name.as_deref());
    let linked = select("a").and_then(|a| {
        let link = fragment.select(&a).find(|a| a.text().collect::<String>() == "[link]")?;
        link.attr("href").map(str::to_owned)
    });
    let mut post = Post {
        id: named.id,
        url: Some(named.url.into()),
        author_handle: author
            .map(|name| name.trim_start_matches("/u/").to_owned())
            .filter(|name| !name.is_empty()),
        posted_at: entry.published.or(entry.updated).map(time),
        text_cut: (!text.is_empty()).then_some(false),
        text: Some(text).filter(|text| !text.is_empty()),
        entities,
        title: title.filter(|_| !is_comment),
        ..Post::default()
    };
    if let Some((parent, _)) = post.id.clone().split_once('/') {
        post.conversation_id = Some(parent.to_owned());
    }
    match linked.as_deref().map(|url| (url, self::named(url))) {
        // A post without a link of its own links to itself.
        Some((_, Some(other))) if other.id != post.id => post.relate(Related {
            id: Some(other.id),
            url: Some(other.url.into()),
            ..Related::new(Relation::Reposted)
        }),
        Some((url, None)) => {
            post.card = Some(Card {
                url: Some(url.to_owned()),
                ..Card::default()
            });
        }
        _ => {}
    }
    Answer::with_post("post", post)
}

fn time(time: chrono::DateTime<chrono::Utc>) -> String {
    time.to_rfc3339_opts(chrono::SecondsFormat::AutoSi, true)
}

fn named(address: &str) -> Option<PostRef> {
    match super::recognise(&Url::parse(address).ok()?)? {
        Recognised::Post(post) => Some(post),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::exchange::testing::answered;

    fn feed(entry: &str) -> String {
        format!(
            r#"<?xml version="1.0"?><feed xmlns="http://www.w3.org/2005/Atom"><id>/comments/7abcde/.rss</id><title>The weir</title><updated>2024-05-02T10:00:00+00:00</updated>{entry}</feed>"#
        )
    }

    fn entry(id: &str, path: &str, title: &str, content: &str) -> String {
        format!(
            r#"<entry><author><name>/u/weirkeeper</name></author><content type="html">{}</content><id>{id}</id><link href="https://www.reddit.com/r/rivers/comments/{path}"/>
            <updated>2024-05-01T10:00:00+00:00</updated><published>2024-05-01T10:00:00+00:00</published><title>{title}</title></entry>"#,
            content.replace('&', "&amp;").replace('<', "&lt;")
        )
    }

    const CONTENT: &str = r#"<!-- SC_OFF --><div class="md"><p>It holds, see <a href="https://river.example/a">the report</a></p></div><!-- SC_ON --> submitted by <a href="https://www.reddit.com/user/weirkeeper"> /u/weirkeeper </a> <span><a href="https://river.example/link">[link]</a></span>"#;

    #[test]
    fn a_post_and_a_comment_are_read_from_their_feed() {
        let body = feed(
            &(entry("t3_7abcde", "7abcde/the_weir/", "The weir", CONTENT)
                + &entry(
                    "t1_k1xyz23",
                    "7abcde/the_weir/k1xyz23/",
                    "/u/weirkeeper on The weir",
                    CONTENT,
                )),
        );
        let post = read(&answered(200, body.as_bytes()), Some("7abcde")).post.unwrap();
        assert_eq!(
            (post.title.as_deref(), post.text.as_deref()),
            (Some("The weir"), Some("It holds, see the report"))
        );
        assert_eq!(
            (post.author_handle.as_deref(), post.posted_at.as_deref()),
            (Some("weirkeeper"), Some("2024-05-01T10:00:00Z"))
        );
        assert_eq!(post.card.unwrap().url.as_deref(), Some("https://river.example/link"));
        let comment = read(&answered(200, body.as_bytes()), Some("7abcde/k1xyz23"))
            .post
            .unwrap();
        assert_eq!(
            (comment.id.as_str(), comment.title, comment.conversation_id.as_deref()),
            ("7abcde/k1xyz23", None, Some("7abcde"))
        );
        assert_eq!(read(&answered(200, body.as_bytes()), Some("other")).reason, "wrong_id");
    }

    #[test]
    fn what_was_taken_away_is_told_by_whom() {
        let of = |title: &str, words: &str| {
            let content = format!("<div class=\"md\"><p>{words}</p></div>");
            let body = feed(&entry("t3_7abcde", "7abcde/x/", title, &content));
            let answer = read(&answered(200, body.as_bytes()), Some("7abcde"));
            (answer.outcome, answer.reason)
        };
        assert_eq!(of("The weir", "[deleted]"), (Outcome::Deleted, "marked_deleted".into()));
        assert_eq!(
            of("[deleted by user]", "[removed]"),
            (Outcome::Deleted, "marked_deleted".into())
        );
        assert_eq!(
            of("The weir", "[removed]"),
            (Outcome::Withheld, "marked_removed".into())
        );
        assert_eq!(of("The weir", "They [removed] it").0, Outcome::Captured);
        assert_eq!(read(&answered(403, b""), None).outcome, Outcome::Walled);
        assert_eq!(read(&answered(200, b"<html>wait"), None).outcome, Outcome::Unreadable);
    }
}
