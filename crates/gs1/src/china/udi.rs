//! Device identifiers of the two Chinese issuing agencies besides GS1: MA and AHM.

use core::fmt;
use core::str::FromStr;

use crate::error::Error;
use crate::fault::{Fault, Form};
use crate::rule;

const PART: &str = "ma";
const PREFIX: &str = "MA.156.M0.";
/// Bytes of a maker's number, and the `.` after it.
const MAKER: usize = 6;
/// Fewest and most bytes of a product number.
const PRODUCT: (usize, usize) = (8, 20);
/// Most bytes of one production part.
const VALUE: usize = 30;
/// Most bytes of a device identifier.
pub(crate) const DI_MAX: usize = PREFIX.len() + MAKER + 1 + PRODUCT.1;
/// Most bytes of a whole identifier: the device, and eight parts of `.`, letter and value.
const MAX: usize = DI_MAX + LETTERS.len() * (2 + VALUE);
/// Letters of the production parts.
const LETTERS: &[u8; 8] = b"SLMPDEVC";
const _: () = assert!(3 + MAX > 256, "the bound of canonical texts is the tighter one");

/// Device identifier of issuing agency MA: `MA.156.M0.`, maker, product, then production parts.
///
/// Each production part is `.`, one letter and a value, and no letter comes twice. The order is
/// the printed one. A check character `.C` is carried, never verified.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct MaUdi {
    text: Box<str>,
    di: usize,
}

/// A production part of an [`MaUdi`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum MaPart {
    /// `.S` serial number 序列号.
    Serial,
    /// `.L` lot 批号.
    Lot,
    /// `.M` or `.P`: date of manufacture 生产日期, six or eight digits.
    Made,
    /// `.D` lot of sterilisation 灭菌批号.
    SterilisationLot,
    /// `.E` date from which it is no longer fit 失效期.
    Expiry,
    /// `.V` last date of validity 有效期.
    ValidUntil,
    /// `.C` check character.
    Check,
}

impl MaUdi {
    /// Reads an identifier with or without production parts.
    pub fn parse(text: &str) -> Result<Self, Error> {
        let di = check_ma(text)?;
        Ok(Self { text: text.into(), di })
    }

    /// The identifier as printed.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The device identifier (UDI-DI), without production parts.
    pub fn di(&self) -> &str {
        self.text.get(..self.di).unwrap_or_default()
    }

    /// The value of a production part.
    pub fn part(&self, part: MaPart) -> Option<&str> {
        let letters: &[char] = match part {
            MaPart::Serial => &['S'],
            MaPart::Lot => &['L'],
            MaPart::Made => &['M', 'P'],
            MaPart::SterilisationLot => &['D'],
            MaPart::Expiry => &['E'],
            MaPart::ValidUntil => &['V'],
            MaPart::Check => &['C'],
        };
        let parts = self.text.get(self.di..).unwrap_or_default();
        parts.split('.').find_map(|value| value.strip_prefix(letters))
    }

    /// The serial number.
    pub fn serial(&self) -> Option<&str> {
        self.part(MaPart::Serial)
    }

    /// The lot.
    pub fn lot(&self) -> Option<&str> {
        self.part(MaPart::Lot)
    }
}

/// Checks the shape of an identifier and returns the length of its device identifier.
pub(crate) fn check_ma(text: &str) -> Result<usize, Error> {
    let fail = |at, fault| Err(Error::new(PART, at, fault));
    if text.is_empty() {
        return fail(0, Fault::Empty);
    }
    if let Some((at, _)) = text.char_indices().find(|(_, c)| !c.is_ascii_graphic()) {
        return fail(at, Fault::Character);
    }
    if text.len() > MAX {
        return fail(MAX, Fault::TooManyBytes { max: MAX });
    }
    let Some(rest) = text.strip_prefix(PREFIX) else {
        return fail(0, Fault::Expected(Form::of("MA.156.M0. at its beginning", "以 MA.156.M0. 开头")));
    };
    let mut parts = rest.split('.');
    let mut at = PREFIX.len();
    let maker = parts.next().unwrap_or_default();
    if maker.len() != MAKER {
        return fail(at, Fault::Length { allowed: Form::of("6 characters of a maker", "6个字符的厂商代码") });
    }
    at += MAKER + 1;
    let product = parts.next().unwrap_or_default();
    if !(PRODUCT.0..=PRODUCT.1).contains(&product.len()) {
        let at = at.min(text.len());
        return fail(
            at,
            Fault::Length {
                allowed: Form::of("8 to 20 characters of a product", "8至20个字符的产品代码")
            },
        );
    }
    let di = at + product.len();
    check_parts(parts, di + 1)?;
    Ok(di)
}

/// Checks production parts, the first of which begins at `at`.
fn check_parts<'a>(parts: impl Iterator<Item = &'a str>, mut at: usize) -> Result<(), Error> {
    let mut seen = [false; LETTERS.len()];
    for part in parts {
        let letter = part.bytes().next();
        let slot = LETTERS.iter().position(|known| Some(*known) == letter);
        let fault = match slot.and_then(|slot| seen.get_mut(slot)) {
            None => Some(Fault::Expected(Form::of(
                "S, L, M, P, D, E, V or C after the dot",
                "点后的 S、L、M、P、D、E、V 或 C",
            ))),
            Some(true) => Some(Fault::Expected(Form::of("each part once", "每一部分只出现一次"))),
            Some(_) if part.len() == 1 => Some(Fault::Empty),
            Some(_) if part.len() > 1 + VALUE => Some(Fault::TooManyBytes { max: VALUE }),
            Some(free) => {
                *free = true;
                None
            }
        };
        if let Some(fault) = fault {
            return Err(Error::new(PART, at, fault));
        }
        at += part.len() + 1;
    }
    Ok(())
}

/// Checks that a text is a device identifier and nothing more.
pub(crate) fn check_di(text: &str) -> Result<(), Error> {
    match check_ma(text)? {
        di if di == text.len() => Ok(()),
        di => Err(Error::new(PART, di, Fault::Trailing)),
    }
}

/// Device identifier of issuing agency AHM 阿里健康: opaque, 1–64 printable characters.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AhmUdi(Box<str>);

impl AhmUdi {
    /// Takes the identifier as printed.
    pub fn parse(text: &str) -> Result<Self, Error> {
        rule::AHM.check_raw(text)?;
        Ok(Self(text.into()))
    }

    /// The identifier as printed.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for MaUdi {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.text)
    }
}

impl FromStr for MaUdi {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        Self::parse(text)
    }
}

impl fmt::Display for AhmUdi {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

impl FromStr for AhmUdi {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        Self::parse(text)
    }
}
