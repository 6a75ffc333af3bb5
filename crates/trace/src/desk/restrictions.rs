//! Holds and recalls in force over goods: over any of their codes, their lot, or their product.
//!
//! Anybody may sign a Recall of any lot, and it is recorded. It counts when its signer answers for the goods:
//! a drug authority, who made them, who holds their registration or is its agent, and whom a drug authority
//! has named as their importer.

use std::{
    collections::{BTreeMap, BTreeSet},
    rc::Rc,
};

use custody::{
    Content, View, ViewError, content,
    registry::{party, product, roles_on},
    root_of,
    stock::{lifts, restrictions as naming},
    tables::{subject_by_text, touches},
};
use gs1::{ItemRef, LotRef};
use proto::v1::{AuthorityField, Hold, Role, statement::Body};
use statement::{Day, Kind, SubjectKind, registration_product, within};

use super::{
    concern::LotPart,
    facts::{Facts, ItemFacts, Told},
};
use crate::{Error, budget::Budget, standing::Sees};

/// Holds that are not over or lifted, and Recalls that count, over a lot: entries, ascending. `whose`: Holds
/// over the goods of another party are left out; `None` = all Holds.
///
/// # Errors
/// The view failed.
pub fn restrictions<V: View + ?Sized>(
    view: &V,
    lot: &str,
    today: Day,
    whose: Option<&str>,
) -> Result<Vec<u64>, Error> {
    let (mut budget, mut facts) = (Budget::default(), Facts::default());
    let made = first_made(view, lot, &mut facts, &mut budget)?;
    let mut restraints = Restraints::new(view, today, whose);
    let found = restraints.over(&Goods::of_lot(lot, &made), &mut budget)?;
    Ok(found.into_iter().collect())
}

/// The same over single items, under the codes given, of one lot; false where there was more to read than one
/// question may.
///
/// # Errors
/// The view failed.
pub fn restrictions_of_items<V: View + ?Sized>(
    view: &V,
    items: &[String],
    lot: &str,
    today: Day,
) -> Result<(Vec<u64>, bool), Error> {
    let (mut budget, mut facts) = (Budget::default(), Facts::default());
    let made = first_made(view, lot, &mut facts, &mut budget)?;
    let mut restraints = Restraints::new(view, today, None);
    let mut found = BTreeSet::new();
    for item in items {
        let codes = std::slice::from_ref(item);
        found.extend(restraints.over(&Goods { codes, lot, made: &made }, &mut budget)?);
    }
    Ok((found.into_iter().collect(), !budget.exhausted))
}

/// What the first Commission of a lot says that counts; where nobody has commissioned it, the first rework.
pub(super) fn first_made<V: View + ?Sized>(
    view: &V,
    lot: &str,
    facts: &mut Facts,
    budget: &mut Budget,
) -> Result<Rc<ItemFacts>, ViewError> {
    Making { lot, told: Told::all() }.first(view, facts, budget)
}

/// A lot, and whose statements tell how it was made.
pub(super) struct Making<'a> {
    pub(super) lot: &'a str,
    pub(super) told: Told<'a>,
}

impl Making<'_> {
    /// What the first Commission says that counts, else the first rework: that is what its signer says alone.
    pub(super) fn first<V: View + ?Sized>(
        &self,
        view: &V,
        facts: &mut Facts,
        budget: &mut Budget,
    ) -> Result<Rc<ItemFacts>, ViewError> {
        let Some(record) = subject_by_text(view, SubjectKind::Item, self.lot)? else {
            return Ok(Rc::default());
        };
        let (mut made, mut reworked) = (None, None);
        touches(view, record.number, 0, &mut |touch| {
            let found = match Kind::try_from(i32::from(touch.kind)) {
                Ok(Kind::Commission) => &mut made,
                Ok(Kind::Transform) => &mut reworked,
                _ => return Ok(budget.spend(1)),
            };
            let (seen, trusted) = (self.told.sees.statement(touch.index)?, self.told.trusted);
            if found.is_none() && (seen || !trusted.is_empty()) && budget.read() {
                let told = facts.commission(view, touch.index + 1)?;
                *found =
                    Some(told).filter(|told| told.lot == self.lot && (seen || trusted.contains(&told.maker)));
            }
            Ok(made.is_none() && budget.spend(1))
        })?;
        Ok(made.or(reworked).unwrap_or_default())
    }
}

/// The same, as far as the reader is told; of a lot that was never commissioned, what a count as opening stock says,
/// `whose` before anybody else's. Who names a lot must not learn from that whether it exists.
pub(super) fn lot_facts<V: View + ?Sized>(
    view: &V,
    lot: &str,
    (whose, sees): (&str, &dyn Sees),
    facts: &mut Facts,
    budget: &mut Budget,
) -> Result<Rc<ItemFacts>, ViewError> {
    let part = sees.lot(lot)?;
    let told = match &part {
        LotPart::Whole => Told::all(),
        LotPart::From(trusted) => Told { sees, trusted },
    };
    let made = Making { lot, told }.first(view, facts, budget)?;
    if made.lot.is_empty() { facts.opening(view, &[lot.to_owned()], (whose, told), budget) } else { Ok(made) }
}

/// Goods as restrictions name them.
#[derive(Debug)]
pub(super) struct Goods<'a> {
    /// Codes of an item; none for a lot.
    codes: &'a [String],
    lot: &'a str,
    made: &'a ItemFacts,
}

impl<'a> Goods<'a> {
    pub(super) fn of_item(codes: &'a [String], made: &'a ItemFacts) -> Self {
        Self { codes, lot: &made.lot, made }
    }

    pub(super) fn of_lot(lot: &'a str, made: &'a ItemFacts) -> Self {
        Self { codes: &[], lot, made }
    }

    fn names(&self, text: &str) -> bool {
        text == self.lot || self.codes.iter().any(|code| code == text)
    }

    /// Products that the codes, the lot and the registration name.
    fn products(&self) -> BTreeSet<String> {
        let of_codes = self.codes.iter().filter_map(|code| ItemRef::parse(code).ok()?.to_product());
        let of_lot = LotRef::parse(self.lot).ok().map(|lot| lot.product().to_string());
        let registered = registration_product(&self.made.registration);
        of_codes.map(|p| p.to_string()).chain(of_lot).chain(registered).collect()
    }
}

/// A Hold or Recall as far as it can be judged without the goods.
#[derive(Debug)]
enum Restraint {
    /// A Hold that is not over and concerns who asks, with what each Lift of it names (nothing = all).
    Hold(Vec<BTreeSet<String>>),
    /// A Recall by a drug authority.
    Ordered,
    /// A Recall by this party.
    Recalled(String),
    /// Nothing to heed.
    Void,
}

/// Reads restrictions for one answer, each once.
#[derive(Debug)]
pub(super) struct Restraints<'a, V: ?Sized> {
    view: &'a V,
    today: Day,
    whose: Option<&'a str>,
    /// By lot and product: what names it.
    naming: BTreeMap<(SubjectKind, String), Rc<[u64]>>,
    known: BTreeMap<u64, Rc<Restraint>>,
    /// Importers by lot.
    importers: BTreeMap<String, Rc<BTreeSet<String>>>,
}

impl<'a, V: View + ?Sized> Restraints<'a, V> {
    pub(super) const fn new(view: &'a V, today: Day, whose: Option<&'a str>) -> Self {
        Self {
            view,
            today,
            whose,
            naming: BTreeMap::new(),
            known: BTreeMap::new(),
            importers: BTreeMap::new(),
        }
    }

    /// Those over goods, ascending.
    pub(super) fn over(
        &mut self,
        goods: &Goods<'_>,
        budget: &mut Budget,
    ) -> Result<BTreeSet<u64>, ViewError> {
        let mut named = BTreeSet::new();
        for code in goods.codes {
            named.extend(self.read_naming(SubjectKind::Item, code, budget)?);
        }
        if !goods.lot.is_empty() {
            named.extend(self.naming(SubjectKind::Item, goods.lot, budget)?.iter());
        }
        for product in goods.products() {
            named.extend(self.naming(SubjectKind::Product, &product, budget)?.iter());
        }
        let mut found = BTreeSet::new();
        for entry in named {
            let holds = match &*self.restraint(entry, budget)? {
                Restraint::Void => false,
                Restraint::Ordered => true,
                Restraint::Hold(lifts) => {
                    !lifts.iter().any(|l| l.is_empty() || l.iter().any(|text| goods.names(text)))
                }
                Restraint::Recalled(by) => self.answers_for(by, goods, budget)?,
            };
            if holds {
                found.insert(entry);
            }
        }
        Ok(found)
    }

    /// The same of what many goods have in common, read once.
    fn naming(&mut self, kind: SubjectKind, text: &str, budget: &mut Budget) -> Result<Rc<[u64]>, ViewError> {
        if let Some(known) = self.naming.get(&(kind, text.to_owned())) {
            return Ok(Rc::clone(known));
        }
        let found: Rc<[u64]> = self.read_naming(kind, text, budget)?.into();
        self.naming.insert((kind, text.to_owned()), Rc::clone(&found));
        Ok(found)
    }

    /// Entries of Holds and Recalls that name a subject.
    fn read_naming(&self, kind: SubjectKind, text: &str, budget: &mut Budget) -> Result<Vec<u64>, ViewError> {
        let mut found = Vec::new();
        if let Some(record) = subject_by_text(self.view, kind, text)? {
            naming(self.view, record.number, &mut |entry| {
                found.push(entry);
                Ok(budget.spend(1))
            })?;
        }
        Ok(found)
    }

    fn restraint(&mut self, entry: u64, budget: &mut Budget) -> Result<Rc<Restraint>, ViewError> {
        if let Some(known) = self.known.get(&entry) {
            return Ok(Rc::clone(known));
        }
        let found = if budget.read() { content(self.view, entry)? } else { None };
        let restraint = match &found {
            Some(Content { body: Body::Hold(b), .. }) if self.concerns(b) => {
                Restraint::Hold(self.lifts_of(entry, budget)?)
            }
            Some(c @ Content { body: Body::Recall(_), root, .. }) => {
                let ordered = self.is_authority(root.actor(), Day::of_instant(c.occurred_at))?;
                if ordered { Restraint::Ordered } else { Restraint::Recalled(root.actor().to_owned()) }
            }
            _ => Restraint::Void,
        };
        let restraint = Rc::new(restraint);
        self.known.insert(entry, Rc::clone(&restraint));
        Ok(restraint)
    }

    /// Its last day counts; a Hold over one party's goods is no matter of others.
    fn concerns(&self, hold: &Hold) -> bool {
        let ours = hold.party.is_empty() || self.whose.is_none_or(|party| party == hold.party);
        ours && within(self.today, "", &hold.until)
    }

    fn lifts_of(&self, hold: u64, budget: &mut Budget) -> Result<Vec<BTreeSet<String>>, ViewError> {
        let mut entries = Vec::new();
        lifts(self.view, hold, &mut |lift| {
            entries.push(lift);
            Ok(budget.read())
        })?;
        let mut all = Vec::new();
        for lift in entries {
            if let Some(Body::Lift(b)) = content(self.view, lift)?.map(|c| c.body) {
                all.push(b.items.into_iter().chain(b.lots).collect());
            }
        }
        Ok(all)
    }

    fn is_authority(&self, id: &str, day: Day) -> Result<bool, ViewError> {
        let roles = party(self.view, id)?.map(|row| roles_on(&row, day)).unwrap_or_default();
        Ok(roles.contains(&(Role::Authority, AuthorityField::Drug)))
    }

    /// Whether a party that is no authority may recall these goods.
    pub(super) fn answers_for(
        &mut self,
        by: &str,
        goods: &Goods<'_>,
        budget: &mut Budget,
    ) -> Result<bool, ViewError> {
        if goods.made.maker == by {
            return Ok(true);
        }
        for text in goods.products() {
            let rows = product(self.view, &text)?.map(|p| p.registrations).unwrap_or_default();
            if rows.iter().any(|r| r.registration.holder == by || r.registration.agent == by) {
                return Ok(true);
            }
        }
        Ok(self.importers(goods.lot, budget)?.contains(by))
    }

    /// Importers of a lot by the word of the drug authorities at the port.
    fn importers(&mut self, lot: &str, budget: &mut Budget) -> Result<Rc<BTreeSet<String>>, ViewError> {
        if let Some(known) = self.importers.get(lot) {
            return Ok(Rc::clone(known));
        }
        let mut roots = BTreeSet::new();
        if let Some(record) = subject_by_text(self.view, SubjectKind::Item, lot)? {
            touches(self.view, record.number, 0, &mut |touch| {
                match Kind::try_from(i32::from(touch.kind)) {
                    Ok(Kind::ImportFiling) => drop(roots.insert(touch.index)),
                    Ok(Kind::Correct) => drop(roots.insert(root_of(self.view, touch.index)?)),
                    _ => {}
                }
                Ok(budget.spend(1))
            })?;
        }
        let mut importers = BTreeSet::new();
        for root in roots {
            let found = if budget.read() { content(self.view, root)? } else { None };
            if let Some(Body::ImportFiling(b)) = found.map(|c| c.body)
                && b.lots.iter().any(|amount| amount.lot == lot)
            {
                importers.insert(b.importer);
            }
        }
        let importers = Rc::new(importers);
        self.importers.insert(lot.to_owned(), Rc::clone(&importers));
        Ok(importers)
    }
}
