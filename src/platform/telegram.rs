//! Telegram: posts of public channels and groups, `CHANNEL/N`, of private ones, `c/INTERNAL/N`, and what answers
//! them, `CHANNEL/N/comment/C`. Names of channels are the same in either case, so ids and canonical addresses hold them in small letters.

use url::Url;

use super::address::{Path, post, query};
use super::{Platform, PostRef, Recognised, part};

pub(super) mod embed;

/// Telegram.
pub static PLATFORM: Platform = Platform {
    sources: &[&embed::Embed],
    upstreams: &[("embed", "https://t.me")],
    ..Platform::by_address("telegram", recognise)
};

/// Hosts of links into Telegram. A subdomain is the name of a channel.
const HOSTS: &[&str] = &["t.me", "telegram.me", "telegram.dog"];

/// First path parts that stand where a channel could stand, and what they are.
const NOT_CHANNELS: &[(&str, &str)] = &[
    ("addemoji", "other"),
    ("addlist", "list"),
    ("addstickers", "other"),
    ("addtheme", "other"),
    ("bg", "other"),
    ("boost", "other"),
    ("call", "other"),
    ("confirmphone", "other"),
    ("contact", "profile"),
    ("giftcode", "other"),
    ("invoice", "other"),
    ("iv", "other"),
    ("joinchat", "community"),
    ("login", "other"),
    ("msg", "share"),
    ("nft", "other"),
    ("proxy", "other"),
    ("setlanguage", "other"),
    ("share", "share"),
    ("socks", "other"),
];

fn recognise(url: &Url) -> Option<Recognised> {
    let host = part::host(url)?;
    let sub = HOSTS.iter().find_map(|home| part::subdomain(host, home))?;
    let path = Path::of(url);
    let mut parts = path.parts().to_vec();
    if !matches!(sub, "" | "www") {
        parts.insert(0, sub);
    }
    let found = site(&parts);
    match (found, query(url, "comment")) {
        (Recognised::Post(of), Some(comment)) => Some(answer(&of, &comment).unwrap_or(Recognised::Post(of))),
        (found, _) => Some(found),
    }
}

fn site(parts: &[&str]) -> Recognised {
    let malformed = Recognised::NotAPost("malformed");
    match *parts {
        [] => Recognised::NotAPost("home"),
        ["c", internal, _, number, ..] | ["c", internal, number] if part::number(number).is_some() => {
            private(internal, number).unwrap_or(malformed)
        }
        ["c", internal, number, ..] => private(internal, number).unwrap_or(malformed),
        ["c", ..] => Recognised::NotAPost("community"),
        ["s"] => Recognised::NotAPost("other"),
        ["s", name, number, ..] => public(name, number).unwrap_or(malformed),
        ["s", _] => Recognised::NotAPost("profile"),
        [first, ..] if first.starts_with(['+', ' ']) => Recognised::NotAPost("community"),
        [first, ref rest @ ..] => {
            if let Some((_, reason)) = NOT_CHANNELS.iter().find(|(word, _)| first.eq_ignore_ascii_case(word)) {
                return Recognised::NotAPost(reason);
            }
            let Some(name) = channel(first) else {
                return Recognised::NotAPost("other");
            };
            match *rest {
                [] => Recognised::NotAPost("profile"),
                ["s", _, ..] => Recognised::NotAPost("story"),
                ["a", _, ..] => Recognised::NotAPost("list"),
                // The thread comes first, and the number of the post in the whole group after it.
                [thread, number, ..] if part::number(thread).is_some() && part::number(number).is_some() => {
                    public(name, number).unwrap_or(malformed)
                }
                [number, ..] if number.starts_with(|c: char| c.is_ascii_digit()) => {
                    public(name, number).unwrap_or(malformed)
                }
                _ => Recognised::NotAPost("other"),
            }
        }
    }
}

fn public(name: &str, number: &str) -> Option<Recognised> {
    let (name, number) = (channel(name)?, part::number(number)?);
    let id = format!("{}/{number}", name.to_ascii_lowercase());
    let url = format!("https://t.me/{id}");
    post(PLATFORM.name, id, url, Some(name.to_owned()))
}

/// What answers a post of a channel, in the group that belongs to it: `CHANNEL/N/comment/C`. Who wrote it is not told.
fn answer(of: &PostRef, comment: &str) -> Option<Recognised> {
    let comment = part::number(comment)?;
    let url = format!("{}?comment={comment}", of.url);
    post(PLATFORM.name, format!("{}/comment/{comment}", of.id), url, None)
}

fn private(internal: &str, number: &str) -> Option<Recognised> {
    let id = format!("c/{}/{}", part::number(internal)?, part::number(number)?);
    let url = format!("https://t.me/{id}");
    post(PLATFORM.name, id, url, None)
}

/// A public name: 4 to 32 of `A–Z a–z 0–9 _`, beginning with a letter.
fn channel(part: &str) -> Option<&str> {
    let name = part.strip_prefix('@').unwrap_or(part);
    let formed = (4..=32).contains(&name.len())
        && name.starts_with(|c: char| c.is_ascii_alphabetic())
        && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_');
    formed.then_some(name)
}

#[cfg(test)]
mod tests {
    use super::super::cases::{mean_no_posts, mean_posts, names_handle};
    use super::PLATFORM;

    #[test]
    fn every_form_of_a_post_address_has_one_canonical_form() {
        let (id, url) = ("river_watch/321", "https://t.me/river_watch/321");
        mean_posts(
            &PLATFORM,
            &[
                ("https://t.me/river_watch/321", id, url),
                ("http://www.t.me/River_Watch/321/", id, url),
                ("https://t.me/s/river_watch/321", id, url),
                ("https://t.me/river_watch/321?single", id, url),
                ("https://t.me/river_watch/321?comment=undefined", id, url),
                (
                    "https://t.me/River_Watch/321?comment=99",
                    "river_watch/321/comment/99",
                    "https://t.me/river_watch/321?comment=99",
                ),
                ("https://t.me/river_watch/321?embed=1&mode=tme", id, url),
                ("https://t.me/river_watch/321)", id, url),
                ("https://t.me/river_watch/7/321", id, url),
                ("https://telegram.me/river_watch/321", id, url),
                ("https://telegram.dog/s/river_watch/321", id, url),
                ("https://river_watch.t.me/321", id, url),
                ("https://t.me/@river_watch/321", id, url),
                (
                    "https://t.me/c/1234567890/321",
                    "c/1234567890/321",
                    "https://t.me/c/1234567890/321",
                ),
                (
                    "https://t.me/c/1234567890/7/321",
                    "c/1234567890/321",
                    "https://t.me/c/1234567890/321",
                ),
            ],
        );
        names_handle(&PLATFORM, "https://t.me/River_Watch/321", Some("River_Watch"));
        names_handle(&PLATFORM, "https://t.me/c/1234567890/321", None);
        names_handle(&PLATFORM, "https://t.me/River_Watch/321?comment=99", None);
    }

    #[test]
    fn what_names_no_post_is_told_apart_with_its_reason() {
        mean_no_posts(
            &PLATFORM,
            &[
                ("https://t.me/river_watch", "profile"),
                ("https://t.me/s/river_watch", "profile"),
                ("https://t.me/s/river_watch?before=300", "profile"),
                ("https://t.me/river_watch?start=abc", "profile"),
                ("https://river_watch.t.me/", "profile"),
                ("https://t.me/joinchat/AAAAAEabcdef", "community"),
                ("https://t.me/+AbCdEf123", "community"),
                ("https://t.me/c/1234567890", "community"),
                ("https://t.me/share/url?url=https%3A%2F%2Fexample.org", "share"),
                ("https://telegram.me/share/url?url=https%3A%2F%2Fexample.org", "share"),
                ("https://t.me/addstickers/Herons", "other"),
                ("https://t.me/proxy?server=1.2.3.4", "other"),
                ("https://t.me/iv?url=https%3A%2F%2Fexample.org&rhash=ab", "other"),
                ("https://t.me/river_watch/s/12", "story"),
                ("https://t.me/river_watch/a/3", "list"),
                ("https://t.me/s/river_watch/undefined", "malformed"),
                ("https://t.me/river_watch/12abc", "malformed"),
                ("https://t.me/", "home"),
                ("https://at.me/river_watch/321", "none"),
                ("https://t.me.example.org/river_watch/321", "none"),
                ("https://telegram.org/blog", "none"),
            ],
        );
    }
}
