//! Work per statement is bounded, whatever was recorded before. What is counted is what is read.

use std::cell::Cell;

use prost::bytes::Bytes;
use proto::v1::{self, statement::Body};

use super::{
    admission::{commission, ship},
    ledger::{NOON, Say, TestLedger, reference_to},
    story::{item, waybill},
};
use crate::{
    Admission, RecordedEntry, Signed, Table, View, ViewError, Visit, admit, apply,
    item::{ItemState, Status, item_state},
    tables::MAX_PER_RECEIVER,
};

const MOST: usize = 4_000;

/// Counts what is read through it.
struct Counting<'a, V> {
    view: &'a V,
    entries: Cell<usize>,
    rows: Cell<usize>,
}

impl<V: View> View for Counting<'_, V> {
    fn get(&self, table: Table, key: &[u8]) -> Result<Option<Bytes>, ViewError> {
        self.rows.set(self.rows.get() + 1);
        self.view.get(table, key)
    }

    fn scan(&self, table: Table, prefix: &[u8], from: &[u8], visit: Visit<'_>) -> Result<(), ViewError> {
        self.view.scan(table, prefix, from, &mut |key, value| {
            self.rows.set(self.rows.get() + 1);
            visit(key, value)
        })
    }

    fn entry(&self, index: u64) -> Result<Option<RecordedEntry>, ViewError> {
        self.entries.set(self.entries.get() + 1);
        self.view.entry(index)
    }

    fn size(&self) -> u64 {
        self.view.size()
    }
}

/// Entries and rows read to admit and apply a statement, which is then recorded.
pub fn cost(ledger: &mut TestLedger, signed: &Signed) -> (usize, usize) {
    let counting = Counting { view: &ledger.view, entries: Cell::new(0), rows: Cell::new(0) };
    assert_eq!(admit(&counting, signed, true, ledger.now, &ledger.limits), Ok(Admission::New));
    apply(&counting, &ledger.input(signed)).unwrap();
    let read = (counting.entries.get(), counting.rows.get());
    ledger.apply(signed);
    read
}

fn names(count: usize) -> Vec<String> {
    (0..count).map(|n| format!("N{n}")).collect()
}

fn refs(names: &[String]) -> Vec<&str> {
    names.iter().map(String::as_str).collect()
}

pub fn signed_at(ledger: &mut TestLedger, by: &str, minute: i64, body: Body) -> Signed {
    let say = Say { at: NOON + minute * 60_000_000, ..ledger.say(by, body) };
    ledger.signed(&say)
}

pub fn state(ledger: &TestLedger, name: &str) -> ItemState {
    item_state(&ledger.view, &item(name)).unwrap().unwrap().1
}

fn with_waybill(body: Body) -> Body {
    match body {
        Body::Ship(b) => Body::Ship(v1::Ship { waybill: waybill("W"), ..b }),
        other => other,
    }
}

fn receive_by_waybill() -> Body {
    Body::Receive(v1::Receive { waybill: waybill("W"), ..v1::Receive::default() })
}

#[test]
fn a_late_ship_of_4_000_items_reads_every_statement_once() {
    let mut ledger = TestLedger::new();
    let names = names(MOST);
    let made = signed_at(&mut ledger, "maker", 1, commission(&refs(&names)));
    let (entries, _) = cost(&mut ledger, &made);
    assert_eq!(entries, 0, "in order, nothing is read back");
    for (n, chunk) in names.chunks(40).enumerate() {
        let children = chunk.iter().map(|n| item(n)).collect();
        let pack = Body::Pack(v1::Pack { parent: item(&format!("CASE{n}")), children });
        let pack = signed_at(&mut ledger, "maker", 2, pack);
        ledger.apply(&pack);
    }
    let used = Body::Receive(v1::Receive {
        bill: super::story::bill("maker", "1"),
        items: names.iter().map(|n| item(n)).collect(),
        ..v1::Receive::default()
    });
    let used = signed_at(&mut ledger, "clinic", 9, used);
    ledger.apply(&used);
    let late = signed_at(&mut ledger, "maker", 5, ship(&refs(&names), "clinic"));
    let (entries, rows) = cost(&mut ledger, &late);
    assert_eq!(entries, 102, "the Commission, 100 Packs, the Receive");
    assert!(rows < 12 * MOST, "{rows} rows");
    let state = state(&ledger, "N17");
    assert_eq!((state.status, state.events, state.conflicts), (Status::Held, 4, vec![]));
}

#[test]
fn a_chain_of_64_corrects_of_a_large_bill_stays_readable() {
    let mut ledger = TestLedger::new();
    let names = names(1_000);
    let made = signed_at(&mut ledger, "maker", 1, commission(&refs(&names)));
    ledger.record(&made);
    let mut newest = made.statement;
    for n in 0..64 {
        let body = match commission(&refs(&names[n..])) {
            Body::Commission(b) => Some(v1::replacement::Body::Commission(b)),
            _ => None,
        };
        let correct = Body::Correct(v1::Correct {
            target: Some(reference_to(&newest)),
            reason: "mistake".into(),
            replacement: Some(v1::Replacement { body, ..v1::Replacement::default() }),
            ..v1::Correct::default()
        });
        let correct = signed_at(&mut ledger, "maker", 2, correct);
        if n == 63 {
            let (entries, _) = cost(&mut ledger, &correct);
            assert!(entries < 3 * 64, "{entries} entries");
        } else {
            ledger.apply(&correct);
        }
        newest = correct.statement;
    }
    assert_eq!(state(&ledger, "N62").status, Status::Unknown);
    assert_eq!(state(&ledger, "N63").status, Status::Held);
}

#[test]
fn a_receive_of_more_than_its_links_is_refused() {
    for (each, verdict) in [(250, "OK"), (260, "TOO_MANY_SUBJECTS body")] {
        let mut ledger = TestLedger::new();
        let names = names(each * MAX_PER_RECEIVER);
        for chunk in names.chunks(each) {
            let ship = signed_at(&mut ledger, "maker", 1, with_waybill(ship(&refs(chunk), "clinic")));
            ledger.apply(&ship);
        }
        let receive = signed_at(&mut ledger, "clinic", 2, receive_by_waybill());
        assert_eq!(ledger.verdict(&receive), verdict);
        if verdict == "OK" {
            let (entries, _) = cost(&mut ledger, &receive);
            assert!(entries <= 4 * MAX_PER_RECEIVER, "{entries} entries");
            assert_eq!(state(&ledger, "N16").status, Status::Held);
        }
    }
}

#[test]
fn many_receives_that_wait_do_not_multiply_a_ship() {
    let mut ledger = TestLedger::new();
    for _ in 0..100 {
        // It names the sender: what comes later under the waybill is met.
        let bill = super::story::bill("maker", "none");
        let body = v1::Receive { waybill: waybill("W"), bill, ..v1::Receive::default() };
        let receive = signed_at(&mut ledger, "clinic", 9, Body::Receive(body));
        ledger.apply(&receive);
    }
    let names = names(MOST);
    for n in 0..3 {
        let body = with_waybill(ship(&refs(&names), "clinic"));
        let ship = signed_at(&mut ledger, "maker", n, body);
        let (entries, rows) = cost(&mut ledger, &ship);
        // Each Receive to be met and to be folded, and the Ships before.
        assert!(entries <= 2 * MAX_PER_RECEIVER + 2, "{entries} entries");
        assert!(rows < 20 * MOST, "{rows} rows");
        let marked = names.iter().filter(|n| state(&ledger, n).overflow).count();
        assert_eq!(marked > 0, n > 0, "64 Receives of 4,000 items are folded, of 8,000 not all");
        assert!(names.iter().all(|n| state(&ledger, n).status == Status::Held));
    }
}

#[test]
fn items_with_much_history_together_are_not_folded_without_end() {
    let mut ledger = TestLedger::new();
    let names = names(MOST);
    let children: Vec<String> = names[1..].iter().map(|n| item(n)).collect();
    for n in 0..70 {
        let parent = item("N0");
        let pack = Body::Pack(v1::Pack { parent: parent.clone(), children: children.clone() });
        let unpack = Body::Unpack(v1::Unpack { parent, children: children.clone() });
        for (minute, body) in [(10 + 2 * n, pack), (11 + 2 * n, unpack)] {
            let said = signed_at(&mut ledger, "maker", minute, body);
            ledger.apply(&said);
        }
    }
    let late = signed_at(&mut ledger, "maker", 5, ship(&refs(&names[1..]), "clinic"));
    let (entries, rows) = cost(&mut ledger, &late);
    assert!(entries <= 141, "{entries} entries");
    assert!(rows < 200_000, "{rows} rows");
    let folded = names[1..].iter().filter(|n| !state(&ledger, n).overflow).count();
    assert_eq!(folded, 0, "the statements alone are more than may be read");
}

#[test]
fn a_use_of_4_000_lines_is_one_pass() {
    let mut ledger = TestLedger::new();
    let line = |n: u32| v1::UseLine {
        item: item("BOX"),
        vial: n,
        finished: n == MOST as u32,
        ..v1::UseLine::default()
    };
    let lines = (1..=MOST as u32).map(|n| v1::UseLine { counter: 1, ..line(n) }).collect();
    let used = signed_at(&mut ledger, "clinic", 1, Body::Use(v1::Use { lines }));
    ledger.record(&used);
    assert_eq!(state(&ledger, "BOX").status, Status::Used);
}

/// All Aliases of a code are looked through whenever its thing is named.
#[test]
fn a_code_stands_in_so_many_aliases() {
    let mut ledger = TestLedger::new();
    let alias = |codes: &[&str]| {
        Body::Alias(v1::Alias { codes: codes.iter().map(|c| item(c)).collect(), ..v1::Alias::default() })
    };
    for _ in 0..crate::alias::MAX_ALIASES {
        let said = signed_at(&mut ledger, "maker", 1, alias(&["A", "B"]));
        ledger.record(&said);
    }
    for (codes, verdict) in [
        (["A", "B"], "TOO_MANY_SUBJECTS alias.codes[0] alias.codes[1]"),
        (["C", "B"], "TOO_MANY_SUBJECTS alias.codes[1]"),
        (["C", "D"], "OK"),
    ] {
        let said = signed_at(&mut ledger, "maker", 1, alias(&codes));
        assert_eq!(ledger.verdict(&said), verdict);
    }
}
