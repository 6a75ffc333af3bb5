//! Alerts: statements that the watches of a case are about. Looked for when somebody asks, so nothing of it is kept.

use std::{cell::Cell, pin::Pin, sync::Arc};

use custody::{View as _, case::hits, confidential, registry};
use futures::{Stream, StreamExt as _, stream};
use ledger::Head;
use proto::v1::{CaseAlert, WatchCaseRequest, WatchCaseResponse};
use statement::Statement;
use tokio::sync::watch;
use tonic::Status;

use super::{
    super::{Shared, Snapshot, entries::REST, trace::names},
    reads::{case_id, seen},
};
use crate::{
    access::{Credentials, Sight},
    language::Language,
    observe::Note,
    status::{Fault, Kind},
};

/// Entries looked at for one message.
const STRETCH: u64 = 2_048;
/// Alerts in one message.
const MAX_ALERTS: usize = 256;

/// The answer to `WatchCase`.
pub(crate) type Alerts = Pin<Box<dyn Stream<Item = Result<WatchCaseResponse, Status>> + Send>>;

/// One who watches.
#[derive(Clone)]
pub(super) struct Watching {
    shared: Arc<Shared>,
    credentials: Credentials,
    note: Note,
    language: Language,
    asked: Arc<WatchCaseRequest>,
    head: watch::Receiver<Head>,
    stop: watch::Receiver<bool>,
}

/// A message, and whether it reaches the end of the log.
struct Stretch {
    message: WatchCaseResponse,
    at_end: bool,
}

impl Watching {
    pub fn new(
        shared: &Arc<Shared>,
        credentials: Credentials,
        note: Note,
        language: Language,
        asked: WatchCaseRequest,
    ) -> Result<Self, Fault> {
        case_id(&asked.case_id)?;
        Ok(Self {
            head: shared.ledger.watch(),
            stop: shared.stop.clone(),
            shared: Arc::clone(shared),
            credentials,
            note,
            language,
            asked: Arc::new(asked),
        })
    }

    /// The answer. Its first message is read before it begins: it carries the record of a privileged read.
    pub async fn answer(self) -> Result<Alerts, Fault> {
        let first = self.read(self.asked.start).await?;
        let (language, follow) = (self.language, self.asked.follow);
        let state = (first.message.next, first.at_end && !follow);
        let rest = stream::unfold(Some((self, state)), move |state| async move {
            let (mut watching, (next, ended)) = state?;
            if ended {
                return None;
            }
            match watching.next(next).await {
                Ok(stretch) => {
                    let state = (stretch.message.next, stretch.at_end && !follow);
                    Some((Ok(stretch.message), Some((watching, state))))
                }
                Err(fault) => Some((Err(fault.status(language)), None)),
            }
        });
        Ok(Box::pin(stream::iter([Ok(first.message)]).chain(rest)))
    }

    async fn next(&mut self, next: u64) -> Result<Stretch, Fault> {
        if self.asked.follow {
            tokio::select! {
                head = self.head.wait_for(|head| head.size > next) => drop(head.map_err(|_| Fault::from(Kind::Stopping))?),
                _ = self.stop.wait_for(|stop| *stop) => return Err(Kind::Stopping.into()),
            }
        }
        loop {
            let stretch = self.read(next).await?;
            if !self.asked.follow || stretch.message.next > next {
                return Ok(stretch);
            }
            // The view is a moment behind the log.
            tokio::time::sleep(REST).await;
        }
    }

    async fn read(&self, start: u64) -> Result<Stretch, Fault> {
        let watching = self.clone();
        self.shared.readers.read(move || watching.stretch(start)).await
    }

    fn stretch(&self, start: u64) -> Result<Stretch, Fault> {
        let view = self.shared.ledger.snapshot()?;
        let sight = self.credentials.party_sight(&view, &self.shared.ledger.id())?;
        self.note.reads(&self.shared.ledger, &sight, self.asked.as_ref())?;
        stretch(&view, &sight, &self.asked.case_id, start)
    }
}

fn stretch(view: &Snapshot<'_>, sight: &Sight, case: &str, start: u64) -> Result<Stretch, Fault> {
    let seen = seen(view, sight, case)?;
    let has = confidential::holders(view, case)?.contains(&sight.party);
    if !has && !sight.is_auditor() {
        return Err(Kind::NotFound.into());
    }
    // A region that cannot be read is no region that is not watched.
    let failed = Cell::new(None);
    let regions = |site: &str| match registry::site(view, site) {
        Ok(row) => row.and_then(|row| row.site).map(|site| site.region).unwrap_or_default(),
        Err(error) => {
            failed.set(Some(error));
            String::new()
        }
    };
    let end = view.size().min(start.saturating_add(STRETCH));
    let (mut alerts, mut next) = (Vec::new(), start.min(end));
    while next < end && alerts.len() < MAX_ALERTS {
        let recorded = view.entry(next)?.filter(|entry| !entry.envelope.is_empty());
        let statement = recorded.and_then(|entry| Statement::recorded(entry.payload).ok());
        if let Some(statement) = statement {
            for watch in &seen.watches {
                let found = hits(&watch.body, &statement, &regions);
                if !found.is_empty() {
                    alerts.push(alert(next, watch.entry, &statement, &found));
                }
            }
        }
        next += 1;
    }
    if let Some(error) = failed.take() {
        return Err(error.into());
    }
    let names = names(view, alerts.iter().map(|alert| &alert.party))?;
    let message = WatchCaseResponse { alerts, next, names, truncated: seen.truncated };
    Ok(Stretch { at_end: next >= view.size(), message })
}

fn alert(entry: u64, watch: u64, statement: &Statement, hits: &[custody::case::Hit]) -> CaseAlert {
    CaseAlert {
        entry,
        watch,
        hits: hits.iter().map(|hit| hit.text().to_owned()).collect(),
        kind: statement.kind().into(),
        party: statement.header().party.clone(),
        occurred_at: statement.header().occurred_at,
    }
}
