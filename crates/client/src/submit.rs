//! Submitting: one statement, or many over a stream of batches.
//!
//! Statements are settled in the order in which they were given. What is not answered is sent again,
//! byte for byte the same, which the ledger answers with the first receipt; so a broken connection, a
//! restart and a full queue neither lose a statement nor record one twice.
//!
//! A refusal counts only once everything before it is settled: while an earlier statement waits for its
//! turn, a later one that names it would be refused for no fault of its own, and is sent again too.

mod pass;
mod window;

use std::time::Duration;

use futures::{Stream, stream};
use proto::v1::{Receipt, Rejection, SignedStatement, SubmitStatementRequest};
use rpc::ledger_service_client::LedgerServiceClient;
use tonic::Code;

use crate::{Client, ClientError, Failure, RetryPolicy, read::broken, retry::Backoff};

use pass::{PassEnd, Submission};
use window::Window;

/// Most statements in a message that servers take.
pub const MAX_BATCH: usize = 1_024;
/// Most bytes in a message that servers take, with room for its framing.
pub const MAX_BATCH_BYTES: usize = 4 * 1024 * 1024 - 16 * 1024;
/// Most batches that may wait for their answers.
pub const MAX_IN_FLIGHT: usize = 64;

/// How many statements travel together. Values outside a range are taken as its nearest end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SubmitOptions {
    /// Statements in a batch, 1 to [`MAX_BATCH`]. Default 256.
    pub batch: usize,
    /// Bytes in a batch, 1 to [`MAX_BATCH_BYTES`]; a longer statement travels alone. Default 3 MiB.
    pub batch_bytes: usize,
    /// Batches on their way at a time, 1 to [`MAX_IN_FLIGHT`]. Default 4.
    pub in_flight: usize,
    /// Longest wait for the next answer while batches are on their way. Default 30 s.
    pub answer_timeout: Duration,
    /// Longest wait in the ledger for what rules say about a batch, up to 10 s; once an answer comes without, no further
    /// batch waits. Default 0: receipts come as soon as the statements are durable.
    pub findings_wait: Duration,
    /// Patience, counted from the last statement settled.
    pub retry: RetryPolicy,
}

impl Default for SubmitOptions {
    fn default() -> Self {
        Self {
            batch: 256,
            batch_bytes: 3 * 1024 * 1024,
            in_flight: 4,
            answer_timeout: Duration::from_secs(30),
            findings_wait: Duration::ZERO,
            retry: RetryPolicy::default(),
        }
    }
}

impl SubmitOptions {
    fn bounded(self) -> Self {
        Self {
            batch: self.batch.clamp(1, MAX_BATCH),
            batch_bytes: self.batch_bytes.clamp(1, MAX_BATCH_BYTES),
            in_flight: self.in_flight.clamp(1, MAX_IN_FLIGHT),
            ..self
        }
    }
}

/// What became of a statement.
#[derive(Clone, Debug, PartialEq)]
pub enum Outcome {
    /// It is in the log and durable; the receipt has been checked.
    Recorded(Receipt),
    /// It was refused for good; nothing of it was recorded.
    Refused(Rejection),
}

/// A statement with what became of it.
#[derive(Clone, Debug, PartialEq)]
pub struct Settled {
    /// Its place among the statements given, from 0.
    pub position: u64,
    /// As it was sent.
    pub statement: SignedStatement,
    /// What became of it.
    pub outcome: Outcome,
    /// From first sending it to the answer that settled it.
    pub latency: Duration,
}

/// What happens while many statements are submitted.
#[derive(Clone, Debug)]
pub enum SubmitEvent {
    /// The next statement in order is settled.
    Settled(Box<Settled>),
    /// The connection broke or the ledger is busy; after the delay what is not answered is sent again.
    Waiting {
        /// What happened.
        failure: Failure,
        /// Tries since a statement was last settled, this one included.
        attempt: u32,
        /// How long it waits.
        delay: Duration,
    },
}

/// Counts of one submission.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Summary {
    /// Statements in the log.
    pub recorded: u64,
    /// Of these, recorded before this submission, or before an answer was lost.
    pub recorded_before: u64,
    /// Statements refused.
    pub refused: u64,
    /// How often it had to wait and send again.
    pub waits: u64,
}

/// A statement that was given and not settled.
#[derive(Clone, Debug, PartialEq)]
pub struct Unsettled {
    /// Its place among the statements given, from 0.
    pub position: u64,
    /// As it was, or would have been, sent.
    pub statement: SignedStatement,
    /// Its receipt, where it has one and only waits for those before it.
    pub receipt: Option<Receipt>,
}

/// A submission that did not come to its end.
#[derive(Debug, thiserror::Error)]
#[error("{error} ({} statements settled, {} waiting)", summary.recorded + summary.refused, unsettled.len())]
pub struct SubmitError {
    /// Why.
    pub error: ClientError,
    /// What had been settled.
    pub summary: Summary,
    /// What was taken from the source and not settled, in order. Sending it again is safe.
    pub unsettled: Vec<Unsettled>,
}

/// Statements given as a list, and how far they came.
#[derive(Debug, thiserror::Error)]
#[error("{error}")]
pub struct SubmitManyError {
    /// Why it ended early.
    pub error: SubmitError,
    /// Outcomes of the first statements; all further ones are not settled.
    pub settled: Vec<Outcome>,
}

impl Client {
    /// Submits one statement and returns its checked receipt once it is durable. Repeated while that may
    /// help, with the same bytes.
    ///
    /// # Errors
    /// [`ClientError::Fix`] where the statement is refused; else see [`ClientError`].
    pub async fn submit(&self, statement: &SignedStatement) -> Result<Receipt, ClientError> {
        let request = SubmitStatementRequest {
            statement: Some(statement.clone()),
            without_proof: false,
            findings_wait_ms: 0,
        };
        let answer = self
            .call(request, |channel, request| async move {
                LedgerServiceClient::new(channel).submit_statement(request).await
            })
            .await?;
        self.checked(statement, answer.receipt).await
    }

    /// Submits a list and returns what became of each, in order.
    ///
    /// # Errors
    /// See [`SubmitError`]. A refused statement is an outcome, not an error.
    pub async fn submit_many(
        &self,
        statements: impl IntoIterator<Item = SignedStatement>,
        options: SubmitOptions,
        mut progress: impl FnMut(&SubmitEvent),
    ) -> Result<Vec<Outcome>, SubmitManyError> {
        let mut settled = Vec::new();
        let source = stream::iter(statements);
        let end = self.submit_stream(source, options, |event| {
            progress(&event);
            if let SubmitEvent::Settled(s) = event {
                settled.push(s.outcome);
            }
        });
        match end.await {
            Ok(_) => Ok(settled),
            Err(error) => Err(SubmitManyError { error, settled }),
        }
    }

    /// Submits statements as they come; no more are held in memory than may be on their way. Every statement is
    /// reported once, in order, by [`SubmitEvent::Settled`]; a batch is sent as soon as it is full or the
    /// source has nothing ready.
    ///
    /// # Errors
    /// See [`SubmitError`]: all that was taken from the source and not reported is in it.
    pub async fn submit_stream<S>(
        &self,
        source: S,
        options: SubmitOptions,
        mut on_event: impl FnMut(SubmitEvent),
    ) -> Result<Summary, SubmitError>
    where
        S: Stream<Item = SignedStatement>,
    {
        let source = std::pin::pin!(source);
        let options = options.bounded();
        let mut run = Submission {
            client: self,
            options,
            window: Window::new(options),
            source,
            ended: false,
            backoff: Backoff::new(options.retry),
            summary: Summary::default(),
            newest: None,
        };
        loop {
            let failure = match run.pass(&mut on_event).await {
                Ok(PassEnd::Done) => return Ok(run.summary),
                Ok(PassEnd::Anew) => continue,
                Ok(PassEnd::Again(failure)) | Err(ClientError::Retry(failure)) => failure,
                Err(error) => return Err(run.fail(error)),
            };
            let Some(delay) = run.backoff.next(failure.retry_after) else {
                return Err(run.fail(ClientError::Retry(failure)));
            };
            run.summary.waits += 1;
            let attempt = run.backoff.tries();
            on_event(SubmitEvent::Waiting { failure: *failure, attempt, delay });
            tokio::time::sleep(delay).await;
        }
    }
}

impl<S> Submission<'_, S> {
    fn fail(self, error: ClientError) -> SubmitError {
        SubmitError { error, summary: self.summary, unsettled: self.window.into_unsettled() }
    }

    fn count(&mut self, outcome: &Outcome) {
        match outcome {
            Outcome::Recorded(receipt) => {
                self.summary.recorded += 1;
                self.summary.recorded_before += u64::from(receipt.recorded_before);
            }
            Outcome::Refused(_) => self.summary.refused += 1,
        }
    }
}

/// Nobody answers, or the answers have ended.
fn silent(message: &str) -> Box<Failure> {
    Box::new(Failure::new(Code::Unavailable, crate::reason::UNREACHABLE, message))
}

#[cfg(test)]
mod tests;
