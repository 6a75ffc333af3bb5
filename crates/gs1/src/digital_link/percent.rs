//! Percent-encoding of URIs (RFC 3986), as GS1 Digital Link uses it.

use std::borrow::Cow;

/// Which part of a URI a text stands in: in a query a blank is written `+`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Place {
    Path,
    Query,
}

/// Whether a byte stands for itself anywhere in a URI.
fn unreserved(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~')
}

/// Whether a byte may occur in a URI at all.
pub(super) fn may_occur(byte: u8) -> bool {
    unreserved(byte) || b":/?#[]@!$&'()*+,;=%".contains(&byte)
}

/// Appends the escaped form of `value`.
pub(crate) fn push_escaped(into: &mut String, value: &str, place: Place) {
    const HEX: &[u8; 16] = b"0123456789ABCDEF";
    for byte in value.bytes() {
        match byte {
            _ if unreserved(byte) => into.push(char::from(byte)),
            b' ' if place == Place::Query => into.push('+'),
            _ => {
                into.push('%');
                into.push(char::from(HEX[usize::from(byte >> 4)]));
                into.push(char::from(HEX[usize::from(byte & 15)]));
            }
        }
    }
}

/// The text that an escaped one stands for. A `%` without two hexadecimal digits stands for itself.
///
/// Each escape gives the character with that number: whatever is not ASCII then lies outside every
/// alphabet of GS1, so it need not be put together to be refused.
pub(crate) fn unescaped(text: &str, place: Place) -> Cow<'_, str> {
    let needless = |byte: u8| byte != b'%' && (byte != b'+' || place == Place::Path);
    match text.bytes().all(needless) {
        true => Cow::Borrowed(text),
        false => Cow::Owned(steps(text, place).map(|(_, c)| c).collect()),
    }
}

/// Where the character at byte `wanted` of the unescaped text begins in the escaped one.
pub(super) fn source_offset(text: &str, place: Place, wanted: usize) -> usize {
    let mut passed = 0;
    for (at, c) in steps(text, place) {
        if passed >= wanted {
            return at;
        }
        passed += c.len_utf8();
    }
    text.len()
}

/// Offset in the escaped text and character, one by one.
fn steps(text: &str, place: Place) -> impl Iterator<Item = (usize, char)> + '_ {
    let mut at = 0;
    core::iter::from_fn(move || {
        let start = at;
        let first = text.get(at..)?.chars().next()?;
        crate::steps::count(1);
        let escape = text.as_bytes().get(at + 1..at + 3).filter(|_| first == '%').and_then(hex_pair);
        at += if escape.is_some() { 3 } else { first.len_utf8() };
        let c = match escape {
            Some(byte) => char::from(byte),
            None if first == '+' && place == Place::Query => ' ',
            None => first,
        };
        Some((start, c))
    })
}

fn hex_pair(digits: &[u8]) -> Option<u8> {
    let [high, low] = digits else {
        return None;
    };
    let nibble = |digit: u8| char::from(digit).to_digit(16);
    u8::try_from(nibble(*high)? << 4 | nibble(*low)?).ok()
}
