//! The only place that reads the wall clock and draws random bytes, so that tests can pin both.

use std::fmt;

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
