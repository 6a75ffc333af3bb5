//! Rows that are protobuf messages.

use prost::Message;
use proto::v1;

/// Facts of the genesis that admission needs.
#[derive(Clone, PartialEq, Message)]
pub struct LedgerRow {
    /// Root authorities.
    #[prost(string, repeated, tag = "1")]
    pub roots: Vec<String>,
    /// How many of them a root act needs.
    #[prost(uint32, tag = "2")]
    pub threshold: u32,
    /// Key ids of log, answer and witness keys: never enrolled.
    #[prost(bytes = "vec", repeated, tag = "3")]
    pub reserved_keys: Vec<Vec<u8>>,
}

/// What later statements did to an entry.
#[derive(Clone, PartialEq, Eq, Message)]
pub struct ControlRow {
    /// For a Correct or Void: the original it is about.
    #[prost(uint64, optional, tag = "1")]
    pub root: Option<u64>,
    /// For an original: its newest Correct in effect.
    #[prost(uint64, optional, tag = "2")]
    pub newest: Option<u64>,
    /// For an original: the entry by which a Void took effect.
    #[prost(uint64, optional, tag = "3")]
    pub voided: Option<u64>,
    /// For an original: a Correct or Void that waits for signatures.
    #[prost(uint64, optional, tag = "4")]
    pub waiting: Option<u64>,
    /// For an original: Corrects so far.
    #[prost(uint32, tag = "5")]
    pub corrections: u32,
    /// Parties whose signature the entry waits for.
    #[prost(string, repeated, tag = "6")]
    pub asked: Vec<String>,
    /// How many of them must sign; 0 = it is in effect (or was withdrawn).
    #[prost(uint32, tag = "7")]
    pub needed: u32,
    /// The entry at which it took effect, where it had to wait.
    #[prost(uint64, optional, tag = "8")]
    pub effective: Option<u64>,
    /// Withdrawn by a Void before it took effect.
    #[prost(bool, tag = "9")]
    pub withdrawn: bool,
    /// Parties that have signed by Endorse.
    #[prost(string, repeated, tag = "10")]
    pub signed: Vec<String>,
}

/// Who may read a confidential statement beside auditors.
#[derive(Clone, PartialEq, Eq, Message)]
pub struct ReadersRow {
    /// Its two sides, whoever has its case.
    #[prost(string, repeated, tag = "1")]
    pub parties: Vec<String>,
    /// Subject key of its case; empty where it has none of its own.
    #[prost(bytes = "vec", tag = "2")]
    pub case: Vec<u8>,
}

/// Who has a case, or had it.
#[derive(Clone, PartialEq, Eq, Message)]
pub struct CaseRow {
    /// Entry of the first confidential statement in it.
    #[prost(uint64, tag = "1")]
    pub founder: u64,
    /// In order of entries.
    #[prost(message, repeated, tag = "2")]
    pub holders: Vec<HolderRow>,
}

/// A case as somebody was given it.
#[derive(Clone, PartialEq, Eq, Message)]
pub struct HolderRow {
    /// Who.
    #[prost(string, tag = "1")]
    pub party: String,
    /// The original that says so.
    #[prost(uint64, tag = "2")]
    pub by: u64,
    /// The original CaseTransfer by which it came, if it did.
    #[prost(uint64, optional, tag = "3")]
    pub transfer: Option<u64>,
    /// The entry from which on.
    #[prost(uint64, tag = "4")]
    pub from: u64,
    /// The entry until which; none = still.
    #[prost(uint64, optional, tag = "5")]
    pub until: Option<u64>,
    /// The original of the TransferReply that ended it, if one did.
    #[prost(uint64, optional, tag = "6")]
    pub ended_by: Option<u64>,
}

/// A mandate with its place.
#[derive(Clone, PartialEq, Message)]
pub struct MandateRow {
    /// As stated.
    #[prost(message, required, tag = "1")]
    pub mandate: v1::Mandate,
    /// When it was stated to hold.
    #[prost(int64, tag = "2")]
    pub occurred_at: i64,
    /// Entry.
    #[prost(uint64, tag = "3")]
    pub index: u64,
}

/// State of a document.
#[derive(Clone, PartialEq, Message)]
pub struct DocumentRow {
    /// Business keys it is taken by.
    #[prost(message, repeated, tag = "1")]
    pub slots: Vec<SlotRow>,
    /// Ships that carry it.
    #[prost(message, repeated, tag = "2")]
    pub ships: Vec<MeetingRow>,
    /// Receives that name it without naming a statement.
    #[prost(message, repeated, tag = "3")]
    pub receives: Vec<MeetingRow>,
}

/// A Ship or Receive that looks for its other side through a document.
#[derive(Clone, PartialEq, Message)]
pub struct MeetingRow {
    /// Its entry.
    #[prost(uint64, tag = "1")]
    pub index: u64,
    /// Activity number of who is to receive or has received; 0 = a Correct has taken the document away.
    #[prost(uint64, tag = "2")]
    pub receiver: u64,
}

/// Receives that named a shipment before it was recorded.
#[derive(Clone, PartialEq, Message)]
pub struct AwaitingRow {
    /// In order of recording; bounded.
    #[prost(message, repeated, tag = "1")]
    pub waiting: Vec<WaitingRow>,
}

/// One of them.
#[derive(Clone, PartialEq, Message)]
pub struct WaitingRow {
    /// Its entry.
    #[prost(uint64, tag = "1")]
    pub receive: u64,
    /// The digest it named; may be empty.
    #[prost(bytes = "vec", tag = "2")]
    pub digest: Vec<u8>,
}

/// One use of a business key.
#[derive(Clone, PartialEq, Message)]
pub struct SlotRow {
    /// Signer.
    #[prost(string, tag = "1")]
    pub party: String,
    /// Principal.
    #[prost(string, tag = "2")]
    pub principal: String,
    /// Number of the kind.
    #[prost(uint32, tag = "3")]
    pub kind: u32,
    /// Entry that took it.
    #[prost(uint64, tag = "4")]
    pub index: u64,
    /// Freed by a Void.
    #[prost(bool, tag = "5")]
    pub freed: bool,
}

/// State of a party.
#[derive(Clone, PartialEq, Message)]
pub struct PartyRow {
    /// Canonical id.
    #[prost(string, tag = "1")]
    pub party: String,
    /// Facts by who may state them, newest by occurrence; unset for a root authority that nobody has registered since.
    #[prost(message, optional, tag = "2")]
    pub facts: Option<v1::Party>,
    /// When those facts were stated to hold.
    #[prost(int64, tag = "3")]
    pub facts_at: i64,
    /// Roles by granter.
    #[prost(message, repeated, tag = "4")]
    pub grants: Vec<GrantRow>,
    /// Key ids in order of enrolment.
    #[prost(bytes = "vec", repeated, tag = "5")]
    pub keys: Vec<Vec<u8>>,
    /// Sites.
    #[prost(string, repeated, tag = "6")]
    pub sites: Vec<String>,
    /// Name in the genesis, for a root authority.
    #[prost(string, optional, tag = "7")]
    pub root_name: Option<String>,
    /// Entry of the newest statement about it.
    #[prost(uint64, tag = "8")]
    pub last_index: u64,
    /// It stands in the genesis, or was made an authority or auditor once: its facts and keys stay guarded.
    #[prost(bool, tag = "9")]
    pub guarded: bool,
    /// What authorities in each field say of its closing; of the root authorities in the field root.
    #[prost(message, repeated, tag = "11")]
    pub closings: Vec<ClosingRow>,
    /// Fields of the authority that has stated the facts.
    #[prost(enumeration = "v1::AuthorityField", repeated, tag = "12")]
    pub facts_by: Vec<i32>,
}

/// What authorities in one field say of a party's closing.
#[derive(Clone, PartialEq, Message)]
pub struct ClosingRow {
    /// The field.
    #[prost(enumeration = "v1::AuthorityField", tag = "1")]
    pub field: i32,
    /// Day; empty = not closed.
    #[prost(string, tag = "2")]
    pub closed_on: String,
    /// When that was stated to hold.
    #[prost(int64, tag = "3")]
    pub at: i64,
}

/// The roles one granter has given.
#[derive(Clone, PartialEq, Message)]
pub struct GrantRow {
    /// Who granted them.
    #[prost(string, tag = "1")]
    pub granter: String,
    /// The roles.
    #[prost(message, repeated, tag = "2")]
    pub roles: Vec<v1::RoleGrant>,
    /// When they were stated to hold.
    #[prost(int64, tag = "3")]
    pub occurred_at: i64,
    /// Entry.
    #[prost(uint64, tag = "4")]
    pub index: u64,
}

/// State of a key.
#[derive(Clone, PartialEq, Message)]
pub struct KeyRow {
    /// The party it belongs to.
    #[prost(string, tag = "1")]
    pub party: String,
    /// 32 bytes.
    #[prost(bytes = "vec", tag = "2")]
    pub public_key: Vec<u8>,
    /// What it may do.
    #[prost(enumeration = "v1::KeyUse", repeated, tag = "3")]
    pub uses: Vec<i32>,
    /// Kinds it may sign; empty = all.
    #[prost(enumeration = "v1::StatementKind", repeated, tag = "4")]
    pub kinds: Vec<i32>,
    /// Only from this site; empty = any.
    #[prost(string, tag = "5")]
    pub site: String,
    /// µs; 0 = open.
    #[prost(int64, tag = "6")]
    pub expires_at: i64,
    /// What it is for.
    #[prost(string, tag = "7")]
    pub label: String,
    /// Entry that enrolled it.
    #[prost(uint64, tag = "8")]
    pub enrolled_index: u64,
    /// Entry that revoked it.
    #[prost(uint64, optional, tag = "9")]
    pub revoked_index: Option<u64>,
    /// µs; 0 = not compromised.
    #[prost(int64, tag = "10")]
    pub compromised_since: i64,
}

/// State of a site.
#[derive(Clone, PartialEq, Message)]
pub struct SiteRow {
    /// Newest facts by occurrence.
    #[prost(message, optional, tag = "1")]
    pub site: Option<v1::Site>,
    /// When they were stated to hold.
    #[prost(int64, tag = "2")]
    pub site_at: i64,
    /// Newest statement per (kind, number).
    #[prost(message, repeated, tag = "3")]
    pub licences: Vec<LicenceRow>,
    /// Entry of the newest statement about it.
    #[prost(uint64, tag = "4")]
    pub last_index: u64,
}

/// A licence with its place.
#[derive(Clone, PartialEq, Message)]
pub struct LicenceRow {
    /// As stated.
    #[prost(message, required, tag = "1")]
    pub licence: v1::Licence,
    /// When it was stated to hold.
    #[prost(int64, tag = "2")]
    pub occurred_at: i64,
    /// Entry.
    #[prost(uint64, tag = "3")]
    pub index: u64,
}

/// State of a product.
#[derive(Clone, PartialEq, Message)]
pub struct ProductRow {
    /// Newest statement per registration number.
    #[prost(message, repeated, tag = "1")]
    pub registrations: Vec<RegistrationRow>,
}

/// A registration with its place.
#[derive(Clone, PartialEq, Message)]
pub struct RegistrationRow {
    /// As stated.
    #[prost(message, required, tag = "1")]
    pub registration: v1::Registration,
    /// When it was stated to hold.
    #[prost(int64, tag = "2")]
    pub occurred_at: i64,
    /// Entry.
    #[prost(uint64, tag = "3")]
    pub index: u64,
}
