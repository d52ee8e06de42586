//! The ledger's line, leaf and head: canonical JSON (RFC 8785; strings and integers, ASCII keys) and the hash chain.

use std::borrow::Cow;

use sha2::{Digest, Sha256};

use super::row::hex;

/// The head before the first entry.
pub(crate) const FIRST_HEAD: &str = "0000000000000000000000000000000000000000000000000000000000000000";

/// A value in a line.
pub(super) enum Field<'a> {
    /// A string.
    Text(Cow<'a, str>),
    /// A digest, written as hex.
    Digest([u8; 32]),
    /// An integer.
    Integer(i64),
    /// A list of digests.
    Digests(Vec<[u8; 32]>),
    /// The exchanges of the event, oldest first.
    Exchanges(Vec<ExchangeSeal<'a>>),
}

/// What a line says about one exchange.
pub(super) struct ExchangeSeal<'a> {
    /// Digest of the body as received.
    pub body: Option<[u8; 32]>,
    /// Digest of the request headers followed by the response headers, as stored.
    pub head: [u8; 32],
    /// Status, if there was a response.
    pub status: Option<i64>,
    /// Address asked.
    pub url: Cow<'a, str>,
    /// Digest of the record of somebody else's web archive that it was taken from.
    pub record: Option<[u8; 32]>,
    /// Digest of the record that this one revisits.
    pub revisits: Option<[u8; 32]>,
}

/// One event as canonical JSON.
pub(super) fn line(mut fields: Vec<(&'static str, Field<'_>)>) -> String {
    fields.sort_unstable_by_key(|(key, _)| *key);
    let mut out = String::with_capacity(512);
    for (key, field) in &fields {
        open(&mut out, key);
        match field {
            Field::Text(text) => string(&mut out, text),
            Field::Digest(digest) => quoted_hex(&mut out, digest),
            Field::Integer(number) => out.push_str(&number.to_string()),
            Field::Digests(digests) => list(&mut out, digests, |out, digest| quoted_hex(out, digest)),
            Field::Exchanges(seals) => list(&mut out, seals, exchange),
        }
    }
    out.push_str(if fields.is_empty() { "{}" } else { "}" });
    out
}

fn exchange(out: &mut String, seal: &ExchangeSeal<'_>) {
    let start = out.len();
    if let Some(body) = &seal.body {
        member(out, start, "body");
        quoted_hex(out, body);
    }
    member(out, start, "head");
    quoted_hex(out, &seal.head);
    for (name, record) in [("record", &seal.record), ("revisits", &seal.revisits)] {
        if let Some(record) = record {
            member(out, start, name);
            quoted_hex(out, record);
        }
    }
    if let Some(status) = seal.status {
        member(out, start, "status");
        out.push_str(&status.to_string());
    }
    member(out, start, "url");
    string(out, &seal.url);
    out.push('}');
}

fn open(out: &mut String, key: &str) {
    member(out, 0, key);
}

fn member(out: &mut String, start: usize, key: &str) {
    out.push_str(if out.len() == start { "{\"" } else { ",\"" });
    out.push_str(key);
    out.push_str("\":");
}

fn list<T>(out: &mut String, items: &[T], mut each: impl FnMut(&mut String, &T)) {
    out.push('[');
    for (index, item) in items.iter().enumerate() {
        if index > 0 {
            out.push(',');
        }
        each(out, item);
    }
    out.push(']');
}

fn quoted_hex(out: &mut String, digest: &[u8]) {
    out.push('"');
    out.push_str(&hex(digest));
    out.push('"');
}

/// A string as RFC 8785 §3.2.2.2 writes it.
fn string(out: &mut String, text: &str) {
    out.push('"');
    let mut done = 0;
    for (index, byte) in text.bytes().enumerate() {
        let short = match byte {
            b'"' => "\\\"",
            b'\\' => "\\\\",
            8 => "\\b",
            9 => "\\t",
            10 => "\\n",
            12 => "\\f",
            13 => "\\r",
            0..=31 => "",
            _ => continue,
        };
        out.push_str(&text[done..index]);
        if short.is_empty() {
            out.push_str("\\u00");
            out.push_str(&hex(&[byte]));
        } else {
            out.push_str(short);
        }
        done = index + 1;
    }
    out.push_str(&text[done..]);
    out.push('"');
}

/// `SHA-256(0x00 ‖ line)` in hex.
pub(crate) fn leaf(line: &str) -> String {
    hex(&Sha256::new().chain_update([0]).chain_update(line).finalize())
}

/// `SHA-256("<previous head> <leaf>\n")` in hex.
pub(crate) fn head(previous: &str, leaf: &str) -> String {
    let digest = Sha256::new()
        .chain_update(previous)
        .chain_update(" ")
        .chain_update(leaf)
        .chain_update("\n")
        .finalize();
    hex(&digest)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_canonical_json_that_any_parser_reads_back() {
        let nasty = "\u{0}\u{1f}\"\\/\u{8}\t\n\u{c}\r é\u{2028}\u{1f600}\u{7f}";
        let line = line(vec![
            ("zebra", Field::Integer(-7)),
            ("apple", Field::Text(nasty.into())),
            (
                "exchanges",
                Field::Exchanges(vec![ExchangeSeal {
                    body: None,
                    head: [1; 32],
                    status: Some(404),
                    url: "https://example.org/".into(),
                    record: Some([4; 32]),
                    revisits: Some([5; 32]),
                }]),
            ),
            ("digests", Field::Digests(vec![[2; 32], [3; 32]])),
        ]);
        let value: serde_json::Value = serde_json::from_str(&line).unwrap();
        assert_eq!(value["apple"], nasty);
        assert_eq!(value["zebra"], -7);
        // serde_json keeps objects sorted and escapes as RFC 8785 asks, so writing it again changes nothing.
        assert_eq!(serde_json::to_string(&value).unwrap(), line);
    }

    #[test]
    fn leaf_and_head_are_those_of_the_documented_commands() {
        // printf '\0{"seq":0}' | sha256sum; printf '%064d %s\n' 0 LEAF | sha256sum
        let leaf = leaf("{\"seq\":0}");
        assert_eq!(leaf, "a402b0e36f5aae85457360fcf00a2545b87dd47f310553e7b0d32d6d0ac4400d");
        assert_eq!(
            head(FIRST_HEAD, &leaf),
            "eb44d9377cfe7080cfe2e662f158be1932d5d1e0e1c1c3c18001a4497b581cdb"
        );
    }
}
