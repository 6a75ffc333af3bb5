use std::collections::BTreeSet;

use statement::Words;

use super::*;

const LANGUAGES: [Language; 2] = [Language::English, Language::Chinese];

#[test]
fn every_reason_becomes_a_status_and_a_rejection_that_agree() {
    for &reason in Reason::ALL {
        for language in LANGUAGES {
            let refusal = Refusal::at(reason, "ship.items[3]", Words::of("is not a GTIN", "不是 GTIN"));
            let status = refused(&refusal, None, language);
            let rejection = rejection(&refusal, language);
            let details = status.get_error_details();

            let info = details.error_info().unwrap();
            assert_eq!((info.reason.as_str(), info.domain.as_str()), (reason.as_str(), "yuanliu"));
            assert_eq!(rejection.reason, reason.as_str());
            assert_eq!(rejection.code, i32::from(status.code()));
            assert_eq!(rejection.message, status.message());
            assert!(!matches!(status.code(), Code::Ok | Code::Unknown | Code::Internal), "{reason}");
            let violations = &details.bad_request().unwrap().field_violations;
            assert_eq!(violations[0].field, "ship.items[3]");
            assert_eq!(rejection.violations[0].description, violations[0].description);
            let retry = details.retry_info().and_then(|r| r.retry_delay).map_or(0, |d| d.as_millis());
            assert_eq!(u128::from(rejection.retry_after_ms), retry);
        }
    }
}

#[test]
fn classes_and_codes_go_together() {
    let table = [
        (Reason::Malformed, Code::InvalidArgument, 0),
        (Reason::TargetUnknown, Code::FailedPrecondition, 0),
        (Reason::IdTaken, Code::AlreadyExists, 0),
        (Reason::BadSignature, Code::Unauthenticated, 0),
        (Reason::RoleMissing, Code::PermissionDenied, 0),
        (Reason::QueueFull, Code::ResourceExhausted, 100),
        (Reason::WriterStopped, Code::Unavailable, 5_000),
    ];
    for (reason, code, retry) in table {
        let rejection = rejection(&reason.into(), Language::English);
        assert_eq!((rejection.code, rejection.retry_after_ms), (code as i32, retry), "{reason}");
    }
}

#[test]
fn the_queue_s_own_delay_is_passed_on() {
    let status = refused(&Reason::QueueFull.into(), Some(Duration::from_millis(37)), Language::English);
    let delay = status.get_error_details().retry_info().and_then(|r| r.retry_delay);
    assert_eq!(delay, Some(Duration::from_millis(37)));
}

#[test]
fn a_status_fits_into_headers_however_many_fields_are_at_fault() {
    let one = statement::Violation {
        reason: Reason::ItemTwice,
        field: "commission.items[3999]".into(),
        description: Words::same("sgtin:06901234567892.ABCDEFGHIJKLMNOPQRST is listed twice".into()),
    };
    let refusal = Refusal { reason: Reason::ItemTwice, violations: vec![one; 100] };
    let status = refused(&refusal, None, Language::Chinese);
    let kept = status.get_error_details().bad_request().unwrap().field_violations.len();
    assert!((20..100).contains(&kept), "{kept}");
    // Base64 in the header.
    assert!(status.details().len() * 4 / 3 < 12 * 1024, "{}", status.details().len());
    assert_eq!(rejection(&refusal, Language::Chinese).violations.len(), 100);
}

#[test]
fn faults_are_told_apart_in_both_languages() {
    let mut reasons: BTreeSet<&str> = Reason::ALL.iter().map(|r| r.as_str()).collect();
    let count = reasons.len();
    for &kind in Kind::ALL {
        let row = kind.row();
        reasons.insert(row.reason);
        let [english, chinese] = LANGUAGES.map(|l| Fault::from(kind).status(l));
        assert_eq!(english.code(), chinese.code());
        assert!(english.message().is_ascii() && !chinese.message().is_ascii(), "{}", row.reason);
    }
    assert_eq!(reasons.len(), count + Kind::ALL.len(), "a reason is used twice");
}

#[test]
fn a_field_fault_names_field_and_cause() {
    let fault = Fault::field("page_size", statement::Words::of("at most 1,000", "至多 1,000"));
    let chinese = fault.status(Language::Chinese).get_error_details();
    assert_eq!(chinese.bad_request().unwrap().field_violations[0].description, "至多 1,000");
    let status = fault.status(Language::English);
    let details = status.get_error_details();
    let violation = &details.bad_request().unwrap().field_violations[0];
    assert_eq!((violation.field.as_str(), violation.description.as_str()), ("page_size", "at most 1,000"));
    assert_eq!(status.code(), Code::InvalidArgument);
}
