//! The growing end of the log as its tree sees it: chain, left edge, and the tiles that fill up.
//!
//! Tiles are rows of the view, written with the batch that fills them: the leaves of each full bundle of 256,
//! and the hashes of every tile above level 0, as far as it has come. What a bundle that is not yet full
//! holds is read from the log.

use custody::{RecordedEntry, Table};
use merkle::{Hash, RangeError, TILE_WIDTH, TailTree, leaf_hash, root_of};
use statement::LEAF_LEN;
use store::{Log, StoredView, ViewBatch, Watermark};

use crate::{Error, tiles::tile_key};

/// Chain, left edge and open tiles after some entry.
#[derive(Debug)]
pub(crate) struct Edge {
    mark: Watermark,
    /// Leaves since the last full bundle.
    leaves: Vec<[u8; LEAF_LEN]>,
    /// Hashes in the open tile of level 1, 2, …; none of them is full.
    levels: Vec<Vec<Hash>>,
    /// Tile rows that have changed since they were last taken.
    rows: Vec<([u8; 9], Vec<u8>)>,
}

impl Edge {
    /// The state that a view was left in.
    pub(crate) fn load(log: &Log, view: &StoredView) -> Result<Self, Error> {
        let mark = view.watermark()?;
        let size = mark.size();
        let mut levels = Vec::new();
        let mut hashes = size / TILE_WIDTH;
        while hashes > 0 {
            levels.push(Self::open_tile(view, levels.len() as u8 + 1, hashes)?);
            hashes /= TILE_WIDTH;
        }
        let mut leaves = Vec::with_capacity(TILE_WIDTH as usize);
        if size <= log.size() {
            let open = log.entries(size - size % TILE_WIDTH)?.take((size % TILE_WIDTH) as usize);
            for entry in open {
                leaves.push(entry?.leaf);
            }
        }
        Ok(Self { mark, leaves, levels, rows: Vec::new() })
    }

    /// The hashes of the last tile of a level that has come to `hashes` in all.
    fn open_tile(view: &StoredView, level: u8, hashes: u64) -> Result<Vec<Hash>, Error> {
        let width = (hashes % TILE_WIDTH) as usize;
        if width == 0 {
            return Ok(Vec::new());
        }
        let row = view.get(Table::Tile, &tile_key(level, hashes / TILE_WIDTH))?.unwrap_or_default();
        match row.as_chunks() {
            (found, []) if found.len() == width => Ok(found.to_vec()),
            _ => Err(custody::ViewError("damaged tile row; run `yuanliu rebuild`".into()).into()),
        }
    }

    /// Size, chain and left edge.
    pub(crate) const fn mark(&self) -> &Watermark {
        &self.mark
    }

    /// Goes on by one entry.
    pub(crate) fn append(&mut self, entry: &RecordedEntry) {
        self.mark.range.append(leaf_hash(&entry.leaf));
        self.mark.chain = entry.chain;
        self.fill(&entry.leaf);
    }

    /// Goes on by these entries; gives what proves them.
    pub(crate) fn extend(&mut self, entries: &[RecordedEntry]) -> Result<TailTree, RangeError> {
        let hashes = entries.iter().map(|entry| leaf_hash(&entry.leaf)).collect();
        let tail = TailTree::new(self.mark.range.clone(), hashes)?;
        self.mark.range = tail.edge().clone();
        for entry in entries {
            self.mark.chain = entry.chain;
            self.fill(&entry.leaf);
        }
        Ok(tail)
    }

    /// Puts the rows that have changed to a batch, which must be the one that the mark goes with.
    pub(crate) fn write(&mut self, batch: &mut ViewBatch) {
        for (key, row) in self.rows.drain(..) {
            batch.put(Table::Tile, &key, &row);
        }
    }

    /// Takes a leaf into its bundle, and a full bundle into the tiles above. The number of entries before it
    /// is that of the bundles before, and the mark has gone on already.
    fn fill(&mut self, leaf: &[u8; LEAF_LEN]) {
        self.leaves.push(*leaf);
        if self.leaves.len() < TILE_WIDTH as usize {
            return;
        }
        let hashes: Vec<Hash> = self.leaves.iter().map(|leaf| leaf_hash(leaf)).collect();
        let mut index = self.bundles();
        self.rows.push((tile_key(0, index), self.leaves.as_flattened().to_vec()));
        self.leaves.clear();
        let mut root = root_of(&hashes);
        for level in 1.. {
            if self.levels.len() < level {
                self.levels.push(Vec::new());
            }
            let tile = &mut self.levels[level - 1];
            tile.push(root);
            index /= TILE_WIDTH;
            self.rows.push((tile_key(level as u8, index), tile.as_flattened().to_vec()));
            if tile.len() < TILE_WIDTH as usize {
                return;
            }
            root = root_of(tile);
            tile.clear();
        }
    }

    /// Full bundles before the one that is open.
    fn bundles(&self) -> u64 {
        self.levels.iter().rev().fold(0, |sum, tile| sum * TILE_WIDTH + tile.len() as u64)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]

    use std::collections::BTreeMap;

    use prost::bytes::Bytes;

    use super::*;

    fn entry(i: u64) -> RecordedEntry {
        let mut leaf = [0; LEAF_LEN];
        leaf[..8].copy_from_slice(&i.to_be_bytes());
        RecordedEntry { leaf, chain: [7; 32], envelope: Bytes::new(), payload: Bytes::new() }
    }

    /// Over three levels, and whether one by one or in batches: the same rows, and the right ones.
    #[test]
    fn tiles_of_three_levels_are_those_of_the_tree() {
        let size = 66_200u64;
        let new =
            || Edge { mark: Watermark::default(), leaves: Vec::new(), levels: Vec::new(), rows: Vec::new() };
        let (mut one, mut many) = (new(), new());
        let entries: Vec<_> = (0..size).map(entry).collect();
        entries.iter().for_each(|e| one.append(e));
        for batch in entries.chunks(777) {
            many.extend(batch).unwrap();
        }
        assert_eq!(one.mark, many.mark);
        let rows: BTreeMap<_, _> = one.rows.iter().cloned().collect();
        assert_eq!(rows, many.rows.iter().cloned().collect());
        let hashes: Vec<Hash> = entries.iter().map(|e| leaf_hash(&e.leaf)).collect();
        assert_eq!(one.mark.range.root(), root_of(&hashes));
        let level_1: Vec<Hash> = hashes.chunks_exact(256).map(root_of).collect();
        for (n, tile) in level_1.chunks(256).enumerate() {
            assert_eq!(rows[&tile_key(1, n as u64)], tile.as_flattened());
        }
        let level_2: Vec<Hash> = level_1.chunks_exact(256).map(root_of).collect();
        assert_eq!(rows[&tile_key(2, 0)], level_2.as_flattened());
        for (n, bundle) in entries.chunks_exact(256).enumerate() {
            let leaves: Vec<u8> = bundle.iter().flat_map(|e| e.leaf).collect();
            assert_eq!(rows[&tile_key(0, n as u64)], leaves);
        }
        assert_eq!(rows.len(), 258 + 2 + 1);
    }
}
