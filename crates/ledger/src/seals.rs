//! Seals that proofs are made of: the newest, and the newest that witnesses have vouched for, until they have for one
//! that is newer.
//!
//! A seal is vouched for when it stands below a checkpoint that a quorum has cosigned. Between the two lie those that
//! may come to be: the next ones, for what is cosigned now was asked for a while ago. Where no witness has ever
//! cosigned, only the newest is kept.

use std::{
    collections::VecDeque,
    path::Path,
    sync::{Arc, Mutex, PoisonError},
};

use custody::View;
use runs::{Book, RunFile};
use statement::{Leaf, Seal};

use crate::{Error, recover::seal_at};

/// Seals that are kept at most. Their runs stay on the disk, most of which several of them share.
pub(crate) const MAX_KEPT: usize = 4;

/// A vouched one that is so much older than the newest, in µs, is kept no longer: two hours. A log at rest is sealed
/// every hour.
const MAX_LAG: u64 = 2 * 3_600_000_000;

/// Seals before the newest that are looked through for one that is vouched for.
const MAX_STEPS: usize = 64;

/// A seal in the log, with its runs.
#[derive(Debug)]
pub(crate) struct SealedRuns {
    /// Its index.
    pub index: u64,
    /// When it was recorded, µs.
    pub recorded_at: u64,
    pub seal: Seal,
    /// One for each that it names, in that order.
    pub runs: Vec<Arc<RunFile>>,
}

impl SealedRuns {
    /// The seal at an index, whose runs are these.
    pub(crate) fn read<V: View>(view: &V, index: u64, runs: Vec<Arc<RunFile>>) -> Result<Self, Error> {
        let damaged = |fault: String| Error::Seal { index, fault };
        let entry = view.entry(index)?.ok_or_else(|| damaged("it is missing".into()))?;
        let leaf = Leaf::decode(&entry.leaf).map_err(|e| damaged(e.to_string()))?;
        Ok(Self { index, recorded_at: leaf.recorded_at, seal: seal_at(view, index)?, runs })
    }
}

/// Written by the sealer, which pushes, and by who keeps cosigned checkpoints.
#[derive(Debug, Default)]
pub(crate) struct Seals(Mutex<Kept>);

/// Ascending. The first is the vouched one, if any is.
#[derive(Debug, Default)]
struct Kept {
    seals: VecDeque<Arc<SealedRuns>>,
    /// Size of the largest checkpoint that a quorum has cosigned; 0 = none.
    vouched: u64,
}

impl Seals {
    fn with<T>(&self, ask: impl FnOnce(&mut Kept) -> T) -> T {
        ask(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// A newer seal is in the log.
    pub(crate) fn push(&self, sealed: SealedRuns) {
        self.with(|kept| {
            kept.seals.push_back(Arc::new(sealed));
            kept.thin();
        });
    }

    /// A quorum has cosigned a checkpoint of so many entries.
    pub(crate) fn vouch(&self, size: u64) {
        self.with(|kept| {
            kept.vouched = kept.vouched.max(size);
            kept.thin();
        });
    }

    pub(crate) fn newest(&self) -> Option<Arc<SealedRuns>> {
        self.with(|kept| kept.seals.back().cloned())
    }

    /// The vouched one if it covers so many entries, else the newest.
    pub(crate) fn covering(&self, entries: u64) -> Option<Arc<SealedRuns>> {
        self.with(|kept| {
            let vouched = kept.seals.front().filter(|first| first.index < kept.vouched);
            vouched.filter(|first| first.seal.covered >= entries).or(kept.seals.back()).cloned()
        })
    }

    /// Runs that one of them names.
    pub(crate) fn runs(&self) -> Vec<Arc<RunFile>> {
        self.with(|kept| kept.seals.iter().flat_map(|sealed| sealed.runs.clone()).collect())
    }
}

impl Kept {
    fn thin(&mut self) {
        let vouched = self.vouched;
        let newest = self.seals.back().map_or(0, |newest| newest.recorded_at);
        while let [first, second, ..] = self.seals.make_contiguous()
            && (vouched == 0 || second.index < vouched || newest.saturating_sub(first.recorded_at) > MAX_LAG)
        {
            self.seals.pop_front();
        }
        // The oldest that wait are those that are vouched for next.
        while self.seals.len() > MAX_KEPT {
            self.seals.remove(MAX_KEPT - 1);
        }
    }
}

/// The newest seal before `newest` that is below a checkpoint of `vouched` entries, if its runs still lie in `dir`.
pub(crate) fn vouched_before<V: View>(
    view: &V,
    dir: &Path,
    newest: &SealedRuns,
    vouched: u64,
) -> Result<Option<SealedRuns>, Error> {
    let mut index = newest.index;
    for _ in 0..MAX_STEPS {
        if index < vouched {
            break;
        }
        index = seal_at(view, index)?.previous;
    }
    if index == 0 || index >= vouched || index == newest.index {
        return Ok(None);
    }
    let older = SealedRuns::read(view, index, Vec::new())?;
    if newest.recorded_at.saturating_sub(older.recorded_at) > MAX_LAG {
        return Ok(None);
    }
    // Gone where the ledger was stopped before anybody kept them.
    let Ok(book) = Book::open(dir, &older.seal) else { return Ok(None) };
    let (runs, _, _) = book.finish();
    Ok(Some(SealedRuns { runs, ..older }))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    const MINUTE: u64 = 60_000_000;

    /// A seal at each of these indices, a minute apart.
    fn sealed(seals: &Seals, indices: &[u64]) {
        for index in indices {
            let seal = Seal { covered: *index, root: [0; 32], chain: [0; 32], previous: 0, runs: Vec::new() };
            seals.push(SealedRuns { index: *index, recorded_at: index * MINUTE, seal, runs: Vec::new() });
        }
    }

    fn kept(seals: &Seals) -> Vec<u64> {
        seals.with(|kept| kept.seals.iter().map(|sealed| sealed.index).collect())
    }

    #[test]
    fn without_witnesses_only_the_newest_seal_is_kept() {
        let seals = Seals::default();
        assert!(seals.covering(0).is_none() && seals.newest().is_none());
        sealed(&seals, &[3, 5, 9]);
        assert_eq!((kept(&seals), seals.covering(0).unwrap().index), (vec![9], 9));
    }

    #[test]
    fn the_newest_seal_below_a_cosigned_checkpoint_is_kept_until_a_newer_one_is() {
        let seals = Seals::default();
        sealed(&seals, &[3]);
        seals.vouch(4);
        sealed(&seals, &[5]);
        assert_eq!((kept(&seals), seals.covering(0).unwrap().index), (vec![3, 5], 3));
        assert_eq!(seals.covering(4).unwrap().index, 5, "a question beyond the vouched one");
        seals.vouch(5);
        assert_eq!(seals.covering(0).unwrap().index, 3, "an entry is not below a checkpoint of as many");
        // Cosigned a while after it was asked for: of those that wait the oldest are kept.
        sealed(&seals, &[7, 9, 11, 13, 15]);
        assert_eq!(kept(&seals), [3, 5, 7, 15]);
        seals.vouch(8);
        assert_eq!((kept(&seals), seals.covering(0).unwrap().index), (vec![7, 15], 7));
        seals.vouch(4);
        seals.vouch(20);
        assert_eq!((kept(&seals), seals.covering(0).unwrap().index), (vec![15], 15));
    }

    #[test]
    fn witnesses_that_are_away_for_hours_hold_no_old_seal() {
        let seals = Seals::default();
        sealed(&seals, &[3]);
        seals.vouch(4);
        sealed(&seals, &[123]);
        assert_eq!(kept(&seals), [3, 123]);
        sealed(&seals, &[124]);
        assert_eq!((kept(&seals), seals.covering(0).unwrap().index), (vec![123, 124], 124));
    }
}
