//! The whole server over a real ledger, by real clients, over real TLS.

mod reading;
mod serving;
mod submitting;
mod world;
