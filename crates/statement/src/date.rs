//! Calendar days in UTC+8, the time in which the law counts.

use std::fmt;

/// A calendar day as days since 1970-01-01.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Day(pub i32);

const DAY_US: i64 = 86_400_000_000;
const CHINA_US: i64 = 8 * 3_600_000_000;

impl Day {
    /// Parses "YYYY-MM-DD" with years 1900 to 2999; `None` for anything else.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let b = text.as_bytes();
        if b.len() != 10 || b[4] != b'-' || b[7] != b'-' {
            return None;
        }
        let number = |range: std::ops::Range<usize>| -> Option<i32> {
            b[range].iter().try_fold(0, |n, d| d.is_ascii_digit().then(|| n * 10 + i32::from(d - b'0')))
        };
        let (year, month, day) = (number(0..4)?, number(5..7)?, number(8..10)?);
        let valid = (1900..3000).contains(&year) && (1..=12).contains(&month);
        (valid && (1..=month_length(year, month)).contains(&day)).then(|| Self(days(year, month, day)))
    }

    /// The day on which an instant (µs since the Unix epoch) falls in UTC+8.
    #[must_use]
    pub fn of_instant(us: i64) -> Self {
        // A day number of any i64 instant fits in i32.
        Self(us.saturating_add(CHINA_US).div_euclid(DAY_US) as i32)
    }
}

/// As "2026-03-02".
impl fmt::Display for Day {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Years counted from March, so that the leap day is the last of its year; 400 of them have 146,097 days.
        let shifted = i64::from(self.0) + 719_468;
        let (era, day) = (shifted.div_euclid(146_097), shifted.rem_euclid(146_097));
        let of_era = (day - day / 1_460 + day / 36_524 - day / 146_096) / 365;
        let of_year = day - (365 * of_era + of_era / 4 - of_era / 100);
        let m = (5 * of_year + 2) / 153;
        let (of_month, month) = (of_year - (153 * m + 2) / 5 + 1, if m < 10 { m + 3 } else { m - 9 });
        let year = of_era + era * 400 + i64::from(month <= 2);
        write!(f, "{year:04}-{month:02}-{of_month:02}")
    }
}

fn month_length(year: i32, month: i32) -> i32 {
    let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    match month {
        2 if leap => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

/// Days since 1970-01-01 in the proleptic Gregorian calendar, counting years from March.
fn days(year: i32, month: i32, day: i32) -> i32 {
    let (y, m) = if month <= 2 { (year - 1, month + 9) } else { (year, month - 3) };
    let day_of_year = (153 * m + 2) / 5 + day - 1;
    365 * y + y / 4 - y / 100 + y / 400 + day_of_year - 719_468
}

/// Whether `day` lies within optional bounds given as text ("" = open). Texts were validated before.
#[must_use]
pub fn within(day: Day, from: &str, to: &str) -> bool {
    Day::parse(from).is_none_or(|f| f <= day) && Day::parse(to).is_none_or(|t| day <= t)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn days_count_from_the_epoch_in_utc_plus_8() {
        assert_eq!(Day::parse("1970-01-01").unwrap(), Day(0));
        assert_eq!(Day::parse("2000-02-29").unwrap(), Day(11_016));
        assert_eq!(Day::of_instant(0), Day(0));
        assert_eq!(Day::of_instant(16 * 3_600_000_000), Day(1), "midnight in UTC+8");
        assert_eq!(Day::of_instant(16 * 3_600_000_000 - 1), Day(0));
    }

    #[test]
    fn days_that_do_not_exist_are_refused() {
        for text in ["2023-02-29", "2024-13-01", "2024-00-10", "2024-04-31", "24-01-01", "2024-1-01", ""] {
            assert_eq!(Day::parse(text), None, "{text}");
        }
    }

    #[test]
    fn bounds_include_both_ends() {
        let day = Day::parse("2024-06-01").unwrap();
        assert!(within(day, "2024-06-01", "2024-06-01") && within(day, "", ""));
        assert!(!within(day, "2024-06-02", "") && !within(day, "", "2024-05-31"));
    }

    #[test]
    fn days_are_written_as_they_are_read() {
        for day in -25_000..80_000 {
            let text = Day(day).to_string();
            assert_eq!(Day::parse(&text), Some(Day(day)), "{text}");
        }
        assert_eq!(Day::parse("2024-02-29").unwrap().to_string(), "2024-02-29");
    }
}
