//! Has a web archive of others capture, as well, what was captured here (Save Page Now), and asks what came of it. Nothing of a
//! capture depends on it: what is submitted is noted with the capture and asked for after it, slowly, in this run or a later one.

use std::time::Duration;

use super::source::Nowhere;
use super::{Capturer, DAY_MILLIS, Stop, address};
use crate::clock::Timestamp;
use crate::config::seconds;
use crate::error::{Error, Result};
use crate::exchange::Exchange;
use crate::outcome::Outcome;
use crate::platform::wayback::save::{self, SERVICE, Told};
use crate::platform::{SourceKind, source_kind};
use crate::store::record::{CaptureRecord, NewSubmission, ToSubmit};

/// How long a run waits for what is due next, in milliseconds; what is due later is left to a later run.
const PATIENCE_MILLIS: i64 = 60_000;

/// When a submission that failed for a reason that passes is made again, in milliseconds.
const AGAIN_MILLIS: i64 = 6 * 3_600_000;

/// What came of the submissions of a run.
#[derive(Debug, Clone, Default)]
pub struct Submitted {
    /// Targets that were submitted.
    pub new: usize,
    /// Those that the service says it has.
    pub archived: usize,
    /// Those that it says it could not capture.
    pub failed: usize,
    /// Why none was submitted any more, if there were some left.
    pub stopped: Option<String>,
}

impl Capturer {
    /// From when on a submission of a target makes another one needless, if this capture is one after which it is to be
    /// submitted at all: the web or the platform shows the target to anybody.
    pub(super) fn submit_since(&self, record: &CaptureRecord) -> Option<Timestamp> {
        let best = &record.answers[record.best];
        let is_public = best.outcome == Outcome::Captured
            && matches!(source_kind(&best.source), Some(SourceKind::Live | SourceKind::Page))
            && !best.exchanges.iter().any(Exchange::has_credential);
        (self.submit.on && is_public).then(|| self.clock.now().plus_millis(-i64::from(self.submit.days) * DAY_MILLIS))
    }

    /// Submits what is due, one after the other, and asks what came of it, until nothing more is due soon.
    ///
    /// # Errors
    /// If the archive fails.
    pub async fn submit(&self, stop: &Stop) -> Result<Submitted> {
        let mut done = Submitted::default();
        if !self.submit.on {
            return Ok(done);
        }
        let mut free = self.clock.now();
        loop {
            let Some(next) = self.store.next_to_submit(done.new < self.submit.count).await? else {
                return Ok(done);
            };
            if !self.fetcher.has_credential(&self.upstreams.join(SERVICE, "")) {
                done.stopped = Some("there is no credential for it".to_owned());
                return Ok(done);
            }
            let at = match next.job {
                None => next.due.max(free),
                Some(_) => next.due,
            };
            let wait = at.millis() - self.clock.now().millis();
            if wait > PATIENCE_MILLIS || stop.within(Duration::from_millis(wait.max(0).unsigned_abs())).await {
                return Ok(done);
            }
            let told = tokio::select! {
                told = self.ask_service(&next) => told?,
                () = stop.given_up() => return Ok(done),
            };
            if next.job.is_none() {
                free = self.clock.now().plus_millis(self.pause());
                done.new += usize::from(told.is_about_it);
            }
            match told.outcome {
                None => {}
                Some(Outcome::Captured) => done.archived += 1,
                Some(_) if told.is_about_it => done.failed += 1,
                Some(outcome) => {
                    let detail = told.detail.map(|detail| format!(": {detail}")).unwrap_or_default();
                    done.stopped = Some(format!("{} ({}){detail}", outcome.word(), told.reason));
                    return Ok(done);
                }
            }
        }
    }

    /// When the service is to be asked again: about a job the more seldom the older it is, and not after a day.
    fn when_again(&self, next: &ToSubmit, told: &Told) -> Option<Timestamp> {
        let now = self.clock.now();
        let age = next.job.as_ref().map_or(0, |(.., made)| now.millis() - made.millis());
        match told.outcome {
            Some(_) if told.is_about_it => None,
            Some(_) if next.job.is_none() => Some(now.plus_millis(AGAIN_MILLIS)),
            _ if age > DAY_MILLIS => None,
            _ => Some(now.plus_millis(self.pause().max(age / 2))),
        }
    }

    /// Milliseconds between two submissions.
    fn pause(&self) -> i64 {
        i64::try_from(seconds(self.submit.delay).as_millis()).unwrap_or(i64::MAX)
    }

    /// Puts one question to the service and keeps every try.
    async fn ask_service(&self, next: &ToSubmit) -> Result<Told> {
        let mut last = None;
        let question = match &next.job {
            None => save::submit(&self.upstreams, &address(&next.url)?, self.submit.days),
            Some((_, job, _)) => save::status(&self.upstreams, job),
        };
        for exchange in self.fetcher.fetch(&question, &mut Nowhere).await {
            let told = match &next.job {
                None => save::submitted(&exchange),
                Some(_) => save::became(&exchange),
            };
            let again = self.when_again(next, &told);
            let new = NewSubmission {
                target: next.target,
                service: SERVICE.to_owned(),
                of: next.job.as_ref().map(|(submission, ..)| *submission),
                job: told.job.clone(),
                outcome: told.outcome,
                reason: told.reason.clone(),
                detail: told.detail.clone(),
                archived_at: told.archived_at.as_deref().and_then(Timestamp::parse),
                archived_url: told.archived_url.clone(),
                exchange,
            };
            self.store.add_submission(new, again).await?;
            last = Some(told);
        }
        self.keep_penalties().await?;
        last.ok_or_else(|| Error::Internal("a request without an exchange".to_owned()))
    }
}
