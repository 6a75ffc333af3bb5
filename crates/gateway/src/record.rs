//! What the outbox knows of a bill.

use proto::v1::Receipt;
use serde::{Deserialize, Serialize};

/// By what a bill is known again: as on the ledger, whose business keys are unique per principal and kind.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct BillKey {
    /// The bill's own number.
    pub number: String,
    /// Kind of statement, such as "ship".
    pub kind: String,
    /// Principal; empty = the signer itself.
    pub principal: String,
}

impl BillKey {
    /// Sorts by number first, so that all bills of one number stand together. Numbers and party ids hold
    /// no control characters.
    pub(crate) fn text(&self) -> String {
        format!("{}\u{0}{}\u{0}{}", self.number, self.kind, self.principal)
    }
}

/// Where a bill is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "kebab-case", rename_all_fields = "camelCase")]
pub enum State {
    /// Signed and stored; not yet sent.
    Queued,
    /// Sent at least once; the answer is not known yet.
    Sending,
    /// Taken out of the queue by somebody, until somebody takes it up again. Its bytes and its business key
    /// stay: the ledger may have it.
    Aside {
        /// In that person's words.
        reason: String,
        /// It was sent before, and its answer is not known.
        sent: bool,
    },
    /// In the ledger. Never sent again.
    Landed(Landed),
    /// Refused by the ledger for good; nothing of it is recorded. Its number is free for a corrected bill.
    Refused(Refused),
    /// Another installation recorded this business key before.
    Duplicate {
        /// The entry that has it, where the ledger names it.
        entry: Option<u64>,
        /// In the ledger's words.
        message: String,
    },
}

/// The receipt of a bill.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Landed {
    /// Place in the log.
    pub entry: u64,
    /// µs since the Unix epoch.
    pub recorded_at: i64,
    /// The 80 public bytes, hex.
    pub leaf: String,
    /// Chain hash before, hex.
    pub chain_before: String,
    /// Chain hash after, hex.
    pub chain: String,
    /// Further signatures that the statement waits for.
    pub signatures_missing: u32,
}

/// Why a bill was refused.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Refused {
    /// The ledger's reason.
    pub reason: String,
    /// In its words.
    pub message: String,
    /// Fields at fault, with their places in the input where they are known.
    pub violations: Vec<FieldFault>,
}

/// A field at fault.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct FieldFault {
    /// Path in the statement.
    pub field: String,
    /// What is wrong.
    pub description: String,
}

/// Longest reason for which a bill is put aside, in characters.
pub(crate) const MAX_REASON: usize = 500;
/// Most acts that are kept of a bill; the oldest go first.
pub(crate) const MAX_ACTS: usize = 16;

/// What somebody did to a bill.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Act {
    /// `put-aside`, `retry` or `give-up`.
    pub what: String,
    /// µs since the Unix epoch.
    pub at: i64,
    /// Why, where it was put aside.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub reason: String,
}

/// A bill in the outbox.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Record {
    /// Order of acceptance, from 1; also the order of sending.
    pub seq: u64,
    /// By what it is known.
    #[serde(flatten)]
    pub key: BillKey,
    /// Chinese name of its type, or of the kind.
    pub title: String,
    /// Lines of the bill.
    pub lines: u64,
    /// Id of the statement, a UUID.
    pub id: String,
    /// Hash of everything the bill says, hex: two bills with one hash are one.
    pub content: String,
    /// Where it came from: "rest", or the name of a file.
    pub source: String,
    /// µs since the Unix epoch.
    pub accepted_at: i64,
    /// When the state became what it is, µs since the Unix epoch.
    pub changed_at: i64,
    /// What people did to it, oldest first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub acts: Vec<Act>,
    /// Where it is.
    #[serde(flatten)]
    pub state: State,
}

impl State {
    /// Name of the state.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        Self::NAMES[self.place()]
    }

    /// Name in Chinese.
    #[must_use]
    pub const fn chinese(&self) -> &'static str {
        Self::CHINESE[self.place()]
    }

    /// Place among the names.
    const fn place(&self) -> usize {
        match self {
            Self::Queued => 0,
            Self::Sending => 1,
            Self::Aside { .. } => 2,
            Self::Landed(_) => 3,
            Self::Refused(_) => 4,
            Self::Duplicate { .. } => 5,
        }
    }

    /// The same in Chinese.
    pub const CHINESE: [&'static str; 6] = ["待发送", "发送中", "已搁置", "已入账", "被拒绝", "重复"];
    /// All names, in the order of a bill's life.
    pub const NAMES: [&'static str; 6] = ["queued", "sending", "aside", "landed", "refused", "duplicate"];

    /// Whether it is still to be sent.
    #[must_use]
    pub const fn waits(&self) -> bool {
        matches!(self, Self::Queued | Self::Sending)
    }

    /// Whether somebody put it aside.
    #[must_use]
    pub const fn is_aside(&self) -> bool {
        matches!(self, Self::Aside { .. })
    }

    /// Whether it has reached its end.
    #[must_use]
    pub const fn is_settled(&self) -> bool {
        !self.waits() && !self.is_aside()
    }
}

impl From<&Receipt> for Landed {
    fn from(receipt: &Receipt) -> Self {
        Self {
            entry: receipt.index,
            recorded_at: receipt.recorded_at,
            leaf: hex::encode(&receipt.leaf),
            chain_before: hex::encode(&receipt.chain_before),
            chain: hex::encode(&receipt.chain),
            signatures_missing: receipt.signatures_missing,
        }
    }
}
