//! A projection: what a follower of the log keeps for itself, in a database of its own beside log and view.
//!
//! One column family, plain keys. Writes are kept by a log of RocksDB's own that is not synced: what was written
//! survives the end of the process, and a loss of power takes at most the newest writes, whole and from the end. A
//! follower keeps beside its rows how far it has come, and goes on from there.

use std::{fmt, fs, io, path::Path};

use prost::bytes::Bytes;
use rocksdb::{
    Cache, ColumnFamily, ColumnFamilyDescriptor, DB, IteratorMode, PrefixRange, ReadOptions,
    SnapshotWithThreadMode, WriteBatch,
};

use crate::{Config, StoreError, dir::make_private, options};

/// The only column family.
const ROWS: &str = "default";

/// Rows of a follower. One thread writes; any thread reads.
pub struct Projection {
    db: DB,
}

impl fmt::Debug for Projection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Projection").field("path", &self.db.path()).finish()
    }
}

/// Rows that are to be written together.
#[derive(Default)]
pub struct ProjectionBatch(WriteBatch);

impl ProjectionBatch {
    /// Adds a row; a later one of the same key replaces it.
    pub fn put(&mut self, key: &[u8], value: &[u8]) {
        self.0.put(key, value);
    }

    /// Takes a row away.
    pub fn delete(&mut self, key: &[u8]) {
        self.0.delete(key);
    }

    /// Whether there is nothing to write.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// One state of a projection, held still. Keep it for one query only.
pub struct ProjectionSnapshot<'p> {
    rows: SnapshotWithThreadMode<'p, DB>,
}

/// Gets a key and its value; says whether to go on.
pub type Row<'r> = &'r mut dyn FnMut(&[u8], &[u8]) -> bool;

impl Projection {
    /// Opens the rows in a directory; where there are none, an empty projection is made. `cache` bounds its own block
    /// cache, in bytes.
    ///
    /// # Errors
    /// Another process has it open, it is damaged, or the disk.
    pub fn open(path: &Path, cache: usize) -> Result<Self, StoreError> {
        make_private(path)?;
        let options = options::projection(&Config::default(), &Cache::new_lru_cache(cache));
        let family = ColumnFamilyDescriptor::new(ROWS, options.clone());
        let db = DB::open_cf_descriptors(&options, path, [family]);
        Ok(Self { db: db.map_err(StoreError::rocks("cannot open a projection"))? })
    }

    /// Takes a projection's files away; it must not be open. Nothing happens where there is none.
    ///
    /// # Errors
    /// The disk.
    pub fn remove(path: &Path) -> Result<(), StoreError> {
        match fs::remove_dir_all(path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(StoreError::io(path)(error)),
            _ => Ok(()),
        }
    }

    /// The newest value of a key.
    ///
    /// # Errors
    /// It cannot be read.
    pub fn get(&self, key: &[u8]) -> Result<Option<Bytes>, StoreError> {
        let row = self.db.get_pinned(key).map_err(StoreError::rocks(READ))?;
        Ok(row.map(|bytes| Bytes::copy_from_slice(&bytes)))
    }

    /// Visits rows whose key begins with `prefix`, ascending, from the first that is not before `from`, for as long as
    /// `visit` says so.
    ///
    /// # Errors
    /// They cannot be read.
    pub fn scan(&self, prefix: &[u8], from: &[u8], visit: Row<'_>) -> Result<(), StoreError> {
        let rows = self.db.iterator_opt(start(prefix, from), within(prefix));
        walk(rows, visit)
    }

    /// The present state.
    #[must_use]
    pub fn snapshot(&self) -> ProjectionSnapshot<'_> {
        ProjectionSnapshot { rows: self.db.snapshot() }
    }

    /// Writes rows, all or none. One thread only.
    ///
    /// # Errors
    /// The disk; the projection must be opened anew.
    pub fn write(&self, batch: ProjectionBatch) -> Result<(), StoreError> {
        self.db.write(batch.0).map_err(StoreError::rocks("cannot write a projection"))
    }

    /// About how many bytes its files have.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        let family = self.db.cf_handle(ROWS);
        let size = |family: &ColumnFamily| {
            self.db.property_int_value_cf(family, "rocksdb.total-sst-files-size").ok().flatten()
        };
        family.and_then(size).unwrap_or_default()
    }
}

impl ProjectionSnapshot<'_> {
    /// The value of a key.
    ///
    /// # Errors
    /// It cannot be read.
    pub fn get(&self, key: &[u8]) -> Result<Option<Bytes>, StoreError> {
        let row = self.rows.get_pinned(key).map_err(StoreError::rocks(READ))?;
        Ok(row.map(|bytes| Bytes::copy_from_slice(&bytes)))
    }

    /// As [`Projection::scan`].
    ///
    /// # Errors
    /// They cannot be read.
    pub fn scan(&self, prefix: &[u8], from: &[u8], visit: Row<'_>) -> Result<(), StoreError> {
        walk(self.rows.iterator_opt(start(prefix, from), within(prefix)), visit)
    }
}

const READ: &str = "cannot read a projection";

fn start<'k>(prefix: &'k [u8], from: &'k [u8]) -> IteratorMode<'k> {
    IteratorMode::From(prefix.max(from), rocksdb::Direction::Forward)
}

fn within(prefix: &[u8]) -> ReadOptions {
    let mut options = ReadOptions::default();
    options.set_iterate_range(PrefixRange(prefix.to_vec()));
    options
}

fn walk(
    rows: impl Iterator<Item = Result<(Box<[u8]>, Box<[u8]>), rocksdb::Error>>,
    visit: Row<'_>,
) -> Result<(), StoreError> {
    for row in rows {
        let (key, value) = row.map_err(StoreError::rocks(READ))?;
        if !visit(&key, &value) {
            break;
        }
    }
    Ok(())
}
