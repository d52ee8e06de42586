//! Platforms whose posts stand in plain paths of one host: a table of path patterns for each. A pattern's parts are
//! words, `*` for anything, and one `{…}` for the id.

use url::Url;

use super::address::{is_under, post, query, segments};
use super::{Platform, Recognised, part};

/// How the id in a path is formed.
#[derive(Clone, Copy)]
enum Id {
    Number,
    Code,
    /// Letters and digits.
    Word,
    /// `c-` and a number.
    Note,
    /// The name of a channel or film with the claim behind it, `name:c`.
    Claim,
    /// Letters and digits beginning with `BV` or `av`.
    Bilibili,
    /// The part up to the first dash: `v1abcd-title.html`.
    BeforeTitle,
    /// Number with `.html` behind it.
    Page,
}

impl Id {
    fn read(self, value: &str) -> Option<&str> {
        match self {
            Id::Number => part::number(value),
            Id::Code => part::code(value).filter(|code| code.len() >= 4),
            Id::Word => part::word(value).filter(|word| word.len() >= 4),
            Id::Note => {
                part::code(value).filter(|note| note.strip_prefix("c-").is_some_and(|n| part::number(n) == Some(n)))
            }
            Id::Claim => part::run(value, |c| c.is_alphanumeric() || matches!(c, '-' | '_' | '.' | ':')),
            Id::Bilibili => {
                part::word(value).filter(|id| id.len() > 3 && (id.starts_with("BV") || id.starts_with("av")))
            }
            Id::BeforeTitle => {
                let id = value.split(['-', '.']).next().and_then(part::word)?;
                (id.starts_with('v') && id.len() >= 4 && id.bytes().any(|b| b.is_ascii_digit())).then_some(id)
            }
            Id::Page => part::number(value.strip_suffix(".html")?).filter(|number| number.len() >= 2),
        }
    }
}

/// One way to write a post's address.
struct Form {
    /// Host, or the name below which it lies.
    host: &'static str,
    /// Path: words, `*`, and `{}` for the id; what follows is passed over unless the pattern ends with `$`.
    path: &'static str,
    id: Id,
    /// Name of the parameter that holds the id instead of the path.
    parameter: Option<&'static str>,
}

const fn form(host: &'static str, path: &'static str, id: Id) -> Form {
    Form {
        host,
        path,
        id,
        parameter: None,
    }
}

const fn asked(host: &'static str, path: &'static str, parameter: &'static str, id: Id) -> Form {
    Form {
        host,
        path,
        id,
        parameter: Some(parameter),
    }
}

/// One platform of this kind.
struct Rules {
    name: &'static str,
    forms: &'static [Form],
    /// Short host that leads to a post.
    short: &'static [&'static str],
    /// The canonical address, `{}` for the id and `{user}` for the part before it.
    canonical: &'static str,
}

impl Rules {
    fn recognise(&self, url: &Url) -> Option<Recognised> {
        let host = part::host(url)?;
        let is_ours = self.forms.iter().any(|form| is_under(host, form.host));
        if !is_ours && !self.short.contains(&host) {
            return None;
        }
        let parts = segments(url);
        let parts: Vec<&str> = parts.iter().map(String::as_str).collect();
        if self.short.contains(&host) {
            return Some(if parts.is_empty() {
                Recognised::NotAPost("home")
            } else {
                Recognised::Leads
            });
        }
        for form in self.forms.iter().filter(|form| is_under(host, form.host)) {
            if let Some(found) = self.read(form, url, host, &parts) {
                return Some(found);
            }
        }
        Some(match parts.first() {
            None => Recognised::NotAPost("home"),
            Some(word) if word.starts_with("share") => Recognised::NotAPost("share"),
            Some(_) => Recognised::NotAPost("other"),
        })
    }

    fn read(&self, form: &Form, url: &Url, host: &str, parts: &[&str]) -> Option<Recognised> {
        let (pattern, whole) = match form.path.strip_suffix('$') {
            Some(pattern) => (pattern, true),
            None => (form.path, false),
        };
        let pattern: Vec<&str> = pattern.split('/').filter(|word| !word.is_empty()).collect();
        if parts.len() < pattern.len() || whole && parts.len() > pattern.len() {
            return None;
        }
        let (mut value, mut user) = (None, None);
        for (word, part) in pattern.iter().zip(parts) {
            match *word {
                "{}" => value = Some((*part).to_owned()),
                "*" => {}
                "{user}" => user = Some(*part),
                "@{user}" if part.starts_with('@') => user = Some(*part),
                word if word == *part => {}
                _ => return None,
            }
        }
        let value = match form.parameter {
            Some(name) => query(url, name)?,
            None => value?,
        };
        let id = form.id.read(&value)?;
        // Where the user is the host's first label, e.g. of a journal.
        let label = self
            .canonical
            .contains("{label}")
            .then(|| part::subdomain(host, form.host))
            .flatten();
        let user = user
            .map(|user| user.trim_start_matches('@'))
            .and_then(|user| part::run(user, |c| c.is_alphanumeric() || matches!(c, '-' | '_' | '.' | ':')));
        if self.canonical.contains("{user}") && user.is_none()
            || self.canonical.contains("{label}") && label.is_none_or(str::is_empty)
        {
            return None;
        }
        let canonical = self
            .canonical
            .replace("{user}", user.unwrap_or_default())
            .replace("{label}", label.unwrap_or_default())
            .replace("{}", id);
        let id = match label {
            Some(label) => format!("{label}/{id}"),
            None => id.to_owned(),
        };
        post(self.name, id, canonical, user.or(label).map(str::to_owned))
    }
}

macro_rules! platforms {
    ($($(#[$doc:meta])* $constant:ident: $name:literal, short $short:expr, canonical $canonical:literal, $forms:expr;)+) => {
        $($(#[$doc])*
        pub static $constant: Platform = Platform::by_address($name, |url| {
            const RULES: Rules = Rules { name: $name, forms: &$forms, short: &$short, canonical: $canonical };
            RULES.recognise(url)
        });)+
    };
}

platforms! {
    /// Vimeo.
    VIMEO: "vimeo", short [], canonical "https://vimeo.com/{}", [
        form("player.vimeo.com", "video/{}", Id::Number),
        form("vimeo.com", "{}", Id::Number),
        form("vimeo.com", "video/{}", Id::Number),
        form("vimeo.com", "channels/*/{}", Id::Number),
        form("vimeo.com", "groups/*/videos/{}", Id::Number),
        form("vimeo.com", "album/*/video/{}", Id::Number),
        form("vimeo.com", "showcase/*/video/{}", Id::Number),
        form("vimeo.com", "ondemand/*/{}", Id::Number),
        asked("vimeo.com", "moogaloop.swf", "clip_id", Id::Number),
    ];
    /// Dailymotion.
    DAILYMOTION: "dailymotion", short [], canonical "https://www.dailymotion.com/video/{}", [
        form("dai.ly", "{}", Id::Word),
        asked("geo.dailymotion.com", "player.html", "video", Id::Word),
        asked("geo.dailymotion.com", "player/*", "video", Id::Word),
        form("dailymotion.com", "embed/video/{}", Id::Word),
        form("dailymotion.com", "swf/video/{}", Id::Word),
        form("dailymotion.com", "video/{}", Id::Word),
    ];
    /// Notes of Substack.
    SUBSTACK: "substack", short [], canonical "https://substack.com/@{user}/note/{}", [
        form("substack.com", "@{user}/note/{}", Id::Note),
        form("substack.com", "profile/{user}/note/{}", Id::Note),
    ];
    /// Gab.
    GAB: "gab", short [], canonical "https://gab.com/{user}/posts/{}", [
        form("gab.com", "{user}/posts/{}", Id::Number),
    ];
    /// Gettr.
    GETTR: "gettr", short [], canonical "https://gettr.com/post/{}", [
        form("gettr.com", "post/{}", Id::Code),
    ];
    /// Rumble.
    RUMBLE: "rumble", short [], canonical "https://rumble.com/embed/{}/", [
        form("rumble.com", "embed/{}", Id::BeforeTitle),
        form("rumble.com", "{}$", Id::BeforeTitle),
    ];
    /// Odysee.
    ODYSEE: "odysee", short [], canonical "https://odysee.com/@{user}/{}", [
        form("odysee.com", "@{user}/{}$", Id::Claim),
        form("odysee.com", "$/embed/@{user}/{}", Id::Claim),
    ];
    /// Bitchute.
    BITCHUTE: "bitchute", short [], canonical "https://www.bitchute.com/video/{}/", [
        form("bitchute.com", "video/{}", Id::Code),
        form("bitchute.com", "embed/{}", Id::Code),
    ];
    /// OK.ru (Odnoklassniki).
    OK: "ok", short [], canonical "https://ok.ru/video/{}", [
        form("ok.ru", "video/{}", Id::Number),
        form("ok.ru", "videoembed/{}", Id::Number),
        form("ok.ru", "live/{}", Id::Number),
    ];
    /// Bilibili.
    BILIBILI: "bilibili", short ["b23.tv"], canonical "https://www.bilibili.com/video/{}/", [
        form("bilibili.com", "video/{}", Id::Bilibili),
        asked("player.bilibili.com", "player.html", "bvid", Id::Bilibili),
    ];
    /// LiveJournal.
    LIVEJOURNAL: "livejournal", short [], canonical "https://{label}.livejournal.com/{}.html", [
        form("livejournal.com", "{}$", Id::Page),
    ];
    /// Streamable.
    STREAMABLE: "streamable", short [], canonical "https://streamable.com/{}", [
        form("streamable.com", "e/{}", Id::Code),
        form("streamable.com", "o/{}", Id::Code),
        form("streamable.com", "{}$", Id::Code),
    ];
}

#[cfg(test)]
mod tests {
    use super::super::cases::{mean_no_posts, mean_posts, names_handle};
    use super::*;

    #[test]
    fn every_form_of_a_post_address_has_one_canonical_form() {
        let vimeo = ("76979871", "https://vimeo.com/76979871");
        mean_posts(
            &VIMEO,
            &[
                ("https://vimeo.com/76979871", vimeo.0, vimeo.1),
                ("https://vimeo.com/76979871/ab12cd34ef", vimeo.0, vimeo.1),
                ("https://player.vimeo.com/video/76979871?h=ab&badge=0", vimeo.0, vimeo.1),
                ("https://vimeo.com/channels/staffpicks/76979871", vimeo.0, vimeo.1),
                ("https://vimeo.com/groups/herons/videos/76979871", vimeo.0, vimeo.1),
            ],
        );
        let daily = ("x8abcde", "https://www.dailymotion.com/video/x8abcde");
        mean_posts(
            &DAILYMOTION,
            &[
                ("https://www.dailymotion.com/video/x8abcde_a-heron", daily.0, daily.1),
                (
                    "https://www.dailymotion.com/embed/video/x8abcde?autoplay=1",
                    daily.0,
                    daily.1,
                ),
                ("https://dai.ly/x8abcde", daily.0, daily.1),
                (
                    "https://geo.dailymotion.com/player/x9.html?video=x8abcde",
                    daily.0,
                    daily.1,
                ),
            ],
        );
        let note = ("c-12345678", "https://substack.com/@ada/note/c-12345678");
        mean_posts(
            &SUBSTACK,
            &[
                ("https://substack.com/@ada/note/c-12345678?r=x", note.0, note.1),
                ("https://substack.com/profile/ada/note/c-12345678", note.0, note.1),
            ],
        );
        names_handle(&SUBSTACK, note.1, Some("ada"));
        mean_posts(
            &GAB,
            &[(
                "https://gab.com/ada/posts/109876543210987654",
                "109876543210987654",
                "https://gab.com/ada/posts/109876543210987654",
            )],
        );
        mean_posts(
            &GETTR,
            &[(
                "https://gettr.com/post/p1abc2d",
                "p1abc2d",
                "https://gettr.com/post/p1abc2d",
            )],
        );
        let rumble = ("v1abc2d", "https://rumble.com/embed/v1abc2d/");
        mean_posts(
            &RUMBLE,
            &[
                ("https://rumble.com/v1abc2d-a-heron-came.html", rumble.0, rumble.1),
                ("https://rumble.com/embed/v1abc2d/?pub=4", rumble.0, rumble.1),
            ],
        );
        mean_posts(
            &ODYSEE,
            &[(
                "https://odysee.com/@ada:c/a-heron:f",
                "a-heron:f",
                "https://odysee.com/@ada:c/a-heron:f",
            )],
        );
        mean_posts(
            &BITCHUTE,
            &[(
                "https://www.bitchute.com/embed/aB1c2D3e4F/",
                "aB1c2D3e4F",
                "https://www.bitchute.com/video/aB1c2D3e4F/",
            )],
        );
        mean_posts(
            &OK,
            &[(
                "https://ok.ru/videoembed/1234567890123",
                "1234567890123",
                "https://ok.ru/video/1234567890123",
            )],
        );
        mean_posts(
            &BILIBILI,
            &[
                (
                    "https://www.bilibili.com/video/BV1ab411c7dE/?p=2",
                    "BV1ab411c7dE",
                    "https://www.bilibili.com/video/BV1ab411c7dE/",
                ),
                (
                    "https://player.bilibili.com/player.html?bvid=BV1ab411c7dE&page=1",
                    "BV1ab411c7dE",
                    "https://www.bilibili.com/video/BV1ab411c7dE/",
                ),
            ],
        );
        mean_posts(
            &LIVEJOURNAL,
            &[(
                "https://ada.livejournal.com/12345.html",
                "ada/12345",
                "https://ada.livejournal.com/12345.html",
            )],
        );
        mean_posts(
            &STREAMABLE,
            &[(
                "https://streamable.com/e/ab1cd2",
                "ab1cd2",
                "https://streamable.com/ab1cd2",
            )],
        );
    }

    #[test]
    fn what_names_no_post_is_told_apart_with_its_reason() {
        mean_no_posts(
            &VIMEO,
            &[
                ("https://vimeo.com/ada", "other"),
                ("https://vimeo.com/", "home"),
                ("https://notvimeo.com/76979871", "none"),
            ],
        );
        mean_no_posts(
            &DAILYMOTION,
            &[
                ("https://www.dailymotion.com/ada", "other"),
                ("https://www.dailymotion.com/playlist/x1", "other"),
            ],
        );
        mean_no_posts(
            &SUBSTACK,
            &[
                ("https://ada.substack.com/p/a-heron", "other"),
                ("https://substack.com/@ada", "other"),
            ],
        );
        mean_no_posts(
            &RUMBLE,
            &[
                ("https://rumble.com/c/ada", "other"),
                ("https://rumble.com/videos", "other"),
            ],
        );
        mean_no_posts(
            &BILIBILI,
            &[
                ("https://b23.tv/aB1c2D", "leads"),
                ("https://space.bilibili.com/123", "other"),
            ],
        );
        mean_no_posts(
            &LIVEJOURNAL,
            &[
                ("https://www.livejournal.com/", "home"),
                ("https://ada.livejournal.com/profile", "other"),
            ],
        );
        mean_no_posts(&GAB, &[("https://gab.com/ada", "other")]);
        mean_no_posts(
            &STREAMABLE,
            &[
                ("https://streamable.com/ab", "other"),
                ("https://streamable.com/", "home"),
            ],
        );
    }
}
