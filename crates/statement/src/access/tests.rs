use super::*;

fn record() -> AccessRecord {
    let question = b"\x0a\x1fsgtin:09521234567899.S42".to_vec();
    AccessRecord {
        ledger: [1; 32],
        at: 1_768_435_261_000_000,
        size: 4,
        key: [2; 32],
        party: "org:Example Root Authority".into(),
        method: "/yuanliu.v1.TraceService/GetItem".into(),
        purpose: "investigation".into(),
        case: "2026-17".into(),
        question_hash: sha256(&[&question]),
        question,
    }
}

fn leaf() -> AccessLeaf {
    AccessLeaf { salt: [3; 32], record: record() }
}

fn key(seed: u8) -> SigningKey {
    SigningKey::from_seed(&[seed; 32])
}

#[test]
fn a_record_is_read_back_as_it_was_written() {
    let bytes = leaf().encode().unwrap();
    assert_eq!(AccessLeaf::decode(&bytes), Ok(leaf()));
    assert_eq!(bytes[33 + 32..33 + 40], 29_473_921u64.to_be_bytes(), "the minute");
    let long = AccessRecord { question: Vec::new(), ..record() };
    assert_eq!(AccessRecord::decode(&long.encode().unwrap()), Ok(long));
}

#[test]
fn what_no_record_may_hold_is_refused() {
    let table = [
        AccessRecord { question: vec![1; 5], ..record() },
        AccessRecord {
            question: vec![0; MAX_QUESTION + 1],
            question_hash: sha256(&[&[0; MAX_QUESTION + 1]]),
            ..record()
        },
        AccessRecord { party: "x".repeat(257), ..record() },
        AccessRecord { method: "x".repeat(129), ..record() },
        AccessRecord { purpose: "源".repeat(267), ..record() },
        AccessRecord { case: "x".repeat(801), ..record() },
        AccessRecord { at: u64::MAX, ..record() },
    ];
    for (i, bad) in table.iter().enumerate() {
        assert!(bad.encode().is_err(), "row {i}");
    }
    let good = record().encode().unwrap();
    assert!(AccessRecord::decode(&good[..good.len() - 1]).is_err());
    assert!(AccessRecord::decode(&[&good[..], &[0]].concat()).is_err());
    let mut minute = good.clone();
    minute[40] ^= 1;
    assert!(AccessRecord::decode(&minute).is_err(), "a minute that is not that of the instant");
}

#[test]
fn every_flipped_bit_of_a_signed_record_is_refused() {
    let signed = SignedAccess::sign(leaf().encode().unwrap(), &key(2)).unwrap();
    let bytes = signed.encode();
    assert_eq!(SignedAccess::decode(&bytes).as_ref(), Ok(&signed));
    assert!(signed.verify(key(2).public()) && !signed.verify(key(1).public()));
    assert_eq!(signed.leaf_hash(), leaf_hash(&leaf().encode().unwrap()));
    for bit in 0..bytes.len() * 8 {
        let mut flipped = bytes.clone();
        flipped[bit / 8] ^= 1 << (bit % 8);
        let holds = SignedAccess::decode(&flipped).is_ok_and(|signed| signed.verify(key(2).public()));
        assert!(!holds, "bit {bit}");
    }
}

#[test]
fn a_digest_is_read_back_and_nothing_else_is_one() {
    let digest = AccessDigest { minute: 29_473_921, count: 2, root: [5; 32], nonce: [6; 32] };
    let bytes = digest.encode();
    assert_eq!(AccessDigest::decode(&bytes), Ok(digest));
    assert_eq!((bytes[0], &bytes[9..13]), (1, &[0, 0, 0, 2][..]));
    let none = AccessDigest { count: 0, root: EMPTY_ROOT, ..digest };
    assert_eq!(AccessDigest::decode(&none.encode()), Ok(none));
    let bad = [
        AccessDigest { count: 0, ..digest },
        AccessDigest { root: EMPTY_ROOT, ..digest },
        AccessDigest { count: MAX_MINUTE_RECORDS + 1, ..digest },
        AccessDigest { minute: u64::MAX / MINUTE, ..digest },
    ];
    for (i, bad) in bad.iter().enumerate() {
        assert!(AccessDigest::decode(&bad.encode()).is_err(), "row {i}");
    }
    assert!(AccessDigest::decode(&bytes[..76]).is_err());
    assert!(AccessDigest::decode(&[&bytes[..], &[0]].concat()).is_err());
    let mut version = bytes;
    version[0] = 2;
    assert!(AccessDigest::decode(&version).is_err());
}
