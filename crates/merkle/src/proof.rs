//! Inclusion and consistency proofs of RFC 6962 section 2.1, made from node hashes and checked from
//! nothing but roots.
//!
//! A proof is the list of subtree roots from the bottom up; at most [`MAX_PROOF_LEN`] of them. Making one
//! reads at most that many subtrees of a [`HashReader`], each cut into at most 63 perfect ones.

use crate::hash::{EMPTY_ROOT, Hash, node_hash};
use crate::tree::{MAX_TREE_SIZE, root_of};

#[cfg(test)]
mod tests;

/// Most hashes in a proof: the height of the highest tree.
pub const MAX_PROOF_LEN: usize = 63;

/// Reads hashes of perfect subtrees.
///
/// A reader serves trees up to some size and is asked for subtrees that lie within it.
pub trait HashReader {
    /// Why a hash cannot be read.
    type Error;

    /// The root of leaves `index << level` up to `(index + 1) << level`; of level 0, a leaf hash.
    ///
    /// # Errors
    /// It cannot be read.
    fn node(&self, level: u32, index: u64) -> Result<Hash, Self::Error>;
}

impl<R: HashReader + ?Sized> HashReader for &R {
    type Error = R::Error;

    fn node(&self, level: u32, index: u64) -> Result<Hash, Self::Error> {
        (**self).node(level, index)
    }
}

/// Leaf hashes in memory as a reader. A node costs as many hashes as it has leaves.
#[derive(Clone, Copy, Debug)]
pub struct Leaves<'l>(pub &'l [Hash]);

impl HashReader for Leaves<'_> {
    type Error = ProofError;

    fn node(&self, level: u32, index: u64) -> Result<Hash, ProofError> {
        let range = index
            .checked_shl(level)
            .zip((index + 1).checked_shl(level))
            .and_then(|(a, b)| Some(usize::try_from(a).ok()?..usize::try_from(b).ok()?));
        range.and_then(|r| self.0.get(r)).map(root_of).ok_or(ProofError::Range)
    }
}

/// Why a proof cannot be made, or does not prove.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ProofError {
    /// The leaf or the smaller tree does not lie within the tree, or that is too large.
    #[error("the proof is asked for a leaf or a size that the tree does not have")]
    Range,
    /// Another number of hashes than leaf and sizes call for.
    #[error("the proof has another number of hashes than it must have")]
    Length,
    /// The hashes lead to another root.
    #[error("the proof leads to another root")]
    Root,
}

/// Why [`inclusion_proof`] or [`consistency_proof`] gave none.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MakeProofError<E> {
    /// It was asked for something that does not exist.
    #[error(transparent)]
    Proof(#[from] ProofError),
    /// A hash could not be read.
    #[error("a hash of the tree cannot be read: {0}")]
    Read(E),
}

/// Root of the tree over the first `size` leaves.
///
/// # Errors
/// The size is above [`MAX_TREE_SIZE`], or a hash cannot be read.
pub fn tree_root<R: HashReader>(reader: &R, size: u64) -> Result<Hash, MakeProofError<R::Error>> {
    if size > MAX_TREE_SIZE {
        return Err(ProofError::Range.into());
    }
    range_root(reader, 0, size)
}

/// Proof that leaf `index` is in the tree over the first `size` leaves.
///
/// # Errors
/// The leaf is not in that tree, or a hash cannot be read.
pub fn inclusion_proof<R: HashReader>(
    reader: &R,
    index: u64,
    size: u64,
) -> Result<Vec<Hash>, MakeProofError<R::Error>> {
    if index >= size || size > MAX_TREE_SIZE {
        return Err(ProofError::Range.into());
    }
    let (mut start, mut end) = (0, size);
    let mut proof = Vec::new();
    while end - start > 1 {
        let middle = start + split(end - start);
        if index < middle {
            proof.push(range_root(reader, middle, end)?);
            end = middle;
        } else {
            proof.push(range_root(reader, start, middle)?);
            start = middle;
        }
    }
    proof.reverse();
    Ok(proof)
}

/// Proof that the tree over the first `old` leaves is the beginning of the one over the first `new`.
/// Empty where either is empty or they are the same.
///
/// # Errors
/// `old` is above `new`, or a hash cannot be read.
pub fn consistency_proof<R: HashReader>(
    reader: &R,
    old: u64,
    new: u64,
) -> Result<Vec<Hash>, MakeProofError<R::Error>> {
    if old > new || new > MAX_TREE_SIZE {
        return Err(ProofError::Range.into());
    }
    if old == 0 || old == new {
        return Ok(Vec::new());
    }
    let (mut start, mut end) = (0, new);
    let mut proof = Vec::new();
    while end != old {
        let middle = start + split(end - start);
        if old <= middle {
            proof.push(range_root(reader, middle, end)?);
            end = middle;
        } else {
            proof.push(range_root(reader, start, middle)?);
            start = middle;
        }
    }
    // The verifier has this one where it is the whole old tree.
    if start != 0 {
        proof.push(range_root(reader, start, end)?);
    }
    proof.reverse();
    Ok(proof)
}

/// The largest power of two below `size`, which is at least 2.
const fn split(size: u64) -> u64 {
    1 << (size - 1).ilog2()
}

/// Root over leaves from `start` to `end`, of which `start` is a multiple of every power of two up to their
/// number.
fn range_root<R: HashReader>(reader: &R, start: u64, end: u64) -> Result<Hash, MakeProofError<R::Error>> {
    let mut nodes = Vec::new();
    let mut at = start;
    while at < end {
        let level = (end - at).ilog2();
        nodes.push(reader.node(level, at >> level).map_err(MakeProofError::Read)?);
        at += 1 << level;
    }
    let right = nodes.into_iter().rev().reduce(|right, left| node_hash(&left, &right));
    Ok(right.unwrap_or(EMPTY_ROOT))
}

/// Checks that the leaf with this hash is leaf `index` of the tree of `size` leaves with this root.
///
/// # Errors
/// What does not fit.
pub fn verify_inclusion(
    leaf: &Hash,
    index: u64,
    size: u64,
    proof: &[Hash],
    root: &Hash,
) -> Result<(), ProofError> {
    if root_from_inclusion(leaf, index, size, proof)? != *root {
        return Err(ProofError::Root);
    }
    Ok(())
}

/// The root that an inclusion proof leads to.
///
/// # Errors
/// [`ProofError::Range`] or [`ProofError::Length`].
pub fn root_from_inclusion(leaf: &Hash, index: u64, size: u64, proof: &[Hash]) -> Result<Hash, ProofError> {
    if index >= size || size > MAX_TREE_SIZE {
        return Err(ProofError::Range);
    }
    // Where leaf and last leaf of the tree are, level by level (RFC 9162 section 2.1.3.2).
    let (mut at, mut last) = (index, size - 1);
    let mut hash = *leaf;
    for sibling in proof {
        if last == 0 {
            return Err(ProofError::Length);
        }
        if at & 1 == 1 || at == last {
            hash = node_hash(sibling, &hash);
            let up = at.trailing_zeros();
            // The last node of a level is carried up unhashed while it has no sibling.
            (at, last) = (at >> up, last >> up);
        } else {
            hash = node_hash(&hash, sibling);
        }
        (at, last) = (at >> 1, last >> 1);
    }
    if last != 0 {
        return Err(ProofError::Length);
    }
    Ok(hash)
}

/// Checks that the tree of `old` leaves is the beginning of the one of `new` leaves.
///
/// An empty tree is the beginning of every tree; its root must be [`EMPTY_ROOT`] and the proof empty.
///
/// # Errors
/// What does not fit.
pub fn verify_consistency(
    old: u64,
    old_root: &Hash,
    new: u64,
    new_root: &Hash,
    proof: &[Hash],
) -> Result<(), ProofError> {
    if old > new || new > MAX_TREE_SIZE {
        return Err(ProofError::Range);
    }
    if old == 0 || old == new {
        return verify_trivial(old, old_root, new, new_root, proof);
    }
    // RFC 9162 section 2.1.4.2: a perfect old tree is its own first hash.
    let (first, rest) = match old.is_power_of_two() {
        true => (old_root, proof),
        false => proof.split_first().ok_or(ProofError::Length)?,
    };
    let mut at = (old - 1) >> (old - 1).trailing_ones();
    let mut last = (new - 1) >> (old - 1).trailing_ones();
    let (mut left, mut right) = (*first, *first);
    for sibling in rest {
        if last == 0 {
            return Err(ProofError::Length);
        }
        if at & 1 == 1 || at == last {
            left = node_hash(sibling, &left);
            right = node_hash(sibling, &right);
            let up = at.trailing_zeros();
            (at, last) = (at >> up, last >> up);
        } else {
            right = node_hash(&right, sibling);
        }
        (at, last) = (at >> 1, last >> 1);
    }
    if last != 0 {
        return Err(ProofError::Length);
    }
    if left != *old_root || right != *new_root {
        return Err(ProofError::Root);
    }
    Ok(())
}

fn verify_trivial(
    old: u64,
    old_root: &Hash,
    new: u64,
    new_root: &Hash,
    proof: &[Hash],
) -> Result<(), ProofError> {
    if !proof.is_empty() {
        return Err(ProofError::Length);
    }
    let expected = if old == new { new_root } else { &EMPTY_ROOT };
    if old_root != expected || (new == 0 && *new_root != EMPTY_ROOT) {
        return Err(ProofError::Root);
    }
    Ok(())
}
