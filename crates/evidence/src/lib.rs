//! Checks what a ledger hands out, from bytes alone: receipts and checkpoints.
//!
//! A signer who kept its envelope, or a reader who kept the log's verifier key, can check here what the
//! operator says, with nothing but this crate.
//!
//! Invariants: every function is pure; a check that passes has recomputed each hash that the claim
//! rests on, and none of it is taken from the claim itself.
//!
//! Deliberately absent: the network and files (crate `client`, the binary), the writer's storage and
//! rules, and proofs of inclusion, consistency, completeness and absence, for which no service exists
//! yet.

mod checkpoint;
mod receipt;

pub use checkpoint::{NoteFault, open_checkpoint};
pub use receipt::{ReceiptError, check_receipt};
