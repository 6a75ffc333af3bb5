//! Rows of the view: what is written is read back, what no version wrote is an error and no panic.

use proptest::prelude::*;
use proto::v1::StatementKind;
use statement::{Relation, SubjectKind, subject_key};

use super::{
    ledger::{TestLedger, org},
    permutation::told_rich,
    story::check,
};
use crate::{
    MemoryView, Put, Table, View as _,
    item::{ItemState, Status, item_state},
    registry,
    response::{document, receives_of, ships_of},
    tables::{self, SubjectRecord, Touch, WINDOW, put_varint, take_varint, touch_bytes, touch_key, touches},
};

proptest! {
    #[test]
    fn varints_come_back(value in any::<u64>(), shift in 0..64u32) {
        let value = value >> shift;
        let mut bytes = Vec::new();
        put_varint(&mut bytes, value);
        bytes.push(0xff);
        let mut rest = bytes.as_slice();
        prop_assert_eq!(take_varint(&mut rest), Some(value));
        prop_assert_eq!(rest, [0xff]);
    }

    #[test]
    fn item_states_come_back(numbers in proptest::collection::vec(0..1u64 << 62, 14), few in any::<u64>(),
                             conflicts in proptest::collection::vec(0..1u64 << 62, 0..=8)) {
        let n = |i: usize| numbers[i] >> (few >> i & 31);
        let state = ItemState {
            status: Status::ALL[few as usize % Status::ALL.len()],
            holder: n(0),
            addressee: n(1),
            container: n(2),
            packed: (n(3) as i64, few as u8),
            packed_by: n(4),
            emptied_at: n(5) as i64,
            commissioned: n(6),
            shipped_by: n(7),
            site_by: n(8),
            last: (n(9) as i64, (few >> 8) as u8),
            last_index: n(10),
            events: n(11),
            since: n(12),
            missed_from: n(13),
            moved_at: (n(9) - n(9).min(n(12))) as i64,
            opened: few >> 20 & 1 == 1,
            overflow: few >> 21 & 1 == 1,
            damaged: few >> 22 & 1 == 1,
            aliased: few >> 23 & 1 == 1,
            seized: few >> 24 & 1 == 1,
            conflicts,
        };
        prop_assert_eq!(ItemState::decode(&state.encode()), Ok(state));
    }

    #[test]
    fn subject_records_come_back(number in any::<u64>(), head in any::<[u8; 32]>(), last in 0..1u64 << 62,
                                 part in any::<u64>(), state in proptest::collection::vec(any::<u8>(), 0..40)) {
        let record = SubjectRecord { number, head, count: part % (last + 2), last, state: state.into() };
        prop_assert_eq!(SubjectRecord::decode(&record.encode().into()), Ok(record));
    }

    #[test]
    fn damaged_states_and_records_are_refused_or_read_but_never_panic(
        bytes in proptest::collection::vec(any::<u8>(), 0..120),
    ) {
        if let Ok(mut state) = ItemState::decode(&bytes) {
            // What was read can be counted on.
            let acts = crate::item::Acts {
                kind: StatementKind::Ship, addressee: 0, lots: Vec::new(), at: 1, cause: 1, party: String::new(), id: [0; 16], index: 1, actor: 1, has_site: true,
                by_item: Default::default(), takes_all: false,
            };
            state.step(crate::item::Event { acts: &acts, act: crate::item::Act::Commission });
        }
        if let Ok(record) = SubjectRecord::decode(&bytes.clone().into()) {
            prop_assert!(record.count <= record.last + 1);
        }
    }

    /// Any row of a real view, overwritten: reads and further statements give errors, not panics.
    #[test]
    fn a_damaged_row_is_an_error(which in any::<proptest::sample::Index>(), at in any::<proptest::sample::Index>(),
                                 byte in any::<u8>(), cut in any::<bool>(), whole in any::<bool>()) {
        let (ledger, next) = told_rich();
        let rows: Vec<(Table, Vec<u8>, Vec<u8>)> =
            ledger.view.rows().map(|(t, k, v)| (t, k.to_vec(), v.to_vec())).collect();
        let (table, key, value) = which.get(&rows).clone();
        let mut bad = value;
        if whole {
            bad = vec![byte; 40];
        } else if !bad.is_empty() {
            let i = at.index(bad.len());
            bad[i] = byte;
            if cut { bad.truncate(i); }
        }
        let mut damaged = ledger.clone();
        let entry = damaged.view.entry(0).unwrap().unwrap();
        damaged.view.record(entry, vec![Put { table, key, value: bad }]);
        read_all(&damaged.view);
        for signed in next {
            let _ = crate::admit(&damaged.view, &signed, true, damaged.now, &damaged.limits);
            let _ = crate::apply(&damaged.view, &damaged.input(&signed));
        }
    }
}

/// Reads everything that has a reader; results do not matter.
fn read_all(view: &MemoryView) {
    for number in 0..120 {
        let _ = touches(view, number, 0, &mut |_| Ok(true));
        let _ = tables::name_of(view, number);
        let _ = (receives_of(view, number), ships_of(view, number));
        let _ = (crate::control_of(view, number), crate::content(view, number));
        let _ = crate::effect_of(view, number, StatementKind::Ship);
    }
    for name in ["maker", "importer", "trader", "clinic", "root1", "drug"] {
        let _ = (registry::party(view, &org(name)), registry::mandates(view, &org(name)));
        let _ = registry::display_name(view, &org(name));
        let _ = registry::key(view, &super::ledger::id_of(name));
        let _ = document(view, &super::story::bill(name, "S1"));
        let _ = item_state(view, &super::story::item(name));
    }
    let _ = (registry::parties(view, 0, 100), registry::ledger(view));
}

#[test]
fn varints_that_do_not_fit_are_refused() {
    for bytes in [
        &[][..],
        &[0x80],
        &[0xff; 9],
        &[0xff; 10],
        &[0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 2],
    ] {
        assert_eq!(take_varint(&mut &bytes[..]), None, "{bytes:?}");
    }
    let most = [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1];
    assert_eq!(take_varint(&mut &most[..]), Some(u64::MAX));
}

#[test]
fn golden_rows() {
    let record = SubjectRecord { number: 300, head: [7; 32], count: 2, last: 9, state: vec![1, 2].into() };
    let head = [7; 32];
    assert_eq!(record.encode(), [&[0xac, 0x02][..], &head, &[2, 9, 1, 2]].concat());
    let state = ItemState {
        status: Status::InTransit,
        holder: 1,
        addressee: 2,
        container: 3,
        packed: (4, 20),
        packed_by: 5,
        emptied_at: 6,
        commissioned: 7,
        shipped_by: 8,
        site_by: 9,
        last: (10, 30),
        last_index: 11,
        events: 12,
        since: 14,
        missed_from: 15,
        moved_at: 2,
        opened: true,
        damaged: false,
        aliased: true,
        overflow: false,
        seized: true,
        conflicts: vec![13, 300],
    };
    assert_eq!(
        state.encode(),
        [3, 20, 30, 26, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 14, 15, 8, 13, 0xac, 0x02]
    );
    assert_eq!(ItemState::decode(&[]), Ok(ItemState::default()));
    assert!(ItemState::decode(&state.encode()[..18]).is_err());
    assert!(
        ItemState::decode(&[13, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]).is_err(),
        "no condition 13"
    );
    let moved = [1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 5, 0, 0, 0, 0, 6];
    assert!(ItemState::decode(&moved).is_err(), "came where it is before time began");
    assert_eq!(ItemState::decode(&[&moved[..18], &[5]].concat()).unwrap().moved_at, 0);
    assert_eq!(touch_key(1, 2_050), [0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 2]);
    assert_eq!(touch_bytes(&Touch { index: 2_050, relation: Relation::Lot, kind: 40 }), [0, 2, 8, 40]);
}

#[test]
fn touches_are_found_across_windows() {
    let mut view = MemoryView::default();
    let indices = [0, 5, WINDOW - 1, WINDOW, WINDOW + 1, 3 * WINDOW + 7];
    let mut rows: std::collections::BTreeMap<Vec<u8>, Vec<u8>> = Default::default();
    for (number, index) in [(7u64, &indices[..]), (6, &[3][..]), (8, &[4][..])]
        .iter()
        .flat_map(|(n, all)| all.iter().map(|i| (*n, *i)))
    {
        let touch = Touch { index, relation: Relation::Item, kind: 43 };
        rows.entry(touch_key(number, index)).or_default().extend(touch_bytes(&touch));
    }
    let entry = crate::RecordedEntry {
        leaf: [0; 80],
        chain: [0; 32],
        envelope: Default::default(),
        payload: Default::default(),
    };
    let puts = rows.into_iter().map(|(key, value)| Put { table: Table::Touch, key, value }).collect();
    view.record(entry, puts);
    let from = |from: u64, most: usize| {
        let mut found = Vec::new();
        touches(&view, 7, from, &mut |touch| {
            found.push(touch.index);
            Ok(found.len() < most)
        })
        .unwrap();
        found
    };
    assert_eq!(from(0, 99), indices);
    assert_eq!(from(6, 99), indices[2..]);
    assert_eq!(from(WINDOW, 99), indices[3..]);
    assert_eq!(from(WINDOW + 2, 99), indices[5..]);
    assert_eq!(from(0, 3), indices[..3], "the reader stops the scan");
    assert_eq!(from(u64::MAX, 99), []);
}

#[test]
fn a_busy_party_is_found_in_every_entry_over_a_window() {
    let mut ledger = TestLedger::new();
    let mut expected = Vec::new();
    let bootstrap = ledger.view.size();
    let number = |l: &TestLedger| {
        tables::subject_by_text(&l.view, SubjectKind::Activity, &org("maker")).unwrap().unwrap().number
    };
    while ledger.view.size() < WINDOW + 20 {
        let by = if ledger.view.size().is_multiple_of(3) { "trader" } else { "maker" };
        let say = ledger.say(by, super::admission::ship(&["A"], "clinic"));
        let signed = ledger.signed(&say);
        if by == "maker" {
            expected.push(ledger.view.size());
        }
        ledger.apply(&signed);
    }
    assert!(bootstrap < WINDOW);
    let mut found = Vec::new();
    touches(&ledger.view, number(&ledger), 0, &mut |t| {
        assert_eq!((t.relation, t.kind), (Relation::Signer, StatementKind::Ship as u8));
        found.push(t.index);
        Ok(true)
    })
    .unwrap();
    assert_eq!(found, expected);
    let (_, count, last) = ledger.heads[&subject_key(SubjectKind::Activity, &org("maker"))];
    assert_eq!((count, Some(&last)), (expected.len() as u64, expected.last()));
}

#[test]
fn names_are_kept_of_all_subjects_but_items_and_documents() {
    let ledger = check("maker ship A to clinic way=W key=1 site=W1 | A transit maker>clinic");
    let name = |kind, text: &str| {
        let record = tables::subject_by_text(&ledger.view, kind, text).unwrap().unwrap();
        tables::name_of(&ledger.view, record.number).unwrap()
    };
    for who in ["maker", "clinic"] {
        assert_eq!(name(SubjectKind::Activity, &org(who)), Some(org(who)));
        assert_eq!(name(SubjectKind::Party, &org(who)), Some(org(who)));
    }
    assert_eq!(name(SubjectKind::Item, &super::story::item("A")), None);
    assert_eq!(name(SubjectKind::Document, &super::story::waybill("W")), None);
}

#[test]
fn parties_are_listed_in_pages() {
    let ledger = TestLedger::new();
    let mut all = Vec::new();
    let mut from = 0;
    loop {
        let (page, next) = registry::parties(&ledger.view, from, 4).unwrap();
        assert!(page.len() <= 4);
        all.extend(page.into_iter().map(|p| p.party));
        match next {
            Some(next) => from = next,
            None => break,
        }
    }
    let names = [
        "root1", "root2", "root3", "drug", "maker", "importer", "trader", "firm", "carrier", "clinic",
        "clinic2", "lab",
    ];
    let mut expected = names.map(org).to_vec();
    // The genesis names its parties in order of their subjects.
    all[..3].sort();
    expected[..3].sort();
    assert_eq!(all, expected);
}
