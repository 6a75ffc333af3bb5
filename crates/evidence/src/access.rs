//! Access records: whether what an answer carried is signed, and whether the log commits to it (docs/FORMAT.md §11).

mod judge;

use merkle::{Checkpoint, EMPTY_ROOT, Hash, VerifierKey, leaf_hash, root_of, verify_inclusion};
use statement::{
    AccessDigest, LEAF_LEN, Leaf, LeafType, MAX_MINUTE_RECORDS, SignedAccess, Words, content_hash,
    links_hash_of,
};

pub use judge::{AccessSource, JudgeError, Judgement, judge};

use crate::bundle::{Defect, Part};

/// Why what an answer carried is not the ledger's word that it was recorded. Do not use the answer, and tell the
/// operator's overseers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AnswerError {
    /// It is not an access record.
    #[error("what the answer carries is not an access record")]
    Format,
    /// It is about another ledger.
    #[error("the answer's access record is of another ledger")]
    Ledger,
    /// The answer key has not signed it.
    #[error("the answer's access record is not signed by the ledger's answer key")]
    Signature,
    /// It is about another question, or another reader.
    #[error("the answer's access record is of another question")]
    Question,
}

/// Reads what an answer carried, if the ledger's answer key signed it. Whether it is about the question that was asked
/// is the caller's to compare.
///
/// # Errors
/// What is wrong with it.
pub fn check_answer(
    bytes: &[u8],
    ledger: &Hash,
    answer_key: &VerifierKey,
) -> Result<SignedAccess, AnswerError> {
    let signed = SignedAccess::decode(bytes).map_err(|_| AnswerError::Format)?;
    if signed.record().ledger != *ledger {
        return Err(AnswerError::Ledger);
    }
    if signed.verify(answer_key.public()) { Ok(signed) } else { Err(AnswerError::Signature) }
}

/// An access digest in its place, with the hashes of all records that it commits to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ShownDigest {
    /// Its index.
    pub index: u64,
    /// Its public bytes.
    pub leaf: [u8; LEAF_LEN],
    /// Its payload.
    pub payload: Vec<u8>,
    /// Proof that it is under the checkpoint.
    pub inclusion: Vec<Hash>,
    /// Leaf hashes of the records of its minute, in order.
    pub records: Vec<Hash>,
}

/// How a record stands against the digest of its minute.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// The digest, which is this entry, commits to it.
    Recorded(u64),
    /// The digest does not: fraud, which [`fraud::LeftOut`](crate::fraud::LeftOut) shows to others.
    LeftOut(u64),
}

/// Checks that a digest is under a checkpoint and that its records are all that it commits to.
///
/// # Errors
/// What does not hold.
pub fn check_digest(shown: &ShownDigest, checkpoint: &Checkpoint) -> Result<AccessDigest, Defect> {
    let leaf = Leaf::decode(&shown.leaf).map_err(|_| fault("its leaf is malformed", "叶节点格式有误"))?;
    let (size, root) = (checkpoint.size(), checkpoint.root());
    verify_inclusion(&leaf_hash(&shown.leaf), shown.index, size, &shown.inclusion, root)
        .map_err(|_| fault("it is not shown to be under the checkpoint", "未能证明在检查点之下"))?;
    let digest = digest_of(&leaf, &shown.payload)?;
    if shown.records.len() > MAX_MINUTE_RECORDS as usize
        || shown.records.len() != digest.count as usize
        || root_of(&shown.records) != digest.root
    {
        return Err(fault("the records shown are not those that it commits to", "所示记录与其所承诺的不符"));
    }
    Ok(digest)
}

/// The digest that a leaf commits to.
pub(crate) fn digest_of(leaf: &Leaf, payload: &[u8]) -> Result<AccessDigest, Defect> {
    let fits = leaf.leaf_type == LeafType::AccessDigest
        && leaf.content == content_hash(payload)
        && leaf.links == links_hash_of(0, &EMPTY_ROOT);
    if !fits {
        return Err(fault("its leaf is not that of this digest", "叶节点不是该访问摘要的"));
    }
    AccessDigest::decode(payload).map_err(|_| fault("it is malformed", "格式有误"))
}

/// How a record stands against the digest of its minute.
///
/// # Errors
/// The digest is not shown to be one, or is of another minute.
pub fn standing(
    signed: &SignedAccess,
    shown: &ShownDigest,
    checkpoint: &Checkpoint,
) -> Result<Standing, Defect> {
    let digest = check_digest(shown, checkpoint)?;
    if digest.minute != signed.record().minute() {
        return Err(fault("it is of another minute", "属于另一分钟"));
    }
    let there = shown.records.contains(&signed.leaf_hash());
    Ok(if there { Standing::Recorded(shown.index) } else { Standing::LeftOut(shown.index) })
}

pub(crate) fn fault(english: &str, chinese: &str) -> Defect {
    Defect::new(Part::Digest, Words::made(format!("the digest: {english}"), format!("访问摘要：{chinese}")))
}
