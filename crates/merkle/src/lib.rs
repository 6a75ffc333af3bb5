//! Arithmetic of transparency logs: RFC 6962 hashing, tree roots and proofs, the exact Ed25519 acceptance
//! rule of the ledger, the C2SP texts that carry a signed root (`signed-note`, `tlog-checkpoint`,
//! `tlog-cosignature`, `tlog-witness`), and the names of tiles (`tlog-tiles`).
//!
//! # Invariants
//!
//! - Everything is a pure function of its arguments: no I/O, no clock, no randomness, no global
//!   state. Secrets come in as bytes that somebody else drew.
//! - A value that exists is well formed. A [`PublicKey`] generates the prime-order group, a
//!   [`Note`] has text that can be split off again and at least one signature, a [`Checkpoint`]
//!   has an origin that can be a key name, a [`CompactRange`] has as many nodes as its size needs.
//! - Every text has one spelling: parsing and formatting again gives the same bytes.
//! - Signature checks neither allocate nor decompress a point, and there is no batch check: a
//!   batch accepts signatures that single checks refuse, so that two honest readers could disagree
//!   about one record.
//!
//! # Deliberately absent
//!
//! What a leaf means, who may sign what, which roots to trust: callers know. Signature algorithms
//! other than Ed25519: a note keeps such signatures and says nothing about them.
//!
//! ```
//! use merkle::{Checkpoint, CompactRange, Note, SignerKey, SigningKey, leaf_hash};
//!
//! let mut log = CompactRange::new();
//! log.append(leaf_hash(b"first entry"));
//!
//! let signer = SignerKey::new("log.example/a", SigningKey::from_seed(&[7; 32]))?;
//! let checkpoint = Checkpoint::new("log.example/a", log.size(), log.root())?;
//! let published = checkpoint.sign(&signer)?.to_string();
//!
//! let note = Note::parse(published.as_bytes())?;
//! assert_eq!(Checkpoint::open(&note, signer.verifier())?, checkpoint);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod checkpoint;
mod cosignature;
mod ed25519;
mod hash;
mod note;
mod note_key;
mod proof;
mod tail;
mod tile;
mod tree;
mod witness;

pub use checkpoint::{Checkpoint, CheckpointError};
pub use cosignature::{Cosigner, MAX_COSIGNATURE_TIME, WitnessKey};
pub use ed25519::{KeyError, PUBLIC_KEY_LEN, PublicKey, SEED_LEN, SIGNATURE_LEN, SignatureError, SigningKey};
pub use hash::{EMPTY_ROOT, HASH_LEN, Hash, leaf_hash, node_hash, sha256};
pub use note::{MAX_NOTE_LEN, MAX_SIGNATURES, Note, NoteError, NoteSignature};
pub use note_key::{KEY_HASH_LEN, MAX_NAME_LEN, NoteKeyError, SignerKey, VerifierKey};
pub use proof::{
    HashReader, Leaves, MAX_PROOF_LEN, MakeProofError, ProofError, consistency_proof, inclusion_proof,
    root_from_inclusion, tree_root, verify_consistency, verify_inclusion,
};
pub use tail::{TailError, TailTree};
pub use tile::{
    MAX_TILE_LEVEL, TILE_WIDTH, TileId, TileIdError, TileKind, TileReader, TiledError, TiledTree,
};
pub use tree::{CompactRange, MAX_TREE_SIZE, RangeError, root_of};
pub use witness::{AddCheckpoint, AddCheckpointError, MAX_REQUEST_LEN, parse_conflict, parse_signatures};
