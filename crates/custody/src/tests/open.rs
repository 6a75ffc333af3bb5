//! What stands open at parties: shipments answered, stock left, containers emptied.

use statement::Kind;

use super::{
    ledger::{TestLedger, org},
    story::{check, item, lot_of},
    tables::{check_tables, statement_at},
};
use crate::{
    View as _,
    stock::{self, StockKind},
};

pub fn stock_of(ledger: &TestLedger, party: &str, kind: StockKind) -> Vec<String> {
    let (mut all, mut from) = (Vec::new(), 0);
    loop {
        let (rows, next) = stock::stock(&ledger.view, &org(party), kind, from, 2).unwrap();
        all.extend(stock::texts(&ledger.view, &rows).unwrap());
        match next {
            Some(next) => from = next,
            None => return all,
        }
    }
}

pub fn inbound_of(ledger: &TestLedger, party: &str) -> Vec<(u32, u32)> {
    let (rows, next) = stock::inbound(&ledger.view, &org(party), 0, 100).unwrap();
    assert_eq!(next, None);
    rows.into_iter().map(|r| (r.open, r.lines)).collect()
}

#[test]
fn a_party_sees_what_it_holds_and_what_it_has_to_answer() {
    let ledger = check(
        "maker    commission A,B,C,D,E
         maker    pack P A,B
      s: maker    ship P,C,D to trader lots=1,2 key=1
      t: trader   receive of=s P lots=1
         trader   unpack P",
    );
    check_tables(&ledger);
    assert_eq!(stock_of(&ledger, "maker", StockKind::Item), [item("E")]);
    assert_eq!(stock_of(&ledger, "trader", StockKind::Item), [item("P")]);
    assert_eq!(stock_of(&ledger, "trader", StockKind::Emptied), [item("P")]);
    // Of the second lot nothing has been taken in.
    assert_eq!(stock_of(&ledger, "trader", StockKind::Lot), [lot_of("1")]);
    assert_eq!(inbound_of(&ledger, "trader"), [(3, 5)]);
    assert_eq!(inbound_of(&ledger, "clinic"), []);
}

#[test]
fn a_shipment_is_answered_line_by_line_and_open_again_without_its_answer() {
    for (more, open) in [
        ("", vec![(2, 3)]),
        ("u: clinic receive of=s B shortlot=1", vec![]),
        ("u: clinic receive of=s B", vec![(1, 3)]),
        ("u: clinic receive of=s", vec![]),
        (
            "u: clinic receive of=s
          v: clinic void u",
            vec![(2, 3)],
        ),
        ("u: clinic2 receive of=s", vec![(2, 3)]),
        (
            "u: clinic void t
          v: maker void s",
            vec![],
        ),
    ] {
        // The other side agrees to its Void.
        let story = format!(
            "maker commission A,B\n s: maker ship A,B to clinic lots=1 key=1\n t: clinic receive of=s A\n {more}"
        );
        let mut ledger = TestLedger::new();
        for line in super::story::write(&ledger, &story) {
            ledger.record(&line.signed);
            if line.signed.statement.kind() == Kind::Void {
                for party in ["maker", "clinic"] {
                    let say = ledger.say(party, super::ledger::endorse_of(&line.signed.statement));
                    if ledger.verdict_of(&say) == "OK" {
                        ledger.must(&say);
                    }
                }
            }
        }
        check_tables(&ledger);
        assert_eq!(inbound_of(&ledger, "clinic"), open, "{more}");
    }
}

#[test]
fn codes_of_one_thing_have_one_history() {
    let ledger = check(
        "maker    commission A                   | A held maker
         maker    commission K                   | K held maker
      a: maker    alias A,K                      | A held maker; K held maker
      s: maker    ship A to clinic               | A transit maker>clinic; K transit maker>clinic
         clinic   receive of=s                   | K held clinic
         clinic   use K                          | A opened clinic
      b: maker    alias K,L                      | L opened clinic
         maker    commission K                   | L opened clinic !e8
         clinic   finish L                       | A used clinic !e8; K used clinic !e8
         maker    void a                         | A held clinic; K used clinic !e6 !e8; L used clinic !e6 !e8",
    );
    check_tables(&ledger);
    assert_eq!(stock_of(&ledger, "clinic", StockKind::Item), [item("A")]);
}

#[test]
fn a_container_emptied_under_another_code_is_empty() {
    let ledger = check(
        "maker    commission A,B
         maker    pack P A,B                     | A held maker in P
         maker    alias P,Q                      | Q held maker
         maker    unpack Q B                     | B held maker !e4; A held maker in P
         maker    unpack Q                       | A held maker ex P",
    );
    check_tables(&ledger);
}

#[test]
fn stock_takings_tell_what_is_on_the_shelf() {
    let ledger = check(
        "maker    commission A,B,C,D
         trader   adjust opening=E,F             | E held trader; F held trader
         maker    adjust lost=A stolen=B destroyed=C damaged=D | A lost maker; B stolen maker; C destroyed maker; D held maker damaged
         maker    adjust found=A                 | A held maker
         trader   receive bill=maker/9 B         | B held trader !e5
         maker    ship C to trader               | C destroyed maker !e6
         trader   adjust lost=D                  | D lost trader damaged !e7
         maker    adjust found=D                 | D held maker damaged !e7 !e8",
    );
    check_tables(&ledger);
    assert_eq!(stock_of(&ledger, "trader", StockKind::Item), [item("B"), item("E"), item("F")]);
}

#[test]
fn work_ends_inputs_and_begins_outputs() {
    check_tables(&check(
        "maker    commission A,B
         maker    transform A into X,Y           | A transformed maker; X held maker; B held maker
         trader   transform B into Z             | B transformed trader !e3; Z held trader
         maker    ship A to clinic               | A transformed maker !e4",
    ));
}

#[test]
fn samples_go_to_the_sampler_and_devices_stay_during_service() {
    check_tables(&check(
        "maker    commission A,B,D,T
         lab      sample A from maker            | A held lab
         lab      sample B from trader           | B held lab !e3
         maker    ship D to clinic key=1         | D transit maker>clinic
         clinic   receive bill=maker/1           | D held clinic
         maker    service D fitted=T             | D held clinic; T held maker",
    ));
}

#[test]
fn a_case_is_answered_by_what_is_in_it_and_a_thing_under_any_of_its_codes() {
    for (told, open) in [
        ("trader receive of=s A,B", vec![]),
        ("trader receive of=s A", vec![(1, 1)]),
        ("trader receive of=s A short=B", vec![]),
        ("trader receive of=s A\n trader receive of=s B", vec![]),
        ("trader receive of=s P2\n maker alias P,P2", vec![]),
        ("maker alias A,A2\n trader receive of=s A2,B", vec![]),
        ("trader receive of=s A2,B\n maker alias A,A2", vec![]),
        // A Pack and an Unpack that come late.
        ("trader receive of=s A,B,C\n maker pack P C @3", vec![]),
        ("trader receive of=s A,B\n maker pack P C @3", vec![(1, 1)]),
        ("trader receive of=s A\n maker unpack P B @3", vec![]),
        // What happens to the case later is another matter.
        ("trader receive of=s A,B\n trader pack P C @9", vec![]),
        // Others' word is none.
        ("clinic receive of=s A,B", vec![(1, 1)]),
    ] {
        let ledger = check(&format!(
            "maker commission A,B,C\n maker pack P A,B\n s: maker ship P to trader key=1 @5\n {told}"
        ));
        check_tables(&ledger);
        assert_eq!(inbound_of(&ledger, "trader"), open, "{told}");
    }
}

#[test]
fn what_is_taken_back_of_a_case_under_another_of_its_codes_counts_no_more() {
    let story = "maker commission A\n maker alias P,Q\n maker pack P A\n s: maker ship P to trader key=1 @5\n \
                 trader receive of=s A";
    let ledger = check(story);
    assert_eq!(inbound_of(&ledger, "trader"), []);
    let ledger = check(&format!("{story}\n maker commission C\n p: maker pack Q C @4"));
    assert_eq!(inbound_of(&ledger, "trader"), [(1, 1)]);
    check_tables(&ledger);
    let mut ledger = ledger;
    let pack = statement_at(&ledger, ledger.view.size() - 1);
    let void = ledger.say("maker", super::ledger::void_of(&pack));
    ledger.must(&void);
    check_tables(&ledger);
    assert_eq!(inbound_of(&ledger, "trader"), []);
}

#[test]
fn a_pallet_is_answered_by_its_cases_and_their_units() {
    let story = "maker commission A,B,C,D\n maker pack P A,B\n maker pack Q P,C\n \
                 s: maker ship Q,D to trader key=1 @5";
    for (told, open) in
        [("P,C", vec![(1, 2)]), ("A,B,C,D", vec![]), ("A,C,D", vec![(1, 2)]), ("P,C,D", vec![])]
    {
        let ledger = check(&format!("{story}\n trader receive of=s {told}"));
        check_tables(&ledger);
        assert_eq!(inbound_of(&ledger, "trader"), open, "{told}");
    }
}

#[test]
fn what_is_nothing_any_longer_has_no_row() {
    let ledger = check(
        "maker    commission A,B
         maker    pack P A,B
      s: maker    ship P to trader lots=1 key=1
         trader   receive of=s
         trader   unpack P",
    );
    assert_eq!(stock_of(&ledger, "trader", StockKind::Emptied), [item("P")]);
    assert_eq!(stock_of(&ledger, "trader", StockKind::Lot), [lot_of("1")]);
    let ledger = check(
        "maker    commission A,B
         maker    pack P A,B
      s: maker    ship P to trader lots=1 key=1
         trader   receive of=s
         trader   unpack P
         trader   adjust lost=A
      t: trader   ship B to clinic lots=1 key=2",
    );
    check_tables(&ledger);
    assert_eq!(stock_of(&ledger, "trader", StockKind::Emptied), [""; 0]);
    assert_eq!(stock_of(&ledger, "trader", StockKind::Lot), [""; 0]);
    // And one that is something again has one again.
    let mut ledger = ledger;
    let ship = statement_at(&ledger, ledger.view.size() - 1);
    let void = ledger.say("trader", super::ledger::void_of(&ship));
    ledger.must(&void);
    check_tables(&ledger);
    assert_eq!(stock_of(&ledger, "trader", StockKind::Emptied), [item("P")]);
    assert_eq!(stock_of(&ledger, "trader", StockKind::Lot), [lot_of("1")]);
}
