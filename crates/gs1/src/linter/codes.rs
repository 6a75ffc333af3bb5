//! Linters of codes from lists, and of bank accounts.

use super::lists::{COUNTRIES, COUNTRIES_ALPHA2, CURRENCIES, PACKAGES, has};
use super::whole;
use crate::error::Error;
use crate::fault::{Fault, Form};

/// Fewest characters of an account number: country, two check digits and something to check.
const IBAN_MIN: usize = 11;

pub(super) fn country(value: &str) -> Result<(), Error> {
    listed(
        value,
        has(COUNTRIES, value),
        Fault::NotListed(Form::of("a country of ISO 3166-1", "ISO 3166-1 国家代码")),
    )
}

pub(super) fn country_or_999(value: &str) -> Result<(), Error> {
    let known = value == "999" || has(COUNTRIES, value);
    listed(
        value,
        known,
        Fault::NotListed(Form::of("a country of ISO 3166-1, nor 999", "ISO 3166-1 国家代码或999")),
    )
}

pub(super) fn country_letters(value: &str) -> Result<(), Error> {
    listed(
        value,
        has(COUNTRIES_ALPHA2, value),
        Fault::NotListed(Form::of("two letters of a country of ISO 3166-1", "ISO 3166-1 两字母国家代码")),
    )
}

pub(super) fn currency(value: &str) -> Result<(), Error> {
    listed(
        value,
        has(CURRENCIES, value),
        Fault::NotListed(Form::of("a currency of ISO 4217", "ISO 4217 货币代码")),
    )
}

pub(super) fn package_type(value: &str) -> Result<(), Error> {
    listed(value, has(PACKAGES, value), Fault::NotListed(Form::of("a package type", "包装类型代码")))
}

pub(super) fn media_type(value: &str) -> Result<(), Error> {
    let known = value.len() == 2 && value.bytes().all(|byte| byte.is_ascii_digit());
    let known = known && (("01"..="10").contains(&value) || ("80"..="99").contains(&value));
    listed(value, known, Fault::NotListed(Form::of("a media type", "媒体类型代码")))
}

pub(super) fn winding(value: &str) -> Result<(), Error> {
    listed(value, matches!(value, "0" | "1" | "9"), Fault::Expected(Form::of("0, 1 or 9", "0、1或9")))
}

pub(super) fn yes_no(value: &str) -> Result<(), Error> {
    listed(value, matches!(value, "0" | "1"), Fault::Expected(Form::of("0 or 1", "0或1")))
}

pub(super) fn sex(value: &str) -> Result<(), Error> {
    listed(
        value,
        matches!(value, "0" | "1" | "2" | "9"),
        Fault::Expected(Form::of("0, 1, 2 or 9", "0、1、2或9")),
    )
}

fn listed(value: &str, known: bool, fault: Fault) -> Result<(), Error> {
    if known { Ok(()) } else { whole(value, fault) }
}

/// ISO 13616: country, two check digits, account. With the first four characters moved to the end and
/// letters read as 10–35, the number leaves 1 when divided by 97.
pub(super) fn iban(value: &str) -> Result<(), Error> {
    if value.len() < IBAN_MIN {
        return whole(value, Fault::TooFewChars { min: IBAN_MIN });
    }
    super::each(value, Fault::Character, |byte| byte.is_ascii_digit() || byte.is_ascii_uppercase())?;
    let (head, account) = value.split_at_checked(4).unwrap_or((value, ""));
    if !has(COUNTRIES_ALPHA2, head.get(..2).unwrap_or_default()) {
        return Err(Error::span(
            0,
            2,
            Fault::NotListed(Form::of("two letters of a country of ISO 3166-1", "ISO 3166-1 两字母国家代码")),
        ));
    }
    let remainder = account.chars().chain(head.chars()).fold(0, |rest, c| {
        let digit = c.to_digit(36).unwrap_or_default();
        (rest * if digit < 10 { 10 } else { 100 } + digit) % 97
    });
    match remainder {
        1 => Ok(()),
        _ => Err(Error::span(2, 2, Fault::CheckDigit)),
    }
}
