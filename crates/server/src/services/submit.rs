//! Statements on their way in: single ones, and streams of batches.

use std::{
    pin::pin,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering::Relaxed},
    },
    time::{Duration, Instant},
};

use futures::{Stream, StreamExt as _, future, stream};
use ledger::{Ledger, Pending, Prepared, Receipt, Submission, Submitted};
use proto::v1::{
    Algorithm, SignedStatement, StatementResult, SubmitStatementRequest, SubmitStatementsRequest,
    SubmitStatementsResponse, statement_result::Result as OneResult,
};
use statement::{Reason, Refusal, Words, words};
use tokio::{
    sync::mpsc::{self, error::SendTimeoutError},
    time::timeout,
};
use tonic::Status;

use super::{
    Shared, finding,
    proof::{self, Told},
};
use crate::{
    config::MAX_BATCH,
    language::Language,
    metrics::micros,
    observe::Note,
    status::{Fault, Kind, not_set, refused, rejection},
};

/// Longest wait for rules, ms.
const MAX_FINDINGS_WAIT_MS: u64 = 10_000;

/// The answer to a stream of batches.
pub(crate) type Results =
    std::pin::Pin<Box<dyn Stream<Item = Result<SubmitStatementsResponse, Status>> + Send>>;

/// One statement, as the ledger takes it.
pub(super) fn submission(signed: SignedStatement) -> Result<Submission, Refusal> {
    if signed.algorithm() != Algorithm::Ed25519 {
        return Err(Refusal::at(
            Reason::UnknownAlgorithm,
            "algorithm",
            Words::of("must be ALGORITHM_ED25519", "须为 ALGORITHM_ED25519"),
        ));
    }
    let key_id = signed.key_id.as_slice().try_into().map_err(|_| {
        Refusal::at(
            Reason::InvalidField,
            "key_id",
            words!("{} bytes, must be 32", "{} 字节，须为 32", signed.key_id.len()),
        )
    })?;
    let signature = signed.signature.as_slice().try_into().map_err(|_| {
        Refusal::at(
            Reason::BadSignature,
            "signature",
            words!("{} bytes, must be 64", "{} 字节，须为 64", signed.signature.len()),
        )
    })?;
    Ok(Submission { payload: signed.payload, key_id, signature })
}

fn prepare(shared: &Shared, signed: SignedStatement) -> Result<Prepared, Refusal> {
    let submission = submission(signed).inspect_err(|refusal| shared.metrics.refuse(refusal.reason))?;
    shared.ledger.prepare(submission)
}

/// A receipt as it is sent.
pub(crate) fn receipt_message(r: Receipt) -> proto::v1::Receipt {
    proto::v1::Receipt {
        index: r.index,
        recorded_at: i64::try_from(r.recorded_at).unwrap_or(i64::MAX),
        leaf: r.leaf.to_vec(),
        chain_before: r.chain_before.to_vec(),
        chain: r.chain.to_vec(),
        signatures_missing: r.signatures_missing,
        recorded_before: r.recorded_before,
        checkpoint: String::new(),
        inclusion: Vec::new(),
        judged: false,
        findings: Vec::new(),
    }
}

/// Records one statement; refuses rather than waits when the queue is full.
pub(crate) async fn one(
    shared: &Arc<Shared>,
    request: SubmitStatementRequest,
    note: &Note,
    language: Language,
) -> Result<proto::v1::Receipt, Status> {
    let begin = Instant::now();
    let fault = |fault: Fault| fault.status(language);
    let SubmitStatementRequest { statement, without_proof, findings_wait_ms } = request;
    let signed = statement.ok_or_else(|| fault(Fault::field("statement", not_set())))?;
    let worker = Arc::clone(shared);
    let prepared = shared.verifiers.run(move || prepare(&worker, signed)).await.map_err(fault)?;
    let prepared = prepared.map_err(|refusal| refused(&refusal, None, language))?;
    note.party(&prepared.statement().header().party);
    let pending = shared
        .ledger
        .try_submit(vec![prepared])
        .map_err(|busy| refused(&Reason::QueueFull.into(), Some(busy.retry_after), language))?;
    let mut told = proof::tell(shared, pending.await, !without_proof).await.map_err(fault)?;
    // One statement, one result; none at all would mean that the writer is gone.
    let result = told.results.pop().unwrap_or(Err(Reason::WriterStopped.into()));
    let receipt = result.map_err(|refusal| refused(&refusal, None, language))?;
    shared.metrics.ack.observe(micros(begin.elapsed()), 1);
    let mut receipts = [proto::v1::Receipt { checkpoint: told.checkpoint, ..receipt }];
    add_findings(shared, receipts.iter_mut(), findings_wait_ms, language).await.map_err(fault)?;
    let [receipt] = receipts;
    Ok(receipt)
}

/// Waits until what was recorded just now is judged, and adds what its party is told of it. Who sends again what had
/// been recorded need not be its signer, and is told nothing.
async fn add_findings(
    shared: &Arc<Shared>,
    receipts: impl Iterator<Item = &mut proto::v1::Receipt>,
    wait_ms: u32,
    language: Language,
) -> Result<(), Fault> {
    let Some(finder) = shared.finder.clone().filter(|_| wait_ms > 0) else { return Ok(()) };
    let new: Vec<_> = receipts.filter(|receipt| !receipt.recorded_before).collect();
    let Some(last) = new.iter().map(|receipt| receipt.index).max() else { return Ok(()) };
    let patience = Duration::from_millis(u64::from(wait_ms).min(MAX_FINDINGS_WAIT_MS));
    if !finder.has_judged(last, patience).await {
        return Ok(());
    }
    let (worker, indexes) = (Arc::clone(shared), new.iter().map(|r| r.index).collect::<Vec<_>>());
    let read = shared.readers.read(move || {
        let view = worker.ledger.snapshot()?;
        let one = |index: u64| finding::of_statement(finder.kept(), &view, index, language);
        indexes.into_iter().map(one).collect::<Result<Vec<_>, _>>()
    });
    for (receipt, findings) in new.into_iter().zip(read.await?) {
        (receipt.judged, receipt.findings) = (true, findings);
    }
    Ok(())
}

/// A batch whose statements have been parsed and checked.
struct Checked {
    begin: Instant,
    prepared: Vec<Prepared>,
    proofs: bool,
    findings_wait_ms: u32,
    /// Those refused at once, with their place in the batch.
    refused: Vec<(usize, Refusal)>,
}

/// A batch that is queued.
struct Queued {
    begin: Instant,
    /// `None` where nothing of the batch was left to queue.
    pending: Option<Pending>,
    proofs: bool,
    findings_wait_ms: u32,
    refused: Vec<(usize, Refusal)>,
}

/// Records batches as they come. Up to `batches_per_stream` are checked at a time and as many queued, in
/// the order of arrival: batch k+1 is checked while batch k syncs. Whoever does not read results is not
/// read from; who neither sends nor reads for `stream_idle_s` is let go, once what it has sent is acknowledged or its
/// results have found nobody to take them.
pub(crate) fn stream<S>(shared: Arc<Shared>, requests: S, note: Note, language: Language) -> Results
where
    S: Stream<Item = Result<SubmitStatementsRequest, Status>> + Send + 'static,
{
    let width = shared.limits.batches_per_stream.clamp(1, 64);
    let patience = Duration::from_secs(shared.limits.stream_idle_s);
    let (checker, queuer, answerer) = (Arc::clone(&shared), shared.ledger.clone(), Arc::clone(&shared));
    let mut stop = shared.stop.clone();
    let stopped = async move {
        // An error means that the server is gone.
        let _ = stop.wait_for(|stop| *stop).await;
    };
    let idle = Arc::new(AtomicBool::new(false));
    let results = while_sent(requests, patience, Arc::clone(&idle))
        .take_until(stopped)
        .map(move |request| check(Arc::clone(&checker), request, note.clone(), language))
        .buffered(width)
        .then(move |checked| queue(queuer.clone(), checked))
        .map(move |queued| answer(Arc::clone(&answerer), queued, language))
        .buffered(width);
    let taken = while_taken(results, patience, Arc::clone(&idle));
    Box::pin(taken.chain(end(shared, idle, language)))
}

/// The messages as they come, until none comes for too long. Only while somebody waits for the next does time pass:
/// not while the stream is held up on this side.
fn while_sent<S: Stream>(
    requests: S,
    patience: Duration,
    idle: Arc<AtomicBool>,
) -> impl Stream<Item = S::Item> {
    stream::unfold((Box::pin(requests), idle), move |(mut requests, idle)| async move {
        match timeout(patience, requests.next()).await {
            Ok(next) => next.map(|next| (next, (requests, idle))),
            Err(_) => {
                idle.store(true, Relaxed);
                None
            }
        }
    })
}

/// The results, until one is not taken for too long: nobody polls the answer of a client that does not read, so a
/// task of its own waits, and drops what the stream holds.
fn while_taken<T: Send + 'static>(
    results: impl Stream<Item = T> + Send + 'static,
    patience: Duration,
    idle: Arc<AtomicBool>,
) -> impl Stream<Item = T> {
    let (give, mut take) = mpsc::channel(1);
    tokio::spawn(async move {
        let mut results = pin!(results);
        loop {
            let next = tokio::select! {
                next = results.next() => next,
                // The call is over.
                () = give.closed() => None,
            };
            let Some(next) = next else { return };
            match give.send_timeout(next, patience).await {
                Ok(()) => {}
                Err(SendTimeoutError::Timeout(_)) => return idle.store(true, Relaxed),
                Err(SendTimeoutError::Closed(_)) => return,
            }
        }
    });
    stream::poll_fn(move |cx| take.poll_recv(cx))
}

/// Says why the stream ends, if it is not because all is done.
fn end(
    shared: Arc<Shared>,
    idle: Arc<AtomicBool>,
    language: Language,
) -> impl Stream<Item = Result<SubmitStatementsResponse, Status>> {
    stream::once(async move {
        let why = if *shared.stop.borrow() {
            Kind::Stopping
        } else if idle.load(Relaxed) {
            Kind::StreamIdle
        } else {
            return None;
        };
        Some(Err(Fault::from(why).status(language)))
    })
    .filter_map(future::ready)
}

async fn check(
    shared: Arc<Shared>,
    request: Result<SubmitStatementsRequest, Status>,
    note: Note,
    language: Language,
) -> Result<Checked, Status> {
    let begin = Instant::now();
    let SubmitStatementsRequest { statements: batch, without_proofs, findings_wait_ms } = request?;
    let proofs = !without_proofs;
    if batch.len() > MAX_BATCH {
        shared.metrics.refuse(Reason::BatchTooLarge);
        return Err(refused(&Reason::BatchTooLarge.into(), None, language));
    }
    let worker = Arc::clone(&shared);
    let work = move || {
        let prepared = Vec::with_capacity(batch.len());
        let mut checked = Checked { begin, prepared, proofs, findings_wait_ms, refused: Vec::new() };
        for (place, signed) in batch.into_iter().enumerate() {
            match prepare(&worker, signed) {
                Ok(prepared) => checked.prepared.push(prepared),
                Err(refusal) => checked.refused.push((place, refusal)),
            }
        }
        if let Some(first) = checked.prepared.first() {
            note.party(&first.statement().header().party);
        }
        checked
    };
    shared.verifiers.run(work).await.map_err(|fault| fault.status(language))
}

async fn queue(ledger: Ledger, checked: Result<Checked, Status>) -> Result<Queued, Status> {
    let Checked { begin, prepared, proofs, findings_wait_ms, refused } = checked?;
    let pending = if prepared.is_empty() { None } else { Some(ledger.enqueue(prepared).await) };
    Ok(Queued { begin, pending, proofs, findings_wait_ms, refused })
}

async fn answer(
    shared: Arc<Shared>,
    queued: Result<Queued, Status>,
    language: Language,
) -> Result<SubmitStatementsResponse, Status> {
    let Queued { begin, pending, proofs, findings_wait_ms, refused } = queued?;
    let submitted = match pending {
        Some(pending) => pending.await,
        None => Submitted::default(),
    };
    let told = proof::tell(&shared, submitted, proofs).await.map_err(|fault| fault.status(language))?;
    let Told { results: mut outcomes, checkpoint } = told;
    let receipts = outcomes.iter().filter(|o| o.is_ok()).count() as u64;
    shared.metrics.ack.observe(micros(begin.elapsed()), receipts);
    let recorded = outcomes.iter_mut().filter_map(|outcome| outcome.as_mut().ok());
    let added = add_findings(&shared, recorded, findings_wait_ms, language).await;
    added.map_err(|fault| fault.status(language))?;
    Ok(SubmitStatementsResponse { results: merge(outcomes, refused, language), checkpoint })
}

/// Results in the order of the batch: `refused` says which places the outcomes do not fill.
fn merge(
    outcomes: Vec<Result<proto::v1::Receipt, Refusal>>,
    refused: Vec<(usize, Refusal)>,
    language: Language,
) -> Vec<StatementResult> {
    let one = |outcome: Result<proto::v1::Receipt, Refusal>| StatementResult {
        result: Some(match outcome {
            Ok(receipt) => OneResult::Receipt(receipt),
            Err(refusal) => OneResult::Rejection(rejection(&refusal, language)),
        }),
    };
    let mut results = Vec::with_capacity(outcomes.len() + refused.len());
    let mut outcomes = outcomes.into_iter();
    for (place, refusal) in refused {
        results.extend(outcomes.by_ref().take(place - results.len()).map(one));
        results.push(one(Err(refusal)));
    }
    results.extend(outcomes.map(one));
    results
}

#[cfg(test)]
mod tests {
    use super::*;

    fn signed() -> SignedStatement {
        SignedStatement {
            payload: vec![1, 2].into(),
            key_id: vec![3; 32],
            signature: vec![4; 64],
            algorithm: Algorithm::Ed25519 as i32,
        }
    }

    #[test]
    fn what_cannot_be_a_signature_is_refused_before_anything_is_parsed() {
        assert_eq!(submission(signed()).unwrap().payload.as_ref(), [1, 2]);
        let table = [
            (SignedStatement { algorithm: 0, ..signed() }, Reason::UnknownAlgorithm, "algorithm"),
            (SignedStatement { algorithm: 7, ..signed() }, Reason::UnknownAlgorithm, "algorithm"),
            (SignedStatement { key_id: vec![3; 31], ..signed() }, Reason::InvalidField, "key_id"),
            (SignedStatement { signature: vec![], ..signed() }, Reason::BadSignature, "signature"),
            (SignedStatement { signature: vec![4; 65], ..signed() }, Reason::BadSignature, "signature"),
        ];
        for (signed, reason, field) in table {
            let refusal = submission(signed).unwrap_err();
            assert_eq!((refusal.reason, refusal.violations[0].field.as_ref()), (reason, field));
        }
    }

    fn receipt(index: u64) -> Receipt {
        Receipt {
            index,
            recorded_at: 5,
            leaf: [0; 80],
            chain_before: [1; 32],
            chain: [2; 32],
            signatures_missing: 0,
            recorded_before: false,
        }
    }

    #[test]
    fn results_stand_in_the_order_of_the_batch() {
        // r: refused before queueing, o: refused by the ledger, else a receipt.
        for pattern in ["", "r", "0", "rr", "0r1", "r0", "r01rr2or", "o0o1"] {
            let (mut outcomes, mut early) = (Vec::new(), Vec::new());
            for (place, c) in pattern.chars().enumerate() {
                match c {
                    'r' => early.push((place, Reason::Malformed.into())),
                    'o' => outcomes.push(Err(Reason::RoleMissing.into())),
                    digit => outcomes.push(Ok(receipt_message(receipt(u64::from(digit) - u64::from('0'))))),
                }
            }
            let told: String = merge(outcomes, early, Language::English)
                .into_iter()
                .map(|r| match r.result.unwrap() {
                    OneResult::Receipt(r) => char::from_digit(r.index as u32, 10).unwrap(),
                    OneResult::Rejection(r) if r.reason == "MALFORMED" => 'r',
                    OneResult::Rejection(_) => 'o',
                })
                .collect();
            assert_eq!(told, pattern);
        }
    }
}
