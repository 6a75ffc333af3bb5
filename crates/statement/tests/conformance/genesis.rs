//! Genesis: what it must hold, each field at fault once.

use merkle::VerifierKey;
use prost::Message as _;
use proto::v1::{self, Algorithm, Predecessor, RootAuthority, Settings};
use statement::{
    ALG_ED25519, DEFAULT_MAX_AHEAD, DEFAULT_MAX_ID_AGE, Genesis, GenesisError, POSSESSION_TYPE, Relation,
    SubjectKind, genesis_scope, genesis_subjects, hex_text, key_id, possession_payload, sign, subject_key,
};

use crate::samples::{ROOT, key};

pub const ORIGIN: &str = "log.example/yuanliu";
const OTHER: &str = "org:Second Authority";

pub fn verifier(name: &str, seed: u8) -> String {
    VerifierKey::new(name, *key(seed).public()).unwrap().to_string()
}

fn root(random: &[u8], party: &str, seed: u8) -> RootAuthority {
    let public = *key(seed).public().as_bytes();
    let scope = genesis_scope(ORIGIN, random);
    let payload = possession_payload(&scope, &key_id(ALG_ED25519, &public), party);
    RootAuthority {
        party: party.into(),
        name: "Example authority".into(),
        algorithm: Algorithm::Ed25519 as i32,
        public_key: public.to_vec(),
        possession: sign(&key(seed), POSSESSION_TYPE, &payload).to_vec(),
    }
}

/// A genesis with one root authority (seed 3), log key (1), answer key (2), one witness (5).
pub fn sample() -> v1::Genesis {
    let random = vec![0x55; 32];
    v1::Genesis {
        origin: ORIGIN.into(),
        log_key: verifier(ORIGIN, 1),
        answer_key: verifier("log.example/answers", 2),
        witness_keys: vec![verifier("witness.example/w1", 5)],
        roots: vec![root(&random, ROOT, 3)],
        threshold: 1,
        settings: Some(Settings { max_id_age: DEFAULT_MAX_ID_AGE, max_ahead: DEFAULT_MAX_AHEAD }),
        predecessor: Some(Predecessor { ledger: vec![6; 32], size: 9, root: vec![7; 32] }),
        random,
    }
}

fn parse(message: &v1::Genesis) -> Result<Genesis, GenesisError> {
    Genesis::parse(&message.encode_to_vec())
}

type Change = fn(&mut v1::Genesis);

#[rustfmt::skip]
const FAULTS: &[(Change, &str)] = &[
    (|g| g.origin.clear(), "origin"),
    (|g| g.origin = "o".repeat(256), "origin"),
    (|g| g.origin = "log example".into(), "origin"),
    (|g| g.origin = "log\u{a0}example".into(), "origin"),
    (|g| g.origin = "log+example".into(), "origin"),
    (|g| g.origin = "log\u{85}example".into(), "origin"),
    (|g| g.random.push(0), "random"),
    (|g| g.random.clear(), "random"),
    (|g| g.random[0] ^= 1, "roots[0].possession"),
    (|g| g.log_key.clear(), "log_key"),
    (|g| g.log_key = verifier("other.example", 1), "log_key"),
    (|g| g.answer_key = verifier("log.example/answers", 1), "answer_key"),
    (|g| g.answer_key = "x".into(), "answer_key"),
    (|g| g.witness_keys[0] = verifier("witness.example/w1", 2), "witness_keys[0]"),
    (|g| g.witness_keys = (10..75).map(|s| verifier("w.example", s)).collect(), "witness_keys"),
    (|g| g.roots.clear(), "roots"),
    (|g| g.roots = (10..27).map(|s| root(&[0x55; 32], &format!("org:A{s}"), s)).collect(), "roots"),
    (|g| g.threshold = 0, "roots"),
    (|g| g.threshold = 2, "roots"),
    (|g| g.roots[0].party = "A".into(), "roots[0].party"),
    (|g| g.roots[0].party = "org:e\u{301}".into(), "roots[0].party"),
    (|g| g.roots[0].name.clear(), "roots[0].name"),
    (|g| g.roots[0].algorithm = 0, "roots[0].algorithm"),
    (|g| g.roots[0].public_key.clear(), "roots[0].public_key"),
    (|g| g.roots[0].public_key = vec![0; 32], "roots[0].public_key"),
    (|g| g.roots[0] = root(&[0x55; 32], ROOT, 1), "roots[0].public_key"),
    (|g| g.roots[0].possession[0] ^= 1, "roots[0].possession"),
    (|g| g.roots[0].possession.clear(), "roots[0].possession"),
    (|g| g.roots[0].party = OTHER.into(), "roots[0].possession"),
    (|g| g.roots.push(root(&[0x55; 32], ROOT, 4)), "roots[1].party"),
    (|g| g.roots.push(root(&[0x55; 32], OTHER, 3)), "roots[1].public_key"),
    (|g| g.settings = Some(Settings { max_id_age: -1, max_ahead: 0 }), "settings.max_id_age"),
    (|g| g.settings = Some(Settings { max_id_age: i64::MAX, max_ahead: 0 }), "settings.max_id_age"),
    (|g| g.settings = Some(Settings { max_id_age: 0, max_ahead: 86_400_000_001 }), "settings.max_ahead"),
    (|g| g.predecessor.as_mut().unwrap().ledger.clear(), "predecessor"),
    (|g| g.predecessor.as_mut().unwrap().root.clear(), "predecessor"),
    (|g| g.predecessor.as_mut().unwrap().size = 0, "predecessor.size"),
    (|g| g.predecessor.as_mut().unwrap().size = 1 << 63, "predecessor.size"),
];

#[test]
fn each_fault_is_named() {
    for (i, (change, field)) in FAULTS.iter().enumerate() {
        let mut message = sample();
        change(&mut message);
        let error = parse(&message).expect_err(field);
        assert_eq!(error.field, *field, "row {i}: {error}");
    }
}

#[test]
fn the_sample_and_the_least_are_accepted() {
    let genesis = parse(&sample()).unwrap();
    assert_eq!(genesis.payload(), sample().encode_to_vec());
    assert_eq!(genesis.message(), &sample());
    let least = v1::Genesis { witness_keys: Vec::new(), settings: None, predecessor: None, ..sample() };
    let genesis = parse(&least).unwrap();
    assert_eq!((genesis.max_id_age(), genesis.max_ahead()), (DEFAULT_MAX_ID_AGE, DEFAULT_MAX_AHEAD));
}

#[test]
fn settings_count_where_they_are_set() {
    let settings = Some(Settings { max_id_age: 7, max_ahead: 0 });
    let genesis = parse(&v1::Genesis { settings, ..sample() }).unwrap();
    assert_eq!((genesis.max_id_age(), genesis.max_ahead()), (7, DEFAULT_MAX_AHEAD));
}

#[test]
fn several_roots_are_accepted_each_with_its_own_key() {
    let roots = (10..26).map(|s| root(&[0x55; 32], &format!("org:A{s}"), s)).collect();
    let message = v1::Genesis { roots, threshold: 11, ..sample() };
    assert_eq!(genesis_subjects(parse(&message).unwrap().message()).len(), 32);
}

#[test]
fn the_scanner_reads_a_genesis_as_strictly_as_a_statement() {
    let bytes = sample().encode_to_vec();
    let cases: [(&str, Vec<u8>); 3] = [
        ("payload", [&bytes[..], &[0x80]].concat()),
        ("99", [&bytes[..], &[0x9a, 0x06, 0x00]].concat()),
        ("origin", [&bytes[..], &[0x0a, 0x00]].concat()),
    ];
    for (field, bytes) in cases {
        assert_eq!(Genesis::parse(&bytes).unwrap_err().field, field);
    }
    let long = vec![0; statement::MAX_PAYLOAD + 1];
    assert_eq!(Genesis::parse(&long).unwrap_err().field, "payload");
}

#[test]
fn a_genesis_links_party_and_key_of_each_root() {
    let subjects = genesis_subjects(&sample());
    let id = hex_text(&key_id(ALG_ED25519, key(3).public().as_bytes()));
    let mut expected = [
        (subject_key(SubjectKind::Party, ROOT), Relation::Party),
        (subject_key(SubjectKind::Key, &id), Relation::Key),
    ];
    expected.sort();
    let found: Vec<_> = subjects.iter().map(|n| (n.key, n.relation)).collect();
    assert_eq!(found, expected);
}
