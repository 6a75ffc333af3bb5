//! Imports with one defect each, and lawful ones in all their forms, over a ledger in memory.

#![allow(clippy::unwrap_used, clippy::expect_used)]

mod defects;
mod drafts;
mod lawful;
mod listings;
mod story;
mod watches;
