//! The stored view: one column family, so that a batch with its watermark is all there or not at all.

use std::{fmt, path::Path};

use custody::{Table, ViewError, Visit};
use prost::bytes::Bytes;
use rocksdb::{
    Cache, ColumnFamily, ColumnFamilyDescriptor, DB, DBPinnableSlice, DBRawIterator, PrefixRange, Range,
    ReadOptions, WriteBatch,
};

use crate::{
    Config, StoreError, options,
    row::{VIEW_VERSION, Watermark},
};

/// The only column family.
const ROWS: &str = "default";
/// Key of the watermark: below every table.
pub(crate) const WATERMARK: &[u8] = &[0];
const _: () = assert!(Table::Subject as u8 > WATERMARK[0]);

/// Derived rows. One thread writes; any thread reads.
///
/// A write is visible at once and durable only after a [`flush`](Self::flush); what a crash leaves is the
/// state after some earlier batch.
pub struct StoredView {
    db: DB,
    number: u64,
}

impl fmt::Debug for StoredView {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StoredView").field("number", &self.number).finish_non_exhaustive()
    }
}

/// Rows that are to be written together.
#[derive(Default)]
pub struct ViewBatch {
    batch: WriteBatch,
    key: Vec<u8>,
}

impl ViewBatch {
    /// Adds a row; a later one of the same key replaces it. An empty value takes the row away.
    pub fn put(&mut self, table: Table, key: &[u8], value: &[u8]) {
        self.key.clear();
        self.key.push(table as u8);
        self.key.extend_from_slice(key);
        if value.is_empty() {
            self.batch.delete(&self.key);
        } else {
            self.batch.put(&self.key, value);
        }
    }

    /// Number of rows.
    #[must_use]
    pub fn len(&self) -> usize {
        self.batch.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.batch.is_empty()
    }
}

impl StoredView {
    pub(crate) fn open(path: &Path, number: u64, config: &Config, cache: &Cache) -> Result<Self, StoreError> {
        let options = options::view(config, cache);
        let family = ColumnFamilyDescriptor::new(ROWS, options.clone());
        let db = DB::open_cf_descriptors(&options, path, [family]);
        Ok(Self { db: db.map_err(StoreError::rocks("cannot open the view"))?, number })
    }

    /// A view that cannot be written to.
    pub(crate) fn open_read_only(
        path: &Path,
        number: u64,
        config: &Config,
        cache: &Cache,
    ) -> Result<Self, StoreError> {
        let options = options::view(config, cache);
        let family = ColumnFamilyDescriptor::new(ROWS, options.clone());
        let db = DB::open_cf_descriptors_read_only(&options, path, [family], false);
        Ok(Self { db: db.map_err(StoreError::rocks("cannot open the view"))?, number })
    }

    /// Which of the views in the directory it is.
    #[must_use]
    pub const fn number(&self) -> u64 {
        self.number
    }

    pub(crate) const fn db(&self) -> &DB {
        &self.db
    }

    /// How far the view has come.
    ///
    /// # Errors
    /// It is of another version, damaged, or cannot be read.
    pub fn watermark(&self) -> Result<Watermark, StoreError> {
        decode_watermark(self.db.get_pinned(WATERMARK))
    }

    /// The newest value of a key.
    ///
    /// # Errors
    /// It could not be read.
    pub fn get(&self, table: Table, key: &[u8]) -> Result<Option<Bytes>, ViewError> {
        value(self.db.get_pinned(row_key(table, key)))
    }

    /// The newest values of keys that are in ascending order, in that order.
    ///
    /// # Errors
    /// One could not be read.
    pub fn multi_get(&self, table: Table, keys: &[&[u8]]) -> Result<Vec<Option<Bytes>>, ViewError> {
        let keys: Vec<Vec<u8>> = keys.iter().map(|key| row_key(table, key)).collect();
        let rows = self.db.batched_multi_get_cf_opt(self.family()?, &keys, true, &ReadOptions::default());
        rows.into_iter().map(value).collect()
    }

    /// Visits rows as [`custody::View::scan`] says.
    ///
    /// # Errors
    /// They could not be read, or `visit` failed.
    pub fn scan(&self, table: Table, prefix: &[u8], from: &[u8], visit: Visit<'_>) -> Result<(), ViewError> {
        walk(self.db.raw_iterator_opt(bounds(table, prefix)), table, prefix, from, visit)
    }

    /// Writes rows together with the watermark they lead to. One thread only.
    ///
    /// # Errors
    /// The view must be opened anew.
    pub fn write(&self, batch: ViewBatch, watermark: &Watermark) -> Result<(), StoreError> {
        let mut batch = batch.batch;
        batch.put(WATERMARK, watermark.encode());
        self.db.write_opt(batch, &options::without_wal()).map_err(StoreError::rocks("cannot write the view"))
    }

    /// Makes everything written durable.
    ///
    /// # Errors
    /// The disk.
    pub fn flush(&self) -> Result<(), StoreError> {
        self.db.flush().map_err(StoreError::rocks("cannot flush the view"))
    }

    /// Brings what is there into as few bytes as it takes. Writes go on meanwhile, but slower.
    ///
    /// # Errors
    /// The disk.
    pub fn compact(&self) -> Result<(), StoreError> {
        const ALL: Option<&[u8]> = None;
        self.flush()?;
        self.db.compact_range_opt(ALL, ALL, &options::whole());
        Ok(())
    }

    /// About how many bytes of files hold the rows of a table; what has not been flushed does not count.
    #[must_use]
    pub fn table_bytes(&self, table: Table) -> u64 {
        let (start, end) = ([table as u8], [table as u8 + 1]);
        self.db.get_approximate_sizes(&[Range::new(&start, &end)]).into_iter().sum()
    }

    fn family(&self) -> Result<&ColumnFamily, ViewError> {
        // The family is named on opening, so it cannot be missing.
        self.db.cf_handle(ROWS).ok_or_else(|| ViewError("no column family".into()))
    }
}

pub(crate) type Pinned<'a> = Result<Option<DBPinnableSlice<'a>>, rocksdb::Error>;

pub(crate) fn row_key(table: Table, key: &[u8]) -> Vec<u8> {
    let mut row = Vec::with_capacity(1 + key.len());
    row.push(table as u8);
    row.extend_from_slice(key);
    row
}

pub(crate) fn value(row: Pinned<'_>) -> Result<Option<Bytes>, ViewError> {
    match row {
        Ok(row) => Ok(row.map(|bytes| Bytes::copy_from_slice(&bytes))),
        Err(e) => Err(ViewError(e.to_string())),
    }
}

pub(crate) fn decode_watermark(row: Pinned<'_>) -> Result<Watermark, StoreError> {
    let Some(row) = row.map_err(StoreError::rocks("cannot read the view"))? else {
        return Ok(Watermark::default());
    };
    match Watermark::decode(&row) {
        Some((_, Some(watermark))) => Ok(watermark),
        Some((found, None)) => {
            let todo = "run `yuanliu rebuild`";
            Err(StoreError::Version { what: "the view", found, expected: VIEW_VERSION, todo })
        }
        None => Err(StoreError::View("its watermark is malformed".into())),
    }
}

/// Only rows of `table` whose key begins with `prefix`.
pub(crate) fn bounds(table: Table, prefix: &[u8]) -> ReadOptions {
    let mut options = ReadOptions::default();
    options.set_iterate_range(PrefixRange(row_key(table, prefix)));
    options
}

pub(crate) fn walk(
    mut rows: DBRawIterator<'_>,
    table: Table,
    prefix: &[u8],
    from: &[u8],
    visit: Visit<'_>,
) -> Result<(), ViewError> {
    rows.seek(row_key(table, prefix.max(from)));
    while let Some((key, value)) = rows.item() {
        if !visit(&key[1..], value)? {
            return Ok(());
        }
        rows.next();
    }
    rows.status().map_err(|e| ViewError(e.to_string()))
}
