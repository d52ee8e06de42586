//! Finds out which post an unidentified citation means, by the platform's resolvers in order.

use super::source::{PARSER_STOPPED, contained};
use super::{Capturer, MAX_STEPS};
use crate::citation::Claim;
use crate::exchange::Exchange;
use crate::outcome::Outcome;
use crate::platform::{Candidate, Platform, Resolution, ResolveStep, Resolver};
use crate::store::record::{AnswerRecord, ResolutionRecord};

impl Capturer {
    /// Tries to identify the post that `claim` describes. Every step is kept.
    pub(super) async fn identify(&self, platform: &Platform, claim: &Claim) -> ResolutionRecord {
        let started = self.clock.now();
        let mut steps: Vec<AnswerRecord> = Vec::new();
        let mut candidates: Vec<Candidate> = Vec::new();
        let mut identified = None;
        for resolver in platform.resolvers {
            let (resolution, exchanges) = self.ask_resolver(claim, *resolver).await;
            steps.push(AnswerRecord {
                source: resolver.name().to_owned(),
                outcome: resolution.outcome,
                reason: resolution.reason,
                detail: exchanges
                    .last()
                    .and_then(|e| e.failure.as_ref())
                    .map(|f| f.detail.clone()),
                exchanges,
                post: None,
            });
            candidates.extend(resolution.candidates);
            if resolution.post.is_some() {
                identified = resolution.post;
                break;
            }
        }
        let (outcome, reason) = decisive(&steps);
        ResolutionRecord {
            started,
            ended: self.clock.now(),
            outcome,
            reason,
            identified,
            candidates,
            steps,
        }
    }

    async fn ask_resolver(&self, claim: &Claim, resolver: &dyn Resolver) -> (Resolution, Vec<Exchange>) {
        let mut asked = Vec::new();
        // The last question's answer is read, too.
        loop {
            let Some(step) = contained(|| resolver.next(claim, &self.upstreams, &asked)) else {
                return (unresolved(PARSER_STOPPED), asked.concat());
            };
            match step {
                ResolveStep::Ask(_) if asked.len() == MAX_STEPS => break,
                ResolveStep::Ask(request) => asked.push(self.fetch(&request).await),
                ResolveStep::Answer(resolution) => return (resolution, asked.concat()),
            }
        }
        (unresolved("too_many_steps"), asked.concat())
    }
}

fn unresolved(reason: &str) -> Resolution {
    Resolution {
        outcome: Outcome::Unresolved,
        reason: reason.into(),
        post: None,
        candidates: Vec::new(),
    }
}

/// The step that decided: the one that identified the post; else a step that might have but could not be asked
/// (then it is too early to call the citation unresolved); else the last that looked.
fn decisive(steps: &[AnswerRecord]) -> (Outcome, String) {
    let by = |wanted: fn(&AnswerRecord) -> bool| steps.iter().rev().find(|s| wanted(s));
    by(|s| s.outcome == Outcome::Captured)
        .or_else(|| by(|s| s.outcome != Outcome::Unresolved))
        .or_else(|| by(|s| !s.exchanges.is_empty()))
        .or(steps.last())
        .map_or((Outcome::Unresolved, "no_resolver".into()), |s| {
            (s.outcome, s.reason.clone())
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn step(outcome: Outcome, reason: &str) -> AnswerRecord {
        AnswerRecord {
            source: "s".into(),
            outcome,
            reason: reason.into(),
            detail: None,
            exchanges: Vec::new(),
            post: None,
        }
    }

    #[test]
    fn an_outage_of_one_step_is_not_the_verdict_unresolved() {
        let steps = [
            step(Outcome::Unreachable, "dns"),
            step(Outcome::Unresolved, "nothing_listed"),
        ];
        assert_eq!(decisive(&steps), (Outcome::Unreachable, "dns".into()));
        let steps = [
            step(Outcome::Unresolved, "short_link_dead"),
            step(Outcome::Captured, "listing_likeness"),
        ];
        assert_eq!(decisive(&steps).0, Outcome::Captured);
        assert_eq!(decisive(&[]), (Outcome::Unresolved, "no_resolver".into()));
    }
}
