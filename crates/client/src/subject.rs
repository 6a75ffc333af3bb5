//! Whole histories and absence, proven by the newest seal.

use evidence::{
    ChainedEntry, LinkProof, PlacedRecord, RunProof, check_chain, check_subject, open_checkpoint,
};
use merkle::{Hash, MAX_PROOF_LEN, VerifierKey, leaf_hash, verify_inclusion};
use proto::v1::{self, GetInclusionProofRequest, GetSubjectProofRequest, GetSubjectProofResponse};
use rpc::ledger_service_client::LedgerServiceClient;
use statement::{Leaf, LeafType, Seal, SubjectKind, SubjectState, content_hash, subject_key};

use crate::{BadCheckpoint, Client, ClientError, read::broken};

/// Entries asked for at a time.
const PAGE: u32 = 500;

/// What has been proven of a subject. Who vouches for the seal's runs is the operator, until somebody has replayed
/// the log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SubjectFound {
    /// Entry of the seal.
    pub seal_index: u64,
    /// The proof speaks of the entries below this.
    pub covered: u64,
    /// The subject's head, count and last entry; `None` = no entry below `covered` names it.
    pub state: Option<SubjectState>,
    /// All entries below `covered` that name it, ascending.
    pub entries: Vec<u64>,
}

impl Client {
    /// All entries that name a subject below the newest seal, or that there are none; checked down to a checkpoint
    /// of the log. Only for readers that see everything. `kind` and `text` as in `docs/FORMAT.md` section 5.1.
    ///
    /// # Errors
    /// See [`ClientError`]; `PROTOCOL` where the proof does not hold.
    pub async fn subject(
        &self,
        kind: SubjectKind,
        text: &str,
        log_key: &VerifierKey,
    ) -> Result<SubjectFound, ClientError> {
        let first = self.subject_page(kind, text, 0).await?;
        let seal = check_seal(&first)?;
        self.check_in_log(first.seal_index, &first.seal_leaf, log_key).await?;
        let key = subject_key(kind, text);
        let proof = first.runs.iter().map(run).collect::<Option<Vec<_>>>();
        let proof = proof.ok_or_else(|| broken("a run proof that is not one"))?;
        let state = check_subject(&seal, &key, &proof).map_err(broken)?;

        let mut entries = chained(&first)?;
        let mut next = first.next;
        while next > 0 && entries.last().is_some_and(|last| last.index < next) {
            let page = self.subject_page(kind, text, next).await?;
            // A newer seal covers more; the proof in hand says where to stop.
            let within = chained(&page)?.into_iter().filter(|entry| entry.index < seal.covered);
            entries.extend(within);
            next = if page.next < seal.covered { page.next } else { 0 };
        }
        match &state {
            Some(state) => check_chain(&key, state, &entries).map_err(broken)?,
            None if entries.is_empty() => {}
            None => return Err(broken("entries that name what is proven to be named nowhere")),
        }
        let indices = entries.iter().map(|entry| entry.index).collect();
        Ok(SubjectFound { seal_index: first.seal_index, covered: seal.covered, state, entries: indices })
    }

    async fn subject_page(
        &self,
        kind: SubjectKind,
        text: &str,
        start: u64,
    ) -> Result<GetSubjectProofResponse, ClientError> {
        let (kind, subject) = (kind.as_str().to_owned(), text.to_owned());
        let query = GetSubjectProofRequest { kind, subject, start, max_entries: PAGE };
        self.read(query, |channel, request| async move {
            LedgerServiceClient::new(channel).get_subject_proof(request).await
        })
        .await
    }

    /// Whether the log has this leaf at this index.
    async fn check_in_log(&self, index: u64, leaf: &[u8], log_key: &VerifierKey) -> Result<(), ClientError> {
        let shown = self
            .call(GetInclusionProofRequest { index, size: 0 }, |channel, request| async move {
                LedgerServiceClient::new(channel).get_inclusion_proof(request).await
            })
            .await?;
        let checkpoint = open_checkpoint(&shown.checkpoint, log_key).map_err(|fault| {
            ClientError::BadCheckpoint(Box::new(BadCheckpoint { note: shown.checkpoint.clone(), fault }))
        })?;
        let hashes: Result<Vec<Hash>, _> =
            shown.hashes.iter().map(|hash| hash.as_slice().try_into()).collect();
        let hashes = hashes.map_err(|_| broken("a proof with a hash that is not of 32 bytes"))?;
        verify_inclusion(&leaf_hash(leaf), index, checkpoint.size(), &hashes, checkpoint.root())
            .map_err(broken)
    }
}

/// The seal, which its leaf must commit to.
fn check_seal(shown: &GetSubjectProofResponse) -> Result<Seal, ClientError> {
    let leaf = Leaf::decode(&shown.seal_leaf).map_err(broken)?;
    if leaf.leaf_type != LeafType::Seal || leaf.content != content_hash(&shown.seal) {
        return Err(broken("a seal that its entry does not commit to"));
    }
    Seal::decode(&shown.seal).map_err(broken)
}

fn path(bytes: &[u8]) -> Option<Vec<Hash>> {
    let (hashes, rest): (&[Hash], _) = bytes.as_chunks();
    (rest.is_empty() && hashes.len() <= MAX_PROOF_LEN).then(|| hashes.to_vec())
}

fn run(shown: &v1::RunProof) -> Option<RunProof> {
    let neighbour = |shown: &v1::RunNeighbour| {
        let record = shown.record.as_slice().try_into().ok()?;
        Some(PlacedRecord { at: shown.place, record, proof: path(&shown.path)? })
    };
    let side = |shown: &Option<v1::RunNeighbour>| match shown {
        Some(shown) => neighbour(shown).map(Some),
        None => Some(None),
    };
    let Some(present) = &shown.present else {
        return Some(RunProof::Absent { left: side(&shown.left)?, right: side(&shown.right)? });
    };
    let head = present.head.as_slice().try_into().ok()?;
    let state = SubjectState { head, count: present.count, last: present.last };
    Some(RunProof::Present { state, at: present.place, proof: path(&present.path)? })
}

fn chained(page: &GetSubjectProofResponse) -> Result<Vec<ChainedEntry>, ClientError> {
    let entries = page.entries.iter().map(|entry| {
        let leaf = Leaf::decode(&entry.leaf).ok()?;
        let link = LinkProof {
            previous: entry.previous.as_slice().try_into().ok()?,
            blind: entry.blind.as_slice().try_into().ok()?,
            at: entry.place.into(),
            count: entry.links,
            proof: path(&entry.path)?,
        };
        let (index, links) = (entry.index, leaf.links);
        Some(ChainedEntry { index, leaf_hash: leaf_hash(&entry.leaf), links, link })
    });
    entries.collect::<Option<Vec<_>>>().ok_or_else(|| broken("an entry whose link is not one"))
}
