//! The fuzz targets on stable Rust: their bodies over mutated seeds, the same every time.

#![allow(clippy::unwrap_used, clippy::expect_used)]

#[path = "../fuzz/bodies.rs"]
mod bodies;
#[path = "../fuzz/mutate.rs"]
mod mutate;

use bodies::{ORIGIN, TARGETS, signer};
use merkle::{AddCheckpoint, Checkpoint, Cosigner, EMPTY_ROOT, Note, SignerKey, SigningKey};
use mutate::{Numbers, mutated};

/// Runs of each target.
const RUNS: usize = 50_000;

/// Bytes that mean something in notes, checkpoints and keys.
const TELLING: &[u8] = b"\n\n+/= 0123456789aAfFzZ.\xe2\x80\x94\x00\x7f\xc2\xff";

/// Notes with one signature and with two, empty logs and long ones, keys.
fn seeds() -> Vec<Vec<u8>> {
    let witness = SignerKey::new("witness.example", SigningKey::from_seed(&[8; 32])).unwrap();
    let empty = Checkpoint::new(ORIGIN, 0, EMPTY_ROOT).unwrap();
    let long = Checkpoint::new(ORIGIN, 1 << 40, [9; 32]).unwrap();
    let note = long.sign(&signer()).unwrap();
    let cosigner = Cosigner::new("witness.example/2", SigningKey::from_seed(&[9; 32])).unwrap();
    let line = cosigner.cosign(&long, 1_795_000_000).unwrap();
    let request =
        AddCheckpoint { old: 40, proof: vec![[3; 32]; 4], note: note.clone().with(line.clone()).unwrap() };
    let texts = [
        request.to_string(),
        format!("{line}\n"),
        "1099511627776\n".to_owned(),
        cosigner.witness().to_string(),
        cosigner.expose_text(),
        "tile/0/x001/x234/067".to_owned(),
        "tile/entries/273.p/112".to_owned(),
        "tile/2/000.p/1".to_owned(),
        "\0\0\0\0\0\0\0\x03\0\0\0\0\0\0\0\x05".to_owned() + &"hash".repeat(40),
        empty.to_string(),
        long.to_string(),
        empty.sign(&signer()).unwrap().to_string(),
        note.clone().countersign(&witness).unwrap().to_string(),
        note.to_string(),
        Note::sign("any text\n\nof two parts\n", &witness).unwrap().to_string(),
        signer().verifier().to_string(),
        witness.verifier().to_string(),
        witness.expose_text(),
    ];
    texts.map(String::into_bytes).to_vec()
}

#[test]
fn every_target_holds_over_its_seeds_and_their_mutations() {
    let seeds = seeds();
    for (number, (_, body)) in TARGETS.into_iter().enumerate() {
        seeds.iter().for_each(|seed| body(seed));
        let mut numbers = Numbers(0x6962 + number as u64);
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
