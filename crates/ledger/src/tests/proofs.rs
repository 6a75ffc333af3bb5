//! Tiles, proofs out of them, and proofs that come with a receipt.

use custody::View as _;
use merkle::{
    Checkpoint, Hash, Leaves, Note, TileId, TileKind, consistency_proof, inclusion_proof, leaf_hash, root_of,
    verify_consistency, verify_inclusion,
};

use super::fixture::{Trade, block_on, config, log_key, started, submit};
use crate::{Error, Ledger};

/// Leaf hashes as the log holds them.
fn hashes(ledger: &Ledger) -> Vec<Hash> {
    let snapshot = ledger.snapshot().unwrap();
    (0..ledger.head().size).map(|i| leaf_hash(&snapshot.entry(i).unwrap().unwrap().leaf)).collect()
}

/// A ledger of a few more than `entries`.
fn grown(entries: u32) -> (tempfile::TempDir, Trade, Ledger) {
    let (temp, mut trade, ledger) = started();
    let batch = (0..entries).map(|n| trade.commission(n..n + 1)).collect();
    assert!(submit(&ledger, batch).iter().all(Result::is_ok));
    (temp, trade, ledger)
}

fn check(ledger: &Ledger) {
    let all = hashes(ledger);
    let size = all.len() as u64;
    for tree in [1, 2, 5, 255, 256, 257, 511, 512, 513, size - 1, size].into_iter().filter(|t| *t <= size) {
        let root = root_of(&all[..tree as usize]);
        for index in [0, 1, tree / 2, 255, 256, tree - 1].into_iter().filter(|i| *i < tree) {
            let proof = ledger.inclusion_proof(index, tree).unwrap();
            verify_inclusion(&all[index as usize], index, tree, &proof, &root).unwrap();
            assert_eq!(proof, inclusion_proof(&Leaves(&all), index, tree).unwrap());
            let proof = ledger.consistency_proof(index + 1, tree).unwrap();
            verify_consistency(index + 1, &root_of(&all[..=index as usize]), tree, &root, &proof).unwrap();
            assert_eq!(proof, consistency_proof(&Leaves(&all), index + 1, tree).unwrap());
        }
    }
    for index in 0..=size / 256 {
        for width in [1, 44, 255, 256u16].into_iter().filter(|w| index * 256 + u64::from(*w) <= size) {
            let first = index as usize * 256;
            let expected = &all[first..first + usize::from(width)];
            let tile = |kind| ledger.tile(TileId::new(kind, index, width).unwrap()).unwrap().unwrap();
            assert_eq!(tile(TileKind::Hashes(0)), expected.as_flattened());
            let bundle = tile(TileKind::Entries);
            let leaves: Vec<Hash> = bundle.chunks(82).map(|entry| leaf_hash(&entry[2..])).collect();
            assert!(bundle.chunks(82).all(|entry| entry[..2] == [0, 80]));
            assert_eq!(leaves, expected);
        }
    }
    for width in 1..=(size / 256) as u16 {
        let tile = ledger.tile(TileId::new(TileKind::Hashes(1), 0, width).unwrap()).unwrap().unwrap();
        let expected: Vec<Hash> = all.chunks_exact(256).take(width.into()).map(root_of).collect();
        assert_eq!(tile, expected.as_flattened());
    }
}

#[test]
fn proofs_and_tiles_hold_while_it_grows_after_reopening_and_after_a_rebuild() {
    let (temp, mut trade, ledger) = grown(500);
    check(&ledger);
    ledger.shutdown().unwrap();
    drop(ledger);
    let ledger = trade.open(temp.path()).unwrap();
    check(&ledger);
    // From the middle of a bundle on, over the next.
    let more = (600..900).map(|n| trade.commission(n..n + 1)).collect();
    assert!(submit(&ledger, more).iter().all(Result::is_ok));
    check(&ledger);
    ledger.shutdown().unwrap();
    drop(ledger);
    let rebuilt = crate::rebuild(temp.path(), &config(), &mut |_, _| {}).unwrap();
    assert_eq!(rebuilt.digest_before, Some(rebuilt.digest));
    check(&trade.open(temp.path()).unwrap());
}

#[test]
fn what_is_not_under_the_newest_checkpoint_has_no_tile_and_no_proof() {
    let (_temp, _trade, ledger) = grown(10);
    let size = ledger.head().size;
    let tile = |width| ledger.tile(TileId::new(TileKind::Entries, 0, width).unwrap()).unwrap();
    assert!(tile(size as u16).is_some());
    assert_eq!((tile(size as u16 + 1), tile(256)), (None, None));
    assert_eq!(ledger.tile(TileId::new(TileKind::Hashes(1), 0, 1).unwrap()).unwrap(), None);
    assert!(matches!(ledger.inclusion_proof(0, size + 1), Err(Error::NoSuchProof { .. })));
    assert!(matches!(ledger.inclusion_proof(size, size), Err(Error::Proof(_))));
    assert!(matches!(ledger.consistency_proof(size, size - 1), Err(Error::Proof(_))));
    assert_eq!(ledger.inclusion(size).unwrap(), None);
    assert!(ledger.inclusion(size - 1).unwrap().is_some());
}

#[test]
fn what_comes_with_receipts_proves_them_under_a_signed_checkpoint() {
    let (_temp, mut trade, ledger) = grown(300);
    let more = (400..440).map(|n| ledger.prepare(trade.commission(n..n + 1)).unwrap()).collect();
    let submitted = block_on(async { ledger.enqueue(more).await.await });
    let covering = submitted.covering.unwrap();
    let note = Note::parse(covering.checkpoint.note.as_bytes()).unwrap();
    let checkpoint = Checkpoint::open(&note, log_key().verifier()).unwrap();
    for receipt in submitted.results.into_iter().map(Result::unwrap) {
        let proof = covering.inclusion(receipt.index).unwrap();
        let leaf = leaf_hash(&receipt.leaf);
        verify_inclusion(&leaf, receipt.index, checkpoint.size(), &proof, checkpoint.root()).unwrap();
    }
    assert_eq!(covering.inclusion(3), None, "older entries are proven out of tiles");
    assert_eq!(covering.inclusion(checkpoint.size()), None);
}

/// The checkpoint of a batch is written with it, so a copy made at any moment has the one of its last entry.
#[test]
fn a_copy_of_a_running_ledger_has_the_checkpoint_of_its_last_entry() {
    let (_temp, trade, ledger) = grown(20);
    let copy = tempfile::tempdir().unwrap();
    let (log, restored) = (copy.path().join("log"), copy.path().join("restored"));
    ledger.backup(&log).unwrap();
    crate::restore(&log, &restored, &config(), &mut |_, _| {}).unwrap();
    let again = trade.open(&restored).unwrap();
    assert_eq!(again.checkpoint(None).unwrap(), ledger.checkpoint(None).unwrap());
    assert_eq!(again.checkpoint(None).unwrap().unwrap().size, ledger.head().size);
}

#[test]
fn one_checkpoint_an_interval_stays_and_the_newest_always() {
    let (temp, mut trade) = super::fixture::create();
    let config = crate::Config { checkpoint_interval: std::time::Duration::from_secs(3_600), ..config() };
    let ledger = trade.open_with(temp.path(), config).unwrap();
    for submission in trade.setup() {
        submit(&ledger, vec![submission]);
    }
    let kept = (1..=5).filter(|size| ledger.checkpoint(Some(*size)).unwrap().is_some());
    assert_eq!(kept.collect::<Vec<_>>(), [1, 5], "the first, which stays, and the newest");
}
