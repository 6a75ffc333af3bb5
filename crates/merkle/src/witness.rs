//! What a log asks a witness, and what it answers (C2SP `tlog-witness`, `add-checkpoint`), as texts.
//!
//! ```text
//! old 20852014                    size of the checkpoint that the witness cosigned last
//! base64(hash 32)                 consistency proof from there, 0 to 63 lines
//!                                 an empty line
//! the checkpoint, a signed note
//! ```

use std::fmt;

use base64::{Engine, engine::general_purpose::STANDARD};

use crate::hash::Hash;
use crate::note::{MAX_NOTE_LEN, Note, NoteError, NoteSignature};
use crate::proof::MAX_PROOF_LEN;
use crate::tree::MAX_TREE_SIZE;

#[cfg(test)]
mod tests;

/// Longest request in bytes: an old size, 63 lines of 45 bytes, an empty line, the longest note.
pub const MAX_REQUEST_LEN: usize = 32 + MAX_PROOF_LEN * 45 + MAX_NOTE_LEN;

/// A request to cosign a checkpoint.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AddCheckpoint {
    /// Size of the checkpoint that the witness is taken to have cosigned last; 0 for none.
    pub old: u64,
    /// Consistency proof from there.
    pub proof: Vec<Hash>,
    /// The checkpoint.
    pub note: Note,
}

/// Why bytes are not a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AddCheckpointError {
    /// It does not begin with `old` and a size.
    #[error("the request does not begin with the line `old SIZE`")]
    Old,
    /// A line of the proof is not the base64 of 32 bytes.
    #[error("line {0} of the proof is not a hash in base64")]
    Proof(usize),
    /// More hashes than any proof has.
    #[error("the proof has more than {MAX_PROOF_LEN} lines")]
    TooLong,
    /// No empty line follows the proof.
    #[error("no empty line stands between proof and checkpoint")]
    Separator,
    /// The checkpoint is not a signed note.
    #[error(transparent)]
    Note(#[from] NoteError),
}

impl AddCheckpoint {
    /// Reads the body of a request.
    ///
    /// # Errors
    /// What is malformed.
    pub fn parse(body: &[u8]) -> Result<Self, AddCheckpointError> {
        let mut rest = body;
        let mut line = || {
            let end = rest.iter().position(|byte| *byte == b'\n')?;
            let line = std::str::from_utf8(&rest[..end]).ok()?;
            rest = &rest[end + 1..];
            Some(line)
        };
        let old = line().and_then(|l| parse_size(l.strip_prefix("old ")?)).ok_or(AddCheckpointError::Old)?;
        let mut proof = Vec::new();
        loop {
            let hash = match line() {
                Some("") => break,
                Some(hash) => hash,
                None => return Err(AddCheckpointError::Separator),
            };
            if proof.len() == MAX_PROOF_LEN {
                return Err(AddCheckpointError::TooLong);
            }
            let hash = STANDARD.decode(hash).ok().and_then(|h| h.try_into().ok());
            proof.push(hash.ok_or(AddCheckpointError::Proof(proof.len() + 1))?);
        }
        Ok(Self { old, proof, note: Note::parse(rest)? })
    }
}

impl fmt::Display for AddCheckpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "old {}", self.old)?;
        self.proof.iter().try_for_each(|hash| writeln!(f, "{}", STANDARD.encode(hash)))?;
        write!(f, "\n{}", self.note)
    }
}

/// Reads the signature lines that a witness answers with; at least one.
///
/// # Errors
/// A line is malformed, or there are more than a note may have.
pub fn parse_signatures(body: &str) -> Result<Vec<NoteSignature>, NoteError> {
    NoteSignature::parse_lines(body)
}

/// Reads the size in the answer to a request with another old size (409).
#[must_use]
pub fn parse_conflict(body: &str) -> Option<u64> {
    parse_size(body.strip_suffix('\n')?)
}

/// A decimal number in its shortest form.
fn parse_size(text: &str) -> Option<u64> {
    let size: u64 = text.parse().ok()?;
    (size <= MAX_TREE_SIZE && size.to_string() == text).then_some(size)
}
