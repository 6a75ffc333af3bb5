//! Parties that sign, well or badly.

use std::time::{SystemTime, UNIX_EPOCH};

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use client::{Signer, possession, public_key_id};
use merkle::{Hash, SigningKey};
use prost::Message as _;
use proto::v1::{self, Header, SignedStatement, StatementRef, statement::Body};
use serde_json::{Value, json};

pub fn now_us() -> u64 {
    u64::try_from(SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_micros()).unwrap()
}

fn random<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).unwrap();
    bytes
}

/// A party with a key, for one ledger.
#[derive(Clone)]
pub struct Actor {
    pub party: String,
    pub key: SigningKey,
    pub ledger: Hash,
}

impl Actor {
    pub fn new(party: &str, ledger: Hash) -> Self {
        Self { party: party.into(), key: SigningKey::from_seed(&random()), ledger }
    }

    /// The same party with another, new key.
    pub fn with_new_key(&self) -> Self {
        Self::new(&self.party, self.ledger)
    }

    pub fn key_id(&self) -> Hash {
        public_key_id(&self.key)
    }

    /// A UUIDv7 of a time in µs.
    pub fn id_at(us: i64) -> Vec<u8> {
        let millis = u64::try_from(us / 1_000).unwrap();
        uuid::Builder::from_unix_timestamp_millis(millis, &random()).into_uuid().into_bytes().to_vec()
    }

    /// A sound header of this moment.
    pub fn header(&self) -> Header {
        let now = i64::try_from(now_us()).unwrap();
        Header {
            ledger: self.ledger.to_vec(),
            id: Self::id_at(now),
            salt: random::<16>().to_vec(),
            party: self.party.clone(),
            occurred_at: now,
            ..Header::default()
        }
    }

    /// Signs bytes, whatever they are.
    pub fn sign_bytes(&self, payload: Vec<u8>) -> SignedStatement {
        Signer::new(self.party.as_str(), self.key.clone(), self.ledger).sign_payload(payload.into())
    }

    /// Signs a body under a header, unchecked.
    pub fn sign_under(&self, header: Header, body: Body) -> SignedStatement {
        self.sign_bytes(v1::Statement { header: Some(header), body: Some(body) }.encode_to_vec())
    }

    /// Signs a body under a header that was changed from a sound one.
    pub fn sign_with(&self, body: Body, change: impl FnOnce(&mut Header)) -> SignedStatement {
        let mut header = self.header();
        change(&mut header);
        self.sign_under(header, body)
    }

    pub fn sign(&self, body: Body) -> SignedStatement {
        self.sign_under(self.header(), body)
    }

    /// The enrolment of this actor's key.
    pub fn enrolment(&self, uses: &[v1::KeyUse]) -> v1::EnrolKey {
        v1::EnrolKey {
            party: self.party.clone(),
            algorithm: v1::Algorithm::Ed25519 as i32,
            public_key: self.key.public().as_bytes().to_vec(),
            possession: possession(&self.key, &self.ledger, &self.party).to_vec(),
            uses: uses.iter().map(|u| *u as i32).collect(),
            ..v1::EnrolKey::default()
        }
    }

    /// The claims of a good read token of this moment.
    pub fn claims(&self) -> Value {
        let now = now_us() / 1_000_000;
        json!({
            "iss": self.party, "aud": hex::encode(self.ledger), "iat": now, "exp": now + 60,
            "jti": uuid::Builder::from_random_bytes(random()).into_uuid().to_string(), "purpose": "test",
        })
    }

    /// The header of a good read token.
    pub fn token_header(&self) -> Value {
        json!({ "alg": "EdDSA", "typ": "yuanliu-read+jwt", "kid": hex::encode(self.key_id()) })
    }

    /// A read token of a header and claims.
    pub fn token_of(&self, header: &Value, claims: &Value) -> String {
        let part = |v: &Value| URL_SAFE_NO_PAD.encode(v.to_string());
        let message = format!("{}.{}", part(header), part(claims));
        format!("{message}.{}", URL_SAFE_NO_PAD.encode(self.key.sign(message.as_bytes())))
    }

    /// A request with a good token.
    pub fn ask<T>(&self, message: T) -> tonic::Request<T> {
        with_token(message, &self.token_of(&self.token_header(), &self.claims()))
    }
}

fn with_token<T>(message: T, token: &str) -> tonic::Request<T> {
    let mut request = tonic::Request::new(message);
    request.metadata_mut().insert("authorization", format!("Bearer {token}").parse().unwrap());
    request
}

/// How another statement names this one.
pub fn reference(signed: &SignedStatement) -> StatementRef {
    let header = v1::Statement::decode(signed.payload.clone()).unwrap().header.unwrap();
    let digest = merkle::sha256(&[&signed.payload]).to_vec();
    StatementRef { party: header.party, id: header.id, digest }
}

/// The unit with this serial number, of one product.
pub fn unit(serial: usize) -> String {
    format!("sgtin:09521234543213.U{serial:06}")
}

/// The lot of all units.
pub fn lot() -> String {
    "lot:gtin:09521234543213.C1234C3".into()
}

/// 赋码入库 of units.
pub fn commission(items: Vec<String>) -> v1::Commission {
    v1::Commission {
        items,
        lot: lot(),
        registration: "国药准字SJ20171003".into(),
        made_on: "2026-01-10".into(),
        expires_on: "2028-01-09".into(),
        units_per_code: 1,
        ..v1::Commission::default()
    }
}

/// 出库 of units.
pub fn ship(items: Vec<String>, to: &Actor) -> v1::Ship {
    v1::Ship { items, addressee: to.party.clone(), reason: "sale".into(), ..v1::Ship::default() }
}
