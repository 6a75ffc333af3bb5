//! Findings, kept: a follower of the log judges what each entry affects, and keeps what rules say.
//!
//! ```text
//! log ──▶ view ──▶ Findings::step ──▶ DIR/findings   hits by subject, findings, their lists
//!                       │                   │
//!                       └── rules           └──▶ list, changes, of_subjects
//! ```
//!
//! Entries are judged in stretches, over one state of the view: what they affect ([`rules::affected`]) is collected,
//! each subject is judged once ([`rules::Examiner`]), and what differs from the hits kept ([`rules::diff`]) changes
//! the findings that they belong to. What is not due yet waits, and is shown when its time comes.
//!
//! # Invariants
//!
//! - Writing the log never waits for this: a follower reads committed states only, at its own pace.
//! - What is kept is a function of the log, but for the times at which findings opened and changed and the numbers of
//!   both, which are those of this keeper. It may be taken away at any time and is made again from entry 0.
//! - What a register says of everything (Coverage, Policy, a list as a whole) has every entry judged anew, at leisure.
//! - A finding keeps its number in a list; each change gives it a new number among changes, greater than all before.
//!   Whoever knows the number of a change gets what changed since. Numbers of a party's list count what is told to that
//!   party, and nothing else.
//! - A party is told what operational rules say about its own acts, where it may read all that it rests on.
//! - Bounded: [`MAX_STRETCH`] entries a step, and beyond [`MAX_JUDGED`] subjects as many as one entry may affect, and an eighth,
//!   [`MAX_LOOKED_AT`] findings a page.
//!
//! # Deliberately absent
//!
//! Threads and clocks (who calls [`Findings::step`] says what time it is), rules (`rules`), rights of authorities
//! (`server`), findings about cases: none rest on confidential statements.

mod draft;
mod error;
mod follow;
mod key;
mod memo;
mod read;
mod row;
mod told;

#[cfg(test)]
mod tests;

pub use error::FindingsError;
pub use follow::{Findings, MAX_JUDGED, MAX_STRETCH, SeesOf, Step};
pub use read::{Audience, Changed, Filter, MAX_LOOKED_AT, Page, Shown};
