//! The fediverse: servers of many kinds on hosts that nobody can list. What is known is how each kind of server forms
//! its paths, so only unmistakable ones count, and an id is that of the server (with its port, if it has one of its
//! own) and of the post on it. Programs in the browser that show any server's posts name the server in their path.

use url::Url;

use crate::exchange::Exchange;

use super::address::{Path, post, query};
use super::{OWN_SERVER, Platform, PostRef, Recognised, part};

pub(super) mod lemmy;
pub(super) mod misskey;
pub(super) mod object;
pub(super) mod peertube;
pub(super) mod status;

/// Mastodon and its forks, GoToSocial, Pleroma and Akkoma, Friendica.
pub static MASTODON: Platform = Platform {
    sources: &[
        &status::Status,
        &object::Object {
            name: "mastodon.object",
            asks_again: true,
        },
    ],
    beside: |at, id| on_its_server(at, &format!("/statuses/{id}")),
    thread: Some(&status::Context),
    upstreams: &[("server", OWN_SERVER)],
    ..Platform::by_address("mastodon", mastodon)
};

/// Misskey and its forks.
pub static MISSKEY: Platform = Platform {
    sources: &[
        &misskey::Note,
        &object::Object {
            name: "misskey.object",
            asks_again: true,
        },
    ],
    beside: |at, id| on_its_server(at, &format!("/notes/{id}")),
    upstreams: &[("server", OWN_SERVER)],
    ..Platform::by_address("misskey", misskey)
};

/// Pixelfed.
pub static PIXELFED: Platform = Platform {
    sources: &[&object::Object {
        name: "pixelfed.object",
        asks_again: false,
    }],
    upstreams: &[("server", OWN_SERVER)],
    ..Platform::by_address("pixelfed", pixelfed)
};

/// PeerTube.
pub static PEERTUBE: Platform = Platform {
    sources: &[
        &peertube::Video,
        &object::Object {
            name: "peertube.object",
            asks_again: true,
        },
    ],
    upstreams: &[("server", OWN_SERVER)],
    ..Platform::by_address("peertube", peertube)
};

/// Lemmy.
pub static LEMMY: Platform = Platform {
    sources: &[
        &lemmy::View,
        &object::Object {
            name: "lemmy.object",
            asks_again: true,
        },
    ],
    beside: |at, id| match id.starts_with("comment/") {
        true => on_its_server(at, &format!("/{id}")),
        false => on_its_server(at, &format!("/post/{id}")),
    },
    upstreams: &[("server", OWN_SERVER)],
    ..Platform::by_address("lemmy", lemmy)
};

/// Whether a platform is a kind of server of the fediverse.
pub(super) fn is_kind(platform: &str) -> bool {
    [&MASTODON, &MISSKEY, &PIXELFED, &PEERTUBE, &LEMMY]
        .iter()
        .any(|kind| kind.name == platform)
}

/// The address with this path on the server of a post.
fn on_its_server(post: &PostRef, path: &str) -> Option<String> {
    post.url.join(path).ok().map(String::from)
}

/// Programs that show the server of whoever is logged in under paths of Mastodon: no address there tells whose
/// post it is.
const WITHOUT_SERVER: &[&str] = &["enafore.social", "pinafore.social", "semaphore.social"];

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

/// Whether an answer that is no JSON is that of a server which does not speak what it was asked in: its paths look like those
/// of another kind of server, and nothing is said of the post.
fn is_foreign(exchange: &Exchange) -> bool {
    exchange.failure.is_none()
        && match exchange.status {
            Some(404 | 405 | 406 | 410) => true,
            Some(200) => exchange.is_html(),
            _ => false,
        }
}

/// Whether the path of `url` can be one of these: nearly all addresses have no such part. Every path that is known below
/// has one.
pub(super) fn may_be_post(url: &Url) -> bool {
    let is_known = |part: &str| {
        matches!(
            part,
            "users"
                | "statuses"
                | "notice"
                | "objects"
                | "display"
                | "authorize_interaction"
                | "s"
                | "notes"
                | "p"
                | "web"
                | "w"
                | "videos"
                | "post"
                | "posts"
                | "comment"
        )
    };
    let path = url.path();
    url.fragment().is_some() || memchr::memchr2(b'@', b'%', path.as_bytes()).is_some() || path.split('/').any(is_known)
}

/// Where a post lies: a host, with its port unless it is the usual one.
fn server(url: &Url) -> Option<String> {
    let host = part::host(url)?;
    Some(match url.port() {
        Some(port) => format!("{host}:{port}"),
        None => host.to_owned(),
    })
}

/// A server named in the path of another.
fn is_server(part: &str) -> bool {
    part.contains('.')
        && !part.starts_with(['.', '-', '@'])
        && !part.ends_with('.')
        && part
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-'))
}

fn mastodon(url: &Url) -> Option<Recognised> {
    if part::host(url).is_some_and(|host| WITHOUT_SERVER.contains(&host)) && url.port().is_none() {
        return Some(Recognised::NotAPost("other"));
    }
    if !may_be_post(url) {
        return None;
    }
    let server = server(url)?;
    let behind_hash = url.fragment().and_then(|fragment| fragment.strip_prefix('/'));
    if let Some(found) = behind_hash.and_then(|inner| shown(&inner.split('/').take(4).collect::<Vec<_>>())) {
        return Some(found);
    }
    let path = Path::of(url);
    let parts = path.parts();
    let parts = match &parts[..] {
        ["web" | "deck", rest @ ..] => rest,
        whole => whole,
    };
    match *parts {
        ["authorize_interaction"] => {
            // What is to be answered lies on another server.
            let inner = Url::parse(&query(url, "uri")?).ok()?;
            on_server(&self::server(&inner)?, &Path::of(&inner).parts())
        }
        [inner, user, _] | ["status", inner, user, _] if is_server(inner) && user.starts_with('@') => shown(parts),
        _ => on_server(&server, parts),
    }
}

/// A post of the server that is named before its path, in one of the ways of the programs that do so:
/// `SERVER/@user/ID`, `status/SERVER/@user/ID`, `SERVER/s/ID`.
fn shown(parts: &[&str]) -> Option<Recognised> {
    match *parts {
        [server, "s", id] if is_server(server) => status(&server.to_ascii_lowercase(), None, snowflake(id)?),
        [server, ref rest @ ..] | ["status", server, ref rest @ ..] if is_server(server) => {
            on_server(&server.to_ascii_lowercase(), rest)
        }
        _ => None,
    }
}

fn on_server(server: &str, parts: &[&str]) -> Option<Recognised> {
    let of_kind = |kind: &str, id: &str| of(MASTODON.name, server, id, format!("https://{server}/{kind}/{id}"), None);
    match *parts {
        ["ap", "users", _, "statuses", id, ..] => status(server, None, snowflake(id)?),
        ["users", user, "statuses", id, ..] | [user, "statuses", id, ..] => {
            let id = snowflake(id).or_else(|| ulid(id))?;
            status(server, Some(user.trim_start_matches('@')), id)
        }
        ["statuses", id] => status(server, None, snowflake(id)?),
        [user, id] | [user, id, "embed" | "reblogs" | "favourites" | "quotes"] if user.starts_with('@') => {
            status(server, Some(&user[1..]), snowflake(id)?)
        }
        [user, "posts", id] if user.starts_with('@') => {
            let (user, id) = (
                part::name(user)?,
                flake(id).filter(|id| id.starts_with(['9', 'A', 'B']))?,
            );
            let url = format!("https://{server}/@{user}/posts/{id}");
            of(MASTODON.name, server, id, url, Some(user))
        }
        ["notice", id] => of_kind("notice", flake(id)?),
        ["objects", id] => of_kind("objects", uuid(id)?),
        ["display", id] => of_kind("display", uuid(id).or_else(|| guid(id))?),
        _ => None,
    }
}

fn status(server: &str, user: Option<&str>, id: &str) -> Option<Recognised> {
    // A copy of another server's post is written `@user@host`.
    let user = match user {
        Some(user) => Some(part::run(user, |c| {
            c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | '-' | '@')
        })?),
        None => None,
    };
    let url = match user {
        Some(user) if snowflake(id).is_some() => format!("https://{server}/@{user}/{id}"),
        Some(user) => format!("https://{server}/@{user}/statuses/{id}"),
        None => format!("https://{server}/statuses/{id}"),
    };
    of(MASTODON.name, server, id, url, user)
}

fn misskey(url: &Url) -> Option<Recognised> {
    may_be_post(url).then_some(())?;
    let server = server(url)?;
    match Path::of(url).parts()[..] {
        ["notes", id] => {
            let is_id =
                matches!(id.len(), 10 | 16..=32) && id.bytes().all(|b| b.is_ascii_digit() || b.is_ascii_lowercase());
            // Ids begin with the time, so with one of few characters; words have no digits.
            let has_digit =
                id.bytes().any(|b| b.is_ascii_digit()) && id.starts_with(['7', '8', '9', 'a', 'b', 'c', 'd']);
            (is_id && has_digit).then(|| of(MISSKEY.name, &server, id, format!("https://{server}/notes/{id}"), None))?
        }
        _ => None,
    }
}

fn pixelfed(url: &Url) -> Option<Recognised> {
    may_be_post(url).then_some(())?;
    let server = server(url)?;
    let (user, id) = match Path::of(url).parts()[..] {
        ["p", user, id, ..] => (Some(part::name(user)?.to_owned()), snowflake(id)?.to_owned()),
        ["i", "web", "post", id, ..] => (None, snowflake(id)?.to_owned()),
        _ => return None,
    };
    let url = match &user {
        Some(user) => format!("https://{server}/p/{user}/{id}"),
        None => format!("https://{server}/i/web/post/{id}"),
    };
    of(PIXELFED.name, &server, &id, url, user.as_deref())
}

fn peertube(url: &Url) -> Option<Recognised> {
    may_be_post(url).then_some(())?;
    let server = server(url)?;
    let id = match Path::of(url).parts()[..] {
        ["w", id] | ["videos", "watch" | "embed", id, ..] => match uuid(id) {
            Some(id) => id.to_ascii_lowercase(),
            None => written_out(id)?,
        },
        _ => return None,
    };
    of(PEERTUBE.name, &server, &id, format!("https://{server}/w/{id}"), None)
}

fn lemmy(url: &Url) -> Option<Recognised> {
    may_be_post(url).then_some(())?;
    let server = server(url)?;
    let path = Path::of(url);
    // Programs that show any server name it in the path, each in its own place.
    let (server, kind, number) = match path.parts()[..] {
        [kind @ ("post" | "comment"), number] => (&*server, kind, number),
        // The comment stands behind its post.
        ["post", number, comment] if part::number(number) == Some(number) => (&*server, "comment", comment),
        [kind @ ("post" | "comment"), inner, number] | [inner, kind @ ("post" | "comment"), number] => {
            (inner, kind, number)
        }
        ["posts", inner, "c", _, number] => (inner, "post", number),
        _ => return None,
    };
    if !LEMMY_HOSTS.contains(&server) && !server.split('.').any(|label| label.starts_with("lemmy")) {
        return None;
    }
    let number = part::number(number)?;
    let id = match kind {
        "post" => number.to_owned(),
        _ => format!("comment/{number}"),
    };
    of(
        LEMMY.name,
        server,
        &id,
        format!("https://{server}/{kind}/{number}"),
        None,
    )
}

fn of(platform: &'static str, server: &str, id: &str, url: String, handle: Option<&str>) -> Option<Recognised> {
    post(platform, format!("{server}/{id}"), url, handle.map(str::to_owned))
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

/// Ids of Pleroma and Akkoma: 18 letters and digits.
fn flake(part: &str) -> Option<&str> {
    part::word(part).filter(|id| id.len() == 18)
}

/// Ids of Friendica where they are no UUID: 32 hexadecimal digits.
fn guid(part: &str) -> Option<&str> {
    part::word(part).filter(|id| {
        id.len() == 32 && id.bytes().all(|b| b.is_ascii_hexdigit()) && id.bytes().any(|b| b.is_ascii_digit())
    })
}

/// The UUID that PeerTube writes to the base 58 in its short addresses.
fn written_out(short: &str) -> Option<String> {
    const DIGITS: &str = "123456789abcdefghijkmnopqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ";
    let short = part::word(short).filter(|id| id.len() == 22)?;
    let mut value: u128 = 0;
    for c in short.chars() {
        let digit = u128::try_from(DIGITS.find(c)?).ok()?;
        value = value.checked_mul(58)?.checked_add(digit)?;
    }
    let hex = format!("{value:032x}");
    Some(format!(
        "{}-{}-{}-{}-{}",
        &hex[..8],
        &hex[8..12],
        &hex[12..16],
        &hex[16..20],
        &hex[20..]
    ))
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
                    "https://gts.example/ada/statuses/01287619798311937866712345",
                    "gts.example/01287619798311937866712345",
                    "https://gts.example/@ada/statuses/01287619798311937866712345",
                ),
                (
                    "https://pleroma.example/notice/AZ1b2C3d4E5f6G7h8i",
                    "pleroma.example/AZ1b2C3d4E5f6G7h8i",
                    "https://pleroma.example/notice/AZ1b2C3d4E5f6G7h8i",
                ),
            ],
        );
        names_handle(&MASTODON, url, Some("ada"));
        let bare = "https://herons.example/statuses/109876543210987654";
        mean_posts(
            &MASTODON,
            &[
                ("https://elk.zone/herons.example/@ada/109876543210987654", id, url),
                ("https://main.elk.zone/Herons.Example/@ada/109876543210987654", id, url),
                (
                    "https://trunks.social/status/herons.example/@ada/109876543210987654",
                    id,
                    url,
                ),
                ("https://phanpy.social/#/herons.example/s/109876543210987654", id, bare),
                (
                    "https://herons.example/ap/users/115/statuses/109876543210987654",
                    id,
                    bare,
                ),
                ("https://herons.example/@ada/109876543210987654/reblogs", id, url),
                ("https://herons.example/@ada/109876543210987654#/x", id, url),
                (
                    "https://herons.example:8443/@ada/109876543210987654",
                    "herons.example:8443/109876543210987654",
                    "https://herons.example:8443/@ada/109876543210987654",
                ),
                (
                    "https://akkoma.example/@ada/posts/AZ1b2C3d4E5f6G7h8i",
                    "akkoma.example/AZ1b2C3d4E5f6G7h8i",
                    "https://akkoma.example/@ada/posts/AZ1b2C3d4E5f6G7h8i",
                ),
                (
                    "https://friendica.example/display/84b6ef2b-1660-5d1c-a2b3-c4d5e6f70819",
                    "friendica.example/84b6ef2b-1660-5d1c-a2b3-c4d5e6f70819",
                    "https://friendica.example/display/84b6ef2b-1660-5d1c-a2b3-c4d5e6f70819",
                ),
                (
                    "https://friendica.example/objects/84b6ef2b-1660-5d1c-a2b3-c4d5e6f70819",
                    "friendica.example/84b6ef2b-1660-5d1c-a2b3-c4d5e6f70819",
                    "https://friendica.example/objects/84b6ef2b-1660-5d1c-a2b3-c4d5e6f70819",
                ),
                (
                    "https://friendica.example/display/735a2029105f2e8c1c9ad6e614852323",
                    "friendica.example/735a2029105f2e8c1c9ad6e614852323",
                    "https://friendica.example/display/735a2029105f2e8c1c9ad6e614852323",
                ),
            ],
        );
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
            &[
                (
                    "https://pix.example/p/ada/512345678901234567",
                    "pix.example/512345678901234567",
                    "https://pix.example/p/ada/512345678901234567",
                ),
                (
                    "https://pix.example/i/web/post/512345678901234567",
                    "pix.example/512345678901234567",
                    "https://pix.example/i/web/post/512345678901234567",
                ),
            ],
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
                // The same number, written to another base.
                (
                    "https://tube.example/w/kkGMgK9ZtnKfYAgnEtQxbv",
                    "tube.example/9c9de5e8-0a1e-484a-b099-e80766180a6d",
                    film,
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
                (
                    "https://feddit.org/post/12345/678",
                    "feddit.org/comment/678",
                    "https://feddit.org/comment/678",
                ),
                (
                    "https://phtn.app/post/lemmy.example/12345",
                    "lemmy.example/12345",
                    "https://lemmy.example/post/12345",
                ),
                (
                    "https://alexandrite.app/feddit.org/comment/678",
                    "feddit.org/comment/678",
                    "https://feddit.org/comment/678",
                ),
                (
                    "https://vger.app/posts/lemmy.example/c/birds/12345",
                    "lemmy.example/12345",
                    "https://lemmy.example/post/12345",
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
                ("https://herons.example/display/art", "none"),
                ("https://shop.example/display/abcdefabcdefabcdefabcdefabcdefab", "none"),
                ("https://blog.example/@ada/posts/a-heron-came-to-us", "none"),
                ("https://blog.example/@ada/posts/abcdefghijklmnopqr", "none"),
                ("https://elk.zone/herons.example/@ada", "none"),
                ("https://elk.zone/herons.example/public", "none"),
                ("https://phanpy.social/#/herons.example/a/109876543210987654", "none"),
                ("https://herons.example/story#/details", "none"),
                ("https://semaphore.social/statuses/109876543210987654", "other"),
            ],
        );
        mean_no_posts(
            &MISSKEY,
            &[
                ("https://shop.example/notes/chocolates", "none"),
                ("https://shop.example/notes/12", "none"),
            ],
        );
        mean_no_posts(
            &PIXELFED,
            &[
                ("https://shop.example/p/shoes/12345", "none"),
                ("https://./p/ada/333333333333333", "none"),
                (
                    &format!("https://{}example/p/ada/333333333333333", "herons.".repeat(40)),
                    "none",
                ),
            ],
        );
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
                ("https://blog.example/post/2024/12345", "none"),
                ("https://blog.example/post/other.example/12345", "none"),
                ("https://lemmy.example/c/birds", "none"),
            ],
        );
    }
}
