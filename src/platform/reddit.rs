//! Reddit: posts by their base-36 id, comments by `POST/COMMENT`. The community and the title in the path are
//! decoration. Mirrors (preview fixers, private front ends) serve the same paths.

use url::Url;

use super::address::{Path, is_under, mirrored, post, query};
use super::oembed::OEmbed;
use super::{Platform, Recognised, part};

pub(super) mod listing;
pub(super) mod rss;

/// Reddit.
pub static PLATFORM: Platform = Platform {
    sources: &[
        &listing::Listing,
        &rss::Rss,
        &OEmbed {
            name: "reddit.oembed",
            path: "oembed?url=",
            platform: "reddit",
            asks_again: true,
        },
    ],
    beside: |_, id| {
        let (post, comment) = id
            .split_once('/')
            .map_or((id, None), |(post, comment)| (post, Some(comment)));
        let comment = comment.map(|comment| format!("comment/{comment}/")).unwrap_or_default();
        Some(format!("https://www.reddit.com/comments/{post}/{comment}"))
    },
    upstreams: &[
        ("json", "https://oauth.reddit.com"),
        ("oembed", "https://www.reddit.com"),
        ("rss", "https://www.reddit.com"),
    ],
    ..Platform::by_address("reddit", recognise)
};

/// Hosts that serve posts under Reddit's own paths. Any host with one of [`FRONT_ENDS`] as a label is one, too.
const MIRRORS: &[&str] = &[
    "eddrit.com",
    "rareddit.com",
    "removeddit.com",
    "reveddit.com",
    "rxddit.com",
    "safereddit.com",
    "troddit.com",
    "unddit.com",
    "vxreddit.com",
];

/// Programs that show Reddit under its own paths; who runs one names the host after it.
const FRONT_ENDS: &[&str] = &["libreddit", "redlib", "teddit"];

/// Subdomains that hold files or serve other purposes than showing posts.
const NOT_SITES: &[&str] = &[
    "ads",
    "api",
    "business",
    "developers",
    "gateway",
    "oauth",
    "out",
    "support",
];

/// Most characters of an id, some hundred times what has been given out.
const LONGEST: usize = 8;

/// Ways to show or sort the comments of a post, and other words that stand where the id of one could stand.
const NOT_COMMENTS: &[&str] = &[
    "award",
    "awards",
    "comment",
    "comments",
    "confirm",
    "crosspost",
    "delete",
    "embed",
    "gallery",
    "gilded",
    "image",
    "index",
    "insights",
    "media",
    "newest",
    "oldest",
    "player",
    "random",
    "replies",
    "reply",
    "report",
    "rising",
    "share",
    "video",
    "videos",
];

fn recognise(url: &Url) -> Option<Recognised> {
    let host = part::host(url)?;
    let path = Path::of(url);
    let parts = path.parts();
    let site = |parts: &[&str]| site(url, parts);
    if let Some(sub) = part::subdomain(host, "redd.it") {
        return Some(short(sub, &parts));
    }
    if let Some(sub) = part::subdomain(host, "redditmedia.com") {
        return Some(match sub {
            "" | "www" => site(&parts),
            "embed" => Recognised::NotAPost("widget"),
            _ => Recognised::NotAPost("media"),
        });
    }
    if let Some(sub) = part::subdomain(host, "reddit.com") {
        return Some(match sub {
            sub if NOT_SITES.contains(&sub) => Recognised::NotAPost("other"),
            "embed" if !matches!(site(&parts), Recognised::Post(_)) => Recognised::NotAPost("widget"),
            _ => site(&parts),
        });
    }
    if MIRRORS.iter().any(|mirror| is_under(host, mirror)) {
        return Some(site(&parts));
    }
    mirrored(host, &parts, FRONT_ENDS).map(site)
}

/// The short host and its neighbours that hold files.
fn short(sub: &str, parts: &[&str]) -> Recognised {
    match (sub, parts) {
        ("" | "www", []) => Recognised::NotAPost("home"),
        ("" | "www", [id, ..]) => named(None, id, None).unwrap_or(Recognised::NotAPost("malformed")),
        // The bare name of a video leads to its post; what lies below it is the file.
        ("v", [_]) => Recognised::Leads,
        _ => Recognised::NotAPost("media"),
    }
}

fn site(url: &Url, parts: &[&str]) -> Recognised {
    let malformed = Recognised::NotAPost("malformed");
    match *parts {
        [] => Recognised::NotAPost("home"),
        ["r" | "user" | "u", _, "s", token, ..] => match part::code(token) {
            Some(_) => Recognised::Leads,
            None => malformed,
        },
        // One mirror writes `v` for `r`.
        [kind @ ("r" | "v" | "user" | "u"), name, "comments", id, ref rest @ ..] => {
            named(Some((kind, name)), id, comment(rest)).unwrap_or(malformed)
        }
        ["comments", id, ref rest @ ..] => named(None, id, comment(rest)).unwrap_or(malformed),
        ["gallery" | "tb" | "poll" | "link", id, ..] => named(None, id, None).unwrap_or(malformed),
        ["video", _] => Recognised::Leads,
        ["submit", ..] | ["r", _, "submit", ..] => Recognised::NotAPost("share"),
        ["search", ..] | ["r", _, "search", ..] => Recognised::NotAPost("search"),
        ["media", ..] if query(url, "url").is_some() => Recognised::NotAPost("media"),
        ["live", ..] => Recognised::NotAPost("broadcast"),
        ["login" | "register" | "account" | "over18", ..] => Recognised::NotAPost("login"),
        ["user" | "u", _, "m", ..] => Recognised::NotAPost("list"),
        ["user" | "u", _, ..] => Recognised::NotAPost("profile"),
        ["r", _, "comments" | "s"] | ["comments"] => malformed,
        ["r", _, "duplicates", ..] => Recognised::NotAPost("list"),
        ["r", _] | ["r", _, "hot" | "new" | "top" | "rising" | "controversial" | "about", ..] => {
            Recognised::NotAPost("community")
        }
        _ => Recognised::NotAPost("other"),
    }
}

/// The comment after the id of the post: behind the title, or behind the word `comment` in its place.
fn comment<'p>(rest: &[&'p str]) -> Option<&'p str> {
    rest.get(1).copied()
}

/// The post, or its comment; a comment that cannot be one is passed over.
fn named(place: Option<(&str, &str)>, id: &str, comment: Option<&str>) -> Option<Recognised> {
    let mut id = base36(id).filter(|id| id.len() <= LONGEST)?;
    let place =
        place.and_then(|(kind, name)| Some((if matches!(kind, "r" | "v") { "r" } else { "user" }, part::code(name)?)));
    let mut url = match place {
        Some((kind, name)) => format!("https://www.reddit.com/{kind}/{name}/comments/{id}/"),
        None => format!("https://www.reddit.com/comments/{id}/"),
    };
    if let Some(comment) = comment.and_then(base36).filter(|comment| is_comment(comment)) {
        url = format!("{url}comment/{comment}/");
        id = format!("{id}/{comment}");
    }
    let of_user = place.filter(|_| !id.contains('/')).and_then(|(kind, name)| match kind {
        "user" => Some(name),
        _ => name.strip_prefix("u_"),
    });
    post(PLATFORM.name, id, url, of_user.map(str::to_owned))
}

/// Whether this can be the id of a comment: five to eight characters, and none of the words that stand there, too.
fn is_comment(id: &str) -> bool {
    (5..=LONGEST).contains(&id.len()) && !NOT_COMMENTS.contains(&id)
}

/// A base-36 id of 64 bits; Reddit reads it without regard to case.
fn base36(part: &str) -> Option<String> {
    let id = part::word(part).filter(|id| part.len() == id.len() || !part[id.len()..].starts_with(['_', '-']))?;
    u64::from_str_radix(id, 36).ok()?;
    Some(id.to_ascii_lowercase())
}

#[cfg(test)]
mod tests {
    use super::super::cases::{mean_no_posts, mean_posts, names_handle};
    use super::PLATFORM;

    #[test]
    fn every_form_of_a_post_address_has_one_canonical_form() {
        let birds = "https://www.reddit.com/r/birds/comments/1abcd2/";
        let bare = "https://www.reddit.com/comments/1abcd2/";
        let own = "https://www.reddit.com/user/ada_l/comments/1abcd2/";
        let remark = "https://www.reddit.com/r/birds/comments/1abcd2/comment/kx9z8y7/";
        let bare_remark = "https://www.reddit.com/comments/1abcd2/comment/kx9z8y7/";
        let (id, of_remark) = ("1abcd2", "1abcd2/kx9z8y7");
        mean_posts(
            &PLATFORM,
            &[
                ("https://www.reddit.com/r/birds/comments/1abcd2/a_heron/", id, birds),
                ("http://reddit.com/r/birds/comments/1abcd2", id, birds),
                (
                    "https://www.reddit.com/r/birds/comments/1ABCD2/a_heron/?utm_source=share&utm_medium=web2x",
                    id,
                    birds,
                ),
                ("https://old.reddit.com/r/birds/comments/1abcd2/a_heron/", id, birds),
                ("https://np.reddit.com/r/birds/comments/1abcd2/a_heron/", id, birds),
                ("https://new.reddit.com/r/birds/comments/1abcd2/a_heron/", id, birds),
                ("https://m.reddit.com/r/birds/comments/1abcd2/a_heron/", id, birds),
                ("https://i.reddit.com/r/birds/comments/1abcd2/a_heron/", id, birds),
                ("https://de.reddit.com/r/birds/comments/1abcd2/a_heron/", id, birds),
                (
                    "https://www.reddit.com/r/birds/comments/1abcd2/a_heron/.json",
                    id,
                    birds,
                ),
                ("https://www.reddit.com/r/birds/comments/1abcd2)", id, birds),
                (
                    "https://embed.reddit.com/r/birds/comments/1abcd2/a_heron/?embed=true",
                    id,
                    birds,
                ),
                (
                    "https://www.redditmedia.com/r/birds/comments/1abcd2/a_heron/?ref_source=embed&embed=true",
                    id,
                    birds,
                ),
                (
                    "https://farside.link/redlib/r/birds/comments/1abcd2/a_heron/",
                    id,
                    birds,
                ),
                ("https://www.reveddit.com/v/birds/comments/1abcd2/a_heron/", id, birds),
                // Words where a comment's id could stand.
                (
                    "https://www.reddit.com/r/birds/comments/1abcd2/a_heron/embed",
                    id,
                    birds,
                ),
                ("https://www.reddit.com/r/birds/comments/1abcd2/a_heron/new/", id, birds),
                (
                    "https://www.reddit.com/r/birds/comments/1abcd2/a_heron/controversial",
                    id,
                    birds,
                ),
                ("https://rxddit.com/r/birds/comments/1abcd2/a_heron/", id, birds),
                ("https://redlib.example.org/r/birds/comments/1abcd2/a_heron/", id, birds),
                (
                    "https://libreddit.example.org/r/birds/comments/1abcd2/a_heron/",
                    id,
                    birds,
                ),
                ("https://www.reddit.com/comments/1abcd2", id, bare),
                ("https://www.reddit.com/comments/1abcd2/a_heron", id, bare),
                ("https://www.reddit.com/gallery/1abcd2", id, bare),
                ("https://www.reddit.com/link/1abcd2/video/ab12cd34ef/player", id, bare),
                ("https://redd.it/1abcd2", id, bare),
                ("https://www.reddit.com/u/ada_l/comments/1abcd2/a_heron/", id, own),
                ("https://www.reddit.com/user/ada_l/comments/1abcd2/", id, own),
                (
                    "https://www.reddit.com/r/birds/comments/1abcd2/a_heron/kx9z8y7/?context=3",
                    of_remark,
                    remark,
                ),
                (
                    "https://old.reddit.com/r/birds/comments/1abcd2/_/kx9z8y7",
                    of_remark,
                    remark,
                ),
                (
                    "https://www.reddit.com/r/birds/comments/1abcd2/comment/kx9z8y7/",
                    of_remark,
                    remark,
                ),
                (
                    "https://www.reddit.com/comments/1abcd2/_/kx9z8y7/",
                    of_remark,
                    bare_remark,
                ),
            ],
        );
    }

    #[test]
    fn what_names_no_post_is_told_apart_with_its_reason() {
        mean_no_posts(
            &PLATFORM,
            &[
                ("https://www.reddit.com/r/birds/s/AbCdEf123", "leads"),
                ("https://www.reddit.com/u/ada_l/s/AbCdEf123", "leads"),
                ("https://v.redd.it/ab12cd34ef", "leads"),
                ("https://www.reddit.com/video/ab12cd34ef", "leads"),
                ("https://v.redd.it/ab12cd34ef/DASH_720.mp4", "media"),
                ("https://i.redd.it/ab12cd34ef.jpg", "media"),
                ("https://preview.redd.it/ab12cd34ef.jpg?width=640", "media"),
                ("https://a.thumbs.redditmedia.com/abc.png", "media"),
                (
                    "https://www.reddit.com/media?url=https%3A%2F%2Fi.redd.it%2Fa.jpg",
                    "media",
                ),
                ("https://www.reddit.com/", "home"),
                ("https://www.reddit.com/r/birds/", "community"),
                ("https://www.reddit.com/r/birds/top/?t=all", "community"),
                ("https://www.reddit.com/user/ada_l", "profile"),
                ("https://www.reddit.com/u/ada_l/submitted", "profile"),
                ("https://www.reddit.com/submit?url=https%3A%2F%2Fexample.org", "share"),
                ("https://www.reddit.com/r/birds/submit?title=a", "share"),
                ("https://www.reddit.com/search?q=heron", "search"),
                ("https://www.reddit.com/r/birds/search/?q=heron", "search"),
                ("https://www.reddit.com/login/?dest=x", "login"),
                ("https://www.reddit.com/r/birds/comments/", "malformed"),
                ("https://www.reddit.com/r/birds/comments/undefined_post/", "malformed"),
                ("https://www.reddit.com/comments/undefined", "malformed"),
                ("https://farside.link/redlib/r/birds", "community"),
                ("https://farside.link/scribe/a", "none"),
                ("https://support.reddit.com/hc/en-us", "other"),
                ("https://embed.reddit.com/widgets.js", "widget"),
                ("https://embed.redditmedia.com/widgets/platform.js", "widget"),
                ("https://notreddit.com/r/birds/comments/1abcd2/", "none"),
                ("https://reddit.com.example.org/r/birds/comments/1abcd2/", "none"),
                ("https://myredlibrary.org/r/birds/comments/1abcd2/", "none"),
                ("ftp://reddit.com/r/birds/comments/1abcd2/", "none"),
            ],
        );
    }

    #[test]
    fn only_an_author_is_a_handle() {
        names_handle(&PLATFORM, "https://www.reddit.com/r/birds/comments/1abcd2/", None);
        names_handle(
            &PLATFORM,
            "https://www.reddit.com/user/Ada_L/comments/1abcd2/",
            Some("Ada_L"),
        );
        names_handle(
            &PLATFORM,
            "https://www.reddit.com/r/u_Ada_L/comments/1abcd2/",
            Some("Ada_L"),
        );
        let answer = "https://www.reddit.com/user/Ada_L/comments/1abcd2/comment/kx9z8y7/";
        names_handle(&PLATFORM, answer, None);
    }
}
