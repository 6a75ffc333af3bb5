//! UNKNOWN_ITEM 未知追溯码
//!
//! | | |
//! | --- | --- |
//! | severity | medium; low where nothing but public scans tell of it |
//! | visibility | operational |
//! | register | `coding`, for class and region of who handles it |
//! | opens | a unit is handled or seen, and the first that is heard of it is not its Commission, nor that it was made out of others |
//! | shown | when the hours for late uploads are over |
//! | silent | one of its codes was commissioned (Alias); stock declared as older than the duty to code; within the transition after the register became complete; clocks that differ a little; containers |
//! | resolved by | the Commission, an Alias with a code that was commissioned, a count as opening stock |

use custody::{ViewError, item::moves_items};
use proto::v1::statement::Body;
use statement::{Kind, Words, words};

use super::{Rule, RuleRow, Severity, Visibility};
use crate::{
    hit::Hit,
    reader::{Reader, Told},
    settings::{CLOCK_SKEW, CODING_TRANSITION, UPLOAD_LAG},
    thing::{Thing, is_unit},
};

pub(crate) const ROW: RuleRow = RuleRow {
    rule: Rule::UnknownItem,
    id: "UNKNOWN_ITEM",
    version: 1,
    severity: Severity::Medium,
    visibility: Visibility::Operational,
    register: "coding",
    title: Words::of("suspected goods of unknown origin", "疑似来源不明的追溯码"),
};

pub(crate) fn thing(reader: &mut Reader<'_>, thing: &Thing, hits: &mut Vec<Hit>) -> Result<(), ViewError> {
    let goods = &thing.goods;
    if goods.facts.opening || !goods.codes.iter().any(|code| is_unit(code)) {
        return Ok(());
    }
    let seen = || goods.told.iter().filter(|told| tells_of(told));
    let Some(first) = seen().find(|told| !is_public(told)).or_else(|| seen().next()) else { return Ok(()) };
    let made = goods.told.iter().find(|told| Some(told.index) == goods.facts.origin);
    if Some(first.index) == goods.facts.origin {
        return Ok(());
    }
    let skew = reader.minutes(&CLOCK_SKEW, goods.class(), first.at)?;
    if made.is_some_and(|made| made.at <= first.at.saturating_add(skew)) {
        return Ok(());
    }
    let region = reader.region(&first.actor)?;
    let day = first.day();
    let Some(since) = reader.covered_since(ROW.register, &region, goods.class(), day)? else { return Ok(()) };
    let transition = reader.setting(&CODING_TRANSITION, goods.class(), day)?;
    if i64::from(day.0) < i64::from(since.0).saturating_add(transition) {
        return Ok(());
    }
    let (item, by) = (&goods.line, &first.actor);
    let facts = match made {
        Some(_) => words!(
            "{item} was handled by {by} before the time at which its Commission says that it was coded",
            "{item} 在其赋码时间之前已由 {by} 经手"
        ),
        None => words!(
            "{item} was first heard of at {by}; nobody has stated that it was coded",
            "{item} 首次出现于 {by}，无任何赋码记录"
        ),
    };
    let due = first.at.saturating_add(reader.hours(&UPLOAD_LAG, goods.class(), first.at)?);
    let evidence = [Some(first.index), made.map(|m| m.index)].into_iter().flatten();
    let hit = Hit::of(&ROW, by, goods.key(), first.at, facts).line(item).on(evidence).due(due);
    hits.push(if is_public(first) { hit.at_most(Severity::Low) } else { hit });
    Ok(())
}

/// Whether a statement tells that the thing was somewhere.
fn tells_of(told: &Told) -> bool {
    moves_items(told.kind) || matches!(told.kind, Kind::Observation | Kind::Inspection | Kind::PostalCheck)
}

/// Whether it is a scan that anybody can make.
pub(crate) fn is_public(told: &Told) -> bool {
    matches!(&told.body, Body::Observation(b) if matches!(b.channel.as_str(), "consumer" | "online" | ""))
}
