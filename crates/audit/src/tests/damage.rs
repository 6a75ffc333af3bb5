//! Bytes changed, entries lost, moved, repeated.

use custody::{MemoryView, RecordedEntry, Table, View, ViewError, Visit};
use merkle::{leaf_hash, root_of};
use prost::bytes::Bytes;
use statement::LeafType;

use super::log::{Log, audit, rechained, releaf, states};
use crate::{Auditor, Fault};

#[test]
fn an_honest_log_audits_clean() {
    let log = Log::small();
    assert_eq!(log.entries.len(), 10);
    let auditor = audit(&log.entries).unwrap();
    let leaves: Vec<_> = log.entries.iter().map(|e| leaf_hash(&e.leaf)).collect();
    assert_eq!((auditor.size(), auditor.root()), (10, root_of(&leaves)));
    assert_eq!(auditor.chain(), &log.entries[9].chain);
    assert_eq!(auditor.ledger(), Some(&leaves[0]));
    assert_eq!(Auditor::default().ledger(), None);
}

fn flipped(bytes: &Bytes, i: usize, mask: u8) -> Bytes {
    let mut bytes = bytes.to_vec();
    bytes[i] ^= mask;
    bytes.into()
}

/// All entries that differ from `entry` in one byte, with the region it lies in.
fn damaged(entry: &RecordedEntry, mask: u8) -> Vec<(&'static str, RecordedEntry)> {
    let mut all = Vec::new();
    for i in 0..80 {
        let mut spoilt = entry.clone();
        spoilt.leaf[i] ^= mask;
        all.push(("leaf", spoilt));
    }
    for i in 0..32 {
        let mut spoilt = entry.clone();
        spoilt.chain[i] ^= mask;
        all.push(("chain", spoilt));
    }
    for i in 0..entry.envelope.len() {
        let region = match i {
            0..4 => "format",
            4..36 => "key",
            36..68 => "digest",
            _ => "signature",
        };
        all.push((region, RecordedEntry { envelope: flipped(&entry.envelope, i, mask), ..entry.clone() }));
    }
    for i in 0..entry.payload.len() {
        all.push(("payload", RecordedEntry { payload: flipped(&entry.payload, i, mask), ..entry.clone() }));
    }
    all
}

#[test]
fn any_changed_byte_is_found_at_its_entry() {
    let log = Log::small();
    let states = states(&log.entries).unwrap();
    for (index, (entry, (auditor, view))) in log.entries.iter().zip(&states).enumerate() {
        for (region, spoilt) in [1, 0x80].into_iter().flat_map(|mask| damaged(entry, mask)) {
            let defect = auditor.clone().check(view, &spoilt).unwrap_err();
            assert_eq!(defect.index, index as u64);
            let fits = match (region, &defect.fault) {
                ("leaf", Fault::Leaf | Fault::Time | Fault::Chain) => true,
                ("chain", fault) => *fault == Fault::Chain,
                ("format", fault) => *fault == Fault::Envelope,
                ("key", fault) => *fault == Fault::UnknownKey,
                ("digest", fault) => *fault == Fault::Payload,
                ("signature", fault) => *fault == Fault::Signature,
                ("payload", Fault::Genesis(_) | Fault::Derivation) => index == 0,
                ("payload", fault) => *fault == Fault::Payload,
                _ => false,
            };
            assert!(fits, "entry {index}, {region}: {defect}");
        }
    }
}

/// What is found after `spoil`, and what when the chain is made to fit again.
fn check(spoil: impl Fn(&mut Vec<RecordedEntry>), plain: (u64, &str), fitted: (u64, &str)) {
    let mut entries = Log::small().entries;
    spoil(&mut entries);
    let found = audit(&entries).unwrap_err();
    assert_eq!((found.0, found.1.as_str()), plain);
    let found = audit(&rechained(entries)).unwrap_err();
    assert_eq!((found.0, found.1.as_str()), fitted, "with a chain that fits");
}

#[test]
fn lost_moved_and_repeated_entries_are_found_where_they_begin_to_matter() {
    // The next entry of the same authority does not follow the one that is gone.
    check(|e| drop(e.remove(4)), (4, "Chain"), (4, "Derivation"));
    check(|e| drop(e.remove(8)), (8, "Chain"), (8, "Inadmissible SHIPMENT_UNKNOWN"));
    check(|e| drop(e.remove(0)), (0, "Leaf"), (0, "Leaf"));
    check(|e| e.swap(7, 8), (7, "Chain"), (7, "Derivation"));
    check(|e| e.swap(3, 5), (3, "Chain"), (3, "Derivation"));
    let again = |e: &mut Vec<RecordedEntry>| e.push(e[8].clone());
    check(again, (10, "Time"), (10, "Time"));
    let again_now = |e: &mut Vec<RecordedEntry>| {
        let mut again = e[8].clone();
        releaf(&mut again, |leaf| leaf.recorded_at += 5_000_000);
        e.push(again);
    };
    check(again_now, (10, "Chain"), (10, "Twice"));
    let twice_begun = |e: &mut Vec<RecordedEntry>| e.push(e[0].clone());
    check(twice_begun, (10, "Leaf"), (10, "Leaf"));
}

#[test]
fn leaves_of_another_time_or_type_are_found() {
    let leaf = |i: usize, change: fn(&mut statement::Leaf)| {
        move |e: &mut Vec<RecordedEntry>| releaf(&mut e[i], change)
    };
    check(leaf(5, |l| l.recorded_at -= 2_000_000), (5, "Time"), (5, "Time"));
    check(leaf(9, |l| l.recorded_at = u64::MAX), (9, "Chain"), (9, "Time"));
    // Seals and digests have no envelope.
    check(leaf(5, |l| l.leaf_type = LeafType::Seal), (5, "Chain"), (5, "Envelope"));
    check(leaf(5, |l| l.leaf_type = LeafType::AccessDigest), (5, "Chain"), (5, "Envelope"));
    check(leaf(5, |l| l.links[0] ^= 1), (5, "Chain"), (5, "Derivation"));
    check(leaf(5, |l| l.content[0] ^= 1), (5, "Chain"), (5, "Derivation"));
    // Time moved within what the neighbours allow changes nothing that was signed, but all that follows.
    let mut entries = Log::small().entries;
    releaf(&mut entries[5], |l| l.recorded_at += 1);
    let found = audit(&rechained(entries)).unwrap_err();
    assert_eq!(found, (6, "Derivation".to_string()), "the next entry's links say so");
}

#[test]
fn the_genesis_bears_no_envelope_and_must_be_one() {
    let envelope = |e: &mut Vec<RecordedEntry>| e[0].envelope = e[1].envelope.clone();
    check(envelope, (0, "Envelope"), (0, "Envelope"));
    let payload = |e: &mut Vec<RecordedEntry>| e[0].payload = e[1].payload.clone();
    check(payload, (0, "Genesis"), (0, "Genesis"));
    let missing = |e: &mut Vec<RecordedEntry>| e[1].envelope = Bytes::new();
    check(missing, (1, "Envelope"), (1, "Envelope"));
}

/// A view whose medium has failed.
struct Broken;

impl View for Broken {
    fn get(&self, _: Table, _: &[u8]) -> Result<Option<Bytes>, ViewError> {
        Err(ViewError("the disk is gone".into()))
    }

    fn scan(&self, _: Table, _: &[u8], _: &[u8], _: Visit<'_>) -> Result<(), ViewError> {
        Err(ViewError("the disk is gone".into()))
    }

    fn entry(&self, _: u64) -> Result<Option<RecordedEntry>, ViewError> {
        Err(ViewError("the disk is gone".into()))
    }

    fn size(&self) -> u64 {
        0
    }
}

#[test]
fn a_view_that_fails_says_nothing_about_the_log() {
    let entries = Log::small().entries;
    let mut auditor = Auditor::default();
    auditor.check(&MemoryView::default(), &entries[0]).unwrap();
    let defect = auditor.check(&Broken, &entries[1]).unwrap_err();
    assert_eq!((defect.index, defect.fault), (1, Fault::View(ViewError("the disk is gone".into()))));
}
