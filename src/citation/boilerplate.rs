//! Blocks inside a story that are not of it: bylines, menus of categories, calls to follow, subscribe or give, notes
//! on cookies and licences. Their links are no citations. The words are those that many sites share.

use url::Url;

use super::linking::vocabulary::{begins_aside, begins_byline};
use crate::article::page::PageBlock;

/// Beginnings of blocks that ask something of the reader or speak of the site itself; lower case.
const BEGINNINGS: &[&str] = &[
    "follow ",
    "contact ",
    "email the author",
    "listen to ",
    "please consider",
    "support our",
    "donate",
    "become a member",
    "join our",
    "get our",
    "get the latest",
    "download our",
    "our standards",
    "image via",
    "photo via",
    "to find out more",
    "by choosing",
    "by using this",
    "this website uses",
    "this site uses",
    "we use cookies",
    "terms of use",
    "this article was originally",
    "this story was originally",
    "got a tip",
    "have a tip",
    "folgen sie",
    "folgt ",
    "folge uns",
    "abonnier",
    "jetzt abonnieren",
    "unterstütze",
    "diese website verwendet",
    "suivez",
    "abonnez",
    "soutenez",
    "faites un don",
    "síguenos",
    "sigue a ",
    "suscríbete",
    "apoya ",
    "siga ",
    "assine",
    "apoie",
    "seguici",
    "segui ",
    "iscriviti",
    "sostieni",
    "volg ",
    "steun ",
    "följ ",
    "prenumerera",
    "śledź",
    "obserwuj",
    "sledujte",
    "подпис",
    "подпиш",
    "поддерж",
    "takip ed",
    "フォロー",
    "팔로우",
    "关注",
    "關注",
    "تابع",
    "عقبوا",
];

/// Most words of a block that is told by its beginning.
const SHORT: usize = 45;
/// Most words of a byline.
const BYLINE: usize = 12;
/// Most words of a menu.
const MENU: usize = 8;

/// Parts of a path under which a site lists its own pages, or sells what it has.
const LISTINGS: &[&str] = &[
    "abo",
    "abonnement",
    "donate",
    "donation",
    "donations",
    "membership",
    "newsletter",
    "newsletters",
    "spenden",
    "stellenanzeigen",
    "subscribe",
    "subscription",
    "support-now",
    "support-us",
    "author",
    "authors",
    "autor",
    "autore",
    "autoren",
    "auteur",
    "auteurs",
    "category",
    "categories",
    "categoria",
    "kategorie",
    "contributor",
    "contributors",
    "journalist",
    "people",
    "profile",
    "rubrik",
    "schlagwort",
    "tag",
    "tags",
    "thema",
    "topic",
    "topics",
];

/// Why the links of a block are no citations, if they are none.
pub(super) fn of_block(block: &PageBlock) -> Option<&'static str> {
    if block.links.is_empty() {
        return None;
    }
    if block.links.iter().any(|link| is_licence(&link.href)) {
        return Some("licence");
    }
    let words = block.text.split_whitespace().take(SHORT + 1).count();
    if words > SHORT {
        return None;
    }
    let lower = block.text.trim_start().to_lowercase();
    if words <= BYLINE && lower.split_whitespace().next().is_some_and(begins_byline) {
        return Some("byline");
    }
    if begins_aside(&lower) || BEGINNINGS.iter().any(|beginning| lower.starts_with(beginning)) {
        return Some("aside");
    }
    (words <= MENU && is_menu(block)).then_some("menu")
}

/// Whether the sentence in which a link stands asks something of the reader.
pub(super) fn is_call(text: &str, link: usize) -> bool {
    const FURTHEST: usize = 300;
    let before = text[text.ceil_char_boundary(link.saturating_sub(FURTHEST))..link].trim_end();
    let start = before.rfind(['.', '!', '?', '。']).unwrap_or(0);
    let sentence = before[start..].trim_start_matches(|c: char| !c.is_alphanumeric());
    let near = &sentence[..sentence.floor_char_boundary(40)];
    let lower = near.to_lowercase();
    !before.is_empty() && BEGINNINGS.iter().any(|beginning| lower.starts_with(beginning))
}

/// Whether a link of a story leads to a page of the same site.
pub(super) fn is_same_site(url: &Url, base: Option<&Url>) -> bool {
    let host = |url: &Url| url.host_str().map(|host| host.trim_start_matches("www.").to_owned());
    base.is_some_and(|base| host(base) == host(url))
}

/// Whether a link of a story leads to a list of the site's own pages: an author's, a category's.
pub(super) fn is_listing(url: &Url, base: Option<&Url>) -> bool {
    is_same_site(url, base)
        && url
            .path_segments()
            .is_some_and(|mut parts| parts.any(|part| LISTINGS.contains(&part)))
}

/// Several links and nothing else but what separates them.
fn is_menu(block: &PageBlock) -> bool {
    let mut rest = 0;
    let mut at = 0;
    for link in &block.links {
        let between = block.text.get(at..link.range.start.max(at)).unwrap_or_default();
        rest += between.chars().filter(|c| c.is_alphanumeric()).count();
        at = at.max(link.range.end);
    }
    rest += block.text[at..].chars().filter(|c| c.is_alphanumeric()).count();
    block.links.len() >= 2 && rest == 0
}

fn is_licence(href: &str) -> bool {
    Url::parse(href).is_ok_and(|url| {
        url.host_str().is_some_and(|host| host.ends_with("creativecommons.org"))
            && (url.path().starts_with("/licenses/") || url.path().starts_with("/publicdomain/"))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::article::BlockKind;
    use crate::article::page::Anchor;

    fn block(text: &str, links: &[(&str, &str)]) -> PageBlock {
        let links = links.iter().map(|(words, href)| {
            let start = text.find(words).unwrap();
            Anchor {
                range: start..start + words.len(),
                href: (*href).to_owned(),
                chrome: None,
                goes_on: false,
            }
        });
        PageBlock {
            kind: BlockKind::Paragraph,
            links: links.collect(),
            text: text.to_owned(),
            element: 0,
            chrome: None,
        }
    }

    #[test]
    fn calls_bylines_menus_and_licences_are_told_from_the_story() {
        let cases = [
            (
                "Follow Ada on Herons",
                "Herons",
                "https://herons.example/ada",
                Some("aside"),
            ),
            ("Von Ada Lorenz", "Ada Lorenz", "https://news.example/x", Some("byline")),
            (
                "This story may be printed under CC.",
                "CC",
                "https://creativecommons.org/licenses/by/4.0/",
                Some("licence"),
            ),
            (
                "The mayor followed the advice of the report and left.",
                "the report",
                "https://city.example/report",
                None,
            ),
        ];
        for (text, words, href, expected) in cases {
            assert_eq!(of_block(&block(text, &[(words, href)])), expected, "{text}");
        }
        let menu = [("Herons", "https://a.example/1"), ("Storks", "https://a.example/2")];
        assert_eq!(of_block(&block("Herons • Storks", &menu)), Some("menu"));
        assert_eq!(of_block(&block("Herons and Storks", &menu)), None);
    }

    #[test]
    fn a_sites_own_lists_are_no_citations_but_another_sites_are() {
        let url = |text: &str| Url::parse(text).unwrap();
        let base = url("https://news.example/2024/a-story");
        assert!(is_listing(&url("https://www.news.example/author/ada/"), Some(&base)));
        assert!(!is_listing(&url("https://other.example/author/ada/"), Some(&base)));
        assert!(!is_listing(
            &url("https://news.example/2024/tags-of-herons"),
            Some(&base)
        ));
        assert!(!is_listing(&url("https://news.example/author/ada/"), None));
    }
}
