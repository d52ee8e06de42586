//! `captures.warc.gz`: every exchange as WARC 1.1 (ISO 28500:2017) records, one gzip member each, bodies as received; an
//! article that was given as a file is a `resource`. Record ids and dates come from the archive, so the file is the same
//! each time.

use std::io::Write as _;

use flate2::Compression;
use flate2::write::GzEncoder;
use sha2::{Digest, Sha256};

use super::Options;
use super::bag::{Bag, BagFile, uuid_of};
use crate::error::{Error, Result};
use crate::store::export::{Extract, GivenArticle, WireExchange};
use crate::store::hex;

/// Writes the WARC.
pub(super) fn write(bag: &mut Bag, extract: &Extract<'_>, _options: &Options) -> Result<()> {
    let mut file = bag.payload("captures.warc.gz")?;
    let mut warc = Warc {
        file: &mut file,
        extract,
    };
    let info = format!(
        "software: citekeep {}\r\nformat: WARC File Format 1.1\r\nledger-head: {}\r\n",
        env!("CARGO_PKG_VERSION"),
        extract.head
    );
    let fields = vec![("Content-Type", "application/warc-fields".to_owned())];
    warc.record(
        "warcinfo",
        &warc.id("warcinfo", 0),
        &extract.at,
        fields,
        info.as_bytes(),
        None,
    )?;
    extract.given(|article| warc.given(&article))?;
    extract.exchanges(|exchange| warc.exchange(&exchange))?;
    file.close()
}

struct Warc<'a> {
    file: &'a mut BagFile,
    extract: &'a Extract<'a>,
}

impl Warc<'_> {
    fn id(&self, kind: &str, row: i64) -> String {
        let seed = Sha256::new()
            .chain_update(self.extract.digest)
            .chain_update(format!("{kind} {row}"));
        format!("<urn:uuid:{}>", uuid_of(&seed.finalize()))
    }

    fn given(&mut self, article: &GivenArticle) -> Result<()> {
        if article.redacted {
            return Ok(());
        }
        let media = if article.format == "html" {
            "text/html"
        } else {
            "text/plain"
        };
        let fields = vec![
            ("WARC-Target-URI", format!("urn:sha256:{}", hex(&article.body.0))),
            ("Content-Type", format!("{media}; charset={}", article.charset)),
        ];
        self.record(
            "resource",
            &self.id("resource", article.entry),
            &article.read_at,
            fields,
            b"",
            Some(article.body),
        )
    }

    /// Request, response if there was one, and what else is known, all of one date.
    fn exchange(&mut self, exchange: &WireExchange) -> Result<()> {
        let response = self.id("response", exchange.id);
        let request = self.id("request", exchange.id);
        let target = ("WARC-Target-URI", exchange.url.clone());
        let mut note = format!(
            "ledger-entry: {}\r\npurpose: {}\r\nended: {}\r\n",
            exchange.entry, exchange.purpose, exchange.ended
        );
        if let Some(certificate) = &exchange.certificate {
            note += &format!("tls-certificate-sha256: {}\r\n", hex(certificate));
        }
        if let Some(failure) = &exchange.failure {
            note += &format!("failure: {}\r\n", failure.replace(['\r', '\n'], " "));
        }
        let mut told = false;
        if let (Some(status), Some(headers), false) = (exchange.status, &exchange.response_headers, exchange.redacted) {
            // HTTP/2 has no status line, and a reason phrase is not kept: none is made up.
            let head = format!("HTTP/1.1 {status} \r\n{}\r\n", dechunked(headers));
            let mut fields = vec![
                target.clone(),
                ("Content-Type", "application/http; msgtype=response".to_owned()),
            ];
            if let Some(peer) = exchange
                .remote
                .as_deref()
                .and_then(|peer| peer.parse::<std::net::SocketAddr>().ok())
            {
                fields.push(("WARC-IP-Address", peer.ip().to_string()));
            }
            if exchange.http_version.as_deref() == Some("HTTP/2.0") {
                fields.push(("WARC-Protocol", "h2".to_owned()));
            }
            if let Some(why) = &exchange.truncated {
                fields.push(("WARC-Truncated", why.clone()));
            }
            let body = exchange.body.unwrap_or_else(|| (Sha256::digest(b"").into(), 0));
            self.record(
                "response",
                &response,
                &exchange.started,
                fields,
                head.as_bytes(),
                Some(body),
            )?;
            told = true;
        }
        if let (true, Some((body, _))) = (exchange.redacted, exchange.body) {
            note += &format!("redacted-body-sha256: {}\r\n", hex(&body));
        }
        let path = url::Url::parse(&exchange.url)
            .map_or_else(|_| "/".to_owned(), |url| url[url::Position::BeforePath..].to_owned());
        let block = format!("GET {path} HTTP/1.1\r\n{}\r\n", exchange.request_headers);
        let mut fields = vec![
            target.clone(),
            ("Content-Type", "application/http; msgtype=request".to_owned()),
        ];
        if told {
            fields.push(("WARC-Concurrent-To", response.clone()));
        }
        self.record("request", &request, &exchange.started, fields, block.as_bytes(), None)?;
        let fields = vec![
            target,
            ("WARC-Concurrent-To", if told { response } else { request }),
            ("Content-Type", "application/warc-fields".to_owned()),
        ];
        self.record(
            "metadata",
            &self.id("metadata", exchange.id),
            &exchange.started,
            fields,
            note.as_bytes(),
            None,
        )
    }

    /// One record in a gzip member of its own: `head`, then the payload from the archive, read twice, never held.
    fn record(
        &mut self,
        kind: &str,
        id: &str,
        date: &str,
        fields: Vec<(&str, String)>,
        head: &[u8],
        payload: Option<([u8; 32], u64)>,
    ) -> Result<()> {
        let stored = payload.filter(|(_, length)| *length > 0);
        let mut block = Sha256::new_with_prefix(head);
        if let Some((sha256, _)) = &stored {
            self.extract.body(sha256, |piece| {
                block.update(piece);
                Ok(())
            })?;
        }
        let mut lines = format!("WARC/1.1\r\nWARC-Type: {kind}\r\nWARC-Record-ID: {id}\r\nWARC-Date: {date}\r\n");
        for (name, value) in fields {
            lines += &format!("{name}: {value}\r\n");
        }
        if let Some((sha256, _)) = &payload {
            lines += &format!("WARC-Payload-Digest: sha256:{}\r\n", hex(sha256));
        }
        let length = head.len() as u64 + payload.map_or(0, |(_, length)| length);
        lines += &format!(
            "WARC-Block-Digest: sha256:{}\r\nContent-Length: {length}\r\n\r\n",
            hex(&block.finalize())
        );
        let broken = |error: std::io::Error| Error::Internal(error.to_string());
        let mut member = GzEncoder::new(Vec::new(), Compression::default());
        member
            .write_all(lines.as_bytes())
            .and_then(|()| member.write_all(head))
            .map_err(broken)?;
        if let Some((sha256, _)) = &stored {
            self.extract.body(sha256, |piece| {
                member.write_all(piece).map_err(broken)?;
                self.file.write(member.get_ref())?;
                member.get_mut().clear();
                Ok(())
            })?;
        }
        member.write_all(b"\r\n\r\n").map_err(broken)?;
        self.file.write(&member.finish().map_err(broken)?)
    }
}

/// Bodies are kept without chunk framing, so the header that announces it is renamed where it stood.
fn dechunked(headers: &str) -> String {
    headers
        .split_inclusive("\r\n")
        .map(|line| {
            match line
                .get(..18)
                .is_some_and(|name| name.eq_ignore_ascii_case("transfer-encoding:"))
            {
                true => format!("x-archive-orig-{line}"),
                false => line.to_owned(),
            }
        })
        .collect()
}
