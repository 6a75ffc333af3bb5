//! DUPLICATE_ITEM 套码
//!
//! | | |
//! | --- | --- |
//! | severity | high |
//! | visibility | investigative |
//! | register | none: it rests on statements that contradict each other |
//! | opens | a code is commissioned twice; a thing is moved or used after it was used up, destroyed or made into something else; two parties have it at once: a second one acts on it without a word of the first, and the first goes on acting, or the addressee of its shipment takes it in as well |
//! | shown | when the hours for late uploads are over (a second Commission: at once) |
//! | silent | another vial of a box, as many as the code stands for; empties on their way to destruction; direct delivery 直调; who acts for the holder; a return in between, however late it is uploaded; goods on loan |
//! | resolved by | the missing Ship or Receive; a Correct or Void of the slip |

use std::collections::BTreeSet;

use custody::ViewError;
use proto::v1::{AdjustOutcome, ReceiveOutcome, statement::Body};
use statement::{Kind, Words, words};
use trace::{Certainty, Hop, HopKind, Word};

use super::{Rule, RuleRow, Severity, Visibility, broken_custody::is_explained};
use crate::{
    hit::Hit,
    reader::{Reader, Told},
    settings::UPLOAD_LAG,
    thing::{Goods, Thing, names},
};

pub(crate) const ROW: RuleRow = RuleRow {
    rule: Rule::DuplicateItem,
    id: "DUPLICATE_ITEM",
    version: 1,
    severity: Severity::High,
    visibility: Visibility::Investigative,
    register: "",
    title: Words::of("suspected copied code", "疑似套码"),
};

pub(crate) fn thing(reader: &mut Reader<'_>, thing: &Thing, hits: &mut Vec<Hit>) -> Result<(), ViewError> {
    made_twice(&thing.goods, hits);
    after_the_end(reader, thing, hits)?;
    at_two_places(reader, thing, hits)
}

/// Each code is commissioned once.
fn made_twice(goods: &Goods, hits: &mut Vec<Hit>) {
    for code in &goods.codes {
        let makes = |told: &&std::rc::Rc<Told>| {
            matches!(told.kind, Kind::Commission | Kind::Transform) && told.names(std::slice::from_ref(code))
        };
        let mut made = goods.told.iter().filter(makes);
        let Some(first) = made.next() else { continue };
        for again in made {
            let (by, other) = (&again.actor, &first.actor);
            let facts = words!(
                "{code} was coded by {by} though {other} had coded it before",
                "{code} 已由 {other} 赋码，又由 {by} 再次赋码"
            );
            hits.push(
                Hit::of(&ROW, by, goods.key(), again.at, facts).line(code).on([first.index, again.index]),
            );
        }
    }
}

/// Vials of a box that were used, and whether a line says that nothing is left of it.
#[derive(Default)]
struct Vials {
    seen: BTreeSet<u32>,
    ended_by: Option<u64>,
}

impl Vials {
    /// Whether lines of use are of vials not used before, as many as the code stands for.
    fn are_new(&self, told: &Told, goods: &Goods) -> bool {
        let Body::Use(b) = &told.body else { return false };
        let vials: BTreeSet<u32> =
            b.lines.iter().filter(|l| goods.codes.contains(&l.item)).map(|l| l.vial).collect();
        let all = vials.union(&self.seen).count();
        !vials.contains(&0)
            && vials.is_disjoint(&self.seen)
            && all <= goods.facts.units_per_code.max(1) as usize
    }

    fn take(&mut self, told: &Told, goods: &Goods) {
        let Body::Use(b) = &told.body else { return };
        for line in b.lines.iter().filter(|l| goods.codes.contains(&l.item)) {
            self.seen.insert(line.vial);
            if line.finished && self.ended_by.is_none() {
                self.ended_by = Some(told.index);
            }
        }
    }
}

fn after_the_end(reader: &mut Reader<'_>, thing: &Thing, hits: &mut Vec<Hit>) -> Result<(), ViewError> {
    let goods = &thing.goods;
    let mut vials = Vials::default();
    let mut end: Option<u64> = None;
    for told in &goods.told {
        if let Some(ended) = end.or(vials.ended_by)
            && moves(told, &goods.codes)
            && !vials.are_new(told, goods)
            && !is_empties(reader, thing, told)?
        {
            let (item, by) = (&goods.line, &told.actor);
            let facts = words!(
                "{item} was moved or used by {by} after it was stated to be used up, destroyed or transformed",
                "{item} 已用尽、销毁或转换后，又由 {by} 流转或使用"
            );
            let due = told.at.saturating_add(reader.hours(&UPLOAD_LAG, goods.class(), told.at)?);
            let hit = Hit::of(&ROW, by, goods.key(), told.at, facts);
            hits.push(hit.line(item).on([ended, told.index]).due(due));
        }
        vials.take(told, goods);
        if ends(told, &goods.codes) {
            end = end.or(Some(told.index));
        }
    }
    Ok(())
}

/// Whether it ends the thing, other than by use.
fn ends(told: &Told, codes: &[String]) -> bool {
    match &told.body {
        Body::Transform(b) => names(&b.inputs, codes),
        Body::Adjust(b) => {
            b.lines.iter().any(|l| l.outcome() == AdjustOutcome::Destroyed && codes.contains(&l.item))
        }
        _ => false,
    }
}

/// Whether it moves or uses the thing itself.
fn moves(told: &Told, codes: &[String]) -> bool {
    match &told.body {
        Body::Pack(_) | Body::Ship(_) => told.names(codes),
        Body::Receive(b) => {
            let taken = |e: &proto::v1::ReceiveException| {
                codes.contains(&e.item)
                    && !matches!(e.outcome(), ReceiveOutcome::Short | ReceiveOutcome::Refused)
            };
            told.names(codes) || b.exceptions.iter().any(taken)
        }
        Body::Use(b) => b.lines.iter().any(|l| codes.contains(&l.item)),
        Body::Transform(b) => names(&b.inputs, codes),
        _ => false,
    }
}

/// Whether empties go to where they are destroyed, tested or kept as evidence, or arrive there.
fn is_empties(reader: &mut Reader<'_>, thing: &Thing, told: &Told) -> Result<bool, ViewError> {
    let on_the_way = |b: &Body| matches!(b, Body::Ship(s) if matches!(s.reason.as_str(), "disposal" | "recall" | "evidence" | "sample"));
    if on_the_way(&told.body) {
        return Ok(true);
    }
    let hop = thing.hops.iter().find(|hop| hop.entries.contains(&told.index));
    let Some(ship) = hop.and_then(|hop| hop.entries.first()) else { return Ok(false) };
    Ok(reader.told(*ship)?.is_some_and(|ship| on_the_way(&ship.body)))
}

/// A party came to the thing without a word of who had it.
struct Taken<'h> {
    hop: &'h Hop,
    /// Who had it.
    from: &'h str,
}

fn at_two_places(reader: &mut Reader<'_>, thing: &Thing, hits: &mut Vec<Hit>) -> Result<(), ViewError> {
    for (i, taken) in takings(thing) {
        if is_explained(reader, thing, taken.hop, taken.from)? || is_shared(reader, thing, taken.hop)? {
            continue;
        }
        let Some(again) = goes_on(&thing.hops, i, &taken) else { continue };
        let (item, first, second) = (&thing.goods.line, taken.from, &taken.hop.to);
        let at = again.departed_at.max(again.arrived_at);
        let facts = words!(
            "{item} was at {first} and at {second} at once: both go on stating that they have it",
            "{item} 同时出现在 {first} 与 {second}：双方均继续申报经手"
        );
        let due = at.saturating_add(reader.hours(&UPLOAD_LAG, thing.goods.class(), at)?);
        let evidence = taken.hop.entries.iter().chain(&again.entries).copied();
        hits.push(Hit::of(&ROW, second, thing.goods.key(), at, facts).line(item).on(evidence).due(due));
    }
    Ok(())
}

/// Arrivals of the thing itself at somebody's without a word of who had it, with their places.
fn takings(thing: &Thing) -> Vec<(usize, Taken<'_>)> {
    let mut holder = "";
    let mut found = Vec::new();
    for (i, hop) in thing.hops.iter().enumerate() {
        let silent = hop.kind == HopKind::Transfer && hop.word == Word::Arriver;
        let from = if hop.from.is_empty() { holder } else { hop.from.as_str() };
        if silent && hop.via.is_none() && !from.is_empty() && from != hop.to {
            found.push((i, Taken { hop, from }));
        }
        holder = if hop.declined { &hop.from } else { &hop.to };
    }
    found
}

/// The hop by which who had it shows that it still has, or by which its addressee has it too.
fn goes_on<'h>(hops: &'h [Hop], i: usize, taken: &Taken<'_>) -> Option<&'h Hop> {
    let second = &taken.hop.to;
    // Shipped before by who had it, and taken in afterwards by another.
    let arrived = hops.iter().take(i).find(|hop| {
        hop.kind == HopKind::Transfer
            && hop.word == Word::Both
            && !hop.declined
            && hop.to != *second
            && hop.arrived_at >= taken.hop.arrived_at
    });
    if arrived.is_some() {
        return arrived;
    }
    for hop in hops.iter().skip(i + 1) {
        if hop.kind != HopKind::Transfer {
            continue;
        }
        if hop.certainty != Certainty::Gap && hop.from == *second {
            return None;
        }
        if hop.certainty == Certainty::Gap && hop.to == taken.from {
            return Some(hop);
        }
    }
    None
}

/// Whether it was taken for the use of a vial that nobody else has used: vials of one box may be shared.
fn is_shared(reader: &mut Reader<'_>, thing: &Thing, hop: &Hop) -> Result<bool, ViewError> {
    let Some(entry) = hop.entries.first() else { return Ok(false) };
    let goods = &thing.goods;
    let mut vials = Vials::default();
    for told in goods.told.iter().filter(|t| t.index != *entry) {
        vials.take(told, goods);
    }
    Ok(reader.told(*entry)?.is_some_and(|told| vials.are_new(&told, goods)))
}
