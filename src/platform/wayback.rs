//! The Wayback Machine: asking its index (CDX) and its raw captures, and reading index rows.

use chrono::NaiveDateTime;
use url::Url;
use url::form_urlencoded::byte_serialize;

use super::Upstreams;
use crate::exchange::{Exchange, Purpose, Request};

/// Base addresses, below `upstream.wayback.`.
pub const UPSTREAMS: &[(&str, &str)] = &[
    ("cdx", "https://web.archive.org/cdx/search/cdx"),
    ("web", "https://web.archive.org/web"),
];

/// One row of the index.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// When it was archived: `YYYYMMDDhhmmss`, UTC.
    pub timestamp: String,
    /// The address archived, as the index spells it.
    pub original: String,
    /// Media type as the index has it.
    pub mimetype: String,
}

impl Row {
    /// When it was archived, RFC 3339.
    #[must_use]
    pub fn archived_at(&self) -> Option<String> {
        let time = NaiveDateTime::parse_from_str(&self.timestamp, "%Y%m%d%H%M%S").ok()?;
        Some(time.format("%Y-%m-%dT%H:%M:%SZ").to_string())
    }

    /// The request for its raw bytes (`id_`: no rewriting, no toolbar).
    #[must_use]
    pub fn raw(&self, upstreams: &Upstreams) -> Request {
        Request::new(
            upstreams.join("wayback.web", &format!("{}id_/{}", self.timestamp, self.original)),
            Purpose::Api,
        )
    }
}

/// Asks the index for captures with status 200 whose address begins with `prefix` (no scheme), one row an address
/// and at most `limit` of them.
#[must_use]
pub fn list(upstreams: &Upstreams, prefix: &str, limit: usize) -> Request {
    let prefix: String = byte_serialize(prefix.as_bytes()).collect();
    let query = format!(
        "?url={prefix}&matchType=prefix&output=json&fl=timestamp,original,mimetype,statuscode&filter=statuscode:200&collapse=urlkey&limit={limit}"
    );
    let mut url = upstreams.join("wayback.cdx", "");
    let path = url.path().trim_end_matches('/').to_owned();
    url.set_path(&path);
    Request::new(Url::parse(&format!("{url}{query}")).unwrap_or(url), Purpose::Api)
}

/// Reads an answer of the index. Rows that are not rows are left out; an empty answer is an empty list.
/// `None` if it is no answer of the index at all.
#[must_use]
pub fn rows(exchange: &Exchange) -> Option<Vec<Row>> {
    let body = exchange.decoded().ok()?;
    if body.iter().all(u8::is_ascii_whitespace) {
        return Some(Vec::new());
    }
    let table: Vec<Vec<String>> = serde_json::from_slice(&body).ok()?;
    let Some((header, rows)) = table.split_first() else {
        return Some(Vec::new());
    };
    let column = |name: &str| header.iter().position(|h| h == name);
    let (timestamp, original) = (column("timestamp")?, column("original")?);
    let mimetype = column("mimetype");
    Some(
        rows.iter()
            .filter_map(|row| {
                let time = row.get(timestamp)?;
                (time.len() == 14 && time.bytes().all(|b| b.is_ascii_digit())).then(|| Row {
                    timestamp: time.clone(),
                    original: row.get(original).cloned().unwrap_or_default(),
                    mimetype: mimetype.and_then(|m| row.get(m)).cloned().unwrap_or_default(),
                })
            })
            .filter(|row| !row.original.is_empty())
            .collect(),
    )
}
