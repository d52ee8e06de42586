//! Captures one linked page: the redirect chain, the final page, its body as sent.

use url::Url;

use super::Capturer;
use crate::exchange::{Exchange, Purpose, Request};
use crate::outcome::Outcome;
use crate::platform::WEB;
use crate::platform::status::from_status;
use crate::platform::wall::wall;
use crate::store::record::{AnswerRecord, CaptureRecord};

impl Capturer {
    /// Captures the page at `url` now.
    pub(super) async fn capture_link(&self, url: &Url) -> CaptureRecord {
        let started = self.clock.now();
        let answer = self.ask_web(url).await;
        CaptureRecord {
            recheck_at: None,
            started,
            ended: self.clock.now(),
            best: 0,
            answers: vec![answer],
            canaries: Vec::new(),
            media: Vec::new(),
        }
    }

    /// What the web gives at `url`.
    pub(super) async fn ask_web(&self, url: &Url) -> AnswerRecord {
        let exchanges = self.fetch(&Request::new(url.clone(), Purpose::Page)).await;
        let (outcome, reason) = match outcome_of(&exchanges) {
            (Outcome::Captured, reason) => match wall(&exchanges) {
                Some(wall) => (Outcome::Walled, wall.to_owned()),
                None => (Outcome::Captured, reason),
            },
            other => other,
        };
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
}

/// What the last of some hops amounts to.
pub(super) fn outcome_of(hops: &[Exchange]) -> (Outcome, String) {
    match hops.last() {
        None => (Outcome::Unreachable, "no_response".into()),
        Some(last) => match from_status(last) {
            Some(answer) => (answer.outcome, answer.reason),
            None => (Outcome::Captured, format!("http_{}", last.status.unwrap_or_default())),
        },
    }
}
