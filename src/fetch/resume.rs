//! Transfers taken up again after a break (RFC 9110 §13.1.5, §14): what lets a staged body be continued, how the rest is
//! asked for, and whether an answer is that rest. Pure.

use chrono::DateTime;

use crate::exchange::{Exchange, Unfinished};

/// A `Last-Modified` counts as strong if the answer was sent so many seconds later: nobody changed the file within the second
/// that it names and sent it as well (RFC 9110 §8.8.2.2, with RFC 7232's margin).
const SETTLED_SECONDS: i64 = 60;

/// The first byte to ask for: the next one. Of a body that is whole already it is the last one, so that the server says
/// whether the file still is what it was.
#[must_use]
pub fn from(left: &Unfinished) -> u64 {
    left.length.min(left.total.saturating_sub(1))
}

/// The request headers that ask for the rest, or for the whole if the file was changed.
#[must_use]
pub fn headers(left: &Unfinished) -> [(String, String); 2] {
    [
        ("range".to_owned(), format!("bytes={}-", from(left))),
        ("if-range".to_owned(), left.validator.clone()),
    ]
}

/// What an answer to a request for the rest is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reply {
    /// The rest of the very same file.
    Rest,
    /// The whole file: what is staged is of no use any more.
    Whole,
    /// A part that does not fit what is staged, or none at all.
    Misfit,
    /// Something else, a wall or an error; the rest may be asked for again.
    Other,
}

/// Tells what `answer` is to someone who asked for the rest of `left`.
#[must_use]
pub fn reply(answer: &Exchange, left: &Unfinished) -> Reply {
    match answer.status {
        Some(206) if fits(answer, left) => Reply::Rest,
        Some(206 | 416) => Reply::Misfit,
        Some(200) if !answer.is_html() => Reply::Whole,
        _ => Reply::Other,
    }
}

fn fits(answer: &Exchange, left: &Unfinished) -> bool {
    let is_same = if left.validator.starts_with('"') {
        answer.header("etag") == Some(&left.validator)
    } else {
        // With If-Range a server may leave it out (RFC 9110 §15.3.7).
        answer.header("last-modified").is_none_or(|time| time == left.validator)
    };
    let range = answer.content_range();
    is_same && is_unpacked(answer) && range.is_some_and(|range| range.first == from(left) && range.total == left.total)
}

/// What lets the transfer that `answer` begins be taken up again: a strong validator and the whole length, of a body sent as
/// it is.
#[must_use]
pub fn validator(answer: &Exchange) -> Option<(&str, u64)> {
    let total = answer.header("content-length")?.parse().ok()?;
    let refuses = answer.header("accept-ranges").is_some_and(|ranges| ranges == "none");
    let validator = match answer.header("etag") {
        Some(tag) => Some(tag).filter(|tag| tag.starts_with('"')),
        None => answer.header("last-modified").filter(|time| is_settled(answer, time)),
    }?;
    let is_plain = validator.bytes().all(|byte| matches!(byte, b' '..=b'~'));
    (answer.status == Some(200) && is_unpacked(answer) && !refuses && is_plain).then_some((validator, total))
}

fn is_settled(answer: &Exchange, modified: &str) -> bool {
    let seconds = |date: &str| DateTime::parse_from_rfc2822(date).ok().map(|date| date.timestamp());
    match (answer.header("date").and_then(seconds), seconds(modified)) {
        (Some(sent), Some(modified)) => sent.saturating_sub(modified) >= SETTLED_SECONDS,
        _ => false,
    }
}

fn is_unpacked(answer: &Exchange) -> bool {
    answer
        .header("content-encoding")
        .is_none_or(|coding| coding.eq_ignore_ascii_case("identity"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::exchange::testing::answered;

    fn answer(status: u16, headers: &[(&str, &str)]) -> Exchange {
        let mut exchange = answered(status, b"");
        let headers = headers.iter().map(|(n, v)| ((*n).to_owned(), (*v).to_owned()));
        exchange.response_headers = headers.collect();
        exchange
    }

    #[test]
    fn only_a_strong_validator_and_a_known_length_let_a_transfer_be_taken_up_again() {
        let length = ("content-length", "9");
        let modified = ("last-modified", "Wed, 01 May 2024 10:00:00 GMT");
        for (status, headers, expected) in [
            (200, vec![length, ("etag", "\"a\"")], Some(("\"a\"", 9))),
            (200, vec![length, ("etag", "W/\"a\"")], None),
            (200, vec![length, ("etag", "W/\"a\""), modified], None),
            (200, vec![("etag", "\"a\"")], None),
            (206, vec![length, ("etag", "\"a\"")], None),
            (200, vec![length, ("etag", "\"a\""), ("content-encoding", "gzip")], None),
            (200, vec![length, ("etag", "\"a\""), ("accept-ranges", "none")], None),
            (200, vec![length, ("etag", "\"\u{e9}\"")], None),
            (
                200,
                vec![length, modified, ("date", "Wed, 01 May 2024 10:01:00 GMT")],
                Some((modified.1, 9)),
            ),
            (
                200,
                vec![length, modified, ("date", "Wed, 01 May 2024 10:00:59 GMT")],
                None,
            ),
            (200, vec![length, modified], None),
        ] {
            assert_eq!(validator(&answer(status, &headers)), expected, "{headers:?}");
        }
    }

    #[test]
    fn a_part_continues_only_the_file_that_it_is_a_part_of() {
        let left = Unfinished {
            id: 1,
            validator: "\"a\"".into(),
            total: 9,
            length: 4,
            pieces: 1,
        };
        let tag = ("etag", "\"a\"");
        let range = |range| ("content-range", range);
        for (status, headers, expected) in [
            (206, vec![tag, range("bytes 4-8/9")], Reply::Rest),
            (206, vec![tag, range("bytes 4-6/9")], Reply::Rest),
            (206, vec![tag, range("bytes 3-8/9")], Reply::Misfit),
            (206, vec![tag, range("bytes 4-9/10")], Reply::Misfit),
            (206, vec![tag, range("bytes 4-8/*")], Reply::Misfit),
            (206, vec![tag, range("bytes 8-4/9")], Reply::Misfit),
            (206, vec![range("bytes 4-8/9")], Reply::Misfit),
            (206, vec![("etag", "\"b\""), range("bytes 4-8/9")], Reply::Misfit),
            (
                206,
                vec![tag, ("content-type", "multipart/byteranges; boundary=x")],
                Reply::Misfit,
            ),
            (416, vec![tag, range("bytes */9")], Reply::Misfit),
            (200, vec![tag], Reply::Whole),
            (200, vec![("content-type", "text/html")], Reply::Other),
            (503, vec![], Reply::Other),
        ] {
            assert_eq!(
                reply(&answer(status, &headers), &left),
                expected,
                "{status} {headers:?}"
            );
        }
    }

    #[test]
    fn of_a_body_that_is_whole_the_last_byte_is_asked_again() {
        let mut left = Unfinished {
            id: 1,
            validator: "\"a\"".into(),
            total: 9,
            length: 4,
            pieces: 1,
        };
        assert_eq!(headers(&left)[0].1, "bytes=4-");
        left.length = 9;
        assert_eq!(headers(&left)[0].1, "bytes=8-");
    }
}
