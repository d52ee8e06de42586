//! Days of other calendars than the Gregorian one, for years in which there were posts.

use std::sync::LazyLock;

use chrono::{Days, NaiveDate};

/// A calendar whose months have names of their own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Calendar {
    /// The Gregorian one; years of the Buddhist era are counted in it as well.
    Gregorian,
    /// The solar one of Iran and Afghanistan.
    Persian,
    /// The lunar one, as Saudi Arabia computes it (Umm al-Qura); where the moon is watched a day may differ.
    Islamic,
}

/// The day, if there is one.
pub(super) fn day(calendar: Calendar, year: u32, month: u32, day: u32) -> Option<NaiveDate> {
    match calendar {
        Calendar::Gregorian => NaiveDate::from_ymd_opt(super::year_of(year)?, month, day),
        Calendar::Persian => persian(year, month, day),
        Calendar::Islamic => islamic(year, month, day),
    }
}

/// Six months of 31 days, five of 30, one of 29 or 30; leap years come in cycles of 33 years, as they do from 1244 to
/// 1472 (A.D. 2094).
fn persian(year: u32, month: u32, day: u32) -> Option<NaiveDate> {
    const FIRST: u32 = 1_385;
    if !(FIRST..=1_472).contains(&year) || !(1..=12).contains(&month) {
        return None;
    }
    let begin = |year: u32| 365 * (year - 1) + (8 * year + 21) / 33;
    let length = match month {
        1..=6 => 31,
        7..=11 => 30,
        _ => begin(year + 1) - begin(year) - 336,
    };
    let before = (month - 1) * 31 - month.saturating_sub(7);
    let days = begin(year) - begin(FIRST) + before + day.checked_sub(1)?;
    // 1 Farvardin 1385.
    NaiveDate::from_ymd_opt(2006, 3, 21)?
        .checked_add_days(Days::new(days.into()))
        .filter(|_| day <= length)
}

/// By year: when it begins, and which months have 30 days.
static ISLAMIC: LazyLock<Vec<(u32, NaiveDate, u32)>> = LazyLock::new(|| {
    let rows = include_str!("../hijri.tsv").lines().filter(|row| !row.starts_with('#'));
    rows.filter_map(|row| {
        let mut cells = row.split('\t');
        let mut next = || cells.next();
        Some((next()?.parse().ok()?, next()?.parse().ok()?, next()?.parse().ok()?))
    })
    .collect()
});

fn islamic(year: u32, month: u32, day: u32) -> Option<NaiveDate> {
    let (_, begin, long) = ISLAMIC.iter().find(|(of, ..)| *of == year)?;
    let length = |month: u32| 29 + (long >> (month - 1) & 1);
    if !(1..=12).contains(&month) || !(1..=length(month)).contains(&day) {
        return None;
    }
    let before: u32 = (1..month).map(length).sum();
    begin.checked_add_days(Days::new((before + day - 1).into()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_of_other_calendars_are_those_of_the_gregorian_one() {
        for (calendar, year, month, day_of_month, expected) in [
            (Calendar::Persian, 1385, 1, 1, Some("2006-03-21")),
            (Calendar::Persian, 1399, 12, 30, Some("2021-03-20")),
            (Calendar::Persian, 1400, 1, 1, Some("2021-03-21")),
            (Calendar::Persian, 1400, 12, 30, None),
            (Calendar::Persian, 1400, 6, 10, Some("2021-09-01")),
            (Calendar::Persian, 1402, 8, 14, Some("2023-11-05")),
            (Calendar::Persian, 1403, 12, 30, Some("2025-03-20")),
            (Calendar::Persian, 1400, 7, 31, None),
            (Calendar::Persian, 1400, 6, 0, None),
            (Calendar::Islamic, 1443, 1, 24, Some("2021-09-01")),
            (Calendar::Islamic, 1445, 4, 21, Some("2023-11-05")),
            (Calendar::Islamic, 1443, 1, 31, None),
            (Calendar::Islamic, 1300, 1, 1, None),
        ] {
            let found = day(calendar, year, month, day_of_month).map(|date| date.to_string());
            assert_eq!(found.as_deref(), expected, "{calendar:?} {year}-{month}-{day_of_month}");
        }
    }
}
