//! Late statements on items with long histories: what is read, what the state is. What is counted is reads
//! of entries.

use merkle::sha256;
use proto::v1::{self, statement::Body};
use statement::Statement;

use super::{
    admission::{commission, ship},
    bounds::{cost, signed_at, state},
    ledger::{NOON, Say, TestLedger, reference_to, uuid, void_of},
    story::item,
};
use crate::{
    Signed, View as _,
    item::{ItemState, Status},
    registry::party_by_number,
};

/// What one statement may read, and the little that it reads of itself.
const MOST: usize = 512 + 16;

fn used(n: u32) -> Body {
    Body::Use(v1::Use {
        lines: vec![v1::UseLine { item: item("BOX"), counter: u64::from(n) + 1, ..v1::UseLine::default() }],
    })
}

fn serviced() -> Body {
    let lines = vec![v1::ServiceLine {
        item: item("BOX"),
        action: "inspection".into(),
        ..v1::ServiceLine::default()
    }];
    Body::Service(v1::Service { lines })
}

fn receive(of: &Statement) -> Body {
    Body::Receive(v1::Receive { shipment: Some(reference_to(of)), ..v1::Receive::default() })
}

/// A statement whose id is like a draw.
fn drawn(ledger: &TestLedger, by: &str, minute: i64, n: u32, body: Body) -> Signed {
    let hash = sha256(&[&n.to_be_bytes()]);
    let number = u32::from_be_bytes([hash[0], hash[1], hash[2], hash[3]]);
    let id = uuid(super::ledger::LATER, number | 1 << 31);
    let mut say = Say { at: NOON + minute * 60_000_000, ..Say::new(by, 0, body) };
    say.id = id;
    ledger.signed(&say)
}

/// A box at the trader since minute 3.
fn box_at_trader() -> TestLedger {
    let mut ledger = TestLedger::new();
    let made = signed_at(&mut ledger, "maker", 1, commission(&["BOX"]));
    ledger.apply(&made);
    let sent = signed_at(&mut ledger, "maker", 2, ship(&["BOX"], "trader"));
    ledger.apply(&sent);
    let came = signed_at(&mut ledger, "trader", 3, receive(&sent.statement));
    ledger.apply(&came);
    ledger
}

#[test]
fn a_flood_of_late_statements_reads_little_each_and_hides_nothing_that_follows() {
    // Before the box came to the trader, at the same moment, after it.
    for minute in [2, 3, 50] {
        let mut ledger = box_at_trader();
        let ahead = signed_at(&mut ledger, "clinic", 60, used(0));
        ledger.apply(&ahead);
        let (mut most, mut total) = (0, 0);
        for n in 0..1_500 {
            let flood = drawn(&ledger, "clinic", minute, n, used(n));
            let (entries, _) = cost(&mut ledger, &flood);
            most = most.max(entries);
            total += entries;
        }
        assert!(most <= MOST, "{most} entries for one");
        assert!(total <= 1_500 * 320, "{total} entries for all");
        assert!(state(&ledger, "BOX").overflow, "what came too late is marked");
        let sent = signed_at(&mut ledger, "trader", 100, ship(&["BOX"], "clinic2"));
        let (entries, _) = cost(&mut ledger, &sent);
        assert!(entries <= 2, "{entries} entries in order");
        let now = state(&ledger, "BOX");
        assert_eq!((now.status, now.shipped_by), (Status::InTransit, ledger.view.size()));
        let came = signed_at(&mut ledger, "clinic2", 101, receive(&sent.statement));
        ledger.apply(&came);
        let now = state(&ledger, "BOX");
        assert_eq!((now.status, now.since, now.overflow), (Status::Opened, ledger.view.size(), true));
    }
}

#[test]
fn a_flood_of_statements_at_one_moment_in_order_of_their_ids_reads_next_to_nothing() {
    let mut ledger = box_at_trader();
    for n in 0..1_000 {
        let flood = signed_at(&mut ledger, "clinic", 50, used(n));
        let (entries, _) = cost(&mut ledger, &flood);
        assert!(entries <= 1, "{entries} entries for {n}");
    }
    assert!(!state(&ledger, "BOX").overflow);
}

/// Its holder, and the state with statements by when they happened instead of by entry.
fn told(ledger: &TestLedger) -> (String, ItemState) {
    let at = |entry: u64| match entry.checked_sub(1) {
        None => 0,
        Some(index) => {
            let entry = ledger.view.entry(index).unwrap().unwrap();
            Statement::recorded(entry.payload).unwrap().header().occurred_at as u64
        }
    };
    let state = state(ledger, "BOX");
    let holder = party_by_number(&ledger.view, state.holder).unwrap();
    let state = ItemState {
        holder: 0,
        packed_by: at(state.packed_by),
        commissioned: at(state.commissioned),
        shipped_by: at(state.shipped_by),
        site_by: at(state.site_by),
        last_index: at(state.last_index + 1),
        since: at(state.since),
        conflicts: state.conflicts.iter().map(|c| at(c + 1)).collect(),
        ..state
    };
    (holder, state)
}

/// 1,200 statements about a console that changes hands now and then, recorded in this order.
fn console(order: &[u32]) -> (TestLedger, usize, usize) {
    let mut ledger = box_at_trader();
    let (mut most, mut total) = (0, 0);
    for &n in order {
        let minute = i64::from(n) + 10;
        let body = match n % 97 {
            0 => ship(&["BOX"], "clinic"),
            1 => Body::Receive(v1::Receive { items: vec![item("BOX")], ..bill() }),
            50 => serviced(),
            _ => used(n),
        };
        let by = match n % 97 {
            0 => "trader",
            50 => "maker",
            _ => "clinic",
        };
        let signed = drawn(&ledger, by, minute, n, body);
        let (entries, _) = cost(&mut ledger, &signed);
        most = most.max(entries);
        total += entries;
    }
    (ledger, most, total)
}

fn bill() -> v1::Receive {
    v1::Receive { bill: super::story::bill("trader", "1"), ..v1::Receive::default() }
}

#[test]
fn a_console_whose_uses_come_out_of_order_is_folded_exactly_for_what_stands_behind_each() {
    let in_order: Vec<u32> = (0..1_200).collect();
    let (ledger, most, _) = console(&in_order);
    let expected = told(&ledger);
    assert_eq!((most, expected.1.events, expected.1.overflow), (0, 1_203, false));
    // Swapped in pairs; shuffled within 60; a second terminal that is 100 statements behind the first.
    let mut pairs = in_order.clone();
    pairs.as_chunks_mut::<2>().0.iter_mut().for_each(|pair| pair.reverse());
    let mut shuffled = in_order.clone();
    for chunk in shuffled.chunks_mut(60) {
        chunk.sort_by_key(|n| sha256(&[&n.to_be_bytes()]));
    }
    let mut behind = in_order.clone();
    behind.sort_by_key(|n| if n % 2 == 0 { *n } else { n + 200 });
    for (order, bound, mean) in [(pairs, 140, 80), (shuffled, 200, 110), (behind, 300, 150)] {
        let (ledger, most, total) = console(&order);
        assert_eq!(told(&ledger), expected);
        assert!(most <= bound, "{most} entries for one");
        assert!(total <= 1_200 * mean, "{total} entries for all");
    }
}

/// A box at the trader with 600 statements behind it that move nothing.
fn serviced_often() -> TestLedger {
    let mut ledger = box_at_trader();
    for n in 0..600 {
        let said = signed_at(&mut ledger, "maker", 20 + n, serviced());
        ledger.apply(&said);
    }
    ledger
}

#[test]
fn what_comes_too_late_moves_an_item_only_from_where_it_is_and_since_it_came_there() {
    let damaged = || {
        let lines = vec![v1::AdjustLine {
            item: item("BOX"),
            outcome: v1::AdjustOutcome::Damaged as i32,
            ..v1::AdjustLine::default()
        }];
        Body::Adjust(v1::Adjust { lines, ..v1::Adjust::default() })
    };
    let table: [(&str, i64, Body, Status, &str, bool); 6] = [
        // Its holder sent it on: that is not lost behind what others say.
        ("trader", 10, ship(&["BOX"], "clinic"), Status::InTransit, "trader", false),
        // Before it came to its holder, whoever says so.
        ("trader", 2, ship(&["BOX"], "clinic"), Status::Held, "trader", false),
        ("maker", 1, ship(&["BOX"], "clinic"), Status::Held, "trader", false),
        // By somebody who does not have it.
        ("clinic", 10, ship(&["BOX"], "clinic2"), Status::Held, "trader", false),
        // What stays true is kept all the same.
        ("clinic", 10, used(0), Status::Opened, "trader", false),
        ("clinic", 10, damaged(), Status::Held, "trader", true),
    ];
    for (by, minute, body, status, holder, is_damaged) in table {
        let mut ledger = serviced_often();
        let before = state(&ledger, "BOX");
        let late = signed_at(&mut ledger, by, minute, body);
        let (entries, _) = cost(&mut ledger, &late);
        assert!(entries <= 2, "what is not folded is not read: {entries}");
        let now = state(&ledger, "BOX");
        let name = party_by_number(&ledger.view, now.holder).unwrap();
        let found = (now.status, name.as_str(), now.damaged, now.overflow);
        assert_eq!(found, (status, format!("org:{holder}").as_str(), is_damaged, true), "{by} {minute}");
        assert_eq!((now.last, now.last_index, now.events), (before.last, before.last_index, 604));
        if now.status == Status::InTransit {
            // And so does what the other side says.
            let came = signed_at(&mut ledger, "clinic", 11, receive(&late.statement));
            ledger.apply(&came);
            assert_eq!(state(&ledger, "BOX").status, Status::Held);
            assert_ne!(state(&ledger, "BOX").holder, now.holder);
        }
    }
}

#[test]
fn what_comes_late_behind_a_flood_is_still_folded_in_its_place() {
    let mut ledger = serviced_often();
    let stranger = signed_at(&mut ledger, "clinic", 10, used(0));
    ledger.apply(&stranger);
    assert!(state(&ledger, "BOX").overflow);
    // The Receive is uploaded before the Ship that it answers, both behind the flood.
    let sent = signed_at(&mut ledger, "trader", 700, ship(&["BOX"], "clinic2"));
    let came = signed_at(&mut ledger, "clinic2", 701, receive(&sent.statement));
    ledger.apply(&came);
    let (entries, _) = cost(&mut ledger, &sent);
    assert!(entries <= 70, "{entries} entries: back to the last cut");
    let now = state(&ledger, "BOX");
    assert_eq!((now.status, now.overflow, now.last.0), (Status::Opened, true, NOON + 701 * 60_000_000));
    assert_eq!(now.shipped_by, ledger.view.size());
}

#[test]
fn a_correction_far_back_marks_the_item_and_reads_nothing_and_one_near_shows() {
    let mut ledger = serviced_often();
    let near = signed_at(&mut ledger, "clinic", 800, used(0));
    ledger.apply(&near);
    assert_eq!(state(&ledger, "BOX").status, Status::Opened);
    let back = signed_at(&mut ledger, "clinic", 801, void_of(&near.statement));
    let (entries, _) = cost(&mut ledger, &back);
    assert!(entries <= 90, "{entries} entries: back to the last cut");
    assert_eq!((state(&ledger, "BOX").status, state(&ledger, "BOX").overflow), (Status::Held, false));
    let mut ledger = box_at_trader();
    let far = signed_at(&mut ledger, "clinic", 4, used(0));
    ledger.apply(&far);
    for n in 0..600 {
        let said = signed_at(&mut ledger, "maker", 20 + n, serviced());
        ledger.apply(&said);
    }
    let back = signed_at(&mut ledger, "clinic", 801, void_of(&far.statement));
    let (entries, _) = cost(&mut ledger, &back);
    assert!(entries <= 16, "{entries} entries");
    assert_eq!((state(&ledger, "BOX").status, state(&ledger, "BOX").overflow), (Status::Opened, true));
}
