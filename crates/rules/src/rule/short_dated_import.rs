//! SHORT_DATED_IMPORT 进口近效期产品
//!
//! | | |
//! | --- | --- |
//! | severity | medium |
//! | visibility | operational |
//! | register | none |
//! | opens | a lot is filed for import with less than 12 months of life left, or less than 6 where its whole life is less than 12; where nobody has filed it, it is declared so |
//! | silent | exactly so many months; a class that a policy excepts (`short-dated-months` and `short-dated-months-short` 0); lots of which no last day is told |
//! | resolved by | a Correct of the day or the filing |

use custody::ViewError;
use proto::v1::statement::Body;
use statement::{Kind, SubjectKind, Words, words};

use super::{Rule, RuleRow, Severity, Visibility};
use crate::{
    hit::Hit,
    reader::{Reader, Told},
    settings::{SHORT_DATED, SHORT_DATED_SHORT},
    week::plus_months,
};

pub(crate) const ROW: RuleRow = RuleRow {
    rule: Rule::ShortDatedImport,
    id: "SHORT_DATED_IMPORT",
    version: 1,
    severity: Severity::Medium,
    visibility: Visibility::Operational,
    register: "",
    title: Words::of("suspected import of short-dated goods", "疑似进口近效期产品"),
};

/// Months of life after which the longer limit counts.
const YEAR: i32 = 12;

pub(crate) fn lot(reader: &mut Reader<'_>, lot: &str, hits: &mut Vec<Hit>) -> Result<bool, ViewError> {
    let wanted = |k| matches!(k, Kind::ImportFiling | Kind::DeclareImport);
    let Some(told) = reader.about(SubjectKind::Item, lot, &wanted)? else { return Ok(false) };
    let filed = told.iter().any(|t| t.kind == Kind::ImportFiling && concerns(t, lot));
    let counts = |t: &Told| concerns(t, lot) && (t.kind == Kind::ImportFiling) == filed;
    if !told.iter().any(|t| counts(t)) {
        return Ok(true);
    }
    let facts = reader.lot_facts(lot)?;
    let Some(last) = facts.expires_on else { return Ok(true) };
    for told in told.iter().filter(|t| counts(t)) {
        let day = told.day();
        let short = facts.made_on.is_some_and(|made| last < plus_months(made, YEAR));
        let setting = if short { &SHORT_DATED_SHORT } else { &SHORT_DATED };
        let months = reader.setting(setting, facts.class(), day)?.clamp(0, 1_200) as i32;
        if months == 0 || last >= plus_months(day, months) {
            continue;
        }
        let by = if let Body::ImportFiling(b) = &told.body { &b.importer } else { &told.actor };
        let left = (last.0 - day.0).max(0);
        let words = words!(
            "{lot} was filed for import with {left} days of life left, less than {months} months",
            "{lot} 进口备案时剩余有效期 {left} 天，不足 {months} 个月"
        );
        let evidence = [Some(told.index), facts.origin].into_iter().flatten();
        hits.push(Hit::of(&ROW, by, lot, told.at, words).line(lot).on(evidence));
    }
    Ok(true)
}

fn concerns(told: &Told, lot: &str) -> bool {
    match &told.body {
        Body::ImportFiling(b) => b.lots.iter().any(|l| l.lot == lot),
        Body::DeclareImport(b) => b.lines.iter().any(|l| l.lot == lot),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use statement::Day;

    use super::*;

    #[test]
    fn months_are_calendar_months() {
        let day = |text| Day::parse(text).unwrap();
        for (from, months, to) in [
            ("2026-03-02", 12, "2027-03-02"),
            ("2027-08-31", 6, "2028-02-29"),
            ("2024-02-29", 12, "2025-02-28"),
            ("2025-12-31", 1, "2026-01-31"),
            ("2025-01-31", 1, "2025-02-28"),
        ] {
            assert_eq!(plus_months(day(from), months), day(to), "{from} + {months}");
        }
    }
}
