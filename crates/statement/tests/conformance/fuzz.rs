//! The fuzz targets on stable Rust: their bodies over mutated samples, the same every time.

#[path = "../../fuzz/bodies.rs"]
mod bodies;
#[path = "../../../merkle/fuzz/mutate.rs"]
mod mutate;

use bodies::TARGETS;
use mutate::{Numbers, mutated};
use statement::{Envelope, Leaf, LeafType, STATEMENT_TYPE, sign};

use crate::samples::{encode, key, kinds, sample};

/// Runs of each target.
const RUNS: usize = 20_000;

/// Bytes that mean something on the wire: tags, lengths, ends of varints, text.
const TELLING: &[u8] = b"\x00\x01\x02\x08\x0a\x0b\x0d\x0f\x10\x12\x18\x1a\x22\x2a\x7f\x80\xff\xc2:./%A9";

/// A statement of each kind, a signature, an envelope, a leaf, the golden genesis and what was read of it.
fn seeds() -> Vec<Vec<u8>> {
    let mut seeds: Vec<Vec<u8>> = kinds().map(|kind| encode(&sample(kind)).to_vec()).collect();
    let payload = seeds[0].clone();
    let signature = sign(&key(5), STATEMENT_TYPE, &payload);
    let envelope = Envelope { key_id: [1; 32], digest: [2; 32], signature };
    let leaf = Leaf { leaf_type: LeafType::Statement, recorded_at: 1, content: [3; 32], links: [4; 32] };
    let golden = include_str!("../golden/v1.txt").lines();
    let genesis = golden.filter_map(|line| line.strip_prefix("entry0.payload ")).next().unwrap();
    seeds.push([signature.as_slice(), &payload].concat());
    seeds.push(envelope.encode().to_vec());
    seeds.push(leaf.encode().to_vec());
    seeds.push(hex::decode(genesis).unwrap());
    let golden = include_str!("../golden/v1.txt").lines().filter_map(|line| line.split_once(' '));
    for (_, access) in golden.filter(|(name, _)| name.starts_with("access.")) {
        seeds.push(hex::decode(access).unwrap());
    }
    // A leaf of the access tree is a record with a salt.
    let signed = &seeds[seeds.len() - 3];
    seeds.push(signed[65..].to_vec());
    seeds
}

#[test]
fn every_fuzz_target_holds_over_its_seeds_and_their_mutations() {
    let seeds = seeds();
    for (number, (name, body)) in TARGETS.into_iter().enumerate() {
        seeds.iter().for_each(|seed| body(seed));
        let mut numbers = Numbers(0x5354 + number as u64);
        // A signature takes fifty times as long as a scan.
        let runs = if name == "dsse" { RUNS / 10 } else { RUNS };
        for _ in 0..runs {
            body(&mutated(&seeds, TELLING, &mut numbers));
        }
    }
}

#[test]
fn every_fuzz_target_has_its_binary() {
    let manifest = include_str!("../../fuzz/Cargo.toml");
    for (name, _) in TARGETS {
        assert!(manifest.contains(&format!("path = \"fuzz_targets/{name}.rs\"")), "{name}");
    }
    assert_eq!(manifest.matches("[[bin]]").count(), TARGETS.len());
}
