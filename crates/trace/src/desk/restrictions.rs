//! Holds and recalls in force over an item or lot, and who has to do with a lot.

use std::collections::BTreeMap;

use custody::{
    View, ViewError, content,
    tables::{statement_index, subject_by_text, touches},
};
use proto::v1::{Hold, Lift, statement::Body};
use statement::{Day, Kind, SubjectKind, id_bytes, within};

use crate::{Error, budget::Budget};

/// Entries looked at to find out who has to do with a lot.
const MAX_LOOKED_AT: usize = 10_000;

/// Recalls, and Holds that are not over or lifted, which name an item or lot: entries, ascending.
///
/// # Errors
/// The view failed.
pub fn restrictions<V: View + ?Sized>(view: &V, text: &str, today: Day) -> Result<Vec<u64>, Error> {
    restrictions_within(view, text, today, &mut Budget::default())
}

pub(super) fn restrictions_within<V: View + ?Sized>(
    view: &V,
    text: &str,
    today: Day,
    budget: &mut Budget,
) -> Result<Vec<u64>, Error> {
    let Some(record) = subject_by_text(view, SubjectKind::Item, text)? else { return Ok(Vec::new()) };
    let mut found = Vec::new();
    touches(view, record.number, 0, &mut |touch| {
        let kind = Kind::try_from(i32::from(touch.kind)).unwrap_or_default();
        if matches!(kind, Kind::Hold | Kind::Lift | Kind::Recall) {
            found.push(touch.index);
        }
        Ok(budget.spend(1))
    })?;
    let mut force: BTreeMap<u64, ()> = BTreeMap::new();
    let mut lifted = Vec::new();
    for index in found {
        if !budget.read() {
            break;
        }
        let Some(content) = content(view, index)? else { continue };
        match &content.body {
            Body::Recall(_) => drop(force.insert(index, ())),
            Body::Hold(b) if is_named(b, text) && within(today, "", &b.until) => {
                force.insert(index, ());
            }
            Body::Lift(b) if lifts(b, text) => lifted.extend(hold_of(view, b)?),
            _ => {}
        }
    }
    force.retain(|index, ()| !lifted.contains(index));
    Ok(force.into_keys().collect())
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

/// Whether an entry that names the lot names one of these subjects (a party's numbers) too.
///
/// # Errors
/// The view failed.
pub fn named_with<V: View + ?Sized>(view: &V, lot: &str, numbers: &[u64]) -> Result<bool, Error> {
    let Some(record) = subject_by_text(view, SubjectKind::Item, lot)? else { return Ok(false) };
    let mut entries = Vec::new();
    touches(view, record.number, 0, &mut |touch| {
        entries.push(touch.index);
        Ok(entries.len() < MAX_LOOKED_AT)
    })?;
    for &number in numbers {
        for &index in &entries {
            let mut found = false;
            // The first touch not before the entry tells.
            touches(view, number, index, &mut |touch| {
                found = touch.index == index;
                Ok(false)
            })?;
            if found {
                return Ok(true);
            }
        }
    }
    Ok(false)
}
