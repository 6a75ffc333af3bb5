#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::cell::Cell;

use proptest::prelude::*;

use super::*;
use crate::hash::leaf_hash;
use crate::proof::{consistency_proof, inclusion_proof, verify_consistency, verify_inclusion};

fn hashes(level: u8, index: u64, width: u16) -> Option<TileId> {
    TileId::new(TileKind::Hashes(level), index, width)
}

/// The examples of the standard's text.
#[test]
fn paths_are_spelled_as_the_standard_says() {
    let path = |tile: Option<TileId>| tile.unwrap().to_string();
    assert_eq!(path(hashes(0, 1_234_067, 256)), "tile/0/x001/x234/067");
    assert_eq!(path(hashes(1, 0, 17)), "tile/1/000.p/17");
    assert_eq!(path(hashes(2, 0, 1)), "tile/2/000.p/1");
    assert_eq!(path(TileId::new(TileKind::Entries, 273, 112)), "tile/entries/273.p/112");
    assert_eq!(path(hashes(0, 999, 256)), "tile/0/999");
    assert_eq!(path(hashes(0, 1_000, 256)), "tile/0/x001/000");
}

#[test]
fn other_spellings_are_refused() {
    let bad = [
        "",
        "tile/",
        "tile/0",
        "tile/0/",
        "tile/0/0",
        "tile/0/00",
        "tile/0/0000",
        "tile/0/x000/000",
        "tile/0/1000",
        "tile/0/001/000",
        "tile/0/x001/x000",
        "tile/0/000.p/0",
        "tile/0/000.p/256",
        "tile/0/000.p/01",
        "tile/0/000.p/",
        "tile/0/000.p/1/",
        "tile/00/000",
        "tile/+1/000",
        "tile/8/000",
        "tile/63/000",
        "tile/-1/000",
        "tile/entry/000",
        "tile/entries/000.p/300",
        "/tile/0/000",
        "tile/0/000 ",
        "tile/0/0a0",
        "tile/0/x1/000",
        "tile/data/000",
        "tile/0/x999/x999/x999/x999/x999/x999/999",
    ];
    for path in bad {
        assert_eq!(path.parse::<TileId>(), Err(TileIdError), "{path}");
    }
}

/// The standard's own example: which tiles a tree of 70,000 leaves has.
#[test]
fn a_tree_has_the_tiles_that_the_standard_says() {
    let width = |level, index: u64| {
        TileId::holding(TileKind::Hashes(level), index * TILE_WIDTH, 70_000).map(|tile| tile.width())
    };
    assert_eq!((width(0, 272), width(0, 273), width(0, 274)), (Some(256), Some(112), None));
    assert_eq!((width(1, 0), width(1, 1), width(1, 2)), (Some(256), Some(17), None));
    assert_eq!((width(2, 0), width(2, 1)), (Some(1), None));
    assert_eq!(width(3, 0), None);
    let of_256 = |level| TileId::holding(TileKind::Hashes(level), 0, 256).map(|tile| tile.width());
    assert_eq!((of_256(0), of_256(1), of_256(2)), (Some(256), Some(1), None));
}

#[test]
fn tiles_beyond_the_largest_tree_have_no_name() {
    assert!(hashes(7, 0, 127).is_some());
    assert_eq!((hashes(7, 0, 128), hashes(7, 1, 1), hashes(7, u64::MAX, 256)), (None, None, None));
    assert_eq!(hashes(0, u64::MAX, 1), None);
    assert_eq!((hashes(0, 0, 0), hashes(0, 0, 257)), (None, None));
    assert_eq!(TileId::holding(TileKind::Hashes(9), 0, 1 << 40), None);
}

/// A log in memory: cuts tiles out of its leaves and counts how many were read.
struct Memory<'m> {
    leaves: &'m [Hash],
    reads: &'m Cell<usize>,
}

impl TileReader for Memory<'_> {
    type Error = &'static str;

    fn tile(&self, tile: TileId) -> Result<Vec<Hash>, &'static str> {
        self.reads.set(self.reads.get() + 1);
        let TileKind::Hashes(level) = tile.kind() else { return Err("no entries here") };
        let span = 256usize.pow(u32::from(level));
        let first = tile.index() as usize * 256;
        let subtree =
            |at: usize| self.leaves.get(at * span..(at + 1) * span).map(root_of).ok_or("beyond the end");
        (first..first + usize::from(tile.width())).map(subtree).collect()
    }
}

#[test]
fn proofs_out_of_tiles_verify_and_read_few_tiles() {
    let leaves: Vec<Hash> = (0..66_000u64).map(|i| leaf_hash(&i.to_be_bytes())).collect();
    for size in [1, 2, 255, 256, 257, 511, 512, 65_535, 65_536, 65_537, 66_000u64] {
        let root = root_of(&leaves[..size as usize]);
        for at in [0, 1, size / 3, size / 2, size - 1].into_iter().filter(|at| *at < size) {
            let reads = Cell::new(0);
            let tree = TiledTree::new(Memory { leaves: &leaves, reads: &reads }, size);
            let proof = inclusion_proof(&tree, at, size).unwrap();
            verify_inclusion(&leaves[at as usize], at, size, &proof, &root).unwrap();
            assert!(reads.get() <= 6, "leaf {at} of {size} took {} tiles", reads.get());
            let old = at + 1;
            let proof = consistency_proof(&tree, old, size).unwrap();
            verify_consistency(old, &root_of(&leaves[..old as usize]), size, &root, &proof).unwrap();
        }
    }
}

#[test]
fn a_tile_of_another_width_than_its_name_is_refused() {
    struct Short;
    impl TileReader for Short {
        type Error = ();
        fn tile(&self, _: TileId) -> Result<Vec<Hash>, ()> {
            Ok(vec![[0; 32]; 3])
        }
    }
    let tile = hashes(0, 0, 5).unwrap();
    assert_eq!(TiledTree::new(Short, 5).node(0, 4), Err(TiledError::Width(tile, 3)));
    assert_eq!(TiledTree::new(Short, 5).node(0, 5), Err(TiledError::Absent));
    assert_eq!(TiledTree::new(Short, 5).node(3, 0), Err(TiledError::Absent));
}

proptest! {
    #[test]
    fn a_path_reads_back_as_its_tile(level in 0u8..=7, index: u64, width in 1u16..=256, entries: bool) {
        let index = index >> (8 * (u32::from(level) + 2)).min(63);
        let kind = if entries { TileKind::Entries } else { TileKind::Hashes(level) };
        if let Some(tile) = TileId::new(kind, index, width) {
            prop_assert_eq!(tile.to_string().parse::<TileId>(), Ok(tile));
            prop_assert!(tile.needs() > 0);
        }
    }

    #[test]
    fn any_text_that_parses_is_the_spelling_of_its_tile(path in "tile/[0-9entries]{1,7}/[x0-9/.p]{1,12}") {
        if let Ok(tile) = path.parse::<TileId>() {
            prop_assert_eq!(tile.to_string(), path);
        }
    }
}
