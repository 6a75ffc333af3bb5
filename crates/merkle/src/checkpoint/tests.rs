#![allow(clippy::unwrap_used, clippy::expect_used)]

use proptest::prelude::*;

use super::*;
use crate::ed25519::SigningKey;

/// The example of the C2SP document.
const PUBLISHED: &str = "example.com/behind-the-sofa\n\
    20852163\n\
    CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n\
    \n\
    — example.com/behind-the-sofa Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeOoRDe4URYN7u5/Zhcyv2q1gGzGku9nTo+zyWE+xeMcTOAYQ8=\n";

const ROOT: &str = "CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=";
const EMPTY: &str = "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=";

fn signer(name: &str) -> SignerKey {
    SignerKey::new(name, SigningKey::from_seed(&[1; 32])).unwrap()
}

#[test]
fn the_published_text_reads_and_writes_alike() {
    let note = Note::parse(PUBLISHED.as_bytes()).unwrap();
    let checkpoint = Checkpoint::parse(note.text()).unwrap();
    assert_eq!(checkpoint.origin(), "example.com/behind-the-sofa");
    assert_eq!(checkpoint.size(), 20_852_163);
    assert_eq!(hex::encode(&checkpoint.root()[..4]), "0ac5186a");
    assert_eq!(checkpoint.to_string(), note.text());
}

#[test]
fn a_malformed_text_is_refused() {
    use CheckpointError::{Extension, Lines, Origin, Root, Size};
    let check = |text: &str, expect| assert_eq!(Checkpoint::parse(text), Err(expect), "{text:?}");
    let size = |size: &str, expect| check(&format!("o\n{size}\n{ROOT}\n"), expect);
    let root = |root: &str, expect| check(&format!("o\n1\n{root}\n"), expect);

    check("", Lines);
    check("o\n1\n", Lines);
    check(&format!("o\n1\n{ROOT}"), Lines);
    check(&format!("o\n1\n{ROOT}\nmore\n"), Extension);
    check(&format!("o\n1\n{ROOT}\n\n"), Extension);
    check(&format!("\n1\n{ROOT}\n"), Origin);
    check(&format!("a b\n1\n{ROOT}\n"), Origin);
    check(&format!("a+b\n1\n{ROOT}\n"), Origin);
    check(&format!("o\r\n1\n{ROOT}\n"), Origin);
    check(&format!("{}\n1\n{ROOT}\n", "o".repeat(256)), Origin);
    for bad in ["", "-1", "+1", "01", "00", " 1", "1 ", "1_0", "0x1", "１", "9223372036854775808"] {
        size(bad, Size);
    }
    size("18446744073709551616", Size);
    for bad in ["", "AAAA", &ROOT[..43], &ROOT.replace("q2I=", "q2J="), &ROOT.replace('/', "_")] {
        root(bad, Root);
    }
    root(&format!("{}{ROOT}", "AAAA"), Root);
}

#[test]
fn sizes_reach_from_the_empty_log_to_the_largest() {
    assert_eq!(Checkpoint::parse(&format!("o\n0\n{EMPTY}\n")), Checkpoint::new("o", 0, EMPTY_ROOT));
    assert_eq!(Checkpoint::parse(&format!("o\n0\n{ROOT}\n")), Err(CheckpointError::Root));
    let largest = Checkpoint::new("o", MAX_TREE_SIZE, [1; 32]).unwrap();
    assert_eq!(Checkpoint::parse(&largest.to_string()), Ok(largest));
    assert_eq!(Checkpoint::new("o", MAX_TREE_SIZE + 1, [1; 32]), Err(CheckpointError::Size));
}

#[test]
fn only_the_key_named_like_the_log_signs_and_opens() {
    let checkpoint = Checkpoint::new("log.example/a", 3, [7; 32]).unwrap();
    assert_eq!(checkpoint.sign(&signer("log.example/b")), Err(CheckpointError::Origin));

    let stranger = signer("log.example/b");
    let note = Note::sign(&checkpoint.to_string(), &stranger).unwrap();
    assert_eq!(Checkpoint::open(&note, stranger.verifier()), Err(CheckpointError::Origin));
    assert_eq!(Checkpoint::open(&note, signer("log.example/a").verifier()), Err(NoteError::Unsigned.into()));
}

#[test]
fn signatures_of_others_do_not_matter() {
    let log = signer("log.example/a");
    let checkpoint = Checkpoint::new("log.example/a", 3, [7; 32]).unwrap();
    let note = checkpoint.sign(&log).unwrap().countersign(&signer("witness")).unwrap();
    let note = format!("{note}— later.example AAAAAAQ=\n");
    let note = Note::parse(note.as_bytes()).unwrap();
    assert_eq!(Checkpoint::open(&note, log.verifier()), Ok(checkpoint));
}

proptest! {
    #[test]
    fn checkpoints_survive_their_note(
        origin in "[a-z./]{1,40}", size in 1..=MAX_TREE_SIZE, root: [u8; 32]
    ) {
        let log = signer(&origin);
        let checkpoint = Checkpoint::new(&origin, size, root).unwrap();
        let bytes = checkpoint.sign(&log).unwrap().to_string();
        let note = Note::parse(bytes.as_bytes()).unwrap();
        prop_assert_eq!(Checkpoint::open(&note, log.verifier()), Ok(checkpoint));
    }

    #[test]
    fn what_parses_formats_to_the_same_text(
        at: prop::sample::Index, dropped in 0usize..3, put in "[oAIJ012=+/ \n]{0,2}"
    ) {
        let mut text = format!("o.example/log\n1020304050\n{ROOT}\n");
        let at = at.index(text.len());
        text.replace_range(at..text.len().min(at + dropped), &put);
        if let Ok(checkpoint) = Checkpoint::parse(&text) {
            prop_assert_eq!(checkpoint.to_string(), text);
        }
    }
}
