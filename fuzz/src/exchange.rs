//! Made-up exchanges: what a source is given, with nothing asked of a network.

use bytes::Bytes;
use citekeep::clock::Timestamp;
use citekeep::exchange::{Body, Exchange, Request};

/// Most questions that the driver lets a source ask.
pub const STEPS: usize = 8;

/// Stands between two bodies of an input.
const BETWEEN: &[u8] = b"\n--\n";

/// The answers that an input holds, in order; asked for more, the last one again.
pub struct Answers<'a>(Vec<&'a [u8]>);

impl<'a> Answers<'a> {
    /// Cuts an input into bodies.
    #[must_use]
    pub fn of(input: &'a [u8]) -> Answers<'a> {
        let mut bodies = Vec::new();
        let mut rest = input;
        while bodies.len() + 1 < STEPS
            && let Some(at) = rest.windows(BETWEEN.len()).position(|w| w == BETWEEN)
        {
            bodies.push(&rest[..at]);
            rest = &rest[at + BETWEEN.len()..];
        }
        bodies.push(rest);
        Answers(bodies)
    }

    /// The exchange for the question of this number. A body that begins with `!` is a redirect to what follows, one
    /// with `?` and three digits an answer of that status.
    #[must_use]
    pub fn to(&self, number: usize, request: &Request) -> Exchange {
        let body = self.0[number.min(self.0.len() - 1)];
        match body {
            [b'!', location @ ..] => {
                let location = location.iter().map(|b| char::from(*b)).collect();
                exchange(request, 301, vec![("location".to_owned(), location)], b"")
            }
            [b'?', a @ b'1'..=b'5', b @ b'0'..=b'9', c @ b'0'..=b'9', body @ ..] => {
                let status = [a, b, c].iter().fold(0, |n, digit| n * 10 + u16::from(**digit - b'0'));
                exchange(request, status, Vec::new(), body)
            }
            body => exchange(request, 200, Vec::new(), body),
        }
    }
}

fn exchange(request: &Request, status: u16, response_headers: Vec<(String, String)>, body: &[u8]) -> Exchange {
    Exchange {
        url: request.url.clone(),
        purpose: request.purpose,
        request_headers: request.headers.clone(),
        started: Timestamp::from_millis(0),
        ended: Timestamp::from_millis(0),
        remote: None,
        http_version: Some("HTTP/1.1"),
        status: Some(status),
        response_headers,
        certificate: None,
        body: Body::Inline(Bytes::copy_from_slice(body)),
        body_length: body.len() as u64,
        body_sha256: None,
        truncated: None,
        failure: None,
        recorded: None,
    }
}
