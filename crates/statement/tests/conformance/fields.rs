//! Fields: each one at fault once, all faults at once, limits, and what may be left out.

mod assistance;
mod cases;
mod custody;
mod goods;
mod papers;
mod register;
mod seizure;
mod walk;

use std::collections::BTreeSet;

use proto::schema::{MESSAGES, STATEMENT};
use proto::v1::{self, Commission, Header, LotAmount, Quantity, ReceiveException, UseLine, replacement};
use statement::{GoodsAct, Kind, MAX_ITEMS, MAX_LOTS, Reason};

use crate::samples::{
    ITEM, LOT, body, commission, correct, kinds, lot_amount, parse, sample, uuid, with_body,
};

type Change = fn(&mut v1::Statement);
/// Kind, what is done to its sample, the reason and the field.
type Row = (Kind, Change, Reason, &'static str);
/// Kind, and what is left out of its sample.
type Optional = (Kind, Change);

fn faults() -> impl Iterator<Item = &'static Row> {
    custody::FAULTS
        .iter()
        .chain(goods::FAULTS)
        .chain(papers::FAULTS)
        .chain(register::FAULTS)
        .chain(assistance::FAULTS)
        .chain(seizure::FAULTS)
        .chain(cases::FAULTS)
}

/// What may be left out of a sample.
pub fn optional() -> impl Iterator<Item = &'static Optional> {
    let trade = custody::OPTIONAL.iter().chain(goods::OPTIONAL).chain(papers::OPTIONAL);
    trade
        .chain(register::OPTIONAL)
        .chain(assistance::OPTIONAL)
        .chain(seizure::OPTIONAL)
        .chain(cases::OPTIONAL)
}

fn h(s: &mut v1::Statement) -> &mut Header {
    s.header.as_mut().unwrap()
}

#[test]
fn each_field_at_fault_is_the_only_one_named() {
    for (kind, change, reason, field) in faults() {
        let mut message = sample(*kind);
        change(&mut message);
        let refusal = parse(&message).expect_err(field);
        let found: Vec<_> = refusal.violations.iter().map(|v| (v.reason, &*v.field)).collect();
        assert_eq!(found, [(*reason, *field)], "{kind:?}");
        assert_eq!(refusal.reason, *reason, "{field}");
    }
}

#[test]
fn samples_are_accepted() {
    for kind in kinds() {
        assert_eq!(parse(&sample(kind)).map(|s| s.kind()), Ok(kind));
    }
}

/// Fields that hold what their type holds: nothing in them can be wrong.
const FREE: &[&str] = &[
    "site.bonded",
    "registration.single_use",
    "registration.maximum_uses",
    "commission.opening_stock",
    "receive.check.supplier_licence",
    "receive.check.registration",
    "receive.check.invoice",
    "receive.check.passed",
    "use.lines.finished",
    "use.lines.empties_destroyed",
    "use.lines.counter",
    "correct.by_line",
    "correct.removed.index",
    "service.lines.counter_before",
    "service.lines.counter_after",
    "condition.readings",
    "declare_import.bonded",
    "test_report.urgent",
    "test_report.results.passed",
    "recall_response.stopped",
    "inspection.shelf.empty",
    "self_inspection.passed",
    "postal_check.identified",
    "postal_check.opened",
    "postal_check.scanned",
    "postal_check.hit",
    "named_list.whole",
    "policy.codes.retired",
    "policy.settings.value",
    "case_outcome.arrested",
    "case_outcome.charged",
    "case_outcome.convicted",
    "case_outcome.dens",
];

/// Paths of all fields that are no messages, without indices; `correct.replacement` not entered.
fn leaves(message: usize, path: &str, into: &mut BTreeSet<String>) {
    for field in MESSAGES[message].fields {
        let path = if path.is_empty() { field.name.to_string() } else { format!("{path}.{}", field.name) };
        match field.kind {
            proto::schema::Kind::Message(inner) if !path.starts_with("correct.replacement.") => {
                leaves(inner, &path, into);
            }
            _ => drop(into.insert(path)),
        }
    }
}

#[test]
fn no_field_is_left_without_a_row() {
    let mut all = BTreeSet::new();
    leaves(STATEMENT, "", &mut all);
    let mut faulted: BTreeSet<String> = faults().map(|(_, _, _, field)| without_indices(field)).collect();
    faulted.extend(FREE.iter().map(ToString::to_string));
    let missing = all.iter().filter(|path| !faulted.contains(path.trim_end_matches(".millicelsius")));
    // Shared messages (references, quantities, amounts of lots) are faulted once, where they first stand;
    // `walk` looks at every one of their texts in every place. Bodies inside a Correct below.
    let shared = ["correct.replacement.", "void.target.", "correct.target.", "erase.target."];
    let nested =
        [".quantity.", ".lots.", ".lot.", ".shipment.", ".sample.", ".recall.", ".hold.", ".reports."];
    let nested = nested.iter().chain(&[
        ".retest_of.",
        ".on_hand.",
        ".used.",
        ".passed_on.",
        "_lots.",
        ".request.",
        ".grounds.",
    ]);
    let missing: Vec<_> = missing
        .filter(|p| !shared.iter().any(|s| p.starts_with(s)) && !nested.clone().any(|n| p.contains(n)))
        .collect();
    assert_eq!(missing, Vec::<&String>::new());
    for path in FREE {
        assert!(all.contains(*path), "{path} is no field");
    }
}

fn without_indices(path: &str) -> String {
    let mut inside = false;
    path.chars()
        .filter(|c| {
            let keep = !inside && *c != '[';
            inside = *c == '[' || (inside && *c != ']');
            keep
        })
        .collect()
}

#[test]
fn faults_inside_a_correct_carry_its_path() {
    for (kind, change, reason, field) in faults() {
        let mut plain = sample(*kind);
        if statement::kind_row(*kind).is_none_or(|row| !row.correctable)
            || !field.contains('.')
            || field.starts_with("header")
        {
            continue;
        }
        change(&mut plain);
        let mut message = with_body(correct(*kind));
        let replacement = body!(message, Correct).replacement.as_mut().unwrap();
        replacement.body = plain.body.as_ref().and_then(GoodsAct::of).map(GoodsAct::to_replacement);
        let refusal = parse(&message).expect_err(field);
        let found: Vec<_> = refusal.violations.iter().map(|v| (v.reason, v.field.to_string())).collect();
        assert_eq!(found, [(*reason, format!("correct.replacement.{field}"))]);
    }
}

#[test]
fn all_faults_are_reported_at_once_in_the_order_of_the_fields() {
    let mut message = sample(Kind::Ship);
    h(&mut message).salt.clear();
    h(&mut message).site = "x".into();
    h(&mut message).occurred_at = 0;
    let b = body!(message, Ship);
    b.items = vec!["x".into(), ITEM.into(), ITEM.into()];
    b.addressee.clear();
    b.reason = "SALE".into();
    let refusal = parse(&message).unwrap_err();
    let found: Vec<_> = refusal.violations.iter().map(|v| &*v.field).collect();
    let expected = [
        "header.salt",
        "header.site",
        "header.occurred_at",
        "ship.items[0]",
        "ship.items[2]",
        "ship.addressee",
        "ship.reason",
    ];
    assert_eq!(found, expected);
    assert_eq!(refusal.reason, Reason::MissingField, "that of the first");
}

#[test]
fn no_more_than_a_hundred_faults_are_reported() {
    let mut message = sample(Kind::Ship);
    body!(message, Ship).items = (0..1_000).map(|_| "x".to_string()).collect();
    assert_eq!(parse(&message).unwrap_err().violations.len(), 100);
}

/// `n` units, each different.
fn units(n: usize) -> Vec<String> {
    (0..n).map(|i| format!("sgtin:09521234543213.S{i}")).collect()
}

#[test]
fn four_thousand_namings_are_accepted_and_one_more_is_not() {
    // Statement of a kind that names `n` items, and the field of the last.
    type Make = fn(usize) -> (v1::Statement, String);
    let makers: [Make; 7] = [
        |n| {
            let mut s = sample(Kind::Commission);
            body!(s, Commission).items = units(n);
            (s, format!("commission.items[{}]", n - 1))
        },
        |n| {
            let mut s = sample(Kind::Pack);
            body!(s, Pack).children = units(n - 1);
            (s, format!("pack.children[{}]", n - 2))
        },
        |n| {
            let mut s = sample(Kind::Unpack);
            body!(s, Unpack).children = units(n - 1);
            (s, format!("unpack.children[{}]", n - 2))
        },
        |n| {
            let mut s = sample(Kind::Ship);
            body!(s, Ship).items = units(n);
            (s, format!("ship.items[{}]", n - 1))
        },
        |n| {
            let mut s = sample(Kind::Receive);
            body!(s, Receive).items = units(n - 1);
            (s, "receive.exceptions[0].item".to_string())
        },
        |n| {
            let mut s = sample(Kind::Use);
            let line = UseLine { paired: String::new(), ..body!(s, Use).lines[0].clone() };
            body!(s, Use).lines = units(n).into_iter().map(|item| UseLine { item, ..line.clone() }).collect();
            (s, format!("use.lines[{}].item", n - 1))
        },
        |n| {
            let mut s = with_body(correct(Kind::Ship));
            let replacement = body!(s, Correct).replacement.as_mut().unwrap();
            let Some(replacement::Body::Ship(ship)) = &mut replacement.body else { unreachable!() };
            ship.items = units(n);
            (s, format!("correct.replacement.ship.items[{}]", n - 1))
        },
    ];
    for make in makers {
        let (full, field) = make(MAX_ITEMS);
        assert_eq!(parse(&full).map(drop), Ok(()), "{field}");
        let (over, field) = make(MAX_ITEMS + 1);
        let refusal = parse(&over).unwrap_err();
        let found: Vec<_> = refusal.violations.iter().map(|v| (v.reason, v.field.to_string())).collect();
        assert_eq!(found, [(Reason::TooManyItems, field)]);
    }
}

#[test]
fn what_an_item_is_paired_with_counts_as_named() {
    let mut message = sample(Kind::Use);
    let line = body!(message, Use).lines[0].clone();
    let lines = |n| units(n).into_iter().map(|item| UseLine { item, ..line.clone() }).collect();
    body!(message, Use).lines = lines(MAX_ITEMS / 2);
    assert_eq!(parse(&message).map(drop), Ok(()));
    body!(message, Use).lines = lines(MAX_ITEMS / 2 + 1);
    let refusal = parse(&message).unwrap_err();
    assert_eq!(
        (refusal.reason, &*refusal.violations[0].field),
        (Reason::TooManyItems, "use.lines[2000].item")
    );
}

#[test]
fn lots_are_limited_and_told_apart_by_unit() {
    let lots = |n: usize| (0..n).map(|i| lot_amount(&format!("lot:gtin:09521234543213.L{i}"))).collect();
    let mut message = sample(Kind::Ship);
    body!(message, Ship).lots = lots(MAX_LOTS);
    assert_eq!(parse(&message).map(drop), Ok(()));
    body!(message, Ship).lots = lots(MAX_LOTS + 1);
    assert_eq!(parse(&message).unwrap_err().violations[0].field, "ship.lots");
    let vials = LotAmount { quantity: Some(Quantity { amount: 1, unit: "vial".into() }), ..lot_amount(LOT) };
    body!(message, Ship).lots = vec![lot_amount(LOT), vials];
    assert_eq!(parse(&message).map(drop), Ok(()));
}

#[test]
fn receive_exceptions_are_limited() {
    let mut message = sample(Kind::Receive);
    let line = body!(message, Receive).exceptions[1].clone();
    let lines = |n: usize| {
        let lot = |i| Some(lot_amount(&format!("lot:gtin:09521234543213.L{i}")));
        (0..n).map(|i| ReceiveException { lot: lot(i), ..line.clone() }).collect()
    };
    body!(message, Receive).exceptions = lines(MAX_ITEMS);
    assert_eq!(parse(&message).map(drop), Ok(()));
    body!(message, Receive).exceptions = lines(MAX_ITEMS + 1);
    let refusal = parse(&message).unwrap_err();
    assert_eq!((refusal.reason, &*refusal.violations[0].field), (Reason::TooManyItems, "receive.exceptions"));
}

#[test]
fn what_may_be_left_out_may() {
    for (i, (kind, change)) in optional().enumerate() {
        let mut message = sample(*kind);
        change(&mut message);
        assert_eq!(parse(&message).map(drop), Ok(()), "row {i}: {kind:?}");
    }
}

#[test]
fn one_box_may_be_used_vial_by_vial() {
    let mut message = sample(Kind::Use);
    let line = body!(message, Use).lines[0].clone();
    body!(message, Use).lines = (1..4).map(|vial| UseLine { vial, ..line.clone() }).collect();
    assert_eq!(parse(&message).map(drop), Ok(()));
}

#[test]
fn a_recorded_payload_is_read_though_its_fields_would_be_refused_today() {
    let mut message = sample(Kind::Commission);
    *body!(message, Commission) = Commission { lot: String::new(), ..commission() };
    h(&mut message).id = uuid(0, 3);
    assert!(parse(&message).is_err());
    let recorded = statement::Statement::recorded(crate::samples::encode(&message)).unwrap();
    assert_eq!(recorded.kind(), Kind::Commission);
    assert_eq!(recorded.header(), message.header.as_ref().unwrap());
    assert_eq!(recorded.digest(), &merkle::sha256(&[recorded.payload()]));
}

#[test]
fn a_record_without_header_or_body_is_damaged() {
    for message in [
        v1::Statement { header: None, ..sample(Kind::Ship) },
        v1::Statement { body: None, ..sample(Kind::Ship) },
    ] {
        let refusal = statement::Statement::recorded(crate::samples::encode(&message)).unwrap_err();
        assert_eq!(refusal.reason, Reason::MissingField);
    }
}

#[test]
fn weak_keys_are_refused_before_possession_is_looked_at() {
    let mut message = sample(Kind::EnrolKey);
    let mut identity = vec![0; 32];
    identity[0] = 1;
    for weak in [identity, Vec::new(), vec![0xff; 32]] {
        let expected = if weak.is_empty() { Reason::MissingField } else { Reason::WeakKey };
        body!(message, EnrolKey).public_key = weak;
        assert_eq!(parse(&message).unwrap_err().reason, expected);
    }
}
