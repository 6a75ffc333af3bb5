//! The fuzz targets on stable Rust: their bodies over mutated seeds, the same every time.

#![allow(clippy::unwrap_used, clippy::expect_used)]

#[path = "../fuzz/bodies.rs"]
mod bodies;
#[path = "../../merkle/fuzz/mutate.rs"]
mod mutate;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use bodies::{FRAUDS, PROVEN, TARGETS};
use mutate::{Numbers, mutated};
use serde_json::Value;

/// Runs of each target.
const RUNS: usize = 20_000;

/// Bytes that mean something in the JSON of bundles.
const TELLING: &[u8] = b"{}[],:\"\\ 0123456789-.eE=+/AZaz\n\x00\x7f\xc2\xff";

/// Files, and the payloads in them.
fn seeds() -> Vec<Vec<u8>> {
    let payload = |file: &&[u8]| {
        let file: Value = serde_json::from_slice(file).unwrap();
        STANDARD.decode(file["payload"].as_str().unwrap()).unwrap()
    };
    let payloads: Vec<Vec<u8>> = PROVEN.iter().map(payload).collect();
    let files = PROVEN.iter().chain(&FRAUDS).map(|file| file.to_vec());
    files.chain(payloads).collect()
}

#[test]
fn every_target_holds_over_its_seeds_and_their_mutations() {
    let seeds = seeds();
    for (number, (_, body)) in TARGETS.into_iter().enumerate() {
        seeds.iter().for_each(|seed| body(seed));
        let mut numbers = Numbers(0x6576 + number as u64);
        for _ in 0..RUNS {
            body(&mutated(&seeds, TELLING, &mut numbers));
        }
    }
}

#[test]
fn every_target_has_its_binary() {
    let manifest = include_str!("../fuzz/Cargo.toml");
    for (name, _) in TARGETS {
        assert!(manifest.contains(&format!("path = \"fuzz_targets/{name}.rs\"")), "{name}");
    }
    assert_eq!(manifest.matches("[[bin]]").count(), TARGETS.len());
}
