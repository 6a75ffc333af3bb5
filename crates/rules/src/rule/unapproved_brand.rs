//! UNAPPROVED_BRAND 未获批品牌
//!
//! | | |
//! | --- | --- |
//! | severity | high; low where nothing but a public scan tells of it |
//! | visibility | investigative |
//! | register | none |
//! | opens | a unit of a product on the list `unapproved-brands` in force on the day is moved, used, found or scanned; a product or brand on it is offered online |
//! | silent | before it was listed; from its removal; goods that go back, to destruction, as evidence or sample |
//! | resolved by | a version of the list that says so for the day |

use custody::ViewError;
use proto::v1::statement::Body;
use statement::{Kind, Words, words};

use super::{Rule, RuleRow, Severity, Visibility, unknown_item::is_public};
use crate::{
    hit::Hit,
    reader::{Reader, Told},
    thing::Goods,
};

pub(crate) const ROW: RuleRow = RuleRow {
    rule: Rule::UnapprovedBrand,
    id: "UNAPPROVED_BRAND",
    version: 1,
    severity: Severity::High,
    visibility: Visibility::Investigative,
    register: "",
    title: Words::of("suspected goods of an unapproved brand", "疑似未获批品牌产品"),
};

const LIST: &str = "unapproved-brands";

pub(crate) fn goods(reader: &mut Reader<'_>, goods: &Goods, hits: &mut Vec<Hit>) -> Result<(), ViewError> {
    let product = &goods.facts.product;
    if product.is_empty() {
        return Ok(());
    }
    let sightings =
        goods.told.iter().filter(|t| matches!(t.kind, Kind::Observation | Kind::Inspection | Kind::PostalCheck));
    let seen = sightings.map(|t| (t.at, t.actor.as_str(), t.index, is_public(t)));
    let moved = goods.moves.iter().filter(|m| !m.goes_back()).map(|m| (m.at, m.by.as_str(), m.entry, false));
    for (at, by, entry, public) in moved.chain(seen) {
        let Some(listed) = reader.listed(LIST, product, statement::Day::of_instant(at))? else { continue };
        let line = &goods.line;
        let facts = words!(
            "{line} is of a product on the list of unapproved brands",
            "{line} 属于未获批品牌名单所列产品"
        );
        let hit = Hit::of(&ROW, by, goods.key(), at, facts).line(line).on([listed, entry]);
        hits.push(if public { hit.at_most(Severity::Low) } else { hit });
    }
    Ok(())
}

/// An offer online.
pub(crate) fn act(reader: &mut Reader<'_>, told: &Told, hits: &mut Vec<Hit>) -> Result<(), ViewError> {
    let Body::Listing(b) = &told.body else { return Ok(()) };
    let brand = Some(format!("brand:{}", b.brand)).filter(|_| !b.brand.is_empty());
    for subject in b.products.iter().cloned().chain(brand) {
        let Some(listed) = reader.listed(LIST, &subject, told.day())? else { continue };
        let seller = if b.seller.is_empty() { &b.platform } else { &b.seller };
        let facts = words!(
            "{subject}, on the list of unapproved brands, is offered by {seller}",
            "{seller} 发布未获批品牌名单所列产品 {subject} 的销售信息"
        );
        hits.push(Hit::of(&ROW, seller, &subject, told.at, facts).line(&b.number).on([listed, told.index]));
    }
    Ok(())
}
