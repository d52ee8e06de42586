//! When a host is left alone: pure functions of what came of asking it.

use crate::clock::Timestamp;

/// Failures in a row after which a host is left alone.
const FAILURES_TO_CLOSE: u32 = 5;

/// For how long, in milliseconds. After that it is asked once; one more failure closes it again.
const CLOSED: i64 = 3_600_000;

/// Least and longest wait that a host may ask of us, in seconds.
const WAIT: (i64, i64) = (1, 86_400);

/// First pause, in seconds, of a host that limits us without saying for how long; doubled each time.
const PAUSE: i64 = 60;

/// What of a host's standing outlives a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Penalty {
    /// Until when it is left alone.
    pub until: Timestamp,
    /// 0 if it asked for that; else how often it failed in a row.
    pub failures: u32,
}

/// What came of one request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Came {
    /// An answer.
    Answer,
    /// The wish to be left alone, for so many seconds where it said so.
    Limit(Option<i64>),
    /// No answer, or an error of the server's own.
    Failure,
}

/// Whether a host may be asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Turn {
    /// It may.
    Free,
    /// By one request at a time, which finds out whether it works again.
    Trial,
    /// Not before then; `failing`: not because it asked for that.
    Rest {
        /// Until when it rests.
        until: Timestamp,
        /// Whether it failed too often.
        failing: bool,
    },
}

/// How a host stands with us. A new one may be asked.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Standing {
    until: Option<Timestamp>,
    failures: u32,
    limits: u32,
}

impl Standing {
    /// As an earlier run left it.
    #[must_use]
    pub fn after_run(penalty: Penalty) -> Standing {
        Standing {
            until: Some(penalty.until),
            failures: penalty.failures.min(FAILURES_TO_CLOSE),
            limits: 0,
        }
    }

    /// Whether it may be asked now.
    #[must_use]
    pub fn turn(self, now: Timestamp) -> Turn {
        let failing = self.failures >= FAILURES_TO_CLOSE;
        match self.until {
            Some(until) if now < until => Turn::Rest { until, failing },
            _ if failing => Turn::Trial,
            _ => Turn::Free,
        }
    }

    /// How it stands after `came`.
    #[must_use]
    pub fn after(self, came: Came, now: Timestamp) -> Standing {
        match came {
            // A wish outlasts the answer to a request that was sent before it.
            Came::Answer => Standing {
                until: self.until.filter(|until| self.failures == 0 && now < *until),
                ..Standing::default()
            },
            Came::Limit(seconds) => {
                let seconds = seconds.unwrap_or(PAUSE << self.limits.min(6));
                let until = now.plus_millis(seconds.clamp(WAIT.0, WAIT.1) * 1000);
                Standing {
                    until: self.until.max(Some(until)),
                    failures: 0,
                    limits: self.limits + 1,
                }
            }
            // Of a request that was sent before the rest began.
            Came::Failure if matches!(self.turn(now), Turn::Rest { .. }) => self,
            Came::Failure => {
                let failures = (self.failures + 1).min(FAILURES_TO_CLOSE);
                Standing {
                    until: (failures == FAILURES_TO_CLOSE).then(|| now.plus_millis(CLOSED)),
                    failures,
                    ..self
                }
            }
        }
    }

    /// What later runs are to know; `None` if nothing.
    #[must_use]
    pub fn penalty(self) -> Option<Penalty> {
        let failures = if self.failures == FAILURES_TO_CLOSE {
            self.failures
        } else {
            0
        };
        self.until.map(|until| Penalty { until, failures })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp::from_millis(1_700_000_000_000);

    fn after(came: &[Came]) -> Standing {
        came.iter()
            .fold(Standing::default(), |standing, came| standing.after(*came, NOW))
    }

    #[test]
    fn five_failures_in_a_row_close_a_host_for_an_hour_and_an_answer_between_does_not() {
        use Came::{Answer, Failure};
        let four = [Failure; 4];
        assert_eq!(after(&four).turn(NOW), Turn::Free);
        assert_eq!(after(&[&four[..], &[Answer], &four].concat()).turn(NOW), Turn::Free);
        let until = NOW.plus_millis(3_600_000);
        let failing = true;
        for more in 0..9 {
            let closed = after(&[&four[..], &[Failure], &vec![Failure; more]].concat());
            assert_eq!(closed.turn(NOW), Turn::Rest { until, failing });
            assert_eq!(closed.penalty(), Some(Penalty { until, failures: 5 }));
        }
    }

    #[test]
    fn after_the_hour_one_trial_opens_the_host_or_closes_it_again_in_a_later_run_as_well() {
        let closed = after(&[Came::Failure; 5]);
        let later = NOW.plus_millis(3_600_000);
        for closed in [closed, Standing::after_run(closed.penalty().unwrap())] {
            assert_eq!(closed.turn(later), Turn::Trial);
            assert_eq!(closed.after(Came::Answer, later), Standing::default());
            let until = later.plus_millis(3_600_000);
            let again = closed.after(Came::Failure, later);
            assert_eq!(again.turn(later), Turn::Rest { until, failing: true });
        }
    }

    #[test]
    fn what_a_host_asks_for_is_clamped_and_without_a_number_its_pauses_grow() {
        let wait = |standing: Standing| match standing.turn(NOW) {
            Turn::Rest { until, failing: false } => (until.millis() - NOW.millis()) / 1000,
            other => panic!("{other:?}"),
        };
        for (asked, seconds) in [(-1, 1), (0, 1), (7, 7), (99_999_999, 86_400), (i64::MAX, 86_400)] {
            assert_eq!(wait(after(&[Came::Limit(Some(asked))])), seconds);
        }
        let waits: Vec<i64> = (1..9)
            .map(|times| wait(after(&vec![Came::Limit(None); times])))
            .collect();
        assert_eq!(waits, [60, 120, 240, 480, 960, 1920, 3840, 3840]);
        // The longer wish counts, and an answer to an earlier request does not end it.
        let limits = [Came::Limit(Some(600)), Came::Limit(Some(5)), Came::Answer];
        assert_eq!(wait(after(&limits)), 600);
    }
}
