use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use custody::{MemoryView, Put, RecordedEntry, Table, tables::SubjectRecord};
use merkle::SigningKey;
use prost::{Message as _, bytes::Bytes};
use serde_json::{Value, json};
use statement::{ALG_ED25519, LEAF_LEN, Subject};

use super::*;

const NOW: u64 = 1_790_000_000;
const LEDGER: Hash = [7; 32];
const PARTY: &str = "org:Hospital";

/// A view in which one key is enrolled.
pub(crate) fn view_with(key: &SigningKey, row: &KeyRow) -> MemoryView {
    let id = statement::key_id(ALG_ED25519, key.public().as_bytes());
    let record =
        SubjectRecord { number: 1, head: [0; 32], count: 1, last: 0, state: row.encode_to_vec().into() };
    let mut view = MemoryView::default();
    let entry =
        RecordedEntry { leaf: [0; LEAF_LEN], chain: [0; 32], envelope: Bytes::new(), payload: Bytes::new() };
    let put =
        Put { table: Table::Subject, key: Subject::of_key(&id).key().0.to_vec(), value: record.encode() };
    view.record(entry, vec![put]);
    view
}

/// A token as a client makes it.
pub(crate) fn make(key: &SigningKey, header: &Value, claims: &Value) -> String {
    let part = |v: &Value| URL_SAFE_NO_PAD.encode(v.to_string());
    let message = format!("{}.{}", part(header), part(claims));
    format!("{message}.{}", URL_SAFE_NO_PAD.encode(key.sign(message.as_bytes())))
}

pub(crate) fn header(key: &SigningKey) -> Value {
    let id = statement::key_id(ALG_ED25519, key.public().as_bytes());
    json!({"alg": "EdDSA", "typ": TOKEN_TYPE, "kid": statement::hex_text(&id)})
}

pub(crate) fn claims(party: &str, ledger: &Hash, now: u64) -> Value {
    json!({
        "iss": party,
        "aud": statement::hex_text(ledger),
        "iat": now,
        "exp": now + 300,
        "jti": "018f2f6e-0000-7000-8000-000000000001",
        "purpose": "audit of stock",
    })
}

fn key() -> SigningKey {
    SigningKey::from_seed(&[3; 32])
}

fn row() -> KeyRow {
    KeyRow {
        party: PARTY.into(),
        public_key: key().public().as_bytes().to_vec(),
        uses: vec![KeyUse::Read as i32],
        ..KeyRow::default()
    }
}

fn merged(mut base: Value, change: &Value) -> Value {
    for (name, value) in change.as_object().unwrap() {
        match value {
            Value::Null => base.as_object_mut().unwrap().remove(name),
            _ => base.as_object_mut().unwrap().insert(name.clone(), value.clone()),
        };
    }
    base
}

fn judge(row: &KeyRow, token: &str, now: u64) -> Result<Reader, Kind> {
    install();
    reader(&view_with(&key(), row), token, &LEDGER, now).map_err(|f| f.kind)
}

/// A token with changed header and claims, read at `NOW`.
fn changed(head: Value, claim: Value) -> Result<Reader, Kind> {
    let token = make(&key(), &merged(header(&key()), &head), &merged(claims(PARTY, &LEDGER, NOW), &claim));
    judge(&row(), &token, NOW)
}

#[test]
fn a_token_of_an_enrolled_reading_key_is_taken_again_and_again() {
    for _ in 0..2 {
        let reader = changed(json!({}), json!({})).unwrap();
        assert_eq!((reader.party.as_str(), reader.reason.case), (PARTY, None));
        assert!(reader.reason.purpose.is_some());
    }
    let case = "0123456789abcdef0123456789abcdef";
    let reader = changed(json!({}), json!({"purpose": null, "case": case})).unwrap();
    assert_eq!(reader.reason, ReadReason { purpose: None, case: Some(case.into()) });
}

#[test]
fn headers_have_one_form() {
    let kid = statement::hex_text(&[9; 32]);
    let upper = header(&key())["kid"].as_str().unwrap().to_uppercase();
    let table = [
        (json!({"alg": "HS256"}), Kind::TokenMalformed),
        (json!({"alg": "none"}), Kind::TokenMalformed),
        (json!({"alg": "ES256"}), Kind::TokenMalformed),
        (json!({"alg": null}), Kind::TokenMalformed),
        (json!({"typ": "JWT"}), Kind::TokenMalformed),
        (json!({"typ": "YUANLIU-READ+JWT"}), Kind::TokenMalformed),
        (json!({"typ": null}), Kind::TokenMalformed),
        (json!({"crit": ["b64"], "b64": false}), Kind::TokenMalformed),
        (json!({"kid": null}), Kind::TokenMalformed),
        (json!({"kid": "abcd"}), Kind::TokenMalformed),
        (json!({"kid": upper}), Kind::TokenMalformed),
        (json!({"kid": format!("{kid}00")}), Kind::TokenMalformed),
        (json!({"kid": kid}), Kind::TokenKey),
    ];
    for (change, expect) in table {
        assert_eq!(changed(change.clone(), json!({})), Err(expect), "{change}");
    }
}

#[test]
fn claims_are_checked_one_by_one() {
    let other = statement::hex_text(&[8; 32]);
    let ours = statement::hex_text(&LEDGER);
    let table = [
        (json!({"aud": other}), Kind::TokenAudience),
        (json!({"aud": [ours]}), Kind::TokenMalformed),
        (json!({"aud": null}), Kind::TokenMalformed),
        (json!({"iss": "org:Other"}), Kind::TokenKey),
        (json!({"iss": null}), Kind::TokenMalformed),
        (json!({"exp": NOW + 301}), Kind::TokenLifetime),
        (json!({"exp": NOW}), Kind::TokenLifetime),
        (json!({"exp": NOW - 1}), Kind::TokenLifetime),
        (json!({"exp": null}), Kind::TokenMalformed),
        (json!({"exp": -1}), Kind::TokenMalformed),
        (json!({"iat": NOW - 300, "exp": NOW}), Kind::TokenExpired),
        (json!({"iat": NOW - 600, "exp": NOW - 300}), Kind::TokenExpired),
        (json!({"iat": NOW - 10}), Kind::TokenLifetime),
        (json!({"iat": NOW + 31, "exp": NOW + 60}), Kind::TokenLifetime),
        (json!({"iat": u64::MAX, "exp": u64::MAX}), Kind::TokenLifetime),
        (json!({"iat": null}), Kind::TokenMalformed),
        (json!({"nbf": NOW + 31}), Kind::TokenLifetime),
        (json!({"jti": "1"}), Kind::TokenMalformed),
        (json!({"jti": null}), Kind::TokenMalformed),
        (json!({"purpose": null}), Kind::TokenPurpose),
        (json!({"purpose": ""}), Kind::TokenPurpose),
        (json!({"purpose": "  "}), Kind::TokenPurpose),
        (json!({"purpose": "查".repeat(201)}), Kind::TokenPurpose),
        (json!({"case": ""}), Kind::TokenPurpose),
        (json!({"purpose": 5}), Kind::TokenMalformed),
    ];
    for (change, expect) in table {
        assert_eq!(changed(json!({}), change.clone()), Err(expect), "{change}");
    }
    for change in [
        json!({"iat": NOW + 30, "exp": NOW + 330}),
        json!({"nbf": NOW}),
        json!({"purpose": "查".repeat(200)}),
    ] {
        assert!(changed(json!({}), change.clone()).is_ok(), "{change}");
    }
}

#[test]
fn a_key_counts_only_while_it_is_in_force_for_reading() {
    let us = |s: u64| i64::try_from(s).unwrap() * 1_000_000;
    let token = make(&key(), &header(&key()), &claims(PARTY, &LEDGER, NOW));
    let table = [
        (KeyRow { revoked_index: Some(9), ..row() }, Err(Kind::TokenKey)),
        (KeyRow { expires_at: us(NOW - 1), ..row() }, Err(Kind::TokenKey)),
        (KeyRow { expires_at: us(NOW), ..row() }, Ok(())),
        (KeyRow { uses: vec![KeyUse::Sign as i32, KeyUse::Administer as i32], ..row() }, Err(Kind::TokenKey)),
        (KeyRow { uses: vec![KeyUse::Sign as i32, KeyUse::Read as i32], ..row() }, Ok(())),
        (KeyRow { party: "org:Other".into(), ..row() }, Err(Kind::TokenKey)),
        (KeyRow { public_key: vec![1; 31], ..row() }, Err(Kind::TokenMalformed)),
    ];
    for (row, expect) in table {
        assert_eq!(judge(&row, &token, NOW).map(drop), expect, "{row:?}");
    }
}

#[test]
fn any_other_byte_spoils_a_token() {
    let token = make(&key(), &header(&key()), &claims(PARTY, &LEDGER, NOW));
    assert!(judge(&row(), &token, NOW).is_ok());
    for at in 0..token.len() {
        let mut bytes = token.clone().into_bytes();
        bytes[at] = if bytes[at] == b'A' { b'B' } else { b'A' };
        let changed = String::from_utf8(bytes).unwrap();
        assert!(judge(&row(), &changed, NOW).is_err(), "byte {at}");
    }
    let foreign = make(&SigningKey::from_seed(&[4; 32]), &header(&key()), &claims(PARTY, &LEDGER, NOW));
    assert_eq!(judge(&row(), &foreign, NOW), Err(Kind::TokenSignature));
    for text in ["", ".", "..", "a.b.c", &format!("{token}.x")] {
        assert_eq!(judge(&row(), text, NOW), Err(Kind::TokenMalformed), "{text}");
    }
}

#[test]
fn the_bearer_is_the_one_authorization_of_that_scheme() {
    let taken = |values: &[&str]| {
        let mut metadata = MetadataMap::new();
        for value in values {
            metadata.append("authorization", value.parse().unwrap());
        }
        bearer(&metadata).map_err(|f| f.kind)
    };
    assert_eq!(taken(&[]), Ok(None));
    assert_eq!(taken(&["Bearer a.b.c"]), Ok(Some("a.b.c".into())));
    assert_eq!(taken(&["bearer a.b.c"]), Ok(Some("a.b.c".into())));
    for values in
        [&["Basic a"][..], &["a.b.c"], &["Bearer a", "Bearer b"], &[&format!("Bearer {}", "a".repeat(4_096))]]
    {
        assert_eq!(taken(values), Err(Kind::TokenMalformed), "{values:?}");
    }
}
