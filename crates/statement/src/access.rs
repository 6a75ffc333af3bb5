//! Access records and digests: what commits the ledger to every privileged read (docs/FORMAT.md §11).
//!
//! A *record* says who asked what, and why, before the answer is given. The ledger's answer key signs it with its
//! salt, and the two together are a leaf of the tree that the *digest* of its minute commits to: an entry of the log.
//! A digest stands in the log within two minutes after its minute has ended, so a record that is left out shows.

use merkle::{EMPTY_ROOT, Hash, PublicKey, SigningKey, leaf_hash, sha256};

use crate::{FormatError, sign, verify};

#[cfg(test)]
mod tests;

/// DSSE payload type of what the answer key signs.
pub const ACCESS_TYPE: &str = "application/vnd.yuanliu.access.v1";
/// A minute, µs.
pub const MINUTE: u64 = 60_000_000;
/// Time from the end of a minute until its digest must be recorded, µs.
pub const DIGEST_DUE: u64 = 2 * MINUTE;
/// Most records of a minute.
pub const MAX_MINUTE_RECORDS: u32 = 1 << 16;
/// Most bytes of a question that a record holds; of a longer one it holds the hash alone.
pub const MAX_QUESTION: usize = 1_024;
/// Bytes of a digest.
pub const DIGEST_LEN: usize = 1 + 8 + 4 + 32 + 32;

/// Bytes of a record before its texts.
const FIXED_LEN: usize = 1 + 32 + 8 + 8 + 8 + 32 + 32;
/// Most bytes of party, method, purpose and case: 200 characters of any kind.
const MAX_TEXTS: [usize; 4] = [256, 128, 800, 800];
/// No minute lies behind this one: times stay far below the end of u64.
const MAX_MINUTE: u64 = u64::MAX / MINUTE - 4;

/// Instant at which a minute ends, µs.
#[must_use]
pub const fn minute_end(minute: u64) -> u64 {
    minute.saturating_add(1).saturating_mul(MINUTE)
}

/// A privileged read.
///
/// ```text
///   0  u8   1
///   1  32   ledger id
///  33  u64  minute, since the Unix epoch
///  41  u64  at, µs since the Unix epoch, within that minute
///  49  u64  entries of the log at that moment
///  57  32   key id of the key that signed the read token
///  89  32   H(question)
/// 121  five times u16 length ‖ bytes: party, method, purpose, case, question (none if longer than 1,024 bytes)
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccessRecord {
    /// Ledger id.
    pub ledger: Hash,
    /// Moment of the question, µs.
    pub at: u64,
    /// Entries of the log at that moment.
    pub size: u64,
    /// The key by which the reader showed who it is.
    pub key: Hash,
    /// Who asked.
    pub party: String,
    /// What was called.
    pub method: String,
    /// Why, as the reader says; one of both may be empty.
    pub purpose: String,
    /// For which case.
    pub case: String,
    /// `H(question)`.
    pub question_hash: Hash,
    /// The request message; empty where it is longer than [`MAX_QUESTION`].
    pub question: Vec<u8>,
}

impl AccessRecord {
    /// The minute whose digest commits to it.
    #[must_use]
    pub const fn minute(&self) -> u64 {
        self.at / MINUTE
    }

    /// Its bytes.
    ///
    /// # Errors
    /// A text is too long, or the question is not the one hashed.
    pub fn encode(&self) -> Result<Vec<u8>, FormatError> {
        self.check()?;
        let mut bytes = Vec::with_capacity(FIXED_LEN + 256 + self.question.len());
        bytes.push(1);
        bytes.extend_from_slice(&self.ledger);
        for number in [self.minute(), self.at, self.size] {
            bytes.extend_from_slice(&number.to_be_bytes());
        }
        bytes.extend_from_slice(&self.key);
        bytes.extend_from_slice(&self.question_hash);
        for text in self.texts().into_iter().map(str::as_bytes).chain([self.question.as_slice()]) {
            // Far below 2^16 each.
            bytes.extend_from_slice(&(text.len() as u16).to_be_bytes());
            bytes.extend_from_slice(text);
        }
        Ok(bytes)
    }

    /// Reads it back.
    ///
    /// # Errors
    /// Another version, a minute that is not that of the instant, texts that are too long or not UTF-8, a question
    /// that is not the one hashed, bytes too few or too many.
    pub fn decode(bytes: &[u8]) -> Result<Self, FormatError> {
        let this = Self::read(bytes).ok_or(FormatError("access record"))?;
        this.check()?;
        Ok(this)
    }

    fn read(bytes: &[u8]) -> Option<Self> {
        let mut rest = bytes.strip_prefix(&[1])?;
        let ledger = hash(&mut rest)?;
        let (minute, at, size) = (number(&mut rest)?, number(&mut rest)?, number(&mut rest)?);
        let (key, question_hash) = (hash(&mut rest)?, hash(&mut rest)?);
        let mut text = || String::from_utf8(stretch(&mut rest)?.to_vec()).ok();
        let (party, method, purpose, case) = (text()?, text()?, text()?, text()?);
        let question = stretch(&mut rest)?.to_vec();
        let this = Self { ledger, at, size, key, party, method, purpose, case, question_hash, question };
        (rest.is_empty() && this.minute() == minute).then_some(this)
    }

    fn texts(&self) -> [&str; 4] {
        [&self.party, &self.method, &self.purpose, &self.case]
    }

    fn check(&self) -> Result<(), FormatError> {
        let texts = self.texts().into_iter().zip(MAX_TEXTS).all(|(text, most)| text.len() <= most);
        let question = self.question.is_empty()
            || self.question.len() <= MAX_QUESTION && sha256(&[&self.question]) == self.question_hash;
        let sound = texts && question && self.minute() <= MAX_MINUTE;
        sound.then_some(()).ok_or(FormatError("access record"))
    }
}

/// A record with its salt: a leaf of its minute's tree.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccessLeaf {
    /// Random: the hash of a record that can be guessed gives nothing away.
    pub salt: Hash,
    /// The record.
    pub record: AccessRecord,
}

impl AccessLeaf {
    /// `salt 32 ‖ record`.
    ///
    /// # Errors
    /// As [`AccessRecord::encode`].
    pub fn encode(&self) -> Result<Vec<u8>, FormatError> {
        Ok([self.salt.as_slice(), &self.record.encode()?].concat())
    }

    /// Reads it back.
    ///
    /// # Errors
    /// As [`AccessRecord::decode`].
    pub fn decode(bytes: &[u8]) -> Result<Self, FormatError> {
        let (salt, record) = bytes.split_first_chunk().ok_or(FormatError("access record"))?;
        Ok(Self { salt: *salt, record: AccessRecord::decode(record)? })
    }
}

/// A record as it is kept. Past the ledger's retention its contents go, and its hash stays: digests, and what became of
/// the record, can still be checked.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(clippy::large_enum_variant, reason = "at most a page of them is held, most of them whole")]
pub enum KeptAccess {
    /// Salt and record.
    Whole(AccessLeaf),
    /// Its RFC 6962 leaf hash alone.
    Pruned(Hash),
}

impl KeptAccess {
    /// Reads what is kept: 32 bytes are a hash, for no leaf is so short.
    ///
    /// # Errors
    /// As [`AccessRecord::decode`].
    pub fn decode(bytes: &[u8]) -> Result<Self, FormatError> {
        match Hash::try_from(bytes) {
            Ok(hash) => Ok(Self::Pruned(hash)),
            Err(_) => AccessLeaf::decode(bytes).map(Self::Whole),
        }
    }

    /// The leaf hash of what is kept, in its minute's tree.
    #[must_use]
    pub fn hash_of(bytes: &[u8]) -> Hash {
        Hash::try_from(bytes).unwrap_or_else(|_| leaf_hash(bytes))
    }
}

/// What a privileged answer carries: the record with its salt, signed by the ledger's answer key before the answer.
///
/// ```text
///  0  u8   1
///  1  64   signature over DSSE type [`ACCESS_TYPE`], payload salt ‖ record
/// 65  32   salt
/// 97  …    record
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignedAccess {
    signature: [u8; 64],
    /// `salt ‖ record`, as signed.
    leaf: Vec<u8>,
    parsed: AccessLeaf,
}

impl SignedAccess {
    /// Signs a leaf.
    ///
    /// # Errors
    /// It is none.
    pub fn sign(leaf: Vec<u8>, key: &SigningKey) -> Result<Self, FormatError> {
        let parsed = AccessLeaf::decode(&leaf)?;
        Ok(Self { signature: sign(key, ACCESS_TYPE, &leaf), leaf, parsed })
    }

    /// Its bytes.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        [&[1], self.signature.as_slice(), &self.leaf].concat()
    }

    /// Reads it back; the signature is checked by [`verify`](Self::verify).
    ///
    /// # Errors
    /// Another version, too short, or no record.
    pub fn decode(bytes: &[u8]) -> Result<Self, FormatError> {
        let rest = bytes.strip_prefix(&[1]).ok_or(FormatError("access record"))?;
        let (signature, leaf) = rest.split_first_chunk().ok_or(FormatError("access record"))?;
        Ok(Self { signature: *signature, leaf: leaf.to_vec(), parsed: AccessLeaf::decode(leaf)? })
    }

    /// Whether the answer key has signed it.
    #[must_use]
    pub fn verify(&self, key: &PublicKey) -> bool {
        verify(key, ACCESS_TYPE, &self.leaf, &self.signature)
    }

    /// The record.
    #[must_use]
    pub const fn record(&self) -> &AccessRecord {
        &self.parsed.record
    }

    /// RFC 6962 leaf hash in its minute's tree.
    #[must_use]
    pub fn leaf_hash(&self) -> Hash {
        leaf_hash(&self.leaf)
    }
}

/// The payload of an access digest.
///
/// ```text
///  0  u8   1
///  1  u64  minute, since the Unix epoch
///  9  u32  number of records
/// 13  32   RFC 6962 root over them, in the order in which they were made
/// 45  32   nonce: random, so that the hash of an empty minute does not show that it is empty
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AccessDigest {
    /// The minute, since the Unix epoch.
    pub minute: u64,
    /// Its records.
    pub count: u32,
    /// Root over them; that of an empty tree where there are none.
    pub root: Hash,
    /// Random.
    pub nonce: Hash,
}

impl AccessDigest {
    /// Its bytes.
    #[must_use]
    pub fn encode(&self) -> [u8; DIGEST_LEN] {
        let mut bytes = [0; DIGEST_LEN];
        bytes[0] = 1;
        bytes[1..9].copy_from_slice(&self.minute.to_be_bytes());
        bytes[9..13].copy_from_slice(&self.count.to_be_bytes());
        bytes[13..45].copy_from_slice(&self.root);
        bytes[45..].copy_from_slice(&self.nonce);
        bytes
    }

    /// Reads it back.
    ///
    /// # Errors
    /// Another version or length, more than [`MAX_MINUTE_RECORDS`], a root that no tree of so many records has.
    pub fn decode(bytes: &[u8]) -> Result<Self, FormatError> {
        let this = Self::read(bytes).ok_or(FormatError("access digest"))?;
        let sound = this.count <= MAX_MINUTE_RECORDS
            && (this.count == 0) == (this.root == EMPTY_ROOT)
            && this.minute <= MAX_MINUTE;
        sound.then_some(this).ok_or(FormatError("access digest"))
    }

    fn read(bytes: &[u8]) -> Option<Self> {
        let mut rest = bytes.strip_prefix(&[1])?;
        let minute = number(&mut rest)?;
        let (count, after) = rest.split_first_chunk()?;
        rest = after;
        let (root, nonce) = (hash(&mut rest)?, hash(&mut rest)?);
        rest.is_empty().then_some(Self { minute, count: u32::from_be_bytes(*count), root, nonce })
    }
}

fn number(bytes: &mut &[u8]) -> Option<u64> {
    let (first, rest) = bytes.split_first_chunk()?;
    *bytes = rest;
    Some(u64::from_be_bytes(*first))
}

fn hash(bytes: &mut &[u8]) -> Option<Hash> {
    let (first, rest) = bytes.split_first_chunk()?;
    *bytes = rest;
    Some(*first)
}

fn stretch<'b>(bytes: &mut &'b [u8]) -> Option<&'b [u8]> {
    let (length, rest) = bytes.split_first_chunk()?;
    let (first, rest) = rest.split_at_checked(u16::from_be_bytes(*length).into())?;
    *bytes = rest;
    Some(first)
}
