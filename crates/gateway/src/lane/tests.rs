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

/// Whom a verdict holds: the bill alone, all, or those of a scope.
fn whom(verdict: &Verdict) -> Option<&Whom> {
    if let Verdict::Attention { whom, .. } = verdict { Some(whom) } else { None }
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
        ("KEY_NOT_FOR_THIS",      young,  true,    "attention"),
        ("ROLE_MISSING",          young,  true,    "attention"),
        ("NO_MANDATE",            young,  true,    "attention"),
        ("OCCURRED_AHEAD",        young,  true,    "attention"),
        ("",                      young,  true,    "attention"),
        ("INVALID_REQUEST",       young,  true,    "attention"),
        ("QUEUE_FULL",            young,  true,    "later"),
        ("BAD_SIGNATURE",         young,  true,    "refused"),
        ("TARGET_UNKNOWN",        old,    false,   "refused"),
        ("OF_A_LATER_VERSION",    young,  true,    "refused"),
    ];
    for (reason, id_age_ms, our_key, expect) in table {
        let verdict = judge(refused(reason), Situation { id_age_ms, our_key, delegable: true });
        assert_eq!(word(&verdict), expect, "{reason}");
    }
    assert_eq!(word(&judge(Ok(Receipt::default()), NOW)), "landed");
    assert_eq!(word(&judge(Err(ClientError::Stop(failed(Code::Internal, None))), NOW)), "attention");
    let wait = Some(Duration::from_secs(7));
    let later = judge(Err(ClientError::Retry(failed(Code::ResourceExhausted, wait))), NOW);
    assert!(matches!(later, Verdict::Later { asked, .. } if asked == wait));
}

const NOW: Situation = Situation { id_age_ms: 0, our_key: true, delegable: true };

#[test]
fn what_holds_bills_holds_those_that_it_concerns() {
    for reason in ["UNKNOWN_KEY", "WRONG_LEDGER", "OCCURRED_AHEAD", "UNKNOWN_PARTY"] {
        assert_eq!(whom(&judge(refused(reason), NOW)), Some(&Whom::Everybody), "{reason}");
    }
    assert_eq!(whom(&judge(refused(""), NOW)), Some(&Whom::It));
    assert_eq!(whom(&judge(refused("TOKEN_KEY"), NOW)), Some(&Whom::It));
    let stopped = judge(Err(ClientError::Stop(failed(Code::Internal, None))), NOW);
    assert_eq!(whom(&stopped), Some(&Whom::It));
    let table = [
        ("KEY_NOT_FOR_THIS", Scope::Kind),
        ("ROLE_MISSING", Scope::KindOfPrincipal),
        ("NO_MANDATE", Scope::KindOfPrincipal),
    ];
    for (reason, scope) in table {
        let verdict = judge(refused(reason), NOW);
        let Some(Whom::Alike(of, said)) = whom(&verdict) else { panic!("{reason}: {verdict:?}") };
        assert_eq!((*of, said.reason.as_str(), said.violations.len()), (scope, reason, 1));
        let Verdict::Attention { why, .. } = &verdict else { panic!() };
        assert!(why.contains("words") && why.contains("give") && !why.is_ascii(), "{why}");
    }
}

#[test]
fn an_act_that_nobody_can_sign_for_another_waits_for_no_mandate() {
    let verdict = judge(refused("NO_MANDATE"), Situation { delegable: false, ..NOW });
    assert_eq!(word(&verdict), "refused");
}

#[test]
fn a_duplicate_names_the_entry_that_was_first_where_the_ledger_does() {
    let Verdict::Settled(State::Duplicate { entry, .. }) = judge(refused("BUSINESS_KEY_TAKEN"), NOW) else {
        panic!()
    };
    assert_eq!(entry, Some(42));
    let mut silent = failed(Code::AlreadyExists, None);
    silent.reason = "BUSINESS_KEY_TAKEN".into();
    let verdict = judge(Err(ClientError::Fix(silent)), NOW);
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
