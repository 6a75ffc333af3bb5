use std::sync::Arc;

use axum::{
    Router,
    body::{Body, to_bytes},
    http::Request,
};
use hyper_util::service::TowerToHyperService;
use serde_json::Value;

use crate::{Gateway, Hosts, Key, Limits, Mapping, Outbox, Secret, Settings, router};

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
