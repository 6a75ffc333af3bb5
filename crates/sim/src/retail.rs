//! From the distributors to the clinics: mostly one item a bill, and now and then something goes wrong.

use proto::v1::{ReceiveOutcome, StatementKind as Kind};

use crate::{
    act::{Act, Deed, Goods, Line, Shipping},
    calendar::{DAY, HOUR, MINUTE},
    cast::Who,
    goods::Class,
    lot::Code,
    planner::{Hop, Planner, units},
};

/// Time on the way from a distributor to a clinic.
const TO_CLINIC: (i64, i64) = (5 * HOUR, 40 * HOUR);

/// What becomes of a sale.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Turn {
    Plain,
    /// The clinic sends an item back; it is sold again.
    Returned,
    /// The clinic does not take an item in; it is sold again.
    Refused,
    /// An item was not in the parcel.
    Short,
    /// An item arrived damaged, is taken in and sent back.
    Damaged,
    /// Billed to the wrong clinic, taken back before it left.
    Voided,
    /// The bill is corrected after receipt; the clinic signs too.
    Amended,
}

/// Turns with their odds in 1,000; what is left is plain.
const TURNS: [(Turn, usize); 6] = [
    (Turn::Returned, 15),
    (Turn::Refused, 8),
    (Turn::Short, 5),
    (Turn::Damaged, 4),
    (Turn::Voided, 8),
    (Turn::Amended, 5),
];

impl Planner<'_> {
    /// Sells a case by units.
    pub(crate) fn retail(&mut self, from: Who, case: Code, at: i64) {
        let opened = self.later(at, 2 * HOUR, 4 * DAY);
        if self.dice.permille(600) {
            self.act(from, Kind::Unpack, opened, 0, Deed::Unpack(case), "");
        }
        let mut rest = self.units_in(case);
        while !rest.is_empty() {
            let group = rest.split_off(rest.len() - self.group_size().min(rest.len()));
            let at = opened + self.dice.between(30 * MINUTE, 8 * DAY);
            self.sell(from, &group, at);
        }
    }

    /// Units of a case, in random order.
    fn units_in(&mut self, case: Code) -> Vec<u16> {
        let Code::Case(n) = case else { return Vec::new() };
        let units: Vec<u16> = (0..self.lot.units).collect();
        let mut inside = units.chunks(self.per_case()).nth(usize::from(n)).unwrap_or_default().to_vec();
        self.dice.shuffle(&mut inside);
        inside
    }

    /// Items on one bill: one, mostly.
    fn group_size(&mut self) -> usize {
        match self.dice.below(100) {
            0..82 => 1,
            82..93 => 2,
            _ => 3 + self.dice.below(3),
        }
    }

    fn sell(&mut self, from: Who, group: &[u16], at: i64) {
        let mut throw = self.dice.below(1_000);
        let mut turn = Turn::Plain;
        for (other, odds) in TURNS {
            if throw < odds {
                turn = other;
                break;
            }
            throw -= odds;
        }
        let clinic = self.some_clinic(from);
        match turn {
            Turn::Plain => self.sell_plain(from, clinic, group, at, ""),
            Turn::Returned => self.sell_returned(from, clinic, group, at),
            Turn::Refused => self.sell_with_exception(from, clinic, group, at, ReceiveOutcome::Refused),
            // A parcel of one that is not there is never received.
            Turn::Short if group.len() < 2 => self.sell_plain(from, clinic, group, at, ""),
            Turn::Short => self.sell_with_exception(from, clinic, group, at, ReceiveOutcome::Short),
            Turn::Damaged => self.sell_with_exception(from, clinic, group, at, ReceiveOutcome::Damaged),
            Turn::Voided => self.sell_voided(from, clinic, group, at),
            Turn::Amended => self.sell_amended(from, clinic, group, at),
        }
    }

    fn to_clinic(from: Who, to: Who, group: &[u16], at: i64, note: &'static str) -> Hop {
        Hop { from, to, goods: units(group), at, reason: "sale", transit: TO_CLINIC, by_air: false, note }
    }

    fn sell_plain(&mut self, from: Who, clinic: Who, group: &[u16], at: i64, note: &'static str) {
        let hopped = self.hop(Self::to_clinic(from, clinic, group, at, note));
        self.use_up(clinic, group, hopped.arrived);
    }

    fn sell_again(&mut self, from: Who, item: u16, after: i64) {
        let clinic = self.some_clinic(from);
        let at = after + self.dice.between(DAY, 3 * DAY);
        self.sell_plain(from, clinic, &[item], at, "sold again");
    }

    fn sell_returned(&mut self, from: Who, clinic: Who, group: &[u16], at: i64) {
        let arrived = self.hop(Self::to_clinic(from, clinic, group, at, "")).arrived;
        let Some((item, kept)) = group.split_last() else { return };
        self.use_up(clinic, kept, arrived);
        let back = self.send_back(clinic, from, *item, arrived);
        self.sell_again(from, *item, back);
    }

    fn send_back(&mut self, clinic: Who, to: Who, item: u16, after: i64) -> i64 {
        let at = after + self.dice.between(6 * HOUR, 4 * DAY);
        let back = Hop { reason: "return", ..Self::to_clinic(clinic, to, &[item], at, "return") };
        self.hop(back).arrived
    }

    /// A shipment that does not arrive as it was sent: the last item is told apart.
    fn sell_with_exception(
        &mut self,
        from: Who,
        clinic: Who,
        group: &[u16],
        at: i64,
        outcome: ReceiveOutcome,
    ) {
        let Some((item, kept)) = group.split_last() else { return };
        let (reason, note) = match outcome {
            ReceiveOutcome::Refused => ("外包装温度标签变色，拒收", "refused"),
            ReceiveOutcome::Short => ("箱内缺一件", "short"),
            _ => ("外盒挤压变形", "damaged"),
        };
        let left = self.open(at);
        let carrier = Some(self.dice.pick(&self.world.cast().carriers));
        let shipping = Shipping {
            goods: units(group),
            to: clinic,
            reason: "sale",
            carrier,
            bill_to: None,
            by_air: false,
        };
        let ship = self.act(from, Kind::Ship, left, 0, Deed::Ship(shipping), note);
        let arrived = self.later(left, TO_CLINIC.0, TO_CLINIC.1);
        let naming = self.naming(false, true);
        let receive = Deed::Receive {
            shipment: ship,
            naming,
            goods: units(kept),
            exception: Some((outcome, Code::Unit(*item), reason)),
            arrival: self.arrival_temperature(),
        };
        self.act(clinic, Kind::Receive, arrived, ship.upload + 1_000_000, receive, note);
        self.use_up(clinic, kept, arrived);
        match outcome {
            ReceiveOutcome::Refused => self.sell_again(from, *item, arrived + DAY),
            ReceiveOutcome::Damaged => {
                self.send_back(clinic, from, *item, arrived);
            }
            _ => {}
        }
    }

    fn sell_voided(&mut self, from: Who, clinic: Who, group: &[u16], at: i64) {
        let others: Vec<Who> = self.world.cast().clinics.iter().copied().filter(|c| *c != clinic).collect();
        let wrong = self.dice.pick(&others);
        let left = self.open(at);
        let shipping = Shipping {
            goods: units(group),
            to: wrong,
            reason: "sale",
            carrier: None,
            bill_to: None,
            by_air: false,
        };
        let ship = self.act(from, Kind::Ship, left, 0, Deed::Ship(shipping), "to be voided");
        let noticed = left + self.dice.between(20 * MINUTE, 90 * MINUTE);
        let void = Deed::Void(ship, "收货单位录入错误，未出库");
        let void = self.act(from, Kind::Ship, noticed, ship.upload + 1_000_000, void, "void");
        let at = noticed + self.dice.between(HOUR, 3 * HOUR);
        // The right bill is written after the wrong one is gone.
        let at = at.max(void.occurred + MINUTE);
        self.sell_plain(from, clinic, group, at, "billed anew");
    }

    fn sell_amended(&mut self, from: Who, clinic: Who, group: &[u16], at: i64) {
        let hopped = self.hop(Self::to_clinic(from, clinic, group, at, "to be amended"));
        self.use_up(clinic, group, hopped.arrived);
        let noticed = self.later(hopped.arrived, HOUR, 2 * DAY);
        let bill_to = Some(clinic);
        let amended = Box::new(Deed::Ship(Shipping { bill_to, ..hopped.shipping }));
        let correct = Deed::Correct(hopped.ship, "补录开票单位", amended);
        // Both sides must stand in the ledger before the bill is changed: else nobody is asked to endorse.
        let after = (hopped.ship.upload + MINUTE).max(hopped.arrived + 13 * HOUR);
        let correct = self.act(from, Kind::Ship, noticed, after, correct, "bill amended");
        let Some(asked) = self.copy(&correct) else { return };
        let occurred = self.later(correct.upload, HOUR, DAY);
        let upload = occurred + self.dice.between(MINUTE, HOUR);
        let deed = Deed::Endorse(Box::new(asked));
        let note = "amendment endorsed";
        self.put(Act {
            lot: self.lot.number,
            number: 0,
            upload,
            occurred,
            actor: clinic,
            hand: clinic,
            deed,
            note,
        });
    }

    /// Sells an amount of a lot without serials; such goods are not told apart when they are used.
    pub(crate) fn retail_amount(&mut self, from: Who, mut left: u64, at: i64) {
        let clinics = self.clinics_of(from);
        while left > 0 {
            let part = (5 + self.dice.below(16) as u64).min(left);
            left -= part;
            let at = at + self.dice.between(DAY, 12 * DAY);
            let to = self.dice.pick(&clinics);
            let goods = Goods::Amount(part);
            self.hop(Hop { goods, ..Self::to_clinic(from, to, &[], at, "amount") });
        }
    }

    /// Uses at a clinic what has arrived there; one unit in eight stays on the shelf.
    fn use_up(&mut self, clinic: Who, group: &[u16], arrived: i64) {
        if self.product.class == Class::WaterLight && group.len() > 1 && self.dice.permille(600) {
            let at = self.later(arrived, 3 * HOUR, 6 * DAY);
            let lines = group.iter().map(|unit| self.whole(*unit, at)).collect();
            return self.used(clinic, at, lines);
        }
        for unit in group {
            if self.dice.permille(880) {
                self.use_unit(clinic, *unit, arrived);
            }
        }
    }

    /// A line that uses one unit up.
    pub(crate) fn whole(&mut self, unit: u16, opened: i64) -> Line {
        let content = self.product.content().amount;
        let wasted = content / 20 * self.dice.below(5) as u64;
        Line { unit, used: content - wasted, wasted, opened, finished: true, ..Line::default() }
    }
}
