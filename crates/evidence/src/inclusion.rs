//! Inclusion: an entry under a checkpoint.

use merkle::{Checkpoint, Hash, MAX_PROOF_LEN, ProofError, VerifierKey, leaf_hash, verify_inclusion};
use proto::v1::Receipt;

use crate::{NoteFault, open_checkpoint};

/// Why a receipt does not show that its entry is under a signed checkpoint. Keep receipt and statement.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InclusionError {
    /// It comes without checkpoint.
    #[error("the receipt has no checkpoint")]
    Missing,
    /// Its checkpoint is none of the log's.
    #[error(transparent)]
    Checkpoint(#[from] NoteFault),
    /// The proof is not a whole number of hashes, or more than any proof has.
    #[error(
        "the receipt's inclusion proof has {0} bytes, which is not a number of hashes that a proof can have"
    )]
    Length(usize),
    /// The proof does not lead from the leaf to the checkpoint.
    #[error("the receipt's inclusion proof does not hold: {0}")]
    Proof(#[from] ProofError),
}

/// Checks that the receipt's leaf is under its checkpoint, and that the log's key signed that. Gives the
/// checkpoint. What the leaf stands for is [`check_receipt`](crate::check_receipt)'s to check.
///
/// # Errors
/// What is missing or does not fit.
pub fn check_inclusion(receipt: &Receipt, log_key: &VerifierKey) -> Result<Checkpoint, InclusionError> {
    if receipt.checkpoint.is_empty() {
        return Err(InclusionError::Missing);
    }
    let checkpoint = open_checkpoint(&receipt.checkpoint, log_key)?;
    check_under(receipt, &checkpoint)?;
    Ok(checkpoint)
}

/// The same under a checkpoint that has been opened already; the receipt's own field is not looked at.
///
/// # Errors
/// As [`check_inclusion`], but for the checkpoint.
pub fn check_under(receipt: &Receipt, checkpoint: &Checkpoint) -> Result<(), InclusionError> {
    let (hashes, rest): (&[Hash], _) = receipt.inclusion.as_chunks();
    if !rest.is_empty() || hashes.len() > MAX_PROOF_LEN {
        return Err(InclusionError::Length(receipt.inclusion.len()));
    }
    let (size, root) = (checkpoint.size(), checkpoint.root());
    Ok(verify_inclusion(&leaf_hash(&receipt.leaf), receipt.index, size, hashes, root)?)
}

#[cfg(test)]
mod tests {
    use merkle::{CheckpointError, Leaves, NoteError, SignerKey, SigningKey, inclusion_proof, root_of};

    use super::*;

    fn signer(seed: u8) -> SignerKey {
        SignerKey::new("log.example/a", SigningKey::from_seed(&[seed; 32])).unwrap()
    }

    /// Entry 3 of a log of 7.
    fn receipt() -> Receipt {
        let leaves: Vec<Vec<u8>> = (0..7u8).map(|i| vec![i; 80]).collect();
        let hashes: Vec<Hash> = leaves.iter().map(|leaf| leaf_hash(leaf)).collect();
        let checkpoint = Checkpoint::new("log.example/a", 7, root_of(&hashes)).unwrap();
        Receipt {
            index: 3,
            leaf: leaves[3].clone(),
            checkpoint: checkpoint.sign(&signer(1)).unwrap().to_string(),
            inclusion: inclusion_proof(&Leaves(&hashes), 3, 7).unwrap().into_flattened(),
            ..Receipt::default()
        }
    }

    #[test]
    fn an_entry_under_its_checkpoint_passes() {
        assert_eq!(check_inclusion(&receipt(), signer(1).verifier()).unwrap().size(), 7);
    }

    #[test]
    fn every_changed_byte_of_leaf_proof_and_place_is_refused() {
        let honest = receipt();
        for i in 0..honest.leaf.len() {
            let mut changed = honest.clone();
            changed.leaf[i] ^= 1;
            assert!(check_inclusion(&changed, signer(1).verifier()).is_err(), "leaf {i}");
        }
        for i in 0..honest.inclusion.len() {
            let mut changed = honest.clone();
            changed.inclusion[i] ^= 1;
            let found = check_inclusion(&changed, signer(1).verifier());
            assert_eq!(found, Err(InclusionError::Proof(ProofError::Root)), "proof {i}");
        }
        for index in (0..9).filter(|i| *i != 3) {
            let moved = Receipt { index, ..honest.clone() };
            assert!(check_inclusion(&moved, signer(1).verifier()).is_err(), "index {index}");
        }
    }

    #[test]
    fn what_is_missing_or_signed_by_another_is_named() {
        let honest = receipt();
        let none = Receipt { checkpoint: String::new(), ..honest.clone() };
        assert_eq!(check_inclusion(&none, signer(1).verifier()), Err(InclusionError::Missing));
        let unsigned = InclusionError::Checkpoint(NoteFault(CheckpointError::Note(NoteError::Unsigned)));
        assert_eq!(check_inclusion(&honest, signer(2).verifier()), Err(unsigned));
        let cut = Receipt { inclusion: honest.inclusion[..95].to_vec(), ..honest.clone() };
        assert_eq!(check_inclusion(&cut, signer(1).verifier()), Err(InclusionError::Length(95)));
        let long = Receipt { inclusion: vec![0; 64 * 32], ..honest };
        assert_eq!(check_inclusion(&long, signer(1).verifier()), Err(InclusionError::Length(2_048)));
    }
}
