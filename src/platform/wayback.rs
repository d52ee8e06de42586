//! The Wayback Machine: asking its index (CDX) and its raw captures, and reading index rows.

use chrono::NaiveDateTime;
use serde_json::Value;
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
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Serialize)]
pub struct Row {
    /// When it was archived: `YYYYMMDDhhmmss`, UTC.
    pub timestamp: String,
    /// The address archived, as the index spells it.
    pub original: String,
    /// Media type as the index has it.
    pub mimetype: String,
    /// HTTP status of the capture; `None` where the index has none (`-`, of a repeated body) or was not asked for it.
    pub statuscode: Option<u16>,
    /// Digest of the body as the index has it: SHA-1 in Base32.
    pub digest: Option<String>,
    /// Bytes that the capture takes in the archive.
    pub length: Option<u64>,
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
    let table: Vec<Vec<Value>> = serde_json::from_slice(&body).ok()?;
    let Some((header, rows)) = table.split_first() else {
        return Some(Vec::new());
    };
    let column = |name: &str| header.iter().position(|h| h == name);
    let (timestamp, original) = (column("timestamp")?, column("original")?);
    let others = ["mimetype", "statuscode", "digest", "length"].map(column);
    let rows = rows.iter().filter_map(|row| {
        let cell = |column: usize| row.get(column).and_then(Value::as_str);
        let time = cell(timestamp).filter(|time| is_timestamp(time))?;
        let original = cell(original).filter(|original| !original.is_empty())?;
        let [mimetype, statuscode, digest, length] = others.map(|column| column.and_then(cell));
        Some(row_of(time, original, [mimetype, statuscode, digest, length]))
    });
    Some(rows.collect())
}

fn is_timestamp(text: &str) -> bool {
    text.len() == 14 && text.bytes().all(|b| b.is_ascii_digit())
}

/// A row of what its columns hold: media type, status, digest and length last.
fn row_of(timestamp: &str, original: &str, [mimetype, statuscode, digest, length]: [Option<&str>; 4]) -> Row {
    Row {
        timestamp: timestamp.to_owned(),
        original: original.to_owned(),
        mimetype: mimetype.unwrap_or_default().to_owned(),
        statuscode: statuscode.and_then(|s| s.parse().ok()),
        digest: digest.filter(|d| !matches!(*d, "" | "-")).map(str::to_owned),
        length: length.and_then(|l| l.parse().ok()),
    }
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

/// The archive's own words where it does not show a site or has no copy of it; that says nothing about the post.
pub(super) fn refused(exchange: &Exchange) -> Option<Answer> {
    let error = exchange.header("x-archive-wayback-runtime-error").unwrap_or("");
    let body = exchange.decoded().ok()?;
    let text = String::from_utf8_lossy(&body);
    let names = |what: &str| error.contains(what) || text.contains(what);
    // Its own page, not one that it kept: only those carry the time of archiving.
    let is_own_page = exchange.header("memento-datetime").is_none();
    let is_refusal = exchange.status == Some(403);
    let (outcome, reason) = if is_refusal && is_own_page && (names("RobotAccessControl") || names("robots.txt")) {
        (Outcome::Walled, "archive_robots")
    } else if is_refusal && (names("AdministrativeAccessControl") || names("Blocked Site Error"))
        || is_own_page && text.contains("has been excluded from the Wayback Machine")
    {
        (Outcome::Walled, "archive_blocked")
    } else if is_own_page && error.contains("ResourceNotInArchive") {
        (Outcome::NotFound, "not_archived")
    } else {
        return None;
    };
    Some(Answer::without_post(outcome, reason))
}

/// The address that an address in an archived page meant before the archive put its own before it
/// (`…/web/20200911234106im_/https://…`).
pub(super) fn unwrapped(address: &str) -> &str {
    let meant = address.split_once("/web/").and_then(|(before, rest)| {
        let (stamp, meant) = rest.split_once('/')?;
        let is_archive = before.is_empty() || before.ends_with("web.archive.org");
        let is_stamp = stamp.len() >= 14 && stamp.bytes().take(14).all(|b| b.is_ascii_digit());
        (is_archive && is_stamp && meant.starts_with("http")).then_some(meant)
    });
    meant.unwrap_or(address)
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

/// Rows as lines: `urlkey timestamp original mimetype statuscode digest length`, of which the first may be left out, and those
/// after the address.
fn plain_rows(exchange: &Exchange) -> Option<Vec<Row>> {
    let body = exchange.decoded().ok()?;
    let text = String::from_utf8_lossy(&body);
    let mut lines = 0;
    let rows: Vec<Row> = text
        .lines()
        .filter(|line| !line.trim().is_empty())
        .filter_map(|line| {
            lines += 1;
            let mut parts = line.split(' ');
            let timestamp = parts.by_ref().take(2).find(|part| is_timestamp(part))?;
            let original = parts.next().filter(|original| !original.is_empty())?;
            let others = [parts.next(), parts.next(), parts.next(), parts.next()];
            Some(row_of(timestamp, original, others))
        })
        .collect();
    (lines == 0 || !rows.is_empty()).then_some(rows)
}

/// When a redirect was archived that the archive shows as a page of its own, and its status.
fn redirect_shown(exchange: &Exchange) -> Option<(String, u16)> {
    let body = exchange.decoded().ok()?;
    let text = String::from_utf8_lossy(&body);
    let (_, rest) = text.split_once("Got an HTTP ")?;
    let (status, _) = rest.split_once(" response at crawl time")?;
    let (_, rest) = exchange.url.as_str().split_once("/web/")?;
    let timestamp = rest.get(..14).filter(|stamp| is_timestamp(stamp))?.to_owned();
    let row = Row {
        timestamp,
        ..Row::default()
    };
    Some((row.archived_at()?, status.trim().parse().ok()?))
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
    let (archived_at, status) = match (&archived_at, redirect_shown(exchange)) {
        (None, Some((time, status))) => (Some(time), status),
        _ => (archived_at, exchange.status.unwrap_or(0)),
    };
    let answer = match (refused(exchange), &archived_at) {
        (Some(refused), _) => refused,
        (None, Some(_)) => Answer {
            archived_at,
            ..Answer::without_post(Outcome::Captured, format!("archived_http_{status}"))
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::exchange::testing::answered;

    #[test]
    fn the_index_is_read_as_json_and_as_lines_with_what_each_row_says_of_its_capture() {
        let whole = Row {
            timestamp: "20200911234106".into(),
            original: "https://river.example/report".into(),
            mimetype: "text/html".into(),
            statuscode: Some(200),
            digest: Some("JJK5HCJRLNADLDWSVSCCJNMV3JWE4XFI".into()),
            length: Some(1234),
        };
        let repeated = Row {
            mimetype: "warc/revisit".into(),
            statuscode: None,
            ..whole.clone()
        };
        let bare = Row {
            mimetype: String::new(),
            statuscode: None,
            digest: None,
            length: None,
            ..whole.clone()
        };
        for (body, expected) in [
            (
                r#"[["original","timestamp","digest","mimetype","statuscode","length"],
                ["https://river.example/report","20200911234106","JJK5HCJRLNADLDWSVSCCJNMV3JWE4XFI","text/html","200","1234"],
                ["https://river.example/report","20200911234106","JJK5HCJRLNADLDWSVSCCJNMV3JWE4XFI","warc/revisit","-","1234"],
                [],["example%2Criver%29%2F+20200912"]]"#,
                vec![whole.clone(), repeated],
            ),
            (
                r#"[["timestamp","original"],["20200911234106","https://river.example/report"],[null,"x"]]"#,
                vec![bare.clone()],
            ),
            (
                "example,river)/report 20200911234106 https://river.example/report text/html 200 JJK5HCJRLNADLDWSVSCCJNMV3JWE4XFI 1234\n\nexample%2Criver%29%2F+20200912\n",
                vec![whole],
            ),
            ("20200911234106 https://river.example/report\n", vec![bare]),
            ("[]", vec![]),
            ("", vec![]),
            ("\n", vec![]),
        ] {
            let told = saved_listing(&[answered(200, body.as_bytes())]);
            assert_eq!(told.captures, Some(expected), "{body}");
        }
    }

    #[test]
    fn what_is_no_listing_is_told_by_its_cause() {
        for (status, body, outcome, reason) in [
            (200, "<html><h1>Sorry</h1>", Outcome::Unreadable, "cdx_unreadable"),
            (429, "Too Many Requests", Outcome::RateLimited, "http_429"),
            (503, "<html>busy", Outcome::ServerError, "http_503"),
            (
                403,
                "org.archive.util.io.RuntimeIOException: org.archive.wayback.exception.AdministrativeAccessControlException: Blocked Site Error",
                Outcome::Walled,
                "archive_blocked",
            ),
            (
                403,
                "org.archive.wayback.exception.RobotAccessControlException: Blocked By Robots",
                Outcome::Walled,
                "archive_robots",
            ),
        ] {
            let told = saved_listing(&[answered(status, body.as_bytes())]);
            assert_eq!((told.outcome, told.reason.as_str()), (outcome, reason), "{body}");
        }
    }

    #[test]
    fn a_redirect_that_the_archive_shows_as_a_page_is_an_archived_redirect() {
        let mut shown = answered(
            200,
            b"<p>Loading</p><p>Got an HTTP 302 response at crawl time</p><p>Redirecting to\xe2\x80\xa6",
        );
        shown.url = "https://web.archive.org/web/20180808094144/https://river.example/old"
            .parse()
            .unwrap();
        let told = saved_memento(&[shown]);
        assert_eq!(
            (told.outcome, told.reason.as_str()),
            (Outcome::Captured, "archived_http_302")
        );
        assert_eq!(told.archived_at.as_deref(), Some("2018-08-08T09:41:44Z"));
        assert_eq!(told.original.as_deref(), Some("https://river.example/old"));
    }

    #[test]
    fn the_address_that_an_archive_rewrote_is_given_back() {
        for (rewritten, meant) in [
            (
                "/web/20200911234106/https://twitter.com/ada_b",
                "https://twitter.com/ada_b",
            ),
            (
                "https://web.archive.org/web/20200911234106im_/https://pbs.example/a.jpg",
                "https://pbs.example/a.jpg",
            ),
            ("https://river.example/web/report", "https://river.example/web/report"),
            ("/ada_b", "/ada_b"),
        ] {
            assert_eq!(unwrapped(rewritten), meant);
        }
    }
}
