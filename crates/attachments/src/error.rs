//! What can go wrong, by what the caller can do about it.

use std::{
    io,
    path::{Path, PathBuf},
};

/// The operator's to mend; nothing is at fault with the document or whoever sent it.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The disk.
    #[error("{path}: {source}", path = path.display())]
    Io {
        /// Where.
        path: PathBuf,
        /// What.
        source: io::Error,
    },
    /// A file is not as it was written.
    #[error("{path} is damaged: {fault}; restore it from a backup", path = path.display())]
    Damaged {
        /// Which.
        path: PathBuf,
        /// How it shows.
        fault: &'static str,
    },
    /// It was erased while it was being read.
    #[error("the document was erased while it was being read")]
    Gone,
    /// Another process has the directory open.
    #[error("{path} is in use by another process; stop the server first", path = .0.display())]
    InUse(PathBuf),
    /// There are documents, and no key for them.
    #[error(
        "the key {path} of the attachments is missing, and there are attachments already: put it back \
         (it is not in backups)", path = .0.display()
    )]
    KeyMissing(PathBuf),
    /// Not a key file.
    #[error("{path} is not a key of 64 hex digits", path = .0.display())]
    KeyFile(PathBuf),
    /// The key of other documents.
    #[error("{key} is not the key that {dir} was written with", key = key.display(), dir = dir.display())]
    WrongKey {
        /// The key file.
        key: PathBuf,
        /// The documents.
        dir: PathBuf,
    },
    /// No random numbers.
    #[error("the operating system gives no random numbers: {0}")]
    Random(getrandom::Error),
    /// The cipher was given more than it takes, which the format rules out.
    #[error("the cipher refused a segment")]
    Cipher,
    /// Copied to where something is already.
    #[error("{path} exists already", path = .0.display())]
    Exists(PathBuf),
}

impl Error {
    pub(crate) fn io(path: &Path) -> impl FnOnce(io::Error) -> Self + '_ {
        |source| Self::Io { path: path.to_owned(), source }
    }

    pub(crate) fn damaged(path: &Path, fault: &'static str) -> Self {
        Self::Damaged { path: path.to_owned(), fault }
    }
}

/// Why a document is not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// It has no bytes.
    #[error("a document has at least one byte")]
    Empty,
    /// Larger than the setting allows.
    #[error("a document has at most {0} bytes here")]
    TooLarge(u64),
    /// The media type is none that is taken.
    #[error("the media type is not one that this server takes")]
    MediaType,
    /// The bytes are evidently of another type.
    #[error("the bytes are evidently not of the media type named but {0}")]
    Contradiction(&'static str),
    /// More or fewer bytes came than announced.
    #[error("the size differs from the one announced")]
    WrongSize,
    /// The bytes do not have the digest announced.
    #[error("salt and bytes do not have the digest announced")]
    WrongDigest,
    /// Another party has uploaded the same digest.
    #[error("another party has uploaded this digest; take a new salt")]
    Taken,
    /// It was erased.
    #[error("the document was erased by entry {0}")]
    Erased(u64),
    /// The party has too much waiting to be named.
    #[error("too much of this party waits to be named by a statement")]
    PartyFull,
    /// Everybody together has.
    #[error("too much waits to be named by statements")]
    Full,
}

/// Why an upload ended.
#[derive(Debug, thiserror::Error)]
pub enum UploadError {
    /// The uploader's to mend.
    #[error(transparent)]
    Refused(#[from] Refused),
    /// The operator's.
    #[error(transparent)]
    Store(#[from] Error),
}
