//! Checkpoints that time-stamping authorities have stamped, each with its tokens.
//!
//! They stand beside the kept checkpoints, for those come and go: a stamp is of use for ever.

use rocksdb::{DBRawIterator, Direction};

use super::{Log, META, text};
use crate::{StoreError, options, row::decode_number};

/// What keys of stamped checkpoints in the family `meta` begin with; the size follows.
const STAMPED: &[u8] = b"stamped/";

/// A checkpoint with RFC 3161 tokens over its text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stamped {
    /// Number of entries it covers.
    pub size: u64,
    /// The signed note, with the cosignatures that it had.
    pub note: String,
    /// The tokens; at least one.
    pub tokens: Vec<Vec<u8>>,
}

impl Stamped {
    /// `note length u32 ‖ note ‖ (token length u32 ‖ token)…`
    fn encode(&self) -> Result<Vec<u8>, StoreError> {
        let mut row = Vec::new();
        for part in [self.note.as_bytes()].into_iter().chain(self.tokens.iter().map(Vec::as_slice)) {
            let length = u32::try_from(part.len()).map_err(|_| damaged(self.size, "it is too long"))?;
            row.extend_from_slice(&length.to_be_bytes());
            row.extend_from_slice(part);
        }
        Ok(row)
    }

    fn decode(key: &[u8], mut row: &[u8]) -> Result<Self, StoreError> {
        let size = key.strip_prefix(STAMPED).and_then(decode_number);
        let size = size.ok_or(damaged(0, "the key of a stamped one is not a size"))?;
        let mut parts = Vec::new();
        while let Some((length, rest)) = row.split_first_chunk() {
            let length = u32::from_be_bytes(*length) as usize;
            let split = rest.split_at_checked(length).ok_or(damaged(size, "its stamps are cut off"))?;
            parts.push(split.0.to_vec());
            row = split.1;
        }
        if !row.is_empty() || parts.len() < 2 {
            return Err(damaged(size, "its stamps are cut off"));
        }
        let note = text(size, parts.remove(0))?;
        Ok(Self { size, note, tokens: parts })
    }
}

impl Log {
    /// Keeps a checkpoint with its tokens, synced, in place of what was kept for its size.
    ///
    /// # Errors
    /// It could not be written.
    pub fn put_stamped(&self, stamped: &Stamped) -> Result<(), StoreError> {
        let key = key(stamped.size);
        let written = self.db.put_cf_opt(self.family(META)?, key, stamped.encode()?, &options::synced());
        written.map_err(StoreError::rocks("cannot write the time stamp"))
    }

    /// The smallest stamped checkpoint of `size` entries or more.
    ///
    /// # Errors
    /// It could not be read, or is damaged.
    pub fn stamped_from(&self, size: u64) -> Result<Option<Stamped>, StoreError> {
        self.stamped_at(key(size), Direction::Forward)
    }

    /// The largest stamped checkpoint of at most `size` entries.
    ///
    /// # Errors
    /// As [`stamped_from`](Self::stamped_from).
    pub fn stamped_up_to(&self, size: u64) -> Result<Option<Stamped>, StoreError> {
        self.stamped_at(key(size), Direction::Reverse)
    }

    fn stamped_at(&self, key: Vec<u8>, direction: Direction) -> Result<Option<Stamped>, StoreError> {
        let mut rows = self.db.raw_iterator_cf(self.family(META)?);
        match direction {
            Direction::Forward => rows.seek(key),
            Direction::Reverse => rows.seek_for_prev(key),
        }
        read(&rows)
    }

    /// All stamped checkpoints, ascending by size. After an error it ends.
    ///
    /// # Errors
    /// The log cannot be read.
    pub fn stamps(&self) -> Result<Stamps<'_>, StoreError> {
        let mut rows = self.db.raw_iterator_cf(self.family(META)?);
        rows.seek(key(0));
        Ok(Stamps { rows, ended: false })
    }
}

fn key(size: u64) -> Vec<u8> {
    [STAMPED, &size.to_be_bytes()].concat()
}

/// What stands where the iterator is, if that is a stamped checkpoint.
fn read(rows: &DBRawIterator<'_>) -> Result<Option<Stamped>, StoreError> {
    let found = rows.item().filter(|(key, _)| key.starts_with(STAMPED));
    let found = found.map(|(key, row)| Stamped::decode(key, row)).transpose();
    rows.status().map_err(StoreError::rocks("cannot read the time stamps"))?;
    found
}

/// Iterates over stamped checkpoints.
pub struct Stamps<'l> {
    rows: DBRawIterator<'l>,
    ended: bool,
}

impl Iterator for Stamps<'_> {
    type Item = Result<Stamped, StoreError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.ended {
            return None;
        }
        let row = read(&self.rows).transpose();
        self.ended = !matches!(row, Some(Ok(_)));
        if !self.ended {
            self.rows.next();
        }
        row
    }
}

const fn damaged(size: u64, fault: &'static str) -> StoreError {
    StoreError::Damaged { table: "checkpoint", key: size, fault }
}
