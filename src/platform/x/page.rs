//! A status page as X served it, of which web archives hold many. Until 2020 the post stands in an element that carries its id,
//! with other posts around it; the pages of 2010 and 2011 and those for phones have markup of their own. Later pages hold no
//! post but what they say of it for search engines and previews.

use chrono::DateTime;
use ego_tree::iter::Edge;
use scraper::{ElementRef, Html, Node, Selector};

use super::{tombstone, tweet};
use crate::article;
use crate::outcome::Outcome;
use crate::platform::post::{Card, Entity, Media, Post, Related, Relation};
use crate::platform::value::utc;
use crate::platform::wayback::unwrapped;
use crate::platform::{Answer, Recognised, rich};

/// Most photos, links or ancestors looked at.
const MOST: usize = 100;

/// The post of this id on the page.
pub(super) fn read(html: &str, id: &str) -> Option<Post> {
    // A page that does not even name the id needs no tree.
    html.contains(id).then_some(())?;
    of_document(&article::parse(html).0, id)
}

/// The post of this id in the tree of a page.
pub(super) fn of_document(document: &Html, id: &str) -> Option<Post> {
    let page = document.root_element();
    let is_of_it = |post: &Post| post.text.is_some() || !post.media.is_empty();
    whole(page, id)
        .or_else(|| for_phones(page, id))
        .or_else(|| early(page, id))
        .or_else(|| for_search(page, id))
        .or_else(|| for_previews(page, id))
        .filter(is_of_it)
}

/// The id of the post that the page is about, by the address that it gives itself; those around it have none.
pub(super) fn own_id(document: &Html) -> Option<String> {
    let page = document.root_element();
    let addresses = [
        ("link[rel=canonical]", "href"),
        ("meta[property='og:url']", "content"),
        ("link[rel=alternate][hreflang='x-default']", "href"),
        ("#permalink a.entry-date", "href"),
        (".main-tweet .metadata a", "href"),
    ];
    let named = addresses
        .into_iter()
        .find_map(|(css, attribute)| status_id(first(page, css)?.attr(attribute)?));
    named.or_else(|| owned(first(page, "div.permalink-tweet[data-tweet-id]")?, "data-tweet-id"))
}

/// What the page says in the place of a post.
pub(super) fn statement(document: &Html) -> Option<Answer> {
    let page = document.root_element();
    let marks = ".ThreadedConversation-tombstone, .Tombstone-label, .tombstone-label";
    if let Some(said) = first(page, marks) {
        let (outcome, reason) = tombstone::of_text(&rich::read(said).0);
        return Some(Answer::without_post(outcome, reason));
    }
    let places = "h1, .ProtectedTimeline-heading, .errorpage-body-content, #content h2";
    let said: String = all(page, places)
        .into_iter()
        .map(|place| rich::read(place).0.to_lowercase().replace('’', "'") + "\n")
        .collect();
    let says = |words: &str| said.contains(words);
    let (outcome, reason) = if says("account suspended") || says("account is suspended") {
        (Outcome::Suspended, "page_account_suspended")
    } else if says("tweets are protected") || says("posts are protected") {
        (Outcome::Protected, "page_protected")
    } else if says("page doesn't exist") || says("page does not exist") || says("page not found") {
        (Outcome::NotFound, "page_not_found")
    } else if first(page, "#react-root").is_some() {
        // The page of an application that fetches the post itself.
        (Outcome::Walled, "page_without_post")
    } else {
        return None;
    };
    Some(Answer::without_post(outcome, reason))
}

/// The id of the post at an address, which an archive may have rewritten.
fn status_id(address: &str) -> Option<String> {
    let address = unwrapped(address);
    let address = match address.strip_prefix('/') {
        Some(path) => format!("https://twitter.com/{path}"),
        None => address.to_owned(),
    };
    match super::recognise(&address.parse().ok()?)? {
        Recognised::Post(post) => Some(post.id),
        _ => None,
    }
}

/// Seconds or milliseconds since 1970, as the pages have either.
fn time(element: ElementRef<'_>) -> Option<String> {
    let milliseconds = match element.attr("data-time-ms") {
        Some(told) => told.parse().ok()?,
        None => element.attr("data-time")?.parse::<i64>().ok()?.checked_mul(1000)?,
    };
    let time = DateTime::from_timestamp_millis(milliseconds)?;
    Some(time.format("%Y-%m-%dT%H:%M:%SZ").to_string())
}

/// The page for large screens, from late 2011 on.
fn whole(page: ElementRef<'_>, id: &str) -> Option<Post> {
    let element = all_of(page, "div.tweet[data-tweet-id]").find(|e| e.attr("data-tweet-id") == Some(id))?;
    let body = first(element, "p.tweet-text")?;
    let (text, entities) = text_of(body);
    let mut post = Post {
        id: id.to_owned(),
        url: tweet::address(element.attr("data-screen-name"), id),
        author_id: owned(element, "data-user-id"),
        author_handle: owned(element, "data-screen-name"),
        author_name: owned(element, "data-name"),
        posted_at: first(element, "[data-time-ms], [data-time]").and_then(time),
        text: Some(text).filter(|t| !t.is_empty()),
        language: owned(body, "lang"),
        entities,
        conversation_id: owned(element, "data-conversation-id"),
        card: card(element),
        ..Post::default()
    };
    for (name, places) in [
        ("replies", ".ProfileTweet-action--reply [data-tweet-stat-count]"),
        (
            "reposts",
            ".ProfileTweet-action--retweet [data-tweet-stat-count], .js-stat-retweets [data-tweet-stat-count]",
        ),
        (
            "likes",
            ".ProfileTweet-action--favorite [data-tweet-stat-count], .js-stat-favorites [data-tweet-stat-count]",
        ),
    ] {
        let count = first(element, places).and_then(|e| e.attr("data-tweet-stat-count")?.parse().ok());
        post.count(name, count);
    }
    media(element, &mut post);
    if let Some(quoted) = first(element, ".QuoteTweet-innerContainer[data-item-id]") {
        let id = owned(quoted, "data-item-id");
        post.relate(Related {
            url: id
                .as_deref()
                .and_then(|id| tweet::address(quoted.attr("data-screen-name"), id)),
            id,
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
        let above = all_of(page, ".permalink-in-reply-tos div.tweet[data-tweet-id]");
        post.relate(match above.take(MOST).last() {
            None => Related::new(Relation::Parent),
            Some(parent) => {
                let id = owned(parent, "data-tweet-id");
                Related {
                    url: id
                        .as_deref()
                        .and_then(|id| tweet::address(parent.attr("data-screen-name"), id)),
                    id,
                    author_id: owned(parent, "data-user-id"),
                    author_handle: owned(parent, "data-screen-name"),
                    author_name: owned(parent, "data-name"),
                    posted_at: first(parent, "[data-time-ms], [data-time]").and_then(time),
                    text: first(parent, "p.tweet-text").map(|e| text_of(e).0),
                    present: true,
                    ..Related::new(Relation::Parent)
                }
            }
        });
    }
    Some(post)
}

/// The page for phones, until 2020: tables, without a time that a program can read.
fn for_phones(page: ElementRef<'_>, id: &str) -> Option<Post> {
    let element = first(page, "table.main-tweet")?;
    let body = all_of(element, ".tweet-text[data-id]").find(|e| e.attr("data-id") == Some(id))?;
    let handle = first(element, ".username").map(|e| text_of(e).0.trim_start_matches('@').to_owned());
    let (text, entities) = text_of(first(body, ".dir-ltr, .dir-rtl").unwrap_or(body));
    Some(Post {
        id: id.to_owned(),
        url: tweet::address(handle.as_deref(), id),
        author_name: first(element, ".fullname").map(|e| text_of(e).0),
        author_handle: handle,
        text: Some(text).filter(|t| !t.is_empty()),
        entities,
        ..Post::default()
    })
}

/// The page of 2010 and 2011.
fn early(page: ElementRef<'_>, id: &str) -> Option<Post> {
    let element = first(page, "#permalink")?;
    let link = first(element, "a.entry-date")?;
    (status_id(link.attr("href")?).as_deref() == Some(id)).then_some(())?;
    let handle = first(page, ".user-info a.screen-name").map(|e| text_of(e).0);
    let (text, entities) = text_of(first(element, ".entry-content")?);
    let time = first(link, "[data]").and_then(|e| {
        let (_, time) = e.attr("data")?.split_once("time:'")?;
        tweet::posted_at(time.split('\'').next()?)
    });
    Some(Post {
        id: id.to_owned(),
        url: tweet::address(handle.as_deref(), id),
        author_name: first(page, ".user-info .full-name").map(|e| text_of(e).0),
        author_handle: handle,
        posted_at: time,
        text: Some(text).filter(|t| !t.is_empty()),
        entities,
        ..Post::default()
    })
}

/// What the pages of about 2022 said for search engines (schema.org's `SocialMediaPosting`).
fn for_search(page: ElementRef<'_>, id: &str) -> Option<Post> {
    let value = |scope: ElementRef<'_>, name: &str| -> Option<String> {
        let found = first(scope, &format!("[itemprop={name}]"))?;
        owned(found, "content").or_else(|| Some(text_of(found).0).filter(|t| !t.is_empty()))
    };
    let is_it = |e: &ElementRef<'_>| value(*e, "identifier").as_deref() == Some(id);
    let element = all_of(page, "[itemtype$='schema.org/SocialMediaPosting']")
        .take(MOST)
        .find(is_it)?;
    let author = first(element, "[itemprop=author]");
    let handle = author.and_then(|author| value(author, "additionalName"));
    let mut post = Post {
        id: id.to_owned(),
        url: tweet::address(handle.as_deref(), id),
        author_id: author.and_then(|author| value(author, "identifier")),
        author_name: author.and_then(|author| value(author, "givenName").or_else(|| value(author, "name"))),
        author_handle: handle,
        posted_at: value(element, "datePublished")
            .or_else(|| value(element, "dateCreated"))
            .and_then(|t| utc(&t)),
        text: value(element, "articleBody"),
        ..Post::default()
    };
    let mut replies = None;
    for counter in all(element, "[itemprop=interactionStatistic]") {
        let count = value(counter, "userInteractionCount").and_then(|n| n.parse().ok());
        match value(counter, "interactionType").unwrap_or_default().rsplit('/').next() {
            Some("LikeAction") => post.count("likes", count),
            Some("ShareAction") => post.count("reposts", count),
            Some("CommentAction") => replies = count,
            _ => {}
        }
    }
    post.count(
        "replies",
        replies.or_else(|| value(element, "commentCount")?.parse().ok()),
    );
    for photo in all(
        element,
        "[itemprop=image] [itemprop=contentUrl], [itemprop=sharedContent] [itemprop=contentUrl]",
    ) {
        if let Some(url) = owned(photo, "content").or_else(|| owned(photo, "href")) {
            post.media.push(Media {
                kind: "photo".to_owned(),
                url,
                ..Media::default()
            });
        }
    }
    Some(post)
}

/// What pages say for previews (Open Graph): the author's name in the title, the text in quotation marks.
fn for_previews(page: ElementRef<'_>, id: &str) -> Option<Post> {
    let value = |name: &str| {
        let css = format!("meta[property='og:{name}'], meta[name='og:{name}']");
        first(page, &css).and_then(|e| owned(e, "content"))
    };
    let address = value("url")?;
    let address = unwrapped(&address);
    let named = match super::recognise(&address.parse().ok()?)? {
        Recognised::Post(named) if named.id == id => named,
        _ => return None,
    };
    let title = value("title")?;
    let name = [" on Twitter", " on X", " / Twitter", " / X"]
        .into_iter()
        .find_map(|end| title.split_once(end))
        .map(|(name, _)| name.rsplit_once(" (@").map_or(name, |(name, _)| name).trim().to_owned());
    let said = value("description")?;
    let marks = ['“', '”', '"'];
    let text = said.trim().strip_prefix(marks)?.strip_suffix(marks)?.to_owned();
    Some(Post {
        id: id.to_owned(),
        url: tweet::address(named.handle.as_deref(), id),
        author_handle: named.handle,
        author_name: name.filter(|name| !name.is_empty()),
        text: Some(text).filter(|t| !t.is_empty()),
        ..Post::default()
    })
}

fn all_of<'a>(element: ElementRef<'a>, css: &str) -> impl Iterator<Item = ElementRef<'a>> {
    let selector = Selector::parse(css).ok();
    let found: Vec<_> = selector.map(|s| element.select(&s).collect()).unwrap_or_default();
    found.into_iter()
}

fn all<'a>(element: ElementRef<'a>, css: &str) -> Vec<ElementRef<'a>> {
    all_of(element, css).take(MOST).collect()
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
    let href = unwrapped(a.attr("href").unwrap_or(""));
    let absolute = |href: &str| match href.strip_prefix('/') {
        Some(path) => format!("https://twitter.com/{path}"),
        None => href.to_owned(),
    };
    let expanded = a.attr("data-expanded-url").map(unwrapped).filter(|url| !url.is_empty());
    if let Some(expanded) = expanded {
        text.truncate(start);
        text.push_str(expanded);
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
        url: Some(expanded.map_or_else(|| absolute(href), str::to_owned)).filter(|u| !u.is_empty()),
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
    // Until 2015 a picture stands as a link to its larger form.
    for photo in all(element, "[data-resolved-url-large]") {
        if let (false, Some(url)) = (is_quoted(&photo), owned(photo, "data-resolved-url-large")) {
            post.media.push(Media {
                kind: "photo".to_owned(),
                url,
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

    #[test]
    fn a_post_is_read_from_the_pages_of_every_era_as_far_as_they_tell_it() {
        let of_2012 = r#"<link href="https://twitter.com/ada_b/status/55" rel="canonical"><div class="tweet permalink-tweet js-original-tweet" data-tweet-id="55" data-screen-name="ada_b" data-name="Ada B." data-user-id="7">
          <span class="_timestamp" data-time="1343000000">23 Jul</span><p class="js-tweet-text tweet-text">The weir holds <a href="/web/20120724000000/http://t.co/a" data-expanded-url="http://river.example/">river.example</a></p>
          <a class="media-thumbnail" data-resolved-url-large="https://pbs.twimg.com/media/A.jpg:large"></a>
          <li class="js-stat-retweets"><a data-tweet-stat-count="4">4</a></li></div>"#;
        let for_phones = r#"<table class="main-tweet"><tr><td><div class="fullname"><strong>Ada B.</strong></div><span class="username"><span>@</span>ada_b</span></td></tr>
          <tr><td><div class="tweet-text" data-id="55"><div class="dir-ltr" dir="ltr">The weir holds <a href="https://t.co/a" data-url="x" class="twitter_external_link">river.example</a></div></div><div class="metadata"><a href="/ada_b/status/55?p=p">11:41 PM - 23 Jul 2012</a></div></td></tr></table>"#;
        let of_2010 = r#"<div id="permalink"><span class="status-content"><span class="entry-content">The weir holds</span></span><a class="entry-date" rel="bookmark" href="http://twitter.com/ada_b/status/55"><span class="published timestamp" data="{time:'Mon Jul 23 03:33:20 +0000 2012'}">3:33 AM</span></a></div>
          <div class="user-info"><a class="tweet-url screen-name" href="/ada_b">ada_b</a><div class="full-name">Ada B.</div></div>"#;
        let of_2022 = r#"<link rel="canonical" href="https://web.archive.org/web/20220301000000/https://twitter.com/ada_b/status/55"><div itemscope itemtype="https://schema.org/SocialMediaPosting"><meta itemprop="identifier" content="55"><meta itemprop="datePublished" content="2012-07-23T03:33:20.000Z">
          <div itemprop="author" itemscope><meta itemprop="additionalName" content="ada_b"><meta itemprop="givenName" content="Ada B."><meta itemprop="identifier" content="7"></div><div itemprop="articleBody">The weir holds</div>
          <div itemprop="interactionStatistic"><meta itemprop="interactionType" content="https://schema.org/LikeAction"><meta itemprop="userInteractionCount" content="9"></div></div>"#;
        let preview = r#"<meta property="og:url" content="https://twitter.com/ada_b/status/55"><meta property="og:title" content="Ada B. on Twitter"><meta property="og:description" content="“The weir holds”"><div id="react-root"></div>"#;
        for (name, html, time, counts, media) in [
            ("2012", of_2012, Some("2012-07-22T23:33:20Z"), 1, 1),
            ("phones", for_phones, None, 0, 0),
            ("2010", of_2010, Some("2012-07-23T03:33:20Z"), 0, 0),
            ("2022", of_2022, Some("2012-07-23T03:33:20.000Z"), 1, 0),
            ("preview", preview, None, 0, 0),
        ] {
            let (document, _) = article::parse(html);
            assert_eq!(own_id(&document).as_deref(), Some("55"), "{name}");
            let post = of_document(&document, "55").unwrap_or_else(|| panic!("{name}"));
            assert!(
                post.text.as_deref().unwrap().starts_with("The weir holds"),
                "{name}: {post:?}"
            );
            assert_eq!(post.posted_at.as_deref(), time, "{name}");
            assert_eq!(post.author_handle.as_deref(), Some("ada_b"), "{name}");
            assert_eq!(post.author_name.as_deref(), Some("Ada B."), "{name}");
            assert_eq!(
                (post.counts.len(), post.media.len()),
                (counts, media),
                "{name}: {post:?}"
            );
            assert_eq!(of_document(&document, "56"), None, "{name}");
        }
        let (document, _) = article::parse(of_2012);
        let post = of_document(&document, "55").unwrap();
        assert_eq!(post.text.as_deref(), Some("The weir holds http://river.example/"));
    }

    #[test]
    fn what_a_page_says_in_the_place_of_a_post_is_told_apart() {
        for (html, outcome, reason) in [
            (
                "<div id=content><h1>Account suspended</h1></div>",
                Outcome::Suspended,
                "page_account_suspended",
            ),
            (
                "<div class=errorpage-body-content><h1>Sorry, that page doesn’t exist!</h1></div>",
                Outcome::NotFound,
                "page_not_found",
            ),
            (
                "<h2 class=ProtectedTimeline-heading>This account's Tweets are protected.</h2>",
                Outcome::Protected,
                "page_protected",
            ),
            (
                "<div class=ThreadedConversation-tombstone>This Tweet is from a suspended account.</div>",
                Outcome::Suspended,
                "tombstone_suspended",
            ),
            ("<div id=react-root></div>", Outcome::Walled, "page_without_post"),
        ] {
            let said = statement(&article::parse(html).0).unwrap();
            assert_eq!((said.outcome, said.reason.as_str()), (outcome, reason), "{html}");
        }
        assert_eq!(
            statement(&article::parse("<p>Account suspended, says a reader").0),
            None
        );
    }
}
