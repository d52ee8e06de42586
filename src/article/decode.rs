//! Bytes to text: which encoding, page or plain text, and what is neither.

use encoding_rs::{Encoding, UTF_8, WINDOWS_1252};
use thiserror::Error;

use super::{Format, Found, Hints};

/// Bytes looked at for a declaration of the encoding (twice the 1,024 of the HTML standard: real pages are late).
const DECLARATION: usize = 4096;

/// Bytes looked at to tell a page from text, and binary data from both.
const SNIFFED: usize = 64 << 10;

/// Why bytes are no article.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{what}")]
pub struct Unreadable {
    /// What they are instead.
    pub what: &'static str,
}

/// Text and how it was read.
pub(super) struct Decoded {
    pub text: String,
    pub format: Format,
    pub charset: Found<&'static str>,
    pub notices: Vec<String>,
}

/// First bytes of what is often mistaken for an article.
const MAGIC: &[(&[u8], &str)] = &[
    (b"%PDF-", "is a PDF document, not a page or text"),
    (
        b"PK\x03\x04",
        "is a ZIP file (or an office document), not a page or text",
    ),
    (b"\x1f\x8b", "is a gzip file, not a page or text"),
    (b"\x89PNG", "is a picture, not a page or text"),
    (b"\xff\xd8\xff", "is a picture, not a page or text"),
    (b"GIF8", "is a picture, not a page or text"),
    (b"SQLite format 3\0", "is an SQLite database, not a page or text"),
    (b"\x7fELF", "is a program, not a page or text"),
];

/// Reads bytes as text: byte order mark, then what was declared, unless the bytes contradict it, then a guess.
pub(super) fn decode(bytes: &[u8], hints: &Hints) -> Result<Decoded, Unreadable> {
    if bytes.iter().all(u8::is_ascii_whitespace) {
        return Err(Unreadable { what: "is empty" });
    }
    if let Some((_, what)) = MAGIC.iter().find(|(magic, _)| bytes.starts_with(magic)) {
        return Err(Unreadable { what });
    }
    let mut notices = Vec::new();
    let utf8 = std::str::from_utf8(bytes);
    let (encoding, source) = choose(bytes, utf8.is_ok(), hints, &mut notices);
    let mut text = match utf8 {
        Ok(text) if encoding == UTF_8 => text.strip_prefix('\u{feff}').unwrap_or(text).to_owned(),
        _ => encoding.decode(bytes).0.into_owned(),
    };
    if is_binary(&text) {
        return Err(Unreadable {
            what: "is binary data, not a page or text",
        });
    }
    if memchr::memchr(0, text.as_bytes()).is_some() {
        text.retain(|c| c != '\0');
    }
    let format = if is_page(&text) { Format::Html } else { Format::Text };
    Ok(Decoded {
        text,
        format,
        charset: Found {
            value: encoding.name(),
            source,
        },
        notices,
    })
}

fn choose(bytes: &[u8], is_valid: bool, hints: &Hints, notices: &mut Vec<String>) -> (&'static Encoding, &'static str) {
    if let Some((encoding, _)) = Encoding::for_bom(bytes) {
        return (encoding, "bom");
    }
    let header = hints
        .content_type
        .as_deref()
        .and_then(charset_of)
        .map(|e| (e, "header"));
    let declared = header.or_else(|| declared_in(bytes).map(|e| (e, "meta")));
    // Declarations are often wrong; text of any length that is valid UTF-8 by chance is not.
    if is_valid || is_utf8(bytes) {
        if let Some((encoding, source)) = declared {
            if encoding == UTF_8 {
                return (UTF_8, source);
            }
            if !bytes.is_ascii() {
                notices.push(format!(
                    "charset_mismatch: declared {} ({source}), is UTF-8",
                    encoding.name()
                ));
                return (UTF_8, "utf-8");
            }
            return (encoding, source);
        }
        return (UTF_8, "utf-8");
    }
    match declared {
        Some((encoding, source)) if encoding != UTF_8 && !encoding.decode(bytes).2 => (encoding, source),
        _ => {
            if let Some((encoding, source)) = declared {
                notices.push(format!(
                    "charset_mismatch: declared {} ({source}), is not",
                    encoding.name()
                ));
            }
            (guess(bytes), "guess")
        }
    }
}

/// Whether the bytes are UTF-8 but for a few bad places in text that otherwise plainly is.
fn is_utf8(bytes: &[u8]) -> bool {
    let (mut bad, mut good) = (0_usize, 0_usize);
    for chunk in bytes.utf8_chunks() {
        good += chunk.valid().chars().filter(|c| !c.is_ascii()).count();
        bad += usize::from(!chunk.invalid().is_empty());
    }
    bad * 20 < good
}

fn guess(bytes: &[u8]) -> &'static Encoding {
    let mut detector = chardetng::EncodingDetector::new(chardetng::Iso2022JpDetection::Deny);
    detector.feed(&bytes[..bytes.len().min(1 << 20)], true);
    let guessed = detector.guess(None, chardetng::Utf8Detection::Deny);
    // Windows' punctuation (curly quotes, dashes) is what most undeclared bytes over 0x7f are.
    if guessed.decode(bytes).2 { WINDOWS_1252 } else { guessed }
}

/// The encoding in a Content-Type or a declaration: what follows `charset=`.
fn charset_of(declaration: &str) -> Option<&'static Encoding> {
    let lower = declaration.to_ascii_lowercase();
    let (_, rest) = lower.split_once("charset")?;
    let rest = rest
        .trim_start()
        .strip_prefix('=')?
        .trim_start_matches([' ', '"', '\'']);
    let label: &str = rest
        .split(|c: char| !c.is_ascii_alphanumeric() && !matches!(c, '-' | '_' | ':' | '.'))
        .next()?;
    // A declaration that can be read as ASCII is not of UTF-16 (HTML standard, "prescan").
    Encoding::for_label(label.as_bytes()).map(|e| if e.name().starts_with("UTF-16") { UTF_8 } else { e })
}

fn declared_in(bytes: &[u8]) -> Option<&'static Encoding> {
    let head = String::from_utf8_lossy(&bytes[..bytes.len().min(DECLARATION)]).to_ascii_lowercase();
    let mut rest = head.as_str();
    while let Some(at) = rest.find("<meta") {
        rest = &rest[at + 5..];
        let tag = &rest[..rest.find('>').unwrap_or(rest.len())];
        if let Some(encoding) = charset_of(tag) {
            return Some(encoding);
        }
    }
    None
}

/// Text has hardly any control characters and not many characters that could not be read.
fn is_binary(text: &str) -> bool {
    // Most texts have none of the bytes that odd characters begin with.
    let may_be_odd = |b: u8| matches!(b, 0..=8 | 0x0b | 0x0e..=0x1f | 0x7f | 0xc2 | 0xef);
    let beginning = &text.as_bytes()[..text.len().min(4 * SNIFFED)];
    let any_odd = |bytes: &[u8]| bytes.iter().fold(false, |any, b| any | may_be_odd(*b));
    if !beginning.chunks(1 << 10).any(any_odd) {
        return false;
    }
    let (mut odd, mut all) = (0_usize, 0_usize);
    for c in text.chars().take(SNIFFED) {
        all += 1;
        odd += usize::from(c == '\u{fffd}' || (c.is_control() && !matches!(c, '\n' | '\r' | '\t' | '\x0c' | '\u{85}')));
    }
    odd * 20 > all
}

/// Whether text is markup: it begins with a tag, or has the tags of a document near its beginning.
fn is_page(text: &str) -> bool {
    const TAGS: [&str; 12] = [
        "<!doctype html",
        "<html",
        "<head",
        "<body",
        "<article",
        "<div",
        "<p>",
        "<p ",
        "<blockquote",
        "<section",
        "<main",
        "<meta ",
    ];
    let head = text[..text.floor_char_boundary(SNIFFED)].trim_start_matches(['\u{feff}', ' ', '\n', '\r', '\t']);
    let begins = |tag: &str| {
        head.get(..tag.len())
            .is_some_and(|start| start.eq_ignore_ascii_case(tag))
    };
    if begins("<!doctype") || begins("<html") {
        return true;
    }
    let head = head.to_ascii_lowercase();
    let tags = TAGS.iter().filter(|tag| head.contains(**tag)).count();
    (head.starts_with('<') && tags >= 1) || tags >= 3
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(bytes: &[u8], content_type: Option<&str>) -> Decoded {
        let hints = Hints {
            content_type: content_type.map(str::to_owned),
            ..Hints::default()
        };
        decode(bytes, &hints).unwrap()
    }

    #[test]
    fn the_encoding_is_found_by_mark_header_declaration_or_guess() {
        for (bytes, content_type, charset, source, part) in [
            (&b"\xef\xbb\xbfcaf\xc3\xa9"[..], None, "UTF-8", "bom", "café"),
            (
                b"caf\xe9 \x97 bar",
                Some("text/plain; charset=windows-1252"),
                "windows-1252",
                "header",
                "café — bar",
            ),
            (
                b"<meta charset=iso-8859-1><p>caf\xe9</p>",
                None,
                "windows-1252",
                "meta",
                "café",
            ),
            (
                b"<meta charset=\"euc-jp\"><p>caf\xc3\xa9</p>",
                None,
                "UTF-8",
                "utf-8",
                "café",
            ),
            (b"plain caf\xc3\xa9", None, "UTF-8", "utf-8", "café"),
            (
                b"Then \x97 he said \x93no\x94 \x97 they left the room",
                None,
                "windows-1252",
                "guess",
                "Then — he",
            ),
        ] {
            let decoded = read(bytes, content_type);
            assert_eq!(
                (decoded.charset.value, decoded.charset.source),
                (charset, source),
                "{part}"
            );
            assert!(decoded.text.contains(part), "{:?}", decoded.text);
        }
    }

    #[test]
    fn one_bad_byte_does_not_make_utf8_something_else() {
        let mut bytes = "Çağdaş ülkeler için şöyle böyle ğüşıöç ğüşıöç".repeat(2).into_bytes();
        bytes.push(0xff);
        assert_eq!(read(&bytes, None).charset.value, "UTF-8");
    }

    #[test]
    fn pages_and_texts_are_told_apart_and_binary_data_is_neither() {
        assert_eq!(read(b"<!DOCTYPE html><title>x</title>", None).format, Format::Html);
        assert_eq!(read(b"\n<p>One paragraph</p>", None).format, Format::Html);
        assert_eq!(
            read(b"In HTML, a <p> tag begins a paragraph.", None).format,
            Format::Text
        );
        for bytes in [
            &b"%PDF-1.7\n1 0 obj"[..],
            b"",
            b"  \n",
            b"PK\x03\x04rest",
            b"\x00\x01\x02\x03\x04\x05\x06\x07",
        ] {
            assert!(decode(bytes, &Hints::default()).is_err(), "{bytes:?}");
        }
    }
}
