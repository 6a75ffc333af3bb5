//! The right end of a growing tree: enough to prove its newest leaves without reading the others.

use crate::hash::{Hash, node_hash};
use crate::proof::HashReader;
use crate::tree::{CompactRange, RangeError};

#[cfg(test)]
mod tests;

/// A node that a [`TailTree`] does not know.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the node lies to the left of what the tail of the tree knows")]
pub struct TailError;

/// Leaves appended to a tree of which the left edge is known.
///
/// Knows every node that a proof of one of these leaves takes, in this tree and in any smaller one that has
/// the leaf. Making it costs one node hash a leaf, as appending does.
#[derive(Clone, Debug)]
pub struct TailTree {
    before: CompactRange,
    after: CompactRange,
    /// By level: index of the first node, and the nodes from there on.
    levels: Vec<(u64, Vec<Hash>)>,
}

impl TailTree {
    /// The tree of `before` with these leaf hashes appended.
    ///
    /// # Errors
    /// The tree would be above [`MAX_TREE_SIZE`](crate::MAX_TREE_SIZE).
    pub fn new(before: CompactRange, leaves: Vec<Hash>) -> Result<Self, RangeError> {
        let size = before.size() + leaves.len() as u64;
        let mut levels = vec![(before.size(), leaves)];
        for level in 0..size.checked_ilog2().unwrap_or(0) {
            let (first, nodes) = &levels[level as usize];
            // A node whose left child lies before the tail: that child is on the left edge.
            let left = if first & 1 == 1 { edge_node(&before, level) } else { None };
            let above = left.iter().chain(nodes).collect::<Vec<_>>();
            let above = above.chunks_exact(2).map(|pair| node_hash(pair[0], pair[1])).collect();
            levels.push((first / 2, above));
        }
        let nodes = (0..u64::BITS).rev().filter(|level| size >> level & 1 == 1);
        let last = |level: u32| {
            let (first, nodes) = levels.get(level as usize)?;
            let at = (size >> level) - 1;
            at.checked_sub(*first)
                .and_then(|i| nodes.get(i as usize).copied())
                .or_else(|| edge_node(&before, level))
        };
        let after = nodes.filter_map(last).collect();
        // One node for each one digit of the size, whichever side it lies on.
        let after = CompactRange::from_nodes(size, after)?;
        Ok(Self { before, after, levels })
    }

    /// The left edge after the last leaf; its root is that of the whole tree.
    #[must_use]
    pub const fn edge(&self) -> &CompactRange {
        &self.after
    }

    /// Index of the first leaf appended.
    #[must_use]
    pub const fn start(&self) -> u64 {
        self.before.size()
    }
}

/// The node of the edge that spans 2^level leaves.
fn edge_node(edge: &CompactRange, level: u32) -> Option<Hash> {
    if edge.size() >> level & 1 == 0 {
        return None;
    }
    // Nodes stand largest first; this one has as many before it as there are digits above.
    let above = (edge.size() >> level >> 1).count_ones() as usize;
    edge.nodes().get(above).copied()
}

impl HashReader for TailTree {
    type Error = TailError;

    fn node(&self, level: u32, index: u64) -> Result<Hash, TailError> {
        let known = self.levels.get(level as usize).and_then(|(first, nodes)| {
            index.checked_sub(*first).and_then(|i| nodes.get(usize::try_from(i).ok()?)).copied()
        });
        let on_edge = || {
            let last = (self.before.size() >> level).checked_sub(1)?;
            (index == last).then(|| edge_node(&self.before, level)).flatten()
        };
        known.or_else(on_edge).ok_or(TailError)
    }
}
