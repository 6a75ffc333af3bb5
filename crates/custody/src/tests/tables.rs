//! What stands open at parties, and codes that are one thing: the tables against what all contents and
//! item states say, worked out naively.

use std::collections::{BTreeMap, BTreeSet};

use proto::v1::{AdjustOutcome, LotAmount, statement::Body};
use statement::{Kind, Relation, Statement, SubjectKind, subject_key, visit_subjects};

use super::ledger::TestLedger;
use crate::{
    Content, Table, View as _,
    alias::{code_texts, codes_of},
    content,
    item::{ItemState, item_state},
    response::receives_of,
    stock,
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

/// Place of a content in fold order.
fn place(content: &Content) -> (i64, u8, String, [u8; 16]) {
    let row = statement::kind_row(statement::kind_of(&content.body)).unwrap();
    let header = content.root.header();
    (content.occurred_at, row.cause, header.party.clone(), content.root.reference().id)
}

/// Whether a thing is named, or all that was in it at the time is.
fn is_answered(
    thing: &BTreeSet<String>,
    before: &[&Content],
    things: &[BTreeSet<String>],
    named: &BTreeSet<String>,
    path: &mut Vec<BTreeSet<String>>,
) -> bool {
    if !thing.is_disjoint(named) {
        return true;
    }
    if path.contains(thing) {
        return false;
    }
    let of = |code: &String| things.iter().find(|t| t.contains(code)).unwrap().clone();
    let mut inside = BTreeSet::new();
    for content in before {
        match &content.body {
            Body::Pack(b) if thing.contains(&b.parent) => inside.extend(b.children.iter().map(of)),
            Body::Unpack(b) if thing.contains(&b.parent) => {
                inside.retain(|child| !b.children.is_empty() && !b.children.iter().any(|c| of(c) == *child));
            }
            _ => {}
        }
    }
    path.push(thing.clone());
    let all = !inside.is_empty() && inside.iter().all(|c| is_answered(c, before, things, named, path));
    path.pop();
    all
}

fn expected_inbound(ledger: &TestLedger) -> BTreeMap<Vec<u8>, Vec<u8>> {
    let mut expected = BTreeMap::new();
    let mut all = contents(ledger);
    all.sort_by_key(place);
    let things = things(ledger);
    for (at, content) in all.iter().enumerate() {
        let Body::Ship(ship) = &content.body else { continue };
        let lines_shipped = lines(&content.body);
        let mut open = lines_shipped.clone();
        let mut names = BTreeSet::new();
        for receive in receives_of(&ledger.view, content.root_index).unwrap() {
            let Some(receive) = crate::content(&ledger.view, receive).unwrap() else { continue };
            if receive.root.actor() == ship.addressee {
                let named = lines(&receive.body);
                open.retain(|line| !named.is_empty() && !named.contains(line));
                names.extend(named);
            }
        }
        let before: Vec<&Content> = all[..at].iter().collect();
        open.retain(|line| {
            let thing = things.iter().find(|thing| thing.contains(line));
            thing.is_none_or(|thing| !is_answered(thing, &before, &things, &names, &mut Vec::new()))
        });
        if !open.is_empty() {
            let to = number(ledger, SubjectKind::Activity, &ship.addressee);
            let key = [to.to_be_bytes(), content.root_index.to_be_bytes()].concat();
            let counts = [open.len() as u32, lines_shipped.len() as u32].map(u32::to_be_bytes);
            expected.insert(key, counts.concat());
        }
    }
    expected
}

type Balances = BTreeMap<(String, String, String), i64>;

/// Party, lot, unit → what the contents leave.
fn expected_balances(ledger: &TestLedger) -> Balances {
    let mut sums = Balances::new();
    let mut count = |party: &str, amounts: &[LotAmount], sign: i64| {
        for amount in amounts.iter().filter(|_| !party.is_empty()) {
            let quantity = amount.quantity.clone().unwrap();
            let key = (party.to_string(), amount.lot.clone(), quantity.unit);
            *sums.entry(key).or_default() += sign * quantity.amount as i64;
        }
    };
    for content in contents(ledger) {
        let actor = content.root.actor();
        match &content.body {
            Body::Ship(b) => {
                count(actor, &b.lots, -1);
                let taken =
                    receives_of(&ledger.view, content.root_index).unwrap().into_iter().any(|receive| {
                        let receive = crate::content(&ledger.view, receive).unwrap();
                        receive.is_some_and(|r| r.root.actor() == b.addressee && lines(&r.body).is_empty())
                    });
                count(&b.addressee, &b.lots, i64::from(taken));
            }
            Body::Seize(b) => b.lines.iter().for_each(|line| {
                count(actor, line.lot.as_slice(), 1);
                count(&b.holder, line.lot.as_slice(), -1);
            }),
            Body::HandOver(b) => {
                count(actor, &b.lots, -1);
                count(&b.receiver, &b.lots, 1);
            }
            Body::EvidenceReturn(b) => {
                count(actor, &b.lots, -1);
                count(&b.to, &b.lots, 1);
            }
            Body::Destroy(b) => count(if b.holder.is_empty() { actor } else { &b.holder }, &b.lots, -1),
            Body::Receive(b) => count(actor, &b.lots, 1),
            Body::Adjust(b) => b.lines.iter().for_each(|l| match l.outcome() {
                AdjustOutcome::Found => count(actor, l.lot.as_slice(), 1),
                AdjustOutcome::Lost => count(actor, l.lot.as_slice(), -1),
                _ => {}
            }),
            _ => {}
        }
    }
    sums.retain(|_, amount| *amount != 0);
    sums
}

fn balances_told(ledger: &TestLedger, stocked: &BTreeMap<Vec<u8>, Vec<u8>>) -> Balances {
    let mut told = Balances::new();
    for (key, value) in stocked.iter().filter(|(key, _)| key[8] == 1) {
        let (party, lot) = (u64_at(key, 0), u64_at(key, 9));
        let name = crate::registry::party_by_number(&ledger.view, party).unwrap();
        let mut rest = &value[..];
        crate::tables::take_varint(&mut rest).unwrap();
        let subject = statement::SubjectKey(rest[..32].try_into().unwrap());
        let row = stock::Stock { number: lot, subject, since: 0 };
        let text = stock::texts(&ledger.view, &[row]).unwrap().remove(0);
        let balances = stock::balances(&ledger.view, &name, lot).unwrap();
        assert!(!balances.is_empty(), "a row without a balance");
        told.extend(balances.into_iter().map(|(unit, amount)| ((name.clone(), text.clone(), unit), amount)));
    }
    told
}

fn u64_at(key: &[u8], at: usize) -> u64 {
    u64::from_be_bytes(key[at..at + 8].try_into().unwrap())
}

/// What is listed of containers: exactly those that somebody has emptied and that are not forgotten.
fn check_emptied(ledger: &TestLedger, stocked: &BTreeMap<Vec<u8>, Vec<u8>>) {
    let mut packed: BTreeMap<u64, u64> = BTreeMap::new();
    for code in items(ledger) {
        let (_, state) = item_state(&ledger.view, &code).unwrap().unwrap();
        *packed.entry(state.last_container()).or_default() += 1;
    }
    packed.remove(&0);
    let counted: BTreeMap<u64, u64> = stocked
        .iter()
        .filter(|(key, _)| key[8] == 3)
        .map(|(key, value)| (u64_at(key, 0), u64_at(value, 0)))
        .collect();
    assert_eq!(counted, packed, "codes by container");
    let noted = stocked.iter().filter(|(key, _)| key[8] == 4 && packed.contains_key(&u64_at(key, 0)));
    let listed = |key: &[u8]| [&key[9..], &[2], &key[..8]].concat();
    let expected: BTreeMap<Vec<u8>, &Vec<u8>> = noted.map(|(key, value)| (listed(key), value)).collect();
    let told: BTreeMap<Vec<u8>, &Vec<u8>> =
        stocked.iter().filter(|(key, _)| key[8] == 2).map(|(key, value)| (key.clone(), value)).collect();
    assert_eq!(told, expected, "containers emptied");
    for content in contents(ledger) {
        let Body::Unpack(b) = &content.body else { continue };
        let container = number(ledger, SubjectKind::Item, &b.parent);
        if b.children.is_empty() && packed.contains_key(&container) {
            let party = number(ledger, SubjectKind::Activity, content.root.actor());
            let key = [&party.to_be_bytes()[..], &[2], &container.to_be_bytes()].concat();
            assert!(told.contains_key(&key), "{}", b.parent);
        }
    }
}

/// Compares the tables with what they follow from.
pub fn check_tables(ledger: &TestLedger) {
    let mut holdings = rows(ledger, Table::Holding);
    let stocked: BTreeMap<_, _> = holdings.iter().filter(|(key, _)| key[8] != 0).collect();
    let stocked: BTreeMap<_, _> = stocked.into_iter().map(|(k, v)| (k.clone(), v.clone())).collect();
    holdings.retain(|key, _| key[8] == 0);
    assert_eq!(holdings, expected_holdings(ledger));
    assert_eq!(rows(ledger, Table::Inbound), expected_inbound(ledger));
    assert_eq!(balances_told(ledger, &stocked), expected_balances(ledger));
    check_emptied(ledger, &stocked);
}
