//! A directory that is only looked at: on read-only media, or as evidence that must stay as it is.

use std::{
    fmt,
    fs::{self, File, TryLockError},
    path::{Path, PathBuf},
};

use rocksdb::Cache;

use crate::{
    Config, Log, StoreError, StoredView,
    dir::{current_view, locked, require_ledger},
};

/// A ledger's directory in which nothing is written, created, renamed or removed.
///
/// Where it has a lock file, that is shared: no server may have the directory open, other readers may.
pub struct ReadOnlyDir {
    path: PathBuf,
    config: Config,
    cache: Cache,
    // Held for its lock.
    _lock: Option<File>,
}

impl fmt::Debug for ReadOnlyDir {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ReadOnlyDir").field("path", &self.path).finish_non_exhaustive()
    }
}

impl ReadOnlyDir {
    /// Looks at an existing ledger's directory.
    ///
    /// # Errors
    /// There is no ledger, it cannot be read, or a process that writes has it open.
    pub fn open(path: &Path, config: &Config) -> Result<Self, StoreError> {
        require_ledger(path)?;
        let lock = share(path)?;
        let cache = Cache::new_lru_cache(config.block_cache);
        Ok(Self { path: path.to_owned(), config: config.clone(), cache, _lock: lock })
    }

    /// Opens the log; what a crash left in its write-ahead file is read, and stays there.
    ///
    /// # Errors
    /// It is of another version, damaged, or cannot be read.
    pub fn open_log(&self) -> Result<Log, StoreError> {
        Log::open_read_only(&self.path.join("log"), &self.config, &self.cache)
    }

    /// Opens the view in use; `None` where there is none yet.
    ///
    /// # Errors
    /// It is damaged, or cannot be read.
    pub fn open_view(&self) -> Result<Option<StoredView>, StoreError> {
        let Some(number) = current_view(&self.path)? else { return Ok(None) };
        let path = self.path.join("view").join(number.to_string());
        StoredView::open_read_only(&path, number, &self.config, &self.cache).map(Some)
    }

    /// Makes a folder for runs elsewhere.
    ///
    /// # Errors
    /// The disk.
    pub fn scratch_runs(&self, elsewhere: &Path) -> Result<PathBuf, StoreError> {
        fs::create_dir_all(elsewhere).map_err(StoreError::io(elsewhere))?;
        Ok(elsewhere.to_owned())
    }

    /// Makes an empty view elsewhere.
    ///
    /// # Errors
    /// The disk.
    pub fn scratch_view(&self, elsewhere: &Path) -> Result<StoredView, StoreError> {
        fs::create_dir_all(elsewhere).map_err(StoreError::io(elsewhere))?;
        StoredView::open(elsewhere, 0, &self.config, &self.cache)
    }
}

/// A copy need not have a lock file, and not every medium can lock; then nobody writes there either.
fn share(path: &Path) -> Result<Option<File>, StoreError> {
    let Ok(file) = File::open(path.join("lock")) else { return Ok(None) };
    match file.try_lock_shared() {
        Err(TryLockError::WouldBlock) => Err(locked(path, file)),
        Ok(()) | Err(TryLockError::Error(_)) => Ok(Some(file)),
    }
}
