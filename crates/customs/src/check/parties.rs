//! 主体: the importer's licence, and who may not take part at all.

use custody::{ViewError, registry, tables::LicenceRow};
use rules::read::{LICENCE_RENEWAL, Reader, is_in_force};
use statement::{Words, words};

use super::absent;
use crate::{
    Error,
    answer::Note,
    case::{Case, Lot},
};

/// The importer may import such goods: filed as an importer, or licensed to trade in them.
pub(super) fn importer_licence(reader: &mut Reader<'_>, case: &Case, lot: &Lot) -> Result<Note, ViewError> {
    let importer = &case.importer;
    if importer.is_empty() {
        return Ok(Note::missing(Words::of("nobody has declared", "无人申报")));
    }
    let day = case.day();
    let renewal = reader.setting(&LICENCE_RENEWAL, lot.class(), day)?.clamp(0, 3_660) as i32;
    let held: Vec<LicenceRow> = licences(reader, importer)?
        .into_iter()
        .filter(|row| covers(&row.licence.kind, lot.device_class()))
        .collect();
    if let Some(row) = held.iter().find(|row| is_in_force(&row.licence, day, renewal)) {
        let facts = words!("{importer}: {}", "{importer}：{}", row.licence.number);
        return Ok(Note::pass(facts).on([row.index]));
    }
    let Some(row) = held.last() else {
        let facts = words!(
            "no licence of {importer} to import or trade in such goods is registered",
            "{importer} 未登记相应的进口或经营许可"
        );
        return absent(reader, case, lot, "licences", facts);
    };
    let facts = words!(
        "licence {} of {importer} was not in force on {day}",
        "{importer} 的许可证 {} 在 {day} 不在有效期内",
        row.licence.number
    );
    // That it was taken away is said; that it was not renewed is not.
    let taken = !row.licence.revoked_on.is_empty() || !row.licence.suspended_from.is_empty();
    let note = if taken { Note::fail(facts) } else { absent(reader, case, lot, "licences", facts)? };
    Ok(note.on([row.index]))
}

fn licences(reader: &mut Reader<'_>, party: &str) -> Result<Vec<LicenceRow>, ViewError> {
    let row = reader.party(party)?;
    let sites = row.as_ref().as_ref().map(|row| registry::sites_of(reader.view, row)).transpose()?;
    let mut all = Vec::new();
    for site in sites.unwrap_or_default() {
        let row = reader.site(&site)?;
        all.extend(row.iter().flat_map(|row| row.licences.clone()));
    }
    Ok(all)
}

fn covers(kind: &str, device_class: u32) -> bool {
    match device_class {
        0 => matches!(kind, "importer" | "drug-wholesale" | "toxic-drug"),
        1 => matches!(kind, "importer" | "device-trade" | "device-filing" | "business-licence"),
        2 => matches!(kind, "importer" | "device-trade" | "device-filing"),
        _ => matches!(kind, "importer" | "device-trade"),
    }
}

/// Nobody who has a part in the import stands on the blacklist in force.
pub(super) fn blacklist(reader: &mut Reader<'_>, case: &Case) -> Result<(Vec<Note>, bool), Error> {
    let all = case.parties();
    let mut notes = Vec::new();
    for party in &all {
        if let Some(entry) = reader.listed("blacklist", party, case.today())? {
            let facts = words!("{party} is on the blacklist", "{party} 在黑名单上");
            notes.push(Note::fail(facts).on([entry]));
        }
    }
    if notes.is_empty() {
        let count = all.len();
        notes.push(Note::pass(words!("none of {count} parties", "{count} 个主体均不在名单")));
    }
    Ok((notes, true))
}
