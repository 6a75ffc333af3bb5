//! The `%XX` escape of canonical texts.
//!
//! Inside a part, `%`, `.`, `/` and the controls (Unicode category Cc) are written as `%XX` for
//! each of their UTF-8 bytes, in upper-case hexadecimal; every other character stands as itself.
//! So each value has one written form, and `.` and `/` always separate.

use std::borrow::Cow;

use crate::error::Error;
use crate::fault::Fault;

/// Whether a character must be written as `%XX`.
pub(crate) fn must_escape(c: char) -> bool {
    matches!(c, '%' | '.' | '/') || c.is_control()
}

/// Appends the escaped form of `value`.
pub(crate) fn push(into: &mut String, value: &str) {
    const HEX: &[u8; 16] = b"0123456789ABCDEF";
    for c in value.chars() {
        if !must_escape(c) {
            into.push(c);
            continue;
        }
        for byte in c.encode_utf8(&mut [0; 4]).bytes() {
            into.push('%');
            into.push(char::from(HEX[usize::from(byte >> 4)]));
            into.push(char::from(HEX[usize::from(byte & 15)]));
        }
    }
}

/// Walks an escaped text: (byte offset, character, its unescaped length in bytes), or the first
/// place where it is not the canonical form.
pub(crate) fn decode(
    part: &'static str,
    text: &str,
) -> impl Iterator<Item = Result<(usize, char, usize), Error>> {
    let mut at = 0;
    core::iter::from_fn(move || {
        let first = text.get(at..)?.chars().next()?;
        let start = at;
        let step = if first == '%' {
            escaped_char(&text.as_bytes()[start..])
        } else if must_escape(first) {
            Err(Fault::Unescaped)
        } else {
            Ok((first, first.len_utf8()))
        };
        Some(match step {
            Ok((c, width)) => {
                at += width;
                Ok((start, c, c.len_utf8()))
            }
            Err(fault) => {
                at = text.len();
                Err(Error::new(part, start, fault))
            }
        })
    })
}

/// The escaped character at the start of `bytes`, and how many bytes its escape takes.
///
/// All that may be escaped is ASCII, or U+0080–U+009F: two bytes of which the first is C2.
fn escaped_char(bytes: &[u8]) -> Result<(char, usize), Fault> {
    let first = hex_pair(bytes)?;
    let (c, width) = if first == 0xc2 {
        let second = hex_pair(&bytes[3..]).map_err(|_| Fault::NeedlessEscape)?;
        match second {
            0x80..=0x9f => (char::from(second), 6),
            _ => return Err(Fault::NeedlessEscape),
        }
    } else {
        match first {
            0..=0x7f => (char::from(first), 3),
            _ => return Err(Fault::NeedlessEscape),
        }
    };
    match must_escape(c) {
        true => Ok((c, width)),
        false => Err(Fault::NeedlessEscape),
    }
}

/// Reads `%XX`.
fn hex_pair(bytes: &[u8]) -> Result<u8, Fault> {
    match bytes {
        [b'%', high, low, ..] => Ok(nibble(*high)? << 4 | nibble(*low)?),
        _ => Err(Fault::BrokenEscape),
    }
}

fn nibble(byte: u8) -> Result<u8, Fault> {
    match byte {
        b'0'..=b'9' => Ok(byte - b'0'),
        b'A'..=b'F' => Ok(byte - b'A' + 10),
        _ => Err(Fault::BrokenEscape),
    }
}

/// A part of a canonical text in its escaped form, borrowed from it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Escaped<'a>(&'a str);

impl<'a> Escaped<'a> {
    /// Wraps a part that a parser has checked.
    pub(crate) const fn checked(text: &'a str) -> Self {
        Self(text)
    }

    /// The part as it stands in the canonical text.
    pub const fn as_str(self) -> &'a str {
        self.0
    }

    /// The characters it stands for. Allocates nothing.
    pub fn chars(self) -> impl Iterator<Item = char> + use<'a> {
        decode("part", self.0).map_while(|step| step.ok().map(|(_, c, _)| c))
    }

    /// The text it stands for. Allocates only if something is escaped.
    pub fn unescape(self) -> Cow<'a, str> {
        if self.0.contains('%') { Cow::Owned(self.chars().collect()) } else { Cow::Borrowed(self.0) }
    }
}

impl PartialEq<str> for Escaped<'_> {
    /// Compares the text it stands for.
    fn eq(&self, other: &str) -> bool {
        self.chars().eq(other.chars())
    }
}
