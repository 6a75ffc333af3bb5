use std::net::SocketAddr;

use merkle::{SignerKey, SigningKey};
use proto::v1::{GetEntryRequest, Unpack, statement::Body};
use tonic::Status;
use tonic_types::{ErrorDetails, StatusExt as _};

use super::*;
use crate::{
    ConnectOptions, EntryRange, Purpose, ReadSigner, Trust,
    fake::{Act, Fake, certificate, ledger_id, log_key, options, signed, signer},
};

async fn reader(fake: &Fake, change: impl FnOnce(&mut ConnectOptions)) -> Client {
    let address = fake.serve(SocketAddr::from(([127, 0, 0, 1], 0))).await;
    let mut options = options(address);
    let key = SigningKey::from_seed(&[9; 32]);
    options.reader = Some(ReadSigner::new("org:Fake", key, ledger_id(), Purpose::Purpose("test".into())));
    change(&mut options);
    Client::connect(options).await.unwrap()
}

#[tokio::test]
async fn reads_carry_one_token_and_public_calls_none() {
    let fake = Fake::new();
    let client = reader(&fake, |_| {}).await;
    client.ledger().await.unwrap();
    client.submit(&signed("one")).await.unwrap();
    for _ in 0..2 {
        client.get_entry(GetEntryRequest { index: 0 }).await.unwrap();
    }
    let tokens = fake.state().tokens.clone();
    let of = |method| tokens.iter().filter(|(m, _)| *m == method).map(|(_, t)| t.clone()).collect::<Vec<_>>();
    // `submit` asks for the log key once, by itself.
    assert_eq!((of("get_ledger"), of("submit")), (vec![None, None], vec![None]));
    let reads = of("get_entry");
    assert!(reads[0].as_ref().unwrap().starts_with("Bearer ey"));
    assert_eq!(reads[0], reads[1]);
}

#[tokio::test]
async fn a_reading_is_repeated_while_that_may_help() {
    let fake = Fake::new();
    fake.state().unary = [Status::unavailable("down"), Status::aborted("again")].into();
    let client = reader(&fake, |_| {}).await;
    assert_eq!(client.ledger().await.unwrap().id, ledger_id());
    let error = client.get_entry(GetEntryRequest { index: 7 }).await.unwrap_err();
    assert!(matches!(error, ClientError::Fix(f) if f.message == "no such entry"));
    assert_eq!(fake.state().tokens.len(), 4);
}

/// Refusals, what is no read, and whoever reads as nobody need none.
#[tokio::test]
async fn an_answer_without_a_record_is_refused_by_a_reader_who_insists() {
    let fake = Fake::new();
    let insists = reader(&fake, |o| o.insist_on_records = true).await;
    let entry = GetEntryRequest { index: 0 };
    let is_missing =
        |error| matches!(error, ClientError::Stop(f) if f.reason == reason::ACCESS_RECORD_MISSING);
    assert!(is_missing(insists.get_entry(entry).await.unwrap_err()));
    let mut listed = insists.entries(EntryRange { start: 0, limit: 1, follow: false });
    assert!(is_missing(listed.next().await.unwrap_err()));
    let refused = insists.get_entry(GetEntryRequest { index: 7 }).await.unwrap_err();
    assert!(matches!(refused, ClientError::Fix(f) if f.message == "no such entry"));
    insists.ledger().await.unwrap();
    assert!(insists.validate_statement(Default::default()).await.unwrap().admissible);
    let nobody = reader(&fake, |o| (o.reader, o.insist_on_records) = (None, true)).await;
    let trader = reader(&fake, |_| ()).await;
    for other in [nobody, trader] {
        other.get_entry(entry).await.unwrap();
        other.entries(EntryRange { start: 0, limit: 1, follow: false }).next().await.unwrap();
    }
}

#[tokio::test]
async fn another_ledger_than_expected_is_refused() {
    let fake = Fake::new();
    let client = reader(&fake, |o| o.ledger = Some([0; 32])).await;
    let error = client.ledger().await.unwrap_err();
    assert!(matches!(error, ClientError::Stop(f) if f.reason == reason::OTHER_LEDGER));
}

#[tokio::test]
async fn a_checkpoint_opens_with_the_log_key_only() {
    let fake = Fake::new();
    let client = reader(&fake, |_| {}).await;
    let (checkpoint, note) = client.checkpoint(0, log_key().verifier()).await.unwrap();
    assert_eq!(*checkpoint.root(), client.ledger().await.unwrap().root);
    let other = SignerKey::new(log_key().verifier().name(), SigningKey::from_seed(&[78; 32])).unwrap();
    let error = client.checkpoint(0, other.verifier()).await.unwrap_err();
    assert!(matches!(error, ClientError::BadCheckpoint(bad) if bad.note == note));
    let error = client.checkpoint(5, log_key().verifier()).await.unwrap_err();
    assert!(matches!(error, ClientError::Stop(_)), "{error}");
}

#[tokio::test]
async fn a_receipt_asked_for_later_is_checked_too() {
    let fake = Fake::new();
    let client = reader(&fake, |_| {}).await;
    let sign = || {
        let body = Body::Unpack(Unpack { parent: "sscc:095200000000000011".into(), children: Vec::new() });
        signer().sign(v1::Statement { header: None, body: Some(body) }).unwrap()
    };
    let (mine, other) = (sign(), sign());
    let receipt = client.submit(&mine).await.unwrap();
    assert_eq!(client.receipt(&mine).await.unwrap(), receipt);
    assert!(matches!(client.receipt(&other).await.unwrap_err(), ClientError::BadReceipt(_)));
}

#[tokio::test]
async fn entries_come_in_order_over_broken_streams() {
    let fake = Fake::new();
    let client = reader(&fake, |_| {}).await;
    for i in 0..20 {
        client.submit(&signed(&format!("entry {i}"))).await.unwrap();
    }
    fake.state().break_entries_after = 3;
    let table = [((0, 0), 0..21), ((5, 7), 5..12), ((20, 0), 20..21), ((21, 0), 21..21)];
    for ((start, limit), expect) in table {
        let mut entries = client.entries(EntryRange { start, limit, follow: false });
        let mut seen = Vec::new();
        while let Some(entry) = entries.next().await.unwrap() {
            assert_eq!(entry.leaf, fake.state().leaves[entry.index as usize]);
            seen.push(entry.index);
        }
        assert_eq!(seen, expect.collect::<Vec<_>>());
    }
}

#[tokio::test]
async fn a_listing_that_ends_with_its_token_goes_on_with_a_fresh_one() {
    let fake = Fake::new();
    let client = reader(&fake, |_| {}).await;
    for i in 0..9 {
        client.submit(&signed(&format!("entry {i}"))).await.unwrap();
    }
    let expired = |reason: &str| {
        let details = ErrorDetails::with_error_info(reason, "yuanliu", std::collections::HashMap::new());
        Status::with_error_details(Code::Unauthenticated, "over", details)
    };
    fake.state().break_entries_after = 4;
    fake.state().break_with = Some(expired("TOKEN_EXPIRED"));
    let mut entries = client.entries(EntryRange { start: 0, limit: 10, follow: true });
    for index in 0..10 {
        assert_eq!(entries.next().await.unwrap().unwrap().index, index);
    }
    let tokens: Vec<_> = fake.state().tokens.iter().filter(|(m, _)| *m == "list_entries").cloned().collect();
    assert_eq!(tokens.len(), 3);
    assert!(tokens[0].1 != tokens[1].1 && tokens[1].1 != tokens[2].1, "each with a token of its own");

    // Any other refusal of the token is the caller's to mend.
    fake.state().break_with = Some(expired("TOKEN_KEY"));
    let mut entries = client.entries(EntryRange { start: 0, limit: 10, follow: true });
    let refused = loop {
        if let Err(error) = entries.next().await {
            break error;
        }
    };
    assert!(matches!(refused, ClientError::Fix(f) if f.reason == "TOKEN_KEY"));
}

#[tokio::test]
async fn following_goes_on_where_the_log_grows() {
    let fake = Fake::new();
    let client = reader(&fake, |_| {}).await;
    let mut entries = client.entries(EntryRange { start: 0, limit: 0, follow: true });
    assert_eq!(entries.next().await.unwrap().unwrap().index, 0);
    client.submit(&signed("later")).await.unwrap();
    assert_eq!(entries.next().await.unwrap().unwrap().index, 1);
}

#[tokio::test]
async fn a_certificate_that_is_not_trusted_is_no_matter_of_waiting() {
    let fake = Fake::new();
    let address = fake.serve(SocketAddr::from(([127, 0, 0, 1], 0))).await;
    let connect = |trust: Trust| {
        let mut options = options(address);
        options.trust = trust;
        Client::connect(options)
    };
    let stranger = connect(Trust::Pem(certificate().0.into())).await.unwrap_err();
    assert!(
        matches!(&stranger, ClientError::Stop(f) if f.reason == reason::CERTIFICATE && f.message.contains("certificate")),
        "{stranger}"
    );
    let empty = connect(Trust::Pem(b"nothing".to_vec())).await.unwrap_err();
    assert!(matches!(&empty, ClientError::Stop(f) if f.message.contains("PEM")), "{empty}");
    let missing = connect(Trust::File("/nonexistent/ca.pem".into())).await.unwrap_err();
    assert!(
        matches!(&missing, ClientError::Stop(f) if f.message.contains("/nonexistent/ca.pem")),
        "{missing}"
    );
}

#[tokio::test]
async fn the_name_in_the_certificate_has_to_be_the_hosts() {
    let fake = Fake::new();
    let address = fake.serve(SocketAddr::from(([127, 0, 0, 1], 0))).await;
    let mut options = options(address);
    options.server_name = None;
    assert!(matches!(Client::connect(options.clone()).await.unwrap_err(), ClientError::Stop(_)));
    options.url = format!("https://localhost:{}", address.port());
    Client::connect(options).await.unwrap().ledger().await.unwrap();
}

#[tokio::test]
async fn an_unencrypted_address_is_refused_and_a_dead_one_is_for_later() {
    // Bound, so that nobody else takes the port, and not listening.
    let socket = tokio::net::TcpSocket::new_v4().unwrap();
    socket.bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let mut dead = options(socket.local_addr().unwrap());
    assert!(matches!(Client::connect(dead.clone()).await.unwrap_err(), ClientError::Retry(_)));
    dead.url = dead.url.replace("https", "http");
    assert!(matches!(Client::connect(dead).await.unwrap_err(), ClientError::Stop(_)));
}

#[tokio::test]
async fn a_server_that_stays_silent_is_given_up_in_time() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let mut options = options(listener.local_addr().unwrap());
    options.connect_timeout = std::time::Duration::from_millis(200);
    let connect = tokio::time::timeout(std::time::Duration::from_secs(5), Client::connect(options));
    assert!(matches!(connect.await.expect("in time").unwrap_err(), ClientError::Retry(_)));
}

#[tokio::test]
async fn an_answer_that_does_not_come_is_for_later() {
    let fake = Fake::new();
    fake.script([Act::Hang, Act::Hang]);
    let client = reader(&fake, |o| {
        o.request_timeout = std::time::Duration::from_millis(100);
        o.retry.attempts = 1;
    })
    .await;
    assert!(matches!(client.submit(&signed("one")).await.unwrap_err(), ClientError::Retry(_)));
    assert_eq!(client.submit(&signed("one")).await.unwrap().index, 1);
}
