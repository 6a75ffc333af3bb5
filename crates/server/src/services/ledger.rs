//! `LedgerService`.

use std::sync::Arc;

use ledger::Ledger;
use proto::v1::{
    GetCheckpointRequest, GetCheckpointResponse, GetConsistencyProofRequest, GetConsistencyProofResponse,
    GetEntryRequest, GetEntryResponse, GetInclusionProofRequest, GetInclusionProofResponse, GetLedgerRequest,
    GetLedgerResponse, GetReceiptRequest, GetReceiptResponse, GetSubjectProofRequest,
    GetSubjectProofResponse, ListEntriesRequest, SubmitStatementRequest, SubmitStatementResponse,
    SubmitStatementsRequest, ValidateStatementRequest, ValidateStatementResponse,
};
use rpc::ledger_service_server::LedgerService;
use statement::{Envelope, LeafType, Reason, Words, id_bytes, words};
use tonic::{Request, Response, Status, Streaming};

use super::{Shared, Snapshot, entries, proof, subject, submit, validate};
use crate::{
    access::{Credentials, Sight},
    language::Language,
    observe::Note,
    status::{Fault, Kind, not_set},
};

/// The service.
pub(crate) struct LedgerApi(pub(crate) Arc<Shared>);

#[tonic::async_trait]
impl LedgerService for LedgerApi {
    type SubmitStatementsStream = submit::Results;
    type ListEntriesStream = entries::Pages;

    async fn submit_statement(
        &self,
        request: Request<SubmitStatementRequest>,
    ) -> Result<Response<SubmitStatementResponse>, Status> {
        let (language, note) = (Language::of(request.metadata()), Note::of(&request));
        let receipt = submit::one(&self.0, request.into_inner(), &note, language).await?;
        Ok(Response::new(SubmitStatementResponse { receipt: Some(receipt) }))
    }

    async fn submit_statements(
        &self,
        request: Request<Streaming<SubmitStatementsRequest>>,
    ) -> Result<Response<Self::SubmitStatementsStream>, Status> {
        let (language, note) = (Language::of(request.metadata()), Note::of(&request));
        let results = submit::stream(Arc::clone(&self.0), request.into_inner(), note, language);
        Ok(Response::new(results))
    }

    async fn validate_statement(
        &self,
        request: Request<ValidateStatementRequest>,
    ) -> Result<Response<ValidateStatementResponse>, Status> {
        let language = Language::of(request.metadata());
        let answer = async {
            let credentials = Credentials::of(&request)?;
            let (ledger, query) = (self.0.ledger.clone(), request.into_inner());
            self.0.readers.read(move || validate::validate(&ledger, &credentials, language, query)).await
        };
        answer.await.map(Response::new).map_err(|fault| fault.status(language))
    }

    async fn get_ledger(&self, _: Request<GetLedgerRequest>) -> Result<Response<GetLedgerResponse>, Status> {
        let ledger = &self.0.ledger;
        let (genesis, head) = (ledger.genesis().message(), ledger.head());
        Ok(Response::new(GetLedgerResponse {
            ledger: ledger.id().to_vec(),
            origin: genesis.origin.clone(),
            log_key: genesis.log_key.clone(),
            size: head.size,
            root: head.root.to_vec(),
            chain: head.chain.to_vec(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
            genesis_leaf: ledger.genesis_leaf().to_vec(),
            genesis: ledger.genesis().payload().to_vec(),
        }))
    }

    async fn get_entry(
        &self,
        request: Request<GetEntryRequest>,
    ) -> Result<Response<GetEntryResponse>, Status> {
        let (language, note) = (Language::of(request.metadata()), Note::of(&request));
        let answer = async {
            let credentials = Credentials::of(&request)?;
            let (ledger, query) = (self.0.ledger.clone(), request.into_inner());
            self.0.readers.read(move || entries::one(&ledger, &credentials, &note, &query)).await
        };
        answer.await.map(Response::new).map_err(|fault| fault.status(language))
    }

    async fn list_entries(
        &self,
        request: Request<ListEntriesRequest>,
    ) -> Result<Response<Self::ListEntriesStream>, Status> {
        let (language, note) = (Language::of(request.metadata()), Note::of(&request));
        let credentials = Credentials::of(&request).map_err(|fault| fault.status(language))?;
        let begun = entries::begin(&self.0, &credentials, &note, *request.get_ref());
        begun.await.map_err(|fault| fault.status(language))?;
        let pages = entries::list(&self.0, credentials, note, language, request.get_ref());
        Ok(Response::new(pages))
    }

    async fn get_receipt(
        &self,
        request: Request<GetReceiptRequest>,
    ) -> Result<Response<GetReceiptResponse>, Status> {
        self.0.read(request, |ledger, view, sight, query| receipt(ledger, view, sight, &query)).await
    }

    async fn get_checkpoint(
        &self,
        request: Request<GetCheckpointRequest>,
    ) -> Result<Response<GetCheckpointResponse>, Status> {
        let language = Language::of(request.metadata());
        let (ledger, size) = (self.0.ledger.clone(), request.get_ref().size);
        let read = self.0.readers.read(move || {
            let checkpoint = ledger.checkpoint((size > 0).then_some(size))?.ok_or(Kind::NotFound)?;
            Ok(GetCheckpointResponse { note: checkpoint.note })
        });
        read.await.map(Response::new).map_err(|fault| fault.status(language))
    }

    async fn get_inclusion_proof(
        &self,
        request: Request<GetInclusionProofRequest>,
    ) -> Result<Response<GetInclusionProofResponse>, Status> {
        let language = Language::of(request.metadata());
        let (shared, query) = (Arc::clone(&self.0), request.into_inner());
        let read = self.0.readers.read(move || proof::inclusion(&shared, &query));
        read.await.map(Response::new).map_err(|fault| fault.status(language))
    }

    async fn get_subject_proof(
        &self,
        request: Request<GetSubjectProofRequest>,
    ) -> Result<Response<GetSubjectProofResponse>, Status> {
        self.0.read(request, |ledger, _, sight, query| subject::proof(ledger, sight, &query)).await
    }

    async fn get_consistency_proof(
        &self,
        request: Request<GetConsistencyProofRequest>,
    ) -> Result<Response<GetConsistencyProofResponse>, Status> {
        let language = Language::of(request.metadata());
        let (shared, query) = (Arc::clone(&self.0), request.into_inner());
        let read = self.0.readers.read(move || proof::consistency(&shared, &query));
        read.await.map(Response::new).map_err(|fault| fault.status(language))
    }
}

fn receipt(
    ledger: &Ledger,
    view: &Snapshot<'_>,
    sight: &Sight,
    query: &GetReceiptRequest,
) -> Result<GetReceiptResponse, Fault> {
    let named = query.statement.as_ref().ok_or_else(|| Fault::field("statement", not_set()))?;
    if named.id.len() != 16 {
        return Err(Fault::field(
            "statement.id",
            words!("{} bytes, must be 16", "{} 字节，须为 16", named.id.len()),
        ));
    }
    let index = custody::tables::statement_index(view, &named.party, &id_bytes(&named.id))?;
    let index = index.ok_or(Kind::NotFound)?;
    if !sight.entry(view, index, LeafType::Statement)? {
        return Err(Kind::NotFound.into());
    }
    if !named.digest.is_empty() {
        let entry = ledger.entry(index)?.ok_or(Kind::NotFound)?;
        let envelope = Envelope::decode(&entry.envelope).map_err(|e| Fault::internal(&e))?;
        if envelope.digest != named.digest.as_slice() {
            return Err(Fault::field(
                "statement.digest",
                Words::of(Reason::TargetDigest.english(), Reason::TargetDigest.chinese()),
            ));
        }
    }
    let receipt = ledger.receipt(index)?.ok_or(Kind::NotFound)?;
    Ok(GetReceiptResponse { receipt: Some(proof::receipt(ledger, receipt)?) })
}
