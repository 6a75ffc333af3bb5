//! BROKEN_CUSTODY 流向断链
//!
//! | | |
//! | --- | --- |
//! | severity | medium; low for a shipment that nobody has answered |
//! | visibility | operational |
//! | register | `coding`, for class and region of who acts |
//! | opens | who neither has the goods nor acts for who has them ships, packs or uses them; goods are taken in that nobody shipped, or that were shipped to somebody else; a shipment is not answered in time |
//! | shown | when the hours for late uploads are over; unanswered: when the time to answer is over |
//! | silent | who acts under a mandate of the holder, or has taken its place; direct delivery 直调; goods on loan or hire that are back; shipments abroad, to destruction, as evidence or sample; goods that were declined; what happened to the container, which is its own matter |
//! | resolved by | the missing Ship or Receive, whenever it comes; a Correct or Void of the slip |

use custody::ViewError;
use proto::v1::{Role, statement::Body};
use statement::{Day, Kind, Words, words};
use trace::{Certainty, Hop, HopKind, Word};

use super::{Rule, RuleRow, Severity, Visibility};
use crate::{
    hit::Hit,
    reader::Reader,
    settings::{RECEIVE_WITHIN, UPLOAD_LAG},
    thing::Thing,
};

pub(crate) const ROW: RuleRow = RuleRow {
    rule: Rule::BrokenCustody,
    id: "BROKEN_CUSTODY",
    version: 1,
    severity: Severity::Medium,
    visibility: Visibility::Operational,
    register: "coding",
    title: Words::of("suspected break in the chain of custody", "疑似流向断链"),
};

pub(crate) fn thing(reader: &mut Reader<'_>, thing: &Thing, hits: &mut Vec<Hit>) -> Result<(), ViewError> {
    let mut holder = "";
    for (i, hop) in thing.hops.iter().enumerate() {
        let from = if hop.from.is_empty() { holder } else { hop.from.as_str() };
        // What is packed into a container tells where it is, though that moves it nowhere.
        let packer = if from.is_empty() { thing.handler_before(hop.departed_at.max(hop.arrived_at)) } else { None };
        let from = packer.unwrap_or(from);
        if hop.kind == HopKind::Transfer && hop.via.is_none() && from != hop.to {
            match (hop.word, hop.certainty) {
                (Word::Arriver, _) if !from.is_empty() => taken(reader, thing, hop, from, hits)?,
                (Word::Giver, Certainty::OneSided) if !hop.declined => unanswered(reader, thing, i, hits)?,
                _ => {}
            }
        }
        holder = if hop.declined { &hop.from } else { &hop.to };
    }
    Ok(())
}

/// The goods are at somebody's, and who had them last does not say how they came there.
fn taken(
    reader: &mut Reader<'_>,
    thing: &Thing,
    hop: &Hop,
    from: &str,
    hits: &mut Vec<Hit>,
) -> Result<(), ViewError> {
    let at = hop.departed_at.max(hop.arrived_at);
    let Some(entry) = hop.entries.first() else { return Ok(()) };
    let Some(told) = reader.told(*entry)? else { return Ok(()) };
    if told.kind == Kind::Sample || is_explained(reader, thing, hop, from)? {
        return Ok(());
    }
    if !is_covered(reader, thing, &hop.to, at)? {
        return Ok(());
    }
    let (item, by) = (&thing.goods.line, &hop.to);
    let facts = match (told.kind, hop.certainty) {
        (Kind::Receive, Certainty::Conflict) => words!(
            "{item} was taken in by {by}; it had been shipped to {from}",
            "{item} 由 {by} 收货，但系发往 {from}"
        ),
        (Kind::Receive, _) => words!(
            "{item} was taken in by {by} without a shipment; {from} was the last known to have it",
            "{item} 由 {by} 收货，但无对应出库；此前最后持有人为 {from}"
        ),
        _ => words!(
            "{item} was handled by {by} while {from} was the last known to have it, with no shipment between them",
            "{item} 由 {by} 经手，但最后已知持有人为 {from}，两者之间无出入库记录"
        ),
    };
    let due = at.saturating_add(reader.hours(&UPLOAD_LAG, thing.goods.class(), at)?);
    let entries = hop.entries.iter().copied();
    hits.push(Hit::of(&ROW, by, thing.goods.key(), at, facts).line(item).on(entries).due(due));
    Ok(())
}

/// Whether what looks like a gap has a lawful explanation.
pub(crate) fn is_explained(
    reader: &mut Reader<'_>,
    thing: &Thing,
    hop: &Hop,
    from: &str,
) -> Result<bool, ViewError> {
    let Some(told) = hop.entries.first().map(|e| reader.told(*e)).transpose()?.flatten() else {
        return Ok(false);
    };
    if told.kind == Kind::Sample || matches!(&told.body, Body::Ship(b) if b.reason == "drop-shipment") {
        return Ok(true);
    }
    if reader.acts_for(&hop.to, from, told.kind, &told.site, told.day())? {
        return Ok(true);
    }
    is_back_from_loan(reader, thing, hop, from)
}

/// Whether who had it had it on loan from who has it now.
fn is_back_from_loan(
    reader: &mut Reader<'_>,
    thing: &Thing,
    hop: &Hop,
    from: &str,
) -> Result<bool, ViewError> {
    let began = |h: &Hop| h.departed_at.max(h.arrived_at);
    let lent = thing.hops.iter().rev().find(|h| {
        h.kind == HopKind::Transfer && h.word != Word::Arriver && h.to == from && began(h) <= began(hop)
    });
    let Some(entry) = lent.filter(|h| h.from == hop.to).and_then(|h| h.entries.first()) else {
        return Ok(false);
    };
    let reason = reader.told(*entry)?.and_then(|told| match &told.body {
        Body::Ship(b) => Some(b.reason.clone()),
        _ => None,
    });
    Ok(reason.is_some_and(|r| matches!(r.as_str(), "loan" | "rental" | "consignment" | "service" | "rework")))
}

/// A shipment that nobody has answered.
fn unanswered(reader: &mut Reader<'_>, thing: &Thing, i: usize, hits: &mut Vec<Hit>) -> Result<(), ViewError> {
    let Some(hop) = thing.hops.get(i) else { return Ok(()) };
    let at = hop.departed_at;
    let Some(told) = hop.entries.first().map(|e| reader.told(*e)).transpose()?.flatten() else { return Ok(()) };
    let Body::Ship(b) = &told.body else { return Ok(()) };
    let leaves = matches!(b.reason.as_str(), "export" | "disposal" | "evidence" | "sample");
    // Delivered directly: who ordered it and who delivers it both ship it, and it arrives once.
    let arrived = thing.hops.iter().any(|h| {
        h.kind == HopKind::Transfer && h.to == hop.to && h.word == Word::Both && h.arrived_at >= at
    });
    let day = Day::of_instant(at);
    let official = reader.has_role(&hop.to, Role::Authority, day)? || reader.has_role(&hop.to, Role::Laboratory, day)?;
    if leaves || arrived || official || reader.is_abroad(&hop.to)? || !is_covered(reader, thing, &hop.to, at)? {
        return Ok(());
    }
    let (item, from, to) = (&thing.goods.line, &hop.from, &hop.to);
    let facts = words!(
        "{item} was shipped by {from} to {to}, who has not answered within the time to do so",
        "{item} 由 {from} 发往 {to}，收货方逾期未确认"
    );
    let due = at.saturating_add(reader.hours(&RECEIVE_WITHIN, thing.goods.class(), at)?);
    let hit = Hit::of(&ROW, to, thing.goods.key(), at, facts).line(item).on([told.index]).due(due);
    hits.push(hit.at_most(Severity::Low));
    Ok(())
}

fn is_covered(reader: &mut Reader<'_>, thing: &Thing, party: &str, at: i64) -> Result<bool, ViewError> {
    let region = reader.region(party)?;
    reader.covered(ROW.register, &region, thing.goods.class(), Day::of_instant(at))
}
