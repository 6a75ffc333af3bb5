//! Subject proofs: the latest state of a subject as of a seal, or that it was never named below it.
//!
//! A proof goes through the seal's runs from the newest back: absent, absent, … until the first run that has the
//! subject. Absence in a run is shown by the two neighbouring records, or by one at an edge, or by the run being
//! empty. The state found is the head of the subject's chain, how many entries name it and the last of them;
//! [`check_chain`] then shows that given entries are all of them.

use merkle::{Hash, ProofError, verify_inclusion};
use statement::{Link, RUN_RECORD_LEN, RunRecord, RunRef, Seal, SubjectKey, SubjectState};

#[cfg(test)]
mod tests;

/// A record with its place in a run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlacedRecord {
    /// Place, from 0.
    pub at: u64,
    /// The record.
    pub record: [u8; RUN_RECORD_LEN],
    /// Inclusion proof under the run's root.
    pub proof: Vec<Hash>,
}

/// What is shown of one run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RunProof {
    /// It does not have the subject: the record before and the record after the place where it would be, as far
    /// as there are such; neither in an empty run.
    Absent {
        /// The last record below the subject.
        left: Option<PlacedRecord>,
        /// The first record above it.
        right: Option<PlacedRecord>,
    },
    /// It has it, with this state.
    Present {
        /// The state.
        state: SubjectState,
        /// Place in the run.
        at: u64,
        /// Inclusion proof under the run's root.
        proof: Vec<Hash>,
    },
}

/// What a seal says of a subject: one proof a run, from the newest run back, until the first that has it.
pub type SubjectProof = Vec<RunProof>;

/// Why a subject proof proves nothing.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SubjectError {
    /// More proofs than runs, or none of the last is missing and the subject was not found.
    #[error("the proof speaks of {given} runs, the seal has {runs}: {fault}")]
    Runs {
        /// Runs in the proof.
        given: usize,
        /// Runs in the seal.
        runs: usize,
        /// What is wrong about it.
        fault: &'static str,
    },
    /// A record is not under the root of its run.
    #[error("run {run}: {fault}")]
    Record {
        /// Number of the run in the seal.
        run: usize,
        /// What is wrong.
        fault: ProofError,
    },
    /// The neighbours do not enclose the subject's place.
    #[error("run {run}: the records shown do not enclose the place of the subject")]
    Neighbours {
        /// Number of the run in the seal.
        run: usize,
    },
    /// The state cannot be one in that run.
    #[error("run {run}: the state shown cannot be one of that run")]
    State {
        /// Number of the run in the seal.
        run: usize,
    },
}

/// Checks a proof about `subject` against the runs of a seal. Gives its state as of `seal.covered`; `None` where
/// it was never named below that.
///
/// Whether the seal is the log's, and who vouches for its runs, is the caller's to establish.
///
/// # Errors
/// What does not hold.
pub fn check_subject(
    seal: &Seal,
    subject: &SubjectKey,
    proof: &[RunProof],
) -> Result<Option<SubjectState>, SubjectError> {
    let runs = seal.runs.len();
    let fault = |fault| SubjectError::Runs { given: proof.len(), runs, fault };
    let mut newest_first = seal.runs.iter().enumerate().rev();
    for (i, shown) in proof.iter().enumerate() {
        let (number, run) = newest_first.next().ok_or_else(|| fault("more than there are"))?;
        match shown {
            RunProof::Absent { left, right } => {
                check_absent(number, run, subject, left.as_ref(), right.as_ref())?
            }
            RunProof::Present { state, at, proof: path } => {
                if i + 1 != proof.len() {
                    return Err(fault("runs after the one that has the subject"));
                }
                check_present(number, run, subject, state, *at, path)?;
                return Ok(Some(*state));
            }
        }
    }
    match newest_first.next() {
        None => Ok(None),
        Some(_) => Err(fault("the subject is in none, and older runs are not shown")),
    }
}

fn check_present(
    number: usize,
    run: &RunRef,
    subject: &SubjectKey,
    state: &SubjectState,
    at: u64,
    path: &[Hash],
) -> Result<(), SubjectError> {
    // Named within the run's range, as often as it can have been.
    if !(run.start..run.end).contains(&state.last) || state.count == 0 || state.count > state.last + 1 {
        return Err(SubjectError::State { run: number });
    }
    let leaf = RunRecord::of(*subject, state).leaf_hash();
    verify_inclusion(&leaf, at, run.subjects, path, &run.root)
        .map_err(|fault| SubjectError::Record { run: number, fault })
}

fn check_absent(
    number: usize,
    run: &RunRef,
    subject: &SubjectKey,
    left: Option<&PlacedRecord>,
    right: Option<&PlacedRecord>,
) -> Result<(), SubjectError> {
    for placed in [left, right].into_iter().flatten() {
        let leaf = merkle::leaf_hash(&placed.record);
        verify_inclusion(&leaf, placed.at, run.subjects, &placed.proof, &run.root)
            .map_err(|fault| SubjectError::Record { run: number, fault })?;
    }
    let below = |p: &PlacedRecord| RunRecord::decode(&p.record).subject.0 < subject.0;
    let above = |p: &PlacedRecord| RunRecord::decode(&p.record).subject.0 > subject.0;
    let encloses = match (left, right) {
        (Some(l), Some(r)) => below(l) && above(r) && l.at.checked_add(1) == Some(r.at),
        (Some(l), None) => below(l) && l.at.checked_add(1) == Some(run.subjects),
        (None, Some(r)) => above(r) && r.at == 0,
        (None, None) => run.subjects == 0,
    };
    encloses.then_some(()).ok_or(SubjectError::Neighbours { run: number })
}

/// An entry's link to a subject, with its path under the entry's links root.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LinkProof {
    /// Head of the subject before the entry; zeros if none.
    pub previous: Hash,
    /// `H(0x18 ‖ secret ‖ S)`.
    pub blind: Hash,
    /// Place among the entry's links.
    pub at: u64,
    /// Number of the entry's links.
    pub count: u32,
    /// Inclusion proof under the root over the links.
    pub proof: Vec<Hash>,
}

/// An entry as a chain proof shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChainedEntry {
    /// Its index.
    pub index: u64,
    /// Leaf hash, which the caller has shown to be under the log's root.
    pub leaf_hash: Hash,
    /// Bytes 48 to 79 of its leaf: the hash over its links.
    pub links: Hash,
    /// Its link to the subject.
    pub link: LinkProof,
}

/// Why entries are not all that name a subject.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ChainError {
    /// The link is not among the entry's links.
    #[error("entry {index}: its link to the subject is not among those that its leaf commits to")]
    Link {
        /// The entry.
        index: u64,
    },
    /// The entry before it is missing or another.
    #[error("entry {index}: it follows another entry of the subject than the one shown before it")]
    Gap {
        /// The entry.
        index: u64,
    },
    /// They do not ascend.
    #[error("entry {index}: it stands before the one shown before it")]
    Order {
        /// The entry.
        index: u64,
    },
    /// They do not end where the seal says.
    #[error("the entries shown do not end at the head, count and last entry that the seal commits to")]
    End,
}

/// Checks that `entries` are all entries below a seal that name `subject`, given the state that the seal commits
/// to.
///
/// # Errors
/// The first entry that does not follow.
pub fn check_chain(
    subject: &SubjectKey,
    state: &SubjectState,
    entries: &[ChainedEntry],
) -> Result<(), ChainError> {
    let mut head = [0; 32];
    let mut before = None;
    for entry in entries {
        let index = entry.index;
        if before.is_some_and(|b| b >= index) {
            return Err(ChainError::Order { index });
        }
        if entry.link.previous != head {
            return Err(ChainError::Gap { index });
        }
        let link = Link { subject: *subject, previous: entry.link.previous, blind: entry.link.blind };
        check_link(entry, &link).ok_or(ChainError::Link { index })?;
        head = link.head(index, &entry.leaf_hash);
        before = Some(index);
    }
    let ends = head == state.head && entries.len() as u64 == state.count && before == Some(state.last);
    ends.then_some(()).ok_or(ChainError::End)
}

fn check_link(entry: &ChainedEntry, link: &Link) -> Option<()> {
    let count = entry.link.count;
    let root = merkle::root_from_inclusion(&link.leaf_hash(), entry.link.at, count.into(), &entry.link.proof)
        .ok()?;
    (statement::links_hash_of(count, &root) == entry.links).then_some(())
}
