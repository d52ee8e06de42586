//! LiveJournal: an entry is known by its journal and number. A journal is a host of its own, or, where its name
//! cannot be one, a folder; `_` in a name is `-` in a host.

use url::Url;

use super::address::{Path, post, query, reserved};
use super::{Platform, Recognised, part};

/// LiveJournal.
pub static PLATFORM: Platform = Platform::by_address("livejournal", recognise);

/// Hosts that hold files or programs, no journal.
const NOT_JOURNALS: &[&str] = &[
    "api", "files", "img", "l-api", "l-files", "l-stat", "pics", "stat", "userpic",
];

/// Hosts and folders that hold journals, none themselves.
const FOLDERS: &[&str] = &["community", "syndicated", "users", "www"];

fn recognise(url: &Url) -> Option<Recognised> {
    let sub = part::subdomain(part::host(url)?, "livejournal.com")?;
    let path = Path::of(url);
    let found = match (sub, &path.parts()[..]) {
        ("" | "www" | "m", []) => return Some(Recognised::NotAPost("home")),
        (_, []) => return Some(Recognised::NotAPost("profile")),
        ("users" | "community" | "syndicated", [name, page])
        | ("" | "www", ["users" | "community" | "syndicated", name, page]) => entry(name, page.strip_suffix(".html")),
        ("m", ["read", "user", name, number, ..]) => entry(name, Some(number)),
        ("" | "www", ["talkread.bml", ..]) => {
            let (name, number) = (query(url, "journal"), query(url, "itemid"));
            name.and_then(|name| entry(&name, number.as_deref()))
        }
        ("users" | "community" | "syndicated", [_, ..]) | ("" | "www", ["users" | "community", ..]) => {
            return Some(Recognised::NotAPost("profile"));
        }
        ("" | "www" | "m", [first, ..]) => {
            let reason = reserved(first.trim_end_matches(".bml")).unwrap_or("other");
            return Some(Recognised::NotAPost(reason));
        }
        (sub, _) if sub.contains('.') || NOT_JOURNALS.contains(&sub) => {
            return Some(Recognised::NotAPost("media"));
        }
        (journal, [page]) => entry(journal, page.strip_suffix(".html")),
        (_, ["tag", ..]) => return Some(Recognised::NotAPost("hashtag")),
        _ => None,
    };
    Some(found.unwrap_or(Recognised::NotAPost("profile")))
}

fn entry(name: &str, number: Option<&str>) -> Option<Recognised> {
    let number = part::number(number?).filter(|number| number.len() >= 2)?;
    let name = part::code(name).filter(|whole| *whole == name && !FOLDERS.contains(whole))?;
    let name = name.to_ascii_lowercase().replace('-', "_");
    let url = if name.starts_with('_') || name.ends_with('_') {
        format!("https://users.livejournal.com/{name}/{number}.html")
    } else {
        format!("https://{}.livejournal.com/{number}.html", name.replace('_', "-"))
    };
    post(PLATFORM.name, format!("{name}/{number}"), url, Some(name))
}

#[cfg(test)]
mod tests {
    use super::super::cases::{mean_no_posts, mean_posts, names_handle};
    use super::PLATFORM;

    #[test]
    fn every_form_of_an_entry_address_has_one_canonical_form() {
        let plain = ("ada/12345", "https://ada.livejournal.com/12345.html");
        let folded = ("ada_l/12345", "https://ada-l.livejournal.com/12345.html");
        let edged = ("_ada/12345", "https://users.livejournal.com/_ada/12345.html");
        mean_posts(
            &PLATFORM,
            &[
                ("https://ada.livejournal.com/12345.html", plain.0, plain.1),
                ("http://ada.livejournal.com/12345.html?thread=5#t5", plain.0, plain.1),
                ("https://users.livejournal.com/ada/12345.html", plain.0, plain.1),
                ("http://www.livejournal.com/users/ada/12345.html", plain.0, plain.1),
                ("http://community.livejournal.com/ada/12345.html", plain.0, plain.1),
                ("https://m.livejournal.com/read/user/ada/12345", plain.0, plain.1),
                (
                    "http://www.livejournal.com/talkread.bml?journal=ada&itemid=12345",
                    plain.0,
                    plain.1,
                ),
                ("https://ada-l.livejournal.com/12345.html", folded.0, folded.1),
                ("https://users.livejournal.com/ada_l/12345.html", folded.0, folded.1),
                ("https://users.livejournal.com/_ada/12345.html", edged.0, edged.1),
            ],
        );
        names_handle(&PLATFORM, plain.1, Some("ada"));
        names_handle(&PLATFORM, edged.1, Some("_ada"));
    }

    #[test]
    fn what_names_no_entry_is_told_apart_with_its_reason() {
        mean_no_posts(
            &PLATFORM,
            &[
                ("https://www.livejournal.com/", "home"),
                ("https://www.livejournal.com/12345.html", "other"),
                ("https://www.livejournal.com/media/12345.html", "other"),
                ("https://livejournal.com/login.bml", "login"),
                ("https://www.livejournal.com/search/?q=heron", "search"),
                ("https://ada.livejournal.com/", "profile"),
                ("https://ada.livejournal.com/profile", "profile"),
                ("https://ada.livejournal.com/2013/05/", "profile"),
                ("https://ada.livejournal.com/tag/herons", "hashtag"),
                ("https://users.livejournal.com/_ada/", "profile"),
                ("https://users.livejournal.com/12345.html", "profile"),
                ("https://ic.pics.livejournal.com/ada/12/34/34.jpg", "media"),
                ("https://notlivejournal.com/12345.html", "none"),
            ],
        );
    }
}
