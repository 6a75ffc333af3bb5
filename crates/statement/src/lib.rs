//! Statements: what parties sign, in exactly the form that verifiers recompute (docs/FORMAT.md).
//!
//! From bytes to a [`Statement`]: the strict scanner ([`scan`]), decoding, validation of every field,
//! all faults reported at once as a [`Refusal`]. From a statement to the log: DSSE signatures
//! ([`sign`], [`verify`]), [`Envelope`], [`Leaf`], chain, subjects and their links. The kind table
//! ([`KINDS`]) says for each kind who may sign, what it links and where it stands among causes.
//!
//! Invariants: what is hashed is what was signed, never what a serializer emits; every function is
//! pure. Deliberately absent: looking anything up (crate `custody`), storage, clocks, randomness.

mod access;
mod act;
mod amend;
mod caution;
mod check;
mod date;
mod dsse;
mod envelope;
mod genesis;
mod kind;
mod model;
pub mod policy;
mod reason;
mod region;
pub mod scan;
mod seal;
mod subject;
mod subjects;
mod words;

pub use access::{
    ACCESS_TYPE, AccessDigest, AccessLeaf, AccessRecord, DIGEST_DUE, MAX_MINUTE_RECORDS, MAX_QUESTION,
    MINUTE, SignedAccess, minute_end,
};
pub use act::GoodsAct;
pub use amend::line_fields;
pub use caution::{VisitCaution, visit_cautions};
pub use check::{MAX_ITEMS, MAX_LOTS, is_nfc};
pub use date::{Day, within};
pub use dsse::{
    AttachmentHasher, POSSESSION_TYPE, STATEMENT_TYPE, attachment_digest, genesis_scope, key_id,
    possession_payload, pre_authentication, sign, verify,
};
pub use envelope::{
    ALG_ED25519, ENVELOPE_LEN, Envelope, FormatError, LEAF_LEN, Leaf, LeafType, Link, chain_hash,
    content_hash, links_hash, links_hash_of, secret,
};
pub use genesis::{
    DEFAULT_MAX_AHEAD, DEFAULT_MAX_ID_AGE, Genesis, GenesisError, genesis_subjects, witness_key,
};
pub use kind::{
    KINDS, KindRow, REMITS, Relation, Remit, Secrecy, Signers, in_closure, kind_row, remit, visit_remits,
};
pub use model::{MAX_PAYLOAD, Reference, Statement, bill_text, id_bytes, id_millis, kind_of};
pub use proto::v1::{Role, StatementKind as Kind};
pub use reason::{Class, Reason, Refusal, Violation};
pub use region::{is_provincial_registration, may_lie_in, party_region, registration_province};
pub use seal::{MAX_RUNS, RUN_RECORD_LEN, RunRecord, RunRef, Seal, SubjectState};
pub use subject::{Subject, SubjectKey, SubjectKind, hex_text, subject_key};
pub use subjects::{
    Named, own_subjects, registration_product, sort_named, visit_act_subjects, visit_subjects,
};
pub use words::Words;
