//! Holds and Recalls by what they name, and Lifts by the Hold they end: the contents that count now.

use std::collections::BTreeSet;

use proto::v1::statement::Body;
use statement::SubjectKind;

use crate::{Table, View, ViewError, control::find, draft::Draft, tables::decode_u64};

const NAMED: u8 = 0;
const LIFTED: u8 = 1;

fn key(side: u8, first: u64, second: u64) -> Vec<u8> {
    [&[side][..], &first.to_be_bytes(), &second.to_be_bytes()].concat()
}

/// Visits the Holds and Recalls that name the item, lot or product with this number (entries of the
/// originals), ascending; `visit` returns false to stop. Whether a Hold is over or lifted, and whether the
/// Recall is its signer's to make, is for the reader to judge.
///
/// # Errors
/// The view cannot be read, or `visit` failed.
pub fn restrictions<V: View + ?Sized>(
    view: &V,
    number: u64,
    visit: &mut dyn FnMut(u64) -> Result<bool, ViewError>,
) -> Result<(), ViewError> {
    seconds(view, NAMED, number, visit)
}

/// Visits the Lifts of a Hold (entries of the originals) likewise.
///
/// # Errors
/// The view cannot be read, or `visit` failed.
pub fn lifts<V: View + ?Sized>(
    view: &V,
    hold: u64,
    visit: &mut dyn FnMut(u64) -> Result<bool, ViewError>,
) -> Result<(), ViewError> {
    seconds(view, LIFTED, hold, visit)
}

fn seconds<V: View + ?Sized>(
    view: &V,
    side: u8,
    first: u64,
    visit: &mut dyn FnMut(u64) -> Result<bool, ViewError>,
) -> Result<(), ViewError> {
    let prefix = &key(side, first, 0)[..9];
    view.scan(Table::Restriction, prefix, prefix, &mut |key, _| {
        visit(decode_u64(key.get(9..).unwrap_or_default())?)
    })
}

/// Writes what the original at `root` names now in place of what it named before.
pub(crate) fn put<V: View + ?Sized>(
    draft: &mut Draft<'_, V>,
    root: u64,
    before: Option<&Body>,
    after: Option<&Body>,
) -> Result<(), ViewError> {
    let old = keys(draft, root, before)?;
    let new = keys(draft, root, after)?;
    for key in old.difference(&new) {
        draft.delete(Table::Restriction, key.clone());
    }
    for key in new {
        draft.put(Table::Restriction, key, vec![1]);
    }
    Ok(())
}

/// Row keys of a content; none but of Holds, Recalls and Lifts.
fn keys<V: View + ?Sized>(
    draft: &Draft<'_, V>,
    root: u64,
    body: Option<&Body>,
) -> Result<BTreeSet<Vec<u8>>, ViewError> {
    let (goods, products): (Vec<&String>, &[String]) = match body {
        Some(Body::Hold(b)) => (b.items.iter().chain(&b.lots).collect(), &b.products),
        Some(Body::Recall(b)) => (b.items.iter().chain(&b.lots).collect(), &[]),
        Some(Body::Lift(b)) => {
            // Admission has seen the Hold.
            let hold = b.hold.as_ref().map_or(Ok(None), |named| find(draft, named))?;
            return Ok(hold.map(|hold| key(LIFTED, hold, root)).into_iter().collect());
        }
        _ => return Ok(BTreeSet::new()),
    };
    let goods = goods.into_iter().map(|text| draft.number(SubjectKind::Item, text));
    let products = products.iter().map(|text| draft.number(SubjectKind::Product, text));
    goods.chain(products).map(|number| Ok(key(NAMED, number?, root))).collect()
}
