//! `captures/captures.wacz`: the selection's WARC with index, pages and digests in one ZIP (WACZ 1.1.1), which the players
//! of web archives open. The WARC and the index stand in the ZIP as they are, so that a player can read a part of them.

use std::fs::File;
use std::io::{self, BufReader, BufWriter, Read, Seek, Write};
use std::path::{Path, PathBuf};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::Serialize;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use tempfile::TempPath;
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, DateTime, System, ZipArchive};

use super::bag::{Bag, BagFile, kept, parent, sync};
use super::draft::{Stop, Zip};
use super::surt::surt;
use super::warc::{Listed, Warc, Whole};
use super::{BUFFER, Options, Parting, Who, failed, json_lines, left_out, report, secrets};
use crate::error::{Error, Result};
use crate::key::Key;
use crate::store::export::Extract;
use crate::store::hex;

/// The WARC's name inside `archive/`.
const WARC: &str = "data.warc.gz";
/// Name of the WARC with the records of others.
pub(super) const OTHERS: &str = "others.warc.gz";

/// Names every other file of a WACZ but the one with its digest.
const PACKAGE: &str = "datapackage.json";

/// Stands for the ledger entry of what others recorded, which has a part of its own where each capture has one.
const RECORDS: i64 = -1;

/// Whether an export to this path is nothing but a WACZ.
#[must_use]
pub(super) fn is_wanted(path: &Path) -> bool {
    path.extension().is_some_and(|end| end.eq_ignore_ascii_case("wacz"))
}

/// The ledger entry whose exchanges alone a WACZ of this name holds, where each has its own.
pub(super) fn entry_of(name: &str) -> Option<i64> {
    name.strip_prefix("captures/")?.split_once('-')?.0.parse().ok()
}

/// Writes nothing but the WACZ, reads it again from the disk, and gives it its name; gives the digest of its data package.
pub(super) fn alone(path: &Path, extract: &Extract<'_>, options: &Options) -> Result<String> {
    let mut bag = Bag::begin(path, &options.stop)?;
    write(&mut bag, extract, options)?;
    let mut paths = bag.payload_paths();
    let (Some(file), None) = (paths.pop(), paths.pop()) else {
        return Err(Error::BadInput {
            input: path.display().to_string(),
            why: "the selection makes more than one WACZ".to_owned(),
            hint: Some("give a folder or a .zip, or a larger --wacz-bytes"),
        });
    };
    secrets::refuse(&file, &path.display().to_string(), &options.secrets)?;
    let package = kept(
        || sync(&file),
        || read_again(&file, &options.stop).map_err(failed("what was written does not read back", &file)),
    )?;
    options.stop.check()?;
    TempPath::try_from_path(file)
        .map_err(failed("cannot name", path))?
        .persist_noclobber(path)
        .map_err(|error| failed("cannot name", path)(error.error))?;
    sync(parent(path))?;
    Ok(package)
}

/// Reads every entry of the ZIP to its end, where it must have the checksum of what was written; gives the digest of the data
/// package, which has those of all others.
fn read_again(path: &Path, stop: &Stop) -> io::Result<String> {
    let mut zip = ZipArchive::new(BufReader::with_capacity(BUFFER, File::open(path)?))?;
    let mut buffer = vec![0; BUFFER];
    let mut package = Sha256::new();
    for index in 0..zip.len() {
        let mut entry = zip.by_index(index)?;
        let is_package = entry.name_raw() == PACKAGE.as_bytes();
        loop {
            stop.check_io()?;
            match entry.read(&mut buffer)? {
                0 => break,
                read if is_package => package.update(&buffer[..read]),
                _ => {}
            }
        }
    }
    Ok(hex(&package.finalize()))
}

/// What wrote it.
const SOFTWARE: &str = concat!("citekeep ", env!("CARGO_PKG_VERSION"));

/// Writes every part.
pub(super) fn write(bag: &mut Bag, extract: &Extract<'_>, options: &Options) -> Result<()> {
    let mut parts = Parts {
        bag,
        extract,
        open: None,
        entry: 0,
        count: 0,
        options,
    };
    extract.given(|article| {
        let part = parts.part(article.entry, article.body.length)?;
        part.warc.given(&article)?;
        let title = article.title.as_deref().or(article.name.as_deref());
        let title = title.unwrap_or("Article given as a file");
        let text = article.text.as_deref();
        if part.warc.listed.len() < 2 {
            return part.page(title, text);
        }
        // First what players show: the first page of a WACZ is the one that they open.
        part.list(1, title, text)?;
        let title = format!("{title} (under urn:sha256; blank where its links stop a player)");
        part.page(&title, text)
    })?;
    extract.exchanges(|exchange| {
        let part = parts.part(exchange.entry, exchange.body.map_or(0, |body| body.length))?;
        let told = part.warc.exchange(&exchange)?;
        match (&exchange.title, told) {
            (Some(title), true) => part.page(title, exchange.text.as_deref()),
            _ => part.no_page(),
        }
    })?;
    extract.helped(|file| {
        let part = parts.part(file.entry, file.body.length)?;
        part.warc.helped(&file)?;
        part.no_page()
    })?;
    extract.records(|record| {
        let part = parts.part(RECORDS, record.body.map_or(0, |body| body.length))?;
        part.turn_to_others(extract)?;
        let opens = part.warc.others(&record)?;
        match (&record.title, opens) {
            (Some(title), true) => part.page(title, record.text.as_deref()),
            _ => part.no_page(),
        }
    })?;
    // Even of nothing at all there is one, with a page to open.
    if parts.count == 0 {
        let report = parts.bag.folder().join(report::FILE);
        let part = parts.part(0, 0)?;
        part.warc.report(report)?;
        part.page("The report alone: nothing that was received is here", None)?;
    }
    parts.finish()
}

struct Parts<'b, 'a> {
    bag: &'b mut Bag,
    extract: &'a Extract<'a>,
    open: Option<Part<'a>>,
    /// Ledger entry of what was written last.
    entry: i64,
    count: usize,
    options: &'a Options,
}

impl<'a> Parts<'_, 'a> {
    /// The part that a body of this length goes into, which this ledger entry seals.
    fn part(&mut self, entry: i64, length: u64) -> Result<&mut Part<'a>> {
        let limit = self.options.wacz_bytes;
        let by_capture = self.options.parting == Parting::Capture && self.extract.received;
        if self
            .open
            .as_ref()
            .is_some_and(|part| part.warc.length() + length > limit || (by_capture && self.entry != entry))
        {
            self.finish()?;
        }
        self.entry = entry;
        let part = match self.open.take() {
            Some(part) => part,
            None => {
                self.count += 1;
                let name = match self.count {
                    number if by_capture && entry == RECORDS => format!("captures/records-{number}.wacz"),
                    _ if by_capture => format!("captures/{entry}-{}.wacz", self.count),
                    1 => "captures/captures.wacz".to_owned(),
                    number => format!("captures/captures-{number}.wacz"),
                };
                Part::begin(
                    self.bag.payload(&name)?,
                    self.extract,
                    self.count,
                    length.max(limit),
                    &self.options.who,
                )?
            }
        };
        Ok(self.open.insert(part))
    }

    fn finish(&mut self) -> Result<()> {
        let key = self.options.key.as_ref();
        self.open.take().map_or(Ok(()), |part| part.finish(self.extract, key))
    }
}

/// One WACZ that is being written; its WARC comes first, and the rest when that is whole.
struct Part<'a> {
    warc: Warc<'a, Zip<BagFile>>,
    /// Our own WARC, once that is whole and the one of others' records is written.
    ours: Option<Resource>,
    who: &'a Who,
    large: bool,
    path: PathBuf,
    number: usize,
    index: Vec<Line>,
    pages: BufWriter<File>,
    main: Option<Page>,
    /// What a player may open where there is no page: the first answer that is not about robots, such as that a post is gone.
    instead: Option<Page>,
}

/// A line of the index up to the digest of the gzip member, which is known last.
struct Line {
    begin: Box<str>,
    /// Number of the member.
    member: usize,
}

/// What a line says of its record. Numbers are texts, as the usual indexers write them.
#[derive(Serialize)]
struct Entry<'e> {
    url: &'e str,
    mime: &'e str,
    status: String,
    digest: &'e str,
    length: String,
    offset: String,
    filename: &'e str,
}

impl Line {
    fn of(record: &Listed) -> Result<Line> {
        let digits: String = record.date.bytes().filter(u8::is_ascii_digit).map(char::from).collect();
        let entry = serde_json::to_string(&Entry {
            url: &record.url,
            mime: &record.mime,
            status: record.status.to_string(),
            digest: &record.payload,
            length: record.length.to_string(),
            offset: record.offset.to_string(),
            filename: if record.of_others { OTHERS } else { WARC },
        })
        .map_err(|error| Error::Internal(error.to_string()))?;
        Ok(Line {
            begin: format!(
                "{} {} {},\"recordDigest\":\"sha256:",
                surt(&record.url),
                digits.get(..17).unwrap_or(&digits),
                entry.strip_suffix('}').unwrap_or(&entry)
            )
            .into_boxed_str(),
            member: record.member,
        })
    }

    fn write(&self, member: &[u8; 32], out: &mut impl Write) -> io::Result<()> {
        writeln!(out, "{}{}\"}}", self.begin, hex(member))
    }
}

#[derive(Serialize)]
struct Resource {
    name: &'static str,
    path: String,
    hash: String,
    bytes: u64,
}

impl Resource {
    fn of<W>(name: &'static str, warc: &Whole<W>) -> Resource {
        Resource {
            name,
            path: format!("archive/{name}"),
            hash: format!("sha256:{}", hex(&warc.sha256)),
            bytes: warc.length,
        }
    }
}

impl<'a> Part<'a> {
    /// Begins part `number`, whose WARC will have about `most` bytes at most.
    fn begin(file: BagFile, extract: &'a Extract<'a>, number: usize, most: u64, who: &'a Who) -> Result<Part<'a>> {
        let path = file.path().to_owned();
        let mut zip = Zip::new(file);
        // Four bytes of size do for all but a part of one huge body, or of huge parts that were asked for.
        let options = options(extract, CompressionMethod::Stored).large_file(most > 3 << 30);
        zip.start_file(format!("archive/{WARC}"), options)
            .map_err(io::Error::from)
            .map_err(failed("cannot write", &path))?;
        let mut pages = BufWriter::new(tempfile::tempfile().map_err(failed("cannot write", &path))?);
        pages
            .write_all(b"{\"format\":\"json-pages-1.0\",\"id\":\"pages\",\"title\":\"All Pages\",\"hasText\":true}\n")
            .map_err(failed("cannot write", &path))?;
        Ok(Part {
            warc: Warc::begin(zip, path.clone(), extract, number, who)?,
            ours: None,
            who,
            large: most > 3 << 30,
            path,
            number,
            index: Vec::new(),
            pages,
            main: None,
            instead: None,
        })
    }

    /// Ends our own WARC and begins that of others' records, which nobody is to take for ours.
    fn turn_to_others(&mut self, extract: &'a Extract<'a>) -> Result<()> {
        if self.ours.is_some() {
            return Ok(());
        }
        let mut ours = self.warc.cut()?;
        self.ours = Some(Resource::of(WARC, &ours));
        let options = options(extract, CompressionMethod::Stored).large_file(self.large);
        ours.out
            .start_file(format!("archive/{OTHERS}"), options)
            .map_err(io::Error::from)
            .map_err(failed("cannot write", &self.path))?;
        self.warc.begin_others(ours.out, self.number, self.who)
    }

    /// Lists the first record written since as a page that a reader may open.
    fn page(&mut self, title: &str, text: Option<&str>) -> Result<()> {
        self.list(0, title, text)?;
        self.no_page()
    }

    /// Lists this one of the records written since as a page, if there is one.
    fn list(&mut self, number: usize, title: &str, text: Option<&str>) -> Result<()> {
        if let Some(record) = self.warc.listed.get(number) {
            let page = Page::of(record);
            page.list(&mut self.pages, title, text)
                .map_err(failed("cannot write", &self.path))?;
            self.main.get_or_insert(page);
        }
        Ok(())
    }

    fn no_page(&mut self) -> Result<()> {
        for record in self.warc.listed.drain(..) {
            let is_about_robots = |url: &str| url.ends_with("/robots.txt");
            match &self.instead {
                Some(page) if !is_about_robots(&page.url) || is_about_robots(&record.url) => {}
                _ => self.instead = Some(Page::of(&record)),
            }
            self.index.push(Line::of(&record)?);
        }
        Ok(())
    }

    fn finish(self, extract: &Extract<'_>, key: Option<&Key>) -> Result<()> {
        let Part {
            warc,
            path,
            number,
            mut index,
            mut pages,
            main: read,
            instead,
            ours,
            ..
        } = self;
        let failed = || failed("cannot write", &path);
        if let (None, Some(page)) = (&read, &instead) {
            page.list(&mut pages, &page.url, None).map_err(failed())?;
        }
        let opens = read.or(instead);
        let (warc, members) = warc.finish()?;
        let last = Resource::of(if ours.is_some() { OTHERS } else { WARC }, &warc);
        let mut rest = Rest {
            zip: warc.out,
            extract,
            resources: ours.into_iter().chain([last]).collect(),
        };
        index.sort_unstable_by(|one, other| one.begin.cmp(&other.begin));
        let stored = CompressionMethod::Stored;
        let deflated = CompressionMethod::Deflated;
        rest.add("indexes", "index.cdxj", stored, |out| {
            index.iter().try_for_each(|line| line.write(&members[line.member], out))
        })
        .map_err(failed())?;
        let mut pages = pages.into_inner().map_err(|error| failed()(error.into_error()))?;
        pages.rewind().map_err(failed())?;
        rest.add("pages", "pages.jsonl", deflated, |out| {
            io::copy(&mut pages, out).map(drop)
        })
        .map_err(failed())?;
        let package = package(extract, number, opens, &rest.resources);
        let hash = format!("sha256:{}", hex(&Sha256::digest(&package)));
        rest.add("", PACKAGE, deflated, |out| out.write_all(package.as_bytes()))
            .map_err(failed())?;
        let mut digest = json!({"path": PACKAGE, "hash": hash});
        if let Some(key) = key {
            digest["signedData"] = signed(&hash, extract, key)?;
        }
        let digest = format!("{digest:#}\n");
        rest.add("", "datapackage-digest.json", deflated, |out| {
            out.write_all(digest.as_bytes())
        })
        .map_err(failed())?;
        rest.zip.finish().map_err(io::Error::from).map_err(failed())?.close()
    }
}

/// A record that opens as a page.
struct Page {
    /// What a player knows it by.
    id: String,
    url: String,
    date: String,
}

impl Page {
    fn of(record: &Listed) -> Page {
        let (url, date) = (record.url.clone(), record.date.clone());
        let id = hex(&Sha256::digest(format!("{} {date} {url}", record.offset))[..8]);
        Page { id, url, date }
    }

    fn list(&self, pages: &mut impl Write, title: &str, text: Option<&str>) -> io::Result<()> {
        let mut page = json!({"id": self.id, "url": self.url, "ts": self.date, "title": title});
        if let Some(text) = text {
            page["text"] = text.into();
        }
        writeln!(pages, "{}", json_lines::line(&page.to_string()))
    }
}

/// The ZIP after its WARC.
struct Rest<'e> {
    zip: Zip<BagFile>,
    extract: &'e Extract<'e>,
    resources: Vec<Resource>,
}

/// A file of it that is being written.
struct Content<'c> {
    zip: &'c mut Zip<BagFile>,
    digest: Sha256,
    bytes: u64,
}

impl Write for Content<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.zip.write(bytes)?;
        self.digest.update(&bytes[..written]);
        self.bytes += written as u64;
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.zip.flush()
    }
}

impl Rest<'_> {
    fn add(
        &mut self,
        folder: &str,
        name: &'static str,
        method: CompressionMethod,
        write: impl FnOnce(&mut BufWriter<Content<'_>>) -> io::Result<()>,
    ) -> io::Result<()> {
        let path = if folder.is_empty() {
            name.to_owned()
        } else {
            format!("{folder}/{name}")
        };
        self.zip.start_file(&path, options(self.extract, method))?;
        let mut content = BufWriter::with_capacity(
            BUFFER,
            Content {
                zip: &mut self.zip,
                digest: Sha256::new(),
                bytes: 0,
            },
        );
        write(&mut content)?;
        let Content { digest, bytes, .. } = content.into_inner().map_err(io::IntoInnerError::into_error)?;
        self.resources.push(Resource {
            name,
            path,
            hash: format!("sha256:{}", hex(&digest.finalize())),
            bytes,
        });
        Ok(())
    }
}

/// How an entry stands in the ZIP: the same on every system and at any time.
pub(super) fn options(extract: &Extract<'_>, method: CompressionMethod) -> SimpleFileOptions {
    SimpleFileOptions::default()
        .compression_method(method)
        .last_modified_time(zip_time(&extract.at).unwrap_or_default())
        .unix_permissions(0o644)
        .system(System::Unix)
}

/// The time of a ZIP entry, which has no zone and begins in 1980.
fn zip_time(at: &str) -> Option<DateTime> {
    let number = |range| at.get(range).and_then(|digits: &str| digits.parse::<u16>().ok());
    let small = |range| number(range).and_then(|value| u8::try_from(value).ok());
    DateTime::from_date_and_time(
        number(0..4)?,
        small(5..7)?,
        small(8..10)?,
        small(11..13)?,
        small(14..16)?,
        small(17..19)?,
    )
    .ok()
}

/// The anonymous signature of wacz-auth 0.1.0 (§ Signature Data): the key stands beside it, and nobody vouches for it here.
fn signed(hash: &str, extract: &Extract<'_>, key: &Key) -> Result<Value> {
    Ok(json!({
        "hash": hash,
        "created": created(extract),
        "software": SOFTWARE,
        "version": "0.1.0",
        "signature": STANDARD.encode(key.sign(hash.as_bytes())),
        "publicKey": STANDARD.encode(key.public().spki()?),
    }))
}

/// The time of the ledger entry; WACZ tools compare times to the second.
fn created(extract: &Extract<'_>) -> String {
    format!("{}Z", extract.at.get(..19).unwrap_or_default())
}

fn package(extract: &Extract<'_>, number: usize, main: Option<Page>, resources: &[Resource]) -> String {
    let created = created(extract);
    let part = if number == 1 {
        String::new()
    } else {
        format!(", part {number}")
    };
    let mut package = json!({
        "profile": "data-package", "wacz_version": "1.1.1",
        "title": format!("Posts and pages that articles cite{part}"),
        "description": format!("As of ledger entry {} (head {}){}", extract.seq, extract.head, left_out::told(extract)),
        "created": created, "modified": created,
        "software": SOFTWARE,
        "resources": resources,
    });
    if let Some(page) = main {
        package["mainPageUrl"] = page.url.into();
        package["mainPageDate"] = page.date.into();
    }
    format!("{package:#}\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_before_that_of_zip_is_no_error() {
        assert!(zip_time("2024-05-01T10:20:30.123Z").is_some());
        for at in ["1970-01-01T00:00:00.000Z", "", "yesterday"] {
            assert!(zip_time(at).is_none());
        }
    }

    #[test]
    fn a_line_of_the_index_says_where_the_record_stands() {
        let record = Listed {
            url: "https://www.example.com/A".to_owned(),
            date: "2024-05-01T10:20:30.123Z".to_owned(),
            mime: "text/html".to_owned(),
            status: 200,
            payload: format!("sha256:{}", "0".repeat(64)),
            of_others: false,
            offset: 17,
            length: 4,
            member: 0,
        };
        let (zeros, ones) = ("00".repeat(32), "ff".repeat(32));
        let mut written = Vec::new();
        Line::of(&record).unwrap().write(&[255; 32], &mut written).unwrap();
        assert_eq!(
            String::from_utf8(written).unwrap(),
            format!(
                "com,example)/a 20240501102030123 {{\"url\":\"https://www.example.com/A\",\"mime\":\"text/html\",\"status\":\"200\",\
                 \"digest\":\"sha256:{zeros}\",\"length\":\"4\",\"offset\":\"17\",\"filename\":\"data.warc.gz\",\
                 \"recordDigest\":\"sha256:{ones}\"}}\n"
            )
        );
    }
}
