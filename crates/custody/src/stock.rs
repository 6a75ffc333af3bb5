//! What stands open at a party: goods it holds, lots it deals in, shipments it has still to answer.
//!
//! Goods at a party follow from the state of each item and are kept exactly in step with it. What has no
//! state of its own stands as more than there may be, for readers to look into: lots of which a party has
//! moved amounts without serials, and containers that it has emptied as a whole (what was inside and has
//! not been heard of since is still there). Of a thing with several codes, the one named first is listed.

use std::collections::BTreeMap;

use statement::{Statement, SubjectKey, SubjectKind, subject_key, visit_subjects};

use crate::{
    Table, View, ViewError,
    control::recorded,
    draft::Draft,
    item::ItemState,
    tables::{self, damaged, decode_u64, put_varint, subject_by_text, take_varint, touches},
};

/// What a row about a party's stock is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
pub enum StockKind {
    /// An item at the party, in no container.
    Item = 0,
    /// A lot of which it has dealt in amounts without serials.
    Lot = 1,
    /// A container that it has emptied as a whole.
    Emptied = 2,
}

/// One row of a party's stock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stock {
    /// Subject number of the item or lot.
    pub number: u64,
    /// Its subject key.
    pub subject: SubjectKey,
    /// The entry since which it stands here.
    pub since: u64,
}

/// A shipment that its addressee has not fully answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Inbound {
    /// Entry of the Ship.
    pub ship: u64,
    /// Lines (items and lots) that no Receive of the addressee names.
    pub open: u32,
    /// Lines of the Ship as it counts now.
    pub lines: u32,
}

fn stock_key(party: u64, kind: StockKind, number: u64) -> Vec<u8> {
    [&party.to_be_bytes()[..], &[kind as u8], &number.to_be_bytes()].concat()
}

fn stock_value(since: u64, subject: &SubjectKey) -> Vec<u8> {
    let mut value = Vec::with_capacity(42);
    put_varint(&mut value, since);
    value.extend_from_slice(&subject.0);
    value
}

fn decode_stock(key: &[u8], mut value: &[u8]) -> Result<Stock, ViewError> {
    let number = decode_u64(key.get(9..).unwrap_or_default())?;
    let since = take_varint(&mut value).and_then(|since| since.checked_sub(1));
    let subject = <[u8; 32]>::try_from(value).ok().map(SubjectKey);
    let (since, subject) = since.zip(subject).ok_or_else(|| damaged("holding"))?;
    Ok(Stock { number, subject, since })
}

fn inbound_key(party: u64, ship: u64) -> Vec<u8> {
    [party.to_be_bytes(), ship.to_be_bytes()].concat()
}

/// The number of a party's activity; 0 where nothing names it.
fn activity<V: View + ?Sized>(view: &V, party: &str) -> Result<u64, ViewError> {
    Ok(subject_by_text(view, SubjectKind::Activity, party)?.map_or(0, |r| r.number))
}

/// A page of a party's stock of one kind, ascending by subject number from `from` on, and the number to go
/// on from.
///
/// # Errors
/// The view cannot be read.
pub fn stock<V: View + ?Sized>(
    view: &V,
    party: &str,
    kind: StockKind,
    from: u64,
    limit: usize,
) -> Result<(Vec<Stock>, Option<u64>), ViewError> {
    let party = activity(view, party)?;
    let start = stock_key(party, kind, from);
    let (mut rows, mut next) = (Vec::new(), None);
    view.scan(Table::Holding, &start[..9], &start, &mut |key, value| {
        let row = decode_stock(key, value)?;
        if rows.len() == limit {
            next = Some(row.number);
            return Ok(false);
        }
        rows.push(row);
        Ok(true)
    })?;
    Ok((rows, next))
}

/// A page of the shipments a party has still to answer, ascending by entry from `from` on, and the entry
/// to go on from.
///
/// # Errors
/// The view cannot be read.
pub fn inbound<V: View + ?Sized>(
    view: &V,
    party: &str,
    from: u64,
    limit: usize,
) -> Result<(Vec<Inbound>, Option<u64>), ViewError> {
    let party = activity(view, party)?;
    let start = inbound_key(party, from);
    let (mut rows, mut next) = (Vec::new(), None);
    view.scan(Table::Inbound, &start[..8], &start, &mut |key, value| {
        let ship = decode_u64(key.get(8..).unwrap_or_default())?;
        let (open, lines) = value.split_first_chunk::<4>().ok_or_else(|| damaged("inbound"))?;
        let lines = lines.try_into().map_err(|_| damaged("inbound"))?;
        if rows.len() == limit {
            next = Some(ship);
            return Ok(false);
        }
        rows.push(Inbound { ship, open: u32::from_be_bytes(*open), lines: u32::from_be_bytes(lines) });
        Ok(true)
    })?;
    Ok((rows, next))
}

/// The canonical texts of numbered items or lots, in the order asked for: read from the entries that named
/// them first, each entry once. At most one entry is read for each.
///
/// # Errors
/// The view cannot be read, or no such item is named.
pub fn texts<V: View + ?Sized>(view: &V, rows: &[Stock]) -> Result<Vec<String>, ViewError> {
    let mut entries: BTreeMap<u64, BTreeMap<SubjectKey, String>> = BTreeMap::new();
    let mut texts = Vec::with_capacity(rows.len());
    for row in rows {
        let mut first = None;
        touches(view, row.number, 0, &mut |touch| {
            first = Some(touch.index);
            Ok(false)
        })?;
        let first = first.ok_or_else(|| damaged("holding"))?;
        let known = match entries.entry(first) {
            std::collections::btree_map::Entry::Occupied(known) => known.into_mut(),
            std::collections::btree_map::Entry::Vacant(new) => new.insert(items_in(&recorded(view, first)?)),
        };
        texts.push(known.get(&row.subject).cloned().ok_or_else(|| damaged("holding"))?);
    }
    Ok(texts)
}

fn items_in(statement: &Statement) -> BTreeMap<SubjectKey, String> {
    let mut items = BTreeMap::new();
    visit_subjects(statement, &mut |relation, text| {
        if relation.subject_kind() == Some(SubjectKind::Item) {
            items.insert(subject_key(SubjectKind::Item, text), text.to_string());
        }
    });
    items
}

/// Takes the row of an item in `state` away.
pub(crate) fn leave<V: View + ?Sized>(draft: &mut Draft<'_, V>, number: u64, state: &ItemState) {
    if let Some((holder, _)) = state.held() {
        draft.delete(Table::Holding, stock_key(holder, StockKind::Item, number));
    }
}

/// Puts the row of an item that was in state `old` and is in state `new`.
pub(crate) fn move_item<V: View + ?Sized>(
    draft: &mut Draft<'_, V>,
    (number, subject): (u64, &SubjectKey),
    old: &ItemState,
    new: &ItemState,
) {
    let (from, to) = (old.held(), new.held());
    if from == to {
        return;
    }
    if from.map(|f| f.0) != to.map(|t| t.0) {
        leave(draft, number, old);
    }
    if let Some((holder, since)) = to {
        draft.put(Table::Holding, stock_key(holder, StockKind::Item, number), stock_value(since, subject));
    }
}

/// Notes that a party deals in a lot, or has emptied a container, unless that is noted already.
pub(crate) fn note<V: View + ?Sized>(
    draft: &mut Draft<'_, V>,
    party: u64,
    kind: StockKind,
    subject: &SubjectKey,
    index: u64,
) -> Result<(), ViewError> {
    let number = tables::subject(draft, subject)?.map_or(0, |r| r.number);
    let key = stock_key(party, kind, number);
    if party != 0 && draft.get(Table::Holding, &key)?.is_none() {
        draft.put(Table::Holding, key, stock_value(index + 1, subject));
    }
    Ok(())
}

/// Writes how much of a shipment is open; nothing open = no row.
pub(crate) fn put_inbound<V: View + ?Sized>(
    draft: &mut Draft<'_, V>,
    addressee: u64,
    ship: u64,
    (open, lines): (u32, u32),
) {
    let key = inbound_key(addressee, ship);
    if open == 0 {
        draft.delete(Table::Inbound, key);
    } else {
        draft.put(Table::Inbound, key, [open.to_be_bytes(), lines.to_be_bytes()].concat());
    }
}
