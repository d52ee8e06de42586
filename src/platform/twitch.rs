//! Twitch: recordings by their number, clips by their name.

use url::Url;

use super::address::{is_under, post, query, segments};
use super::{Platform, Recognised, part};

/// Twitch.
pub static PLATFORM: Platform = Platform::by_address("twitch", recognise);

fn recognise(url: &Url) -> Option<Recognised> {
    let host = part::host(url)?;
    is_under(host, "twitch.tv").then(|| {
        let parts = segments(url);
        let parts: Vec<&str> = parts.iter().map(String::as_str).collect();
        let found = match (host, &parts[..]) {
            ("clips.twitch.tv", ["embed", ..]) => query(url, "clip").and_then(|name| clip(&name)),
            ("clips.twitch.tv", [name]) | (_, [_, "clip", name, ..]) => clip(name),
            ("player.twitch.tv", _) => query(url, "video").and_then(|number| recording(&number)),
            (_, ["videos", number, ..] | [_, "v" | "video", number, ..]) => recording(number),
            (_, []) => return Recognised::NotAPost("home"),
            (_, [_]) => return Recognised::NotAPost("profile"),
            _ => None,
        };
        found.unwrap_or(Recognised::NotAPost("other"))
    })
}

fn clip(name: &str) -> Option<Recognised> {
    let name = part::code(name).filter(|name| name.len() >= 4)?;
    post(
        PLATFORM.name,
        format!("clip:{name}"),
        format!("https://clips.twitch.tv/{name}"),
        None,
    )
}

fn recording(number: &str) -> Option<Recognised> {
    let number = part::number(number.strip_prefix('v').unwrap_or(number))?;
    post(
        PLATFORM.name,
        number.to_owned(),
        format!("https://www.twitch.tv/videos/{number}"),
        None,
    )
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
                ("https://player.twitch.tv/?channel=ada", "other"),
                ("https://www.twitch.tv/directory/game/x", "other"),
                ("https://nottwitch.tv/videos/1234567890", "none"),
            ],
        );
    }
}
