//! GS1 keys: GTIN, GLN, SSCC. A value of these types always carries its right check digit.

use crate::ascii::{Ascii, all_digits, fixed_face};
use crate::check::check_digit_ok;
use crate::error::Error;
use crate::fault::{Fault, Form};
use crate::warning::Caution;

/// Global Trade Item Number, kept as 14 digits.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Gtin(Ascii<14>);

/// Global Location Number, 13 digits.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Gln(Ascii<13>);

/// Serial Shipping Container Code, 18 digits.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Sscc(Ascii<18>);

fixed_face!(Gtin);
fixed_face!(Gln);
fixed_face!(Sscc);

impl Gtin {
    /// Reads a GTIN-8, -12, -13 or -14 and pads it with zeros to 14 digits.
    pub fn parse(text: &str) -> Result<Self, Error> {
        const ALLOWED: Form = Form::of("8, 12, 13 or 14 digits", "8、12、13或14位数字");
        all_digits("gtin", text)?;
        if !matches!(text.len(), 8 | 12 | 13 | 14) {
            let fault = match text.len() {
                0 => Fault::Empty,
                _ => Fault::Length { allowed: ALLOWED },
            };
            return Err(Error::new("gtin", text.len().min(14), fault));
        }
        checked("gtin", text)?;
        let mut padded = [b'0'; 14];
        for (to, from) in padded.iter_mut().rev().zip(text.bytes().rev()) {
            *to = from;
        }
        Ok(Self(Ascii::from_bytes(padded)))
    }

    /// Reads exactly 14 digits, the only form a canonical text has.
    pub fn parse14(text: &str) -> Result<Self, Error> {
        let digits = Ascii::digits("gtin", text, Form::of("14 digits", "14位数字"))?;
        checked("gtin", text)?;
        Ok(Self(digits))
    }

    /// What is odd about its prefix (GS1 General Specifications, section 1.4): numbers of restricted
    /// circulation 02, 04 and 20–29, demonstrations 952, refund receipts and coupons 05, 98, 99.
    pub fn caution(&self) -> Option<Caution> {
        // A GTIN-8 has its prefix after six zeros, any other after its indicator.
        let eight = self.as_str().strip_prefix("000000");
        let prefix = eight.or_else(|| self.as_str().get(1..)).and_then(|rest| rest.get(..3))?;
        match prefix {
            "952" => Some(Caution::DemonstrationNumber),
            _ if eight.is_some() => matches!(&prefix[..1], "0" | "2").then_some(Caution::RestrictedNumber),
            _ if matches!(&prefix[..2], "02" | "04") || prefix.starts_with('2') => {
                Some(Caution::RestrictedNumber)
            }
            _ if matches!(&prefix[..2], "05" | "99") => Some(Caution::CouponNumber),
            "980" | "981" | "982" | "983" | "984" => Some(Caution::CouponNumber),
            _ => None,
        }
    }

    /// The first digit: 0 for a unit, 1–8 for a level of packing, 9 for variable measure.
    pub const fn indicator(&self) -> u8 {
        self.0.bytes()[0] - b'0'
    }
}

impl Gln {
    /// Reads 13 digits.
    pub fn parse(text: &str) -> Result<Self, Error> {
        let digits = Ascii::digits("gln", text, Form::of("13 digits", "13位数字"))?;
        checked("gln", text)?;
        Ok(Self(digits))
    }
}

impl Sscc {
    /// Reads 18 digits.
    pub fn parse(text: &str) -> Result<Self, Error> {
        let digits = Ascii::digits("sscc", text, Form::of("18 digits", "18位数字"))?;
        checked("sscc", text)?;
        Ok(Self(digits))
    }
}

/// Refuses a wrong mod-10 check digit, at that digit. `text` is digits, and not empty.
pub(crate) fn checked(part: &'static str, text: &str) -> Result<(), Error> {
    if check_digit_ok(text) {
        Ok(())
    } else {
        let at = text.len().saturating_sub(1);
        Err(Error::new(part, at, Fault::CheckDigit))
    }
}
