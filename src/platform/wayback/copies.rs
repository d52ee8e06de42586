//! Which copies of an address the Wayback Machine has: one row of its index a month, of an address of X under both of its names.

use url::Url;

use super::{Row, Upstreams, Word, ask, rows};
use crate::exchange::{Exchange, Request};
use crate::outcome::Outcome;
use crate::platform::status::from_status;

/// The service, as settings and rows name it.
pub const SERVICE: &str = "wayback.cdx";

/// A row a month, as many as there can be.
const BOUNDS: &str = "collapse=timestamp:6&limit=-500";

/// Asks for the copies of `url`.
#[must_use]
pub fn questions(upstreams: &Upstreams, url: &Url) -> Vec<Request> {
    let mut names = vec![url.to_string()];
    if url.host_str() == Some("x.com") {
        names.extend(
            url.as_str()
                .split_once("x.com/")
                .map(|(_, path)| format!("https://twitter.com/{path}")),
        );
    }
    names.iter().map(|name| ask(upstreams, name, BOUNDS, "")).collect()
}

/// What the answers so far say.
#[must_use]
pub fn heard(exchanges: &[Exchange]) -> Word {
    let mut copies: Vec<Row> = Vec::new();
    for exchange in exchanges {
        match (from_status(exchange), rows(exchange)) {
            (Some(failed), _) => {
                return Word {
                    is_about_it: false,
                    ..Word::of(Some(failed.outcome), failed.reason)
                };
            }
            (None, None) => {
                return Word {
                    is_about_it: false,
                    ..Word::of(Some(Outcome::Unreadable), "cdx_unreadable")
                };
            }
            (None, Some(rows)) => copies.extend(rows.into_iter().filter(|row| row.archived_at().is_some())),
        }
    }
    copies.sort_by(|a, b| a.timestamp.cmp(&b.timestamp));
    let (Some(first), Some(last)) = (copies.first(), copies.last()) else {
        return Word::of(Some(Outcome::NotFound), "not_archived");
    };
    let mut months: Vec<&str> = copies.iter().map(|row| &row.timestamp[..6]).collect();
    months.dedup();
    Word {
        detail: Some(format!(
            "copies of {} {}, the first of {}",
            months.len(),
            if months.len() == 1 { "month" } else { "months" },
            first.archived_at().unwrap_or_default()
        )),
        archived_at: last.archived_at(),
        archived_url: Url::parse(&last.original).ok().map(String::from),
        ..Word::of(Some(Outcome::Captured), "copies")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::exchange::testing::answered;

    #[test]
    fn copies_are_asked_for_under_both_names_of_x_and_told_from_the_first_to_a_late_one() {
        let upstreams = Upstreams::defaults();
        let asked = |url: &str| questions(&upstreams, &Url::parse(url).unwrap());
        assert_eq!(asked("https://news.example/a").len(), 1);
        let both = asked("https://x.com/ada/status/1");
        assert!(
            both[1]
                .url
                .as_str()
                .contains("url=https%3A%2F%2Ftwitter.com%2Fada%2Fstatus%2F1&"),
            "{}",
            both[1].url
        );

        let old = br#"[["timestamp","original","mimetype","statuscode"],["20160203040506","http://twitter.com/ada/status/1","text/html","200"],
            ["20160303040506","http://twitter.com/ada/status/1","text/html","200"]]"#;
        let new = br#"[["timestamp","original","mimetype","statuscode"],["20240203040506","https://x.com/ada/status/1","text/html","200"]]"#;
        let word = heard(&[answered(200, new), answered(200, old)]);
        assert_eq!(
            word.detail.as_deref(),
            Some("copies of 3 months, the first of 2016-02-03T04:05:06Z")
        );
        assert_eq!(word.archived_at.as_deref(), Some("2024-02-03T04:05:06Z"));
        assert_eq!(word.archived_url.as_deref(), Some("https://x.com/ada/status/1"));
        let none = heard(&[answered(200, b"[]")]);
        assert_eq!((none.outcome, none.is_about_it), (Some(Outcome::NotFound), true));
        let failed = heard(&[answered(200, new), answered(503, b"")]);
        assert_eq!(
            (failed.outcome, failed.is_about_it),
            (Some(Outcome::ServerError), false)
        );
        assert_eq!(heard(&[answered(200, b"<p>")]).reason, "cdx_unreadable");
    }
}
