//! Bilibili: a video is known by its `BV…` code. The `av` number that older addresses hold is the same in another
//! writing, so both are one identity.

use url::Url;

use super::address::{Path, is_under, post, query, reserved};
use super::{Platform, Recognised, part};

/// Bilibili.
pub static PLATFORM: Platform = Platform::by_address("bilibili", recognise);

/// Digits of the codes, in their order.
const DIGITS: &[u8; 58] = b"FcwAPNKTMug3GV5Lj7EJnHpWsx4tb8haYeviqBz6rkCy12mUSDQX9RdoZf";
/// One more than the highest number.
const END: u64 = 1 << 51;
/// What a number is mixed with before it is written.
const MIX: u64 = 23_442_827_791_579;

fn recognise(url: &Url) -> Option<Recognised> {
    let host = part::host(url)?;
    let is_short = matches!(host, "b23.tv" | "www.b23.tv" | "bili2233.cn");
    if !is_short && !is_under(host, "bilibili.com") {
        return None;
    }
    let asked = || {
        let code = query(url, "bvid").and_then(|code| video(&code));
        code.or_else(|| query(url, "aid").and_then(|number| by_number(&number)))
    };
    Some(match Path::of(url).parts()[..] {
        [] => Recognised::NotAPost("home"),
        [code, ..] if is_short => video(code).unwrap_or(Recognised::Leads),
        ["video", code, ..] | ["s", "video", code, ..] => video(code).unwrap_or(Recognised::NotAPost("malformed")),
        ["player.html", ..]
        | [
            "blackboard",
            "html5mobileplayer.html" | "webplayer" | "newplayer.html",
            ..,
        ] => asked().unwrap_or(Recognised::NotAPost("widget")),
        ["festival" | "list" | "medialist", ..] => asked().unwrap_or(Recognised::NotAPost("list")),
        [code] => video(code).unwrap_or(Recognised::NotAPost(other(host, url))),
        _ => Recognised::NotAPost(other(host, url)),
    })
}

fn other(host: &str, url: &Url) -> &'static str {
    match host.split('.').next() {
        Some("space") => return "profile",
        Some("live") => return "broadcast",
        Some("search") => return "search",
        Some("passport") => return "login",
        _ => {}
    }
    match Path::of(url).parts()[..] {
        ["read" | "opus", ..] => "article",
        ["bangumi" | "cheese" | "anime" | "movie", ..] => "other",
        ["v" | "c" | "ranking", ..] => "list",
        [first, ..] => reserved(first).unwrap_or("other"),
        [] => "home",
    }
}

/// `BV1ab411c7dE` or `av170001`.
fn video(code: &str) -> Option<Recognised> {
    if let Some(number) = code.strip_prefix("av").or_else(|| code.strip_prefix("AV")) {
        return by_number(number);
    }
    let code = part::word(code).filter(|code| code.len() == 12)?;
    let digits = code.strip_prefix("BV").or_else(|| code.strip_prefix("bv"))?;
    named(format!("BV{digits}"))
}

fn by_number(number: &str) -> Option<Recognised> {
    named(code_of(part::number(number)?.parse().ok()?)?)
}

fn named(code: String) -> Option<Recognised> {
    let url = format!("https://www.bilibili.com/video/{code}/");
    post(PLATFORM.name, code, url, None)
}

/// The code of this number: nine digits to the base 58, two pairs of which have changed places.
fn code_of(number: u64) -> Option<String> {
    let mut rest = (number < END).then_some((END | number) ^ MIX)?;
    let mut code = *b"BV1000000000";
    for place in code[3..].iter_mut().rev() {
        *place = DIGITS[usize::try_from(rest % 58).ok()?];
        rest /= 58;
    }
    code.swap(3, 9);
    code.swap(4, 7);
    String::from_utf8(code.to_vec()).ok()
}

#[cfg(test)]
mod tests {
    use super::super::cases::{mean_no_posts, mean_posts};
    use super::{PLATFORM, code_of};

    #[test]
    fn a_number_and_its_code_are_one_video() {
        for (number, code) in [
            (170_001, "BV17x411w7KC"),
            (1_074_402, "BV11x411K7CN"),
            (82_054_919, "BV1XJ41157tQ"),
        ] {
            assert_eq!(code_of(number).as_deref(), Some(code));
        }
        assert_eq!(code_of(u64::MAX), None);
    }

    #[test]
    fn every_form_of_a_video_address_has_one_canonical_form() {
        let (id, url) = ("BV17x411w7KC", "https://www.bilibili.com/video/BV17x411w7KC/");
        let forms = [
            "https://www.bilibili.com/video/BV17x411w7KC/?p=2",
            "https://m.bilibili.com/video/BV17x411w7KC",
            "http://www.bilibili.com/video/av170001/",
            "https://www.bilibili.com/video/AV170001?p=1",
            "https://player.bilibili.com/player.html?bvid=BV17x411w7KC&page=1",
            "https://player.bilibili.com/player.html?aid=170001&cid=279786&page=1",
            "https://www.bilibili.com/blackboard/html5mobileplayer.html?aid=170001",
            "https://www.bilibili.com/festival/herons?bvid=BV17x411w7KC",
            "https://www.bilibili.com/s/video/BV17x411w7KC",
            "https://www.bilibili.com/BV17x411w7KC",
            "https://b23.tv/BV17x411w7KC",
            "https://b23.tv/av170001",
        ];
        mean_posts(&PLATFORM, &forms.map(|form| (form, id, url)));
    }

    #[test]
    fn what_names_no_video_is_told_apart_with_its_reason() {
        mean_no_posts(
            &PLATFORM,
            &[
                ("https://b23.tv/aB1c2D", "leads"),
                ("https://b23.tv/", "home"),
                ("https://www.bilibili.com/", "home"),
                ("https://space.bilibili.com/123", "profile"),
                ("https://live.bilibili.com/196", "broadcast"),
                ("https://search.bilibili.com/all?keyword=heron", "search"),
                ("https://passport.bilibili.com/login", "login"),
                ("https://www.bilibili.com/read/cv5167957", "article"),
                ("https://www.bilibili.com/v/kichiku/mad", "list"),
                ("https://player.bilibili.com/player.html?cid=1", "widget"),
                ("https://www.bilibili.com/video/BV17", "malformed"),
                ("https://notbilibili.com/video/BV17x411w7KC", "none"),
            ],
        );
    }
}
