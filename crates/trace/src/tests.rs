//! Stories told on a ledger in memory, and what the questions answer.

mod bounds;
mod cases;
mod codes;
mod desk;
mod dossier;
mod flows;
mod held;
mod histories;
mod model;
mod places;
mod probes;
mod requests;
mod shelf;
mod sources;
mod standing;
mod story;
