//! Counters for metrics: plain atomics, read by whoever publishes them.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use statement::{Reason, Refusal};

/// Everything the ledger counts since it was opened.
#[derive(Debug)]
pub struct Counters {
    /// Statements recorded.
    pub statements: AtomicU64,
    /// Statements answered with their first receipt.
    pub duplicates: AtomicU64,
    refused: Vec<AtomicU64>,
    /// Links (subjects) recorded.
    pub links: AtomicU64,
    /// Bytes of payload recorded.
    pub payload_bytes: AtomicU64,
    /// Rows of the view written.
    pub rows: AtomicU64,
    /// Statements in each commit batch.
    pub batch_statements: Histogram<8>,
    /// µs for writing and syncing the log, per batch.
    pub log_sync_us: Histogram<12>,
    /// µs for writing the view, per batch.
    pub view_write_us: Histogram<12>,
    /// ns of the apply thread spent on admission and application.
    pub apply_ns: AtomicU64,
    /// ns spent in `prepare`, over all threads.
    pub prepare_ns: AtomicU64,
    /// Signed checkpoints written.
    pub checkpoints: AtomicU64,
    /// Cosignatures of witnesses received.
    pub cosignatures: AtomicU64,
    /// Seals recorded.
    pub seals: AtomicU64,
    /// Subjects written in runs over new entries.
    pub run_records: AtomicU64,
    /// µs of CPU for that.
    pub run_us: AtomicU64,
    /// Subjects read in merging runs.
    pub merge_records: AtomicU64,
    /// µs of CPU for that.
    pub merge_us: AtomicU64,
    /// Merges under way.
    pub merges: AtomicU64,
    /// Links since a run was last cut: what lies in memory until the next is.
    pub unsealed_links: AtomicU64,
    /// Privileged reads recorded.
    pub accesses: AtomicU64,
    /// Privileged reads refused because they could not be recorded.
    pub accesses_refused: AtomicU64,
    /// Access digests recorded.
    pub digests: AtomicU64,
    /// End of the newest minute that has its access digest, or of the last before the ledger was opened; µs since the
    /// Unix epoch.
    pub digested_until: AtomicU64,
}

impl Default for Counters {
    fn default() -> Self {
        let times = [50, 100, 200, 400, 800, 1_600, 3_200, 6_400, 12_800, 25_600, 51_200, 102_400];
        Self {
            statements: AtomicU64::new(0),
            duplicates: AtomicU64::new(0),
            refused: Reason::ALL.iter().map(|_| AtomicU64::new(0)).collect(),
            links: AtomicU64::new(0),
            payload_bytes: AtomicU64::new(0),
            rows: AtomicU64::new(0),
            batch_statements: Histogram::new([1, 4, 16, 64, 128, 256, 512, 1_024]),
            log_sync_us: Histogram::new(times),
            view_write_us: Histogram::new(times),
            apply_ns: AtomicU64::new(0),
            prepare_ns: AtomicU64::new(0),
            checkpoints: AtomicU64::new(0),
            cosignatures: AtomicU64::new(0),
            seals: AtomicU64::new(0),
            run_records: AtomicU64::new(0),
            run_us: AtomicU64::new(0),
            merge_records: AtomicU64::new(0),
            merge_us: AtomicU64::new(0),
            merges: AtomicU64::new(0),
            unsealed_links: AtomicU64::new(0),
            accesses: AtomicU64::new(0),
            accesses_refused: AtomicU64::new(0),
            digests: AtomicU64::new(0),
            digested_until: AtomicU64::new(0),
        }
    }
}

impl Counters {
    /// Statements refused for this reason.
    #[must_use]
    pub fn refused(&self, reason: Reason) -> u64 {
        self.refused.get(reason as usize).map_or(0, |n| n.load(Relaxed))
    }

    pub(crate) fn count_refusal(&self, refusal: &Refusal) {
        if let Some(n) = self.refused.get(refusal.reason as usize) {
            n.fetch_add(1, Relaxed);
        }
    }
}

/// Counts by upper bound: bucket `i` counts values at most `bounds()[i]` and above the bound before;
/// one more bucket counts the rest.
#[derive(Debug)]
pub struct Histogram<const N: usize> {
    bounds: [u64; N],
    counts: [AtomicU64; N],
    above: AtomicU64,
    sum: AtomicU64,
}

impl<const N: usize> Histogram<N> {
    const fn new(bounds: [u64; N]) -> Self {
        Self {
            bounds,
            counts: [const { AtomicU64::new(0) }; N],
            above: AtomicU64::new(0),
            sum: AtomicU64::new(0),
        }
    }

    pub(crate) fn record(&self, value: u64) {
        let bucket = self.bounds.iter().position(|bound| value <= *bound);
        bucket.map_or(&self.above, |i| &self.counts[i]).fetch_add(1, Relaxed);
        self.sum.fetch_add(value, Relaxed);
    }

    /// Upper bounds, ascending.
    #[must_use]
    pub const fn bounds(&self) -> &[u64; N] {
        &self.bounds
    }

    /// How many values fell into each bucket (not cumulative).
    #[must_use]
    pub fn counts(&self) -> [u64; N] {
        std::array::from_fn(|i| self.counts[i].load(Relaxed))
    }

    /// How many values were above the last bound.
    #[must_use]
    pub fn above(&self) -> u64 {
        self.above.load(Relaxed)
    }

    /// Sum of all values.
    #[must_use]
    pub fn sum(&self) -> u64 {
        self.sum.load(Relaxed)
    }
}
