//! Fields of custody statements. `path` is where the body stands: `ship`, or `correct.replacement.ship`.

use std::{collections::BTreeSet, fmt::Display};

use gs1::DocumentKind;
use proto::v1::{
    Commission, LotAmount, Pack, Receive, ReceiveException, ReceiveOutcome, Ship, Unpack, Use, UseLine,
};

use super::{Accept, Check, End, MAX_ITEMS, MAX_LOTS};
use crate::Reason;

impl<'a> Check<'a> {
    pub(super) fn commission(&mut self, path: &'static str, b: &'a Commission) {
        for (i, item) in b.items.iter().enumerate() {
            self.item(format_args!("{path}.items[{i}]"), item, Accept::Units);
        }
        self.lot(format_args!("{path}.lot"), &b.lot);
        match (&b.quantity, b.items.is_empty()) {
            (None, true) => {
                self.fault(Reason::MissingField, format_args!("{path}.items"), "neither items nor a quantity")
            }
            (Some(_), false) => {
                self.fault(Reason::InvalidField, format_args!("{path}.quantity"), "goes only without items");
            }
            (q, _) if q.is_some() => self.quantity(format_args!("{path}.quantity"), q.as_ref()),
            _ => {}
        }
        self.registration(format_args!("{path}.registration"), &b.registration);
        self.span(path, ("made_on", &b.made_on, End::Required), ("expires_on", &b.expires_on, End::Required));
        if !(1..=100_000).contains(&b.units_per_code) {
            self.fault(Reason::InvalidField, format_args!("{path}.units_per_code"), "must be 1 to 100,000");
        }
        if !b.market.is_empty() {
            self.text(format_args!("{path}.market"), &b.market, 40);
        }
    }

    pub(super) fn pack(&mut self, path: &'static str, b: &'a Pack) {
        self.item(format_args!("{path}.parent"), &b.parent, Accept::Goods);
        if b.children.is_empty() {
            self.fault(Reason::MissingField, format_args!("{path}.children"), "nothing is packed");
        }
        for (i, child) in b.children.iter().enumerate() {
            self.item(format_args!("{path}.children[{i}]"), child, Accept::Goods);
        }
    }

    pub(super) fn unpack(&mut self, path: &'static str, b: &'a Unpack) {
        self.item(format_args!("{path}.parent"), &b.parent, Accept::Goods);
        for (i, child) in b.children.iter().enumerate() {
            self.item(format_args!("{path}.children[{i}]"), child, Accept::Goods);
        }
    }

    fn lots(&mut self, path: &'static str, lots: &'a [LotAmount]) {
        self.count(format_args!("{path}.lots"), lots.len(), MAX_LOTS);
        let mut seen = BTreeSet::new();
        for (i, amount) in lots.iter().enumerate().take(MAX_LOTS) {
            self.lot_amount(format_args!("{path}.lots[{i}]"), amount);
            if !amount.lot.is_empty() && !seen.insert((&amount.lot, unit(amount))) {
                let description = "the lot is listed twice in one unit";
                self.fault(Reason::ItemTwice, format_args!("{path}.lots[{i}].lot"), description);
            }
        }
    }

    fn lot_amount(&mut self, path: impl Display, amount: &LotAmount) {
        self.lot(format_args!("{path}.lot"), &amount.lot);
        self.quantity(format_args!("{path}.quantity"), amount.quantity.as_ref());
    }

    pub(super) fn ship(&mut self, path: &'static str, b: &'a Ship) {
        if b.items.is_empty() && b.lots.is_empty() {
            self.fault(
                Reason::MissingField,
                format_args!("{path}.items"),
                "neither items nor lots are shipped",
            );
        }
        for (i, item) in b.items.iter().enumerate() {
            self.item(format_args!("{path}.items[{i}]"), item, Accept::Goods);
        }
        self.lots(path, &b.lots);
        self.party(format_args!("{path}.addressee"), &b.addressee);
        self.optional(&b.ship_to, |c, s| c.site(format_args!("{path}.ship_to"), s));
        for (name, party) in [("owner", &b.owner), ("bill_to", &b.bill_to), ("carrier", &b.carrier)] {
            self.optional(party, |c, p| c.party(format_args!("{path}.{name}"), p));
        }
        self.code(format_args!("{path}.reason"), &b.reason);
        self.optional(&b.waybill, |c, w| {
            c.document(format_args!("{path}.waybill"), w, DocumentKind::Waybill)
        });
    }

    pub(super) fn receive(&mut self, path: &'static str, b: &'a Receive) {
        if b.shipment.is_some() {
            self.target(format_args!("{path}.shipment"), b.shipment.as_ref(), false);
        } else if b.bill.is_empty() && b.waybill.is_empty() {
            self.fault(
                Reason::MissingField,
                format_args!("{path}.shipment"),
                "name the shipment, its bill or its waybill",
            );
        }
        self.optional(&b.bill, |c, d| c.document(format_args!("{path}.bill"), d, DocumentKind::Bill));
        self.optional(&b.waybill, |c, d| {
            c.document(format_args!("{path}.waybill"), d, DocumentKind::Waybill)
        });
        for (i, item) in b.items.iter().enumerate() {
            self.item(format_args!("{path}.items[{i}]"), item, Accept::Goods);
        }
        self.lots(path, &b.lots);
        self.exceptions(path, &b.exceptions);
        self.temperature(format_args!("{path}.arrival"), b.arrival.as_ref());
    }

    fn exceptions(&mut self, path: &'static str, exceptions: &'a [ReceiveException]) {
        if exceptions.len() > MAX_ITEMS {
            let description = format_args!("more than {MAX_ITEMS} lines");
            self.fault(Reason::TooManyItems, format_args!("{path}.exceptions"), description);
        }
        let mut seen = BTreeSet::new();
        for (i, e) in exceptions.iter().enumerate().take(MAX_ITEMS) {
            self.exception(path, i, e);
            if let Some(lot) = &e.lot
                && !lot.lot.is_empty()
                && !seen.insert((e.outcome, &lot.lot, unit(lot)))
            {
                let description = "the lot is listed twice with one outcome and unit";
                self.fault(Reason::ItemTwice, format_args!("{path}.exceptions[{i}].lot.lot"), description);
            }
        }
    }

    fn exception(&mut self, path: &'static str, i: usize, e: &'a ReceiveException) {
        if e.outcome() == ReceiveOutcome::Unspecified {
            self.fault(Reason::MissingField, format_args!("{path}.exceptions[{i}].outcome"), "not set");
        }
        match (&e.lot, e.item.is_empty()) {
            (None, false) => self.item(format_args!("{path}.exceptions[{i}].item"), &e.item, Accept::Goods),
            (Some(lot), true) => self.lot_amount(format_args!("{path}.exceptions[{i}].lot"), lot),
            _ => self.fault(
                Reason::InvalidField,
                format_args!("{path}.exceptions[{i}]"),
                "names either an item or an amount of a lot",
            ),
        }
        if !e.note.is_empty() {
            self.prose(format_args!("{path}.exceptions[{i}].note"), &e.note, 500);
        }
    }

    pub(super) fn using(&mut self, path: &'static str, b: &'a Use) {
        if b.lines.is_empty() {
            self.fault(Reason::MissingField, format_args!("{path}.lines"), "nothing is used");
        }
        let mut seen = BTreeSet::new();
        for (i, line) in b.lines.iter().enumerate().take(MAX_ITEMS + 1) {
            self.use_line(path, i, line);
            // One box may be used from several vials in one statement: a line is item and vial.
            if !line.item.is_empty() && !seen.insert((line.item.as_str(), line.vial)) {
                self.fault(
                    Reason::ItemTwice,
                    format_args!("{path}.lines[{i}].item"),
                    "the item is listed twice for one vial",
                );
            }
        }
    }

    fn use_line(&mut self, path: &'static str, i: usize, line: &UseLine) {
        if self.may_name(format_args!("{path}.lines[{i}].item")) {
            self.sound_item(format_args!("{path}.lines[{i}].item"), &line.item, Accept::Units);
        }
        if line.vial > 100_000 {
            self.fault(
                Reason::InvalidField,
                format_args!("{path}.lines[{i}].vial"),
                "must be 1 to 100,000, or 0",
            );
        }
        for (name, quantity) in [("used", &line.used), ("wasted", &line.wasted)] {
            if quantity.is_some() {
                self.quantity(format_args!("{path}.lines[{i}].{name}"), quantity.as_ref());
            }
        }
        if line.used.is_none() && line.wasted.is_none() && !line.finished && line.counter == 0 {
            self.fault(
                Reason::MissingField,
                format_args!("{path}.lines[{i}].used"),
                "says neither what was used nor wasted, nor that nothing is left, nor a counter",
            );
        }
        self.instant_or_none(format_args!("{path}.lines[{i}].opened_at"), line.opened_at);
        self.paired(path, i, line);
    }

    fn paired(&mut self, path: &'static str, i: usize, line: &UseLine) {
        let field = format_args!("{path}.lines[{i}].paired");
        if line.paired.is_empty() || !self.may_name(field) {
            return;
        }
        self.sound_item(field, &line.paired, Accept::Units);
        if line.paired == line.item {
            self.fault(Reason::ItemTwice, field, "is the item itself");
        }
    }
}

/// The unit of an amount; empty where none is given.
fn unit(amount: &LotAmount) -> &str {
    amount.quantity.as_ref().map_or("", |q| &q.unit)
}
