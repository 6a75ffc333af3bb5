#![allow(clippy::unwrap_used, clippy::expect_used)]

use proptest::prelude::*;

use super::*;
use crate::hash::leaf_hash;

/// Leaves and roots published with the Certificate Transparency code (`merkle_tree_test.cc`):
/// row n holds leaf n and the root over the leaves so far.
const PUBLISHED: [(&str, &str); 8] = [
    ("", "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d"),
    ("00", "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125"),
    ("10", "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77"),
    ("2021", "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7"),
    ("3031", "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4"),
    ("40414243", "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef"),
    ("5051525354555657", "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c"),
    ("606162636465666768696a6b6c6d6e6f", "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328"),
];

/// The definition of RFC 6962 section 2.1, word for word: split at the largest power of two below n.
fn defined_root(leaves: &[Hash]) -> Hash {
    match leaves {
        [] => EMPTY_ROOT,
        [leaf] => *leaf,
        _ => {
            let (left, right) = leaves.split_at(leaves.len().next_power_of_two() / 2);
            node_hash(&defined_root(left), &defined_root(right))
        }
    }
}

fn leaves(count: usize) -> Vec<Hash> {
    (0..count).map(|i| leaf_hash(&i.to_be_bytes())).collect()
}

fn range_over(leaves: &[Hash]) -> CompactRange {
    let mut range = CompactRange::new();
    leaves.iter().for_each(|leaf| range.append(*leaf));
    range
}

#[test]
fn roots_match_the_published_vectors() {
    let mut range = CompactRange::new();
    let mut so_far = Vec::new();
    for (leaf, root) in PUBLISHED {
        let leaf = leaf_hash(&hex::decode(leaf).unwrap());
        so_far.push(leaf);
        range.append(leaf);
        assert_eq!(hex::encode(range.root()), root);
        assert_eq!(hex::encode(root_of(&so_far)), root);
    }
}

#[test]
fn no_leaves_have_the_empty_root() {
    assert_eq!(CompactRange::new().root(), EMPTY_ROOT);
    assert_eq!(root_of(&[]), EMPTY_ROOT);
}

#[test]
fn every_way_to_a_root_agrees_with_the_definition() {
    let all = leaves(10_001);
    let mut range = CompactRange::new();
    for size in 0..=300 {
        let expect = defined_root(&all[..size]);
        assert_eq!(range.root(), expect, "range of {size}");
        assert_eq!(root_of(&all[..size]), expect, "list of {size}");
        range.append(all[size]);
    }
    for size in [1023, 1024, 1025, 4095, 9_999, 10_000, 10_001] {
        assert_eq!(root_of(&all[..size]), defined_root(&all[..size]), "{size}");
    }
}

#[test]
fn an_exported_range_has_these_bytes() {
    let [a, b, c] = [[0x0a; 32], [0x0b; 32], [0x0c; 32]];
    let bytes = range_over(&[a, b, c]).to_bytes();
    assert_eq!(
        hex::encode(&bytes),
        format!("0000000000000003{}{}", hex::encode(node_hash(&a, &b)), hex::encode(c))
    );
}

#[test]
fn an_exported_range_continues_where_it_stopped() {
    let all = leaves(130);
    for stop in 0..all.len() {
        let mut range = CompactRange::from_bytes(&range_over(&all[..stop]).to_bytes()).unwrap();
        all[stop..].iter().for_each(|leaf| range.append(*leaf));
        assert_eq!(range, range_over(&all), "stopped at {stop}");
    }
}

#[test]
fn a_range_of_the_wrong_length_or_size_is_refused() {
    let check = |bytes: &[u8], expect| assert_eq!(CompactRange::from_bytes(bytes), Err(expect));
    let bytes = range_over(&leaves(5)).to_bytes();
    for cut in 0..bytes.len() {
        check(&bytes[..cut], RangeError::Length);
    }
    check(&[&bytes[..], &[0]].concat(), RangeError::Length);
    check(&[&bytes[..], &[0; 32]].concat(), RangeError::Length);

    let mut oversized = (MAX_TREE_SIZE + 1).to_be_bytes().to_vec();
    oversized.extend([0; 32]);
    check(&oversized, RangeError::Size);

    let largest = CompactRange::from_nodes(MAX_TREE_SIZE, vec![[1; 32]; 63]).unwrap();
    assert_eq!(CompactRange::from_bytes(&largest.to_bytes()), Ok(largest));
}

proptest! {
    #[test]
    fn whatever_decodes_encodes_to_the_same_bytes(
        size in 0u64..16, nodes in 0usize..5, extra in 0usize..2, fill: u8
    ) {
        let mut bytes = size.to_be_bytes().to_vec();
        bytes.resize(bytes.len() + nodes * HASH_LEN + extra, fill);
        match CompactRange::from_bytes(&bytes) {
            Ok(range) => prop_assert_eq!(range.to_bytes(), bytes),
            Err(_) => prop_assert!(extra > 0 || nodes != size.count_ones() as usize),
        }
    }

    #[test]
    fn a_changed_leaf_changes_the_root(count in 1usize..200, pick: prop::sample::Index, bit in 0usize..256) {
        let mut list = leaves(count);
        let before = root_of(&list);
        list[pick.index(count)][bit / 8] ^= 1 << (bit % 8);
        prop_assert_ne!(root_of(&list), before);
    }
}
