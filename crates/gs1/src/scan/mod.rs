//! What a scanner sends: element strings, and codes known by their shape.

mod ai;
mod data;
mod date;
mod elements;

pub use ai::Ai;
pub use data::ScanData;
pub use date::LabelDate;
pub use elements::Element;

use crate::china::{Cdtc, MaUdi};
use crate::error::{Error, Fault};
use crate::keys::Gtin;

/// The most bytes a scan may have.
pub const MAX_SCAN_BYTES: usize = 4096;

/// FNC1 as a scanner transmits it: the ASCII group separator.
pub(crate) const FNC1: char = '\u{1d}';

/// What a scan was recognised as.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Content {
    Elements(Vec<Element>),
    Gtin(Gtin),
    Cdtc(Cdtc),
    Ma(MaUdi),
}

impl Content {
    /// The same content seen from a text in which it begins at `base`.
    fn shifted(mut self, base: usize) -> Self {
        if let Self::Elements(elements) = &mut self {
            for element in elements {
                element.at += base;
            }
        }
        self
    }
}

/// How the text after a symbology identifier is to be read (ISO/IEC 15424).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Carrier {
    /// A symbol in GS1 mode: an element string.
    Gs1,
    /// An EAN/UPC symbol: that many digits.
    Ean(usize),
    /// Any other symbol: known by the shape of what it says.
    Plain,
}

/// The symbology identifiers that are read.
const SYMBOLOGIES: [(&str, Carrier); 14] = [
    ("]C1", Carrier::Gs1),
    ("]e0", Carrier::Gs1),
    ("]d2", Carrier::Gs1),
    ("]Q3", Carrier::Gs1),
    ("]J1", Carrier::Gs1),
    ("]E0", Carrier::Ean(13)),
    ("]E4", Carrier::Ean(8)),
    ("]A0", Carrier::Plain),
    ("]C0", Carrier::Plain),
    ("]d0", Carrier::Plain),
    ("]d1", Carrier::Plain),
    ("]Q0", Carrier::Plain),
    ("]Q1", Carrier::Plain),
    ("]J0", Carrier::Plain),
];

/// Reads a scan; offsets in the error count from its start.
fn read(text: &str, reference_year: u16) -> Result<Content, Error> {
    if text.len() > MAX_SCAN_BYTES {
        let at = text.floor_char_boundary(MAX_SCAN_BYTES);
        let max = MAX_SCAN_BYTES;
        return Err(Error::new("scan", at, Fault::TooManyBytes { max }));
    }
    // Many scanners close a message with carriage return and line feed.
    let text = text.trim_end_matches(['\r', '\n']);
    if text.is_empty() {
        return Err(Error::new("scan", 0, Fault::Empty));
    }
    let (carrier, rest) = carrier(text)?;
    let content = match carrier {
        Carrier::Gs1 => elements::raw(rest, reference_year).map(Content::Elements),
        Carrier::Ean(len) => ean(rest, len).map(Content::Gtin),
        Carrier::Plain => by_shape(rest, reference_year),
    };
    let prefix = text.len() - rest.len();
    content.map(|content| content.shifted(prefix)).map_err(|error| error.shifted(prefix))
}

/// Splits a symbology identifier off. Text without one is judged by its shape.
fn carrier(text: &str) -> Result<(Carrier, &str), Error> {
    if !text.starts_with(']') {
        return Ok((Carrier::Plain, text));
    }
    SYMBOLOGIES
        .iter()
        .find_map(|(prefix, carrier)| Some((*carrier, text.strip_prefix(prefix)?)))
        .ok_or(Error::new("symbology", 0, Fault::Symbology))
}

fn ean(digits: &str, len: usize) -> Result<Gtin, Error> {
    if digits.len() != len {
        let allowed = "13 digits in EAN-13, 8 in EAN-8";
        let at = digits.floor_char_boundary(len);
        return Err(Error::new("gtin", at, Fault::Length { allowed }));
    }
    Gtin::parse(digits)
}

/// Tells by its shape what a text without a GS1 symbology identifier is.
fn by_shape(text: &str, reference_year: u16) -> Result<Content, Error> {
    let digits = text.bytes().all(|byte| byte.is_ascii_digit());
    match text.len() {
        0 => Err(Error::new("scan", 0, Fault::Empty)),
        20 if digits => Cdtc::parse(text).map(Content::Cdtc),
        13 | 14 if digits => Gtin::parse(text).map(Content::Gtin),
        _ if text.starts_with('(') => elements::bracketed(text, reference_year).map(Content::Elements),
        _ if text.starts_with("MA.") => MaUdi::parse(text).map(Content::Ma),
        _ if is_element_string(text) => elements::raw(text, reference_year).map(Content::Elements),
        _ => Err(Error::new("scan", 0, Fault::Unrecognised)),
    }
}

/// Whether a text that lost its symbology identifier can still be told to be an element string:
/// by a separator in it, or because it begins with the key that GS1 symbols put first.
fn is_element_string(text: &str) -> bool {
    text.contains(FNC1) || ["00", "01", "02"].iter().any(|key| text.starts_with(key))
}

/// What the reader of dates says of a text.
#[cfg(test)]
pub(crate) fn date_fault(text: &str) -> Result<(), Error> {
    LabelDate::parse("date", text, 2026).map(drop)
}

#[cfg(test)]
mod laws;
#[cfg(test)]
mod tests;
#[cfg(test)]
mod vectors;
