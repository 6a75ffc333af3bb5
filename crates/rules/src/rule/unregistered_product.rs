//! UNREGISTERED_PRODUCT 未注册产品
//!
//! | | |
//! | --- | --- |
//! | severity | high |
//! | visibility | operational |
//! | register | `registrations`, for the class |
//! | opens | goods are made on a day on which no registration of the number that their Commission names (of the product, where it names none) is valid; an import is filed or declared on such a day |
//! | silent | made within validity, whatever came of the registration later; made before the day from which the class must be registered (`registration-required-from`); stock declared as older than the duty to code |
//! | resolved by | the Registration; a Correct of number or day |

use custody::ViewError;
use proto::v1::statement::Body;
use statement::{Day, Kind, SubjectKind, Words, registration_product, within, words};

use super::{Rule, RuleRow, Severity, Visibility};
use crate::{
    hit::Hit,
    reader::Reader,
    settings::{REGISTRATION_FROM, day_of_number},
    thing::{Deed, Goods},
};

pub(crate) const ROW: RuleRow = RuleRow {
    rule: Rule::UnregisteredProduct,
    id: "UNREGISTERED_PRODUCT",
    version: 1,
    severity: Severity::High,
    visibility: Visibility::Operational,
    register: "registrations",
    title: Words::of("suspected lack of a valid registration", "疑似缺少有效注册（批准）"),
};

pub(crate) fn goods(reader: &mut Reader<'_>, goods: &Goods, hits: &mut Vec<Hit>) -> Result<(), ViewError> {
    let facts = &goods.facts;
    let Some(made) = goods.moves.iter().find(|m| m.deed == Deed::Made && Some(m.entry) == facts.origin) else {
        return Ok(());
    };
    let day = facts.made_on.unwrap_or_else(|| made.day());
    let required = reader.setting(&REGISTRATION_FROM, goods.class(), made.day())?;
    let region = reader.region(&made.by)?;
    if facts.opening
        || day_of_number(required).is_some_and(|from| day < from)
        || !reader.covered(ROW.register, &region, goods.class(), day)?
    {
        return Ok(());
    }
    let (line, by) = (&goods.line, &made.by);
    if !is_valid(reader, goods, day)? {
        let facts = words!(
            "no registration of {line} was valid on the day it was made",
            "{line} 生产当日无有效注册（批准）证明"
        );
        hits.push(Hit::of(&ROW, by, goods.key(), made.at, facts).line(line).on([made.entry]));
        return Ok(());
    }
    let filings = match facts.is_imported() && !facts.lot.is_empty() {
        true => reader.about(SubjectKind::Item, &facts.lot, &|k| {
            matches!(k, Kind::ImportFiling | Kind::DeclareImport)
        })?,
        false => None,
    };
    for told in filings.unwrap_or_default() {
        let concerns = match &told.body {
            Body::ImportFiling(b) => b.lots.iter().any(|l| l.lot == facts.lot),
            Body::DeclareImport(b) => b.lines.iter().any(|l| l.lot == facts.lot),
            _ => false,
        };
        if concerns && !is_valid(reader, goods, told.day())? {
            let by = if let Body::ImportFiling(b) = &told.body { &b.importer } else { &told.actor };
            let facts = words!(
                "no registration of {line} was valid on the day its import was filed or declared",
                "{line} 进口备案或报关当日无有效注册（批准）证明"
            );
            let hit = Hit::of(&ROW, by, goods.key(), told.at, facts);
            hits.push(hit.line(line).on([made.entry, told.index]));
        }
    }
    Ok(())
}

fn is_valid(reader: &mut Reader<'_>, goods: &Goods, day: Day) -> Result<bool, ViewError> {
    let number = &goods.facts.number;
    let by_number = registration_product(number).unwrap_or_default();
    for text in [by_number.as_str(), &goods.facts.product] {
        let row = reader.product(text)?;
        let mut all = row.iter().flat_map(|row| &row.registrations).map(|r| &r.registration);
        if all.any(|r| (number.is_empty() || r.number == *number) && within(day, &r.valid_from, &r.valid_to)) {
            return Ok(true);
        }
    }
    Ok(false)
}
