//! The gRPC services: translate, call, translate.

mod access;
mod attachment;
mod case;
mod customs;
mod desk;
mod entries;
mod finding;
mod ledger;
mod page;
mod proof;
mod registry;
mod standing;
mod subject;
mod submit;
mod trace;
mod validate;
mod verify;

use std::sync::Arc;

use ::ledger::Ledger;
use tokio::sync::watch;
use tonic::{Request, Response, Status};

use crate::{
    access::{Credentials, Sight},
    config::Limits,
    documents::Documents,
    finder::Finder,
    language::Language,
    metrics::Metrics,
    observe::Note,
    pool::Pool,
    status::Fault,
};

pub(crate) use access::AccessApi;
pub(crate) use attachment::AttachmentApi;
pub(crate) use case::CaseApi;
pub(crate) use customs::CustomsApi;
pub(crate) use desk::DeskApi;
pub(crate) use finding::FindingApi;
pub(crate) use ledger::LedgerApi;
pub(crate) use registry::RegistryApi;
pub(crate) use trace::TraceApi;

/// What all services share.
pub(crate) struct Shared {
    pub(crate) ledger: Ledger,
    pub(crate) metrics: Arc<Metrics>,
    /// Parsing and signatures.
    pub(crate) verifiers: Pool,
    /// Reads of the store.
    pub(crate) readers: Pool,
    pub(crate) documents: Arc<Documents>,
    /// Findings; `None` where the configuration has switched them off.
    pub(crate) finder: Option<Finder>,
    /// True once the server is to end.
    pub(crate) stop: watch::Receiver<bool>,
    pub(crate) limits: Limits,
}

/// One view, for one read.
pub(crate) type Snapshot<'s> = store::Snapshot<'s>;

impl Shared {
    /// Answers a read by a party: credentials, the record of a privileged one, then `read`, all in one place off the async threads.
    pub(crate) async fn read<Q, A>(
        self: &Arc<Self>,
        request: Request<Q>,
        read: impl FnOnce(&Ledger, &Snapshot<'_>, &Sight, Q) -> Result<A, Fault> + Send + 'static,
    ) -> Result<Response<A>, Status>
    where
        Q: prost::Message + 'static,
        A: Send + 'static,
    {
        let language = Language::of(request.metadata());
        let note = Note::of(&request);
        let answer = async {
            let credentials = Credentials::of(&request)?;
            let (shared, query) = (Arc::clone(self), request.into_inner());
            self.readers
                .read(move || {
                    let view = shared.ledger.snapshot()?;
                    let sight = credentials.party_sight(&view, &shared.ledger.id())?;
                    note.reads(&shared.ledger, &sight, &query)?;
                    read(&shared.ledger, &view, &sight, query)
                })
                .await
        };
        answer.await.map(Response::new).map_err(|fault| fault.status(language))
    }
}
