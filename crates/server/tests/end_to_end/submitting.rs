use std::time::Duration;

use futures::{StreamExt as _, stream};
use proto::v1::{
    self, Role, StatementResult, SubmitStatementRequest, SubmitStatementsRequest,
    statement_result::Result as One,
};
use tonic::{Code, Request, Status};
use tonic_types::StatusExt as _;

use crate::world::{Actor, World, commission, unit};

fn reason(status: &Status) -> String {
    status.get_error_details().error_info().map(|i| i.reason.clone()).unwrap_or_default()
}

fn told(results: &[StatementResult]) -> Vec<String> {
    let one = |r: &StatementResult| match r.result.as_ref().unwrap() {
        One::Receipt(r) if r.recorded_before => "again".to_string(),
        One::Receipt(_) => "new".to_string(),
        One::Rejection(r) => r.reason.clone(),
    };
    results.iter().map(one).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_statement_gets_one_receipt_however_often_it_is_sent() {
    let world = World::start().await;
    let maker = Actor::new("org:Maker", 2);
    world.register(&maker, Role::Manufacturer).await;
    let signed = maker.sign(&world.id, commission(vec![unit(1)]));
    let first = world.submit(signed.clone()).await.unwrap();
    let again = world.submit(signed).await.unwrap();
    assert_eq!((first.index, first.recorded_before), (3, false));
    assert!(again.recorded_before);
    assert_eq!(v1::Receipt { recorded_before: false, ..again }, first);
    let leaf = first.leaf.as_slice().try_into().unwrap();
    let before = first.chain_before.as_slice().try_into().unwrap();
    assert_eq!(first.chain, statement::chain_hash(&before, &leaf));
    world.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_refusal_says_reason_field_and_what_to_do_in_the_caller_s_language() {
    let world = World::start().await;
    let maker = Actor::new("org:Maker", 2);
    world.register(&maker, Role::Manufacturer).await;
    let size = world.ledger.head().size;

    let good = maker.sign(&world.id, commission(vec![unit(1)]));
    let mut forged = good.clone();
    forged.signature[3] ^= 1;
    let mut cut = good.clone();
    cut.payload.truncate(cut.payload.len() - 1);
    let stranger = Actor::new("org:Stranger", 9).sign(&world.id, commission(vec![unit(1)]));
    let other = maker.sign(&[8; 32], commission(vec![unit(1)]));
    let twice = maker.sign(&world.id, commission(vec![unit(1), unit(1)]));
    let short = v1::SignedStatement { key_id: vec![1; 5], ..good.clone() };
    let table = [
        (forged, Code::Unauthenticated, "BAD_SIGNATURE", ""),
        (cut, Code::InvalidArgument, "MALFORMED", "commission"),
        (stranger, Code::Unauthenticated, "UNKNOWN_KEY", ""),
        (other, Code::InvalidArgument, "WRONG_LEDGER", "header.ledger"),
        (twice, Code::InvalidArgument, "ITEM_TWICE", "commission.items[1]"),
        (short, Code::InvalidArgument, "INVALID_FIELD", "key_id"),
    ];
    for (signed, code, expect, field) in table {
        for (language, chinese) in [("en", false), ("zh-CN, en;q=0.5", true)] {
            let mut request = Request::new(SubmitStatementRequest {
                statement: Some(signed.clone()),
                without_proof: false,
                findings_wait_ms: 0,
            });
            request.metadata_mut().insert("accept-language", language.parse().unwrap());
            let status = world.log().submit_statement(request).await.unwrap_err();
            assert_eq!((status.code(), reason(&status).as_str()), (code, expect));
            assert_eq!(!status.message().is_ascii(), chinese, "{}", status.message());
            assert!(status.metadata().contains_key("x-request-id"));
            let details = status.get_error_details();
            let named = details.bad_request().map_or(String::new(), |b| b.field_violations[0].field.clone());
            assert!(named.starts_with(field), "{expect}: {named}");
        }
    }
    let unset = world
        .log()
        .submit_statement(SubmitStatementRequest {
            statement: None,
            without_proof: false,
            findings_wait_ms: 0,
        })
        .await
        .unwrap_err();
    assert_eq!((unset.code(), reason(&unset).as_str()), (Code::InvalidArgument, "INVALID_REQUEST"));
    assert_eq!(world.ledger.head().size, size, "nothing of it is recorded");
    world.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn batches_are_answered_in_order_and_a_refused_statement_stops_no_other() {
    let world = World::start().await;
    let maker = Actor::new("org:Maker", 2);
    world.register(&maker, Role::Manufacturer).await;
    let make = |n: usize| maker.sign(&world.id, commission(vec![unit(n)]));
    let bad = || {
        let mut signed = make(0);
        signed.signature[0] ^= 1;
        signed
    };
    let seen = make(1);
    let mut batches = vec![vec![seen.clone(), bad(), make(2)], vec![], vec![bad()], vec![seen, make(3)]];
    batches.extend((0..20).map(|b| (0..50).map(|i| make(100 + b * 50 + i)).collect()));
    let requests: Vec<_> = batches
        .into_iter()
        .map(|statements| SubmitStatementsRequest { statements, without_proofs: false, findings_wait_ms: 0 })
        .collect();
    let answers = world.log().submit_statements(stream::iter(requests)).await.unwrap().into_inner();
    let answers: Vec<_> = answers.map(|a| a.unwrap().results).collect().await;

    assert_eq!(told(&answers[0]), ["new", "BAD_SIGNATURE", "new"]);
    assert!(answers[1].is_empty());
    assert_eq!(told(&answers[2]), ["BAD_SIGNATURE"]);
    assert_eq!(told(&answers[3]), ["again", "new"]);
    let indices = answers[4..].iter().flatten().map(|r| match r.result.as_ref().unwrap() {
        One::Receipt(r) => r.index,
        One::Rejection(r) => panic!("{r:?}"),
    });
    assert!(indices.eq(6..1_006), "in the order in which they were sent");
    world.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_batch_over_the_limit_ends_the_stream_after_the_answers_before_it() {
    let world = World::start().await;
    let maker = Actor::new("org:Maker", 2);
    world.register(&maker, Role::Manufacturer).await;
    let one = maker.sign(&world.id, commission(vec![unit(1)]));
    let batch =
        |statements| SubmitStatementsRequest { statements, without_proofs: false, findings_wait_ms: 0 };
    let requests = [batch(vec![one.clone()]), batch(vec![one.clone(); 1_025]), batch(vec![one])];
    let mut answers = world.log().submit_statements(stream::iter(requests)).await.unwrap().into_inner();
    assert_eq!(told(&answers.next().await.unwrap().unwrap().results), ["new"]);
    let status = answers.next().await.unwrap().unwrap_err();
    assert_eq!((status.code(), reason(&status).as_str()), (Code::InvalidArgument, "BATCH_TOO_LARGE"));
    assert!(answers.next().await.is_none());

    let huge = v1::SignedStatement { payload: vec![0; 4 << 20].into(), ..v1::SignedStatement::default() };
    let status = world.submit(huge.clone()).await.unwrap_err();
    assert_eq!(
        (status.code(), reason(&status).as_str()),
        (Code::OutOfRange, "MESSAGE_TOO_LARGE"),
        "{status}"
    );
    assert!(status.message().contains("4 MiB"), "{status}");
    let mut answers =
        world.log().submit_statements(stream::iter([batch(vec![huge])])).await.unwrap().into_inner();
    let status = answers.next().await.unwrap().unwrap_err();
    assert_eq!(
        (status.code(), reason(&status).as_str()),
        (Code::OutOfRange, "MESSAGE_TOO_LARGE"),
        "{status}"
    );
    world.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stream_on_which_nothing_is_sent_ends_once_all_is_acknowledged() {
    let limits = server::Limits { stream_idle_s: 1, ..server::Limits::default() };
    let world = World::with(limits, ledger::Config::default()).await;
    let maker = Actor::new("org:Maker", 2);
    world.register(&maker, Role::Manufacturer).await;
    let batch = |n| SubmitStatementsRequest {
        statements: vec![maker.sign(&world.id, commission(vec![unit(n)]))],
        without_proofs: false,
        findings_wait_ms: 0,
    };
    let (sender, requests) = futures::channel::mpsc::unbounded();
    let mut answers = world.log().submit_statements(requests).await.unwrap().into_inner();
    // What is sent now and then holds the stream.
    for n in 0..3 {
        tokio::time::sleep(Duration::from_millis(500)).await;
        sender.unbounded_send(batch(n)).unwrap();
    }
    for _ in 0..3 {
        assert_eq!(told(&answers.next().await.unwrap().unwrap().results), ["new"]);
    }
    let end = tokio::time::timeout(Duration::from_secs(20), answers.next()).await.expect("an end");
    let status = end.unwrap().unwrap_err();
    assert_eq!((status.code(), reason(&status).as_str()), (Code::Unavailable, "STREAM_IDLE"), "{status}");
    assert!(answers.next().await.is_none());
    drop(sender);
    world.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stream_whose_results_nobody_takes_ends() {
    let limits = server::Limits { stream_idle_s: 1, ..server::Limits::default() };
    let world = World::with(limits, ledger::Config::default()).await;
    let (sender, requests) = futures::channel::mpsc::unbounded();
    let mut answers = world.log().submit_statements(requests).await.unwrap().into_inner();
    // Results of many refused statements fill every window between here and there.
    let bad = v1::SignedStatement { key_id: vec![3; 32], ..v1::SignedStatement::default() };
    let batch = || SubmitStatementsRequest {
        statements: vec![bad.clone(); 1_024],
        without_proofs: false,
        findings_wait_ms: 0,
    };
    (0..200).for_each(|_| sender.unbounded_send(batch()).unwrap());
    tokio::time::sleep(Duration::from_secs(4)).await;
    let mut taken = 0;
    let status = loop {
        match answers.next().await.expect("a reason at the end") {
            Ok(_) => taken += 1,
            Err(status) => break status,
        }
    };
    assert_eq!(reason(&status), "STREAM_IDLE", "{status}");
    assert!(taken < 200, "{taken}");
    world.stop().await.unwrap();
}

/// A world with a queue that one statement of many items fills.
async fn narrow() -> (World, Actor) {
    let config = ledger::Config { queue_links: 64, ..ledger::Config::default() };
    let world = World::with(server::Limits::default(), config).await;
    let maker = Actor::new("org:Maker", 2);
    world.register(&maker, Role::Manufacturer).await;
    (world, maker)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_full_queue_refuses_a_single_statement_with_a_delay() {
    let (world, maker) = narrow().await;
    // The first of these takes the whole queue for longer than a small one takes to arrive.
    let mut refused = None;
    for round in 0..20 {
        let items = (0..2_000).map(|i| unit(round * 2_000 + i)).collect();
        let large = maker.sign(&world.id, commission(items));
        let submission = ledger::Submission {
            payload: large.payload,
            key_id: maker.key_id(),
            signature: large.signature.try_into().unwrap(),
        };
        let pending = world.ledger.enqueue(vec![world.ledger.prepare(submission).unwrap()]).await;
        refused = world.submit(maker.sign(&world.id, commission(vec![unit(900_000 + round)]))).await.err();
        pending.await.results.pop().unwrap().unwrap();
        if refused.is_some() {
            break;
        }
    }
    let status = refused.expect("the queue was full at least once");
    assert_eq!((status.code(), reason(&status).as_str()), (Code::ResourceExhausted, "QUEUE_FULL"));
    assert!(status.get_error_details().retry_info().unwrap().retry_delay.is_some());
    world.submit(maker.sign(&world.id, commission(vec![unit(999_999)]))).await.unwrap();
    world.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_full_queue_slows_a_stream_down_and_refuses_nothing() {
    let (world, maker) = narrow().await;
    let batch = |b: usize| SubmitStatementsRequest {
        statements: vec![maker.sign(&world.id, commission((0..200).map(|i| unit(b * 200 + i)).collect()))],
        without_proofs: false,
        findings_wait_ms: 0,
    };
    let requests: Vec<_> = (0..40).map(batch).collect();
    let answers = world.log().submit_statements(stream::iter(requests)).await.unwrap().into_inner();
    let answers: Vec<_> = answers.map(|a| told(&a.unwrap().results)).collect().await;
    assert_eq!(answers, vec![["new"]; 40]);
    world.stop().await.unwrap();
}
