//! Captures one linked page: the redirect chain, the final page, its body as sent.

use url::Url;

use super::answer::{best_answer, outcome_of};
use super::source::{PARSER_STOPPED, SESSION_EXPIRED, contained};
use super::{Capturer, LEASE_MILLIS, WORKER};
use crate::clock::Timestamp;
use crate::error::Result;
use crate::exchange::{Exchange, Purpose, Request};
use crate::outcome::Outcome;
use crate::platform::wall::wall;
use crate::platform::{PageCopy, PostRef, SourceKind, WEB};
use crate::store::record::{AnswerRecord, CaptureRecord};

impl Capturer {
    /// Captures the page at `url` now.
    pub(super) async fn capture_link(&self, url: &Url) -> CaptureRecord {
        let started = self.clock.now();
        let mut answer = self.ask_web(url).await;
        let (requisites, left_out) = self.capture_requisites(&answer).await;
        if left_out > 0 {
            answer.detail = Some(format!("{left_out} files of the page were left out"));
        }
        let mut answers = vec![answer];
        if is_worth_looking_up(answers[0].outcome) {
            answers.push(self.answer_of(&page_at(url), &PageCopy).await);
        }
        let best = best_answer(&answers, &[SourceKind::Page, SourceKind::Archive]);
        CaptureRecord {
            media: requisites,
            ..CaptureRecord::of(answers, best, (started, self.clock.now()))
        }
    }

    /// Keeps what the web gave at a target's address outside its turn, as a capture after which nothing is due.
    pub(super) async fn keep_web_capture(
        &self,
        target: i64,
        times: (Timestamp, Timestamp),
        answer: AnswerRecord,
    ) -> Result<()> {
        self.store.enqueue(vec![target], true).await?;
        let jobs = self.store.lease(WORKER.into(), 1, LEASE_MILLIS, vec![target]).await?;
        if let Some(job) = jobs.first() {
            let record = CaptureRecord::of(vec![answer], 0, times);
            self.store.complete(job.id, job.fence, record, None).await?;
        }
        Ok(())
    }

    /// What the web gives at `url`.
    pub(super) async fn ask_web(&self, url: &Url) -> AnswerRecord {
        let exchanges = self.fetch(&Request::new(url.clone(), Purpose::Page)).await;
        let (outcome, reason) = match outcome_of(&exchanges) {
            (Outcome::Captured, reason) => match contained(|| wall(&exchanges)) {
                Some(Some(wall)) => (Outcome::Walled, wall.to_owned()),
                Some(None) => (Outcome::Captured, reason),
                None => (Outcome::Unreadable, PARSER_STOPPED.to_owned()),
            },
            other => other,
        };
        let wants_login = outcome == Outcome::LoginRequired || reason == "login_page";
        let (outcome, reason) = match wants_login && exchanges.iter().any(Exchange::has_credential) {
            true => (Outcome::LoginRequired, SESSION_EXPIRED.to_owned()),
            false => (outcome, reason),
        };
        web_answer(outcome, reason, exchanges)
    }
}

/// Whether a web archive is asked for a page of which the web said this: not where the page is there, where we did not ask
/// (an address that is none of others' business among it), nor where it may be there soon.
fn is_worth_looking_up(said: Outcome) -> bool {
    said.is_gone() || matches!(said, Outcome::NotFound | Outcome::Walled | Outcome::LoginRequired)
}

/// A linked page as sources are asked for it.
fn page_at(url: &Url) -> PostRef {
    PostRef {
        platform: WEB,
        id: String::new(),
        url: url.clone(),
        handle: None,
    }
}

/// What the web itself said.
pub(super) fn web_answer(outcome: Outcome, reason: String, exchanges: Vec<Exchange>) -> AnswerRecord {
    let detail = exchanges
        .last()
        .and_then(|e| e.failure.as_ref())
        .map(|f| f.detail.clone());
    AnswerRecord {
        source: WEB.into(),
        outcome,
        reason,
        detail,
        exchanges,
        post: None,
    }
}
