//! Medical institution practice licence 医疗机构执业许可证.

use core::fmt;
use core::str::FromStr;

use crate::error::Error;
use crate::fault::{Fault, Form};

const PART: &str = "institution licence";

/// Registration number of a medical institution practice licence 医疗机构执业许可证登记号: 22 capitals and
/// digits, in older licences 18 or 12.
///
/// A clinic may instead hold a filing receipt 诊所备案凭证, whose number has no form of its own.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct InstitutionLicence(Box<str>);

impl InstitutionLicence {
    /// Reads 22, 18 or 12 characters.
    pub fn parse(text: &str) -> Result<Self, Error> {
        let foreign = |c: char| !c.is_ascii_digit() && !c.is_ascii_uppercase();
        if let Some((at, c)) = text.char_indices().find(|(_, c)| foreign(*c)) {
            return Err(Error { part: PART, ..Error::span(at, c.len_utf8(), Fault::Character) });
        }
        match text.len() {
            12 | 18 | 22 => Ok(Self(text.into())),
            0 => Err(Error::new(PART, 0, Fault::Empty)),
            len => {
                let allowed =
                    Form::of("22 characters, or 18 or 12 of older licences", "22个字符，旧证为18或12个字符");
                Err(Error::new(PART, len.min(22), Fault::Length { allowed }))
            }
        }
    }

    /// The number as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for InstitutionLicence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

impl FromStr for InstitutionLicence {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        Self::parse(text)
    }
}
