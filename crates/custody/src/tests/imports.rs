//! Declarations are found by office.

use proto::v1::{self, statement::Body};

use super::{
    ledger::{Say, TestLedger, reference_to},
    story::lot_of,
};
use crate::imports::declarations;

fn number(office: &str, serial: u32) -> String {
    format!("decl:{office}20261{serial:09}")
}

fn declare(declaration: &str) -> v1::DeclareImport {
    v1::DeclareImport {
        declaration: declaration.into(),
        lines: vec![v1::DeclarationLine {
            number: 1,
            lot: lot_of("L1"),
            quantity: Some(v1::Quantity { amount: 5, unit: "box".into() }),
            hs: "3002491000".into(),
            origin: "KR".into(),
            ..v1::DeclarationLine::default()
        }],
        ..v1::DeclareImport::default()
    }
}

#[test]
fn declarations_stand_by_office_and_number_under_the_entry_that_named_them_first() {
    let mut ledger = TestLedger::new();
    let mut first = Vec::new();
    let said = [number("5301", 2), number("2248", 9), number("2248", 3), number("2248", 9)];
    for (n, declaration) in (0..).zip(&said) {
        let say = Say::new("importer", 900 + n, Body::DeclareImport(declare(declaration)));
        first.push(ledger.must(&say));
    }
    let found = |office: &str, after: Option<&str>, limit| {
        let rows = declarations(&ledger.view, office, after, limit).unwrap();
        rows.into_iter().map(|row| (row.declaration, row.index)).collect::<Vec<_>>()
    };
    let [five, nine, three] = [0, 1, 2].map(|i| (said[i].clone(), first[i]));
    assert_eq!(found("", None, 9), [three.clone(), nine.clone(), five.clone()]);
    assert_eq!(found("2248", None, 9), [three.clone(), nine.clone()]);
    assert_eq!(found("", None, 1), std::slice::from_ref(&three));
    assert_eq!(found("", Some(&three.0), 9), [nine.clone(), five.clone()]);
    assert_eq!(found("2248", Some(&nine.0), 9), []);
    assert_eq!((found("9999", None, 9), found("", None, 0)), (vec![], vec![]));
}

#[test]
fn a_number_that_a_correct_has_put_in_place_of_another_is_found() {
    let mut ledger = TestLedger::new();
    let (wrong, right) = (number("2248", 1), number("2248", 2));
    let said = Say::new("importer", 900, Body::DeclareImport(declare(&wrong)));
    ledger.must(&said);
    let original = ledger.signed(&said).statement;
    let replacement = v1::Replacement {
        body: Some(v1::replacement::Body::DeclareImport(declare(&right))),
        ..v1::Replacement::default()
    };
    let correct = Body::Correct(v1::Correct {
        target: Some(reference_to(&original)),
        reason: "mistyped".into(),
        replacement: Some(replacement),
        ..v1::Correct::default()
    });
    ledger.must(&Say::new("importer", 901, correct));
    let rows = declarations(&ledger.view, "2248", None, 9).unwrap();
    assert_eq!(rows.into_iter().map(|row| row.declaration).collect::<Vec<_>>(), [wrong, right]);
}
