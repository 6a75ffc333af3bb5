//! What is published of a log: any byte of it that is another is found.

use merkle::{Hash, leaf_hash, root_of};

use super::log::{Log, commission};
use crate::{Defect, Fault, LeafAuditor, bundle_leaves, check_tile};

struct Served {
    bundle: Vec<u8>,
    hashes: Vec<u8>,
    root: Hash,
    width: u16,
}

fn served() -> Served {
    let mut log = Log::small();
    (20..30).for_each(|serial| drop(log.record("maker", commission(&[serial]))));
    let hashes: Vec<Hash> = log.entries.iter().map(|entry| leaf_hash(&entry.leaf)).collect();
    let framed = log.entries.iter().flat_map(|entry| [&[0, 80], entry.leaf.as_slice()].concat());
    Served {
        bundle: framed.collect(),
        width: hashes.len() as u16,
        root: root_of(&hashes),
        hashes: hashes.into_flattened(),
    }
}

fn check(bundle: &[u8], hashes: &[u8], width: u16) -> Result<Hash, Defect> {
    let mut auditor = LeafAuditor::default();
    let leaves = bundle_leaves(bundle, 0, width)?;
    let derived: Vec<Hash> = leaves.iter().map(|leaf| auditor.check(leaf)).collect::<Result<_, _>>()?;
    check_tile(0, 0, &derived, hashes)?;
    Ok(auditor.root())
}

#[test]
fn any_changed_byte_of_a_bundle_or_tile_is_found_at_its_entry() {
    let Served { bundle, hashes, root, width } = served();
    assert_eq!(check(&bundle, &hashes, width), Ok(root));
    for flip in [1, 0x80] {
        for at in 0..bundle.len() {
            let mut spoilt = bundle.clone();
            spoilt[at] ^= flip;
            let defect = check(&spoilt, &hashes, width).unwrap_err();
            // A time that is later than that of the next leaf shows there, unless its hash shows first.
            let index = at as u64 / 82;
            let fits = match defect.fault {
                Fault::Time => defect.index == index || defect.index == index + 1,
                Fault::Leaf | Fault::Bundle | Fault::Tile(0) => defect.index == index,
                _ => false,
            };
            assert!(fits, "byte {at}: {defect}");
        }
        for at in 0..hashes.len() {
            let mut spoilt = hashes.clone();
            spoilt[at] ^= flip;
            let defect = check(&bundle, &spoilt, width).unwrap_err();
            assert_eq!(defect, Defect { index: at as u64 / 32, fault: Fault::Tile(0) });
        }
    }
}

#[test]
fn what_is_cut_short_or_too_long_is_found() {
    let Served { bundle, hashes, width, .. } = served();
    let last = u64::from(width) - 1;
    for (bundle, index) in [(&bundle[..bundle.len() - 1], last), (&bundle[..82 * 3], 3), (&[], 0)] {
        let defect = check(bundle, &hashes, width).unwrap_err();
        assert_eq!(defect, Defect { index, fault: Fault::Bundle });
    }
    let longer = [bundle.as_slice(), &[0]].concat();
    assert_eq!(check(&longer, &hashes, width).unwrap_err().fault, Fault::Bundle);
    for hashes in [&hashes[..hashes.len() - 32], &hashes[..hashes.len() - 1]] {
        let defect = check(&bundle, hashes, width).unwrap_err();
        assert_eq!(defect, Defect { index: last, fault: Fault::Tile(0) });
    }
    let longer = [hashes.as_slice(), &[0; 32]].concat();
    assert_eq!(check(&bundle, &longer, width).unwrap_err().fault, Fault::Tile(0));
    // Of a higher level the first entry below the hash is named.
    let defect = check_tile(2, 5, &[[1; 32], [2; 32]], &[[1; 32], [3; 32]].concat()).unwrap_err();
    assert_eq!(defect, Defect { index: 6 * 65_536, fault: Fault::Tile(2) });
}

#[test]
fn a_genesis_stands_first_and_time_does_not_go_back() {
    let log = Log::small();
    let leaf = |at: usize| log.entries[at].leaf;
    let mut auditor = LeafAuditor::default();
    assert_eq!(auditor.check(&leaf(1)), Err(Defect { index: 0, fault: Fault::Leaf }));
    auditor.check(&leaf(0)).unwrap();
    assert_eq!(auditor.clone().check(&leaf(0)), Err(Defect { index: 1, fault: Fault::Leaf }));
    auditor.check(&leaf(3)).unwrap();
    let mut resumed = LeafAuditor::resume(auditor.position().clone());
    assert_eq!(resumed.check(&leaf(2)), Err(Defect { index: 2, fault: Fault::Time }));
    assert_eq!(resumed.check(&leaf(4)), auditor.check(&leaf(4)));
    assert_eq!((resumed.size(), resumed.root()), (3, auditor.root()));
}
