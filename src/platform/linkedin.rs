//! LinkedIn: posts by the number of their activity, share or `ugcPost`; articles by the name in their path.

use url::Url;

use super::address::{is_under, post, segments};
use super::{Platform, Recognised, part};

/// LinkedIn.
pub static PLATFORM: Platform = Platform::by_address("linkedin", recognise);

/// What a post's number counts.
const KINDS: &[&str] = &["activity", "ugcPost", "share"];

fn recognise(url: &Url) -> Option<Recognised> {
    let host = part::host(url)?;
    if !is_under(host, "linkedin.com") && !is_under(host, "lnkd.in") {
        return None;
    }
    let parts = segments(url);
    let parts: Vec<&str> = parts.iter().map(String::as_str).collect();
    if is_under(host, "lnkd.in") {
        return Some(if parts.is_empty() {
            Recognised::NotAPost("home")
        } else {
            Recognised::Leads
        });
    }
    Some(match parts[..] {
        [] => Recognised::NotAPost("home"),
        ["feed", "update", urn, ..] | ["embed", "feed", "update", urn, ..] => {
            update(urn).unwrap_or(Recognised::NotAPost("malformed"))
        }
        ["posts", slug, ..] => posted(slug).unwrap_or(Recognised::NotAPost("malformed")),
        ["pulse", slug, ..] => {
            let url = format!("https://www.linkedin.com/pulse/{slug}/");
            post(PLATFORM.name, format!("pulse/{slug}"), url, None).unwrap_or(Recognised::NotAPost("malformed"))
        }
        ["shareArticle" | "share-offsite" | "sharing" | "cws", ..] => Recognised::NotAPost("share"),
        ["in" | "company" | "school" | "showcase" | "pub", ..] => Recognised::NotAPost("profile"),
        ["feed", "hashtag", ..] => Recognised::NotAPost("hashtag"),
        ["search", ..] => Recognised::NotAPost("search"),
        _ => Recognised::NotAPost("other"),
    })
}

/// `urn:li:activity:N`.
fn update(urn: &str) -> Option<Recognised> {
    let (kind, number) = urn.strip_prefix("urn:li:")?.split_once(':')?;
    numbered(kind, number)
}

/// `user_words-of-the-post-activity-N-XXXX`.
fn posted(slug: &str) -> Option<Recognised> {
    KINDS.iter().find_map(|kind| {
        let (_, rest) = slug.rsplit_once(&format!("-{kind}-"))?;
        numbered(kind, rest)
    })
}

fn numbered(kind: &str, number: &str) -> Option<Recognised> {
    let kind = KINDS.iter().find(|known| **known == kind)?;
    let number = part::number(number).filter(|number| number.len() >= 15)?;
    let url = format!("https://www.linkedin.com/feed/update/urn:li:{kind}:{number}/");
    post(PLATFORM.name, format!("{kind}:{number}"), url, None)
}

#[cfg(test)]
mod tests {
    use super::super::cases::{mean_no_posts, mean_posts};
    use super::PLATFORM;

    #[test]
    fn every_form_of_a_post_address_has_one_canonical_form() {
        let (id, url) = (
            "activity:6789012345678901234",
            "https://www.linkedin.com/feed/update/urn:li:activity:6789012345678901234/",
        );
        mean_posts(
            &PLATFORM,
            &[
                (
                    "https://www.linkedin.com/feed/update/urn:li:activity:6789012345678901234?utm_source=x",
                    id,
                    url,
                ),
                (
                    "https://de.linkedin.com/feed/update/urn%3Ali%3Aactivity%3A6789012345678901234",
                    id,
                    url,
                ),
                (
                    "https://www.linkedin.com/posts/ada-l_herons-activity-6789012345678901234-AbCd",
                    id,
                    url,
                ),
                (
                    "https://www.linkedin.com/embed/feed/update/urn:li:share:6789012345678901235",
                    "share:6789012345678901235",
                    "https://www.linkedin.com/feed/update/urn:li:share:6789012345678901235/",
                ),
                (
                    "https://www.linkedin.com/posts/ada-l_herons-ugcPost-6789012345678901236-xy",
                    "ugcPost:6789012345678901236",
                    "https://www.linkedin.com/feed/update/urn:li:ugcPost:6789012345678901236/",
                ),
                (
                    "https://www.linkedin.com/pulse/a-heron-ada/",
                    "pulse/a-heron-ada",
                    "https://www.linkedin.com/pulse/a-heron-ada/",
                ),
            ],
        );
    }

    #[test]
    fn what_names_no_post_is_told_apart_with_its_reason() {
        mean_no_posts(
            &PLATFORM,
            &[
                ("https://lnkd.in/abc12", "leads"),
                ("https://www.linkedin.com/in/ada-l", "profile"),
                ("https://www.linkedin.com/company/herons/", "profile"),
                ("https://www.linkedin.com/shareArticle?url=x", "share"),
                ("https://www.linkedin.com/sharing/share-offsite/?url=x", "share"),
                ("https://www.linkedin.com/feed/hashtag/herons", "hashtag"),
                ("https://www.linkedin.com/posts/ada-l_herons", "malformed"),
                ("https://www.linkedin.com/", "home"),
                ("https://notlinkedin.com/in/ada", "none"),
            ],
        );
    }
}
