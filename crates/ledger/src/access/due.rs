//! Which minutes are to have a digest, and when.

use std::{
    collections::{BTreeSet, VecDeque},
    ops::Range,
    time::Duration,
};

use statement::{MINUTE, minute_end};
use store::{Log, StoreError};

use super::{DueDigest, compose};
use crate::Error;

/// Minutes without a look at the clock after which the process counts as having been down meanwhile.
const AWAY: u64 = 3;

/// The minutes that are still to have a digest.
#[derive(Clone, Debug)]
pub(crate) struct Due {
    /// Of before the present run.
    owed: VecDeque<u64>,
    /// The next of the present run.
    next: u64,
    /// Minute of the last look at the clock.
    seen: u64,
    /// Minutes in which the process did not run (stopped by a debugger, say): only those with records have a
    /// digest.
    away: Range<u64>,
    /// Time from the end of a minute until its digest is made, µs.
    delay: u64,
    /// Time from the end of a minute for which its records stay whole, µs; `None`: for ever.
    retention: Option<u64>,
}

impl Due {
    /// At the opening of a ledger whose newest digest is of the minute `newest`, and whose last entry was recorded at
    /// `recorded_at`; `now` is not below that. Notes which minutes there are, so that a crash forgets none.
    pub(crate) fn open(
        log: &Log,
        newest: Option<u64>,
        (recorded_at, now): (u64, u64),
        (delay, retention): (Duration, Option<Duration>),
    ) -> Result<Self, StoreError> {
        let (first, this) = (newest.map_or(0, |minute| minute.saturating_add(1)), now / MINUTE);
        // The ledger was open in these minutes, and from the last of them until it recorded its last entry.
        let noted = log.access_minutes_noted()?;
        let mut owed: BTreeSet<u64> = noted.iter().copied().collect();
        if let Some(&last) = noted.last() {
            owed.extend(last.max(first)..=recorded_at / MINUTE);
        }
        owed.retain(|minute| (first..this).contains(minute));
        let open: Vec<u64> = owed.iter().copied().chain([this]).collect();
        log.note_access_minutes(&open)?;
        let mut from = first;
        while let Some(minute) = log.access_minute(from)?.filter(|minute| *minute < this) {
            owed.insert(minute);
            from = minute + 1;
        }
        let micros = |time: Duration| u64::try_from(time.as_micros()).unwrap_or(u64::MAX);
        let (delay, retention) = (micros(delay), retention.map(micros));
        Ok(Self { owed: owed.into_iter().collect(), next: this, seen: this, away: 0..0, delay, retention })
    }

    /// The next minute to have a digest.
    pub(crate) fn first(&self) -> u64 {
        self.owed.front().copied().unwrap_or(self.next)
    }

    /// The clock has been looked at in this minute.
    pub(super) fn see(&mut self, minute: u64) {
        if minute > self.seen.saturating_add(AWAY) {
            self.away = self.seen + AWAY..minute;
        }
        self.seen = self.seen.max(minute);
    }

    pub(crate) fn is_due(&self, now: u64) -> bool {
        now >= minute_end(self.first()).saturating_add(self.delay)
    }

    /// The minute from which on records stay whole: those before it have their digests, and are older than is wanted.
    pub(crate) fn whole_from(&self, now: u64) -> Option<u64> {
        let kept_since = now.saturating_sub(self.retention?) / MINUTE;
        Some(kept_since.min(self.first()))
    }

    /// The digest of the first minute.
    pub(crate) fn take(&mut self, log: &Log) -> Result<DueDigest, Error> {
        let digest = compose(log, self.first())?;
        if self.owed.pop_front().is_none() {
            self.next += 1;
            if self.away.contains(&self.next) {
                let recorded = log.access_minute(self.next)?;
                self.next = recorded.map_or(self.away.end, |minute| minute.min(self.away.end));
            }
        }
        Ok(DueDigest { digest, next: self.first() })
    }
}
