//! The log: entries, checkpoints, and what the ledger is.

mod stamps;

pub use stamps::{Stamped, Stamps};

use std::{
    fmt,
    path::Path,
    sync::atomic::{AtomicU64, Ordering},
};

use custody::RecordedEntry;
use merkle::Hash;
use prost::bytes::Bytes;
use rocksdb::{
    Cache, ColumnFamily, ColumnFamilyDescriptor, DB, DBRawIterator, ReadOptions, WriteBatch,
    WriteBatchIteratorCf, checkpoint::Checkpoint,
};

use crate::{
    Beside, Config, StoreError, backup, options,
    row::{LOG_VERSION, decode_entry, decode_number, encode_entry},
};

mod access;

pub use access::{AccessRow, AccessRows};

/// Column families.
const ENTRY: &str = "entry";
const CHECKPOINT: &str = "checkpoint";
const META: &str = "meta";
/// Records of privileged reads. Logs of before it do not have it until they are opened for writing.
const ACCESS: &str = "access";
/// Key of the newest cosigned checkpoint in the family `meta`.
const COSIGNED: &[u8] = b"cosigned";

/// No bound of a range.
const ALL: Option<&[u8]> = None;

/// Keys of `meta`.
const FORMAT: &[u8] = b"format";
const LEDGER: &[u8] = b"ledger";

/// Entries and checkpoints; every write is synced.
///
/// One thread writes entries, another access records; any thread reads. Writes are not retried: after an error it is not known what
/// landed before the log has been opened anew.
pub struct Log {
    db: DB,
    ledger: Hash,
    /// Number of entries; set by the writing thread, after the sync.
    size: AtomicU64,
}

impl fmt::Debug for Log {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Log").field("size", &self.size).finish_non_exhaustive()
    }
}

/// Entries that are to be written together, in the very bytes that will be written.
pub struct LogBatch<'l> {
    log: &'l Log,
    batch: WriteBatch,
    start: u64,
    end: u64,
}

impl LogBatch<'_> {
    /// Adds the next entry.
    ///
    /// # Errors
    /// [`StoreError::Damaged`] if the index is not the next or the envelope too long: a bug.
    pub fn push(&mut self, index: u64, entry: &RecordedEntry) -> Result<(), StoreError> {
        if index != self.end {
            return Err(damaged(index, "it is not the next entry"));
        }
        let row = encode_entry(entry).ok_or(damaged(index, "its envelope is too long"))?;
        self.batch.put_cf(self.log.family(ENTRY)?, index.to_be_bytes(), row);
        self.end += 1;
        Ok(())
    }

    /// Reads the entries back out of the bytes that will be written, to be checked before they are. Before a
    /// checkpoint is added.
    ///
    /// # Errors
    /// [`StoreError::Damaged`] if one is not a row.
    pub fn entries(&self) -> Result<Vec<RecordedEntry>, StoreError> {
        let mut reread = Reread { next: self.start, entries: Ok(Vec::new()) };
        self.batch.iterate_cf(&mut reread);
        reread.entries
    }

    /// Keeps a checkpoint of the log with these entries under its size, and no longer the one of size `drop`.
    ///
    /// # Errors
    /// [`StoreError::Damaged`] if it is of another size: a bug.
    pub fn checkpoint(&mut self, size: u64, note: &str, drop: Option<u64>) -> Result<(), StoreError> {
        if size != self.end {
            let fault = "it is not one of the log with these entries";
            return Err(StoreError::Damaged { table: CHECKPOINT, key: size, fault });
        }
        let family = self.log.family(CHECKPOINT)?;
        if let Some(old) = drop.filter(|old| *old != size) {
            self.batch.delete_cf(family, old.to_be_bytes());
        }
        self.batch.put_cf(family, size.to_be_bytes(), note);
        Ok(())
    }
}

/// Decodes the puts of a batch.
struct Reread {
    next: u64,
    entries: Result<Vec<RecordedEntry>, StoreError>,
}

impl WriteBatchIteratorCf for Reread {
    fn put_cf(&mut self, _family: u32, key: &[u8], value: &[u8]) {
        let Ok(entries) = &mut self.entries else { return };
        match decode_entry(&Bytes::copy_from_slice(value)) {
            Some(entry) if decode_number(key) == Some(self.next) => entries.push(entry),
            _ => self.entries = Err(damaged(self.next, "the batch does not hold it")),
        }
        self.next += 1;
    }

    fn delete_cf(&mut self, _family: u32, _key: &[u8]) {
        self.entries = Err(damaged(self.next, "the batch deletes"));
    }

    fn merge_cf(&mut self, _family: u32, _key: &[u8], _value: &[u8]) {
        self.entries = Err(damaged(self.next, "the batch merges"));
    }
}

impl Log {
    pub(crate) fn create(
        path: &Path,
        config: &Config,
        cache: &Cache,
        ledger: &Hash,
        genesis: &RecordedEntry,
    ) -> Result<(), StoreError> {
        let log = Self { db: open_db(path, config, cache, true)?, ledger: *ledger, size: AtomicU64::new(0) };
        let mut batch = log.batch();
        batch.push(0, genesis)?;
        batch.batch.put_cf(log.family(META)?, FORMAT, LOG_VERSION.to_be_bytes());
        batch.batch.put_cf(log.family(META)?, LEDGER, ledger);
        log.write(batch)
    }

    pub(crate) fn open(path: &Path, config: &Config, cache: &Cache) -> Result<Self, StoreError> {
        Self::read_facts(open_db(path, config, cache, false)?)
    }

    /// A log that cannot be written to.
    pub(crate) fn open_read_only(path: &Path, config: &Config, cache: &Cache) -> Result<Self, StoreError> {
        let options = options::log(config);
        let there = DB::list_cf(&options, path).map_err(StoreError::rocks("cannot open the log"))?;
        let families =
            families(config, cache).into_iter().filter(|family| there.iter().any(|f| f == family.name()));
        let db = DB::open_cf_descriptors_read_only(&options, path, families, false);
        Self::read_facts(db.map_err(StoreError::rocks("cannot open the log"))?)
    }

    fn read_facts(db: DB) -> Result<Self, StoreError> {
        let mut log = Self { db, ledger: [0; 32], size: AtomicU64::new(0) };
        log.check_version()?;
        let ledger = log.meta(LEDGER)?.and_then(|v| v.try_into().ok());
        log.ledger = ledger.ok_or(StoreError::Damaged { table: "meta", key: 0, fault: "no ledger id" })?;
        let mut last = log.db.raw_iterator_cf(log.family(ENTRY)?);
        last.seek_to_last();
        let size = match last.key() {
            Some(key) => {
                decode_number(key).ok_or(damaged(0, "the last key is not an index"))?.saturating_add(1)
            }
            None => 0,
        };
        last.status().map_err(StoreError::rocks("cannot read the log"))?;
        drop(last);
        log.size.store(size, Ordering::Release);
        Ok(log)
    }

    fn check_version(&self) -> Result<(), StoreError> {
        let found = self.meta(FORMAT)?.and_then(|v| v.try_into().ok()).map_or(0, u32::from_be_bytes);
        if found != LOG_VERSION {
            let todo = "use the version of the program that wrote it";
            return Err(StoreError::Version { what: "the log", found, expected: LOG_VERSION, todo });
        }
        Ok(())
    }

    fn meta(&self, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError> {
        self.db.get_cf(self.family(META)?, key).map_err(StoreError::rocks("cannot read the log"))
    }

    fn family(&self, name: &'static str) -> Result<&ColumnFamily, StoreError> {
        // All families are named on opening, so none can be missing.
        self.db.cf_handle(name).ok_or(StoreError::Damaged {
            table: name,
            key: 0,
            fault: "no such column family",
        })
    }

    /// Id of the ledger.
    #[must_use]
    pub const fn ledger(&self) -> &Hash {
        &self.ledger
    }

    /// Number of durable entries.
    #[must_use]
    pub fn size(&self) -> u64 {
        self.size.load(Ordering::Acquire)
    }

    /// An entry; `None` from [`size`](Self::size) on.
    ///
    /// # Errors
    /// It could not be read, or is missing or no row.
    pub fn entry(&self, index: u64) -> Result<Option<RecordedEntry>, StoreError> {
        if index >= self.size() {
            return Ok(None);
        }
        let row = self.db.get_pinned_cf(self.family(ENTRY)?, index.to_be_bytes());
        let row =
            row.map_err(StoreError::rocks("cannot read the log"))?.ok_or(damaged(index, "it is missing"))?;
        decode_entry(&Bytes::copy_from_slice(&row)).ok_or(damaged(index, "it is not a row")).map(Some)
    }

    /// Entries from `start` on, in order, up to the present size. After an error it ends.
    ///
    /// # Errors
    /// The log cannot be read.
    pub fn entries(&self, start: u64) -> Result<Entries<'_>, StoreError> {
        let mut options = ReadOptions::default();
        options.fill_cache(false);
        let mut rows = self.db.raw_iterator_cf_opt(self.family(ENTRY)?, options);
        rows.seek(start.to_be_bytes());
        Ok(Entries { rows, next: start, end: self.size() })
    }

    /// An empty batch after the present last entry.
    #[must_use]
    pub fn batch(&self) -> LogBatch<'_> {
        let size = self.size();
        LogBatch { log: self, batch: WriteBatch::default(), start: size, end: size }
    }

    /// Writes and syncs. One thread only.
    ///
    /// # Errors
    /// What landed is not known: the log must be opened anew.
    pub fn write(&self, batch: LogBatch<'_>) -> Result<(), StoreError> {
        let written = self.db.write_opt(batch.batch, &options::synced());
        written.map_err(StoreError::rocks("cannot write the log"))?;
        self.size.store(batch.end, Ordering::Release);
        Ok(())
    }

    /// Keeps a signed checkpoint under its size, synced; a later one of the same size replaces it.
    ///
    /// # Errors
    /// As [`write`](Self::write).
    pub fn put_checkpoint(&self, size: u64, note: &str) -> Result<(), StoreError> {
        let written =
            self.db.put_cf_opt(self.family(CHECKPOINT)?, size.to_be_bytes(), note, &options::synced());
        written.map_err(StoreError::rocks("cannot write the checkpoint"))
    }

    /// The checkpoint kept for a size.
    ///
    /// # Errors
    /// It could not be read, or is not text.
    pub fn checkpoint(&self, size: u64) -> Result<Option<String>, StoreError> {
        let row = self.db.get_cf(self.family(CHECKPOINT)?, size.to_be_bytes());
        row.map_err(StoreError::rocks("cannot read the checkpoint"))?.map(|note| text(size, note)).transpose()
    }

    /// Keeps the newest checkpoint that witnesses have cosigned, synced, in place of the one before.
    ///
    /// # Errors
    /// It could not be written.
    pub fn put_cosigned(&self, size: u64, note: &str) -> Result<(), StoreError> {
        let row = [size.to_be_bytes().as_slice(), note.as_bytes()].concat();
        let written = self.db.put_cf_opt(self.family(META)?, COSIGNED, row, &options::synced());
        written.map_err(StoreError::rocks("cannot write the checkpoint"))
    }

    /// Size and note of the newest cosigned checkpoint.
    ///
    /// # Errors
    /// As [`checkpoint`](Self::checkpoint).
    pub fn cosigned(&self) -> Result<Option<(u64, String)>, StoreError> {
        let Some(row) = self.meta(COSIGNED)? else { return Ok(None) };
        let (size, note) = row.split_at_checked(8).unwrap_or_default();
        let size = decode_number(size).ok_or(StoreError::Damaged {
            table: "checkpoint",
            key: 0,
            fault: "the cosigned one has no size",
        })?;
        Ok(Some((size, text(size, note.to_vec())?)))
    }

    /// Size and note of the newest checkpoint kept.
    ///
    /// # Errors
    /// As [`checkpoint`](Self::checkpoint).
    pub fn newest_checkpoint(&self) -> Result<Option<(u64, String)>, StoreError> {
        let mut rows = self.db.raw_iterator_cf(self.family(CHECKPOINT)?);
        rows.seek_to_last();
        let newest = rows.item().map(|(key, note)| (decode_number(key), note.to_vec()));
        rows.status().map_err(StoreError::rocks("cannot read the checkpoint"))?;
        match newest {
            Some((Some(size), note)) => Ok(Some((size, text(size, note)?))),
            Some((None, _)) => {
                Err(StoreError::Damaged { table: "checkpoint", key: 0, fault: "its key is not a size" })
            }
            None => Ok(None),
        }
    }

    /// All checkpoints kept, size and note, ascending by size. After an error it ends.
    ///
    /// # Errors
    /// The log cannot be read.
    pub fn checkpoints(&self) -> Result<Checkpoints<'_>, StoreError> {
        let mut rows = self.db.raw_iterator_cf(self.family(CHECKPOINT)?);
        rows.seek_to_first();
        Ok(Checkpoints { rows, ended: false })
    }

    /// Brings what is there into as few bytes as it takes. Writes go on meanwhile, but slower.
    ///
    /// # Errors
    /// The disk.
    pub fn compact(&self) -> Result<(), StoreError> {
        for name in [ENTRY, CHECKPOINT, META] {
            let family = self.family(name)?;
            self.db.flush_cf(family).map_err(StoreError::rocks("cannot flush the log"))?;
            self.db.compact_range_cf_opt(family, ALL, ALL, &options::whole());
        }
        Ok(())
    }

    /// Copies the log as it is now into a new or empty directory, durably, while it may be written.
    ///
    /// # Errors
    /// The directory is not empty, or the disk failed.
    pub fn backup(&self, to: &Path) -> Result<(), StoreError> {
        self.backup_beside(to, Beside { names: &[], copy: &mut |_| Ok(()) })
    }

    /// The same with what lies beside it: where that fails, the copy is no backup.
    ///
    /// # Errors
    /// As [`Log::backup`], or that could not be copied.
    pub fn backup_beside<E: From<StoreError>>(&self, to: &Path, beside: Beside<'_, E>) -> Result<(), E> {
        backup::copy_out(self.db.path(), to, beside, |draft| {
            let checkpoint = Checkpoint::new(&self.db).map_err(StoreError::rocks("cannot back up"))?;
            checkpoint.create_checkpoint(draft).map_err(StoreError::rocks("cannot back up"))
        })
    }
}

fn open_db(path: &Path, config: &Config, cache: &Cache, create: bool) -> Result<DB, StoreError> {
    let mut options = options::log(config);
    options.create_if_missing(create);
    options.create_missing_column_families(true);
    options.set_error_if_exists(create);
    DB::open_cf_descriptors(&options, path, families(config, cache))
        .map_err(StoreError::rocks("cannot open the log"))
}

fn families(config: &Config, cache: &Cache) -> [ColumnFamilyDescriptor; 5] {
    [
        ColumnFamilyDescriptor::new("default", options::small(config, cache)),
        ColumnFamilyDescriptor::new(ENTRY, options::entries(config, cache)),
        ColumnFamilyDescriptor::new(CHECKPOINT, options::small(config, cache)),
        ColumnFamilyDescriptor::new(META, options::small(config, cache)),
        ColumnFamilyDescriptor::new(ACCESS, options::small(config, cache)),
    ]
}

/// Iterates over stored entries; each must follow the one before.
pub struct Entries<'l> {
    rows: DBRawIterator<'l>,
    next: u64,
    end: u64,
}

impl Entries<'_> {
    fn read(&mut self) -> Result<RecordedEntry, StoreError> {
        let entry = match self.rows.item() {
            Some((key, row)) if decode_number(key) == Some(self.next) => {
                decode_entry(&Bytes::copy_from_slice(row)).ok_or(damaged(self.next, "it is not a row"))?
            }
            _ => {
                self.rows.status().map_err(StoreError::rocks("cannot read the log"))?;
                return Err(damaged(self.next, "it is missing"));
            }
        };
        self.rows.next();
        self.next += 1;
        Ok(entry)
    }
}

impl Iterator for Entries<'_> {
    type Item = Result<RecordedEntry, StoreError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.next >= self.end {
            return None;
        }
        let entry = self.read();
        if entry.is_err() {
            self.end = self.next;
        }
        Some(entry)
    }
}

/// Iterates over kept checkpoints.
pub struct Checkpoints<'l> {
    rows: DBRawIterator<'l>,
    ended: bool,
}

impl Checkpoints<'_> {
    fn read(&mut self) -> Result<Option<(u64, String)>, StoreError> {
        let row = self.rows.item().map(|(key, note)| (decode_number(key), note.to_vec()));
        self.rows.status().map_err(StoreError::rocks("cannot read the checkpoint"))?;
        match row {
            Some((Some(size), note)) => {
                self.rows.next();
                text(size, note).map(|note| Some((size, note)))
            }
            Some((None, _)) => {
                Err(StoreError::Damaged { table: CHECKPOINT, key: 0, fault: "its key is not a size" })
            }
            None => Ok(None),
        }
    }
}

impl Iterator for Checkpoints<'_> {
    type Item = Result<(u64, String), StoreError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.ended {
            return None;
        }
        let row = self.read().transpose();
        self.ended = !matches!(row, Some(Ok(_)));
        row
    }
}

const fn damaged(index: u64, fault: &'static str) -> StoreError {
    StoreError::Damaged { table: "entry", key: index, fault }
}

fn text(size: u64, note: Vec<u8>) -> Result<String, StoreError> {
    String::from_utf8(note).map_err(|_| StoreError::Damaged {
        table: "checkpoint",
        key: size,
        fault: "it is not text",
    })
}
