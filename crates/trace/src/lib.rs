//! Where an item is, was, came from and went: bounded questions to a read-only [`custody::View`].
//!
//! An item's timeline is its own statements and, while it was inside them, those of its containers, at
//! any depth. [`item`] folds it into where the item is, [`source`] reads it backwards to the origin,
//! [`flow`] forwards, for a container or lot over everything that was in it; [`history`] lists the
//! statements themselves.
//!
//! # Being inside
//!
//! Containment is an interval in order of occurrence. It begins with a Pack and ends with the first of:
//! the item is taken out, shipped, used or packed again by itself; everything is taken out of the
//! container; who has the container, or is to have it, says that the item was not there or is not taken
//! in. A statement that acts on both is the item's own.
//!
//! # Invariants
//!
//! Nothing is written. Every question has a budget of statements and work and says when it ran out; what
//! it holds in memory is bounded by that too. Cycles of containers end, packing is followed [`MAX_DEPTH`]
//! deep; where that leaves something out, the answer counts as truncated. The same view gives the same answer. What an answer
//! costs follows from the answer, not from the size of the ledger.
//!
//! # Deliberately absent
//!
//! Rights (crate `server` decides who may see what; here is what follows from the hops, [`chain`], [`is_near`]),
//! storage, threads; amounts of lots without serials.

mod budget;
pub mod case;
pub mod desk;
mod flow;
mod history;
mod hops;
mod item;
mod lot;
mod path;
mod place;
mod reader;
mod scope;
mod standing;
mod stay;
mod stored;

#[cfg(test)]
mod tests;

use custody::ViewError;

pub use flow::{Flow, Place, flow, flow_in};
pub use history::{HistoryEvent, HistoryPage, PageStart, Relation, history, history_in};
pub use hops::{Certainty, Hop, HopKind, Packing, Source, Word, source, source_in, source_kept};
pub use item::{ItemReport, item, item_in};
pub use reader::Kept;
pub use scope::{Admitted, Scope, admit};
pub use standing::{Everything, Sees, chain, is_near, maker};

/// Deepest packing followed.
pub const MAX_DEPTH: usize = 20;

/// Why there is no answer.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// The view failed.
    #[error(transparent)]
    View(#[from] ViewError),
    /// The text is not a canonical item.
    #[error("not a canonical item: {0}")]
    NotAnItem(gs1::Error),
    /// No entry names it.
    #[error("no entry names this item")]
    Unknown,
    /// The page token was not given out for this question.
    #[error("the page token does not belong to this question")]
    PageToken,
}
