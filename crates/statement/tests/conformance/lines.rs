//! Correction by line, for every kind that has lines.

use proto::v1::{self, Correct, LineRef, Replacement, replacement, statement::Body};
use serde_json::{Map, Value};
use statement::{GoodsAct, Kind, Reason, line_fields};

use crate::samples::{body, body_of, kinds, parse, target, with_body};

fn camel(name: &str) -> String {
    name.split('_')
        .enumerate()
        .map(|(i, word)| match (i, word.split_at(1)) {
            (0, _) => word.to_owned(),
            (_, (head, tail)) => head.to_uppercase() + tail,
        })
        .collect()
}

/// The sample of a kind as JSON: its name there, and its fields.
fn fields(kind: Kind) -> (String, Map<String, Value>) {
    let statement = v1::Statement { header: None, body: Some(body_of(kind)) };
    let Value::Object(all) = serde_json::to_value(&statement).unwrap() else { unreachable!() };
    let (name, value) = all.into_iter().next().unwrap();
    let Value::Object(fields) = value else { unreachable!() };
    (name, fields)
}

/// A body of a kind that holds nothing but the sample's lines.
fn only_lines(kind: Kind) -> replacement::Body {
    let (name, mut all) = fields(kind);
    let lines: Vec<String> = line_fields(kind).iter().map(|f| camel(f)).collect();
    all.retain(|field, _| lines.contains(field));
    let value = Value::Object(Map::from_iter([(name, Value::Object(all))]));
    let replacement: Replacement = serde_json::from_value(value).unwrap();
    replacement.body.unwrap()
}

/// All lines of the sample of a kind.
fn all_lines(kind: Kind) -> Vec<LineRef> {
    let (_, all) = fields(kind);
    let count = |field: &str| all.get(&camel(field)).and_then(Value::as_array).map_or(0, Vec::len);
    let of = |field: &&str| {
        let field = (*field).to_owned();
        (0..count(&field)).map(move |index| LineRef { field: field.clone(), index: index as u32 })
    };
    line_fields(kind).iter().flat_map(of).collect()
}

fn with_lines() -> impl Iterator<Item = Kind> {
    kinds().filter(|kind| !line_fields(*kind).is_empty())
}

#[test]
fn taking_all_lines_away_and_adding_them_again_changes_nothing() {
    assert_eq!(with_lines().count(), 39);
    for kind in with_lines() {
        let before = body_of(kind);
        let added = only_lines(kind);
        let after = GoodsAct::of(&before)
            .unwrap()
            .amended_checked(&all_lines(kind), Some(GoodsAct::replacing(&added)))
            .unwrap_or_else(|e| panic!("{kind:?}: {e}"));
        assert_eq!(after, before);
    }
}

#[test]
fn adding_the_lines_that_are_there_already_is_refused_at_the_added_ones() {
    for kind in with_lines() {
        let before = body_of(kind);
        let added = only_lines(kind);
        let result = GoodsAct::of(&before).unwrap().amended_checked(&[], Some(GoodsAct::replacing(&added)));
        // A report may say twice what it says, in words.
        if matches!(kind, Kind::SelfInspection) {
            assert!(result.is_ok());
            continue;
        }
        let refusal = result.expect_err(kind.as_str_name());
        for v in &refusal.violations {
            let doubled = matches!(v.reason, Reason::ItemTwice | Reason::InvalidField);
            let path = GoodsAct::of(&before).unwrap().path(true);
            let added = v.field.starts_with(path) || v.field.starts_with("correct.target.");
            assert!(doubled && added, "{kind:?} {v:?}");
        }
    }
}

#[test]
fn a_correct_by_line_of_every_kind_stands_without_its_target() {
    for kind in with_lines() {
        let message = with_body(Body::Correct(Correct {
            target: target(true),
            reason: "counted again".into(),
            replacement: Some(Replacement { body: Some(only_lines(kind)), ..Replacement::default() }),
            by_line: true,
            removed: all_lines(kind),
        }));
        assert_eq!(parse(&message).map(drop), Ok(()), "{kind:?}");
    }
}

#[test]
fn the_whole_content_is_no_correction_by_line() {
    for kind in with_lines() {
        let mut message = with_body(crate::samples::correct(kind));
        body!(message, Correct).by_line = true;
        let (_, all) = fields(kind);
        let beside = all.keys().any(|field| !line_fields(kind).iter().any(|line| camel(line) == *field));
        assert_eq!(parse(&message).is_err(), beside, "{kind:?}");
    }
}

#[test]
fn kinds_without_lines_are_not_corrected_by_line() {
    for kind in [Kind::ActivityFigure, Kind::Observation] {
        let mut message = with_body(crate::samples::correct(kind));
        body!(message, Correct).by_line = true;
        let refusal = parse(&message).unwrap_err();
        assert_eq!(refusal.violations[0].field, "correct.by_line", "{kind:?}");
    }
}
