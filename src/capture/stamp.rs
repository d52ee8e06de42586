//! Asks witnesses about the ledger's head, judges what they answer, and keeps it, failures as well.

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
use crate::stamp::Kind;
use crate::stamp::rfc3161::{self, Token};
use crate::store::record::NewStamp;
use crate::store::{Store, unhex};

/// How far an authority's clock may be from ours before that is remarked, in milliseconds.
const CLOCK_MILLIS: i64 = 300_000;

/// Who is asked.
#[derive(Debug, Clone)]
struct Authority {
    name: String,
    url: Url,
    roots: Option<Bytes>,
}

/// The witnesses of the settings.
#[derive(Debug, Clone, Default)]
pub struct Witnesses {
    authorities: Vec<Authority>,
}

/// What one witness said.
#[derive(Debug, Clone, Serialize)]
pub struct Stamped {
    /// Its name in the settings.
    pub authority: String,
    /// The entry of the head that it was asked about.
    pub entry: i64,
    /// The head.
    pub head: String,
    /// `captured` if its word was given and holds.
    pub outcome: &'static str,
    /// Reason code.
    pub reason: String,
    /// One line for a person, if there is more to say.
    pub detail: Option<String>,
    /// The time that it states.
    pub time: Option<Timestamp>,
}

impl Stamped {
    /// Whether the head is witnessed now.
    #[must_use]
    pub fn is_good(&self) -> bool {
        self.outcome == Outcome::Captured.word()
    }
}

impl Witnesses {
    /// Those of the settings, with the certificates that are trusted for them.
    ///
    /// # Errors
    /// If a file of certificates cannot be read, or holds none.
    pub fn new(config: &Config) -> Result<Witnesses> {
        let mut authorities = Vec::new();
        for (name, url) in &config.timestamp {
            authorities.push(Authority {
                name: name.clone(),
                url: url.clone(),
                roots: config.timestamp_roots.get(name).map(roots).transpose()?,
            });
        }
        Ok(Witnesses { authorities })
    }

    /// Whether there is nobody to ask.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.authorities.is_empty()
    }

    /// Names of those who have something to confirm, and were not asked within so long.
    ///
    /// # Errors
    /// If the archive cannot be read.
    pub async fn due(&self, store: &Store, clock: Clock, every: Duration) -> Result<Vec<String>> {
        let since = match every {
            Duration::ZERO => None,
            every => Some(
                clock
                    .now()
                    .plus_millis(-i64::try_from(every.as_millis()).unwrap_or(i64::MAX)),
            ),
        };
        let mut due = Vec::new();
        for authority in &self.authorities {
            if store.stamp_due(Kind::Rfc3161, authority.name.clone(), since).await? {
                due.push(authority.name.clone());
            }
        }
        Ok(due)
    }

    /// Asks those of these names about the end of the chain as it stands now, one after the other.
    ///
    /// # Errors
    /// If the archive cannot be written; what a witness does not give is no error.
    pub async fn ask(
        &self,
        named: &[String],
        fetcher: &Fetcher,
        store: &Arc<Store>,
        clock: Clock,
    ) -> Result<Vec<Stamped>> {
        let (entry, head) = store.chain_end().await?;
        let digest = unhex(&head).ok_or_else(|| Error::Internal(format!("the head {head} is no digest")))?;
        let mut said = Vec::new();
        for authority in self
            .authorities
            .iter()
            .filter(|authority| named.contains(&authority.name))
        {
            let nonce = clock.nonce(entry.unsigned_abs());
            let query = Bytes::from(rfc3161::query(&digest, nonce));
            let mut request =
                Request::new(authority.url.clone(), Purpose::Api).posting("application/timestamp-query", query.clone());
            request.headers = vec![
                ("accept".to_owned(), "application/timestamp-reply".to_owned()),
                // The reply is handed on as it came.
                ("accept-encoding".to_owned(), "identity".to_owned()),
            ];
            for exchange in fetcher.fetch(&request, &mut Nowhere).await {
                let word = judge(&exchange, &query, &digest, authority.roots.as_deref());
                let stamped = Stamped {
                    authority: authority.name.clone(),
                    entry,
                    head: head.clone(),
                    outcome: word.outcome.word(),
                    reason: word.reason.to_owned(),
                    detail: word.detail.clone(),
                    time: word.time,
                };
                let stamp = NewStamp {
                    kind: Kind::Rfc3161,
                    authority: authority.name.clone(),
                    entry,
                    head: head.clone(),
                    of: None,
                    outcome: word.outcome,
                    reason: word.reason.to_owned(),
                    detail: word.detail,
                    time: word.time,
                    query: Some(query.clone()),
                    exchange,
                    roots: authority.roots.clone(),
                };
                store.add_stamp(stamp).await?;
                // The last try counts.
                said.retain(|other: &Stamped| other.authority != stamped.authority);
                said.push(stamped);
            }
        }
        Ok(said)
    }
}

/// What an answer amounts to.
struct Word {
    outcome: Outcome,
    reason: &'static str,
    detail: Option<String>,
    time: Option<Timestamp>,
}

fn judge(exchange: &Exchange, query: &[u8], digest: &[u8; 32], roots: Option<&[u8]>) -> Word {
    let failed = |outcome, reason, detail: String| Word {
        outcome,
        reason,
        detail: Some(detail),
        time: None,
    };
    if let Some(failure) = &exchange.failure {
        return failed(failure.outcome, failure.reason, failure.detail.clone());
    }
    let reply = match (exchange.status, &exchange.body) {
        (Some(200), Body::Inline(reply)) => reply,
        (Some(200), _) => {
            return failed(
                Outcome::Unreadable,
                "token_invalid",
                "no reply of a time stamp's size".into(),
            );
        }
        (status, _) => {
            let detail = format!("it answered with status {}", status.unwrap_or_default());
            return failed(Outcome::ServerError, "status", detail);
        }
    };
    let token = match Token::read(reply) {
        Ok(token) => token,
        Err(why) if why.starts_with("not granted") => return failed(Outcome::ServerError, "rejected", why),
        Err(why) => return failed(Outcome::Unreadable, "token_invalid", why),
    };
    let is_trusted = |()| roots.map_or(Ok(()), |roots| token.leads_to(&rfc3161::certificates(roots)));
    if let Err(why) = token
        .is_about(digest)
        .and_then(|()| token.answers(query))
        .and_then(is_trusted)
    {
        return failed(Outcome::Unreadable, "token_invalid", why);
    }
    let apart = token.time.millis() - exchange.ended.millis();
    Word {
        outcome: Outcome::Captured,
        reason: "granted",
        detail: (apart.abs() > CLOCK_MILLIS).then(|| format!("its clock is {} seconds from ours", apart / 1000)),
        time: Some(token.time),
    }
}

/// The certificates in a file.
fn roots(path: &PathBuf) -> Result<Bytes> {
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
