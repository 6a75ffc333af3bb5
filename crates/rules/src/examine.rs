//! Judging one subject: which rules are asked about it.

use std::{collections::BTreeSet, rc::Rc};

use custody::{View, ViewError};
use statement::Day;

use crate::{
    hit::Hit,
    reader::{Reader, Told},
    rule::{self, Rule},
    subject::Subject,
    thing::{Goods, Thing},
};

/// What rules say about one subject.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Examined {
    /// Ascending, each once.
    pub hits: Vec<Hit>,
    /// False where more is recorded about it than is judged ([`MAX_HISTORY`](crate::MAX_HISTORY)).
    pub whole: bool,
}

/// Judges subjects over one state of the view; what was read for one is kept for the next, within bounds.
pub struct Examiner<'v> {
    reader: Reader<'v>,
}

/// Late statements about one thing that are tried out one by one.
const MAX_MARKED: usize = 8;

/// A rule about an item.
type OfThing = fn(&mut Reader<'_>, &Thing, &mut Vec<Hit>) -> Result<(), ViewError>;
/// A rule about goods, items and amounts of lots alike.
type OfGoods = fn(&mut Reader<'_>, &Goods, &mut Vec<Hit>) -> Result<(), ViewError>;

const OF_THINGS: &[OfThing] = &[
    rule::unknown_item::thing,
    rule::duplicate_item::thing,
    rule::broken_custody::thing,
    rule::relabelled::thing,
    rule::quantity_excess::thing,
    rule::no_customs_release::thing,
    rule::device_usage::thing,
    rule::usage_excess::thing,
    rule::no_use::thing,
    rule::stock_mismatch::thing,
    rule::impossible_travel::thing,
    rule::scan_place_mismatch::thing,
];

const OF_GOODS: &[OfGoods] = &[
    rule::expired::goods,
    rule::recalled_or_held::goods,
    rule::unregistered_product::goods,
    rule::unlicensed_party::goods,
    rule::restricted_channel::goods,
    rule::blacklisted_party::goods,
    rule::no_customs_release::goods,
    rule::no_clearance::goods,
    rule::no_test_release::goods,
    rule::cold_chain::goods,
    rule::diversion::goods,
    rule::maker_suspended::goods,
    rule::unapproved_brand::goods,
];

/// A rule about an amount of a lot at a party.
type OfStock = fn(&mut Reader<'_>, &Goods, &str, &mut Vec<Hit>) -> Result<(), ViewError>;
/// A rule about a lot; whether all of it could be judged.
type OfLot = fn(&mut Reader<'_>, &str, &mut Vec<Hit>) -> Result<bool, ViewError>;
/// A rule about one statement.
type OfAct = fn(&mut Reader<'_>, &Told, &mut Vec<Hit>) -> Result<(), ViewError>;

const OF_STOCKS: &[OfStock] =
    &[rule::quantity_excess::stock, rule::no_customs_release::stock, rule::stock_mismatch::stock];

const OF_LOTS: &[OfLot] = &[rule::quantity_excess::lot, rule::short_dated_import::lot];

const OF_ACTS: &[OfAct] = &[
    rule::restricted_channel::act,
    rule::under_purchase::act,
    rule::unapproved_brand::act,
    rule::compromised_key::act,
];

impl<'v> Examiner<'v> {
    /// Over a state of the view. Its size is the horizon: registers, corrections and pairs are known as of
    /// that state only.
    #[must_use]
    pub fn new(view: &'v dyn View) -> Self {
        Self { reader: Reader::new(view) }
    }

    /// All that rules say about a subject.
    ///
    /// # Errors
    /// The view cannot be read.
    pub fn examine(&mut self, subject: &Subject) -> Result<Examined, ViewError> {
        let mut hits = Vec::new();
        let whole = match subject {
            Subject::Item(code) => self.item(code, &mut hits)?,
            Subject::Stock { lot, party } => self.stock(lot, party, &mut hits)?,
            Subject::Lot(lot) => self.lot(lot, &mut hits)?,
            Subject::Declaration(number) => {
                rule::customs_mismatch::declaration(&mut self.reader, number, &mut hits)?
            }
            Subject::Act(entry) => self.act(*entry, &mut hits)?,
            Subject::PartyWeek { party, week } => {
                rule::postal_pattern::week(&mut self.reader, party, *week, &mut hits)?
            }
        };
        let mut active = Vec::with_capacity(hits.len());
        for hit in hits {
            if self.reader.is_active(hit.rule, Day::of_instant(hit.at))? {
                active.push(hit);
            }
        }
        active.sort();
        active.dedup();
        Ok(Examined { hits: active, whole })
    }

    fn item(&mut self, code: &str, hits: &mut Vec<Hit>) -> Result<bool, ViewError> {
        let Some(thing) = self.reader.thing(code)? else { return Ok(false) };
        // A thing is judged under the least of its codes, once.
        if thing.goods.codes.first().is_some_and(|first| first != code) {
            return Ok(true);
        }
        self.judge(&thing, hits)?;
        self.late(&thing, hits)?;
        Ok(true)
    }
}

impl Examiner<'_> {
    fn judge(&mut self, thing: &Thing, hits: &mut Vec<Hit>) -> Result<(), ViewError> {
        for rule in OF_THINGS {
            rule(&mut self.reader, thing, hits)?;
        }
        let of_goods = if thing.is_known_container() { &[][..] } else { OF_GOODS };
        for rule in of_goods {
            rule(&mut self.reader, &thing.goods, hits)?;
        }
        Ok(())
    }

    /// What is said after an authority's act about a time before it resolves nothing.
    fn late(&mut self, thing: &Thing, hits: &mut Vec<Hit>) -> Result<(), ViewError> {
        let marked = rule::after_the_fact::marked(&mut self.reader, &thing.goods)?;
        if marked.is_empty() {
            return Ok(());
        }
        let all: BTreeSet<u64> = marked.keys().copied().collect();
        let missing = self.missing(thing, &all, hits)?;
        if missing.is_empty() {
            return Ok(());
        }
        let mut guilty = BTreeSet::new();
        if all.len() <= MAX_MARKED {
            for entry in &all {
                if !self.missing(thing, &[*entry].into(), hits)?.is_empty() {
                    guilty.insert(*entry);
                }
            }
        }
        // It takes several of them together.
        let guilty = if guilty.is_empty() { all } else { guilty };
        for told in thing.goods.told.iter().filter(|t| guilty.contains(&t.index)) {
            hits.push(rule::after_the_fact::hit(&thing.goods, told, marked[&told.index]));
        }
        hits.extend(missing);
        Ok(())
    }

    /// Hits that a thing has without some statements, and not with them.
    fn missing(
        &mut self,
        thing: &Thing,
        without: &BTreeSet<u64>,
        hits: &[Hit],
    ) -> Result<Vec<Hit>, ViewError> {
        self.reader.without = Rc::new(without.clone());
        let judged = self.judge_without(&thing.goods.line);
        self.reader.without = Rc::default();
        let mut found = judged?;
        found.retain(|hit| {
            !hits.iter().any(|h| (h.rule, &h.party, &h.line) == (hit.rule, &hit.party, &hit.line))
        });
        Ok(found)
    }

    fn judge_without(&mut self, code: &str) -> Result<Vec<Hit>, ViewError> {
        let mut found = Vec::new();
        if let Some(thing) = self.reader.thing(code)? {
            self.judge(&thing, &mut found)?;
        }
        Ok(found)
    }

    fn stock(&mut self, lot: &str, party: &str, hits: &mut Vec<Hit>) -> Result<bool, ViewError> {
        let Some(goods) = self.reader.stock(lot, party)? else { return Ok(false) };
        for rule in OF_GOODS {
            rule(&mut self.reader, &goods, hits)?;
        }
        for rule in OF_STOCKS {
            rule(&mut self.reader, &goods, party, hits)?;
        }
        Ok(true)
    }

    fn lot(&mut self, lot: &str, hits: &mut Vec<Hit>) -> Result<bool, ViewError> {
        let mut whole = true;
        for rule in OF_LOTS {
            whole &= rule(&mut self.reader, lot, hits)?;
        }
        Ok(whole)
    }

    fn act(&mut self, entry: u64, hits: &mut Vec<Hit>) -> Result<bool, ViewError> {
        let Some(told) = self.reader.told(entry)? else { return Ok(true) };
        for rule in OF_ACTS {
            rule(&mut self.reader, &told, hits)?;
        }
        Ok(true)
    }
}

impl Reader<'_> {
    /// Whether a rule is in force on a day: a policy can switch it off, or name the version that holds.
    fn is_active(&mut self, rule: Rule, day: Day) -> Result<bool, ViewError> {
        let row = rule.row();
        let stated = self.version(row, day)?;
        Ok(stated == i64::from(row.version))
    }
}
