//! Tumblr: a post is known by its number; the blog stands in the host or in the path.

use url::Url;

use super::address::{post, segments};
use super::{Platform, Recognised, part};

/// Tumblr.
pub static PLATFORM: Platform = Platform::by_address("tumblr", recognise);

fn recognise(url: &Url) -> Option<Recognised> {
    let sub = part::subdomain(part::host(url)?, "tumblr.com")?;
    let parts = segments(url);
    let parts: Vec<&str> = parts.iter().map(String::as_str).collect();
    Some(match (sub, &parts[..]) {
        ("media" | "static" | "assets" | "64.media" | "66.media" | "va.media", _) => Recognised::NotAPost("media"),
        ("embed", ["embed", "post", .., number]) => named(None, number),
        ("embed", _) => Recognised::NotAPost("widget"),
        ("" | "www", []) => Recognised::NotAPost("home"),
        ("" | "www", ["share" | "widgets", ..]) => Recognised::NotAPost("share"),
        ("" | "www", ["tagged" | "search", ..]) => Recognised::NotAPost("search"),
        ("" | "www", ["blog", "view", blog, number, ..] | ["dashboard", "blog", blog, number, ..]) => {
            named(Some(blog), number)
        }
        ("" | "www", [blog, number, ..]) if part::number(number).is_some() => named(Some(blog), number),
        ("" | "www", _) => Recognised::NotAPost("profile"),
        (blog, ["post" | "image", number, ..]) => named(Some(blog), number),
        _ => Recognised::NotAPost("profile"),
    })
}

fn named(blog: Option<&str>, number: &str) -> Recognised {
    let blog = blog.and_then(part::name);
    part::number(number)
        .filter(|number| number.len() >= 6)
        .and_then(|number| {
            let url = match blog {
                Some(blog) => format!("https://www.tumblr.com/{blog}/{number}"),
                None => format!("https://embed.tumblr.com/embed/post/{number}"),
            };
            post(PLATFORM.name, number.to_owned(), url, blog.map(str::to_owned))
        })
        .unwrap_or(Recognised::NotAPost("malformed"))
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
                (
                    "https://embed.tumblr.com/embed/post/abcDEF/161234567890",
                    id,
                    "https://embed.tumblr.com/embed/post/161234567890",
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
                ("https://www.tumblr.com/", "home"),
                ("https://nottumblr.com/herons/161234567890", "none"),
            ],
        );
    }
}
