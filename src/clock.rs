//! The only place that reads the wall clock and draws random bytes, so that tests can pin both; and what makes us doubt
//! the clock. Order in the archive is by the ledger's numbers; a time is evidence, and a wrong one must be told.

use std::fmt;
use std::time::Instant;

use chrono::{DateTime, SecondsFormat, TimeZone, Utc};
use serde::{Serialize, Serializer};

/// A moment in UTC with millisecond precision; printed as RFC 3339 (`2026-11-23T07:23:15.042Z`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp(i64);

impl Timestamp {
    /// From milliseconds since 1970-01-01T00:00:00Z.
    #[must_use]
    pub const fn from_millis(millis: i64) -> Timestamp {
        Timestamp(millis)
    }

    /// Milliseconds since 1970-01-01T00:00:00Z.
    #[must_use]
    pub fn millis(self) -> i64 {
        self.0
    }

    /// Reads RFC 3339 text with any offset; `None` if it is anything else.
    #[must_use]
    pub fn parse(text: &str) -> Option<Timestamp> {
        DateTime::parse_from_rfc3339(text)
            .ok()
            .map(|t| Timestamp(t.timestamp_millis()))
    }

    /// Reads the date of an HTTP header (RFC 9110 §5.6.7, the form that servers send); `None` if it is anything else.
    #[must_use]
    pub fn parse_http(text: &str) -> Option<Timestamp> {
        DateTime::parse_from_rfc2822(text.trim())
            .ok()
            .map(|t| Timestamp(t.timestamp_millis()))
    }

    /// This moment plus `millis` milliseconds (which may be negative).
    #[must_use]
    pub fn plus_millis(self, millis: i64) -> Timestamp {
        Timestamp(self.0.saturating_add(millis))
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match Utc.timestamp_millis_opt(self.0).single() {
            Some(t) => f.write_str(&t.to_rfc3339_opts(SecondsFormat::Millis, true)),
            None => f.write_str("0000-00-00T00:00:00.000Z"),
        }
    }
}

impl Serialize for Timestamp {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// Source of time and of randomness.
#[derive(Debug, Clone, Copy, Default)]
pub enum Clock {
    /// The machine's clock and the kernel's random bytes.
    #[default]
    System,
    /// Always this moment, and nonces counted up from zero; for tests that compare whole output.
    Fixed(Timestamp),
}

impl Clock {
    /// The time now.
    #[must_use]
    pub fn now(self) -> Timestamp {
        match self {
            #[allow(clippy::disallowed_methods)]
            Clock::System => Timestamp(Utc::now().timestamp_millis()),
            Clock::Fixed(t) => t,
        }
    }

    /// Sixteen bytes that cannot be guessed (with [`Clock::Fixed`]: `count` as a big-endian number).
    ///
    /// # Panics
    /// If the operating system has no randomness to give, because then no evidence may be written.
    #[must_use]
    pub fn nonce(self, count: u64) -> [u8; 16] {
        let mut bytes = [0; 16];
        match self {
            Clock::System => getrandom::fill(&mut bytes).expect("the operating system gives random bytes"),
            Clock::Fixed(_) => bytes[8..].copy_from_slice(&count.to_be_bytes()),
        }
        bytes
    }
}

/// No run of this program was earlier: 2025-01-01T00:00:00Z.
const EARLIEST: Timestamp = Timestamp::from_millis(1_735_689_600_000);

/// How far, in milliseconds, a clock may be set back without a word, and differ from the time that passed in a run.
const STEP: i64 = 60_000;

/// An archive that nobody wrote to for longer, in milliseconds, was forgotten, or the clock is ahead.
const ABSENCE: i64 = 400 * 86_400_000;

/// How far, in milliseconds, our clock and those of servers may lie apart.
const APART: i64 = 300_000;

impl Timestamp {
    /// Whether it is earlier than any run of this program was, so that the clock that gave it was never set.
    #[must_use]
    pub fn is_impossible(self) -> bool {
        self < EARLIEST
    }
}

/// Why the clock that says `now` is doubted at the start of a run, in words, if the archive was last written to at `last`.
#[must_use]
pub fn doubt(now: Timestamp, last: Option<Timestamp>) -> Option<String> {
    let since = last.map_or(0, |last| now.millis().saturating_sub(last.millis()));
    if now.is_impossible() {
        Some(format!("the clock says {now}, which is before this program was made"))
    } else if since < -STEP {
        Some(format!(
            "the clock was set back: it is {} before the archive's last entry",
            span(since)
        ))
    } else if since > ABSENCE {
        Some(format!("the clock is {} after the archive's last entry", span(since)))
    } else {
        None
    }
}

/// Why the clock is doubted by the `Date` of servers that answered: how much their times lie after ours, in milliseconds.
/// The one in the middle counts, because one server's clock may be wrong as well.
#[must_use]
pub fn doubt_by_servers(mut ahead: Vec<i64>) -> Option<String> {
    ahead.sort_unstable();
    let middle = *ahead.get(ahead.len() / 2)?;
    let side = if middle > 0 { "behind" } else { "ahead of" };
    (middle.saturating_abs() > APART).then(|| {
        format!(
            "the clock is {} {side} the clocks of {} hosts",
            span(middle),
            ahead.len()
        )
    })
}

/// A watch over the clock while a run goes on.
#[derive(Debug, Clone, Copy)]
pub struct Watch {
    clock: Clock,
    wall: Timestamp,
    passed: Instant,
}

impl Watch {
    /// Begins to watch.
    #[must_use]
    pub fn start(clock: Clock) -> Watch {
        Watch {
            clock,
            wall: clock.now(),
            passed: Instant::now(),
        }
    }

    /// Why the clock is doubted since: it moved otherwise than time passed.
    #[must_use]
    pub fn doubt(&self) -> Option<String> {
        let passed = i64::try_from(self.passed.elapsed().as_millis()).unwrap_or(i64::MAX);
        moved(self.clock.now().millis() - self.wall.millis() - passed)
    }
}

fn moved(by: i64) -> Option<String> {
    let how = if by < 0 {
        "set back"
    } else {
        "set forward, or the machine slept"
    };
    (by.saturating_abs() > STEP).then(|| format!("the clock moved during the run: {how}, by {}", span(by)))
}

/// A length of time for a person, rounded down, without its sign.
fn span(millis: i64) -> String {
    let seconds = millis.saturating_abs() / 1000;
    let (count, unit) = match seconds {
        0..=119 => (seconds, "seconds"),
        120..=7_199 => (seconds / 60, "minutes"),
        7_200..=172_799 => (seconds / 3_600, "hours"),
        _ => (seconds / 86_400, "days"),
    };
    format!("{count} {unit}")
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp::from_millis(1_790_000_000_000);
    const DAY: i64 = 86_400_000;

    #[test]
    fn a_clock_set_back_never_set_or_far_ahead_is_doubted_and_a_small_correction_is_not() {
        for (last, said) in [
            (None, None),
            (Some(-DAY), None),
            (Some(59_000), None),
            (Some(61_000), Some("set back: it is 61 seconds before")),
            (Some(3 * DAY), Some("set back: it is 3 days before")),
            (Some(-399 * DAY), None),
            (Some(-3653 * DAY), Some("3653 days after the archive's last entry")),
        ] {
            let doubt = doubt(NOW, last.map(|millis| NOW.plus_millis(millis)));
            match said {
                None => assert_eq!(doubt, None, "{last:?}"),
                Some(said) => assert!(doubt.as_ref().is_some_and(|doubt| doubt.contains(said)), "{doubt:?}"),
            }
        }
        assert!(doubt(Timestamp::from_millis(0), None).unwrap().contains("1970-01-01"));
    }

    #[test]
    fn servers_together_put_our_clock_in_doubt_and_one_alone_among_others_does_not() {
        assert_eq!(doubt_by_servers(vec![]), None);
        assert_eq!(doubt_by_servers(vec![-900, 400, 9_000_000]), None);
        let behind = doubt_by_servers(vec![7_300_000, -1_000, 7_300_500]).unwrap();
        assert_eq!(behind, "the clock is 2 hours behind the clocks of 3 hosts");
        assert!(doubt_by_servers(vec![-400_000]).unwrap().contains("6 minutes ahead of"));
    }

    #[test]
    fn a_clock_that_moves_otherwise_than_time_passes_is_told() {
        assert_eq!(Watch::start(Clock::System).doubt(), None);
        assert_eq!(moved(-59_999), None);
        assert!(moved(-60_001).unwrap().contains("set back, by 60 seconds"));
        assert!(
            moved(86_400_000)
                .unwrap()
                .contains("set forward, or the machine slept, by 24 hours")
        );
    }

    #[test]
    fn a_leap_second_and_any_offset_are_read_and_order_stays() {
        let at = |text: &str| Timestamp::parse(text).unwrap();
        assert_eq!(at("2016-12-31T23:59:60Z"), at("2017-01-01T00:00:00Z"));
        // The hour that a summer-time night has twice, and the one that it lacks, are hours of their own in UTC.
        assert_eq!(
            at("2026-10-25T02:30:00+02:00").plus_millis(3_600_000),
            at("2026-10-25T02:30:00+01:00")
        );
        assert_eq!(
            at("2026-03-29T01:59:59+01:00").plus_millis(1_000),
            at("2026-03-29T03:00:00+02:00")
        );
        let mut times = ["2026-10-25T00:30:00.000Z", "2026-10-25T01:30:00.000Z"].map(at);
        times.sort();
        assert!(times[0].to_string() < times[1].to_string());
        for none in [
            "2021-09-01T00:00:00+99:99",
            "2021-02-30T00:00:00Z",
            "99999-01-01T00:00:00Z",
            "١٩٧٠-01-01T00:00:00Z",
        ] {
            assert_eq!(Timestamp::parse(none), None, "{none}");
        }
        assert_eq!(at("1970-01-01T00:00:00Z"), Timestamp::from_millis(0));
        assert_eq!(Timestamp::from_millis(i64::MAX).to_string(), "0000-00-00T00:00:00.000Z");
    }
}
