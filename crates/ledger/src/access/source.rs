//! A stopped ledger as a source of what became of access records.

use std::path::Path;

use custody::{View as _, digest_of};
use evidence::access::AccessSource;
use merkle::{Hash, TiledTree, consistency_proof, inclusion_proof};
use runs::Durability;
use statement::{Genesis, KeptAccess, LEAF_LEN, MAX_MINUTE_RECORDS};
use store::{AccessRow, Dir, Log, Snapshot};

use crate::{
    Config, Error, Progress, SignedCheckpoint,
    open::{log_key, read_genesis},
    recover::{catch_up, newest_checkpoint},
    tiles::Tiles,
};

/// One state of a ledger that no server has open.
pub struct AccessLog<'l> {
    log: &'l Log,
    snapshot: Snapshot<'l>,
    checkpoint: SignedCheckpoint,
    genesis: Genesis,
}

impl std::fmt::Debug for AccessLog<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("AccessLog").field("checkpoint", &self.checkpoint.size).finish_non_exhaustive()
    }
}

/// Opens a ledger that no server has open, brings its view up to the log, signs nothing, and hands it to `ask`.
///
/// # Errors
/// The directory is in use or holds no ledger; [`Error::NoCheckpoint`]; an entry is damaged; reading or writing
/// failed.
pub fn with_access_log<T>(
    dir: &Path,
    config: &Config,
    progress: Progress<'_>,
    ask: impl FnOnce(&AccessLog<'_>) -> T,
) -> Result<T, Error> {
    let dir = Dir::open(dir, &config.store)?;
    let (log, view) = (dir.open_log()?, dir.open_view()?);
    let (_, genesis) = read_genesis(&log)?;
    let kept = newest_checkpoint(&log, &log_key(&genesis)?)?;
    catch_up(&log, &view, (&dir.runs(&view)?, Durability::Now), config.cached_rows, kept.as_ref(), progress)?;
    let (snapshot, checkpoint) = (Snapshot::new(&view, &log)?, kept.ok_or(Error::NoCheckpoint)?);
    Ok(ask(&AccessLog { log: &log, snapshot, checkpoint, genesis }))
}

impl AccessLog<'_> {
    /// Ledger id.
    #[must_use]
    pub fn ledger(&self) -> &Hash {
        self.log.ledger()
    }

    /// The genesis: it names log key and answer key.
    #[must_use]
    pub const fn genesis(&self) -> &Genesis {
        &self.genesis
    }

    /// Index of the digest of a minute, where there is one, and the records of the minute.
    ///
    /// # Errors
    /// The log cannot be read, or is damaged.
    pub fn records(&self, minute: u64) -> Result<(Option<u64>, Vec<AccessRow>), Error> {
        let rows = self.log.access(minute, 0)?.take(MAX_MINUTE_RECORDS as usize).collect::<Result<_, _>>()?;
        Ok((digest_of(&self.snapshot, minute)?, rows))
    }
}

impl AccessSource for AccessLog<'_> {
    type Error = Error;

    fn checkpoint(&self) -> Result<String, Error> {
        Ok(self.checkpoint.note.clone())
    }

    fn leaves(&self, start: u64, end: u64, most: usize) -> Result<Vec<[u8; LEAF_LEN]>, Error> {
        let most = usize::try_from(end.saturating_sub(start)).unwrap_or(usize::MAX).min(most);
        let entries = self.log.entries(start)?.take(most);
        Ok(entries.map(|entry| entry.map(|entry| entry.leaf)).collect::<Result<_, _>>()?)
    }

    fn payload(&self, index: u64) -> Result<Vec<u8>, Error> {
        let missing = || Error::Entry { index, fault: "it is missing".into() };
        Ok(self.snapshot.entry(index)?.ok_or_else(missing)?.payload.to_vec())
    }

    fn inclusion(&self, index: u64, size: u64) -> Result<Vec<Hash>, Error> {
        Ok(inclusion_proof(&TiledTree::new(Tiles(&self.snapshot), size), index, size)?)
    }

    fn consistency(&self, old: u64, new: u64) -> Result<Vec<Hash>, Error> {
        Ok(consistency_proof(&TiledTree::new(Tiles(&self.snapshot), new), old, new)?)
    }

    fn digest(&self, minute: u64) -> Result<Option<(u64, Vec<Hash>)>, Error> {
        let (digest, rows) = self.records(minute)?;
        Ok(digest.map(|index| (index, rows.iter().map(|row| KeptAccess::hash_of(&row.leaf)).collect())))
    }
}
