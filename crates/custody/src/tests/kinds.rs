//! Admission of statements about goods beyond those that move them, and the review of all faults at once.

use proto::v1::{self, statement::Body};
use statement::{Relation, SubjectKind, subject_key};

use super::{
    admission::{commission, ship},
    ledger::{NOON, Say, TestLedger, org, reference_to, uuid, void_of},
    story::{item, lot_of},
};
use crate::{review, tables};

fn reference(ledger: &TestLedger, index: u64) -> v1::StatementRef {
    reference_to(&super::tables::statement_at(ledger, index))
}

fn hold(names: &[&str], party: &str, basis: &str) -> v1::Hold {
    v1::Hold {
        items: names.iter().map(|n| item(n)).collect(),
        party: org(party),
        legal_basis: basis.into(),
        reason: "doubts".into(),
        ..v1::Hold::default()
    }
}

fn lift(hold: v1::StatementRef) -> Body {
    Body::Lift(v1::Lift { hold: Some(hold), reason: "settled".into(), ..v1::Lift::default() })
}

fn sample(names: &[&str]) -> Body {
    Body::Sample(v1::Sample {
        number: "cert:org:lab/S1".into(),
        purpose: "inspection".into(),
        items: names.iter().map(|n| item(n)).collect(),
        lots: vec![v1::LotAmount {
            lot: lot_of("9"),
            quantity: Some(v1::Quantity { amount: 2, unit: "box".into() }),
        }],
        holder: org("maker"),
        ..v1::Sample::default()
    })
}

fn report(sample: Option<v1::StatementRef>) -> Body {
    Body::TestReport(v1::TestReport {
        number: "cert:org:lab/R1".into(),
        sample,
        lots: vec![lot_of("8")],
        purpose: "inspection".into(),
        verdict: v1::TestVerdict::Pass as i32,
        method: "as printed".into(),
        issued_on: "2026-03-02".into(),
        ..v1::TestReport::default()
    })
}

fn recall() -> Body {
    Body::Recall(v1::Recall {
        number: "cert:org:maker/C1".into(),
        lots: vec![lot_of("9")],
        items: vec![item("B")],
        level: 1,
        reason: "particles".into(),
        instruction: "stop and send back".into(),
        ..v1::Recall::default()
    })
}

fn filing(by: &mut TestLedger, reports: Vec<v1::StatementRef>) -> Say {
    let body = Body::ImportFiling(v1::ImportFiling {
        number: "cert:org:drug/F1".into(),
        outcome: v1::FilingOutcome::Cleared as i32,
        registration: "国药准字SJ20171003".into(),
        lots: vec![v1::LotAmount {
            lot: lot_of("8"),
            quantity: Some(v1::Quantity { amount: 2, unit: "box".into() }),
        }],
        importer: org("importer"),
        reports,
        ..v1::ImportFiling::default()
    });
    by.say("drug", body)
}

fn verdict(ledger: &mut TestLedger, by: &str, body: Body) -> String {
    let say = ledger.say(by, body);
    ledger.verdict_of(&say)
}

fn must(ledger: &mut TestLedger, by: &str, body: Body) -> u64 {
    let say = ledger.say(by, body);
    ledger.must(&say)
}

#[test]
fn authorities_sign_in_their_field() {
    let mut ledger = TestLedger::new();
    ledger.found_authority("customs", v1::AuthorityField::Customs);
    let decision = || {
        Body::CustomsDecision(v1::CustomsDecision {
            declaration: "decl:220120261000000019".into(),
            outcome: v1::CustomsOutcome::Released as i32,
            lines: vec![v1::CustomsLine {
                number: 1,
                lot: lot_of("8"),
                quantity: Some(v1::Quantity { amount: 2, unit: "box".into() }),
                ..v1::CustomsLine::default()
            }],
            ..v1::CustomsDecision::default()
        })
    };
    assert_eq!(verdict(&mut ledger, "customs", decision()), "OK");
    assert_eq!(verdict(&mut ledger, "drug", decision()), "ROLE_MISSING header.party");
    assert_eq!(verdict(&mut ledger, "customs", recall()), "ROLE_MISSING header.party");
    assert_eq!(verdict(&mut ledger, "drug", recall()), "OK");
    assert_eq!(verdict(&mut ledger, "maker", recall()), "OK");
    assert_eq!(verdict(&mut ledger, "root1", recall()), "ROLE_MISSING header.party");
}

#[test]
fn laboratories_and_authorities_report_tests() {
    let mut ledger = TestLedger::new();
    let taken = must(&mut ledger, "drug", sample(&["A"]));
    let taken = reference(&ledger, taken);
    for (by, expected) in [
        ("lab", "OK"),
        ("drug", "OK"),
        ("maker", "ROLE_MISSING header.party"),
        ("clinic", "ROLE_MISSING header.party"),
    ] {
        assert_eq!(verdict(&mut ledger, by, report(Some(taken.clone()))), expected, "{by}");
    }
}

#[test]
fn the_certificate_of_a_key_has_a_role_among_attachments() {
    let ledger = TestLedger::new();
    let day = statement::Day::of_instant(NOON);
    let known = |role: &str| crate::registry::is_code_on(&ledger.view, "attachment-role", role, day).unwrap();
    assert!(known("key-certificate") && !known("certificate"));
}

#[test]
fn holds_are_ordered_and_lifted_by_one_party() {
    let mut ledger = TestLedger::new();
    let held = |names: &[&str], party: &str, basis: &str| Body::Hold(hold(names, party, basis));
    for (by, body, expected) in [
        ("trader", held(&["A"], "trader", ""), "OK"),
        ("trader", held(&["A"], "clinic", ""), "NOT_YOURS hold.party"),
        ("drug", held(&["A"], "clinic", "decision 1"), "OK"),
        ("drug", held(&["A"], "clinic", ""), "MISSING_FIELD hold.legal_basis"),
        (
            "trader",
            Body::Hold(v1::Hold { products: vec!["gtin:09521234543213".into()], ..hold(&["A"], "", "") }),
            "NOT_YOURS hold.party hold.products",
        ),
    ] {
        let say = ledger.say(by, body);
        let say = ledger.unchecked(&say);
        assert_eq!(ledger.verdict(&say), expected);
    }
    let order = must(&mut ledger, "drug", Body::Hold(hold(&["A"], "clinic", "decision 1")));
    let ships = must(&mut ledger, "maker", ship(&["A"], "clinic"));
    let (order, ships) = (reference(&ledger, order), reference(&ledger, ships));
    let nowhere = v1::StatementRef { party: org("drug"), id: uuid(NOON, 7).to_vec(), digest: vec![] };
    let wrong = v1::StatementRef { digest: vec![1; 32], ..order.clone() };
    for (by, named, expected) in [
        ("trader", &order, "NOT_YOURS lift.hold.party"),
        ("drug", &nowhere, "TARGET_UNKNOWN lift.hold"),
        ("maker", &ships, "TARGET_KIND lift.hold"),
        ("drug", &wrong, "TARGET_DIGEST lift.hold.digest"),
        ("drug", &order, "OK"),
    ] {
        assert_eq!(verdict(&mut ledger, by, lift(named.clone())), expected);
    }
    let named = super::tables::statement_at(&ledger, ledger.view_index(&order));
    must(&mut ledger, "drug", void_of(&named));
    assert_eq!(verdict(&mut ledger, "drug", lift(order)), "TARGET_VOIDED lift.hold");
}

#[test]
fn what_is_named_is_linked_when_it_is_recorded() {
    let mut ledger = TestLedger::new();
    let taken = must(&mut ledger, "lab", sample(&["A"]));
    let called = must(&mut ledger, "maker", recall());
    let (taken, called) = (reference(&ledger, taken), reference(&ledger, called));
    assert_eq!(verdict(&mut ledger, "lab", report(Some(called.clone()))), "TARGET_KIND test_report.sample");
    let tested = must(&mut ledger, "lab", report(Some(taken.clone())));
    let tested_ref = reference(&ledger, tested);
    let wrong = filing(&mut ledger, vec![tested_ref.clone(), called.clone()]);
    assert_eq!(ledger.verdict_of(&wrong), "TARGET_KIND import_filing.reports[1]");
    let filed = filing(&mut ledger, vec![tested_ref, taken]);
    let filed = ledger.must(&filed);
    let answer = v1::RecallResponse { recall: Some(called), stopped: true, ..v1::RecallResponse::default() };
    let answered = must(&mut ledger, "clinic", Body::RecallResponse(answer));
    let later = v1::StatementRef { party: org("maker"), id: uuid(NOON, 7).to_vec(), digest: vec![] };
    let early = v1::RecallResponse { recall: Some(later), stopped: true, ..v1::RecallResponse::default() };
    let early = must(&mut ledger, "clinic", Body::RecallResponse(early));

    let linked = |entry: u64, text: &str| {
        let record = tables::subject(&ledger.view, &subject_key(SubjectKind::Item, text)).unwrap().unwrap();
        let mut relation = None;
        tables::touches(&ledger.view, record.number, entry, &mut |touch| {
            relation = (touch.index == entry).then_some(touch.relation);
            Ok(false)
        })
        .unwrap();
        relation
    };
    let target = Some(Relation::Target);
    let [a, b, eight, nine] = [item("A"), item("B"), lot_of("8"), lot_of("9")];
    assert_eq!(
        [&a, &nine, &eight, &b].map(|t| linked(tested, t)),
        [target, target, Some(Relation::Lot), None]
    );
    assert_eq!([&a, &nine, &b].map(|t| linked(filed, t)), [target, target, None]);
    assert_eq!([&b, &nine, &a].map(|t| linked(answered, t)), [target, target, None]);
    assert_eq!([&b, &nine].map(|t| linked(early, t)), [None, None]);
}

/// An Erase may have attachments, which another erases: each names all before it, so there is an end to it.
#[test]
fn erases_of_erases_come_to_an_end() {
    let mut ledger = TestLedger::new();
    let with_photo = |say: Say| Say { attached: vec![[1; 32]], ..say };
    let made = with_photo(ledger.say("maker", commission(&["A"])));
    let mut newest = ledger.must(&made);
    for n in 1..=crate::MAX_NAMED_THROUGH + 1 {
        let target = Some(reference(&ledger, newest));
        let body = Body::Erase(v1::Erase { target, reason: "asked to".into(), ..v1::Erase::default() });
        let erase = with_photo(ledger.say("maker", body));
        if n > crate::MAX_NAMED_THROUGH {
            assert_eq!(ledger.verdict_of(&erase), "TOO_MANY_SUBJECTS body");
        } else {
            newest = ledger.must(&erase);
        }
    }
}

#[test]
fn attachments_are_erased_by_their_signer_or_an_authority() {
    let mut ledger = TestLedger::new();
    let with_photo = Say { attached: vec![[1; 32], [2; 32]], ..ledger.say("maker", commission(&["A"])) };
    let with_photo = ledger.must(&with_photo);
    let bare = must(&mut ledger, "maker", commission(&["B"]));
    let [with_photo, bare] = [with_photo, bare].map(|i| reference(&ledger, i));
    let nowhere = v1::StatementRef { party: org("maker"), id: uuid(NOON, 7).to_vec(), digest: vec![] };
    let erase = |target: &v1::StatementRef, digests: &[u8], basis: &str| {
        Body::Erase(v1::Erase {
            target: Some(target.clone()),
            digests: digests.iter().map(|d| vec![*d; 32]).collect(),
            reason: "asked to".into(),
            legal_basis: basis.into(),
        })
    };
    for (by, body, expected) in [
        ("maker", erase(&with_photo, &[], ""), "OK"),
        ("maker", erase(&with_photo, &[2], ""), "OK"),
        ("maker", erase(&with_photo, &[2, 3, 4], ""), "INVALID_FIELD erase.digests[1] erase.digests[2]"),
        ("maker", erase(&bare, &[], ""), "TARGET_KIND erase.target"),
        ("maker", erase(&nowhere, &[], ""), "TARGET_UNKNOWN erase.target"),
        ("trader", erase(&with_photo, &[], ""), "NOT_YOURS erase.target.party"),
        ("drug", erase(&with_photo, &[], ""), "MISSING_FIELD erase.legal_basis"),
        ("drug", erase(&with_photo, &[], "order 3"), "OK"),
    ] {
        assert_eq!(verdict(&mut ledger, by, body), expected);
    }
    let say = ledger.say("drug", erase(&with_photo, &[], "order 3"));
    let for_another = Say { principal: "trader".into(), ..say };
    assert_eq!(ledger.verdict_of(&for_another), "NO_MANDATE header.on_behalf_of");
    let erased = must(&mut ledger, "maker", erase(&with_photo, &[1], ""));
    let record = tables::subject(&ledger.view, &subject_key(SubjectKind::Item, &item("A"))).unwrap().unwrap();
    assert_eq!(record.last, erased, "found from the item");
    assert_eq!(
        super::open::stock_of(&ledger, "maker", crate::stock::StockKind::Item),
        [item("A"), item("B")]
    );
}

#[test]
fn a_thing_has_at_most_32_codes() {
    let mut ledger = TestLedger::new();
    let alias = |from: u32, to: u32| {
        Body::Alias(v1::Alias {
            codes: (from..to).map(|n| item(&format!("K{n}"))).collect(),
            reason: "second-code".into(),
        })
    };
    for n in 0..4 {
        must(&mut ledger, "maker", alias(8 * n, 8 * n + 8));
    }
    for n in 0..3 {
        must(&mut ledger, "maker", alias(8 * n + 7, 8 * n + 9));
    }
    super::tables::check_tables(&ledger);
    assert_eq!(verdict(&mut ledger, "maker", alias(31, 33)), "TOO_MANY_SUBJECTS alias.codes");
    assert_eq!(verdict(&mut ledger, "maker", alias(0, 8)), "OK", "what is one already stays one");
}

#[test]
fn a_review_tells_every_fault_at_once() {
    let mut ledger = TestLedger::new();
    let first = Say { bill: "B1".into(), ..ledger.say("maker", ship(&["A"], "clinic")) };
    ledger.must(&first);
    let Body::Ship(body) = ship(&["A"], "clinic") else { unreachable!() };
    let lots = ["box", "bxo", "vail"].map(|unit| v1::LotAmount {
        lot: lot_of(unit),
        quantity: Some(v1::Quantity { amount: 1, unit: unit.into() }),
    });
    let body = v1::Ship { reason: "sael".into(), lots: lots.to_vec(), ..body };
    let mut say = ledger.say("maker", Body::Ship(body));
    say.bill = "B1".into();
    say.principal = "ghost".into();
    say.confidential = true;
    say.at = ledger.now + 400 * super::ledger::DAY;
    say.id = uuid(say.at, 3);
    let signed = ledger.unchecked(&say);
    let found = |signed: Option<&crate::Signed>, statement| -> Vec<String> {
        review(&ledger.view, statement, signed, ledger.now, &ledger.limits)
            .unwrap()
            .into_iter()
            .map(|v| format!("{} {}", v.reason, v.field))
            .collect()
    };
    let faults = [
        "ID_OUT_OF_WINDOW header.id",
        "OCCURRED_AHEAD header.occurred_at",
        "CONFIDENTIAL_REFUSED header.confidential",
        "NO_MANDATE header.on_behalf_of",
        "UNKNOWN_CODE ship.lots[1].quantity.unit",
        "UNKNOWN_CODE ship.lots[2].quantity.unit",
        "UNKNOWN_CODE ship.reason",
    ];
    assert_eq!(found(Some(&signed), &signed.statement), faults);
    assert_eq!(found(None, &signed.statement), faults, "what is to be signed yet");
    let other = Say { key: "nobody".into(), by: "stranger".into(), principal: String::new(), ..say };
    let other = ledger.unchecked(&other);
    assert_eq!(
        found(Some(&other), &other.statement),
        [
            "UNKNOWN_KEY key_id",
            "ID_OUT_OF_WINDOW header.id",
            "OCCURRED_AHEAD header.occurred_at",
            "CONFIDENTIAL_REFUSED header.confidential",
            "UNKNOWN_PARTY header.party",
            "UNKNOWN_CODE ship.lots[1].quantity.unit",
            "UNKNOWN_CODE ship.lots[2].quantity.unit",
            "UNKNOWN_CODE ship.reason",
        ]
    );
    let recorded = ledger.signed(&first);
    assert_eq!(found(Some(&recorded), &recorded.statement), [""; 0], "recorded already");
    let again = Say { id: uuid(super::ledger::LATER, 4), ..first };
    let again = ledger.signed(&again);
    assert_eq!(found(None, &again.statement), ["BUSINESS_KEY_TAKEN header.business_key"]);
}

#[test]
fn a_review_finds_what_admission_refuses_first() {
    let (ledger, next) = super::permutation::told_rich();
    for signed in &next {
        let faults =
            review(&ledger.view, &signed.statement, Some(signed), ledger.now, &ledger.limits).unwrap();
        match ledger.ask(signed) {
            Ok(_) => assert_eq!(faults, []),
            Err(crate::AdmitError::Refused(refusal)) => {
                assert_eq!(faults.first(), refusal.violations.first());
            }
            Err(e) => panic!("{e}"),
        }
    }
}
