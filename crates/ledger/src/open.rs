//! Making and opening a ledger: what is checked, recovered and started.

use std::{
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError, atomic::Ordering::Relaxed},
    thread,
    time::Duration,
};

use crossbeam_channel::Receiver;
use custody::{Limits, RecordedEntry};
use merkle::{Hash, SignerKey, VerifierKey, leaf_hash};
use prost::bytes::Bytes;
use runs::{Book, Durability};
use statement::{Genesis, GenesisError, LEAF_LEN, Leaf, MINUTE, chain_hash};
use store::{Dir, Log, Snapshot};

use crate::{
    Clock, Config, Error, Keys, Ledger,
    access::{Desk, Due, Jobs, Recorder},
    apply::{Applier, Clocks},
    commit::{Committer, head},
    config::{MAX_BATCH_LINKS, MAX_QUEUE_LINKS, MAX_SEAL_BACKLOG},
    edge::Edge,
    handle::Inner,
    intake::{Intake, Work},
    keys::KeyCache,
    overlay::Overlay,
    recover::{catch_up, newest_checkpoint},
    sealer::{Sealer, Since},
    seals::{SealedRuns, vouched_before},
    sequence::Sequence,
    shared::{Files, OnPanic, Shared},
};

/// A digest must be recorded two minutes after its minute, and nothing is before it from 100 s on.
const MAX_DIGEST_DELAY: Duration = Duration::from_secs(90);

/// What the threads start from.
struct Start {
    signer: SignerKey,
    config: Config,
    clock: Arc<dyn Clock>,
    limits: Limits,
    edge: Edge,
    recorded_at: u64,
    /// Size of the newest signed checkpoint.
    signed: u64,
    work: Receiver<Work>,
    jobs: Jobs,
    due: Due,
    /// Where runs lie.
    runs: PathBuf,
    since: Since,
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
        let (genesis_leaf, genesis) = read_genesis(&files.log)?;
        let log_key = log_key(&genesis)?;
        if keys.log.verifier() != &log_key {
            return Err(Error::WrongLogKey {
                given: keys.log.verifier().to_string(),
                named: log_key.to_string(),
            });
        }
        check_answer_key(&genesis, &keys.answer)?;
        let kept = newest_checkpoint(&files.log, &log_key)?;
        let runs = files.dir.runs(&files.view)?;
        let (log, view) = (&files.log, &files.view);
        let (edge, book) =
            catch_up(log, view, (&runs, Durability::Now), config.cached_rows, kept.as_ref(), &mut |_, _| {})?;
        let recorded_at = last_time(&files.log)?;
        check_clock(recorded_at, clock.wall_us(), &config)?;
        let newest = custody::digested(&Snapshot::new(&files.view, &files.log)?)?;
        let times = (recorded_at, recorded_at.max(clock.wall_us()));
        let due = Due::open(
            &files.log,
            newest.map(|newest| newest.minute),
            times,
            (config.digest_delay, config.access_retention),
        )?;

        let limits = Limits {
            ledger: *files.log.ledger(),
            max_id_age: genesis.max_id_age(),
            max_ahead: genesis.max_ahead(),
        };
        let shared = Arc::new(Shared::new(head(edge.mark()), capacity));
        let signed = kept.as_ref().map_or(0, |kept| kept.size);
        if let Some(kept) = kept {
            shared.set_checkpoint(kept);
        }
        let since = resume(&files, &shared, &edge, book)?;
        let (queue, work) = crossbeam_channel::unbounded();
        let (access, jobs) = Desk::new(keys.answer.key().clone());
        shared.counters.digested_until.store(times.1 / MINUTE * MINUTE, Relaxed);
        let inner = Inner {
            genesis,
            genesis_leaf,
            log_key,
            limits: limits.clone(),
            keys: KeyCache::new(config.cached_keys),
            intake: Intake::new(queue, Arc::clone(&shared)),
            access,
            shared: Arc::clone(&shared),
            files: Arc::new(files),
            threads: Mutex::default(),
        };
        let this = Self { inner: Arc::new(inner) };
        this.start(Start {
            signer: keys.log,
            config,
            clock,
            limits,
            edge,
            recorded_at,
            signed,
            work,
            jobs,
            due,
            runs,
            since,
        })?;
        Ok(this)
    }

    /// Starts the threads. Should one not start, dropping the handle ends those before.
    fn start(&self, start: Start) -> Result<(), Error> {
        let Start {
            signer,
            config,
            clock,
            limits,
            edge,
            recorded_at,
            signed,
            work,
            jobs,
            mut due,
            runs,
            since,
        } = start;
        let now = recorded_at.max(clock.wall_us());
        let mut first = Vec::new();
        while due.first() < now / MINUTE && due.is_due(now) {
            first.push(due.take(&self.inner.files.log)?.digest);
        }
        let owed = due.first();
        let (give, digests) = crossbeam_channel::bounded(1);
        let (files, shared) = (Arc::clone(&self.inner.files), Arc::clone(&self.inner.shared));
        let recorder = Recorder::new(files, shared, Arc::clone(&clock), jobs, give, due, recorded_at);
        let shared = Arc::clone(&self.inner.shared);
        self.spawn("access", move || {
            let _on_panic = OnPanic(&shared);
            recorder.run();
        })?;
        let (out, batches) = crossbeam_channel::bounded(0);
        let (size, chain, interval) = (edge.mark().size(), edge.mark().chain, config.checkpoint_interval);
        let (ask, seals) = crossbeam_channel::bounded(1);
        let (files, shared) = (Arc::clone(&self.inner.files), Arc::clone(&self.inner.shared));
        let (sealer, to_sealer) = Sealer::new(runs, config.clone(), files, Arc::clone(&shared), ask, since);
        self.spawn("sealer", move || {
            let _on_panic = OnPanic(&shared);
            sealer.run();
        })?;
        let (files, shared) = (Arc::clone(&self.inner.files), Arc::clone(&self.inner.shared));
        self.spawn("commit", move || {
            let _on_panic = OnPanic(&shared);
            let start = (edge, signed);
            Committer::new(&files, &shared, &signer, interval, batches, to_sealer, start).run();
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
                seals,
                digests,
                first,
                owed,
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
}

/// Shows the newest seal; gives what the sealer goes on from.
fn resume(files: &Files, shared: &Shared, edge: &Edge, book: Book) -> Result<Since, Error> {
    let snapshot = Snapshot::new(&files.view, &files.log)?;
    let newest = custody::sealed(&snapshot)?;
    let (runs, covered, states) = book.finish();
    if newest.index > 0 {
        let sealed = SealedRuns::read(&snapshot, newest.index, runs.clone())?;
        if let Some((size, _)) = files.log.cosigned()? {
            shared.seals.vouch(size);
            let older = vouched_before(&snapshot, &files.dir.runs(&files.view)?, &sealed, size)?;
            older.into_iter().for_each(|older| shared.seals.push(older));
        }
        shared.seals.push(sealed);
    }
    Ok(Since { seal: newest.index, covered, runs, states, head: head(edge.mark()) })
}

fn check_settings(config: &Config) -> Result<u32, Error> {
    if config.batch_statements == 0 {
        return Err(Error::Setting("batch_statements must be at least 1"));
    }
    if config.seal_backlog < config.seal_links {
        return Err(Error::Setting("seal_backlog must not be below seal_links"));
    }
    if config.seal_backlog > MAX_SEAL_BACKLOG {
        return Err(Error::Setting("seal_backlog must be at most 2^20"));
    }
    if config.batch_links as u64 > MAX_BATCH_LINKS {
        return Err(Error::Setting("batch_links must be at most 2^14"));
    }
    if config.digest_delay > MAX_DIGEST_DELAY {
        return Err(Error::Setting("digest_delay must be at most 90 s"));
    }
    match u32::try_from(config.queue_links) {
        Ok(links) if links > 0 && u64::from(links) <= MAX_QUEUE_LINKS => Ok(links),
        _ => Err(Error::Setting("queue_links must be 1 to 2^20")),
    }
}

fn open_files(dir: &Path, config: &Config) -> Result<Files, Error> {
    let dir = Dir::open(dir, &config.store)?;
    Ok(Files { log: dir.open_log()?, view: dir.open_view()?, dir })
}

pub(crate) fn read_genesis(log: &Log) -> Result<([u8; LEAF_LEN], Genesis), Error> {
    let damaged = |fault: &str| Error::Entry { index: 0, fault: fault.to_owned() };
    let entry = log.entry(0)?.ok_or_else(|| damaged("it is missing"))?;
    if leaf_hash(&entry.leaf) != *log.ledger() {
        return Err(damaged("its leaf does not give the ledger's id"));
    }
    let leaf = Leaf::decode(&entry.leaf).map_err(|e| damaged(&e.to_string()))?;
    if leaf.content != statement::content_hash(&entry.payload) {
        return Err(damaged("its payload is not the one that its leaf commits to"));
    }
    Ok((entry.leaf, Genesis::parse(&entry.payload)?))
}

/// The key that signs checkpoints. C2SP has its name equal the origin.
pub(crate) fn log_key(genesis: &Genesis) -> Result<VerifierKey, GenesisError> {
    let message = genesis.message();
    let error = |fault: String| GenesisError { field: "log_key".into(), fault };
    let key: VerifierKey = message.log_key.parse().map_err(|e: merkle::NoteKeyError| error(e.to_string()))?;
    if key.name() != message.origin {
        return Err(error("its name must be the origin".into()));
    }
    Ok(key)
}

fn check_answer_key(genesis: &Genesis, given: &SignerKey) -> Result<(), Error> {
    let (named, given) = (&genesis.message().answer_key, given.verifier().to_string());
    if *named == given { Ok(()) } else { Err(Error::WrongAnswerKey { given, named: named.clone() }) }
}

/// When the last entry of a log was recorded.
pub(crate) fn last_time(log: &Log) -> Result<u64, Error> {
    let index = log.size().saturating_sub(1);
    let leaf = log.entry(index)?.and_then(|entry| Leaf::decode(&entry.leaf).ok());
    let leaf = leaf.ok_or_else(|| Error::Entry { index, fault: "its leaf is malformed".into() })?;
    Ok(leaf.recorded_at)
}

fn check_clock(recorded_at: u64, now: u64, config: &Config) -> Result<(), Error> {
    if config.accept_clock_jump {
        return Ok(());
    }
    let ahead = recorded_at.saturating_sub(now);
    if u128::from(ahead) > config.max_clock_jump.as_micros() {
        return Err(Error::ClockJump { ahead_s: ahead / 1_000_000 });
    }
    let behind = now.saturating_sub(recorded_at);
    if u128::from(behind) > config.max_clock_leap.as_micros() {
        let most_s = config.max_clock_leap.as_secs();
        return Err(Error::ClockLeap { behind_s: behind / 1_000_000, most_s });
    }
    Ok(())
}
