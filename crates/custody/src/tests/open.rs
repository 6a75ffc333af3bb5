//! What stands open at parties, and codes that are one thing: the tables against what all contents and
//! item states say, worked out naively.

use std::collections::{BTreeMap, BTreeSet};

use proto::v1::statement::Body;
use statement::{Kind, Relation, Statement, SubjectKind, subject_key, visit_subjects};

use super::{
    ledger::{TestLedger, org},
    story::{check, item, lot_of},
};
use crate::{
    Content, Table, View as _,
    alias::{code_texts, codes_of},
    content,
    item::{ItemState, item_state},
    response::receives_of,
    stock::{self, StockKind},
    tables::subject_by_text,
};

/// The statement at an entry.
pub fn statement_at(ledger: &TestLedger, index: u64) -> Statement {
    Statement::recorded(ledger.view.entry(index).unwrap().unwrap().payload).unwrap()
}

/// Originals that count, with what counts of them.
fn contents(ledger: &TestLedger) -> Vec<Content> {
    let mut all = Vec::new();
    for index in 1..ledger.view.size() {
        let statement = statement_at(ledger, index);
        if !matches!(statement.kind(), Kind::Correct | Kind::Void | Kind::Endorse) {
            all.extend(content(&ledger.view, index).unwrap());
        }
    }
    all
}

/// All items that any statement names.
fn items(ledger: &TestLedger) -> BTreeSet<String> {
    let mut items = BTreeSet::new();
    for index in 1..ledger.view.size() {
        let statement = statement_at(ledger, index);
        visit_subjects(&statement, &mut |relation, text| {
            if relation.subject_kind() == Some(SubjectKind::Item) && relation != Relation::Lot {
                items.insert(text.to_string());
            }
        });
    }
    items
}

/// Codes that are one thing, by repeated joining.
fn things(ledger: &TestLedger) -> Vec<BTreeSet<String>> {
    let mut things: Vec<BTreeSet<String>> = items(ledger).into_iter().map(|i| [i].into()).collect();
    for content in contents(ledger) {
        let Body::Alias(alias) = &content.body else { continue };
        let (joined, mut others): (Vec<_>, Vec<_>) =
            things.into_iter().partition(|t| alias.codes.iter().any(|c| t.contains(c)));
        others.push(joined.into_iter().flatten().collect());
        things = others;
    }
    things
}

fn number(ledger: &TestLedger, kind: SubjectKind, text: &str) -> u64 {
    subject_by_text(&ledger.view, kind, text).unwrap().unwrap().number
}

fn rows(ledger: &TestLedger, wanted: Table) -> BTreeMap<Vec<u8>, Vec<u8>> {
    let of_table = ledger.view.rows().filter(|(table, ..)| *table == wanted);
    of_table.map(|(_, key, value)| (key.to_vec(), value.to_vec())).collect()
}

fn expected_holdings(ledger: &TestLedger) -> BTreeMap<Vec<u8>, Vec<u8>> {
    let mut expected = BTreeMap::new();
    for thing in things(ledger) {
        let state = |code: &String| item_state(&ledger.view, code).unwrap().unwrap().1;
        let states: Vec<ItemState> = thing.iter().map(state).collect();
        assert!(states.windows(2).all(|w| w[0] == w[1]), "{thing:?} is one thing");
        let keys: BTreeSet<_> = thing.iter().map(|c| subject_key(SubjectKind::Item, c)).collect();
        for code in &thing {
            assert_eq!(code_texts(&ledger.view, code).unwrap(), thing.iter().cloned().collect::<Vec<_>>());
            assert_eq!(codes_of(&ledger.view, &subject_key(SubjectKind::Item, code)).unwrap(), keys);
        }
        assert_eq!(states[0].aliased, thing.len() > 1);
        let Some((holder, since)) = states[0].held() else { continue };
        let first = thing.iter().map(|c| (number(ledger, SubjectKind::Item, c), c)).min().unwrap();
        let key = [&holder.to_be_bytes()[..], &[0], &first.0.to_be_bytes()].concat();
        let mut value = Vec::new();
        crate::tables::put_varint(&mut value, since);
        value.extend(subject_key(SubjectKind::Item, first.1).0);
        expected.insert(key, value);
    }
    expected
}

/// Lines that a Ship or Receive names.
fn lines(body: &Body) -> BTreeSet<String> {
    let (items, lots) = match body {
        Body::Ship(b) => (b.items.clone(), b.lots.clone()),
        Body::Receive(b) => {
            let exceptions = b.exceptions.iter();
            let items = b.items.iter().cloned().chain(exceptions.clone().map(|e| e.item.clone()));
            let lots = b.lots.iter().cloned().chain(exceptions.filter_map(|e| e.lot.clone()));
            (items.filter(|i| !i.is_empty()).collect(), lots.collect())
        }
        _ => (Vec::new(), Vec::new()),
    };
    items.into_iter().chain(lots.into_iter().map(|l| l.lot)).collect()
}

fn expected_inbound(ledger: &TestLedger) -> BTreeMap<Vec<u8>, Vec<u8>> {
    let mut expected = BTreeMap::new();
    for content in contents(ledger) {
        let Body::Ship(ship) = &content.body else { continue };
        let all = lines(&content.body);
        let mut open = all.clone();
        for receive in receives_of(&ledger.view, content.root_index).unwrap() {
            let Some(receive) = crate::content(&ledger.view, receive).unwrap() else { continue };
            if receive.root.actor() == ship.addressee {
                let named = lines(&receive.body);
                open.retain(|line| !named.is_empty() && !named.contains(line));
            }
        }
        if !open.is_empty() {
            let to = number(ledger, SubjectKind::Activity, &ship.addressee);
            let key = [to.to_be_bytes(), content.root_index.to_be_bytes()].concat();
            let counts = [open.len() as u32, all.len() as u32].map(u32::to_be_bytes);
            expected.insert(key, counts.concat());
        }
    }
    expected
}

/// Compares the tables with what they follow from.
pub fn check_tables(ledger: &TestLedger) {
    let mut holdings = rows(ledger, Table::Holding);
    let noted: BTreeSet<Vec<u8>> = holdings.keys().filter(|key| key[8] != 0).cloned().collect();
    holdings.retain(|key, _| key[8] == 0);
    assert_eq!(holdings, expected_holdings(ledger));
    assert_eq!(rows(ledger, Table::Inbound), expected_inbound(ledger));
    for content in contents(ledger) {
        let mut dealt = BTreeSet::new();
        let actor = content.root.actor().to_string();
        match &content.body {
            Body::Ship(b) => {
                let lots = b.lots.iter().map(|l| l.lot.clone());
                dealt.extend(lots.flat_map(|l| [(actor.clone(), 1, l.clone()), (b.addressee.clone(), 1, l)]));
            }
            Body::Receive(b) => dealt.extend(b.lots.iter().map(|l| (actor.clone(), 1, l.lot.clone()))),
            Body::Unpack(b) if b.children.is_empty() => {
                dealt.insert((actor, 2, b.parent.clone()));
            }
            _ => {}
        }
        for (party, tag, text) in dealt {
            let party = number(ledger, SubjectKind::Activity, &party);
            let item = number(ledger, SubjectKind::Item, &text);
            let key = [&party.to_be_bytes()[..], &[tag], &item.to_be_bytes()].concat();
            assert!(noted.contains(&key), "{text}");
        }
    }
}

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

fn inbound_of(ledger: &TestLedger, party: &str) -> Vec<(u32, u32)> {
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
    assert_eq!(stock_of(&ledger, "trader", StockKind::Lot), [lot_of("1"), lot_of("2")]);
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
