//! NO_TEST_RELEASE 无口岸检验或批签发
//!
//! | | |
//! | --- | --- |
//! | severity | high |
//! | visibility | investigative |
//! | register | `test-release`, for class and region of who moves the goods |
//! | opens | imported goods of a class that needs a test (setting `test-release-required`, toxin unless a policy says otherwise) are shipped or used inland, and the last report of a port test or lot release of their lot until then is none or not a pass |
//! | shown | when the hours for late uploads are over |
//! | silent | as for NO_CUSTOMS_RELEASE: bonded moves, goods that go back, samples, approved urgent import, pilot zones, older stock |
//! | resolved by | the TestReport, whenever it comes, if it happened before |

use custody::ViewError;
use proto::v1::{TestVerdict, statement::Body};
use statement::{Kind, SubjectKind, Words, words};

use super::{Rule, RuleRow, Severity, Visibility, no_customs_release::inland};
use crate::{
    hit::Hit,
    reader::Reader,
    settings::{CLOCK_SKEW, TEST_REQUIRED, UPLOAD_LAG},
    thing::Goods,
};

pub(crate) const ROW: RuleRow = RuleRow {
    rule: Rule::NoTestRelease,
    id: "NO_TEST_RELEASE",
    version: 1,
    severity: Severity::High,
    visibility: Visibility::Investigative,
    register: "test-release",
    title: Words::of("suspected lack of a port test or lot release", "疑似缺少口岸检验或批签发"),
};

pub(crate) fn goods(reader: &mut Reader<'_>, goods: &Goods, hits: &mut Vec<Hit>) -> Result<(), ViewError> {
    let moves = inland(reader, goods, ROW.register)?;
    if moves.is_empty() || goods.facts.lot.is_empty() {
        return Ok(());
    }
    let lot = &goods.facts.lot;
    let reports = reader.about(SubjectKind::Item, lot, &|k| k == Kind::TestReport)?.unwrap_or_default();
    for made in moves {
        if reader.setting(&TEST_REQUIRED, goods.class(), made.day())? != 1 {
            continue;
        }
        let until = made.at.saturating_add(reader.minutes(&CLOCK_SKEW, goods.class(), made.at)?);
        let mut counted = reports.iter().filter(|t| t.at <= until).filter_map(|t| match &t.body {
            Body::TestReport(b) if releases(&b.purpose) && b.lots.contains(lot) => Some((b.verdict(), t.index)),
            _ => None,
        });
        let last = counted.next_back();
        if last.is_some_and(|(verdict, _)| verdict == TestVerdict::Pass) {
            continue;
        }
        let (line, by) = (&goods.line, &made.by);
        let facts = words!(
            "{line}, which was made abroad, was moved or used by {by}; no test that releases its lot has passed",
            "{line} 为进口产品，由 {by} 流转或使用，其批次无合格的口岸检验或批签发报告"
        );
        let due = made.at.saturating_add(reader.hours(&UPLOAD_LAG, goods.class(), made.at)?);
        let evidence = [Some(made.entry), last.map(|(_, entry)| entry)].into_iter().flatten();
        hits.push(Hit::of(&ROW, by, goods.key(), made.at, facts).line(line).on(evidence).due(due));
    }
    Ok(())
}

/// Whether a test for that purpose lets a lot go.
pub fn releases(purpose: &str) -> bool {
    matches!(purpose, "port-test" | "lot-release" | "retest")
}
