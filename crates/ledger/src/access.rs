//! The access thread: makes records of privileged reads durable before they are answered, and asks for their
//! digests.
//!
//! ```text
//! whoever reads ── record ──▶ access thread ── one synced write for all that wait ──▶ the answer may begin
//!                                    │
//!                                    └── digest of a minute that has ended ──▶ apply thread
//! ```
//!
//! A record belongs to the minute in which this thread makes it durable, by the clock that entries are recorded by
//! and never before the last entry; a digest is made after its minute has ended. So no record comes to a minute
//! that has its digest, whatever happens to the process or its clock: one that is started again in the same minute
//! goes on with it. Digests are made from the records as they are stored.

mod due;
mod source;
mod table;

use std::{
    sync::{
        Arc, PoisonError, RwLock,
        atomic::Ordering::{Relaxed, Release},
    },
    time::Duration,
};

use crossbeam_channel::{Receiver, RecvTimeoutError, Sender, TrySendError};
use merkle::{Hash, SigningKey, sha256};
use statement::{
    AccessDigest, AccessLeaf, AccessRecord, MAX_MINUTE_RECORDS, MAX_QUESTION, MINUTE, SignedAccess,
    minute_end,
};
use store::AccessRow;

use crate::{
    Clock, StopCause,
    shared::{Files, Shared},
};

pub(crate) use due::Due;
pub use source::{AccessLog, with_access_log};
use table::prune;
pub(crate) use table::{Follower, compose, keep_offline};

/// Records that may wait.
const BACKLOG: usize = 1_024;
/// Records in one write.
const GROUP: usize = 256;
/// Records that are pruned before waiting ones are looked after again, and time between two looks for more, µs.
const PRUNE: (usize, u64) = (1_024, MINUTE);
/// Most time between two looks at the clock.
const LOOK: Duration = Duration::from_millis(250);

/// A privileged read that is about to be answered.
#[derive(Clone, Debug)]
pub struct Access {
    /// Who asks.
    pub party: String,
    /// Id of the key by which it has shown that.
    pub key: Hash,
    /// What is called.
    pub method: String,
    /// Why; one of both may be empty.
    pub purpose: String,
    /// For which case.
    pub case: String,
    /// The request message.
    pub question: Vec<u8>,
}

impl Access {
    fn record(self, ledger: Hash, at: u64, size: u64) -> AccessRecord {
        let Self { party, key, method, purpose, case, mut question } = self;
        let question_hash = sha256(&[&question]);
        if question.len() > MAX_QUESTION {
            question.clear();
        }
        AccessRecord { ledger, at, size, key, party, method, purpose, case, question_hash, question }
    }
}

/// Why a read could not be recorded: it must not be answered.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AccessError {
    /// Too many at a time, or in this minute: try again later.
    #[error("as many privileged reads are being recorded as may be; try again in a minute")]
    Busy,
    /// It could not be made durable.
    #[error("the read could not be recorded: {0}")]
    NotKept(String),
}

/// A digest that is due, and the minute after it whose digest comes next.
#[derive(Clone, Copy, Debug)]
pub(crate) struct DueDigest {
    pub digest: AccessDigest,
    pub next: u64,
}

struct Job {
    access: Access,
    reply: Sender<Result<Vec<u8>, AccessError>>,
}

/// The way to the thread.
#[derive(Debug)]
pub(crate) struct Desk {
    jobs: RwLock<Option<Sender<Job>>>,
    answer: SigningKey,
}

impl Desk {
    pub(crate) fn new(answer: SigningKey) -> (Self, Jobs) {
        let (jobs, inbox) = crossbeam_channel::bounded(BACKLOG);
        (Self { jobs: RwLock::new(Some(jobs)), answer }, Jobs(inbox))
    }

    /// Blocks until the record is durable.
    pub(crate) fn record(&self, access: Access, shared: &Shared) -> Result<SignedAccess, AccessError> {
        let recorded = self.send(access).and_then(|leaf| {
            SignedAccess::sign(leaf, &self.answer).map_err(|e| AccessError::NotKept(e.to_string()))
        });
        let counted =
            if recorded.is_ok() { &shared.counters.accesses } else { &shared.counters.accesses_refused };
        counted.fetch_add(1, Relaxed);
        recorded
    }

    fn send(&self, access: Access) -> Result<Vec<u8>, AccessError> {
        let ended = || AccessError::NotKept("the ledger is closed".into());
        let (reply, answer) = crossbeam_channel::bounded(1);
        let jobs = self.jobs.read().unwrap_or_else(PoisonError::into_inner);
        match jobs.as_ref().ok_or_else(ended)?.try_send(Job { access, reply }) {
            Ok(()) => {}
            Err(TrySendError::Full(_)) => return Err(AccessError::Busy),
            Err(TrySendError::Disconnected(_)) => return Err(ended()),
        }
        drop(jobs);
        answer.recv().map_err(|_| ended())?
    }

    /// Takes nothing more. The thread ends when it has done what waits.
    pub(crate) fn close(&self) {
        self.jobs.write().unwrap_or_else(PoisonError::into_inner).take();
    }
}

/// What waits to be recorded.
pub(crate) struct Jobs(Receiver<Job>);

pub(crate) struct Recorder {
    files: Arc<Files>,
    shared: Arc<Shared>,
    clock: Arc<dyn Clock>,
    jobs: Receiver<Job>,
    /// `None` once nobody takes digests any more: the writer has stopped, and the next start makes them.
    digests: Option<Sender<DueDigest>>,
    due: Due,
    /// No record is older; µs.
    now: u64,
    /// Minute of the newest record, and how many it has.
    count: (u64, u64),
    /// When to look for records to prune, µs.
    prune_at: u64,
}

impl Recorder {
    /// Goes on from `due`; no record is older than `recorded_at`.
    pub(crate) fn new(
        files: Arc<Files>,
        shared: Arc<Shared>,
        clock: Arc<dyn Clock>,
        jobs: Jobs,
        digests: Sender<DueDigest>,
        due: Due,
        recorded_at: u64,
    ) -> Self {
        // Of no minute: counted when the first record comes.
        let count = (u64::MAX, 0);
        let (jobs, digests, now) = (jobs.0, Some(digests), recorded_at);
        Self { files, shared, clock, jobs, digests, due, now, count, prune_at: 0 }
    }

    /// Runs until nothing more is taken, or the store fails where digests are made from it.
    pub(crate) fn run(mut self) {
        loop {
            self.now = self.now.max(self.clock.wall_us());
            if let Err(cause) = self.ask() {
                self.shared.stop(cause);
                self.digests = None;
            }
            self.prune();
            match self.jobs.recv_timeout(LOOK) {
                Ok(job) => {
                    let jobs = [job].into_iter().chain(self.jobs.try_iter().take(GROUP - 1)).collect();
                    self.keep(jobs);
                }
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => return,
            }
        }
    }

    /// Asks for the digests that are due, as far as they are taken.
    fn ask(&mut self) -> Result<(), StopCause> {
        self.due.see(self.now / MINUTE);
        while let Some(digests) = &self.digests
            && !digests.is_full()
            && self.due.is_due(self.now)
        {
            let digest = self.due.take(&self.files.log).map_err(|e| StopCause::Storage(e.to_string()))?;
            // There is room: nobody else sends. Where the apply thread has ended, the next start makes it.
            if digests.try_send(digest).is_err() {
                self.digests = None;
            }
        }
        Ok(())
    }

    /// Takes the contents of records away that are older than is wanted, some at a time.
    fn prune(&mut self) {
        let Some(before) = self.due.whole_from(self.now).filter(|_| self.now >= self.prune_at) else {
            return;
        };
        let (most, pause) = PRUNE;
        let pruned = prune(&self.files.log, before, most);
        if !matches!(pruned, Ok(count) if count == most) {
            self.prune_at = self.now.saturating_add(pause);
        }
        match pruned {
            Ok(0) => {}
            Ok(count) => {
                tracing::info!(count, before, "access records past their retention: contents removed")
            }
            Err(error) => tracing::error!(%error, "access records past their retention could not be pruned"),
        }
    }

    /// Makes records durable together, and says so to whoever waits.
    fn keep(&mut self, jobs: Vec<Job>) {
        self.now = self.now.max(self.clock.wall_us());
        let minute = self.now / MINUTE;
        if self.count.0 != minute {
            match self.files.log.access_count(minute) {
                Ok(count) => self.count = (minute, count),
                Err(error) => return refuse(jobs, &AccessError::NotKept(error.to_string())),
            }
        }
        let room = u64::from(MAX_MINUTE_RECORDS).saturating_sub(self.count.1);
        let mut jobs = jobs;
        let beyond = jobs.split_off(jobs.len().min(usize::try_from(room).unwrap_or(usize::MAX)));
        refuse(beyond, &AccessError::Busy);
        let size = self.shared.head.borrow().size;
        let mut made = Vec::with_capacity(jobs.len());
        for Job { access, reply } in jobs {
            match leaf(access.record(*self.files.log.ledger(), self.now, size)) {
                Ok(leaf) => made.push((leaf, reply)),
                Err(fault) => drop(reply.send(Err(AccessError::NotKept(fault)))),
            }
        }
        let rows: Vec<AccessRow> = (self.count.1..)
            .zip(&made)
            // Below the most that a minute may have.
            .map(|(number, (leaf, _))| AccessRow { minute, number: number as u32, leaf: leaf.clone().into() })
            .collect();
        let written = if rows.is_empty() { Ok(()) } else { self.files.log.put_access(&rows) };
        match written {
            Ok(()) => {
                self.count.1 += rows.len() as u64;
                made.into_iter().for_each(|(leaf, reply)| drop(reply.send(Ok(leaf))));
            }
            Err(error) => {
                tracing::error!(%error, "privileged reads could not be recorded");
                // What landed is counted when the next record comes.
                self.count.0 = u64::MAX;
                let error = AccessError::NotKept(error.to_string());
                made.into_iter().for_each(|(_, reply)| drop(reply.send(Err(error.clone()))));
            }
        }
    }
}

fn refuse(jobs: Vec<Job>, error: &AccessError) {
    jobs.into_iter().for_each(|job| drop(job.reply.send(Err(error.clone()))));
}

/// The record with a salt, as stored and hashed.
fn leaf(record: AccessRecord) -> Result<Vec<u8>, String> {
    let mut salt = Hash::default();
    getrandom::fill(&mut salt).map_err(|e| e.to_string())?;
    AccessLeaf { salt, record }.encode().map_err(|e| e.to_string())
}

/// Says that the digest of a minute is durable.
pub(crate) fn digested(shared: &Shared, digest: &AccessDigest) {
    shared.counters.digests.fetch_add(1, Relaxed);
    shared.counters.digested_until.store(minute_end(digest.minute), Release);
}
