//! Where an item is, was, came from and went: bounded questions to a read-only [`custody::View`].
//!
//! An item's history is its own statements and, while it was inside them, those of its containers
//! ([`Timeline`]). [`item`] folds it into where the item is, [`source`] reads it backwards to the origin,
//! [`flow`] forwards; for a container or lot over everything that was in it.
//!
//! Invariants: nothing is written; every question has a budget of statements read ([`Budget`]) and a
//! depth of packing, and says when it ran out; cycles of containers end. Deliberately absent: rights
//! (crate `server` decides who may see which contents), storage, threads.

mod flow;
mod history;
mod hops;
mod item;
mod timeline;

use custody::ViewError;

pub use flow::{Flow, Place, flow};
pub use history::{HistoryEvent, HistoryPage, Relation, history};
pub use hops::{Certainty, Hop, HopKind, Source, source};
pub use item::{ItemReport, item};
pub use timeline::{Budget, MAX_DEPTH, Step, Timeline, timeline};

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
