//! Pinterest: a pin is known by its number, in every country's host.

use url::Url;

use super::address::{post, segments};
use super::{Platform, Recognised, part};

/// Pinterest.
pub static PLATFORM: Platform = Platform::by_address("pinterest", recognise);

fn recognise(url: &Url) -> Option<Recognised> {
    let host = part::host(url)?;
    if host != "pin.it" && !is_pinterest(host) {
        return None;
    }
    let parts = segments(url);
    let parts: Vec<&str> = parts.iter().map(String::as_str).collect();
    if host == "pin.it" {
        return Some(if parts.len() == 1 {
            Recognised::Leads
        } else {
            Recognised::NotAPost("home")
        });
    }
    Some(match parts[..] {
        [] => Recognised::NotAPost("home"),
        ["pin", "create", ..] => Recognised::NotAPost("share"),
        ["pin", pin, ..] => {
            // The number may stand behind the title: `a-heron--123456`.
            let number = part::number(pin).or_else(|| part::number(pin.rsplit("--").next()?));
            number
                .and_then(|number| {
                    let url = format!("https://www.pinterest.com/pin/{number}/");
                    post(PLATFORM.name, number.to_owned(), url, None)
                })
                .unwrap_or(Recognised::NotAPost("malformed"))
        }
        ["search" | "ideas" | "explore", ..] => Recognised::NotAPost("search"),
        _ => Recognised::NotAPost("profile"),
    })
}

/// `pinterest` before a country's ending, e.g. `pinterest.co.uk`, below `www` or a country.
fn is_pinterest(host: &str) -> bool {
    let labels: Vec<&str> = host.split('.').collect();
    let at = labels.iter().position(|label| *label == "pinterest");
    at.is_some_and(|at| {
        at <= 1 && (1..=2).contains(&(labels.len() - at - 1)) && labels[at + 1..].iter().all(|l| l.len() <= 3)
    })
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
                ("https://pinterest.example.org/pin/123456789012345678/", "none"),
            ],
        );
    }
}
