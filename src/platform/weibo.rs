//! Weibo: a post is known by its number. Addresses also write that number to the base 62; both are one identity.

use url::Url;

use super::address::{Path, is_under, post, query, reserved};
use super::{Platform, Recognised, part};

pub(super) mod status;

/// Weibo.
pub static PLATFORM: Platform = Platform {
    sources: &[&status::Status],
    beside: |_, id| Some(format!("https://m.weibo.cn/status/{id}")),
    upstreams: &[("status", "https://m.weibo.cn")],
    ..Platform::by_address("weibo", recognise)
};

/// Digits of the codes, in their order.
const DIGITS: &[u8; 62] = b"0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";
/// Four digits of a code stand for seven of the number, counted from the right.
const GROUP: usize = 4;
/// One more than seven digits can say.
const GROUP_END: u64 = 10_000_000;

fn recognise(url: &Url) -> Option<Recognised> {
    let host = part::host(url)?;
    let path = Path::of(url);
    let parts = path.parts();
    if host == "t.cn" {
        return Some(match parts[..] {
            [_] => Recognised::Leads,
            _ => Recognised::NotAPost("home"),
        });
    }
    let sub = part::subdomain(host, "weibo.com").or_else(|| part::subdomain(host, "weibo.cn"))?;
    let malformed = Recognised::NotAPost("malformed");
    Some(match parts[..] {
        _ if matches!(sub, "service" | "share") => Recognised::NotAPost("share"),
        _ if matches!(sub, "passport" | "login") => Recognised::NotAPost("login"),
        _ if matches!(sub, "s" | "huati") => Recognised::NotAPost("search"),
        [] => Recognised::NotAPost("home"),
        ["show", ..] if is_under(host, "video.weibo.com") => {
            query(url, "fid").and_then(|id| film(&id)).unwrap_or(malformed)
        }
        ["status" | "detail" | "statuses" | "comment", id, ..] | ["tv", "v", id, ..] => {
            named(None, id).unwrap_or(malformed)
        }
        ["tv", "show", id, ..] => film(id).unwrap_or(malformed),
        ["ttarticle" | "article", ..] => Recognised::NotAPost("article"),
        ["u" | "p" | "n" | "profile", ..] => Recognised::NotAPost("profile"),
        [user, id, ..] if part::number(user) == Some(user) || user == "0" => {
            named(Some(user), id).unwrap_or(Recognised::NotAPost("profile"))
        }
        [user] if part::number(user) == Some(user) => Recognised::NotAPost("profile"),
        ["k", ..] => Recognised::NotAPost("search"),
        ["newlogin", ..] => Recognised::NotAPost("login"),
        [first, ..] => Recognised::NotAPost(reserved(first).unwrap_or("other")),
    })
}

/// A post, by its number or its code.
fn named(user: Option<&str>, id: &str) -> Option<Recognised> {
    let id = part::word(id)?;
    let number = match part::number(id) {
        Some(number) => (15..=19).contains(&number.len()).then(|| number.to_owned())?,
        None => number_of(id)?,
    };
    // A number of another length than those given out so far has no code that would be read again.
    let code = code_of(&number).filter(|code| number_of(code).as_ref() == Some(&number));
    let url = match user.filter(|user| *user != "0").zip(code) {
        Some((user, code)) => format!("https://weibo.com/{user}/{code}"),
        None => format!("https://weibo.com/detail/{number}"),
    };
    post(PLATFORM.name, number, url, None)
}

/// A film, by its kind and its own id: `1034:4712345678901234`.
fn film(id: &str) -> Option<Recognised> {
    let id = part::run(id, |c| c.is_ascii_hexdigit() || c == ':').filter(|id| id.contains(':'))?;
    let url = format!("https://weibo.com/tv/show/{id}");
    post(PLATFORM.name, format!("tv/{id}"), url, None)
}

/// The number that a code stands for, if it is one that was given out: since late 2011 of sixteen digits from 33…
/// on, before that of eighteen beginning with the year. A word like `followers` stands for none.
fn number_of(code: &str) -> Option<String> {
    if !(9..=10).contains(&code.len()) {
        return None;
    }
    let mut number = String::new();
    for group in code.as_bytes().rchunks(GROUP).rev() {
        let mut value = 0;
        for digit in group {
            value = value * 62 + u64::try_from(DIGITS.iter().position(|d| d == digit)?).ok()?;
        }
        if value >= GROUP_END {
            return None;
        }
        number += &if number.is_empty() {
            value.to_string()
        } else {
            format!("{value:07}")
        };
    }
    let given_out = match number.len() {
        16 => &*number >= "33",
        18 => number.starts_with('2'),
        _ => false,
    };
    given_out.then_some(number)
}

/// The code of a number.
fn code_of(number: &str) -> Option<String> {
    let mut code = Vec::new();
    let mut rest: u64 = number.parse().ok()?;
    while rest > 0 {
        let mut group = rest % GROUP_END;
        rest /= GROUP_END;
        let mut written = 0;
        while group > 0 || rest > 0 && written < GROUP {
            code.push(DIGITS[usize::try_from(group % 62).ok()?]);
            group /= 62;
            written += 1;
        }
    }
    code.reverse();
    String::from_utf8(code).ok()
}

#[cfg(test)]
mod tests {
    use super::super::cases::{mean_no_posts, mean_posts};
    use super::{PLATFORM, code_of, number_of};

    #[test]
    fn a_number_and_its_code_are_one_post() {
        for (number, code) in [
            ("3501756485200075", "z0JH2lOMb"),
            ("201110410216293360", "wr4mOFqpbO"),
            ("4824263090707207", "Mabc12XYz"),
        ] {
            assert_eq!(number_of(code).as_deref(), Some(number));
            assert_eq!(code_of(number).as_deref(), Some(code));
        }
    }

    #[test]
    fn every_form_of_a_post_address_has_one_canonical_form() {
        let (id, named) = ("4824263090707207", "https://weibo.com/1234567890/Mabc12XYz");
        let bare = "https://weibo.com/detail/4824263090707207";
        let film = (
            "tv/1034:4712345678901234",
            "https://weibo.com/tv/show/1034:4712345678901234",
        );
        mean_posts(
            &PLATFORM,
            &[
                ("https://www.weibo.com/1234567890/Mabc12XYz?refer_flag=1", id, named),
                ("https://m.weibo.cn/1234567890/4824263090707207", id, named),
                ("https://m.weibo.cn/status/4824263090707207", id, bare),
                ("https://m.weibo.cn/detail/4824263090707207", id, bare),
                ("https://m.weibo.cn/status/Mabc12XYz", id, bare),
                ("https://weibo.com/detail/Mabc12XYz", id, bare),
                ("https://weibo.com/0/4824263090707207", id, bare),
                ("https://weibo.cn/comment/Mabc12XYz", id, bare),
                (
                    "https://weibo.com/1234567890/109876543210987654",
                    "109876543210987654",
                    "https://weibo.com/detail/109876543210987654",
                ),
                ("https://weibo.com/tv/show/1034:4712345678901234", film.0, film.1),
                ("https://video.weibo.com/show?fid=1034:4712345678901234", film.0, film.1),
                (
                    "https://weibo.com/tv/show/1034:633c288cc043d0ca7808030f1157da64",
                    "tv/1034:633c288cc043d0ca7808030f1157da64",
                    "https://weibo.com/tv/show/1034:633c288cc043d0ca7808030f1157da64",
                ),
            ],
        );
    }

    #[test]
    fn what_names_no_post_is_told_apart_with_its_reason() {
        mean_no_posts(
            &PLATFORM,
            &[
                ("https://t.cn/A6abc12", "leads"),
                ("https://weibo.com/u/1234567890", "profile"),
                ("https://weibo.com/1234567890", "profile"),
                ("https://weibo.com/1234567890/followers", "profile"),
                ("https://weibo.com/1234567890/profile", "profile"),
                ("https://weibo.com/1234567890/collection", "profile"),
                ("https://weibo.com/1234567890/9876543210", "profile"),
                ("https://weibo.com/1234567890/ZZZZZZZZZ", "profile"),
                ("https://m.weibo.cn/status/undefined", "malformed"),
                (
                    "https://weibo.com/ttarticle/p/show?id=2309404712345678901234",
                    "article",
                ),
                ("https://service.weibo.com/share/share.php?url=x", "share"),
                ("https://passport.weibo.com/visitor/visitor?entry=x", "login"),
                ("https://s.weibo.com/weibo?q=heron", "search"),
                ("https://weibo.com/login.php", "login"),
                ("https://weibo.com/", "home"),
                ("https://notweibo.com/1234567890/Mabc12XYz", "none"),
            ],
        );
    }
}
