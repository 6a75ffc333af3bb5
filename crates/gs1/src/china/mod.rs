//! Identifiers that Chinese authorities and Chinese issuing agencies give.

mod customs;
mod device;
mod drug;
mod institution;
mod udi;
mod uscc;

pub use customs::{DeclarationNumber, Direction};
pub use device::{DeviceClass, DeviceFiling, DeviceOrigin, DeviceRegistration};
pub use drug::{ApprovalForm, Cdtc, DrugApproval, NationalDrugCode};
pub use institution::InstitutionLicence;
pub use udi::{AhmUdi, MaPart, MaUdi};
pub use uscc::Uscc;

pub(crate) use udi::{DI_MAX, check_di, check_ma};

use crate::error::Error;
use crate::fault::{Fault, Form};
use crate::warning::Caution;

/// What is odd about the number of a registration, filing or approval as it stands on a paper; `None` where
/// it has the form of a [`DrugApproval`], [`DeviceRegistration`] or [`DeviceFiling`].
///
/// Odd is not wrong: papers of pilot zones and of former times have numbers of their own.
///
/// ```
/// use gs1::{Caution, registration_caution};
///
/// assert_eq!(registration_caution("国械注进20153131313"), None);
/// assert_eq!(registration_caution("国械注进2015313131"), Some(Caution::RegistrationNumber));
/// ```
pub fn registration_caution(number: &str) -> Option<Caution> {
    let known = DrugApproval::parse(number).is_ok()
        || DeviceRegistration::parse(number).is_ok()
        || DeviceFiling::parse(number).is_ok();
    (!known).then_some(Caution::RegistrationNumber)
}

/// What is odd about the number on the practice licence of a medical institution; `None` where it has the form
/// of an [`InstitutionLicence`].
pub fn institution_licence_caution(number: &str) -> Option<Caution> {
    InstitutionLicence::parse(number).is_err().then_some(Caution::InstitutionLicenceNumber)
}

/// Walks a text from the left, remembering where it is for the error.
struct Reader<'a> {
    part: &'static str,
    text: &'a str,
    at: usize,
}

impl<'a> Reader<'a> {
    fn new(part: &'static str, text: &'a str) -> Result<Self, Error> {
        match text {
            "" => Err(Error::new(part, 0, Fault::Empty)),
            _ => Ok(Self { part, text, at: 0 }),
        }
    }

    fn rest(&self) -> &'a str {
        self.text.get(self.at..).unwrap_or_default()
    }

    fn fail<T>(&self, fault: Fault) -> Result<T, Error> {
        Err(Error::new(self.part, self.at, fault))
    }

    /// Steps over `literal` if it stands here.
    fn take(&mut self, literal: &str) -> bool {
        let here = self.rest().starts_with(literal);
        if here {
            self.at += literal.len();
        }
        here
    }

    /// Steps over `literal`, or fails saying that it is needed.
    fn need(&mut self, literal: &'static str) -> Result<(), Error> {
        if self.take(literal) { Ok(()) } else { self.fail(Fault::Expected(Form::same(literal))) }
    }

    /// Steps over one character that `wanted` maps to something.
    fn one<T>(&mut self, wanted: impl Fn(char) -> Option<T>) -> Option<T> {
        let c = self.rest().chars().next()?;
        let value = wanted(c)?;
        self.at += c.len_utf8();
        Some(value)
    }

    /// Steps over exactly `count` digits and returns their value. `count` is at most 9.
    fn digits(&mut self, count: usize) -> Result<u32, Error> {
        let mut value = 0;
        for _ in 0..count {
            match self.one(|c| c.to_digit(10)) {
                Some(digit) => value = value * 10 + digit,
                None => return self.fail(Fault::NotADigit),
            }
        }
        Ok(value)
    }

    /// Nothing may be left.
    fn end(&self) -> Result<(), Error> {
        match self.rest() {
            "" => Ok(()),
            _ => self.fail(Fault::Trailing),
        }
    }
}

#[cfg(test)]
mod laws;
#[cfg(test)]
mod tests;
