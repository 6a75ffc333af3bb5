//! Golden bytes of one statement of each kind: its payload, and the subjects it names by itself. Not one
//! byte may ever change. A new kind is added with
//! `YUANLIU_RENEW=1 cargo test --release -p statement --test conformance golden_kinds`,
//! which writes what is missing and leaves alone what is there.

#![allow(
    clippy::disallowed_methods,
    reason = "the crate does no I/O; tests write golden values of new kinds"
)]

use std::{collections::BTreeMap, env, fs, path::Path};

use statement::{KINDS, Statement, own_subjects};

use crate::samples::{correct_by_line, encode, parse, sample, with_body};

fn file() -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/kinds.txt")
}

fn lines(name: &str, statement: &Statement) -> [(String, String); 2] {
    let subjects: Vec<u8> = own_subjects(statement).iter().flat_map(|n| n.key.0).collect();
    [
        (format!("{name}.payload"), hex::encode(statement.payload())),
        (format!("{name}.subjects"), hex::encode(subjects)),
    ]
}

/// Name and hexadecimal, in the order of the kinds.
fn made() -> Vec<(String, String)> {
    let by_line = parse(&with_body(correct_by_line())).unwrap();
    let samples = KINDS.iter().map(|row| (row.name, parse(&sample(row.kind)).unwrap()));
    samples.chain([("correct_by_line", by_line)]).flat_map(|(name, s)| lines(name, &s)).collect()
}

#[test]
fn no_byte_of_any_kind_has_changed() {
    let text = fs::read_to_string(file()).unwrap_or_default();
    let committed: BTreeMap<&str, &str> = text.lines().filter_map(|line| line.split_once(' ')).collect();
    let made = made();
    for (name, bytes) in &made {
        match committed.get(name.as_str()) {
            Some(there) => assert_eq!(there, bytes, "{name}"),
            None => assert!(env::var_os("YUANLIU_RENEW").is_some(), "{name} is not in {}", file().display()),
        }
    }
    let names: Vec<&str> = made.iter().map(|(name, _)| name.as_str()).collect();
    assert!(committed.keys().all(|name| names.contains(name)), "a golden value is made no longer");
    if committed.len() < made.len() {
        let all: String = made.iter().map(|(name, bytes)| format!("{name} {bytes}\n")).collect();
        fs::write(file(), all).unwrap();
    }
}

#[test]
fn golden_payloads_are_still_read() {
    for line in fs::read_to_string(file()).unwrap().lines() {
        let (name, bytes) = line.split_once(' ').unwrap();
        if name.ends_with(".payload") {
            let bytes = hex::decode(bytes).unwrap();
            let statement = Statement::parse(bytes.clone().into()).unwrap_or_else(|e| panic!("{name}: {e}"));
            assert_eq!(
                encode(&proto::v1::Statement {
                    header: Some(statement.header().clone()),
                    body: Some(statement.body().clone()),
                }),
                bytes
            );
        }
    }
}
