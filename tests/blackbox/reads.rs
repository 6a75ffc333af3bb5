//! Who may read what, over the wire.

use std::time::Duration;

use client::EntryRange;
use proto::v1::{
    self, GetEntryRequest, GetItemHistoryRequest, GetItemRequest, GetReceiptRequest, KeyUse,
    ListEntriesRequest, TraceFlowRequest, TraceSourceRequest, statement::Body,
};
use serde_json::{Value, json};
use tonic::{Code, Request, Status};
use tonic_health::pb::{HealthCheckRequest, health_client::HealthClient};
use tonic_reflection::pb::v1::{
    ServerReflectionRequest, server_reflection_client::ServerReflectionClient,
    server_reflection_request::MessageRequest, server_reflection_response::MessageResponse,
};

use crate::kit::{Actor, Stage, call, commission, error_reason, reference, ship, unit};

fn with(token: &str, item: String) -> Request<GetItemRequest> {
    let mut request = Request::new(GetItemRequest { item });
    request.metadata_mut().insert("authorization", token.parse().unwrap());
    request
}

/// The maker makes two units and ships the first to the dealer.
async fn story() -> Stage {
    let stage = Stage::set().await;
    stage.submit(&stage.maker.sign(Body::Commission(commission(vec![unit(1), unit(2)])))).await;
    stage.submit(&stage.maker.sign(Body::Ship(ship(vec![unit(1)], &stage.dealer)))).await;
    stage
}

#[tokio::test(flavor = "multi_thread")]
async fn only_a_sound_token_of_a_key_for_reading_opens_anything() {
    let stage = story().await;
    let maker = &stage.maker;
    let writer = maker.with_new_key();
    stage.enrol(&writer, &[KeyUse::Sign], |_| {}).await;
    let lapsed = maker.with_new_key();
    stage.enrol(&lapsed, &[KeyUse::Read], |k| k.expires_at = 1).await;
    let stranger = Actor::new("org:Maker", stage.ledger());

    let (header, claims) = (maker.token_header(), maker.claims());
    let iat = claims["iat"].as_u64().unwrap();
    let claim = |name: &str, value: Value| {
        let mut claims = claims.clone();
        claims[name] = value;
        format!("Bearer {}", maker.token_of(&header, &claims))
    };
    let head = |name: &str, value: Value| {
        let mut header = header.clone();
        header[name] = value;
        format!("Bearer {}", maker.token_of(&header, &claims))
    };
    let by = |actor: &Actor| format!("Bearer {}", actor.token_of(&actor.token_header(), &actor.claims()));
    let good = by(maker);
    let tampered = {
        // The claims of another token under this one's signature.
        let other = claim("purpose", json!("another"));
        let (message, _) = other.rsplit_once('.').unwrap();
        let (_, signature) = good.rsplit_once('.').unwrap();
        format!("{message}.{signature}")
    };
    let table = [
        ("of another kind", "Basic bWFrZXI6".to_string(), "TOKEN_MALFORMED"),
        ("no token", "Bearer ".into(), "TOKEN_MALFORMED"),
        ("two parts", "Bearer a.b".into(), "TOKEN_MALFORMED"),
        ("no algorithm", head("alg", json!("none")), "TOKEN_MALFORMED"),
        ("another algorithm", head("alg", json!("HS256")), "TOKEN_MALFORMED"),
        ("another type", head("typ", json!("JWT")), "TOKEN_MALFORMED"),
        ("critical extension", head("crit", json!(["exp"])), "TOKEN_MALFORMED"),
        ("key id in capitals", head("kid", json!(hex::encode_upper(maker.key_id()))), "TOKEN_MALFORMED"),
        ("unknown key", by(&stranger), "TOKEN_KEY"),
        ("key for signing only", by(&writer), "TOKEN_KEY"),
        ("expired key", by(&lapsed), "TOKEN_KEY"),
        ("of another party", claim("iss", json!(stage.dealer.party)), "TOKEN_KEY"),
        ("for another ledger", claim("aud", json!("00".repeat(32))), "TOKEN_AUDIENCE"),
        (
            "expired",
            {
                let mut claims = claims.clone();
                (claims["iat"], claims["exp"]) = (json!(iat - 120), json!(iat - 60));
                format!("Bearer {}", maker.token_of(&header, &claims))
            },
            "TOKEN_EXPIRED",
        ),
        ("for six minutes", claim("exp", json!(iat + 360)), "TOKEN_LIFETIME"),
        ("from the future", claim("iat", json!(iat + 59)), "TOKEN_LIFETIME"),
        ("without a time", claim("exp", Value::Null), "TOKEN_MALFORMED"),
        ("without an id", claim("jti", json!("")), "TOKEN_MALFORMED"),
        ("without a purpose", claim("purpose", json!(" ")), "TOKEN_PURPOSE"),
        ("altered", tampered, "TOKEN_SIGNATURE"),
    ];
    let none = stage.trace().get_item(GetItemRequest { item: unit(1) }).await.unwrap_err();
    assert_eq!((none.code(), error_reason(&none).as_str()), (Code::Unauthenticated, "TOKEN_MISSING"));
    let mut wrong = Vec::new();
    for (name, token, reason) in table {
        let told = match stage.trace().get_item(with(&token, unit(1))).await {
            Ok(_) => "answered".to_string(),
            Err(status) => format!("{:?} {}", status.code(), error_reason(&status)),
        };
        if told != format!("Unauthenticated {reason}") {
            wrong.push(format!("{name}: expected {reason}, {told}"));
        }
        // A bad token is never taken for none.
        let mut entry = Request::new(GetEntryRequest { index: 0 });
        entry.metadata_mut().insert("authorization", token.parse().unwrap());
        if stage.log().get_entry(entry).await.is_ok() {
            wrong.push(format!("{name}: read as the public"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(stage.trace().get_item(with(&good, unit(1))).await.is_ok());
    let revocation = v1::RevokeKey {
        party: maker.party.clone(),
        key_id: maker.key_id().to_vec(),
        compromised_since: 0,
        reason: "lost".into(),
    };
    stage.submit(&stage.office.sign(Body::RevokeKey(revocation))).await;
    let revoked = stage.trace().get_item(with(&good, unit(1))).await.unwrap_err();
    assert_eq!(error_reason(&revoked), "TOKEN_KEY", "revoking works at once");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_trader_may_not_see_looks_like_what_is_not_there() {
    let stage = story().await;
    let answers = async |reader: &Actor, item: String| {
        let ask = |item: &String| item.clone();
        let limit = 0;
        let mut trace = stage.trace();
        let all: [Result<(), Status>; 4] = [
            trace.get_item(reader.ask(GetItemRequest { item: ask(&item) })).await.map(drop),
            trace
                .get_item_history(
                    reader.ask(GetItemHistoryRequest { item: ask(&item), ..Default::default() }),
                )
                .await
                .map(drop),
            trace.trace_source(reader.ask(TraceSourceRequest { item: ask(&item), limit })).await.map(drop),
            trace.trace_flow(reader.ask(TraceFlowRequest { item, limit })).await.map(drop),
        ];
        all.map(|answer| answer.err().map(|s| (s.code(), s.message().to_string(), s.details().to_vec())))
    };
    let nothing = answers(&stage.dealer, unit(999)).await;
    assert!(
        nothing.iter().all(|s| s.as_ref().is_some_and(|(code, ..)| *code == Code::NotFound)),
        "{nothing:?}"
    );
    for (reader, item) in [
        (&stage.dealer, unit(2)),
        (&stage.clinic, unit(1)),
        (&stage.clinic, unit(2)),
        (&stage.clinic, unit(999)),
        (&stage.office, unit(999)),
    ] {
        assert_eq!(answers(reader, item.clone()).await, nothing, "{} asks for {item}", reader.party);
    }
    for (reader, item) in [(&stage.maker, unit(2)), (&stage.dealer, unit(1)), (&stage.office, unit(2))] {
        assert_eq!(
            answers(reader, item.clone()).await,
            [const { None }; 4],
            "{} asks for {item}",
            reader.party
        );
    }
    // The same of receipts.
    let of = async |reader: &Actor, statement: v1::StatementRef| {
        let asked = reader.ask(GetReceiptRequest { statement: Some(statement) });
        let status = stage.log().get_receipt(asked).await.err();
        status.map(|s| (s.code(), s.message().to_string(), s.details().to_vec()))
    };
    let signed = stage.maker.sign(Body::Commission(commission(vec![unit(3)])));
    stage.submit(&signed).await;
    let nobody = v1::StatementRef { id: Actor::id_at(5), ..reference(&signed) };
    assert!(of(&stage.clinic, nobody.clone()).await.is_some());
    assert_eq!(of(&stage.clinic, reference(&signed)).await, of(&stage.clinic, nobody).await);
    assert_eq!(of(&stage.maker, reference(&signed)).await, None);
}

#[tokio::test(flavor = "multi_thread")]
async fn contents_are_withheld_and_leaves_are_not() {
    let stage = story().await;
    let size = stage.size().await;
    let list = async |reader: Option<&Actor>| {
        let message = ListEntriesRequest { start: 0, limit: 0, follow: false };
        let request = reader.map_or_else(|| Request::new(message), |r| r.ask(message));
        let mut pages = stage.log().list_entries(request).await.unwrap().into_inner();
        let mut entries = Vec::new();
        while let Some(page) = pages.message().await.unwrap() {
            entries.extend(page.entries);
        }
        entries
    };
    let all = list(Some(&stage.office)).await;
    assert!(all.iter().map(|e| e.index).eq(0..size) && all.iter().all(|e| !e.withheld));
    // Entries: genesis; party and key of office, maker, dealer, clinic; Commission; Ship.
    let table: [(Option<&Actor>, &[u64]); 4] = [
        (None, &[0]),
        (Some(&stage.maker), &[0, 3, 4, 9, 10]),
        (Some(&stage.dealer), &[0, 5, 6, 10]),
        (Some(&stage.clinic), &[0, 7, 8]),
    ];
    for (reader, open) in table {
        let seen = list(reader).await;
        assert_eq!(seen.len(), all.len());
        for (entry, whole) in seen.iter().zip(&all) {
            assert_eq!((&entry.leaf, &entry.chain), (&whole.leaf, &whole.chain));
            let may = open.contains(&entry.index);
            assert_eq!(entry.withheld, !may, "{:?} entry {}", reader.map(|r| &r.party), entry.index);
            let contents = (&entry.payload, &entry.envelope);
            let expect = (&whole.payload, &whole.envelope);
            assert!(if may { contents == expect } else { contents.0.is_empty() && contents.1.is_empty() });
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn behind_the_last_number_there_are_no_entries() {
    let stage = Stage::set().await;
    for start in [u64::MAX, u64::MAX - 1, 1 << 63] {
        let request = ListEntriesRequest { start, limit: 2, follow: false };
        let mut pages = stage.log().list_entries(request).await.unwrap().into_inner();
        while let Some(page) = pages.message().await.unwrap() {
            assert_eq!(page.entries, []);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_follows_sees_new_entries_as_they_come() {
    let stage = story().await;
    let size = stage.size().await;
    let client = stage.client(&stage.maker).await;
    let mut entries = client.entries(EntryRange { start: size - 1, limit: 4, follow: true });
    assert_eq!(entries.next().await.unwrap().unwrap().index, size - 1);
    let waiting = tokio::time::timeout(Duration::from_millis(300), entries.next()).await;
    assert!(waiting.is_err(), "there is nothing more yet");
    for n in 0..3 {
        let receipt = stage.submit(&stage.maker.sign(Body::Commission(commission(vec![unit(10 + n)])))).await;
        let entry =
            tokio::time::timeout(Duration::from_secs(10), entries.next()).await.unwrap().unwrap().unwrap();
        assert_eq!((entry.index, entry.leaf), (receipt.index, receipt.leaf));
        assert!(!entry.withheld);
    }
    assert!(entries.next().await.unwrap().is_none(), "as many as were asked for");
}

#[tokio::test(flavor = "multi_thread")]
async fn health_reflection_metrics_and_browsers_are_served() {
    let stage = story().await;
    let mut health = HealthClient::new(stage.channel.clone());
    for service in ["", "yuanliu.v1.LedgerService"] {
        let request = HealthCheckRequest { service: service.into() };
        assert_eq!(health.check(request).await.unwrap().into_inner().status, 1, "{service:?}");
    }
    let list = ServerReflectionRequest {
        host: String::new(),
        message_request: Some(MessageRequest::ListServices(String::new())),
    };
    let mut reflection = ServerReflectionClient::new(stage.channel.clone());
    let mut answers =
        reflection.server_reflection_info(futures::stream::iter([list])).await.unwrap().into_inner();
    let answer = answers.message().await.unwrap().unwrap().message_response.unwrap();
    let MessageResponse::ListServicesResponse(list) = answer else { panic!("{answer:?}") };
    for service in ["LedgerService", "RegistryService", "TraceService"] {
        assert!(list.service.iter().any(|s| s.name == format!("yuanliu.v1.{service}")), "{service}");
    }

    let web = call(&stage, "GetLedger", "application/grpc-web+proto", b"").await;
    assert_eq!(web.media_type, "application/grpc-web+proto");
    let text = String::from_utf8_lossy(&web.body);
    assert!(text.contains("blackbox.example/log") && text.contains("grpc-status:0"), "{text}");

    let size = stage.size().await;
    let metrics = stage.server.get("/metrics");
    assert!(metrics.starts_with("HTTP/1.1 200"), "{metrics}");
    for line in
        [format!("yuanliu_statements_recorded_total {}", size - 1), format!("yuanliu_log_size {size}")]
    {
        assert!(metrics.lines().any(|l| l == line), "no line {line:?} in\n{metrics}");
    }
    assert!(stage.server.get("/healthz").ends_with("ok\n"));
    assert!(stage.server.get("/readyz").starts_with("HTTP/1.1 200"));
    stage.end(size);
}
