//! Weibo: a post is known by its number or by the code that is written for it; no address tells that both are one.

use url::Url;

use super::address::{is_under, post, segments};
use super::{Platform, Recognised, part};

/// Weibo.
pub static PLATFORM: Platform = Platform::by_address("weibo", recognise);

fn recognise(url: &Url) -> Option<Recognised> {
    let host = part::host(url)?;
    if host != "t.cn" && !is_under(host, "weibo.com") && !is_under(host, "weibo.cn") {
        return None;
    }
    let parts = segments(url);
    let parts: Vec<&str> = parts.iter().map(String::as_str).collect();
    if host == "t.cn" {
        return Some(if parts.len() == 1 {
            Recognised::Leads
        } else {
            Recognised::NotAPost("home")
        });
    }
    Some(match parts[..] {
        [] => Recognised::NotAPost("home"),
        _ if host.starts_with("service.") || host.starts_with("passport.") => Recognised::NotAPost("share"),
        ["status" | "detail" | "statuses", id, ..] => named(None, id),
        ["tv", "show", id, ..] => {
            let id = part::run(id, |c| c.is_ascii_digit() || c == ':').filter(|id| id.contains(':'));
            id.and_then(|id| {
                post(
                    PLATFORM.name,
                    format!("tv/{id}"),
                    format!("https://weibo.com/tv/show/{id}"),
                    None,
                )
            })
            .unwrap_or(Recognised::NotAPost("malformed"))
        }
        ["u" | "p" | "n", ..] => Recognised::NotAPost("profile"),
        [user, id, ..] if part::number(user) == Some(user) && id.len() >= 8 => named(Some(user), id),
        [user, ..] if part::number(user) == Some(user) => Recognised::NotAPost("profile"),
        ["search" | "k", ..] => Recognised::NotAPost("search"),
        _ => Recognised::NotAPost("other"),
    })
}

fn named(user: Option<&str>, id: &str) -> Recognised {
    part::word(id)
        .and_then(|id| {
            let url = match user {
                Some(user) => format!("https://weibo.com/{user}/{id}"),
                None => format!("https://weibo.com/detail/{id}"),
            };
            post(PLATFORM.name, id.to_owned(), url, None)
        })
        .unwrap_or(Recognised::NotAPost("malformed"))
}

#[cfg(test)]
mod tests {
    use super::super::cases::{mean_no_posts, mean_posts};
    use super::PLATFORM;

    #[test]
    fn every_form_of_a_post_address_has_one_canonical_form() {
        mean_posts(
            &PLATFORM,
            &[
                (
                    "https://www.weibo.com/1234567890/Mabc12XYz?refer_flag=1",
                    "Mabc12XYz",
                    "https://weibo.com/1234567890/Mabc12XYz",
                ),
                (
                    "https://m.weibo.cn/status/4712345678901234",
                    "4712345678901234",
                    "https://weibo.com/detail/4712345678901234",
                ),
                (
                    "https://m.weibo.cn/detail/4712345678901234",
                    "4712345678901234",
                    "https://weibo.com/detail/4712345678901234",
                ),
                (
                    "https://weibo.com/tv/show/1034:4712345678901234",
                    "tv/1034:4712345678901234",
                    "https://weibo.com/tv/show/1034:4712345678901234",
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
                ("https://service.weibo.com/share/share.php?url=x", "share"),
                ("https://weibo.com/", "home"),
                ("https://notweibo.com/1234567890/Mabc12XYz", "none"),
            ],
        );
    }
}
