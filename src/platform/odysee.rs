//! Odysee (LBRY): a claim is known by its name and the beginning of its number, `name:f`; the channel before it,
//! with a number of its own, is decoration. A name without a number means whatever stands highest under it today,
//! which only its channel narrows, so it is told with the channel.

use url::Url;

use super::address::{Path, is_under, post};
use super::{Platform, Recognised, part};

/// Odysee.
pub static PLATFORM: Platform = Platform::by_address("odysee", recognise);

const HOSTS: &[&str] = &["odysee.com", "lbry.tv", "open.lbry.com"];

fn recognise(url: &Url) -> Option<Recognised> {
    let host = part::host(url)?;
    HOSTS.iter().find(|home| is_under(host, home))?;
    let path = Path::of(url);
    let parts = path.parts();
    let claim = match *parts {
        [] => return Some(Recognised::NotAPost("home")),
        // All pages of the site itself stand below `$`.
        ["$", "embed" | "download", ref claim @ ..] => claim,
        ["$", page, ..] => {
            return Some(Recognised::NotAPost(match page {
                "signin" | "signup" | "signout" | "invite" => "login",
                "search" | "discover" => "search",
                "playlist" | "list" => "list",
                _ => "other",
            }));
        }
        ref claim => claim,
    };
    let found = match *claim {
        [channel, name] if channel.starts_with('@') => named(Some(channel), name),
        [channel] if channel.starts_with('@') => return Some(Recognised::NotAPost("profile")),
        [name] => named(None, name),
        // Frames once had the number in a part of its own.
        [name, number] if parts.len() > claim.len() => named(None, &format!("{name}:{number}")),
        _ => None,
    };
    Some(found.unwrap_or(Recognised::NotAPost("other")))
}

fn named(channel: Option<&str>, claim: &str) -> Option<Recognised> {
    let (name, number) = match claim.rsplit_once([':', '#']) {
        Some((name, number)) => (name, Some(hexadecimal(number)?)),
        None => (claim, None),
    };
    if name.is_empty() || name.starts_with('@') || name.contains([':', '#', '/', '?', '$', '&', '=']) {
        return None;
    }
    let before = channel.map(|channel| format!("{}/", channel.replace('#', ":")));
    let written = match number {
        Some(number) => format!("{name}:{number}"),
        None => name.to_owned(),
    };
    let mut url = Url::parse("https://odysee.com/").ok()?;
    url.set_path(&format!("{}{written}", before.as_deref().unwrap_or_default()));
    let id = match (number, before) {
        (Some(_), _) => written,
        (None, Some(before)) => format!("{before}{written}"),
        (None, None) => return None,
    };
    let handle = channel.and_then(|channel| channel.trim_start_matches('@').split([':', '#']).next());
    post(PLATFORM.name, id, url.into(), handle.map(str::to_owned))
}

/// The beginning of a claim's number, up to all of its 40 digits.
fn hexadecimal(part: &str) -> Option<&str> {
    part::word(part).filter(|number| number.len() <= 40 && number.bytes().all(|b| b.is_ascii_hexdigit()))
}

#[cfg(test)]
mod tests {
    use super::super::cases::{mean_no_posts, mean_posts, names_handle};
    use super::PLATFORM;

    #[test]
    fn every_form_of_a_claim_has_one_canonical_form() {
        let of_channel = ("a-heron:f", "https://odysee.com/@ada:c/a-heron:f");
        let bare = ("a-heron:f", "https://odysee.com/a-heron:f");
        let whole = (
            "a-heron:e7d93d772bd87e2b62d5ab993c1c3ced86ebb396",
            "https://odysee.com/a-heron:e7d93d772bd87e2b62d5ab993c1c3ced86ebb396",
        );
        mean_posts(
            &PLATFORM,
            &[
                ("https://odysee.com/@ada:c/a-heron:f", of_channel.0, of_channel.1),
                (
                    "https://odysee.com/$/embed/@ada:c/a-heron:f?r=x",
                    of_channel.0,
                    of_channel.1,
                ),
                ("https://lbry.tv/@ada:c/a-heron:f", of_channel.0, of_channel.1),
                ("https://open.lbry.com/@ada%23c/a-heron%23f", of_channel.0, of_channel.1),
                ("https://odysee.com/@ada:c/a-heron:f)", of_channel.0, of_channel.1),
                ("https://odysee.com/a-heron:f", bare.0, bare.1),
                (
                    "https://odysee.com/$/embed/a-heron/e7d93d772bd87e2b62d5ab993c1c3ced86ebb396",
                    whole.0,
                    whole.1,
                ),
                (
                    "https://odysee.com/@ada:2/A-Heron-(April-2023):4",
                    "A-Heron-(April-2023):4",
                    "https://odysee.com/@ada:2/A-Heron-(April-2023):4",
                ),
                (
                    "https://odysee.com/@ada/a-heron",
                    "@ada/a-heron",
                    "https://odysee.com/@ada/a-heron",
                ),
            ],
        );
        names_handle(&PLATFORM, of_channel.1, Some("ada"));
        names_handle(&PLATFORM, bare.1, None);
    }

    #[test]
    fn what_names_no_claim_is_told_apart_with_its_reason() {
        mean_no_posts(
            &PLATFORM,
            &[
                ("https://odysee.com/", "home"),
                ("https://odysee.com/@ada:c", "profile"),
                ("https://odysee.com/$/embed/@ada:c", "profile"),
                ("https://odysee.com/$/signup", "login"),
                ("https://odysee.com/$/search?q=heron", "search"),
                ("https://odysee.com/$/playlist/ffef782f", "list"),
                ("https://odysee.com/$/tos", "other"),
                ("https://odysee.com/a-heron", "other"),
                ("https://odysee.com/a-heron:xyz", "other"),
                ("https://notodysee.com/@ada:c/a-heron:f", "none"),
            ],
        );
    }
}
