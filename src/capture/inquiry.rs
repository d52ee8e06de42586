//! Asks a web archive of others about what was captured here: which copies it has, to make one as well (Save Page Now), and what
//! came of that. Nothing of a capture depends on it: what is to be asked is noted with the capture and asked when the captures are
//! done, slowly, in this run or a later one.

use std::time::Duration;

use super::source::Nowhere;
use super::{Capturer, DAY_MILLIS, Stop, address};
use crate::clock::Timestamp;
use crate::config::{Copies, Submit, seconds};
use crate::error::{Error, Result};
use crate::exchange::{Exchange, Request};
use crate::outcome::Outcome;
use crate::platform::wayback::{Word, copies, save};
use crate::platform::{SourceKind, source_kind};
use crate::store::record::{CaptureRecord, NewInquiry, ToInquire};

/// How long a run waits for what is due next, in milliseconds; what is due later is left to a later run.
const PATIENCE_MILLIS: i64 = 60_000;

/// When a question that was not heard is put again, in milliseconds.
const AGAIN_MILLIS: i64 = 6 * 3_600_000;

/// What came of the inquiries of a run at one service.
#[derive(Debug, Clone, Default)]
pub struct Inquired {
    /// Targets that it was asked about for the first time.
    pub new: usize,
    /// Those that it says it has.
    pub archived: usize,
    /// Those that it says it does not have, or could not capture.
    pub failed: usize,
    /// Why it was not asked any more, if there was more to ask.
    pub stopped: Option<String>,
}

/// How one service is asked.
struct Terms {
    service: &'static str,
    on: bool,
    count: usize,
    delay: f64,
    needs_credential: bool,
    /// Days within which a second capture there is needless.
    days: u16,
}

impl From<Copies> for Terms {
    fn from(copies: Copies) -> Terms {
        Terms {
            service: copies::SERVICE,
            on: copies.on,
            count: copies.count,
            delay: copies.delay,
            needs_credential: false,
            days: 0,
        }
    }
}

impl From<Submit> for Terms {
    fn from(submit: Submit) -> Terms {
        Terms {
            service: save::SERVICE,
            on: submit.on,
            count: submit.count,
            delay: submit.delay,
            needs_credential: true,
            days: submit.days,
        }
    }
}

impl Capturer {
    /// What is to be asked about a captured target, and after which time it must not have been asked already. Nothing, if only a
    /// web archive gave the target, a credential did, or a server that is not public: its address may be nobody else's business.
    pub(super) fn inquiries_after(&self, record: &CaptureRecord) -> Vec<(&'static str, Timestamp)> {
        let wanted = [
            (copies::SERVICE, self.copies.on, Timestamp::from_millis(0)),
            (
                save::SERVICE,
                self.submit.on,
                self.clock.now().plus_millis(-i64::from(self.submit.days) * DAY_MILLIS),
            ),
        ];
        let wanted = wanted.into_iter().filter(|(_, on, _)| *on && self.is_public(record));
        wanted.map(|(service, _, since)| (service, since)).collect()
    }

    /// Whether anybody can see what was captured.
    fn is_public(&self, record: &CaptureRecord) -> bool {
        let best = &record.answers[record.best];
        best.outcome == Outcome::Captured
            && matches!(source_kind(&best.source), Some(SourceKind::Live | SourceKind::Page))
            && !best.exchanges.iter().any(Exchange::has_credential)
            && best
                .exchanges
                .last()
                .is_some_and(|last| self.fetcher.is_of_the_web(last))
    }

    /// Asks for the copies of what was captured, then submits what is to be submitted; each until nothing more is due soon.
    ///
    /// # Errors
    /// If the archive fails.
    pub async fn inquire(&self, stop: &Stop) -> Result<[Inquired; 2]> {
        let copies = self.inquire_of(&self.copies.into(), stop).await?;
        Ok([copies, self.inquire_of(&self.submit.into(), stop).await?])
    }

    async fn inquire_of(&self, terms: &Terms, stop: &Stop) -> Result<Inquired> {
        let mut done = Inquired::default();
        if !terms.on {
            return Ok(done);
        }
        let mut free = self.clock.now();
        loop {
            let may_be_new = done.new < terms.count;
            let Some(next) = self.store.next_inquiry(terms.service, may_be_new).await? else {
                break;
            };
            if terms.needs_credential && !self.fetcher.has_credential(&self.upstreams.join(terms.service, "")) {
                done.stopped = Some("there is no credential for it".to_owned());
                break;
            }
            let at = match next.job {
                None => next.due.max(free),
                Some(_) => next.due,
            };
            let wait = at.millis() - self.clock.now().millis();
            if wait > PATIENCE_MILLIS || stop.within(Duration::from_millis(wait.max(0).unsigned_abs())).await {
                break;
            }
            let word = tokio::select! {
                word = self.ask_service(terms, &next) => word?,
                () = stop.given_up() => break,
            };
            if next.job.is_none() {
                free = self.clock.now().plus_millis(terms.pause());
                done.new += usize::from(word.is_about_it);
            }
            match word.outcome {
                None => {}
                Some(Outcome::Captured) => done.archived += 1,
                Some(_) if word.is_about_it => done.failed += 1,
                Some(outcome) => {
                    let detail = word.detail.map(|detail| format!(": {detail}")).unwrap_or_default();
                    done.stopped = Some(format!("{} ({}){detail}", outcome.word(), word.reason));
                    break;
                }
            }
        }
        Ok(done)
    }

    /// Puts the questions about one target to the service, and keeps every try. Gives what the last says.
    async fn ask_service(&self, terms: &Terms, next: &ToInquire) -> Result<Word> {
        let url = address(&next.url)?;
        let questions: Vec<Request> = match &next.job {
            Some((_, job, _)) => vec![save::status(&self.upstreams, job)],
            None if terms.service == save::SERVICE => vec![save::submit(&self.upstreams, &url, terms.days)],
            None => copies::questions(&self.upstreams, &url),
        };
        let mut of = next.job.as_ref().map(|(inquiry, ..)| *inquiry);
        // The last try of each question.
        let mut heard: Vec<Exchange> = Vec::new();
        let mut last: Option<Word> = None;
        for (number, question) in questions.iter().enumerate() {
            if last.as_ref().is_some_and(|word| !word.is_about_it) {
                break;
            }
            for exchange in self.fetcher.fetch(question, &mut Nowhere).await {
                heard.truncate(number);
                heard.push(exchange.clone());
                let word = match &next.job {
                    Some(_) => save::became(&exchange),
                    None if terms.service == save::SERVICE => save::submitted(&exchange),
                    None => copies::heard(&heard),
                };
                let again = match number + 1 == questions.len() {
                    true => self.when_again(terms, next, &word),
                    false => Some(self.clock.now().plus_millis(AGAIN_MILLIS)),
                };
                let new = NewInquiry {
                    target: next.target,
                    service: terms.service,
                    of,
                    job: word.job.clone(),
                    outcome: word.outcome,
                    reason: word.reason.clone(),
                    detail: word.detail.clone(),
                    archived_at: word.archived_at.as_deref().and_then(Timestamp::parse),
                    archived_url: word.archived_url.clone(),
                    exchange,
                };
                let id = self.store.add_inquiry(new, again).await?;
                of = of.or(Some(id).filter(|_| questions.len() > 1));
                last = Some(word);
            }
        }
        self.keep_penalties().await?;
        last.ok_or_else(|| Error::Internal("a request without an exchange".to_owned()))
    }

    /// When the service is to be asked again: about a job the more seldom the older it is, and not after a day.
    fn when_again(&self, terms: &Terms, next: &ToInquire, word: &Word) -> Option<Timestamp> {
        let now = self.clock.now();
        let age = next.job.as_ref().map_or(0, |(.., made)| now.millis() - made.millis());
        match word.outcome {
            Some(_) if word.is_about_it => None,
            Some(_) if next.job.is_none() => Some(now.plus_millis(AGAIN_MILLIS)),
            _ if age > DAY_MILLIS => None,
            _ => Some(now.plus_millis(terms.pause().max(age / 2))),
        }
    }
}

impl Terms {
    /// Milliseconds between two targets.
    fn pause(&self) -> i64 {
        i64::try_from(seconds(self.delay).as_millis()).unwrap_or(i64::MAX)
    }
}
