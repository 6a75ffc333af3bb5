//! Opening after a crash, rebuilding, restoring: the same view comes out.

use std::fs;

use custody::{Put, Table, View};
use merkle::{Hash, leaf_hash};
use proptest::prelude::*;
use store::{Dir, Snapshot, Watermark};

use super::fixture::*;
use crate::{
    Changes, Derivation, Ledger, ViewCheck, backup, overlay::Overlay, rebuild, restore, sequence::Sequence,
};

fn digest(ledger: &Ledger) -> (u64, Hash) {
    let snapshot = ledger.snapshot().unwrap();
    (snapshot.size(), snapshot.digest().unwrap())
}

#[test]
fn a_crash_loses_nothing_that_was_answered() {
    let (_temp, mut trade, ledger) = started();
    for i in 0..5 {
        submit(&ledger, trade.story(i * 4));
    }
    let image = crash_image(ledger.dir());
    let recovered = trade.open(image.path()).unwrap();
    assert_eq!(recovered.head(), ledger.head());
    assert_eq!(digest(&recovered), digest(&ledger));
    let more = trade.story(100);
    let [a, b] = [&recovered, &ledger].map(|l| submit(l, more.clone()));
    assert_eq!(a, b, "both go on alike");
}

#[test]
fn the_tail_that_the_view_lacks_is_replayed() {
    let (temp, mut trade, ledger) = started();
    submit(&ledger, trade.story(0));
    ledger.shutdown().unwrap();
    drop(ledger);
    let behind = crash_image(temp.path());
    let ledger = trade.open(temp.path()).unwrap();
    (1..4).for_each(|i| drop(submit(&ledger, trade.story(i * 4))));
    ledger.shutdown().unwrap();
    let expected = (ledger.head(), digest(&ledger));
    drop(ledger);
    fs::remove_dir_all(temp.path().join("view")).unwrap();
    fs::rename(behind.path().join("view"), temp.path().join("view")).unwrap();
    let ledger = trade.open(temp.path()).unwrap();
    assert_eq!((ledger.head(), digest(&ledger)), expected);
}

#[test]
fn a_missing_view_is_derived_from_the_log() {
    let (temp, trade, ledger) = started();
    ledger.shutdown().unwrap();
    let expected = digest(&ledger);
    drop(ledger);
    fs::remove_dir_all(temp.path().join("view")).unwrap();
    assert_eq!(digest(&trade.open(temp.path()).unwrap()), expected);
}

#[test]
fn rebuilding_gives_the_same_view_and_tells_its_progress() {
    let (temp, mut trade, ledger) = started();
    for i in 0..300 {
        submit(&ledger, trade.story(i * 4));
    }
    ledger.shutdown().unwrap();
    let (size, expected) = digest(&ledger);
    drop(ledger);
    let mut seen = Vec::new();
    let rebuilt = rebuild(temp.path(), &config(), &mut |done, all| seen.push((done, all))).unwrap();
    assert_eq!((rebuilt.entries, rebuilt.digest, rebuilt.digest_before), (size, expected, Some(expected)));
    assert_eq!(seen, [(1_024, size), (size, size)]);
    assert_eq!(digest(&trade.open(temp.path()).unwrap()), (size, expected));
}

#[test]
fn a_damaged_view_is_put_right_by_rebuilding() {
    let (temp, trade, ledger) = started();
    ledger.shutdown().unwrap();
    let (_, expected) = digest(&ledger);
    drop(ledger);
    let view = rocksdb::DB::open_default(temp.path().join("view/1")).unwrap();
    view.put([1, 2, 3], b"what no version writes").unwrap();
    drop(view);
    let rebuilt = rebuild(temp.path(), &config(), &mut |_, _| {}).unwrap();
    assert_eq!(rebuilt.digest, expected);
    assert!(rebuilt.digest_before.is_some_and(|before| before != expected), "the damage shows");
    assert_eq!(digest(&trade.open(temp.path()).unwrap()).1, expected);
}

#[test]
fn a_backup_of_a_running_ledger_restores_to_the_same_ledger() {
    let (_temp, mut trade, ledger) = started();
    submit(&ledger, trade.story(0));
    let expected = (ledger.head(), digest(&ledger));
    let (backup, target) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    ledger.backup(backup.path()).unwrap();
    submit(&ledger, trade.story(4));
    let restored = restore(backup.path(), target.path(), &config(), &mut |_, _| {}).unwrap();
    assert_eq!((restored.entries, restored.digest), expected.1);
    let restored = trade.open(target.path()).unwrap();
    assert_eq!((restored.head(), digest(&restored)), expected);
}

#[test]
fn an_offline_backup_copies_every_entry() {
    let (temp, mut trade, ledger) = started();
    submit(&ledger, trade.story(0));
    ledger.shutdown().unwrap();
    let expected = digest(&ledger);
    drop(ledger);
    let (copied, target) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    assert_eq!(backup(temp.path(), copied.path(), &config()).unwrap(), 9);
    let restored = restore(copied.path(), target.path(), &config(), &mut |_, _| {}).unwrap();
    assert_eq!((restored.entries, restored.digest), expected);
}

#[test]
fn a_derivation_has_the_view_before_every_entry_and_leaves_no_trace() {
    let (temp, mut trade, ledger) = started();
    submit(&ledger, trade.story(0));
    ledger.shutdown().unwrap();
    let expected = digest(&ledger);
    let stored = ledger.entries(0, 99, usize::MAX).unwrap();
    drop(ledger);
    for most in [7, 9] {
        let scratch = tempfile::tempdir().unwrap();
        let derivation = Derivation::beside(temp.path(), scratch.path(), &config()).unwrap();
        let mut steps = derivation.steps().unwrap();
        for (index, entry) in derivation.entries(0).unwrap().map(Result::unwrap).take(most).enumerate() {
            let size = index as u64;
            let view = steps.view();
            let mark = view.get(Table::Meta, b"mark").unwrap().map(|value| value.to_vec());
            assert_eq!((view.size(), mark), (size, (size > 0).then(|| size.to_be_bytes().into())));
            assert_eq!((view.entry(size).unwrap(), &entry), (None, &stored[index]));
            let value = (size + 1).to_be_bytes().into();
            let puts = vec![Put { table: Table::Meta, key: b"mark".into(), value }];
            steps.record(entry, Changes { puts, ..Changes::default() }).unwrap();
        }
        // The rows given here are not those of the view in use.
        match steps.view_check() {
            ViewCheck::Differs(_) => assert_eq!(most, 9),
            other => assert_eq!((other, most), (&ViewCheck::NotReached, 7)),
        }
        assert!(derivation.keep_checkpoint(1, "").is_err(), "nothing is written there");
        assert_eq!(fs::read_dir(temp.path().join("view")).unwrap().count(), 2, "CURRENT and the view in use");
    }
    assert_eq!(digest(&trade.open(temp.path()).unwrap()), expected);
}

/// Replays a log entry by entry over another view; gives the digest at every size.
fn digests(dir: &std::path::Path, cached: usize) -> Vec<(u64, Hash)> {
    let dir = Dir::open(dir, &store::Config::default()).unwrap();
    let (log, view) = (dir.open_log().unwrap(), dir.new_view().unwrap());
    let mut sequence = Sequence::new(Overlay::new(&log, &view, 0, cached), [0; 32], 0);
    let mut mark = Watermark::default();
    let mut all = Vec::new();
    for entry in log.entries(0).unwrap().map(Result::unwrap) {
        sequence.replay(&entry).unwrap();
        mark.range.append(leaf_hash(&entry.leaf));
        mark.chain = entry.chain;
        let (layer, written) = sequence.overlay.hand_over();
        sequence.overlay.retire(written);
        view.write(layer.batch(), &mark).unwrap();
        all.push((mark.size(), Snapshot::new(&view, &log).unwrap().digest().unwrap()));
    }
    all
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 6, ..ProptestConfig::default() })]

    #[test]
    fn replay_equals_the_live_view_after_every_batch_whatever_the_batches(
        stories in proptest::collection::vec((0u32..12, 1usize..5), 1..8),
        batch_statements in 1usize..6,
        cached_rows in prop_oneof![Just(0usize), Just(2_000), Just(1 << 20)],
    ) {
        let (temp, mut trade) = create();
        let config = crate::Config { batch_statements, cached_rows, ..config() };
        let ledger = trade.open_with(temp.path(), config).unwrap();
        submit(&ledger, trade.setup());
        let mut live = vec![digest(&ledger)];
        for (first, count) in stories {
            trade.clock.advance(1_000);
            // Some are refused: a Void of a Commission whose items have moved on, say.
            let mut story = trade.story(first);
            story.truncate(count);
            submit(&ledger, story);
            live.push(digest(&ledger));
        }
        ledger.shutdown().unwrap();
        drop(ledger);
        let replayed = digests(temp.path(), cached_rows);
        for state in live {
            prop_assert!(replayed.contains(&state), "size {}", state.0);
        }
    }
}
