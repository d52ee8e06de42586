//! LinkedIn: posts by the number of their activity, share or `ugcPost`; articles by the name in their path. A login
//! page names in its query what it stands before.

use std::borrow::Cow;

use url::Url;

use super::address::{Path, is_under, post, query, reserved};
use super::{Platform, Recognised, part};

pub(super) mod page;

/// LinkedIn.
pub static PLATFORM: Platform = Platform {
    sources: &[&page::Page],
    upstreams: &[("page", "https://www.linkedin.com")],
    ..Platform::by_address("linkedin", recognise)
};

/// What a post's number counts.
const KINDS: &[&str] = &["activity", "ugcPost", "share"];

fn recognise(url: &Url) -> Option<Recognised> {
    let mut url = Cow::Borrowed(url);
    for depth in 0..part::NESTING {
        let host = part::host(&url)?;
        if is_under(host, "lnkd.in") {
            return Some(match Path::of(&url).parts()[..] {
                [] => Recognised::NotAPost("home"),
                _ => Recognised::Leads,
            });
        }
        if !is_under(host, "linkedin.com") {
            // The login page of this platform may lead back to anywhere.
            return (depth > 0).then_some(Recognised::NotAPost("login"));
        }
        match (site(&url), behind(&url)) {
            (Recognised::NotAPost("login"), Some(inner)) => url = Cow::Owned(inner),
            (found, _) => return Some(found),
        }
    }
    Some(Recognised::NotAPost("login"))
}

/// What a login page stands before.
fn behind(url: &Url) -> Option<Url> {
    let inner = query(url, "sessionRedirect").or_else(|| query(url, "session_redirect"))?;
    url.join(&inner).ok()
}

fn site(url: &Url) -> Recognised {
    let malformed = Recognised::NotAPost("malformed");
    let path = Path::of(url);
    let parts = path.parts();
    let parts = match &parts[..] {
        // Pages for telephones.
        ["mwlite", rest @ ..] => rest,
        whole => whole,
    };
    match *parts {
        [] => Recognised::NotAPost("home"),
        ["feed", "update", urn, ..] | ["embed", "feed", "update", urn, ..] | ["video", "event" | "live", urn, ..] => {
            update(urn).unwrap_or(malformed)
        }
        ["feed"] => query(url, "highlightedUpdateUrn")
            .and_then(|urn| update(&urn))
            .unwrap_or(Recognised::NotAPost("home")),
        ["posts", slug, ..] => posted(slug).unwrap_or(malformed),
        ["pulse", slug, ..] => {
            let url = format!("https://www.linkedin.com/pulse/{slug}/");
            post(PLATFORM.name, format!("pulse/{slug}"), url, None).unwrap_or(malformed)
        }
        ["shareArticle" | "share-offsite" | "sharing" | "cws", ..] => Recognised::NotAPost("share"),
        ["in" | "company" | "school" | "showcase" | "pub" | "profile", ..] => Recognised::NotAPost("profile"),
        ["feed", "hashtag", ..] => Recognised::NotAPost("hashtag"),
        ["groups", ..] => Recognised::NotAPost("community"),
        ["events", ..] => Recognised::NotAPost("event"),
        ["uas" | "checkpoint", ..] => Recognised::NotAPost("login"),
        [first, ..] => Recognised::NotAPost(reserved(first).unwrap_or("other")),
    }
}

/// `urn:li:activity:N`.
fn update(urn: &str) -> Option<Recognised> {
    let (kind, number) = urn.strip_prefix("urn:li:").unwrap_or(urn).split_once(':')?;
    numbered(kind, number, None)
}

/// `user_words-of-the-post-activity-N-XXXX`, `user_activity-N-XXXX` or `activity-N`. Names may hold a `_`, so one
/// is told only where a single `_` parts it from the words.
fn posted(slug: &str) -> Option<Recognised> {
    KINDS.iter().find_map(|kind| {
        let (before, number) = slug.rsplit_once(&format!("{kind}-"))?;
        if !before.is_empty() && !before.ends_with(['-', '_']) {
            return None;
        }
        let user = before.split_once('_').filter(|(_, words)| !words.contains('_'));
        let user = user.and_then(|(user, _)| part::name(user).filter(|name| *name == user));
        numbered(kind, number, user)
    })
}

fn numbered(kind: &str, number: &str, user: Option<&str>) -> Option<Recognised> {
    let kind = KINDS.iter().find(|known| **known == kind)?;
    let number = part::number(number).filter(|number| number.len() >= 15)?;
    let url = format!("https://www.linkedin.com/feed/update/urn:li:{kind}:{number}/");
    post(PLATFORM.name, format!("{kind}:{number}"), url, user.map(str::to_owned))
}

#[cfg(test)]
mod tests {
    use super::super::cases::{mean_no_posts, mean_posts, names_handle};
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
                ("https://www.linkedin.com/posts/activity-6789012345678901234", id, url),
                (
                    "https://www.linkedin.com/posts/ada-l_activity-6789012345678901234-AbCd/",
                    id,
                    url,
                ),
                (
                    "https://www.linkedin.com/feed/update/activity:6789012345678901234/",
                    id,
                    url,
                ),
                (
                    "https://www.linkedin.com/feed/?highlightedUpdateUrn=urn%3Ali%3Aactivity%3A6789012345678901234",
                    id,
                    url,
                ),
                (
                    "https://www.linkedin.com/authwall?trk=a&sessionRedirect=https%3A%2F%2Fde.linkedin.com%2Fposts%2Fada-l_herons-activity-6789012345678901234-AbCd",
                    id,
                    url,
                ),
                (
                    "https://www.linkedin.com/uas/login?session_redirect=%2Ffeed%2Fupdate%2Furn%3Ali%3Aactivity%3A6789012345678901234",
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
                (
                    "https://www.linkedin.com/posts/ada-l_overactivity-6789012345678901234-AbCd",
                    "malformed",
                ),
                ("https://www.linkedin.com/login", "login"),
                ("https://www.linkedin.com/uas/login?session_redirect=%2Ffeed%2F", "home"),
                (
                    "https://www.linkedin.com/authwall?sessionRedirect=https%3A%2F%2Fexample.org%2F",
                    "login",
                ),
                ("https://www.linkedin.com/events/7084656651378536448/", "event"),
                ("https://www.linkedin.com/groups/123/", "community"),
                ("https://www.linkedin.com/jobs/view/123", "other"),
                ("https://www.linkedin.com/feed/update/urn:li:activity:1", "malformed"),
                ("https://www.linkedin.com/", "home"),
                ("https://notlinkedin.com/in/ada", "none"),
            ],
        );
    }

    #[test]
    fn a_handle_is_told_only_where_nothing_else_could_be_meant() {
        for (slug, handle) in [
            ("ada-l_herons-activity-6789012345678901234-AbCd", Some("ada-l")),
            ("ada-l_activity-6789012345678901234-AbCd", Some("ada-l")),
            ("the-herons_2_what-is-a-heron-activity-6789012345678901234-AbCd", None),
            ("activity-6789012345678901234", None),
        ] {
            names_handle(&PLATFORM, &format!("https://www.linkedin.com/posts/{slug}"), handle);
        }
    }
}
