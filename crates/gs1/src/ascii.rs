//! Fixed-length ASCII, the storage of the short identifiers.

use core::fmt;

use crate::error::Error;
use crate::fault::{Fault, Form};

/// Exactly `N` ASCII bytes, checked by whoever builds it.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Ascii<const N: usize>([u8; N]);

impl<const N: usize> Ascii<N> {
    /// Takes `N` decimal digits, or says which character is none.
    pub(crate) fn digits(part: &'static str, text: &str, allowed: Form) -> Result<Self, Error> {
        all_digits(part, text)?;
        Self::exact(part, text, allowed)
    }

    /// Takes `N` bytes that the caller has seen to be, or will check to be, ASCII.
    pub(crate) fn exact(part: &'static str, text: &str, allowed: Form) -> Result<Self, Error> {
        match <[u8; N]>::try_from(text.as_bytes()) {
            Ok(bytes) if bytes.is_ascii() => Ok(Self(bytes)),
            Ok(_) => Err(Error::new(part, first_foreign(text), Fault::Character)),
            Err(_) => {
                let fault = if text.is_empty() { Fault::Empty } else { Fault::Length { allowed } };
                Err(Error::new(part, cut(text, N), fault))
            }
        }
    }

    pub(crate) const fn from_bytes(bytes: [u8; N]) -> Self {
        Self(bytes)
    }

    pub(crate) const fn bytes(&self) -> &[u8; N] {
        &self.0
    }

    pub(crate) fn as_str(&self) -> &str {
        // ASCII by construction, so this never falls back.
        core::str::from_utf8(&self.0).unwrap_or_default()
    }
}

impl<const N: usize> fmt::Debug for Ascii<N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self.as_str(), f)
    }
}

/// Refuses the first character that is not an ASCII digit.
pub(crate) fn all_digits(part: &'static str, text: &str) -> Result<(), Error> {
    match text.char_indices().find(|(_, c)| !c.is_ascii_digit()) {
        Some((at, _)) => Err(Error::new(part, at, Fault::NotADigit)),
        None => Ok(()),
    }
}

/// Where a wrong length shows: at the end of a short text, at the first surplus of a long one.
fn cut(text: &str, len: usize) -> usize {
    let mut at = len.min(text.len());
    while !text.is_char_boundary(at) {
        at -= 1;
    }
    at
}

fn first_foreign(text: &str) -> usize {
    text.bytes().position(|byte| !byte.is_ascii()).unwrap_or_default()
}

/// The face every fixed-length identifier shows: its text, `Display`, `FromStr`, `Debug`.
macro_rules! fixed_face {
    ($name:ident) => {
        impl $name {
            /// The identifier as text.
            pub fn as_str(&self) -> &str {
                self.0.as_str()
            }
        }

        impl core::fmt::Display for $name {
            fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
                f.pad(self.as_str())
            }
        }

        impl core::fmt::Debug for $name {
            fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
                write!(f, concat!(stringify!($name), "({})"), self.as_str())
            }
        }

        impl core::str::FromStr for $name {
            type Err = $crate::Error;

            fn from_str(text: &str) -> Result<Self, $crate::Error> {
                Self::parse(text)
            }
        }

        impl AsRef<str> for $name {
            fn as_ref(&self) -> &str {
                self.as_str()
            }
        }
    };
}
pub(crate) use fixed_face;
