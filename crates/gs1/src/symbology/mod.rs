//! Symbologies: which symbol a text came from, and what a reader sends for one (ISO/IEC 15424).

mod read;
mod write;

pub use read::{Data, Transmission};

/// A symbology whose messages are read or written here.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Symbology {
    /// EAN-13.
    Ean13,
    /// EAN-8.
    Ean8,
    /// UPC-A: sent as EAN-13.
    UpcA,
    /// UPC-E, written out to 12 digits: sent as EAN-13.
    UpcE,
    /// GS1-128.
    Gs1128,
    /// GS1 DataBar of every kind that holds element strings, and composites of GS1-128.
    DataBarExpanded,
    /// GS1 DataBar with a GTIN alone: Omnidirectional, Truncated, Stacked.
    DataBarOmni,
    /// GS1 DataBar Limited: a GTIN with indicator 0 or 1.
    DataBarLimited,
    /// Data Matrix.
    DataMatrix,
    /// QR Code.
    QrCode,
    /// DotCode.
    DotCode,
    /// Code 128 that is not GS1-128.
    Code128,
    /// Code 39.
    Code39,
    /// Interleaved 2 of 5, ITF-14 among it.
    Itf,
    /// Aztec Code.
    Aztec,
    /// Han Xin Code 汉信码.
    HanXin,
}

/// What a message is told to be by its symbology identifier.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Carrier {
    /// A symbol in GS1 mode: an element string.
    Gs1,
    /// An EAN/UPC symbol: that many digits.
    Ean(usize),
    /// Any other symbol: known by the shape of what it says.
    Plain,
}

use Carrier::{Ean, Gs1, Plain};

/// The symbology identifiers that are read.
const IDENTIFIERS: [(&str, Symbology, Carrier); 22] = [
    ("]C1", Symbology::Gs1128, Gs1),
    ("]e0", Symbology::DataBarExpanded, Gs1),
    ("]d2", Symbology::DataMatrix, Gs1),
    ("]d5", Symbology::DataMatrix, Gs1),
    ("]Q3", Symbology::QrCode, Gs1),
    ("]Q4", Symbology::QrCode, Gs1),
    ("]J1", Symbology::DotCode, Gs1),
    ("]h1", Symbology::HanXin, Gs1),
    ("]E0", Symbology::Ean13, Ean(13)),
    ("]E4", Symbology::Ean8, Ean(8)),
    ("]A0", Symbology::Code39, Plain),
    ("]C0", Symbology::Code128, Plain),
    ("]I0", Symbology::Itf, Plain),
    ("]I1", Symbology::Itf, Plain),
    ("]d0", Symbology::DataMatrix, Plain),
    ("]d1", Symbology::DataMatrix, Plain),
    ("]Q0", Symbology::QrCode, Plain),
    ("]Q1", Symbology::QrCode, Plain),
    ("]Q2", Symbology::QrCode, Plain),
    ("]J0", Symbology::DotCode, Plain),
    ("]z0", Symbology::Aztec, Plain),
    ("]h0", Symbology::HanXin, Plain),
];

#[cfg(test)]
mod tests;
#[cfg(test)]
mod vectors;
