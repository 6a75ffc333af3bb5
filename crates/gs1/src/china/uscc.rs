//! Unified social credit code 统一社会信用代码 (GB 32100-2015).

use crate::ascii::{Ascii, fixed_face};
use crate::error::Error;
use crate::fault::{Fault, Form};

/// Digits and capitals without I, O, S, V and Z, in the order of their values.
const ALPHABET: &[u8; 31] = b"0123456789ABCDEFGHJKLMNPQRTUWXY";

/// Unified social credit code, 18 characters.
///
/// The alphabet and the six digits of the region always hold. The last character is not made to
/// fit: some early codes of lawful companies miss it, so ask [`Uscc::check_ok`] and warn.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Uscc(Ascii<18>);

fixed_face!(Uscc);

impl Uscc {
    /// Reads 18 characters: two, six digits, ten.
    pub fn parse(text: &str) -> Result<Self, Error> {
        for (place, (at, c)) in text.char_indices().enumerate() {
            let fault = match place {
                2..=7 if !c.is_ascii_digit() => Fault::NotADigit,
                _ if value(c).is_none() => Fault::Character,
                _ => continue,
            };
            return Err(Error::new("uscc", at, fault));
        }
        Ascii::exact("uscc", text, Form::of("18 characters", "18个字符")).map(Self)
    }

    /// Whether the last character is the right check character of the seventeen before it.
    pub fn check_ok(&self) -> bool {
        let [body @ .., last] = self.0.bytes();
        let (mut sum, mut weight) = (0, 1);
        for byte in body {
            sum += value(char::from(*byte)).unwrap_or_default() * weight;
            weight = weight * 3 % 31;
        }
        value(char::from(*last)) == Some((31 - sum % 31) % 31)
    }

    /// GB/T 2260 code of the region that registered it, six digits.
    pub fn region(&self) -> &str {
        self.as_str().get(2..8).unwrap_or_default()
    }
}

fn value(c: char) -> Option<usize> {
    let byte = u8::try_from(c).ok()?;
    ALPHABET.iter().position(|known| *known == byte)
}
