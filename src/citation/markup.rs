//! Places where something is embedded, to what they embed: which address, in which form, and what the markup claims of
//! the post's author, date and text.

use serde_json::Value;
use url::Url;

use super::{Claim, Form, flattened};
use crate::article::page::{Mark, Provenance};
use crate::platform::{self, PostRef, Recognised, link};

/// Hosts whose frames and embeds are posts or videos, though their grammar is not known here yet.
const OTHER_PLATFORMS: &[&str] = &[
    "youtube.com",
    "youtube-nocookie.com",
    "youtu.be",
    "instagram.com",
    "facebook.com",
    "fb.watch",
    "tiktok.com",
    "vimeo.com",
    "dailymotion.com",
    "reddit.com",
    "redditmedia.com",
    "t.me",
    "bsky.app",
    "truthsocial.com",
    "threads.net",
    "threads.com",
    "linkedin.com",
    "vk.com",
    "tumblr.com",
    "pinterest.com",
    "weibo.com",
];

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

/// Strings of one data island that are looked at.
const STRINGS: usize = 200_000;

/// Places in one script where data are looked for.
const ATTEMPTS: usize = 50;

/// What a mark embeds.
#[derive(Debug, PartialEq)]
pub enum Embedded {
    /// A post of a known platform.
    Post(PostRef),
    /// A post or video of another platform.
    Other(Url),
}

/// One embedded thing.
#[derive(Debug)]
pub struct Found {
    /// What.
    pub what: Embedded,
    /// How.
    pub form: Form,
    /// The address as it stood, if one did.
    pub raw_url: Option<String>,
    /// What the markup claims.
    pub claim: Claim,
}

/// What `mark` embeds; several things only where one element names several.
pub fn read(mark: &Mark, base: Option<&Url>, language: Option<&str>) -> Vec<Found> {
    match mark.provenance {
        Provenance::Container => container(mark, base, language).into_iter().collect(),
        Provenance::Frame => frame(mark, base).into_iter().collect(),
        Provenance::Attribute => attribute(mark, base),
        Provenance::Script => Vec::new(),
    }
}

/// An embed element. The post's own address is the last status link in it: a quoted or answered post's stands before.
fn container(mark: &Mark, base: Option<&Url>, language: Option<&str>) -> Option<Found> {
    let is_frame = |n: &str| n == "data-tweet-id" && mark.name == "iframe";
    let claim = || claim(mark, language);
    if let Some((href, post)) = mark
        .links
        .iter()
        .rev()
        .find_map(|(href, _)| Some((href, post_at(href, base)?)))
    {
        return Some(Found {
            what: Embedded::Post(post),
            form: Form::Embed,
            raw_url: Some(href.clone()),
            claim: claim(),
        });
    }
    for (name, value) in &mark.attributes {
        let post = if is_id_attribute(name) { post_by_id(value) } else { None };
        if let Some(post) = post.or_else(|| substack(name, value)).or_else(|| post_at(value, base)) {
            let form = if is_frame(name) { Form::Frame } else { Form::Embed };
            let raw_url = value.contains('/').then(|| value.clone());
            let mut claim = claim();
            if name == "data-attrs" {
                fill_from_json(&mut claim, value);
            }
            return Some(Found {
                what: Embedded::Post(post),
                form,
                raw_url,
                claim,
            });
        }
    }
    if let Some((_, post)) = link::addresses(&mark.text)
        .into_iter()
        .rev()
        .find_map(|(r, url)| Some((r, post_of(&url)?)))
    {
        return Some(Found {
            what: Embedded::Post(post),
            form: Form::Embed,
            raw_url: None,
            claim: claim(),
        });
    }
    let addresses = ADDRESS_ATTRIBUTES
        .iter()
        .flat_map(|wanted| mark.attributes.iter().filter(move |(n, _)| n == wanted));
    let (raw, url) = addresses
        .map(|(_, value)| value)
        .chain(mark.links.iter().map(|(href, _)| href))
        .find_map(|value| Some((value, other_platform(&absolute(value, base)?)?)))?;
    Some(Found {
        what: Embedded::Other(url),
        form: Form::Embed,
        raw_url: Some(raw.clone()),
        claim: Claim::default(),
    })
}

fn frame(mark: &Mark, base: Option<&Url>) -> Option<Found> {
    for (name, value) in &mark.attributes {
        let by_id = if is_id_attribute(name) { post_by_id(value) } else { None };
        if let Some(post) = by_id.or_else(|| post_at(value, base)) {
            let raw_url = value.contains('/').then(|| value.clone());
            return Some(Found {
                what: Embedded::Post(post),
                form: Form::Frame,
                raw_url,
                claim: Claim::default(),
            });
        }
    }
    let addresses = ADDRESS_ATTRIBUTES
        .iter()
        .flat_map(|wanted| mark.attributes.iter().filter(move |(n, _)| n == wanted));
    let (raw, url) = addresses
        .map(|(_, v)| v)
        .find_map(|value| Some((value, other_platform(&absolute(value, base)?)?)))?;
    Some(Found {
        what: Embedded::Other(url),
        form: Form::Frame,
        raw_url: Some(raw.clone()),
        claim: Claim::default(),
    })
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
        let by_id = if is_id_attribute(name) { post_by_id(value) } else { None };
        let in_markup = || value.contains('<').then(|| posts_in(value).pop()).flatten();
        if let Some(post) = by_id.or_else(|| post_at(value, base)).or_else(in_markup)
            && !found
                .iter()
                .any(|f| matches!(&f.what, Embedded::Post(p) if p.id == post.id))
        {
            let raw_url = value.contains('/').then(|| value.clone());
            found.push(Found {
                what: Embedded::Post(post),
                form: Form::Embed,
                raw_url,
                claim: Claim::default(),
            });
        }
    }
    found
}

fn is_id_attribute(name: &str) -> bool {
    matches!(
        name,
        "data-tweet-id" | "data-tweetid" | "data-twitter-tweet-id" | "tweet-id" | "data-tweet" | "data-id" | "status"
    )
}

/// A post that only its id names, in an attribute that holds ids of X's posts.
fn post_by_id(value: &str) -> Option<PostRef> {
    let is_id = (2..=19).contains(&value.len()) && value.bytes().all(|b| b.is_ascii_digit());
    is_id
        .then(|| {
            Url::parse(&format!("https://x.com/i/status/{value}"))
                .ok()
                .and_then(|u| post_of(&u))
        })
        .flatten()
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
    match platform::recognise(&link::unwrap(url).0)? {
        (_, Recognised::Post(post)) => Some(post),
        _ => None,
    }
}

/// The address of a post or video of another platform; players and plugins name it in a parameter.
fn other_platform(url: &Url) -> Option<Url> {
    let inner = url
        .query_pairs()
        .find(|(name, _)| matches!(&**name, "href" | "url" | "src"))
        .and_then(|(_, v)| Url::parse(&v).ok());
    let is_known = |u: &Url| {
        u.host_str().is_some_and(|host| {
            OTHER_PLATFORMS
                .iter()
                .any(|known| host == *known || host.strip_suffix(known).is_some_and(|rest| rest.ends_with('.')))
        }) && u.path().len() > 1
    };
    let not_posts = [
        "/plugins/like",
        "/plugins/page",
        "/plugins/share",
        "/plugins/comments",
        "/subscribe_embed",
        "/embed.js",
        "/widgets",
    ];
    if not_posts.iter().any(|p| url.path().starts_with(p)) {
        return None;
    }
    let url = inner.filter(is_known).or_else(|| Some(url.clone()).filter(is_known))?;
    Some(link::clean(&link::unwrap(&url).0))
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
        let words: Vec<&str> = text[..signature.start]
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

/// The whole post as JSON in an attribute, as newsletters of one publishing system carry it (Substack's `data-attrs`).
fn substack(name: &str, value: &str) -> Option<PostRef> {
    if name != "data-attrs" {
        return None;
    }
    let json: Value = serde_json::from_str(value).ok()?;
    post_at(json["url"].as_str()?, None)
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

/// Posts in a data island, each with the names of the members that lead to it. Only what a story's own body embeds is
/// named so that it counts: lists of other stories, feeds and metrics are not.
pub fn in_script(mark: &Mark) -> Vec<(PostRef, String)> {
    let mut found = Vec::new();
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
                    let members: Vec<(String, Value)> = members.into_iter().collect();
                    for (name, value) in members.into_iter().rev() {
                        if !is_elsewhere(&name) {
                            let in_body = in_body || is_body(&name);
                            waiting.push((value, in_body));
                        }
                    }
                }
                Value::String(text) if in_body => {
                    found.extend(posts_in(&text).into_iter().map(|post| (post, text.clone())))
                }
                _ => {}
            }
        }
    }
    found
}

/// Members under which publishing systems keep the embeds of a story's body.
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
    if text.len() > 64 << 10 || !text.contains("status") {
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
