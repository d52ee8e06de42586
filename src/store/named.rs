//! How a person may name an article or a target: by its row, its key, or its address in any spelling.

use url::Url;

use super::target::key_of;
use crate::citation::Cited;

/// What may stand in the archive for a name, the likeliest first: the name as it was given; the row behind `word` and a colon;
/// an address as the URL standard writes it (browsers show `/фото` for `/%D1%84…`), and the key of the post or page that it
/// leads to.
pub(super) fn spellings(name: &str, word: &str) -> Vec<String> {
    let mut spellings = vec![name.to_owned()];
    if let Some(row) = name.strip_prefix(word).and_then(|rest| rest.strip_prefix(':')) {
        spellings.push(row.to_owned());
    } else if let Ok(url) = Url::parse(name)
        && matches!(url.scheme(), "http" | "https")
    {
        let key = match Cited::of(&url) {
            Cited::Post(post) => Some(key_of(&post)),
            Cited::Link(url) => Some(url.into()),
            Cited::UnidentifiedPost { .. } => None,
        };
        spellings.push(url.into());
        spellings.extend(key);
    }
    spellings
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_stands_for_a_row_a_key_and_every_spelling_of_an_address() {
        for (name, word, also) in [
            ("7", "article", &[][..]),
            ("article:7", "article", &["7"]),
            ("article:7", "target", &[]),
            ("x:1785600110366674944", "target", &[]),
            (
                "http://paper.example/été?utm_source=x",
                "article",
                &[
                    "http://paper.example/%C3%A9t%C3%A9?utm_source=x",
                    "http://paper.example/%C3%A9t%C3%A9",
                ],
            ),
            (
                "https://mobile.twitter.com/a/status/1785600110366674944?s=20",
                "target",
                &[
                    "https://mobile.twitter.com/a/status/1785600110366674944?s=20",
                    "x:1785600110366674944",
                ],
            ),
        ] {
            let found = spellings(name, word);
            assert_eq!(found[0], name);
            assert_eq!(found[1..], *also, "{name}");
        }
    }
}
