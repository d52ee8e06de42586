//! How much of a page may be parsed: HTML's tree construction is quadratic in open elements and in the attributes of a
//! tag, so a page that a stranger wrote is cut where either passes what real pages have. One linear pass, no tree.

use memchr::memchr;

/// Most bytes of a page that are parsed.
pub const PARSED: usize = 8 << 20;

/// Most elements open at once. Browsers stop nesting at 512; real pages leave some thousand unclosed at worst.
const OPEN: i64 = 3_000;

/// Most attributes of one tag.
const ATTRIBUTES: usize = 1_000;

/// Elements that never have an end tag, or whose end is implied by their next sibling.
const NOT_NESTING: &[&str] = &[
    "area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "param", "source", "track", "wbr", "p",
    "option", "dt", "dd", "tr", "td", "th", "tbody", "thead", "tfoot", "html", "head", "body", "path", "rect",
    "circle", "use",
];

/// The length of the page's beginning that is safe to parse, and the notice if that is not all of it.
#[must_use]
pub fn safe(html: &str) -> (usize, Option<&'static str>) {
    let bytes = html.as_bytes();
    let mut end = html.len().min(PARSED);
    while !html.is_char_boundary(end) {
        end -= 1;
    }
    let notice = (end < html.len()).then_some("input_cut");
    let bytes = &bytes[..end];
    let (mut at, mut open) = (0, 0_i64);
    while let Some(tag) = memchr(b'<', &bytes[at..]).map(|found| at + found) {
        let rest = &bytes[tag + 1..];
        match rest.first() {
            Some(b'!') if rest.starts_with(b"!--") => {
                at = memchr::memmem::find(&rest[3..], b"-->").map_or(end, |close| tag + 4 + close);
                continue;
            }
            Some(b'/') if rest.get(1).is_some_and(u8::is_ascii_alphabetic) => {
                if !is_not_nesting(name(&rest[1..])) {
                    open = (open - 1).max(0);
                }
                at = tag + 2;
                continue;
            }
            Some(first) if first.is_ascii_alphabetic() => {}
            _ => {
                at = tag + 1;
                continue;
            }
        }
        let name = name(rest);
        let Some((close, self_closing)) = end_of_tag(bytes, tag + 1 + name.len()) else {
            return (tag, Some("attributes_cut"));
        };
        if !self_closing && !is_not_nesting(name) {
            open += 1;
            if open > OPEN {
                return (tag, Some("nesting_cut"));
            }
        }
        at = close;
        // The text of these is not markup.
        for raw in [&b"script"[..], b"style", b"textarea", b"title"] {
            if name.eq_ignore_ascii_case(raw) {
                at = end_of_raw(bytes, close, raw);
                open = (open - 1).max(0);
            }
        }
    }
    (end, notice)
}

fn name(rest: &[u8]) -> &[u8] {
    let length = rest
        .iter()
        .position(|b| !b.is_ascii_alphanumeric() && *b != b'-')
        .unwrap_or(rest.len());
    &rest[..length]
}

fn is_not_nesting(name: &[u8]) -> bool {
    NOT_NESTING
        .iter()
        .any(|known| name.eq_ignore_ascii_case(known.as_bytes()))
}

/// One past the tag's `>`, and whether `/` stands before it; `None` if the tag has too many attributes. A tag that never
/// ends reaches to the end.
fn end_of_tag(bytes: &[u8], from: usize) -> Option<(usize, bool)> {
    let (mut at, mut attributes) = (from, 0);
    while at < bytes.len() {
        match bytes[at] {
            b'>' => return Some((at + 1, at > from && bytes[at - 1] == b'/')),
            b'"' | b'\'' if at > 0 && matches!(bytes[at - 1], b'=' | b' ') => {
                at = memchr(bytes[at], &bytes[at + 1..]).map_or(bytes.len(), |close| at + 2 + close);
                continue;
            }
            b' ' | b'\n' | b'\t' | b'\r' | b'\x0c' | b'/'
                if bytes
                    .get(at + 1)
                    .is_some_and(|b| !b.is_ascii_whitespace() && !matches!(b, b'/' | b'>' | b'=')) =>
            {
                attributes += 1;
                if attributes > ATTRIBUTES {
                    return None;
                }
            }
            _ => {}
        }
        at += 1;
    }
    Some((bytes.len(), false))
}

/// Where the text of a raw element ends: at its end tag, or nowhere.
fn end_of_raw(bytes: &[u8], from: usize, name: &[u8]) -> usize {
    let mut at = from;
    while let Some(found) = memchr::memmem::find(&bytes[at..], b"</") {
        let tag = at + found;
        if bytes[tag + 2..]
            .get(..name.len())
            .is_some_and(|n| n.eq_ignore_ascii_case(name))
        {
            return tag;
        }
        at = tag + 2;
    }
    bytes.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_as_people_write_them_are_parsed_whole() {
        let page = format!(
            "<html><body>{}</body></html>",
            "<div><p>one<p>two<li>three</li><br><img src='a'/></div>".repeat(9_000)
        );
        assert_eq!(safe(&page), (page.len(), None));
        let data = format!("<div data-x='{}'>x</div>", "{\"a\": \"b c d e f\"} ".repeat(9_000));
        assert_eq!(safe(&data), (data.len(), None));
        let script = format!("<script>{}</script><p>x", "'<div><div>'".repeat(9_000));
        assert_eq!(safe(&script), (script.len(), None));
    }

    #[test]
    fn nesting_and_attributes_that_no_page_has_are_cut() {
        assert_eq!(safe(&"<div>".repeat(100_000)).1, Some("nesting_cut"));
        assert_eq!(safe(&"<a>x".repeat(30_000)).1, Some("nesting_cut"));
        let attributes: String = (0..60_000).map(|i| format!(" a{i}=1")).collect();
        assert_eq!(
            safe(&format!("<p>before</p><div{attributes}>")),
            (13, Some("attributes_cut"))
        );
    }

    #[test]
    fn a_page_over_the_limit_is_cut_at_a_character() {
        let page = "é".repeat(PARSED);
        let (length, notice) = safe(&page);
        assert!(length <= PARSED && page.is_char_boundary(length));
        assert_eq!(notice, Some("input_cut"));
    }
}
