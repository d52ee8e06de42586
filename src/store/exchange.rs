//! Exchanges as rows: headers as lines of text, bodies and certificates as blobs.

use rusqlite::types::ValueRef;
use sha2::{Digest, Sha256};

use super::failure::Fault;
use super::ledger::ExchangeSeal;
use super::row::{EXCHANGE, integer, integer_or_null, text, text_or_null};
use super::session::{Session, take};
use super::taken::Named;
use crate::error::Error;
use crate::exchange::{Body, Exchange, Truncated};

/// What an exchange belongs to.
#[derive(Clone, Copy)]
pub(super) enum Owner {
    Reading(i64),
    Answer(i64),
    Media(i64),
}

/// An exchange that was stored.
pub(super) struct Stored<'a> {
    pub id: i64,
    pub body: Option<i64>,
    pub seal: ExchangeSeal<'a>,
}

impl Session {
    /// Stores one exchange with its body.
    pub(super) fn put_exchange<'a>(
        &mut self,
        owner: Owner,
        ordinal: i64,
        exchange: &'a Exchange,
    ) -> Result<Stored<'a>, Fault> {
        let (body, body_sha256) = match &exchange.body {
            Body::None => (None, None),
            Body::Inline(bytes) => {
                let sha256 = exchange.body_sha256.unwrap_or_else(|| Sha256::digest(bytes).into());
                (Some(self.put_blob(&sha256, bytes)?), Some(sha256))
            }
            Body::Staged(upload) => {
                let sha256 = exchange.body_sha256.ok_or_else(|| {
                    Fault::Refused(Error::Internal(format!(
                        "staged body {upload} comes without its digest"
                    )))
                })?;
                let before = exchange.went_on_from().unwrap_or(0);
                let length = before.saturating_add(exchange.body_length);
                let blob = self.seal_upload(*upload, &sha256, length)?;
                (Some(blob), Some(sha256))
            }
        };
        let certificate = match &exchange.certificate {
            Some(der) => Some(self.put_new_blob(der)?.0),
            None => None,
        };
        let id = take(&mut self.next.exchange);
        let (reading, answer, media) = match owner {
            Owner::Reading(id) => (Some(id), None, None),
            Owner::Answer(id) => (None, Some(id), None),
            Owner::Media(id) => (None, None, Some(id)),
        };
        let request_headers = header_lines(&exchange.request_headers);
        let response_headers = exchange.status.map(|_| header_lines(&exchange.response_headers));
        let started = exchange.started.to_string();
        let ended = exchange.ended.to_string();
        let remote = exchange.remote.map(|peer| peer.to_string());
        let status = exchange.status.map(i64::from);
        let failure = exchange.failure.as_ref();
        let values = [
            integer(id),
            integer_or_null(reading),
            integer_or_null(answer),
            integer_or_null(media),
            integer(ordinal),
            text(exchange.url.as_str()),
            text(exchange.purpose.word()),
            text(&request_headers),
            text(&started),
            text(&ended),
            text_or_null(remote.as_deref()),
            text_or_null(exchange.http_version),
            integer_or_null(status),
            text_or_null(response_headers.as_deref()),
            text_or_null(exchange.header("date")),
            integer_or_null(certificate),
            integer_or_null(body),
            integer(i64::try_from(exchange.body_length).unwrap_or(i64::MAX)),
            text_or_null(exchange.truncated.map(Truncated::word)),
            text_or_null(failure.map(|f| f.outcome.word())),
            text_or_null(failure.map(|f| f.reason)),
            text_or_null(failure.map(|f| f.detail.as_str())),
        ];
        EXCHANGE.insert(&self.connection, &values)?;
        EXCHANGE.encode(&values, &mut self.evidence);
        let named = match &exchange.recorded {
            Some(recorded) => self.put_exchange_record(id, recorded, (&exchange.body, body))?,
            None => Named::default(),
        };
        Ok(Stored {
            id,
            body,
            seal: ExchangeSeal {
                body: body_sha256,
                head: head_digest(&request_headers, response_headers.as_deref()),
                status,
                url: exchange.url.as_str().into(),
                record: named.record,
                revisits: named.revisits,
            },
        })
    }
}

/// A request and its response as columns of a row that is no exchange's, with their bodies kept.
pub(super) struct Wire<'a> {
    exchange: &'a Exchange,
    request_headers: String,
    response_headers: Option<String>,
    started: String,
    ended: String,
    remote: Option<String>,
    certificate: Option<i64>,
    body: Option<(i64, [u8; 32])>,
}

impl<'a> Wire<'a> {
    /// Keeps the certificate and the body; one that is too large to be held in memory is not kept.
    pub(super) fn put(session: &mut Session, exchange: &'a Exchange) -> Result<Wire<'a>, Fault> {
        let certificate = match &exchange.certificate {
            Some(der) => Some(session.put_new_blob(der)?.0),
            None => None,
        };
        let body = match &exchange.body {
            Body::Inline(bytes) => Some(session.put_new_blob(bytes)?),
            Body::None | Body::Staged(_) => None,
        };
        Ok(Wire {
            exchange,
            request_headers: header_lines(&exchange.request_headers),
            response_headers: exchange.status.map(|_| header_lines(&exchange.response_headers)),
            started: exchange.started.to_string(),
            ended: exchange.ended.to_string(),
            remote: exchange.remote.map(|peer| peer.to_string()),
            certificate,
            body,
        })
    }

    /// Address and request headers.
    pub(super) fn request(&self) -> [ValueRef<'_>; 2] {
        [text(self.exchange.url.as_str()), text(&self.request_headers)]
    }

    /// Beginning and end, peer, version, status, response headers, the server's clock, certificate, body.
    pub(super) fn response(&self) -> [ValueRef<'_>; 9] {
        [
            text(&self.started),
            text(&self.ended),
            text_or_null(self.remote.as_deref()),
            text_or_null(self.exchange.http_version),
            integer_or_null(self.exchange.status.map(i64::from)),
            text_or_null(self.response_headers.as_deref()),
            text_or_null(self.exchange.header("date")),
            integer_or_null(self.certificate),
            integer_or_null(self.body.map(|(blob, _)| blob)),
        ]
    }

    /// Digest of the body.
    pub(super) fn body_sha256(&self) -> Option<[u8; 32]> {
        self.body.map(|(_, sha256)| sha256)
    }

    /// What the ledger's line says of it, as of an exchange.
    pub(super) fn seal(&self) -> ExchangeSeal<'a> {
        ExchangeSeal {
            body: self.body_sha256(),
            head: head_digest(&self.request_headers, self.response_headers.as_deref()),
            status: self.exchange.status.map(i64::from),
            url: self.exchange.url.as_str().into(),
            record: None,
            revisits: None,
        }
    }
}

/// Digest of the request headers followed by the response headers, as stored.
pub(super) fn head_digest(request: &str, response: Option<&str>) -> [u8; 32] {
    Sha256::new()
        .chain_update(request)
        .chain_update(response.unwrap_or_default())
        .finalize()
        .into()
}

/// `name: value` lines, each ended by CR LF as on the wire.
pub(super) fn header_lines(headers: &[(String, String)]) -> String {
    let length = headers.iter().map(|(name, value)| name.len() + value.len() + 4).sum();
    let mut lines = String::with_capacity(length);
    for (name, value) in headers {
        lines.push_str(name);
        lines.push_str(": ");
        if value.contains(['\r', '\n']) {
            // A folded value of an old server or archive: RFC 9112 §5.2 has its line breaks replaced by spaces.
            lines.push_str(&value.replace(['\r', '\n'], " "));
        } else {
            lines.push_str(value);
        }
        lines.push_str("\r\n");
    }
    lines
}

/// The headers that [`header_lines`] wrote.
pub(super) fn read_header_lines(lines: &str) -> Vec<(String, String)> {
    lines
        .split("\r\n")
        .filter_map(|line| line.split_once(": "))
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headers_come_back_in_order_and_with_their_odd_values() {
        let headers = [("server", "a: b"), ("set-cookie", ""), ("set-cookie", "x=1; é")]
            .map(|(name, value)| (name.to_owned(), value.to_owned()));
        assert_eq!(read_header_lines(&header_lines(&headers)), headers);
        assert_eq!(header_lines(&[("a".into(), "b\r\n c".into())]), "a: b   c\r\n");
    }
}
