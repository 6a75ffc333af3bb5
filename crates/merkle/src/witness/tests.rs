#![allow(clippy::unwrap_used, clippy::expect_used)]

use super::*;
use crate::{Checkpoint, Cosigner, SignerKey, SigningKey};

/// The request in the standard's text, its proof and checkpoint.
const PUBLISHED: &str = "old 20852014\n\
    PlRNCrwHpqhGrupue0L7gxbjbMiKA9temvuZZDDpkaw=\n\
    jrJZDmY8Y7SyJE0MWLpLozkIVMSMZcD5kvuKxPC3swk=\n\
    5+pKlUdi2LeF/BcMHBn+Ku6yhPGNCswZZD1X/6QgPd8=\n\
    /6WVhPs2CwSsb5rYBH5cjHV/wSmA79abXAwhXw3Kj/0=\n\
    \n\
    example.com/behind-the-sofa\n\
    20852163\n\
    CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n\
    \n\
    — example.com/behind-the-sofa Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeOoRDe4URYN7u5/Zhcyv2q1gGzGku9nTo+zyWE+xeMcTOAYQ8=\n\
    — example.com/behind-the-sofa opLqBQsREYCgu6xQkYQwJr9fo45a62DN9EdmHXnZdXNqlcVGlCum2Wks+49/V6267UEjw6QUXTS5Rovnzv++qbSzm9Q=\n";

#[test]
fn the_published_request_reads_and_writes_again() {
    let request = AddCheckpoint::parse(PUBLISHED.as_bytes()).unwrap();
    assert_eq!((request.old, request.proof.len()), (20_852_014, 4));
    assert_eq!(Checkpoint::parse(request.note.text()).unwrap().size(), 20_852_163);
    assert_eq!(request.note.signatures().len(), 2);
    assert_eq!(request.to_string(), PUBLISHED);
}

#[test]
fn a_first_request_has_no_proof() {
    let log = SignerKey::new("log.example/a", SigningKey::from_seed(&[1; 32])).unwrap();
    let note = Checkpoint::new("log.example/a", 1, [1; 32]).unwrap().sign(&log).unwrap();
    let request = AddCheckpoint { old: 0, proof: Vec::new(), note };
    assert!(request.to_string().starts_with("old 0\n\nlog.example/a\n"));
    assert_eq!(AddCheckpoint::parse(request.to_string().as_bytes()), Ok(request));
}

#[test]
fn malformed_requests_are_refused_with_their_reason() {
    let rest = PUBLISHED.strip_prefix("old 20852014\n").unwrap();
    for old in [
        "",
        "old\n",
        "old \n",
        "old 01\n",
        "old +1\n",
        "old -1\n",
        "old 9223372036854775808\n",
        "OLD 1\n",
        "old 1 \n",
    ] {
        let request = format!("{old}{rest}");
        assert_eq!(AddCheckpoint::parse(request.as_bytes()), Err(AddCheckpointError::Old), "{old:?}");
    }
    let note = &PUBLISHED[PUBLISHED.find("example.com").unwrap()..];
    let parse = |proof: &str| AddCheckpoint::parse(format!("old 1\n{proof}{note}").as_bytes());
    assert_eq!(parse("AAAA\n\n"), Err(AddCheckpointError::Proof(1)));
    assert_eq!(
        parse("jrJZDmY8Y7SyJE0MWLpLozkIVMSMZcD5kvuKxPC3swk=\r\n\n"),
        Err(AddCheckpointError::Proof(1))
    );
    let line = "jrJZDmY8Y7SyJE0MWLpLozkIVMSMZcD5kvuKxPC3swk=\n";
    assert!(parse(&format!("{}\n", line.repeat(63))).is_ok());
    assert_eq!(parse(&format!("{}\n", line.repeat(64))), Err(AddCheckpointError::TooLong));
    assert_eq!(AddCheckpoint::parse(b"old 1\n"), Err(AddCheckpointError::Separator));
    assert_eq!(AddCheckpoint::parse(b"old 1\n\n"), Err(AddCheckpointError::Note(NoteError::Text)));
    assert_eq!(AddCheckpoint::parse(b"old 1\n\xff\n"), Err(AddCheckpointError::Separator));
}

#[test]
fn answers_read_as_signatures_or_as_a_size() {
    let witness = Cosigner::new("witness.example/1", SigningKey::from_seed(&[2; 32])).unwrap();
    let checkpoint = Checkpoint::new("log.example/a", 1, [1; 32]).unwrap();
    let line = witness.cosign(&checkpoint, 5).unwrap();
    assert_eq!(parse_signatures(&format!("{line}\n{line}\n")), Ok(vec![line.clone(), line.clone()]));
    assert_eq!(parse_signatures(&line.to_string()), Err(NoteError::SignatureLine));
    assert_eq!(parse_signatures(""), Err(NoteError::SignatureLine));
    assert_eq!(parse_signatures(&format!("{line}\n").repeat(65)), Err(NoteError::TooManySignatures));
    assert_eq!(
        (parse_conflict("17\n"), parse_conflict("17"), parse_conflict("017\n")),
        (Some(17), None, None)
    );
}
