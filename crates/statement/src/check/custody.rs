//! Fields of custody statements. `path` is where the body stands: `ship`, or `correct.replacement.ship`.

use std::collections::BTreeSet;

use gs1::DocumentKind;
use proto::v1::{Commission, Pack, Receive, ReceiveException, ReceiveOutcome, Ship, Unpack, Use, UseLine};

use super::{
    Accept, Check, End, MAX_ITEMS,
    part::{NOTE, unit},
};
use crate::{Reason, Words, words};

impl<'a> Check<'a> {
    pub(super) fn commission(&mut self, path: &'static str, b: &'a Commission) {
        self.items(format_args!("{path}.items"), &b.items, Accept::Units);
        self.lot(format_args!("{path}.lot"), &b.lot);
        match (&b.quantity, b.items.is_empty()) {
            (None, true) => self.fault(
                Reason::MissingField,
                format_args!("{path}.items"),
                Words::of("neither items nor a quantity", "物品与数量均未填写"),
            ),
            (Some(_), false) => {
                self.fault(
                    Reason::InvalidField,
                    format_args!("{path}.quantity"),
                    Words::of("goes only without items", "未列物品时才可填写"),
                );
            }
            (q, _) if q.is_some() => self.quantity(format_args!("{path}.quantity"), q.as_ref()),
            _ => {}
        }
        self.registration(format_args!("{path}.registration"), &b.registration);
        self.span(path, ("made_on", &b.made_on, End::Required), ("expires_on", &b.expires_on, End::Required));
        self.units_per_code(format_args!("{path}.units_per_code"), b.units_per_code);
        self.text_or_none(format_args!("{path}.market"), &b.market, 40);
    }

    pub(super) fn pack(&mut self, path: &'static str, b: &'a Pack) {
        self.item(format_args!("{path}.parent"), &b.parent, Accept::Goods);
        if b.children.is_empty() {
            self.fault(
                Reason::MissingField,
                format_args!("{path}.children"),
                Words::of("nothing is packed", "未列装入的物品"),
            );
        }
        self.items(format_args!("{path}.children"), &b.children, Accept::Goods);
    }

    pub(super) fn unpack(&mut self, path: &'static str, b: &'a Unpack) {
        self.item(format_args!("{path}.parent"), &b.parent, Accept::Goods);
        self.items(format_args!("{path}.children"), &b.children, Accept::Goods);
    }

    pub(super) fn ship(&mut self, path: &'static str, b: &'a Ship) {
        if b.items.is_empty() && b.lots.is_empty() {
            self.fault(
                Reason::MissingField,
                format_args!("{path}.items"),
                Words::of("neither items nor lots are shipped", "未列所发的物品或批"),
            );
        }
        self.items(format_args!("{path}.items"), &b.items, Accept::Goods);
        self.amounts(format_args!("{path}.lots"), &b.lots);
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
                Words::of("name the shipment, its bill or its waybill", "请写明发货声明、其单号或运单"),
            );
        }
        self.optional(&b.bill, |c, d| c.document(format_args!("{path}.bill"), d, DocumentKind::Bill));
        self.optional(&b.waybill, |c, d| {
            c.document(format_args!("{path}.waybill"), d, DocumentKind::Waybill)
        });
        self.items(format_args!("{path}.items"), &b.items, Accept::Goods);
        self.amounts(format_args!("{path}.lots"), &b.lots);
        self.exceptions(path, &b.exceptions);
        self.temperature(format_args!("{path}.arrival"), b.arrival.as_ref());
    }

    fn exceptions(&mut self, path: &'static str, exceptions: &'a [ReceiveException]) {
        if exceptions.len() > MAX_ITEMS {
            let description = words!("more than {MAX_ITEMS} lines", "超过 {MAX_ITEMS} 行");
            self.fault(Reason::TooManyItems, format_args!("{path}.exceptions"), description);
        }
        let mut seen = BTreeSet::new();
        for (i, e) in exceptions.iter().enumerate().take(MAX_ITEMS) {
            self.exception(path, i, e);
            if let Some(lot) = &e.lot
                && !lot.lot.is_empty()
                && !seen.insert((e.outcome, &lot.lot, unit(lot)))
            {
                let description = Words::of(
                    "the lot is listed twice with one outcome and unit",
                    "同一批以相同结果与单位重复列出",
                );
                self.fault(Reason::ItemTwice, format_args!("{path}.exceptions[{i}].lot.lot"), description);
            }
        }
    }

    fn exception(&mut self, path: &'static str, i: usize, e: &'a ReceiveException) {
        if e.outcome() == ReceiveOutcome::Unspecified {
            self.fault(
                Reason::MissingField,
                format_args!("{path}.exceptions[{i}].outcome"),
                Words::of("not set", "未填写"),
            );
        }
        self.item_or_lot(format_args!("{path}.exceptions[{i}]"), &e.item, e.lot.as_ref());
        self.note(format_args!("{path}.exceptions[{i}].note"), &e.note, NOTE);
    }

    pub(super) fn using(&mut self, path: &'static str, b: &'a Use) {
        if b.lines.is_empty() {
            self.fault(
                Reason::MissingField,
                format_args!("{path}.lines"),
                Words::of("nothing is used", "未列所使用的物品"),
            );
        }
        let mut seen = BTreeSet::new();
        for (i, line) in b.lines.iter().enumerate().take(MAX_ITEMS + 1) {
            self.use_line(path, i, line);
            // One box may be used from several vials in one statement: a line is item and vial.
            if !line.item.is_empty() && !seen.insert((line.item.as_str(), line.vial)) {
                self.fault(
                    Reason::ItemTwice,
                    format_args!("{path}.lines[{i}].item"),
                    Words::of("the item is listed twice for one vial", "同一物品的同一瓶重复列出"),
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
                Words::of("must be 1 to 100,000, or 0", "须为 1 至 100,000，或 0"),
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
                Words::of(
                    "says neither what was used nor wasted, nor that nothing is left, nor a counter",
                    "用量、损耗、是否用完、计数均未填写",
                ),
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
            self.fault(Reason::ItemTwice, field, Words::of("is the item itself", "即该物品自身"));
        }
    }
}
