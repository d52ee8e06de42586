//! Facebook: posts, photos, videos and reels, each known by its number or its `pfbid…`, under many paths. Plugins
//! name what they show in their query; short and share addresses lead to it by a redirect. A number and a `pfbid`
//! can name the same post, which no address tells.

use url::Url;

use super::address::{is_under, post, query, segments};
use super::{Platform, Recognised, part};

/// Facebook.
pub static PLATFORM: Platform = Platform::by_address("facebook", recognise);

const HOSTS: &[&str] = &[
    "facebook.com",
    "fb.com",
    "facebookwkhpilnemxj7asaniu7vnjjbiltxjqhye3mhbshg7kx5tfyd.onion",
];

/// First path parts that stand where a page's name could stand, and what they are.
const NOT_PAGES: &[(&str, &str)] = &[
    ("sharer", "share"),
    ("sharer.php", "share"),
    ("share.php", "share"),
    ("dialog", "share"),
    ("plugins", "widget"),
    ("hashtag", "hashtag"),
    ("search", "search"),
    ("events", "other"),
    ("login", "other"),
    ("login.php", "other"),
    ("help", "other"),
    ("policies", "other"),
    ("business", "other"),
    ("tr", "other"),
    ("v2.0", "widget"),
    ("marketplace", "other"),
    ("stories", "story"),
];

fn recognise(url: &Url) -> Option<Recognised> {
    let mut url = url.clone();
    for _ in 0..part::NESTING {
        let host = part::host(&url)?;
        let parts = segments(&url);
        let parts: Vec<&str> = parts.iter().map(String::as_str).collect();
        if is_under(host, "fb.watch") {
            return Some(match parts[..] {
                [] => Recognised::NotAPost("home"),
                _ => Recognised::Leads,
            });
        }
        HOSTS.iter().find(|home| is_under(host, home))?;
        match (is_plugin(&parts), part::inner(&url, &["href"])) {
            (true, Some(shown)) => url = shown,
            (true, None) => return Some(Recognised::NotAPost("widget")),
            (false, _) => return Some(site(&url, &parts).unwrap_or(Recognised::NotAPost("malformed"))),
        }
    }
    Some(Recognised::NotAPost("other"))
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
        ["permalink.php" | "story.php", ..] => {
            let (story, owner) = (named("story_fbid")?, named("id")?);
            let url = format!("https://www.facebook.com/permalink.php?story_fbid={story}&id={owner}");
            post(PLATFORM.name, story, url, None)?
        }
        ["photo" | "photo.php", ..] => photo(&named("fbid")?)?,
        ["watch" | "video.php" | "watch.php", ..] => match named("v") {
            Some(video) => watched(&video)?,
            None => Recognised::NotAPost("other"),
        },
        ["video", "embed", ..] => watched(&named("video_id")?)?,
        ["reel", number, ..] => {
            let number = part::number(number)?;
            let url = format!("https://www.facebook.com/reel/{number}");
            post(PLATFORM.name, number.to_owned(), url, None)?
        }
        ["reel"] => Recognised::NotAPost("other"),
        ["share", "p" | "v" | "r", _, ..] => Recognised::Leads,
        ["share", code] if code != "u" => Recognised::Leads,
        ["groups", group, "posts" | "permalink", number, ..] => {
            let (group, number) = (part::name(group)?, id(number)?);
            let url = format!("https://www.facebook.com/groups/{group}/posts/{number}");
            post(PLATFORM.name, number.to_owned(), url, None)?
        }
        ["groups", group, ..] => match named("multi_permalinks") {
            Some(number) => {
                let url = format!("https://www.facebook.com/groups/{}/posts/{number}", part::name(group)?);
                post(PLATFORM.name, number, url, None)?
            }
            None => Recognised::NotAPost("community"),
        },
        ["groups"] => Recognised::NotAPost("community"),
        ["media", "set", ..] => Recognised::NotAPost("list"),
        [first, ..] if not_a_page(first).is_some() => Recognised::NotAPost(not_a_page(first)?),
        ["pg", page, ref rest @ ..] | [page, ref rest @ ..] => of_page(page, rest)?,
    })
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
    NOT_PAGES
        .iter()
        .find(|(word, _)| *word == first)
        .map(|(_, reason)| *reason)
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
                ("https://www.facebook.com/reel/5678901234?s=a", reel.0, reel.1),
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
                ("https://www.facebook.com/media/set/?set=a.1", "list"),
                ("https://www.facebook.com/ada.l/photos", "list"),
                ("https://www.facebook.com/", "home"),
                ("https://www.facebook.com/ada.l/posts/undefined", "malformed"),
                ("https://notfacebook.com/ada.l/posts/10158912345678901", "none"),
            ],
        );
    }
}
