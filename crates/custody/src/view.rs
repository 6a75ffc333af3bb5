//! What rules read and what they write: ordered tables of bytes, and recorded entries.
//!
//! The store implements [`View`] over a RocksDB snapshot, the ledger over batches that are not yet
//! written, [`MemoryView`] over a map. Record types and key layouts stand in `tables.rs`.

use std::collections::BTreeMap;

use merkle::Hash;
use prost::bytes::Bytes;
use statement::LEAF_LEN;

/// Tables of the view. The number is part of stored keys.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum Table {
    /// S → dense number, head, count, last index, state.
    Subject = 1,
    /// subject number ‖ window of entries → touches in it.
    Touch = 2,
    /// signer's number ‖ statement id → index.
    Statement = 3,
    /// subject number → canonical text, for all kinds but items and documents.
    Name = 4,
    /// index → corrections, voids and missing signatures of that entry.
    Control = 5,
    /// Shipments and the receipts that answer them.
    Response = 6,
    /// principal's S ‖ hash of number → mandate.
    Mandate = 7,
    /// Single values: next subject number, settings of the ledger.
    Meta = 8,
    /// party's number ‖ what is at it: goods held, lots without serials, containers emptied; container's
    /// number ‖ how much was packed into it, and who has emptied it.
    Holding = 9,
    /// addressee's number ‖ shipment → how much of it nobody has answered.
    Inbound = 10,
    /// S of a code ‖ Alias → S of the codes it is one with.
    Alias = 11,
    /// Registers beside the subjects' own: successions, designations, coverage, lists, policies.
    Register = 12,
    /// Holds and Recalls by what they name, Lifts by the Hold they end.
    Restriction = 13,
    /// Leaves and hashes of the log's tree. Written by the ledger, not by `apply`: they follow from the leaves.
    Tile = 14,
    /// item's number → states between stretches of its history.
    Cut = 15,
    /// index → heads before that entry of what it names, ascending by S; then S of what it names through others.
    Link = 16,
    /// index → who may read a confidential statement; case → who has it; and by party what it has of these.
    Confidential = 17,
}

impl Table {
    /// All tables, ascending.
    pub const ALL: [Self; 17] = [
        Self::Subject,
        Self::Touch,
        Self::Statement,
        Self::Name,
        Self::Control,
        Self::Response,
        Self::Mandate,
        Self::Meta,
        Self::Holding,
        Self::Inbound,
        Self::Alias,
        Self::Register,
        Self::Restriction,
        Self::Tile,
        Self::Cut,
        Self::Link,
        Self::Confidential,
    ];
}

/// An entry as recorded in the log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecordedEntry {
    /// The 80 public bytes.
    pub leaf: [u8; LEAF_LEN],
    /// Chain hash after it.
    pub chain: Hash,
    /// Empty for types without a signature of their own.
    pub envelope: Bytes,
    /// The signed bytes.
    pub payload: Bytes,
}

/// The view could not be read, or holds what no version wrote. The writer must stop.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("view: {0}")]
pub struct ViewError(pub String);

/// Called with key and value; false ends the scan.
pub type Visit<'v> = &'v mut dyn FnMut(&[u8], &[u8]) -> Result<bool, ViewError>;

/// Read access to one state of the view and to the entries it was made from.
pub trait View {
    /// The value of a key.
    ///
    /// # Errors
    /// The medium failed.
    fn get(&self, table: Table, key: &[u8]) -> Result<Option<Bytes>, ViewError>;

    /// Visits the rows of a table whose key begins with `prefix` and is not below `from`, ascending.
    ///
    /// # Errors
    /// The medium failed, or `visit` did.
    fn scan(&self, table: Table, prefix: &[u8], from: &[u8], visit: Visit<'_>) -> Result<(), ViewError>;

    /// A recorded entry; `None` from [`size`](Self::size) on.
    ///
    /// # Errors
    /// The medium failed.
    fn entry(&self, index: u64) -> Result<Option<RecordedEntry>, ViewError>;

    /// Number of entries this state was made from.
    fn size(&self) -> u64;
}

/// A row to be written; later rows of the same key replace earlier ones. An empty value takes the row away:
/// no table holds empty values, so a row that reads as absent and one that was taken away are the same.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Put {
    /// Where.
    pub table: Table,
    /// Key within the table.
    pub key: Vec<u8>,
    /// New value; empty = the row goes.
    pub value: Vec<u8>,
}

/// The in-memory twin of the stored view, for tests and models.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MemoryView {
    rows: BTreeMap<(Table, Vec<u8>), Vec<u8>>,
    entries: Vec<RecordedEntry>,
}

impl MemoryView {
    /// Adds an entry with the rows that applying it gave.
    pub fn record(&mut self, entry: RecordedEntry, puts: Vec<Put>) {
        self.entries.push(entry);
        for put in puts {
            let key = (put.table, put.key);
            if put.value.is_empty() {
                self.rows.remove(&key);
            } else {
                self.rows.insert(key, put.value);
            }
        }
    }

    /// All rows in order of table and key.
    pub fn rows(&self) -> impl Iterator<Item = (Table, &[u8], &[u8])> {
        self.rows.iter().map(|((table, key), value)| (*table, key.as_slice(), value.as_slice()))
    }
}

impl View for MemoryView {
    fn get(&self, table: Table, key: &[u8]) -> Result<Option<Bytes>, ViewError> {
        Ok(self.rows.get(&(table, key.to_vec())).map(|v| Bytes::copy_from_slice(v)))
    }

    fn scan(&self, table: Table, prefix: &[u8], from: &[u8], visit: Visit<'_>) -> Result<(), ViewError> {
        let start = (table, prefix.max(from).to_vec());
        for ((t, key), value) in self.rows.range(start..) {
            if *t != table || !key.starts_with(prefix) || !visit(key, value)? {
                break;
            }
        }
        Ok(())
    }

    fn entry(&self, index: u64) -> Result<Option<RecordedEntry>, ViewError> {
        Ok(usize::try_from(index).ok().and_then(|i| self.entries.get(i)).cloned())
    }

    fn size(&self) -> u64 {
        self.entries.len() as u64
    }
}
