//! Identifiers and barcodes: GS1, Chinese codes, canonical texts.
//!
//! Everything the ledger traces, and everybody who acts in it, is named by text that somebody
//! printed, scanned or typed. This crate decides what such text means and which single written
//! form of it is recorded and hashed.
//!
//! - **Identifiers**: [`Gtin`], [`Gln`], [`Sscc`], [`Uscc`] 统一社会信用代码, [`Cdtc`] 追溯码,
//!   [`NationalDrugCode`] 本位码, [`MaUdi`], [`AhmUdi`], [`DeviceRegistration`] 注册证编号,
//!   [`DeviceFiling`] 备案编号, [`DrugApproval`] 批准文号, [`DeclarationNumber`] 报关单号.
//! - **Canonical texts**: [`Item`], [`Lot`], [`Product`], [`Site`], [`Document`], [`PartyId`], each
//!   with a borrowed twin ([`ItemRef`] …) that parses without allocating.
//! - **Scans**: [`ScanData`] reads what a scanner sends and names the item.
//!
//! # The grammar of canonical texts
//!
//! ```text
//! item     = "sgtin:" GTIN14 "." serial | lot | "sscc:" SSCC18 | "cdtc:" 20 digits
//!          | "ma:" MA-UDI | "ahm:" AHM-UDI | "bag:" code
//! lot      = "lot:" product "." lot-number
//! product  = "gtin:" GTIN14 | "ma:" escaped(UDI-DI) | "nhi:" 14 digits | "reg:" number
//! party    = "uscc:" 18 characters | "gln:" GLN13 | "org:" name
//! site     = "site:gln:" GLN13 | "site:" escaped(party) "/" code
//! document = "decl:" 18 digits | "bill:" escaped(party) "/" number
//!          | ("waybill:" | "cert:") (escaped(party) | code) "/" number
//! ```
//!
//! Serial, lot-number, code and number are escaped: `%`, `.`, `/` and the controls, and nothing
//! else, become `%XX` for each UTF-8 byte, in upper case. The name after `org:` and a UDI after
//! `ma:` or `ahm:` are the last part of their text and stand as they are; a party inside a site
//! or document is escaped as a whole.
//!
//! | part | at most | alphabet |
//! | --- | --- | --- |
//! | serial; lot-number of a `gtin` | 20 characters | GS1 set 82 |
//! | lot-number under `ma`, `nhi`, `reg` | 50 characters | printable |
//! | number after `reg:` | 80 bytes | printable |
//! | code, number | 80 bytes | any; a code in place of a party without `:` |
//! | name | 200 bytes | printable |
//! | AHM-UDI | 64 characters | printable |
//! | whole text | 256 bytes | |
//!
//! Parts are counted unescaped, the whole text as it stands; no part is empty. *Printable* leaves
//! out controls, line separators, and characters that show nothing (joiners, direction marks), and
//! allows no white space at either end.
//!
//! ```
//! use gs1::{Gtin, Item, ItemRef};
//!
//! let gtin = Gtin::parse("9521234543213")?;
//! let item = Item::sgtin(&gtin, "A/7")?;
//! assert_eq!(item.as_str(), "sgtin:09521234543213.A%2F7");
//!
//! let read = ItemRef::parse(item.as_str())?;
//! assert_eq!(read.gtin(), Some(gtin));
//! assert_eq!(read.serial().as_deref(), Some("A/7"));
//! # Ok::<(), gs1::Error>(())
//! ```
//!
//! # Invariants
//!
//! - A value of an identifier type is valid, by what the type's own page says it checks.
//! - One thing, one canonical text: `parse` accepts a text only if it is the one that formatting
//!   its parts gives, so equal texts mean equal parts and the reverse.
//! - No input panics; time is linear in its length; every length is bounded.
//! - An [`Error`] names the part, the byte offset and the fault, and allocates nothing.
//!
//! # Deliberately absent
//!
//! - I/O, clocks, regular expressions, unsafe code. Two-digit years are judged against a year the
//!   caller passes in.
//! - Unicode tables: whether a name is in normal form NFC is for the caller to check.
//! - Check digits nobody can verify (drug trace codes, MA identifiers), and a verdict on those that
//!   lawful codes are known to miss: ask [`Uscc::check_ok`] and warn.
//! - The rest of the GS1 syntax dictionary: further application identifiers, which of them go
//!   together, company prefixes, country lists, and GS1 Digital Link.

mod ascii;
mod canonical;
mod charset;
mod check;
mod china;
mod dictionary;
mod digital_link;
mod element;
mod error;
mod escape;
mod fault;
mod keys;
mod linter;
mod rule;
mod scan;
mod steps;
mod symbology;
mod warning;

pub use canonical::{
    Document, DocumentKind, DocumentRef, Item, ItemKind, ItemRef, Lot, LotRef, MAX_CANONICAL_BYTES, PartyId,
    PartyKind, PartyRef, Product, ProductRef, Scheme, Site, SiteRef, Source,
};
pub use check::{check_digit, check_digit_ok, check_pair, check_pair_ok};
pub use china::{
    AhmUdi, ApprovalForm, Cdtc, DeclarationNumber, DeviceClass, DeviceFiling, DeviceOrigin,
    DeviceRegistration, Direction, DrugApproval, MaPart, MaUdi, NationalDrugCode, Uscc,
};
pub use dictionary::Ai;
pub use digital_link::DigitalLink;
pub use element::{Element, ElementString, Leniency, MAX_ELEMENTS};
pub use error::Error;
pub use escape::Escaped;
pub use fault::Fault;
pub use keys::{Gln, Gtin, Sscc};
pub use linter::Linter;
pub use scan::{CodeKind, LabelDate, MAX_SCAN_BYTES, ScanData, ScanSettings};
pub use symbology::{Data, Symbology, Transmission};
pub use warning::{Caution, Warning};

#[cfg(test)]
mod conformance;
#[cfg(test)]
mod linear;
#[cfg(test)]
mod tests;
