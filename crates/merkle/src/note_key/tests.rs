#![allow(clippy::unwrap_used, clippy::expect_used)]

use proptest::prelude::*;

use super::*;

/// Keys from the documentation of Go's `golang.org/x/mod/sumdb/note`.
const VERIFIER: &str = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW";
const SIGNER: &str = "PRIVATE+KEY+PeterNeumann+c74f20a3+AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz";

fn text(name: &str, hash: &str, data: &[u8]) -> String {
    format!("{name}+{hash}+{}", STANDARD.encode(data))
}

#[test]
fn published_keys_read_and_write_alike() {
    let signer: SignerKey = SIGNER.parse().unwrap();
    let verifier: VerifierKey = VERIFIER.parse().unwrap();
    assert_eq!(signer.verifier(), &verifier);
    assert_eq!(verifier.name(), "PeterNeumann");
    assert_eq!(verifier.hash(), [0xc7, 0x4f, 0x20, 0xa3]);
    assert_eq!(verifier.to_string(), VERIFIER);
    assert_eq!(signer.expose_text(), SIGNER);
}

#[test]
fn a_misspelled_verifier_key_is_refused() {
    let check = |text: &str, expect| assert_eq!(text.parse::<VerifierKey>(), Err(expect), "{text}");
    let key = [&[ED25519], &SigningKey::from_seed(&[1; 32]).public().as_bytes()[..]].concat();
    let other_type = [&[0x04], &key[1..]].concat();
    let identity = [&[ED25519, 1], &[0; 31][..]].concat();

    check("", NoteKeyError::Format);
    check("name", NoteKeyError::Format);
    check("name+c74f20a3", NoteKeyError::Format);
    check(SIGNER, NoteKeyError::Format);
    check(&VERIFIER[..VERIFIER.len() - 1], NoteKeyError::Format);
    check(&format!("{VERIFIER}="), NoteKeyError::Format);
    check(&format!("{VERIFIER}\n"), NoteKeyError::Format);
    check(&VERIFIER.replace('/', "_"), NoteKeyError::Format);
    check(&text("name", "c74f20a3", &key[..32]), NoteKeyError::Format);
    check(&text("", "c74f20a3", &key), NoteKeyError::Name);
    check(&text("a b", "c74f20a3", &key), NoteKeyError::Name);
    check(&text("name", "c74f20a3", &other_type), NoteKeyError::Algorithm);
    check(&text("name", "c74f20a3", &identity), NoteKeyError::Key(KeyError::Identity));
    check(&text("name", "c74f20a3", &key), NoteKeyError::Hash);
    check(&VERIFIER.replace("c74f20a3", "C74F20A3"), NoteKeyError::Hash);
    check(&VERIFIER.replace("Peter", "Pete"), NoteKeyError::Hash);
}

#[test]
fn a_misspelled_signer_key_is_refused() {
    let check = |text: &str, expect| assert_eq!(text.parse::<SignerKey>().err(), Some(expect));
    check(VERIFIER, NoteKeyError::Format);
    check(&SIGNER[..SIGNER.len() - 4], NoteKeyError::Format);
    check(&SIGNER.replace("c74f20a3", "c74f20a4"), NoteKeyError::Hash);
    check(&SIGNER.replace("+AYEK", "+AYEL"), NoteKeyError::Hash);
    check(&SIGNER.replace("+AYEK", "+BIEK"), NoteKeyError::Algorithm);
}

#[test]
fn names_are_bounded_and_fit_a_signature_line() {
    let check = |name: &str, expect: bool| {
        let key = *SigningKey::from_seed(&[1; 32]).public();
        assert_eq!(VerifierKey::new(name, key).is_ok(), expect, "{name:?}");
    };
    check("log.example/源流", true);
    check(&"n".repeat(MAX_NAME_LEN), true);
    check(&"n".repeat(MAX_NAME_LEN + 1), false);
    for bad in ["", " ", "a b", "a+b", "a\nb", "a\u{a0}b", "a\u{3000}b", "a\u{7f}b", "a\u{85}b"] {
        check(bad, false);
    }
}

#[test]
fn nothing_secret_is_printed() {
    let signer = SignerKey::new("n", SigningKey::from_seed(&[0xab; 32])).unwrap();
    let shown = format!("{signer:?} {}", signer.verifier());
    assert!(!shown.contains(&"ab".repeat(32)) && !shown.contains("171"));
}

proptest! {
    #[test]
    fn keys_survive_their_text(seed: [u8; 32], name in "[a-z./\u{4e00}-\u{4e10}]{1,60}") {
        let signer = SignerKey::new(&name, SigningKey::from_seed(&seed)).unwrap();
        let verifier = signer.verifier();
        prop_assert_eq!(&verifier.to_string().parse::<VerifierKey>().unwrap(), verifier);
        let again: SignerKey = signer.expose_text().parse().unwrap();
        prop_assert_eq!(again.key().expose_seed(), &seed);
    }

    #[test]
    fn a_changed_letter_anywhere_is_refused(position in 0..VERIFIER.len(), to in "[ -~]") {
        let mut text = VERIFIER.to_owned();
        text.replace_range(position..=position, &to);
        prop_assert_eq!(text.parse::<VerifierKey>().is_ok(), text == VERIFIER);
    }
}
