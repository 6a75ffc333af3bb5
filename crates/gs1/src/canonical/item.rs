//! Items: what is traced.

use std::borrow::Cow;

use super::bounded;
use super::face::canonical_text;
use super::lot::{self, Lot, LotLayout, LotRef};
use super::product::{Product, ProductRef};
use crate::china::{self, AhmUdi, Cdtc, MaUdi};
use crate::error::Error;
use crate::escape::{self, Escaped};
use crate::fault::{Fault, Form};
use crate::keys::{Gtin, Sscc};
use crate::rule;

canonical_text! {
    /// A traced thing, borrowed.
    ItemRef,
    /// A traced thing: a unit, a lot, a logistic unit, a device or an evidence bag.
    ///
    /// | text | is |
    /// | --- | --- |
    /// | `sgtin:GTIN14.SERIAL` | a unit by GTIN and serial, 1–20 characters of set 82 |
    /// | `lot:SCHEME:PRODUCT.LOT` | a [`Lot`] |
    /// | `sscc:SSCC18` | a logistic unit |
    /// | `cdtc:DIGITS20` | a drug trace code 追溯码 |
    /// | `ma:UDI` | a device by its MA identifier, as printed, not escaped |
    /// | `ahm:UDI` | a device by its AHM identifier, as printed, not escaped |
    /// | `bag:CODE` | an evidence bag, its code of 1–80 bytes escaped |
    Item,
    ItemLayout,
    check
}

/// What sort of thing an item is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ItemKind {
    /// `sgtin:` GTIN and serial.
    Sgtin,
    /// `lot:` a production lot.
    Lot,
    /// `sscc:` a logistic unit.
    Sscc,
    /// `cdtc:` a drug trace code 追溯码.
    Cdtc,
    /// `ma:` a device identifier of MA.
    Ma,
    /// `ahm:` a device identifier of AHM.
    Ahm,
    /// `bag:` an evidence bag.
    Bag,
}

/// Kind of an item, and for a lot where its parts lie.
#[derive(Debug, Clone, Copy)]
enum ItemLayout {
    Lot(LotLayout),
    Other(ItemKind),
}

/// `sgtin:` and 14 digits: the place of the `.` before the serial.
const SGTIN_DOT: usize = 6 + 14;

impl ItemKind {
    /// Every kind, in the order of the table in [`Item`].
    pub const ALL: [Self; 7] =
        [Self::Sgtin, Self::Lot, Self::Sscc, Self::Cdtc, Self::Ma, Self::Ahm, Self::Bag];

    /// The text before the first colon.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Sgtin => "sgtin",
            Self::Lot => "lot",
            Self::Sscc => "sscc",
            Self::Cdtc => "cdtc",
            Self::Ma => "ma",
            Self::Ahm => "ahm",
            Self::Bag => "bag",
        }
    }

    fn of_prefix(prefix: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == prefix)
    }
}

fn check(text: &str) -> Result<ItemLayout, Error> {
    bounded("item", text)?;
    let named = text.split_once(':');
    let Some((kind, rest)) = named.and_then(|(prefix, rest)| Some((ItemKind::of_prefix(prefix)?, rest)))
    else {
        let wanted = Form::of(
            "sgtin:, lot:, sscc:, cdtc:, ma:, ahm: or bag:",
            "sgtin:、lot:、sscc:、cdtc:、ma:、ahm: 或 bag:",
        );
        return Err(Error::new("item", 0, Fault::Expected(wanted)));
    };
    check_rest(kind, rest).map_err(|error| error.shifted(kind.as_str().len() + 1))
}

fn check_rest(kind: ItemKind, rest: &str) -> Result<ItemLayout, Error> {
    match kind {
        ItemKind::Lot => return lot::check_rest(rest).map(ItemLayout::Lot),
        ItemKind::Sgtin => check_sgtin(rest),
        ItemKind::Sscc => Sscc::parse(rest).map(drop),
        ItemKind::Cdtc => Cdtc::parse(rest).map(drop),
        ItemKind::Ma => china::check_ma(rest).map(drop),
        ItemKind::Ahm => rule::AHM.check_raw(rest),
        ItemKind::Bag => rule::BAG.check_escaped(rest),
    }?;
    Ok(ItemLayout::Other(kind))
}

/// Checks `GTIN14.SERIAL`.
fn check_sgtin(rest: &str) -> Result<(), Error> {
    let wanted = Form::of("a dot and the serial after the GTIN", "GTIN之后的点和序列号");
    let dot = super::split_at_first("serial", rest, '.', wanted)?;
    Gtin::parse14(&rest[..dot])?;
    rule::SERIAL.check_escaped(&rest[dot + 1..]).map_err(|error| error.shifted(dot + 1))
}

impl<'a> ItemRef<'a> {
    /// What sort of thing it is.
    pub const fn kind(self) -> ItemKind {
        match self.layout {
            ItemLayout::Lot(_) => ItemKind::Lot,
            ItemLayout::Other(kind) => kind,
        }
    }

    /// The text after the first colon.
    fn rest(self) -> &'a str {
        &self.text[self.kind().as_str().len() + 1..]
    }

    /// The text after the colon, if the item is of one kind.
    fn rest_of(self, kind: ItemKind) -> Option<&'a str> {
        (self.kind() == kind).then(|| self.rest())
    }

    /// The GTIN of a unit, or of a lot that has one.
    pub fn gtin(self) -> Option<Gtin> {
        match self.layout {
            ItemLayout::Lot(_) => self.as_lot()?.gtin(),
            ItemLayout::Other(ItemKind::Sgtin) => Gtin::parse14(&self.text[6..SGTIN_DOT]).ok(),
            ItemLayout::Other(_) => None,
        }
    }

    /// The serial number of a unit, still escaped.
    pub fn escaped_serial(self) -> Option<Escaped<'a>> {
        self.rest_of(ItemKind::Sgtin).map(|_| Escaped::checked(&self.text[SGTIN_DOT + 1..]))
    }

    /// The serial number of a unit, as printed.
    pub fn serial(self) -> Option<Cow<'a, str>> {
        self.escaped_serial().map(Escaped::unescape)
    }

    /// The item as a lot, if it is one.
    pub fn as_lot(self) -> Option<LotRef<'a>> {
        match self.layout {
            ItemLayout::Lot(layout) => Some(lot::checked(self.text, layout)),
            ItemLayout::Other(_) => None,
        }
    }

    /// The product of a lot, as a stretch of this text. A unit has no such stretch: see
    /// [`ItemRef::to_product`].
    pub fn lot_product(self) -> Option<ProductRef<'a>> {
        self.as_lot().map(LotRef::product)
    }

    /// The product that the code itself names: of a unit, a lot, or an MA device.
    pub fn to_product(self) -> Option<Product> {
        match self.kind() {
            ItemKind::Sgtin => self.gtin().map(|gtin| Product::gtin(&gtin)),
            ItemKind::Lot => self.lot_product().map(Product::from),
            ItemKind::Ma => self.ma().map(|udi| Product::ma(&udi)),
            ItemKind::Sscc | ItemKind::Cdtc | ItemKind::Ahm | ItemKind::Bag => None,
        }
    }

    /// The SSCC of a logistic unit.
    pub fn sscc(self) -> Option<Sscc> {
        Sscc::parse(self.rest_of(ItemKind::Sscc)?).ok()
    }

    /// The drug trace code.
    pub fn cdtc(self) -> Option<Cdtc> {
        Cdtc::parse(self.rest_of(ItemKind::Cdtc)?).ok()
    }

    /// The MA device identifier.
    pub fn ma(self) -> Option<MaUdi> {
        MaUdi::parse(self.rest_of(ItemKind::Ma)?).ok()
    }

    /// The AHM device identifier.
    pub fn ahm(self) -> Option<&'a str> {
        self.rest_of(ItemKind::Ahm)
    }

    /// The code of an evidence bag.
    pub fn bag(self) -> Option<Cow<'a, str>> {
        self.rest_of(ItemKind::Bag).map(|rest| Escaped::checked(rest).unescape())
    }
}

impl Item {
    /// Checks a canonical text without keeping anything of it. Allocates nothing.
    pub fn validate(text: &str) -> Result<ItemKind, Error> {
        ItemRef::parse(text).map(ItemRef::kind)
    }

    /// A unit by GTIN and serial number, the serial as printed. Offsets in the error count from
    /// the start of `serial`.
    pub fn sgtin(gtin: &Gtin, serial: &str) -> Result<Self, Error> {
        rule::SERIAL.check_raw(serial)?;
        let mut text = format!("sgtin:{gtin}.");
        escape::push(&mut text, serial);
        Self::assembled(text)
    }

    /// A lot of a GTIN, the lot number as printed.
    pub fn lot_gtin(gtin: &Gtin, lot: &str) -> Result<Self, Error> {
        Self::lot(&Product::gtin(gtin), lot)
    }

    /// A lot of any product, the lot number as printed.
    pub fn lot(product: &Product, lot: &str) -> Result<Self, Error> {
        Lot::new(product, lot).map(Self::from)
    }

    /// A logistic unit.
    pub fn sscc(sscc: &Sscc) -> Self {
        Self::coded(ItemKind::Sscc, sscc.as_str())
    }

    /// A drug pack by its trace code.
    pub fn cdtc(code: &Cdtc) -> Self {
        Self::coded(ItemKind::Cdtc, code.as_str())
    }

    /// A device by its MA identifier, as printed.
    pub fn ma(udi: &MaUdi) -> Result<Self, Error> {
        Self::assembled(format!("ma:{udi}"))
    }

    /// A device by its AHM identifier, as printed.
    pub fn ahm(udi: &AhmUdi) -> Result<Self, Error> {
        Self::assembled(format!("ahm:{udi}"))
    }

    /// An evidence bag by the code on it. Offsets in the error count from the start of `code`.
    pub fn bag(code: &str) -> Result<Self, Error> {
        rule::BAG.check_raw(code)?;
        let mut text = String::from("bag:");
        escape::push(&mut text, code);
        Self::assembled(text)
    }

    /// What sort of thing it is.
    pub const fn kind(&self) -> ItemKind {
        match self.layout {
            ItemLayout::Lot(_) => ItemKind::Lot,
            ItemLayout::Other(kind) => kind,
        }
    }

    fn coded(kind: ItemKind, value: &str) -> Self {
        Self { text: format!("{}:{value}", kind.as_str()).into_boxed_str(), layout: ItemLayout::Other(kind) }
    }
}

impl<'a> From<LotRef<'a>> for ItemRef<'a> {
    fn from(lot: LotRef<'a>) -> Self {
        Self { text: lot.as_str(), layout: ItemLayout::Lot(lot.layout()) }
    }
}

impl From<Lot> for Item {
    fn from(lot: Lot) -> Self {
        let layout = ItemLayout::Lot(lot.view().layout());
        Self { text: String::from(lot).into_boxed_str(), layout }
    }
}
