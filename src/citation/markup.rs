//! Places where something is embedded, to what they embed: which address, in which form, and what the markup claims of
//! the post's author, date and text.

use serde_json::Value;
use url::Url;

use super::{Claim, Form, flattened};
use crate::article::page::{Mark, Provenance};
use crate::platform::{self, PostRef, Recognised, link, x};

/// Attributes that hold the address of what is embedded, the surest first.
const ADDRESS_ATTRIBUTES: &[&str] = &[
    "data-instgrm-permalink",
    "data-text-post-permalink",
    "cite",
    "data-embed-url",
    "data-url",
    "data-href",
    "data-tweet-url",
    "data-twitter-url",
    "data-embedded-url",
    "data-oembed-url",
    "data-feed",
    "data-iframely-url",
    "data-onebox-src",
    "src",
    "data-src",
    "data-lazy-src",
    "data-iframe-src",
    "uc-src",
    "data-cmplz-src",
    "data-src-cmplz",
    "data-cookieblock-src",
    "suppressedsrc",
    "data-uc-src",
    "data-consent-src",
    "href",
];

/// Attributes that hold no address but an id: name or class of the element (empty: any), attribute, what stands before
/// the id, and the address that the id makes.
const IDS: &[(&str, &str, &str, &str)] = &[
    ("", "data-tweet-id", "", "https://x.com/i/status/{}"),
    ("", "data-tweetid", "", "https://x.com/i/status/{}"),
    ("", "data-twitter-tweet-id", "", "https://x.com/i/status/{}"),
    ("", "tweet-id", "", "https://x.com/i/status/{}"),
    ("", "data-tweet", "", "https://x.com/i/status/{}"),
    ("", "data-id", "", "https://x.com/i/status/{}"),
    ("embetty-tweet", "status", "", "https://x.com/i/status/{}"),
    ("", "data-bluesky-uri", "at://", "https://embed.bsky.app/embed/{}"),
    ("", "id", "vk_post_", "https://vk.com/wall{}"),
    ("", "data-telegram-post", "", "https://t.me/{}"),
    ("", "data-ytid", "", "https://www.youtube.com/watch?v={}"),
    ("", "data-youtube-id", "", "https://www.youtube.com/watch?v={}"),
    ("amp-youtube", "data-videoid", "", "https://www.youtube.com/watch?v={}"),
    ("lite-youtube", "videoid", "", "https://www.youtube.com/watch?v={}"),
    ("youtube-player", "data-id", "", "https://www.youtube.com/watch?v={}"),
    (
        "youtube-onebox",
        "data-video-id",
        "",
        "https://www.youtube.com/watch?v={}",
    ),
    (
        "plyr__video-embed",
        "data-plyr-embed-id",
        "",
        "https://www.youtube.com/watch?v={}",
    ),
    ("plyr__video-embed", "data-plyr-embed-id", "", "https://vimeo.com/{}"),
    (
        "t-video-lazyload",
        "data-videolazy-id",
        "",
        "https://www.youtube.com/watch?v={}",
    ),
    ("lyMe", "id", "WYL_", "https://www.youtube.com/watch?v={}"),
    ("amp-vimeo", "data-videoid", "", "https://vimeo.com/{}"),
    (
        "amp-dailymotion",
        "data-videoid",
        "",
        "https://www.dailymotion.com/video/{}",
    ),
    ("amp-instagram", "data-shortcode", "", "https://www.instagram.com/p/{}/"),
    ("tiktok-embed", "data-video-id", "", "https://www.tiktok.com/@/video/{}"),
    ("amp-tiktok", "data-src", "", "https://www.tiktok.com/@/video/{}"),
    // The forum extension s9e/TextFormatter.
    (
        "",
        "src",
        "https://s9e.github.io/iframe/2/twitter.min.html#",
        "https://x.com/i/status/{}",
    ),
];

/// Classes of buttons and boxes that name a post or page to be liked, shared or followed.
const BUTTONS: &[&str] = &[
    "fb-like",
    "fb-share-button",
    "fb-send",
    "fb-save",
    "fb-follow",
    "fb-page",
    "fb-comments",
    "twitter-share-button",
    "twitter-follow-button",
    "twitter-timeline",
    "g-ytsubscribe",
];

/// Longest id, in bytes.
const LONGEST_ID: usize = 200;

/// Longest properties of a component that are looked at, in bytes: what names more is no embed but a page.
const LONGEST_PROPERTIES: usize = 4 << 10;

/// Strings of one data island that are looked at.
const STRINGS: usize = 200_000;

/// Places in one script where data are looked for.
const ATTEMPTS: usize = 50;

/// One embedded thing.
#[derive(Debug)]
pub struct Found {
    /// What.
    pub post: PostRef,
    /// How.
    pub form: Form,
    /// The address as it stood, if one did.
    pub raw_url: Option<String>,
    /// What the markup claims.
    pub claim: Claim,
}

/// What `mark` embeds; several things only where one element names several.
pub fn read(mark: &Mark, base: Option<&Url>, language: Option<&str>) -> Vec<Found> {
    if classes(mark).any(|class| BUTTONS.contains(&class)) {
        return Vec::new();
    }
    match mark.provenance {
        Provenance::Container => container(mark, base, language).into_iter().collect(),
        Provenance::Frame => frame(mark, base).into_iter().collect(),
        Provenance::Attribute => attribute(mark, base),
        Provenance::Script => Vec::new(),
    }
}

/// An embed element. What its attributes name is surest, except of X: there the post's own address is the last status
/// link in it, since attributes of copies are stale, and a quoted or answered post's address stands before.
fn container(mark: &Mark, base: Option<&Url>, language: Option<&str>) -> Option<Found> {
    let linked = |wanted: &dyn Fn(&PostRef) -> bool| {
        let posts = mark.links.iter().rev();
        let mut posts = posts.filter_map(|(href, _)| Some((Some(href.clone()), post_at(href, base)?)));
        posts.find(|(_, post)| wanted(post))
    };
    let is_x = |post: &PostRef| post.platform == x::PLATFORM.name;
    let (raw_url, post, form) = if let Some((raw_url, post)) = says_tweet(mark).then(|| linked(&is_x)).flatten() {
        (raw_url, post, Form::Embed)
    } else if let Some((raw_url, post, form)) = in_attributes(mark, base) {
        // An attribute may hold the id alone where the link has the author as well.
        let fuller =
            linked(&|other| (other.platform, &other.id) == (post.platform, &post.id) && other.handle.is_some());
        match fuller.filter(|_| post.handle.is_none()) {
            Some((_, fuller)) => (raw_url, fuller, form),
            None => (raw_url, post, form),
        }
    } else if let Some((raw_url, post)) = linked(&|_| true) {
        (raw_url, post, Form::Embed)
    } else {
        let printed = link::addresses(&mark.text);
        let post = printed.into_iter().rev().find_map(|(_, url)| post_of(&url))?;
        (None, post, Form::Embed)
    };
    let mut claim = claim(mark, language);
    for (name, value) in &mark.attributes {
        if name == "data-attrs" {
            fill_from_json(&mut claim, value);
        }
    }
    Some(Found {
        post,
        form,
        raw_url,
        claim,
    })
}

fn frame(mark: &Mark, base: Option<&Url>) -> Option<Found> {
    let (raw_url, post, _) = in_attributes(mark, base)?;
    Some(Found {
        post,
        form: Form::Frame,
        raw_url,
        claim: Claim::default(),
    })
}

/// The words of an element's classes.
fn classes(mark: &Mark) -> impl Iterator<Item = &str> {
    let classes = mark.attributes.iter().filter(|(name, _)| name == "class");
    classes.flat_map(|(_, value)| value.split_ascii_whitespace())
}

/// Whether an element says by its name or classes that it shows a post of X.
fn says_tweet(mark: &Mark) -> bool {
    classes(mark)
        .chain([mark.name.as_str()])
        .any(|word| word.contains("twit") || word.contains("tweet"))
}

/// The post that an element's attributes name: by an id, or by an address, the surest attribute first.
fn in_attributes(mark: &Mark, base: Option<&Url>) -> Option<(Option<String>, PostRef, Form)> {
    let rank = |name: &str| {
        ADDRESS_ATTRIBUTES
            .iter()
            .position(|known| *known == name)
            .unwrap_or(usize::MAX)
    };
    if let Some(post) = amp_vk(mark) {
        return Some((None, post, Form::Embed));
    }
    let found = mark.attributes.iter().filter_map(|(name, value)| {
        if let Some(post) = by_id(mark, name, value) {
            // After the addresses that are known to be sure: they name the author as well.
            return Some((ADDRESS_ATTRIBUTES.len(), name, value, post));
        }
        let post = substack(name, value).or_else(|| post_at(value, base))?;
        Some((rank(name), name, value, post))
    });
    let (_, _, value, post) = found.min_by_key(|(rank, ..)| *rank)?;
    let form = if mark.name == "iframe" {
        Form::Frame
    } else {
        Form::Embed
    };
    Some((value.contains('/').then(|| value.clone()), post, form))
}

/// Some element that names posts in its attributes: placeholders of consent tools, lazy loaders and widgets.
fn attribute(mark: &Mark, base: Option<&Url>) -> Vec<Found> {
    let mut found: Vec<Found> = Vec::new();
    for (name, value) in &mark.attributes {
        // Pictures and styles are no citations, and share buttons name the page, not a post.
        if matches!(
            name.as_str(),
            "style" | "class" | "id" | "srcset" | "data-srcset" | "alt" | "title" | "onclick"
        ) {
            continue;
        }
        let in_markup = || value.contains('<').then(|| posts_in(value).pop()).flatten();
        let post = by_id(mark, name, value)
            .or_else(|| post_at(value, base))
            .or_else(in_markup)
            .or_else(|| in_properties(value));
        if let Some(post) = post
            && !found.iter().any(|f| f.post == post)
        {
            let raw_url = value.contains('/').then(|| value.clone());
            let form = if mark.name == "a" { Form::Link } else { Form::Embed };
            found.push(Found {
                post,
                form,
                raw_url,
                claim: Claim::default(),
            });
        }
    }
    found
}

/// The one post that the properties of a component name, as JSON in an attribute.
fn in_properties(value: &str) -> Option<PostRef> {
    if value.len() > LONGEST_PROPERTIES || !value.starts_with(['{', '[']) {
        return None;
    }
    let plain = value.replace("\\/", "/");
    let mut posts = link::addresses(&plain).into_iter().filter_map(|(_, url)| post_of(&url));
    let first = posts.next()?;
    posts
        .all(|post| (post.platform, &post.id) == (first.platform, &first.id))
        .then_some(first)
}

/// The post that an attribute names by its id alone.
fn by_id(mark: &Mark, name: &str, value: &str) -> Option<PostRef> {
    let is_here = |word: &str| word.is_empty() || mark.name == word || classes(mark).any(|class| class == word);
    let may_be_id = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.' | ':' | '/' | '#');
    if value.len() < 2 || value.len() > LONGEST_ID || !value.chars().all(may_be_id) {
        return None;
    }
    let known = IDS
        .iter()
        .filter(|(word, attribute, ..)| *attribute == name && is_here(word));
    known
        .filter_map(|(_, _, before, address)| Url::parse(&address.replace("{}", value.strip_prefix(before)?)).ok())
        .find_map(|url| post_of(&url))
}

fn absolute(value: &str, base: Option<&Url>) -> Option<Url> {
    let value = value.trim();
    let url = match Url::parse(value) {
        Ok(url) => url,
        Err(url::ParseError::RelativeUrlWithoutBase) if value.starts_with("//") => {
            Url::parse(&format!("https:{value}")).ok()?
        }
        Err(url::ParseError::RelativeUrlWithoutBase) => base?.join(value).ok()?,
        Err(_) => return None,
    };
    matches!(url.scheme(), "http" | "https").then_some(url)
}

/// The post that an address names, directly, in a wrapper, or in one of its parameters (embed services and players).
pub fn post_at(value: &str, base: Option<&Url>) -> Option<PostRef> {
    if value.len() > 16 << 10 || !value.contains(['/', '%']) {
        return None;
    }
    // A player's address is often relative; what it embeds is in its parameters, whatever its own host.
    let url = absolute(value, base).or_else(|| Url::parse("https://relative.invalid/").ok()?.join(value).ok())?;
    post_of(&url).or_else(|| {
        let named = url
            .query_pairs()
            .filter(|(name, _)| matches!(&**name, "url" | "src" | "href" | "u" | "link" | "tweet" | "source"));
        named
            .filter_map(|(_, inner)| Url::parse(&inner).ok())
            .find_map(|inner| post_of(&inner))
    })
}

/// The post that an address is of.
pub fn post_of(url: &Url) -> Option<PostRef> {
    let opened = link::opened(url);
    match platform::recognise(opened.as_ref().unwrap_or(url))? {
        (_, Recognised::Post(post)) => Some(post),
        _ => None,
    }
}

/// What the embed's own words claim: text, then `— Name (@handle) date`.
fn claim(mark: &Mark, language: Option<&str>) -> Claim {
    let text = mark.text.trim();
    let mut lines = Vec::new();
    let mut at = 0;
    for line in text.split('\n') {
        if !line.trim().is_empty() {
            lines.push(at..at + line.len());
        }
        at += line.len() + 1;
    }
    let Some(mut found) = flattened::find(text, &lines, language).into_iter().next_back() else {
        return Claim::default();
    };
    // In markup the element ends where the post ends, so all before the signature is the post's.
    if let Some(signature) = &found.signature {
        let words: Vec<&str> = flattened::after_view(&text[..signature.start])
            .split_whitespace()
            .filter(|w| !is_picture(w))
            .collect();
        found.claim.text = Some(words.join(" ")).filter(|t| !t.is_empty());
    }
    found.claim
}

fn is_picture(word: &str) -> bool {
    ["pic.twitter.com/", "pic.x.com/"]
        .iter()
        .any(|start| word.starts_with(start))
}

/// What is embedded as JSON in an attribute, as newsletters of one publishing system carry it (Substack's `data-attrs`):
/// by its address, or by its id.
fn substack(name: &str, value: &str) -> Option<PostRef> {
    const IDS: &[(&str, &str)] = &[
        ("instagram_id", "https://www.instagram.com/p/{}/"),
        ("videoId", "https://www.youtube.com/watch?v={}"),
        ("videoId", "https://vimeo.com/{}"),
    ];
    if name != "data-attrs" {
        return None;
    }
    let json: Value = serde_json::from_str(value).ok()?;
    let by_id = || {
        let known = IDS
            .iter()
            .filter_map(|(member, address)| Some(address.replace("{}", json[*member].as_str()?)));
        known.into_iter().find_map(|address| post_at(&address, None))
    };
    json["url"].as_str().and_then(|url| post_at(url, None)).or_else(by_id)
}

/// AMP's element for VK holds owner and post in two attributes.
fn amp_vk(mark: &Mark) -> Option<PostRef> {
    let value = |wanted: &str| {
        mark.attributes
            .iter()
            .find(|(name, _)| name == wanted)
            .map(|(_, value)| value)
    };
    let (owner, post) = (value("data-owner-id")?, value("data-post-id")?);
    post_at(&format!("https://vk.com/wall{owner}_{post}"), None).filter(|_| mark.name == "amp-vk")
}

fn fill_from_json(claim: &mut Claim, value: &str) {
    let Ok(json) = serde_json::from_str::<Value>(value) else {
        return;
    };
    let member = |key: &str| json[key].as_str().filter(|v| !v.is_empty()).map(str::to_owned);
    claim.author_name = claim.author_name.take().or_else(|| member("name"));
    claim.author_handle = claim.author_handle.take().or_else(|| member("username"));
    claim.date_text = claim.date_text.take().or_else(|| member("date"));
    claim.text = claim.text.take().or_else(|| member("full_text"));
}

/// A post in a data island.
pub struct InScript {
    /// The post.
    pub post: PostRef,
    /// The string that names it.
    pub raw: String,
    /// The last words of the paragraph before it in the island, if one is there.
    pub after: Option<String>,
}

/// Posts in a data island. Only what a story's own body embeds is named so that it counts: lists of other stories, feeds
/// and metrics are not.
pub fn in_script(mark: &Mark) -> Vec<InScript> {
    let mut found = Vec::new();
    let mut paragraph = None;
    for json in islands(&mark.text) {
        let mut waiting = vec![(json, false)];
        let mut seen = 0;
        while let Some((value, in_body)) = waiting.pop() {
            seen += 1;
            if seen > STRINGS {
                break;
            }
            match value {
                Value::Array(items) => waiting.extend(items.into_iter().rev().map(|v| (v, in_body))),
                Value::Object(members) => {
                    let in_body = in_body || members.get("type").and_then(Value::as_str).is_some_and(is_body);
                    let members: Vec<(String, Value)> = members.into_iter().collect();
                    for (name, value) in members.into_iter().rev() {
                        if !is_elsewhere(&name) {
                            let in_body = in_body || is_body(&name);
                            waiting.push((value, in_body));
                        }
                    }
                }
                Value::String(text) => {
                    let post = in_body.then(|| posts_in(&text).pop()).flatten();
                    if let Some(post) = post {
                        found.push(InScript {
                            post,
                            raw: text,
                            after: paragraph.clone(),
                        });
                    } else if let Some(words) = last_words(&text) {
                        paragraph = Some(words);
                    }
                }
                _ => {}
            }
        }
    }
    found
}

/// The end of a paragraph, as far as no markup interrupts it, long enough to be found in the story; `None` of what is
/// none.
fn last_words(text: &str) -> Option<String> {
    const CHARACTERS: usize = 60;
    const FEWEST: usize = 20;
    let mut text = text.trim();
    while let Some(start) = text.rfind('<').filter(|_| text.ends_with('>')) {
        text = text[..start].trim_end();
    }
    let text = &text[text.rfind(['>', '\n']).map_or(0, |at| at + 1)..];
    let is_prose = (text.contains(' ') || !text.is_ascii()) && text.ends_with(|c: char| !c.is_alphanumeric());
    text.char_indices().rev().nth(FEWEST - 1)?;
    let start = text.char_indices().rev().take(CHARACTERS).last()?.0;
    is_prose.then(|| text[start..].to_owned())
}

/// Names of members, and of kinds of objects, in which publishing systems keep the embeds of a story's body.
fn is_body(name: &str) -> bool {
    matches!(
        name,
        "raw_oembed" | "content_elements" | "articleBody" | "oembed" | "embed" | "embeds" | "tweet" | "tweets"
    )
}

/// Members under which they keep other stories.
fn is_elsewhere(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    [
        "related",
        "recommend",
        "trending",
        "popular",
        "promo",
        "latest",
        "sameas",
        "social",
        "author",
        "credits",
        "publisher",
    ]
    .iter()
    .any(|word| name.contains(word))
}

/// The JSON values in a script: the whole of it, or what is assigned to a variable.
fn islands(script: &str) -> Vec<Value> {
    let text = script.trim();
    if let Ok(value) = serde_json::from_str(text) {
        return vec![value];
    }
    let mut values = Vec::new();
    let mut at = 0;
    // Assignments of literals: `window.x = {…};`. What is no JSON is given up soon, and not often.
    for _ in 0..ATTEMPTS {
        let Some(found) = text[at..].find("={").into_iter().chain(text[at..].find("= {")).min() else {
            break;
        };
        let start = at + found + text[at + found..].find('{').unwrap_or(0);
        let mut stream = serde_json::Deserializer::from_str(&text[start..]).into_iter::<Value>();
        match stream.next() {
            Some(Ok(value)) => {
                at = start + stream.byte_offset();
                values.push(value);
            }
            _ => at = start + 1,
        }
    }
    values
}

fn posts_in(text: &str) -> Vec<PostRef> {
    if text.len() > 64 << 10 || !text.contains('/') {
        return Vec::new();
    }
    // An embed's markup names its own post last.
    link::addresses(text)
        .into_iter()
        .rev()
        .find_map(|(_, url)| post_of(&url))
        .into_iter()
        .collect()
}
