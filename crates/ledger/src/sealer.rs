//! The sealer thread: gathers what batches name, has runs written and merged, and asks for seals.
//!
//! ```text
//! commit thread ── what a batch named ──▶ sealer ── seal ──▶ apply thread
//!                                         │   ▲
//!                                         ▼   │ written, merged
//!                                        workers
//! ```
//!
//! Nobody waits for a run: sorting, hashing and writing happen on threads of their own, merges at half speed
//! unless there are nearly too many runs. This thread counts and copies, and now and then flushes the view and
//! removes files; the commit thread waits only where it has fallen [`BACKLOG`] batches behind.
//!
//! Without a bound: what has been named since the last run was cut. It is one entry a subject, and grows for as long
//! as no run can be cut, which is while one is being written, or while there are as many as a seal can name.
//!
//! Invariants: a run is durable before a seal names it. At most one seal is on its way. A file goes only after
//! the view that no longer asks for it is durable: what a crash leaves can always go on.

use std::{
    path::PathBuf,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering::Relaxed},
    },
    thread::{self, JoinHandle},
    time::{Duration, Instant},
};

use crossbeam_channel::{Receiver, RecvTimeoutError, Sender};
use runs::{Record, RunError, RunFile, States};
use statement::{MAX_RUNS, RunRef, Seal};

use crate::{
    Config, Head, StopCause,
    plan::plan,
    shared::{Files, SealedRuns, Shared},
};

/// Batches that may wait for this thread.
const BACKLOG: usize = 64;
/// Runs from which on merges take what they need of the machine.
const URGENT: usize = MAX_RUNS * 3 / 4;
/// Merges at the same time: a long one must not hold up those of small runs.
const MAX_MERGES: usize = 2;
/// Files that nobody names any more before they are removed.
const MAX_DEAD: usize = 16;

/// A batch that is durable, in log and view.
pub(crate) struct Committed {
    /// The log after it.
    pub head: Head,
    /// What its entries name, in their order.
    pub touched: Vec<Record>,
    /// The seal that it ends with.
    pub seal: Option<u64>,
}

/// What this thread is told.
enum Message {
    Batch(Committed),
    Written(Result<RunFile, RunError>),
    Merged((u64, u64), Result<Option<RunFile>, RunError>),
    End,
}

/// The commit thread's end of the line. Dropped, it ends the sealer.
pub(crate) struct ToSealer(Sender<Message>);

impl ToSealer {
    /// Waits where the sealer is far behind.
    pub(crate) fn tell(&self, batch: Committed) {
        // A sealer that has ended has stopped the writer, or is about to.
        let _gone = self.0.send(Message::Batch(batch));
    }
}

impl Drop for ToSealer {
    fn drop(&mut self) {
        let _gone = self.0.send(Message::End);
    }
}

/// What the sealer goes on from.
pub(crate) struct Since {
    /// Index of the newest seal; 0 = none.
    pub seal: u64,
    /// What it covers.
    pub covered: u64,
    /// Its runs.
    pub runs: Vec<Arc<RunFile>>,
    /// What entries have named since.
    pub states: States,
    /// The log at this moment.
    pub head: Head,
}

/// A seal in the making.
enum Making {
    /// Its newest run is being written.
    Run(Head),
    /// It is on its way into the log.
    Entry(Seal, Vec<Arc<RunFile>>),
}

pub(crate) struct Sealer {
    dir: PathBuf,
    config: Config,
    files: Arc<Files>,
    shared: Arc<Shared>,
    inbox: Receiver<Message>,
    /// For workers.
    outbox: Sender<Message>,
    seals: Sender<Seal>,
    ending: Arc<AtomicBool>,
    workers: Vec<JoinHandle<()>>,
    since: Since,
    links: u64,
    /// When entries were last cut off into a run.
    cut: Instant,
    making: Option<Making>,
    /// Ranges that are being merged.
    merging: Vec<(u64, u64)>,
    dead: usize,
}

impl Sealer {
    /// Goes on from `since`; runs lie in `dir`, and seals go to `seals`.
    pub(crate) fn new(
        dir: PathBuf,
        config: Config,
        files: Arc<Files>,
        shared: Arc<Shared>,
        seals: Sender<Seal>,
        since: Since,
    ) -> (Self, ToSealer) {
        let (outbox, inbox) = crossbeam_channel::bounded(BACKLOG);
        let to = ToSealer(outbox.clone());
        let links = since.states.len() as u64;
        let this = Self {
            dir,
            config,
            files,
            shared,
            inbox,
            outbox,
            seals,
            ending: Arc::default(),
            workers: Vec::new(),
            since,
            links,
            cut: Instant::now(),
            making: None,
            merging: Vec::new(),
            // What a crash left.
            dead: MAX_DEAD,
        };
        (this, to)
    }

    /// Runs until the commit thread has ended, or a run cannot be written.
    pub(crate) fn run(mut self) {
        let result = self.follow();
        self.ending.store(true, Relaxed);
        // Workers may have something to say; nobody listens any more.
        self.inbox = crossbeam_channel::never();
        for worker in self.workers.drain(..) {
            if worker.join().is_err() {
                self.shared.stop(StopCause::ThreadLost);
            }
        }
        if let Err(cause) = result {
            self.shared.stop(cause);
        }
    }

    fn follow(&mut self) -> Result<(), StopCause> {
        // What was under way when it was closed: with as many runs as there may be, no seal comes before.
        self.merge()?;
        loop {
            if self.is_due() {
                self.cut()?;
            }
            match self.inbox.recv_timeout(self.wait()) {
                Ok(Message::Batch(batch)) => self.batch(batch)?,
                Ok(Message::Written(run)) => self.written(run.map_err(disk)?)?,
                Ok(Message::Merged(range, run)) => self.merged(range, run.map_err(disk)?)?,
                Ok(Message::End) | Err(RecvTimeoutError::Disconnected) => return Ok(()),
                Err(RecvTimeoutError::Timeout) => {}
            }
        }
    }

    /// Time until a seal may be due for time alone.
    fn wait(&self) -> Duration {
        const LEAST: Duration = Duration::from_millis(10);
        let after =
            if self.since.states.is_empty() { self.config.seal_idle } else { self.config.seal_interval };
        after.saturating_sub(self.cut.elapsed()).max(LEAST)
    }

    fn is_due(&self) -> bool {
        let fresh = self.since.head.size - self.since.covered;
        let elapsed = self.cut.elapsed();
        // A seal alone is no reason for another, however few entries make one due.
        let named = !self.since.states.is_empty();
        let many = fresh >= self.config.seal_entries || self.links >= self.config.seal_links;
        let due = named && (many || elapsed >= self.config.seal_interval) || elapsed >= self.config.seal_idle;
        due && fresh > 0 && self.making.is_none() && self.since.runs.len() < MAX_RUNS
    }

    /// Takes a durable batch in.
    fn batch(&mut self, batch: Committed) -> Result<(), StopCause> {
        self.links += batch.touched.len() as u64;
        let states = batch.touched.into_iter().map(|record| (record.subject, record.state));
        self.since.states.extend(states);
        self.since.head = batch.head;
        match (batch.seal, self.making.take()) {
            (Some(index), Some(Making::Entry(seal, runs))) => self.sealed(index, seal, runs),
            (Some(index), _) => {
                Err(StopCause::Inconsistent { index, fault: "a seal that nobody asked for".into() })
            }
            (None, making) => {
                self.making = making;
                Ok(())
            }
        }
    }

    /// Cuts off what there is into a run.
    fn cut(&mut self) -> Result<(), StopCause> {
        let (start, head) = (self.since.covered, self.since.head);
        let states = std::mem::take(&mut self.since.states);
        (self.links, self.since.covered, self.cut) = (0, head.size, Instant::now());
        self.making = Some(Making::Run(head));
        let (dir, outbox, shared) = (self.dir.clone(), self.outbox.clone(), Arc::clone(&self.shared));
        self.worker(move || {
            let started = Instant::now();
            let subjects = states.len() as u64;
            let run = runs::write(&dir, start, head.size, states);
            shared.counters.run_records.fetch_add(subjects, Relaxed);
            shared.counters.run_us.fetch_add(micros(started), Relaxed);
            let _gone = outbox.send(Message::Written(run));
        })
    }

    /// A run is durable: asks for the seal that names it.
    fn written(&mut self, run: RunFile) -> Result<(), StopCause> {
        let Some(Making::Run(head)) = self.making.take() else { return Ok(()) };
        self.since.runs.push(Arc::new(run));
        let runs: Vec<RunRef> = self.since.runs.iter().map(|run| *run.run()).collect();
        let Head { size, root, chain } = head;
        let seal = Seal { covered: size, root, chain, previous: self.since.seal, runs };
        self.making = Some(Making::Entry(seal.clone(), self.since.runs.clone()));
        // There is room for one, and no other is on its way; where the apply thread has ended, so will this.
        let _gone = self.seals.try_send(seal);
        Ok(())
    }

    /// A seal is in the log: its runs are what proofs are made of.
    fn sealed(&mut self, index: u64, seal: Seal, runs: Vec<Arc<RunFile>>) -> Result<(), StopCause> {
        self.since.seal = index;
        self.shared.counters.seals.fetch_add(1, Relaxed);
        self.shared.set_sealed(SealedRuns { index, seal, runs });
        if self.dead >= MAX_DEAD {
            self.tidy()?;
        }
        self.merge()
    }

    /// Removes files that neither the newest seal names nor the next one will.
    fn tidy(&mut self) -> Result<(), StopCause> {
        self.files.view.flush().map_err(|e| StopCause::Storage(e.to_string()))?;
        let sealed = self.shared.sealed();
        let named = sealed.iter().flat_map(|sealed| &sealed.runs).chain(&self.since.runs);
        runs::tidy(&self.dir, named.map(|run| &**run), &self.merging)
            .map_err(|e| StopCause::Storage(e.to_string()))?;
        self.dead = 0;
        Ok(())
    }

    /// Begins merges, as many as there may be.
    fn merge(&mut self) -> Result<(), StopCause> {
        while self.merging.len() < MAX_MERGES {
            let busy = |run: &RunRef| self.merging.iter().any(|(s, e)| run.start >= *s && run.end <= *e);
            let sizes: Vec<Option<u64>> =
                self.since.runs.iter().map(|run| (!busy(run.run())).then_some(run.run().subjects)).collect();
            let Some(group) = plan(&sizes) else { return Ok(()) };
            let parts = self.since.runs[group].to_vec();
            self.begin_merge(parts)?;
        }
        Ok(())
    }

    fn begin_merge(&mut self, parts: Vec<Arc<RunFile>>) -> Result<(), StopCause> {
        let (Some(first), Some(last)) = (parts.first(), parts.last()) else { return Ok(()) };
        let range = (first.run().start, last.run().end);
        self.merging.push(range);
        let path = runs::run_path(&self.dir, range.0, range.1);
        let (outbox, ending, shared) =
            (self.outbox.clone(), Arc::clone(&self.ending), Arc::clone(&self.shared));
        let urgent = self.since.runs.len() >= URGENT;
        self.worker(move || {
            let started = Instant::now();
            let parts: Vec<&RunFile> = parts.iter().map(|part| &**part).collect();
            let mut pace = Pace { ending: &ending, urgent, since: Instant::now(), rested: Duration::ZERO };
            let merged = runs::merge(&parts, &path, &mut || pace.go_on());
            let run = merged.and_then(|run| run.map(|_| RunFile::open(&path)).transpose());
            let worked = started.elapsed().saturating_sub(pace.rested);
            let records: u64 = parts.iter().map(|part| part.run().subjects).sum();
            shared.counters.merge_records.fetch_add(records, Relaxed);
            shared.counters.merge_us.fetch_add(worked.as_micros() as u64, Relaxed);
            let _gone = outbox.send(Message::Merged(range, run));
        })
    }

    /// A merged run takes the place of its parts; from the next seal on it is named.
    fn merged(&mut self, range: (u64, u64), run: Option<RunFile>) -> Result<(), StopCause> {
        self.merging.retain(|r| *r != range);
        let Some(run) = run else { return Ok(()) };
        let runs = &mut self.since.runs;
        let within = |r: &Arc<RunFile>| r.run().start >= range.0 && r.run().end <= range.1;
        let parts = runs.iter().filter(|r| within(r)).count();
        if let Some(first) = runs.iter().position(within) {
            runs.splice(first..first + parts, [Arc::new(run)]);
        }
        self.dead += parts;
        self.merge()
    }

    fn worker(&mut self, body: impl FnOnce() + Send + 'static) -> Result<(), StopCause> {
        self.workers.retain(|worker| !worker.is_finished());
        let spawned = thread::Builder::new().name("runs".into()).spawn(body);
        let worker = spawned.map_err(|e| StopCause::Storage(format!("no thread for a run: {e}")))?;
        self.workers.push(worker);
        Ok(())
    }
}

/// How fast a merge goes: at rest as long as at work, unless it is urgent.
struct Pace<'p> {
    ending: &'p AtomicBool,
    urgent: bool,
    since: Instant,
    rested: Duration,
}

impl Pace<'_> {
    fn go_on(&mut self) -> bool {
        /// A disk that stood still is no reason to rest as long.
        const LONGEST: Duration = Duration::from_millis(50);
        if !self.urgent {
            let rest = self.since.elapsed().min(LONGEST);
            thread::sleep(rest);
            self.rested += rest;
        }
        self.since = Instant::now();
        !self.ending.load(Relaxed)
    }
}

fn disk(error: RunError) -> StopCause {
    StopCause::Storage(error.to_string())
}

fn micros(since: Instant) -> u64 {
    u64::try_from(since.elapsed().as_micros()).unwrap_or(u64::MAX)
}
