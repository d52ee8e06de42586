//! Substack: its short notes, each known by its number. Who wrote one stands in its address only behind an `@`; the
//! name in `/profile/123-ada/` is that of the page, not a handle. The newsletters are pages like any.

use url::Url;

use super::address::{Path, is_under, post, reserved};
use super::{Platform, Recognised, part};

/// Notes of Substack.
pub static PLATFORM: Platform = Platform::by_address("substack", recognise);

fn recognise(url: &Url) -> Option<Recognised> {
    let host = part::host(url)?;
    is_under(host, "substack.com").then(|| {
        let malformed = Recognised::NotAPost("malformed");
        match Path::of(url).parts()[..] {
            [] => Recognised::NotAPost("home"),
            [user, "note", id, ..] if user.starts_with('@') => note(part::name(user), id).unwrap_or(malformed),
            ["profile", _, "note", id, ..] | ["note", id, ..] | ["notes", "post", id, ..] => {
                note(None, id).unwrap_or(malformed)
            }
            // A publication's own host holds its pages.
            _ if !matches!(host, "substack.com" | "www.substack.com" | "open.substack.com") => {
                Recognised::NotAPost("other")
            }
            [user, ..] if user.starts_with('@') => Recognised::NotAPost("profile"),
            ["profile", ..] => Recognised::NotAPost("profile"),
            ["notes", ..] => Recognised::NotAPost("list"),
            ["p" | "pub" | "home", ..] => Recognised::NotAPost("article"),
            [first, ..] => Recognised::NotAPost(reserved(first).unwrap_or("other")),
        }
    })
}

/// `c-12345678`.
fn note(user: Option<&str>, id: &str) -> Option<Recognised> {
    let number = part::number(id.strip_prefix("c-")?)?;
    let url = match user {
        Some(user) => format!("https://substack.com/@{user}/note/c-{number}"),
        None => format!("https://substack.com/note/c-{number}"),
    };
    post(PLATFORM.name, format!("c-{number}"), url, user.map(str::to_owned))
}

#[cfg(test)]
mod tests {
    use super::super::cases::{mean_no_posts, mean_posts, names_handle};
    use super::PLATFORM;

    #[test]
    fn every_form_of_a_note_address_has_one_canonical_form() {
        let (id, named) = ("c-12345678", "https://substack.com/@ada/note/c-12345678");
        let bare = "https://substack.com/note/c-12345678";
        mean_posts(
            &PLATFORM,
            &[
                ("https://substack.com/@ada/note/c-12345678?r=x", id, named),
                ("https://substack.com/profile/123-ada/note/c-12345678", id, bare),
                ("https://substack.com/profile/ada/note/c-12345678", id, bare),
                ("https://substack.com/note/c-12345678", id, bare),
                ("https://substack.com/notes/post/c-12345678", id, bare),
            ],
        );
        names_handle(&PLATFORM, named, Some("ada"));
        names_handle(&PLATFORM, "https://substack.com/profile/123-ada/note/c-12345678", None);
    }

    #[test]
    fn what_names_no_note_is_told_apart_with_its_reason() {
        mean_no_posts(
            &PLATFORM,
            &[
                ("https://ada.substack.com/p/a-heron", "other"),
                ("https://ada.substack.com/about", "other"),
                ("https://substack.com/@ada", "profile"),
                ("https://substack.com/profile/123-ada", "profile"),
                ("https://substack.com/home/post/p-123", "article"),
                ("https://open.substack.com/pub/ada/p/a-heron", "article"),
                ("https://substack.com/search/heron", "search"),
                ("https://substack.com/sign-in", "login"),
                ("https://substack.com/@ada/note/p-12345678", "malformed"),
                ("https://substack.com/", "home"),
                ("https://notsubstack.com/@ada/note/c-12345678", "none"),
            ],
        );
    }
}
