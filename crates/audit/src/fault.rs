//! What may be wrong with an entry.

use custody::ViewError;
use statement::Refusal;

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
    /// No checkpoint is kept behind a seal.
    #[error("no checkpoint is kept behind this seal: one was signed with it, and is kept for ever")]
    Unsigned,
    /// It is one more than is recorded before the next seal, and than is held in memory to check that.
    #[error("more than {0} links that no seal covers: no ledger records so much before the next seal")]
    Unsealed(u64),
    /// A seal may not stand there, or is none. What it says of the tree and of subjects is checked elsewhere.
    #[error("the seal does not fit: {0}")]
    Seal(String),
    /// An access digest may not stand there, or is none. What it says of the records kept is checked elsewhere.
    #[error("the access digest does not fit: {0}")]
    Digest(String),
    /// An entry stands where a digest is overdue.
    #[error("the access digest of minute {0}, in which entries were recorded, does not stand before it")]
    Undigested(u64),
    /// The bundle that should hold it is not one.
    #[error("the bundle of entries that is published does not hold a leaf here")]
    Bundle,
    /// A hash over it in a published tile is another.
    #[error("a hash over it in a published tile of level {0} is not the one that the leaves give")]
    Tile(u8),
    /// Another entry stood here when the log was audited before.
    #[error("another entry stands here than when the log was audited before: history was rewritten")]
    Replaced,
    /// Its chain hash, envelope or payload was another when the log was audited before.
    #[error(
        "its bytes are no longer those that were audited before: chain hash, envelope or payload do not go with the leaf"
    )]
    Altered,
    /// There were more entries when the log was audited before.
    #[error("missing: {0} entries were audited before")]
    Cut(u64),
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
            Self::Unsigned => "其后未存检查点：封印时必签有一份，并永久保存".into(),
            Self::Unsealed(most) => format!("未封印的链接超过 {most} 个：账本在下一封印前不会记录这么多"),
            Self::Seal(fault) => format!("封印不符：{fault}"),
            Self::Digest(fault) => format!("访问摘要不符：{fault}"),
            Self::Undigested(minute) => format!("第 {minute} 分钟内有记录，其访问摘要却未在此之前"),
            Self::Bundle => "所公布的条目包中此处不是叶".into(),
            Self::Tile(level) => format!("所公布的第 {level} 层哈希块中覆盖它的哈希与叶不符"),
            Self::Replaced => "此处的条目与先前审计时不同：历史被改写".into(),
            Self::Altered => "字节已非先前审计时所见：链哈希、信封或内容与叶不符".into(),
            Self::Cut(size) => format!("缺失：先前已审计过 {size} 条"),
            Self::View(error) => format!("临时视图无法读取：{error}"),
        }
    }
}
