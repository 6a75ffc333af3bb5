use std::{net::SocketAddr, time::Duration};

use evidence::ReceiptError;
use proto::v1::Receipt;
use tonic::Status;

use super::*;
use crate::fake::{Act, Fake, options as connect_options, patience, signed};

/// Small batches, so that little input makes many.
fn options(batch: usize) -> SubmitOptions {
    SubmitOptions {
        batch,
        retry: patience(),
        answer_timeout: Duration::from_millis(300),
        ..SubmitOptions::default()
    }
}

fn many(n: usize) -> Vec<SignedStatement> {
    (0..n).map(|i| signed(&format!("statement {i}"))).collect()
}

/// Submits, and checks that each statement was reported once and in order.
async fn submit(
    fake: &Fake,
    statements: &[SignedStatement],
    options: SubmitOptions,
) -> (Result<Summary, SubmitError>, Vec<Settled>) {
    let client = fake.client().await;
    let mut settled = Vec::new();
    let source = stream::iter(statements.to_vec());
    let end = client.submit_stream(source, options, |event| {
        if let SubmitEvent::Settled(s) = event {
            settled.push(*s);
        }
    });
    let end = end.await;
    for (i, s) in settled.iter().enumerate() {
        assert_eq!((s.position, &s.statement), (i as u64, &statements[i]));
    }
    (end, settled)
}

/// All are recorded, each once, in the order given.
fn check_all_recorded(fake: &Fake, statements: &[SignedStatement], settled: &[Settled]) {
    assert_eq!(settled.len(), statements.len());
    assert_eq!(fake.state().receipts.len(), statements.len());
    assert_eq!(fake.state().leaves.len(), statements.len() + 1);
    for s in settled {
        let Outcome::Recorded(receipt) = &s.outcome else { panic!("{:?}", s.outcome) };
        let stored = fake.state().receipts[&merkle::sha256(&[&s.statement.payload])].clone();
        assert_eq!((receipt.index, &receipt.chain), (stored.index, &stored.chain));
    }
}

fn recorded_in_order(settled: &[Settled]) -> bool {
    let index = |s: &Settled| match &s.outcome {
        Outcome::Recorded(r) => r.index,
        Outcome::Refused(_) => panic!("refused"),
    };
    settled.windows(2).all(|w| index(&w[0]) < index(&w[1]))
}

#[tokio::test]
async fn many_statements_travel_in_batches_and_come_back_in_order() {
    let fake = Fake::new();
    let statements = many(1_000);
    let (end, settled) = submit(&fake, &statements, options(64)).await;
    assert_eq!(end.unwrap(), Summary { recorded: 1_000, ..Summary::default() });
    check_all_recorded(&fake, &statements, &settled);
    assert!(recorded_in_order(&settled));
    assert_eq!(fake.state().batches, [vec![64; 15], vec![40]].concat());
}

#[tokio::test]
async fn nothing_to_submit_ends_at_once() {
    let fake = Fake::new();
    let (end, settled) = submit(&fake, &[], options(8)).await;
    assert_eq!((end.unwrap(), settled.len()), (Summary::default(), 0));
}

#[tokio::test]
async fn batches_are_bounded_in_bytes_and_a_larger_statement_travels_alone() {
    let fake = Fake::new();
    let texts = ["a".repeat(300), "b".repeat(300), "c".repeat(5_000), "d".repeat(300)];
    let statements: Vec<_> = texts.iter().map(|t| signed(t)).collect();
    let (end, settled) = submit(&fake, &statements, SubmitOptions { batch_bytes: 1_000, ..options(8) }).await;
    assert_eq!(end.unwrap().recorded, 4);
    check_all_recorded(&fake, &statements, &settled);
    assert_eq!(fake.state().batches, [2, 1, 1]);
}

#[tokio::test]
async fn a_refused_statement_does_not_stop_the_others() {
    let fake = Fake::new();
    let statements: Vec<_> = ["one", "bad two", "three"].map(signed).into();
    let (end, settled) = submit(&fake, &statements, options(8)).await;
    assert_eq!(end.unwrap(), Summary { recorded: 2, refused: 1, ..Summary::default() });
    assert!(matches!(&settled[1].outcome, Outcome::Refused(r) if r.reason == "INVALID_FIELD"));
}

#[tokio::test]
async fn a_broken_stream_is_resumed_with_what_was_not_answered() {
    let later = || Act::Fail(Status::unavailable("going down"));
    let scripts = [
        vec![Act::RecordThenEnd],
        vec![Act::Honest, Act::Honest, Act::RecordThenEnd],
        vec![Act::Honest, later(), Act::Honest, Act::RecordThenEnd, later(), Act::Honest],
        vec![Act::Hang],
    ];
    for script in scripts {
        let fake = Fake::new();
        fake.script(script.clone());
        let statements = many(100);
        let (end, settled) = submit(&fake, &statements, options(10)).await;
        let summary = end.unwrap_or_else(|e| panic!("{script:?}: {e}"));
        assert_eq!((summary.recorded, summary.refused), (100, 0), "{script:?}");
        assert!(summary.waits >= 1, "{script:?}");
        check_all_recorded(&fake, &statements, &settled);
        assert!(recorded_in_order(&settled), "{script:?}");
    }
}

#[tokio::test]
async fn a_lost_answer_is_told_by_the_first_receipt() {
    let fake = Fake::new();
    fake.script([Act::RecordThenEnd]);
    let statements = many(10);
    let (end, settled) = submit(&fake, &statements, options(10)).await;
    assert_eq!(end.unwrap(), Summary { recorded: 10, recorded_before: 10, waits: 1, refused: 0 });
    check_all_recorded(&fake, &statements, &settled);
}

#[tokio::test]
async fn what_a_full_queue_turned_away_is_sent_again_after_the_delay() {
    let fake = Fake::new();
    fake.script([Act::BusyFrom(2), Act::BusyFrom(0), Act::Honest]);
    let statements = many(40);
    let start = std::time::Instant::now();
    let (end, settled) = submit(&fake, &statements, options(8)).await;
    let summary = end.unwrap();
    assert_eq!(summary.recorded, 40);
    assert!(start.elapsed() >= Duration::from_millis(20));
    check_all_recorded(&fake, &statements, &settled);
}

#[tokio::test]
async fn a_refusal_is_final_only_after_everything_before_it_is_settled() {
    let fake = Fake::new();
    // "c" is turned away for a moment, so "after c" is refused for lack of it, in its own batch and the next.
    fake.script([Act::BusyFrom(2)]);
    let statements: Vec<_> =
        ["a", "b", "c", "after c", "after after c", "bad", "after nothing"].map(signed).into();
    let (end, settled) = submit(&fake, &statements, options(4)).await;
    assert_eq!(end.unwrap(), Summary { recorded: 5, refused: 2, waits: 1, recorded_before: 0 });
    let refused: Vec<u64> = settled
        .iter()
        .filter_map(|s| matches!(s.outcome, Outcome::Refused(_)).then_some(s.position))
        .collect();
    assert_eq!(refused, [5, 6]);
}

#[tokio::test]
async fn a_forged_receipt_stops_everything_and_both_sides_are_kept() {
    let fake = Fake::new();
    fake.script([Act::Honest, Act::Forge(|r| r.chain[0] ^= 1)]);
    let statements = many(12);
    let (end, settled) = submit(&fake, &statements, options(4)).await;
    let error = end.unwrap_err();
    let ClientError::BadReceipt(bad) = &error.error else { panic!("{error}") };
    assert_eq!(bad.fault, Some(ReceiptError::Chain));
    assert_eq!(bad.statement, statements[4]);
    let honest = fake.state().receipts[&merkle::sha256(&[&statements[4].payload])].clone();
    assert_eq!((bad.receipt.index, &bad.receipt.leaf), (honest.index, &honest.leaf));
    assert_ne!(bad.receipt.chain, honest.chain);
    check_nothing_lost(&statements, &settled, &error);
}

/// Everything given is either reported, or handed back in order, or was never taken from the source.
fn check_nothing_lost(statements: &[SignedStatement], settled: &[Settled], error: &SubmitError) {
    let known = settled.len() + error.unsettled.len();
    let back: Vec<_> = error.unsettled.iter().map(|u| (u.position, u.statement.clone())).collect();
    let expect: Vec<_> = (settled.len()..known).map(|i| (i as u64, statements[i].clone())).collect();
    assert_eq!(back, expect);
    assert!(!back.is_empty());
}

#[tokio::test]
async fn a_receipt_of_another_statement_is_a_forgery() {
    let fake = Fake::new();
    let client = fake.client().await;
    let first = client.submit(&signed("one")).await.unwrap();
    static FIRST: std::sync::OnceLock<Receipt> = std::sync::OnceLock::new();
    FIRST.set(first).unwrap();
    fake.script([Act::Forge(|r| *r = FIRST.get().unwrap().clone())]);
    let error = client.submit(&signed("two")).await.unwrap_err();
    assert!(matches!(error, ClientError::BadReceipt(b) if b.fault == Some(ReceiptError::OtherEnvelope)));
}

#[tokio::test]
async fn results_that_do_not_match_the_batch_are_not_guessed_at() {
    let fake = Fake::new();
    fake.script([Act::OneShort]);
    let statements = many(4);
    let (end, settled) = submit(&fake, &statements, options(4)).await;
    let error = end.unwrap_err();
    assert!(matches!(&error.error, ClientError::Stop(f) if f.message.contains("3 results for 4")), "{error}");
    check_nothing_lost(&statements, &settled, &error);
}

#[tokio::test]
async fn a_refused_stream_is_not_tried_again() {
    let fake = Fake::new();
    fake.script([Act::Fail(Status::invalid_argument("too large"))]);
    let statements = many(4);
    let (end, settled) = submit(&fake, &statements, options(4)).await;
    let error = end.unwrap_err();
    assert!(matches!(error.error, ClientError::Fix(_)), "{error}");
    assert_eq!((error.summary.waits, fake.state().batches.len()), (0, 1));
    check_nothing_lost(&statements, &settled, &error);
}

#[tokio::test]
async fn patience_ends_and_everything_unanswered_is_handed_back() {
    let fake = Fake::new();
    let down = Act::Fail(Status::unavailable("down"));
    fake.script([vec![Act::Honest], vec![down; 100]].concat());
    let statements = many(100);
    let (end, settled) = submit(&fake, &statements, options(10)).await;
    let error = end.unwrap_err();
    assert!(matches!(error.error, ClientError::Retry(_)), "{error}");
    assert_eq!(settled.len(), 10);
    assert_eq!(error.summary.waits, u64::from(patience().attempts));
    check_nothing_lost(&statements, &settled, &error);
    // No more than four batches of ten were taken from the source beyond what was settled.
    assert!(error.unsettled.len() <= 40);
}

#[tokio::test]
async fn progress_restores_patience() {
    let fake = Fake::new();
    let down = Act::Fail(Status::unavailable("down"));
    // Far more failures than attempts, each followed by a batch that succeeds.
    fake.script((0..20).flat_map(|_| [down.clone(), Act::Honest]).collect::<Vec<_>>());
    let statements = many(200);
    let options = SubmitOptions { in_flight: 1, ..options(10) };
    let (end, settled) = submit(&fake, &statements, options).await;
    assert_eq!(end.unwrap().waits, 20);
    check_all_recorded(&fake, &statements, &settled);
}

#[tokio::test]
async fn a_slow_source_does_not_hold_back_what_is_ready() {
    let fake = Fake::new();
    let client = fake.client().await;
    let (send, receive) = tokio::sync::mpsc::channel(1);
    let (done, mut seen) = tokio::sync::mpsc::unbounded_channel();
    // Spawned, so this also proves that the future may move between threads.
    let run = tokio::spawn(async move {
        let source = tokio_stream::wrappers::ReceiverStream::new(receive);
        client.submit_stream(source, options(100), |event| done.send(format!("{event:?}")).unwrap()).await
    });
    for i in 0..3 {
        send.send(signed(&format!("slow {i}"))).await.unwrap();
        // Would wait for ever if a batch had to be full.
        assert!(seen.recv().await.unwrap().contains("Recorded"));
    }
    drop(send);
    assert_eq!(run.await.unwrap().unwrap().recorded, 3);
}

#[tokio::test]
async fn the_events_tell_of_every_wait() {
    let fake = Fake::new();
    fake.script([Act::Fail(Status::unavailable("down")), Act::RecordThenEnd]);
    let client = fake.client().await;
    let mut waits = Vec::new();
    let outcomes = client.submit_many(many(5), options(5), |event| {
        if let SubmitEvent::Waiting { failure, attempt, .. } = event {
            waits.push((failure.message.clone(), *attempt));
        }
    });
    assert_eq!(outcomes.await.unwrap().len(), 5);
    assert_eq!(waits, [("down".to_owned(), 1), ("the server ended the stream".to_owned(), 2)]);
}

#[tokio::test]
async fn one_statement_is_retried_with_the_same_bytes() {
    let fake = Fake::new();
    fake.state().unary = [Status::unavailable("down"), Status::resource_exhausted("busy")].into();
    let client = fake.client().await;
    let receipt = client.submit(&signed("one")).await.unwrap();
    assert_eq!((receipt.index, receipt.recorded_before), (1, false));
    assert!(client.submit(&signed("one")).await.unwrap().recorded_before);
    assert_eq!(fake.state().leaves.len(), 2);
    let error = client.submit(&signed("bad")).await.unwrap_err();
    assert!(matches!(error, ClientError::Fix(_)), "{error}");
}

#[test]
fn a_killed_and_restarted_server_loses_and_doubles_nothing() {
    let fake = Fake::new();
    let serve = |address: SocketAddr| {
        let runtime =
            tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        let address = runtime.block_on(fake.serve(address));
        (runtime, address)
    };
    // An address of its own, so that no other test takes the port in between.
    let (first, address) = serve(SocketAddr::from(([127, 0, 0, 77], 0)));
    let statements = many(3_000);
    let here = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    let (killed, submitted) = std::sync::mpsc::channel();
    let run = here.spawn({
        let statements = statements.clone();
        async move {
            let client = Client::connect(connect_options(address)).await.unwrap();
            let mut settled = Vec::new();
            let end = client.submit_stream(stream::iter(statements), options(20), |event| {
                if let SubmitEvent::Settled(s) = event {
                    settled.push(*s);
                    if settled.len() == 500 {
                        killed.send(()).unwrap();
                    }
                }
            });
            let end = end.await;
            (end, settled)
        }
    });
    submitted.recv().unwrap();
    // Connections and tasks die with their runtime, as in a kill.
    first.shutdown_background();
    std::thread::sleep(Duration::from_millis(50));
    let _second = serve(address);
    let (end, settled) = here.block_on(run).unwrap();
    assert_eq!(end.unwrap().recorded, 3_000);
    check_all_recorded(&fake, &statements, &settled);
    assert!(recorded_in_order(&settled));
}

#[tokio::test]
async fn a_stream_that_the_server_ends_for_want_of_statements_is_opened_anew_with_the_next() {
    let fake = Fake::new();
    fake.state().script.extend([Act::AnswerThenLeave, Act::Honest, Act::AnswerThenLeave]);
    let client = fake.client().await;
    let (give, source) = futures::channel::mpsc::unbounded();
    let (mut waits, mut told) = (0, 0);
    let events = |event: SubmitEvent| match event {
        SubmitEvent::Waiting { .. } => waits += 1,
        SubmitEvent::Settled(_) => told += 1,
    };
    let feed = async {
        for (i, pause) in [(0, 200), (1, 20), (2, 200)] {
            // Where the submission has ended early, how it ended tells why.
            let _ = give.unbounded_send(signed(&format!("statement {i}")));
            tokio::time::sleep(Duration::from_millis(pause)).await;
        }
        give.close_channel();
    };
    let (end, ()) = futures::join!(client.submit_stream(source, options(4), events), feed);
    assert_eq!(end.unwrap(), Summary { recorded: 3, ..Summary::default() });
    assert_eq!((waits, told), (0, 3), "nobody has to be patient for that");
    assert_eq!(fake.state().batches, [1, 1, 1]);
}
