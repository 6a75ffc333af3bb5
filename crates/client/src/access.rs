//! Access records: what privileged answers carry, kept and checked, and what became of them in the log.

use std::{
    fs::{self, File},
    io::{self, BufRead as _, BufReader, Write as _},
    path::Path,
};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use bytes::Bytes;
use evidence::{
    AnswerError, ShownDigest,
    access::{AccessSource, JudgeError, Judgement, judge},
    check_answer, check_digest,
};
use merkle::Hash;
use prost::Message;
use proto::v1::{self, AccessDigestEntry, ListAccessRecordsRequest};
use rpc::ledger_service_client::LedgerServiceClient;
use statement::{AccessDigest, KeptAccess, LEAF_LEN, SignedAccess};
use tokio::runtime::Handle;
use tonic::{Code, metadata::MetadataMap};

use crate::{
    Client, ClientError,
    connect::MAX_ANSWER,
    error::reason,
    read::{broken, hash},
};

/// Response metadata that holds the record.
const ACCESS_RECORD: &str = "yuanliu-access-record-bin";
/// Most bytes of a line in a file of records.
const MAX_LINE: u64 = 16_384;
/// Records in a page.
const PAGE: u32 = 1_000;

/// The records of a minute, as an auditor is told them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccessMinute {
    /// Index of the digest that commits to them, and the digest; `None` where there is none yet, and more may come.
    pub digest: Option<(u64, AccessDigest)>,
    /// The records, in order, of which past the ledger's retention only the hash is there.
    pub records: Vec<KeptAccess>,
}

/// The record that an answer or a refusal carries.
pub(crate) fn record_in(metadata: &MetadataMap) -> Option<Bytes> {
    metadata.get_bin(ACCESS_RECORD)?.to_bytes().ok()
}

impl Client {
    /// Checks what an answer to this question carried, and keeps it where that was asked for.
    pub(crate) async fn saw_access(&self, record: &[u8], question: &impl Message) -> Result<(), ClientError> {
        let (ledger, key) = self.answer_key().await?;
        let signed = check_answer(record, ledger, key).map_err(bad)?;
        let about = signed.record();
        let ours = self.tokens().is_some_and(|tokens| tokens.identity() == (about.party.as_str(), about.key));
        if !ours || about.question_hash != merkle::sha256(&[&question.encode_to_vec()]) {
            return Err(bad(AnswerError::Question));
        }
        let Some(file) = self.access_records().cloned() else { return Ok(()) };
        let line = STANDARD.encode(record) + "\n";
        let kept = tokio::task::spawn_blocking(move || keep(&file, &line).map_err(|e| local(&file, &e)));
        kept.await.map_err(|e| ClientError::stop(Code::Internal, reason::LOCAL, e))?
    }

    /// The same for what has been answered, which must carry a record where the reader insists on that.
    pub(crate) async fn saw_answer(
        &self,
        record: Option<&[u8]>,
        question: &impl Message,
    ) -> Result<(), ClientError> {
        match record {
            Some(record) => self.saw_access(record, question).await,
            None if self.insists_on_records() => Err(missing()),
            None => Ok(()),
        }
    }

    /// What became of a record in the log.
    ///
    /// # Errors
    /// See [`ClientError`]; [`ClientError::Stop`] where what the server shows does not hold together.
    pub async fn access_standing(&self, signed: &SignedAccess) -> Result<Judgement, ClientError> {
        let log_key = self.ledger().await?.log_key;
        let (client, signed, handle) = (self.clone(), signed.clone(), Handle::current());
        let judged =
            tokio::task::spawn_blocking(move || judge(&Remote { client, handle }, &signed, &log_key));
        match judged.await.map_err(|e| ClientError::stop(Code::Internal, reason::LOCAL, e))? {
            Err(JudgeError::Source(error)) => Err(error),
            judged => judged.map_err(broken),
        }
    }

    /// The records of a minute, checked against its digest. Only auditors are told them.
    ///
    /// # Errors
    /// See [`ClientError`]; [`ClientError::Stop`] where they are not those that the digest commits to.
    pub async fn access_minute(&self, minute: u64) -> Result<AccessMinute, ClientError> {
        let (mut leaves, mut token) = (Vec::new(), String::new());
        let digest = loop {
            let page_token = std::mem::take(&mut token);
            let request = ListAccessRecordsRequest { minute, page_size: PAGE, page_token };
            let page = self.list_access_records(request).await?;
            leaves.extend(page.records);
            if page.next_page_token.is_empty() || leaves.len() > statement::MAX_MINUTE_RECORDS as usize {
                break page.digest;
            }
            token = page.next_page_token;
        };
        let read = |leaf: &Vec<u8>| KeptAccess::decode(leaf).map_err(broken);
        let records = leaves.iter().map(read).collect::<Result<Vec<_>, _>>()?;
        let elsewhere =
            |kept: &KeptAccess| matches!(kept, KeptAccess::Whole(leaf) if leaf.record.minute() != minute);
        if records.iter().any(elsewhere) {
            return Err(broken("an access record of another minute"));
        }
        let digest = match digest {
            None => None,
            Some(entry) => Some(self.shown_digest(entry, minute, &leaves).await?),
        };
        Ok(AccessMinute { digest, records })
    }

    async fn shown_digest(
        &self,
        entry: AccessDigestEntry,
        minute: u64,
        leaves: &[Vec<u8>],
    ) -> Result<(u64, AccessDigest), ClientError> {
        let log_key = self.ledger().await?.log_key;
        let checkpoint = evidence::open_checkpoint(&entry.checkpoint, &log_key).map_err(broken)?;
        let shown = ShownDigest {
            index: entry.index,
            leaf: fixed(&entry.leaf)?,
            payload: entry.payload,
            inclusion: hashes(&entry.inclusion)?,
            records: leaves.iter().map(|leaf| KeptAccess::hash_of(leaf)).collect(),
        };
        let digest = check_digest(&shown, &checkpoint).map_err(broken)?;
        if digest.minute != minute {
            return Err(broken("the digest of another minute"));
        }
        Ok((shown.index, digest))
    }
}

/// Reads a file of records, a line each in base64. Whether they are signed is still to be checked.
///
/// # Errors
/// The file cannot be read, or a line is no record: kind `InvalidData`, with the number of the line.
pub fn read_access_records(path: &Path) -> io::Result<Vec<SignedAccess>> {
    let mut lines = BufReader::new(File::open(path)?);
    let mut records = Vec::new();
    loop {
        let mut line = String::new();
        if io::Read::take(&mut lines, MAX_LINE).read_line(&mut line)? == 0 {
            return Ok(records);
        }
        let bytes = STANDARD.decode(line.trim()).ok();
        let record = bytes.and_then(|bytes| SignedAccess::decode(&bytes).ok());
        let fault = || {
            let text = format!("line {}: not an access record", records.len() + 1);
            io::Error::new(io::ErrorKind::InvalidData, text)
        };
        let record = record.ok_or_else(fault)?;
        records.push(record);
    }
}

fn keep(file: &Path, line: &str) -> io::Result<()> {
    let mut options = fs::OpenOptions::new();
    options.append(true).create(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(file)?;
    file.write_all(line.as_bytes())?;
    file.sync_data()
}

fn bad(error: AnswerError) -> ClientError {
    ClientError::stop(Code::DataLoss, reason::ACCESS_RECORD, error)
}

fn missing() -> ClientError {
    let what = "the answer carries no access record: do not use it. If your party has a role of authority or auditor on \
                this ledger, the read was not recorded: tell those who oversee its operator. If it has none, its reads are \
                not recorded: do not insist on records";
    ClientError::stop(Code::DataLoss, reason::ACCESS_RECORD_MISSING, what)
}

fn local(file: &Path, error: &io::Error) -> ClientError {
    ClientError::stop(Code::DataLoss, reason::LOCAL, format_args!("{}: {error}", file.display()))
}

fn fixed(bytes: &[u8]) -> Result<[u8; LEAF_LEN], ClientError> {
    bytes.try_into().map_err(|_| broken("a leaf that is not 80 bytes"))
}

fn hashes(bytes: &[u8]) -> Result<Vec<Hash>, ClientError> {
    match bytes.as_chunks() {
        (hashes, []) => Ok(hashes.to_vec()),
        _ => Err(broken("hashes that are not 32 bytes each")),
    }
}

/// A server, asked from a thread that may wait.
struct Remote {
    client: Client,
    handle: Handle,
}

impl AccessSource for Remote {
    type Error = ClientError;

    fn checkpoint(&self) -> Result<String, ClientError> {
        self.handle.block_on(async {
            let log_key = self.client.ledger().await?.log_key;
            Ok(self.client.checkpoint(0, &log_key).await?.1)
        })
    }

    /// Without a token: leaves are public, and asking for them is nothing to record.
    fn leaves(&self, start: u64, end: u64, most: usize) -> Result<Vec<[u8; LEAF_LEN]>, ClientError> {
        let limit = end.saturating_sub(start).min(most as u64);
        if limit == 0 {
            return Ok(Vec::new());
        }
        self.handle.block_on(async {
            let request = v1::ListEntriesRequest { start, limit, follow: false };
            let mut pages = self
                .client
                .call(request, |channel, request| async move {
                    let service = LedgerServiceClient::new(channel);
                    service.max_decoding_message_size(MAX_ANSWER).list_entries(request).await
                })
                .await?;
            let mut leaves = Vec::new();
            while let Some(page) = pages.message().await? {
                for entry in page.entries {
                    if entry.index != start + leaves.len() as u64 || leaves.len() as u64 >= limit {
                        return Err(broken("entries out of order"));
                    }
                    leaves.push(fixed(&entry.leaf)?);
                }
            }
            Ok(leaves)
        })
    }

    fn payload(&self, index: u64) -> Result<Vec<u8>, ClientError> {
        let answer = self.handle.block_on(self.client.get_entry(v1::GetEntryRequest { index }))?;
        Ok(answer.entry.ok_or_else(|| broken("no entry"))?.payload.to_vec())
    }

    fn inclusion(&self, index: u64, size: u64) -> Result<Vec<Hash>, ClientError> {
        let request = v1::GetInclusionProofRequest { index, size };
        let answer = self.handle.block_on(self.client.call(request, |channel, request| async move {
            LedgerServiceClient::new(channel).get_inclusion_proof(request).await
        }))?;
        answer.hashes.iter().map(|bytes| hash("hashes", bytes)).collect()
    }

    fn consistency(&self, old_size: u64, new_size: u64) -> Result<Vec<Hash>, ClientError> {
        let request = v1::GetConsistencyProofRequest { old_size, new_size };
        let answer = self.handle.block_on(self.client.call(request, |channel, request| async move {
            LedgerServiceClient::new(channel).get_consistency_proof(request).await
        }))?;
        answer.hashes.iter().map(|bytes| hash("hashes", bytes)).collect()
    }

    fn digest(&self, minute: u64) -> Result<Option<(u64, Vec<Hash>)>, ClientError> {
        let request = v1::GetAccessDigestRequest { minute };
        let answer = self.handle.block_on(self.client.get_access_digest(request))?;
        let records = hashes(&answer.records)?;
        Ok(answer.digest.map(|digest| (digest.index, records)))
    }
}
