#![allow(clippy::unwrap_used, clippy::expect_used)]

mod admission;
mod examples;
mod laws;
mod load;
mod memory;
mod sandbox;

use crate::{Plan, Signed, World};

/// 2027-01-15, in µs.
const END: i64 = 1_800_000_000_000_000;
const LEDGER: [u8; 32] = [0x5a; 32];

fn plan(seed: u64, statements: usize) -> Plan {
    Plan { seed, statements, end_at: END }
}

fn trade(seed: u64, statements: usize) -> Vec<Signed> {
    World::new(plan(seed, statements)).statements(LEDGER).collect()
}
