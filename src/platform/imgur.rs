//! Imgur: images, albums and gallery posts, each known by its short code. A gallery's code is that of an image or of
//! an album, which no address tells, so the three stay apart: `ID`, `album:ID`, `gallery:ID`.

use url::Url;

use super::address::{Path, post, reserved};
use super::{Platform, Recognised, part};

/// Imgur.
pub static PLATFORM: Platform = Platform::by_address("imgur", recognise);

/// Words as long as codes that are pages of the site, ways to sort a list, or the picture for what is gone.
const NOT_CODES: &[&str] = &[
    "emerald", "gallery", "memegen", "minutes", "month", "removed", "score", "viral",
];

fn recognise(url: &Url) -> Option<Recognised> {
    let host = part::host(url)?;
    let sub = part::subdomain(host, "imgur.com").or_else(|| part::subdomain(host, "imgur.io"))?;
    let path = Path::of(url);
    let parts = path.parts();
    let found = match (sub, &parts[..]) {
        ("i", [.., file]) => file_of(file),
        ("" | "www" | "m", ["a", name, ..]) => titled(name).and_then(|id| named("album:", "a/", id)),
        ("" | "www" | "m", ["gallery", name, ..] | ["t" | "topic" | "r", _, name, ..]) => {
            titled(name).and_then(|id| named("gallery:", "gallery/", id))
        }
        ("" | "www" | "m", [name] | [name, "embed"]) => match name.split_once('.') {
            Some(_) => file_of(name),
            None => titled(name).and_then(|id| named("", "", id)),
        },
        _ => None,
    };
    Some(found.unwrap_or_else(|| Recognised::NotAPost(other(sub, &parts))))
}

fn other(sub: &str, parts: &[&str]) -> &'static str {
    match *parts {
        _ if sub == "i" => "media",
        [] => "home",
        _ if !matches!(sub, "" | "www" | "m") => "other",
        ["user", ..] => "profile",
        ["t" | "topic", ..] => "hashtag",
        ["r", ..] => "community",
        ["gallery" | "a", ..] => "list",
        [first, ..] => reserved(first).unwrap_or("other"),
    }
}

/// The code at the end of `a-heron-came-AbC12dE`, or alone.
fn titled(name: &str) -> Option<&str> {
    name.rsplit('-').next().and_then(code)
}

/// A file: `AbC12dE.jpg`, or `AbC12dEh.jpg` in one of the sizes that a letter stands for.
fn file_of(file: &str) -> Option<Recognised> {
    let (name, _) = file.split_once('.')?;
    let full = name.strip_suffix(['s', 'b', 't', 'm', 'l', 'h', 'g', 'r']);
    named("", "", code(name).or_else(|| full.and_then(code))?)
}

/// Five letters and digits, or seven, that are no word of the site's own.
fn code(part: &str) -> Option<&str> {
    part::word(part).filter(|code| matches!(code.len(), 5 | 7) && !NOT_CODES.contains(code) && reserved(code).is_none())
}

fn named(kind: &str, folder: &str, id: &str) -> Option<Recognised> {
    let url = format!("https://imgur.com/{folder}{id}");
    post(PLATFORM.name, format!("{kind}{id}"), url, None)
}

#[cfg(test)]
mod tests {
    use super::super::cases::{mean_no_posts, mean_posts};
    use super::PLATFORM;

    #[test]
    fn every_form_of_an_image_album_or_gallery_has_one_canonical_form() {
        let image = ("AbC12dE", "https://imgur.com/AbC12dE");
        let album = ("album:AbC12", "https://imgur.com/a/AbC12");
        let gallery = ("gallery:AbC12dE", "https://imgur.com/gallery/AbC12dE");
        mean_posts(
            &PLATFORM,
            &[
                ("https://imgur.com/AbC12dE", image.0, image.1),
                ("http://m.imgur.com/AbC12dE", image.0, image.1),
                ("https://imgur.io/a-heron-came-AbC12dE", image.0, image.1),
                ("https://imgur.com/AbC12dE/embed?pub=true", image.0, image.1),
                ("https://i.imgur.com/AbC12dE.jpg", image.0, image.1),
                ("https://i.imgur.com/AbC12dEh.jpg?1", image.0, image.1),
                ("https://i.imgur.com/AbC12dE.gifv", image.0, image.1),
                ("https://imgur.com/AbC12dE.png", image.0, image.1),
                ("https://i.imgur.com/AbC12s.gif", "AbC12", "https://imgur.com/AbC12"),
                ("https://imgur.com/a/AbC12", album.0, album.1),
                ("https://imgur.com/a/a-heron-came-AbC12#0", album.0, album.1),
                ("https://imgur.com/a/AbC12/embed?pub=true", album.0, album.1),
                ("https://imgur.com/gallery/AbC12dE/new", gallery.0, gallery.1),
                ("https://imgur.com/gallery/a-heron-came-AbC12dE", gallery.0, gallery.1),
                ("https://imgur.com/t/herons/AbC12dE", gallery.0, gallery.1),
                ("https://imgur.com/topic/Birds/AbC12dE", gallery.0, gallery.1),
                ("https://m.imgur.com/r/birds/AbC12dE", gallery.0, gallery.1),
            ],
        );
    }

    #[test]
    fn what_names_no_image_is_told_apart_with_its_reason() {
        mean_no_posts(
            &PLATFORM,
            &[
                ("https://imgur.com/", "home"),
                ("https://imgur.com/user/ada", "profile"),
                ("https://imgur.com/user/ada/posts", "profile"),
                ("https://imgur.com/t/animals", "hashtag"),
                ("https://imgur.com/r/birds", "community"),
                ("https://imgur.com/r/birds/month", "community"),
                ("https://imgur.com/t/herons/viral", "hashtag"),
                ("https://imgur.com/gallery", "list"),
                ("https://imgur.com/search?q=heron", "search"),
                ("https://imgur.com/login", "login"),
                ("https://imgur.com/account", "login"),
                ("https://imgur.com/about", "other"),
                ("https://imgur.com/privacy", "other"),
                ("https://imgur.com/removed.png", "other"),
                ("https://i.imgur.com/removed.png", "media"),
                ("https://i.imgur.com/", "media"),
                ("https://help.imgur.com/hc", "other"),
                ("https://i.stack.imgur.com/AbC12dE.png", "other"),
                ("https://notimgur.com/AbC12dE", "none"),
            ],
        );
    }
}
