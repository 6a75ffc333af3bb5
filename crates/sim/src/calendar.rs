//! Instants in µs since the Unix epoch, and days in UTC+8 as the trade writes them.

pub(crate) const MINUTE: i64 = 60_000_000;
pub(crate) const HOUR: i64 = 60 * MINUTE;
pub(crate) const DAY: i64 = 24 * HOUR;

/// Offset of local time in China, minutes.
pub(crate) const CHINA: i32 = 480;

/// Year, month and day in UTC+8.
fn date(us: i64) -> (i32, i32, i32) {
    let days = statement::Day::of_instant(us).0;
    // Years counted from March, so that the leap day is the last of its year (proleptic Gregorian).
    let shifted = days + 719_468;
    let era = shifted.div_euclid(146_097);
    let day_of_era = shifted.rem_euclid(146_097);
    let year_of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted_month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * shifted_month + 2) / 5 + 1;
    let month = if shifted_month < 10 { shifted_month + 3 } else { shifted_month - 9 };
    let year = year_of_era + era * 400 + i32::from(month <= 2);
    (year, month, day)
}

/// "YYYY-MM-DD".
pub(crate) fn day_text(us: i64) -> String {
    let (year, month, day) = date(us);
    format!("{year:04}-{month:02}-{day:02}")
}

/// "YYMMDD", as in lot and bill numbers.
pub(crate) fn short_day(us: i64) -> String {
    let (year, month, day) = date(us);
    format!("{:02}{month:02}{day:02}", year.rem_euclid(100))
}

/// Minutes since local midnight in UTC+8.
pub(crate) fn minute_of_day(us: i64) -> i64 {
    (us + i64::from(CHINA) * MINUTE).rem_euclid(DAY) / MINUTE
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_read_back_as_the_days_they_were_written_from() {
        for day in (0..120_000).step_by(37) {
            let noon = i64::from(day) * DAY + 4 * HOUR;
            let read = statement::Day::parse(&day_text(noon));
            assert_eq!(read, Some(statement::Day(day)), "{}", day_text(noon));
        }
    }

    #[test]
    fn the_day_turns_at_midnight_in_china() {
        let midnight = 20_000 * DAY - 8 * HOUR;
        assert_ne!(day_text(midnight), day_text(midnight - 1));
        assert_eq!((minute_of_day(midnight), minute_of_day(midnight - 1)), (0, 1_439));
        assert_eq!(format!("20{}", short_day(midnight)), day_text(midnight).replace('-', ""));
    }
}
