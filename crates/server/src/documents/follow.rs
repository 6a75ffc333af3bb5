//! The follower: reads the log once, entry by entry, and does to documents what it says. A statement that
//! names a document keeps it; an Erase erases it. Repeating an entry changes nothing, so a cursor that is
//! kept now and then is enough. An entry that cannot be done stops nothing: `undone` says what follows.

use std::{
    sync::{Arc, atomic::Ordering::SeqCst},
    time::{Duration, Instant, SystemTime},
};

use attachments::Cursor;
use custody::{RecordedEntry, View, tables::statement_index};
use ledger::Ledger;
use merkle::Hash;
use proto::v1::{Erase, statement::Body};
use statement::{Leaf, LeafType, Statement, id_bytes};
use tokio::sync::watch;

use super::{
    Documents,
    mentions::mentions,
    undone::{MOST, Undone},
};

/// Most entries at a time, and bytes of payload after which no further one is read.
const STEP: (usize, usize) = (1_024, 1 << 20);
/// Rest after catching up: under load, many entries are read together.
const REST: Duration = Duration::from_millis(100);
/// Rest after a fault of the disk.
const REST_FAULT: Duration = Duration::from_secs(1);
/// How often what waits too long is looked for, and what could not be done is tried again.
const SWEEP: Duration = Duration::from_secs(60);
/// The cursor is kept after so many entries, or this time.
const KEEP: (u64, Duration) = (50_000, Duration::from_secs(5));

/// What can go wrong; all of it is tried again.
#[derive(Debug, thiserror::Error)]
pub(super) enum Fault {
    #[error(transparent)]
    Store(#[from] attachments::Error),
    #[error(transparent)]
    Ledger(#[from] ledger::Error),
    #[error(transparent)]
    View(#[from] custody::ViewError),
    #[error("entry {0} cannot be read; run `yuanliu verify`")]
    Entry(u64),
    #[error("{MOST} entries could not be done; the disk itself seems to fail")]
    TooMany,
}

/// What of an entry could not be done, and why.
type NotDone = (Undone, Fault);

pub(super) struct Follower {
    documents: Arc<Documents>,
    ledger: Ledger,
    /// First entry that is not followed.
    next: u64,
    /// The cursor as kept, and when.
    kept: (u64, Instant),
    swept: Option<Instant>,
    /// When what could not be done was tried last.
    retried: Instant,
}

/// Follows until the server stops.
pub(crate) async fn follow(documents: Arc<Documents>, ledger: Ledger, mut stop: watch::Receiver<bool>) {
    let mut head = ledger.watch();
    let mut follower = Follower::new(documents, ledger);
    while !*stop.borrow() {
        let done = tokio::task::spawn_blocking(move || {
            let more = follower.step();
            (follower, more)
        });
        let more = match done.await {
            Ok((back, more)) => {
                follower = back;
                more
            }
            Err(error) => {
                tracing::error!(%error, "attachments are not followed any more; restart the server");
                return;
            }
        };
        match more {
            Ok(true) => {}
            Ok(false) => {
                let next = follower.next;
                let asked = async { stop.wait_for(|stop| *stop).await.is_ok() };
                let grown = async { head.wait_for(|head| head.size > next).await.is_ok() };
                // Whatever ends the wait means: look again.
                tokio::select! {
                    _ = asked => {}
                    _ = tokio::time::timeout(SWEEP, grown) => {}
                }
                rest(&mut stop, REST).await;
            }
            Err(error) => {
                tracing::error!(%error, entry = follower.next, "what the log says of attachments could not be done");
                rest(&mut stop, REST_FAULT).await;
            }
        }
    }
    // Whatever is not kept is followed again next time.
    let _ = tokio::task::spawn_blocking(move || follower.keep_cursor()).await;
}

/// A rest that ends early when the server is to stop.
async fn rest(stop: &mut watch::Receiver<bool>, time: Duration) {
    // Either outcome means: look again.
    let _ = tokio::time::timeout(time, stop.wait_for(|stop| *stop)).await;
}

impl Follower {
    pub(super) fn new(documents: Arc<Documents>, ledger: Ledger) -> Self {
        let (next, now) = (documents.start, Instant::now());
        Self { documents, ledger, next, kept: (next, now), swept: None, retried: now }
    }

    /// Follows some entries; whether there are more.
    fn step(&mut self) -> Result<bool, Fault> {
        let done = self.advance();
        if !matches!(done, Ok(true)) {
            self.documents.behind.store(done.is_err(), SeqCst);
        }
        done
    }

    fn advance(&mut self) -> Result<bool, Fault> {
        if self.retried.elapsed() >= SWEEP {
            self.retry()?;
        }
        self.follow()?;
        let (kept, at) = self.kept;
        if self.next - kept >= KEEP.0 || (self.next > kept && at.elapsed() >= KEEP.1) {
            self.keep_cursor()?;
        }
        if self.next < self.ledger.head().size {
            return Ok(true);
        }
        if self.swept.is_none_or(|at| at.elapsed() >= SWEEP) {
            self.sweep();
        }
        Ok(false)
    }

    fn follow(&mut self) -> Result<(), Fault> {
        let (most, bytes) = STEP;
        match self.ledger.entries(self.next, most, bytes) {
            Ok(entries) => {
                for entry in entries {
                    self.take(Ok(Some(entry)))?;
                }
            }
            // One of them: which, shows when each is read by itself.
            Err(_) => {
                let end = self.ledger.head().size.min(self.next.saturating_add(most as u64));
                while self.next < end {
                    self.take(self.ledger.entry(self.next))?;
                }
            }
        }
        Ok(())
    }

    /// Does the next entry, or notes that it could not be done.
    fn take(&mut self, entry: Result<Option<RecordedEntry>, ledger::Error>) -> Result<(), Fault> {
        self.attempt(self.next, entry)?;
        self.next += 1;
        Ok(())
    }

    fn attempt(&self, index: u64, entry: Result<Option<RecordedEntry>, ledger::Error>) -> Result<(), Fault> {
        let done = match entry {
            Ok(Some(entry)) => self.entry(index, &entry),
            Ok(None) => Err(unread(Fault::Entry(index))),
            Err(error) => Err(unread(error.into())),
        };
        let mut undone = self.documents.undone();
        match done {
            Ok(()) if undone.done(index) => {
                tracing::info!(entry = index, "what this entry says of attachments is done now");
            }
            Ok(()) => {}
            Err((what, error)) => {
                if undone.note(index, what).ok_or(Fault::TooMany)? {
                    let text = "what this entry says of attachments could not be done; it is tried again, and \
                                what it may erase is handed out to nobody";
                    tracing::error!(%error, entry = index, "{text}");
                }
            }
        }
        Ok(())
    }

    fn retry(&mut self) -> Result<(), Fault> {
        self.retried = Instant::now();
        let entries = self.documents.undone().entries();
        for index in entries {
            self.attempt(index, self.ledger.entry(index))?;
        }
        Ok(())
    }

    /// Drops what waits too long, unless it cannot be known what some entry names.
    fn sweep(&mut self) {
        self.swept = Some(Instant::now());
        let kept = self.documents.undone().kept();
        let Some(kept) = kept else { return };
        match self.documents.store.sweep(SystemTime::now(), &kept) {
            Ok(0) => {}
            Ok(dropped) => tracing::info!(dropped, "attachments that no statement has named in time"),
            Err(error) => tracing::error!(%error, "an attachment that waited too long could not be dropped"),
        }
    }

    /// Keeps how far the log was followed; what could not be done is followed again after a restart.
    fn keep_cursor(&mut self) -> Result<(), Fault> {
        let next = self.documents.undone().first().unwrap_or(self.next).min(self.next);
        if next > self.kept.0 {
            self.documents.store.keep_cursor(&Cursor { ledger: self.ledger.id(), next })?;
        }
        self.kept = (next.max(self.kept.0), Instant::now());
        Ok(())
    }

    /// Does all of an entry that can be done.
    fn entry(&self, index: u64, entry: &RecordedEntry) -> Result<(), NotDone> {
        let leaf = Leaf::decode(&entry.leaf).map_err(|_| unread(Fault::Entry(index)))?;
        if leaf.leaf_type != LeafType::Statement || !mentions(&entry.payload) {
            return Ok(());
        }
        let statement = read(entry, index).map_err(unread)?;
        let header = statement.header();
        let (mut undone, mut fault) = (Undone::default(), None);
        for digest in digests(&statement) {
            if let Err(error) = self.documents.store.name(&digest, &header.party) {
                undone.named.insert(digest);
                fault = Some(error.into());
            }
        }
        if let Body::Erase(erase) = statement.body() {
            // An Erase never waits for signatures: it is in effect where it stands.
            let (target, chosen) = match self.erased(index, erase) {
                Ok(Some(found)) => found,
                Ok(None) => return fault.map_or(Ok(()), |fault| Err((undone, fault))),
                Err(error) => return Err((Undone { unread: true, ..undone }, error)),
            };
            for digest in chosen {
                match self.documents.store.erase(&digest, &target.header().party, index) {
                    Ok(()) => tracing::info!(entry = index, "an attachment was erased"),
                    Err(error) => {
                        undone.erased.insert(digest);
                        fault = Some(error.into());
                    }
                }
            }
        }
        fault.map_or(Ok(()), |fault| Err((undone, fault)))
    }

    /// The statement that an Erase names, and which of its documents.
    fn erased(&self, index: u64, erase: &Erase) -> Result<Option<(Statement, Vec<Hash>)>, Fault> {
        let Some(named) = &erase.target else { return Ok(None) };
        let view = self.ledger.snapshot()?;
        let target = statement_index(&view, &named.party, &id_bytes(&named.id))?;
        let Some(target) = target.filter(|target| *target < index) else { return Ok(None) };
        let entry = view.entry(target)?.ok_or(Fault::Entry(target))?;
        let statement = read(&entry, target)?;
        let mut chosen = digests(&statement);
        chosen.retain(|digest| erase.digests.is_empty() || erase.digests.iter().any(|d| d == digest));
        Ok(Some((statement, chosen)))
    }
}

fn unread(fault: Fault) -> NotDone {
    (Undone { unread: true, ..Undone::default() }, fault)
}

/// The documents that a statement names.
fn digests(statement: &Statement) -> Vec<Hash> {
    let named = statement.header().attachments.iter();
    named.filter_map(|a| a.digest.as_slice().try_into().ok()).collect()
}

fn read(entry: &RecordedEntry, index: u64) -> Result<Statement, Fault> {
    Statement::recorded(entry.payload.clone()).map_err(|_| Fault::Entry(index))
}
