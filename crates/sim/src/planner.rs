//! Plans the whole story of one lot, from the plant to its last use, as acts in time.
//!
//! A plan is a function of the world and the lot's number: it never looks at other lots, so any lot can
//! be planned at any time, on any thread, again and again.

use proto::v1::StatementKind as Kind;

use crate::{
    act::{Act, Deed, Goods, Naming, Ref, Shipping},
    calendar::{DAY, HOUR, MINUTE, minute_of_day},
    cast::Who,
    dice::Dice,
    goods::Product,
    lot::{Code, Lot},
    world::World,
};

/// A lot's story in the making.
pub(crate) struct Planner<'w> {
    pub(crate) world: &'w World,
    pub(crate) lot: &'w Lot,
    pub(crate) product: &'w Product,
    pub(crate) dice: Dice,
    acts: Vec<Act>,
}

/// Goods on their way from one party to another.
pub(crate) struct Hop {
    pub(crate) from: Who,
    pub(crate) to: Who,
    pub(crate) goods: Goods,
    /// Ready to leave, µs.
    pub(crate) at: i64,
    pub(crate) reason: &'static str,
    /// Shortest and longest time on the way, µs.
    pub(crate) transit: (i64, i64),
    pub(crate) by_air: bool,
    pub(crate) note: &'static str,
}

/// What a hop left behind.
pub(crate) struct Hopped {
    pub(crate) ship: Ref,
    pub(crate) shipping: Shipping,
    /// When the goods were taken in, µs.
    pub(crate) arrived: i64,
}

/// All acts of a lot, in the order of planning.
pub(crate) fn plan(world: &World, lot: &Lot) -> Vec<Act> {
    let mut planner = Planner {
        world,
        lot,
        product: &world.products()[lot.product],
        dice: Dice::new(world.plan().seed, u64::from(lot.number) << 1 | 1),
        acts: Vec::new(),
    };
    planner.supply();
    planner.acts
}

impl Planner<'_> {
    /// Who signs when `actor` does something of this kind.
    pub(crate) fn hand(&self, actor: Who, kind: Kind) -> Who {
        if actor == self.product.maker {
            return self.product.hand;
        }
        let hand = self.world.cast().hand_of(actor);
        // Service firms keep the books of clinics; they send nothing off.
        let covered = hand != self.world.cast().service || matches!(kind, Kind::Receive | Kind::Use);
        if covered { hand } else { actor }
    }

    /// Adds an act that reaches the ledger when its signer has uploaded it, but not before `after`.
    pub(crate) fn act(
        &mut self,
        actor: Who,
        kind: Kind,
        occurred: i64,
        after: i64,
        deed: Deed,
        note: &'static str,
    ) -> Ref {
        let upload = (occurred + self.upload_delay()).max(after);
        let hand = self.hand(actor, kind);
        self.put(Act { lot: self.lot.number, number: 0, upload, occurred, actor, hand, deed, note })
    }

    /// Adds an act as it is, under the next number.
    pub(crate) fn put(&mut self, mut act: Act) -> Ref {
        // A lot's story has a few thousand acts.
        act.number = self.acts.len() as u32;
        let name = act.name();
        self.acts.push(act);
        name
    }

    /// The act added last under that number, to be endorsed.
    pub(crate) fn copy(&self, name: &Ref) -> Option<Act> {
        self.acts.get(name.number as usize).cloned()
    }

    /// Most systems upload within the hour, some at the end of the day.
    fn upload_delay(&mut self) -> i64 {
        let longest = if self.dice.permille(40) { 12 * HOUR } else { 50 * MINUTE };
        self.dice.between(20_000_000, longest)
    }

    /// The instant itself within opening hours, else some time after the next opening.
    pub(crate) fn open(&mut self, at: i64) -> i64 {
        let minute = minute_of_day(at);
        match minute {
            480..1_140 => at,
            _ => {
                let wait = (510 - minute).rem_euclid(1_440);
                at + wait * MINUTE + self.dice.between(0, 2 * HOUR)
            }
        }
    }

    /// Some time between `low` and `high` after `at`, within opening hours.
    pub(crate) fn later(&mut self, at: i64, low: i64, high: i64) -> i64 {
        let wait = self.dice.between(low, high);
        self.open(at + wait)
    }

    /// A ship and its receipt. One in fifty times the sender uploads late, after the receipt, which
    /// then cannot name the shipment but by its paper.
    pub(crate) fn hop(&mut self, hop: Hop) -> Hopped {
        let left = self.open(hop.at);
        let transit = self.dice.between(hop.transit.0, hop.transit.1);
        let arrived = self.open(left + transit);
        let late = self.dice.permille(20);
        let carrier = self.carrier(hop.by_air);
        let shipping = Shipping {
            goods: hop.goods.clone(),
            to: hop.to,
            reason: hop.reason,
            carrier,
            bill_to: None,
            by_air: hop.by_air,
        };
        let after = if late { arrived + self.dice.between(13 * HOUR, 2 * DAY) } else { 0 };
        let note = if late { "late upload" } else { hop.note };
        let ship = self.act(hop.from, Kind::Ship, left, after, Deed::Ship(shipping.clone()), note);
        let naming = self.naming(late, carrier.is_some());
        let all = if late || self.dice.permille(400) { hop.goods } else { Goods::Codes(Vec::new()) };
        let arrival = self.arrival_temperature();
        let receive = Deed::Receive { shipment: ship, naming, goods: all, exception: None, arrival };
        let after = if late { 0 } else { ship.upload + 1_000_000 };
        self.act(
            hop.to,
            Kind::Receive,
            arrived,
            after,
            receive,
            if late { "ahead of its shipment" } else { hop.note },
        );
        Hopped { ship, shipping, arrived }
    }

    fn carrier(&mut self, by_air: bool) -> Option<Who> {
        let carriers = &self.world.cast().carriers;
        (by_air || self.dice.permille(600)).then(|| self.dice.pick(carriers))
    }

    pub(crate) fn naming(&mut self, late: bool, waybill: bool) -> Naming {
        match self.dice.below(10) {
            0..=6 if !late => Naming::Reference,
            7.. if waybill => Naming::Waybill,
            _ => Naming::Bill,
        }
    }

    /// Read on arrival where the goods must stay cold.
    pub(crate) fn arrival_temperature(&mut self) -> Option<i32> {
        let (low, high) = self.product.storage;
        // Between two bounds that are i32.
        (high <= 8_000)
            .then(|| self.dice.between(i64::from(low) + 600, i64::from(high) - 600) as i32 / 100 * 100)
    }

    pub(crate) fn some_clinic(&mut self, distributor: Who) -> Who {
        let clinics = self.clinics_of(distributor);
        self.dice.pick(&clinics)
    }

    /// Clinics that a distributor serves with this product.
    pub(crate) fn clinics_of(&self, distributor: Who) -> Vec<Who> {
        let cast = self.world.cast();
        let served = |i: usize| {
            let second = i % cast.second.len();
            cast.second[second] == distributor || cast.first[second % cast.first.len()] == distributor
        };
        let need_console = self.product.class == crate::goods::Class::Tip;
        let fit = if need_console { self.world.sizes().consoles } else { cast.clinics.len() };
        let clinics: Vec<Who> = (0..fit).filter(|i| served(*i)).map(|i| cast.clinics[i]).collect();
        if clinics.is_empty() { cast.clinics[..fit].to_vec() } else { clinics }
    }
}

/// Units as goods.
pub(crate) fn units(of: &[u16]) -> Goods {
    Goods::Codes(of.iter().map(|n| Code::Unit(*n)).collect())
}
