//! The follower: reads the log once, entry by entry, and does to documents what it says. A statement that
//! names a document keeps it; an Erase erases it. Repeating an entry changes nothing, so a cursor that is
//! kept now and then is enough.

use std::{
    sync::{Arc, atomic::Ordering::SeqCst},
    time::{Duration, Instant, SystemTime},
};

use attachments::Cursor;
use custody::{RecordedEntry, View, tables::statement_index};
use ledger::Ledger;
use proto::v1::statement::Body;
use statement::{Leaf, LeafType, Statement, id_bytes};
use tokio::sync::watch;

use super::{Documents, mentions::mentions};

/// Most entries at a time, and bytes of payload after which no further one is read.
const STEP: (usize, usize) = (1_024, 1 << 20);
/// Rest after catching up: under load, many entries are read together.
const REST: Duration = Duration::from_millis(100);
/// Rest after a fault of the disk.
const REST_FAULT: Duration = Duration::from_secs(1);
/// How often what waits too long is looked for.
const SWEEP: Duration = Duration::from_secs(60);
/// The cursor is kept after so many entries, or this time.
const KEEP: (u64, Duration) = (50_000, Duration::from_secs(5));

/// What can go wrong; all of it is tried again.
#[derive(Debug, thiserror::Error)]
enum Fault {
    #[error(transparent)]
    Store(#[from] attachments::Error),
    #[error(transparent)]
    Ledger(#[from] ledger::Error),
    #[error(transparent)]
    View(#[from] custody::ViewError),
    #[error("entry {0} cannot be read; run `yuanliu verify`")]
    Entry(u64),
}

struct Follower {
    documents: Arc<Documents>,
    ledger: Ledger,
    /// First entry that is not followed.
    next: u64,
    /// The cursor as kept, and when.
    kept: (u64, Instant),
    swept: Option<Instant>,
}

/// Follows until the server stops.
pub(crate) async fn follow(documents: Arc<Documents>, ledger: Ledger, mut stop: watch::Receiver<bool>) {
    let mut head = ledger.watch();
    let next = documents.start;
    let mut follower = Follower { documents, ledger, next, kept: (next, Instant::now()), swept: None };
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
    /// Follows some entries; whether there are more.
    fn step(&mut self) -> Result<bool, Fault> {
        let done = self.advance();
        if !matches!(done, Ok(true)) {
            self.documents.behind.store(done.is_err(), SeqCst);
        }
        done
    }

    fn advance(&mut self) -> Result<bool, Fault> {
        let (most, bytes) = STEP;
        for entry in self.ledger.entries(self.next, most, bytes)? {
            self.entry(&entry)?;
            self.next += 1;
        }
        let (kept, at) = self.kept;
        if self.next - kept >= KEEP.0 || (self.next > kept && at.elapsed() >= KEEP.1) {
            self.keep_cursor()?;
        }
        if self.next < self.ledger.head().size {
            return Ok(true);
        }
        if self.swept.is_none_or(|at| at.elapsed() >= SWEEP) {
            let dropped = self.documents.store.sweep(SystemTime::now())?;
            if dropped > 0 {
                tracing::info!(dropped, "attachments that no statement has named in time");
            }
            self.swept = Some(Instant::now());
        }
        Ok(false)
    }

    fn keep_cursor(&mut self) -> Result<(), Fault> {
        if self.next > self.kept.0 {
            self.documents.store.keep_cursor(&Cursor { ledger: self.ledger.id(), next: self.next })?;
        }
        self.kept = (self.next, Instant::now());
        Ok(())
    }

    fn entry(&self, entry: &RecordedEntry) -> Result<(), Fault> {
        let leaf = Leaf::decode(&entry.leaf).map_err(|_| Fault::Entry(self.next))?;
        if leaf.leaf_type != LeafType::Statement || !mentions(&entry.payload) {
            return Ok(());
        }
        let statement = read(entry, self.next)?;
        let header = statement.header();
        for attachment in &header.attachments {
            if let Ok(digest) = attachment.digest.as_slice().try_into() {
                self.documents.store.name(digest, &header.party)?;
            }
        }
        self.erase(&statement)
    }

    /// An Erase never waits for signatures: it is in effect where it stands.
    fn erase(&self, statement: &Statement) -> Result<(), Fault> {
        let Body::Erase(erase) = statement.body() else { return Ok(()) };
        let Some(named) = &erase.target else { return Ok(()) };
        let view = self.ledger.snapshot()?;
        let index = statement_index(&view, &named.party, &id_bytes(&named.id))?;
        let Some(index) = index.filter(|index| *index < self.next) else { return Ok(()) };
        let target = view.entry(index)?.ok_or(Fault::Entry(index))?;
        let target = read(&target, index)?;
        let header = target.header();
        let all = erase.digests.is_empty();
        for attachment in &header.attachments {
            if let Ok(digest) = attachment.digest.as_slice().try_into()
                && (all || erase.digests.contains(&attachment.digest))
            {
                self.documents.store.erase(digest, &header.party, self.next)?;
                tracing::info!(entry = self.next, "an attachment was erased");
            }
        }
        Ok(())
    }
}

fn read(entry: &RecordedEntry, index: u64) -> Result<Statement, Fault> {
    Statement::recorded(entry.payload.clone()).map_err(|_| Fault::Entry(index))
}
