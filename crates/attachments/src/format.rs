//! The file of a document, version 1. Integers are big-endian.
//!
//! ```text
//!      0  magic 8 ‖ kind 1 ‖ erased by 8 ‖ length 2 ‖ owner … 0 … ‖ SHA-256 of the 480 bytes before it
//!    512  key slot: nonce 12 ‖ data key, sealed by the master key 32 ‖ tag 16 ‖ 0 …
//!   1024  key slot; one of the two is in use, the other is zero but while keys are exchanged
//!   1536  segment 0: (salt 32 ‖ size 8 ‖ length 1 ‖ media type … 0 …) sealed 192 ‖ tag 16
//!   1744  segment 1, 2, …: 65,536 bytes of the document (the last: 1 to 65,536) sealed ‖ tag 16
//! ```
//!
//! A tombstone is the first 512 bytes alone. Everything is sealed by AES-256-GCM. Segments are sealed with
//! the data key, which no other file has, under the nonce `0 × 7 ‖ segment 4 ‖ last 1` (the STREAM
//! construction: order, end and length are authenticated) with the digest as associated data. The data
//! key is sealed under a random nonce with digest and owner as associated data; one master key serves
//! 2^32 documents.

use merkle::{Hash, sha256};

/// Unit in which a key slot can be overwritten without touching its neighbours.
pub(crate) const BLOCK: usize = 512;
/// Where the key slots begin.
pub(crate) const SLOTS: [u64; 2] = [BLOCK as u64, 2 * BLOCK as u64];
/// Where segment 0 begins.
pub(crate) const BODY: u64 = 3 * BLOCK as u64;
/// Bytes of the document in a segment.
pub(crate) const SEGMENT: usize = 64 << 10;
/// Bytes that sealing adds.
pub(crate) const TAG: usize = 16;
/// Bytes of segment 0 before sealing.
pub(crate) const HEAD: usize = 192;
/// Most bytes of an owner (a canonical party id).
pub(crate) const MAX_OWNER: usize = 256;
/// Most bytes of a media type.
pub(crate) const MAX_MEDIA_TYPE: usize = 100;

const MAGIC: [u8; 8] = *b"YLATTCH\x01";
const BLOB: u8 = b'B';
const TOMB: u8 = b'E';
/// Where the owner begins.
const OWNER: usize = 19;
/// Where the checksum begins.
const SUM: usize = BLOCK - 32;

const _: () = assert!(OWNER + MAX_OWNER <= SUM && 32 + 8 + 1 + MAX_MEDIA_TYPE <= HEAD);

/// What a file is, and whose.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Block {
    Blob { owner: String },
    Tomb { owner: String, by: u64 },
}

impl Block {
    pub(crate) fn owner(&self) -> &str {
        match self {
            Self::Blob { owner } | Self::Tomb { owner, .. } => owner,
        }
    }

    /// `None` where the owner is too long.
    pub(crate) fn encode(&self) -> Option<[u8; BLOCK]> {
        let (kind, by) = match self {
            Self::Blob { .. } => (BLOB, 0),
            Self::Tomb { by, .. } => (TOMB, *by),
        };
        let owner = self.owner().as_bytes();
        let length = u16::try_from(owner.len()).ok().filter(|n| usize::from(*n) <= MAX_OWNER)?;
        let mut block = [0; BLOCK];
        block[..8].copy_from_slice(&MAGIC);
        block[8] = kind;
        block[9..17].copy_from_slice(&by.to_be_bytes());
        block[17..OWNER].copy_from_slice(&length.to_be_bytes());
        block[OWNER..OWNER + owner.len()].copy_from_slice(owner);
        let sum = sha256(&[&block[..SUM]]);
        block[SUM..].copy_from_slice(&sum);
        Some(block)
    }

    /// `None` where it is not what [`encode`](Self::encode) gave.
    pub(crate) fn decode(block: &[u8; BLOCK]) -> Option<Self> {
        if block[..8] != MAGIC || sha256(&[&block[..SUM]]) != block[SUM..] {
            return None;
        }
        let by = u64::from_be_bytes(block[9..17].try_into().ok()?);
        let length = usize::from(u16::from_be_bytes([block[17], block[18]]));
        let owner = block[..SUM].get(OWNER..OWNER + length)?;
        let owner = String::from_utf8(owner.to_vec()).ok()?;
        match block[8] {
            BLOB => Some(Self::Blob { owner }),
            TOMB => Some(Self::Tomb { owner, by }),
            _ => None,
        }
    }
}

/// What a file says about its document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Head {
    pub salt: Hash,
    pub size: u64,
    pub media_type: String,
}

impl Head {
    /// `None` where the media type is too long.
    pub(crate) fn encode(&self) -> Option<Vec<u8>> {
        let media_type = self.media_type.as_bytes();
        let length = u8::try_from(media_type.len()).ok().filter(|n| usize::from(*n) <= MAX_MEDIA_TYPE)?;
        let mut head = [&self.salt[..], &self.size.to_be_bytes(), &[length], media_type].concat();
        head.resize(HEAD, 0);
        Some(head)
    }

    /// `None` where it is not what [`encode`](Self::encode) gave.
    pub(crate) fn decode(head: &[u8]) -> Option<Self> {
        let (salt, rest) = head.split_first_chunk::<32>()?;
        let (size, rest) = rest.split_first_chunk::<8>()?;
        let (&length, rest) = rest.split_first()?;
        let media_type = String::from_utf8(rest.get(..usize::from(length))?.to_vec()).ok()?;
        Some(Self { salt: *salt, size: u64::from_be_bytes(*size), media_type })
    }
}

/// Segments of a document of this size.
pub(crate) const fn segments(size: u64) -> u64 {
    size.div_ceil(SEGMENT as u64)
}

/// Length of the file of a document of this size.
pub(crate) const fn file_len(size: u64) -> u64 {
    BODY + (HEAD + TAG) as u64 + size + segments(size) * TAG as u64
}

/// Largest document that the format can hold: segment numbers have 32 bits, 0 is the head.
pub(crate) const MAX_SIZE: u64 = (u32::MAX as u64) * SEGMENT as u64;
