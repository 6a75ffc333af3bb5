//! Bills about how goods come into being and into containers: Commission, Pack, Unpack.

use std::collections::BTreeSet;

use gs1::{ItemKind, Lot};
use proto::v1::{Commission, Pack, Quantity, Unpack};

use super::{Reader, Row, missing};
use crate::{columns::Column, fault::Reason, settings::Product};

use Column as C;

impl Reader<'_> {
    pub(super) fn container(&mut self, path: &str) -> Option<String> {
        let Some((line, text)) = self.bill_cell(C::Parent) else {
            self.faults.push(missing(self.first(), self.sheet.head(C::Parent)));
            return None;
        };
        self.place(path, C::Parent);
        let row = Row { line, ..Row::default() };
        let parent = self.code(&row, C::Parent, text)?.item;
        if parent.view().kind() == ItemKind::Lot {
            let en = format!("{} is a lot, not a container", parent.as_str());
            self.fault(line, C::Parent, Reason::BadCode, en, format!("{} 是批次，不是箱", parent.as_str()));
            return None;
        }
        Some(parent.into())
    }

    pub(super) fn pack(&mut self) -> Option<Pack> {
        let parent = self.container("pack.parent");
        let children = self.items("pack");
        self.rename("pack.items", "pack.children", children.len());
        Some(Pack { parent: parent?, children })
    }

    /// A bill without codes takes everything out.
    pub(super) fn unpack(&mut self) -> Option<Unpack> {
        let parent = self.container("unpack.parent");
        let bare = self.rows.iter().all(|row| row.get(C::Code).is_none());
        let children = if bare { Vec::new() } else { self.items("unpack") };
        self.rename("unpack.items", "unpack.children", children.len());
        Some(Unpack { parent: parent?, children })
    }

    fn rename(&mut self, from: &str, to: &str, count: usize) {
        for i in 0..count {
            let (line, column) = self.places.find(&format!("{from}[{i}]"));
            self.places.put(format!("{to}[{i}]"), line, column);
        }
    }

    pub(super) fn commission(&mut self) -> Option<Commission> {
        let product =
            self.rows.iter().find_map(|r| r.get(C::Product)).and_then(|p| self.mapping.products.get(p));
        let product = product.cloned().unwrap_or_default();
        let lot = self.common_lot();
        let bare = self.rows.iter().all(|row| row.get(C::Code).is_none());
        let (items, quantity) = if bare { (Vec::new(), self.sum()) } else { (self.coded(), None) };
        Some(Commission {
            items,
            quantity,
            registration: self.registration(&product),
            made_on: self.day(C::MadeOn, "commission.made_on"),
            expires_on: self.day(C::ExpiresOn, "commission.expires_on"),
            units_per_code: self.units_per_code(&product),
            market: self.bill_cell(C::Market).map_or(product.market.as_str(), |(_, m)| m).to_owned(),
            opening_stock: false,
            lot: lot?,
        })
    }

    /// The lot that all lines of a Commission name.
    fn common_lot(&mut self) -> Option<String> {
        let mut common: Option<String> = None;
        let mut bad = false;
        for row in self.rows.clone() {
            if row.get(C::Lot).is_none() {
                continue;
            }
            let Some(lot) = self.lot(row) else {
                bad = true;
                continue;
            };
            if common.as_ref().is_some_and(|first| *first != lot) {
                let en = "a Commission is about one lot; write a bill for each".to_owned();
                self.fault(
                    row.line,
                    C::Lot,
                    Reason::Differs,
                    en,
                    "一张赋码入库单只能有一个批号，请分单".into(),
                );
            }
            common.get_or_insert(lot);
        }
        if common.is_none() && !bad {
            self.faults.push(missing(self.first(), self.sheet.head(C::Lot)));
        }
        if let Some(lot) = common.as_deref().and_then(|lot| Lot::parse(lot).ok()) {
            // Lines with a lot of their own were compared with it.
            for row in self.rows.clone().into_iter().filter(|row| row.get(C::Lot).is_none()) {
                self.product_of_lot(row, &lot);
            }
        }
        self.place("commission.lot", C::Lot);
        common
    }

    fn coded(&mut self) -> Vec<String> {
        let mut items = Vec::new();
        let mut seen = BTreeSet::new();
        for row in self.rows.clone() {
            let Some(text) = row.get(C::Code) else {
                self.faults.push(missing(row.line, self.sheet.head(C::Code)));
                continue;
            };
            let Some(scanned) = self.code(row, C::Code, text) else { continue };
            self.single(row);
            self.beside_lot(row, &scanned, true);
            let item = String::from(scanned.item);
            if !seen.insert(item.clone()) {
                self.twice(row, &item);
            }
            self.line_place(format!("commission.items[{}]", items.len()), row);
            items.push(item);
        }
        items
    }

    /// Amounts of the lines of a Commission without codes, which have one unit.
    fn sum(&mut self) -> Option<Quantity> {
        let mut sum: Option<Quantity> = None;
        for row in self.rows.clone() {
            let Some(quantity) = self.quantity(row) else { continue };
            match &mut sum {
                None => sum = Some(quantity),
                Some(all) if all.unit == quantity.unit => {
                    all.amount = all.amount.saturating_add(quantity.amount)
                }
                Some(_) => {
                    let en = "differs from the unit of an earlier line".to_owned();
                    self.fault(row.line, C::Unit, Reason::Differs, en, "与前面行的单位不一致".into());
                }
            }
        }
        sum
    }

    fn registration(&mut self, product: &Product) -> String {
        self.place("commission.registration", C::Registration);
        match self.bill_cell(C::Registration) {
            Some((_, text)) => text.to_owned(),
            None if product.registration.is_empty() => {
                self.faults.push(missing(self.first(), self.sheet.head(C::Registration)));
                String::new()
            }
            None => product.registration.clone(),
        }
    }

    fn units_per_code(&mut self, product: &Product) -> u32 {
        self.place("commission.units_per_code", C::UnitsPerCode);
        let row = self.rows.iter().copied().find(|row| row.get(C::UnitsPerCode).is_some());
        match row {
            Some(row) => u32::try_from(self.whole(row, C::UnitsPerCode).unwrap_or(1)).unwrap_or(u32::MAX),
            None => product.units_per_code.max(1),
        }
    }
}
