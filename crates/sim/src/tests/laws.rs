//! Laws of the stream that hold for every seed.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;
use proto::v1::{Header, statement::Body};
use statement::{Kind, Statement, id_bytes, id_millis};

use super::{END, LEDGER, plan, trade};
use crate::{Plan, Signed, World, calendar::DAY};

fn parse(signed: &Signed) -> Statement {
    Statement::parse(signed.statement.payload.clone())
        .unwrap_or_else(|e| panic!("{:?} ({}): {e:?}", signed.kind, signed.note))
}

fn name(header: &Header) -> (String, Vec<u8>) {
    (header.party.clone(), header.id.clone())
}

#[test]
fn the_same_plan_gives_the_same_bytes() {
    let bytes = |seed| trade(seed, 1_000).into_iter().map(|s| (s.statement.payload, s.statement.signature));
    assert!(bytes(3).eq(bytes(3)));
    assert!(!bytes(3).eq(bytes(4)));
}

#[test]
fn a_plan_gives_as_many_statements_as_it_asks_for() {
    for statements in [200, 1_000, 3_000, 20_000] {
        assert_eq!(trade(1, statements).len(), statements);
    }
}

#[test]
fn any_present_gives_statements_that_parse() {
    for end_at in [i64::MIN, 0, i64::MAX] {
        World::new(Plan { end_at, ..plan(1, 300) })
            .statements(LEDGER)
            .for_each(|signed| drop(parse(&signed)));
    }
}

#[test]
fn registration_is_never_cut_short() {
    let all = trade(1, 0);
    assert!((60..150).contains(&all.len()), "{}", all.len());
    assert!(all.iter().any(|s| s.kind == Kind::Registration));
    assert!(!all.iter().any(|s| s.kind == Kind::Ship));
}

#[test]
fn every_statement_of_a_large_trade_parses() {
    trade(2, 20_000).iter().for_each(|signed| {
        let statement = parse(signed);
        assert_eq!(statement.kind(), signed.kind);
        assert_eq!(statement.header().ledger, LEDGER);
    });
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12))]

    #[test]
    fn statements_of_any_seed_obey_the_laws(seed: u64, statements in 150usize..2_500) {
        check_laws(&trade(seed, statements));
    }
}

#[test]
fn statements_of_a_large_trade_obey_the_laws() {
    check_laws(&trade(5, 20_000));
}

fn check_laws(all: &[Signed]) {
    let mut ids = BTreeSet::new();
    let mut keys = BTreeSet::new();
    let mut last_millis = 0;
    for signed in all {
        let statement = parse(signed);
        let header = statement.header();
        let (millis, occurred) = (id_millis(&id_bytes(&header.id)), header.occurred_at);
        // Submission order, in the month before the end.
        assert!(millis >= last_millis);
        last_millis = millis;
        let age = END - i64::try_from(millis).unwrap() * 1_000;
        assert!((0..=29 * DAY).contains(&age), "id {age} µs old");
        assert!((END - 60 * DAY..=END).contains(&occurred));
        if !header.business_key.is_empty() {
            let slot = (
                header.party.clone(),
                header.on_behalf_of.clone(),
                signed.kind as i32,
                header.business_key.clone(),
            );
            assert!(keys.insert(slot), "business key {} twice", header.business_key);
        }
        if let Some(target) = target(statement.body()) {
            assert!(ids.contains(&target), "{} names what is not there yet", signed.note);
        }
        assert!(ids.insert(name(header)), "one id twice");
    }
}

fn target(body: &Body) -> Option<(String, Vec<u8>)> {
    let target = match body {
        Body::Correct(b) => b.target.as_ref(),
        Body::Void(b) => b.target.as_ref(),
        Body::Endorse(b) => b.target.as_ref(),
        Body::Receive(b) => b.shipment.as_ref(),
        _ => None,
    }?;
    Some((target.party.clone(), target.id.clone()))
}

#[test]
fn a_receipt_ahead_of_its_shipment_names_bill_or_waybill_and_items() {
    let all = trade(6, 20_000);
    let ahead: Vec<_> = all.iter().filter(|s| s.note == "ahead of its shipment").collect();
    assert!(ahead.len() > 50, "{}", ahead.len());
    for signed in ahead {
        let statement = parse(signed);
        let Body::Receive(b) = statement.body() else { panic!("not a receipt") };
        assert!(b.shipment.is_none() && (b.bill.is_empty() != b.waybill.is_empty()));
        assert!(!b.items.is_empty() || !b.lots.is_empty());
    }
}

#[test]
fn goods_are_commissioned_once_and_before_anything_else() {
    let mut born = BTreeMap::new();
    for signed in trade(8, 20_000) {
        let statement = parse(&signed);
        let at = statement.header().occurred_at;
        match statement.body() {
            Body::Commission(b) => b.items.iter().for_each(|item| {
                assert!(born.insert(item.clone(), at).is_none(), "{item} commissioned twice");
            }),
            Body::Ship(b) => b.items.iter().filter(|item| !item.starts_with("sscc:")).for_each(|item| {
                assert!(born.get(item).is_some_and(|made| *made < at), "{item} shipped before it was made");
            }),
            Body::Use(b) => b.lines.iter().for_each(|line| {
                assert!(
                    born.get(&line.item).is_some_and(|made| *made < at),
                    "{} used before made",
                    line.item
                );
            }),
            _ => {}
        }
    }
    assert!(born.len() > 1_000);
}

#[test]
fn a_large_trade_has_everything_that_happens_in_trade() {
    let all = trade(9, 20_000);
    let count = |wanted: &dyn Fn(&Signed) -> bool| all.iter().filter(|s| wanted(s)).count();
    let told = [
        Kind::Party,
        Kind::Site,
        Kind::Licence,
        Kind::Registration,
        Kind::EnrolKey,
        Kind::Mandate,
        Kind::Commission,
        Kind::Pack,
        Kind::Unpack,
        Kind::Ship,
        Kind::Receive,
        Kind::Use,
        Kind::Correct,
        Kind::Void,
        Kind::Endorse,
    ];
    for kind in told {
        assert!(count(&|s| s.kind == kind) > 0, "no {kind:?}");
    }
    let notes = [
        ("import", 2),
        ("late upload", 40),
        ("ahead of its shipment", 40),
        ("return", 20),
        ("refused", 10),
        ("short", 2),
        ("damaged", 4),
        ("void", 5),
        ("billed anew", 5),
        ("pack corrected", 1),
        ("use corrected", 20),
        ("bill amended", 5),
        ("amendment endorsed", 4),
        ("amount", 10),
    ];
    for (note, least) in notes {
        let found = count(&|s| s.note == note);
        assert!(found >= least, "{note}: {found}");
    }
    let (mut bills, mut single, mut on_behalf, mut largest) = (0, 0, 0, 0);
    let mut codes = BTreeSet::new();
    for signed in &all {
        let statement = parse(signed);
        on_behalf += usize::from(!statement.header().on_behalf_of.is_empty());
        match statement.body() {
            Body::Ship(b) => {
                bills += 1;
                single += usize::from(b.items.len() == 1);
            }
            Body::Commission(b) => {
                largest = largest.max(b.items.len());
                codes.extend(
                    b.items.iter().filter_map(|i| i.split_once(':')).map(|(kind, _)| kind.to_owned()),
                );
            }
            _ => {}
        }
    }
    assert!(single * 10 > bills * 7, "{single} of {bills} bills have one item");
    assert!(on_behalf > 1_000, "{on_behalf}");
    assert_eq!(largest, 200);
    assert_eq!(codes, BTreeSet::from(["sgtin", "cdtc", "ma"].map(str::to_owned)));
}

#[test]
fn vials_add_up_to_their_label() {
    let mut boxes: BTreeMap<(String, u32), u64> = BTreeMap::new();
    let mut corrected = BTreeMap::new();
    let all: Vec<Statement> = trade(10, 20_000).iter().map(parse).collect();
    for statement in &all {
        if let Body::Correct(b) = statement.body() {
            let target = b.target.clone().unwrap();
            corrected.insert((target.party, target.id), b.replacement.clone().unwrap().body.unwrap());
        }
    }
    for statement in &all {
        let Body::Use(b) = statement.body() else { continue };
        let b = match corrected.get(&name(statement.header())) {
            Some(proto::v1::replacement::Body::Use(right)) => right,
            _ => b,
        };
        for line in b.lines.iter().filter(|line| line.vial > 0) {
            let sum = boxes.entry((line.item.clone(), line.vial)).or_default();
            *sum += [&line.used, &line.wasted].into_iter().flatten().map(|q| q.amount).sum::<u64>();
            assert!(*sum <= 100, "{} vial {}: {sum} U", line.item, line.vial);
        }
    }
    let full = boxes.values().filter(|sum| **sum == 100).count();
    assert!(full * 10 > boxes.len() * 8, "{full} of {} vials are used up", boxes.len());
}

#[test]
fn example_items_end_up_used_in_a_clinic() {
    for (seed, statements) in [(1, 200), (2, 200), (77, 200), (3, 400), (4, 3_000), (5, 20_000)] {
        let world = World::new(plan(seed, statements));
        let examples = world.example_items();
        let clinics: BTreeSet<String> =
            world.cast().clinics.iter().map(|c| world.cast().member(*c).id.clone()).collect();
        let mut missing =
            BTreeSet::from([examples.toxin.clone(), examples.filler.clone(), examples.console.clone()]);
        assert_eq!(missing.len(), 3, "{examples:?}");
        for signed in world.statements(LEDGER) {
            let statement = parse(&signed);
            if let Body::Use(b) = statement.body() {
                assert!(clinics.contains(statement.actor()));
                b.lines.iter().for_each(|line| {
                    missing.remove(&line.item);
                });
            }
        }
        assert!(missing.is_empty(), "seed {seed}, {statements}: never used {missing:?}");
    }
}

#[test]
fn parties_bear_codes_that_check_and_goods_stand_under_the_demonstration_prefix() {
    let world = World::new(plan(1, 20_000));
    for member in &world.cast().members {
        let party = gs1::PartyRef::parse(&member.id).unwrap();
        assert!(party.uscc().is_none_or(|code| code.check_ok()), "{}", member.id);
        gs1::SiteRef::parse(&member.site).unwrap();
    }
    for product in world.products() {
        let number = product.registration;
        let known =
            gs1::DrugApproval::parse(number).is_ok() || gs1::DeviceRegistration::parse(number).is_ok();
        assert!(known, "{number}");
        let text = product.product();
        gs1::ProductRef::parse(&text).unwrap();
        assert!(text.starts_with("gtin:0952") || text.starts_with("ma:"), "{text}");
    }
    let ids: BTreeSet<&String> = world.cast().members.iter().map(|m| &m.id).collect();
    assert_eq!(ids.len(), world.cast().members.len());
    assert_eq!(world.cast().clinics.len(), 60);
}

#[test]
fn codes_of_a_trade_are_defaults_of_their_lists() {
    let mut lists = BTreeSet::new();
    for signed in trade(9, 4_000) {
        statement::policy::visit_codes(&parse(&signed), &mut |path, list, code| {
            lists.insert(list);
            assert!(statement::policy::list(list).is_some_and(|l| l.holds(code)), "{path}: {code}");
        });
    }
    let expected = ["attachment-role", "licence-kind", "market", "product-class", "ship-reason", "unit"];
    assert_eq!(lists.into_iter().collect::<Vec<_>>(), expected);
}
