//! A web archive as a file: a WARC, or a WACZ with WARCs in it. It is opened under bounds, read record by record, and read on
//! after a place that is damaged. Nothing of it is unpacked under a name of its own.

use std::cell::Cell;
use std::collections::HashSet;
use std::fs::File;
use std::io::{self, BufRead, BufReader, Read};
use std::os::unix::fs::FileExt;
use std::path::Path;

use flate2::bufread::GzDecoder;
use serde::Deserialize;
use sha2::{Digest, Sha256};
use zip::{CompressionMethod, ZipArchive};

use super::is_content;
use super::record::{Take, read_into, read_one};
use super::zipped::{Inflated, Metered, wrong_form};
use crate::error::{Error, Result};

/// Most bytes of a ZIP's list of contents.
const DIRECTORY_LIMIT: u64 = 4 << 20;
/// What may come out of what is compressed, in all, besides [`INFLATED_RATIO`] times the size of the file.
const INFLATED_LIMIT: u64 = 4 << 30;
/// See [`INFLATED_LIMIT`].
const INFLATED_RATIO: u64 = 256;
/// How often over a damaged file may be read to find what can be read in it.
const PASSES: u64 = 8;
/// Most places looked at to find where the next record begins.
const CANDIDATES: u32 = 100_000;
/// Most pages of a list.
const PAGES_LIMIT: usize = 100_000;
/// Most bytes of a line of a list of pages, which may hold a page's text.
const PAGE_LIMIT: u64 = 16 << 20;

/// A web archive that was opened.
#[derive(Debug)]
pub struct Archive {
    name: String,
    length: u64,
    sha256: [u8; 32],
    warcs: Vec<Warc>,
    pages: Option<Vec<Page>>,
}

/// A WARC, by itself or inside a WACZ.
#[derive(Debug)]
struct Warc {
    /// Its name inside the WACZ.
    name: Option<String>,
    file: File,
    start: u64,
    length: u64,
    gzip: bool,
}

/// A page that a WACZ lists for its readers.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Page {
    /// Its address.
    pub url: String,
    /// When it was recorded, as said there.
    pub ts: Option<String>,
}

/// Where a record begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    /// Number of its WARC, from 0.
    pub warc: usize,
    /// Bytes before it in that WARC, as stored.
    pub offset: u64,
}

impl Archive {
    /// Opens a WARC, plain or in gzip members, or a WACZ.
    ///
    /// # Errors
    /// If there is no such file, it cannot be read, or is neither.
    pub fn open(path: &Path) -> Result<Archive> {
        let name = path.display().to_string();
        let failed = |source: io::Error| match source.kind() {
            io::ErrorKind::NotFound => Error::Missing { path: name.clone() },
            _ if is_content(&source) => foreign(&name, &source.to_string()),
            _ => Error::Input {
                input: name.clone(),
                source,
            },
        };
        let file = File::open(path).map_err(failed)?;
        if !file.metadata().map_err(failed)?.is_file() {
            return Err(foreign(&name, "is no file"));
        }
        let (length, sha256) = digest(&file).map_err(failed)?;
        let mut archive = Archive {
            name: path
                .file_name()
                .map_or_else(|| name.clone(), |name| name.to_string_lossy().into_owned()),
            length,
            sha256,
            warcs: Vec::new(),
            pages: None,
        };
        let begin = beginning(&file, 0, 8).map_err(failed)?;
        if begin.starts_with(b"PK\x03\x04") {
            archive.open_zip(file).map_err(failed)?;
        } else {
            archive.warcs.push(Warc {
                gzip: begin.starts_with(&GZIP),
                name: None,
                file,
                start: 0,
                length,
            });
        }
        let is_warc = |warc: &Warc| warc.begins_at(0).unwrap_or(false);
        if !archive.warcs.iter().any(is_warc) {
            return Err(foreign(&name, "holds no WARC record"));
        }
        Ok(archive)
    }

    /// Finds the WARCs and the list of pages; any entry of odd form spoils the whole.
    fn open_zip(&mut self, file: File) -> io::Result<()> {
        let directory = Cell::new(DIRECTORY_LIMIT);
        let left = Cell::new(self.inflatable());
        let source = Metered {
            file: file.try_clone()?,
            left: &directory,
        };
        let mut zip = ZipArchive::new(source)?;
        directory.set(u64::MAX);
        zip.validate_header_consistency()?;
        if zip.offset() != 0 {
            return Err(bad("begins with bytes that belong to no entry"));
        }
        let mut folded = HashSet::new();
        for index in 0..zip.len() {
            let entry = zip.by_index_raw(index)?;
            let name = String::from_utf8_lossy(entry.name_raw()).into_owned();
            if let Some(wrong) = wrong_form(&entry, &name, &mut folded) {
                return Err(bad(&format!("its entry `{}`: {wrong}", name.escape_debug())));
            }
            let (stored, start, length) = (
                entry.compression() == CompressionMethod::Stored,
                entry.data_start(),
                entry.compressed_size(),
            );
            drop(entry);
            if name == "pages/pages.jsonl" {
                let source = Inflated {
                    source: zip.by_index(index)?,
                    left: &left,
                };
                self.pages = Some(pages(BufReader::new(source))?);
            } else if name.starts_with("archive/") && (name.ends_with(".warc") || name.ends_with(".warc.gz")) {
                let (file, start, length) = match (stored, start) {
                    (true, Some(start)) => (file.try_clone()?, start, length),
                    // Rare: compressed once more. It is unpacked into a file without a name, since records are read from
                    // any place of it.
                    _ => {
                        let mut unpacked = tempfile::tempfile()?;
                        let mut source = Inflated {
                            source: zip.by_index(index)?,
                            left: &left,
                        };
                        let length = io::copy(&mut source, &mut unpacked)?;
                        (unpacked, 0, length)
                    }
                };
                self.warcs.push(Warc {
                    gzip: beginning(&file, start, 2)? == GZIP[..2],
                    name: name.strip_prefix("archive/").map(str::to_owned),
                    file,
                    start,
                    length,
                });
            }
        }
        Ok(())
    }

    /// Name of the file, without folders.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Bytes of the file.
    #[must_use]
    pub fn length(&self) -> u64 {
        self.length
    }

    /// SHA-256 of the file.
    #[must_use]
    pub fn sha256(&self) -> [u8; 32] {
        self.sha256
    }

    /// Name of a WARC inside a WACZ.
    #[must_use]
    pub fn warc(&self, number: usize) -> Option<&str> {
        self.warcs.get(number)?.name.as_deref()
    }

    /// The pages that a WACZ lists.
    #[must_use]
    pub fn pages(&self) -> Option<&[Page]> {
        self.pages.as_deref()
    }

    /// Reads every record. `take` hears of each with the number of its WARC; where one cannot be read, the next that can be
    /// found goes on.
    ///
    /// # Errors
    /// If the file cannot be read, or what takes it in ends the reading.
    pub fn each<T: Take>(&self, mut take: impl FnMut(usize) -> T) -> io::Result<()> {
        let inflatable = Cell::new(self.inflatable());
        for (number, warc) in self.warcs.iter().enumerate() {
            let take = &mut take(number);
            let readable = Cell::new(warc.length.saturating_mul(PASSES).saturating_add(1 << 26));
            let mut candidates = CANDIDATES;
            let mut at = 0;
            loop {
                let source = BufReader::with_capacity(1 << 16, warc.from(at, &readable));
                let Some(stopped) = read_into(source, at, warc.gzip, &inflatable, take)? else {
                    break;
                };
                match warc.next_after(stopped, &readable, &mut candidates)? {
                    Some(next) => at = next,
                    None => break,
                }
            }
        }
        Ok(())
    }

    /// Reads the record that begins at a place.
    ///
    /// # Errors
    /// If none can be read there, or what takes it in ends the reading.
    pub fn one<T: Take>(&self, place: Place, take: &mut T) -> io::Result<()> {
        let warc = self.warcs.get(place.warc).ok_or_else(|| bad("no such WARC"))?;
        let (readable, inflatable) = (Cell::new(u64::MAX), Cell::new(self.inflatable()));
        let source = BufReader::with_capacity(1 << 16, warc.from(place.offset, &readable));
        read_one(source, place.offset, warc.gzip, &inflatable, take)
    }

    fn inflatable(&self) -> u64 {
        INFLATED_LIMIT.saturating_add(self.length.saturating_mul(INFLATED_RATIO))
    }
}

/// How a gzip member with deflated content begins (RFC 1952).
const GZIP: [u8; 3] = [0x1f, 0x8b, 8];
/// How every record begins.
const RECORD: &[u8] = b"WARC/1.";

impl Warc {
    fn from<'w>(&'w self, at: u64, readable: &'w Cell<u64>) -> Window<'w> {
        Window {
            file: &self.file,
            at: self.start + at.min(self.length),
            end: self.start + self.length,
            readable,
        }
    }

    /// Whether a record begins there, by its first letters.
    fn begins_at(&self, at: u64) -> io::Result<bool> {
        let room = usize::try_from(self.length.saturating_sub(at)).unwrap_or(usize::MAX);
        let begin = beginning(&self.file, self.start + at, room.min(1 << 10))?;
        if !self.gzip {
            return Ok(begin.starts_with(RECORD));
        }
        let mut letters = [0; RECORD.len()];
        let inflated = GzDecoder::new(&begin[..]).read_exact(&mut letters);
        Ok(inflated.is_ok() && letters == *RECORD)
    }

    /// Where the next record begins after one that cannot be read.
    fn next_after(&self, bad: u64, readable: &Cell<u64>, candidates: &mut u32) -> io::Result<Option<u64>> {
        let mark: &[u8] = if self.gzip { &GZIP } else { RECORD };
        let mut from = bad + 1;
        let mut buffer = vec![0; 1 << 16];
        while from < self.length {
            let filled = fill(&mut self.from(from, readable), &mut buffer)?;
            let piece = &buffer[..filled];
            for at in memchr::memmem::find_iter(piece, mark) {
                if *candidates == 0 {
                    return Ok(None);
                }
                *candidates -= 1;
                if self.begins_at(from + at as u64)? {
                    return Ok(Some(from + at as u64));
                }
            }
            if filled < buffer.len() {
                break;
            }
            // A mark may stand across the end.
            from += (filled - mark.len()) as u64;
        }
        Ok(None)
    }
}

/// A part of a file, read without moving anybody else's place in it.
struct Window<'w> {
    file: &'w File,
    at: u64,
    end: u64,
    readable: &'w Cell<u64>,
}

impl Read for Window<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let room = usize::try_from(self.end - self.at).unwrap_or(usize::MAX);
        let size = buffer.len().min(room);
        let read = self.file.read_at(&mut buffer[..size], self.at)?;
        let left = self.readable.get().checked_sub(read as u64);
        self.readable
            .set(left.ok_or_else(|| bad("so much is wrong with it that the rest was not read"))?);
        self.at += read as u64;
        Ok(read)
    }
}

fn fill(source: &mut impl Read, buffer: &mut [u8]) -> io::Result<usize> {
    let mut filled = 0;
    while filled < buffer.len() {
        match source.read(&mut buffer[filled..]) {
            Ok(0) => break,
            Ok(more) => filled += more,
            // The meter ran out: nothing more is to be found.
            Err(error) if is_content(&error) => break,
            Err(error) => return Err(error),
        }
    }
    Ok(filled)
}

fn beginning(file: &File, at: u64, length: usize) -> io::Result<Vec<u8>> {
    let mut bytes = vec![0; length];
    let mut filled = 0;
    while filled < length {
        match file.read_at(&mut bytes[filled..], at + filled as u64)? {
            0 => break,
            more => filled += more,
        }
    }
    bytes.truncate(filled);
    Ok(bytes)
}

fn digest(file: &File) -> io::Result<(u64, [u8; 32])> {
    let (mut digest, mut length) = (Sha256::new(), 0);
    let mut buffer = vec![0; 1 << 16];
    loop {
        match file.read_at(&mut buffer, length)? {
            0 => return Ok((length, digest.finalize().into())),
            more => {
                digest.update(&buffer[..more]);
                length += more as u64;
            }
        }
    }
}

/// The lines that name a page; others say nothing.
fn pages(mut source: impl BufRead) -> io::Result<Vec<Page>> {
    let mut pages = Vec::new();
    let mut line = Vec::new();
    while pages.len() < PAGES_LIMIT {
        line.clear();
        source.by_ref().take(PAGE_LIMIT).read_until(b'\n', &mut line)?;
        if line.is_empty() {
            break;
        }
        pages.extend(serde_json::from_slice::<Page>(&line).ok());
    }
    Ok(pages)
}

fn bad(why: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, why)
}

fn foreign(name: &str, why: &str) -> Error {
    Error::BadInput {
        input: name.to_owned(),
        why: format!("not a web archive that can be read: {why}"),
        hint: Some("a WARC (plain or in gzip members, one a record) or a WACZ"),
    }
}
