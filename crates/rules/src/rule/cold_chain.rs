//! COLD_CHAIN 冷链异常
//!
//! | | |
//! | --- | --- |
//! | severity | medium for an excursion; low where nothing was measured |
//! | visibility | operational |
//! | register | `cold-chain` where nothing was measured, for class and region of the sender; an excursion rests on none |
//! | opens | goods that must stay cold (storage at most `cold-below-millicelsius`) were outside of their range on the way, by readings or on arrival, longer than `excursion-minutes`; or were shipped and taken in without readings and without an arrival temperature |
//! | shown | nothing measured: when the hours for late uploads are over |
//! | silent | readings that name the shipment or its waybill, whatever the clock of the logger says; readings of the goods themselves by a clock that differs by less than `logger-skew-hours`; goods that need no cold; goods to destruction |
//! | resolved by | the Condition; a Correct of the Receive |

use std::{collections::BTreeSet, rc::Rc};

use custody::ViewError;
use proto::v1::{Condition, Registration, Temperature, statement::Body};
use statement::{Kind, SubjectKind, Words, words};

use super::{Rule, RuleRow, Severity, Visibility};
use crate::{
    hit::Hit,
    reader::{Reader, Told},
    settings::{COLD_BELOW, EXCURSION_MINUTES, LOGGER_SKEW, UPLOAD_LAG},
    thing::{Deed, Goods, Move, names},
};

pub(crate) const ROW: RuleRow = RuleRow {
    rule: Rule::ColdChain,
    id: "COLD_CHAIN",
    version: 1,
    severity: Severity::Medium,
    visibility: Visibility::Operational,
    register: "cold-chain",
    title: Words::of("suspected break in the cold chain", "疑似冷链中断或超温"),
};

pub(crate) fn goods(reader: &mut Reader<'_>, goods: &Goods, hits: &mut Vec<Hit>) -> Result<(), ViewError> {
    let Some(range) = goods.facts.registration.clone() else { return Ok(()) };
    for made in goods.moves.iter().filter(|m| m.deed == Deed::Shipped && m.reason != "disposal") {
        let below = reader.setting(&COLD_BELOW, goods.class(), made.day())?;
        if range.storage_max.as_ref().is_some_and(|t| i64::from(t.millicelsius) <= below) {
            shipment(reader, goods, made, &range, hits)?;
        }
    }
    Ok(())
}

fn shipment(
    reader: &mut Reader<'_>,
    goods: &Goods,
    made: &Move,
    range: &Registration,
    hits: &mut Vec<Hit>,
) -> Result<(), ViewError> {
    let readings = readings(reader, goods, made)?;
    let (line, by) = (&goods.line, &made.by);
    let most = reader.setting(&EXCURSION_MINUTES, goods.class(), made.day())?;
    let (mut measured, mut outside) = (false, Vec::new());
    for told in &readings {
        let Body::Condition(b) = &told.body else { continue };
        measured |= b.max.is_some() || b.min.is_some();
        let minutes = i64::from(b.excursion_minutes);
        let beyond = [&b.min, &b.max].into_iter().flatten().any(|t| is_outside(range, t));
        if minutes > most || (beyond && most == 0) {
            outside.push(told.index);
        }
    }
    for entry in &made.answers {
        let Some(told) = reader.told(*entry)? else { continue };
        let Body::Receive(b) = &told.body else { continue };
        measured |= b.arrival.is_some();
        if b.arrival.as_ref().is_some_and(|t| is_outside(range, t)) {
            outside.push(told.index);
        }
    }
    if !outside.is_empty() {
        let facts = words!(
            "{line}, shipped by {by}, was outside of its temperature range on the way",
            "{by} 发出的 {line} 在途温度超出规定范围"
        );
        let hit = Hit::of(&ROW, by, goods.key(), made.at, facts).line(line);
        hits.push(hit.on([made.entry].into_iter().chain(outside)));
    } else if !measured && made.arrived_at != 0 {
        let region = reader.region(by)?;
        if !reader.covered(ROW.register, &region, goods.class(), made.day())? {
            return Ok(());
        }
        let facts = words!(
            "{line}, shipped by {by}, was taken in without a temperature having been recorded on the way or on arrival",
            "{by} 发出的 {line} 已收货，但无在途或到货温度记录"
        );
        let due = made.arrived_at.saturating_add(reader.hours(&UPLOAD_LAG, goods.class(), made.at)?);
        let hit = Hit::of(&ROW, by, goods.key(), made.at, facts).line(line).due(due);
        let entries = [made.entry].into_iter().chain(made.answers.iter().copied());
        hits.push(hit.on(entries).at_most(Severity::Low));
    }
    Ok(())
}

/// Whether a reading is outside of what a registration permits.
pub fn is_outside(range: &Registration, reading: &Temperature) -> bool {
    let below = range.storage_min.as_ref().is_some_and(|t| reading.millicelsius < t.millicelsius);
    below || range.storage_max.as_ref().is_some_and(|t| reading.millicelsius > t.millicelsius)
}

/// Readings that belong to a shipment.
fn readings(reader: &mut Reader<'_>, goods: &Goods, made: &Move) -> Result<Vec<Rc<Told>>, ViewError> {
    let Some(ship) = reader.told(made.entry)? else { return Ok(Vec::new()) };
    let Body::Ship(b) = &ship.body else { return Ok(Vec::new()) };
    let mut all: Vec<Rc<Told>> = goods.told.iter().filter(|t| t.kind == Kind::Condition).cloned().collect();
    let mut subjects = vec![(SubjectKind::Document, b.waybill.clone())];
    // What is named by its container, or by the case that was shipped.
    subjects.extend(made.via.iter().map(|via| (SubjectKind::Item, via.to_string())));
    for (kind, text) in subjects.into_iter().filter(|(_, text)| !text.is_empty()) {
        all.extend(reader.about(kind, &text, &|k| k == Kind::Condition)?.unwrap_or_default());
    }
    let skew = reader.hours(&LOGGER_SKEW, goods.class(), made.at)?;
    let reference = ship.reference();
    let mut seen = BTreeSet::new();
    all.retain(|told| {
        let Body::Condition(c) = &told.body else { return false };
        let named = c.shipment.as_ref().map(|s| (s.party.as_str(), s.id.as_slice()));
        let ours = match named {
            Some(named) => named == reference,
            None if !c.waybill.is_empty() => c.waybill == b.waybill,
            None => is_during(c, made, skew) && concerns(c, goods, made),
        };
        ours && seen.insert(told.index)
    });
    Ok(all)
}

fn concerns(c: &Condition, goods: &Goods, made: &Move) -> bool {
    let via = made.via.as_ref().is_some_and(|via| c.items.iter().any(|i| **i == **via));
    via || names(&c.items, &goods.codes) || c.lots.contains(&goods.facts.lot)
}

fn is_during(c: &Condition, made: &Move, skew: i64) -> bool {
    let end = if made.arrived_at == 0 { made.at } else { made.arrived_at };
    c.started_at <= end.saturating_add(skew) && c.ended_at >= made.at.saturating_sub(skew)
}
