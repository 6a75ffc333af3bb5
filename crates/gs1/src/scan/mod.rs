//! Scans: what a text that somebody scanned or typed is, and what it names.

mod data;
mod date;
mod read;
mod udi;
mod warnings;

pub use data::ScanData;
pub use date::LabelDate;
pub(crate) use date::days_in;
pub use udi::{Udi, UdiAgency};

use crate::china::{AhmUdi, Cdtc, MaUdi};
use crate::digital_link::DigitalLink;
use crate::element::{ElementString, Leniency};
use crate::keys::{Gtin, Sscc};

/// The most bytes a scan may have.
pub const MAX_SCAN_BYTES: usize = 4096;

/// How scans are to be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ScanSettings {
    /// Gives two-digit years their century: the year of the act that is recorded, or the current one.
    pub reference_year: u16,
    /// What may pass in Digital Links and between brackets.
    pub leniency: Leniency,
    /// Whether a printable text of no other form is the device identifier of AHM, which has no form of
    /// its own. Only where the caller knows that such a code was scanned.
    pub opaque_as_ahm: bool,
}

impl ScanSettings {
    /// The strict settings.
    pub const fn new(reference_year: u16) -> Self {
        let leniency = Leniency { unknown_ais: false, short_gtins: false, words: false };
        Self { reference_year, leniency, opaque_as_ahm: false }
    }
}

/// What kind of code a scan is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum CodeKind {
    /// A GS1 element string.
    ElementString,
    /// A GS1 Digital Link.
    DigitalLink,
    /// A GTIN alone.
    Gtin,
    /// An SSCC alone.
    Sscc,
    /// A drug trace code 追溯码.
    Cdtc,
    /// A device identifier of MA.
    Ma,
    /// A device identifier of AHM.
    Ahm,
}

impl CodeKind {
    /// A word for it that stays the same: `"digital_link"`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::ElementString => "element_string",
            Self::DigitalLink => "digital_link",
            Self::Gtin => "gtin",
            Self::Sscc => "sscc",
            Self::Cdtc => "cdtc",
            Self::Ma => "ma",
            Self::Ahm => "ahm",
        }
    }
}

/// What a scan was recognised as.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Content {
    Elements(ElementString),
    Link(DigitalLink),
    /// With what the composite above an EAN/UPC symbol says.
    Gtin(Gtin, Option<ElementString>),
    Sscc(Sscc),
    Cdtc(Cdtc),
    Ma(MaUdi),
    Ahm(AhmUdi),
}

#[cfg(test)]
mod laws;
#[cfg(test)]
mod tests;
