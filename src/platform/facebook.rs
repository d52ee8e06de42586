//! Facebook: posts, photos, videos and reels, each known by its number or its `pfbid…`, under many paths. Plugins
//! name what they show in their query; short and share addresses lead to it by a redirect.
//!
//! A number and a `pfbid` can name the same post. A `pfbid` is made anew from time to time and holds the number only
//! enciphered, so no address tells that both are one: they stay two identities.

use std::borrow::Cow;

use url::Url;

use super::address::{Path, is_under, post, query};
use super::{Platform, Recognised, part};

/// Facebook.
pub static PLATFORM: Platform = Platform::by_address("facebook", recognise);

const HOSTS: &[&str] = &[
    "facebook.com",
    "fb.com",
    "facebookwkhpilnemxj7asaniu7vnjjbiltxjqhye3mhbshg7kx5tfyd.onion",
];

/// Hosts whose addresses only lead somewhere.
const SHORT: &[&str] = &["fb.watch", "fb.me"];

/// Subdomains of the company's other sites.
const NOT_SITES: &[&str] = &[
    "about",
    "ai",
    "developers",
    "engineering",
    "investor",
    "newsroom",
    "research",
    "tech",
];

/// First path parts that stand where a page's name could stand, and what they are.
const NOT_PAGES: &[(&str, &str)] = &[
    ("ads", "other"),
    ("business", "other"),
    ("checkpoint", "login"),
    ("dialog", "share"),
    ("events", "other"),
    ("gaming", "other"),
    ("hashtag", "hashtag"),
    ("help", "other"),
    ("home.php", "home"),
    ("legal", "other"),
    ("login", "login"),
    ("login.php", "login"),
    ("marketplace", "other"),
    ("people", "profile"),
    ("plugins", "widget"),
    ("policies", "other"),
    ("privacy", "other"),
    ("public", "search"),
    ("r.php", "login"),
    ("recover", "login"),
    ("reels", "other"),
    ("reg", "login"),
    ("search", "search"),
    ("sharer", "share"),
    ("sharer.php", "share"),
    ("share.php", "share"),
    ("stories", "story"),
    ("tr", "other"),
    ("v2.0", "widget"),
    ("video", "other"),
];

fn recognise(url: &Url) -> Option<Recognised> {
    let mut url = Cow::Borrowed(url);
    for _ in 0..part::NESTING {
        let host = part::host(&url)?;
        let path = Path::of(&url);
        let parts = path.parts();
        if SHORT.iter().any(|home| is_under(host, home)) {
            return Some(match parts[..] {
                [] => Recognised::NotAPost("home"),
                _ => Recognised::Leads,
            });
        }
        let sub = HOSTS.iter().find_map(|home| part::subdomain(host, home))?;
        if NOT_SITES.contains(&sub) {
            return Some(Recognised::NotAPost("other"));
        }
        let inner = if is_plugin(&parts) {
            match part::inner(&url, &["href"]) {
                Some(shown) => shown,
                None => return Some(Recognised::NotAPost("widget")),
            }
        } else if let Some(shown) = behind_hash(&url) {
            shown
        } else {
            return Some(site(&url, &parts).unwrap_or(Recognised::NotAPost("malformed")));
        };
        url = Cow::Owned(inner);
    }
    Some(Recognised::NotAPost("other"))
}

/// The path that stood in the fragment until 2012: `/#!/ada/posts/1`.
fn behind_hash(url: &Url) -> Option<Url> {
    let path = url.fragment()?.strip_prefix('!').filter(|path| path.starts_with('/'))?;
    url.join(path).ok()
}

/// Frames that show one post or video; the path may begin with the version of the interface.
fn is_plugin(parts: &[&str]) -> bool {
    let parts = match parts {
        [version, rest @ ..] if version.starts_with('v') && version.contains('.') => rest,
        whole => whole,
    };
    matches!(
        parts,
        [
            "plugins",
            "post.php" | "video.php" | "post" | "video" | "comment_embed.php",
            ..
        ]
    )
}

fn site(url: &Url, parts: &[&str]) -> Option<Recognised> {
    let named = |name: &str| query(url, name).and_then(|value| id(&value).map(str::to_owned));
    Some(match *parts {
        [] => Recognised::NotAPost("home"),
        ["permalink.php" | "story.php", ..] => story(&named("story_fbid")?, &named("id")?)?,
        ["profile.php", ..] => match (named("story_fbid"), named("id")) {
            (Some(number), Some(owner)) => story(&number, &owner)?,
            _ => Recognised::NotAPost("profile"),
        },
        ["photo" | "photo.php", ..] => match (named("fbid"), named("v")) {
            (Some(number), _) => photo(&number)?,
            // Videos were shown on the page for photos once.
            (None, number) => watched(&number?)?,
        },
        ["watch" | "video.php" | "watch.php", ref rest @ ..] => match (named("v"), rest) {
            (Some(video), _) => watched(&video)?,
            (None, [.., "hashtag", _]) => Recognised::NotAPost("hashtag"),
            // The page that owns the video stands before it.
            (None, [owner, video]) if part::number(owner).is_some() => watched(part::number(video)?)?,
            _ => Recognised::NotAPost("other"),
        },
        ["video", "embed", ..] => watched(&named("video_id")?)?,
        ["video", "video.php", ..] => watched(&named("v")?)?,
        ["reel", number, ..] => {
            let number = part::number(number)?;
            let url = format!("https://www.facebook.com/reel/{number}");
            post(PLATFORM.name, number.to_owned(), url, None)?
        }
        ["reel"] => Recognised::NotAPost("other"),
        ["share", "p" | "v" | "r" | "s" | "g" | "reel", _, ..] => Recognised::Leads,
        ["share", code] if code != "u" => Recognised::Leads,
        ["groups", group, "posts" | "permalink", .., number] => of_group(group, id(number)?)?,
        ["groups", group, ..] => {
            let seen = (query(url, "view").as_deref() == Some("permalink")).then(|| named("id"));
            match named("multi_permalinks").or(seen.flatten()) {
                Some(number) => of_group(group, &number)?,
                None => Recognised::NotAPost("community"),
            }
        }
        ["groups"] => Recognised::NotAPost("community"),
        ["media", "set", ..] => Recognised::NotAPost("list"),
        ["notes", page, .., number] => {
            let (page, number) = (part::name(page)?, part::number(number)?);
            let title = match *parts {
                [_, _, title, _] => part::name(title)?,
                _ => "note",
            };
            let url = format!("https://www.facebook.com/notes/{page}/{title}/{number}");
            post(PLATFORM.name, number.to_owned(), url, Some(page.to_owned()))?
        }
        [first, ..] if not_a_page(first).is_some() => Recognised::NotAPost(not_a_page(first)?),
        ["pg", page, ref rest @ ..] | [page, ref rest @ ..] => of_page(page, rest)?,
    })
}

fn story(number: &str, owner: &str) -> Option<Recognised> {
    let url = format!("https://www.facebook.com/permalink.php?story_fbid={number}&id={owner}");
    post(PLATFORM.name, number.to_owned(), url, None)
}

fn of_group(group: &str, number: &str) -> Option<Recognised> {
    let url = format!("https://www.facebook.com/groups/{}/posts/{number}", part::name(group)?);
    post(PLATFORM.name, number.to_owned(), url, None)
}

/// What a path below a page or person names.
fn of_page(page: &str, rest: &[&str]) -> Option<Recognised> {
    Some(match *rest {
        ["posts", .., number] | ["activity", number, ..] => {
            // The number may stand behind the title, glued to it by a dash.
            let number = id(number).or_else(|| id(number.rsplit('-').next()?))?;
            let page = part::name(page)?;
            let url = format!("https://www.facebook.com/{page}/posts/{number}");
            post(PLATFORM.name, number.to_owned(), url, Some(page.to_owned()))?
        }
        ["photos", .., number] => match part::number(number) {
            Some(number) => photo(number)?,
            None => Recognised::NotAPost("list"),
        },
        ["videos", .., number] => {
            let (page, number) = (part::name(page)?, part::number(number)?);
            let url = format!("https://www.facebook.com/{page}/videos/{number}");
            post(PLATFORM.name, number.to_owned(), url, Some(page.to_owned()))?
        }
        ["videos" | "photos" | "posts"] => Recognised::NotAPost("list"),
        _ => Recognised::NotAPost("profile"),
    })
}

fn not_a_page(first: &str) -> Option<&'static str> {
    let page = NOT_PAGES.iter().find(|(word, _)| *word == first);
    page.map(|(_, reason)| *reason)
}

fn photo(number: &str) -> Option<Recognised> {
    let url = format!("https://www.facebook.com/photo.php?fbid={number}");
    post(PLATFORM.name, number.to_owned(), url, None)
}

fn watched(number: &str) -> Option<Recognised> {
    let url = format!("https://www.facebook.com/watch/?v={number}");
    post(PLATFORM.name, number.to_owned(), url, None)
}

/// A number, or a `pfbid…`.
fn id(value: &str) -> Option<&str> {
    part::number(value).or_else(|| part::word(value).filter(|word| word.starts_with("pfbid") && word.len() > 20))
}

#[cfg(test)]
mod tests {
    use super::super::cases::{mean_no_posts, mean_posts, names_handle};
    use super::PLATFORM;

    #[test]
    fn every_form_of_a_post_address_has_one_canonical_form() {
        let page = (
            "10158912345678901",
            "https://www.facebook.com/ada.l/posts/10158912345678901",
        );
        let story = (
            "10158912345678901",
            "https://www.facebook.com/permalink.php?story_fbid=10158912345678901&id=100012345",
        );
        let pfbid = "pfbid02AbCdEfGhIjKlMnOpQrStUvWxYz1234567890";
        let by_pfbid = "https://www.facebook.com/ada.l/posts/pfbid02AbCdEfGhIjKlMnOpQrStUvWxYz1234567890";
        let photo = (
            "2345678901234567",
            "https://www.facebook.com/photo.php?fbid=2345678901234567",
        );
        let video = (
            "345678901234567",
            "https://www.facebook.com/ada.l/videos/345678901234567",
        );
        let watch = ("345678901234567", "https://www.facebook.com/watch/?v=345678901234567");
        let group = (
            "45678901234",
            "https://www.facebook.com/groups/herons/posts/45678901234",
        );
        let reel = ("5678901234", "https://www.facebook.com/reel/5678901234");
        mean_posts(
            &PLATFORM,
            &[
                (
                    "https://www.facebook.com/ada.l/posts/10158912345678901?comment_id=1",
                    page.0,
                    page.1,
                ),
                (
                    "https://m.facebook.com/ada.l/posts/a-heron-came/10158912345678901/",
                    page.0,
                    page.1,
                ),
                (
                    "https://de-de.facebook.com/ada.l/posts/a-heron-10158912345678901",
                    page.0,
                    page.1,
                ),
                (
                    "https://www.facebook.com/ada.l/activity/10158912345678901",
                    page.0,
                    page.1,
                ),
                (by_pfbid, pfbid, by_pfbid),
                (
                    "https://www.facebook.com/security/posts/10158912345678901",
                    page.0,
                    "https://www.facebook.com/security/posts/10158912345678901",
                ),
                (
                    "https://mbasic.facebook.com/story.php?id=100012345&story_fbid=10158912345678901",
                    story.0,
                    story.1,
                ),
                (
                    "https://www.facebook.com/plugins/post.php?href=https%3A%2F%2Fwww.facebook.com%2Fada.l%2Fposts%2F10158912345678901&width=500",
                    page.0,
                    page.1,
                ),
                (
                    "https://www.facebook.com/photo/?fbid=2345678901234567&set=a.1",
                    photo.0,
                    photo.1,
                ),
                (
                    "https://www.facebook.com/ada.l/photos/a.123.456/2345678901234567/?type=3",
                    photo.0,
                    photo.1,
                ),
                (
                    "https://www.facebook.com/ada.l/photos/2345678901234567",
                    photo.0,
                    photo.1,
                ),
                (
                    "https://www.facebook.com/ada.l/videos/345678901234567/",
                    video.0,
                    video.1,
                ),
                (
                    "https://www.facebook.com/ada.l/videos/a-heron/345678901234567/",
                    video.0,
                    video.1,
                ),
                (
                    "https://www.facebook.com/ada.l/videos/vb.1/345678901234567/",
                    video.0,
                    video.1,
                ),
                (
                    "https://www.facebook.com/v2.3/plugins/video.php?href=https%3A%2F%2Fwww.facebook.com%2Fada.l%2Fvideos%2F345678901234567%2F",
                    video.0,
                    video.1,
                ),
                ("https://www.facebook.com/watch/?v=345678901234567", watch.0, watch.1),
                (
                    "https://www.facebook.com/watch/live/?v=345678901234567",
                    watch.0,
                    watch.1,
                ),
                ("https://www.facebook.com/video.php?v=345678901234567", watch.0, watch.1),
                (
                    "https://www.facebook.com/video/embed?video_id=345678901234567",
                    watch.0,
                    watch.1,
                ),
                (
                    "https://www.facebook.com/groups/herons/permalink/45678901234/",
                    group.0,
                    group.1,
                ),
                (
                    "https://www.facebook.com/groups/herons/?multi_permalinks=45678901234",
                    group.0,
                    group.1,
                ),
                (
                    "https://www.facebook.com/groups/herons/posts/d41d8cd9/45678901234/?app=fbl",
                    group.0,
                    group.1,
                ),
                (
                    "https://m.facebook.com/groups/herons?view=permalink&id=45678901234",
                    group.0,
                    group.1,
                ),
                ("https://www.facebook.com/reel/5678901234?s=a", reel.0, reel.1),
                (
                    "https://www.facebook.com/profile.php?id=100012345&story_fbid=10158912345678901",
                    story.0,
                    story.1,
                ),
                (
                    "https://www.facebook.com/watch/100012345/345678901234567/",
                    watch.0,
                    watch.1,
                ),
                ("https://www.facebook.com/photo.php?v=345678901234567", watch.0, watch.1),
                (
                    "https://www.facebook.com/video/video.php?v=345678901234567",
                    watch.0,
                    watch.1,
                ),
                (
                    "http://www.facebook.com/#!/photo.php?fbid=2345678901234567",
                    photo.0,
                    photo.1,
                ),
                (
                    "https://www.facebook.com/notes/ada.l/a-heron-came/10158912345678901/",
                    "10158912345678901",
                    "https://www.facebook.com/notes/ada.l/a-heron-came/10158912345678901",
                ),
            ],
        );
        names_handle(&PLATFORM, page.1, Some("ada.l"));
    }

    #[test]
    fn what_names_no_post_is_told_apart_with_its_reason() {
        mean_no_posts(
            &PLATFORM,
            &[
                ("https://fb.watch/aB1c2D/", "leads"),
                ("https://www.facebook.com/share/p/aB1c2D/", "leads"),
                ("https://www.facebook.com/share/v/aB1c2D/", "leads"),
                ("https://www.facebook.com/share/aB1c2D", "leads"),
                ("https://www.facebook.com/share/r/aB1c2D/", "leads"),
                ("https://fb.me/p/aB1c2D", "leads"),
                (
                    "https://www.facebook.com/sharer/sharer.php?u=https%3A%2F%2Fexample.org",
                    "share",
                ),
                ("https://www.facebook.com/sharer.php?u=x", "share"),
                ("https://www.facebook.com/dialog/share?app_id=1", "share"),
                (
                    "https://www.facebook.com/plugins/like.php?href=https%3A%2F%2Fexample.org",
                    "widget",
                ),
                (
                    "https://www.facebook.com/plugins/page.php?href=https%3A%2F%2Fwww.facebook.com%2Fada.l",
                    "widget",
                ),
                ("https://www.facebook.com/ada.l", "profile"),
                ("https://www.facebook.com/ada.l/about", "profile"),
                ("https://www.facebook.com/profile.php?id=100012345", "profile"),
                ("https://www.facebook.com/hashtag/herons", "hashtag"),
                ("https://www.facebook.com/events/123456/", "other"),
                ("https://www.facebook.com/groups/herons/", "community"),
                ("https://www.facebook.com/login/?next=x", "login"),
                ("https://www.facebook.com/stories/123/456", "story"),
                ("https://www.facebook.com/ads/library/?id=123456", "other"),
                ("https://www.facebook.com/watch/", "other"),
                ("https://www.facebook.com/watch/hashtag/herons", "hashtag"),
                ("https://www.facebook.com/privacy/policy/", "other"),
                ("https://about.fb.com/news/2021/10/a/", "other"),
                ("https://www.facebook.com/media/set/?set=a.1", "list"),
                ("https://www.facebook.com/ada.l/photos", "list"),
                ("https://www.facebook.com/", "home"),
                ("https://www.facebook.com/ada.l/posts/undefined", "malformed"),
                ("https://notfacebook.com/ada.l/posts/10158912345678901", "none"),
            ],
        );
    }
}
