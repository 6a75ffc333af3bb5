//! A witness: it sees the checkpoints of logs one after the other, and puts its signature under each that
//! continues the last it signed (C2SP `tlog-witness`). And [`feed`], by which a log brings its checkpoints
//! to witnesses.
//!
//! ```text
//! log ── add-checkpoint ─▶ http ─▶ Witness: known? signed? ─▶ State, one transaction:   ─▶ cosignature
//!                                                             judge(last, asked), store
//! monitor ── GET ────────▶ http ─▶ the last cosigned checkpoint of each log
//! ```
//!
//! # Invariants
//!
//! - Of one origin, no two cosigned checkpoints contradict each other: each is the beginning of the next,
//!   proven by a consistency proof. Judging and storing are one transaction, one at a time.
//! - What is cosigned is on disk, synced, before anybody is told.
//! - What is kept carries the witness's own signature, which is checked at every reading. Damage, another
//!   key, another format or a second process end in a refusal, never in a cosignature. No state is not the
//!   same as an empty one: it is made on request only.
//! - Two checkpoints of one size with different roots, both signed by the log, are kept: they prove a fork.
//! - Every body, wait, connection, list and answer is bounded.
//!
//! # Deliberately absent
//!
//! What an entry means: crates `ledger`, `store`, `server` and `custody` are never linked. Whoever cosigns
//! here has seen that a log only grows, not what is in it. Checkpoints with extension lines are refused.
//! Authentication beyond the log's signature: the standard asks for none. Deriving a log again, for a witness that
//! audits: whoever does it tells [`Audits`] how far it has come, and shows the roots.

mod audit;
pub mod feed;
mod http;
mod judge;
#[cfg(test)]
mod kit;
mod logs;
mod metrics;
mod net;
mod serve;
mod settings;
mod state;
mod witness;

pub use audit::{Audits, Derived, Unaudited};
pub use judge::{Objection, judge};
pub use logs::{Logs, LogsError, MAX_KEYS, MAX_LOGS, origin_id};
pub use net::TlsFileError;
pub use serve::{ServeError, Server};
pub use settings::{AuditSettings, DEFAULT_LISTEN, Settings, SettingsError, Transport};
pub use state::{Cosigned, Fork, MAX_FORKS, Meaning, STATE_FILE, State, StateError};
pub use witness::{Clock, Refusal, Witness, system_clock};
