//! Recorded times, held against moments at which somebody else saw the log: cosignatures of witnesses and RFC 3161
//! time stamps.
//!
//! Who saw a log of *n* entries at *t* proves two things about the ledger's clock. What stands below *n* was there
//! before *t*, so it cannot have been recorded later. What stands from *n* on came after, so a time long before *t*
//! was written in afterwards, or the clock stood still.

/// Most that an entry's time may lie after a moment at which it had been seen, µs: clocks differ.
pub const MAX_AHEAD: u64 = 5_000_000;
/// [`TimeCheck::new`]'s `max_lag` where nobody says another, µs: from a checkpoint's signing to the answer of a slow
/// witness or authority.
pub const MAX_LAG: u64 = 60_000_000;

/// Who saw the log.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum SeenAs {
    /// A witness cosigned a checkpoint.
    Cosigned,
    /// An RFC 3161 authority stamped a checkpoint.
    Stamped,
}

/// A moment at which somebody else than the operator saw a checkpoint. Whose word it is has been checked, and that
/// the checkpoint is the log's.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Seen {
    /// Size of the checkpoint.
    pub size: u64,
    /// When, µs since the Unix epoch.
    pub at: u64,
    /// By how much that may be off, either way, µs.
    pub accuracy: u64,
    /// As what.
    pub as_what: SeenAs,
    /// Name of the witness or authority.
    pub by: String,
}

/// Entries whose times do not go with one moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Misfit {
    /// The moment: of all with which an entry's time does not go the one that it misses by most.
    pub seen: Seen,
    /// The first of them, and its time.
    pub first: (u64, u64),
    /// The last of them.
    pub last: u64,
    /// How many they are.
    pub count: u64,
}

/// What the times of a log come to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TimeFindings {
    /// Entries recorded later than they had been seen: by the word of whoever saw them, their times are false.
    pub ahead: Vec<Misfit>,
    /// Entries with a time long before a moment at which they were not there yet: backdated, or the clock stood
    /// still. To be looked at.
    pub behind: Vec<Misfit>,
}

/// Holds times of entries against all moments. Feed it every entry once, ascending; memory grows with the moments.
#[derive(Clone, Debug)]
pub struct TimeCheck {
    /// Ascending by size, with what each has found.
    moments: Vec<(Seen, Option<Misfit>, Option<Misfit>)>,
    /// For each place in `moments`, the place of the earliest moment from there on.
    earliest: Vec<usize>,
    /// Moments of sizes not above the next entry's index.
    passed: usize,
    /// Place of the latest of those.
    latest: Option<usize>,
    max_lag: u64,
}

impl TimeCheck {
    /// With all moments there are, in any order. `max_lag`, µs: most that an entry's time may lie before a moment at
    /// which it was not there yet.
    #[must_use]
    pub fn new(mut moments: Vec<Seen>, max_lag: u64) -> Self {
        moments.sort_unstable();
        let mut earliest: Vec<usize> = (0..moments.len()).collect();
        for place in (1..moments.len()).rev() {
            let (this, next) = (place - 1, earliest[place]);
            if latest_at(&moments[next]) < latest_at(&moments[this]) {
                earliest[this] = next;
            }
        }
        let moments = moments.into_iter().map(|seen| (seen, None, None)).collect();
        Self { moments, earliest, passed: 0, latest: None, max_lag }
    }

    /// Looks at the next entry.
    pub fn entry(&mut self, index: u64, recorded_at: u64) {
        while let Some((seen, ..)) = self.moments.get(self.passed).filter(|(seen, ..)| seen.size <= index) {
            let before = self.latest.and_then(|place| self.moments.get(place));
            if before.is_none_or(|(latest, ..)| earliest_at(seen) >= earliest_at(latest)) {
                self.latest = Some(self.passed);
            }
            self.passed += 1;
        }
        let first_above = self.earliest.get(self.passed).copied();
        if let Some((seen, ahead, _)) = first_above.and_then(|place| self.moments.get_mut(place))
            && recorded_at > latest_at(seen).saturating_add(MAX_AHEAD)
        {
            note(ahead, seen, index, recorded_at);
        }
        if let Some((seen, _, behind)) = self.latest.and_then(|place| self.moments.get_mut(place))
            && recorded_at < earliest_at(seen).saturating_sub(self.max_lag)
        {
            note(behind, seen, index, recorded_at);
        }
    }

    /// What was found, ascending by the size of the moments.
    #[must_use]
    pub fn finish(self) -> TimeFindings {
        let mut findings = TimeFindings::default();
        for (_, ahead, behind) in self.moments {
            findings.ahead.extend(ahead);
            findings.behind.extend(behind);
        }
        findings
    }
}

const fn latest_at(seen: &Seen) -> u64 {
    seen.at.saturating_add(seen.accuracy)
}

const fn earliest_at(seen: &Seen) -> u64 {
    seen.at.saturating_sub(seen.accuracy)
}

fn note(misfit: &mut Option<Misfit>, seen: &Seen, index: u64, recorded_at: u64) {
    let new = || Misfit { seen: seen.clone(), first: (index, recorded_at), last: index, count: 0 };
    let misfit = misfit.get_or_insert_with(new);
    (misfit.last, misfit.count) = (index, misfit.count + 1);
}
