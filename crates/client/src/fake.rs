//! A ledger for tests: honest by default, over TLS on loopback, and as bad as its script says.

use std::{
    collections::{BTreeMap, VecDeque},
    net::SocketAddr,
    pin::Pin,
    sync::{Arc, LazyLock, Mutex, MutexGuard},
    time::Duration,
};

use futures::{Stream, StreamExt as _};
use merkle::{
    Checkpoint, CompactRange, EMPTY_ROOT, Hash, Leaves, SignerKey, SigningKey, consistency_proof,
    inclusion_proof, leaf_hash, sha256,
};
use prost::Message as _;
use proto::v1::{self, Receipt, Rejection, SignedStatement, StatementResult, statement_result};
use rpc::ledger_service_server::{LedgerService, LedgerServiceServer};
use statement::{LEAF_LEN, Leaf, LeafType, chain_hash, content_hash};
use tokio::{net::TcpListener, sync::mpsc};
use tokio_stream::wrappers::{ReceiverStream, TcpListenerStream};
use tonic::{
    Code, Request, Response, Status,
    transport::{Identity, Server, ServerTlsConfig},
};

use crate::{Client, ConnectOptions, RetryPolicy, Signer, Trust, envelope};

/// What the server does with one batch. Without a script it is honest.
#[derive(Clone, Debug)]
pub(crate) enum Act {
    Honest,
    /// Ends the stream with this status; nothing of the batch is recorded.
    Fail(Status),
    /// Records the batch and ends the stream without an answer.
    RecordThenEnd,
    /// Records the first of the batch; from this one on the queue is full, for those at a multiple of two.
    BusyFrom(usize),
    /// Records, and changes the receipts.
    Forge(fn(&mut Receipt)),
    /// Records, and leaves the last result out.
    OneShort,
    /// Never answers.
    Hang,
    /// Answers, then ends the stream as one on which nothing is sent.
    AnswerThenLeave,
}

/// The state of the ledger; outlives its servers.
#[derive(Default)]
pub(crate) struct State {
    pub(crate) script: VecDeque<Act>,
    /// Payload digest → first receipt.
    pub(crate) receipts: BTreeMap<Hash, Receipt>,
    pub(crate) leaves: Vec<[u8; LEAF_LEN]>,
    chain: Hash,
    /// Sizes of the batches that arrived.
    pub(crate) batches: Vec<usize>,
    /// `authorization` of the calls that arrived, by method.
    pub(crate) tokens: Vec<(&'static str, Option<String>)>,
    /// Statuses that unary calls answer with first.
    pub(crate) unary: VecDeque<Status>,
    /// Entries in a message of `ListEntries`, after which the stream breaks; 0 = it does not.
    pub(crate) break_entries_after: usize,
    /// The status with which it breaks; none = unavailable.
    pub(crate) break_with: Option<Status>,
}

#[derive(Clone, Default)]
pub(crate) struct Fake(Arc<Mutex<State>>);

pub(crate) fn log_key() -> SignerKey {
    SignerKey::new("fake.example/log", SigningKey::from_seed(&[77; 32])).unwrap()
}

pub(crate) fn signer() -> Signer {
    Signer::new("org:Fake", SigningKey::from_seed(&[1; 32]), ledger_id())
}

/// A statement whose payload is this text: the fake ledger does not read payloads, but one that begins
/// with "after X" is refused until the statement with payload X is recorded, and "bad" is refused always.
pub(crate) fn signed(text: &str) -> SignedStatement {
    signer().sign_payload(text.to_owned().into())
}

pub(crate) fn ledger_id() -> Hash {
    leaf_hash(&genesis())
}

fn genesis() -> [u8; LEAF_LEN] {
    let content = content_hash(&genesis_payload());
    Leaf { leaf_type: LeafType::Genesis, recorded_at: 1, content, links: [2; 32] }.encode()
}

fn genesis_payload() -> Vec<u8> {
    v1::Genesis { log_key: log_key().verifier().to_string(), ..v1::Genesis::default() }.encode_to_vec()
}

static CERTIFICATE: LazyLock<(String, String)> = LazyLock::new(certificate);

pub(crate) fn certificate() -> (String, String) {
    let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    (made.cert.pem(), made.signing_key.serialize_pem())
}

impl Fake {
    pub(crate) fn new() -> Self {
        let this = Self::default();
        let mut state = this.state();
        state.leaves.push(genesis());
        state.chain = chain_hash(&[0; 32], &genesis());
        drop(state);
        this
    }

    pub(crate) fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap()
    }

    pub(crate) fn script(&self, acts: impl IntoIterator<Item = Act>) {
        self.state().script = acts.into_iter().collect();
    }

    /// Serves until the runtime ends.
    pub(crate) async fn serve(&self, address: SocketAddr) -> SocketAddr {
        let listener = TcpListener::bind(address).await.unwrap();
        let address = listener.local_addr().unwrap();
        let (cert, key) = &*CERTIFICATE;
        let tls = ServerTlsConfig::new().identity(Identity::from_pem(cert, key));
        let router =
            Server::builder().tls_config(tls).unwrap().add_service(LedgerServiceServer::new(self.clone()));
        tokio::spawn(router.serve_with_incoming(TcpListenerStream::new(listener)));
        address
    }

    /// Serves, and connects a client that is patient for about a second.
    pub(crate) async fn client(&self) -> Client {
        let address = self.serve(SocketAddr::from(([127, 0, 0, 1], 0))).await;
        Client::connect(options(address)).await.unwrap()
    }
}

pub(crate) fn options(address: SocketAddr) -> ConnectOptions {
    let trust = Trust::Pem(CERTIFICATE.0.clone().into());
    let mut options = ConnectOptions::new(format!("https://{address}"), trust);
    options.server_name = Some("localhost".into());
    options.retry = patience();
    options.request_timeout = Duration::from_secs(5);
    options.ledger = Some(ledger_id());
    options
}

pub(crate) fn patience() -> RetryPolicy {
    RetryPolicy {
        attempts: 6,
        first_delay: Duration::from_millis(2),
        longest_delay: Duration::from_millis(200),
        give_up_after: Duration::from_secs(10),
    }
}

impl State {
    fn submit(&mut self, signed: &SignedStatement) -> StatementResult {
        use statement_result::Result::{Receipt as Recorded, Rejection as Refused};
        let digest = sha256(&[&signed.payload]);
        let text = String::from_utf8_lossy(&signed.payload).into_owned();
        let cause = text.strip_prefix("after ");
        let result = if let Some(first) = self.receipts.get(&digest) {
            Recorded(Receipt { recorded_before: true, ..first.clone() })
        } else if cause.is_some_and(|c| !self.receipts.contains_key(&sha256(&[c.as_bytes()]))) {
            Refused(rejection(Code::FailedPrecondition, "TARGET_UNKNOWN", 0))
        } else if text.starts_with("bad") {
            Refused(rejection(Code::InvalidArgument, "INVALID_FIELD", 0))
        } else {
            Recorded(self.record(digest, signed))
        };
        StatementResult { result: Some(result) }
    }

    fn record(&mut self, digest: Hash, signed: &SignedStatement) -> Receipt {
        let index = self.leaves.len() as u64;
        let content = content_hash(&envelope(signed).unwrap().encode());
        let leaf =
            Leaf { leaf_type: LeafType::Statement, recorded_at: index, content, links: [3; 32] }.encode();
        let before = self.chain;
        self.chain = chain_hash(&before, &leaf);
        self.leaves.push(leaf);
        let receipt = Receipt {
            index,
            recorded_at: index as i64,
            leaf: leaf.to_vec(),
            chain_before: before.to_vec(),
            chain: self.chain.to_vec(),
            ..Receipt::default()
        };
        self.receipts.insert(digest, receipt.clone());
        receipt
    }

    fn hashes(&self) -> Vec<Hash> {
        self.leaves.iter().map(|leaf| leaf_hash(leaf)).collect()
    }

    /// The newest checkpoint.
    pub(crate) fn checkpoint(&self) -> String {
        let key = log_key();
        let checkpoint = Checkpoint::new(key.verifier().name(), self.leaves.len() as u64, self.root());
        checkpoint.unwrap().sign(&key).unwrap().to_string()
    }

    /// Adds proofs under the newest checkpoint.
    fn prove(&self, results: &mut [StatementResult]) {
        let hashes = self.hashes();
        for result in results {
            if let Some(statement_result::Result::Receipt(receipt)) = &mut result.result {
                let proof = inclusion_proof(&Leaves(&hashes), receipt.index, hashes.len() as u64);
                receipt.inclusion = proof.unwrap().into_flattened();
            }
        }
    }

    fn root(&self) -> Hash {
        let mut tree = CompactRange::new();
        self.leaves.iter().for_each(|leaf| tree.append(leaf_hash(leaf)));
        if self.leaves.is_empty() { EMPTY_ROOT } else { tree.root() }
    }

    /// The answer to a batch, or how the stream ends.
    fn batch(
        &mut self,
        statements: &[SignedStatement],
        act: &Act,
    ) -> Result<Vec<StatementResult>, Option<Status>> {
        self.batches.push(statements.len());
        let busy = |i: usize| matches!(act, Act::BusyFrom(n) if i >= *n && i.is_multiple_of(2));
        if let Act::Fail(status) = act {
            return Err(Some(status.clone()));
        }
        let mut results = Vec::new();
        for (i, signed) in statements.iter().enumerate() {
            let full =
                statement_result::Result::Rejection(rejection(Code::ResourceExhausted, "QUEUE_FULL", 20));
            results.push(if busy(i) { StatementResult { result: Some(full) } } else { self.submit(signed) });
        }
        self.prove(&mut results);
        match act {
            Act::RecordThenEnd => return Err(None),
            Act::OneShort => drop(results.pop()),
            Act::Forge(change) => {
                for result in &mut results {
                    if let Some(statement_result::Result::Receipt(receipt)) = &mut result.result {
                        change(receipt);
                    }
                }
            }
            _ => {}
        }
        Ok(results)
    }
}

fn rejection(code: Code, reason: &str, retry_after_ms: u32) -> Rejection {
    let (reason, message) = (reason.to_owned(), String::new());
    Rejection { code: code.into(), reason, message, violations: Vec::new(), retry_after_ms }
}

type Answers<T> = Pin<Box<dyn Stream<Item = Result<T, Status>> + Send>>;

impl Fake {
    fn note<Q>(&self, method: &'static str, request: &Request<Q>) -> Result<MutexGuard<'_, State>, Status> {
        let mut state = self.state();
        let token = request.metadata().get("authorization").map(|v| v.to_str().unwrap().to_owned());
        state.tokens.push((method, token));
        match state.unary.pop_front() {
            Some(status) => Err(status),
            None => Ok(state),
        }
    }

    fn entry(state: &State, index: usize) -> v1::Entry {
        v1::Entry { index: index as u64, leaf: state.leaves[index].to_vec(), ..v1::Entry::default() }
    }
}

#[tonic::async_trait]
impl LedgerService for Fake {
    type SubmitStatementsStream = Answers<v1::SubmitStatementsResponse>;
    type ListEntriesStream = Answers<v1::ListEntriesResponse>;

    async fn submit_statement(
        &self,
        request: Request<v1::SubmitStatementRequest>,
    ) -> Result<Response<v1::SubmitStatementResponse>, Status> {
        let act = self.note("submit", &request)?.script.pop_front().unwrap_or(Act::Honest);
        if matches!(act, Act::Hang) {
            return std::future::pending().await;
        }
        let mut state = self.state();
        let statement = request.into_inner().statement.unwrap();
        let results = state.batch(&[statement], &act).map_err(|e| e.unwrap())?;
        match results.into_iter().next().unwrap().result.unwrap() {
            statement_result::Result::Receipt(receipt) => {
                let receipt = Receipt { checkpoint: state.checkpoint(), ..receipt };
                Ok(Response::new(v1::SubmitStatementResponse { receipt: Some(receipt) }))
            }
            statement_result::Result::Rejection(r) => Err(Status::new(Code::from_i32(r.code), r.reason)),
        }
    }

    async fn submit_statements(
        &self,
        request: Request<tonic::Streaming<v1::SubmitStatementsRequest>>,
    ) -> Result<Response<Self::SubmitStatementsStream>, Status> {
        drop(self.note("submit_statements", &request)?);
        let mut requests = request.into_inner();
        let (send, answers) = mpsc::channel(1);
        let this = self.clone();
        tokio::spawn(async move {
            while let Some(Ok(batch)) = requests.next().await {
                let act = this.state().script.pop_front().unwrap_or(Act::Honest);
                if matches!(act, Act::Hang) {
                    return std::future::pending().await;
                }
                let (answer, checkpoint) = {
                    let mut state = this.state();
                    (state.batch(&batch.statements, &act), state.checkpoint())
                };
                let (answer, last) = match answer {
                    Ok(results) => (Ok(v1::SubmitStatementsResponse { results, checkpoint }), false),
                    Err(Some(status)) => (Err(status), true),
                    Err(None) => return,
                };
                if send.send(answer).await.is_err() || last {
                    return;
                }
                if matches!(act, Act::AnswerThenLeave) {
                    let _ = send.send(Err(Status::unavailable("idle"))).await;
                    return;
                }
            }
        });
        Ok(Response::new(Box::pin(ReceiverStream::new(answers))))
    }

    async fn validate_statement(
        &self,
        _: Request<v1::ValidateStatementRequest>,
    ) -> Result<Response<v1::ValidateStatementResponse>, Status> {
        Ok(Response::new(v1::ValidateStatementResponse { admissible: true, ..Default::default() }))
    }

    async fn get_ledger(
        &self,
        request: Request<v1::GetLedgerRequest>,
    ) -> Result<Response<v1::GetLedgerResponse>, Status> {
        let state = self.note("get_ledger", &request)?;
        Ok(Response::new(v1::GetLedgerResponse {
            ledger: ledger_id().to_vec(),
            origin: log_key().verifier().name().to_owned(),
            log_key: log_key().verifier().to_string(),
            size: state.leaves.len() as u64,
            root: state.root().to_vec(),
            chain: state.chain.to_vec(),
            version: "fake".into(),
            genesis_leaf: genesis().to_vec(),
            genesis: genesis_payload(),
        }))
    }

    async fn get_entry(
        &self,
        request: Request<v1::GetEntryRequest>,
    ) -> Result<Response<v1::GetEntryResponse>, Status> {
        let state = self.note("get_entry", &request)?;
        let index = request.get_ref().index as usize;
        if index >= state.leaves.len() {
            return Err(Status::not_found("no such entry"));
        }
        Ok(Response::new(v1::GetEntryResponse { entry: Some(Self::entry(&state, index)) }))
    }

    async fn list_entries(
        &self,
        request: Request<v1::ListEntriesRequest>,
    ) -> Result<Response<Self::ListEntriesStream>, Status> {
        let state = self.note("list_entries", &request)?;
        let q = request.get_ref();
        let limit = if q.limit == 0 { usize::MAX } else { q.limit as usize };
        let entries: Vec<v1::Entry> =
            (q.start as usize..state.leaves.len()).take(limit).map(|i| Self::entry(&state, i)).collect();
        let size = state.leaves.len() as u64;
        let at = state.break_entries_after;
        let message = |entries: &[v1::Entry]| Ok(v1::ListEntriesResponse { entries: entries.to_vec(), size });
        let answers = if at > 0 && entries.len() > at {
            let status = state.break_with.clone().unwrap_or_else(|| Status::unavailable("going down"));
            vec![message(&entries[..at]), Err(status)]
        } else {
            vec![message(&entries)]
        };
        Ok(Response::new(Box::pin(futures::stream::iter(answers))))
    }

    async fn get_receipt(
        &self,
        request: Request<v1::GetReceiptRequest>,
    ) -> Result<Response<v1::GetReceiptResponse>, Status> {
        let state = self.note("get_receipt", &request)?;
        // The only one there is, whoever asks.
        let mut results = vec![StatementResult {
            result: state.receipts.values().next().cloned().map(statement_result::Result::Receipt),
        }];
        state.prove(&mut results);
        let receipt = results.pop().and_then(|r| r.result).and_then(|result| match result {
            statement_result::Result::Receipt(r) => Some(Receipt { checkpoint: state.checkpoint(), ..r }),
            statement_result::Result::Rejection(_) => None,
        });
        Ok(Response::new(v1::GetReceiptResponse { receipt }))
    }

    async fn get_checkpoint(
        &self,
        request: Request<v1::GetCheckpointRequest>,
    ) -> Result<Response<v1::GetCheckpointResponse>, Status> {
        let state = self.note("get_checkpoint", &request)?;
        Ok(Response::new(v1::GetCheckpointResponse { note: state.checkpoint() }))
    }

    async fn get_inclusion_proof(
        &self,
        _: Request<v1::GetInclusionProofRequest>,
    ) -> Result<Response<v1::GetInclusionProofResponse>, Status> {
        Err(Status::unimplemented("nobody asks the fake for it"))
    }

    async fn get_subject_proof(
        &self,
        _: Request<v1::GetSubjectProofRequest>,
    ) -> Result<Response<v1::GetSubjectProofResponse>, Status> {
        Err(Status::unimplemented("nobody asks the fake for it"))
    }

    async fn get_consistency_proof(
        &self,
        request: Request<v1::GetConsistencyProofRequest>,
    ) -> Result<Response<v1::GetConsistencyProofResponse>, Status> {
        let state = self.note("get_consistency_proof", &request)?;
        let (q, hashes) = (request.get_ref(), state.hashes());
        let proof = consistency_proof(&Leaves(&hashes), q.old_size, q.new_size);
        let proof = proof.map_err(|e| Status::invalid_argument(e.to_string()))?;
        let hashes = proof.into_iter().map(Vec::from).collect();
        Ok(Response::new(v1::GetConsistencyProofResponse { hashes, ..Default::default() }))
    }
}
