//! What leaves show by themselves, to anybody: form, time, tree, and the tiles that a log publishes of it
//! (C2SP `tlog-tiles`).

use merkle::{CompactRange, Hash, leaf_hash};
use statement::{LEAF_LEN, Leaf, LeafType};

use crate::{Defect, Fault};

/// Bytes of a leaf in a bundle: its length as u16 before it.
const FRAMED: usize = 2 + LEAF_LEN;

/// Where a [`LeafAuditor`] stands, for another one to go on from.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LeafPosition {
    /// The tree over the leaves checked.
    pub tree: CompactRange,
    /// When the last of them was recorded, µs since the Unix epoch.
    pub recorded_at: u64,
}

/// Checks leaves in order, without their contents.
#[derive(Clone, Debug, Default)]
pub struct LeafAuditor(LeafPosition);

impl LeafAuditor {
    /// Goes on from there.
    #[must_use]
    pub const fn resume(position: LeafPosition) -> Self {
        Self(position)
    }

    /// Where it stands.
    #[must_use]
    pub const fn position(&self) -> &LeafPosition {
        &self.0
    }

    /// Number of leaves checked.
    #[must_use]
    pub const fn size(&self) -> u64 {
        self.0.tree.size()
    }

    /// RFC 6962 root over them.
    #[must_use]
    pub fn root(&self) -> Hash {
        self.0.tree.root()
    }

    /// Checks the next leaf: version, type, reserved bytes, a genesis first and nowhere else, times in order. Gives
    /// its hash.
    ///
    /// # Errors
    /// [`Fault::Leaf`], [`Fault::Time`].
    pub fn check(&mut self, bytes: &[u8]) -> Result<Hash, Defect> {
        let index = self.size();
        let fault = |fault| Defect { index, fault };
        let leaf = Leaf::decode(bytes).map_err(|_| fault(Fault::Leaf))?;
        if (leaf.leaf_type == LeafType::Genesis) != (index == 0) {
            return Err(fault(Fault::Leaf));
        }
        if leaf.recorded_at < self.0.recorded_at {
            return Err(fault(Fault::Time));
        }
        self.0.recorded_at = leaf.recorded_at;
        let hash = leaf_hash(bytes);
        self.0.tree.append(hash);
        Ok(hash)
    }
}

/// The leaves in a bundle of `width` entries of which the first is `first`.
///
/// # Errors
/// [`Fault::Bundle`] at the entry that is missing, too much, or not framed as a leaf.
pub fn bundle_leaves(bytes: &[u8], first: u64, width: u16) -> Result<Vec<[u8; LEAF_LEN]>, Defect> {
    let fault = |at: usize| Defect { index: first + at as u64, fault: Fault::Bundle };
    let (framed, rest) = bytes.as_chunks::<FRAMED>();
    let width = usize::from(width);
    if framed.len() != width || !rest.is_empty() {
        return Err(fault(framed.len().min(width)));
    }
    let mut leaves = Vec::with_capacity(width);
    for (at, framed) in framed.iter().enumerate() {
        let (length, leaf) = framed.split_at(2);
        let leaf = <[u8; LEAF_LEN]>::try_from(leaf).map_err(|_| fault(at))?;
        if length != (LEAF_LEN as u16).to_be_bytes() {
            return Err(fault(at));
        }
        leaves.push(leaf);
    }
    Ok(leaves)
}

/// Compares a tile of hashes of a level as it was served with what was derived; its first hash is number `first`
/// of the level.
///
/// # Errors
/// [`Fault::Tile`] at the first entry below the first hash that differs or is missing.
pub fn check_tile(level: u8, first: u64, derived: &[Hash], served: &[u8]) -> Result<(), Defect> {
    let (hashes, rest) = served.as_chunks();
    let same = hashes.iter().zip(derived).take_while(|(a, b)| a == b).count();
    if same == derived.len() && hashes.len() == derived.len() && rest.is_empty() {
        return Ok(());
    }
    let index = (first + same as u64) << (8 * u32::from(level)).min(63);
    Err(Defect { index, fault: Fault::Tile(level) })
}
