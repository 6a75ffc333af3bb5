//! What each fuzz target does with its bytes. libFuzzer runs these (`fuzz_targets/`), and so does a test
//! of the crate on stable Rust, over mutated seeds (`tests/fuzz.rs`).

use evidence::{
    bundle::{Bundle, Trust, open_unchecked, verify},
    fraud::{Fraud, verify_fraud},
};
use merkle::{Hash, VerifierKey};

/// A target: its name, and what it does with bytes.
pub type Target = (&'static str, fn(&[u8]));

/// Every target.
pub const TARGETS: [Target; 3] = [("bundle", bundle), ("file", file), ("fraud", fraud)];

/// Published files that are proven: the only ones that may be.
pub const PROVEN: [&[u8]; 3] = [
    include_bytes!("../../../examples/vectors/evidence/absent.json"),
    include_bytes!("../../../examples/vectors/evidence/entry.json"),
    include_bytes!("../../../examples/vectors/evidence/item.json"),
];

/// Published fraud proofs that hold.
pub const FRAUDS: [&[u8]; 2] = [
    include_bytes!("../../../examples/vectors/evidence/fraud-contradiction.json"),
    include_bytes!("../../../examples/vectors/evidence/fraud-fork.json"),
];

/// Their ledger, and its log's key.
pub fn ledger() -> (Hash, VerifierKey) {
    let index = include_str!("../../../examples/vectors/evidence/index.json");
    let field = |name: &str| {
        let rest = index.split(&format!("\"{name}\": \"")).last().expect("a field");
        rest.split('"').next().expect("a value").to_owned()
    };
    let ledger = open_unchecked(PROVEN[0]).expect("a bundle").ledger;
    (ledger, field("log_key").parse().expect("a key"))
}

/// What is read is written as it was read.
pub fn bundle(data: &[u8]) {
    if let Ok(bundle) = Bundle::decode(data) {
        assert_eq!(bundle.encode().expect("what was read"), data);
    }
}

/// Nothing is proven but the published files.
pub fn file(data: &[u8]) {
    let (ledger, log_key) = ledger();
    let trust = Trust {
        ledger,
        log_key,
        witnesses: Vec::new(),
        quorum: 0,
        authorities: None,
        max_age: None,
        now: 1_800_000_000_000_000,
    };
    if verify(data, &trust).is_ok() {
        assert!(PROVEN.contains(&data));
    }
}

/// What is read is written as it was read; no other fraud is shown than the published ones.
pub fn fraud(data: &[u8]) {
    if let Ok(fraud) = Fraud::decode(data) {
        assert_eq!(fraud.encode().expect("what was read"), data);
        let (_, log_key) = ledger();
        assert!(verify_fraud(data, &log_key).is_err() || FRAUDS.contains(&data));
    }
}
