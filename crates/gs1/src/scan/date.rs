//! Dates on labels: YYMMDD.

use core::fmt;

use crate::error::Error;
use crate::fault::{Fault, Form};

/// A date printed on a label as YYMMDD, with its century found.
///
/// Ordered by calendar day. Day 00 means the whole month and counts as its last day
/// (GS1 General Specifications, section 3.4.7).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LabelDate {
    year: u16,
    month: u8,
    day: u8,
    whole_month: bool,
}

impl LabelDate {
    /// Reads the six digits that a value begins with. `reference_year` is the year in which the century
    /// is judged: the caller's "now", never a clock of this crate.
    pub(crate) fn of(value: &str, reference_year: u16) -> Result<Self, Error> {
        let Some(digits) =
            value.as_bytes().first_chunk::<6>().filter(|digits| digits.iter().all(u8::is_ascii_digit))
        else {
            return Err(Error::new("date", 0, Fault::Length { allowed: Form::of("6 digits", "6位数字") }));
        };
        let [yy, month, day] = [0, 2, 4].map(|at| two(digits[at], digits[at + 1]));
        Self::checked(full_year(yy, reference_year), month, day, 2)
    }

    /// Reads eight digits, YYYYMMDD.
    pub(crate) fn of_full(value: &str) -> Result<Self, Error> {
        let Some(digits) = <&[u8; 8]>::try_from(value.as_bytes())
            .ok()
            .filter(|digits| digits.iter().all(u8::is_ascii_digit))
        else {
            return Err(Error::new("date", 0, Fault::Length { allowed: Form::of("8 digits", "8位数字") }));
        };
        let [century, yy, month, day] = [0, 2, 4, 6].map(|at| two(digits[at], digits[at + 1]));
        Self::checked(u16::from(century) * 100 + u16::from(yy), month, day, 4)
    }

    /// A date whose month stands at byte `month_at`.
    fn checked(year: u16, month: u8, printed: u8, month_at: usize) -> Result<Self, Error> {
        if !(1..=12).contains(&month) {
            return Err(Error::span(month_at, 2, Fault::Month));
        }
        let last = days_in(year, month);
        if printed > last {
            return Err(Error::span(month_at + 2, 2, Fault::Day));
        }
        let whole_month = printed == 0;
        Ok(Self { year, month, day: if whole_month { last } else { printed }, whole_month })
    }

    /// The year, with its century.
    pub const fn year(self) -> u16 {
        self.year
    }

    /// The month, 1–12.
    pub const fn month(self) -> u8 {
        self.month
    }

    /// The day, 1–31; the last of the month where the label names none.
    pub const fn day(self) -> u8 {
        self.day
    }

    /// Whether the label names only the month.
    pub const fn is_whole_month(self) -> bool {
        self.whole_month
    }
}

impl fmt::Display for LabelDate {
    /// ISO 8601: `2027-06-30`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}-{:02}-{:02}", self.year, self.month, self.day)
    }
}

fn two(tens: u8, ones: u8) -> u8 {
    (tens - b'0') * 10 + (ones - b'0')
}

/// The year nearest to the reference year that ends in `yy`: 51 or more ahead of it means the
/// century before, 50 or more behind it the century after (GS1 General Specifications, 7.12).
fn full_year(yy: u8, reference_year: u16) -> u16 {
    let within = reference_year % 100;
    let century = reference_year - within;
    let ahead = i32::from(yy) - i32::from(within);
    let century = match ahead {
        51.. => century.saturating_sub(100),
        ..=-50 => century.saturating_add(100),
        _ => century,
    };
    century.saturating_add(u16::from(yy))
}

/// Days of a month in the Gregorian calendar. `month` is 1–12.
pub(crate) fn days_in(year: u16, month: u8) -> u8 {
    let leap = year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400));
    match month {
        2 if leap => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}
