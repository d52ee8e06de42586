//! WARC records of anybody's, read one after the other in bounded memory, each digest that they state computed anew.

use std::cell::Cell;
use std::io::{self, BufRead, BufReader, Read};

use flate2::bufread::GzDecoder;
use sha2::{Digest, Sha256};

use super::is_content;
use super::stated::Hash;
use super::zipped::Inflated;

/// Most bytes of a record's header, and of the HTTP head in its block.
pub const HEADER_LIMIT: u64 = 1 << 20;

/// How our metadata records name a body that was redacted in the archive.
pub const REDACTED: &str = "redacted-body-sha256: ";

/// A record without its body.
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
    /// SHA-256 of the record without compression, from its first byte to the end of its block; only where that is asked for.
    pub sha256: Option<[u8; 32]>,
    /// Digests that it states and that were computed.
    pub checked: u64,
    /// Digests that it states, but of a kind that is not computed here.
    pub unchecked: u64,
    /// What is wrong with it though it could be read: a digest that is not that of its bytes, a field that stands twice.
    pub wrong: Vec<String>,
    /// Its header as it stood, with the empty line.
    pub header: Vec<u8>,
    /// The head of the HTTP message in its block, with the empty line; empty if there is none.
    pub head: Vec<u8>,
    /// Bytes of the block after the head.
    pub body_length: u64,
    fields: Fields,
}

impl Record {
    /// The first field of its header of this (lower-case) name.
    #[must_use]
    pub fn field(&self, name: &str) -> Option<&str> {
        self.fields.first(name)
    }

    /// Every field of this (lower-case) name.
    pub fn all<'r>(&'r self, name: &'r str) -> impl Iterator<Item = &'r str> {
        let named = self.fields.iter().filter(move |field| field.0 == name);
        named.map(|field| field.1)
    }
}

/// The fields of a header, their names in lower case, in one text.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Fields {
    text: String,
    /// Where in it each name ends, and its value.
    ends: Vec<(usize, usize)>,
}

impl Fields {
    fn push(&mut self, name: &str, value: &str) {
        let begin = self.text.len();
        self.text.push_str(name);
        self.text[begin..].make_ascii_lowercase();
        let end = self.text.len();
        self.text.push_str(value);
        self.ends.push((end, self.text.len()));
    }

    /// Appends to the last value, on whose line there was not room for all of it; gives whether there is one.
    fn go_on(&mut self, value: &str) -> bool {
        let Some(last) = self.ends.last_mut() else {
            return false;
        };
        self.text.push(' ');
        self.text.push_str(value);
        last.1 = self.text.len();
        true
    }

    fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        let begins = std::iter::once(0).chain(self.ends.iter().map(|end| end.1));
        begins
            .zip(&self.ends)
            .map(|(begin, &(name, value))| (&self.text[begin..name], &self.text[name..value]))
    }

    fn first(&self, name: &str) -> Option<&str> {
        self.iter().find(|field| field.0 == name).map(|field| field.1)
    }
}

/// Who takes in what is read.
pub trait Take {
    /// Whether [`Record::sha256`] is wanted.
    const WHOLE_DIGEST: bool;

    /// Some more of the body of the record that is being read; what of it came before a problem counts for nothing.
    ///
    /// # Errors
    /// Whatever is to end the reading.
    fn body(&mut self, bytes: &[u8]) -> io::Result<()>;

    /// The record whose body came before.
    ///
    /// # Errors
    /// Whatever is to end the reading.
    fn record(&mut self, record: Record) -> io::Result<()>;

    /// What stands there is no record that can be read.
    fn problem(&mut self, offset: u64, what: &str);
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
    each: impl FnMut(u64, Result<Record, String>),
) -> io::Result<Option<u64>> {
    struct Each<F>(F);
    impl<F: FnMut(u64, Result<Record, String>)> Take for Each<F> {
        const WHOLE_DIGEST: bool = false;

        fn body(&mut self, _: &[u8]) -> io::Result<()> {
            Ok(())
        }

        fn record(&mut self, mut record: Record) -> io::Result<()> {
            for wrong in std::mem::take(&mut record.wrong) {
                self.0(record.offset, Err(wrong));
            }
            self.0(record.offset, Ok(record));
            Ok(())
        }

        fn problem(&mut self, offset: u64, what: &str) {
            self.0(offset, Err(format!("{what}; what follows was not read")));
        }
    }
    read_into(source, 0, gzip, inflatable, &mut Each(each))
}

/// As [`read`], with the bodies; `base` is where the source begins in the file.
///
/// # Errors
/// If the file cannot be read, or what takes it in ends the reading.
pub fn read_into<T: Take>(
    source: impl BufRead,
    base: u64,
    gzip: bool,
    inflatable: &Cell<u64>,
    take: &mut T,
) -> io::Result<Option<u64>> {
    let mut source = Source::of(source, base, gzip, inflatable);
    while let Some(offset) = source.next_at()? {
        match source.next(offset, take) {
            Ok(record) => take.record(record)?,
            Err(error) if is_content(&error) => {
                take.problem(offset, &error.to_string());
                return Ok(Some(offset));
            }
            Err(error) => return Err(error),
        }
    }
    Ok(None)
}

/// Reads the one record that begins where the source begins.
///
/// # Errors
/// If there is none, the file cannot be read, or what takes it in ends the reading.
pub fn read_one<T: Take>(
    source: impl BufRead,
    base: u64,
    gzip: bool,
    inflatable: &Cell<u64>,
    take: &mut T,
) -> io::Result<()> {
    let mut source = Source::of(source, base, gzip, inflatable);
    source.next_at()?;
    let record = source.next(base, take)?;
    take.record(record)
}

/// A file of records.
enum Source<'l, S> {
    Plain(Counted<S>),
    /// Each a gzip member of its own, all read with one decoder and one buffer: a file may have hundreds of thousands.
    Zipped(Box<BufReader<Inflated<'l, GzDecoder<Counted<S>>>>>),
}

impl<'l, S: BufRead> Source<'l, S> {
    fn of(source: S, base: u64, gzip: bool, left: &'l Cell<u64>) -> Source<'l, S> {
        let source = Counted {
            source: Some(source),
            at: base,
        };
        if !gzip {
            return Source::Plain(source);
        }
        // A new decoder takes a header at once.
        let mut decoder = GzDecoder::new(Counted::nothing());
        decoder.reset(source);
        Source::Zipped(Box::new(BufReader::new(Inflated { source: decoder, left })))
    }

    fn at(&self) -> u64 {
        match self {
            Source::Plain(source) => source.at,
            Source::Zipped(member) => member.get_ref().source.get_ref().at,
        }
    }

    /// Where the next record begins, unless this is the end; the one before was read to its end.
    fn next_at(&mut self) -> io::Result<Option<u64>> {
        let at = self.at();
        let is_end = match self {
            Source::Plain(source) => source.fill_buf()?.is_empty(),
            Source::Zipped(member) => {
                let decoder = &mut member.get_mut().source;
                let source = decoder.reset(Counted::nothing());
                decoder.reset(source);
                decoder.get_mut().fill_buf()?.is_empty()
            }
        };
        Ok((!is_end).then_some(at))
    }

    /// The record that begins there.
    fn next<T: Take>(&mut self, offset: u64, take: &mut T) -> io::Result<Record> {
        let mut record = match self {
            Source::Plain(source) => record(source, take)?,
            Source::Zipped(member) => {
                let record = record(member, take)?;
                if !member.fill_buf()?.is_empty() {
                    return Err(bad("more than one record in a gzip member, which no player opens"));
                }
                record
            }
        };
        record.offset = offset;
        record.length = self.at() - offset;
        Ok(record)
    }
}

fn bad(why: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, why)
}

fn record<T: Take>(source: &mut impl BufRead, take: &mut T) -> io::Result<Record> {
    let mut wrong = Vec::new();
    let (header, fields) = header(source, &mut wrong)?;
    let text = |name: &str| fields.first(name).unwrap_or_default().to_owned();
    let length: u64 = fields
        .first("content-length")
        .and_then(|length| length.parse().ok())
        .ok_or_else(|| bad("a record without a length"))?;
    let kind = text("warc-type").to_ascii_lowercase();
    let mut unchecked = 0;
    let mut hash = |name: &str| match fields.first(name).map(Hash::of) {
        Some(None) => {
            unchecked += 1;
            None
        }
        known => known.flatten(),
    };
    let block = hash("warc-block-digest");
    // A revisit states the digest of a payload that it does not hold.
    let payload = match kind.as_str() {
        "revisit" => None,
        _ => hash("warc-payload-digest"),
    };
    let is_http = text("content-type")
        .to_ascii_lowercase()
        .starts_with("application/http");
    let mut parts = Parts {
        head: is_http.then(Vec::new),
        whole: T::WHOLE_DIGEST.then(|| Sha256::new_with_prefix(&header)),
        block,
        payload,
        body_length: 0,
    };
    let mut redacted = None;
    let mut head = Vec::new();
    if kind == "metadata" && length <= HEADER_LIMIT {
        let mut bytes = vec![0; usize::try_from(length).unwrap_or_default()];
        source.read_exact(&mut bytes)?;
        parts.take(&bytes, &mut head, take)?;
        let lines = String::from_utf8_lossy(&bytes);
        redacted = lines
            .lines()
            .find_map(|line| line.strip_prefix(REDACTED))
            .map(|sha256| sha256.trim().to_owned());
    } else {
        let mut left = length;
        while left > 0 {
            let buffer = source.fill_buf()?;
            if buffer.is_empty() {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
            let size = buffer.len().min(usize::try_from(left).unwrap_or(usize::MAX));
            parts.take(&buffer[..size], &mut head, take)?;
            source.consume(size);
            left -= size as u64;
        }
    }
    // A block that was to be a message but has no end of a head is all head as far as one may go.
    if let Some(unended) = parts.head.take() {
        head = unended;
    }
    let mut end = [0; 4];
    source.read_exact(&mut end)?;
    if end != *b"\r\n\r\n" {
        return Err(bad("a record does not end where its length says"));
    }
    let mut checked = 0;
    let mut differs = |hash: Option<Hash>| {
        checked += u64::from(hash.is_some());
        hash.is_some_and(|hash| !hash.agrees())
    };
    if differs(parts.block) {
        wrong.push("its bytes are not those of its WARC-Block-Digest".to_owned());
    }
    // Some writers take the digest of a chunked body without its chunks; the block's digest covers it.
    let chunked = super::message::has_field(&head, "transfer-encoding");
    if differs(parts.payload) && !chunked {
        wrong.push("its payload is not that of its WARC-Payload-Digest".to_owned());
    }
    Ok(Record {
        kind,
        url: text("warc-target-uri").trim_matches(['<', '>']).to_owned(),
        date: text("warc-date"),
        media: text("content-type"),
        redacted,
        payload: fields.first("warc-payload-digest").map(str::to_owned),
        offset: 0,
        length: 0,
        sha256: parts.whole.map(|digest| digest.finalize().into()),
        checked,
        unchecked,
        wrong,
        header,
        head,
        body_length: parts.body_length,
        fields,
    })
}

/// The header as it stands, and its fields.
fn header(source: &mut impl BufRead, wrong: &mut Vec<String>) -> io::Result<(Vec<u8>, Fields)> {
    let mut source = source.take(HEADER_LIMIT);
    let mut whole = Vec::with_capacity(1 << 10);
    loop {
        let begin = whole.len();
        source.read_until(b'\n', &mut whole)?;
        match whole[begin..].split_last() {
            Some((b'\n', line)) if begin > 0 && line.iter().all(|byte| *byte == b'\r') => break,
            Some((b'\n', _)) if whole.starts_with(b"WARC/1.") => {}
            _ if begin > 0 => return Err(bad("a record's header does not end")),
            _ => return Err(bad("no WARC record")),
        }
    }
    let text = String::from_utf8_lossy(&whole);
    let mut fields = Fields {
        text: String::with_capacity(text.len()),
        ends: Vec::with_capacity(16),
    };
    for line in text.lines().skip(1) {
        if line.starts_with([' ', '\t']) && fields.go_on(line.trim()) {
            continue;
        }
        if line.trim_end_matches('\r').is_empty() {
            break;
        }
        let (name, value) = line
            .split_once(':')
            .ok_or_else(|| bad("a line of a record's header is no field"))?;
        fields.push(name.trim(), value.trim());
    }
    let mut names: Vec<&str> = fields.iter().map(|field| field.0).collect();
    names.sort_unstable();
    let may_repeat = ["warc-concurrent-to", "warc-protocol"];
    if let Some(twice) = names
        .windows(2)
        .find(|two| two[0] == two[1] && !may_repeat.contains(&two[0]))
    {
        wrong.push(format!("states {} twice", twice[0]));
    }
    Ok((whole, fields))
}

/// A block on its way through its digests.
struct Parts {
    /// What there is of the head while its end was not met.
    head: Option<Vec<u8>>,
    whole: Option<Sha256>,
    block: Option<Hash>,
    payload: Option<Hash>,
    body_length: u64,
}

impl Parts {
    /// Takes some more of the block; once the head is whole it stands in `ended`.
    fn take<T: Take>(&mut self, bytes: &[u8], ended: &mut Vec<u8>, take: &mut T) -> io::Result<()> {
        if let Some(digest) = &mut self.whole {
            digest.update(bytes);
        }
        let mut body = bytes;
        if let Some(kept) = &mut self.head {
            // Only the head is kept, and of that no more than a record's own header may have.
            let before = kept.len();
            let room = HEADER_LIMIT as usize - before;
            kept.extend_from_slice(&bytes[..bytes.len().min(room)]);
            let from = before.saturating_sub(3);
            match memchr::memmem::find(&kept[from..], b"\r\n\r\n") {
                Some(at) => {
                    let end = from + at + 4;
                    body = &bytes[end - before..];
                    kept.truncate(end);
                    *ended = std::mem::take(kept);
                    self.head = None;
                }
                None if kept.len() == HEADER_LIMIT as usize => {
                    return Err(bad("the head of the message in a record is absurdly long"));
                }
                None => body = &[],
            }
        }
        Hash::update_both(&mut self.block, bytes, &mut self.payload, body);
        self.body_length += body.len() as u64;
        match body.is_empty() {
            true => Ok(()),
            false => take.body(body),
        }
    }
}

/// Counts what is taken out of a reader; without one it is at its end.
struct Counted<R> {
    source: Option<R>,
    at: u64,
}

impl<R> Counted<R> {
    fn nothing() -> Counted<R> {
        Counted { source: None, at: 0 }
    }
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
        self.source.as_mut().map_or(Ok(&[]), BufRead::fill_buf)
    }

    fn consume(&mut self, amount: usize) {
        if let Some(source) = &mut self.source {
            source.consume(amount);
        }
        self.at += amount as u64;
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
}
