//! The fuzz targets on stable Rust: their bodies over mutated seeds, the same every time.

#![allow(clippy::unwrap_used, clippy::expect_used)]

#[path = "../fuzz/bodies.rs"]
mod bodies;
#[path = "../../merkle/fuzz/mutate.rs"]
mod mutate;

use bodies::{ANSWER, TARGETS, TOKENS};
use mutate::{Numbers, mutated};

/// Runs of each target.
const RUNS: usize = 20_000;

/// Bytes that mean something in DER: tags and lengths.
const TELLING: &[u8] = b"\x00\x01\x02\x03\x04\x05\x06\x0c\x17\x18\x30\x31\x80\x81\x82\x83\x84\xa0\xa1\xff";

#[test]
fn every_target_holds_over_its_seeds_and_their_mutations() {
    let seeds: Vec<Vec<u8>> = TOKENS.iter().chain([&ANSWER]).map(|seed| seed.to_vec()).collect();
    for (number, (_, body)) in TARGETS.into_iter().enumerate() {
        seeds.iter().for_each(|seed| body(seed));
        let mut numbers = Numbers(0x7473 + number as u64);
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
