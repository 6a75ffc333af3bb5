//! What each fuzz target does with its bytes. libFuzzer runs these (`fuzz_targets/`), and so does a test
//! of the crate on stable Rust, over mutated seeds (`tests/conformance/fuzz.rs`).

use merkle::SigningKey;
use prost::{Message as _, bytes::Bytes};
use proto::{schema, v1};
use statement::{
    AccessDigest, AccessLeaf, Envelope, Genesis, Leaf, STATEMENT_TYPE, SignedAccess, Statement, own_subjects,
    scan::scan as scan_message, sign, verify,
};

/// A target: its name, and what it does with bytes.
pub type Target = (&'static str, fn(&[u8]));

/// Every target.
pub const TARGETS: [Target; 7] = [
    ("scan", scan),
    ("statement", statement),
    ("genesis", genesis),
    ("dsse", dsse),
    ("envelope", envelope),
    ("leaf", leaf),
    ("access", access),
];

/// What the scanner lets through, the decoder reads, and nothing is lost on the way: what is encoded from it
/// is scanned and read alike. A fault lies inside the bytes.
pub fn scan(data: &[u8]) {
    match scan_message(data, schema::STATEMENT) {
        Err(error) => assert!(error.offset <= data.len() && !error.to_string().is_empty()),
        Ok(()) => {
            let message = v1::Statement::decode(data).expect("scanned bytes decode");
            let again = message.encode_to_vec();
            assert!(scan_message(&again, schema::STATEMENT).is_ok());
            assert_eq!(v1::Statement::decode(again.as_slice()).as_ref(), Ok(&message));
        }
    }
    if scan_message(data, schema::GENESIS).is_ok() {
        v1::Genesis::decode(data).expect("scanned bytes decode");
    }
}

/// A statement keeps the very bytes it was read from; what is valid is also readable as recorded.
pub fn statement(data: &[u8]) {
    let payload = Bytes::copy_from_slice(data);
    match Statement::parse(payload.clone()) {
        Err(refusal) => assert!(!refusal.to_string().is_empty()),
        Ok(read) => {
            assert_eq!(read.payload(), &payload);
            let recorded = Statement::recorded(payload).expect("what is valid is readable");
            assert_eq!((recorded.digest(), recorded.kind()), (read.digest(), read.kind()));
            assert_eq!(recorded.reference(), read.reference());
            assert!(own_subjects(&read).len() <= 16 * statement::MAX_ITEMS);
        }
    }
    let _ = Statement::recorded(Bytes::copy_from_slice(data));
}

/// A genesis keeps the very bytes it was read from.
pub fn genesis(data: &[u8]) {
    match Genesis::parse(data) {
        Err(error) => assert!(!error.to_string().is_empty()),
        Ok(genesis) => assert_eq!(genesis.payload(), data),
    }
}

/// 64 bytes are a signature over the rest only if they are the one that the key makes.
pub fn dsse(data: &[u8]) {
    let key = SigningKey::from_seed(&[5; 32]);
    let (signature, payload) = data.split_at(data.len().min(64));
    let made = sign(&key, STATEMENT_TYPE, payload);
    assert!(verify(key.public(), STATEMENT_TYPE, payload, &made));
    assert_eq!(verify(key.public(), STATEMENT_TYPE, payload, signature), signature == made);
    assert!(!verify(key.public(), statement::POSSESSION_TYPE, payload, &made));
}

/// An envelope that is read is written as it was read.
pub fn envelope(data: &[u8]) {
    if let Ok(read) = Envelope::decode(data) {
        assert_eq!(read.encode().as_slice(), data);
    }
}

/// A leaf that is read is written as it was read.
pub fn leaf(data: &[u8]) {
    if let Ok(read) = Leaf::decode(data) {
        assert_eq!(read.encode().as_slice(), data);
    }
}

/// An access record or digest that is read is written as it was read.
pub fn access(data: &[u8]) {
    if let Ok(read) = AccessLeaf::decode(data) {
        assert_eq!(read.encode().as_deref(), Ok(data));
    }
    if let Ok(read) = SignedAccess::decode(data) {
        assert_eq!(read.encode(), data);
    }
    if let Ok(read) = AccessDigest::decode(data) {
        assert_eq!(read.encode().as_slice(), data);
    }
}
