//! Linters of dates and times.

use super::text::digits;
use super::whole;
use crate::error::Error;
use crate::fault::Fault;
use crate::scan::days_in;

/// A year of two or four digits, a month, and a day; `month_alone`: day 00 stands for the month.
///
/// February 29 passes in every year of two digits that four divides: which century is meant, and so
/// whether a year 00 has the day, only the reader of the date knows.
pub(super) fn date(value: &str, year_digits: usize, month_alone: bool) -> Result<(), Error> {
    digits(value)?;
    let wanted = year_digits + 4;
    if value.len() != wanted {
        let short = Fault::TooFewChars { min: wanted };
        return whole(value, if value.len() < wanted { short } else { Fault::TooManyChars { max: wanted } });
    }
    let number = |from: usize, to: usize| value.get(from..to).and_then(|text| text.parse::<u16>().ok());
    let (month_at, day_at) = (year_digits, year_digits + 2);
    let year = number(0, month_at).unwrap_or_default();
    let month = number(month_at, day_at).and_then(|month| u8::try_from(month).ok()).unwrap_or_default();
    let day = number(day_at, wanted).unwrap_or_default();
    if !(1..=12).contains(&month) {
        return Err(Error::span(month_at, 2, Fault::Month));
    }
    let year = if year_digits == 2 { 2000 + year } else { year };
    let least = if month_alone { 0 } else { 1 };
    match (least..=u16::from(days_in(year, month))).contains(&day) {
        true => Ok(()),
        false => Err(Error::span(day_at, 2, Fault::Day)),
    }
}

pub(super) fn hour(value: &str) -> Result<(), Error> {
    two_digits(value, "23", Fault::Hour)
}

pub(super) fn minute(value: &str) -> Result<(), Error> {
    two_digits(value, "59", Fault::Minute)
}

pub(super) fn second(value: &str) -> Result<(), Error> {
    two_digits(value, "59", Fault::Second)
}

pub(super) fn hour_minute(value: &str) -> Result<(), Error> {
    digits(value)?;
    match value.split_at_checked(2) {
        Some((hours, minutes)) if value.len() == 4 => {
            hour(hours)?;
            minute(minutes).map_err(|error| error.shifted(2))
        }
        _ if value.len() < 4 => whole(value, Fault::TooFewChars { min: 4 }),
        _ => whole(value, Fault::TooManyChars { max: 4 }),
    }
}

/// Two digits that are at most `last`.
fn two_digits(value: &str, last: &str, fault: Fault) -> Result<(), Error> {
    digits(value)?;
    match value.len() {
        2 if value <= last => Ok(()),
        2 => whole(value, fault),
        0 | 1 => whole(value, Fault::TooFewChars { min: 2 }),
        _ => whole(value, Fault::TooManyChars { max: 2 }),
    }
}
