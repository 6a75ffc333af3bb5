//! SHA-256 and the domain separation of RFC 6962 section 2.1.

use sha2::{Digest, Sha256};

/// Length of a [`type@Hash`] in bytes.
pub const HASH_LEN: usize = 32;

/// A SHA-256 value: a leaf hash, an inner node or a root.
pub type Hash = [u8; HASH_LEN];

/// Root of the tree without leaves: SHA-256 of the empty string (RFC 6962 section 2.1).
pub const EMPTY_ROOT: Hash = [
    0xe3, 0xb0, 0xc4, 0x42, 0x98, 0xfc, 0x1c, 0x14, 0x9a, 0xfb, 0xf4, 0xc8, 0x99, 0x6f, 0xb9, 0x24, 0x27,
    0xae, 0x41, 0xe4, 0x64, 0x9b, 0x93, 0x4c, 0xa4, 0x95, 0x99, 0x1b, 0x78, 0x52, 0xb8, 0x55,
];

/// First byte under a leaf hash. It differs from [`NODE_TAG`], so that no leaf can pose as a node.
const LEAF_TAG: u8 = 0x00;
/// First byte under a node hash.
const NODE_TAG: u8 = 0x01;
const _: () = assert!(LEAF_TAG != NODE_TAG);

/// SHA-256 of the concatenation of `parts`, without building it in memory.
///
/// The boundaries between parts do not enter the hash: lengths and tags that keep two preimages
/// apart are the caller's to add.
#[must_use]
pub fn sha256(parts: &[&[u8]]) -> Hash {
    let mut hasher = Sha256::new();
    for part in parts {
        hasher.update(part);
    }
    hasher.finalize().into()
}

/// Hash of a leaf: `SHA-256(0x00 ‖ data)` (RFC 6962 section 2.1).
#[must_use]
pub fn leaf_hash(data: &[u8]) -> Hash {
    sha256(&[&[LEAF_TAG], data])
}

/// Hash of an inner node: `SHA-256(0x01 ‖ left ‖ right)` (RFC 6962 section 2.1).
#[must_use]
pub fn node_hash(left: &Hash, right: &Hash) -> Hash {
    sha256(&[&[NODE_TAG], left, right])
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]

    use super::*;

    fn check(hash: Hash, expect: &str) {
        assert_eq!(hex::encode(hash), expect);
    }

    #[test]
    fn the_empty_root_is_the_hash_of_nothing() {
        assert_eq!(sha256(&[]), EMPTY_ROOT);
        assert_eq!(sha256(&[b"", b""]), EMPTY_ROOT);
    }

    #[test]
    fn parts_hash_like_their_concatenation() {
        check(
            sha256(&[b"a", b"", b"bc"]),
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
        );
    }

    /// Values published with the Certificate Transparency code (Trillian's `rfc6962` package).
    #[test]
    fn leaves_and_nodes_match_the_published_vectors() {
        check(leaf_hash(b""), "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d");
        check(leaf_hash(b"L123456"), "395aa064aa4c29f7010acfe3f25db9485bbd4b91897b6ad7ad547639252b4d56");
        check(
            sha256(&[&[NODE_TAG], b"N123", b"N456"]),
            "aa217fe888e47007fa15edab33c2b492a722cb106c64667fc2b044444de66bbb",
        );
    }

    #[test]
    fn a_leaf_that_looks_like_a_node_hashes_differently() {
        let (left, right) = (leaf_hash(b"l"), leaf_hash(b"r"));
        let posing = [left, right].concat();
        assert_ne!(leaf_hash(&posing), node_hash(&left, &right));
        assert_eq!(sha256(&[&[NODE_TAG], &posing]), node_hash(&left, &right));
    }
}
