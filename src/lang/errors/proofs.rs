//! What is wrong with receipts, checkpoints and proofs, in Chinese.

use evidence::{GrowthError, InclusionError, NoteFault, ReceiptError};
use merkle::{CheckpointError, NoteError, ProofError};

pub(super) fn of_receipt(fault: &ReceiptError) -> String {
    match fault {
        ReceiptError::Length { field, len, expected } => {
            format!("回执的 {field} 有 {len} 字节，应为 {expected}")
        }
        ReceiptError::Leaf => "回执的叶子不是第 1 版的叶子".into(),
        ReceiptError::LeafType(found) => format!("回执的叶子类型为 {found:?}，不是声明"),
        ReceiptError::OtherEnvelope => "回执的叶子所承诺的不是所签署的那份信封".into(),
        ReceiptError::Index(index) => format!("回执的条目号 {index} 不可能是声明的"),
        ReceiptError::RecordedAt { receipt, leaf } => {
            format!("回执称记录于 {receipt} µs，其叶子为 {leaf} µs")
        }
        ReceiptError::Chain => "回执的链哈希不能由前一链哈希与叶子得出".into(),
        ReceiptError::OtherLedger => "回执的链不是从本账本的首条目开始".into(),
        ReceiptError::SignaturesMissing(missing) => {
            format!("回执称还缺 {missing} 个签名，超过任何声明所需")
        }
        ReceiptError::Inclusion(fault) => of_inclusion(fault),
    }
}

fn of_inclusion(fault: &InclusionError) -> String {
    match fault {
        InclusionError::Missing => "回执没有检查点".into(),
        InclusionError::Checkpoint(fault) => of_note(fault),
        InclusionError::Length(bytes) => format!("回执的包含证明有 {bytes} 字节，不是证明可有的哈希数"),
        InclusionError::Proof(fault) => format!("回执的包含证明不成立：{}", of_proof(*fault)),
    }
}

pub(super) fn of_growth(fault: &GrowthError) -> String {
    match fault {
        GrowthError::Checkpoint(fault) => of_note(fault),
        GrowthError::Fork { size } => {
            format!("两个 {size} 条的检查点根哈希不同：日志密钥签署了两份历史")
        }
        GrowthError::Inconsistent { old, new, fault } => {
            format!("未能证明 {old} 条的日志是 {new} 条的日志的开头：{}", of_proof(*fault))
        }
    }
}

pub(super) fn of_note(NoteFault(fault): &NoteFault) -> String {
    let what = match fault {
        CheckpointError::Note(NoteError::TooLong) => "签名文本过长",
        CheckpointError::Note(NoteError::TooManySignatures) => "签名文本的签名过多",
        CheckpointError::Note(NoteError::Encoding) => "签名文本不是 UTF-8 或含控制字符",
        CheckpointError::Note(NoteError::Text) => "签名文本的正文与签名之间没有空行",
        CheckpointError::Note(NoteError::SignatureLine) => "签名文本的签名行格式有误",
        CheckpointError::Note(NoteError::Unsigned) => "签名文本没有该密钥的签名",
        CheckpointError::Note(NoteError::Forged) => "签名文本中该密钥的签名是假的",
        CheckpointError::Lines => "检查点不是三行",
        CheckpointError::Extension => "检查点有扩展行",
        CheckpointError::Origin => "检查点的日志名称格式有误，或不是日志密钥的名称",
        CheckpointError::Size => "检查点的条目数格式有误或超出范围",
        CheckpointError::Root => "检查点的根哈希格式有误，或不是空日志的根哈希",
    };
    format!("检查点不可信：{what}")
}

pub(super) const fn of_proof(fault: ProofError) -> &'static str {
    match fault {
        ProofError::Range => "所求的叶子或大小不在树中",
        ProofError::Length => "证明的哈希数不对",
        ProofError::Root => "证明导向另一根哈希",
    }
}
