//! NO_CLEARANCE 无进口通关单
//!
//! | | |
//! | --- | --- |
//! | severity | high |
//! | visibility | investigative |
//! | register | `clearance`, for class and region of who moves the goods |
//! | opens | imported goods of a class that needs a clearance note (setting `clearance-required`, toxin unless a policy says otherwise) are shipped or used inland, and the drug authority of the port has cleared no part of their lot, or refused it last |
//! | shown | when the hours for late uploads are over |
//! | silent | as for NO_CUSTOMS_RELEASE: bonded moves, goods that go back, samples, approved urgent import, pilot zones, older stock |
//! | resolved by | the ImportFiling, whenever it comes, if it happened before |

use custody::ViewError;
use proto::v1::{FilingOutcome, statement::Body};
use statement::{Kind, SubjectKind, Words, words};

use super::{Rule, RuleRow, Severity, Visibility, no_customs_release::inland};
use crate::{
    hit::Hit,
    reader::Reader,
    settings::{CLEARANCE_REQUIRED, CLOCK_SKEW, UPLOAD_LAG},
    thing::Goods,
};

pub(crate) const ROW: RuleRow = RuleRow {
    rule: Rule::NoClearance,
    id: "NO_CLEARANCE",
    version: 1,
    severity: Severity::High,
    visibility: Visibility::Investigative,
    register: "clearance",
    title: Words::of("suspected lack of a clearance note", "疑似缺少进口通关单"),
};

pub(crate) fn goods(reader: &mut Reader<'_>, goods: &Goods, hits: &mut Vec<Hit>) -> Result<(), ViewError> {
    let moves = inland(reader, goods, ROW.register)?;
    if moves.is_empty() || goods.facts.lot.is_empty() {
        return Ok(());
    }
    let lot = &goods.facts.lot;
    let filings = reader.about(SubjectKind::Item, lot, &|k| k == Kind::ImportFiling)?.unwrap_or_default();
    for made in moves {
        if reader.setting(&CLEARANCE_REQUIRED, goods.class(), made.day())? != 1 {
            continue;
        }
        let until = made.at.saturating_add(reader.minutes(&CLOCK_SKEW, goods.class(), made.at)?);
        let mut counted = filings.iter().filter(|t| t.at <= until).filter_map(|t| match &t.body {
            Body::ImportFiling(b) if b.lots.iter().any(|l| l.lot == *lot) => Some((b.outcome(), t.index)),
            _ => None,
        });
        let last = counted.next_back();
        if last.is_some_and(|(outcome, _)| outcome == FilingOutcome::Cleared) {
            continue;
        }
        let (line, by) = (&goods.line, &made.by);
        let facts = words!(
            "{line}, which was made abroad, was moved or used by {by}; its lot has no clearance note",
            "{line} 为进口产品，由 {by} 流转或使用，其批次无进口通关单"
        );
        let due = made.at.saturating_add(reader.hours(&UPLOAD_LAG, goods.class(), made.at)?);
        let evidence = [Some(made.entry), last.map(|(_, entry)| entry)].into_iter().flatten();
        hits.push(Hit::of(&ROW, by, goods.key(), made.at, facts).line(line).on(evidence).due(due));
    }
    Ok(())
}
