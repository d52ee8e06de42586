//! WARC 1.1 (ISO 28500:2017): records in one gzip member each, bodies as received. What is larger than [`HELD`] is read from the
//! archive twice and never held. Record ids and dates come from the archive, so the bytes are the same each time.

use std::borrow::Cow;
use std::collections::{HashMap, HashSet};
use std::fs::File;
use std::io::{Read, Write};
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

use super::bag::{BUFFER, uuid_of};
use super::digests::{Batch, Digester};
use super::gzip::Gzip;
use super::{Who, failed, named_information};
use crate::error::{Error, Result};
use crate::store::export::{Blob, Extract, GivenArticle, HelpedFile, OthersRecord, WireExchange};
use crate::store::{hex, push_hex};
use crate::warc::record::REDACTED;

/// What a revisit record says of its kind (ISO 28500:2017 §6.7.2).
const IDENTICAL_PAYLOAD: &str = "http://netpreserve.org/warc/1.1/revisit/identical-payload-digest";

/// Most bytes of a body that is held, so that it is read once: one piece of the archive.
const HELD: u64 = 1 << 20;

/// Records of fewer bytes are not compressed: that would cost more time than it saves room.
const SMALL: usize = 1 << 10;

/// A WARC that is being written.
pub(super) struct Warc<'a, W> {
    path: PathBuf,
    extract: &'a Extract<'a>,
    info: String,
    /// The header of the record that is being written.
    header: String,
    /// Bytes of it that were handed over.
    length: u64,
    gzip: Gzip,
    /// What is not handed over yet, with the bodies that were read for it.
    batch: Batch,
    /// Who writes it; `None` from the end of one WARC to the beginning of the next.
    digester: Option<Digester<W>>,
    /// Members so far that an index lists, of this WARC and those before it.
    members: usize,
    /// Digests of those in the WARCs before it.
    digests: Vec<[u8; 32]>,
    /// Responses that stand here already, by the digest of address and body, with their dates.
    seen: HashMap<[u8; 32], Box<str>>,
    certificates: HashSet<[u8; 32]>,
    /// A file of the bundle that stands here as well, by its digest.
    ours: Option<([u8; 32], PathBuf)>,
    /// What an index says of the records written since it was last taken.
    pub(super) listed: Vec<Listed>,
}

/// A WARC that is written.
pub(super) struct Whole<W> {
    /// What it was written to.
    pub out: W,
    /// Its bytes.
    pub length: u64,
    /// Their digest.
    pub sha256: [u8; 32],
}

/// A record that an index lists.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Listed {
    /// Its WARC-Target-URI.
    pub url: String,
    /// Its WARC-Date.
    pub date: String,
    /// Media type of the payload, or `warc/revisit`.
    pub mime: String,
    /// HTTP status; 200 of a resource.
    pub status: i64,
    /// Digest of the payload, with its kind before it; empty if the record states none.
    pub payload: String,
    /// Whether it stands in the WARC of others' records.
    pub of_others: bool,
    /// Where its gzip member begins.
    pub offset: u64,
    /// Bytes of its gzip member.
    pub length: u64,
    /// Number of its gzip member among all that are listed.
    pub member: usize,
}

/// What is to be written as one record.
struct Record<'a> {
    kind: &'a str,
    id: &'a str,
    date: &'a str,
    fields: &'a [(&'a str, &'a str)],
    head: &'a [u8],
    payload: Option<Blob>,
    /// Whether the payload follows `head`; of a revisit it does not.
    whole: bool,
    /// Whether gzip would only cost time.
    packed: bool,
}

/// The part of a record's block that is its payload.
enum Body {
    None,
    /// The bodies of the batch from this byte on.
    Held(usize),
    /// To be read again.
    Stored(Blob),
}

/// Where the payload of a record comes from.
enum Source<'a> {
    Archive(&'a Extract<'a>),
    File(PathBuf),
}

impl Source<'_> {
    fn pieces(&self, body: &Blob, each: impl FnMut(&[u8]) -> Result<()>) -> Result<()> {
        match self {
            Source::Archive(extract) => extract.pieces(body, each),
            Source::File(path) => each_piece(path, each),
        }
    }
}

/// Shows the bytes of a file.
fn each_piece(path: &Path, mut each: impl FnMut(&[u8]) -> Result<()>) -> Result<()> {
    let mut file = File::open(path).map_err(failed("cannot read", path))?;
    let mut buffer = vec![0; BUFFER];
    loop {
        match file.read(&mut buffer).map_err(failed("cannot read", path))? {
            0 => return Ok(()),
            read => each(&buffer[..read])?,
        }
    }
}

/// Where a record stands.
struct Place {
    offset: u64,
    length: u64,
    member: usize,
}

impl<'a, W: Write + Send + 'static> Warc<'a, W> {
    /// Begins part `number` (from 1) of the selection's WARC with its warcinfo record, which names who made it. `path` names
    /// it in errors.
    pub(super) fn begin(
        out: W,
        path: PathBuf,
        extract: &'a Extract<'a>,
        number: usize,
        who: &Who,
    ) -> Result<Warc<'a, W>> {
        let mut warc = Warc::new(out, path, extract);
        warc.info = warc.id("warcinfo", number as i64);
        warc.introduce(extract, who, "")?;
        Ok(warc)
    }

    /// Ends this WARC. What is written from now on goes into the next, which [`Warc::begin_others`] begins.
    pub(super) fn cut(&mut self) -> Result<Whole<W>> {
        self.seen.clear();
        self.hand_over()?;
        self.end()
    }

    /// Begins a WARC for records of others.
    pub(super) fn begin_others(&mut self, out: W, number: usize, who: &Who) -> Result<()> {
        self.digester = Some(Digester::start(out));
        self.info = self.id("warcinfo of others", number as i64);
        let what = "description: records of web archives of others, each as it stood there; none of them was fetched by us\r\n";
        self.introduce(self.extract, who, what)
    }

    fn new(out: W, path: PathBuf, extract: &'a Extract<'a>) -> Warc<'a, W> {
        Warc {
            path,
            extract,
            info: String::new(),
            header: String::new(),
            length: 0,
            gzip: Gzip::new(),
            batch: Batch::default(),
            digester: Some(Digester::start(out)),
            members: 0,
            digests: Vec::new(),
            seen: HashMap::new(),
            certificates: HashSet::new(),
            ours: None,
            listed: Vec::new(),
        }
    }

    /// The warcinfo record.
    fn introduce(&mut self, extract: &Extract<'_>, who: &Who, what: &str) -> Result<()> {
        let mut info = format!(
            "software: citekeep {}\r\nformat: WARC File Format 1.1\r\nledger-head: {}\r\n",
            env!("CARGO_PKG_VERSION"),
            extract.head
        );
        let names = [&who.collector, &who.organization, &who.email].map(String::as_str);
        let operator: Vec<&str> = names.into_iter().filter(|name| !name.is_empty()).collect();
        if !operator.is_empty() {
            info += &format!("operator: {}\r\n", operator.join(", "));
        }
        info += what;
        self.record(Record {
            kind: "warcinfo",
            id: &self.info.clone(),
            date: &extract.at,
            fields: &[("Content-Type", "application/warc-fields")],
            head: info.as_bytes(),
            payload: None,
            whole: true,
            packed: false,
        })
        .map(drop)
    }

    /// Bytes so far.
    pub(super) fn length(&self) -> u64 {
        self.length + self.batch.members.len() as u64
    }

    /// Ends the last WARC; gives the digest of every member that is listed as well.
    pub(super) fn finish(mut self) -> Result<(Whole<W>, Vec<[u8; 32]>)> {
        let whole = self.cut()?;
        Ok((whole, self.digests))
    }

    /// Waits for what was handed over.
    fn end(&mut self) -> Result<Whole<W>> {
        let digester = self.digester.take();
        let digester = digester.ok_or_else(|| Error::Internal("a WARC goes on behind its end".to_owned()))?;
        let (out, digests) = digester.finish().map_err(failed("cannot write", &self.path))?;
        if let Some(sha256) = digests.damaged {
            return Err(self.extract.damaged(&sha256));
        }
        self.digests.extend(digests.members);
        Ok(Whole {
            out,
            length: std::mem::take(&mut self.length),
            sha256: digests.file,
        })
    }

    /// Hands over what is complete, or all there is of a large body.
    fn hand_over(&mut self) -> Result<()> {
        self.length += self.batch.members.len() as u64;
        let digester = self.digester.as_mut();
        match digester.is_some_and(|digester| digester.hand_over(&mut self.batch)) {
            true => Ok(()),
            // It tells why it takes nothing more.
            false => self.end().map(drop),
        }
    }

    fn hand_over_if_full(&mut self) -> Result<()> {
        match self.batch.is_full() {
            true => self.hand_over(),
            false => Ok(()),
        }
    }

    fn id(&self, kind: &str, row: i64) -> String {
        let seed = Sha256::new()
            .chain_update(self.extract.digest)
            .chain_update(format!("{kind} {row}"));
        format!("<urn:uuid:{}>", uuid_of(&seed.finalize()))
    }

    /// An article that was given as a file: a resource named by its digest, or the word that it was redacted. One of HTML has a
    /// revisit after it.
    pub(super) fn given(&mut self, article: &GivenArticle) -> Result<()> {
        if article.redacted {
            let sha256 = hex(&article.body.sha256);
            let fields = [
                ("WARC-Target-URI", &*named(&article.body)),
                ("Content-Type", "application/warc-fields"),
            ];
            let note = format!("ledger-entry: {}\r\n{REDACTED}{sha256}\r\n", article.entry);
            let id = self.id("resource", article.entry);
            return self.note("metadata", &id, &article.read_at, &fields, &note);
        }
        let is_html = article.format == "html";
        let media = if is_html { "text/html" } else { "text/plain" };
        let id = self.id("resource", article.entry);
        // Of UTF-16 the mark at its beginning tells: players read that, give the page out as UTF-8, and must not be contradicted here.
        let kind = match article.charset.starts_with("UTF-16") {
            true => media.to_owned(),
            false => format!("{media}; charset={}", article.charset),
        };
        self.resource(&id, &article.read_at, named(&article.body), article.body, &kind)?;
        match is_html {
            true => self.resolvable(article, id),
            false => Ok(()),
        }
    }

    /// The article of this record once more, under an address against which relative links can be resolved. A `urn:` has no
    /// path, and players of web archives show nothing of a page whose links they fail to resolve.
    fn resolvable(&mut self, article: &GivenArticle, record: String) -> Result<()> {
        let (id, date) = (self.id("revisit of resource", article.entry), &article.read_at);
        let url = named_information(&article.body.sha256);
        let fields = [
            ("WARC-Target-URI", &*url),
            ("WARC-Profile", IDENTICAL_PAYLOAD),
            ("WARC-Refers-To", &*record),
            ("WARC-Refers-To-Target-URI", &*named(&article.body)),
            ("WARC-Refers-To-Date", date),
        ];
        let place = self.record(Record {
            kind: "revisit",
            id: &id,
            date,
            fields: &fields,
            head: b"",
            payload: Some(article.body),
            whole: false,
            packed: false,
        })?;
        self.list(url, date, "warc/revisit".to_owned(), 200, article.body.sha256, &place);
        Ok(())
    }

    /// A file that a helper got: a resource named by its digest, and whose it is; or the word that it was redacted.
    pub(super) fn helped(&mut self, file: &HelpedFile) -> Result<()> {
        let resource = self.id("helped", file.media);
        let url = named(&file.body);
        let mut fields = vec![("WARC-Target-URI", &*url)];
        let mut note = format!(
            "ledger-entry: {}\r\ngot-by: {}\r\nfor: {}\r\nfile-name: {}\r\n",
            file.entry,
            one_line(&file.helper),
            one_line(&file.url),
            one_line(&file.name)
        );
        if file.redacted {
            note.push_str(&format!("{REDACTED}{}\r\n", hex(&file.body.sha256)));
        } else {
            let kind = "application/octet-stream";
            self.resource(&resource, &file.at, named(&file.body), file.body, kind)?;
            fields.push(("WARC-Concurrent-To", &*resource));
        }
        fields.push(("Content-Type", "application/warc-fields"));
        let id = self.id("metadata of helped", file.media);
        self.note("metadata", &id, &file.at, &fields, &note)
    }

    /// The report of the bundle, a resource named by its digest, where nothing that was received is to be told.
    pub(super) fn report(&mut self, path: PathBuf) -> Result<()> {
        let (mut digest, mut length) = (Sha256::new(), 0);
        each_piece(&path, |piece| {
            digest.update(piece);
            length += piece.len() as u64;
            Ok(())
        })?;
        let body = Blob::outside(digest.finalize().into(), length);
        self.ours = Some((body.sha256, path));
        let (id, at) = (self.id("report", 0), self.extract.at.clone());
        self.resource(&id, &at, named(&body), body, "text/html; charset=utf-8")
    }

    fn resource(&mut self, id: &str, date: &str, url: String, body: Blob, kind: &str) -> Result<()> {
        let place = self.record(Record {
            kind: "resource",
            id,
            date,
            fields: &[("WARC-Target-URI", &*url), ("Content-Type", kind)],
            head: b"",
            payload: Some(body),
            whole: true,
            packed: is_medium(kind),
        })?;
        let mime = kind.split(';').next().unwrap_or_default().to_owned();
        self.list(url, date, mime, 200, body.sha256, &place);
        Ok(())
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

    /// Request, response if there was one, and what else is known, all of one date. Gives whether there is a response.
    pub(super) fn exchange(&mut self, exchange: &WireExchange) -> Result<bool> {
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

    fn list(&mut self, url: String, date: &str, mime: String, status: i64, payload: [u8; 32], place: &Place) {
        self.listed.push(Listed {
            url,
            date: date.to_owned(),
            mime,
            status,
            payload: format!("sha256:{}", hex(&payload)),
            of_others: false,
            offset: place.offset,
            length: place.length,
            member: place.member,
        });
    }

    /// A record of somebody else's web archive, byte for byte as it stood there, or the word that its body was redacted. Gives
    /// whether a player can open it.
    pub(super) fn others(&mut self, record: &OthersRecord) -> Result<bool> {
        let date = record.date.clone().unwrap_or_default();
        let url = record.url.clone().unwrap_or_default();
        if record.redacted {
            let body = record.body.map(|body| hex(&body.sha256)).unwrap_or_default();
            let note = format!("record-sha256: {}\r\n{REDACTED}{body}\r\n", hex(&record.sha256));
            let id = format!("<urn:sha256:{}>", hex(&Sha256::digest(&note)));
            let fields = [
                ("WARC-Target-URI", &*one_line(&url)),
                ("Content-Type", "application/warc-fields"),
            ];
            let at = self.extract.at.clone();
            self.note("metadata", &id, &at, &fields, &note)?;
            return Ok(false);
        }
        let body = record.body.filter(|body| body.length > 0);
        let body = body.map_or(Body::None, Body::Stored);
        let is_answer = ["response", "resource", "revisit"].contains(&record.kind.as_str());
        let place = self.member(&record.header, &record.head, body, false, is_answer)?;
        if is_answer {
            let media = record.media_type.as_deref().unwrap_or_default();
            let media = media.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
            self.listed.push(Listed {
                url,
                date,
                mime: match record.kind.as_str() {
                    "revisit" => "warc/revisit".to_owned(),
                    _ if media.is_empty() => "unk".to_owned(),
                    _ => media,
                },
                status: record.status.unwrap_or(200),
                payload: record.payload.clone().unwrap_or_default(),
                of_others: true,
                offset: place.offset,
                length: place.length,
                member: place.member,
            });
        }
        Ok(is_answer)
    }

    fn note(&mut self, kind: &str, id: &str, date: &str, fields: &[(&str, &str)], block: &str) -> Result<()> {
        self.record(Record {
            kind,
            id,
            date,
            fields,
            head: block.as_bytes(),
            payload: None,
            whole: true,
            packed: false,
        })
        .map(drop)
    }

    /// One record in a gzip member of its own: `head`, then the payload from the archive.
    fn record(&mut self, record: Record<'_>) -> Result<Place> {
        let stored = record.payload.filter(|body| body.length > 0 && record.whole);
        let mut block = Sha256::new_with_prefix(record.head);
        let body = match stored {
            None => Body::None,
            Some(stored) => {
                let start = self.batch.bodies.len();
                let is_held = stored.length <= HELD;
                let source = self.source(&stored.sha256);
                source.pieces(&stored, |piece| {
                    block.update(piece);
                    self.batch.bodies.extend_from_slice(piece);
                    match is_held {
                        true => Ok(()),
                        false => self.hand_over_if_full(),
                    }
                })?;
                self.batch.end_body(stored.sha256);
                match is_held {
                    true => Body::Held(start),
                    false => Body::Stored(stored),
                }
            }
        };
        // One text for all records, one after the other.
        let mut header = std::mem::take(&mut self.header);
        header.clear();
        header.push_str("WARC/1.1\r\n");
        let named = [
            ("WARC-Type", record.kind),
            ("WARC-Record-ID", record.id),
            ("WARC-Date", record.date),
        ];
        let info = (record.kind != "warcinfo").then_some(("WARC-Warcinfo-ID", &*self.info));
        for (name, value) in named.iter().chain(&info).chain(record.fields) {
            for part in [name, ": ", value, "\r\n"] {
                header.push_str(part);
            }
        }
        if let Some(body) = &record.payload {
            header.push_str("WARC-Payload-Digest: sha256:");
            push_hex(&mut header, &body.sha256);
            header.push_str("\r\n");
        }
        header.push_str("WARC-Block-Digest: sha256:");
        push_hex(&mut header, &block.finalize());
        let length = record.head.len() as u64 + stored.map_or(0, |body| body.length);
        header.push_str(&format!("\r\nContent-Length: {length}\r\n\r\n"));
        // What has no payload is no answer, which an index would list.
        let listed = record.payload.is_some();
        let place = self.member(header.as_bytes(), record.head, body, record.packed, listed);
        self.header = header;
        place
    }

    /// Where the bytes of this digest come from.
    fn source(&self, sha256: &[u8; 32]) -> Source<'a> {
        match &self.ours {
            Some((ours, path)) if ours == sha256 => Source::File(path.clone()),
            _ => Source::Archive(self.extract),
        }
    }

    /// One gzip member: a record's header, the first bytes of its block, then the rest of it.
    fn member(&mut self, header: &[u8], head: &[u8], body: Body, packed: bool, listed: bool) -> Result<Place> {
        let broken = |error: flate2::CompressError| Error::Internal(error.to_string());
        let offset = self.length();
        let Batch { bodies, members, .. } = &mut self.batch;
        let held = match body {
            Body::Held(start) => &bodies[start..],
            Body::None | Body::Stored(_) => &[],
        };
        let is_small = header.len() + head.len() + held.len() < SMALL && !matches!(body, Body::Stored(_));
        self.gzip.begin(packed || is_small, members);
        for bytes in [header, head, held] {
            self.gzip.write(bytes, members).map_err(broken)?;
        }
        if let Body::Stored(body) = body {
            let source = self.source(&body.sha256);
            source.pieces(&body, |piece| {
                self.gzip.write(piece, &mut self.batch.members).map_err(broken)?;
                self.hand_over_if_full()
            })?;
        }
        let members = &mut self.batch.members;
        self.gzip.write(b"\r\n\r\n", members).map_err(broken)?;
        self.gzip.end(members).map_err(broken)?;
        self.batch.end_member(listed);
        let place = Place {
            offset,
            length: self.length() - offset,
            member: self.members,
        };
        self.members += usize::from(listed);
        self.hand_over_if_full()?;
        Ok(place)
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

/// A value of WARC fields.
fn one_line(value: &str) -> String {
    value.replace(['\r', '\n'], " ")
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

/// Whether such files are compressed by their nature.
fn is_medium(mime: &str) -> bool {
    let medium = ["image/", "video/", "audio/"].iter().any(|kind| mime.starts_with(kind));
    medium && mime != "image/svg+xml"
}

/// What two responses share that are one: the body at its address.
fn same(url: &str, body: &Blob) -> [u8; 32] {
    Sha256::new_with_prefix(body.sha256).chain_update(url).finalize().into()
}

/// The address of what has none.
fn named(body: &Blob) -> String {
    format!("urn:sha256:{}", hex(&body.sha256))
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
