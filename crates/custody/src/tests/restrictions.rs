//! Holds and Recalls by what they name: the rows against what all contents say.

use std::collections::BTreeSet;

use proto::v1::{self, replacement, statement::Body};
use statement::{GoodsAct, SubjectKind};

use super::{
    ledger::{TestLedger, reference_to, void_of},
    story::{item, lot_of},
};
use crate::{Signed, View as _, stock, tables::subject_by_text};

fn hold(items: &[&str], lots: &[&str]) -> v1::Hold {
    v1::Hold {
        items: items.iter().map(|i| item(i)).collect(),
        lots: lots.iter().map(|l| lot_of(l)).collect(),
        products: vec!["gtin:09521234543213".into()],
        legal_basis: "basis".into(),
        reason: "suspected".into(),
        ..v1::Hold::default()
    }
}

fn say(ledger: &mut TestLedger, who: &str, body: Body) -> (u64, Signed) {
    let say = ledger.say(who, body);
    let signed = ledger.signed(&say);
    (ledger.record(&signed), signed)
}

fn naming(ledger: &TestLedger, kind: SubjectKind, text: &str) -> Vec<u64> {
    let mut found = Vec::new();
    if let Some(record) = subject_by_text(&ledger.view, kind, text).unwrap() {
        let visit = &mut |entry| {
            found.push(entry);
            Ok(true)
        };
        stock::restrictions(&ledger.view, record.number, visit).unwrap();
    }
    found
}

fn lifts(ledger: &TestLedger, hold: u64) -> Vec<u64> {
    let mut found = Vec::new();
    let visit = &mut |entry| {
        found.push(entry);
        Ok(true)
    };
    stock::lifts(&ledger.view, hold, visit).unwrap();
    found
}

#[test]
fn holds_and_recalls_are_found_by_what_they_name_now() {
    let mut ledger = TestLedger::new();
    let (first, said) = say(&mut ledger, "drug", Body::Hold(hold(&["A", "B"], &["1"])));
    let recall = v1::Recall {
        number: "cert:org:maker/ZH-1".into(),
        lots: vec![lot_of("1")],
        level: 2,
        reason: "too strong".into(),
        instruction: "send back".into(),
        ..v1::Recall::default()
    };
    let (second, recalled) = say(&mut ledger, "maker", Body::Recall(recall));
    let goods =
        |ledger: &TestLedger| ["A", "B", "C"].map(|name| naming(ledger, SubjectKind::Item, &item(name)));
    let product = |ledger: &TestLedger| naming(ledger, SubjectKind::Product, "gtin:09521234543213");
    let of_lot = |ledger: &TestLedger| naming(ledger, SubjectKind::Item, &lot_of("1"));
    assert_eq!((goods(&ledger), product(&ledger)), ([vec![first], vec![first], vec![]], vec![first]));
    assert_eq!(of_lot(&ledger), [first, second]);

    let other = Body::Hold(hold(&["B", "C"], &[]));
    let replacement: replacement::Body = GoodsAct::of(&other).unwrap().to_replacement();
    let correct = Body::Correct(v1::Correct {
        target: Some(reference_to(&said.statement)),
        reason: "mistake".into(),
        replacement: Some(v1::Replacement { body: Some(replacement), ..v1::Replacement::default() }),
        ..v1::Correct::default()
    });
    let (_, corrected) = say(&mut ledger, "drug", correct);
    assert_eq!(goods(&ledger), [vec![], vec![first], vec![first]]);
    assert_eq!(of_lot(&ledger), [second]);

    let lift = v1::Lift {
        hold: Some(reference_to(&said.statement)),
        reason: "tested".into(),
        ..v1::Lift::default()
    };
    let (lifted, lift) = say(&mut ledger, "drug", Body::Lift(lift));
    assert_eq!(lifts(&ledger, first), [lifted]);
    say(&mut ledger, "drug", void_of(&lift.statement));
    assert_eq!(lifts(&ledger, first), [0; 0]);

    say(&mut ledger, "drug", void_of(&corrected.statement));
    say(&mut ledger, "maker", void_of(&recalled.statement));
    assert_eq!((goods(&ledger), product(&ledger)), ([vec![], vec![], vec![]], vec![]));
    let left: BTreeSet<u64> = of_lot(&ledger).into_iter().collect();
    assert!(left.is_empty() && ledger.view.size() > 7);
}
