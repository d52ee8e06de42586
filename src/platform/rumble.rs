//! Rumble: a page and the player in it have different ids that look alike, and no address tells which belong
//! together, so each is an identity of its own: `page:v1abc2d` and `embed:v1abc2d`.

use url::Url;

use super::address::{Path, is_under, post, reserved};
use super::{Platform, Recognised, part};

/// Rumble.
pub static PLATFORM: Platform = Platform::by_address("rumble", recognise);

fn recognise(url: &Url) -> Option<Recognised> {
    is_under(part::host(url)?, "rumble.com").then(|| match Path::of(url).parts()[..] {
        [] => Recognised::NotAPost("home"),
        ["embed", id, ..] => player(id).unwrap_or(Recognised::NotAPost("malformed")),
        ["embed" | "embedJS", ..] => Recognised::NotAPost("widget"),
        ["c" | "user", ..] => Recognised::NotAPost("profile"),
        ["videos" | "live", ..] => Recognised::NotAPost("list"),
        [id] => page(id).unwrap_or(Recognised::NotAPost(reserved(id).unwrap_or("other"))),
        [first, ..] => Recognised::NotAPost(reserved(first).unwrap_or("other")),
    })
}

/// `v1abc2d-a-heron.html`, or the id alone; a word like `videos` has neither digit nor title.
fn page(name: &str) -> Option<Recognised> {
    let (id, title) = match name.find(['-', '.']) {
        Some(at) => name.split_at(at),
        None => (name, ""),
    };
    let id = key(id)?;
    if !id.bytes().any(|b| b.is_ascii_digit()) && !title.ends_with(".html") {
        return None;
    }
    let url = format!("https://rumble.com/{id}.html");
    post(PLATFORM.name, format!("page:{id}"), url, None)
}

/// `v1abc2d`, or `u4x.v1abc2d` with the publisher before it.
fn player(name: &str) -> Option<Recognised> {
    let id = match name.split_once('.') {
        Some((publisher, id)) if publisher.starts_with('u') => id,
        _ => name,
    };
    let id = key(id)?;
    let url = format!("https://rumble.com/embed/{id}/");
    post(PLATFORM.name, format!("embed:{id}"), url, None)
}

/// A base-36 number behind a `v`; Rumble reads it without regard to case.
fn key(part: &str) -> Option<String> {
    let id = part::word(part)?.to_ascii_lowercase();
    ((4..=12).contains(&id.len()) && id.starts_with('v')).then_some(id)
}

#[cfg(test)]
mod tests {
    use super::super::cases::{mean_no_posts, mean_posts};
    use super::PLATFORM;

    #[test]
    fn a_page_and_the_player_of_the_same_letters_are_two() {
        let page = ("page:v1abc2d", "https://rumble.com/v1abc2d.html");
        let player = ("embed:v1abc2d", "https://rumble.com/embed/v1abc2d/");
        mean_posts(
            &PLATFORM,
            &[
                ("https://rumble.com/v1abc2d-a-heron-came.html", page.0, page.1),
                (
                    "https://www.rumble.com/v1abc2d-the-u.s.-heron.html?mref=a",
                    page.0,
                    page.1,
                ),
                ("http://rumble.com/V1ABC2D", page.0, page.1),
                ("https://rumble.com/v1abc2d.html", page.0, page.1),
                (
                    "https://rumble.com/vabcde-a-heron.html",
                    "page:vabcde",
                    "https://rumble.com/vabcde.html",
                ),
                ("https://rumble.com/embed/v1abc2d/?pub=4", player.0, player.1),
                ("https://rumble.com/embed/u4x.v1abc2d/", player.0, player.1),
                (
                    "https://rumble.com/embed/vabcde",
                    "embed:vabcde",
                    "https://rumble.com/embed/vabcde/",
                ),
            ],
        );
    }

    #[test]
    fn what_names_no_video_is_told_apart_with_its_reason() {
        mean_no_posts(
            &PLATFORM,
            &[
                ("https://rumble.com/", "home"),
                ("https://rumble.com/c/ada", "profile"),
                ("https://rumble.com/user/ada", "profile"),
                ("https://rumble.com/videos", "list"),
                ("https://rumble.com/videos?page=2", "list"),
                ("https://rumble.com/search/video?q=heron", "search"),
                ("https://rumble.com/browse/live", "search"),
                ("https://rumble.com/login.php", "login"),
                ("https://rumble.com/vouchers", "other"),
                ("https://rumble.com/embedJS/u4x", "widget"),
                ("https://rumble.com/embed/", "widget"),
                ("https://rumble.com/embed/undefined", "malformed"),
                ("https://notrumble.com/v1abc2d-a-heron.html", "none"),
            ],
        );
    }
}
