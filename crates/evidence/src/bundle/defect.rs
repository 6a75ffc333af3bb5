//! Why a bundle proves nothing.

use std::fmt;

use statement::Words;

/// The part of the check that failed. Checks are made in this order, so that every verifier names the same one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Part {
    /// The file is not a bundle in its one byte form.
    Format,
    /// Another ledger, or another key of its log.
    Ledger,
    /// The checkpoint.
    Checkpoint,
    /// Cosignatures: a false one, or too few.
    Witness,
    /// Time stamps: a false one, or over what is not the log's.
    Stamp,
    /// The seal.
    Seal,
    /// An entry: leaf, inclusion, payload, envelope, time.
    Entry,
    /// An access record.
    Record,
    /// An access digest.
    Digest,
    /// A subject: proof against the seal, chain of entries.
    Subject,
    /// A key: enrolment, possession, revocation; a signature.
    Key,
    /// A subject or link that must be there and is not, or is there for nothing.
    Closure,
    /// The answer is not one to the question.
    Query,
    /// The exporter: key, party, signature.
    Exporter,
    /// Too old, or ahead of the clock.
    Time,
}

impl Part {
    /// Its name in verdicts.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Format => "format",
            Self::Ledger => "ledger",
            Self::Checkpoint => "checkpoint",
            Self::Witness => "witness",
            Self::Stamp => "stamp",
            Self::Seal => "seal",
            Self::Entry => "entry",
            Self::Record => "record",
            Self::Digest => "digest",
            Self::Subject => "subject",
            Self::Key => "key",
            Self::Closure => "closure",
            Self::Query => "query",
            Self::Exporter => "exporter",
            Self::Time => "time",
        }
    }
}

/// What is wrong with a bundle. Nothing in it is to be believed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Defect {
    /// Where.
    pub part: Part,
    /// What.
    pub words: Words,
}

impl Defect {
    pub(crate) const fn new(part: Part, words: Words) -> Self {
        Self { part, words }
    }

    /// A fault of the file's form at a field.
    pub(crate) fn format(field: &str, english: &str, chinese: &str) -> Self {
        Self::new(Part::Format, Words::made(format!("{field}: {english}"), format!("{field}：{chinese}")))
    }

    /// `{"verdict":"refused","part":…,"why":…}`.
    #[must_use]
    pub fn to_json(&self) -> serde_json::Value {
        serde_json::json!({
            "verdict": "refused",
            "part": self.part.as_str(),
            "why": self.words.english(),
            "why_zh": self.words.chinese(),
        })
    }
}

impl fmt::Display for Defect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.part.as_str(), self.words)
    }
}

impl std::error::Error for Defect {}
