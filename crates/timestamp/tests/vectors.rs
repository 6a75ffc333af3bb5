//! The published tokens (examples/vectors/timestamps) get their published verdicts, and no byte of a good one may be
//! changed.

#![allow(
    clippy::disallowed_methods,
    clippy::unwrap_used,
    reason = "the crate does no I/O; tests read what index.json names"
)]

use std::{fs, path::PathBuf};

use serde_json::{Value, json};
use timestamp::{AnswerError, Roots, Stamp, TokenFault, request};

fn file(name: &str) -> Vec<u8> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../examples/vectors/timestamps");
    fs::read(folder.join(name)).unwrap()
}

fn index() -> Value {
    serde_json::from_slice(&file("index.json")).unwrap()
}

fn roots() -> Roots {
    Roots::from_pem(&file("root.pem")).unwrap()
}

fn sha256(text: &[u8]) -> [u8; 32] {
    ring::digest::digest(&ring::digest::SHA256, text).as_ref().try_into().unwrap()
}

fn imprint() -> [u8; 32] {
    sha256(index()["text"].as_str().unwrap().as_bytes())
}

fn nonce() -> u64 {
    u64::from_str_radix(index()["nonce"].as_str().unwrap(), 16).unwrap()
}

fn told(found: &Result<Stamp, TokenFault>) -> Value {
    match found {
        Ok(s) => json!({
            "at": s.at, "accuracy": s.accuracy, "authority": s.authority,
            "certificate": hex::encode(s.certificate), "policy": s.policy,
        }),
        Err(fault) => json!({"fault": fault.as_str()}),
    }
}

/// The good ones with their names.
fn good() -> Vec<(String, Vec<u8>)> {
    let files = index()["files"].as_array().unwrap().clone();
    let good = files.iter().filter(|f| f["verdict"]["fault"].is_null());
    good.map(|f| f["file"].as_str().unwrap().to_owned()).map(|name| (name.clone(), file(&name))).collect()
}

#[test]
fn every_token_gets_its_verdict() {
    let (roots, imprint) = (roots(), imprint());
    let files = index()["files"].as_array().unwrap().clone();
    assert!(files.len() >= 25);
    for one in files {
        let name = one["file"].as_str().unwrap();
        let found = roots.check(&file(name), &imprint);
        assert_eq!(told(&found), one["verdict"], "{name}: {found:?}");
        if let Err(fault) = found {
            assert!(!fault.to_string().is_empty() && fault.to_chinese() != fault.to_string());
        }
    }
}

#[test]
fn other_roots_and_imprints_are_refused() {
    let imprint = imprint();
    let other = Roots::from_pem(&file("other-root.pem")).unwrap();
    for (name, token) in good() {
        assert_eq!(other.check(&token, &imprint), Err(TokenFault::UnknownAuthority), "{name}");
        assert_eq!(roots().check(&token, &[0; 32]), Err(TokenFault::Imprint), "{name}");
    }
    assert!(other.and(roots()).check(&file("p256.der"), &imprint).is_ok());
}

#[test]
fn no_single_changed_bit_or_cut_off_byte_passes() {
    let (roots, imprint) = (roots(), imprint());
    for (name, token) in good() {
        let verdict = roots.check(&token, &imprint).unwrap();
        let root = name == "with-root.der";
        for at in 0..token.len() {
            for bit in 0..8 {
                let mut changed = token.clone();
                changed[at] ^= 1 << bit;
                match roots.check(&changed, &imprint) {
                    Err(_) => {}
                    // A root that it brings along is not looked at.
                    Ok(found) => assert!(root && found == verdict, "{name}: byte {at}, bit {bit}"),
                }
            }
            assert!(roots.check(&token[..at], &imprint).is_err(), "{name}: cut at {at}");
        }
        assert!(roots.check(&[token.as_slice(), &[0]].concat(), &imprint).is_err(), "{name}: longer");
    }
}

#[test]
fn an_answer_gives_its_token_only_to_who_asked() {
    let (roots, imprint, nonce) = (roots(), imprint(), nonce());
    assert_eq!(request(&imprint, nonce), file("request.tsq"));
    let answer = file("answer.tsr");
    let (token, stamp) = roots.check_answer(&answer, &imprint, nonce).unwrap();
    assert_eq!(roots.check(&token, &imprint), Ok(stamp));
    let refused = |imprint: &[u8; 32], nonce, fault: TokenFault| {
        assert_eq!(roots.check_answer(&answer, imprint, nonce), Err(AnswerError::Token(fault)));
    };
    refused(&imprint, nonce ^ 1, TokenFault::Nonce);
    refused(&imprint, 0, TokenFault::Nonce);
    refused(&[0; 32], nonce, TokenFault::Imprint);
    for at in 0..answer.len() {
        let mut changed = answer.clone();
        changed[at] ^= 1;
        // Granted, and granted with modifications, are the same to us: byte 8 is the status.
        assert!(roots.check_answer(&changed, &imprint, nonce).is_err() || at == 8, "byte {at}");
    }
    let refusal = roots.check_answer(&file("refusal.tsr"), &imprint, nonce).unwrap_err();
    assert!(
        matches!(&refusal, AnswerError::Refused { status: 2, text } if text.contains("digest")),
        "{refusal:?}"
    );
}
