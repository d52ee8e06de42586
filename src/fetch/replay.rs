//! Answers from web archives of others instead of the network: each an exchange that says which record it stands in, with the
//! record's own time. What they lack is a failure of its own, and nobody is asked for it.

use std::collections::{HashMap, HashSet};
use std::io;
use std::path::Path;
use std::sync::Arc;

use sha2::{Digest, Sha256};
use url::Url;

use super::wire::Incoming;
use super::{Staging, failure};
use crate::clock::{Clock, Timestamp};
use crate::config::{Config, Limit};
use crate::error::{Error, Result};
use crate::exchange::{Body, Digests, Exchange, Failure, FileOfOthers, Purpose, Recorded, Truncated};
use crate::outcome::Outcome;
use crate::warc::archive::{self, Archive, Place};
use crate::warc::events::{self, Event};
use crate::warc::message::{Dechunk, ResponseHead, has_field, method};
use crate::warc::record::{Record, Take};

/// Reason code of what no web archive has.
pub const NOT_THERE: &str = "not_in_web_archive";
/// Most records that are looked at in all.
const RECORDS_LIMIT: usize = 2_000_000;
/// Most pages of one web archive.
const PAGES_LIMIT: usize = 100_000;
/// Longest address that is remembered, in bytes.
const ADDRESS_LIMIT: usize = 16 << 10;

/// Web archives of others, by address.
#[derive(Debug)]
pub struct Replay {
    archives: Vec<Opened>,
    spots: HashMap<Key, Vec<Spot>>,
    /// Every page and plain text in them.
    readable: Vec<Page>,
    /// Those that are to be read if nobody names any.
    pages: Vec<Page>,
    /// What they list as pages and is none to be read: a line for each archive and reason.
    pub unread: Vec<String>,
    limit: Limit,
    clock: Clock,
    /// What could not be read in them.
    pub problems: Vec<String>,
}

#[derive(Debug)]
struct Opened {
    archive: Arc<Archive>,
    file: Arc<FileOfOthers>,
}

/// A page of a web archive.
#[derive(Debug, Clone)]
pub struct Page {
    /// Its address.
    pub url: Url,
    spot: Spot,
}

type Key = [u8; 16];

/// Where a response stands.
#[derive(Debug, Clone, Copy)]
struct Spot {
    archive: usize,
    place: Place,
    at: Timestamp,
    chunked: bool,
    /// Where the body stands that a revisit names.
    original: Option<(usize, Place, bool)>,
}

fn key(text: &str) -> Key {
    let digest: [u8; 32] = Sha256::digest(text).into();
    let mut key = Key::default();
    key.copy_from_slice(&digest[..16]);
    key
}

/// The file as an exchange names it.
#[must_use]
pub fn file_of(archive: &Archive) -> Arc<FileOfOthers> {
    Arc::new(FileOfOthers {
        name: archive.name().to_owned(),
        sha256: archive.sha256(),
        length: archive.length(),
    })
}

/// What a record says of itself, with its body as it was put away.
#[must_use]
pub fn recorded(
    file: &Arc<FileOfOthers>,
    warc: Option<&str>,
    record: &Record,
    (body, body_sha256): (Body, Option<[u8; 32]>),
) -> Recorded {
    let head = ResponseHead::parse(&record.head);
    let said = |text: &str| Some(text.to_owned()).filter(|text| !text.is_empty());
    Recorded {
        file: Arc::clone(file),
        warc: warc.map(str::to_owned),
        place: record.offset,
        sha256: record.sha256.unwrap_or_default(),
        kind: record.kind.clone(),
        record_id: record.field("warc-record-id").map(str::to_owned),
        url: said(&record.url),
        date: said(&record.date),
        payload: record.payload.clone(),
        digests: match (
            record.wrong.iter().any(|what| what.contains("Digest")),
            record.checked,
            record.unchecked,
        ) {
            (true, ..) => Digests::Differ,
            (false, 1.., _) => Digests::Agree,
            (false, 0, 1..) => Digests::Unchecked,
            (false, 0, 0) => Digests::None,
        },
        status: head.as_ref().map(|head| head.status),
        media_type: match &head {
            Some(head) => head.header("content-type").map(str::to_owned),
            None => said(&record.media),
        },
        header: record.header.clone().into(),
        head: record.head.clone().into(),
        body,
        body_length: record.body_length,
        body_sha256,
        revisits: None,
    }
}

impl Replay {
    /// Opens the files and looks through them once.
    ///
    /// # Errors
    /// If one is missing, cannot be read or is no web archive.
    pub fn open<'p>(paths: impl IntoIterator<Item = &'p Path>, config: &Config, clock: Clock) -> Result<Replay> {
        let mut replay = Replay {
            archives: Vec::new(),
            spots: HashMap::new(),
            readable: Vec::new(),
            pages: Vec::new(),
            unread: Vec::new(),
            limit: config.limit.clone(),
            clock,
            problems: Vec::new(),
        };
        for path in paths {
            replay.add(path)?;
        }
        for spots in replay.spots.values_mut() {
            spots.sort_by_key(|spot| (spot.at, spot.archive, spot.place));
        }
        Ok(replay)
    }

    fn add(&mut self, path: &Path) -> Result<()> {
        let archive = Arc::new(Archive::open(path)?);
        let index = std::cell::RefCell::new(Index::default());
        archive
            .each(|warc| Indexer { warc, index: &index })
            .map_err(|source| Error::Input {
                input: archive.name().to_owned(),
                source,
            })?;
        let index = index.into_inner();
        let number = self.archives.len();
        let (mut readable, mut html) = (Vec::new(), Vec::new());
        for found in &index.found {
            if found.ids.iter().any(|id| index.not_asked_for.contains(id)) {
                continue;
            }
            let original = found.revisits.and_then(|payload| {
                index
                    .originals
                    .get(&payload)
                    .map(|(place, chunked)| (number, *place, *chunked))
            });
            let spot = Spot {
                archive: number,
                place: found.place,
                at: found.at,
                chunked: found.chunked,
                original,
            };
            if let (Some(text), Ok(url)) = (found.text, Url::parse(&found.url)) {
                let page = Page { url, spot };
                if text == Text::Html {
                    html.push(page.clone());
                }
                readable.push(page);
            }
            if found.is_answer {
                self.spots.entry(key(&found.url)).or_default().push(spot);
            }
        }
        // The WACZ says which of them are pages to be read; without its word all of HTML are.
        match archive.pages().filter(|pages| !pages.is_empty()) {
            Some(listed) => {
                let answered = index.found.iter().map(|found| found.url.as_str());
                let unread = self.choose(listed, &readable, &answered.collect());
                self.unread
                    .extend(unread.iter().map(|what| format!("{}: {what}", archive.name())));
            }
            None => self.pages.append(&mut html),
        }
        self.readable.append(&mut readable);
        for (place, what) in index.problems {
            let warc = archive
                .warc(place.warc)
                .map(|warc| format!("!{warc}"))
                .unwrap_or_default();
            self.problems
                .push(format!("{}{warc}: record at {}: {what}", archive.name(), place.offset));
        }
        let file = file_of(&archive);
        self.archives.push(Opened { archive, file });
        Ok(())
    }

    /// Takes the pages of a list that can be read; says in a line each what the others are.
    fn choose(&mut self, listed: &[archive::Page], readable: &[Page], answered: &HashSet<&str>) -> Vec<String> {
        let mut states: HashMap<&Url, Vec<&Page>> = HashMap::new();
        for page in readable {
            states.entry(&page.url).or_default().push(page);
        }
        let (mut others, mut missing) = (Vec::new(), Vec::new());
        for page in listed {
            let Ok(mut url) = Url::parse(&page.url) else { continue };
            url.set_fragment(None);
            let when = page.ts.as_deref().and_then(Timestamp::parse);
            let nearest = states.get(&url).into_iter().flatten().min_by_key(|found| {
                when.map_or(-found.spot.at.millis(), |at| {
                    (found.spot.at.millis() - at.millis()).saturating_abs()
                })
            });
            match nearest {
                Some(found) => self.pages.push((*found).clone()),
                // Bytes under their digest once more, which are listed as a `urn:` too.
                None if url.scheme() == "ni" => {}
                None if answered.contains(url.as_str()) => others.push(url),
                None => missing.push(url),
            }
        }
        let line = |what: &str, urls: &[Url]| {
            let first = urls.first()?;
            let more = match urls.len() - 1 {
                0 => String::new(),
                more => format!(" and {more} more"),
            };
            Some(format!("{what}: {first}{more}"))
        };
        let others = line(
            "listed, but no page or text that came with status 200, so not read",
            &others,
        );
        let missing = line("listed as a page, but not in it", &missing);
        others.into_iter().chain(missing).collect()
    }

    /// The pages in them, in order; each state of a page counts.
    #[must_use]
    pub fn pages(&self) -> &[Page] {
        &self.pages
    }

    /// Every state of the page or text at an address, listed or not.
    pub fn pages_at<'r>(&'r self, url: &'r Url) -> impl Iterator<Item = &'r Page> {
        self.readable.iter().filter(move |page| page.url == *url)
    }

    /// The newest answer to a request for `url` that they have.
    pub async fn answer(&self, url: &Url, purpose: Purpose, staging: &mut impl Staging) -> Exchange {
        match self.newest(url) {
            Some(spot) => self.exchange(url, spot, purpose, staging).await,
            None => self.without(
                url,
                purpose,
                failure(Outcome::Refused, NOT_THERE, "none of the web archives has it".into()),
            ),
        }
    }

    /// A page as it was recorded.
    pub async fn page(&self, page: &Page, staging: &mut impl Staging) -> Exchange {
        self.exchange(&page.url, page.spot, Purpose::Article, staging).await
    }

    /// Whoever recorded may have been led to the same address by another scheme.
    fn newest(&self, url: &Url) -> Option<Spot> {
        let newest = |url: &Url| self.spots.get(&key(url.as_str()))?.last().copied();
        newest(url).or_else(|| {
            let mut other = url.clone();
            let scheme = if url.scheme() == "https" { "http" } else { "https" };
            other.set_scheme(scheme).ok()?;
            newest(&other)
        })
    }

    fn without(&self, url: &Url, purpose: Purpose, failure: Failure) -> Exchange {
        Exchange::without_response(url, purpose, self.clock.now(), failure)
    }

    async fn exchange(&self, url: &Url, spot: Spot, purpose: Purpose, staging: &mut impl Staging) -> Exchange {
        let unread = self.without(
            url,
            purpose,
            failure(Outcome::Unreadable, "record_unreadable", String::new()),
        );
        match self.read(&unread, spot, staging).await {
            Ok(exchange) => exchange,
            Err(why) => Exchange {
                failure: Some(why),
                ..unread
            },
        }
    }

    async fn read(
        &self,
        empty: &Exchange,
        spot: Spot,
        staging: &mut impl Staging,
    ) -> std::result::Result<Exchange, Failure> {
        let mut own = self
            .take(empty, (spot.archive, spot.place, spot.chunked), staging)
            .await?;
        if let Some(original) = spot.original {
            let original = self.take(empty, original, staging).await?;
            own = Taken {
                record: Recorded {
                    revisits: Some(Box::new(original.record)),
                    ..own.record
                },
                head: own.head.or(original.head),
                body: original.body,
                length: original.length,
                whole: original.whole,
                truncated: own.truncated.or(original.truncated),
            };
        } else if own.record.kind == "revisit" {
            return Err(failure(
                Outcome::Unreadable,
                "revisits_nothing",
                "a revisit whose body the web archive does not have".into(),
            ));
        }
        let (version, status, headers) = match own.head {
            Some(head) => (head.version, Some(head.status), head.headers),
            None => {
                let media = own.record.media_type.clone();
                (
                    None,
                    None,
                    media
                        .map(|media| ("content-type".to_owned(), media))
                        .into_iter()
                        .collect(),
                )
            }
        };
        let truncated = own.truncated.or((!own.whole).then_some(Truncated::Disconnect));
        let cut = |_| {
            failure(
                Outcome::Unreadable,
                "record_truncated",
                "the record does not hold the whole".into(),
            )
        };
        Ok(Exchange {
            started: spot.at,
            ended: spot.at,
            http_version: version,
            status,
            response_headers: headers,
            body: own.body.0,
            body_length: own.length,
            body_sha256: own.body.1,
            truncated,
            failure: truncated.map(cut),
            recorded: Some(Box::new(own.record)),
            ..empty.clone()
        })
    }

    /// Reads one record, its body into memory or staging.
    async fn take(
        &self,
        empty: &Exchange,
        (number, place, chunked): (usize, Place, bool),
        staging: &mut impl Staging,
    ) -> std::result::Result<Taken, Failure> {
        let unreadable = |why: String| failure(Outcome::Unreadable, "record_unreadable", why);
        let unstaged = |error: Error| failure(Outcome::Unreachable, "staging", error.to_string());
        let Opened { archive, file } = &self.archives[number];
        let limit = match empty.purpose {
            Purpose::Media => self.limit.media,
            _ => self.limit.page,
        };
        let mut events = events::one(archive, place);
        let (mut content, mut raw) = (Incoming::new(empty), chunked.then(|| Incoming::new(empty)));
        let (mut dechunk, mut length) = (Dechunk::default(), 0);
        while let Some(event) = events.recv().await {
            match event {
                Event::Body(bytes) => {
                    length += bytes.len() as u64;
                    if length > limit {
                        let what = format!("more than the limit of {limit} bytes");
                        content.discard(staging).await;
                        return Err(failure(Outcome::TooLarge, "limit", what));
                    }
                    match &mut raw {
                        None => content.take(bytes, &empty.url, staging).await.map_err(unstaged)?,
                        Some(raw) => {
                            let mut pieces = Vec::new();
                            dechunk.push(&bytes, |piece| pieces.extend_from_slice(piece));
                            raw.take(bytes, &empty.url, staging).await.map_err(unstaged)?;
                            content
                                .take(pieces.into(), &empty.url, staging)
                                .await
                                .map_err(unstaged)?;
                        }
                    }
                }
                Event::Record(_, record) => {
                    let mut held = Vec::new();
                    let whole = raw.is_none() || dechunk.end(|piece| held.extend_from_slice(piece));
                    content.take(held.into(), &empty.url, staging).await.map_err(unstaged)?;
                    let content_length = content.length();
                    let body = content.end(None, staging).await.map_err(unstaged)?;
                    let as_it_stands = match raw {
                        None => body.clone(),
                        Some(raw) => raw.end(None, staging).await.map_err(unstaged)?,
                    };
                    return Ok(Taken {
                        head: ResponseHead::parse(&record.head),
                        truncated: record.field("warc-truncated").map(|why| match why {
                            "time" => Truncated::Time,
                            "disconnect" => Truncated::Disconnect,
                            _ => Truncated::Length,
                        }),
                        record: recorded(file, archive.warc(place.warc), &record, as_it_stands),
                        length: content_length,
                        body,
                        whole,
                    });
                }
                Event::Problem(_, what) => return Err(unreadable(what)),
                Event::Failed(error) => return Err(unreadable(error.to_string())),
            }
        }
        Err(unreadable("the record ended too early".into()))
    }
}

/// A record with its body put away.
struct Taken {
    record: Recorded,
    head: Option<ResponseHead>,
    body: (Body, Option<[u8; 32]>),
    length: u64,
    whole: bool,
    truncated: Option<Truncated>,
}

/// What is remembered while a web archive is looked through.
#[derive(Default)]
struct Index {
    found: Vec<Found>,
    /// Where a payload stands, by its digest as said, and whether in chunks.
    originals: HashMap<Key, (Place, bool)>,
    /// Ids of requests that were no plain question, and of the answers to them.
    not_asked_for: HashSet<Key>,
    pages: usize,
    texts: usize,
    problems: Vec<(Place, String)>,
}

struct Found {
    url: String,
    place: Place,
    at: Timestamp,
    chunked: bool,
    revisits: Option<Key>,
    ids: Vec<Key>,
    text: Option<Text>,
    is_answer: bool,
}

/// What an article can be read from.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Text {
    Html,
    Plain,
}

impl Text {
    fn of(media: &str) -> Option<Text> {
        let media = media.to_ascii_lowercase();
        let begins = |kind: &str| media.starts_with(kind);
        match () {
            () if begins("text/html") || begins("application/xhtml") => Some(Text::Html),
            () if begins("text/plain") => Some(Text::Plain),
            () => None,
        }
    }
}

struct Indexer<'i> {
    warc: usize,
    index: &'i std::cell::RefCell<Index>,
}

impl Take for Indexer<'_> {
    const WHOLE_DIGEST: bool = false;

    fn body(&mut self, _: &[u8]) -> io::Result<()> {
        Ok(())
    }

    fn record(&mut self, record: Record) -> io::Result<()> {
        let index = &mut *self.index.borrow_mut();
        let place = Place {
            warc: self.warc,
            offset: record.offset,
        };
        for wrong in &record.wrong {
            index.note(place, wrong);
        }
        let names = |record: &Record| -> Vec<Key> {
            let own = record.field("warc-record-id").into_iter();
            own.chain(record.all("warc-concurrent-to")).map(key).take(8).collect()
        };
        if record.kind == "request" && !record.head.is_empty() && method(&record.head) != b"GET" {
            index.not_asked_for.extend(names(&record));
            return Ok(());
        }
        if !matches!(record.kind.as_str(), "response" | "resource" | "revisit") {
            return Ok(());
        }
        let chunked = has_field(&record.head, "transfer-encoding");
        if let (true, Some(payload)) = (record.kind != "revisit" && record.wrong.is_empty(), &record.payload) {
            index.originals.entry(key(payload)).or_insert((place, chunked));
        }
        let Some(at) = Timestamp::parse(&record.date) else {
            index.note(place, "its date cannot be read");
            return Ok(());
        };
        let head = ResponseHead::parse(&record.head);
        let url = Url::parse(&record.url)
            .ok()
            .filter(|url| url.as_str().len() <= ADDRESS_LIMIT);
        let Some(mut url) = url.filter(|_| index.found.len() < RECORDS_LIMIT) else {
            return Ok(());
        };
        url.set_fragment(None);
        let is_web = matches!(url.scheme(), "http" | "https");
        let media = match &head {
            Some(head) => head.header("content-type").unwrap_or_default(),
            None if record.kind == "resource" => &record.media,
            None => "",
        };
        let status = head.as_ref().map(|head| head.status);
        let text = Text::of(media).filter(|text| {
            let count = match text {
                Text::Html => &mut index.pages,
                Text::Plain => &mut index.texts,
            };
            let is_read = status.is_none_or(|status| status == 200) && *count < PAGES_LIMIT;
            *count += usize::from(is_read);
            is_read
        });
        // A part of a body, or the word that it did not change, is no answer to a plain question.
        let is_answer = is_web && status.is_some_and(|status| !matches!(status, 100..=199 | 206 | 304));
        index.found.push(Found {
            url: url.into(),
            place,
            at,
            chunked,
            revisits: (record.kind == "revisit").then(|| key(record.payload.as_deref().unwrap_or_default())),
            ids: names(&record),
            text,
            is_answer,
        });
        Ok(())
    }

    fn problem(&mut self, offset: u64, what: &str) {
        let place = Place {
            warc: self.warc,
            offset,
        };
        self.index.borrow_mut().note(place, what);
    }
}

impl Index {
    fn note(&mut self, place: Place, what: &str) {
        /// Most that is told of one file.
        const PROBLEMS_LIMIT: usize = 1000;
        if self.problems.len() < PROBLEMS_LIMIT {
            self.problems.push((place, what.to_owned()));
        }
    }
}
