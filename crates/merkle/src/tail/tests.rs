#![allow(clippy::unwrap_used, clippy::expect_used)]

use proptest::prelude::*;

use super::*;
use crate::hash::{EMPTY_ROOT, leaf_hash};
use crate::proof::{Leaves, MakeProofError, inclusion_proof};
use crate::tree::root_of;

fn leaves(count: u64) -> Vec<Hash> {
    (0..count).map(|i| leaf_hash(&i.to_be_bytes())).collect()
}

fn edge(leaves: &[Hash]) -> CompactRange {
    let mut range = CompactRange::new();
    leaves.iter().for_each(|leaf| range.append(*leaf));
    range
}

/// Proves one in `step` of the appended leaves.
fn check(all: &[Hash], start: usize, step: usize) {
    let tail = TailTree::new(edge(&all[..start]), all[start..].to_vec()).unwrap();
    assert_eq!(tail.edge(), &edge(all), "{start} and {} more", all.len() - start);
    assert_eq!((tail.start(), tail.edge().root()), (start as u64, root_of(all)));
    let size = all.len() as u64;
    for at in (start as u64..size).step_by(step) {
        for smaller in [at + 1, size] {
            let proof = inclusion_proof(&tail, at, smaller).unwrap();
            assert_eq!(proof, inclusion_proof(&Leaves(all), at, smaller).unwrap(), "{at} of {smaller}");
        }
    }
}

#[test]
fn every_cut_of_every_small_tree_proves_its_newest_leaves() {
    for size in 0..40u64 {
        for start in 0..=size {
            check(&leaves(size), start as usize, 1);
        }
    }
}

#[test]
fn older_leaves_are_not_known() {
    let all = leaves(12);
    let tail = TailTree::new(edge(&all[..8]), all[8..].to_vec()).unwrap();
    assert_eq!(inclusion_proof(&tail, 3, 12), Err(MakeProofError::Read(TailError)));
    assert_eq!(tail.node(0, 12), Err(TailError));
    assert_eq!(TailTree::new(CompactRange::new(), Vec::new()).unwrap().edge().root(), EMPTY_ROOT);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    #[test]
    fn larger_tails_prove_too(start in 0usize..2_000, more in 1usize..600) {
        check(&leaves((start + more) as u64), start, 1 + more / 8);
    }
}
