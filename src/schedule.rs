//! When a target that has its answer is captured again, and an article read again: pure functions of its age, its last outcome and a
//! curve, which the settings or a person may set.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::clock::Timestamp;
use crate::outcome::Outcome;

const HOUR: i64 = 3_600_000;
const DAY: i64 = 24 * HOUR;

/// Of posts watched daily, 18 % were gone within three months, some within days (Pew Research Center, When Online Content Disappears,
/// 2024); of links in articles a quarter were dead and 13 % led to changed pages after years (Zittrain, Bowers, Stanton, The Paper of
/// Record Meets an Ephemeral Web, 2021). So more than half of the checks of a year fall into its first three months, and they go on.
const POSTS: &str = "1d:6h 3d:12h 7d:1d 30d:3d 90d:7d 365d:30d 90d";

/// As of posts, but at most daily, because every look at a page that is made anew for each reader is kept.
const ARTICLES: &str = "7d:1d 30d:3d 90d:7d 365d:30d 90d";

/// What is only the context of a cited post is captured as seldom as anything: nobody's sentence rests on it.
const CONTEXT: &str = "90d";

/// Least time between captures of what a platform says is gone: it may be restored, but nothing more can be lost.
const GONE: i64 = 7 * DAY;

/// Least and longest wait, in milliseconds, and most steps of a curve.
const WAIT: (i64, i64) = (HOUR, 365 * DAY);
const MAX_STEPS: usize = 20;

/// How often something is captured, by its age: `1d:6h 7d:1d 30d` is every six hours in the first day, daily in the first week, and every
/// thirty days after that. Times are whole hours (`h`) or days (`d`).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct Curve {
    /// Up to this age it is captured this long after the capture before, in milliseconds.
    steps: Vec<(i64, i64)>,
    /// Between captures of what is older.
    older: i64,
}

impl Curve {
    /// How long after a capture the next one is, of what is so old.
    fn wait(&self, age: i64) -> i64 {
        let step = self.steps.iter().find(|(up_to, _)| age < *up_to);
        step.map_or(self.older, |(_, wait)| *wait)
    }
}

impl FromStr for Curve {
    type Err = String;

    fn from_str(text: &str) -> Result<Curve, String> {
        let wait = |text: &str| match time(text) {
            Some(wait) if (WAIT.0..=WAIT.1).contains(&wait) => Ok(wait),
            _ => Err(format!("`{text}` is not a time between 1h and 365d")),
        };
        let mut parts: Vec<&str> = text.split_whitespace().collect();
        let older = wait(parts.pop().unwrap_or_default())?;
        let mut steps: Vec<(i64, i64)> = Vec::new();
        for part in parts {
            let step = part
                .split_once(':')
                .and_then(|(up_to, every)| Some((time(up_to)?, every)));
            let (up_to, every) = step.ok_or_else(|| format!("`{part}` is not AGE:TIME such as 7d:1d"))?;
            if steps.len() == MAX_STEPS || steps.last().is_some_and(|(before, _)| *before >= up_to) {
                return Err(format!("its ages are not at most {MAX_STEPS} that grow"));
            }
            steps.push((up_to, wait(every)?));
        }
        Ok(Curve { steps, older })
    }
}

/// Whole hours or days such as `12h` or `7d`, in milliseconds.
#[must_use]
pub fn time(text: &str) -> Option<i64> {
    let (number, unit) = text.split_at_checked(text.len().checked_sub(1)?)?;
    let unit = match unit {
        "h" => HOUR,
        "d" => DAY,
        _ => return None,
    };
    number.parse::<u16>().ok().map(|number| i64::from(number) * unit)
}

impl fmt::Display for Curve {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let time = |millis: i64| match millis % DAY {
            0 => format!("{}d", millis / DAY),
            _ => format!("{}h", millis / HOUR),
        };
        for (up_to, wait) in &self.steps {
            write!(f, "{}:{} ", time(*up_to), time(*wait))?;
        }
        f.write_str(&time(self.older))
    }
}

impl TryFrom<String> for Curve {
    type Error = String;

    fn try_from(text: String) -> Result<Curve, String> {
        text.parse()
    }
}

impl From<Curve> for String {
    fn from(curve: Curve) -> String {
        curve.to_string()
    }
}

/// The curves of an archive.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Schedule(BTreeMap<String, Curve>);

impl Default for Schedule {
    fn default() -> Schedule {
        let standard = [
            ("posts", POSTS),
            ("pages", POSTS),
            ("articles", ARTICLES),
            ("context", CONTEXT),
        ];
        let curves = standard
            .into_iter()
            .filter_map(|(name, curve)| Some((name.to_owned(), curve.parse().ok()?)));
        Schedule(curves.collect())
    }
}

impl Schedule {
    /// The names that are set: `posts`, `pages`, `articles`, `context`, or platforms'.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.0.keys().map(String::as_str)
    }

    /// With the standard curves for what is not set.
    #[must_use]
    pub fn completed(mut self) -> Schedule {
        for (name, curve) in Schedule::default().0 {
            self.0.entry(name).or_insert(curve);
        }
        self
    }

    /// When to capture a target again (what was not found, within a day: a verdict needs a second look) that was first captured at
    /// `first` (`None`: now for the first time). The curve is the first that is set of those with `names`; where persons set curves
    /// of their own for it (`own`), the one that is due first counts.
    #[must_use]
    pub fn next_check(
        &self,
        names: &[&str],
        own: &[Curve],
        first: Option<Timestamp>,
        now: Timestamp,
        outcome: Outcome,
    ) -> Timestamp {
        let wait = self.wait(names, own, first, now);
        now.plus_millis(match outcome {
            gone if gone.is_gone() => wait.max(GONE),
            Outcome::NotFound => wait.min(DAY),
            _ => wait,
        })
    }

    /// When to read an article again that was first read at `first`.
    #[must_use]
    pub fn next_reading(&self, own: &[Curve], first: Timestamp, now: Timestamp) -> Timestamp {
        now.plus_millis(self.wait(&["articles"], own, Some(first), now))
    }

    /// The wait by the curves of its own, else by the first of these names that is set.
    fn wait(&self, names: &[&str], own: &[Curve], first: Option<Timestamp>, now: Timestamp) -> i64 {
        // A clock that was set back makes a target young again, never overdue.
        let age = first.map_or(0, |first| now.millis().saturating_sub(first.millis()).max(0));
        let own = own.iter().map(|curve| curve.wait(age)).min();
        own.or_else(|| {
            let mut curves = names.iter().filter_map(|name| self.0.get(*name));
            curves.next().map(|curve| curve.wait(age))
        })
        .unwrap_or(WAIT.1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn next_check(first: Option<Timestamp>, now: Timestamp, outcome: Outcome) -> Timestamp {
        Schedule::default().next_check(&["x", "posts"], &[], first, now, outcome)
    }

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

    #[test]
    fn a_curve_is_read_as_it_is_written_and_what_is_none_is_refused() {
        for curve in [POSTS, ARTICLES, "12h", "365d", "10d:36h 30d"] {
            assert_eq!(curve.parse::<Curve>().unwrap().to_string(), curve);
        }
        for bad in [
            "",
            "0h",
            "30m",
            "366d",
            "1d:6h",
            "7d:1d 1d:6h 30d",
            "x:1d 30d",
            "1d:6h;30d",
            "-1d",
            "1d:0h 3d",
            "99999d",
        ] {
            assert!(bad.parse::<Curve>().is_err(), "{bad}");
        }
        let many: String = (1..50).map(|day| format!("{day}d:1d ")).collect();
        assert!((many + "30d").parse::<Curve>().is_err());
    }

    #[test]
    fn a_curve_of_its_own_comes_before_that_of_its_platform_and_that_before_the_standard() {
        let curve = |text: &str| text.parse::<Curve>().unwrap();
        let set = BTreeMap::from([("x".to_owned(), curve("2h")), ("pages".to_owned(), curve("5d"))]);
        let schedule = Schedule(set).completed();
        let wait = |names: &[&str], own: &[Curve]| {
            let next = schedule.next_check(names, own, Some(FIRST), FIRST, Outcome::Captured);
            (next.millis() - FIRST.millis()) / HOUR
        };
        assert_eq!(
            (
                wait(&["x", "posts"], &[]),
                wait(&["bluesky", "posts"], &[]),
                wait(&["pages"], &[]),
                wait(&["context"], &[])
            ),
            (2, 6, 120, 90 * 24)
        );
        // Of several articles that want it, the one that wants it most often.
        assert_eq!(wait(&["x", "posts"], &[curve("30d"), curve("1d:4h 30d")]), 4);
        let reading = |own: &[Curve]| (schedule.next_reading(own, FIRST, FIRST).millis() - FIRST.millis()) / HOUR;
        assert_eq!((reading(&[]), reading(&[curve("1h")])), (24, 1));
    }
}
