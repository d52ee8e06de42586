//! Lists of addresses that a person keeps: plain lines, CSV or JSON lines with a `url`, bookmarks; told by their content.

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
}

impl Addresses {
    fn add(&mut self, line: usize, text: &str) {
        match Url::parse(text.trim()) {
            Ok(url) if matches!(url.scheme(), "http" | "https") => {
                if self.urls.len() < ADDRESSES {
                    self.urls.push(url);
                }
            }
            _ => self.bad.push((line, text.trim().chars().take(100).collect())),
        }
    }
}

/// Reads a list. Empty lines and lines that begin with `#` say nothing.
#[must_use]
pub fn read(bytes: &[u8]) -> Addresses {
    let text = String::from_utf8_lossy(bytes);
    let text = text.trim_start_matches('\u{feff}');
    let mut found = Addresses::default();
    let lines = || {
        text.lines()
            .enumerate()
            .map(|(index, line)| (index + 1, line.trim()))
            .filter(|(_, line)| !line.is_empty() && !line.starts_with('#'))
    };
    let first = lines().next().map_or("", |(_, line)| line);
    if first.starts_with('<') {
        bookmarks(text, &mut found);
    } else if first.starts_with('{') {
        for (number, line) in lines() {
            let row: serde_json::Value = serde_json::from_str(line).unwrap_or_default();
            found.add(number, row["url"].as_str().unwrap_or(line));
        }
    } else if let Some(column) = url_column(first) {
        table(text, column, &mut found);
    } else {
        lines().for_each(|(number, line)| found.add(number, line));
    }
    let mut seen = std::collections::HashSet::new();
    found.urls.retain(|url| seen.insert(url.clone()));
    found
}

/// Which column of a table's head is `url`, else `link`, as archivers' own tables have it.
fn url_column(head: &str) -> Option<usize> {
    let named = |wanted: &str| {
        head.split(',')
            .position(|name| name.trim().trim_matches('"').eq_ignore_ascii_case(wanted))
    };
    named("url").or_else(|| named("link"))
}

fn table(text: &str, column: usize, found: &mut Addresses) {
    let mut rows = csv::ReaderBuilder::new()
        .flexible(true)
        .comment(Some(b'#'))
        .from_reader(text.as_bytes());
    for row in rows.records() {
        match row {
            Ok(row) => {
                let line = row.position().map_or(0, |at| usize::try_from(at.line()).unwrap_or(0));
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
                "{\"url\": \"https://a.example/1\"}\n{\"href\": 1}\n",
                &["https://a.example/1"],
                &[2],
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

    proptest::proptest! {
        #[test]
        fn any_bytes_end_in_a_list(bytes in proptest::collection::vec(proptest::num::u8::ANY, 0..200)) {
            let found = read(&bytes);
            proptest::prop_assert!(found.urls.len() + found.bad.len() <= bytes.len());
        }
    }
}
