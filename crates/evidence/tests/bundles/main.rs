//! Evidence bundles over a small trade, recorded by the ledger's own rules in memory: honest ones are proven,
//! everything else is refused.

#![allow(
    clippy::disallowed_methods,
    clippy::expect_used,
    clippy::unwrap_used,
    missing_docs,
    reason = "the crate does no I/O; tests keep runs as files and write golden bundles"
)]

mod attacks;
mod frauds;
mod golden;
mod honest;
mod log;
mod records;
mod stamps;
mod story;
mod trades;
