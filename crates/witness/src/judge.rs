//! What a witness says to a checkpoint that the log has signed: a pure function of what it saw last.
//!
//! | first that holds | answer |
//! | --- | --- |
//! | old size above the checkpoint's | 400 |
//! | as large as the last cosigned, with another root | 409 with the last size, and both are kept: a fork |
//! | old size is not the last cosigned (0 for none) | 409 with the last size |
//! | the proof does not lead from there to the checkpoint | 422 |
//! | else | cosigned |
//!
//! The standard tells a fork only where the old size is right; here it is seen whatever the old size says,
//! and answered alike.

use merkle::{Checkpoint, EMPTY_ROOT, Hash, ProofError, verify_consistency};

/// Why a checkpoint is not cosigned.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Objection {
    /// The request contradicts itself.
    #[error("the old size is larger than the checkpoint")]
    OldAboveSize,
    /// The request starts from another size than the last cosigned.
    #[error("the checkpoint that was cosigned last has {last} entries")]
    Conflict {
        /// Size cosigned last; 0 for none.
        last: u64,
    },
    /// The log has signed two roots of one size.
    #[error("another checkpoint with {size} entries was cosigned: the log shows two histories")]
    Fork {
        /// That size, which is the one cosigned last.
        size: u64,
    },
    /// The proof proves nothing.
    #[error("consistency with the checkpoint that was cosigned last is not proven: {0}")]
    Proof(ProofError),
}

/// Whether `new` continues `last`, as `proof` from size `old` shows.
///
/// # Errors
/// The first objection of the table above.
pub fn judge(last: Option<&Checkpoint>, old: u64, proof: &[Hash], new: &Checkpoint) -> Result<(), Objection> {
    let (size, root) = last.map_or((0, &EMPTY_ROOT), |last| (last.size(), last.root()));
    if old > new.size() {
        return Err(Objection::OldAboveSize);
    }
    if new.size() == size && new.root() != root {
        return Err(Objection::Fork { size });
    }
    if old != size {
        return Err(Objection::Conflict { last: size });
    }
    verify_consistency(size, root, new.size(), new.root(), proof).map_err(Objection::Proof)
}

#[cfg(test)]
mod tests {
    use merkle::{Leaves, consistency_proof, leaf_hash, root_of};

    use super::*;

    fn leaves(count: u64, twist: u64) -> Vec<Hash> {
        (0..count).map(|i| leaf_hash(&(i * 2 + u64::from(i >= twist)).to_be_bytes())).collect()
    }

    fn at(leaves: &[Hash]) -> Checkpoint {
        Checkpoint::new("log.example/a", leaves.len() as u64, root_of(leaves)).unwrap()
    }

    /// Size cosigned last, old size, proof, checkpoint, what is said to it.
    type Row<'p> = (Option<usize>, u64, &'p [Hash], Checkpoint, Result<(), Objection>);

    /// Two histories that part after the third entry.
    #[test]
    fn every_row_of_the_table_is_met() {
        let (ours, theirs) = (leaves(9, 99), leaves(9, 3));
        let proof = |leaves: &[Hash], old, new| consistency_proof(&Leaves(leaves), old, new).unwrap();
        let (good, twisted) = (proof(&ours, 5, 9), proof(&theirs, 5, 9));
        let length = Err(Objection::Proof(ProofError::Length));
        let root = Err(Objection::Proof(ProofError::Root));
        let table: [Row<'_>; 15] = [
            (None, 0, &[], at(&[]), Ok(())),
            (None, 0, &[], at(&ours[..5]), Ok(())),
            (None, 0, &good, at(&ours[..5]), length),
            (None, 5, &good, at(&ours), Err(Objection::Conflict { last: 0 })),
            (Some(0), 0, &[], at(&ours), Ok(())),
            (Some(5), 5, &good, at(&ours), Ok(())),
            (Some(5), 5, &[], at(&ours[..5]), Ok(())),
            (Some(5), 5, &good, at(&ours[..5]), length),
            (Some(5), 5, &[], at(&ours), length),
            (Some(5), 5, &twisted, at(&theirs), root),
            (Some(5), 9, &[], at(&ours[..5]), Err(Objection::OldAboveSize)),
            (Some(5), 5, &[], at(&theirs[..5]), Err(Objection::Fork { size: 5 })),
            (Some(5), 0, &[], at(&theirs[..5]), Err(Objection::Fork { size: 5 })),
            (Some(5), 0, &[], at(&ours[..3]), Err(Objection::Conflict { last: 5 })),
            (Some(5), 3, &[], at(&ours), Err(Objection::Conflict { last: 5 })),
        ];
        for (i, (last, old, proof, new, expected)) in table.into_iter().enumerate() {
            let last = last.map(|size| at(&ours[..size]));
            assert_eq!(judge(last.as_ref(), old, proof, &new), expected, "row {i}");
        }
    }
}
