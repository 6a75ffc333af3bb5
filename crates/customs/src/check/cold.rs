//! 冷链: what was measured from ship to port.

use std::{collections::BTreeSet, rc::Rc};

use custody::ViewError;
use proto::v1::{Condition, Registration, statement::Body};
use rules::read::{COLD_BELOW, EXCURSION_MINUTES, LOGGER_SKEW, Reader, Told, is_outside};
use statement::{Kind, SubjectKind, Words, words};

use super::absent;
use crate::{
    answer::Note,
    case::{Case, Lot, MAX_PACKAGES},
    source::{Leg, inbound},
};

/// Readings of the shipments on which a lot came, and temperatures on arrival, are within what its registration permits.
pub(super) fn chain(reader: &mut Reader<'_>, case: &Case, lot: &Lot) -> Result<Note, ViewError> {
    let Some(row) = &lot.registration else {
        let facts = Words::of("no registration says how cold it must be kept", "无注册证载明储存温度");
        return Ok(Note::missing(facts));
    };
    let range = &row.registration;
    let below = reader.setting(&COLD_BELOW, lot.class(), case.day())?;
    if range.storage_max.as_ref().is_none_or(|t| i64::from(t.millicelsius) > below) {
        return Ok(Note::not_applicable(Words::of("need not be kept cold", "无须冷链")));
    }
    let legs = inbound(reader, case, lot)?;
    let readings = readings(reader, case, lot, &legs)?;
    let most = reader.setting(&EXCURSION_MINUTES, lot.class(), case.day())?;
    let (mut measured, mut outside) = (Vec::new(), Vec::new());
    for told in &readings {
        let Body::Condition(b) = &told.body else { continue };
        let temperatures = [&b.min, &b.max];
        if temperatures.into_iter().any(Option::is_some) {
            measured.push(told.index);
        }
        if is_beyond(b, range, most) {
            outside.push(told.index);
        }
    }
    for entry in legs.iter().flat_map(|leg| &leg.answers) {
        let Some(told) = reader.told(*entry)? else { continue };
        let Body::Receive(b) = &told.body else { continue };
        if let Some(arrival) = &b.arrival {
            measured.push(told.index);
            outside.extend(is_outside(range, arrival).then_some(told.index));
        }
    }
    if !outside.is_empty() {
        let facts = Words::of("outside of its temperature range on the way", "在途温度超出规定范围");
        return Ok(Note::fail(facts).on(outside));
    }
    if measured.is_empty() {
        let facts = Words::of("nothing was measured on the way", "无在途温度记录");
        return absent(reader, case, lot, "cold-chain", facts);
    }
    let count = measured.len();
    let facts = words!("{count} records, all within range", "{count} 份记录，均在范围内");
    Ok(Note::pass(facts).on(measured))
}

fn is_beyond(b: &Condition, range: &Registration, most: i64) -> bool {
    let beyond = [&b.min, &b.max].into_iter().flatten().any(|t| is_outside(range, t));
    i64::from(b.excursion_minutes) > most || (beyond && most == 0)
}

/// Readings that belong to the way here: of its shipments and waybills, and of the goods themselves until they were
/// declared.
fn readings(
    reader: &mut Reader<'_>,
    case: &Case,
    lot: &Lot,
    legs: &[&Leg],
) -> Result<Vec<Rc<Told>>, ViewError> {
    let waybills: BTreeSet<&str> = legs
        .iter()
        .map(|leg| leg.waybill.as_str())
        .chain([case.body.waybill.as_str()])
        .filter(|waybill| !waybill.is_empty())
        .collect();
    let mut ships = Vec::new();
    for leg in legs {
        ships.extend(reader.told(leg.entry)?);
    }
    let mut all: Vec<Rc<Told>> = lot.told.iter().filter(|t| t.kind == Kind::Condition).cloned().collect();
    let subjects = waybills.iter().map(|waybill| (SubjectKind::Document, (*waybill).to_owned()));
    let items = lot.packages().take(MAX_PACKAGES).map(|item| (SubjectKind::Item, item.clone()));
    let names: BTreeSet<(SubjectKind, String)> = subjects.chain(items).collect();
    for (kind, text) in names {
        all.extend(reader.about(kind, &text, &|k| k == Kind::Condition)?.unwrap_or_default());
    }
    let skew = reader.hours(&LOGGER_SKEW, lot.class(), case.at)?;
    let until = case.at.saturating_add(skew);
    let since = legs.iter().map(|leg| leg.departed_at).min().unwrap_or(i64::MIN).saturating_sub(skew);
    let mut seen = BTreeSet::new();
    all.retain(|told| {
        let Body::Condition(b) = &told.body else { return false };
        let ours = match &b.shipment {
            Some(named) => ships.iter().any(|ship| ship.reference() == (named.party.as_str(), &named.id[..])),
            None if !b.waybill.is_empty() => waybills.contains(b.waybill.as_str()),
            None => b.ended_at >= since && b.started_at <= until,
        };
        ours && seen.insert(told.index)
    });
    all.sort_by_key(|told| told.index);
    Ok(all)
}
