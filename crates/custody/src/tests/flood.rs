//! What stands open under floods of statements by others: what is read, and what still holds.

use proto::v1::{self, statement::Body};

use super::{
    admission::{commission, ship},
    bounds::{cost, signed_at},
    ledger::{TestLedger, org, reference_to},
    open::inbound_of,
    story::{item, lot_of},
    tables::check_tables,
};
use crate::{stock, tables::subject_by_text};

/// Two allowances of a statement about two items, and the little that it reads of itself.
const MOST: usize = 2 * (512 + 16) + 16;

fn pack(parent: &str, children: &[&str]) -> Body {
    let children = children.iter().map(|child| item(child)).collect();
    Body::Pack(v1::Pack { parent: item(parent), children })
}

fn receive(of: &statement::Statement, items: &[String]) -> Body {
    let items = items.iter().map(|name| item(name)).collect();
    Body::Receive(v1::Receive { shipment: Some(reference_to(of)), items, ..v1::Receive::default() })
}

fn with_lot(body: Body) -> Body {
    let quantity = Some(v1::Quantity { amount: 7, unit: "U".into() });
    let lots = vec![v1::LotAmount { lot: lot_of("1"), quantity }];
    match body {
        Body::Ship(b) => Body::Ship(v1::Ship { lots, ..b }),
        other => other,
    }
}

fn left_of_lot(ledger: &TestLedger, party: &str) -> Vec<i64> {
    let lot = subject_by_text(&ledger.view, statement::SubjectKind::Item, &lot_of("1")).unwrap().unwrap();
    stock::balances(&ledger.view, &org(party), lot.number).unwrap().into_values().collect()
}

#[test]
fn packs_by_a_stranger_into_a_case_under_way_read_little_and_neither_hide_it_nor_its_lots() {
    let mut ledger = TestLedger::new();
    for (minute, body) in [(1, commission(&["A", "B"])), (2, pack("CASE", &["A", "B"]))] {
        let said = signed_at(&mut ledger, "maker", minute, body);
        ledger.apply(&said);
    }
    let sent = signed_at(&mut ledger, "maker", 50, with_lot(ship(&["CASE"], "trader")));
    ledger.apply(&sent);
    let units = signed_at(&mut ledger, "trader", 60, receive(&sent.statement, &["A".into()]));
    ledger.apply(&units);
    for n in 0..700 {
        let late = signed_at(&mut ledger, "clinic", 10, pack("CASE", &[&format!("J{n}")]));
        let (entries, rows) = cost(&mut ledger, &late);
        assert!(entries <= MOST && rows < 60_000, "{entries} entries, {rows} rows for {n}");
    }
    assert_eq!(inbound_of(&ledger, "trader"), [(2, 2)]);
    // Units alone do not answer a case of which nobody can tell what was in it; its own code does.
    for (names, open) in [(&["B"], (2, 2)), (&["CASE"], (1, 2))] {
        let said = signed_at(&mut ledger, "trader", 61, receive(&sent.statement, &names.map(String::from)));
        let (entries, _) = cost(&mut ledger, &said);
        assert!(entries <= MOST, "{entries} entries");
        assert_eq!(inbound_of(&ledger, "trader"), [open], "{names:?}");
    }
    let all = signed_at(&mut ledger, "trader", 62, receive(&sent.statement, &[]));
    ledger.apply(&all);
    assert_eq!(inbound_of(&ledger, "trader"), []);
    assert_eq!((left_of_lot(&ledger, "maker"), left_of_lot(&ledger, "trader")), (vec![-7], vec![7]));
}

#[test]
fn a_late_pack_of_what_was_in_many_cases_and_shipments_reads_little() {
    let mut ledger = TestLedger::new();
    for n in 0..400 {
        for (minute, body) in
            [(100 + 2 * n, pack(&format!("P{n}"), &["CASE"])), (101 + 2 * n, ship(&["CASE"], "trader"))]
        {
            let said = signed_at(&mut ledger, "clinic", minute, body);
            let (entries, _) = cost(&mut ledger, &said);
            assert!(entries <= 2, "{entries} entries in order");
        }
    }
    let late = signed_at(&mut ledger, "maker", 5, pack("CASE", &["A"]));
    let (entries, rows) = cost(&mut ledger, &late);
    assert!(entries <= MOST && rows < 60_000, "{entries} entries, {rows} rows");
}

#[test]
fn a_shipment_of_600_cases_is_answered_unit_by_unit() {
    const CASES: usize = 600;
    let mut ledger = TestLedger::new();
    let cases: Vec<String> = (0..CASES).map(|n| format!("C{n}")).collect();
    for (n, case) in cases.iter().enumerate() {
        let units = [format!("A{n}"), format!("B{n}")];
        let said = signed_at(&mut ledger, "maker", 1, pack(case, &[&units[0], &units[1]]));
        ledger.apply(&said);
    }
    let names: Vec<&str> = cases.iter().map(String::as_str).collect();
    let sent = signed_at(&mut ledger, "maker", 2, ship(&names, "trader"));
    ledger.apply(&sent);
    // The last two name fewer units than there are cases to look into.
    for (from, to) in [(0, 598), (598, 599), (599, CASES)] {
        let units: Vec<String> = (from..to).flat_map(|n| [format!("A{n}"), format!("B{n}")]).collect();
        let said = signed_at(&mut ledger, "trader", 3, receive(&sent.statement, &units));
        ledger.apply(&said);
        let open = (CASES - to) as u32;
        let expected: &[(u32, u32)] = &[(open, CASES as u32)];
        assert_eq!(inbound_of(&ledger, "trader"), if open == 0 { &[] } else { expected });
    }
    check_tables(&ledger);
}
