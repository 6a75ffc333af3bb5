//! Re-derives a log from its bytes, entry by entry, trusting nothing that the operator computed.
//!
//! An [`Auditor`] is fed every entry in order, with a view made from the entries before it by the rules
//! of `custody`. It checks leaf, envelope, signature, key and party as of that index, admission, links
//! and heads, chain and tree, and gives back what the entry changes, so that the caller can carry the
//! view on. The first thing that does not fit is named with its index. A [`TimeCheck`] holds recorded
//! times against moments at which others saw the log.
//!
//! What of an entry can be checked without the entries before it, signature included, is [`prepare`]d:
//! [`in_order`] does that on threads of its own, ahead of the checks that take turns.
//!
//! A [`LeafAuditor`] is for those who may not read contents: it checks what leaves show by themselves.
//!
//! # Invariants
//!
//! - What is found does not depend on how many threads prepare, nor on what keys are known beforehand.
//! - Entries ahead are bounded in number and bytes; beyond them, memory does not grow with the log.
//! - But for the threads of [`in_order`], everything is pure.
//!
//! # Deliberately absent
//!
//! Where entries come from and where the view is kept (crates `ledger`, `store`), runs of seals (crate `runs`,
//! by way of `ledger`), checkpoints of witnesses.

mod ahead;
mod auditor;
mod fault;
mod leaves;
mod owed;
mod prepare;
#[cfg(test)]
mod tests;
mod time;

pub use time::{MAX_AHEAD, MAX_LAG, Misfit, Seen, SeenAs, TimeCheck, TimeFindings};

pub use ahead::in_order;
pub use auditor::{Auditor, Position};
pub use fault::{Defect, Fault};
pub use leaves::{LeafAuditor, LeafPosition, bundle_leaves, check_tile};
pub use prepare::{KnownKeys, Prepared, prepare};
