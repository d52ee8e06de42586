//! Exchanges for tests.

use bytes::Bytes;

use super::{Body, Exchange, Purpose};
use crate::clock::Timestamp;

/// An exchange that came back whole with this status and body.
pub fn answered(status: u16, body: &[u8]) -> Exchange {
    Exchange {
        url: "https://upstream.example/asked".parse().unwrap(),
        purpose: Purpose::Api,
        request_headers: Vec::new(),
        started: Timestamp::from_millis(0),
        ended: Timestamp::from_millis(0),
        remote: None,
        http_version: Some("HTTP/1.1"),
        status: Some(status),
        response_headers: Vec::new(),
        certificate: None,
        body: Body::Inline(Bytes::copy_from_slice(body)),
        body_length: body.len() as u64,
        body_sha256: None,
        truncated: None,
        failure: None,
        recorded: None,
    }
}
