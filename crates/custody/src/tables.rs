//! Records of the view: what stands in which table under which key.
//!
//! ```text
//! Subject    S 32                        → varint number ‖ head 32 ‖ varint count ‖ varint last ‖ state
//! Touch      number u64 ‖ window u64     → 4 bytes a touch: u16 index in window ‖ u8 relation ‖ u8 kind
//! Statement  signer's number u64 ‖ id 16 → index u64
//!            0 u64 ‖ H(party ‖ 0 ‖ id) 32 → index u64 of a confidential one
//! Name       number u64                  → u8 subject kind ‖ canonical text
//! Control    index u64                   → ControlRow
//! Response   0 ‖ ship u64 ‖ receive u64  → u8 way of meeting ‖ activity number of who receives u64
//!            1 ‖ receive u64 ‖ ship u64  → the same
//!            (way of meeting: 1 by reference, 2 over a document, 0 = no longer, after a Correct)
//!            2 ‖ H(party ‖ 0 ‖ id) 16    → AwaitingRow (a shipment named before it was recorded)
//!            3 ‖ ship u64                → activity number of the addressee that has taken in all its lots
//!            4 ‖ H(addressee) 16 ‖ request u64 → u8: 1 = an AssistRequest, or a Correct of it, asks the party
//!            5 ‖ request u64 ‖ answer u64 → u8: 1 = an AssistReply, AuthenticityReply or Opinion names the request
//! Mandate    S of the principal 32 ‖ H(number) 16 → MandateRow
//! Meta       "ledger"                    → LedgerRow
//!            "next"                      → u64, the next subject number
//!            "seal"                      → index u64 ‖ covered u64 of the newest seal
//!            "digest"                    → index u64 ‖ minute u64 of the newest access digest
//!            "digest" ‖ minute u64       → index u64 of the access digest of that minute
//! Holding    party u64 ‖ 0 ‖ item u64    → varint entry + 1 ‖ S of the item: at the party, in no container
//!            party u64 ‖ 1 ‖ lot u64     → the same of a lot of which its statements leave it an amount,
//!                                          then by unit: u8 length ‖ unit ‖ i128 amount, never 0
//!            party u64 ‖ 2 ‖ item u64    → the same of a container that it has emptied as a whole while
//!                                          things in it have not been heard of by themselves
//!            container u64 ‖ 3 ‖ 0 u64   → u64 codes that were last packed into it
//!            container u64 ‖ 4 ‖ party u64 → as for 2: who has emptied it
//! Inbound    party u64 ‖ ship u64        → u32 lines that nobody has answered ‖ u32 lines
//! Register   1 ‖ policy                  → PolicyDaysRow
//!            2 ‖ policy ‖ 0 ‖ day        → PolicyRow
//!            3 ‖ policy ‖ 0 ‖ day ‖ 0 ‖ code → u8: 1 in use, 2 retired
//!            4 ‖ list                    → ListRow
//!            5 ‖ list ‖ 0 ‖ H(subject) 16 → ListedRow
//!            6 ‖ register ‖ 0 ‖ H(signer ‖ 0 ‖ region ‖ 0 ‖ class) 16 → CoverageRow
//!            7 ‖ S of the registration 32 ‖ H(number) 16 → DesignationRow
//!            8 ‖ S of the predecessor 32 ‖ H(successor) 16 → SuccessionRow
//!            9 ‖ number of a declaration → u64, the entry that named it first
//! Restriction 0 ‖ subject u64 ‖ entry u64 → u8: 1 = a Hold or Recall that names the item, lot or product
//!            1 ‖ hold u64 ‖ lift u64     → u8: 1
//! Alias      S of a code 32 ‖ alias u64  → S of the other codes of that Alias, 32 each
//! Confidential index u64                → ReadersRow
//!            H(party) 16                 → u8: 1 = the party has signed something confidential
//!            S of a case 32              → CaseRow
//!            H(party) 16 ‖ S of a case 32 → u8: 1 = the party has, or had, the case
//! Cut        item u64                    → varints: entries that name it ‖ last entry looked at ‖ number
//!            of cuts ‖ for each: events before it in the list below ‖ length of state ‖ item state
//!            ‖ the entries of originals that act on it after the first cut (see apply/cuts.rs)
//! ```
//!
//! A touch row collects the touches of one subject in a window of 1,024 entries: hot subjects (a busy
//! party) cost one row a window, and windows depend on the log alone, never on batches.

use merkle::{Hash, sha256};
use prost::{Message, bytes::Bytes};
use statement::{Relation, SubjectKey, SubjectKind, subject_key};

use crate::{Table, View, ViewError};

mod registers;
mod rows;

pub use registers::{
    CoverageRow, DesignationRow, ListRow, ListedEntryRow, ListedRow, PolicyDayRow, PolicyDaysRow, PolicyRow,
    SuccessionRow, VersionRow,
};
pub use rows::{
    AwaitingRow, CaseRow, ClosingRow, ControlRow, DocumentRow, GrantRow, HolderRow, KeyRow, LedgerRow,
    LicenceRow, MandateRow, MeetingRow, PartyRow, ProductRow, ReadersRow, RegistrationRow, SiteRow, SlotRow,
    TenureRow, WaitingRow,
};

/// Entries in a window of touches.
pub const WINDOW: u64 = 1 << 10;
const _: () = assert!(WINDOW <= 1 << 16, "an index within a window fits in u16");

/// Ships, and Receives, that meet through one document for one receiver; further ones match by reference
/// only.
pub const MAX_PER_RECEIVER: usize = 64;
/// The same for all receivers together.
pub const MAX_PER_DOCUMENT: usize = 512;
/// Receives that answer one Ship. Of them, at most [`MAX_STRANGERS`] by parties that it is not addressed to.
pub const MAX_ANSWERS: usize = 256;
/// Receives that answer one Ship without being its addressee's.
pub const MAX_STRANGERS: usize = 64;

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
    if let Some(signer) = subject_by_text(view, SubjectKind::Activity, party)?
        && let Some(row) = view.get(Table::Statement, &statement_key(signer.number, id))?
    {
        return decode_u64(&row).map(Some);
    }
    let row = view.get(Table::Statement, &confidential_key(party, id))?;
    row.map(|v| decode_u64(&v)).transpose()
}

/// Key of the row of a confidential statement, which no subject of its signer's links.
#[must_use]
pub fn confidential_key(party: &str, id: &[u8; 16]) -> Vec<u8> {
    // No subject has the number 0.
    [&[0; 8][..], &sha256(&[party.as_bytes(), &[0], id])].concat()
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
