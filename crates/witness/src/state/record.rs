//! What is kept.

use merkle::{Checkpoint, Note, WitnessKey};
use serde::{Deserialize, Serialize};

/// A checkpoint under this witness's signature.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cosigned {
    /// Signed by the log and by the witness.
    pub note: Note,
    /// What the note says.
    pub checkpoint: Checkpoint,
    /// When it was cosigned, seconds since the Unix epoch.
    pub time: u64,
}

impl Cosigned {
    /// Reads a note that `key` must have signed and that must be about `origin`.
    pub(super) fn parse(text: &str, origin: &str, key: &WitnessKey) -> Result<Self, redb::Error> {
        let wrong = |fault: String| redb::Error::Corrupted(format!("checkpoint of {origin}: {fault}"));
        let note = Note::parse(text.as_bytes()).map_err(|e| wrong(e.to_string()))?;
        let (checkpoint, time) = key.open(&note).map_err(|e| wrong(e.to_string()))?;
        if checkpoint.origin() != origin {
            return Err(wrong(format!("it is one of {}", checkpoint.origin())));
        }
        Ok(Self { note, checkpoint, time })
    }
}

/// Two checkpoints of one size that a log signed: proof that it shows two histories.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fork {
    /// The log.
    pub origin: String,
    /// Size of both.
    pub size: u64,
    /// When the second was seen, seconds since the Unix epoch.
    pub seen_at: u64,
    /// The note that was cosigned.
    pub cosigned: String,
    /// The note that contradicts it, with the log's signatures.
    pub other: String,
}
