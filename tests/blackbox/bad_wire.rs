//! Payloads that a lenient decoder would take and a record must not.

use prost::Message as _;
use proto::v1::{
    self, EnrolKey, GetLedgerRequest, KeyUse, SignedStatement, SubmitStatementRequest,
    SubmitStatementsRequest, statement::Body,
};
use tonic::Code::{self, InvalidArgument};

use crate::{
    kit::{Actor, Stage, call, commission, error_reason, unit, violated_fields},
    refusals::{all_refused, check_refused, row},
};

const HEADER: u64 = 1;
const ENROL_KEY: u64 = 14;
const COMMISSION: u64 = 40;
const PACK: u64 = 41;

fn varint(mut n: u64) -> Vec<u8> {
    let mut bytes = Vec::new();
    while n >= 0x80 {
        bytes.push(n as u8 | 0x80);
        n >>= 7;
    }
    bytes.push(n as u8);
    bytes
}

/// A field of wire type 2.
fn long(number: u64, value: &[u8]) -> Vec<u8> {
    [varint(number << 3 | 2), varint(value.len() as u64), value.to_vec()].concat()
}

/// A field of wire type 0.
fn short(number: u64, value: u64) -> Vec<u8> {
    [varint(number << 3), varint(value)].concat()
}

/// Header and Commission of a sound statement, each as bytes.
fn sound(actor: &Actor) -> (Vec<u8>, Vec<u8>) {
    (actor.header().encode_to_vec(), commission(vec![unit(1), unit(2)]).encode_to_vec())
}

fn statement(header: &[u8], body: &[u8]) -> Vec<u8> {
    [long(HEADER, header), long(COMMISSION, body)].concat()
}

#[tokio::test(flavor = "multi_thread")]
async fn payloads_that_readers_could_read_differently_are_refused_with_the_path() {
    let stage = Stage::set().await;
    let maker = &stage.maker;
    let (header, body) = sound(maker);
    let good = statement(&header, &body);
    // What a field added to the header, to the Commission, or to the statement makes of it.
    let with_header = |extra: Vec<u8>| statement(&[header.clone(), extra].concat(), &body);
    let with_body = |extra: Vec<u8>| statement(&header, &[body.clone(), extra].concat());
    let with = |extra: Vec<u8>| [good.clone(), extra].concat();
    let enrolment = |extra: Vec<u8>| {
        let enrol = maker.enrolment(&[]);
        let enrol = EnrolKey { algorithm: 0, ..enrol }.encode_to_vec();
        [long(HEADER, &header), long(ENROL_KEY, &[enrol, extra].concat())].concat()
    };
    let no_party = v1::Header { party: String::new(), ..maker.header() }.encode_to_vec();
    let no_time = v1::Header { occurred_at: 0, ..maker.header() }.encode_to_vec();
    let no_units = v1::Commission { units_per_code: 0, ..commission(vec![unit(1)]) }.encode_to_vec();
    let many = long(1, b"").repeat(16_385);
    let overlong_length = {
        let length = varint(header.len() as u64);
        let last = length.len() - 1;
        let padded = [&length[..last], &[length[last] | 0x80, 0]].concat();
        [vec![0x0a], padded, header.clone(), long(COMMISSION, &body)].concat()
    };
    let table = [
        ("cut by one byte", good[..good.len() - 1].to_vec(), "MALFORMED", "commission"),
        ("one byte too many", with(vec![0x80]), "MALFORMED", "payload"),
        ("tag longer than needed", [vec![0x8a, 0x00], good[1..].to_vec()].concat(), "MALFORMED", "payload"),
        ("length longer than needed", overlong_length, "MALFORMED", "header"),
        (
            "value longer than needed",
            with_header(vec![0x40, 0x80, 0x00]),
            "MALFORMED",
            "header.offset_minutes",
        ),
        (
            "value of eleven bytes",
            with_header([&[0x40; 1][..], &[0xff; 10], &[1]].concat()),
            "MALFORMED",
            "header.offset_minutes",
        ),
        ("unknown field", with(short(99, 1)), "UNKNOWN_FIELD", "99"),
        ("unknown field in the header", with_header(long(99, b"x")), "UNKNOWN_FIELD", "header.99"),
        ("unknown field in the body", with_body(short(15, 0)), "UNKNOWN_FIELD", "commission.15"),
        ("field number zero", with(vec![0x02, 0x00]), "UNKNOWN_FIELD", "0"),
        ("header twice", with(long(HEADER, &header)), "FIELD_TWICE", "header"),
        ("party twice", with_header(long(4, b"org:Maker")), "FIELD_TWICE", "header.party"),
        ("lot twice", with_body(long(2, b"lot:gtin:09521234543213.X")), "FIELD_TWICE", "commission.lot"),
        ("two bodies of one kind", with(long(COMMISSION, &body)), "FIELD_TWICE", "commission"),
        ("two bodies", with(long(PACK, b"")), "FIELD_TWICE", "pack"),
        ("unknown algorithm of a key", enrolment(short(2, 9)), "UNKNOWN_ENUM_VALUE", "enrol_key.algorithm"),
        ("unknown use of a key", enrolment(long(5, &[77])), "UNKNOWN_ENUM_VALUE", "enrol_key.uses"),
        (
            "party not UTF-8",
            statement(&[no_party, long(4, b"org:\xff")].concat(), &body),
            "INVALID_UTF8",
            "header.party",
        ),
        ("item not UTF-8", with_body(long(1, b"sgtin:\xc3\x28")), "INVALID_UTF8", "commission.items[2]"),
        (
            "number as text",
            statement(&[no_time, long(7, b"1")].concat(), &body),
            "MALFORMED",
            "header.occurred_at",
        ),
        ("text as number", with_header(short(6, 1)), "MALFORMED", "header.site"),
        ("group", with(vec![0x2b, 0x2c]), "UNKNOWN_FIELD", "5"),
        ("bool of two", with_header(short(10, 2)), "MALFORMED", "header.confidential"),
        (
            "number out of range",
            statement(&header, &[no_units, short(7, 1 << 32)].concat()),
            "MALFORMED",
            "commission.units_per_code",
        ),
        ("length beyond the end", with(vec![0x0a, 0xff, 0xff, 0x03]), "FIELD_TWICE", "header"),
        ("nothing", vec![], "MISSING_FIELD", "header"),
        ("no body", long(HEADER, &header), "MISSING_FIELD", "body"),
        ("no header", long(COMMISSION, &body), "MISSING_FIELD", "header"),
        (
            "half a million empty items",
            statement(&header, &many),
            "TOO_MANY_ITEMS",
            "commission.items[16384]",
        ),
        ("over 512 KiB", vec![0; 512 * 1024 + 1], "PAYLOAD_TOO_LARGE", "payload"),
    ];
    let rows: Vec<_> = table
        .into_iter()
        .map(|(name, payload, reason, field)| {
            row(name, maker.sign_bytes(payload), InvalidArgument, reason, field)
        })
        .collect();
    check_refused(&stage, &rows).await;
    stage.submit(&maker.sign_bytes(good)).await;
    let size = stage.size().await;
    stage.end(size);
}

#[tokio::test(flavor = "multi_thread")]
async fn no_beginning_of_a_statement_is_a_statement_and_no_byte_of_it_may_change() {
    let stage = Stage::set().await;
    let maker = &stage.maker;
    let (header, body) = sound(maker);
    let good = statement(&header, &body);
    let cut = (0..good.len()).map(|n| maker.sign_bytes(good[..n].to_vec())).collect();
    for rejection in all_refused(&stage, cut).await {
        assert_eq!(rejection.code, InvalidArgument as i32, "{rejection:?}");
        assert!(["MALFORMED", "MISSING_FIELD"].contains(&rejection.reason.as_str()), "{rejection:?}");
    }
    let signed = maker.sign_bytes(good);
    let changed = (0..signed.payload.len()).map(|i| {
        let mut payload = signed.payload.to_vec();
        payload[i] ^= 1 << (i % 8);
        SignedStatement { payload: payload.into(), ..signed.clone() }
    });
    all_refused(&stage, changed.collect()).await;
    stage.submit(&signed).await;
    let size = stage.size().await;
    stage.end(size);
}

#[tokio::test(flavor = "multi_thread")]
async fn requests_beside_the_protocol_are_refused_and_the_server_goes_on() {
    let stage = Stage::set().await;
    let before = stage.size().await;
    let empty = stage
        .log()
        .submit_statement(SubmitStatementRequest {
            statement: None,
            without_proof: false,
            findings_wait_ms: 0,
        })
        .await
        .unwrap_err();
    assert_eq!((empty.code(), error_reason(&empty).as_str()), (InvalidArgument, "INVALID_REQUEST"));
    assert_eq!(violated_fields(&empty), ["statement"]);

    let blank = stage.try_submit(&SignedStatement::default()).await.unwrap_err();
    assert_eq!(error_reason(&blank), "UNKNOWN_ALGORITHM");

    let huge = stage.maker.sign_bytes(vec![0; 5 << 20]);
    let huge = stage.try_submit(&huge).await.unwrap_err();
    assert_eq!(
        (huge.code(), error_reason(&huge).as_str()),
        (Code::OutOfRange, "MESSAGE_TOO_LARGE"),
        "{huge:?}"
    );

    let one = stage.maker.sign(Body::Commission(commission(vec![unit(1)])));
    let crowd =
        SubmitStatementsRequest { statements: vec![one; 1_025], without_proofs: false, findings_wait_ms: 0 };
    let mut answers =
        stage.log().submit_statements(futures::stream::iter([crowd])).await.unwrap().into_inner();
    let crowd = answers.message().await.unwrap_err();
    assert_eq!((crowd.code(), error_reason(&crowd).as_str()), (InvalidArgument, "BATCH_TOO_LARGE"));

    let garbage = call(&stage, "SubmitStatement", "application/grpc", b"\x0a\x7f").await;
    assert_ne!(garbage.status.as_deref(), Some("0"), "{garbage:?}");
    let unknown = call(&stage, "NoSuchMethod", "application/grpc", b"").await;
    assert_eq!(unknown.status.as_deref(), Some("12"), "{unknown:?}");

    assert!(stage.log().get_ledger(GetLedgerRequest {}).await.is_ok());
    assert_eq!(stage.size().await, before);
    let reads = [KeyUse::Read];
    stage.enrol(&stage.maker.with_new_key(), &reads, |_| {}).await;
    stage.end(before + 1);
}
