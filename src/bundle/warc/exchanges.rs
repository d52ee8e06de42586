//! What was asked and answered, as records: request, response or revisit, and what else is known, all of one date.

use std::borrow::Cow;
use std::io::Write;

use sha2::{Digest, Sha256};

use super::{IDENTICAL_PAYLOAD, Record, Warc, is_medium, named, one_line};
use crate::error::Result;
use crate::store::export::{Blob, WireExchange};
use crate::store::hex;
use crate::warc::record::REDACTED;

impl<W: Write + Send + 'static> Warc<'_, W> {
    /// Request, response if there was one, and what else is known, all of one date. Gives whether there is a response.
    pub(in crate::bundle) fn exchange(&mut self, exchange: &WireExchange) -> Result<bool> {
        if exchange.taken_from.is_some() {
            // We made no request and had no response: those stand among the records of others.
            let id = self.id("metadata", exchange.id);
            let fields = [
                ("WARC-Target-URI", &*exchange.url),
                ("Content-Type", "application/warc-fields"),
            ];
            self.note("metadata", &id, &exchange.started, &fields, &known(exchange))?;
            return Ok(false);
        }
        let request = self.id("request", exchange.id);
        let target = ("WARC-Target-URI", &*exchange.url);
        let response = match (exchange.status, &exchange.response_headers, exchange.redacted) {
            (Some(status), Some(headers), false) => Some(self.response(exchange, status, headers)?),
            _ => None,
        };
        let path = url::Url::parse(&exchange.url)
            .map_or_else(|_| "/".to_owned(), |url| url[url::Position::BeforePath..].to_owned());
        let block = request_block(&path, &exchange.request_headers);
        let mut fields = vec![target, ("Content-Type", "application/http; msgtype=request")];
        if let Some(response) = &response {
            fields.push(("WARC-Concurrent-To", response));
        }
        self.note("request", &request, &exchange.started, &fields, &block)?;
        let told = response.is_some();
        let fields = [
            target,
            ("WARC-Concurrent-To", response.as_ref().unwrap_or(&request)),
            ("Content-Type", "application/warc-fields"),
        ];
        let id = self.id("metadata", exchange.id);
        self.note("metadata", &id, &exchange.started, &fields, &known(exchange))?;
        if let Some(certificate) = exchange.certificate.filter(|c| !self.certificates.contains(c))
            && let Some(body) = self.extract.blob(&certificate)?
        {
            self.certificates.insert(certificate);
            let id = self.id("certificate", exchange.id);
            self.resource(&id, &exchange.started, named(&body), body, "application/pkix-cert")?;
        }
        if let (true, true, Some(headers), Some(body)) = (
            told,
            exchange.is_put_together(),
            &exchange.response_headers,
            exchange.body,
        ) {
            self.put_together(exchange, headers, body)?;
        }
        Ok(told)
    }

    /// The response, or a revisit where the same address gave the same body before; gives its id.
    fn response(&mut self, exchange: &WireExchange, status: i64, headers: &str) -> Result<String> {
        let id = self.id("response", exchange.id);
        // HTTP/2 has no status line, and a reason phrase is not kept: none is made up.
        let head = format!("HTTP/1.1 {status} \r\n{}\r\n", dechunked(headers));
        let mut fields = vec![
            ("WARC-Target-URI", &*exchange.url),
            ("Content-Type", "application/http; msgtype=response"),
        ];
        let peer = exchange.remote.as_deref().map(str::parse::<std::net::SocketAddr>);
        let peer = peer.and_then(|peer| Some(peer.ok()?.ip().to_string()));
        if let Some(peer) = &peer {
            fields.push(("WARC-IP-Address", peer));
        }
        if exchange.http_version.as_deref() == Some("HTTP/2.0") {
            fields.push(("WARC-Protocol", "h2"));
        }
        // What it brought stands in the whole file, a record of its own.
        let is_part = exchange.is_put_together();
        if let Some(why) = exchange.truncated.as_deref().or(is_part.then_some("unspecified")) {
            fields.push(("WARC-Truncated", why));
        }
        let body = exchange.body.filter(|_| !is_part).unwrap_or_else(Blob::empty);
        let same = same(&exchange.url, &body);
        let before = self.seen.get(&same).cloned();
        if let Some(date) = &before {
            fields.push(("WARC-Profile", IDENTICAL_PAYLOAD));
            fields.push(("WARC-Refers-To-Target-URI", &exchange.url));
            fields.push(("WARC-Refers-To-Date", date));
        } else if body.length > 0 {
            self.seen.insert(same, exchange.started.as_str().into());
        }
        let mime = media_type(headers);
        let place = self.record(Record {
            kind: if before.is_some() { "revisit" } else { "response" },
            id: &id,
            date: &exchange.started,
            fields: &fields,
            head: head.as_bytes(),
            payload: Some(body),
            whole: before.is_none(),
            packed: is_packed(headers, &mime),
        })?;
        let mime = if before.is_some() {
            "warc/revisit".to_owned()
        } else {
            mime
        };
        self.list(
            exchange.url.clone(),
            &exchange.started,
            mime,
            status,
            body.sha256,
            &place,
        );
        Ok(id)
    }

    /// The whole file that parts were put together to, at its address.
    fn put_together(&mut self, exchange: &WireExchange, headers: &str, body: Blob) -> Result<()> {
        if self.seen.contains_key(&same(&exchange.url, &body)) {
            return Ok(());
        }
        let kind = match media_type(headers) {
            unknown if unknown == "unk" => "application/octet-stream".to_owned(),
            known => known,
        };
        let id = self.id("whole", exchange.id);
        self.resource(&id, &exchange.ended, exchange.url.clone(), body, &kind)
    }
}

/// A request as it went over the wire: the kept lines `:method` and `:body` of a POST stand in their places.
fn request_block(path: &str, lines: &str) -> String {
    let (mut method, mut body, mut headers) = ("GET", "", String::with_capacity(lines.len()));
    for line in lines.split_inclusive("\r\n") {
        match line.trim_end_matches("\r\n").split_once(": ") {
            Some((":method", value)) => method = value,
            Some((":body", value)) => body = value,
            _ => headers.push_str(line),
        }
    }
    format!("{method} {path} HTTP/1.1\r\n{headers}\r\n{body}")
}

/// What is known of an exchange beyond its messages, as WARC fields.
fn known(exchange: &WireExchange) -> String {
    let mut note = format!(
        "ledger-entry: {}\r\npurpose: {}\r\nended: {}\r\n",
        exchange.entry, exchange.purpose, exchange.ended
    );
    if let Some(taken) = &exchange.taken_from {
        note += &format!(
            "taken-from: sha256:{} {}\r\ntaken-from-record-sha256: {}\r\nrecorded-by-others: {}\r\n",
            hex(&taken.file_sha256),
            one_line(&taken.file),
            hex(&taken.record),
            one_line(taken.date.as_deref().unwrap_or_default())
        );
    }
    if let Some(certificate) = &exchange.certificate {
        note += &format!("tls-certificate-sha256: {}\r\n", hex(certificate));
    }
    if let Some(failure) = &exchange.failure {
        note += &format!("failure: {}\r\n", one_line(failure));
    }
    if let (true, Some(body)) = (exchange.is_put_together(), exchange.body) {
        note += &format!(
            "put-together: {} bytes, sha256:{}, of which this exchange brought {}\r\n",
            body.length,
            hex(&body.sha256),
            exchange.received
        );
    }
    if let (true, Some(body)) = (exchange.redacted, exchange.body) {
        note += &format!("{REDACTED}{}\r\n", hex(&body.sha256));
    }
    note
}

/// The value of the first header of this name, which is in lower case.
fn header<'h>(headers: &'h str, wanted: &str) -> Option<&'h str> {
    headers.lines().find_map(|line| {
        let (name, value) = line.split_once(':')?;
        name.trim().eq_ignore_ascii_case(wanted).then(|| value.trim())
    })
}

fn media_type(headers: &str) -> String {
    let value = header(headers, "content-type").unwrap_or_default();
    let media = value.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    if media.is_empty() { "unk".to_owned() } else { media }
}

/// Whether the body is compressed already, by what the server said of it.
fn is_packed(headers: &str, mime: &str) -> bool {
    let encoded = header(headers, "content-encoding").is_some_and(|coding| !coding.eq_ignore_ascii_case("identity"));
    encoded || is_medium(mime)
}

/// What two responses share that are one: the body at its address.
fn same(url: &str, body: &Blob) -> [u8; 32] {
    Sha256::new_with_prefix(body.sha256).chain_update(url).finalize().into()
}

/// Bodies are kept without chunk framing, so the header that announces it is renamed where it stood.
fn dechunked(headers: &str) -> Cow<'_, str> {
    let announces = |line: &str| {
        let name = line.get(..18);
        name.is_some_and(|name| name.eq_ignore_ascii_case("transfer-encoding:"))
    };
    let lines = headers.split_inclusive("\r\n");
    if !lines.clone().any(announces) {
        return headers.into();
    }
    let renamed = |line: &str| match announces(line) {
        true => format!("x-archive-orig-{line}"),
        false => line.to_owned(),
    };
    lines.map(renamed).collect::<String>().into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_post_is_written_as_it_went_over_the_wire() {
        for (lines, block) in [
            ("accept: */*\r\n", "GET /a HTTP/1.1\r\naccept: */*\r\n\r\n"),
            (
                ":method: POST\r\naccept: */*\r\n",
                "POST /a HTTP/1.1\r\naccept: */*\r\n\r\n",
            ),
            (
                ":method: POST\r\n:body: {\"a\": \"b: c\"}\r\naccept: */*\r\n",
                "POST /a HTTP/1.1\r\naccept: */*\r\n\r\n{\"a\": \"b: c\"}",
            ),
        ] {
            assert_eq!(request_block("/a", lines), block);
        }
    }

    #[test]
    fn a_body_is_packed_again_only_where_the_server_did_not_pack_it() {
        for (headers, mime, packed) in [
            ("Content-Type: text/html; charset=utf-8\r\n", "text/html", false),
            ("content-type: TEXT/HTML\r\nContent-Encoding: br\r\n", "text/html", true),
            (
                "content-encoding: identity\r\ncontent-type: application/json\r\n",
                "application/json",
                false,
            ),
            ("content-type: image/jpeg\r\n", "image/jpeg", true),
            ("content-type: image/svg+xml\r\n", "image/svg+xml", false),
            ("content-type:\r\n", "unk", false),
            ("", "unk", false),
        ] {
            assert_eq!(media_type(headers), mime, "{headers}");
            assert_eq!(is_packed(headers, mime), packed, "{headers}");
        }
    }

    #[test]
    fn a_body_without_chunks_is_not_announced_in_chunks() {
        assert_eq!(
            dechunked("Server: a\r\nTransfer-Encoding: chunked\r\n"),
            "Server: a\r\nx-archive-orig-Transfer-Encoding: chunked\r\n"
        );
    }
}
