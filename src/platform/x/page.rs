//! A status page as X served it until 2020, of which web archives hold many: the post stands in an element that carries
//! its id, with other posts around it.

use chrono::DateTime;
use ego_tree::iter::Edge;
use scraper::{ElementRef, Node, Selector};

use crate::article;
use crate::platform::post::{Card, Entity, Media, Post, Related, Relation};

/// Most photos, links or ancestors looked at.
const MOST: usize = 100;

/// The post of this id on the page.
pub(super) fn read(html: &str, id: &str) -> Option<Post> {
    // A page that does not even name the id needs no tree.
    html.contains(id).then_some(())?;
    let (document, _) = article::parse(html);
    let tweets = Selector::parse("div.tweet[data-tweet-id]").ok()?;
    let element = document.select(&tweets).find(|e| e.attr("data-tweet-id") == Some(id))?;
    let body = first(element, "p.tweet-text")?;
    let (text, entities) = text_of(body);
    let mut post = Post {
        id: id.to_owned(),
        url: super::tweet::address(element.attr("data-screen-name"), id),
        author_id: owned(element, "data-user-id"),
        author_handle: owned(element, "data-screen-name"),
        author_name: owned(element, "data-name"),
        posted_at: first(element, "[data-time-ms]")
            .and_then(|e| DateTime::from_timestamp_millis(e.attr("data-time-ms")?.parse().ok()?))
            .map(|t| t.format("%Y-%m-%dT%H:%M:%SZ").to_string()),
        text: Some(text).filter(|t| !t.is_empty()),
        language: owned(body, "lang"),
        entities,
        conversation_id: owned(element, "data-conversation-id"),
        card: card(element),
        ..Post::default()
    };
    for (name, action) in [("replies", "reply"), ("reposts", "retweet"), ("likes", "favorite")] {
        let css = format!(".ProfileTweet-action--{action} [data-tweet-stat-count]");
        let count = first(element, &css).and_then(|e| e.attr("data-tweet-stat-count")?.parse().ok());
        post.count(name, count);
    }
    media(element, &mut post);
    if let Some(quoted) = first(element, ".QuoteTweet-innerContainer[data-item-id]") {
        post.relate(Related {
            id: owned(quoted, "data-item-id"),
            author_id: owned(quoted, "data-user-id"),
            author_handle: owned(quoted, "data-screen-name"),
            author_name: first(quoted, ".QuoteTweet-fullname").map(|e| text_of(e).0),
            text: first(quoted, ".QuoteTweet-text").map(|e| text_of(e).0),
            present: true,
            ..Related::new(Relation::Quoted)
        });
    }
    if element.attr("data-has-parent-tweet") == Some("true") {
        // What the post answers stands above it, the nearest last.
        let above = Selector::parse(".permalink-in-reply-tos div.tweet[data-tweet-id]").ok()?;
        let parent = document.select(&above).take(MOST).last();
        post.relate(match parent {
            None => Related::new(Relation::Parent),
            Some(parent) => Related {
                id: owned(parent, "data-tweet-id"),
                author_id: owned(parent, "data-user-id"),
                author_handle: owned(parent, "data-screen-name"),
                author_name: owned(parent, "data-name"),
                text: first(parent, "p.tweet-text").map(|e| text_of(e).0),
                present: true,
                ..Related::new(Relation::Parent)
            },
        });
    }
    Some(post)
}

fn all<'a>(element: ElementRef<'a>, css: &str) -> Vec<ElementRef<'a>> {
    Selector::parse(css)
        .map(|selector| element.select(&selector).take(MOST).collect())
        .unwrap_or_default()
}

fn first<'a>(element: ElementRef<'a>, css: &str) -> Option<ElementRef<'a>> {
    element.select(&Selector::parse(css).ok()?).next()
}

fn owned(element: ElementRef<'_>, attribute: &str) -> Option<String> {
    element.attr(attribute).filter(|v| !v.is_empty()).map(str::to_owned)
}

/// The text with its links expanded and its emoji as characters, and what it links to. The link that leads to the
/// post's own picture is no part of the text.
fn text_of(element: ElementRef<'_>) -> (String, Vec<Entity>) {
    let (mut text, mut entities) = (String::new(), Vec::new());
    // The link that is open, and where its text begins.
    let mut link: Option<(ElementRef<'_>, usize)> = None;
    for edge in element.traverse() {
        match edge {
            Edge::Open(node) => match node.value() {
                Node::Text(piece) => text.push_str(piece),
                Node::Element(e) => match e.name() {
                    "br" => text.push('\n'),
                    "img" => text.push_str(e.attr("alt").unwrap_or("")),
                    "a" => link = ElementRef::wrap(node).map(|a| (a, text.len())),
                    _ => {}
                },
                _ => {}
            },
            Edge::Close(node) => {
                if let Some((a, start)) = link.take_if(|(a, _)| a.id() == node.id()) {
                    entities.extend(close_link(a, &mut text, start));
                }
            }
        }
    }
    (text.trim().to_owned(), entities)
}

/// Ends a link whose text began at `start`.
fn close_link(a: ElementRef<'_>, text: &mut String, start: usize) -> Option<Entity> {
    let classes = a.attr("class").unwrap_or("");
    if classes.contains("u-hidden") {
        text.truncate(start);
        return None;
    }
    let href = a.attr("href").unwrap_or("");
    let absolute = |href: &str| match href.strip_prefix('/') {
        Some(path) => format!("https://twitter.com/{path}"),
        None => href.to_owned(),
    };
    if let Some(expanded) = owned(a, "data-expanded-url") {
        text.truncate(start);
        text.push_str(&expanded);
    }
    let shown = text[start..].trim().to_owned();
    let (kind, sign) = match shown.chars().next() {
        Some('@') => ("mention", "@"),
        Some('#') => ("hashtag", "#"),
        Some('$') if classes.contains("cashtag") => ("cashtag", "$"),
        _ => ("link", ""),
    };
    Some(Entity {
        kind: kind.to_owned(),
        url: Some(owned(a, "data-expanded-url").unwrap_or_else(|| absolute(href))).filter(|u| !u.is_empty()),
        id: owned(a, "data-mentioned-user-id").filter(|id| id != "0"),
        text: Some(shown.strip_prefix(sign).unwrap_or(&shown).to_owned()).filter(|t| !t.is_empty()),
    })
}

fn media(element: ElementRef<'_>, post: &mut Post) {
    // The pictures of a quoted post lie in the same element.
    let is_quoted = |e: &ElementRef<'_>| {
        e.ancestors()
            .filter_map(ElementRef::wrap)
            .any(|a| a.attr("class").is_some_and(|c| c.contains("QuoteTweet")))
    };
    for photo in all(element, ".AdaptiveMedia-photoContainer[data-image-url]") {
        if let (false, Some(url)) = (is_quoted(&photo), owned(photo, "data-image-url")) {
            post.media.push(Media {
                kind: "photo".to_owned(),
                url: format!("{url}?name=orig"),
                alt: first(photo, "img[alt]").and_then(|e| owned(e, "alt")),
                ..Media::default()
            });
        }
    }
    for player in all(element, ".PlayableMedia-player[style*=url]") {
        let style = player.attr("style").unwrap_or("");
        let still = style
            .split_once("url(")
            .and_then(|(_, rest)| rest.split_once(')'))
            .map(|(url, _)| url.trim_matches(['\'', '"']).to_owned());
        if let (false, Some(url)) = (is_quoted(&player), still) {
            post.media.push(Media {
                kind: "still".to_owned(),
                url,
                ..Media::default()
            });
        }
    }
    post.media_expected = Some(post.media.len());
}

fn card(element: ElementRef<'_>) -> Option<Card> {
    let frame = first(element, "[data-card-url]")?;
    Some(Card {
        url: owned(frame, "data-card-url"),
        ..Card::default()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_that_a_status_page_says_of_its_post_is_read_and_nothing_of_its_neighbours() {
        let html = r#"<ol class="permalink-in-reply-tos"><li><div class="tweet" data-tweet-id="40" data-screen-name="ben" data-name="Ben"><p class="tweet-text">Is it shut?</p></div></li></ol>
          <div class="tweet permalink-tweet" data-tweet-id="55" data-screen-name="ada_b" data-name="Ada B." data-user-id="7" data-conversation-id="40" data-has-parent-tweet="true">
          <span data-time-ms="1501184729000">27 Jul</span><p class="tweet-text" lang="en">No <img class="Emoji" alt="🌊"> <a href="/ben" class="twitter-atreply" data-mentioned-user-id="9"><s>@</s><b>ben</b></a>, see <a href="https://t.co/a" class="twitter-timeline-link" data-expanded-url="https://river.example/report"><span class="invisible">https://</span>river.exam…</a> <a href="/hashtag/weir?src=hash" class="twitter-hashtag"><s>#</s><b>weir</b></a><a href="https://t.co/p" class="twitter-timeline-link u-hidden">pic.twitter.com/p</a></p>
          <div class="AdaptiveMedia-photoContainer" data-image-url="https://pbs.twimg.com/media/A.jpg"><img alt="The weir" src="x"></div>
          <div class="QuoteTweet"><div class="QuoteTweet-innerContainer" data-item-id="33" data-screen-name="cy" data-user-id="3"><b class="QuoteTweet-fullname">Cy</b><div class="AdaptiveMedia-photoContainer" data-image-url="https://pbs.twimg.com/media/Q.jpg"></div><div class="QuoteTweet-text">Quoted</div></div></div>
          <span class="ProfileTweet-action--retweet"><span data-tweet-stat-count="12"></span></span></div>
          <div class="tweet" data-tweet-id="56"><p class="tweet-text">Answer</p><span class="ProfileTweet-action--favorite"><span data-tweet-stat-count="99"></span></span></div>"#;
        let post = read(html, "55").unwrap();
        assert_eq!(
            post.text.as_deref(),
            Some("No 🌊 @ben, see https://river.example/report #weir")
        );
        let kinds: Vec<_> = post.entities.iter().map(|e| e.kind.as_str()).collect();
        assert_eq!(kinds, ["mention", "link", "hashtag"]);
        assert_eq!(post.entities[0].id.as_deref(), Some("9"));
        assert_eq!(post.counts, [("reposts".to_owned(), 12)]);
        assert_eq!(post.media.len(), 1);
        assert_eq!(post.media[0].alt.as_deref(), Some("The weir"));
        assert_eq!(
            (
                post.quoted_id.as_deref(),
                post.parent_id.as_deref(),
                post.conversation_id.as_deref()
            ),
            (Some("33"), Some("40"), Some("40"))
        );
        assert_eq!(post.related(Relation::Quoted).unwrap().text.as_deref(), Some("Quoted"));
        assert_eq!(post.url.as_deref(), Some("https://x.com/ada_b/status/55"));
    }
}
