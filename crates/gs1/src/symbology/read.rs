//! What a reader sent: symbology identifier and data.

use super::{Carrier, IDENTIFIERS, Symbology};
use crate::element::ElementString;
use crate::error::Error;
use crate::fault::{Fault, Form};
use crate::keys::Gtin;
use crate::scan::MAX_SCAN_BYTES;

/// Between an EAN/UPC symbol and the composite above it.
const COMPOSITE: &str = "|]e0";

/// A message of a reader, split into symbology identifier and data.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Transmission<'a> {
    symbology: Option<Symbology>,
    data: Data<'a>,
    at: usize,
}

/// The data of a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Data<'a> {
    /// A symbol in GS1 mode.
    Elements(ElementString),
    /// An EAN/UPC symbol.
    Number {
        /// Its digits as sent: 13, or 8.
        digits: &'a str,
        /// The same as a GTIN.
        gtin: Gtin,
        /// What the composite above it says.
        composite: Option<ElementString>,
    },
    /// Any other symbol, or a message without symbology identifier.
    Plain(&'a str),
}

impl<'a> Transmission<'a> {
    /// Reads a message. Many readers close one with carriage return and line feed, which are left out.
    /// Offsets in the error count from the start of `text`.
    pub fn parse(text: &'a str) -> Result<Self, Error> {
        if text.len() > MAX_SCAN_BYTES {
            let at = text.floor_char_boundary(MAX_SCAN_BYTES);
            return Err(Error::new("scan", at, Fault::TooManyBytes { max: MAX_SCAN_BYTES }));
        }
        let text = text.trim_end_matches(['\r', '\n']);
        let (known, rest) = identifier(text)?;
        let at = text.len() - rest.len();
        let data = match known.map_or(Carrier::Plain, |(_, carrier)| carrier) {
            Carrier::Plain => Ok(Data::Plain(rest)),
            Carrier::Gs1 => {
                ElementString::parse_raw(rest).map(|elements| Data::Elements(elements.shifted(at)))
            }
            Carrier::Ean(len) => number(rest, len, at),
        };
        let data = data.map_err(|error| error.shifted(at))?;
        Ok(Self { symbology: known.map(|(symbology, _)| symbology), data, at })
    }

    /// The symbology, if the message begins with its identifier.
    pub const fn symbology(&self) -> Option<Symbology> {
        self.symbology
    }

    /// The data.
    pub const fn data(&self) -> &Data<'a> {
        &self.data
    }

    /// The data, taken out.
    pub fn into_data(self) -> Data<'a> {
        self.data
    }

    /// Where the data begin in the message: after the symbology identifier.
    pub const fn at(&self) -> usize {
        self.at
    }

    /// In the notation of the GS1 Syntax Engine: `^` for FNC1, `|` before a composite. A plain text
    /// that begins with `^`, or with backslashes and `^`, gets one backslash more.
    pub fn to_message(&self) -> String {
        match &self.data {
            Data::Elements(elements) => elements.to_message(),
            Data::Number { digits, composite: None, .. } => (*digits).to_owned(),
            Data::Number { digits, composite: Some(above), .. } => format!("{digits}|{}", above.to_message()),
            Data::Plain(text) if text.trim_start_matches('\\').starts_with('^') => format!("\\{text}"),
            Data::Plain(text) => (*text).to_owned(),
        }
    }
}

/// What a symbology identifier says, if the message has one.
type Known = Option<(Symbology, Carrier)>;

/// Splits a symbology identifier off.
fn identifier(text: &str) -> Result<(Known, &str), Error> {
    if !text.starts_with(']') {
        return Ok((None, text));
    }
    let known = IDENTIFIERS.iter().find_map(|(prefix, symbology, carrier)| {
        Some((Some((*symbology, *carrier)), text.strip_prefix(prefix)?))
    });
    let len = text.ceil_char_boundary(3.min(text.len()));
    known.ok_or(Error { part: "symbology", ..Error::span(0, len, Fault::Symbology) })
}

/// Reads `len` digits and a composite, if one follows. The digits begin at `base` of the message.
fn number(text: &str, len: usize, base: usize) -> Result<Data<'_>, Error> {
    let (digits, above) = match text.split_once(COMPOSITE) {
        Some((digits, above)) => (digits, Some(above)),
        None => (text, None),
    };
    if digits.len() != len {
        let at = digits.floor_char_boundary(len);
        let allowed = Form::of("13 digits in EAN-13, 8 in EAN-8", "EAN-13为13位数字，EAN-8为8位");
        return Err(Error::new("gtin", at, Fault::Length { allowed }));
    }
    let gtin = Gtin::parse(digits)?;
    let start = digits.len() + COMPOSITE.len();
    let read = |above| ElementString::parse_raw(above).map_err(|error: Error| error.shifted(start));
    let composite = above.map(read).transpose()?.map(|above| above.shifted(base + start));
    Ok(Data::Number { digits, gtin, composite })
}
