//! Statements of cases: who signs them, who reads them, who has a case, and what a Watch hits.

use proto::v1::{self, LeadAction, TransferDecision, statement::Body};
use statement::{GoodsAct, Statement, SubjectKind, subject_key};

use super::{
    ledger::{NOON, Say, TestLedger, org, reference_to, void_of},
    story::{item, lot_of},
    tables::statement_at,
};
use crate::{
    case::{Hit, hits},
    confidential::{MAX_HOLDERS, cases_of, holders, readers},
    review,
};

const CASE: &str = "00112233445566778899aabbccddeeff";
const OTHER: &str = "ffeeddccbbaa99887766554433221100";

/// A ledger with authorities of several fields.
fn ledger() -> TestLedger {
    let mut ledger = TestLedger::new();
    for (name, field) in [
        ("district", v1::AuthorityField::Drug),
        ("police", v1::AuthorityField::Police),
        ("police2", v1::AuthorityField::Police),
        ("proc", v1::AuthorityField::Procuratorate),
    ] {
        ledger.found_authority(name, field);
    }
    ledger
}

fn two() -> Vec<String> {
    vec!["a".repeat(64), "b".repeat(64)]
}

fn lead(case: &str, to: &str) -> Body {
    Body::Lead(v1::Lead {
        case_id: case.into(),
        addressee: org(to),
        source: "report".into(),
        summary: "vials without boxes".into(),
        ..v1::Lead::default()
    })
}

fn step(case: &str, lead: &v1::StatementRef, action: LeadAction, to: &str) -> Body {
    let assigned = action == LeadAction::Assigned;
    Body::LeadStep(v1::LeadStep {
        case_id: case.into(),
        lead: Some(lead.clone()),
        action: action as i32,
        assignee: org(to),
        outcome: if assigned { String::new() } else { "confirmed".into() },
        note: "looked at".into(),
        officers: if action == LeadAction::Verified { two() } else { vec![] },
        ..v1::LeadStep::default()
    })
}

fn open(case: &str, leads: &[&v1::StatementRef]) -> Body {
    Body::CaseOpen(v1::CaseOpen {
        case_id: case.into(),
        number: "cert:org:drug/LA1".into(),
        kind: "administrative".into(),
        cause: "counterfeit".into(),
        summary: "vials".into(),
        leads: leads.iter().map(|l| (*l).clone()).collect(),
        officers: two(),
        legal_basis: "article 54".into(),
    })
}

fn link(case: &str) -> Body {
    Body::CaseLink(v1::CaseLink {
        case_id: case.into(),
        role: "goods".into(),
        items: vec![item("A")],
        parties: vec![org("clinic")],
        ..v1::CaseLink::default()
    })
}

fn transfer(case: &str, to: &str, copies: &[&str]) -> Body {
    Body::CaseTransfer(v1::CaseTransfer {
        case_id: case.into(),
        number: "cert:org:drug/YS1".into(),
        addressee: org(to),
        copies: copies.iter().map(|c| org(c)).collect(),
        basis: "suspected-crime".into(),
        decided_at: NOON,
        officers: two(),
        summary: "a crime".into(),
        legal_basis: "article 5".into(),
        ..v1::CaseTransfer::default()
    })
}

fn reply(case: &str, to: &v1::StatementRef, decision: TransferDecision, forward_to: &str) -> Body {
    Body::TransferReply(v1::TransferReply {
        case_id: case.into(),
        transfer: Some(to.clone()),
        decision: decision as i32,
        number: "cert:org:police/H1".into(),
        forward_to: org(forward_to),
        reason: "as it is".into(),
        officers: two(),
    })
}

fn watch() -> v1::Watch {
    v1::Watch {
        case_id: CASE.into(),
        items: vec![item("A")],
        lots: vec![lot_of("1")],
        parties: vec![org("clinic")],
        sites: vec!["site:org:trader/W1".into()],
        regions: vec!["3205".into()],
        people: vec!["c".repeat(64)],
        valid_from: "2026-03-01".into(),
        valid_to: "2026-03-31".into(),
        reason: "more to come".into(),
        ..v1::Watch::default()
    }
}

/// A statement of a case.
fn say(ledger: &mut TestLedger, by: &str, body: Body) -> Say {
    Say { confidential: true, ..ledger.say(by, body) }
}

fn verdict(ledger: &mut TestLedger, by: &str, body: Body) -> String {
    let say = say(ledger, by, body);
    ledger.verdict_of(&say)
}

/// Entry and reference of a statement that must be admitted.
fn must(ledger: &mut TestLedger, by: &str, body: Body) -> (u64, v1::StatementRef) {
    let say = say(ledger, by, body);
    let index = ledger.must(&say);
    (index, reference_to(&statement_at(ledger, index)))
}

fn corrected(target: &v1::StatementRef, by: &Body) -> Body {
    let act = GoodsAct::of(by).unwrap().to_replacement();
    Body::Correct(v1::Correct {
        target: Some(target.clone()),
        reason: "mistake".into(),
        replacement: Some(v1::Replacement { body: Some(act), ..v1::Replacement::default() }),
        ..v1::Correct::default()
    })
}

fn taken_back(ledger: &TestLedger, index: u64) -> Body {
    void_of(&statement_at(ledger, index))
}

/// Short names of who reads an entry.
fn read_by(ledger: &TestLedger, index: u64) -> String {
    let names = readers(&ledger.view, index).unwrap().expect("is confidential");
    names.iter().map(|n| n.replace("org:", "")).collect::<Vec<_>>().join(" ")
}

fn held_by(ledger: &TestLedger, case: &str) -> String {
    let names = holders(&ledger.view, case).unwrap();
    names.iter().map(|n| n.replace("org:", "")).collect::<Vec<_>>().join(" ")
}

#[test]
fn anybody_reports_to_an_authority_and_nobody_learns_of_a_case() {
    let mut ledger = ledger();
    for (by, to, expected) in [
        ("clinic", "drug", "OK"),
        ("drug", "drug", "OK"),
        ("clinic", "maker", "CONFIDENTIAL_REFUSED lead.addressee"),
        ("clinic", "ghost", "CONFIDENTIAL_REFUSED lead.addressee"),
    ] {
        assert_eq!(verdict(&mut ledger, by, lead(CASE, to)), expected, "{by} {to}");
    }
    let heads = ledger.heads.clone();
    let (index, named) = must(&mut ledger, "clinic", lead(CASE, "drug"));
    let mut after = ledger.heads.clone();
    assert!(after.remove(&subject_key(SubjectKind::Case, CASE)).is_some());
    assert_eq!(after, heads, "no other subject has moved on");
    assert_eq!((read_by(&ledger, index), held_by(&ledger, CASE)), ("clinic drug".into(), "drug".into()));
    // A second lead under the number of another's case is taken, and gives nothing.
    let (second, _) = must(&mut ledger, "maker", lead(CASE, "police"));
    assert_eq!(held_by(&ledger, CASE), "drug");
    assert_eq!(read_by(&ledger, second), "drug maker police");
    assert_eq!(read_by(&ledger, index), "clinic drug");
    // A trader hears the same of a case that is and of one that is not.
    let bodies: [fn(&str) -> Body; 3] = [|case| open(case, &[]), link, |case| transfer(case, "police", &[])];
    for body in bodies {
        let heard = [CASE, OTHER].map(|case| {
            let say = say(&mut ledger, "clinic", body(case));
            let signed = ledger.signed(&say);
            let faults = review(&ledger.view, &signed.statement, Some(&signed), ledger.now, &ledger.limits);
            faults.unwrap().into_iter().map(|v| (v.reason, v.field)).collect::<Vec<_>>()
        });
        assert_eq!(heard[0], heard[1]);
        assert!(!heard[0].is_empty());
    }
    let steps = step(CASE, &named, LeadAction::Answered, "");
    assert_eq!(verdict(&mut ledger, "maker", steps), "CONFIDENTIAL_REFUSED header.confidential");
    // What a trader has said it corrects and takes back.
    let moved = corrected(&named, &lead(CASE, "district"));
    let open_correct = ledger.say("clinic", moved.clone());
    assert!(Statement::parse(ledger.unchecked(&open_correct).statement.payload().clone()).is_err());
    let (at, _) = must(&mut ledger, "clinic", moved);
    assert_eq!(
        (read_by(&ledger, at), held_by(&ledger, CASE)),
        ("clinic district drug".into(), "district".into())
    );
    let void = taken_back(&ledger, at);
    assert_eq!(verdict(&mut ledger, "clinic", void.clone()), "OK");
    must(&mut ledger, "clinic", void);
    assert_eq!(held_by(&ledger, CASE), "district", "what has begun goes on");
}

#[test]
fn a_lead_is_worked_on_by_who_has_it_and_its_signer_reads_the_answer_alone() {
    let mut ledger = ledger();
    let (_, filed) = must(&mut ledger, "clinic", lead(CASE, "drug"));
    let (_, elsewhere) = must(&mut ledger, "clinic", lead(OTHER, "police"));
    let (_, opened) = must(&mut ledger, "drug", open("0123456789abcdef0123456789abcdef", &[&filed]));
    let nowhere = v1::StatementRef { id: super::ledger::uuid(NOON, 77).to_vec(), ..filed.clone() };
    let assigned = |to| step(CASE, &filed, LeadAction::Assigned, to);
    for (by, body, expected) in [
        ("drug", assigned("district"), "OK"),
        ("police", assigned("district"), "NOT_YOUR_CASE lead_step.case_id"),
        ("drug", assigned("clinic"), "CONFIDENTIAL_REFUSED lead_step.assignee"),
        ("drug", step(CASE, &nowhere, LeadAction::Verified, ""), "TARGET_UNKNOWN lead_step.lead"),
        ("drug", step(CASE, &opened, LeadAction::Verified, ""), "TARGET_KIND lead_step.lead"),
        ("drug", step(CASE, &elsewhere, LeadAction::Verified, ""), "OTHER_CASE lead_step.case_id"),
        ("drug", open(CASE, &[&opened]), "TARGET_KIND case_open.leads[0]"),
        ("drug", open(CASE, &[&filed, &nowhere]), "OK"),
        ("police", open(CASE, &[]), "NOT_YOUR_CASE case_open.case_id"),
        ("police", open("fedcba9876543210fedcba9876543210", &[]), "OK"),
    ] {
        assert_eq!(verdict(&mut ledger, by, body), expected, "{by}");
    }
    let (first, _) = must(&mut ledger, "drug", assigned("district"));
    assert_eq!(held_by(&ledger, CASE), "district drug");
    let (verified, _) = must(&mut ledger, "district", step(CASE, &filed, LeadAction::Verified, ""));
    let (answered, _) = must(&mut ledger, "drug", step(CASE, &filed, LeadAction::Answered, ""));
    assert_eq!([first, verified].map(|i| read_by(&ledger, i)), ["district drug", "district drug"]);
    assert_eq!(read_by(&ledger, answered), "clinic district drug");
    let gone = ledger.view_index(&filed);
    let void = taken_back(&ledger, gone);
    must(&mut ledger, "clinic", void);
    let late = step(CASE, &filed, LeadAction::Verified, "");
    assert_eq!(verdict(&mut ledger, "drug", late), "TARGET_VOIDED lead_step.lead");
    assert_eq!(cases_of(&ledger.view, &org("district"), 9).unwrap(), [(CASE.to_owned(), true)]);
    assert_eq!(cases_of(&ledger.view, &org("drug"), 9).unwrap().len(), 2);
    assert_eq!(cases_of(&ledger.view, &org("drug"), 1).unwrap().len(), 1);
    assert_eq!(cases_of(&ledger.view, &org("clinic"), 9).unwrap(), []);
}

#[test]
fn who_may_open_cases_and_watch() {
    let mut ledger = ledger();
    ledger.found_authority("court", v1::AuthorityField::Court);
    for (by, expected) in [
        ("drug", "OK"),
        ("police", "OK"),
        ("proc", "OK"),
        ("court", "ROLE_MISSING header.party"),
        ("root1", "ROLE_MISSING header.party"),
        ("clinic", "CONFIDENTIAL_REFUSED header.confidential"),
    ] {
        for body in [open(CASE, &[]), Body::Watch(watch())] {
            assert_eq!(verdict(&mut ledger, by, body), expected, "{by}");
        }
    }
    assert_eq!(verdict(&mut ledger, "court", link(CASE)), "OK");
}

#[test]
fn a_transfer_gives_the_case_and_declining_or_forwarding_gives_it_up() {
    let mut ledger = ledger();
    let (opened, _) = must(&mut ledger, "drug", open(CASE, &[]));
    for (by, body, expected) in [
        ("drug", transfer(CASE, "drug", &[]), "INVALID_FIELD case_transfer.addressee"),
        ("drug", transfer(CASE, "clinic", &[]), "CONFIDENTIAL_REFUSED case_transfer.addressee"),
        ("drug", transfer(CASE, "police", &["clinic"]), "CONFIDENTIAL_REFUSED case_transfer.copies[0]"),
        ("police", transfer(CASE, "proc", &[]), "NOT_YOUR_CASE case_transfer.case_id"),
    ] {
        assert_eq!(verdict(&mut ledger, by, body), expected, "{by}");
    }
    let (sent, named) = must(&mut ledger, "drug", transfer(CASE, "police", &["proc"]));
    assert_eq!(held_by(&ledger, CASE), "drug police");
    assert_eq!([opened, sent].map(|i| read_by(&ledger, i)), ["drug police", "drug police proc"]);
    use TransferDecision::{Accepted, Declined, Forwarded, Received};
    for (by, body, expected) in [
        ("police", reply(CASE, &named, Received, ""), "OK"),
        ("police2", reply(CASE, &named, Received, ""), "NOT_ADDRESSED transfer_reply.transfer"),
        ("drug", reply(CASE, &named, Accepted, ""), "NOT_ADDRESSED transfer_reply.transfer"),
        ("proc", reply(CASE, &named, Accepted, ""), "NOT_ADDRESSED transfer_reply.transfer"),
        (
            "police",
            reply(OTHER, &named, Accepted, ""),
            "OTHER_CASE transfer_reply.case_id transfer_reply.transfer",
        ),
        ("police", reply(CASE, &named, Forwarded, "police"), "INVALID_FIELD transfer_reply.forward_to"),
        ("police", reply(CASE, &named, Forwarded, "maker"), "CONFIDENTIAL_REFUSED transfer_reply.forward_to"),
    ] {
        assert_eq!(verdict(&mut ledger, by, body), expected, "{by}");
    }
    let (forwarded, at) = must(&mut ledger, "police", reply(CASE, &named, Forwarded, "police2"));
    assert_eq!(held_by(&ledger, CASE), "drug police2");
    assert_eq!(read_by(&ledger, forwarded), "drug police police2 proc");
    let (linked, _) = must(&mut ledger, "drug", link(CASE));
    assert_eq!(read_by(&ledger, linked), "drug police2", "who gave it up reads what was until then");
    assert_eq!(read_by(&ledger, opened), "drug police police2");
    assert_eq!(verdict(&mut ledger, "police", link(CASE)), "NOT_YOUR_CASE case_link.case_id");
    let again = reply(CASE, &named, Accepted, "");
    assert_eq!(verdict(&mut ledger, "police", again.clone()), "NOT_ADDRESSED transfer_reply.transfer");
    assert_eq!(verdict(&mut ledger, "police2", again), "OK");
    let (declined, _) = must(&mut ledger, "police2", reply(CASE, &named, Declined, ""));
    assert_eq!(held_by(&ledger, CASE), "drug");
    // What took it away is taken back.
    let void = taken_back(&ledger, declined);
    must(&mut ledger, "police2", void);
    assert_eq!(held_by(&ledger, CASE), "drug police2");
    let accepted = reply(CASE, &named, Accepted, "");
    must(&mut ledger, "police", corrected(&at, &accepted));
    assert_eq!(held_by(&ledger, CASE), "drug police", "it was not forwarded after all");
    // A transfer that was sent to the wrong one.
    must(&mut ledger, "drug", corrected(&named, &transfer(CASE, "police2", &["proc"])));
    assert_eq!(held_by(&ledger, CASE), "drug police2");
    assert_eq!(cases_of(&ledger.view, &org("police"), 9).unwrap(), [(CASE.to_owned(), false)]);
}

#[test]
fn a_correct_of_a_case_statement_keeps_its_case_and_is_confidential() {
    let mut ledger = ledger();
    let (index, named) = must(&mut ledger, "drug", link(CASE));
    let other = corrected(&named, &link(OTHER));
    assert_eq!(verdict(&mut ledger, "drug", other), "OTHER_CASE correct.replacement.case_link.case_id");
    let void = taken_back(&ledger, index);
    let open_void = ledger.say("drug", void.clone());
    assert_eq!(ledger.verdict_of(&open_void), "CONFIDENTIAL_NEEDED header.confidential");
    let (at, _) = must(&mut ledger, "drug", void);
    assert_eq!(read_by(&ledger, at), "drug");
    assert_eq!(ledger.heads[&subject_key(SubjectKind::Case, CASE)].1, 2);
}

#[test]
fn an_id_is_taken_by_a_confidential_statement_whoever_signs_it() {
    let mut ledger = ledger();
    let filed = say(&mut ledger, "clinic", lead(CASE, "drug"));
    ledger.must(&filed);
    let shipped = Say { id: filed.id, ..ledger.say("clinic", super::admission::ship(&["A"], "maker")) };
    assert_eq!(ledger.verdict_of(&shipped), "ID_TAKEN header.id");
    let others = Say { by: "maker".into(), key: "maker".into(), ..shipped };
    assert_eq!(ledger.verdict_of(&others), "OK");
}

#[test]
fn a_confidential_request_in_a_case_is_read_by_who_has_the_case() {
    let mut ledger = ledger();
    must(&mut ledger, "drug", open(CASE, &[]));
    let request = Body::AssistRequest(v1::AssistRequest {
        number: "cert:org:drug/X1".into(),
        addressee: org("police"),
        purpose: "source".into(),
        question: "whose are these?".into(),
        due_on: "2026-03-20".into(),
        legal_basis: "article 100".into(),
        case_id: CASE.into(),
        ..v1::AssistRequest::default()
    });
    let (asked, named) = must(&mut ledger, "drug", request);
    let (_, sent) = must(&mut ledger, "drug", transfer(CASE, "proc", &[]));
    let answer = Body::AssistReply(v1::AssistReply {
        request: Some(named),
        outcome: "answered".into(),
        findings: "ours".into(),
        case_id: CASE.into(),
        ..v1::AssistReply::default()
    });
    let (answered, _) = must(&mut ledger, "police", answer);
    assert_eq!([asked, answered].map(|i| read_by(&ledger, i)), ["drug police proc", "drug police proc"]);
    assert_eq!(held_by(&ledger, CASE), "drug proc", "who answers does not have the case");
    must(&mut ledger, "proc", reply(CASE, &sent, TransferDecision::Declined, ""));
    let (linked, _) = must(&mut ledger, "drug", link(CASE));
    assert_eq!([asked, linked].map(|i| read_by(&ledger, i)), ["drug police proc", "drug"]);
}

#[test]
fn a_case_goes_through_so_many_hands_and_no_more() {
    let mut ledger = ledger();
    let (_, filed) = must(&mut ledger, "clinic", lead(CASE, "drug"));
    for _ in 1..MAX_HOLDERS {
        must(&mut ledger, "drug", step(CASE, &filed, LeadAction::Assigned, "district"));
    }
    let more = step(CASE, &filed, LeadAction::Assigned, "district");
    assert_eq!(verdict(&mut ledger, "drug", more), "REGISTER_FULL lead_step.case_id");
    assert_eq!(verdict(&mut ledger, "drug", link(CASE)), "OK");
}

#[test]
fn a_watch_hits_what_names_it_within_its_days_and_nothing_confidential() {
    let ledger = ledger();
    let regions = |site: &str| if site.ends_with("/S1") { "320508".into() } else { String::new() };
    let hit = |say: Say| {
        let statement = ledger.signed(&say).statement;
        hits(&watch(), &statement, &regions)
    };
    let mut number = 9_000;
    let mut by = |by: &str, body: Body| {
        number += 1;
        Say::new(by, number, body)
    };
    let named = |names: &[&str], to: &str| super::admission::ship(names, to);
    let sites = Say { site: "site:org:trader/W1".into(), ..by("trader", named(&["B"], "maker")) };
    let region = Say { site: "site:org:trader/S1".into(), ..by("trader", named(&["B"], "maker")) };
    let early = Say { at: NOON - 40 * super::ledger::DAY, ..by("maker", named(&["A"], "trader")) };
    let check = v1::PostalCheck {
        waybill: "waybill:SF/1".into(),
        reason: "hit".into(),
        sender: "c".repeat(64),
        ..v1::PostalCheck::default()
    };
    let hidden = Say { confidential: true, ..by("drug", link(CASE)) };
    for (say, expected) in [
        (by("maker", named(&["A"], "trader")), vec![Hit::Item(item("A"))]),
        (by("maker", named(&["B"], "clinic")), vec![Hit::Party(org("clinic"))]),
        (by("clinic", named(&["A"], "trader")), vec![Hit::Item(item("A")), Hit::Party(org("clinic"))]),
        (by("maker", named(&["B"], "trader")), vec![]),
        (sites, vec![Hit::Site("site:org:trader/W1".into())]),
        (region, vec![Hit::Region("3205".into())]),
        (by("carrier", Body::PostalCheck(check)), vec![Hit::Person("c".repeat(64))]),
        (early, vec![]),
        (hidden, vec![]),
    ] {
        assert_eq!(hit(say.clone()), expected, "{say:?}");
    }
}
