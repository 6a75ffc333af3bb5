#![allow(clippy::unwrap_used, clippy::expect_used)]

use super::*;
use crate::note_key::{SignerKey, VerifierKey};

const TIME: u64 = 1_795_000_000;

fn log() -> SignerKey {
    SignerKey::new("log.example/a", SigningKey::from_seed(&[1; 32])).unwrap()
}

fn cosigner(name: &str, seed: u8) -> Cosigner {
    Cosigner::new(name, SigningKey::from_seed(&[seed; 32])).unwrap()
}

fn checkpoint() -> Checkpoint {
    Checkpoint::new("log.example/a", 9, [7; 32]).unwrap()
}

fn cosigned(by: &Cosigner, time: u64) -> Note {
    checkpoint().sign(&log()).unwrap().with(by.cosign(&checkpoint(), time).unwrap()).unwrap()
}

/// The example in the standard's text: 4 bytes of key hash, 8 of time, 64 of signature.
#[test]
fn the_published_example_has_the_fields_that_its_text_says() {
    let note = "example.com/behind-the-sofa\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n\n\
        — example.com/behind-the-sofa Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeOoRDe4URYN7u5/Zhcyv2q1gGzGku9nTo+zyWE+xeMcTOAYQ8=\n\
        — witness.example.com/w1 jWbPPwAAAABkGFDLEZMHwSRaJNiIDoe9DYn/zXcrtPHeolMI5OWXEhZCB9dlrDJsX3b2oyin1nPZqhf5nNo0xUe+mbIUBkBIfZ+qnA==\n";
    let note = Note::parse(note.as_bytes()).unwrap();
    let line = &note.signatures()[1];
    let (time, signature) = line.signature().split_first_chunk::<8>().unwrap();
    assert_eq!((u64::from_be_bytes(*time), signature.len()), (1_679_315_147, SIGNATURE_LEN));
    assert_eq!(
        message(1_679_315_147, note.text()),
        "cosignature/v1\ntime 1679315147\nexample.com/behind-the-sofa\n20852163\n\
         CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n"
    );
}

#[test]
fn a_cosigned_checkpoint_opens_with_log_key_and_witness_key() {
    let witness = cosigner("witness.example/1", 2);
    let note = Note::parse(cosigned(&witness, TIME).to_string().as_bytes()).unwrap();
    assert_eq!(Checkpoint::open(&note, log().verifier()), Ok(checkpoint()));
    assert_eq!(witness.witness().open(&note), Ok((checkpoint(), TIME)));
}

#[test]
fn another_witness_another_text_or_another_time_does_not_verify() {
    let witness = cosigner("witness.example/1", 2);
    let note = cosigned(&witness, TIME);
    for other in [cosigner("witness.example/2", 2), cosigner("witness.example/1", 3)] {
        assert_eq!(other.witness().cosigned_at(&note), Err(NoteError::Unsigned));
    }
    let elsewhere = Checkpoint::new("log.example/a", 10, [7; 32]).unwrap();
    let moved = elsewhere.sign(&log()).unwrap().with(witness.cosign(&checkpoint(), TIME).unwrap()).unwrap();
    assert_eq!(witness.witness().cosigned_at(&moved), Err(NoteError::Forged));
    let line = witness.cosign(&checkpoint(), TIME).unwrap();
    for i in 0..line.signature().len() {
        let mut signature = line.signature().to_vec();
        signature[i] ^= 1;
        let line = NoteSignature::new(line.name(), line.key_hash(), signature);
        let changed = checkpoint().sign(&log()).unwrap().with(line).unwrap();
        assert_eq!(witness.witness().cosigned_at(&changed), Err(NoteError::Forged), "byte {i}");
    }
    for short in [0, 7, 8, 71] {
        let line = NoteSignature::new(line.name(), line.key_hash(), vec![1; short.max(1)]);
        let cut = checkpoint().sign(&log()).unwrap().with(line).unwrap();
        assert_eq!(witness.witness().cosigned_at(&cut), Err(NoteError::Forged), "{short} bytes");
    }
}

#[test]
fn a_later_cosignature_takes_the_place_of_the_earlier() {
    let witness = cosigner("witness.example/1", 2);
    let note = cosigned(&witness, TIME).with(witness.cosign(&checkpoint(), TIME + 60).unwrap()).unwrap();
    assert_eq!(note.signatures().len(), 2);
    assert_eq!(witness.witness().cosigned_at(&note), Ok(TIME + 60));
}

#[test]
fn keys_of_logs_and_of_witnesses_cannot_stand_in_for_each_other() {
    let witness = cosigner("log.example/a", 1);
    let text = witness.witness().to_string();
    assert_eq!(text.parse(), Ok(witness.witness().clone()));
    assert_eq!(text.parse::<VerifierKey>(), Err(NoteKeyError::Algorithm));
    assert_eq!(log().verifier().to_string().parse::<WitnessKey>(), Err(NoteKeyError::Algorithm));
    assert_eq!(witness.expose_text().parse::<SignerKey>().map(|_| ()), Err(NoteKeyError::Algorithm));
    assert_ne!(witness.witness().hash(), log().verifier().hash());
    let secret: Cosigner = witness.expose_text().parse().unwrap();
    assert_eq!(secret.witness(), witness.witness());
}

#[test]
fn times_beyond_the_standard_are_not_signed() {
    let witness = cosigner("witness.example/1", 2);
    assert!(witness.cosign(&checkpoint(), MAX_COSIGNATURE_TIME).is_ok());
    assert_eq!(witness.cosign(&checkpoint(), MAX_COSIGNATURE_TIME + 1), Err(NoteError::Text));
}
