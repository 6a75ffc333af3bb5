//! Signatures over DSSE pre-authentication encoding, key ids, possession, salted hashes of documents
//! (docs/FORMAT.md §1 and §3).

use merkle::{Hash, PublicKey, SigningKey, sha256};
use sha2::{Digest as _, Sha256};

/// Payload type of statements.
pub const STATEMENT_TYPE: &str = "application/vnd.yuanliu.statement.v1+protobuf";
/// Payload type of proofs of possession.
pub const POSSESSION_TYPE: &str = "application/vnd.yuanliu.possession.v1";

/// Identifies a public key: `H("yuanliu/key/v1" ‖ 0x00 ‖ alg ‖ public key)`.
#[must_use]
pub fn key_id(algorithm: u8, public_key: &[u8]) -> Hash {
    sha256(&[b"yuanliu/key/v1\0", &[algorithm], public_key])
}

/// `DSSEv1 SP LEN(type) SP type SP LEN(payload) SP`: what goes before the payload.
fn prefix(payload_type: &str, payload: &[u8]) -> String {
    format!("DSSEv1 {} {payload_type} {} ", payload_type.len(), payload.len())
}

/// What a signature is made over: the payload in its pre-authentication encoding. For keys that lie in
/// devices; keys in memory sign with [`sign`].
#[must_use]
pub fn pre_authentication(payload_type: &str, payload: &[u8]) -> Vec<u8> {
    [prefix(payload_type, payload).as_bytes(), payload].concat()
}

/// Signs a payload of the given type.
#[must_use]
pub fn sign(key: &SigningKey, payload_type: &str, payload: &[u8]) -> [u8; 64] {
    key.sign_parts(&[prefix(payload_type, payload).as_bytes(), payload])
}

/// Whether `signature` is valid over a payload of the given type.
#[must_use]
pub fn verify(key: &PublicKey, payload_type: &str, payload: &[u8], signature: &[u8]) -> bool {
    key.verify_parts(&[prefix(payload_type, payload).as_bytes(), payload], signature).is_ok()
}

/// What a key signs to show that its holder has it: `scope ‖ key id ‖ party id`.
///
/// The scope is the ledger id; in a genesis it is [`genesis_scope`].
#[must_use]
pub fn possession_payload(scope: &Hash, key_id: &Hash, party: &str) -> Vec<u8> {
    [scope, key_id, party.as_bytes()].concat()
}

/// Scope of possession in a genesis: `H(0x1a ‖ origin ‖ 0x00 ‖ its random bytes)`.
#[must_use]
pub fn genesis_scope(origin: &str, random: &[u8]) -> Hash {
    sha256(&[&[0x1a], origin.as_bytes(), &[0], random])
}

/// How a payload names a document that is kept beside the ledger: `H(0x19 ‖ salt ‖ bytes)`.
///
/// The salt is 32 random bytes, stored beside the document and erased with it, never in a payload.
#[must_use]
pub fn attachment_digest(salt: &[u8; 32], bytes: &[u8]) -> Hash {
    let mut hasher = AttachmentHasher::new(salt);
    hasher.update(bytes);
    hasher.finish()
}

/// [`attachment_digest`] of a document that comes piece by piece.
#[derive(Clone)]
pub struct AttachmentHasher(Sha256);

impl AttachmentHasher {
    /// Of an empty document.
    #[must_use]
    pub fn new(salt: &[u8; 32]) -> Self {
        Self(Sha256::new_with_prefix([0x19]).chain_update(salt))
    }

    /// The next bytes of the document.
    pub fn update(&mut self, bytes: &[u8]) {
        self.0.update(bytes);
    }

    /// The digest.
    #[must_use]
    pub fn finish(self) -> Hash {
        self.0.finalize().into()
    }
}
