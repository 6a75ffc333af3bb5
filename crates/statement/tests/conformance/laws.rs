//! What holds for all statements.

use proptest::prelude::*;
use prost::Message as _;
use proto::schema::STATEMENT;
use proto::v1::{self, Header};
use statement::{Kind, Statement, scan::scan};

use crate::{
    fields::optional,
    samples::{body, encode, kinds, parse, sample},
};

/// Statements of any kind with any of their optional fields left out; a Ship with up to 60 items.
fn statements() -> impl Strategy<Value = v1::Statement> {
    let kinds: Vec<Kind> = kinds().collect();
    let items = prop::collection::btree_set("[A-Z0-9]{1,20}", 1..60);
    (prop::sample::select(kinds), prop::collection::vec(any::<bool>(), optional().count()), items).prop_map(
        |(kind, choice, serials)| {
            let mut message = sample(kind);
            if kind == Kind::Ship {
                body!(message, Ship).items =
                    serials.iter().map(|serial| format!("sgtin:09521234543213.{serial}")).collect();
            }
            let rows: Vec<_> = choice.iter().zip(optional()).filter(|(_, (k, _))| *k == kind).collect();
            // From the last: what is left out as a whole stands before its parts.
            for (chosen, (_, change)) in rows.into_iter().rev() {
                let before = message.clone();
                if *chosen {
                    change(&mut message);
                }
                // Two fields of which one may be missing.
                if parse(&message).is_err() {
                    message = before;
                }
            }
            message
        },
    )
}

/// Headers with anything in them.
fn headers() -> impl Strategy<Value = Header> {
    let bytes = || prop::collection::vec(any::<u8>(), 0..40);
    (bytes(), bytes(), any::<String>(), any::<i64>(), any::<i32>(), any::<bool>()).prop_map(
        |(ledger, id, text, occurred_at, offset_minutes, confidential)| Header {
            ledger,
            id,
            party: text.clone(),
            business_key: text,
            occurred_at,
            offset_minutes,
            confidential,
            ..Header::default()
        },
    )
}

proptest! {
    #[test]
    fn a_valid_statement_comes_back_from_its_bytes(message in statements()) {
        let bytes = encode(&message);
        let statement = Statement::parse(bytes.clone()).unwrap();
        prop_assert_eq!(statement.payload(), &bytes);
        prop_assert_eq!(Some(statement.header()), message.header.as_ref());
        prop_assert_eq!(Some(statement.body()), message.body.as_ref());
        prop_assert_eq!(statement.digest(), &merkle::sha256(&[&bytes]));
        let recorded = Statement::recorded(bytes).unwrap();
        prop_assert_eq!(recorded.body(), statement.body());
        prop_assert_eq!(recorded.bill(), statement.bill());
    }

    #[test]
    fn what_a_protobuf_library_writes_is_scanned(header in headers(), kind in 0..statement::KINDS.len()) {
        let message = v1::Statement { header: Some(header), ..sample(kinds().nth(kind).unwrap()) };
        prop_assert_eq!(scan(&encode(&message), STATEMENT), Ok(()));
    }

    #[test]
    fn one_changed_byte_is_refused_or_makes_another_statement(
        message in statements(),
        place in any::<prop::sample::Index>(),
        change in 1u8..=255,
    ) {
        let sound = Statement::parse(encode(&message)).unwrap();
        let mut bytes = sound.payload().to_vec();
        bytes[place.index(sound.payload().len())] ^= change;
        if let Ok(other) = Statement::parse(bytes.into()) {
            prop_assert_ne!(other.digest(), sound.digest());
            prop_assert!(other.header() != sound.header() || other.body() != sound.body());
        }
    }

    #[test]
    fn what_is_scanned_is_decoded(
        message in statements(),
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..4),
    ) {
        let mut bytes = encode(&message).to_vec();
        for (place, value) in changes {
            let place = place.index(bytes.len());
            bytes[place] = value;
        }
        if scan(&bytes, STATEMENT).is_ok() {
            prop_assert!(v1::Statement::decode(&*bytes).is_ok());
        }
    }

    #[test]
    fn a_bill_is_what_its_parts_give(party in "org:[a-z./%: é]{0,9}|gln:9521234567011|[a-z:/]{0,9}", number in "[A-Z./% \u{80}-\u{9f}é]{0,90}") {
        let assembled = gs1::PartyRef::parse(&party).and_then(|p| gs1::Document::bill(p, &number)).ok();
        prop_assert_eq!(statement::bill_text(&party, &number), assembled.map(String::from));
    }

    #[test]
    fn arbitrary_bytes_are_refused(bytes in prop::collection::vec(any::<u8>(), 0..500)) {
        prop_assert!(Statement::parse(bytes.into()).is_err());
    }
}

#[test]
fn every_flipped_bit_of_a_sample_is_refused_or_makes_another_statement() {
    for kind in kinds() {
        let sound = parse(&sample(kind)).unwrap();
        for at in 0..sound.payload().len() * 8 {
            let mut bytes = sound.payload().to_vec();
            bytes[at / 8] ^= 1 << (at % 8);
            if let Ok(other) = Statement::parse(bytes.into()) {
                assert!(
                    other.header() != sound.header() || other.body() != sound.body(),
                    "{kind:?} bit {at}"
                );
            }
        }
    }
}
