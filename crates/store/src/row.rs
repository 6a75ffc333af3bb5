//! Stored rows as bytes. Integers are big-endian.
//!
//! | row | key | value |
//! | --- | --- | --- |
//! | entry | index u64 | leaf 80 ‖ chain 32 ‖ envelope length u16 ‖ envelope ‖ payload |
//! | checkpoint | size u64 | signed note |
//! | meta | `stamped/` ‖ size u64 | length u32 ‖ signed note ‖ (length u32 ‖ RFC 3161 token)… |
//! | access | minute u64 ‖ number in it u32 | salt 32 ‖ access record; past the retention its leaf hash, 32 |
//! | view row | table u8 (1…) ‖ key | as `custody` made it |
//! | watermark | `00` | view version u32 ‖ chain 32 ‖ size u64 ‖ nodes of the compact range, 32 each |

use custody::RecordedEntry;
use merkle::{CompactRange, HASH_LEN, Hash};
use prost::bytes::Bytes;
use statement::LEAF_LEN;

/// Version of the log's rows.
pub(crate) const LOG_VERSION: u32 = 1;
/// Version of the view: it changes with every change of rows or of the function that derives them.
pub const VIEW_VERSION: u32 = 7;

const CHAIN_AT: usize = LEAF_LEN;
const LENGTH_AT: usize = CHAIN_AT + HASH_LEN;
const ENVELOPE_AT: usize = LENGTH_AT + size_of::<u16>();
const _: () = assert!(ENVELOPE_AT == 114);

/// An entry as stored. `None` if the envelope is too long for its length field.
#[must_use]
pub fn encode_entry(entry: &RecordedEntry) -> Option<Vec<u8>> {
    let length = u16::try_from(entry.envelope.len()).ok()?;
    let mut row = Vec::with_capacity(ENVELOPE_AT + entry.envelope.len() + entry.payload.len());
    row.extend_from_slice(&entry.leaf);
    row.extend_from_slice(&entry.chain);
    row.extend_from_slice(&length.to_be_bytes());
    row.extend_from_slice(&entry.envelope);
    row.extend_from_slice(&entry.payload);
    Some(row)
}

/// Reads an entry back. `None` if it is too short for its fixed part or its envelope. Envelope and payload
/// share the row's memory.
#[must_use]
pub fn decode_entry(row: &Bytes) -> Option<RecordedEntry> {
    let (leaf, rest) = row.split_first_chunk::<LEAF_LEN>()?;
    let (chain, rest) = rest.split_first_chunk::<HASH_LEN>()?;
    let (length, rest) = rest.split_first_chunk::<2>()?;
    let payload_at = ENVELOPE_AT + usize::from(u16::from_be_bytes(*length));
    (row.len() >= payload_at && rest.len() == row.len() - ENVELOPE_AT).then(|| RecordedEntry {
        leaf: *leaf,
        chain: *chain,
        envelope: row.slice(ENVELOPE_AT..payload_at),
        payload: row.slice(payload_at..),
    })
}

/// Index or size in a key.
pub(crate) fn decode_number(key: &[u8]) -> Option<u64> {
    Some(u64::from_be_bytes(key.try_into().ok()?))
}

/// How far a view has come: written together with the rows it speaks of.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Watermark {
    /// Chain hash after the last entry; zeros for none.
    pub chain: Hash,
    /// Left edge of the tree over the leaves; its size is the number of entries.
    pub range: CompactRange,
}

impl Watermark {
    /// Number of entries the view was made from.
    #[must_use]
    pub const fn size(&self) -> u64 {
        self.range.size()
    }

    pub(crate) fn encode(&self) -> Vec<u8> {
        [&VIEW_VERSION.to_be_bytes(), self.chain.as_slice(), &self.range.to_bytes()].concat()
    }

    /// The version, and the watermark if the version is ours and the bytes are sound.
    pub(crate) fn decode(row: &[u8]) -> Option<(u32, Option<Self>)> {
        let (version, rest) = row.split_first_chunk::<4>()?;
        let version = u32::from_be_bytes(*version);
        if version != VIEW_VERSION {
            return Some((version, None));
        }
        let (chain, range) = rest.split_first_chunk::<HASH_LEN>()?;
        let range = CompactRange::from_bytes(range).ok()?;
        Some((version, Some(Self { chain: *chain, range })))
    }
}
