//! The apply thread: takes statements off the queue, admits and applies them over what is not yet
//! written, and hands batches to the commit thread.

use std::{
    sync::{Arc, atomic::Ordering::Relaxed},
    time::{Duration, Instant},
};

use crossbeam_channel::{Receiver, Select, Sender};
use custody::{Admission, AdmitError, DigestError, Limits, SealError, Signed, Table, View, ViewError};
use runs::Record;
use statement::{AccessDigest, Leaf, Refusal, Seal, minute_end};

use crate::{
    Clock, Config, Prepared, Receipt, StopCause,
    access::DueDigest,
    intake::{Answer, Work},
    overlay::Layer,
    sequence::{Next, Sequence},
    shared::Shared,
};

/// Most that wall and monotonic clock may part.
const MAX_PARTING: Duration = Duration::from_secs(5);
/// Time from the end of a minute, µs, after which nothing is recorded before its access digest.
const DIGEST_LATEST: u64 = 100_000_000;
/// Links whose subjects are read ahead together.
const PREFETCH_LINKS: usize = 2_048;

/// What the commit thread gets: entries to write, and answers that hold once these and all before them
/// are durable.
pub(crate) struct Batch {
    pub layer: Arc<Layer>,
    pub answers: Vec<Answer>,
    /// Links of the entries.
    pub links: usize,
    /// What they name, in their order.
    pub touched: Vec<Record>,
}

pub(crate) struct Applier<'s> {
    pub sequence: Sequence<'s>,
    pub limits: Limits,
    pub config: &'s Config,
    pub shared: &'s Shared,
    pub clocks: Clocks<'s>,
    pub queue: Receiver<Work>,
    /// Seals that are due; never more than one at a time.
    pub seals: Receiver<Seal>,
    /// Access digests that are due; those of minutes before the ledger was opened, which come before anything else.
    pub digests: Receiver<DueDigest>,
    pub first: Vec<AccessDigest>,
    /// The minute whose digest comes next.
    pub owed: u64,
    /// Without capacity: the commit thread takes a batch when it is done with the one before.
    pub out: Sender<Batch>,
    pub answers: Vec<Answer>,
    pub links: usize,
    pub bytes: usize,
}

/// What to do next.
enum Step {
    Work(Work),
    Seal(Seal),
    Digest(DueDigest),
    /// Something may be ready now.
    Again,
    HandOver,
    End,
}

impl Applier<'_> {
    /// Runs until the queue is closed and empty, or the writer must stop. Whoever waits is told after the
    /// status says why.
    pub(crate) fn run(mut self) {
        if let Err(cause) = self.first_digests() {
            return self.shared.stop(cause);
        }
        loop {
            match self.step() {
                Step::Work(work) => match self.results(&work.statements) {
                    Ok(results) => self.answers.push(Answer { results, reply: work.reply, room: work.room }),
                    Err(cause) => return self.shared.stop(cause),
                },
                Step::Seal(seal) => {
                    if let Err(cause) = self.seal(&seal) {
                        return self.shared.stop(cause);
                    }
                }
                Step::Digest(due) => {
                    if let Err(cause) = self.digest(due).and_then(|()| self.hand_over()) {
                        return self.shared.stop(cause);
                    }
                }
                Step::Again => {}
                Step::HandOver => {
                    if let Err(cause) = self.hand_over() {
                        return self.shared.stop(cause);
                    }
                }
                Step::End => return,
            }
        }
    }

    /// Takes what is queued; a batch is handed over when nothing is queued and the commit thread waits.
    fn step(&mut self) -> Step {
        match self.seals.try_recv() {
            Ok(seal) => return Step::Seal(seal),
            Err(e) if e.is_disconnected() => self.seals = crossbeam_channel::never(),
            Err(_) => {}
        }
        match self.digests.try_recv() {
            Ok(due) => return Step::Digest(due),
            Err(e) if e.is_disconnected() => self.digests = crossbeam_channel::never(),
            Err(_) => {}
        }
        if let Ok(work) = self.queue.try_recv() {
            return Step::Work(work);
        }
        let mut select = Select::new();
        let queue = select.recv(&self.queue);
        let seals = select.recv(&self.seals);
        let digests = select.recv(&self.digests);
        if !self.answers.is_empty() {
            select.send(&self.out);
        }
        let ready = select.ready();
        if ready != queue {
            return if ready == seals || ready == digests { Step::Again } else { Step::HandOver };
        }
        match self.queue.try_recv() {
            Ok(work) => Step::Work(work),
            Err(e) if e.is_disconnected() && self.answers.is_empty() => Step::End,
            Err(e) if e.is_disconnected() => Step::HandOver,
            Err(_) => Step::Again,
        }
    }

    /// Admits and applies statements, handing over full batches.
    fn results(&mut self, statements: &[Prepared]) -> Result<Vec<Result<Receipt, Refusal>>, StopCause> {
        self.clocks.check()?;
        self.await_digests()?;
        let started = Instant::now();
        let mut results = Vec::with_capacity(statements.len());
        let mut ahead = 0;
        for (i, prepared) in statements.iter().enumerate() {
            if i >= ahead {
                ahead = self.prefetch(statements, i)?;
            }
            if self.is_full(prepared) {
                self.hand_over()?;
            }
            results.push(self.statement(prepared)?);
        }
        let ns = u64::try_from(started.elapsed().as_nanos()).unwrap_or(u64::MAX);
        self.shared.counters.apply_ns.fetch_add(ns, Relaxed);
        Ok(results)
    }

    /// Reads the subjects of the statements from `from` on. Gives the first whose subjects were not read.
    fn prefetch(&self, statements: &[Prepared], from: usize) -> Result<usize, StopCause> {
        let mut keys: Vec<&[u8]> = Vec::new();
        let mut end = from;
        while end < statements.len() && keys.len() < PREFETCH_LINKS {
            keys.extend(statements[end].signed.own.iter().map(|named| named.key.0.as_slice()));
            end += 1;
        }
        self.sequence.overlay.prefetch(Table::Subject, keys).map_err(storage)?;
        Ok(end)
    }

    fn is_full(&self, next: &Prepared) -> bool {
        let pending = self.sequence.overlay.pending();
        pending >= self.config.batch_statements
            || pending > 0 && self.links + next.links() > self.config.batch_links
            || pending > 0 && self.bytes + next.statement().payload().len() > self.config.batch_bytes
    }

    fn statement(&mut self, prepared: &Prepared) -> Result<Result<Receipt, Refusal>, StopCause> {
        let now = self.sequence.time(self.clocks.now());
        // Times stay below the year 300,000 in i64.
        let instant = i64::try_from(now).unwrap_or(i64::MAX);
        let signed = &prepared.signed;
        match custody::admit(&self.sequence.overlay, signed, prepared.verified, instant, &self.limits) {
            Ok(Admission::New) => self.record(signed, now).map(Ok).map_err(storage),
            Ok(Admission::Recorded(index)) => {
                self.shared.counters.duplicates.fetch_add(1, Relaxed);
                first_receipt(&self.sequence.overlay, index).map(Ok).map_err(storage)
            }
            Err(AdmitError::Refused(refusal)) => {
                self.shared.counters.count_refusal(&refusal);
                Ok(Err(refusal))
            }
            Err(AdmitError::View(e)) => Err(storage(e)),
        }
    }

    fn record(&mut self, signed: &Signed, recorded_at: u64) -> Result<Receipt, ViewError> {
        let Signed { statement, envelope, own, .. } = signed;
        let (receipt, links) = self.sequence.record(&Next { statement, envelope, own, recorded_at })?;
        self.links += links;
        self.bytes += statement.payload().len();
        Ok(receipt)
    }

    /// Records a seal and ends the batch with it, so that a checkpoint of just that size is signed.
    fn seal(&mut self, seal: &Seal) -> Result<(), StopCause> {
        self.clocks.check()?;
        self.await_digests()?;
        let index = self.sequence.overlay.size();
        let inconsistent = |fault: String| StopCause::Inconsistent { index, fault };
        let payload = seal.encode().map_err(|e| inconsistent(e.to_string()))?;
        let now = self.sequence.time(self.clocks.now());
        match self.sequence.record_seal(&payload.into(), now) {
            Ok(_) => self.hand_over(),
            Err(SealError::View(e)) => Err(storage(e)),
            Err(e) => Err(inconsistent(e.to_string())),
        }
    }

    /// Records the digests of minutes before the ledger was opened.
    fn first_digests(&mut self) -> Result<(), StopCause> {
        for digest in std::mem::take(&mut self.first) {
            self.record_digest(&digest)?;
            if self.sequence.overlay.pending() >= self.config.batch_statements {
                self.hand_over()?;
            }
        }
        if self.sequence.overlay.pending() > 0 { self.hand_over() } else { Ok(()) }
    }

    fn digest(&mut self, due: DueDigest) -> Result<(), StopCause> {
        self.clocks.check()?;
        self.record_digest(&due.digest)?;
        self.owed = due.next;
        Ok(())
    }

    fn record_digest(&mut self, digest: &AccessDigest) -> Result<(), StopCause> {
        let index = self.sequence.overlay.size();
        // The clock may have been set back a little since the digest was made.
        let now = self.sequence.time(self.clocks.now()).max(minute_end(digest.minute));
        match self.sequence.record_digest(&digest.encode().to_vec().into(), now) {
            Ok(_) => Ok(()),
            Err(DigestError::View(e)) => Err(storage(e)),
            Err(e) => Err(StopCause::Inconsistent { index, fault: e.to_string() }),
        }
    }

    /// Nothing may be recorded two minutes after the end of a minute and before its digest: where the access thread
    /// was held up, waits for it.
    fn await_digests(&mut self) -> Result<(), StopCause> {
        while self.sequence.time(self.clocks.now()) >= minute_end(self.owed).saturating_add(DIGEST_LATEST) {
            // It says itself why it ended, which then takes the place of this cause.
            let due = self.digests.recv().map_err(|_| StopCause::ThreadLost)?;
            self.digest(due)?;
        }
        Ok(())
    }

    /// Waits until the commit thread is done with the batch before.
    fn hand_over(&mut self) -> Result<(), StopCause> {
        self.clocks.check()?;
        // Wait first: the overlay takes it that the batch before has been written.
        let mut select = Select::new();
        select.send(&self.out);
        let operation = select.select();
        let (layer, written) = self.sequence.overlay.hand_over();
        let batch = Batch {
            layer,
            answers: std::mem::take(&mut self.answers),
            links: std::mem::take(&mut self.links),
            touched: std::mem::take(&mut self.sequence.touched),
        };
        self.bytes = 0;
        // The commit thread says itself why it ended, which then takes the place of this cause.
        operation.send(&self.out, batch).map_err(|_| StopCause::ThreadLost)?;
        self.sequence.overlay.retire(written);
        Ok(())
    }
}

pub(crate) fn storage(error: ViewError) -> StopCause {
    StopCause::Storage(error.to_string())
}

/// The receipt of an entry that is recorded already.
pub(crate) fn first_receipt<V: View>(view: &V, index: u64) -> Result<Receipt, ViewError> {
    let missing = |i| move || ViewError(format!("entry {i} is missing"));
    let entry = view.entry(index)?.ok_or_else(missing(index))?;
    let chain_before = match index.checked_sub(1) {
        Some(before) => view.entry(before)?.ok_or_else(missing(before))?.chain,
        None => [0; 32],
    };
    let leaf = Leaf::decode(&entry.leaf).map_err(|e| ViewError(format!("entry {index}: {e}")))?;
    Ok(Receipt {
        index,
        recorded_at: leaf.recorded_at,
        leaf: entry.leaf,
        chain_before,
        chain: entry.chain,
        signatures_missing: custody::control_of(view, index)?.needed,
        recorded_before: true,
    })
}

/// Both clocks, and how they stood when the ledger was opened.
pub(crate) struct Clocks<'s> {
    clock: &'s dyn Clock,
    /// Wall time less monotonic time on opening, µs.
    offset: i128,
}

impl<'s> Clocks<'s> {
    pub(crate) fn new(clock: &'s dyn Clock) -> Self {
        let mut this = Self { clock, offset: 0 };
        this.offset = this.difference();
        this
    }

    fn now(&self) -> u64 {
        self.clock.wall_us()
    }

    fn difference(&self) -> i128 {
        i128::from(self.clock.wall_us()) - self.clock.monotonic().as_micros() as i128
    }

    fn check(&self) -> Result<(), StopCause> {
        let parted = self.difference() - self.offset;
        if parted.unsigned_abs() > MAX_PARTING.as_micros() {
            return Err(StopCause::Clock { parted_ms: i64::try_from(parted / 1_000).unwrap_or(i64::MAX) });
        }
        Ok(())
    }
}
