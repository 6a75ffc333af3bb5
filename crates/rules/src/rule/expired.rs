//! EXPIRED 超过有效期
//!
//! | | |
//! | --- | --- |
//! | severity | high where it was used, medium where it was moved |
//! | visibility | operational |
//! | register | none |
//! | opens | goods are shipped, taken in without a shipment, or used after their last day of use, as the first Commission (or count of opening stock) says it |
//! | silent | on the last day itself; on their way back, to destruction, as evidence or sample; no day is told |
//! | resolved by | a Correct of the day or of the slip |

use custody::ViewError;
use statement::{Words, words};

use super::{Rule, RuleRow, Severity, Visibility};
use crate::{
    hit::Hit,
    reader::Reader,
    thing::{Deed, Goods},
};

pub(crate) const ROW: RuleRow = RuleRow {
    rule: Rule::Expired,
    id: "EXPIRED",
    version: 1,
    severity: Severity::High,
    visibility: Visibility::Operational,
    register: "",
    title: Words::of("suspected trade in or use of expired goods", "疑似经营、使用过期产品"),
};

pub(crate) fn goods(_: &mut Reader<'_>, goods: &Goods, hits: &mut Vec<Hit>) -> Result<(), ViewError> {
    let Some(last) = goods.facts.expires_on else { return Ok(()) };
    for made in goods.moves.iter().filter(|m| m.deed != Deed::Made && m.day() > last && !m.goes_back()) {
        let (line, by, over) = (&goods.line, &made.by, made.day().0 - last.0);
        let used = made.deed == Deed::Used;
        let facts = if used {
            words!(
                "{line} was used by {by} {over} days after its last day of use",
                "{line} 由 {by} 使用，已超过有效期 {over} 天"
            )
        } else {
            words!(
                "{line} was moved by {by} {over} days after its last day of use",
                "{line} 由 {by} 流转，已超过有效期 {over} 天"
            )
        };
        let evidence = [Some(made.entry), goods.facts.origin].into_iter().flatten();
        let hit = Hit::of(&ROW, by, goods.key(), made.at, facts).line(line).on(evidence);
        hits.push(if used { hit } else { hit.at_most(Severity::Medium) });
    }
    Ok(())
}
