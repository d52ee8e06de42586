//! What answers amount to: what the web said by its exchanges alone, and which of several answers says most.

use crate::exchange::Exchange;
use crate::outcome::Outcome;
use crate::platform::SourceKind;
use crate::platform::status::from_status;
use crate::store::record::AnswerRecord;

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

/// Index of the answer that says most: the post itself, else the platform's own statement, else what hints at most.
pub(super) fn best_answer(answers: &[AnswerRecord], kinds: &[SourceKind]) -> usize {
    let rank = |i: usize| {
        let said = match answers[i].outcome {
            Outcome::Captured => 0,
            Outcome::Deleted | Outcome::AccountGone | Outcome::Suspended => 1,
            Outcome::Protected | Outcome::AgeGated | Outcome::Withheld => 2,
            Outcome::LoginRequired => 3,
            Outcome::NotFound => 4,
            Outcome::Walled | Outcome::Unreadable | Outcome::TooLarge => 5,
            Outcome::RateLimited | Outcome::ServerError => 6,
            Outcome::Unreachable => 7,
            Outcome::Refused | Outcome::Unresolved => 8,
        };
        // What an archive or a third party failed to have says nothing about the post, and what a third party tells is no
        // better than what the platform itself shows.
        let is_aside = matches!(kinds[i], SourceKind::Archive | SourceKind::Witness);
        let of_others = answers[i].outcome != Outcome::Captured && is_aside;
        (of_others, said, kinds[i] == SourceKind::Witness, is_cut(&answers[i]), i)
    };
    (0..answers.len()).min_by_key(|&i| rank(i)).unwrap_or(0)
}

/// Whether the text of its post is cut, as the source itself says.
pub(super) fn is_cut(answer: &AnswerRecord) -> bool {
    answer
        .post
        .as_ref()
        .is_some_and(|(post, _)| post.text_cut == Some(true))
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    /// Answers of these outcomes, without a post.
    pub(in crate::capture) fn answers(outcomes: &[Outcome]) -> Vec<AnswerRecord> {
        outcomes
            .iter()
            .map(|&outcome| AnswerRecord {
                source: "s".into(),
                outcome,
                reason: String::new(),
                detail: None,
                exchanges: Vec::new(),
                post: None,
            })
            .collect()
    }

    #[test]
    fn the_archives_ignorance_never_outranks_what_a_live_source_said() {
        let kinds = [SourceKind::Live, SourceKind::Live, SourceKind::Archive];
        assert_eq!(
            best_answer(
                &answers(&[Outcome::Unreachable, Outcome::Walled, Outcome::NotFound]),
                &kinds
            ),
            1
        );
        assert_eq!(
            best_answer(
                &answers(&[Outcome::Deleted, Outcome::Refused, Outcome::Captured]),
                &kinds
            ),
            2
        );
    }
}
