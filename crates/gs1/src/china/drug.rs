//! Codes of drugs: trace code, national drug code, approval number.

use core::fmt;
use core::str::FromStr;

use super::Reader;
use crate::ascii::{Ascii, fixed_face};
use crate::error::Error;
use crate::fault::{Fault, Form};
use crate::keys::checked;

/// Drug trace code 追溯码, 20 digits (NMPAB/T 1002-2019).
///
/// Its check digit is never verified: how it is made is not public.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Cdtc(Ascii<20>);

fixed_face!(Cdtc);

impl Cdtc {
    /// Reads 20 digits.
    pub fn parse(text: &str) -> Result<Self, Error> {
        Ascii::digits("cdtc", text, Form::of("20 digits", "20位数字")).map(Self)
    }

    /// The first seven digits: which product, at which level of packing.
    pub fn product_prefix(&self) -> &str {
        self.as_str().get(..7).unwrap_or_default()
    }
}

/// National drug code 国家药品编码本位码: `869` and 11 digits. It names a product, not a unit.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct NationalDrugCode(Ascii<14>);

fixed_face!(NationalDrugCode);

impl NationalDrugCode {
    /// Reads 14 digits that begin with 869 and end with their mod-10 check digit.
    pub fn parse(text: &str) -> Result<Self, Error> {
        const PART: &str = "national drug code";
        let digits = Ascii::digits(PART, text, Form::of("14 digits", "14位数字"))?;
        if !text.starts_with("869") {
            return Err(Error::new(PART, 0, Fault::Expected(Form::of("869 at its beginning", "以869开头"))));
        }
        checked(PART, text)?;
        Ok(Self(digits))
    }
}

/// Drug approval number 批准文号: `国药准字…`, or the number of a former import certificate.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DrugApproval {
    text: Box<str>,
    form: ApprovalForm,
    kind: char,
}

/// Where the drug under an approval number is made, as its letters tell.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ApprovalForm {
    /// Made in mainland China, or of a kind whose number does not tell.
    Domestic,
    /// Second letter J: made abroad 境外生产.
    Abroad,
    /// Second letter C: made in Hong Kong, Macau or Taiwan 港澳台.
    HongKongMacauTaiwan,
    /// Number of a former import registration certificate 进口药品注册证, without `国药准字`.
    LegacyImport,
}

impl DrugApproval {
    /// Reads `国药准字`, one or two letters and eight digits, or one letter and eight digits.
    pub fn parse(text: &str) -> Result<Self, Error> {
        let mut reader = Reader::new("drug approval", text)?;
        let current = reader.take("国药准字");
        let Some(kind) = reader.one(|c| kind_letter(c, current)) else {
            return reader.fail(Fault::Character);
        };
        let form = match kind {
            _ if !current => ApprovalForm::LegacyImport,
            'H' | 'Z' | 'S' => reader.one(origin_letter).unwrap_or(ApprovalForm::Domestic),
            _ => ApprovalForm::Domestic,
        };
        reader.digits(8)?;
        reader.end()?;
        Ok(Self { text: text.into(), form, kind })
    }

    /// The number as text.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Where the drug is made.
    pub const fn form(&self) -> ApprovalForm {
        self.form
    }

    /// The first letter: H chemical, Z traditional, S biological; J, T, B, F of older numbers.
    pub const fn kind(&self) -> char {
        self.kind
    }
}

impl fmt::Display for DrugApproval {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.text)
    }
}

impl FromStr for DrugApproval {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        Self::parse(text)
    }
}

fn kind_letter(c: char, current: bool) -> Option<char> {
    let known = match c {
        'H' | 'Z' | 'S' => true,
        'J' | 'B' | 'T' | 'F' => current,
        _ => false,
    };
    known.then_some(c)
}

fn origin_letter(c: char) -> Option<ApprovalForm> {
    match c {
        'J' => Some(ApprovalForm::Abroad),
        'C' => Some(ApprovalForm::HongKongMacauTaiwan),
        _ => None,
    }
}
