//! Why a ledger cannot be created, opened, read or copied.

use custody::ViewError;
use merkle::{MakeProofError, TiledError};
use runs::RunError;
use statement::GenesisError;
use store::StoreError;

/// What went wrong, where, and what to do.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Files.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The view.
    #[error(transparent)]
    View(#[from] ViewError),
    /// The genesis payload is not one.
    #[error(transparent)]
    Genesis(#[from] GenesisError),
    /// The key given is not the log's.
    #[error("the log key given is {given}, the ledger's genesis names {named}: give the ledger's own key")]
    WrongLogKey {
        /// Verifier key of the key given.
        given: String,
        /// Verifier key in the genesis.
        named: String,
    },
    /// The key given is not that for answers.
    #[error("the answer key given is {given}, the ledger's genesis names {named}: give the ledger's own key")]
    WrongAnswerKey {
        /// Verifier key of the key given.
        given: String,
        /// Verifier key in the genesis.
        named: String,
    },
    /// A stored entry is not what recording it made: restore a backup.
    #[error("entry {index} is damaged: {fault}; restore from a backup")]
    Entry {
        /// Its index.
        index: u64,
        /// What does not fit.
        fault: String,
    },
    /// A seal says what the entries before it do not bear out: restore a backup.
    #[error("the seal at entry {index} does not fit: {fault}; restore from a backup")]
    Seal {
        /// Its index.
        index: u64,
        /// What does not fit.
        fault: String,
    },
    /// An access digest says what the access records kept do not bear out: restore a backup.
    #[error("the access digest at entry {index} does not fit: {fault}; restore from a backup")]
    Access {
        /// Its index.
        index: u64,
        /// What does not fit.
        fault: String,
    },
    /// More was recorded since the newest seal than a ledger takes in before the next, and than is held in memory to
    /// derive that.
    #[error(
        "entry {index} would make it more than {most} links that no seal covers: no ledger records so much before the next \
         seal; if this log is to be trusted, ask its operator why it was not sealed"
    )]
    Unsealed {
        /// The entry.
        index: u64,
        /// Most there may be.
        most: u64,
    },
    /// A read from the directory could not be recorded, so it is not answered.
    #[error("the read could not be recorded: {0}")]
    NotRecorded(String),
    /// Files of runs.
    #[error(transparent)]
    Runs(#[from] RunError),
    /// There is no seal yet that could prove anything about a subject.
    #[error("no seal has been recorded yet; the first comes within a minute of the first statement")]
    NoSeal,
    /// Nothing has been signed that a proof could lead to.
    #[error("no checkpoint has been signed yet: start the server once")]
    NoCheckpoint,
    /// A checkpoint was signed for entries that are not here. Signing on would contradict it.
    #[error(
        "the log holds {entries} entries, but a checkpoint of size {signed} has been signed: \
         entries are lost; restore them from a copy"
    )]
    LostEntries {
        /// Entries in the log.
        entries: u64,
        /// Size that was signed.
        signed: u64,
    },
    /// The kept checkpoint has another root than the entries.
    #[error(
        "the checkpoint of size {size} was signed for another root than these entries have: restore from a backup"
    )]
    Fork {
        /// Size of the checkpoint.
        size: u64,
    },
    /// The view was made from more entries than the log holds, or from others. The log is synced before the view is
    /// written, so a log that is shorter has lost what was acknowledged, or is an older copy: to rebuild is to
    /// give that up.
    #[error(
        "the view does not belong to this log (made from {view} entries, the log holds {log}): if the log has lost \
         entries, restore it from a copy that has them; if it is as it should be, run `yuanliu rebuild`"
    )]
    ForeignView {
        /// Entries the view was made from.
        view: u64,
        /// Entries in the log.
        log: u64,
    },
    /// The clock has been set back.
    #[error(
        "the last entry was recorded {ahead_s} s after the present time of this machine: set its clock, \
         or start with --accept-clock-jump (ledger.accept_clock_jump)"
    )]
    ClockJump {
        /// How far the last entry lies ahead, seconds.
        ahead_s: u64,
    },
    /// The clock has leapt ahead, or nothing was recorded for very long.
    #[error(
        "the last entry was recorded {behind_s} s before the present time of this machine, which is more than \
         {most_s} s (ledger.max_clock_leap_h): check its clock; if the ledger lay still for so long, start \
         with --accept-clock-jump"
    )]
    ClockLeap {
        /// How far the last entry lies behind, seconds.
        behind_s: u64,
        /// Most that is allowed, seconds.
        most_s: u64,
    },
    /// A proof about entries that the log does not have.
    #[error("no proof for a log of {size} entries: it has {entries}")]
    NoSuchProof {
        /// Size that was asked for.
        size: u64,
        /// Entries there are.
        entries: u64,
    },
    /// A proof about a leaf or a size that the tree asked about does not have.
    #[error(transparent)]
    Proof(#[from] merkle::ProofError),
    /// A thread could not be started.
    #[error("cannot start a thread: {0}")]
    Thread(std::io::Error),
    /// A setting cannot be.
    #[error("setting {0}")]
    Setting(&'static str),
    /// The writer stopped before all was done; why stands in the status.
    #[error("the writer has stopped: {0}")]
    Stopped(crate::StopCause),
}

impl From<MakeProofError<TiledError<ViewError>>> for Error {
    fn from(error: MakeProofError<TiledError<ViewError>>) -> Self {
        match error {
            MakeProofError::Proof(e) => Self::Proof(e),
            MakeProofError::Read(TiledError::Read(e)) => Self::View(e),
            MakeProofError::Read(e) => Self::View(ViewError(e.to_string())),
        }
    }
}
