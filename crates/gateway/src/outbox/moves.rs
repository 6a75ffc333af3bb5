//! The way out: which bill is next, and what becomes of it.

use std::collections::BTreeSet;

use prost::Message as _;
use proto::v1::SignedStatement;
use redb::{Database, ReadableDatabase as _, ReadableTable as _, WriteTransaction};

use super::{
    BYTES, Outbox, Work,
    rows::{ASIDE, BILL, QUEUE, SIGNED, count, damaged, decode, fetch, put},
};
use crate::{
    lane::means::Alike,
    record::{BillKey, Record, State},
};

/// Most bills passed over in search of the next one.
const MAX_PASSED: usize = 20_000;

/// What is not taken when the next bill is asked for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Passing {
    /// These do not go now…
    pub(crate) bills: BTreeSet<u64>,
    /// …and neither does anything up to here (0 = nothing)…
    pub(crate) up_to: u64,
    /// …nor what is like these, up to a place.
    pub(crate) alike: Vec<(Alike, u64)>,
}

impl Passing {
    /// Whether a bill is passed over for its own sake.
    pub(crate) fn holds(&self, seq: u64, key: &BillKey) -> bool {
        seq <= self.up_to
            || self.bills.contains(&seq)
            || self.alike.iter().any(|(alike, to)| seq <= *to && alike.fits(key))
    }
}

impl Outbox {
    /// The bill that is next in order, with its bytes.
    ///
    /// # Errors
    /// [`OutboxError::Storage`](super::OutboxError::Storage).
    pub fn next(&self) -> Work<Option<(Record, SignedStatement)>> {
        self.next_passing(&Passing::default())
    }

    /// The same, passing over some: whatever has the number of a bill that is passed over stays behind it.
    pub(crate) fn next_passing(&self, passing: &Passing) -> Work<Option<(Record, SignedStatement)>> {
        self.read(|db| next(db, passing))
    }

    /// Gives a bill another state, unless it is settled, so that nothing settled is ever unsettled. A bill
    /// that was put aside takes only what settles it: the answer to a sending that was on its way.
    ///
    /// # Errors
    /// [`OutboxError::Storage`](super::OutboxError::Storage).
    pub fn set(&self, seq: u64, state: &State, now: i64) -> Work<Record> {
        self.write(|t| {
            let mut record = fetch(t, seq)?;
            let may = record.state.waits() || (record.state.is_aside() && state.is_settled());
            if may && record.state != *state {
                settle(t, &mut record, state, now)?;
            }
            Ok(Ok(record))
        })
    }

    /// Replaces the bytes of a bill that waits, which the ledger has refused for their age or their key.
    ///
    /// # Errors
    /// [`OutboxError::Storage`](super::OutboxError::Storage).
    pub fn replace(&self, seq: u64, id: &str, signed: &SignedStatement) -> Work<()> {
        self.write(|t| {
            let mut record = fetch(t, seq)?;
            if record.state.waits() {
                record.id = id.to_owned();
                put(t, &record)?;
                t.open_table(SIGNED)?.insert(seq, signed.encode_to_vec().as_slice())?;
            }
            Ok(Ok(()))
        })
    }
}

/// Writes another state of a bill; one that is settled leaves the queue.
pub(super) fn settle(
    t: &WriteTransaction,
    record: &mut Record,
    state: &State,
    now: i64,
) -> Result<(), redb::Error> {
    count(t, record.state.name(), -1)?;
    count(t, state.name(), 1)?;
    record.state = state.clone();
    record.changed_at = now;
    put(t, record)?;
    if state.is_settled() {
        let queued = t.open_table(QUEUE)?.remove(record.seq)?.map(|v| v.value());
        let aside = t.open_table(ASIDE)?.remove(record.seq)?.map(|v| v.value());
        let bytes = queued.or(aside).unwrap_or(0);
        count(t, BYTES, -i64::try_from(bytes).unwrap_or(i64::MAX))?;
    }
    Ok(())
}

fn next(db: &Database, passing: &Passing) -> Result<Option<(Record, SignedStatement)>, redb::Error> {
    let t = db.begin_read()?;
    let (queue, bills) = (t.open_table(QUEUE)?, t.open_table(BILL)?);
    let mut behind: BTreeSet<String> = BTreeSet::new();
    for row in queue.iter()?.take(MAX_PASSED) {
        let seq = row?.0.value();
        let record = bills.get(seq)?.map(|v| decode(v.value())).transpose()?;
        let Some(record) = record else { return Err(damaged(format!("bill {seq} is queued and missing"))) };
        if passing.holds(seq, &record.key) || behind.contains(&record.key.number) {
            behind.insert(record.key.number);
            continue;
        }
        let signed = t.open_table(SIGNED)?.get(seq)?.map(|v| SignedStatement::decode(v.value()));
        let Some(Ok(signed)) = signed else {
            return Err(damaged(format!("bill {seq} is queued and its bytes cannot be read")));
        };
        return Ok(Some((record, signed)));
    }
    Ok(None)
}
