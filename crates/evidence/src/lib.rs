//! Checks what a ledger hands out, from bytes alone: receipts, checkpoints, proofs of inclusion and growth, what
//! a seal says of a subject, evidence bundles ([`bundle`]), which it also puts together,
//! proofs of fraud ([`fraud`]), access records, and a page for print ([`report`]).
//!
//! A signer who kept its envelope, or a reader who kept the log's verifier key, can check here what the
//! operator says, with nothing but this crate.
//!
//! Invariants: every function is pure; a check that passes has recomputed each hash that the claim
//! rests on, and none of it is taken from the claim itself.
//!
//! Deliberately absent: the network and files (crate `client`, the binary), the writer's storage and
//! rules: whoever has a log implements [`bundle::Source`]. Whether a signer held the role that its statement
//! takes, which is admission's to say and an auditing witness's to vouch for.

pub mod access;
pub mod bundle;
mod checkpoint;
pub mod fraud;
mod growth;
mod inclusion;
mod receipt;
pub mod report;
mod subject;

pub use access::{AnswerError, ShownDigest, Standing, check_answer, check_digest, standing};
pub use checkpoint::{NoteFault, open_checkpoint};
pub use growth::{Fork, GrowthError, check_growth, is_fork};
pub use inclusion::{InclusionError, check_inclusion, check_under};
pub use receipt::{ReceiptError, check_receipt};
pub use subject::{
    ChainError, ChainedEntry, LinkProof, PlacedRecord, RunProof, SubjectError, SubjectProof, check_chain,
    check_subject,
};
