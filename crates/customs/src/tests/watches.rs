//! Watches show to who may read them, and change nothing for anybody else.

use proto::v1::{CustomsOutcome, Watch};

use super::story::{Story, case, edit, lot, open, org, ours, product};
use crate::{Verdict, Watched};

const CASE: &str = "00112233445566778899aabbccddeeff";

fn watched(watch: Watch) -> Vec<Watched> {
    let dated = Watch {
        case_id: CASE.into(),
        valid_from: "2026-01-01".into(),
        valid_to: "2026-12-31".into(),
        reason: "hot".into(),
        ..watch
    };
    vec![Watched { entry: 77, watch: dated }]
}

#[test]
fn who_brings_a_watch_along_sees_what_it_names() {
    let story = Story::sound();
    let watch = Watch::default;
    for (by, watch) in [
        (lot("L1"), Watch { lots: vec![lot("L1"), lot("L7")], ..watch() }),
        (case(2), Watch { items: vec![case(2)], ..watch() }),
        (product(), Watch { products: vec![product()], ..watch() }),
        (org("importer"), Watch { parties: vec![org("importer")], ..watch() }),
        (org("foreign"), Watch { parties: vec![org("foreign")], ..watch() }),
        (org("carrier"), Watch { parties: vec![org("carrier")], ..watch() }),
    ] {
        let answer = story.verify_under(&ours(), &watched(watch));
        assert_eq!((open(&answer), answer.verdict), (vec!["watch fail".to_owned()], Verdict::Blocked));
        let note = &answer.checks.last().unwrap().notes[0];
        assert!(note.facts.english().contains(&by) && note.facts.chinese().contains(&by), "{note:?}");
        assert!(note.facts.english().contains(CASE) && note.entries.contains(&77));
        // Others read the decision: it says what it would without the watch.
        let draft = answer.draft.unwrap();
        assert_eq!((draft.outcome(), draft.note.as_str()), (CustomsOutcome::Released, ""));
    }
}

#[test]
fn a_watch_for_a_place_looks_at_where_it_was_declared_and_shipped_to() {
    let mut story = Story::sound();
    edit!(story, "shipped", Ship, |b| b.ship_to = "site:org:importer/MAIN".into());
    for watch in [
        Watch { sites: vec!["site:org:importer/MAIN".into()], ..Watch::default() },
        Watch { regions: vec!["31".into()], ..Watch::default() },
    ] {
        assert_eq!(open(&story.verify_under(&ours(), &watched(watch))), ["watch fail"]);
    }
}

#[test]
fn other_goods_other_days_and_no_watch_look_the_same() {
    let story = Story::sound();
    let plain = format!("{:?}", story.verify());
    let ended = |to: &str| {
        let mut all = watched(Watch { lots: vec![lot("L1")], ..Watch::default() });
        all[0].watch.valid_to = to.into();
        all
    };
    for watches in [
        watched(Watch { lots: vec![lot("L7")], parties: vec![org("rival")], ..Watch::default() }),
        ended("2026-03-01"),
    ] {
        assert_eq!(format!("{:?}", story.verify_under(&ours(), &watches)), plain);
    }
    assert!(!plain.contains("Watch"));
}
