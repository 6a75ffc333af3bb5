//! The scanner: what it refuses, with place and path, and as which reason a client sees it.

use proto::schema::{GENESIS, STATEMENT};
use statement::{
    Kind, Reason, Statement,
    scan::{MAX_ELEMENTS, ScanFault, scan},
};

use crate::samples::{encode, kinds, sample};

/// A varint in as few bytes as it needs.
fn varint(mut n: u64) -> Vec<u8> {
    let mut bytes = Vec::new();
    while n >= 0x80 {
        bytes.push((n & 0x7f) as u8 | 0x80);
        n >>= 7;
    }
    bytes.push(n as u8);
    bytes
}

/// A length-delimited field.
fn len(number: u64, value: &[u8]) -> Vec<u8> {
    [varint(number << 3 | 2), varint(value.len() as u64), value.to_vec()].concat()
}

/// A varint field with raw bytes as its value.
fn raw(number: u64, value: &[u8]) -> Vec<u8> {
    [varint(number << 3), value.to_vec()].concat()
}

fn int(number: u64, value: u64) -> Vec<u8> {
    raw(number, &varint(value))
}

fn header(fields: &[Vec<u8>]) -> Vec<u8> {
    len(1, &fields.concat())
}

fn ship(fields: &[Vec<u8>]) -> Vec<u8> {
    len(43, &fields.concat())
}

struct Case {
    what: &'static str,
    bytes: Vec<u8>,
    fault: ScanFault,
    path: &'static str,
    offset: usize,
    reason: Reason,
}

/// Offsets count the tag and length of the enclosing field: two bytes for `header`, three for bodies.
fn cases() -> Vec<Case> {
    use Reason as R;
    use ScanFault as F;
    let row = |what, bytes, fault, path, offset, reason| Case { what, bytes, fault, path, offset, reason };
    let over = [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff];
    let many = |n: usize| ship(&[len(1, b"").repeat(n)]);
    vec![
        row("a tag without its end", vec![0x8a], F::Truncated, "", 0, R::Malformed),
        row("a tag without a value", vec![0x0a], F::Truncated, "header", 0, R::Malformed),
        row("a length beyond the end", vec![0x0a, 5, 0x38], F::Truncated, "header", 0, R::Malformed),
        row(
            "a length beyond the message",
            header(&[vec![0x22, 9, b'x']]),
            F::Truncated,
            "header.party",
            2,
            R::Malformed,
        ),
        row(
            "a length of 2^63",
            [vec![0x0a], varint(1 << 63)].concat(),
            F::Truncated,
            "header",
            0,
            R::Malformed,
        ),
        row(
            "a number cut by its message",
            header(&[vec![0x38, 0x80]]),
            F::Truncated,
            "header.occurred_at",
            2,
            R::Malformed,
        ),
        row(
            "a padded number",
            header(&[raw(7, &[0x81, 0x00])]),
            F::VarintTooLong,
            "header.occurred_at",
            2,
            R::Malformed,
        ),
        row(
            "a padded zero",
            header(&[raw(7, &[0x80, 0x00])]),
            F::VarintTooLong,
            "header.occurred_at",
            2,
            R::Malformed,
        ),
        row("a padded tag", vec![0x8a, 0x80, 0x00], F::VarintTooLong, "", 0, R::Malformed),
        row("a padded length", vec![0x0a, 0x80, 0x00], F::VarintTooLong, "header", 0, R::Malformed),
        row(
            "65 bits",
            header(&[raw(7, &[&over[..], &[2]].concat())]),
            F::VarintTooLong,
            "header.occurred_at",
            2,
            R::Malformed,
        ),
        row(
            "eleven bytes",
            header(&[raw(7, &[&over[..], &[0x81, 0]].concat())]),
            F::VarintTooLong,
            "header.occurred_at",
            2,
            R::Malformed,
        ),
        row(
            "ten bytes, padded",
            header(&[raw(7, &[&over[..], &[0]].concat())]),
            F::VarintTooLong,
            "header.occurred_at",
            2,
            R::Malformed,
        ),
        row("bool 2", header(&[int(10, 2)]), F::OutOfRange, "header.confidential", 2, R::Malformed),
        row(
            "sint32 of 33 bits",
            header(&[int(8, 1 << 32)]),
            F::OutOfRange,
            "header.offset_minutes",
            2,
            R::Malformed,
        ),
        row(
            "uint32 of 33 bits",
            len(40, &int(7, 1 << 32)),
            F::OutOfRange,
            "commission.units_per_code",
            3,
            R::Malformed,
        ),
        row("text as a number", header(&[int(4, 1)]), F::WireType, "header.party", 2, R::Malformed),
        row("a number as text", header(&[len(7, b"1")]), F::WireType, "header.occurred_at", 2, R::Malformed),
        row("a message as a number", int(1, 1), F::WireType, "header", 0, R::Malformed),
        row(
            "fixed64",
            header(&[[vec![7 << 3 | 1], vec![0; 8]].concat()]),
            F::WireType,
            "header.occurred_at",
            2,
            R::Malformed,
        ),
        row(
            "fixed32",
            header(&[[vec![7 << 3 | 5], vec![0; 4]].concat()]),
            F::WireType,
            "header.occurred_at",
            2,
            R::Malformed,
        ),
        row("a group", vec![1 << 3 | 3, 1 << 3 | 4], F::WireType, "header", 0, R::Malformed),
        row("an unpacked element", len(16, &int(3, 43)), F::WireType, "mandate.acts", 3, R::Malformed),
        row("an unknown field", len(99, b""), F::UnknownField, "99", 0, R::UnknownField),
        row("field 0", vec![0x02, 0x00], F::UnknownField, "0", 0, R::UnknownField),
        row(
            "a field of 61 bits",
            [varint(u64::MAX), vec![0]].concat(),
            F::UnknownField,
            "2305843009213693951",
            0,
            R::UnknownField,
        ),
        row(
            "an unknown field inside",
            header(&[int(99, 1)]),
            F::UnknownField,
            "header.99",
            2,
            R::UnknownField,
        ),
        row(
            "a message twice",
            [header(&[]), header(&[])].concat(),
            F::FieldTwice,
            "header",
            2,
            R::FieldTwice,
        ),
        row(
            "a text twice",
            header(&[len(4, b"a"), len(4, b"a")]),
            F::FieldTwice,
            "header.party",
            5,
            R::FieldTwice,
        ),
        row(
            "a number twice",
            header(&[int(7, 1), int(7, 1)]),
            F::FieldTwice,
            "header.occurred_at",
            4,
            R::FieldTwice,
        ),
        row("one body twice", [len(43, b""), len(43, b"")].concat(), F::FieldTwice, "ship", 3, R::FieldTwice),
        row("two bodies", [len(43, b""), len(44, b"")].concat(), F::OneofTwice, "receive", 3, R::FieldTwice),
        row(
            "two replacements",
            len(80, &len(3, &[len(43, b""), len(45, b"")].concat())),
            F::OneofTwice,
            "correct.replacement.use",
            8,
            R::FieldTwice,
        ),
        row(
            "an unknown role",
            len(10, &len(5, &int(1, 99))),
            F::UnknownEnumValue,
            "party.roles[0].role",
            4,
            R::UnknownEnumValue,
        ),
        row(
            "a negative role",
            len(10, &len(5, &int(1, u64::MAX))),
            F::UnknownEnumValue,
            "party.roles[0].role",
            4,
            R::UnknownEnumValue,
        ),
        row(
            "an enum of 33 bits",
            len(10, &len(5, &int(1, 1 << 32 | 1))),
            F::UnknownEnumValue,
            "party.roles[0].role",
            4,
            R::UnknownEnumValue,
        ),
        row(
            "an unknown act",
            len(16, &len(3, &[43, 39])),
            F::UnknownEnumValue,
            "mandate.acts",
            3,
            R::UnknownEnumValue,
        ),
        row(
            "a padded act",
            len(16, &len(3, &[0xab, 0x00])),
            F::VarintTooLong,
            "mandate.acts",
            3,
            R::Malformed,
        ),
        row("an act cut off", len(16, &len(3, &[0xab])), F::Truncated, "mandate.acts", 3, R::Malformed),
        row(
            "a lone continuation byte",
            header(&[len(4, &[0x80])]),
            F::InvalidUtf8,
            "header.party",
            2,
            R::InvalidUtf8,
        ),
        row(
            "an overlong slash",
            header(&[len(4, &[0xc0, 0xaf])]),
            F::InvalidUtf8,
            "header.party",
            2,
            R::InvalidUtf8,
        ),
        row(
            "a surrogate",
            header(&[len(4, &[0xed, 0xa0, 0x80])]),
            F::InvalidUtf8,
            "header.party",
            2,
            R::InvalidUtf8,
        ),
        row(
            "the third item",
            ship(&[len(1, b"a"), len(1, b"b"), len(1, &[0xff])]),
            F::InvalidUtf8,
            "ship.items[2]",
            9,
            R::InvalidUtf8,
        ),
        row(
            "an item after a lot",
            ship(&[len(1, b"a"), len(2, b""), len(1, b"b"), len(2, &len(9, b""))]),
            F::UnknownField,
            "ship.lots[1].9",
            13,
            R::UnknownField,
        ),
        row(
            "elements without end",
            many(MAX_ELEMENTS + 1),
            F::TooMany,
            "ship.items[16384]",
            5 + 2 * MAX_ELEMENTS,
            R::TooManyItems,
        ),
    ]
}

#[test]
fn each_fault_is_named_with_its_place() {
    for case in cases() {
        let error = scan(&case.bytes, STATEMENT).expect_err(case.what);
        let found = (error.fault, error.path.as_str(), error.offset);
        assert_eq!(found, (case.fault, case.path, case.offset), "{}", case.what);
        let refusal = Statement::parse(case.bytes.clone().into()).expect_err(case.what);
        assert_eq!(refusal.reason, case.reason, "{}", case.what);
        let place = if case.path.is_empty() { "payload" } else { case.path };
        assert_eq!(refusal.violations[0].field, place, "{}", case.what);
        let description = &refusal.violations[0].description;
        for text in [description.english(), description.chinese()] {
            assert!(text.contains(&case.offset.to_string()), "{refusal}");
        }
        assert_eq!(Statement::recorded(case.bytes.into()).unwrap_err().reason, case.reason, "{}", case.what);
    }
}

#[test]
fn every_fault_has_a_row_but_depth_which_no_statement_reaches() {
    // Depth is tested beside the scanner, on a schema that contains itself.
    for fault in [
        ScanFault::Truncated,
        ScanFault::VarintTooLong,
        ScanFault::OutOfRange,
        ScanFault::WireType,
        ScanFault::UnknownField,
        ScanFault::FieldTwice,
        ScanFault::OneofTwice,
        ScanFault::UnknownEnumValue,
        ScanFault::InvalidUtf8,
        ScanFault::TooMany,
    ] {
        assert!(cases().iter().any(|c| c.fault == fault), "{fault:?}");
    }
}

#[test]
fn what_protobuf_leaves_open_is_accepted() {
    let accepted: [(&str, Vec<u8>); 8] = [
        ("nothing at all", Vec::new()),
        ("fields out of order", [len(43, b""), header(&[])].concat()),
        ("a default that is spelled out", header(&[int(7, 0), int(10, 0), len(4, b"")])),
        ("a number of 64 bits", header(&[int(7, u64::MAX)])),
        ("the lowest sint32", header(&[int(8, u64::from(u32::MAX))])),
        ("a packed field in two pieces", len(16, &[len(3, &[43]), len(3, &[44])].concat())),
        ("an empty packed field", len(16, &len(3, b""))),
        ("as many elements as may be", ship(&[len(1, b"").repeat(MAX_ELEMENTS)])),
    ];
    for (what, bytes) in accepted {
        assert_eq!(scan(&bytes, STATEMENT), Ok(()), "{what}");
    }
}

#[test]
fn a_payload_cut_anywhere_is_refused() {
    for kind in kinds() {
        let bytes = encode(&sample(kind));
        assert_eq!(scan(&bytes, STATEMENT), Ok(()), "{kind:?}");
        for end in 1..bytes.len() {
            let cut = Statement::parse(bytes.slice(..end));
            assert!(cut.is_err(), "{kind:?} cut at {end}");
        }
    }
}

#[test]
fn a_payload_of_512_kib_is_scanned_and_one_byte_more_is_not() {
    let mut message = sample(Kind::Void);
    let room = statement::MAX_PAYLOAD - encode(&message).len() - 100;
    let pad = |message: &mut proto::v1::Statement, n: usize| {
        crate::samples::body!(message, Void).reason = "r".repeat(n);
    };
    let mut n = room;
    let bytes = loop {
        pad(&mut message, n);
        let bytes = encode(&message);
        match bytes.len() {
            len if len == statement::MAX_PAYLOAD => break bytes,
            len => n = n + statement::MAX_PAYLOAD - len,
        }
    };
    assert_eq!(Statement::parse(bytes).unwrap_err().violations[0].field, "void.reason");
    pad(&mut message, n + 1);
    assert_eq!(Statement::parse(encode(&message)).unwrap_err().reason, Reason::PayloadTooLarge);
}

#[test]
fn a_statement_is_no_genesis() {
    assert!(scan(&encode(&sample(Kind::Ship)), GENESIS).is_err());
}
