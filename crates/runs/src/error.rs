use std::path::PathBuf;

/// Why a run cannot be written or read.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// The disk.
    #[error("{}: {source}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// What it said.
        source: std::io::Error,
    },
    /// The file is not what was written: make the runs anew from the log (`yuanliu rebuild`).
    #[error("{}: {fault}; run `yuanliu rebuild`", path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What does not fit.
        fault: &'static str,
    },
    /// A seal names another root for it, or another number of subjects.
    #[error("the run over entries from {start} to {end} is not the one that the seal names")]
    Root {
        /// First entry of its range.
        start: u64,
        /// End of its range.
        end: u64,
    },
    /// Records do not ascend, or ranges do not join: a bug of the caller, or a seal that no such ledger makes.
    #[error("a run cannot be made: {0}")]
    Input(&'static str),
}
