//! Every text of every sample, one after the other, made wrong in a way that no text field allows; found
//! by the schema, so that no field can be forgotten.

use std::collections::BTreeSet;

use proto::schema::{Field, Kind as Type, MESSAGES, Message, STATEMENT};
use proto::v1;
use serde_json::Value;
use statement::Reason;

use crate::samples::{correct_by_line, kinds, parse, sample, with_body};

/// A text in a statement: its path, and the same in JSON.
struct Place {
    path: String,
    pointer: String,
}

fn camel(name: &str) -> String {
    let mut words = name.split('_');
    let first = words.next().unwrap_or_default().to_owned();
    words.fold(first, |text, word| {
        let (head, tail) = word.split_at(1);
        text + &head.to_uppercase() + tail
    })
}

/// All texts that are set in a message.
fn texts(table: &Message, value: &Value, at: &Place, into: &mut Vec<Place>) {
    for field in table.fields {
        let name = camel(field.name);
        let Some(inner) = value.get(&name) else { continue };
        let path =
            if at.path.is_empty() { field.name.to_owned() } else { format!("{}.{}", at.path, field.name) };
        let here = Place { path, pointer: format!("{}/{name}", at.pointer) };
        match inner {
            Value::Array(values) => {
                for (i, value) in values.iter().enumerate() {
                    let element = Place {
                        path: format!("{}[{i}]", here.path),
                        pointer: format!("{}/{i}", here.pointer),
                    };
                    text(field, value, element, into);
                }
            }
            single => text(field, single, here, into),
        }
    }
}

fn text(field: &Field, value: &Value, at: Place, into: &mut Vec<Place>) {
    match field.kind {
        Type::Message(inner) => texts(&MESSAGES[inner], value, &at, into),
        Type::String => into.push(at),
        _ => {}
    }
}

/// Each statement with the places of its texts.
fn statements() -> Vec<(v1::Statement, Value, Vec<Place>)> {
    let mut all: Vec<v1::Statement> = kinds().map(sample).collect();
    all.push(with_body(correct_by_line()));
    let root = Place { path: String::new(), pointer: String::new() };
    all.into_iter()
        .map(|statement| {
            let value = serde_json::to_value(&statement).unwrap();
            let mut places = Vec::new();
            texts(&MESSAGES[STATEMENT], &value, &root, &mut places);
            (statement, value, places)
        })
        .collect()
}

/// The faults of a statement with one text changed.
fn faults(value: &Value, place: &Place, text: &str) -> Vec<(Reason, String)> {
    let mut value = value.clone();
    *value.pointer_mut(&place.pointer).unwrap() = text.into();
    let statement: v1::Statement = serde_json::from_value(value).unwrap();
    let faults = parse(&statement).err().map(|r| r.violations).unwrap_or_default();
    faults.into_iter().map(|v| (v.reason, v.field.into_owned())).collect()
}

#[test]
fn every_text_is_refused_with_a_control_character_in_it_and_named() {
    for (_, value, places) in statements() {
        assert!(places.len() > 2);
        for place in &places {
            let found = faults(&value, place, "x\u{1}");
            assert!(found.iter().any(|(_, path)| *path == place.path), "{}: {found:?}", place.path);
        }
    }
}

#[test]
fn every_text_is_refused_where_it_is_not_nfc() {
    for (_, value, places) in statements() {
        for place in &places {
            assert_ne!(faults(&value, place, "Cafe\u{301}"), [], "{}", place.path);
        }
    }
}

/// Texts in which people write what they like, but that are numbers as printed, or addresses.
const NUMBERS: &[&str] = &[
    "header.business_key",
    "header.attachments.media_type",
    "licence.number",
    "mandate.number",
    "designation.number",
    "succession.number",
    "registration.number",
    "designation.registration",
    "commission.registration",
    "commission.market",
    "transform.registration",
    "condition.logger",
    "import_filing.registration",
    "declare_import.lines.registration",
    "customs_decision.number",
    "adverse_event.number",
    "listing.number",
    "keep.bags.seals",
    "hand_over.bags.seals",
];

#[test]
fn every_free_text_is_refused_with_the_number_of_a_person_in_it() {
    let mut numbers = BTreeSet::new();
    let mut free = 0;
    for (_, value, places) in statements() {
        for place in &places {
            let accepts_words = faults(&value, place, "A few words, 几个字.").is_empty();
            let path = super::without_indices(&place.path).replace("correct.replacement.", "");
            if !accepts_words {
                continue;
            }
            let found = faults(&value, place, "A few words, 13900000000");
            if NUMBERS.contains(&path.as_str()) {
                assert_eq!(found, [], "{path}");
                numbers.insert(path);
            } else {
                assert_eq!(found, [(Reason::PersonalData, place.path.clone())]);
                free += 1;
            }
        }
    }
    assert_eq!(numbers, NUMBERS.iter().map(ToString::to_string).collect(), "a number that no sample has");
    assert!(free > 40, "{free} free texts");
}
