//! What is proven of a subject: its state by the newest seal, and the entries that name it.

use custody::{ViewError, links_of};
use evidence::{LinkProof, RunProof, SubjectProof};
use merkle::{Hash, Leaves, inclusion_proof};
use statement::{Link, Seal, SubjectKey, SubjectState};

use crate::{
    Error, Ledger,
    source::{entries, prove},
};

/// What the newest seal says of a subject.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SubjectAnswer {
    /// Entry of the seal.
    pub seal_index: u64,
    /// The seal.
    pub seal: Seal,
    /// The subject's state as of `seal.covered`; `None` = never named below that.
    pub state: Option<SubjectState>,
    /// Proof of that, for `evidence::check_subject`.
    pub proof: SubjectProof,
}

impl Ledger {
    /// Index, contents and coverage of the newest seal; `None` before the first.
    #[must_use]
    pub fn newest_seal(&self) -> Option<(u64, Seal)> {
        self.inner.shared.seals.newest().map(|sealed| (sealed.index, sealed.seal.clone()))
    }

    /// Proof of a subject's state by the newest seal, or that it was never named below what that covers.
    ///
    /// # Errors
    /// [`Error::NoSeal`]; a run cannot be read.
    pub fn subject_proof(&self, subject: &SubjectKey) -> Result<SubjectAnswer, Error> {
        let sealed = self.inner.shared.seals.newest().ok_or(Error::NoSeal)?;
        let proof = prove(&sealed, subject)?;
        let state = match proof.last() {
            Some(RunProof::Present { state, .. }) => Some(*state),
            _ => None,
        };
        Ok(SubjectAnswer { seal_index: sealed.index, seal: sealed.seal.clone(), state, proof })
    }

    /// Indices of durable entries that name a subject, ascending, from `start` on and below `end`; at most `max`.
    ///
    /// # Errors
    /// The view could not be read.
    pub fn subject_entries(
        &self,
        key: &SubjectKey,
        start: u64,
        end: u64,
        max: usize,
    ) -> Result<Vec<u64>, Error> {
        entries(&self.snapshot()?, key, start, end, max)
    }

    /// The links of a durable entry, ascending by subject; none for a seal.
    ///
    /// # Errors
    /// There is no such entry, or the view could not be read.
    pub fn links(&self, index: u64) -> Result<Vec<Link>, Error> {
        Ok(links_of(&self.snapshot()?, index)?)
    }
}

/// Proof that the entry with these links names `subject`; `None` where it does not.
///
/// # Errors
/// None but a bug.
pub fn link_proof(links: &[Link], subject: &SubjectKey) -> Result<Option<LinkProof>, Error> {
    let Ok(at) = links.binary_search_by_key(subject, |link| link.subject) else { return Ok(None) };
    let hashes: Vec<Hash> = links.iter().map(Link::leaf_hash).collect();
    let proof = inclusion_proof(&Leaves(&hashes), at as u64, hashes.len() as u64)
        .map_err(|e| ViewError(e.to_string()))?;
    let Link { previous, blind, .. } = links[at];
    // At most 16,384 links an entry.
    Ok(Some(LinkProof { previous, blind, at: at as u64, count: links.len() as u32, proof }))
}
