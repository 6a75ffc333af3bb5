#![allow(clippy::unwrap_used, clippy::expect_used)]

use proptest::prelude::*;
use proto::schema::STATEMENT;

use super::*;

const fn field(number: u32, name: &'static str, kind: Kind, repeated: bool) -> Field {
    Field { number, name, kind, repeated, oneof: None, type_name: "" }
}

/// A message that contains itself, a text and a number.
static NESTED: &[Message] = &[Message {
    name: "Nested",
    fields: &[
        field(1, "inner", Kind::Message(0), false),
        field(2, "text", Kind::String, false),
        field(3, "all", Kind::Message(0), true),
        field(4, "small", Kind::Int32, false),
    ],
}];

/// `depth` messages inside each other, the outermost included.
fn nested(depth: usize) -> Vec<u8> {
    (1..depth).fold(Vec::new(), |inner, _| [vec![0x0a, inner.len() as u8], inner].concat())
}

fn check(bytes: &[u8]) -> Result<(), ScanError> {
    Scanner::new(bytes, NESTED).message(&NESTED[0], bytes.len(), 1)
}

#[test]
fn sixteen_messages_may_be_nested_and_no_more() {
    assert_eq!(check(&nested(MAX_DEPTH)), Ok(()));
    let error = check(&nested(MAX_DEPTH + 1)).unwrap_err();
    assert_eq!(error.fault, ScanFault::TooDeep);
    assert_eq!(error.path, ["inner"; MAX_DEPTH].join("."));
    assert_eq!(error.offset, 2 * (MAX_DEPTH - 1));
}

#[test]
fn int32_travels_as_64_bit_twos_complement() {
    let minus_one = [0x20, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01];
    assert_eq!(check(&minus_one), Ok(()));
    let in_32_bits = [0x20, 0xff, 0xff, 0xff, 0xff, 0x0f];
    assert_eq!(check(&in_32_bits).unwrap_err().fault, ScanFault::OutOfRange);
}

#[test]
fn the_bits_of_seen_suffice_for_every_message() {
    for message in MESSAGES {
        assert!(message.fields.len() <= 64, "{}", message.name);
        let oneofs = message.fields.iter().filter_map(|f| f.oneof).max();
        assert!(oneofs.unwrap_or(0) < 32, "{}", message.name);
        assert!(message.fields.windows(2).all(|w| w[0].number < w[1].number), "{}", message.name);
    }
}

/// Depth of the deepest message that can be reached, the message itself counted as 1.
fn depth(message: usize) -> usize {
    let inner = MESSAGES[message].fields.iter().filter_map(|f| match f.kind {
        Kind::Message(i) => Some(depth(i)),
        _ => None,
    });
    1 + inner.max().unwrap_or(0)
}

#[test]
fn no_statement_and_no_genesis_reaches_the_depth_limit() {
    // Ends only because neither contains itself.
    assert_eq!(depth(STATEMENT), 8, "correct.replacement.opinion.lines.goods.lot.quantity");
    assert_eq!(depth(proto::schema::GENESIS), 2);
}

/// Bytes of numbers that are read to scan `bytes`.
fn steps(bytes: &[u8]) -> usize {
    let mut scanner = Scanner::new(bytes, MESSAGES);
    let _ = scanner.message(&MESSAGES[STATEMENT], bytes.len(), 1);
    scanner.steps
}

proptest! {
    #[test]
    fn arbitrary_bytes_never_panic_and_no_byte_is_read_twice(
        bytes in prop::collection::vec(any::<u8>(), 0..2_000),
    ) {
        prop_assert!(steps(&bytes) <= bytes.len());
        if let Err(e) = scan(&bytes, STATEMENT) {
            prop_assert!(e.offset < bytes.len(), "{e}");
        }
    }

    /// Bytes that look like fields get deeper than noise does.
    #[test]
    fn arbitrary_fields_never_panic_and_no_byte_is_read_twice(
        fields in prop::collection::vec((0u8..130, prop::collection::vec(0u8..0x60, 0..60)), 0..30),
    ) {
        let mut bytes = Vec::new();
        for (tag, value) in fields {
            bytes.extend([tag, value.len() as u8]);
            bytes.extend(value);
        }
        let bytes = [vec![0x0a, 0x80 | (bytes.len() & 0x7f) as u8, (bytes.len() >> 7) as u8], bytes].concat();
        prop_assert!(steps(&bytes) <= bytes.len());
        if let Err(e) = scan(&bytes, STATEMENT) {
            prop_assert!(e.offset < bytes.len(), "{e}");
        }
    }
}
