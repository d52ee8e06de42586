//! The text of a post as X's JSON gives it: still HTML-escaped, links shortened, picture links at the end.

use serde_json::Value;

/// The text that a reader sees: cut to the displayed range, short links expanded, escapes undone.
/// Ranges and indices count code points of the still escaped text.
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
    let mut links: Vec<(usize, usize, &str)> = urls
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(|u| {
            let index = |i: usize| u["indices"][i].as_u64().and_then(|n| usize::try_from(n).ok());
            Some((index(0)?, index(1)?, u["expanded_url"].as_str()?))
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
}
