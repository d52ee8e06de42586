//! VK: wall posts, photos, videos and clips, each known by its kind, owner and number: `wall-1_2`; what answers a
//! wall post is `wall-1_2_r3`. A page may show one in an overlay that its query names; a path that names one goes
//! before it, then the wall (`w`), then pictures and films (`z`).

use url::Url;

use super::address::{Path, post, query, reserved};
use super::{Platform, Recognised, part};

/// VK.
pub static PLATFORM: Platform = Platform::by_address("vk", recognise);

const HOSTS: &[&str] = &["vk.com", "vk.ru", "vkontakte.ru", "vkvideo.ru"];

const KINDS: &[&str] = &["wall", "photo", "video", "clip"];

fn recognise(url: &Url) -> Option<Recognised> {
    let host = part::host(url)?;
    let sub = HOSTS.iter().find_map(|home| part::subdomain(host, home))?;
    let path = Path::of(url);
    let parts = path.parts();
    let named = parts
        .iter()
        .find_map(|part| named(part, query(url, "reply").as_deref()))
        .or_else(|| framed(url, &parts))
        .or_else(|| overlaid(url));
    Some(named.unwrap_or_else(|| Recognised::NotAPost(other(sub, &parts))))
}

/// What a player or widget shows.
fn framed(url: &Url, parts: &[&str]) -> Option<Recognised> {
    let kind = match *parts.first()? {
        "video_ext.php" => "video",
        "widget_post.php" => "wall",
        _ => return None,
    };
    let owner = query(url, "oid").or_else(|| query(url, "owner_id"))?;
    let number = query(url, "id").or_else(|| query(url, "post_id"))?;
    named(&format!("{kind}{owner}_{number}"), None)
}

fn overlaid(url: &Url) -> Option<Recognised> {
    ["w", "z"]
        .iter()
        .filter_map(|name| query(url, name))
        .find_map(|value| named(&value, None))
}

fn other(sub: &str, parts: &[&str]) -> &'static str {
    if matches!(sub, "login" | "oauth" | "id") {
        return "login";
    }
    let Some(first) = parts.first() else { return "home" };
    let begins = |words: &[&str]| words.iter().any(|word| first.starts_with(word));
    match *first {
        "video_ext.php" | "widget_post.php" => "widget",
        "share.php" => "share",
        "feed" | "search" => "search",
        "video" | "videos" | "clips" | "photos" | "playlist" => "list",
        _ if begins(&["album", "videos-", "playlist"]) => "list",
        _ if first.starts_with("story") && first.contains('_') => "story",
        _ if begins(&["topic-", "doc", "audio"]) && first.contains('_') => "other",
        _ if first.starts_with('@') && first.contains('-') => "article",
        _ if KINDS.iter().any(|kind| is_numbered(first, kind)) => "malformed",
        _ => reserved(first).unwrap_or("profile"),
    }
}

/// Whether a number follows the name of this kind, as it does in no name of a user.
fn is_numbered(part: &str, kind: &str) -> bool {
    part.strip_prefix(kind)
        .is_some_and(|rest| rest.trim_start_matches('-').starts_with(|c: char| c.is_ascii_digit()))
}

/// `wall-123_456` and the list or answer that may follow it; `reply` is the number of the answer that the query
/// of the page names.
fn named(value: &str, reply: Option<&str>) -> Option<Recognised> {
    let kind = KINDS.iter().find(|kind| value.starts_with(**kind))?;
    let (owner, number) = value[kind.len()..].split_once('_')?;
    let (sign, digits) = match owner.strip_prefix('-') {
        Some(digits) => ("-", digits),
        None => ("", owner),
    };
    let owner = part::number(digits).filter(|number| *number == digits)?;
    let (number, rest) = (part::number(number)?, number);
    let id = format!("{kind}{sign}{owner}_{number}");
    let written = rest[number.len()..].strip_prefix("_r");
    let answer = written.or(reply).and_then(part::number).filter(|_| *kind == "wall");
    let url = format!("https://vk.com/{id}");
    match answer {
        Some(answer) => post(
            PLATFORM.name,
            format!("{id}_r{answer}"),
            format!("{url}?reply={answer}"),
            None,
        ),
        None => post(PLATFORM.name, id, url, None),
    }
}

#[cfg(test)]
mod tests {
    use super::super::cases::{mean_no_posts, mean_posts};
    use super::PLATFORM;

    #[test]
    fn every_form_of_a_post_address_has_one_canonical_form() {
        let (wall, url) = ("wall-123_456", "https://vk.com/wall-123_456");
        let (video, film) = ("video-123_789", "https://vk.com/video-123_789");
        mean_posts(
            &PLATFORM,
            &[
                ("https://vk.com/wall-123_456", wall, url),
                ("https://m.vk.com/wall-123_456?from=feed", wall, url),
                ("https://vk.com/wall-123_456?z=photo-123_7%2Fwall-123_456", wall, url),
                (
                    "https://vk.com/feed?z=photo-123_7%2Falbum-1_2&w=wall-123_456",
                    wall,
                    url,
                ),
                ("https://vk.ru/herons?w=wall-123_456", wall, url),
                ("https://vk.com/feed?w=wall-123_456%2Fall", wall, url),
                (
                    "https://vk.com/widget_post.php?owner_id=-123&post_id=456&hash=x",
                    wall,
                    url,
                ),
                ("https://vkvideo.ru/video-123_789", video, film),
                ("https://vk.com/video_ext.php?oid=-123&id=789&hd=2", video, film),
                ("https://vk.com/herons?z=video-123_789%2Fpl_1", video, film),
                ("https://vk.com/videos-123?z=video-123_789%2Fclub123", video, film),
                ("https://vk.com/video-123_789?list=ln-cBjJ7S4", video, film),
                (
                    "https://vk.com/wall-123_456?reply=5&thread=4",
                    "wall-123_456_r5",
                    "https://vk.com/wall-123_456?reply=5",
                ),
                (
                    "https://vk.com/herons?w=wall-123_456_r5",
                    "wall-123_456_r5",
                    "https://vk.com/wall-123_456?reply=5",
                ),
                ("https://vk.com/photo12_34", "photo12_34", "https://vk.com/photo12_34"),
                ("https://vk.com/clip-5_6", "clip-5_6", "https://vk.com/clip-5_6"),
            ],
        );
    }

    #[test]
    fn what_names_no_post_is_told_apart_with_its_reason() {
        mean_no_posts(
            &PLATFORM,
            &[
                ("https://vk.com/herons", "profile"),
                ("https://vk.com/id123", "profile"),
                ("https://vk.com/share.php?url=https%3A%2F%2Fexample.org", "share"),
                ("https://vk.com/video_ext.php", "widget"),
                ("https://vk.com/wall-123_456abc", "malformed"),
                ("https://vk.com/wall-123", "malformed"),
                ("https://vk.com/wall_street", "profile"),
                ("https://vk.com/album-123_456", "list"),
                ("https://vk.com/video/@herons", "list"),
                ("https://vk.com/@herons-a-heron-came", "article"),
                ("https://vk.com/topic-123_456", "other"),
                ("https://vk.com/search?c%5Bq%5D=heron", "search"),
                ("https://vk.com/login?to=x", "login"),
                ("https://oauth.vk.com/authorize?client_id=1", "login"),
                ("https://vk.com/", "home"),
                ("https://notvk.com/wall-123_456", "none"),
            ],
        );
    }
}
