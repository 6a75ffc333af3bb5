//! Unique device identification 医疗器械唯一标识 in scans, of the three agencies that issue it in China.

use super::{Content, LabelDate, ScanData};
use crate::china::{MaPart, MaUdi};
use crate::dictionary::Ai;

/// Who gave out a device identifier.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum UdiAgency {
    /// GS1: (01) is the device, other elements the production.
    Gs1,
    /// MA 中关村工信二维码技术研究院.
    Ma,
    /// AHM 阿里健康. Its identifiers are opaque: the whole is the device.
    Ahm,
}

/// A unique device identifier, taken apart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Udi<'a> {
    /// Who gave it out.
    pub agency: UdiAgency,
    /// The device identifier (UDI-DI): which model, at which level of packing.
    pub device: String,
    /// The lot of the production identifier (UDI-PI).
    pub lot: Option<&'a str>,
    /// The serial number.
    pub serial: Option<&'a str>,
    /// The date of manufacture.
    pub produced: Option<LabelDate>,
    /// The date up to which it may be used.
    pub expiry: Option<LabelDate>,
}

impl ScanData {
    /// The scan as a unique device identifier. `None` if it names no product: an SSCC, a trace code.
    pub fn udi(&self) -> Option<Udi<'_>> {
        let (agency, device) = match self.content() {
            Content::Ma(udi) => (UdiAgency::Ma, udi.di().to_owned()),
            Content::Ahm(udi) => (UdiAgency::Ahm, udi.as_str().to_owned()),
            _ => (UdiAgency::Gs1, self.gtin()?.to_string()),
        };
        let (lot, serial) = (self.lot(), self.serial());
        Some(Udi { agency, device, lot, serial, produced: self.produced(), expiry: self.expiry() })
    }

    /// The expiry date: (17), or else (7003); in an MA identifier part `.V`, or else `.E`.
    pub fn expiry(&self) -> Option<LabelDate> {
        match self.ma() {
            Some(udi) => self.ma_date(udi, MaPart::ValidUntil).or_else(|| self.ma_date(udi, MaPart::Expiry)),
            None => self.date(Ai::EXPIRY).or_else(|| self.date(Ai::EXPIRY_TIME)),
        }
    }

    /// The production date: (11), or part `.M` or `.P` of an MA identifier.
    pub fn produced(&self) -> Option<LabelDate> {
        match self.ma() {
            Some(udi) => self.ma_date(udi, MaPart::Made),
            None => self.date(Ai::PRODUCTION_DATE),
        }
    }

    /// A part of an MA identifier that is a date of six or eight digits; parts may be other texts.
    fn ma_date(&self, udi: &MaUdi, part: MaPart) -> Option<LabelDate> {
        let text = udi.part(part)?;
        match text.len() {
            6 => LabelDate::of(text, self.reference_year()).ok(),
            8 => LabelDate::of_full(text).ok(),
            _ => None,
        }
    }
}
