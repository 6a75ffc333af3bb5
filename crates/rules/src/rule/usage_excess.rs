//! USAGE_EXCESS 使用超量
//!
//! | | |
//! | --- | --- |
//! | severity | medium |
//! | visibility | operational |
//! | register | none |
//! | opens | more vials or pieces of a code are used than it stands for; a vial of a single-use product is used again more than `opened-vial-hours` after it was first |
//! | shown | when the hours for late uploads are over |
//! | silent | vials up to the number of the Commission, whoever uses them; stock older than the duty to code, of which no number is told; products that may be used again. That goods were used by who never received them is BROKEN_CUSTODY; that more than the label was used, QUANTITY_EXCESS |
//! | resolved by | a Correct of the use, or of the number of units |

use std::collections::{BTreeMap, BTreeSet};

use custody::ViewError;
use proto::v1::statement::Body;
use statement::{Words, words};

use super::{Rule, RuleRow, Severity, Visibility};
use crate::{
    hit::Hit,
    reader::Reader,
    settings::{OPENED_VIAL, UPLOAD_LAG},
    thing::Thing,
};

pub(crate) const ROW: RuleRow = RuleRow {
    rule: Rule::UsageExcess,
    id: "USAGE_EXCESS",
    version: 1,
    severity: Severity::Medium,
    visibility: Visibility::Operational,
    register: "",
    title: Words::of("suspected use of more than was there", "疑似使用量超出"),
};

pub(crate) fn thing(reader: &mut Reader<'_>, thing: &Thing, hits: &mut Vec<Hit>) -> Result<(), ViewError> {
    let goods = &thing.goods;
    let units = goods.facts.units_per_code;
    if units == 0 || goods.facts.opening {
        return Ok(());
    }
    let single = goods.facts.registration.as_ref().is_some_and(|r| r.single_use);
    let (mut vials, mut first): (BTreeSet<u32>, BTreeMap<u32, (i64, u64)>) = Default::default();
    for told in &goods.told {
        let Body::Use(b) = &told.body else { continue };
        let due = told.at.saturating_add(reader.hours(&UPLOAD_LAG, goods.class(), told.at)?);
        let span = reader.hours(&OPENED_VIAL, goods.class(), told.at)?;
        for line in b.lines.iter().filter(|l| goods.codes.contains(&l.item)) {
            let (item, by, vial) = (&goods.line, &told.actor, line.vial);
            let (opened, entry) = *first.entry(vial).or_insert((told.at, told.index));
            let new = vials.insert(vial);
            if new && (vial > units || vials.len() > units as usize) {
                let facts = words!(
                    "vial {vial} of {item} was used; the code stands for {units}",
                    "使用了 {item} 的第 {vial} 支，该码仅对应 {units} 支"
                );
                let hit = Hit::of(&ROW, by, goods.key(), told.at, facts).line(item);
                hits.push(hit.on([Some(told.index), goods.facts.origin].into_iter().flatten()).due(due));
            } else if single && told.at.saturating_sub(opened) > span {
                let facts = words!(
                    "vial {vial} of {item}, for single use, was used again long after it was opened",
                    "{item} 第 {vial} 支为一次性使用产品，开启后长时间再次使用"
                );
                let hit = Hit::of(&ROW, by, goods.key(), told.at, facts).line(item);
                hits.push(hit.on([entry, told.index]).due(due));
            }
        }
    }
    Ok(())
}
