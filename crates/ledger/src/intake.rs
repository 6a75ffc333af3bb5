//! The way in: what is submitted, prepared, queued and waited for.

use std::{
    future::Future,
    pin::Pin,
    sync::{Arc, PoisonError, RwLock},
    task::{Context, Poll},
    time::Duration,
};

use crossbeam_channel::Sender;
use merkle::Hash;
use prost::bytes::Bytes;
use statement::{Reason, Refusal, Statement};
use tokio::sync::{OwnedSemaphorePermit, TryAcquireError, oneshot};

use crate::{
    shared::Shared,
    types::{Covering, Receipt},
};

/// What [`Busy`] asks for: about the time in which the ledger records a full queue of small statements.
const RETRY_AFTER: Duration = Duration::from_millis(250);
/// The same where appends are held back: some run has to be merged or written first.
const RETRY_AFTER_HELD: Duration = Duration::from_secs(2);

/// A signed statement as it comes from its signer.
#[derive(Clone, Debug)]
pub struct Submission {
    /// The serialized `Statement`.
    pub payload: Bytes,
    /// Id of the signing key.
    pub key_id: Hash,
    /// Ed25519 signature over its DSSE encoding.
    pub signature: [u8; 64],
}

/// A statement that is well formed and meant for this ledger, ready to be queued.
#[derive(Clone, Debug)]
pub struct Prepared {
    pub(crate) signed: custody::Signed,
    /// The signature has been checked against the key of that id.
    pub(crate) verified: bool,
    /// Subjects that it links through statements it names, about.
    pub(crate) through: usize,
}

impl Prepared {
    /// The statement.
    #[must_use]
    pub const fn statement(&self) -> &Statement {
        &self.signed.statement
    }

    /// What it takes up in the queue: the number of subjects it names, at least 1, and of those it links through
    /// statements it names. A few bytes that name a large bill take as long to record as the bill.
    #[must_use]
    pub fn links(&self) -> usize {
        self.signed.own.len().max(1) + self.through
    }
}

/// The queue has no room, or too much waits for a seal: try again later. Nothing was queued.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Busy {
    /// When to try again.
    pub retry_after: Duration,
}

/// What became of statements.
#[derive(Clone, Debug, Default)]
pub struct Submitted {
    /// One result each, in order.
    pub results: Vec<Result<Receipt, Refusal>>,
    /// A checkpoint that covers every entry that was recorded; absent where none was recorded since the ledger
    /// was opened.
    pub covering: Option<Arc<Covering>>,
}

/// Statements on their way: resolves, once all of them are durable or refused, to one result each, in
/// order. Dropping it does not take them back.
///
/// Where the writer stops first, all of them are [`Reason::WriterStopped`]: whether any was recorded is
/// not known.
#[derive(Debug)]
pub struct Pending {
    reply: Option<oneshot::Receiver<Submitted>>,
    count: usize,
}

impl Pending {
    /// Resolves at once: the writer has stopped.
    const fn stopped(count: usize) -> Self {
        Self { reply: None, count }
    }
}

impl Future for Pending {
    type Output = Submitted;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Submitted> {
        let results = vec![Err(Reason::WriterStopped.into()); self.count];
        let stopped = Submitted { results, covering: None };
        match &mut self.reply {
            None => Poll::Ready(stopped),
            Some(reply) => Pin::new(reply).poll(context).map(|answer| answer.unwrap_or(stopped)),
        }
    }
}

/// Statements in the queue.
pub(crate) struct Work {
    pub statements: Vec<Prepared>,
    pub reply: oneshot::Sender<Submitted>,
    pub room: OwnedSemaphorePermit,
}

/// Results that hold once the batch they are in is durable.
pub(crate) struct Answer {
    pub results: Vec<Result<Receipt, Refusal>>,
    pub reply: oneshot::Sender<Submitted>,
    /// Given back before the answer is given: who waits for it finds room for its next one.
    pub room: OwnedSemaphorePermit,
}

impl Answer {
    /// `covering` covers every entry of the batch and of those before.
    pub(crate) fn give(self, covering: Option<Arc<Covering>>) {
        drop(self.room);
        // Nobody waits any more: then nobody is told, and the record stands.
        let _nobody = self.reply.send(Submitted { results: self.results, covering });
    }
}

/// The way into the queue. The channel itself has no bound: the permits have one.
#[derive(Debug)]
pub(crate) struct Intake {
    queue: RwLock<Option<Sender<Work>>>,
    shared: Arc<Shared>,
}

impl Intake {
    pub(crate) const fn new(queue: Sender<Work>, shared: Arc<Shared>) -> Self {
        Self { queue: RwLock::new(Some(queue)), shared }
    }

    /// Permits for a batch: one a link, but never more than there are, so that a large batch waits for
    /// an empty queue and not for ever.
    fn permits(&self, statements: &[Prepared]) -> u32 {
        let links: usize = statements.iter().map(Prepared::links).sum();
        u32::try_from(links).unwrap_or(u32::MAX).clamp(1, self.shared.capacity)
    }

    pub(crate) fn try_submit(&self, statements: Vec<Prepared>) -> Result<Pending, Busy> {
        if self.shared.is_held() {
            return Err(self.busy(&statements, RETRY_AFTER_HELD));
        }
        let permits = self.permits(&statements);
        match Arc::clone(&self.shared.room).try_acquire_many_owned(permits) {
            Ok(room) => Ok(self.send(statements, room)),
            Err(TryAcquireError::Closed) => Ok(Pending::stopped(statements.len())),
            Err(TryAcquireError::NoPermits) => Err(self.busy(&statements, RETRY_AFTER)),
        }
    }

    fn busy(&self, statements: &[Prepared], retry_after: Duration) -> Busy {
        statements.iter().for_each(|_| self.shared.counters.count_refusal(&Reason::QueueFull.into()));
        Busy { retry_after }
    }

    pub(crate) async fn enqueue(&self, statements: Vec<Prepared>) -> Pending {
        let permits = self.permits(&statements);
        loop {
            self.shared.not_held().await;
            match Arc::clone(&self.shared.room).acquire_many_owned(permits).await {
                // Held since it began to wait for room: it gives that back.
                Ok(_) if self.shared.is_held() => {}
                Ok(room) => return self.send(statements, room),
                Err(_closed) => return Pending::stopped(statements.len()),
            }
        }
    }

    fn send(&self, statements: Vec<Prepared>, room: OwnedSemaphorePermit) -> Pending {
        let count = statements.len();
        let (reply, answer) = oneshot::channel();
        let work = Work { statements, reply, room };
        let queue = self.queue.read().unwrap_or_else(PoisonError::into_inner);
        match queue.as_ref().map(|queue| queue.send(work)) {
            Some(Ok(())) => Pending { reply: Some(answer), count },
            _ => Pending::stopped(count),
        }
    }

    /// Takes nothing more. The apply thread ends when it has emptied the queue.
    pub(crate) fn close(&self) {
        self.shared.close();
        self.queue.write().unwrap_or_else(PoisonError::into_inner).take();
    }
}
