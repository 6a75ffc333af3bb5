//! What can be wrong with the state.

use std::{
    io,
    path::{Path, PathBuf},
};

use super::VERSION;

/// Why the state cannot be used. Nothing is cosigned meanwhile.
#[derive(Debug, thiserror::Error)]
pub enum StateError {
    /// There is none. Whether that is right only people know.
    #[error(
        "{} holds no state of a witness: if this witness has never cosigned anything, start it with --new; if its \
         state was lost, restore the newest copy or begin anew with a new key, for what it cosigned is forgotten",
        .0.display()
    )]
    Absent(PathBuf),
    /// There is one where a new one was asked for.
    #[error("{} holds the state of a witness already: start without --new", .0.display())]
    Exists(PathBuf),
    /// Another process has it open. Stop that one.
    #[error("{} is in use by another process: stop that witness first", .0.display())]
    InUse(PathBuf),
    /// It was made with another key. Use that key, or another directory.
    #[error("{} is the state of the witness {found}, not of {expected}: use its key, or another directory", path.display())]
    Foreign {
        /// The file.
        path: PathBuf,
        /// Key that it was made with.
        found: String,
        /// Key that was given.
        expected: String,
    },
    /// Its cosignatures mean something else. What a key stands for never changes.
    #[error(
        "{} is the state of a witness that {}: start it so, or begin with a new key",
        path.display(),
        if *audits { "audits (--audit)" } else { "does not audit" }
    )]
    Meaning {
        /// The file.
        path: PathBuf,
        /// What it was made for.
        audits: bool,
    },
    /// It was written by another version. Use that program.
    #[error("{} has format version {found}, this program reads {VERSION}: use the program that wrote it", path.display())]
    Version {
        /// The file.
        path: PathBuf,
        /// Its version.
        found: String,
    },
    /// It is not what was written. Restore the newest copy, if it knows everything that was cosigned.
    #[error("{} is damaged ({fault}): nothing is cosigned; restore a copy that is no older, or begin with a new key", path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What does not fit.
        fault: String,
    },
    /// The disk cannot be read or written. Free space or mend it; the next call tries again.
    #[error("{} cannot be read or written: {fault}", path.display())]
    Storage {
        /// The file or directory.
        path: PathBuf,
        /// What the system says.
        fault: String,
    },
}

/// What redb says, as a caller has to see it.
pub(super) fn trouble(path: &Path, error: &redb::Error) -> StateError {
    let (path, fault) = (path.to_path_buf(), error.to_string());
    match error {
        redb::Error::DatabaseAlreadyOpen | redb::Error::LockProtocolMismatch => StateError::InUse(path),
        redb::Error::Io(e)
            if !matches!(e.kind(), io::ErrorKind::InvalidData | io::ErrorKind::UnexpectedEof) =>
        {
            StateError::Storage { path, fault }
        }
        redb::Error::PreviousIo => StateError::Storage { path, fault },
        // What is left is about the file's content, or names a table that is not there or not as it was.
        _ => StateError::Damaged { path, fault },
    }
}
