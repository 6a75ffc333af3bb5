//! The tables of the outbox, and their rows inside one transaction.

use prost::Message as _;
use redb::{ReadableTable as _, TableDefinition, WriteTransaction};

use super::{BYTES, NewBill};
use crate::record::{BillKey, Record, State};

pub(super) const BILL: TableDefinition<'_, u64, &[u8]> = TableDefinition::new("bill");
pub(super) const SIGNED: TableDefinition<'_, u64, &[u8]> = TableDefinition::new("signed");
pub(super) const QUEUE: TableDefinition<'_, u64, u64> = TableDefinition::new("queue");
pub(super) const ASIDE: TableDefinition<'_, u64, u64> = TableDefinition::new("aside");
pub(super) const KEY: TableDefinition<'_, &str, u64> = TableDefinition::new("key");
pub(super) const COUNT: TableDefinition<'_, &str, u64> = TableDefinition::new("count");
pub(super) const META: TableDefinition<'_, &str, &str> = TableDefinition::new("meta");

pub(super) fn damaged(what: String) -> redb::Error {
    redb::Error::Corrupted(what)
}

pub(super) fn decode(bytes: &[u8]) -> Result<Record, redb::Error> {
    serde_json::from_slice(bytes).map_err(|e| damaged(format!("a bill cannot be read: {e}")))
}

/// The newest bill of a business key.
pub(super) fn current(t: &WriteTransaction, key: &BillKey) -> Result<Option<Record>, redb::Error> {
    let seq = t.open_table(KEY)?.get(key.text().as_str())?.map(|v| v.value());
    seq.map(|seq| fetch(t, seq)).transpose()
}

pub(super) fn fetch(t: &WriteTransaction, seq: u64) -> Result<Record, redb::Error> {
    let table = t.open_table(BILL)?;
    let value = table.get(seq)?;
    value.map_or_else(|| Err(damaged(format!("bill {seq} is missing"))), |v| decode(v.value()))
}

pub(super) fn put(t: &WriteTransaction, record: &Record) -> Result<(), redb::Error> {
    let bytes = serde_json::to_vec(record).map_err(|e| damaged(e.to_string()))?;
    t.open_table(BILL)?.insert(record.seq, bytes.as_slice())?;
    Ok(())
}

pub(super) fn insert(t: &WriteTransaction, bill: &NewBill) -> Result<Record, redb::Error> {
    // Numbers of pruned bills are not given again: the count of all ever accepted only grows.
    let seq = count(t, "accepted", 1)?;
    let record = Record { seq, state: State::Queued, ..bill.record.clone() };
    let signed = bill.signed.encode_to_vec();
    put(t, &record)?;
    t.open_table(SIGNED)?.insert(seq, signed.as_slice())?;
    t.open_table(QUEUE)?.insert(seq, signed.len() as u64)?;
    t.open_table(KEY)?.insert(record.key.text().as_str(), seq)?;
    count(t, State::Queued.name(), 1)?;
    count(t, BYTES, i64::try_from(signed.len()).unwrap_or(i64::MAX))?;
    Ok(record)
}

/// Adds to a count and returns it.
pub(super) fn count(t: &WriteTransaction, name: &str, change: i64) -> Result<u64, redb::Error> {
    let mut table = t.open_table(COUNT)?;
    let before = table.get(name)?.map_or(0, |v| v.value());
    let after = before.saturating_add_signed(change);
    table.insert(name, after)?;
    Ok(after)
}
