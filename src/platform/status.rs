//! What an HTTP status alone says of a post or page, for every source alike.

use super::{Answer, Post};
use crate::exchange::Exchange;
use crate::outcome::Outcome;

impl Answer {
    /// An answer that gives the post.
    #[must_use]
    pub fn with_post(reason: impl Into<String>, post: Post) -> Answer {
        Answer {
            outcome: Outcome::Captured,
            reason: reason.into(),
            post: Some(post),
            archived_at: None,
        }
    }

    /// An answer without a post.
    #[must_use]
    pub fn without_post(outcome: Outcome, reason: impl Into<String>) -> Answer {
        Answer {
            outcome,
            reason: reason.into(),
            post: None,
            archived_at: None,
        }
    }
}

/// What a failed exchange or its status code amounts to; `None` for a whole 2xx, whose content decides.
#[must_use]
pub fn from_status(exchange: &Exchange) -> Option<Answer> {
    if let Some(failure) = &exchange.failure {
        return Some(Answer::without_post(failure.outcome, failure.reason));
    }
    let Some(status) = exchange.status else {
        return Some(Answer::without_post(Outcome::Unreachable, "no_response"));
    };
    let outcome = match status {
        200..=299 => return None,
        401 | 407 => Outcome::LoginRequired,
        404 | 410 => Outcome::NotFound,
        408 | 425 | 500..=599 => Outcome::ServerError,
        429 => Outcome::RateLimited,
        451 => Outcome::Withheld,
        300..=399 => Outcome::Unreadable,
        // A refusal that names no cause: it may be about us, not about the content.
        _ => Outcome::Walled,
    };
    Some(Answer::without_post(outcome, format!("http_{status}")))
}
