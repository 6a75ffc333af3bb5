//! Custody rules: admission, item folds, registry. Pure functions of a [`View`] and a statement.
//!
//! [`admit`] says whether a statement may be recorded; [`apply`] says what recording it changes: the
//! leaf with its links, and rows of the view. The live path, recovery, rebuild and audit run the same
//! [`apply`], so the view is a deterministic function of the log.
//!
//! Invariants: no clock, no I/O, no randomness, no order that depends on hashing. Item state is a fold
//! in order of occurrence: the order of arrival does not matter. Admission never looks at where goods
//! are. Deliberately absent: storage (`store`), threads (`ledger`), queries (`trace`).

mod admission;
pub mod alias;
mod apply;
pub mod assistance;
pub mod case;
pub mod confidential;
mod control;
mod digest;
mod draft;
pub mod exhibit;
pub mod imports;
pub mod item;
mod naming;
pub mod registry;
pub mod response;
mod seal;
pub mod stock;
pub mod tables;

mod view;

#[cfg(test)]
mod tests;

use merkle::Hash;
use prost::bytes::Bytes;
use statement::{Leaf, Named, Refusal, Statement};

pub use admission::{admit, review};
pub use apply::{MAX_LINKS, MAX_NAMED_THROUGH, apply, apply_genesis, links_through, names_others};
pub use control::{Content, Effect, content, control_of, effect_of, root_of};
pub use digest::{DigestError, Digested, apply_digest, digest_of, digested};
pub use registry::key;
pub use seal::{SealError, Sealed, apply_seal, links_of, sealed};
pub use view::{MemoryView, Put, RecordedEntry, Table, View, ViewError, Visit};

/// A statement that is to be admitted, with what was worked out about it beforehand.
#[derive(Clone, Debug)]
pub struct Signed {
    /// The validated statement.
    pub statement: Statement,
    /// Id of the key that signed it.
    pub key_id: Hash,
    /// Its envelope.
    pub envelope: Bytes,
    /// The subjects it names by itself (`statement::own_subjects`).
    pub own: Vec<Named>,
}

/// What admission says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Admission {
    /// May be recorded.
    New,
    /// Recorded before, at this index; the first receipt is the answer.
    Recorded(u64),
}

/// Why there is no admission.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AdmitError {
    /// The signer's fault; nothing is recorded.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// The ledger's fault; the writer must stop.
    #[error(transparent)]
    View(#[from] ViewError),
}

/// An admitted statement at its place.
#[derive(Clone, Copy, Debug)]
pub struct Input<'a> {
    /// Its index.
    pub index: u64,
    /// µs since the Unix epoch, not below the entry before.
    pub recorded_at: u64,
    /// Its envelope.
    pub envelope: &'a [u8],
    /// The statement.
    pub statement: &'a Statement,
    /// The subjects it names by itself.
    pub own: &'a [Named],
}

/// What recording an entry changes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outcome {
    /// The public bytes of the entry.
    pub leaf: Leaf,
    /// Its links, ascending by subject.
    pub links: Vec<statement::Link>,
    /// What is known of each of them after it, in the same order.
    pub states: Vec<statement::SubjectState>,
    /// Rows of the view, each key once, ascending.
    pub puts: Vec<Put>,
    /// Signatures the statement still waits for before it takes effect.
    pub signatures_missing: u32,
}

/// Facts of the ledger that admission depends on.
#[derive(Clone, Debug)]
pub struct Limits {
    /// Ledger id.
    pub ledger: Hash,
    /// Oldest id time, µs before recording.
    pub max_id_age: i64,
    /// Most that times may lie ahead of recording, µs.
    pub max_ahead: i64,
}
