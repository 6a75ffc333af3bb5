//! What the handle and both threads share.

use std::{
    sync::{
        Arc, Mutex, PoisonError, RwLock,
        atomic::{AtomicBool, Ordering},
    },
    thread,
};

use store::{Dir, Log, StoredView};
use tokio::sync::{Semaphore, watch};

use crate::{Counters, Head, SignedCheckpoint, StopCause, Writer, seals::Seals};

/// The open files. The directory comes last: its lock is given up when the databases are closed.
#[derive(Debug)]
pub(crate) struct Files {
    pub log: Log,
    pub view: StoredView,
    pub dir: Dir,
}

/// State that outlives the threads.
#[derive(Debug)]
pub(crate) struct Shared {
    pub counters: Counters,
    /// Sent by the commit thread only, after the sync.
    pub head: watch::Sender<Head>,
    /// Set by the commit thread only, after the sync.
    pub checkpoint: RwLock<Option<SignedCheckpoint>>,
    /// A seal comes in once it is durable.
    pub seals: Seals,
    /// One permit per link that may wait. Closed when nothing more is taken.
    pub room: Arc<Semaphore>,
    /// Permits in all.
    pub capacity: u32,
    /// Whether nothing more is taken in for now. Set by the sealer only; never once nothing is taken any more.
    held: watch::Sender<bool>,
    closing: AtomicBool,
    cause: Mutex<Option<StopCause>>,
}

impl Shared {
    pub(crate) fn new(head: Head, capacity: u32) -> Self {
        Self {
            counters: Counters::default(),
            head: watch::Sender::new(head),
            checkpoint: RwLock::new(None),
            seals: Seals::default(),
            room: Arc::new(Semaphore::new(capacity as usize)),
            capacity,
            held: watch::Sender::new(false),
            closing: AtomicBool::new(false),
            cause: Mutex::new(None),
        }
    }

    /// Takes nothing more; what is queued is still recorded.
    pub(crate) fn close(&self) {
        self.closing.store(true, Ordering::Release);
        self.held.send_replace(false);
        self.room.close();
    }

    /// Holds appends back, or lets them in again.
    pub(crate) fn hold(&self, held: bool) {
        self.held.send_if_modified(|is_held| {
            // Read under the lock that `close` takes after it has said so: whoever waits must not wait for ever.
            let held = held && !self.closing.load(Ordering::Acquire);
            std::mem::replace(is_held, held) != held
        });
    }

    pub(crate) fn is_held(&self) -> bool {
        *self.held.borrow()
    }

    /// Resolves when appends are not held back.
    pub(crate) async fn not_held(&self) {
        let mut held = self.held.subscribe();
        // The sender lives as long as this does.
        drop(held.wait_for(|held| !held).await);
    }

    /// Ends the writer. The first cause is kept, unless it only says that the other thread has ended.
    pub(crate) fn stop(&self, cause: StopCause) {
        let mut kept = self.cause.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.is_none() || *kept == Some(StopCause::ThreadLost) {
            tracing::error!(%cause, "the writer has stopped");
            *kept = Some(cause);
        }
        drop(kept);
        self.close();
    }

    /// Why the writer stopped, unless it runs or was merely shut down.
    pub(crate) fn failure(&self) -> Option<StopCause> {
        self.cause.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub(crate) fn writer(&self) -> Writer {
        match self.failure() {
            Some(cause) => Writer::Stopped(cause),
            None if self.closing.load(Ordering::Acquire) => Writer::Stopped(StopCause::Shutdown),
            None => Writer::Running,
        }
    }

    pub(crate) fn set_checkpoint(&self, checkpoint: SignedCheckpoint) {
        *self.checkpoint.write().unwrap_or_else(PoisonError::into_inner) = Some(checkpoint);
    }

    pub(crate) fn newest_checkpoint(&self) -> Option<SignedCheckpoint> {
        self.checkpoint.read().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

/// In a thread's body: if it panics, the writer's status says that it has ended.
pub(crate) struct OnPanic<'s>(pub &'s Shared);

impl Drop for OnPanic<'_> {
    fn drop(&mut self) {
        if thread::panicking() {
            self.0.stop(StopCause::ThreadLost);
        }
    }
}
