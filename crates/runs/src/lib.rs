//! Runs as files: every subject that a range of the log names, in ascending order, with its state as of the end.
//!
//! ```text
//!  0  8    "YLRUN\0\0\1"
//!  8  u64  start    first entry of the range
//! 16  u64  end      its end
//! 24  u64  count    subjects
//! 32  32   root     RFC 6962, over the 64-byte records of docs/FORMAT.md §6
//! 64  count × (subject 32 ‖ head 32 ‖ count u64 ‖ last u64)
//!     hashes of full tiles, level by level from 1 on, 32 bytes each
//! ```
//!
//! A run is written once, in one pass, from records in order; merging reads its runs in one pass each. Nothing
//! larger than a tile is held in memory, but the hashes above the records (an eighth of a byte a subject).
//!
//! # Invariants
//!
//! - A file under its final name is whole: it is written beside, synced, and moved. (In a scratch directory it is not synced:
//!   [`Durability::Later`].)
//! - What merging runs over adjoining ranges gives is the run over the joined range: a pure function of the log,
//!   whichever runs it was made of. [`Book`] checks seals by that.
//!
//! # Deliberately absent
//!
//! When to cut a run and when to merge (crate `ledger`; which to merge is [`plan`]), and where records come from. Trust: a proof made here
//! is checked by `evidence`, which shares no code with this crate; [`RunFile::check`] re-derives the root.

mod book;
mod error;
mod file;
mod merge;
mod plan;
mod write;

#[cfg(test)]
mod tests;

pub use book::{Book, States, run_path, spare, write};
pub use error::RunError;
pub use file::{Records, RunFile};
pub use merge::merge;
pub use plan::plan;
pub use write::{Durability, RunWriter};

use statement::{RunRecord, SubjectKey, SubjectState};

/// First bytes of a file.
const MAGIC: [u8; 8] = *b"YLRUN\0\0\x01";
/// Bytes before the records.
const HEADER_LEN: u64 = 64;
/// Bytes of a record in a file.
const RECORD_LEN: usize = 80;

/// A subject with its state.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Record {
    /// The subject.
    pub subject: SubjectKey,
    /// Its state as of the end of the range.
    pub state: SubjectState,
}

impl Record {
    fn encode(&self) -> [u8; RECORD_LEN] {
        let mut bytes = [0; RECORD_LEN];
        bytes[..32].copy_from_slice(&self.subject.0);
        bytes[32..64].copy_from_slice(&self.state.head);
        bytes[64..72].copy_from_slice(&self.state.count.to_be_bytes());
        bytes[72..].copy_from_slice(&self.state.last.to_be_bytes());
        bytes
    }

    fn decode(bytes: &[u8; RECORD_LEN]) -> Self {
        let (mut subject, mut head, mut count, mut last) = ([0; 32], [0; 32], [0; 8], [0; 8]);
        subject.copy_from_slice(&bytes[..32]);
        head.copy_from_slice(&bytes[32..64]);
        count.copy_from_slice(&bytes[64..72]);
        last.copy_from_slice(&bytes[72..]);
        let state = SubjectState { head, count: u64::from_be_bytes(count), last: u64::from_be_bytes(last) };
        Self { subject: SubjectKey(subject), state }
    }

    /// What the run's root commits to.
    #[must_use]
    pub fn committed(&self) -> RunRecord {
        RunRecord::of(self.subject, &self.state)
    }
}
