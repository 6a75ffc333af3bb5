//! One state of the view, held still, with the entries it was made from.

use custody::{RecordedEntry, Table, View, ViewError, Visit};
use merkle::{Hash, sha256};
use prost::bytes::Bytes;
use rocksdb::{DB, DBRawIteratorWithThreadMode, ReadOptions, SnapshotWithThreadMode};

use crate::{
    Log, StoreError, StoredView, Watermark,
    view::{WATERMARK, bounds, decode_watermark, row_key, value, walk},
};

/// A state of the view that later writes do not change. RocksDB keeps replaced rows as long as it lives:
/// hold it for one query, not for a session.
pub struct Snapshot<'a> {
    rows: SnapshotWithThreadMode<'a, DB>,
    log: &'a Log,
    watermark: Watermark,
}

impl<'a> Snapshot<'a> {
    /// The present state of `view`, which was made from `log`.
    ///
    /// # Errors
    /// The view is of another version, damaged, or cannot be read.
    pub fn new(view: &'a StoredView, log: &'a Log) -> Result<Self, StoreError> {
        let rows = view.db().snapshot();
        let watermark = decode_watermark(rows.get_pinned(WATERMARK))?;
        Ok(Self { rows, log, watermark })
    }

    /// Size, chain and tree of the entries it was made from.
    #[must_use]
    pub const fn watermark(&self) -> &Watermark {
        &self.watermark
    }

    /// Every row is read once: what the cache holds is worth more.
    fn all_rows(&self) -> DBRawIteratorWithThreadMode<'_, DB> {
        let mut options = ReadOptions::default();
        options.fill_cache(false);
        self.rows.raw_iterator_opt(options)
    }

    /// Digest over all keys and values, watermark included: `d = H(d ‖ key length u64 ‖ key ‖ value)` from
    /// 32 zero bytes, in ascending order of keys. Equal for every way in which the view can have come
    /// about from the same entries.
    ///
    /// # Errors
    /// The view cannot be read.
    pub fn digest(&self) -> Result<Hash, StoreError> {
        let mut digest = [0; 32];
        let mut rows = self.all_rows();
        rows.seek_to_first();
        while let Some((key, value)) = rows.item() {
            digest = sha256(&[&digest, &(key.len() as u64).to_be_bytes(), key, value]);
            rows.next();
        }
        rows.status().map_err(StoreError::rocks("cannot read the view"))?;
        Ok(digest)
    }

    /// The digest, and whether `other` has the same keys and values, or why that cannot be told; each row is read once.
    ///
    /// # Errors
    /// This view cannot be read.
    pub fn digest_beside(&self, other: &Self) -> Result<(Hash, Result<bool, StoreError>), StoreError> {
        let (mut digest, mut same) = ([0; 32], true);
        let (mut rows, mut theirs) = (self.all_rows(), other.all_rows());
        rows.seek_to_first();
        theirs.seek_to_first();
        while let Some((key, value)) = rows.item() {
            digest = sha256(&[&digest, &(key.len() as u64).to_be_bytes(), key, value]);
            if same {
                same = theirs.item() == Some((key, value));
                theirs.next();
            }
            rows.next();
        }
        rows.status().map_err(StoreError::rocks("cannot read the view"))?;
        same &= theirs.item().is_none();
        let told = theirs.status().map_err(StoreError::rocks("cannot read the view"));
        Ok((digest, told.map(|()| same)))
    }
}

impl View for Snapshot<'_> {
    fn get(&self, table: Table, key: &[u8]) -> Result<Option<Bytes>, ViewError> {
        value(self.rows.get_pinned(row_key(table, key)))
    }

    fn scan(&self, table: Table, prefix: &[u8], from: &[u8], visit: Visit<'_>) -> Result<(), ViewError> {
        walk(self.rows.raw_iterator_opt(bounds(table, prefix)), table, prefix, from, visit)
    }

    fn entry(&self, index: u64) -> Result<Option<RecordedEntry>, ViewError> {
        if index >= self.size() {
            return Ok(None);
        }
        Ok(self.log.entry(index)?)
    }

    fn size(&self) -> u64 {
        self.watermark.size()
    }
}
