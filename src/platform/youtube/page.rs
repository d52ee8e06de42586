//! YouTube's watch page: the player's data in it, with what it says where a video cannot be played.

use scraper::Selector;
use serde::Deserialize;
use serde_json::Value;

use crate::article;
use crate::exchange::{Exchange, Purpose, Request};
use crate::outcome::Outcome;
use crate::platform::post::{Media, Post};
use crate::platform::value::{first, list, milliseconds, number, pixels, string, utc};
use crate::platform::wayback::unwrapped;
use crate::platform::{Answer, Hops, PostRef, Recognised, Source, Step, Upstreams, value};

/// The source.
pub struct Page;

impl Source for Page {
    fn name(&self) -> &'static str {
        "youtube.page"
    }

    fn next(&self, post: &PostRef, upstreams: &Upstreams, so_far: &[Hops]) -> Step {
        Step::once(
            so_far,
            || {
                let path = format!("watch?v={}&hl=en", post.id);
                Request::new(upstreams.join("youtube.page", &path), Purpose::Api)
            },
            |exchange| read(exchange, Some(&post.id)),
        )
    }
}

/// Reads an answer, to the question for the video of this id if one is given.
#[must_use]
pub fn read(exchange: &Exchange, asked: Option<&str>) -> Answer {
    let page = match value::page(exchange) {
        Ok(page) => page,
        Err(answer) => return *answer,
    };
    let Some(player) = player(&page) else {
        if let Some(post) = reduced(&page) {
            return match asked {
                Some(asked) if asked != post.id => Answer::without_post(Outcome::Unreadable, "wrong_id"),
                _ => Answer::with_post("video_without_player", post),
            };
        }
        let is_consent = page.contains("consent.youtube.com") || page.contains("consent.google.com");
        let reason = if is_consent { "consent" } else { "not_a_video_page" };
        return Answer::without_post(Outcome::Walled, reason);
    };
    let details = &player["videoDetails"];
    let Some(id) = string(&details["videoId"]) else {
        return playability(&player["playabilityStatus"]);
    };
    if asked.is_some_and(|asked| asked != id) {
        return Answer::without_post(Outcome::Unreadable, "wrong_id");
    }
    let status = &player["playabilityStatus"];
    if details["title"].as_str().is_none_or(str::is_empty) && status["status"] != "OK" {
        return playability(status);
    }
    let about = &player["microformat"]["playerMicroformatRenderer"];
    let owner = string(&about["ownerProfileUrl"]);
    let mut post = Post {
        url: Some(format!("https://www.youtube.com/watch?v={id}")),
        id,
        author_id: first(&[&details["channelId"], &about["externalChannelId"]]),
        author_handle: owner
            .as_deref()
            .and_then(|u| u.rsplit_once("/@"))
            .map(|(_, h)| h.to_owned()),
        author_name: first(&[&details["author"], &about["ownerChannelName"]]),
        posted_at: first(&[&about["publishDate"], &about["uploadDate"]]).map(|t| utc(&t).unwrap_or(t)),
        title: string(&details["title"]),
        text: first(&[&details["shortDescription"], &about["description"]["simpleText"]]),
        language: string(&about["defaultAudioLanguage"]),
        entities: value::hashtags(&details["keywords"]),
        visibility: match (about["isUnlisted"].as_bool(), details["isPrivate"].as_bool()) {
            (_, Some(true)) => Some("private".into()),
            (Some(true), _) => Some("unlisted".into()),
            (Some(false), Some(false)) => Some("public".into()),
            _ => None,
        },
        sensitive: about["isFamilySafe"].as_bool().map(|safe| !safe),
        ..Post::default()
    };
    post.text_cut = post.text.as_ref().map(|_| false);
    post.count(
        "views",
        number(&details["viewCount"]).or_else(|| number(&about["viewCount"])),
    );
    post.count("likes", number(&about["likeCount"]).or_else(|| shown_likes(&page)));
    post.count(
        "replies",
        quoted_after(&page, COMMENTS).and_then(|shown| printed(&shown)),
    );
    let still = list(&about["thumbnail"]["thumbnails"])
        .chain(list(&details["thumbnail"]["thumbnails"]))
        .max_by_key(|t| number(&t["width"]).unwrap_or(0));
    post.media_expected = Some(1);
    if let Some((still, url)) = still.and_then(|s| Some((s, string(&s["url"])?))) {
        post.media.push(Media {
            kind: "still".into(),
            url,
            width: pixels(&still["width"]),
            height: pixels(&still["height"]),
            duration_ms: milliseconds(&details["lengthSeconds"]),
            ..Media::default()
        });
    }
    if status["status"] != "OK" && status["status"].is_string() {
        let said = playability(status);
        post.labels.push(said.reason);
    }
    Answer::with_post("video", post)
}

/// What precedes the number of comments, as it is shown.
const COMMENTS: &str = "\"commentCount\":{\"simpleText\":";

/// How far behind a button's mark its words stand at most, in bytes.
const BUTTON: usize = 20_000;

/// How many like the video: its button says the whole number to those who cannot see it, in any language.
fn shown_likes(page: &str) -> Option<i64> {
    let buttons = [
        ("\"iconName\":\"LIKE\"", "\"accessibilityText\":"),
        ("\"iconType\":\"LIKE\"", "\"label\":"),
    ];
    buttons.into_iter().find_map(|(mark, words)| {
        let (_, rest) = page.split_once(mark)?;
        let button = &rest[..rest.floor_char_boundary(BUTTON)];
        let said = quoted_after(button, words)?;
        let mut numbers = said.split(|c: char| !(c.is_ascii_digit() || is_separator(c)));
        let number = numbers.find(|part| part.contains(|c: char| c.is_ascii_digit()))?;
        match numbers.any(|part| part.contains(|c: char| c.is_ascii_digit())) {
            true => None,
            false => grouped(number.trim_matches(is_separator)),
        }
    })
}

/// The text in quotation marks after a mark.
fn quoted_after(page: &str, mark: &str) -> Option<String> {
    let (_, rest) = page.split_once(mark)?;
    String::deserialize(&mut serde_json::Deserializer::from_str(rest)).ok()
}

/// What stands between the groups of a number's digits in one language or another.
fn is_separator(c: char) -> bool {
    matches!(c, '.' | ',' | '\'' | '’' | ' ' | '\u{a0}' | '\u{202f}')
}

/// A whole number with separators between groups of two or three digits.
fn grouped(text: &str) -> Option<i64> {
    let is_number = text.chars().all(|c| c.is_ascii_digit() || is_separator(c)) && !text.is_empty();
    let is_grouped = is_number
        && text
            .split(is_separator)
            .skip(1)
            .all(|group| matches!(group.len(), 2 | 3));
    let digits: String = text.chars().filter(char::is_ascii_digit).collect();
    is_grouped.then(|| digits.parse().ok()).flatten()
}

/// A number as it is printed, `1,234`, `18 K` or `1.2M`: as exact as that is.
fn printed(text: &str) -> Option<i64> {
    let text = text.trim();
    let factor = match text.chars().last()? {
        'K' => 1_000,
        'M' => 1_000_000,
        _ => return grouped(text),
    };
    let text = text[..text.len() - 1].trim_end_matches(is_separator);
    let (whole, fraction) = text.split_once(['.', ',']).unwrap_or((text, ""));
    let tenths = match fraction {
        "" => 0,
        one if one.len() == 1 => one.parse::<i64>().ok()?,
        _ => return None,
    };
    whole
        .parse::<i64>()
        .ok()?
        .checked_mul(factor)?
        .checked_add(tenths * factor / 10)
}

/// What the player says where it has no video.
fn playability(status: &Value) -> Answer {
    let said = first(&[&status["reason"], &status["messages"][0]])
        .unwrap_or_default()
        .to_lowercase();
    let more = &status["errorScreen"]["playerErrorMessageRenderer"]["subreason"];
    let more = first(&[&more["simpleText"], &more["runs"][0]["text"]])
        .unwrap_or_default()
        .to_lowercase();
    let says = |word: &str| said.contains(word) || more.contains(word);
    let (outcome, reason) = match status["status"].as_str().unwrap_or("") {
        _ if says("removed by the uploader") => (Outcome::Deleted, "removed_by_uploader"),
        _ if says("account associated with this video has been terminated") => {
            (Outcome::Suspended, "account_terminated")
        }
        _ if says("closed their youtube account") => (Outcome::AccountGone, "account_closed"),
        _ if says("private") => (Outcome::Protected, "private_video"),
        "AGE_CHECK_REQUIRED" | "AGE_VERIFICATION_REQUIRED" | "CONTENT_CHECK_REQUIRED" => {
            (Outcome::AgeGated, "age_check")
        }
        _ if says("confirm your age") || says("inappropriate for some users") => (Outcome::AgeGated, "age_check"),
        _ if says("not a bot") => (Outcome::Walled, "bot_check"),
        _ if says("try again later") => (Outcome::Walled, "try_again_later"),
        _ if says("members") || says("join this channel") => (Outcome::LoginRequired, "members_only"),
        _ if says("requires payment") || says("purchase") => (Outcome::LoginRequired, "payment"),
        "LIVE_STREAM_OFFLINE" => (Outcome::NotFound, "not_broadcast_yet"),
        "LOGIN_REQUIRED" => (Outcome::LoginRequired, "login_required"),
        _ if says("copyright") => (Outcome::Withheld, "copyright"),
        _ if says("violating youtube") => (Outcome::Withheld, "rules"),
        _ if says("country") => (Outcome::Withheld, "country"),
        "ERROR" | "UNPLAYABLE" => (Outcome::NotFound, "unavailable"),
        _ => (Outcome::Unreadable, "unknown_shape"),
    };
    Answer::without_post(outcome, reason)
}

/// What a page without player says of its video for search engines and previews: an older page, or one cut down.
fn reduced(page: &str) -> Option<Post> {
    let (document, _) = article::parse(page);
    let of = |css: &str, attribute: &str| -> Option<String> {
        let found = document.select(&Selector::parse(css).ok()?).next()?;
        found.attr(attribute).filter(|v| !v.is_empty()).map(str::to_owned)
    };
    let item = |name: &str| of(&format!("meta[itemprop='{name}']"), "content");
    let graph = |name: &str| of(&format!("meta[property='og:{name}']"), "content");
    let address = of("link[rel=canonical]", "href").or_else(|| graph("url"))?;
    let id = match crate::platform::recognise(&unwrapped(&address).parse().ok()?)? {
        (found, Recognised::Post(post)) if found.name == "youtube" => post.id,
        _ => return None,
    };
    let title = graph("title").or_else(|| item("name"))?;
    let owner = of("[itemprop=author] link[itemprop=url]", "href");
    let mut post = Post {
        url: Some(format!("https://www.youtube.com/watch?v={id}")),
        id,
        author_id: item("channelId"),
        author_handle: owner
            .as_deref()
            .and_then(|u| u.rsplit_once("/@"))
            .map(|(_, h)| h.to_owned()),
        author_name: of("[itemprop=author] link[itemprop=name]", "content"),
        posted_at: item("datePublished")
            .or_else(|| item("uploadDate"))
            .map(|t| utc(&t).unwrap_or(t)),
        title: Some(title),
        text: graph("description").or_else(|| item("description")),
        sensitive: item("isFamilyFriendly").and_then(|told| match told.to_ascii_lowercase().as_str() {
            "true" => Some(false),
            "false" => Some(true),
            _ => None,
        }),
        media_expected: Some(1),
        ..Post::default()
    };
    // Descriptions for previews are cut without a word.
    post.count("views", item("interactionCount").and_then(|n| n.parse().ok()));
    if let Some(url) = graph("image") {
        post.media.push(Media {
            kind: "still".into(),
            url,
            ..Media::default()
        });
    }
    Some(post)
}

/// The player's answer: the first JSON object after its variable that is one; until 2020 it stood as text in the player's
/// configuration.
fn player(page: &str) -> Option<Value> {
    newer_player(page).or_else(|| {
        let (_, rest) = page.split_once("ytplayer.config")?;
        let rest = rest.trim_start().strip_prefix('=')?.trim_start();
        let config = Value::deserialize(&mut serde_json::Deserializer::from_str(rest)).ok()?;
        serde_json::from_str(config["args"]["player_response"].as_str()?).ok()
    })
}

fn newer_player(page: &str) -> Option<Value> {
    for (at, name) in page.match_indices("ytInitialPlayerResponse").take(20) {
        let rest = page[at + name.len()..].trim_start_matches(['"', '\'', ']', ' ']);
        if let Some(rest) = rest.strip_prefix('=')
            && rest.trim_start().starts_with('{')
        {
            let mut reader = serde_json::Deserializer::from_str(rest.trim_start());
            if let Ok(value) = Value::deserialize(&mut reader) {
                return Some(value);
            }
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::exchange::testing::answered;

    fn told(body: &str) -> Answer {
        read(&answered(200, body.as_bytes()), None)
    }

    #[test]
    fn numbers_are_read_as_exactly_as_they_are_shown() {
        for (text, number) in [
            ("1,234", Some(1_234)),
            ("145.775", Some(145_775)),
            ("1,45,775", Some(145_775)),
            ("12", Some(12)),
            ("18 K", Some(18_000)),
            ("1.2M", Some(1_200_000)),
            ("1,2 K", Some(1_200)),
            ("18 mil", None),
            ("", None),
        ] {
            assert_eq!(printed(text), number, "{text}");
        }
        let button = |words: &str| format!(r#"{{"iconName":"LIKE","title":"145K","accessibilityText":"{words}"}}"#);
        for words in [
            "like this video along with 145,775 other people",
            "haz clic en Me gusta en este vídeo junto con otras 145.775 personas",
        ] {
            assert_eq!(shown_likes(&button(words)), Some(145_775), "{words}");
        }
        assert_eq!(shown_likes(&button("I like this")), None);
        assert_eq!(shown_likes(&button("2 of 145,775")), None);
    }

    #[test]
    fn what_a_video_page_says_in_the_place_of_a_video_is_told_apart() {
        for (status, said, more, outcome, reason) in [
            (
                "LOGIN_REQUIRED",
                "Private video",
                "",
                Outcome::Protected,
                "private_video",
            ),
            (
                "LOGIN_REQUIRED",
                "Sign in to confirm your age",
                "",
                Outcome::AgeGated,
                "age_check",
            ),
            (
                "LOGIN_REQUIRED",
                "Sign in to confirm you’re not a bot",
                "",
                Outcome::Walled,
                "bot_check",
            ),
            (
                "ERROR",
                "Video unavailable",
                "This video has been removed by the uploader",
                Outcome::Deleted,
                "removed_by_uploader",
            ),
            (
                "ERROR",
                "Video unavailable",
                "This video is no longer available because the YouTube account associated with this video has been terminated.",
                Outcome::Suspended,
                "account_terminated",
            ),
            (
                "ERROR",
                "Video unavailable",
                "This video is no longer available because the uploader has closed their YouTube account.",
                Outcome::AccountGone,
                "account_closed",
            ),
            (
                "ERROR",
                "This video has been removed for violating YouTube's Terms of Service",
                "",
                Outcome::Withheld,
                "rules",
            ),
            (
                "UNPLAYABLE",
                "Video unavailable",
                "The uploader has not made this video available in your country",
                Outcome::Withheld,
                "country",
            ),
            (
                "UNPLAYABLE",
                "Join this channel to get access to members-only content like this video, and other exclusive perks.",
                "",
                Outcome::LoginRequired,
                "members_only",
            ),
            (
                "UNPLAYABLE",
                "This video requires payment to watch",
                "",
                Outcome::LoginRequired,
                "payment",
            ),
            (
                "UNPLAYABLE",
                "Video unavailable",
                "This content isn’t available, try again later.",
                Outcome::Walled,
                "try_again_later",
            ),
            (
                "LIVE_STREAM_OFFLINE",
                "Premieres in 3 hours",
                "",
                Outcome::NotFound,
                "not_broadcast_yet",
            ),
            ("ERROR", "Video unavailable", "", Outcome::NotFound, "unavailable"),
        ] {
            let player = serde_json::json!({"playabilityStatus": {"status": status, "reason": said,
                "errorScreen": {"playerErrorMessageRenderer": {"subreason": {"simpleText": more}}}}});
            let told = told(&format!("<script>var ytInitialPlayerResponse = {player};</script>"));
            assert_eq!((told.outcome, told.reason.as_str()), (outcome, reason), "{said} {more}");
        }
    }

    #[test]
    fn a_video_page_is_read_in_its_older_and_in_its_reduced_forms() {
        let details = serde_json::json!({"videoDetails": {"videoId": "aaaaaaaaaaa", "title": "The weir", "author": "Ada",
            "channelId": "UC1", "viewCount": "12", "lengthSeconds": "60", "shortDescription": "It holds."}});
        let config = serde_json::json!({"args": {"player_response": details.to_string()}});
        let older =
            format!("<script>var ytplayer = ytplayer || {{}};ytplayer.config = {config};ytplayer.load();</script>");
        let post = told(&older).post.unwrap();
        assert_eq!(
            (post.title.as_deref(), post.text.as_deref()),
            (Some("The weir"), Some("It holds."))
        );
        let reduced = r#"<link rel="canonical" href="https://www.youtube.com/watch?v=aaaaaaaaaaa"><meta property="og:title" content="The weir">
            <div><meta itemprop="datePublished" content="2019-05-01"><meta itemprop="interactionCount" content="12">
            <span itemprop="author"><link itemprop="url" href="http://www.youtube.com/@ada"><link itemprop="name" content="Ada"></span></div>"#;
        let told = told(reduced);
        let post = told.post.unwrap();
        assert_eq!(told.reason, "video_without_player");
        assert_eq!(
            (
                post.author_name.as_deref(),
                post.author_handle.as_deref(),
                post.posted_at.as_deref()
            ),
            (Some("Ada"), Some("ada"), Some("2019-05-01"))
        );
        assert_eq!((post.counts[0].1, post.text_cut), (12, None));
    }
}
