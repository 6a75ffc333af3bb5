//! Growth: two checkpoints of one log, of which one is the beginning of the other; or a fork, which is proof
//! against whoever holds the log's key.

use merkle::{Checkpoint, Hash, ProofError, VerifierKey, verify_consistency};

use crate::{NoteFault, open_checkpoint};

/// Two notes that the same log key signed and that cannot both be true.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fork {
    /// Of the smaller size, or the one known first.
    pub one: String,
    /// Of the larger size, or the one that came later.
    pub other: String,
}

/// What two checkpoints of one log are to each other.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum GrowthError {
    /// One of the notes is no checkpoint of the log.
    #[error(transparent)]
    Checkpoint(#[from] NoteFault),
    /// They are for one size and have other roots: proof by itself, whoever shows it.
    #[error("two checkpoints of size {size} have other roots: the log's key has signed two histories")]
    Fork {
        /// The size.
        size: u64,
    },
    /// The proof given does not lead from the smaller to the larger one. Not proof by itself: another proof
    /// might. Where the log can give none, entries below the smaller size were changed.
    #[error("the log of {old} entries is not shown to be the beginning of the one of {new}: {fault}")]
    Inconsistent {
        /// Smaller size.
        old: u64,
        /// Larger size.
        new: u64,
        /// What does not fit.
        fault: ProofError,
    },
}

/// Checks that the tree of one checkpoint is the beginning of the other's.
///
/// # Errors
/// [`GrowthError::Fork`] or [`GrowthError::Inconsistent`]. The order of the two does not matter.
pub fn check_growth(one: &Checkpoint, other: &Checkpoint, proof: &[Hash]) -> Result<(), GrowthError> {
    let (old, new) = if one.size() <= other.size() { (one, other) } else { (other, one) };
    if old.size() == new.size() {
        return match old.root() == new.root() {
            true => Ok(()),
            false => Err(GrowthError::Fork { size: old.size() }),
        };
    }
    verify_consistency(old.size(), old.root(), new.size(), new.root(), proof)
        .map_err(|fault| GrowthError::Inconsistent { old: old.size(), new: new.size(), fault })
}

/// Checks the claim that two notes are a fork: both signed by the log's key, of one size, with other roots.
///
/// # Errors
/// A note does not open.
pub fn is_fork(fork: &Fork, log_key: &VerifierKey) -> Result<bool, NoteFault> {
    let (one, other) = (open_checkpoint(&fork.one, log_key)?, open_checkpoint(&fork.other, log_key)?);
    Ok(matches!(check_growth(&one, &other, &[]), Err(GrowthError::Fork { .. })))
}

#[cfg(test)]
mod tests {
    use merkle::{Leaves, SignerKey, SigningKey, consistency_proof, leaf_hash, root_of};

    use super::*;

    fn leaves(count: u8, salt: u8) -> Vec<Hash> {
        (0..count).map(|i| leaf_hash(&[i, if i >= 5 { salt } else { 0 }])).collect()
    }

    fn checkpoint(leaves: &[Hash]) -> Checkpoint {
        Checkpoint::new("log.example/a", leaves.len() as u64, root_of(leaves)).unwrap()
    }

    #[test]
    fn a_log_that_grew_passes_in_either_order_and_a_fork_does_not() {
        let (small, large) = (leaves(6, 0), leaves(11, 0));
        let proof = consistency_proof(&Leaves(&large), 6, 11).unwrap();
        assert_eq!(check_growth(&checkpoint(&small), &checkpoint(&large), &proof), Ok(()));
        assert_eq!(check_growth(&checkpoint(&large), &checkpoint(&small), &proof), Ok(()));
        let forked = leaves(11, 9);
        let proof = consistency_proof(&Leaves(&forked), 6, 11).unwrap();
        let found = check_growth(&checkpoint(&small), &checkpoint(&forked), &proof);
        assert_eq!(found, Err(GrowthError::Inconsistent { old: 6, new: 11, fault: ProofError::Root }));
        let found = check_growth(&checkpoint(&large), &checkpoint(&forked), &[]);
        assert_eq!(found, Err(GrowthError::Fork { size: 11 }));
        assert_eq!(check_growth(&checkpoint(&large), &checkpoint(&large), &[]), Ok(()));
    }

    #[test]
    fn a_claimed_fork_is_one_only_if_the_log_key_signed_both() {
        let key = SignerKey::new("log.example/a", SigningKey::from_seed(&[1; 32])).unwrap();
        let note = |leaves: &[Hash], key: &SignerKey| checkpoint(leaves).sign(key).unwrap().to_string();
        let fork = Fork { one: note(&leaves(11, 0), &key), other: note(&leaves(11, 9), &key) };
        assert_eq!(is_fork(&fork, key.verifier()), Ok(true));
        let same = Fork { other: fork.one.clone(), ..fork.clone() };
        assert_eq!(is_fork(&same, key.verifier()), Ok(false));
        let stranger = SignerKey::new("log.example/a", SigningKey::from_seed(&[2; 32])).unwrap();
        let forged = Fork { other: note(&leaves(11, 9), &stranger), ..fork };
        assert!(is_fork(&forged, key.verifier()).is_err());
    }
}
