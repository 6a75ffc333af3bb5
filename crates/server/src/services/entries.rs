//! Entries, one or many, with contents for those who may read them.

use std::{ops::Range, pin::Pin, sync::Arc, time::Duration};

use custody::{RecordedEntry, View as _};
use futures::{Stream, stream};
use ledger::{Head, Ledger};
use proto::v1::{Entry, GetEntryRequest, GetEntryResponse, ListEntriesRequest, ListEntriesResponse};
use statement::Leaf;
use tokio::sync::watch;
use tonic::Status;

use super::{Shared, Snapshot};
use crate::{
    access::{Credentials, Sight},
    language::Language,
    observe::Note,
    status::{Fault, Kind},
};

/// Most entries in a message, and bytes of payload after which it is sent.
const PAGE: (usize, usize) = (512, 1 << 20);

/// Rest until a view that is behind the log is read again.
pub(super) const REST: Duration = Duration::from_millis(5);

/// The answer to `ListEntries`.
pub(crate) type Pages = Pin<Box<dyn Stream<Item = Result<ListEntriesResponse, Status>> + Send>>;

/// An entry as this reader may see it.
pub(crate) fn shown(
    view: &Snapshot<'_>,
    sight: &Sight,
    index: u64,
    entry: RecordedEntry,
) -> Result<Entry, Fault> {
    let leaf = Leaf::decode(&entry.leaf).map_err(|e| Fault::internal(&e))?;
    let visible = sight.entry(view, index, leaf.leaf_type)?;
    let (envelope, payload) =
        if visible { (entry.envelope.to_vec(), entry.payload) } else { Default::default() };
    Ok(Entry {
        index,
        leaf: entry.leaf.to_vec(),
        chain: entry.chain.to_vec(),
        envelope,
        payload,
        withheld: !visible,
    })
}

/// One entry.
pub(crate) fn one(
    ledger: &Ledger,
    credentials: &Credentials,
    note: &Note,
    query: &GetEntryRequest,
) -> Result<GetEntryResponse, Fault> {
    let view = ledger.snapshot()?;
    let sight = credentials.sight(&view, &ledger.id())?;
    note.reads(ledger, &sight, query)?;
    let entry = view.entry(query.index)?.ok_or(Kind::NotFound)?;
    Ok(GetEntryResponse { entry: Some(shown(&view, &sight, query.index, entry)?) })
}

/// Records a listing before it begins, where it is privileged: its answer may begin long before the first entry.
pub(crate) async fn begin(
    shared: &Arc<Shared>,
    credentials: &Credentials,
    note: &Note,
    query: ListEntriesRequest,
) -> Result<(), Fault> {
    let (worker, credentials, note) = (Arc::clone(shared), credentials.clone(), note.clone());
    let read = shared.readers.read(move || {
        let sight = credentials.sight(&worker.ledger.snapshot()?, &worker.ledger.id())?;
        note.reads(&worker.ledger, &sight, &query)
    });
    read.await
}

/// Where a listing stands.
struct Listing {
    shared: Arc<Shared>,
    credentials: Credentials,
    note: Note,
    asked: ListEntriesRequest,
    head: watch::Receiver<Head>,
    stop: watch::Receiver<bool>,
    next: u64,
    /// No entry from here on.
    end: u64,
    follow: bool,
    /// A message has been sent.
    begun: bool,
}

/// Entries from an index on. Each page is read when the reader asks for it, with the token as it counts
/// then: a listing ends when its token does, and is resumed with a new one.
pub(crate) fn list(
    shared: &Arc<Shared>,
    credentials: Credentials,
    note: Note,
    language: Language,
    query: &ListEntriesRequest,
) -> Pages {
    let asked = *query;
    let limit = match query.limit {
        0 => u64::MAX,
        n => query.start.saturating_add(n),
    };
    let size = shared.ledger.head().size;
    let listing = Listing {
        credentials,
        note,
        asked,
        head: shared.ledger.watch(),
        stop: shared.stop.clone(),
        next: query.start,
        end: if query.follow { limit } else { limit.min(size) },
        follow: query.follow,
        begun: false,
        shared: Arc::clone(shared),
    };
    Box::pin(stream::unfold(Some(listing), move |listing| async move {
        match listing?.page().await {
            Ok(Some((page, rest))) => Some((Ok(page), Some(rest))),
            Ok(None) => None,
            Err(fault) => Some((Err(fault.status(language)), None)),
        }
    }))
}

impl Listing {
    /// The next message, or the end.
    async fn page(mut self) -> Result<Option<(ListEntriesResponse, Self)>, Fault> {
        loop {
            let page = self.read().await?;
            let done = page.entries.is_empty() && !(self.follow && self.next < self.end);
            // An answer without any entry says the size at least.
            if done && self.begun {
                return Ok(None);
            }
            if done || !page.entries.is_empty() {
                self.next += page.entries.len() as u64;
                self.begun = true;
                return Ok(Some((page, self)));
            }
            // The view is a moment behind the log.
            tokio::time::sleep(REST).await;
        }
    }

    async fn read(&mut self) -> Result<ListEntriesResponse, Fault> {
        if self.follow && self.next < self.end {
            self.wait().await?;
        }
        let (shared, credentials, note) =
            (Arc::clone(&self.shared), self.credentials.clone(), self.note.clone());
        let (asked, next, end) = (self.asked, self.next, self.end);
        self.shared.readers.read(move || read(&shared.ledger, &credentials, &note, &asked, next..end)).await
    }

    /// Until there is an entry to send.
    async fn wait(&mut self) -> Result<(), Fault> {
        let next = self.next;
        tokio::select! {
            head = self.head.wait_for(|head| head.size > next) => head.map(drop).map_err(|_| Kind::Stopping.into()),
            _ = self.stop.wait_for(|stop| *stop) => Err(Kind::Stopping.into()),
        }
    }
}

fn read(
    ledger: &Ledger,
    credentials: &Credentials,
    note: &Note,
    asked: &ListEntriesRequest,
    Range { start, end }: Range<u64>,
) -> Result<ListEntriesResponse, Fault> {
    let view = ledger.snapshot()?;
    let sight = credentials.sight(&view, &ledger.id())?;
    note.reads(ledger, &sight, asked)?;
    // No further than the view reaches: it says who may see what.
    let here = end.min(view.size()).saturating_sub(start);
    let (most, bytes) = PAGE;
    let most = usize::try_from(here).map_or(most, |n| n.min(most));
    let recorded = if most == 0 { Vec::new() } else { ledger.entries(start, most, bytes)? };
    // In this order: behind the last number there is none to count to, and nothing recorded to count.
    let entries = recorded.into_iter().zip(start..).map(|(entry, index)| shown(&view, &sight, index, entry));
    Ok(ListEntriesResponse { entries: entries.collect::<Result<_, _>>()?, size: ledger.head().size })
}
