//! Threads: a post is known by its code; the user in the path is decoration.

use url::Url;

use super::address::{Path, is_under, post};
use super::{Platform, Recognised, part};

/// Threads.
pub static PLATFORM: Platform = Platform::by_address("threads", recognise);

const HOSTS: &[&str] = &["threads.com", "threads.net", "fixthreads.net", "vxthreads.net"];

fn recognise(url: &Url) -> Option<Recognised> {
    let host = part::host(url)?;
    HOSTS.iter().find(|home| is_under(host, home))?;
    Some(match Path::of(url).parts()[..] {
        [] => Recognised::NotAPost("home"),
        ["t", code, ..] => named(code, None),
        [user, "post", code, ..] if user.starts_with('@') => named(code, part::name(user)),
        ["intent", ..] => Recognised::NotAPost("intent"),
        ["search", ..] => Recognised::NotAPost("search"),
        ["tag", ..] => Recognised::NotAPost("hashtag"),
        [user, ..] if user.starts_with('@') => Recognised::NotAPost("profile"),
        _ => Recognised::NotAPost("other"),
    })
}

fn named(code: &str, user: Option<&str>) -> Recognised {
    part::code(code)
        .filter(|code| code.len() >= 5)
        .and_then(|code| {
            let url = match user {
                Some(user) => format!("https://www.threads.com/@{user}/post/{code}"),
                None => format!("https://www.threads.com/t/{code}"),
            };
            post(PLATFORM.name, code.to_owned(), url, user.map(str::to_owned))
        })
        .unwrap_or(Recognised::NotAPost("malformed"))
}

#[cfg(test)]
mod tests {
    use super::super::cases::{mean_no_posts, mean_posts, names_handle};
    use super::PLATFORM;

    #[test]
    fn every_form_of_a_post_address_has_one_canonical_form() {
        let (id, named) = ("C8abc-12_Xy", "https://www.threads.com/@ada.l/post/C8abc-12_Xy");
        mean_posts(
            &PLATFORM,
            &[
                ("https://www.threads.net/@ada.l/post/C8abc-12_Xy", id, named),
                ("https://threads.com/@ada.l/post/C8abc-12_Xy/embed?x=1", id, named),
                ("https://www.threads.net/@ada.l/post/C8abc-12_Xy/media", id, named),
                (
                    "https://www.threads.net/t/C8abc-12_Xy/",
                    id,
                    "https://www.threads.com/t/C8abc-12_Xy",
                ),
            ],
        );
        names_handle(&PLATFORM, named, Some("ada.l"));
    }

    #[test]
    fn what_names_no_post_is_told_apart_with_its_reason() {
        mean_no_posts(
            &PLATFORM,
            &[
                ("https://www.threads.net/@ada.l", "profile"),
                ("https://www.threads.net/@ada.l/replies", "profile"),
                ("https://www.threads.net/intent/post?text=a", "intent"),
                ("https://www.threads.com/search?q=a", "search"),
                ("https://www.threads.com/tag/a", "hashtag"),
                ("https://www.threads.com/", "home"),
                ("https://sewingthreads.com/@ada.l/post/C8abc", "none"),
            ],
        );
    }
}
