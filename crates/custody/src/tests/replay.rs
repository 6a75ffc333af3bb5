//! The view is a function of the log: replaying gives the same leaves and the same rows, byte for byte.

use statement::{Envelope, Genesis, Leaf, Statement, chain_hash, own_subjects};

use super::permutation::told_rich;
use crate::{Input, MemoryView, RecordedEntry, View, apply, apply_genesis};

/// Derives a view from recorded entries alone.
fn replay(source: &MemoryView) -> MemoryView {
    let mut view = MemoryView::default();
    let mut chain = [0; 32];
    for index in 0..source.size() {
        let entry = source.entry(index).unwrap().unwrap();
        let recorded_at = Leaf::decode(&entry.leaf).unwrap().recorded_at;
        let outcome = if index == 0 {
            apply_genesis(&Genesis::parse(&entry.payload).unwrap(), recorded_at).unwrap()
        } else {
            let statement = Statement::recorded(entry.payload.clone()).unwrap();
            assert_eq!(Envelope::decode(&entry.envelope).unwrap().digest, *statement.digest());
            let own = own_subjects(&statement);
            let input =
                Input { index, recorded_at, envelope: &entry.envelope, statement: &statement, own: &own };
            apply(&view, &input).unwrap()
        };
        let leaf = outcome.leaf.encode();
        assert_eq!(leaf, entry.leaf, "leaf {index}");
        chain = chain_hash(&chain, &leaf);
        assert_eq!(chain, entry.chain, "chain {index}");
        view.record(RecordedEntry { leaf, chain, ..entry }, outcome.puts);
    }
    view
}

#[test]
fn replay_gives_the_same_leaves_and_rows() {
    let (ledger, _) = told_rich();
    assert!(ledger.view.size() > 50);
    let replayed = replay(&ledger.view);
    assert!(replayed.rows().eq(ledger.view.rows()));
}

#[test]
fn a_prefix_of_the_log_gives_a_view_that_goes_on_the_same() {
    let (ledger, _) = told_rich();
    for size in [1, 7, 31, 50] {
        let mut prefix = MemoryView::default();
        for index in 0..size {
            prefix.record(ledger.view.entry(index).unwrap().unwrap(), Vec::new());
        }
        let mut view = replay(&prefix);
        for index in size..ledger.view.size() {
            let entry = ledger.view.entry(index).unwrap().unwrap();
            let statement = Statement::recorded(entry.payload.clone()).unwrap();
            let own = own_subjects(&statement);
            let recorded_at = Leaf::decode(&entry.leaf).unwrap().recorded_at;
            let input =
                Input { index, recorded_at, envelope: &entry.envelope, statement: &statement, own: &own };
            let outcome = apply(&view, &input).unwrap();
            view.record(entry, outcome.puts);
        }
        assert!(view.rows().eq(ledger.view.rows()), "from {size}");
    }
}
