//! Who has to do with a lot: entries that name both it and a party.

use std::collections::BTreeSet;

use custody::{
    View, ViewError, content, root_of,
    tables::{Touch, subject_by_text, touches},
};
use proto::v1::statement::Body;
use statement::{Kind, Relation, SubjectKind};

use crate::Error;

/// Looks into either history for one question. What a party and a lot have in common is found among as many
/// entries as the shorter of the two has, below this.
const MAX_LOOKS: usize = 1 << 16;
/// Ships read to find suppliers.
const MAX_SHIPS: usize = 1_000;
/// Suppliers that are told.
const MAX_SUPPLIERS: usize = 64;

/// The first touch of a subject not before an entry.
fn touch_from<V: View + ?Sized>(view: &V, number: u64, from: u64) -> Result<Option<Touch>, ViewError> {
    let mut first = None;
    touches(view, number, from, &mut |touch| {
        first = Some(touch);
        Ok(false)
    })?;
    Ok(first)
}

/// Visits the entries that name both subjects, ascending, as touches of the first and the second; `visit`
/// returns false to stop. False where that was not all of them: [`MAX_LOOKS`] is met.
fn common<V: View + ?Sized>(
    view: &V,
    (first, second): (u64, u64),
    visit: &mut dyn FnMut(Touch, Touch) -> Result<bool, ViewError>,
) -> Result<bool, ViewError> {
    let mut from = 0;
    for _ in 0..MAX_LOOKS / 2 {
        let Some(one) = touch_from(view, first, from)? else { return Ok(true) };
        let Some(other) = touch_from(view, second, one.index)? else { return Ok(true) };
        if one.index == other.index && !visit(one, other)? {
            return Ok(true);
        }
        from = other.index.max(one.index + 1);
    }
    Ok(false)
}

/// Whether somebody has named one of these subjects (a party's numbers) together with the lot, or the party
/// made or declared it: what a party says by itself of any lot opens nothing to it. Of a party and a lot
/// that are both named in tens of thousands of entries, and hardly ever together, this may say no where an
/// item of the lot would tell.
///
/// # Errors
/// The view failed.
pub fn named_with<V: View + ?Sized>(view: &V, lot: &str, numbers: &[u64]) -> Result<bool, Error> {
    let Some(record) = subject_by_text(view, SubjectKind::Item, lot)? else { return Ok(false) };
    let mut found = false;
    for &number in numbers {
        common(view, (number, record.number), &mut |party, lot| {
            let kind = Kind::try_from(i32::from(lot.kind)).unwrap_or_default();
            let makes = matches!(kind, Kind::Commission | Kind::Transform | Kind::DeclareImport);
            let own = matches!(party.relation, Relation::Signer | Relation::Principal);
            found = makes || !own;
            Ok(!found)
        })?;
        if found {
            break;
        }
    }
    Ok(found)
}

/// Who has shipped amounts of a lot to a party: one step up, by the Ships that count. With whether that is
/// all of them.
///
/// # Errors
/// The view failed.
pub fn suppliers<V: View + ?Sized>(view: &V, lot: &str, to: &str) -> Result<(BTreeSet<String>, bool), Error> {
    let record = subject_by_text(view, SubjectKind::Item, lot)?;
    let party = subject_by_text(view, SubjectKind::Activity, to)?;
    let Some((record, party)) = record.zip(party) else { return Ok((BTreeSet::new(), true)) };
    let mut roots = BTreeSet::new();
    let whole = common(view, (party.number, record.number), &mut |_, lot| {
        match Kind::try_from(i32::from(lot.kind)) {
            Ok(Kind::Ship) => drop(roots.insert(lot.index)),
            Ok(Kind::Correct) => drop(roots.insert(root_of(view, lot.index)?)),
            _ => {}
        }
        Ok(roots.len() <= MAX_SHIPS)
    })?;
    let whole = whole && roots.len() <= MAX_SHIPS;
    let mut suppliers = BTreeSet::new();
    for root in roots.into_iter().take(MAX_SHIPS) {
        let Some(content) = content(view, root)? else { continue };
        let Body::Ship(b) = &content.body else { continue };
        if b.addressee == to && b.lots.iter().any(|amount| amount.lot == lot) {
            if suppliers.len() == MAX_SUPPLIERS {
                return Ok((suppliers, false));
            }
            suppliers.insert(content.root.actor().to_owned());
        }
    }
    Ok((suppliers, whole))
}
