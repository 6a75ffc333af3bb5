//! Imports with one defect each: which checks catch it.

use proto::v1::{self, CustomsOutcome, statement::Body};

use super::story::{
    DAY, HOUR, NOON, NUMBER, Story, boxes, case, declaration, edit, line, lot, open, org, ours, ports,
    product, quantity, reference, said, unit,
};
use crate::{CheckKind, State, Verdict};

/// A name, what is changed of a sound import, and what holds it back then.
type Defect = (&'static str, fn(&mut Story), &'static [&'static str]);

const DEFECTS: &[Defect] = &[
    (
        "registered after it was made",
        |s| edit!(s, "registration", Registration, |b| b.valid_from = "2025-07-01".into()),
        &["registration-when-made fail"],
    ),
    (
        "registration over when it was filed",
        |s| edit!(s, "registration", Registration, |b| b.valid_to = "2026-01-31".into()),
        &["registration-when-filed fail"],
    ),
    (
        "declared under another registration",
        |s| edit!(s, "declared", DeclareImport, |b| b.lines[0].registration = "国药准字SJ20180001".into()),
        &["registration-when-made fail", "registration-when-filed fail"],
    ),
    (
        "made under a number that nobody has registered",
        |s| s.without("registration"),
        &[
            "registration-when-made fail",
            "registration-when-filed fail",
            "agent missing",
            "origin missing",
            "port missing",
            "cold-chain missing",
        ],
    ),
    (
        "stated by an agent whom the registration does not name",
        |s| edit!(s, "registration", Registration, |b| b.agent = org("broker")),
        // Without the right agent its shipment is one inland, before anything was cleared or tested.
        &["agent fail", "findings fail"],
    ),
    (
        "the agent is none any more",
        |s| {
            edit!(s, "party agent", Party, |b| b.roles[0].valid_to = "2026-02-25".into());
        },
        &["agent fail"],
    ),
    (
        "importer's licence suspended",
        |s| edit!(s, "licence", Licence, |b| b.suspended_from = "2026-02-01".into()),
        &["importer-licence fail"],
    ),
    (
        "importer's licence over",
        |s| edit!(s, "licence", Licence, |b| b.valid_to = "2025-12-31".into()),
        &["importer-licence fail"],
    ),
    ("importer without a licence", |s| s.without("licence"), &["importer-licence fail"]),
    (
        "a licence for other goods",
        |s| edit!(s, "licence", Licence, |b| b.kind = "device-trade".into()),
        &["importer-licence fail"],
    ),
    (
        "another origin",
        |s| edit!(s, "declared", DeclareImport, |b| b.lines[0].origin = "US".into()),
        &["origin fail"],
    ),
    ("a port that is not approved", |s| s.line("ports").body = ports(&["5301"]), &["port fail"]),
    ("no policy on ports", |s| s.without("ports"), &["port missing"]),
    (
        "too little life left",
        |s| edit!(s, "made", Commission, |b| b.expires_on = "2027-02-20".into()),
        &["shelf-life fail"],
    ),
    (
        "more declared than shipped",
        |s| {
            edit!(s, "declared", DeclareImport, |b| b.lines[0].quantity = quantity(11, "box"));
            edit!(s, "cleared L1", ImportFiling, |b| b.lots = vec![boxes("L1", 11)]);
        },
        &["declared-quantity fail"],
    ),
    (
        "more declared than shipped, by two declarations together",
        |s| {
            let second = vec![line(1, "L1", &[], 1)];
            s.declare("second", &declaration("2248", 2), second);
            edit!(s, "second", DeclareImport, |b| b.clearance = String::new());
        },
        &["declared-quantity fail"],
    ),
    (
        "nobody has shipped it",
        |s| {
            s.without("shipped");
            edit!(s, "logged", Condition, |b| b.shipment = None);
        },
        &["declared-quantity missing", "shipped-quantity missing"],
    ),
    (
        "units that cannot be compared",
        |s| {
            edit!(s, "declared", DeclareImport, |b| b.lines[0].quantity = quantity(10, "kg"));
            edit!(s, "cleared L1", ImportFiling, |b| b.lots[0].quantity = quantity(10, "kg"));
        },
        &["declared-quantity missing"],
    ),
    (
        "more shipped than made",
        |s| {
            s.without("packed 1");
            s.without("packed 2");
            edit!(s, "made", Commission, |b| {
                b.items.clear();
                b.quantity = quantity(10, "box");
            });
            edit!(s, "shipped", Ship, |b| {
                b.items.clear();
                b.lots = vec![boxes("L1", 12)];
            });
            edit!(s, "declared", DeclareImport, |b| b.lines[0].items.clear());
        },
        &["shipped-quantity fail"],
    ),
    (
        "a package declared before",
        |s| {
            let other = s.declare("other", &declaration("5301", 9), vec![line(1, "L2", &[1], 5)]);
            (other.by, other.at) = ("rival", NOON - 2 * DAY);
        },
        &["packages fail", "findings fail"],
    ),
    ("no invoice", |s| s.line("declared").attached.retain(|role| *role != "invoice"), &["documents missing"]),
    ("no factory report", |s| s.line("made").attached.clear(), &["documents missing"]),
    (
        "not up to standard",
        |s| edit!(s, "tested L1", TestReport, |b| b.verdict = v1::TestVerdict::Fail as i32),
        &["port-test fail"],
    ),
    (
        "no verdict",
        |s| edit!(s, "tested L1", TestReport, |b| b.verdict = v1::TestVerdict::Inconclusive as i32),
        &["port-test missing"],
    ),
    ("not tested", |s| s.without("tested L1"), &["port-test fail"]),
    (
        "another lot was sampled",
        |s| edit!(s, "sampled L1", Sample, |b| b.lots = vec![boxes("L2", 1)]),
        &["port-test fail"],
    ),
    ("the sample is not recorded", |s| s.without("sampled L1"), &["port-test missing"]),
    (
        "sampled under another declaration",
        |s| edit!(s, "sampled L1", Sample, |b| b.declaration = declaration("2248", 7)),
        &["port-test fail"],
    ),
    (
        "more sampled than declared",
        |s| edit!(s, "sampled L1", Sample, |b| b.lots = vec![boxes("L1", 11)]),
        &["port-test fail"],
    ),
    ("no clearance note", |s| s.without("cleared L1"), &["clearance fail"]),
    (
        "clearance refused",
        |s| {
            edit!(s, "cleared L1", ImportFiling, |b| {
                b.outcome = v1::FilingOutcome::Refused as i32;
                b.reason = "papers".into();
            });
        },
        &["clearance fail"],
    ),
    (
        "another importer's note",
        |s| edit!(s, "cleared L1", ImportFiling, |b| b.importer = org("rival")),
        &["clearance fail"],
    ),
    (
        "a note for another product",
        |s| edit!(s, "cleared L1", ImportFiling, |b| b.registration = "国药准字SJ20180001".into()),
        &["clearance fail"],
    ),
    (
        "a note that is over",
        |s| edit!(s, "cleared L1", ImportFiling, |b| b.valid_to = "2026-02-28".into()),
        &["clearance fail"],
    ),
    (
        "a note for less",
        |s| edit!(s, "cleared L1", ImportFiling, |b| b.lots = vec![boxes("L1", 9)]),
        &["clearance fail"],
    ),
    (
        "another note than the lot's",
        |s| edit!(s, "declared", DeclareImport, |b| b.clearance = "cert:org:drug/TGD-9".into()),
        &["clearance fail"],
    ),
    (
        "too warm on the way",
        |s| edit!(s, "logged", Condition, |b| b.max = Some(v1::Temperature { millicelsius: 9_000 })),
        &["cold-chain fail"],
    ),
    (
        "minutes too warm on the way",
        |s| edit!(s, "logged", Condition, |b| b.excursion_minutes = 7),
        &["cold-chain fail"],
    ),
    (
        "too warm on arrival",
        |s| {
            let received = v1::Receive {
                shipment: reference("agent", "shipped"),
                arrival: Some(v1::Temperature { millicelsius: 12_000 }),
                ..v1::Receive::default()
            };
            s.say("received", "importer", NOON - 10 * DAY + HOUR, Body::Receive(received));
        },
        &["cold-chain fail"],
    ),
    ("nothing measured", |s| s.without("logged"), &["cold-chain fail"]),
    (
        "customs count other goods",
        |s| {
            let mut decision = s.verify().draft.unwrap();
            decision.outcome = CustomsOutcome::Held as i32;
            decision.legal_basis = "Article 1".into();
            decision.lines[0].quantity = quantity(9, "box");
            s.decide("held", decision);
        },
        &["lines fail"],
    ),
    (
        "coded twice",
        |s| {
            s.commission("again", "L9", 1..=1);
            (s.line("again").by, s.line("again").at) = ("foreign", NOON - 9 * DAY);
        },
        &["findings fail"],
    ),
    (
        "the lot is held",
        |s| {
            s.say(
                "hold",
                "drug",
                NOON - HOUR,
                hold(v1::Hold { lots: vec![lot("L1")], ..v1::Hold::default() }),
            );
        },
        &["restrictions fail"],
    ),
    (
        "the product is held",
        |s| {
            let all = v1::Hold { products: vec![product()], ..v1::Hold::default() };
            s.say("hold", "drug", NOON - HOUR, hold(all));
        },
        &["restrictions fail"],
    ),
    (
        "a case is held",
        |s| {
            let one = v1::Hold { items: vec![case(2)], ..v1::Hold::default() };
            s.say("hold", "customs", NOON - HOUR, hold(one));
        },
        &["restrictions fail"],
    ),
    (
        "recalled by the agent",
        |s| {
            let recall = v1::Recall {
                number: "cert:org:agent/R1".into(),
                lots: vec![lot("L1")],
                level: 1,
                reason: "particles".into(),
                instruction: "send back".into(),
                ..v1::Recall::default()
            };
            s.say("recall", "agent", NOON - HOUR, Body::Recall(recall));
        },
        &["restrictions fail"],
    ),
    (
        "the consignor is blacklisted",
        |s| {
            let entry = v1::ListEntry {
                subject: org("foreign"),
                reason: "smuggling".into(),
                legal_basis: "Article 1".into(),
                valid_from: "2026-01-01".into(),
                ..v1::ListEntry::default()
            };
            let list = v1::NamedList {
                list: "blacklist".into(),
                version: 1,
                title: "blacklist".into(),
                entries: vec![entry],
                ..v1::NamedList::default()
            };
            s.say("list", "drug", NOON - 20 * DAY, Body::NamedList(list));
        },
        &["blacklist fail"],
    ),
];

fn hold(hold: v1::Hold) -> Body {
    Body::Hold(v1::Hold { legal_basis: "Article 100".into(), reason: "under test".into(), ..hold })
}

#[test]
fn each_defect_is_caught_by_its_check_and_by_no_other() {
    let mut wrong = Vec::new();
    for (name, change, expected) in DEFECTS {
        let mut story = Story::sound();
        change(&mut story);
        let answer = story.verify();
        let found = open(&answer);
        if found != *expected {
            let notes = answer.checks.iter().filter(|c| c.answer.holds_back()).flat_map(|c| &c.notes);
            let notes: Vec<&str> = notes.map(|n| n.facts.english()).collect();
            wrong.push(format!("{name}: {found:?} ({notes:?}), not {expected:?}"));
            continue;
        }
        let blocked = expected.iter().any(|check| check.ends_with("fail"));
        let verdict = if blocked { Verdict::Blocked } else { Verdict::Incomplete };
        assert_eq!(answer.verdict, verdict, "{name}");
        assert!(answer.draft.is_none_or(|draft| draft.outcome() == CustomsOutcome::Held), "{name}");
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_check_but_two_has_a_defect_that_it_catches() {
    let caught = |kind: &CheckKind| {
        let mut all = DEFECTS.iter().flat_map(|(.., checks)| *checks);
        all.any(|check| check.split(' ').next() == Some(kind.id()))
    };
    let not: Vec<CheckKind> = CheckKind::ALL.iter().copied().filter(|kind| !caught(kind)).collect();
    // Both have tests of their own.
    assert_eq!(not, [CheckKind::Declared, CheckKind::Watch]);
}

#[test]
fn what_no_register_is_complete_for_is_missing_and_no_failure() {
    for (register, label, check) in [
        ("registrations", "registration", "registration-when-made missing"),
        ("licences", "licence", "importer-licence missing"),
        ("clearance", "cleared L1", "clearance missing"),
        ("test-release", "tested L1", "port-test missing"),
        ("cold-chain", "logged", "cold-chain missing"),
    ] {
        let mut story = Story::sound();
        story.without(label);
        story.without(&format!("cover {register}"));
        let found = open(&story.verify());
        assert!(found.contains(&check.to_owned()), "{register}: {found:?}");
    }
}

#[test]
fn what_is_over_or_lifted_holds_nothing_back() {
    let mut story = Story::sound();
    let hold_of =
        |until: &str| hold(v1::Hold { lots: vec![lot("L1")], until: until.into(), ..v1::Hold::default() });
    story.say("over", "drug", NOON - 5 * DAY, hold_of("2026-03-01"));
    story.say("lifted", "drug", NOON - 5 * DAY, hold_of(""));
    let lift = v1::Lift { hold: reference("drug", "lifted"), reason: "over".into(), ..v1::Lift::default() };
    story.say("lift", "drug", NOON - DAY, Body::Lift(lift));
    // Who does not answer for the goods cannot recall them.
    let recall = v1::Recall {
        number: "cert:org:rival/R1".into(),
        lots: vec![lot("L1")],
        level: 1,
        reason: "spite".into(),
        instruction: "send back".into(),
        ..v1::Recall::default()
    };
    story.say("recall", "rival", NOON - DAY, Body::Recall(recall));
    assert_eq!(open(&story.verify()), Vec::<String>::new());
}

#[test]
fn what_customs_decided_without_a_declaration_is_told_as_such() {
    let mut story = Story::sound();
    let draft = story.verify().draft.unwrap();
    story.without("declared");
    story.decide("decided", draft);
    let answer = story.verify();
    assert_eq!((answer.declared, answer.state, &answer.draft), (None, State::Released, &None));
    let open = open(&answer);
    for check in
        ["declared missing", "importer-licence missing", "declared-quantity missing", "lines missing"]
    {
        assert!(open.contains(&check.to_owned()), "{open:?}");
    }
}

#[test]
fn a_test_that_replaced_another_counts() {
    let mut story = Story::sound();
    edit!(story, "tested L1", TestReport, |b| b.verdict = v1::TestVerdict::Fail as i32);
    let retest = v1::TestReport {
        number: "cert:org:lab/T-2".into(),
        lots: vec![lot("L1")],
        purpose: "retest".into(),
        retest_of: reference("lab", "tested L1"),
        verdict: v1::TestVerdict::Pass as i32,
        method: "pharmacopoeia".into(),
        issued_on: "2026-03-01".into(),
        ..v1::TestReport::default()
    };
    story.say("retested", "lab", NOON - 2 * DAY, Body::TestReport(retest));
    assert_eq!(open(&story.verify()), Vec::<String>::new());
    assert_eq!(said(&story.verify(), "port-test").1, "cert:org:lab/T-2: up to standard");
}

#[test]
fn units_inside_packages_are_examined() {
    let mut story = Story::sound();
    // The clone is one unit of five in a case.
    story.commission("clone", "L9", 3..=3);
    (story.line("clone").by, story.line("clone").at) = ("foreign", NOON - 9 * DAY);
    let answer = story.verify();
    let (_, words) = said(&answer, "findings");
    assert!(words.contains(&unit(3)), "{words}");
    assert_eq!(NUMBER, answer.lots[0].registration);
    assert_eq!(answer.declaration, ours());
}
