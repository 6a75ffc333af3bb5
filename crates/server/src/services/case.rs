//! `CaseService`.

mod alerts;
mod reads;

use std::{
    sync::Arc,
    time::{SystemTime, UNIX_EPOCH},
};

use custody::View as _;
use evidence::bundle::{CollectError, Extent, Extraction, Query, QueryKind, Request as Wanted, collect};
use futures::stream;
use ledger::Ledger;
use proto::v1::{
    ExportEvidenceRequest, ExportEvidenceResponse, GetCaseRequest, GetCaseResponse, GetCaseSummaryRequest,
    GetCaseSummaryResponse, ListCasesRequest, ListCasesResponse, WatchCaseRequest,
};
use rpc::case_service_server::CaseService;
use statement::{Words, words};
use tonic::{Request, Response, Status};

use self::alerts::Watching;
use super::Shared;
use crate::{
    access::{Credentials, Sight},
    language::Language,
    observe::Note,
    status::{Fault, Kind},
};

/// Bytes of a bundle in one message.
const CHUNK: usize = 1 << 20;

/// The service.
pub(crate) struct CaseApi(pub(crate) Arc<Shared>);

/// A bundle, stretch by stretch.
type Chunks = stream::Iter<std::vec::IntoIter<Result<ExportEvidenceResponse, Status>>>;

#[tonic::async_trait]
impl CaseService for CaseApi {
    type ExportEvidenceStream = Chunks;
    type WatchCaseStream = alerts::Alerts;

    async fn get_case(&self, r: Request<GetCaseRequest>) -> Result<Response<GetCaseResponse>, Status> {
        self.0.read(r, |_, view, sight, query| reads::get(view, sight, &query)).await
    }

    async fn list_cases(&self, r: Request<ListCasesRequest>) -> Result<Response<ListCasesResponse>, Status> {
        self.0.read(r, |_, view, sight, query| reads::list(view, sight, &query)).await
    }

    async fn get_case_summary(
        &self,
        r: Request<GetCaseSummaryRequest>,
    ) -> Result<Response<GetCaseSummaryResponse>, Status> {
        self.0.read(r, |_, view, sight, query| reads::sum(view, sight, &query)).await
    }

    async fn watch_case(
        &self,
        request: Request<WatchCaseRequest>,
    ) -> Result<Response<alerts::Alerts>, Status> {
        let (language, note) = (Language::of(request.metadata()), Note::of(&request));
        let answer = async {
            let credentials = Credentials::of(&request)?;
            Watching::new(&self.0, credentials, note, language, request.into_inner())?.answer().await
        };
        answer.await.map(Response::new).map_err(|fault| fault.status(language))
    }

    async fn export_evidence(
        &self,
        request: Request<ExportEvidenceRequest>,
    ) -> Result<Response<Chunks>, Status> {
        let read = self.0.read(request, |ledger, _, sight, query| export(ledger, sight, &query));
        let bundle = read.await?.into_inner();
        let chunks = bundle.chunks(CHUNK).map(|chunk| Ok(ExportEvidenceResponse { chunk: chunk.to_vec() }));
        Ok(Response::new(stream::iter(chunks.collect::<Vec<_>>())))
    }
}

fn export(ledger: &Ledger, sight: &Sight, query: &ExportEvidenceRequest) -> Result<Vec<u8>, Fault> {
    if !sight.is_everything() {
        return Err(Kind::SeesAllOnly.into());
    }
    let Some(kind) = QueryKind::ALL.into_iter().find(|kind| kind.as_str() == query.kind) else {
        let known = QueryKind::ALL.map(QueryKind::as_str).join(", ");
        return Err(Fault::field("kind", words!("is none of {known}", "不是 {known} 之一")));
    };
    if kind == QueryKind::Entry {
        readable(ledger, sight, &query.text)?;
    }
    let Ok(key) = query.key_id.as_slice().try_into() else {
        return Err(Fault::field("key_id", Words::of("is not 32 bytes", "不是 32 字节")));
    };
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    let extraction = Extraction {
        party: sight.party.clone(),
        key,
        at: u64::try_from(now.as_micros()).unwrap_or(u64::MAX),
        purpose: sight.reason.purpose.clone().unwrap_or_default(),
        case: sight.reason.case.clone().unwrap_or_default(),
    };
    let wanted = Wanted {
        query: Query { kind, text: query.text.clone(), as_of: query.as_of },
        extraction,
        extent: if query.named_only { Extent::Named } else { Extent::Whole },
    };
    let source = match ledger.source(wanted.query.needs()) {
        Err(ledger::Error::NoSeal) => return Err(Kind::NotSealedYet.into()),
        source => source?,
    };
    let bundle = collect(&source, &wanted).map_err(fault)?;
    bundle.encode().map_err(|defect| Fault::internal(&defect))
}

/// What is confidential goes into no bundle of those who may not read it.
fn readable(ledger: &Ledger, sight: &Sight, text: &str) -> Result<(), Fault> {
    let view = ledger.snapshot()?;
    let index = text.parse().ok().filter(|index| *index < view.size());
    match index.map(|index| sight.statement(&view, index)).transpose()? {
        Some(false) => Err(Kind::NotFound.into()),
        _ => Ok(()),
    }
}

fn fault(error: CollectError<ledger::Error>) -> Fault {
    match error {
        CollectError::Query => Fault::field(
            "text",
            Words::of("is not the canonical text of what is asked for", "不是所查对象的规范文本"),
        ),
        CollectError::NotSealed { covered } => Fault::field(
            "as_of",
            words!(
                "the newest seal covers {covered} entries; ask as of those, or wait a minute for the next",
                "最新封印只涵盖 {covered} 条；请以此为限，或待一分钟后的下一封印"
            ),
        ),
        CollectError::TooLarge => Kind::BundleTooLarge.into(),
        CollectError::Source(error) => error.into(),
        error => Fault::internal(&error),
    }
}
