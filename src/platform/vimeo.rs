//! Vimeo: a video is known by its number, in the player and in every channel. An unlisted one opens only with the
//! key that its address holds; the key belongs to the address, not to the identity.

use url::Url;

use super::address::{Path, is_under, post, query, reserved};
use super::oembed::OEmbed;
use super::{Platform, Recognised, part};

/// Vimeo.
pub static PLATFORM: Platform = Platform {
    sources: &[&OEmbed {
        name: "vimeo.oembed",
        path: "api/oembed.json?url=",
        platform: "vimeo",
        asks_again: false,
    }],
    upstreams: &[("oembed", "https://vimeo.com")],
    ..Platform::by_address("vimeo", recognise)
};

fn recognise(url: &Url) -> Option<Recognised> {
    let host = part::host(url)?;
    if !is_under(host, "vimeo.com") && !is_under(host, "vimeopro.com") {
        return None;
    }
    let key = query(url, "h");
    let named = |number: &str, beside: Option<&str>| video(number, beside.or(key.as_deref()));
    let found = match Path::of(url).parts()[..] {
        [] => return Some(Recognised::NotAPost("home")),
        ["moogaloop.swf", ..] => query(url, "clip_id").and_then(|number| named(&number, None)),
        [number] => named(number, None),
        [number, key] if part::number(number).is_some() => named(number, Some(key)),
        [number, ..] if part::number(number).is_some() => named(number, None),
        ["video", number, ..] | ["channels" | "ondemand", _, number, ..] | ["manage", "videos", number, ..] => {
            named(number, None)
        }
        ["groups", _, "videos", number, ..] | ["album" | "showcase", _, "video", number, ..] => named(number, None),
        [user, "review", number, key, ..] => reviewed(user, number, key),
        // The portfolio of `vimeopro.com`.
        [_, _, "video", number, ..] => named(number, None),
        _ => None,
    };
    Some(found.unwrap_or_else(|| Recognised::NotAPost(other(url))))
}

fn other(url: &Url) -> &'static str {
    match Path::of(url).parts()[..] {
        ["moogaloop.swf", ..] | ["video"] => "widget",
        ["channels", ..] | ["groups", ..] => "community",
        [
            "album" | "showcase" | "categories" | "ondemand" | "watch" | "watchlater",
            ..,
        ] => "list",
        ["event", ..] => "broadcast",
        ["user", ..] => "profile",
        ["log_in" | "log_out", ..] => "login",
        [first] => reserved(first).unwrap_or("profile"),
        [first, ..] => reserved(first).unwrap_or("other"),
        [] => "home",
    }
}

/// The video of this number, with its key where what is given can be one: hexadecimal digits, at least eight.
fn video(number: &str, key: Option<&str>) -> Option<Recognised> {
    let number = part::number(number)?;
    let key = key
        .and_then(part::word)
        .filter(|key| (8..=16).contains(&key.len()) && key.bytes().all(|b| b.is_ascii_hexdigit()));
    let url = match key {
        Some(key) => format!("https://vimeo.com/{number}/{key}"),
        None => format!("https://vimeo.com/{number}"),
    };
    post(PLATFORM.name, number.to_owned(), url, None)
}

/// A page for reviewers has a key of its own, which opens nothing else.
fn reviewed(user: &str, number: &str, key: &str) -> Option<Recognised> {
    let (user, number, key) = (part::code(user)?, part::number(number)?, part::word(key)?);
    let url = format!("https://vimeo.com/{user}/review/{number}/{key}");
    post(PLATFORM.name, number.to_owned(), url, None)
}

#[cfg(test)]
mod tests {
    use super::super::cases::{mean_no_posts, mean_posts};
    use super::PLATFORM;

    #[test]
    fn every_form_of_a_video_address_has_one_canonical_form() {
        let (id, url) = ("76979871", "https://vimeo.com/76979871");
        let forms = [
            "https://vimeo.com/76979871",
            "https://vimeo.com/76979871#t=12s",
            "https://player.vimeo.com/video/76979871?h=ab&badge=0",
            "https://vimeo.com/channels/staffpicks/76979871",
            "https://vimeo.com/groups/herons/videos/76979871",
            "https://vimeo.com/album/12/video/76979871",
            "https://vimeo.com/showcase/12/video/76979871",
            "https://vimeo.com/ondemand/herons/76979871",
            "https://vimeo.com/video/76979871",
            "https://vimeo.com/moogaloop.swf?clip_id=76979871&server=vimeo.com",
            "https://vimeopro.com/ada/herons/video/76979871",
            "https://vimeo.com/76979871/likes",
        ];
        mean_posts(&PLATFORM, &forms.map(|form| (form, id, url)));
    }

    #[test]
    fn the_key_of_an_unlisted_video_stays_in_its_address_but_not_in_its_identity() {
        let (id, url) = ("76979871", "https://vimeo.com/76979871/ab12cd34ef");
        let forms = [
            "https://vimeo.com/76979871/ab12cd34ef",
            "https://vimeo.com/76979871/ab12cd34ef?share=copy",
            "https://player.vimeo.com/video/76979871?h=ab12cd34ef&badge=0",
            "https://vimeo.com/76979871?h=ab12cd34ef",
        ];
        mean_posts(&PLATFORM, &forms.map(|form| (form, id, url)));
        let review = "https://vimeo.com/user12/review/76979871/ab12cd34ef";
        mean_posts(&PLATFORM, &[(review, id, review)]);
    }

    #[test]
    fn what_names_no_video_is_told_apart_with_its_reason() {
        mean_no_posts(
            &PLATFORM,
            &[
                ("https://vimeo.com/ada", "profile"),
                ("https://vimeo.com/user12345", "profile"),
                ("https://vimeo.com/log_in", "login"),
                ("https://vimeo.com/join", "login"),
                ("https://vimeo.com/search?q=heron", "search"),
                ("https://vimeo.com/terms", "other"),
                ("https://vimeo.com/channels/staffpicks", "community"),
                ("https://vimeo.com/showcase/12", "list"),
                ("https://vimeo.com/ondemand/20704", "list"),
                ("https://vimeo.com/event/12345", "broadcast"),
                ("https://vimeo.com/", "home"),
                ("https://player.vimeo.com/video/", "widget"),
                ("https://notvimeo.com/76979871", "none"),
            ],
        );
    }
}
