//! Digests against the records that are kept: made from them, and checked.

use std::time::{SystemTime, UNIX_EPOCH};

use merkle::{CompactRange, Hash};
use statement::{AccessDigest, KeptAccess, MAX_MINUTE_RECORDS, MINUTE};
use store::{AccessRow, Log, StoreError};

use super::{Access, leaf};
use crate::Error;

/// The digest of the records that are kept of a minute.
pub(crate) fn compose(log: &Log, minute: u64) -> Result<AccessDigest, Error> {
    let (count, root) = root(log, minute)?;
    let mut nonce = Hash::default();
    getrandom::fill(&mut nonce).map_err(|e| Error::NotRecorded(e.to_string()))?;
    Ok(AccessDigest { minute, count, root, nonce })
}

/// Puts its hash in the place of a record that is still whole, in minutes below `before`: at most so many. Says how many.
pub(crate) fn prune(log: &Log, before: u64, most: usize) -> Result<usize, StoreError> {
    log.shorten_access(before, most, &|leaf| {
        (leaf.len() != size_of::<Hash>()).then(|| KeptAccess::hash_of(leaf).to_vec())
    })
}

/// How many records a minute has, and the root over them.
fn root(log: &Log, minute: u64) -> Result<(u32, Hash), StoreError> {
    let (mut tree, mut count) = (CompactRange::new(), 0u32);
    for row in log.access(minute, 0)?.take(MAX_MINUTE_RECORDS as usize + 1) {
        tree.append(KeptAccess::hash_of(&row?.leaf));
        count += 1;
    }
    Ok((count, tree.root()))
}

/// Goes through the digests of a log in order, and sees to it that the records kept are those they commit to.
pub(crate) struct Follower {
    /// The first minute after the newest digest.
    next: u64,
}

impl Follower {
    /// After the digest of a minute, if there is one.
    pub(crate) fn after(minute: Option<u64>) -> Self {
        Self { next: minute.map_or(0, |minute| minute.saturating_add(1)) }
    }

    /// Compares the digest that stands next with the records of its minute, and sees to it that there are none of
    /// minutes that have no digest.
    pub(crate) fn follow(&mut self, log: &Log, index: u64, payload: &[u8]) -> Result<(), Error> {
        let wrong = |fault: String| Error::Access { index, fault };
        let digest = AccessDigest::decode(payload).map_err(|e| wrong(e.to_string()))?;
        let stray = damage(log.access_minute(self.next), index)?.filter(|minute| *minute < digest.minute);
        if let Some(minute) = stray {
            return Err(wrong(format!("records of minute {minute}, before it, are in no digest")));
        }
        let (count, root) = damage(root(log, digest.minute), index)?;
        if (count, root) != (digest.count, digest.root) {
            return Err(wrong(format!(
                "the {count} records kept of minute {} are not the {} that it commits to",
                digest.minute, digest.count
            )));
        }
        self.next = digest.minute + 1;
        Ok(())
    }
}

/// What is wrong with a record is wrong with its digest.
fn damage<T>(read: Result<T, StoreError>, index: u64) -> Result<T, Error> {
    read.map_err(|e| match e {
        StoreError::Damaged { table: "access", key, fault } => {
            Error::Access { index, fault: format!("minute {key}: {fault}") }
        }
        e => e.into(),
    })
}

/// Makes the record of a read from a directory durable; `recorded_at` is the time of the last entry. The next start
/// digests it.
pub(crate) fn keep_offline(log: &Log, recorded_at: u64, access: Access) -> Result<(), Error> {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    let at = recorded_at.max(u64::try_from(now.as_micros()).unwrap_or(u64::MAX));
    let minute = at / MINUTE;
    let number = log.access_count(minute)?;
    if number >= u64::from(MAX_MINUTE_RECORDS) {
        return Err(Error::NotRecorded("as many reads were recorded in this minute as may be".into()));
    }
    let leaf = leaf(access.record(*log.ledger(), at, log.size())).map_err(Error::NotRecorded)?;
    // Below the most that a minute may have.
    Ok(log.put_access(&[AccessRow { minute, number: number as u32, leaf: leaf.into() }])?)
}
