//! Prepared ahead or not, the same is found.

use std::num::NonZeroUsize;

use custody::{MemoryView, RecordedEntry};
use prost::bytes::Bytes;

use super::log::{Log, commission};
use crate::{Auditor, Defect, Fault, KnownKeys, Position, in_order};

/// What a source may fail with, or what is found.
#[derive(Debug, PartialEq, Eq)]
enum End {
    Source(&'static str),
    Defect(Defect),
}

/// Audits on `threads` threads; gives what was found and how far it came.
fn run(
    threads: usize,
    entries: impl Iterator<Item = Result<RecordedEntry, &'static str>>,
) -> (Auditor, Result<(), End>) {
    let (keys, mut auditor, mut view) = (KnownKeys::default(), Auditor::default(), MemoryView::default());
    let found = in_order(entries, &keys, NonZeroUsize::new(threads).unwrap(), |ready| {
        for prepared in ready {
            let prepared = prepared.map_err(End::Source)?;
            let outcome = auditor.check_prepared(&view, &keys, &prepared).map_err(End::Defect)?;
            view.record(prepared.into_entry(), outcome.puts);
        }
        Ok(())
    });
    (auditor, found)
}

/// Many more entries than are ahead at a time.
fn long() -> Vec<RecordedEntry> {
    let mut log = Log::small();
    (100..1_200).for_each(|serial| drop(log.record("maker", commission(&[serial]))));
    log.entries
}

#[test]
fn entries_come_in_order_on_any_number_of_threads() {
    let entries = long();
    for threads in [1, 2, 7] {
        let (auditor, found) = run(threads, entries.iter().cloned().map(Ok));
        assert_eq!((found, auditor.size()), (Ok(()), entries.len() as u64));
        assert_eq!(auditor.chain(), &entries.last().unwrap().chain);
    }
}

#[test]
fn faults_are_found_where_they_stand_whoever_has_prepared_them() {
    let entries = long();
    for at in [10, 127, 128, 700, entries.len() - 1] {
        let mut spoilt = entries.clone();
        // By a key that is long known: prepared as a signature that does not verify.
        let mut envelope = spoilt[at].envelope.to_vec();
        envelope[100] ^= 1;
        spoilt[at].envelope = Bytes::from(envelope);
        let (auditor, found) = run(3, spoilt.into_iter().map(Ok));
        let defect = Defect { index: at as u64, fault: Fault::Signature };
        assert_eq!((auditor.size(), found), (at as u64, Err(End::Defect(defect))));
    }
}

#[test]
fn a_source_that_fails_does_so_in_its_place() {
    let entries = long();
    for at in [0, 5, 128, 1_000] {
        let good = entries.iter().take(at).cloned().map(Ok);
        let (auditor, found) = run(2, good.chain([Err("gone")]).chain(entries.iter().cloned().map(Ok)));
        assert_eq!((auditor.size(), found), (at as u64, Err(End::Source("gone"))));
    }
}

#[test]
fn an_auditor_goes_on_where_another_has_come_to() {
    let entries = Log::small().entries;
    let (mut first, mut view) = (Auditor::default(), MemoryView::default());
    for entry in &entries[..7] {
        let outcome = first.check(&view, entry).unwrap();
        view.record(entry.clone(), outcome.puts);
    }
    let mut tree = merkle::CompactRange::new();
    entries[..7].iter().for_each(|entry| tree.append(merkle::leaf_hash(&entry.leaf)));
    let position = Position { chain: *first.chain(), tree, undigested: None };
    let mut second = Auditor::resume(position.clone(), &entries[0], &entries[6]).unwrap();
    assert_eq!((second.ledger(), second.log_key()), (first.ledger(), first.log_key()));
    for entry in &entries[7..] {
        let outcome = second.check(&view, entry).unwrap();
        assert_eq!(first.check(&view, entry).unwrap(), outcome);
        view.record(entry.clone(), outcome.puts);
    }
    assert_eq!((second.root(), second.recorded_at()), (first.root(), first.recorded_at()));
    // Not from there.
    let error = Auditor::resume(position, &entries[0], &entries[5]).unwrap_err();
    assert_eq!(error, Defect { index: 6, fault: Fault::Chain });
}
