//! The JSON of a post that X's syndication endpoint, its v1.1 API and its GraphQL API share: text and entities, media,
//! counts, poll and card. What they put elsewhere (author, quoted post, edits) is read beside it.

use chrono::{DateTime, Utc};
use serde_json::Value;

use super::text;
use crate::platform::post::{Card, Entity, Media, Poll, PollOption, Post, Related, Relation};
use crate::platform::value::{first, id, list, number, pixels, string, strings, time};

/// Most posts within posts (quoted in quoted …) that are read.
const NESTING: usize = 3;

/// Reads a post in the shape of the v1.1 API or of syndication. `None` if it has no id.
pub(super) fn read(json: &Value) -> Option<Post> {
    nested(json, 0)
}

fn nested(json: &Value, depth: usize) -> Option<Post> {
    let mut post = legacy(json, id(&json["id_str"]).or_else(|| id(&json["id"]))?);
    author(&mut post, &json["user"]);
    post.edit_ids = strings(&json["edit_control"]["edit_tweet_ids"]);
    if post.edit_ids.is_empty() {
        post.edit_ids = strings(&json["edit_control"]["edit_control_initial"]["edit_tweet_ids"]);
    }
    if depth < NESTING {
        let inside = |keys: &[&str]| keys.iter().map(|key| &json[*key]).find(|v| v.is_object());
        if let Some(parent) = inside(&["parent"]) {
            related(&mut post, Relation::Parent, parent, depth);
        }
        if let Some(quoted) = inside(&["quoted_tweet", "quoted_status"]) {
            related(&mut post, Relation::Quoted, quoted, depth);
        }
        if let Some(reposted) = inside(&["retweeted_status", "retweeted_tweet"]) {
            related(&mut post, Relation::Reposted, reposted, depth);
        }
    }
    named_relatives(&mut post, json);
    if is_cut_repeat(&post) {
        post.text_cut = Some(true);
    }
    post.url = address(post.author_handle.as_deref(), &post.id);
    Some(post)
}

fn related(post: &mut Post, relation: Relation, json: &Value, depth: usize) {
    match nested(json, depth + 1) {
        Some(other) => post.relate(Related::of(relation, &other)),
        // A tombstone stands in the place of a post that is not shown.
        None => {
            let reason = super::tombstone::reason(json);
            post.relate(Related {
                reason,
                ..Related::new(relation)
            });
        }
    }
}

/// A repeated post stands whole beside the repeating one, whose own text X cuts without saying so.
pub(super) fn is_cut_repeat(post: &Post) -> bool {
    let repeats = post.related(Relation::Reposted).is_some();
    repeats && post.text.as_deref().is_some_and(|text| text.ends_with('…'))
}

/// Notes the quoted, answered and repeated post where the JSON only names them.
pub(super) fn named_relatives(post: &mut Post, json: &Value) {
    if let Some(quoted) = id(&json["quoted_status_id_str"]).or_else(|| id(&json["quoted_status_id"])) {
        let link = string(&json["quoted_status_permalink"]["expanded"]);
        let handle = link.as_deref().and_then(handle_in);
        let mut named = Related::new(Relation::Quoted);
        named.url = link;
        named.author_handle = handle;
        name(post, named, quoted);
    } else if json["is_quote_status"] == true && post.related(Relation::Quoted).is_none() {
        post.relate(Related::new(Relation::Quoted));
    }
    if let Some(parent) = id(&json["in_reply_to_status_id_str"]).or_else(|| id(&json["in_reply_to_status_id"])) {
        let mut named = Related::new(Relation::Parent);
        named.author_id = id(&json["in_reply_to_user_id_str"]).or_else(|| id(&json["in_reply_to_user_id"]));
        named.author_handle = string(&json["in_reply_to_screen_name"]);
        named.url = address(named.author_handle.as_deref(), &parent);
        name(post, named, parent);
    }
    if let Some(reposted) = id(&json["retweeted_status_id_str"]) {
        name(post, Related::new(Relation::Reposted), reposted);
    }
}

/// Adds what is named to what may be known of the same post already.
fn name(post: &mut Post, mut named: Related, id: String) {
    match post.related.iter_mut().find(|r| r.relation == named.relation) {
        Some(known) => {
            known.id.get_or_insert_with(|| id.clone());
            known.url = known.url.take().or(named.url);
            known.author_id = known.author_id.take().or(named.author_id);
            known.author_handle = known.author_handle.take().or(named.author_handle);
            let slot = match named.relation {
                Relation::Quoted => &mut post.quoted_id,
                Relation::Parent => &mut post.parent_id,
                Relation::Reposted => &mut post.reposted_id,
            };
            slot.get_or_insert(id);
        }
        None => {
            named.id = Some(id);
            post.relate(named);
        }
    }
}

fn handle_in(address: &str) -> Option<String> {
    let url = address.parse().ok()?;
    match super::recognise(&url)? {
        crate::platform::Recognised::Post(post) => post.handle,
        _ => None,
    }
}

/// The canonical address, where the author's handle is known.
pub(super) fn address(handle: Option<&str>, id: &str) -> Option<String> {
    Some(format!("https://x.com/{}/status/{id}", handle?))
}

/// Reads the author in the shape of the v1.1 API.
pub(super) fn author(post: &mut Post, user: &Value) {
    post.author_id = id(&user["id_str"]).or_else(|| id(&user["id"]));
    post.author_handle = string(&user["screen_name"]);
    post.author_name = string(&user["name"]);
    post.author_avatar = avatar(&[&user["profile_image_url_https"], &user["profile_image_url"]]);
}

/// The picture of an account as it was uploaded; answers name the small form of it.
pub(super) fn avatar(told: &[&Value]) -> Option<String> {
    let address = first(told)?;
    // An archive has the form that was named, and perhaps no other.
    if crate::platform::wayback::unwrapped(&address) != address {
        return Some(address);
    }
    let (before, extension) = address.rsplit_once('.')?;
    Some(match before.strip_suffix("_normal") {
        Some(before) => format!("{before}.{extension}"),
        None => address,
    })
}

/// What stands beside the author: text, time, media, counts, poll and card.
pub(super) fn legacy(json: &Value, id: String) -> Post {
    let extended = &json["extended_tweet"];
    let (source, told, cut) = if extended["full_text"].is_string() {
        (extended, extended["full_text"].as_str(), Some(false))
    } else if json["full_text"].is_string() {
        let cut = json["truncated"].as_bool().unwrap_or(false);
        (json, json["full_text"].as_str(), Some(cut))
    } else {
        let cut = match json["note_tweet"].is_object() {
            true => Some(true),
            // Syndication says that a text is cut by naming the long one; v1.1 by a mark of its own.
            false if json["__typename"].is_string() || json["edit_control"].is_object() => Some(false),
            false => json["truncated"].as_bool(),
        };
        (json, json["text"].as_str(), cut)
    };
    let entities = &source["entities"];
    let mut post = Post {
        id,
        posted_at: json["created_at"].as_str().and_then(posted_at),
        text: told.map(|t| text::plain(t, &source["display_text_range"], &entities["urls"])),
        text_cut: told.and(cut),
        language: string(&json["lang"]),
        entities: entities_of(entities),
        conversation_id: first(&[&json["conversation_id_str"], &json["self_thread"]["id_str"]]),
        sensitive: json["possibly_sensitive"].as_bool(),
        withheld_in: strings(&json["withheld_in_countries"]),
        poll: poll(&json["card"]),
        card: card(&json["card"], &entities["urls"]),
        ..Post::default()
    };
    (post.media, post.media_expected) = media(json);
    if json["withheld_copyright"] == true {
        post.labels.push("withheld_copyright".into());
    }
    post.labels.extend(warnings(json));
    post.count("likes", number(&json["favorite_count"]));
    post.count(
        "replies",
        number(&json["reply_count"]).or_else(|| number(&json["conversation_count"])),
    );
    post.count("reposts", number(&json["retweet_count"]));
    post.count("quotes", number(&json["quote_count"]));
    post.count("bookmarks", number(&json["bookmark_count"]));
    post.count("views", number(&json["ext_views"]["count"]));
    post
}

/// The lists of media in the order in which they are trusted: the extended ones have all files, the others the first one only.
fn lists_of_media(json: &Value) -> [&Value; 4] {
    [
        &json["mediaDetails"],
        &json["extended_tweet"]["extended_entities"]["media"],
        &json["extended_entities"]["media"],
        &json["entities"]["media"],
    ]
}

/// What X warns of in the files, as it names that: `adult_content`, `graphic_violence`, `other`.
fn warnings(json: &Value) -> Vec<String> {
    let mut found = Vec::new();
    let files = lists_of_media(json).into_iter().find(|l| l.is_array());
    for file in files.into_iter().flat_map(list) {
        for key in ["sensitive_media_warning", "ext_sensitive_media_warning"] {
            for (name, is_so) in file[key].as_object().into_iter().flatten() {
                if *is_so == true && !found.contains(name) {
                    found.push(name.clone());
                }
            }
        }
    }
    found
}

/// Links, mentions, tags in the order of the text.
pub(super) fn entities_of(json: &Value) -> Vec<Entity> {
    let mut found: Vec<(i64, Entity)> = Vec::new();
    let mut each = |key: &str, read: &dyn Fn(&Value) -> Entity| {
        for value in list(&json[key]) {
            found.push((number(&value["indices"][0]).unwrap_or(i64::MAX), read(value)));
        }
    };
    each("urls", &|v| Entity {
        kind: "link".into(),
        text: string(&v["display_url"]),
        url: first(&[&v["expanded_url"], &v["url"]]),
        id: None,
    });
    each("user_mentions", &|v| Entity {
        kind: "mention".into(),
        text: string(&v["screen_name"]),
        url: None,
        id: id(&v["id_str"]).or_else(|| id(&v["id"])),
    });
    each("hashtags", &|v| Entity {
        kind: "hashtag".into(),
        text: string(&v["text"]),
        ..Entity::default()
    });
    each("symbols", &|v| Entity {
        kind: "cashtag".into(),
        text: string(&v["text"]),
        ..Entity::default()
    });
    found.sort_by_key(|(at, _)| *at);
    found.into_iter().map(|(_, entity)| entity).collect()
}

/// The media, photos at original size and videos at the highest bit rate that is one file, else as a playlist; and how many there are.
fn media(json: &Value) -> (Vec<Media>, Option<usize>) {
    let details = lists_of_media(json).into_iter().find_map(|l| {
        l.as_array().filter(|l| {
            l.iter()
                .any(|m| m["media_url_https"].is_string() || m["media_url"].is_string())
        })
    });
    if let Some(details) = details {
        return (details.iter().filter_map(one_media).collect(), Some(details.len()));
    }
    let mut media: Vec<Media> = list(&json["photos"])
        .filter_map(|photo| {
            Some(Media {
                kind: "photo".into(),
                url: original(photo["url"].as_str()?),
                alt: first(&[&photo["accessibilityLabel"], &photo["ext_alt_text"]]),
                width: pixels(&photo["width"]),
                height: pixels(&photo["height"]),
                ..Media::default()
            })
        })
        .collect();
    let video = &json["video"];
    let files = list(&video["variants"]).filter(|v| v["type"] == "video/mp4");
    let file = files.filter_map(|v| string(&v["src"])).max_by_key(|src| size_in(src));
    if let Some(url) = file {
        media.push(Media {
            kind: "video".into(),
            url,
            duration_ms: video["durationMs"].as_u64(),
            preview: string(&video["poster"]),
            ..Media::default()
        });
    }
    let listed = list(&json["entities"]["media"]).count().max(media.len());
    // No list of media at all says nothing; an entity list without media says that there is none.
    let told = json["entities"].is_object() || listed > 0;
    (media, told.then_some(listed))
}

/// Pixels of a video, as its address tells them: `…/1280x720/…`. Of several without, the last is as good as any.
fn size_in(address: &str) -> u64 {
    let size = |part: &str| {
        let (width, height) = part.split_once('x')?;
        width.parse::<u64>().ok()?.checked_mul(height.parse().ok()?)
    };
    address.split('/').find_map(size).unwrap_or(0)
}

fn original(still: &str) -> String {
    match still.contains('?') {
        true => still.to_owned(),
        false => format!("{still}?name=orig"),
    }
}

/// Media type of a playlist, as X writes it.
pub(super) const PLAYLIST: &str = "application/x-mpegURL";

fn one_media(media: &Value) -> Option<Media> {
    let still = first(&[&media["media_url_https"], &media["media_url"]])?;
    let variants = &media["video_info"]["variants"];
    let best = list(variants)
        .filter(|v| v["content_type"] == "video/mp4")
        .max_by_key(|v| number(&v["bitrate"]).unwrap_or(0))
        .or_else(|| list(variants).find(|v| v["content_type"] == PLAYLIST))
        .and_then(|v| string(&v["url"]));
    let kind = match media["type"].as_str() {
        Some("animated_gif") => "gif",
        Some(kind @ ("photo" | "video")) => kind,
        _ => "file",
    };
    let size = &media["original_info"];
    let moving = best.is_some() || kind == "video" || kind == "gif";
    Some(Media {
        // Without a variant a video's address here is its still picture, and is called that.
        kind: match best {
            None if kind != "photo" => "still",
            _ => kind,
        }
        .to_owned(),
        url: best.unwrap_or_else(|| original(&still)),
        alt: string(&media["ext_alt_text"]),
        width: pixels(&size["width"]),
        height: pixels(&size["height"]),
        duration_ms: media["video_info"]["duration_millis"].as_u64(),
        preview: moving.then_some(still),
    })
}

/// A value of a card: syndication names them in an object, the other shapes in a list.
fn binding<'a>(card: &'a Value, key: &str) -> &'a Value {
    let values = match card["legacy"]["binding_values"].is_null() {
        true => &card["binding_values"],
        false => &card["legacy"]["binding_values"],
    };
    match values {
        Value::Array(values) => values
            .iter()
            .find(|v| v["key"] == key)
            .map_or(&Value::Null, |v| &v["value"]),
        values => &values[key],
    }
}

fn card_name(card: &Value) -> &str {
    card["legacy"]["name"].as_str().or(card["name"].as_str()).unwrap_or("")
}

/// The poll in a card, if it is one.
pub(super) fn poll(card: &Value) -> Option<Poll> {
    let name = card_name(card);
    if !name.contains("poll") {
        return None;
    }
    let options: Vec<PollOption> = (1..=8)
        .map_while(|n| {
            PollOption::of(
                string(&binding(card, &format!("choice{n}_label"))["string_value"]),
                number(&binding(card, &format!("choice{n}_count"))["string_value"]),
            )
        })
        .collect();
    Some(Poll {
        votes: PollOption::sum(&options).filter(|_| !options.is_empty()),
        ends_at: time(&binding(card, "end_datetime_utc")["string_value"]),
        closed: binding(card, "counts_are_final")["boolean_value"].as_bool(),
        multiple: Some(false),
        options,
        ..Poll::default()
    })
}

/// The preview of a link in a card, if it is one; its short link is expanded where the links of the text tell how.
pub(super) fn card(card: &Value, urls: &Value) -> Option<Card> {
    if !card.is_object() || card_name(card).contains("poll") {
        return None;
    }
    if let Some(unified) = unified(card) {
        return Some(unified);
    }
    let text = |keys: &[&str]| keys.iter().find_map(|key| string(&binding(card, key)["string_value"]));
    let url = text(&["card_url", "broadcast_url"]).or_else(|| first(&[&card["legacy"]["url"], &card["url"]]));
    // Of a conversation that one can listen to only its id is told.
    let space = card_name(card).ends_with("audiospace").then(|| text(&["id"])).flatten();
    Some(Card {
        url: match space {
            Some(id) => Some(format!("https://x.com/i/spaces/{id}")),
            None => url.map(|url| expanded(&url, urls).unwrap_or(url)),
        },
        title: text(&["title", "broadcast_title", "event_title", "app_name"]),
        description: text(&["description", "event_subtitle"]),
        image: [
            "photo_image_full_size_original",
            "thumbnail_image_original",
            "summary_photo_image_original",
            "player_image_original",
            "broadcast_thumbnail_original",
            "event_thumbnail_original",
            "promo_image_original",
        ]
        .into_iter()
        .find_map(|key| string(&binding(card, key)["image_value"]["url"])),
    })
}

/// Where a short link leads, by the links of the text.
fn expanded(short: &str, urls: &Value) -> Option<String> {
    let link = list(urls).find(|link| link["url"] == short)?;
    string(&link["expanded_url"])
}

/// A card that is made of parts stands as JSON in one of its values.
fn unified(card: &Value) -> Option<Card> {
    let told = binding(card, "unified_card")["string_value"].as_str()?;
    let parts: Value = serde_json::from_str(told).ok()?;
    let each = |key: &str, read: &dyn Fn(&Value) -> Option<String>| parts[key].as_object()?.values().find_map(read);
    let url = |part: &Value| first(&[&part["data"]["url_data"]["url"], &part["data"]["url_data"]["vanity"]]);
    Some(Card {
        url: each("destination_objects", &url),
        title: each("component_objects", &|part| string(&part["data"]["title"]["content"])),
        description: each("component_objects", &|part| {
            string(&part["data"]["subtitle"]["content"])
        }),
        image: each("media_entities", &|file| {
            first(&[&file["media_url_https"], &file["media_url"]])
        }),
    })
}

/// `Thu Jul 27 19:45:29 +0000 2017` or RFC 3339, as RFC 3339.
pub(super) fn posted_at(text: &str) -> Option<String> {
    let Ok(time) = DateTime::parse_from_str(text, "%a %b %d %H:%M:%S %z %Y") else {
        return crate::platform::value::utc(text);
    };
    Some(time.with_timezone(&Utc).format("%Y-%m-%dT%H:%M:%SZ").to_string())
}
