//! What a stopped ledger takes on disk, brought into as few bytes as it takes.

use std::{fs, path::Path};

use custody::Table;
use store::{Dir, StoreError};

use crate::{Config, Error};

/// Bytes on disk, by what they hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Weight {
    /// Entries.
    pub entries: u64,
    /// Bytes of their payloads, envelopes and leaves, without which there is no log.
    pub recorded: u64,
    /// Files of the log.
    pub log: u64,
    /// Files of the view.
    pub view: u64,
    /// About how much of them is rows of each table.
    pub tables: Vec<(Table, u64)>,
    /// Files of runs.
    pub runs: u64,
}

/// Compacts log and view and weighs them, with the runs.
///
/// # Errors
/// The directory is in use or holds no ledger; an entry is damaged; the disk.
pub fn compact(dir: &Path, config: &Config) -> Result<Weight, Error> {
    let files = Dir::open(dir, &config.store)?;
    let (log, view) = (files.open_log()?, files.open_view()?);
    log.compact()?;
    view.compact()?;
    let mut recorded = 0;
    for entry in log.entries(0)? {
        let entry = entry?;
        recorded += entry.leaf.len() + entry.envelope.len() + entry.payload.len();
    }
    Ok(Weight {
        entries: log.size(),
        recorded: recorded as u64,
        tables: Table::ALL.into_iter().map(|table| (table, view.table_bytes(table))).collect(),
        log: bytes_below(&dir.join("log"))?,
        view: bytes_below(&dir.join("view"))?,
        runs: bytes_below(&files.runs(&view)?)?,
    })
}

fn bytes_below(dir: &Path) -> Result<u64, StoreError> {
    let io = |source| StoreError::Io { path: dir.to_owned(), source };
    let mut bytes = 0;
    for entry in fs::read_dir(dir).map_err(io)? {
        let entry = entry.map_err(io)?;
        let meta = entry.metadata().map_err(io)?;
        bytes += if meta.is_dir() { bytes_below(&entry.path())? } else { meta.len() };
    }
    Ok(bytes)
}
