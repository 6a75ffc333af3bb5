use client::Failure;
use proto::v1::FieldViolation;

use super::*;

fn refused(reason: &str) -> Result<Receipt, ClientError> {
    let violation = FieldViolation {
        field: "header.business_key".into(),
        description: "taken by entry 42".into(),
        ..FieldViolation::default()
    };
    Err(ClientError::Fix(Box::new(Failure {
        code: Code::InvalidArgument,
        reason: reason.into(),
        message: "words".into(),
        violations: vec![violation],
        retry_after: None,
    })))
}

fn failed(code: Code, wait: Option<Duration>) -> Box<Failure> {
    Box::new(Failure {
        code,
        reason: String::new(),
        message: "words".into(),
        violations: Vec::new(),
        retry_after: wait,
    })
}

/// The verdict by its first word.
fn word(verdict: &Verdict) -> &'static str {
    match verdict {
        Verdict::Settled(state) => state.name(),
        Verdict::SignAnew => "anew",
        Verdict::Later { .. } => "later",
        Verdict::Attention { .. } => "attention",
    }
}

#[test]
fn every_answer_has_one_verdict() {
    let (young, old) = (0, OLD_ID_MS);
    #[rustfmt::skip]
    let table = [
        // reason                 id age  our key  verdict
        ("BUSINESS_KEY_TAKEN",    young,  true,    "duplicate"),
        ("ID_OUT_OF_WINDOW",      old,    true,    "anew"),
        ("ID_OUT_OF_WINDOW",      young,  true,    "attention"),
        ("KEY_REVOKED",           young,  true,    "attention"),
        ("KEY_REVOKED",           young,  false,   "anew"),
        ("UNKNOWN_KEY",           old,    true,    "attention"),
        ("UNKNOWN_KEY",           old,    false,   "anew"),
        ("KEY_EXPIRED",           young,  false,   "anew"),
        ("KEY_OF_ANOTHER_PARTY",  young,  true,    "attention"),
        ("UNKNOWN_PARTY",         young,  false,   "attention"),
        ("WRONG_LEDGER",          young,  true,    "attention"),
        ("",                      young,  true,    "attention"),
        ("BAD_SIGNATURE",         young,  true,    "refused"),
        ("NO_MANDATE",            young,  true,    "refused"),
        ("OCCURRED_AHEAD",        young,  true,    "refused"),
        ("TARGET_UNKNOWN",        old,    false,   "refused"),
    ];
    for (reason, id_age_ms, our_key, expect) in table {
        let verdict = judge(refused(reason), Situation { id_age_ms, our_key });
        assert_eq!(word(&verdict), expect, "{reason}");
    }
    let now = Situation { id_age_ms: 0, our_key: true };
    assert_eq!(word(&judge(Ok(Receipt::default()), now)), "landed");
    assert_eq!(word(&judge(Err(ClientError::Stop(failed(Code::Internal, None))), now)), "attention");
    let about = |verdict| matches!(verdict, Verdict::Attention { everybody: true, .. });
    assert!(about(judge(refused("UNKNOWN_KEY"), now)), "every bill would meet it");
    assert!(
        !about(judge(refused(""), now))
            && !about(judge(Err(ClientError::Stop(failed(Code::Internal, None))), now))
    );
    let wait = Some(Duration::from_secs(7));
    let later = judge(Err(ClientError::Retry(failed(Code::ResourceExhausted, wait))), now);
    assert!(matches!(later, Verdict::Later { asked, .. } if asked == wait));
}

#[test]
fn every_reason_of_the_ledger_that_is_about_the_signer_holds_the_lane_and_no_other() {
    let now = Situation { id_age_ms: 0, our_key: true };
    let holds: Vec<&str> = statement::Reason::ALL
        .iter()
        .map(|r| r.as_str())
        .filter(|r| word(&judge(refused(r), now)) == "attention")
        .collect();
    let expect = [
        "WRONG_LEDGER",
        "ID_OUT_OF_WINDOW",
        "UNKNOWN_KEY",
        "KEY_REVOKED",
        "KEY_EXPIRED",
        "KEY_OF_ANOTHER_PARTY",
        "UNKNOWN_PARTY",
    ];
    assert_eq!(holds, expect);
}

#[test]
fn a_duplicate_names_the_entry_that_was_first_where_the_ledger_does() {
    let now = Situation { id_age_ms: 0, our_key: true };
    let Verdict::Settled(State::Duplicate { entry, .. }) = judge(refused("BUSINESS_KEY_TAKEN"), now) else {
        panic!()
    };
    assert_eq!(entry, Some(42));
    let mut silent = failed(Code::AlreadyExists, None);
    silent.reason = "BUSINESS_KEY_TAKEN".into();
    let verdict = judge(Err(ClientError::Fix(silent)), now);
    assert!(matches!(verdict, Verdict::Settled(State::Duplicate { entry: None, .. })));
}

#[test]
fn waits_double_spread_and_stay_bounded() {
    let mut patience = Patience::default();
    let mut waits = |random| (0..12).map(|_| patience.next(None, random)).collect::<Vec<_>>();
    let longest = waits(255);
    assert_eq!(longest[0], SHORTEST);
    assert_eq!(longest[1], SHORTEST * 2);
    assert_eq!(longest[11], LONGEST);
    let mut patience = Patience::default();
    assert_eq!(patience.next(None, 0), SHORTEST / 2);
    assert_eq!(patience.next(Some(Duration::from_secs(60)), 0), Duration::from_secs(60));
    assert_eq!(patience.next(Some(Duration::from_secs(86_400)), 0), LONGEST_ASKED);
    patience.reset();
    assert_eq!(patience.next(None, 255), SHORTEST);
}
