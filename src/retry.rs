//! Whether and when what failed is tried again: one pure function of what failed, how often it was tried, and chance. When a host is
//! left alone is another question ([`crate::penalty`]), and so is when what has its answer is captured again ([`crate::schedule`]).

use std::time::Duration;

use crate::exchange::Exchange;
use crate::outcome::Outcome;

/// Waits after a request that failed, in milliseconds, while its capture is under way; the last one counts for all that follow.
const REQUEST: [u64; 6] = [1_000, 2_000, 4_000, 8_000, 16_000, 32_000];

/// Waits after a capture that settled nothing, by whichever run comes then.
const CAPTURE: [u64; 5] = [60_000, 600_000, 3_600_000, 21_600_000, 86_400_000];

/// What was tried.
#[derive(Debug, Clone, Copy)]
pub enum Tried<'a> {
    /// One request of a capture that is under way, which waits for it; tried again at most `most` times.
    Request {
        /// How it ended.
        exchange: &'a Exchange,
        /// From the settings (`limit.retries`).
        most: u32,
    },
    /// A capture or a resolution as a whole, which is left to a later lease.
    Whole {
        /// Its outcome.
        outcome: Outcome,
        /// Whether something in it failed for a reason that passes.
        passing: bool,
    },
}

/// How long to wait before the next try, or `None` if there is to be none. `tries` are those made; `jitter` (0 to 255) makes the wait half
/// as long up to whole, so that what failed together is not tried again together.
#[must_use]
pub fn wait(tried: Tried<'_>, tries: u32, jitter: impl FnOnce() -> u8) -> Option<Duration> {
    let (is_open, waits) = match tried {
        Tried::Request { exchange, most } => (tries <= most && may_pass(exchange), &REQUEST[..]),
        Tried::Whole { outcome, passing } => (
            passing && outcome != Outcome::Captured && !outcome.is_gone(),
            &CAPTURE[..],
        ),
    };
    let step = usize::try_from(tries.saturating_sub(1)).map_or(waits.len() - 1, |step| step.min(waits.len() - 1));
    is_open.then(|| Duration::from_millis(waits[step] / 2 + waits[step] * u64::from(jitter()) / 510))
}

/// What may pass by itself in seconds: a broken transfer, a server's own error. A name or host that does not answer, a
/// failed handshake or a time-out is left for a later run; a limit (429) for when its penalty ends.
fn may_pass(exchange: &Exchange) -> bool {
    match &exchange.failure {
        Some(failure) => matches!(failure.reason, "reset" | "body_cut" | "range_misfit"),
        None => {
            matches!(exchange.status, Some(408 | 425 | 500 | 502 | 503 | 504) if exchange.header("retry-after").is_none())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::exchange::testing::answered;

    #[test]
    fn only_what_may_pass_in_seconds_is_tried_again_and_not_for_ever() {
        let waits = |status, tries| {
            let exchange = &answered(status, b"");
            wait(Tried::Request { exchange, most: 2 }, tries, || 0)
        };
        assert_eq!(waits(502, 1), Some(Duration::from_millis(500)));
        assert_eq!(waits(502, 2), Some(Duration::from_secs(1)));
        assert_eq!(waits(502, 3), None);
        for status in [200, 301, 403, 404, 410, 429] {
            assert_eq!(waits(status, 1), None, "{status}");
        }
    }

    #[test]
    fn what_settled_nothing_is_tried_again_over_hours_and_what_was_said_is_not() {
        let waits = |outcome, passing, tries, jitter| {
            wait(Tried::Whole { outcome, passing }, tries, || jitter).map(|wait| wait.as_secs())
        };
        let longest: Vec<_> = (1..8)
            .filter_map(|tries| waits(Outcome::Unreachable, true, tries, 255))
            .collect();
        assert_eq!(longest, [60, 600, 3_600, 21_600, 86_400, 86_400, 86_400]);
        assert_eq!(waits(Outcome::Unreachable, true, u32::MAX, 0), Some(43_200));
        assert_eq!(waits(Outcome::NotFound, true, 1, 0), Some(30));
        for said in [Outcome::Captured, Outcome::Deleted, Outcome::Suspended] {
            assert_eq!(waits(said, true, 1, 0), None, "{said:?}");
        }
        assert_eq!(waits(Outcome::NotFound, false, 1, 0), None);
    }
}
