//! Instagram: a post, reel or video is known by its short code, whatever stands before it. Mirrors that repair
//! previews serve the same paths.

use url::Url;

use super::address::{Path, is_under, post};
use super::{Platform, Recognised, part};

/// Instagram.
pub static PLATFORM: Platform = Platform::by_address("instagram", recognise);

const HOSTS: &[&str] = &[
    "instagram.com",
    "instagr.am",
    "ddinstagram.com",
    "kkinstagram.com",
    "vxinstagram.com",
];

/// Longest code of a public post; longer ones carry a key to a private one behind it.
const PUBLIC: usize = 11;
/// Length of that key.
const KEY: usize = 28;

fn recognise(url: &Url) -> Option<Recognised> {
    let host = part::host(url)?;
    HOSTS.iter().find(|home| is_under(host, home))?;
    Some(match Path::of(url).parts()[..] {
        [] => Recognised::NotAPost("home"),
        ["reels", "audio", ..] => Recognised::NotAPost("other"),
        ["p" | "tv" | "reel" | "reels", code, ..] => named(code, None),
        ["share", "p" | "reel", _, ..] | ["share", _] => Recognised::Leads,
        ["explore", "tags", ..] => Recognised::NotAPost("hashtag"),
        ["accounts", ..] => Recognised::NotAPost("login"),
        [
            "explore" | "about" | "legal" | "developer" | "web" | "api" | "embed.js" | "reels" | "direct",
            ..,
        ] => Recognised::NotAPost("other"),
        ["stories", ..] => Recognised::NotAPost("story"),
        [user, "p" | "tv" | "reel" | "reels", code, ..] => named(code, part::name(user)),
        _ => Recognised::NotAPost("profile"),
    })
}

fn named(code: &str, user: Option<&str>) -> Recognised {
    let public = part::code(code).map(|code| match code.len() {
        length if length > KEY + PUBLIC - 1 => &code[..length - KEY],
        _ => code,
    });
    public
        .filter(|code| code.len() >= 5)
        .and_then(|code| {
            let url = format!("https://www.instagram.com/p/{code}/");
            post(PLATFORM.name, code.to_owned(), url, user.map(str::to_owned))
        })
        .unwrap_or(Recognised::NotAPost("malformed"))
}

#[cfg(test)]
mod tests {
    use super::super::cases::{mean_no_posts, mean_posts, names_handle};
    use super::PLATFORM;

    #[test]
    fn every_form_of_a_post_address_has_one_canonical_form() {
        let (id, url) = ("BvJh2aLh3Zq", "https://www.instagram.com/p/BvJh2aLh3Zq/");
        let forms = [
            "https://www.instagram.com/p/BvJh2aLh3Zq/",
            "http://instagram.com/p/BvJh2aLh3Zq",
            "https://instagr.am/p/BvJh2aLh3Zq/",
            "https://www.instagram.com/reel/BvJh2aLh3Zq/?igshid=abc",
            "https://www.instagram.com/reels/BvJh2aLh3Zq/",
            "https://www.instagram.com/tv/BvJh2aLh3Zq/",
            "https://www.instagram.com/p/BvJh2aLh3Zq/embed/captioned/?v=14",
            "https://www.instagram.com/ada.l/p/BvJh2aLh3Zq/?utm_source=ig_embed",
            "https://www.ddinstagram.com/reel/BvJh2aLh3Zq/",
            "https://www.instagram.com/p/BvJh2aLh3Zq)",
            "https://www.instagram.com/p/BvJh2aLh3Zqabcdefghijklmnopqrstuvwxyz12/",
        ];
        mean_posts(&PLATFORM, &forms.map(|form| (form, id, url)));
        names_handle(
            &PLATFORM,
            "https://www.instagram.com/ada.l/reel/BvJh2aLh3Zq/",
            Some("ada.l"),
        );
    }

    #[test]
    fn what_names_no_post_is_told_apart_with_its_reason() {
        mean_no_posts(
            &PLATFORM,
            &[
                ("https://www.instagram.com/", "home"),
                ("https://www.instagram.com/ada.l/", "profile"),
                ("https://www.instagram.com/stories/ada.l/123/", "story"),
                ("https://www.instagram.com/explore/tags/herons/", "hashtag"),
                ("https://www.instagram.com/reels/audio/123/", "other"),
                (
                    "https://www.instagram.com/accounts/login/?next=/p/BvJh2aLh3Zq/",
                    "login",
                ),
                ("https://www.instagram.com/share/p/BA1b2c3/", "leads"),
                ("https://www.instagram.com/share/BA1b2c3", "leads"),
                ("https://www.instagram.com/p/", "profile"),
                ("https://www.instagram.com/embed.js", "other"),
                ("https://notinstagram.com/p/BvJh2aLh3Zq/", "none"),
            ],
        );
    }
}
