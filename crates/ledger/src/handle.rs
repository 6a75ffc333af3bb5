//! The handle that everybody holds.

use std::{
    fmt,
    path::Path,
    sync::{Arc, Mutex, PoisonError, atomic::Ordering::Relaxed},
    thread::{self, JoinHandle},
    time::Instant,
};

use crossbeam_channel::Receiver;
use custody::{Limits, RecordedEntry, Signed, ViewError};
use merkle::{Hash, SignerKey, VerifierKey, leaf_hash};
use prost::bytes::Bytes;
use statement::{
    Envelope, Genesis, GenesisError, Leaf, Reason, Refusal, Statement, chain_hash, own_subjects,
};
use store::{Dir, Snapshot, StoreError, Watermark};
use tokio::sync::watch;

use crate::{
    Busy, Clock, Config, Counters, Error, Head, Keys, Pending, Prepared, Receipt, SignedCheckpoint, Status,
    StopCause, Submission,
    apply::{Applier, Clocks, first_receipt},
    commit::{Committer, head},
    intake::{Intake, Work},
    keys::KeyCache,
    overlay::Overlay,
    recover::{catch_up, newest_checkpoint, read_checkpoint},
    sequence::Sequence,
    shared::{Files, OnPanic, Shared},
};

/// An open ledger. Clones are cheap and share it; the last one dropped shuts it down, which blocks.
///
/// Methods that are not `async` may read the disk: call them off the async threads. Exceptions, which
/// never block: [`try_submit`](Self::try_submit), [`head`](Self::head), [`watch`](Self::watch),
/// [`status`](Self::status), [`counters`](Self::counters) and the facts of the genesis.
#[derive(Clone)]
pub struct Ledger {
    inner: Arc<Inner>,
}

struct Inner {
    genesis: Genesis,
    log_key: VerifierKey,
    limits: Limits,
    keys: KeyCache,
    intake: Intake,
    shared: Arc<Shared>,
    files: Arc<Files>,
    threads: Mutex<Vec<JoinHandle<()>>>,
}

/// What the threads start from.
struct Start {
    signer: SignerKey,
    config: Config,
    clock: Arc<dyn Clock>,
    limits: Limits,
    mark: Watermark,
    recorded_at: u64,
    /// Size of the newest signed checkpoint.
    signed: u64,
    work: Receiver<Work>,
}

impl fmt::Debug for Ledger {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Ledger").field("dir", &self.dir()).finish_non_exhaustive()
    }
}

impl Ledger {
    /// Makes a new ledger in an empty or new directory: entry 0 and nothing else. Gives its id.
    /// `recorded_at` is in µs since the Unix epoch.
    ///
    /// # Errors
    /// The payload is no genesis, the directory is not empty, or writing failed.
    pub fn create(dir: &Path, genesis: &[u8], recorded_at: u64) -> Result<Hash, Error> {
        let parsed = Genesis::parse(genesis)?;
        log_key(&parsed)?;
        let leaf = custody::apply_genesis(&parsed, recorded_at)?.leaf.encode();
        let chain = chain_hash(&[0; 32], &leaf);
        let payload = Bytes::copy_from_slice(genesis);
        let entry = RecordedEntry { leaf, chain, envelope: Bytes::new(), payload };
        let id = leaf_hash(&leaf);
        Dir::create(dir, &store::Config::default(), &id, &entry)?;
        Ok(id)
    }

    /// Opens a ledger, recovers what a crash left, and starts its writer.
    ///
    /// # Errors
    /// Anything in [`Error`] but `Stopped`. Entries are as they were; the view may have caught up.
    pub fn open(dir: &Path, keys: Keys, config: Config, clock: Arc<dyn Clock>) -> Result<Self, Error> {
        let capacity = check_settings(&config)?;
        let files = open_files(dir, &config)?;
        let genesis = read_genesis(&files)?;
        let log_key = log_key(&genesis)?;
        if keys.log.verifier() != &log_key {
            return Err(Error::WrongLogKey {
                given: keys.log.verifier().to_string(),
                named: log_key.to_string(),
            });
        }
        let kept = newest_checkpoint(&files.log, &log_key)?;
        let mark = catch_up(&files.log, &files.view, config.cached_rows, kept.as_ref(), &mut |_, _| {})?;
        let recorded_at = last_time(&files, mark.size())?;
        check_clock(recorded_at, clock.wall_us(), &config)?;

        let limits = Limits {
            ledger: *files.log.ledger(),
            max_id_age: genesis.max_id_age(),
            max_ahead: genesis.max_ahead(),
        };
        let shared = Arc::new(Shared::new(head(&mark), capacity));
        let signed = kept.as_ref().map_or(0, |kept| kept.size);
        if let Some(kept) = kept {
            shared.set_checkpoint(kept);
        }
        let (queue, work) = crossbeam_channel::unbounded();
        let inner = Inner {
            genesis,
            log_key,
            limits: limits.clone(),
            keys: KeyCache::new(config.cached_keys),
            intake: Intake::new(queue, Arc::clone(&shared)),
            shared: Arc::clone(&shared),
            files: Arc::new(files),
            threads: Mutex::default(),
        };
        let this = Self { inner: Arc::new(inner) };
        this.start(Start { signer: keys.log, config, clock, limits, mark, recorded_at, signed, work })?;
        Ok(this)
    }

    /// Starts both threads. Should the second not start, dropping the handle ends the first.
    fn start(&self, start: Start) -> Result<(), Error> {
        let Start { signer, config, clock, limits, mark, recorded_at, signed, work } = start;
        let (out, batches) = crossbeam_channel::bounded(0);
        let (size, chain, interval) = (mark.size(), mark.chain, config.checkpoint_interval);
        let (files, shared) = (Arc::clone(&self.inner.files), Arc::clone(&self.inner.shared));
        self.spawn("commit", move || {
            let _on_panic = OnPanic(&shared);
            let (files, shared, signer) = (&*files, &*shared, &signer);
            Committer { files, shared, signer, interval, batches, mark, signed: (signed, None) }.run();
        })?;
        let (files, shared) = (Arc::clone(&self.inner.files), Arc::clone(&self.inner.shared));
        self.spawn("apply", move || {
            let _on_panic = OnPanic(&shared);
            let overlay = Overlay::new(&files.log, &files.view, size, config.cached_rows);
            Applier {
                sequence: Sequence::new(overlay, chain, recorded_at),
                limits,
                config: &config,
                shared: &shared,
                clocks: Clocks::new(&*clock),
                queue: work,
                out,
                answers: Vec::new(),
                links: 0,
                bytes: 0,
            }
            .run();
        })
    }

    fn spawn(&self, name: &str, body: impl FnOnce() + Send + 'static) -> Result<(), Error> {
        let handle = thread::Builder::new().name(name.to_owned()).spawn(body).map_err(Error::Thread)?;
        self.inner.threads.lock().unwrap_or_else(PoisonError::into_inner).push(handle);
        Ok(())
    }

    /// The genesis entry's contents.
    #[must_use]
    pub fn genesis(&self) -> &Genesis {
        &self.inner.genesis
    }

    /// Ledger id.
    #[must_use]
    pub fn id(&self) -> Hash {
        self.inner.limits.ledger
    }

    /// Verifies the ledger's checkpoints.
    #[must_use]
    pub fn log_key(&self) -> &VerifierKey {
        &self.inner.log_key
    }

    /// What admission depends on.
    #[must_use]
    pub fn limits(&self) -> &Limits {
        &self.inner.limits
    }

    /// The directory.
    #[must_use]
    pub fn dir(&self) -> &Path {
        self.inner.files.dir.path()
    }

    /// Parses and validates a statement, works out its subjects, and checks its signature if the key is
    /// enrolled already. CPU work; may look up a key on disk.
    ///
    /// # Errors
    /// The refusal with all faults found.
    pub fn prepare(&self, submission: Submission) -> Result<Prepared, Refusal> {
        let started = Instant::now();
        let prepared = self.inner.prepare(submission);
        let counters = &self.inner.shared.counters;
        let ns = u64::try_from(started.elapsed().as_nanos()).unwrap_or(u64::MAX);
        counters.prepare_ns.fetch_add(ns, Relaxed);
        prepared.inspect_err(|refusal| counters.count_refusal(refusal))
    }

    /// Queues statements if there is room for all of them now.
    ///
    /// # Errors
    /// [`Busy`]: nothing was queued.
    pub fn try_submit(&self, batch: Vec<Prepared>) -> Result<Pending, Busy> {
        self.inner.intake.try_submit(batch)
    }

    /// Queues statements, waiting for room. Resolves when they are queued; await what it gives for the
    /// results. Cancelled before that, nothing was queued.
    pub async fn enqueue(&self, batch: Vec<Prepared>) -> Pending {
        self.inner.intake.enqueue(batch).await
    }

    /// [`enqueue`](Self::enqueue), then waits until all are durable or refused.
    pub async fn submit(&self, batch: Vec<Prepared>) -> Vec<Result<Receipt, Refusal>> {
        self.enqueue(batch).await.await
    }

    /// A consistent state of the view; implements [`custody::View`]. Keep it for one query only: it
    /// holds back the disposal of old rows.
    ///
    /// # Errors
    /// The view could not be read.
    pub fn snapshot(&self) -> Result<Snapshot<'_>, Error> {
        Ok(self.inner.snapshot()?)
    }

    /// A durable entry; `None` from the head's size on.
    ///
    /// # Errors
    /// The log could not be read, or the row is damaged.
    pub fn entry(&self, index: u64) -> Result<Option<RecordedEntry>, Error> {
        if index >= self.head().size {
            return Ok(None);
        }
        Ok(self.inner.files.log.entry(index)?)
    }

    /// Durable entries from `start` on: at most `max`, and no further one once `max_bytes` of payload
    /// have been gathered (at least one, if there is one).
    ///
    /// # Errors
    /// As [`entry`](Self::entry).
    pub fn entries(&self, start: u64, max: usize, max_bytes: usize) -> Result<Vec<RecordedEntry>, Error> {
        let durable = self.head().size.saturating_sub(start);
        let max = usize::try_from(durable).unwrap_or(usize::MAX).min(max);
        let (mut all, mut bytes) = (Vec::new(), 0);
        if max == 0 {
            return Ok(all);
        }
        for entry in self.inner.files.log.entries(start)?.take(max) {
            let entry = entry?;
            bytes += entry.payload.len();
            all.push(entry);
            if bytes >= max_bytes {
                break;
            }
        }
        Ok(all)
    }

    /// The receipt of a durable entry, with [`Receipt::recorded_before`] set.
    ///
    /// # Errors
    /// As [`entry`](Self::entry).
    pub fn receipt(&self, index: u64) -> Result<Option<Receipt>, Error> {
        if index >= self.head().size {
            return Ok(None);
        }
        Ok(Some(first_receipt(&self.snapshot()?, index)?))
    }

    /// Size, root and chain after the newest durable entry.
    #[must_use]
    pub fn head(&self) -> Head {
        *self.inner.shared.head.borrow()
    }

    /// Follows the [`head`](Self::head). A slow follower skips states; it never delays the writer.
    #[must_use]
    pub fn watch(&self) -> watch::Receiver<Head> {
        self.inner.shared.head.subscribe()
    }

    /// The newest signed checkpoint, or the one kept for a size.
    ///
    /// # Errors
    /// The log could not be read, or the row is damaged.
    pub fn checkpoint(&self, size: Option<u64>) -> Result<Option<SignedCheckpoint>, Error> {
        let Some(size) = size else { return Ok(self.inner.shared.newest_checkpoint()) };
        let note = self.inner.files.log.checkpoint(size)?;
        note.map(|note| read_checkpoint(size, note, &self.inner.log_key)).transpose()
    }

    /// How the ledger is.
    #[must_use]
    pub fn status(&self) -> Status {
        let shared = &self.inner.shared;
        let capacity = shared.capacity as usize;
        Status {
            writer: shared.writer(),
            size: self.head().size,
            queue_links: capacity.saturating_sub(shared.room.available_permits()),
            queue_capacity: capacity,
        }
    }

    /// What was counted since it was opened.
    #[must_use]
    pub fn counters(&self) -> &Counters {
        &self.inner.shared.counters
    }

    /// Takes nothing more, records what is queued, signs a last checkpoint, flushes and ends the
    /// threads. Blocks. Calling it again gives the same answer.
    ///
    /// # Errors
    /// The writer had stopped, or stopped now, for another reason.
    pub fn shutdown(&self) -> Result<(), Error> {
        match self.inner.shutdown() {
            Some(cause) => Err(Error::Stopped(cause)),
            None => Ok(()),
        }
    }

    /// Copies the log, consistently and while the ledger runs, into an empty or new directory. The view
    /// is not copied: restoring derives it.
    ///
    /// # Errors
    /// The directory is not empty, or writing failed.
    pub fn backup(&self, to: &Path) -> Result<(), Error> {
        Ok(self.inner.files.log.backup(to)?)
    }
}

impl Inner {
    fn snapshot(&self) -> Result<Snapshot<'_>, StoreError> {
        Snapshot::new(&self.files.view, &self.files.log)
    }

    fn prepare(&self, submission: Submission) -> Result<Prepared, Refusal> {
        let Submission { payload, key_id, signature } = submission;
        let statement = Statement::parse(payload)?;
        if statement.header().ledger != self.limits.ledger {
            let text = "names another ledger; GetLedger tells this one's id";
            return Err(Refusal::at(Reason::WrongLedger, "header.ledger", text));
        }
        let key = self.keys.find(&key_id, || self.snapshot().map_err(ViewError::from)).map_err(|error| {
            tracing::error!(%error, "a key could not be looked up");
            Refusal::new(Reason::WriterStopped)
        })?;
        // A key that is not there may be enrolled by a statement on its way: the apply thread decides.
        let verified = match key {
            Some(key)
                if !statement::verify(&key, statement::STATEMENT_TYPE, statement.payload(), &signature) =>
            {
                return Err(Reason::BadSignature.into());
            }
            key => key.is_some(),
        };
        let envelope = Envelope { key_id, digest: *statement.digest(), signature }.encode();
        let own = own_subjects(&statement);
        let signed = Signed { statement, key_id, envelope: Bytes::copy_from_slice(&envelope), own };
        Ok(Prepared { signed, verified })
    }

    /// Why the writer stopped, where that was not asked for.
    fn shutdown(&self) -> Option<StopCause> {
        self.intake.close();
        // Held while joining, so that a second caller waits too.
        let mut threads = self.threads.lock().unwrap_or_else(PoisonError::into_inner);
        // The apply thread first: it ends when the queue is empty, and the commit thread after it.
        while let Some(handle) = threads.pop() {
            if handle.join().is_err() {
                self.shared.stop(StopCause::ThreadLost);
            }
        }
        self.shared.failure()
    }
}

impl Drop for Inner {
    fn drop(&mut self) {
        // Whoever cares has called `shutdown`.
        self.shutdown();
    }
}

fn check_settings(config: &Config) -> Result<u32, Error> {
    if config.batch_statements == 0 {
        return Err(Error::Setting("batch_statements must be at least 1"));
    }
    match u32::try_from(config.queue_links) {
        Ok(links) if links > 0 && config.queue_links <= tokio::sync::Semaphore::MAX_PERMITS => Ok(links),
        _ => Err(Error::Setting("queue_links must be 1 to 2^32 - 1")),
    }
}

fn open_files(dir: &Path, config: &Config) -> Result<Files, Error> {
    let dir = Dir::open(dir, &config.store)?;
    Ok(Files { log: dir.open_log()?, view: dir.open_view()?, dir })
}

fn read_genesis(files: &Files) -> Result<Genesis, Error> {
    let damaged = |fault: &str| Error::Entry { index: 0, fault: fault.to_owned() };
    let entry = files.log.entry(0)?.ok_or_else(|| damaged("it is missing"))?;
    if leaf_hash(&entry.leaf) != *files.log.ledger() {
        return Err(damaged("its leaf does not give the ledger's id"));
    }
    let leaf = Leaf::decode(&entry.leaf).map_err(|e| damaged(&e.to_string()))?;
    if leaf.content != statement::content_hash(&entry.payload) {
        return Err(damaged("its payload is not the one that its leaf commits to"));
    }
    Ok(Genesis::parse(&entry.payload)?)
}

/// The key that signs checkpoints. C2SP has its name equal the origin.
fn log_key(genesis: &Genesis) -> Result<VerifierKey, GenesisError> {
    let message = genesis.message();
    let error = |fault: String| GenesisError { field: "log_key".into(), fault };
    let key: VerifierKey = message.log_key.parse().map_err(|e: merkle::NoteKeyError| error(e.to_string()))?;
    if key.name() != message.origin {
        return Err(error("its name must be the origin".into()));
    }
    Ok(key)
}

fn last_time(files: &Files, size: u64) -> Result<u64, Error> {
    let index = size.saturating_sub(1);
    let entry = files.log.entry(index)?;
    let leaf = entry.and_then(|entry| Leaf::decode(&entry.leaf).ok());
    let leaf = leaf.ok_or_else(|| Error::Entry { index, fault: "its leaf is malformed".into() })?;
    Ok(leaf.recorded_at)
}

fn check_clock(recorded_at: u64, now: u64, config: &Config) -> Result<(), Error> {
    let ahead = recorded_at.saturating_sub(now);
    if u128::from(ahead) > config.max_clock_jump.as_micros() && !config.accept_clock_jump {
        return Err(Error::ClockJump { ahead_s: ahead / 1_000_000 });
    }
    Ok(())
}
