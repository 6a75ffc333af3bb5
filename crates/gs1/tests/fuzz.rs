//! The fuzz targets on stable Rust: their bodies over mutated seeds, the same every time.

#![allow(
    clippy::expect_used,
    clippy::print_stderr,
    reason = "helpers of tests, and what was skipped must show"
)]

#[path = "../fuzz/bodies.rs"]
mod bodies;
#[path = "../../merkle/fuzz/mutate.rs"]
mod mutate;

use mutate::{Numbers, mutated};
use serde_json::Value;

/// Runs of each target.
const RUNS: usize = 30_000;

/// Bytes that mean something to some parser.
const TELLING: &[u8] = b"()[]{}\\^|/:.%?&#=+-_*0123456789ABCSabcdMA\x1d\x00\x7f\xc2\xff\n ";

/// The seeds of this crate, and every text of the published vectors if they are here.
fn seeds() -> Vec<Vec<u8>> {
    let own = include_str!("../fuzz/seeds.txt").replace('␝', "\u{1d}");
    let mut seeds: Vec<Vec<u8>> = own.lines().map(|line| line.as_bytes().to_vec()).collect();
    match published("syntax-engine-vectors.json") {
        Some(vectors) => texts(&vectors, &mut seeds),
        None => eprintln!("SKIPPED as seeds: the published vectors"),
    }
    seeds
}

#[allow(clippy::disallowed_methods, reason = "these data lie outside the repository and may be missing")]
fn published(name: &str) -> Option<Value> {
    let folder = std::env::var_os("YUANLIU_CONFORMANCE").map_or_else(
        || std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data"),
        std::path::PathBuf::from,
    );
    let bytes = std::fs::read(folder.join("gs1").join(name)).ok()?;
    Some(serde_json::from_slice(&bytes).expect("vectors are JSON"))
}

/// Every string in a JSON value.
fn texts(value: &Value, into: &mut Vec<Vec<u8>>) {
    match value {
        Value::String(text) => into.push(text.replace('^', "\u{1d}").into_bytes()),
        Value::Array(list) => list.iter().for_each(|value| texts(value, into)),
        Value::Object(fields) => fields.values().for_each(|value| texts(value, into)),
        _ => {}
    }
}

#[test]
fn every_target_holds_over_its_seeds_and_their_mutations() {
    let seeds = seeds();
    for (number, (name, body)) in bodies::TARGETS.into_iter().enumerate() {
        seeds.iter().for_each(|seed| body(seed));
        let mut numbers = Numbers(0x9521_2345 + number as u64);
        for _ in 0..RUNS {
            body(&mutated(&seeds, TELLING, &mut numbers));
        }
        eprintln!("{name}: {} seeds, {RUNS} mutations", seeds.len());
    }
}

#[test]
fn every_target_has_its_binary() {
    let manifest = include_str!("../fuzz/Cargo.toml");
    for (name, _) in bodies::TARGETS {
        assert!(manifest.contains(&format!("path = \"fuzz_targets/{name}.rs\"")), "{name}");
    }
    assert_eq!(manifest.matches("[[bin]]").count(), bodies::TARGETS.len());
}
