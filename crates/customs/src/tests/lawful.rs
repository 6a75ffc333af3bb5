//! What customs let in.

use proto::v1::{self, CustomsOutcome, statement::Body};

use super::story::{
    DAY, HOUR, NOON, Story, case, declaration, edit, line, lot, open, org, ours, ports, quantity, said,
};
use crate::{Answer, State, Verdict};

#[test]
fn a_sound_import_is_clear_and_every_check_says_why() {
    let story = Story::sound();
    let told = story.tell();
    let answer = story.verify();
    assert_eq!(open(&answer), Vec::<String>::new(), "{:#?}", answer.checks);
    assert_eq!((answer.verdict, answer.state, answer.whole), (Verdict::Clear, State::Cleared, true));
    assert_eq!((answer.office.as_str(), answer.declared), ("2248", Some(told.entries["declared"])));
    for check in &answer.checks {
        assert!(!check.notes.is_empty(), "{:?}", check.kind);
        for note in &check.notes {
            let words = &note.facts;
            assert!(!words.english().is_empty() && !words.chinese().is_empty());
        }
    }
    let not_asked: Vec<&str> = answer
        .checks
        .iter()
        .filter(|check| check.answer == Answer::NotApplicable)
        .map(|check| check.kind.id())
        .collect();
    assert_eq!(not_asked, ["lines"]);
    let source = &answer.source;
    assert_eq!((source.makers.clone(), source.holders.clone()), (vec![org("agent")], vec![org("foreign")]));
    let [leg] = &source.legs[..] else { panic!("{source:?}") };
    assert_eq!((leg.entry, leg.items), (told.entries["shipped"], 10));
    assert_eq!((leg.from.as_str(), leg.to.as_str()), ("org:agent", "org:importer"));
    let facts = &answer.lots[0];
    assert_eq!((facts.lot.as_str(), facts.class.as_str()), (lot("L1").as_str(), "toxin"));
}

/// The case of the story comes in two declarations under one note.
fn split() -> Story {
    let mut story = Story::sound();
    edit!(story, "declared", DeclareImport, |b| b.lines = vec![line(1, "L1", &[1], 5)]);
    story.declare("second", &declaration("2248", 2), vec![line(1, "L1", &[2], 5)]);
    story
}

#[test]
fn a_lot_that_comes_in_two_declarations_is_clear_in_both() {
    let story = split();
    for number in [ours(), declaration("2248", 2)] {
        let answer = story.verify_under(&number, &[]);
        assert_eq!(open(&answer), Vec::<String>::new(), "{:#?}", answer.checks);
    }
    let (_, words) = said(&story.verify(), "declared-quantity");
    assert_eq!(words, "10 box in 2 declarations, no more than shipped");
}

#[test]
fn goods_in_transit_are_declared_inland_and_judged_by_their_port() {
    let mut story = Story::sound();
    let inland = declaration("7901", 1);
    edit!(story, "declared", DeclareImport, |b| b.declaration = inland.clone());
    let answer = story.verify_under(&inland, &[]);
    assert_eq!(open(&answer), Vec::<String>::new(), "{:#?}", answer.checks);
    // Without a filing that names the port it is the office that counts.
    edit!(story, "cleared L1", ImportFiling, |b| b.port = String::new());
    assert_eq!(open(&story.verify_under(&inland, &[])), ["port fail"]);
    story.line("ports").body = ports(&["7901"]);
    assert_eq!(open(&story.verify_under(&inland, &[])), Vec::<String>::new());
}

/// Into bond under the first declaration, with nothing filed yet.
fn into_bond() -> Story {
    let mut story = Story::sound();
    for label in ["sampled L1", "tested L1", "cleared L1"] {
        story.without(label);
    }
    edit!(story, "declared", DeclareImport, |b| {
        b.bonded = true;
        b.clearance = String::new();
    });
    story
}

#[test]
fn goods_go_into_bond_without_what_is_asked_on_the_way_out() {
    let answer = into_bond().verify();
    assert_eq!(open(&answer), Vec::<String>::new(), "{:#?}", answer.checks);
    assert_eq!(answer.draft.unwrap().outcome(), CustomsOutcome::BondedEntry);
}

#[test]
fn goods_come_out_of_bond_under_a_declaration_of_their_own() {
    let mut story = into_bond();
    let decision = story.verify().draft.unwrap();
    story.line("declared").at = NOON - 11 * DAY;
    story.decide("in bond", decision);
    story.line("in bond").at = NOON - 10 * DAY;
    let site = v1::Site {
        site: "site:org:importer/BOND".into(),
        party: org("importer"),
        name: "bonded store".into(),
        address: "2 Example Road".into(),
        region: "310115".into(),
        country: "CN".into(),
        bonded: true,
        ..v1::Site::default()
    };
    story.say("store", "importer", NOON - 300 * DAY, Body::Site(site));
    edit!(story, "shipped", Ship, |b| b.ship_to = "site:org:importer/BOND".into());
    let received = v1::Receive {
        shipment: super::story::reference("agent", "shipped"),
        arrival: Some(v1::Temperature { millicelsius: 5_000 }),
        ..v1::Receive::default()
    };
    story.say("received", "importer", NOON - 10 * DAY + HOUR, Body::Receive(received));
    story.clear("L1", 10);
    let out = declaration("2248", 2);
    story.declare("out", &out, vec![line(1, "L1", &[1, 2], 10)]);
    let answer = story.verify_under(&out, &[]);
    assert_eq!(open(&answer), Vec::<String>::new(), "{:#?}", answer.checks);
    assert_eq!(answer.draft.unwrap().outcome(), CustomsOutcome::BondedExit);
    assert_eq!(answer.source.bonded, [story.tell().entries["in bond"]]);
    assert!(answer.source.legs[0].bonded);
    assert_eq!(story.verify().state, State::Bonded);
}

#[test]
fn what_customs_sent_back_may_come_again() {
    let mut story = Story::sound();
    story.line("declared").at = NOON - 5 * DAY;
    let back = v1::CustomsDecision {
        declaration: ours(),
        outcome: CustomsOutcome::Returned as i32,
        legal_basis: "Article 1".into(),
        ..story.verify().draft.unwrap()
    };
    story.decide("sent back", back);
    story.line("sent back").at = NOON - 4 * DAY;
    let again = declaration("2248", 2);
    story.declare("again", &again, vec![line(1, "L1", &[1, 2], 10)]);
    let answer = story.verify_under(&again, &[]);
    assert_eq!(open(&answer), Vec::<String>::new(), "{:#?}", answer.checks);
    assert_eq!(story.verify().state, State::Returned);
}

#[test]
fn a_lot_without_serials_is_counted_by_amount() {
    let mut story = Story::sound();
    for label in ["packed 1", "packed 2"] {
        story.without(label);
    }
    edit!(story, "made", Commission, |b| {
        b.items.clear();
        b.quantity = quantity(10, "box");
    });
    edit!(story, "shipped", Ship, |b| {
        b.items.clear();
        b.lots = vec![super::story::boxes("L1", 10)];
    });
    edit!(story, "declared", DeclareImport, |b| b.lines = vec![line(1, "L1", &[], 10)]);
    let answer = story.verify();
    assert_eq!(open(&answer), Vec::<String>::new(), "{:#?}", answer.checks);
    edit!(story, "shipped", Ship, |b| b.lots = vec![super::story::boxes("L1", 9)]);
    assert_eq!(open(&story.verify()), ["declared-quantity fail"]);
}

#[test]
fn a_device_needs_neither_note_nor_test_nor_port() {
    let mut story = Story::sound();
    for label in ["sampled L1", "tested L1", "cleared L1", "ports"] {
        story.without(label);
    }
    edit!(story, "registration", Registration, |b| {
        b.product_class = "filler".into();
        b.device_class = 3;
        b.storage_max = Some(v1::Temperature { millicelsius: 30_000 });
    });
    edit!(story, "licence", Licence, |b| b.kind = "device-trade".into());
    edit!(story, "declared", DeclareImport, |b| {
        b.clearance = String::new();
        b.permit = String::new();
    });
    story.line("declared").attached.retain(|role| *role != "special-permit");
    let answer = story.verify();
    assert_eq!(open(&answer), Vec::<String>::new(), "{:#?}", answer.checks);
    assert_eq!((answer.state, case(1).is_empty()), (State::Declared, false));
}

#[test]
fn a_broker_declares_for_the_importer() {
    let mut story = Story::sound();
    story.line("declared").by = "broker";
    story.line("declared").principal = "importer";
    let answer = story.verify();
    assert_eq!(open(&answer), Vec::<String>::new(), "{:#?}", answer.checks);
    assert_eq!(
        (answer.source.importer.as_str(), answer.source.broker.as_str()),
        ("org:importer", "org:broker")
    );
}
