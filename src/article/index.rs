//! Pages that list articles (the front page of a section, of an author, of a case), for those who follow one: which of their links are
//! headlines, told by structure alone.

use std::collections::HashSet;

use ego_tree::NodeRef;
use scraper::Node;
use scraper::node::Element;
use url::Url;

use super::Hints;
use super::decode::decode;
use super::feed::Entry;
use super::html::bound;

/// Most articles of a page.
const ENTRIES: usize = 200;

/// A page with fewer headlines lists nothing: it may be an error page, or a wall.
const FEWEST: usize = 3;

/// Most nodes above or within a link that are looked at.
const LOOKED: usize = 100;

/// Least words of a headline, and least characters of one in a script that does not part words.
const WORDS: usize = 3;
const CHARACTERS: usize = 12;

/// The articles that a page lists, in its order; none if it has fewer than three headlines. A headline is a link of some words to another
/// page of the same host, no ancestor of this one, that stands in a heading or holds one, or stands in an `article` that has no other
/// link before it; and in no navigation, header, footer, aside or form.
#[must_use]
pub fn of_page(bytes: &[u8], hints: &Hints) -> Vec<Entry> {
    match (decode(bytes, hints), &hints.url) {
        (Ok(decoded), Some(base)) => read(&decoded.text, base),
        _ => Vec::new(),
    }
}

fn read(html: &str, base: &Url) -> Vec<Entry> {
    let (document, _) = bound::document(html);
    let mut seen = HashSet::new();
    let mut entries = Vec::new();
    let mut named = HashSet::new();
    for node in document.tree.nodes() {
        let Some(link) = element(node, &["a"]) else { continue };
        let Some(url) = link
            .attr("href")
            .and_then(|href| base.join(href.trim()).ok())
            .map(plain)
        else {
            continue;
        };
        if is_chrome(node) || !is_another_page(&url, base) || !has_words(node) {
            continue;
        }
        let article = node
            .ancestors()
            .take(LOOKED)
            .find(|above| element(*above, &["article"]).is_some());
        let is_first = article.is_some_and(|article| named.insert(article.id()));
        if (is_first || is_headline(node)) && seen.insert(url.clone()) {
            entries.push(Entry { url, updated: None });
        }
        if entries.len() == ENTRIES {
            break;
        }
    }
    if entries.len() < FEWEST { Vec::new() } else { entries }
}

const HEADINGS: [&str; 4] = ["h1", "h2", "h3", "h4"];

fn element<'a>(node: NodeRef<'a, Node>, names: &[&str]) -> Option<&'a Element> {
    node.value()
        .as_element()
        .filter(|element| names.contains(&element.name()))
}

fn is_chrome(node: NodeRef<'_, Node>) -> bool {
    let mut in_header = false;
    for above in node.ancestors().take(LOOKED) {
        let Some(element) = above.value().as_element() else {
            continue;
        };
        match element.name() {
            "nav" | "aside" | "form" | "dialog" | "template" => return true,
            "header" | "footer" => in_header = true,
            // The header of an `article` holds its headline.
            "article" => in_header = false,
            _ => {}
        }
        let role = element.attr("role").unwrap_or_default();
        if matches!(
            role,
            "navigation" | "banner" | "contentinfo" | "complementary" | "search"
        ) || element.attr("hidden").is_some()
            || element.attr("aria-hidden") == Some("true")
        {
            return true;
        }
    }
    in_header
}

fn is_headline(link: NodeRef<'_, Node>) -> bool {
    link.ancestors()
        .take(4)
        .any(|above| element(above, &HEADINGS).is_some())
        || link
            .descendants()
            .take(LOOKED)
            .any(|below| element(below, &HEADINGS).is_some())
}

/// Whether it leads to another page of the same host that is no ancestor of `base`.
fn is_another_page(url: &Url, base: &Url) -> bool {
    let path = |url: &Url| url.path().trim_end_matches('/').to_owned();
    let (there, here) = (path(url), path(base));
    matches!(url.scheme(), "http" | "https")
        && url.host_str() == base.host_str()
        && (there != here || url.query().is_some() && url.query() != base.query())
        && !(here.starts_with(&there) && matches!(here.as_bytes().get(there.len()), None | Some(b'/')))
}

fn has_words(link: NodeRef<'_, Node>) -> bool {
    let text: String = link
        .descendants()
        .take(LOOKED)
        .filter_map(|node| node.value().as_text().map(|text| &**text))
        .collect();
    let words = text.split_whitespace().count();
    let unparted = text
        .chars()
        .filter(|letter| letter.is_alphabetic() && !letter.is_ascii())
        .count();
    words >= WORDS || unparted >= CHARACTERS
}

fn plain(mut url: Url) -> Url {
    url.set_fragment(None);
    url
}

#[cfg(test)]
mod tests {
    use super::*;

    fn listed(html: &str) -> Vec<String> {
        let base = Url::parse("https://paper.example/city/").unwrap();
        read(html, &base)
            .into_iter()
            .map(|entry| entry.url.to_string())
            .collect()
    }

    const THREE: &str = "<h2><a href='/city/weir-holds'>The weir holds again</a></h2>
        <h3 class=x><span><a href='bridge#top'>The bridge is closed now</a></span></h3>
        <a href='/city/mayor'><h3>The mayor of Orsay resigns</h3><p>He said so.</p></a>";

    #[test]
    fn headlines_are_links_in_headings_around_headings_and_first_in_articles() {
        let html = format!(
            "<main>{THREE}<article><header><a href='/city/report'><img alt=''>A report on the flood</a></header>
             <a href='/topic/flood'>More about the flood</a><a href='/city/report'>Read on about it</a></article></main>"
        );
        let found = ["weir-holds", "bridge", "mayor", "report"];
        assert_eq!(
            listed(&html),
            found.map(|name| format!("https://paper.example/city/{name}"))
        );
    }

    #[test]
    fn what_is_no_headline_is_left_out() {
        for other in [
            "<nav><h2><a href='/city/a-b-c'>A part of the paper</a></h2></nav>",
            "<header><h1><a href='/start'>The paper of the river</a></h1></header>",
            "<footer><h4><a href='/imprint'>About us and others</a></h4></footer>",
            "<aside><h3><a href='/city/most-read'>Most read of this week</a></h3></aside>",
            "<h2><a href='https://other.example/x'>A page of another host</a></h2>",
            "<h2><a href='/'>The front page here</a></h2><h2><a href='/city'>All of the city</a></h2>",
            "<h2><a href='#more'>More of the same page</a></h2><h2><a href='javascript:x()'>Let it do something</a></h2>",
            "<h2><a href='/city/short'>More</a></h2>",
            "<p>Somebody said in <a href='/city/inline'>the report of that year</a> that it was old.</p>",
            "<div hidden><h2><a href='/city/hidden'>Nobody sees this one</a></h2></div>",
        ] {
            assert_eq!(listed(&format!("{THREE}{other}")).len(), 3, "{other}");
        }
    }

    #[test]
    fn a_page_with_hardly_any_headline_lists_nothing_and_a_long_one_is_bounded() {
        let of = |count: usize| -> String {
            (0..count)
                .map(|n| format!("<h2><a href='/city/{n}'>Number {n} of the list</a></h2>"))
                .collect()
        };
        assert_eq!(
            (listed(&of(2)).len(), listed(&of(3)).len(), listed(&of(900)).len()),
            (0, 3, ENTRIES)
        );
        assert_eq!(
            listed("<h1>Not found</h1><p><a href='/'>To the front page of it</a>").len(),
            0
        );
        let japanese = "<h2><a href='/city/1'>オルセーの橋は洪水のあと閉鎖された</a></h2>";
        assert_eq!(
            listed(&format!("{}{japanese}", of(3).replace("/city/", "/town/"))).len(),
            4
        );
    }

    proptest::proptest! {
        #[test]
        fn any_page_gives_pages_of_its_own_host_each_once(
            parts in proptest::collection::vec(proptest::sample::select(vec![
                "<article>", "</article>", "<h2>", "</h2>", "<h3>", "<a href='/city/a'>", "<a href='b'>", "<a href=//x.example/c>", "<a href='http://['>",
                "</a>", "Some words of it", "<header>", "</header>", "<nav>", "</nav>", "<main>", "<div hidden>", "</div>", "<a>", "<template>", "<!--",
            ]), 0..60),
        ) {
            let found = listed(&parts.concat());
            let once: HashSet<&String> = found.iter().collect();
            proptest::prop_assert!(once.len() == found.len());
            proptest::prop_assert!(found.iter().all(|url| url.starts_with("https://paper.example/city/")), "{found:?}");
        }
    }
}
