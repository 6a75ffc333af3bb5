#![allow(clippy::unwrap_used, clippy::expect_used)]

use proptest::prelude::*;

use super::*;
use crate::ed25519::SigningKey;

/// A note with two signatures, and its keys, from the documentation of Go's
/// `golang.org/x/mod/sumdb/note`.
const PUBLISHED: &str = "If you think cryptography is the answer to your problem,\n\
    then you don't know what your problem is.\n\
    \n\
    — PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n\
    — EnochRoot rwz+eBzmZa0SO3NbfRGzPCpDckykFXSdeX+MNtCOXm2/5n2tiOHp+vAF1aGrQ5ovTG01oOTGwnWLox33WWd1RvMc+QQ=\n";
const PETER: &str = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW";
const PETER_SECRET: &str = "PRIVATE+KEY+PeterNeumann+c74f20a3+AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz";
const ENOCH: &str = "EnochRoot+af0cfe78+ATtqJ7zOtqQtYqOo0CpvDXNlMhV3HeJDpjrASKGLWdop";

/// The example of the C2SP document: an empty line and a letter outside ASCII within the text.
const POEM: &str = "Ognuno sta solo sul cuor della terra\n\
    trafitto da un raggio di sole:\n\
    \n\
    ed è subito sera.\n\
    \n\
    — quasimodo.example/salvatore NnugSzTjtVAewIS+Z/iJhUPeFDkO/5QQ2i5ddnGITLlC+EhfLW9oJKONrMouFSQU0xMcXxj99ihAQwaqP3ZekRwNtIc=\n";

const LINE: &str = "— n AAAAAAA=\n";

fn key(text: &str) -> VerifierKey {
    text.parse().unwrap()
}

fn signer(name: &str, seed: u8) -> SignerKey {
    SignerKey::new(name, SigningKey::from_seed(&[seed; 32])).unwrap()
}

#[test]
fn the_published_note_opens_under_both_keys() {
    let note = Note::parse(PUBLISHED.as_bytes()).unwrap();
    assert_eq!(note.text(), PUBLISHED.split_once("\n\n").unwrap().0.to_owned() + "\n");
    assert_eq!(note.verify(&key(PETER)), Ok(()));
    assert_eq!(note.verify(&key(ENOCH)), Ok(()));
    assert_eq!(note.to_string(), PUBLISHED);
}

#[test]
fn signing_gives_the_published_signature() {
    let peter: SignerKey = PETER_SECRET.parse().unwrap();
    let published = Note::parse(PUBLISHED.as_bytes()).unwrap();
    let note = Note::sign(published.text(), &peter).unwrap();
    assert_eq!(note.signatures(), &published.signatures()[..1]);
}

#[test]
fn the_text_may_hold_empty_lines_and_any_letters() {
    let note = Note::parse(POEM.as_bytes()).unwrap();
    assert!(note.text().ends_with("sole:\n\ned è subito sera.\n"));
    assert_eq!(note.signatures()[0].name(), "quasimodo.example/salvatore");
    assert_eq!(note.to_string(), POEM);
}

#[test]
fn what_is_no_note_is_refused() {
    let check = |bytes: &[u8], expect| assert_eq!(Note::parse(bytes), Err(expect));
    let line = |line: &str| check(format!("t\n\n{line}").as_bytes(), NoteError::SignatureLine);

    check(b"", NoteError::Text);
    check(b"text\n", NoteError::Text);
    check(format!("text\n{LINE}").as_bytes(), NoteError::Text);
    check(LINE.as_bytes(), NoteError::Text);
    check(b"t\n\n\xff", NoteError::Encoding);
    check(b"t\r\n\n", NoteError::Encoding);
    check(b"t\0\n\n", NoteError::Encoding);
    check(format!("t\t\n\n{LINE}").as_bytes(), NoteError::Encoding);

    line("");
    line("\n");
    line(LINE.trim_end());
    line(&format!("{LINE}x"));
    line(&format!("{LINE}{LINE} "));
    line("- n AAAAAAA=\n");
    line("—n AAAAAAA=\n");
    line("— AAAAAAA=\n");
    line("—  AAAAAAA=\n");
    line("— a+b AAAAAAA=\n");
    line("— a\u{a0}b AAAAAAA=\n");
    line("— n\n");
    line("— n \n");
    line("— n AAAA\n");
    line("— n AAAAAA==\n");
    line("— n AAAAAAA\n");
    line("— n AAAAAAB=\n");
    line("— n AAAAAAA= \n");
    line("— n  AAAAAAA=\n");
    line("— n AAAA_AA=\n");
}

#[test]
fn sizes_are_bounded() {
    let with = |lines: usize| Note::parse(format!("t\n\n{}", LINE.repeat(lines)).as_bytes());
    assert!(with(MAX_SIGNATURES).is_ok());
    assert_eq!(with(MAX_SIGNATURES + 1), Err(NoteError::TooManySignatures));

    let one = signer("n", 1);
    let overhead = Note::sign("\n", &one).unwrap().to_string().len();
    let longest = "x".repeat(MAX_NOTE_LEN - overhead) + "\n";
    let note = Note::sign(&longest, &one).unwrap().to_string();
    assert_eq!(note.len(), MAX_NOTE_LEN);
    assert!(Note::parse(note.as_bytes()).is_ok());
    assert_eq!(Note::sign(&format!("x{longest}"), &one), Err(NoteError::TooLong));
    assert_eq!(Note::parse(format!("x{note}").as_bytes()), Err(NoteError::TooLong));
}

#[test]
fn only_text_that_can_be_split_off_again_is_signed() {
    let one = signer("n", 1);
    for (text, expect) in [("", NoteError::Text), ("t", NoteError::Text), ("t\r\n", NoteError::Encoding)] {
        assert_eq!(Note::sign(text, &one), Err(expect));
    }
    for text in ["\n", "\n\n\n", "t\n", "t\n\n", "t\n\n— n AAAAAAA=\n"] {
        let note = Note::sign(text, &one).unwrap();
        assert_eq!(Note::parse(note.to_string().as_bytes()), Ok(note));
    }
}

#[test]
fn a_key_is_known_by_name_and_hash_together() {
    let note = Note::sign("t\n", &signer("n", 1)).unwrap();
    assert_eq!(note.verify(signer("n", 1).verifier()), Ok(()));
    assert_eq!(note.verify(signer("n", 2).verifier()), Err(NoteError::Unsigned));
    assert_eq!(note.verify(signer("m", 1).verifier()), Err(NoteError::Unsigned));

    let renamed = note.to_string().replace("— n ", "— m ");
    let renamed = Note::parse(renamed.as_bytes()).unwrap();
    assert_eq!(renamed.verify(signer("n", 1).verifier()), Err(NoteError::Unsigned));
}

#[test]
fn one_false_signature_under_the_key_spoils_the_note() {
    let one = signer("n", 1);
    let (this, other) = (Note::sign("t\n", &one).unwrap(), Note::sign("u\n", &one).unwrap());
    let both = format!("{this}{}\n", other.signatures()[0]);
    assert_eq!(Note::parse(both.as_bytes()).unwrap().verify(one.verifier()), Err(NoteError::Forged));

    let short = format!("{this}— n {}\n", STANDARD.encode([&one.verifier().hash()[..], &[0]].concat()));
    assert_eq!(Note::parse(short.as_bytes()).unwrap().verify(one.verifier()), Err(NoteError::Forged));

    let foreign = format!("{this}{LINE}");
    assert_eq!(Note::parse(foreign.as_bytes()).unwrap().verify(one.verifier()), Ok(()));
}

#[test]
fn countersigning_adds_or_replaces_one_signature() {
    let (one, two) = (signer("n", 1), signer("m", 2));
    let note = Note::sign("t\n", &one).unwrap().countersign(&two).unwrap();
    assert_eq!(note.signatures().len(), 2);
    assert_eq!(note.verify(one.verifier()).and(note.verify(two.verifier())), Ok(()));

    let again = note.countersign(&one).unwrap();
    assert_eq!(again.signatures().len(), 2);
    assert!(again.signatures()[1].names(one.verifier()));

    let full = Note::parse(format!("t\n\n{}", LINE.repeat(MAX_SIGNATURES)).as_bytes()).unwrap();
    assert_eq!(full.countersign(&one), Err(NoteError::TooManySignatures));
}

proptest! {
    #[test]
    fn what_parses_formats_to_the_same_bytes(
        at: prop::sample::Index, dropped in 0usize..3, put in "[tnAB=+ \n\u{2014}\u{e9}\u{a0}]{0,2}"
    ) {
        let whole = "t\n\nn\n\n— n AAAAAAA=\n— n/\u{e9} AAAABBBBAAA=\n— m AAAABBBB\n";
        let mut letters: Vec<char> = whole.chars().collect();
        let at = at.index(letters.len());
        let end = letters.len().min(at + dropped);
        letters.splice(at..end, put.chars());
        let note: String = letters.into_iter().collect();
        if let Ok(parsed) = Note::parse(note.as_bytes()) {
            prop_assert_eq!(parsed.to_string(), note);
        }
    }

    #[test]
    fn arbitrary_bytes_never_panic(bytes: Vec<u8>) {
        let _ = Note::parse(&bytes);
    }

    #[test]
    fn any_signed_text_comes_back(text in "[ -~\n\u{e0}-\u{ff}]{0,80}\n", seed: u8) {
        let one = signer("log.example/a", seed);
        let bytes = Note::sign(&text, &one).unwrap().to_string();
        let note = Note::parse(bytes.as_bytes()).unwrap();
        prop_assert_eq!(note.text(), text);
        prop_assert_eq!(note.verify(one.verifier()), Ok(()));
    }

    #[test]
    fn a_flipped_bit_anywhere_is_caught(position in 0..PUBLISHED.len(), bit in 0..8) {
        let mut bytes = PUBLISHED.as_bytes().to_vec();
        bytes[position] ^= 1u8 << bit;
        let intact = Note::parse(&bytes)
            .is_ok_and(|n| n.verify(&key(PETER)).and(n.verify(&key(ENOCH))).is_ok());
        prop_assert!(!intact);
    }
}
