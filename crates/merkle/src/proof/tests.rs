#![allow(clippy::unwrap_used, clippy::expect_used)]

use proptest::prelude::*;

use super::*;
use crate::hash::leaf_hash;

fn leaves(count: u64) -> Vec<Hash> {
    (0..count).map(|i| leaf_hash(&i.to_be_bytes())).collect()
}

/// PATH of RFC 6962 section 2.1.1, word for word.
fn defined_path(m: usize, leaves: &[Hash]) -> Vec<Hash> {
    if leaves.len() < 2 {
        return Vec::new();
    }
    let k = leaves.len().next_power_of_two() / 2;
    let (left, right) = leaves.split_at(k);
    let (mut path, other) = match m < k {
        true => (defined_path(m, left), right),
        false => (defined_path(m - k, right), left),
    };
    path.push(root_of(other));
    path
}

/// SUBPROOF of RFC 6962 section 2.1.2, word for word.
fn defined_subproof(m: usize, leaves: &[Hash], known: bool) -> Vec<Hash> {
    if m == leaves.len() {
        return if known { Vec::new() } else { vec![root_of(leaves)] };
    }
    let k = leaves.len().next_power_of_two() / 2;
    let (left, right) = leaves.split_at(k);
    let (mut proof, other) = match m <= k {
        true => (defined_subproof(m, left, known), right),
        false => (defined_subproof(m - k, right, false), left),
    };
    proof.push(root_of(other));
    proof
}

/// The eight leaves of the Certificate Transparency code's tests.
fn published_leaves() -> Vec<Hash> {
    let leaves =
        ["", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f"];
    leaves.map(|leaf| leaf_hash(&hex::decode(leaf).unwrap())).to_vec()
}

fn hexes(proof: &[Hash]) -> Vec<String> {
    proof.iter().map(hex::encode).collect()
}

/// Proofs published with the Certificate Transparency code (`merkle_tree_test.cc`).
#[test]
fn proofs_match_the_published_vectors() {
    const A: &str = "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7";
    const B: &str = "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e";
    const C: &str = "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4";
    const D: &str = "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b";
    const E: &str = "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0";
    const F: &str = "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7";
    const G: &str = "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125";
    const H: &str = "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d";
    const I: &str = "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a";
    let leaves = published_leaves();
    let inclusions: [(u64, u64, &[&str]); 5] =
        [(0, 1, &[]), (0, 8, &[A, B, C]), (5, 8, &[D, E, F]), (2, 3, &[G]), (1, 5, &[H, B, D])];
    for (index, size, expected) in inclusions {
        let proof = inclusion_proof(&Leaves(&leaves), index, size).unwrap();
        assert_eq!(hexes(&proof), expected, "leaf {index} of {size}");
    }
    let consistencies: [(u64, u64, &[&str]); 4] =
        [(1, 1, &[]), (1, 8, &[A, B, C]), (6, 8, &[I, E, F]), (2, 5, &[B, D])];
    for (old, new, expected) in consistencies {
        let proof = consistency_proof(&Leaves(&leaves), old, new).unwrap();
        assert_eq!(hexes(&proof), expected, "{old} in {new}");
    }
}

#[test]
fn all_proofs_of_small_trees_are_those_of_the_definition_and_verify() {
    let all = leaves(70);
    for size in 1..=70 {
        let tree = &all[..size];
        let root = root_of(tree);
        assert_eq!(tree_root(&Leaves(&all), size as u64).unwrap(), root);
        for at in 0..size {
            let proof = inclusion_proof(&Leaves(&all), at as u64, size as u64).unwrap();
            assert_eq!(proof, defined_path(at, tree));
            verify_inclusion(&tree[at], at as u64, size as u64, &proof, &root).unwrap();
        }
        for old in 1..=size {
            let proof = consistency_proof(&Leaves(&all), old as u64, size as u64).unwrap();
            assert_eq!(proof, defined_subproof(old, tree, true));
            verify_consistency(old as u64, &root_of(&tree[..old]), size as u64, &root, &proof).unwrap();
        }
    }
}

/// A proof may be believed for no other leaf, place, size or root than its own.
#[test]
fn a_proof_proves_one_thing_only() {
    let all = leaves(40);
    for size in [1u64, 2, 3, 7, 8, 13, 32, 40] {
        let root = root_of(&all[..size as usize]);
        for at in 0..size {
            let proof = inclusion_proof(&Leaves(&all), at, size).unwrap();
            let leaf = &all[at as usize];
            for other in 0..size + 2 {
                let believed = verify_inclusion(leaf, other, size, &proof, &root).is_ok();
                assert_eq!(believed, other == at, "leaf {at} of {size} at {other}");
            }
            assert_eq!(verify_inclusion(&[1; 32], at, size, &proof, &root), Err(ProofError::Root));
            let longer = [proof.as_slice(), &[root]].concat();
            assert_eq!(verify_inclusion(leaf, at, size, &longer, &root), Err(ProofError::Length));
            if let Some((_, shorter)) = proof.split_last() {
                assert_eq!(verify_inclusion(leaf, at, size, shorter, &root), Err(ProofError::Length));
            }
        }
    }
}

#[test]
fn consistency_refuses_every_changed_hash_and_length() {
    let all = leaves(40);
    let root = |size: u64| root_of(&all[..size as usize]);
    for new in 2..=40u64 {
        for old in 1..new {
            let proof = consistency_proof(&Leaves(&all), old, new).unwrap();
            for i in 0..proof.len() {
                let mut changed = proof.clone();
                changed[i][7] ^= 1;
                let found = verify_consistency(old, &root(old), new, &root(new), &changed);
                assert_eq!(found, Err(ProofError::Root), "{old} in {new}, hash {i}");
            }
            let longer = [proof.as_slice(), &[[0; 32]]].concat();
            assert_eq!(
                verify_consistency(old, &root(old), new, &root(new), &longer),
                Err(ProofError::Length)
            );
            let shorter = &proof[..proof.len() - 1];
            assert_eq!(
                verify_consistency(old, &root(old), new, &root(new), shorter),
                Err(ProofError::Length)
            );
            let forked = verify_consistency(old, &[2; 32], new, &root(new), &proof);
            assert_eq!(forked, Err(ProofError::Root));
        }
    }
}

#[test]
fn empty_and_equal_trees_take_an_empty_proof_and_the_right_roots() {
    let all = leaves(3);
    let root = root_of(&all);
    assert_eq!(verify_consistency(0, &EMPTY_ROOT, 3, &root, &[]), Ok(()));
    assert_eq!(verify_consistency(0, &root, 3, &root, &[]), Err(ProofError::Root));
    assert_eq!(verify_consistency(0, &EMPTY_ROOT, 3, &root, &[root]), Err(ProofError::Length));
    assert_eq!(verify_consistency(3, &root, 3, &root, &[]), Ok(()));
    assert_eq!(verify_consistency(3, &root, 3, &[0; 32], &[]), Err(ProofError::Root));
    assert_eq!(verify_consistency(3, &root, 3, &root, &[root]), Err(ProofError::Length));
    assert_eq!(verify_consistency(0, &root, 0, &root, &[]), Err(ProofError::Root));
    assert_eq!(verify_consistency(4, &root, 3, &root, &[]), Err(ProofError::Range));
}

#[test]
fn what_a_tree_does_not_have_cannot_be_proven() {
    let all = leaves(5);
    let range = Err(MakeProofError::Proof(ProofError::Range));
    assert_eq!(inclusion_proof(&Leaves(&all), 5, 5), range);
    assert_eq!(inclusion_proof(&Leaves(&all), 0, MAX_TREE_SIZE + 1), range);
    assert_eq!(consistency_proof(&Leaves(&all), 6, 5), range);
    assert_eq!(inclusion_proof(&Leaves(&all), 2, 6), Err(MakeProofError::Read(ProofError::Range)));
}

proptest! {
    #[test]
    fn proofs_of_larger_trees_verify(size in 1u64..3_000, a: prop::sample::Index, b: prop::sample::Index) {
        let all = leaves(size);
        let root = root_of(&all);
        let at = a.index(all.len()) as u64;
        let proof = inclusion_proof(&Leaves(&all), at, size).unwrap();
        prop_assert_eq!(verify_inclusion(&all[at as usize], at, size, &proof, &root), Ok(()));
        let old = b.index(all.len()) as u64 + 1;
        let proof = consistency_proof(&Leaves(&all), old, size).unwrap();
        let old_root = root_of(&all[..old as usize]);
        prop_assert_eq!(verify_consistency(old, &old_root, size, &root, &proof), Ok(()));
    }

    /// Whatever is claimed: no panic, and no arbitrary proof is believed.
    #[test]
    fn arbitrary_claims_are_refused(
        old: u64, new: u64, leaf: Hash, root: Hash, proof in prop::collection::vec(any::<Hash>(), 0..70),
    ) {
        prop_assert!(verify_inclusion(&leaf, old, new, &proof, &root).is_err() || new == 1);
        prop_assert!(verify_consistency(old, &leaf, new, &root, &proof).is_err());
    }
}
