//! When a target that has its answer is captured again: one pure function of its age and its last outcome.

use crate::clock::Timestamp;
use crate::outcome::Outcome;

const HOUR: i64 = 3_600_000;
const DAY: i64 = 24 * HOUR;

/// Up to this age (time since the first capture) a target is captured this long after the capture before, in
/// milliseconds. Of posts watched daily, 18 % were gone within three months (Pew Research Center, 2024), so more than half
/// of the checks of a year fall into the first three; pages decay over years.
const CURVE: [(i64, i64); 6] = [
    (DAY, 6 * HOUR),
    (3 * DAY, 12 * HOUR),
    (7 * DAY, DAY),
    (30 * DAY, 3 * DAY),
    (90 * DAY, 7 * DAY),
    (365 * DAY, 30 * DAY),
];

/// Between captures of what is older.
const OLD: i64 = 90 * DAY;

/// Least time between captures of what a platform says is gone: it may be restored, but nothing more can be lost.
const GONE: i64 = 7 * DAY;

/// When to capture a target again (what was not found, within a day: a verdict needs a second look) that was first captured at `first` (`None`: now for the first time).
pub fn next_check(first: Option<Timestamp>, now: Timestamp, outcome: Outcome) -> Timestamp {
    // A clock that was set back makes a target young again, never overdue.
    let age = first.map_or(0, |first| now.millis().saturating_sub(first.millis()).max(0));
    let wait = CURVE
        .iter()
        .find(|(up_to, _)| age < *up_to)
        .map_or(OLD, |(_, wait)| *wait);
    now.plus_millis(match outcome {
        gone if gone.is_gone() => wait.max(GONE),
        Outcome::NotFound => wait.min(DAY),
        _ => wait,
    })
}

/// When to capture again what is only the context of a cited post: as seldom as anything, because nobody's sentence rests on it.
pub fn next_check_of_context(now: Timestamp) -> Timestamp {
    now.plus_millis(OLD)
}

/// Whether a target was first captured within the last day, or never before.
pub fn is_young(first: Option<Timestamp>, now: Timestamp) -> bool {
    first.is_none_or(|first| now.millis().saturating_sub(first.millis()) < DAY)
}

/// When to read an article again that was first read at `first`: as a target, but at most once a day, because every look at a page
/// that is made anew for each reader is kept.
pub fn next_reading(first: Timestamp, now: Timestamp) -> Timestamp {
    next_check(Some(first), now, Outcome::Captured).max(now.plus_millis(DAY))
}

#[cfg(test)]
mod tests {
    use super::*;

    const FIRST: Timestamp = Timestamp::from_millis(1_700_000_000_000);

    #[test]
    fn checks_are_dense_in_the_first_days_and_thin_to_months() {
        let mut now = FIRST;
        let mut checks = Vec::new();
        while now.millis() - FIRST.millis() < 365 * DAY {
            now = next_check(Some(FIRST), now, Outcome::Captured);
            checks.push((now.millis() - FIRST.millis()) / DAY);
        }
        assert_eq!(checks.iter().filter(|day| **day < 7).count(), 11);
        let early = checks.iter().filter(|day| **day < 90).count();
        assert!(early * 2 > checks.len(), "{checks:?}");
        assert!(checks.len() < 50, "{checks:?}");
    }

    #[test]
    fn what_is_gone_is_looked_for_once_a_week_and_a_clock_set_back_makes_nothing_overdue() {
        let gone = next_check(None, FIRST, Outcome::Deleted);
        assert_eq!(gone, FIRST.plus_millis(GONE));
        let back = FIRST.plus_millis(-400 * DAY);
        assert_eq!(
            next_check(Some(FIRST), back, Outcome::Captured),
            back.plus_millis(6 * HOUR)
        );
    }
}
