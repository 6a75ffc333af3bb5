use merkle::{SigningKey, leaf_hash, sha256};

use super::*;

const AT: u64 = 1_700_000_000_000_000;

fn envelope() -> Envelope {
    let key = SigningKey::from_seed(&[3; 32]);
    let payload = b"a payload";
    Envelope {
        key_id: statement::key_id(1, key.public().as_bytes()),
        digest: sha256(&[payload]),
        signature: statement::sign(&key, statement::STATEMENT_TYPE, payload),
    }
}

fn genesis() -> [u8; LEAF_LEN] {
    Leaf { leaf_type: LeafType::Genesis, recorded_at: AT - 5, content: [7; 32], links: [8; 32] }.encode()
}

fn leaf() -> Leaf {
    let content = content_hash(&envelope().encode());
    Leaf { leaf_type: LeafType::Statement, recorded_at: AT, content, links: [9; 32] }
}

/// The receipt of entry 1, after the genesis.
fn receipt(leaf: Leaf) -> Receipt {
    let before = chain_hash(&CHAIN_START, &genesis());
    Receipt {
        index: 1,
        recorded_at: AT as i64,
        leaf: leaf.encode().to_vec(),
        chain_before: before.to_vec(),
        chain: chain_hash(&before, &leaf.encode()).to_vec(),
        signatures_missing: 0,
        ..Receipt::default()
    }
}

fn check(receipt: &Receipt) -> Result<(), ReceiptError> {
    check_receipt(receipt, &envelope(), Some(&leaf_hash(&genesis())))
}

#[test]
fn an_honest_receipt_passes_with_and_without_the_ledger() {
    assert_eq!(check(&receipt(leaf())), Ok(()));
    assert_eq!(check_receipt(&receipt(leaf()), &envelope(), None), Ok(()));
}

#[test]
fn any_flipped_bit_of_leaf_or_chain_is_caught() {
    let honest = receipt(leaf());
    for field in 0..3 {
        let len = [LEAF_LEN, 32, 32][field];
        for bit in 0..len * 8 {
            let mut r = honest.clone();
            let bytes = [&mut r.leaf, &mut r.chain_before, &mut r.chain];
            bytes.into_iter().nth(field).unwrap()[bit / 8] ^= 1 << (bit % 8);
            assert!(check(&r).is_err(), "field {field}, bit {bit}");
        }
    }
}

#[test]
fn the_envelope_of_another_statement_does_not_fit() {
    let mut other = envelope();
    other.signature[0] ^= 1;
    assert_eq!(check_receipt(&receipt(leaf()), &other, None), Err(ReceiptError::OtherEnvelope));
}

#[test]
fn a_leaf_of_another_type_does_not_count() {
    let seal = Leaf { leaf_type: LeafType::Seal, ..leaf() };
    assert_eq!(check(&receipt(seal)), Err(ReceiptError::LeafType(LeafType::Seal)));
}

#[test]
fn the_time_outside_the_leaf_must_be_the_one_inside() {
    for at in [AT as i64 + 1, -1] {
        let r = Receipt { recorded_at: at, ..receipt(leaf()) };
        assert_eq!(check(&r), Err(ReceiptError::RecordedAt { receipt: at, leaf: AT }));
    }
}

#[test]
fn lengths_are_exact() {
    let r = Receipt { chain: vec![0; 31], ..receipt(leaf()) };
    assert_eq!(check(&r), Err(ReceiptError::Length { field: "chain", len: 31, expected: 32 }));
    let r = Receipt { leaf: Vec::new(), ..receipt(leaf()) };
    assert_eq!(check(&r), Err(ReceiptError::Length { field: "leaf", len: 0, expected: 80 }));
}

#[test]
fn entry_zero_and_entries_beyond_any_tree_are_no_statements() {
    for index in [0, merkle::MAX_TREE_SIZE, u64::MAX] {
        let r = Receipt { index, ..receipt(leaf()) };
        assert_eq!(check(&r), Err(ReceiptError::Index(index)));
    }
}

#[test]
fn entry_one_must_follow_the_genesis_of_the_ledger() {
    let honest = receipt(leaf());
    assert_eq!(check_receipt(&honest, &envelope(), Some(&[1; 32])), Err(ReceiptError::OtherLedger));
    // Further on the ledger id alone says nothing.
    let later = Receipt { index: 2, ..honest };
    assert_eq!(check_receipt(&later, &envelope(), Some(&[1; 32])), Ok(()));
}

#[test]
fn a_statement_cannot_begin_the_chain() {
    let r = Receipt {
        index: 5,
        chain_before: CHAIN_START.to_vec(),
        chain: chain_hash(&CHAIN_START, &leaf().encode()).to_vec(),
        ..receipt(leaf())
    };
    assert_eq!(check(&r), Err(ReceiptError::OtherLedger));
}

#[test]
fn no_statement_waits_for_sixteen_signatures() {
    let r = Receipt { signatures_missing: 15, ..receipt(leaf()) };
    assert_eq!(check(&r), Ok(()));
    let r = Receipt { signatures_missing: 16, ..receipt(leaf()) };
    assert_eq!(check(&r), Err(ReceiptError::SignaturesMissing(16)));
}
