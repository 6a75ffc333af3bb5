//! Why the outbox cannot do it.

use std::path::PathBuf;

/// Why the outbox cannot do it.
#[derive(Debug, thiserror::Error)]
pub enum OutboxError {
    /// Another process has it open.
    #[error("{0} is in use by another process; 该发件箱正被另一进程使用")]
    InUse(PathBuf),
    /// The file cannot be read or written. Free space or mend the disk, then try again: what was kept
    /// nevertheless is known again.
    #[error(
        "the outbox cannot be read or written ({0}): free disk space or mend the disk, then send the same again; \
         发件箱无法读写：请释放磁盘空间或修复磁盘，然后重新发送"
    )]
    Storage(String),
    /// It belongs to another ledger or party. Use another directory.
    #[error("this outbox belongs to {name} {found}, the settings say {expected}; use another data directory")]
    Foreign {
        /// "ledger" or "party".
        name: &'static str,
        /// What it was made for.
        found: String,
        /// What the settings say.
        expected: String,
    },
    /// As many bills or bytes wait as the settings allow. Wait until some have left, or raise the bound.
    #[error(
        "{waiting} {what} wait to be sent, the bound is {most}: wait until the ledger can be reached again, or \
         raise limits.waiting-{what}; 待发送已达上限，请待账本恢复连接或调高上限"
    )]
    Full {
        /// "bills" or "bytes".
        what: &'static str,
        /// How many wait, with the new ones.
        waiting: u64,
        /// How many may.
        most: u64,
    },
    /// No bill has this number, or none of its bills is in a state for it.
    #[error("{0}")]
    NoSuchBill(String),
    /// A bill can be given up only while the ledger's last word on it was that something is missing.
    #[error(
        "the bill {0} does not wait for anything that the ledger lacks, or is being tried just now: look again, or \
         put it aside; 该单据并非因账本缺少登记而等待，或正在重试：请稍后再看，或先搁置"
    )]
    NotRefused(String),
    /// Several bills have this number. Name the kind, and the principal where that is not enough.
    #[error(
        "several bills have the number {0}: name the kind, or kind and principal: {1}; 该单号有多张单据，请指明 kind 与 principal"
    )]
    Several(String, String),
}
