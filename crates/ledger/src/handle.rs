//! The handle that everybody holds.

use std::{
    fmt,
    path::Path,
    sync::{Arc, Mutex, PoisonError, atomic::Ordering::Relaxed},
    thread::JoinHandle,
    time::Instant,
};

use custody::{Limits, RecordedEntry, Signed, View as _, ViewError};
use merkle::{Hash, VerifierKey};
use prost::bytes::Bytes;
use statement::{Envelope, Genesis, LEAF_LEN, Reason, Refusal, SignedAccess, Statement, Words, own_subjects};
use store::{AccessRow, Snapshot, Stamped, StoreError};
use tokio::sync::watch;

use crate::{
    Busy, Counters, Error, Head, Pending, Prepared, Receipt, SignedCheckpoint, Status, StopCause, Submission,
    access::{Access, AccessError, Desk},
    apply::first_receipt,
    intake::Intake,
    keys::KeyCache,
    recover::read_checkpoint,
    shared::{Files, Shared},
};

/// An open ledger. Clones are cheap and share it; the last one dropped shuts it down, which blocks.
///
/// Methods that are not `async` may read the disk: call them off the async threads. Exceptions, which
/// never block: [`try_submit`](Self::try_submit), [`head`](Self::head), [`watch`](Self::watch),
/// [`status`](Self::status), [`counters`](Self::counters) and the facts of the genesis.
#[derive(Clone)]
pub struct Ledger {
    pub(crate) inner: Arc<Inner>,
}

pub(crate) struct Inner {
    pub genesis: Genesis,
    pub genesis_leaf: [u8; LEAF_LEN],
    pub log_key: VerifierKey,
    pub limits: Limits,
    pub keys: KeyCache,
    pub intake: Intake,
    pub access: Desk,
    pub shared: Arc<Shared>,
    pub files: Arc<Files>,
    /// The access thread, the sealer, the commit thread, then the apply thread.
    pub threads: Mutex<Vec<JoinHandle<()>>>,
}

impl fmt::Debug for Ledger {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Ledger").field("dir", &self.dir()).finish_non_exhaustive()
    }
}

impl Ledger {
    /// The genesis entry's contents.
    #[must_use]
    pub fn genesis(&self) -> &Genesis {
        &self.inner.genesis
    }

    /// Leaf of the genesis entry.
    #[must_use]
    pub fn genesis_leaf(&self) -> &[u8; LEAF_LEN] {
        &self.inner.genesis_leaf
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
        self.enqueue(batch).await.await.results
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

    /// The newest checkpoint that a quorum of witnesses has cosigned, with their lines.
    ///
    /// # Errors
    /// The log could not be read, or the row is damaged.
    pub fn cosigned(&self) -> Result<Option<SignedCheckpoint>, Error> {
        let kept = self.inner.files.log.cosigned()?;
        kept.map(|(size, note)| read_checkpoint(size, note, &self.inner.log_key)).transpose()
    }

    /// Keeps a checkpoint that witnesses have cosigned, unless a larger one is kept.
    ///
    /// # Errors
    /// It is not a checkpoint of this log and size, or could not be written.
    pub fn keep_cosigned(&self, size: u64, note: String) -> Result<(), Error> {
        let checkpoint = read_checkpoint(size, note, &self.inner.log_key)?;
        if self.cosigned()?.is_some_and(|kept| kept.size > size) {
            return Ok(());
        }
        self.inner.files.log.put_cosigned(size, &checkpoint.note)?;
        self.inner.shared.seals.vouch(size);
        Ok(())
    }

    /// Keeps a checkpoint with RFC 3161 tokens over its text, for ever.
    ///
    /// # Errors
    /// It is not a checkpoint of this log and size, or could not be written.
    pub fn keep_stamped(&self, stamped: &Stamped) -> Result<(), Error> {
        read_checkpoint(stamped.size, stamped.note.clone(), &self.inner.log_key)?;
        Ok(self.inner.files.log.put_stamped(stamped)?)
    }

    /// The largest checkpoint that was stamped, with its tokens.
    ///
    /// # Errors
    /// The log could not be read, or the row is damaged.
    pub fn newest_stamped(&self) -> Result<Option<Stamped>, Error> {
        Ok(self.inner.files.log.stamped_up_to(u64::MAX)?)
    }

    /// Ends the writer: a witness has seen what this log never had, so whatever it signed on would contradict
    /// that. Reads go on.
    pub fn halt(&self, fault: String) {
        self.inner.shared.stop(StopCause::Witness(fault));
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
            held: shared.is_held(),
        }
    }

    /// What was counted since it was opened.
    #[must_use]
    pub fn counters(&self) -> &Counters {
        &self.inner.shared.counters
    }

    /// Makes the record of a privileged read durable, signed by the answer key. Blocks. Until it gives the record
    /// nothing of the answer may be shown.
    ///
    /// # Errors
    /// It could not be recorded: the read must be refused.
    pub fn record_access(&self, access: Access) -> Result<SignedAccess, AccessError> {
        self.inner.access.record(access, &self.inner.shared)
    }

    /// Index, leaf and contents of the access digest of a minute.
    ///
    /// # Errors
    /// The log or the view could not be read, or is damaged.
    pub fn access_digest(&self, minute: u64) -> Result<Option<(u64, RecordedEntry)>, Error> {
        let snapshot = self.snapshot()?;
        let Some(index) = custody::digest_of(&snapshot, minute)? else { return Ok(None) };
        Ok(snapshot.entry(index)?.map(|entry| (index, entry)))
    }

    /// Access records kept of a minute, from a number on, at most `max`.
    ///
    /// # Errors
    /// The log could not be read, or is damaged.
    pub fn access_rows(&self, minute: u64, from: u32, max: usize) -> Result<Vec<AccessRow>, Error> {
        Ok(self.inner.files.log.access(minute, from)?.take(max).collect::<Result<_, _>>()?)
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
            let text = Words::of(
                "names another ledger; GetLedger tells this one's id",
                "写的是另一账本；本账本 id 见 GetLedger",
            );
            return Err(Refusal::at(Reason::WrongLedger, "header.ledger", text));
        }
        let key = self.keys.find(&key_id, || self.snapshot().map_err(ViewError::from)).map_err(unread)?;
        // A key that is not there may be enrolled by a statement on its way: the apply thread decides.
        let verified = match key {
            Some(key)
                if !statement::verify(&key, statement::STATEMENT_TYPE, statement.payload(), &signature) =>
            {
                let text = Words::of("does not verify under the key named", "用所列密钥验签失败");
                return Err(Refusal::at(Reason::BadSignature, "signature", text));
            }
            key => key.is_some(),
        };
        // Of one that cannot be checked yet nobody knows whether it will be recorded at all.
        let through = if verified && custody::names_others(&statement) {
            self.snapshot()
                .map_err(ViewError::from)
                .and_then(|view| custody::links_through(&view, &statement))
                .map_err(unread)?
        } else {
            0
        };
        let envelope = Envelope { key_id, digest: *statement.digest(), signature }.encode();
        let own = own_subjects(&statement);
        let signed = Signed { statement, key_id, envelope: Bytes::copy_from_slice(&envelope), own };
        Ok(Prepared { signed, verified, through })
    }

    /// Why the writer stopped, where that was not asked for.
    fn shutdown(&self) -> Option<StopCause> {
        self.intake.close();
        // Held while joining, so that a second caller waits too.
        let mut threads = self.threads.lock().unwrap_or_else(PoisonError::into_inner);
        // The apply thread first: it ends when the queue is empty, and the commit thread after it.
        while let Some(handle) = threads.pop() {
            // It gives the apply thread digests that are due, so it ends last.
            if threads.is_empty() {
                self.access.close();
            }
            if handle.join().is_err() {
                self.shared.stop(StopCause::ThreadLost);
            }
        }
        self.shared.failure()
    }
}

/// The view could not be read.
fn unread(error: ViewError) -> Refusal {
    tracing::error!(%error, "a statement could not be prepared");
    Refusal::new(Reason::WriterStopped)
}

impl Drop for Inner {
    fn drop(&mut self) {
        // Whoever cares has called `shutdown`.
        self.shutdown();
    }
}
