//! Who has to do with a lot: who answers for it, and to whom it came from them, by Ships that name both it and them.

use std::{collections::BTreeSet, rc::Rc};

use custody::{
    View, ViewError, content,
    registry::{self, roles_on},
    root_of,
    tables::{Touch, subject_by_text, touches},
};
use proto::v1::{Role, statement::Body};
use statement::{Day, Kind, Relation, SubjectKind};

use super::{
    facts::{Facts, ItemFacts, Told},
    restrictions::{Goods, Making, Restraints, first_made},
    submitted::recorded,
};
use crate::{Error, budget::Budget, standing::Sees};

/// Looks into histories for one question. What a party and a lot have in common is found among as many entries as
/// the shorter of the two has, below this.
const MAX_LOOKS: usize = 1 << 16;
/// Customs decisions under one declaration that are read.
const MAX_DECISIONS: usize = 64;
/// Ships read to find suppliers.
const MAX_SHIPS: usize = 1_000;
/// Suppliers that are told.
const MAX_SUPPLIERS: usize = 64;

/// The first touch of a subject not before an entry.
fn touch_from<V: View + ?Sized>(view: &V, number: u64, from: u64) -> Result<Option<Touch>, ViewError> {
    let mut first = None;
    touches(view, number, from, &mut |touch| {
        first = Some(touch);
        Ok(false)
    })?;
    Ok(first)
}

/// Visits the entries that name both subjects, ascending, as touches of the first and the second; `visit`
/// returns false to stop. False where that was not all of them: there are no looks left.
fn common<V: View + ?Sized>(
    view: &V,
    (first, second): (u64, u64),
    looks: &mut usize,
    visit: &mut dyn FnMut(Touch, Touch) -> Result<bool, ViewError>,
) -> Result<bool, ViewError> {
    let mut from = 0;
    while let Some(left) = looks.checked_sub(2) {
        *looks = left;
        let Some(one) = touch_from(view, first, from)? else { return Ok(true) };
        let Some(other) = touch_from(view, second, one.index)? else { return Ok(true) };
        if one.index == other.index && !visit(one, other)? {
            return Ok(true);
        }
        from = other.index.max(one.index + 1);
    }
    Ok(false)
}

/// How a party stands to a lot.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LotPart {
    /// It answers for the lot, or amounts of it came to it from somebody who does, by the word of each that passed
    /// them on; or an authority has named it together with the lot.
    Whole,
    /// It has none. What these parties, from which amounts came to it by their word, say of it, they say to it.
    From(BTreeSet<String>),
}

impl LotPart {
    /// Whether it has one.
    #[must_use]
    pub const fn is_whole(&self) -> bool {
        matches!(self, Self::Whole)
    }
}

/// How a party stands to a lot: what it says by itself of any lot opens nothing to it, nor what somebody says who
/// has no part in the lot. Looked for among [`MAX_SHIPS`] Ships, and [`MAX_LOOKS`] entries: of a party and a lot that
/// are both named in tens of thousands of entries, and hardly ever together, this may say no where an item of the
/// lot would tell.
///
/// # Errors
/// The view failed.
pub fn lot_part<V: View + ?Sized>(view: &V, lot: &str, party: &str) -> Result<LotPart, ViewError> {
    let Some(record) = subject_by_text(view, SubjectKind::Item, lot)? else {
        return Ok(LotPart::From(BTreeSet::new()));
    };
    let mut search = Search::new(view, lot, record.number)?;
    let mut met = BTreeSet::new();
    let mut next = vec![party.to_owned()];
    while let Some(one) = next.pop() {
        if search.answers_for(&one)? {
            return Ok(LotPart::Whole);
        }
        let near = search.beside(&one)?;
        if near.named && one == party {
            return Ok(LotPart::Whole);
        }
        let new = near.senders.into_iter().filter(|sender| sender != party && met.insert(sender.clone()));
        next.extend(new);
    }
    Ok(LotPart::From(met))
}

/// Looks for those from whom a lot came.
struct Search<'a, V: ?Sized> {
    view: &'a V,
    lot: &'a str,
    /// Of the lot.
    number: u64,
    made: Rc<ItemFacts>,
    restraints: Restraints<'a, V>,
    budget: Budget,
    looks: usize,
    ships: usize,
}

/// What others say of a party and the lot.
#[derive(Default)]
struct Beside {
    /// An authority has named both.
    named: bool,
    /// Who shipped it amounts of the lot, or named it in such a Ship.
    senders: BTreeSet<String>,
    /// Declarations of the lot by the party itself.
    declared: BTreeSet<u64>,
}

impl<'a, V: View + ?Sized> Search<'a, V> {
    fn new(view: &'a V, lot: &'a str, number: u64) -> Result<Self, ViewError> {
        let mut budget = Budget::default();
        let made = first_made(view, lot, &mut Facts::new(), &mut budget)?;
        let restraints = Restraints::new(view, Day(0), None);
        Ok(Self { view, lot, number, made, restraints, budget, looks: MAX_LOOKS, ships: MAX_SHIPS })
    }

    /// Whether a party made the lot, holds or represents its registration, or has imported it by the word of a drug
    /// authority.
    fn answers_for(&mut self, party: &str) -> Result<bool, ViewError> {
        let goods = Goods::of_lot(self.lot, &self.made);
        self.restraints.answers_for(party, &goods, &mut self.budget)
    }

    /// What is said of a party and the lot together.
    fn beside(&mut self, party: &str) -> Result<Beside, ViewError> {
        let mut beside = Beside::default();
        let Some(record) = subject_by_text(self.view, SubjectKind::Activity, party)? else {
            return Ok(beside);
        };
        let (mut ships, mut words) = (BTreeSet::new(), BTreeSet::new());
        let (view, left) = (self.view, self.ships);
        common(view, (record.number, self.number), &mut self.looks, &mut |party, lot| {
            let own = matches!(party.relation, Relation::Signer | Relation::Principal);
            match (own, Kind::try_from(i32::from(lot.kind)).unwrap_or_default()) {
                (false, Kind::Ship) => drop(ships.insert(lot.index)),
                (false, Kind::Correct) => drop(ships.insert(root_of(view, lot.index)?)),
                (true, Kind::DeclareImport) => drop(beside.declared.insert(lot.index)),
                (false, Kind::Sample | Kind::TestReport | Kind::Inspection | Kind::Hold) => {
                    words.insert(lot.index);
                }
                _ => {}
            }
            Ok(ships.len() + words.len() + beside.declared.len() < left)
        })?;
        for root in ships {
            beside.senders.extend(self.sender(root)?.filter(|sender| sender != party));
        }
        for word in words {
            beside.named = beside.named || self.is_by_authority(word)?;
        }
        for declared in std::mem::take(&mut beside.declared) {
            beside.named = beside.named || self.is_decided(declared, party)?;
        }
        Ok(beside)
    }

    /// Who signed the Ship of amounts of the lot at an entry, if it counts.
    fn sender(&mut self, root: u64) -> Result<Option<String>, ViewError> {
        self.ships = self.ships.saturating_sub(1);
        let found = if self.ships > 0 { content(self.view, root)? } else { None };
        Ok(found.and_then(|content| match &content.body {
            Body::Ship(b) if b.lots.iter().any(|amount| amount.lot == self.lot) => {
                Some(content.root.actor().to_owned())
            }
            _ => None,
        }))
    }

    fn is_by_authority(&mut self, root: u64) -> Result<bool, ViewError> {
        self.ships = self.ships.saturating_sub(1);
        let found = if self.ships > 0 { content(self.view, root)? } else { None };
        let Some(content) = found else { return Ok(false) };
        let day = Day::of_instant(content.occurred_at);
        let roles = registry::party(self.view, content.root.actor())?.map(|row| roles_on(&row, day));
        Ok(roles.unwrap_or_default().iter().any(|(role, _)| *role == Role::Authority))
    }

    /// Whether customs has decided on the lot under a declaration that this party was the first to make.
    fn is_decided(&mut self, root: u64, party: &str) -> Result<bool, ViewError> {
        self.ships = self.ships.saturating_sub(1);
        let found = if self.ships > 0 { content(self.view, root)? } else { None };
        let Some(Body::DeclareImport(declared)) = found.map(|content| content.body) else { return Ok(false) };
        let document = subject_by_text(self.view, SubjectKind::Document, &declared.declaration)?;
        let (mut first, mut decisions) = (None, Vec::new());
        touches(self.view, document.map_or(0, |d| d.number), 0, &mut |touch| {
            match Kind::try_from(i32::from(touch.kind)) {
                Ok(Kind::DeclareImport) => drop(first.get_or_insert(touch.index)),
                Ok(Kind::CustomsDecision) => decisions.push(touch.index),
                _ => {}
            }
            Ok(decisions.len() < MAX_DECISIONS && self.budget.spend(1))
        })?;
        let by = first.map(|first| recorded(self.view, first)).transpose()?;
        if by.is_none_or(|first| first.actor() != party) {
            return Ok(false);
        }
        for decision in decisions {
            let Some(content) = content(self.view, decision)? else { continue };
            let Body::CustomsDecision(b) = &content.body else { continue };
            if b.declaration == declared.declaration && b.lines.iter().any(|line| line.lot == self.lot) {
                return Ok(true);
            }
        }
        Ok(false)
    }
}

/// Whether a party made a lot, holds or represents its registration, or has imported it by the word of a drug
/// authority.
///
/// # Errors
/// The view failed.
pub fn answers_for<V: View + ?Sized>(view: &V, lot: &str, party: &str) -> Result<bool, ViewError> {
    let record = subject_by_text(view, SubjectKind::Item, lot)?;
    record.map_or(Ok(false), |record| Search::new(view, lot, record.number)?.answers_for(party))
}

/// Whether a reader may see a statement by which the lot was made.
///
/// # Errors
/// The view failed.
pub fn sees_making<V: View + ?Sized>(view: &V, lot: &str, sees: &dyn Sees) -> Result<bool, ViewError> {
    let made = Making { lot, told: Told { sees, trusted: &BTreeSet::new() } };
    Ok(!made.first(view, &mut Facts::new(), &mut Budget::default())?.lot.is_empty())
}

/// Who has shipped amounts of a lot to a party: one step up, by the Ships that count. With whether that is
/// all of them.
///
/// # Errors
/// The view failed.
pub fn suppliers<V: View + ?Sized>(view: &V, lot: &str, to: &str) -> Result<(BTreeSet<String>, bool), Error> {
    let record = subject_by_text(view, SubjectKind::Item, lot)?;
    let party = subject_by_text(view, SubjectKind::Activity, to)?;
    let Some((record, party)) = record.zip(party) else { return Ok((BTreeSet::new(), true)) };
    let mut roots = BTreeSet::new();
    let mut looks = MAX_LOOKS;
    let whole = common(view, (party.number, record.number), &mut looks, &mut |_, lot| {
        match Kind::try_from(i32::from(lot.kind)) {
            Ok(Kind::Ship) => drop(roots.insert(lot.index)),
            Ok(Kind::Correct) => drop(roots.insert(root_of(view, lot.index)?)),
            _ => {}
        }
        Ok(roots.len() <= MAX_SHIPS)
    })?;
    let whole = whole && roots.len() <= MAX_SHIPS;
    let mut suppliers = BTreeSet::new();
    for root in roots.into_iter().take(MAX_SHIPS) {
        let Some(content) = content(view, root)? else { continue };
        let Body::Ship(b) = &content.body else { continue };
        if b.addressee == to && b.lots.iter().any(|amount| amount.lot == lot) {
            if suppliers.len() == MAX_SUPPLIERS {
                return Ok((suppliers, false));
            }
            suppliers.insert(content.root.actor().to_owned());
        }
    }
    Ok((suppliers, whole))
}
