//! `examples/vectors/signatures.json`: what a signer in any language must arrive at. The clients under
//! `examples/` read the same file; here this project's own code has to agree with it, byte for byte.

#![allow(clippy::unwrap_used)]

use std::path::Path;

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use bytes::Bytes;
use client::{Signer, possession, public_key_id};
use merkle::{Hash, SigningKey};
use prost::Message as _;
use proto::v1::{Commission, Header, Ship, SignedStatement, Statement, statement::Body};
use serde_json::{Value, json};

const COMMITTED: &str = include_str!("../../../examples/vectors/signatures.json");
const DOCUMENT: &str = include_str!("../../../docs/FORMAT.md");
/// The ledger of docs/FORMAT.md section 7.
const GOLDEN: &str = include_str!("../../statement/tests/golden/v1.txt");

/// The maker's seed in docs/FORMAT.md; the seed of RFC 8032 section 7.1, test 1.
const SEEDS: [&str; 2] = [
    "0404040404040404040404040404040404040404040404040404040404040404",
    "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
];
/// 2026-01-15T00:00:00Z in µs.
const NOON: i64 = 1_768_435_200_000_000;

fn golden(name: &str) -> &'static str {
    let line = GOLDEN.lines().find_map(|l| l.strip_prefix(name)?.strip_prefix(' '));
    line.unwrap_or_else(|| panic!("no golden value {name}"))
}

fn key(seed: &str) -> SigningKey {
    SigningKey::from_seed(&hex::decode(seed).unwrap().try_into().unwrap())
}

fn ledger() -> Hash {
    hex::decode(golden("ledger-id")).unwrap().try_into().unwrap()
}

fn id_of(key: &SigningKey) -> String {
    hex::encode(public_key_id(key))
}

/// Payloads to be signed as they are.
fn statement_vectors() -> Vec<Value> {
    let rows = [
        ("statement.entry-3-of-the-format", SEEDS[0], golden("entry3.payload").to_owned()),
        ("statement.other-key", SEEDS[1], golden("entry3.payload").to_owned()),
        ("statement.empty", SEEDS[0], String::new()),
        ("statement.not-protobuf", SEEDS[1], hex::encode("源流 yuanliu\n\0")),
        ("statement.length-of-four-digits", SEEDS[0], "a5".repeat(1_000)),
    ];
    let vector = |(name, seed, payload): (&str, &str, String)| {
        let key = key(seed);
        let signed = Signer::new("org:Anybody", key.clone(), ledger())
            .sign_payload(Bytes::from(hex::decode(&payload).unwrap()));
        assert_eq!(hex::encode(&signed.key_id), id_of(&key));
        json!({
            "name": name, "seed": seed, "payload": payload,
            "public_key": hex::encode(key.public().as_bytes()),
            "key_id": hex::encode(&signed.key_id), "signature": hex::encode(&signed.signature),
        })
    };
    rows.into_iter().map(vector).collect()
}

fn possession_vectors() -> Vec<Value> {
    let rows = [
        ("possession.gln", SEEDS[0], "gln:9521234567011"),
        ("possession.name", SEEDS[1], "org:示范生物技术有限公司"),
    ];
    let vector = |(name, seed, party): (&str, &str, &str)| {
        let key = key(seed);
        json!({
            "name": name, "seed": seed, "party": party, "ledger": hex::encode(ledger()),
            "key_id": id_of(&key), "signature": hex::encode(possession(&key, &ledger(), party)),
        })
    };
    rows.into_iter().map(vector).collect()
}

/// Read tokens with their members in the order of docs/FORMAT.md and without white space. A server takes
/// any order; with this one the whole token can be compared.
fn token_vectors() -> Vec<Value> {
    let rows = [
        ("token.ascii", SEEDS[0], "uscc:91310104MAYL90023C", "stock check"),
        ("token.chinese", SEEDS[1], "org:示范生物技术有限公司", "盘点 A&B <1>"),
    ];
    let vector = |(name, seed, party, purpose): (&str, &str, &str, &str)| {
        let (key, aud, jti) = (key(seed), hex::encode(ledger()), "0f0e0d0c-0b0a-4908-8706-050403020100");
        let kid = id_of(&key);
        let header = format!(r#"{{"alg":"EdDSA","typ":"yuanliu-read+jwt","kid":"{kid}"}}"#);
        let (iat, exp) = (NOON / 1_000_000, NOON / 1_000_000 + 240);
        let claims = format!(
            r#"{{"iss":"{party}","aud":"{aud}","iat":{iat},"exp":{exp},"jti":"{jti}","purpose":"{purpose}"}}"#
        );
        let message = format!("{}.{}", URL_SAFE_NO_PAD.encode(header), URL_SAFE_NO_PAD.encode(claims));
        let signature = URL_SAFE_NO_PAD.encode(key.sign(message.as_bytes()));
        json!({
            "name": name, "seed": seed, "party": party, "ledger": aud, "iat": iat, "jti": jti,
            "purpose": purpose, "key_id": kid, "signature": format!("{message}.{signature}"),
        })
    };
    rows.into_iter().map(vector).collect()
}

/// The receipt of entry 3 of the format, and the same with one byte changed.
fn receipt_vectors() -> Vec<Value> {
    let bytes = |name: &str| hex::decode(golden(name)).unwrap();
    let vector = |name: &str, good: bool, leaf: &[u8], before: &[u8], chain: &[u8]| {
        json!({
            "name": name, "seed": SEEDS[0], "payload": golden("entry3.payload"), "good": good,
            "recorded_at": NOON + 4_000_000, "leaf": hex::encode(leaf),
            "chain_before": hex::encode(before), "chain": hex::encode(chain),
        })
    };
    let (leaf, before, chain) = (bytes("entry3.leaf"), bytes("entry2.chain"), bytes("entry3.chain"));
    let changed = |bytes: &[u8], at: usize| {
        let mut bytes = bytes.to_vec();
        bytes[at] ^= 1;
        bytes
    };
    // A leaf that was changed together with the chain over it: only what it commits to can tell.
    let rechained = |at: usize| {
        let leaf = changed(&leaf, at);
        let before = before.clone().try_into().unwrap();
        let chain = statement::chain_hash(&before, &leaf.clone().try_into().unwrap());
        (leaf, chain)
    };
    let ((other_time, time_chain), (other_content, content_chain)) = (rechained(11), rechained(16));
    vec![
        vector("receipt.good", true, &leaf, &before, &chain),
        vector("receipt.leaf-changed", false, &changed(&leaf, 79), &before, &chain),
        vector("receipt.chain-before-changed", false, &leaf, &changed(&before, 0), &chain),
        vector("receipt.chain-changed", false, &leaf, &before, &changed(&chain, 31)),
        vector("receipt.other-time", false, &other_time, &before, &time_chain),
        vector("receipt.other-content", false, &other_content, &before, &content_chain),
        vector("receipt.leaf-cut", false, &leaf[..79], &before, &chain),
    ]
}

/// The bill that the clients build: a Commission of 503 units, and a Ship of the first 500.
fn bill_vector() -> Value {
    let (party, buyer, bill) = ("uscc:91310104MAYL90023C", "uscc:91330106MAYL9004X4", "CK260115-01");
    let signer = Signer::new(party, key(SEEDS[0]), ledger());
    let items: Vec<String> = (0..503).map(|n| format!("sgtin:09520000010010.{bill}-{n:03}")).collect();
    let commission = Commission {
        items: items.clone(),
        lot: format!("lot:gtin:09520000010010.{bill}"),
        registration: "国药准字SJ20219901".into(),
        made_on: "2026-01-05".into(),
        expires_on: "2029-01-04".into(),
        units_per_code: 3,
        market: "CN".into(),
        ..Commission::default()
    };
    let ship = Ship {
        items: items[..500].to_vec(),
        addressee: buyer.into(),
        reason: "sale".into(),
        ..Ship::default()
    };
    let header = |ordinal: u8, occurred_at: i64| Header {
        ledger: ledger().to_vec(),
        // A UUIDv7 of NOON.
        id: hex::decode(format!("019bbef3b00070008000000000000{ordinal:03x}")).unwrap(),
        salt: vec![ordinal; 16],
        occurred_at,
        offset_minutes: 480,
        business_key: bill.into(),
        ..Header::default()
    };
    // Header and body, signed; `sign` checks the statement as the ledger will.
    let signed = |ordinal: u8, occurred_at: i64, body: Body| -> SignedStatement {
        let statement = Statement { header: Some(header(ordinal, occurred_at)), body: Some(body) };
        signer.sign(statement).unwrap()
    };
    let part = |name: &str, signed: &SignedStatement| {
        let header = Statement::decode(signed.payload.clone()).unwrap().header.unwrap();
        json!({
            "name": name, "id": hex::encode(&header.id), "salt": hex::encode(&header.salt),
            "payload_length": signed.payload.len(),
            "payload_sha256": hex::encode(merkle::sha256(&[&signed.payload])),
            "key_id": hex::encode(&signed.key_id), "signature": hex::encode(&signed.signature),
        })
    };
    json!({
        "seed": SEEDS[0], "ledger": hex::encode(ledger()), "party": party, "buyer": buyer, "bill": bill,
        "occurred_at": NOON,
        "commission": part("bill.commission", &signed(1, NOON, Body::Commission(commission))),
        // A second later: effects come after causes.
        "ship": part("bill.ship", &signed(2, NOON + 1_000_000, Body::Ship(ship))),
    })
}

#[test]
fn the_committed_vectors_are_what_this_code_signs() {
    let made = json!({
        "about": "What a signer in any language must arrive at: see examples/README.md and docs/FORMAT.md, section 3. Bytes in hexadecimal.",
        "statements": statement_vectors(),
        "possessions": possession_vectors(),
        "tokens": token_vectors(),
        "receipts": receipt_vectors(),
        "bill": bill_vector(),
    });
    let text = serde_json::to_string_pretty(&made).unwrap() + "\n";
    if text != COMMITTED {
        let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join("signatures.json");
        std::fs::write(&path, &text).unwrap();
        panic!("examples/vectors/signatures.json differs; {} holds what the code makes", path.display());
    }
}

#[test]
fn the_token_in_the_document_is_a_vector() {
    let (_, rest) = DOCUMENT.split_once("\n### 3.4 Read tokens\n").unwrap();
    let (section, _) = rest.split_once("\n## 4. Entries\n").unwrap();
    let token = token_vectors()[0]["signature"].as_str().unwrap().replace('.', ".\n");
    assert!(section.contains(&format!("```text\n{token}\n```\n")), "{token}");
}
