//! Tiles of the log (C2SP `tlog-tiles`), and proofs out of them.
//!
//! Rows of the view, table `Tile`: `0 ‖ n u64` → the 256 leaves of full bundle *n*; `level ‖ n u64` → the
//! hashes of tile *n* of that level, as many as there are.

use custody::{Table, View, ViewError};
use merkle::{
    Hash, TILE_WIDTH, TileId, TileKind, TileReader, TiledTree, consistency_proof, inclusion_proof, leaf_hash,
};
use statement::LEAF_LEN;
use store::Snapshot;

use crate::{Error, Ledger, SignedCheckpoint};

/// Key of a tile's row.
pub(crate) fn tile_key(level: u8, index: u64) -> [u8; 9] {
    let mut key = [level; 9];
    key[1..].copy_from_slice(&index.to_be_bytes());
    key
}

/// The tiles of a state of the view.
pub(crate) struct Tiles<'v, V>(pub &'v V);

impl<V: View> Tiles<'_, V> {
    /// A leaf as its full bundle has it; `None` where that is not full yet.
    pub(crate) fn leaf(&self, index: u64) -> Result<Option<[u8; LEAF_LEN]>, ViewError> {
        let Some(row) = self.0.get(Table::Tile, &tile_key(0, index / TILE_WIDTH))? else { return Ok(None) };
        let (leaves, _) = row.as_chunks();
        let at = (index % TILE_WIDTH) as usize;
        leaves.get(at).copied().map(Some).ok_or_else(damaged)
    }

    /// Leaves of a bundle.
    fn leaves(&self, index: u64, width: u16) -> Result<Vec<[u8; LEAF_LEN]>, ViewError> {
        if let Some(row) = self.0.get(Table::Tile, &tile_key(0, index))? {
            let (leaves, _) = row.as_chunks();
            return leaves.get(..usize::from(width)).map(<[_]>::to_vec).ok_or_else(damaged);
        }
        let first = index * TILE_WIDTH;
        let leaf = |i| self.0.entry(i)?.map(|entry| entry.leaf).ok_or_else(damaged);
        (first..first + u64::from(width)).map(leaf).collect()
    }
}

impl<V: View> TileReader for Tiles<'_, V> {
    type Error = ViewError;

    fn tile(&self, tile: TileId) -> Result<Vec<Hash>, ViewError> {
        let width = usize::from(tile.width());
        let level = match tile.kind() {
            TileKind::Entries | TileKind::Hashes(0) => {
                let leaves = self.leaves(tile.index(), tile.width())?;
                return Ok(leaves.iter().map(|leaf| leaf_hash(leaf)).collect());
            }
            TileKind::Hashes(level) => level,
        };
        let row = self.0.get(Table::Tile, &tile_key(level, tile.index()))?.ok_or_else(damaged)?;
        row.as_chunks().0.get(..width).map(<[_]>::to_vec).ok_or_else(damaged)
    }
}

fn damaged() -> ViewError {
    ViewError("a tile is missing or damaged; run `yuanliu rebuild`".into())
}

/// The place of an entry under a signed checkpoint.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Inclusion {
    /// Covers the entry.
    pub checkpoint: SignedCheckpoint,
    /// Hashes from the bottom up.
    pub proof: Vec<Hash>,
}

impl Ledger {
    /// The bytes of a tile or bundle of entries, as C2SP `tlog-tiles` serves them; `None` where the newest
    /// signed checkpoint does not cover it.
    ///
    /// # Errors
    /// The view or the log could not be read.
    pub fn tile(&self, tile: TileId) -> Result<Option<Vec<u8>>, Error> {
        let covered = self.checkpoint(None)?.map_or(0, |checkpoint| checkpoint.size);
        if tile.needs() > covered {
            return Ok(None);
        }
        let snapshot = self.snapshot()?;
        let tiles = Tiles(&snapshot);
        if tile.kind() != TileKind::Entries {
            return Ok(Some(tiles.tile(tile)?.into_flattened()));
        }
        let leaves = tiles.leaves(tile.index(), tile.width())?;
        let mut bytes = Vec::with_capacity(leaves.len() * (LEAF_LEN + 2));
        for leaf in leaves {
            bytes.extend_from_slice(&(LEAF_LEN as u16).to_be_bytes());
            bytes.extend_from_slice(&leaf);
        }
        Ok(Some(bytes))
    }

    /// Proof that entry `index` is in the tree over the first `size` entries.
    ///
    /// # Errors
    /// [`Error::NoSuchProof`] where `index` is not below `size`, or `size` above the head's; reading failed.
    pub fn inclusion_proof(&self, index: u64, size: u64) -> Result<Vec<Hash>, Error> {
        let snapshot = self.snapshot()?;
        check_size(size, &snapshot)?;
        Ok(inclusion_proof(&TiledTree::new(Tiles(&snapshot), size), index, size)?)
    }

    /// Proof that the tree over the first `old` entries is the beginning of the one over the first `new`.
    ///
    /// # Errors
    /// [`Error::NoSuchProof`] where `old` is above `new`, or `new` above the head's size; reading failed.
    pub fn consistency_proof(&self, old: u64, new: u64) -> Result<Vec<Hash>, Error> {
        let snapshot = self.snapshot()?;
        check_size(new, &snapshot)?;
        Ok(consistency_proof(&TiledTree::new(Tiles(&snapshot), new), old, new)?)
    }

    /// The place of an entry under the newest signed checkpoint; `None` where that does not cover it (an entry
    /// with a receipt is always covered).
    ///
    /// # Errors
    /// As [`inclusion_proof`](Self::inclusion_proof).
    pub fn inclusion(&self, index: u64) -> Result<Option<Inclusion>, Error> {
        let Some(checkpoint) = self.checkpoint(None)?.filter(|c| index < c.size) else { return Ok(None) };
        let proof = self.inclusion_proof(index, checkpoint.size)?;
        Ok(Some(Inclusion { checkpoint, proof }))
    }
}

fn check_size(size: u64, snapshot: &Snapshot<'_>) -> Result<(), Error> {
    let entries = snapshot.watermark().size();
    if size > entries {
        return Err(Error::NoSuchProof { size, entries });
    }
    Ok(())
}
