//! NO_USE 购进后长期未使用
//!
//! | | |
//! | --- | --- |
//! | severity | low |
//! | visibility | investigative |
//! | register | `usage`, for class and region of the medical institution |
//! | opens | a medical institution has taken a unit in, and neither used it, sent it on or back, nor written it off within `use-within-days` (0 = not asked of the class; consoles) |
//! | shown | when that time is over |
//! | silent | opening stock; units from another branch (reason `transfer`); goods lent, hired or on consignment; what is no more |
//! | resolved by | the use, return or Adjust, whenever it comes |

use custody::ViewError;
use proto::v1::{AdjustOutcome, Role, statement::Body};
use statement::{Day, Words, words};
use trace::{HopKind, Word};

use super::{Rule, RuleRow, Severity, Visibility};
use crate::{
    hit::Hit,
    reader::Reader,
    settings::USE_WITHIN,
    thing::{Thing, is_unit},
};

pub(crate) const ROW: RuleRow = RuleRow {
    rule: Rule::NoUse,
    id: "NO_USE",
    version: 1,
    severity: Severity::Low,
    visibility: Visibility::Investigative,
    register: "usage",
    title: Words::of("suspected purchase without use", "疑似购进后未使用"),
};

pub(crate) fn thing(reader: &mut Reader<'_>, thing: &Thing, hits: &mut Vec<Hit>) -> Result<(), ViewError> {
    let goods = &thing.goods;
    if goods.facts.opening || !goods.codes.iter().any(|code| is_unit(code)) {
        return Ok(());
    }
    // The last that is told of where it went.
    let last = thing.hops.iter().rev().find(|h| matches!(h.kind, HopKind::Transfer | HopKind::Use));
    let Some(hop) = last.filter(|h| h.kind == HopKind::Transfer && h.arrived_at > 0 && !h.declined) else {
        return Ok(());
    };
    let day = Day::of_instant(hop.arrived_at);
    let days = reader.setting(&USE_WITHIN, goods.class(), day)?.clamp(0, 36_600);
    if days == 0 || hop.word == Word::Giver || !reader.has_role(&hop.to, Role::Clinic, day)? {
        return Ok(());
    }
    let ends = |o| matches!(o, AdjustOutcome::Lost | AdjustOutcome::Stolen | AdjustOutcome::Destroyed);
    let over = goods.told.iter().any(|told| match &told.body {
        Body::Use(b) => b.lines.iter().any(|l| goods.codes.contains(&l.item) || goods.codes.contains(&l.paired)),
        Body::Adjust(b) => b.lines.iter().any(|l| goods.codes.contains(&l.item) && ends(l.outcome())),
        _ => false,
    });
    let reason = match hop.entries.first().map(|e| reader.told(*e)).transpose()?.flatten() {
        Some(told) => match &told.body {
            Body::Ship(b) => b.reason.clone(),
            _ => String::new(),
        },
        None => String::new(),
    };
    let lent = matches!(reason.as_str(), "transfer" | "loan" | "rental" | "consignment" | "service");
    let region = reader.region(&hop.to)?;
    if over || lent || !reader.covered(ROW.register, &region, goods.class(), day)? {
        return Ok(());
    }
    let (item, by) = (&goods.line, &hop.to);
    let facts = words!(
        "{by} has taken in {item}, and neither used, returned nor written it off within {days} days",
        "{by} 购进 {item} 后 {days} 天内未使用、退回或报损"
    );
    let due = hop.arrived_at.saturating_add(days * 86_400_000_000);
    let evidence = hop.entries.iter().copied();
    hits.push(Hit::of(&ROW, by, goods.key(), hop.arrived_at, facts).line(item).on(evidence).due(due));
    Ok(())
}
