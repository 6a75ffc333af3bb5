//! Reading the outbox, and forgetting what is long settled.

use redb::{ReadableDatabase as _, ReadableTable as _};
use serde::Serialize;

use super::{
    Outbox, Work,
    rows::{BILL, COUNT, KEY, SIGNED, count, decode},
};
use crate::record::{Record, State};

/// Most bills looked at for one page: a page may be short and still not the last.
const MAX_LOOKED_AT: usize = 20_000;
/// Most bills forgotten in one transaction.
const MAX_FORGOTTEN: usize = 1_000;

/// How many bills are where.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Counts {
    /// Signed and stored, not yet sent.
    pub queued: u64,
    /// Sent, without an answer yet.
    pub sending: u64,
    /// Put aside by somebody.
    pub aside: u64,
    /// In the ledger.
    pub landed: u64,
    /// Refused for good.
    pub refused: u64,
    /// Recorded by another installation before.
    pub duplicate: u64,
    /// Bytes that are still to be sent.
    pub waiting_bytes: u64,
}

/// A stretch of bills.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Page {
    /// In order of acceptance.
    pub bills: Vec<Record>,
    /// Ask again after this one for more; `None` = that was the end.
    pub next: Option<u64>,
}

impl Outbox {
    /// Counts.
    ///
    /// # Errors
    /// [`OutboxError::Storage`](super::OutboxError::Storage).
    pub fn counts(&self) -> Work<Counts> {
        self.read(|db| {
            let transaction = db.begin_read()?;
            let table = transaction.open_table(COUNT)?;
            let get = |name: &str| Ok::<_, redb::Error>(table.get(name)?.map_or(0, |v| v.value()));
            Ok(Counts {
                queued: get("queued")?,
                sending: get("sending")?,
                aside: get("aside")?,
                landed: get("landed")?,
                refused: get("refused")?,
                duplicate: get("duplicate")?,
                waiting_bytes: get("bytes")?,
            })
        })
    }

    /// Bills after a place in order of acceptance, of one state or all.
    ///
    /// # Errors
    /// [`OutboxError::Storage`](super::OutboxError::Storage).
    pub fn list(&self, state: Option<&str>, after: u64, limit: usize) -> Work<Page> {
        self.read(|db| {
            let transaction = db.begin_read()?;
            let table = transaction.open_table(BILL)?;
            let mut page = Page::default();
            for (looked_at, row) in table.range(after.saturating_add(1)..)?.enumerate() {
                let (seq, value) = row?;
                if page.bills.len() >= limit || looked_at >= MAX_LOOKED_AT {
                    page.next = Some(seq.value() - 1);
                    break;
                }
                let record = decode(value.value())?;
                if state.is_none_or(|name| record.state.name() == name) {
                    page.bills.push(record);
                }
            }
            Ok(page)
        })
    }

    /// The newest bills, newest first.
    ///
    /// # Errors
    /// [`OutboxError::Storage`](super::OutboxError::Storage).
    pub fn newest(&self, limit: usize) -> Work<Vec<Record>> {
        self.read(|db| {
            let transaction = db.begin_read()?;
            let table = transaction.open_table(BILL)?;
            let rows = table.range(0u64..)?.rev().take(limit);
            rows.map(|row| decode(row?.1.value())).collect()
        })
    }

    /// The newest bill of each kind and principal with this number.
    ///
    /// # Errors
    /// [`OutboxError::Storage`](super::OutboxError::Storage).
    pub fn find(&self, number: &str) -> Work<Vec<Record>> {
        self.read(|db| {
            let transaction = db.begin_read()?;
            let (keys, bills) = (transaction.open_table(KEY)?, transaction.open_table(BILL)?);
            let (from, to) = (format!("{number}\u{0}"), format!("{number}\u{1}"));
            let mut found = Vec::new();
            for row in keys.range(from.as_str()..to.as_str())? {
                if let Some(value) = bills.get(row?.1.value())? {
                    found.push(decode(value.value())?);
                }
            }
            Ok(found)
        })
    }

    /// Forgets settled bills that have not changed since `before` (µs since the Unix epoch), at most a
    /// thousand; returns how many. The ledger still knows their business keys.
    ///
    /// # Errors
    /// [`OutboxError::Storage`](super::OutboxError::Storage).
    pub fn forget(&self, before: i64) -> Work<usize> {
        let old = self.read(|db| {
            let transaction = db.begin_read()?;
            let table = transaction.open_table(BILL)?;
            let mut old: Vec<Record> = Vec::new();
            for row in table.range(0u64..)?.take(MAX_LOOKED_AT) {
                let record = decode(row?.1.value())?;
                if record.state.is_settled() && record.changed_at < before && old.len() < MAX_FORGOTTEN {
                    old.push(record);
                }
            }
            Ok(old)
        })?;
        if old.is_empty() {
            return Ok(0);
        }
        self.write(|t| {
            for record in &old {
                t.open_table(BILL)?.remove(record.seq)?;
                t.open_table(SIGNED)?.remove(record.seq)?;
                let key = record.key.text();
                let newest = t.open_table(KEY)?.get(key.as_str())?.map(|v| v.value());
                if newest == Some(record.seq) {
                    t.open_table(KEY)?.remove(key.as_str())?;
                }
                count(t, record.state.name(), -1)?;
            }
            Ok(Ok(old.len()))
        })
    }

    /// Whether any state has this name.
    #[must_use]
    pub fn is_state(name: &str) -> bool {
        State::NAMES.contains(&name)
    }
}
