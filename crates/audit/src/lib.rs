//! Re-derives a log from its bytes, entry by entry, trusting nothing that the operator computed.
//!
//! An [`Auditor`] is fed every entry in order, with a view made from the entries before it by the rules
//! of `custody`. It checks leaf, envelope, signature, key and party as of that index, admission, links
//! and heads, chain and tree, and gives back what the entry changes, so that the caller can carry the
//! view on. The first thing that does not fit is named with its index. A [`TimeCheck`] holds recorded
//! times against moments at which others saw the log.
//!
//! Invariants: pure; one entry in memory at a time. Deliberately absent: where entries come from and
//! where the view is kept (crates `ledger`, `store`), checkpoints of witnesses.

mod owed;
#[cfg(test)]
mod tests;
mod time;

pub use time::{MAX_AHEAD, MAX_LAG, Misfit, Seen, SeenAs, TimeCheck, TimeFindings};

use merkle::{CompactRange, Hash, PublicKey, VerifierKey, leaf_hash};
use prost::bytes::Bytes;

use custody::{
    AdmitError, DigestError, Input, Limits, Outcome, RecordedEntry, SealError, Signed, View, ViewError,
};
use owed::Owed;
use statement::{
    AccessDigest, Envelope, Genesis, Leaf, LeafType, Refusal, STATEMENT_TYPE, Seal, Statement, chain_hash,
    own_subjects, verify,
};

/// The first thing that does not fit.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("entry {index}: {fault}")]
pub struct Defect {
    /// The entry.
    pub index: u64,
    /// What is wrong with it.
    pub fault: Fault,
}

/// What may be wrong with an entry.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// The leaf is not a leaf of this version, or of a type that may not stand here.
    #[error("the leaf is not a valid leaf for this place")]
    Leaf,
    /// Its time lies before that of the entry before.
    #[error("recorded before the entry before it")]
    Time,
    /// The chain hash does not follow from the one before.
    #[error("the chain hash does not follow from the entry before")]
    Chain,
    /// The envelope is not an envelope.
    #[error("the envelope is damaged")]
    Envelope,
    /// The payload is not the one that the envelope names.
    #[error("the payload is not the one that was signed")]
    Payload,
    /// The payload does not decode.
    #[error("the payload is not a statement: {0}")]
    Statement(Refusal),
    /// The genesis does not hold what it must.
    #[error("{0}")]
    Genesis(String),
    /// The leaf is not the one that follows from envelope, payload and history.
    #[error("the leaf does not follow from the content and the history of its subjects")]
    Derivation,
    /// The key was never enrolled before this entry.
    #[error("signed by a key that was not enrolled")]
    UnknownKey,
    /// The signature does not verify.
    #[error("the signature does not verify")]
    Signature,
    /// The statement should not have been admitted.
    #[error("should have been refused: {0}")]
    Inadmissible(Refusal),
    /// The same statement stands in the log already.
    #[error("recorded before, as entry {0}")]
    Twice(u64),
    /// A checkpoint kept for this size is not the log's, or was signed for another root.
    #[error("the checkpoint kept after it does not fit: {0}")]
    Checkpoint(String),
    /// A checkpoint was signed for more entries than there are.
    #[error("missing: a checkpoint of {0} entries has been signed")]
    Missing(u64),
    /// A seal may not stand there, or is none. What it says of the tree and of subjects is checked elsewhere.
    #[error("the seal does not fit: {0}")]
    Seal(String),
    /// An access digest may not stand there, or is none. What it says of the records kept is checked elsewhere.
    #[error("the access digest does not fit: {0}")]
    Digest(String),
    /// An entry stands where a digest is overdue.
    #[error("the access digest of minute {0}, in which entries were recorded, does not stand before it")]
    Undigested(u64),
    /// The view made so far cannot be read; says nothing about the log.
    #[error(transparent)]
    View(#[from] ViewError),
}

impl Fault {
    /// In Chinese, as `Display` is in English. What parsers say inside of it stays as it is.
    #[must_use]
    pub fn to_chinese(&self) -> String {
        match self {
            Self::Leaf => "此处的叶无效".into(),
            Self::Time => "记录时间早于前一条".into(),
            Self::Chain => "链哈希与前一条不衔接".into(),
            Self::Envelope => "信封已损坏".into(),
            Self::Payload => "内容不是所签署的内容".into(),
            Self::Statement(r) => format!("内容不是声明：{}", r.to_chinese()),
            Self::Genesis(fault) => format!("首条目有误：{fault}"),
            Self::Derivation => "叶与内容及其各主题的历史不符".into(),
            Self::UnknownKey => "签署所用密钥未曾登记".into(),
            Self::Signature => "验签失败".into(),
            Self::Inadmissible(r) => format!("本应被拒绝：{}", r.to_chinese()),
            Self::Twice(first) => format!("先前已记录为条目 {first}"),
            Self::Checkpoint(fault) => format!("其后的检查点不符：{fault}"),
            Self::Missing(size) => format!("缺失：已签署过 {size} 条的检查点"),
            Self::Seal(fault) => format!("封印不符：{fault}"),
            Self::Digest(fault) => format!("访问摘要不符：{fault}"),
            Self::Undigested(minute) => format!("第 {minute} 分钟内有记录，其访问摘要却未在此之前"),
            Self::View(error) => format!("临时视图无法读取：{error}"),
        }
    }
}

/// Checks entries in order.
#[derive(Clone, Debug)]
pub struct Auditor {
    chain: Hash,
    tree: CompactRange,
    recorded_at: u64,
    limits: Option<Limits>,
    log_key: Option<VerifierKey>,
    owed: Owed,
}

impl Default for Auditor {
    fn default() -> Self {
        Self {
            chain: [0; 32],
            tree: CompactRange::new(),
            recorded_at: 0,
            limits: None,
            log_key: None,
            owed: Owed::default(),
        }
    }
}

impl Auditor {
    /// Number of entries checked.
    #[must_use]
    pub const fn size(&self) -> u64 {
        self.tree.size()
    }

    /// RFC 6962 root over the leaves checked.
    #[must_use]
    pub fn root(&self) -> Hash {
        self.tree.root()
    }

    /// Chain hash after the last entry checked.
    #[must_use]
    pub const fn chain(&self) -> &Hash {
        &self.chain
    }

    /// The ledger's id, once entry 0 has been checked.
    #[must_use]
    pub fn ledger(&self) -> Option<&Hash> {
        self.limits.as_ref().map(|l| &l.ledger)
    }

    /// The log's key that entry 0 names, once that has been checked.
    #[must_use]
    pub const fn log_key(&self) -> Option<&VerifierKey> {
        self.log_key.as_ref()
    }

    /// Checks the next entry against the view made from those before it.
    ///
    /// # Errors
    /// The first [`Defect`]; the auditor must not be used after it.
    pub fn check<V: View + ?Sized>(&mut self, view: &V, entry: &RecordedEntry) -> Result<Outcome, Defect> {
        let index = self.tree.size();
        self.entry(view, entry, index).map_err(|fault| Defect { index, fault })
    }

    /// Checks a checkpoint that the operator kept for `size`, when just the entries below `size` have been
    /// checked, or all that there are.
    ///
    /// # Errors
    /// The log's key has not signed it for this size and root, or more entries have been checked since; the
    /// defect names the last entry it covers.
    /// [`Fault::Missing`] with the first entry that is not there, where it speaks of more.
    pub fn checkpoint(&self, size: u64, note: &str) -> Result<(), Defect> {
        let (entries, index) = (self.size(), size.saturating_sub(1));
        let defect = |fault: String| Defect { index, fault: Fault::Checkpoint(fault) };
        let key = self.log_key.as_ref().ok_or_else(|| defect("there is no genesis".into()))?;
        let checkpoint = evidence::open_checkpoint(note, key).map_err(|e| defect(e.to_string()))?;
        if checkpoint.size() != size {
            return Err(defect(format!("it is for size {}, kept for {size}", checkpoint.size())));
        }
        if size > entries {
            return Err(Defect { index: entries, fault: Fault::Missing(size) });
        }
        if size < entries {
            // Its root can no longer be told; what cannot be checked does not pass.
            return Err(defect(format!("it came after entry {}, too late to be checked", entries - 1)));
        }
        if *checkpoint.root() != self.root() {
            return Err(defect("it was signed for another root".into()));
        }
        Ok(())
    }

    fn entry<V: View + ?Sized>(
        &mut self,
        view: &V,
        entry: &RecordedEntry,
        index: u64,
    ) -> Result<Outcome, Fault> {
        let leaf = Leaf::decode(&entry.leaf).map_err(|_| Fault::Leaf)?;
        if (leaf.leaf_type == LeafType::Genesis) != (index == 0) {
            return Err(Fault::Leaf);
        }
        if leaf.recorded_at < self.recorded_at {
            return Err(Fault::Time);
        }
        let chain = chain_hash(&self.chain, &entry.leaf);
        if chain != entry.chain {
            return Err(Fault::Chain);
        }
        let outcome = match leaf.leaf_type {
            LeafType::Genesis => self.genesis(entry, &leaf)?,
            LeafType::Statement => self.statement(view, entry, &leaf, index)?,
            LeafType::Seal => seal(view, entry, &leaf)?,
            LeafType::AccessDigest => digest(view, entry, &leaf)?,
        };
        if outcome.leaf != leaf {
            return Err(Fault::Derivation);
        }
        self.owed.see(&leaf, &entry.payload).map_err(Fault::Undigested)?;
        self.chain = chain;
        self.recorded_at = leaf.recorded_at;
        self.tree.append(leaf_hash(&entry.leaf));
        Ok(outcome)
    }

    fn genesis(&mut self, entry: &RecordedEntry, leaf: &Leaf) -> Result<Outcome, Fault> {
        if !entry.envelope.is_empty() {
            return Err(Fault::Envelope);
        }
        let genesis = Genesis::parse(&entry.payload).map_err(|e| Fault::Genesis(e.to_string()))?;
        let log_key = genesis.message().log_key.parse::<VerifierKey>();
        self.log_key = Some(log_key.map_err(|e| Fault::Genesis(e.to_string()))?);
        self.limits = Some(Limits {
            ledger: leaf_hash(&entry.leaf),
            max_id_age: genesis.max_id_age(),
            max_ahead: genesis.max_ahead(),
        });
        Ok(custody::apply_genesis(&genesis, leaf.recorded_at)?)
    }

    fn statement<V: View + ?Sized>(
        &self,
        view: &V,
        entry: &RecordedEntry,
        leaf: &Leaf,
        index: u64,
    ) -> Result<Outcome, Fault> {
        let limits = self.limits.as_ref().ok_or(Fault::Leaf)?;
        let envelope = Envelope::decode(&entry.envelope).map_err(|_| Fault::Envelope)?;
        if merkle::sha256(&[&entry.payload]) != envelope.digest {
            return Err(Fault::Payload);
        }
        let statement = parse(&entry.payload)?;
        let key = custody::key(view, &envelope.key_id)?.ok_or(Fault::UnknownKey)?;
        let public = <&[u8; 32]>::try_from(key.public_key.as_slice()).map_err(|_| Fault::UnknownKey)?;
        let public = PublicKey::from_enrolled(public).map_err(|_| Fault::UnknownKey)?;
        if !verify(&public, STATEMENT_TYPE, &entry.payload, &envelope.signature) {
            return Err(Fault::Signature);
        }
        let own = own_subjects(&statement);
        let signed = Signed {
            statement,
            key_id: envelope.key_id,
            envelope: Bytes::copy_from_slice(&entry.envelope),
            own,
        };
        // Times of statements are far below i64::MAX µs.
        let now = i64::try_from(leaf.recorded_at).map_err(|_| Fault::Time)?;
        match custody::admit(view, &signed, true, now, limits) {
            Ok(custody::Admission::New) => {}
            Ok(custody::Admission::Recorded(first)) => return Err(Fault::Twice(first)),
            Err(AdmitError::Refused(refusal)) => return Err(Fault::Inadmissible(refusal)),
            Err(AdmitError::View(e)) => return Err(Fault::View(e)),
        }
        let input = Input {
            index,
            recorded_at: leaf.recorded_at,
            envelope: &signed.envelope,
            statement: &signed.statement,
            own: &signed.own,
        };
        Ok(custody::apply(view, &input)?)
    }
}

fn seal<V: View + ?Sized>(view: &V, entry: &RecordedEntry, leaf: &Leaf) -> Result<Outcome, Fault> {
    if !entry.envelope.is_empty() {
        return Err(Fault::Envelope);
    }
    let seal = Seal::decode(&entry.payload).map_err(|e| Fault::Seal(e.to_string()))?;
    custody::apply_seal(view, &seal, &entry.payload, leaf.recorded_at).map_err(|e| match e {
        SealError::View(e) => Fault::View(e),
        e => Fault::Seal(e.to_string()),
    })
}

fn digest<V: View + ?Sized>(view: &V, entry: &RecordedEntry, leaf: &Leaf) -> Result<Outcome, Fault> {
    if !entry.envelope.is_empty() {
        return Err(Fault::Envelope);
    }
    let digest = AccessDigest::decode(&entry.payload).map_err(|e| Fault::Digest(e.to_string()))?;
    custody::apply_digest(view, &digest, &entry.payload, leaf.recorded_at).map_err(|e| match e {
        DigestError::View(e) => Fault::View(e),
        e => Fault::Digest(e.to_string()),
    })
}

/// Validates a payload as admission does: an operator may have recorded what no signer could submit.
fn parse(payload: &Bytes) -> Result<Statement, Fault> {
    Statement::parse(payload.clone()).map_err(|refusal| match Statement::recorded(payload.clone()) {
        Ok(_) => Fault::Inadmissible(refusal),
        Err(broken) => Fault::Statement(broken),
    })
}
