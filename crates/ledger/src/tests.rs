#![allow(clippy::unwrap_used, clippy::expect_used)]

mod access;
mod faults;
mod fixture;
mod intake;
mod overlay;
mod proofs;
mod recovery;
mod sealer;
mod seals;
mod writing;
