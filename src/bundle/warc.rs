//! WARC 1.1 (ISO 28500:2017): records in one gzip member each, bodies as received. What is larger than [`HELD`] is read from the
//! archive twice and never held. Record ids and dates come from the archive, so the bytes are the same each time.

use std::collections::{HashMap, HashSet};
use std::fs::File;
use std::io::{Read, Write};
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

use super::bag::uuid_of;
use super::digests::{Batch, Digester};
use super::gzip::Gzip;
use super::{BUFFER, Who, failed};
use crate::error::{Error, Result};
use crate::store::export::{Blob, Extract};
use crate::store::{hex, push_hex};

mod brought;
mod exchanges;

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

/// A value of WARC fields.
fn one_line(value: &str) -> String {
    value.replace(['\r', '\n'], " ")
}

/// Whether such files are compressed by their nature.
fn is_medium(mime: &str) -> bool {
    let medium = ["image/", "video/", "audio/"].iter().any(|kind| mime.starts_with(kind));
    medium && mime != "image/svg+xml"
}

/// The address of what has none.
fn named(body: &Blob) -> String {
    format!("urn:sha256:{}", hex(&body.sha256))
}
