//! DSSE, possession and key ids against their definitions, put together here once more by hand.

use ed25519_dalek::{Signature, VerifyingKey};
use merkle::{PublicKey, SigningKey, sha256};
use proptest::prelude::*;
use statement::{
    ALG_ED25519, Envelope, POSSESSION_TYPE, STATEMENT_TYPE, attachment_digest, genesis_scope, key_id,
    possession_payload, sign, verify,
};

use crate::samples::key;

/// Pre-authentication encoding (DSSE protocol, "Signature Definition").
fn pae(payload_type: &str, payload: &[u8]) -> Vec<u8> {
    let mut bytes = format!("DSSEv1 {} {payload_type} {} ", payload_type.len(), payload.len()).into_bytes();
    bytes.extend_from_slice(payload);
    bytes
}

fn strict(key: &SigningKey, message: &[u8], signature: &[u8; 64]) -> bool {
    let key = VerifyingKey::from_bytes(key.public().as_bytes()).unwrap();
    key.verify_strict(message, &Signature::from_bytes(signature)).is_ok()
}

#[test]
fn the_encoding_is_that_of_the_dsse_protocol_document() {
    let signature = sign(&key(1), "http://example.com/HelloWorld", b"hello world");
    assert!(strict(&key(1), b"DSSEv1 29 http://example.com/HelloWorld 11 hello world", &signature));
}

#[test]
fn lengths_count_bytes_not_characters() {
    let signature = sign(&key(1), "类型", "源流".as_bytes());
    assert!(strict(&key(1), "DSSEv1 6 类型 6 源流".as_bytes(), &signature));
    assert!(strict(&key(1), b"DSSEv1 0  0 ", &sign(&key(1), "", b"")));
}

#[test]
fn a_signature_counts_for_its_type_only() {
    let signature = sign(&key(1), STATEMENT_TYPE, b"payload");
    assert!(verify(key(1).public(), STATEMENT_TYPE, b"payload", &signature));
    assert!(!verify(key(1).public(), POSSESSION_TYPE, b"payload", &signature));
    assert!(!verify(key(2).public(), STATEMENT_TYPE, b"payload", &signature));
    assert!(!verify(key(1).public(), STATEMENT_TYPE, b"payload", &signature[..63]));
}

#[test]
fn preimages_are_what_the_format_says() {
    let public = [7; 32];
    let id = sha256(&[b"yuanliu/key/v1", &[0, 1], &public]);
    assert_eq!(key_id(ALG_ED25519, &public), id);
    let payload = possession_payload(&[1; 32], &id, "org:A");
    assert_eq!(payload, [&[1; 32][..], &id, b"org:A"].concat());
    assert_eq!(genesis_scope("log.example", &[2; 32]), sha256(&[b"\x1alog.example\0", &[2; 32]]));
    assert_eq!(attachment_digest(&[3; 32], b"bytes"), sha256(&[&[0x19], &[3; 32], b"bytes"]));
}

proptest! {
    #[test]
    fn verify_agrees_with_verify_strict_over_the_assembled_bytes(
        seed in any::<[u8; 32]>(),
        payload in prop::collection::vec(any::<u8>(), 0..300),
        changes in prop::collection::vec((0usize..64, any::<u8>()), 0..3),
    ) {
        let key = SigningKey::from_seed(&seed);
        let mut signature = sign(&key, STATEMENT_TYPE, &payload);
        prop_assert!(verify(key.public(), STATEMENT_TYPE, &payload, &signature));
        for (place, value) in changes {
            signature[place] = value;
        }
        let expected = strict(&key, &pae(STATEMENT_TYPE, &payload), &signature);
        let enrolled = PublicKey::enrol(key.public().as_bytes()).unwrap();
        prop_assert_eq!(verify(&enrolled, STATEMENT_TYPE, &payload, &signature), expected);
    }

    #[test]
    fn an_envelope_comes_back_from_its_bytes_and_no_other_header_is_read(
        key_id in any::<[u8; 32]>(),
        digest in any::<[u8; 32]>(),
        seed in any::<[u8; 32]>(),
        place in 0usize..4,
        change in 1u8..=255,
    ) {
        let signature = sign(&SigningKey::from_seed(&seed), STATEMENT_TYPE, &digest);
        let envelope = Envelope { key_id, digest, signature };
        let mut bytes = envelope.encode();
        prop_assert_eq!(Envelope::decode(&bytes), Ok(envelope));
        prop_assert!(Envelope::decode(&bytes[..131]).is_err());
        bytes[place] ^= change;
        prop_assert!(Envelope::decode(&bytes).is_err());
    }
}
