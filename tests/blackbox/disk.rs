//! A disk that takes no more: the writer stops, reading goes on, nothing acknowledged is lost.

use std::{net::SocketAddr, process::Command, time::Duration};

use client::{
    Client, ConnectOptions, EntryRange, Outcome, Purpose, ReadSigner, RetryPolicy, SubmitEvent,
    SubmitOptions, Trust,
};
use futures::stream;
use proto::v1::{GetItemRequest, GetLedgerRequest, Receipt, SubmitStatementRequest};
use rpc::ledger_service_client::LedgerServiceClient;
use tonic::Code;
use tonic_health::pb::{HealthCheckRequest, health_client::HealthClient};
use tonic_types::StatusExt as _;

use crate::kit::{Dice, Server, SimLedger, channel, error_reason};

/// Largest file in units of 512 bytes: 1 MiB, which the log's write-ahead file soon reaches.
const LIMIT: &str = "2048";

#[tokio::test(flavor = "multi_thread")]
async fn when_the_disk_takes_no_more_the_writer_stops_and_nothing_acknowledged_is_lost() {
    let mut dice = Dice::new("disk");
    let ledger = SimLedger::create(dice.roll(), 6_000);
    let mut limited = Command::new("sh");
    let script = r#"trap "" XFSZ; ulimit -f "$1"; shift; exec "$@""#;
    limited.args(["-c", script, "sh", LIMIT, env!("CARGO_BIN_EXE_yuanliu"), "serve"]);
    let anywhere = SocketAddr::from(([127, 0, 0, 1], 0));
    let mut server = Server::try_start(limited, &ledger.data, anywhere).unwrap();
    let client = ledger.client(&server).await;

    let mut receipts: Vec<Receipt> = Vec::new();
    let all = ledger.statements.iter().map(|s| s.statement.clone());
    let impatient = RetryPolicy { attempts: 0, ..RetryPolicy::default() };
    let options = SubmitOptions { batch: 32, retry: impatient, ..SubmitOptions::default() };
    let ended = client
        .submit_stream(stream::iter(all), options, |event| {
            let SubmitEvent::Settled(settled) = event else { return };
            let Outcome::Recorded(receipt) = settled.outcome else { panic!("{:?}", settled.outcome) };
            receipts.push(receipt);
        })
        .await
        .expect_err("the disk is too small for all");
    let failure = ended.error.failure().unwrap();
    assert_eq!((failure.code, failure.reason.as_str()), (Code::Unavailable, "WRITER_STOPPED"), "{failure}");
    assert!(receipts.len() > 100 && receipts.len() < ledger.statements.len(), "{}", receipts.len());

    let channel = channel(&server).await;
    let mut log = LedgerServiceClient::new(channel.clone());
    let next = ledger.statements[receipts.len()].statement.clone();
    let status = log
        .submit_statement(SubmitStatementRequest {
            statement: Some(next),
            without_proof: false,
            findings_wait_ms: 0,
        })
        .await
        .unwrap_err();
    assert_eq!((status.code(), error_reason(&status).as_str()), (Code::Unavailable, "WRITER_STOPPED"));
    assert!(status.get_details_retry_info().is_some(), "says when to try again");
    not_serving(channel.clone()).await;
    assert!(status.message().contains("operator"), "says who has to do something: {}", status.message());
    assert!(server.get("/healthz").starts_with("HTTP/1.1 200"), "it lives, and must not be killed for this");
    let ready = server.get("/readyz");
    assert!(ready.starts_with("HTTP/1.1 503") && ready.contains("mend it and start again"), "{ready}");
    let metrics = server.get("/metrics");
    assert!(metrics.contains("yuanliu_writer_running 0"), "{metrics}");
    assert!(metrics.contains("yuanliu_writer_stopped{cause=\"storage\"} 1"), "{metrics}");
    assert!(metrics.contains("yuanliu_writer_stopped{cause=\"clock\"} 0"), "{metrics}");
    let reading = HealthCheckRequest { service: "yuanliu.v1.TraceService".into() };
    let health = HealthClient::new(channel.clone()).check(reading).await.unwrap();
    assert_eq!(health.into_inner().status, 1, "reading goes on");

    // Reading goes on, but for reads that must be recorded first.
    let facts = log.get_ledger(GetLedgerRequest {}).await.unwrap().into_inner();
    assert!(facts.size > receipts.len() as u64);
    let options = || ConnectOptions {
        retry: RetryPolicy { attempts: 0, ..RetryPolicy::default() },
        ..ConnectOptions::new(server.url(), Trust::File(server.ca.clone()))
    };
    assert_entries(&Client::connect(options()).await.unwrap(), &receipts).await;
    let (party, key) = ledger.reader.clone();
    let reader = ReadSigner::new(party, key, ledger.ledger, Purpose::Purpose("test".into()));
    let privileged = Client::connect(ConnectOptions { reader: Some(reader), ..options() }).await.unwrap();
    let item = GetItemRequest { item: ledger.example.clone() };
    let refused = privileged.get_item(item.clone()).await.unwrap_err();
    assert_eq!(refused.failure().unwrap().reason, "ACCESS_NOT_RECORDED", "{refused}");
    assert!(server.get("/metrics").contains("yuanliu_access_refused_total 1"));
    server.terminate();
    assert_ne!(server.wait(), 0, "it does not end as if all were well");

    let server = Server::start(&ledger.data);
    let client = ledger.client(&server).await;
    assert_entries(&client, &receipts).await;
    ledger.submit(&client, 0..ledger.statements.len()).await;
    assert!(client.get_item(item).await.is_ok());
    assert_eq!(server.stop(), 0);
    // And an access digest for each minute or two that it took, on a slow machine.
    let more = ledger.verify()["entries"].as_u64().unwrap().checked_sub(ledger.statements.len() as u64 + 1);
    assert!(more.is_some_and(|digests| digests < 6), "{more:?}");
}

async fn not_serving(channel: tonic::transport::Channel) {
    let mut health = HealthClient::new(channel);
    for _ in 0..100 {
        let answer = health.check(HealthCheckRequest { service: String::new() }).await.unwrap();
        if answer.into_inner().status == 2 {
            return;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("health says SERVING");
}

/// Every receipt's entry is there as it was acknowledged.
async fn assert_entries(client: &Client, receipts: &[Receipt]) {
    let mut entries = client.entries(EntryRange { start: 1, limit: receipts.len() as u64, follow: false });
    for receipt in receipts {
        let entry = entries.next().await.unwrap().expect("acknowledged and not there");
        assert_eq!((entry.index, &entry.leaf, &entry.chain), (receipt.index, &receipt.leaf, &receipt.chain));
    }
}
