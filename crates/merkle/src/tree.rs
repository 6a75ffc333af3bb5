//! Tree roots of RFC 6962: of a list at hand, and of a log that grows leaf by leaf.
//!
//! Both walk the same way. A tree of `n` leaves is cut, left to right, into perfect subtrees whose
//! sizes are the binary digits of `n`, largest first; the roots of those subtrees are its *nodes*.
//! A new leaf joins as many nodes, right to left, as `n` has trailing one digits, which is how a
//! binary counter carries.

use crate::hash::{EMPTY_ROOT, HASH_LEN, Hash, node_hash};

#[cfg(test)]
mod tests;

/// Most leaves a tree may have: C2SP clients written in Go hold a size in an `int64`.
pub const MAX_TREE_SIZE: u64 = i64::MAX as u64;

/// A slice cannot have more leaves than an address, so no more nodes than an address has digits.
const MAX_NODES: usize = usize::BITS as usize;

/// Bytes before the nodes in an exported range: the size.
const SIZE_LEN: usize = size_of::<u64>();

/// Root of the tree over `leaves`, which are leaf hashes, in order.
///
/// [`EMPTY_ROOT`] for no leaves, the leaf hash itself for one. Time is linear; memory is a fixed
/// stack frame of 2 KiB, nothing on the heap.
#[must_use]
pub fn root_of(leaves: &[Hash]) -> Hash {
    let mut nodes = [[0; HASH_LEN]; MAX_NODES];
    let mut count = 0;
    for (index, leaf) in leaves.iter().enumerate() {
        let kept = count - index.trailing_ones() as usize;
        nodes[kept] = join(&nodes[kept..count], *leaf);
        count = kept + 1;
    }
    bag(&nodes[..count])
}

/// Joins `right` with the subtrees to its left, nearest first.
fn join(lefts: &[Hash], right: Hash) -> Hash {
    lefts.iter().rev().fold(right, |right, left| node_hash(left, &right))
}

/// Root over the nodes of a tree, largest first.
fn bag(nodes: &[Hash]) -> Hash {
    match nodes.split_last() {
        None => EMPTY_ROOT,
        Some((last, lefts)) => join(lefts, *last),
    }
}

/// Why bytes are not an exported [`CompactRange`]. The stored copy is damaged or of another format:
/// rebuild the range from the leaves.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum RangeError {
    /// The number of nodes or bytes is not the one the size calls for.
    #[error("a compact range's nodes do not fit its size")]
    Length,
    /// The size is above [`MAX_TREE_SIZE`].
    #[error("a compact range's size is above 2^63 - 1")]
    Size,
}

/// The left edge of a growing log: enough to append leaves and to know the root, in at most
/// 63 hashes whatever the size.
///
/// Invariant: `nodes` holds one hash for each one digit of `size`, largest subtree first.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CompactRange {
    size: u64,
    nodes: Vec<Hash>,
}

impl CompactRange {
    /// The range over no leaves.
    #[must_use]
    pub const fn new() -> Self {
        Self { size: 0, nodes: Vec::new() }
    }

    /// Puts a range together from its size and [`nodes`](Self::nodes).
    ///
    /// # Errors
    ///
    /// If the size is too large or calls for another number of nodes. That the hashes are the
    /// right ones cannot be seen here: compare [`root`](Self::root) with a root that is trusted.
    pub fn from_nodes(size: u64, nodes: Vec<Hash>) -> Result<Self, RangeError> {
        if size > MAX_TREE_SIZE {
            return Err(RangeError::Size);
        }
        if nodes.len() != size.count_ones() as usize {
            return Err(RangeError::Length);
        }
        Ok(Self { size, nodes })
    }

    /// Reads what [`to_bytes`](Self::to_bytes) wrote.
    ///
    /// # Errors
    ///
    /// As [`from_nodes`](Self::from_nodes); bytes missing or left over are a length error.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, RangeError> {
        let (size, rest) = bytes.split_first_chunk::<SIZE_LEN>().ok_or(RangeError::Length)?;
        let (nodes, left_over) = rest.as_chunks::<HASH_LEN>();
        if !left_over.is_empty() {
            return Err(RangeError::Length);
        }
        Self::from_nodes(u64::from_be_bytes(*size), nodes.to_vec())
    }

    /// The range as bytes: `size u64 big-endian ‖ nodes, 32 bytes each, largest subtree first`.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(SIZE_LEN + self.nodes.len() * HASH_LEN);
        bytes.extend_from_slice(&self.size.to_be_bytes());
        bytes.extend_from_slice(self.nodes.as_flattened());
        bytes
    }

    /// Appends a leaf, given by its [`leaf_hash`](crate::leaf_hash): two hashes on average,
    /// counting that one.
    pub fn append(&mut self, leaf: Hash) {
        let kept = self.nodes.len() - self.size.trailing_ones() as usize;
        let node = join(&self.nodes[kept..], leaf);
        self.nodes.truncate(kept);
        self.nodes.push(node);
        self.size += 1;
    }

    /// Number of leaves appended.
    #[must_use]
    pub const fn size(&self) -> u64 {
        self.size
    }

    /// Roots of the perfect subtrees, largest first; one for each one digit of the size.
    #[must_use]
    pub fn nodes(&self) -> &[Hash] {
        &self.nodes
    }

    /// Root of the tree over all leaves appended; [`EMPTY_ROOT`] for none.
    #[must_use]
    pub fn root(&self) -> Hash {
        bag(&self.nodes)
    }
}
