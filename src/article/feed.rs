//! Lists of articles: RSS, Atom and JSON feeds, sitemaps (also of news, as plain text, or packed by gzip), and OPML lists of feeds, told
//! by their content.

use std::borrow::Cow;
use std::collections::HashSet;

use encoding_rs::{Encoding, UTF_8, UTF_16BE, UTF_16LE};
use quick_xml::Reader;
use quick_xml::events::{BytesStart, Event};
use scraper::Selector;
use thiserror::Error;
use url::Url;

use crate::exchange::decode;

/// Most bytes of a list.
pub const LONGEST: usize = 16 << 20;

/// Most entries of a list; a sitemap may hold so many. <https://www.sitemaps.org/protocol.html>
const ENTRIES: usize = 50_000;

/// Bytes in which the encoding must be declared.
const DECLARATION: usize = 1024;

/// How a file that is packed by gzip begins. <https://www.sitemaps.org/protocol.html> allows it, whatever its header says.
const GZIP: [u8; 2] = [0x1f, 0x8b];

/// Deepest nesting of elements.
const DEPTH: usize = 100;

/// An article that a list names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Its address.
    pub url: Url,
    /// When it was last changed, as the list has it (RFC 3339 where a feed says so); `None` if it does not say.
    pub updated: Option<String>,
}

/// What a list names.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Listing {
    /// Its title.
    pub title: Option<String>,
    /// Articles, in the order of the list, each address once.
    pub entries: Vec<Entry>,
    /// Further lists: sitemaps of an index, feeds of an OPML file.
    pub lists: Vec<Url>,
}

/// Why something is no list.
#[derive(Debug, Error, Clone, PartialEq, Eq)]
pub enum NoFeed {
    /// It is longer than [`LONGEST`].
    #[error("a list of articles may have {LONGEST} bytes at most")]
    TooLong,
    /// It is a page; with the first feed that it names.
    #[error("it is a page, which is followed with --page{}", .0.as_ref().map(|feed| format!("; its feed is {feed}")).unwrap_or_default())]
    Page(Option<Url>),
    /// It has none of the forms that are known, or is broken.
    #[error("it is no feed (RSS, Atom, JSON), sitemap or OPML list: {0}")]
    Unknown(String),
}

/// Reads a list; relative addresses are resolved against `base`.
///
/// # Errors
/// If it is too long, broken, or none.
pub fn read(bytes: &[u8], base: &Url) -> Result<Listing, NoFeed> {
    if bytes.len() > LONGEST {
        return Err(NoFeed::TooLong);
    }
    let packed = bytes.starts_with(&GZIP);
    let unpacked = packed.then(|| decode(bytes, "gzip", LONGEST)).transpose();
    let unpacked = unpacked.map_err(unknown)?;
    let text = decoded(unpacked.as_deref().unwrap_or(bytes));
    let mut listing = match root(&text).as_deref() {
        Some("urlset" | "sitemapindex" | "opml") => read_xml(&text, base)?,
        Some("html") => return Err(NoFeed::Page(feed_of_page(&text, base))),
        None if text.starts_with("http") => read_lines(&text, base)?,
        _ => read_feed(&text, base)?,
    };
    let mut seen = HashSet::new();
    listing.entries.retain(|entry| seen.insert(entry.url.clone()));
    listing.lists.retain(|url| seen.insert(url.clone()));
    listing.entries.truncate(ENTRIES);
    listing.lists.truncate(ENTRIES);
    Ok(listing)
}

fn unknown(error: impl std::fmt::Display) -> NoFeed {
    NoFeed::Unknown(error.to_string())
}

/// The text without its XML declaration, by its byte order mark, the declaration, or as UTF-8. The parsers get nothing else:
/// one of them stops the thread where a declaration does not fit the bytes.
fn decoded(bytes: &[u8]) -> String {
    let declared = || {
        let start = String::from_utf8_lossy(&bytes[..bytes.len().min(DECLARATION)]);
        let (declaration, _) = start.strip_prefix("<?xml")?.split_once("?>")?;
        let value = declaration
            .split_once("encoding")?
            .1
            .trim_start()
            .strip_prefix('=')?
            .trim_start();
        let quote = value.chars().next().filter(|c| matches!(c, '"' | '\''))?;
        Encoding::for_label(value[1..].split(quote).next()?.as_bytes())
    };
    let encoding = match bytes {
        _ if Encoding::for_bom(bytes).is_some() => UTF_8,
        [b'<', 0, ..] => UTF_16LE,
        [0, b'<', ..] => UTF_16BE,
        // What could be read so far is no UTF-16.
        _ => declared()
            .filter(|declared| declared.is_ascii_compatible())
            .unwrap_or(UTF_8),
    };
    // A byte order mark outweighs all else.
    let (text, _, _) = encoding.decode(bytes);
    let text = text.trim_start();
    match text.strip_prefix("<?xml").and_then(|rest| rest.split_once("?>")) {
        Some((_, rest)) => rest.to_owned(),
        None => text.to_owned(),
    }
}

/// Name of the first element, without its prefix.
fn root(text: &str) -> Option<String> {
    let mut reader = Reader::from_str(text);
    loop {
        match reader.read_event() {
            Ok(Event::Start(element) | Event::Empty(element)) => {
                return Some(element.local_name().as_ref().to_ascii_lowercase());
            }
            Ok(Event::Eof) | Err(_) => return None,
            Ok(_) => {}
        }
    }
}

/// A feed of strangers, in a text that cannot stop its parser or exhaust it.
pub(crate) fn parse(bytes: &[u8]) -> Result<feed_rs::model::Feed, NoFeed> {
    parse_text(&decoded(bytes), None)
}

fn parse_text(text: &str, base: Option<&Url>) -> Result<feed_rs::model::Feed, NoFeed> {
    // What is no XML but JSON has a parser with a limit of its own.
    if !text.starts_with('{') {
        check_shape(text)?;
    }
    let parser = feed_rs::parser::Builder::new().base_uri(base.map(Url::as_str)).build();
    parser.parse(of_known_version(text).as_bytes()).map_err(unknown)
}

/// RSS that names no version, or one that the parser does not know, as the newest, which is read as leniently as any.
fn of_known_version(text: &str) -> Cow<'_, str> {
    let mut reader = Reader::from_str(text);
    let root = loop {
        match reader.read_event() {
            Ok(Event::Start(root)) => break root,
            Ok(Event::Eof) | Err(_) => return text.into(),
            Ok(_) => {}
        }
    };
    let version = root
        .attributes()
        .flatten()
        .find(|attribute| attribute.key.as_ref() == "version");
    let is_known = version.is_some_and(|version| matches!(version.value.as_ref(), "2.0" | "0.91" | "0.92"));
    let rest = usize::try_from(reader.buffer_position())
        .ok()
        .and_then(|end| text.get(end..));
    let (false, true, Some(rest)) = (is_known, root.name().as_ref() == "rss", rest) else {
        return text.into();
    };
    let mut head = String::from("<rss version=\"2.0\"");
    for attribute in root
        .attributes()
        .flatten()
        .filter(|attribute| attribute.key.as_ref() != "version")
    {
        head += &format!(
            " {}=\"{}\"",
            attribute.key.as_ref(),
            attribute.value.replace('"', "&quot;")
        );
    }
    format!("{head}>{rest}").into()
}

fn read_feed(text: &str, base: &Url) -> Result<Listing, NoFeed> {
    let feed = parse_text(text, Some(base))?;
    let entries = feed.entries.into_iter().filter_map(|entry| {
        let links = entry.links.iter();
        let mut links = links.filter(|link| link.rel.as_deref().is_none_or(|rel| rel == "alternate"));
        let url = match links.next() {
            Some(link) => address(&link.href, base)?,
            // Without a link the name of an entry is its address, if it is one (`guid` of RSS, `id` of JSON).
            None => address(Url::parse(&entry.id).ok()?.as_str(), base)?,
        };
        let updated = entry.updated.or(entry.published).map(|time| time.to_rfc3339());
        Some(Entry { url, updated })
    });
    Ok(Listing {
        title: feed.title.map(|title| title.content),
        entries: entries.take(ENTRIES).collect(),
        lists: Vec::new(),
    })
}

/// The feed parser goes down with the elements, and strangers decide how deep; it takes declarations in the midst of the
/// text for its own. What is broken for this look is broken for the parser, too.
fn check_shape(text: &str) -> Result<(), NoFeed> {
    let mut reader = Reader::from_str(text);
    let mut depth = 0_usize;
    loop {
        match reader.read_event().map_err(unknown)? {
            Event::Start(_) => depth += 1,
            Event::End(_) => depth = depth.saturating_sub(1),
            Event::DocType(text) => check_type(&text)?,
            Event::Decl(_) => return Err(unknown("an XML declaration stands in its midst")),
            Event::Eof => return Ok(()),
            _ => {}
        }
        if depth > DEPTH {
            return Err(too_deep());
        }
    }
}

/// A document type may name itself, but declare nothing: entities of a stranger's own grow without end or lead to files.
fn check_type(text: &str) -> Result<(), NoFeed> {
    if text.contains('[') {
        return Err(unknown("its document type declares entities"));
    }
    Ok(())
}

/// A sitemap, an index of sitemaps, or an OPML list.
fn read_xml(text: &str, base: &Url) -> Result<Listing, NoFeed> {
    let mut reader = Reader::from_str(text);
    let mut listing = Listing::default();
    let mut path: Vec<String> = Vec::new();
    let mut item = Item::default();
    while listing.entries.len() + listing.lists.len() < ENTRIES {
        match reader.read_event().map_err(unknown)? {
            Event::Start(element) => {
                listing.lists.extend(feed_of_outline(&element, base));
                path.push(element.local_name().as_ref().to_ascii_lowercase());
                if path.len() > DEPTH {
                    return Err(too_deep());
                }
            }
            Event::Empty(element) => listing.lists.extend(feed_of_outline(&element, base)),
            Event::End(_) => match path.pop().as_deref() {
                Some("url") => listing.entries.extend(std::mem::take(&mut item).entry(base)),
                Some("sitemap") => listing
                    .lists
                    .extend(std::mem::take(&mut item).entry(base).map(|entry| entry.url)),
                _ => {}
            },
            Event::DocType(text) => check_type(&text)?,
            Event::Text(text) => item.add(&path, &text),
            Event::CData(text) => item.add(&path, &text),
            // The one character of an address that must be written so.
            Event::GeneralRef(name) if name.as_ref() == "amp" => item.add(&path, "&"),
            Event::Eof => break,
            _ => {}
        }
    }
    Ok(listing)
}

/// A sitemap as plain text: an address on each line. <https://www.sitemaps.org/protocol.html>
fn read_lines(text: &str, base: &Url) -> Result<Listing, NoFeed> {
    let entry = |line: &str| {
        let url = Url::parse(line).ok().and_then(|url| address(url.as_str(), base));
        let url = url.ok_or_else(|| unknown(format!("`{line:.100}` is no address")))?;
        Ok(Entry { url, updated: None })
    };
    let lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
    Ok(Listing {
        entries: lines.take(ENTRIES).map(entry).collect::<Result<_, _>>()?,
        ..Listing::default()
    })
}

/// The first feed that a page names in its head. <https://html.spec.whatwg.org/multipage/links.html#rel-alternate>
fn feed_of_page(text: &str, base: &Url) -> Option<Url> {
    let links = Selector::parse("link[rel~=alternate][href]").ok()?;
    let (page, _) = super::html::parse(text);
    let feed = page.select(&links).find(|link| {
        let kind = link.value().attr("type").unwrap_or_default();
        matches!(
            kind,
            "application/rss+xml" | "application/atom+xml" | "application/feed+json"
        )
    });
    address(feed?.value().attr("href")?, base)
}

/// The feed that an `outline` of OPML names. <http://opml.org/spec2.opml>
fn feed_of_outline(element: &BytesStart<'_>, base: &Url) -> Option<Url> {
    if !element.local_name().as_ref().eq_ignore_ascii_case("outline") {
        return None;
    }
    let mut attributes = element.attributes().flatten();
    let feed = attributes.find(|attribute| attribute.key.as_ref().eq_ignore_ascii_case("xmlUrl"))?;
    address(&feed.value.replace("&amp;", "&"), base)
}

/// One `url` or `sitemap` of a sitemap while it is read.
#[derive(Default)]
struct Item {
    location: String,
    updated: String,
}

impl Item {
    /// Takes text at its place: a `loc` counts right within its item, not within an image of it.
    fn add(&mut self, path: &[String], text: &str) {
        if let [.., parent, field] = path
            && (parent == "url" || parent == "sitemap")
        {
            match field.as_str() {
                "loc" => self.location += text,
                "lastmod" => self.updated += text,
                _ => {}
            }
        }
    }

    fn entry(self, base: &Url) -> Option<Entry> {
        let updated = self.updated.trim();
        Some(Entry {
            url: address(&self.location, base)?,
            updated: (!updated.is_empty()).then(|| updated.to_owned()),
        })
    }
}

/// An address of the web.
fn address(text: &str, base: &Url) -> Option<Url> {
    let mut url = base.join(text.trim()).ok()?;
    url.set_fragment(None);
    (!text.trim().is_empty() && matches!(url.scheme(), "http" | "https") && url.has_host()).then_some(url)
}

fn too_deep() -> NoFeed {
    NoFeed::Unknown(format!("elements stand more than {DEPTH} deep in each other"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn base() -> Url {
        Url::parse("https://paper.example/feeds/all.xml").unwrap()
    }

    /// Addresses and times of the entries, and addresses of further lists.
    fn listed(text: &str) -> (Vec<String>, Vec<String>) {
        let listing = read(text.as_bytes(), &base()).unwrap();
        let entries = listing.entries.iter().map(|entry| match &entry.updated {
            Some(updated) => format!("{} {updated}", entry.url),
            None => entry.url.to_string(),
        });
        (entries.collect(), listing.lists.iter().map(Url::to_string).collect())
    }

    #[test]
    fn each_kind_of_list_names_its_articles() {
        for (text, entries, lists) in [
            (
                r#"<?xml version="1.0"?><rss version="2.0"><channel><title>Paper</title><link>https://paper.example/</link>
                <item><title>A</title><link>https://paper.example/a?x=1&amp;y=2</link><pubDate>Wed, 01 May 2024 08:00:00 GMT</pubDate></item>
                <item><title>B</title><link>/b#top</link></item><item><title>again</title><link>https://paper.example/b</link></item></channel></rss>"#,
                &[
                    "https://paper.example/a?x=1&y=2 2024-05-01T08:00:00+00:00",
                    "https://paper.example/b",
                ][..],
                &[][..],
            ),
            (
                r#"<feed xmlns="http://www.w3.org/2005/Atom"><title>Paper</title><id>x</id><updated>2024-05-02T00:00:00Z</updated>
                <entry><title>A</title><id>1</id><link rel="replies" href="/a/comments"/><link rel="alternate" href="/a"/>
                <updated>2024-05-02T00:00:00Z</updated><published>2024-05-01T00:00:00Z</published></entry></feed>"#,
                &["https://paper.example/a 2024-05-02T00:00:00+00:00"],
                &[],
            ),
            (
                r#"<rss version="2.0"><channel><title>Paper</title><item><title>A</title><guid>https://paper.example/a</guid></item>
                <item><title>B</title><guid isPermaLink="false">b-17</guid></item></channel></rss>"#,
                &["https://paper.example/a"],
                &[],
            ),
            (
                r#"{"version":"https://jsonfeed.org/version/1.1","title":"Paper","items":[{"id":"1","url":"https://paper.example/a","content_text":"x"},
                {"id":"https://paper.example/b","content_text":"x"}]}"#,
                &["https://paper.example/a", "https://paper.example/b"],
                &[],
            ),
            (
                r#"<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9" xmlns:image="http://www.google.com/schemas/sitemap-image/1.1">
                <url><loc> https://paper.example/a?x=1&amp;y=2 </loc><lastmod>2024-05-01</lastmod><image:image><image:loc>https://paper.example/a.jpg</image:loc></image:image></url>
                <url><loc><![CDATA[https://paper.example/b]]></loc></url><url><loc>javascript:alert(1)</loc></url></urlset>"#,
                &["https://paper.example/a?x=1&y=2 2024-05-01", "https://paper.example/b"],
                &[],
            ),
            (
                "<sitemapindex><sitemap><loc>https://paper.example/news.xml</loc><lastmod>2024-05-01</lastmod></sitemap></sitemapindex>",
                &[],
                &["https://paper.example/news.xml"],
            ),
            (
                r#"<opml version="2.0"><head><title>Papers</title></head><body><outline text="all"><outline type="rss" text="A" xmlUrl="https://a.example/rss?x=1&amp;y=2"/></outline></body></opml>"#,
                &[],
                &["https://a.example/rss?x=1&y=2"],
            ),
        ] {
            let (found, further) = listed(text);
            assert_eq!(
                (found.as_slice(), further.as_slice()),
                (
                    &entries.iter().map(ToString::to_string).collect::<Vec<_>>()[..],
                    &lists.iter().map(ToString::to_string).collect::<Vec<_>>()[..]
                ),
                "{text:.60}"
            );
        }
    }

    #[test]
    fn rss_of_no_version_or_an_odd_one_is_read() {
        let item = "<channel><title>Paper</title><item><title>A</title><link>/a</link><dc:date>2024-05-01</dc:date></item></channel></rss>";
        let spaces = "xmlns:dc='http://purl.org/dc/elements/1.1/' x='a \"b\" &lt;'";
        for version in [
            "",
            "version='2.0'",
            "version='2.00'",
            "version=\"0.93\"",
            "version='0.91'",
        ] {
            let feed = format!("<?xml version='1.0'?>\n<!-- a feed -->\n<rss {version} {spaces}>{item}");
            assert_eq!(read(feed.as_bytes(), &base()).unwrap().entries.len(), 1, "{version}");
        }
    }

    #[test]
    fn a_sitemap_may_be_packed_or_plain_text() {
        let text = "https://paper.example/a\r\n\n https://paper.example/b#x \n";
        let urls = ["https://paper.example/a", "https://paper.example/b"];
        assert_eq!(listed(text).0, urls);
        assert!(read(b"https://paper.example/a\nand words", &base()).is_err());
        let pack = |bytes: &[u8]| {
            let mut packer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
            std::io::Write::write_all(&mut packer, bytes).unwrap();
            packer.finish().unwrap()
        };
        let sitemap = "<urlset><url><loc>https://paper.example/a</loc></url></urlset>";
        for (bytes, entries) in [(sitemap.as_bytes(), 1), (text.as_bytes(), 2)] {
            assert_eq!(read(&pack(bytes), &base()).unwrap().entries.len(), entries);
        }
        let packed = pack(sitemap.as_bytes());
        assert!(read(&packed[..packed.len() / 2], &base()).is_err());
        assert!(read(&pack(&vec![b' '; 2 * LONGEST]), &base()).is_err(), "a bomb");
        assert!(read(&pack(&packed), &base()).is_err(), "packed twice");
    }

    #[test]
    fn a_page_is_no_list_but_may_name_its_feed() {
        let feed = "<link rel='alternate stylesheet' href='/a.css'><link rel=alternate type='application/rss+xml' href='/rss'>";
        for (head, named) in [(feed, Some("https://paper.example/rss")), ("", None)] {
            let page = format!("<!DOCTYPE html><html><head><meta charset=utf-8>{head}</head><body><p>Words");
            let Err(NoFeed::Page(feed)) = read(page.as_bytes(), &base()) else {
                panic!("{page}");
            };
            assert_eq!(feed.as_ref().map(Url::as_str), named);
        }
    }

    #[test]
    fn what_is_no_list_or_too_deep_is_refused() {
        let deep = format!("<rss><channel>{}", "<item>".repeat(5_000));
        let outlines = format!("<opml><body>{}", "<outline>".repeat(5_000));
        for text in [
            "",
            "hello",
            "<!DOCTYPE html><p>Not found",
            "{}",
            "[1]",
            &deep,
            &outlines,
            "<!DOCTYPE rss [<!ENTITY a 'ha'><!ENTITY b '&a;&a;'>]><rss version='2.0'><channel><title>&b;</title></channel></rss>",
            "<!DOCTYPE rss [<!ENTITY x SYSTEM 'file:///etc/passwd'>]><rss version='2.0'><channel><title>&x;</title></channel></rss>",
            "<!DOCTYPE urlset [<!ENTITY x 'https://paper.example/'>]><urlset><url><loc>&x;</loc></url></urlset>",
        ] {
            assert!(
                matches!(read(text.as_bytes(), &base()), Err(NoFeed::Unknown(_))),
                "{text:.40}"
            );
        }
        assert_eq!(read(&vec![b' '; LONGEST + 1], &base()), Err(NoFeed::TooLong));
    }

    #[test]
    fn a_feed_is_read_in_its_encoding_and_one_that_lies_about_it_harms_nobody() {
        let feed = |declaration: &str| {
            format!(
                "{declaration}<rss version='2.0'><channel><title>Été</title><item><link>https://paper.example/é</link></item></channel></rss>"
            )
        };
        let utf16 = |text: &str| text.encode_utf16().flat_map(u16::to_le_bytes).collect::<Vec<u8>>();
        let latin = |text: &str| {
            text.chars()
                .map(|c| u8::try_from(u32::from(c)).unwrap())
                .collect::<Vec<u8>>()
        };
        for bytes in [
            feed("").into_bytes(),
            feed("\u{feff}<?xml version='1.0' encoding='iso-8859-1'?>").into_bytes(),
            feed("\n<?xml version='1.0'?>").into_bytes(),
            latin(&feed("<?xml version='1.0' encoding=\"ISO-8859-1\"?>")),
            utf16(&feed("<?xml version='1.0' encoding='utf-16'?>")),
            utf16(&feed("\u{feff}<?xml version='1.0' encoding='utf-8'?>")),
            utf16(&feed("<?xml version='1.0' encoding='utf-8'?>")),
            feed("<?xml version='1.0' encoding='utf-16'?>").into_bytes(),
        ] {
            let listing = read(&bytes, &base()).unwrap();
            assert_eq!(listing.title.as_deref(), Some("Été"), "{bytes:?}");
            assert_eq!(listing.entries[0].url.as_str(), "https://paper.example/%C3%A9");
        }
        // Neither a second declaration nor a byte that is no text hides from us how deep it goes.
        let mut deep = b"<?xml version='1.0' encoding='iso-8859-1'?><rss><channel><title>\xe9</title>".to_vec();
        deep.extend("<item>".repeat(100_000).into_bytes());
        let midst = feed("").replace(
            "<item>",
            &format!("<?xml version='1.0' encoding='koi8-r'?>{}<item>", " ".repeat(9_000)),
        );
        for bytes in [deep, midst.into_bytes()] {
            assert!(matches!(read(&bytes, &base()), Err(NoFeed::Unknown(_))));
        }
        let html = format!(
            "{{\"version\": \"https://jsonfeed.org/version/1\", \"title\": \"A\", \"items\": [{{\"id\": \"1\", \"url\": \"https://paper.example/1\", \"content_html\": \"{}\"}}]}}",
            "<br>".repeat(300)
        );
        assert_eq!(read(html.as_bytes(), &base()).unwrap().entries.len(), 1);
    }

    proptest::proptest! {
        #[test]
        fn any_bytes_end_in_a_list_of_web_addresses_or_an_error(
            parts in proptest::collection::vec(proptest::sample::select(vec![
                "<rss>", "<channel>", "<item>", "<link>", "</link>", "</item>", "<urlset>", "<url>", "<loc>", "</loc>", "</url>", "<opml>",
                "<outline xmlUrl='x'>", "http://a.example/", "&amp;", "&x;", "<![CDATA[", "]]>", "<!--", "{\"version\":", "\"items\":[", "<feed>", "<entry>", "/>",
            ]), 0..40),
        ) {
            if let Ok(listing) = read(parts.concat().as_bytes(), &base()) {
                for url in listing.entries.iter().map(|entry| &entry.url).chain(&listing.lists) {
                    proptest::prop_assert!(matches!(url.scheme(), "http" | "https"));
                }
            }
        }
    }

    #[test]
    fn a_list_of_a_million_articles_is_refused_or_read_up_to_its_bound() {
        let base = Url::parse("https://paper.example/").unwrap();
        let of = |count: usize| -> Vec<u8> {
            let urls: String = (0..count).map(|n| format!("<url><loc>/{n}</loc></url>")).collect();
            format!("<urlset>{urls}</urlset>").into_bytes()
        };
        assert_eq!(read(&of(60_000), &base).unwrap().entries.len(), ENTRIES);
        assert_eq!(read(&of(1_000_000), &base), Err(NoFeed::TooLong));
    }
}
