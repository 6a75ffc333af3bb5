//! From the plant to the distributors: marking, packing, import, first and second level.

use proto::v1::StatementKind as Kind;

use crate::{
    act::{Deed, Goods},
    calendar::{DAY, HOUR, MINUTE},
    cast::Who,
    goods::Class,
    lot::{Code, Named},
    planner::{Hop, Planner},
};

/// Most items of one Commission.
const PER_COMMISSION: u16 = 200;
const CASES_PER_PALLET: usize = 12;

/// Times on the way: by air, between cities, within a region.
const BY_AIR: (i64, i64) = (2 * DAY, 4 * DAY);
const BY_ROAD: (i64, i64) = (10 * HOUR, 52 * HOUR);

/// A sale that goes by road.
fn by_road(from: Who, to: Who, goods: Goods, at: i64) -> Hop {
    Hop { from, to, goods, at, reason: "sale", transit: BY_ROAD, by_air: false, note: "" }
}

impl Planner<'_> {
    /// The whole story.
    pub(crate) fn supply(&mut self) {
        let marked = self.commission();
        match (self.product.class, self.lot.named) {
            (Class::Console, _) => self.supply_consoles(marked),
            (_, Named::AmountOnly) => self.supply_amounts(marked),
            _ => self.supply_cases(marked),
        }
    }

    fn commission(&mut self) -> i64 {
        let maker = self.product.maker;
        let mut at = self.lot.start;
        if self.lot.named == Named::AmountOnly {
            let deed = Deed::CommissionAmount(u64::from(self.lot.units));
            self.act(maker, Kind::Commission, at, 0, deed, "lot without serials");
            return at;
        }
        for first in (0..self.lot.units).step_by(usize::from(PER_COMMISSION)) {
            let next = first.saturating_add(PER_COMMISSION).min(self.lot.units);
            self.act(maker, Kind::Commission, at, 0, Deed::Commission(first, next), "");
            at += self.dice.between(5 * MINUTE, 20 * MINUTE);
        }
        at
    }

    fn supply_cases(&mut self, marked: i64) {
        let (cases, packed) = self.pack_cases(marked);
        let (pallets, packed) = self.pack_pallets(&cases, packed);
        let (firsts, share) = (self.some_firsts(pallets.len()), pallets.len());
        if self.product.agent.is_some() {
            return self.import(&pallets, &cases, &firsts, packed);
        }
        let maker = self.product.maker;
        for i in 0..share {
            let (to, goods) = (firsts[i % firsts.len()], Goods::Codes(vec![pallets[i]]));
            let at = packed + self.dice.between(6 * HOUR, 2 * DAY);
            let arrived = self.hop(by_road(maker, to, goods, at)).arrived;
            let opened = arrived + self.dice.between(HOUR, 4 * HOUR);
            self.act(to, Kind::Unpack, opened, 0, Deed::Unpack(pallets[i]), "");
            let inside = cases.chunks(CASES_PER_PALLET).nth(i).unwrap_or_default().to_vec();
            self.wholesale(to, &inside, opened + HOUR);
        }
    }

    /// Distributors of the first level that take this lot.
    fn some_firsts(&mut self, most: usize) -> Vec<Who> {
        let mut firsts = self.world.cast().first.clone();
        self.dice.shuffle(&mut firsts);
        firsts.truncate(most.clamp(1, 3));
        firsts
    }

    fn import(&mut self, pallets: &[Code], cases: &[Code], firsts: &[Who], packed: i64) {
        let importer = self.dice.pick(&self.world.cast().importers);
        let (from, goods) = (self.product.maker, Goods::Codes(pallets.to_vec()));
        let at = packed + self.dice.between(6 * HOUR, 30 * HOUR);
        let flight =
            Hop { transit: BY_AIR, by_air: true, note: "import", ..by_road(from, importer, goods, at) };
        let arrived = self.hop(flight).arrived;
        for pallet in pallets {
            let at = arrived + self.dice.between(HOUR, 3 * HOUR);
            self.act(importer, Kind::Unpack, at, 0, Deed::Unpack(*pallet), "");
        }
        // Port test and clearance.
        let cleared = arrived + self.dice.between(30 * HOUR, 80 * HOUR);
        for (i, part) in cases.chunks(cases.len().div_ceil(firsts.len())).enumerate() {
            let (to, goods) = (firsts[i % firsts.len()], Goods::Codes(part.to_vec()));
            let at = cleared + self.dice.between(0, DAY);
            let arrived = self.hop(by_road(importer, to, goods, at)).arrived;
            self.wholesale(to, part, arrived);
        }
    }

    /// Packs all units; now and then a unit is forgotten on the list and added by a Correct.
    fn pack_cases(&mut self, mut at: i64) -> (Vec<Code>, i64) {
        let maker = self.product.maker;
        let units: Vec<Code> = (0..self.lot.units).map(Code::Unit).collect();
        let mut cases = Vec::new();
        for children in units.chunks(self.per_case()) {
            let case = Code::Case(cases.len() as u16);
            at += self.dice.between(3 * MINUTE, 9 * MINUTE);
            match children.split_last() {
                Some((_, listed)) if !listed.is_empty() && self.dice.permille(8) => {
                    let wrong = Deed::Pack(case, listed.to_vec());
                    let pack = self.act(maker, Kind::Pack, at, 0, wrong, "to be corrected");
                    let right = Box::new(Deed::Pack(case, children.to_vec()));
                    let noticed = at + self.dice.between(20 * MINUTE, 3 * HOUR);
                    let correct = Deed::Correct(pack, "复核装箱清单：漏扫一件", right);
                    self.act(maker, Kind::Pack, noticed, pack.upload + 1_000_000, correct, "pack corrected");
                }
                _ => {
                    self.act(maker, Kind::Pack, at, 0, Deed::Pack(case, children.to_vec()), "");
                }
            }
            cases.push(case);
        }
        (cases, at)
    }

    /// Units in a case: at least three cases a lot.
    pub(crate) fn per_case(&self) -> usize {
        self.product.per_case.min(usize::from(self.lot.units / 3).max(2))
    }

    fn pack_pallets(&mut self, cases: &[Code], mut at: i64) -> (Vec<Code>, i64) {
        let mut pallets = Vec::new();
        for children in cases.chunks(CASES_PER_PALLET) {
            let pallet = Code::Pallet(pallets.len() as u16);
            at += self.dice.between(10 * MINUTE, 30 * MINUTE);
            self.act(self.product.maker, Kind::Pack, at, 0, Deed::Pack(pallet, children.to_vec()), "");
            pallets.push(pallet);
        }
        (pallets, at)
    }

    /// A distributor of the first level sells its cases on, half of them through the second level.
    fn wholesale(&mut self, first: Who, cases: &[Code], at: i64) {
        for part in cases.chunks(2) {
            let seconds = self.seconds_of(first);
            if seconds.is_empty() || self.dice.permille(500) {
                part.iter().for_each(|case| self.retail(first, *case, at));
                continue;
            }
            let to = self.dice.pick(&seconds);
            let goods = Goods::Codes(part.to_vec());
            let at = at + self.dice.between(6 * HOUR, 60 * HOUR);
            let arrived = self.hop(by_road(first, to, goods, at)).arrived;
            part.iter().for_each(|case| self.retail(to, *case, arrived));
        }
    }

    fn seconds_of(&self, first: Who) -> Vec<Who> {
        let cast = self.world.cast();
        let served = |i: usize| cast.first[i % cast.first.len()] == first;
        (0..cast.second.len()).filter(|i| served(*i)).map(|i| cast.second[i]).collect()
    }

    /// Consoles go to the first clinics, one each.
    fn supply_consoles(&mut self, marked: i64) {
        let (cast, maker) = (self.world.cast(), self.product.maker);
        let first = self.dice.pick(&cast.first);
        let all: Vec<u16> = (0..self.lot.units).collect();
        let goods = crate::planner::units(&all);
        let at = marked + self.dice.between(2 * HOUR, 5 * HOUR);
        let arrived = self.hop(Hop { note: "consoles", ..by_road(maker, first, goods, at) }).arrived;
        for (unit, clinic) in all.iter().zip(&cast.clinics) {
            let goods = crate::planner::units(&[*unit]);
            let at = arrived + self.dice.between(2 * HOUR, 20 * HOUR);
            self.hop(Hop { note: "consoles", ..by_road(first, *clinic, goods, at) });
        }
    }

    /// A lot of which only amounts are told.
    fn supply_amounts(&mut self, marked: i64) {
        let firsts = self.some_firsts(2);
        let share = u64::from(self.lot.units) / firsts.len() as u64;
        for first in firsts {
            let at = marked + self.dice.between(6 * HOUR, 2 * DAY);
            let (from, goods) = (self.product.maker, Goods::Amount(share));
            let arrived = self.hop(Hop { note: "amount", ..by_road(from, first, goods, at) }).arrived;
            self.retail_amount(first, share, arrived);
        }
    }
}
