//! Records of privileged reads, kept beside the entries: the digests in the log are made from them.

use prost::bytes::Bytes;
use rocksdb::{ColumnFamily, DBRawIterator, ReadOptions, WriteBatch};

use super::{ACCESS, Log, META};
use crate::{StoreError, options, row::decode_number};

/// Key in the family `meta`: minutes in which the ledger was open and that may be without digest, u64 each.
const NOTED: &[u8] = b"access_minutes";

/// Key in the family `meta`: a minute before which all records have been shortened, u64.
const SHORTENED: &[u8] = b"access_shortened";

/// A record as stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccessRow {
    /// Minute since the Unix epoch.
    pub minute: u64,
    /// Its place among the records of the minute, from 0.
    pub number: u32,
    /// `salt 32 ‖ record`, or what was put in its place (see [`Log::shorten_access`]).
    pub leaf: Bytes,
}

impl AccessRow {
    fn key(&self) -> [u8; 12] {
        key(self.minute, self.number)
    }
}

fn key(minute: u64, number: u32) -> [u8; 12] {
    let mut key = [0; 12];
    key[..8].copy_from_slice(&minute.to_be_bytes());
    key[8..].copy_from_slice(&number.to_be_bytes());
    key
}

fn minute_of(key: &[u8]) -> Option<u64> {
    let (minute, number) = key.split_at_checked(8)?;
    (number.len() == 4).then(|| decode_number(minute))?
}

fn damaged(minute: u64, fault: &'static str) -> StoreError {
    StoreError::Damaged { table: ACCESS, key: minute, fault }
}

impl Log {
    /// Keeps records, synced.
    ///
    /// # Errors
    /// They could not be written; whether they landed is not known.
    pub fn put_access(&self, rows: &[AccessRow]) -> Result<(), StoreError> {
        let mut batch = WriteBatch::default();
        for row in rows {
            batch.put_cf(self.family(ACCESS)?, row.key(), &row.leaf);
        }
        let written = self.db.write_opt(batch, &options::synced());
        written.map_err(StoreError::rocks("cannot write the access records"))
    }

    /// The records of a minute in the order of their numbers, from one on. After an error it ends.
    ///
    /// # Errors
    /// The log cannot be read.
    pub fn access(&self, minute: u64, from: u32) -> Result<AccessRows<'_>, StoreError> {
        let rows = self.access_table().map(|table| {
            let mut options = ReadOptions::default();
            options.fill_cache(false);
            let mut rows = self.db.raw_iterator_cf_opt(table, options);
            rows.seek(key(minute, from));
            rows
        });
        Ok(AccessRows { rows, minute, next: Some(from) })
    }

    /// How many records a minute has: one more than the greatest number in it.
    ///
    /// # Errors
    /// The log cannot be read.
    pub fn access_count(&self, minute: u64) -> Result<u64, StoreError> {
        let Some(table) = self.access_table() else { return Ok(0) };
        let mut rows = self.db.raw_iterator_cf(table);
        rows.seek_for_prev(key(minute, u32::MAX));
        let last = rows.key().filter(|key| minute_of(key) == Some(minute)).and_then(|key| {
            let number: [u8; 4] = key.get(8..)?.try_into().ok()?;
            Some(u64::from(u32::from_be_bytes(number)) + 1)
        });
        rows.status().map_err(StoreError::rocks("cannot read the access records"))?;
        Ok(last.unwrap_or(0))
    }

    /// The first minute, not before the one given, of which there are records.
    ///
    /// # Errors
    /// The log cannot be read.
    pub fn access_minute(&self, from: u64) -> Result<Option<u64>, StoreError> {
        let Some(table) = self.access_table() else { return Ok(None) };
        let mut rows = self.db.raw_iterator_cf(table);
        rows.seek(key(from, 0));
        let found = rows.key().map(minute_of);
        rows.status().map_err(StoreError::rocks("cannot read the access records"))?;
        match found {
            Some(None) => Err(damaged(from, "its key is not a minute and a number")),
            found => Ok(found.flatten()),
        }
    }

    /// Puts something shorter in the place of records of minutes below `before`, at most `most` of them, synced: what
    /// `shorten` gives, or nothing where it gives none. Says how many there were; fewer than `most` where that is all.
    ///
    /// What was there goes from the disk when the database compacts it.
    ///
    /// # Errors
    /// The log cannot be read or written.
    pub fn shorten_access(
        &self,
        before: u64,
        most: usize,
        shorten: &dyn Fn(&[u8]) -> Option<Vec<u8>>,
    ) -> Result<usize, StoreError> {
        let from = self.meta(SHORTENED)?.map_or(Some(0), |row| decode_number(&row));
        let from =
            from.ok_or_else(|| damaged(0, "the minute before which all are shortened is no number"))?;
        if from >= before {
            return Ok(0);
        }
        let table = self.family(ACCESS)?;
        let mut options = ReadOptions::default();
        options.fill_cache(false);
        let (mut rows, mut batch, mut count) =
            (self.db.raw_iterator_cf_opt(table, options), WriteBatch::default(), 0);
        rows.seek(key(from, 0));
        let mut reached = before;
        while let Some((found, leaf)) = rows.item() {
            let minute =
                minute_of(found).ok_or_else(|| damaged(from, "its key is not a minute and a number"))?;
            if minute >= before {
                break;
            }
            if count == most {
                reached = minute;
                break;
            }
            if let Some(short) = shorten(leaf) {
                batch.put_cf(table, found, short);
                count += 1;
            }
            rows.next();
        }
        rows.status().map_err(StoreError::rocks("cannot read the access records"))?;
        batch.put_cf(self.family(META)?, SHORTENED, reached.to_be_bytes());
        let written = self.db.write_opt(batch, &options::synced());
        written.map_err(StoreError::rocks("cannot write the access records"))?;
        Ok(count)
    }

    /// Notes, synced, the minutes in which the ledger was open and that may be without digest, ascending; the last is
    /// the present one.
    ///
    /// # Errors
    /// They could not be written.
    pub fn note_access_minutes(&self, minutes: &[u64]) -> Result<(), StoreError> {
        let row: Vec<u8> = minutes.iter().flat_map(|minute| minute.to_be_bytes()).collect();
        let written = self.db.put_cf_opt(self.family(META)?, NOTED, row, &options::synced());
        written.map_err(StoreError::rocks("cannot write the log"))
    }

    /// The minutes noted last.
    ///
    /// # Errors
    /// The log cannot be read, or the row is damaged.
    pub fn access_minutes_noted(&self) -> Result<Vec<u64>, StoreError> {
        let row = self.meta(NOTED)?.unwrap_or_default();
        match row.as_chunks() {
            (minutes, []) => Ok(minutes.iter().map(|minute| u64::from_be_bytes(*minute)).collect()),
            _ => Err(damaged(0, "the minutes noted are no numbers")),
        }
    }

    /// `None` in a log of before there was one, opened for reading only.
    fn access_table(&self) -> Option<&ColumnFamily> {
        self.db.cf_handle(ACCESS)
    }
}

/// Iterates over the records of a minute; each must follow the one before.
pub struct AccessRows<'l> {
    rows: Option<DBRawIterator<'l>>,
    minute: u64,
    /// `None` after an error.
    next: Option<u32>,
}

impl AccessRows<'_> {
    fn read(&mut self) -> Result<Option<AccessRow>, StoreError> {
        let (Some(rows), Some(number)) = (&mut self.rows, self.next) else { return Ok(None) };
        let Some((found, leaf)) = rows.item() else {
            rows.status().map_err(StoreError::rocks("cannot read the access records"))?;
            return Ok(None);
        };
        if minute_of(found) != Some(self.minute) {
            return Ok(None);
        }
        if *found != key(self.minute, number) {
            return Err(damaged(self.minute, "a record of this minute is missing"));
        }
        let row = AccessRow { minute: self.minute, number, leaf: Bytes::copy_from_slice(leaf) };
        rows.next();
        self.next = number.checked_add(1);
        Ok(Some(row))
    }
}

impl Iterator for AccessRows<'_> {
    type Item = Result<AccessRow, StoreError>;

    fn next(&mut self) -> Option<Self::Item> {
        let row = self.read().transpose();
        if !matches!(row, Some(Ok(_))) {
            self.next = None;
        }
        row
    }
}
