//! Canonical texts: the one written form of each thing that has a history.
//!
//! Every type comes twice: borrowed ([`ItemRef`]), which parses without allocating, and owned
//! ([`Item`]). Both remember where the parts lie, so asking for a part costs a slice.

mod document;
mod face;
mod item;
mod lot;
mod odd;
mod party;
mod product;
mod site;

pub use document::{Document, DocumentKind, DocumentRef, Source};
pub use item::{Item, ItemKind, ItemRef};
pub use lot::{Lot, LotRef};
pub use odd::caution;
pub use party::{PartyId, PartyKind, PartyRef};
pub use product::{Product, ProductRef, Scheme};
pub use site::{Site, SiteRef};

use crate::error::Error;
use crate::fault::{Fault, Form};

/// The most bytes a canonical text may have.
pub const MAX_CANONICAL_BYTES: usize = 256;

/// A length or offset inside a canonical text.
type Offset = u16;
const _: () = assert!(MAX_CANONICAL_BYTES <= Offset::MAX as usize);

/// Refuses what is empty or too long before anything looks closer.
fn bounded(part: &'static str, text: &str) -> Result<(), Error> {
    match text.len() {
        0 => Err(Error::new(part, 0, Fault::Empty)),
        len if len > MAX_CANONICAL_BYTES => {
            let at = text.floor_char_boundary(MAX_CANONICAL_BYTES);
            let max = MAX_CANONICAL_BYTES;
            Err(Error::new(part, at, Fault::TooManyBytes { max }))
        }
        _ => Ok(()),
    }
}

/// Splits `text` at the first `separator`, or says what is missing at the end.
fn split_at_first(part: &'static str, text: &str, separator: char, wanted: Form) -> Result<usize, Error> {
    text.find(separator).ok_or(Error::new(part, text.len(), Fault::Expected(wanted)))
}

/// An offset that [`bounded`] has shown to fit.
fn offset(at: usize) -> Offset {
    Offset::try_from(at).unwrap_or(Offset::MAX)
}

#[cfg(test)]
mod laws;
#[cfg(test)]
mod tests;
