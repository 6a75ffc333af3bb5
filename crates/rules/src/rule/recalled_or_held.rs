//! RECALLED_OR_HELD 召回或暂停期间流转
//!
//! | | |
//! | --- | --- |
//! | severity | high |
//! | visibility | operational |
//! | register | none |
//! | opens | goods are shipped, taken in without a shipment, or used while a Recall of their lot or code, or a Hold of their code, lot, product or container, is in force |
//! | silent | on their way back, to destruction, as evidence or sample, to an authority or laboratory; a Recall by who does not answer for the goods; a Hold of other parties' goods, over, or lifted before |
//! | resolved by | a Void of the Recall or Hold; a Correct of the slip |

use custody::{ViewError, stock::lifts};
use proto::v1::{AuthorityField, Role, statement::Body};
use statement::{Day, SubjectKind, Words, registration_product, within, words};

use super::{Rule, RuleRow, Severity, Visibility};
use crate::{
    hit::Hit,
    reader::{Reader, Told},
    thing::{Deed, Goods, Move},
};

pub(crate) const ROW: RuleRow = RuleRow {
    rule: Rule::RecalledOrHeld,
    id: "RECALLED_OR_HELD",
    version: 1,
    severity: Severity::High,
    visibility: Visibility::Operational,
    register: "",
    title: Words::of("suspected trade in or use of recalled or held goods", "疑似流转、使用召回或暂停产品"),
};

/// Lifts of one Hold that are read.
const MAX_LIFTS: usize = 256;

/// What restrains goods, from when.
struct Restraint {
    entry: u64,
    at: i64,
    recall: bool,
    /// Only goods of this party; empty = whoever has them.
    party: String,
    /// Last day; empty = open.
    until: String,
    /// From when it is lifted for these goods.
    lifted_at: i64,
}

impl Restraint {
    fn forbids(&self, made: &Move) -> bool {
        made.at > self.at
            && made.at < self.lifted_at
            && within(made.day(), "", &self.until)
            && (self.party.is_empty() || self.party == made.by)
    }
}

pub(crate) fn goods(reader: &mut Reader<'_>, goods: &Goods, hits: &mut Vec<Hit>) -> Result<(), ViewError> {
    let restraints = restraints(reader, goods)?;
    if restraints.is_empty() {
        return Ok(());
    }
    for made in goods.moves.iter().filter(|m| m.deed != Deed::Made && !m.goes_back()) {
        let official = reader.has_role(&made.to, Role::Authority, made.day())?
            || reader.has_role(&made.to, Role::Laboratory, made.day())?;
        let Some(restraint) = restraints.iter().find(|r| !official && r.forbids(made)) else { continue };
        let (line, by) = (&goods.line, &made.by);
        let facts = if restraint.recall {
            words!("{line} was moved or used by {by} after it was recalled", "{line} 被召回后仍由 {by} 流转或使用")
        } else {
            words!("{line} was moved or used by {by} while it was held", "{line} 暂停期间仍由 {by} 流转或使用")
        };
        hits.push(
            Hit::of(&ROW, by, goods.key(), made.at, facts).line(line).on([restraint.entry, made.entry]),
        );
    }
    Ok(())
}

fn restraints(reader: &mut Reader<'_>, goods: &Goods) -> Result<Vec<Restraint>, ViewError> {
    let mut named: Vec<(SubjectKind, String)> =
        goods.codes.iter().map(|code| (SubjectKind::Item, code.clone())).collect();
    named.push((SubjectKind::Item, goods.facts.lot.clone()));
    named.extend(goods.moves.iter().filter_map(|m| m.via.as_ref()).map(|via| (SubjectKind::Item, via.to_string())));
    named.push((SubjectKind::Product, goods.facts.product.clone()));
    named.extend(registration_product(&goods.facts.number).map(|number| (SubjectKind::Product, number)));
    named.sort();
    named.dedup();
    let mut entries = Vec::new();
    for (kind, text) in named.iter().filter(|(_, text)| !text.is_empty()) {
        entries.extend(reader.restrictions(*kind, text)?);
    }
    entries.sort_unstable();
    entries.dedup();
    let mut all = Vec::new();
    for entry in entries {
        let Some(told) = reader.told(entry)? else { continue };
        all.extend(restraint(reader, goods, &told)?.map(|restraint| (told, restraint)));
    }
    all.sort_by(|(a, _), (b, _)| a.order().cmp(&b.order()));
    Ok(all.into_iter().map(|(_, restraint)| restraint).collect())
}

fn restraint(reader: &mut Reader<'_>, goods: &Goods, told: &Told) -> Result<Option<Restraint>, ViewError> {
    let restraint = Restraint {
        entry: told.index,
        at: told.at,
        recall: false,
        party: String::new(),
        until: String::new(),
        lifted_at: i64::MAX,
    };
    Ok(match &told.body {
        Body::Recall(_) if answers_for(reader, goods, told)? => Some(Restraint { recall: true, ..restraint }),
        Body::Hold(b) => Some(Restraint {
            party: b.party.clone(),
            until: b.until.clone(),
            lifted_at: lifted_at(reader, goods, told.index)?,
            ..restraint
        }),
        _ => None,
    })
}

/// From when a Hold is lifted for these goods.
fn lifted_at(reader: &mut Reader<'_>, goods: &Goods, hold: u64) -> Result<i64, ViewError> {
    let mut entries = Vec::new();
    lifts(reader.view, hold, &mut |entry| {
        entries.push(entry);
        Ok(entries.len() < MAX_LIFTS)
    })?;
    let mut first = i64::MAX;
    for entry in entries {
        let Some(told) = reader.told(entry)? else { continue };
        let Body::Lift(b) = &told.body else { continue };
        let all = b.items.is_empty() && b.lots.is_empty();
        let ours = goods.codes.iter().any(|c| b.items.contains(c)) || b.lots.contains(&goods.facts.lot);
        if all || ours {
            first = first.min(told.at);
        }
    }
    Ok(first)
}

/// Whether a Recall is its signer's to make: a drug authority, who made the goods, holds their registration, is
/// its agent, or is their importer by a drug authority's word.
fn answers_for(reader: &mut Reader<'_>, goods: &Goods, told: &Told) -> Result<bool, ViewError> {
    let by = &told.actor;
    let day = Day::of_instant(told.at);
    if goods.facts.maker == *by || reader.is_authority(by, AuthorityField::Drug, day)? {
        return Ok(true);
    }
    if goods.facts.registration.as_ref().is_some_and(|r| r.holder == *by || r.agent == *by) {
        return Ok(true);
    }
    let lot = &goods.facts.lot;
    let filings = reader.about(SubjectKind::Item, lot, &|kind| kind == statement::Kind::ImportFiling)?;
    let clears = |told: &Told| match &told.body {
        Body::ImportFiling(b) => b.importer == *by && b.lots.iter().any(|l| l.lot == *lot),
        _ => false,
    };
    Ok(filings.unwrap_or_default().iter().any(|told| clears(told)))
}
