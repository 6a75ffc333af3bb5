//! GS1 Digital Link: element strings as web addresses (GS1 Digital Link Standard: URI Syntax), not
//! compressed.

pub(crate) mod percent;
mod read;
mod words;
mod write;

use crate::dictionary::Ai;
use crate::element::{Element, ElementString, Leniency};
use crate::error::Error;

/// The most bytes of an address that is read.
pub(crate) const MAX_BYTES: usize = crate::scan::MAX_SCAN_BYTES;

/// Where canonical addresses begin.
pub(crate) const CANONICAL_STEM: &str = "https://id.gs1.org";

/// A GS1 Digital Link: a key with its qualifiers in the path, attributes in the query.
///
/// ```text
/// https://example.com/some/stem/01/09521234543213/10/A1/21/S7?17=281231
/// └────────── stem ───────────┘ └──── key ─────┘ └─ qualifiers ┘ attributes
/// ```
///
/// Any domain and any stem will do; a fragment and whatever in the query is no application identifier
/// are left out. Key, qualifiers and attributes share the type of a scan's elements.
///
/// ```
/// use gs1::{Ai, DigitalLink};
///
/// let link = DigitalLink::parse("https://example.com/x/01/09521234543213/10/A%2F1?linkType=all&17=281231")?;
/// assert_eq!((link.key().ai(), link.get(Ai::LOT)), (Ai::GTIN, Some("A/1")));
/// assert_eq!(link.canonical(), "https://id.gs1.org/01/09521234543213/10/A%2F1?17=281231");
/// # Ok::<(), gs1::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DigitalLink {
    stem: Box<str>,
    /// Key and qualifiers in the order of the path, then attributes.
    elements: ElementString,
    /// How many elements the path has.
    path: usize,
}

impl DigitalLink {
    /// Reads an address. Offsets in the error count from its start.
    pub fn parse(text: &str) -> Result<Self, Error> {
        read::link(text, Leniency::default())
    }

    /// The same, letting pass what `leniency` says.
    pub fn parse_with(text: &str, leniency: Leniency) -> Result<Self, Error> {
        read::link(text, leniency)
    }

    /// The canonical address of elements: the first that is a key is the key, its qualifiers follow in
    /// the order of the standard, the rest are attributes. Offsets in the error are those of the
    /// elements, [`Element::at`].
    pub fn of(elements: &ElementString) -> Result<Self, Error> {
        write::arranged(elements)
    }

    /// The same link under another stem: scheme, domain and path before the key, such as
    /// `https://example.com/goods`.
    pub fn with_stem(&self, stem: &str) -> Result<Self, Error> {
        read::check_stem(stem)?;
        Ok(Self { stem: stem.into(), ..self.clone() })
    }

    /// Scheme, domain and path before the key.
    pub fn stem(&self) -> &str {
        &self.stem
    }

    /// The key.
    pub fn key(&self) -> &Element {
        &self.elements.elements()[0]
    }

    /// What tells things under the key apart: lot, serial.
    pub fn qualifiers(&self) -> &[Element] {
        &self.elements.elements()[1..self.path]
    }

    /// What else is known of the thing.
    pub fn attributes(&self) -> &[Element] {
        &self.elements.elements()[self.path..]
    }

    /// Key, qualifiers and attributes together.
    pub const fn elements(&self) -> &ElementString {
        &self.elements
    }

    /// The value of an application identifier.
    pub fn get(&self, ai: Ai) -> Option<&str> {
        self.elements.get(ai)
    }

    /// The same seen from a text in which the address begins at `base`.
    pub(crate) fn shifted(self, base: usize) -> Self {
        Self { elements: self.elements.shifted(base), ..self }
    }
}

/// Whether a text is a web address, and so can be nothing but a Digital Link here.
pub(crate) fn is_address(text: &str) -> bool {
    read::scheme(text).is_some()
}

/// Whether `qualifiers` may follow a key in this order.
fn in_order(key: Ai, qualifiers: &[Element]) -> bool {
    let alternatives = key.row().key.unwrap_or_default();
    alternatives.split('|').any(|sequence| {
        let mut allowed = sequence.split(',');
        qualifiers.iter().all(|qualifier| allowed.any(|code| code == qualifier.ai().as_str()))
    })
}

/// Whether an application identifier may be an attribute beside a key. What qualifies the key belongs
/// in the path.
fn is_attribute(key: Ai, ai: Ai) -> bool {
    let mut qualifiers = key.row().key.unwrap_or_default().split([',', '|']);
    ai.row().attribute && !qualifiers.any(|code| code == ai.as_str())
}

#[cfg(test)]
mod tests;
#[cfg(test)]
mod vectors;
