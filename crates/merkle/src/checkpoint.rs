//! Checkpoints (C2SP `tlog-checkpoint`): a log's name, size and root, as the text of a note.
//!
//! ```text
//! origin                    1 to 255 bytes, no space, plus or control; also the log key's name
//! size                      decimal, no leading zero, at most 2^63 - 1
//! base64(root 32)           of the RFC 6962 tree over that many leaves
//! ```
//!
//! The standard lets extension lines follow. Monitors cannot audit them, so they are refused.

use std::fmt;

use base64::{Engine, engine::general_purpose::STANDARD};

use crate::hash::{EMPTY_ROOT, Hash};
use crate::note::{Note, NoteError};
use crate::note_key::{SignerKey, VerifierKey, is_own_name};
use crate::tree::MAX_TREE_SIZE;

#[cfg(test)]
mod tests;

/// Why a checkpoint is refused. Never a reason to try again with the same bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum CheckpointError {
    /// The note around it.
    #[error(transparent)]
    Note(#[from] NoteError),
    /// Fewer than three lines, or the last one not ended.
    #[error("the checkpoint does not consist of three lines")]
    Lines,
    /// More than three lines.
    #[error("the checkpoint has extension lines")]
    Extension,
    /// The origin cannot be a key name, or it is not the name of the key that signs.
    #[error("the checkpoint's origin is malformed or not the name of the log's key")]
    Origin,
    /// The size is not a decimal number in its shortest form, or above [`MAX_TREE_SIZE`].
    #[error("the checkpoint's size is malformed or out of range")]
    Size,
    /// The root is not the base64 of 32 bytes, or the log is empty and the root says otherwise.
    #[error("the checkpoint's root is malformed or not the root of an empty log")]
    Root,
}

/// The state of a log: its first `size` leaves have this root.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checkpoint {
    origin: String,
    size: u64,
    root: Hash,
}

impl Checkpoint {
    /// A checkpoint of the log named `origin`.
    ///
    /// # Errors
    ///
    /// If the origin cannot be a key name, the size is above [`MAX_TREE_SIZE`], or the size is 0
    /// and the root is not [`EMPTY_ROOT`].
    pub fn new(origin: &str, size: u64, root: Hash) -> Result<Self, CheckpointError> {
        if !is_own_name(origin) {
            return Err(CheckpointError::Origin);
        }
        if size > MAX_TREE_SIZE {
            return Err(CheckpointError::Size);
        }
        if size == 0 && root != EMPTY_ROOT {
            return Err(CheckpointError::Root);
        }
        Ok(Self { origin: origin.to_owned(), size, root })
    }

    /// Reads the text of a note, signatures aside.
    ///
    /// # Errors
    ///
    /// What is malformed; never [`CheckpointError::Note`].
    pub fn parse(text: &str) -> Result<Self, CheckpointError> {
        let lines = text.strip_suffix('\n').ok_or(CheckpointError::Lines)?;
        let mut lines = lines.split('\n');
        let (Some(origin), Some(size), Some(root)) = (lines.next(), lines.next(), lines.next()) else {
            return Err(CheckpointError::Lines);
        };
        if lines.next().is_some() {
            return Err(CheckpointError::Extension);
        }
        Self::new(origin, parse_size(size)?, parse_root(root)?)
    }

    /// Signs the checkpoint with its log's key.
    ///
    /// That a log never signs two checkpoints that contradict each other is the caller's to see to.
    ///
    /// # Errors
    ///
    /// [`CheckpointError::Origin`] if the key's name is not the origin.
    pub fn sign(&self, signer: &SignerKey) -> Result<Note, CheckpointError> {
        self.check_origin(signer.verifier())?;
        Ok(Note::sign(&self.to_string(), signer)?)
    }

    /// The checkpoint in a note, if the log's key signed it and the origin is that key's name.
    /// Signatures by others are left aside.
    ///
    /// # Errors
    ///
    /// Signatures are checked first, so anything but [`CheckpointError::Note`] is what the log
    /// itself signed.
    pub fn open(note: &Note, key: &VerifierKey) -> Result<Self, CheckpointError> {
        note.verify(key)?;
        let this = Self::parse(note.text())?;
        this.check_origin(key)?;
        Ok(this)
    }

    fn check_origin(&self, key: &VerifierKey) -> Result<(), CheckpointError> {
        if self.origin != key.name() {
            return Err(CheckpointError::Origin);
        }
        Ok(())
    }

    /// Name of the log.
    #[must_use]
    pub fn origin(&self) -> &str {
        &self.origin
    }

    /// Number of leaves.
    #[must_use]
    pub const fn size(&self) -> u64 {
        self.size
    }

    /// Root over these leaves.
    #[must_use]
    pub const fn root(&self) -> &Hash {
        &self.root
    }
}

/// Formats the text of the note, its last newline included.
impl fmt::Display for Checkpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let root = STANDARD.encode(self.root);
        writeln!(f, "{}\n{}\n{root}", self.origin, self.size)
    }
}

fn parse_size(text: &str) -> Result<u64, CheckpointError> {
    let size: u64 = text.parse().map_err(|_| CheckpointError::Size)?;
    // The standard library also reads "+1" and "01".
    if size.to_string() != text {
        return Err(CheckpointError::Size);
    }
    Ok(size)
}

fn parse_root(text: &str) -> Result<Hash, CheckpointError> {
    let root = STANDARD.decode(text).map_err(|_| CheckpointError::Root)?;
    root.try_into().map_err(|_| CheckpointError::Root)
}
