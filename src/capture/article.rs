//! Takes an article in: its bytes from the network or the user, what they cite, and their place in the archive.

use bytes::Bytes;
use url::Url;

use super::Capturer;
use super::input::{self, Input};
use super::link::web_answer;
use super::source::PARSER_STOPPED;
use super::staging::InArchive;
use crate::article::Hints;
use crate::citation::Cited;
use crate::clock::{Clock, Timestamp};
use crate::error::{Error, Result};
use crate::exchange::{Exchange, Purpose, Request};
use crate::fetch::replay::{Page, Replay};
use crate::outcome::Outcome;
use crate::platform::link;
use crate::store::record::{NewReading, Origin, Queueing, Reread};

/// What the user says about an input besides its bytes.
#[derive(Debug, Clone, Default)]
pub struct Claims {
    /// Where it came from.
    pub url: Option<Url>,
    /// When it was retrieved from there.
    pub retrieved: Option<Timestamp>,
    /// Cases it belongs to.
    pub tags: Vec<String>,
}

/// An article that is in the archive now.
#[derive(Debug, Clone)]
pub struct Article {
    /// The input as the user named it.
    pub name: String,
    /// Row of the article.
    pub article: i64,
    /// Row of the reading.
    pub reading: i64,
    /// Rows of the targets that it cites.
    pub targets: Vec<i64>,
}

impl Capturer {
    /// Fetches one article and finds what it cites. One that could not be had is kept as such.
    ///
    /// # Errors
    /// If it cannot be fetched or read, or the archive not written.
    pub async fn fetch_reading(&self, url: &Url, tags: Vec<String>) -> Result<NewReading> {
        let (origin, bytes, hints) = self.fetch_article(url).await?;
        self.read(url.as_str(), origin, bytes, hints, tags).await
    }

    /// Reads an article that lies in a web archive of others, as it was recorded, and finds what it cites.
    ///
    /// # Errors
    /// If it cannot be read.
    pub async fn recorded_reading(&self, replay: &Replay, page: &Page, tags: Vec<String>) -> Result<NewReading> {
        // Its text is held in memory anyway, and so are its bytes.
        let exchange = replay.page(page, &mut InArchive(&self.store)).await;
        let failure = |why: String| Error::BadInput {
            input: page.url.to_string(),
            why,
            hint: None,
        };
        if let Some(failed) = &exchange.failure {
            return Err(failure(format!("{}: {}", failed.reason, failed.detail)));
        }
        let bytes = exchange.decoded().map_err(|error| failure(error.to_string()))?;
        let hints = hints_of(&exchange);
        self.read(page.url.as_str(), taken(exchange, &bytes), bytes.into(), hints, tags)
            .await
    }

    async fn read(
        &self,
        name: &str,
        origin: Origin,
        bytes: Bytes,
        hints: Hints,
        tags: Vec<String>,
    ) -> Result<NewReading> {
        let (owned, clock) = (name.to_owned(), self.clock);
        let kept = match &origin {
            Origin::Fetched(exchanges) => exchanges.clone(),
            Origin::Given { .. } => Vec::new(),
        };
        let read = tokio::task::spawn_blocking(move || new_reading(&owned, origin, &bytes, &hints, tags, clock)).await;
        let (error, reason) = match read {
            Ok(Ok(reading)) => return Ok(reading),
            Ok(Err(error)) => (error, "no_article"),
            Err(panic) => {
                let error = Error::NotFetched {
                    url: name.to_owned(),
                    outcome: Outcome::Unreadable,
                    reason: PARSER_STOPPED.to_owned(),
                    detail: panic.to_string(),
                };
                (error, PARSER_STOPPED)
            }
        };
        // What came is kept although nothing could be read in it.
        if !kept.is_empty() {
            self.keep_failure(Outcome::Unreadable, reason.to_owned(), kept).await?;
        }
        Err(error)
    }

    /// Fetches one article, keeps it and queues what it cites.
    ///
    /// # Errors
    /// As [`Capturer::fetch_reading`].
    pub(super) async fn take_in_article(&self, url: &Url, tags: Vec<String>, queueing: Queueing) -> Result<Article> {
        let reading = self.fetch_reading(url, tags).await?;
        self.keep(url.as_str(), reading, queueing).await
    }

    /// Keeps an article with all it cites, and queues the latter.
    ///
    /// # Errors
    /// If the archive cannot be written.
    pub async fn keep(&self, name: &str, reading: NewReading, queueing: Queueing) -> Result<Article> {
        let asked = match &reading.origin {
            Origin::Fetched(exchanges) => exchanges.first().map(|first| first.url.to_string()),
            Origin::Given { .. } => None,
        };
        let receipt = self.store.add_reading(reading, queueing).await?;
        if let Some(url) = asked {
            let (article, first_read) = (receipt.article, receipt.first_read);
            self.set_reread(Reread {
                article,
                url,
                first_read,
            })
            .await?;
        }
        Ok(Article {
            name: name.to_owned(),
            article: receipt.article,
            reading: receipt.reading,
            targets: receipt.targets,
        })
    }

    async fn fetch_article(&self, url: &Url) -> Result<(Origin, Bytes, Hints)> {
        let exchanges = self.fetch(&Request::new(url.clone(), Purpose::Article)).await;
        let (outcome, reason) = super::answer::outcome_of(&exchanges);
        let last = exchanges
            .last()
            .ok_or_else(|| Error::Internal(format!("{url}: no exchange")))?;
        let failed = |outcome, reason, detail| Error::NotFetched {
            url: exchanges[0].url.to_string(),
            outcome,
            reason,
            detail,
        };
        if outcome != Outcome::Captured {
            let detail = last.failure.as_ref().map(|f| f.detail.clone()).unwrap_or_default();
            let error = failed(outcome, reason.clone(), detail);
            self.keep_failure(outcome, reason, exchanges).await?;
            return Err(error);
        }
        let bytes = match last.decoded() {
            Ok(bytes) => Bytes::from(bytes),
            Err(error) => {
                let failure = failed(Outcome::Unreadable, "coding".into(), error.to_string());
                self.keep_failure(Outcome::Unreadable, "coding".into(), exchanges)
                    .await?;
                return Err(failure);
            }
        };
        let hints = hints_of(last);
        let origin = match exchanges.last() {
            Some(last) if last.recorded.is_some() => taken(last.clone(), &bytes),
            _ => Origin::Fetched(exchanges),
        };
        Ok((origin, bytes, hints))
    }

    /// An article that could not be had is a finding too: its address is kept as a target with this attempt.
    async fn keep_failure(&self, outcome: Outcome, reason: String, exchanges: Vec<Exchange>) -> Result<()> {
        let (Some(first), Some(last)) = (exchanges.first(), exchanges.last()) else {
            return Ok(());
        };
        let times = (first.started, last.ended);
        let target = self.store.target(Cited::Link(link::clean(&first.url))).await?;
        let answer = web_answer(outcome, reason, exchanges);
        self.keep_web_capture(target, times, answer).await
    }

    /// The target that an address names by itself, without an article.
    ///
    /// # Errors
    /// If the archive cannot be written.
    pub async fn target(&self, url: &Url) -> Result<i64> {
        self.store.target(Cited::of(url)).await
    }
}

/// Reads a file or standard input and finds what it cites. Blocks.
///
/// # Errors
/// If the input cannot be read, or is neither a page nor text.
pub fn read_local(name: &str, input: &Input, claims: &Claims, limit: u64, clock: Clock) -> Result<NewReading> {
    let bytes = Bytes::from(input::read(input, limit)?);
    let origin = Origin::Given {
        name: name.to_owned(),
        bytes: bytes.clone(),
        claimed_url: claims.url.as_ref().map(Url::to_string),
        claimed_retrieved: claims.retrieved,
        record: None,
    };
    let hints = Hints {
        url: claims.url.clone(),
        content_type: None,
    };
    new_reading(name, origin, &bytes, &hints, claims.tags.clone(), clock)
}

pub(super) fn hints_of(exchange: &Exchange) -> Hints {
    Hints {
        url: Some(exchange.url.clone()).filter(|url| matches!(url.scheme(), "http" | "https")),
        content_type: exchange.header("content-type").map(str::to_owned),
    }
}

/// Bytes that somebody else's web archive gave: given to us as a file is, and what is claimed of them is the record's word.
fn taken(exchange: Exchange, bytes: &[u8]) -> Origin {
    let claimed_url = hints_of(&exchange).url.map(String::from);
    let record = exchange.recorded;
    Origin::Given {
        name: record
            .as_ref()
            .map(|record| record.file.name.clone())
            .unwrap_or_default(),
        bytes: Bytes::copy_from_slice(bytes),
        claimed_url,
        claimed_retrieved: Some(exchange.started),
        record,
    }
}

fn new_reading(
    name: &str,
    origin: Origin,
    bytes: &[u8],
    hints: &Hints,
    tags: Vec<String>,
    clock: Clock,
) -> Result<NewReading> {
    Ok(NewReading {
        origin,
        findings: input::find(name, bytes, hints)?,
        read_at: clock.now(),
        tags,
    })
}
