//! The ledger: signed statements in, durable entries and signed checkpoints out.
//!
//! ```text
//! any thread      prepare: parse, subjects, signature
//! any thread      try_submit, enqueue, submit ──▶ queue, bounded in links
//! apply thread    custody::admit, custody::apply over what is not yet written ──▶ batch
//! commit thread   log (synced), view, head, receipts; checkpoints
//! access thread   records of privileged reads, synced before they are answered ──▶ digests, to the apply thread
//! sealer thread   what batches name ──▶ runs (on threads of their own) ──▶ seals, back to the apply thread
//! ```
//!
//! While batch k is written, batch k + 1 is made over an overlay: the batch being made, over the batch
//! being written, over what is committed.
//!
//! # Invariants
//!
//! - Whatever has been answered with a receipt, shown by [`Ledger::head`] or signed in a checkpoint is
//!   synced to disk. Answers leave in the order of the log: a refusal or a duplicate that rests on an
//!   entry waits for that entry.
//! - Chain, tree, envelope and payload are derived again from the very bytes that are written, before
//!   anything is signed over them.
//! - Recovery and rebuild run the function that the live path runs, and compare what comes out with what
//!   is stored.
//! - After any error in writing nothing is guessed: the writer stops, everybody waiting is told that the
//!   outcome is unknown, reading goes on, and opening the ledger anew recovers.
//! - Queue, batches and caches have bounds. A slow reader never delays the writer.
//!
//! # Deliberately absent
//!
//! Rules (`custody`), file formats (`store`), networking, and who may read what (`server`). There is no
//! async runtime in here: threads do the work, and futures only wait for it.

mod access;
mod apply;
mod cache;
mod clock;
mod commit;
mod compact;
mod config;
mod counters;
mod derive;
mod edge;
mod error;
mod handle;
mod hashing;
mod intake;
mod keys;
mod offline;
mod open;
mod overlay;
mod recover;
mod sealer;
mod seals;
mod seen;
mod sequence;
mod shared;
mod source;
mod subjects;
mod tiles;
mod types;

#[cfg(test)]
mod tests;

pub use access::{Access, AccessError, AccessLog, with_access_log};
pub use clock::{Clock, SystemClock};
pub use compact::{Weight, compact};
pub use config::{Config, Keys, MAX_QUEUE_LINKS, MAX_UNSEALED};
pub use counters::{Counters, Histogram};
pub use derive::{Change, Changes, Derivation, Derived, Steps, ViewCheck};
pub use error::Error;
pub use handle::Ledger;
pub use intake::{Busy, Pending, Prepared, Submission, Submitted};
pub use offline::{Facts, Progress, Rebuilt, backup, backup_beside, facts, rebuild, restore, restore_beside};
pub use seen::seen_by_others;
pub use source::{LogSource, with_source};
pub use store::{AccessRow, Beside, Stamped};
pub use subjects::{SubjectAnswer, link_proof};
pub use tiles::Inclusion;
pub use types::{Covering, Head, Receipt, SignedCheckpoint, Status, StopCause, Writer};
