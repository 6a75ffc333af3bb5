//! Reads: thin wrappers over the services, and three that check what they are told.

use evidence::{check_receipt, check_under, open_checkpoint};
use merkle::{Checkpoint, Hash, VerifierKey, leaf_hash};
use prost::Message as _;
use proto::v1::{self, SignedStatement};
use rpc::{
    access_service_client::AccessServiceClient, attachment_service_client::AttachmentServiceClient,
    case_service_client::CaseServiceClient, customs_service_client::CustomsServiceClient,
    desk_service_client::DeskServiceClient, finding_service_client::FindingServiceClient,
    ledger_service_client::LedgerServiceClient, registry_service_client::RegistryServiceClient,
    trace_service_client::TraceServiceClient,
};
use statement::{Leaf, content_hash};
use tonic::Code;

use crate::{BadCheckpoint, BadReceipt, Client, ClientError, connect::MAX_ANSWER, envelope, error::reason};

/// Public facts of a ledger.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LedgerInfo {
    /// Ledger id.
    pub id: Hash,
    /// Name in checkpoints.
    pub origin: String,
    /// Checks checkpoints. Named by the genesis entry, whose hash is the id: where the id was known before, no
    /// server can give another key.
    pub log_key: VerifierKey,
    /// Checks what privileged answers carry; named by the genesis too.
    pub answer_key: String,
    /// Number of entries.
    pub size: u64,
    /// Root over them.
    pub root: Hash,
    /// Chain hash after them.
    pub chain: Hash,
    /// Version of the server.
    pub version: String,
}

macro_rules! reads {
    ($($(#[doc = $doc:literal])* $name:ident($service:ident, $request:ident) -> $answer:ident;)*) => {
        /// One call each; messages as in the proto files. All of them are repeated while that may help.
        impl Client {
            $(
                $(#[doc = $doc])*
                ///
                /// # Errors
                /// See [`ClientError`].
                pub async fn $name(&self, request: v1::$request) -> Result<v1::$answer, ClientError> {
                    self.read(request, |channel, request| async move {
                        $service::new(channel).max_decoding_message_size(MAX_ANSWER).$name(request).await
                    })
                    .await
                }
            )*
        }
    };
}

reads! {
    /// One entry; contents only for those who may read them.
    get_entry(LedgerServiceClient, GetEntryRequest) -> GetEntryResponse;
    /// The receipt of a recorded statement, unchecked; see [`Client::receipt`].
    get_receipt(LedgerServiceClient, GetReceiptRequest) -> GetReceiptResponse;
    /// Shipments addressed to the reader that it has not answered wholly, by pages.
    list_inbound(DeskServiceClient, ListInboundRequest) -> ListInboundResponse;
    /// One shipment, line by line.
    get_shipment(DeskServiceClient, GetShipmentRequest) -> GetShipmentResponse;
    /// What the reader has now, by pages.
    list_holdings(DeskServiceClient, ListHoldingsRequest) -> ListHoldingsResponse;
    /// What the reader has submitted, newest first, by pages; receipts unchecked.
    list_submitted(DeskServiceClient, ListSubmittedRequest) -> ListSubmittedResponse;
    /// Requests for assistance addressed to the reader, by pages.
    list_requests(DeskServiceClient, ListRequestsRequest) -> ListRequestsResponse;
    /// A case with its duties.
    get_case(CaseServiceClient, GetCaseRequest) -> GetCaseResponse;
    /// The cases that the reader has, or had, by pages.
    list_cases(CaseServiceClient, ListCasesRequest) -> ListCasesResponse;
    /// The summary table of these cases over a stretch of days.
    get_case_summary(CaseServiceClient, GetCaseSummaryRequest) -> GetCaseSummaryResponse;
    /// Findings, newest first, by pages.
    list_findings(FindingServiceClient, ListFindingsRequest) -> ListFindingsResponse;
    /// The papers of a lot.
    get_lot_dossier(DeskServiceClient, GetLotDossierRequest) -> GetLotDossierResponse;
    /// What customs ask of a declaration.
    verify_import_lot(CustomsServiceClient, VerifyImportLotRequest) -> VerifyImportLotResponse;
    /// Declarations with how far each has come, by pages.
    list_import_lots(CustomsServiceClient, ListImportLotsRequest) -> ListImportLotsResponse;
    /// One party.
    get_party(RegistryServiceClient, GetPartyRequest) -> GetPartyResponse;
    /// Parties in order of first naming, by pages.
    list_parties(RegistryServiceClient, ListPartiesRequest) -> ListPartiesResponse;
    /// One site with its licences.
    get_site(RegistryServiceClient, GetSiteRequest) -> GetSiteResponse;
    /// Registrations of a product.
    get_product(RegistryServiceClient, GetProductRequest) -> GetProductResponse;
    /// One key.
    get_key(RegistryServiceClient, GetKeyRequest) -> GetKeyResponse;
    /// Mandates a principal has given.
    list_mandates(RegistryServiceClient, ListMandatesRequest) -> ListMandatesResponse;
    /// Codes and settings in force on a day.
    get_policy(RegistryServiceClient, GetPolicyRequest) -> GetPolicyResponse;
    /// All policies stated, by pages.
    list_policies(RegistryServiceClient, ListPoliciesRequest) -> ListPoliciesResponse;
    /// The entries of a named list in force on a day, by pages.
    get_named_list(RegistryServiceClient, GetNamedListRequest) -> GetNamedListResponse;
    /// Designations of a registration.
    list_designations(RegistryServiceClient, ListDesignationsRequest) -> ListDesignationsResponse;
    /// What a register is complete for.
    list_coverage(RegistryServiceClient, ListCoverageRequest) -> ListCoverageResponse;
    /// Who takes a party's place.
    list_successions(RegistryServiceClient, ListSuccessionsRequest) -> ListSuccessionsResponse;
    /// Whether what was scanned can be what its code says.
    verify_item(TraceServiceClient, VerifyItemRequest) -> VerifyItemResponse;
    /// The same for up to 100 scans.
    verify_items(TraceServiceClient, VerifyItemsRequest) -> VerifyItemsResponse;
    /// State of one item.
    get_item(TraceServiceClient, GetItemRequest) -> GetItemResponse;
    /// The statements about one item, by pages.
    get_item_history(TraceServiceClient, GetItemHistoryRequest) -> GetItemHistoryResponse;
    /// 追源头: back to every origin.
    trace_source(TraceServiceClient, TraceSourceRequest) -> TraceSourceResponse;
    /// 查流向: forward to every place.
    trace_flow(TraceServiceClient, TraceFlowRequest) -> TraceFlowResponse;
    /// The access digest of a minute, unchecked; see [`Client::access_standing`].
    get_access_digest(AccessServiceClient, GetAccessDigestRequest) -> GetAccessDigestResponse;
    /// Access records of a minute, by pages, unchecked; see [`Client::access_minute`].
    list_access_records(AccessServiceClient, ListAccessRecordsRequest) -> ListAccessRecordsResponse;
    /// Whether a document that a statement names is there.
    get_attachment(AttachmentServiceClient, GetAttachmentRequest) -> GetAttachmentResponse;
}

impl Client {
    /// Every fault of a statement at once; records nothing, neither statement nor access.
    ///
    /// # Errors
    /// See [`ClientError`].
    pub async fn validate_statement(
        &self,
        request: v1::ValidateStatementRequest,
    ) -> Result<v1::ValidateStatementResponse, ClientError> {
        self.ask(request, |channel, request| async move {
            let service = LedgerServiceClient::new(channel);
            service.max_decoding_message_size(MAX_ANSWER).validate_statement(request).await
        })
        .await
    }

    /// Public facts of the ledger. Needs no reader.
    ///
    /// # Errors
    /// See [`ClientError`]; [`ClientError::Stop`] too where another ledger is there than expected.
    pub async fn ledger(&self) -> Result<LedgerInfo, ClientError> {
        let facts = self
            .call(v1::GetLedgerRequest {}, |channel, request| async move {
                LedgerServiceClient::new(channel).get_ledger(request).await
            })
            .await?;
        let genesis = v1::Genesis::decode(facts.genesis.as_slice()).unwrap_or_default();
        let info = LedgerInfo {
            answer_key: genesis.answer_key,
            id: hash("ledger", &facts.ledger)?,
            log_key: facts.log_key.parse().map_err(|e| broken(format_args!("log_key: {e}")))?,
            root: hash("root", &facts.root)?,
            chain: hash("chain", &facts.chain)?,
            origin: facts.origin.clone(),
            size: facts.size,
            version: facts.version.clone(),
        };
        check_genesis(&facts, &info)?;
        match self.expected_ledger() {
            Some(expected) if *expected != info.id => Err(ClientError::stop(
                Code::FailedPrecondition,
                reason::OTHER_LEDGER,
                format_args!(
                    "the server keeps ledger {}, expected was {}",
                    hex::encode(info.id),
                    hex::encode(expected)
                ),
            )),
            _ => Ok(info),
        }
    }

    /// The checkpoint kept for a size (0 = the newest), opened with the log's verifier key, and its note.
    /// Needs no reader.
    ///
    /// # Errors
    /// See [`ClientError`]; [`ClientError::BadCheckpoint`] where the key did not sign it, or it is for
    /// another size than asked.
    pub async fn checkpoint(
        &self,
        size: u64,
        log_key: &VerifierKey,
    ) -> Result<(Checkpoint, String), ClientError> {
        let answer = self
            .call(v1::GetCheckpointRequest { size }, |channel, request| async move {
                LedgerServiceClient::new(channel).get_checkpoint(request).await
            })
            .await?;
        match open_checkpoint(&answer.note, log_key) {
            Ok(checkpoint) if size != 0 && checkpoint.size() != size => {
                Err(broken(format_args!("checkpoint for size {} where {size} was asked", checkpoint.size())))
            }
            Ok(checkpoint) => Ok((checkpoint, answer.note)),
            Err(fault) => {
                Err(ClientError::BadCheckpoint(Box::new(BadCheckpoint { note: answer.note, fault })))
            }
        }
    }

    /// The receipt of a statement that was submitted before, checked against it.
    ///
    /// # Errors
    /// See [`ClientError`].
    pub async fn receipt(&self, statement: &SignedStatement) -> Result<v1::Receipt, ClientError> {
        let header =
            v1::Statement::decode(statement.payload.clone()).ok().and_then(|s| s.header).ok_or_else(
                || ClientError::stop(Code::InvalidArgument, reason::LOCAL, "the payload is not a statement"),
            )?;
        let reference = v1::StatementRef { party: header.party, id: header.id, digest: Vec::new() };
        let answer = self.get_receipt(v1::GetReceiptRequest { statement: Some(reference) }).await?;
        self.checked(statement, answer.receipt).await
    }

    /// A receipt with a checkpoint of its own, if it holds for the statement.
    pub(crate) async fn checked(
        &self,
        statement: &SignedStatement,
        receipt: Option<v1::Receipt>,
    ) -> Result<v1::Receipt, ClientError> {
        let mut receipt = receipt.ok_or_else(|| broken("an answer without a receipt"))?;
        let key = self.log_key().await?;
        let note = std::mem::take(&mut receipt.checkpoint);
        let checkpoint = self.open_note(&note, key)?;
        let receipt = self.checked_under(statement, receipt, (&note, &checkpoint))?;
        self.saw(note, checkpoint, false).await?;
        Ok(receipt)
    }

    /// A receipt, if it holds for the statement and under this checkpoint, which it is given to keep.
    pub(crate) fn checked_under(
        &self,
        statement: &SignedStatement,
        mut receipt: v1::Receipt,
        (note, checkpoint): (&str, &Checkpoint),
    ) -> Result<v1::Receipt, ClientError> {
        note.clone_into(&mut receipt.checkpoint);
        let fault = match envelope(statement) {
            None => None,
            Some(envelope) => {
                let held = check_receipt(&receipt, &envelope, self.expected_ledger());
                match held.and_then(|()| Ok(check_under(&receipt, checkpoint)?)) {
                    Ok(()) => return Ok(receipt),
                    Err(fault) => Some(fault),
                }
            }
        };
        let statement = statement.clone();
        Err(ClientError::BadReceipt(Box::new(BadReceipt { statement, receipt, fault })))
    }
}

pub(crate) fn hash(field: &str, bytes: &[u8]) -> Result<Hash, ClientError> {
    bytes.try_into().map_err(|_| broken(format_args!("{field} has {} bytes instead of 32", bytes.len())))
}

/// The server does not keep to the protocol.
pub(crate) fn broken(what: impl std::fmt::Display) -> ClientError {
    ClientError::stop(Code::DataLoss, reason::PROTOCOL, format_args!("unexpected answer: {what}"))
}

#[cfg(test)]
mod tests;

/// The genesis that is given must be the one that the ledger id commits to, and name the log key that is
/// given.
fn check_genesis(facts: &v1::GetLedgerResponse, info: &LedgerInfo) -> Result<(), ClientError> {
    let leaf = Leaf::decode(&facts.genesis_leaf).ok();
    let named = v1::Genesis::decode(facts.genesis.as_slice()).map(|genesis| genesis.log_key);
    let holds = leaf_hash(&facts.genesis_leaf) == info.id
        && leaf.is_some_and(|leaf| leaf.content == content_hash(&facts.genesis))
        && named.is_ok_and(|key| key == facts.log_key);
    match holds {
        true => Ok(()),
        false => Err(broken("a genesis that is not the ledger's, or names another log key")),
    }
}
