//! What waits to be named, and the room that is left for it.

use std::{
    collections::BTreeMap,
    time::{Duration, SystemTime},
};

use merkle::Hash;

use crate::{Limits, Refused, limits::LEAST_CHARGE};

/// A document that waits.
#[derive(Clone, Debug)]
pub(crate) struct Waits {
    pub owner: String,
    pub size: u64,
    pub since: SystemTime,
}

/// All of them, and uploads under way.
#[derive(Debug, Default)]
pub(crate) struct Waiting {
    by_digest: BTreeMap<Hash, Waits>,
    of_party: BTreeMap<String, u64>,
    in_all: u64,
}

/// What a document counts as.
fn charge(size: u64) -> u64 {
    size.max(LEAST_CHARGE)
}

impl Waiting {
    /// Takes room for an upload.
    pub(crate) fn reserve(&mut self, owner: &str, size: u64, limits: &Limits) -> Result<(), Refused> {
        let held = self.of_party.get(owner).copied().unwrap_or(0);
        if held.saturating_add(charge(size)) > limits.waiting_per_party {
            return Err(Refused::PartyFull);
        }
        if self.in_all.saturating_add(charge(size)) > limits.waiting_in_all {
            return Err(Refused::Full);
        }
        self.take(owner, size);
        Ok(())
    }

    fn take(&mut self, owner: &str, size: u64) {
        *self.of_party.entry(owner.to_owned()).or_default() += charge(size);
        self.in_all += charge(size);
    }

    /// Gives room back.
    pub(crate) fn release(&mut self, owner: &str, size: u64) {
        if let Some(held) = self.of_party.get_mut(owner) {
            *held = held.saturating_sub(charge(size));
            if *held == 0 {
                self.of_party.remove(owner);
            }
        }
        self.in_all = self.in_all.saturating_sub(charge(size));
    }

    /// An upload for which room was reserved waits now.
    pub(crate) fn put(&mut self, digest: Hash, waits: Waits) {
        if let Some(before) = self.by_digest.insert(digest, waits) {
            self.release(&before.owner, before.size);
        }
    }

    /// One that was found on disk.
    pub(crate) fn found(&mut self, digest: Hash, waits: Waits) {
        self.take(&waits.owner, waits.size);
        self.put(digest, waits);
    }

    /// It is named, or dropped.
    pub(crate) fn remove(&mut self, digest: &Hash) {
        if let Some(waits) = self.by_digest.remove(digest) {
            self.release(&waits.owner, waits.size);
        }
    }

    /// Its time begins anew.
    pub(crate) fn refresh(&mut self, digest: &Hash, now: SystemTime) {
        if let Some(waits) = self.by_digest.get_mut(digest) {
            waits.since = now;
        }
    }

    /// Those that have waited longer than they may.
    pub(crate) fn expired(&self, keep: Duration, now: SystemTime) -> Vec<Hash> {
        let over = |w: &Waits| now.duration_since(w.since).is_ok_and(|age| age > keep);
        self.by_digest.iter().filter(|(_, w)| over(w)).map(|(digest, _)| *digest).collect()
    }

    /// How many wait.
    pub(crate) fn count(&self) -> usize {
        self.by_digest.len()
    }

    /// Bytes in all, as they count.
    pub(crate) const fn in_all(&self) -> u64 {
        self.in_all
    }
}
