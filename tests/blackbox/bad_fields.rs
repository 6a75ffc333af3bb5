//! Sound protobuf with headers that cannot be: reason and path of every field, and several faults at once.

use proto::v1::{self, Attachment, Header, statement::Body};
use tonic::Code::{self, InvalidArgument};
use tonic_types::StatusExt as _;

use crate::{
    kit::{Actor, Stage, commission, now_us, unit, violated_fields},
    refusals::{Row, check_refused, row},
};

const US_PER_MINUTE: i64 = 60_000_000;
const US_PER_DAY: i64 = 86_400_000_000;

#[tokio::test(flavor = "multi_thread")]
async fn headers_that_cannot_be_are_refused_with_the_path() {
    let stage = Stage::set().await;
    let r = |name: &str, change: fn(&mut Header), code: Code, reason, field| -> Row {
        let signed = stage.maker.sign_with(Body::Commission(commission(vec![unit(1)])), change);
        row(name, signed, code, reason, field)
    };
    let now = i64::try_from(now_us()).unwrap();
    let at = |us: i64| {
        stage.maker.sign_with(Body::Commission(commission(vec![unit(1)])), |h| h.id = Actor::id_at(us))
    };
    let happened =
        |us: i64| stage.maker.sign_with(Body::Commission(commission(vec![unit(1)])), |h| h.occurred_at = us);
    let paper = || Attachment {
        digest: vec![1; 32],
        role: "invoice".into(),
        media_type: "application/pdf".into(),
        size: 1,
    };
    let with_papers = |papers: Vec<Attachment>| {
        stage.maker.sign_with(Body::Commission(commission(vec![unit(1)])), |h| h.attachments = papers)
    };
    let rows = [
        r("no ledger", |h| h.ledger.clear(), InvalidArgument, "MISSING_FIELD", "header.ledger"),
        r("short ledger", |h| h.ledger.truncate(31), InvalidArgument, "INVALID_FIELD", "header.ledger"),
        r("another ledger", |h| h.ledger[0] ^= 1, InvalidArgument, "WRONG_LEDGER", "header.ledger"),
        r("no id", |h| h.id.clear(), InvalidArgument, "MISSING_FIELD", "header.id"),
        r("long id", |h| h.id.push(0), InvalidArgument, "INVALID_FIELD", "header.id"),
        r("UUID of version 4", |h| h.id[6] = 0x4f, InvalidArgument, "INVALID_FIELD", "header.id"),
        r("no salt", |h| h.salt.clear(), InvalidArgument, "MISSING_FIELD", "header.salt"),
        r("short salt", |h| h.salt.truncate(15), InvalidArgument, "INVALID_FIELD", "header.salt"),
        r("no party", |h| h.party.clear(), InvalidArgument, "MISSING_FIELD", "header.party"),
        r(
            "party without scheme",
            |h| h.party = "Maker".into(),
            InvalidArgument,
            "NOT_CANONICAL",
            "header.party",
        ),
        r("site without scheme", |h| h.site = "here".into(), InvalidArgument, "NOT_CANONICAL", "header.site"),
        r(
            "principal is the signer",
            |h| h.on_behalf_of = h.party.clone(),
            InvalidArgument,
            "INVALID_FIELD",
            "header.on_behalf_of",
        ),
        r("never happened", |h| h.occurred_at = 0, InvalidArgument, "MISSING_FIELD", "header.occurred_at"),
        r("before 1970", |h| h.occurred_at = -1, InvalidArgument, "INVALID_FIELD", "header.occurred_at"),
        r("after 9999", |h| h.occurred_at = i64::MAX, InvalidArgument, "INVALID_FIELD", "header.occurred_at"),
        r(
            "offset beyond a day",
            |h| h.offset_minutes = 841,
            InvalidArgument,
            "INVALID_FIELD",
            "header.offset_minutes",
        ),
        r(
            "long business key",
            |h| h.business_key = "k".repeat(81),
            InvalidArgument,
            "INVALID_FIELD",
            "header.business_key",
        ),
        r(
            "business key with a space before",
            |h| h.business_key = " k".into(),
            InvalidArgument,
            "INVALID_FIELD",
            "header.business_key",
        ),
        r(
            "business key not NFC",
            |h| h.business_key = "e\u{301}".into(),
            InvalidArgument,
            "NOT_CANONICAL",
            "header.business_key",
        ),
        r(
            "confidential",
            |h| h.confidential = true,
            InvalidArgument,
            "CONFIDENTIAL_REFUSED",
            "header.confidential",
        ),
        row(
            "short digest",
            with_papers(vec![Attachment { digest: vec![1; 31], ..paper() }]),
            InvalidArgument,
            "INVALID_FIELD",
            "header.attachments[0].digest",
        ),
        row(
            "65 papers",
            with_papers(vec![paper(); 65]),
            InvalidArgument,
            "INVALID_FIELD",
            "header.attachments",
        ),
        row(
            "id six minutes ahead",
            at(now + 6 * US_PER_MINUTE),
            InvalidArgument,
            "ID_OUT_OF_WINDOW",
            "header.id",
        ),
        row("id of 31 days ago", at(now - 31 * US_PER_DAY), InvalidArgument, "ID_OUT_OF_WINDOW", "header.id"),
        row(
            "happens in six minutes",
            happened(now + 6 * US_PER_MINUTE),
            InvalidArgument,
            "OCCURRED_AHEAD",
            "header.occurred_at",
        ),
    ];
    check_refused(&stage, &rows).await;

    // The edges of the windows are inside them.
    stage.submit(&at(now + 4 * US_PER_MINUTE)).await;
    stage.submit(&at(now - 29 * US_PER_DAY)).await;
    stage.submit(&happened(now + 4 * US_PER_MINUTE)).await;
    stage.submit(&happened(1)).await;
    let size = stage.size().await;
    stage.end(size);
}

#[tokio::test(flavor = "multi_thread")]
async fn all_faults_are_told_at_once_in_the_language_asked_for() {
    let stage = Stage::set().await;
    let size = stage.size().await;
    let mut body = commission(vec![unit(1), unit(1)]);
    (body.units_per_code, body.made_on) = (0, "yesterday".into());
    let signed = stage.maker.sign_with(Body::Commission(body), |h| h.salt.truncate(3));
    for (language, chinese) in
        [("en", false), ("zh", true), ("fr, zh-CN;q=0.5", true), ("en-US, zh;q=0.3", false)]
    {
        let message = v1::SubmitStatementRequest {
            statement: Some(signed.clone()),
            without_proof: false,
            findings_wait_ms: 0,
        };
        let mut request = tonic::Request::new(message);
        request.metadata_mut().insert("accept-language", language.parse().unwrap());
        let status = stage.log().submit_statement(request).await.unwrap_err();
        let expect =
            ["header.salt", "commission.items[1]", "commission.made_on", "commission.units_per_code"];
        assert_eq!(violated_fields(&status), expect);
        assert_eq!(!status.message().is_ascii(), chinese, "{language}: {}", status.message());
        let details = status.get_details_bad_request().unwrap().field_violations;
        for v in &details {
            assert_eq!(!v.description.is_ascii(), chinese, "{language}: {}: {}", v.field, v.description);
        }

        let batch = v1::SubmitStatementsRequest {
            statements: vec![signed.clone()],
            without_proofs: false,
            findings_wait_ms: 0,
        };
        let mut request = tonic::Request::new(futures::stream::iter([batch]));
        request.metadata_mut().insert("accept-language", language.parse().unwrap());
        let mut answers = stage.log().submit_statements(request).await.unwrap().into_inner();
        let result = answers.message().await.unwrap().unwrap().results.remove(0).result.unwrap();
        let v1::statement_result::Result::Rejection(rejection) = result else { panic!("{result:?}") };
        assert!(rejection.violations.iter().map(|v| &v.field).eq(expect));
        let descriptions = rejection.violations.iter().map(|v| &v.description);
        assert!(descriptions.eq(details.iter().map(|v| &v.description)), "{rejection:?}");
        assert_eq!(rejection.message, status.message(), "the same words on both ways");
    }
    assert_eq!(stage.size().await, size);
    stage.end(size);
}
