//! Flags of `yuanliu finding`.

use clap::{Args, Subcommand, ValueEnum};
use proto::v1::FindingSeverity;

use super::Connection;

#[derive(Debug, Subcommand)]
pub enum Finding {
    /// Findings, newest first.
    List {
        #[command(flatten)]
        flags: FindingFlags,
        /// Which.
        #[arg(long = "state", value_enum, default_value = "open")]
        states: FindingStates,
        /// With a line about this unit or container, by any of its codes.
        #[arg(long, default_value = "")]
        item: String,
        /// Most findings; 0 = all.
        #[arg(long, default_value_t = 100)]
        limit: u32,
    },
    /// Findings as they open, change and are resolved, until ended; resumes at a cursor.
    Watch {
        #[command(flatten)]
        flags: FindingFlags,
        /// The last cursor that was printed; without one all findings come first.
        #[arg(long, default_value = "")]
        cursor: String,
        /// Only what changes from now on.
        #[arg(long, conflicts_with = "cursor")]
        only_new: bool,
    },
}

/// Which findings, and as whom to ask.
#[derive(Debug, Args)]
pub struct FindingFlags {
    #[command(flatten)]
    pub connection: Connection,
    /// By this rule, such as UNKNOWN_ITEM (docs/RULES.md).
    #[arg(long, default_value = "")]
    pub rule: String,
    /// At least as grave.
    #[arg(long, value_enum)]
    pub severity: Option<Severity>,
    /// About this party.
    #[arg(long, default_value = "")]
    pub about: String,
    /// About this lot, or this product with its lots.
    #[arg(long, default_value = "")]
    pub goods: String,
    /// Of the week of this day or later, YYYY-MM-DD.
    #[arg(long, default_value = "")]
    pub since: String,
    /// Of the week of this day or earlier.
    #[arg(long, default_value = "")]
    pub until: String,
}

/// Whether findings stand.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum FindingStates {
    /// Those that stand
    Open,
    /// Those that do not any more
    Resolved,
    /// Both
    All,
}

/// How grave.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Severity {
    /// 低
    Low,
    /// 中
    Medium,
    /// 高
    High,
    /// 严重
    Critical,
}

impl From<Severity> for FindingSeverity {
    fn from(severity: Severity) -> Self {
        match severity {
            Severity::Low => Self::Low,
            Severity::Medium => Self::Medium,
            Severity::High => Self::High,
            Severity::Critical => Self::Critical,
        }
    }
}
