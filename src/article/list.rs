//! Lists of addresses that a person keeps: plain lines, CSV or JSON lines with a `url`, bookmarks; told by their content.

use encoding_rs::UTF_8;
use scraper::Selector;
use url::Url;

/// Most addresses of a list.
const ADDRESSES: usize = 100_000;

/// What a list names.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Addresses {
    /// Addresses in order, each once.
    pub urls: Vec<Url>,
    /// Lines that name none: number from 1, and what stands there.
    pub bad: Vec<(usize, String)>,
    /// How many addresses there are beyond the most that a list may have; none of them is in `urls`.
    pub left_out: usize,
}

impl Addresses {
    fn add(&mut self, line: usize, text: &str) {
        match Url::parse(text.trim()) {
            Ok(url) if matches!(url.scheme(), "http" | "https") => {
                if self.urls.len() < ADDRESSES {
                    self.urls.push(url);
                } else {
                    self.left_out += 1;
                }
            }
            _ => self.bad.push((line, text.trim().chars().take(100).collect())),
        }
    }
}

/// Reads a list. Empty lines and lines that begin with `#` say nothing.
#[must_use]
pub fn read(bytes: &[u8]) -> Addresses {
    // By its byte order mark, as spreadsheets write it, else UTF-8.
    let (text, _, _) = UTF_8.decode(bytes);
    let mut found = Addresses::default();
    let lines = || {
        text.lines()
            .enumerate()
            .map(|(index, line)| (index + 1, line.trim()))
            .filter(|(_, line)| !line.is_empty() && !line.starts_with('#'))
    };
    let first = lines().next().map_or("", |(_, line)| line);
    if first.starts_with('<') {
        bookmarks(&text, &mut found);
    } else if first.starts_with('{') {
        for (number, line) in lines() {
            let row: serde_json::Value = serde_json::from_str(line).unwrap_or_default();
            let url = NAMES.iter().find_map(|name| row[*name].as_str());
            found.add(number, url.unwrap_or(line));
        }
    } else if let Some((delimiter, column)) = url_column(first) {
        table(&text, delimiter, column, &mut found);
    } else {
        lines().for_each(|(number, line)| found.add(number, line));
    }
    let mut seen = std::collections::HashSet::new();
    found.urls.retain(|url| seen.insert(url.clone()));
    found
}

/// What the address is called in a row, the first before the second: `link` is what archivers' own tables call it.
const NAMES: [&str; 2] = ["url", "link"];

/// By which character the head of a table parts its columns, and which of them holds addresses. Spreadsheets take a semicolon where the
/// comma stands before decimals, and a tab where they are asked for text.
fn url_column(head: &str) -> Option<(u8, usize)> {
    NAMES.iter().find_map(|wanted| {
        [b',', b';', b'\t'].into_iter().find_map(|delimiter| {
            let mut names = head.split(char::from(delimiter));
            let column = names.position(|name| name.trim().trim_matches('"').eq_ignore_ascii_case(wanted))?;
            Some((delimiter, column))
        })
    })
}

fn table(text: &str, delimiter: u8, column: usize, found: &mut Addresses) {
    let mut rows = csv::ReaderBuilder::new()
        .flexible(true)
        .delimiter(delimiter)
        .comment(Some(b'#'))
        .from_reader(text.as_bytes());
    // The reader's own count takes the second half of a line's end for a beginning.
    let (mut counted, mut line) = (0, 1);
    for row in rows.records() {
        match row {
            Ok(row) => {
                let begins = row.position().map_or(0, |at| usize::try_from(at.byte()).unwrap_or(0));
                let ends = |byte: &&u8| matches!(byte, b'\r' | b'\n');
                let begins = begins + text.as_bytes()[begins..].iter().take_while(ends).count();
                line += text.as_bytes()[counted..begins]
                    .iter()
                    .filter(|byte| **byte == b'\n')
                    .count();
                counted = begins;
                found.add(line, row.get(column).unwrap_or_default());
            }
            Err(error) => found.bad.push((0, error.to_string())),
        }
    }
}

/// The links of a bookmark file. <https://learn.microsoft.com/en-us/previous-versions/windows/internet-explorer/ie-developer/platform-apis/aa753582(v=vs.85)>
fn bookmarks(text: &str, found: &mut Addresses) {
    let Ok(links) = Selector::parse("a[href]") else { return };
    let (document, _) = super::html::parse(text);
    for (index, link) in document.select(&links).enumerate() {
        let href = link.value().attr("href").unwrap_or_default();
        // Browsers keep scripts and searches among them.
        if href.starts_with("http") {
            found.add(index + 1, href);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_kind_of_list_names_its_addresses_and_bad_lines_cost_only_themselves() {
        for (text, urls, bad) in [
            (
                "https://a.example/1\n\n# note\n  https://a.example/2 \nnot one\nhttps://a.example/1\n",
                &["https://a.example/1", "https://a.example/2"][..],
                &[5][..],
            ),
            (
                "title,url\n\"A, B\",https://a.example/1\nC,ftp://a.example/2\n",
                &["https://a.example/1"],
                &[3],
            ),
            (
                "Link,Archive status\nhttps://a.example/1,wayback: success\n,not yet\n",
                &["https://a.example/1"],
                &[3],
            ),
            (
                "\u{feff}Titre;\"URL\"\r\n\"A; B\";https://a.example/1,2\r\nC;rien\r\n",
                &["https://a.example/1,2"],
                &[3],
            ),
            ("Title\tURL\nA, B\thttps://a.example/1\n", &["https://a.example/1"], &[]),
            (
                "{\"url\": \"https://a.example/1\"}\n{\"link\": \"https://a.example/2\"}\n{\"href\": 1}\n",
                &["https://a.example/1", "https://a.example/2"],
                &[3],
            ),
            (
                "<!DOCTYPE NETSCAPE-Bookmark-file-1><DL><DT><A HREF=\"https://a.example/1\">A</A><DT><A HREF=\"javascript:x\">B</A></DL>",
                &["https://a.example/1"],
                &[],
            ),
            ("", &[], &[]),
        ] {
            let found = read(text.as_bytes());
            assert_eq!(found.urls.iter().map(Url::as_str).collect::<Vec<_>>(), urls, "{text}");
            assert_eq!(
                found.bad.iter().map(|(line, _)| *line).collect::<Vec<_>>(),
                bad,
                "{text}"
            );
        }
    }

    #[test]
    fn a_list_in_utf_16_is_read_and_what_is_beyond_the_bound_is_counted() {
        let words = "\u{feff}Title\tURL\r\nA\thttps://a.example/1\r\n";
        let utf16: Vec<u8> = words.encode_utf16().flat_map(u16::to_le_bytes).collect();
        assert_eq!(read(&utf16).urls.len(), 1);
        let many: String = (0..=ADDRESSES).map(|n| format!("https://a.example/{n}\n")).collect();
        let found = read(many.as_bytes());
        assert_eq!((found.urls.len(), found.left_out), (ADDRESSES, 1));
    }

    proptest::proptest! {
        #[test]
        fn any_bytes_end_in_a_list(bytes in proptest::collection::vec(proptest::num::u8::ANY, 0..200)) {
            let found = read(&bytes);
            proptest::prop_assert!(found.urls.len() + found.bad.len() <= bytes.len());
        }
    }
}
