//! Requests for assistance, who may answer them, and statements that link their case alone.

use proto::v1::{self, statement::Body};
use statement::{Kind, Relation, SubjectKind, subject_key};

use super::{
    ledger::{DAY, LATER, NOON, Say, TestLedger, org, reference_to, uuid, void_of},
    story::{item, lot_of},
    tables::statement_at,
};
use crate::{
    Admission, View as _,
    assistance::{answers_to, requests_to},
    confidential::readers,
    tables,
};

const CASE: &str = "00112233445566778899aabbccddeeff";
const OTHER_CASE: &str = "ffeeddccbbaa99887766554433221100";

fn goods(names: &[&str]) -> Vec<v1::GoodsLine> {
    let line = |n: &&str| v1::GoodsLine { item: item(n), ..v1::GoodsLine::default() };
    names.iter().map(line).collect()
}

fn request(to: &str, names: &[&str], case: &str) -> Body {
    Body::AssistRequest(v1::AssistRequest {
        number: "cert:org:drug/X1".into(),
        addressee: org(to),
        purpose: "source".into(),
        question: "whose are these?".into(),
        lines: goods(names),
        due_on: "2026-03-20".into(),
        legal_basis: "article 100".into(),
        case_id: case.into(),
    })
}

fn reply(to: &v1::StatementRef, names: &[&str], case: &str) -> Body {
    Body::AssistReply(v1::AssistReply {
        request: Some(to.clone()),
        outcome: "answered".into(),
        findings: "ours".into(),
        lines: goods(names),
        case_id: case.into(),
        ..v1::AssistReply::default()
    })
}

fn genuine(to: &v1::StatementRef, names: &[&str]) -> Body {
    let line = |goods| v1::AuthenticityLine {
        goods: Some(goods),
        verdict: v1::Authenticity::Genuine as i32,
        ..v1::AuthenticityLine::default()
    };
    Body::AuthenticityReply(v1::AuthenticityReply {
        request: Some(to.clone()),
        lines: goods(names).into_iter().map(line).collect(),
        ..v1::AuthenticityReply::default()
    })
}

fn opinion(to: Option<&v1::StatementRef>, grounds: &[&v1::StatementRef], case: &str) -> Body {
    let goods = v1::GoodsLine { description: "a loose vial".into(), ..v1::GoodsLine::default() };
    Body::Opinion(v1::Opinion {
        number: "cert:org:drug/O1".into(),
        request: to.cloned(),
        lines: vec![v1::OpinionLine {
            goods: Some(goods),
            conclusion: "counterfeit".into(),
            note: String::new(),
        }],
        legal_basis: "article 98".into(),
        reasoning: "no toxin in it".into(),
        grounds: grounds.iter().map(|g| (*g).clone()).collect(),
        case_id: case.into(),
        ..v1::Opinion::default()
    })
}

/// A ledger with a second authority.
fn ledger() -> TestLedger {
    let mut ledger = TestLedger::new();
    ledger.found_authority("customs", v1::AuthorityField::Customs);
    ledger
}

fn verdict(ledger: &mut TestLedger, by: &str, body: Body) -> String {
    let say = ledger.say(by, body);
    ledger.verdict_of(&say)
}

/// The same of a confidential statement.
fn hidden(ledger: &mut TestLedger, by: &str, body: Body) -> Say {
    Say { confidential: true, ..ledger.say(by, body) }
}

fn must(ledger: &mut TestLedger, say: &Say) -> v1::StatementRef {
    let index = ledger.must(say);
    reference_to(&statement_at(ledger, index))
}

fn asked(ledger: &mut TestLedger, to: &str, names: &[&str]) -> v1::StatementRef {
    let say = ledger.say("drug", request(to, names, ""));
    must(ledger, &say)
}

fn replaced(target: &v1::StatementRef, by: Body) -> Body {
    let act = statement::GoodsAct::of(&by).unwrap().to_replacement();
    let replacement = v1::Replacement { body: Some(act), ..v1::Replacement::default() };
    Body::Correct(v1::Correct {
        target: Some(target.clone()),
        reason: "mistake".into(),
        replacement: Some(replacement),
        ..v1::Correct::default()
    })
}

/// How an entry links a subject.
fn linked(ledger: &TestLedger, entry: u64, kind: SubjectKind, text: &str) -> Option<Relation> {
    let record = tables::subject(&ledger.view, &subject_key(kind, text)).unwrap()?;
    let mut relation = None;
    tables::touches(&ledger.view, record.number, entry, &mut |touch| {
        relation = (touch.index == entry).then_some(touch.relation);
        Ok(false)
    })
    .unwrap();
    relation
}

#[test]
fn only_authorities_ask_and_only_who_is_asked_answers() {
    let mut ledger = ledger();
    for by in ["maker", "clinic", "lab"] {
        assert_eq!(verdict(&mut ledger, by, request("maker", &["A"], "")), "ROLE_MISSING header.party");
    }
    let to_maker = asked(&mut ledger, "maker", &["A"]);
    let to_clinic = asked(&mut ledger, "clinic", &["A"]);
    let nowhere = v1::StatementRef { party: org("drug"), id: uuid(NOON, 7).to_vec(), digest: vec![] };
    let wrong = v1::StatementRef { digest: vec![1; 32], ..to_maker.clone() };
    let shipped = ledger.say("maker", super::admission::ship(&["A"], "clinic"));
    let shipped = must(&mut ledger, &shipped);
    for (by, body, expected) in [
        ("maker", reply(&to_maker, &["A"], ""), "OK"),
        ("maker", genuine(&to_maker, &["A"]), "OK"),
        ("clinic", reply(&to_clinic, &[], ""), "OK"),
        ("clinic", reply(&to_maker, &[], ""), "NOT_ADDRESSED assist_reply.request"),
        ("maker", genuine(&to_clinic, &["A"]), "NOT_ADDRESSED authenticity_reply.request"),
        ("clinic", genuine(&to_clinic, &["A"]), "ROLE_MISSING header.party"),
        ("maker", reply(&nowhere, &[], ""), "TARGET_UNKNOWN assist_reply.request"),
        ("maker", reply(&shipped, &[], ""), "TARGET_KIND assist_reply.request"),
        ("maker", reply(&wrong, &[], ""), "TARGET_DIGEST assist_reply.request.digest"),
        ("maker", reply(&to_maker, &[], CASE), "OTHER_CASE assist_reply.case_id"),
        ("drug", opinion(None, &[], ""), "OK"),
        ("drug", opinion(Some(&to_maker), &[], ""), "NOT_ADDRESSED opinion.request"),
        ("maker", opinion(None, &[], ""), "ROLE_MISSING header.party"),
    ] {
        assert_eq!(verdict(&mut ledger, by, body), expected, "{by}");
    }
}

#[test]
fn an_answer_goes_by_the_request_as_it_counts_now() {
    let mut ledger = ledger();
    let to_maker = asked(&mut ledger, "maker", &["A"]);
    let answered = ledger.say("maker", reply(&to_maker, &["A"], ""));
    let answered = must(&mut ledger, &answered);
    let moved = ledger.say("drug", replaced(&to_maker, request("clinic", &["A"], "")));
    let moved = must(&mut ledger, &moved);
    let refused = "NOT_ADDRESSED assist_reply.request";
    assert_eq!(verdict(&mut ledger, "maker", reply(&to_maker, &["A"], "")), refused);
    assert_eq!(verdict(&mut ledger, "clinic", reply(&to_maker, &["A"], "")), "OK");
    // A correction is held to the same.
    let again = replaced(&answered, reply(&to_maker, &["B"], ""));
    let refused = "NOT_ADDRESSED correct.replacement.assist_reply.request";
    assert_eq!(verdict(&mut ledger, "maker", again), refused);
    let taken_back = ledger.say("drug", void_of(&statement_at(&ledger, ledger.view_index(&moved))));
    ledger.must(&taken_back);
    let refused = "TARGET_VOIDED assist_reply.request";
    assert_eq!(verdict(&mut ledger, "clinic", reply(&to_maker, &["A"], "")), refused);
}

#[test]
fn a_successor_or_agent_answers_for_the_addressee() {
    let mut ledger = ledger();
    let to_clinic = asked(&mut ledger, "clinic", &[]);
    let mut by_agent = ledger.say("firm", reply(&to_clinic, &[], ""));
    by_agent.principal = "clinic".into();
    assert_eq!(ledger.verdict_of(&by_agent), "NO_MANDATE header.on_behalf_of");
    let mandate = v1::Mandate {
        agent: org("firm"),
        number: "M1".into(),
        acts: vec![Kind::AssistReply as i32],
        valid_from: "2026-01-01".into(),
        ..v1::Mandate::default()
    };
    let mandate = ledger.say("clinic", Body::Mandate(mandate));
    ledger.must(&mandate);
    assert_eq!(ledger.verdict_of(&by_agent), "OK");
    ledger.found_authority("market", v1::AuthorityField::Market);
    let succession = v1::Succession {
        predecessor: org("clinic"),
        successor: org("clinic2"),
        kind: "merger".into(),
        effective_on: "2026-03-01".into(),
        number: "S1".into(),
        ..v1::Succession::default()
    };
    let succession = ledger.say("market", Body::Succession(succession));
    ledger.must(&succession);
    assert_eq!(verdict(&mut ledger, "clinic2", reply(&to_clinic, &[], "")), "OK");
}

#[test]
fn answers_link_the_goods_asked_about_and_move_nothing() {
    let mut ledger = ledger();
    let made = ledger.say("maker", super::admission::commission(&["A", "B"]));
    ledger.must(&made);
    let before = super::open::stock_of(&ledger, "maker", crate::stock::StockKind::Item);
    let to_maker = asked(&mut ledger, "maker", &["A"]);
    let said = ledger.say("maker", genuine(&to_maker, &["B"]));
    let entry = ledger.view.size();
    let said = must(&mut ledger, &said);
    let target = Some(Relation::Target);
    let of = |ledger: &TestLedger, entry, text: &str| linked(ledger, entry, SubjectKind::Item, text);
    assert_eq!(
        [of(&ledger, entry, &item("A")), of(&ledger, entry, &item("B"))],
        [target, Some(Relation::Item)]
    );
    let counterparty = linked(&ledger, entry, SubjectKind::Activity, &org("drug"));
    assert_eq!(counterparty, Some(Relation::Counterparty));
    // An opinion that rests on it links both, and says nothing of whom it is not for.
    let concluded = ledger.say("drug", opinion(None, &[&said], ""));
    let entry = ledger.must(&concluded);
    assert_eq!([of(&ledger, entry, &item("B")), of(&ledger, entry, &item("A"))], [target, None]);
    assert_eq!(linked(&ledger, entry, SubjectKind::Activity, &org("maker")), None);
    assert_eq!(super::open::stock_of(&ledger, "maker", crate::stock::StockKind::Item), before);
    let wrong = verdict(&mut ledger, "drug", opinion(None, &[&to_maker], ""));
    assert_eq!(wrong, "TARGET_KIND opinion.grounds[0]");
}

#[test]
fn confidential_statements_go_between_authorities() {
    let mut ledger = ledger();
    for (by, body, expected) in [
        ("drug", request("customs", &["A"], CASE), "OK"),
        ("drug", request("maker", &["A"], CASE), "CONFIDENTIAL_REFUSED assist_request.addressee"),
        ("drug", request("ghost", &["A"], CASE), "CONFIDENTIAL_REFUSED assist_request.addressee"),
        ("drug", opinion(None, &[], CASE), "OK"),
    ] {
        let say = hidden(&mut ledger, by, body);
        assert_eq!(ledger.verdict_of(&say), expected);
    }
    let open = asked(&mut ledger, "customs", &["A"]);
    let secret = hidden(&mut ledger, "drug", request("customs", &["A"], CASE));
    let secret = must(&mut ledger, &secret);
    let to_maker = asked(&mut ledger, "maker", &[]);
    for (by, confidential, body, expected) in [
        ("customs", true, reply(&secret, &["A"], CASE), "OK"),
        ("customs", true, opinion(Some(&secret), &[], CASE), "OK"),
        ("customs", true, reply(&secret, &["A"], OTHER_CASE), "OTHER_CASE assist_reply.case_id"),
        ("customs", false, reply(&secret, &["A"], CASE), "CONFIDENTIAL_NEEDED header.confidential"),
        ("customs", false, opinion(Some(&secret), &[], ""), "CONFIDENTIAL_NEEDED header.confidential"),
        ("customs", false, reply(&open, &["A"], ""), "OK"),
        (
            "customs",
            true,
            reply(&open, &["A"], CASE),
            "CONFIDENTIAL_REFUSED assist_reply.request assist_reply.case_id",
        ),
        ("root1", true, reply(&secret, &["A"], CASE), "NOT_ADDRESSED assist_reply.request"),
        ("maker", true, reply(&to_maker, &[], CASE), "CONFIDENTIAL_REFUSED header.confidential"),
        (
            "drug",
            false,
            replaced(&secret, request("customs", &["B"], CASE)),
            "CONFIDENTIAL_NEEDED header.confidential",
        ),
        ("drug", true, replaced(&secret, request("customs", &["B"], CASE)), "OK"),
        (
            "drug",
            true,
            replaced(&secret, request("customs", &["B"], OTHER_CASE)),
            "OTHER_CASE correct.replacement.assist_request.case_id",
        ),
        (
            "drug",
            true,
            replaced(&secret, request("maker", &["B"], CASE)),
            "CONFIDENTIAL_REFUSED correct.replacement.assist_request.addressee",
        ),
        (
            "drug",
            true,
            replaced(&open, request("customs", &["B"], CASE)),
            "CONFIDENTIAL_REFUSED header.confidential",
        ),
        (
            "drug",
            false,
            void_of(&statement_at(&ledger, ledger.view_index(&secret))),
            "CONFIDENTIAL_NEEDED header.confidential",
        ),
        ("drug", true, void_of(&statement_at(&ledger, ledger.view_index(&secret))), "OK"),
        (
            "drug",
            true,
            void_of(&statement_at(&ledger, ledger.view_index(&open))),
            "CONFIDENTIAL_REFUSED header.confidential",
        ),
    ] {
        let say = Say { confidential, ..ledger.say(by, body) };
        assert_eq!(ledger.verdict_of(&say), expected, "{by} {confidential} {:?}", say.body);
    }
}

#[test]
fn nothing_but_its_case_leads_to_a_confidential_statement() {
    let mut ledger = ledger();
    let made = ledger.say("maker", super::admission::commission(&["A"]));
    ledger.must(&made);
    let heads = ledger.heads.clone();
    let case = subject_key(SubjectKind::Case, CASE);
    let first = ledger.view.size();
    let secret = hidden(&mut ledger, "drug", request("customs", &["A"], CASE));
    let secret = must(&mut ledger, &secret);
    let answer = hidden(&mut ledger, "customs", reply(&secret, &["A"], CASE));
    let answer = must(&mut ledger, &answer);
    let found = hidden(&mut ledger, "customs", opinion(Some(&secret), &[&answer], CASE));
    ledger.must(&found);
    let corrected = hidden(&mut ledger, "customs", replaced(&answer, reply(&secret, &["B"], CASE)));
    let corrected = must(&mut ledger, &corrected);
    let named = statement_at(&ledger, ledger.view_index(&corrected));
    let void = hidden(&mut ledger, "customs", void_of(&named));
    ledger.must(&void);
    let mut after = ledger.heads.clone();
    assert_eq!(after.remove(&case).map(|(_, count, last)| (count, last)), Some((5, first + 4)));
    assert_eq!(after, heads, "no other subject has moved on");
    for entry in first..ledger.view.size() {
        assert_eq!(readers(&ledger.view, entry).unwrap().unwrap(), [org("customs"), org("drug")], "{entry}");
    }
    assert_eq!(readers(&ledger.view, first - 1).unwrap(), None);
    // An open opinion that rests on it shows none of its goods.
    let open = ledger.say("drug", opinion(None, &[&answer], ""));
    let entry = ledger.must(&open);
    assert_eq!(linked(&ledger, entry, SubjectKind::Item, &item("A")), None);
    assert_eq!(linked(&ledger, entry, SubjectKind::Case, CASE), None);
    // A case may be named for all to see.
    let open = ledger.say("drug", request("maker", &["A"], CASE));
    let entry = ledger.must(&open);
    assert_eq!(linked(&ledger, entry, SubjectKind::Case, CASE), Some(Relation::Case));
    assert_eq!(linked(&ledger, entry, SubjectKind::Item, &item("A")), Some(Relation::Item));
}

#[test]
fn a_confidential_statement_is_known_by_its_id_whoever_signs_it() {
    let mut ledger = ledger();
    // Nobody has named what it does before: it has no number.
    let activity = subject_key(SubjectKind::Activity, &org("customs"));
    assert_eq!(tables::subject(&ledger.view, &activity).unwrap(), None);
    let say = hidden(&mut ledger, "customs", request("drug", &["A"], CASE));
    let index = ledger.view.size();
    let named = must(&mut ledger, &say);
    assert_eq!(tables::subject(&ledger.view, &activity).unwrap(), None);
    assert_eq!(ledger.view_index(&named), index);
    let again = ledger.signed(&say);
    assert_eq!(ledger.ask(&again), Ok(Admission::Recorded(index)));
    let other = Say { body: request("drug", &["B"], CASE), ..say.clone() };
    assert_eq!(ledger.verdict_of(&other), "ID_TAKEN header.id");
    let open = Say { confidential: false, body: request("drug", &["B"], ""), ..say.clone() };
    assert_eq!(ledger.verdict_of(&open), "ID_TAKEN header.id");
    let answer = hidden(&mut ledger, "drug", reply(&named, &[], CASE));
    ledger.must(&answer);
    // Once it has a number, both are still told apart.
    let public = ledger.say("customs", request("maker", &["A"], ""));
    let at = ledger.must(&public);
    assert_eq!(ledger.ask(&again), Ok(Admission::Recorded(index)));
    assert_eq!(ledger.ask(&ledger.signed(&public)), Ok(Admission::Recorded(at)));
    let clash = Say { confidential: true, body: request("drug", &[], CASE), ..public };
    assert_eq!(ledger.verdict_of(&clash), "ID_TAKEN header.id");
    assert_eq!(ledger.verdict_of(&open), "ID_TAKEN header.id");
}

#[test]
fn requests_and_answers_are_found_by_whom_they_ask() {
    let mut ledger = ledger();
    let found = |ledger: &TestLedger, party: &str, from: u64| {
        let mut found = Vec::new();
        let visit = &mut |index| {
            found.push(index);
            Ok(true)
        };
        requests_to(&ledger.view, &org(party), from, visit).unwrap();
        found
    };
    let first = asked(&mut ledger, "maker", &["A"]);
    let second = asked(&mut ledger, "maker", &["B"]);
    let [first_at, second_at] = [&first, &second].map(|r| ledger.view_index(r));
    let moved = ledger.say("drug", replaced(&second, request("clinic", &["B"], "")));
    let moved = must(&mut ledger, &moved);
    let again = ledger.say("drug", replaced(&moved, request("lab", &["B"], "")));
    ledger.must(&again);
    let hidden_from_all = hidden(&mut ledger, "drug", request("customs", &[], CASE));
    let hidden_at = ledger.must(&hidden_from_all);
    assert_eq!(found(&ledger, "maker", 0), [first_at, second_at]);
    assert_eq!(found(&ledger, "maker", first_at + 1), [second_at]);
    assert_eq!(found(&ledger, "clinic", 0), [second_at], "the original, whose content says who is asked now");
    assert_eq!(found(&ledger, "lab", 0), [second_at]);
    assert_eq!(found(&ledger, "customs", 0), [hidden_at]);
    assert_eq!(found(&ledger, "drug", 0), [0; 0]);
    let said = ledger.say("maker", genuine(&first, &["A"]));
    let said_at = ledger.must(&said);
    let named = reference_to(&statement_at(&ledger, said_at));
    let corrected = ledger.say("maker", replaced(&named, genuine(&first, &["C"])));
    ledger.must(&corrected);
    let told = ledger.say("maker", reply(&first, &[], ""));
    let told_at = ledger.must(&told);
    let mut answers = Vec::new();
    answers_to(&ledger.view, first_at, &mut |index| {
        answers.push(index);
        Ok(true)
    })
    .unwrap();
    assert_eq!(answers, [said_at, told_at]);
}

#[test]
fn a_reply_may_come_after_its_day() {
    let mut ledger = ledger();
    let to_clinic = asked(&mut ledger, "clinic", &[]);
    ledger.now = LATER + 20 * DAY;
    let late = Say { at: LATER + 19 * DAY, ..ledger.say("clinic", reply(&to_clinic, &[], "")) };
    assert_eq!(ledger.verdict_of(&late), "OK");
    let lots = v1::GoodsLine {
        lot: Some(v1::LotAmount {
            lot: lot_of("9"),
            quantity: Some(v1::Quantity { amount: 1, unit: "bxo".into() }),
        }),
        ..v1::GoodsLine::default()
    };
    let Body::AssistReply(b) = reply(&to_clinic, &[], "") else { unreachable!() };
    let odd = Body::AssistReply(v1::AssistReply { lines: vec![lots], outcome: "maybe".into(), ..b });
    assert_eq!(
        verdict(&mut ledger, "clinic", odd),
        "UNKNOWN_CODE assist_reply.outcome assist_reply.lines[0].lot.quantity.unit"
    );
}
