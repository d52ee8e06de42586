//! YouTube: a video is known by its eleven characters, in every player and on every front end; posts of a channel's
//! community tab by their own id.

use url::Url;

use super::address::{Path, is_under, mirrored, post, query};
use super::oembed::OEmbed;
use super::{Platform, Recognised, part};

pub(super) mod page;

/// YouTube.
pub static PLATFORM: Platform = Platform {
    sources: &[
        &page::Page,
        &OEmbed {
            name: "youtube.oembed",
            path: "oembed?format=json&url=",
            platform: "youtube",
            asks_again: false,
        },
    ],
    upstreams: &[
        ("page", "https://www.youtube.com"),
        ("oembed", "https://www.youtube.com"),
    ],
    // A source asks for it already.
    page: false,
    ..Platform::by_address("youtube", recognise)
};

const HOSTS: &[&str] = &[
    "youtube.com",
    "youtube-nocookie.com",
    "youtubeeducation.com",
    "yewtu.be",
];

/// Programs that show YouTube under its own paths; who runs one names the host after it.
const FRONT_ENDS: &[&str] = &["invidious", "piped"];

fn recognise(url: &Url) -> Option<Recognised> {
    let host = part::host(url)?;
    let path = Path::of(url);
    let parts = path.parts();
    if is_under(host, "youtu.be") {
        return Some(match parts[..] {
            [] => Recognised::NotAPost("home"),
            [id, ..] => video(id),
        });
    }
    let is_home = HOSTS.iter().any(|home| is_under(host, home));
    let parts = if is_home {
        &parts[..]
    } else {
        mirrored(host, &parts, FRONT_ENDS)?
    };
    let named = || query(url, "v").map(|id| video(&id));
    Some(match *parts {
        [] => named().unwrap_or(Recognised::NotAPost("home")),
        ["watch"] | ["watch_popup"] | ["watch", ""] => named().unwrap_or(Recognised::NotAPost("malformed")),
        ["watch", id] => video(id),
        ["embed" | "v" | "e", "videoseries", ..] => Recognised::NotAPost("list"),
        ["embed", "live_stream", ..] => Recognised::NotAPost("broadcast"),
        ["embed"] => named().unwrap_or(Recognised::NotAPost("widget")),
        ["embed" | "v" | "e" | "shorts" | "live" | "vi", id, ..] => video(id),
        ["attribution_link"] => query(url, "u")
            .and_then(|inner| url.join(&inner).ok())
            .and_then(|inner| query(&inner, "v"))
            .map_or(Recognised::NotAPost("malformed"), |id| video(&id)),
        ["post", id, ..] => community(id),
        ["channel", _, "community"] => query(url, "lb").map_or(Recognised::NotAPost("profile"), |id| community(&id)),
        ["playlist", ..] => Recognised::NotAPost("list"),
        ["results", ..] => Recognised::NotAPost("search"),
        ["hashtag", ..] => Recognised::NotAPost("hashtag"),
        ["subscribe_embed", ..] | ["iframe_api", ..] => Recognised::NotAPost("widget"),
        ["user" | "channel" | "c", ..] => Recognised::NotAPost("profile"),
        [name, ..] if name.starts_with('@') => Recognised::NotAPost("profile"),
        _ => Recognised::NotAPost("other"),
    })
}

/// Eleven characters; what copying left behind them (`)`, `&amp;t=5`) is no part of them.
fn video(id: &str) -> Recognised {
    part::code(id)
        .filter(|id| id.len() == 11)
        .and_then(|id| {
            let url = format!("https://www.youtube.com/watch?v={id}");
            post(PLATFORM.name, id.to_owned(), url, None)
        })
        .unwrap_or(Recognised::NotAPost("malformed"))
}

fn community(id: &str) -> Recognised {
    part::code(id)
        .filter(|id| id.starts_with("Ug"))
        .and_then(|id| {
            let url = format!("https://www.youtube.com/post/{id}");
            post(PLATFORM.name, format!("post:{id}"), url, None)
        })
        .unwrap_or(Recognised::NotAPost("malformed"))
}

#[cfg(test)]
mod tests {
    use super::super::cases::{mean_no_posts, mean_posts};
    use super::PLATFORM;

    #[test]
    fn every_form_of_a_video_address_has_one_canonical_form() {
        let (id, url) = ("a1B2c3D4-_e", "https://www.youtube.com/watch?v=a1B2c3D4-_e");
        let forms = [
            "https://www.youtube.com/watch?v=a1B2c3D4-_e&t=12s",
            "http://youtube.com/watch?feature=player_embedded&v=a1B2c3D4-_e",
            "https://m.youtube.com/watch?v=a1B2c3D4-_e",
            "https://music.youtube.com/watch?v=a1B2c3D4-_e",
            "https://youtu.be/a1B2c3D4-_e?si=abc",
            "https://www.youtube.com/embed/a1B2c3D4-_e?feature=oembed",
            "https://www.youtube-nocookie.com/embed/a1B2c3D4-_e?rel=0",
            "https://www.youtube.com/v/a1B2c3D4-_e&hl=de",
            "https://www.youtube.com/e/a1B2c3D4-_e",
            "https://www.youtube.com/shorts/a1B2c3D4-_e",
            "https://www.youtube.com/live/a1B2c3D4-_e?feature=share",
            "https://www.youtube.com/watch/a1B2c3D4-_e",
            "https://www.youtube.com/embed/?v=a1B2c3D4-_e",
            "https://www.youtube.com/attribution_link?a=x&u=%2Fwatch%3Fv%3Da1B2c3D4-_e%26feature%3Dshare",
            "https://yewtu.be/watch?v=a1B2c3D4-_e",
            "https://invidious.example.org/watch?v=a1B2c3D4-_e",
            "https://piped.example.org/embed/a1B2c3D4-_e",
            "https://farside.link/invidious/watch?v=a1B2c3D4-_e",
            "https://youtu.be/a1B2c3D4-_e)",
        ];
        mean_posts(&PLATFORM, &forms.map(|form| (form, id, url)));
        let post = ("post:UgkxAbc-1", "https://www.youtube.com/post/UgkxAbc-1");
        mean_posts(
            &PLATFORM,
            &[
                ("https://www.youtube.com/post/UgkxAbc-1", post.0, post.1),
                (
                    "https://www.youtube.com/channel/UCabc/community?lb=UgkxAbc-1",
                    post.0,
                    post.1,
                ),
            ],
        );
    }

    #[test]
    fn what_names_no_video_is_told_apart_with_its_reason() {
        mean_no_posts(
            &PLATFORM,
            &[
                ("https://www.youtube.com/embed/videoseries?list=PLabc", "list"),
                ("https://www.youtube.com/playlist?list=PLabc", "list"),
                ("https://www.youtube.com/embed/live_stream?channel=UCabc", "broadcast"),
                ("https://www.youtube.com/embed/", "widget"),
                ("https://www.youtube.com/@ada", "profile"),
                ("https://www.youtube.com/channel/UCabc", "profile"),
                ("https://www.youtube.com/user/ada", "profile"),
                ("https://www.youtube.com/c/ada", "profile"),
                ("https://www.youtube.com/results?search_query=heron", "search"),
                ("https://www.youtube.com/hashtag/heron", "hashtag"),
                ("https://www.youtube.com/subscribe_embed?channelid=UCabc", "widget"),
                ("https://www.youtube.com/watch?v=short", "malformed"),
                ("https://www.youtube.com/watch", "malformed"),
                ("https://youtu.be/", "home"),
                ("https://www.youtube.com/", "home"),
                ("https://notyoutube.com/watch?v=a1B2c3D4-_e", "none"),
            ],
        );
    }
}
