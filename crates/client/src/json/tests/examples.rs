//! The files of examples/statements: one of each kind, sound, and written as the writer writes.

use std::{collections::BTreeMap, fs, path::PathBuf};

use jiff::Timestamp;
use merkle::SigningKey;
use prost::Message as _;
use proto::v1::{self, statement::Body};
use serde_json::Value;
use statement::{ALG_ED25519, KINDS, Kind, POSSESSION_TYPE, Statement, key_id, policy};

use crate::{statement_from_json, statement_to_json};

const LEDGER: [u8; 32] = [0x11; 32];

fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../examples/statements")
}

/// Text of each file by its name without ending.
fn files() -> BTreeMap<String, String> {
    let entries = fs::read_dir(folder()).unwrap().map(|f| f.unwrap().path());
    let json = entries.filter(|f| f.extension().is_some_and(|e| e == "json"));
    json.map(|f| (f.file_stem().unwrap().to_string_lossy().into_owned(), fs::read_to_string(f).unwrap()))
        .collect()
}

/// What whoever signs fills in: ledger, id, salt; and what `keygen` makes, the proof of possession.
fn filled(mut statement: v1::Statement) -> v1::Statement {
    let header = statement.header.as_mut().unwrap();
    header.ledger = LEDGER.to_vec();
    header.salt = vec![0x22; 16];
    let millis = u64::try_from(header.occurred_at / 1_000).unwrap();
    header.id = [&millis.to_be_bytes()[2..], &[0x70, 1, 0x80, 1, 1, 1, 1, 1, 1, 1]].concat();
    if let Some(Body::EnrolKey(b)) = &mut statement.body {
        let key = SigningKey::from_seed(&[4; 32]);
        let id = key_id(ALG_ED25519, key.public().as_bytes());
        let payload = statement::possession_payload(&LEDGER, &id, &b.party);
        b.possession = statement::sign(&key, POSSESSION_TYPE, &payload).to_vec();
    }
    statement
}

fn read(name: &str, text: &str) -> Statement {
    let message = statement_from_json(text).unwrap_or_else(|e| panic!("{name}: {e}"));
    let payload = filled(message).encode_to_vec();
    Statement::parse(payload.into()).unwrap_or_else(|e| panic!("{name}: {e}"))
}

/// All of them as payloads that the ledger's own check takes, by kind.
pub(super) fn filled_examples() -> Vec<Vec<u8>> {
    files().iter().map(|(name, text)| read(name, text).payload().to_vec()).collect()
}

#[test]
fn there_is_a_sound_example_of_every_kind_and_its_name_says_so() {
    let mut kinds: Vec<Kind> = Vec::new();
    for (name, text) in files() {
        let kind = read(&name, &text).kind();
        let row = statement::kind_row(kind).unwrap();
        let expected = format!("{}-{}", kind as i32, row.name.replace('_', "-"));
        let suffix = name.strip_prefix(&expected).unwrap_or_else(|| panic!("{name} is a {expected}"));
        assert!(suffix.is_empty() || suffix.starts_with('-'), "{name}");
        kinds.push(kind);
    }
    kinds.dedup();
    assert_eq!(kinds, KINDS.iter().map(|row| row.kind).collect::<Vec<_>>());
}

#[test]
fn examples_are_written_as_the_writer_writes_them() {
    for (name, text) in files() {
        let written: Value = serde_json::from_str(&text).unwrap();
        let again = statement_to_json(&statement_from_json(&text).unwrap()).unwrap();
        assert!(same(&again, &written), "{name}: {again}");
        assert_eq!(statement_from_json(&again.to_string()), statement_from_json(&text), "{name}");
    }
}

/// Whether two values are the same, instants in whatever offset.
fn same(a: &Value, b: &Value) -> bool {
    match (a, b) {
        (Value::Object(a), Value::Object(b)) => {
            a.len() == b.len() && a.iter().all(|(name, value)| b.get(name).is_some_and(|v| same(value, v)))
        }
        (Value::Array(a), Value::Array(b)) => a.len() == b.len() && a.iter().zip(b).all(|(a, b)| same(a, b)),
        (Value::String(a), Value::String(b)) => {
            a == b || a.parse::<Timestamp>().is_ok_and(|a| b.parse().is_ok_and(|b: Timestamp| a == b))
        }
        _ => a == b,
    }
}

#[test]
fn codes_in_examples_are_defaults_of_their_lists() {
    for (name, text) in files() {
        policy::visit_codes(&read(&name, &text), &mut |path, list, code| {
            assert!(policy::list(list).is_some_and(|l| l.holds(code)), "{name}: {path}: {code}");
        });
    }
}

#[test]
fn the_readme_lists_every_example_in_two_languages() {
    let readme = fs::read_to_string(folder().join("README.md")).unwrap();
    let rows: Vec<&str> = readme.lines().filter(|line| line.starts_with("| [")).collect();
    let names: Vec<String> = files().into_keys().collect();
    assert_eq!(rows.len(), names.len());
    for (row, name) in rows.iter().zip(names) {
        assert!(row.starts_with(&format!("| [{name}]({name}.json) | ")), "{row}");
        assert!(row.rsplit('|').nth(1).is_some_and(|zh| !zh.is_ascii()), "{row}");
    }
}
