//! Twitch: recordings by their number, clips by their name.

use url::Url;

use super::address::{Path, is_under, post, query, reserved};
use super::{Platform, Recognised, part};

/// Twitch.
pub static PLATFORM: Platform = Platform::by_address("twitch", recognise);

fn recognise(url: &Url) -> Option<Recognised> {
    let host = part::host(url)?;
    if !is_under(host, "twitch.tv") {
        return None;
    }
    let path = Path::of(url);
    let parts = path.parts();
    let found = match (host, &parts[..]) {
        ("clips.twitch.tv", ["embed", ..]) => query(url, "clip").and_then(|name| clip(&name)),
        ("clips.twitch.tv", [name]) | (_, [_, "clip", name, ..]) => clip(name),
        // Older clips stand behind the name of their channel; the names of clips begin with a capital.
        ("clips.twitch.tv", [_, name]) | (_, ["clip", name]) if name.starts_with(|c: char| c.is_ascii_uppercase()) => {
            clip(name)
        }
        ("player.twitch.tv", _) => query(url, "video").and_then(|number| recording(&number)),
        (_, ["videos", number, ..] | [_, "v" | "video", number, ..]) => recording(number),
        (_, [_, "schedule", ..]) => query(url, "vodID").and_then(|number| recording(&number)),
        _ => None,
    };
    Some(found.unwrap_or_else(|| Recognised::NotAPost(other(host, &parts))))
}

fn other(host: &str, parts: &[&str]) -> &'static str {
    match (host, parts) {
        ("player.twitch.tv", _) => "broadcast",
        ("clips.twitch.tv", [_, ..]) => "widget",
        (_, []) => "home",
        (_, ["directory" | "collections" | "communities" | "team" | "videos", ..]) => "list",
        (
            _,
            [
                "p" | "broadcast" | "turbo" | "prime" | "bits" | "creatorcamp" | "subs",
                ..,
            ],
        ) => "other",
        (
            _,
            [
                _,
                "videos" | "clips" | "about" | "schedule" | "profile" | "followers" | "home",
                ..,
            ],
        ) => "profile",
        (_, [first]) => reserved(first).unwrap_or("profile"),
        (_, [first, ..]) => reserved(first).unwrap_or("other"),
    }
}

fn clip(name: &str) -> Option<Recognised> {
    let name = part::code(name).filter(|name| name.len() >= 4 && !matches!(*name, "embed" | "create"))?;
    let url = format!("https://clips.twitch.tv/{name}");
    post(PLATFORM.name, format!("clip:{name}"), url, None)
}

fn recording(number: &str) -> Option<Recognised> {
    let number = part::number(number.strip_prefix('v').unwrap_or(number))?;
    let url = format!("https://www.twitch.tv/videos/{number}");
    post(PLATFORM.name, number.to_owned(), url, None)
}

#[cfg(test)]
mod tests {
    use super::super::cases::{mean_no_posts, mean_posts};
    use super::PLATFORM;

    #[test]
    fn every_form_of_a_clip_or_recording_has_one_canonical_form() {
        let clip = ("clip:BraveHeron-AbC1_2", "https://clips.twitch.tv/BraveHeron-AbC1_2");
        let recording = ("1234567890", "https://www.twitch.tv/videos/1234567890");
        mean_posts(
            &PLATFORM,
            &[
                ("https://clips.twitch.tv/BraveHeron-AbC1_2", clip.0, clip.1),
                (
                    "https://clips.twitch.tv/embed?clip=BraveHeron-AbC1_2&parent=example.org",
                    clip.0,
                    clip.1,
                ),
                ("https://www.twitch.tv/ada/clip/BraveHeron-AbC1_2", clip.0, clip.1),
                ("https://clips.twitch.tv/ada/BraveHeron-AbC1_2", clip.0, clip.1),
                ("https://m.twitch.tv/clip/BraveHeron-AbC1_2", clip.0, clip.1),
                (
                    "https://www.twitch.tv/ada/schedule?vodID=1234567890",
                    recording.0,
                    recording.1,
                ),
                ("https://m.twitch.tv/videos/1234567890?t=1h", recording.0, recording.1),
                (
                    "https://player.twitch.tv/?video=v1234567890&parent=example.org",
                    recording.0,
                    recording.1,
                ),
                ("https://www.twitch.tv/ada/v/1234567890", recording.0, recording.1),
            ],
        );
    }

    #[test]
    fn what_names_neither_is_told_apart_with_its_reason() {
        mean_no_posts(
            &PLATFORM,
            &[
                ("https://www.twitch.tv/ada", "profile"),
                ("https://www.twitch.tv/", "home"),
                ("https://player.twitch.tv/?channel=ada", "broadcast"),
                ("https://www.twitch.tv/directory/game/x", "list"),
                ("https://www.twitch.tv/ada/videos?filter=all", "profile"),
                ("https://www.twitch.tv/ada/clips", "profile"),
                ("https://www.twitch.tv/clip/videos", "profile"),
                ("https://www.twitch.tv/collections/o9zZer3IQBhTJw", "list"),
                ("https://www.twitch.tv/login", "login"),
                ("https://www.twitch.tv/search?term=heron", "search"),
                ("https://www.twitch.tv/p/en/legal/terms-of-service/", "other"),
                ("https://clips.twitch.tv/embed", "widget"),
                ("https://clips.twitch.tv/create", "widget"),
                ("https://clips.twitch.tv/", "home"),
                ("https://nottwitch.tv/videos/1234567890", "none"),
            ],
        );
    }
}
