use merkle::PublicKey;
use proto::v1::{Unpack, Void, statement::Body};

use super::*;

const LEDGER: Hash = [5; 32];
const PARTY: &str = "org:Demo Clinic";

fn signer() -> Signer {
    Signer::new(PARTY, SigningKey::from_seed(&[1; 32]), LEDGER)
}

fn unpack(header: Option<Header>) -> v1::Statement {
    let body = Body::Unpack(Unpack { parent: "sscc:095200000000000011".into(), children: Vec::new() });
    v1::Statement { header, body: Some(body) }
}

fn decoded(signed: &SignedStatement) -> Header {
    v1::Statement::decode(signed.payload.clone()).unwrap().header.unwrap()
}

#[test]
fn an_empty_header_is_filled_and_the_signature_verifies() {
    let before = now_micros().unwrap();
    let signed = signer().sign(unpack(None)).unwrap();
    let h = decoded(&signed);
    assert_eq!((h.ledger.as_slice(), h.party.as_str()), (&LEDGER[..], PARTY));
    assert!((before..=now_micros().unwrap()).contains(&h.occurred_at));
    let id = statement::id_bytes(&h.id);
    assert!(statement::id_millis(&id).abs_diff(h.occurred_at as u64 / 1_000) <= 1);
    assert_eq!((id[6] >> 4, id[8] >> 6), (7, 2));
    assert_eq!(h.salt.len(), 16);
    let key = PublicKey::enrol(SigningKey::from_seed(&[1; 32]).public().as_bytes()).unwrap();
    assert!(statement::verify(&key, STATEMENT_TYPE, &signed.payload, &signed.signature));
    let envelope = envelope(&signed).unwrap();
    assert_eq!(envelope.key_id, statement::key_id(ALG_ED25519, key.as_bytes()));
    assert_eq!(envelope.digest, merkle::sha256(&[&signed.payload]));
}

#[test]
fn two_signings_share_neither_id_nor_salt() {
    let [a, b] = [(); 2].map(|()| decoded(&signer().sign(unpack(None)).unwrap()));
    assert_ne!(a.id, b.id);
    assert_ne!(a.salt, b.salt);
}

#[test]
fn given_fields_stay_and_make_the_bytes_reproducible() {
    let header = Header {
        id: uuid::Builder::from_unix_timestamp_millis(1_700_000_000_000, &[9; 10]).into_uuid().into(),
        salt: vec![3; 16],
        occurred_at: 1_699_999_999_000_000,
        offset_minutes: 480,
        site: "site:org:Demo Clinic/1".into(),
        ..Header::default()
    };
    let signer = signer().at_site("site:org:Demo Clinic/2").on_behalf_of("org:Head Office");
    let first = signer.sign(unpack(Some(header.clone()))).unwrap();
    let h = decoded(&first);
    assert_eq!((&h.id, &h.salt, &h.site), (&header.id, &header.salt, &header.site));
    assert_eq!((h.occurred_at, h.offset_minutes), (header.occurred_at, 480));
    assert_eq!(h.on_behalf_of, "org:Head Office");
    assert_eq!(signer.sign(unpack(Some(header))).unwrap(), first);
}

#[test]
fn a_header_for_another_ledger_or_party_is_not_signed() {
    let other = Header { ledger: vec![6; 32], ..Header::default() };
    let error = signer().sign(unpack(Some(other))).unwrap_err();
    assert!(matches!(error, SignError::Contradiction { field: "ledger", .. }));
    let other = Header { party: "org:Else".into(), ..Header::default() };
    let error = signer().sign(unpack(Some(other))).unwrap_err();
    assert!(matches!(error, SignError::Contradiction { field: "party", .. }));
}

#[test]
fn what_the_ledger_would_refuse_is_not_signed() {
    let body = Some(Body::Void(Void::default()));
    let SignError::Refused(refusal) = signer().sign(v1::Statement { header: None, body }).unwrap_err() else {
        panic!("signed a Void without a target");
    };
    let fields: Vec<&str> = refusal.violations.iter().map(|v| v.field.as_ref()).collect();
    assert_eq!(fields, ["void.target", "void.reason"]);
    assert!(signer().sign(v1::Statement::default()).is_err());
}

#[test]
fn possession_is_for_one_scope_key_and_party() {
    let key = SigningKey::from_seed(&[2; 32]);
    let enrol = signer().enrol(PARTY, &key, &[KeyUse::Sign, KeyUse::Read]);
    let public = PublicKey::enrol(key.public().as_bytes()).unwrap();
    let verifies = |scope: &Hash, party: &str| {
        let payload = statement::possession_payload(scope, &public_key_id(&key), party);
        statement::verify(&public, POSSESSION_TYPE, &payload, &enrol.possession)
    };
    assert!(verifies(&LEDGER, PARTY));
    assert!(!verifies(&[6; 32], PARTY));
    assert!(!verifies(&LEDGER, "org:Else"));
}

#[test]
fn a_root_authority_passes_the_check_of_the_genesis() {
    let (origin, random) = ("ledger.example/demo", [4; 32]);
    let key = |seed| SigningKey::from_seed(&[seed; 32]);
    let verifier = |seed| merkle::VerifierKey::new(origin, *key(seed).public()).unwrap().to_string();
    let genesis = v1::Genesis {
        origin: origin.into(),
        random: random.to_vec(),
        log_key: verifier(7),
        answer_key: verifier(8),
        roots: vec![root_authority("org:Root", "Root", &key(9), origin, &random)],
        threshold: 1,
        ..v1::Genesis::default()
    };
    statement::Genesis::parse(&genesis.encode_to_vec()).unwrap();
}

#[test]
fn malformed_signatures_have_no_envelope() {
    let good = signer().sign(unpack(None)).unwrap();
    assert!(envelope(&good).is_some());
    assert!(envelope(&SignedStatement { signature: vec![0; 63], ..good.clone() }).is_none());
    assert!(envelope(&SignedStatement { key_id: vec![0; 31], ..good.clone() }).is_none());
    assert!(envelope(&SignedStatement { algorithm: 0, ..good }).is_none());
}

#[test]
fn a_key_elsewhere_signs_and_enrols_like_the_same_key_in_memory() {
    struct Elsewhere(SigningKey, bool);
    impl PrivateKey for Elsewhere {
        fn public(&self) -> &PublicKey {
            self.0.public()
        }
        fn sign(&self, message: &[u8]) -> Result<[u8; SIGNATURE_LEN], KeyFault> {
            if self.1 { Ok(self.0.sign(message)) } else { Err(KeyFault("unplugged".into())) }
        }
    }
    let key = SigningKey::from_seed(&[1; 32]);
    let header = Header {
        id: new_id(1_000_000).unwrap().into(),
        salt: vec![1; 16],
        occurred_at: 1,
        ..Header::default()
    };
    let elsewhere = Signer::new(PARTY, Elsewhere(key.clone(), true), LEDGER);
    let statement = unpack(Some(header));
    assert_eq!(elsewhere.sign(statement.clone()).unwrap(), signer().sign(statement.clone()).unwrap());
    let enrolled = enrolment(&Elsewhere(key.clone(), true), &LEDGER, PARTY, &[KeyUse::Sign]).unwrap();
    assert_eq!(enrolled, signer().enrol(PARTY, &key, &[KeyUse::Sign]));

    let unplugged = Signer::new(PARTY, Elsewhere(key.clone(), false), LEDGER);
    assert!(matches!(unplugged.sign(statement), Err(SignError::Key(KeyFault(why))) if why == "unplugged"));
    enrolment(&Elsewhere(key, false), &LEDGER, PARTY, &[]).unwrap_err();
}
