//! Work on a ledger's directory while no server has it open.

use std::path::Path;

use merkle::{Hash, VerifierKey};
use runs::Durability;
use store::{Beside, Dir, Log, ReadOnlyDir, Snapshot, StoreError, StoredView};

use crate::{
    Config, Error, SignedCheckpoint,
    open::{log_key, read_genesis},
    recover::{catch_up, newest_checkpoint},
};

/// Called now and then with the number of entries done and in all.
pub type Progress<'p> = &'p mut dyn FnMut(u64, u64);

/// What the log of a stopped ledger says of itself.
#[derive(Clone, Debug)]
pub struct Facts {
    /// Ledger id.
    pub ledger: Hash,
    /// Verifies its checkpoints.
    pub log_key: VerifierKey,
    /// The newest checkpoint.
    pub checkpoint: Option<SignedCheckpoint>,
}

/// Reads id, log key and newest checkpoint; nothing in `dir` is written.
///
/// # Errors
/// The directory is in use or holds no ledger, or what is read is damaged.
pub fn facts(dir: &Path, config: &Config) -> Result<Facts, Error> {
    let log = ReadOnlyDir::open(dir, &config.store)?.open_log()?;
    let (_, genesis) = read_genesis(&log)?;
    let log_key = log_key(&genesis)?;
    let checkpoint = newest_checkpoint(&log, &log_key)?;
    Ok(Facts { ledger: *log.ledger(), log_key, checkpoint })
}

/// What deriving a view anew gave.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rebuilt {
    /// Entries replayed.
    pub entries: u64,
    /// Digest over all keys and values of the new view.
    pub digest: Hash,
    /// The same of the view that was there before, where it could be read and was of the same size.
    pub digest_before: Option<Hash>,
}

/// Derives the view anew from the log and puts it in the old one's place. Interrupted at any moment, the
/// old one stays.
///
/// # Errors
/// The directory is in use or holds no ledger, an entry is damaged, or writing failed.
pub fn rebuild(dir: &Path, config: &Config, progress: Progress<'_>) -> Result<Rebuilt, Error> {
    let dir = Dir::open(dir, &config.store)?;
    let log = dir.open_log()?;
    // A view that cannot be read is a reason to rebuild, not to refuse to.
    let before = dir.open_view().ok().and_then(|view| digest(&log, &view).ok());
    let view = dir.new_view()?;
    let runs = dir.runs(&view)?;
    let (edge, book) = catch_up(&log, &view, (&runs, Durability::Later), config.cached_rows, None, progress)?;
    view.flush()?;
    book.keep()?;
    let (entries, digest) = digest(&log, &view)?;
    debug_assert_eq!(entries, edge.mark().size());
    dir.use_view(&view)?;
    let digest_before = before.and_then(|(size, digest)| (size == entries).then_some(digest));
    Ok(Rebuilt { entries, digest, digest_before })
}

fn digest(log: &Log, view: &StoredView) -> Result<(u64, Hash), Error> {
    let snapshot = Snapshot::new(view, log)?;
    Ok((snapshot.watermark().size(), snapshot.digest()?))
}

/// Makes a ledger in an empty or new directory out of a backup, and derives its view. After an error the
/// directory is as it was.
///
/// # Errors
/// As [`rebuild`]; the directory is not empty; the backup is none.
pub fn restore(backup: &Path, dir: &Path, config: &Config, progress: Progress<'_>) -> Result<Rebuilt, Error> {
    restore_beside(backup, dir, config, Beside { names: &[], copy: &mut |_| Ok(()) }, progress)
}

/// The same with what lies beside the log, such as documents: the directory holds a ledger when all of it is
/// there, and not before.
///
/// # Errors
/// As [`restore`], or that could not be copied.
pub fn restore_beside<E: From<Error>>(
    backup: &Path,
    dir: &Path,
    config: &Config,
    beside: Beside<'_, E>,
    progress: Progress<'_>,
) -> Result<Rebuilt, E> {
    let mut copy = |to: &Path| (beside.copy)(to).map_err(Failed::Beside);
    let beside = Beside { names: beside.names, copy: &mut copy };
    let restored = store::restore_beside(backup, dir, beside, |draft| {
        rebuild(draft, config, progress).map_err(Failed::Ours)
    });
    restored.map_err(Failed::into_error)
}

/// Why a copy of a ledger with what lies beside it failed.
enum Failed<E> {
    Ours(Error),
    Beside(E),
}

impl<E: From<Error>> Failed<E> {
    fn into_error(self) -> E {
        match self {
            Self::Ours(error) => error.into(),
            Self::Beside(error) => error,
        }
    }
}

impl<E> From<StoreError> for Failed<E> {
    fn from(error: StoreError) -> Self {
        Self::Ours(error.into())
    }
}

/// Copies the log of a ledger into a new or empty directory; gives the number of entries copied.
///
/// # Errors
/// The directory is in use or holds no ledger; the target is not empty; the disk failed.
pub fn backup(dir: &Path, to: &Path, config: &Config) -> Result<u64, Error> {
    backup_beside(dir, to, config, Beside { names: &[], copy: &mut |_| Ok(()) })
}

/// The same with what lies beside the log: the copy is a backup when all of it is there, and not before.
///
/// # Errors
/// As [`backup`], or that could not be copied.
pub fn backup_beside<E: From<Error>>(
    dir: &Path,
    to: &Path,
    config: &Config,
    beside: Beside<'_, E>,
) -> Result<u64, E> {
    let dir = Dir::open(dir, &config.store).map_err(Error::from)?;
    let log = dir.open_log().map_err(Error::from)?;
    let mut copy = |to: &Path| (beside.copy)(to).map_err(Failed::Beside);
    log.backup_beside(to, Beside { names: beside.names, copy: &mut copy }).map_err(Failed::into_error)?;
    Ok(log.size())
}
