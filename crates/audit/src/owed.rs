//! Minutes in which the ledger was up, as its entries show, and whose access digests are still to come.
//!
//! From the first digest of a log on: where a statement or seal is recorded in a minute, the digest of that minute
//! stands before every statement and seal that is recorded more than two minutes after its end.

use statement::{AccessDigest, DIGEST_DUE, Leaf, LeafType, MINUTE, minute_end};

/// The minutes, ascending; never more than lie within two minutes of one another.
#[derive(Clone, Debug, Default)]
pub(crate) struct Owed {
    begun: bool,
    minutes: Vec<u64>,
}

impl Owed {
    /// Minutes in which entries were recorded after the newest digest, ascending; `None` before the first digest.
    pub(crate) fn resume(undigested: Option<Vec<u64>>) -> Self {
        Self { begun: undigested.is_some(), minutes: undigested.unwrap_or_default() }
    }

    /// The next entry.
    ///
    /// # Errors
    /// The minute whose digest should stand before it.
    pub(crate) fn see(&mut self, leaf: &Leaf, payload: &[u8]) -> Result<(), u64> {
        match leaf.leaf_type {
            LeafType::Genesis => Ok(()),
            LeafType::AccessDigest => self.digest(payload),
            LeafType::Statement | LeafType::Seal => self.entry(leaf.recorded_at),
        }
    }

    fn entry(&mut self, recorded_at: u64) -> Result<(), u64> {
        if !self.begun {
            return Ok(());
        }
        let overdue =
            self.minutes.first().filter(|m| recorded_at > minute_end(**m).saturating_add(DIGEST_DUE));
        if let Some(minute) = overdue {
            return Err(*minute);
        }
        let minute = recorded_at / MINUTE;
        if self.minutes.last() != Some(&minute) {
            self.minutes.push(minute);
        }
        Ok(())
    }

    fn digest(&mut self, payload: &[u8]) -> Result<(), u64> {
        self.begun = true;
        // It has been read before.
        let Ok(digest) = AccessDigest::decode(payload) else { return Ok(()) };
        match self.minutes.first() {
            // Digests ascend: what is passed over comes no more.
            Some(minute) if *minute < digest.minute => Err(*minute),
            Some(minute) if *minute == digest.minute => {
                self.minutes.remove(0);
                Ok(())
            }
            _ => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use merkle::EMPTY_ROOT;

    use super::*;

    enum See {
        Statement,
        Digest(u64),
    }
    use See::{Digest, Statement};

    fn check(entries: &[(See, u64)]) -> Result<(), u64> {
        let mut owed = Owed::default();
        for (see, seconds) in entries {
            let (leaf_type, payload) = match see {
                Statement => (LeafType::Statement, Vec::new()),
                Digest(minute) => {
                    let digest = AccessDigest { minute: *minute, count: 0, root: EMPTY_ROOT, nonce: [0; 32] };
                    (LeafType::AccessDigest, digest.encode().to_vec())
                }
            };
            let leaf = Leaf { leaf_type, recorded_at: seconds * 1_000_000, content: [0; 32], links: [0; 32] };
            owed.see(&leaf, &payload)?;
        }
        Ok(())
    }

    #[test]
    fn a_minute_with_entries_has_its_digest_in_time() {
        // Minute 1 ends at 120 s, so its digest is due at 240 s.
        let digested =
            [(Digest(0), 61), (Statement, 90), (Statement, 125), (Digest(1), 130), (Statement, 290)];
        assert_eq!(check(&digested), Ok(()));
        assert_eq!(check(&[(Digest(0), 61), (Statement, 90), (Statement, 240)]), Ok(()));
        assert_eq!(check(&[(Digest(0), 61), (Statement, 90), (Statement, 241)]), Err(1));
        // After a restart an hour later it comes first.
        let late = [(Digest(0), 61), (Statement, 90), (Digest(1), 3_700), (Statement, 3_701)];
        assert_eq!(check(&late), Ok(()));
        assert_eq!(check(&[(Digest(0), 61), (Statement, 90), (Digest(2), 185)]), Err(1), "passed over");
    }

    #[test]
    fn what_is_owed_is_known_after_going_on_elsewhere() {
        let leaf = |seconds: u64| Leaf {
            leaf_type: LeafType::Statement,
            recorded_at: seconds * 1_000_000,
            content: [0; 32],
            links: [0; 32],
        };
        assert_eq!(Owed::resume(Some(vec![1])).see(&leaf(240), &[]), Ok(()));
        assert_eq!(Owed::resume(Some(vec![1])).see(&leaf(241), &[]), Err(1));
        assert_eq!(Owed::resume(None).see(&leaf(241), &[]), Ok(()));
    }

    #[test]
    fn a_log_of_before_there_were_digests_owes_none() {
        assert_eq!(check(&[(Statement, 90), (Statement, 1_000), (Digest(20), 1_300)]), Ok(()));
    }

    #[test]
    fn minutes_in_which_nothing_was_recorded_may_have_none() {
        assert_eq!(check(&[(Digest(0), 61), (Statement, 1_000), (Digest(16), 1_030)]), Ok(()));
    }
}
