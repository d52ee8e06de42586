//! Platforms whose posts stand in plain paths of one host, and nothing else is to be known: a table of path patterns
//! for each. A pattern's parts are words, `*` for anything, `{user}` for the author and `{}` for the id.

use url::Url;

use super::address::{Path, is_under, post, query, reserved};
use super::{Platform, Recognised, part};

/// How the id in a path is formed.
#[derive(Clone, Copy)]
enum Id {
    Number,
    Code,
    /// Letters and digits.
    Word,
    /// Small letters and digits beginning with `p`.
    Letter,
    /// Three to eight small letters and digits.
    Short,
}

impl Id {
    fn read(self, value: &str) -> Option<&str> {
        let small = |word: &&str| word.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit());
        match self {
            Id::Number => part::number(value),
            Id::Code => part::code(value).filter(|code| code.len() >= 4),
            Id::Word => part::word(value).filter(|word| word.len() >= 4),
            Id::Letter => part::word(value).filter(|word| word.len() >= 4 && word.starts_with('p') && small(word)),
            Id::Short => part::word(value).filter(|word| {
                let is_title = value[word.len()..].starts_with(['-', '_', '.']);
                (3..=8).contains(&word.len()) && small(word) && !is_title
            }),
        }
    }
}

/// One way to write a post's address.
struct Form {
    /// Host, or the name below which it lies.
    host: &'static str,
    /// Path; what follows is passed over unless the pattern ends with `$`.
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
    /// The canonical address, `{}` for the id and `{user}` for the author.
    canonical: &'static str,
    /// First words of paths that are no posts, with the reason; those that sites keep in general are known.
    others: &'static [(&'static str, &'static str)],
    /// What a single word is that nothing else explains: `profile` where users have the first word.
    word: &'static str,
}

impl Rules {
    fn recognise(&self, url: &Url) -> Option<Recognised> {
        let host = part::host(url)?;
        if !self.forms.iter().any(|form| is_under(host, form.host)) {
            return None;
        }
        let path = Path::of(url);
        let parts = path.parts();
        let mut forms = self.forms.iter().filter(|form| is_under(host, form.host));
        let found = forms.find_map(|form| self.read(form, url, &parts));
        Some(found.unwrap_or_else(|| Recognised::NotAPost(self.reason(&parts))))
    }

    /// What a page is whose path begins with a word that the site keeps for itself.
    fn other(&self, word: &str) -> Option<&'static str> {
        let own = self.others.iter().find(|(other, _)| *other == word);
        own.map(|(_, reason)| *reason).or_else(|| reserved(word))
    }

    fn reason(&self, parts: &[&str]) -> &'static str {
        let Some(first) = parts.first() else { return "home" };
        let unknown = if parts.len() == 1 { self.word } else { "other" };
        self.other(first).unwrap_or(unknown)
    }

    fn read(&self, form: &Form, url: &Url, parts: &[&str]) -> Option<Recognised> {
        let (pattern, whole) = match form.path.strip_suffix('$') {
            Some(pattern) => (pattern, true),
            None => (form.path, false),
        };
        let words = || pattern.split('/').filter(|word| !word.is_empty());
        let length = words().count();
        if parts.len() < length || whole && parts.len() > length {
            return None;
        }
        let (mut value, mut user) = (None, None);
        for (word, part) in words().zip(parts) {
            match word {
                "{}" => value = Some((*part).to_owned()),
                "*" => {}
                "{user}" => user = Some(part::name(part)?),
                word if word == *part => {}
                _ => return None,
            }
        }
        let value = match form.parameter {
            Some(name) => query(url, name)?,
            None => value?,
        };
        let id = form.id.read(&value).filter(|id| self.other(id).is_none())?;
        let canonical = self
            .canonical
            .replace("{user}", user.unwrap_or_default())
            .replace("{}", id);
        post(self.name, id.to_owned(), canonical, user.map(str::to_owned))
    }
}

macro_rules! platforms {
    ($(
        $(#[$doc:meta])*
        $constant:ident: $name:literal, $canonical:literal, $forms:expr, $others:expr, $word:literal;
    )+) => {
        $($(#[$doc])*
        pub static $constant: Platform = Platform::by_address($name, |url| {
            const RULES: Rules = Rules {
                name: $name,
                forms: &$forms,
                canonical: $canonical,
                others: &$others,
                word: $word,
            };
            RULES.recognise(url)
        });)+
    };
}

platforms! {
    /// Dailymotion.
    DAILYMOTION: "dailymotion", "https://www.dailymotion.com/video/{}", [
        form("dai.ly", "{}", Id::Word),
        asked("geo.dailymotion.com", "player.html", "video", Id::Word),
        asked("geo.dailymotion.com", "player/*", "video", Id::Word),
        form("dailymotion.com", "embed/video/{}", Id::Word),
        form("dailymotion.com", "crawler/video/{}", Id::Word),
        form("dailymotion.com", "swf/video/{}", Id::Word),
        form("dailymotion.com", "video/{}", Id::Word),
    ], [
        ("hub", "list"),
        ("live", "broadcast"),
        ("player.html", "widget"),
        ("user", "profile"),
    ], "profile";
    /// Gab.
    GAB: "gab", "https://gab.com/{user}/posts/{}", [
        form("gab.com", "{user}/posts/{}", Id::Number),
    ], [
        ("groups", "community"),
        ("lists", "list"),
        ("timeline", "list"),
    ], "profile";
    /// Gettr.
    GETTR: "gettr", "https://gettr.com/post/{}", [
        form("gettr.com", "post/{}", Id::Letter),
    ], [
        ("live", "broadcast"),
        ("onboarding", "login"),
        ("streaming", "broadcast"),
        ("user", "profile"),
    ], "other";
    /// Bitchute.
    BITCHUTE: "bitchute", "https://www.bitchute.com/video/{}/", [
        form("bitchute.com", "video/{}", Id::Code),
        form("bitchute.com", "embed/{}", Id::Code),
    ], [
        ("channel", "profile"),
        ("profile", "profile"),
    ], "other";
    /// OK.ru (Odnoklassniki).
    OK: "ok", "https://ok.ru/video/{}", [
        form("ok.ru", "video/{}", Id::Number),
        form("ok.ru", "videoembed/{}", Id::Number),
        form("ok.ru", "live/{}", Id::Number),
        form("ok.ru", "web-api/video/moviePlayer/{}", Id::Number),
        asked("ok.ru", "dk", "st.discId", Id::Number),
        form("odnoklassniki.ru", "video/{}", Id::Number),
        form("odnoklassniki.ru", "videoembed/{}", Id::Number),
    ], [
        ("dk", "other"),
        ("group", "community"),
        ("live", "broadcast"),
        ("profile", "profile"),
        ("video", "list"),
    ], "profile";
    /// Streamable.
    STREAMABLE: "streamable", "https://streamable.com/{}", [
        form("streamable.com", "e/{}", Id::Short),
        form("streamable.com", "o/{}", Id::Short),
        form("streamable.com", "s/{}", Id::Short),
        form("streamable.com", "{}$", Id::Short),
    ], [
        ("clipper", "other"),
        ("compress", "other"),
        ("editor", "other"),
        ("labels", "other"),
        ("recorder", "other"),
        ("subtitle", "other"),
        ("trim", "other"),
    ], "other";
}

#[cfg(test)]
mod tests {
    use super::super::cases::{mean_no_posts, mean_posts, names_handle};
    use super::*;

    #[test]
    fn every_form_of_a_post_address_has_one_canonical_form() {
        let (id, url) = ("x8abcde", "https://www.dailymotion.com/video/x8abcde");
        let forms = [
            "https://www.dailymotion.com/video/x8abcde_a-heron",
            "https://www.dailymotion.com/embed/video/x8abcde?autoplay=1",
            "https://www.dailymotion.com/crawler/video/x8abcde",
            "https://dai.ly/x8abcde",
            "https://geo.dailymotion.com/player/x9.html?video=x8abcde",
        ];
        mean_posts(&DAILYMOTION, &forms.map(|form| (form, id, url)));
        let url = "https://gab.com/ada/posts/109876543210987654";
        mean_posts(&GAB, &[(url, "109876543210987654", url)]);
        names_handle(&GAB, url, Some("ada"));
        let url = "https://gettr.com/post/p1abc2d";
        mean_posts(&GETTR, &[(url, "p1abc2d", url)]);
        let (id, url) = ("aB1c2D3e4F", "https://www.bitchute.com/video/aB1c2D3e4F/");
        let forms = [
            "https://www.bitchute.com/embed/aB1c2D3e4F/",
            "https://old.bitchute.com/video/aB1c2D3e4F",
        ];
        mean_posts(&BITCHUTE, &forms.map(|form| (form, id, url)));
        let (id, url) = ("1234567890123", "https://ok.ru/video/1234567890123");
        let forms = [
            "https://ok.ru/videoembed/1234567890123",
            "https://m.ok.ru/live/1234567890123",
            "http://www.odnoklassniki.ru/video/1234567890123",
            "https://m.ok.ru/dk?st.cmd=movieLayer&st.discId=1234567890123",
        ];
        mean_posts(&OK, &forms.map(|form| (form, id, url)));
        let (id, url) = ("ab1cd2", "https://streamable.com/ab1cd2");
        let forms = [
            "https://streamable.com/ab1cd2",
            "https://streamable.com/e/ab1cd2?autoplay=1",
            "https://streamable.com/o/ab1cd2",
            "https://streamable.com/s/ab1cd2/drxjds",
        ];
        mean_posts(&STREAMABLE, &forms.map(|form| (form, id, url)));
        mean_posts(
            &STREAMABLE,
            &[("https://streamable.com/e/moo", "moo", "https://streamable.com/moo")],
        );
    }

    #[test]
    fn what_names_no_post_is_told_apart_with_its_reason() {
        mean_no_posts(
            &DAILYMOTION,
            &[
                ("https://www.dailymotion.com/ada", "profile"),
                ("https://www.dailymotion.com/user/ada", "profile"),
                ("https://www.dailymotion.com/playlist/x1", "list"),
                ("https://www.dailymotion.com/search/heron/videos", "search"),
                ("https://www.dailymotion.com/signin", "login"),
                ("https://www.dailymotion.com/legal/privacy", "other"),
                ("https://geo.dailymotion.com/player.html?playlist=x7abcd", "widget"),
                ("https://www.dailymotion.com/", "home"),
            ],
        );
        mean_no_posts(
            &GAB,
            &[
                ("https://gab.com/ada", "profile"),
                ("https://gab.com/groups/123", "community"),
                ("https://gab.com/hashtag/herons", "hashtag"),
                ("https://gab.com/compose?url=x", "share"),
                ("https://gab.com/auth/sign_in", "login"),
                ("https://gab.com/ada/posts/undefined", "other"),
            ],
        );
        mean_no_posts(
            &GETTR,
            &[
                ("https://gettr.com/user/ada", "profile"),
                ("https://gettr.com/streaming/p1abc2d", "broadcast"),
                ("https://gettr.com/search?q=heron", "search"),
                ("https://gettr.com/share?url=x", "share"),
                ("https://gettr.com/post/undefined", "other"),
            ],
        );
        mean_no_posts(
            &BITCHUTE,
            &[
                ("https://www.bitchute.com/channel/ada/", "profile"),
                ("https://www.bitchute.com/playlist/aB1c2D3e4F/", "list"),
                ("https://www.bitchute.com/category/news/", "list"),
                ("https://www.bitchute.com/hashtag/herons/", "hashtag"),
                ("https://www.bitchute.com/accounts/login/", "login"),
            ],
        );
        mean_no_posts(
            &OK,
            &[
                ("https://ok.ru/ada", "profile"),
                ("https://ok.ru/profile/123456", "profile"),
                ("https://ok.ru/group/123456", "community"),
                ("https://ok.ru/video/top", "list"),
                ("https://ok.ru/", "home"),
            ],
        );
        mean_no_posts(
            &STREAMABLE,
            &[
                ("https://streamable.com/", "home"),
                ("https://streamable.com/ab", "other"),
                ("https://streamable.com/login", "login"),
                ("https://streamable.com/signup", "login"),
                ("https://streamable.com/terms", "other"),
                ("https://streamable.com/privacy", "other"),
                ("https://streamable.com/pricing", "other"),
                ("https://streamable.com/about", "other"),
                ("https://streamable.com/how-to-trim-video", "other"),
                ("https://notstreamable.com/ab1cd2", "none"),
            ],
        );
    }
}
