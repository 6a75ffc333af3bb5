//! Containers that somebody has emptied as a whole: which of them may hold things at that party still.
//!
//! Who has emptied a container stays noted under it. It is listed at that party while some code was last
//! packed into it and has not been heard of by itself since: an exact count, kept with the item states.

use statement::SubjectKey;

use super::{StockKind, stock_key, stock_value};
use crate::{
    Table, View, ViewError,
    draft::Draft,
    tables::{self, damaged, decode_u64},
};

const PACKED: u8 = 3;
const EMPTIED_BY: u8 = 4;

fn key(container: u64, tag: u8, party: u64) -> Vec<u8> {
    [&container.to_be_bytes()[..], &[tag], &party.to_be_bytes()].concat()
}

/// Codes that were last packed into a container.
fn packed<V: View + ?Sized>(view: &V, container: u64) -> Result<u64, ViewError> {
    let row = view.get(Table::Holding, &key(container, PACKED, 0))?;
    row.map_or(Ok(0), |row| decode_u64(&row))
}

/// Counts codes that came into a container, or left it.
pub(crate) fn count<V: View + ?Sized>(
    draft: &mut Draft<'_, V>,
    container: u64,
    change: i64,
) -> Result<(), ViewError> {
    let before = packed(draft, container)?;
    let after = before.checked_add_signed(change).ok_or_else(|| damaged("container"))?;
    if after == 0 {
        draft.delete(Table::Holding, key(container, PACKED, 0));
    } else {
        draft.put(Table::Holding, key(container, PACKED, 0), after.to_be_bytes().to_vec());
    }
    if (before == 0) == (after == 0) {
        return Ok(());
    }
    let mut rows = Vec::new();
    let prefix = &key(container, EMPTIED_BY, 0)[..9];
    draft.scan(Table::Holding, prefix, prefix, &mut |key, value| {
        rows.push((decode_u64(key.get(9..).unwrap_or_default())?, value.to_vec()));
        Ok(true)
    })?;
    for (party, row) in rows {
        let row = if after == 0 { Vec::new() } else { row };
        draft.put(Table::Holding, stock_key(party, StockKind::Emptied, container), row);
    }
    Ok(())
}

/// Notes that a party has emptied a container as a whole, unless that is noted already.
pub(crate) fn emptied<V: View + ?Sized>(
    draft: &mut Draft<'_, V>,
    party: u64,
    container: &SubjectKey,
    index: u64,
) -> Result<(), ViewError> {
    let number = tables::subject(draft, container)?.map_or(0, |r| r.number);
    let note = key(number, EMPTIED_BY, party);
    if party == 0 || draft.get(Table::Holding, &note)?.is_some() {
        return Ok(());
    }
    let row = stock_value(index + 1, container);
    if packed(draft, number)? > 0 {
        draft.put(Table::Holding, stock_key(party, StockKind::Emptied, number), row.clone());
    }
    draft.put(Table::Holding, note, row);
    Ok(())
}
