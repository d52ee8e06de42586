//! VK: wall posts, photos, videos and clips, each known by its kind, owner and number: `wall-1_2`. A page may show
//! one in an overlay that its query names.

use url::Url;

use super::address::{is_under, post, query, segments};
use super::{Platform, Recognised, part};

/// VK.
pub static PLATFORM: Platform = Platform::by_address("vk", recognise);

const HOSTS: &[&str] = &["vk.com", "vk.ru", "vkontakte.ru", "vkvideo.ru"];

const KINDS: &[&str] = &["wall", "photo", "video", "clip"];

fn recognise(url: &Url) -> Option<Recognised> {
    let host = part::host(url)?;
    HOSTS.iter().find(|home| is_under(host, home))?;
    let parts = segments(url);
    if let Some(found) = ["w", "z"]
        .iter()
        .filter_map(|name| query(url, name))
        .find_map(|value| named(&value))
    {
        return Some(found);
    }
    let (owner, number) = (
        query(url, "oid").or_else(|| query(url, "owner_id")),
        query(url, "id").or_else(|| query(url, "post_id")),
    );
    Some(match parts.first().map(String::as_str) {
        None => Recognised::NotAPost("home"),
        Some(frame @ ("video_ext.php" | "widget_post.php")) => {
            let kind = if frame == "video_ext.php" { "video" } else { "wall" };
            owner
                .zip(number)
                .and_then(|(owner, number)| named(&format!("{kind}{owner}_{number}")))
                .unwrap_or(Recognised::NotAPost("widget"))
        }
        Some("share.php") => Recognised::NotAPost("share"),
        Some("feed" | "search") => Recognised::NotAPost("search"),
        Some(_) => parts
            .iter()
            .find_map(|part| named(part))
            .unwrap_or(Recognised::NotAPost("profile")),
    })
}

/// `wall-123_456`, and what may follow it.
fn named(value: &str) -> Option<Recognised> {
    let kind = KINDS.iter().find(|kind| value.starts_with(**kind))?;
    let (owner, number) = value[kind.len()..].split_once('_')?;
    let (sign, digits) = match owner.strip_prefix('-') {
        Some(digits) => ("-", digits),
        None => ("", owner),
    };
    if !digits.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let number = &number[..number.find(|c: char| !c.is_ascii_digit()).unwrap_or(number.len())];
    let id = format!("{kind}{sign}{}_{}", part::number(digits)?, part::number(number)?);
    let url = format!("https://vk.com/{id}");
    post(PLATFORM.name, id, url, None)
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
                ("https://m.vk.com/wall-123_456?reply=5", wall, url),
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
                ("https://vk.com/", "home"),
                ("https://notvk.com/wall-123_456", "none"),
            ],
        );
    }
}
