//! The Wayback Machine: asking its index (CDX) and its raw captures, and reading index rows.

use chrono::NaiveDateTime;
use url::Url;
use url::form_urlencoded::byte_serialize;

use super::readers::Told;
use super::status::from_status;
use super::{Answer, Upstreams};
use crate::exchange::{Exchange, Purpose, Request};
use crate::outcome::Outcome;

pub mod copies;
pub mod save;

/// Base addresses, below `upstream.wayback.`.
pub const UPSTREAMS: &[(&str, &str)] = &[
    ("cdx", "https://web.archive.org/cdx/search/cdx"),
    ("save", "https://web.archive.org/save"),
    ("web", "https://web.archive.org/web"),
];

/// One row of the index.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
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

/// What a web archive says of an address that it was asked about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Word {
    /// The service's name of the job.
    pub job: Option<String>,
    /// `Captured`: it has the address; `None`: the job goes on.
    pub outcome: Option<Outcome>,
    /// Reason code.
    pub reason: String,
    /// Its words for a person.
    pub detail: Option<String>,
    /// When it archived the address, RFC 3339, as it says; of several copies a late one.
    pub archived_at: Option<String>,
    /// Which address it archived, as it says.
    pub archived_url: Option<String>,
    /// Whether this is about the address or its job; else the service did not get to that.
    pub is_about_it: bool,
}

impl Word {
    fn of(outcome: Option<Outcome>, reason: impl Into<String>) -> Word {
        Word {
            job: None,
            outcome,
            reason: reason.into(),
            detail: None,
            archived_at: None,
            archived_url: None,
            is_about_it: true,
        }
    }
}

/// Where the Wayback Machine shows what it archived of `url` at this time (RFC 3339); `None` if that is no time.
#[must_use]
pub fn shown_at(archived_at: &str, url: &str) -> Option<String> {
    let time = chrono::DateTime::parse_from_rfc3339(archived_at).ok()?;
    Some(format!(
        "https://web.archive.org/web/{}/{url}",
        time.with_timezone(&chrono::Utc).format("%Y%m%d%H%M%S")
    ))
}

/// Asks the index for captures with status 200 whose address begins with `prefix` (no scheme), one row an address
/// and at most `limit` of them.
#[must_use]
pub fn list(upstreams: &Upstreams, prefix: &str, limit: usize) -> Request {
    ask(
        upstreams,
        prefix,
        &format!("collapse=urlkey&limit={limit}"),
        "matchType=prefix&",
    )
}

/// Asks the index for the newest capture of `address` with status 200.
#[must_use]
pub fn newest(upstreams: &Upstreams, address: &str) -> Request {
    ask(upstreams, address, "limit=-1", "")
}

fn ask(upstreams: &Upstreams, address: &str, bounds: &str, scope: &str) -> Request {
    let address: String = byte_serialize(address.as_bytes()).collect();
    let query = format!(
        "?url={address}&{scope}output=json&fl=timestamp,original,mimetype,statuscode&filter=statuscode:200&{bounds}"
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

/// The captures that saved answers of the index list, JSON or plain text, over all pages. Lines that are no rows are
/// left out.
#[must_use]
pub(super) fn saved_listing(exchanges: &[Exchange]) -> Told {
    let mut captures = Vec::new();
    for exchange in exchanges {
        if let Some(failed) = refused(exchange).or_else(|| from_status(exchange)) {
            return failed.into();
        }
        match rows(exchange).or_else(|| plain_rows(exchange)) {
            Some(rows) => captures.extend(rows),
            None => return Answer::without_post(Outcome::Unreadable, "cdx_unreadable").into(),
        }
    }
    let (outcome, reason) = match captures.is_empty() {
        true => (Outcome::NotFound, "not_archived"),
        false => (Outcome::Captured, "listing"),
    };
    Told {
        captures: Some(captures),
        ..Answer::without_post(outcome, reason).into()
    }
}

/// The archive's own words where it may not show a site; that says nothing about the post.
pub(super) fn refused(exchange: &Exchange) -> Option<Answer> {
    let error = exchange.header("x-archive-wayback-runtime-error").unwrap_or("");
    let body = exchange.decoded().ok()?;
    let text = String::from_utf8_lossy(&body);
    let is_blocked = |text: &str| text.contains("AdministrativeAccessControl") || text.contains("Blocked Site Error");
    let is_refusal = exchange.status == Some(403) && (is_blocked(error) || is_blocked(&text));
    // Its own page, not one that it kept: only those carry the time of archiving.
    let is_own_page = exchange.header("memento-datetime").is_none();
    let is_excluded = is_own_page && text.contains("has been excluded from the Wayback Machine");
    (is_refusal || is_excluded).then(|| Answer::without_post(Outcome::Walled, "archive_blocked"))
}

/// When the bytes played back were archived, RFC 3339: playback may silently lead to the nearest other capture.
pub(super) fn archived_at(exchange: &Exchange) -> Option<String> {
    let time = chrono::DateTime::parse_from_rfc2822(exchange.header("memento-datetime")?).ok()?;
    Some(
        time.with_timezone(&chrono::Utc)
            .format("%Y-%m-%dT%H:%M:%SZ")
            .to_string(),
    )
}

/// Rows as lines: `urlkey timestamp original mimetype statuscode digest length`.
fn plain_rows(exchange: &Exchange) -> Option<Vec<Row>> {
    let body = exchange.decoded().ok()?;
    let text = String::from_utf8_lossy(&body);
    let mut lines = 0;
    let rows: Vec<Row> = text
        .lines()
        .filter(|line| !line.trim().is_empty())
        .filter_map(|line| {
            lines += 1;
            let parts: Vec<&str> = line.split(' ').collect();
            let [_, timestamp, original, mimetype, ..] = parts[..] else {
                return None;
            };
            let is_time = timestamp.len() == 14 && timestamp.bytes().all(|b| b.is_ascii_digit());
            is_time.then(|| Row {
                timestamp: timestamp.to_owned(),
                original: original.to_owned(),
                mimetype: mimetype.to_owned(),
            })
        })
        .collect();
    (lines == 0 || !rows.is_empty()).then_some(rows)
}

/// When the bytes of a saved playback were archived, and of which address.
#[must_use]
pub(super) fn saved_memento(exchanges: &[Exchange]) -> Told {
    let Some(exchange) = exchanges.last() else {
        return Answer::without_post(Outcome::Unreadable, "no_exchange").into();
    };
    let archived_at = archived_at(exchange);
    let link = exchange
        .header("link")
        .and_then(|l| l.split(", ").find(|p| p.contains("rel=\"original\"")));
    let original = link.and_then(|p| Some(p.trim().strip_prefix('<')?.split_once('>')?.0.to_owned()));
    let asked = exchange
        .url
        .as_str()
        .split_once("/web/")
        .and_then(|(_, rest)| Some(rest.split_once('/')?.1.to_owned()));
    let original = original.or(asked);
    let answer = match (refused(exchange), &archived_at) {
        (Some(refused), _) => refused,
        (None, Some(_)) => Answer {
            archived_at,
            ..Answer::without_post(
                Outcome::Captured,
                format!("archived_http_{}", exchange.status.unwrap_or(0)),
            )
        },
        (None, None) => match (exchange.status, from_status(exchange)) {
            (Some(300..=399), _) => Answer::without_post(Outcome::NotFound, "redirect"),
            (_, Some(failed)) => failed,
            (_, None) => Answer::without_post(Outcome::Unreadable, "no_memento_datetime"),
        },
    };
    Told {
        original,
        ..answer.into()
    }
}
