//! The fediverse: servers of many kinds on hosts that nobody can list. What is known is how each kind of server forms
//! its paths, so only unmistakable ones count, and an id is that of the host and of the post on it.

use url::Url;

use super::address::{post, query, segments};
use super::{Platform, Recognised, part};

pub(super) mod status;

/// Mastodon and its forks, GoToSocial, Pleroma and Akkoma.
pub static MASTODON: Platform = Platform {
    sources: &[&status::Status],
    ..Platform::by_address("mastodon", mastodon)
};

/// Misskey and its forks.
pub static MISSKEY: Platform = Platform::by_address("misskey", misskey);

/// Pixelfed.
pub static PIXELFED: Platform = Platform::by_address("pixelfed", pixelfed);

/// PeerTube.
pub static PEERTUBE: Platform = Platform::by_address("peertube", peertube);

/// Lemmy.
pub static LEMMY: Platform = Platform::by_address("lemmy", lemmy);

/// Hosts of Lemmy servers whose names do not say so; its paths alone are too plain.
const LEMMY_HOSTS: &[&str] = &[
    "beehaw.org",
    "discuss.tchncs.de",
    "feddit.de",
    "feddit.org",
    "feddit.uk",
    "hexbear.net",
    "infosec.pub",
    "lemm.ee",
    "lemmygrad.ml",
    "mander.xyz",
    "programming.dev",
    "sh.itjust.works",
    "slrpnk.net",
    "sopuli.xyz",
];

fn mastodon(url: &Url) -> Option<Recognised> {
    let host = part::host(url)?;
    let parts = segments(url);
    let parts: Vec<&str> = parts.iter().map(String::as_str).collect();
    let parts = match parts.as_slice() {
        ["web" | "deck", rest @ ..] => rest,
        whole => whole,
    };
    match *parts {
        ["users", user, "statuses", id, ..] | [user, "statuses", id, ..] => {
            let id = snowflake(id).or_else(|| ulid(id))?;
            status(host, Some(user.trim_start_matches('@')), id)
        }
        ["statuses", id] => status(host, None, snowflake(id)?),
        [user, id] | [user, id, "embed"] if user.starts_with('@') => status(host, Some(&user[1..]), snowflake(id)?),
        ["notice", id] => {
            let flake = part::word(id).filter(|id| id.len() == 18)?;
            of(
                MASTODON.name,
                host,
                flake,
                format!("https://{host}/notice/{flake}"),
                None,
            )
        }
        ["objects", id] => {
            let id = uuid(id)?;
            of(MASTODON.name, host, id, format!("https://{host}/objects/{id}"), None)
        }
        ["authorize_interaction"] => {
            let inner = Url::parse(&query(url, "uri")?).ok()?;
            // Once: what is to be answered lies on another server.
            (inner.path() != url.path()).then(|| mastodon(&inner)).flatten()
        }
        _ => None,
    }
}

fn status(host: &str, user: Option<&str>, id: &str) -> Option<Recognised> {
    // A copy of another server's post is written `@user@host`.
    let user = match user {
        Some(user) => Some(part::run(user, |c| {
            c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | '-' | '@')
        })?),
        None => None,
    };
    let url = match user {
        Some(user) if id.bytes().all(|b| b.is_ascii_digit()) => format!("https://{host}/@{user}/{id}"),
        Some(user) => format!("https://{host}/@{user}/statuses/{id}"),
        None => format!("https://{host}/statuses/{id}"),
    };
    of(MASTODON.name, host, id, url, user)
}

fn misskey(url: &Url) -> Option<Recognised> {
    let host = part::host(url)?;
    match segments(url).as_slice() {
        [notes, id] if notes == "notes" => {
            let is_id =
                matches!(id.len(), 10 | 16..=32) && id.bytes().all(|b| b.is_ascii_digit() || b.is_ascii_lowercase());
            // Ids begin with the time, so with one of few characters; words have no digits.
            let has_digit =
                id.bytes().any(|b| b.is_ascii_digit()) && id.starts_with(['7', '8', '9', 'a', 'b', 'c', 'd']);
            (is_id && has_digit).then(|| of(MISSKEY.name, host, id, format!("https://{host}/notes/{id}"), None))?
        }
        _ => None,
    }
}

fn pixelfed(url: &Url) -> Option<Recognised> {
    let host = part::host(url)?;
    match segments(url).as_slice() {
        [p, user, id, ..] if p == "p" => {
            let (user, id) = (part::name(user)?, snowflake(id)?);
            of(
                PIXELFED.name,
                host,
                id,
                format!("https://{host}/p/{user}/{id}"),
                Some(user),
            )
        }
        _ => None,
    }
}

fn peertube(url: &Url) -> Option<Recognised> {
    let host = part::host(url)?;
    let parts = segments(url);
    let parts: Vec<&str> = parts.iter().map(String::as_str).collect();
    let id = match parts[..] {
        ["w", id] => part::word(id).filter(|id| id.len() == 22).or_else(|| uuid(id))?,
        ["videos", "watch" | "embed", id, ..] => uuid(id).or_else(|| part::word(id).filter(|id| id.len() == 22))?,
        _ => return None,
    };
    of(PEERTUBE.name, host, id, format!("https://{host}/w/{id}"), None)
}

fn lemmy(url: &Url) -> Option<Recognised> {
    let host = part::host(url)?;
    let is_lemmy = LEMMY_HOSTS.contains(&host) || host.split('.').any(|label| label.starts_with("lemmy"));
    match segments(url).as_slice() {
        [kind, number] if is_lemmy && matches!(&**kind, "post" | "comment") => {
            let number = part::number(number)?;
            let id = if kind == "post" {
                number.to_owned()
            } else {
                format!("comment/{number}")
            };
            of(LEMMY.name, host, &id, format!("https://{host}/{kind}/{number}"), None)
        }
        _ => None,
    }
}

fn of(platform: &'static str, host: &str, id: &str, url: String, handle: Option<&str>) -> Option<Recognised> {
    post(platform, format!("{host}/{id}"), url, handle.map(str::to_owned))
}

/// Mastodon's ids: milliseconds since 1970 and 16 more bits, so 15 to 19 digits.
fn snowflake(part: &str) -> Option<&str> {
    part::number(part).filter(|id| (15..=19).contains(&id.len()))
}

/// Ids of GoToSocial: 26 characters of Crockford's alphabet.
fn ulid(part: &str) -> Option<&str> {
    part::word(part).filter(|id| id.len() == 26 && id.starts_with('0') && id.bytes().all(|b| !b.is_ascii_lowercase()))
}

fn uuid(part: &str) -> Option<&str> {
    let id = part::code(part)?;
    let groups = id.split('-').map(str::len);
    (groups.eq([8, 4, 4, 4, 12]) && id.bytes().all(|b| b == b'-' || b.is_ascii_hexdigit())).then_some(id)
}

#[cfg(test)]
mod tests {
    use super::super::cases::{mean_no_posts, mean_posts, names_handle};
    use super::*;

    #[test]
    fn every_form_of_a_post_address_has_one_canonical_form() {
        let (id, url) = (
            "herons.example/109876543210987654",
            "https://herons.example/@ada/109876543210987654",
        );
        mean_posts(
            &MASTODON,
            &[
                ("https://herons.example/@ada/109876543210987654", id, url),
                ("https://herons.example/@ada/109876543210987654/embed", id, url),
                ("https://herons.example/web/@ada/109876543210987654", id, url),
                ("https://herons.example/users/ada/statuses/109876543210987654", id, url),
                (
                    "https://herons.example/authorize_interaction?uri=https%3A%2F%2Fherons.example%2F%40ada%2F109876543210987654",
                    id,
                    url,
                ),
                (
                    "https://herons.example/@ada@storks.example/109876543210987654",
                    id,
                    "https://herons.example/@ada@storks.example/109876543210987654",
                ),
                (
                    "https://herons.example/web/statuses/109876543210987654",
                    id,
                    "https://herons.example/statuses/109876543210987654",
                ),
                (
                    "https://gts.example/@ada/statuses/01HE9V8Z3X7K5T2M4N6P8Q0RST",
                    "gts.example/01HE9V8Z3X7K5T2M4N6P8Q0RST",
                    "https://gts.example/@ada/statuses/01HE9V8Z3X7K5T2M4N6P8Q0RST",
                ),
                (
                    "https://pleroma.example/notice/AZ1b2C3d4E5f6G7h8i",
                    "pleroma.example/AZ1b2C3d4E5f6G7h8i",
                    "https://pleroma.example/notice/AZ1b2C3d4E5f6G7h8i",
                ),
            ],
        );
        names_handle(&MASTODON, url, Some("ada"));
        mean_posts(
            &MISSKEY,
            &[(
                "https://mi.example/notes/9abc12xyz0",
                "mi.example/9abc12xyz0",
                "https://mi.example/notes/9abc12xyz0",
            )],
        );
        mean_posts(
            &PIXELFED,
            &[(
                "https://pix.example/p/ada/512345678901234567",
                "pix.example/512345678901234567",
                "https://pix.example/p/ada/512345678901234567",
            )],
        );
        let film = "https://tube.example/w/9c9de5e8-0a1e-484a-b099-e80766180a6d";
        mean_posts(
            &PEERTUBE,
            &[
                (
                    "https://tube.example/videos/watch/9c9de5e8-0a1e-484a-b099-e80766180a6d",
                    "tube.example/9c9de5e8-0a1e-484a-b099-e80766180a6d",
                    film,
                ),
                (
                    "https://tube.example/videos/embed/9c9de5e8-0a1e-484a-b099-e80766180a6d?title=0",
                    "tube.example/9c9de5e8-0a1e-484a-b099-e80766180a6d",
                    film,
                ),
                (
                    "https://tube.example/w/kkGMgK9ZtnKfYAgnEtQxbv",
                    "tube.example/kkGMgK9ZtnKfYAgnEtQxbv",
                    "https://tube.example/w/kkGMgK9ZtnKfYAgnEtQxbv",
                ),
            ],
        );
        mean_posts(
            &LEMMY,
            &[
                (
                    "https://lemmy.example/post/12345",
                    "lemmy.example/12345",
                    "https://lemmy.example/post/12345",
                ),
                (
                    "https://feddit.org/comment/678",
                    "feddit.org/comment/678",
                    "https://feddit.org/comment/678",
                ),
            ],
        );
    }

    #[test]
    fn paths_that_other_sites_use_as_well_are_no_posts() {
        mean_no_posts(
            &MASTODON,
            &[
                ("https://herons.example/@ada", "none"),
                ("https://herons.example/@ada/12345", "none"),
                ("https://herons.example/@ada/a-long-story-1234567890ab", "none"),
                ("https://herons.example/tags/herons", "none"),
                ("https://herons.example/share?text=a", "none"),
                ("https://herons.example/objects/box", "none"),
                ("https://herons.example/notice/board", "none"),
            ],
        );
        mean_no_posts(
            &MISSKEY,
            &[
                ("https://shop.example/notes/chocolates", "none"),
                ("https://shop.example/notes/12", "none"),
            ],
        );
        mean_no_posts(&PIXELFED, &[("https://shop.example/p/shoes/12345", "none")]);
        mean_no_posts(
            &PEERTUBE,
            &[
                ("https://tube.example/w/short", "none"),
                ("https://tube.example/videos/watch/1", "none"),
            ],
        );
        mean_no_posts(
            &LEMMY,
            &[
                ("https://blog.example/post/12345", "none"),
                ("https://lemmy.example/c/birds", "none"),
            ],
        );
    }
}
