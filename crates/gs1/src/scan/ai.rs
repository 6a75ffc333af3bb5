//! Application identifiers (AIs): which exist here, and what their values look like.

use super::date::LabelDate;
use crate::ascii::all_digits;
use crate::check::check_pair_ok;
use crate::error::{Error, Fault};
use crate::keys::{Gln, Gtin, Sscc};
use crate::rule::Rule;

/// A GS1 application identifier of the table below.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Ai(&'static str);

/// What the value of an application identifier is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Value {
    Sscc,
    Gtin,
    Gln,
    /// YYMMDD; day 00 is the last of the month.
    Date,
    /// One to that many digits.
    Digits(usize),
    /// Exactly three digits: a country of ISO 3166-1.
    Country,
    /// Three digits of a country, then 1–9 characters.
    CountryAndText,
    /// One to that many characters of set 82.
    Text(usize),
    /// Global Model Number of a regulated device: 25 characters at most, closed by a check pair,
    /// and not digits alone.
    Model,
}

use Value::{Country, CountryAndText, Date, Digits, Model, Text};

/// Code, name of the value, value. No code is the beginning of another.
const TABLE: [(&str, &str, Value); 39] = [
    ("00", "sscc", Value::Sscc),
    ("01", "gtin", Value::Gtin),
    ("02", "content", Value::Gtin),
    ("10", "lot", Text(20)),
    ("11", "production date", Date),
    ("12", "due date", Date),
    ("13", "packaging date", Date),
    ("15", "best before", Date),
    ("16", "sell by", Date),
    ("17", "expiry", Date),
    ("21", "serial", Text(20)),
    ("240", "additional id", Text(30)),
    ("241", "customer part", Text(30)),
    ("250", "secondary serial", Text(30)),
    ("254", "gln extension", Text(20)),
    ("30", "variable count", Digits(8)),
    ("37", "count", Digits(8)),
    ("400", "order number", Text(30)),
    ("410", "ship to", Value::Gln),
    ("411", "bill to", Value::Gln),
    ("412", "purchased from", Value::Gln),
    ("413", "ship for", Value::Gln),
    ("414", "location", Value::Gln),
    ("415", "pay to", Value::Gln),
    ("416", "production location", Value::Gln),
    ("417", "party", Value::Gln),
    ("420", "ship to post code", Text(20)),
    ("421", "ship to post code", CountryAndText),
    ("422", "origin", Country),
    ("7004", "active potency", Digits(4)),
    ("710", "nhrn pzn", Text(20)),
    ("711", "nhrn cip", Text(20)),
    ("712", "nhrn cn", Text(20)),
    ("713", "nhrn drn", Text(20)),
    ("714", "nhrn aim", Text(20)),
    ("715", "nhrn ndc", Text(20)),
    ("716", "nhrn aic", Text(20)),
    ("717", "nhrn srn", Text(20)),
    ("8014", "model", Model),
];

impl Ai {
    /// (00) Serial Shipping Container Code.
    pub const SSCC: Self = Self("00");
    /// (01) GTIN.
    pub const GTIN: Self = Self("01");
    /// (02) GTIN of what a logistic unit contains.
    pub const CONTENT: Self = Self("02");
    /// (10) batch or lot.
    pub const LOT: Self = Self("10");
    /// (11) production date.
    pub const PRODUCTION_DATE: Self = Self("11");
    /// (15) best before.
    pub const BEST_BEFORE: Self = Self("15");
    /// (17) expiry.
    pub const EXPIRY: Self = Self("17");
    /// (21) serial number.
    pub const SERIAL: Self = Self("21");
    /// (30) variable count of items.
    pub const VARIABLE_COUNT: Self = Self("30");
    /// (37) count of the units of (02).
    pub const COUNT: Self = Self("37");
    /// (414) location.
    pub const LOCATION: Self = Self("414");

    /// The application identifier with this code, if it is in the table.
    pub fn from_code(code: &str) -> Option<Self> {
        row(code).map(|(code, ..)| Self(code))
    }

    /// Its digits, without brackets.
    pub const fn as_str(self) -> &'static str {
        self.0
    }

    /// The application identifier that an element string begins with.
    pub(super) fn leading(text: &str) -> Option<Self> {
        (2..=4).find_map(|len| Self::from_code(text.get(..len)?))
    }

    /// The length of its value if that is predefined, so that no separator need follow
    /// (GS1 General Specifications, figure 7.8.5-2).
    pub(super) fn predefined_len(self) -> Option<usize> {
        match self.value() {
            Value::Sscc => Some(18),
            Value::Gtin => Some(14),
            Value::Gln => Some(13),
            Date => Some(6),
            _ => None,
        }
    }

    /// Checks a value. Offsets in the error count from its start.
    pub(super) fn check(self, text: &str, reference_year: u16) -> Result<(), Error> {
        let part = self.part();
        match self.value() {
            Value::Sscc => Sscc::parse(text).map(drop),
            Value::Gtin => Gtin::parse14(text).map(drop),
            Value::Gln => Gln::parse(text).map(drop),
            Date => LabelDate::parse(part, text, reference_year).map(drop),
            Digits(max) => digits(part, text, max),
            Country => country(part, text),
            CountryAndText => country_and_text(part, text),
            Text(max) => Rule::ai_text(part, max).check_raw(text),
            Model => model(part, text),
        }
        .map_err(|error| Error { part, ..error })
    }

    /// Name of the value, for errors.
    pub(super) fn part(self) -> &'static str {
        row(self.0).map_or("ai", |(_, part, _)| part)
    }

    /// Whether its value is a date.
    pub(super) fn is_date(self) -> bool {
        self.value() == Date
    }

    pub(super) fn value(self) -> Value {
        // A code comes from the table, so its row is there.
        row(self.0).map_or(Text(0), |(.., value)| value)
    }
}

/// Every application identifier of the table.
#[cfg(test)]
pub(super) fn all() -> impl Iterator<Item = Ai> {
    TABLE.into_iter().map(|(code, ..)| Ai(code))
}

fn row(code: &str) -> Option<(&'static str, &'static str, Value)> {
    TABLE.into_iter().find(|(known, ..)| *known == code)
}

fn digits(part: &'static str, text: &str, max: usize) -> Result<(), Error> {
    all_digits(part, text)?;
    match text.len() {
        0 => Err(Error::new(part, 0, Fault::Empty)),
        len if len > max => Err(Error::new(part, max, Fault::TooManyChars { max })),
        _ => Ok(()),
    }
}

/// Three digits; which of them are countries is not looked up here.
fn country(part: &'static str, text: &str) -> Result<(), Error> {
    all_digits(part, text)?;
    match text.len() {
        3 => Ok(()),
        len => {
            let allowed = "3 digits of a country";
            Err(Error::new(part, len.min(3), Fault::Length { allowed }))
        }
    }
}

fn country_and_text(part: &'static str, text: &str) -> Result<(), Error> {
    let code = text.get(..3).unwrap_or(text);
    country(part, code)?;
    Rule::ai_text(part, 9).check_raw(&text[code.len()..]).map_err(|error| error.shifted(code.len()))
}

fn model(part: &'static str, text: &str) -> Result<(), Error> {
    Rule::ai_text(part, 25).check_raw(text)?;
    if !check_pair_ok(text) {
        let at = text.len().saturating_sub(2);
        return Err(Error::new(part, at, Fault::CheckDigit));
    }
    if all_digits(part, text).is_ok() {
        return Err(Error::new(part, 0, Fault::Expected("more than digits")));
    }
    Ok(())
}
