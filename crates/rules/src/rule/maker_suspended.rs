//! MAKER_SUSPENDED 停产期间生产
//!
//! | | |
//! | --- | --- |
//! | severity | high |
//! | visibility | investigative |
//! | register | none: lists and licences say what they say |
//! | opens | goods were made on a day on which their maker, the holder of their registration or their product stands on the list `foreign-suspensions`, or on which a licence of the maker to make such goods was suspended |
//! | silent | made before the first day or after the last; taken off the list; no day of manufacture is told |
//! | resolved by | a version of the list, or of the licence, that says otherwise; a Correct of the day |

use custody::{ViewError, registry::listed_since};
use statement::{Day, Words, within, words};

use super::{Rule, RuleRow, Severity, Visibility};
use crate::{hit::Hit, reader::Reader, thing::{Deed, Goods}};

pub(crate) const ROW: RuleRow = RuleRow {
    rule: Rule::MakerSuspended,
    id: "MAKER_SUSPENDED",
    version: 1,
    severity: Severity::High,
    visibility: Visibility::Investigative,
    register: "",
    title: Words::of("suspected goods of a suspended maker", "疑似停产期间生产的产品"),
};

const LIST: &str = "foreign-suspensions";

pub(crate) fn goods(reader: &mut Reader<'_>, goods: &Goods, hits: &mut Vec<Hit>) -> Result<(), ViewError> {
    let facts = &goods.facts;
    let made = goods.moves.iter().find(|m| m.deed == Deed::Made && Some(m.entry) == facts.origin);
    let (Some(made), Some(day)) = (made, facts.made_on) else { return Ok(()) };
    let holder = facts.registration.as_ref().map_or("", |r| &r.holder);
    let mut evidence = vec![made.entry];
    let mut found = false;
    for subject in [made.by.as_str(), holder, &facts.product].into_iter().filter(|s| !s.is_empty()) {
        if let Some(row) = listed_since(reader.view, LIST, subject, day)? {
            evidence.push(row.index);
            found = true;
        }
    }
    let row = reader.party(&made.by)?;
    for site in row.iter().flat_map(|row| row.sites.clone()) {
        let row = reader.site(&site)?;
        for l in row.iter().flat_map(|row| &row.licences) {
            let making = matches!(l.licence.kind.as_str(), "drug-making" | "device-making");
            if making && is_suspended(&l.licence, day) {
                evidence.push(l.index);
                found = true;
            }
        }
    }
    if found {
        let (line, by) = (&goods.line, &made.by);
        let words = words!(
            "{line} was made on a day on which its maker, the holder of its registration or the product was suspended",
            "{line} 的生产日期处于其生产企业、注册人或产品的停产停售期间"
        );
        hits.push(Hit::of(&ROW, by, goods.key(), made.at, words).line(line).on(evidence));
    }
    Ok(())
}

fn is_suspended(licence: &proto::v1::Licence, day: Day) -> bool {
    !licence.suspended_from.is_empty() && within(day, &licence.suspended_from, &licence.suspended_to)
}
