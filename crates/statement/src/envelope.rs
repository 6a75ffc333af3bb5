//! Envelope, leaf and chain (docs/FORMAT.md §4).

use merkle::{Hash, leaf_hash, sha256};

use crate::subject::SubjectKey;

/// Ed25519 in envelopes and key ids. 2 (SM2) and 3 (ML-DSA-44) are reserved.
pub const ALG_ED25519: u8 = 1;
/// Bytes of an envelope with an Ed25519 signature.
pub const ENVELOPE_LEN: usize = 4 + 32 + 32 + 64;
/// Bytes of a leaf.
pub const LEAF_LEN: usize = 80;

/// Who signed which payload: what the ledger keeps beside the payload.
///
/// ```text
///   0  u8   1
///   1  u8   algorithm
///   2  u16  signature length
///   4  32   key id
///  36  32   H(payload)
///  68  …    signature
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Envelope {
    /// Id of the signing key.
    pub key_id: Hash,
    /// `H(payload)`.
    pub digest: Hash,
    /// Ed25519 signature.
    pub signature: [u8; 64],
}

/// Bytes that are not what they should be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a valid {0}")]
pub struct FormatError(pub &'static str);

impl Envelope {
    /// Its 132 bytes.
    #[must_use]
    pub fn encode(&self) -> [u8; ENVELOPE_LEN] {
        let mut bytes = [0; ENVELOPE_LEN];
        bytes[0] = 1;
        bytes[1] = ALG_ED25519;
        bytes[2..4].copy_from_slice(&64u16.to_be_bytes());
        bytes[4..36].copy_from_slice(&self.key_id);
        bytes[36..68].copy_from_slice(&self.digest);
        bytes[68..].copy_from_slice(&self.signature);
        bytes
    }

    /// Reads it back.
    ///
    /// # Errors
    /// Any other version, algorithm or length.
    pub fn decode(bytes: &[u8]) -> Result<Self, FormatError> {
        let bytes: &[u8; ENVELOPE_LEN] = bytes.try_into().map_err(|_| FormatError("envelope"))?;
        if bytes[..4] != [1, ALG_ED25519, 0, 64] {
            return Err(FormatError("envelope"));
        }
        let mut envelope = Self { key_id: [0; 32], digest: [0; 32], signature: [0; 64] };
        envelope.key_id.copy_from_slice(&bytes[4..36]);
        envelope.digest.copy_from_slice(&bytes[36..68]);
        envelope.signature.copy_from_slice(&bytes[68..]);
        Ok(envelope)
    }
}

/// What an entry is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum LeafType {
    /// Entry 0.
    Genesis = 0,
    /// A signed statement.
    Statement = 1,
    /// Commits to the newest head of every subject.
    Seal = 2,
    /// Commits to the access records of a minute.
    AccessDigest = 3,
}

/// The 80 public bytes of an entry; the layout stands in docs/FORMAT.md §4.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Leaf {
    /// What the entry is.
    pub leaf_type: LeafType,
    /// µs since the Unix epoch, never below the entry before.
    pub recorded_at: u64,
    /// `H(0x13 ‖ envelope)`; for other types `H(0x13 ‖ payload)`.
    pub content: Hash,
    /// `H(0x15 ‖ link count u32 ‖ links root)`.
    pub links: Hash,
}

impl Leaf {
    /// Its 80 bytes.
    #[must_use]
    pub fn encode(&self) -> [u8; LEAF_LEN] {
        let mut bytes = [0; LEAF_LEN];
        bytes[0] = 1;
        bytes[1] = self.leaf_type as u8;
        bytes[4..12].copy_from_slice(&self.recorded_at.to_be_bytes());
        bytes[16..48].copy_from_slice(&self.content);
        bytes[48..].copy_from_slice(&self.links);
        bytes
    }

    /// Reads it back.
    ///
    /// # Errors
    /// Another version or type, a reserved byte that is not zero, another length.
    pub fn decode(bytes: &[u8]) -> Result<Self, FormatError> {
        let bytes: &[u8; LEAF_LEN] = bytes.try_into().map_err(|_| FormatError("leaf"))?;
        let leaf_type = match bytes[1] {
            0 => LeafType::Genesis,
            1 => LeafType::Statement,
            2 => LeafType::Seal,
            3 => LeafType::AccessDigest,
            _ => return Err(FormatError("leaf")),
        };
        if bytes[0] != 1 || bytes[2..4] != [0; 2] || bytes[12..16] != [0; 4] {
            return Err(FormatError("leaf"));
        }
        let mut recorded_at = [0; 8];
        recorded_at.copy_from_slice(&bytes[4..12]);
        let mut leaf = Self {
            leaf_type,
            recorded_at: u64::from_be_bytes(recorded_at),
            content: [0; 32],
            links: [0; 32],
        };
        leaf.content.copy_from_slice(&bytes[16..48]);
        leaf.links.copy_from_slice(&bytes[48..]);
        Ok(leaf)
    }
}

/// Bytes 16–47 of a leaf: over the envelope of a statement, over the payload of every other type.
#[must_use]
pub fn content_hash(envelope_or_payload: &[u8]) -> Hash {
    sha256(&[&[0x13], envelope_or_payload])
}

/// Chain hash after an entry: `H(0x10 ‖ chain before ‖ leaf hash)`; 32 zero bytes before the first.
#[must_use]
pub fn chain_hash(before: &Hash, leaf: &[u8; LEAF_LEN]) -> Hash {
    sha256(&[&[0x10], before, &leaf_hash(leaf)])
}

/// What blinds an entry's links: `H(0x14 ‖ envelope)`; in a genesis over its payload.
#[must_use]
pub fn secret(envelope_or_payload: &[u8]) -> Hash {
    sha256(&[&[0x14], envelope_or_payload])
}

/// One link of an entry: a subject and its head before the entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Link {
    /// The subject.
    pub subject: SubjectKey,
    /// Its head before this entry, zeros if it had none.
    pub previous: Hash,
    /// `H(0x18 ‖ secret ‖ S)`.
    pub blind: Hash,
}

impl Link {
    /// A link of the entry with this [`secret`].
    #[must_use]
    pub fn new(secret: &Hash, subject: SubjectKey, previous: Hash) -> Self {
        Self { subject, previous, blind: sha256(&[&[0x18], secret, &subject.0]) }
    }

    /// RFC 6962 leaf hash over `S ‖ previous head ‖ blind`.
    #[must_use]
    pub fn leaf_hash(&self) -> Hash {
        sha256(&[&[0], &self.subject.0, &self.previous, &self.blind])
    }

    /// Head of the subject after the entry: `H(0x12 ‖ previous ‖ index ‖ leaf hash ‖ blind)`.
    #[must_use]
    pub fn head(&self, index: u64, leaf_hash: &Hash) -> Hash {
        sha256(&[&[0x12], &self.previous, &index.to_be_bytes(), leaf_hash, &self.blind])
    }
}

/// Bytes 48–79 of a leaf: `H(0x15 ‖ link count u32 ‖ links root)`.
///
/// `links` must be in strictly ascending order of subject (debug-asserted; the caller sorts).
#[must_use]
pub fn links_hash(links: &[Link]) -> Hash {
    debug_assert!(links.windows(2).all(|w| w[0].subject < w[1].subject));
    let leaves: Vec<Hash> = links.iter().map(Link::leaf_hash).collect();
    // At most a few thousand links (limit of subjects), so the count fits.
    links_hash_of(leaves.len() as u32, &merkle::root_of(&leaves))
}

/// The same from the number of links and the RFC 6962 root over them.
#[must_use]
pub fn links_hash_of(count: u32, root: &Hash) -> Hash {
    sha256(&[&[0x15], &count.to_be_bytes(), root])
}
