//! Times as people and ERP systems write them.

use std::fmt;

use jiff::{
    civil::{self, Date},
    tz::Offset,
};
use serde::{Deserialize, Deserializer, de::Error as _};

/// A time of day, `08:30` or `08:30:00`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct TimeOfDay(civil::Time);

impl TimeOfDay {
    /// The last second of a day.
    pub(crate) const LAST: Self = Self(civil::Time::constant(23, 59, 59, 0));

    /// Reads one.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        time(text).map(Self)
    }

    /// A second later, and not beyond the day.
    pub(crate) fn later(self) -> Self {
        Self(self.0.saturating_add(jiff::SignedDuration::from_secs(1)))
    }
}

impl fmt::Display for TimeOfDay {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl<'de> Deserialize<'de> for TimeOfDay {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::parse(&text)
            .ok_or_else(|| D::Error::custom(format!("“{text}” is no time of day; write \"18:00\"")))
    }
}

/// What was written for a time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum When {
    /// µs since the Unix epoch, and the offset in minutes.
    At(i64, i32),
    /// A day without a time of day. Midnight to the second without an offset counts as one: so databases and
    /// spreadsheets write days.
    Day(Date),
}

/// Reads a time. `default` is the offset in minutes of those without one.
pub(super) fn read(text: &str, default: i32) -> Option<When> {
    let text = text.trim();
    let (date, rest) = match text.find(['T', ' ']) {
        Some(end) => (&text[..end], text[end + 1..].trim()),
        None => (text, ""),
    };
    let (clock, minutes) = match split_offset(rest) {
        Some((clock, zone)) => (clock.trim(), Some(offset(zone)?)),
        None => (rest, None),
    };
    let (day, clock) = (day(date)?, if clock.is_empty() { None } else { Some(time(clock)?) });
    match (clock, minutes) {
        (None, Some(_)) => None,
        (None | Some(civil::Time::MIN), None) => Some(When::Day(day)),
        (Some(clock), minutes) => {
            let minutes = minutes.unwrap_or(default);
            Some(When::At(at(day, TimeOfDay(clock), minutes)?, minutes))
        }
    }
}

/// µs since the Unix epoch of a time of day.
pub(super) fn at(day: Date, clock: TimeOfDay, minutes: i32) -> Option<i64> {
    let offset = Offset::from_seconds(minutes.checked_mul(60)?).ok()?;
    let us = offset.to_timestamp(day.to_datetime(clock.0)).ok()?.as_microsecond();
    (-840..=840).contains(&minutes).then_some(us)
}

/// By what a text is later than others: its instant; of a day alone the one it means, else its last second,
/// for who knows. `None` for what is no time.
pub(crate) fn latest(text: &str, default: i32, means: Option<TimeOfDay>) -> Option<i64> {
    match read(text, default)? {
        When::At(us, _) => Some(us),
        When::Day(day) => at(day, means.unwrap_or(TimeOfDay::LAST), default),
    }
}

/// A time as RFC 3339, to the second; `None` for what was not read.
pub(super) fn rfc3339(us: i64, minutes: i32) -> Option<String> {
    if us == 0 {
        return None;
    }
    let offset = Offset::from_seconds(minutes.checked_mul(60)?).ok()?;
    let at = jiff::Timestamp::from_microsecond(us).ok()?;
    let zone =
        format!("{}{:02}:{:02}", if minutes < 0 { '-' } else { '+' }, minutes.abs() / 60, minutes.abs() % 60);
    Some(format!("{}{zone}", offset.to_datetime(at).strftime("%FT%T")))
}

/// A day as `YYYY-MM-DD`.
pub(super) fn day_text(text: &str) -> Option<String> {
    day(text.split([' ', 'T']).next()?).map(|day| day.to_string())
}

fn split_offset(rest: &str) -> Option<(&str, &str)> {
    rest.find(['Z', '+', '-']).map(|at| rest.split_at(at))
}

fn offset(zone: &str) -> Option<i32> {
    if zone == "Z" {
        return Some(0);
    }
    let sign = if zone.starts_with('-') { -1 } else { 1 };
    let digits = zone[1..].replace(':', "");
    if !digits.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let (hours, minutes) = match digits.len() {
        2 => (digits.parse::<i32>().ok()?, 0),
        4 => (digits[..2].parse::<i32>().ok()?, digits[2..].parse::<i32>().ok()?),
        _ => return None,
    };
    (minutes < 60).then_some(sign * (hours * 60 + minutes))
}

/// `2026-11-20`, `2026/11/20`, `2026.11.20`, `2026年11月20日`, `20261120`.
fn day(text: &str) -> Option<Date> {
    let plain = text.replace(['/', '.', '年', '月'], "-").replace('日', "");
    let parts: Vec<&str> = match plain.len() {
        8 if plain.bytes().all(|b| b.is_ascii_digit()) => vec![&plain[..4], &plain[4..6], &plain[6..]],
        _ => plain.split('-').collect(),
    };
    let [year, month, day] = parts[..] else { return None };
    if year.len() != 4 {
        return None;
    }
    Date::new(number(year)?, i8::try_from(number(month)?).ok()?, i8::try_from(number(day)?).ok()?).ok()
}

/// `8:30`, `08:30:00`, `08:30:00.123`.
fn time(text: &str) -> Option<civil::Time> {
    let (clock, fraction) = text.split_once('.').unwrap_or((text, ""));
    let parts: Vec<&str> = clock.split(':').collect();
    let (hour, minute, second) = match parts[..] {
        [hour, minute] if fraction.is_empty() => (hour, minute, "0"),
        [hour, minute, second] => (hour, minute, second),
        _ => return None,
    };
    if fraction.len() > 9 || !fraction.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let nanos = format!("{fraction:0<9}").parse().ok()?;
    let part = |text| i8::try_from(number(text)?).ok();
    civil::Time::new(part(hour)?, part(minute)?, part(second)?, nanos).ok()
}

fn number(text: &str) -> Option<i16> {
    (!text.is_empty() && text.len() <= 4 && text.bytes().all(|b| b.is_ascii_digit()))
        .then(|| text.parse().ok())
        .flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_read_however_erp_systems_write_them() {
        let base = 1_795_134_600_000_000; // 2026-11-20T00:30:00Z
        let table = [
            ("2026-11-20 08:30:00", base, 480),
            ("2026-11-20T08:30", base, 480),
            ("2026/11/20 8:30", base, 480),
            ("2026年11月20日 08:30:00", base, 480),
            ("20261120 08:30:00", base, 480),
            ("2026-11-20T00:30:00Z", base, 0),
            ("2026-11-20T01:30:00+0100", base, 60),
            ("2026-11-19 19:30:00 -05:00", base, -300),
            ("2026-11-20 08:30:00.25", base + 250_000, 480),
            ("2026-11-20 00:00:00+08:00", base - 30_600_000_000, 480),
            ("2026-11-20T00:00Z", base - 1_800_000_000, 0),
            ("2026-11-20 00:00:01", base - 30_599_000_000, 480),
        ];
        for (text, us, minutes) in table {
            assert_eq!(read(text, 480), Some(When::At(us, minutes)), "{text}");
        }
    }

    #[test]
    fn a_day_alone_and_midnight_without_an_offset_are_no_instants() {
        let day = Date::constant(2026, 11, 20);
        for text in [
            "2026-11-20",
            "2026.11.20",
            "2026/11/20",
            "2026年11月20日",
            "20261120",
            " 2026-11-20 ",
            "2026-11-20 00:00:00",
            "2026/11/20 0:00",
            "2026-11-20T00:00:00.000",
        ] {
            assert_eq!(read(text, 480), Some(When::Day(day)), "{text}");
        }
    }

    #[test]
    fn of_a_day_alone_that_means_nothing_nobody_knows_how_late_it_is() {
        let noon = latest("2026-11-20 12:00", 480, None).unwrap();
        assert!(latest("2026-11-20", 480, None).unwrap() > noon);
        assert!(latest("2026-11-20", 480, TimeOfDay::parse("09:00")).unwrap() < noon);
        assert_eq!(latest("soon", 480, None), None);
    }

    #[test]
    fn times_of_day_are_read_in_order_and_a_second_more_stays_in_the_day() {
        let clock = |text| TimeOfDay::parse(text).unwrap();
        assert!(clock("9:00") < clock("18:00") && clock("18:00") < clock("18:00").later());
        assert_eq!(clock("18:00").later(), clock("18:00:01"));
        assert_eq!(clock("23:59:59").later().to_string()[..8], *"23:59:59");
        for bad in ["", "9", "24:00", "noon", "09:00 +08:00"] {
            assert_eq!(TimeOfDay::parse(bad), None, "{bad}");
        }
    }

    #[test]
    fn what_is_no_time_is_refused() {
        let bad = [
            "",
            "yesterday",
            "2026-13-01",
            "2026-02-30",
            "26-11-20",
            "2026-11-20 25:00",
            "2026-11-20 08",
            "2026-11-20 08:30:00+15:00",
            "2026-11-20 08:30:00+8",
            "2026-11-20 08:60",
            "2026-11-20 08:30.5",
            "45981.5",
            "2026-11-20 08:30:00 CST",
            "2026-11-20 08:30:00.1234567890",
            "2026-11-20 08:30 +ab",
            "2026-11-20 +08:00",
        ];
        for text in bad {
            assert_eq!(read(text, 480), None, "{text}");
        }
    }

    #[test]
    fn days_lose_their_time() {
        assert_eq!(day_text("2026/1/9 00:00:00").as_deref(), Some("2026-01-09"));
        assert_eq!(day_text("2026-02-29"), None);
    }
}
