//! Identifiers and barcodes: GS1, Chinese codes, canonical texts.
//!
//! Everything that is traced, and everybody who acts, is named by text that somebody printed, scanned
//! or typed. This crate says what such text is, where it is wrong, and which single written form of it
//! is to be recorded and hashed.
//!
//! ```
//! use gs1::{CodeKind, Item, ScanData};
//!
//! let scan = ScanData::parse("]d20106901234567892172812001012C\u{1d}21S.1", 2026)?;
//! assert_eq!((scan.kind(), scan.lot(), scan.serial()), (CodeKind::ElementString, Some("12C"), Some("S.1")));
//! assert_eq!(scan.expiry().map(|date| date.to_string()).as_deref(), Some("2028-12-31"));
//! assert_eq!(scan.warnings()[0].to_string(), "(17) USE BY or EXPIRY: day 00 names a month and counts as its last day");
//! assert_eq!(scan.item(), Some(Item::parse("sgtin:06901234567892.S%2E1")?));
//!
//! let text = "(01)06901234567893(10)12C";
//! let error = ScanData::parse(text, 2026).unwrap_err();
//! assert_eq!(error.to_string(), "(01) GTIN: has a wrong check digit (byte 17)");
//! assert_eq!(error.marked(text), "(01)0690123456789*3*(10)12C");
//! # Ok::<(), gs1::Error>(())
//! ```
//!
//! # What is here
//!
//! | for | types |
//! | --- | --- |
//! | any scan: what it is, the item it names, what is odd | [`ScanData`], [`ScanSettings`], [`CodeKind`], [`Udi`], [`LabelDate`], [`Warning`] |
//! | GS1 element strings, in brackets and as transmitted | [`ElementString`], [`Element`] |
//! | the GS1 Barcode Syntax Dictionary: 541 application identifiers, their linters and pairs | [`Ai`], [`Linter`] |
//! | GS1 Digital Link, not compressed, in and out; what may pass by agreement alone | [`DigitalLink`], [`Leniency`] |
//! | what readers send: symbology identifiers, FNC1, composites | [`Transmission`], [`Symbology`] |
//! | GS1 keys | [`Gtin`], [`Gln`], [`Sscc`] |
//! | Chinese codes | [`Uscc`] 统一社会信用代码, [`Cdtc`] 追溯码, [`NationalDrugCode`] 本位码, [`DrugApproval`] 批准文号, [`DeviceRegistration`] 注册证编号, [`DeviceFiling`] 备案编号, [`InstitutionLicence`] 医疗机构登记号, [`DeclarationNumber`] 报关单号 |
//! | device identifiers 医疗器械唯一标识 beside GS1 | [`MaUdi`], [`AhmUdi`] |
//! | canonical texts | [`Item`], [`Lot`], [`Product`], [`Site`], [`Document`], [`PartyId`], each with a borrowed twin ([`ItemRef`] …) that parses without allocating |
//! | what is odd about such a text, or about a number on a paper | [`caution`], [`registration_caution`], [`institution_licence_caution`], [`Caution`] |
//! | faults | [`Error`], [`Fault`] |
//!
//! # Invariants
//!
//! - A value of an identifier type is valid, by what the type's own page says it checks; an [`Element`]
//!   holds what its row of the dictionary allows.
//! - One thing, one canonical text: `parse` accepts a text only if it is the one that formatting
//!   its parts gives, so equal texts mean equal parts and the reverse.
//! - No input panics. Time is linear in the length of the input, lengths are bounded, and elements are
//!   compared with each other only up to [`MAX_ELEMENTS`].
//! - An [`Error`] names the part, the bytes and the fault, and allocates nothing. A [`Warning`] is no
//!   error: what is read is read.
//! - The table of application identifiers agrees with the published dictionary entry by entry, and the
//!   published vectors of its linters and of the GS1 Syntax Engine give the published results.
//!
//! # Deliberately absent
//!
//! - I/O, clocks, regular expressions, unsafe code. Two-digit years are judged against a year the
//!   caller passes in.
//! - Who holds a company prefix, which product a number names: such registers change daily. Prefixes
//!   are checked for their shape.
//! - Check digits nobody can verify (drug trace codes, MA identifiers), and a verdict on those that
//!   lawful codes are known to miss: see [`Uscc::check_ok`] and [`PartyRef::warning`].
//! - Compressed Digital Links, and images: decoding a symbol is the reader's work.
//! - Unicode tables: whether a name is in normal form NFC is for the caller to check.
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
    PartyKind, PartyRef, Product, ProductRef, Scheme, Site, SiteRef, Source, caution,
};
pub use check::{check_digit, check_digit_ok, check_pair, check_pair_ok};
pub use china::{
    AhmUdi, ApprovalForm, Cdtc, DeclarationNumber, DeviceClass, DeviceFiling, DeviceOrigin,
    DeviceRegistration, Direction, DrugApproval, InstitutionLicence, MaPart, MaUdi, NationalDrugCode, Uscc,
    institution_licence_caution, registration_caution,
};
pub use dictionary::Ai;
pub use digital_link::DigitalLink;
pub use element::{Element, ElementString, Leniency, MAX_ELEMENTS};
pub use error::Error;
pub use escape::Escaped;
pub use fault::{Fault, Form};
pub use keys::{Gln, Gtin, Sscc};
pub use linter::Linter;
pub use scan::{CodeKind, LabelDate, MAX_SCAN_BYTES, ScanData, ScanSettings, Udi, UdiAgency};
pub use symbology::{Data, Symbology, Transmission};
pub use warning::{CAUTIONS, Caution, CautionRow, Warning};

#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;

#[cfg(test)]
mod conformance;
#[cfg(test)]
mod linear;
#[cfg(test)]
mod tests;
