//! TikTok: a video or photo post is known by its number; the user in the path is decoration. Short hosts lead to a
//! post by a redirect.

use url::Url;

use super::address::{Path, is_under, post};
use super::oembed::OEmbed;
use super::{Platform, Recognised, part};

pub(super) mod page;

/// TikTok.
pub static PLATFORM: Platform = Platform {
    sources: &[
        &OEmbed {
            name: "tiktok.oembed",
            path: "oembed?url=",
            platform: "tiktok",
            asks_again: false,
        },
        &page::Page,
    ],
    upstreams: &[("oembed", "https://www.tiktok.com"), ("page", "https://www.tiktok.com")],
    // A source asks for it already; where a video is gone or withheld, it answers with status 200 all the same.
    page: false,
    ..Platform::by_address("tiktok", recognise)
};

const HOSTS: &[&str] = &["tiktok.com", "vxtiktok.com", "tnktok.com", "fxtiktok.com", "tiktxk.com"];

fn recognise(url: &Url) -> Option<Recognised> {
    let host = part::host(url)?;
    let home = HOSTS.iter().find(|home| is_under(host, home))?;
    if matches!(part::subdomain(host, home), Some("vm" | "vt")) {
        return Some(match Path::of(url).parts()[..] {
            [_] => Recognised::Leads,
            _ => Recognised::NotAPost("other"),
        });
    }
    Some(match Path::of(url).parts()[..] {
        [] => Recognised::NotAPost("home"),
        ["t", _] => Recognised::Leads,
        ["embed", "v1" | "v2" | "v3", id, ..]
        | ["embed", id]
        | ["player", "v1", id, ..]
        | ["share", "video", id, ..]
        | ["v", id, ..]
        | ["i18n", "share", "video", id, ..] => named(id, None),
        [user, "video" | "photo", id, ..] if user.starts_with('@') => named(id, Some(user)),
        ["tag", ..] => Recognised::NotAPost("hashtag"),
        ["search", ..] => Recognised::NotAPost("search"),
        ["login" | "signup", ..] => Recognised::NotAPost("login"),
        [
            "music" | "discover" | "embed" | "player" | "embed.js" | "legal" | "foryou" | "upload",
            ..,
        ] => Recognised::NotAPost("other"),
        [user, "live", ..] if user.starts_with('@') => Recognised::NotAPost("broadcast"),
        [user, ..] if user.starts_with('@') => Recognised::NotAPost("profile"),
        _ => Recognised::NotAPost("other"),
    })
}

fn named(id: &str, user: Option<&str>) -> Recognised {
    part::number(id)
        .filter(|id| id.len() >= 8)
        .and_then(|id| {
            let user = user.and_then(part::name);
            let url = format!("https://www.tiktok.com/@{}/video/{id}", user.unwrap_or_default());
            post(PLATFORM.name, id.to_owned(), url, user.map(str::to_owned))
        })
        .unwrap_or(Recognised::NotAPost("malformed"))
}

#[cfg(test)]
mod tests {
    use super::super::cases::{mean_no_posts, mean_posts, names_handle};
    use super::PLATFORM;

    #[test]
    fn every_form_of_a_post_address_has_one_canonical_form() {
        let id = "6718335390845095173";
        let (named, bare) = (
            "https://www.tiktok.com/@ada.l/video/6718335390845095173",
            "https://www.tiktok.com/@/video/6718335390845095173",
        );
        mean_posts(
            &PLATFORM,
            &[
                (
                    "https://www.tiktok.com/@ada.l/video/6718335390845095173?lang=de&is_from_webapp=1",
                    id,
                    named,
                ),
                ("https://m.tiktok.com/@ada.l/photo/6718335390845095173", id, named),
                ("https://www.vxtiktok.com/@ada.l/video/6718335390845095173", id, named),
                ("https://www.tiktok.com/embed/6718335390845095173", id, bare),
                ("https://www.tiktok.com/embed/v2/6718335390845095173?lang=en", id, bare),
                ("https://www.tiktok.com/player/v1/6718335390845095173", id, bare),
                ("https://www.tiktok.com/share/video/6718335390845095173", id, bare),
                ("https://m.tiktok.com/v/6718335390845095173.html", id, bare),
                ("https://www.tiktok.com/@/video/6718335390845095173", id, bare),
            ],
        );
        names_handle(&PLATFORM, named, Some("ada.l"));
        names_handle(&PLATFORM, bare, None);
    }

    #[test]
    fn what_names_no_post_is_told_apart_with_its_reason() {
        mean_no_posts(
            &PLATFORM,
            &[
                ("https://vm.tiktok.com/ZMabc123/", "leads"),
                ("https://vt.tiktok.com/ZMabc123", "leads"),
                ("https://www.tiktok.com/t/ZMabc123/", "leads"),
                ("https://www.tiktok.com/@ada.l", "profile"),
                ("https://www.tiktok.com/@ada.l/live", "broadcast"),
                ("https://www.tiktok.com/tag/herons", "hashtag"),
                ("https://www.tiktok.com/music/song-123", "other"),
                ("https://www.tiktok.com/embed.js", "other"),
                ("https://www.tiktok.com/login?redirect_url=x", "login"),
                ("https://www.tiktok.com/", "home"),
                ("https://www.tiktok.com/@ada/video/undefined", "malformed"),
                ("https://antiktok.com/@ada.l/video/6718335390845095173", "none"),
            ],
        );
    }
}
