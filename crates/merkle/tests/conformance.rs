//! Opens a log that another implementation wrote, and derives each of its roots again.
//!
//! The log lies in the conformance folder, which is not part of the product. Without it the tests
//! say on standard error that they were skipped; with `YUANLIU_CONFORMANCE` set they insist on it.

#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::{
    env, fs,
    io::{Write, stderr},
    path::{Path, PathBuf},
};

use merkle::{
    Checkpoint, CompactRange, Hash, Note, TileId, TileReader, TiledTree, VerifierKey, consistency_proof,
    inclusion_proof, leaf_hash, root_of, tree_root, verify_consistency, verify_inclusion,
};

const VERIFIER: &str = "example.com/log/testdata+33d7b496+AeHTu4Q3hEIMHNqc6fASMsq3rKNx280NI+oO5xCFkkSx";

/// The folder of the log, or nothing after saying that the test is skipped.
#[allow(clippy::disallowed_methods, reason = "the folder is optional, so it cannot be compiled in")]
#[allow(clippy::explicit_write, reason = "print macros are captured; a skip must not look like a pass")]
fn example_log() -> Option<PathBuf> {
    let asked = env::var_os("YUANLIU_CONFORMANCE").map(PathBuf::from);
    let usual = || Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data");
    let log = asked.clone().unwrap_or_else(usual).join("tlog/example-log");
    if log.is_dir() {
        return Some(log);
    }
    assert_eq!(asked, None, "no log at {}", log.display());
    writeln!(stderr(), "SKIPPED: no conformance data at {}", log.display()).unwrap();
    None
}

/// Every checkpoint file of the log, opened.
#[allow(clippy::disallowed_methods, reason = "reads the optional folder")]
fn checkpoints(log: &Path) -> Vec<Checkpoint> {
    let key: VerifierKey = VERIFIER.parse().unwrap();
    let open = |path: &Path| {
        let bytes = fs::read(path).unwrap();
        let note = Note::parse(&bytes).unwrap();
        assert_eq!(note.to_string().as_bytes(), bytes);
        Checkpoint::open(&note, &key).unwrap()
    };
    fs::read_dir(log)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.file_stem().is_some_and(|stem| stem == "checkpoint"))
        .map(|path| open(&path))
        .collect()
}

/// Leaf hashes of a bundle: each entry is preceded by its length as a u16 (C2SP `tlog-tiles`).
#[allow(clippy::disallowed_methods, reason = "reads the optional folder")]
fn bundle(log: &Path, entries: u64) -> Vec<Hash> {
    let bytes = fs::read(log.join(format!("tile/entries/000.p/{entries}"))).unwrap();
    let mut rest = &bytes[..];
    let mut leaves = Vec::new();
    while let Some((length, tail)) = rest.split_first_chunk() {
        let (entry, tail) = tail.split_at(usize::from(u16::from_be_bytes(*length)));
        leaves.push(leaf_hash(entry));
        rest = tail;
    }
    assert_eq!((leaves.len() as u64, rest), (entries, &[][..]));
    leaves
}

#[test]
fn every_checkpoint_opens_and_has_the_root_of_its_entries() {
    let Some(log) = example_log() else { return };
    let checkpoints = checkpoints(&log);
    assert!(checkpoints.len() > 10, "{} checkpoints", checkpoints.len());
    for checkpoint in checkpoints {
        let leaves = match checkpoint.size() {
            0 => Vec::new(),
            size => bundle(&log, size),
        };
        let mut range = CompactRange::new();
        leaves.iter().for_each(|leaf| range.append(*leaf));
        assert_eq!(range.size(), checkpoint.size());
        assert_eq!(&range.root(), checkpoint.root(), "size {}", checkpoint.size());
        assert_eq!(&root_of(&leaves), checkpoint.root());
    }
}

#[test]
fn a_log_that_grows_passes_through_every_published_root() {
    let Some(log) = example_log() else { return };
    let mut checkpoints = checkpoints(&log);
    checkpoints.sort_by_key(Checkpoint::size);
    let leaves = bundle(&log, checkpoints.last().unwrap().size());
    let mut range = CompactRange::new();
    for checkpoint in checkpoints {
        let from = usize::try_from(range.size()).unwrap();
        let to = usize::try_from(checkpoint.size()).unwrap();
        leaves[from..to].iter().for_each(|leaf| range.append(*leaf));
        assert_eq!(&range.root(), checkpoint.root(), "size {to}");
    }
}

/// The tiles of the log, by their paths.
struct Tiles(PathBuf);

impl TileReader for Tiles {
    type Error = String;

    #[allow(clippy::disallowed_methods, reason = "reads the optional folder")]
    fn tile(&self, tile: TileId) -> Result<Vec<Hash>, String> {
        let bytes = fs::read(self.0.join(tile.to_string())).map_err(|e| format!("{tile}: {e}"))?;
        Ok(bytes.as_chunks().0.to_vec())
    }
}

/// From the published tiles alone: the root of every checkpoint, inclusion of every entry in every
/// checkpoint, and consistency of every two.
#[test]
fn proofs_out_of_published_tiles_verify_against_published_checkpoints() {
    let Some(log) = example_log() else { return };
    let mut checkpoints = checkpoints(&log);
    checkpoints.sort_by_key(Checkpoint::size);
    checkpoints.retain(|c| c.size() > 0);
    let newest = checkpoints.last().unwrap().size();
    let entries = bundle(&log, newest);
    for checkpoint in &checkpoints {
        let (size, root) = (checkpoint.size(), checkpoint.root());
        let tree = TiledTree::new(Tiles(log.clone()), size);
        assert_eq!(&tree_root(&tree, size).unwrap(), root);
        for at in 0..size {
            let proof = inclusion_proof(&tree, at, size).unwrap();
            verify_inclusion(&entries[at as usize], at, size, &proof, root).unwrap();
        }
        for old in checkpoints.iter().take_while(|old| old.size() <= size) {
            let proof = consistency_proof(&tree, old.size(), size).unwrap();
            verify_consistency(old.size(), old.root(), size, root, &proof).unwrap();
        }
    }
}
