//! Stories told on a ledger in memory, and what the questions answer.

mod bounds;
mod codes;
mod desk;
mod flows;
mod histories;
mod model;
mod places;
mod sources;
mod story;
