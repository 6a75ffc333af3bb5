//! Records of the view: what stands in which table under which key.
//!
//! ```text
//! Subject    S 32                        → varint number ‖ head 32 ‖ varint count ‖ varint last ‖ state
//! Touch      number u64 ‖ window u64     → 4 bytes a touch: u16 index in window ‖ u8 relation ‖ u8 kind
//! Statement  signer's number u64 ‖ id 16 → index u64
//! Name       number u64                  → u8 subject kind ‖ canonical text
//! Control    index u64                   → ControlRow
//! Response   0 ‖ ship u64 ‖ receive u64  → u8 way of meeting ‖ activity number of who receives u64
//!            1 ‖ receive u64 ‖ ship u64  → the same
//!            2 ‖ H(party ‖ 0 ‖ id) 16 → AwaitingRow (Receives of a shipment not recorded yet)
//!            (way of meeting: 1 by reference, 2 over a document, 0 = no longer, after a Correct; row 2 is
//!            of a shipment named before it was recorded)
//! Mandate    S of the principal 32 ‖ H(number) 16 → MandateRow
//! Meta       "ledger"                    → LedgerRow
//!            "next"                      → u64, the next subject number
//! ```
//!
//! A touch row collects the touches of one subject in a window of 1,024 entries: hot subjects (a busy
//! party) cost one row a window, and windows depend on the log alone, never on batches.

use merkle::{Hash, sha256};
use prost::{Message, bytes::Bytes};
use proto::v1;
use statement::{Relation, SubjectKey, SubjectKind, subject_key};

use crate::{Table, View, ViewError};

/// Entries in a window of touches.
pub const WINDOW: u64 = 1 << 10;
const _: () = assert!(WINDOW <= 1 << 16, "an index within a window fits in u16");

/// No log grows this far: counters below it can be counted on without overflow.
pub(crate) const MAX_INDEX: u64 = 1 << 62;

/// One touch: an entry that names the subject.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Touch {
    /// The entry.
    pub index: u64,
    /// How it names the subject.
    pub relation: Relation,
    /// Number of the statement's kind; 0 for the genesis.
    pub kind: u8,
}

/// What is known of a subject now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SubjectRecord {
    /// Dense number, from 1, in order of first naming.
    pub number: u64,
    /// Head after the last entry.
    pub head: Hash,
    /// Entries that name it.
    pub count: u64,
    /// The last of them.
    pub last: u64,
    /// State, by kind of subject.
    pub state: Bytes,
}

/// Appends a base-128 varint.
pub fn put_varint(out: &mut Vec<u8>, mut value: u64) {
    while value >= 0x80 {
        out.push(value as u8 | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
}

/// Takes a base-128 varint off the front; `None` where the bytes end within it or it does not fit.
pub fn take_varint(bytes: &mut &[u8]) -> Option<u64> {
    let mut value = 0u64;
    for shift in (0..64).step_by(7) {
        let (&byte, rest) = bytes.split_first()?;
        *bytes = rest;
        let low = u64::from(byte & 0x7f);
        if shift == 63 && low > 1 {
            return None;
        }
        value |= low << shift;
        if byte < 0x80 {
            return Some(value);
        }
    }
    None
}

/// The error of a row that no version wrote.
pub(crate) fn damaged(what: &str) -> ViewError {
    ViewError(format!("damaged {what} row; run `yuanliu rebuild`"))
}

impl SubjectRecord {
    /// Reads a record.
    ///
    /// # Errors
    /// The bytes are not a record.
    pub fn decode(bytes: &Bytes) -> Result<Self, ViewError> {
        let mut rest = bytes.as_ref();
        let parts = (|| {
            let number = take_varint(&mut rest)?;
            let (head, tail) = rest.split_first_chunk::<32>()?;
            rest = tail;
            let (count, last) = (take_varint(&mut rest)?, take_varint(&mut rest)?);
            (last < MAX_INDEX && count <= last + 1).then_some((number, *head, count, last))
        })();
        let (number, head, count, last) = parts.ok_or_else(|| damaged("subject"))?;
        let state = bytes.slice(bytes.len() - rest.len()..);
        Ok(Self { number, head, count, last, state })
    }

    /// Its bytes.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        let mut out = Vec::with_capacity(64 + self.state.len());
        put_varint(&mut out, self.number);
        out.extend_from_slice(&self.head);
        put_varint(&mut out, self.count);
        put_varint(&mut out, self.last);
        out.extend_from_slice(&self.state);
        out
    }
}

/// The record of a subject, if any entry names it.
///
/// # Errors
/// The view cannot be read.
pub fn subject<V: View + ?Sized>(view: &V, key: &SubjectKey) -> Result<Option<SubjectRecord>, ViewError> {
    view.get(Table::Subject, &key.0)?.map(|bytes| SubjectRecord::decode(&bytes)).transpose()
}

/// The same by kind and canonical text.
///
/// # Errors
/// The view cannot be read.
pub fn subject_by_text<V: View + ?Sized>(
    view: &V,
    kind: SubjectKind,
    text: &str,
) -> Result<Option<SubjectRecord>, ViewError> {
    subject(view, &subject_key(kind, text))
}

/// Key of a touch row.
#[must_use]
pub fn touch_key(number: u64, index: u64) -> Vec<u8> {
    [number.to_be_bytes(), (index / WINDOW).to_be_bytes()].concat()
}

/// The 4 bytes of a touch within its window.
#[must_use]
pub fn touch_bytes(touch: &Touch) -> [u8; 4] {
    // Below WINDOW, which fits in u16.
    let [a, b] = ((touch.index % WINDOW) as u16).to_be_bytes();
    [a, b, touch.relation.code(), touch.kind]
}

/// Visits the touches of a subject from entry `from` on, ascending; `visit` returns false to stop.
///
/// # Errors
/// The view cannot be read, or `visit` failed.
pub fn touches<V: View + ?Sized>(
    view: &V,
    number: u64,
    from: u64,
    visit: &mut dyn FnMut(Touch) -> Result<bool, ViewError>,
) -> Result<(), ViewError> {
    let prefix = number.to_be_bytes();
    view.scan(Table::Touch, &prefix, &touch_key(number, from), &mut |key, value| {
        let window = key.get(8..).and_then(|w| w.try_into().ok()).map(u64::from_be_bytes);
        let start = window.and_then(|w| w.checked_mul(WINDOW)).filter(|start| *start < MAX_INDEX);
        let start = start.ok_or_else(|| damaged("touch"))?;
        for chunk in value.chunks(4) {
            let &[a, b, relation, kind] = chunk else { return Err(damaged("touch")) };
            let index = start + u64::from(u16::from_be_bytes([a, b]));
            let relation = Relation::from_code(relation).ok_or_else(|| damaged("touch"))?;
            if index >= from && !visit(Touch { index, relation, kind })? {
                return Ok(false);
            }
        }
        Ok(true)
    })
}

/// Key of a statement row.
#[must_use]
pub fn statement_key(signer: u64, id: &[u8; 16]) -> Vec<u8> {
    [signer.to_be_bytes().as_slice(), id].concat()
}

/// Index of a recorded statement.
///
/// # Errors
/// The view cannot be read.
pub fn statement_index<V: View + ?Sized>(
    view: &V,
    party: &str,
    id: &[u8; 16],
) -> Result<Option<u64>, ViewError> {
    let Some(signer) = subject_by_text(view, SubjectKind::Activity, party)? else { return Ok(None) };
    let row = view.get(Table::Statement, &statement_key(signer.number, id))?;
    row.map(|v| decode_u64(&v)).transpose()
}

pub(crate) fn decode_u64(bytes: &[u8]) -> Result<u64, ViewError> {
    bytes.try_into().map(u64::from_be_bytes).map_err(|_| damaged("number"))
}

/// The canonical text of a numbered subject (not of items or documents).
///
/// # Errors
/// The view cannot be read.
pub fn name_of<V: View + ?Sized>(view: &V, number: u64) -> Result<Option<String>, ViewError> {
    let Some(row) = view.get(Table::Name, &number.to_be_bytes())? else { return Ok(None) };
    let text = row.get(1..).and_then(|t| std::str::from_utf8(t).ok()).ok_or_else(|| damaged("name"))?;
    Ok(Some(text.to_string()))
}

/// Decodes a row that is a protobuf message.
pub(crate) fn decode_row<M: Message + Default>(bytes: &[u8], what: &str) -> Result<M, ViewError> {
    M::decode(bytes).map_err(|_| damaged(what))
}

/// First 16 bytes of a hash: enough to tell rows of one prefix apart.
pub(crate) fn short_hash(parts: &[&[u8]]) -> [u8; 16] {
    let hash = sha256(parts);
    let mut short = [0; 16];
    short.copy_from_slice(&hash[..16]);
    short
}

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
    /// It still names that shipment.
    #[prost(bool, tag = "2")]
    pub waits: bool,
    /// The digest it named; may be empty.
    #[prost(bytes = "vec", tag = "3")]
    pub digest: Vec<u8>,
}

/// Ships, and Receives, that meet through one document for one receiver; further ones match by reference
/// only.
pub const MAX_PER_RECEIVER: usize = 64;
/// The same for all receivers together.
pub const MAX_PER_DOCUMENT: usize = 512;
/// Receives that answer one Ship. Of them, at most [`MAX_STRANGERS`] by parties that it is not addressed to.
pub const MAX_ANSWERS: usize = 256;
/// Receives that answer one Ship without being its addressee's.
pub const MAX_STRANGERS: usize = 64;

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
    /// Newest facts by occurrence; unset for a root authority that nobody has registered since.
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
