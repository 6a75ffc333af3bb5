//! Products: `SCHEME:PRODUCT`, the part of a lot's text before its lot number.

use std::borrow::Cow;

use super::bounded;
use super::face::canonical_text;
use crate::china::{self, MaUdi, NationalDrugCode};
use crate::error::Error;
use crate::escape::{self, Escaped};
use crate::fault::{Fault, Form};
use crate::keys::Gtin;
use crate::rule;

canonical_text! {
    /// A product, borrowed.
    ProductRef,
    /// A product: `gtin:GTIN14`, `ma:UDI-DI`, `nhi:CODE14` or `reg:NUMBER`.
    ///
    /// PRODUCT is escaped as it is in a lot, so the product of `lot:gtin:09521234543213.A1` is the
    /// stretch `gtin:09521234543213` of that text.
    Product,
    Scheme,
    check
}

/// Which register a product is named in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Scheme {
    /// A GTIN, 14 digits.
    Gtin,
    /// The device identifier (UDI-DI) of issuing agency MA.
    Ma,
    /// The national drug code, 14 digits.
    Nhi,
    /// A registration or approval number, 1–80 bytes of printable text.
    Reg,
}

impl Scheme {
    /// The text before the colon.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Gtin => "gtin",
            Self::Ma => "ma",
            Self::Nhi => "nhi",
            Self::Reg => "reg",
        }
    }

    /// The scheme that a text's prefix names, and the length of the prefix with its colon.
    fn of(text: &str) -> Result<(Self, usize), Error> {
        for scheme in [Self::Gtin, Self::Ma, Self::Nhi, Self::Reg] {
            let rest = text.strip_prefix(scheme.as_str());
            if rest.is_some_and(|rest| rest.starts_with(':')) {
                return Ok((scheme, scheme.as_str().len() + 1));
            }
        }
        let wanted = Form::of("gtin:, ma:, nhi: or reg:", "gtin:、ma:、nhi: 或 reg:");
        Err(Error::new("product", 0, Fault::Expected(wanted)))
    }
}

fn check(text: &str) -> Result<Scheme, Error> {
    bounded("product", text)?;
    check_product(text)
}

/// Checks `SCHEME:PRODUCT`, also where it is a stretch of a lot's text.
pub(super) fn check_product(text: &str) -> Result<Scheme, Error> {
    let (scheme, prefix) = Scheme::of(text)?;
    let value = &text[prefix..];
    let checked = match scheme {
        Scheme::Gtin => Gtin::parse14(value).map(drop),
        Scheme::Nhi => NationalDrugCode::parse(value).map(drop),
        Scheme::Reg => rule::REGISTRATION.check_escaped(value),
        Scheme::Ma => check_escaped_di(value),
    };
    checked.map_err(|error| error.shifted(prefix))?;
    Ok(scheme)
}

/// Checks an escaped UDI-DI. It is unescaped onto the stack: one is never long.
fn check_escaped_di(text: &str) -> Result<(), Error> {
    let mut plain = [0; china::DI_MAX];
    let mut len = 0;
    for step in escape::decode("ma", text) {
        let (at, c, _) = step?;
        if !c.is_ascii_graphic() {
            return Err(Error::new("ma", at, Fault::Character));
        }
        let Some(slot) = plain.get_mut(len) else {
            let max = plain.len();
            return Err(Error::new("ma", at, Fault::TooManyBytes { max }));
        };
        *slot = u8::try_from(c).unwrap_or_default();
        len += 1;
    }
    // ASCII, as the loop has seen to, so this never falls back.
    let plain = core::str::from_utf8(&plain[..len]).unwrap_or_default();
    china::check_di(plain).map_err(|error| Error { at: escaped_offset(text, error.at), ..error })
}

/// Where the `place`-th character of an unescaped text begins in its escaped form.
fn escaped_offset(text: &str, place: usize) -> usize {
    escape::decode("ma", text).nth(place).and_then(Result::ok).map_or(text.len(), |(at, _, _)| at)
}

/// The product as a slice of a lot's text, whose parser has checked it.
pub(super) const fn checked(text: &str, scheme: Scheme) -> ProductRef<'_> {
    ProductRef { text, layout: scheme }
}

impl<'a> ProductRef<'a> {
    /// Which register names the product.
    pub const fn scheme(self) -> Scheme {
        self.layout
    }

    /// The text after the scheme, still escaped.
    pub fn escaped_code(self) -> Escaped<'a> {
        Escaped::checked(&self.text[self.layout.as_str().len() + 1..])
    }

    /// The product's code, unescaped.
    pub fn code(self) -> Cow<'a, str> {
        self.escaped_code().unescape()
    }

    /// The GTIN of a `gtin` product.
    pub fn gtin(self) -> Option<Gtin> {
        (self.layout == Scheme::Gtin).then(|| Gtin::parse14(self.escaped_code().as_str()).ok()).flatten()
    }

    /// The national drug code of an `nhi` product.
    pub fn national_drug_code(self) -> Option<NationalDrugCode> {
        (self.layout == Scheme::Nhi)
            .then(|| NationalDrugCode::parse(self.escaped_code().as_str()).ok())
            .flatten()
    }

    /// The registration or approval number of a `reg` product.
    pub fn registration(self) -> Option<Cow<'a, str>> {
        (self.layout == Scheme::Reg).then(|| self.code())
    }
}

impl Product {
    /// The product with a GTIN.
    pub fn gtin(gtin: &Gtin) -> Self {
        Self::coded(Scheme::Gtin, gtin.as_str())
    }

    /// The device model that an MA identifier names; its production parts are left out.
    pub fn ma(udi: &MaUdi) -> Self {
        Self::coded(Scheme::Ma, udi.di())
    }

    /// The drug with a national drug code.
    pub fn nhi(code: &NationalDrugCode) -> Self {
        Self::coded(Scheme::Nhi, code.as_str())
    }

    /// The product with a registration or approval number. Offsets in the error count from the
    /// start of `number`.
    pub fn reg(number: &str) -> Result<Self, Error> {
        rule::REGISTRATION.check_raw(number)?;
        let product = Self::coded(Scheme::Reg, number);
        // Eighty bytes of `.` triple when escaped: still below the bound of the whole text.
        const { assert!(4 + 3 * 80 <= super::MAX_CANONICAL_BYTES) };
        Ok(product)
    }

    /// Which register names the product.
    pub const fn scheme(&self) -> Scheme {
        self.layout
    }

    fn coded(scheme: Scheme, value: &str) -> Self {
        let mut text = format!("{}:", scheme.as_str());
        escape::push(&mut text, value);
        Self { text: text.into_boxed_str(), layout: scheme }
    }
}
