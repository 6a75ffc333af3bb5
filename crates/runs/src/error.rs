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
    /// Records do not ascend, or ranges do not join: a bug of the caller.
    #[error("a run cannot be made: {0}")]
    Input(&'static str),
}
