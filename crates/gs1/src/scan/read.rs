//! What a text is, told by its symbology identifier, else by its shape.

use super::{Content, LabelDate, ScanSettings};
use crate::china::{AhmUdi, Cdtc, MaUdi};
use crate::digital_link::{self, DigitalLink};
use crate::element::{Element, ElementString, FNC1};
use crate::error::Error;
use crate::fault::Fault;
use crate::keys::{Gtin, Sscc};
use crate::symbology::{Data, Symbology, Transmission};

/// Reads a scan; offsets in the error count from its start.
pub(super) fn read(text: &str, settings: &ScanSettings) -> Result<(Option<Symbology>, Content), Error> {
    let sent = Transmission::parse(text)?;
    let (symbology, at) = (sent.symbology(), sent.at());
    let content = match sent.into_data() {
        Data::Elements(elements) => Content::Elements(elements),
        Data::Number { gtin, composite, .. } => Content::Gtin(gtin, composite),
        Data::Plain(text) => by_shape(text, settings).map_err(|error| error.shifted(at))?.shifted(at),
    };
    check_dates(&content, settings.reference_year)?;
    Ok((symbology, content))
}

impl Content {
    /// The same content seen from a text in which it begins at `base`.
    fn shifted(self, base: usize) -> Self {
        match self {
            Self::Elements(elements) => Self::Elements(elements.shifted(base)),
            Self::Link(link) => Self::Link(link.shifted(base)),
            other => other,
        }
    }

    /// The elements, whatever carried them.
    pub(super) fn elements(&self) -> &[Element] {
        match self {
            Self::Elements(elements) | Self::Gtin(_, Some(elements)) => elements.elements(),
            Self::Link(link) => link.elements().elements(),
            _ => &[],
        }
    }
}

/// Tells by its shape what a text without a GS1 symbology identifier is.
fn by_shape(text: &str, settings: &ScanSettings) -> Result<Content, Error> {
    let digits = text.bytes().all(|byte| byte.is_ascii_digit());
    match text.len() {
        0 => Err(Error::new("scan", 0, Fault::Empty)),
        20 if digits => Cdtc::parse(text).map(Content::Cdtc),
        18 if digits => Sscc::parse(text).map(Content::Sscc),
        8 | 12..=14 if digits => Gtin::parse(text).map(|gtin| Content::Gtin(gtin, None)),
        _ if text.starts_with('(') => {
            ElementString::parse_bracketed_with(text, settings.leniency).map(Content::Elements)
        }
        _ if text.starts_with("MA.") => MaUdi::parse(text).map(Content::Ma),
        _ if digital_link::is_address(text) => {
            DigitalLink::parse_with(text, settings.leniency).map(Content::Link)
        }
        _ if is_element_string(text) => ElementString::parse_raw(text).map(Content::Elements),
        _ if settings.opaque_as_ahm => AhmUdi::parse(text).map(Content::Ahm),
        _ => Err(Error::new("scan", 0, Fault::Unrecognised)),
    }
}

/// Whether a text that lost its symbology identifier can still be told to be an element string:
/// by a separator in it, or because it begins with the key that GS1 symbols put first.
fn is_element_string(text: &str) -> bool {
    text.contains(FNC1) || ["00", "01", "02"].iter().any(|key| text.starts_with(key))
}

/// Checks the dates once more, now that their century is known: 29 February exists in 2000, not in 2100.
fn check_dates(content: &Content, reference_year: u16) -> Result<(), Error> {
    let dated = content.elements().iter().filter(|element| element.ai().is_date());
    for element in dated {
        LabelDate::of(element.value(), reference_year)
            .map_err(|error| error.shifted(element.at()).of(element.ai()))?;
    }
    Ok(())
}
