//! Pinterest: a pin is known by its number, in every country's host.

use url::Url;

use super::address::{Path, post, query, reserved};
use super::{Platform, Recognised, part};

/// Pinterest.
pub static PLATFORM: Platform = Platform::by_address("pinterest", recognise);

/// What stands behind `pinterest.` in its own hosts; any other ending is somebody else's.
const ENDINGS: &[&str] = &[
    "at", "be", "ca", "ch", "cl", "co", "co.at", "co.in", "co.kr", "co.nz", "co.uk", "com", "com.au", "com.bo",
    "com.br", "com.ec", "com.mx", "com.pe", "com.pt", "com.py", "com.uy", "com.vn", "de", "dk", "ec", "es", "fr", "hu",
    "id", "ie", "in", "info", "it", "jp", "kr", "mx", "nl", "nz", "pe", "ph", "pt", "ru", "se", "th", "tw", "uk", "vn",
];

fn recognise(url: &Url) -> Option<Recognised> {
    let host = part::host(url)?;
    let path = Path::of(url);
    let parts = path.parts();
    if matches!(host, "pin.it" | "www.pin.it") {
        return Some(match parts[..] {
            [_] => Recognised::Leads,
            _ => Recognised::NotAPost("home"),
        });
    }
    let sub = subdomain(host)?;
    Some(match parts[..] {
        // The frame that shows one pin.
        ["ext", "embed.html"] => query(url, "id")
            .and_then(|number| pin(&number))
            .unwrap_or(Recognised::NotAPost("widget")),
        [] => Recognised::NotAPost("home"),
        ["pin", "create" | "find", ..] => Recognised::NotAPost("share"),
        ["pin", name, ..] => pin(name).unwrap_or(Recognised::NotAPost("malformed")),
        // Countries have hosts of their own; the longer names are those of its offices, of scripts and of files.
        _ if sub.len() > 3 => Recognised::NotAPost("other"),
        ["pin-builder" | "pin-creation-tool", ..] => Recognised::NotAPost("share"),
        ["ideas" | "today" | "videos", ..] => Recognised::NotAPost("search"),
        [first, ..] => Recognised::NotAPost(reserved(first).unwrap_or("profile")),
    })
}

/// What stands before `pinterest.` and one of its endings.
fn subdomain(host: &str) -> Option<&str> {
    if !host.split('.').any(|label| label == "pinterest") {
        return None;
    }
    ENDINGS.iter().find_map(|ending| {
        let name = host.strip_suffix(ending)?.strip_suffix('.')?;
        part::subdomain(name, "pinterest")
    })
}

/// A pin by its number, which may stand behind its title: `a-heron--123456`.
fn pin(name: &str) -> Option<Recognised> {
    let number = part::number(name).or_else(|| part::number(name.rsplit("--").next()?))?;
    let url = format!("https://www.pinterest.com/pin/{number}/");
    post(PLATFORM.name, number.to_owned(), url, None)
}

#[cfg(test)]
mod tests {
    use super::super::cases::{mean_no_posts, mean_posts};
    use super::PLATFORM;

    #[test]
    fn every_form_of_a_pin_address_has_one_canonical_form() {
        let (id, url) = (
            "123456789012345678",
            "https://www.pinterest.com/pin/123456789012345678/",
        );
        let forms = [
            "https://www.pinterest.com/pin/123456789012345678/?nic_v2=1",
            "https://pinterest.com/pin/123456789012345678",
            "https://www.pinterest.co.uk/pin/123456789012345678/",
            "https://de.pinterest.com/pin/a-heron--123456789012345678/",
            "https://www.pinterest.com.au/pin/123456789012345678/sent/",
            "https://pinterest.jp/pin/123456789012345678/",
            "https://assets.pinterest.com/ext/embed.html?id=123456789012345678",
        ];
        mean_posts(&PLATFORM, &forms.map(|form| (form, id, url)));
    }

    #[test]
    fn what_names_no_pin_is_told_apart_with_its_reason() {
        mean_no_posts(
            &PLATFORM,
            &[
                ("https://pin.it/aB1c2D3", "leads"),
                ("https://www.pinterest.com/pin/create/button/?url=x", "share"),
                ("https://www.pinterest.com/ada/herons/", "profile"),
                ("https://www.pinterest.com/search/pins/?q=a", "search"),
                ("https://www.pinterest.com/", "home"),
                ("https://www.pinterest.com/ideas/herons/123/", "search"),
                ("https://www.pinterest.com/login/", "login"),
                ("https://www.pinterest.com/pin/find/?url=x", "share"),
                ("https://www.pinterest.com/pin/undefined/", "malformed"),
                ("https://assets.pinterest.com/ext/embed.html", "widget"),
                ("https://assets.pinterest.com/js/pinit.js", "other"),
                ("https://help.pinterest.com/en/article/a", "other"),
                ("https://pinterest.xyz/pin/123456789012345678/", "none"),
                ("https://notpinterest.com/pin/123456789012345678/", "none"),
                ("https://pinterest.example.org/pin/123456789012345678/", "none"),
            ],
        );
    }
}
