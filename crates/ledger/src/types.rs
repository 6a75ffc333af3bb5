//! What the ledger answers.

use std::fmt;

use merkle::{Hash, TailTree, inclusion_proof};
use statement::LEAF_LEN;

/// The state of the log after its newest durable entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Head {
    /// Number of entries.
    pub size: u64,
    /// RFC 6962 root over their leaves.
    pub root: Hash,
    /// Chain hash after the last.
    pub chain: Hash,
}

/// The place of a statement in the log; given only once the entry is durable.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Receipt {
    /// Index of the entry.
    pub index: u64,
    /// µs since the Unix epoch.
    pub recorded_at: u64,
    /// The 80 public bytes.
    pub leaf: [u8; LEAF_LEN],
    /// Chain hash before the entry.
    pub chain_before: Hash,
    /// Chain hash after it.
    pub chain: Hash,
    /// Signatures the statement still waits for before it takes effect; for one recorded before, as of
    /// the answer.
    pub signatures_missing: u32,
    /// It had been recorded before; this is the first receipt.
    pub recorded_before: bool,
}

/// A checkpoint, durable and signed by the log key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignedCheckpoint {
    /// Number of entries it covers.
    pub size: u64,
    /// Root over their leaves.
    pub root: Hash,
    /// The C2SP signed note.
    pub note: String,
}

/// A signed checkpoint with what proves the entries of the batch it was signed for.
#[derive(Clone, Debug)]
pub struct Covering {
    /// The checkpoint.
    pub checkpoint: SignedCheckpoint,
    pub(crate) tail: TailTree,
}

impl Covering {
    /// Proof that an entry is under the checkpoint; `None` for one that was recorded before the batch (ask
    /// [`Ledger::inclusion_proof`](crate::Ledger::inclusion_proof)) or after.
    #[must_use]
    pub fn inclusion(&self, index: u64) -> Option<Vec<Hash>> {
        let here = self.tail.start()..self.checkpoint.size;
        here.contains(&index).then(|| inclusion_proof(&self.tail, index, self.checkpoint.size).ok())?
    }
}

/// Whether statements can be recorded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Writer {
    /// They can.
    Running,
    /// No more: why. Reads go on. Opening the ledger anew recovers.
    Stopped(StopCause),
}

/// Why the writer stopped.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StopCause {
    /// It was asked to.
    Shutdown,
    /// Writing or reading failed; whether the last batch landed is not known before reopening.
    Storage(String),
    /// Wall and monotonic clock parted by this many ms (positive: the wall clock leapt ahead).
    Clock {
        /// Wall minus monotonic, ms.
        parted_ms: i64,
    },
    /// A check of the ledger's own work failed: a bug, or bad memory.
    Inconsistent {
        /// Entry at which it showed.
        index: u64,
        /// What did not fit.
        fault: String,
    },
    /// A witness has seen another history than this one.
    Witness(String),
    /// A thread ended that should not have.
    ThreadLost,
}

impl fmt::Display for StopCause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Shutdown => f.write_str("it was shut down"),
            Self::Storage(e) => write!(f, "storage failed: {e}; mend it and start again"),
            Self::Clock { parted_ms } => {
                write!(f, "the machine's clock jumped by {parted_ms} ms; set it right and start again")
            }
            Self::Inconsistent { index, fault } => {
                write!(f, "a check at entry {index} failed: {fault}; test the memory and start again")
            }
            Self::Witness(fault) => write!(f, "{fault}; find out which history is the true one"),
            Self::ThreadLost => f.write_str("a writer thread ended unexpectedly; start again"),
        }
    }
}

/// How the ledger is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Status {
    /// Whether it records.
    pub writer: Writer,
    /// Durable entries.
    pub size: u64,
    /// Links waiting or being recorded.
    pub queue_links: usize,
    /// Most that may wait.
    pub queue_capacity: usize,
    /// Appends are held back until some of what is recorded has been sealed.
    pub held: bool,
}
