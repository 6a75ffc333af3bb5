//! What can go wrong with files, and what to do about it.

use std::{io, path::PathBuf};

/// Why the store could not be opened, read or written.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// Another process has the directory open.
    #[error("{dir} is in use by {owner}: stop that process first", dir = dir.display())]
    Locked {
        /// The ledger's directory.
        dir: PathBuf,
        /// Who holds it, as far as the lock file tells.
        owner: String,
    },
    /// Something is in the way of a new ledger, backup or restore.
    #[error("{} is not empty: name an empty or new directory", .0.display())]
    NotEmpty(PathBuf),
    /// A key of that name is there.
    #[error("{} exists and would have to be replaced: move it away, or name another directory", .0.display())]
    Taken(PathBuf),
    /// A file stands where a directory is to be.
    #[error("{} is not a directory: name an empty or new directory", .0.display())]
    NotADirectory(PathBuf),
    /// A backup would lie in the directory that it is to be a copy of, and be lost with it.
    #[error("{} lies inside the ledger's directory {}: name a place outside of it", to.display(), dir.display())]
    Inside {
        /// Where the backup was to go.
        to: PathBuf,
        /// The ledger's directory.
        dir: PathBuf,
    },
    /// No ledger here.
    #[error("{} holds no ledger: create one with `yuanliu init`, or name another directory", .0.display())]
    NoLedger(PathBuf),
    /// Written by another version of the program.
    #[error("{what} has format version {found}, this program reads {expected}: {todo}")]
    Version {
        /// `log` or `view`.
        what: &'static str,
        /// Version found.
        found: u32,
        /// Version understood.
        expected: u32,
        /// What to do.
        todo: &'static str,
    },
    /// A stored row is not what this program writes: restore a backup.
    #[error("the {table} row {key} is damaged: {fault}; restore from a backup")]
    Damaged {
        /// Which table.
        table: &'static str,
        /// Index or size it is stored under.
        key: u64,
        /// What is wrong with it.
        fault: &'static str,
    },
    /// The derived view is not what this program writes: rebuild it.
    #[error("the view is damaged: {0}; run `yuanliu rebuild`")]
    View(String),
    /// RocksDB reports an error: see the disk; the ledger must be opened anew.
    #[error("{doing}: {source}")]
    RocksDb {
        /// What was being done.
        doing: &'static str,
        /// What RocksDB says.
        source: rocksdb::Error,
    },
    /// The file system reports an error.
    #[error("{}: {source}", path.display())]
    Io {
        /// File or directory concerned.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
}

impl StoreError {
    pub(crate) fn io(path: impl Into<PathBuf>) -> impl FnOnce(io::Error) -> Self {
        let path = path.into();
        move |source| Self::Io { path, source }
    }

    pub(crate) fn rocks(doing: &'static str) -> impl Fn(rocksdb::Error) -> Self {
        move |source| Self::RocksDb { doing, source }
    }
}

impl From<StoreError> for custody::ViewError {
    fn from(error: StoreError) -> Self {
        Self(error.to_string())
    }
}
