//! The decision that the officer may sign.

use proto::v1::{self, CustomsOutcome, statement::Body};

use super::story::{NOON, Story, edit, line, open, ours, said};
use crate::{Answer, State, Verdict};

/// Two lots in one declaration.
fn two_lots() -> Story {
    let mut story = Story::sound();
    story.commission("made too", "L2", 11..=15);
    let pack =
        v1::Pack { parent: super::story::case(3), children: (11..=15).map(super::story::unit).collect() };
    story.say("packed 3", "agent", NOON - 21 * super::story::DAY, Body::Pack(pack));
    edit!(story, "shipped", Ship, |b| b.items.push(super::story::case(3)));
    story.clear("L2", 5);
    edit!(story, "declared", DeclareImport, |b| b.lines.push(line(2, "L2", &[3], 5)));
    story
}

/// Whether the ledger would take the decision as it stands.
fn is_sound(decision: &v1::CustomsDecision) -> bool {
    let mut story = Story(Vec::new());
    story.decide("decided", decision.clone());
    std::panic::catch_unwind(|| story.tell()).is_ok()
}

#[test]
fn what_is_clear_is_released_over_the_importers_lines() {
    let mut story = two_lots();
    let answer = story.verify();
    assert_eq!(open(&answer), Vec::<String>::new(), "{:#?}", answer.checks);
    let draft = answer.draft.unwrap();
    assert_eq!((draft.outcome(), draft.note.as_str()), (CustomsOutcome::Released, ""));
    assert_eq!((draft.lines.len(), draft.declaration.as_str()), (2, ours().as_str()));
    assert!(is_sound(&draft));
    story.decide("released", draft);
    let after = story.verify();
    assert_eq!((after.state, &after.draft, after.verdict), (State::Released, &None, Verdict::Clear));
    assert_eq!(said(&after, "lines").0, Answer::Pass);
}

#[test]
fn one_bad_lot_of_two_is_held_and_the_other_released() {
    let mut story = two_lots();
    edit!(story, "tested L2", TestReport, |b| b.verdict = v1::TestVerdict::Fail as i32);
    let mut draft = story.verify().draft.unwrap();
    assert_eq!(draft.outcome(), CustomsOutcome::Partial);
    let outcomes: Vec<CustomsOutcome> = draft.lines.iter().map(|line| line.outcome()).collect();
    assert_eq!(outcomes, [CustomsOutcome::Released, CustomsOutcome::Held]);
    assert_eq!(draft.note, "fail: port-test");
    // The officer says by which law.
    assert!(draft.legal_basis.is_empty() && !is_sound(&draft));
    draft.legal_basis = "Article 1".into();
    assert!(is_sound(&draft));
    // Once the retest has passed, the rest goes.
    story.decide("in part", draft);
    assert_eq!(story.verify().state, State::Partial);
    edit!(story, "tested L2", TestReport, |b| b.verdict = v1::TestVerdict::Pass as i32);
    assert_eq!(story.verify().draft.unwrap().outcome(), CustomsOutcome::Released);
}

#[test]
fn what_holds_the_declaration_holds_all_of_it() {
    let mut story = two_lots();
    story.line("declared").attached.clear();
    let draft = story.verify().draft.unwrap();
    assert_eq!((draft.outcome(), draft.note.as_str()), (CustomsOutcome::Held, "missing: documents"));
    assert!(draft.lines.iter().all(|line| line.outcome() == CustomsOutcome::Unspecified));
}

#[test]
fn a_finding_holds_goods_and_is_not_named_where_the_importer_reads() {
    let mut story = Story::sound();
    story.commission("clone", "L9", 3..=3);
    (story.line("clone").by, story.line("clone").at) = ("foreign", NOON - 9 * super::story::DAY);
    let answer = story.verify();
    assert_eq!(open(&answer), ["findings fail"]);
    let draft = answer.draft.unwrap();
    assert_eq!((draft.outcome(), draft.note.as_str()), (CustomsOutcome::Held, ""));
}
