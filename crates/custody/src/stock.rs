//! What stands open at a party: goods it holds, lots it has an amount of, shipments it has still to answer.
//!
//! Goods at a party follow from the state of each item, balances of lots from the contents that count, and
//! both are kept exactly in step. Containers that a party has emptied as a whole stand as more than there may
//! be, for readers to look into: what was inside and has not been heard of since is still there. What is
//! nothing any longer has no row. Of a thing with several codes, the one named first is listed.

mod answer;
mod balance;
mod container;
mod restriction;

use std::collections::BTreeMap;

use statement::{Statement, SubjectKey, SubjectKind, subject_key, visit_subjects};

pub use answer::answered_by;
pub(crate) use answer::{Source, answered_within, codes};
pub(crate) use balance::Books;
pub use balance::balances;
pub(crate) use container::{count, emptied};
pub(crate) use restriction::put as put_restrictions;
pub use restriction::{lifts, restrictions};

use crate::{
    Table, View, ViewError,
    control::recorded,
    draft::Draft,
    item::ItemState,
    tables::{damaged, decode_u64, put_varint, subject_by_text, take_varint, touches},
};

/// What a row about a party's stock is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
pub enum StockKind {
    /// An item at the party, in no container.
    Item = 0,
    /// A lot of which its statements, and those that take from it, leave an amount without serials.
    Lot = 1,
    /// A container that it has emptied as a whole, while something in it has not been heard of since.
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

/// `since`: entry + 1.
fn stock_value(since: u64, subject: &SubjectKey) -> Vec<u8> {
    let mut value = Vec::with_capacity(42);
    put_varint(&mut value, since);
    value.extend_from_slice(&subject.0);
    value
}

/// Takes what every row begins with: entry + 1 and subject.
fn take_stock(value: &mut &[u8]) -> Result<(u64, SubjectKey), ViewError> {
    let since = take_varint(value).filter(|since| *since > 0);
    let parts = since.zip(value.split_first_chunk::<32>());
    let (since, (subject, rest)) = parts.ok_or_else(|| damaged("holding"))?;
    *value = rest;
    Ok((since, SubjectKey(*subject)))
}

fn decode_stock(key: &[u8], mut value: &[u8]) -> Result<Stock, ViewError> {
    let number = decode_u64(key.get(9..).unwrap_or_default())?;
    let (since, subject) = take_stock(&mut value)?;
    Ok(Stock { number, subject, since: since - 1 })
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
/// them first, each entry once. At most one entry is read for each, and of it no more is kept than is asked.
///
/// # Errors
/// The view cannot be read, or no such item is named.
pub fn texts<V: View + ?Sized>(view: &V, rows: &[Stock]) -> Result<Vec<String>, ViewError> {
    let mut wanted: BTreeMap<u64, Wanted> = BTreeMap::new();
    let mut firsts = Vec::with_capacity(rows.len());
    for row in rows {
        let first = first_naming(view, row.number)?;
        wanted.entry(first).or_default().insert(row.subject, None);
        firsts.push(first);
    }
    for (entry, wanted) in &mut wanted {
        find_texts(&recorded(view, *entry)?, wanted);
    }
    let text = |(first, row): (u64, &Stock)| {
        let text = wanted.get(&first).and_then(|w| w.get(&row.subject)).and_then(Option::as_ref);
        text.cloned().ok_or_else(|| damaged("holding"))
    };
    firsts.into_iter().zip(rows).map(text).collect()
}

/// Items looked for in a statement, and their texts.
type Wanted = BTreeMap<SubjectKey, Option<String>>;

fn first_naming<V: View + ?Sized>(view: &V, number: u64) -> Result<u64, ViewError> {
    let mut first = None;
    touches(view, number, 0, &mut |touch| {
        first = Some(touch.index);
        Ok(false)
    })?;
    first.ok_or_else(|| damaged("holding"))
}

fn find_texts(statement: &Statement, wanted: &mut Wanted) {
    visit_subjects(statement, &mut |relation, text| {
        if relation.subject_kind() == Some(SubjectKind::Item)
            && let Some(found) = wanted.get_mut(&subject_key(SubjectKind::Item, text))
        {
            *found = Some(text.to_owned());
        }
    });
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

#[cfg(test)]
mod tests {
    use prost::Message as _;
    use proto::v1::{self, statement::Body};

    use super::*;

    #[test]
    fn of_a_large_bill_only_the_texts_asked_for_are_kept() {
        let item = |n: u32| format!("sgtin:09521234543213.{n}");
        let items: Vec<String> = (0..4_000).map(item).collect();
        let ship = v1::Ship { items, addressee: "org:Clinic".into(), ..v1::Ship::default() };
        let message = v1::Statement { header: Some(v1::Header::default()), body: Some(Body::Ship(ship)) };
        let statement = Statement::recorded(message.encode_to_vec().into());
        let key = |n| subject_key(SubjectKind::Item, &item(n));
        let mut wanted: Wanted = [7, 9_999].into_iter().map(|n| (key(n), None)).collect();
        find_texts(&statement.unwrap(), &mut wanted);
        let expected: Wanted = [(key(7), Some(item(7))), (key(9_999), None)].into();
        assert_eq!(wanted, expected);
    }
}
