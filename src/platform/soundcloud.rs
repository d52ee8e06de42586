//! SoundCloud: a track is known by its path, `user/track`, or in the player mostly by its number, `track:N`; no
//! address tells which path and which number are one. A private track opens only with the key that its address
//! holds; the key belongs to the address, not to the identity.

use std::borrow::Cow;

use url::Url;

use super::address::{Path, post, query, reserved};
use super::{Platform, Recognised, part};

/// Tracks of SoundCloud.
pub static PLATFORM: Platform = Platform::by_address("soundcloud", recognise);

/// What stands behind a user's name where the name of a track could stand.
const NOT_TRACKS: &[&str] = &[
    "albums",
    "comments",
    "followers",
    "following",
    "info",
    "likes",
    "playlists",
    "popular-tracks",
    "reposts",
    "spotlight",
    "toptracks",
    "tracks",
];

fn recognise(url: &Url) -> Option<Recognised> {
    let mut url = Cow::Borrowed(url);
    for _ in 0..part::NESTING {
        let host = part::host(&url)?;
        if host == "snd.sc" {
            return Some(leads(&url));
        }
        match part::subdomain(host, "soundcloud.com")? {
            "" | "www" | "m" => return Some(site(&url)),
            "on" => return Some(leads(&url)),
            "api" | "api-v2" => return Some(numbered(&url)),
            "w" | "player" | "p" => match part::inner(&url, &["url"]) {
                Some(played) => url = Cow::Owned(played),
                None => return Some(Recognised::NotAPost("widget")),
            },
            _ => return Some(Recognised::NotAPost("other")),
        }
    }
    Some(Recognised::NotAPost("other"))
}

/// Short hosts lead to a track, a list or a profile.
fn leads(url: &Url) -> Recognised {
    match Path::of(url).parts()[..] {
        [] => Recognised::NotAPost("home"),
        _ => Recognised::Leads,
    }
}

fn site(url: &Url) -> Recognised {
    let path = Path::of(url);
    let parts = path.parts();
    if let Some(reason) = parts.first().and_then(|first| reserved(first)) {
        return Recognised::NotAPost(reason);
    }
    match parts[..] {
        [] => Recognised::NotAPost("home"),
        ["you" | "stations" | "stream" | "groups", ..] => Recognised::NotAPost("list"),
        ["people", ..] => Recognised::NotAPost("search"),
        [
            "mobile" | "go" | "imprint" | "community-guidelines" | "messages" | "notifications",
            ..,
        ] => Recognised::NotAPost("other"),
        [_] => Recognised::NotAPost("profile"),
        [_, "sets", ..] => Recognised::NotAPost("list"),
        [_, tab, ..] if NOT_TRACKS.contains(&tab) => Recognised::NotAPost("profile"),
        [user, track, ref rest @ ..] => {
            let key = rest.first().copied().and_then(key);
            track_of(user, track, key).unwrap_or(Recognised::NotAPost("malformed"))
        }
    }
}

fn track_of(user: &str, track: &str, key: Option<&str>) -> Option<Recognised> {
    let user = part::code(user).filter(|whole| *whole == user)?;
    let track = part::code(track)?;
    // Names hold small letters only.
    let id = format!("{user}/{track}").to_ascii_lowercase();
    let url = match key {
        Some(key) => format!("https://soundcloud.com/{id}/{key}"),
        None => format!("https://soundcloud.com/{id}"),
    };
    post(PLATFORM.name, id, url, Some(user.to_owned()))
}

/// `/tracks/123` or `/tracks/soundcloud:tracks:123`. The interface answers programs only, so the canonical address
/// is that of the player, which shows the track to anybody.
fn numbered(url: &Url) -> Recognised {
    let named = |number: &str| {
        let number = number.rsplit(':').next().and_then(part::number)?;
        let mut track = Url::parse(&format!("https://api.soundcloud.com/tracks/{number}")).ok()?;
        if let Some(key) = query(url, "secret_token").as_deref().and_then(key) {
            track.query_pairs_mut().append_pair("secret_token", key);
        }
        let mut player = Url::parse("https://w.soundcloud.com/player/").ok()?;
        player.query_pairs_mut().append_pair("url", track.as_str());
        post(PLATFORM.name, format!("track:{number}"), player.into(), None)
    };
    match Path::of(url).parts()[..] {
        ["tracks", number, ..] => named(number).unwrap_or(Recognised::NotAPost("malformed")),
        ["playlists", ..] => Recognised::NotAPost("list"),
        ["users", ..] => Recognised::NotAPost("profile"),
        _ => Recognised::NotAPost("other"),
    }
}

/// The key of a private track, `s-AbC12`.
fn key(part: &str) -> Option<&str> {
    part::code(part).filter(|key| key.starts_with("s-") && key.len() > 3)
}

#[cfg(test)]
mod tests {
    use super::super::cases::{mean_no_posts, mean_posts, names_handle};
    use super::PLATFORM;

    #[test]
    fn a_track_is_known_by_its_path_or_in_the_player_by_its_number() {
        let page = ("ada-l/a-heron-came", "https://soundcloud.com/ada-l/a-heron-came");
        let number = (
            "track:123998367",
            "https://w.soundcloud.com/player/?url=https%3A%2F%2Fapi.soundcloud.com%2Ftracks%2F123998367",
        );
        mean_posts(
            &PLATFORM,
            &[
                ("https://soundcloud.com/ada-l/a-heron-came", page.0, page.1),
                (
                    "https://m.soundcloud.com/ada-l/a-heron-came?in=ada-l/sets/b",
                    page.0,
                    page.1,
                ),
                ("http://www.soundcloud.com/Ada-L/A-Heron-Came#t=1:02", page.0, page.1),
                ("https://soundcloud.com/ada-l/a-heron-came/likes", page.0, page.1),
                (
                    "https://w.soundcloud.com/player/?url=https%3A%2F%2Fsoundcloud.com%2Fada-l%2Fa-heron-came&color=f50",
                    page.0,
                    page.1,
                ),
                (
                    "https://w.soundcloud.com/player/?url=https%3A//api.soundcloud.com/tracks/123998367&auto_play=false",
                    number.0,
                    number.1,
                ),
                (
                    "https://w.soundcloud.com/player/?visual=true&url=//api.soundcloud.com/tracks/soundcloud%253Atracks%253A123998367",
                    number.0,
                    number.1,
                ),
                (
                    "https://player.soundcloud.com/player.swf?url=http%3A%2F%2Fapi.soundcloud.com%2Ftracks%2F123998367",
                    number.0,
                    number.1,
                ),
                ("https://api.soundcloud.com/tracks/123998367", number.0, number.1),
            ],
        );
        names_handle(&PLATFORM, page.1, Some("ada-l"));
        names_handle(&PLATFORM, number.1, None);
    }

    #[test]
    fn the_key_of_a_private_track_stays_in_its_address_but_not_in_its_identity() {
        mean_posts(
            &PLATFORM,
            &[
                (
                    "https://soundcloud.com/ada-l/a-heron-came/s-8Pjrp?si=x",
                    "ada-l/a-heron-came",
                    "https://soundcloud.com/ada-l/a-heron-came/s-8Pjrp",
                ),
                (
                    "https://w.soundcloud.com/player/?url=https%3A%2F%2Fapi.soundcloud.com%2Ftracks%2F123998367%3Fsecret_token%3Ds-8Pjrp&color=f50",
                    "track:123998367",
                    "https://w.soundcloud.com/player/?url=https%3A%2F%2Fapi.soundcloud.com%2Ftracks%2F123998367%3Fsecret_token%3Ds-8Pjrp",
                ),
            ],
        );
    }

    #[test]
    fn what_names_no_track_is_told_apart_with_its_reason() {
        mean_no_posts(
            &PLATFORM,
            &[
                ("https://soundcloud.com/", "home"),
                ("https://soundcloud.com/ada-l", "profile"),
                ("https://soundcloud.com/ada-l/tracks", "profile"),
                ("https://soundcloud.com/ada-l/followers", "profile"),
                ("https://soundcloud.com/ada-l/sets/herons", "list"),
                ("https://soundcloud.com/you/likes", "list"),
                ("https://soundcloud.com/stations/track/ada-l/a-heron", "list"),
                ("https://soundcloud.com/search/sounds?q=heron", "search"),
                ("https://soundcloud.com/discover/sets/weekly", "search"),
                ("https://soundcloud.com/tags/herons", "hashtag"),
                ("https://soundcloud.com/signin", "login"),
                ("https://soundcloud.com/pages/privacy", "other"),
                ("https://soundcloud.com/terms-of-use/extra", "other"),
                ("https://soundcloud.com/player.html/clip", "malformed"),
                ("https://help.soundcloud.com/hc/en-us", "other"),
                ("https://on.soundcloud.com/aB1c2", "leads"),
                (
                    "https://w.soundcloud.com/player/?url=https%3A%2F%2Fapi.soundcloud.com%2Fplaylists%2F922213810",
                    "list",
                ),
                (
                    "https://w.soundcloud.com/player/?url=https%3A%2F%2Fapi.soundcloud.com%2Fusers%2F12345",
                    "profile",
                ),
                ("https://w.soundcloud.com/player/", "widget"),
                ("https://w.soundcloud.com/player/api.js", "widget"),
                ("https://notsoundcloud.com/ada-l/a-heron-came", "none"),
            ],
        );
    }
}
