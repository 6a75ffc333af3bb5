//! Linters of numbers: check digits, zeros, pieces and positions, angles.

use super::text::digits;
use super::whole;
use crate::check;
use crate::error::Error;
use crate::fault::{Fault, Form};

pub(super) fn check_digit(value: &str) -> Result<(), Error> {
    let Some(last) = value.len().checked_sub(1) else {
        return whole(value, Fault::Empty);
    };
    digits(value)?;
    match check::check_digit_ok(value) {
        true => Ok(()),
        false => Err(Error::span(last, 1, Fault::CheckDigit)),
    }
}

pub(super) fn zero(value: &str) -> Result<(), Error> {
    match value.bytes().all(|byte| byte == b'0') && !value.is_empty() {
        true => Ok(()),
        false => whole(value, Fault::NotZero),
    }
}

pub(super) fn not_zero(value: &str) -> Result<(), Error> {
    digits(value)?;
    match value.bytes().all(|byte| byte == b'0') {
        true => whole(value, Fault::Zero),
        false => Ok(()),
    }
}

pub(super) fn no_zero_first(value: &str) -> Result<(), Error> {
    match value.starts_with('0') && value.len() > 1 {
        true => Err(Error::span(0, 1, Fault::LeadingZero)),
        false => Ok(()),
    }
}

/// Ten digits that are at most `max`.
pub(super) fn angle(value: &str, max: u64) -> Result<(), Error> {
    digits(value)?;
    if value.len() != 10 {
        return whole(value, Fault::Length { allowed: Form::of("10 digits", "10位数字") });
    }
    match value.parse::<u64>().is_ok_and(|number| number <= max) {
        true => Ok(()),
        false => whole(value, Fault::TooGreat { max }),
    }
}

/// An even number of digits, the first half the piece and the second the total.
pub(super) fn piece_of_total(value: &str) -> Result<(), Error> {
    digits(value)?;
    if value.is_empty() || !value.len().is_multiple_of(2) {
        return whole(value, Fault::Length { allowed: Form::of("an even number of digits", "偶数位数字") });
    }
    let half = value.len() / 2;
    let (piece, total) = value.split_at(half);
    let zero = |number: &str| number.bytes().all(|byte| byte == b'0');
    if zero(piece) {
        return Err(Error::span(0, half, Fault::Zero));
    }
    if zero(total) {
        return Err(Error::span(half, half, Fault::Zero));
    }
    // Numbers of one length compare as their digits do.
    match piece > total {
        true => whole(value, Fault::BeyondTotal),
        false => Ok(()),
    }
}

/// `position/end`, both without zeros first.
pub(super) fn position_in_sequence(value: &str) -> Result<(), Error> {
    let number = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let parts = value.split_once('/').filter(|(position, end)| number(position) && number(end));
    let Some((position, end)) = parts else {
        return whole(
            value,
            Fault::Expected(Form::of("a position, a slash and the end", "序号、斜杠和总数")),
        );
    };
    for (at, text) in [(0, position), (position.len() + 1, end)] {
        if text.starts_with('0') {
            return Err(Error::span(at, text.len(), Fault::LeadingZero));
        }
    }
    // Without zeros first the longer number is the greater.
    match (position.len(), position) > (end.len(), end) {
        true => whole(value, Fault::BeyondTotal),
        false => Ok(()),
    }
}
