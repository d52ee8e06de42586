//! Asks witnesses about the ledger's head, judges what they answer, and keeps it, failures as well. The same about a bundle's seal,
//! where the bundle keeps what was given.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use serde::Serialize;
use url::Url;

use super::source::Nowhere;
use crate::clock::{Clock, Timestamp};
use crate::config::Config;
use crate::error::{Error, Result};
use crate::exchange::{Body, Exchange, Purpose, Request};
use crate::fetch::Fetcher;
use crate::outcome::Outcome;
use crate::stamp::rfc3161::{self, Token};
use crate::stamp::{Kind, Testimony, opentimestamps};
use crate::store::record::{NewStamp, Promise};
use crate::store::{Store, hex, unhex};

/// How far an authority's clock may be from ours before that is remarked, in milliseconds.
const CLOCK_MILLIS: i64 = 300_000;
/// A calendar is asked again for what it promised when a quarter as long has passed as since the promise, at least this
/// many milliseconds: an anchor takes hours.
const PATIENCE_MILLIS: i64 = 1_200_000;

/// Who is asked.
#[derive(Debug, Clone)]
struct Witness {
    kind: Kind,
    name: String,
    url: Url,
    roots: Option<Bytes>,
}

/// The witnesses of the settings.
#[derive(Debug, Clone, Default)]
pub struct Witnesses {
    /// Those who are asked for their word.
    asked: Vec<Witness>,
    /// Whether calendars are asked for what they promised.
    promises: bool,
}

/// What is to be asked.
#[derive(Debug, Clone, Default)]
pub struct Questions {
    witnesses: Vec<Witness>,
    promises: Vec<Promise>,
}

impl Questions {
    /// Whether there is nothing to ask.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.witnesses.is_empty() && self.promises.is_empty()
    }
}

/// What one witness said.
#[derive(Debug, Clone, Serialize)]
pub struct Stamped {
    /// `rfc3161` or `opentimestamps`.
    pub kind: &'static str,
    /// Its name in the settings.
    pub authority: String,
    /// The entry of the head that it was asked about; `None`: the seal of a bundle.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub entry: Option<i64>,
    /// The head.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub head: Option<String>,
    /// `captured` if its word was given and holds.
    pub outcome: &'static str,
    /// Reason code.
    pub reason: &'static str,
    /// One line for a person, if there is more to say.
    pub detail: Option<String>,
    /// The time that it states.
    pub time: Option<Timestamp>,
}

impl Stamped {
    /// Whether it gave its word.
    #[must_use]
    pub fn is_good(&self) -> bool {
        self.outcome == Outcome::Captured.word()
    }

    /// Whether it should have given it; that an anchor takes its time is no failure.
    #[must_use]
    pub fn is_failure(&self) -> bool {
        !self.is_good() && self.reason != "pending"
    }
}

impl Witnesses {
    /// Those that a run asks: for their word only where the settings say so, for what they promised wherever there are calendars.
    ///
    /// # Errors
    /// If a file of certificates cannot be read, or holds none.
    pub fn of_runs(config: &Config) -> Result<Witnesses> {
        match config.stamp.runs {
            true => Witnesses::new(config),
            false => Ok(Witnesses {
                asked: Vec::new(),
                promises: !config.opentimestamps.is_empty(),
            }),
        }
    }

    /// Those of the settings, with the certificates that are trusted for them.
    ///
    /// # Errors
    /// If a file of certificates cannot be read, or holds none.
    pub fn new(config: &Config) -> Result<Witnesses> {
        let mut witnesses = Vec::new();
        for (kind, named) in [
            (Kind::Rfc3161, &config.timestamp),
            (Kind::OpenTimestamps, &config.opentimestamps),
        ] {
            for (name, url) in named {
                let roots = config.timestamp_roots.get(name).filter(|_| kind == Kind::Rfc3161);
                witnesses.push(Witness {
                    kind,
                    name: name.clone(),
                    url: url.clone(),
                    roots: roots.map(certificates).transpose()?,
                });
            }
        }
        Ok(Witnesses {
            asked: witnesses,
            promises: !config.opentimestamps.is_empty(),
        })
    }

    /// Whether there is nobody to ask.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.asked.is_empty() && !self.promises
    }

    /// Whether nobody is asked but for what they promised.
    #[must_use]
    pub fn only_promised(&self) -> bool {
        self.asked.is_empty()
    }

    /// What is to be asked: those who have something to confirm and were not asked within so long, and what was promised.
    ///
    /// # Errors
    /// If the archive cannot be read.
    pub async fn due(&self, store: &Store, clock: Clock, every: Duration) -> Result<Questions> {
        let now = clock.now();
        let since = match every {
            Duration::ZERO => None,
            every => Some(now.plus_millis(-i64::try_from(every.as_millis()).unwrap_or(i64::MAX))),
        };
        let mut due = Questions::default();
        for witness in &self.asked {
            if store.stamp_due(witness.kind, witness.name.clone(), since).await? {
                due.witnesses.push(witness.clone());
            }
        }
        if self.promises {
            due.promises = store.promises().await?;
            due.promises.retain(|promise| is_due(promise, now, every));
        }
        Ok(due)
    }

    /// Asks each, one after the other, about the seal of a bundle; gives what each said, and the words of those who gave theirs.
    ///
    /// # Errors
    /// A fault of ours; what a witness does not give is no error.
    pub async fn confirm(
        &self,
        digest: &[u8; 32],
        fetcher: &Fetcher,
        clock: Clock,
    ) -> Result<(Vec<Stamped>, Vec<Testimony>)> {
        let (mut said, mut given) = (Vec::new(), Vec::new());
        for (number, witness) in (0..).zip(&self.asked) {
            // The last try counts.
            let Some(answer) = witness.ask(digest, clock.nonce(number), fetcher).await?.pop() else {
                continue;
            };
            let word = answer.word;
            if let (Outcome::Captured, Body::Inline(reply)) = (word.outcome, &answer.exchange.body) {
                given.push(Testimony {
                    kind: witness.kind,
                    authority: witness.name.clone(),
                    query: Some(answer.query.to_vec()),
                    reply: reply.to_vec(),
                    roots: witness.roots.as_deref().map(<[u8]>::to_vec),
                    completed: None,
                });
            }
            said.push(Stamped {
                kind: witness.kind.word(),
                authority: witness.name.clone(),
                entry: None,
                head: None,
                outcome: word.outcome.word(),
                reason: word.reason,
                detail: word.detail,
                time: word.time,
            });
        }
        Ok((said, given))
    }
}

/// What came of one try to ask a witness.
struct Answer {
    query: Bytes,
    exchange: Exchange,
    word: Word,
}

impl Witness {
    /// Asks about a digest; gives each try.
    async fn ask(&self, digest: &[u8; 32], nonce: [u8; 16], fetcher: &Fetcher) -> Result<Vec<Answer>> {
        let (query, request) = match self.kind {
            Kind::Rfc3161 => time_stamp(&self.url, digest, nonce),
            Kind::OpenTimestamps => submission(&self.url, digest)?,
        };
        let tries = fetcher.fetch(&request, &mut Nowhere).await.into_iter();
        Ok(tries
            .map(|exchange| Answer {
                word: match (self.kind, reply(&exchange)) {
                    (_, Err(word)) => word,
                    (Kind::Rfc3161, Ok(reply)) => granted(reply, &query, digest, self.roots.as_deref(), exchange.ended),
                    (Kind::OpenTimestamps, Ok(reply)) => promised(reply, digest),
                },
                query: query.clone(),
                exchange,
            })
            .collect())
    }
}

/// Whether a calendar is to be asked again for what it promised.
fn is_due(promise: &Promise, now: Timestamp, every: Duration) -> bool {
    let asked = promise.asked.unwrap_or(promise.made);
    let age = now.millis() - promise.made.millis();
    every.is_zero() || now.millis() - asked.millis() >= PATIENCE_MILLIS.max(age / 4)
}

impl Questions {
    /// Asks, one after the other: the witnesses about the end of the chain as it stands now, the calendars for what they
    /// promised.
    ///
    /// # Errors
    /// If the archive cannot be written; what a witness does not give is no error.
    pub async fn ask(&self, fetcher: &Fetcher, store: &Arc<Store>, clock: Clock) -> Result<Vec<Stamped>> {
        let (entry, head) = store.chain_end().await?;
        let mut said = Vec::new();
        for witness in &self.witnesses {
            let nonce = clock.nonce(entry.unsigned_abs());
            let mut last = None;
            for answer in witness.ask(&digest(&head)?, nonce, fetcher).await? {
                let word = answer.word;
                let stamp = NewStamp {
                    kind: witness.kind,
                    authority: witness.name.clone(),
                    entry,
                    head: head.clone(),
                    of: None,
                    outcome: word.outcome,
                    reason: word.reason.to_owned(),
                    detail: word.detail.clone(),
                    time: word.time,
                    query: Some(answer.query),
                    exchange: answer.exchange,
                    roots: witness.roots.clone(),
                };
                last = Some(word.of(&stamp));
                store.add_stamp(stamp).await?;
            }
            // The last try counts.
            said.extend(last);
        }
        for promise in &self.promises {
            said.extend(go_on(promise, fetcher, store).await?);
        }
        Ok(said)
    }
}

/// Asks a calendar for what it promised.
async fn go_on(promise: &Promise, fetcher: &Fetcher, store: &Arc<Store>) -> Result<Option<Stamped>> {
    let Ok((commitment, calendar)) = opentimestamps::promise(&promise.reply, &digest(&promise.head)?) else {
        return Ok(None);
    };
    let address = format!("{}/timestamp/{}", calendar.trim_end_matches('/'), hex(&commitment));
    let Ok(url) = Url::parse(&address) else {
        return Ok(None);
    };
    let mut request = Request::new(url, Purpose::Api).without_redirects();
    request.headers.extend(headers("application/vnd.opentimestamps.v1"));
    let mut last = None;
    for exchange in fetcher.fetch(&request, &mut Nowhere).await {
        let word = match reply(&exchange) {
            Ok(reply) => anchored(reply, &commitment),
            Err(_) if exchange.status == Some(404) => Word {
                outcome: Outcome::NotFound,
                reason: "pending",
                detail: None,
                time: None,
            },
            Err(word) => word,
        };
        let stamp = NewStamp {
            kind: Kind::OpenTimestamps,
            authority: promise.authority.clone(),
            entry: promise.entry,
            head: promise.head.clone(),
            of: Some(promise.stamp),
            outcome: word.outcome,
            reason: word.reason.to_owned(),
            detail: word.detail.clone(),
            time: word.time,
            query: None,
            exchange,
            roots: None,
        };
        last = Some(word.of(&stamp));
        store.add_stamp(stamp).await?;
    }
    Ok(last)
}

fn digest(head: &str) -> Result<[u8; 32]> {
    unhex(head).ok_or_else(|| Error::Internal(format!("the head {head} is no digest")))
}

fn headers(accept: &str) -> Vec<(String, String)> {
    // The reply is handed on as it came.
    [("accept", accept), ("accept-encoding", "identity")]
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .to_vec()
}

/// RFC 3161 §3.4.
fn time_stamp(url: &Url, digest: &[u8; 32], nonce: [u8; 16]) -> (Bytes, Request) {
    let query = Bytes::from(rfc3161::query(digest, nonce));
    let mut request = Request::new(url.clone(), Purpose::Api)
        .with("content-type", "application/timestamp-query")
        .posting(query.clone());
    request.headers.extend(headers("application/timestamp-reply"));
    (query, request)
}

/// A digest for a calendar, as its Python library submits it.
fn submission(url: &Url, digest: &[u8; 32]) -> Result<(Bytes, Request)> {
    let address = format!("{}/digest", url.as_str().trim_end_matches('/'));
    let url = Url::parse(&address).map_err(|error| Error::Internal(format!("{address}: {error}")))?;
    let query = Bytes::copy_from_slice(digest);
    let mut request = Request::new(url, Purpose::Api)
        .with("content-type", "application/x-www-form-urlencoded")
        .posting(query.clone());
    request.headers.extend(headers("application/vnd.opentimestamps.v1"));
    Ok((query, request))
}

/// What an answer amounts to.
struct Word {
    outcome: Outcome,
    reason: &'static str,
    detail: Option<String>,
    time: Option<Timestamp>,
}

impl Word {
    fn failed(outcome: Outcome, reason: &'static str, detail: impl Into<String>) -> Word {
        Word {
            outcome,
            reason,
            detail: Some(detail.into()),
            time: None,
        }
    }

    fn of(&self, stamp: &NewStamp) -> Stamped {
        Stamped {
            kind: stamp.kind.word(),
            authority: stamp.authority.clone(),
            entry: Some(stamp.entry),
            head: Some(stamp.head.clone()),
            outcome: self.outcome.word(),
            reason: self.reason,
            detail: self.detail.clone(),
            time: self.time,
        }
    }
}

/// The body of a whole answer.
fn reply(exchange: &Exchange) -> std::result::Result<&[u8], Word> {
    if let Some(failure) = &exchange.failure {
        return Err(Word::failed(failure.outcome, failure.reason, &*failure.detail));
    }
    match (exchange.status, &exchange.body) {
        (Some(200), Body::Inline(reply)) => Ok(reply),
        (Some(200), _) => Err(Word::failed(
            Outcome::Unreadable,
            "token_invalid",
            "no reply of a fitting size",
        )),
        (status, _) => {
            let detail = format!("it answered with status {}", status.unwrap_or_default());
            Err(Word::failed(Outcome::ServerError, "status", detail))
        }
    }
}

/// What the reply of a time stamping authority amounts to.
fn granted(reply: &[u8], query: &[u8], digest: &[u8; 32], roots: Option<&[u8]>, ended: Timestamp) -> Word {
    let token = match Token::read(reply) {
        Ok(token) => token,
        Err(why) if why.starts_with("not granted") => return Word::failed(Outcome::ServerError, "rejected", why),
        Err(why) => return Word::failed(Outcome::Unreadable, "token_invalid", why),
    };
    let is_trusted = |()| roots.map_or(Ok(()), |roots| token.leads_to(&rfc3161::certificates(roots)));
    let is_ours = token.is_about(digest).and_then(|()| token.answers(query));
    if let Err(why) = is_ours.and_then(is_trusted) {
        return Word::failed(Outcome::Unreadable, "token_invalid", why);
    }
    let apart = token.time.millis() - ended.millis();
    Word {
        outcome: Outcome::Captured,
        reason: "granted",
        detail: (apart.abs() > CLOCK_MILLIS).then(|| format!("its clock is {} seconds from ours", apart / 1000)),
        time: Some(token.time),
    }
}

/// What the answer of a calendar to a digest amounts to.
fn promised(reply: &[u8], digest: &[u8; 32]) -> Word {
    let promise = match reply.len() as u64 {
        ..=opentimestamps::REPLY_LIMIT => opentimestamps::promise(reply, digest),
        _ => Err("too large for a proof".to_owned()),
    };
    match promise {
        Ok(_) => Word {
            outcome: Outcome::Captured,
            reason: "promised",
            detail: None,
            time: None,
        },
        Err(why) => Word::failed(Outcome::Unreadable, "promise_invalid", why),
    }
}

/// What the later answer of a calendar amounts to.
fn anchored(reply: &[u8], commitment: &[u8]) -> Word {
    let block = match reply.len() as u64 {
        ..=opentimestamps::REPLY_LIMIT => opentimestamps::block(reply, commitment),
        _ => Err("too large for a proof".to_owned()),
    };
    match block {
        Ok(height) => Word {
            outcome: Outcome::Captured,
            reason: "anchored",
            detail: Some(format!("Bitcoin block {height}")),
            time: None,
        },
        Err(why) => Word::failed(Outcome::Unreadable, "promise_invalid", why),
    }
}

/// The certificates in a file.
fn certificates(path: &PathBuf) -> Result<Bytes> {
    let pem = std::fs::read(path).map_err(|source| Error::Io {
        what: "cannot read the certificates",
        path: path.clone(),
        source,
    })?;
    match rfc3161::certificates(&pem).is_empty() {
        false => Ok(pem.into()),
        true => Err(Error::BadInput {
            input: path.display().to_string(),
            why: "no certificate in PEM".to_owned(),
            hint: Some("the authority's own pages have it"),
        }),
    }
}
