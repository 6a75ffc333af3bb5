//! The meaning of a scan.

use super::read::read;
use super::{CodeKind, Content, LabelDate, ScanSettings};
use crate::canonical::{Item, Product};
use crate::china::{AhmUdi, Cdtc, MaUdi};
use crate::dictionary::Ai;
use crate::digital_link::DigitalLink;
use crate::element::{Element, ElementString};
use crate::error::Error;
use crate::keys::{Gtin, Sscc};
use crate::symbology::Symbology;
use crate::warning::Warning;

/// A scan that has been read and checked.
///
/// What is recognised:
///
/// | scan | is |
/// | --- | --- |
/// | `]C1`, `]e0`, `]d2`, `]Q3`, `]J1` … and text | an element string, FNC1 as 0x1D |
/// | `(01)…(10)…` | the same as printed; `\(` stands for a bracket inside a value |
/// | 0x1D first or inside, or `00`, `01`, `02` first | an element string that lost its prefix |
/// | `https://…/01/…` | a GS1 Digital Link |
/// | `]E0` and 13 digits, `]E4` and 8, bare 8, 12, 13 or 14 digits | a GTIN |
/// | bare 18 digits | an SSCC |
/// | bare 20 digits | a drug trace code, even where `00` and an SSCC would also fit |
/// | `MA.156.M0.…` | a device identifier of MA |
/// | other printable text, if the settings say so | a device identifier of AHM |
///
/// "Bare" includes the symbology identifiers of symbols without GS1 mode, such as `]C0` and `]d1`.
/// What is odd but no error, such as elements that lack others, is told by [`ScanData::warnings`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ScanData {
    symbology: Option<Symbology>,
    content: Content,
    reference_year: u16,
    warnings: Vec<Warning>,
}

impl ScanData {
    /// Reads a scan strictly. `reference_year` gives two-digit years their century: pass the year of
    /// the act that is recorded, or the current one. Offsets in the error count from the start of
    /// `text`.
    pub fn parse(text: &str, reference_year: u16) -> Result<Self, Error> {
        Self::parse_with(text, &ScanSettings::new(reference_year))
    }

    /// Reads a scan as the settings say.
    pub fn parse_with(text: &str, settings: &ScanSettings) -> Result<Self, Error> {
        let (symbology, content) = read(text, settings)?;
        let reference_year = settings.reference_year;
        let mut data = Self { symbology, content, reference_year, warnings: Vec::new() };
        data.warnings = data.found_odd();
        Ok(data)
    }

    /// The symbology, if the scan began with its identifier.
    pub const fn symbology(&self) -> Option<Symbology> {
        self.symbology
    }

    /// What kind of code it is.
    pub const fn kind(&self) -> CodeKind {
        match self.content {
            Content::Elements(_) => CodeKind::ElementString,
            Content::Link(_) => CodeKind::DigitalLink,
            Content::Gtin(..) => CodeKind::Gtin,
            Content::Sscc(_) => CodeKind::Sscc,
            Content::Cdtc(_) => CodeKind::Cdtc,
            Content::Ma(_) => CodeKind::Ma,
            Content::Ahm(_) => CodeKind::Ahm,
        }
    }

    /// What is odd about it, though no error.
    pub fn warnings(&self) -> &[Warning] {
        &self.warnings
    }

    /// The elements, in the order scanned: of an element string, a Digital Link, or the composite above
    /// an EAN/UPC symbol.
    pub fn elements(&self) -> &[Element] {
        self.content.elements()
    }

    /// The elements as one message, with its written forms.
    pub const fn element_string(&self) -> Option<&ElementString> {
        match &self.content {
            Content::Elements(elements) => Some(elements),
            Content::Link(link) => Some(link.elements()),
            Content::Gtin(_, composite) => composite.as_ref(),
            _ => None,
        }
    }

    /// The GS1 Digital Link.
    pub const fn digital_link(&self) -> Option<&DigitalLink> {
        match &self.content {
            Content::Link(link) => Some(link),
            _ => None,
        }
    }

    /// The value of an application identifier.
    pub fn get(&self, ai: Ai) -> Option<&str> {
        self.elements().iter().find(|element| element.ai() == ai).map(Element::value)
    }

    /// The date of an application identifier whose value is or begins with one.
    pub fn date(&self, ai: Ai) -> Option<LabelDate> {
        let value = self.get(ai).filter(|_| ai.is_date())?;
        LabelDate::of(value, self.reference_year).ok()
    }

    /// The GTIN of the thing itself: (01), or a bare GTIN. What a logistic unit contains (02) is
    /// another thing: see [`ScanData::content_gtin`].
    pub fn gtin(&self) -> Option<Gtin> {
        match &self.content {
            Content::Gtin(gtin, _) => Some(*gtin),
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

    /// The variant of the product: (22), or else (20).
    pub fn variant(&self) -> Option<&str> {
        self.get(Ai::CPV).or_else(|| self.get(Ai::VARIANT))
    }

    /// The SSCC: (00), or bare.
    pub fn sscc(&self) -> Option<Sscc> {
        match &self.content {
            Content::Sscc(sscc) => Some(*sscc),
            _ => Sscc::parse(self.get(Ai::SSCC)?).ok(),
        }
    }

    /// The count of contained units (37), or else the variable count (30).
    pub fn count(&self) -> Option<u32> {
        self.get(Ai::COUNT).or_else(|| self.get(Ai::VARIABLE_COUNT))?.parse().ok()
    }

    /// The drug trace code.
    pub const fn cdtc(&self) -> Option<Cdtc> {
        match &self.content {
            Content::Cdtc(code) => Some(*code),
            _ => None,
        }
    }

    /// The MA device identifier.
    pub const fn ma(&self) -> Option<&MaUdi> {
        match &self.content {
            Content::Ma(udi) => Some(udi),
            _ => None,
        }
    }

    /// The AHM device identifier.
    pub const fn ahm(&self) -> Option<&AhmUdi> {
        match &self.content {
            Content::Ahm(udi) => Some(udi),
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
    /// lot by GTIN and lot; a drug trace code; an MA identifier with a serial, or its lot; an AHM
    /// identifier. `None` if the scan names no more than a product.
    pub fn item(&self) -> Option<Item> {
        match &self.content {
            Content::Elements(_) | Content::Link(_) | Content::Gtin(..) | Content::Sscc(_) => self.gs1_item(),
            Content::Cdtc(code) => Some(Item::cdtc(code)),
            Content::Ma(udi) => ma_item(udi),
            Content::Ahm(udi) => Item::ahm(udi).ok(),
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

    /// The content, for the warnings.
    pub(super) const fn content(&self) -> &Content {
        &self.content
    }

    pub(super) const fn reference_year(&self) -> u16 {
        self.reference_year
    }
}

fn ma_item(udi: &MaUdi) -> Option<Item> {
    match udi.serial() {
        Some(_) => Item::ma(udi).ok(),
        None => Item::lot(&Product::ma(udi), udi.lot()?).ok(),
    }
}
