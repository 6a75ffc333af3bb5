//! Rows of the registers of policies, lists, and what stands between parties.

use prost::Message;
use proto::v1;

/// Days from which a policy was set, ascending.
#[derive(Clone, PartialEq, Message)]
pub struct PolicyDaysRow {
    /// Bounded.
    #[prost(message, repeated, tag = "1")]
    pub days: Vec<PolicyDayRow>,
}

/// One of them.
#[derive(Clone, PartialEq, Eq, Message)]
pub struct PolicyDayRow {
    /// "YYYY-MM-DD".
    #[prost(string, tag = "1")]
    pub day: String,
    /// It states codes; one that does not leaves those that held before.
    #[prost(bool, tag = "2")]
    pub coded: bool,
}

/// A policy with its place.
#[derive(Clone, PartialEq, Message)]
pub struct PolicyRow {
    /// As stated.
    #[prost(message, required, tag = "1")]
    pub policy: v1::Policy,
    /// Who stated it.
    #[prost(string, tag = "2")]
    pub signer: String,
    /// When it was stated to hold.
    #[prost(int64, tag = "3")]
    pub occurred_at: i64,
    /// Entry.
    #[prost(uint64, tag = "4")]
    pub index: u64,
}

/// A named list as a whole.
#[derive(Clone, PartialEq, Message)]
pub struct ListRow {
    /// Newest version; 0 = there is none.
    #[prost(uint64, tag = "1")]
    pub version: u64,
    /// Title of the newest version.
    #[prost(string, tag = "2")]
    pub title: String,
    /// Who stated the newest version.
    #[prost(string, tag = "3")]
    pub signer: String,
    /// Entry of the newest version.
    #[prost(uint64, tag = "4")]
    pub index: u64,
    /// Versions that state the whole list, ascending; bounded.
    #[prost(message, repeated, tag = "5")]
    pub wholes: Vec<VersionRow>,
}

/// A version of a list.
#[derive(Clone, Copy, PartialEq, Eq, Message)]
pub struct VersionRow {
    /// Its number.
    #[prost(uint64, tag = "1")]
    pub version: u64,
    /// When it was stated to hold.
    #[prost(int64, tag = "2")]
    pub occurred_at: i64,
}

/// What the versions of a list say of one subject, ascending; bounded.
#[derive(Clone, PartialEq, Message)]
pub struct ListedRow {
    /// In order of versions.
    #[prost(message, repeated, tag = "1")]
    pub entries: Vec<ListedEntryRow>,
}

/// What one version says of a subject.
#[derive(Clone, PartialEq, Message)]
pub struct ListedEntryRow {
    /// As stated.
    #[prost(message, required, tag = "1")]
    pub entry: v1::ListEntry,
    /// Version that says it.
    #[prost(message, required, tag = "2")]
    pub version: VersionRow,
    /// Entry of the log.
    #[prost(uint64, tag = "3")]
    pub index: u64,
}

/// A coverage with its place.
#[derive(Clone, PartialEq, Message)]
pub struct CoverageRow {
    /// As stated.
    #[prost(message, required, tag = "1")]
    pub coverage: v1::Coverage,
    /// Who stated it.
    #[prost(string, tag = "2")]
    pub signer: String,
    /// When it was stated to hold.
    #[prost(int64, tag = "3")]
    pub occurred_at: i64,
    /// Entry.
    #[prost(uint64, tag = "4")]
    pub index: u64,
}

/// A designation with its place.
#[derive(Clone, PartialEq, Message)]
pub struct DesignationRow {
    /// As stated.
    #[prost(message, required, tag = "1")]
    pub designation: v1::Designation,
    /// Who stated it.
    #[prost(string, tag = "2")]
    pub signer: String,
    /// When it was stated to hold.
    #[prost(int64, tag = "3")]
    pub occurred_at: i64,
    /// Entry.
    #[prost(uint64, tag = "4")]
    pub index: u64,
}

/// A succession with its place.
#[derive(Clone, PartialEq, Message)]
pub struct SuccessionRow {
    /// As stated.
    #[prost(message, required, tag = "1")]
    pub succession: v1::Succession,
    /// Who stated it.
    #[prost(string, tag = "2")]
    pub signer: String,
    /// When it was stated to hold.
    #[prost(int64, tag = "3")]
    pub occurred_at: i64,
    /// Entry.
    #[prost(uint64, tag = "4")]
    pub index: u64,
}
