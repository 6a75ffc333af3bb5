//! ISO weeks in China time: the window in which hits of one rule become one finding.

use std::fmt;

use statement::Day;

/// A week from Monday to Sunday in UTC+8.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Week(
    /// Weeks since the one that began on Monday 1969-12-29.
    pub i32,
);

impl Week {
    /// The week in which an instant (µs since the Unix epoch) falls.
    #[must_use]
    pub fn of(at: i64) -> Self {
        Self::of_day(Day::of_instant(at))
    }

    /// The week of a day.
    #[must_use]
    pub const fn of_day(day: Day) -> Self {
        // 1970-01-01 was a Thursday.
        Self((day.0 + 3).div_euclid(7))
    }

    /// Its first instant, µs since the Unix epoch: midnight of Monday in UTC+8.
    #[must_use]
    pub const fn begin(self) -> i64 {
        (self.0 as i64 * 7 - 3) * 86_400_000_000 - 8 * 3_600_000_000
    }

    /// Its Thursday, which decides the year that it belongs to (ISO 8601).
    const fn thursday(self) -> i32 {
        self.0 * 7
    }
}

/// Year of a day, and days since its first of January.
pub(crate) const fn year_and_day(day: i32) -> (i32, i32) {
    // Years counted from March, so that the leap day is the last of its year (proleptic Gregorian).
    let shifted = day + 719_468;
    let era = shifted.div_euclid(146_097);
    let day_of_era = shifted.rem_euclid(146_097);
    let year_of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    // The year from March has January and February at its end: 306 days stand before them.
    let year = year_of_era + era * 400;
    if day_of_year >= 306 {
        return (year + 1, day_of_year - 306);
    }
    let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    (year, day_of_year + if leap { 60 } else { 59 })
}

/// The same day of a later month, or the last of that month where it has no such day.
pub fn plus_months(day: Day, months: i32) -> Day {
    let (year, _) = year_and_day(day.0);
    let first = |year: i32, month: i32| Day::parse(&format!("{year:04}-{month:02}-01"));
    let month = (1..=12).rev().find(|m| first(year, *m).is_some_and(|f| f <= day)).unwrap_or(1);
    let of_month = day.0 - first(year, month).map_or(day.0, |f| f.0) + 1;
    let count = month - 1 + months;
    let (year, month) = (year + count.div_euclid(12), count.rem_euclid(12) + 1);
    let fits = |d: i32| Day::parse(&format!("{year:04}-{month:02}-{d:02}"));
    (28..=of_month.max(28)).rev().find_map(|d| fits(d.min(of_month))).unwrap_or(day)
}

/// As "2026-W09".
impl fmt::Display for Week {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (year, day) = year_and_day(self.thursday());
        write!(f, "{year:04}-W{:02}", day / 7 + 1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn weeks_are_those_of_iso_8601_in_china_time() {
        for (day, week) in [
            ("2026-01-01", "2026-W01"),
            ("2025-12-29", "2026-W01"),
            ("2025-12-28", "2025-W52"),
            ("2021-01-03", "2020-W53"),
            ("2024-12-30", "2025-W01"),
            ("2024-02-29", "2024-W09"),
            ("2026-03-02", "2026-W10"),
            ("2000-03-01", "2000-W09"),
            ("1970-01-01", "1970-W01"),
        ] {
            assert_eq!(Week::of_day(Day::parse(day).unwrap()).to_string(), week, "{day}");
        }
        let midnight = 1_772_380_800_000_000;
        assert_eq!(Week::of(midnight).begin(), midnight);
        assert_eq!(
            (Week::of(midnight).0 - Week::of(midnight - 1).0, Day::of_instant(midnight)),
            (1, Day::parse("2026-03-02").unwrap())
        );
    }
}
