//! An operator who records what should not stand there, with leaf, links and chain that follow from it.

use custody::RecordedEntry;
use prost::bytes::Bytes;
use proto::v1::{self, statement::Body};

use super::log::{Log, NOON, Signed, audit, commission, id_of, org, rechained, sealed, ship};

/// Records honestly up to here, then `cheat`, then goes on honestly; what the audit says of the cheat.
fn check(cheat: impl FnOnce(&mut Log), expect: &str) {
    let mut log = Log::small();
    cheat(&mut log);
    let at = log.entries.len() as u64 - 1;
    log.record("maker", commission(&[77]));
    assert_eq!(audit(&log.entries).unwrap_err(), (at, expect.to_string()));
}

#[test]
fn what_no_rule_admits_is_found() {
    check(|l| forced(l, "clinic", "clinic", commission(&[3])), "Inadmissible ROLE_MISSING");
    check(|l| forced(l, "maker", "clinic", commission(&[3])), "Inadmissible KEY_OF_ANOTHER_PARTY");
    // What names nothing has no leaf that follows from it: the operator takes that of something else.
    let mut log = Log::small();
    let mut id = vec![7; 16];
    (id[6], id[8]) = (0x70, 0x80);
    let target = v1::StatementRef { party: org("maker"), id, digest: vec![] };
    let void =
        log.signed("maker", "maker", Body::Void(v1::Void { target: Some(target), reason: "x".into() }));
    log.record("maker", commission(&[5]));
    let last = log.entries.last_mut().unwrap();
    (last.payload, last.envelope) = (void.payload, void.envelope);
    assert_eq!(audit(&log.entries).unwrap_err(), (10, "Inadmissible TARGET_UNKNOWN".to_string()));
}

fn forced(log: &mut Log, by: &str, with: &str, body: Body) {
    let signed = log.signed(by, with, body);
    log.force(signed);
}

#[test]
fn what_no_signer_could_submit_is_found() {
    let Body::Commission(good) = commission(&[3]) else { unreachable!() };
    let bad_check_digit =
        Body::Commission(v1::Commission { items: vec!["sgtin:09521234543210.3".into()], ..good });
    check(|l| forced(l, "maker", "maker", bad_check_digit), "Inadmissible NOT_CANONICAL");
}

#[test]
fn a_revoked_key_signs_no_more() {
    let revoke = Body::RevokeKey(v1::RevokeKey {
        party: org("maker"),
        key_id: id_of("maker").to_vec(),
        compromised_since: NOON,
        reason: "lost".into(),
    });
    let mut log = Log::small();
    log.record("drug", revoke);
    audit(&log.entries).unwrap();
    forced(&mut log, "maker", "maker", ship(&[2]));
    assert_eq!(audit(&log.entries).unwrap_err(), (11, "Inadmissible KEY_REVOKED".to_string()));
}

#[test]
fn a_key_enrolled_too_late_is_unknown() {
    check(|l| forced(l, "maker", "stranger", commission(&[3])), "UnknownKey");
}

#[test]
fn an_id_used_again_is_found() {
    let mut log = Log::small();
    let first = log.signed("maker", "maker", commission(&[3]));
    let other = log.signed("maker", "maker", commission(&[4]));
    log.force(first);
    log.force(other);
    assert_eq!(audit(&log.entries).unwrap_err(), (11, "Inadmissible ID_TAKEN".to_string()));
}

#[test]
fn a_signature_of_another_payload_is_found() {
    check(
        |l| {
            let payload = l.payload("maker", commission(&[3]));
            let mut envelope = sealed(payload.clone(), "maker").envelope.to_vec();
            let other = sealed(l.payload("maker", commission(&[4])), "maker").envelope;
            envelope[68..].copy_from_slice(&other[68..]);
            l.force(Signed { payload, envelope: envelope.into() });
        },
        "Signature",
    );
}

#[test]
fn bytes_that_are_no_statement_are_found_even_signed() {
    let mut log = Log::small();
    log.record("maker", commission(&[3]));
    let nonsense = sealed(Bytes::from_static(b"\x0a\xff\xff"), "maker");
    let last: &mut RecordedEntry = log.entries.last_mut().unwrap();
    (last.payload, last.envelope) = (nonsense.payload, nonsense.envelope);
    assert_eq!(audit(&log.entries).unwrap_err(), (10, "Statement".to_string()));
}

#[test]
fn another_history_of_the_subjects_is_found() {
    // Entry 10 is derived as if entry 9 had not been, at a time and under a chain that fit.
    let whole = Log::small();
    let mut other = whole.clone();
    other.forget_last();
    other.record("maker", ship(&[2]));
    other.record("maker", ship(&[1]));
    let mut entries = whole.entries.clone();
    entries.push(other.entries[10].clone());
    assert_eq!(audit(&rechained(entries)).unwrap_err(), (10, "Derivation".to_string()));
}
