use std::{
    future::poll_fn,
    io::{Read as _, Write as _},
    net::{SocketAddr, TcpStream},
    pin::pin,
    time::Duration,
};

use futures::StreamExt as _;
use http_body::Body as _;
use proto::v1::{GetCheckpointRequest, GetLedgerRequest, Role, SubmitStatementsRequest};
use rpc::ledger_service_client::LedgerServiceClient;
use tonic::{
    Code, Request,
    body::Body,
    codegen::{Service as _, http},
};
use tonic_health::pb::{HealthCheckRequest, health_client::HealthClient};

use crate::world::{Actor, World, commission, unit};

/// `GET path` by hand: the whole answer, head and body.
async fn get(address: SocketAddr, path: &'static str) -> String {
    tokio::task::spawn_blocking(move || {
        let mut stream = TcpStream::connect(address).unwrap();
        write!(stream, "GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n").unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        answer
    })
    .await
    .unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_is_answered_without_tls() {
    let world = World::start().await;
    let plain = tonic::transport::Endpoint::from_shared(format!("http://{}", world.address)).unwrap();
    let answer = match plain.connect().await {
        Ok(channel) => LedgerServiceClient::new(channel).get_ledger(GetLedgerRequest {}).await.map(drop),
        Err(_) => Err(tonic::Status::unavailable("refused")),
    };
    assert!(answer.is_err());
    world.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn health_reflection_and_checkpoint_are_there_for_anybody() {
    let world = World::start().await;
    let mut health = HealthClient::new(world.channel.clone());
    for service in ["", "yuanliu.v1.LedgerService"] {
        let request = HealthCheckRequest { service: service.into() };
        assert_eq!(health.check(request).await.unwrap().into_inner().status, 1, "{service:?}");
    }
    use tonic_reflection::pb::v1::{
        ServerReflectionRequest, server_reflection_client::ServerReflectionClient,
        server_reflection_request::MessageRequest, server_reflection_response::MessageResponse,
    };
    let list = ServerReflectionRequest {
        host: String::new(),
        message_request: Some(MessageRequest::ListServices(String::new())),
    };
    let mut reflection = ServerReflectionClient::new(world.channel.clone());
    let mut answers =
        reflection.server_reflection_info(futures::stream::iter([list])).await.unwrap().into_inner();
    let answer = answers.next().await.unwrap().unwrap().message_response.unwrap();
    let MessageResponse::ListServicesResponse(list) = answer else { panic!("{answer:?}") };
    for service in ["LedgerService", "RegistryService", "TraceService"] {
        assert!(list.service.iter().any(|s| s.name == format!("yuanliu.v1.{service}")), "{service}");
    }

    let maker = Actor::new("org:Maker", 2);
    world.register(&maker, Role::Manufacturer).await;
    let note = loop {
        match world.log().get_checkpoint(GetCheckpointRequest { size: 0 }).await {
            Ok(answer) => break answer.into_inner().note,
            Err(status) => assert_eq!(status.code(), Code::NotFound),
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    };
    let note = merkle::Note::parse(note.as_bytes()).unwrap();
    merkle::Checkpoint::open(&note, world.ledger.log_key()).unwrap();
    let unkept = world.log().get_checkpoint(GetCheckpointRequest { size: 1 << 40 }).await.unwrap_err();
    assert_eq!(unkept.code(), Code::NotFound);
    world.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_browser_reads_by_grpc_web() {
    let mut world = World::start().await;
    let request = http::Request::builder()
        .method("POST")
        .uri("/yuanliu.v1.LedgerService/GetLedger")
        .header("content-type", "application/grpc-web+proto")
        .body(Body::new(one_frame(vec![0; 5])))
        .unwrap();
    poll_fn(|cx| world.channel.poll_ready(cx)).await.unwrap();
    let response = world.channel.call(request).await.unwrap();
    assert_eq!(response.headers()["content-type"], "application/grpc-web+proto");
    let mut body = pin!(response.into_body());
    let mut bytes = Vec::new();
    while let Some(frame) = poll_fn(|cx| body.as_mut().poll_frame(cx)).await {
        bytes.extend_from_slice(frame.unwrap().data_ref().unwrap());
    }
    let text = String::from_utf8_lossy(&bytes);
    assert!(text.contains("log.example/end-to-end") && text.contains("grpc-status:0"), "{text}");
    world.stop().await.unwrap();
}

/// A body of one piece.
fn one_frame(bytes: Vec<u8>) -> impl http_body::Body<Data = bytes::Bytes, Error = tonic::Status> {
    struct One(Option<bytes::Bytes>);
    impl http_body::Body for One {
        type Data = bytes::Bytes;
        type Error = tonic::Status;

        fn poll_frame(
            mut self: std::pin::Pin<&mut Self>,
            _: &mut std::task::Context<'_>,
        ) -> std::task::Poll<Option<Result<http_body::Frame<Self::Data>, Self::Error>>> {
            std::task::Poll::Ready(self.0.take().map(|b| Ok(http_body::Frame::data(b))))
        }
    }
    One(Some(bytes.into()))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn metrics_count_statements_refusals_and_calls() {
    let world = World::start().await;
    let maker = Actor::new("org:Maker", 2);
    world.register(&maker, Role::Manufacturer).await;
    let good = maker.sign(&world.id, commission(vec![unit(1)]));
    let mut bad = maker.sign(&world.id, commission(vec![unit(2)]));
    bad.signature[0] ^= 1;
    world.submit(good).await.unwrap();
    world.submit(bad).await.unwrap_err();

    let answer = get(world.http, "/metrics").await;
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    for line in [
        "yuanliu_statements_recorded_total 3",
        "yuanliu_statements_refused_total{reason=\"BAD_SIGNATURE\"} 1",
        "yuanliu_statements_refused_total{reason=\"WRONG_LEDGER\"} 0",
        "yuanliu_log_size 4",
        "yuanliu_writer_running 1",
        "yuanliu_ack_seconds_count 3",
        "yuanliu_batch_statements_bucket{le=\"+Inf\"} 3",
        "yuanliu_rpc_total{method=\"/yuanliu.v1.LedgerService/SubmitStatement\",code=\"OK\"} 3",
        "yuanliu_rpc_total{method=\"/yuanliu.v1.LedgerService/SubmitStatement\",code=\"UNAUTHENTICATED\"} 1",
        "yuanliu_rpc_seconds_count{method=\"/yuanliu.v1.LedgerService/SubmitStatement\"} 4",
        "yuanliu_rpc_running 0",
        "# EOF",
    ] {
        assert!(answer.lines().any(|l| l == line), "no line {line:?} in\n{answer}");
    }
    assert!(
        answer.contains("process_cpu_seconds_total ") && answer.contains("process_resident_memory_bytes ")
    );
    assert!(get(world.http, "/healthz").await.ends_with("ok\n"));
    assert!(get(world.http, "/readyz").await.starts_with("HTTP/1.1 200"));

    world.ledger.shutdown().unwrap();
    assert!(get(world.http, "/readyz").await.starts_with("HTTP/1.1 503"));
    let mut health = HealthClient::new(world.channel.clone());
    let request = HealthCheckRequest { service: "yuanliu.v1.LedgerService".into() };
    let mut statuses = health.watch(request).await.unwrap().into_inner();
    while statuses.next().await.unwrap().unwrap().status != 2 {}
    let status = world.submit(maker.sign(&world.id, commission(vec![unit(3)]))).await.unwrap_err();
    assert_eq!(status.code(), Code::Unavailable);
    assert!(world.log().get_ledger(GetLedgerRequest {}).await.is_ok(), "reading goes on");
    let stopped = tokio::time::timeout(Duration::from_secs(5), world.stop()).await;
    stopped.expect("who watches the health does not hold the server up").unwrap();
    assert!(statuses.next().await.is_none_or(|s| s.is_err()), "the watch ends with the server");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn on_stop_running_streams_get_their_answers_and_new_callers_none() {
    let mut world = World::start().await;
    let maker = Actor::new("org:Maker", 2);
    world.register(&maker, Role::Manufacturer).await;
    let (sender, requests) = futures::channel::mpsc::unbounded();
    let mut answers = world.log().submit_statements(requests).await.unwrap().into_inner();
    let batch = |n: usize| SubmitStatementsRequest {
        statements: (0..100).map(|i| maker.sign(&world.id, commission(vec![unit(n * 100 + i)]))).collect(),
        without_proofs: false,
        findings_wait_ms: 0,
    };
    sender.unbounded_send(batch(0)).unwrap();
    let first = answers.next().await.unwrap().unwrap();
    assert_eq!(first.results.len(), 100);
    let more = batch(1);
    world.ask_to_stop();
    // Taken or not, whatever is answered is recorded, and the stream says why it ends.
    let _ = sender.unbounded_send(more);
    let mut recorded = 100;
    let end = loop {
        match answers.next().await.expect("a reason at the end") {
            Ok(answer) => recorded += answer.results.len(),
            Err(status) => break status,
        }
    };
    assert_eq!(end.code(), Code::Unavailable, "{end}");
    let ledger = world.ledger.clone();
    world.join().await.unwrap();
    assert_eq!(ledger.head().size, 3 + recorded as u64);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_call_ends_at_its_deadline() {
    let limits = server::Limits { verifiers: 1, deadline_ms: 5_000, ..server::Limits::default() };
    let world = World::with(limits, ledger::Config::default()).await;
    let maker = Actor::new("org:Maker", 2);
    world.register(&maker, Role::Manufacturer).await;
    // To parse, link and sync this takes many times as long as it is given.
    let large = maker.sign(&world.id, commission((0..4_000).map(unit).collect()));
    let mut request = Request::new(proto::v1::SubmitStatementRequest {
        statement: Some(large),
        without_proof: false,
        findings_wait_ms: 0,
    });
    request.set_timeout(Duration::from_micros(100));
    let status = world.log().submit_statement(request).await.unwrap_err();
    assert!(matches!(status.code(), Code::DeadlineExceeded | Code::Cancelled), "{status}");
    world.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn streams_over_half_the_limit_are_refused_with_a_delay_until_one_ends() {
    let limits = server::Limits { calls: 4, ..server::Limits::default() };
    let world = World::with(limits, ledger::Config::default()).await;
    let follow = || proto::v1::ListEntriesRequest { start: 0, limit: 0, follow: true };
    let mut open = Vec::new();
    for _ in 0..2 {
        let mut pages = world.log().list_entries(follow()).await.unwrap().into_inner();
        pages.next().await.unwrap().unwrap();
        open.push(pages);
    }
    let status = world.log().list_entries(follow()).await.unwrap_err();
    assert_eq!(status.code(), Code::ResourceExhausted);
    assert!(tonic_types::StatusExt::get_error_details(&status).retry_info().is_some());
    world.log().get_ledger(GetLedgerRequest {}).await.unwrap();
    open.pop();
    tokio::time::timeout(Duration::from_secs(10), async {
        while world.log().list_entries(follow()).await.is_err() {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    })
    .await
    .expect("a place becomes free");
    drop(open);
    world.stop().await.unwrap();
}
