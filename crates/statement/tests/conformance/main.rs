//! The crate against its format: scanner, fields, kind table, genesis, signatures, golden bytes, and
//! docs/FORMAT.md, which must say what the code does.

#![allow(clippy::unwrap_used, clippy::expect_used)]

mod cautions;
mod document;
mod fields;
mod fuzz;
mod genesis;
mod golden;
mod golden_kinds;
mod kinds;
mod laws;
mod lines;
mod pages;
mod samples;
mod scanner;
mod section;
mod signatures;
