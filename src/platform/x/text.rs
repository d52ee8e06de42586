//! The text of a post as X's JSON gives it: still HTML-escaped, links shortened, picture links at the end.

use serde_json::Value;

/// Longest text in which links are looked for by their words, in bytes.
const LONGEST: usize = 100_000;

/// Most links of a text that are expanded.
const MOST: usize = 1_000;

/// The text that a reader sees: cut to the displayed range, short links expanded, escapes undone.
/// Ranges and indices count code points of the still escaped text; where a short link does not stand at the place that is told
/// (some answers count otherwise), it is looked for.
#[must_use]
pub fn plain(text: &str, range: &Value, urls: &Value) -> String {
    let chars: Vec<char> = text.chars().collect();
    let bound = |i: usize, otherwise: usize| {
        range[i]
            .as_u64()
            .and_then(|n| usize::try_from(n).ok())
            .unwrap_or(otherwise)
            .min(chars.len())
    };
    let (start, end) = (bound(0, 0), bound(1, chars.len()));
    let place = |link: &Value| {
        let index = |i: usize| link["indices"][i].as_u64().and_then(|n| usize::try_from(n).ok());
        let told = index(0).zip(index(1));
        let Some(short) = link["url"].as_str().filter(|s| !s.is_empty() && text.len() <= LONGEST) else {
            return told;
        };
        let is_there =
            |from: usize, to: usize| chars.get(from..to).is_some_and(|c| c.iter().copied().eq(short.chars()));
        told.filter(|(from, to)| is_there(*from, *to)).or_else(|| {
            let from = text[..text.find(short)?].chars().count();
            Some((from, from + short.chars().count()))
        })
    };
    let mut links: Vec<(usize, usize, &str)> = urls
        .as_array()
        .into_iter()
        .flatten()
        .take(MOST)
        .filter_map(|link| {
            let (from, to) = place(link)?;
            Some((from, to, link["expanded_url"].as_str()?))
        })
        .collect();
    links.sort_unstable();
    let mut out = String::with_capacity(text.len());
    let mut at = start;
    for (from, to, expanded) in links {
        if from >= at && from < to && to <= end {
            out.extend(&chars[at..from]);
            out.push_str(expanded);
            at = to;
        }
    }
    out.extend(chars.get(at..end).unwrap_or_default());
    unescape(&out).trim_end().to_owned()
}

/// Undoes the three escapes that X's JSON applies.
#[must_use]
pub fn unescape(text: &str) -> String {
    text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn ranges_and_indices_that_lie_are_survived() {
        let lying =
            json!({"display_text_range": [9, 3], "entities": {"urls": [{"indices": [0, 900], "expanded_url": "x"}]}});
        assert_eq!(
            plain("hello", &lying["display_text_range"], &lying["entities"]["urls"]),
            ""
        );
        assert_eq!(plain("a &amp;lt; b", &Value::Null, &json!({})), "a &lt; b");
    }

    #[test]
    fn a_link_is_expanded_where_it_stands_also_where_its_indices_count_otherwise() {
        let text = "🌊🌊 see https://t.co/a now";
        for indices in [json!([7, 21]), json!([9, 23]), Value::Null, json!([900, 1000])] {
            let urls = json!([{"url": "https://t.co/a", "expanded_url": "https://river.example/", "indices": indices}]);
            assert_eq!(
                plain(text, &Value::Null, &urls),
                "🌊🌊 see https://river.example/ now",
                "{urls}"
            );
        }
    }
}
