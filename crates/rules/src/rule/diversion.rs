//! DIVERSION 窜货
//!
//! | | |
//! | --- | --- |
//! | severity | medium |
//! | visibility | investigative |
//! | register | none |
//! | opens | goods made for another market (HK, MO, TW, export, bonded) are shipped to a party inland, taken in or used there; a designated wholesaler delivers outside of the region for which it is designated |
//! | silent | on their way out (reason `export`, `bonded-move`, to a party abroad); goods that go back; legal re-import: customs have released them before; a place that may lie in the region; a wholesaler designated for several regions |
//! | resolved by | the CustomsDecision; the Designation; a Correct of the market |

use custody::{ViewError, registry::designations_on};
use statement::{Words, words};

use super::{Rule, RuleRow, Severity, Visibility, no_customs_release::is_let_in};
use crate::{
    hit::Hit,
    reader::{Reader, lies_in},
    thing::{Deed, Goods, Move},
};

pub(crate) const ROW: RuleRow = RuleRow {
    rule: Rule::Diversion,
    id: "DIVERSION",
    version: 1,
    severity: Severity::Medium,
    visibility: Visibility::Investigative,
    register: "",
    title: Words::of("suspected diversion from another market or region", "疑似窜货"),
};

pub(crate) fn goods(reader: &mut Reader<'_>, goods: &Goods, hits: &mut Vec<Hit>) -> Result<(), ViewError> {
    let elsewhere = matches!(goods.facts.market.as_str(), "HK" | "MO" | "TW" | "export" | "bonded");
    for made in goods.moves.iter().filter(|m| m.deed != Deed::Made && !m.goes_back()) {
        let what = if elsewhere && is_inland(reader, made)? && !is_let_in(reader, goods, made.at)? {
            let market = &goods.facts.market;
            Some(words!(
                "{}, made for the market {market}, was moved to or used by a party inland",
                "{} 销往 {market} 市场，却流入境内",
                goods.line
            ))
        } else if is_out_of_region(reader, goods, made)? {
            Some(words!(
                "{} was delivered by {} to {}, outside of the region for which it is designated",
                "{} 由 {} 发往 {}，超出其指定经营区域",
                goods.line,
                made.by,
                made.to
            ))
        } else {
            None
        };
        let Some(facts) = what else { continue };
        let evidence = [Some(made.entry), goods.facts.origin].into_iter().flatten();
        hits.push(Hit::of(&ROW, &made.by, goods.key(), made.at, facts).line(&goods.line).on(evidence));
    }
    Ok(())
}

fn is_inland(reader: &mut Reader<'_>, made: &Move) -> Result<bool, ViewError> {
    if matches!(made.reason.as_str(), "export" | "bonded-move") {
        return Ok(false);
    }
    let party = if made.deed == Deed::Shipped { &made.to } else { &made.by };
    Ok(!reader.is_abroad(party)?)
}

fn is_out_of_region(reader: &mut Reader<'_>, goods: &Goods, made: &Move) -> Result<bool, ViewError> {
    let Some(registration) = goods.facts.registration.as_ref() else { return Ok(false) };
    if made.deed != Deed::Shipped || registration.number.is_empty() {
        return Ok(false);
    }
    let mut ours = designations_on(reader.view, &registration.number, made.day())?;
    ours.retain(|row| row.designation.wholesalers.contains(&made.by));
    let place = reader.region(&made.to)?;
    Ok(!ours.is_empty() && !place.is_empty() && !ours.iter().any(|row| lies_in(&place, &row.designation.region)))
}
