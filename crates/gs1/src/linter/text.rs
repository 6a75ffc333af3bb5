//! Linters of text: alphabets, check pairs, escapes, company prefixes.

use super::{each, whole};
use crate::charset;
use crate::check;
use crate::error::Error;
use crate::fault::{Fault, Form};

/// Fewest digits of a GS1 Company Prefix.
const SHORTEST_PREFIX: usize = 4;

pub(super) fn digits(value: &str) -> Result<(), Error> {
    each(value, Fault::NotADigit, |byte| byte.is_ascii_digit())
}

pub(super) fn set82(value: &str) -> Result<(), Error> {
    each(value, Fault::Character, |byte| charset::ai82_value(byte).is_some())
}

pub(super) fn set39(value: &str) -> Result<(), Error> {
    each(value, Fault::Character, charset::is_ai39)
}

/// Padding may stand at the end, twice at most. How long the padded text must be is left open: RFC 4648
/// counts in fours, the reference linter in threes.
pub(super) fn set64(value: &str) -> Result<(), Error> {
    let body = value.trim_end_matches('=');
    each(body, Fault::Character, |byte| byte != b'=' && charset::is_ai64(byte))?;
    match value.len() - body.len() {
        0 => Ok(()),
        1 | 2 if !body.is_empty() => Ok(()),
        padding => Err(Error::span(
            body.len(),
            padding,
            Fault::Expected(Form::of("at most two = after the data", "数据之后至多两个 =")),
        )),
    }
}

pub(super) fn check_pair(value: &str) -> Result<(), Error> {
    let Some(body) = value.len().checked_sub(2) else {
        return whole(value, Fault::TooFewChars { min: 2 });
    };
    if value.len() > check::PAIR_TEXT_MAX {
        return whole(value, Fault::TooManyChars { max: check::PAIR_TEXT_MAX });
    }
    set82(value.get(..body).unwrap_or(value))?;
    match check::check_pair_ok(value) {
        true => Ok(()),
        false => Err(Error::span(body, 2, Fault::CheckPair)),
    }
}

pub(super) fn has_non_digit(value: &str) -> Result<(), Error> {
    match value.bytes().all(|byte| byte.is_ascii_digit()) {
        true => whole(value, Fault::Expected(Form::of("a character other than a digit", "数字以外的字符"))),
        false => Ok(()),
    }
}

pub(super) fn company_prefix(value: &str) -> Result<(), Error> {
    if value.len() < SHORTEST_PREFIX {
        return whole(value, Fault::TooFewChars { min: SHORTEST_PREFIX });
    }
    let prefix = value.get(..value.ceil_char_boundary(SHORTEST_PREFIX)).unwrap_or(value);
    each(prefix, Fault::CompanyPrefix, |byte| byte.is_ascii_digit())
}

pub(super) fn company_prefix_second(value: &str) -> Result<(), Error> {
    let first = value.chars().next().map_or(0, char::len_utf8);
    let rest = value.get(first..).unwrap_or_default();
    if rest.len() < SHORTEST_PREFIX {
        return whole(value, Fault::TooFewChars { min: SHORTEST_PREFIX + 1 });
    }
    company_prefix(rest).map_err(|error| error.shifted(first))
}

pub(super) fn hyphen(value: &str) -> Result<(), Error> {
    each(value, Fault::Expected(Form::of("a hyphen", "连字符")), |byte| byte == b'-')
}

pub(super) fn importer_index(value: &str) -> Result<(), Error> {
    if value.chars().count() != 1 {
        return whole(value, Fault::Length { allowed: Form::of("1 character", "1个字符") });
    }
    each(value, Fault::Character, |byte| byte != b'=' && charset::is_ai64(byte))
}

/// A `%` without two hexadecimal digits after it is at fault with the two characters that follow.
pub(super) fn percent_encoded(value: &str) -> Result<(), Error> {
    let bytes = value.as_bytes();
    let mut at = 0;
    while let Some(found) = bytes.get(at..).and_then(|rest| rest.iter().position(|byte| *byte == b'%')) {
        at += found;
        let digits = bytes.get(at + 1..at + 3).unwrap_or_default();
        if digits.len() < 2 || !digits.iter().all(u8::is_ascii_hexdigit) {
            let len = value.ceil_char_boundary((at + 3).min(value.len())) - at;
            return Err(Error::span(at, len, Fault::PercentSequence));
        }
        at += 3;
    }
    Ok(())
}
