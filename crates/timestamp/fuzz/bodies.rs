//! What each fuzz target does with its bytes. libFuzzer runs these (`fuzz_targets/`), and so does a test
//! of the crate on stable Rust, over mutated seeds (`tests/fuzz.rs`).

use std::sync::LazyLock;

use timestamp::Roots;

/// A target: its name, and what it does with bytes.
pub type Target = (&'static str, fn(&[u8]));

/// Every target.
pub const TARGETS: [Target; 2] = [("token", token), ("answer", answer)];

/// Published tokens that hold: the only ones that may.
pub const TOKENS: [&[u8]; 3] = [
    include_bytes!("../../../examples/vectors/timestamps/chain.der"),
    include_bytes!("../../../examples/vectors/timestamps/p256.der"),
    include_bytes!("../../../examples/vectors/timestamps/rsa2048.der"),
];

/// A published answer.
pub const ANSWER: &[u8] = include_bytes!("../../../examples/vectors/timestamps/answer.tsr");

static ROOTS: LazyLock<Roots> = LazyLock::new(|| {
    let pem = include_bytes!("../../../examples/vectors/timestamps/root.pem");
    Roots::from_pem(pem).expect("published roots")
});

/// SHA-256 of the text that the published tokens stamp.
const IMPRINT: [u8; 32] = [
    0x23, 0xf5, 0xf5, 0x22, 0x7d, 0x8f, 0xf9, 0xea, 0x3d, 0xaf, 0xcb, 0x30, 0x1f, 0x95, 0xa2, 0x15, 0x6f,
    0x08, 0xf2, 0x35, 0x80, 0x24, 0xad, 0x39, 0x66, 0xfa, 0xc5, 0x49, 0xa9, 0x58, 0x2c, 0xb3,
];

/// Nothing holds but the published tokens, and what they hold besides what is proven.
pub fn token(data: &[u8]) {
    if let Ok(stamp) = ROOTS.check(data, &IMPRINT) {
        let published = TOKENS.iter().any(|t| ROOTS.check(t, &IMPRINT).as_ref() == Ok(&stamp));
        assert!(published);
    }
}

/// No answer gives a token that does not hold by itself.
pub fn answer(data: &[u8]) {
    if let Ok((token, stamp)) = ROOTS.check_answer(data, &IMPRINT, 0x8899_aabb_ccdd_eeff) {
        assert_eq!(ROOTS.check(&token, &IMPRINT), Ok(stamp));
    }
}
