//! Whether and when to try again within a run. Pure; longer waits are the queue's.

use std::time::Duration;

use crate::exchange::Exchange;

/// How long to wait before the next try, or `None` if there is to be none. `tries` are those made; `jitter` (0 to 255)
/// spreads clients that failed together.
#[must_use]
pub fn wait(exchange: &Exchange, tries: u32, limit: u32, jitter: impl FnOnce() -> u8) -> Option<Duration> {
    (tries <= limit && may_pass(exchange)).then(|| {
        let whole = 1000_u64 << tries.saturating_sub(1).min(5);
        Duration::from_millis(whole / 2 + whole * u64::from(jitter()) / 512)
    })
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
        assert!(wait(&answered(502, b""), 1, 2, || 0).is_some());
        assert!(wait(&answered(502, b""), 2, 2, || 0) > wait(&answered(502, b""), 1, 2, || 0));
        assert_eq!(wait(&answered(502, b""), 3, 2, || 0), None);
        for status in [200, 301, 403, 404, 410, 429] {
            assert_eq!(wait(&answered(status, b""), 1, 2, || 0), None, "{status}");
        }
    }
}
