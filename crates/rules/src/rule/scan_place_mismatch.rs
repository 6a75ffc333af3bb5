//! SCAN_PLACE_MISMATCH 扫码地点不符
//!
//! | | |
//! | --- | --- |
//! | severity | low: public scans alone never say more |
//! | visibility | investigative |
//! | register | none |
//! | opens | who scanned a unit named a clinic or shop as the place, and by what is stated the unit was neither there, nor on its way there, nor used there |
//! | shown | when the hours for late uploads are over |
//! | silent | units of which no place is told; places of who acts for the holder; scans that name no place |
//! | resolved by | the missing Ship or Receive, whenever it comes |

use custody::ViewError;
use proto::v1::statement::Body;
use statement::{Kind, Words, words};

use super::{Rule, RuleRow, Severity, Visibility};
use crate::{
    hit::Hit,
    reader::Reader,
    settings::{CLOCK_SKEW, UPLOAD_LAG},
    thing::Thing,
};

pub(crate) const ROW: RuleRow = RuleRow {
    rule: Rule::ScanPlaceMismatch,
    id: "SCAN_PLACE_MISMATCH",
    version: 1,
    severity: Severity::Low,
    visibility: Visibility::Investigative,
    register: "",
    title: Words::of("suspected goods of another place", "疑似扫码地点与流向不符"),
};

pub(crate) fn thing(reader: &mut Reader<'_>, thing: &Thing, hits: &mut Vec<Hit>) -> Result<(), ViewError> {
    let goods = &thing.goods;
    for told in &goods.told {
        let Body::Observation(b) = &told.body else { continue };
        let until = told.at.saturating_add(reader.minutes(&CLOCK_SKEW, goods.class(), told.at)?);
        let began = |h: &&trace::Hop| if h.departed_at == 0 { h.arrived_at } else { h.departed_at };
        let before = || thing.hops.iter().filter(|h| began(h) <= until);
        // Wherever it has been by then: it may have been used there.
        let Some(last) = before().next_back().filter(|_| !b.named.is_empty()) else { continue };
        if before().any(|h| h.to == b.named && (h.kind == trace::HopKind::Use || h.to == last.to))
            || (last.from == b.named && last.arrived_at == 0)
            || reader.acts_for(&b.named, &last.to, Kind::Receive, "", told.day())?
        {
            continue;
        }
        let (item, named, holder) = (&goods.line, &b.named, &last.to);
        let facts = words!(
            "{item} was scanned at {named}; by what is stated it was at {holder}",
            "{item} 在 {named} 被扫码，而账面在 {holder}"
        );
        let due = told.at.saturating_add(reader.hours(&UPLOAD_LAG, goods.class(), told.at)?);
        let evidence = [Some(told.index), last.entries.first().copied()].into_iter().flatten();
        hits.push(Hit::of(&ROW, named, goods.key(), told.at, facts).line(item).on(evidence).due(due));
    }
    Ok(())
}
