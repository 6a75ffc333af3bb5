//! The sealer thread: gathers what batches name, has runs written and merged, and asks for seals.
//!
//! ```text
//! commit thread ── what a batch named ──▶ sealer ── seal ──▶ apply thread
//!                                         │   ▲
//!                                         ▼   │ written, merged
//!                                        workers
//! ```
//!
//! Nobody waits for a run: sorting, hashing and writing, and flushing the view, happen on threads of their own
//! that stand back behind others, merges at half speed unless there are nearly too many runs. This thread counts
//! and copies, and now and then removes files; the commit thread waits only where it has fallen [`BACKLOG`] batches
//! behind.
//!
//! What has been named since the last run was cut lies in memory, for as long as no run can be cut: while one is being
//! written or its seal is on its way, or while there are as many as a seal can name. From `Config::seal_backlog`
//! links on nothing more is taken in (see [`Shared::hold`]), but for what is queued already.
//!
//! Invariants: a run is durable before a seal names it. At most one seal is on its way. A file goes only after
//! the view that no longer asks for it is durable: what a crash leaves can always go on.

mod work;

use std::{
    fs,
    path::PathBuf,
    sync::{Arc, atomic::Ordering::Relaxed},
    time::{Duration, Instant},
};

use crossbeam_channel::{Receiver, RecvTimeoutError, Sender};
use runs::{Record, RunError, RunFile, States, plan};
use statement::{MAX_RUNS, RunRef, Seal};
use store::StoreError;

use work::Workers;

use crate::{
    Config, Head, StopCause,
    seals::SealedRuns,
    shared::{Files, Shared},
};

/// Batches that may wait for this thread.
pub(crate) const BACKLOG: usize = 64;
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
    /// Index of the seal that it ends with, and when that was recorded, µs.
    pub seal: Option<(u64, u64)>,
}

/// What this thread is told.
pub(super) enum Message {
    Batch(Committed),
    Written(Result<RunFile, RunError>),
    Merged((u64, u64), Result<Option<RunFile>, RunError>),
    Flushed(Result<(), StoreError>),
    /// All batches have been told, and the view is durable as they left it.
    Durable,
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

    /// That was all, and the view is durable.
    pub(crate) fn durable(&self) {
        let _gone = self.0.send(Message::Durable);
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
    /// Its newest run is being written, over entries from the first number on.
    Run(u64, Head),
    /// It is on its way into the log.
    Entry(Seal, Vec<Arc<RunFile>>),
}

pub(crate) struct Sealer {
    config: Config,
    files: Arc<Files>,
    shared: Arc<Shared>,
    inbox: Receiver<Message>,
    seals: Sender<Seal>,
    workers: Workers,
    since: Since,
    /// Links since entries were last cut off into a run, and when that was.
    links: u64,
    cut: Instant,
    making: Option<Making>,
    /// Ranges that are being merged.
    merging: Vec<(u64, u64)>,
    /// About how many files nobody needs any more.
    dead: usize,
    /// Those among them that may go when the view has been flushed; `None` where it is not being flushed.
    doomed: Option<Vec<PathBuf>>,
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
        let workers = Workers::new(dir, Arc::clone(&shared), outbox.clone());
        let links = since.states.len() as u64;
        let this = Self {
            config,
            files,
            shared,
            inbox,
            seals,
            workers,
            since,
            links,
            cut: Instant::now(),
            making: None,
            merging: Vec::new(),
            // What a crash left.
            dead: MAX_DEAD,
            doomed: None,
        };
        (this, ToSealer(outbox))
    }

    /// Runs until the commit thread has ended, or a run cannot be written.
    pub(crate) fn run(mut self) {
        let result = self.follow();
        // Workers may have something to say; nobody listens any more.
        self.inbox = crossbeam_channel::never();
        self.workers.end();
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
            self.weigh();
            match self.inbox.recv_timeout(self.wait()) {
                Ok(Message::Batch(batch)) => self.batch(batch)?,
                Ok(Message::Written(run)) => self.written(run.map_err(disk)?),
                Ok(Message::Merged(range, run)) => self.merged(range, run.map_err(disk)?)?,
                Ok(Message::Flushed(view)) => view.map_err(disk).and_then(|()| self.tidy())?,
                Ok(Message::Durable) => {
                    self.doomed = Some(self.spare()?);
                    self.tidy()?;
                }
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

    /// Holds appends back where too much waits for a seal, and hastens what they wait for.
    fn weigh(&self) {
        let held = self.links >= self.config.seal_backlog;
        self.shared.counters.unsealed_links.store(self.links, Relaxed);
        self.shared.counters.merges.store(self.merging.len() as u64, Relaxed);
        self.shared.hold(held);
        self.workers.hurry(held || self.since.runs.len() >= URGENT);
    }

    /// Takes a durable batch in.
    fn batch(&mut self, batch: Committed) -> Result<(), StopCause> {
        self.links += batch.touched.len() as u64;
        let states = batch.touched.into_iter().map(|record| (record.subject, record.state));
        self.since.states.extend(states);
        self.since.head = batch.head;
        match (batch.seal, self.making.take()) {
            (Some(at), Some(Making::Entry(seal, runs))) => self.sealed(at, seal, runs),
            (Some((index, _)), _) => {
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
        self.making = Some(Making::Run(start, head));
        self.workers.write((start, head.size), states)
    }

    /// A run is durable: asks for the seal that names it.
    fn written(&mut self, run: RunFile) {
        let Some(Making::Run(_, head)) = self.making.take() else { return };
        self.since.runs.push(Arc::new(run));
        let runs: Vec<RunRef> = self.since.runs.iter().map(|run| *run.run()).collect();
        let Head { size, root, chain } = head;
        let seal = Seal { covered: size, root, chain, previous: self.since.seal, runs };
        self.making = Some(Making::Entry(seal.clone(), self.since.runs.clone()));
        // There is room for one, and no other is on its way; where the apply thread has ended, so will this.
        let _gone = self.seals.try_send(seal);
    }

    /// A seal is in the log: its runs are what proofs are made of.
    fn sealed(
        &mut self,
        (index, recorded_at): (u64, u64),
        seal: Seal,
        runs: Vec<Arc<RunFile>>,
    ) -> Result<(), StopCause> {
        self.since.seal = index;
        self.shared.counters.seals.fetch_add(1, Relaxed);
        self.shared.seals.push(SealedRuns { index, recorded_at, seal, runs });
        if self.dead >= MAX_DEAD && self.doomed.is_none() {
            // What the view asks for once it is durable is this seal's, or that of a later one.
            self.doomed = Some(self.spare()?);
            self.dead = 0;
            self.workers.flush(&self.files)?;
        }
        self.merge()
    }

    /// Files that no seal proofs are made of names, nor one on its way, nor the next one will.
    fn spare(&self) -> Result<Vec<PathBuf>, StopCause> {
        let sealed = self.shared.seals.runs();
        let (mut asked, mut making) = (&[][..], self.merging.clone());
        match &self.making {
            Some(Making::Run(start, head)) => making.push((*start, head.size)),
            Some(Making::Entry(_, runs)) => asked = runs,
            None => {}
        }
        let named = sealed.iter().chain(&self.since.runs).chain(asked);
        runs::spare(self.workers.dir(), named.map(|run| &**run), &making).map_err(disk)
    }

    /// The view is durable: removes the files that were spare before, unless one has come to be needed meanwhile.
    fn tidy(&mut self) -> Result<(), StopCause> {
        let doomed = self.doomed.take().unwrap_or_default();
        for file in self.spare()?.iter().filter(|file| doomed.contains(file)) {
            // What stays goes the next time.
            let _stays = fs::remove_file(file);
        }
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
            let (Some(first), Some(last)) = (parts.first(), parts.last()) else { return Ok(()) };
            let range = (first.run().start, last.run().end);
            self.merging.push(range);
            self.workers.merge(range, parts)?;
        }
        Ok(())
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
}

fn disk(error: impl std::fmt::Display) -> StopCause {
    StopCause::Storage(error.to_string())
}
