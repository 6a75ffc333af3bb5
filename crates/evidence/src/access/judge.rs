//! From a signed record and a log to what became of the record.

use std::error::Error;

use merkle::{Hash, VerifierKey, node_hash};
use statement::{DIGEST_DUE, LEAF_LEN, Leaf, LeafType, SignedAccess, minute_end};

use super::{ShownDigest, Standing, standing};
use crate::{
    NoteFault,
    bundle::Defect,
    fraud::{Fraud, LeftOut, MAX_SILENT, ShownGenesis, Undigested, verify_fraud},
    open_checkpoint,
};

/// Leaves asked for at a time.
const STRETCH: usize = 4_096;

/// A log that is asked about a record: a server, or a directory. Nothing that it says is believed.
pub trait AccessSource {
    /// Why it could not be read.
    type Error: Error;

    /// A signed checkpoint, as new as there is.
    ///
    /// # Errors
    /// The log cannot be read.
    fn checkpoint(&self) -> Result<String, Self::Error>;

    /// Leaves from an index on, at most so many, and none from `end` on.
    ///
    /// # Errors
    /// The log cannot be read.
    fn leaves(&self, start: u64, end: u64, most: usize) -> Result<Vec<[u8; LEAF_LEN]>, Self::Error>;

    /// Payload of the genesis or of an access digest.
    ///
    /// # Errors
    /// The log cannot be read, or does not show it.
    fn payload(&self, index: u64) -> Result<Vec<u8>, Self::Error>;

    /// Proof that an entry is under the tree of `size` entries.
    ///
    /// # Errors
    /// The log cannot be read.
    fn inclusion(&self, index: u64, size: u64) -> Result<Vec<Hash>, Self::Error>;

    /// Consistency proof between trees of `old` and `new` entries.
    ///
    /// # Errors
    /// The log cannot be read.
    fn consistency(&self, old: u64, new: u64) -> Result<Vec<Hash>, Self::Error>;

    /// Index of the digest of a minute, where there is one, and the leaf hashes of the records of the minute.
    ///
    /// # Errors
    /// The log cannot be read.
    fn digest(&self, minute: u64) -> Result<Option<(u64, Vec<Hash>)>, Self::Error>;
}

/// What became of a record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Judgement {
    /// An entry of the log commits to it.
    Recorded {
        /// The digest.
        entry: u64,
    },
    /// The log does not show yet that its digest is overdue.
    NotYetDue,
    /// The log does not commit to it: a proof for others.
    LeftOut(Box<Fraud>),
}

/// Why there is no judgement.
#[derive(Debug, thiserror::Error)]
pub enum JudgeError<E: Error> {
    /// The log cannot be read.
    #[error(transparent)]
    Source(E),
    /// The checkpoint is not one of the log.
    #[error(transparent)]
    Checkpoint(#[from] NoteFault),
    /// What the log shows does not hold together.
    #[error("{0}")]
    Shown(Defect),
    /// The log shows less than it has, or more entries lie between than a proof can hold.
    #[error("the log shows too little around the end of the record's minute to judge")]
    Short,
}

/// Says what became of a record that the answer key has signed (see [`check_answer`](crate::check_answer)).
///
/// # Errors
/// The log cannot be read, or what it shows does not hold together, which is for its operator to answer.
pub fn judge<S: AccessSource>(
    source: &S,
    signed: &SignedAccess,
    log_key: &VerifierKey,
) -> Result<Judgement, JudgeError<S::Error>> {
    let minute = signed.record().minute();
    let digest = source.digest(minute).map_err(JudgeError::Source)?;
    let note = source.checkpoint().map_err(JudgeError::Source)?;
    let checkpoint = open_checkpoint(&note, log_key)?;
    let size = checkpoint.size();
    let fraud = match digest.filter(|(index, _)| *index < size) {
        None => match silence(source, signed, &note, size)? {
            Some(undigested) => Fraud::Undigested(Box::new(undigested)),
            None => return Ok(Judgement::NotYetDue),
        },
        Some((index, records)) => {
            let digest = ShownDigest {
                index,
                leaf: leaf(source, index)?,
                payload: source.payload(index).map_err(JudgeError::Source)?,
                inclusion: source.inclusion(index, size).map_err(JudgeError::Source)?,
                records,
            };
            match standing(signed, &digest, &checkpoint).map_err(JudgeError::Shown)? {
                Standing::Recorded(entry) => return Ok(Judgement::Recorded { entry }),
                Standing::LeftOut(_) => Fraud::LeftOut(Box::new(LeftOut {
                    checkpoint: note,
                    genesis: genesis(source, size)?,
                    record: signed.encode(),
                    digest,
                })),
            }
        }
    };
    // Nobody is accused of what a third party could not check.
    let file = fraud.encode().map_err(JudgeError::Shown)?;
    verify_fraud(&file, log_key).map_err(JudgeError::Shown)?;
    Ok(Judgement::LeftOut(Box::new(fraud)))
}

fn leaf<S: AccessSource>(source: &S, index: u64) -> Result<[u8; LEAF_LEN], JudgeError<S::Error>> {
    let leaves = source.leaves(index, index + 1, 1).map_err(JudgeError::Source)?;
    leaves.first().copied().ok_or(JudgeError::Short)
}

fn genesis<S: AccessSource>(source: &S, size: u64) -> Result<ShownGenesis, JudgeError<S::Error>> {
    Ok(ShownGenesis {
        leaf: leaf(source, 0)?,
        payload: source.payload(0).map_err(JudgeError::Source)?,
        inclusion: source.inclusion(0, size).map_err(JudgeError::Source)?,
    })
}

fn recorded_at(leaf: &[u8; LEAF_LEN]) -> u64 {
    Leaf::decode(leaf).map_or(0, |leaf| leaf.recorded_at)
}

/// The stretch of the log in which the digest of the record's minute had to stand; `None` while it may still come, or
/// where it stands there.
fn silence<S: AccessSource>(
    source: &S,
    signed: &SignedAccess,
    note: &str,
    size: u64,
) -> Result<Option<Undigested>, JudgeError<S::Error>> {
    let minute = signed.record().minute();
    let end = minute_end(minute);
    let start = before(source, end, size)?;
    let Some(leaves) = overdue(source, start, end.saturating_add(DIGEST_DUE), size)? else { return Ok(None) };
    let mut digests = Vec::new();
    for (index, leaf) in (start..).zip(&leaves) {
        if leaf[1] == LeafType::AccessDigest as u8 {
            digests.push(source.payload(index).map_err(JudgeError::Source)?);
        }
    }
    // It has come since it was asked for.
    if digests.iter().any(|digest| statement::AccessDigest::decode(digest).is_ok_and(|d| d.minute == minute))
    {
        return Ok(None);
    }
    let shown = start + leaves.len() as u64;
    Ok(Some(Undigested {
        checkpoint: note.to_owned(),
        genesis: genesis(source, size)?,
        record: signed.encode(),
        start,
        edge: edge(source, start)?,
        leaves,
        digests,
        consistency: source.consistency(shown, size).map_err(JudgeError::Source)?,
    }))
}

/// The last entry that was recorded before an instant; 0 where there is none.
fn before<S: AccessSource>(source: &S, instant: u64, size: u64) -> Result<u64, JudgeError<S::Error>> {
    let (mut low, mut high) = (0, size);
    while low < high {
        let middle = low + (high - low) / 2;
        if recorded_at(&leaf(source, middle)?) < instant {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    Ok(low.saturating_sub(1))
}

/// Leaves from an index on up to the first statement or seal that was recorded after an instant, if there is one.
fn overdue<S: AccessSource>(
    source: &S,
    start: u64,
    instant: u64,
    size: u64,
) -> Result<Option<Vec<[u8; LEAF_LEN]>>, JudgeError<S::Error>> {
    let mut leaves: Vec<[u8; LEAF_LEN]> = Vec::new();
    loop {
        let next = start + leaves.len() as u64;
        if next >= size {
            return Ok(None);
        }
        let more = source.leaves(next, size, STRETCH).map_err(JudgeError::Source)?;
        if more.is_empty() {
            return Err(JudgeError::Short);
        }
        for leaf in more {
            leaves.push(leaf);
            let counts = [LeafType::Statement as u8, LeafType::Seal as u8].contains(&leaf[1]);
            if counts && recorded_at(&leaf) > instant {
                return Ok(Some(leaves));
            }
            if leaves.len() >= MAX_SILENT {
                return Err(JudgeError::Short);
            }
        }
    }
}

/// Roots of the full subtrees of the first `size` entries, from the left: they lie on the path of the last entry.
fn edge<S: AccessSource>(source: &S, size: u64) -> Result<Vec<Hash>, JudgeError<S::Error>> {
    let Some(last) = size.checked_sub(1) else { return Ok(Vec::new()) };
    let path = source.inclusion(last, size).map_err(JudgeError::Source)?;
    let within = (size.trailing_zeros() as usize).min(path.len());
    let (within, beside) = path.split_at(within);
    let own =
        within.iter().fold(merkle::leaf_hash(&leaf(source, last)?), |node, left| node_hash(left, &node));
    Ok(beside.iter().rev().copied().chain([own]).collect())
}
