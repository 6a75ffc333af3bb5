//! From the lines of one bill to the body of its statement.

use std::collections::BTreeSet;

use gs1::ItemKind;
use proto::v1::{
    Commission, Header, LotAmount, Pack, Quantity, Receive, ReceiveException, ReceiveOutcome, Ship,
    Temperature, Unpack, Use, UseLine, statement::Body,
};

use super::{Reader, Row, missing, read::Goods};
use crate::{
    columns::{COLUMNS, Column},
    kinds::{BillType, Makes},
    settings::Product,
};

use Column as C;

/// Columns that every bill may fill.
const ALWAYS: &[Column] = &[C::Number, C::Type, C::Time, C::Principal, C::Site, C::Code];

impl Makes {
    /// Further columns that such a bill may fill.
    const fn columns(self) -> &'static [Column] {
        match self {
            Self::Commission => &[
                C::Product,
                C::Lot,
                C::Quantity,
                C::Unit,
                C::Registration,
                C::MadeOn,
                C::ExpiresOn,
                C::UnitsPerCode,
                C::Market,
            ],
            Self::Pack | Self::Unpack => &[C::Parent],
            Self::Ship(_) => &[
                C::Partner,
                C::ShipTo,
                C::Owner,
                C::BillTo,
                C::Reason,
                C::Carrier,
                C::Waybill,
                C::Product,
                C::Lot,
                C::Quantity,
                C::Unit,
            ],
            Self::Receive => &[
                C::Partner,
                C::Source,
                C::Carrier,
                C::Waybill,
                C::Temperature,
                C::Product,
                C::Lot,
                C::Quantity,
                C::Unit,
                C::Outcome,
                C::Note,
            ],
            Self::Use => &[C::Quantity, C::Unit, C::Wasted, C::Vial, C::Finished],
            // Refused whole: no column is looked at.
            Self::NotYet(_) => &[],
        }
    }
}

impl<'s> Reader<'s> {
    /// The body; `None` with faults collected.
    pub(super) fn body(&mut self, bill_type: &BillType, header: &Header) -> Option<Body> {
        match bill_type.makes {
            Makes::Commission => self.commission().map(Body::Commission),
            Makes::Pack => self.pack().map(Body::Pack),
            Makes::Unpack => self.unpack().map(Body::Unpack),
            Makes::Ship(reason) => Some(Body::Ship(self.ship(reason))),
            Makes::Receive => Some(Body::Receive(self.receive(header))),
            Makes::Use => Some(Body::Use(Use { lines: self.uses() })),
            Makes::NotYet(needs) => {
                let (code, name) = (bill_type.code, bill_type.chinese);
                let en = format!(
                    "bills of type {code} {name} need the statement {needs}, which this version does not have; \
                     record it by hand when it comes"
                );
                let zh = format!("类型 {code} {name} 需要 {needs} 声明，本版本尚不支持；请待支持后再补报");
                self.fault(self.first(), C::Type, "TYPE_NOT_SUPPORTED", en, zh);
                None
            }
        }
    }

    /// Refuses cells that a bill of its type has no use for: what somebody wrote must not get lost.
    pub(super) fn foreign(&mut self) {
        let Some(makes) = self.bill_cell(C::Type).and_then(|(_, t)| BillType::find(t)).map(|t| t.makes)
        else {
            return;
        };
        if matches!(makes, Makes::NotYet(_)) {
            return;
        }
        let takes = |column: Column| ALWAYS.contains(&column) || makes.columns().contains(&column);
        for column in COLUMNS.iter().map(|r| r.column).filter(|c| !takes(*c)) {
            let lines: Vec<u32> =
                self.rows.iter().filter(|r| r.get(column).is_some()).map(|r| r.line).collect();
            if let Some(line) = lines.first() {
                let en = "a bill of this type has no such column; leave it empty".to_owned();
                self.fault(*line, column, "COLUMN_NOT_FOR_TYPE", en, "此类单据不使用该列，请留空".into());
            }
        }
    }

    /// The lines' goods, with the places of each; an item named twice is a fault of its second line.
    fn lines(&mut self, body: &str) -> (Vec<String>, Vec<LotAmount>) {
        let (mut items, mut lots) = (Vec::new(), Vec::new());
        let mut seen = BTreeSet::new();
        for row in self.rows.clone() {
            if row.get(C::Outcome).is_some_and(|text| outcome(text) != Some(None)) {
                continue;
            }
            match self.goods(row) {
                Some(Goods::Item(item)) => {
                    if seen.insert(item.clone()) {
                        self.line_place(format!("{body}.items[{}]", items.len()), row);
                        items.push(item);
                    } else {
                        self.twice(row, &item);
                    }
                }
                Some(Goods::Lot(lot)) => {
                    self.line_place(format!("{body}.lots[{}]", lots.len()), row);
                    lots.push(lot);
                }
                None => {}
            }
        }
        (items, lots)
    }

    fn line_place(&mut self, path: String, row: &Row) {
        let column = if row.get(C::Code).is_some() { C::Code } else { C::Lot };
        self.places.put(path, row.line, self.sheet.head(column));
    }

    fn twice(&mut self, row: &Row, item: &str) {
        let en = format!("{item} stands on an earlier line of the same bill");
        self.fault(row.line, C::Code, "ITEM_TWICE", en, format!("{item} 在同一单据中重复"));
    }

    /// Codes of single things: no lots.
    fn items(&mut self, body: &str) -> Vec<String> {
        let (items, lots) = self.lines(body);
        for (i, lot) in lots.iter().enumerate() {
            let (line, _) = self.places.find(&format!("{body}.lots[{i}]"));
            let en = format!("{}: only things with a code of their own here", lot.lot);
            self.fault(line, C::Code, "BAD_CODE", en, format!("{}：此处只能是带独立编码的物品", lot.lot));
        }
        items
    }

    fn ship(&mut self, reason: &'static str) -> Ship {
        let addressee = self.need_party(C::Partner, "ship.addressee");
        let carrier = self.party(C::Carrier, "ship.carrier").unwrap_or_default();
        let reason = match self.bill_cell(C::Reason) {
            Some((_, text)) => text.to_owned(),
            None => reason.to_owned(),
        };
        self.place("ship.reason", C::Reason);
        let (items, lots) = self.lines("ship");
        Ship {
            ship_to: self.site(C::ShipTo, "ship.ship_to", &addressee).unwrap_or_default(),
            owner: self.party(C::Owner, "ship.owner").unwrap_or_default(),
            bill_to: self.party(C::BillTo, "ship.bill_to").unwrap_or_default(),
            waybill: self.waybill(&carrier, "ship.waybill"),
            items,
            lots,
            addressee,
            reason,
            carrier,
        }
    }

    /// A receiver that names no bill of the sender is taken to receive what the sender shipped under the
    /// same number: that is how 码上放心 pairs bills.
    fn receive(&mut self, header: &Header) -> Receive {
        let sender = self.need_party(C::Partner, "receive.bill");
        let carrier = self.party(C::Carrier, "receive.waybill").unwrap_or_default();
        let waybill = self.waybill(&carrier, "receive.waybill");
        let mut bill = self.source_bill(&sender, "receive.bill");
        if bill.is_empty() && waybill.is_empty() {
            bill = statement::bill_text(&sender, &header.business_key).unwrap_or_default();
            self.place("receive.bill", C::Number);
        }
        let (items, lots) = self.lines("receive");
        let exceptions = self.exceptions();
        let arrival = self.temperature();
        Receive { shipment: None, bill, waybill, items, lots, exceptions, arrival, check: None }
    }

    fn exceptions(&mut self) -> Vec<ReceiveException> {
        let mut exceptions = Vec::new();
        for row in self.rows.clone() {
            let Some(text) = row.get(C::Outcome) else { continue };
            let Some(found) = outcome(text) else {
                let en = format!("“{text}”: write accepted, short, over, damaged or refused");
                let zh = format!("“{text}”：请写 合格、短少、多货、破损、拒收 之一");
                self.fault(row.line, C::Outcome, "BAD_OUTCOME", en, zh);
                continue;
            };
            let Some(found) = found else { continue };
            let (item, lot) = match self.goods(row) {
                Some(Goods::Item(item)) => (item, None),
                Some(Goods::Lot(lot)) => (String::new(), Some(lot)),
                None => continue,
            };
            self.line_place(format!("receive.exceptions[{}]", exceptions.len()), row);
            let note = row.get(C::Note).unwrap_or_default().to_owned();
            exceptions.push(ReceiveException { outcome: found.into(), item, lot, note });
        }
        exceptions
    }

    fn temperature(&mut self) -> Option<Temperature> {
        let (line, text) = self.bill_cell(C::Temperature)?;
        self.place("receive.arrival", C::Temperature);
        let plain = text.trim_end_matches(['C', '℃', '°', ' ']);
        let Some(millicelsius) = millis(plain) else {
            let en = format!("“{text}” is no temperature; write 5.4");
            self.fault(line, C::Temperature, "BAD_TEMPERATURE", en, format!("“{text}”不是温度；请写 5.4"));
            return None;
        };
        Some(Temperature { millicelsius })
    }

    fn container(&mut self, path: &str) -> Option<String> {
        let Some((line, text)) = self.bill_cell(C::Parent) else {
            self.faults.push(missing(self.first(), self.sheet.head(C::Parent)));
            return None;
        };
        self.place(path, C::Parent);
        let row = Row { line, ..Row::default() };
        let parent = self.code(&row, C::Parent, text)?;
        if parent.view().kind() == ItemKind::Lot {
            let en = format!("{} is a lot, not a container", parent.as_str());
            self.fault(line, C::Parent, "BAD_CODE", en, format!("{} 是批次，不是箱", parent.as_str()));
            return None;
        }
        Some(parent.into())
    }

    fn pack(&mut self) -> Option<Pack> {
        let parent = self.container("pack.parent");
        let children = self.items("pack");
        self.rename("pack.items", "pack.children", children.len());
        Some(Pack { parent: parent?, children })
    }

    /// A bill without codes takes everything out.
    fn unpack(&mut self) -> Option<Unpack> {
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

    fn commission(&mut self) -> Option<Commission> {
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

    /// The lot that all lines of a Commission name, in the lot column or in their scans.
    fn common_lot(&mut self) -> Option<String> {
        let mut common: Option<String> = None;
        for row in self.rows.clone() {
            if row.get(C::Lot).is_none() {
                continue;
            }
            let lot = self.lot(row)?;
            if common.as_ref().is_some_and(|first| *first != lot) {
                let en = "a Commission is about one lot; write a bill for each".to_owned();
                self.fault(row.line, C::Lot, "DIFFERS", en, "一张赋码入库单只能有一个批号，请分单".into());
            }
            common.get_or_insert(lot);
        }
        if common.is_none() {
            self.faults.push(missing(self.first(), self.sheet.head(C::Lot)));
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
            let Some(item) = self.code(row, C::Code, text) else { continue };
            let item = String::from(item);
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
            let quantity = self.quantity(row)?;
            match &mut sum {
                None => sum = Some(quantity),
                Some(all) if all.unit == quantity.unit => {
                    all.amount = all.amount.saturating_add(quantity.amount)
                }
                Some(_) => {
                    let en = "differs from the unit of an earlier line".to_owned();
                    self.fault(row.line, C::Unit, "DIFFERS", en, "与前面行的单位不一致".into());
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

    fn uses(&mut self) -> Vec<UseLine> {
        let mut lines = Vec::new();
        for row in self.rows.clone() {
            let Some(text) = row.get(C::Code) else {
                self.faults.push(missing(row.line, self.sheet.head(C::Code)));
                continue;
            };
            let Some(item) = self.code(row, C::Code, text) else { continue };
            let used = row.get(C::Quantity).and_then(|_| self.amount(row, C::Quantity));
            let wasted = row.get(C::Wasted).and_then(|_| self.amount(row, C::Wasted));
            let vial = row.get(C::Vial).and_then(|_| self.whole(row, C::Vial));
            let finished = self.yes(row, C::Finished);
            self.line_place(format!("use.lines[{}]", lines.len()), row);
            let vial = u32::try_from(vial.unwrap_or(0)).unwrap_or(u32::MAX);
            lines.push(UseLine { item: item.into(), vial, used, wasted, finished, ..UseLine::default() });
        }
        lines
    }

    fn yes(&mut self, row: &Row, column: Column) -> bool {
        match row.get(column) {
            None => false,
            Some("是" | "yes" | "YES" | "Yes" | "true" | "TRUE" | "1") => true,
            Some("否" | "no" | "NO" | "No" | "false" | "FALSE" | "0") => false,
            Some(text) => {
                let en = format!("“{text}”: write yes or no");
                self.fault(row.line, column, "BAD_YES", en, format!("“{text}”：请写 是 或 否"));
                false
            }
        }
    }
}

/// What became of a line: `None` = no such word, `Some(None)` = accepted.
fn outcome(text: &str) -> Option<Option<ReceiveOutcome>> {
    let found = match text {
        "合格" | "接收" | "accepted" => None,
        "短少" | "缺货" | "short" => Some(ReceiveOutcome::Short),
        "多货" | "over" => Some(ReceiveOutcome::Over),
        "破损" | "damaged" => Some(ReceiveOutcome::Damaged),
        "拒收" | "refused" => Some(ReceiveOutcome::Refused),
        _ => return None,
    };
    Some(found)
}

/// Thousandths of a decimal number with at most three places.
fn millis(text: &str) -> Option<i32> {
    let (sign, digits) = text.strip_prefix('-').map_or((1, text), |rest| (-1, rest));
    let (whole, places) = digits.split_once('.').unwrap_or((digits, "0"));
    let plain = |t: &str| !t.is_empty() && t.bytes().all(|b| b.is_ascii_digit());
    if !plain(whole) || !plain(places) || whole.len() > 4 || places.len() > 3 {
        return None;
    }
    let places: i32 = format!("{places:0<3}").parse().ok()?;
    Some(sign * (whole.parse::<i32>().ok()? * 1_000 + places))
}
