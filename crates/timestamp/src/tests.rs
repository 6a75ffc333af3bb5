//! Parts that the published vectors do not reach.

use crate::{AnswerError, MAX_TOKEN, Roots, RootsError, TokenFault, info::instant, request};

#[test]
fn a_request_is_the_shortest_der_of_it() {
    let imprint = [7; 32];
    for (nonce, number) in [
        (0, &[2, 1, 0][..]),
        (0x7f, &[2, 1, 0x7f]),
        (0x80, &[2, 2, 0, 0x80]),
        (0x1234, &[2, 2, 0x12, 0x34]),
        (u64::MAX, &[2, 9, 0, 255, 255, 255, 255, 255, 255, 255, 255]),
    ] {
        let made = request(&imprint, nonce);
        assert_eq!(usize::from(made[1]), made.len() - 2);
        assert_eq!(&made[24..56], &imprint);
        assert_eq!(&made[56..made.len() - 3], number, "{nonce:#x}");
    }
}

#[test]
fn times_are_read_to_the_microsecond_and_no_others_than_there_are() {
    let at = 1_772_424_000_000_000;
    for (text, expected) in [
        ("20260302040000Z", Some(at)),
        ("20260302040000.5Z", Some(at + 500_000)),
        ("20260302040000.000001Z", Some(at + 1)),
        ("20260302040000.1234569Z", Some(at + 123_456)),
        ("20260302040000.Z", None),
        ("20260302040000.50Z", None),
        ("20260302040000.5x1Z", None),
        ("20260302040000.123456x9Z", None),
        ("20260302040000", None),
        ("20260302040000+0000", None),
        ("20260302040060Z", None),
        ("20260302240000Z", None),
        ("20260229040000Z", None),
        ("202603020400Z", None),
        ("20260302040x00Z", None),
        ("19691231235959Z", None),
        ("Z", None),
        ("", None),
    ] {
        assert_eq!(instant(text.as_bytes()), expected, "{text}");
    }
}

#[test]
fn what_is_too_long_is_not_read() {
    let long = vec![0x30; MAX_TOKEN + 1];
    let roots = Roots::from_pem(include_bytes!("../../../examples/vectors/timestamps/root.pem")).unwrap();
    assert_eq!(roots.check(&long, &[0; 32]), Err(TokenFault::TooLong));
    assert_eq!(roots.check_answer(&long, &[0; 32], 0), Err(AnswerError::Token(TokenFault::TooLong)));
}

#[test]
fn roots_are_certificates_in_pem() {
    let good = include_str!("../../../examples/vectors/timestamps/root.pem");
    assert!(Roots::from_pem(good.as_bytes()).is_ok());
    assert_eq!(Roots::from_pem(b"").unwrap_err(), RootsError::Empty);
    assert_eq!(Roots::from_pem(b"no certificate").unwrap_err(), RootsError::Empty);
    let other = "-----BEGIN CERTIFICATE-----\nMAMCAQA=\n-----END CERTIFICATE-----\n";
    assert_eq!(Roots::from_pem(format!("{good}{other}").as_bytes()).unwrap_err(), RootsError::Certificate(2));
    let cut = &good[..good.len() / 2];
    assert!(
        matches!(Roots::from_pem(cut.as_bytes()), Err(RootsError::Pem(_))),
        "{:?}",
        Roots::from_pem(cut.as_bytes())
    );
}
