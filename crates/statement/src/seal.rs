//! Seals and runs: what commits to the latest head of every subject (docs/FORMAT.md §6).
//!
//! A *run* lists, in ascending order, every subject linked by the entries of a range, with its head, count and
//! last index as of the end of the range. It is a pure function of the log. A *seal* is an entry that names runs
//! whose ranges join without a gap from entry 0 on, by their roots.

use merkle::{EMPTY_ROOT, HASH_LEN, Hash, MAX_TREE_SIZE, leaf_hash, sha256};

use crate::{FormatError, SubjectKey};

#[cfg(test)]
mod tests;

/// Most runs in a seal.
pub const MAX_RUNS: usize = 64;
/// Bytes of a run's record under its root.
pub const RUN_RECORD_LEN: usize = 2 * HASH_LEN;

/// Bytes of a seal before its runs, and of a run in it.
const HEAD_LEN: usize = 1 + 8 + 32 + 32 + 8 + 1;
const RUN_LEN: usize = 8 + 8 + 8 + 32;

/// What is known of a subject as of some size of the log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SubjectState {
    /// Head after the last entry that names it.
    pub head: Hash,
    /// Entries that name it.
    pub count: u64,
    /// The last of them.
    pub last: u64,
}

impl SubjectState {
    /// `H(0x17 ‖ head ‖ count u64 ‖ last u64)`.
    #[must_use]
    pub fn hash(&self) -> Hash {
        sha256(&[&[0x17], &self.head, &self.count.to_be_bytes(), &self.last.to_be_bytes()])
    }
}

/// A record of a run as its root commits to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RunRecord {
    /// The subject.
    pub subject: SubjectKey,
    /// Hash of its state.
    pub state: Hash,
}

impl RunRecord {
    /// The record of a subject.
    #[must_use]
    pub fn of(subject: SubjectKey, state: &SubjectState) -> Self {
        Self { subject, state: state.hash() }
    }

    /// Its 64 bytes.
    #[must_use]
    pub fn encode(&self) -> [u8; RUN_RECORD_LEN] {
        let mut bytes = [0; RUN_RECORD_LEN];
        bytes[..HASH_LEN].copy_from_slice(&self.subject.0);
        bytes[HASH_LEN..].copy_from_slice(&self.state);
        bytes
    }

    /// Reads it back.
    #[must_use]
    pub fn decode(bytes: &[u8; RUN_RECORD_LEN]) -> Self {
        let (mut subject, mut state) = ([0; HASH_LEN], [0; HASH_LEN]);
        subject.copy_from_slice(&bytes[..HASH_LEN]);
        state.copy_from_slice(&bytes[HASH_LEN..]);
        Self { subject: SubjectKey(subject), state }
    }

    /// RFC 6962 leaf hash.
    #[must_use]
    pub fn leaf_hash(&self) -> Hash {
        leaf_hash(&self.encode())
    }
}

/// A run as a seal names it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RunRef {
    /// First entry of its range.
    pub start: u64,
    /// End of its range, as of which its values are.
    pub end: u64,
    /// Subjects in it.
    pub subjects: u64,
    /// RFC 6962 root over their records; that of an empty tree where there are none.
    pub root: Hash,
}

/// The payload of a seal.
///
/// ```text
///  0  u8   1
///  1  u64  covered: the runs speak of the entries below it
///  9  32   tree root at covered
/// 41  32   chain hash at covered
/// 73  u64  index of the seal before; 0 = this is the first
/// 81  u8   n, 1 to 64
/// 82  n × (start u64 ‖ end u64 ‖ subjects u64 ‖ root 32)
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seal {
    /// The runs speak of the entries below it.
    pub covered: u64,
    /// Root of the tree over them.
    pub root: Hash,
    /// Chain hash after the last of them.
    pub chain: Hash,
    /// Index of the seal before; 0 for the first.
    pub previous: u64,
    /// Runs in ascending order of range, from entry 0 to `covered`.
    pub runs: Vec<RunRef>,
}

impl Seal {
    /// Its bytes.
    ///
    /// # Errors
    /// The seal does not hold what one must.
    pub fn encode(&self) -> Result<Vec<u8>, FormatError> {
        self.check()?;
        let mut bytes = Vec::with_capacity(HEAD_LEN + self.runs.len() * RUN_LEN);
        bytes.push(1);
        bytes.extend_from_slice(&self.covered.to_be_bytes());
        bytes.extend_from_slice(&self.root);
        bytes.extend_from_slice(&self.chain);
        bytes.extend_from_slice(&self.previous.to_be_bytes());
        // At most 64.
        bytes.push(self.runs.len() as u8);
        for run in &self.runs {
            for number in [run.start, run.end, run.subjects] {
                bytes.extend_from_slice(&number.to_be_bytes());
            }
            bytes.extend_from_slice(&run.root);
        }
        Ok(bytes)
    }

    /// Reads it back.
    ///
    /// # Errors
    /// Another version or length, no runs or more than 64, ranges that are empty, do not join or do not end at
    /// `covered`, a root that no run of so many subjects has, or a previous seal that is not below `covered`.
    pub fn decode(bytes: &[u8]) -> Result<Self, FormatError> {
        let this = Self::read(bytes).ok_or(FormatError("seal"))?;
        this.check()?;
        Ok(this)
    }

    fn read(bytes: &[u8]) -> Option<Self> {
        let mut rest = bytes.strip_prefix(&[1])?;
        let covered = number(&mut rest)?;
        let (root, chain) = (hash(&mut rest)?, hash(&mut rest)?);
        let previous = number(&mut rest)?;
        let (&count, mut rest) = rest.split_first()?;
        let mut runs = Vec::with_capacity(usize::from(count).min(MAX_RUNS));
        for _ in 0..count {
            let (start, end) = (number(&mut rest)?, number(&mut rest)?);
            runs.push(RunRef { start, end, subjects: number(&mut rest)?, root: hash(&mut rest)? });
        }
        rest.is_empty().then_some(Self { covered, root, chain, previous, runs })
    }

    fn check(&self) -> Result<(), FormatError> {
        let mut next = 0;
        let mut sound = (1..=MAX_RUNS).contains(&self.runs.len())
            && self.covered <= MAX_TREE_SIZE
            && (self.previous == 0 || self.previous < self.covered);
        for run in &self.runs {
            sound &= run.start == next && run.end > run.start;
            sound &= (run.subjects == 0) == (run.root == EMPTY_ROOT) && run.subjects <= MAX_TREE_SIZE;
            next = run.end;
        }
        (sound && next == self.covered).then_some(()).ok_or(FormatError("seal"))
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
