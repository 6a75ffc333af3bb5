//! A whole trade through the rules of the ledger.

use std::collections::{BTreeMap, BTreeSet};

use custody::{Effect, View as _, effect_of, item::item_state};
use proto::v1::statement::Body;
use statement::{Kind, Statement};

use super::{memory::Memory, plan};
use crate::World;

/// Records a whole trade: the ledger, each entry's note, and all items commissioned.
fn record(seed: u64, statements: usize) -> (Memory, BTreeMap<u64, &'static str>, BTreeSet<String>) {
    let world = World::new(plan(seed, statements));
    let mut memory = Memory::of(&world);
    let (mut notes, mut items) = (BTreeMap::new(), BTreeSet::new());
    for signed in world.statements(memory.ledger()) {
        let index = memory.view.size();
        if let Err(e) = memory.submit(&signed.statement) {
            let statement = Statement::parse(signed.statement.payload).unwrap();
            panic!(
                "{:?} ({}) refused: {e:?}\n{:?}\n{:?}",
                signed.kind,
                signed.note,
                statement.header(),
                statement.body()
            );
        }
        notes.insert(index, signed.note);
        let statement = Statement::parse(signed.statement.payload).unwrap();
        if let Body::Commission(b) = statement.body() {
            items.extend(b.items.iter().cloned());
        }
    }
    (memory, notes, items)
}

#[test]
fn small_trades_are_recorded_without_a_refusal() {
    for seed in 0..6 {
        record(seed, 200);
        record(seed, 600);
    }
}

#[test]
fn a_trade_is_recorded_without_a_refusal_and_nothing_in_it_contradicts_itself() {
    let (memory, notes, items) = record(11, 6_000);
    let mut conflicts = BTreeSet::new();
    for item in &items {
        let (_, state) = item_state(&memory.view, item).unwrap().unwrap();
        assert!(!state.overflow);
        conflicts.extend(state.conflicts);
    }
    // Only a receipt whose shipment had not been uploaded by the end stands alone.
    let odd: Vec<_> = conflicts.iter().filter(|c| notes[*c] != "ahead of its shipment").collect();
    assert!(odd.is_empty(), "{:?}", odd.iter().map(|c| (*c, notes[*c])).collect::<Vec<_>>());
    assert!(conflicts.len() < 20, "{}", conflicts.len());
}

#[test]
fn amendments_and_root_acts_take_effect_when_they_are_endorsed() {
    let (memory, notes, _) = record(12, 9_000);
    let effect = |index: &u64, kind| effect_of(&memory.view, *index, kind).unwrap();
    let noted =
        |wanted: &str| notes.iter().filter(|(_, n)| **n == wanted).map(|(i, _)| *i).collect::<Vec<_>>();
    let amended = noted("bill amended");
    let pending = amended.iter().filter(|i| effect(i, Kind::Correct) == Effect::Pending).count();
    let endorsed = noted("amendment endorsed").len();
    assert!(
        endorsed > 0 && pending + endorsed == amended.len(),
        "{pending} + {endorsed} of {}",
        amended.len()
    );
    assert_eq!(noted("root act endorsed").len(), 4);
    for voided in noted("to be voided").iter().take(noted("void").len()) {
        assert_eq!(effect(voided, Kind::Ship), Effect::Voided);
    }
}

#[test]
fn crimes_are_recorded_without_a_refusal_for_the_log_takes_what_is_claimed() {
    for (seed, statements) in [(3, 600), (4, 3_000)] {
        let world = World::new(plan(seed, statements));
        let mut memory = Memory::of(&world);
        let crimes = world.crimes(memory.ledger());
        assert_eq!(crimes.truth.len(), 14);
        for signed in world.statements(memory.ledger()).chain(crimes.statements) {
            if let Err(e) = memory.submit(&signed.statement) {
                let statement = Statement::parse(signed.statement.payload).unwrap();
                panic!("{:?} refused: {e:?}\n{:?}", signed.kind, statement.body());
            }
        }
    }
}
