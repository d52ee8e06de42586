//! WARC records of anybody's, read one after the other in bounded memory, each digest that they state computed anew.

use std::cell::Cell;
use std::io::{self, BufRead, BufReader, Read};

use flate2::bufread::GzDecoder;
use sha1::Sha1;
use sha2::{Digest, Sha256, Sha512};

use super::is_content;
use crate::bundle::warc::REDACTED;
use crate::store::hex;

/// Most bytes of a record's header.
const HEADER_LIMIT: u64 = 1 << 20;

/// A record as an index must know it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Record {
    /// WARC-Type.
    pub kind: String,
    /// WARC-Target-URI.
    pub url: String,
    /// WARC-Date.
    pub date: String,
    /// Content-Type of the block.
    pub media: String,
    /// The body that was redacted, as our metadata records say.
    pub redacted: Option<String>,
    /// WARC-Payload-Digest as stated.
    pub payload: Option<String>,
    /// Where it begins in the file.
    pub offset: u64,
    /// Its bytes in the file.
    pub length: u64,
    /// SHA-256 of those bytes.
    pub stored: [u8; 32],
    /// Digests that it states, but of a kind that is not computed here.
    pub unchecked: u64,
}

/// Reads every record, each a gzip member of its own if `gzip`; what is wrong goes to `each` as a text with the place
/// where the record begins. `inflatable` are the bytes that may come out of the gzip members, counted down. Gives where
/// it stopped, if it could not read to the end.
///
/// # Errors
/// If the file cannot be read.
pub fn read(
    source: impl BufRead,
    gzip: bool,
    inflatable: &Cell<u64>,
    mut each: impl FnMut(u64, Result<Record, String>),
) -> io::Result<Option<u64>> {
    let mut source = Counted {
        source,
        at: 0,
        digest: Sha256::new(),
    };
    while !source.fill_buf()?.is_empty() {
        let offset = source.at;
        source.digest = Sha256::new();
        let mut problems = Vec::new();
        let outcome = match gzip {
            true => member(&mut source, inflatable, &mut problems),
            false => record(&mut source, &mut problems),
        };
        for problem in problems {
            each(offset, Err(problem));
        }
        match outcome {
            Ok(mut record) => {
                record.offset = offset;
                record.length = source.at - offset;
                record.stored = source.digest.clone().finalize().into();
                each(offset, Ok(record));
            }
            Err(error) if is_content(&error) => {
                each(offset, Err(format!("{error}; what follows was not read")));
                return Ok(Some(offset));
            }
            Err(error) => return Err(error),
        }
    }
    Ok(None)
}

/// The record of a gzip member.
fn member(source: &mut impl BufRead, inflatable: &Cell<u64>, problems: &mut Vec<String>) -> io::Result<Record> {
    let mut member = BufReader::new(Inflated {
        source: GzDecoder::new(source),
        left: inflatable,
    });
    let record = record(&mut member, problems)?;
    match member.fill_buf()?.is_empty() {
        true => Ok(record),
        false => Err(bad("more than one record in a gzip member, which no player opens")),
    }
}

fn bad(why: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, why)
}

fn record(source: &mut impl BufRead, problems: &mut Vec<String>) -> io::Result<Record> {
    let fields = header(source, problems)?;
    let field = |name: &str| {
        fields
            .iter()
            .find(|field| field.0 == name)
            .map(|field| field.1.as_str())
    };
    let text = |name: &str| field(name).unwrap_or_default().to_owned();
    let length: u64 = field("content-length")
        .and_then(|length| length.parse().ok())
        .ok_or_else(|| bad("a record without a length"))?;
    let kind = text("warc-type").to_ascii_lowercase();
    let mut unchecked = 0;
    let mut hash = |name: &str| match field(name).map(Hash::of) {
        Some(None) => {
            unchecked += 1;
            None
        }
        known => known.flatten(),
    };
    let mut block = hash("warc-block-digest");
    // A revisit states the digest of a payload that it does not hold.
    let mut payload = match kind.as_str() {
        "revisit" => None,
        _ => hash("warc-payload-digest"),
    };
    let is_http = text("content-type")
        .to_ascii_lowercase()
        .starts_with("application/http");
    let mut redacted = None;
    let mut chunked = false;
    if kind == "metadata" && length <= HEADER_LIMIT {
        let mut bytes = vec![0; usize::try_from(length).unwrap_or_default()];
        source.read_exact(&mut bytes)?;
        if let Some(hash) = &mut block {
            hash.update(&bytes);
        }
        let lines = String::from_utf8_lossy(&bytes);
        redacted = lines
            .lines()
            .find_map(|line| line.strip_prefix(REDACTED))
            .map(|sha256| sha256.trim().to_owned());
    } else {
        chunked = consume(source, length, is_http, block.as_mut(), payload.as_mut())?;
    }
    let mut end = [0; 4];
    source.read_exact(&mut end)?;
    if end != *b"\r\n\r\n" {
        return Err(bad("a record does not end where its length says"));
    }
    if block.is_some_and(|hash| !hash.agrees()) {
        problems.push("its bytes are not those of its WARC-Block-Digest".to_owned());
    }
    // Some writers take the digest of a chunked body without its chunks; the block's digest covers it.
    if payload.is_some_and(|hash| !hash.agrees()) && !chunked {
        problems.push("its payload is not that of its WARC-Payload-Digest".to_owned());
    }
    Ok(Record {
        kind,
        url: text("warc-target-uri").trim_matches(['<', '>']).to_owned(),
        date: text("warc-date"),
        media: text("content-type"),
        redacted,
        payload: field("warc-payload-digest").map(str::to_owned),
        offset: 0,
        length: 0,
        stored: [0; 32],
        unchecked,
    })
}

/// The fields with their names in lower case.
fn header(source: &mut impl BufRead, problems: &mut Vec<String>) -> io::Result<Vec<(String, String)>> {
    let mut source = source.take(HEADER_LIMIT);
    let mut line = |fields: usize| {
        let mut bytes = Vec::new();
        source.read_until(b'\n', &mut bytes)?;
        match bytes.pop() {
            Some(b'\n') => Ok(String::from_utf8_lossy(&bytes).trim_end_matches('\r').to_owned()),
            _ if fields == 0 => Err(bad("no WARC record")),
            _ => Err(bad("a record's header does not end")),
        }
    };
    if !line(0)?.starts_with("WARC/1.") {
        return Err(bad("no WARC record"));
    }
    let mut fields: Vec<(String, String)> = Vec::new();
    loop {
        let line = line(1)?;
        if line.is_empty() {
            break;
        }
        if let (true, Some(last)) = (line.starts_with([' ', '\t']), fields.last_mut()) {
            last.1 += " ";
            last.1 += line.trim();
            continue;
        }
        let (name, value) = line
            .split_once(':')
            .ok_or_else(|| bad("a line of a record's header is no field"))?;
        fields.push((name.trim().to_ascii_lowercase(), value.trim().to_owned()));
    }
    let mut names: Vec<&str> = fields.iter().map(|field| field.0.as_str()).collect();
    names.sort_unstable();
    let may_repeat = ["warc-concurrent-to", "warc-protocol"];
    if let Some(twice) = names
        .windows(2)
        .find(|two| two[0] == two[1] && !may_repeat.contains(&two[0]))
    {
        problems.push(format!("states {} twice", twice[0]));
    }
    Ok(fields)
}

/// Reads a block through its digests; gives whether its payload stands in chunks.
fn consume(
    source: &mut impl BufRead,
    length: u64,
    is_http: bool,
    mut block: Option<&mut Hash>,
    mut payload: Option<&mut Hash>,
) -> io::Result<bool> {
    let mut left = length;
    let mut head = is_http.then(Vec::new);
    let mut chunked = false;
    while left > 0 {
        let buffer = source.fill_buf()?;
        if buffer.is_empty() {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        let size = buffer.len().min(usize::try_from(left).unwrap_or(usize::MAX));
        let bytes = &buffer[..size];
        if let Some(hash) = block.as_deref_mut() {
            hash.update(bytes);
        }
        let body = match &mut head {
            None => Some(bytes),
            Some(kept) => {
                // Only the head is kept, and of that no more than a record's own header may have.
                let before = kept.len();
                kept.extend_from_slice(&bytes[..bytes.len().min(HEADER_LIMIT as usize - before)]);
                memchr::memmem::find(&kept[before.saturating_sub(3)..], b"\r\n\r\n").map(|at| {
                    let end = before.saturating_sub(3) + at + 4;
                    let text = String::from_utf8_lossy(&kept[..end]).to_ascii_lowercase();
                    chunked = text.contains("\r\ntransfer-encoding:");
                    &bytes[end - before..]
                })
            }
        };
        if let Some(body) = body {
            head = None;
            if let Some(hash) = payload.as_deref_mut() {
                hash.update(body);
            }
        }
        source.consume(size);
        left -= size as u64;
    }
    Ok(chunked)
}

/// A digest that is computed because a record states it.
struct Hash {
    kind: Kind,
    stated: String,
}

enum Kind {
    Sha1(Box<Sha1>),
    Sha256(Box<Sha256>),
    Sha512(Box<Sha512>),
}

impl Hash {
    /// `None` if it is of a kind that is not computed here.
    fn of(stated: &str) -> Option<Hash> {
        let (label, value) = stated.split_once(':')?;
        let kind = match label.to_ascii_lowercase().as_str() {
            "sha1" | "sha-1" => Kind::Sha1(Box::default()),
            "sha256" | "sha-256" => Kind::Sha256(Box::default()),
            "sha512" | "sha-512" => Kind::Sha512(Box::default()),
            _ => return None,
        };
        Some(Hash {
            kind,
            stated: value.to_owned(),
        })
    }

    fn update(&mut self, bytes: &[u8]) {
        match &mut self.kind {
            Kind::Sha1(digest) => digest.update(bytes),
            Kind::Sha256(digest) => digest.update(bytes),
            Kind::Sha512(digest) => digest.update(bytes),
        }
    }

    /// Whether it is as stated, in hexadecimal or base 32.
    fn agrees(self) -> bool {
        let digest = match self.kind {
            Kind::Sha1(digest) => digest.finalize().to_vec(),
            Kind::Sha256(digest) => digest.finalize().to_vec(),
            Kind::Sha512(digest) => digest.finalize().to_vec(),
        };
        let stated = self.stated.trim_end_matches('=');
        stated.eq_ignore_ascii_case(&hex(&digest)) || stated.eq_ignore_ascii_case(&base32(&digest))
    }
}

/// RFC 4648 §6, without padding.
fn base32(bytes: &[u8]) -> String {
    const LETTERS: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
    let mut out = String::new();
    let (mut bits, mut count) = (0u32, 0);
    for byte in bytes {
        bits = bits << 8 | u32::from(*byte);
        count += 8;
        while count >= 5 {
            count -= 5;
            out.push(char::from(LETTERS[(bits >> count & 31) as usize]));
        }
        bits &= (1 << count) - 1;
    }
    if count > 0 {
        out.push(char::from(LETTERS[(bits << (5 - count) & 31) as usize]));
    }
    out
}

/// Counts and digests what is taken out of a reader.
struct Counted<R> {
    source: R,
    at: u64,
    digest: Sha256,
}

impl<R: BufRead> Read for Counted<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let have = self.fill_buf()?;
        let size = have.len().min(buffer.len());
        buffer[..size].copy_from_slice(&have[..size]);
        self.consume(size);
        Ok(size)
    }
}

impl<R: BufRead> BufRead for Counted<R> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        self.source.fill_buf()
    }

    fn consume(&mut self, amount: usize) {
        // What is consumed stands in the buffer still.
        if let Ok(buffer) = self.source.fill_buf() {
            self.digest.update(&buffer[..amount.min(buffer.len())]);
        }
        self.source.consume(amount);
        self.at += amount as u64;
    }
}

/// What comes out of a compressed stream, as long as there is room for it.
pub(super) struct Inflated<'l, R> {
    pub source: R,
    pub left: &'l Cell<u64>,
}

impl<R: Read> Read for Inflated<'_, R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let size = self.source.read(buffer)?;
        let left = self.left.get().checked_sub(size as u64);
        self.left
            .set(left.ok_or_else(|| bad("absurdly much comes out of what is compressed in it"))?);
        Ok(size)
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use flate2::Compression;
    use flate2::write::GzEncoder;

    use super::*;

    const BODY: &str = "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n\r\nhello";

    fn warc(fields: &str, block: &str) -> String {
        format!(
            "WARC/1.1\r\nWARC-Type: response\r\nWARC-Target-URI: http://a.example/\r\nWARC-Date: 2024-05-01T00:00:00Z\r\n\
             Content-Type: application/http; msgtype=response\r\n{fields}Content-Length: {}\r\n\r\n{block}\r\n\r\n",
            block.len()
        )
    }

    fn problems(bytes: &[u8], gzip: bool, inflatable: u64) -> Vec<String> {
        let mut problems = Vec::new();
        let left = Cell::new(inflatable);
        read(bytes, gzip, &left, |_, record| {
            problems.extend(record.err().map(|what| what.replace("; what follows was not read", "")));
        })
        .unwrap();
        problems
    }

    #[test]
    fn a_digest_that_a_record_states_is_computed_anew() {
        for (fields, wrong) in [
            ("", None),
            ("WARC-Payload-Digest: sha1:VL2MMHO4YXUKFWV63YHTWSBM3GXKSQ2N\r\n", None),
            ("warc-payload-digest: sha1:vl2mmho4yxukfwv63yhtwsbm3gxksq2n\r\n", None),
            (
                "WARC-Payload-Digest: sha256:2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824\r\n",
                None,
            ),
            ("WARC-Payload-Digest: md5:00\r\n", None),
            (
                "WARC-Payload-Digest: sha1:AAAA\r\n",
                Some("its payload is not that of its WARC-Payload-Digest"),
            ),
            (
                "WARC-Block-Digest: sha256:00\r\n",
                Some("its bytes are not those of its WARC-Block-Digest"),
            ),
            ("WARC-Date: 2024\r\n", Some("states warc-date twice")),
        ] {
            let found = problems(warc(fields, BODY).as_bytes(), false, 0);
            assert_eq!(found.first().map(String::as_str), wrong, "{fields}");
        }
    }

    #[test]
    fn what_is_no_warc_from_some_place_on_is_said() {
        let good = warc("", BODY);
        for (bytes, wrong) in [
            (format!("{good}more\r\n"), "no WARC record"),
            (good[..good.len() - 3].to_owned(), "failed to fill whole buffer"),
            (good.replace("Content-Length", "Length"), "a record without a length"),
            ("WARC/1.1\r\nA: b".to_owned(), "a record's header does not end"),
            (
                "WARC/1.1\r\nA\r\n\r\n".to_owned(),
                "a line of a record's header is no field",
            ),
            (
                good.replace("Content-Length: ", "Content-Length: 1"),
                "unexpected end of file",
            ),
            (
                good.replace("Content-Length: 50", "Content-Length: 9223372036854775808"),
                "unexpected end of file",
            ),
            (
                good.replace("Content-Length: ", "Content-Length: -"),
                "a record without a length",
            ),
        ] {
            assert_eq!(problems(bytes.as_bytes(), false, 0), [wrong], "{bytes}");
        }
    }

    #[test]
    fn each_record_stands_in_a_gzip_member_of_its_own_and_a_bomb_is_refused() {
        let gz = |text: &str| {
            let mut out = GzEncoder::new(Vec::new(), Compression::default());
            out.write_all(text.as_bytes()).unwrap();
            out.finish().unwrap()
        };
        let one = gz(&warc("", BODY));
        let two = [one.clone(), one.clone()].concat();
        let mut places = Vec::new();
        read(&two[..], true, &Cell::new(1 << 20), |offset, record| {
            places.push((offset, record.unwrap().length));
        })
        .unwrap();
        let length = one.len() as u64;
        assert_eq!(places, [(0, length), (length, length)]);
        let joined = gz(&[warc("", BODY), warc("", BODY)].concat());
        assert_eq!(
            problems(&joined, true, 1 << 20),
            ["more than one record in a gzip member, which no player opens"]
        );
        let bomb = gz(&warc("", &format!("{BODY}{}", "0".repeat(1 << 20))));
        assert_eq!(
            problems(&bomb, true, 1 << 16),
            ["absurdly much comes out of what is compressed in it"]
        );
        let mut changed = one.clone();
        let middle = changed.len() / 2;
        changed[middle] ^= 1;
        assert!(!problems(&changed, true, 1 << 20).is_empty());
        assert!(!problems(&one[..one.len() - 1], true, 1 << 20).is_empty());
    }

    #[test]
    fn base_32_is_that_of_rfc_4648() {
        for (text, coded) in [
            ("", ""),
            ("f", "MY"),
            ("fo", "MZXQ"),
            ("foo", "MZXW6"),
            ("foob", "MZXW6YQ"),
            ("fooba", "MZXW6YTB"),
            ("foobar", "MZXW6YTBOI"),
        ] {
            assert_eq!(base32(text.as_bytes()), coded);
        }
    }
}
