//! Tumblr: a post is known by its number; the blog stands in the host or in the path. A private post opens only with
//! the key in its address, and the frame of a post with the key of its blog; keys belong to the address, not to the
//! identity.

use url::Url;

use super::address::{Path, post, reserved};
use super::{Platform, Recognised, part};

/// Tumblr.
pub static PLATFORM: Platform = Platform::by_address("tumblr", recognise);

/// Hosts that hold files; `64.media` and the like are told by their last label.
const MEDIA: &[&str] = &[
    "assets", "data", "media", "secure", "srvcs", "static", "ve", "vt", "vtt",
];

fn recognise(url: &Url) -> Option<Recognised> {
    let host = part::host(url)?;
    let path = Path::of(url);
    let parts = path.parts();
    if host == "tmblr.co" {
        return Some(match parts[..] {
            [] => Recognised::NotAPost("home"),
            _ => Recognised::Leads,
        });
    }
    let sub = part::subdomain(host, "tumblr.com")?;
    let malformed = Recognised::NotAPost("malformed");
    let is_number = |part: &str| part::number(part).is_some();
    Some(match (sub, &parts[..]) {
        (sub, _) if sub.rsplit('.').next().is_some_and(|label| MEDIA.contains(&label)) => Recognised::NotAPost("media"),
        ("embed", ["embed", "post", number]) => framed(None, number).unwrap_or(malformed),
        ("embed", ["embed", "post", key, number, ..]) => framed(Some(key), number).unwrap_or(malformed),
        ("embed", _) => Recognised::NotAPost("widget"),
        // Shared from a telephone; the number of the post may be missing.
        ("at", [blog, number, ..]) if is_number(number) => named(blog, number).unwrap_or(malformed),
        ("at", [_, ..]) => Recognised::Leads,
        ("" | "www" | "at" | "m", []) => Recognised::NotAPost("home"),
        ("" | "www" | "m", ["share" | "widgets", ..]) => Recognised::NotAPost("share"),
        ("" | "www" | "m", ["tagged", ..]) => Recognised::NotAPost("search"),
        ("" | "www" | "m", ["communities", ..]) => Recognised::NotAPost("community"),
        ("" | "www" | "m", ["blog", "view", blog, number, ..])
        | ("" | "www" | "m", ["dashboard", "blog", blog, number, ..])
        | ("" | "www" | "m", ["blog" | "video", blog, number, ..])
            if is_number(number) =>
        {
            named(blog, number).unwrap_or(malformed)
        }
        ("" | "www" | "m", [blog, number, ..]) if is_number(number) => named(blog, number).unwrap_or(malformed),
        ("" | "www" | "m", ["blog", ..]) => Recognised::NotAPost("profile"),
        ("" | "www" | "m", [first, ..]) => Recognised::NotAPost(reserved(first).unwrap_or("profile")),
        (blog, ["post" | "image", number, ..]) => named(blog, number).unwrap_or(malformed),
        (blog, ["private", number, key, ..]) => private(blog, number, key).unwrap_or(malformed),
        (_, ["tagged", ..]) => Recognised::NotAPost("hashtag"),
        _ => Recognised::NotAPost("profile"),
    })
}

fn named(blog: &str, number: &str) -> Option<Recognised> {
    let (blog, number) = (part::name(blog)?, long(number)?);
    let url = format!("https://www.tumblr.com/{blog}/{number}");
    post(PLATFORM.name, number.to_owned(), url, Some(blog.to_owned()))
}

/// `/private/N/tumblr_KEY`.
fn private(blog: &str, number: &str, key: &str) -> Option<Recognised> {
    let (number, key) = (long(number)?, part::code(key)?);
    let url = format!("https://{blog}.tumblr.com/private/{number}/{key}");
    post(PLATFORM.name, number.to_owned(), url, Some(blog.to_owned()))
}

/// The frame of a post, by the key of the blog (`t:AbC`) and the number.
fn framed(key: Option<&str>, number: &str) -> Option<Recognised> {
    let number = long(number)?;
    let url = match key {
        Some(key) => {
            let key = part::run(key, |c| c.is_ascii_alphanumeric() || matches!(c, ':' | '-' | '_'))?;
            format!("https://embed.tumblr.com/embed/post/{key}/{number}")
        }
        None => format!("https://embed.tumblr.com/embed/post/{number}"),
    };
    post(PLATFORM.name, number.to_owned(), url, None)
}

fn long(number: &str) -> Option<&str> {
    part::number(number).filter(|number| number.len() >= 6)
}

#[cfg(test)]
mod tests {
    use super::super::cases::{mean_no_posts, mean_posts, names_handle};
    use super::PLATFORM;

    #[test]
    fn every_form_of_a_post_address_has_one_canonical_form() {
        let (id, url) = ("161234567890", "https://www.tumblr.com/herons/161234567890");
        mean_posts(
            &PLATFORM,
            &[
                ("https://herons.tumblr.com/post/161234567890/a-heron", id, url),
                ("http://herons.tumblr.com/image/161234567890", id, url),
                (
                    "https://www.tumblr.com/herons/161234567890/a-heron?source=share",
                    id,
                    url,
                ),
                ("https://www.tumblr.com/blog/view/herons/161234567890", id, url),
                ("https://www.tumblr.com/blog/herons/161234567890", id, url),
                ("https://www.tumblr.com/dashboard/blog/herons/161234567890", id, url),
                ("https://www.tumblr.com/video/herons/161234567890/500/", id, url),
                ("https://at.tumblr.com/herons/161234567890/abc123", id, url),
                (
                    "https://embed.tumblr.com/embed/post/t:abc-DEF_1/161234567890/v2?width=542",
                    id,
                    "https://embed.tumblr.com/embed/post/t:abc-DEF_1/161234567890",
                ),
                (
                    "https://embed.tumblr.com/embed/post/161234567890",
                    id,
                    "https://embed.tumblr.com/embed/post/161234567890",
                ),
                (
                    "http://herons.tumblr.com/private/161234567890/tumblr_p0ed1rdm00w#x",
                    id,
                    "https://herons.tumblr.com/private/161234567890/tumblr_p0ed1rdm00w",
                ),
            ],
        );
        names_handle(&PLATFORM, url, Some("herons"));
    }

    #[test]
    fn what_names_no_post_is_told_apart_with_its_reason() {
        mean_no_posts(
            &PLATFORM,
            &[
                ("https://herons.tumblr.com/", "profile"),
                ("https://www.tumblr.com/herons", "profile"),
                ("https://www.tumblr.com/tagged/herons", "search"),
                ("https://www.tumblr.com/share/link?url=x", "share"),
                ("https://64.media.tumblr.com/abc/s640.jpg", "media"),
                ("https://24.media.tumblr.com/tumblr_abc_500.jpg", "media"),
                ("https://vtt.tumblr.com/tumblr_abc.mp4", "media"),
                ("https://tmblr.co/Zz_Uqj2G9GXq9", "leads"),
                ("https://at.tumblr.com/herons/a-heron/abc123", "leads"),
                ("https://www.tumblr.com/blog/herons", "profile"),
                ("https://www.tumblr.com/herons/tagged/birds", "profile"),
                ("https://herons.tumblr.com/tagged/birds", "hashtag"),
                ("https://www.tumblr.com/login?redirect_to=x", "login"),
                ("https://www.tumblr.com/communities/birds", "community"),
                ("https://www.tumblr.com/policy/en/privacy", "other"),
                ("https://www.tumblr.com/", "home"),
                ("https://nottumblr.com/herons/161234567890", "none"),
            ],
        );
    }
}
