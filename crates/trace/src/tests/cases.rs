//! A case as its readers see it, how its deadlines stand, and the summary of many.

use custody::case::{Duty, Standing};
use proto::v1::{self, LeadAction, TransferDecision, statement::Body};
use statement::Day;

use super::story::{NOON, Story};
use crate::case::{CaseView, Summary, case, case_deadlines, case_in, summary};

const CASE: &str = "00112233445566778899aabbccddeeff";
const HOUR: i64 = 3_600_000_000;

fn two() -> Vec<String> {
    vec!["a".repeat(64), "b".repeat(64)]
}

/// Says something in the case some hours after noon.
fn say(story: &mut Story, who: &str, label: &str, hour: i64, body: Body) -> u64 {
    story.say_with(who, label.into(), NOON + hour * HOUR, body, |header| header.confidential = true)
}

fn aloud(story: &mut Story, who: &str, label: &str, hour: i64, body: Body) -> u64 {
    story.say(who, label.into(), NOON + hour * HOUR, String::new(), body)
}

fn lead() -> Body {
    Body::Lead(v1::Lead {
        case_id: CASE.into(),
        addressee: "org:drug".into(),
        source: "report".into(),
        summary: "vials".into(),
        ..v1::Lead::default()
    })
}

fn step(story: &Story, action: LeadAction, to: &str, due_on: &str) -> Body {
    let assigned = action == LeadAction::Assigned;
    Body::LeadStep(v1::LeadStep {
        case_id: CASE.into(),
        lead: Some(story.reference("lead")),
        action: action as i32,
        assignee: to.into(),
        due_on: due_on.into(),
        outcome: if assigned { String::new() } else { "confirmed".into() },
        note: "looked at".into(),
        officers: if action == LeadAction::Verified { two() } else { vec![] },
    })
}

fn open() -> Body {
    Body::CaseOpen(v1::CaseOpen {
        case_id: CASE.into(),
        number: "cert:A/1".into(),
        kind: "administrative".into(),
        cause: "counterfeit".into(),
        summary: "vials".into(),
        officers: two(),
        legal_basis: "article 54".into(),
        ..v1::CaseOpen::default()
    })
}

fn seize(bags: &[&str], kind: &str) -> Body {
    let line = |bag: &&str| v1::SeizedLine {
        bag: (*bag).into(),
        description: "vials".into(),
        quantity: Some(v1::Quantity { amount: 3, unit: "vial".into() }),
        ..v1::SeizedLine::default()
    };
    Body::Seize(v1::Seize {
        number: "cert:A/2".into(),
        kind: kind.into(),
        witness: "d".repeat(64),
        officers: two(),
        place: "shop".into(),
        channel: "premises".into(),
        legal_basis: "article 100".into(),
        reason: "doubts".into(),
        lines: bags.iter().map(line).collect(),
        ..v1::Seize::default()
    })
}

fn hand_over(bags: &[&str], to: &str) -> Body {
    let check = |bag: &&str| v1::BagCheck { bag: (*bag).into(), condition: "intact".into(), ..v1::BagCheck::default() };
    Body::HandOver(v1::HandOver {
        number: "cert:A/3".into(),
        receiver: to.into(),
        purpose: "transfer".into(),
        bags: bags.iter().map(check).collect(),
        officers: two(),
        ..v1::HandOver::default()
    })
}

fn transfer(bags: &[&str], decided: i64) -> Body {
    Body::CaseTransfer(v1::CaseTransfer {
        case_id: CASE.into(),
        number: "cert:A/4".into(),
        addressee: "org:police".into(),
        copies: vec!["org:proc".into()],
        basis: "suspected-crime".into(),
        proposed_at: NOON,
        decided_at: NOON + decided * HOUR,
        officers: two(),
        summary: "a crime".into(),
        bags: bags.iter().map(ToString::to_string).collect(),
        legal_basis: "article 5".into(),
        ..v1::CaseTransfer::default()
    })
}

fn reply(story: &Story, decision: TransferDecision, forward_to: &str) -> Body {
    Body::TransferReply(v1::TransferReply {
        case_id: CASE.into(),
        transfer: Some(story.reference("sent")),
        decision: decision as i32,
        number: "cert:B/1".into(),
        forward_to: forward_to.into(),
        reason: "as it is".into(),
        ..v1::TransferReply::default()
    })
}

fn outcome(decided_on: &str, arrested: u32) -> Body {
    Body::CaseOutcome(v1::CaseOutcome {
        case_id: CASE.into(),
        kind: "arrest".into(),
        decided_on: decided_on.into(),
        goods_value: 500,
        fines: 70,
        currency: "CNY".into(),
        goods: vec![v1::Quantity { amount: 40, unit: "vial".into() }],
        arrested,
        dens: 1,
        ..v1::CaseOutcome::default()
    })
}

/// Everything in time: a lead on noon of the first day, a transfer on the third, goods handed over on the fifth.
fn told() -> Story {
    let mut story = Story::new();
    say(&mut story, "clinic", "lead", 0, lead());
    let body = step(&story, LeadAction::Assigned, "org:district", "2026-03-05");
    say(&mut story, "drug", "assigned", 5, body);
    let body = step(&story, LeadAction::Verified, "", "");
    say(&mut story, "district", "verified", 24, body);
    say(&mut story, "drug", "opened", 26, open());
    aloud(&mut story, "drug", "seized", 27, seize(&["bag:X", "bag:Y"], "seizure"));
    let linked = v1::CaseLink {
        case_id: CASE.into(),
        role: "goods".into(),
        entries: vec![story.reference("seized")],
        ..v1::CaseLink::default()
    };
    say(&mut story, "drug", "linked", 28, Body::CaseLink(linked));
    say(&mut story, "drug", "sent", 50, transfer(&["bag:X"], 48));
    let body = reply(&story, TransferDecision::Received, "");
    say(&mut story, "police", "received", 60, body);
    let body = reply(&story, TransferDecision::Accepted, "");
    say(&mut story, "police", "accepted", 72, body);
    aloud(&mut story, "drug", "handed", 96, hand_over(&["bag:X"], "org:police"));
    story.tell("police endorse handed");
    let body = step(&story, LeadAction::Answered, "", "");
    say(&mut story, "drug", "answered", 100, body);
    say(&mut story, "police", "outcome", 120, outcome("2026-03-07", 3));
    story
}

fn day(n: i32) -> Day {
    Day(Day::of_instant(NOON).0 + n)
}

fn seen(story: &Story) -> CaseView {
    case(&story.view, CASE).unwrap().unwrap()
}

/// Duties and how they stand, at the end of a day.
fn standing(story: &Story, n: i32) -> Vec<(Duty, Standing)> {
    let all = case_deadlines(&story.view, &seen(story), day(n)).unwrap();
    all.into_iter().map(|d| (d.duty, d.standing)).collect()
}

use Duty::*;
use Standing::*;

#[test]
fn a_case_is_told_with_all_that_belongs_to_it() {
    let story = told();
    let case = seen(&story);
    assert_eq!(case.holders, ["org:district", "org:drug", "org:police"]);
    assert_eq!((case.opened.len(), case.links.len(), case.outcomes.len(), case.closed.len()), (1, 1, 1, 0));
    assert_eq!((case.facts.leads.len(), case.facts.transfers.len(), case.facts.measures.len()), (1, 1, 1));
    let lead = &case.facts.leads[0];
    assert_eq!(lead.assigned, [("org:district".into(), NOON + 5 * HOUR, Day::parse("2026-03-05"))]);
    assert_eq!(lead.verified, [("org:district".into(), NOON + 24 * HOUR)]);
    assert_eq!(lead.answered, [NOON + 100 * HOUR]);
    let sent = &case.facts.transfers[0];
    assert_eq!(sent.legs.len(), 1);
    assert_eq!(sent.legs[0].since, NOON + 60 * HOUR);
    assert_eq!(sent.legs[0].decided, Some((TransferDecision::Accepted, NOON + 72 * HOUR)));
    assert_eq!(sent.handed_over_at, Some(NOON + 96 * HOUR));
    assert_eq!(case.facts.measures[0].ended_at, None, "one of its bags is still there");
    assert!(!case.truncated && case.papers.is_empty());
    assert_eq!(crate::case::case(&story.view, &"0".repeat(32)).unwrap(), None);
}

#[test]
fn its_deadlines_stand_as_of_a_day() {
    let story = told();
    let last = standing(&story, 9);
    assert_eq!(
        last,
        [
            (AssignLead, Met),
            (VerifyLead, Met),
            (AnswerLead, Met),
            (DecideTransfer, Met),
            (SendTransfer, Met),
            (CopyTransfer, Missed),
            (AnswerTransfer, Met),
            (HandOverGoods, Met),
            (EndMeasure, Open),
        ],
        "nobody has registered the procuratorate here"
    );
    assert_eq!(standing(&story, 31)[8], (EndMeasure, Open));
    assert_eq!(standing(&story, 32)[8], (EndMeasure, Missed));
    let early = standing(&story, 0);
    assert_eq!(early, [(AssignLead, Met), (VerifyLead, Open), (AnswerLead, Open), (DecideTransfer, Open)]);
}

#[test]
fn what_comes_late_and_is_taken_back_counts_in_its_place() {
    let mut story = told();
    story.tell("police void accepted");
    // Void of a statement of a case is confidential; the story's own word is recorded all the same.
    let gone = seen(&story).facts.transfers.remove(0);
    assert_eq!((gone.legs[0].decided, gone.handed_over_at), (None, None));
    let body = reply(&story, TransferDecision::Forwarded, "org:police2");
    say(&mut story, "police", "on", 62, body);
    let body = reply(&story, TransferDecision::Declined, "");
    say(&mut story, "police2", "no", 90, body);
    let legs = seen(&story).facts.transfers.remove(0).legs;
    let decided: Vec<_> = legs.iter().map(|leg| (leg.to.as_str(), leg.since, leg.decided)).collect();
    assert_eq!(
        decided,
        [
            ("org:police", NOON + 60 * HOUR, Some((TransferDecision::Forwarded, NOON + 62 * HOUR))),
            ("org:police2", NOON + 62 * HOUR, Some((TransferDecision::Declined, NOON + 90 * HOUR))),
        ]
    );
    assert_eq!(standing(&story, 9)[6..8], [(ForwardTransfer, Met), (AnswerTransfer, Met)]);
}

#[test]
fn a_measure_ends_when_each_of_its_bags_is_under_it_no_longer() {
    let mut story = told();
    let back = v1::EvidenceReturn {
        number: "cert:A/5".into(),
        to: "org:clinic".into(),
        reason: "unfounded".into(),
        bags: vec!["bag:Y".into()],
        officers: two(),
        legal_basis: "article 28".into(),
        ..v1::EvidenceReturn::default()
    };
    aloud(&mut story, "drug", "back", 200, Body::EvidenceReturn(back));
    assert_eq!(seen(&story).facts.measures[0].ended_at, Some(NOON + 200 * HOUR));
    assert_eq!(standing(&story, 40)[8], (EndMeasure, Met));
    // One that follows takes its place.
    aloud(&mut story, "drug", "again", 150, seize(&["bag:Y"], "sealing"));
    let measures = seen(&story).facts.measures;
    let ends: Vec<_> = measures.iter().map(|m| (m.kind.as_str(), m.ended_at)).collect();
    assert_eq!(ends, [("seizure", Some(NOON + 150 * HOUR)), ("sealing", Some(NOON + 200 * HOUR))]);
}

#[test]
fn each_reader_sees_what_it_may() {
    let story = told();
    let of = |reader: &str| case_in(&story.view, CASE, Some(reader)).unwrap();
    assert_eq!(of("org:drug"), case(&story.view, CASE).unwrap());
    assert_eq!(of("org:police"), of("org:drug"));
    let copy = of("org:proc").unwrap();
    assert_eq!((copy.facts.transfers.len(), copy.facts.leads.len(), copy.opened.len()), (1, 0, 0));
    assert_eq!(copy.facts.transfers[0].legs[0].decided.map(|d| d.0), Some(TransferDecision::Accepted));
    let reporter = of("org:clinic").unwrap();
    assert_eq!((reporter.facts.leads.len(), reporter.facts.transfers.len()), (1, 0));
    assert_eq!((reporter.facts.leads[0].assigned.len(), reporter.facts.leads[0].answered.len()), (0, 1));
    assert_eq!(of("org:maker"), None);
}

#[test]
fn a_summary_adds_up_what_lies_in_its_days() {
    let mut story = told();
    say(&mut story, "police", "more", 130, outcome("2026-04-01", 2));
    let cases = [seen(&story)];
    let march = summary(&cases, Day::parse("2026-03-01").unwrap(), Day::parse("2026-03-31").unwrap());
    let count = |n| [("arrest".to_owned(), n)].into();
    let expected = Summary {
        leads: 1,
        leads_answered: 1,
        opened: [("administrative".to_owned(), 1)].into(),
        transferred: 1,
        accepted: 1,
        outcomes: count(1),
        goods_value: [("CNY".to_owned(), 500)].into(),
        fines: [("CNY".to_owned(), 70)].into(),
        goods: [("vial".to_owned(), 40)].into(),
        arrested: 3,
        dens: 1,
        ..Summary::default()
    };
    assert_eq!(march, expected);
    assert_eq!(march.answered_permille(), Some(1_000));
    let year = summary(&cases, Day(0), Day(99_999));
    assert_eq!((year.outcomes, year.arrested, year.goods["vial"]), (count(2), 5, 80));
    let before = summary(&cases, Day(0), day(-1));
    assert_eq!(before, Summary::default());
    assert_eq!(before.answered_permille(), None);
}
