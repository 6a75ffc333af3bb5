//! One stream from its opening to its end: batches go out, answers come in, in order.

use std::{collections::VecDeque, pin::Pin};

use futures::{FutureExt as _, Stream, StreamExt as _, TryFutureExt as _};
use merkle::{Checkpoint, VerifierKey};
use proto::v1::{
    Rejection, StatementResult, SubmitStatementsRequest, SubmitStatementsResponse,
    statement_result::Result as Answer,
};
use rpc::ledger_service_client::LedgerServiceClient;
use tokio::{
    sync::mpsc::{self, Sender},
    time::{Duration, Instant, timeout, timeout_at},
};
use tokio_stream::wrappers::ReceiverStream;
use tonic::{Response, Status};

use super::{
    Backoff, Client, ClientError, Failure, Outcome, SubmitEvent, SubmitOptions, Summary, Window, broken,
    silent,
};
use crate::{connect::MAX_ANSWER, error::is_passing_rejection};

/// Longest wait for the server to end a stream that is complete.
const FAREWELL: Duration = Duration::from_secs(1);

/// A submission under way.
pub(super) struct Submission<'a, S> {
    pub(super) client: &'a Client,
    pub(super) options: SubmitOptions,
    pub(super) window: Window,
    pub(super) source: Pin<&'a mut S>,
    /// The source has no more.
    pub(super) ended: bool,
    pub(super) backoff: Backoff,
    pub(super) summary: Summary,
    /// The checkpoint that the last receipts are under.
    pub(super) newest: Option<(String, Checkpoint)>,
}

/// How a pass ended without an error.
pub(super) enum PassEnd {
    /// Everything is settled.
    Done,
    /// The server has ended a stream on which nothing was on its way: what is given next goes over another.
    Anew,
    /// Something has to be sent again.
    Again(Box<Failure>),
}

/// What belongs to one stream.
struct Flight {
    requests: Sender<SubmitStatementsRequest>,
    /// Positions of the batches sent and not answered.
    batches: VecDeque<Vec<u64>>,
    /// When the next answer is overdue, while batches are on their way.
    due: Instant,
    /// The ledger asked to wait: nothing new is sent, answers still come in.
    held: Option<Box<Failure>>,
}

/// What a pass waits for.
enum Step {
    Answer(Option<Result<SubmitStatementsResponse, Status>>),
    Overdue,
    Given(Option<proto::v1::SignedStatement>),
}

impl<S: Stream<Item = proto::v1::SignedStatement>> Submission<'_, S> {
    /// Sends everything that has no outcome, then what the source gives, until all is settled or
    /// something has to be sent again.
    pub(super) async fn pass(
        &mut self,
        on_event: &mut impl FnMut(SubmitEvent),
    ) -> Result<PassEnd, ClientError> {
        let client = self.client;
        let key = client.log_key().await?;
        self.window.rewind();
        // The receiver never holds more than is on its way, so there is always room.
        let (requests, receiver) = mpsc::channel(self.options.in_flight);
        let mut service =
            LedgerServiceClient::new(self.client.channel()).max_decoding_message_size(MAX_ANSWER);
        let request = self.client.request(ReceiverStream::new(receiver));
        let call = async move { service.submit_statements(request).await };
        let mut answers = std::pin::pin!(call.map_ok(Response::into_inner).try_flatten_stream());
        let mut flight = Flight { requests, batches: VecDeque::new(), due: Instant::now(), held: None };
        loop {
            self.fill(&mut flight);
            if flight.batches.is_empty() {
                if let Some(failure) = flight.held {
                    return Ok(PassEnd::Again(failure));
                }
                if self.ended {
                    drop(flight);
                    let _ = timeout(FAREWELL, answers.next()).await;
                    return self.done().await;
                }
                let is_over = tokio::select! {
                    given = self.source.next() => {
                        self.take(given);
                        false
                    }
                    // Servers let streams go on which nothing is sent, and stop now and then.
                    end = answers.next() => match end {
                        Some(Ok(_)) => return Err(broken("an answer to no request")),
                        Some(Err(_)) | None => true,
                    },
                };
                if is_over {
                    let given = self.source.next().await;
                    self.take(given);
                    return if self.ended { self.done().await } else { Ok(PassEnd::Anew) };
                }
                continue;
            }
            match self.step(&mut flight, &mut answers).await {
                Step::Given(given) => self.take(given),
                Step::Overdue => return Ok(PassEnd::Again(silent("no answer in time"))),
                Step::Answer(None) => return Ok(PassEnd::Again(silent("the server ended the stream"))),
                Step::Answer(Some(answer)) => self.answer(&mut flight, answer?, key, on_event)?,
            }
        }
    }

    /// Notes the checkpoint that the last receipts are under.
    async fn done(&mut self) -> Result<PassEnd, ClientError> {
        assert!(self.window.is_empty(), "all was sent and answered, and nothing is held");
        if let Some((note, checkpoint)) = self.newest.take() {
            self.client.saw(note, checkpoint, false).await?;
        }
        Ok(PassEnd::Done)
    }

    /// Waits for an answer, or for the source where there is room.
    async fn step(
        &mut self,
        flight: &mut Flight,
        answers: &mut (impl Stream<Item = Result<SubmitStatementsResponse, Status>> + Unpin),
    ) -> Step {
        let may_send = flight.held.is_none() && flight.batches.len() < self.options.in_flight;
        let pull = may_send && !self.ended && self.window.has_room();
        tokio::select! {
            biased;
            answer = timeout_at(flight.due, answers.next()) => answer.map_or(Step::Overdue, Step::Answer),
            given = self.source.next(), if pull => Step::Given(given),
        }
    }

    fn take(&mut self, given: Option<proto::v1::SignedStatement>) {
        match given {
            Some(statement) => self.window.push(statement),
            None => self.ended = true,
        }
    }

    /// Sends batches until enough are on their way or nothing is ready.
    fn fill(&mut self, flight: &mut Flight) {
        while flight.held.is_none() && flight.batches.len() < self.options.in_flight {
            while !self.ended && self.window.has_room() && !self.window.has_batch() {
                let Some(given) = self.source.next().now_or_never() else { break };
                self.take(given);
            }
            let (positions, statements) = self.window.take_batch();
            if positions.is_empty() {
                return;
            }
            // A stream that is closed already says why by its answer.
            let findings_wait_ms = u32::try_from(self.options.findings_wait.as_millis()).unwrap_or(u32::MAX);
            let request = SubmitStatementsRequest { statements, without_proofs: false, findings_wait_ms };
            let _ = flight.requests.try_send(request);
            if flight.batches.is_empty() {
                flight.due = Instant::now() + self.options.answer_timeout;
            }
            flight.batches.push_back(positions);
        }
    }

    fn answer(
        &mut self,
        flight: &mut Flight,
        answer: SubmitStatementsResponse,
        key: &VerifierKey,
        on_event: &mut impl FnMut(SubmitEvent),
    ) -> Result<(), ClientError> {
        flight.due = Instant::now() + self.options.answer_timeout;
        let positions = flight.batches.pop_front().ok_or_else(|| broken("an answer to no request"))?;
        if positions.len() != answer.results.len() {
            let (sent, got) = (positions.len(), answer.results.len());
            return Err(broken(format_args!("{got} results for {sent} statements")));
        }
        let covering = match answer.checkpoint {
            note if note.is_empty() => None,
            note => Some((self.client.open_note(&note, key)?, note)),
        };
        for (position, result) in positions.into_iter().zip(answer.results) {
            let under = covering.as_ref().map(|(checkpoint, note)| (note.as_str(), checkpoint));
            if let Some(failure) = self.result(position, result, under)? {
                hold(&mut flight.held, failure);
            }
            while let Some(settled) = self.window.pop() {
                self.backoff.progress();
                self.count(&settled.outcome);
                on_event(SubmitEvent::Settled(Box::new(settled)));
            }
        }
        if let Some((checkpoint, note)) = covering {
            self.newest = Some((note, checkpoint));
        }
        Ok(())
    }

    /// Gives a statement its outcome, or says why it has to be sent again.
    fn result(
        &mut self,
        position: u64,
        result: StatementResult,
        under: Option<(&str, &Checkpoint)>,
    ) -> Result<Option<Failure>, ClientError> {
        let outcome = match result.result.ok_or_else(|| broken("a result without content"))? {
            Answer::Receipt(receipt) => {
                let statement = self.window.statement(position);
                let statement = statement.ok_or_else(|| broken("a result for a settled statement"))?;
                let under = under.ok_or_else(|| broken("receipts without a checkpoint"))?;
                // Rules are behind: whoever waited for them would wait as long for every batch.
                if !receipt.judged && !receipt.recorded_before {
                    self.options.findings_wait = Duration::ZERO;
                }
                Outcome::Recorded(self.client.checked_under(statement, receipt, under)?)
            }
            Answer::Rejection(rejection) if self.must_wait(position, &rejection) => {
                return Ok(Some(Failure::from(&rejection)));
            }
            Answer::Rejection(rejection) => Outcome::Refused(rejection),
        };
        self.window.set(position, outcome);
        Ok(None)
    }

    /// A refusal is final unless it says "later", or an earlier statement still waits.
    fn must_wait(&self, position: u64, rejection: &Rejection) -> bool {
        is_passing_rejection(rejection) || !self.window.is_front(position)
    }
}

/// The first failure is what is reported; the longest delay asked for is kept.
fn hold(held: &mut Option<Box<Failure>>, failure: Failure) {
    match held {
        None => *held = Some(Box::new(failure)),
        Some(first) => first.retry_after = first.retry_after.max(failure.retry_after),
    }
}
