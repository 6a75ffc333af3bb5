//! The meaning of a scan.

use super::{Ai, Content, Element, LabelDate, read};
use crate::canonical::{Item, Product};
use crate::china::{Cdtc, MaUdi};
use crate::error::Error;
use crate::keys::{Gtin, Sscc};

/// A scan that has been read and checked.
///
/// What is recognised:
///
/// | scan | is |
/// | --- | --- |
/// | `]C1`, `]e0`, `]d2`, `]Q3`, `]J1` and text | an element string, FNC1 as 0x1D |
/// | `(01)…(10)…` | the same as printed; `\(` stands for a bracket inside a value |
/// | 0x1D first or inside, or `00`, `01`, `02` first | an element string that lost its prefix |
/// | `]E0` and 13 digits, `]E4` and 8, bare 13 or 14 digits | a GTIN |
/// | bare 20 digits | a drug trace code, even where `00` and an SSCC would also fit |
/// | `MA.156.M0.…` | a device identifier of MA |
///
/// "Bare" includes the symbology identifiers of symbols without GS1 mode, such as `]C0` and `]d1`.
/// Which elements may stand together, and which need each other, is not judged.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ScanData {
    content: Content,
    reference_year: u16,
}

impl ScanData {
    /// Reads a scan. `reference_year` gives two-digit years their century: pass the year of the
    /// act that is recorded, or the current one. Offsets in the error count from the start of
    /// `text`.
    pub fn parse(text: &str, reference_year: u16) -> Result<Self, Error> {
        let content = read(text, reference_year)?;
        Ok(Self { content, reference_year })
    }

    /// The elements, in the order scanned; none if the scan was no element string.
    pub fn elements(&self) -> &[Element] {
        match &self.content {
            Content::Elements(elements) => elements,
            _ => &[],
        }
    }

    /// The value of an application identifier.
    pub fn get(&self, ai: Ai) -> Option<&str> {
        let mut elements = self.elements().iter();
        let found = elements.find(|element| element.ai == ai)?;
        Some(&found.value)
    }

    /// The date of an application identifier whose value is one.
    pub fn date(&self, ai: Ai) -> Option<LabelDate> {
        let value = self.get(ai).filter(|_| ai.is_date())?;
        LabelDate::parse(ai.part(), value, self.reference_year).ok()
    }

    /// The GTIN of the thing itself: (01), or a bare GTIN. What a logistic unit contains (02) is
    /// another thing: see [`ScanData::content_gtin`].
    pub fn gtin(&self) -> Option<Gtin> {
        match &self.content {
            Content::Gtin(gtin) => Some(*gtin),
            _ => Gtin::parse14(self.get(Ai::GTIN)?).ok(),
        }
    }

    /// The GTIN of what a logistic unit contains (02).
    pub fn content_gtin(&self) -> Option<Gtin> {
        Gtin::parse14(self.get(Ai::CONTENT)?).ok()
    }

    /// The lot: (10), or part `.L` of an MA identifier.
    pub fn lot(&self) -> Option<&str> {
        self.ma().map_or_else(|| self.get(Ai::LOT), MaUdi::lot)
    }

    /// The serial number: (21), or part `.S` of an MA identifier.
    pub fn serial(&self) -> Option<&str> {
        self.ma().map_or_else(|| self.get(Ai::SERIAL), MaUdi::serial)
    }

    /// The expiry date (17). An MA identifier keeps its dates in its parts, see [`MaUdi::part`].
    pub fn expiry(&self) -> Option<LabelDate> {
        self.date(Ai::EXPIRY)
    }

    /// The SSCC (00).
    pub fn sscc(&self) -> Option<Sscc> {
        Sscc::parse(self.get(Ai::SSCC)?).ok()
    }

    /// The count of contained units (37), or else the variable count (30).
    pub fn count(&self) -> Option<u32> {
        self.get(Ai::COUNT).or_else(|| self.get(Ai::VARIABLE_COUNT))?.parse().ok()
    }

    /// The drug trace code.
    pub fn cdtc(&self) -> Option<Cdtc> {
        match &self.content {
            Content::Cdtc(code) => Some(*code),
            _ => None,
        }
    }

    /// The MA device identifier.
    pub fn ma(&self) -> Option<&MaUdi> {
        match &self.content {
            Content::Ma(udi) => Some(udi),
            _ => None,
        }
    }

    /// The product the scan names.
    pub fn product(&self) -> Option<Product> {
        match &self.content {
            Content::Ma(udi) => Some(Product::ma(udi)),
            _ => self.gtin().map(|gtin| Product::gtin(&gtin)),
        }
    }

    /// The item the scan names: a unit by GTIN and serial, else a logistic unit by SSCC, else a
    /// lot by GTIN and lot; a drug trace code; an MA identifier with a serial, or its lot. `None`
    /// if the scan names no more than a product.
    pub fn item(&self) -> Option<Item> {
        match &self.content {
            Content::Elements(_) => self.gs1_item(),
            Content::Cdtc(code) => Some(Item::cdtc(code)),
            Content::Ma(udi) => ma_item(udi),
            Content::Gtin(_) => None,
        }
    }

    fn gs1_item(&self) -> Option<Item> {
        let gtin = self.gtin();
        if let (Some(gtin), Some(serial)) = (gtin, self.serial()) {
            return Item::sgtin(&gtin, serial).ok();
        }
        if let Some(sscc) = self.sscc() {
            return Some(Item::sscc(&sscc));
        }
        Item::lot_gtin(&gtin?, self.lot()?).ok()
    }
}

fn ma_item(udi: &MaUdi) -> Option<Item> {
    match udi.serial() {
        Some(_) => Item::ma(udi).ok(),
        None => Item::lot(&Product::ma(udi), udi.lot()?).ok(),
    }
}
