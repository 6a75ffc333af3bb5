use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU32, Ordering},
    },
    time::Duration,
};

use axum::{
    Router,
    body::{Body, to_bytes},
    http::Request,
};
use client::{ClientError, Failure};
use hyper_util::service::TowerToHyperService;
use prost::Message as _;
use proto::v1::{Receipt, SignedStatement, Statement};
use serde_json::Value;
use tokio::sync::watch;

use crate::{Gateway, Hosts, Key, Limits, Mapping, Outbox, Secret, Settings, Wire, router};

fn door(dir: &std::path::Path) -> (Arc<Gateway>, Router, String) {
    let settings = Settings {
        data: dir.to_path_buf(),
        listen: crate::DEFAULT_LISTEN,
        hosts: Vec::new(),
        allow_remote: false,
        inbox: None,
        ledger: crate::LedgerSettings { server: "https://localhost:1".into(), ca: None, id: None },
        key: crate::KeySettings { file: None, pkcs11: None },
        bills: Mapping::of("org:Maker"),
        limits: Limits::default(),
    };
    let outbox = Outbox::open(&dir.join("outbox"), settings.limits).unwrap();
    let key = Key::File(merkle::SigningKey::from_seed(&[1; 32]));
    let gateway = Arc::new(Gateway::new(settings, outbox, key, [7; 32]).unwrap());
    let secret = Secret::load(&dir.join("secret")).unwrap();
    let text = secret.expose().to_owned();
    let app = router(Arc::clone(&gateway), secret, Hosts::new(crate::DEFAULT_LISTEN, &[]));
    (gateway, app, text)
}

async fn call(app: &Router, secret: &str, method: &str, path: &str, body: &str) -> (u16, Value) {
    let request = Request::builder()
        .method(method)
        .uri(path)
        .header("host", crate::DEFAULT_LISTEN.to_string())
        .header("authorization", format!("Bearer {secret}"))
        .body(Body::from(body.to_owned()))
        .unwrap();
    let answer =
        hyper::service::Service::call(&TowerToHyperService::new(app.clone()), request).await.unwrap();
    let status = answer.status().as_u16();
    let bytes = to_bytes(answer.into_body(), 1 << 20).await.unwrap();
    (status, serde_json::from_slice(&bytes).unwrap_or(Value::Null))
}

fn bill(number: &str, kind: &str) -> String {
    format!(
        r#"{{"number":"{number}","type":"{kind}","time":"2026-01-12 08:30","partner":"org:Dealer",
            "lines":[{{"code":"(01)09521234543213(21)U1"}}]}}"#
    )
}

#[tokio::test]
async fn a_bill_is_put_aside_with_a_reason_shown_everywhere_and_taken_up_again() {
    let temp = tempfile::tempdir().unwrap();
    let (gateway, app, secret) = door(temp.path());
    let (app, secret) = (&app, secret.as_str());
    for (number, kind) in [("A/1", "sale"), ("B", "sale"), ("B", "purchase-in")] {
        assert_eq!(call(app, secret, "POST", "/v1/bills", &bill(number, kind)).await.0, 202);
    }
    let order = r#"{"number":"A/1","reason":"waits for <the> customs\nnote"}"#;
    let (status, answer) = call(app, secret, "POST", "/v1/put-aside", order).await;
    assert_eq!((status, answer["bills"][0]["state"].as_str()), (200, Some("aside")), "{answer}");
    assert_eq!(answer["bills"][0]["reason"], "waits for <the> customsnote");
    let (_, listed) = call(app, secret, "GET", "/v1/bills?state=aside", "").await;
    assert_eq!(listed["bills"][0]["acts"][0]["what"], "put-aside", "{listed}");
    let (_, health) = call(app, secret, "GET", "/v1/health", "").await;
    assert_eq!((&health["bills"]["aside"], &health["bills"]["queued"]), (&1.into(), &2.into()));
    let counts = gateway.outbox().counts().unwrap();
    let newest = gateway.outbox().newest(9).unwrap();
    let page = crate::http::page::page("org:Maker", counts, &gateway.lane(), &newest);
    assert!(page.contains("&lt;the&gt; customs") && page.contains("已搁置 aside <b>1</b>"), "{page}");

    // Handed in again it is known; its number is taken.
    let (status, answer) = call(app, secret, "POST", "/v1/bills", &bill("A/1", "sale")).await;
    assert_eq!((status, answer["bills"][0]["outcome"].as_str()), (200, Some("same")));
    let (status, _) = call(app, secret, "POST", "/v1/bills", &bill("A/1", "sale").replace("U1", "U2")).await;
    assert_eq!(status, 409);

    let table = [
        ("/v1/put-aside", r#"{"number":"A/1","reason":"again"}"#, 404, "UNKNOWN_BILL"),
        ("/v1/put-aside", r#"{"number":"C","reason":"x"}"#, 404, "UNKNOWN_BILL"),
        ("/v1/put-aside", r#"{"number":"B","reason":"x"}"#, 409, "SEVERAL_BILLS"),
        ("/v1/put-aside", r#"{"number":"B","reason":" "}"#, 400, "BAD_REQUEST"),
        ("/v1/put-aside", r#"{"number":"B","why":"x"}"#, 400, "BAD_REQUEST"),
        ("/v1/retry", "", 400, "BAD_REQUEST"),
        ("/v1/retry", r#"{"number":"C"}"#, 404, "UNKNOWN_BILL"),
    ];
    for (path, body, status, reason) in table {
        let (found, answer) = call(app, secret, "POST", path, body).await;
        assert_eq!((found, answer["error"]["reason"].as_str()), (status, Some(reason)), "{body}: {answer}");
    }
    let (status, answer) =
        call(app, secret, "POST", "/v1/put-aside", r#"{"number":"B","kind":"receive","reason":"x"}"#).await;
    assert_eq!((status, answer["bills"][0]["kind"].as_str()), (200, Some("receive")), "{answer}");
    let (status, answer) = call(app, secret, "POST", "/v1/retry", r#"{"number":"A/1"}"#).await;
    assert_eq!((status, answer["bills"][0]["state"].as_str()), (200, Some("queued")), "{answer}");
    assert_eq!(answer["bills"][0]["acts"][1]["what"], "retry");
    assert_eq!(call(app, "wrong", "POST", "/v1/retry", r#"{"number":"A/1"}"#).await.0, 401);
}

/// A ledger that lacks a mandate, until it is stated.
#[derive(Clone, Default)]
struct Strict {
    mended: Arc<AtomicBool>,
    sent: Arc<AtomicU32>,
}

impl Wire for Strict {
    async fn submit(&self, signed: &SignedStatement) -> Result<Receipt, ClientError> {
        let statement = Statement::decode(signed.payload.clone()).unwrap();
        let header = statement.header.unwrap();
        let entry = self.sent.fetch_add(1, Ordering::SeqCst);
        if header.on_behalf_of.is_empty() || self.mended.load(Ordering::SeqCst) {
            return Ok(Receipt { index: entry.into(), ..Receipt::default() });
        }
        Err(ClientError::Fix(Box::new(Failure {
            code: tonic::Code::PermissionDenied,
            reason: "NO_MANDATE".into(),
            message: "no mandate".into(),
            violations: Vec::new(),
            retry_after: None,
        })))
    }
}

/// Waits until a bill is in a state.
async fn reaches(app: &Router, secret: &str, number: &str, state: &str) -> Value {
    for _ in 0..600 {
        let (_, answer) = call(app, secret, "GET", &format!("/v1/bills/{number}"), "").await;
        if answer["bills"][0]["state"] == state {
            return answer["bills"][0].clone();
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("{number} is not {state}: {:?}", call(app, secret, "GET", "/v1/health", "").await);
}

#[tokio::test]
async fn what_the_ledger_lacks_holds_the_bills_it_concerns_until_it_is_there_or_they_are_given_up() {
    let temp = tempfile::tempdir().unwrap();
    let (gateway, app, secret) = door(temp.path());
    let (app, secret) = (&app, secret.as_str());
    let (wire, (end, stop)) = (Strict::default(), watch::channel(false));
    let lane = tokio::spawn(Arc::clone(&gateway).run_lane(wire.clone(), stop));
    let principal = |bill: String| bill.replacen('{', r#"{"principal":"org:Clinic","#, 1);
    for text in [principal(bill("M1", "sale")), bill("F", "sale"), principal(bill("M2", "sale"))] {
        assert_eq!(call(app, secret, "POST", "/v1/bills", &text).await.0, 202);
    }
    // Others go on, with attention called.
    reaches(app, secret, "F", "landed").await;
    let (status, health) = call(app, secret, "GET", "/v1/health", "").await;
    assert_eq!((status, &health["lane"]["overtaken"][0]["number"]), (503, &"M1".into()), "{health}");
    let why = health["lane"]["overtaken"][0]["why"].as_str().unwrap();
    assert!(
        why.contains("NO_MANDATE") && why.contains("mandate that covers") && why.contains("授权"),
        "{why}"
    );
    assert_eq!(reaches(app, secret, "M1", "sending").await["state"], "sending", "not refused");

    // One was for the wrong principal: given up it is refused in the ledger's words, and its number is free.
    let (status, answer) = loop {
        let (status, answer) = call(app, secret, "POST", "/v1/give-up", r#"{"number":"M1"}"#).await;
        // While it is being sent it cannot be.
        if status != 409 {
            break (status, answer);
        }
        assert_eq!(answer["error"]["reason"], "NOT_REFUSED", "{answer}");
        tokio::time::sleep(Duration::from_millis(5)).await;
    };
    let given = &answer["bills"][0];
    assert_eq!((status, &given["state"], &given["reason"]), (200, &"refused".into(), &"NO_MANDATE".into()));
    assert_eq!(given["acts"][0]["what"], "give-up");
    let (status, answer) = call(app, secret, "POST", "/v1/bills", &bill("M1", "sale")).await;
    assert_eq!((status, answer["bills"][0]["outcome"].as_str()), (202, Some("new")), "{answer}");
    reaches(app, secret, "M1", "landed").await;
    let (status, answer) = call(app, secret, "POST", "/v1/give-up", r#"{"number":"F"}"#).await;
    assert_eq!((status, answer["error"]["reason"].as_str()), (404, Some("UNKNOWN_BILL")), "has landed");

    // The mandate is stated.
    wire.mended.store(true, Ordering::SeqCst);
    call(app, secret, "POST", "/v1/retry", r#"{"number":"M2"}"#).await;
    reaches(app, secret, "M2", "landed").await;
    let (status, health) = call(app, secret, "GET", "/v1/health", "").await;
    assert_eq!((status, &health["lane"]["overtaken"]), (200, &serde_json::json!([])), "{health}");
    end.send(true).unwrap();
    lane.await.unwrap();
}

#[tokio::test]
async fn a_bill_that_waits_for_something_else_is_not_given_up() {
    let temp = tempfile::tempdir().unwrap();
    let (_gateway, app, secret) = door(temp.path());
    call(&app, &secret, "POST", "/v1/bills", &bill("A", "sale")).await;
    let (status, answer) = call(&app, &secret, "POST", "/v1/give-up", r#"{"number":"A"}"#).await;
    assert_eq!((status, answer["error"]["reason"].as_str()), (409, Some("NOT_REFUSED")), "{answer}");
    assert_eq!(reaches(&app, &secret, "A", "queued").await["acts"], Value::Null);
}
