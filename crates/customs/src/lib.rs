//! What customs ask of an import: may these lots be released, and what keeps them? Pure functions of a
//! [`custody::View`] and an instant.
//!
//! [`verify`] takes one declaration. It gathers what is recorded about it and its lots, asks each check of
//! [`CheckKind`] by itself, and gives the verdict, where the goods come from, and a draft of the one `CustomsDecision`
//! that the officer signs. [`list`] gives the declarations of an office with how far each has come.
//!
//! Each check stands in a small function under `check/` and answers [`Answer::Pass`], [`Answer::Fail`],
//! [`Answer::Missing`] or [`Answer::NotApplicable`], with words in both languages and the entries it rests on.
//!
//! # Invariants
//!
//! - The same view, instant and watches give the same answer.
//! - What is not recorded is missing; it fails only within the Coverage of the register it would stand in.
//! - A watch shows only to who brings it along, being allowed to read it: otherwise no check, word or verdict differs.
//! - Goods that go into bond are asked what is asked there; the rest when they leave it.
//! - Bounded: 256 lines, [`MAX_PACKAGES`] packages, [`MAX_EXAMINED`] subjects for findings, [`MAX_NOTES`] notes a check,
//!   [`MAX_LEGS`] legs. Where there is more, [`ImportLot::whole`] is false, and nothing counts as clear.
//!
//! # Deliberately absent
//!
//! Rights (crate `server` decides who may ask), storage, clocks, signing. What rules of crate `rules` say is asked of
//! them, not judged anew: they tell findings after the fact, these checks answer before the release.

mod answer;
mod case;
mod check;
mod decision;
mod listing;
mod source;
mod state;

#[cfg(test)]
mod tests;

use custody::ViewError;

pub use answer::{Answer, Check, CheckKind, MAX_ENTRIES, MAX_NOTES, Note, Verdict};
pub use case::{ImportLot, MAX_EXAMINED, MAX_PACKAGES, Question, Watched, verify};
pub use listing::{Listed, Listing, MAX_LOOKED, Page, list};
pub use source::{Leg, MAX_LEGS, Source};
pub use state::State;

/// Why there is no answer.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// The view failed.
    #[error(transparent)]
    View(#[from] ViewError),
    /// Nobody has declared anything under this number, and customs have decided nothing.
    #[error("no such declaration")]
    Unknown,
}

impl From<trace::Error> for Error {
    fn from(error: trace::Error) -> Self {
        match error {
            trace::Error::View(error) => Self::View(error),
            _ => Self::Unknown,
        }
    }
}
