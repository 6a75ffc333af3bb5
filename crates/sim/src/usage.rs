//! What clinics do with the goods: vials of a box one after the other, syringes whole, tips in sessions.

use proto::v1::StatementKind as Kind;

use crate::{
    act::{Deed, Line},
    calendar::{DAY, HOUR, MINUTE},
    cast::Who,
    goods::Class,
    planner::Planner,
};

/// Shots a console gives a minute over the day: its counter follows the clock.
const SHOTS_PER_MINUTE: i64 = 4;

impl Planner<'_> {
    /// Uses a unit up, or the better part of it.
    pub(crate) fn use_unit(&mut self, clinic: Who, unit: u16, arrived: i64) {
        let at = self.later(arrived, 3 * HOUR, 7 * DAY);
        match self.product.class {
            Class::Toxin => self.use_toxin(clinic, unit, at),
            Class::Filler | Class::WaterLight => {
                let line = self.whole(unit, at);
                self.used(clinic, at, vec![line]);
            }
            Class::Tip => self.use_tip(clinic, unit, at),
            // Used with its tips.
            Class::Console => {}
        }
    }

    /// One vial after the other; an opened vial is used up the same day. Some boxes are not finished.
    fn use_toxin(&mut self, clinic: Who, unit: u16, mut at: i64) {
        let content = self.product.content().amount;
        let vials = self.product.units_per_code;
        for vial in 1..=vials {
            if self.dice.permille(100) {
                return;
            }
            let (opened, finished) = (at, vial == vials);
            let wasted = 5 * self.dice.below(3) as u64;
            let line = Line { unit, vial, opened, ..Line::default() };
            let mut used = content - wasted;
            if self.dice.permille(600) {
                let part = 30 + 5 * self.dice.below(7) as u64;
                self.used(clinic, at, vec![Line { used: part, ..line }]);
                used -= part;
                at += self.dice.between(40 * MINUTE, 5 * HOUR);
            }
            self.used(clinic, at, vec![Line { used, wasted, finished, ..line }]);
            at = self.later(at, 2 * HOUR, 3 * DAY);
        }
    }

    /// Sessions of up to 300 shots until the tip is worn out.
    fn use_tip(&mut self, clinic: Who, unit: u16, mut at: i64) {
        let Some(place) = self.world.cast().clinics.iter().position(|c| *c == clinic) else { return };
        // Sixty clinics at most.
        let console = Some(place as u16);
        let mut left = self.product.maximum_uses;
        while left > 0 {
            let shots = (200 + 50 * self.dice.below(3) as u64).min(left);
            left -= shots;
            let counter = self.counter(place, at);
            let tip = Line { unit, used: shots, finished: left == 0, paired: true, ..Line::default() };
            let with = Line { unit, console, counter, paired: true, ..Line::default() };
            self.used(clinic, at, vec![tip, with]);
            at = self.later(at, 90 * MINUTE, 3 * DAY);
        }
    }

    fn counter(&self, place: usize, at: i64) -> u64 {
        let minutes = (at - self.world.span().begin).max(0) / MINUTE;
        12_000 * (place as u64 + 1) + (minutes * SHOTS_PER_MINUTE).unsigned_abs()
    }

    /// Records a use; one in a hundred is first written down wrong.
    pub(crate) fn used(&mut self, clinic: Who, at: i64, lines: Vec<Line>) {
        let wrong = lines.first().filter(|line| line.used > 20 && line.console.is_none()).copied();
        let Some(wrong) = wrong.filter(|_| self.dice.permille(10)) else {
            self.act(clinic, Kind::Use, at, 0, Deed::Use(lines), "");
            return;
        };
        let mut written = lines.clone();
        written[0] = Line { used: wrong.used - 10, ..wrong };
        let first = self.act(clinic, Kind::Use, at, 0, Deed::Use(written), "to be corrected");
        let noticed = at + self.dice.between(15 * MINUTE, 4 * HOUR);
        let correct = Deed::Correct(first, "使用量录入错误", Box::new(Deed::Use(lines)));
        self.act(clinic, Kind::Use, noticed, first.upload + 1_000_000, correct, "use corrected");
    }
}
