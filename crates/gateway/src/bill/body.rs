//! From the lines of one bill to the body of its statement.

use std::collections::BTreeSet;

use proto::v1::{Adjust, AdjustLine, AdjustOutcome, Header, LotAmount, Ship, Use, UseLine, statement::Body};

use super::{Reader, Row, missing, read::Goods, receiving::outcome};
use crate::{
    columns::{COLUMNS, Column},
    fault::{Fault, Reason},
    kinds::{BillType, Makes},
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
            Self::Ship(_) | Self::Rework(_) => &[
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
            Self::Adjust(_) => &[C::Reason, C::Product, C::Lot, C::Quantity, C::Unit, C::Note],
            // Refused whole: no column is looked at.
            Self::ByHand => &[],
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
            Makes::Adjust(outcome) => Some(Body::Adjust(self.adjust(outcome))),
            Makes::Rework(reason) if self.bill_cell(C::Partner).is_some() => {
                Some(Body::Ship(self.ship(reason)))
            }
            Makes::Rework(_) | Makes::ByHand => {
                self.by_hand(bill_type, header);
                None
            }
        }
    }

    /// Tells what is wrong with the rest of a bill whose type is not known.
    pub(super) fn all_the_rest(&mut self) {
        let partner = self.party(C::Partner, "partner").unwrap_or_default();
        for column in [C::Carrier, C::Owner, C::BillTo] {
            self.party(column, column.row().name);
        }
        self.site(C::ShipTo, "shipTo", &partner);
        if let Some((line, text)) = self.bill_cell(C::Parent) {
            self.code(&Row { line, ..Row::default() }, C::Parent, text);
        }
        for column in [C::MadeOn, C::ExpiresOn] {
            if self.bill_cell(column).is_some() {
                self.day(column, column.row().name);
            }
        }
        self.temperature();
        for row in self.rows.clone() {
            self.outcome(row);
            self.yes(row, C::Finished);
            if let Some(text) = row.get(C::Code) {
                self.code(row, C::Code, text);
            }
            self.read_alone(row);
        }
    }

    /// Refuses cells that a bill of its type has no use for: what somebody wrote must not get lost.
    pub(super) fn foreign(&mut self) {
        let Some(makes) = self.bill_cell(C::Type).and_then(|(_, t)| BillType::find(t)).map(|t| t.makes)
        else {
            return;
        };
        let at_home = matches!(makes, Makes::Rework(_)) && self.bill_cell(C::Partner).is_none();
        if at_home || makes == Makes::ByHand {
            return;
        }
        let takes = |column: Column| ALWAYS.contains(&column) || makes.columns().contains(&column);
        for column in COLUMNS.iter().map(|r| r.column).filter(|c| !takes(*c)) {
            let lines: Vec<u32> =
                self.rows.iter().filter(|r| r.get(column).is_some()).map(|r| r.line).collect();
            if let Some(line) = lines.first() {
                let head = self.sheet.head(column);
                self.faults.push(Fault::plain(*line, head, Reason::ColumnNotForType));
            }
        }
    }

    /// The lines' goods, with the places of each; an item named twice is a fault of its second line.
    pub(super) fn lines(&mut self, body: &str) -> (Vec<String>, Vec<LotAmount>) {
        let (mut items, mut lots) = (Vec::new(), Vec::new());
        let mut seen = BTreeSet::new();
        for row in self.rows.clone() {
            if row.get(C::Outcome).is_some_and(|text| outcome(text) != Some(None)) {
                continue;
            }
            self.note_of_accepted(row, body);
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

    pub(super) fn line_place(&mut self, path: String, row: &Row) {
        let column = if row.get(C::Code).is_some() { C::Code } else { C::Lot };
        self.places.put(path, row.line, self.sheet.head(column));
    }

    pub(super) fn twice(&mut self, row: &Row, item: &str) {
        let en = format!("{item} stands on an earlier line of the same bill");
        let (head, zh) = (self.sheet.head(C::Code), format!("{item} 在同一单据中重复"));
        self.faults.push(Fault::of_ledger(row.line, head, statement::Reason::ItemTwice, en, zh));
    }

    /// Codes of single things: no lots.
    pub(super) fn items(&mut self, body: &str) -> Vec<String> {
        let (items, lots) = self.lines(body);
        for (i, lot) in lots.iter().enumerate() {
            let (line, _) = self.places.find(&format!("{body}.lots[{i}]"));
            let en = format!("{}: only things with a code of their own here", lot.lot);
            self.fault(
                line,
                C::Code,
                Reason::BadCode,
                en,
                format!("{}：此处只能是带独立编码的物品", lot.lot),
            );
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

    fn adjust(&mut self, outcome: AdjustOutcome) -> Adjust {
        let reason = self.bill_cell(C::Reason).map(|(_, text)| text.to_owned()).unwrap_or_default();
        self.place("adjust.reason", C::Reason);
        let mut lines = Vec::new();
        let mut seen = BTreeSet::new();
        for row in self.rows.clone() {
            let Some(goods) = self.goods(row) else { continue };
            let note = row.get(C::Note).unwrap_or_default().to_owned();
            let mut line = AdjustLine { outcome: outcome as i32, note, ..AdjustLine::default() };
            match goods {
                Goods::Item(item) if !seen.insert(item.clone()) => {
                    self.twice(row, &item);
                    continue;
                }
                Goods::Item(item) => line.item = item,
                Goods::Lot(lot) => line.lot = Some(lot),
            }
            let place = format!("adjust.lines[{}]", lines.len());
            for field in ["item", "lot"] {
                self.line_place(format!("{place}.{field}"), row);
            }
            self.places.put(format!("{place}.note"), row.line, self.sheet.head(C::Note));
            lines.push(line);
        }
        Adjust { lines, reason }
    }

    fn uses(&mut self) -> Vec<UseLine> {
        let mut lines = Vec::new();
        for row in self.rows.clone() {
            let Some(text) = row.get(C::Code) else {
                self.faults.push(missing(row.line, self.sheet.head(C::Code)));
                self.read_alone(row);
                continue;
            };
            let Some(scanned) = self.code(row, C::Code, text) else {
                self.read_alone(row);
                continue;
            };
            let item = scanned.item;
            if row.get(C::Quantity).is_none() && row.get(C::Wasted).is_none() && row.get(C::Unit).is_some() {
                self.faults.push(missing(row.line, self.sheet.head(C::Quantity)));
            }
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
                self.fault(row.line, column, Reason::BadYes, en, format!("“{text}”：请写 是 或 否"));
                false
            }
        }
    }
}
