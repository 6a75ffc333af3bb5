//! Lots: `lot:SCHEME:PRODUCT.LOT`.

use std::borrow::Cow;

use super::face::canonical_text;
use super::product::{self, Product, ProductRef, Scheme};
use super::{Offset, bounded, offset, split_at_first};
use crate::error::Error;
use crate::escape::{self, Escaped};
use crate::fault::{Fault, Form};
use crate::keys::Gtin;
use crate::rule::{self, Rule};

canonical_text! {
    /// A lot, borrowed.
    LotRef,
    /// A production lot of a product, `lot:SCHEME:PRODUCT.LOT`. Every lot is also an
    /// [`Item`](crate::Item).
    Lot,
    LotLayout,
    check
}

/// Where the parts of a lot's text lie.
#[derive(Debug, Clone, Copy)]
pub(super) struct LotLayout {
    scheme: Scheme,
    /// Place of the `.` between product and lot.
    dot: Offset,
}

const PREFIX: &str = "lot:";

fn check(text: &str) -> Result<LotLayout, Error> {
    bounded("lot", text)?;
    let Some(rest) = text.strip_prefix(PREFIX) else {
        return Err(Error::new("lot", 0, Fault::Expected(Form::same("lot:"))));
    };
    check_rest(rest).map_err(|error| error.shifted(PREFIX.len()))
}

/// Checks what follows `lot:`. The layout counts from the start of the whole text.
pub(super) fn check_rest(rest: &str) -> Result<LotLayout, Error> {
    let dot = split_at_first(
        "lot",
        rest,
        '.',
        Form::of("a dot and the lot after the product", "产品之后的点和批号"),
    )?;
    let scheme = product::check_product(&rest[..dot])?;
    lot_rule(scheme).check_escaped(&rest[dot + 1..]).map_err(|error| error.shifted(dot + 1))?;
    let dot = offset(PREFIX.len() + dot);
    Ok(LotLayout { scheme, dot })
}

/// What a lot number may hold under a scheme.
fn lot_rule(scheme: Scheme) -> Rule {
    match scheme {
        Scheme::Gtin => rule::GTIN_LOT,
        Scheme::Ma | Scheme::Nhi | Scheme::Reg => rule::FREE_LOT,
    }
}

/// The lot as an item's text whose parser has checked it.
pub(super) const fn checked(text: &str, layout: LotLayout) -> LotRef<'_> {
    LotRef { text, layout }
}

impl<'a> LotRef<'a> {
    /// Which register names the product.
    pub const fn scheme(self) -> Scheme {
        self.layout.scheme
    }

    /// The product, a stretch of this very text.
    pub fn product(self) -> ProductRef<'a> {
        let text = &self.text[PREFIX.len()..usize::from(self.layout.dot)];
        product::checked(text, self.layout.scheme)
    }

    /// The GTIN of the product of a `gtin` lot.
    pub fn gtin(self) -> Option<Gtin> {
        self.product().gtin()
    }

    /// The lot number, still escaped.
    pub fn escaped_lot(self) -> Escaped<'a> {
        Escaped::checked(&self.text[usize::from(self.layout.dot) + 1..])
    }

    /// The lot number as printed.
    pub fn lot(self) -> Cow<'a, str> {
        self.escaped_lot().unescape()
    }

    pub(super) const fn layout(self) -> LotLayout {
        self.layout
    }
}

impl Lot {
    /// The lot `lot` of a product. Offsets in the error count from the start of `lot`, except
    /// where the whole text is too long.
    pub fn new(product: &Product, lot: &str) -> Result<Self, Error> {
        lot_rule(product.scheme()).check_raw(lot)?;
        let mut text = format!("{PREFIX}{product}.");
        escape::push(&mut text, lot);
        Self::assembled(text)
    }

    /// The product.
    pub fn product(&self) -> ProductRef<'_> {
        self.view().product()
    }

    /// The lot number as printed.
    pub fn lot(&self) -> Cow<'_, str> {
        self.view().lot()
    }
}
