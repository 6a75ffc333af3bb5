//! Holds and recalls in force over an item or lot, and who has to do with a lot.

use std::collections::BTreeMap;

use custody::{
    View, ViewError, content, root_of,
    tables::{statement_index, subject_by_text, touches},
};
use proto::v1::{Hold, Lift, statement::Body};
use statement::{Day, Kind, Relation, SubjectKind, id_bytes, within};

use crate::{Error, budget::Budget};

/// Entries looked at to find out who has to do with a lot.
const MAX_LOOKED_AT: usize = 10_000;

/// Recalls, and Holds that are not over or lifted, which name an item or lot: entries, ascending. `whose`:
/// Holds over the goods of another party are left out; `None` = all Holds.
///
/// # Errors
/// The view failed.
pub fn restrictions<V: View + ?Sized>(
    view: &V,
    text: &str,
    today: Day,
    whose: Option<&str>,
) -> Result<Vec<u64>, Error> {
    restrictions_within(view, text, today, whose, &mut Budget::default())
}

pub(super) fn restrictions_within<V: View + ?Sized>(
    view: &V,
    text: &str,
    today: Day,
    whose: Option<&str>,
    budget: &mut Budget,
) -> Result<Vec<u64>, Error> {
    let Some(record) = subject_by_text(view, SubjectKind::Item, text)? else { return Ok(Vec::new()) };
    let mut found = Vec::new();
    let mut corrects = Vec::new();
    touches(view, record.number, 0, &mut |touch| {
        match Kind::try_from(i32::from(touch.kind)) {
            Ok(Kind::Hold | Kind::Lift | Kind::Recall) => found.push(touch.index),
            Ok(Kind::Correct) => corrects.push(touch.index),
            _ => {}
        }
        Ok(budget.spend(1))
    })?;
    for correct in corrects {
        found.push(root_of(view, correct)?);
    }
    found.sort_unstable();
    found.dedup();
    let mut force: BTreeMap<u64, ()> = BTreeMap::new();
    let mut lifted = Vec::new();
    for index in found {
        if !budget.read() {
            break;
        }
        let Some(content) = content(view, index)? else { continue };
        match &content.body {
            Body::Recall(b) if b.lots.iter().chain(&b.items).any(|t| t == text) => {
                force.insert(index, ());
            }
            Body::Hold(b) if is_named(b, text) && concerns(b, whose) && within(today, "", &b.until) => {
                force.insert(index, ());
            }
            Body::Lift(b) if lifts(b, text) => lifted.extend(hold_of(view, b)?),
            _ => {}
        }
    }
    force.retain(|index, ()| !lifted.contains(index));
    Ok(force.into_keys().collect())
}

/// A Hold over one party's goods is no matter of others.
fn concerns(hold: &Hold, whose: Option<&str>) -> bool {
    hold.party.is_empty() || whose.is_none_or(|party| party == hold.party)
}

fn is_named(hold: &Hold, text: &str) -> bool {
    hold.items.iter().chain(&hold.lots).any(|t| t == text)
}

/// A Lift without lines ends the whole Hold.
fn lifts(lift: &Lift, text: &str) -> bool {
    let mut lines = lift.items.iter().chain(&lift.lots).peekable();
    lines.peek().is_none() || lines.any(|t| t == text)
}

fn hold_of<V: View + ?Sized>(view: &V, lift: &Lift) -> Result<Option<u64>, ViewError> {
    match &lift.hold {
        Some(named) => statement_index(view, &named.party, &id_bytes(&named.id)),
        None => Ok(None),
    }
}

/// Whether somebody has named one of these subjects (a party's numbers) together with the lot, or the party
/// made or declared it: what a party says by itself of any lot opens nothing to it.
///
/// # Errors
/// The view failed.
pub fn named_with<V: View + ?Sized>(view: &V, lot: &str, numbers: &[u64]) -> Result<bool, Error> {
    let Some(record) = subject_by_text(view, SubjectKind::Item, lot)? else { return Ok(false) };
    let mut entries = Vec::new();
    touches(view, record.number, 0, &mut |touch| {
        let kind = Kind::try_from(i32::from(touch.kind)).unwrap_or_default();
        entries.push((touch.index, matches!(kind, Kind::Commission | Kind::Transform | Kind::DeclareImport)));
        Ok(entries.len() < MAX_LOOKED_AT)
    })?;
    for &number in numbers {
        for &(index, makes) in &entries {
            let mut found = false;
            // The first touch not before the entry tells.
            touches(view, number, index, &mut |touch| {
                let own = matches!(touch.relation, Relation::Signer | Relation::Principal);
                found = touch.index == index && (makes || !own);
                Ok(false)
            })?;
            if found {
                return Ok(true);
            }
        }
    }
    Ok(false)
}
