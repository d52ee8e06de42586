//! What elements, roles and the words in class and id names say about a part of a page. The words are those that
//! publishing systems and their themes share; none is a site's own.

use foldhash::HashMap;
use html5ever::QualName;
use scraper::node::Element;

use crate::article::BlockKind;

/// The kind of block that an element begins, if it begins one.
pub fn block_kind(name: &str) -> Option<BlockKind> {
    Some(match name {
        "p" | "div" | "section" | "article" | "main" | "body" | "address" | "dd" | "dt" | "dl" | "ul" | "ol"
        | "table" | "tr" | "tbody" | "thead" | "header" | "footer" | "nav" | "aside" | "form" | "fieldset"
        | "details" | "center" | "hr" | "figure" | "html" => BlockKind::Paragraph,
        "h1" | "h2" | "h3" | "h4" | "h5" | "h6" | "summary" | "hgroup" => BlockKind::Heading,
        "li" => BlockKind::ListItem,
        "blockquote" => BlockKind::Quote,
        "figcaption" | "caption" => BlockKind::Caption,
        "td" | "th" => BlockKind::Cell,
        "pre" => BlockKind::Preformatted,
        _ => return None,
    })
}

/// The kind of a block whose class names say more than its element does: captions and credits are often plain elements,
/// and so is what stands in the place of an embed until its reader agrees to it.
pub fn narrowed(kind: BlockKind, element: &Element) -> BlockKind {
    const CAPTIONS: [&str; 7] = [
        "caption",
        "credit",
        "credits",
        "figcaption",
        "copyright",
        "placeholder",
        "blocker",
    ];
    let classes = attribute(element, "class").unwrap_or("");
    let is_caption = classes.split(|c: char| !c.is_ascii_alphanumeric()).any(|name| {
        let may_be = (6..=11).contains(&name.len());
        may_be && CAPTIONS.iter().any(|word| name.eq_ignore_ascii_case(word))
    });
    if is_caption && kind == BlockKind::Paragraph && !matches!(element.name(), "section" | "article" | "main" | "body")
    {
        return BlockKind::Caption;
    }
    kind
}

/// Elements whose text is none of the page's.
pub fn is_silent(name: &str) -> bool {
    matches!(
        name,
        "script"
            | "style"
            | "noscript"
            | "template"
            | "svg"
            | "math"
            | "head"
            | "iframe"
            | "object"
            | "select"
            | "textarea"
            | "button"
            | "input"
            | "video"
            | "audio"
            | "canvas"
            | "datalist"
            | "dialog"
    )
}

/// Words of classes and ids that a page had already, with what they say.
#[derive(Default)]
pub struct Names(HashMap<String, Option<&'static str>>);

impl Names {
    /// Why an element is not of the story, if its name, role or class says so. `in_story` tells whether it stands inside
    /// an article element, whose header and asides belong to it.
    pub fn chrome(&mut self, element: &Element, in_story: bool) -> Option<&'static str> {
        if element.attrs.is_empty() && !matches!(element.name(), "nav" | "footer" | "header" | "aside" | "form") {
            return None;
        }
        chrome(element, in_story, |names| {
            if let Some(known) = self.0.get(names) {
                return *known;
            }
            let verdict = chrome_by_name(names);
            self.0.insert(names.to_owned(), verdict);
            verdict
        })
    }
}

/// The value of an attribute. (`Element::attr` makes an interned name of `name` first, which takes longer than to look
/// at the few attributes that elements have.)
pub fn attribute<'a>(element: &'a Element, name: &str) -> Option<&'a str> {
    let mut attributes = element.attrs.iter();
    let is_it = |known: &QualName| known.prefix.is_none() && known.ns.is_empty() && &*known.local == name;
    attributes.find(|(known, _)| is_it(known)).map(|(_, value)| &**value)
}

/// Why an element is not of the story, if its name, role or class says so. `in_story` tells whether it stands inside an
/// article element, whose header and asides belong to it.
fn chrome(
    element: &Element,
    in_story: bool,
    by_name: impl FnMut(&str) -> Option<&'static str>,
) -> Option<&'static str> {
    match element.name() {
        "nav" => return Some("chrome_navigation"),
        "footer" if !in_story => return Some("chrome_footer"),
        "header" if !in_story => return Some("chrome_header"),
        "aside" if !in_story => return Some("chrome_sidebar"),
        "form" => return Some("chrome_form"),
        // Themes put words about the whole page on these.
        "html" | "body" | "main" | "article" => return None,
        _ => {}
    }
    match attribute(element, "role") {
        Some("navigation" | "menu" | "menubar" | "search") => return Some("chrome_navigation"),
        Some("banner") => return Some("chrome_header"),
        Some("contentinfo") => return Some("chrome_footer"),
        Some("complementary") if !in_story => return Some("chrome_sidebar"),
        Some("dialog" | "alertdialog") => return Some("chrome_dialog"),
        _ => {}
    }
    if attribute(element, "hidden").is_some() && attribute(element, "hidden") != Some("until-found") {
        return Some("hidden");
    }
    let classes = attribute(element, "class");
    // After `hentry` WordPress lists the names of a story's own tags and categories.
    let classes = classes.map(|classes| classes.split_once(" hentry").map_or(classes, |(own, _)| own));
    [attribute(element, "id"), classes]
        .into_iter()
        .flatten()
        .find_map(by_name)
}

/// Words for parts that are not of the story. A word counts as a whole, between hyphens, underscores and case changes.
fn chrome_by_name(names: &str) -> Option<&'static str> {
    for name in names.split_ascii_whitespace().take(40) {
        // `has-sidebar`, `no-comments`, `with-footer` speak of another element.
        let lower = name.to_ascii_lowercase();
        if let Some(reason) = lower.strip_prefix("wp-block-").and_then(wordpress_block) {
            return Some(reason);
        }
        if [
            "has-",
            "no-",
            "with-",
            "is-",
            "without-",
            "js-",
            "single-",
            "wp-",
            "post-type",
            "hide-",
        ]
        .iter()
        .any(|p| lower.starts_with(p))
        {
            continue;
        }
        let words: Vec<&str> = lower
            .split(|c: char| !c.is_ascii_alphanumeric())
            .filter(|w| !w.is_empty())
            .collect();
        // What is called an embed holds one, whatever else its name says.
        let is_embed = words
            .iter()
            .any(|word| matches!(*word, "embed" | "embeds" | "embedded" | "oembed"));
        for (i, word) in words.iter().enumerate() {
            let next = words.get(i + 1).copied().unwrap_or("");
            let reason = match (*word, next) {
                // Layouts that make room for a sidebar.
                ("sidebar", "grid" | "layout" | "page" | "main" | "enabled" | "active") => continue,
                ("sidebar" | "sidebars" | "rightrail" | "leftrail", _)
                | ("right" | "left" | "side", "rail" | "column" | "col") => "chrome_sidebar",
                (
                    "comments" | "commentlist" | "disqus" | "respond" | "kommentare" | "comentarios" | "commentaires",
                    _,
                )
                | (
                    "comment",
                    "list" | "area" | "section" | "form" | "thread" | "body" | "content" | "container" | "wrap"
                    | "wrapper",
                ) => "chrome_comments",
                (
                    "webmention" | "webmentions" | "pingback" | "pingbacks" | "trackback" | "trackbacks" | "reactions"
                    | "mentions",
                    _,
                )
                // Tumblr's list of who liked and reblogged.
                | ("with" | "without", "commentary") => "chrome_reactions",
                ("referrers" | "referers" | "referrer" | "referer" | "refererlist" | "referrerlist", _) => {
                    "chrome_referrers"
                }
                (
                    "related" | "relatedposts" | "recommended" | "recommendation" | "recommendations" | "outbrain" | "taboola"
                    | "trending" | "popular" | "readmore" | "seealso",
                    _,
                )
                | ("most", "read" | "popular" | "viewed")
                | ("more", "stories" | "news" | "articles" | "posts" | "from")
                | ("read", "more" | "also" | "next")
                | ("see", "also")
                | ("latest", "news" | "posts" | "articles" | "stories" | "headlines")
                | ("recent", "posts" | "comments" | "articles") => "chrome_related",
                ("newsletter" | "subscribe" | "subscription" | "signup", _) => "chrome_newsletter",
                (
                    "share" | "sharing" | "sharebar" | "sharedaddy" | "addthis" | "addtoany" | "shareaholic"
                    | "sociable",
                    _,
                )
                | (
                    "social",
                    "share" | "sharing" | "links" | "icons" | "bar" | "buttons" | "nav" | "menu" | "follow",
                ) => "chrome_share",
                ("social", "media")
                    if matches!(
                        words[i + 2..],
                        [] | ["icons" | "links" | "buttons" | "bar" | "share" | "follow" | "nav" | "menu" | "list", ..]
                    ) && i == 0 =>
                {
                    "chrome_share"
                }
                ("advert" | "advertisement" | "advertising" | "adsbygoogle" | "sponsored" | "dfp", _)
                | ("ad", "container" | "slot" | "wrapper" | "unit" | "block") => "chrome_advertisement",
                ("onetrust" | "cookiebot" | "didomi" | "usercentrics" | "cmplz" | "truste", _)
                | (
                    "cookie" | "cookies" | "gdpr" | "consent" | "privacy",
                    "banner" | "notice" | "bar" | "law" | "popup" | "info" | "sdk" | "modal" | "manager",
                ) => "chrome_consent",
                ("navigation" | "navbar" | "breadcrumb" | "breadcrumbs" | "masthead" | "pagination", _)
                | ("nav", "menu" | "bar" | "links")
                | ("main" | "top" | "site" | "primary", "nav" | "menu" | "navigation") => "chrome_navigation",
                ("colophon", _) | ("site" | "page" | "global", "footer") => "chrome_footer",
                ("site" | "global", "header") => "chrome_header",
                ("footer", "") if words.len() == 1 => "chrome_footer",
                ("byline" | "bylines", _)
                | ("author", "bio" | "box" | "info" | "card" | "name" | "profile" | "meta" | "link" | "links")
                | ("about", "author") => "byline",
                ("tags" | "taglist" | "tagcloud", _)
                | ("tag", "list" | "links" | "cloud")
                | ("entry" | "post" | "article", "tags" | "meta" | "categories") => "tags",
                ("instagram" | "tiktok" | "facebook" | "youtube", "feed" | "gallery" | "pics" | "widget")
                | ("twitter", "feed" | "timeline")
                | ("social" | "juicer" | "curator", "feed" | "wall")
                | ("sb", "instagram" | "youtube")
                // Feeds of Smash Balloon: Instagram, Facebook, X, YouTube.
                | ("sbi" | "cff" | "ctf" | "sby", _)
                | ("widget", "instagram") => "chrome_feed",
                ("widget", "area") | ("widgets", _) => "chrome_sidebar",
                ("screen", "reader") | ("sr", "only") | ("visually", "hidden") | ("visuallyhidden", _) => "hidden",
                _ => continue,
            };
            if is_embed
                && !matches!(
                    reason,
                    "chrome_sidebar" | "chrome_comments" | "chrome_reactions" | "hidden"
                )
            {
                break;
            }
            return Some(reason);
        }
    }
    None
}

/// What a block of WordPress is, told by its name, if it is none of the story's.
fn wordpress_block(name: &str) -> Option<&'static str> {
    Some(match name {
        "query" | "latest-posts" | "jetpack-related-posts" | "rss" | "archives" => "chrome_related",
        "comments" | "comment-template" | "latest-comments" | "post-comments" | "post-comments-form" => {
            "chrome_comments"
        }
        "social-links" => "chrome_share",
        "navigation" | "page-list" | "post-navigation-link" => "chrome_navigation",
        "jetpack-subscriptions" => "chrome_newsletter",
        "post-author" | "post-author-name" | "post-author-biography" | "avatar" => "byline",
        "post-terms" | "tag-cloud" | "categories" => "tags",
        _ => return None,
    })
}

/// Why a link is none of the story's, if its relation says so (HTML standard, link types).
pub fn not_a_citation(element: &Element) -> Option<&'static str> {
    let rel = attribute(element, "rel").unwrap_or("");
    rel.split_ascii_whitespace().find_map(|relation| match relation {
        "tag" | "category" => Some("tags"),
        "author" => Some("byline"),
        "next" | "prev" | "bookmark" => Some("chrome_navigation"),
        _ => None,
    })
}

/// Whether an element holds an embedded post whose text is the post's, not the article's.
pub fn is_embed(element: &Element) -> bool {
    match element.name() {
        "twitterwidget" | "twitter-widget" | "amp-twitter" | "amp-instagram" | "amp-facebook" | "amp-tiktok"
        | "amp-youtube" | "amp-reddit" | "amp-vk" | "amp-vimeo" | "amp-dailymotion" | "lite-youtube"
        | "embetty-tweet" | "embetty-video" => return true,
        "script" | "style" | "iframe" | "a" | "img" | "html" | "body" => return false,
        _ => {}
    }
    if element.attrs.is_empty() {
        return false;
    }
    let classes = attribute(element, "class").unwrap_or("");
    let embed_class = classes.split_ascii_whitespace().any(|class| {
        matches!(
            class,
            "twitter-tweet"
                | "twitter-video"
                | "twitter-tweet-rendered"
                | "instagram-media"
                | "tiktok-embed"
                | "bluesky-embed"
                | "mastodon-embed"
                | "text-post-media"
                | "reddit-embed-bq"
                | "reddit-card"
                | "reddit-embed"
                | "fb-post"
                | "fb-video"
                | "fb-comment-embed"
                | "telegram-post"
                | "tumblr-post"
                | "embedly-card"
                | "twitter-embed"
                | "tweet-embed"
                | "bluesky-wrap"
                | "instagram-embed-wrap"
                | "instagram-embed"
                | "twitter-embed-placeholder"
                | "imgur-embed-pub"
                | "youtube-wrap"
                | "youtube-player"
                | "youtube-onebox"
                | "plyr__video-embed"
                | "t-video-lazyload"
                | "lyMe"
                | "react-tweet-theme"
        )
    });
    let newsletter = || attribute(element, "data-component-name").is_some();
    embed_class
        || attribute(element, "id").is_some_and(|id| id.starts_with("vk_post_"))
        || (attribute(element, "data-attrs").is_some() && newsletter())
        || (element.name() == "blockquote"
            && element
                .attrs()
                .any(|(name, _)| is_post_id(name) || name == "data-instgrm-permalink"))
}

/// The address of which an element is a card, as embedding services and forums make them (Iframely, Embedly, Discourse).
pub fn card_address(element: &Element) -> Option<&str> {
    match element.name() {
        "a" => {}
        "aside" => return attribute(element, "data-onebox-src"),
        _ => return None,
    }
    let classes = || attribute(element, "class").unwrap_or("");
    let is_card = attribute(element, "data-iframely-url").is_some()
        || classes().split_ascii_whitespace().any(|class| class == "embedly-card");
    attribute(element, "href").filter(|_| is_card)
}

/// Attributes that hold the id of a post of X.
pub fn is_post_id(name: &str) -> bool {
    matches!(
        name,
        "data-tweet-id"
            | "data-tweetid"
            | "data-twitter-tweet-id"
            | "tweet-id"
            | "data-tweet"
            | "data-bluesky-uri"
            | "data-telegram-post"
            | "data-ytid"
            | "data-youtube-id"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_of_class_names_count_as_wholes_and_of_their_own_element() {
        for (names, reason) in [
            ("sidebar", Some("chrome_sidebar")),
            ("post has-sidebar", None),
            ("c-related__list", Some("chrome_related")),
            ("comment-list", Some("chrome_comments")),
            ("commentary", None),
            ("article-body shared-content", None),
            ("social-share", Some("chrome_share")),
            ("tags", Some("tags")),
            ("tagged", None),
            ("author-bio", Some("byline")),
            ("social-media", Some("chrome_share")),
            ("social-media-icons", Some("chrome_share")),
            ("article-social-media", None),
            ("social-media-post", None),
            ("tweet-share-embed", None),
            ("sidebar-embed", Some("chrome_sidebar")),
            ("wp-block-query alignwide", Some("chrome_related")),
            ("wp-block-embed is-type-rich", None),
            ("ctf ctf-type-usertimeline", Some("chrome_feed")),
            ("juicer-feed", Some("chrome_feed")),
            ("note reblog without_commentary", Some("chrome_reactions")),
            ("without-commentary", None),
        ] {
            assert_eq!(chrome_by_name(names), reason, "{names}");
        }
    }
}
