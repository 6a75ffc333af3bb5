//! A thing with its whole story: what rules about goods judge.

use std::{collections::BTreeSet, rc::Rc};

use custody::{
    View, ViewError,
    alias::code_texts,
    item::{ItemState, item_state},
    response::receives_of,
    stock::restrictions,
    tables::{subject_by_text, touches},
};
use gs1::{ItemKind, ItemRef, LotRef};
use proto::v1::{AdjustOutcome, Registration, statement::Body};
use statement::{Day, GoodsAct, Kind, Relation, SubjectKind, registration_product, visit_act_subjects};
use trace::{Certainty, Hop, HopKind, Scope, Sees, Word, desk::LotPart};

use crate::reader::{MAX_HISTORY, Reader, Told};

/// Lots told apart in one container.
const MAX_LOTS: usize = 16;
/// Things looked at in one container.
const MAX_INSIDE: usize = 256;

/// What is told of goods where they were made, or of stock older than that.
#[derive(Clone, Debug, Default)]
pub struct Facts {
    /// "lot:…"; may be empty.
    pub lot: String,
    /// "gtin:…" and the like; may be empty.
    pub product: String,
    /// Day of manufacture.
    pub made_on: Option<Day>,
    /// Last day of use.
    pub expires_on: Option<Day>,
    /// Registration or approval number as printed.
    pub number: String,
    /// Vials or pieces under one code.
    pub units_per_code: u32,
    /// For which market it was made; may be empty.
    pub market: String,
    /// Who commissioned it; empty where nobody did.
    pub maker: String,
    /// Entry of the Commission, Transform or count of opening stock.
    pub origin: Option<u64>,
    /// It was stated as stock older than the duty to code.
    pub opening: bool,
    /// The registration of that number, else the only one of the product.
    pub registration: Option<Rc<Registration>>,
}

impl Facts {
    /// What findings about it are about: lot, else product.
    pub fn goods(&self) -> &str {
        if self.lot.is_empty() { &self.product } else { &self.lot }
    }

    /// Class of product; empty where it is not known.
    pub fn class(&self) -> &str {
        self.registration.as_ref().map_or("", |r| &r.product_class)
    }

    /// Whether it was made abroad: its registration says so, or its number.
    pub fn is_imported(&self) -> bool {
        self.registration.as_ref().is_some_and(|r| !r.origin.is_empty() && r.origin != "CN")
            || self.number.contains("械注进")
            || self.number.contains("械备进")
            || self.number.strip_prefix("国药准字").is_some_and(|n| n.chars().nth(1) == Some('J'))
    }
}

/// What happened to goods in one move.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Deed {
    /// Came into being.
    Made,
    /// Left for an addressee.
    Shipped,
    /// Arrived without a word of the sender.
    Arrived,
    /// Was used.
    Used,
}

/// A move of goods, by the word of who makes it.
#[derive(Clone, Debug)]
pub(crate) struct Move {
    pub(crate) deed: Deed,
    pub(crate) at: i64,
    /// Entry of the original.
    pub(crate) entry: u64,
    /// Who acts.
    pub(crate) by: String,
    /// Addressee of a shipment; else empty.
    pub(crate) to: String,
    /// Why it left; else empty.
    pub(crate) reason: String,
    /// Where it happened, as far as told.
    pub(crate) site: String,
    /// Site it goes to, as far as told.
    pub(crate) ship_to: String,
    /// When the addressee took it in; 0 = not told.
    pub(crate) arrived_at: i64,
    /// Entries with which it was answered.
    pub(crate) answers: Vec<u64>,
    /// In which container.
    pub(crate) via: Option<Rc<str>>,
}

impl Move {
    pub(crate) fn day(&self) -> Day {
        Day::of_instant(self.at)
    }

    /// Whether goods go back, to an authority or laboratory's hands, or to be destroyed.
    pub(crate) fn goes_back(&self) -> bool {
        self.deed == Deed::Shipped
            && matches!(
                self.reason.as_str(),
                "return" | "rejected" | "recall" | "disposal" | "evidence" | "sample"
            )
    }
}

/// Goods as most rules see them: an item, or an amount of a lot at one party.
#[derive(Debug)]
pub(crate) struct Goods {
    /// The item or lot.
    pub(crate) line: String,
    /// All codes of an item; a lot alone for an amount.
    pub(crate) codes: Vec<String>,
    pub(crate) facts: Facts,
    /// In order of occurrence.
    pub(crate) moves: Vec<Move>,
    /// Statements that name it and count, in fold order.
    pub(crate) told: Vec<Rc<Told>>,
}

impl Goods {
    /// What findings about it are about.
    pub(crate) fn key(&self) -> &str {
        self.facts.goods()
    }

    pub(crate) fn class(&self) -> &str {
        self.facts.class()
    }
}

/// An item with its hops.
#[derive(Debug)]
pub(crate) struct Thing {
    pub(crate) goods: Goods,
    /// Oldest first.
    pub(crate) hops: Vec<Hop>,
}

impl Thing {
    /// Who packed something into it, or took something out, last before an instant.
    pub(crate) fn handler_before(&self, at: i64) -> Option<&str> {
        let handles = |told: &&Rc<Told>| match &told.body {
            Body::Pack(b) => self.goods.codes.contains(&b.parent),
            Body::Unpack(b) => self.goods.codes.contains(&b.parent),
            _ => false,
        };
        let mut before = self.goods.told.iter().filter(|told| told.at <= at);
        before.rfind(handles).map(|told| told.actor.as_str())
    }

    /// Whether it is a container of which is known what is in it: rules about goods judge that.
    pub(crate) fn is_known_container(&self) -> bool {
        !self.goods.facts.lot.is_empty() && !self.goods.codes.iter().any(|code| is_unit(code))
    }
}

/// All statements but some.
struct Except<'a>(&'a BTreeSet<u64>);

impl Sees for Except<'_> {
    fn statement(&self, index: u64) -> Result<bool, ViewError> {
        Ok(!self.0.contains(&index))
    }

    fn item(&self, _: &[Hop]) -> Result<bool, ViewError> {
        Ok(true)
    }

    fn lot(&self, _: &str) -> Result<LotPart, ViewError> {
        Ok(LotPart::Whole)
    }

    fn is_party(&self, _: &str) -> bool {
        false
    }
}

/// Whether a code is a unit's own, not that of a container.
pub(crate) fn is_unit(code: &str) -> bool {
    ItemRef::parse(code)
        .is_ok_and(|item| !matches!(item.kind(), ItemKind::Sscc | ItemKind::Bag | ItemKind::Lot))
}

/// The codes of the thing that bears one, ascending.
pub(crate) fn codes(view: &dyn View, code: &str) -> Result<Vec<String>, ViewError> {
    match item_state(view, code)? {
        Some((_, state)) if state.aliased => code_texts(view, code),
        _ => Ok(vec![code.to_owned()]),
    }
}

impl Reader<'_> {
    /// An item; `None` where nothing names it, or more than can be judged.
    pub(crate) fn thing(&mut self, code: &str) -> Result<Option<Thing>, ViewError> {
        let codes = codes(self.view, code)?;
        let mut touched = Vec::new();
        for code in &codes {
            let Some(record) = subject_by_text(self.view, SubjectKind::Item, code)? else { continue };
            if record.count > MAX_HISTORY as u64 {
                return Ok(None);
            }
            touches(self.view, record.number, 0, &mut |touch| {
                touched.push(touch);
                Ok(true)
            })?;
        }
        if touched.is_empty() {
            return Ok(None);
        }
        let told =
            self.of_touches(&touched, &|kind| !matches!(kind, Kind::Void | Kind::Endorse | Kind::Erase))?;
        let without = Rc::clone(&self.without);
        let found = if without.is_empty() {
            trace::source_kept(self.view, code, MAX_HISTORY, &self.kept_acts)
        } else {
            trace::source_in(self.view, code, MAX_HISTORY, &Scope::seen_by(&Except(&without)))
        };
        let found = match found {
            Ok(found) => found,
            Err(trace::Error::View(error)) => return Err(error),
            Err(_) => return Ok(None),
        };
        if found.truncated {
            return Ok(None);
        }
        let mut hops = found.hops;
        hops.reverse();
        let facts = self.facts(&codes, &told)?;
        let moves = self.moves(&hops)?;
        Ok(Some(Thing { goods: Goods { line: code.to_owned(), codes, facts, moves, told }, hops }))
    }

    /// What is told of a thing where it was made; of a container, of what is in it.
    fn facts(&mut self, codes: &[String], told: &[Rc<Told>]) -> Result<Facts, ViewError> {
        let mut facts = told_of(codes, told);
        if facts.lot.is_empty() && !codes.iter().any(|code| is_unit(code)) {
            let lots = self.lots_inside(codes)?;
            if let Some(lot) = lots.first() {
                return Ok(Facts { origin: None, maker: String::new(), ..self.lot_facts(lot)? });
            }
        }
        self.complete(&mut facts, codes)?;
        Ok(facts)
    }

    /// Adds product and registration.
    fn complete(&mut self, facts: &mut Facts, codes: &[String]) -> Result<(), ViewError> {
        let of_lot = LotRef::parse(&facts.lot).ok().map(|lot| lot.product().to_string());
        let mut of_codes = codes.iter().filter_map(|c| ItemRef::parse(c).ok()?.to_product());
        facts.product = of_lot.or_else(|| of_codes.next().map(|p| p.to_string())).unwrap_or_default();
        facts.registration = self.registration(&facts.number, &facts.product)?;
        Ok(())
    }

    /// The registration of a number; without one, the only one of a product, or the least by number.
    pub(crate) fn registration(
        &mut self,
        number: &str,
        product: &str,
    ) -> Result<Option<Rc<Registration>>, ViewError> {
        let by_number = registration_product(number).unwrap_or_default();
        for text in [by_number.as_str(), product] {
            let row = self.product(text)?;
            let mut all: Vec<&Registration> =
                row.iter().flat_map(|row| &row.registrations).map(|r| &r.registration).collect();
            all.retain(|r| number.is_empty() || r.number == number);
            all.sort_by(|a, b| a.number.cmp(&b.number));
            if let Some(first) = all.first() {
                return Ok(Some(Rc::new((*first).clone())));
            }
        }
        // The number is nobody's: the class is that of the product's others.
        let row = self.product(product)?;
        let classes: BTreeSet<&str> = row
            .iter()
            .flat_map(|row| &row.registrations)
            .map(|r| r.registration.product_class.as_str())
            .collect();
        Ok(classes.first().map(|class| {
            Rc::new(Registration { product_class: (*class).to_owned(), ..Registration::default() })
        }))
    }

    /// What is told of an item where it was made, without its story.
    pub(crate) fn facts_of(&mut self, item: &str) -> Result<Facts, ViewError> {
        let state = item_state(self.view, item)?.map(|(_, state)| state).unwrap_or_default();
        let made = state.commissioned.checked_sub(1).map(|made| self.told(made)).transpose()?.flatten();
        let mut facts = made.map(|told| said_by(&told)).unwrap_or_default();
        self.complete(&mut facts, &[item.to_owned()])?;
        Ok(facts)
    }

    /// What a statement is about: the least lot of its goods, else the least product; empty where it names none.
    pub(crate) fn goods_of(&mut self, told: &Told) -> Result<String, ViewError> {
        let Some(act) = GoodsAct::of(&told.body) else { return Ok(String::new()) };
        let (mut items, mut goods) = (BTreeSet::new(), BTreeSet::new());
        visit_act_subjects(act, &mut |relation, text| match relation.subject_kind() {
            Some(SubjectKind::Item) if text.starts_with("lot:") => drop(goods.insert(text.to_owned())),
            Some(SubjectKind::Item) if items.len() < MAX_LOTS => drop(items.insert(text.to_owned())),
            _ => {}
        });
        for item in items {
            let facts = self.facts_of(&item)?;
            goods.extend(Some(facts.goods().to_owned()).filter(|g| !g.is_empty()));
        }
        Ok(goods.pop_first().unwrap_or_default())
    }

    /// What the first Commission of a lot says, in fold order.
    pub fn lot_facts(&mut self, lot: &str) -> Result<Facts, ViewError> {
        let wanted = |kind| matches!(kind, Kind::Commission | Kind::Transform | Kind::Adjust);
        let told = self.about(SubjectKind::Item, lot, &wanted)?.unwrap_or_default();
        let mut facts = Facts { lot: lot.to_owned(), ..Facts::default() };
        let makes = |told: &Told| match &told.body {
            Body::Commission(b) => b.lot == lot,
            Body::Transform(b) => b.lot == lot || b.output_lots.iter().any(|l| l.lot == lot),
            _ => false,
        };
        if let Some(first) = told.iter().find(|t| makes(t)) {
            facts = Facts { lot: lot.to_owned(), ..said_by(first) };
        } else if let Some((told, line)) = told.iter().find_map(|t| Some((t, opening_line(t, &[], lot)?))) {
            facts = Facts { lot: lot.to_owned(), ..counted(told, line) };
        }
        self.complete(&mut facts, &[])?;
        if facts.number.is_empty() {
            let named = LotRef::parse(lot).ok().and_then(|l| Some(l.product().registration()?.to_string()));
            facts.number = named.unwrap_or_default();
        }
        Ok(facts)
    }

    /// Lots of what was ever packed into a container, ascending, at most [`MAX_LOTS`].
    pub(crate) fn lots_inside(&mut self, container: &[String]) -> Result<BTreeSet<String>, ViewError> {
        let (mut lots, mut seen) = (BTreeSet::new(), BTreeSet::new());
        let mut next: Vec<String> = container.to_vec();
        while let Some(code) = next.pop() {
            for child in self.packed_into(&code)? {
                if seen.len() >= MAX_INSIDE || lots.len() >= MAX_LOTS {
                    return Ok(lots);
                }
                if !seen.insert(child.clone()) {
                    continue;
                }
                let state = item_state(self.view, &child)?.map(|(_, state)| state).unwrap_or_default();
                match self.lot_of(&state)? {
                    Some(lot) => drop(lots.insert(lot)),
                    None if !is_unit(&child) => next.push(child),
                    None => {}
                }
            }
        }
        Ok(lots)
    }

    fn lot_of(&mut self, state: &ItemState) -> Result<Option<String>, ViewError> {
        let Some(made) = state.commissioned.checked_sub(1) else { return Ok(None) };
        Ok(self.told(made)?.and_then(|told| match &told.body {
            Body::Commission(b) => Some(b.lot.clone()),
            Body::Transform(b) => Some(b.lot.clone()),
            _ => None,
        }))
    }

    /// What was ever packed into a container, ascending; nothing where its history is too long.
    pub fn packed_into(&mut self, container: &str) -> Result<BTreeSet<String>, ViewError> {
        let Some(record) = subject_by_text(self.view, SubjectKind::Item, container)? else {
            return Ok(BTreeSet::new());
        };
        let (mut found, mut seen) = (Vec::new(), 0);
        touches(self.view, record.number, 0, &mut |touch| {
            seen += 1;
            if matches!(touch.relation, Relation::Parent | Relation::Target) {
                found.push(touch);
            }
            Ok(seen < MAX_HISTORY)
        })?;
        let mut inside = BTreeSet::new();
        for told in self.of_touches(&found, &|kind| kind == Kind::Pack)? {
            if let Body::Pack(b) = &told.body
                && b.parent == container
            {
                inside.extend(b.children.iter().cloned());
            }
        }
        Ok(inside)
    }

    /// Moves by the word of who makes them.
    fn moves(&mut self, hops: &[Hop]) -> Result<Vec<Move>, ViewError> {
        let mut moves = Vec::new();
        for hop in hops {
            let Some(entry) = hop.entries.first().copied() else { continue };
            let deed = match (hop.kind, hop.word, hop.certainty) {
                (HopKind::Origin, Word::Giver, _) => Deed::Made,
                (HopKind::Transfer, Word::Giver | Word::Both, _) => Deed::Shipped,
                (HopKind::Transfer, Word::Arriver, Certainty::OneSided | Certainty::Conflict) => {
                    Deed::Arrived
                }
                (HopKind::Use, ..) => Deed::Used,
                _ => continue,
            };
            let Some(told) = self.told(entry)? else { continue };
            let mut made = Move {
                deed,
                at: if hop.departed_at == 0 { hop.arrived_at } else { hop.departed_at },
                entry,
                by: told.actor.clone(),
                to: String::new(),
                reason: String::new(),
                site: told.site.clone(),
                ship_to: String::new(),
                arrived_at: hop.arrived_at,
                answers: hop.entries.get(1..).unwrap_or_default().to_vec(),
                via: hop.via.clone(),
            };
            match &told.body {
                Body::Ship(b) => {
                    made.to.clone_from(&b.addressee);
                    made.reason.clone_from(&b.reason);
                    made.ship_to.clone_from(&b.ship_to);
                }
                Body::Use(_) | Body::Commission(_) | Body::Receive(_) => {}
                // Rework ends one thing and makes another; a sample is an authority's or laboratory's to take.
                _ => continue,
            }
            moves.push(made);
        }
        Ok(moves)
    }

    /// The amount of a lot at a party; `None` where more names the lot than can be judged.
    pub(crate) fn stock(&mut self, lot: &str, party: &str) -> Result<Option<Goods>, ViewError> {
        let all = self.about(SubjectKind::Item, lot, &|kind| {
            matches!(
                kind,
                Kind::Commission | Kind::Ship | Kind::Receive | Kind::Adjust | Kind::Transform | Kind::Sample
            )
        })?;
        let Some(all) = all else { return Ok(None) };
        let mut moves = Vec::new();
        for told in all.iter().filter(|told| told.actor == party) {
            let mut made = Move {
                deed: Deed::Made,
                at: told.at,
                entry: told.index,
                by: told.actor.clone(),
                to: String::new(),
                reason: String::new(),
                site: told.site.clone(),
                ship_to: String::new(),
                arrived_at: 0,
                answers: Vec::new(),
                via: None,
            };
            match &told.body {
                Body::Commission(b) if b.lot == lot && b.quantity.is_some() => {}
                Body::Ship(b) if b.lots.iter().any(|l| l.lot == lot) => {
                    made.deed = Deed::Shipped;
                    made.to.clone_from(&b.addressee);
                    made.reason.clone_from(&b.reason);
                    made.ship_to.clone_from(&b.ship_to);
                    for receive in receives_of(self.view, told.index)? {
                        if let Some(answer) = self.told(receive)?.filter(|r| r.actor == b.addressee) {
                            made.arrived_at = made.arrived_at.max(answer.at);
                            made.answers.push(receive);
                        }
                    }
                }
                _ => continue,
            }
            moves.push(made);
        }
        let facts = self.lot_facts(lot)?;
        Ok(Some(Goods { line: lot.to_owned(), codes: vec![lot.to_owned()], facts, moves, told: all }))
    }

    /// Entries of Holds and Recalls that name an item, lot or product.
    pub fn restrictions(&self, kind: SubjectKind, text: &str) -> Result<Vec<u64>, ViewError> {
        let mut found = Vec::new();
        if let Some(record) = subject_by_text(self.view, kind, text)? {
            restrictions(self.view, record.number, &mut |entry| {
                found.push(entry);
                Ok(found.len() < MAX_HISTORY)
            })?;
        }
        Ok(found)
    }
}

/// What a thing's own statements say of where it was made: the first Commission, else the first rework that
/// made it, else the first count as opening stock.
fn told_of(codes: &[String], told: &[Rc<Told>]) -> Facts {
    let commissions = |t: &&Rc<Told>| t.kind == Kind::Commission && t.names(codes);
    let reworks = |t: &&Rc<Told>| t.kind == Kind::Transform && t.names(codes);
    let made = told.iter().find(commissions).or_else(|| told.iter().find(reworks));
    if let Some(made) = made {
        return said_by(made);
    }
    let opening = told.iter().find_map(|t| Some((t, opening_line(t, codes, "")?)));
    opening.map(|(told, line)| counted(told, line)).unwrap_or_default()
}

/// Whether one of the items is one of the codes.
pub(crate) fn names(items: &[String], codes: &[String]) -> bool {
    items.iter().any(|item| codes.contains(item))
}

fn said_by(told: &Told) -> Facts {
    let facts = Facts { maker: told.actor.clone(), origin: Some(told.index), ..Facts::default() };
    match &told.body {
        Body::Commission(b) => Facts {
            lot: b.lot.clone(),
            made_on: Day::parse(&b.made_on),
            expires_on: Day::parse(&b.expires_on),
            number: b.registration.clone(),
            units_per_code: b.units_per_code,
            market: b.market.clone(),
            opening: b.opening_stock,
            ..facts
        },
        Body::Transform(b) => Facts {
            lot: b.lot.clone(),
            made_on: Day::parse(&b.made_on),
            expires_on: Day::parse(&b.expires_on),
            number: b.registration.clone(),
            units_per_code: b.units_per_code,
            ..facts
        },
        _ => facts,
    }
}

fn opening_line<'t>(told: &'t Told, codes: &[String], lot: &str) -> Option<&'t proto::v1::AdjustLine> {
    let Body::Adjust(b) = &told.body else { return None };
    b.lines.iter().find(|line| {
        let named = codes.contains(&line.item)
            || (!lot.is_empty() && (line.item_lot == lot || line.lot.as_ref().is_some_and(|l| l.lot == lot)));
        line.outcome() == AdjustOutcome::Opening && named
    })
}

fn counted(told: &Told, line: &proto::v1::AdjustLine) -> Facts {
    Facts {
        lot: line.item_lot.clone(),
        made_on: Day::parse(&line.made_on),
        expires_on: Day::parse(&line.expires_on),
        origin: Some(told.index),
        opening: true,
        ..Facts::default()
    }
}
