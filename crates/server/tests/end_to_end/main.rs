//! The whole server over a real ledger, by real clients, over real TLS.

// A test that panics has failed, helpers included.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod access;
mod assisting;
mod documents;
mod reading;
mod serving;
mod submitting;
mod world;
