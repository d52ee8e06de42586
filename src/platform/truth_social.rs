//! Truth Social: a Mastodon of its own, with one more path for posts.

use url::Url;

use super::address::{Path, is_under, post};
use super::{Platform, Recognised, part};

/// Truth Social.
pub static PLATFORM: Platform = Platform::by_address("truth_social", recognise);

fn recognise(url: &Url) -> Option<Recognised> {
    is_under(part::host(url)?, "truthsocial.com").then(|| match Path::of(url).parts()[..] {
        [] => Recognised::NotAPost("home"),
        [user, "posts", id, ..] | ["users", user, "statuses", id, ..] => named(user, id),
        [user, id, ..] if user.starts_with('@') && id.starts_with(|c: char| c.is_ascii_digit()) => named(user, id),
        ["share" | "intent", ..] => Recognised::NotAPost("share"),
        ["tags", ..] => Recognised::NotAPost("hashtag"),
        [user, ..] if user.starts_with('@') => Recognised::NotAPost("profile"),
        _ => Recognised::NotAPost("other"),
    })
}

fn named(user: &str, id: &str) -> Recognised {
    let named = part::name(user).zip(part::number(id).filter(|id| id.len() >= 12));
    named
        .and_then(|(user, id)| {
            let url = format!("https://truthsocial.com/@{user}/{id}");
            post(PLATFORM.name, id.to_owned(), url, Some(user.to_owned()))
        })
        .unwrap_or(Recognised::NotAPost("malformed"))
}

#[cfg(test)]
mod tests {
    use super::super::cases::{mean_no_posts, mean_posts, names_handle};
    use super::PLATFORM;

    #[test]
    fn every_form_of_a_post_address_has_one_canonical_form() {
        let (id, url) = ("109876543210987654", "https://truthsocial.com/@ada/109876543210987654");
        let forms = [
            "https://truthsocial.com/@ada/109876543210987654",
            "https://truthsocial.com/@ada/posts/109876543210987654?x=1",
            "https://www.truthsocial.com/@ada/109876543210987654/embed",
            "https://truthsocial.com/users/ada/statuses/109876543210987654",
        ];
        mean_posts(&PLATFORM, &forms.map(|form| (form, id, url)));
        names_handle(&PLATFORM, url, Some("ada"));
    }

    #[test]
    fn what_names_no_post_is_told_apart_with_its_reason() {
        mean_no_posts(
            &PLATFORM,
            &[
                ("https://truthsocial.com/@ada", "profile"),
                ("https://truthsocial.com/@ada/with_replies", "profile"),
                ("https://truthsocial.com/tags/herons", "hashtag"),
                ("https://truthsocial.com/share?text=a", "share"),
                ("https://truthsocial.com/", "home"),
                ("https://truthsocial.com/@ada/12", "malformed"),
                ("https://nottruthsocial.com/@ada/109876543210987654", "none"),
            ],
        );
    }
}
